"""`headwater inbox`: correspondence with partners."""

import json
from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at


@click.group()
def inbox() -> None:
    """Look at what partners sent, and answer for it."""


@inbox.command(name="list", epilog="Example: headwater inbox list --home rs")
@options.home()
@options.acting("oic")
@options.as_json
def list_(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """List what came in, what went out with its receipt, and what waits for a second person."""
    from headwater.node import correspondence

    with session_at(home, user, purpose) as (node, session):
        found = correspondence.overview(node, session)
    lines = [
        *(f"in   {row['id']}  {row['from']:10} {row['kind']:12} {row['state']}" for row in found.incoming),
        *(f"out  {row['id']}  {row['to']:10} {row['kind']:12} {row['state']}" for row in found.outgoing),
        *(f"wait {row['id']}  {row['to']:10} {row['kind']:12} rule {row['rule']}" for row in found.waiting),
    ]
    document = {"ok": True, "incoming": found.incoming, "outgoing": found.outgoing, "waiting": found.waiting}
    door.answer(document, lines or ["nothing"], as_json=as_json)


@inbox.command(epilog="Example: headwater inbox show 019abb6c-… --home rs")
@click.argument("ref", metavar="ID")
@options.home()
@options.acting("oic")
@options.as_json
def show(*, ref: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Show one message with its receipt; the look is logged."""
    from headwater.model.ids import message_id
    from headwater.node import correspondence

    with session_at(home, user, purpose) as (node, session):
        document = correspondence.show(node, session, message_id(ref))
    lines = json.dumps(document, ensure_ascii=False, indent=2).splitlines()
    door.answer({"ok": True, **document}, lines, as_json=as_json)


@inbox.command(epilog='Example: headwater inbox accept 019abb6c-… --reason "condition read" --home rs')
@click.argument("ref", metavar="ID")
@click.option("--reason", required=True, help="Why; goes into the ledger.")
@options.home()
@options.acting("oic")
@options.as_json
def accept(*, ref: str, reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Accept a message; one that was held becomes records now."""
    from headwater.model.ids import message_id
    from headwater.node import correspondence

    with session_at(home, user, purpose) as (node, session):
        correspondence.accept(node, session, message_id(ref), reason)
    door.answer({"ok": True, "id": ref, "state": "accepted"}, ["accepted"], as_json=as_json)


@inbox.command(epilog='Example: headwater inbox refuse 019abb6c-… --reason "not for us" --home rs')
@click.argument("ref", metavar="ID")
@click.option("--reason", required=True, help="Why; goes into the ledger.")
@options.home()
@options.acting("oic")
@options.as_json
def refuse(*, ref: str, reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Put a message aside for good."""
    from headwater.model.ids import message_id
    from headwater.node import correspondence

    with session_at(home, user, purpose) as (node, session):
        correspondence.refuse(node, session, message_id(ref), reason)
    door.answer({"ok": True, "id": ref, "state": "refused"}, ["refused"], as_json=as_json)
