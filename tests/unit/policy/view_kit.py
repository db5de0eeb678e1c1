"""What the tests of the view share: a reader in memory, an audit that remembers, and records of invented things."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from datetime import date

from headwater.model.decision import Decision
from headwater.model.fact import Fact
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.handling import UNRESTRICTED, Handling
from headwater.model.ids import AuthorityId, BlobHash, EntityKey, FindingId, RecordId
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.policy.session import Session
from headwater.policy.view import guard
from headwater.ports import Event, Guarded

TODAY = date(2026, 3, 2)
PROTECTION = ("victim-protection", frozenset({"safeguarding"}))


@dataclass
class MemoryReader:
    """Implements `ports.Reader` over lists."""

    kept: list[Record] = field(default_factory=list)
    claims: list[Finding] = field(default_factory=list)
    decided: list[Decision] = field(default_factory=list)
    artefacts: dict[str, bytes] = field(default_factory=dict)

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        for record in sorted(self.kept, key=lambda one: one.id):
            if source in (None, record.origin.source) and (mentions is None or record.mention(mentions)):
                yield record

    def record(self, ref: RecordId) -> Record | None:
        return next((record for record in self.kept if record.id == ref), None)

    def several(self, refs: Collection[RecordId]) -> dict[RecordId, Record]:
        return {ref: found for ref in refs if (found := self.record(ref)) is not None}

    def refs_about(self, keys: Collection[EntityKey], most: int) -> list[tuple[EntityKey, RecordId]] | None:
        found = [(key, one.id) for key in keys for one in self.records(mentions=key)]
        return found if len(found) <= most else None

    def refs_holding(self, files: Collection[BlobHash], most: int) -> list[tuple[BlobHash, RecordId]] | None:
        found = [(file, one.id) for file in files for one in self.kept if file in (*one.blobs, *one.tables)]
        return found if len(found) <= most else None

    def findings(self, *, after: int = 0) -> Iterator[Finding]:
        yield from self.claims[after:] if after else sorted(self.claims, key=lambda one: one.id)

    def finding(self, ref: FindingId) -> Finding | None:
        return next((finding for finding in self.claims if finding.id == ref), None)

    def decisions(self, about: str | None = None) -> Iterator[Decision]:
        return (decision for decision in self.decided if about in (None, decision.about))

    def blob(self, ref: BlobHash) -> memoryview | None:
        return memoryview(ref.encode())

    def table_path(self, ref: BlobHash) -> str | None:
        return f"tables/{ref}"

    def derived(self, name: str, build: Callable[[], bytes]) -> memoryview:
        if name not in self.artefacts:
            self.artefacts[name] = build()
        return memoryview(self.artefacts[name])


@dataclass
class MemoryAudit:
    """Implements `ports.Audit` over a list."""

    events: list[Event] = field(default_factory=list)

    def note(self, event: Event) -> None:
        self.events.append(event)


def person(key: str, category: PersonCategory = PersonCategory.SUSPECT) -> Mention:
    """A mention of a person."""
    return Mention(EntityKey(key), "Person", category)


def thing(key: str, schema: str = "Vehicle") -> Mention:
    """A mention of something else."""
    return Mention(EntityKey(key), schema)


def record(
    *mentions: Mention,
    facts: tuple[tuple[str, str, str], ...] = (),
    handling: Handling = UNRESTRICTED,
    source: str = "report",
    blobs: tuple[str, ...] = (),
    tables: tuple[str, ...] = (),
) -> Record:
    """A record of an invented authority."""
    return Record(
        origin=Origin(originator=AuthorityId("AA-POL"), source=source),
        handling=handling,
        mentions=mentions,
        facts=tuple(Fact(EntityKey(entity), prop, value) for entity, prop, value in facts),
        blobs=tuple(BlobHash(blob) for blob in blobs),
        tables=tuple(BlobHash(table) for table in tables),
    )


def finding(*evidence: Evidence, handling: Handling = UNRESTRICTED, text: str = "two records speak of one") -> Finding:
    """A finding of an engine that there is not."""
    return Finding(
        kind="test.claim",
        subjects=("s",),
        score=0.5,
        text=text,
        reasons=(Reason("r", 1.0, "because"),),
        evidence=evidence,
        engine="test",
        engine_version="1",
        params="{}",
        handling=handling,
    )


def session(purpose: str = "oic", roles: frozenset[str] = frozenset({"analyst"}), user: str = "ann") -> Session:
    """Somebody at work."""
    return Session(user, AuthorityId("AA-POL"), purpose, roles)


def view(
    reader: MemoryReader, who: Session | None = None, audit: MemoryAudit | None = None, today: date = TODAY
) -> Guarded:
    """What somebody sees."""
    return guard(reader, who or session(), audit or MemoryAudit(), today)
