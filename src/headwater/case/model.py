"""The values of a case file: who, which offences, which proof, which material, which searches."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

from headwater.case.custody import CustodyEvent
from headwater.case.exhibit import Exhibit, HashedFile
from headwater.errors import Place, SchemaError
from headwater.model.record import PROTECTED, PersonCategory

CATEGORIES: Final = frozenset(PersonCategory) - {PersonCategory.ASSOCIATE}
"""What a person can be in a case file; an associate is intelligence, not a part in a case."""
PROFILES: Final = frozenset({"cps-dg6"})
"""CPS Director's Guidance on Charging, sixth edition (DG6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What the case is, and for what purpose it may be worked on.

    Attributes:
        urn: unique reference number, two digits, two letters, seven digits.
        opened: in UTC.
        profile: which body's rules the file must meet.
    """

    urn: str
    operation: str
    purpose: str
    lead_node: str
    opened: datetime
    profile: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Offence:
    """One offence that is charged or considered, and against whom."""

    id: str
    code: str
    defendants: tuple[str, ...]
    begin: date
    end: date

    def __post_init__(self) -> None:
        """Refuse an offence that ended before it began."""
        if self.end < self.begin:
            raise SchemaError("an offence that ends before it begins", where=Place(field="to"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person in the case.

    Attributes:
        identifiers: field and value of everything else the folder says of the person, birth and contact for example.
            For a protected person none of it may leave.
    """

    id: str
    category: PersonCategory
    name: str
    role: str = ""
    marked_protected: bool = False
    identifiers: tuple[tuple[str, str], ...] = ()

    @property
    def protected(self) -> bool:
        """Whether the person's identity stays in the house: a victim, a smuggled person, or marked so."""
        return self.marked_protected or self.category in PROTECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What a person said, signed.

    Attributes:
        protected: it stays out of every bundle: marked so, or made by a protected person.
    """

    id: str
    maker: str
    file: HashedFile
    made_at: datetime
    protected: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """One line of the elements table: which items prove one element of one offence."""

    offence: str
    element: str
    proved_by: tuple[str, ...]


class Schedule(StrEnum):
    """The schedule that unused material stands on."""

    MG6C = "mg6c"
    MG6D = "mg6d"


class Effect(StrEnum):
    """What unused material may do to the case of the prosecution (CPIA 1996 s.3)."""

    UNDERMINES = "undermines"
    ASSISTS = "assists"


class MethodStatus(StrEnum):
    """Whether a method was validated for its use, under the Forensic Science Regulator's code, version 2."""

    VALIDATED = "validated"
    UNVALIDATED = "unvalidated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """One line of unused material.

    Attributes:
        id: an exhibit, a statement, or a number of its own.
        reason: why it is sensitive; MG6D only.
        block: it stands for several items of one kind.
        count: how many; a block must say it.
        presumption: which presumption of disclosure it falls under, empty for none.
        effect: whether it may undermine the prosecution or assist the defence; None for neither.
        location: where the item is kept, empty for the node itself.
    """

    id: str
    schedule: Schedule
    description: str
    reason: str = ""
    block: bool = False
    count: int | None = None
    presumption: str = ""
    effect: Effect | None = None
    location: str = ""

    def __post_init__(self) -> None:
        """Refuse a sensitive item without a reason and a block of nothing."""
        if self.schedule is Schedule.MG6D and not self.reason.strip():
            raise SchemaError("sensitive material without a reason", where=Place(field="reason"))
        if self.block and not self.count:
            raise SchemaError("a block without a count", where=Place(field="count"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One search or engine run, with what it asked for."""

    tool: str
    terms: tuple[str, ...]
    over: str
    hits: int
    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Method:
    """An engine of one version as a forensic method: validated for its use, or not.

    Attributes:
        reference: the validation report; empty for none.
    """

    engine: str
    version: str
    status: MethodStatus
    reference: str = ""

    def __post_init__(self) -> None:
        """Refuse a validation that nobody can look up."""
        if self.status is MethodStatus.VALIDATED and not self.reference.strip():
            raise SchemaError("a validated method without its report", where=Place(field="reference"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """A sign, seen by a person, that somebody may be a victim of trafficking. It is no score."""

    person: str
    code: str
    strength: str
    seen_at: datetime
    seen_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SafeguardingDecision:
    """What a person decided about somebody who may be a victim."""

    person: str
    kind: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFile:
    """A whole case folder, read and hashed: every name in it is known and every file of it was there.

    Attributes:
        folder: where the files lie.
        strays: files beside the listed ones that no line of the case names.
        methods: what is known of the validation of engines.
    """

    folder: Path
    matter: Matter
    offences: tuple[Offence, ...]
    persons: tuple[Person, ...]
    exhibits: tuple[Exhibit, ...]
    statements: tuple[Statement, ...]
    proofs: tuple[Proof, ...]
    material: tuple[Material, ...]
    custody: tuple[CustodyEvent, ...]
    searches: tuple[Search, ...]
    indicators: tuple[Indicator, ...]
    decisions: tuple[SafeguardingDecision, ...]
    strays: tuple[str, ...] = ()
    methods: tuple[Method, ...] = ()

    def person(self, ref: str) -> Person | None:
        """Return a person of the case by identifier, None where there is none."""
        return next((person for person in self.persons if person.id == ref), None)

    @property
    def protected_persons(self) -> tuple[Person, ...]:
        """The persons whose identity stays in the house."""
        return tuple(person for person in self.persons if person.protected)
