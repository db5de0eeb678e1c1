"""What the desk looks after by itself: files that must go, leaves that are to be found, holders that have answered or not."""

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from headwater.errors import ConflictError
from headwater.exchange import liaison
from headwater.exchange.amends import ASKED, Answer, Asked
from headwater.exchange.liaison import INDEX_FROM, INDEX_MOST, Holder, _holder
from headwater.exchange.taking import HELD
from headwater.model.canonical import encode
from headwater.model.ids import BlobHash, MessageId
from headwater.model.message import Amend, Done, Kind, Message
from headwater.ports import Event
from headwater.testing.fakes import START
from tests.exchange_world import BELGRADE, LONDON, TERMS, Node, World, fact, message
from tests.liar_world import Liar, asked_of, bare, true


def refs(count: int) -> list[MessageId]:
    return [MessageId(f"0195566a-0000-7000-8000-{number:012x}") for number in range(count)]


def asked(ref: MessageId, at: Any = START, parent: MessageId | None = None) -> Asked:
    told = Message(
        kind=Kind.AMEND, recipient=BELGRADE, agreement=TERMS, amend=Amend(action="erase", facts=(), reason="x")
    )
    return Asked(ref, BELGRADE, told, at, "o.reed", parent)


def done(*waits: str) -> Done:
    return Done(amend="a", holder=BELGRADE, at="2026-11-25T08:30:00Z", log_index=1, results={}, waits_for=tuple(waits))  # type: ignore[arg-type]


HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("given", "sent", "state", "age"),
    [
        (None, "queued", "open", 2 * HOUR),
        (None, "receipted", "open", 2 * HOUR),
        (None, "refused", "refused", 2 * HOUR),
        (None, "dead", "dead", 2 * HOUR),
        ((done(),), "receipted", "done", HOUR),
        ((done(), done()), "receipted", "done", HOUR),
        ((done("XK-KP"), done()), "receipted", "open", 2 * HOUR),
        ((done(), done("XK-KP")), "receipted", "open", 2 * HOUR),
        ((done("XK-KP"),), "dead", "dead", 2 * HOUR),
        ((done(),), "refused", "done", HOUR),
    ],
)
def test_a_holder_is_done_once_nobody_below_it_is_waited_for(
    given: tuple[Done, ...] | None, sent: str, state: str, age: timedelta
) -> None:
    (ref,) = refs(1)
    one, answer = asked(ref), Answer(ref, START + HOUR, "ab", given) if given else None
    assert _holder(one, answer, sent, START + 2 * HOUR) == Holder(one, answer, state, age)


@pytest.mark.parametrize(
    ("results", "below", "state"),
    [
        ({"rec-a/0": "erased", "rec-b/0": "not-held"}, {}, "done"),
        ({"rec-a/0": "erased", "rec-b/0": "restricted", "rec-c/0": "erased"}, {}, "done"),
        ({}, {}, "open"),
        ({"rec-a/0": "erased"}, {}, "open"),
        ({"rec-a/0": "erased"}, {"rec-a/0": "erased", "rec-b/0": "erased"}, "open"),
        ({"rec-a/0": "erased", "rec-b/0": "kept"}, {}, "open"),
    ],
)
def test_a_holder_is_open_until_its_own_word_says_of_every_fact_what_became_of_it(
    results: dict[str, str], below: dict[str, str], state: str
) -> None:
    (ref,) = refs(1)
    one = asked(ref)
    amend = Amend(action="erase", facts=("rec-a/0", "rec-b/0"), reason="x")
    one = dataclasses.replace(one, content=structs.replace(one.content, amend=amend))
    words = (structs.replace(done(), results=results), *([structs.replace(done(), results=below)] if below else []))
    assert _holder(one, Answer(ref, START, "ab", words), "receipted", START).state == state


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0)])
def test_holders_stand_by_when_they_were_asked_and_those_of_a_partners_amend_do_not(
    order: tuple[int, ...], world: World, london: Node
) -> None:
    names = refs(4)
    made = [asked(names[2], START), asked(names[0], START + HOUR), asked(names[1], START + HOUR)]
    passed_on = asked(names[3], START, parent=names[0])

    def change(tx: Any) -> None:
        for each in (*(made[place] for place in order), passed_on):
            tx.put_document(ASKED, each.message, encode(each))

    london.store.write(change)
    world.clock.move(timedelta(hours=3))
    found = london.exchange.liaison.holders()
    assert [(each.asked, each.state, each.answer) for each in found] == [(each, "open", None) for each in made]
    assert [each.age for each in found] == [world.clock.now() - each.at for each in made]


