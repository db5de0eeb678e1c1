"""Small facts of records and findings in the form that several pages show them in."""

from collections.abc import Iterable
from dataclasses import dataclass

from headwater.model.grade import Grade
from headwater.model.handling import Handling, join_all
from headwater.model.ids import AuthorityId
from headwater.model.record import Record


@dataclass(frozen=True, slots=True)
class Marks:
    """Handling in the words that stand on a page.

    Attributes:
        codes: handling codes and protective markings.
        conditions: conditions in force.
        releasable: states it may pass on to; None is any, empty is "ask the originator".
        never_onward: whether the originator forbids any passing on.
        retain_until: last day it may be kept, ISO; empty for no limit.
    """

    codes: tuple[str, ...]
    conditions: tuple[str, ...]
    releasable: tuple[str, ...] | None
    never_onward: bool
    retain_until: str

    @property
    def short(self) -> str:
        """The codes in one line."""
        return " ".join(self.codes)


def marks(handling: Handling) -> Marks:
    """Return handling as pages show it."""
    return Marks(
        codes=(*sorted(handling.markings), *sorted(handling.codes)),
        conditions=tuple(sorted(handling.conditions)),
        releasable=None if handling.releasable_to is None else tuple(sorted(handling.releasable_to)),
        never_onward=handling.never_onward,
        retain_until=handling.retain_until.isoformat() if handling.retain_until else "",
    )


def banner(handlings: Iterable[Handling]) -> Marks:
    """Return the handling line of a page: what everything on it together allows."""
    return marks(join_all(handlings))


def together(several: Iterable[Marks]) -> Marks:
    """Return what several lines of handling allow together, as `Handling.join` does; of none, the line of an empty page."""
    codes, conditions, releasable, never_onward, days = dict[str, None](), set[str](), None, False, list[str]()
    for each in several:
        codes |= dict.fromkeys(each.codes)
        conditions |= {*each.conditions}
        if each.releasable is not None:
            releasable = {*each.releasable} if releasable is None else releasable & {*each.releasable}
        never_onward = never_onward or each.never_onward
        days += [each.retain_until] if each.retain_until else []
    return Marks(
        codes=tuple(codes),
        conditions=tuple(sorted(conditions)),
        releasable=None if releasable is None else tuple(sorted(releasable)),
        never_onward=never_onward,
        retain_until=min(days, default=""),
    )


def grade_text(grade: Grade | None) -> str:
    """Return a grade as people write it, empty for none."""
    return f"{grade.scheme}:{grade.source}/{grade.information}" if grade else ""


def originators(records: Iterable[Record]) -> tuple[AuthorityId, ...]:
    """Return who said what some records say, each once."""
    return tuple(sorted({record.origin.originator for record in records}))
