"""What the exchange costs between real node processes, and its envelope beside JOSE.

    python bench/bench_exchange.py [--messages 6000 | --minutes 10] [--urgent 300] [--facts 10000]
    python bench/bench_exchange.py --backfill 1000000

Two nodes on loopback, each one process: Belgrade is `headwater node serve`; London serves and delivers too, and two officers
in the same process queue messages of 8 KiB, 128 in a transaction, at most 512 of them waiting. Each is judged by the
agreement at both ends, sealed (X-Wing and Ed25519), numbered, kept with a leaf of the ledger, receipted, and on the disk
(WAL, synchronous=FULL) before anybody is told so. The clock stops when the last receipt is kept. CPU is user and system
time of both processes, of /proc/PID/stat, the officers' included.

Without `--minutes` the load lasts for some thousand messages, so that the whole takes two minutes; the goal of exchange.md is
one of ten minutes. With `--backfill` so many records are sent, none like another, each in a message of its own, and nothing else
is measured. One JSON line for each figure; the last line is the document that bench/run.py reads. The goals are for two idle cores, so
the first line says how busy the machine was.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shutil import which

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.exchange_alone import idle_node
from bench.exchange_nodes import RS, UK, London, cpu_s, houses, london, serve
from bench.exchange_postgresql import in_postgresql, in_sqlite, shared
from bench.exchange_recall import recall_s
from bench.exchange_seal import cpu_us, jose, ours
from headwater.exercise.stage import House
from headwater.model.ids import AuthorityId
from headwater.model.message import Kind
from headwater.node import Node
from tools.peers import PeerError
from tools.postgresql import BINARIES

GROUP = 128
"""Messages that an officer queues in one transaction."""
WINDOW = 1024
"""Messages of one measurement; CPU is told as the median and the best of them, for neighbours disturb it."""
COUNTED = 2048
"""Messages for the count of fsyncs, which strace slows down."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure with its goal, how it was measured, and by how much it is better than the goal; no goal: `ratio` None."""

    name: str
    value: float
    unit: str
    how: str
    at_least: float | None = None
    at_most: float | None = None

    def row(self) -> dict[str, object]:
        """Return the line of bench/run.py."""
        goals = {"at_least": self.at_least, "at_most": self.at_most}
        return {"name": f"{self.name}, {self.unit}", "ratio": self.value, **goals, "what": self.how}


@dataclass(frozen=True, slots=True)
class Window:
    """One measurement: messages a second, and CPU microseconds a message of each node."""

    rate: float
    london_us: float
    belgrade_us: float

    @property
    def cpu_us(self) -> float:
        """CPU of both nodes."""
        return self.london_us + self.belgrade_us


