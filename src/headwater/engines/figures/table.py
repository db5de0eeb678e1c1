"""A table that may be published: counts by row and column with margins, where small counts can give people away."""

from dataclasses import dataclass
from typing import Final

from headwater.errors import Place, SchemaError

TOTAL: Final = "TOTAL"
OTHER: Final = "Other"
MAX_TABLE_CELLS: Final = 4_000
"""Cells of a table with margins: an attack solves two linear programmes for each small one."""
MIN_THRESHOLD: Final = 3
MAX_THRESHOLD: Final = 100


@dataclass(frozen=True, slots=True)
class Table:
    """Counts by row and column, without margins.

    Attributes:
        corner: what stands above the row names.
        rows, columns: the categories.
        counts: one tuple a row.
    """

    corner: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]

    def __post_init__(self) -> None:
        """Refuse a table without cells, with repeated names, or too large to attack."""
        if not self.rows or not self.columns or len(self.counts) != len(self.rows):
            raise SchemaError("a table without rows or columns", where=Place(field=self.corner[:60]))
        if any(len(line) != len(self.columns) for line in self.counts):
            raise SchemaError("a row with more or fewer cells than columns", where=Place(field=self.corner[:60]))
        if len(set(self.rows)) != len(self.rows) or len(set(self.columns)) != len(self.columns):
            raise SchemaError("a row or column named twice", where=Place(field=self.corner[:60]))
        if (len(self.rows) + 1) * (len(self.columns) + 1) > MAX_TABLE_CELLS:
            raise SchemaError(f"a table of over {MAX_TABLE_CELLS} cells", where=Place(field=self.corner[:60]))

    @property
    def whole(self) -> int:
        """The sum of all counts."""
        return sum(sum(line) for line in self.counts)

    def with_margins(self) -> tuple[tuple[int, ...], ...]:
        """Return the counts with the total of each row at its end, and the total of each column below."""
        lines = [(*line, sum(line)) for line in self.counts]
        return (*lines, tuple(sum(column) for column in zip(*lines, strict=True)))


@dataclass(frozen=True, slots=True)
class Published:
    """A table as it goes out.

    Attributes:
        table: the true counts of the rows that go out, which stay inside.
        cells: what is shown, margins included, one tuple a row; None is suppressed.
        merged: rows that were merged into another.
        base: what every cell was rounded to a multiple of; None where cells are suppressed instead.
    """

    table: Table
    cells: tuple[tuple[int | None, ...], ...]
    merged: tuple[str, ...]
    base: int | None

    @property
    def loss(self) -> float:
        """Share of the counts that is lost: by how much cells are off, or the counts that are not shown."""
        lost = sum(
            true if shown is None else abs(true - shown)
            for line, cells in zip(self.table.counts, self.cells, strict=False)
            for true, shown in zip(line, cells, strict=False)
        )
        return lost / self.table.whole if self.table.whole else 0.0

    @property
    def hidden(self) -> int:
        """How many cells are suppressed, margins included."""
        return sum(cell is None for line in self.cells for cell in line)


def check_threshold(threshold: int) -> int:
    """Return the count from which a cell is no longer small.

    Raises:
        SchemaError: it protects nothing or hides everything.
    """
    if not MIN_THRESHOLD <= threshold <= MAX_THRESHOLD:
        raise SchemaError(
            f"a threshold of {MIN_THRESHOLD} to {MAX_THRESHOLD} is needed", where=Place(field="threshold")
        )
    return threshold


def merge_small_rows(table: Table, least: int) -> tuple[Table, tuple[str, ...]]:
    """Return a table whose rows of a small total are one row, Other, and the names of the merged ones.

    Args:
        table: the table.
        least: total from which a row stands alone. Other takes in the next smallest row while it is below.
    """
    order = sorted(range(len(table.rows)), key=lambda at: (sum(table.counts[at]), table.rows[at]))
    mine = [at for at in order if table.rows[at] == OTHER]
    small = [at for at in order if at not in mine and 0 < sum(table.counts[at]) < least]
    rest = [at for at in order if at not in mine and at not in small and sum(table.counts[at]) >= least]
    while small and rest and sum(sum(table.counts[at]) for at in [*small, *mine]) < least:
        small.append(rest.pop(0))
    if not small or (len(small) == 1 and not mine):
        small += rest[:1] if small else []
    if not small:
        return table, ()
    merged = tuple(sum(column) for column in zip(*(table.counts[at] for at in [*small, *mine]), strict=True))
    kept = [at for at in range(len(table.rows)) if at not in small and at not in mine]
    found = Table(
        table.corner,
        (*(table.rows[at] for at in kept), OTHER),
        table.columns,
        (*(table.counts[at] for at in kept), merged),
    )
    return found, tuple(sorted(table.rows[at] for at in small))
