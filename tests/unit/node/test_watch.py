"""Watching at a node: files to tracks and alerts, findings with their rows, people coarsened and gone after 72 hours."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from headwater.engines.watch.routes import RouteOptions
from headwater.engines.watch.tables import COLUMNS, detections_of
from headwater.errors import FormatError, NoBasisError, SchemaError
from headwater.exercise.river_night import write_night
from headwater.model.detections import GROUPS
from headwater.node import Node, watch_alerts, watch_keep, watch_read, watch_routes
from headwater.node.watch_detector import allowed_kinds
from headwater.testing.fakes import FakeClock
from tests.node_world import as_user, events
from tests.watch_world import night


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    return write_night(tmp_path, night())


@pytest.mark.parametrize("form", ["csv", "sapient"])
def test_alerts_are_written_with_drift_notice_map_and_drafts(files: dict[str, Path], tmp_path: Path, form: str) -> None:
    out, drawn, drafts = tmp_path / "a.jsonl", tmp_path / "m.svg", tmp_path / "drafts"
    done = watch_alerts.raise_alerts(
        files[form], files["context"], out, form="points" if form == "csv" else form, draw=drawn, drafts=drafts
    )
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert lines == done.alerts
    assert lines[0]["lane"] == "rescue"
    assert {"t_s", "lane", "kind", "x", "y", "score", "reasons", "evidence", "drift", "rescuer", "notice"} <= set(
        lines[0]
    )
    assert drawn.read_bytes().startswith(b"<svg")
    assert {path.suffix for path in drafts.iterdir()} == {".txt", ".json"}
    assert done.document()["alerts"] == len(lines)


def test_each_alert_is_on_the_disk_before_the_next_detection_is_looked_at(
    files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, synced, sync = tmp_path / "a.jsonl", list[int](), os.fsync

    def note(handle: int) -> None:
        synced.append(os.fstat(handle).st_size)
        sync(handle)

    monkeypatch.setattr(os, "fsync", note)
    watch_alerts.raise_alerts(files["csv"], files["context"], out)
    lines = out.read_bytes().splitlines(keepends=True)
    assert synced == [sum(map(len, lines[: at + 1])) for at in range(len(lines))] != []


def test_findings_rest_on_rows_of_the_kept_table(node: Node, files: dict[str, Path]) -> None:
    session = as_user(node)
    assert watch_keep.keep_file(node, session, "points", files["csv"], files["context"]) >= 1
    assert watch_keep.keep_file(node, session, "points", files["csv"], files["context"]) == 0
    with node.view(session) as view:
        finding = next(one for one in view.findings() if one.kind == "watch.rescue")
        table, _, row = finding.evidence[0].ref.partition("#")
        rows = list(detections_of(view.table_path(table)))  # type: ignore[arg-type] # a hash by construction
    assert int(row) < len(rows)
    assert len(events(node, "engine.run")) == 2


def test_people_are_coarsened_unless_a_rescue_rests_on_them(node: Node, files: dict[str, Path]) -> None:
    session = as_user(node)
    watch_keep.keep_file(node, session, "points", files["csv"], files["context"])
    with node.view(session) as view:
        [record] = view.records(source="detections")
        held = {
            int(one.ref.partition("#")[2])
            for found in view.findings()
            if found.kind == "watch.rescue"
            for one in found.evidence
        }
        rows = list(detections_of(view.table_path(record.tables[0])))
    people = [one for one in rows if one.kind in GROUPS]
    assert all(not one.is_coarse for one in people if one.row in held)
    assert {one.is_coarse for one in people} == {True, False}
    assert all(one.is_coarse for one in people if one.time_s >= 500.0)


def test_detections_of_people_are_gone_after_seventy_two_hours(
    node: Node, files: dict[str, Path], clock: FakeClock
) -> None:
    session = as_user(node)
    watch_keep.keep_file(node, session, "points", files["csv"], files["context"])
    with node.view(session) as view:
        [record] = view.records(source="detections")
    assert record.handling.retain_until is not None
    last = datetime.combine(record.handling.retain_until, datetime.min.time()).replace(tzinfo=clock.now().tzinfo)
    clock.move(last + timedelta(hours=23) - clock.now())
    with node.view(session) as view:
        assert len(list(view.records(source="detections"))) == 1
        assert list(view.findings())
    clock.move(last + timedelta(hours=25) - clock.now())
    with node.view(session) as view:
        assert list(view.records(source="detections")) == []
        assert list(view.findings()) == []


def test_a_kept_table_has_the_allowed_columns_and_no_other(node: Node, files: dict[str, Path]) -> None:
    import pyarrow.parquet as pq

    session = as_user(node)
    watch_keep.keep_file(node, session, "points", files["csv"], files["context"])
    with node.view(session) as view:
        [record] = view.records(source="detections")
        names = pq.read_schema(view.table_path(record.tables[0])).names
    assert tuple(names) == COLUMNS


def test_a_cut_sapient_file_keeps_the_messages_before_the_cut(files: dict[str, Path], tmp_path: Path) -> None:
    cut = tmp_path / "cut.sapient"
    cut.write_bytes(files["sapient"].read_bytes()[:1000])
    found = watch_read.read_messages("sapient", str(cut))
    assert found.messages
    assert all(one["ok"] for one in found.messages)
    assert found.error is not None
    assert found.error.where.offset is not None


def test_forecast_and_routes_say_what_they_need(files: dict[str, Path], tmp_path: Path) -> None:
    line = tmp_path / "line.geojson"
    line.write_text('{"type": "Point", "coordinates": [1, 2]}', encoding="utf-8")
    with pytest.raises(SchemaError, match="LineString"):
        watch_routes.forecast(files["csv"], line, tmp_path / "f", horizon_s=60.0)
    line.write_text(
        '{"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[-9e3, 80], [9e3, 80]]}}',
        encoding="utf-8",
    )
    done = watch_routes.forecast(files["csv"], line, tmp_path / "f.jsonl", horizon_s=300.0)
    rows = [json.loads(text) for text in (tmp_path / "f.jsonl").read_text(encoding="utf-8").splitlines()]
    assert done.tracks > 0
    assert all(set(row) == {"time", "track", "p", "t10", "t50", "t90"} for row in rows)
    with pytest.raises(FormatError, match="degrees"):
        watch_routes.routes(files["csv"], tmp_path / "r.json", RouteOptions())


@pytest.mark.parametrize("name", ["face", "License-Plate", "person_female", "re-id", "gender", "age"])
def test_a_detector_of_faces_plates_or_sexes_is_not_run(name: str) -> None:
    with pytest.raises(NoBasisError):
        allowed_kinds(["boat", name])


def test_a_detectors_other_classes_are_dropped_and_people_are_a_group() -> None:
    assert allowed_kinds(["boat", "person", "teddy bear", "truck"]) == ["boat", "person-group", None, "lorry"]
    with pytest.raises(SchemaError):
        allowed_kinds([])


def test_the_map_shows_boats_and_nobody_who_walks() -> None:
    ways = watch_alerts.open_ways(list(night().detections))
    assert any(len(places) > 50 for places in ways.values())
    walkers = [(one.x, one.y) for one in night().detections if one.x > 400.0 and one.y < -10.0]
    assert walkers
    assert not {place for places in ways.values() for place in places} & set(walkers)
