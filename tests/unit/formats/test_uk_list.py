"""The UK list as CSV and XML: rows of one designation, its quirks, and what is no UK list."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.errors import FormatError, InputError, LimitError, SchemaError
from headwater.exercise.list_files import list_files
from headwater.exercise.lists import make_list
from headwater.formats.reading import read_all
from headwater.formats.registry import source
from headwater.formats.uk_list import COLUMNS
from headwater.model.record import PersonCategory
from tests.given import given, read, values

ROW = {"Unique ID": "TEST1", "Name 6": "PRIMEROVIĆ", "Name 1": "Ana", "Name type": "Primary name"}
ROW |= {"Designation Type": "Individual", "Regime Name": "Test regime", "Sanctions Imposed": "Asset freeze|Travel Ban"}


def uk_csv(*rows: dict[str, str], columns: tuple[str, ...] = COLUMNS, first: str = "Report Date: 13-Feb-2026") -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow([first])
    writer.writerow(columns)
    writer.writerows([row.get(column, "") for column in columns] for row in rows)
    return out.getvalue().encode()


def test_rows_of_one_identifier_are_one_designation() -> None:
    other = ROW | {"Unique ID": "TEST2", "Name 6": "OTHER"}
    alias = ROW | {"Name 6": "Primerovic", "Name 1": "", "Name type": "Alias", "Alias strength": "Low quality a.k.a"}
    first, second = read("uk-csv", uk_csv(ROW, other, alias)).records
    assert [mention.key for mention in first.mentions] == ["uk:TEST1", "uk:TEST1#sanction"]
    assert first.mentions[0].category is PersonCategory.SUSPECT
    assert values(first, "name") == ["Ana PRIMEROVIĆ"]
    assert values(first, "weakAlias") == ["Primerovic"]
    assert values(first, "provisions") == ["Asset freeze", "Travel Ban"]
    assert (first.origin.place, first.origin.version, first.origin.originator) == ("row 3", "2026-02-13", "UK-FCDO")
    assert second.origin.place == "row 4"
    assert first.handling.codes == {"TLP:CLEAR"}
    assert first.handling.releasable_to is None


@pytest.mark.parametrize(
    ("written", "read_as"),
    [
        ("dd/mm/1975", "1975"),
        ("00/00/1975", "1975"),
        ("DD/MM/1975", "1975"),
        ("00/03/1975", "1975-03"),
        ("dd/3/1975", "1975-03"),
        ("2/3/1975", "1975-03-02"),
        ("02/03/1975", "1975-03-02"),
        ("1975", "1975"),
    ],
)
def test_a_date_of_birth_may_be_partial(written: str, read_as: str) -> None:
    (record,) = read("uk-csv", uk_csv(ROW | {"D.O.B": written})).records
    (fact,) = (fact for fact in record.facts if fact.prop == "birthDate")
    assert fact.value == read_as
    assert (fact.original or fact.value) == written


@pytest.mark.parametrize("written", ["31/02/1975", "45/13/1975", "1975-13-45", "dd/13/1975", "soon", "01/01/0000"])
def test_an_impossible_date_is_refused_with_row_and_field(written: str) -> None:
    with pytest.raises(SchemaError) as caught:
        read("uk-csv", uk_csv(ROW, ROW | {"Unique ID": "TEST2", "D.O.B": written}))
    assert (caught.value.where.file, caught.value.where.line, caught.value.where.field) == ("list.csv", 4, "D.O.B")
    assert written not in str(caught.value)


def test_too_many_values_in_one_cell_are_refused_for_that_row() -> None:
    with pytest.raises(LimitError, match="over 100 values") as caught:
        read("uk-csv", uk_csv(ROW | {"Position": "|".join(map(str, range(101)))}))
    assert caught.value.where.line == 3


def test_reasons_lose_their_markup_and_keep_what_stood_there() -> None:
    escaped = "Said to &lt;p&gt;supply boats &amp;amp; engines&lt;/p&gt;"
    (record,) = read("uk-csv", uk_csv(ROW | {"UK Statement of Reasons": escaped})).records
    (fact,) = (fact for fact in record.facts if fact.prop == "reason")
    assert (fact.value, fact.original) == ("Said to supply boats & engines", escaped)


def test_a_name_in_its_own_script_bears_its_language() -> None:
    native = {"Name non-latin script": "Ана Примеровић", "Non-latin script language": "Serbian"}
    (record,) = read("uk-csv", uk_csv(ROW | native)).records
    assert [(fact.value, fact.lang) for fact in record.facts if fact.prop == "alias"] == [("Ана Примеровић", "sr-Cyrl")]


def test_a_company_is_one_where_the_list_says_so_in_any_row() -> None:
    body = ROW | {"Designation Type": "Entity", "Name 1": ""}
    (record,) = read("uk-csv", uk_csv(body, body | {"Type of entity": "Private company"})).records
    assert record.mentions[0].schema == "Company"
    assert read("uk-csv", uk_csv(body)).records[0].mentions[0].schema == "Organization"


def test_an_unknown_column_is_kept_and_warned_of_once() -> None:
    columns = (*COLUMNS, "Favourite colour")
    result = read("uk-csv", uk_csv(ROW | {"Favourite colour": "none"}, ROW, columns=columns))
    assert "Favourite colour: none" in values(result.records[0], "notes")
    assert len(result.warnings) == 1
    assert "1 column(s)" in str(result.warnings[0])


def test_an_unknown_kind_is_read_as_anybody_and_warned_of_once() -> None:
    odd = ROW | {"Designation Type": "Aeroplane"}
    result = read("uk-csv", uk_csv(odd, odd | {"Unique ID": "TEST2"}))
    assert [record.mentions[0].schema for record in result.records] == ["LegalEntity"] * 2
    assert len(result.warnings) == 1


@pytest.mark.parametrize("column", COLUMNS)
def test_a_missing_column_is_named(column: str) -> None:
    columns = tuple(name for name in COLUMNS if name != column)
    with pytest.raises(FormatError) as caught:
        read("uk-csv", uk_csv(ROW, columns=columns))
    assert caught.value.what == f"not a UK list CSV: line 2 lacks column '{column}'"


@pytest.mark.parametrize(
    "data",
    [
        b"<!DOCTYPE html>\n<html lang=\"en\"><body class='x'>\n</body></html>",
        b'<html>\n<p class="x"y>"z"\n</html>',
        b'{"id": "x"}',
        b'36,"NAME",-0- ,"CUBA"\r\n37,"NAME",-0- ,"CUBA"\r\n',
        b"Report Date: 13-Feb-2026\r\n",
        b"\x89PNG",
    ],
)
def test_another_format_is_told_from_a_uk_list(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read("uk-csv", data)
    assert "not a UK list CSV: line 2 lacks column 'Unique ID'" in str(caught.value) or "not UTF-8" in str(caught.value)


@pytest.mark.parametrize("first", ["13-Feb-2026", "Report Date: soon", "Report Date: 31-Feb-2026", ""])
def test_a_list_without_its_date_is_refused(first: str) -> None:
    with pytest.raises(FormatError, match=r"line 1 is not|line 2 lacks"):
        read("uk-csv", uk_csv(ROW, first=first))


def test_a_list_without_entries_is_refused() -> None:
    with pytest.raises(FormatError, match="no entry"):
        read("uk-csv", uk_csv())


@pytest.mark.parametrize(
    ("change", "field"),
    [({"Unique ID": ""}, "Unique ID"), ({"Unique ID": "Тест"}, "Unique ID"), ({"Name 6": "", "Name 1": " "}, "Name 6")],
)
def test_a_bad_row_refuses_the_file_unless_good_rows_are_kept(change: dict[str, str], field: str) -> None:
    data = uk_csv(ROW, ROW | change, ROW | {"Unique ID": "TEST2"} | change, ROW | {"Unique ID": "TEST3"})
    with pytest.raises(SchemaError, match="the first of 2 rows") as caught:
        read("uk-csv", data)
    assert (caught.value.where.line, caught.value.where.field) == (4, field)
    result = read("uk-csv", data, keep_good=True)
    assert [record.mentions[0].key for record in result.records] == ["uk:TEST1", "uk:TEST3"]
    assert [bad.error.where.line for bad in result.left_out] == [4, 5]


def test_a_file_with_no_good_row_is_refused_even_if_good_rows_are_kept() -> None:
    with pytest.raises(SchemaError):
        read("uk-csv", uk_csv(ROW | {"Unique ID": ""}), keep_good=True)


def test_rows_of_one_identifier_that_disagree_in_kind_are_refused() -> None:
    with pytest.raises(SchemaError, match="another kind"):
        read("uk-csv", uk_csv(ROW, ROW | {"Designation Type": "Ship"}))


def test_a_row_of_another_length_is_refused_with_its_line() -> None:
    with pytest.raises(SchemaError, match="1 cells under 58 columns") as caught:
        read("uk-csv", uk_csv(ROW) + b"only one\r\n")
    assert caught.value.where.line == 4


@pytest.mark.parametrize(
    ("spoil", "error", "line"),
    [
        (lambda data: data.replace(b"Ana", b"An\xff"), FormatError, 3),
        (lambda data: data.replace(b"Ana", b"An\0"), FormatError, 3),
        (lambda data: data.replace(b"Ana", b'"Ana'), FormatError, 3),
        (lambda data: data.replace(b"Ana", b"A" * 70_000), LimitError, 3),
    ],
    ids=["not UTF-8", "NUL", "open quote", "long field"],
)
def test_a_broken_file_is_refused_with_its_line(
    spoil: Callable[[bytes], bytes], error: type[InputError], line: int
) -> None:
    with pytest.raises(error) as caught:
        read("uk-csv", spoil(uk_csv(ROW)), keep_good=True)
    assert caught.value.where.line == line


def test_the_two_forms_of_one_list_say_the_same() -> None:
    made = make_list(60, 3)
    (csv_file,) = list_files("uk-csv", made).values()
    (xml_file,) = list_files("uk-xml", made).values()
    for left, right in zip(read("uk", csv_file).records, read("uk", xml_file).records, strict=True):
        assert left.mentions == right.mentions
        assert set(left.facts) == set(right.facts)
        assert (left.origin.source, right.origin.source) == ("uk-csv", "uk-xml")


def xml(inside: str, date: str = "<DateGenerated>13/02/2026</DateGenerated>") -> bytes:
    return f"<Designations>{date}{inside}</Designations>".encode()


PERSON = (
    "<Designation><UniqueID>T1</UniqueID><IndividualEntityShip>Individual</IndividualEntityShip>"
    "<Names><Name><Name6>X</Name6><NameType>Primary name</NameType></Name></Names>{}</Designation>"
)


def test_a_byte_order_mark_does_not_hide_which_form_it_is() -> None:
    for data in (xml(PERSON.format("")), uk_csv(ROW)):
        assert len(read("uk", b"\xef\xbb\xbf" + data).records) == 1


def test_two_addresses_in_the_xml_do_not_run_together() -> None:
    both = (
        "<Addresses><Address><AddressLine1>1 Street</AddressLine1></Address>"
        "<Address><AddressPostalCode>00000</AddressPostalCode></Address></Addresses>"
    )
    (record,) = read("uk-xml", xml(PERSON.format(both))).records
    assert values(record, "address") == ["1 Street", "00000"]


@pytest.mark.parametrize(
    "inside",
    [
        "<DOB>01/01/1975</DOB>" * 301,
        "<Name><Name6>Y</Name6></Name>" * 301,
        "".join(f"<New{number}>x</New{number}>" for number in range(201)),
        "".join(f"<New{number}>x</New{number}>" for number in range(4_000)) + "<DOB>01/01/1975</DOB>" * 4_000,
    ],
    ids=["values", "names", "kinds", "both"],
)
def test_a_designation_that_would_grow_is_refused_by_itself(inside: str) -> None:
    data = xml(PERSON.format("") + PERSON.replace("T1", "T2").format(inside))
    with pytest.raises(LimitError, match="a designation with over"):
        read("uk-xml", data)
    assert len(read("uk-xml", data, keep_good=True).records) == 1


def test_an_unknown_element_of_the_xml_is_kept_and_warned_of() -> None:
    result = read("uk-xml", xml(PERSON.format("<Extras><Colour>none</Colour></Extras>")))
    assert "Colour: none" in values(result.records[0], "notes")
    assert len(result.warnings) == 1


def test_a_bad_designation_of_the_xml_is_left_out_by_itself() -> None:
    data = xml("\n" + PERSON.format("") + "\n" + PERSON.format("<DOB>99/99/1975</DOB>"))
    with pytest.raises(SchemaError) as caught:
        read("uk-xml", data)
    assert (caught.value.where.line, caught.value.where.field) == (3, "D.O.B")
    assert len(read("uk-xml", data, keep_good=True).records) == 1


@pytest.mark.parametrize(
    "data",
    [
        xml(PERSON.format(""), date=""),
        xml(PERSON.format(""), date="<DateGenerated>soon</DateGenerated>"),
        xml(PERSON.format(""))[:-20],
        b"<CONSOLIDATED_LIST/>",
        b'<!DOCTYPE a [<!ENTITY b "c">]>' + xml(PERSON.format("&b;")),
        xml(""),
    ],
    ids=["no date", "bad date", "cut short", "another list", "document type", "no entry"],
)
def test_what_is_no_uk_xml_is_refused_whole(data: bytes) -> None:
    with pytest.raises(InputError):
        read("uk-xml", data, keep_good=True)


def test_the_sample_lists_are_read(shared: Path) -> None:
    folder = shared / "data/screening/lists/uk"
    for name in ("uk_sanctions_list_sample.csv", "uk_sanctions_list_sample.xml"):
        person, company = read_all(source("uk"), given((folder / name).read_bytes(), name)).records
        assert (person.mentions[0].schema, company.mentions[0].schema) in {
            ("Person", "Company"),
            ("Person", "Organization"),
        }
        assert values(person, "birthDate") == ["1975"]
        assert "supplied boats & engines" in values(person, "reason")[0]
        assert values(person, "provisions") == ["Asset freeze", "Travel Ban", "Director Disqualification Sanction"]
        assert [fact.lang for fact in person.facts if fact.prop == "alias"] == ["sr-Cyrl"]
        assert values(company, "name") == ["EXAMPLE INFLATABLES TEST LTD, TRADING"]
