"""TAXII 2.1 over HTTP beside two others in one run: durable adds, reads in pages of a hundred, and whether both stay flat.

    python bench/bench_cyber.py [--objects N] [--at-once N] [--peer-objects N] [--without-peers]

Each server is a process of its own on the loopback, and is asked by this one: `headwater node serve --taxii-only`, which
keeps every object on the disk before it answers (WAL, FULL); OpenTAXII with SQLite, in an environment of its own
(`.peers/opentaxii`, made from the package index when it is not there; one that cannot be made is named); medallion, OASIS's
own server, which keeps all in memory. Bodies are made before the clock starts. Adds are told in seconds of the clock, from
the first byte sent to the last answer read, and in CPU seconds of the server; reads in CPU seconds of the server.
"""

import argparse
import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from headwater.exercise.threats import objects  # noqa: E402
from headwater.node import Node, setup, taxii_users  # noqa: E402
from headwater.node.users import User  # noqa: E402
from headwater.settings import Settings  # noqa: E402
from tools.peers import PeerError, environment  # noqa: E402

MEDIA = "application/taxii+json;version=2.1"
ADD_GOAL, GET_GOAL, FLAT_GOAL, PEER_GOAL = 5_000.0, 20_000.0, 1.2, 12.0
AT_ONCE, PAGE, PAGES, SMALL = 5_000, 100, 40, 1_000
USER, PASSWORD = "o.reed", "a long invented one"
OWN = "/headwater/collections/own/objects/"
HEADERS = {
    "accept": MEDIA,
    "content-type": MEDIA,
    "authorization": "Basic " + b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
}
PINS = ("opentaxii==0.9.3", "sqlalchemy==1.4.54", "marshmallow==3.26.2", "setuptools==80.9.0")
"""OpenTAXII, and of what it needs the versions of its own time."""


@dataclass
class Server:
    """One server: where it listens, its process, and the path of a collection's objects."""

    port: int
    process: subprocess.Popen[str]
    path: str
    login: bool = True

    def __post_init__(self) -> None:
        self._line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        self._line.request(method, path, body, HEADERS if self.login else {"accept": MEDIA, "content-type": MEDIA})
        answer = self._line.getresponse()
        return answer.status, answer.read()

    def post(self, body: bytes) -> None:
        status, said = self.ask("POST", self.path, body)
        assert status == 202, said[:500]

    def pages(self, most: int | None, next_: str = "") -> tuple[int, list[str]]:
        """Read so many pages, or all; return how many objects came, and the cursor after each page."""
        count, cursors = 0, list[str]()
        while most is None or len(cursors) < most:
            status, body = self.ask("GET", f"{self.path}?limit={PAGE}" + (f"&next={next_}" if next_ else ""))
            assert status == 200, body[:500]
            page = orjson.loads(body)
            count += len(page["objects"])
            next_ = page.get("next", "")
            cursors.append(next_)
            if not page.get("more"):
                break
        return count, cursors

    @property
    def cpu(self) -> float:
        """CPU seconds of the server so far."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def fine_cpu(self) -> float:
        """CPU seconds of the threads that the server has now, to the microsecond: for what takes less than a tick."""
        tasks = Path(f"/proc/{self.process.pid}/task")
        return sum(int((one / "schedstat").read_text(encoding="ascii").split()[0]) for one in tasks.iterdir()) / 1e9


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=100_000, help="goals are stated for up to 1000000")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, help="objects in one envelope")
    parser.add_argument("--peer-objects", type=int, default=3_000)
    parser.add_argument("--without-peers", action="store_true")
    given = parser.parse_args()
    figures: dict[str, float] = {}
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as name, headwater(Path(name)) as server:
        figures |= measure(server, given.objects, given.at_once)
    results = ours(figures, given.objects)
    if not given.without_peers:
        results += beside(figures, given.peer_objects)
    for figure, value in figures.items():
        print(json.dumps({"figure": figure, "value": round(value, 6)}))
    print(json.dumps({"results": results}))
    return 0


def ours(found: dict[str, float], count: int) -> list[dict[str, object]]:
    return [
        result("add", found["add"] / ADD_GOAL, "durable adds a second of the clock, against 5,000", at_least=1.0),
        result("add-cpu", found["add_cpu"] / ADD_GOAL, "durable adds a CPU second, against 5,000", at_least=1.0),
        result("add-last", found["add_last"] / found["add_first"], "last tenth of the adds against the first"),
        result("get", found["get_cpu"] / GET_GOAL, "objects read in a CPU second, against 20,000", at_least=1.0),
        result("flat", found["last"] / found["first"], f"last pages against first, of {count}", at_most=FLAT_GOAL),
        result(
            "flat-grown", found["first"] / found["small"], f"pages of {count} against those of 1,000", at_most=FLAT_GOAL
        ),
    ]


def beside(figures: dict[str, float], count: int) -> list[dict[str, object]]:
    """Measure the others, each where it can be had, and set ours beside them."""
    results: list[dict[str, object]] = []
    for name, serving in (("opentaxii", opentaxii), ("medallion", medallion)):
        with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
            try:
                with serving(Path(folder)) as server:
                    found = measure_peer(server, count)
            except PeerError as error:
                print(f"{name}: {error}", file=sys.stderr, flush=True)
                continue
        figures |= {f"{name}-{key}": value for key, value in found.items()}
        goal: dict[str, float] = {"at_least": PEER_GOAL} if name == "opentaxii" else {}
        what = "durable adds" if name == "opentaxii" else "durable adds against adds in memory"
        results += [
            result(f"add-beside-{name}", figures["add"] / found["add"], f"{what}, by the clock", **goal),
            result(f"get-beside-{name}", figures["get_cpu"] / found["get_cpu"], "objects read in a CPU second"),
        ]
    return results


def result(name: str, ratio: float, what: str, **goal: float) -> dict[str, object]:
    return {"name": name, "ratio": round(ratio, 3), "what": what, **goal}


def measure(server: Server, count: int, at_once: int) -> dict[str, float]:
    """Add and read at ours, at a thousand objects and at all."""
    server.ask("GET", "/taxii2/")  # the first question hashes the password
    server.post(orjson.dumps({"objects": objects(SMALL - 1)}))
    small = page_cpu(server)
    rates: list[tuple[float, float]] = []
    done, seed = SMALL, 2
    while done < count:
        body = orjson.dumps({"objects": objects(at_once, seed)[1:]})
        cpu, clock = server.cpu, time.perf_counter()
        server.post(body)
        rates.append((time.perf_counter() - clock, server.cpu - cpu))
        done, seed = done + at_once, seed + 1
        if sys.stderr.isatty() or seed % 20 == 0:
            print(f"{done} objects", file=sys.stderr, flush=True)
    edge = max(1, len(rates) // 10)
    last_cursor = near_end(server, done)
    first, last = page_cpu(server), page_cpu(server, last_cursor)
    return {
        "objects": float(done),
        "add": at_once * len(rates) / sum(clock for clock, _ in rates),
        "add_cpu": at_once * len(rates) / sum(cpu for _, cpu in rates),
        "add_first": at_once * edge / sum(clock for clock, _ in rates[:edge]),
        "add_last": at_once * edge / sum(clock for clock, _ in rates[-edge:]),
        "small": small,
        "first": first,
        "last": last,
        "get_cpu": 2 * PAGE / (first + last),
    }


def near_end(server: Server, count: int) -> str:
    """Return a cursor that stands forty pages before the end: the way there is gone in pages of a thousand."""
    next_, at = "", 0
    while at < count - PAGE * (PAGES + 1):
        most = min(1_000, count - PAGE * (PAGES + 1) - at)
        path = f"{server.path}?limit={most}" + (f"&next={next_}" if next_ else "")
        status, body = server.ask("GET", path)
        assert status == 200, body[:500]
        next_, at = orjson.loads(body)["next"], at + most
    return next_


def page_cpu(server: Server, next_: str = "") -> float:
    """Return the server's CPU seconds for one page of a hundred: the least of nine rounds of up to forty pages."""
    rounds = []
    for _ in range(9):
        begun = server.fine_cpu
        _, cursors = server.pages(PAGES, next_)
        rounds.append((server.fine_cpu - begun) / len(cursors))
    return min(rounds)


