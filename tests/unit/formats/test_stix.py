"""STIX 2.1 bundles: kept as received, marked as received or stricter, refused with object and property."""

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from headwater.errors import ForbiddenError, FormatError, HeadwaterError, LimitError, SchemaError
from headwater.exercise.threats import CERT, bundle, cert, indicator, objects, warning
from headwater.formats.reading import ReadResult, read_all
from headwater.formats.registry import release, source
from headwater.formats.stix import assemble, check_all, content_of
from headwater.formats.stix_marking import TLP1, TLP2, code_of, is_held
from headwater.formats.stix_rules import Checked, check_object, sortable
from headwater.formats.stix_write import write_bundle
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId
from headwater.model.record import Record
from headwater.ports import SourceInput

Object = dict[str, Any]


def read(found: Iterable[Object] | bytes, *, keep_good: bool = False) -> ReadResult:
    data = found if isinstance(found, bytes) else json.dumps(bundle(list(found))).encode()
    given = SourceInput("b.json", data, lambda _: None, AuthorityId("UK-NCA"))
    return read_all(source("stix"), given, keep_good=keep_good)


def one(**changes: Any) -> Object:
    """An indicator that is right but for what the test changes; None takes a property away."""
    made = {**indicator(Random(4), "x", "[domain-name:value = 'x.example']"), **changes}
    return {name: value for name, value in made.items() if value is not None}


def refusal(found: Object) -> HeadwaterError:
    with pytest.raises(HeadwaterError) as caught:
        check_object(found, "objects[0]")
    return caught.value


def whole(records: Iterable[Record]) -> dict[tuple[str, str | None], Object]:
    parts: dict[tuple[str, str | None], list[str]] = {}
    for record in records:
        for key, text in content_of(record):
            parts.setdefault((key, record.origin.version), []).append(text)
    return {name: made for name, texts in parts.items() if (made := assemble(texts)) is not None}


def test_a_bundle_read_and_written_has_every_object_with_every_property() -> None:
    given = warning()
    out = json.loads(release("stix").write(read(json.dumps(given).encode()).records))
    assert sorted(out["objects"], key=lambda o: o["id"]) == sorted(given["objects"], key=lambda o: o["id"])


@pytest.mark.shared
def test_the_real_bundle_is_the_same_property_by_property(shared: Path) -> None:
    data = (shared / "data/cyber/bundle.json").read_bytes()
    given = json.loads(data)["objects"]
    found = read(data)
    assert len(whole(found.records)) == len(given) == 87
    out = json.loads(release("stix").write(found.records))["objects"]
    assert [o for o in given if o not in out] == []
    assert [o for o in out if o not in given] == []


@pytest.mark.shared
def test_every_bad_bundle_gets_the_code_that_it_deserves(shared: Path) -> None:
    for case in json.loads((shared / "data/cyber/bad.json").read_text(encoding="utf-8")):
        with pytest.raises(HeadwaterError) as caught:
            read(case["text"].encode("utf-8", "surrogatepass"), keep_good=True)
        assert caught.value.code == case["expect"], case["name"]


def test_the_record_keeps_source_file_hash_version_and_identifier() -> None:
    [record] = read([{**cert(), "modified": "2026-01-01T00:00:00.5Z"}]).records
    origin = record.origin
    assert (origin.source, origin.file, origin.version, origin.place) == (
        "stix",
        "b.json",
        "2026-01-01T00:00:00.5Z",
        CERT,
    )
    assert origin.sha256 is not None
    assert record.mentions[0].schema == "Organization"


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"id": None}, "objects[0].id"),
        ({"id": "malware--5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10"}, "objects[0].id"),
        ({"id": "indicator--1"}, "objects[0].id"),
        ({"type": 7}, "objects[0].type"),
        ({"spec_version": None}, "objects[0].spec_version"),
        ({"spec_version": "2.0"}, "objects[0].spec_version"),
        ({"created": "2026-02-02T08:00:00"}, "objects[0].created"),
        ({"created": "2026-02-30T08:00:00Z"}, "objects[0].created"),
        ({"modified": "2020-01-01T00:00:00Z"}, "objects[0].modified"),
        ({"modified": None}, "objects[0].modified"),
        ({"valid_until": "2025-01-01T00:00:00Z"}, "objects[0].valid_until"),
        ({"valid_from": None}, "objects[0].valid_from"),
        ({"confidence": 101}, "objects[0].confidence"),
        ({"confidence": True}, "objects[0].confidence"),
        ({"revoked": "yes"}, "objects[0].revoked"),
        ({"pattern": "[domain-name:value = "}, "objects[0].pattern"),
        ({"pattern": "  "}, "objects[0].pattern"),
        ({"pattern": 7}, "objects[0].pattern"),
        ({"name": 7}, "objects[0].name"),
        ({"labels": []}, "objects[0].labels"),
        ({"description": {}}, "objects[0].description"),
        ({"labels": "x"}, "objects[0].labels"),
        ({"created_by_ref": "malware--5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10"}, "objects[0].created_by_ref"),
        ({"created_by_ref": "nobody"}, "objects[0].created_by_ref"),
        ({"object_marking_refs": [CERT]}, "objects[0].object_marking_refs"),
        ({"object_marking_refs": TLP2["RED"]}, "objects[0].object_marking_refs"),
        (
            {"granular_markings": [{"selectors": ["nothing"], "marking_ref": TLP2["RED"]}]},
            "objects[0].granular_markings",
        ),
        (
            {"labels": ["a"], "granular_markings": [{"selectors": ["labels.[1]"], "marking_ref": TLP2["RED"]}]},
            "objects[0].granular_markings",
        ),
        ({"granular_markings": [{"selectors": ["name"]}]}, "objects[0].granular_markings"),
        ({"granular_markings": [{"selectors": [], "marking_ref": TLP2["RED"]}]}, "objects[0].granular_markings"),
        ({"granular_markings": [{"selectors": ["name"], "marking_ref": CERT}]}, "objects[0].granular_markings"),
        ({"external_references": [{"url": "https://x.example"}]}, "objects[0].external_references"),
        ({"extensions": {"anything": {}}}, "objects[0].extensions"),
        ({"extensions": {"x-ext": 7}}, "objects[0].extensions"),
        ({"Bad Name": 1}, "objects[0].property"),
    ],
    ids=str,
)
def test_an_error_names_the_object_and_the_property(change: Object, place: str) -> None:
    error = refusal(one(**change))
    assert error.code == "input.schema"
    assert error.where.field == place
    if not {"id", "type"} & change.keys():
        assert "indicator--" in error.what


