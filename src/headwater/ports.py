"""The protocols that join the rooms. A room asks for what it needs by these names and is handed it by `node`."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, Protocol

from headwater.errors import HeadwaterError
from headwater.model.decision import Decision
from headwater.model.entity import Entity
from headwater.model.finding import Finding
from headwater.model.ids import AuthorityId, BlobHash, EntityKey, FactId, FindingId, RecordId
from headwater.model.record import Record


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        ...


class Chance(Protocol):
    """Draws random bytes fit for keys and salts."""

    def draw(self, count: int) -> bytes:
        """Return some random bytes."""
        ...


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the ledger: a look, a change, a decision, a disclosure or a refusal.

    Attributes:
        kind: ``room.verb``, for example ``store.read`` or ``exchange.sent``.
        who: the user or authority that acted.
        subject: identifier of what was acted on; never its content.
        purpose: why; empty only for what the node does by itself.
        detail: further identifiers and counts; never content.
    """

    kind: str
    who: str
    subject: str
    purpose: str = ""
    detail: Mapping[str, str | int] = field(default_factory=dict)


class Audit(Protocol):
    """Writes the ledger."""

    def note(self, event: Event) -> None:
        """Append an event; durable before the call returns."""
        ...


class Reader(Protocol):
    """Unguarded reading. Only `policy` is handed one; everybody else gets a `View`."""

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        """Yield records in the order of their identifiers: all, of one data source, or about one entity."""
        ...

    def record(self, ref: RecordId) -> Record | None:
        """Return one record, None where there is none."""
        ...

    def several(self, refs: Collection[RecordId]) -> dict[RecordId, Record]:
        """Return those of some records that there are, by their names."""
        ...

    def refs_about(self, keys: Collection[EntityKey], most: int) -> list[tuple[EntityKey, RecordId]] | None:
        """Return which records were kept about some entities, withdrawn ones too; None where they are more than `most`."""
        ...

    def refs_holding(self, files: Collection[BlobHash], most: int) -> list[tuple[BlobHash, RecordId]] | None:
        """Return which records hold some blobs and tables, withdrawn ones too; None where they are more than `most`."""
        ...

    def findings(self, *, after: int = 0) -> Iterator[Finding]:
        """Yield findings in the order of their identifiers; or those kept after a number, in the order they were kept."""
        ...

    def finding(self, ref: FindingId) -> Finding | None:
        """Return one finding, None where there is none."""
        ...

    def decisions(self, about: str | None = None) -> Iterator[Decision]:
        """Yield decisions in the order they were made."""
        ...

    def blob(self, ref: BlobHash) -> memoryview | None:
        """Return the bytes of a blob, None where there is none."""
        ...

    def table_path(self, ref: BlobHash) -> str | None:
        """Return the path of a Parquet table, None where there is none."""
        ...

    def derived(self, name: str, build: Callable[[], bytes]) -> memoryview:
        """Return bytes computed once from content: kept under a name that hashes their inputs."""
        ...


class View(Protocol):
    """What one user, purpose and engine may see. What is hidden leaves no trace."""

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        """Yield the records that may be seen, in the order of their identifiers."""
        ...

    def record(self, ref: RecordId) -> Record:
        """Return one record.

        Raises:
            ForbiddenError: there is none, or it may not be seen: the answer is the same.
        """
        ...

    def fact(self, ref: FactId) -> tuple[Record, int]:
        """Return the record that holds a fact, and the fact's place in it.

        Raises:
            ForbiddenError: there is none, or it may not be seen.
        """
        ...

    def entity(self, key: EntityKey) -> Entity:
        """Return the view over one entity.

        Raises:
            ForbiddenError: there is none, or it may not be seen.
        """
        ...

    def findings(self) -> Iterator[Finding]:
        """Yield the findings whose whole evidence may be seen."""
        ...

    def finding(self, ref: FindingId) -> Finding:
        """Return one finding.

        Raises:
            ForbiddenError: there is none, or part of its evidence may not be seen.
        """
        ...

    def decisions(self, about: str) -> tuple[Decision, ...]:
        """Return the decisions about something that may be seen, in the order they were made."""
        ...

    def blob(self, ref: BlobHash) -> memoryview:
        """Return the bytes of a blob.

        Raises:
            ForbiddenError: there is none, or no record that may be seen holds it.
        """
        ...

    def table_path(self, ref: BlobHash) -> str:
        """Return the path of a Parquet table, to be read with Arrow or DuckDB.

        Raises:
            ForbiddenError: there is none, or no record that may be seen holds it.
        """
        ...

    def derived(self, name: str, build: Callable[[], bytes]) -> memoryview:
        """Return bytes computed once from what this view shows, and kept for equal views."""
        ...


