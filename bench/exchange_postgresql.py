"""The same load with both nodes' stores in PostgreSQL, and in SQLite beside it; and a node that several processes serve."""

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

import psycopg

from bench.exchange_nodes import AL, RS, UK, London, cpu_s, houses, london, serve
from headwater.exercise.stage import House, clean_environment, free_ports, until
from headwater.model.ids import AuthorityId
from headwater.model.message import Kind
from headwater.node import Node
from tools.postgresql import Server, server


@dataclass(frozen=True, slots=True)
class Pair:
    """Two nodes that exchange messages, and the process of a database server if there is one."""

    node: London
    belgrade: int
    server: int = 0

    def measure(self, count: int, group: int) -> tuple[float, dict[str, float]]:
        """Return messages a second, and CPU microseconds of a message by whose they are."""
        before = self._cpu_s()
        done = self.node.do("load", count=count, group=group, shape="report")
        spent = {name: 1e6 * (now - before[name]) / done["sent"] for name, now in self._cpu_s().items()}
        return done["sent"] / done["s"], spent

    def urgent_ms(self, count: int) -> list[float]:
        """Return how long urgent messages took, the quickest first."""
        times: list[float] = self.node.do("urgent", count=count, bulk=0, pause_s=0.02)["ms"]
        return times

    def _cpu_s(self) -> dict[str, float]:
        whole = {"London": cpu_s(self.node.id), "Belgrade": cpu_s(self.belgrade)}
        if self.server:
            whole["server"] = _tree_s(self.server)
        return whole


@dataclass(frozen=True, slots=True)
class Shared:
    """What a node does that several processes serve, while two partners send to it at once.

    Attributes:
        rate: messages a second, of both partners together.
        worker_us: CPU microseconds of a message, of all its processes.
        server_us: of the database server.
        shares: of the CPU of its processes, the largest first.
    """

    rate: float
    worker_us: float
    server_us: float
    shares: tuple[float, ...]


def shared(workers: int, count: int, group: int) -> Shared:
    """Measure a node whose store is in PostgreSQL, served by several processes.

    Raises:
        AssertionError: a message was lost, or came twice.
    """
    with ExitStack() as stack:
        running = stack.enter_context(server())
        made = stack.enter_context(houses((UK, RS, AL), {RS: _schema(running, "rs")}))
        serving = stack.enter_context(_served(made[RS], workers))
        senders = [stack.enter_context(london(made[name])) for name in (UK, AL)]
        pool = stack.enter_context(ThreadPoolExecutor(len(senders)))

        def load(each: int) -> tuple[int, float]:
            begun = time.perf_counter()
            done = list(pool.map(lambda sender: sender.do("load", count=each, group=group, shape="report"), senders))
            return sum(one["sent"] for one in done), time.perf_counter() - begun

        warm, _ = load(group)
        before = [cpu_s(one) for one in serving], _tree_s(running.process)
        sent, took = load(count // len(senders))
        spent = sorted((cpu_s(one) - start for one, start in zip(serving, before[0], strict=True)), reverse=True)
        database = _tree_s(running.process) - before[1]
        _check_kept(made[RS], warm + sent)
        shares = tuple(one / sum(spent) for one in spent)
        return Shared(sent / took, 1e6 * sum(spent) / sent, 1e6 * database / sent, shares)


def _check_kept(house: House, sent: int) -> None:
    with Node.open(house.home, {}) as node:
        kept = [row.id for row in node.exchange.incoming() if row.kind == Kind.SPONTANEOUS]
    if not sent == len(kept) == len(set(kept)):
        raise AssertionError(f"of {sent} messages {len(set(kept))} are kept, {len(kept)} times in all")


@contextmanager
def _served(house: House, workers: int) -> Iterator[list[int]]:
    """Serve a node by several processes, and deal out among them what connects to its endpoint, as a balancer would."""
    ports = free_ports(workers)
    command = [sys.executable, "-m", "headwater", "node", "serve", "--home", str(house.home), "--page", "none"]
    processes = []
    try:
        for port in ports:
            words = [*command, "--listen", f"127.0.0.1:{port}"]
            processes.append(subprocess.Popen(words, env=clean_environment(), stderr=subprocess.DEVNULL))
            until(lambda at=port: _connects(at), "a process of the shared node to answer", 30)
        with socket.create_server(("127.0.0.1", house.port)) as door:
            threading.Thread(target=_deal, args=(door, ports), daemon=True).start()
            yield [process.pid for process in processes]
            door.shutdown(socket.SHUT_RDWR)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(30)


def _connects(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


def _deal(door: socket.socket, ports: list[int]) -> None:
    """Pass each connection on, to one process after the other."""
    with suppress(OSError):
        for port in cycle(ports):
            near, _ = door.accept()
            far = socket.create_connection(("127.0.0.1", port))
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=(source, target), daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 18):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


@contextmanager
def in_sqlite() -> Iterator[Pair]:
    """Two nodes as they are by default."""
    with _pair({}) as nodes:
        yield Pair(*nodes)


@contextmanager
def in_postgresql() -> Iterator[Pair]:
    """Two nodes with a schema each in one server, durable as its defaults are."""
    with server() as running, _pair({UK: _schema(running, "uk"), RS: _schema(running, "rs")}) as nodes:
        yield Pair(*nodes, running.process)


@contextmanager
def _pair(databases: Mapping[AuthorityId, str]) -> Iterator[tuple[London, int]]:
    with houses((UK, RS), databases) as made:
        serve(made[RS])
        process = made[RS].process
        assert process is not None
        with london(made[UK]) as node:
            yield node, process.pid


def _schema(running: Server, name: str) -> str:
    with psycopg.connect(running.url, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    return running.database(name)


def _tree_s(process: int) -> float:
    return sum(cpu_s(each) for each in (process, *_children(process)))


def _children(process: int) -> list[int]:
    text = Path(f"/proc/{process}/task/{process}/children").read_text("ascii")
    return [int(word) for word in text.split()]
