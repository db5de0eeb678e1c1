"""Recall: what an originator withdraws is hidden, or its bytes are removed; that it happened stays provable.

Every body that is replaced has a tombstone: hash and length of what is there now, and the leaf of the ledger that announced
it. The bytes are overwritten in the database once SQLite's log is folded into it, at the latest on closing.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final

from headwater.model.canonical import encode
from headwater.model.fact import fact_id, record_of
from headwater.model.ids import AuthorityId, BlobHash, FactId, FindingId, MessageId, RecordId
from headwater.model.seen import as_record, places_of, without
from headwater.ports import Event
from headwater.store import mentions
from headwater.store.ledger import LedgerWriting
from headwater.store.mentions import entities_of
from headwater.store.records import RecordReading, RecordWriting, files_of
from headwater.store.shelf import ShelfWriting

TOMBSTONE: Final = "store.tombstone"
"""Kind of the event that announces that a body was replaced; its subject is the kind and name of what held it."""
COMPUTED: Final = "derived"
"""Stands among the erased blobs for all files that were computed from content."""
BEGINNING: Final = "part:"
"""Stands there before the name of a blob's beginning that was withdrawn."""
_USED: Final = (
    ("SELECT 1 FROM record WHERE instr(body, CAST(? AS BLOB)) LIMIT 1", "{}"),
    # Editions of lists and files of customers name blobs that stand in no record, and so do chunks for partners.
    ("SELECT 1 FROM document WHERE kind IN ('list', 'customers') AND instr(body, CAST(? AS BLOB)) LIMIT 1", "{}"),
    # A run its list of identifiers: the tables and files that it read go with their records.
    ("SELECT 1 FROM document WHERE kind = 'run' AND instr(body, CAST(? AS BLOB)) LIMIT 1", '"read":"{}"'),
    ("SELECT 1 FROM document WHERE kind = 'file-chunk' AND key = ? LIMIT 1", "{}"),
)
"""What asks whether a blob is needed, and how it names it: a partner may name any in its message, and take that back."""
_NAMED: Final = re.compile(rb"rec-[0-9a-f]{40}(?:/[0-9]+)?|\b[0-9a-f]{64}\b")
"""What a finding names as evidence: a record, a fact of one, a file, or the table of a row."""
_PAGE: Final = 256


class RecallReading(RecordReading):
    """What can be read of who holds what."""

    def passed_to(self, part: str) -> list[tuple[AuthorityId, MessageId]]:
        """Return whom facts of a record, or a finding, went to, and in which message."""
        sql = "SELECT peer, message FROM carried WHERE way = 'out' AND part = ? ORDER BY peer, message"
        rows = self._link.rows(tuple[str, str], sql, part)
        return [(AuthorityId(peer), MessageId(message)) for peer, message in rows]

    def came_in(self, peer: AuthorityId, part: str) -> list[MessageId]:
        """Return the messages of a partner that brought facts of what it calls so."""
        sql = "SELECT message FROM carried WHERE way = 'in' AND part = ? AND peer = ? ORDER BY message"
        return [MessageId(message) for (message,) in self._link.rows(tuple[str], sql, part, peer)]

    def born_of(self, message: MessageId) -> list[RecordId]:
        """Return the records that a received message became."""
        sql = "SELECT record FROM born WHERE message = ? ORDER BY record"
        return [RecordId(record) for (record,) in self._link.rows(tuple[str], sql, message)]

    def findings_on(self, facts: Collection[FactId]) -> list[FindingId]:
        """Return the findings, not withdrawn yet, that rest on some facts; to be asked before these are erased.

        They name one of them, a whole record of one, or a file or a row of a table that comes from nowhere else.
        """
        records = dict.fromkeys(record_of(fact) for fact in facts)
        wanted = {name.encode() for name in (*facts, *records, *self._only_from(records))}
        found: list[FindingId] = []
        start = ""
        sql = "SELECT id, body FROM finding WHERE withdrawn = 0 AND id > ? ORDER BY id LIMIT ?"
        while page := self._link.rows(tuple[str, bytes], sql, start, _PAGE):
            found += [FindingId(ref) for ref, body in page if not wanted.isdisjoint(_NAMED.findall(body))]
            start = page[-1][0]
        return found

    def _only_from(self, records: Collection[RecordId]) -> list[BlobHash]:
        """Return the files and tables of some records that no other record holds which still stands."""
        found: dict[BlobHash, None] = {}
        for ref in records:
            record = self.kept_record(ref)
            found.update(dict.fromkeys(files_of(record) if record else ()))
        sql = "SELECT record FROM holding WHERE file = ?"
        return [
            file
            for file in found
            if not any(
                RecordId(other) not in records and self.record(RecordId(other)) is not None
                for (other,) in self._link.rows(tuple[str], sql, file)
            )
        ]

    def versions(self, kind: str, key: str) -> list[tuple[int, bytes]]:
        """Return all versions of a document."""
        sql = "SELECT version, body FROM document WHERE kind = ? AND key = ? ORDER BY version"
        return self._link.rows(tuple[int, bytes], sql, kind, key)

    def needs_sweep(self) -> bool:
        """Return whether something was erased of which files may still tell."""
        return self._link.one(tuple[int], "SELECT 1 FROM erased_blob LIMIT 1") is not None

    def erased_blobs(self) -> list[BlobHash]:
        """Return blobs of erased records to which nothing else refers: their files are to be removed."""
        found = [ref for ref in self.noted_erased()[0] if ref != COMPUTED and not ref.startswith(BEGINNING)]
        return [BlobHash(ref) for ref in found if not any(self._is_used(ref, *how) for how in _USED)]

    def _is_used(self, ref: str, sql: str, named: str) -> bool:
        return self._link.one(tuple[int], sql, named.format(ref)) is not None

    def noted_erased(self) -> tuple[list[str], int]:
        """Return what a sweep is to remove, and the leaf after the one that announced the last erasure: for `forget_erased`."""
        noted = [name for (name,) in self._link.rows(tuple[str], "SELECT hash FROM erased_blob")]
        return noted, self._link.number("SELECT MAX(leaf) + 1 FROM tombstone")


