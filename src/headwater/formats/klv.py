"""MISB ST 0601 UAS Datalink Local Set: what an aircraft's camera says of where it is and where it looks.

A packet is a universal key, a length, and items of tag, length and value; the last item is a checksum over all before it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from headwater.formats.safe import check_size

KEY: Final = bytes.fromhex("060e2b34020b01010e01030101000000")
MAX_PACKET_BYTES: Final = 1024 * 1024
CHECKSUM: Final = 1
TIME: Final = 2
# tag: name, bytes, signed, lowest and highest value of the mapped range (MISB ST 0601, table of items)
ITEMS: Final[dict[int, tuple[str, int, bool, float, float]]] = {
    5: ("platform_heading_deg", 2, False, 0.0, 360.0),
    6: ("platform_pitch_deg", 2, True, -20.0, 20.0),
    7: ("platform_roll_deg", 2, True, -50.0, 50.0),
    13: ("sensor_lat", 4, True, -90.0, 90.0),
    14: ("sensor_lon", 4, True, -180.0, 180.0),
    15: ("sensor_altitude_m", 2, False, -900.0, 19000.0),
    16: ("horizontal_field_of_view_deg", 2, False, 0.0, 180.0),
    17: ("vertical_field_of_view_deg", 2, False, 0.0, 180.0),
    18: ("relative_azimuth_deg", 4, False, 0.0, 360.0),
    19: ("relative_elevation_deg", 4, True, -180.0, 180.0),
    20: ("relative_roll_deg", 4, False, 0.0, 360.0),
    21: ("slant_range_m", 4, False, 0.0, 5_000_000.0),
    22: ("target_width_m", 2, False, 0.0, 10_000.0),
    23: ("frame_centre_lat", 4, True, -90.0, 90.0),
    24: ("frame_centre_lon", 4, True, -180.0, 180.0),
    25: ("frame_centre_elevation_m", 2, False, -900.0, 19000.0),
}


@dataclass(slots=True)
class KlvPacket:
    """One packet: where it begins, its items by name, and what is wrong with it."""

    offset: int
    time_us: int | None = None
    values: dict[str, float] = field(default_factory=dict)
    errors: list[tuple[str, str]] = field(default_factory=list)


def read_klv(data: bytes, *, file: str | None = None) -> Iterator[KlvPacket]:
    """Yield every packet; bytes between packets are passed over, as in a stream that was cut into.

    Raises:
        LimitError: the file is too large.
    """
    check_size(data, file=file)
    at = data.find(KEY)
    while at >= 0:
        packet = KlvPacket(at)
        size, begin = _length(data, at + len(KEY))
        if size is None or begin + size > len(data) or size > MAX_PACKET_BYTES:
            packet.errors.append(("cut", "length"))
            yield packet
            at = data.find(KEY, at + len(KEY))
            continue
        _items(data, at, begin, begin + size, packet)
        yield packet
        at = data.find(KEY, begin + size)


def _length(data: bytes, at: int) -> tuple[int | None, int]:
    """Return a length in BER short or long form and where the value begins; None where it is cut or too long."""
    if at >= len(data):
        return None, at
    first = data[at]
    if first < 0x80:  # noqa: PLR2004 - short form
        return first, at + 1
    count = first & 0x7F
    if not 0 < count <= 4 or at + 1 + count > len(data):  # noqa: PLR2004 - more could not be held
        return None, at
    return int.from_bytes(data[at + 1 : at + 1 + count], "big"), at + 1 + count


def _items(data: bytes, whole: int, begin: int, end: int, packet: KlvPacket) -> None:
    at, summed = begin, False
    while at < end:
        tag = data[at]
        size, value_at = _length(data, at + 1)
        if size is None or value_at + size > end:
            packet.errors.append(("cut", f"tag {tag}"))
            return
        value = data[value_at : value_at + size]
        if tag == CHECKSUM:
            summed = True
            if int.from_bytes(value, "big") != checksum(data[whole:value_at]):
                packet.errors.append(("checksum", f"tag {tag}"))
        elif tag == TIME:
            packet.time_us = int.from_bytes(value, "big")
        elif tag in ITEMS:
            _value(tag, value, packet)
        at = value_at + size
    if not summed:
        packet.errors.append(("checksum", "missing"))


def _value(tag: int, value: bytes, packet: KlvPacket) -> None:
    name, size, signed, low, high = ITEMS[tag]
    if len(value) != size:
        packet.errors.append(("length", name))
        return
    number = int.from_bytes(value, "big", signed=signed)
    bits = 8 * size
    if signed:
        if number == -(1 << (bits - 1)):
            return  # the standard's word for "out of range"
        packet.values[name] = number * (high - low) / ((1 << bits) - 2)
    else:
        packet.values[name] = low + number * (high - low) / ((1 << bits) - 1)


def checksum(data: bytes) -> int:
    """Return the running 16-bit sum of MISB ST 0601 over key to the checksum's own length."""
    total = 0
    for at, byte in enumerate(data):
        total += byte << (8 * ((at + 1) % 2))
    return total & 0xFFFF