@dataclass(frozen=True, slots=True)
class SourceInput:
    """One input of a data source: its name and bytes, and a way to the files that belong to it.

    Attributes:
        name: name of the file, without its folder.
        data: its bytes.
        beside: returns the bytes of a file in the same folder, None where there is none.
        originator: the authority that reads it in; the controller where the format names none.
    """

    name: str
    data: bytes
    beside: Callable[[str], bytes | None]
    originator: AuthorityId


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A row that a reader could not use, and the declared error that says why."""

    error: HeadwaterError


class Guarded(View, Protocol):
    """What a guard hands out to a page: a view that can look at several records at once, and go on where it was."""

    def findings(self, *, after: int = 0) -> Iterator[Finding]:
        """Yield the findings whose whole evidence may be seen: all, or those that were kept after a number."""
        ...

    def several(self, refs: Iterable[RecordId], what: str) -> dict[RecordId, Record]:
        """Return those of some records that may be seen, by their names, in their order: one look for all of them.

        Args:
            refs: records; one that is not there or may not be seen is left out.
            what: what they are looked at for, for the ledger; never content.
        """
        ...

    def holders(self, files: Collection[BlobHash], what: str) -> dict[BlobHash, tuple[Record, ...]]:
        """Return the records that may be seen and hold some blobs and tables, by these: one look for all of them."""
        ...


class Source(Protocol):
    """A data source: bytes of one outside format to records."""

    name: str
    """Name of the format, as the command line takes it."""
    title: str
    """What it is, in a few words."""

    def read(self, given: SourceInput) -> Iterator[Record | LeftOut]:
        """Yield a record for each entry, or what was wrong with it.

        Raises:
            InputError: the input as a whole is not in this format or beyond the limits.
        """
        ...


@dataclass(frozen=True, slots=True)
class Span:
    """The times that a table may hold, both ends included, in microseconds since 1970, UTC."""

    earliest_us: int
    latest_us: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Some rows of a bulk table.

    Attributes:
        table: kind of table, a key of `model.tables.TABLES`.
        data: a `pyarrow.Table` with that kind's columns and ``row``.
    """

    table: str
    data: Any


class TableSource(Protocol):
    """A data source of bulk tables: a stream of bytes of one outside format to typed rows, some at a time."""

    name: str
    """Name of the format, as the command line takes it."""
    title: str
    """What it is, in a few words."""
    tables: tuple[str, ...]
    """Kinds of table that it holds."""

    def rows(self, stream: BinaryIO, *, file: str, span: Span) -> Iterator[Rows | LeftOut]:
        """Yield the rows that are good, some at a time, and what is wrong with each that is not.

        Raises:
            InputError: the input as a whole is not in this format or beyond the limits.
            MissingExtraError: pyarrow is not installed.
        """
        ...


class Engine(Protocol):
    """What works findings out of a view: pure and deterministic."""

    name: str
    version: str

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        """Yield findings; the same view and parameters give the same findings, whatever the order of records.

        Raises:
            SchemaError: a parameter is missing, unknown or impossible.
        """
        ...


class Release(Protocol):
    """A way out of the house for what a decision released: records to bytes of an outside format."""

    name: str

    def write(self, records: Iterable[Record]) -> bytes:
        """Return the bytes of one document that holds the records."""
        ...


class Transport(Protocol):
    """Carries sealed envelopes to a partner's node."""

    def post(self, endpoint: str, path: str, body: bytes, *, timeout_s: float) -> bytes:
        """Return the partner's answer.

        Raises:
            PeerError: it cannot be reached, refuses, or does not answer in time.
        """
        ...
