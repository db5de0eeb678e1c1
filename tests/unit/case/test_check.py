"""Each rule finds what it is for, and a file that lacks nothing has no problem."""

from pathlib import Path
from typing import Any

import pytest

from headwater.case.check import LARGEST_BLOCK, check
from headwater.case.folder import new_case
from tests.case_world import Change, made_case


def codes(folder: Path, change: Change, files: dict[str, str] | None = None) -> set[tuple[str, str]]:
    """The codes and places of a changed case's problems."""
    return {(problem.code, problem.at) for problem in check(made_case(folder, change, files))}


def suspect_with_indicator(case: dict[str, Any]) -> None:
    case["indicators"].append({**case["indicators"][0], "person": "P1"})


def suspect_with_a_later_indicator(case: dict[str, Any]) -> None:
    suspect_with_indicator(case)
    case["indicators"].append({**case["indicators"][0], "person": "P1", "seen_at": "2026-02-12T09:00:00Z"})
    case["decisions"].append(decide("dismissed"))


def convicted_with_exhibit(case: dict[str, Any]) -> None:
    case["persons"][0].update(category="convicted")
    case["custody"].append(custody("received", "P1", LATE))


def witness_who_is_charged(case: dict[str, Any]) -> None:
    case["offences"][0]["defendants"].append("P5")
    case["indicators"].append({**case["indicators"][0], "person": "P5"})


def copied_late_then_early(case: dict[str, Any]) -> None:
    """Both after it was captured: only the order in which they were written down is wrong."""
    case["custody"].extend([{**case["custody"][2], "at": at} for at in (LATER, LATE)])


def examined_by(*people: str) -> list[dict[str, str]]:
    return [custody("examined", one, LATE) for one in people]


def decide(kind: str, at: str = "2026-02-11T16:00:00Z") -> dict[str, str]:
    return {"person": "P1", "kind": kind, "by": "P6", "at": at}


def material(**fields: Any) -> dict[str, Any]:
    return {"id": "M9", "list": "mg6c", "description": "Log of the barrier on lane 2", **fields}


def custody(event: str, by: str, at: str, **more: str) -> dict[str, str]:
    return {"exhibit": "JS/1", "event": event, "by": by, "at": at, "place": "store", **more}


EARLY, LATE, LATER = "2026-02-11T03:00:00Z", "2026-02-13T09:00:00Z", "2026-02-14T09:00:00Z"

FOUND: list[tuple[str, str, Change]] = [
    ("element-unproved", "O1 knowledge", lambda case: case["elements"].pop(3)),
    ("element-unproved", "O1 knowledge", lambda case: case["elements"][3].update(proved_by=[])),
    ("element-unproved", "O1 knowledge", lambda case: case["elements"][3].update(proved_by=["RS/1"])),
    ("element-unproved", "O2 knowledge", lambda case: case["offences"].append({**case["offences"][0], "id": "O2"})),
    ("suspect-without-offence", "P1", lambda case: case["offences"][0].update(defendants=[])),
    ("smuggled-person-as-suspect", "P3", lambda case: case["offences"][0].update(defendants=["P1", "P3"])),
    ("description-too-thin", "JS/1", lambda case: case["exhibits"][0].update(description="Form MG 11")),
    ("description-too-thin", "MK/1", lambda case: case["exhibits"][1].update(description="MG11")),
    ("description-too-thin", "M9", lambda case: case["material"].append(material(description="Various papers"))),
    ("block-listing", "M2", lambda case: case["material"][1].update(count=LARGEST_BLOCK + 1)),
    ("block-listing", "M2", lambda case: case["material"][1].update(count=1)),
    ("block-listing", "M2", lambda case: case["material"][1].update(presumption="first-account")),
    ("not-evidence", "RS/1", lambda case: case["elements"][0]["proved_by"].append("rs/1")),
    (
        "not-evidence",
        "RS/1",
        lambda case: (
            case["exhibits"][2].update(status="evidential"),
            case["elements"][0]["proved_by"].append("RS/1"),
        ),
    ),
    ("unlisted-material", "RS/1", lambda case: case["material"].pop(2)),
    ("unlisted-material", "S1", lambda case: case["elements"][0].update(proved_by=["JS/1"])),
    ("custody-gap", "JS/1", lambda case: case.update(custody=case["custody"][2:])),
    ("custody-gap", "JS/1", lambda case: case["custody"].pop(0) and case["custody"][0].update(event="examined")),
    ("custody-gap", "JS/1", lambda case: case["custody"].append(custody("examined", "P6", LATE))),
    ("custody-gap", "JS/1", lambda case: case["custody"].append(custody("examined", "P5", LATE, sha256="0" * 64))),
    (
        "custody-gap",
        "JS/1",
        lambda case: case["custody"].extend([custody("returned", "P5", LATE), custody("copied", "P5", LATER)]),
    ),
    ("custody-order", "JS/1", lambda case: case["custody"].append(custody("examined", "P5", EARLY))),
    ("custody-order", "JS/1", lambda case: case["custody"].append(custody("seized", "P5", LATE))),
    ("custody-order", "JS/1", lambda case: case["exhibits"][0].update(captured_at="2026-02-11T04:21:00Z")),
    ("custody-order", "MK/1", copied_late_then_early),
    ("custody-gap", "JS/1", lambda case: case["custody"].extend(examined_by("P5", "P6"))),
    ("custody-by-suspect", "JS/1", lambda case: case["custody"].append(custody("received", "P1", LATE))),
    ("custody-by-suspect", "JS/1", convicted_with_exhibit),
    ("search-without-terms", "search 1", lambda case: case["searches"][0].update(terms=[" "])),
    ("s45-not-considered", "P1", suspect_with_indicator),
    ("s45-not-considered", "P1", suspect_with_a_later_indicator),
    ("s45-not-considered", "P5", witness_who_is_charged),
    ("indicator-without-decision", "P4", lambda case: case.update(decisions=[])),
    (
        "decision-before-indicator",
        "P4",
        lambda case: case["decisions"][0].update(at="2026-02-11T11:29:59Z"),
    ),
]


