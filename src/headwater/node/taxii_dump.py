"""Moving a TAXII server in and out: its discovery, API roots, collections, objects with when they were added, and users.

The form is that of medallion's data files, with the discovery and users of its settings::

    {"discovery": {...}, "max_page_size": 20, "users": {name: password},
     "api_roots": [{"path", "information": {...}, "status": [...],
                    "collections": [{"id", "title", ..., "objects": [{"object", "date_added", "media_type"}]}]}]}
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import orjson

from headwater.errors import ConflictError, FormatError, InputError, LimitError, Place, SchemaError
from headwater.formats.safe import MAX_FILE_BYTES, parse_json
from headwater.formats.stix import assemble, content_older
from headwater.formats.stix_rules import Checked, check_object, sortable
from headwater.model.canonical import encode
from headwater.node import taxii_roots, taxii_users, users
from headwater.node.files import bytes_of
from headwater.node.node import Node
from headwater.node.taxii_roots import DISCOVERY, OWN_PATH, STATUS, CollectionSpec, Discovery, Root
from headwater.node.ti_keeping import gather, keep
from headwater.policy.acts import Act, Role
from headwater.policy.session import Session, may
from headwater.policy.view import permits
from headwater.ports import Event
from headwater.store import Asked, Snapshot, Transaction

Progress = Callable[[int, int], None]
AT_ONCE: Final = 2_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_OLDEST: Final = "1970-01-01T00:00:00Z"


@dataclass(slots=True)
class Loaded:
    """What came of a dump: counts, and each object that could not be taken, with why."""

    roots: int = 0
    collections: int = 0
    objects: int = 0
    users: int = 0
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Stored:
    micros: int
    checked: Checked


def load(node: Node, session: Session, file: Path, *, url: str = "", progress: Progress | None = None) -> Loaded:
    """Take in another server's data; each keeps the time at which it was added there.

    Args:
        node: the node.
        session: an admin.
        file: the dump.
        url: address under which this node will be asked, to stand in the discovery instead of the other server's.
        progress: hears how many objects of how many are kept.

    Raises:
        PolicyError: the user may not change collections.
        InputError: it is no dump.
        ConflictError: there is an API root of that path.
    """
    may(session, Act.COLLECTION_CHANGE)
    found = _parsed(bytes_of(file), str(file))
    roots = _list(found, "api_roots", "api_roots")
    done = Loaded(roots=len(roots))
    # All that can be wrong with the whole is looked at before any of it is kept.
    _check_new(node, roots)
    discovery, known = _discovery(found, url), _users(session, found.get("users") or {})
    for root in roots:
        _specs(root, 0)
    _keep_users(node, session, known, done)
    total = sum(len(one.get("objects", ())) for root in roots for one in _list(root, "collections", "collections"))
    for root in roots:
        _load_root(node, session, root, done, (lambda at: progress(at, total)) if progress else lambda _: None)

    def change(tx: Transaction) -> None:
        tx.put_document(DISCOVERY, DISCOVERY, encode(discovery))
        counts: dict[str, str | int] = {"roots": done.roots, "objects": done.objects, "users": done.users}
        tx.note(Event("taxii.loaded", session.user, file.name, session.purpose, counts))

    node.store.write(change)
    return done


def _parsed(data: bytes, file: str) -> dict[str, Any]:
    if len(data) > MAX_FILE_BYTES:
        raise LimitError(f"a dump over {MAX_FILE_BYTES} bytes", where=file)
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise FormatError("not JSON", where=Place(file=file, offset=error.pos)) from error
    if not isinstance(found, dict):
        raise SchemaError("not a dump of a TAXII server", where=file)
    return found


def _list(found: Mapping[str, Any], name: str, place: str) -> list[dict[str, Any]]:
    listed = found.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise SchemaError("not a list of objects", where=Place(field=place))
    return listed


def _discovery(found: Mapping[str, Any], url: str) -> Discovery:
    given = found.get("discovery") or {}
    words = (
        [given.get(name) or "" for name in ("title", "description", "contact")] if isinstance(given, dict) else [None]
    )
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in words):
        raise SchemaError("not a discovery of TAXII", where=Place(field="discovery"))
    most = found.get("max_page_size", taxii_roots.PAGE)
    if type(most) is not int or most < 1:
        raise SchemaError("not a whole number from 1", where=Place(field="max_page_size"))

    def placed(text: str) -> str:
        return f"{url.rstrip('/')}{urlsplit(text).path}" if url else text

    listed = given.get("api_roots") or []
    if not all(isinstance(one, str) for one in [*listed, given.get("default") or ""]):
        raise SchemaError("not a list of addresses", where=Place(field="discovery.api_roots"))
    return Discovery(
        title=given.get("title") or "TAXII 2.1",
        description=given.get("description"),
        contact=given.get("contact"),
        default=placed(given["default"]) if given.get("default") else None,
        api_roots=tuple(placed(one) for one in listed),
        max_page_size=most,
    )


def _check_new(node: Node, roots: Sequence[Mapping[str, Any]]) -> None:
    with node.store.snapshot() as snapshot:
        there = taxii_roots.roots(node, snapshot)
    for root in roots:
        path = root.get("path")
        if not isinstance(path, str) or not path.strip("/") or "/" in path.strip("/"):
            raise SchemaError("an API root without a path", where=Place(field="api_roots.path"))
        if path.strip("/") in there or path.strip("/") == "taxii2":
            raise ConflictError("there is an API root of that path", where=path, fix="load it into another node")


def _users(session: Session, given: object) -> dict[str, str]:
    if not isinstance(given, dict) or not all(isinstance(one, str) for one in given.values()):
        raise SchemaError("not users with their passwords", where=Place(field="users"))
    if given:
        may(session, Act.USER_CHANGE)
    return given


def _specs(root: Mapping[str, Any], first: int) -> list[CollectionSpec]:
    path = root["path"].strip("/")
    if not isinstance(root.get("information") or {}, dict):
        raise SchemaError("not an API root of TAXII 2.1", where=Place(field=f"{path}.information"))
    given = _list(root, "collections", f"{path}.collections")
    for one in given:
        _list(one, "objects", f"{path}.collections.objects")
    _list(root, "status", f"{path}.status")
    return [taxii_roots.spec(one, first + place, f"{path}.collections[{place}]") for place, one in enumerate(given)]


def _keep_users(node: Node, session: Session, given: Mapping[str, str], done: Loaded) -> None:
    with node.store.snapshot() as snapshot:
        there = {user.name for user in users.every(snapshot)}
    for name, password in given.items():
        if name not in there:
            users.add(node.store, session, users.User(name, frozenset({Role.ANALYST})))
        made = taxii_users.made_of(node, name, password)
        node.store.write(partial(taxii_users.keep, made=made))
        done.users += 1


def _load_root(
    node: Node, session: Session, root: Mapping[str, Any], done: Loaded, progress: Callable[[int], None]
) -> None:
    path = root["path"].strip("/")
    with node.store.snapshot() as snapshot:
        numbers = [one.number for held in taxii_roots.roots(node, snapshot).values() for one in held.collections]
    first = max(*numbers, taxii_roots.FIRST_LOADED - 1) + 1
    given, specs = _list(root, "collections", f"{path}.collections"), _specs(root, first)
    information = root.get("information") or {"title": path, "versions": [taxii_roots.MEDIA]}
    node.store.write(lambda tx: _put_root(tx, Root(path=path, information=information, collections=tuple(specs)), root))
    for spec, one in zip(specs, given, strict=True):
        stored = sorted(_stored(one, spec, done), key=lambda row: row.micros)
        for micros, rows in groupby(stored, key=lambda row: row.micros):
            together = [row.checked for row in rows]
            for start in range(0, len(together), AT_ONCE):
                part = together[start : start + AT_ONCE]
                change = partial(
                    keep, node=node, session=session, collection=spec.number, objects=part, added=micros, hold=False
                )
                node.store.write(change)
                done.objects += len(part)
                progress(done.objects)
        done.collections += 1


def _put_root(tx: Transaction, root: Root, given: Mapping[str, Any]) -> None:
    taxii_roots.put(tx, root)
    for status in _list(given, "status", f"{root.path}.status"):
        if isinstance(status.get("id"), str):
            tx.put_document(STATUS, f"{root.path}/{status['id']}", orjson.dumps({"document": status}))


def _stored(given: Mapping[str, Any], spec: CollectionSpec, done: Loaded) -> Iterator[_Stored]:
    for place, row in enumerate(_list(given, "objects", f"{spec.id}.objects")):
        at = f"{spec.id}.objects[{place}]"
        try:
            body = parse_json(_written(row.get("object"), at))
            yield _Stored(_micros(row.get("date_added") or _OLDEST), _checked(body, at))
        except InputError as error:
            done.left_out.append(f"{at}: {error}")


def _written(body: object, at: str) -> bytes:
    try:
        return orjson.dumps(body)
    except orjson.JSONEncodeError as error:
        raise LimitError("an object that is too deep", where=Place(field=at)) from error


def _checked(body: object, at: str) -> Checked:
    older = content_older(body)
    return check_object(body, at) if older is None else older


def _micros(text: object) -> int:
    if not isinstance(text, str):
        raise SchemaError("not a time in UTC", where=Place(field="date_added"))
    plain = sortable(text)
    whole = datetime.fromisoformat(f"{plain[:19]}+00:00") - _EPOCH
    return whole // timedelta(seconds=1) * 1_000_000 + int(plain[20:26])


def dump(node: Node, session: Session) -> dict[str, Any]:
    """Return everything that a user may see of the collections, in the form that `load` takes; no passwords.

    Raises:
        PolicyError: the user may not look at records.
    """
    may(session, Act.RECORD_LOOK)
    gather(node)
    with node.store.snapshot() as snapshot:
        today = node.clock.now().date()
        seen = tuple(number for number, one in snapshot.shelf_handlings() if permits(one, session, today))
        found = taxii_roots.discovery(node, snapshot)
        roots = [
            {
                "path": root.path,
                "information": root.information,
                "status": [],
                "collections": [
                    one.document() | {"objects": list(_rows(snapshot, one, seen))} for one in root.collections
                ],
            }
            for root in taxii_roots.roots(node, snapshot).values()
            if root.path != OWN_PATH or any(snapshot.shelf_count(one.number) for one in root.collections)
        ]
    node.store.note(Event("taxii.dumped", session.user, node.authority, session.purpose))
    told = {"title": found.title, "description": found.description, "contact": found.contact, "default": found.default}
    discovery = {name: value for name, value in told.items() if value} | {"api_roots": list(found.api_roots)}
    return {"discovery": discovery, "max_page_size": found.max_page_size, "users": {}, "api_roots": roots}


def _rows(snapshot: Snapshot, one: CollectionSpec, seen: tuple[int, ...]) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        asked = Asked(one.number, seen, after=after, limit=AT_ONCE, versions=("all",), specs=("2.0", "2.1"))
        rows = snapshot.shelf(asked)
        parts = snapshot.shelf_parts([row.number for row in rows], seen)
        for row in rows:
            body = assemble([row.content, *parts.get(row.number, ())]) if row.state == "live" else None
            if body is not None:
                added = f"{_EPOCH + timedelta(microseconds=row.added):%Y-%m-%dT%H:%M:%S.%f}Z"
                media = f"application/stix+json;version={row.spec}"
                yield {"object": body, "date_added": added, "media_type": media}
        if len(rows) < AT_ONCE:
            return
        after = rows[-1].number
