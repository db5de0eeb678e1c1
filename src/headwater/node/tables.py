"""Bulk tables into a node: read block by block, checked, written as Parquet, kept with the record that owns each.

A file is kept whole or not at all. The same row twice is kept once and counted; two rows of one identifier that differ
are refused. What does not fit into memory is sorted out on the disk.
"""

import hashlib
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final

from headwater.errors import (
    FormatError,
    HeadwaterError,
    InputError,
    Place,
    SchemaError,
    StoreIoError,
)
from headwater.formats.table_columns import EPOCH, need_arrow
from headwater.formats.table_sources import table_source
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, BlobHash, RecordId
from headwater.model.record import Origin, Record
from headwater.model.tables import ROW, TABLES, place_of_table
from headwater.model.times import parse_instant
from headwater.node.duck import connection, lean
from headwater.node.files import STDIN
from headwater.node.node import Node
from headwater.node.scratch import scratch
from headwater.node.system import SystemClock
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event, LeftOut, Rows, Span
from headwater.store import Transaction

EARLIEST: Final = datetime(1970, 1, 1, tzinfo=UTC)
AHEAD: Final = timedelta(days=1)
"""How far ahead of the clock a row may be, for time zones and clocks that are a little off."""
OF_A_TABLE: Final = Handling(codes=frozenset({"P"}))
"""Payments and registers name people: nobody else gets them unasked."""
MOST_LEFT_OUT: Final = 1_000
MOST_KEYS: Final = 6_000_000
"""Identifiers that are looked through for doubled ones at once: about 400 MB."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Staged:
    """One table that was read and not yet kept.

    Attributes:
        table: kind of table.
        path: its Parquet file.
        rows: how many rows it has.
        doubled: how many rows came twice and were kept once.
        to_self: how many payments go from an account to itself.
    """

    table: str
    path: Path
    rows: int
    doubled: int
    to_self: int = 0


@dataclass(frozen=True, slots=True)
class TableRead:
    """What came of one file of bulk tables.

    Attributes:
        tables: rows of each kind of table.
        doubled: rows that came twice and were kept once.
        to_self: payments of an account to itself: kept, and in no pattern.
        added: how many tables the node did not have.
        ids: the records that own them.
        left_out: rows that were not kept, with the error of each.
        error: why the file was refused.
    """

    file: str
    tables: dict[str, int] = field(default_factory=dict)
    doubled: int = 0
    to_self: int = 0
    added: int = 0
    ids: tuple[RecordId, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    error: HeadwaterError | None = None


def span_of(text: str, now: datetime) -> Span:
    """Return the times that a table may hold.

    Args:
        text: ``FROM/TO`` as RFC 3339 times, either of which may be blank; blank is any time up to a day from now.
        now: the clock.

    Raises:
        SchemaError: it is not of that form.
    """
    low, slash, high = text.partition("/")
    if text and not slash:
        raise SchemaError("not FROM/TO", where="--span", fix="write it as 2025-01-01T00:00:00Z/2026-01-01T00:00:00Z")
    begun = parse_instant(low, field="span") if low else EARLIEST
    ended = parse_instant(high, field="span") if high else now + AHEAD
    if begun > ended:
        raise SchemaError("a span that ends before it begins", where="--span")
    return Span(
        (begun - EPOCH) // timedelta(microseconds=1), (min(ended, now + AHEAD) - EPOCH) // timedelta(microseconds=1)
    )


def read_tables(
    name: str,
    files: Sequence[str],
    *,
    span: str = "",
    keep_good: bool = False,
    into: tuple[Node, Session] | None = None,
    progress: Progress | None = None,
) -> list[TableRead]:
    """Read files of one format of bulk tables, and keep them where a node is given; one refused does not stop the next.

    Args:
        name: name of the format.
        files: paths; ``-`` is standard input.
        span: ``FROM/TO``, the times that the table may hold; never further ahead of the clock than a day.
        keep_good: keep the good rows of a file that has bad ones.
        into: the node that keeps them, and for whom.
        progress: hears how many bytes of how many are read, of one file after the other.

    Raises:
        SettingsError: there is no such format.
        PolicyError: the user may not add to the store.
        MissingExtraError: a library is not installed.
    """
    if into is not None:
        may(into[1], Act.RECORD_ADD)
    clock = SystemClock() if into is None else into[0].clock
    done = []
    for file in files:
        with scratch(_beside(into)) as folder:
            try:
                digest, staged, left_out = stage(
                    name, file, folder, span_of(span, clock.now()), keep_good=keep_good, progress=progress
                )
            except InputError as error:
                done.append(TableRead(Path(file).name, error=error.located(file=Path(file).name)))
                continue
            done.append(_kept(name, file, digest, staged, left_out, into))
    return done


def _beside(into: tuple[Node, Session] | None) -> Path | None:
    """Return where to work: on the node's own disk, so that what is done is moved and not copied."""
    return into[0].home if into is not None else None