class RecallWriting(RecallReading, RecordWriting, LedgerWriting, ShelfWriting):
    """What can be withdrawn."""

    def add_carried(self, way: str, peer: AuthorityId, names: Iterable[str], message: MessageId) -> None:
        """Remember whose facts a message carries; `way` is ``in`` or ``out``."""
        for part in dict.fromkeys([name.partition("/")[0] for name in names]):
            self._link.later("INSERT OR IGNORE INTO carried VALUES (?, ?, ?, ?)", (way, part, peer, message))

    def restrict_facts(self, ref: RecordId, places: Collection[int], hold: str | None) -> None:
        """Hide facts of a record from every view; with the hold ``evidence``, from all but those of evidence."""
        self._set_states(ref, places, "restricted", hold)

    def erase_facts(self, ref: RecordId, places: Collection[int], *, who: str) -> None:
        """Remove the bytes of facts of a record; where none is left, the blobs and tables of the record go too."""
        record = self.kept_record(ref)
        if record is None:
            return
        rest = without(record, ref, places)
        kept = as_record(rest)
        self._set_states(ref, places, "erased", None)
        if rest.facts:
            kept = replace(kept, blobs=record.blobs, tables=record.tables)
        self._replace("record", ref, encode(kept), who, places=places_of(rest))
        left = entities_of(kept)
        number = self._link.number("SELECT number FROM record WHERE id = ?", ref)
        mentions.erase(self._link, number, gone=set(entities_of(record)) - set(left), rest=left)
        gone_files = files_of(record) if not rest.facts else []
        self._link.many("DELETE FROM holding WHERE file = ? AND record = ?", [(name, ref) for name in gone_files])
        self._link.many("INSERT OR IGNORE INTO erased_blob VALUES (?)", [(name,) for name in (COMPUTED, *gone_files)])

    def withdraw_finding(self, ref: FindingId, *, erase: bool, who: str) -> None:
        """Hide a finding from every view; with `erase`, its bytes go, for they may repeat what was withdrawn."""
        self._link.run("UPDATE finding SET withdrawn = 1 WHERE id = ?", ref)
        if erase:
            self._replace("finding", ref, b"", who)

    def replace_incoming(self, ref: MessageId, body: bytes, *, who: str) -> None:
        """Put what is left of a message's content in its place."""
        self._replace("incoming", ref, body, who)

    def replace_document(self, kind: str, key: str, version: int, body: bytes, *, who: str) -> None:
        """Put what is left of a document in its place."""
        self._replace("document", f"{kind}/{key}/{version}", body, who)
        self._documents.pop((kind, key), None)

    def forget_blob(self, ref: BlobHash) -> None:
        """Let a blob's file go with the next sweep, unless a record refers to it."""
        self._link.run("INSERT OR IGNORE INTO erased_blob VALUES (?)", ref)

    def forget_part(self, name: str) -> None:
        """Let the beginning of a blob go with the next sweep."""
        self._link.run("INSERT OR IGNORE INTO erased_blob VALUES (?)", f"{BEGINNING}{name}")

    def forget_erased(self, noted: Sequence[str], last: int) -> None:
        """Note that what `noted_erased` told is gone; what was erased since is not, and needs a sweep of its own."""
        _, now = self.noted_erased()
        gone = [(name,) for name in noted if name != COMPUTED or now == last]
        self._link.many("DELETE FROM erased_blob WHERE hash = ?", gone)

    def _set_states(self, ref: RecordId, places: Collection[int], state: str, hold: str | None) -> None:
        self._link.many(
            "INSERT INTO fact_state VALUES (?, ?, ?)"
            " ON CONFLICT (fact) DO UPDATE SET state = excluded.state, hold = excluded.hold WHERE fact_state.state <> 'erased'",
            [(fact_id(ref, place), state, hold) for place in places],
        )
        self._link.run("UPDATE record SET marked = 1 WHERE id = ?", ref)
        self.withdraw_from_shelf(ref)

    def _replace(self, kind: str, ref: str, body: bytes, who: str, *, places: tuple[int, ...] = ()) -> None:
        digest = sha256(body).digest()
        leaf = self.note(Event(TOMBSTONE, who, f"{kind}:{ref}", detail={"sha256": digest.hex()}))
        self._link.run(
            "INSERT INTO tombstone VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (kind, ref) DO UPDATE SET"
            " sha256 = excluded.sha256, size = excluded.size, places = excluded.places, leaf = excluded.leaf",
            kind,
            ref,
            digest,
            len(body),
            encode(places).decode(),
            leaf,
        )
        name = ref.split("/") if kind == "document" else [ref]
        self._link.run(_UPDATES[kind], body, *name[:-1], *([int(name[-1])] if len(name) > 1 else name))


_UPDATES: Final = {
    "record": "UPDATE record SET body = ? WHERE id = ?",
    "finding": "UPDATE finding SET body = ? WHERE id = ?",
    "incoming": "UPDATE incoming SET body = ? WHERE id = ?",
    "document": "UPDATE document SET body = ? WHERE kind = ? AND key = ? AND version = ?",
}
