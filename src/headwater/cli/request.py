"""`headwater request`: ask a partner, with a clock."""

from pathlib import Path

import click

from headwater.cli import options
from headwater.cli.opening import session_at
from headwater.cli.send import tell


@click.command(epilog="Example: headwater request question.json --to RS-MOI --agreement A-UK-RS-OIC --home uk")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--to", required=True, metavar="AUTHORITY", help="The partner.")
@click.option("--agreement", required=True, metavar="ID", help="The agreement it goes under.")
@click.option("--dry-run", is_flag=True, help="Show the decision with every reason; nothing leaves.")
@options.home()
@options.acting("oic")
@options.as_json
def request(
    *, file: Path, to: str, agreement: str, dry_run: bool, home: Path, user: str, purpose: str, as_json: bool
) -> int:
    """Ask a partner what FILE describes: JSON as for `headwater send`, with "reason" and "text".

    With "urgency" urgent or flash and "why_urgent", it is due in 8 hours, or with "access": "indirect" in 3 days; else in 7
    days. The clock starts with the partner's signed receipt; see it with: headwater inbox list
    """
    from headwater.node import messages

    with session_at(home, user, purpose) as (node, session):
        act = messages.dry_run if dry_run else messages.send
        sending = act(node, session, messages.address("request", to, agreement), messages.read_letter(file))
    return tell(sending, as_json=as_json, dry_run=dry_run)
