"""`headwater amend`: recall what was sent, and see who has proved it."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.words import shown


@click.group(epilog="Example: headwater amend status --home uk")
def amend() -> None:
    """Recall or correct what was sent; see which holders have proved it."""


def _act(
    action: str, facts: tuple[str, ...], by: tuple[str, ...], reason: str, given: tuple[Path, str, str, bool]
) -> None:
    from headwater.node import liaison

    home, user, purpose, as_json = given
    with session_at(home, user, purpose) as (node, session):
        asked = liaison.amend(node, session, action, facts, reason, by)
    lines = [
        shown("asked {holder} in message {message}", holder=each["holder"], message=each["message"]) for each in asked
    ] or [shown("done here; nobody else holds it")]
    door.answer({"ok": True, "action": action, "asked": asked}, lines, as_json=as_json)


@amend.command(epilog='Example: headwater amend erase rec-…/0 --reason "another person" --home uk')
@click.argument("facts", metavar="FACT...", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; every holder reads it.")
@options.home()
@options.acting("oic")
@options.as_json
def erase(*, facts: tuple[str, ...], reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Erase facts of our own (or all of a record) here and at every holder. What is kept as evidence is restricted."""
    _act("erase", facts, (), reason, (home, user, purpose, as_json))


@amend.command(epilog='Example: headwater amend restrict rec-…/0 --reason "contested" --home uk')
@click.argument("facts", metavar="FACT...", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; every holder reads it.")
@options.home()
@options.acting("oic")
@options.as_json
def restrict(*, facts: tuple[str, ...], reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Restrict facts of our own here and at every holder: they are kept, and in no view."""
    _act("restrict", facts, (), reason, (home, user, purpose, as_json))


@amend.command(epilog='Example: headwater amend rectify rec-…/0 --with rec-…/0 --reason "misspelt" --home uk')
@click.argument("facts", metavar="FACT...", nargs=-1, required=True)
@click.option("--with", "by", metavar="FACT", multiple=True, help="The fact that takes its place; read it in first.")
@click.option("--reason", required=True, help="Why; every holder reads it.")
@options.home()
@options.acting("oic")
@options.as_json
def rectify(
    *, facts: tuple[str, ...], by: tuple[str, ...], reason: str, home: Path, user: str, purpose: str, as_json: bool
) -> None:
    """Put right facts in the place of wrong ones, here and at every holder."""
    _act("rectify", facts, by, reason, (home, user, purpose, as_json))


@amend.command(epilog='Example: headwater amend regrade rec-…/0 --with rec-…/0 --reason "new source" --home uk')
@click.argument("facts", metavar="FACT...", nargs=-1, required=True)
@click.option("--with", "by", metavar="FACT", multiple=True, help="The fact with its new grade; read it in first.")
@click.option("--reason", required=True, help="Why; every holder reads it.")
@options.home()
@options.acting("oic")
@options.as_json
def regrade(
    *, facts: tuple[str, ...], by: tuple[str, ...], reason: str, home: Path, user: str, purpose: str, as_json: bool
) -> None:
    """Put facts with another grade or handling in the place of earlier ones, here and at every holder."""
    _act("regrade", facts, by, reason, (home, user, purpose, as_json))


@amend.command(epilog="Example: headwater amend texts --home rs")
@options.home()
@options.acting("oic")
@options.as_json
def texts(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """List messages whose free text still names something that was recalled: no rule reads it, so a person decides."""
    from headwater.node import liaison

    with session_at(home, user, purpose) as (node, session):
        found = liaison.texts(node, session)
    lines = [
        f"{each['message']}  {shown(each['way']):3} "
        + shown("names {count} facts of {recall}", count=len(each["facts"]), recall=each["amend"])
        for each in found
    ]
    door.answer({"ok": True, "texts": found}, lines or [shown("none")], as_json=as_json)


@amend.command(epilog='Example: headwater amend text 019abb6c-… --strip --reason "names the wrong man" --home rs')
@click.argument("ref", metavar="ID")
@click.option("--strip/--keep", "strip", required=True, help="Take the free text out of the message, or keep it.")
@click.option("--reason", required=True, help="Why; goes into the ledger.")
@options.home()
@options.acting("oic")
@options.as_json
def text(*, ref: str, strip: bool, reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Decide on the free text of message ID that names something that was recalled."""
    from headwater.model.ids import message_id
    from headwater.node import liaison

    with session_at(home, user, purpose) as (node, session):
        liaison.close_text(node, session, message_id(ref), reason, strip=strip)
    done = shown("the text of {id} is taken out", id=ref) if strip else shown("the text of {id} is kept", id=ref)
    door.answer({"ok": True, "message": ref, "stripped": strip}, [done], as_json=as_json)


@amend.command(epilog="Example: headwater amend status --home uk")
@options.home()
@options.acting("oic")
@options.as_json
def status(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Show every holder that was asked, with its proof, or how long it has been open."""
    from headwater.node import liaison

    with session_at(home, user, purpose) as (node, session):
        found = liaison.amend_status(node, session)
    wide = max([8, *(len(shown(each["state"])) for each in found)])
    lines = [
        f"{shown(each['state']):{wide}} {each['holder']:10} {each['action']:9} "
        + shown("{count} facts, {age} s", count=len(each["facts"]), age=each["age_s"])
        + ", "
        + (
            shown("waits for {names}", names=", ".join(each["waits_for"]))
            if each["waits_for"]
            else shown("proof {proof}", proof=each["proof"])
        )
        for each in found
    ]
    is_open = any(each["state"] != "done" for each in found)
    door.answer(
        {"ok": True, "open": is_open, "holders": found}, lines or [shown("nothing was recalled")], as_json=as_json
    )
