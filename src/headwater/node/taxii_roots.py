"""TAXII's discovery, API roots and collections at a node: its own two, and those that were loaded from another server."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.model.canonical import decode, encode
from headwater.node.node import Node
from headwater.store import Snapshot, Transaction

ROOT: Final = "taxii-root"
"""Kind of the documents that hold API roots, by their path."""
DISCOVERY: Final = "taxii-discovery"
STATUS: Final = "taxii-status"
"""Kind of the documents that hold what became of objects that were posted."""
MEDIA: Final = "application/taxii+json;version=2.1"
STIX_MEDIA: Final = "application/stix+json;version=2.1"
OWN_PATH: Final = "headwater"
OWN, RECEIVED = 1, 2
"""Numbers of a node's own two collections: what it holds itself, and what partners released to it."""
FIRST_LOADED: Final = 3
MOST_CONTENT: Final = 16 * 1024 * 1024
"""Bytes of one envelope."""
PAGE: Final = 100
MOST_PAGE: Final = 1_000
_SPACE: Final = UUID("b7c3b1b5-4d53-5a0e-9a5c-97c3f1a0c9d4")


class CollectionSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One collection: its number in the store, and what TAXII says of it."""

    number: int
    id: str
    title: str
    description: str | None = None
    alias: str | None = None
    can_read: bool = True
    can_write: bool = True
    media_types: tuple[str, ...] = (STIX_MEDIA,)

    def document(self) -> dict[str, Any]:
        """Return the collection as TAXII shows it."""
        told = {"id": self.id, "title": self.title, "description": self.description, "alias": self.alias}
        rights = {"can_read": self.can_read, "can_write": self.can_write, "media_types": list(self.media_types)}
        return {name: value for name, value in told.items() if value is not None} | rights


class Root(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One API root: its path, what TAXII says of it, and its collections."""

    path: str
    information: dict[str, Any]
    collections: tuple[CollectionSpec, ...]

    def collection(self, name: str) -> CollectionSpec:
        """Return a collection by identifier or alias.

        Raises:
            ForbiddenError: there is none.
        """
        found = next((one for one in self.collections if name in {one.id, one.alias}), None)
        if found is None:
            raise not_there("collection")
        return found


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the server says of itself."""

    title: str
    description: str | None = None
    contact: str | None = None
    default: str | None = None
    api_roots: tuple[str, ...] = ()
    max_page_size: int = PAGE
    more: dict[str, str] = field(default_factory=dict)


def not_there(what: str) -> ForbiddenError:
    """Return the error for what there is not, or may not be seen: the answer is the same. The door knows it by its words."""
    return ForbiddenError(f"no such {what}", fix="ask which there are, one step above")


def own_root(node: Node) -> Root:
    """Return the API root that every node has."""
    name = node.settings.name or node.authority

    def made(number: int, alias: str, title: str, *, write: bool) -> CollectionSpec:
        ref = str(uuid5(_SPACE, f"{node.authority}/{alias}"))
        return CollectionSpec(number=number, id=ref, title=title, alias=alias, can_write=write)

    return Root(
        path=OWN_PATH,
        information={"title": name, "versions": [MEDIA], "max_content_length": MOST_CONTENT},
        collections=(
            made(OWN, "own", f"Threat intelligence of {name}", write=True),
            made(RECEIVED, "received", f"Released to {name} by partners", write=False),
        ),
    )


def roots(node: Node, snapshot: Snapshot) -> dict[str, Root]:
    """Return every API root by its path."""
    found = {OWN_PATH: own_root(node)}
    for key, _, body in snapshot.documents(ROOT):
        found[key] = decode(body, Root)
    return found


def discovery(node: Node, snapshot: Snapshot) -> Discovery:
    """Return what the server says of itself: as it was loaded, or the node's own words."""
    body = snapshot.document(DISCOVERY, DISCOVERY)
    if body is not None:
        return decode(body, Discovery)
    return Discovery(title=f"{node.settings.name or node.authority}: TAXII 2.1", default=f"/{OWN_PATH}/")


def put(transaction: Transaction, root: Root) -> None:
    """Keep an API root."""
    transaction.put_document(ROOT, root.path, encode(root))


def spec(given: Mapping[str, Any], number: int, place: str) -> CollectionSpec:
    """Return a collection as a dump describes it.

    Raises:
        SchemaError: it lacks a name, or a value makes no sense.
    """
    try:
        wanted = {name: value for name, value in given.items() if name in CollectionSpec.__struct_fields__}
        return msgspec.convert({**wanted, "number": number}, CollectionSpec)
    except msgspec.ValidationError as error:
        raise SchemaError("not a collection of TAXII 2.1", where=Place(field=place)) from error
