"""Records, findings, decisions and documents: kept as their canonical bytes, never changed."""

from collections.abc import Collection, Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, NamedTuple, TypeVar

from headwater.errors import InputError, StoreCorruptError
from headwater.model.canonical import HASH_LETTERS, decode, encode
from headwater.model.decision import Decision
from headwater.model.fact import place_of
from headwater.model.finding import Finding
from headwater.model.ids import BlobHash, EntityKey, FactId, FindingId, MessageId, RecordId
from headwater.model.record import Record
from headwater.model.seen import rest_of, without
from headwater.store.link import Link, Linked, Value
from headwater.store.mentions import entities_of, packed, refs_of
from headwater.store.rows import to_micros

T = TypeVar("T")
R = TypeVar("R", bound=tuple[Any, ...])


class _Body(NamedTuple):
    """A value under its identifier."""

    ref: str
    body: bytes


class _RecordRow(NamedTuple):
    """A record under its identifier, and whether something of it was withdrawn."""

    ref: str
    body: bytes
    marked: int


class _NumberedRecord(NamedTuple):
    """A record with its place in the order it was kept."""

    number: int
    ref: str
    body: bytes
    marked: int


class _State(NamedTuple):
    """A fact that was withdrawn: how, and what it is kept for all the same."""

    fact: str
    state: str
    hold: str | None


class ClaimsState(NamedTuple):
    """Numbers that change with whatever decides which findings may be seen.

    Attributes:
        findings: number of the finding that was kept last; decisions and records likewise.
        erased: how many bodies were replaced.
        withdrawn: changes with every fact that was restricted or erased.
    """

    findings: int
    decisions: int
    records: int
    erased: int
    withdrawn: int


class _Numbered(NamedTuple):
    """A value under its identifier, with its place in the order it was kept."""

    number: int
    ref: str
    body: bytes


_PAGE: Final = 256
"""Rows read at once. Between pages no cursor stays open, so a half-read iterator holds nothing."""
_ANY_NUMBER: Final = 2**62
_OF_MESSAGES: Final = "exchange"
"""Source of records that came in messages; they are not in the index by source (sql/0005_source.sql)."""
_KEPT_DOCUMENTS: Final = 32
"""Documents that one view remembers: a batch of messages asks for the same card and agreement again and again."""

_ALL_RECORDS: Final = "SELECT id, body, marked FROM record WHERE id > ?1 ORDER BY id LIMIT ?2"
_RECORDS_AFTER: Final = "SELECT number, id, body, marked FROM record WHERE number > ?1 ORDER BY number LIMIT ?2"
_RECORDS_OF: Final = (
    "SELECT id, body, marked FROM record WHERE source = ?3 AND source <> 'exchange' AND id > ?1 ORDER BY id LIMIT ?2"
)
_RECORDS_OF_MESSAGES: Final = (
    "SELECT id, body, marked FROM record WHERE source = 'exchange' AND id > ?1 ORDER BY id LIMIT ?2"
)
_ALL_FINDINGS: Final = "SELECT id, body FROM finding WHERE withdrawn = 0 AND id > ?1 ORDER BY id LIMIT ?2"
_LATER_FINDINGS: Final = (
    "SELECT number, id, body FROM finding WHERE withdrawn = 0 AND number > ?1 ORDER BY number LIMIT ?2"
)
_ALL_DECISIONS: Final = "SELECT number, id, body FROM decision WHERE number > ?1 ORDER BY number LIMIT ?2"
_DECISIONS_ABOUT: Final = (
    "SELECT number, id, body FROM decision WHERE about = ?3 AND number > ?1 ORDER BY number LIMIT ?2"
)
_CLAIMS_STATE: Final = (
    "SELECT (SELECT IFNULL(MAX(number), 0) FROM finding), (SELECT IFNULL(MAX(number), 0) FROM decision),"
    " (SELECT IFNULL(MAX(number), 0) FROM record), (SELECT COUNT(*) FROM tombstone),"
    " (SELECT IFNULL(SUM(1 + LENGTH(state) + 100 * IFNULL(LENGTH(hold), 0)), 0) FROM fact_state)"
)
_NEWEST_DOCUMENTS: Final = (
    "SELECT key, version, body FROM document d WHERE kind = ?3 AND key > ?1 AND version ="
    " (SELECT MAX(version) FROM document o WHERE o.kind = d.kind AND o.key = d.key) ORDER BY key LIMIT ?2"
)

