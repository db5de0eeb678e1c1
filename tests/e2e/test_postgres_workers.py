"""A shared node: two `headwater node serve` over one PostgreSQL database, killed in turn, and a store that is moved."""

import json
import os
import signal
import subprocess
import sys
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from headwater.errors import SettingsError, StoreError
from headwater.model.ids import AuthorityId
from headwater.node import Node, moving, setup, users
from headwater.policy.acts import Role
from headwater.ports import Event
from headwater.settings import Settings
from tests.e2e.test_two_nodes import free_port, until
from tests.exchange_world import BELGRADE, LONDON, agreement, fact, message

pytestmark = pytest.mark.e2e

ADMIN = "a.admin"
LETTERS = 150


@dataclass
class Shared:
    """A node's directory, opened by the test as well, and the processes that serve it."""

    home: Path
    ports: list[int]
    node: Node
    workers: dict[int, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, port: int) -> None:
        words = ["node", "serve", "--home", str(self.home), "--listen", f"127.0.0.1:{port}", "--page", "none"]
        command = [sys.executable, "-m", "headwater", *words]
        with (self.home.parent / f"{self.home.name}-{port}.log").open("ab") as log:
            self.workers[port] = subprocess.Popen(command, stdout=log, stderr=log)
        until(lambda: self._answers(port))

    def kill(self, port: int) -> None:
        self.workers[port].send_signal(signal.SIGKILL)
        self.workers[port].wait()

    def end(self) -> list[int]:
        for worker in self.workers.values():
            worker.send_signal(signal.SIGTERM)
        return [worker.wait(60) for worker in self.workers.values()]

    def _answers(self, port: int) -> bool:
        import http.client

        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request("GET", "/v1/health")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()


def made(home: Path, me: AuthorityId, workers: int, database: str = "") -> Shared:
    ports = [free_port() for _ in range(workers)]
    settings = Settings(authority=me, listen=f"127.0.0.1:{ports[0]}", page="none", database=database)
    setup.init(home, settings, [users.User(ADMIN, frozenset({Role.ADMIN, Role.ANALYST, Role.LIAISON}))])
    node = Node.open(home, {})
    node.exchange.make_card(me, [f"http://127.0.0.1:{port}" for port in ports], home / "roots", who=ADMIN)
    return Shared(home, ports, node)


def befriend(one: Node, other: Node) -> None:
    paper = other.exchange.sign_agreement(one.exchange.sign_agreement(agreement()))
    for here, there in ((one, other), (other, one)):
        cards = [there.exchange.card_bytes()]
        here.exchange.add_partner(cards, [paper], who=ADMIN)
        here.exchange.confirm_partner(there.authority, there.exchange.card().fingerprint, who=ADMIN)


HOUSEKEEPING = frozenset({"ping", "card", "checkpoint"})


def states(node: Node) -> list[str]:
    return [row.state for row in node.exchange.outgoing() if row.kind not in HOUSEKEEPING]


def received(node: Node) -> Counter[str]:
    """How often the ledger says of each message that it came."""
    with node.store.snapshot() as snapshot:
        leaves = [leaf.event for leaf in snapshot.leaves()]
    return Counter(event.subject for event in leaves if event is not None and event.kind == "exchange.received")


def letters(node: Node, name: str, count: int) -> set[str]:
    me, other = (LONDON, BELGRADE) if node.authority == LONDON else (BELGRADE, LONDON)
    sent = set()
    for number in range(count):
        facts = {"f1": fact(entity=f"{name}/{number}", value=f"Person {name} {number}", origin=me[:2])}
        done = node.exchange.send(message(sender=me, recipient=other, facts=facts), who="o.reed")
        assert done.id, done
        sent.add(str(done.id))
    return sent


