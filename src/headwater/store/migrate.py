"""Making a store, and taking one that an older version wrote to the present form, in one transaction or not at all."""

import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Final

import msgspec

from headwater.errors import StoreCorruptError, StoreError, StoreVersionError
from headwater.store.faults import translated
from headwater.store.files import sync_folder
from headwater.store.link import Link
from headwater.store.mentions import short
from headwater.store.rows import StoreOptions
from headwater.store.sqlite import APPLICATION_ID, SqliteLink

PAGE_BYTES: Final = 8192
"""Page of a new store: most bodies and envelopes are of 8 to 10 KiB, and half as many pages are half as many writes. A
store that was made with another page keeps it."""
_NUMBERED: Final = re.compile(r"(\d{4})_\w+\.sql")


@cache
def steps() -> tuple[str, ...]:
    """Return the text of every migration in order; the first makes an empty store. They are read once.

    Raises:
        StoreError: the installed package lacks one.
    """
    found: dict[int, str] = {}
    for entry in (files("headwater.store") / "sql").iterdir():
        match = _NUMBERED.fullmatch(entry.name)
        if match:
            found[int(match[1])] = entry.read_text(encoding="utf-8")
    if not found or sorted(found) != list(range(1, len(found) + 1)):
        raise StoreError("the installed package lacks a migration", fix="install headwater again")
    return tuple(found[number] for number in sorted(found))


def make(file: Path) -> None:
    """Make an empty store: it appears whole under its name, or not at all.

    Raises:
        StoreError: it cannot be made.
    """
    unfinished = file.with_name(f"{file.name}.new")
    with translated(unfinished):
        for name in (unfinished.name, f"{unfinished.name}-journal", f"{unfinished.name}-wal", f"{unfinished.name}-shm"):
            unfinished.with_name(name).unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    with closing(SqliteLink(unfinished, StoreOptions())) as link:
        link.run(f"PRAGMA page_size = {PAGE_BYTES}")
        link.run(f"PRAGMA application_id = {APPLICATION_ID}")
        _take(link)
        link.take_log()
    put_up(unfinished, file)


def put_up(unfinished: Path, file: Path) -> None:
    """Give a whole store its name, once it is on the disk.

    Raises:
        StoreError: the disk refuses.
    """
    with translated(file):
        handle = os.open(unfinished, os.O_RDWR)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
        unfinished.rename(file)
    sync_folder(file.parent)


def make_shared(link: Link) -> None:
    """Make an empty store in a database that others look after: in one transaction or not at all.

    Raises:
        StoreError: there is a store in it already, or it cannot be made.
    """
    link.begin()
    try:
        fill_shared(link)
        link.commit()
    except BaseException:
        link.abandon()
        raise


def fill_shared(link: Link) -> None:
    """Make an empty store in a database that others look after, within the open transaction.

    Raises:
        StoreError: there is a store in it already, or it cannot be made.
    """
    texts = steps()
    _refuse_second(link)
    link.build(texts)
    link.set_form(len(texts))


def _refuse_second(link: Link) -> None:
    if link.form():
        fix = "name another database or schema; where a set-up was cut off here, drop what it made first"
        raise StoreError("there is a node's store in this database already", where=str(link.file), fix=fix)


class _Files(msgspec.Struct):
    """The files of a record, read without the rest of it."""

    blobs: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()


def _fill_holding(link: Link) -> None:
    """Note which files the records hold that were kept before anybody noted it (sql/0007_holding.sql)."""
    start = ""
    while page := link.rows(tuple[str, bytes], _RECORDS_WITH_FILES, start, _PAGE):
        rows = [(file, ref) for ref, body in page for file in _files_of(body)]
        link.many("INSERT INTO holding VALUES (?, ?)", rows)
        start = page[-1][0]


class _Named(msgspec.Struct):
    """An entity that a record mentions, read without the rest."""

    key: str


class _Mentions(msgspec.Struct):
    """What a record mentions, read without the rest of it."""

    mentions: tuple[_Named, ...] = ()


def _fill_mentioned(link: Link) -> None:
    """Note of which entities the records speak that were kept before (sql/0008_mentioned.sql)."""
    start = 0
    while page := link.rows(
        tuple[int, bytes], "SELECT number, body FROM record WHERE number > ? ORDER BY number LIMIT ?", start, _PAGE
    ):
        link.many(
            "INSERT INTO mentioned VALUES (?, ?)",
            [(one, number) for number, body in page for one in _mentions_of(body)],
        )
        start = page[-1][0]


def _mentions_of(body: bytes) -> set[int]:
    try:
        found = msgspec.json.decode(body, type=_Mentions)
    except msgspec.DecodeError:
        return set()  # as in `_files_of`
    return {short(one.key) for one in found.mentions}


def _files_of(body: bytes) -> Iterable[str]:
    try:
        found = msgspec.json.decode(body, type=_Files)
    except msgspec.DecodeError:
        return ()  # a damaged record is for the audit to tell of: it keeps nobody from opening the store
    return dict.fromkeys((*found.blobs, *found.tables))


_PAGE: Final = 512
_RECORDS_WITH_FILES: Final = (
    "SELECT id, body FROM record WHERE id > ?1 AND"
    """ (instr(body, CAST('"blobs":[' AS BLOB)) OR instr(body, CAST('"tables":[' AS BLOB))) ORDER BY id LIMIT ?2"""
)
_FILLS: Final[Mapping[int, Callable[[Link], None]]] = {7: _fill_holding, 8: _fill_mentioned}
"""What a form wants of what is there already and SQL cannot say alike in both databases."""


def bring_up(link: Link, *, read_only: bool) -> None:
    """Take a store to the present form.

    Raises:
        StoreVersionError: a newer version wrote it, or an older one did and it is opened for reading only.
        StoreCorruptError: its version is none that was ever written.
    """
    newest = len(steps())
    version = link.form()
    if version > newest:
        raise StoreVersionError(f"the store has form {version}, this version knows {newest}", where=str(link.file))
    if version < 1:
        raise StoreCorruptError("the store has no form", where=str(link.file))
    if version < newest:
        if read_only:
            raise StoreVersionError(
                f"the store has the older form {version}", where=str(link.file), fix="open it once for writing"
            )
        _take(link)


def _take(link: Link) -> None:
    """Carry out the missing migrations. Another process may have done so while this one waited for the lock."""
    link.begin()
    try:
        version = link.form()
        for number in range(version + 1, len(steps()) + 1):
            link.take_step(steps(), number)
            if version and number in _FILLS:
                _FILLS[number](link)
            link.set_form(number)
        link.commit()
    except BaseException:
        link.abandon()
        raise
