"""Publishing a table: rounded so that it adds up, or with cells suppressed, and never without being attacked first.

Controlled rounding: every cell goes to a neighbouring multiple of the threshold so that rows and columns still add up
(Cox, Ernst 1982, Controlled rounding); of all such tables the one closest to the counts. Where a tenth of the counts would be
lost in it, as in a table of mostly small ones, rows of a small total are merged first.

Suppression: rows of a small total are merged, small cells are hidden, and for each hidden one the cheapest partners that
let it be anything from 1 to below the threshold (Kelly, Golden, Assad 1992, Cell suppression: disclosure protection for
sensitive tabular data). Zeros can be partners too. Then the attack, and again until it narrows nothing.
"""

from collections.abc import Iterator
from enum import StrEnum
from typing import Any, Final

from headwater.engines.figures.attack import Progress, exposed
from headwater.engines.figures.panel import need
from headwater.engines.figures.table import Published, Table, check_threshold, merge_small_rows
from headwater.errors import ForbiddenError

ROUNDS: Final = 12
"""Times that suppression is mended after an attack before it is given up."""
MOST_LOSS: Final = 0.10
"""Share of the counts that may be lost; where more would be, more small rows are merged (figures, goals)."""
_LEAST_ROWS: Final = 3
_FREE: Final = 1e-3
"""What it costs to move a cell that is hidden already: a little, so that the shortest way is taken."""


class Method(StrEnum):
    """How small cells are protected."""

    ROUND = "round"
    SUPPRESS = "suppress"


_MERGE_BELOW: Final = {
    Method.ROUND: (0, 1, 2, 3, 4, 6, 9, 14, 20, 40),
    Method.SUPPRESS: (3, 5, 8, 12, 18, 27, 40),
}
"""Rows below so many thresholds are merged, the fewest first. With suppression the smallest are at once: alone, too few of
their cells could hide each other."""


def publish(table: Table, method: Method, threshold: int = 5, progress: Progress | None = None) -> Published:
    """Return a table as it may go out.

    Args:
        table: the counts.
        method: how small cells are protected.
        threshold: counts from 1 to below it are small.
        progress: hears how far the last attack is.

    Raises:
        ForbiddenError: the attack narrows a small cell all the same: the table may not go out.
        SchemaError: an impossible threshold.
        MissingExtraError: scipy is not installed.
    """
    need("numpy", "scipy")
    check_threshold(threshold)
    tried: list[Published] = []
    for merged, names in _merged(table, method, threshold):
        one = _rounded(merged, names, threshold) if method is Method.ROUND else _suppressed(merged, names, threshold)
        if one.loss <= MOST_LOSS:
            tried = [one, *tried]
            break
        tried.append(one)
    tried.sort(key=lambda one: (one.loss > MOST_LOSS, one.loss))
    for one in tried[:-1]:
        if not exposed(one.table.with_margins(), one.cells, one.base, threshold, progress):
            return one
    refuse_if_exposed(tried[-1], threshold, progress)
    return tried[-1]


def _merged(table: Table, method: Method, threshold: int) -> Iterator[tuple[Table, tuple[str, ...]]]:
    """Yield the table with ever more of its small rows merged, as it stands first where that can do."""
    least = None
    for times in _MERGE_BELOW[method]:
        merged, names = merge_small_rows(table, times * threshold)
        if least is not None and (names == least or len(merged.rows) < _LEAST_ROWS):
            continue
        least = names
        yield merged, names


def refuse_if_exposed(made: Published, threshold: int, progress: Progress | None = None) -> None:
    """Return when a published table narrows no small cell.

    Raises:
        ForbiddenError: it does. The text says how many cells, and not which.
    """
    found = exposed(made.table.with_margins(), made.cells, made.base, threshold, progress)
    if found:
        raise ForbiddenError(
            f"rule disclosure: {len(found)} small cell(s) could be worked out more closely than 1 to {threshold - 1}",
            fix="merge categories, use the other method or a larger threshold; nothing was written",
        )


