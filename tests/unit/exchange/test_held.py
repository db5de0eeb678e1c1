"""What is held waits for a person: nobody acts on it before it is accepted, everybody does then, and nobody once it is put aside."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from headwater.exchange.crosscheck import check
from headwater.exchange.liaison import _keep_check
from headwater.exchange.partners import State
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, MessageId
from headwater.model.message import Kind, Message
from headwater.model.record import Mention, Origin, PersonCategory, Record
from tests.exchange_world import BELGRADE, LONDON, fact
from tests.liar_world import Liar, true

PHONE = "+381 60 000-0001"
ODD = ("P", "EYES-ONLY")
"""A code that no agreement explains: a person must read what it means."""


@pytest.fixture
def liar(tmp_path: Path) -> Iterator[Liar]:
    made = Liar(tmp_path)
    key = EntityKey("rs/1")
    held = Record(
        origin=Origin(BELGRADE, "report"),
        handling=Handling(),
        mentions=(Mention(key, "Person", PersonCategory.SUSPECT),),
        facts=(Fact(key, "phone", PHONE),),
    )
    made.belgrade.store.write(lambda tx: tx.add_record(held))
    yield made
    made.world.close()


def request(_: Liar, handling: tuple[str, ...]) -> Message:
    asked = {"f1": fact(prop="phone", value=PHONE, handling=handling)}
    return true(kind=Kind.REQUEST, reason="who uses it", facts=asked)


def search(liar: Liar, handling: tuple[str, ...]) -> Message:
    asked = {"f1": fact(prop="phone", value=PHONE, handling=handling)}
    told = liar.london.exchange.liaison.hashed(true(kind=Kind.SEARCH, reason="who uses it", facts=asked))
    return replace(told, sender=LONDON)


def checks(liar: Liar, ref: MessageId) -> list[Any]:
    """The findings of cross-checks of a request."""
    with liar.belgrade.store.snapshot() as snapshot:
        return [each.text for each in snapshot.findings() if each.subjects == (ref,)]


def answers(liar: Liar, ref: MessageId) -> list[Any]:
    """The answers that are on their way to a search."""
    rows = [row for row in liar.belgrade.exchange.outgoing() if row.kind == Kind.RESPONSE]
    sent = [told for row in rows if (told := liar.belgrade.exchange.sent(row.id)) is not None]
    return [told.result for told in sent if ref in (told.thread, *told.facts)]


Acted = Callable[[Liar, MessageId], list[Any]]
ACTED_ON: dict[str, tuple[Callable[[Liar, tuple[str, ...]], Message], Acted, list[str]]] = {
    "request": (request, checks, ["Cross-check of a partner's request: hit: 1 of our own facts."]),
    "search": (search, answers, ["hit"]),
}
"""What a node does by itself with each kind, and what comes of it here."""


def handed(liar: Liar, name: str, handling: tuple[str, ...], state: str) -> MessageId:
    make, _, _ = ACTED_ON[name]
    assert liar.hand(liar.seal(make(liar, handling))) == ["stored"]
    row = liar.belgrade.exchange.incoming()[-1]
    assert row.state == state
    return row.id


@pytest.mark.parametrize("name", ACTED_ON)
def test_what_is_kept_at_once_is_acted_on_once(liar: Liar, name: str) -> None:
    _, acted, done = ACTED_ON[name]
    ref = handed(liar, name, ("P",), "stored")
    assert [liar.belgrade.exchange.liaison.tend() for _ in range(3)] == [1, 0, 0]
    assert acted(liar, ref) == done


@pytest.mark.parametrize("name", ACTED_ON)
def test_what_is_held_is_acted_on_once_when_it_is_accepted_and_not_before(liar: Liar, name: str) -> None:
    _, acted, done = ACTED_ON[name]
    ref = handed(liar, name, ODD, "held")
    assert [liar.belgrade.exchange.liaison.tend() for _ in range(2)] == [0, 0]
    assert acted(liar, ref) == []
    liar.belgrade.exchange.accept(ref, who="s.petrovic", reason="read")
    assert [liar.belgrade.exchange.liaison.tend() for _ in range(2)] == [1, 0]
    assert acted(liar, ref) == done


@pytest.mark.parametrize("waits", [True, False])
@pytest.mark.parametrize("name", ACTED_ON)
def test_what_was_held_and_is_put_aside_is_never_acted_on(liar: Liar, name: str, waits: bool) -> None:
    _, acted, _ = ACTED_ON[name]
    ref = handed(liar, name, ODD, "held")
    if waits:
        liar.belgrade.exchange.liaison.tend()
    liar.belgrade.exchange.refuse(ref, who="s.petrovic", reason="not ours to tell")
    assert [liar.belgrade.exchange.liaison.tend() for _ in range(2)] == [0, 0]
    assert acted(liar, ref) == []


@pytest.mark.parametrize("name", ACTED_ON)
def test_what_a_rule_has_refused_is_never_acted_on(liar: Liar, name: str) -> None:
    make, acted, _ = ACTED_ON[name]
    assert liar.hand(liar.seal(replace(make(liar, ("P",)), purpose="statistics"))) == ["refused:purpose"]
    ref = liar.belgrade.exchange.incoming()[-1].id
    assert [liar.belgrade.exchange.liaison.tend() for _ in range(2)] == [0, 0]
    assert acted(liar, ref) == []


def test_what_two_looks_have_found_to_answer_is_answered_by_the_first_of_them_alone(liar: Liar) -> None:
    refs = [handed(liar, name, ("P",), "stored") for name in ACTED_ON]
    liaison = liar.belgrade.exchange.liaison
    with liar.belgrade.store.snapshot() as snapshot:
        now = liar.world.clock.now()
        checks, found = check(snapshot, liaison._to_check(snapshot, now)), liaison._answers(snapshot, now)
    assert (len(checks), len(found)) == (1, 1)
    for count in (1, 0, 0):
        assert liar.belgrade.store.write(lambda tx: _keep_check(tx, checks[0])) == count
        assert liar.belgrade.store.write(lambda tx: liaison._give(tx, found[0])) == count
    assert [acted(liar, ref) for ref, (_, acted, _) in zip(refs, ACTED_ON.values(), strict=True)] == [
        done for _, _, done in ACTED_ON.values()
    ]
    assert liaison.tend() == 0


def test_a_search_that_cannot_be_answered_any_more_is_noted_as_such_and_not_tried_again(liar: Liar) -> None:
    ref = handed(liar, "search", ("P",), "stored")
    liar.belgrade.exchange.step_partner(LONDON, State.SUSPENDED, who="d.s", reason="unclear")
    assert [liar.belgrade.exchange.liaison.tend() for _ in range(2)] == [1, 0]
    noted = [(each.who, each.subject, dict(each.detail)) for each in liar.belgrade.events("search-unanswered")]
    assert noted == [("node", ref, {"code": "trust.key"})]
    assert answers(liar, ref) == []
