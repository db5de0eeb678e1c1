"""What `read`, `screen` and `audit` answer is all of what was found: counts, notes, silenced pairs, files, and which question was wrong."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from headwater.cli import read as reading
from headwater.cli import screen as screening
from headwater.cli.words import _place
from headwater.errors import Place
from tests.node_world import write_list
from tests.unit.cli.conftest import Run, who

HEAD = "id,time,from,to,amount,currency\n"


def rows(*told: str) -> str:
    return HEAD + "".join(f"{one}\n" for one in told)


GOOD, OTHER, SELF = (
    "P1,2025-03-01T10:00:00Z,A,B,5,EUR",
    "P2,2025-03-01T10:00:00Z,A,B,6,EUR",
    "P3,2025-03-01T10:00:00Z,A,A,6,EUR",
)


def test_a_table_tells_what_came_twice_what_went_to_itself_and_what_was_left_out(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "payments.csv"
    file.write_text(rows(GOOD, GOOD, OTHER, SELF, "P4,2025-03-01T10:00:00Z,A,B,0,EUR"), "utf-8")
    refused = run("read", "payments", file, "--json")
    assert (refused.code, refused.document["ok"]) == (65, False)
    [one] = run("read", "payments", file, "--keep-good", "--json").document["files"]
    assert (one["doubled"], one["to_self"], one["tables"]) == (1, 1, {"payments": 3})
    assert [(error["code"], "line 6" in error["where"]) for error in one["left_out"]] == [("input.schema", True)]


@pytest.mark.parametrize("at_home", [False, True])
def test_the_span_that_was_named_holds_with_a_node_and_without(
    run: Run,
    home: Path,
    tmp_path: Path,
    at_home: bool,
) -> None:
    file = tmp_path / "payments.csv"
    file.write_text(rows(GOOD), "utf-8")
    where = ("--home", home, *who()) if at_home else ()
    for span, code in (
        ("2025-01-01T00:00:00Z/2025-12-31T00:00:00Z", 0),
        ("2024-01-01T00:00:00Z/2024-12-31T00:00:00Z", 65),
    ):
        assert run("read", "payments", file, "--span", span, *where, "--json").code == code


def test_messages_of_several_files_are_numbered_through(run: Run, tmp_path: Path) -> None:
    sentence = "!AIVDM,1,1,,B,15M67FC000G?ufbE`FepT@3n00Sa,0*5C\n"
    files = []
    for name, count in (("a", 2), ("b", 3)):
        files.append(tmp_path / f"{name}.nmea")
        files[-1].write_text(sentence * count, "ascii")
    answer = run("read", "ais", *files, "--json").document
    assert [one["index"] for one in answer["messages"]] == list(range(5))


@pytest.mark.parametrize(
    "words",
    [
        ("--name", "Ana", "--since", "uk:old.csv", "--home", "x"), ("--name", "Ana"), (), ("--name", "Ana", "--pairs", "x.csv"),
        ("--name", "Ana", "--jobs", "2", "--on", "spark", "--home", "x"),
    ],
)  # fmt: skip
def test_a_question_that_contradicts_itself_is_refused_as_usage(run: Run, words: tuple[str, ...]) -> None:
    ended = run("screen", *words, "--json")
    assert (ended.code, ended.document["error"]["code"]) == (2, "usage")


def test_an_audit_names_a_node_or_a_proof(run: Run) -> None:
    assert run("audit", "verify", "--json").document["error"]["code"] == "usage"


def test_an_answer_without_a_hit_still_says_how_old_the_list_is_and_writes_its_file(run: Run, tmp_path: Path) -> None:
    listed, out = write_list(tmp_path / "in", ["Marko Izmišljotinović"]), tmp_path / "hits.jsonl"
    ended = run("screen", "--name", "Prudence Quillfeather", "--list", f"uk:{listed}", "--out", out)
    assert ended.code == 0
    assert "no hit" in ended.out
    assert out.read_text("utf-8") == ""
    hit = run("screen", "--name", "Marko Izmišljotinović", "--list", f"uk:{listed}", "--out", out)
    assert "no hit" not in hit.out
    assert json.loads(out.read_text("utf-8"))["query"]


def test_every_part_of_an_answer_has_its_line() -> None:
    document: dict[str, Any] = {
        "queries": 3, "hits": [], "silenced": [{"query": "q1", "entry": "uk:1", "who": "o.reed"}], "not_screenable": [{"query": "q2", "reason": "no letters"}],
        "doubts": [{"query": "q3", "field": "birth_date", "text": "taken as 1975"}], "warnings": ["a note of its own"], "about": {"entries": 4},
        "since": {"list": "uk", "added": ["1"], "changed": ["2", "3"], "removed": ["9"]},
        "lists": [{"list": "uk", "version": "", "entries": 8, "note": "It is older than 3 days."}],
    }  # fmt: skip
    told = "\n".join(screening._lines(document))
    for part in (
        "q1", "o.reed", "q2", "no letters", "q3", "taken as 1975", "a note of its own", "4 entries", "1 added, 2 changed, 1 removed",
        "uk 9", "unknown date", "It is older than 3 days.", "no hit",
    ):  # fmt: skip
        assert part in told, part


def test_a_table_that_was_read_says_its_doubles_in_words_too() -> None:
    outcome: Any = SimpleNamespace(
        file="x", tables={"payments": 3}, added=1, doubled=2, to_self=4, left_out=(), error=None
    )
    told = "\n".join(reading.table_lines(outcome, kept=True))
    assert all(
        part in told
        for part in (
            "3 rows of payments",
            "2 rows came twice",
            "4 payments of an account to itself",
            "new to the node: 1",
        )
    )


def test_a_place_is_told_with_all_its_parts() -> None:
    assert _place(Place(file="f.csv", line=3, offset=17, field="amount")) == ["f.csv, line 3, byte 17, field amount"]
    assert _place(Place(field="amount")) == ["field amount"]
