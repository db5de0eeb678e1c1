"""A partner that answers what it was never sent, and one that is not, or no longer, open."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from headwater.errors import ConflictError, ForbiddenError, KeyTrustError
from headwater.exchange.envelope import Lane, Sealed, read
from headwater.exchange.framing import join, split
from headwater.exchange.partners import State
from headwater.exchange.receipt import Giver, Line
from headwater.exchange.refusal import Code
from headwater.model.message import Kind
from headwater.model.times import format_instant, parse_instant
from headwater.policy.agreement import AgreementState
from headwater.testing.fakes import START
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, confirm, fact, message
from tests.liar_world import Liar, bare, sent_to, true


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    made = Liar(tmp_path_factory.mktemp("liar"))
    yield made
    made.world.close()


# What is answered to what we send


RESTS = {"unknown-key", "expired-card", "clock"}
"""Refusals that may pass by themselves: the same bytes go again."""


@pytest.mark.parametrize("result", ["stored", *(f"refused:{code}" for code in Code), "refused:purpose"])
def test_each_word_of_a_receipt_settles_what_it_is_about_or_lets_it_rest(liar: Liar, result: str) -> None:
    ref = sent_to(liar, LONDON)
    answer(liar, [{"result": result}])
    found = {row.id: row.state for row in liar.belgrade.exchange.outgoing()}
    code = result.partition(":")[2]
    assert found[ref] == ("receipted" if result == "stored" else "queued" if code in RESTS else "refused")
    alarms = {(alarm.code, alarm.about) for alarm in liar.belgrade.exchange.syncing.alarms()}
    assert alarms == ({("trust.rollback", BELGRADE)} if code == "replay" else set())
    if alarms:
        liar.belgrade.exchange.syncing.clear(BELGRADE, who="m.ilic", reason="asked")
    answer(liar, [{}])


def answer(liar: Liar, lines: list[dict[str, Any]], **of: Any) -> None:
    """Let Belgrade bring what waits; London answers about the last of it with lines changed as they say."""
    rows: list[tuple[str, str]] = []

    def noted(body: bytes) -> bytes:
        rows[:] = [
            (sealed.header.id, sealed.sha256.hex())
            for part in split(body, most=64)
            if isinstance(sealed := read(part), Sealed)
        ]
        return body

    def told(_: bytes) -> bytes:
        ref, digest = rows[-1]
        said = [Line(**{"id": ref, "sha256": digest, "result": "stored", **line}) for line in lines]
        said += [Line(id=other, sha256=its, result="stored") for other, its in rows[:-1]]
        given = {"to": BELGRADE, "me": LONDON, "seed": liar.london.keys.signing_seed(), "at": START, **of}
        return join([Giver(given["me"], given["seed"]).sign(given["to"], tuple(said), given["at"], None)])

    liar.world.wires.on_way, liar.world.wires.on_return = noted, told
    courier = liar.belgrade.exchange.courier((LONDON, Lane.NORMAL))
    courier.step()
    courier.step()
    liar.world.wires.on_way = liar.world.wires.on_return = lambda data: data


RECEIPTS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "about other bytes": ({"sha256": "ab" * 32}, {}),
    "about another message": ({"id": "0195566a-0000-7000-8000-000000000001"}, {}),
    "about nothing that could be read": ({"id": None}, {}),
    "for another authority": ({}, {"to": PRISTINA}),
    "of another authority": ({}, {"me": PRISTINA}),
    "with another key": ({}, {"seed": b"z" * 32}),
}


@pytest.mark.parametrize("name", RECEIPTS)
def test_a_receipt_that_lies_settles_nothing(liar: Liar, name: str) -> None:
    line, of = RECEIPTS[name]
    ref, seen = sent_to(liar, LONDON), liar.events("receipt-missing")
    answer(liar, [line], **of)
    assert next(row.state for row in liar.belgrade.exchange.outgoing() if row.id == ref) == "queued"
    assert liar.events("receipt-missing") >= seen + 1
    answer(liar, [{}])
    assert next(row.state for row in liar.belgrade.exchange.outgoing() if row.id == ref) == "receipted"


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
def test_a_receipt_from_the_end_of_the_calendar_stops_no_clock_but_its_own(liar: Liar, at: str) -> None:
    liar.belgrade.exchange.tend()
    ref = sent_to(liar, LONDON, kind=Kind.REQUEST, reason="who is it")
    answer(liar, [{}], at=parse_instant(at))
    other = sent_to(liar, LONDON, kind=Kind.REQUEST, reason="who is it")
    answer(liar, [{}])
    liar.world.clock.move(timedelta(days=8))
    liar.belgrade.exchange.tend()
    liar.world.clock.move(timedelta(days=-8))
    found = {request.id: request for request in liar.belgrade.exchange.liaison.requests()}
    assert found[ref].state == "open"
    assert found[other].deadline is not None
    assert liar.belgrade.events("deadline-alarm")[-1].subject == other


# How far a partner and an agreement have come


@pytest.mark.parametrize("state", [AgreementState.SUSPENDED, AgreementState.ENDED])
def test_only_under_a_live_agreement_anything_but_housekeeping_passes(liar: Liar, state: AgreementState) -> None:
    exchange = liar.belgrade.exchange
    waits = sent_to(liar, LONDON)
    exchange.set_agreement_state(TERMS, state, who="s.petrovic", reason="asked")
    assert liar.hand(liar.seal(true()), liar.seal(bare(Kind.PING))) == ["refused:agreement-state", "stored"]
    refused = exchange.send(message(sender=BELGRADE, recipient=LONDON), who="m.ilic")
    assert (refused.is_queued, refused.judgement.rule) == (False, "agreement-state")
    exchange.courier((LONDON, Lane.NORMAL)).step()
    assert next(row.state for row in exchange.outgoing() if row.id == waits) == "queued"
    exchange.set_agreement_state(TERMS, AgreementState.LIVE, who="s.petrovic", reason="asked")
    assert liar.hand(liar.seal(true())) == ["stored"]
    exchange.courier((LONDON, Lane.NORMAL)).step()
    assert next(row.state for row in exchange.outgoing() if row.id == waits) == "receipted"


def test_a_held_message_is_judged_again_when_it_is_accepted_and_its_days_count_from_when_it_came(
    tmp_path: Path,
) -> None:
    liar = Liar(tmp_path)
    exchange, clock = liar.belgrade.exchange, liar.world.clock
    odd = fact(handling=("P", "EYES-ONLY"), retain_until=None, value="Held Body")
    told = structs.replace(true(facts={"f1": odd}), expires=format_instant(clock.now() + timedelta(days=5)))
    assert liar.hand(liar.seal(told)) == ["stored"]
    ref = exchange.incoming()[-1].id
    came = clock.now().date()
    clock.move(timedelta(days=20))
    exchange.set_agreement_state(TERMS, AgreementState.SUSPENDED, who="s.petrovic", reason="asked")
    with pytest.raises(ForbiddenError, match="agreement-state"):
        exchange.accept(ref, who="s.petrovic", reason="read")
    assert exchange.show(ref)[0].state == "held"
    exchange.set_agreement_state(TERMS, AgreementState.LIVE, who="s.petrovic", reason="asked")
    exchange.accept(ref, who="s.petrovic", reason="read")
    with liar.belgrade.store.snapshot() as snapshot:
        (record,) = [snapshot.record(each) for each in snapshot.born_of(ref)]
    assert record is not None
    assert record.handling.retain_until == came + timedelta(days=1095)
    liar.world.close()


LEADS_TO: dict[State, set[State]] = {
    State.ADDED: {State.REVOKED},
    State.CONFIRMED: {State.LIVE, State.SUSPENDED, State.REVOKED},
    State.LIVE: {State.SUSPENDED, State.REVOKED},
    State.SUSPENDED: {State.CONFIRMED, State.REVOKED},
    State.REVOKED: set(),
}


def put(liar: Liar, state: State) -> None:
    partners = liar.belgrade.exchange._partners
    liar.belgrade.store.write(lambda tx: partners._note_step(tx, LONDON, state, "test", ""))


@pytest.mark.parametrize("state", State)
def test_only_with_a_partner_that_is_confirmed_or_live_anything_passes_either_way(liar: Liar, state: State) -> None:
    exchange, is_open = liar.belgrade.exchange, state in {State.CONFIRMED, State.LIVE}
    waits = sent_to(liar, LONDON)
    put(liar, state)
    before = liar.kept()
    assert (
        liar.hand(liar.seal(true()), liar.seal(bare(Kind.PING)))
        == (["stored"] if is_open else ["refused:unknown-key"]) * 2
    )
    if is_open:
        sent_to(liar, LONDON)
        assert LONDON in exchange.syncing.due(liar.world.clock.now(), timedelta(0), START)
    else:
        assert liar.kept() == before
        with pytest.raises(KeyTrustError, match=state):
            sent_to(liar, LONDON)
        with pytest.raises(KeyTrustError, match=state):
            exchange.syncing.ask(LONDON, who="m.ilic")
        assert LONDON not in exchange.syncing.due(liar.world.clock.now(), timedelta(0), START)
        for lane in Lane:
            assert exchange.courier((LONDON, lane)).step().moved == 0
        assert next(row.state for row in exchange.outgoing() if row.id == waits) == "queued"
    put(liar, State.LIVE)
    answer(liar, [{}])
    assert next(row.state for row in exchange.outgoing() if row.id == waits) == "receipted"


@pytest.mark.parametrize("state", State)
def test_a_partners_state_leads_where_the_drawing_says_and_nowhere_else(liar: Liar, state: State) -> None:
    for to in State:
        put(liar, state)
        if to in LEADS_TO[state]:
            liar.belgrade.exchange.step_partner(LONDON, to, who="s.petrovic", reason="asked")
            assert {one.authority: one.state for one in liar.belgrade.exchange.partners()}[LONDON] == to
        else:
            with pytest.raises(ConflictError):
                liar.belgrade.exchange.step_partner(LONDON, to, who="s.petrovic", reason="asked")
            assert {one.authority: one.state for one in liar.belgrade.exchange.partners()}[LONDON] == state
    put(liar, state)
    if state is State.ADDED:
        with pytest.raises(KeyTrustError):
            liar.belgrade.exchange.confirm_partner(LONDON, "12345 " * 8, who="liaison")
        confirm(liar.belgrade, liar.london)
        assert {one.authority: one.state for one in liar.belgrade.exchange.partners()}[LONDON] == State.CONFIRMED
    else:
        with pytest.raises(ConflictError):
            confirm(liar.belgrade, liar.london)
    put(liar, State.LIVE)
