"""Captures of network traffic (libpcap files): the payload of every UDP datagram, with when it came and where it lies."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from headwater.errors import FormatError, Place
from headwater.formats.safe import check_size

MAGIC: Final = {
    b"\xd4\xc3\xb2\xa1": ("<", 1_000_000),
    b"\xa1\xb2\xc3\xd4": (">", 1_000_000),
    b"\x4d\x3c\xb2\xa1": ("<", 1_000_000_000),
    b"\xa1\xb2\x3c\x4d": (">", 1_000_000_000),
}
"""First bytes of a libpcap file to its byte order and its ticks a second."""
NEXT_GENERATION: Final = b"\x0a\x0d\x0d\x0a"
BYTE_ORDERS: Final = (b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d")
FILE_HEAD: Final = 24
PACKET_HEAD: Final = 16
MAX_PACKET_BYTES: Final = 256 * 1024
UDP: Final = 17
UDP_HEAD: Final = 8
ETHERNET, RAW, COOKED, NULL, COOKED2 = 1, 101, 113, 0, 276
IPV4, IPV6 = 0x0800, 0x86DD
VLANS: Final = (0x8100, 0x88A8)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Datagram:
    """One UDP payload: when it was captured, and at which byte of the file it begins."""

    moment: datetime
    offset: int
    data: bytes


def is_capture(data: bytes) -> bool:
    """Return whether bytes are a capture, of the old or the next generation."""
    return data[:4] in MAGIC or _is_next_generation(data)


def _is_next_generation(data: bytes) -> bool:
    # The first four bytes alone could be a block of ASTERIX; with the mark of byte order they are not.
    return data[:4] == NEXT_GENERATION and data[8:12] in BYTE_ORDERS


def read_datagrams(data: bytes, *, file: str | None = None) -> Iterator[Datagram]:
    """Yield the UDP datagrams of a libpcap file; other packets and fragments are passed over.

    Raises:
        FormatError: it is no libpcap file, or is cut, with the byte at which the packet begins; those before were yielded.
        LimitError: it is too large.
    """
    check_size(data, file=file)
    if _is_next_generation(data):
        raise FormatError("a pcapng capture", where=file, fix="save it as pcap: editcap -F pcap IN OUT")
    if data[:4] not in MAGIC or len(data) < FILE_HEAD:
        raise FormatError("no libpcap capture", where=file)
    order, ticks = MAGIC[data[:4]]
    link = int(struct.unpack_from(f"{order}I", data, 20)[0]) & 0xFFFF
    at = FILE_HEAD
    while at < len(data):
        where = Place(file=file, offset=at)
        if at + PACKET_HEAD > len(data):
            raise FormatError("a captured packet is cut", where=where)
        seconds, part, size, _ = struct.unpack_from(f"{order}IIII", data, at)
        begin = at + PACKET_HEAD
        if size > MAX_PACKET_BYTES or begin + size > len(data):
            raise FormatError("a captured packet is cut, or over 256 KiB", where=where)
        span = _payload(data[begin : begin + size], link)
        if span is not None:
            moment = EPOCH + timedelta(seconds=seconds, microseconds=part * 1_000_000 // ticks)
            yield Datagram(moment, begin + span[0], data[begin + span[0] : begin + span[1]])
        at = begin + size


def _payload(packet: bytes, link: int) -> tuple[int, int] | None:
    """Return where in a packet the payload of UDP begins and ends; None where there is none."""
    at, kind = _network(packet, link)
    if kind == IPV4 and len(packet) >= at + 20:
        fragment = int.from_bytes(packet[at + 6 : at + 8], "big") & 0x3FFF
        if packet[at] >> 4 != 4 or packet[at + 9] != UDP or fragment:  # noqa: PLR2004 - the version of the protocol
            return None
        at += (packet[at] & 0x0F) * 4
    elif kind == IPV6 and len(packet) >= at + 40 and packet[at + 6] == UDP:
        at += 40
    else:
        return None
    if len(packet) < at + UDP_HEAD:
        return None
    size = int.from_bytes(packet[at + 4 : at + 6], "big")
    if size < UDP_HEAD or at + size > len(packet):  # the capture kept less of it than was sent
        return None
    return at + UDP_HEAD, at + size


def _network(packet: bytes, link: int) -> tuple[int, int]:
    """Return where the network's head begins and which it is."""
    if link == ETHERNET:
        at = 12
        while int.from_bytes(packet[at : at + 2], "big") in VLANS:
            at += 4
        return at + 2, int.from_bytes(packet[at : at + 2], "big")
    if link == COOKED:
        return 16, int.from_bytes(packet[14:16], "big")
    if link == COOKED2:
        return 20, int.from_bytes(packet[0:2], "big")
    begin = 4 if link == NULL else 0
    if link in (NULL, RAW) and len(packet) > begin:
        return begin, IPV6 if packet[begin] >> 4 == 6 else IPV4  # noqa: PLR2004 - the version of the protocol
    return 0, 0
