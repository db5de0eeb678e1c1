"""Real nodes for tests: directories with settings, store, keys and users; two of them talk over real HTTP."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from headwater.exercise.list_files import list_files
from headwater.exercise.lists import Designation
from headwater.model.ids import AuthorityId
from headwater.node import Node, partners, setup
from headwater.node.reading import FileRead, read_files
from headwater.node.system import SystemClock
from headwater.node.users import User, add
from headwater.policy.session import Session
from headwater.ports import Event
from headwater.settings import Loaded, Settings
from headwater.store import Store
from headwater.testing.fakes import START, FakeClock, SeededChance
from headwater.web.partner import partner_app, serve

LONDON = AuthorityId("UK-NCA")
BELGRADE = AuthorityId("RS-MOI")
TERMS = "EX-UK-RS-OIC"
WRITER, SUPERVISOR, AUDITOR, GUARDIAN = "o.reed", "s.hall", "p.audit", "g.keeper"
ROLES: Mapping[str, frozenset[str]] = {
    SUPERVISOR: frozenset({"supervisor", "disclosure"}),
    AUDITOR: frozenset({"auditor"}),
    GUARDIAN: frozenset({"safeguarding"}),
}
PATIENCE_S = 30.0


def init(home: Path, authority: str = LONDON, **settings: Any) -> Path:
    """Set up a node with a writer who is also its admin, a supervisor, an auditor and a guardian of victims."""
    first = User(WRITER, frozenset({"admin", "analyst", "liaison"}))
    # By the tests' clock: keys that were made by the real one would not count on the day of the tests.
    with mock.patch.object(SystemClock, "now", return_value=START):
        setup.init(home, Settings(authority=AuthorityId(authority), **settings), [first])
    with Node.open(home, {}) as node:
        admin = node.session(WRITER, "operation")
        for name, roles in ROLES.items():
            add(node.store, admin, User(name, roles))
    return home


def node_at(home: Path, clock: FakeClock, **changes: Any) -> Node:
    """Open a node that goes by a clock in the test's hand."""
    chance = SeededChance(7)
    with Node.open(home, {}, changes) as opened:
        loaded: Loaded = opened.loaded
    return Node(home, loaded, Store.open(home, clock=clock, chance=chance), clock, chance)


def as_user(node: Node, user: str = WRITER, purpose: str = "oic") -> Session:
    """The session of a user."""
    return node.session(user, purpose)


def events(node: Node, kind: str) -> list[Event]:
    """What the ledger holds of a kind."""
    with node.store.snapshot() as snapshot:
        return [leaf.event for leaf in snapshot.leaves() if leaf.event is not None and leaf.event.kind == kind]


def read(node: Node, form: str, path: Path, user: str = WRITER, *, keep_good: bool = False) -> FileRead:
    """Read one file into a node."""
    into = (node, as_user(node, user, "sanctions" if form != "report" else "oic"))
    [outcome] = read_files(form, [str(path)], originator=node.authority, keep_good=keep_good, into=into)
    return outcome


def designation(number: int, name: str, **more: Any) -> Designation:
    """One invented person on a list."""
    given, family = name.split(" ", 1)
    values: dict[str, Any] = {"born": "1975-04-02", "nationality": "Serbia", "measures": ("Asset freeze",)}
    return Designation(number=number, kind="Individual", given=(given,), family=family, **{**values, **more})


def write_list(folder: Path, names: Sequence[str], *, published: date = date(2026, 11, 24), start: int = 1) -> Path:
    """Write an invented UK list, and return its file."""
    people = [designation(number, name) for number, name in enumerate(names, start)]
    [(name, data)] = list_files("uk-csv", people, published=published).items()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_bytes(data)
    return path


def person(key: str = "p1", name: str = "Ana Primerović", category: str = "suspect") -> dict[str, Any]:
    return {"key": key, "schema": "Person", "category": category, "properties": {"name": [name]}}


