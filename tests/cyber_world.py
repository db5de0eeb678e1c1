"""Nodes with threat intelligence for tests: a desk behind the TAXII door, and the door asked in memory or over HTTP."""

import asyncio
import atexit
import base64
import socket
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import mkdtemp
from typing import Any

import orjson

from headwater.node import Node, taxii_users
from headwater.node.taxii import Desk
from headwater.node.users import User, add
from headwater.policy.session import Session
from headwater.testing.fakes import FakeClock
from headwater.web.partner import serve
from headwater.web.taxii import MEDIA, taxii_app
from tests.node_world import WRITER, as_user, free_port, init, node_at, until

PASSWORD = "a long invented one"
ANALYST = "c.ert"
OWN = "/headwater/collections/own"
RECEIVED = "/headwater/collections/received"


@dataclass
class Answer:
    """One answer of the door."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Cert:
    """A CERT's node, its clock, and the door in memory."""

    node: Node
    clock: FakeClock
    desk: Desk = field(init=False)

    def __post_init__(self) -> None:
        self.desk = Desk(self.node)

    def ask(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        user: str | None = WRITER,
        password: str = PASSWORD,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Ask the door as a client does; with no user, without credentials."""
        sent = {"accept": MEDIA, "content-type": MEDIA, **(headers or {})}
        if user is not None:
            sent["authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
        return ask(self.desk, method, path, body, {name: value for name, value in sent.items() if value})

    def get(self, path: str, **more: Any) -> Answer:
        return self.ask("GET", path, **more)

    def post(self, objects: Sequence[Mapping[str, Any]], collection: str = OWN, **more: Any) -> Answer:
        return self.ask("POST", f"{collection}/objects/", orjson.dumps({"objects": objects}), **more)

    def ids(self, path: str = f"{OWN}/objects/?limit=1000", **more: Any) -> list[str]:
        """The identifiers on one page."""
        answer = self.get(path, **more)
        assert answer.status == 200, answer.body
        return [one["id"] for one in answer.json.get("objects", [])]

    def session(self, user: str = WRITER) -> Session:
        return as_user(self.node, user, "cyber-defence")


def ask(desk: Desk, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    path, _, query = path.partition("?")
    scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "scheme": "http",
             "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
             "server": ("127.0.0.1", 8822), "http_version": "1.1"}  # fmt: skip
    sent: list[dict[str, Any]] = []
    pending = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return pending.pop(0) if pending else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(taxii_app(desk)(scope, receive, send))
    head = {name.decode(): value.decode() for name, value in sent[0].get("headers", [])}
    return Answer(sent[0]["status"], head, b"".join(one.get("body", b"") for one in sent[1:]))


taxii_users._COST["n"] = 1 << 4  # a slow hash is slow on purpose: one test asks for the real one


@cache
def _made() -> Path:
    """A node's directory that is made once and copied: making keys and hashing passwords takes a second."""
    folder = Path(mkdtemp(prefix="headwater-cert-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    node = node_at(init(folder / "cert"), FakeClock())
    admin = as_user(node, WRITER, "operation")
    add(node.store, admin, User(ANALYST, frozenset({"analyst"})))
    for name in (WRITER, ANALYST):
        taxii_users.set_password(node, admin, name, PASSWORD)
    node.close()
    return folder / "cert"


@contextmanager
def cert(folder: Path) -> Iterator[Cert]:
    """A node whose writer, and an analyst beside, may ask by TAXII."""
    clock = FakeClock()
    node = node_at(Path(copytree(_made(), folder / "cert")), clock)
    try:
        yield Cert(node, clock)
    finally:
        node.close()


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def served(node: Node) -> Iterator[str]:
    """Serve a node's TAXII over HTTP on loopback, and hand out its address."""
    port, stop = free_port(), threading.Event()
    thread = threading.Thread(target=serve, args=(taxii_app(Desk(node)), "127.0.0.1", port), kwargs={"stop": stop})
    thread.start()
    until(lambda: _answers(port))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        stop.set()
        thread.join()
