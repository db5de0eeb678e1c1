"""What linking claims, as findings: clusters, pairs that a person is asked about, numbers that several records give."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from headwater.engines.match.link.cluster import Why
from headwater.engines.match.link.explain import Pair, facts_of
from headwater.engines.match.link.linking import (
    KIND_CLUSTER,
    KIND_PAIR,
    Cluster,
    Question,
    SortResult,
    link,
    read_params,
)
from headwater.engines.match.link.pairing import Database
from headwater.engines.match.link.things import Shared, shared_numbers
from headwater.engines.match.link.units import Sort, Unit
from headwater.model.finding import Evidence, Finding, Reason, params_text
from headwater.model.handling import join_all
from headwater.ports import View

NAME: Final = "link"
VERSION: Final = "1"
KIND_PHONE: Final = "match.phone"
KIND_DOCUMENT: Final = "match.document"
JUDGED_SCORE: Final = 0.999
"""Score of what a person said is one: the engine has no doubt of its own to add."""
SAME_NUMBER: Final = 0.98
LIKE_NUMBER: Final = 0.85
_MOST_REASONS: Final = 60
_WORDS: Final = {
    Sort.PERSON: "one person",
    Sort.ORGANISATION: "one organisation",
    Sort.VEHICLE: "one vehicle",
    Sort.VESSEL: "one vessel",
}
_WHYS: Final = {
    Why.NUMBERS: "they were not joined because one register gives their groups different numbers",
    Why.SUPPORT: "they were not joined because most pairs between their groups do not agree",
    Why.JUDGED: "they were not joined because a person judged two of their groups different",
    Why.CONFLICT: "a person judged them the same, and a newer judgement keeps their groups apart",
}


class LinkEngine:
    """The linking engine."""

    name = NAME
    version = VERSION

    def __init__(self, database: Database | None = None) -> None:
        """Make an engine.

        Args:
            database: where Splink works, handed in by whoever may start processes; without one, DuckDB in memory.
        """
        self._database = database

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        """Yield a finding for every cluster, every question and every shared number.

        Raises:
            SchemaError: a parameter is unknown or impossible.
            MissingExtraError: Splink or what it needs is not installed.
        """
        return claims(link(view, read_params(params), self._database))


def claims(results: Sequence[SortResult]) -> Iterator[Finding]:
    """Yield what was linked as findings."""
    for result in results:
        yield from (cluster_finding(one) for one in result.clusters)
        yield from (question_finding(one) for one in result.questions)
        yield from (finding for pair in result.kept if (finding := conflict_finding(*pair)) is not None)
    cluster_of = {unit.name: one.name for result in results for one in result.clusters for unit in one.members}
    every = [unit for result in results for unit in result.units]
    yield from (shared_finding(one) for one in shared_numbers(every, cluster_of))


def cluster_finding(cluster: Cluster) -> Finding:
    """Return a cluster as a finding."""
    score = min((pair.probability for pair in cluster.pairs), default=JUDGED_SCORE)
    shown = [(pair, pair.bars) for pair in cluster.pairs]
    reasons = [bar.reason(pair.left, pair.right) for pair, bars in shown for bar in bars]
    reasons.sort(key=lambda reason: (-abs(reason.weight), reason.text))
    judged = [
        Reason("link.judged", 0.0, f"{left.name} and {right.name}: a person judged them {_WORDS[cluster.sort]}")
        for left, right in cluster.judged
    ]
    said = [one.fact for _, bars in shown for bar in bars for one in (bar.left, bar.right)]
    return _finding(
        KIND_CLUSTER,
        cluster.members,
        score,
        f"{_counted(cluster.members)} speak of {_WORDS[cluster.sort]}: {_listed(cluster.members)}.",
        [*judged, *reasons[:_MOST_REASONS]],
        [Evidence.fact(fact) for fact in said],
        {"cluster": cluster.name},
    )


def question_finding(question: Question) -> Finding:
    """Return a pair as a question to a person."""
    pair = question.pair
    reasons = [bar.reason(pair.left, pair.right) for bar in pair.bars]
    reasons.sort(key=lambda reason: (-abs(reason.weight), reason.text))
    if question.why is not None:
        reasons.append(Reason(f"link.kept.{question.why}", 0.0, _WHYS[question.why]))
    return pair_finding(pair, question.sort, reasons)


def pair_finding(pair: Pair, sort: Sort, reasons: Sequence[Reason] | None = None) -> Finding:
    """Return a pair as a finding that a person can decide."""
    if reasons is None:
        reasons = [bar.reason(pair.left, pair.right) for bar in pair.bars]
    if not reasons:
        reasons = [Reason("link.nothing", 0.0, "nothing that is compared is given on both sides")]
    both = (pair.left, pair.right)
    return _finding(
        KIND_PAIR,
        both,
        pair.probability,
        f"Do {_counted(both)} speak of {_WORDS[sort]}? {_listed(both)}.",
        reasons,
        [Evidence.fact(fact.fact) for fact in facts_of(pair)],
        {},
    )


def conflict_finding(left: Unit, right: Unit, why: Why) -> Finding | None:
    """Return two judgements that cannot both hold as a finding; None where the pair was kept apart for another reason."""
    if why is not Why.CONFLICT:
        return None
    text = f"Judgements stand against each other: {_listed((left, right))}. The newer one holds."
    return _finding(KIND_PAIR, (left, right), 0.5, text, [Reason("link.conflict", 0.0, _WHYS[why])], [], {})


def shared_finding(shared: Shared) -> Finding:
    """Return a number that several records give as a finding."""
    units = tuple(unit for unit, _ in shared.bearers)
    who = "one thing, as far as they are linked" if shared.clusters == 1 else f"{shared.clusters} that are not linked"
    what = "telephone number" if shared.kind == "phone" else "document"
    reasons = [
        Reason(f"link.{shared.kind}", 0.0, f"{unit.name} gives {said.value}", said.value, shared.number)
        for unit, said in shared.bearers
    ]
    alike = "" if shared.exact else ", but for characters that are read for each other"
    return _finding(
        KIND_PHONE if shared.kind == "phone" else KIND_DOCUMENT,
        units,
        SAME_NUMBER if shared.exact else LIKE_NUMBER,
        f"{_counted(units)} give one {what}{alike}, for {who}: {_listed(units)}.",
        reasons,
        [Evidence.fact(said.fact) for _, said in shared.bearers],
        {"number": shared.number},
    )


def _finding(
    kind: str,
    units: Sequence[Unit],
    score: float,
    text: str,
    reasons: Sequence[Reason],
    facts: Sequence[Evidence],
    params: Mapping[str, object],
) -> Finding:
    resting = {fact.ref.partition("/")[0] for fact in facts}
    # A member none of whose facts is named (a person's word alone joins it) still rests on its record.
    bare = [Evidence.record(unit.records[0]) for unit in units if resting.isdisjoint(unit.records)]
    return Finding(
        kind=kind,
        subjects=tuple(unit.name for unit in units),
        score=score,
        text=text,
        reasons=tuple(reasons),
        evidence=tuple(dict.fromkeys((*facts, *bare))),
        engine=NAME,
        engine_version=VERSION,
        params=params_text(params),
        handling=join_all(unit.handling for unit in units),
    )


def _counted(units: Sequence[Unit]) -> str:
    """Return how many records of which states: ``3 records of 2 states (RS, XK)``."""
    records = len({record for unit in units for record in unit.records})
    states = sorted({unit.originator.partition("-")[0] for unit in units})
    told = f"of {len(states)} states ({', '.join(states)})" if len(states) > 1 else f"of {states[0]}"
    return f"{records} record{'s' if records > 1 else ''} {told}"


def _listed(units: Sequence[Unit]) -> str:
    most = 6
    told = [f"{unit.label} ({unit.name})" for unit in units[:most]]
    return ", ".join(told) + (f" and {len(units) - most} more" if len(units) > most else "")
