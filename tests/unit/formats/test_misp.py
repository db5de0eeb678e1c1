"""MISP events: every attribute kept under its own handling, and written so that MISP's users learn what was withdrawn."""

import json
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from headwater.errors import ForbiddenError, HeadwaterError
from headwater.exercise.threats import SHOP, WALLET, misp_event, warning
from headwater.formats.misp import stix_of
from headwater.formats.misp_types import attribute_of, pattern_of, watched
from headwater.formats.misp_write import write_events
from headwater.formats.registry import release
from headwater.formats.stix import content_of
from headwater.formats.stix_marking import is_held, misp_code, tlp
from headwater.model.record import Record
from headwater.model.threat import REVOKED, TOGETHER
from tests.given import read

Event = dict[str, Any]


def records(event: Event, *, keep_good: bool = False) -> tuple[Record, ...]:
    return read("misp", json.dumps(event).encode(), keep_good=keep_good).records


def about(event: Event, number: int) -> Record:
    """The record of an attribute of an event."""
    uuid = event["Event"]["Attribute"][number]["uuid"]
    return next(record for record in records(event) if record.origin.place == f"misp--{uuid}")


def codes(record: Record) -> list[str]:
    return sorted(record.handling.codes)


def changed(number: int | None, **values: Any) -> Event:
    """The invented event with the event itself, or one attribute, changed; None takes a value away."""
    event = deepcopy(misp_event())
    body = event["Event"] if number is None else event["Event"]["Attribute"][number]
    for name, value in values.items():
        body.pop(name, None)
        if value is not None:
            body[name] = value
    return event


def test_an_event_read_and_written_is_the_same_but_for_tags_that_may_not_be_wider() -> None:
    given = misp_event()
    out = json.loads(release("misp").write(records(given)))
    expected = deepcopy(given)
    expected["Event"]["Attribute"][0]["Tag"] = [{"name": "tlp:amber"}]
    assert out == expected


@pytest.mark.shared
def test_the_real_event_keeps_its_unknown_and_its_deleted_attribute(shared: Path) -> None:
    data = (shared / "data/cyber/misp_event.json").read_bytes()
    found = read("misp", data)
    assert len(found.records) == 9
    given = {each["uuid"]: each for each in json.loads(data)["Event"]["Attribute"]}
    out = {each["uuid"]: each for each in json.loads(release("misp").write(found.records))["Event"]["Attribute"]}
    assert {uuid for uuid, each in out.items() if each != given[uuid]} == {"594032c2-a1f2-4f48-a16e-21a7d3327513"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"Tag": [{"name": "tlp:red"}]}, ["TLP:RED"]),
        ({"Tag": [{"name": "TLP:Clear"}, {"name": "tlp:green"}], "distribution": "0"}, ["TLP:GREEN"]),
        ({"Tag": [{"name": "tlp:amber+strict"}]}, ["TLP:AMBER+STRICT"]),
        ({"Tag": [{"name": "tlp:none-of-them"}]}, ["TLP:RED"]),
        ({"Tag": None, "distribution": "0"}, ["TLP:AMBER+STRICT"]),
        ({"Tag": None, "distribution": 1}, ["TLP:AMBER"]),
        ({"Tag": None, "distribution": "2"}, ["TLP:AMBER"]),
        ({"Tag": None, "distribution": "3"}, ["TLP:GREEN"]),
        ({"Tag": None, "distribution": None}, ["TLP:AMBER"]),
    ],
    ids=str,
)
def test_tags_come_first_and_then_the_distribution(values: Event, expected: list[str]) -> None:
    assert codes(about(changed(None, **values), 1)) == expected


def test_an_attribute_is_at_least_as_strict_as_its_event() -> None:
    assert codes(about(misp_event(), 0)) == ["TLP:AMBER"]
    assert codes(about(misp_event(), 5)) == ["TLP:RED"]
    assert codes(about(changed(1, distribution="0"), 1)) == ["TLP:AMBER+STRICT"]
    assert codes(about(changed(1, distribution="5"), 1)) == ["TLP:AMBER"]


def test_an_attribute_of_an_object_is_at_least_as_strict_as_the_object() -> None:
    event = deepcopy(misp_event())
    inner = deepcopy(event["Event"]["Attribute"][1])
    inner["uuid"] = "7d1f1a52-0000-4000-8000-00000000a001"
    inner.pop("Tag", None)
    thing = {"uuid": "7d1f1a52-0000-4000-8000-00000000a002", "name": "file", "distribution": "0", "Attribute": [inner]}
    event["Event"]["Object"] = [thing]
    [made] = [record for record in records(event) if record.origin.place == f"misp--{inner['uuid']}"]
    assert codes(made) == ["TLP:AMBER+STRICT"]
    thing["distribution"] = "3"
    [made] = [record for record in records(event) if record.origin.place == f"misp--{inner['uuid']}"]
    assert codes(made) == ["TLP:AMBER"], "and never wider than the event"


