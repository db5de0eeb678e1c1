"""Shifts between routes: breaks that fall together on two routes, one up and one down. An association, never a cause.

Routes are watched by different states with different means, so a fall here and a rise there can be one journey that moved,
two policies, or two ways of counting. The answer says how often such a pair would fall together by chance.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from headwater.engines.figures.breaks import Break
from headwater.engines.figures.panel import Panel

WINDOW: Final = 3
"""Periods by which two breaks may lie apart and still fall together."""
NOT_A_CAUSE: Final = "They came at about the same time; that one caused the other is not shown."


@dataclass(frozen=True, slots=True)
class Shift:
    """A fall on one route beside a rise on another.

    Attributes:
        fell, rose: the two breaks.
        apart: periods from the fall to the rise; negative where the rise came first.
        by_chance: probability that some break of the other route in that direction falls so near by chance alone.
    """

    fell: Break
    rose: Break
    apart: int
    by_chance: float

    @property
    def text(self) -> str:
        """One sentence that claims no cause."""
        return (
            f"{self.rose.series} rose {self.rose.period.words} and {self.fell.series} fell {self.fell.period.words}. "
            f"{NOT_A_CAUSE} By chance alone a pair like this is to be expected in {self.by_chance:.0%} of cases."
        )


def shifts(panel: Panel, breaks: Sequence[Break], *, window: int = WINDOW) -> tuple[Shift, ...]:
    """Return the falls and rises that came at about the same time, least likely by chance first.

    Args:
        panel: the series that were looked at.
        breaks: the breaks found in them.
        window: periods by which two may lie apart.
    """
    place = {period: at for at, period in enumerate(panel.periods)}
    found = []
    for fell in (one for one in breaks if not one.up):
        for rose in (one for one in breaks if one.up and one.series != fell.series):
            apart = place[rose.period] - place[fell.period]
            if abs(apart) <= window:
                rises = sum(one.up and one.series == rose.series for one in breaks)
                share = min(1.0, rises / len(panel.periods))
                found.append(Shift(fell, rose, apart, 1.0 - (1.0 - share) ** (2 * window + 1)))
    return tuple(sorted(found, key=lambda one: (one.by_chance, one.fell.period, one.fell.series, one.rose.series)))
