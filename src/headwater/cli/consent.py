"""`headwater consent`: ask originators before their facts go further, and answer when we are asked."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.send import tell
from headwater.cli.words import shown


@click.group(epilog='Example: headwater consent ask rec-… --to RS --reason "joint operation" --home uk')
def consent() -> None:
    """Ask originators before their facts go further, and answer them."""


@consent.command(epilog='Example: headwater consent ask rec-… --to RS --reason "joint operation" --home uk')
@click.argument("facts", metavar="FACT...", nargs=-1, required=True)
@click.option("--to", required=True, metavar="STATE", help="The state that the facts are to be passed on to.")
@click.option("--reason", required=True, help="Why; the originator reads it.")
@options.home()
@options.acting("oic")
@options.as_json
def ask(*, facts: tuple[str, ...], to: str, reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Ask the originators of facts (or of all facts of a record) for consent to pass them on."""
    from headwater.node import liaison, messages

    with session_at(home, user, purpose) as (node, session):
        sendings = liaison.ask_consent(node, session, facts, to, reason)
    found = [{"to": sending.message.recipient, **messages.sending_document(sending)} for sending in sendings]
    ok = all(sending.is_queued for sending in sendings)
    lines = [
        f"{shown(each['outcome'])}: "
        + shown("{to} in message {message}", to=each["to"], message=each["message"])
        + f" {each['rule']}"
        for each in found
    ]
    door.answer({"ok": ok, "asked": found}, lines, as_json=as_json)


@consent.command(epilog="Example: headwater consent give 019abb6c-… --until 2027-06-30 --user b.gashi --home xk")
@click.argument("ref", metavar="ID")
@click.option("--until", metavar="DAY", help="Last day on which it holds; without it, until it is taken back.")
@options.home()
@options.acting("oic")
@options.as_json
def give(*, ref: str, until: str | None, home: Path, user: str, purpose: str, as_json: bool) -> int:
    """Give the consent that message ID asks for."""
    return _answer(ref, "yes", until, (home, user, purpose), as_json=as_json)


@consent.command(epilog="Example: headwater consent refuse 019abb6c-… --user b.gashi --home xk")
@click.argument("ref", metavar="ID")
@options.home()
@options.acting("oic")
@options.as_json
def refuse(*, ref: str, home: Path, user: str, purpose: str, as_json: bool) -> int:
    """Refuse the consent that message ID asks for, or take back one that was given."""
    return _answer(ref, "no", None, (home, user, purpose), as_json=as_json)


def _answer(ref: str, decision: str, until: str | None, given: tuple[Path, str, str], *, as_json: bool) -> int:
    from headwater.model.ids import message_id
    from headwater.node import liaison

    with session_at(*given) as (node, session):
        sending = liaison.answer_consent(node, session, message_id(ref), decision, until)
    return tell(sending, as_json=as_json)
