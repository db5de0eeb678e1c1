"""The EU list: one record a designation, and what is no EU list."""

import pytest

from headwater.errors import FormatError, InputError, SchemaError
from headwater.exercise.list_files import list_files
from headwater.exercise.lists import make_list
from headwater.model.record import Record
from tests.given import read, values

HEAD = '<export xmlns="http://eu.europa.ec/fpi/fsd/export" generationDate="2026-02-13T10:00:00.000+01:00">'
ENTITY = '<sanctionEntity logicalId="77" euReferenceNumber="EU.0.1" designationDetails="said to sell boats">{}</sanctionEntity>'
PERSON = '<subjectType code="person" classificationCode="P"/>'
NAME = '<nameAlias wholeName="Ana Primer" firstName="Ana" lastName="Primer" gender="F" strong="true"/>'


def eu(inside: str, head: str = HEAD) -> bytes:
    return f"{head}\n{inside}\n</export>".encode()


def one(inside: str) -> Record:
    (record,) = read("eu", eu(ENTITY.format(inside))).records
    return record


def test_an_entry_is_one_record_with_its_designation_and_its_place() -> None:
    record = one(PERSON + NAME + '<regulation programme="TEST" numberTitle="1/2026" regulationType="regulation"/>')
    assert [(mention.key, mention.schema) for mention in record.mentions] == [
        ("eu:77", "Person"),
        ("eu:77#sanction", "Sanction"),
    ]
    assert (record.origin.version, record.origin.place, record.origin.originator) == ("2026-02-13", "line 2", "EU-COM")
    assert values(record, "name") == ["Ana Primer"]
    assert values(record, "gender") == ["female"]
    assert (values(record, "program"), values(record, "reason")) == (["TEST"], ["said to sell boats"])
    assert values(record, "provisions") == ["regulation 1/2026"]


def test_a_weak_alias_is_told_from_a_strong_one() -> None:
    record = one(
        PERSON + NAME + '<nameAlias wholeName="Anka" strong="false"/><nameAlias wholeName="Ана Пример" strong="true"/>'
    )
    assert (values(record, "weakAlias"), values(record, "alias")) == (["Anka"], ["Ана Пример"])


@pytest.mark.parametrize(
    ("born", "dates"),
    [
        ('birthdate="1975-04-02" year="1975"', ["1975-04-02"]),
        ('year="1975" monthOfYear="4"', ["1975-04"]),
        ('year="1975" circa="true"', ["1975"]),
        ('yearRangeFrom="1970" yearRangeTo="1975"', ["1970", "1975"]),
        ('calendarType="ISLAMIC" year="1395"', []),
    ],
)
def test_dates_of_birth_are_read_as_far_as_they_are_known(born: str, dates: list[str]) -> None:
    assert values(one(PERSON + NAME + f"<birthdate {born}/>"), "birthDate") == dates


def test_an_unknown_country_is_not_a_country() -> None:
    record = one(PERSON + NAME + '<citizenship countryIso2Code="00" countryDescription="UNKNOWN"/>')
    assert values(record, "nationality") == []


def test_a_paper_that_is_said_to_be_false_keeps_that_word() -> None:
    record = one(PERSON + NAME + '<identification identificationTypeCode="passport" number="ZZ 1" knownFalse="true"/>')
    [(number, original)] = [(fact.value, fact.original) for fact in record.facts if fact.prop == "passportNumber"]
    assert number == "ZZ 1"
    assert "knownFalse" in (original or "")


def test_a_made_list_is_read_back_whole() -> None:
    made = [each for each in make_list(80, 5) if each.kind != "Ship"]
    [data] = list_files("eu-xml", made).values()
    found = read("eu", data).records
    assert [values(record, "name")[0] for record in found] == [each.name for each in made]
    assert [values(record, "birthDate") for record in found] == [[each.born] if each.born else [] for each in made]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", FormatError),
        (b"<html><body>moved</body></html>", FormatError),
        (eu("", '<export xmlns="x">'), FormatError),
        (eu(""), FormatError),
        (eu(ENTITY.format(PERSON + NAME))[:-20], FormatError),
        (b'<!DOCTYPE export [<!ENTITY a "b">]>' + eu(ENTITY.format(PERSON + NAME)), FormatError),
        (eu(ENTITY.format(PERSON)), SchemaError),
        (eu(ENTITY.format(PERSON + NAME + '<birthdate birthdate="1975-13-45"/>')), SchemaError),
        (eu(ENTITY.format(PERSON + NAME).replace('"77"', '"7 7"')), InputError),
    ],
)
def test_what_is_no_eu_list_is_refused_with_its_place(data: bytes, error: type[InputError]) -> None:
    with pytest.raises(error, match=r"list\.csv"):
        read("eu", data)
