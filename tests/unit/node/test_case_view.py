"""The timeline of a case: payments beside watch's corridors and alerts, scans and tables, without those who may need help."""

import json
from pathlib import Path

import pytest

from headwater.engines.trace.pictures import MOST_LISTED, Moment, timeline
from headwater.errors import FormatError, InputError
from headwater.node.case_view import case_timeline

DAY = "2025-03-04"
FINDING = {
    "typology": "corridor-fan-in", "subjects": ["HUB"], "first": f"{DAY}T10:00:00Z", "last": "2025-03-20T10:00:00Z",
    "text": "20 payers sent money into HUB", "protecting": False,
}  # fmt: skip
ALERT = {
    "lane": "border",
    "kind": "border-crossing",
    "at": "2025-03-06T04:00:00Z",
    "lat": 50.98,
    "lon": 1.95,
    "score": 0.8,
}
SCAN = {
    "file": "van.dcs", "taken_at": "2025-03-05T09:00:00+01:00",
    "alarms": [{"kind": "boat", "queue": "search"}, {"kind": "person", "queue": "rescue"}],
}  # fmt: skip
ROUTES = {
    "options": {"base_until_s": 3600.0}, "start": "2025-03-05T00:00:00Z", "corridors": [], "links": [],
    "stops": [{"begin_s": 7200.0, "end_s": 14400.0, "lat": 50.9, "lon": 1.8, "track": 0}],
    "changes": [{"h3": "88194", "before_per_day": 0.1, "after_per_day": 4.0}],
}  # fmt: skip


def put(folder: Path, name: str, *lines: object) -> str:
    path = folder / name
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    return str(path)


def test_payments_corridors_scans_and_crossings_stand_on_one_line_of_time(tmp_path: Path) -> None:
    findings = put(tmp_path, "f.jsonl", FINDING)
    crossings = tmp_path / "crossings.csv"
    crossings.write_text("id,time,lat,lon\nX1,2025-03-06T05:00:00Z,50.98,1.95\nX2,2027-01-01T05:00:00Z,50.98,1.95\n")
    crossings.write_text(crossings.read_text().replace("2027", "2023"))
    hires = tmp_path / "hires.csv"
    head = "id,start,end,hirer,vehicle,plate\n"
    hires.write_text(f"{head}H1,{DAY}T01:00:00Z,,HUB,V1,EX 1\nH2,{DAY}T01:00:00Z,,SOMEBODY,V2,EX 2\n")
    files = [
        str(crossings), str(hires), put(tmp_path, "alerts.jsonl", ALERT), put(tmp_path, "scans.jsonl", SCAN),
        put(tmp_path, "routes.json", ROUTES),
    ]  # fmt: skip
    out = tmp_path / "case.svg"
    assert case_timeline(Path(findings), files, "HUB", out) == 8
    drawn = out.read_text(encoding="utf-8")
    for lane in ("payment (2)", "hire (1)", "corridor (2)", "crossing (2)", "scan (1)"):
        assert lane in drawn
    for words in (
        "2025-03-05  scan: scan of van.dcs: boat",
        "a vehicle stops at 50.900 N",
        "from 0.1 to 4.0 passages",
        "X1: ",
    ):
        assert words in drawn
    assert "X2" not in drawn, "two years away"
    assert "H2" not in drawn, "of somebody whom no finding names"
    assert "<script" not in drawn


def test_those_who_may_need_help_are_no_mark_on_the_line(tmp_path: Path) -> None:
    lines = [FINDING, {**FINDING, "typology": "ransom", "protecting": True, "text": "families pay again"}]
    findings = put(tmp_path, "f.jsonl", *lines)
    rescue = put(tmp_path, "rescue.jsonl", {**ALERT, "lane": "rescue", "kind": "persons-in-water"})
    person = put(tmp_path, "person.jsonl", SCAN)
    out = tmp_path / "case.svg"
    case_timeline(Path(findings), [rescue, person], None, out)
    drawn = out.read_text(encoding="utf-8")
    assert "crossing" not in drawn
    assert "person" not in drawn
    assert "families" not in drawn


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.jsonl", {"lane": "border"}),
        ("x.json", {"corridors": []}),
        ("x.json", {**ROUTES, "start": None}),
        ("x.jsonl", [1]),
        ("x.csv", {}),
    ],
)
def test_what_neither_watch_nor_scan_wrote_is_refused(name: str, content: object, tmp_path: Path) -> None:
    findings = put(tmp_path, "f.jsonl", FINDING)
    with pytest.raises(InputError):
        case_timeline(Path(findings), [put(tmp_path, name, content)], None, tmp_path / "case.svg")
    assert not (tmp_path / "case.svg").exists()


def test_what_is_no_finding_is_refused_by_its_line(tmp_path: Path) -> None:
    findings = put(tmp_path, "f.jsonl", FINDING, {"kind": "x"})
    with pytest.raises(FormatError, match="line 2"):
        case_timeline(Path(findings), [], None, tmp_path / "case.svg")


def test_a_long_timeline_tells_the_first_in_words_and_counts_the_rest() -> None:
    drawn = timeline("T", [Moment(at * 10**12, "payment", f"moment {at}") for at in range(MOST_LISTED + 7)])
    assert f"{MOST_LISTED}  " in drawn
    assert "and 7 more" in drawn
    assert drawn.count("<circle") == MOST_LISTED + 7
