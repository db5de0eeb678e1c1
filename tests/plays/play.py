"""A play: acts at nodes, one after another; all that each gave, and all that it changed in every store, stands under its name.

What an act gave is told with every field, a refusal with its code, words and place. What it changed is each new line of the
ledgers, in order, and each row of the stores' tables that was not there before or is there no more. So an act that says,
keeps or notes less than before, or something else, in another order or about somebody else, differs from the play as it is
held. What is drawn by chance or made by hashing is called by the act in which it first appeared; times are those of the
play's own clock.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from hashlib import sha256
from pathlib import Path
from types import GeneratorType
from typing import Any, Final, Protocol

import msgspec

from headwater.errors import HeadwaterError, InputError
from headwater.exchange.receipt import parse_receipt
from headwater.store import Store

TABLES: Final = {
    "record": "SELECT id, source, body, marked FROM record ORDER BY number",
    "finding": "SELECT id, body, withdrawn FROM finding ORDER BY number",
    "decision": "SELECT id, about, body FROM decision ORDER BY number",
    "document": "SELECT kind, key, version, body, kept_at FROM document ORDER BY kind, kept_at, version",
    "outgoing": "SELECT id, peer, seq, lane, kind, thread, queued_at, expires_at, state, receipt, settled_at FROM outgoing ORDER BY number",
    "incoming": "SELECT id, peer, seq, sha256, kind, thread, body, received_at, state, receipt FROM incoming ORDER BY number",
    "sequence": "SELECT peer, last FROM sequence ORDER BY peer",
    "equivocation": "SELECT id, peer, sha256, kept_at FROM equivocation ORDER BY number",
    "carried": "SELECT way, part, peer, message FROM carried ORDER BY way, peer, message",
    "born": "SELECT message, record FROM born ORDER BY message",
    "holding": "SELECT file, record FROM holding",
    "fact_state": "SELECT fact, state, hold FROM fact_state",
    "tombstone": "SELECT kind, ref, sha256, size, places FROM tombstone ORDER BY leaf",
    "erased_blob": "SELECT hash FROM erased_blob",
    "shelf": "SELECT collection, id, type, version, spec, created, added, handling, record, sole, state FROM shelf ORDER BY number",
    "shelf_waits": "SELECT ref, object FROM shelf_waits ORDER BY object, ref",
}  # fmt: skip
"""What is compared of a store: all but the ledger, which is told line by line, and what is sealed, indexed or hashed of it."""
_DRAWN: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-fA-F]{16,}|[A-Za-z0-9+/_-]{43,}={0,2}"
)
_UNKNOWN: Final = "?"
_HASH_BYTES: Final = 32


class HasStore(Protocol):
    """A node, of whichever kind."""

    @property
    def store(self) -> Store:
        """Its store, which may be another one after a backup was put back."""
        ...


class Play:
    """The acts of one play, as they are told."""

    def __init__(self, nodes: Mapping[str, HasStore], places: Iterable[Path] = ()) -> None:
        """Play at nodes, by their names; folders of the test are told without their place on this machine."""
        self.told: dict[str, dict[str, Any]] = {}
        self._nodes = nodes
        self._places = sorted((str(place) for place in places), key=len, reverse=True)
        self._names: dict[str, str] = {}
        self._act = ""
        self._count = 0
        self._before = self._rows()

    def act(self, name: str, does: Callable[..., Any], *given: Any, **more: Any) -> Any:
        """Do something with what is given, tell it under a name, and return what it gave."""
        sizes = {node: _size(of.store) for node, of in self._nodes.items()}
        told, gave = self._done(name, does, *given, **more)
        now = self._rows()
        for node, of in self._nodes.items():
            if lines := _lines(of.store, sizes[node]):
                told[f"{node} ledger"] = [self.call(line) for line in lines]
            told |= {f"{node} {table}": rows for table, rows in self._changes(node, now) if rows}
        self._before = now
        return gave

    def look(self, name: str, does: Callable[..., Any], *given: Any, **more: Any) -> Any:
        """Ask something that changes nothing: what it gave is told; what it changed after all, with the next act."""
        return self._done(name, does, *given, **more)[1]

    def _done(self, name: str, does: Callable[..., Any], *given: Any, **more: Any) -> tuple[dict[str, Any], Any]:
        assert name not in self.told, f"two acts are called {name}"
        self._act, self._count = name, 0
        told = self.told[name] = {}
        gave = None
        try:
            gave = does(*given, **more)
            if isinstance(gave, GeneratorType | map | filter):
                gave = list(gave)
        except HeadwaterError as error:
            where = {key: value for key, value in _fields(error.where) if value not in (None, "")}
            told["refused"] = self.call([error.code, error.what, where])
        else:
            if gave is not None:
                told["gave"] = self.call(plain(gave))
        return told, gave

    def call(self, thing: Any) -> Any:
        """A document in which what was drawn bears the name of the act in which it first appeared."""
        if isinstance(thing, dict):
            return {str(self.call(key)): self.call(value) for key, value in thing.items()}
        if isinstance(thing, list):
            return [self.call(one) for one in thing]
        if isinstance(thing, str):
            for place in self._places:
                thing = thing.replace(place, "~")
            return _DRAWN.sub(lambda found: self._name(found[0]), thing)
        return thing

    def _name(self, drawn: str) -> str:
        if drawn not in self._names:
            self._count += 1
            self._names[drawn] = f"<{self._act} {self._count}>"
        return self._names[drawn]

    def _rows(self) -> dict[tuple[str, str], list[Any]]:
        return {(node, table): rows for node, of in self._nodes.items() for table, rows in _tables(of.store)}

    def _changes(self, node: str, now: Mapping[tuple[str, str], list[Any]]) -> Iterable[tuple[str, list[Any]]]:
        """Yield what came and what went in each table; rows whose own order hangs on a hash are put into one that does not."""
        for table in TABLES:
            old = {json.dumps(row): None for row in self._before[node, table]}
            new = {json.dumps(row): None for row in now[node, table]}
            gone = [[f"less {table}", *json.loads(row)] for row in old if row not in new]
            come = [[f"more {table}", *json.loads(row)] for row in new if row not in old]
            yield table, [self.call(row) for row in sorted([*gone, *come], key=self._known)]

    def _known(self, row: list[Any]) -> str:
        """A row without what nobody has met yet."""
        return _DRAWN.sub(lambda found: self._names.get(found[0], _UNKNOWN), json.dumps(row))


def plain(thing: Any) -> Any:  # noqa: C901 - one question for each kind of thing
    """A value with all its fields as a document holds it."""
    if isinstance(thing, bytes | bytearray | memoryview):
        return _bytes(bytes(thing))
    if isinstance(thing, Enum):
        return thing.value
    if isinstance(thing, datetime | date):
        return thing.isoformat()
    if isinstance(thing, timedelta):
        return thing.total_seconds()
    if isinstance(thing, Path):
        return str(thing)
    if isinstance(thing, msgspec.Struct):
        return {name: plain(getattr(thing, name)) for name in thing.__struct_fields__ if _says(thing, name)}
    if is_dataclass(thing) and not isinstance(thing, type):
        return {name: plain(value) for name, value in _fields(thing)}
    if isinstance(thing, Mapping):
        return {str(plain(key)): plain(value) for key, value in thing.items()}
    if isinstance(thing, set | frozenset):
        return sorted((plain(one) for one in thing), key=json.dumps)
    if isinstance(thing, list | tuple):
        return [plain(one) for one in thing]
    return thing if thing is None or isinstance(thing, str | int | float) else type(thing).__name__


def _says(thing: msgspec.Struct, name: str) -> bool:
    """Whether a field says anything: what is empty in a message stands nowhere in it."""
    return getattr(thing, name) not in (None, (), {}, "")


def _fields(thing: Any) -> Iterable[tuple[str, Any]]:
    return ((each.name, getattr(thing, each.name)) for each in fields(thing) if not each.name.startswith("_"))


def _bytes(data: bytes) -> Any:
    """What bytes say: JSON, a receipt, a hash as it is; of anything else its hash."""
    if len(data) <= _HASH_BYTES:
        return data.decode() if data.isascii() and len(data) < _HASH_BYTES else data.hex()
    with suppress(ValueError):
        return json.loads(data)
    with suppress(InputError):
        return plain(parse_receipt(data))
    return sha256(data).hexdigest()


def _size(store: Store) -> int:
    with store.snapshot() as snapshot:
        return snapshot.head().size


def _lines(store: Store, since: int) -> list[Any]:
    with store.snapshot() as snapshot:
        new = [leaf.event for leaf in snapshot.leaves(since)]
    return ["erased" if one is None else [one.kind, one.who, one.subject, one.purpose, dict(one.detail)] for one in new]


def _tables(store: Store) -> Iterable[tuple[str, list[Any]]]:
    with store._reading() as link:
        for table, sql in TABLES.items():
            yield table, [[plain(value) for value in row] for row in link.rows_as_they_are(sql)]


def written(told: Mapping[str, Mapping[str, Any]]) -> str:
    """A play as its file holds it: a line for each thing that is told, so that a difference is read line by line."""
    acts = []
    for name, act in told.items():
        parts = []
        for key, value in act.items():
            rows = value if isinstance(value, list) and key not in ("gave", "refused") else None
            if rows is None:
                parts.append(f"  {_text(key)}: {_text(value)}")
            else:
                parts.append(f"  {_text(key)}: [\n" + ",\n".join(f"   {_text(row)}" for row in rows) + "\n  ]")
        acts.append(f" {_text(name)}: {{\n" + ",\n".join(parts) + "\n }")
    return "{\n" + ",\n".join(acts) + "\n}\n"


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
