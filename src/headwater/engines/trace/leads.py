"""What tracing answers: leads in their order, as far down as they are worth a look, and what protects beside them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from headwater.engines.trace.profile import Profile
from headwater.engines.trace.ranker import Ranker, row
from headwater.engines.trace.typology import Typology
from headwater.model.finding import Finding

EVEN: Final = 0.5
"""As likely as not."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A finding with what its line in a file says besides.

    Attributes:
        finding: the finding itself.
        typology: which pattern.
        rows: ``table hash#row`` of every row it rests on, as in its evidence.
        amount, unit: sum in minor units and its currency.
        from_country, to_country: the corridor; ``several`` where there is more than one.
        first, last: times of its first and last row, RFC 3339; blank where rows have none.
        signs: names of the signs that hold.
        facts: the numbers in its sentence.
        profile: counts about its subject's account; None where the payments know none.
        patterns: how many typologies name its subject.
    """

    finding: Finding
    typology: Typology
    rows: tuple[str, ...]
    amount: int
    unit: str
    from_country: str
    to_country: str
    first: str
    last: str
    signs: frozenset[str]
    facts: Mapping[str, Any]
    profile: Profile | None
    patterns: int


@dataclass(frozen=True, slots=True)
class TraceResult:
    """What a run found.

    Attributes:
        claims: findings that are leads, best first.
        protecting: findings that speak for possible victims: never leads, in no ranking.
        counts: findings by typology, for each that was asked.
        skipped: typologies that could not be asked, and which tables they lack.
        tables: number of tables of each kind.
        below: leads whose score is too low to be listed.
    """

    claims: tuple[Claim, ...]
    protecting: tuple[Claim, ...]
    counts: Mapping[str, int]
    skipped: Mapping[str, str]
    tables: Mapping[str, int]
    below: int = 0


def ranked(result: TraceResult, ranker: Ranker) -> TraceResult:
    """Return a result whose leads bear the ranker's chances and reasons and stand in its order.

    Those that protect are in no ranking and stay as they are.

    Raises:
        MissingExtraError: LightGBM is not installed.
    """
    rows = [
        row(claim.typology.name, claim.facts, claim.profile, claim.patterns, ranker.typologies)
        for claim in result.claims
    ]
    made = [
        replace(
            claim,
            finding=replace(
                claim.finding,
                score=round(chance, 4),
                reasons=(claim.finding.reasons[0], *reasons, *claim.finding.reasons[1:]),
            ),
        )
        for claim, (chance, reasons) in zip(result.claims, ranker.rank(rows), strict=True)
    ]
    return replace(result, claims=tuple(sorted(made, key=rank)))


def least_score(result: TraceResult) -> float:
    """Return where a list of leads ends unless somebody says otherwise: at even odds where no register could tell further."""
    return EVEN if "payments" in result.tables and "companies" not in result.tables else 0.0


def down_to(result: TraceResult, least: float) -> TraceResult:
    """Return a result without the leads below a score; those that protect stay."""
    kept = tuple(claim for claim in result.claims if claim.finding.score >= least)
    counts = Counter(claim.typology.name for claim in (*kept, *result.protecting))
    return replace(
        result,
        claims=kept,
        counts={name: counts[name] for name in result.counts},
        below=result.below + len(result.claims) - len(kept),
    )


def rank(claim: Claim) -> tuple[float, int, str]:
    """Return what leads are put in order by: the strongest first, then the most money."""
    return -claim.finding.score, -claim.amount, claim.finding.id
