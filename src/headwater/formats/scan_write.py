"""Scans out: the neutral TIFF with its side-car inside, TIFF of measured values, PNG pictures."""

import io
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from headwater.errors import FormatError, MissingExtraError
from headwater.formats.scan_marks import mark
from headwater.formats.scan_sidecar import sidecar_of
from headwater.model.scan import ImageKind, ScanMeta

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def neutral_tiff(pixels: "NDArray[np.uint16]", meta: ScanMeta, **more: object) -> bytes:
    """Return a scan in the neutral form; what was made is marked in its pixels too.

    Args:
        pixels: (channels, height, width).
        meta: how they were taken.
        more: further fields of the side-car.

    Raises:
        MissingExtraError: tifffile is not installed.
    """
    made = pixels if meta.image_kind is ImageKind.OPERATIONAL else mark(pixels)
    # A text in a TIFF is ASCII: letters beyond it are written as JSON escapes.
    return _tiff(list(made), json.dumps(sidecar_of(meta, **more), allow_nan=False))


def values_tiff(pages: "Sequence[NDArray[np.float32]]", description: str) -> bytes:
    """Return pages of float32 values as TIFF; NaN is what was not assessed."""
    return _tiff(list(pages), description)


def _tiff(pages: list[Any], description: str) -> bytes:
    try:
        import tifffile
    except ModuleNotFoundError as error:
        raise MissingExtraError("scan", error.name or "tifffile") from error
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as writer:
        for number, page in enumerate(pages):
            writer.write(
                page, photometric="minisblack", metadata=None, description=description if number == 0 else None, software="headwater",
                datetime=None, contiguous=False,
            )  # fmt: skip
    return out.getvalue()


def png(image: "NDArray[np.uint8]") -> bytes:
    """Return a picture as PNG. Shape: (height, width, 3), red first.

    Raises:
        MissingExtraError: OpenCV is not installed.
        FormatError: it cannot be written.
    """
    try:
        import cv2
    except ModuleNotFoundError as error:
        raise MissingExtraError("scan", error.name or "cv2") from error
    done, data = cv2.imencode(".png", image[..., ::-1])
    if not done:
        raise FormatError("a picture that cannot be written", where="png")
    return bytes(data)
