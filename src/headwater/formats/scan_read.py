"""Reading a scan of whatever form: told by its first bytes, checked against the limits, and named by its hash."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from hashlib import sha256
from typing import Final

from headwater.errors import FormatError, HeadwaterError
from headwater.formats import scan_dicos, scan_picture, scan_tiff
from headwater.formats.scan_limits import check_size, schema
from headwater.formats.scan_marks import is_marked
from headwater.model.ids import BlobHash
from headwater.model.scan import DUAL, ImageKind, ScanFormat, ScanImage

Beside = Callable[[str], bytes | None]
_TIFF_ORDERS: Final = (b"II", b"MM")


def read_scan(data: bytes | memoryview, file: str, beside: Beside) -> ScanImage:
    """Return the scan in a file.

    Args:
        data: the file's bytes.
        file: its name, without a folder.
        beside: returns the bytes of a file in the same folder, None where there is none.

    Raises:
        InputError: it is in no form that is read here, cut, too large, or lies about itself; nothing of it is kept.
        MissingExtraError: a library or a decoder is not installed.
    """
    check_size(len(data), file)
    if not data:
        raise FormatError("no bytes", where=file)
    digest = BlobHash(sha256(data).hexdigest())
    start = bytes(data[:8])
    try:
        if start[:4] in scan_tiff.MAGIC:
            tiff = scan_tiff.read_tiff(data, file, beside)
            made = ScanImage(
                file=file, sha256=digest, format=tiff.format, meta=tiff.meta, pixels=tiff.pixels, steel_inches=tiff.steel_inches
            )  # fmt: skip
        elif start == scan_picture.PNG or start[:3] == scan_picture.JPEG:
            form, meta, pixels, bits = scan_picture.read_picture(data, file, beside)
            made = ScanImage(file=file, sha256=digest, format=form, meta=meta, pixels=pixels, bits=bits)
        elif bytes(data[scan_dicos.PREAMBLE : scan_dicos.PREAMBLE + 4]) == scan_dicos.MARK or file.endswith(
            (".dcs", ".dcm")
        ):
            dicos = scan_dicos.read_dicos(data, file)
            made = ScanImage(
                file=file, sha256=digest, format=dicos.format, meta=dicos.meta, pixels=dicos.pixels, notes=dicos.notes,
                series=dicos.series,
            )  # fmt: skip
        elif start[:2] in _TIFF_ORDERS:
            raise FormatError("a TIFF with a damaged header", where=file)
        else:
            raise FormatError("not a scan: neither TIFF, DICOS, PNG nor JPEG", where=file)
    except HeadwaterError as error:
        raise error.located(file=file) from error.__cause__
    return replace(made, marked=is_marked(made.pixels))


def joined(scans: Sequence[ScanImage]) -> list[ScanImage]:
    """Return scans with both channels of one series laid together, in the order in which they first came.

    Raises:
        SchemaError: two images of one series differ in size.
    """
    import numpy as np

    found: dict[str, ScanImage] = {}
    for number, scan in enumerate(scans):
        key = scan.series if scan.series and scan.format is ScanFormat.DICOS_DX else f"#{number}"
        other = found.get(key)
        if other is None or {*other.meta.channels, *scan.meta.channels} != set(DUAL):
            found[key if other is None else f"#{number}"] = scan
            continue
        if other.pixels.shape != scan.pixels.shape:
            raise schema("two images of one series that differ in size", scan.file, "SeriesInstanceUID")
        low, high = (other, scan) if other.meta.channels == DUAL[:1] else (scan, other)
        kinds = {other.image_kind, scan.image_kind}
        meta = replace(
            low.meta,
            channels=DUAL,
            dark=(*low.meta.dark, *high.meta.dark),
            energies_mv=(*low.meta.energies_mv, *high.meta.energies_mv),
            image_kind=max(kinds, key=list(ImageKind).index),
        )
        pixels = np.concatenate([low.pixels, high.pixels])
        found[key] = replace(other, meta=meta, pixels=pixels, marked=other.marked or scan.marked)
    return list(found.values())
