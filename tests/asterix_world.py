"""A writer of ASTERIX for the tests, made from the same public specification and on its own: it knows no table of the reader."""

import math
import struct

NM = 1852.0
# Bit of each item in its record, counted from 1, and how it is packed.
FRN = {
    10: {"010": 1, "000": 2, "020": 3, "140": 4, "041": 5, "040": 6, "042": 7, "161": 10, "220": 13, "500": 22},
    21: {"010": 1, "040": 2, "131": 7, "130": 6, "080": 11, "073": 12, "020": 30, "295": 42},
    34: {"010": 1, "000": 2, "030": 3, "120": 11},
    48: {
        "010": 1,
        "140": 2,
        "020": 3,
        "040": 4,
        "090": 6,
        "130": 7,
        "220": 8,
        "250": 10,
        "042": 12,
        "110": 19,
        "120": 20,
        "SP": 27,
    },
    62: {
        "010": 1,
        "070": 4,
        "105": 5,
        "100": 6,
        "060": 9,
        "380": 11,
        "040": 12,
        "080": 13,
        "290": 14,
        "510": 26,
        "500": 27,
    },
}


def record(category: int, **items: bytes) -> bytes:
    """One record: the bits that say which items follow, and the items in their order."""
    placed = {FRN[category][name.removeprefix("i")]: data for name, data in items.items()}
    octets = (max(placed) + 6) // 7
    bits = [0] * octets
    for number in placed:
        bits[(number - 1) // 7] |= 0x80 >> ((number - 1) % 7)
    for at in range(octets - 1):
        bits[at] |= 1
    return bytes(bits) + b"".join(placed[number] for number in sorted(placed))


def block(category: int, *records: bytes) -> bytes:
    """A block of records."""
    body = b"".join(records)
    return bytes([category]) + struct.pack(">H", len(body) + 3) + body


def tod(seconds: float) -> bytes:
    """Time of day in 1/128 s."""
    return round(seconds * 128).to_bytes(3, "big")


def plot(seconds: float, x: float, y: float, *, sic: int = 1, kind: int = 1, **more: bytes) -> bytes:
    """A plot of category 048 of a radar at the origin, at sea level."""
    rho, theta = math.hypot(x, y) / NM * 256.0, math.degrees(math.atan2(x, y)) % 360.0 * 65_536.0 / 360.0
    place = struct.pack(">HH", round(rho), round(theta) % 65_536)
    return record(48, i010=bytes([25, sic]), i140=tod(seconds), i020=bytes([kind << 5]), i040=place, **more)


def track(seconds: float, lat: float, lon: float, *, number: int = 7, **more: bytes) -> bytes:
    """A system track of category 062."""
    place = struct.pack(">ii", round(lat * 2**25 / 180.0), round(lon * 2**25 / 180.0))
    return record(62, i010=bytes([25, 100]), i070=tod(seconds), i105=place, i040=number.to_bytes(2, "big"), **more)


def station(lat: float, lon: float, *, sic: int = 1, height_m: int = 0) -> bytes:
    """A message of category 034 in which a radar says where it stands."""
    place = struct.pack(">h", height_m) + b"".join(
        round(value * 2**23 / 180.0).to_bytes(3, "big", signed=True) for value in (lat, lon)
    )
    return record(34, i010=bytes([25, sic]), i000=b"\x01", i030=tod(1.0), i120=place)


def capture(*payloads: tuple[float, bytes], order: str = "<", link: int = 1) -> bytes:
    """A libpcap file of UDP datagrams over IPv4: POSIX time and payload of each."""
    magic = 0xA1B2C3D4
    out = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65_535, link)
    for moment, payload in payloads:
        udp = struct.pack(">HHHH", 5000, 8600, len(payload) + 8, 0) + payload
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, len(udp) + 20, 0, 0, 64, 17, 0, bytes(4), bytes(4)) + udp
        packet = (b"\0" * 12 + b"\x08\x00" if link == 1 else b"") + ip
        seconds, micro = divmod(round(moment * 1e6), 1_000_000)
        out += struct.pack(f"{order}IIII", seconds, micro, len(packet), len(packet)) + packet
    return out