def measure_peer(server: Server, count: int) -> dict[str, float]:
    made = objects(count - 1, 99)
    bodies = [orjson.dumps({"objects": made[start : start + 1_000]}) for start in range(0, count, 1_000)]
    cpu, clock = server.cpu, time.perf_counter()
    for body in bodies:
        server.post(body)
    add, add_cpu = time.perf_counter() - clock, server.cpu - cpu
    cpu = server.cpu
    seen, _ = server.pages(None)
    assert seen == count
    return {"add": count / add, "add_cpu": count / add_cpu, "get_cpu": count / (server.cpu - cpu)}


@contextmanager
def headwater(folder: Path) -> Iterator[Server]:
    home, port = folder / "node", free_port()
    roles = frozenset({"admin", "analyst", "liaison"})
    setup.init(home, Settings(authority="UK-NCA", listen=f"127.0.0.1:{port}"), [User(USER, roles)])  # type: ignore[arg-type]
    with Node.open(home, {}) as node:
        taxii_users.set_password(node, node.session(USER, "operation"), USER, PASSWORD)
    command = [sys.executable, "-m", "headwater", "node", "serve", "--taxii-only", "--home", str(home)]
    with running(command, port) as process:
        yield Server(port, process, OWN)


@contextmanager
def opentaxii(folder: Path) -> Iterator[Server]:
    port = free_port()
    command = [str(environment("opentaxii", PINS)), str(ROOT / "bench" / "opentaxii_peer.py"), str(folder), str(port)]
    with running(command, port) as process:
        assert process.stdout is not None
        path = next(line.strip() for line in process.stdout if line.startswith("/taxii2/"))
        yield Server(port, process, path, login=False)


@contextmanager
def medallion(folder: Path) -> Iterator[Server]:
    port = free_port()
    command = [sys.executable, str(ROOT / "bench" / "medallion_peer.py"), str(folder), str(port), USER, PASSWORD]
    with running(command, port) as process:
        assert process.stdout is not None
        path = next(line.strip() for line in process.stdout if line.startswith("/r/"))
        yield Server(port, process, path)


@contextmanager
def running(command: list[str], port: int) -> Iterator[subprocess.Popen[str]]:
    """Run a server until it listens, and end it afterwards."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HEADWATER_")}
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT, env=clean
    )
    try:
        end = time.monotonic() + 60
        while not answers(port):
            if process.poll() is not None or time.monotonic() > end:
                raise PeerError(f"{command[1]} does not serve (exit {process.returncode})")
            time.sleep(0.05)
        yield process
    finally:
        process.terminate()
        process.wait(30)


def answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
    return number


if __name__ == "__main__":
    sys.exit(main())
