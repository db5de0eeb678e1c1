"""`headwater audit`: the ledger."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import node_at, session_at


@click.group()
def audit() -> None:
    """Check and read the ledger of every look, change, decision and disclosure."""


@audit.command(epilog="Example: headwater audit verify --head uk-head.json --home uk")
@click.option(
    "--head", "heads", multiple=True, type=click.Path(path_type=Path), help="A head kept elsewhere, to compare with."
)
@options.home()
@options.as_json
def verify(*, heads: tuple[Path, ...], home: Path, as_json: bool) -> int:
    """Recompute the whole ledger; compare it with heads that others keep. Exit 74: altered here; 76: not what a head saw."""
    from headwater.errors import StoreCorruptError
    from headwater.node import ledger

    with node_at(home) as node:
        found = ledger.verify(node, heads)
    problems = [{"at": problem.at, "kind": problem.kind} for problem in found.problems]
    document = {"ok": found.ok, "size": found.head.size, "root": found.head.root.hex(), "problems": problems}
    lines = [
        f"{found.head.size} events, root {found.head.root.hex()}",
        *(f"problem at {problem.at}: {problem.kind}" for problem in found.problems),
        "nothing is wrong" if found.ok else "the ledger is not what it was",
    ]
    door.answer(document, lines, as_json=as_json)
    if found.ok:
        return 0
    error = ledger.as_rollback(found) if found.against_head else StoreCorruptError("the ledger was altered")
    return door.refuse(error)


@audit.command(epilog="Example: headwater audit head --out uk-head.json --home uk")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="File to write.")
@options.home()
@options.as_json
def head(*, out: Path, home: Path, as_json: bool) -> None:
    """Write the ledger's head for a partner or an auditor to keep: what is in it now can never be taken out unseen."""
    from headwater.node import ledger

    with node_at(home) as node:
        written = ledger.write_head(node, out)
    door.answer(
        {"ok": True, "size": written.size, "root": written.root.hex(), "out": str(out)},
        [f"{written.size} events, root {written.root.hex()}, written to {out}"],
        as_json=as_json,
    )


@audit.command(epilog="Example: headwater audit show --last 20 --kind exchange.sent --home uk")
@click.option("--last", default=50, show_default=True, type=click.IntRange(min=1), help="How many events.")
@click.option("--kind", help="Only events of this kind.")
@options.home()
@options.acting("audit")
@options.as_json
def show(*, last: int, kind: str | None, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Show the last events: who did what to what, why and when. Never content."""
    from headwater.model.times import format_instant
    from headwater.node import ledger

    with session_at(home, user, purpose) as (node, session):
        leaves = ledger.events(node, session, last=last, kind=kind)
    found = [
        {
            "index": leaf.index,
            "at": format_instant(leaf.at) if leaf.at else None,
            "kind": leaf.event.kind if leaf.event else "erased",
            "who": leaf.event.who if leaf.event else None,
            "subject": leaf.event.subject if leaf.event else None,
            "purpose": leaf.event.purpose if leaf.event else None,
            "detail": dict(leaf.event.detail) if leaf.event else {},
        }
        for leaf in leaves
    ]
    lines = [
        f"{each['index']:>6} {each['at']} {each['kind']} {each['who']} {each['subject']} ({each['purpose']})"
        for each in found
    ]
    door.answer({"ok": True, "events": found}, lines, as_json=as_json)
