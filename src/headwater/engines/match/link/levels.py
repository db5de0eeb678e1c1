"""Levels: how a model of linking is put together, from what agrees in one way to what is compared of one sort of thing.

It is the model of Fellegi and Sunter (1969): each level has `m`, how often it comes among pairs that are one thing, and
`u`, how often among pairs that are not; its weight is log2(m / u), and the weights of all comparisons and the prior add
up. Where a level names a column in `rarity`, u is how common the value itself is: agreeing on a rare family name says
more than on a common one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import floor, log2
from typing import Final

from headwater.engines.match.link import weights
from headwater.engines.match.link.units import Sort

LEAST_POPULATION: Final = 11
"""log2 of the fewest units that the prior reckons with: a small file is a cutting from a larger world."""


@dataclass(frozen=True, slots=True)
class Need:
    """What must hold before a level can.

    Attributes:
        kind: ``same`` (one number on both sides), ``share`` (lists, or a list and a number, with one in common), ``next``, or
            ``digit`` (dates that are whole and differ in one figure).
        left, right: the columns of the two rows; of ``digit`` those that hold the year, and month and day.
        apart: how far apart numbers that are ``next`` may be.
    """

    kind: str
    left: str
    right: str
    apart: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """One way in which two values agree.

    Attributes:
        code: stable name.
        sql: the condition, with `l.` and `r.` for the two rows; functions as `DIALECTS` names them, in braces.
        text: what a reader is told.
        rarity: column whose own frequency stands for u; empty where it does not.
        needs: what it cannot hold without, any of these; empty where nothing so plain can be told.
    """

    code: str
    sql: str
    text: str
    rarity: str = ""
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing that is compared: its levels from the best, and what is said where none holds.

    Attributes:
        name: stable name.
        column: the column that must be there on both sides; where it is not, nothing is said.
        shown: properties that are shown to a reader, the first that is there.
        levels: best first; the first that holds counts.
        otherwise: what a reader is told where none holds.
    """

    name: str
    column: str
    shown: tuple[str, ...]
    levels: tuple[Level, ...]
    otherwise: str

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of all levels by Splink's number: 0 is none of them, the highest is the best."""
        return ("other", *(level.code for level in reversed(self.levels)))

    def level(self, gamma: int) -> Level | None:
        """Return the level of one of Splink's numbers; None for the one where none holds."""
        return self.levels[len(self.levels) - gamma] if gamma else None


@dataclass(frozen=True, slots=True)
class Model:
    """What is compared of one sort of thing.

    Attributes:
        sort: the sort.
        comparisons: in the order in which they are shown.
        others: log2 of how many records speak of a thing that is spoken of at all, beyond the first.
        link: weight from which two units are joined.
        review: weight from which a person is asked.
    """

    sort: Sort
    comparisons: tuple[Comparison, ...]
    others: float
    link: float
    review: float

    def prior(self, count: int) -> float:
        """Return log2 of the odds that two units drawn from so many are one: the more there are, the more namesakes.

        The number is taken as a power of two, and never as fewer than a small town's, so that new data seldom move it.
        """
        return self.others - max(LEAST_POPULATION, floor(log2(max(1, count))))

    def usual(self, column: str) -> float:
        """Return how common a value of a column is on the whole: u of the level that compares it."""
        found = (
            self.chances(comparison)[level.code][1]
            for comparison in self.comparisons
            for level in comparison.levels
            if level.rarity == column
        )
        return next(found)

    def chances(self, comparison: Comparison) -> Mapping[str, tuple[float, float]]:
        """Return m and u of each level of a comparison, by code."""
        return weights.CHANCES[self.sort][comparison.name]

    def weight(self, comparison: Comparison, gamma: int, frequency: float | None = None) -> float:
        """Return what a level says, in bits; where the value's frequency is given and counts, that stands for u."""
        if gamma < 0:
            return 0.0
        m, u = self.chances(comparison)[comparison.codes[gamma]]
        level = comparison.level(gamma)
        if level is not None and level.rarity and frequency is not None:
            return log2(m / u) + log2(u / max(frequency, weights.LEAST_FREQUENCY.get(level.rarity, weights.RARE)))
        return log2(m / u)

    @property
    def rare_columns(self) -> tuple[str, ...]:
        """The columns whose values' own frequencies count, in order."""
        found = (level.rarity for comparison in self.comparisons for level in comparison.levels if level.rarity)
        return tuple(dict.fromkeys(found))
