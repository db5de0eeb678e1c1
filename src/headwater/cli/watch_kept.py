"""`headwater watch`: what is shared with partners, held longer, ended and reported."""

from pathlib import Path
from typing import Any

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.progress import bar
from headwater.cli.watch_parts import FILE, FORM, PLACED, told
from headwater.cli.words import shown


def add_to(group: click.Group) -> None:
    """Add the verbs to `headwater watch`."""
    for verb in (share, fuse, widen, expire, reports):
        group.add_command(verb)


@click.command(epilog="Example: headwater watch share ais.csv --out tracks.json")
@click.argument("file", type=FILE)
@FORM
@PLACED
@click.option("--out", required=True, type=options.TO_WRITE, help="File for the tracks, JSON.")
@click.option("--to", metavar="AUTHORITY", help="Send them to this partner.")
@click.option("--agreement", metavar="ID", help="The agreement that they go under.")
@click.option("--text", default="Tracks near the common border.", show_default=True, help="What the message says.")
@options.home(required=False)
@options.acting("oic")
@options.as_json
def share(
    *,
    file: Path,
    form: str,
    context: Path | None,
    out: Path,
    to: str | None,
    agreement: str | None,
    text: str,
    home: Path | None,
    user: str,
    purpose: str,
    as_json: bool,
) -> int:
    """Write the tracks in FILE as another state may have them: estimates, no detections, nobody on the move.

    With --to they go to a partner at once, beside an alert and under the rules of the agreement; exit 77 where those refuse it.
    """
    from headwater.cli import send as sending
    from headwater.node import watch_share

    if (to is None) != (agreement is None) or (to is not None and home is None):
        raise click.UsageError("give --to, --agreement and --home together")
    document = watch_share.share(file, out, form, context)
    if to is None or agreement is None or home is None:
        door.answer(document, told(document), as_json=as_json)
        return 0
    with session_at(home, user, purpose) as (node, session), bar("sealing") as progress:
        sent = watch_share.send(node, session, out, to, agreement, text=text, progress=progress)
    return sending.tell(sent, as_json=as_json)


@click.command(epilog="Example: headwater watch fuse ours.json theirs.json --out fused.json")
@click.argument("ours", type=FILE)
@click.argument("theirs", type=FILE, required=False)
@click.option("--message", metavar="ID", help="Take the other state's tracks from this message instead of a file.")
@click.option("--out", required=True, type=options.TO_WRITE, help="File for the fused tracks, JSON.")
@options.home(required=False)
@options.acting("oic")
@options.as_json
def fuse(
    *,
    ours: Path,
    theirs: Path | None,
    message: str | None,
    out: Path,
    home: Path | None,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Fuse tracks of two states that may rest on the same sensors (covariance intersection)."""
    from headwater.model.ids import MessageId
    from headwater.node import watch_share

    if theirs is not None and message is None:
        document = watch_share.fuse(ours, theirs, out)
    elif theirs is None and message is not None and home is not None:
        with session_at(home, user, purpose) as (node, session):
            document = watch_share.fuse(ours, watch_share.received(node, session, MessageId(message)), out)
    else:
        raise click.UsageError("name a file, or --message and --home")
    door.answer(document, [shown("{count} fused", count=document["fused"]), *told(document)], as_json=as_json)


@click.command(
    epilog='Example: headwater watch widen fnd-… --context context.json --until 2026-12-01 --why "search goes on" --for p.duty'
)
@click.argument("finding")
@click.option("--context", required=True, type=FILE, help="What the post knows, as when the detections were kept.")
@click.option("--until", required=True, metavar="YYYY-MM-DD", help="The last day, at most 30 days ahead.")
@click.option("--why", required=True, help="The reason, in words that name nobody; it stands in the ledger.")
@click.option("--for", "readers", multiple=True, metavar="USER", help="A colleague who may see it too.")
@click.option("--exact", type=FILE, help="The sensors' own file, to see people of the case as fine as they were seen.")
@FORM
@options.home()
@options.acting("oic")
@options.as_json
def widen(
    *,
    finding: str,
    context: Path,
    until: str,
    why: str,
    readers: tuple[str, ...],
    exact: Path | None,
    form: str,
    home: Path,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Let a rescue case (FINDING) hold its people longer than 72 hours, or finer than a cell.

    A supervisor does this, with a reason and an end; who, why and until when stand in the ledger. Only those named see it.
    """
    from headwater.node import watch_widen

    with session_at(home, user, purpose) as (node, session):
        document = watch_widen.widen(
            node,
            session,
            finding,
            context,
            until=watch_widen.day_of(until),
            why=why,
            readers=readers,
            exact=None if exact is None else (exact, form),
        )
    counts = {name: document[name] for name in ("detections", "exact", "until")}
    text = shown("{detections} detections, {exact} of people as seen, until {until}", **counts)
    door.answer(document, [text, shown("record {id}", id=document["record"])], as_json=as_json)


@click.command(epilog="Example: headwater watch expire --home rs")
@options.home()
@options.acting("oic")
@options.as_json
def expire(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Erase the detections of people whose 72 hours, or whose widening, are over.

    Nobody can see them any more from that day on; this removes them from the disk too. Each new file that is kept does it as well.
    """
    from headwater.node import watch_keep

    with session_at(home, user, purpose) as (node, session):
        count = watch_keep.expire(node, session)
    door.answer({"expired": count}, [shown("{count} tables of detections erased", count=count)], as_json=as_json)


@click.command(
    epilog="Example: headwater watch reports drafts --close 01-craft-in-danger-eurosur.json --ended 2026-11-25T03:10:00Z"
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--sent", metavar="DRAFT", help="A person has sent this draft.")
@click.option("--close", metavar="DRAFT", help="The search and rescue of this first report is over.")
@click.option("--ended", metavar="TIME", help="When it was over, RFC 3339.")
@click.option("--outcome", default="rescued", show_default=True, help="How it ended.")
@options.as_json
def reports(
    *, folder: Path, sent: str | None, close: str | None, ended: str | None, outcome: str, as_json: bool
) -> None:
    """Show the EUROSUR drafts in FOLDER against the clock: the first report within 24 hours, the closure within 24 of the end.

    Nothing is sent: --sent writes down that a person did, --close drafts the report that a rescue is over.
    """
    from headwater.model.times import parse_instant
    from headwater.node import watch_reports
    from headwater.node.system import SystemClock

    if (close is None) != (ended is None):
        raise click.UsageError("give --close and --ended together")
    now = SystemClock().now()
    if sent is not None:
        watch_reports.mark_sent(folder / Path(sent).name, now)
    if close is not None and ended is not None:
        watch_reports.close(folder / Path(close).name, parse_instant(ended, field="ended"), outcome, now)
    rows = watch_reports.reports(folder, now)
    door.answer(
        {"reports": rows, "late": sum(row["late"] for row in rows)}, [_due(row) for row in rows], as_json=as_json
    )


def _due(row: dict[str, Any]) -> str:
    if row["sent_at"]:
        state = shown("sent {at}, late", at=row["sent_at"]) if row["late"] else shown("sent {at}", at=row["sent_at"])
    elif row["late"]:
        state = shown("LATE by {hours:.1f} h", hours=-row["left_s"] / 3600)
    else:
        state = shown("{hours:.1f} h left", hours=row["left_s"] / 3600)
    due = shown("{kind} report due {due}", kind=row["kind"], due=row["due"])
    return f"{row['draft']}: {due}, {state}; {shown('{count} fields open', count=len(row['open_fields']))}"
