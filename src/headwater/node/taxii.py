"""The desk behind the TAXII door: collections as views under policy, what is posted kept before it is acknowledged.

What a user may not see changes no page, count, version or cursor. Every look, addition and deletion goes into the ledger.
An object that went to partners is not only taken from a collection: deleting it recalls it from them, and whoever may not
recall is told so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, Final
from uuid import UUID

import orjson

from headwater.errors import ForbiddenError, InputError, LimitError, Place, SchemaError
from headwater.formats.misp import stix_of
from headwater.formats.safe import parse_json
from headwater.formats.stix import MOST_OBJECTS, assemble, check_all
from headwater.formats.stix_marking import code_of
from headwater.formats.stix_rules import IDENTIFIER, Checked, is_time, sortable
from headwater.formats.stix_write import marked
from headwater.model.handling import Handling
from headwater.model.ids import FactId, RecordId, state_of
from headwater.model.message import Amend
from headwater.node import taxii_cursor, taxii_roots
from headwater.node.node import Node
from headwater.node.taxii_roots import (
    MEDIA,
    MOST_CONTENT,
    MOST_PAGE,
    RECEIVED,
    STATUS,
    CollectionSpec,
    Root,
    not_there,
)
from headwater.node.taxii_users import Door
from headwater.node.ti_keeping import Kept, gather, keep, shown_version
from headwater.policy.acts import Act
from headwater.policy.session import Session, allowed, may
from headwater.policy.view import permits
from headwater.ports import Event, LeftOut
from headwater.store import Asked, ShelfRow, Snapshot, Transaction

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_KNOWN: Final = frozenset(
    {"added_after", "limit", "next", "match[id]", "match[type]", "match[version]", "match[spec_version]"}
)
_SPECS: Final = frozenset({"2.0", "2.1"})
_WORDS: Final = frozenset({"first", "last", "all"})
_MOST_MATCHES: Final = 1_000
_STUB: Final[Mapping[str, Mapping[str, Any]]] = {
    "indicator": {"pattern": "[x-headwater-withdrawn:value = 'nothing']", "pattern_type": "stix"},
    "malware": {"is_family": False},
}
"""What a revoked version must say although nothing may be repeated: a pattern that nothing matches."""
_NAMELESS: Final = frozenset({"indicator", "malware"})


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: its body as JSON, and when the first and last object in it were added."""

    body: bytes
    first: str | None = None
    last: str | None = None


