"""The store of one node: a directory that keeps what it has promised."""

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

import apsw

from headwater.errors import StoreCorruptError, StoreError
from headwater.model.ids import BlobHash
from headwater.ports import Chance, Clock, Event
from headwater.store import migrate
from headwater.store.audit import (
    claim_problems,
    database_problems,
    ledger_problems,
    record_problems,
    tombstone_problems,
)
from headwater.store.faults import translated
from headwater.store.files import Files, make_folder
from headwater.store.ledger import load_edge
from headwater.store.link import Link
from headwater.store.parts import Part
from headwater.store.postgres import PostgresLink
from headwater.store.recall import BEGINNING
from headwater.store.rows import Head, Problem, StoreOptions
from headwater.store.sqlite import SqliteLink, check_header, check_sqlite
from headwater.store.view import Snapshot, Transaction
from headwater.store.writer import Writer

T = TypeVar("T")

FILE: Final = "store.sqlite"
_IDLE_LINKS: Final = 8
"""Reading connections kept open between snapshots."""


class Store:
    """One node's directory, open. Any thread may use it; several processes may have it open at once."""

    def __init__(self, home: Path, *, clock: Clock, chance: Chance, options: StoreOptions) -> None:
        """Open a directory that `create` made; callers say `Store.open`."""
        self._file = home / FILE
        self._options = options
        self._files = Files(home, chance, read_only=options.read_only)
        self._gate = threading.Lock()
        self._idle: list[Link] = []
        self._closed = False
        link = _link(self._file, options)
        try:
            migrate.bring_up(link, read_only=options.read_only)
            if not options.read_only:
                link.take_log()
                link.begin_reading()  # another process may be adding to the ledger just now
                load_edge(link)  # one that does not fit its head is found before anything is added to it
                link.abandon()
        except BaseException:
            link.close()
            raise
        self._writer: Writer | None = None
        if not options.read_only:
            self._writer = Writer(link, self._files, clock=clock, chance=chance, threaded=options.threaded)
        else:
            self._idle.append(link)

    @classmethod
    def create(cls, home: Path, *, clock: Clock, chance: Chance, options: StoreOptions | None = None) -> "Store":
        """Make a new node's directory and open it.

        Raises:
            StoreError: there is a store in it already, or it cannot be made.
        """
        check_sqlite(apsw.sqlite_lib_version())
        file = home / FILE
        if file.exists():
            raise StoreError("there is a node's store here already", where=str(file), fix="name another directory")
        make_folder(home)
        Files(home, chance, read_only=False).make()
        if options is not None and options.database:
            with closing(PostgresLink(options)) as link:
                migrate.make_shared(link)
        else:
            migrate.make(file)
        return cls.open(home, clock=clock, chance=chance, options=options)

    @classmethod
    def open(cls, home: Path, *, clock: Clock, chance: Chance, options: StoreOptions | None = None) -> "Store":
        """Open a node's directory; an older form is taken to the present one first.

        Raises:
            StoreError: there is no store in it.
            StoreVersionError: a newer version wrote it, or this machine's SQLite is too old.
            StoreCorruptError: it is damaged or none of ours; what is readable can be read with `read_only`.
        """
        check_sqlite(apsw.sqlite_lib_version())
        if options is None or not options.database:
            if not (home / FILE).exists():
                raise StoreError("there is no node's store here", where=str(home), fix="restore the last backup")
            check_header(home / FILE)
        return cls(home, clock=clock, chance=chance, options=options or StoreOptions())

    def write(self, change: Callable[[Transaction], T]) -> T:
        """Carry out a change and return what it returned, once it is durable.

        Raises:
            StoreError: it could not be kept. Whatever the change itself raises comes through, and undoes only its part.
        """
        return self._writing().write(change)

    def submit(self, change: Callable[[Transaction], T]) -> Future[T]:
        """Queue a change and return at once; the future is done once the change is durable."""
        return self._writing().submit(change)

    def note(self, event: Event) -> None:
        """Append an event to the ledger; durable before the call returns."""
        self.write(lambda transaction: transaction.note(event))

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Hand out one consistent view, for the length of a `with` block."""
        with self._reading() as link:
            snapshot = Snapshot(link, self._files)
            try:
                yield snapshot
            finally:
                snapshot.end()

    @contextmanager
    def watch(self) -> Iterator["Watch"]:
        """Hand out what tells whether anybody has changed the store, for the length of a `with` block."""
        watch = Watch(_link(self._file, self._options, query_only=True), self._writer)
        try:
            yield watch
        finally:
            watch.end()

    def put_blob(self, data: bytes) -> BlobHash:
        """Keep an image, a document or a clip; durable before the call returns."""
        self._writing()
        return self._files.put_blob(data)

    def put_parts(self, parts: Iterable[bytes], expected: BlobHash | None = None) -> BlobHash:
        """Keep a blob that comes in parts, never all of it in memory; durable before the call returns.

        Raises:
            FormatError: it is not the blob that was expected; nothing is kept.
            StoreError: it could not be kept.
        """
        self._writing()
        return self._files.put_parts(parts, expected)

    @contextmanager
    def part(self, name: str) -> Iterator[Part]:
        """Open the beginning of a blob that comes bit by bit, for the length of a `with` block.

        Raises:
            StoreError: it cannot be written.
        """
        self._writing()
        with self._files.part(name) as part:
            yield part

    def part_size(self, name: str) -> int:
        """Return how many bytes of a beginning are there."""
        return self._files.part_size(name)

    def put_table(self, parquet: bytes | Path) -> BlobHash:
        """Keep a Parquet table, durable before the call returns; a file named by its path is moved in.

        Raises:
            FormatError: it is not Parquet.
        """
        self._writing()
        return self._files.put_table(parquet)

    def sweep(self) -> None:
        """Remove the files of what was erased, their beginnings, and all that was computed: it may repeat what was erased.

        What was not erased is computed anew.
        """
        self._writing()
        with self.snapshot() as snapshot:
            (noted, last), blobs = snapshot.noted_erased(), snapshot.erased_blobs()
        for blob in blobs:
            self._files.remove_blob(blob)
        self._files.remove_parts([name.removeprefix(BEGINNING) for name in noted if name.startswith(BEGINNING)])
        self._files.clear_derived()
        self.write(lambda tx: tx.forget_erased(noted, last))

    def verify_ledger(self, heads: Iterable[Head] = ()) -> list[Problem]:
        """Compute the ledger again and return what is wrong with it, also against heads that were given out earlier."""
        kept = list(heads)
        with self._reading() as link:
            return _found(lambda: ledger_problems(link, kept))

    def check(self) -> list[Problem]:
        """Look at everything that is kept and return what is wrong: nothing is repaired."""
        with self._reading() as link:
            parts = (
                lambda: database_problems(link),
                lambda: record_problems(link, self._files),
                lambda: claim_problems(link),
                lambda: tombstone_problems(link),
                lambda: ledger_problems(link),
                self._files.check,
            )
            return [problem for part in parts for problem in _found(part)]

    def copy_to(self, file: Path) -> None:
        """Copy the database, as it is at one moment, into a file that is not there yet; blobs and tables stay aside.

        Raises:
            StoreError: the disk is full or refuses.
        """
        with translated(file):
            file.touch(mode=0o600, exist_ok=False)
        link = self._borrow()
        try:
            link.copy_to(file)
        finally:
            self._give_back(link, usable=True)

    def close(self) -> None:
        """Commit what waits and close; closing twice does no harm."""
        with self._gate:
            self._closed = True
            links, self._idle = self._idle, []
        for link in links:
            link.close()
        if self._writer is not None:
            self._writer.close()

    @contextmanager
    def _reading(self) -> Iterator[Link]:
        """Lend a connection that sees one moment."""
        link = self._borrow()
        usable = False
        try:
            link.begin_reading()
            usable = True
            yield link
        finally:
            self._give_back(link, usable=usable)

    def _writing(self) -> Writer:
        if self._writer is None:
            raise StoreError("the store is open for reading only", where=str(self._file), fix="open it for writing")
        return self._writer

    def _borrow(self) -> Link:
        with self._gate:
            if self._closed:
                raise StoreError("the store is closed", fix="open it again")
            if self._idle:
                return self._idle.pop()
        return _link(self._file, self._options, query_only=True)

    def _give_back(self, link: Link, *, usable: bool) -> None:
        with suppress(StoreError):
            link.abandon()
            with self._gate:
                if usable and not self._closed and len(self._idle) < _IDLE_LINKS:
                    self._idle.append(link)
                    return
        link.close()


class Watch:
    """Tells whether anybody has changed the store: the database counts commits, and asking costs little."""

    def __init__(self, link: Link, writer: Writer | None) -> None:
        """Watch through a connection of its own, which never writes, and hear of this process's own changes at once."""
        self._link = link
        self._writer = writer
        self._seen: object = None
        self._stirred = threading.Event()
        if writer is not None:
            writer.listeners.append(self._stirred.set)

    def wait(self, most_s: float) -> None:
        """Return once this process has changed something since the last call, or after so many seconds."""
        self._stirred.wait(most_s)
        self._stirred.clear()

    def has_moved(self) -> bool:
        """Return whether this or another process has changed anything since the last call; True the first time."""
        before, self._seen = self._seen, self._link.commits()
        return before != self._seen

    def end(self) -> None:
        """Let go of the connection."""
        if self._writer is not None:
            self._writer.listeners.remove(self._stirred.set)
        self._link.close()


def _link(file: Path, options: StoreOptions, *, query_only: bool = False) -> Link:
    """Connect to the database that keeps a store: the one place that decides which."""
    if options.database:
        return PostgresLink(options, query_only=query_only)
    return SqliteLink(file, options, query_only=query_only)


def _found(look: Callable[[], Iterable[Problem]]) -> list[Problem]:
    """Return the problems that a search yields; where the damage stops the search itself, that is the last of them."""
    problems: list[Problem] = []
    try:
        problems.extend(look())
    except StoreCorruptError as error:
        problems.append(Problem(str(error.where), "unreadable"))
    return problems
