"""A search index beside the store: the words of names and numbers, each with the record and entity that bear it.

Beside the words stands what a candidate is judged by before its record is opened: its handling, and a text that `node` made of it.
It is made of the store and can be made again: it lies among what is derived and goes with it. It knows everything and shows
nothing by itself: `node` hands out only what the reader's own view shows of a record.
"""

import contextlib
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from headwater.errors import StoreIoError
from headwater.model.canonical import encode
from headwater.model.record import Record

FILE: Final = "search-2.sqlite"
"""Its number changes with what the words are made of."""
_MAKE: Final = (
    (
        "CREATE VIRTUAL TABLE IF NOT EXISTS said USING fts5(words, entity UNINDEXED, record UNINDEXED,"
        " handling UNINDEXED, told UNINDEXED, tokenize=\"unicode61 remove_diacritics 0 tokenchars '_.'\", detail=none)"
    ),
    "CREATE TABLE IF NOT EXISTS handling (number INTEGER PRIMARY KEY, body TEXT NOT NULL UNIQUE)",
    "CREATE TABLE IF NOT EXISTS upto (only INTEGER PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL)",
    "INSERT OR IGNORE INTO upto VALUES (1, 0)",
)
_FIND: Final = (
    "SELECT entity, record, handling, told, rowid FROM said WHERE said MATCH ? AND rowid > ? ORDER BY rowid LIMIT ?"
)
_HANDLED: Final = "SELECT body FROM handling WHERE number = ?"
_HANDLING: Final = "INSERT INTO handling (body) VALUES (?1) ON CONFLICT DO NOTHING"
_ADD: Final = "INSERT INTO said SELECT ?1, ?2, ?3, number, ?4 FROM handling WHERE body = ?5"
_PAGE: Final = 256

Words = Callable[[Record], Iterable[tuple[str, str, str]]]
"""What makes words of a record: entity, its words with spaces between, and what it is judged by."""


class Candidate(NamedTuple):
    """A record in which an entity bears words that were looked for.

    Attributes:
        handling: of the record, as `canonical.encode` writes it.
        told: what `Words` made of the entity to judge it by.
    """

    entity: str
    record: str
    handling: str
    told: str


class SearchIndex:
    """The index of one node; any thread may use it, one at a time."""

    def __init__(self, home: Path) -> None:
        """Name the file; it is opened when first used, and made anew where it was swept away."""
        self._file = home / "derived" / FILE
        self._gate = threading.Lock()
        self._open: tuple[apsw.Connection, int] | None = None

    def bring_up(self, newest: int, after: Callable[[int], Iterator[tuple[int, Record]]], words: Words) -> None:
        """Add what came since.

        Args:
            newest: number of the record that was kept last.
            after: yields the records after a number, with their numbers, in order.
            words: what makes words of a record.
        """
        with self._gate, _declared(self._file):
            base = self._base()
            [(upto,)] = base.execute("SELECT number FROM upto")
            if int(str(upto)) >= newest:
                return
            with base:
                for number, record in after(int(str(upto))):
                    made = list(words(record))
                    upto = number
                    if made:
                        ref, handling = record.id, encode(record.handling).decode()
                        base.execute(_HANDLING, (handling,))
                        base.executemany(_ADD, [(text, entity, ref, told, handling) for entity, text, told in made])
                base.execute("UPDATE upto SET number = ?", (upto,))

    def find(self, groups: Sequence[Sequence[str]], *, every: bool) -> Iterator[Candidate]:
        """Yield candidates in the order they were kept: those with a word of every group, or those with any word."""
        told = ["(" + " OR ".join(f'"{word}"' for word in group) + ")" for group in groups if group]
        if not told:
            return
        asked = (" AND " if every else " OR ").join(told)
        last: object = 0
        while True:
            with self._gate, _declared(self._file):
                base = self._base()
                page = list(base.execute(_FIND, (asked, last, _PAGE)))
                # A few handlings are shared by all rows: looked up once each, not joined to each row.
                shared = {number: str(base.execute(_HANDLED, (number,)).get) for number in {row[2] for row in page}}
            for entity, record, handling, words, _ in page:
                yield Candidate(str(entity), str(record), shared[handling], str(words))
            if len(page) < _PAGE:
                return
            last = page[-1][4]

    def close(self) -> None:
        """Close the file."""
        with self._gate:
            if self._open is not None:
                self._open[0].close()
                self._open = None

    def _base(self) -> apsw.Connection:
        """Return the connection; a file that was swept away under it is made anew."""
        there = self._file.stat().st_ino if self._file.exists() else None
        if self._open is not None and self._open[1] == there:
            return self._open[0]
        if self._open is not None:
            self._open[0].close()
        self._file.parent.mkdir(mode=0o700, exist_ok=True)
        # For its owner alone before it is opened: the log beside it gets the mode that it has by then.
        self._file.touch(mode=0o600)
        self._file.chmod(0o600)
        base = apsw.Connection(str(self._file))
        base.set_busy_timeout(10_000)
        # Not precious: what a crash loses is added again, and a torn file is made anew.
        base.execute("PRAGMA journal_mode = WAL")
        base.execute("PRAGMA synchronous = NORMAL")
        for sql in _MAKE:
            base.execute(sql)
        self._open = base, self._file.stat().st_ino
        return base


@contextlib.contextmanager
def _declared(file: Path) -> Iterator[None]:
    """Turn what SQLite and the disk say into a declared error."""
    try:
        yield
    except (apsw.Error, OSError) as error:
        raise StoreIoError(
            "the search index cannot be used", where=str(file), fix="remove the file: it is made anew by itself"
        ) from error
