"""Ownership and control: who is over half owned, or controlled, by listed parties, through whatever chain.

Whoever listed parties together own by more than half, or one of them controls, is caught, and counts from then on as a
listed party for what it owns itself. Working outwards from the listed until nobody new is caught makes cycles harmless.

Source: Sanctions and Anti-Money Laundering Act 2018 and its regulations (for example S.I. 2025/902), "owned or controlled
directly or indirectly": more than 50 %, or control by other means. That shares of several listed parties are added up is
the stricter reading, which the United States and the EU take (OFAC, Revised Guidance of 13 August 2014: 50 % or more).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

HALF: Final = 50.0
"""Per cent above which a share is ownership; the threshold of the UK's regulations."""


@dataclass(frozen=True, slots=True)
class Stake:
    """What one party holds in another.

    Attributes:
        owner, owned: the parties.
        percentage: 0 to 100; 0 where nothing is said.
        control: whether it controls the other by other means: the board, a contract, a family's hold.
        source: where that is known from.
    """

    owner: str
    owned: str
    percentage: float = 0.0
    control: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Caught:
    """A party that listed parties own or control.

    Attributes:
        party: who.
        percentage: what listed and caught parties own of it together; 0 where it is caught by control alone.
        control: whether one of them controls it.
        stakes: the stakes that count, largest first.
        listed: the listed parties at the far ends, sorted.
        path: one chain of stakes from a listed party down to this one: the largest stake at every step.
    """

    party: str
    percentage: float
    control: bool
    stakes: tuple[Stake, ...]
    listed: tuple[str, ...]
    path: tuple[Stake, ...]


def roll_up(stakes: Iterable[Stake], listed: Iterable[str]) -> tuple[Caught, ...]:
    """Return every party that is owned or controlled by listed ones, in the order in which they are caught.

    A listed party itself is not among them: it is a hit already.
    """
    into: dict[str, list[Stake]] = {}
    for stake in sorted(set(stakes), key=lambda one: (one.owned, -one.percentage, one.owner, one.source)):
        if stake.owner != stake.owned:
            into.setdefault(stake.owned, []).append(stake)
    roots = frozenset(listed)
    caught: dict[str, Caught] = {}
    while True:
        new = [
            found
            for party in sorted(into.keys() - caught.keys() - roots)
            if (found := _judged(party, into[party], roots, caught)) is not None
        ]
        if not new:
            return tuple(caught.values())
        caught.update((one.party, one) for one in new)


def _judged(party: str, stakes: list[Stake], roots: frozenset[str], caught: Mapping[str, Caught]) -> Caught | None:
    counted = tuple(one for one in stakes if one.owner in roots or one.owner in caught)
    total, control = min(100.0, _summed(counted)), any(one.control for one in counted)
    if not (total > HALF or control):
        return None
    ends = {end for one in counted for end in ((one.owner,) if one.owner in roots else caught[one.owner].listed)}
    main = next((one for one in counted if one.control), counted[0]) if total <= HALF else counted[0]
    above = () if main.owner in roots else caught[main.owner].path
    return Caught(party, total, control, counted, tuple(sorted(ends)), (*above, main))


def _summed(stakes: Iterable[Stake]) -> float:
    """Return the sum of what each owner holds: the largest of several statements about one owner, not all of them."""
    most: dict[str, float] = {}
    for stake in stakes:
        most[stake.owner] = max(stake.percentage, most.get(stake.owner, 0.0))
    return sum(most.values())


def path_text(path: Iterable[Stake], names: Mapping[str, str]) -> str:
    """Return a chain of stakes in words: ``A owns 60 % of B; B controls C``."""
    return "; ".join(
        f"{names.get(one.owner, one.owner)} "
        + (f"owns {one.percentage:g} % of" if one.percentage else "controls")
        + f" {names.get(one.owned, one.owned)}"
        for one in path
    )
