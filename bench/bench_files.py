"""What a large file costs between two nodes, beside a plain HTTP download of the same bytes in the same run.

    python bench/bench_files.py [--mib 256]        G9 asks for 1024

The file is sealed in this process, fetched by one served node from another over loopback, opened, hashed and kept. The CPU
time is that of both node processes together. The peer is `http.server` and a client that hashes and syncs: no encryption, no
resuming, no record of it. The last line is the document that bench/run.py reads.
"""

import argparse
import hashlib
import http.server
import json
import os
import sys
import tempfile
import threading
import time
import urllib.request
from functools import partial
from pathlib import Path

from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from bench.exchange_nodes import OFFICER, RS, UK, cpu_s, houses, message, serve
from headwater.exercise.stage import House
from headwater.model.ids import MessageId
from headwater.node import Node

MIB = 1 << 20
PATIENCE_S = 600.0
GOAL_MB_S = 200.0


def make_file(folder: Path, mib: int) -> Path:
    """Write a file that nothing can compress."""
    path = folder / "scan.bin"
    with path.open("wb") as stream:
        for _ in range(mib):
            stream.write(os.urandom(MIB))
    return path


def per_cpu(size: int, cpu: float) -> float:
    """Return MB (10^6 bytes) for each second of one core."""
    return size / 1e6 / cpu


def plain(path: Path, folder: Path) -> tuple[float, float]:
    """Return MB for each CPU second and each second of a plain download that hashes and syncs."""
    handler = partial(_Quiet, directory=str(path.parent))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    begun, wall = time.process_time(), time.perf_counter()
    whole = hashlib.sha256()
    url = f"http://127.0.0.1:{server.server_port}/{path.name}"
    with urllib.request.urlopen(url) as source, (folder / "copy.bin").open("wb") as target:
        while data := source.read(MIB):
            whole.update(data)
            target.write(data)
        target.flush()
        os.fsync(target.fileno())
    cpu, took, size = time.process_time() - begun, time.perf_counter() - wall, path.stat().st_size
    server.shutdown()
    server.server_close()
    return per_cpu(size, cpu), size / 1e6 / took


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


def attach_and_send(house: House, path: Path) -> tuple[MessageId, float]:
    """Seal a file and queue its message; return the message and MB for each CPU second of sealing."""
    with Node.open(house.home, {}) as node:
        told = message(0)
        begun = time.process_time()
        ref = node.exchange.files.attach(path, next(iter(told.facts)))
        sealing = per_cpu(path.stat().st_size, time.process_time() - begun)
        sent = node.exchange.send(replace(told, files=(ref,)), who=OFFICER)
        assert sent.id is not None
        return sent.id, sealing


def peak_mb(process: int) -> float:
    """Return the most memory that a process has held, in MB (VmHWM)."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def wait_for_file(house: House) -> None:
    """Look until the file is whole at the receiver."""
    pause, until = threading.Event(), time.monotonic() + PATIENCE_S
    with Node.open(house.home, {}) as node:
        while not any(each.kept for each in node.exchange.files.waiting()):
            if time.monotonic() > until:
                raise TimeoutError
            pause.wait(0.1)


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure large files.")
    parser.add_argument("--mib", type=int, default=256, help="size of the file in MiB")
    mib = parser.parse_args().mib
    with tempfile.TemporaryDirectory(prefix="headwater-bench-") as temporary, houses((UK, RS)) as nodes:
        folder = Path(temporary)
        path = make_file(folder, mib)
        size = path.stat().st_size
        peer, peer_wall = plain(path, folder)
        _, sealing = attach_and_send(nodes[UK], path)
        for house in nodes.values():
            serve(house)
        processes = [house.process.pid for house in nodes.values() if house.process is not None]
        before, wall = sum(map(cpu_s, processes)), time.perf_counter()
        wait_for_file(nodes[RS])
        cpu, took = sum(map(cpu_s, processes)) - before, time.perf_counter() - wall
        peaks = [peak_mb(process) for process in processes]
    ours = per_cpu(size, cpu)
    print(json.dumps({"figure": "seal", "mb_per_cpu_s": round(sealing)}))
    print(
        json.dumps({"figure": "fetch", "mb_per_cpu_s": round(ours), "wall_mb_s": round(size / 1e6 / took), "mib": mib})
    )
    print(json.dumps({"figure": "most memory", "sender_mb": round(peaks[0]), "receiver_mb": round(peaks[1])}))
    print(json.dumps({"figure": "plain http", "mb_per_cpu_s": round(peer), "wall_mb_s": round(peer_wall)}))
    what = f"MB for each CPU second of both nodes, {mib} MiB: {ours:.0f}; goal G9 {GOAL_MB_S:.0f}"
    results = [
        {"name": "file-fetch-mb-per-core", "ratio": ours / GOAL_MB_S, "at_least": 1.0, "what": what},
        {
            "name": "file-fetch-most-memory",
            "ratio": max(peaks),
            "what": f"MB that the larger node held at most (VmHWM); sender {peaks[0]:.0f}, receiver {peaks[1]:.0f}",
        },
        {
            "name": "file-fetch-beside-plain-http",
            "ratio": ours / peer,
            "what": f"plain HTTP: {peer:.0f} MB for each CPU second",
        },
    ]
    print(json.dumps({"results": results}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
