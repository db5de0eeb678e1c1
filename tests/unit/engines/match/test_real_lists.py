"""Screening against the real UN list, read by the product's own reader. Nothing of the list stands in here."""

from functools import cache
from pathlib import Path

import pytest

from headwater.engines.match import ScreenResult, screen
from headwater.model.record import Record
from headwater.testing.memory_view import MemoryView
from tests.given import read, values

pytestmark = pytest.mark.slow

LIST = "data/screening/lists/un/un_consolidated.xml"


@cache
def un_list(path: Path) -> tuple[Record, ...]:
    return tuple(read("un-xml", path.read_bytes()).records)


def asked(records: tuple[Record, ...], names: dict[str, str]) -> ScreenResult:
    rows = [{"id": key, "name": name} for key, name in names.items()]
    return screen(MemoryView(records), {"queries": rows, "lists": ["un-xml"], "snapshots": {"un-xml": "x"}})


def people(records: tuple[Record, ...]) -> dict[str, str]:
    """Every twentieth person with at least two names of its own, by key."""
    named = [(one.mentions[0].key, values(one, "name")) for one in records if one.mentions[0].schema == "Person"]
    return {key: names[0] for key, names in named[::20] if names and len(names[0].split()) > 1}


def test_every_person_is_found_by_the_listed_name(shared: Path) -> None:
    records = un_list(shared / LIST)
    names = people(records)
    found = asked(records, names)
    assert len(names) > 20
    hits = {(hit.query, hit.entry) for hit in found.hits}
    assert [key for key in names if (key, key) not in hits] == []


def test_every_hit_has_reasons_a_sentence_the_hash_and_the_place(shared: Path) -> None:
    records = un_list(shared / LIST)
    for hit in asked(records, people(records)).hits:
        assert hit.finding.reasons
        assert hit.row in hit.finding.text
        assert len(hit.sha256) == 64
        assert hit.version


def test_a_person_with_a_slip_in_the_name_is_still_found(shared: Path) -> None:
    records = un_list(shared / LIST)
    names = people(records)
    slipped = {key: name[:-3] + name[-2] + name[-3] + name[-1] for key, name in names.items()}
    hits = {(hit.query, hit.entry) for hit in asked(records, slipped).hits}
    missed = [key for key in names if (key, key) not in hits]
    assert len(missed) <= len(names) // 10
