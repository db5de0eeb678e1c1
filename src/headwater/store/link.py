"""A connection to the database of a store: it speaks rows and declared errors, whichever database that is."""

import re
from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Final, TypeVar

from msgspec import ValidationError, convert

from headwater.errors import StoreCorruptError, StoreError, StoreIoError
from headwater.store.rows import Problem

T = TypeVar("T")

Value = None | int | float | str | bytes
Row = tuple[Value, ...]

_WORD: Final = re.compile(r"\w+")
MOVED: Final = "this store was moved; see database in headwater.toml"
"""What a process is told that still has a store open which was moved."""


class Link(ABC):
    """A connection that speaks rows and declared errors. One thread uses it at a time.

    Statements are written as SQLite takes them, with question marks for values; another database's link puts them into its
    own words.
    """

    def __init__(self, file: Path | str) -> None:
        """Begin with nothing that waits.

        Args:
            file: what an error names as the place.
        """
        self.file = file
        self._begun = False
        self._waiting: dict[str, list[Row]] = {}
        self._waited_for: set[str] = set()
        self._spoilt: StoreError | None = None

    def rows(self, kind: type[T], sql: str, *values: Value) -> list[T]:
        """Return all rows of a query: no cursor stays open behind it.

        Args:
            kind: the tuple that each row must be; in a damaged file a column may hold anything.
            sql: the query.
            values: what stands for its question marks.

        Raises:
            StoreCorruptError: a row is something else.
        """
        self._check_transaction()
        self._write_for(sql)
        found = self._fetch(sql, values)
        if not found:
            return []
        try:
            return convert(found, list[kind], builtin_types=(bytes,))  # type: ignore[valid-type]
        except ValidationError as error:
            raise StoreCorruptError("a row holds what it never was given", where=str(self.file)) from error

    def rows_as_they_are(self, sql: str, *values: Value) -> list[Row]:
        """Return all rows of a query, whatever their columns hold: for copying them, not for reading what they say."""
        self._check_transaction()
        self._write_for(sql)
        return self._fetch(sql, values)

    def one(self, kind: type[T], sql: str, *values: Value) -> T | None:
        """Return the first row of a query, None where there is none."""
        found = self.rows(kind, sql, *values)
        return found[0] if found else None

    def number(self, sql: str, *values: Value) -> int:
        """Return the number in the first row of a query, 0 where there is no row or nothing in it."""
        row = self.one(tuple[int | None], sql, *values) or (None,)
        return row[0] or 0

    def run(self, sql: str, *values: Value) -> int:
        """Carry out a statement and return how many rows it changed."""
        self._check_transaction()
        self._write_for(sql)
        return self._change(sql, values)

    def many(self, sql: str, bindings: Sequence[Row]) -> None:
        """Carry out a statement once for each row of values."""
        self._check_transaction()
        self._write_for(sql)
        self._change_many(sql, bindings)

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

    def latest(self, sql: str, row: Row) -> None:
        """Do as `later` does; of rows that follow each other with the same first value, only the last is written."""
        rows = self._waiting.get(sql)
        if rows is not None and rows[-1][0] == row[0]:
            rows[-1] = row
        else:
            self.later(sql, row)

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

    def commit(self) -> None:
        """Close the transaction; what it changed is durable once this returns."""
        self.write_waiting()
        self.run("COMMIT")
        self._begun = False

    def abandon(self) -> None:
        """Undo the open transaction, if the database has not done so already."""
        self._begun = False
        self.forget_waiting()
        if self._in_transaction():
            self.run("ROLLBACK")

    @abstractmethod
    def take_log(self) -> None:
        """Write changes so that who reads waits for nobody."""

    @abstractmethod
    def begin(self) -> None:
        """Open a transaction that writes, waiting for other processes as long as the options say."""

    @abstractmethod
    def begin_reading(self) -> None:
        """Open a transaction that sees one moment."""

    @abstractmethod
    def fold(self) -> None:
        """Do what the database puts off until nobody waits for an answer."""

    @abstractmethod
    def fold_all(self) -> None:
        """Do all of that now, as far as others who have the store open let it be done."""

    @abstractmethod
    def commits(self) -> object:
        """Return what changes with each commit of another connection."""

    @abstractmethod
    def last_number(self) -> int:
        """Return the number that the last row was given."""

    @abstractmethod
    def form(self) -> int:
        """Return which form the store has; 0 is none."""

    @abstractmethod
    def set_form(self, number: int) -> None:
        """Say which form the store has."""

    @abstractmethod
    def schema(self) -> dict[str, str]:
        """Return the text of each table, index and trigger by its name."""

    @abstractmethod
    def schema_of(self, steps: Sequence[str]) -> dict[str, str]:
        """Return what `schema` returns of a store that nobody has touched.

        Args:
            steps: the migrations that make it.
        """

    @abstractmethod
    def build(self, steps: Sequence[str]) -> None:
        """Make an empty store, in the open transaction.

        Args:
            steps: the migrations that make it.
        """

    @abstractmethod
    def take_step(self, steps: Sequence[str], number: int) -> None:
        """Take a store to its next form, in the open transaction.

        Args:
            steps: all migrations.
            number: which of them, from 1.

        Raises:
            StoreVersionError: this database cannot take that step.
        """

    @abstractmethod
    def damage(self) -> list[Problem]:
        """Return what the database finds wrong in its own structure."""

    @abstractmethod
    def copy_to(self, file: Path) -> None:
        """Copy the whole database, as it is at one moment, into a file."""

    @abstractmethod
    def counters(self) -> dict[str, int]:
        """Return the last number given in each table whose numbers are never given again."""

    @abstractmethod
    def count_on(self, counters: dict[str, int]) -> None:
        """Let numbers go on behind the rows that are there, and behind the counters of a store that was moved here."""

    @abstractmethod
    def shut(self) -> None:
        """Close the store to writing for good, for whoever has it open too: it was moved."""

    @abstractmethod
    def close(self) -> None:
        """Close the connection, whatever became of the other side."""

    @abstractmethod
    def _in_transaction(self) -> bool:
        """Return whether a transaction is open."""

    @abstractmethod
    def _fetch(self, sql: str, values: Row) -> list[Row]:
        """Carry out a statement and return its rows."""

    @abstractmethod
    def _change(self, sql: str, values: Row) -> int:
        """Carry out a statement and return how many rows it changed."""

    @abstractmethod
    def _change_many(self, sql: str, bindings: Sequence[Row]) -> None:
        """Carry out a statement once for each row of values."""

    def _open(self, sql: str) -> None:
        self.run(sql)
        self._begun = True

    def _write_for(self, sql: str) -> None:
        """Write what waits where a statement could see it."""
        if self._waited_for and not self._waited_for.isdisjoint(_words(sql)):
            self.write_waiting()

    def _check_transaction(self) -> None:
        """Refuse to go on outside a transaction that the database undid by itself: each statement would stand alone."""
        if self._begun and not self._in_transaction():
            raise StoreIoError("the transaction was undone", where=str(self.file))


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