class Desk:
    """Implements `web.taxii.TaxiiDesk`."""

    def __init__(self, node: Node) -> None:
        """Stand before a node."""
        self._node = node
        self._door = Door(node)
        self._handlings: dict[int, Handling] = {}

    @cached_property
    def _key(self) -> bytes:
        return taxii_cursor.cursor_key(self._node)

    def caller(self, user: str, password: str) -> Session:
        """Return who asks.

        Raises:
            ForbiddenError: no user of the node with that password.
        """
        session = self._door.session(user, password)
        may(session, Act.RECORD_LOOK)
        return session

    def discovery(self, base: str) -> dict[str, Any]:
        """Return what the server says of itself; roots of its own stand under the address that was asked."""
        with self._node.store.snapshot() as snapshot:
            found = taxii_roots.discovery(self._node, snapshot)
        roots = found.api_roots or (f"{base.rstrip('/')}/{taxii_roots.OWN_PATH}/",)
        default = found.default if found.api_roots else roots[0]
        told = {"title": found.title, "description": found.description, "contact": found.contact, "default": default}
        return {name: value for name, value in told.items() if value} | {"api_roots": list(roots)}

    def root(self, path: str) -> dict[str, Any]:
        """Return one API root.

        Raises:
            ForbiddenError: there is none.
        """
        return self._root(path).information

    def most_content(self, path: str) -> int:
        """Return how many bytes may be posted to an API root."""
        given = self._root(path).information.get("max_content_length")
        return min(given, MOST_CONTENT) if isinstance(given, int) else MOST_CONTENT

    def collections(self, path: str) -> dict[str, Any]:
        """Return the collections of an API root."""
        found = [one.document() for one in self._root(path).collections]
        return {"collections": found} if found else {}

    def collection(self, path: str, name: str) -> dict[str, Any]:
        """Return one collection, by identifier or alias."""
        return self._root(path).collection(name).document()

    def status(self, caller: Session, path: str, name: str) -> dict[str, Any]:
        """Return what became of objects that this caller posted.

        Raises:
            ForbiddenError: there is no such status.
        """
        self._root(path)
        with self._node.store.snapshot() as snapshot:
            body = snapshot.document(STATUS, f"{path}/{name}")
            found: dict[str, Any] = orjson.loads(body) if body else {}
            if not found or found.get("who", caller.user) != caller.user:
                raise not_there("status")
            if found["document"].get("pending_count"):
                held = {(one.id, one.version) for one in snapshot.shelf_held()}
                return _settled(found["document"], held)
        document: dict[str, Any] = found["document"]
        return document

    def objects(self, caller: Session, path: str, name: str, query: Mapping[str, str], ref: str | None = None) -> Page:
        """Return a page of objects, or of the versions of one.

        Raises:
            PolicyError: the collection, or the object, is not there or may not be read.
            InputError: a filter makes no sense.
        """
        rows, more, texts = self._page(caller, path, name, query, ref, contents=True)
        return _page("objects", rows, more, texts)

    def manifest(self, caller: Session, path: str, name: str, query: Mapping[str, str]) -> Page:
        """Return a page of what there is: identifier, version, when it was added. Raises as `objects`."""
        rows, more, _ = self._page(caller, path, name, query, None, contents=False)
        entries = [
            orjson.dumps(
                {
                    "id": row.id,
                    "date_added": _time(row.added),
                    "version": _short(row.version),
                    "media_type": f"application/stix+json;version={row.spec}",
                }
            )
            for row in rows
        ]
        return _page("objects", rows, more, entries)

    def versions(self, caller: Session, path: str, name: str, query: Mapping[str, str], ref: str) -> Page:
        """Return a page of the versions of one object. Raises as `objects`."""
        asked = {**query, "match[version]": "all"}
        rows, more, _ = self._page(caller, path, name, asked, ref, contents=False)
        return _page("versions", rows, more, [orjson.dumps(_short(row.version)) for row in rows])

    def post(self, caller: Session, path: str, name: str, body: bytes) -> dict[str, Any]:
        """Keep the objects of an envelope and return what became of each; all is durable then.

        Raises:
            PolicyError: the collection is not there or may not be written to, or the user may not add.
            InputError: it is no envelope, or beyond the limits.
        """
        collection = self._root(path).collection(name)
        if not collection.can_write:
            raise ForbiddenError("rule collection: nothing can be added to this collection", fix="add it to another")
        may(caller, Act.RECORD_ADD)
        found = list(check_all(_envelope(body)))
        good = [one for one in found if isinstance(one, Checked)]
        bad = [one for one in found if isinstance(one, LeftOut)]
        listed = _envelope_ids(body, found)
        ref = UUID(bytes=self._node.chance.draw(16), version=4)

        def change(tx: Transaction) -> dict[str, Any]:
            kept = keep(tx, self._node, caller, collection.number, good)
            document = _status(str(ref), tx.now, kept, bad, listed)
            tx.put_document(STATUS, f"{path}/{ref}", orjson.dumps({"who": caller.user, "document": document}))
            detail: dict[str, str | int] = {"added": len(kept.added), "held": len(kept.held), "failed": len(bad)}
            tx.note(Event("taxii.added", caller.user, collection.id, caller.purpose, detail))
            return document

        return self._node.store.write(change)

    def delete(self, caller: Session, path: str, name: str, ref: str, query: Mapping[str, str]) -> None:
        """Take versions of an object out of a collection for good; what went to partners is recalled from them.

        Raises:
            PolicyError: it is not there, the collection may not be written to, or the user may not recall what went out.
            InputError: a filter makes no sense.
        """
        collection = self._root(path).collection(name)
        if not (collection.can_write and collection.can_read):
            raise ForbiddenError(
                "rule collection: nothing can be deleted from this collection", fix="speak to an admin"
            )
        may(caller, Act.RECORD_ADD)
        self._gathered()
        asked = self._asked(caller, collection, {"match[version]": "all", **query}, ref, "delete")
        with self._node.store.snapshot() as snapshot:
            rows = snapshot.shelf(asked)
            if not rows and not snapshot.shelf(_any(asked)):
                raise not_there("object")
            numbers = {row.number for row in rows}
            records = [
                held for number, _, held in snapshot.shelf_records(collection.number, [ref]) if number in numbers
            ]
            out = self._went_out(snapshot, records)
        if out and not allowed(caller, Act.FACT_AMEND):
            raise ForbiddenError(
                f"rule recall: it went to {', '.join(sorted({peer for _, peer in out}))}",
                fix="a liaison officer recalls it from them: headwater amend erase",
            )

        if out:
            # First the recall: where it cannot be asked for, nothing is deleted here either.
            facts = tuple(dict.fromkeys(fact for fact, _ in out))
            amend = Amend(action="erase", facts=facts, reason="deleted by TAXII")
            self._node.exchange.liaison.amend(amend, who=caller.user, purpose=caller.purpose, replacements=[])
            with self._node.store.snapshot() as snapshot:
                # Whoever deleted it here need not be told here that it was withdrawn.
                numbers |= {
                    row.number for row in snapshot.shelf(replace(asked, versions=("all",))) if row.state == "revoked"
                }

        def change(tx: Transaction) -> None:
            tx.take_off_shelf(numbers)
            detail: dict[str, str | int] = {"versions": len(rows), "recalled": len(out)}
            tx.note(Event("taxii.deleted", caller.user, ref, caller.purpose, detail))

        self._node.store.write(change)

    def _went_out(self, snapshot: Snapshot, records: Sequence[RecordId]) -> list[tuple[FactId, str]]:
        found: list[tuple[FactId, str]] = []
        mine = state_of(self._node.authority)
        for ref in records:
            record = snapshot.record(ref)
            if record is None or state_of(record.origin.originator) != mine:
                continue
            peers = {peer for peer, _ in snapshot.passed_to(ref)}
            found += [(number, peer) for number, _ in record.numbered() for peer in peers]
        return found

    def _root(self, path: str) -> Root:
        with self._node.store.snapshot() as snapshot:
            found = taxii_roots.roots(self._node, snapshot).get(path)
        if found is None:
            raise not_there("API root")
        return found

    def _gathered(self) -> None:
        gather(self._node)

    def _page(
        self, caller: Session, path: str, name: str, query: Mapping[str, str], ref: str | None, *, contents: bool
    ) -> tuple[list[ShelfRow], str | None, list[bytes]]:
        collection = self._root(path).collection(name)
        if not collection.can_read:
            raise ForbiddenError("rule collection: this collection cannot be read", fix="ask for another")
        self._gathered()
        question = f"{collection.id} {ref} {sorted((key, value) for key, value in query.items() if key not in _PLACE)}"
        asked = self._asked(caller, collection, query, ref, question)
        with self._node.store.snapshot() as snapshot:
            found = snapshot.shelf(asked)
            if ref is not None and not found and not snapshot.shelf(_any(asked)):
                raise not_there("object")
            rows = found[: asked.limit - 1]
            texts = self._texts(snapshot, rows, asked, collection) if contents else []
        detail: dict[str, str | int] = {"objects": len(rows)}
        self._node.store.note(Event("taxii.read", caller.user, ref or collection.id, caller.purpose, detail))
        more = taxii_cursor.sign(self._key, rows[-1].number, question) if len(found) == asked.limit else None
        return rows, more, texts

    def _asked(
        self, caller: Session, collection: CollectionSpec, query: Mapping[str, str], ref: str | None, question: str
    ) -> Asked:
        for name in query:
            if name not in _KNOWN:
                raise SchemaError(
                    "an unknown filter", where=Place(field="query"), fix=f"use {', '.join(sorted(_KNOWN))}"
                )
        limit = _limit(query.get("limit"), self._most())
        ids = _list(query, "match[id]")
        if ref is not None:
            ids = (ref,)
        specs = _list(query, "match[spec_version]")
        if specs is not None and not set(specs) <= _SPECS:
            specs = tuple(one for one in specs if one in _SPECS)
        return Asked(
            collection=collection.number,
            handlings=self._visible(caller),
            after=taxii_cursor.read(self._key, query["next"], question) if "next" in query else 0,
            limit=limit + 1,
            added_after=_micros(query["added_after"]) if "added_after" in query else None,
            ids=ids,
            types=_list(query, "match[type]"),
            versions=_versions(_list(query, "match[version]") or ("last",)),
            specs=specs,
        )

    def _most(self) -> int:
        with self._node.store.snapshot() as snapshot:
            return taxii_roots.discovery(self._node, snapshot).max_page_size

    def _visible(self, caller: Session) -> tuple[int, ...]:
        today: date = self._node.clock.now().date()
        with self._node.store.snapshot() as snapshot:
            self._handlings = dict(snapshot.shelf_handlings())
        return tuple(number for number, one in self._handlings.items() if permits(one, caller, today))

    def _texts(
        self, snapshot: Snapshot, rows: Sequence[ShelfRow], asked: Asked, collection: CollectionSpec
    ) -> list[bytes]:
        split = [row.number for row in rows if row.content.startswith('{"stix"')]
        parts = snapshot.shelf_parts(split, asked.handlings) if split else {}
        return [self._text(row, parts.get(row.number, []), again=collection.number == RECEIVED) for row in rows]

    def _text(self, row: ShelfRow, parts: list[str], *, again: bool) -> bytes:
        if row.state == "revoked":
            return orjson.dumps(_revoked(row, self._handlings[row.handling]))
        plain = not parts and row.content.startswith('{"') and not row.content.startswith(('{"stix"', '{"misp"'))
        if plain and not again:
            return row.content.encode()
        body = assemble([row.content, *parts]) or stix_of(orjson.loads(row.content))
        if body is None:
            raise not_there("object")
        return orjson.dumps(marked(body, self._handlings[row.handling]))


