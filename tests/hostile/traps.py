"""The traps of the corpus, by syntax: what a hostile file does, and the harmless twin that looks like it."""

import gzip
import io
import itertools
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.hostile.corpus import Form
from tests.hostile.test_formats import csv_cells, json_texts, tarred, xml_heads, xml_parts, zipped

BOM = b"\xef\xbb\xbf"
MAGICS = {
    "PDF": b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n",
    "ELF": b"\x7fELF\x02\x01\x01" + bytes(60),
    "gzip": gzip.compress(b"a,b\n1,2\n", mtime=0),
    "HTML": b"<!DOCTYPE html><html><body>log in</body></html>",
    "OLE": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "pickle": b"\x80\x04\x95\x1a\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    "shell": b"#!/bin/sh\nrm -rf /\n",
    "nothing": b"",
    "blanks": b" \r\n\t " * 50,
    "zeros": bytes(5_000),
}


@dataclass(frozen=True)
class Trap:
    """One hostile file and its twin."""

    name: str
    hostile: bytes
    twin: bytes


def traps(form: Form) -> Iterator[Trap]:
    """Yield every hostile file of a format."""
    for name, bad, good in (*_magics(form), *_BY_SYNTAX[form.syntax](form)):
        if name in form.skip:
            continue
        yield Trap(name, form.inside(bad), form.inside(form.seed if good is None else good))


Made = tuple[str, bytes, bytes | None]


def _magics(form: Form) -> Iterator[Made]:
    for name, data in MAGICS.items():
        yield f"another kind: {name}", data, None


def _at(form: Form, bad: bytes, good: bytes) -> tuple[bytes, bytes | None]:
    twin = None if form.plain or good.startswith(b"{") else form.seed.replace(form.spot, good, 1)
    return form.seed.replace(form.spot, bad, 1), twin


