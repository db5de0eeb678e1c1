"""What may be seen of a record keeps the record's name and its facts' numbers, and is never taken for the whole."""

import gc

import pytest

from headwater.model.collecting import collecting_later
from headwater.model.fact import Fact
from headwater.model.ids import BlobHash, EntityKey, RecordId
from headwater.model.record import Mention, PersonCategory, Record
from headwater.model.seen import Seen, as_record, places_of, rest_of, without
from tests.unit.model.test_values import record

KEYS = man, car, boat, owner = tuple(map(EntityKey, ("man", "car", "boat", "owner")))
MENTIONS = (
    Mention(man, "Person", PersonCategory.SUSPECT),
    Mention(car, "Vehicle"),
    Mention(boat, "Vessel"),
    Mention(owner, "Ownership"),
)
FACTS = (
    Fact(man, "name", "Ivo Test"),
    Fact(car, "model", "Kombi"),
    Fact(owner, "owner", "man"),
    Fact(owner, "asset", "boat"),
)


def whole() -> Record:
    return record(mentions=MENTIONS, facts=FACTS, amends=RecordId("rec-0"), tables=(BlobHash("b" * 64),))


def test_a_record_without_some_facts_keeps_all_else_but_its_files_and_whom_only_they_spoke_of() -> None:
    kept = whole()
    seen = without(kept, kept.id, {1})
    assert (seen.id, seen.whole, seen.places) == (kept.id, kept.id, (0, 2, 3))
    assert [number for number, _ in seen.numbered()] == [f"{kept.id}/{at}" for at in (0, 2, 3)]
    assert [fact for _, fact in seen.numbered()] == [FACTS[0], FACTS[2], FACTS[3]]
    assert [one.key for one in seen.mentions] == [man, boat, owner]
    assert (seen.origin, seen.handling, seen.recorded_at) == (kept.origin, kept.handling, kept.recorded_at)
    assert (seen.grade, seen.amends) == (kept.grade, kept.amends)
    assert (seen.blobs, seen.tables) == ((), ())
    assert kept.recorded_at
    assert kept.grade
    assert kept.amends
    assert seen != kept


def test_what_is_seen_of_what_is_seen_counts_in_the_whole() -> None:
    kept = whole()
    less = without(without(kept, kept.id, {0}), kept.id, {2, 0})
    assert less.places == places_of(less) == (1, 3)
    assert less.facts == (FACTS[1], FACTS[3])
    assert [one.key for one in less.mentions] == [car, boat, owner]
    assert places_of(kept) == (0, 1, 2, 3)
    assert without(kept, kept.id, {0, 1, 2, 3}).mentions == ()


def test_what_is_left_of_a_record_bears_the_places_that_it_had() -> None:
    kept = whole()
    part = record(mentions=MENTIONS[:2], facts=FACTS[:2])
    rest = rest_of(part, kept.id, (0, 3))
    assert isinstance(rest, Seen)
    assert (rest.id, places_of(rest), rest.facts, rest.blobs) == (kept.id, (0, 3), part.facts, part.blobs)
    for places in ((0,), (0, 1, 2), ()):
        with pytest.raises(ValueError, match="places"):
            rest_of(part, kept.id, places)
    plain = as_record(rest)
    assert type(plain) is Record
    assert plain == part
    assert plain.id == part.id


@pytest.mark.parametrize("running", [True, False])
def test_the_collector_is_held_for_a_while_and_left_as_it_was(running: bool) -> None:
    before = gc.isenabled()
    try:
        (gc.enable if running else gc.disable)()
        with collecting_later():
            assert not gc.isenabled()
        assert gc.isenabled() is running
        with pytest.raises(KeyError), collecting_later():
            raise KeyError
        assert gc.isenabled() is running
    finally:
        (gc.enable if before else gc.disable)()