def test_a_sharing_group_is_held_for_a_person() -> None:
    assert is_held(about(changed(1, distribution="4"), 1).handling)
    found = read("misp", json.dumps(changed(None, distribution="4")).encode())
    assert all(is_held(record.handling) for record in found.records)
    assert "held for a person" in found.warnings[0].what


def test_an_unmarked_event_is_amber_and_said_so() -> None:
    found = read("misp", json.dumps(changed(None, Tag=None, distribution=None)).encode())
    assert "TLP:AMBER" in found.warnings[0].what


def test_what_is_to_be_detected_becomes_observables_and_what_was_deleted_is_revoked() -> None:
    words = [fact.value for fact in about(misp_event(), 1).facts if fact.prop == "keywords"]
    assert words == [f"observable:wallet={WALLET}"]
    both = [fact.value for fact in about(misp_event(), 2).facts if fact.prop == "keywords"]
    assert both == [f"observable:domain={SHOP}", "observable:address=203.0.113.7", TOGETHER]
    assert REVOKED in [fact.value for fact in about(misp_event(), 3).facts]
    assert [fact for fact in about(misp_event(), 4).facts if fact.prop == "keywords"] == []


@pytest.mark.parametrize(
    ("number", "values", "place"),
    [
        (None, {"uuid": "x"}, "Event.uuid"),
        (None, {"info": " "}, "Event.info"),
        (None, {"distribution": "5"}, "Event.distribution"),
        (None, {"distribution": "9"}, "Event.distribution"),
        (None, {"Tag": [{"colour": "#fff"}]}, "Event.Tag"),
        (1, {"uuid": None}, "Event.Attribute[1].uuid"),
        (1, {"value": 7}, "Event.Attribute[1].value"),
        (1, {"type": ""}, "Event.Attribute[1].type"),
        (1, {"timestamp": "soon"}, "Event.Attribute[1].timestamp"),
        (1, {"timestamp": "999999999999"}, "Event.Attribute[1].timestamp"),
        (1, {"deleted": "perhaps"}, "Event.Attribute[1].deleted"),
        (1, {"to_ids": []}, "Event.Attribute[1].to_ids"),
        (2, {"value": "one part"}, "Event.Attribute[2].value"),
    ],
    ids=str,
)
def test_an_error_says_where(number: int | None, values: Event, place: str) -> None:
    with pytest.raises(HeadwaterError) as caught:
        records(changed(number, **values))
    assert (caught.value.code, caught.value.where.field) == ("input.schema", place)


def test_a_bad_attribute_does_not_spoil_its_event() -> None:
    found = read("misp", json.dumps(changed(1, value=None)).encode(), keep_good=True)
    assert (len(found.records), len(found.left_out)) == (8, 1)


@pytest.mark.parametrize("data", [b"[]", b"{}", b'{"Event":7}', b'{"response":[{"Event":[]}]}'], ids=str)
def test_what_is_no_event_is_refused_whole(data: bytes) -> None:
    with pytest.raises(HeadwaterError) as caught:
        read("misp", data, keep_good=True)
    assert caught.value.code == "input.schema"


def test_stix_becomes_attributes_and_what_has_no_counterpart_is_listed() -> None:
    found = read("stix", json.dumps(warning()).encode()).records
    made = write_events(found)
    attributes = json.loads(made.data)["Event"]["Attribute"]
    assert {(each["type"], each["value"]) for each in attributes if each["to_ids"]} >= {
        ("domain", SHOP),
        ("btc", WALLET),
    }
    listed = next(each["value"] for each in attributes if each["type"] == "comment")
    assert all(ref in listed for ref, _ in made.left_out)
    assert any(ref.startswith("intrusion-set--") for ref, _ in made.left_out)


def test_a_marking_that_brings_a_pattern_along_is_no_indicator() -> None:
    # A fuzzer put an indicator's properties into a marking, which has no time of its last change.
    body = warning()
    marking = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": "marking-definition--5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10",
        "created": "2025-01-02T08:00:00.000Z",
        "definition_type": "statement",
        "definition": {"statement": "Invented"},
        "pattern_type": "stix",
        "pattern": "[domain-name:value = 'no-indicator.example']",
    }
    found = read("stix", json.dumps({**body, "objects": [*body["objects"], marking]}).encode(), keep_good=True).records
    event = json.loads(write_events(found).data)["Event"]
    assert "no-indicator.example" not in {each["value"] for each in event["Attribute"]}


