"""OFAC's advanced XML: numbers followed into the tables of the file, and what is no such file."""

import pytest

from headwater.errors import FormatError, InputError
from headwater.exercise.list_files import list_files
from headwater.exercise.lists import make_list
from tests.given import read, values

MADE = make_list(60, 9)
[DATA] = list_files("ofac-xml", MADE).values()
RELATION = (
    b'<ProfileRelationships><ProfileRelationship From-ProfileID="900001" To-ProfileID="900002" RelationTypeID="1" Former="false"/>'
    b"</ProfileRelationships></Sanctions>"
)
TYPE = b'<RelationTypeValues><RelationType ID="1">Owned or Controlled By</RelationType></RelationTypeValues></ReferenceValueSets>'


def test_a_made_list_is_read_back_whole() -> None:
    found = read("ofac-xml", DATA).records
    assert [values(record, "name")[0] for record in found] == [each.name for each in MADE]
    assert [values(record, "birthDate") for record in found] == [[each.born] if each.born else [] for each in MADE]
    kinds = {"Individual": "Person", "Entity": "Organization", "Ship": "Vessel"}
    assert [record.mentions[0].schema for record in found] == [kinds[each.kind] for each in MADE]
    ships = [(values(record, "imoNumber"), each.imo) for record, each in zip(found, MADE, strict=True) if each.imo]
    assert ships
    assert all(numbers == [imo] for numbers, imo in ships)


def test_every_record_says_its_program_its_day_and_where_it_stands() -> None:
    first = read("ofac-xml", DATA).records[0]
    assert (values(first, "program"), values(first, "listingDate")) == (["TEST"], [MADE[0].listed.isoformat()])
    assert (first.origin.version, first.origin.originator) == ("2026-02-13", "US-OFAC")
    assert (first.origin.place or "").startswith("line ")


def test_who_owns_or_controls_an_entry_can_be_followed() -> None:
    data = DATA.replace(b"</ReferenceValueSets>", TYPE).replace(b"</Sanctions>", RELATION)
    first = read("ofac-xml", data).records[0]
    assert (values(first, "controller"), values(first, "controlled")) == (["ofac:900002"], ["ofac:900001"])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html></html>",
        DATA[: len(DATA) // 2],
        DATA.replace(b"DateOfIssue", b"DayOfIssue"),
        b"<!DOCTYPE Sanctions>" + DATA,
        DATA.replace(b'FixedRef="900001"', b'FixedRef=""'),
    ],
)
def test_what_is_no_advanced_xml_is_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"list\.csv"):
        read("ofac-xml", data)


def test_the_simple_xml_is_told_from_the_advanced_one() -> None:
    with pytest.raises(FormatError, match="outermost element"):
        read("ofac-xml", b"<sdnList><sdnEntry/></sdnList>")