def test_an_error_never_repeats_a_value() -> None:
    assert "geheim" not in str(refusal(one(confidence="geheim")))
    assert "geheim" not in str(refusal(one(**{"geheimnis der stadt": 1})))


def test_one_bad_object_is_left_out_and_the_rest_goes_in() -> None:
    found = read([cert(), one(confidence=101), one(name="good")], keep_good=True)
    assert [left.error.code for left in found.left_out] == ["input.schema"]
    assert len(found.records) == 2
    with pytest.raises(SchemaError):
        read([cert(), one(confidence=101)])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b'{"type":"bundle","type":"bundle","id":"x"}', "input.format"),
        (b'{"type":"bundle","id":NaN}', "input.format"),
        (b'{"type":"bundle","objects":[', "input.format"),
        (b"[]", "input.schema"),
        (b'{"type":"bundle","id":"bundle--x","objects":[]}', "input.schema"),
        (b'{"type":"bundle","id":"bundle--5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10","objects":{}}', "input.schema"),
        (b'{"type":"bundle","id":"bundle--5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10","spec_version":"2.0"}', "input.schema"),
        (b"[" * 70 + b"]" * 70, "input.limit"),
        (b"[" * 70_000 + b"]" * 70_000, "input.limit"),
    ],
    ids=str,
)
def test_what_is_no_bundle_is_refused_whole(data: bytes, code: str) -> None:
    with pytest.raises(HeadwaterError) as caught:
        read(data, keep_good=True)
    assert caught.value.code == code


def test_over_a_hundred_thousand_objects_are_beyond_the_limit() -> None:
    data = (
        b'{"type":"bundle","id":"bundle--5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10","objects":[' + b"0," * 100_000 + b"0]}"
    )
    with pytest.raises(LimitError):
        read(data, keep_good=True)


def test_markings_that_mark_each_other_and_a_false_tlp_are_refused() -> None:
    first, second = (
        "marking-definition--5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e1",
        "marking-definition--6a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e1",
    )
    made: Object = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "created": "2026-01-01T00:00:00Z",
        "definition_type": "statement",
        "definition": {"statement": "x"},
    }
    circle = [
        {**made, "id": f"{first}0", "object_marking_refs": [f"{second}0"]},
        {**made, "id": f"{second}0", "object_marking_refs": [f"{first}0"]},
    ]
    left = [each for each in check_all(circle) if not isinstance(each, Checked)]
    assert "circle" in left[0].error.what
    false = {**made, "id": TLP2["RED"], "definition_type": "tlp", "definition": {"tlp": "white"}}
    assert "something else" in next(each for each in check_all([false]) if not isinstance(each, Checked)).error.what


def test_two_objects_of_one_version_with_other_content_are_not_both_taken() -> None:
    made = one()
    found = read([made, {**made, "name": "another"}, made], keep_good=True)
    assert len(found.records) == 1
    assert "another object" in found.left_out[0].error.what


def test_a_granular_marking_puts_its_property_into_a_record_of_its_own() -> None:
    made = one(granular_markings=[{"selectors": ["name"], "marking_ref": TLP2["RED"]}])
    open_, closed = read([cert(), made]).records[1:]
    assert (sorted(open_.handling.codes), sorted(closed.handling.codes)) == (["TLP:AMBER"], ["TLP:RED"])
    assert "name" not in {fact.prop for fact in open_.facts}
    assert [fact.value for fact in closed.facts if fact.prop == "name"] == ["x"]
    assert whole([open_]) == {
        (made["id"], made["modified"]): {key: made[key] for key in made if key not in {"name", "granular_markings"}}
    }
    assert whole([open_, closed]) == {(made["id"], made["modified"]): made}


