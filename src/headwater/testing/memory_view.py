"""A view over records in memory, for tests of engines and for whoever writes one."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, TypeVar

from headwater.errors import ForbiddenError
from headwater.model.decision import Decision
from headwater.model.entity import Entity, entity_from
from headwater.model.fact import record_of
from headwater.model.finding import Evidence, EvidenceKind, Finding
from headwater.model.ids import BlobHash, EntityKey, FactId, FindingId, RecordId
from headwater.model.record import Record

T = TypeVar("T")

_UNSEEN: Final = "there is none, or it may not be seen"


class MemoryView:
    """Shows the records, findings, decisions, blobs and tables it was given, and nothing else.

    Records come out in the order in which they were given, not in that of their identifiers: an engine whose findings
    depend on an order shows it here.
    """

    def __init__(
        self,
        records: Iterable[Record],
        *,
        findings: Iterable[Finding] = (),
        decisions: Iterable[Decision] = (),
        blobs: Mapping[BlobHash, bytes] | None = None,
        table_paths: Mapping[BlobHash, str] | None = None,
    ) -> None:
        """Take in what can be seen."""
        self._records = {record.id: record for record in records}
        self._findings = {finding.id: finding for finding in findings}
        self._decisions = tuple(decisions)
        self._blobs = dict(blobs or {})
        self._table_paths = dict(table_paths or {})
        self._derived: dict[str, bytes] = {}
        self.built: list[str] = []
        """Names of the derived bytes that had to be built, in order."""

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        """Yield the records, of one data source or about one entity where that is asked."""
        for record in self._records.values():
            if source is not None and record.origin.source != source:
                continue
            if mentions is None or record.mention(mentions) is not None:
                yield record

    def record(self, ref: RecordId) -> Record:
        """Return one record.

        Raises:
            ForbiddenError: there is none.
        """
        return _seen(self._records.get(ref))

    def fact(self, ref: FactId) -> tuple[Record, int]:
        """Return the record that holds a fact, and the fact's place in it.

        Raises:
            ForbiddenError: there is none.
        """
        record = self.record(record_of(ref))
        place = ref.partition("/")[2]
        if not place.isdecimal() or int(place) >= len(record.facts):
            raise ForbiddenError(_UNSEEN)
        return record, int(place)

    def entity(self, key: EntityKey) -> Entity:
        """Return the view over one entity.

        Raises:
            ForbiddenError: no record mentions it.
        """
        return _seen(entity_from(key, self.records(mentions=key)))

    def findings(self) -> Iterator[Finding]:
        """Yield the findings whose evidence can be seen, in the order of their identifiers."""
        for _, finding in sorted(self._findings.items()):
            if all(self.holds(evidence) for evidence in finding.evidence):
                yield finding

    def finding(self, ref: FindingId) -> Finding:
        """Return one finding.

        Raises:
            ForbiddenError: there is none, or part of its evidence is not in this view.
        """
        return _seen(next((finding for finding in self.findings() if finding.id == ref), None))

    def decisions(self, about: str) -> tuple[Decision, ...]:
        """Return the decisions about something, in the order they were given."""
        return tuple(decision for decision in self._decisions if decision.about == about)

    def blob(self, ref: BlobHash) -> memoryview:
        """Return the bytes of a blob that a record holds.

        Raises:
            ForbiddenError: there is none, or no record holds it.
        """
        if not any(ref in record.blobs for record in self._records.values()):
            raise ForbiddenError(_UNSEEN)
        return memoryview(_seen(self._blobs.get(ref)))

    def table_path(self, ref: BlobHash) -> str:
        """Return the path of a Parquet table that a record owns.

        Raises:
            ForbiddenError: there is none, or no record owns it.
        """
        if not any(ref in record.tables for record in self._records.values()):
            raise ForbiddenError(_UNSEEN)
        return _seen(self._table_paths.get(ref))

    def derived(self, name: str, build: Callable[[], bytes]) -> memoryview:
        """Return bytes computed once from what this view shows."""
        if name not in self._derived:
            self.built.append(name)
            self._derived[name] = build()
        return memoryview(self._derived[name])

    def records_behind(self, evidence: Evidence) -> tuple[Record, ...]:
        """Return the records that a piece of evidence stands in; none where this view does not hold it."""
        if evidence.kind is EvidenceKind.RECORD:
            found = self._records.get(RecordId(evidence.ref))
            return () if found is None else (found,)
        if evidence.kind is EvidenceKind.FACT:
            try:
                return (self.fact(FactId(evidence.ref))[0],)
            except ForbiddenError:
                return ()
        owned = BlobHash(evidence.ref.partition("#")[0])
        return tuple(one for one in self._records.values() if owned in one.blobs or owned in one.tables)

    def holds(self, evidence: Evidence) -> bool:
        """Return whether this view holds a piece of evidence."""
        return bool(self.records_behind(evidence))


def _seen(found: T | None) -> T:
    if found is None:
        raise ForbiddenError(_UNSEEN)
    return found
