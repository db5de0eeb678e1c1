"""`headwater send`: tell a partner."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from headwater.cli import door, options, progress
from headwater.cli.opening import session_at
from headwater.cli.words import later, sentence, shown

if TYPE_CHECKING:
    from headwater.exchange.outbox import Sending

EXIT_REFUSED = 77


@click.command(epilog="Example: headwater send spontaneous report.json --to RS-MOI --agreement A-UK-RS-OIC --dry-run")
@click.argument("kind")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--to", required=True, metavar="AUTHORITY", help="The partner.")
@click.option("--agreement", required=True, metavar="ID", help="The agreement it goes under.")
@click.option("--dry-run", is_flag=True, help="Show the decision with every reason; nothing leaves.")
@click.option("--attach", "attached", type=click.Path(path_type=Path, dir_okay=False), multiple=True, help="A file.")
@options.home()
@options.acting("oic")
@options.as_json
def send(
    *,
    kind: str,
    file: Path,
    to: str,
    agreement: str,
    dry_run: bool,
    attached: tuple[Path, ...],
    home: Path,
    user: str,
    purpose: str,
    as_json: bool,
) -> int:
    """Send a message of a KIND (spontaneous, alert, request, response …) that FILE describes.

    FILE is JSON: {"classification", "text", "records": [...], "facts": [...], "findings": [{"id", "grade"}], …}. Only
    what stands in the node's records or in a finding that a person has confirmed can be told. The rules of the agreement
    are asked first: what may not go is taken out or the message is refused, each time with the rule's name. Exit 77 when
    it is refused; a message that waits for a second person is queued by: headwater approve ID --as approver

    Files of up to 1 GiB go beside it in sealed pieces, each as a record of its own; a dry run leaves them out.
    """
    from headwater.node import messages

    with session_at(home, user, purpose) as (node, session):
        letter, envelope = messages.read_letter(file), messages.address(kind, to, agreement)
        if dry_run:
            sending = messages.dry_run(node, session, envelope, letter)
        else:
            with progress.bar("sealing") as advance:
                sending = messages.send(node, session, envelope, letter, attached, advance)
    return tell(sending, as_json=as_json, dry_run=dry_run)


def tell(sending: "Sending", *, as_json: bool, dry_run: bool = False) -> int:
    """Show what the rules answered, and return the exit code."""
    from headwater.node import messages

    document = messages.sending_document(sending)
    refused = document["outcome"] == "refuse"
    lines = [
        shown((_WOULD_BE if dry_run else _OUTCOMES)[document["outcome"]])
        + (f" {shown('by rule {rule}', rule=document['rule'])}" if document["rule"] else ""),
        *(
            f"  {shown('taken out: {fact} (rule {rule})', fact=fact, rule=rule)}"
            for fact, rule in document["removed"].items()
        ),
        *(
            f"  {each['rule']}: {sentence(each['text'])} {shown('What would allow it: {remedy}', remedy=sentence(each['remedy']))}"
            for each in document["reasons"]
        ),
        *(f"  {shown('duty: {duty}', duty=duty)}" for duty in document["obligations"]),
        *([shown("message {id}", id=document["message"])] if document["message"] else []),
    ]
    door.answer({"ok": not refused, "dry_run": dry_run, **document}, lines, as_json=as_json)
    return EXIT_REFUSED if refused else 0


_OUTCOMES = {
    "allow": later("allowed"),
    "redact": later("allowed without some facts"),
    "hold": later("held for a second person"),
    "refuse": later("refused"),
}
_WOULD_BE = {
    "allow": later("would be allowed"),
    "redact": later("would be allowed without some facts"),
    "hold": later("would be held for a second person"),
    "refuse": later("would be refused"),
}