_ONE_DOCUMENT: Final = "SELECT body FROM document WHERE kind = ? AND key = ? AND version = ?"
_NEWEST_DOCUMENT: Final = "SELECT body FROM document WHERE kind = ? AND key = ? ORDER BY version DESC LIMIT 1"
_ONE_RECORD: Final = "SELECT id, body, marked FROM record WHERE id = ?"
_SEVERAL_RECORDS: Final = "SELECT id, body, marked FROM record WHERE id IN (SELECT value FROM json_each(?))"
_REFS_HOLDING: Final = "SELECT file, record FROM holding WHERE file IN (SELECT value FROM json_each(?)) LIMIT ?"
_ADD_RECORD: Final = "INSERT INTO record (id, source, body) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_IF_NEW: Final = " WHERE NOT EXISTS (SELECT 1 FROM record WHERE id = ?2)"
_MENTIONS_OF_NEW: Final = (
    "INSERT OR IGNORE INTO mention_new SELECT number, ?2 FROM record WHERE id = ?1 AND number > ?3"
)
_HOLDINGS_OF_NEW: Final = "INSERT OR IGNORE INTO holding SELECT value, ?2 FROM json_each(?1)" + _IF_NEW  # noqa: S608 - constants
_BORN_NEW: Final = "INSERT OR IGNORE INTO born SELECT ?1, ?2" + _IF_NEW
_ADD_DOCUMENT: Final = "INSERT INTO document VALUES (?, ?, ?, ?, ?)"
_KEYS_AMONG: Final = (
    "SELECT key FROM document WHERE kind = ? AND key IN (SELECT value FROM json_each(?)) AND version = 1"
)
_STATES: Final = "SELECT fact, state, hold FROM fact_state WHERE fact >= ? AND fact < ?"
_TOMBSTONE: Final = "SELECT sha256, places FROM tombstone WHERE kind = 'record' AND ref = ?"


