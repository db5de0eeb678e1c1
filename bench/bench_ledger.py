"""What a proof costs in a large ledger: made from the store, checked without it.

    python bench/bench_ledger.py [--leaves 10000000] [--folder DIR]

The ledger is built by the store's own code, leaf by leaf, with the fsyncs left out. One JSON line for each figure; the last
line is the document that bench/run.py reads. Where pymerkle is installed, its in-memory tree answers the same questions in
the same run, with a hundredth of the leaves: it has no other form that can be built in the time.
"""

import argparse
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from headwater.exchange.checkpoint import sign_checkpoint
from headwater.exchange.proof import Proof, check_proof, read_proof
from headwater.exchange.signed import PairSeed
from headwater.model.ids import AuthorityId
from headwater.model.merkle import Frontier, leaf_hash, verify_consistency, verify_inclusion
from headwater.store import Snapshot, Store, StoreOptions
from headwater.store.ledger import commitment, load_edge
from headwater.store.sqlite import SqliteLink
from headwater.testing.fakes import FakeClock, SeededChance

ASKED = 2000
PART = 20_000
UK = AuthorityId("UK-NCA")


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds of one act, done many times."""

    median_ms: float
    p99_ms: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Times":
        ordered = sorted(1000 * each for each in seconds)
        return cls(statistics.median(ordered), ordered[int(0.99 * len(ordered))])


def event(number: int) -> bytes:
    return (
        b'{"at":"2026-11-25T08:30:00Z","detail":{"agreement":"A-UK-RS-OIC","facts":12,"kind":"spontaneous","seq":%d,'
        b'"to":"RS-MOI"},"kind":"exchange.sent","purpose":"oic","subject":"019ab4c3-0000-7000-8000-%012x","who":"o.reed"}'
    ) % (number, number)


def rows(edge: Frontier, count: int) -> Iterator[tuple[Frontier, tuple[int, bytes, bytes, bytes, bytes]]]:
    """Yield the rows of further leaves, each with the edge after it."""
    for number in range(edge.size, edge.size + count):
        salt, line = sha256(b"%d" % number).digest()[:16], event(number)
        data = commitment(salt, line)
        edge, subtrees = edge.add(leaf_hash(data))
        yield edge, (number, salt, line, data, b"".join(subtrees))


def build(home: Path, leaves: int) -> float:
    """Fill the ledger of a new store and return how many leaves a second."""
    options = StoreOptions(synchronous="OFF")
    Store.create(home, clock=FakeClock(), chance=SeededChance(), options=options).close()
    link = SqliteLink(home / "store.sqlite", options)
    edge, begun = load_edge(link), time.perf_counter()
    while edge.size < leaves:
        link.begin()
        made = list(rows(edge, min(PART, leaves - edge.size)))
        edge = made[-1][0]
        link.many("INSERT INTO ledger VALUES (?, ?, ?, ?, ?)", [row for _, row in made])
        link.run("UPDATE ledger_head SET size = ?, root = ?", edge.size, edge.root)
        link.commit()
        link.fold()
    rate = leaves / (time.perf_counter() - begun)
    link.close()
    return rate


def timed(act: Callable[[int], object], asked: list[int]) -> Times:
    seconds: list[float] = []
    for index in asked:
        begun = time.perf_counter()
        act(index)
        seconds.append(time.perf_counter() - begun)
    return Times.of(seconds)


def figures(snapshot: Snapshot, asked: list[int]) -> dict[str, Times]:
    head = snapshot.head()
    proofs = {index: snapshot.inclusion(index, head.size) for index in asked}
    leaf_hashes = {index: leaf_hash(snapshot.leaf(index).commitment) for index in asked}

    def check(index: int) -> None:
        assert verify_inclusion(index, head.size, leaf_hashes[index], proofs[index], head.root)

    olds = {index: (snapshot.root_at(index), snapshot.consistency(index, head.size)) for index in asked if index}

    def grown(index: int) -> None:
        root, path = olds[index]
        assert verify_consistency(index, head.size, root, head.root, path)

    seed = PairSeed(b"u" * 32, b"U" * 32)
    signed, pairs = sign_checkpoint(UK, head.size, head.root, seed), {UK: (seed.public(),)}
    files = {
        index: Proof(index, snapshot.opening(index), tuple(proofs[index]), signed).to_bytes() for index in asked[:300]
    }

    def stranger(index: int) -> None:
        assert check_proof(read_proof(files[index]), pairs).ok

    return {
        "inclusion-made": timed(lambda index: snapshot.inclusion(index, head.size), asked),
        "inclusion-checked": timed(check, asked),
        "consistency-made": timed(lambda index: snapshot.consistency(index, head.size), asked),
        "consistency-checked": timed(grown, [index for index in asked if index]),
        "file-checked-with-its-signatures": timed(stranger, asked[:300]),
    }


def peer(leaves: int, chance: random.Random) -> dict[str, Times]:
    """Return the same figures of pymerkle's tree in memory."""
    from pymerkle import InmemoryTree  # type: ignore[import-not-found]
    from pymerkle import verify_inclusion as verify

    tree = InmemoryTree(algorithm="sha256")
    for number in range(leaves):
        tree.append_entry(event(number))
    asked = [chance.randrange(1, leaves + 1) for _ in range(200)]
    root, size = tree.get_root(), tree.get_size()
    proofs = {index: tree.prove_inclusion(index, size) for index in asked}
    leaf_hashes = {index: tree.get_leaf(index) for index in asked}
    return {
        "inclusion-made": timed(lambda index: tree.prove_inclusion(index, size), asked),
        "inclusion-checked": timed(lambda index: verify(leaf_hashes[index], root, proofs[index]), asked),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="Proofs in a large ledger.")
    parser.add_argument("--leaves", type=int, default=10_000_000)
    parser.add_argument("--folder", type=Path, help="where to build it; a temporary folder by default")
    asked_for = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory(prefix="headwater-bench-", dir=asked_for.folder) as folder:
        home, chance = Path(folder) / "node", random.Random(1)
        rate = build(home, asked_for.leaves)
        print(json.dumps({"figure": "build", "leaves": asked_for.leaves, "leaves_per_s": round(rate)}))
        asked = [chance.randrange(asked_for.leaves) for _ in range(ASKED)]
        store = Store.open(home, clock=FakeClock(), chance=SeededChance())
        with store.snapshot() as snapshot:
            ours = figures(snapshot, asked)
        store.close()
    theirs = peer(asked_for.leaves // 100, chance) if find_spec("pymerkle") else {}
    for name, times in ours.items():
        how = f"ms in a ledger of {asked_for.leaves:,} leaves; the median of {ASKED} against the goal of 1 ms"
        line = {"figure": name, "median_ms": round(times.median_ms, 4), "p99_ms": round(times.p99_ms, 4), "how": how}
        print(json.dumps(line))
        if name.startswith("inclusion"):
            results.append({"name": f"{name}-ms", "ratio": times.median_ms, "at_most": 1.0, "what": how})
        if name in theirs:
            faster = theirs[name].median_ms / times.median_ms
            what = f"median, against pymerkle in memory with {asked_for.leaves // 100:,} leaves ({theirs[name].median_ms:.3f} ms)"
            results.append({"name": f"{name}-beside-pymerkle", "ratio": faster, "what": what})
    if not theirs:
        print("pymerkle is not installed: no peer in this run", file=sys.stderr)
    print(json.dumps({"results": results}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
