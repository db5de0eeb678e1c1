"""Scans as TIFF: the neutral form and the VACIS-like one.

The directory of pages is walked by hand, because a library allocates what a header claims, and inflates what a strip holds
without a bound. Both byte orders, BigTIFF, strips, tiles, deflate are decoded here; other compressions by tifffile, where it has
a decoder for them.
"""

import io
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from headwater.errors import FormatError, LimitError, MissingExtraError, Place, SchemaError
from headwater.formats.scan_limits import MAX_PAGES, check_claim, no_codec, schema
from headwater.formats.scan_sidecar import LAYOUT_VACIS, meta_of, parse_sidecar, steel_table
from headwater.model.scan import ScanFormat, ScanMeta

MAGIC: Final = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
DEPTH: Final = 16
_TYPES: Final = {1: "B", 2: "B", 3: "H", 4: "I", 6: "b", 7: "B", 8: "h", 9: "i", 11: "f", 12: "d", 16: "Q"}
_MOST_ENTRIES: Final = 512
_MOST_PARTS: Final = 4_000_000
_PLAIN: Final = {1: "uncompressed", 8: "deflate", 32946: "deflate"}
_NAMES: Final = {5: "LZW", 6: "JPEG", 7: "JPEG", 34712: "JPEG 2000", 50000: "zstd", 34925: "LZMA", 32773: "PackBits"}
_WIDTH, _HEIGHT, _BITS, _COMPRESSION, _DESCRIPTION = 256, 257, 258, 259, 270
_OFFSETS, _SAMPLES, _COUNTS, _SAMPLE_FORMAT = 273, 277, 279, 339
_TILE_OFFSETS, _TILE_COUNTS, _TILE_WIDTH, _TILE_HEIGHT = 324, 325, 322, 323
_ROWS, _PREDICTOR = 278, 317
_PLAINEST, _HORIZONTAL = 1, 2
Beside = Callable[[str], bytes | None]


@dataclass(frozen=True, slots=True)
class Page:
    """What the directory says of one page."""

    width: int
    height: int
    bits: int
    samples: int
    floating: bool
    compression: int
    parts: tuple[tuple[int, int], ...]
    part_width: int
    part_height: int
    predictor: int
    order: str
    description: bytes


@dataclass(frozen=True, slots=True)
class TiffScan:
    """What a TIFF holds: format, meta and pixels (channels, height, width)."""

    format: ScanFormat
    meta: ScanMeta
    pixels: Any
    steel_inches: tuple[tuple[float, float], ...] = ()


def read_tiff(data: bytes | memoryview, file: str, beside: Beside) -> TiffScan:
    """Return the scan that a TIFF holds.

    Args:
        data: the file.
        file: its name.
        beside: gives the bytes of a file in the same folder, for the side-car.

    Raises:
        FormatError: it is cut, loops or points past its end.
        LimitError: it claims more than is allowed.
        SchemaError: pages or side-car are not those of a scan.
        MissingExtraError: no decoder for its compression is installed.
    """
    view = memoryview(data)
    pages = walk(view, file)
    for page in pages:
        _check(page, view, file)
    given = _sidecar(pages[0], file, beside)
    meta = meta_of(given, file)
    if len(meta.channels) != len(pages):
        raise schema("another number of channels than pages", file, "channels")
    is_vacis = given.get("layout") == LAYOUT_VACIS
    _check_alike(pages, file, is_vacis=is_vacis)
    arrays = _decode(view, pages, file)
    if is_vacis:
        return TiffScan(ScanFormat.VACIS, meta, _vacis(arrays), steel_table(given, file))
    return TiffScan(ScanFormat.NEUTRAL, meta, arrays)