class RecordReading(Linked):
    """What can be read of records, findings, decisions and documents.

    What an originator withdrew is not there: neither a fact that was erased, nor one that was restricted, unless it is
    kept as evidence and `show_evidence` was called.
    """

    _evidence = False

    def __init__(self, link: Link) -> None:
        """Read through a connection that sees one moment: what was read once holds until the view ends."""
        super().__init__(link)
        self._documents: dict[tuple[str, str], bytes | None] = {}

    def show_evidence(self) -> None:
        """Show from now on also what was restricted and is kept as evidence."""
        self._evidence = True

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        """Yield records in the order of their identifiers: all, of one data source, or about one entity."""
        if mentions is not None:
            return self._about(mentions, source)
        query: tuple[str, ...] = (_ALL_RECORDS,) if source is None else (_RECORDS_OF, source)
        if source == _OF_MESSAGES:
            query = (_RECORDS_OF_MESSAGES,)
        found = (self._shown(row) for row in self._pages(_RecordRow, "", *query))
        return (record for record in found if record is not None)

    def _about(self, entity: EntityKey, source: str | None) -> Iterator[Record]:
        refs = sorted(ref for _, ref in refs_of(self._link, [entity], _ANY_NUMBER))
        for start in range(0, len(refs), _PAGE):
            page = refs[start : start + _PAGE]
            found = self.several(page)
            for record in (found[ref] for ref in page if ref in found):
                if source in (None, record.origin.source) and record.mention(entity) is not None:
                    yield record

    def record(self, ref: RecordId) -> Record | None:
        """Return one record, None where there is none."""
        found = self._link.one(_RecordRow, _ONE_RECORD, ref)
        return self._shown(found) if found else None

    def several(self, refs: Collection[RecordId]) -> dict[RecordId, Record]:
        """Return those of some records that there are, by their names: in one query, not in one for each."""
        rows = self._link.rows(_RecordRow, _SEVERAL_RECORDS, encode(list(refs)).decode()) if refs else []
        return {RecordId(row.ref): record for row in rows if (record := self._shown(row)) is not None}

    def refs_about(self, keys: Collection[EntityKey], most: int) -> list[tuple[EntityKey, RecordId]] | None:
        """Return which records were kept about some entities, withdrawn ones too; None where they are more than `most`."""
        if not keys:
            return []
        found = refs_of(self._link, keys, most)
        return None if len(found) > most else found

    def refs_holding(self, files: Collection[BlobHash], most: int) -> list[tuple[BlobHash, RecordId]] | None:
        """Return which records hold some blobs and tables, withdrawn ones too; None where they are more than `most`."""
        if not files:
            return []
        rows = self._link.rows(tuple[str, str], _REFS_HOLDING, encode(list(files)).decode(), most + 1)
        return None if len(rows) > most else [(BlobHash(file), RecordId(ref)) for file, ref in rows]

    def kept_record(self, ref: RecordId) -> Record | None:
        """Return one record with what is only restricted, for whoever carries out what its originator wants."""
        found = self._link.one(_RecordRow, _ONE_RECORD, ref)
        return self._whole(found) if found else None

    def fact_states(self, ref: RecordId) -> dict[FactId, tuple[str, str | None]]:
        """Return the facts of a record that were withdrawn: ``restricted`` or ``erased``, and what they are kept for."""
        rows = self._link.rows(_State, _STATES, f"{ref}/", f"{ref}0")  # "0" follows "/"
        return {FactId(row.fact): (row.state, row.hold) for row in rows}

    def findings(self, *, after: int = 0) -> Iterator[Finding]:
        """Yield findings in the order of their identifiers; or those kept after a number, in the order they were kept."""
        if after:
            later = self._pages(_Numbered, after, _LATER_FINDINGS)
            return (self._value(_Body(row.ref, row.body), Finding) for row in later)
        return (self._value(row, Finding) for row in self._pages(_Body, "", _ALL_FINDINGS))

    def finding(self, ref: FindingId) -> Finding | None:
        """Return one finding, None where there is none."""
        found = self._link.one(_Body, "SELECT id, body FROM finding WHERE withdrawn = 0 AND id = ?", ref)
        return self._value(found, Finding) if found else None

    def decisions(self, about: str | None = None) -> Iterator[Decision]:
        """Yield decisions in the order they were kept: all, or those about one thing."""
        sql, *values = (_ALL_DECISIONS,) if about is None else (_DECISIONS_ABOUT, about)
        rows = self._pages(_Numbered, 0, sql, *values)
        return (self._value(_Body(row.ref, row.body), Decision) for row in rows)

    def records_end(self) -> int:
        """Return the number of the record that was kept last, 0 where there is none."""
        return self._link.number("SELECT MAX(number) FROM record")

    def records_after(self, number: int) -> Iterator[tuple[int, Record]]:
        """Yield the records that were kept after a number, with their numbers, less what was withdrawn of them."""
        for row in self._pages(_NumberedRecord, number, _RECORDS_AFTER):
            record = self._shown(_RecordRow(row.ref, row.body, row.marked))
            if record is not None:
                yield row.number, record

    def claims_state(self) -> ClaimsState:
        """Return numbers that change with whatever decides which findings may be seen: what was kept and what withdrawn."""
        return self._link.rows(ClaimsState, _CLAIMS_STATE)[0]

    def document(self, kind: str, key: str, version: int | None = None) -> bytes | None:
        """Return a document in a version, or in its newest; None where there is none."""
        if version is not None:
            found = self._link.one(tuple[bytes], _ONE_DOCUMENT, kind, key, version)
            return found[0] if found else None
        if (kind, key) not in self._documents:
            found = self._link.one(tuple[bytes], _NEWEST_DOCUMENT, kind, key)
            if len(self._documents) >= _KEPT_DOCUMENTS:
                self._documents.clear()
            self._documents[kind, key] = found[0] if found else None
        return self._documents[kind, key]

    def keys_among(self, kind: str, keys: Collection[str]) -> set[str]:
        """Return those of some keys under which there is a document of a kind."""
        found = self._link.rows(tuple[str], _KEYS_AMONG, kind, encode(list(keys)).decode())
        return {key for (key,) in found}

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

    def _shown(self, row: _RecordRow) -> Record | None:
        record = self._whole(row)
        if not row.marked:
            return record
        hidden = {
            place_of(fact)
            for fact, (state, hold) in self.fact_states(RecordId(row.ref)).items()
            if state == "erased" or hold != "evidence" or not self._evidence
        }
        if hidden:
            record = without(record, RecordId(row.ref), hidden)
        return record if record.facts else None

    def _whole(self, row: _RecordRow) -> Record:
        """Return a record, as what is left of it where some of it was erased."""
        tombstone = self._link.one(tuple[bytes, str], _TOMBSTONE, row.ref) if row.marked else None
        if tombstone is None:
            return self._value(_Body(row.ref, row.body), Record)
        digest, places = tombstone
        if sha256(row.body).digest() != digest:
            raise StoreCorruptError("what is stored is not what was kept", where=row.ref)
        try:
            record = decode(row.body, Record)
            return rest_of(record, RecordId(row.ref), decode(places.encode(), tuple[int, ...]))
        except (InputError, ValueError) as error:
            raise StoreCorruptError("what is stored cannot be read", where=row.ref) from error

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
    _records_before: int | None = None
    """Number of the record that was kept last before this change; None before it keeps one."""

    @property
    def keeps_records(self) -> bool:
        """Whether this change was given a record to keep."""
        return self._records_before is not None

    def add_record(self, record: Record) -> bool:
        """Keep a record; False where it was there already."""
        body = encode(record)
        ref = _ref("rec", body)
        self._remember_end()
        added = self._link.run(_ADD_RECORD, ref, record.origin.source, body)
        if added:
            number = self._link.last_number()
            self._link.run("INSERT INTO mention_new VALUES (?, ?)", number, packed(entities_of(record)))
            if files := files_of(record):
                self._link.many("INSERT INTO holding VALUES (?, ?)", [(file, ref) for file in files])
        return bool(added)

    def put_record(self, record: Record) -> RecordId:
        """Keep a record where it is not there already, together with others, and return its name."""
        body = encode(record)
        ref = _ref("rec", body)
        self._hold_new(record, ref)
        self._add_if_new(record, ref, body)
        return RecordId(ref)

    def add_born(self, record: Record, born_of: MessageId) -> None:
        """Keep a record that was made of a received message, where it is not there already."""
        body = encode(record)
        ref = _ref("rec", body)
        # Before the record: what is said of one that was there, and may have been erased, must stay as it is.
        self._hold_new(record, ref)
        self._link.later(_BORN_NEW, (born_of, ref))
        self._add_if_new(record, ref, body)

    def _remember_end(self) -> None:
        if self._records_before is None:
            self._records_before = self.records_end()

    def _add_if_new(self, record: Record, ref: str, body: bytes) -> None:
        """Keep a record and what it mentions, neither where it was there before this change."""
        self._remember_end()
        self._link.later(_ADD_RECORD, (ref, record.origin.source, body))
        self._link.later(_MENTIONS_OF_NEW, (ref, packed(entities_of(record)), self._records_before))

    def _hold_new(self, record: Record, ref: str) -> None:
        """Note the files of a record that follows. Not `later`: what waits is written first, so that all of it can be seen."""
        if files := files_of(record):
            self._link.run(_HOLDINGS_OF_NEW, encode(files).decode(), ref)

    def add_document(self, kind: str, key: str, body: bytes) -> None:
        """Keep the first version of a document whose key nothing can have had before.

        Raises:
            StoreError: there is such a document; the change fails, if not here, then where it ends.
        """
        self._link.later(_ADD_DOCUMENT, (kind, key, 1, body, to_micros(self.now)))
        self._documents.pop((kind, key), None)

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
        version = self._link.number("SELECT MAX(version) FROM document WHERE kind = ? AND key = ?", kind, key) + 1
        self._link.run(_ADD_DOCUMENT, kind, key, version, body, to_micros(self.now))
        self._documents.pop((kind, key), None)
        return version


def files_of(record: Record) -> list[BlobHash]:
    """Return the blobs and tables of a record, each once."""
    return list(dict.fromkeys((*record.blobs, *record.tables)))


def _ref(prefix: str, body: bytes) -> str:
    """Return the identifier of a value by its canonical bytes: as `content_id` does, without encoding again."""
    return f"{prefix}-{sha256(body).hexdigest()[:HASH_LETTERS]}"
