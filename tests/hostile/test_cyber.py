"""Hostile bundles, events and envelopes, each with a harmless twin: refused by a declared error within a second, nothing kept."""

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from headwater.errors import HeadwaterError, InputError
from headwater.exercise.threats import bundle, cert, indicator, misp_event, objects, uuid4
from headwater.formats.reading import read_all
from headwater.formats.registry import source
from headwater.formats.stix_marking import TLP2
from tests import cyber_world
from tests.cyber_world import OWN, Cert
from tests.given import given

MOST_SECONDS = 2.0
Object = dict[str, Any]


def one(**changes: Any) -> Object:
    return {**indicator(Random(2), "x", "[domain-name:value = 'x.example']"), **changes}


def mark(number: int, *marks: int) -> Object:
    def ref(which: int) -> str:
        return f"marking-definition--{uuid4(Random(which))}"

    return {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": ref(number),
        "created": "2026-01-01T00:00:00Z",
        "definition_type": "statement",
        "definition": {"statement": "x"},
        "object_marking_refs": [ref(which) for which in marks] or [TLP2["GREEN"]],
    }


HOSTILE: dict[str, Object] = {
    "a pattern of nested brackets": one(pattern="[" + "(" * 5_000 + "a:b > 1" + ")" * 5_000 + "]"),
    "a pattern of ten thousand parts": one(pattern="[" + " OR ".join(["a:b > 1"] * 1_600) + "]"),
    "a pattern of a megabyte": one(pattern="[a:b = '" + "x" * 1_000_000 + "']"),
    "a pattern that is one long number": one(pattern="]j/" + "0" * 9_000),
    "a pattern of long numbers": one(pattern="[a:b > " + " ".join(["0" * 64] * 140) + "]"),
    "a pattern that is all quotes": one(pattern="[a:b = '" + "\\'" * 8_000),
    "a name of a megabyte": one(name="x" * 1_000_000),
    "a depth of two hundred": one(x_deep=json.loads("[" * 200 + "]" * 200)),
    "a depth within an extension": one(extensions={"x-deep-ext": {"a": json.loads("[" * 100 + "1" + "]" * 100)}}),
    "another version": one(spec_version="2.0"),
    "a version that is a list": one(spec_version=["2.1"]),
    "an unknown extension": one(extensions={"whatever": {"a": 1}}),
    "an extension of an unknown type": one(
        extensions={f"extension-definition--{uuid4(Random(1))}": {"extension_type": "new-world"}}
    ),
    "a selector out of its list": one(
        labels=["x"], granular_markings=[{"selectors": ["labels.[999999999]"], "marking_ref": TLP2["RED"]}]
    ),
    "a selector that climbs": one(granular_markings=[{"selectors": ["../name"], "marking_ref": TLP2["RED"]}]),
    "a marking of itself": {**mark(1, 1)},
    "a false code": {**mark(1), "id": TLP2["RED"]},
    "an id with a newline": one(id=f"indicator--{uuid4(Random(2))}\n"),
    "a time before there were years": one(created="0000-01-01T00:00:00Z"),
    "a time in other digits": one(created="２０２６-01-01T00:00:00Z"),
    "a number that is no confidence": one(confidence=1e308),
    "a null": one(description=None),
    "a type that is a dictionary": one(type={"a": 1}),
}


def read_or_refused(body: Object) -> tuple[HeadwaterError, list[str | None]]:
    """What is wrong with a bundle, or with the one object of it that is; and the objects that are kept."""
    try:
        found = read_all(source("stix"), given(json.dumps(body).encode()), keep_good=True)
    except InputError as error:
        return error, []
    [left] = found.left_out
    return left.error, [record.origin.place for record in found.records]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_object_is_refused_in_time_and_its_twin_is_read(name: str) -> None:
    begun = time.process_time()
    refused, kept = read_or_refused(bundle([cert(), HOSTILE[name]]))
    assert time.process_time() - begun < MOST_SECONDS
    assert len(str(refused)) < 600
    assert kept in ([], [cert()["id"]])
    twin = read_all(source("stix"), given(json.dumps(bundle([cert(), one()])).encode()))
    assert len(twin.records) == 2


