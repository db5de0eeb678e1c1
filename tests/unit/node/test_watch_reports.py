"""The clock of EUROSUR reports: what is due when, what is late, what was sent, and that a rescue is over."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from headwater.errors import InputError
from headwater.exercise.river_night import write_night
from headwater.node import watch_alerts, watch_reports
from tests.watch_world import night

pytestmark = pytest.mark.slow


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    files = write_night(tmp_path, night())
    watch_alerts.raise_alerts(files["csv"], files["context"], tmp_path / "a.jsonl", drafts=tmp_path / "drafts")
    return tmp_path / "drafts"


def first_alert(drafts: Path) -> datetime:
    lines = (drafts.parent / "a.jsonl").read_text(encoding="utf-8").splitlines()
    return datetime.fromisoformat(json.loads(lines[0])["at"])


def test_each_first_report_has_24_hours_from_its_alert_and_is_late_after_them(drafts: Path) -> None:
    aware = first_alert(drafts)
    row, *_ = watch_reports.reports(drafts, aware + timedelta(hours=23))
    assert (row["kind"], row["late"], row["left_s"]) == ("first", False, 3600)
    row, *_ = watch_reports.reports(drafts, aware + timedelta(hours=24, seconds=1))
    assert row["late"]
    assert row["left_s"] == -1


def test_a_report_that_was_sent_in_time_is_never_late(drafts: Path) -> None:
    aware = first_alert(drafts)
    path = next(drafts.glob("*-eurosur.json"))
    watch_reports.mark_sent(path, aware + timedelta(hours=1))
    rows = watch_reports.reports(drafts, aware + timedelta(days=30))
    assert [row["late"] for row in rows if row["draft"] == path.name] == [False]
    assert json.loads(path.read_text(encoding="utf-8"))["draft"] is False
    with pytest.raises(InputError, match="sent before"):
        watch_reports.mark_sent(path, aware)


def test_what_was_sent_stands_behind_what_is_due(drafts: Path) -> None:
    aware = first_alert(drafts)
    before = [row["draft"] for row in watch_reports.reports(drafts, aware)]
    watch_reports.mark_sent(drafts / before[0], aware)
    assert [row["draft"] for row in watch_reports.reports(drafts, aware)] == [*before[1:], before[0]]


def test_the_closure_of_a_rescue_has_24_hours_from_its_end(drafts: Path) -> None:
    aware = first_alert(drafts)
    path = next(one for one in sorted(drafts.glob("*-eurosur.json")) if "crossing" not in one.name)
    ended = aware + timedelta(hours=2)
    made = watch_reports.close(path, ended, "rescued", ended + timedelta(hours=1))
    assert (made["kind"], made["left_s"], made["late"]) == ("closure", 23 * 3600, False)
    with pytest.raises(InputError, match="closed already"):
        watch_reports.close(path, ended, "rescued", ended)
    with pytest.raises(InputError, match="still to come"):
        watch_reports.close(path, ended, "rescued", aware)
    assert {row["kind"] for row in watch_reports.reports(drafts, ended)} == {"first", "closure"}


def test_a_folder_without_drafts_or_with_something_else_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="folder"):
        watch_reports.reports(tmp_path / "nothing", datetime.now(UTC))
    (tmp_path / "01-x-eurosur.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError):
        watch_reports.reports(tmp_path, datetime.now(UTC))
