"""Records, findings, decisions and documents: kept as their canonical bytes, never changed."""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeVar

from headwater.errors import InputError, StoreCorruptError
from headwater.model.canonical import HASH_LETTERS, decode, encode
from headwater.model.decision import Decision
from headwater.model.finding import Finding
from headwater.model.ids import EntityKey, FindingId, RecordId
from headwater.model.record import Record
from headwater.store.link import Linked, Value
from headwater.store.rows import to_micros

T = TypeVar("T")
R = TypeVar("R", bound=tuple[Any, ...])


class _Body(NamedTuple):
    """A value under its identifier."""

    ref: str
    body: bytes


class _Numbered(NamedTuple):
    """A value under its identifier, with its place in the order it was kept."""

    number: int
    ref: str
    body: bytes


_PAGE: Final = 256
"""Rows read at once. Between pages no cursor stays open, so a half-read iterator holds nothing."""

_ALL_RECORDS: Final = "SELECT id, body FROM record WHERE id > ?1 ORDER BY id LIMIT ?2"
_RECORDS_OF: Final = "SELECT id, body FROM record WHERE source = ?3 AND id > ?1 ORDER BY id LIMIT ?2"
_RECORDS_ABOUT: Final = (
    "SELECT r.id, r.body FROM mention m JOIN record r ON r.id = m.record"
    " WHERE m.entity = ?3 AND m.record > ?1 ORDER BY m.record LIMIT ?2"
)
_RECORDS_OF_ABOUT: Final = (
    "SELECT r.id, r.body FROM mention m JOIN record r ON r.id = m.record"
    " WHERE m.entity = ?3 AND r.source = ?4 AND m.record > ?1 ORDER BY m.record LIMIT ?2"
)
_ALL_FINDINGS: Final = "SELECT id, body FROM finding WHERE id > ?1 ORDER BY id LIMIT ?2"
_ALL_DECISIONS: Final = "SELECT number, id, body FROM decision WHERE number > ?1 ORDER BY number LIMIT ?2"
_DECISIONS_ABOUT: Final = (
    "SELECT number, id, body FROM decision WHERE about = ?3 AND number > ?1 ORDER BY number LIMIT ?2"
)
_NEWEST_DOCUMENTS: Final = (
    "SELECT key, version, body FROM document d WHERE kind = ?3 AND key > ?1 AND version ="
    " (SELECT MAX(version) FROM document o WHERE o.kind = d.kind AND o.key = d.key) ORDER BY key LIMIT ?2"
)


class RecordReading(Linked):
    """What can be read of records, findings, decisions and documents."""

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        """Yield records in the order of their identifiers: all, of one data source, or about one entity."""
        query: tuple[str, ...]
        if mentions is None:
            query = (_ALL_RECORDS,) if source is None else (_RECORDS_OF, source)
        else:
            query = (_RECORDS_ABOUT, mentions) if source is None else (_RECORDS_OF_ABOUT, mentions, source)
        return (self._value(row, Record) for row in self._pages(_Body, "", *query))

    def record(self, ref: RecordId) -> Record | None:
        """Return one record, None where there is none."""
        found = self._link.one(_Body, "SELECT id, body FROM record WHERE id = ?", ref)
        return self._value(found, Record) if found else None

    def findings(self) -> Iterator[Finding]:
        """Yield findings in the order of their identifiers."""
        return (self._value(row, Finding) for row in self._pages(_Body, "", _ALL_FINDINGS))

    def finding(self, ref: FindingId) -> Finding | None:
        """Return one finding, None where there is none."""
        found = self._link.one(_Body, "SELECT id, body FROM finding WHERE id = ?", ref)
        return self._value(found, Finding) if found else None

    def decisions(self, about: str | None = None) -> Iterator[Decision]:
        """Yield decisions in the order they were kept: all, or those about one thing."""
        sql, *values = (_ALL_DECISIONS,) if about is None else (_DECISIONS_ABOUT, about)
        rows = self._pages(_Numbered, 0, sql, *values)
        return (self._value(_Body(row.ref, row.body), Decision) for row in rows)

    def document(self, kind: str, key: str, version: int | None = None) -> bytes | None:
        """Return a document in a version, or in its newest; None where there is none."""
        sql = "SELECT body FROM document WHERE kind = ? AND key = ?"
        if version is None:
            found = self._link.one(tuple[bytes], f"{sql} ORDER BY version DESC LIMIT 1", kind, key)
        else:
            found = self._link.one(tuple[bytes], f"{sql} AND version = ?", kind, key, version)
        return found[0] if found else None

    def documents(self, kind: str) -> Iterator[tuple[str, int, bytes]]:
        """Yield key, version and body of the newest version of each document of a kind, in the order of their keys."""
        return self._pages(tuple[str, int, bytes], "", _NEWEST_DOCUMENTS, kind)

    def _pages(self, kind: type[R], start: Value, sql: str, *values: Value) -> Iterator[R]:
        """Yield the rows of a query in pages, each of which begins after the first column of the last row before."""
        while page := self._link.rows(kind, sql, start, _PAGE, *values):
            yield from page
            start = page[-1][0]
            if len(page) < _PAGE:
                return

    def _value(self, row: _Body, kind: type[T]) -> T:
        """Return what a row holds. That its bytes are those its identifier was made from costs a hash to know."""
        if sha256(row.body).hexdigest()[:HASH_LETTERS] != row.ref[-HASH_LETTERS:]:
            raise StoreCorruptError("what is stored is not what was kept", where=row.ref)
        try:
            return decode(row.body, kind)
        except InputError as error:
            raise StoreCorruptError("what is stored cannot be read", where=row.ref) from error


class RecordWriting(RecordReading):
    """What can be added to records, findings, decisions and documents."""

    now: datetime

    def add_record(self, record: Record) -> bool:
        """Keep a record; False where it was there already."""
        body = encode(record)
        ref = _ref("rec", body)
        added = self._link.run(
            "INSERT INTO record (id, source, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            ref,
            record.origin.source,
            body,
        )
        if added:
            self._link.many("INSERT INTO mention VALUES (?, ?)", [(mention.key, ref) for mention in record.mentions])
        return bool(added)

    def add_finding(self, finding: Finding) -> bool:
        """Keep a finding; False where it was there already."""
        body = encode(finding)
        sql = "INSERT INTO finding (id, body) VALUES (?, ?) ON CONFLICT DO NOTHING"
        return bool(self._link.run(sql, _ref("fnd", body), body))

    def add_decision(self, decision: Decision) -> bool:
        """Keep a decision; False where it was there already."""
        body = encode(decision)
        sql = "INSERT INTO decision (id, about, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
        return bool(self._link.run(sql, _ref("dec", body), decision.about, body))

    def put_document(self, kind: str, key: str, body: bytes) -> int:
        """Keep a new version of a document and return its number, from 1."""
        found = self._link.one(
            tuple[int | None], "SELECT MAX(version) FROM document WHERE kind = ? AND key = ?", kind, key
        )
        version = (found[0] or 0) + 1 if found else 1
        sql = "INSERT INTO document VALUES (?, ?, ?, ?, ?)"
        self._link.run(sql, kind, key, version, body, to_micros(self.now))
        return version


def _ref(prefix: str, body: bytes) -> str:
    """Return the identifier of a value by its canonical bytes: as `content_id` does, without encoding again."""
    return f"{prefix}-{sha256(body).hexdigest()[:HASH_LETTERS]}"
