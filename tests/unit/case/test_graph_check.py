"""A CASE graph is checked for what a court would ask: each nonsense is found under its own code, a sound graph is not."""

import copy
import csv
import json
import tracemalloc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.case.graph_check import check_graph
from headwater.errors import FormatError, InputError, LimitError, SchemaError
from tests.case_world import NOON, made_case, sealed

Vertices = dict[str, dict[str, Any]]
Spoil = Callable[[Vertices], object]
KB = "kb:{}-0000000{}-0000-4000-8000-000000000000"
INVESTIGATION, RECORD, FILE = KB.format("investigation", 1), KB.format("provenance-record", 2), KB.format("file", 3)
FILE_2 = KB.format("file", 8)
ACTION, PERSON = KB.format("investigative-action", 4), KB.format("person", 5)
CONTEXT = {
    "kb": "http://example.org/kb/",
    "core": "https://ontology.unifiedcyberontology.org/uco/core/",
    "action": "https://ontology.unifiedcyberontology.org/uco/action/",
    "observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
    "types": "https://ontology.unifiedcyberontology.org/uco/types/",
    "identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
    "investigation": "https://ontology.caseontology.org/case/investigation/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "own": "http://example.org/own/",
}


def typed(kind: str, value: str) -> dict[str, str]:
    return {"@type": f"xsd:{kind}", "@value": value}


def to(*refs: str) -> list[dict[str, str]]:
    return [{"@id": ref} for ref in refs]


def good() -> Vertices:
    """A sound graph of one exhibit that was seized."""
    facets: list[dict[str, Any]] = [
        {
            "@id": "kb:facet-1",
            "@type": "observable:FileFacet",
            "observable:fileName": "scan.txt",
            "observable:sizeInBytes": typed("integer", "30"),
        },
        {
            "@id": "kb:facet-2",
            "@type": "observable:ContentDataFacet",
            "observable:hash": [
                {
                    "@id": "kb:hash-1",
                    "@type": "types:Hash",
                    "types:hashMethod": "SHA256",
                    "types:hashValue": typed("hexBinary", "ab" * 32),
                }
            ],
        },
    ]
    vertices: list[dict[str, Any]] = [
        {"@id": INVESTIGATION, "@type": "investigation:Investigation", "core:object": to(RECORD, FILE, ACTION)},
        {
            "@id": RECORD,
            "@type": "investigation:ProvenanceRecord",
            "investigation:exhibitNumber": "JS/1",
            "core:object": to(FILE),
        },
        {"@id": FILE, "@type": "observable:File", "core:hasFacet": facets},
        {
            "@id": ACTION,
            "@type": "investigation:InvestigativeAction",
            "core:name": "seized",
            "action:startTime": typed("dateTime", "2026-02-11T10:00:00+00:00"),
            "action:endTime": typed("dateTime", "2026-02-11T10:05:00+00:00"),
            "action:performer": {"@id": PERSON},
            "action:object": to(FILE),
            "action:result": to(RECORD),
        },
        {"@id": PERSON, "@type": "identity:Person", "core:name": "J. Smith"},
    ]
    return {str(vertex["@id"]): vertex for vertex in vertices}


def document(vertices: Vertices | list[dict[str, Any]]) -> bytes:
    graph = vertices if isinstance(vertices, list) else list(vertices.values())
    return json.dumps({"@context": CONTEXT, "@graph": graph}, ensure_ascii=False).encode()


def codes(spoil: Spoil) -> set[str]:
    vertices = good()
    spoil(vertices)
    return {problem.code for problem in check_graph(document(vertices), file="case.jsonld", now=NOON)}


def facet(vertices: Vertices, at: int) -> dict[str, Any]:
    found: dict[str, Any] = vertices[FILE]["core:hasFacet"][at]
    return found


def digest(vertices: Vertices) -> dict[str, Any]:
    found: dict[str, Any] = facet(vertices, 1)["observable:hash"][0]
    return found


def another_action(vertices: Vertices, **changes: Any) -> dict[str, Any]:
    ref = KB.format("investigative-action", len(vertices) + 1)
    made = {**copy.deepcopy(vertices[ACTION]), "@id": ref, "core:name": "copied", **changes}
    vertices[ref] = made
    return made


def at(hour: str) -> dict[str, Any]:
    return {"action:startTime": typed("dateTime", hour), "action:endTime": typed("dateTime", hour)}


