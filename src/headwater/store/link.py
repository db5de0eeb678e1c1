"""One connection to SQLite: how it is opened, what is checked before it is believed, and how it is spoken to."""

import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

import apsw
from msgspec import ValidationError, convert

from headwater.errors import StoreCorruptError, StoreError, StoreIoError, StoreVersionError
from headwater.store.faults import from_sqlite, translated
from headwater.store.rows import StoreOptions

T = TypeVar("T")

Value = None | int | float | str | bytes
Row = tuple[Value, ...]

APPLICATION_ID: Final = 0x48445754
"""``HDWT``: tells a store from any other SQLite file."""
OLDEST_SQLITE: Final = (3, 51, 3)
"""SQLite 3.7.0 to 3.51.2 can damage a database when its log is reset (sqlite.org/wal.html, "WAL-reset bug")."""
_HEADER_BYTES: Final = 100
_WRITER_CACHE_KIB: Final = 16 * 1024
_WORD: Final = re.compile(r"\w+")
_LOOK_AGAIN_S: Final = 0.001
_RAISED: Final = (apsw.Error, OverflowError, UnicodeError)
"""What `apsw` raises: for SQLite, and for a value or text that does not go in or comes out of a column."""


def _patience(most_s: float) -> Callable[[int], bool]:
    """Return a busy handler that looks again each millisecond: SQLite's own waits up to 100 ms between two looks.

    An urgent message that meets another process at the lock is then through as soon as the lock is free.
    """
    begun = 0.0

    def again(tries: int) -> bool:
        nonlocal begun
        if tries == 0:
            begun = time.monotonic()
        if time.monotonic() - begun >= most_s:
            return False
        time.sleep(_LOOK_AGAIN_S)
        return True

    return again


class Link:
    """A connection that speaks rows and declared errors. One thread uses it at a time."""

    def __init__(self, file: Path, options: StoreOptions, *, query_only: bool = False) -> None:
        """Open the file, which must exist, and set the connection up."""
        flags = apsw.SQLITE_OPEN_READONLY if options.read_only else apsw.SQLITE_OPEN_READWRITE
        self.file = file
        self._begun = False
        self._log_pages = 0
        self._fold_at = options.checkpoint_pages
        self._waiting: dict[str, list[Row]] = {}
        self._waited_for: set[str] = set()
        self._spoilt: StoreError | None = None
        try:
            self._connection = apsw.Connection(str(file), flags=flags, vfs=options.vfs)
        except apsw.Error as error:
            raise from_sqlite(error, file) from error
        self._connection.set_busy_handler(_patience(options.busy_wait_s))
        self.run(f"PRAGMA synchronous = {options.synchronous}")
        # Replaces SQLite's own habit of folding the log inside a commit: the writer does it once it has answered.
        self._connection.set_wal_hook(self._count_pages)
        self.run("PRAGMA trusted_schema = OFF")
        self.run("PRAGMA recursive_triggers = ON")
        self.run("PRAGMA cell_size_check = ON")
        # What was erased is overwritten, not only unlinked.
        self.run("PRAGMA secure_delete = ON")
        if query_only:
            self.run("PRAGMA query_only = ON")
        else:
            # A group of changes fits in memory: SQLite would write pages early, and later once more.
            self.run(f"PRAGMA cache_size = {-_WRITER_CACHE_KIB}")

    def copy_to(self, file: Path) -> None:
        """Copy the whole database as it is at one moment (SQLite's online backup); others go on writing meanwhile."""
        try:
            target = apsw.Connection(str(file))
            try:
                with target.backup("main", self._connection, "main") as copying:
                    copying.step(-1)
            finally:
                target.close()
        except apsw.Error as error:
            raise from_sqlite(error, file) from error

    def rows(self, kind: type[T], sql: str, *values: Value) -> list[T]:
        """Return all rows of a query: no cursor stays open behind it.

        Args:
            kind: the tuple that each row must be; in a damaged file a column may hold anything.
            sql: the query.
            values: what stands for its question marks.

        Raises:
            StoreCorruptError: a row is something else.
        """
        found = self._execute(sql, values)
        if not found:
            return []
        try:
            return convert(found, list[kind], builtin_types=(bytes,))  # type: ignore[valid-type]
        except ValidationError as error:
            raise StoreCorruptError("a row holds what it never was given", where=str(self.file)) from error

    def one(self, kind: type[T], sql: str, *values: Value) -> T | None:
        """Return the first row of a query, None where there is none."""
        found = self.rows(kind, sql, *values)
        return found[0] if found else None

    def run(self, sql: str, *values: Value) -> int:
        """Carry out a statement and return how many rows it changed."""
        self._execute(sql, values)
        return self._connection.changes()

    def many(self, sql: str, bindings: Sequence[Row]) -> None:
        """Carry out a statement once for each row of values."""
        self._check_transaction()
        self._write_for(sql)
        try:
            self._connection.executemany(sql, bindings)
        except _RAISED as error:
            raise self._declared(error) from error

    def later(self, sql: str, row: Row) -> None:
        """Write a row together with others: before the next statement that names its table, at the latest on commit.

        Many rows in one go cost half of what each alone does. Only for a change whose outcome nobody asks for, of a table
        that no trigger reads.

        Args:
            sql: ``INSERT INTO TABLE …`` or ``UPDATE TABLE …``.
            row: what stands for its question marks.
        """
        rows = self._waiting.get(sql)
        if rows is not None:
            rows.append(row)
            return
        table = _table(sql)
        if table in self._waited_for:  # in the order in which they were given
            self.write_waiting()
        self._waiting[sql] = [row]
        self._waited_for.add(table)

    def write_waiting(self) -> None:
        """Write all rows that wait, those of a statement together, the statements in the order of their first rows.

        Raises:
            StoreError: a row does not go in. Others may have, so from then on the change can only be undone.
        """
        if self._spoilt is not None:
            raise self._spoilt
        waiting, self._waiting, self._waited_for = self._waiting, {}, set()
        try:
            for sql, rows in waiting.items():
                self.many(sql, rows)
        except StoreError as error:
            self._spoilt = error
            raise

    def forget_waiting(self) -> None:
        """Give up the rows that wait: their change is undone."""
        self._waiting, self._waited_for, self._spoilt = {}, set(), None

    def begin(self, how: str = "IMMEDIATE") -> None:
        """Open a transaction, waiting for other processes as long as the options say."""
        self.run(f"BEGIN {how}")
        self._begun = True

    def commit(self) -> None:
        """Close the transaction; what it changed is durable once this returns."""
        self.write_waiting()
        self.run("COMMIT")
        self._begun = False

    def fold(self) -> None:
        """Fold the log into the database once it is long enough; where the disk refuses, it is tried again later."""
        if self._log_pages >= self._fold_at:
            with suppress(StoreError):
                self.rows(tuple[int, int, int], "PRAGMA wal_checkpoint(PASSIVE)")

    def abandon(self) -> None:
        """Undo the open transaction, if SQLite has not done so already."""
        self._begun = False
        self.forget_waiting()
        if self._connection.in_transaction:
            self.run("ROLLBACK")

    def close(self) -> None:
        """Close the connection, whatever became of the disk."""
        try:
            self._connection.close()
        except apsw.Error:
            # The last one to close folds the log into the database. Where the disk refuses, the log stays and the next
            # one to open reads it: nothing is lost, and there is nobody to tell.
            self._connection.close(force=True)

    def _count_pages(self, _: apsw.Connection, __: str, pages: int) -> int:
        self._log_pages = pages
        return apsw.SQLITE_OK

    def _write_for(self, sql: str) -> None:
        """Write what waits where a statement could see it."""
        if self._waited_for and not self._waited_for.isdisjoint(_words(sql)):
            self.write_waiting()

    def _execute(self, sql: str, values: Row) -> list[Row]:
        self._check_transaction()
        self._write_for(sql)
        try:
            return self._connection.execute(sql, values).fetchall()
        except _RAISED as error:
            raise self._declared(error) from error

    def _check_transaction(self) -> None:
        """Refuse to go on outside a transaction that SQLite undid by itself: each statement would stand alone."""
        if self._begun and not self._connection.in_transaction:
            raise StoreIoError("the transaction was undone", where=str(self.file))

    def _declared(self, error: Exception) -> StoreError:
        if isinstance(error, apsw.Error):
            return from_sqlite(error, self.file, self._connection)
        if isinstance(error, UnicodeDecodeError):
            return StoreCorruptError("a text is no text", where=str(self.file))
        return StoreError(
            "a value that no column can hold", where=str(self.file), fix="report this: it was not checked"
        )


