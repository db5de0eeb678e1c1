"""Numbers of unused material: they run on over supplements, never restart, and are never given to another item.

An item keeps its number for good on the schedule that it was first listed on. One that is taken off leaves its number
unused; one that moves to the other schedule gets a new number there.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from headwater.case.model import CaseFile, Schedule


@dataclass(frozen=True, slots=True)
class Number:
    """The number of one item on one schedule.

    Attributes:
        item: identifier of the line, without what does not tell it from another: case and spaces.
        supplement: 0 for the first issue of the schedule, then 1, 2 and so on.
    """

    schedule: Schedule
    item: str
    number: int
    supplement: int


@dataclass(frozen=True, slots=True)
class Numbering:
    """All numbers that were ever given in one case, in the order in which they were given."""

    numbers: tuple[Number, ...] = ()

    def extended(self, case: CaseFile) -> "Numbering":
        """Return these numbers and those of the items that have none yet; nothing else changes."""
        made = list(self.numbers)
        for schedule in Schedule:
            known = [one for one in self.numbers if one.schedule is schedule]
            taken = {one.item for one in known}
            after = max((one.number for one in known), default=0)
            supplement = max((one.supplement for one in known), default=-1) + 1
            new = [item_key(line.id) for line in case.material if line.schedule is schedule]
            new = [item for item in dict.fromkeys(new) if item not in taken]
            made += [Number(schedule, item, after + at, supplement) for at, item in enumerate(new, start=1)]
        return Numbering(tuple(made))

    def of(self, schedule: Schedule) -> Mapping[str, Number]:
        """Return the numbers on one schedule by item."""
        return {one.item: one for one in self.numbers if one.schedule is schedule}


def item_key(name: str) -> str:
    """Return the identifier of a line or item without what does not tell it from another: case and spaces."""
    return "".join(name.split()).upper()
