"""What one node does alone: it starts, and idles."""

import time
from dataclasses import dataclass
from pathlib import Path

from bench.exchange_nodes import UK, cpu_s, houses, serve

IDLE_S = 2.0


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
