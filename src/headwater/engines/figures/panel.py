"""A panel: several series over the same regular periods, as the forecasts and the search for breaks read them."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from headwater.errors import MissingExtraError, Place, SchemaError
from headwater.model.figures import Edition
from headwater.model.period import Kind, Period

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EXTRA: Final = "figures"
MAX_SERIES: Final = 1_000
MAX_SEASON: Final = 366


@dataclass(frozen=True, slots=True)
class Panel:
    """Counts of several series; None where none is given.

    Attributes:
        periods: the periods, regular and in order.
        names: the series, as their file names them.
        counts: for each series one value a period.
    """

    periods: tuple[Period, ...]
    names: tuple[str, ...]
    counts: tuple[tuple[int | None, ...], ...]

    def __post_init__(self) -> None:
        """Refuse what is no panel: nothing, too much, values without period, periods with gaps."""
        if not self.periods or not self.names or len(self.names) != len(self.counts):
            raise SchemaError("no series to work on", where=Place(field="series"))
        if len(self.names) > MAX_SERIES:
            raise SchemaError(f"over {MAX_SERIES} series", where=Place(field="series"))
        if any(len(values) != len(self.periods) for values in self.counts):
            raise SchemaError("as many values as periods are needed", where=Place(field="value"))
        for before, after in pairwise(self.periods):
            if after != before.next():
                what = f"the periods are not regular: {after} follows {before}"
                raise SchemaError(what, where=Place(field="period"), fix="give every period, of one length")

    @property
    def kind(self) -> Kind:
        """The kind of its periods."""
        return self.periods[0].kind

    def until(self, last: Period) -> "Panel":
        """Return the part up to a period.

        Raises:
            SchemaError: the period is not one of the panel's.
        """
        try:
            end = self.periods.index(last) + 1
        except ValueError as error:
            raise SchemaError(f"no such period in the file: {last}", where=Place(field="period")) from error
        return Panel(self.periods[:end], self.names, tuple(values[:end] for values in self.counts))

    def logs(self) -> "Floats":
        """Return log(1 + count), one row a period, one column a series; NaN where no value is given."""
        need("numpy")
        import numpy as np

        raw = np.array([[np.nan if one is None else float(one) for one in values] for values in self.counts])
        logs: Floats = np.log1p(raw.T)
        return logs


def panel_of(edition: Edition) -> Panel:
    """Return the panel of an edition: its series, each summed over its dimensions, from the first period with a value.

    Raises:
        SchemaError: its periods are not regular.
    """
    names, counts = [], []
    for name in edition.series:
        strands = [strand for strand in edition.strands if strand.series == name]
        values: list[int | None] = []
        for at in range(len(edition.periods)):
            given = [value for strand in strands if (value := strand.values[at]) is not None]
            values.append(sum(given) if given else None)
        names.append(name)
        counts.append(tuple(values))
    return _filled(edition.periods, names, counts)


def _filled(periods: Sequence[Period], names: Sequence[str], counts: Sequence[tuple[int | None, ...]]) -> Panel:
    """Return a panel with a row for every period: one that the file leaves out has no value, and the engine bridges it."""
    regular = [periods[0]]
    while regular[-1] < periods[-1] and len(regular) < len(periods) * 2:
        regular.append(regular[-1].next())
    if regular[-1] != periods[-1] or not set(periods) <= set(regular):
        return Panel(tuple(periods), tuple(names), tuple(counts))
    place = {period: at for at, period in enumerate(periods)}
    return Panel(
        tuple(regular),
        tuple(names),
        tuple(tuple(values[place[one]] if one in place else None for one in regular) for values in counts),
    )


def check_season(season: int) -> int:
    """Return how many periods a season has.

    Raises:
        SchemaError: none, or more than days a year.
    """
    if not 1 <= season <= MAX_SEASON:
        raise SchemaError(f"a season of 1 to {MAX_SEASON} periods is needed", where=Place(field="season"))
    return season


def need(*names: str) -> None:
    """Refuse to go on where a library that the extra brings is not installed.

    Raises:
        MissingExtraError: one is not.
    """
    for name in names:
        if find_spec(name) is None:
            raise MissingExtraError(EXTRA, name)
