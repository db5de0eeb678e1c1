"""The index: bytes that are read in place."""

import random

import pytest

from headwater.engines.match.build import build_index, rarity_of
from headwater.engines.match.index import unpack
from headwater.engines.match.listed import Listed
from headwater.errors import StoreCorruptError
from headwater.model.fact import Fact
from headwater.model.ids import EntityKey
from headwater.model.record import Mention, PersonCategory, Record
from tests.match_world import entry, world


def names(records: tuple[Record, ...]) -> list[str]:
    index = unpack(build_index(records))
    return [index.text("name.text", at) for at in range(index.head.names)]


def test_the_order_of_the_records_makes_no_difference_to_a_single_byte() -> None:
    shuffled = list(world())
    random.Random(3).shuffle(shuffled)
    assert build_index(shuffled) == build_index(world())


def test_an_entry_comes_back_as_it_went_in() -> None:
    index = unpack(build_index(world()))
    listed = Listed(index)
    found = {listed.entry(at)[0].key: listed.entry(at) for at in range(index.head.entries)}
    one, traits = found["uk:1"]
    record = next(record for record in world() if record.id == one.record)
    assert (one.schema, one.source, one.version, one.place) == ("Person", "uk-csv", "2026-02-13", "row 4")
    assert traits.dates == ("1975-03-14",)
    assert traits.countries == ("rs",)
    assert traits.numbers == ("ZZ0123456",)
    for value, place in (*one.dates, *one.numbers):
        assert record.facts[place].value == value


def test_a_name_comes_back_with_the_place_of_its_fact() -> None:
    index = unpack(build_index(world()))
    listed = Listed(index)
    by_record = {record.id: record for record in world()}
    for at in range(index.head.names):
        record = by_record[next(one for one in by_record if one == listed.entry(listed.owner(at))[0].record)]
        assert record.facts[listed.fact(at)].value == listed.name(at).name.text


def test_victims_and_smuggled_people_are_never_indexed() -> None:
    hidden = tuple(
        entry(f"x:{category}", name="Person Unnamed", category=category)
        for category in (PersonCategory.VICTIM, PersonCategory.SMUGGLED)
    )
    assert names(hidden) == []


def test_an_amended_record_gives_way_to_the_one_that_corrects_it() -> None:
    wrong = entry("uk:1", name="Goran Fiktivski")
    right = entry("uk:1", name="Goran Fiktivov")
    amended = Record(
        origin=right.origin, handling=right.handling, mentions=right.mentions, facts=right.facts, amends=wrong.id
    )
    assert names((wrong, amended)) == ["Goran Fiktivov"]


def test_a_passport_counts_for_its_holder_and_is_no_entry_of_its_own() -> None:
    holder = entry("uk:1", name="Goran Fiktivski")
    paper = EntityKey("uk:1#paper")
    record = Record(
        origin=holder.origin,
        handling=holder.handling,
        mentions=(*holder.mentions, Mention(paper, "Passport")),
        facts=(*holder.facts, Fact(paper, "holder", "uk:1"), Fact(paper, "number", "QQ 7654321")),
    )
    index = unpack(build_index([record]))
    assert index.head.entries == 1
    assert Listed(index).entry(0)[1].numbers == ("QQ7654321",)


def test_an_index_over_nothing_is_an_index() -> None:
    index = unpack(build_index([]))
    assert (index.head.names, index.head.entries, index.head.lists) == (0, 0, ())


@pytest.mark.parametrize("size", [0, 7, 15, 40, 500])
def test_bytes_cut_short_are_refused(size: int) -> None:
    with pytest.raises(StoreCorruptError):
        unpack(build_index(world())[:size])


def test_other_bytes_are_refused() -> None:
    with pytest.raises(StoreCorruptError):
        unpack(b"HWMATCH0" + build_index(world())[8:])
    with pytest.raises(StoreCorruptError):
        unpack(b"HWMATCH1" + (5).to_bytes(8, "little") + b"{not}" + bytes(100))


def test_a_common_word_says_less_than_a_rare_one() -> None:
    assert rarity_of(1, 25_000) == 1.0
    assert rarity_of(1, 25_000) > rarity_of(30, 25_000) > rarity_of(3000, 25_000) > 0.0