def second_record(vertices: Vertices, number: str) -> None:
    ref = KB.format("provenance-record", 9)
    vertices[ref] = {**vertices[RECORD], "@id": ref, "investigation:exhibitNumber": number}
    vertices[INVESTIGATION]["core:object"] += to(ref)


def another_exhibit(vertices: Vertices, *, named: str = "action:object") -> None:
    """A second exhibit, seized by itself: its action names it as what it was done to, or as what came of it."""
    vertices[FILE_2] = {**copy.deepcopy(vertices[FILE]), "@id": FILE_2}
    for number, each in enumerate(vertices[FILE_2]["core:hasFacet"]):
        each["@id"] = f"kb:facet-2{number}"
    facet_of = vertices[FILE_2]["core:hasFacet"][1]
    facet_of["observable:hash"][0]["@id"] = "kb:hash-20"
    second_record(vertices, "JS/2")
    vertices[KB.format("provenance-record", 9)]["core:object"] = to(FILE_2)
    seized = {"core:name": "seized", "action:object": [], "action:result": []}
    made = another_action(vertices, **{**seized, named: to(FILE_2)})
    vertices[INVESTIGATION]["core:object"] += to(FILE_2, made["@id"])


def second_exhibit_copied_first(vertices: Vertices) -> None:
    another_exhibit(vertices)
    another_action(vertices, **at("2026-02-11T09:00:00Z"), **{"action:object": to(FILE_2), "action:result": []})


