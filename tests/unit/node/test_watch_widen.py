"""Widening: who, why, until when; seen by those named alone; gone when the clock says so, from the view and from the disk."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from headwater.engines.watch.tables import detections_of
from headwater.errors import ForbiddenError, NoBasisError, SchemaError
from headwater.exercise.river_night import write_night
from headwater.model.detections import GROUPS
from headwater.model.finding import Finding
from headwater.node import Node, watch_keep, watch_widen
from headwater.policy.session import Session
from headwater.testing.fakes import FakeClock
from tests.node_world import GUARDIAN, SUPERVISOR, WRITER, as_user, events
from tests.watch_world import night

pytestmark = pytest.mark.slow

WHY = "the search for the boat goes on"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    return write_night(tmp_path, night())


@pytest.fixture
def rescue(node: Node, files: dict[str, Path]) -> Finding:
    """The rescue finding of the night, kept at a node as the rule says."""
    watch_keep.keep_file(node, as_user(node), "points", files["csv"], files["context"])
    with node.view(as_user(node)) as view:
        return next(one for one in view.findings() if one.kind == "watch.rescue")


def widened(node: Node, finding: Finding, files: dict[str, Path], **more: object) -> dict[str, object]:
    values: dict[str, object] = {"until": node.clock.now().date() + timedelta(days=10), "why": WHY, **more}
    return watch_widen.widen(node, as_user(node, SUPERVISOR), finding.id, files["context"], **values)  # type: ignore[arg-type] # spelt out above


def people(node: Node, session: Session) -> list[tuple[int, int]]:
    """How many detections of people each table has that a session sees, and how many of them are exact."""
    found = []
    with node.view(session) as view:
        for record in view.records(source="detections"):
            rows = [
                one for table in record.tables for one in detections_of(view.table_path(table)) if one.kind in GROUPS
            ]
            found.append((len(rows), sum(not one.is_coarse for one in rows)))
    return sorted(found)


def to_day(clock: FakeClock, day: date) -> None:
    """Move the clock to noon of a day."""
    clock.move(timedelta(days=(day - clock.now().date()).days))


def test_a_widening_is_in_the_ledger_with_who_why_and_until_when(
    node: Node, rescue: Finding, files: dict[str, Path]
) -> None:
    made = widened(node, rescue, files, readers=[WRITER])
    [event] = events(node, "watch.widened")
    assert (event.who, event.subject, event.purpose) == (SUPERVISOR, made["record"], "oic")
    assert event.detail["why"] == WHY
    assert event.detail["until"] == made["until"]
    assert event.detail["finding"] == rescue.id
    assert event.detail["readers"] == ", ".join(sorted([SUPERVISOR, WRITER]))


def test_longer_is_seen_by_those_named_alone_and_until_the_day_alone(
    node: Node, rescue: Finding, files: dict[str, Path], clock: FakeClock
) -> None:
    narrow = people(node, as_user(node))
    until = node.clock.now().date() + timedelta(days=10)
    widened(node, rescue, files, until=until)
    assert people(node, as_user(node, SUPERVISOR)) == sorted(narrow * 2)
    assert people(node, as_user(node)) == narrow
    to_day(clock, clock.now().date() + timedelta(days=4))  # the 72 hours are over
    assert people(node, as_user(node)) == []
    assert people(node, as_user(node, SUPERVISOR)) == narrow
    to_day(clock, until)
    assert people(node, as_user(node, SUPERVISOR)) == narrow
    with node.view(as_user(node, SUPERVISOR)) as view:
        assert any(one.kind == "watch.rescue" for one in view.findings())
    to_day(clock, until + timedelta(days=1))
    assert people(node, as_user(node, SUPERVISOR)) == []
    with node.view(as_user(node, SUPERVISOR)) as view:
        assert list(view.findings()) == []


def test_finer_takes_the_sensors_own_file_and_shows_people_as_they_were_seen(
    node: Node, rescue: Finding, files: dict[str, Path]
) -> None:
    [(count, exact)] = people(node, as_user(node))
    made = widened(node, rescue, files, exact=(files["sapient"], "sapient"), readers=[WRITER])
    fine = max(people(node, as_user(node)), key=lambda one: one[1])
    assert exact < fine[1] == made["exact"]
    assert fine[0] == count


def test_a_file_of_another_night_opens_nothing(
    node: Node, rescue: Finding, files: dict[str, Path], tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    quiet = write_night(other, night(boat=False))
    with pytest.raises(NoBasisError, match="not of this case"):
        widened(node, rescue, files, exact=(quiet["csv"], "points"))
    assert events(node, "watch.widened") == []


def test_only_a_supervisor_widens_and_only_a_rescue_case(node: Node, rescue: Finding, files: dict[str, Path]) -> None:
    until = node.clock.now().date()
    for user in (WRITER, GUARDIAN):
        with pytest.raises(ForbiddenError):
            watch_widen.widen(node, as_user(node, user), rescue.id, files["context"], until=until, why=WHY)
    with node.view(as_user(node)) as view:
        border = next(one for one in view.findings() if one.kind == "watch.border")
    with pytest.raises(NoBasisError, match="rescue case"):
        widened(node, border, files)


@pytest.mark.parametrize(("more", "where"), [
    ({"why": "  "}, "--why"), ({"why": "x" * 501}, "--why"), ({"until": date(2026, 11, 24)}, "--until"), ({"until": date(2027, 1, 1)}, "--until"),
])  # fmt: skip
def test_no_reason_or_no_sensible_end_widens_nothing(
    node: Node, rescue: Finding, files: dict[str, Path], more: dict[str, object], where: str
) -> None:
    with pytest.raises(SchemaError, match=where):
        widened(node, rescue, files, **more)
    assert events(node, "watch.widened") == []


def test_what_has_ended_is_erased_from_the_disk_with_its_findings_and_the_store_stays_whole(
    node: Node, rescue: Finding, files: dict[str, Path], clock: FakeClock
) -> None:
    tables = node.home / "tables"
    widened(node, rescue, files)
    assert len(list(tables.iterdir())) == 1  # longer alone needs no other bytes
    widened(node, rescue, files, exact=(files["csv"], "points"))
    assert len(list(tables.iterdir())) == 2
    session = as_user(node, SUPERVISOR)
    assert watch_keep.expire(node, session) == 0
    clock.move(timedelta(days=4))
    assert watch_keep.expire(node, session) == 0  # the widened record still holds the same table
    assert len(list(tables.iterdir())) == 2
    with node.view(session) as view:
        assert any(one.kind == "watch.rescue" for one in view.findings())
    clock.move(timedelta(days=8))
    watch_keep.expire(node, session)
    assert list(tables.iterdir()) == []
    with node.store.snapshot() as snapshot:
        assert list(snapshot.findings()) == []
    assert watch_keep.expire(node, session) == 0
    assert len(events(node, "watch.expired")) == 3
    assert node.store.check() == []
    assert node.store.verify_ledger() == []


def test_people_seen_over_72_hours_ago_are_not_taken_in_and_boats_still_call_rescue(
    node: Node, files: dict[str, Path], clock: FakeClock
) -> None:
    clock.move(timedelta(days=40))
    assert watch_keep.keep_file(node, as_user(node), "points", files["csv"], files["context"]) >= 1
    assert people(node, as_user(node)) == [(0, 0)]
    with node.view(as_user(node)) as view:
        [record] = view.records(source="detections")
        assert record.handling.retain_until is None
        assert any(one.kind == "watch.rescue" for one in view.findings())
    [event] = events(node, "store.read")
    assert event.detail["left_out"] == sum(one.kind in GROUPS for one in night().detections)