@pytest.mark.parametrize("short", [1, 0])
def test_leaves_are_made_known_once_there_are_many_and_no_more_at_once_than_may_be(
    short: int, london: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (INDEX_FROM, INDEX_MOST) == (1024, 4096)
    monkeypatch.setattr(liaison, "INDEX_FROM", 64)
    monkeypatch.setattr(liaison, "INDEX_MOST", 40)

    def noted(tx: Any, count: int) -> None:
        for number in range(count):
            tx.note(Event("exchange.withdrawn", "o.reed", f"rec-{number}"))

    def sizes() -> tuple[int, int]:
        with london.store.snapshot() as snapshot:
            return snapshot.head().size, snapshot.leaves_indexed()

    size, before = sizes()
    assert before == 0
    london.store.write(lambda tx: noted(tx, 64 - size - short))
    london.exchange.liaison.tend()
    assert sizes() == (64 - short, 0 if short else 40)
    if not short:
        london.exchange.liaison.tend()
        assert sizes() == (64, 40)
        with london.store.snapshot() as snapshot:
            for number in (0, 40 - size, 63 - size):
                assert [leaf.index for leaf in snapshot.leaves_about(f"rec-{number}")] == [size + number]


@pytest.fixture
def liar(tmp_path: Path) -> Iterator[Liar]:
    made = Liar(tmp_path)
    yield made
    made.world.close()


@pytest.mark.parametrize("by", ["tend", "amend", "take", "nothing"])
def test_a_file_that_was_let_go_is_removed_at_the_next_look_and_with_each_recall(by: str, liar: Liar) -> None:
    node = liar.belgrade
    blob = node.store.put_blob(b"what was seen")
    node.store.write(lambda tx: tx.forget_blob(BlobHash(blob)))
    path = node.home / "blobs" / blob
    assert path.exists()
    if by == "tend":
        node.exchange.liaison.tend()
    if by == "amend":
        asked_of(liar, LONDON)
    if by == "take":
        told = message(
            kind=Kind.AMEND, sender=LONDON, facts={}, amend=Amend(action="erase", facts=("rec-u/0",), reason="x")
        )
        assert liar.hand(liar.seal(told)) == ["stored"]
    if by == "nothing":
        assert liar.hand(liar.seal(message(sender=LONDON, expires="2026-12-30T00:00:00Z"))) == ["stored"]
        node.exchange.liaison.holders()
    assert path.exists() is (by == "nothing")
    with node.store.snapshot() as snapshot:
        assert snapshot.needs_sweep() is (by == "nothing")


def test_no_consent_is_given_to_what_is_not_here_or_was_refused(liar: Liar) -> None:
    desk = liar.belgrade.exchange.liaison
    with pytest.raises(ConflictError, match="no such message"):
        desk.answer_consent(refs(1)[0], "yes", None, who="m.ilic")
    assert liar.hand(liar.seal(message(sender=LONDON, purpose="statistics"))) == ["refused:purpose"]
    refused = liar.belgrade.exchange.incoming()[-1]
    assert (refused.body, refused.state != HELD) == (b"", True)
    with pytest.raises(ConflictError, match="no such message"):
        desk.answer_consent(refused.id, "yes", None, who="m.ilic")


def test_a_request_whose_facts_were_recalled_before_anybody_looked_is_looked_up_as_one_of_nothing(liar: Liar) -> None:
    asks = true(kind=Kind.REQUEST, reason="who", facts={"rec-u/0": fact(), "rec-v/0": fact(grade="3x5x2:2/B")})
    assert liar.hand(liar.seal(asks)) == ["stored"]
    gone = bare(Kind.AMEND, amend=Amend(action="erase", facts=("rec-u/0", "rec-v/0"), reason="mistaken"))
    assert liar.hand(liar.seal(gone)) == ["stored"]
    assert liar.belgrade.exchange.liaison.tend() == 1
    assert liar.belgrade.exchange.liaison.tend() == 0
    assert liar.belgrade.events("cross-checked") == []
