"""The same load with both nodes' stores in PostgreSQL, and in SQLite beside it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from bench.exchange_nodes import RS, UK, London, cpu_s, houses, london, serve
from headwater.model.ids import AuthorityId
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
            whole["server"] = sum(cpu_s(each) for each in (self.server, *_children(self.server)))
        return whole


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


def _children(process: int) -> list[int]:
    text = Path(f"/proc/{process}/task/{process}/children").read_text("ascii")
    return [int(word) for word in text.split()]