def stage(
    name: str, file: str, folder: Path, span: Span, *, keep_good: bool, progress: Progress | None
) -> tuple[BlobHash, list[Staged], tuple[LeftOut, ...]]:
    """Return the SHA-256 of a file, its tables as Parquet in a working folder, and the rows that were left out.

    Raises:
        InputError: it is not in the format, or holds a bad row and good ones are not to be kept.
    """
    need_arrow()
    lean()
    source = table_source(name)
    shown = Path(file).name
    with _opened(file, progress) as stream, _ended(source.rows(stream, file=shown, span=span)) as rows:
        staged, left_out = staged_from(rows, folder, shown, keep_good=keep_good)
        return stream.digest(), staged, left_out


@contextmanager
def _ended(rows: Iterator[Rows | LeftOut]) -> Iterator[Iterator[Rows | LeftOut]]:
    """Give rows, and end their reading behind the block, however it is left: a reader may have a thread of its own."""
    try:
        yield rows
    finally:
        if isinstance(rows, Generator):
            rows.close()


def staged_from(
    rows: Iterable[Rows | LeftOut], folder: Path, file: str, *, keep_good: bool
) -> tuple[list[Staged], tuple[LeftOut, ...]]:
    """Return rows as Parquet tables in a working folder, and those that were left out.

    Raises:
        InputError: a row is bad and good ones are not to be kept, or two of one identifier differ, or there is none.
    """
    left_out: list[LeftOut] = []
    with ExitStack() as writers:
        tables = _Writers(folder, writers)
        for found in rows:
            if isinstance(found, LeftOut):
                if not keep_good or len(left_out) >= MOST_LEFT_OUT:
                    raise found.error
                left_out.append(found)
            else:
                tables.add(found.table, found.data)
    if not tables.rows:
        raise left_out[0].error if left_out else FormatError("there is no row in it", where=file)
    staged = [_deduplicated(folder, kind, count, file) for kind, count in tables.rows.items()]
    return [replace(one, to_self=tables.to_self) if one.table == "payments" else one for one in staged], tuple(left_out)


class _Counted:
    """A stream that hashes what is read from it and says how far it is."""

    def __init__(self, stream: BinaryIO, size: int, progress: Progress | None) -> None:
        self._stream, self._size, self._progress = stream, size, progress
        self._sum = hashlib.sha256()
        self._done = 0

    def read(self, size: int = -1) -> bytes:
        return self._seen(self._stream.read(size))

    def readline(self, size: int = -1) -> bytes:
        return self._seen(self._stream.readline(size))

    def digest(self) -> BlobHash:
        while self.read(1 << 20):
            pass
        return BlobHash(self._sum.hexdigest())

    def _seen(self, data: bytes) -> bytes:
        self._sum.update(data)
        self._done += len(data)
        if self._progress is not None and data:
            self._progress(self._done, max(self._size, self._done))
        return data


@contextmanager
def _opened(file: str, progress: Progress | None) -> Iterator[Any]:
    if file == STDIN:
        import sys

        yield _Counted(sys.stdin.buffer, 0, progress)
        return
    path = Path(file)
    try:
        stream = path.open("rb")
    except OSError as error:
        raise FormatError(f"the file cannot be read: {error.strerror}", where=path.name) from error
    with stream:
        yield _Counted(stream, path.stat().st_size, progress)