NONSENSE: list[tuple[str, str, Spoil]] = [
    (
        "a hash that is no hex",
        "bad-hash",
        lambda g: digest(g).update({"types:hashValue": typed("hexBinary", "zz" * 32)}),
    ),
    ("a hash too short", "bad-hash", lambda g: digest(g).update({"types:hashValue": typed("hexBinary", "ab" * 31)})),
    ("a hash without its type", "bad-hash", lambda g: digest(g).update({"types:hashValue": "ab" * 32})),
    ("a hash without a method", "bad-hash", lambda g: digest(g).pop("types:hashMethod")),
    (
        "two values in one hash",
        "bad-hash",
        lambda g: digest(g).update({"types:hashValue": [typed("hexBinary", "ab" * 32), typed("hexBinary", "cd" * 32)]}),
    ),
    (
        "two hashes of one method that differ",
        "bad-hash",
        lambda g: facet(g, 1)["observable:hash"].append(
            {**digest(g), "@id": "kb:hash-2", "types:hashValue": typed("hexBinary", "cd" * 32)}
        ),
    ),
    ("no hash", "no-hash", lambda g: facet(g, 1).pop("observable:hash")),
    ("no facets", "no-hash", lambda g: g[FILE].pop("core:hasFacet")),
    ("no name", "no-name", lambda g: facet(g, 0).pop("observable:fileName")),
    ("no size", "bad-size", lambda g: facet(g, 0).pop("observable:sizeInBytes")),
    ("a size in words", "bad-size", lambda g: facet(g, 0).update({"observable:sizeInBytes": "30 bytes"})),
    (
        "a size below nothing",
        "bad-size",
        lambda g: facet(g, 0).update({"observable:sizeInBytes": typed("integer", "-1")}),
    ),
    ("a path that climbs out", "bad-path", lambda g: facet(g, 0).update({"observable:filePath": "data/../../etc/x"})),
    ("a name that climbs out", "bad-path", lambda g: facet(g, 0).update({"observable:fileName": "..\\..\\x"})),
    ("a time in words", "bad-time", lambda g: g[ACTION].update({"action:startTime": "yesterday"})),
    ("a time without a zone", "bad-time", lambda g: g[ACTION].update(at("2026-02-11T10:00:00"))),
    ("a time in the future", "bad-time", lambda g: g[ACTION].update(at("2099-01-01T00:00:00Z"))),
    ("no time", "bad-time", lambda g: g[ACTION].pop("action:startTime")),
    (
        "an end before its start",
        "end-before-start",
        lambda g: g[ACTION].update({"action:startTime": typed("dateTime", "2026-02-11T11:00:00Z")}),
    ),
    ("an object that is not there", "dangling", lambda g: g[RECORD].update({"core:object": to("kb:file-99")})),
    ("a file that did it", "performer-not-identity", lambda g: g[ACTION].update({"action:performer": {"@id": FILE}})),
    ("nobody did it", "performer-not-identity", lambda g: g[ACTION].pop("action:performer")),
    ("a name did it", "performer-not-identity", lambda g: g[ACTION].update({"action:performer": "J. Smith"})),
    ("a record of nothing", "empty-provenance", lambda g: g[RECORD].pop("core:object")),
    ("a record of an empty list", "empty-provenance", lambda g: g[RECORD].update({"core:object": []})),
    (
        "two exhibit numbers",
        "exhibit-number",
        lambda g: g[RECORD].update({"investigation:exhibitNumber": ["JS/1", "JS/2"]}),
    ),
    ("no exhibit number", "exhibit-number", lambda g: g[RECORD].pop("investigation:exhibitNumber")),
    ("an exhibit number used again", "exhibit-number", lambda g: second_record(g, "js / 1")),
    ("a word misspelt", "unknown-property", lambda g: g[RECORD].update({"investigation:exhibitNumberr": "x"})),
    ("a word without a vocabulary", "unknown-property", lambda g: g[RECORD].update({"exhibit": "x"})),
    ("a word of an undeclared prefix", "unknown-property", lambda g: g[RECORD].update({"foo:exhibit": "x"})),
    ("a class misspelt", "wrong-kind", lambda g: g[FILE].update({"@type": "observable:Fiel"})),
    ("a thing that does not say what it is", "wrong-kind", lambda g: g[PERSON].pop("@type")),
    ("a person for a facet", "wrong-kind", lambda g: g[FILE]["core:hasFacet"].append({"@id": PERSON})),
    ("a text for a thing", "wrong-kind", lambda g: g[ACTION].update({"action:object": "scan.txt"})),
    (
        "a record outside the investigation",
        "unlisted-material",
        lambda g: g[INVESTIGATION].update({"core:object": to(FILE)}),
    ),
    (
        "no custody",
        "custody-gap",
        lambda g: (g.pop(ACTION), g[INVESTIGATION].update({"core:object": to(RECORD, FILE)})),
    ),
    ("copied before it was seized", "custody-order", lambda g: another_action(g, **at("2026-02-11T09:00:00Z"))),
    (
        "something before it was seized, of the second exhibit",
        "custody-order",
        second_exhibit_copied_first,
    ),
    (
        "a result of itself",
        "custody-order",
        lambda g: another_action(
            g, **at("2026-02-11T12:00:00Z"), **{"action:object": to(RECORD), "action:result": to(FILE)}
        ),
    ),
    ("a record that holds itself", "custody-order", lambda g: g[RECORD].update({"core:object": to(FILE, RECORD)})),
    (
        "an action that informed itself",
        "custody-order",
        lambda g: g[ACTION].update({"investigation:wasInformedBy": to(ACTION)}),
    ),
    (
        "an action that follows from a later one",
        "custody-order",
        lambda g: g[ACTION].update(
            {"investigation:wasInformedBy": to(another_action(g, **at("2026-02-12T09:00:00Z"))["@id"])}
        ),
    ),
]


@pytest.mark.parametrize(("code", "spoil"), [row[1:] for row in NONSENSE], ids=[row[0] for row in NONSENSE])
def test_nonsense_is_found_under_its_code(code: str, spoil: Spoil) -> None:
    assert code in codes(spoil)


def test_each_exhibit_to_which_something_happened_before_it_was_seized_is_named() -> None:
    vertices = good()
    another_exhibit(vertices)
    for ref in (FILE, FILE_2):
        early = {"action:object": to(ref), "action:result": []}
        made = another_action(vertices, **at("2026-02-11T09:00:00Z"), **early)
        vertices[INVESTIGATION]["core:object"] += to(made["@id"])
    found = check_graph(document(vertices), file="x", now=NOON)
    told = [(problem.code, problem.at) for problem in found]
    assert told == [("custody-order", RECORD), ("custody-order", KB.format("provenance-record", 9))]


def test_a_name_that_two_things_bear_is_found() -> None:
    vertices = [*good().values(), {**good()[PERSON], "core:name": "K. Smith"}]
    found = check_graph(document(vertices), file="x", now=NOON)
    assert [(problem.code, problem.at) for problem in found] == [("reused-id", PERSON)]