def walk(view: memoryview, file: str) -> list[Page]:
    """Return the pages that the directory names, without touching a pixel.

    Raises:
        FormatError: it is no TIFF, or its directory is cut or loops.
        LimitError: there are more than four pages.
    """
    if len(view) < 8 or bytes(view[:4]) not in MAGIC:  # noqa: PLR2004 - the header
        raise FormatError("not a TIFF", where=file)
    order = "<" if view[0] == ord("I") else ">"
    big = bytes(view[2:4]) in {b"+\0", b"\0+"}
    word, count, size = ("Q", "Q", 20) if big else ("I", "H", 12)
    at = _take(view, order + word, 8 if big else 4, file)
    pages: list[Page] = []
    seen: set[int] = set()
    while at:
        if at in seen:
            raise FormatError("a chain of pages that points to itself", where=Place(file=file, offset=at))
        if len(pages) == MAX_PAGES:
            raise LimitError(f"over {MAX_PAGES} pages", where=file)
        seen.add(at)
        entries = _take(view, order + count, at, file)
        if not 0 < entries <= _MOST_ENTRIES:
            raise FormatError("a directory of no sensible length", where=Place(file=file, offset=at))
        start = at + struct.calcsize("<" + count)
        tags = {}
        for place in range(start, start + entries * size, size):
            tag, kind = _take(view, order + "H", place, file), _take(view, order + "H", place + 2, file)
            tags[tag] = (kind, place + 4)
        pages.append(_page(view, order, tags, file, big=big))
        at = _take(view, order + word, start + entries * size, file)
    if not pages:
        raise FormatError("no page", where=file)
    return pages


def _take(view: memoryview, form: str, at: int, file: str) -> int:
    try:
        return int(struct.unpack_from(form, view, at)[0])
    except (struct.error, OverflowError) as error:  # an offset of 64 bits may be more than any machine can count to
        raise FormatError("the header ends early", where=Place(file=file, offset=min(at, len(view)))) from error


def _page(view: memoryview, order: str, tags: dict[int, tuple[int, int]], file: str, *, big: bool) -> Page:
    def values(tag: int, default: tuple[int, ...] = ()) -> tuple[int, ...]:
        if tag not in tags:
            return default
        kind, at = tags[tag]
        form = _TYPES.get(kind)
        if form is None:
            raise FormatError("a field of an unknown type", where=Place(file=file, offset=at, field=str(tag)))
        count = _take(view, order + ("Q" if big else "I"), at, file)
        if count > _MOST_PARTS:
            raise LimitError("a field with too many values", where=Place(file=file, field=str(tag)))
        inside, here = (8, at + 8) if big else (4, at + 4)
        if struct.calcsize("<" + form) * count > inside:
            here = _take(view, order + ("Q" if big else "I"), here, file)
        try:
            return struct.unpack_from(f"{order}{count}{form}", view, here)
        except (struct.error, OverflowError) as error:
            raise FormatError("a field that lies past the end", where=Place(file=file, field=str(tag))) from error

    tiled = _TILE_OFFSETS in tags
    offsets = values(_TILE_OFFSETS if tiled else _OFFSETS)
    counts = values(_TILE_COUNTS if tiled else _COUNTS)
    if len(offsets) != len(counts):
        raise FormatError("places and lengths of the pixel data that do not fit", where=file)
    width, height = ((values(tag) or (0,))[0] for tag in (_WIDTH, _HEIGHT))
    rows = min(values(_ROWS, (height,))[0], height)
    return Page(
        width=width,
        height=height,
        bits=(values(_BITS) or (1,))[0],
        samples=values(_SAMPLES, (1,))[0],
        floating=values(_SAMPLE_FORMAT, (1,))[0] != 1,
        compression=values(_COMPRESSION, (1,))[0],
        parts=tuple(zip(offsets, counts, strict=True)),
        part_width=(values(_TILE_WIDTH) or (0,))[0] if tiled else width,
        part_height=(values(_TILE_HEIGHT) or (0,))[0] if tiled else rows,
        predictor=values(_PREDICTOR, (1,))[0],
        order=order,
        description=bytes(values(_DESCRIPTION)),
    )


