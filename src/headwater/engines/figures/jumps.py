"""Cells that moved between vintages while their neighbours stayed: a copying mistake rather than a revision."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final

from headwater.model.figures import Caution, Edition
from headwater.model.period import Period

CODE: Final = "vintage-jump"
_MOVED: Final = 0.5
_STAYED: Final = 0.1
_LEAST: Final = 10
"""Counts below are too small to tell a mistake from a late report."""


def jumps(editions: Sequence[Edition]) -> tuple[Caution, ...]:
    """Return the cells that moved by half or more between an edition and the one before, while their neighbours stayed.

    Args:
        editions: of one source, in the order of the days they were seen on.
    """
    found = []
    for before, after in itertools.pairwise(editions):
        found += [
            Caution(
                CODE,
                f"{after.file}, {name}, {period}",
                f"{old} in the edition seen on {before.seen_on} and {new} in that of {after.seen_on}, while the "
                "periods around it stayed: compare with the publisher's own file.",
            )
            for name, period, old, new in _moved(before, after)
        ]
    return tuple(found)


def _moved(before: Edition, after: Edition) -> Iterator[tuple[str, Period, int, int]]:
    places = {period: at for at, period in enumerate(before.periods)}
    shared = [(places[period], at) for at, period in enumerate(after.periods) if period in places]
    old_strands = {(one.series, one.dimensions): one for one in before.strands}
    for strand in after.strands:
        old = old_strands.get((strand.series, strand.dimensions))
        if old is None:
            continue
        pairs = [(at, old.values[then], strand.values[at]) for then, at in shared]
        given = [(at, was, now) for at, was, now in pairs if was is not None and now is not None]
        changes = [_change(was, now) for _, was, now in given]
        for place, (at, was, now) in enumerate(given):
            around = changes[max(0, place - 1) : place] + changes[place + 1 : place + 2]
            if max(was, now) >= _LEAST and changes[place] >= _MOVED and around and max(around) < _STAYED:
                yield strand.series, after.periods[at], was, now


def _change(was: int, now: int) -> float:
    return abs(now - was) / max(was, 1)