def _json(form: Form) -> Iterator[Made]:
    for name, bad, good in json_texts():
        yield name, *_at(form, bad, good)
    yield "UTF-16", form.seed.decode().encode("utf-16"), form.seed
    yield "UTF-32", form.seed.decode().encode("utf-32"), form.seed
    yield "something behind", form.seed.rstrip() + b"}", form.seed.rstrip() + b"\n"
    yield "byte order mark twice", BOM * 2 + form.seed, None
    if form.syntax == "json":
        yield "two documents", form.seed * 2, None
        cuts = range(1, 10)
        yield from ((f"cut at {n} tenths", form.seed[: len(form.seed) * n // 10 - 1], None) for n in cuts)
    else:
        yield "cut in the last line", form.seed.rstrip()[:-4], None
        yield (
            "cut in the first line",
            form.seed[: form.seed.index(b"\n") // 2] if b"\n" in form.seed else form.seed[:9],
            None,
        )
        yield "a line of two megabytes", form.seed.rstrip() + b'\n{"id":"' + b"x" * 2_000_000 + b'"}\n', form.seed


def _xml(form: Form) -> Iterator[Made]:
    for name, bad, good in xml_parts():
        yield name, *_at(form, bad, good)
    end = form.seed.index(b"?>") + 2 if form.seed.startswith(b"<?xml") else 0
    for name, head in xml_heads():
        if name == "declaration twice" and not end:
            continue
        yield name, form.seed[:end] + head + form.seed[end:], form.seed[:end] + b"<!-- -->" + form.seed[end:]
    yield "UTF-16", form.seed.decode().encode("utf-16"), None
    yield "something behind", form.seed + b"<x/>", None
    yield from ((f"cut at {n} tenths", form.seed[: len(form.seed) * n // 10 - 1], None) for n in range(1, 10))
    yield "cut in the last tag", form.seed.rstrip()[:-3], None


def _csv(form: Form) -> Iterator[Made]:
    for name, bad, good in csv_cells():
        yield name, *_at(form, bad, good)
    for encoding in ("utf-16", "utf-16-le", "utf-32"):
        yield encoding, form.seed.decode().encode(encoding), None
    yield "bad UTF-8", *_at(form, b"\xff\xfe", b"x")
    yield "overlong UTF-8", *_at(form, b"\xc0\xaf", b"/")
    yield "wide row", form.seed + b"," * 2_000 + b"\n", None
    yield "open quote at the end", form.seed + b'"', None
    yield "a row of nine megabytes", form.seed + b"x" * 9_000_000 + b"\n", None
    yield "a heading of two megabytes", b"x" * 2_000_000 + b"\n" + form.seed, None
    yield "half a row", form.seed + b"x", None


def _package(form: Form) -> Iterator[Made]:
    for path in ("../x", "x/../../y", "/x", "C:\\x", "..\\x", "a\nb", "\\\\server\\x"):
        yield f"a member {path[:12]!r}", _with(form.seed, path, b"x"), _with(form.seed, "extra.txt", b"x")
    yield "a bomb", _with(form.seed, "zeros", bytes(300_000_000)), _with(form.seed, "zeros", bytes(900_000))
    yield "a link", _with(form.seed, "link", b"/etc/passwd", mode=0o120777), None
    yield "a device", _with(form.seed, "device", b"", mode=0o020666), None
    yield "a member twice", _with(_with(form.seed, "twice", b"1"), "twice", b"2"), _with(form.seed, "twice", b"1")
    yield "eleven thousand members", _many(form.seed, 11_000), _many(form.seed, 100)
    yield "a wrong checksum", _wrong_checksum(form.seed), None
    yield "said to be encrypted", _flagged(form.seed), None
    yield "said to be short", _said_short(form.seed), None
    yield "a directory that is not there", form.seed[:-22], None
    yield "a zip in a tape archive's name", tarred("../x", b"x"), None
    yield "a gzip of zeros", gzip.compress(bytes(200_000_000), 9), None
    if form.name == "archive":
        for name, bad in _tapes():
            yield name, bad, gzip.compress(tarred("a/x", b"x" * 99))
    else:
        yield "an archive of something else", zipped("a/x", b"x"), None
        yield "an end and nothing else", b"PK\x05\x06" + bytes(18), None
    yield from ((f"cut at {n} tenths", form.seed[: len(form.seed) * n // 10], None) for n in range(1, 10))


def _tapes() -> Iterator[tuple[str, bytes]]:
    for kind, path in itertools.product((b"1", b"2", b"3", b"4", b"6"), ("x",)):
        yield f"a tape with kind {kind.decode()}", tarred(path, b"", kind)
    for path in ("../x", "/x", "x/../../y"):
        yield f"a tape with {path}", gzip.compress(tarred(path, b"x"))
    yield "a tape of zeros", gzip.compress(tarred("x", bytes(150_000_000)))
    yield "a tape cut short", gzip.compress(tarred("x", b"x" * 5_000))[:-9]
    yield "a tape in a gzip in a gzip", gzip.compress(gzip.compress(tarred("x", b"x")))


def _with(package: bytes, name: str, data: bytes, mode: int = 0o100644) -> bytes:
    import warnings

    out = io.BytesIO(package)
    with warnings.catch_warnings(), zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # zipfile warns of the second member of one name; that is the trap
        info = zipfile.ZipInfo(name)
        info.external_attr, info.compress_type = mode << 16, zipfile.ZIP_DEFLATED
        archive.writestr(info, data)
    return out.getvalue()


def _many(package: bytes, count: int) -> bytes:
    out = io.BytesIO(package)
    with zipfile.ZipFile(out, "a") as archive:
        for number in range(count):
            archive.writestr(f"m/{number}", b"")
    return out.getvalue()


def _wrong_checksum(package: bytes) -> bytes:
    data = bytearray(package)
    at = data.index(b"PK\x01\x02")
    while at >= 0:
        data[at + 16] ^= 1
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def _flagged(package: bytes) -> bytes:
    data = bytearray(package)
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 8] |= 1
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def _said_short(package: bytes) -> bytes:
    data = bytearray(package)
    at = data.find(b"PK\x01\x02")
    while at >= 0:
        data[at + 24 : at + 28] = struct.pack("<I", 1)
        at = data.find(b"PK\x01\x02", at + 4)
    return bytes(data)


def _frames(form: Form) -> Iterator[Made]:
    one = len(form.seed) // 3
    message = form.spot
    yield "a frame of 4 GiB", b"\xff\xff\xff\xff" + message, None
    yield "a frame of 2 GiB", b"\x00\x00\x00\x80" + message, None
    yield "twenty thousand empty frames", bytes(80_000), form.seed * 10
    yield "a frame too short by one", struct.pack("<I", len(message) + 1) + message, None
    yield "a frame too long by one", struct.pack("<I", len(message) - 1) + message, None
    yield "a length that goes on", struct.pack("<I", 40) + b"\xff" * 40, None
    yield "a message in itself", _framed(_deep(20_000)), None
    yield "a group that never ends", _framed(b"\x0b" * 5_000), None
    yield "a field that is none", _framed(b"\x00\x01" * 50), None
    yield "bad UTF-8", _framed(message.replace(b"-", b"\xff")), None
    yield "big-endian lengths", len(message).to_bytes(4, "big") + message, None
    yield from ((f"cut at {n}", form.seed[: one + n], None) for n in (1, 2, 3, 5, one // 2, one - 1))
    yield from ((f"a bit of the head changed: {n}", _flip(form.seed, n), None) for n in (8, 16, 24, 25, 26))


def _framed(message: bytes) -> bytes:
    return struct.pack("<I", len(message)) + message


def _deep(levels: int) -> bytes:
    """A protobuf message nested in itself."""
    body = b""
    for _ in range(levels):
        size, head = len(body), b"\x3a"
        while size > 127:
            head += bytes([size & 127 | 128])
            size >>= 7
        body = head + bytes([size]) + body
    return body


def _flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _nmea(form: Form) -> Iterator[Made]:
    line = form.seed.splitlines()[0]
    changes = {
        "a wrong checksum": line[:-2] + b"00",
        "no checksum": line[:-3],
        "a letter changed": line.replace(b"15M", b"15N"),
        "a channel too long": line.replace(b",B,", b"," + b"B" * 70_000 + b","),
        "letters outside the alphabet": line.replace(b"15M67", b"\xff\xfe\x00~}"),
        "a count without end": line.replace(b"M,1,1", b"M," + b"9" * 5_000 + b",1"),
        "number nine of one": line.replace(b"M,1,1", b"M,1,9"),
        "number nought": line.replace(b"M,1,1", b"M,1,0"),
        "never finished": b"!AIVDM,9,1,3,A,15M67FC000G?ufbE`FepT@3n00Sa,0*5C",
        "five fill bits too many": line.replace(b",0*", b",9*"),
        "no payload": b"!AIVDM,1,1,,B,,0*26",
        "another talker": b"$GPGGA,1,2,3*00",
        "UTF-16": line.decode().encode("utf-16"),
        "a payload of a megabyte": line.replace(b"15M67", b"1" * 1_000_000),
        "a NUL": line.replace(b"15M", b"1\0M"),
    }
    for name, changed in changes.items():
        yield name, line + b"\n" + changed + b"\n", None


def _klv(form: Form) -> Iterator[Made]:
    one, size = form.seed[: len(form.seed) // 2], len(form.seed) // 2
    key = one[:16]
    yield "a packet of 2 GiB", one + key + b"\x84\x7f\xff\xff\xff", None
    yield "a length of eight bytes", one + key + b"\x88" + b"\xff" * 8, None
    yield "a length of 127 bytes", one + key + b"\xff" + b"\xff" * 127, None
    yield "an indefinite length", one + key + b"\x80" + one[17:], None
    yield "a key and nothing else", one + key, None
    yield "an item longer than its packet", key + b"\x04\x0d\x7f\x01\x02", None
    yield "an item without a length", key + b"\x01\x0d", None
    yield "a tag of nine bytes", key + b"\x0b" + b"\xff" * 9 + b"\x01\x00", None
    yield "no checksum", key + b"\x06\x0d\x04\x10\x20\x30\x40", None
    for bit in (17 * 8, 20 * 8 + 1, 27 * 8, size * 8 - 3, size * 8 - 9):
        yield f"bit {bit} changed", _flip(one, bit), None
    yield from ((f"cut at {n}", one + one[:n], None) for n in (17, 18, 20, 26, size - 1))


def _mot(form: Form) -> Iterator[Made]:
    cells = (b"1e999", b"nan", b"inf", b"-inf", b"", b"x", b"0x10", "１".encode(), b"9" * 5_000, b"\xff", b"\0")
    for cell in cells:
        yield f"a place {cell[:8]!r}", form.seed.replace(form.spot, cell, 1), None
    yield "a frame beyond reason", form.seed + b"1e300,-1,1,1,1,1,1\n", None
    yield "a frame below nought", form.seed + b"-1,-1,1,1,1,1,1\n", None
    yield "a width below nought", form.seed + b"3,-1,1,1,-1,1,1\n", None
    yield "three numbers", form.seed + b"3,-1,1\n", None
    yield "UTF-16", form.seed.decode().encode("utf-16"), None


def _image(form: Form) -> Iterator[Made]:
    yield from ((f"cut at {n} tenths", form.seed[: len(form.seed) * n // 10], None) for n in range(1, 8))
    yield "its head alone", form.seed[:8], None
    yield "zeros behind its head", form.seed[:16] + bytes(5_000), None
    yield "noise behind its head", form.seed[:16] + zlib.compress(form.seed) * 3, None
    if form.name == "scan-tiff":
        yield from _tiffs(form)
    elif form.name == "scan-dx":
        yield "no mark", form.seed.replace(b"DICM", b"DICN", 1), None
        yield "a length of 4 GiB", _after(form.seed, b"OW", 2, b"\xff\xff\xff\xff"), None
        yield (
            "sequences in sequences",
            form.seed[:132] + b"\x08\x00\x40\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff" * 3_000,
            None,
        )
        yield (
            "rows without end",
            form.seed.replace(b"\x28\x00\x10\x00US\x02\x00", b"\x28\x00\x10\x00US\xff\xff", 1),
            None,
        )
    else:
        at = form.seed.index(b"\xff\xc0")
        yield "a picture of 65,535 by 65,535", form.seed[: at + 5] + b"\xff\xff\xff\xff" + form.seed[at + 9 :], None
        yield "a PNG of 60,000 by 60,000", _png(60_000), None
        yield "a PNG with a wrong checksum", _png(10, wrong=True), None


def _tiffs(form: Form) -> Iterator[Made]:
    data = form.seed
    (first,) = struct.unpack_from("<I", data, 4)
    (entries,) = struct.unpack_from("<H", data, first)
    yield "a page that is its own next", _put(data, first + 2 + 12 * entries, struct.pack("<I", first)), None
    yield "a first page outside", _put(data, 4, struct.pack("<I", 0xFFFFFFF0)), None
    yield "a first page at an odd byte", _put(data, 4, struct.pack("<I", len(data) - 3)), None
    yield "65,535 entries", _put(data, first, b"\xff\xff"), None
    yield "no entry", _put(data, first, b"\0\0"), None
    for tag, name in (
        (256, "a width"),
        (257, "a height"),
        (277, "samples"),
        (258, "bits"),
        (273, "strips elsewhere"),
        (279, "strips of 4 GiB"),
    ):
        at = _entry(data, first, entries, tag)
        if at is not None:
            yield f"{name} without end", _put(data, at, struct.pack("<HHII", tag, 4, 1, 0xFFFFFFFF)), None
            yield f"{name} of a kind that is none", _put(data, at, struct.pack("<HHII", tag, 99, 1, 1)), None
    yield "another byte order", b"MM" + data[2:], None
    yield "another version", data[:2] + b"\x2c\x00" + data[4:], None


def _entry(data: bytes, first: int, entries: int, tag: int) -> int | None:
    places = (first + 2 + 12 * number for number in range(entries))
    return next((at for at in places if struct.unpack_from("<H", data, at)[0] == tag), None)


def _put(data: bytes, at: int, piece: bytes) -> bytes:
    return data[:at] + piece + data[at + len(piece) :]


def _after(data: bytes, mark: bytes, skip: int, piece: bytes) -> bytes:
    at = data.rindex(mark) + len(mark) + skip
    return _put(data, at, piece)


def _png(side: int, *, wrong: bool = False) -> bytes:
    head = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    check = zlib.crc32(b"IHDR" + head) ^ wrong
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", check) + bytes(300)


def _note(form: Form) -> Iterator[Made]:
    data = form.seed
    lines = data.split(b"\n")
    yield "carriage returns", data.replace(b"\n", b"\r\n"), None
    yield "UTF-16", data.decode().encode("utf-16"), None
    yield "bad UTF-8", lines[0] + b"\xff" + data[len(lines[0]) :], None
    yield "a megabyte behind", data + b"x" * 1_000_000, None
    yield "ten thousand signatures", data + lines[-2] * 1 + (b"\n" + lines[-2]) * 10_000 + b"\n", None
    yield "a NUL", data.replace(b"\n", b"\0\n", 1), None
    yield "no gap", data.replace(b"\n\n", b"\n"), None
    yield "no name", b"\n" + data, None
    yield from ((f"line {n} left out", b"\n".join(lines[:n] + lines[n + 1 :]), None) for n in range(min(4, len(lines))))
    yield from (
        (f"line {n} of no base64", b"\n".join([*lines[:n], b"!" + lines[n], *lines[n + 1 :]]), None) for n in (1, 2)
    )
    yield from ((f"cut at {n} tenths", data[: len(data) * n // 10], None) for n in range(1, 4))


def _sealed(form: Form) -> Iterator[Made]:
    data = form.seed
    yield from ((f"cut at {n} tenths", data[: len(data) * n // 10], None) for n in range(10))
    yield "one byte short", data[:-1], None
    yield "one byte more", data + b"\0", None
    yield "five megabytes more", data + bytes(5_000_000), None
    yield "twice", data * 2, None
    yield "a header of 65,535 bytes", b"\xff\xff" + data[2:], None
    yield from ((f"bit {bit} changed", _flip(data, bit), None) for bit in range(0, len(data) * 8, len(data) * 8 // 40))


_BY_SYNTAX: dict[str, Callable[[Form], Iterator[Made]]] = {
    "json": _json,
    "jsonl": _json,
    "xml": _xml,
    "csv": _csv,
    "package": _package,
    "frames": _frames,
    "nmea": _nmea,
    "klv": _klv,
    "mot": _mot,
    "image": _image,
    "note": _note,
    "sealed": _sealed,
}
