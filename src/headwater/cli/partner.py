"""`headwater partner`: whom this node exchanges with."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.words import shown

EXIT_NO_ANSWER = 75
FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(epilog="Example: headwater partner list --home uk")
def partner() -> None:
    """Add, confirm, list, suspend and revoke partners. Trust is bilateral: there is no common root."""


@partner.command(epilog="Example: headwater partner sign agreement.json --out agreement.uk --home uk")
@click.argument("agreement", type=FILE)
@click.option("--out", required=True, type=options.TO_WRITE, help="File to write, with this side's signatures.")
@options.home()
@options.acting("operation")
@options.as_json
def sign(*, agreement: Path, out: Path, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Sign an AGREEMENT: a draft in JSON, or the file that the partner has signed already."""
    from headwater.node import partners
    from headwater.node.files import write

    with session_at(home, user, purpose) as (node, session):
        write(out, partners.sign_agreement(node, session, agreement))
    door.answer({"ok": True, "out": str(out)}, [shown("signed, written to {out}", out=out)], as_json=as_json)


@partner.command(epilog="Example: headwater partner add rs.card --agreement agreement.signed --home uk")
@click.argument("cards", nargs=-1, required=True, type=FILE, metavar="CARD...")
@click.option("--agreement", "agreements", multiple=True, type=FILE, help="An agreement that both sides have signed.")
@options.home()
@options.acting("operation")
@options.as_json
def add(
    *, cards: tuple[Path, ...], agreements: tuple[Path, ...], home: Path, user: str, purpose: str, as_json: bool
) -> None:
    """Take a partner's CARD (several versions: oldest first) and agreements. It must be confirmed before it counts."""
    from headwater.node import partners

    with session_at(home, user, purpose) as (node, session):
        added = partners.add(node, session, cards, agreements)
        document = partners.document(added, node.exchange.agreements())
    lines = [
        shown("{authority} is {state}", authority=added.authority, state=shown(added.state)),
        shown("Compare these digits with the partner's person by voice, on another channel:"),
        f"  {added.card.fingerprint}",
        shown("then: {command}", command=f"headwater partner confirm {added.authority} DIGITS"),
    ]
    door.answer({"ok": True, **document}, lines, as_json=as_json)


