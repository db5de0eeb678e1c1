"""`headwater ofsi`: drafts for the Office of Financial Sanctions Implementation. A person sends them."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at


@click.group(
    epilog="Example: headwater ofsi report fnd-1a2b3c --organisation 'Example Bank' --assets held.csv --out report.txt --home uk"
)
def ofsi() -> None:
    """Draft the report on a confirmed hit, and the annual review of frozen assets. A person checks and sends them."""


@ofsi.command(
    epilog="Example: headwater ofsi report fnd-1a2b3c --organisation 'Example Bank' --assets held.csv --out report.txt --home uk"
)
@click.argument("ref", metavar="FINDING")
@click.option("--organisation", required=True, help="Who reports.")
@click.option("--contact", default="", help="How OFSI reaches you.")
@click.option("--assets", type=click.Path(path_type=Path, dir_okay=False), help="What is held: holder,nature,description,currency,amount,valued_on,frozen_on.")  # fmt: skip
@click.option(
    "--known-on", type=click.DateTime(["%Y-%m-%d"]), help="When it became known; default: the day of the decision."
)
@click.option("--out", type=options.TO_WRITE, help="File to write: .json, or text.")
@options.home()
@options.acting("sanctions")
@options.as_json
def report(
    *, ref: str, organisation: str, contact: str, assets: Path | None, known_on: datetime | None, out: Path | None, home: Path,
    user: str, purpose: str, as_json: bool,
) -> None:  # fmt: skip
    """Draft a report on a hit that a person has confirmed: informant, basis, who is designated, what is held."""
    from headwater.node import findings
    from headwater.node import ofsi as use

    with session_at(home, user, purpose) as (node, session):
        day: date | None = known_on.date() if known_on else None
        informant = use.Informant(organisation, user, contact)
        document = use.report(node, session, findings.find(node, session, ref), informant, use.assets_in(assets), day)
    _answer(document, use.text(document), out, as_json=as_json)


@ofsi.command(
    epilog="Example: headwater ofsi review --year 2026 --organisation 'Example Bank' --assets held.csv --home uk"
)
@click.option("--year", required=True, type=int, help="Year whose 30 September the values are of.")
@click.option("--organisation", required=True, help="Who reports.")
@click.option("--contact", default="", help="How OFSI reaches you.")
@click.option(
    "--assets",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What is frozen; none reports that nothing is held.",
)
@click.option("--out", type=options.TO_WRITE, help="File to write: .json, or text.")
@options.home()
@options.acting("sanctions")
@options.as_json
def review(
    *, year: int, organisation: str, contact: str, assets: Path | None, out: Path | None, home: Path, user: str, purpose: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Draft the annual review: frozen assets at their value on 30 September, due by 30 November."""
    from headwater.node import ofsi as use

    with session_at(home, user, purpose) as (node, session):
        document = use.review(node, session, use.assets_in(assets), year, use.Informant(organisation, user, contact))
    _answer(document, use.text(document), out, as_json=as_json)


def _answer(document: dict[str, Any], text: str, out: Path | None, *, as_json: bool) -> None:
    from headwater.model.canonical import encode
    from headwater.node.files import write

    if out is not None:
        write(out, encode(document) + b"\n" if out.suffix.lower() == ".json" else text.encode() + b"\n")
    door.answer({"ok": True, **document}, text.split("\n"), as_json=as_json)
