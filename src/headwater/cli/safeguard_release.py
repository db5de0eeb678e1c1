"""`headwater safeguard withheld` and `release`: what the vault keeps of a case, and which of it somebody lets out."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.words import shown

PURPOSE = "victim-protection"


@click.command(epilog="Example: headwater safeguard withheld 00EX0000126 --home uk")
@click.argument("case")
@options.home()
@options.acting(PURPOSE)
@options.as_json
def withheld(*, case: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Show which items of a case the vault keeps, about whom, and into which views they were released. The look is logged."""
    from headwater.model.times import format_instant
    from headwater.node import releasing

    with session_at(home, user, purpose) as (node, session):
        found = releasing.withheld(node, session, case)
    rows = [
        {
            "ref": one.ref,
            "pseudonyms": list(one.pseudonyms),
            "released": [{"view": it.view, "until": format_instant(it.until), "by": it.by} for it in one.releases],
        }
        for one in found
    ]
    lines = [
        f"{one.ref}: {', '.join(one.pseudonyms) or shown('nobody could look into it')}"
        + "".join(
            f"; {shown('{view} until {until}', view=it.view, until=format_instant(it.until))}" for it in one.releases
        )
        for one in found
    ]
    door.answer({"ok": True, "case": case, "items": rows}, lines or [shown("the vault keeps none")], as_json=as_json)


@click.command(
    epilog='Example: headwater safeguard release 00EX0000126 S2 --view defence --until 2026-12-31T00:00:00Z --reason "the account is relied on" --home uk'
)
@click.argument("case")
@click.argument("ref")
@click.option(
    "--view", required=True, metavar="prosecutor|court|defence|partner:NODE", help="The one view it may stand in."
)
@click.option("--until", default="", help="When the release ends, RFC 3339.")
@click.option("--reason", required=True, help="Why; goes into the ledger, so name nobody.")
@click.option("--basis", default="", help="The ground in law; to another node nothing goes without one.")
@click.option(
    "--consent",
    type=click.Choice(["none", "given", "child"]),
    default="none",
    show_default=True,
    help="The person's consent, or that it is a child; to another node nothing goes without.",
)
@click.option("--to-origin", is_flag=True, help="Release it although the partner may be of the person's own state.")
@click.option("--withdraw", is_flag=True, help="Take a release back.")
@options.home()
@options.acting(PURPOSE)
@options.as_json
def release(
    *,
    case: str,
    ref: str,
    view: str,
    until: str,
    reason: str,
    basis: str,
    consent: str,
    to_origin: bool,
    withdraw: bool,
    home: Path,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Release one item of a protected person into one view of a case, for a time; another person exports it."""
    from headwater.case.views import read_view
    from headwater.model.times import format_instant, parse_instant
    from headwater.node import releasing
    from headwater.policy.safeguarding import Consent

    whom = read_view(view)
    with session_at(home, user, purpose) as (node, session):
        if withdraw:
            releasing.withdraw(node, session, case, ref, whom, reason)
            document = {"ok": True, "case": case, "ref": ref, "view": view, "until": None}
            door.answer(
                document, [shown("{ref} is not released into {view} any more", ref=ref, view=view)], as_json=as_json
            )
            return
        end = parse_instant(until, field="--until")
        wish = releasing.Wish(ref, whom, end, reason, basis, Consent(consent), to_origin)
        made = releasing.release(node, session, case, wish)
    ends = format_instant(made.until)
    document = {"ok": True, "case": case, "ref": made.ref, "view": made.view, "until": ends}
    lines = [
        shown("{ref} may stand in {view} until {until}", ref=made.ref, view=made.view, until=ends),
        shown("next: {command}", command=f"headwater case export {case} --view {made.view}"),
    ]
    door.answer(document, lines, as_json=as_json)
