"""Valid small scan files of every form, and what a mutated one has to survive: reading, joining, normalising, a summary."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import cv2
import numpy as np
import tifffile

from headwater.engines.scan.normalise import normalise
from headwater.errors import FormatError, MissingExtraError
from headwater.formats.scan_dicos import Threat, write_dx, write_tdr
from headwater.formats.scan_read import joined, read_scan
from headwater.formats.scan_sidecar import parse_sidecar, sidecar_of
from headwater.formats.scan_write import neutral_tiff
from tests.scan_world import META

MOST_DECODED = 5_000_000
"""Pixels beyond which a mutated file is only read, not measured: a claim that is allowed is no fault, but a thousand of them take an hour."""


def seeds() -> dict[str, tuple[tuple[bytes, ...], Callable[[bytes], object]]]:
    """Return valid files and their reader, for every form of scan."""
    draw = np.random.default_rng(3)
    pixels = draw.integers(500, 52_900, (2, 24, 40), dtype=np.uint16)
    side = json.dumps(sidecar_of(META)).encode()
    single = json.dumps(
        sidecar_of(replace(META, channels=("high",), air=(52_900.0,), dark=(0.0,), energies_mv=(6.0,)))
    ).encode()
    threats = (Threat((1.0, 2.0, 30.0, 40.0), "CONTRABAND", "organic", 0.5),)
    return {
        "scan-tiff": (
            (neutral_tiff(pixels, META), _tiff(pixels, side, compression="zlib", tile=(16, 16)), _tiff(pixels, side, bigtiff=True)),
            partial(_read, "a.tif", b""),
        ),
        "scan-vacis": ((_vacis(pixels),), partial(_read, "a.tif", _vacis_side())),
        "scan-sidecar": ((side,), partial(_beside, _tiff(pixels, None))),
        "scan-sidecar-alone": ((side,), lambda data: parse_sidecar(data, file="a.json")),
        "scan-dx": (
            tuple(write_dx(pixels[one], META, channel=one, series="s", moment="20260101000000") for one in (0, 1)),
            partial(_read, "a.dcs", b""),
        ),
        "scan-tdr": ((write_tdr(threats, of="0" * 64, moment="20260101000000"),), partial(_read, "a.dcs", b"")),
        "scan-png": ((_picture(pixels[0], ".png"), _picture(pixels[0] // 256, ".png")), partial(_read, "a.png", single)),
        "scan-jpeg": ((_picture(pixels[0] // 256, ".jpg"),), partial(_read, "a.jpg", b"")),
    }  # fmt: skip


def _read(name: str, side: bytes, data: bytes) -> None:
    """Read a file; what was read can be joined and, where it holds counts, normalised without a number that is none."""
    try:
        scan = read_scan(data, name, lambda _: side or None)
    except MissingExtraError as error:  # a compression that no installed decoder knows is refused with exit 69
        raise FormatError(str(error)) from error
    (whole,) = joined([scan])
    if whole.is_counts and whole.pixels.size <= MOST_DECODED:
        seen = normalise(whole)
        assert np.isfinite(seen.depth).all()


def _beside(tiff: bytes, data: bytes) -> None:
    _read("a.tif", data or b" ", tiff)


def _tiff(pixels: Any, text: bytes | None, **how: Any) -> bytes:
    out = io.BytesIO()
    bigtiff = how.pop("bigtiff", False)
    with tifffile.TiffWriter(out, bigtiff=bigtiff) as file:
        for number, page in enumerate(pixels):
            description = text.decode() if text is not None and number == 0 else None
            file.write(page, photometric="minisblack", metadata=None, description=description, **how)
    return out.getvalue()


def _vacis_side() -> bytes:
    told = {**sidecar_of(META), "layout": "vacis"}
    table = [[0, 0.0], [1, 1.1], [2, 1.9], [4, 2.9], [12, 4.0]]
    return json.dumps({**told, "vacis": {"air": 52_900, "slope_per_inch": 0.766, "steel_inches": table}}).encode()


def _vacis(pixels: Any) -> bytes:
    out = io.BytesIO()
    with tifffile.TiffWriter(out) as file:
        for page in (np.pad(pixels[0], ((0, 0), (5, 1))), pixels[1]):
            file.write(page, photometric="minisblack", metadata=None)
    return out.getvalue()


def _picture(pixels: Any, ending: str) -> bytes:
    grey = pixels if pixels.max() > 255 else pixels.astype(np.uint8)
    return bytes(cv2.imencode(ending, grey)[1])
