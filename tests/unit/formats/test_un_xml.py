"""The UN list: one record an entry, and what is no UN list."""

from pathlib import Path

import pytest

from headwater.errors import FormatError, InputError, LimitError, SchemaError
from headwater.formats.un_xml import split_names
from headwater.model.record import Record
from tests.given import read, values

PERSON = "<INDIVIDUAL><DATAID>1</DATAID><FIRST_NAME>ANA</FIRST_NAME><SECOND_NAME>PRIMER</SECOND_NAME>{}</INDIVIDUAL>"
BODY = "<ENTITY><DATAID>2</DATAID><FIRST_NAME>PRIMER FRONT</FIRST_NAME>{}</ENTITY>"
ALIAS = "<{0}_ALIAS><QUALITY>{1}</QUALITY><ALIAS_NAME>{2}</ALIAS_NAME><NOTE>{3}</NOTE></{0}_ALIAS>"


def un(inside: str, date: str = "2026-02-27T00:00:09.554Z") -> bytes:
    return f'<CONSOLIDATED_LIST dateGenerated="{date}">\n{inside}\n</CONSOLIDATED_LIST>'.encode()


def one(inside: str) -> Record:
    (record,) = read("un", un(inside)).records
    return record


def said(record: Record, *props: str) -> list[tuple[str, str, str | None]]:
    return [(fact.prop, fact.value, fact.original) for fact in record.facts if fact.prop in props]


def test_an_entry_is_one_record_with_its_designation() -> None:
    record = one(PERSON.format("<UN_LIST_TYPE>TEST</UN_LIST_TYPE><LISTED_ON>2015-03-27-04:00</LISTED_ON>"))
    assert [(mention.key, mention.schema) for mention in record.mentions] == [
        ("un:1", "Person"),
        ("un:1#sanction", "Sanction"),
    ]
    assert (record.origin.version, record.origin.place, record.origin.originator) == ("2026-02-27", "line 2", "UN-SC")
    assert values(record, "name") == ["ANA PRIMER"]
    assert values(record, "program") == ["TEST"]
    assert values(record, "listingDate") == ["2015-03-27"]
    assert values(record, "entity") == ["un:1"]


def test_names_are_told_apart_by_quality_and_note() -> None:
    names = [("Good", "A", ""), ("Low", "B", ""), ("Good", "C", "previously listed as"), ("", "", "")]
    record = one(PERSON.format("".join(ALIAS.format("INDIVIDUAL", *name) for name in names)))
    assert said(record, "alias", "weakAlias", "previousName") == [
        ("alias", "A", None),
        ("weakAlias", "B", None),
        ("previousName", "C", None),
    ]
    record = one(BODY.format(ALIAS.format("ENTITY", "a.k.a.", "A", "") + ALIAS.format("ENTITY", "f.k.a.", "B", "")))
    assert said(record, "alias", "previousName") == [("alias", "A", None), ("previousName", "B", None)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("a", ["a"]),
        ("a; b", ["a", "b"]),
        ("a (x); b (y)", ["a (x)", "b (y)"]),
        ("a (b; c)", ["a", "b", "c"]),
        ("a (x) (b (original script); c)", ["a (x)", "b (original script)", "c"]),
        (");(", [")", "("]),
    ],
)
def test_names_in_one_element_are_taken_apart(text: str, names: list[str]) -> None:
    assert [name.strip() for name in split_names(text)] == names


def test_too_many_names_in_one_element_are_refused_for_that_entry() -> None:
    many = ALIAS.format("INDIVIDUAL", "Good", "; ".join(str(number) for number in range(101)), "")
    with pytest.raises(LimitError, match="over 100 names"):
        read("un", un(PERSON.format(many)))


@pytest.mark.parametrize(
    ("inside", "facts"),
    [
        ("<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><DATE>1975-03-02</DATE>", [("birthDate", "1975-03-02", None)]),
        ("<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><YEAR>1975</YEAR>", [("birthDate", "1975", None)]),
        (
            "<TYPE_OF_DATE>APPROXIMATELY</TYPE_OF_DATE><YEAR>1975</YEAR>",
            [("birthDate", "1975", "APPROXIMATELY 1975")],
        ),
        (
            "<TYPE_OF_DATE>BETWEEN</TYPE_OF_DATE><FROM_YEAR>1970</FROM_YEAR><TO_YEAR>1975</TO_YEAR>",
            [("birthDate", "1970", "BETWEEN 1970 1975"), ("birthDate", "1975", "BETWEEN 1970 1975")],
        ),
        ("<TYPE_OF_DATE>EXACT</TYPE_OF_DATE><NOTE>Nov. 1973 </NOTE>", [("birthDate", "1973-11", "Nov. 1973")]),
        ("<NOTE>30-35 years old</NOTE>", [("notes", "Date of birth: 30-35 years old", "30-35 years old")]),
        ("<TYPE_OF_DATE/>", []),
    ],
)
def test_a_date_of_birth_keeps_how_sure_it_is(inside: str, facts: list[tuple[str, str, str | None]]) -> None:
    record = one(PERSON.format(f"<INDIVIDUAL_DATE_OF_BIRTH>{inside}</INDIVIDUAL_DATE_OF_BIRTH>"))
    assert said(record, "birthDate", "notes") == facts


