"""Bounds: the most that a pair of units can weigh, told from numbers alone, so that most pairs are never laid side by side.

A level of a comparison may name what must hold before it can (`Level.needs`): a value that is the same, lists that may share
one, numbers next to each other. A pair weighs at most the sum of the heaviest level of each comparison whose needs hold.
That is no answer, only a reason not to ask: what is left out could not have weighed enough, whatever its texts are. Whether
lists share a value is told by marks first, which now and then say so wrongly, and of the pairs that remain by the lists
themselves. A test holds bounds beside weights.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from headwater.engines.match.link.levels import Comparison, Model, Need
from headwater.engines.match.link.sheet import Sheet

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]
    Lists = tuple[Array, Array, Array]

_SPREAD: Final = 0x9E3779B97F4A7C15
"""The golden ratio as a fraction of 2^64 (Knuth, The Art of Computer Programming, 6.4): it spreads numbers over bits."""
_BITS: Final = 6
_BATCH: Final = 1 << 18


class Bounds:
    """Tells the most that pairs of units of a sheet can weigh."""

    def __init__(self, sheet: Sheet, model: Model, frequencies: Mapping[str, Mapping[int, float]]) -> None:
        """Make ready what each comparison needs of the sheet."""
        self._sheet = sheet
        self._model = model
        self._frequencies = frequencies
        self._prior = model.prior(len(sheet))
        self._numbers: dict[str, Array] = {}
        self._marks: dict[str, Array] = {}
        self._lists: dict[str, Lists] = {}
        self._most = [self._made(comparison) for comparison in model.comparisons]

    def enough(self, lefts: "Array", rights: "Array", least: float) -> "tuple[Array, Array]":
        """Return those of some pairs that can weigh at least so much, in bits."""
        for exact in (False, True):
            some = self.most(lefts, rights, exact=exact) >= least
            lefts, rights = lefts[some], rights[some]
        return lefts, rights

    def most(self, lefts: "Array", rights: "Array", *, exact: bool) -> "Array":
        """Return the most that each pair can weigh, in bits; exact is by lists themselves, which takes longer than marks."""
        import numpy as np

        total = np.full(len(lefts), self._prior)
        for at in range(0, len(lefts), _BATCH):  # what is worked with in between stays small
            here = slice(at, at + _BATCH)
            for most in self._most:
                total[here] += most(lefts[here], rights[here], exact)
        return total

    def _made(self, comparison: Comparison) -> "Callable[[Array, Array, bool], Array]":
        """Return what tells the most that a comparison can say of pairs."""
        import numpy as np

        there = self._there(comparison.column)
        least = self._model.weight(comparison, 0)
        levels = [
            (level.needs, self._weights(comparison, len(comparison.levels) - at))
            for at, level in enumerate(comparison.levels)
        ]

        def most(lefts: "Array", rights: "Array", exact: bool) -> "Array":  # noqa: FBT001 - one of three plain arguments
            found = np.full(len(lefts), least)
            for needs, weights in levels:
                weighed = weights[lefts] if isinstance(weights, np.ndarray) else weights
                if not needs:
                    np.maximum(found, weighed, out=found)
                    continue
                holds = np.zeros(len(lefts), bool)
                for need in needs:
                    holds |= self._holds(need, lefts, rights, exact=exact)
                np.maximum(found, weighed, out=found, where=holds)
            found[~(there[lefts] & there[rights])] = 0.0
            return found

        return most

    def _weights(self, comparison: Comparison, gamma: int) -> "float | Array":
        """Return what a level says: one weight, or that of each unit's value where its own frequency counts."""
        import numpy as np

        level = comparison.level(gamma)
        if level is None or not level.rarity:
            return self._model.weight(comparison, gamma)
        common = self._frequencies[level.rarity]
        of = np.zeros(max(common, default=0) + 2)
        of[list(common)] = [self._model.weight(comparison, gamma, share) for share in common.values()]
        return of[self._column(level.rarity)]

    def _holds(self, need: Need, lefts: "Array", rights: "Array", *, exact: bool) -> "Array":
        if need.kind == "share":
            return self._share(need, lefts, rights, exact=exact)
        if need.kind == "digit":
            return _one_digit(*(self._figures(need)[side] for side in (lefts, rights)))
        one, other = self._column(need.left)[lefts], self._column(need.right)[rights]
        holds: Array = abs(one - other) <= need.apart if need.kind == "next" else (one == other) & (one >= 0)
        return holds

    def _share(self, need: Need, lefts: "Array", rights: "Array", *, exact: bool) -> "Array":
        """Return whether two lists, or a list and a value, share one; by marks alone it may be said of some that do not."""
        import numpy as np

        shared: Array = (self._marked(need.left)[lefts] & self._marked(need.right)[rights]) != 0
        if exact:
            some = np.flatnonzero(shared)
            shared[some] = _in_common(self._lists_of(need.left), lefts[some], self._lists_of(need.right), rights[some])
        return shared

    def _lists_of(self, name: str) -> "Lists":
        """Return how many values each unit has in a column, where they begin, and the values of all."""
        import numpy as np

        if name not in self._lists:
            at, values = self._sheet.values(name)
            sizes = np.bincount(at, minlength=len(self._sheet))
            self._lists[name] = sizes, np.cumsum(sizes) - sizes, values
        return self._lists[name]

    def _figures(self, need: Need) -> "Array":
        """Return the figures of each unit's date, four bits each; 0 where it is not whole."""
        import numpy as np

        name = f"{need.left} {need.right}"
        if name not in self._numbers:
            years, days = (self._column(column).astype(np.int64) for column in (need.left, need.right))
            whole, packed = years * 10_000 + days, np.zeros(len(years), np.int64)
            for at in range(8):
                packed |= (whole // 10**at % 10) << (4 * at)
            self._numbers[name] = np.where(days >= 0, packed, 0)
        return self._numbers[name]

    def _there(self, column: str) -> "Array":
        valid: Array = self._sheet.table[column].is_valid().to_numpy()
        return valid

    def _column(self, name: str) -> "Array":
        if name not in self._numbers:
            self._numbers[name] = self._sheet.numbers(name)
        return self._numbers[name]

    def _marked(self, name: str) -> "Array":
        """Return for each unit a bit for each of its values: two without a bit in common share no value."""
        import numpy as np

        if name not in self._marks:
            at, values = self._sheet.values(name)
            bits = np.uint64(1) << ((values.astype(np.uint64) * np.uint64(_SPREAD)) >> np.uint64(64 - _BITS))
            marks = np.zeros(len(self._sheet), np.uint64)
            first = np.flatnonzero(np.diff(at, prepend=-1))
            if len(first):
                marks[at[first]] = np.bitwise_or.reduceat(bits, first)
            self._marks[name] = marks
        return self._marks[name]


def _one_digit(one: "Array", other: "Array") -> "Array":
    """Return whether of two dates in figures one differs: of four bits each, one group alone is not the same."""
    apart = one ^ other
    groups = (apart | apart >> 1 | apart >> 2 | apart >> 3) & 0x11111111
    holds: Array = (one != 0) & (other != 0) & (groups != 0) & (groups & (groups - 1) == 0)
    return holds


def _in_common(ours: "Lists", lefts: "Array", theirs: "Lists", rights: "Array") -> "Array":
    """Return whether the lists of two units share a value: all of the one beside the first of the other, the second, ..."""
    import numpy as np

    shared = np.zeros(len(lefts), bool)
    sizes, starts, values = ours
    counts = sizes[lefts]
    ends = np.cumsum(counts)
    mine = values[np.repeat(starts[lefts] - ends + counts, counts) + np.arange(counts.sum())]
    pair = np.repeat(np.arange(len(lefts)), counts)
    sizes, starts, values = theirs
    for rank in range(sizes[rights].max(initial=0)):
        has = sizes[rights] > rank
        value = np.where(has, values[np.where(has, starts[rights] + rank, 0)], -1)
        shared[pair[mine == value[pair]]] = True
    return shared