_PLACE: Final = frozenset({"limit", "next"})
"""Parts of a question that say how much and from where, not what."""


def _page(name: str, rows: Sequence[ShelfRow], more: str | None, texts: Sequence[bytes]) -> Page:
    if not rows:
        return Page(b"{}")
    onward = b',"next":' + orjson.dumps(more) if more else b""
    flag = b"true" if more else b"false"
    body = b'{"%b":[%b],"more":%b%b}' % (name.encode(), b",".join(texts), flag, onward)
    return Page(body, _time(min(row.added for row in rows)), _time(max(row.added for row in rows)))


def _any(asked: Asked) -> Asked:
    """Return the question whether there is an object at all, whatever the filters."""
    return Asked(asked.collection, asked.handlings, limit=1, ids=asked.ids, versions=("all",), specs=tuple(_SPECS))


def _revoked(row: ShelfRow, handling: Handling) -> dict[str, Any]:
    body: dict[str, Any] = {"type": row.type, "spec_version": "2.1", "id": row.id}
    body |= {"created": row.created or _short(row.version), "modified": _short(row.version), "revoked": True}
    body |= _STUB.get(row.type, {})
    if row.type == "indicator":
        body["valid_from"] = body["created"]
    if row.type not in _NAMELESS:
        body["name"] = "withdrawn"
    return marked(body, handling) if code_of(handling) != "AMBER" else body