def write_report(folder: Path, *entities: dict[str, Any], **changes: Any) -> Path:
    """Write an invented intelligence report, and return its file."""
    report: dict[str, Any] = {
        "schema": "headwater/intelligence-report/1",
        "reference": "EX/UK/17",
        "originator": "UK-NCA",
        "recorded_at": "2026-11-25T08:00:00Z",
        "purposes": ["oic", "trafficking", "court"],
        "grade": "3x5x2:1/B",
        "handling": {"codes": ["P"], "markings": ["OFFICIAL"]},
        "entities": [*entities] or [person()],
    }
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "report.json"
    path.write_text(json.dumps({**report, **changes}), encoding="utf-8")
    return path


def agreement(**changes: Any) -> dict[str, Any]:
    """An invented agreement between London and Belgrade as a draft, as the test wants it."""
    day = SystemClock().now().date()
    until = (day + timedelta(days=900)).isoformat()
    return {
        "id": TERMS,
        "parties": [LONDON, BELGRADE],
        "state": "live",
        "valid_from": (day - timedelta(days=30)).isoformat(),
        "valid_until": until,
        "binding": False,
        "safeguards": {"UK": {"ref": "DPT-INVENTED", "until": until}, "RS": {"ref": "C108-INVENTED", "until": until}},
        "purposes": ["oic", "trafficking"],
        "kinds": ["request", "response", "spontaneous", "alert"],
        "markings": {"NONE": 0, "OFFICIAL": 1, "INTERNO": 2},
        "categories": ["suspect", "associate", "organisation", "object"],
        "retain_max_days": 1095,
        "osja": {"ref": "OSJA-INVENTED", "level": "low", "review_by": until},
        **changes,
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def until(met: Callable[[], bool]) -> None:
    """Look again and again until something is so."""
    pause = threading.Event()
    for _ in range(int(PATIENCE_S / 0.02)):
        if met():
            return
        pause.wait(0.02)
    pytest.fail("it did not come about in time")


def acquaint(one: Node, other: Node, folder: Path, **terms: Any) -> None:
    """Exchange cards, sign the agreement, compare digits: all by way of files, as two liaison officers do."""
    folder.mkdir(parents=True, exist_ok=True)
    draft, half, whole = folder / "draft.json", folder / "half", folder / "whole"
    draft.write_text(json.dumps(agreement(**terms)), encoding="utf-8")
    half.write_bytes(partners.sign_agreement(one, as_user(one, SUPERVISOR, "operation"), draft))
    whole.write_bytes(partners.sign_agreement(other, as_user(other, SUPERVISOR, "operation"), half))
    for here, there in ((one, other), (other, one)):
        card = folder / f"{there.authority}.card"
        card.write_bytes(partners.card_file(there))
        session = as_user(here, WRITER, "operation")
        partners.add(here, session, [card], [whole])
        partners.confirm(here, session, there.authority, there.exchange.card().fingerprint)


@contextmanager
def served(node: Node) -> Iterator[None]:
    """Serve a node's partner API over HTTP and deliver what it queues, in threads of this process."""
    stop = threading.Event()
    host, port = node.settings.address
    threads = [
        threading.Thread(target=serve, args=(partner_app(node.exchange), host, port), kwargs={"stop": stop}),
        threading.Thread(target=node.exchange.deliver, args=(stop,)),
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def live_pair(folder: Path) -> Iterator[tuple[Node, Node]]:
    """Two nodes over real HTTP, live with each other."""
    with ExitStack() as stack:
        nodes = []
        for name, authority in (("uk", LONDON), ("rs", BELGRADE)):
            home = init(folder / name, authority, listen=f"127.0.0.1:{free_port()}")
            nodes.append(stack.enter_context(Node.open(home, {})))
        one, other = nodes
        acquaint(one, other, folder / "papers")
        for node in nodes:
            stack.enter_context(served(node))
        until(lambda: all(each["state"] == "live" for node in nodes for each in partners.every(node, as_user(node))))
        yield one, other
