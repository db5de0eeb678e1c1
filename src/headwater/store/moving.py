"""Moving a store from one database to the other: all of it, proved to be the same, or nothing.

::

    lock the old store ─▶ copy every table ─▶ read both again and compare ─▶ compute the ledger anew ─▶ commit the new one
                                                                                  ─▶ close the old one to writing for good

The old store is locked from the first row to the last, so nothing can be acknowledged in it that the new one lacks. It is
closed by a guard in the database itself: a process that still has it open is refused, instead of writing where nobody looks.
"""

from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from headwater.errors import StoreCorruptError, StoreError
from headwater.store import migrate
from headwater.store.audit import ledger_problems
from headwater.store.ledger import stored_head
from headwater.store.link import Link, Row, Value
from headwater.store.postgres import PostgresLink
from headwater.store.rows import Head, StoreOptions
from headwater.store.sqlite import SqliteLink, in_memory

PAGE: Final = 2_000
"""Rows that are copied or compared at once."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved.

    Attributes:
        head: the ledger's head, the same in both.
        rows: how many rows each table has, the same in both.
    """

    head: Head
    rows: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    columns: tuple[str, ...]
    key: tuple[str, ...]

    @property
    def places(self) -> tuple[int, ...]:
        """Where the columns of the key stand in a row."""
        return tuple(self.columns.index(name) for name in self.key)


def move(file: Path, old: StoreOptions, new: StoreOptions, progress: Progress = lambda *_: None) -> Moved:
    """Move a store; one of the two options names a PostgreSQL database, the other is the SQLite file.

    Args:
        file: where the SQLite file is, or will be.
        old: where the store is.
        new: where it will be; nothing may be there.
        progress: hears how many of how many rows are copied.

    Raises:
        StoreBusyError: a process writes to the old store and does not end.
        StoreCorruptError: the old store is damaged; it stays as it is.
        StoreError: there is a store in the new place, or it cannot be made; the old one stays as it is.
    """
    if bool(old.database) == bool(new.database):
        raise StoreError("the store is there already", where=new.database or str(file), fix="name the other database")
    with closing(_opened(file, old)) as source:
        migrate.bring_up(source, read_only=False)
        source.begin()
        try:
            moved = _into_postgres(source, new, progress) if new.database else _into_sqlite(source, file, progress)
            source.shut()
            source.commit()
        except BaseException:
            source.abandon()
            raise
        source.fold_all()
    return moved


def _opened(file: Path, options: StoreOptions) -> Link:
    return PostgresLink(options) if options.database else SqliteLink(file, options)


def _into_postgres(source: Link, new: StoreOptions, progress: Progress) -> Moved:
    with closing(PostgresLink(new)) as target:
        target.begin()
        try:
            migrate.fill_shared(target)
            moved = _copy(source, target, progress)
            target.commit()
        except BaseException:
            target.abandon()
            raise
    return moved


def _into_sqlite(source: Link, file: Path, progress: Progress) -> Moved:
    if file.exists():
        raise StoreError("there is a store in that place already", where=str(file), fix="move that file away")
    beside = file.with_name(f"{file.name}.moving")
    for left in file.parent.glob(f"{beside.name}*"):
        left.unlink()
    migrate.make(beside)
    with closing(SqliteLink(beside, StoreOptions())) as target:
        target.begin()
        try:
            moved = _copy(source, target, progress)
            target.commit()
        except BaseException:
            target.abandon()
            raise
        target.fold_all()
    migrate.put_up(beside, file)
    return moved


def _copy(source: Link, target: Link, progress: Progress) -> Moved:
    """Copy and compare, within the open transactions of both."""
    tables = _tables()
    counts = {table.name: _count(source, table) for table in tables}
    done, whole = 0, sum(counts.values())
    for table in tables:
        present = _count(target, table)
        for page in _pages(source, table):
            if present:  # a table of one row, which the migrations made
                _set(target, table, page[0])
            else:
                places = ", ".join("?" * len(table.columns))
                target.many(f"INSERT INTO {table.name} VALUES ({places})", page)  # noqa: S608 - of our own schema
            done += len(page)
            progress(done, whole)
    target.count_on(source.counters())
    for table in tables:
        if _count(target, table) != counts[table.name] or _digest(target, table) != _digest(source, table):
            raise StoreCorruptError(f"the table {table.name} did not arrive as it was", where=str(target.file))
    head = stored_head(source)
    problems = ledger_problems(target, [head])
    if stored_head(target) != head or problems:
        at = f" at leaf {problems[0].at}" if problems else ""
        raise StoreCorruptError(
            f"the ledger does not hold{at}", where=str(source.file), fix="see: headwater audit verify"
        )
    return Moved(head, counts)


def _tables() -> list[_Table]:
    """Return the tables of the present form, as SQLite knows them."""
    with in_memory(migrate.steps()) as whole:
        names = [
            name
            for (name,) in whole.rows(tuple[str], "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
            if not name.startswith("sqlite_")
        ]
        found = []
        for name in names:
            columns = whole.rows(tuple[str, int], "SELECT name, pk FROM pragma_table_info(?) ORDER BY cid", name)
            key = sorted((pk, column) for column, pk in columns if pk)
            found.append(_Table(name, tuple(column for column, _ in columns), tuple(column for _, column in key)))
    return found


def _count(link: Link, table: _Table) -> int:
    found = link.one(tuple[int], f"SELECT COUNT(*) FROM {table.name}")  # noqa: S608 - of our own schema
    return found[0] if found else 0


def _pages(link: Link, table: _Table) -> Iterator[list[Row]]:
    """Yield all rows in the order of their key, a page at a time: the next begins behind the last key."""
    key = ", ".join(f'"{name}"' for name in table.key)
    order = f"ORDER BY {key} LIMIT {PAGE}"
    last: list[Value] = []
    while True:
        behind = f"WHERE ({key}) > ({', '.join('?' * len(last))}) " if last else ""
        page = link.rows_as_they_are(f"SELECT * FROM {table.name} {behind}{order}", *last)  # noqa: S608 - our own schema
        if page:
            yield page
        if len(page) < PAGE:
            return
        last = [page[-1][place] for place in table.places]


def _set(link: Link, table: _Table, row: Row) -> None:
    named = [(name, value) for name, value in zip(table.columns, row, strict=True) if name not in table.key]
    changes = ", ".join(f'"{name}" = ?' for name, _ in named)
    link.run(f"UPDATE {table.name} SET {changes}", *(value for _, value in named))  # noqa: S608 - of our own schema


def _digest(link: Link, table: _Table) -> str:
    """Return a hash over all rows: each value with its kind and length, so that none can stand for another."""
    total = sha256()
    for page in _pages(link, table):
        for row in page:
            for value in row:
                data = value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
                total.update(f"{type(value).__name__}:{len(data)}:".encode())
                total.update(data)
    return total.hexdigest()
