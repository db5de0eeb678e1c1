"""FollowTheMoney lines in and out."""

import json
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import ForbiddenError, SchemaError
from headwater.formats.reading import read_all
from headwater.formats.registry import release, source
from headwater.model.fact import Fact
from headwater.model.grade import Grade
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey, StateCode
from headwater.model.record import Mention, Origin, PersonCategory, Record
from tests.given import given, read

COMPANY: dict[str, Any] = {"id": "c1", "schema": "Company", "properties": {"name": ["EXAMPLE TEST LTD"]}}
PERSON: dict[str, Any] = {"id": "p1", "schema": "Person", "properties": {"name": ["Ana Primerović"]}}


def lines(*entities: object) -> bytes:
    return b"".join(json.dumps(entity).encode() + b"\n" for entity in entities)


def one(entity: dict[str, Any]) -> Record:
    (record,) = read("ftm", lines(entity)).records
    return record


def test_a_line_is_one_record_of_whoever_reads_it_in() -> None:
    record = one(COMPANY)
    assert record.mentions == (Mention(EntityKey("c1"), "Company"),)
    assert [(fact.prop, fact.value) for fact in record.facts] == [("name", "EXAMPLE TEST LTD")]
    assert (record.origin.originator, record.origin.place) == ("UK-NCA", "line 1")
    assert record.handling == Handling()


def test_what_the_format_adds_around_an_entity_is_passed_over() -> None:
    assert one(COMPANY | {"caption": "x", "datasets": ["x"], "referents": [], "target": True}).mentions[0].key == "c1"


def test_a_persons_category_is_said_or_follows_from_the_topics() -> None:
    assert one(PERSON | {"headwater:category": "witness"}).mentions[0].category is PersonCategory.WITNESS
    for topic in ("sanction", "crime.traffick", "wanted"):
        listed = PERSON | {"properties": {"name": ["x"], "topics": [topic]}}
        assert one(listed).mentions[0].category is PersonCategory.SUSPECT


@pytest.mark.parametrize(
    ("entity", "field"),
    [
        (PERSON, "headwater:category"),
        (PERSON | {"properties": {"name": ["x"], "topics": ["role.pep"]}}, "headwater:category"),
        (PERSON | {"headwater:category": "villain"}, "headwater:category"),
        (PERSON | {"headwater:category": ["suspect"]}, "headwater:category"),
        (COMPANY | {"headwater:category": "suspect"}, "category"),
        (COMPANY | {"headwater:colour": "red"}, "headwater:"),
        (COMPANY | {"headwater:grade": "good"}, "grade"),
        (COMPANY | {"headwater:recorded_at": 5}, "headwater:recorded_at"),
        (COMPANY | {"headwater:handling": {"releasable": []}}, "headwater:handling"),
        (COMPANY | {"headwater:details": {"name": [{"value": "other", "lang": "sr"}]}}, "headwater:details"),
        (COMPANY | {"headwater:details": {"name": [{"lang": "sr"}]}}, "headwater:details"),
        (COMPANY | {"headwater:details": []}, "headwater:details"),
        (COMPANY | {"schema": "Persona"}, "schema"),
        (COMPANY | {"schema": None}, "schema"),
        (COMPANY | {"id": "a b"}, "id"),
        (COMPANY | {"id": 5}, "id"),
        (COMPANY | {"properties": []}, "properties"),
        (COMPANY | {"properties": {"colour": ["red"]}}, "colour"),
        (COMPANY | {"properties": {"name": "x"}}, "name"),
        (COMPANY | {"properties": {"name": [5]}}, "name"),
        (COMPANY | {"properties": {"name": [""]}}, "name"),
        (COMPANY | {"properties": {"incorporationDate": ["1975-13-45"]}}, "incorporationDate"),
        ([], None),
    ],
)
def test_a_bad_line_is_refused_with_line_and_field(entity: object, field: str | None) -> None:
    data = lines(COMPANY, entity)
    with pytest.raises(SchemaError) as caught:
        read("ftm", data)
    assert (caught.value.where.file, caught.value.where.line, caught.value.where.field) == ("list.csv", 2, field)
    assert len(read("ftm", data, keep_good=True).records) == 1


def test_a_line_that_is_no_json_is_left_out_by_itself() -> None:
    result = read("ftm", b"{\n" + lines(COMPANY), keep_good=True)
    assert (len(result.records), result.left_out[0].error.where.line) == (1, 1)


def record(category: PersonCategory, prop: str = "name") -> Record:
    key = EntityKey("p1")
    return Record(
        origin=Origin(AuthorityId("UK-NCA"), "test"),
        handling=Handling(codes=frozenset({"P"}), releasable_to=frozenset({StateCode("RS")})),
        grade=Grade("3x5x2", "1", "B"),
        mentions=(Mention(key, "Person", category),),
        facts=(Fact(key, prop, "Ана", "sr-Cyrl", "АНА"), Fact(key, prop, "Ana")),
    )


def test_what_is_written_can_be_read_again() -> None:
    given_out = record(PersonCategory.ASSOCIATE)
    data = release("ftm").write([given_out])
    (line,) = map(json.loads, data.splitlines())
    assert (line["id"], line["schema"], line["properties"]) == ("p1", "Person", {"name": ["Ана", "Ana"]})
    (back,) = read("ftm", data).records
    assert (back.mentions, back.facts, back.handling, back.grade) == (
        given_out.mentions,
        given_out.facts,
        given_out.handling,
        given_out.grade,
    )


@pytest.mark.parametrize("category", [PersonCategory.VICTIM, PersonCategory.SMUGGLED])
def test_a_protected_person_never_leaves_by_name(category: PersonCategory) -> None:
    with pytest.raises(ForbiddenError, match="cannot protect"):
        release("ftm").write([record(category)])
    assert release("ftm").write([record(category, "nationality")])


@pytest.mark.parametrize("form", ["un/un_consolidated.xml", "uk/uk_sanctions_list_sample.csv"])
def test_a_real_list_comes_back_as_it_was_written(shared: Path, form: str) -> None:
    path = shared / "data/screening/lists" / form
    records = read_all(source(form[:2]), given(path.read_bytes(), path.name)).records
    back = read("ftm", release("ftm").write(records)).records
    assert [mention for made in back for mention in made.mentions] == [m for made in records for m in made.mentions]
    assert {fact for made in back for fact in made.facts} == {fact for made in records for fact in made.facts}
    assert {made.handling for made in back} == {made.handling for made in records}
