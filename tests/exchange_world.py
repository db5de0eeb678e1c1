"""A small world for tests of the exchange: nodes in folders, one clock, and wires that a test can cut."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from headwater.errors import PeerUnreachableError
from headwater.exchange.card import SignedCard
from headwater.exchange.courier import Step
from headwater.exchange.envelope import Lane
from headwater.exchange.keys import Keys
from headwater.exchange.office import Exchange
from headwater.model.ids import AuthorityId, StateCode
from headwater.model.message import Kind, Message, MessageFact
from headwater.policy.agreement import Agreement, AgreementState, Osja, OsjaLevel, Safeguard
from headwater.ports import Event
from headwater.store import Store, StoreOptions
from headwater.testing.fakes import FakeClock, SeededChance

LONDON = AuthorityId("UK-NCA")
BELGRADE = AuthorityId("RS-MOI")
PRISTINA = AuthorityId("XK-KP")
TERMS = "A-UK-RS-OIC"


class Wires:
    """Carries envelopes in memory; a test may look at, change or cut what passes."""

    def __init__(self) -> None:
        self.nodes: dict[str, Exchange] = {}
        self.cut: set[str] = set()
        self.tries = 0
        self.passed: list[tuple[str, bytes, bytes]] = []
        self.on_way: Callable[[bytes], bytes] = lambda body: body
        self.on_return: Callable[[bytes], bytes] = lambda answer: answer

    def post(self, endpoint: str, path: str, body: bytes, *, timeout_s: float) -> bytes:
        self.tries += 1
        if endpoint in self.cut:
            raise PeerUnreachableError("cut", where=endpoint)
        answer = self.nodes[endpoint].receive(self.on_way(body))
        self.passed.append((endpoint, body, answer))
        return self.on_return(answer)


@dataclass
class Node:
    """One node of the world."""

    me: AuthorityId
    home: Path
    store: Store
    keys: Keys
    exchange: Exchange
    endpoint: str

    def events(self, kind: str) -> list[Event]:
        with self.store.snapshot() as snapshot:
            found = [leaf.event for leaf in snapshot.leaves() if leaf.event is not None]
        return [event for event in found if event.kind == f"exchange.{kind}"]

    def bring(self, to: AuthorityId, lane: Lane = Lane.NORMAL) -> Step:
        """Do one courier's step that finds something to do."""
        return self.exchange.courier((to, lane)).step()


@dataclass
class World:
    """Nodes, the clock and the wires between them."""

    folder: Path
    clock: FakeClock = field(default_factory=FakeClock)
    wires: Wires = field(default_factory=Wires)
    nodes: list[Node] = field(default_factory=list)
    port: Callable[[int], int] = lambda number: 9000 + number

    def node(self, me: AuthorityId, clock: FakeClock | None = None, options: StoreOptions | None = None) -> Node:
        """Make a node with keys and a card; by the world's clock and on a sound disk where nothing else is said."""
        number = len(self.nodes) + 1
        chance, clock = SeededChance(number), clock or self.clock
        home = self.folder / me
        store = Store.create(home, clock=clock, chance=chance, options=options)
        keys = Keys.create(home, chance)
        endpoint = f"http://127.0.0.1:{self.port(number)}"
        exchange = Exchange(store, keys, clock, chance, me, transport=self.wires)
        exchange.make_card(f"Exercise {me}", [endpoint], home / "roots", who="engineer")
        node = Node(me, home, store, keys, exchange, endpoint)
        self.wires.nodes[endpoint] = exchange
        self.nodes.append(node)
        return node

    def acquaint(self, one: Node, other: Node, terms: Agreement) -> None:
        """Let two nodes hold each other's card and an agreement that both have signed; nobody has confirmed anything."""
        paper = other.exchange.sign_agreement(one.exchange.sign_agreement(terms))
        one.exchange.add_partner([other.exchange.card_bytes()], [paper], who="engineer")
        other.exchange.add_partner([one.exchange.card_bytes()], [paper], who="engineer")

    def befriend(self, one: Node, other: Node, terms: Agreement) -> None:
        """Take two nodes all the way to live."""
        self.acquaint(one, other, terms)
        confirm(one, other)
        confirm(other, one)
        one.bring(other.me)
        other.bring(one.me)

    def close(self) -> None:
        for node in self.nodes:
            node.store.close()


def confirm(node: Node, partner: Node) -> None:
    """Compare the digits by voice."""
    node.exchange.confirm_partner(partner.me, fingerprint_of(partner.exchange.card()), who="liaison")


def fingerprint_of(card: SignedCard) -> str:
    return card.fingerprint


def pair(folder: Path) -> tuple[World, Node, Node]:
    """Return London and Belgrade, live with each other."""
    world = World(folder)
    london, belgrade = world.node(LONDON), world.node(BELGRADE)
    world.befriend(london, belgrade, agreement())
    return world, london, belgrade


def agreement(**changes: object) -> Agreement:
    """Return an agreement between London and Belgrade, as the test wants it."""
    terms: dict[str, object] = {
        "id": TERMS,
        "parties": (LONDON, BELGRADE),
        "state": AgreementState.LIVE,
        "valid_from": date(2025, 4, 2),
        "valid_until": date(2028, 4, 1),
        "binding": False,
        "safeguards": {
            StateCode("UK"): Safeguard(ref="DPT-INVENTED", until=date(2027, 3, 31)),
            StateCode("RS"): Safeguard(ref="C108-INVENTED", until=date(2028, 4, 1)),
        },
        "purposes": frozenset({"oic", "trafficking"}),
        "kinds": frozenset({Kind.REQUEST, Kind.RESPONSE, Kind.SPONTANEOUS, Kind.ALERT}),
        "markings": {"NONE": 0, "OFFICIAL": 1, "INTERNO": 2},
        "categories": frozenset({"suspect", "associate", "victim", "organisation", "object"}),
        "retain_max_days": 1095,
        "osja": Osja(ref="OSJA-INVENTED", level=OsjaLevel.LOW, review_by=date(2027, 1, 31)),
    }
    return Agreement(**{**terms, **changes})  # type: ignore[arg-type]


def fact(**changes: object) -> MessageFact:
    """Return a fact about a person, as the test wants it."""
    values: dict[str, object] = {
        "prop": "name",
        "origin": StateCode("UK"),
        "category": "suspect",
        "personal": True,
        "entity": "uk/person/1",
        "schema": "Person",
        "value": "Marko Markovski",
        "marking": "OFFICIAL",
        "handling": ("P",),
        "grade": "3x5x2:1/B",
        "retain_until": "2028-01-31",
    }
    return MessageFact(**{**values, **changes})  # type: ignore[arg-type]


def message(**changes: object) -> Message:
    """Return a message from London to Belgrade, as the test wants it."""
    values: dict[str, object] = {
        "kind": Kind.SPONTANEOUS,
        "recipient": BELGRADE,
        "agreement": TERMS,
        "purpose": "oic",
        "classification": "OFFICIAL",
        "author": "o.reed",
        "approver": "s.hall",
        "facts": {"f1": fact(), "f2": fact(prop="phone", value="+381600000001")},
    }
    return Message(**{**values, **changes})  # type: ignore[arg-type]