def _envelope(body: bytes) -> list[object]:
    found = parse_json(body)
    objects = found.get("objects") if isinstance(found, dict) else None
    if not isinstance(objects, list) or not isinstance(found, dict) or not found.keys() <= {"objects", "more", "next"}:
        raise SchemaError("not an envelope of TAXII 2.1", where=Place(field="objects"), fix='send {"objects": [...]}')
    if len(objects) > MOST_OBJECTS:
        raise LimitError(f"over {MOST_OBJECTS} objects", where=Place(field="objects"))
    return objects


def _envelope_ids(body: bytes, found: Sequence[Checked | LeftOut]) -> dict[int, str]:
    """Return the identifiers of objects that were refused, by their place, where they are any."""
    if all(isinstance(one, Checked) for one in found):
        return {}
    listed = orjson.loads(body)["objects"]
    return {
        number: one["id"]
        for number, one in enumerate(listed)
        if isinstance(one, dict) and isinstance(one.get("id"), str) and IDENTIFIER.fullmatch(one["id"])
    }


def _status(ref: str, now: datetime, kept: Kept, bad: Sequence[LeftOut], listed: Mapping[int, str]) -> dict[str, Any]:
    def told(one: Checked, message: str = "") -> dict[str, str]:
        found = {"id": one.id, "version": shown_version(one) or _time((now - _EPOCH) // _MICROSECOND)}
        return found | ({"message": message} if message else {})

    successes = [told(one) for one in kept.added] + [told(one, "already there") for one in kept.there]
    pendings = [told(one, f"held until {missing} comes") for one, missing in kept.held]
    failures = [_failure(one, listed, now) for one in bad]
    total = len(successes) + len(pendings) + len(failures)
    return {
        "id": ref,
        "status": "pending" if pendings else "complete",
        "request_timestamp": _time((now - _EPOCH) // _MICROSECOND),
        "total_count": total,
        "success_count": len(successes),
        "successes": successes,
        "failure_count": len(failures),
        "failures": failures,
        "pending_count": len(pendings),
        "pendings": pendings,
    }


def _failure(one: LeftOut, listed: Mapping[int, str], now: datetime) -> dict[str, str]:
    place = one.error.where.field or "objects"
    digits = place.partition("[")[2].partition("]")[0]
    ref = listed.get(int(digits)) if digits.isdigit() else None
    version = _time((now - _EPOCH) // _MICROSECOND)
    return {"id": ref or place, "version": version, "message": f"{one.error.code}: {one.error}"}


def _settled(document: dict[str, Any], held: set[tuple[str, str]]) -> dict[str, Any]:
    """Return a status as it is now: what has come is no longer pending."""
    waiting = [one for one in document["pendings"] if (one["id"], sortable(one["version"])) in held]
    come = [{"id": one["id"], "version": one["version"]} for one in document["pendings"] if one not in waiting]
    return document | {
        "status": "pending" if waiting else "complete",
        "pendings": waiting,
        "pending_count": len(waiting),
        "successes": document["successes"] + come,
        "success_count": document["success_count"] + len(come),
    }


def _limit(text: str | None, most: int) -> int:
    if text is None:
        return most
    if not (text.isascii() and text.isdigit() and int(text[:10]) > 0):
        raise SchemaError("not a whole number from 1", where=Place(field="limit"))
    return min(int(text[:10]), max(most, 1), MOST_PAGE)


def _list(query: Mapping[str, str], name: str) -> tuple[str, ...] | None:
    if name not in query:
        return None
    found = tuple(dict.fromkeys(one.strip() for one in query[name].split(",") if one.strip()))
    if not found or len(found) > _MOST_MATCHES:
        raise SchemaError(f"no value, or over {_MOST_MATCHES}", where=Place(field=name))
    return found


def _versions(given: tuple[str, ...]) -> tuple[str, ...]:
    for one in given:
        if one not in _WORDS and not is_time(one):
            raise SchemaError("neither first, last, all nor a version", where=Place(field="match[version]"))
    return tuple(one if one in _WORDS else sortable(one) for one in given)


def _micros(text: str) -> int:
    try:
        whole, fraction = sortable(text)[:19], sortable(text)[20:26]
    except InputError as error:
        raise SchemaError("not a time in UTC", where=Place(field="added_after")) from error
    return (datetime.fromisoformat(f"{whole}+00:00") - _EPOCH) // timedelta(seconds=1) * 1_000_000 + int(fraction)


def _time(micros: int) -> str:
    return f"{_EPOCH + timedelta(microseconds=micros):%Y-%m-%dT%H:%M:%S.%f}Z"


def _short(version: str) -> str:
    """Return a version with the digits of a second that STIX writes: three, or as many as it has."""
    whole, _, fraction = version.rstrip("Z").partition(".")
    return f"{whole}.{fraction.rstrip('0'):0<3}Z"


__all__ = ["MEDIA", "Desk", "Page"]
