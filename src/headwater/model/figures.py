"""Published figures: an edition is what one source gave on one day, with the definition of every series in it.

Nothing is overwritten: a later edition stands beside the earlier ones, and what was known on a day is read from those
seen by then.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.model.ids import BlobHash
from headwater.model.period import Period

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]*\.[a-z0-9][a-z0-9-]*", re.ASCII)
_WITH_SOURCE: Final = re.compile(r"([a-z0-9][a-z0-9-]*)\.(\S.*)", re.ASCII)
_SLUG: Final = re.compile(r"[^a-z0-9]+")
MAX_COUNT: Final = 2**53 - 1
"""The largest count: what a double holds exactly in any language."""


class Unit(StrEnum):
    """What one of a count is."""

    DETECTION = "detections"
    """Of crossings of a border: events. One person can be detected twice, another never."""
    ENFORCED = "enforced returns"
    VOLUNTARY = "voluntary returns"
    REFUSED = "refusals at port"
    RETURN = "returns"
    """Enforced and voluntary together, as "returns" is meant in UK statements; refusals at port are not in it."""
    PERSON = "people"
    BOAT = "boats"
    REFERRAL = "referrals"
    COUNT = "counts"
    """The file does not say."""


@dataclass(frozen=True, slots=True)
class Definition:
    """What a series counts, in its publisher's sense.

    Attributes:
        title: name as the publisher writes it.
        unit: what one of it is.
        note: the definition in words, with what it leaves out.
    """

    title: str
    unit: Unit
    note: str


@dataclass(frozen=True, slots=True)
class Strand:
    """The values of one series under one set of dimensions, one for each period of its edition; None is not given."""

    series: str
    values: tuple[int | None, ...]
    dimensions: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        """Refuse a name that is not SOURCE.slug, and what is no count."""
        if not _NAME.fullmatch(self.series):
            raise SchemaError("a series name that is not SOURCE.slug", where=Place(field="series"))
        if any(value is not None and not 0 <= value <= MAX_COUNT for value in self.values):
            raise SchemaError("a negative or impossibly large count", where=Place(field=self.series))


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One publication: what a source gave on one day.

    Attributes:
        source: name of the source, the part of a series name before the dot.
        seen_on: the day these values were the published ones.
        dated: whether the file or its reader's user said that day; else it is the day of reading.
        file, sha256: name and SHA-256 of the file it was read from.
        periods: the periods of every strand, in order.
        strands: the values.
        definitions: what each series counts, by name.
    """

    source: str
    seen_on: date
    dated: bool
    file: str
    sha256: BlobHash
    periods: tuple[Period, ...]
    strands: tuple[Strand, ...]
    definitions: tuple[tuple[str, Definition], ...]

    def __post_init__(self) -> None:
        """Refuse gaps between the parts: a series without definition, values without period, a strand twice."""
        if list(self.periods) != sorted(set(self.periods)):
            raise SchemaError("periods repeated or out of order", where=Place(file=self.file, field="period"))
        if any(len(strand.values) != len(self.periods) for strand in self.strands):
            raise SchemaError("as many values as periods are needed", where=Place(file=self.file))
        names = {name for name, _ in self.definitions}
        if len(names) != len(self.definitions) or any(strand.series not in names for strand in self.strands):
            raise SchemaError("a series without a definition, or with two", where=Place(file=self.file))
        if len({(strand.series, strand.dimensions) for strand in self.strands}) != len(self.strands):
            raise SchemaError("a series given twice under the same dimensions", where=Place(file=self.file))

    @property
    def series(self) -> tuple[str, ...]:
        """The names of its series, in order."""
        return tuple(sorted(name for name, _ in self.definitions))


@dataclass(frozen=True, slots=True)
class Caution:
    """A warning: what a reader of an edition should know although it could be read.

    Attributes:
        code: stable name of the kind.
        where: the place in words.
        text: what it means, in one sentence.
    """

    code: str
    where: str
    text: str


def slug(text: str) -> str:
    """Return a text as the second half of a series name: ``western-balkan-route``."""
    return _SLUG.sub("-", text.lower()).strip("-")


def series_name(source: str, text: str) -> str:
    """Return the name of a series; a text that is one already stays as it is, one with a source keeps the source.

    Raises:
        SchemaError: nothing is left of the text.
    """
    if _NAME.fullmatch(text):
        return text
    named = _WITH_SOURCE.fullmatch(text)
    name = f"{named[1]}.{slug(named[2])}" if named else f"{slug(source)}.{slug(text)}"
    if not _NAME.fullmatch(name):
        raise SchemaError("a series without a name", where=Place(field="series"))
    return name
