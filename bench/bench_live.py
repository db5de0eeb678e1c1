"""Measure live pages: the CPU of a served node with many open streams, and how long news takes to reach all of them.

    python bench/bench_live.py [--streams 200] [--users 20] [--seconds 30] [--played FOLDER]

A node is served as a process of its own, from the London that the exercise left (played first, where no folder is named). Officers
sign in, and between them open so many streams of events, as so many browsers would: a browser opens one, however many tabs it has.
CPU is what the kernel counts for the process, at rest and while a rescue alert is kept every five seconds; an alert is late from
the moment it is durable until a stream has been told. The last line is the document that bench/run.py reads.
"""

import argparse
import json
import os
import selectors
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench import web_things
from headwater.model.finding import Evidence
from headwater.model.ids import RecordId
from headwater.node import Node, findings, signin, users
from headwater.node.users import User
from headwater.web.app import Address, page_app
from tests import picture_world
from tests.e2e.page_process import houses

AT_REST_S, LATE_S = 0.10, 2.0
"""Share of a core that 200 streams may take, and how late an alert may be."""
EVERY_S = 5.0
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """CPU seconds that a process has used, its threads' too."""
    told = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / TICKS


def sign_in(home: Path, officers: int, streams: int) -> tuple[int, str, list[str]]:
    """Add officers and sign each in so often; return the page's port, the cookie's name and the tokens."""
    with Node.open(home, {}) as node:
        address = node.settings.page_address
        assert address is not None
        admin = node.session(web_things.OFFICER, "operation")
        names = [f"live-{number}" for number in range(officers)]
        for name in names:
            users.add(node.store, admin, User(name, frozenset({"analyst", "liaison"})))
        cookie = page_app(node, Address(host=address[0], port=address[1])).site.cookie
        tokens = [signin.redeem(node, signin.ticket(node, names[one % officers]), "oic") for one in range(streams)]
    return address[1], cookie, tokens


def opened(port: int, cookie: str, token: str) -> socket.socket:
    """Open a stream."""
    line = socket.create_connection(("127.0.0.1", port), timeout=30)
    head = f"GET /events HTTP/1.1\r\nHost: localhost:{port}\r\nCookie: {cookie}={token}\r\nAccept: text/event-stream\r\n\r\n"
    line.sendall(head.encode())
    line.setblocking(False)
    return line


def hear(waiting: selectors.BaseSelector, seconds: float, word: bytes = b"event: beat") -> dict[int, float]:
    """Read from all streams for a while, and return when each was first told."""
    told: dict[int, float] = {}
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        for key, _ in waiting.select(left):
            data = key.fileobj.recv(65_536)  # type: ignore[union-attr]
            if word in data:
                told.setdefault(key.fd, time.monotonic())
    return told


def main() -> int:
    parser = argparse.ArgumentParser(description="Live pages.")
    parser.add_argument("--streams", type=int, default=200)
    parser.add_argument("--users", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--played", type=Path, help="a folder in which the exercise was played already")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="headwater-live-") as scratch:
        left = given.played or Path(scratch) / "played"
        if given.played is None:
            web_things.play(left)
        ready = Path(scratch) / "ready"
        ready.mkdir()
        home = shutil.copytree(left / "uk", ready / "uk")
        port, cookie, tokens = sign_in(home, given.users, given.streams)
        with houses(ready, Path(scratch) / "homes", keys=("uk",)) as made:
            found = measure(made.running[0].pid, made.home("uk"), port, cookie, tokens, given.seconds)
    rest, busy, late = found
    told = {"streams": len(tokens), "rest": round(rest, 4), "busy": round(busy, 4), "late_p95_s": round(late, 2)}
    print(json.dumps({"figure": "live", **told, "load": round(os.getloadavg()[0], 1)}))
    what = f"{len(tokens)} streams of {given.users} officers at rest: share of a core, beside {AT_REST_S:.0%}"
    late_what = f"p95 of a rescue alert's way from the disk to {len(tokens)} streams, beside {LATE_S:.0f} s"
    results = [
        {"name": "streams-at-rest", "ratio": rest / AT_REST_S, "at_most": 1.0, "what": what},
        {"name": "alert-late", "ratio": late / LATE_S, "at_most": 1.0, "what": late_what},
    ]
    print(json.dumps({"results": results}))
    return 0


def measure(
    pid: int, home: Path, port: int, cookie: str, tokens: list[str], seconds: float
) -> tuple[float, float, float]:
    """Return the share of a core at rest and with alerts, and the 95th percentile of how late an alert is."""
    with selectors.DefaultSelector() as waiting:
        lines = [opened(port, cookie, token) for token in tokens]
        for line in lines:
            waiting.register(line, selectors.EVENT_READ)
        heard = hear(waiting, 15.0)
        assert len(heard) == len(lines), f"{len(heard)} of {len(lines)} streams were told anything"
        before = cpu_s(pid)
        hear(waiting, seconds)
        rest = (cpu_s(pid) - before) / seconds
        late: list[float] = []
        before, begun = cpu_s(pid), time.monotonic()
        with Node.open(home, {}) as node:
            record = next(iter(_first_record(node)))
            while time.monotonic() - begun < seconds:
                made = picture_world.finding(
                    "watch.rescue", (f"track:{time.monotonic_ns()}",), (Evidence.record(record),)
                )
                findings.keep(node, node.session(web_things.OFFICER, "oic"), [made])
                kept = time.monotonic()
                told = hear(waiting, EVERY_S)
                late += [at - kept for at in told.values()] + [EVERY_S] * (len(lines) - len(told))
        busy = (cpu_s(pid) - before) / (time.monotonic() - begun)
        for line in lines:
            line.close()
    return rest, busy, quantiles(late, n=20)[-1]


def _first_record(node: Node) -> Iterator[RecordId]:
    with node.store.snapshot() as snapshot:
        yield from (one.id for one in snapshot.records(source="uk-csv"))


if __name__ == "__main__":
    raise SystemExit(main())