def windows(
    node: London, belgrade: int, count: int, *, group: int = GROUP, shape: str = "report", minutes: float = 0.0
) -> list[Window]:
    """Send messages, a window after the other: so many, or for so many minutes."""
    found: list[Window] = []
    end = time.monotonic() + 60 * minutes
    while time.monotonic() < end if minutes else len(found) < max(1, count // WINDOW):
        before = cpu_s(node.id), cpu_s(belgrade)
        done = node.do("load", count=min(count, WINDOW), group=group, shape=shape)
        spent = [
            1e6 * (cpu_s(each) - start) / done["sent"] for each, start in zip((node.id, belgrade), before, strict=True)
        ]
        found.append(Window(done["sent"] / done["s"], *spent))
    return sorted(found, key=lambda window: window.cpu_us)


def loading(node: London, belgrade: int, count: int, minutes: float) -> Iterator[Figure]:
    """Messages a second, and what one costs."""
    windows(node, belgrade, WINDOW)  # warm
    begun = time.monotonic()
    found = windows(node, belgrade, count, minutes=minutes)
    took = time.monotonic() - begun
    rates = sorted(window.rate for window in found)
    how = f"durable end to end, {len(found)} windows of {WINDOW} in {took:.0f} s; best {rates[-1]:.0f}, worst {rates[0]:.0f}"
    yield Figure("messages", len(found) * WINDOW / took, "per s", how, at_least=1000)
    middle, best = found[len(found) // 2], found[0]
    (alone,) = cpu_us(ours())
    split = f"London {middle.london_us:.0f}, Belgrade {middle.belgrade_us:.0f}; best window {best.cpu_us:.0f}"
    yield Figure("cpu of a message", middle.cpu_us, "us", f"both processes, 14 facts and text ({split})", at_most=700)
    how = "of the CPU of a message; the officers' queueing is in it"
    yield Figure("sender's share of it", 100 * middle.london_us / middle.cpu_us, "%", how)
    how = f"of signing, sealing, opening and verifying alone, which took {alone:.0f} us in this run"
    yield Figure("cpu beside the envelope", best.cpu_us / alone, "times", how)
    (listed, *_) = windows(node, belgrade, WINDOW, shape="list")
    yield Figure("cpu of a list", listed.cpu_us, "us", "24 facts on 24 vehicles, hardly any text; one window")
    (record, *_) = windows(node, belgrade, WINDOW, shape="record")
    how = f"{record.rate:.0f} a second, each in a message of its own with 4 facts; {record.cpu_us:.0f} us of CPU each"
    yield Figure("backfill of a million records", 1e6 / record.rate / 60, "min", how, at_most=20)
    (single, *_) = windows(node, belgrade, 256, group=1)
    yield Figure("one at a time", single.rate, "per s", "each message queued in a transaction of its own")


def urgent(node: London, count: int) -> Iterator[Figure]:
    """How long an urgent message takes from sending to its receipt being kept."""
    for bulk, goal in ((0, 100), (500, 500)):
        done = node.do("urgent", count=count, bulk=bulk, pause_s=0.02)
        times = done["ms"]
        p50, p99 = times[len(times) // 2], times[int(0.99 * len(times))]
        beside = f"beside {done['bulk_per_s']:.0f} normal ones a second" if bulk else "with nothing else to do"
        how = f"{count} one after the other, {beside}; median {p50:.1f}, worst {times[-1]:.1f}"
        yield Figure(f"urgent p99 {'busy' if bulk else 'idle'}", p99, "ms", how, at_most=goal)


def syncing(node: London, belgrade: int) -> Iterator[Figure]:
    """Messages for each fsync, as strace counts the calls of both processes."""
    if which("strace") is None:
        print("strace is not installed: fsyncs are not counted", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / name for name in ("London", "Belgrade")}
        with counted(node.id, files["London"]), counted(belgrade, files["Belgrade"]):
            node.do("load", count=COUNTED, group=GROUP, shape="report")
        counts = {name: calls(file.read_text(encoding="utf-8")) for name, file in files.items()}
    how = f"{COUNTED} messages; fsync and fdatasync by strace: {', '.join(f'{name} {n}' for name, n in counts.items())}"
    yield Figure("messages for an fsync", COUNTED / max(counts.values()), "at the busier node", how, at_least=32)


@contextmanager
def counted(process: int, file: Path) -> Iterator[None]:
    """Count the syncs of a process meanwhile."""
    words = ["strace", "-f", "-c", "-e", "trace=fsync,fdatasync", "-o", str(file), "-p", str(process)]
    tracer = subprocess.Popen(words, stderr=subprocess.PIPE, text=True)
    assert tracer.stderr is not None
    tracer.stderr.readline()  # it says that it is attached
    try:
        yield
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.communicate(timeout=30)


def calls(table: str) -> int:
    """Return the sum of strace's column of calls."""
    rows = [line.split() for line in table.splitlines()]
    return sum(int(row[3]) for row in rows if row and row[-1] in {"fsync", "fdatasync"})


def sealing() -> Iterator[Figure]:
    """Our envelope beside JOSE."""
    try:
        mine, theirs = cpu_us(ours(), jose())
    except PeerError as error:
        print(f"joserfc is not here, so there is no peer in this run: {error}", file=sys.stderr)
        return
    how = f"{mine:.0f} us against {theirs:.0f} of joserfc, JWS in JWE (X25519, nothing post-quantum); CPU at 8 KiB"
    yield Figure("envelope beside JOSE", theirs / mine, "times as quick", how, at_least=1.3)


def idling() -> Iterator[Figure]:
    """A node that has nothing to do."""
    idle = idle_node()
    how = f"from `headwater node serve` to its first answer; {idle.start_cpu_s:.2f} s of them are CPU of its process"
    yield Figure("start", idle.start_s, "s", how, at_most=1.0)
    how = f"VmRSS of its process after two seconds at rest, in which it used {100 * idle.cpu_share:.1f} % of a core"
    yield Figure("idle node", idle.memory_mb, "MB", how, at_most=150)


def exchanging(asked: argparse.Namespace) -> Iterator[Figure]:
    """All that needs two nodes."""
    with houses((UK, RS)) as made:
        serve(made[RS])
        process = made[RS].process
        assert process is not None
        with london(made[UK]) as node:
            yield from loading(node, process.pid, asked.messages, asked.minutes)
            yield from urgent(node, asked.urgent)
            yield from syncing(node, process.pid)
            kept = node.do("receipted")
            if kept["receipted"] != kept["all"]:
                raise AssertionError(f"of {kept['all']} messages {kept['receipted']} were receipted")
        yield keeping(made, kept["all"])


def backfilling(count: int, step: int = 50_000) -> Iterator[Figure]:
    """Records that are sent to a partner for the first time, in earnest: all of them."""
    with houses((UK, RS)) as made:
        serve(made[RS])
        process = made[RS].process
        assert process is not None
        with london(made[UK]) as node:
            took, rates = 0.0, []
            before = cpu_s(node.id), cpu_s(process.pid)
            for first in range(0, count, step):
                done = node.do("backfill", first=first, count=min(step, count - first), group=GROUP)
                took += done["s"]
                rates.append(done["sent"] / done["s"])
                print(f"{first + done['sent']} records, {rates[-1]:.0f} a second", file=sys.stderr, flush=True)
            spent = [
                1e6 * (cpu_s(each) - start) / count for each, start in zip((node.id, process.pid), before, strict=True)
            ]
            kept = node.do("receipted")
        if kept["receipted"] != kept["all"] or kept["all"] < count:
            raise AssertionError(f"of {count} messages {kept['all']} were sent and {kept['receipted']} receipted")
        with Node.open(made[RS].home, {}) as belgrade, belgrade.store.snapshot() as snapshot:
            held = sum(row.kind == Kind.SPONTANEOUS for row in snapshot.incoming_all())
        if held != count:
            raise AssertionError(f"of {count} messages Belgrade holds {held}")
        yield keeping(made, count)
    split = f"first {rates[0]:.0f} a second, last {rates[-1]:.0f}; London {spent[0]:.0f} us of CPU each, Belgrade {spent[1]:.0f}"
    how = f"{count} records sent and receipted, 2 vehicles and 4 facts each, none like another ({split})"
    yield Figure("backfill in earnest", took / 60, "min", how, at_most=20 * count / 1e6)


def in_database(count: int, urgent: int) -> Iterator[Figure]:
    """The same with the stores in PostgreSQL, and in SQLite beside it."""
    if not BINARIES:
        print("there is no PostgreSQL server here: stores in one are not measured", file=sys.stderr)
        return
    rates, spent, waits = {}, {}, {}
    for name, pair in (("SQLite", in_sqlite), ("PostgreSQL", in_postgresql)):
        with pair() as nodes:
            nodes.measure(WINDOW, GROUP)  # warm
            rates[name], spent[name] = nodes.measure(max(WINDOW, count // 2), GROUP)
            waits[name] = nodes.urgent_ms(urgent)
    split = ", ".join(f"{who} {cost:.0f}" for who, cost in spent["PostgreSQL"].items())
    how = f"both stores in one server, durable; {rates['PostgreSQL']:.0f} a second, {rates['SQLite']:.0f} in SQLite in this run"
    yield Figure("messages with PostgreSQL", rates["PostgreSQL"] / rates["SQLite"], "of SQLite's", how)
    how = f"{split} us; {sum(spent['SQLite'].values()):.0f} us with SQLite"
    cost = sum(spent["PostgreSQL"].values()) / sum(spent["SQLite"].values())
    yield Figure("cpu of a message with PostgreSQL", cost, "times SQLite's", how)
    p99 = {name: times[int(0.99 * len(times))] for name, times in waits.items()}
    how = f"{urgent} one after the other; with SQLite {p99['SQLite']:.1f}"
    yield Figure("urgent p99 idle with PostgreSQL", p99["PostgreSQL"], "ms", how)


def several(count: int) -> Iterator[Figure]:
    """A node that several processes serve, over one database."""
    if not BINARIES:
        return
    one, two = (shared(workers, count, GROUP) for workers in (1, 2))
    how = (
        f"Belgrade's store in PostgreSQL, two partners send at once, none lost or doubled; {two.rate:.0f} a second"
        f" with two processes, {one.rate:.0f} with one. Both senders, the processes and the server share the cores"
    )
    yield Figure("messages with two workers", two.rate / one.rate, "of one worker's", how)
    told = "/".join(f"{100 * share:.0f}" for share in two.shares)
    how = (
        f"{two.worker_us:.0f} us of both processes ({told} %) and {two.server_us:.0f} of the server;"
        f" with one {one.worker_us:.0f} and {one.server_us:.0f}"
    )
    cost = (two.worker_us + two.server_us) / (one.worker_us + one.server_us)
    yield Figure("cpu of a message with two workers", cost, "times one worker's", how)


def keeping(made: Mapping[AuthorityId, House], count: int) -> Figure:
    """What lies on the disks for each message, at the node that keeps more."""
    sizes = {
        str(name): sum(path.stat().st_size for path in house.home.rglob("*") if path.is_file())
        for name, house in made.items()
    }
    each = {name: size / count / 1000 for name, size in sizes.items()}
    told = ", ".join(f"{name} {size:.1f}" for name, size in each.items())
    how = f"all files of a node, of {count} messages of several shapes, most of 8 KiB ({told})"
    return Figure("kept of a message", max(each.values()), "KB", how)


def recalling(facts: int) -> Iterator[Figure]:
    """A recall with proofs."""
    took, spread = recall_s(facts)
    how = f"{facts} facts in messages of 250, over three hops, four nodes; every proof is here. To spread them took {spread:.1f} s"
    yield Figure("recall", took, "s", how, at_most=60)


def every_part(asked: argparse.Namespace) -> Iterator[Iterator[Figure]]:
    """Yield what is measured, a subject after the other."""
    yield sealing()
    yield idling()
    yield exchanging(asked)
    yield in_database(asked.messages, asked.urgent)
    yield several(asked.messages)
    yield recalling(asked.facts)


def main() -> int:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description="Measure the exchange.")
    parser.add_argument("--messages", type=int, default=6 * WINDOW)
    parser.add_argument("--minutes", type=float, default=0.0, help="how long the load lasts; the goal is of 10")
    parser.add_argument("--backfill", type=int, default=0, help="send so many records, and measure nothing else")
    parser.add_argument("--urgent", type=int, default=300)
    parser.add_argument("--facts", type=int, default=10_000)
    asked = parser.parse_args()
    print(
        json.dumps({"cores": os.cpu_count(), "load": os.getloadavg()[0], "at": time.strftime("%FT%TZ", time.gmtime())})
    )
    rows = []
    for part in [backfilling(asked.backfill)] if asked.backfill else every_part(asked):
        for figure in part:
            rows.append(figure.row())
            print(json.dumps(rows[-1]), flush=True)
    print(json.dumps({"results": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
