"""How far partners come, and what their cards, agreements and alarms go through."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from headwater.errors import EquivocationError, RollbackError
from headwater.exchange.again import again_due, deliver_again, delivered_again, is_listed
from headwater.exchange.alarms import raise_alarm
from headwater.exchange.card import sign_card
from headwater.exchange.envelope import Lane
from headwater.exchange.keys import read_roots
from headwater.exchange.partners import State
from headwater.model.canonical import decode
from headwater.model.ids import MessageId
from headwater.model.message import CardCopy, Kind, Message
from headwater.policy.agreement import AgreementState
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, World, agreement, message
from tests.plays.exchange_desk import Pair
from tests.plays.play import Play


def acquaintance(folder: Path) -> Play:
    """From a card in a file to live, by way of all that may go wrong; then suspended, taken up again, revoked."""
    world = World(folder)
    london, belgrade, pristina = (world.node(me) for me in (LONDON, BELGRADE, PRISTINA))
    play = Play({"UK": london, "RS": belgrade}, [folder])
    act, uk, rs = play.act, london.exchange, belgrade.exchange
    terms = agreement()
    act("card", uk.card)
    half = act("one side signs", lambda: uk.sign_agreement(terms))
    whole = act("both sides sign", lambda: rs.sign_agreement(half))
    act("signed by others", lambda: pristina.exchange.sign_agreement(half))
    for name, cards, papers in (
        ("no card", [], []),
        ("our own card", [uk.card_bytes()], []),
        ("no card at all", [b"x"], []),
        ("cards of two", [pristina.exchange.card_bytes(), rs.card_bytes()], []),
        ("signed by one side", [rs.card_bytes()], [half]),
        ("card and agreement", [rs.card_bytes()], [whole]),
        ("again", [rs.card_bytes()], [whole]),
        ("another of that name", [rs.card_bytes()], [rs.sign_agreement(uk.sign_agreement(agreement(sensitive=True)))]),
        ("a second one", [rs.card_bytes()], [rs.sign_agreement(uk.sign_agreement(agreement(id="A-2", binding=True)))]),
    ):
        act(f"added: {name}", uk.add_partner, cards, papers, who="engineer")
    rs.add_partner([uk.card_bytes()], [whole], who="engineer")
    digits = rs.card().fingerprint
    act("other digits", lambda: uk.confirm_partner(BELGRADE, digits[::-1], who="o.reed"))
    act("nobody's digits", lambda: uk.confirm_partner(PRISTINA, digits, who="o.reed"))
    act("suspended before confirmed", lambda: uk.step_partner(BELGRADE, State.SUSPENDED, who="s.hall", reason="x"))
    act("confirmed by a step", lambda: uk.step_partner(BELGRADE, State.CONFIRMED, who="s.hall", reason="x"))
    world.clock.move(timedelta(hours=1))
    act("confirmed", lambda: uk.confirm_partner(BELGRADE, digits.replace(" ", ""), who="o.reed"))
    act("confirmed again", lambda: uk.confirm_partner(BELGRADE, digits, who="o.reed"))
    act("one way", lambda: london.bring(BELGRADE))
    rs.confirm_partner(LONDON, uk.card().fingerprint, who="m.ilic")
    act("the other way", lambda: [belgrade.bring(LONDON), london.bring(BELGRADE), belgrade.bring(LONDON)])
    act("partners", uk.partners)
    act("agreements", uk.agreements)
    for to in (State.ADDED, State.SUSPENDED, State.LIVE, State.CONFIRMED):
        act(f"to {to}", uk.step_partner, BELGRADE, to, who="s.hall", reason=f"why {to}")
    for name, state in ((TERMS, AgreementState.SUSPENDED), ("A-2", AgreementState.ENDED), ("A-3", AgreementState.LIVE)):
        act(
            f"{name} {state}",
            uk.set_agreement_state,
            name,
            state,
            who="s.hall",
            reason="why",
        )
        act(f"{name} {state}, agreements", uk.agreements)
    act("housekeeping under", lambda: [uk.syncing.ask(BELGRADE, who="engineer"), uk.outgoing()[-1]])
    act("revoked", lambda: uk.step_partner(BELGRADE, State.REVOKED, who="s.hall", reason="why"))
    act("taken up again", lambda: uk.step_partner(BELGRADE, State.CONFIRMED, who="s.hall", reason="why"))
    act("sent to it", lambda: uk.send(message(), who="o.reed"))
    act("asked to sync", lambda: uk.syncing.ask(PRISTINA, who="engineer"))
    world.close()
    return play


def cards(folder: Path) -> Play:
    """New cards go by themselves, revoke keys, change roots; what is no successor is refused and may raise an alarm."""
    pair = Pair(folder)
    act, uk, rs, clock = pair.act, pair.london.exchange, pair.belgrade.exchange, pair.world.clock
    roots = pair.london.home / "roots"
    first = uk.card()

    def renew(name: str, kind: str | None = "signing", **more: Any) -> None:
        clock.move(timedelta(hours=1))
        if kind:
            uk.new_key(kind)
        given = {"who": "engineer", **more}
        act(name, lambda: uk.make_card("London", [pair.london.endpoint, "http://127.0.0.1:9991"], roots, **given))
        act(f"{name}, carried", pair.carry)

    uk.send(message(text="before"), who="o.reed")
    pair.carry()
    renew("one more signing key", zone="Europe/London")
    uk.send(message(text="between"), who="o.reed")
    pair.carry()
    key = first.card.signing[0].name
    rs.accept(rs.incoming()[-1].id, who="m.ilic", reason="of use")
    renew("the first is revoked", None, revoke=[key], revoked_from=datetime.fromisoformat("2026-11-25T08:30:00+00:00"))
    act("flags", rs.flags)
    act("told with the new key", lambda: uk.send(message(text="after"), who="o.reed"))
    act("told with the new key, carried", pair.carry)
    clock.move(timedelta(days=32))
    renew("a sealing key", "sealing")
    clock.move(timedelta(days=32))
    renew("the old sealing key goes", "sealing")
    renew("other roots", None, new_roots=folder / "others")
    act("old roots no more", lambda: uk.make_card("London", [pair.london.endpoint], roots, who="engineer"))
    act("no roots", lambda: uk.make_card("London", [pair.london.endpoint], folder / "nowhere", who="engineer"))
    act("card", uk.card)
    now, seeds = uk.card(), read_roots(folder / "others")
    other = sign_card(replace(now.card, name="Another"), seeds)
    gap = sign_card(replace(now.card, version=now.card.version + 2), seeds)
    strange = read_roots(pair.belgrade.home / "roots")
    public = tuple(seed.public() for seed in strange)
    stranger = sign_card(replace(now.card, version=now.card.version + 1, roots=public), strange)
    for name, given in (
        ("older", first),
        ("another of this version", other),
        ("a gap", gap),
        ("signed by strangers", stranger),
    ):
        copies = (decode(given.paper.to_bytes(), CardCopy),)
        told = Message(kind=Kind.CARD, sender=LONDON, recipient=BELGRADE, agreement=TERMS, cards=copies)
        pair.forge(pair.london, told)
        act(f"forged: {name}", pair.carry)
    pair.forge(pair.london, Message(kind=Kind.CARD, sender=LONDON, recipient=BELGRADE, agreement=TERMS))
    act("forged: none", pair.carry)
    act("alarms", rs.syncing.alarms)
    rs.step_partner(LONDON, State.SUSPENDED, who="d.s", reason="unclear")
    act(
        "a card while suspended",
        lambda: rs.make_card("B", [pair.belgrade.endpoint], pair.belgrade.home / "roots", who="e"),
    )
    act("taken up again, the card goes", lambda: rs.step_partner(LONDON, State.CONFIRMED, who="d.s", reason="clear"))
    act("carried", pair.carry)
    return pair.end()


def alarms(folder: Path) -> Play:
    """Alarms are raised once, keep every piece, are cleared by a person with a reason, and may be raised anew."""
    pair = Pair(folder)
    act, uk, clock = pair.act, pair.london.exchange, pair.world.clock

    def raised(name: str, fault: Any, about: Any, *pieces: bytes) -> None:
        clock.move(timedelta(minutes=1))
        act(
            name,
            lambda: pair.london.store.write(lambda tx: raise_alarm(tx, fault, about, name, pieces, seen_by=LONDON)),
        )

    act("cleared where there is none", lambda: uk.syncing.clear(BELGRADE, who="s.hall", reason="x"))
    raised(
        "rolled back",
        RollbackError,
        BELGRADE,
        b"the earlier piece, which is long enough to be hashed",
        b"the later piece, which is long enough as well",
    )
    raised(
        "rolled back again",
        RollbackError,
        BELGRADE,
        b"the earlier piece, which is long enough to be hashed",
        b"a third piece that is long enough to be hashed",
    )
    raised("two contents", EquivocationError, BELGRADE)
    raised("our own", RollbackError, LONDON)
    act("alarms", uk.syncing.alarms)
    act("standing", lambda: [uk.syncing.standing(BELGRADE), uk.syncing.standing(LONDON)])
    clock.move(timedelta(minutes=1))
    act("cleared", lambda: uk.syncing.clear(BELGRADE, who="s.hall", reason="they restored a backup"))
    act("our own cleared", lambda: uk.syncing.clear(LONDON, who="s.hall", reason="we did"))
    act("cleared again", lambda: uk.syncing.clear(BELGRADE, who="s.hall", reason="x"))
    raised("rolled back once more", RollbackError, BELGRADE)
    act("alarms then", uk.syncing.alarms)
    refs = [uk.send(message(text=text), who="o.reed").id or MessageId("") for text in ("one", "two", "three")]
    for name, these in (("last and first", [refs[2], refs[0]]), ("first and second", refs[:2])):
        act(f"to go again: {name}", pair.london.store.write, lambda tx, these=these: deliver_again(tx, BELGRADE, these))
        act(
            f"to go again: {name}, due",
            pair.london.store.write,
            lambda tx: [again_due(tx, BELGRADE, lane, 2) for lane in Lane],
        )
    act("gone again", pair.london.store.write, lambda tx: delivered_again(tx, BELGRADE, {refs[0]}))
    act(
        "gone again, listed", pair.london.store.write, lambda tx: [is_listed(tx, peer) for peer in (BELGRADE, PRISTINA)]
    )
    return pair.end()
