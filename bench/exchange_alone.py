"""What one node does alone: it starts, idles, and seals and opens large files."""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.exchange_nodes import UK, cpu_s, houses, serve
from headwater.exchange.files import Carrier, seal_chunk, unseal
from headwater.exchange.partners import Partners
from headwater.exchange.transport import HttpTransport
from headwater.model.message import CHUNK_BYTES
from headwater.node.system import SystemChance, SystemClock
from headwater.store import Store

FILE_MB = 128
ROUNDS = 3
IDLE_S = 2.0


@dataclass(frozen=True, slots=True)
class FileSpeed:
    """MB (10^6 bytes) a CPU second: of sealing and keeping a file, of opening it, and of the cipher alone."""

    size_mb: int
    sealed_mb_s: float
    opened_mb_s: float
    cipher_mb_s: float


def file_speed() -> FileSpeed:
    """Seal and open a file of chance bytes."""
    with tempfile.TemporaryDirectory(prefix="headwater-bench-file-") as temporary:
        folder = Path(temporary)
        file = folder / "film.bin"
        file.write_bytes(os.urandom(FILE_MB * CHUNK_BYTES))
        chance = SystemChance()
        store = Store.create(folder / "node", clock=SystemClock(), chance=chance)
        try:
            carrier = Carrier(store, Partners(UK), HttpTransport(), chance)
            megabytes = FILE_MB * CHUNK_BYTES / 1e6
            ref = carrier.attach(file, "rec-1/0")
            sealed = _best(lambda: carrier.attach(file, "rec-1/0"))
            chunks = [bytes(blob) for name in ref.chunks if (blob := carrier.chunk(name)) is not None]
            key, plain = bytes.fromhex(ref.key), bytes(CHUNK_BYTES)
            opened = _best(lambda: unseal(ref, chunks))
            cipher = _best(lambda: [seal_chunk(key, number, FILE_MB, plain) for number in range(FILE_MB)])
        finally:
            store.close()
    return FileSpeed(FILE_MB, megabytes / sealed, megabytes / opened, megabytes / cipher)


@dataclass(frozen=True, slots=True)
class Idle:
    """Seconds until a node answers and CPU seconds of its process until then; MB it holds; its share of a core at rest."""

    start_s: float
    start_cpu_s: float
    memory_mb: float
    cpu_share: float


def idle_node() -> Idle:
    """Start a node and let it idle."""
    with houses((UK,)) as made:
        begun = time.perf_counter()
        serve(made[UK])
        took = time.perf_counter() - begun
        process = made[UK].process
        assert process is not None
        before = cpu_s(process.pid)
        time.sleep(IDLE_S)
        share = (cpu_s(process.pid) - before) / IDLE_S
        status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
        return Idle(took, before, int(status.partition("VmRSS:")[2].split()[0]) / 1024, share)


def _best(work: Callable[[], object]) -> float:
    """Return the CPU seconds of the quickest of a few rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = time.process_time()
        work()
        best = min(best, time.process_time() - begun)
    return best
