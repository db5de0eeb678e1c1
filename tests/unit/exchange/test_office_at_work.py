"""The office as it is joined: what it begins and ends when it delivers, whom it greets, and what it hands out of what it keeps."""

import threading
from collections.abc import Callable
from pathlib import Path
from socket import create_server
from typing import Any

import pytest

from headwater.exchange.office import Exchange
from headwater.exchange.partners import State
from headwater.exchange.receipt import parse_receipt
from headwater.exchange.transport import HttpTransport
from headwater.model.message import Kind
from headwater.policy.agreement import AgreementState
from headwater.testing.fakes import SeededChance
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, Node, World, agreement, confirm, message

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def by_itself(node: Node, world: World) -> Exchange:
    """A node's exchange as `node` composes it, with wires of its own."""
    return Exchange(node.store, node.keys, world.clock, SeededChance(3), node.me)


@pytest.mark.parametrize(("every_s", "first"), [(0.0, ""), (1.0, "files"), (1.0, "sync")])
def test_delivery_begins_files_and_where_it_is_asked_to_syncs_and_has_ended_both_when_it_returns(
    every_s: float, first: str, world: World, london: Node
) -> None:
    exchange = by_itself(london, world)
    begun: dict[str, tuple[bool, tuple[object, ...]]] = {}
    threads: list[threading.Thread] = []
    stop, go = threading.Event(), threading.Event()

    def noted(name: str) -> Callable[..., None]:
        def run(*given: object) -> None:
            here = threading.current_thread()
            begun[name] = here.name == name and here.daemon, given
            threads.append(here)
            if name != first:
                go.wait(20)

        return run

    exchange.files.run = noted("files")  # type: ignore[method-assign]
    exchange.syncing.run = noted("sync")  # type: ignore[method-assign]
    stop.set()
    delivers = threading.Thread(target=exchange.deliver, args=(stop,), kwargs={"sync_every_s": every_s})
    delivers.start()
    delivers.join(0.2)
    assert delivers.is_alive(), "it waits for both"
    go.set()
    delivers.join(20)
    assert not any(each.is_alive() for each in (*threads, delivers))
    assert begun == {"files": (True, (stop,))} | ({"sync": (True, (stop, every_s))} if every_s else {})


def test_connections_that_delivery_has_used_are_closed_when_it_ends(world: World, london: Node) -> None:
    exchange = by_itself(london, world)
    with create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for end in (b"batch", b"\r\n\r\n"):
                connection, _ = server.accept()
                kept.append(connection)
                said = b""
                while not said.endswith(end) and (piece := connection.recv(65536)):
                    said += piece
                connection.sendall(OK)

        kept: list[Any] = []
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        at = f"http://127.0.0.1:{server.getsockname()[1]}"
        used = (exchange._transport, exchange._fetcher)
        assert isinstance(used[0], HttpTransport)
        assert isinstance(used[1], HttpTransport)
        used[0].post(at, "/v1/inbox", b"batch", timeout_s=5.0)
        used[1].get(at, "/v1/files/x", bytearray(9), timeout_s=5.0)
        thread.join(10)
        stop = threading.Event()
        stop.set()
        exchange.deliver(stop)
        for connection in kept:
            connection.settimeout(10)
        assert [connection.recv(1) for connection in kept] == [b"", b""], "the other side sees the end of both"
        for connection in kept:
            connection.close()


def test_who_is_confirmed_is_greeted_under_each_agreement_with_it_and_under_no_other(tmp_path: Path) -> None:
    world = World(tmp_path)
    london, belgrade, pristina = world.node(LONDON), world.node(BELGRADE), world.node(PRISTINA)
    world.befriend(london, pristina, agreement(id="A-UK-XK", parties=(LONDON, PRISTINA), safeguards={}))
    world.acquaint(london, belgrade, agreement())
    for name in ("B-UK-RS", "A-AAA"):
        paper = belgrade.exchange.sign_agreement(london.exchange.sign_agreement(agreement(id=name)))
        london.exchange.add_partner([belgrade.exchange.card_bytes()], [paper], who="engineer")
    before = len(london.exchange.outgoing())
    confirm(london, belgrade)
    pings = london.exchange.outgoing()[before:]
    sent = [london.exchange.sent(row.id) for row in pings]
    assert [(each.kind, each.recipient, each.agreement) for each in sent if each] == [
        (Kind.PING, BELGRADE, name) for name in ("A-AAA", TERMS, "B-UK-RS")
    ]
    assert {(row.expires_at - row.queued_at).days for row in pings} == {7}
    world.close()


def test_what_is_kept_of_a_message_is_handed_out_whole_or_not_at_all(london: Node, belgrade: Node) -> None:
    uk, rs = london.exchange, belgrade.exchange
    ref = uk.send(message(), who="o.reed").id
    assert ref is not None
    (row,) = [row for row in uk.outgoing() if row.id == ref]
    assert uk.receipt(row) is None
    told = uk.sent(ref)
    assert told is not None
    assert (told.facts, told.sender, told.recipient) == (message().facts, LONDON, BELGRADE)
    london.bring(BELGRADE)
    (row,) = [row for row in uk.outgoing() if row.id == ref]
    receipt = uk.receipt(row)
    assert receipt is not None
    assert [line.id for line in parse_receipt(receipt).lines] == [ref]
    assert rs.receipt(rs.incoming()[-1]) == receipt
    assert rs.sent(ref) is None
    assert (uk.told(), uk.told_of(ref)) == ({}, ())
    for word in ("read", "acted"):
        rs.tell(ref, word, who="m.ilic", purpose="oic")
    belgrade.bring(LONDON)
    words = uk.told_of(ref)
    assert [each.word for each in words] == ["read", "acted"]
    assert uk.told() == {ref: words}


def test_partners_and_agreements_are_told_as_this_node_has_them(london: Node, belgrade: Node) -> None:
    uk = london.exchange
    assert [(each.authority, each.state, each.card.card) for each in uk.partners()] == [
        (BELGRADE, State.LIVE, belgrade.exchange.card().card)
    ]
    uk.set_agreement_state(TERMS, AgreementState.SUSPENDED, who="d.s", reason="unclear")
    assert {name: each.state for name, each in uk.agreements().items()} == {TERMS: AgreementState.SUSPENDED}
    assert {name: each.state for name, each in belgrade.exchange.agreements().items()} == {TERMS: AgreementState.LIVE}
    assert uk.card_bytes() == uk.card().paper.to_bytes()
