"""Where a payment stands in rows that are sorted: the one search of the kernels."""

from typing import Final

from headwater.engines.trace.kernels.compiled import Array, compiled

TIME: Final = 0
NUMBER: Final = 2
"""Columns of the rows of `arrays.Edges` that ascend within an account: when a payment was made, and its place in that order."""


@compiled
def first_from(row: Array, column: int, low: int, high: int, value: int) -> int:
    """Return the first place from which a column that ascends is not less than a value; `high` where it always is."""
    while low < high:
        middle = (low + high) // 2
        if row[middle, column] < value:
            low = middle + 1
        else:
            high = middle
    return low
