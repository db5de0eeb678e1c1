"""Reading into a node: the whole file in one transaction or nothing of it; good rows alone only when asked."""

import csv
import io
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import ForbiddenError, FormatError, InputError, SettingsError
from headwater.model.ids import AuthorityId
from headwater.node import Node, lists
from headwater.node.reading import read_files
from tests.node_world import AUDITOR, GUARDIAN, LONDON, as_user, events, read, write_list, write_report

NOBODY = AuthorityId("XX-NOBODY")


def records(node: Node) -> int:
    with node.store.snapshot() as snapshot:
        return sum(1 for _ in snapshot.records())


def spoiled(path: Path, row: int) -> Path:
    """A UK list in which one row says nobody's identifier."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = next(csv.reader([lines[1]]))
    cells = next(csv.reader([lines[1 + row]]))
    cells[head.index("Unique ID")] = ""
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(cells)
    lines[1 + row] = out.getvalue()
    path.write_text("\r\n".join(lines) + "\r\n", encoding="utf-8")
    return path


def test_a_report_becomes_one_record_of_which_the_ledger_knows(node: Node, tmp_path: Path) -> None:
    outcome = read(node, "report", write_report(tmp_path / "in"))
    assert (outcome.records, outcome.added, outcome.mentions) == (1, 1, {"Person": 1})
    with node.store.snapshot() as snapshot:
        assert [record.id for record in snapshot.records()] == list(outcome.ids)
    [event] = events(node, "store.read")
    assert event.who == "o.reed"
    assert event.detail["added"] == 1
    assert event.detail["file"] == "report.json"


def test_the_bytes_of_the_file_are_kept(node: Node, tmp_path: Path) -> None:
    path = write_report(tmp_path / "in")
    read(node, "report", path)
    [event] = events(node, "store.read")
    with node.store.snapshot() as snapshot:
        assert bytes(snapshot.blob(event.subject) or b"") == path.read_bytes()  # type: ignore[arg-type]


def test_the_same_file_again_adds_nothing(node: Node, tmp_path: Path) -> None:
    path = write_report(tmp_path / "in")
    read(node, "report", path)
    again = read(node, "report", path)
    assert (again.records, again.added) == (1, 0)
    assert records(node) == 1


def test_a_partly_bad_file_is_refused_whole_and_names_file_and_line(node: Node, tmp_path: Path) -> None:
    path = spoiled(write_list(tmp_path / "in", ["Ana Primer", "Bob Primer", "Cia Primer"]), 2)
    outcome = read(node, "uk-csv", path)
    assert isinstance(outcome.error, InputError)
    assert outcome.error.where.file == path.name
    assert outcome.error.where.line == 4
    assert outcome.records == 0
    assert records(node) == 0
    assert lists.listed(node.store) == []
    assert events(node, "store.read") == []


def test_good_rows_are_kept_when_asked_and_every_other_row_is_reported(node: Node, tmp_path: Path) -> None:
    path = spoiled(write_list(tmp_path / "in", ["Ana Primer", "Bob Primer", "Cia Primer"]), 2)
    outcome = read(node, "uk-csv", path, keep_good=True)
    assert (outcome.records, outcome.added, outcome.error) == (2, 2, None)
    assert [row.error.where.line for row in outcome.left_out] == [4]
    assert [event.detail["left_out"] for event in events(node, "store.read")] == [1]
    assert [edition.entries for edition in lists.listed(node.store)] == [2]


def test_a_file_without_one_good_row_is_refused_even_so(node: Node, tmp_path: Path) -> None:
    path = spoiled(write_list(tmp_path / "in", ["Ana Primer"]), 1)
    assert read(node, "uk-csv", path, keep_good=True).error is not None
    assert records(node) == 0


def test_one_refused_file_does_not_stop_the_next(node: Node, tmp_path: Path) -> None:
    bad, good = tmp_path / "bad.json", write_report(tmp_path / "in")
    bad.write_bytes(b"{")
    told: list[tuple[int, int]] = []
    outcomes = read_files(
        "report",
        [str(bad), str(good)],
        originator=LONDON,
        into=(node, as_user(node)),
        progress=lambda done, total: told.append((done, total)),
    )
    assert [outcome.error is None for outcome in outcomes] == [False, True]
    assert records(node) == 1
    assert told == [(1, 2), (2, 2)]


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    [outcome] = read_files("report", [str(tmp_path / "none.json")], originator=NOBODY)
    assert isinstance(outcome.error, FormatError)
    assert "none.json" in str(outcome.error)


def test_a_format_that_there_is_not_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such format"):
        read_files("xls", [str(write_report(tmp_path / "in"))], originator=NOBODY)


def test_without_a_node_files_are_only_checked_and_counted(tmp_path: Path) -> None:
    [outcome] = read_files("report", [str(write_report(tmp_path / "in"))], originator=NOBODY)
    assert (outcome.records, outcome.added, outcome.error) == (1, 0, None)


def test_an_auditor_adds_nothing(node: Node, tmp_path: Path) -> None:
    with pytest.raises(ForbiddenError):
        read(node, "report", write_report(tmp_path / "in"), AUDITOR)
    assert records(node) == 0


def test_a_guardian_adds_reports_but_puts_no_list_in_force(node: Node, tmp_path: Path) -> None:
    read(node, "report", write_report(tmp_path / "in"), GUARDIAN)
    with pytest.raises(ForbiddenError):
        read(node, "uk", write_list(tmp_path / "in", ["Ana Primer"]), GUARDIAN)
    assert lists.listed(node.store) == []


def test_a_report_may_not_name_a_human_source(node: Node, tmp_path: Path) -> None:
    outcome = read(node, "report", write_report(tmp_path / "in", informant="somebody"))
    assert outcome.error is not None
    assert "somebody" not in str(outcome.error)


def test_standard_input_is_read(node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = write_report(tmp_path / "in").read_bytes()

    class Typed:
        buffer = io.BytesIO(data)

    typed: Any = Typed()
    monkeypatch.setattr("sys.stdin", typed)
    [outcome] = read_files("report", ["-"], originator=LONDON, into=(node, as_user(node)))
    assert (outcome.file, outcome.added) == ("stdin", 1)