def test_a_marking_on_what_an_object_is_counts_for_all_of_it() -> None:
    [record] = read(
        [one(created_by_ref=None, granular_markings=[{"selectors": ["id"], "marking_ref": TLP2["RED"]}])]
    ).records
    assert record.handling.codes == {"TLP:RED"}


def test_tlp_1_is_read_under_the_names_of_tlp_2_and_kept_as_given() -> None:
    made = one(object_marking_refs=[TLP1["CLEAR"]], created_by_ref=None)
    [record] = read([made]).records
    assert record.handling.codes == {"TLP:CLEAR"}
    assert record.handling.releasable_to is None
    assert list(whole([record]).values()) == [made]


def test_without_a_marking_it_is_amber_and_said_so() -> None:
    found = read([one(object_marking_refs=None, created_by_ref=None)])
    assert found.records[0].handling.codes == {"TLP:AMBER"}
    assert "TLP:AMBER" in found.warnings[0].what


def test_what_names_persons_is_red_whatever_else_it_bears() -> None:
    named = Handling(releasable_to=None, addressees=frozenset({"o.reed"}))
    assert code_of(named) == "RED"
    assert code_of(replace(named, codes=frozenset({"TLP:GREEN"}))) == "RED"
    assert code_of(Handling(never_onward=True)) == "AMBER+STRICT"


def test_an_unknown_marking_and_an_unknown_reference_are_held_and_said_so() -> None:
    unknown = "marking-definition--7a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10"
    other = {**one(), "id": "indicator--9a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10"}
    found = read([one(object_marking_refs=[unknown], created_by_ref=None), other])
    assert is_held(found.records[0].handling) == unknown
    assert [unknown in notice.what or CERT in notice.what for notice in found.warnings] == [True, True]


def test_a_custom_object_is_kept_and_never_interpreted() -> None:
    made = {"type": "x-thing", "id": "x-thing--5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10", "name": "Ana", "pattern": 7}
    [record] = read([made]).records
    assert [fact.prop for fact in record.facts] == ["summary"]
    assert list(whole([record]).values()) == [made]


def test_an_individual_is_no_person_of_headwaters() -> None:
    [record] = read([{**cert("Ana Primer"), "identity_class": "individual"}]).records
    assert record.mentions[0].schema == "Note"


def test_a_release_is_closed_and_says_what_it_leaves_out() -> None:
    found = objects(3)
    link = {
        **found[1],
        "type": "relationship",
        "id": "relationship--5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10",
        "relationship_type": "x",
        "source_ref": found[1]["id"],
        "target_ref": found[2]["id"],
    }
    records = [record for record in read([*found, link]).records if record.origin.place != found[2]["id"]]
    made = write_bundle(records)
    there = {each["id"] for each in json.loads(made.data)["objects"]}
    assert link["id"] not in there
    assert found[1]["id"] in there
    assert (link["id"], True) in [(ref, found[2]["id"] in why) for ref, why in made.left_out]


def test_a_reference_that_an_object_can_do_without_is_left_out_alone() -> None:
    records = [record for record in read(objects(1)).records if record.origin.place != CERT]
    [made] = [each for each in json.loads(write_bundle(records).data)["objects"] if each["type"] == "indicator"]
    assert "created_by_ref" not in made


def test_a_release_bears_its_marking_definitions_and_is_never_less_strict_than_its_record() -> None:
    [record] = read([{**cert(), "object_marking_refs": [TLP2["CLEAR"]]}]).records
    stricter = Record(
        origin=record.origin,
        handling=record.handling.join(Handling(never_onward=True)),
        mentions=record.mentions,
        facts=record.facts,
    )
    out = json.loads(release("stix").write([stricter]))["objects"]
    assert {each["id"] for each in out} == {CERT, TLP2["AMBER+STRICT"]}
    assert next(each for each in out if each["id"] == CERT)["object_marking_refs"] == [TLP2["AMBER+STRICT"]]


def test_nothing_that_can_go_is_refused() -> None:
    with pytest.raises(ForbiddenError):
        release("stix").write([])


def test_times_of_any_precision_sort_as_time_does() -> None:
    times = ["2026-01-01T00:00:00Z", "2026-01-01T00:00:00.09Z", "2026-01-01T00:00:00.1Z", "2026-01-01T00:00:01Z"]
    assert sorted(times, key=sortable) == times
    with pytest.raises(SchemaError):
        sortable("2026-01-01T00:00:60Z")


def test_what_is_no_utf_8_is_no_bundle() -> None:
    with pytest.raises(FormatError):
        read(b'{"type":"bundle\xff"}')
