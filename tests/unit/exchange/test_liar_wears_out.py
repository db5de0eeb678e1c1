"""A partner that sends what is allowed, and much of it: what that costs grows with its number, and no faster."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headwater.exchange import consents, words
from headwater.exchange.consents import CONSENT
from headwater.model.handling import Handling
from headwater.model.ids import FactId, StateCode
from headwater.model.message import Amend, Kind, Message, Word
from headwater.store import messages
from headwater.store.link import Link
from tests.exchange_world import LONDON, fact
from tests.liar_world import Liar, bare, consent_of, sent_to, true

pytestmark = pytest.mark.slow

FEW, MANY = 20, 80
TIMES = 6
"""What four times as much may cost at most; where each is compared with each, it is sixteen times."""


@pytest.fixture
def liar(tmp_path: Path) -> Iterator[Liar]:
    made = Liar(tmp_path)
    yield made
    made.world.close()


def counted(monkeypatch: pytest.MonkeyPatch, kind: type, name: str) -> list[object]:
    """Let a method note what it is asked about."""
    asked: list[object] = []
    method = getattr(kind, name)

    def noted(one: object, other: object) -> object:
        asked.append(other)
        return method(one, other)

    monkeypatch.setattr(kind, name, noted)
    return asked


def consents_kept(liar: Liar) -> int:
    """Bytes of all that is kept of consents, earlier versions as well."""
    with liar.belgrade.store.snapshot() as snapshot:
        keys = [key for key, _, _ in snapshot.documents(CONSENT)]
        return sum(len(body) for key in keys for _, body in snapshot.versions(CONSENT, key))


def in_one_message(liar: Liar, name: str, count: int) -> None:
    given = tuple(consent_of((name,), purposes=(f"p{number}",)) for number in range(count))
    assert liar.hand(liar.seal(bare(Kind.CONSENT, consents=given))) == ["stored"]


def in_many_messages(liar: Liar, name: str, count: int) -> None:
    for _ in range(count):
        in_one_message(liar, name, 1)


@pytest.mark.parametrize("consent", [in_one_message, in_many_messages])
def test_each_consent_to_one_fact_is_kept_once(liar: Liar, consent: Callable[[Liar, str, int], None]) -> None:
    cost: list[int] = []
    for name, count in (("few/0", FEW), ("many/0", MANY)):
        liar.hand(liar.seal(true(facts={name: fact(value=name)})))
        before = consents_kept(liar)
        consent(liar, name, count)
        cost.append(consents_kept(liar) - before)
    assert cost[1] <= TIMES * cost[0]


def test_consents_that_came_in_several_messages_are_told_in_their_order(liar: Liar) -> None:
    liar.hand(liar.seal(true(facts={"a/0": fact()})))
    for decisions in (("yes", "no"), ("yes",), ("no", "yes", "no")):
        given = tuple(consent_of(("a/0",), decision=decision) for decision in decisions)
        liar.hand(liar.seal(bare(Kind.CONSENT, consents=given)))
    with liar.belgrade.store.snapshot() as snapshot:
        (record,) = snapshot.records()
        name = FactId(f"{record.id}/0")
        carried = Message(
            kind=Kind.SPONTANEOUS, sender=liar.belgrade.me, recipient=liar.pristina.me, facts={name: fact(origin="UK")}
        )
        kept = consents._kept(snapshot, record.id)
        assert consents.attached(snapshot, carried).consents == ()
    assert [each.consent.decision for each in kept] == ["yes", "no", "yes", "no", "yes", "no"]


def test_a_message_of_which_each_fact_is_a_record_is_looked_through_once(
    liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = counted(monkeypatch, Handling, "covers")
    for count in (FEW, MANY):
        apart = {
            f"a{count}/{number}": fact(value="the same", handling=("H3",), conditions=(f"condition {number}",))
            for number in range(count)
        }
        assert liar.hand(liar.seal(true(facts=apart))) == ["stored"]
        compared.clear()
        _, shown = liar.belgrade.exchange.show(liar.belgrade.exchange.incoming()[-1].id)
        assert shown is not None
        assert len(shown.facts) == count
        assert len(compared) <= 2 * count


def test_a_fact_is_withdrawn_where_it_stands_and_not_where_another_says_the_same_more_strictly(liar: Liar) -> None:
    given = {"a/0": fact(), "a/1": fact(handling=("P", "H3"), conditions=("ask",))}
    liar.hand(liar.seal(true(facts=given)))
    amend = Amend(action="erase", facts=("a/0",), reason="x")
    assert liar.hand(liar.seal(bare(Kind.AMEND, amend=amend))) == ["stored"]
    _, shown = liar.belgrade.exchange.show(liar.belgrade.exchange.incoming()[-2].id)
    assert shown is not None
    assert list(shown.facts) == ["a/1"]
    with liar.belgrade.store.snapshot() as snapshot:
        assert [one.value for record in snapshot.records() for one in record.facts] == [given["a/1"].value]


def test_words_are_looked_up_by_the_facts_that_they_name(liar: Liar, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = counted(monkeypatch, words._Given, "holds")
    for count in (FEW, MANY):
        facts = {
            f"w{count}/{number}": fact(origin="ME", value=f"v{number}", origin_key="ab" * 32, origin_name=f"o{number}")
            for number in range(count)
        }
        liar.hand(liar.seal(true(facts=facts)))
        said = tuple(
            Word(
                about="amend",
                origin=StateCode("ME"),
                terms=("erase",),
                facts=(f"o{number}",),
                at="2026-01-01T00:00:00Z",
                signed=(),
            )
            for number in range(count)
        )
        asked.clear()
        amend = Amend(action="erase", facts=tuple(facts), reason="x", words=said)
        assert liar.hand(liar.seal(bare(Kind.AMEND, amend=amend))) == ["refused:amend-owner"]
        assert 0 < len(asked) <= 2 * count


def test_no_more_messages_are_in_memory_at_once_than_a_page_however_many_are_in_a_conversation(
    liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = sent_to(liar, LONDON, kind=Kind.REQUEST, reason="who is it")
    liar.belgrade.bring(LONDON)
    liar.hand(liar.seal(true(facts={"a/0": fact(value="Somebody Else")}, thread=asked)))
    for _ in range(FEW):
        kinds = (Kind.RESPONSE, Kind.REQUEST)
        parts = [liar.seal(true(kind=kind, thread=asked, reason="x", text="Somebody Else")) for kind in kinds]
        assert liar.hand(*parts) == ["stored", "stored"]
    monkeypatch.setattr(messages, "_PAGE", 4)
    read: list[int] = []
    rows = Link.rows

    def counted(link: Link, kind: type, sql: str, *values: str | int) -> list[object]:
        found: list[object] = rows(link, kind, sql, *values)
        if kind in {messages.IncomingRow, messages.OutgoingRow}:
            read.append(sum(bool(getattr(row, "body", None) or getattr(row, "envelope", None)) for row in found))
        return found

    monkeypatch.setattr(Link, "rows", counted)
    liar.belgrade.exchange.tend()
    assert sum(read) > FEW
    amend = Amend(action="erase", facts=("a/0",), reason="x")
    assert liar.hand(liar.seal(bare(Kind.AMEND, amend=amend))) == ["stored"]
    assert len(liar.belgrade.exchange.liaison.texts()) == 2 * FEW
    assert max(read) <= 4


def test_what_is_known_of_messages_that_somebody_names_is_looked_up_without_their_content(liar: Liar) -> None:
    told = [liar.seal(true(text="x" * 1000)) for _ in range(3)]
    assert liar.hand(*told) == ["stored"] * 3
    refs = [row.id for row in liar.belgrade.exchange.incoming()][-3:]
    with liar.belgrade.store.snapshot() as snapshot:
        assert [len(row.body) for row in snapshot.incoming_among(refs).values()] == [0, 0, 0]
    assert liar.hand(*told) == ["stored"] * 3
