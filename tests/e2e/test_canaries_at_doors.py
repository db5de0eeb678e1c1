"""Canaries in whatever free text sensors, scanners and statistics bring along: none in an alert, picture, report, table or log line.

What a machine or an office writes beside its numbers may name people: an operator's remark, a tag of an image, a note under a
table. Nothing of it is read, so nothing of it may come out again, neither from a file nor from a node that has kept it.
"""

import csv
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from headwater.cli import main
from headwater.exercise.river_night import ORIGIN, START, river_night, write_night
from headwater.exercise.vehicles.scenes import Machine, make_scene, render
from headwater.formats.cot import CotEvent, write_event
from headwater.formats.sapient import HEAD, check_message, frame
from headwater.formats.sapient_write import alert_message, detection_message, status_message, uuid4_of
from headwater.formats.scan_write import neutral_tiff
from headwater.model.scan import ImageKind
from headwater.node.watch_journal import ALERTS, Journal
from headwater.node.watch_post import LivePost
from headwater.node.watch_relay import CotClient, Hub, SapientClient, as_event
from headwater.testing.fakes import FakeClock
from tests.e2e.test_canaries import canary, everything, found_in, pattern
from tests.node_world import AUDITOR, WRITER, init
from tests.watch_world import night

__all__ = ["pattern"]  # a fixture
pytestmark = pytest.mark.e2e
COARSE = Machine(name="test", mm=10.0)

Say = Callable[..., None]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return init(tmp_path / "uk")


@pytest.fixture
def said() -> list[bytes]:
    """All that commands have said."""
    return []


@pytest.fixture
def say(said: list[bytes], capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch) -> Say:
    """Run a command as a person does; it must do what it is told."""
    for name in ("HEADWATER_HOME", "HEADWATER_USER", "HEADWATER_PURPOSE"):
        monkeypatch.delenv(name, raising=False)

    def run(*words: str | Path) -> None:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        out, err = capfdbinary.readouterr()
        said.extend((out, err))
        assert not ended.value.code, err.decode()

    return run


