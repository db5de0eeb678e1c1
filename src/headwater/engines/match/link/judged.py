"""What people have judged: same, different or unsure, pair by pair; the newest word on a pair counts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.model.decision import Decision, Verb, standing
from headwater.model.finding import Finding


class Verdict(StrEnum):
    """What a person says of two units."""

    SAME = "same"
    DIFFERENT = "different"
    UNSURE = "unsure"


VERBS: Final[Mapping[str, Verdict]] = {
    Verb.CONFIRM: Verdict.SAME,
    Verb.DISMISS: Verdict.DIFFERENT,
    Verb.UNSURE: Verdict.UNSURE,
}
"""Decisions about a finding of linking, as what they say of each two of its subjects."""
_FIELDS: Final = frozenset({"units", "verdict", "at", "decision"})


@dataclass(frozen=True, slots=True, order=True)
class Judgement:
    """One word of a person on some units, which holds for each two of them.

    Attributes:
        at: when, as text that sorts by time.
        decision: the decision's identifier.
        verdict: what was said.
        units: names of the units.
    """

    at: str
    decision: str
    verdict: Verdict
    units: tuple[str, ...]

    def document(self) -> dict[str, object]:
        """Return the judgement as a parameter of the engine."""
        return {"at": self.at, "decision": self.decision, "verdict": str(self.verdict), "units": list(self.units)}


@dataclass(frozen=True, slots=True)
class Word:
    """The newest word on one pair."""

    pair: tuple[str, str]
    verdict: Verdict
    decision: str


def judgement_of(finding: Finding, decisions: Iterable[Decision], at: Mapping[str, str]) -> Judgement | None:
    """Return what the newest decision about a finding says of its subjects, None where none says anything.

    Args:
        finding: a finding of linking.
        decisions: the decisions about it, oldest first.
        at: the instant of each decision as text, by its identifier.
    """
    told = [made for made in standing(decisions) if made.verb in VERBS]
    if not told:
        return None
    return Judgement(at[told[-1].id], told[-1].id, VERBS[told[-1].verb], finding.subjects)


def words_on_pairs(judgements: Iterable[Judgement]) -> list[Word]:
    """Return the newest word on each pair, the newest first."""
    newest: dict[tuple[str, str], tuple[str, Word]] = {}
    for judgement in sorted(judgements):
        for left, right in combinations(sorted(judgement.units), 2):
            newest[left, right] = judgement.at, Word((left, right), judgement.verdict, judgement.decision)
    ordered = sorted(newest.values(), key=lambda one: (one[0], one[1].decision, one[1].pair), reverse=True)
    return [word for _, word in ordered]


def judgements_in(given: object) -> list[Judgement]:
    """Return the judgements of a run's parameters.

    Raises:
        SchemaError: they are not as `Judgement.document` makes them.
    """
    wrong = SchemaError("not a list of judgements", where=Place(field="judgements"))
    if not isinstance(given, list | tuple):
        raise wrong
    found: list[Judgement] = []
    for one in given:
        if not isinstance(one, Mapping) or one.keys() != _FIELDS or not isinstance(one["units"], list | tuple):
            raise wrong
        try:
            units = tuple(str(unit) for unit in one["units"])
            found.append(Judgement(str(one["at"]), str(one["decision"]), Verdict(one["verdict"]), units))
        except ValueError:
            raise wrong from None
    return found
