"""The guarded view: what one user may see for one purpose on one day. What is hidden leaves no trace.

Decided from what may be seen alone, never from what is hidden: a record more that this session may not see changes no
record, count, order, error text or kept artefact.

Every look is noted in the ledger before anything is handed out, also a look at what there is not. Kinds of event, one
for each method: ``look.records``, ``look.record``, ``look.several``, ``look.holders``, ``look.fact``, ``look.entity``, ``look.findings``,
``look.finding``, ``look.decisions``, ``look.blob``, ``look.table``, ``look.derived``. A scan is one event.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from itertools import count, islice
from typing import Final, TypeVar

from headwater.errors import ForbiddenError
from headwater.model.canonical import content_id
from headwater.model.decision import Decision
from headwater.model.entity import Entity, entity_from
from headwater.model.fact import record_of
from headwater.model.finding import Evidence, EvidenceKind, Finding
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, EntityKey, FactId, FindingId, RecordId
from headwater.model.record import Record
from headwater.model.schema import is_person
from headwater.model.seen import Seen
from headwater.policy.acts import Act
from headwater.policy.redaction import withhold
from headwater.policy.session import Session, allowed, may
from headwater.ports import Audit, Event, Guarded, Reader

T = TypeVar("T")
RECORDS_OF_A_PART: Final = 500
"""Records that are looked through together, of one data source or of what findings rest on."""
MOST_PARTS: Final = 10
MOST_AT_ONCE: Final = 2000
"""Records about persons, or of files, that are looked through together."""
FINDINGS_OF_A_PART: Final = 500
"""Findings whose evidence is asked for together."""


def guard(reader: Reader, session: Session, audit: Audit, today: date) -> Guarded:
    """Return what a session may see through a reader.

    Args:
        reader: one consistent snapshot; the view remembers what it found in it.
        session: who looks, and for what purpose.
        audit: where each look is noted.
        today: the day in UTC, for retention.

    Raises:
        ForbiddenError: no role of the user allows to look at records.
    """
    may(session, Act.RECORD_LOOK)
    return _Guarded(reader, session, audit, today)


def permits(handling: Handling, session: Session, today: date) -> bool:
    """Return whether handling lets a session see something on a day.

    Its purposes include that of the session, its last day has not passed, and it is for this user.
    """
    return (
        (handling.purposes is None or session.purpose in handling.purposes)
        and (handling.retain_until is None or today <= handling.retain_until)
        and (handling.addressees is None or session.user in handling.addressees)
    )


@dataclass(frozen=True, slots=True)
class _Survey:
    """What one pass over all records tells: protected persons, and blobs and tables that may be seen."""

    protected: frozenset[EntityKey]
    held: frozenset[BlobHash]


class _Guarded:
    """Implements `ports.Guarded`."""

    def __init__(self, reader: Reader, session: Session, audit: Audit, today: date) -> None:
        self._reader = reader
        self._session = session
        self._audit = audit
        self._today = today
        self._cleared = allowed(session, Act.IDENTITY_LOOK)
        self._survey: _Survey | None = None
        self._protected: dict[EntityKey, bool] = {}
        self._facts: dict[RecordId, frozenset[str]] = {}
        self._held: set[BlobHash] = set()
        self._sought: set[BlobHash] = set()

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        self._note("records", mentions or source or "all")
        if mentions is not None or self._cleared:
            return self._records(source, mentions)
        if source is None:
            self._surveyed()
            return self._records(source, mentions)
        return self._in_parts(source)

    def record(self, ref: RecordId) -> Record:
        self._note("record", ref)
        return self._found(self._record(ref), "record")

    def several(self, refs: Iterable[RecordId], what: str) -> dict[RecordId, Record]:
        self._note("several", what)
        return self._several(tuple(dict.fromkeys(refs)))

    def holders(self, files: Collection[BlobHash], what: str) -> dict[BlobHash, tuple[Record, ...]]:
        self._note("holders", what)
        about = self._reader.refs_holding(files, MOST_AT_ONCE) if files else []
        if about is None:  # so many that one pass over everything costs less
            self._surveyed()
            found = [record for record in self._records(None, None) if record.blobs or record.tables]
        else:
            found = list(self._several(tuple(dict.fromkeys(ref for _, ref in about))).values())
        return {file: tuple(one for one in found if file in one.blobs or file in one.tables) for file in files}

    def fact(self, ref: FactId) -> tuple[Record, int]:
        """Return the part of a record that may be seen, and the fact's place in *its* `facts`."""
        self._note("fact", ref)
        return self._found(self._fact(ref), "fact")

    def entity(self, key: EntityKey) -> Entity:
        self._note("entity", key)
        return self._found(entity_from(key, self._records(None, key)), "entity")

    def findings(self, *, after: int = 0) -> Iterator[Finding]:
        self._note("findings", "all")
        return self._findings(after)

    def finding(self, ref: FindingId) -> Finding:
        self._note("finding", ref)
        return self._found(self._finding(ref), "finding")

    def decisions(self, about: str) -> tuple[Decision, ...]:
        self._note("decisions", about)
        return tuple(self._reader.decisions(about)) if self._sees(about) else ()

    def blob(self, ref: BlobHash) -> memoryview:
        self._note("blob", ref)
        return self._found(self._reader.blob(ref) if self._is_held(ref) else None, "blob")

    def table_path(self, ref: BlobHash) -> str:
        self._note("table", ref)
        return self._found(self._reader.table_path(ref) if self._is_held(ref) else None, "table")

    def derived(self, name: str, build: Callable[[], bytes]) -> memoryview:
        self._note("derived", name)
        return self._reader.derived(f"{name}@{self._sight()}", build)

    def _sight(self) -> str:
        """Return a name for all that decides what may be seen: equal for views that see the same, and only those."""
        return content_id("sight", (self._session.purpose, self._session.user, self._today.isoformat(), self._cleared))

    def _note(self, what: str, subject: str) -> None:
        self._audit.note(Event(f"look.{what}", self._session.user, subject, self._session.purpose))

    def _found(self, thing: T | None, what: str) -> T:
        # One answer for what there is not and for what may not be seen.
        if thing is None:
            raise ForbiddenError(
                f"no such {what}, or it may not be seen", fix="look for it under another purpose, if you have one"
            )
        return thing

    def _permits(self, handling: Handling) -> bool:
        return permits(handling, self._session, self._today)

    def _records(self, source: str | None, mentions: EntityKey | None) -> Iterator[Record]:
        found = self._reader.records(source=source, mentions=mentions)
        return (self._shown(record) for record in found if self._permits(record.handling))

    def _record(self, ref: RecordId) -> Record | None:
        record = self._reader.record(ref)
        return self._shown(record) if record is not None and self._permits(record.handling) else None

    def _in_parts(self, source: str) -> Iterator[Record]:
        """Yield the records of one data source; what is about one's own does not grow with all else that is kept."""
        found = self._reader.records(source=source)
        for number in count():
            part = list(islice(found, RECORDS_OF_A_PART))
            if not part:
                return
            seen = [record for record in part if self._permits(record.handling)]
            if number == MOST_PARTS:  # so many that one pass over everything costs less
                self._surveyed()
            self._ask_for_all({record.id: record for record in seen})
            yield from map(self._shown, seen)

    def _shown(self, record: Record) -> Record:
        shown = record if self._cleared else withhold(record, self._is_protected)
        self._held.update(shown.blobs, shown.tables)
        return shown

    def _several(self, refs: Collection[RecordId]) -> dict[RecordId, Record]:
        found = self._reader.several(refs)
        seen = {ref: found[ref] for ref in refs if ref in found and self._permits(found[ref].handling)}
        self._ask_for_all(seen)
        return {ref: self._shown(record) for ref, record in seen.items()}

    def _is_held(self, ref: BlobHash) -> bool:
        """Return whether a record that may be seen holds a blob or table."""
        self._ask_for_files({ref})
        return ref in self._held or (ref not in self._sought and ref in self._surveyed().held)

    def _ask_for_files(self, files: AbstractSet[BlobHash]) -> None:
        """Learn which of some blobs and tables are held by a record that may be seen, unless too many records hold them."""
        asked = files - self._held - self._sought
        about = self._reader.refs_holding(asked, MOST_AT_ONCE) if asked and self._survey is None else None
        if about is not None:
            self._several({ref for _, ref in about})  # what is shown is held
            self._sought.update(asked)

    def _fact(self, ref: FactId) -> tuple[Record, int] | None:
        record = self._record(record_of(ref))
        if record is None:
            return None
        return next(((record, at) for at, (number, _) in enumerate(record.numbered()) if number == ref), None)

    def _finding(self, ref: FindingId) -> Finding | None:
        finding = self._reader.finding(ref)
        return finding if finding is not None and self._sees_finding(finding) else None

    def _findings(self, after: int) -> Iterator[Finding]:
        found = self._reader.findings(after=after)
        while part := list(islice(found, FINDINGS_OF_A_PART)):
            permitted = [finding for finding in part if self._permits(finding.handling)]
            self._ask_for_evidence([piece for finding in permitted for piece in finding.evidence])
            yield from (finding for finding in permitted if self._sees_finding(finding))

    def _ask_for_evidence(self, pieces: Iterable[Evidence]) -> None:
        """Look at all that some findings rest on together; each would else ask for its own."""
        files: set[BlobHash] = set()
        refs: dict[RecordId, None] = {}
        for piece in pieces:
            if piece.kind in _OF_FILES:
                files.add(_file_of(piece))
            else:
                refs[record_of(FactId(piece.ref))] = None
        self._ask_for_files(files)
        unknown = iter([ref for ref in refs if ref not in self._facts])
        while part := list(islice(unknown, RECORDS_OF_A_PART)):
            seen = self._several(part)
            self._facts.update((ref, _names_in(ref, seen.get(ref))) for ref in part)

    def _sees_finding(self, finding: Finding) -> bool:
        return self._permits(finding.handling) and all(self._sees_evidence(piece) for piece in finding.evidence)

    def _sees_evidence(self, piece: Evidence) -> bool:
        match piece.kind:
            case EvidenceKind.FACT:
                return piece.ref in self._facts_of(record_of(FactId(piece.ref)))
            case EvidenceKind.RECORD:
                # The whole of it: the claim may repeat what was taken out.
                return piece.ref in self._facts_of(RecordId(piece.ref))
            case EvidenceKind.BLOB | EvidenceKind.TABLE_ROW:
                return self._is_held(_file_of(piece))

    def _facts_of(self, ref: RecordId) -> frozenset[str]:
        """Return the facts of a record that may be seen, and the record's own name where that is the whole record."""
        if ref not in self._facts:
            self._facts[ref] = _names_in(ref, self._record(ref))
        return self._facts[ref]

    def _sees(self, about: str) -> bool:
        if about.startswith("rec-"):
            return self._record(RecordId(about)) is not None
        if about.startswith("fnd-"):
            return self._finding(FindingId(about)) is not None
        return allowed(self._session, Act.MESSAGE_LOOK)

    def _is_protected(self, key: EntityKey) -> bool:
        if self._survey is not None:
            return key in self._survey.protected
        if key not in self._protected:
            about = self._reader.records(mentions=key)
            self._protected[key] = any(
                self._permits(record.handling) and _is_protected_by(record, key) for record in about
            )
        return self._protected[key]

    def _ask_for_all(self, known: Mapping[RecordId, Record]) -> None:
        """Learn who of all persons in some records is protected, as `_is_protected` would for each.

        It need not be told who is protected by the record at hand; and where there is more to read than fits into one
        answer, each is asked for by itself.
        """
        if self._cleared or self._survey is not None:
            return
        keys = {
            mention.key
            for record in known.values()
            for mention in record.mentions
            if is_person(mention.schema) and not mention.protected and mention.key not in self._protected
        }
        about = self._reader.refs_about(keys, MOST_AT_ONCE)
        if about is None:
            return
        others = self._reader.several({ref for _, ref in about if ref not in known})
        self._protected.update(dict.fromkeys(keys, False))
        for key, ref in about:
            record = known.get(ref) or others.get(ref)
            if record is not None and self._permits(record.handling) and _is_protected_by(record, key):
                self._protected[key] = True

    def _surveyed(self) -> _Survey:
        """Return what one pass over everything tells; a scan would otherwise ask for every person one by one."""
        if self._survey is None:
            protected: set[EntityKey] = set()
            holders: list[Record] = []
            for record in self._reader.records():
                if self._permits(record.handling):
                    protected.update(mention.key for mention in record.mentions if mention.protected)
                    if record.blobs or record.tables:
                        holders.append(record)
            self._survey = _Survey(frozenset(protected), frozenset())
            shown = [self._shown(record) for record in holders]
            held = frozenset(ref for record in shown for ref in (*record.blobs, *record.tables))
            self._survey = _Survey(frozenset(protected), held)
        return self._survey


_OF_FILES: Final = frozenset({EvidenceKind.BLOB, EvidenceKind.TABLE_ROW})


def _file_of(piece: Evidence) -> BlobHash:
    return BlobHash(piece.ref.partition("#")[0])


def _names_in(ref: RecordId, record: Record | None) -> frozenset[str]:
    names: list[str] = [number for number, _ in record.numbered()] if record else []
    if record and not isinstance(record, Seen):
        names.append(ref)
    return frozenset(names)


def _is_protected_by(record: Record, key: EntityKey) -> bool:
    mention = record.mention(key)
    return mention is not None and mention.protected
