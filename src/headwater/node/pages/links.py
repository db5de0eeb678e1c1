"""What ties entities together, as records and findings say it: each tie with who says so, how good it is, and why.

A tie comes from an entity that stands between two others (an ownership, a payment, a trip), from a fact that names another
entity, from a text that names several, or from a finding about two. What hangs on a text or on an engine alone is unsure.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from headwater.model.finding import Finding, told_score
from headwater.model.ids import EntityKey
from headwater.model.record import Mention, Record
from headwater.model.schema import schema
from headwater.node.findings import Shown
from headwater.node.pages.words import Marks, grade_text, marks
from headwater.ports import View

SIDE: Final = frozenset({"Sanction", "Identification", "Passport"})
"""Entities that tell of one other and tie nothing together."""
MOST_TOGETHER: Final = 12
"""Entities that one text may name before it ties nothing: a list is no meeting."""
ENGINES: Final = ("match.", "link.", "trace.")
_NAMES: Final = (
    "name", "alias", "registrationNumber", "iban", "accountNumber", "cryptoAddress", "full", "number", "imoNumber",
)  # fmt: skip
_TOLD: Final = ("role", "status", "percentage", "amount", "currency", "date", "startDate", "endDate", "relationship")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tie:
    """One tie between two entities.

    Attributes:
        one, other: their keys.
        kind: the type of what stands between them, the property, ``named together`` or the kind of a finding.
        text: what is said, in short.
        ref: the record or finding that says it.
        by: who says so.
        sure: whether a record says it in so many words.
    """

    one: str
    other: str
    kind: str
    text: str
    ref: str
    by: str
    grade: str
    marks: Marks
    sure: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one entity: type, name, and whether it must not be named."""

    key: str
    schema: str
    label: str
    protected: bool


class Looks:
    """What a view shows about entities, each looked up once: a look is a line of the ledger."""

    def __init__(self, view: View) -> None:
        """Look through a view."""
        self._view = view
        self._held: dict[str, tuple[Record, ...]] = {}

    def about(self, key: str) -> tuple[Record, ...]:
        """Return the records that mention an entity."""
        if key not in self._held:
            self._held[key] = tuple(self._view.records(mentions=EntityKey(key)))
        return self._held[key]


def known(looks: Looks, key: str) -> Known | None:
    """Return what may be seen of an entity, None where nothing may."""
    records = looks.about(key)
    mentions = [mention for record in records if (mention := record.mention(EntityKey(key))) is not None]
    if not mentions:
        return None
    protected = any(mention.protected for mention in mentions)
    values = {
        prop: fact.value
        for record in reversed(records)
        for fact in reversed(record.facts)
        if fact.entity == key
        for prop in (fact.prop,)
    }
    label = next((values[prop] for prop in _NAMES if prop in values), key)
    return Known(key, mentions[0].schema, key if protected else label, protected)


def of_record(record: Record) -> Iterator[Tie]:
    """Yield the ties that one record tells of."""
    types = {mention.key: mention for mention in record.mentions}
    facts: dict[str, list[tuple[str, str]]] = {}
    named: dict[str, list[tuple[str, str]]] = {}
    for fact in record.facts:
        facts.setdefault(fact.entity, []).append((fact.prop, fact.value))
        kind = schema(types[fact.entity].schema).properties.get(fact.prop)
        if kind == "entity":
            named.setdefault(fact.entity, []).append((fact.prop, fact.value))
    for key, ends in named.items():
        yield from _of_entity(record, types[EntityKey(key)], ends, facts[key])


def _of_entity(
    record: Record, mention: Mention, ends: list[tuple[str, str]], told: list[tuple[str, str]]
) -> Iterator[Tie]:
    if mention.schema in SIDE:
        return
    distinct = list(dict.fromkeys(value for _, value in ends))
    if mention.schema == "Note":
        if 2 <= len(distinct) <= MOST_TOGETHER:  # noqa: PLR2004 - two ends
            for one, other in combinations(sorted(distinct), 2):
                yield _tie(record, (one, other), "named together", "named in one text", sure=False)
        return
    if "Interval" in schema(mention.schema).extends and mention.schema not in {"Event", "Trip"}:
        text = ", ".join(f"{prop} {value}" for prop, value in told if prop in _TOLD)
        for one, other in combinations(distinct, 2):
            roles = [next(prop for prop, value in ends if value == end) for end in (one, other)]
            yield _tie(record, (one, other), mention.schema, text or f"{roles[0]} – {roles[1]}", sure=True)
        return
    for prop, value in ends:
        if value != mention.key:
            yield _tie(record, (mention.key, value), prop, prop, sure=True)


def _tie(record: Record, ends: tuple[str, str], kind: str, text: str, *, sure: bool) -> Tie:
    return Tie(
        one=ends[0], other=ends[1], kind=kind, text=text, ref=record.id, by=record.origin.originator,
        grade=grade_text(record.grade), marks=marks(record.handling), sure=sure,
    )  # fmt: skip


def of_finding(shown: Shown) -> Iterator[Tie]:
    """Yield the ties that a finding claims: between its first subject and the others, unless it was dismissed."""
    finding = shown.finding
    if not finding.kind.startswith(ENGINES) or shown.state == "dismiss":
        return
    first, *others = dict.fromkeys(subject_key(subject) for subject in finding.subjects)
    for other in others[:MOST_TOGETHER]:
        yield Tie(
            one=first, other=other, kind=finding.kind, text=_claim(finding), ref=finding.id,
            by=f"{finding.engine} {finding.engine_version}", grade="", marks=marks(finding.handling),
            sure=shown.is_confirmed,
        )  # fmt: skip


def _claim(finding: Finding) -> str:
    return f"{told_score(finding.score, 2):.2f}: {finding.text}"


def subject_key(subject: str) -> str:
    """Return the key of an entity that a finding names: linking writes the originator before it."""
    before, slash, after = subject.partition("/")
    return after if slash and before.isupper() and before.replace("-", "").isalnum() else subject


def ties_of(looks: Looks, keys: Iterable[str], shown: Iterable[Shown]) -> Mapping[str, list[Tie]]:
    """Return all ties of some entities, by the entity that they were found at; each tie once for each of its ends."""
    wanted = list(dict.fromkeys(keys))
    found: dict[str, dict[Tie, None]] = {key: {} for key in wanted}
    claims = [tie for each in shown for tie in of_finding(each)]
    for key in wanted:
        for record in looks.about(key):
            for tie in of_record(record):
                if key in {tie.one, tie.other} and tie.one != tie.other:
                    found[key][tie] = None
    for tie in claims:
        for key in (tie.one, tie.other):
            if key in found and tie.one != tie.other:
                found[key][tie] = None
    return {key: list(ties) for key, ties in found.items()}


def far_end(tie: Tie, key: str) -> str:
    """Return the end of a tie that is not at an entity."""
    return tie.other if tie.one == key else tie.one