def test_a_document_is_a_passport_or_another_number() -> None:
    kinds = [("Passport", "P1"), ("Número de pasaporte", "P2"), ("National Identification Number", "N1")]
    inside = "".join(
        f"<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>{kind}</TYPE_OF_DOCUMENT><NUMBER>{number}</NUMBER></INDIVIDUAL_DOCUMENT>"
        for kind, number in kinds
    )
    record = one(PERSON.format(inside + "<INDIVIDUAL_DOCUMENT/>"))
    assert values(record, "passportNumber") == ["P1", "P2"]
    assert values(record, "idNumber") == ["N1"]


@pytest.mark.parametrize(
    ("inside", "gender"),
    [("<GENDER>Male</GENDER>", ["male"]), ("<COMMENTS1>Born. Gender: Female.</COMMENTS1>", ["female"]), ("", [])],
)
def test_gender_is_read_from_its_element_or_the_comments(inside: str, gender: list[str]) -> None:
    assert values(one(PERSON.format(inside)), "gender") == gender


def test_a_name_in_another_script_bears_that_script() -> None:
    record = one(PERSON.format("<NAME_ORIGINAL_SCRIPT>أمينة</NAME_ORIGINAL_SCRIPT>"))
    assert [(fact.value, fact.lang) for fact in record.facts if fact.prop == "alias"] == [("أمينة", "und-Arab")]


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (PERSON.replace("<DATAID>1</DATAID>", ""), "DATAID"),
        (PERSON.replace("ANA", "").replace("PRIMER", ""), "FIRST_NAME"),
        (PERSON.format("<LISTED_ON>2026-13-45</LISTED_ON>"), "LISTED_ON"),
        (
            PERSON.format("<INDIVIDUAL_DATE_OF_BIRTH><YEAR>19x5</YEAR></INDIVIDUAL_DATE_OF_BIRTH>"),
            "INDIVIDUAL_DATE_OF_BIRTH",
        ),
    ],
)
def test_a_bad_entry_is_left_out_with_line_and_field(bad: str, field: str) -> None:
    data = un(BODY.format("") + "\n" + bad.format(""))
    with pytest.raises(SchemaError) as caught:
        read("un", data)
    assert (caught.value.where.line, caught.value.where.field) == (3, field)
    result = read("un", data, keep_good=True)
    assert (len(result.records), len(result.left_out)) == (1, 1)


@pytest.mark.parametrize(
    "data",
    [
        un(BODY.format(""))[:-10],
        un(BODY.format(""), date="soon"),
        un(""),
        b'<!DOCTYPE x [<!ENTITY e "E">]>' + un(BODY.format("&e;")),
        b"<Designations/>",
        b"a,b\n",
    ],
    ids=["cut short", "bad date", "no entry", "document type", "another list", "csv"],
)
def test_what_is_no_un_list_is_refused_whole(data: bytes) -> None:
    with pytest.raises(InputError):
        read("un", data, keep_good=True)


def test_another_list_is_told_from_this_one() -> None:
    with pytest.raises(FormatError, match="outermost element is not CONSOLIDATED_LIST"):
        read("un", b"<Designations/>")


def test_every_individual_and_entity_of_the_real_list_is_read(shared: Path) -> None:
    data = (shared / "data/screening/lists/un/un_consolidated.xml").read_bytes()
    records = read("un", data).records
    schemata = [record.mentions[0].schema for record in records]
    assert schemata.count("Person") == data.count(b"<INDIVIDUAL>") == 730
    assert schemata.count("Organization") == data.count(b"<ENTITY>") == 273
    assert len({record.mentions[0].key for record in records}) == 1003
    assert all(values(record, "name") and values(record, "listingDate") for record in records)
    assert all(record.origin.version == "2026-02-27" for record in records)