def test_a_long_circle_of_markings_is_seen_and_costs_little() -> None:
    circle = [mark(number, (number + 1) % 300) for number in range(300)]
    begun = time.process_time()
    found = read_all(source("stix"), given(json.dumps(bundle([cert(), *circle])).encode()), keep_good=True)
    assert time.process_time() - begun < MOST_SECONDS
    assert any("circle" in left.error.what for left in found.left_out)


def test_relationships_in_a_circle_are_no_harm() -> None:
    made = objects(2)
    links = [
        {**cert(), "type": "relationship", "id": f"relationship--{uuid4(Random(number))}", "relationship_type": "x",
         "source_ref": made[1 + number]["id"], "target_ref": made[2 - number]["id"]}
        for number in (0, 1)
    ]  # fmt: skip
    for link in links:
        del link["name"], link["identity_class"]
    found = read_all(source("stix"), given(json.dumps(bundle([*made, *links])).encode()))
    assert len(found.records) == 5


@pytest.mark.parametrize(
    "change",
    [
        lambda event: event["Attribute"].extend([event["Attribute"][0]] * 100_001),
        lambda event: event.update(info="x" * 1_000_000),
        lambda event: event.update(Tag={"name": "tlp:red"}),
        lambda event: event.update(Attribute={"0": {}}),
        lambda event: event.update(Object=[1]),
        lambda event: event.update(distribution=True),
        lambda event: event.update(timestamp=-1),
        lambda event: event.update(uuid=7),
    ],
    ids=range(8),
)
def test_a_hostile_event_is_refused_and_its_twin_is_read(change: Callable[[Object], None]) -> None:
    event = misp_event()
    change(event["Event"])
    with pytest.raises(InputError):
        read_all(source("misp"), given(json.dumps(event).encode()), keep_good=True)
    assert len(read_all(source("misp"), given(json.dumps(misp_event()).encode())).records) == 9


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Cert]:
    with cyber_world.cert(tmp_path) as made:
        yield made


def test_an_envelope_with_everything_hostile_keeps_the_good_alone(at: Cert) -> None:
    usual = {name: body for name, body in HOSTILE.items() if len(json.dumps(body)) < 60_000 and "depth" not in name}
    listed = [{**body, "name": name} if body.get("type") == "indicator" else body for name, body in usual.items()]
    answer = at.post([cert(), *listed])
    assert answer.status == 202
    assert (answer.json["success_count"], answer.json["failure_count"]) == (1, len(listed))
    assert at.ids() == [cert()["id"]]
    for name in ("a name of a megabyte", "a depth of two hundred"):
        assert at.post([HOSTILE[name]]).status == 413
    assert at.ids() == [cert()["id"]]


@pytest.mark.parametrize(
    "path",
    [
        f"{OWN}/objects/..%2f..%2f/",
        f"{OWN}/objects/%00/",
        f"{OWN}/objects/?match[id]=" + "x," * 5_000,
        f"{OWN}/objects/?limit=" + "9" * 400,
        f"{OWN}/objects/?next=" + "A" * 9_000,
        f"{OWN}/objects/?match[type]=%F0%9F%98%80'%20OR%201=1--",
        "/headwater/collections/'%20OR%201=1--/",
        "/headwater/status/..%2f..%2ftaxii-key/",
    ],
)
def test_a_hostile_question_gets_a_refusal_or_nothing(at: Cert, path: str) -> None:
    at.post([cert()])
    answer = at.get(path)
    assert answer.status in {200, 400, 404}
    assert b"Adria" not in answer.body or "limit" in path
    assert at.ids() == [cert()["id"]]
