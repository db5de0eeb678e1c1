"""What the store costs, each figure beside something measured in the same run.

    python bench/bench_store.py [--leaves 100000]

One JSON line for each figure: {"figure", "headwater", "peer", "ratio", "how"}; the last line is the document that
bench/run.py reads.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import apsw

from headwater.model.canonical import decode, encode
from headwater.model.fact import Fact
from headwater.model.handling import UNRESTRICTED
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.merkle import leaf_hash, verify_inclusion
from headwater.model.record import Mention, Origin, Record
from headwater.ports import Event
from headwater.store import Store, StoreOptions, Transaction
from headwater.testing.fakes import FakeClock, SeededChance

RECORDS = 10_000
SINGLE = 400
GROUPS = {10: 40, 50: 30, 200: 20}
GOALS = {10: 3.0, 50: 8.0, 200: 12.0}
PROOFS = 500


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure beside its peer; `ratio` says how many times better ours is."""

    figure: str
    headwater: float
    peer: float
    ratio: float
    how: str


def event(number: int) -> Event:
    return Event("exchange.received", "RS-MOI", f"message-{number}", "request", {"seq": number})


def note(number: int) -> Callable[[Transaction], int]:
    return lambda tx: tx.note(event(number))


def note_from(first: int, count: int) -> Callable[[Transaction], list[int]]:
    return lambda tx: [tx.note(event(number)) for number in range(first, first + count)]


@contextmanager
def fresh(synchronous: str = "FULL") -> Iterator[Store]:
    """Hand out an empty store, on the disk of the temporary folder."""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        options = StoreOptions(synchronous=synchronous)
        store = Store.create(Path(folder) / "node", clock=FakeClock(), chance=SeededChance(), options=options)
        try:
            yield store
        finally:
            store.close()


def per_second(count: int, work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return count / (time.perf_counter() - begun)


def singles(store: Store) -> float:
    def work() -> None:
        for number in range(SINGLE):
            store.write(note(number))

    return per_second(SINGLE, work)


def groups(store: Store, size: int, rounds: int) -> float:
    def work() -> None:
        for _ in range(rounds):
            for future in [store.submit(note(number)) for number in range(size)]:
                future.result()

    return per_second(size * rounds, work)


def writing() -> Iterator[Figure]:
    """Group commit beside single commits, and single commits beside SQLite alone and beside less syncing."""
    with fresh() as store:
        single = singles(store)
        for size, rounds in GROUPS.items():
            rate = groups(store, size, rounds)
            how = f"events noted/s, {size} waiting at once, against one at a time; WAL, FULL"
            yield Figure(f"group-of-{size}", rate, single, rate / single, how)
    with fresh("NORMAL") as store:
        unsafe = singles(store)
        yield Figure("full-beside-normal", single, unsafe, single / unsafe, "single events/s; NORMAL loses promises")
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as folder:
        bare = apsw.Connection(f"{folder}/bare.sqlite")
        bare.execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE t (body BLOB)").fetchall()

        def work() -> None:
            for _ in range(SINGLE):
                bare.execute("INSERT INTO t VALUES (?)", (bytes(250),))

        rate = per_second(SINGLE, work)
        bare.close()
        how = "single events/s with ledger and head, against bare SQLite inserts of 250 bytes; WAL, FULL"
        yield Figure("single-beside-bare-sqlite", single, rate, single / rate, how)


def record(number: int) -> Record:
    key = EntityKey(f"company-{number % 1000}")
    facts = tuple(Fact(key, "name", f"Invented Company {number} {part}") for part in range(6))
    origin = Origin(AuthorityId("UK-NCA"), "un-xml", place=str(number))
    return Record(origin=origin, handling=UNRESTRICTED, mentions=(Mention(key, "Company"),), facts=facts)


def reading() -> Iterator[Figure]:
    """Records kept and read, beside encoding and decoding alone."""
    made = [record(number) for number in range(RECORDS)]
    bodies: list[bytes] = []
    encoding = per_second(RECORDS, lambda: bodies.extend(encode(each) for each in made))
    decoding = per_second(RECORDS, lambda: [decode(body, Record) for body in bodies])
    with fresh() as store:

        def keep(part: list[Record]) -> None:
            store.write(lambda tx: [tx.add_record(each) for each in part])

        def keep_all() -> None:
            for start in range(0, RECORDS, 500):
                keep(made[start : start + 500])

        rate = per_second(RECORDS, keep_all)
        yield Figure("records-kept", rate, encoding, rate / encoding, "records/s, 500 a change, against encoding alone")
        with store.snapshot() as reader:
            rate = per_second(RECORDS, lambda: list(reader.records()))
            how = "records/s in the order of identifiers, hash checked, against decoding alone"
            yield Figure("records-read", rate, decoding, rate / decoding, how)
            keys = [EntityKey(f"company-{number}") for number in range(1000)]
            rate = per_second(RECORDS, lambda: [list(reader.records(mentions=key)) for key in keys])
            yield Figure("records-by-entity", rate, decoding, rate / decoding, "records/s, ten an entity, by index")


def proving(leaves: int) -> Iterator[Figure]:
    """Proofs in a large ledger, beside the goal of a millisecond."""
    with fresh("OFF") as store:

        def fill() -> None:
            for start in range(0, leaves, 1000):
                store.write(note_from(start, 1000))

        appended = per_second(leaves, fill)
        yield Figure(
            "ledger-append", appended, 1000.0, appended / 1000, "leaves/s, 1000 a change, against G1's 1000 msg/s"
        )
        with store.snapshot() as reader:
            head = reader.head()
            indexes = [number * (head.size // PROOFS) for number in range(PROOFS)]
            hashes = [leaf_hash(reader.leaf(index).commitment) for index in indexes]
            made = 1000 / per_second(PROOFS, lambda: [reader.inclusion(index, head.size) for index in indexes])
            yield Figure("inclusion-proof-ms", made, 1.0, 1 / made, f"ms to make one in {head.size} leaves; goal 1 ms")
            proofs = [reader.inclusion(index, head.size) for index in indexes]
            given = list(zip(indexes, hashes, proofs, strict=True))

            def check() -> None:
                if not all(verify_inclusion(index, head.size, leaf, proof, head.root) for index, leaf, proof in given):
                    raise AssertionError("a proof does not verify")

            checked = 1000 / per_second(PROOFS, check)
            yield Figure("inclusion-check-ms", checked, 1.0, 1 / checked, "ms to check one; goal 1 ms")
            how = f"ms to prove an older size in {head.size} leaves; goal 1 ms"
            made = 1000 / per_second(PROOFS, lambda: [reader.consistency(index, head.size) for index in indexes])
            yield Figure("consistency-proof-ms", made, 1.0, 1 / made, how)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure the store.")
    parser.add_argument("--leaves", type=int, default=100_000, help="leaves of the ledger that proofs are made in")
    given = parser.parse_args()
    goals = {f"group-of-{size}": goal for size, goal in GOALS.items()}
    goals |= {"inclusion-proof-ms": 1.0, "inclusion-check-ms": 1.0, "consistency-proof-ms": 1.0, "ledger-append": 1.0}
    results = []
    for part in (writing(), reading(), proving(given.leaves)):
        for found in part:
            print(json.dumps(asdict(found)), flush=True)
            results.append(
                {"name": found.figure, "ratio": found.ratio, "at_least": goals.get(found.figure), "what": found.how}
            )
    print(json.dumps({"results": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
