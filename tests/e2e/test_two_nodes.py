"""Two nodes as two processes over real HTTP: what is promised survives kill -9, once and unchanged."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from headwater.exchange.card import SignedCard
from headwater.exchange.envelope import Sealed, read
from headwater.exchange.framing import join, split
from headwater.exchange.keys import Keys
from headwater.exchange.office import Exchange
from headwater.model.ids import AuthorityId
from headwater.store import Store
from tests.e2e.node_process import SystemChance, SystemClock
from tests.exchange_world import BELGRADE, LONDON, agreement, fact, message

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60.0


@dataclass
class Node:
    """A node's directory, opened by the test as well, and its process."""

    me: AuthorityId
    home: Path
    port: int
    store: Store
    exchange: Exchange
    process: subprocess.Popen[bytes] | None = None
    starts: int = field(default=0)

    def start(self) -> None:
        script = ROOT / "tests" / "e2e" / "node_process.py"
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(self.home), self.me, str(self.port)], env=environment
        )
        self.starts += 1
        until(self.answers)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_S)

    def answers(self) -> bool:
        try:
            return self.ask("GET", "/v1/health")[0] == 200
        except OSError:
            return False

    def ask(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


def until(met: Callable[[], bool]) -> None:
    """Look again and again until something is so."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.05)):
        if met():
            return
        pause.wait(0.05)
    pytest.fail("it did not come about in time", pytrace=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def made(folder: Path, me: AuthorityId) -> Node:
    clock, chance = SystemClock(), SystemChance()
    store = Store.create(folder / me, clock=clock, chance=chance)
    exchange = Exchange(store, Keys.create(folder / me, chance), clock, chance, me)
    port = free_port()
    exchange.make_card(me, [f"http://127.0.0.1:{port}"], folder / me / "roots", who="engineer")
    return Node(me, folder / me, port, store, exchange)


@contextmanager
def two_nodes(folder: Path) -> Iterator[tuple[Node, Node]]:
    one, other = made(folder, LONDON), made(folder, BELGRADE)
    paper = other.exchange.sign_agreement(one.exchange.sign_agreement(agreement()))
    for here, there in ((one, other), (other, one)):
        here.exchange.add_partner([there.exchange.card_bytes()], [paper], who="engineer")
        here.exchange.confirm_partner(there.me, there.exchange.card().fingerprint, who="liaison")
    try:
        yield one, other
    finally:
        for node in (one, other):
            if node.process is not None and node.process.poll() is None:
                node.kill()
            node.store.close()


def states(node: Node) -> list[str]:
    return [row.state for row in node.exchange.outgoing() if row.kind != "ping"]


def test_nothing_is_lost_or_doubled_when_the_receiver_is_killed_again_and_again(tmp_path: Path) -> None:
    with two_nodes(tmp_path) as (london, belgrade):
        london.start()
        belgrade.start()
        sent = []
        for batch in range(4):
            for number in range(40):
                one = fact(entity=f"uk/person/{batch}-{number}", value=f"Person {batch}-{number}")
                sent.append(london.exchange.send(message(facts={"f1": one}), who="o.reed").id)
            until(lambda least=40 * batch: states(london).count("receipted") > least)  # type: ignore[misc]
            belgrade.kill()
            belgrade.start()
        until(lambda: set(states(london)) == {"receipted"})
        arrived = [row.id for row in belgrade.exchange.incoming() if row.kind != "ping"]
        assert sorted(arrived) == sorted(ref for ref in sent if ref)
        with belgrade.store.snapshot() as snapshot:
            names = [each.value for record in snapshot.records(source="exchange") for each in record.facts]
        assert sorted(names) == sorted(f"Person {batch}-{number}" for batch in range(4) for number in range(40))
        assert belgrade.store.check() == []
        assert london.store.check() == []
        assert belgrade.end() == 0
        assert london.end() == 0


def test_the_sender_killed_in_between_sends_the_rest_after_its_restart(tmp_path: Path) -> None:
    with two_nodes(tmp_path) as (london, belgrade):
        belgrade.start()
        london.start()
        for number in range(60):
            london.exchange.send(message(facts={"f1": fact(value=f"Person {number}")}), who="o.reed")
        london.kill()
        london.start()
        until(lambda: set(states(london)) == {"receipted"})
        assert len([row for row in belgrade.exchange.incoming() if row.kind != "ping"]) == 60


def test_new_keys_made_beside_a_served_node_reach_its_partner_by_themselves_and_are_used_at_once(
    tmp_path: Path,
) -> None:
    with two_nodes(tmp_path) as (london, belgrade):
        belgrade.start()
        london.start()
        for node in (london, belgrade):
            for kind in ("signing", "sealing"):
                node.exchange.new_key(kind)
            node.exchange.make_card(node.me, node.exchange.card().card.endpoints, node.home / "roots", who="engineer")
        until(lambda: all(held(one).card.version == 2 for one in (london, belgrade)))
        ref = london.exchange.send(message(), who="o.reed").id
        until(lambda: set(states(london)) == {"receipted"})
        row = next(row for row in london.exchange.outgoing() if row.id == ref)
        sealed = read(row.envelope)
        assert isinstance(sealed, Sealed)
        newest = [london.exchange.card().card.signing[-1].name, belgrade.exchange.card().card.sealing[-1].name]
        assert [sealed.header.skid, sealed.header.rkid] == newest
        assert [row.kind for row in belgrade.exchange.incoming()].count("card") == 1
        assert london.exchange.syncing.alarms() == belgrade.exchange.syncing.alarms() == []


def held(node: Node) -> SignedCard:
    """The card of its one partner that a node holds."""
    (partner,) = node.exchange.partners()
    return partner.card


def test_a_duplicate_over_http_gets_the_original_receipt_in_the_same_bytes(tmp_path: Path) -> None:
    with two_nodes(tmp_path) as (london, belgrade):
        belgrade.start()
        london.exchange.send(message(), who="o.reed")
        batch = join(row.envelope for row in london.exchange.outgoing())
        status, first = belgrade.ask("POST", "/v1/inbox", batch)
        again_status, again = belgrade.ask("POST", "/v1/inbox", batch)
        assert (status, again_status) == (200, 200)
        assert split(again, most=8) == split(first, most=8)
        assert len(belgrade.exchange.incoming()) == 2


def test_the_door_says_only_numbers_about_what_it_cannot_read(tmp_path: Path) -> None:
    with two_nodes(tmp_path) as (_, belgrade):
        belgrade.start()
        assert belgrade.ask("POST", "/v1/inbox", b"\0\0\0\x09short") == (400, b'{"code":"input.format"}')
        assert belgrade.ask("POST", "/v1/inbox", b"") == (400, b'{"code":"input.format"}')
        assert belgrade.ask("GET", "/v1/card")[1] == belgrade.exchange.card_bytes()
        assert belgrade.ask("GET", "/v1/inbox")[0] == 405
        assert belgrade.exchange.incoming() == []
