"""Hits by ownership: queries that stand on no list, but are over half owned or controlled by queries that do."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from headwater.engines.match.ownership import Caught, Stake, path_text, roll_up
from headwater.engines.match.screening import Hit, ScreenResult
from headwater.model.finding import Reason

KIND_OWNERSHIP: Final = "match.ownership"


def with_owned(result: ScreenResult, stakes: Iterable[Stake], names: Mapping[str, str]) -> ScreenResult:
    """Return an answer with a hit for every query that hits own or control, after the others.

    Args:
        result: the answer; a query with a hit counts as listed.
        stakes: who holds what in whom, by the ids of queries.
        names: names of the queries, for the sentences.
    """
    best: dict[str, Hit] = {}
    for hit in result.hits:
        if hit.query not in best or hit.finding.score > best[hit.query].finding.score:
            best[hit.query] = hit
    found = [_hit(one, best, names) for one in roll_up(stakes, best)]
    return replace(result, hits=(*result.hits, *found))


def _hit(caught: Caught, best: Mapping[str, Hit], names: Mapping[str, str]) -> Hit:
    root = best[caught.path[0].owner]
    chain = path_text(caught.path, names)
    reasons = []
    if caught.percentage:
        whose = "several listed parties" if len(caught.listed) > 1 else "a listed party"
        text = f"{caught.percentage:g} % is owned, directly or through others, by {whose}: {chain}"
        reasons.append(Reason("ownership.share", 0.0, text, caught.party, ", ".join(caught.listed)))
    if caught.control:
        reasons.append(
            Reason("ownership.control", 0.0, f"a listed party controls it: {chain}", caught.party, root.query)
        )
    name = names.get(root.query, root.query)
    finding = replace(
        root.finding,
        kind=KIND_OWNERSHIP,
        subjects=(f"query:{caught.party}", *root.finding.subjects[1:]),
        text=f"{chain[:1].upper()}{chain[1:]}. On {name}: {root.finding.text}",
        reasons=(*reasons, *root.finding.reasons),
    )
    return replace(root, finding=finding, query=caught.party)