class _Writers:
    """A Parquet file for each kind of table that a file holds."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder, self._stack = folder, stack
        self._open: dict[str, Any] = {}
        self.rows: dict[str, int] = {}
        self.to_self = 0

    def add(self, kind: str, data: Any) -> None:  # noqa: ANN401 - an Arrow table
        need_arrow()
        import pyarrow.parquet as pq

        data = data.select([*(column.name for column in TABLES[kind].columns), ROW])
        try:
            if kind not in self._open:
                path = self._folder / f"{kind}.read"
                self._open[kind] = self._stack.enter_context(pq.ParquetWriter(path, data.schema, compression="zstd"))
                self.rows[kind] = 0
            self._open[kind].write_table(data)
        except OSError as error:
            raise StoreIoError(f"the table cannot be written: {error}", where=kind) from error
        self.rows[kind] += data.num_rows
        if kind == "payments":
            same = need_arrow().compute.equal(data["sender"], data["receiver"])
            self.to_self += need_arrow().compute.sum(same).as_py() or 0


def _deduplicated(folder: Path, kind: str, rows: int, file: str) -> Staged:
    """Return a table in which each identifier stands once."""
    path = folder / f"{kind}.read"
    key = TABLES[kind].key
    if not key:
        return Staged(kind, path, rows, 0)
    with connection(folder) as con:
        if not _find_twice(con, path, key, rows):
            return Staged(kind, path, rows, 0)
        same = ", ".join(column.name for column in TABLES[kind].columns)
        others = (
            f"SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY {ROW}) AS turn FROM read_parquet(?) "  # noqa: S608 - our own names
            f"SEMI JOIN twice USING ({key})"
        )
        con.execute(f"CREATE TEMP TABLE doubled AS {others}", [str(path)])
        other = con.execute(
            f"SELECT min(again) FROM (SELECT max({ROW}) AS again, count(DISTINCT ({same})) AS kinds FROM doubled "  # noqa: S608
            f"GROUP BY {key}) WHERE kinds > 1"
        ).fetchone()[0]
        if other is not None:
            what = "the same identifier as another row, which says something else"
            raise SchemaError(what, where=Place(file=file, line=other + 1, field=TABLES[kind].column(key).heading))
        single = folder / f"{kind}.single"
        con.execute(
            f"COPY (SELECT * FROM read_parquet('{path}') ANTI JOIN (FROM doubled WHERE turn > 1) USING ({ROW}) "  # noqa: S608
            f"ORDER BY {ROW}) TO '{single}' (FORMAT parquet, COMPRESSION zstd)"
        )
        left = con.execute("SELECT count(*) FROM read_parquet(?)", [str(single)]).fetchone()[0]
    return Staged(kind, single, int(left), rows - int(left))


def _find_twice(con: Any, path: Path, key: str, rows: int) -> bool:  # noqa: ANN401 - a DuckDB connection
    """Put the identifiers that stand in a table more than once into ``twice``; return whether there is any.

    Part by part, by a hash: DuckDB gives up on a hundred million groups within a gigabyte, although it spills.
    """
    con.execute(f"CREATE TEMP TABLE twice ({key} VARCHAR)")
    parts = -(-rows // MOST_KEYS)
    for part in range(parts):
        con.execute(
            f"INSERT INTO twice SELECT {key} FROM read_parquet(?) WHERE hash({key}) % {parts} = {part} "  # noqa: S608 - our own names
            f"GROUP BY {key} HAVING count(*) > 1",
            [str(path)],
        )
    return bool(con.execute("SELECT count(*) FROM twice").fetchone()[0])


def _kept(
    name: str, file: str, digest: BlobHash, staged: list[Staged], left_out: tuple[LeftOut, ...],
    into: tuple[Node, Session] | None,
) -> TableRead:  # fmt: skip
    counts = {one.table: one.rows for one in staged}
    doubled, to_self = sum(one.doubled for one in staged), sum(one.to_self for one in staged)
    shown = Path(file).name
    if into is None:
        return TableRead(shown, counts, doubled, to_self, left_out=left_out)
    node, session = into
    records = [
        table_record(node.authority, name, shown, digest, one.table, node.store.put_table(one.path)) for one in staged
    ]

    def change(transaction: Transaction) -> int:
        added = sum(transaction.add_record(record) for record in records)
        detail: dict[str, str | int] = {"source": name, "file": shown, "added": added, "doubled": doubled, **counts}
        transaction.note(Event("store.read", session.user, digest, session.purpose, detail))
        return added

    added: int = node.store.write(change)
    return TableRead(shown, counts, doubled, to_self, added, tuple(record.id for record in records), left_out)


def table_record(
    originator: AuthorityId, source: str, file: str, digest: BlobHash, kind: str, table: BlobHash
) -> Record:
    """Return the record that owns one table."""
    origin = Origin(originator, source, file, digest, None, place_of_table(kind))
    return Record(origin=origin, handling=OF_A_TABLE, mentions=(), facts=(), tables=(table,))
