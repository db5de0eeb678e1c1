"""The book: all editions side by side, read by period and by the day on which something was known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

from headwater.errors import SchemaError
from headwater.model.figures import Definition, Edition, Strand, slug
from headwater.model.period import Period

Where = tuple[tuple[str, str], ...]
"""Dimensions that a value must have: name and category."""
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Known:
    """One value of one series as one edition gives it.

    Attributes:
        value: the count.
        seen_on: the day of the edition.
        edition: its place in the book.
    """

    value: int
    seen_on: date
    edition: int


@dataclass(frozen=True, slots=True)
class Total:
    """A count over a period, put together of published values.

    Attributes:
        value: the sum.
        parts: each value with the period it was published for.
    """

    value: int
    parts: tuple[tuple[Period, Known], ...]

    @property
    def seen_on(self) -> date:
        """The day of the newest value in it."""
        return max(known.seen_on for _, known in self.parts)

    @property
    def editions(self) -> frozenset[int]:
        """The editions that it rests on."""
        return frozenset(known.edition for _, known in self.parts)


class Book:
    """Editions in the order of the days they were seen on; of one day, in the order in which they were kept."""

    def __init__(self, editions: Iterable[Edition]) -> None:
        """Take editions in the order in which they were kept."""
        self.editions: tuple[Edition, ...] = tuple(sorted(editions, key=lambda one: one.seen_on))

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of all series."""
        return tuple(sorted({name for edition in self.editions for name in edition.series}))

    @cached_property
    def _strands(self) -> Mapping[tuple[int, str], tuple[Strand, ...]]:
        found: dict[tuple[int, str], list[Strand]] = {}
        for place, edition in enumerate(self.editions):
            for strand in edition.strands:
                found.setdefault((place, strand.series), []).append(strand)
        return {key: tuple(strands) for key, strands in found.items()}

    def named(self, text: str) -> tuple[str, ...]:
        """Return the series that a text names: a full name, the half behind the dot, or all of a source.

        Raises:
            SchemaError: it names none.
        """
        plain = text.strip()
        if plain in self.names:
            return (plain,)
        source, dot, rest = plain.partition(".")
        wanted = f"{slug(source)}.{slug(rest)}" if dot else slug(plain)
        found = [name for name in self.names if wanted in (name, name.partition(".")[2])]
        found = found or [name for name in self.names if not dot and name.partition(".")[0] == wanted]
        if not found:
            raise SchemaError(
                "no such series", where=text[:80], fix=f"use one of {', '.join(self.names) or 'none yet'}"
            )
        return tuple(found)

    def definition(self, series: str, as_of: date | None = None) -> Definition:
        """Return what a series counts, by the newest edition seen by a day, else by the oldest.

        Raises:
            SchemaError: there is no such series.
        """
        found: Definition | None = None
        for edition in self.editions:
            given = dict(edition.definitions).get(series)
            if given is not None and (found is None or as_of is None or edition.seen_on <= as_of):
                found = given
        if found is None:
            raise SchemaError("no such series", where=series[:80])
        return found

    def vintages(self, series: str, where: Where = ()) -> dict[Period, tuple[Known, ...]]:
        """Return every value ever published for each period of a series, oldest first."""
        found: dict[Period, list[Known]] = {}
        for place, edition in enumerate(self.editions):
            strands = [one for one in self._strands.get((place, series), ()) if set(where) <= set(one.dimensions)]
            for at, period in enumerate(edition.periods):
                values = [value for strand in strands if (value := strand.values[at]) is not None]
                if values:
                    found.setdefault(period, []).append(Known(sum(values), edition.seen_on, place))
        return {period: tuple(known) for period, known in sorted(found.items())}

    def known(self, series: str, as_of: date | None = None, where: Where = ()) -> dict[Period, Known]:
        """Return the newest value of each period that was known on a day; None is today."""
        found: dict[Period, Known] = {}
        for period, vintages in self.vintages(series, where).items():
            seen = [one for one in vintages if as_of is None or one.seen_on <= as_of]
            if seen:
                found[period] = seen[-1]
        return found

    def total(self, series: str, period: Period, as_of: date | None = None, where: Where = ()) -> Total | None:
        """Return the count over a period as it was known on a day, None where it was not known as a whole."""
        return tiled(self.known(series, as_of, where), period)


def tiled(known: Mapping[Period, Known], period: Period) -> Total | None:
    """Return a count over a period from values whose periods cover it without gap or overlap, the longest first."""
    if period in known:
        return Total(known[period].value, ((period, known[period]),))
    starts: dict[date, list[Period]] = {}
    for one in known:
        if period.holds(one):
            starts.setdefault(one.start, []).append(one)
    # From the end backwards: the best way on from a day is known before the days ahead of it are looked at.
    onward: dict[date, Period | None] = {period.end + _DAY: None}
    for day in sorted(starts, reverse=True):
        for one in sorted(starts[day], key=lambda each: each.end, reverse=True):
            if one.end + _DAY in onward:
                onward[day] = one
                break
    if period.start not in onward:
        return None
    parts, day = [], period.start
    while (one_more := onward[day]) is not None:
        parts.append((one_more, known[one_more]))
        day = one_more.end + _DAY
    return Total(sum(one.value for _, one in parts), tuple(parts))
