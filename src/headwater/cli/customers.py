"""`headwater customers`: files of customers that are screened again whenever a list changes."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.progress import bar
from headwater.cli.words import scored, shown


@click.group(epilog="Example: headwater customers rescreen drivers --home uk")
def customers() -> None:
    """Keep files of customers, and screen them again against what changed in the lists."""


@customers.command(epilog="Example: headwater customers keep drivers drivers.csv --home uk")
@click.argument("name")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@options.home()
@options.acting("sanctions")
@options.as_json
def keep(*, name: str, file: Path, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Store FILE, a CSV of queries as `headwater screen` takes them, under NAME."""
    from headwater.node import customers as use

    with session_at(home, user, purpose) as (node, session):
        made = use.keep(node, session, name, file)
    document = {"ok": True, "name": made.name, "rows": made.rows}
    door.answer(
        document, [shown("{count} customers stored as {name}", count=made.rows, name=made.name)], as_json=as_json
    )


@customers.command(name="list", epilog="Example: headwater customers list --home uk")
@options.home()
@options.acting("sanctions")
@options.as_json
def list_(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """List the stored files and which lists they were screened against."""
    from headwater.node import customers as use

    with session_at(home, user, purpose) as (node, session):
        found = use.every(node, session)
    lines = [
        f"{one.name}: "
        + shown(
            "{count} customers, screened against {lists}",
            count=one.rows,
            lists=", ".join(sorted(one.screened)) or shown("nothing"),
        )
        for one in found
    ]
    door.answer({"ok": True, "customers": use.listing(found)}, lines or [shown("none")], as_json=as_json)


@customers.command(epilog="Example: headwater customers rescreen drivers --home uk")
@click.argument("name")
@click.option("--out", type=options.TO_WRITE, help="File for the hits: JSON lines, or CSV.")
@options.home()
@options.acting("sanctions")
@options.as_json
def rescreen(*, name: str, out: Path | None, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Screen a stored file against what changed in the lists since it was last screened; the first time, whole.

    Entries that were removed are reported with the findings that people hold on them.
    """
    from headwater.node import customers as use
    from headwater.node import screening

    with bar("screening") as progress, session_at(home, user, purpose) as (node, session):
        found, asked = use.rescreen(node, session, name, progress)
    document = found.document(asked)
    if out is not None:
        screening.write_hits(out, document["hits"])
    lines = [f"{scored(hit['score'], 4)}  {hit['query']}  {hit['text']}" for hit in document["hits"]]
    lines += [
        shown("removed from the list: {text}", text=one["text"]) + f" ({one['finding']}, {shown(one['state'])})"
        for one in document["removed_findings"]
    ]
    door.answer({"ok": True, **document}, lines or [shown("nothing new")], as_json=as_json)
