"""What is unusual about an edition as a whole: mixed weeks, missing periods, an end long before its publication."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Final

from headwater.formats.figure_cells import Cautions
from headwater.model.figures import Edition
from headwater.model.period import WEEK_DAYS, Kind, Period, week_ending

MIXED_PERIOD: Final = "mixed-period"
PERIOD_GAP: Final = "period-gap"
ENDS_EARLY: Final = "ends-early"
LATE_DAYS: Final = {Kind.DAY: 30, Kind.WEEK: 45, Kind.MONTH: 130, Kind.QUARTER: 300, Kind.YEAR: 550}
"""Days after its last period from which an edition is older than it looks. Frontex publishes within two months and the
Home Office within eight; copies seen later than that stopped being renewed."""
_MONTH_GAPS: Final = range(28, 32)


def settle(periods: Sequence[Period], label: str) -> list[Period]:
    """Return periods as what they are meant to be: days a week apart are weeks ending on them, days a month apart months.

    Args:
        periods: as they were read.
        label: the words above them, which may say "week".
    """
    if any(period.kind is not Kind.DAY for period in periods):
        return list(periods)
    days = sorted({period.start for period in periods})
    gaps = sorted((after - before).days for before, after in itertools.pairwise(days))
    if "week" in label or (gaps and gaps[len(gaps) // 2] == WEEK_DAYS):
        return [week_ending(period.end) for period in periods]
    ends = all((day + timedelta(days=1)).day == 1 for day in days)
    if gaps and gaps[len(gaps) // 2] in _MONTH_GAPS and (ends or all(day.day == 1 for day in days)):
        return [_month_of(period) for period in periods]
    return list(periods)


def check(edition: Edition, cautions: Cautions) -> None:
    """Note what is unusual about an edition."""
    last: Period | None = None
    for series in edition.series:
        held = [period for period in _held(edition, series) if period.kind is not Kind.RANGE]
        if not held:
            continue
        mixed = next(_mixed(held), None)
        if mixed is not None:
            where = f"{edition.file}, {series}, {mixed}"
            cautions.add(MIXED_PERIOD, where, "Weeks end on different days or overlap: they cannot be added up.")
        else:
            for missing in _gaps(held):
                where = f"{edition.file}, {series}, {missing}"
                cautions.add(PERIOD_GAP, where, "A period is missing between others that are there.")
        last = held[-1] if last is None or held[-1].end > last.end else last
    if last is None or not edition.dated or last.kind not in LATE_DAYS:
        return
    if (edition.seen_on - last.end).days > LATE_DAYS[last.kind]:
        where = f"{edition.file}, {last}"
        cautions.add(ENDS_EARLY, where, f"The last period ended long before {edition.seen_on}: is it an old copy?")


def _held(edition: Edition, series: str) -> list[Period]:
    strands = [strand for strand in edition.strands if strand.series == series]
    return [
        period for at, period in enumerate(edition.periods) if any(strand.values[at] is not None for strand in strands)
    ]


def _mixed(periods: Sequence[Period]) -> Iterator[Period]:
    weeks = [period for period in periods if period.kind is Kind.WEEK]
    for before, after in itertools.pairwise(weeks):
        if after.end.weekday() != before.end.weekday() or after.start <= before.end:
            yield after


def _gaps(periods: Sequence[Period]) -> Iterator[Period]:
    for before, after in itertools.pairwise(periods):
        if before.kind is after.kind and after.start > before.next().start:
            yield before.next()


def _month_of(period: Period) -> Period:
    first = period.start.replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return Period(first, following - timedelta(days=1))
