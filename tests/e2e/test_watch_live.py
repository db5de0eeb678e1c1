"""A live session between processes: sensors speak SAPIENT, a node alerts and relays CoT; killed half way, it loses no alert."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from headwater.exercise.river_night import ORIGIN, START, write_night
from headwater.formats.cot import CotStream, read_event
from headwater.formats.sapient import check_message, frame
from headwater.formats.sapient_write import detection_message, uuid4_of
from headwater.model.detections import Detection
from headwater.node.watch_edge import SapientEdge
from tests.watch_world import alerts_of, by_cameras, night, stands

pytestmark = pytest.mark.e2e
WAIT_S = 60.0


@contextmanager
def relay(folder: Path, context: Path) -> Iterator[tuple["subprocess.Popen[str]", int, int]]:
    """A post as a process of its own: the process, its SAPIENT port and its CoT port."""
    words = [sys.executable, "-m", "headwater", "watch", "relay", "--sapient-port", "0", "--cot-port", "0"]
    process = subprocess.Popen(
        [*words, "--context", str(context), "--dir", str(folder), "--json"],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    try:
        assert process.stderr is not None
        told = process.stderr.readline()
        assert told.startswith("listening"), told
        ports = {part.split("=")[0]: int(part.rpartition(":")[2]) for part in told.split()[1:]}
        yield process, ports["sapient"], ports["cot"]
    finally:
        process.kill()
        process.communicate()


def events(port: int, wanted: int) -> list[str]:
    """The uids of the first events that a CoT client gets, after a word of its own."""
    found: list[str] = []
    stream = CotStream()
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as line:
        while len(found) < wanted:
            data = line.recv(65_536)
            assert data, "the relay hung up"
            found += [read_event(part).uid for part in stream.feed(data)]
    return found


def test_killed_and_restarted_half_way_a_post_loses_no_alert(tmp_path: Path) -> None:
    scene = night()
    context = write_night(tmp_path, scene)["context"]
    expected = alerts_of(tuple(one for one in scene.detections))
    messages = [
        detection_message(one, uuid4_of(one.sensor), START + timedelta(seconds=one.time_s), ORIGIN)
        for one in scene.detections
    ]
    first_row = max(expected[0].evidence)
    journal = tmp_path / "post"
    with relay(journal, context) as (process, sapient, cot):
        with (
            SapientEdge("127.0.0.1", sapient, "edge") as edge,
            SapientEdge("127.0.0.1", sapient, "boss", fusion=True) as boss,
        ):
            assert edge.accepted
            edge.send(messages[: first_row + 1])
            told = boss.receive()
            assert told.content == "alert"
            assert told.ok, told.errors
            before = events(cot, 1)
            edge.send([*messages[first_row + 1 : first_row + 40], b"no message"])
            assert edge.receive().content == "error"
        process.send_signal(signal.SIGKILL)
        process.wait()
    with (journal / "detections.sapient").open("ab") as torn:
        torn.write(b"\x10\x00\x00\x00half")
    with relay(journal, context) as (process, sapient, cot):
        with SapientEdge("127.0.0.1", sapient, "edge") as edge:
            edge.send(messages[first_row + 40 :])
            after = events(cot, len(expected))
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=WAIT_S)
    assert after[0] == before[0]
    assert len(after) == len(set(after)) == len(expected)
    assert json.loads(out)["rejected"] == 0
    lines = [json.loads(line) for line in (journal / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [one["id"] for one in lines] == after
    assert [one["lane"] for one in lines] == [one.lane for one in expected]


def test_ten_times_the_load_loses_no_report_and_no_alert(tmp_path: Path) -> None:
    scene = night()
    context = write_night(tmp_path, scene)["context"]
    expected = alerts_of(tuple(scene.detections))
    messages = [
        detection_message(one, uuid4_of(one.sensor), START + timedelta(seconds=one.time_s), ORIGIN)
        for one in scene.detections
    ]
    far = [
        Detection(row=at, time_s=scene.detections[at % len(scene.detections)].time_s, sensor="sea", x=20_000.0 + at, y=-20_000.0, sure=0.2)
        for at in range(10 * len(messages))
    ]  # fmt: skip
    noise = [detection_message(one, uuid4_of("sea"), START + timedelta(seconds=one.time_s), ORIGIN) for one in far]
    journal = tmp_path / "post"
    with relay(journal, context) as (process, sapient, cot):
        with SapientEdge("127.0.0.1", sapient, "sea") as sea, SapientEdge("127.0.0.1", sapient, "edge") as edge:
            for at in range(len(messages)):
                sea.send(noise[10 * at : 10 * at + 10])
                edge.send(messages[at : at + 1])
            uids = events(cot, len(expected))
            deadline = time.monotonic() + WAIT_S
            whole = sum(len(frame(one)) for one in (*messages, *noise))
            while (journal / "detections.sapient").stat().st_size < whole:
                assert time.monotonic() < deadline, "not every report is in the journal"
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=WAIT_S)
    told = json.loads(out)
    assert told["detections"] == 11 * len(messages)
    assert (told["rejected"], told["doubled"], told["alerts"]) == (0, 0, len(expected))
    assert len(set(uids)) == len(expected)


def test_bearings_from_two_cameras_call_rescue_over_tcp_also_after_a_kill(tmp_path: Path) -> None:
    scene = night()
    context = write_night(tmp_path, scene)["context"]
    messages = [*stands(), *by_cameras()]
    half = len(messages) // 3
    journal = tmp_path / "post"
    with relay(journal, context) as (process, sapient, _):
        with SapientEdge("127.0.0.1", sapient, "edge") as edge:
            edge.send(messages[:half])
            edge.send([b"no message"])
            assert edge.receive().content == "error"  # by now everything before it is in the journal
        process.send_signal(signal.SIGKILL)
        process.wait()
    with relay(journal, context) as (_, sapient, cot), SapientEdge("127.0.0.1", sapient, "edge") as edge:
        edge.send(messages[half:])
        assert events(cot, 1)
    first = json.loads((journal / "alerts.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert first["lane"] == "rescue"
    assert scene.middle_s is not None
    assert first["t_s"] <= scene.middle_s


def test_events_reach_every_other_client_and_a_bad_one_ends_nothing(tmp_path: Path) -> None:
    good = (
        '<event version="2.0" uid="EX-{n}" type="a-f-S" time="2026-01-01T00:00:00Z" start="2026-01-01T00:00:00Z"'
        ' stale="2026-01-01T00:05:00Z" how="m-g"><point lat="44" lon="19" hae="0" ce="1" le="1"/><detail/></event>'
    )
    context = write_night(tmp_path, night())["context"]
    with relay(tmp_path / "post", context) as (_, sapient, cot):
        with (
            socket.create_connection(("127.0.0.1", cot)) as sender,
            socket.create_connection(("127.0.0.1", cot)) as reader,
        ):
            reader.settimeout(WAIT_S)
            sender.sendall(good.format(n=0).encode())
            sender.sendall(b"<!DOCTYPE x><event></event>")
            sender.sendall("".join(good.format(n=n) for n in range(1, 500)).encode())
            stream, found = CotStream(), list[str]()
            while len(found) < 500 and (data := reader.recv(65_536)):
                found += [read_event(part).uid for part in stream.feed(data)]
        assert found == [f"EX-{n}" for n in range(500)]
        with socket.create_connection(("127.0.0.1", sapient)) as line:
            line.settimeout(WAIT_S)
            line.sendall((2_000_000).to_bytes(4, "little"))
            assert line.recv(10) == b""


def test_what_an_edge_node_sends_is_valid() -> None:
    scene = night()
    one = scene.detections[0]
    assert check_message(detection_message(one, uuid4_of("x"), START, ORIGIN)).ok