def _rounded(table: Table, names: tuple[str, ...], base: int) -> Published:
    """Return the table rounded to multiples of a base that adds up and lies closest to the counts."""
    import numpy as np
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_array

    counts = np.array(table.with_margins())
    floor, rest = counts // base * base, counts % base
    height, width = counts.shape
    size = counts.size
    number = np.arange(size).reshape(height, width)
    rows: list[int] = []
    columns: list[int] = []
    values: list[int] = []
    right: list[int] = []
    for line in [*number, *number.T]:
        # The last of each line is its total: what the others gain by rounding up, it must gain.
        gap = floor.flat[line[-1]] - floor.flat[line[:-1]].sum()
        rows += [len(right)] * len(line)
        columns += line.tolist()
        values += [base] * (len(line) - 1) + [-base]
        right.append(int(gap))
    matrix: Any = csr_array((values, (rows, columns)), shape=(len(right), size))
    # Rounding up a cell costs what it adds to the error of rounding down; margins weigh as any cell.
    solved = milp(
        c=(base - 2 * rest).ravel(),
        integrality=np.ones(size),
        bounds=Bounds(0, (rest > 0).astype(float).ravel()),
        constraints=LinearConstraint(matrix, right, right),
    )
    if solved.x is None:
        raise ForbiddenError("rule disclosure: the table cannot be rounded so that it adds up", fix="suppress instead")
    made = floor + base * np.rint(solved.x).astype(int).reshape(height, width)
    return Published(table, tuple(tuple(int(one) for one in line) for line in made), names, base)


def _suppressed(merged: Table, names: tuple[str, ...], threshold: int) -> Published:
    """Return a table, whose small rows are merged, with small cells hidden among partners."""
    true = merged.with_margins()
    hidden = {(row, column) for row, line in enumerate(true) for column, one in enumerate(line) if 0 < one < threshold}
    partners = _Partners(true)
    for cell in sorted(hidden, key=lambda at: (true[at[0]][at[1]], at)):
        partners.protect(cell, threshold, hidden)
    for _ in range(ROUNDS):
        found = exposed(true, _shown(true, hidden), None, threshold)
        if not found:
            break
        before = len(hidden)
        for one in found:
            partners.protect((one.row, one.column), threshold, hidden)
        if len(hidden) == before:
            break
    return Published(merged, _shown(true, hidden), names, None)


def _shown(true: tuple[tuple[int, ...], ...], hidden: set[tuple[int, int]]) -> tuple[tuple[int | None, ...], ...]:
    return tuple(
        tuple(None if (row, column) in hidden else one for column, one in enumerate(line))
        for row, line in enumerate(true)
    )


class _Partners:
    """Finds the cells that must be hidden with another, as the cheapest way to move counts around it."""

    def __init__(self, true: tuple[tuple[int, ...], ...]) -> None:
        import numpy as np
        from scipy.sparse import csr_array, hstack

        self.true = np.array(true)
        self.height, self.width = self.true.shape
        number = np.arange(self.true.size).reshape(self.true.shape)
        lines = [*number, *number.T]
        rows = [at for at, line in enumerate(lines) for _ in line]
        columns = [int(one) for line in lines for one in line]
        signs = [sign for line in lines for sign in [1] * (len(line) - 1) + [-1]]
        one_way: Any = csr_array((signs, (rows, columns)), shape=(len(lines), self.true.size))
        self.matrix: Any = hstack([one_way, -one_way], format="csr")

    def protect(self, cell: tuple[int, int], threshold: int, hidden: set[tuple[int, int]]) -> None:
        """Hide what must be hidden so that a cell can be anything from 1 to below the threshold."""
        value = int(self.true[cell])
        for amount in (threshold - 1 - value, 1 - value):
            if amount:
                self._move(cell, amount, hidden)

    def _move(self, cell: tuple[int, int], amount: int, hidden: set[tuple[int, int]]) -> None:
        """Hide the cells of the cheapest change that moves a cell by an amount and leaves every sum right."""
        import numpy as np
        from scipy.optimize import linprog

        cost = self.true + 1.0
        cost[-1, :] = cost[:, -1] = 4.0 * self.true.max() + 4.0  # a hidden total is worse than any hidden cell
        for place in hidden:
            cost[place] = _FREE
        up = np.full(self.true.shape, np.inf)
        down = self.true.astype(float)
        up[-1, -1] = down[-1, -1] = 0.0  # the grand total is always shown
        (up if amount > 0 else down)[cell] = abs(amount)
        (down if amount > 0 else up)[cell] = 0.0
        lower = np.zeros((2, *self.true.shape))
        lower[(0 if amount > 0 else 1, *cell)] = abs(amount)
        bounds = np.stack([lower.ravel(), np.concatenate([up.ravel(), down.ravel()])], axis=1)
        costs = np.concatenate([cost.ravel(), cost.ravel()])
        solved = linprog(costs, A_eq=self.matrix, b_eq=np.zeros(self.matrix.shape[0]), bounds=bounds, method="highs")
        if solved.x is None:
            return  # no change does it; the attack will say so
        moved = np.abs(solved.x[: self.true.size] - solved.x[self.true.size :]).reshape(self.true.shape)
        hidden.update((int(row), int(column)) for row, column in np.argwhere(moved > 0.5))  # noqa: PLR2004 - whole moves
