"""CSV of people, firms, vehicles and vessels: each row a record, each wrong row refused with its place."""

import pytest

from headwater.errors import FormatError, HeadwaterError, SchemaError
from headwater.formats.reading import read_all
from headwater.formats.things_csv import ThingsCsv
from headwater.model.ids import AuthorityId
from headwater.model.record import PersonCategory, Record
from headwater.ports import SourceInput


def read(text: str, category: PersonCategory | None = None, *, keep_good: bool = False) -> tuple[Record, ...]:
    given = SourceInput("things.csv", text.encode(), lambda _: None, AuthorityId("UK-NCA"))
    return read_all(ThingsCsv(category), given, keep_good=keep_good).records


def test_a_row_is_a_record_with_its_place_and_its_originator() -> None:
    (record,) = read("id,originator,category,name,birth_date\nrs-1,RS-MOI,suspect,Ђорђе,1975-03\n")
    assert record.origin.originator == "RS-MOI"
    assert record.origin.place == "row 2"
    assert [(fact.prop, fact.value) for fact in record.facts] == [("name", "Ђорђе"), ("birthDate", "1975-03")]


def test_several_values_stand_in_one_cell_and_a_formula_mark_is_taken_off() -> None:
    (record,) = read("id,schema,alias,phone\n1,Company,One | Two,'+381 60 1234567\n")
    assert [fact.value for fact in record.facts] == ["One", "Two", "+381 60 1234567"]


def test_a_vehicle_has_its_plate_and_its_frame_number() -> None:
    (record,) = read("id,schema,registration_number,vin\n1,Vehicle,ZZ00 EXR,TESTTESTTEST00001\n")
    assert [fact.prop for fact in record.facts] == ["registrationNumber", "registrationNumber"]


def test_a_person_without_a_category_is_refused_unless_the_reader_is_told_one() -> None:
    with pytest.raises(SchemaError, match="category"):
        read("id,name\n1,Somebody\n")
    (record,) = read("id,name\n1,Somebody\n", PersonCategory.WITNESS)
    assert record.mentions[0].category is PersonCategory.WITNESS


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("name\nx\n", "no column 'id'", 1),
        ("id,shoe_size\n1,44\n", "an unknown column", 1),
        ("id,name,name\n1,a,b\n", "a column is named twice", 1),
        ("id,name,category\n,a,suspect\n", "", 2),
        ("id,name,category\n1,a\n", "2 cells where 3", 2),
        ("id,category,birth_date\n1,suspect,1975-13-45\n", "no such date", 2),
        ("id,category,name\n1,friend,a\n", "no such category", 2),
        ("id,schema,name\n1,Goat,a\n", "unknown entity type", 2),
        ("id,schema,vin\n1,Person,TESTTESTTEST00001\n", "", 2),
        ("id,originator,schema\n1,nobody,Company\n", "not the name of an authority", 2),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_line(text: str, what: str, line: int) -> None:
    with pytest.raises(HeadwaterError) as caught:
        read(text)
    assert what in caught.value.what
    assert caught.value.where.line == line
    assert caught.value.where.file == "things.csv"


def test_good_rows_can_be_kept() -> None:
    assert len(read("id,schema,name\n1,Company,a\n2,Goat,b\n", keep_good=True)) == 1


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(FormatError):
        read("")