def test_two_servers_over_one_database_lose_and_double_nothing_while_they_are_killed(
    tmp_path: Path, database: str
) -> None:
    with ExitStack() as stack:
        london = made(tmp_path / "uk", LONDON, 2, database)
        stack.callback(london.node.close)
        belgrade = made(tmp_path / "rs", BELGRADE, 1)
        stack.callback(belgrade.node.close)
        befriend(london.node, belgrade.node)
        for shared in (london, belgrade):
            for port in shared.ports:
                shared.start(port)
                stack.callback(shared.workers[port].kill)
        from_belgrade, from_london = set[str](), set[str]()
        for turn, port in enumerate((*london.ports, *london.ports)):
            from_belgrade |= letters(belgrade.node, f"b{turn}", LETTERS // 4)
            from_london |= letters(london.node, f"l{turn}", LETTERS // 4)
            until(lambda least=LETTERS // 5 * turn: states(belgrade.node).count("receipted") >= least)  # type: ignore[misc]
            london.kill(port)
            london.start(port)
        until(lambda: set(states(belgrade.node)) == {"receipted"} and set(states(london.node)) == {"receipted"})
        for here, sent in ((london, from_belgrade), (belgrade, from_london)):
            kept = [str(row.id) for row in here.node.exchange.incoming() if row.kind not in HOUSEKEEPING]
            assert sorted(kept) == sorted(sent)
            counted = received(here.node)
            assert {counted[ref] for ref in sent} == {1}
            assert here.node.store.check() == []
        assert london.end() == [0, 0]
        assert belgrade.end() == [0]


def command(home: Path, *words: str) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-m", "headwater", *words, "--home", str(home), "--json"],
        env={**os.environ, "HEADWATER_USER": ADMIN, "HEADWATER_PURPOSE": "operation"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_a_store_moves_to_postgresql_and_back_with_the_same_ledger(tmp_path: Path, database: str) -> None:
    london = made(tmp_path / "uk", LONDON, 1)
    home = london.home
    with ExitStack() as stack:
        stack.callback(london.node.close)
        belgrade = made(tmp_path / "rs", BELGRADE, 1)
        stack.callback(belgrade.node.close)
        befriend(london.node, belgrade.node)
        letters(london.node, "l", 20)
        command(home, "audit", "head", "--out", str(tmp_path / "before"))
        # A process that still has the old store open is refused from then on.
        still_open = stack.enter_context(Node.open(home, {}))
        moved = command(home, "node", "move", "--to", database)
        with pytest.raises(StoreError, match="moved"):
            still_open.store.note(Event("test.late", ADMIN, "late"))
    rows = moved["rows"]
    assert isinstance(rows, dict)
    assert rows["outgoing"] >= 20
    assert rows["ledger"] == moved["size"]
    assert not (home / "store.sqlite").exists()
    assert command(home, "audit", "verify", "--head", str(tmp_path / "before"))["ok"] is True
    command(home, "audit", "head", "--out", str(tmp_path / "there"))
    with Node.open(home, {}) as node:
        assert node.settings.database == database
        # Numbers go on where they were.
        assert len(letters(node, "m", 3)) == 3
        assert len([row for row in node.exchange.outgoing() if row.kind not in HOUSEKEEPING]) == 23
        assert node.store.check() == []
    back = command(home, "node", "move", "--to", "sqlite")
    assert back["left"] is None
    for head in ("before", "there"):
        assert command(home, "audit", "verify", "--head", str(tmp_path / head))["ok"] is True
    with Node.open(home, {}) as node:
        assert node.settings.database == ""
        assert len(letters(node, "n", 3)) == 3
        assert node.store.check() == []


def test_a_move_that_cannot_be_leaves_the_store_where_it_is(tmp_path: Path, database: str) -> None:
    london, belgrade = made(tmp_path / "uk", LONDON, 1, database), made(tmp_path / "rs", BELGRADE, 1)
    london.node.close()
    belgrade.node.close()

    def move(home: Path, to: str, env: dict[str, str] | None = None) -> None:
        moving.move_store(home, env or {}, user=ADMIN, purpose="operation", to=to)

    with pytest.raises(StoreError, match="already"):
        move(belgrade.home, database)
    with pytest.raises(SettingsError, match="already"):
        move(belgrade.home, "sqlite")
    with pytest.raises(SettingsError, match="HOST"):
        move(belgrade.home, "mysql://x/y")
    with pytest.raises(SettingsError, match="environment"):
        move(belgrade.home, database, {"HEADWATER_DATABASE": database})
    (london.home / "store.sqlite").touch()
    with pytest.raises(StoreError, match="in that place"):
        move(london.home, "sqlite")
    for shared in (london, belgrade):
        with Node.open(shared.home, {}) as node:
            node.store.note(Event("test.goes-on", ADMIN, "on"))


def test_a_damaged_ledger_is_not_moved(tmp_path: Path, database: str) -> None:
    import apsw

    london = made(tmp_path / "uk", LONDON, 1)
    london.node.close()
    connection = apsw.Connection(str(london.home / "store.sqlite"))
    connection.execute("DROP TRIGGER ledger_stays; UPDATE ledger SET event = zeroblob(20) WHERE number = 3")
    connection.close()
    with pytest.raises(StoreError, match="ledger does not hold at leaf 3"):
        moving.move_store(london.home, {}, user=ADMIN, purpose="operation", to=database)
    with Node.open(london.home, {}) as node:
        assert node.settings.database == ""


def test_a_backup_of_a_shared_node_says_what_to_do(tmp_path: Path, database: str) -> None:
    london = made(tmp_path / "uk", LONDON, 1, database)
    london.node.close()
    (tmp_path / "pass").write_text("six made up words for tests\n", encoding="utf-8")
    words = ["node", "backup", "--out", str(tmp_path / "x.box"), "--passphrase-file", str(tmp_path / "pass")]
    done = subprocess.run(
        [sys.executable, "-m", "headwater", *words, "--home", str(london.home)],
        env={**os.environ, "HEADWATER_USER": ADMIN, "HEADWATER_PURPOSE": "operation"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 74
    assert "pg_dump" in done.stderr
    assert not (tmp_path / "x.box").exists()
