"""`headwater prove`: a proof for outsiders."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.words import shown


@click.command(epilog="Example: headwater prove 019ab4c3-… --out sent.tlog-proof --home uk")
@click.argument("ref", metavar="ID")
@click.option("--out", required=True, type=options.TO_WRITE, help="File to write.")
@click.option("--event", "kind", help="Kind of the event, as in: headwater audit show. By default: sent or received.")
@options.home()
@options.acting("audit")
@options.as_json
def prove(*, ref: str, out: Path, kind: str | None, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Write the proof that an event about ID stands in this node's log, for a stranger to check offline.

    It holds the event (who, what, when: never content), its place in the log, and the log's head as partners have
    cosigned it. The stranger checks it with: headwater audit verify --proof FILE --trust CARD
    """
    from headwater.node import witness

    with session_at(home, user, purpose) as (node, session):
        document = witness.document(witness.prove(node, session, ref, kind, out))
    names = ", ".join(each["authority"] for each in document["witnesses"])
    lines = [
        shown(
            "event {index} of {size} in the log of {authority}, written to {out}",
            out=out,
            **{name: document[name] for name in ("index", "size", "authority")},
        ),
        shown("witnessed by {names}", names=names)
        if names
        else shown("no partner has cosigned it yet: sync first, then prove again"),
    ]
    door.answer({**document, "out": str(out)}, lines, as_json=as_json)