def leaks(folder: Path, said: Sequence[bytes], pattern: re.Pattern[str]) -> dict[str, list[str]]:
    """Every file below a folder, and every answer, in which a canary stands, in its name or inside."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if hits := found_in(name.encode(), pattern) + (found_in(path.read_bytes(), pattern) if path.is_file() else []):
            found[name] = hits[:3]
    for each in said:
        if hits := found_in(each, pattern):
            found[each[:60].decode("utf-8", "replace")] = hits[:3]
    return found


def words() -> Iterator[str]:
    """Names, aliases, days of birth, numbers and addresses of protected persons, one after another without end."""
    all_of_them = everything()
    at = 0
    while True:
        yield all_of_them[at % len(all_of_them)]
        at += 1


# Sensors


def messages() -> list[bytes]:
    """A night at the river as SAPIENT, with a canary in every text that a report may bring along and that nobody asked for."""
    draw = words()
    found = [status_message(uuid4_of(name), START, (ORIGIN.lon, ORIGIN.lat)) for name in ("radar", "camera")]
    for one in night().detections:
        plain = detection_message(one, uuid4_of(one.sensor), START + timedelta(seconds=one.time_s), ORIGIN)
        message: Any = check_message(plain).message
        report = message.detection_report
        for kind in ("name", "remark", "plate", "language"):
            info = report.object_info.add()
            info.type, info.value = kind, next(draw)
        file = report.associated_file.add()
        file.type, file.url = "image", f"https://sensor.example/{next(draw)}.jpg"
        report.state = next(draw)
        found.append(message.SerializeToString())
    return found


class Wire:
    """Keeps what a server writes to one client."""

    def __init__(self) -> None:
        self.written = bytearray()

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        pytest.fail("the relay hung up")

    close = abort


def test_what_a_relay_sends_and_writes_of_its_alerts_holds_no_canary(tmp_path: Path, pattern: re.Pattern[str]) -> None:
    given = messages()
    assert len(found_in(b"".join(given), pattern)) > 1_000  # the look itself finds what was planted
    clock = FakeClock(START)
    post = LivePost(night().context, Journal(tmp_path / "post", clock), clock)
    hub = Hub(post)
    cot, edge, boss = Wire(), Wire(), Wire()
    CotClient(hub).connection_made(cot)  # type: ignore[arg-type] # as much of a transport as they use
    sender = SapientClient(hub)
    sender.connection_made(edge)  # type: ignore[arg-type]
    fusion = SapientClient(hub)
    fusion.connection_made(boss)  # type: ignore[arg-type]
    hub.fusion.add(fusion)
    for message in given:
        sender.data_received(frame(message))
    late = Wire()
    CotClient(hub).connection_made(late)  # type: ignore[arg-type]
    alerts = post.standing()
    assert alerts
    assert post.counts.rejected == 0
    assert cot.written
    assert boss.written
    assert late.written
    told = [as_event(alert) for alert in alerts] + [alert_message(post.node, clock.now(), alert) for alert in alerts]
    sent = [bytes(wire.written) for wire in (cot, boss, late)]
    # An edge is answered with its own message and what is wrong with it: in the words about it there is nothing of the message.
    sent += ["; ".join(answer.message.error.error_message).encode() for answer in answers(bytes(edge.written))]
    summary = json.dumps([alerts, post.document()], default=str).encode()
    # The journal of reports holds them as they came, for 72 hours and for its own post: that of alerts is told on.
    kept = [
        (tmp_path / "post" / name).read_bytes()
        for name in (ALERTS, "arrivals.jsonl")
        if (tmp_path / "post" / name).exists()
    ]
    assert kept
    assert [hits for each in (*told, *sent, summary, *kept) if (hits := found_in(each, pattern))] == []


def answers(stream: bytes) -> list[Any]:
    """The messages in what was written to a SAPIENT client."""
    found, at = [], 0
    while at < len(stream):
        (size,) = HEAD.unpack_from(stream, at)
        found.append(check_message(stream[at + HEAD.size : at + HEAD.size + size]))
        at += HEAD.size + size
    return found


@pytest.fixture
def sensed(tmp_path: Path) -> dict[str, Path]:
    """Files of the same night: SAPIENT with canaries, the context, CoT with canaries in remarks and call signs."""
    folder = tmp_path / "in"
    folder.mkdir()
    files = write_night(folder, river_night())
    files["sapient"].write_bytes(b"".join(frame(message) for message in messages()))
    draw = words()
    files["cot"] = folder / "river.cot"
    events = []
    for at, one in enumerate(night().detections):
        moment = START + timedelta(seconds=one.time_s)
        lon, lat = ORIGIN.to_degrees(one.x, one.y)
        kind = {"boat": "a-u-S", "person-group": "a-u-G-U", "vehicle": "a-u-G-E-V"}.get(one.kind, "a-u-G")
        event = CotEvent(f"thing-{at}", kind, moment, moment, moment + timedelta(minutes=5), "m-r", lat, lon, 10.0)
        events.append(write_event(event, next(draw)))
    files["cot"].write_bytes(b"\n".join(events))
    return files


def test_what_watching_writes_holds_no_canary_and_neither_does_the_node(
    sensed: dict[str, Path], home: Path, tmp_path: Path, say: Say, said: list[bytes], pattern: re.Pattern[str]
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    context, who = ("--context", sensed["context"]), ("--home", home, "--user", WRITER, "--purpose", "border-safety")
    for form in ("sapient", "cot"):
        assert found_in(sensed[form].read_bytes(), pattern)
        asked = ("watch", "alert", sensed[form], "--as", form, *context, "--json")
        say(
            *asked,
            "--out",
            out / f"{form}.jsonl",
            "--map",
            out / f"{form}.svg",
            "--drafts",
            out / f"{form}-drafts",
            *who,
        )
        say("watch", "share", sensed[form], "--as", form, *context, "--out", out / f"{form}-tracks.json", "--json")
        say("watch", "routes", sensed[form], "--as", form, *context, "--out", out / f"{form}-routes", "--json")
    say("findings", "list", "--json", *who)
    say("audit", "show", "--last", "10000", "--json", "--home", home, "--user", AUDITOR, "--purpose", "audit")
    assert len([path for path in out.rglob("*") if path.is_file()]) >= 8
    assert leaks(out, said, pattern) == {}
    assert leaks(home, (), pattern) == {}, "the node keeps detections, not what stood beside them"


# Scans


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    """Two passes of a van with a person in it, as an operational portal has them, a canary in every text of side-car and tags."""
    folder = tmp_path / "scans"
    folder.mkdir()
    draw, told = np.random.default_rng(53), words()
    for name in ("van.tif", "before.tif"):
        made = render(make_scene("van", draw, COARSE, loaded="empty", item="person"), COARSE, draw)
        meta = replace(made.meta, image_kind=ImageKind.OPERATIONAL, plate="ZZ00TST")
        more = {name: next(told) for name in ("operator", "driver", "passenger", "remark", "manifest")}
        (folder / name).write_bytes(neutral_tiff(made.pixels, meta, **more))
    return folder


def test_what_scanning_writes_holds_no_canary_and_neither_do_findings_and_pages(
    scans: Path, home: Path, tmp_path: Path, say: Say, said: list[bytes], pattern: re.Pattern[str]
) -> None:
    assert found_in((scans / "van.tif").read_bytes(), pattern)
    out = tmp_path / "out"
    out.mkdir()
    who = ("--home", home, "--user", WRITER, "--purpose", "border-safety")
    say("scan", "read", scans, "--json")
    say("scan", "detect", scans / "van.tif", "--fa", "0.5", "--out", out / "found.jsonl", "--overlay", out / "pictures", "--tdr", out / "reports", *who, "--json")  # fmt: skip
    say("scan", "material", scans / "van.tif", "--out", out / "material.tif", "--json")
    say(
        "scan",
        "compare",
        scans / "van.tif",
        "--reference",
        scans / "before.tif",
        "--overlay",
        out / "compared",
        "--json",
    )
    say("findings", "list", "--json", *who)
    say("audit", "show", "--last", "10000", "--json", "--home", home, "--user", AUDITOR, "--purpose", "audit")
    names = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert {"found.jsonl", "pictures/van.png", "reports/van.tdr.dcs", "material.tif"} <= names
    assert (out / "found.jsonl").read_bytes().strip(), "it found something"
    assert leaks(out, said, pattern) == {}
    seen = pages(home, out, ("/scans", "/alerts", "/queue", "/map"))
    assert seen > 4
    assert leaks(out, said, pattern) == {}


def pages(home: Path, out: Path, starts: Sequence[str]) -> int:
    """Open pages and what they lead to on the page of a node, keep all that was answered, and tell how much that was."""
    from headwater.node import Node
    from tests.page_world import browser

    kept = 0
    with Node.open(home, {}) as node:
        reader = browser(node, WRITER, "border-safety")
        waiting, seen = list(starts), set[str]()
        while waiting and kept < 40:
            where = waiting.pop(0)
            if where in seen:
                continue
            seen.add(where)
            answer = reader.get(where)
            (out / f"page-{kept}").write_bytes(answer.data + str(answer.headers).encode())
            kept += 1
            if answer.status == 200 and "html" in answer.headers.get("content-type", ""):
                waiting += re.findall(r'(?:href|src)="(/(?:scans|findings|figures)/[^"#]*)"', answer.text)
                waiting += [f"{where}?format=json"] if "?" not in where else []
    return kept


# Figures


def test_what_figures_write_holds_no_canary(
    home: Path, tmp_path: Path, say: Say, said: list[bytes], pattern: re.Pattern[str]
) -> None:
    told, out = words(), tmp_path / "out"
    out.mkdir()
    wide, long = tmp_path / "wide.csv", tmp_path / "long.csv"
    months = [f"{year}-{month:02}" for year in (2022, 2023, 2024) for month in range(1, 13)]
    with wide.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow([f"Remarks of {next(told)}"])
        rows.writerow(["period", "arrivals", "returns", "remarks"])
        # A remark with a digit in it would be read for a count, and is refused: the last test.
        rows.writerows([month, 1000 + 17 * at, 400 + 3 * at, canary(at, "name")] for at, month in enumerate(months))
    with long.open("w", encoding="utf-8", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["period", "series", "value", "note"])
        rows.writerows([month, "claims", 300 + at, next(told)] for at, month in enumerate(months))
        rows.writerow(["", f"Note: {next(told)}", "", ""])
    who = ("--home", home, "--user", WRITER)
    for form, file in (("csv-wide", wide), ("csv-long", long)):
        assert found_in(file.read_bytes(), pattern)
        say("figures", "import", form, file, "--source", "office", "--seen-on", "2025-01-20", *who, "--json")
    for series in ("office.arrivals", "office.claims"):
        short = series.rpartition(".")[2]
        say("figures", "show", series, "--period", "2024-03", *who, "--json")
        say("figures", "chart", series, "--out", out / f"{short}.svg", *who, "--json")
        for ending in ("csv", "ods"):
            say("figures", "table", series, "--out", out / f"{short}.{ending}", *who, "--json")
    say(
        "figures",
        "claim",
        "--number",
        "1000",
        "--word",
        "arrivals",
        "--about",
        "office.arrivals",
        "--period",
        "2022-01",
        *who,
        "--json",
    )
    say("audit", "show", "--last", "10000", "--json", "--home", home, "--user", AUDITOR, "--purpose", "audit")
    assert {path.suffix for path in out.iterdir()} >= {".svg", ".csv", ".ods"}
    assert leaks(out, said, pattern) == {}
    assert pages(home, out, ("/figures",)) > 2
    assert leaks(out, said, pattern) == {}


def test_a_refusal_of_a_table_of_figures_does_not_repeat_what_stands_in_it(
    home: Path, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes], pattern: re.Pattern[str]
) -> None:
    for field in ("name", "alias", "contact", "address"):
        for form, header, row in (
            ("csv-wide", "period,arrivals", "2024-01,{}"),
            ("csv-long", "period,series,value", "2024-01,claims,{}"),
        ):
            file = tmp_path / "bad.csv"
            file.write_text(f"{header}\n{row.format(canary(5, field))}\n", encoding="utf-8")
            with pytest.raises(SystemExit) as ended:
                main(
                    [
                        "figures",
                        "import",
                        form,
                        str(file),
                        "--source",
                        "office",
                        "--home",
                        str(home),
                        "--user",
                        WRITER,
                        "--json",
                    ]
                )
            assert ended.value.code == 65
            out, err = capfdbinary.readouterr()
            assert b"line 2" in err
            assert (found_in(out, pattern), found_in(err, pattern)) == ([], [])


def test_the_look_finds_each_kind_of_canary(pattern: re.Pattern[str]) -> None:
    for field in ("name", "alias", "contact", "address"):
        assert found_in(f"…{canary(3, field)}…".encode(), pattern), field