def test_stix_to_misp_to_stix_keeps_identifier_and_pattern() -> None:
    given = {each["id"]: each for each in warning()["objects"] if each["type"] == "indicator"}
    event = release("misp").write(read("stix", json.dumps(warning()).encode()).records)
    out = json.loads(release("stix").write(read("misp", event).records))["objects"]
    back = {each["id"]: each["pattern"] for each in out if each["type"] == "indicator"}
    assert back == {ref: each["pattern"] for ref, each in given.items()}


@pytest.mark.parametrize(
    ("given", "code", "distribution"),
    [("3", "AMBER", "1"), ("1", "AMBER+STRICT", "0"), ("0", "GREEN", "0"), ("1", "GREEN", "1"), ("4", "RED", "4")],
)
def test_a_handling_that_became_stricter_narrows_the_distribution_too(given: str, code: str, distribution: str) -> None:
    [first, *rest] = records(changed(None, distribution="3", Tag=[]))
    content = json.loads(content_of(first)[0][1])
    content["Event"]["distribution"] = given
    facts = (structs.replace(first.facts[0], value=json.dumps(content)), *first.facts[1:])
    stricter = replace(first, handling=tlp(code), facts=facts)
    written = json.loads(write_events([stricter, *rest]).data)["Event"]
    assert written["distribution"] == distribution
    assert {"name": f"tlp:{code.lower()}"} in written["Tag"]


def test_what_was_withdrawn_or_revoked_goes_as_deleted() -> None:
    body = warning()
    body["objects"][6]["revoked"] = True
    found = read("stix", json.dumps(body).encode()).records
    made = write_events(found, withdrawn=["5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10"])
    attributes = {each["uuid"]: each for each in json.loads(made.data)["Event"]["Attribute"]}
    assert attributes["5a1b7c1e-3f0e-4d3a-9b57-0d6a8f1c2e10"]["deleted"] is True
    assert attributes[body["objects"][6]["id"].partition("--")[2]]["deleted"] is True


def test_nothing_that_misp_could_hold_is_refused() -> None:
    with pytest.raises(ForbiddenError):
        release("misp").write([])


@pytest.mark.parametrize(
    ("kind", "value", "pattern"),
    [
        ("ip-dst", "2001:db8::1", "[ipv6-addr:value = '2001:db8::1']"),
        ("domain", "it's.example", "[domain-name:value = 'it\\'s.example']"),
        ("sha256", "aa", "[file:hashes.'SHA-256' = 'aa']"),
        ("x-unknown", "y", None),
        ("ip-dst", "not an address", None),
        ("ip-dst|port", "203.0.113.1|443", None),
    ],
)
def test_an_attribute_has_a_pattern_or_no_counterpart(kind: str, value: str, pattern: str | None) -> None:
    assert pattern_of(kind, value) == pattern


def test_a_pattern_of_two_in_either_order_is_one_attribute() -> None:
    one = "[domain-name:value = 'x.example' AND ipv4-addr:value = '203.0.113.1']"
    other = "[ipv4-addr:value = '203.0.113.1' AND domain-name:value = 'x.example']"
    expected = ("domain|ip", "Network activity", "x.example|203.0.113.1")
    assert (attribute_of(one), attribute_of(other)) == (expected, expected)
    assert attribute_of(one.replace("AND", "OR")) is None
    assert watched("phone-number", "+44 20 7946 0958") == (("phone", "442079460958"),)


def test_an_attribute_without_to_ids_has_no_counterpart_in_stix() -> None:
    [(_, text)] = content_of(about(misp_event(), 4))
    assert stix_of(json.loads(text)) is None


@pytest.mark.parametrize(
    ("tags", "code"),
    [
        ([], None),
        (["type:OSINT"], None),
        (["tlp:white", "tlp:green"], "GREEN"),
        (["TLP:AMBER"], "AMBER"),
        (["tlp:clear", "tlp:nobody-knows"], "RED"),
        (["tlp:ex:chr"], "AMBER+STRICT"),
    ],
)
def test_of_several_tags_the_strictest_counts_and_one_that_is_no_code_is_red(tags: list[str], code: str | None) -> None:
    assert misp_code(tags) == code
