"""One connection to SQLite: how it is opened, and what is checked before it is believed."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Final

import apsw

from headwater.errors import StoreCorruptError, StoreError, StoreVersionError
from headwater.store.faults import from_sqlite, translated
from headwater.store.link import MOVED, Link, Row
from headwater.store.rows import Problem, StoreOptions

APPLICATION_ID: Final = 0x48445754
"""``HDWT``: tells a store from any other SQLite file."""
OLDEST_SQLITE: Final = (3, 51, 3)
"""SQLite 3.7.0 to 3.51.2 can damage a database when its log is reset (sqlite.org/wal.html, "WAL-reset bug")."""
_HEADER_BYTES: Final = 100
_WRITER_CACHE_KIB: Final = 64 * 1024
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


class SqliteLink(Link):
    """A connection to the one file of a node's store."""

    def __init__(self, file: Path, options: StoreOptions, *, query_only: bool = False) -> None:
        """Open the file, which must exist, and set the connection up."""
        super().__init__(file)
        self._path = file
        flags = apsw.SQLITE_OPEN_READONLY if options.read_only else apsw.SQLITE_OPEN_READWRITE
        self._log_pages = 0
        self._fold_at = options.checkpoint_pages
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

    def take_log(self) -> None:
        """Write changes to a log of their own, so that who reads waits for nobody."""
        self.run("PRAGMA journal_mode = WAL")
        # What a change may have to undo stays in memory: a file beside it cost two writes for each message. Not before a new
        # form is taken, whose indexes sort more than memory may hold.
        self.run("PRAGMA temp_store = MEMORY")

    def begin(self) -> None:
        """Open a transaction, waiting for other processes as long as the options say."""
        self._open("BEGIN IMMEDIATE")

    def begin_reading(self) -> None:
        """Open a transaction that sees one moment."""
        self._open("BEGIN DEFERRED")
        self.rows(tuple[int], "SELECT 1 FROM sqlite_schema LIMIT 1")  # the first read fixes the moment

    def fold(self) -> None:
        """Fold the log into the database once it is long enough; where the disk refuses, it is tried again later."""
        if self._log_pages >= self._fold_at:
            with suppress(StoreError):
                self.rows(tuple[int, int, int], "PRAGMA wal_checkpoint(PASSIVE)")

    def commits(self) -> object:
        """Return what changes with each commit of another connection; to ask costs a look at shared memory."""
        return self.one(tuple[int], "PRAGMA data_version")

    def last_number(self) -> int:
        """Return the number that the last row was given."""
        return self.number("SELECT last_insert_rowid()")

    def form(self) -> int:
        """Return which form the store has; 0 is none."""
        return self.number("PRAGMA user_version")

    def set_form(self, number: int) -> None:
        """Say which form the store has."""
        self.run(f"PRAGMA user_version = {number}")

    def schema(self) -> dict[str, str]:
        """Return the text of each table, index and trigger by its name."""
        return dict(self.rows(tuple[str, str], "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL"))

    def schema_of(self, steps: Sequence[str]) -> dict[str, str]:
        """Return what `schema` returns of a store that nobody has touched."""
        return dict(_schema_after(tuple(steps)))

    def build(self, steps: Sequence[str]) -> None:
        """Make an empty store, in the open transaction."""
        for text in steps:
            self.run(text)

    def take_step(self, steps: Sequence[str], number: int) -> None:
        """Take a store to its next form, in the open transaction."""
        self.run(steps[number - 1])

    def damage(self) -> list[Problem]:
        """Return what SQLite finds wrong in its own structure."""
        found = [text for (text,) in self.rows(tuple[str], "PRAGMA integrity_check")]
        return [Problem(f"{self._path.name}: {text}", "damaged-database") for text in found if text != "ok"]

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

    def counters(self) -> dict[str, int]:
        """Return what SQLite remembers of tables whose numbers are never given again."""
        return dict(self.rows(tuple[str, int], "SELECT name, seq FROM sqlite_sequence"))

    def count_on(self, counters: dict[str, int]) -> None:
        """Raise what SQLite remembers; other tables go on behind their last row by themselves."""
        for name, last in counters.items():
            self.run("UPDATE sqlite_sequence SET seq = MAX(seq, ?) WHERE name = ?", last, name)

    def shut(self) -> None:
        """Let the ledger take no event, so that nothing can change."""
        self.run(f"CREATE TRIGGER moved BEFORE INSERT ON ledger BEGIN SELECT RAISE(ABORT, '{MOVED}'); END")

    def fold_all(self) -> None:
        """Fold the whole log into the file, so that the file alone is the store."""
        self.rows(tuple[int, int, int], "PRAGMA wal_checkpoint(TRUNCATE)")

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

    def _in_transaction(self) -> bool:
        return self._connection.in_transaction

    def _fetch(self, sql: str, values: Row) -> list[Row]:
        try:
            return self._connection.execute(sql, values).fetchall()
        except _RAISED as error:
            raise self._declared(error) from error

    def _change(self, sql: str, values: Row) -> int:
        self._fetch(sql, values)
        return self._connection.changes()

    def _change_many(self, sql: str, bindings: Sequence[Row]) -> None:
        try:
            self._connection.executemany(sql, bindings)
        except _RAISED as error:
            raise self._declared(error) from error

    def _declared(self, error: Exception) -> StoreError:
        if isinstance(error, apsw.Error):
            return from_sqlite(error, self._path, self._connection)
        if isinstance(error, UnicodeDecodeError):
            return StoreCorruptError("a text is no text", where=str(self.file))
        return StoreError(
            "a value that no column can hold", where=str(self.file), fix="report this: it was not checked"
        )


@contextmanager
def in_memory(steps: Sequence[str]) -> Iterator[SqliteLink]:
    """Yield an empty store in memory.

    Args:
        steps: the migrations that make it.
    """
    link = SqliteLink(Path(":memory:"), StoreOptions())
    try:
        link.build(steps)
        yield link
    finally:
        link.close()


@cache
def _schema_after(steps: tuple[str, ...]) -> Mapping[str, str]:
    """Return the schema that migrations make: it is made once for each process."""
    with in_memory(steps) as link:
        return link.schema()


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
