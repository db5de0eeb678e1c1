"""A finding: what an engine claims, on what evidence, and why, in words that a person can read and contest."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import isfinite

from headwater.errors import Place, SchemaError
from headwater.model.canonical import content_id, encode
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, FactId, FindingId, RecordId


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for or against, with both values that were compared.

    Attributes:
        code: stable name of the reason, for translation and statistics.
        weight: what it adds to the score, as a log-odds; negative speaks against.
        text: one readable sentence.
        left, right: the two values compared, where there are two.
    """

    code: str
    weight: float
    text: str
    left: str | None = None
    right: str | None = None

    def __post_init__(self) -> None:
        """Refuse a reason that explains nothing or weighs nothing that can be written down."""
        if not self.text.strip():
            raise SchemaError("a reason without words", where=Place(field=self.code))
        if not isfinite(self.weight):
            raise SchemaError("a weight that is no number", where=Place(field=self.code))
        if not _is_one(self.weight):
            object.__setattr__(self, "weight", _one_zero(self.weight))


class EvidenceKind(StrEnum):
    """What a piece of evidence points at."""

    FACT = "fact"
    RECORD = "record"
    BLOB = "blob"
    TABLE_ROW = "table-row"


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing in the store that a finding rests on.

    Attributes:
        ref: identifier of the fact or record; hash of the blob; for a row, hash of the table, ``#``, row number.
    """

    kind: EvidenceKind
    ref: str

    @classmethod
    def fact(cls, ref: FactId) -> "Evidence":
        """Return evidence that is one fact."""
        return cls(EvidenceKind.FACT, ref)

    @classmethod
    def record(cls, ref: RecordId) -> "Evidence":
        """Return evidence that is a whole record."""
        return cls(EvidenceKind.RECORD, ref)

    @classmethod
    def blob(cls, ref: BlobHash) -> "Evidence":
        """Return evidence that is an image, a document or a clip."""
        return cls(EvidenceKind.BLOB, ref)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What an engine claims.

    Attributes:
        kind: name of the claim, ``match.screening`` for example.
        subjects: the entities, vehicles, payments or places it is about.
        score: calibrated probability, 0 to 1.
        text: the claim in one sentence.
        reasons: why, strongest first; at least one.
        evidence: what it rests on; at least one.
        engine, engine_version: which engine, of which version.
        params: canonical JSON of the parameters of the run.
        handling: at least as strict as that of its evidence.
    """

    kind: str
    subjects: tuple[str, ...]
    score: float
    text: str
    reasons: tuple[Reason, ...]
    evidence: tuple[Evidence, ...]
    engine: str
    engine_version: str
    params: str
    handling: Handling

    def __post_init__(self) -> None:
        """Refuse a claim without subject, reason or evidence."""
        for field, value in (("subjects", self.subjects), ("reasons", self.reasons), ("evidence", self.evidence)):
            if not value:
                raise SchemaError("a finding must have at least one", where=Place(field=field))
        if not 0.0 <= self.score <= 1.0:
            raise SchemaError("a score outside 0 to 1", where=Place(field="score"))
        if not _is_one(self.score):
            object.__setattr__(self, "score", _one_zero(self.score))

    @property
    def id(self) -> FindingId:
        """The finding's identifier, a hash of its content: the same claim on the same evidence is the same finding."""
        return FindingId(content_id("fnd", self))


def told_score(score: float, digits: int) -> float:
    """Return a score as it is to be shown with so many digits: what is not certain is never rounded to 1, nor to 0."""
    least = 10.0**-digits
    return score if score in {0.0, 1.0} else min(max(score, least), 1.0 - least)


def _is_one(value: float) -> bool:
    """Return whether a number is a float already that is written in one way."""
    return type(value) is float and value != 0.0


def _one_zero(value: float) -> float:
    # An integer, or the zero with a sign, is equal to this float but would be written, and so hashed, in another way.
    return float(value) + 0.0


def params_text(params: Mapping[str, object]) -> str:
    """Return parameters in the one form that goes into a finding."""
    return encode(params).decode()
