"""Reading a file as a whole: refused whole with its first error, or kept as far as it is good, row by row."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass

from headwater.errors import FormatError, HeadwaterError, Place
from headwater.formats.safe import check_size
from headwater.model.record import Record
from headwater.ports import LeftOut, Source, SourceInput


@dataclass(frozen=True, slots=True)
class Notice:
    """What a reader should know about an input although it can be read."""

    what: str
    where: Place

    def __str__(self) -> str:
        """Return the notice in one line."""
        return f"{self.what}; {self.where}"


Reading = Generator[Record | LeftOut, None, tuple[Notice, ...]]
"""What a reader of ours returns from `Source.read`: the rows, and at the end what is unusual about the whole."""


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What came of one input.

    Attributes:
        records: one for each entry that is good.
        left_out: every row that is not, with its error; none unless good rows were to be kept.
        warnings: what is unusual about the input.
    """

    records: tuple[Record, ...]
    left_out: tuple[LeftOut, ...]
    warnings: tuple[Notice, ...]


def read_all(source: Source, given: SourceInput, *, keep_good: bool = False) -> ReadResult:
    """Return the records of one input.

    Args:
        source: the format's reader.
        given: the input.
        keep_good: keep the good rows of an input that has bad ones, and report each that is left out.

    Raises:
        InputError: the input is not in the format, beyond the limits, or has no entry.
        HeadwaterError: the first bad row's error, with the number of all, unless good rows are kept and there are any.
    """
    check_size(given.data, file=given.name)
    records: list[Record] = []
    left_out: list[LeftOut] = []
    warnings: list[Notice] = []
    for found in _collecting(source.read(given), warnings):
        if isinstance(found, LeftOut):
            left_out.append(LeftOut(found.error.located(file=given.name)))
        else:
            records.append(found)
    if left_out and not (keep_good and records):
        raise _counted(left_out[0].error, len(left_out))
    if not records:
        raise FormatError(f"there is no entry in it, read as {source.name}", where=given.name)
    return ReadResult(tuple(records), tuple(left_out), tuple(warnings))


def _collecting(reading: Iterator[Record | LeftOut], warnings: list[Notice]) -> Iterator[Record | LeftOut]:
    """Yield what a reader yields; what it returns goes to the warnings. Any iterator will do, and returns nothing."""
    try:
        while True:
            yield next(reading)
    except StopIteration as end:
        warnings.extend(end.value or ())


def _counted(error: HeadwaterError, count: int) -> HeadwaterError:
    if count > 1:
        error.what = f"{error.what} (the first of {count} rows that cannot be read)"
    return error
