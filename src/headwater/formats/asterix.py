"""ASTERIX: what radars, trackers and ADS-B stations of air and sea surveillance say, block by block.

A block is an octet of category, two of length, and records; a record is a chain of bits that say which items follow. The reader
is written from EUROCONTROL's public specification. It takes blocks one behind another, as they lie in a recording of a line or of
datagrams, and libpcap captures of UDP.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from headwater.errors import FormatError, Place, SchemaError
from headwater.formats.asterix_items import PROFILES, Compound, Extended, Fixed, Layout, Profile, Repeated
from headwater.formats.safe import check_size
from headwater.formats.udp_capture import is_capture, read_datagrams

HEAD: Final = 3
MOST_PARTS: Final = 16
"""Octets of bits, or parts of an extended item, that may follow one another; the longest profile has five."""

SET: Final = tuple(tuple(bit for bit in range(7) if value & (0x80 >> bit)) for value in range(256))
"""Which of the first seven bits of an octet are set, looked up rather than reckoned for every record."""


@dataclass(frozen=True, slots=True)
class AsterixRecord:
    """One record, or why it could not be read.

    Attributes:
        index: its number, from 0.
        offset: the byte of the file at which it begins.
        category: 10, 21, 34, 48 or 62.
        items: the octets of each item by its number in the specification.
        captured: when the datagram came; None where the file does not say.
        errors: what is wrong: rule, item. What lies behind it in its block cannot be found.
    """

    index: int
    offset: int
    category: int
    items: dict[str, bytes] = field(default_factory=dict)
    captured: datetime | None = None
    errors: tuple[tuple[str, str], ...] = ()

    @property
    def source(self) -> str:
        """The system area and identification code of who says it, as ``25/201``; empty where it does not say."""
        told = self.items.get("010", b"")
        return f"{told[0]}/{told[1]}" if len(told) == 2 else ""  # noqa: PLR2004 - two octets


@dataclass(slots=True)
class PassedOver:
    """Blocks of categories that are not read, by category."""

    blocks: Counter[int] = field(default_factory=Counter)

    def warnings(self) -> list[str]:
        """Return a line for each category."""
        return [f"{count} blocks of category {number:03d} passed over" for number, count in sorted(self.blocks.items())]


def read_asterix(data: bytes, *, file: str | None = None, passed: PassedOver | None = None) -> Iterator[AsterixRecord]:
    """Yield the records of a file of blocks, or of a libpcap capture of them.

    Args:
        data: the bytes.
        file: its name, for errors.
        passed: hears of blocks in other categories.

    Raises:
        FormatError: a block is cut or says an impossible length, with the byte at which it begins; those before were yielded.
        LimitError: the file is too large.
    """
    check_size(data, file=file)
    told = PassedOver() if passed is None else passed
    index = 0
    for moment, begin, part in _parts(data, file):
        for record in _blocks(part, begin, moment, index, file, told):
            index = record.index + 1
            yield record


def _parts(data: bytes, file: str | None) -> Iterator[tuple[datetime | None, int, bytes]]:
    if not is_capture(data):
        yield None, 0, data
        return
    for one in read_datagrams(data, file=file):
        yield one.moment, one.offset, one.data


def _blocks(
    data: bytes, begin: int, moment: datetime | None, index: int, file: str | None, passed: PassedOver
) -> Iterator[AsterixRecord]:
    at = 0
    while at < len(data):
        where = Place(file=file, offset=begin + at)
        if at + HEAD > len(data):
            raise FormatError("an ASTERIX block is cut", where=where)
        category, size = data[at], int.from_bytes(data[at + 1 : at + HEAD], "big")
        if size < HEAD:
            raise FormatError("an ASTERIX block shorter than its own head", where=where)
        if at + size > len(data):
            raise FormatError("an ASTERIX block is cut", where=where)
        profile = PROFILES.get(category)
        if profile is None:
            passed.blocks[category] += 1
        else:
            for record in _records(data[at : at + size], begin + at, category, profile, moment, index):
                yield record
                index += 1
        at += size


def _records(
    data: bytes, begin: int, category: int, profile: Profile, moment: datetime | None, index: int
) -> Iterator[AsterixRecord]:
    at = HEAD
    while at < len(data):
        items: dict[str, bytes] = {}
        try:
            end = _record(data, at, profile, items)
        except SchemaError as broken:  # where the next record of the block begins is not known
            errors = ((broken.what, broken.where.field or ""),)
            yield AsterixRecord(index, begin + at, category, items, moment, errors)
            return
        yield AsterixRecord(index, begin + at, category, items, moment)
        at, index = end, index + 1


def _broken(rule: str, item: str) -> SchemaError:
    return SchemaError(rule, where=Place(field=item))


def _record(data: bytes, at: int, profile: Profile, items: dict[str, bytes]) -> int:
    """Read one record and return where it ends."""
    chosen, at = _bits(data, at, "fspec")
    for number in chosen:
        slot = profile[number] if number < len(profile) else None
        if slot is None:
            raise _broken("no_such_item", f"{number + 1}")
        name, layout = slot
        end = at + _length(data, at, layout, name)
        if end > len(data):
            raise _broken("cut", name)
        items[name] = data[at:end]
        at = end
    return at


def _bits(data: bytes, at: int, name: str) -> tuple[list[int], int]:
    """Return which of the seven bits of each octet are set, counted from 0, and where what they tell of begins."""
    chosen: list[int] = []
    for octet in range(MOST_PARTS):
        if at >= len(data):
            raise _broken("cut", name)
        value = data[at]
        at += 1
        chosen += SET[value] if not octet else [octet * 7 + bit for bit in SET[value]]
        if not value & 1:
            return chosen, at
    raise _broken("too_long", name)


def _length(data: bytes, at: int, layout: Layout, name: str) -> int:
    """Return how many octets an item takes."""
    if isinstance(layout, Fixed):
        return layout.octets
    if isinstance(layout, Compound):
        return _compound(data, at, layout, name)
    if isinstance(layout, Extended):
        return _extended(data, at, layout.octets, name)
    if at >= len(data):
        raise _broken("cut", name)
    if isinstance(layout, Repeated):
        return 1 + data[at] * layout.octets
    if data[at] == 0:
        raise _broken("no_length", name)
    return data[at]


def _compound(data: bytes, at: int, layout: Compound, name: str) -> int:
    chosen, end = _bits(data, at, name)
    for number in chosen:
        part = layout.parts[number] if number < len(layout.parts) else None
        if part is None:
            raise _broken("no_such_item", f"{name}.{number + 1}")
        end += _length(data, end, part, name)
    return end - at


def _extended(data: bytes, at: int, octets: int, name: str) -> int:
    for count in range(1, MOST_PARTS + 1):
        last = at + count * octets - 1
        if last >= len(data):
            raise _broken("cut", name)
        if not data[last] & 1:
            return count * octets
    raise _broken("too_long", name)
