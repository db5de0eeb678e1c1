"""Clusters: which pairs are taken together, so that a cluster is one thing and not a chain of likenesses.

The rules:

1. What a person has judged the same is joined first, the newest word first.
2. Pairs are taken from the heaviest; a pair that a person judged different is never in one cluster.
3. Two clusters that a register gives different numbers are not joined by likeness.
4. Two clusters are joined only where enough of the pairs between them agree: one heavy pair is no bridge between two
   families.

What a rule keeps apart is told (`Kept`): a person may know better. Equal pairs give equal clusters, whoever computed
them and in whatever order they come.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from headwater.engines.match.link.pairing import Edge

SUPPORT: Final = 0.5
"""Share of the pairs between two clusters that must weigh enough. Chosen on the fitting half."""
_CLOSE: Final = 1
"""Characters in which two numbers may differ and still be one, mistyped."""


class Why(StrEnum):
    """Why two clusters were kept apart."""

    JUDGED = "judged"
    NUMBERS = "numbers"
    SUPPORT = "support"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Kept:
    """A pair that was not joined although it weighs enough, or although a person said it is one; and why."""

    left: int
    right: int
    why: Why


@dataclass(frozen=True, slots=True)
class Clustering:
    """What came of it.

    Attributes:
        clusters: places of units, each cluster in order, clusters by their first; singles left out.
        joints: the pairs that joined each cluster, a tree in the order they were taken; a judged pair without weight too.
        kept: what was kept apart.
    """

    clusters: tuple[tuple[int, ...], ...]
    joints: Mapping[int, tuple[tuple[int, int], ...]]
    kept: tuple[Kept, ...]


@dataclass(slots=True)
class _Group:
    members: list[int]
    numbers: dict[str, set[str]] = field(default_factory=dict)
    joints: list[tuple[int, int]] = field(default_factory=list)


def cluster(
    edges: Iterable[Edge],
    link: float,
    *,
    sure: Mapping[int, frozenset[str]],
    same: Sequence[tuple[int, int]] = (),
    different: Iterable[tuple[int, int]] = (),
    unsure: Iterable[tuple[int, int]] = (),
) -> Clustering:
    """Return the clusters of some pairs.

    Args:
        edges: pairs with their weights.
        link: weight from which a pair joins.
        sure: numbers of which a thing has one alone, by unit, each ``register:number``.
        same: pairs that a person judged the same, the newest first.
        different: pairs that a person judged different.
        unsure: pairs of which a person would not say; they join nothing by themselves.
    """
    strong = [edge for edge in edges if edge.weight >= link]
    work = _Work(strong, sure, different)
    for left, right in same:
        work.join_judged(left, right)
    doubtful = set(unsure)
    for edge in sorted(strong, key=lambda edge: (-edge.weight, edge.left, edge.right)):
        if (edge.left, edge.right) not in doubtful:
            work.join(edge.left, edge.right)
    return work.result()


class _Work:
    def __init__(
        self, strong: Sequence[Edge], sure: Mapping[int, frozenset[str]], different: Iterable[tuple[int, int]]
    ) -> None:
        self._sure = sure
        self._of: dict[int, _Group] = {}
        self._near: dict[int, set[int]] = defaultdict(set)
        for edge in strong:
            self._near[edge.left].add(edge.right)
            self._near[edge.right].add(edge.left)
        self._apart: dict[int, set[int]] = defaultdict(set)
        for left, right in different:
            self._apart[left].add(right)
            self._apart[right].add(left)
        self._kept: list[Kept] = []

    def join_judged(self, left: int, right: int) -> None:
        """Join what a person judged the same, unless a newer word of a person stands against it."""
        one, other = self._group(left), self._group(right)
        if one is other:
            return
        if self._judged_apart(one, other):
            self._kept.append(Kept(left, right, Why.CONFLICT))
            return
        self._merge(one, other, (left, right))

    def join(self, left: int, right: int) -> None:
        """Join a pair, unless a rule keeps the two clusters apart."""
        one, other = self._group(left), self._group(right)
        if one is other:
            return
        why = self._hindrance(one, other)
        if why is not None:
            self._kept.append(Kept(left, right, why))
            return
        self._merge(one, other, (left, right))

    def result(self) -> Clustering:
        """Return the clusters of two or more."""
        groups = {id(group): group for group in self._of.values() if len(group.members) > 1}
        ordered = sorted(groups.values(), key=lambda group: min(group.members))
        clusters = tuple(tuple(sorted(group.members)) for group in ordered)
        joints = {found[0]: tuple(group.joints) for found, group in zip(clusters, ordered, strict=True)}
        return Clustering(clusters, joints, tuple(self._kept))

    def _group(self, unit: int) -> _Group:
        group = self._of.get(unit)
        if group is None:
            group = _Group([unit])
            for text in self._sure.get(unit, ()):
                register, _, number = text.partition(":")
                group.numbers.setdefault(register, set()).add(number)
            self._of[unit] = group
        return group

    def _hindrance(self, one: _Group, other: _Group) -> Why | None:
        if self._judged_apart(one, other):
            return Why.JUDGED
        for register in one.numbers.keys() & other.numbers.keys():
            if not _agree(one.numbers[register], other.numbers[register]):
                return Why.NUMBERS
        between = len(one.members) * len(other.members)
        if between > 1:
            small, large = sorted((one, other), key=lambda group: len(group.members))
            within = set(large.members)
            agreeing = sum(len(self._near[unit] & within) for unit in small.members)
            if agreeing < SUPPORT * between:
                return Why.SUPPORT
        return None

    def _judged_apart(self, one: _Group, other: _Group) -> bool:
        if not self._apart:
            return False
        small, large = sorted((one, other), key=lambda group: len(group.members))
        within = set(large.members)
        return any(self._apart[unit] & within for unit in small.members if unit in self._apart)

    def _merge(self, one: _Group, other: _Group, joint: tuple[int, int]) -> None:
        small, large = sorted((one, other), key=lambda group: len(group.members))
        large.members += small.members
        large.joints += [*small.joints, joint]
        for register, numbers in small.numbers.items():
            large.numbers.setdefault(register, set()).update(numbers)
        for unit in small.members:
            self._of[unit] = large


def _agree(left: set[str], right: set[str]) -> bool:
    """Return whether two sets of numbers of one register can be of one thing: one in common, or one mistyped."""
    return any(one == other or _differing(one, other) <= _CLOSE for one in left for other in right)


def _differing(one: str, other: str) -> int:
    if len(one) != len(other):
        return _CLOSE + 1
    return sum(a != b for a, b in zip(one, other, strict=True))