@partner.command(epilog='Example: headwater partner confirm RS-MOI "12345 67890 …" --home uk')
@click.argument("authority")
@click.argument("digits")
@options.home()
@options.acting("operation")
@options.as_json
def confirm(*, authority: str, digits: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Confirm a partner whose eight groups of DIGITS were read out and are the same at both ends."""
    from headwater.node import partners

    with session_at(home, user, purpose) as (node, session):
        partners.confirm(node, session, authority, digits)
    door.answer(
        {"ok": True, "authority": authority, "state": "confirmed"},
        [shown("{authority} is {state}", authority=authority, state=shown("confirmed"))],
        as_json=as_json,
    )


@partner.command(name="list", epilog="Example: headwater partner list --home uk")
@options.home()
@options.acting("operation")
@options.as_json
def list_(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """List partners: state, card, digits, agreements, how far each has witnessed the other's log, and alarms."""
    from headwater.node import partners

    with session_at(home, user, purpose) as (node, session):
        found, own = partners.every(node, session), partners.own_alarms(node)
    wide = max([10, *(len(shown(each["state"])) for each in found)])
    lines = [
        f"{each['authority']:12} {shown(each['state']):{wide}} "
        + shown("card {version} until {day}", version=each["card_version"], day=each["card_expires"][:10])
        + f"  {', '.join(f'{name} ({shown(state)})' for name, state in each['agreements'].items())}  "
        + shown("log {theirs}, ours {ours}, ", theirs=each["witness"]["theirs"], ours=each["witness"]["ours"])
        + (
            shown("synced {at}", at=each["witness"]["synced_at"][:16])
            if each["witness"]["synced_at"]
            else shown("synced never")
        )
        + "".join(f"\n  {shown('ALARM {code} at {at}: {what}', **_alarm(alarm))}" for alarm in each["alarms"])
        for each in found
    ]
    lines += [shown("ALARM {code} about this node at {at}: {what}", **_alarm(alarm)) for alarm in own]
    door.answer({"ok": True, "partners": found, "alarms": own}, lines or [shown("none")], as_json=as_json)


@partner.command(epilog="Example: headwater partner sync RS-MOI --home uk")
@click.argument("authority")
@click.option("--wait", "wait_s", default=15.0, show_default=True, help="Seconds to wait for the answer.")
@options.home()
@options.acting("operation")
@options.as_json
def sync(*, authority: str, wait_s: float, home: Path, user: str, purpose: str, as_json: bool) -> int:
    """Sync with a partner now: missing messages are delivered again, each log is cosigned by the other side.

    A served node does it by itself once in `sync_every_s`. Exit 75 when the partner has not answered in time, 76 when an
    alarm is open: a log was set back or has two histories.
    """
    from headwater.node import partners, witness

    with session_at(home, user, purpose) as (node, session):
        found = witness.sync(node, session, authority, wait_s)
    standing = found.standing
    ok = found.done and not found.alarms
    lines = [
        shown(
            "{authority}: its log of {theirs} is cosigned here, ours of {ours} there",
            authority=authority,
            theirs=standing.theirs,
            ours=standing.ours,
        )
        if found.done
        else shown("{authority} has not answered yet; the message stays in the outbox", authority=authority),
        *(
            shown("ALARM {code} about {about}: {what}", code=alarm.code, about=alarm.about, what=alarm.what)
            for alarm in found.alarms
        ),
    ]
    alarms = [partners.alarm_document(alarm) for alarm in found.alarms]
    seen = partners.standing_document(standing)["witness"]
    document = {"ok": ok, "authority": authority, "done": found.done, "witness": seen, "alarms": alarms}
    door.answer(document, lines, as_json=as_json)
    if found.alarms:
        return door.refuse(witness.as_error(found.alarms[0]))
    return 0 if found.done else EXIT_NO_ANSWER


@partner.command(epilog='Example: headwater partner clear RS-MOI --reason "backup restored, letter of 3 May" --home uk')
@click.argument("authority")
@click.option("--reason", required=True, help="Why; goes into the ledger.")
@options.home()
@options.acting("operation")
@options.as_json
def clear(*, authority: str, reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Clear the alarms about a partner (or about this node) and begin anew with its log; the evidence stays."""
    from headwater.node import witness

    with session_at(home, user, purpose) as (node, session):
        count = witness.clear(node, session, authority, reason)
    door.answer(
        {"ok": True, "authority": authority, "cleared": count}, [shown("{count} cleared", count=count)], as_json=as_json
    )


def _alarm(alarm: dict[str, str]) -> dict[str, str]:
    return {name: alarm[name] for name in ("code", "at", "what")}


def _step_verb(name: str, to: str, help_: str, example: str) -> None:
    """Add a verb that takes a partner to another state: all three are one act under different names."""

    @partner.command(
        name=name, help=help_, epilog=f"Example: headwater partner {name} RS-MOI --reason {example} --home uk"
    )
    @click.argument("authority")
    @click.option("--reason", required=True, help="Why; goes into the ledger.")
    @options.home()
    @options.acting("operation")
    @options.as_json
    def step(*, authority: str, reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
        from headwater.exchange.partners import State
        from headwater.node import partners

        with session_at(home, user, purpose) as (node, session):
            partners.step(node, session, authority, State(to), reason)
        door.answer(
            {"ok": True, "authority": authority, "state": to},
            [shown("{authority} is {state}", authority=authority, state=shown(to))],
            as_json=as_json,
        )


_step_verb(
    "suspend",
    "suspended",
    "Suspend a partner: nothing is sent to it and nothing taken from it until it is taken up again.",
    '"forged receipts"',
)
_step_verb("resume", "confirmed", "Take a suspended partner up again.", '"explained"')
_step_verb("revoke", "revoked", "Revoke a partner for good: it must be added anew, with new keys.", '"keys lost"')
