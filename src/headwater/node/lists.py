"""Sanctions lists at a node: which edition of each list is in force, and how old it is."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, Protocol

from headwater.errors import StoreCorruptError
from headwater.model.canonical import decode, encode
from headwater.model.handling import Handling, join_all
from headwater.model.ids import BlobHash, EntityKey, RecordId
from headwater.model.record import Record
from headwater.policy.session import Session
from headwater.policy.view import permits
from headwater.ports import View
from headwater.store import Snapshot, Store, Transaction

KIND: Final = "list"
FETCHED: Final = "list-fetched"


@dataclass(frozen=True, slots=True)
class Fetched:
    """When a publisher last gave a list, and the SHA-256 of what it gave."""

    sha256: BlobHash
    at: datetime


@dataclass(frozen=True, slots=True)
class ListEdition:
    """One edition of one list.

    Attributes:
        source: name of the data source.
        sha256: SHA-256 of the file, which all its records bear.
        version: publication date, as the list gives it.
        entries: how many designations.
        digest: blob that holds the identifiers of its records, one a line; its name stands for the content.
        handling: the join of all its records' handling.
    """

    source: str
    file: str
    sha256: BlobHash
    version: str | None
    entries: int
    read_at: datetime
    digest: BlobHash
    handling: Handling


class Documents(Protocol):
    """The part of a snapshot that is read here."""

    def documents(self, kind: str) -> Iterable[tuple[str, int, bytes]]:
        """Yield the newest version of each document of a kind."""
        ...


def identifiers(records: Sequence[Record]) -> bytes:
    """Return the identifiers of an edition's records, one a line, in order."""
    return "\n".join(sorted(record.id for record in records)).encode()


def entries_of(snapshot: Snapshot, digest: str) -> list[str]:
    """Return the identifiers of the records of an edition.

    Raises:
        StoreCorruptError: they are gone: nothing would be found in the list, and nobody told why.
    """
    held = snapshot.blob(BlobHash(digest))
    if held is None:
        raise StoreCorruptError("what says which entries a list has is gone", where=digest, fix="read the list again")
    return [line for line in bytes(held).decode().split("\n") if line]


def keep_edition(
    transaction: Transaction, file: str, sha256: BlobHash, digest: BlobHash, records: Sequence[Record]
) -> ListEdition | None:
    """Put an edition of a list in force, unless a newer one is; return that newer one, which stays.

    The edition of the same day that is read last counts: a list may be corrected within a day.
    """
    origin = records[0].origin
    held = transaction.document(KIND, origin.source)
    if held is not None:
        in_force = decode(held, ListEdition)
        given, newest = _day(origin.version), _day(in_force.version)
        if given is not None and newest is not None and given < newest:
            return in_force
    edition = ListEdition(
        source=origin.source,
        file=file,
        sha256=sha256,
        version=origin.version,
        entries=len(records),
        read_at=transaction.now,
        digest=digest,
        handling=join_all(record.handling for record in records),
    )
    transaction.put_document(KIND, origin.source, encode(edition))
    return None


def note_fetched(store: Store, sha256: BlobHash) -> None:
    """Keep that the edition in force of the list with such a file was given by its publisher just now."""

    def change(transaction: Transaction) -> None:
        for edition in editions(transaction):
            if edition.sha256 == sha256:
                transaction.put_document(FETCHED, edition.source, encode(Fetched(sha256, transaction.now)))

    store.write(change)


def seen_current(snapshot: Documents, held: Sequence[ListEdition]) -> dict[str, datetime]:
    """Return when each edition was last seen to be current.

    That is when its publisher gave it. A file that somebody had is as old as it says, and where it does not say, as its
    reading.
    """
    given = {source: decode(body, Fetched) for source, _, body in snapshot.documents(FETCHED)}
    found: dict[str, datetime] = {}
    for edition in held:
        fetched = given.get(edition.source)
        if fetched is not None and fetched.sha256 == edition.sha256:
            found[edition.source] = fetched.at
        elif _day(edition.version) is None:
            found[edition.source] = edition.read_at
    return found


def age_of(edition: ListEdition, seen: Mapping[str, datetime], now: datetime) -> timedelta:
    """Return how long ago an edition was last seen to be current."""
    at = seen.get(edition.source)
    day = _day(edition.version)
    return now - (at or (edition.read_at if day is None else datetime(day.year, day.month, day.day, tzinfo=UTC)))


def _day(version: str | None) -> date | None:
    """Return the day that a version begins with, None where it names none."""
    try:
        return date.fromisoformat((version or "")[:10])
    except ValueError:
        return None


def editions(snapshot: Documents) -> list[ListEdition]:
    """Return the edition in force of every list that was read, by name."""
    found = (decode(body, ListEdition) for _, _, body in snapshot.documents(KIND))
    return sorted(found, key=lambda edition: edition.source)


def listed(store: Store) -> list[ListEdition]:
    """Return the edition in force of every list at a node, by name."""
    with store.snapshot() as snapshot:
        return editions(snapshot)


class CurrentLists:
    """The lists in force, as an engine reads them: each list in one edition.

    A published list may be seen whole by every session. Then what is made of it may be shared by all of them, and the
    looks are logged once, by whoever runs the engine; otherwise everything goes through the guarded view.
    """

    def __init__(self, snapshot: Snapshot, view: View, held: Sequence[ListEdition], *, whole: bool) -> None:
        """Look at some editions.

        Args:
            snapshot: the store at one moment.
            view: the same, guarded.
            held: the editions in force.
            whole: whether the session may see every record of them.
        """
        self._snapshot = snapshot
        self._view = view
        self._held = {edition.source: edition for edition in held}
        self._whole = whole

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        """Yield the records of the editions in force, in the order of their identifiers."""
        reader = self._snapshot if self._whole else self._view
        for name in [source] if source else sorted(self._held):
            edition = self._held.get(name)
            if edition is not None:
                ids = frozenset(entries_of(self._snapshot, edition.digest))
                yield from (found for found in reader.records(source=name, mentions=mentions) if found.id in ids)

    def record(self, ref: RecordId) -> Record:
        """Return one record."""
        found = self._snapshot.record(ref) if self._whole else None
        return found if found is not None and found.origin.source in self._held else self._view.record(ref)

    def derived(self, name: str, build: Callable[[], bytes]) -> memoryview:
        """Return bytes computed once from the editions in force."""
        return self._snapshot.derived(f"{name}@whole", build) if self._whole else self._view.derived(name, build)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever else a view has, as it is there
        """Return everything else from the guarded view."""
        return getattr(self._view, name)


def sees_whole(held: Sequence[ListEdition], session: Session, today: date) -> bool:
    """Return whether a session may see every record of some editions: it may, where it may see their join."""
    return permits(join_all(edition.handling for edition in held), session, today)
