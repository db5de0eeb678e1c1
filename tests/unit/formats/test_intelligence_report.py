"""Intelligence reports: the form, every refusal, and that no human source can be named."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

import pytest

from headwater.errors import FormatError, InputError, SchemaError
from headwater.model.ids import StateCode
from headwater.model.record import PersonCategory, Record
from tests.given import read

PERSON = {"key": "p1", "schema": "Person", "category": "suspect", "properties": {"name": ["Ana Primerović"]}}
REPORT: dict[str, Any] = {
    "schema": "headwater/intelligence-report/1",
    "reference": "OP-EXAMPLE/17",
    "originator": "UK-NCA",
    "recorded_at": "2026-11-25T09:30:00+01:00",
    "grade": "3x5x2:1/B",
    "handling": {"codes": ["P"]},
    "entities": [PERSON],
}


def reports(value: object) -> tuple[Record, ...]:
    return read("report", json.dumps(value).encode()).records


def entity(**changes: object) -> dict[str, Any]:
    return REPORT | {"entities": [PERSON | changes]}


def test_a_report_is_one_record() -> None:
    full = REPORT | {
        "purposes": ["oic"],
        "handling": {
            "codes": ["P", "H1"],
            "conditions": ["no-action"],
            "markings": ["OFFICIAL"],
            "releasable_to": ["RS"],
            "addressees": ["o.reed"],
            "never_onward": True,
            "retain_until": "2028-01-31",
        },
        "text": "Ana supplies boats.",
        "entities": [
            PERSON | {"properties": {"name": ["Ana", {"value": "Ана", "lang": "sr-Cyrl", "original": "АНА"}]}},
            {"key": "c1", "schema": "Company", "properties": {"name": ["EXAMPLE TEST LTD"]}},
        ],
        "links": [
            {"schema": "Ownership", "ends": {"owner": "p1", "asset": "c1"}, "properties": {"percentage": ["51"]}}
        ],
    }
    (record,) = reports(full)
    assert record.recorded_at == datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
    assert str(record.grade) == "3x5x2:1/B"
    assert record.handling.purposes == frozenset({"oic"})
    assert record.handling.codes == {"P", "H1"}
    assert record.handling.conditions == {"no-action"}
    assert record.handling.markings == {"OFFICIAL"}
    assert record.handling.releasable_to == frozenset({StateCode("RS")})
    assert record.handling.addressees == frozenset({"o.reed"})
    assert record.handling.never_onward
    assert record.handling.retain_until == date(2028, 1, 31)
    assert [(mention.key, mention.schema, mention.category) for mention in record.mentions] == [
        ("p1", "Person", PersonCategory.SUSPECT),
        ("c1", "Company", None),
        ("OP-EXAMPLE/17#link-1", "Ownership", None),
        ("OP-EXAMPLE/17#text", "Note", None),
    ]
    facts = [(fact.entity, fact.prop, fact.value, fact.lang, fact.original) for fact in record.facts]
    assert facts[1] == ("p1", "name", "Ана", "sr-Cyrl", "АНА")
    assert ("OP-EXAMPLE/17#link-1", "owner", "p1", None, None) in facts
    assert ("OP-EXAMPLE/17#text", "description", "Ana supplies boats.", None, None) in facts
    assert (record.origin.originator, record.origin.place) == ("UK-NCA", "report 1, OP-EXAMPLE/17")


def test_a_report_that_says_nothing_of_release_asks_the_originator() -> None:
    (record,) = reports(REPORT)
    assert record.handling.releasable_to == frozenset()
    assert record.handling.purposes is None


def test_a_file_may_hold_several_reports() -> None:
    first, second = reports([REPORT, REPORT | {"reference": "OP-EXAMPLE/18"}])
    assert first.id != second.id


@pytest.mark.parametrize(
    "key",
    [
        "source_identity",
        "sourceIdentity",
        "source-name",
        "Source Ref",
        "informant",
        "informant_phone",
        "CHIS",
        "chis_number",
        "handler",
        "human_source",
        "agent_name",
        "true_identity",
    ],
)
@pytest.mark.parametrize("where", ["report", "handling", "entity", "properties", "value"])
def test_a_human_source_is_never_named_anywhere(key: str, where: str) -> None:
    named: Mapping[str, Any] = {
        "report": REPORT | {key: "x"},
        "handling": REPORT | {"handling": {"codes": ["P"], key: "x"}},
        "entity": entity(**{key: "x"}),
        "properties": entity(properties={key: ["x"]}),
        "value": entity(properties={"name": [{"value": "x", key: "x"}]}),
    }
    with pytest.raises(SchemaError, match="a human source is never named"):
        reports(named[where])


@pytest.mark.parametrize("prop", ["sourceUrl", "name", "description"])
def test_a_data_source_may_be_named(prop: str) -> None:
    assert reports(REPORT | {"entities": [{"key": "c", "schema": "Company", "properties": {prop: ["x"]}}]})


@pytest.mark.parametrize(
    ("report", "field"),
    [
        (REPORT | {"schema": "headwater/intelligence-report/2"}, "schema"),
        (REPORT | {"reference": ""}, "reference"),
        (REPORT | {"reference": "а"}, "reference"),
        (REPORT | {"originator": "nca"}, None),
        (REPORT | {"recorded_at": "2026-11-25"}, "recorded_at"),
        (REPORT | {"recorded_at": "2026-11-31T00:00:00Z"}, "recorded_at"),
        (REPORT | {"grade": "3x5x2:4/B"}, "grade.source"),
        (REPORT | {"grade": "good"}, "grade"),
        (REPORT | {"handling": {"codes": []}}, "handling.codes"),
        (REPORT | {"handling": {"codes": ["Z"]}}, "handling.codes"),
        (REPORT | {"handling": {"codes": ["P"], "releasable_to": ["RS-MOI"]}}, "handling.releasable_to"),
        (REPORT | {"handling": {"codes": ["P"], "retain_until": "2028-02-30"}}, "handling.retain_until"),
        (REPORT | {"handling": {"codes": "P"}}, "handling.codes"),
        (REPORT | {"entities": []}, "entities"),
        (entity(key="a b"), "entities[0].key"),
        (entity(schema="Persona"), "entities[0].schema"),
        (entity(category="villain"), "entities[0].category"),
        (entity(category=None), "entities[0].category"),
        (entity(properties={"nme": ["x"]}), "entities[0].properties.nme"),
        (entity(properties={"name": [" "]}), "entities[0].properties.name"),
        (entity(properties={"birthDate": ["1975-13-45"]}), "entities[0].properties.birthDate"),
        (entity(properties={"name": "x"}), "entities[0].properties"),
        (REPORT | {"entities": [PERSON, PERSON]}, "mentions"),
        (REPORT | {"links": [{"schema": "Ownership", "ends": {"owner": "p9"}}]}, "links[0].ends"),
        (REPORT | {"links": [{"schema": "Ownership", "ends": {"percentage": "p1"}}]}, "links[0].ends"),
        (REPORT | {"links": [{"schema": "Ownership", "ends": {"nme": "p1"}}]}, "links[0].ends.nme"),
    ],
)
def test_a_bad_report_is_refused_with_its_field(report: object, field: str | None) -> None:
    with pytest.raises(SchemaError) as caught:
        reports(report)
    assert caught.value.where.field == field


@pytest.mark.parametrize("key", ["schema", "reference", "originator", "recorded_at", "grade", "handling", "entities"])
def test_every_required_field_is_asked_for_by_name(key: str) -> None:
    with pytest.raises(SchemaError) as caught:
        reports({name: value for name, value in REPORT.items() if name != key})
    assert key in str(caught.value)


def test_an_unknown_field_is_refused_and_named_only_where_it_looks_like_a_name() -> None:
    with pytest.raises(SchemaError, match="an unknown field colour"):
        reports(REPORT | {"colour": "red"})
    with pytest.raises(SchemaError, match="an unknown field") as caught:
        reports(REPORT | {"Ana Primerović, born 1975": "x"})
    assert "Ana" not in str(caught.value)


def test_a_bad_report_among_good_ones_is_left_out_by_itself() -> None:
    data = json.dumps([REPORT, REPORT, REPORT | {"reference": "OP-EXAMPLE/18"}]).encode()
    with pytest.raises(SchemaError, match="used twice") as caught:
        read("report", data)
    assert caught.value.where.field == "report 2: reference"
    result = read("report", data, keep_good=True)
    assert (len(result.records), len(result.left_out)) == (2, 1)


@pytest.mark.parametrize("data", [b"5", b"[5]", b"[]", b"null", b'"x"', b"", b"{", b'{"schema":1,"schema":2}', b"<a/>"])
def test_what_is_no_report_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        read("report", data, keep_good=True)


def test_a_list_of_something_else_is_told_from_reports() -> None:
    with pytest.raises(FormatError, match="neither an intelligence report"):
        read("report", b'["x"]')
