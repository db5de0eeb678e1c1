"""`headwater audit`: the ledger."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import node_at, session_at
from headwater.cli.words import shown


@click.group(epilog="Example: headwater audit verify --home uk")
def audit() -> None:
    """Check and read the ledger of every look, change, decision and disclosure."""


@audit.command(epilog="Example: headwater audit verify --proof sent.tlog-proof --trust uk.card --trust rs.card")
@click.option(
    "--head", "heads", multiple=True, type=click.Path(path_type=Path), help="A head kept elsewhere, to compare with."
)
@click.option("--proof", type=click.Path(path_type=Path, dir_okay=False), help="A proof to check instead, offline.")
@click.option(
    "--trust",
    "cards",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A card to check the proof's signatures with.",
)
@options.home(required=False)
@options.as_json
def verify(
    *, heads: tuple[Path, ...], proof: Path | None, cards: tuple[Path, ...], home: Path | None, as_json: bool
) -> int:
    """Recompute the whole ledger; compare it with heads that others keep. Exit 74: altered here; 76: not what a head saw.

    With --proof, check what `headwater prove` has written: exit 0 when the log's authority has signed that the event
    stands there, 76 when not. It needs no node; with --home, that node's own card and its partners' are trusted too.
    """
    if proof is not None:
        return _verify_proof(proof, cards, home, as_json=as_json)
    if home is None:
        raise click.UsageError("name a node with --home, or a proof with --proof")
    return _verify_ledger(heads, home, as_json=as_json)


def _verify_ledger(heads: tuple[Path, ...], home: Path, *, as_json: bool) -> int:
    from headwater.errors import StoreCorruptError
    from headwater.node import ledger

    with node_at(home) as node:
        found = ledger.verify(node, heads)
    problems = [{"at": problem.at, "kind": problem.kind} for problem in found.problems]
    document = {"ok": found.ok, "size": found.head.size, "root": found.head.root.hex(), "problems": problems}
    lines = [
        shown("{count} events, root {root}", count=found.head.size, root=found.head.root.hex()),
        *(shown("problem at {at}: {kind}", at=problem.at, kind=problem.kind) for problem in found.problems),
        shown("nothing is wrong") if found.ok else shown("the ledger is not what it was"),
    ]
    door.answer(document, lines, as_json=as_json)
    if found.ok:
        return 0
    error = ledger.as_rollback(found) if found.against_head else StoreCorruptError("the ledger was altered")
    return door.refuse(error)


def _verify_proof(proof: Path, cards: tuple[Path, ...], home: Path | None, *, as_json: bool) -> int:
    from headwater.errors import SignatureError
    from headwater.node import witness

    known: witness.TrustedKeys = {}
    if home is not None:
        with node_at(home) as node:
            known = witness.own_keys(node)
    document = witness.document(witness.check(proof, cards, known))
    event = document["event"]
    lines = [
        shown(
            "event {index} of {size} in the log of {authority}:",
            **{name: document[name] for name in ("index", "size", "authority")},
        ),
        f"  {event['at']} {event['kind']} {event['who']} {event['subject']} ({event['purpose']}) {event['detail']}",
        *(
            shown("witnessed by {authority} at {at}", authority=each["authority"], at=each["at"])
            for each in document["witnesses"]
        ),
        *(shown("problem: {text}", text=problem) for problem in document["problems"]),
        shown("the proof holds") if document["ok"] else shown("the proof does not hold"),
    ]
    door.answer(document, lines, as_json=as_json)
    if document["ok"]:
        return 0
    error = SignatureError(document["problems"][0], where=str(proof), fix="give the authority's card with --trust")
    return door.refuse(error)


@audit.command(epilog="Example: headwater audit head --out uk-head.json --home uk")
@click.option("--out", required=True, type=options.TO_WRITE, help="File to write.")
@options.home()
@options.as_json
def head(*, out: Path, home: Path, as_json: bool) -> None:
    """Write the ledger's head for a partner or an auditor to keep: what is in it now can never be taken out unseen."""
    from headwater.node import ledger

    with node_at(home) as node:
        written = ledger.write_head(node, out)
    door.answer(
        {"ok": True, "size": written.size, "root": written.root.hex(), "out": str(out)},
        [
            shown("{count} events, root {root}", count=written.size, root=written.root.hex())
            + f", {shown('written to {out}', out=out)}"
        ],
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
    door.answer({"ok": True, "events": found}, lines or [shown("none")], as_json=as_json)


@audit.command(epilog="Example: headwater audit report --year 2026 --out report-2026.md --home uk")
@click.option("--year", required=True, type=click.IntRange(1970, 9999), help="The year, in UTC.")
@click.option("--out", type=options.TO_WRITE, help="Markdown file to write.")
@options.home()
@options.acting("audit")
@options.as_json
def report(*, year: int, out: Path | None, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Count a year from the ledger, for parliament and public: messages, facts, refusals, looks, recalls, per partner."""
    from headwater.node import files, reporting

    with session_at(home, user, purpose) as (node, session):
        counted = reporting.report(node, session, year)
    text = reporting.markdown(counted)
    if out is not None:
        files.write(out, text.encode())
    door.answer(
        {"ok": True, **counted}, [shown("written to {out}", out=out)] if out else text.splitlines(), as_json=as_json
    )
