"""The attack on a published table: how closely can somebody who sees only it work out a small count?

The attacker knows the method and that margins add up. Each small cell is made as small and as large as the rest allows, by
linear programming; in a two-way table with whole bounds the ends are whole numbers, so nobody can do better. A cell that
cannot take every value from 1 to below the threshold is narrowed.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from headwater.engines.figures.panel import need
from headwater.errors import StoreCorruptError

if TYPE_CHECKING:
    from numpy.typing import NDArray

Cells = Sequence[Sequence[int | None]]
Progress = Callable[[int, int], None]
"""Hears how many small cells of how many were attacked."""


@dataclass(frozen=True, slots=True)
class Exposed:
    """A small cell that the attack narrowed.

    Attributes:
        row, column: its place, margins included.
        low, high: what it can still be.
    """

    row: int
    column: int
    low: int
    high: int


class Attack:
    """What is public of a table, as linear constraints over the cells that are not known exactly."""

    def __init__(self, cells: Cells, base: int | None) -> None:
        """Take a table as published: margins at the end of rows and columns, None for suppressed cells.

        Raises:
            MissingExtraError: scipy is not installed.
        """
        need("numpy", "scipy")
        import numpy as np
        from scipy.sparse import csr_array

        self.height, self.width = len(cells), len(cells[0])
        self.place: dict[tuple[int, int], int] = {}
        self.bounds: list[tuple[float, float]] = []
        known: dict[tuple[int, int], int] = {}
        for row, line in enumerate(cells):
            for column, cell in enumerate(line):
                if cell is not None and base is None:
                    known[row, column] = cell
                    continue
                self.place[row, column] = len(self.bounds)
                self.bounds.append((0, inf) if cell is None else _rounded_bounds(cell, base or 1))
        lines: list[dict[int, int]] = []
        right: list[int] = []
        for members in _sums(self.height, self.width):
            terms = {self.place[cell]: sign for cell, sign in members if cell in self.place}
            if terms:
                lines.append(terms)
                right.append(-sum(sign * known.get(cell, 0) for cell, sign in members))
        at = [(row, column, sign) for row, terms in enumerate(lines) for column, sign in terms.items()]
        shape = (len(lines), len(self.bounds))
        self.matrix: Any = csr_array(
            ([sign for *_, sign in at], ([row for row, *_ in at], [column for _, column, _ in at])), shape=shape
        )
        self.right: NDArray[np.float64] = np.array(right, dtype=float)

    def reach(self, row: int, column: int) -> tuple[int, int]:
        """Return the least and the most that a cell can be; a known cell is what it is not asked for.

        Raises:
            StoreCorruptError: no table can look like this: it does not add up.
        """
        low, high = self._solve(row, column, 1), self._solve(row, column, -1)
        return round(low), round(high) if high < inf else 2**53

    def _solve(self, row: int, column: int, sign: int) -> float:
        import numpy as np
        from scipy.optimize import linprog

        cost = np.zeros(len(self.bounds))
        cost[self.place[row, column]] = sign
        solved = linprog(cost, A_eq=self.matrix, b_eq=self.right, bounds=self.bounds, method="highs")
        if solved.status == 3:  # noqa: PLR2004 - HiGHS: unbounded
            return inf
        if solved.status != 0:
            raise StoreCorruptError("a table that does not add up", where=f"row {row + 1}, column {column + 1}")
        return sign * float(solved.fun)


def exposed(
    true: Sequence[Sequence[int]], cells: Cells, base: int | None, threshold: int, progress: Progress | None = None
) -> list[Exposed]:
    """Return every small cell of a table that its published form narrows.

    Args:
        true: the true counts, margins included.
        cells: what is published, margins included; None is suppressed.
        base: what it was rounded to, None where cells are suppressed.
        threshold: counts from 1 to below it are small.
        progress: hears how far it is.
    """
    small = [(row, column) for row, line in enumerate(true) for column, one in enumerate(line) if 0 < one < threshold]
    attack = Attack(cells, base)
    found = []
    for done, (row, column) in enumerate(small):
        if (row, column) not in attack.place:
            found.append(Exposed(row, column, true[row][column], true[row][column]))
        else:
            low, high = attack.reach(row, column)
            if low > 1 or high < threshold - 1:
                found.append(Exposed(row, column, low, high))
        if progress is not None:
            progress(done + 1, len(small))
    return found


def _rounded_bounds(cell: int, base: int) -> tuple[float, float]:
    """Return between what a count lies that was rounded up or down to a neighbouring multiple."""
    return max(0, cell - base + 1), cell + base - 1


def _sums(height: int, width: int) -> Iterator[list[tuple[tuple[int, int], int]]]:
    """Yield each equation of a table with margins: the cells of a line, less its total."""
    for row in range(height):
        yield [((row, column), 1 if column < width - 1 else -1) for column in range(width)]
    for column in range(width):
        yield [((row, column), 1 if row < height - 1 else -1) for row in range(height)]