def test_a_file_that_lacks_nothing_has_no_problem(tmp_path: Path) -> None:
    assert check(made_case(tmp_path)) == []


@pytest.mark.parametrize(
    ("code", "at", "change"), FOUND, ids=[f"{row[0]} {number}" for number, row in enumerate(FOUND)]
)
def test_what_a_file_lacks_is_found(tmp_path: Path, code: str, at: str, change: Change) -> None:
    assert (code, at) in codes(tmp_path, change)


def returned(case: dict[str, Any]) -> None:
    case["exhibits"][2].update(status="evidential", origin={"node": "rs", "returned_under": "LOR 7"})
    case["elements"][0]["proved_by"].append("RS/1")


def considered(case: dict[str, Any]) -> None:
    suspect_with_indicator(case)
    case["decisions"].extend([decide("s45-considered"), decide("referral")])


def dismissed(case: dict[str, Any]) -> None:
    suspect_with_indicator(case)
    case["decisions"].append(decide("dismissed"))


def then(*events: dict[str, str]) -> Change:
    return lambda case: case["custody"].extend(events)


FINE: dict[str, Change] = {
    "the largest block": lambda case: case["material"][1].update(count=LARGEST_BLOCK),
    "returned foreign material": returned,
    "an item handed over": then(custody("received", "P6", LATE), custody("examined", "P6", LATER)),
    "an item moved and taken up": then(custody("moved", "P5", LATE), custody("examined", "P6", LATER)),
    "an item returned and seized again": then(custody("returned", "P5", LATE), custody("seized", "P6", LATER)),
    "a considered defence": considered,
    "a dismissed indicator": dismissed,
    "a decision at the moment of the indicator": lambda case: case["decisions"][0].update(at="2026-02-11T11:30:00Z"),
    "a second look after an early one": lambda case: case["decisions"].append(
        {**case["decisions"][0], "at": "2026-02-11T10:00:00Z"}
    ),
}


@pytest.mark.parametrize("change", FINE.values(), ids=FINE)
def test_what_is_in_order_is_not_complained_of(tmp_path: Path, change: Change) -> None:
    assert codes(tmp_path, change) == set()


def test_the_consideration_of_the_defence_is_no_decision_on_the_indicator(tmp_path: Path) -> None:
    def change(case: dict[str, Any]) -> None:
        suspect_with_indicator(case)
        case["decisions"].append(decide("MSA 2015 s.45 considered"))

    assert codes(tmp_path, change) == {("indicator-without-decision", "P1")}


def test_a_hash_taken_at_a_transfer_that_is_the_files_own_is_in_order(tmp_path: Path) -> None:
    sha256 = made_case(tmp_path).exhibits[0].file.sha256
    assert codes(tmp_path, lambda case: case["custody"].append(custody("examined", "P5", LATE, sha256=sha256))) == set()


def test_a_file_that_no_line_names_is_unlisted_and_its_name_is_not_told(tmp_path: Path) -> None:
    found = codes(tmp_path, lambda case: None, {"exhibits/Zorana.txt": "x"})
    assert found == {("unlisted-material", "file 1 of 1")}


@pytest.mark.shared
def test_the_example_lacks_what_its_readme_says(shared: Path) -> None:
    case = new_case(shared / "data" / "case" / "example-case")
    assert {(problem.code, problem.at) for problem in check(case)} == {
        ("element-unproved", "O1 not-a-uk-national"),
        ("suspect-without-offence", "P2"),
    }
