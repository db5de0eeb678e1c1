"""`headwater approve`: the second person."""

from pathlib import Path

import click

from headwater.cli import options
from headwater.cli.opening import session_at
from headwater.cli.send import tell


@click.command(epilog="Example: headwater approve 019abb6c-… --as approver --user s.hall --home uk")
@click.argument("ref", metavar="ID")
@click.option("--as", "role", default="approver", show_default=True, help="approver, or the approval a rule asks for.")
@options.home()
@options.acting("oic")
@options.as_json
def approve(*, ref: str, role: str, home: Path, user: str, purpose: str, as_json: bool) -> int:
    """Approve a message that waits, and ask the rules again. Nobody approves what they wrote themselves."""
    from headwater.model.ids import message_id
    from headwater.node import messages

    with session_at(home, user, purpose) as (node, session):
        sending = messages.approve(node, session, message_id(ref), role)
    return tell(sending, as_json=as_json)