SOUND: dict[str, Spoil] = {
    "as it stands": lambda g: None,
    "a word of a declared vocabulary of one's own": lambda g: g[RECORD].update({"own:shelf": "7"}),
    "whole names instead of prefixes": lambda g: g[RECORD].update(
        {CONTEXT["core"] + "description": g[RECORD].get("core:description", "a scan")}
    ),
    "a second exhibit, seized": another_exhibit,
    "a second exhibit that came of a seizure": lambda g: another_exhibit(g, named="action:result"),
    "copied after it was seized": lambda g: another_action(g, **at("2026-02-11T11:00:00Z")),
    "a clock a few hours ahead": lambda g: g[ACTION].update(at((NOON + timedelta(hours=3)).isoformat())),
    "a body that did it": lambda g: g[PERSON].update({"@type": "identity:Organization"}),
    "a size that is a number": lambda g: facet(g, 0).update({"observable:sizeInBytes": 30}),
}


@pytest.mark.parametrize("change", SOUND.values(), ids=SOUND)
def test_a_sound_graph_is_not_complained_of(change: Spoil) -> None:
    assert codes(change) == set()


def test_the_graph_of_our_own_bundle_is_sound(tmp_path: Path) -> None:
    sealed(made_case(tmp_path / "case"), tmp_path / "out")
    data = (tmp_path / "out" / "data" / "case.jsonld").read_bytes()
    assert check_graph(data, file="case.jsonld", now=NOON) == []


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", FormatError),
        (b"{", FormatError),
        (b'{"@context":{},"@graph":[]}', SchemaError),
        (b'{"@graph":[{"@id":"x","core:name":"y"}]}', SchemaError),
        (document(good()).replace(b'"core:name"', b'"core:name": "x", "core:name"', 1), FormatError),
        (document(good()).replace(b'"core:name"', b'"core:name" : "x", "core:name"', 1), FormatError),
        (b'{"@context":{},"@graph":' + b'[{"x":' * 200 + b"1" + b"}]" * 200 + b"}", LimitError),
    ],
    ids=["empty", "cut short", "nothing", "no context", "a key twice", "a key twice with a space", "bottomless"],
)
def test_what_is_no_graph_is_refused(data: bytes, error: type[InputError]) -> None:
    with pytest.raises(error):
        check_graph(data, file="case.jsonld", now=NOON)


def test_a_problem_says_where_and_never_repeats_a_value() -> None:
    vertices = good()
    vertices[ACTION]["action:startTime"] = "zzTELLTALEzz"
    digest(vertices)["types:hashValue"] = "zzTELLTALEzz"
    found = check_graph(document(vertices), file="x", now=NOON)
    assert {problem.at for problem in found} == {ACTION, "kb:hash-1"}
    assert not any("TELLTALE" in problem.text for problem in found)


def test_an_action_on_thousands_of_things_takes_no_millions_of_edges() -> None:
    vertices = good()
    many = {name: to(*(f"kb:{name}-{at}" for at in range(2000))) for name in ("file", "record")}
    vertices[ACTION].update({"action:object": many["file"] + to(FILE), "action:result": many["record"]})
    ways = {"core:source": many["file"], "core:target": many["record"], "core:kindOfRelationship": "Copied_From"}
    vertices["kb:way"] = {"@id": "kb:way", "@type": "core:Relationship", **ways}
    tracemalloc.start()
    try:
        found = check_graph(document(vertices), file="x", now=NOON)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert {problem.code for problem in found} == {"dangling"}
    assert peak < 32 << 20


def test_what_an_action_on_several_things_gives_back_is_no_circle_but_by_way_of_itself() -> None:
    vertices = good()
    another_exhibit(vertices)
    vertices[ACTION].update({"action:object": to(FILE, FILE_2), "action:result": to(RECORD)})
    assert codes(lambda g: g.update(vertices)) == set()
    vertices[ACTION]["action:result"] = to(RECORD, FILE_2)
    found = check_graph(document(vertices), file="x", now=NOON)
    assert [problem.code for problem in found] == ["custody-order"]


@pytest.mark.shared
def test_each_known_defect_is_found_under_exactly_its_code(shared: Path) -> None:
    folder = shared / "data" / "case" / "case-graph"
    now = datetime(2026, 11, 25, tzinfo=UTC)
    with (folder / "expected.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    for row in rows:
        found = check_graph((folder / row["file"]).read_bytes(), file=row["file"], now=now)
        wanted = row["code_that_must_appear"]
        assert {problem.code for problem in found} == ({wanted} if wanted else set()), row["file"]