def _check(page: Page, view: memoryview, file: str) -> None:
    if page.width < 1 or page.height < 1:
        raise FormatError("a page without width or height", where=file)
    check_claim(page.width, page.height, page.samples, max(page.bits // 8, 1), len(view), file)
    if page.samples != 1:
        raise schema("more than one sample in a pixel: a colour picture is no scan", file, "SamplesPerPixel")
    if page.floating or page.bits != DEPTH:
        raise schema("pixels that are not 16-bit counts", file, "BitsPerSample")
    if not page.parts or any(offset + count > len(view) or count < 1 for offset, count in page.parts):
        raise FormatError("pixel data that lies past the end", where=file)
    stored = sum(count for _, count in page.parts)
    if page.compression == 1 and stored < page.width * page.height * 2:
        raise FormatError("pixel data that ends early", where=file)


def _check_alike(pages: list[Page], file: str, *, is_vacis: bool) -> None:
    if is_vacis:
        if len(pages) != 2 or pages[0].height != pages[1].height or pages[0].width <= pages[1].width:  # noqa: PLR2004
            raise schema("pages that are not those of the layout", file, "layout")
    elif len({(page.width, page.height) for page in pages}) != 1:
        raise SchemaError(
            "pages of different size, and no layout that says why", where=Place(file=file, field="layout")
        )


def _sidecar(page: Page, file: str, beside: Beside) -> dict[str, Any]:
    text = page.description.rstrip(b"\0").strip()
    if text.startswith(b"{") and b'"schema"' in text:
        return parse_sidecar(text, file)
    name = file.rsplit(".", 1)[0] + ".json"
    found = beside(name)
    if found is None:
        raise schema(f"no side-car: neither in the image nor beside it as {name}", file, "ImageDescription")
    return parse_sidecar(found, name)


def _decode(view: memoryview, pages: list[Page], file: str) -> Any:  # noqa: ANN401 - arrays, or a list of them
    try:
        import numpy as np
    except ModuleNotFoundError as error:
        raise MissingExtraError("scan", error.name or "numpy") from error
    if all(page.compression in _PLAIN and page.predictor in {_PLAINEST, _HORIZONTAL} for page in pages):
        found = [_assembled(view, page, file) for page in pages]
    else:
        found = _decoded_by_library(view, pages, file)
    return np.stack(found) if len({array.shape for array in found}) == 1 else found


def _assembled(view: memoryview, page: Page, file: str) -> Any:  # noqa: ANN401 - an array
    """Return the pixels of a page from its strips or tiles, none of which may hold more than its share."""
    import numpy as np

    wide, high = page.part_width, page.part_height
    across = -(-page.width // wide) if wide else 0
    if not across or not high or across * -(-page.height // high) != len(page.parts):
        raise FormatError("strips or tiles that do not make a page", where=file)
    check_claim(wide, high, 1, DEPTH // 8, len(view), file)
    image = np.empty((page.height, page.width), np.uint16)
    for number, (offset, count) in enumerate(page.parts):
        top, left = number // across * high, number % across * wide
        rows = min(high, page.height - top)
        full = rows if wide == page.width else high
        raw: bytes | memoryview = view[offset : offset + count]
        if page.compression != 1:
            raw = _inflated(raw, wide * full * 2, file)
        if len(raw) < wide * full * 2:
            raise FormatError("pixel data that ends early", where=file)
        part = np.frombuffer(raw, page.order + "u2", wide * full).reshape(full, wide)
        if page.predictor == _HORIZONTAL:
            part = np.cumsum(part, axis=1, dtype=np.uint16)
        columns = min(wide, page.width - left)
        image[top : top + rows, left : left + columns] = part[:rows, :columns]
    return image


def _inflated(raw: bytes | memoryview, size: int, file: str) -> bytes:
    """Return at most so many bytes of a deflate stream: one byte of it may hold a thousand."""
    try:
        return zlib.decompressobj().decompress(raw, size)
    except zlib.error as error:
        raise FormatError("pixel data that cannot be inflated", where=file) from error


def _decoded_by_library(view: memoryview, pages: list[Page], file: str) -> list[Any]:
    unknown = next((page.compression for page in pages if page.compression not in _PLAIN), pages[0].compression)
    if not _has_codecs():
        no_codec(_NAMES.get(unknown, f"TIFF compression {unknown}, predictor {pages[0].predictor}"))
    import numpy as np
    import tifffile

    try:
        with tifffile.TiffFile(io.BytesIO(view)) as tiff:
            found = [np.ascontiguousarray(page.asarray(maxworkers=1), np.uint16) for page in tiff.pages]
    except (tifffile.TiffFileError, ValueError, RuntimeError, TypeError, LookupError, struct.error, OSError) as error:
        raise FormatError("pixel data that cannot be decoded", where=file) from error
    if [array.shape for array in found] != [(page.height, page.width) for page in pages]:
        raise FormatError("pixel data of another size than the header says", where=file)
    return found


def _has_codecs() -> bool:
    try:
        import imagecodecs  # noqa: F401 - tifffile finds it by itself
    except ModuleNotFoundError:
        return False
    return True


def _vacis(arrays: list[Any]) -> Any:  # noqa: ANN401 - an array
    """Return both pages laid on each other: the wider one loses its left surplus, then both their last column."""
    import numpy as np

    wide, narrow = arrays
    surplus = wide.shape[1] - narrow.shape[1]
    return np.stack([wide[:, surplus:-1], narrow[:, :-1]])
