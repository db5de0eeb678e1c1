"""Scans as pictures: 8-bit PNG and JPEG are looked at only; a 16-bit grey PNG with a side-car is one channel of counts."""

import struct
from collections.abc import Callable, Iterator
from typing import Any, Final

from headwater.errors import FormatError, MissingExtraError
from headwater.formats.scan_limits import check_claim, schema
from headwater.formats.scan_sidecar import meta_of, parse_sidecar
from headwater.model.scan import ScanFormat, ScanMeta

PNG: Final = b"\x89PNG\r\n\x1a\n"
JPEG: Final = b"\xff\xd8\xff"
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DEPTH: Final = 16


def read_picture(
    data: bytes | memoryview, file: str, beside: Callable[[str], bytes | None]
) -> tuple[ScanFormat, ScanMeta, Any, int]:
    """Return format, meta, pixels (1, height, width) and bits of a picture.

    Raises:
        FormatError: it is cut or cannot be decoded.
        LimitError: it claims too much.
        SchemaError: a 16-bit picture is in colour or has no side-car.
        MissingExtraError: OpenCV is not installed.
    """
    width, height, bits = _png(data, file) if bytes(data[:8]) == PNG else _jpeg(data, file)
    check_claim(width, height, 1, bits // 8 or 1, len(data), file)
    try:
        import cv2
        import numpy as np
    except ModuleNotFoundError as error:
        raise MissingExtraError("scan", error.name or "cv2") from error
    try:
        image = cv2.imdecode(
            np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED if bits == _DEPTH else cv2.IMREAD_GRAYSCALE
        )
    except cv2.error as error:
        raise FormatError("a picture that cannot be decoded", where=file) from error
    if image is None or image.shape[:2] != (height, width):
        raise FormatError("a picture that cannot be decoded", where=file)
    if bits < _DEPTH:
        meta = ScanMeta(channels=("look",), air=None, dark=(0.0,), mm_x=None, mm_y=None)
        return ScanFormat.IMAGE8, meta, image[None].astype(np.uint16), 8
    if image.ndim != 2:  # noqa: PLR2004 - grey
        raise schema("a 16-bit picture in colour", file, "pixels")
    name = file.rsplit(".", 1)[0] + ".json"
    found = beside(name)
    if found is None:
        raise schema(f"no side-car beside it as {name}", file, "side-car")
    meta = meta_of(parse_sidecar(found, name), name)
    if len(meta.channels) != 1:
        raise schema("another number of channels than pages", name, "channels")
    return ScanFormat.IMAGE16, meta, image[None], _DEPTH


def _png(data: bytes | memoryview, file: str) -> tuple[int, int, int]:
    try:
        width, height, bits = struct.unpack_from(">IIB", data, 16)
    except struct.error as error:
        raise FormatError("the header ends early", where=file) from error
    if bytes(data[12:16]) != b"IHDR" or not width or not height:
        raise FormatError("a picture without a sound header", where=file)
    return width, height, bits


def _jpeg(data: bytes | memoryview, file: str) -> tuple[int, int, int]:
    for marker, at in _segments(data):
        if marker in _FRAMES:
            try:
                bits, height, width = struct.unpack_from(">BHH", data, at + 2)
            except struct.error:
                break
            if width and height:
                return width, height, bits
    raise FormatError("a picture without a sound header", where=file)


def _segments(data: bytes | memoryview) -> Iterator[tuple[int, int]]:
    """Yield marker and place of each segment of a JPEG before its pixels."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:  # noqa: PLR2004 - a marker begins so
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004 - a byte that fills
            at += 1
            continue
        yield marker, at + 2
        at += 2 + max(int.from_bytes(data[at + 2 : at + 4], "big"), 2)