@lru_cache(maxsize=1024)
def _words(sql: str) -> frozenset[str]:
    return frozenset(_WORD.findall(sql))


@lru_cache(maxsize=64)
def _table(sql: str) -> str:
    words: list[str] = _WORD.findall(sql)
    return words[words.index("UPDATE" if words[0] == "UPDATE" else "INTO") + 1]


class Linked:
    """What reads or writes through a connection for a while, and refuses to once that while is over."""

    def __init__(self, link: Link) -> None:
        """Take the connection."""
        self.__link: Link | None = link

    @property
    def _link(self) -> Link:
        if self.__link is None:
            raise StoreError("this view of the store has ended", fix="read inside its `with` block, or its change")
        return self.__link

    def end(self) -> None:
        """Let go of the connection."""
        self.__link = None


def check_sqlite(version: str) -> None:
    """Refuse an SQLite that can damage what it keeps.

    Raises:
        StoreVersionError: it is older than `OLDEST_SQLITE`.
    """
    if tuple(int(part) for part in version.split(".")[:3]) < OLDEST_SQLITE:
        raise StoreVersionError(
            f"SQLite {version} can damage a database", fix="install apsw 3.54 or newer, with its own SQLite inside"
        )


def check_header(file: Path) -> None:
    """Refuse a file that is no store of headwater, without opening it as a database: that alone could change it.

    Raises:
        StoreCorruptError: it is empty, garbage, or another program's database.
    """
    with translated(file), file.open("rb") as stream:
        header = stream.read(_HEADER_BYTES)
    if len(header) < _HEADER_BYTES or not header.startswith(b"SQLite format 3\x00"):
        raise StoreCorruptError("not a database, or cut short", where=str(file))
    if int.from_bytes(header[68:72], "big") != APPLICATION_ID:
        raise StoreCorruptError("another program's database", where=str(file), fix="name the directory of a node")
