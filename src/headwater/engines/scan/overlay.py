"""Pictures for a person: material colours, boxes, what was not assessed, two passes side by side, and the mark of what was made.

Orange is organic, green light metal, blue metal, as on every screen in the field. A person is blurred outside the rescue queue, a
metre around the box too, for a box often holds part of a body. Every picture names the hash of the file it was made from.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.scan.bands import bands
from headwater.engines.scan.material import Materials
from headwater.engines.scan.normalise import Normalised
from headwater.model.scan import ImageKind, ScanImage

Picture = NDArray[Any]
"""Of np.uint8; OpenCV's own types are wider."""
Reals = NDArray[np.float32]

COLOURS: Final = ((0.0, (235, 140, 40)), (0.5, (70, 175, 80)), (1.0, (60, 100, 200)), (1.6, (70, 30, 140)))
"""Red, green, blue of material indices."""
BOX: Final = {
    "person": (220, 0, 120),
    "drugs": (200, 30, 30),
    "weapon": (150, 0, 0),
    "extra": (200, 30, 30),
    "missing": (40, 40, 200),
}
DEEPEST: Final = 6.0
UNSURE: Final = 0.35
"""Sigma of the index at which a colour is half as strong."""
WIDEST: Final = 2200
STRIP: Final = 22
BODY_MM: Final = 1000.0
"""What of a body may lie beyond the box of an alarm."""
CELLS: Final = 6
"""Into how many cells the shorter side of what is around a person is averaged: some 40 cm each."""
LABELLED: Final = 90
"""Width from which a region that is not assessed has room for its words."""


def grey(seen: Normalised, window: tuple[float, float] = (0.0, DEEPEST)) -> Picture:
    """Return attenuation in grey, thick things dark. Shape: -> (height, width, 3).

    Args:
        seen: the scan.
        window: −ln T that is white, and that is black.
    """
    return np.repeat(_level(seen.depth[-1], window)[..., None], 3, axis=2)


def _level(depth: Reals, window: tuple[float, float]) -> Picture:
    share = np.clip((depth - window[0]) / max(window[1] - window[0], 1e-6), 0.0, 1.0)
    # The square root opens up what is thin, where most of a vehicle is.
    return (255 * (1.0 - np.sqrt(share))).astype(np.uint8)


def _painted(tint: Any, shade: Reals, over: Reals) -> Picture:  # noqa: ANN401 - of np.float32; OpenCV's own types are wider
    tint *= shade
    tint += over
    return np.asarray(np.clip(tint, 0.0, 255.0, out=tint).astype(np.uint8))


def bright(scan: ScanImage) -> Picture:
    """Return what is a picture already, of eight bits or sixteen, in grey. Shape: -> (height, width, 3)."""
    share = scan.pixels[-1].astype(np.float32) / np.float32((1 << scan.bits) - 1)
    return np.repeat((255 * np.clip(share, 0.0, 1.0)).astype(np.uint8)[..., None], 3, axis=2)


def coloured(seen: Normalised, found: Materials | None) -> Picture:
    """Return a scan in material colours; grey where material is not assessed. Shape: -> (height, width, 3)."""
    if found is None:
        return _hatched(grey(seen), seen.bad)
    import cv2

    at = [place for place, _ in COLOURS]
    # Tables of what 8 bits can show anyway.
    steps = np.linspace(at[0], at[-1], 256)
    tints = [np.interp(steps, at, [colour[part] for _, colour in COLOURS]).astype(np.float32) for part in range(3)]
    light = np.arange(256) / 255.0
    kept, white = ((0.25 + 0.75 * light) * (1 - light**3)).astype(np.float32), (255.0 * light**3).astype(np.float32)
    height, width = found.index.shape
    made = np.empty((height, width, 3), np.uint8)
    for rows in bands(height, width):
        place = (found.index[rows] - np.float32(at[0])) * np.float32(255.0 / (at[-1] - at[0]))
        # What is not known is shown as nothing: fmin and fmax pass over what is no number.
        index = np.fmax(np.fmin(place, np.float32(255.0)), np.float32(0.0)).astype(np.uint8)
        trust: Any = found.sigma[rows] / np.float32(UNSURE)
        trust *= trust
        trust += np.float32(1.0)
        np.fmax(np.reciprocal(trust, out=trust), np.float32(0.0), out=trust)
        level = _level(seen.depth[-1, rows], (0.0, DEEPEST))
        over: Any = cv2.LUT(level, white)
        over -= level
        over *= trust
        over += level
        trust *= cv2.LUT(level, kept)
        made[rows] = cv2.merge([_painted(cv2.LUT(index, tint), trust, over) for tint in tints])
    return _hatched(made, seen.bad)


def overlay(
    scan: ScanImage,
    picture: Picture,
    alarms: Sequence[dict[str, Any]],
    blocked: Sequence[dict[str, Any]],
    *,
    rescue: bool = False,
) -> Picture:
    """Return a picture with its boxes, captions and marks.

    Args:
        scan: the image it is of.
        picture: as `coloured` or `grey` give it.
        alarms: as they stand in the document.
        blocked: regions that are not assessed.
        rescue: whether it is for the rescue queue, where a person's outline is shown.
    """
    import cv2

    made = picture
    persons = [] if rescue else [one["box_px"] for one in alarms if one.get("class") == "person"]
    if persons:
        made = picture.copy()
        for box in persons:
            made = _blurred(made, _around(scan, box))
    scale = WIDEST / made.shape[1] if made.shape[1] > WIDEST else max(1.0, 900 / made.shape[1])
    made = cv2.resize(made, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    for one in blocked:
        x0, y0, x1, y1 = (int(value * scale) for value in one["box_px"])
        cv2.rectangle(made, (x0, y0), (x1 - 1, y1 - 1), (120, 120, 120), 1)
        if x1 - x0 > LABELLED:
            _text(made, f"not assessed: {one['reason']}", (x0 + 2, y0 - 4), (60, 60, 60), 0.42)
    for one in alarms:
        x0, y0, x1, y1 = (int(value * scale) for value in one["box_px"])
        kind = str(one.get("class") or one.get("kind"))
        colour = BOX.get(kind, (200, 30, 30))
        cv2.rectangle(made, (x0, y0), (x1 - 1, y1 - 1), colour, 2)
        mass = "" if one.get("mass_kg") is None else f" {one['mass_kg']:.1f}+-{one['mass_kg_error']:.1f} kg"
        _text(made, f"{one['id']} {kind}{mass}", (x0, max(y0 - 5, 12)), colour, 0.45)
    if scan.image_kind is not ImageKind.OPERATIONAL:
        made = marked(made, str(scan.image_kind))
    return captioned(made, f"{scan.file}  sha256 {scan.sha256}")


def without_persons(scan: ScanImage, boxes: Sequence[Sequence[int]]) -> ScanImage:
    """Return a scan in whose counts nobody's outline can be made out: averaged around each box, a metre further too.

    A blur of 16 bits can be turned back in part; what is averaged into half a dozen cells is gone.

    Args:
        scan: the image.
        boxes: where a person may be, pixels of the file.
    """
    if not boxes:
        return scan
    import cv2

    pixels = scan.pixels.copy()
    for channel in pixels:
        for box in boxes:
            x0, y0, x1, y1 = _around(scan, box)
            part = channel[y0:y1, x0:x1]
            if part.size:
                tall, wide = part.shape
                cell = max(min(tall, wide) // CELLS, 1)
                few = cv2.resize(part, (max(wide // cell, 1), max(tall // cell, 1)), interpolation=cv2.INTER_AREA)
                channel[y0:y1, x0:x1] = cv2.resize(few, (wide, tall), interpolation=cv2.INTER_LINEAR)
    return replace(scan, pixels=pixels)


def marked(picture: Picture, words: str) -> Picture:
    """Return a picture that says across itself that it is not of a real vehicle."""
    import cv2

    made = picture.copy()
    text = f"{words.upper()} - NOT EVIDENCE"
    for row in range(60, made.shape[0] + 60, 150):
        for column in range(-100 + (row % 300), made.shape[1], 420):
            cv2.putText(made, text, (column, row), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (190, 60, 60), 1, cv2.LINE_AA)
    return np.asarray(cv2.addWeighted(made, 0.55, picture, 0.45, 0), np.uint8)


def captioned(picture: Picture, words: str) -> Picture:
    """Return a picture with a line below it."""
    strip = np.full((STRIP, picture.shape[1], 3), 245, np.uint8)
    _text(strip, words, (4, STRIP - 7), (20, 20, 20), 0.42)
    return np.vstack([picture, strip])


def beside(pictures: Sequence[Picture]) -> Picture:
    """Return pictures one below the other, as wide as the widest."""
    wide = max(one.shape[1] for one in pictures)
    return np.vstack([np.pad(one, ((0, 6), (0, wide - one.shape[1]), (0, 0)), constant_values=255) for one in pictures])


def curve(points: Sequence[tuple[float, float, float, float]], title: str) -> Picture:
    """Return a curve of detection over false alarms, with its band.

    Args:
        points: share of false alarms, share detected, lower and upper end of its interval.
        title: what it is of.
    """
    import cv2

    wide, tall, left, low = 640, 420, 60, 40
    made = np.full((tall, wide, 3), 255, np.uint8)
    ticks = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2)

    def spot(false: float, share: float) -> tuple[int, int]:
        at = np.log(max(false, 0.004) / 0.004) / np.log(0.25 / 0.004)
        return int(left + at * (wide - left - 20)), int(tall - low - share * (tall - low - 40))

    if points:
        band = [spot(one[0], one[3]) for one in points] + [spot(one[0], one[2]) for one in reversed(points)]
        cv2.fillPoly(made, [np.array(band, np.int32)], (205, 220, 240))
        cv2.polylines(
            made,
            [np.array([spot(one[0], one[1]) for one in points], np.int32)],
            isClosed=False,
            color=(40, 70, 160),
            thickness=2,
            lineType=cv2.LINE_AA,
        )
    for tick in ticks:
        x, y = spot(tick, 0.0)
        cv2.line(made, (x, y), (x, y + 4), (0, 0, 0), 1)
        _text(made, f"{tick:.1%}", (x - 14, y + 18), (0, 0, 0), 0.38)
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        x, y = spot(0.004, share)
        cv2.line(made, (x, y), (wide - 20, y), (225, 225, 225), 1)
        _text(made, f"{share:.0%}", (12, y + 4), (0, 0, 0), 0.4)
    _text(made, title, (left, 22), (0, 0, 0), 0.5)
    _text(made, "share of clean scans with any alarm", (left + 130, tall - 6), (0, 0, 0), 0.4)
    return made


def _hatched(picture: Picture, bad: NDArray[np.bool_]) -> Picture:
    """Return a picture with hatching where nothing is assessed."""
    if not bad.any():
        return picture
    made = picture.copy()
    rows, columns = np.nonzero(bad)
    lines = (rows + columns) % 8 < 2  # noqa: PLR2004 - two of eight
    made[rows[lines], columns[lines]] = (230, 210, 60)
    return made


def _around(scan: ScanImage, box: Sequence[int]) -> tuple[int, int, int, int]:
    """Return a box grown by a metre on each side; by its own size where nobody knows how large a pixel is."""
    x0, y0, x1, y1 = box
    own = max(x1 - x0, y1 - y0)
    right = round(BODY_MM / scan.meta.mm_x) if scan.meta.mm_x else own
    down = round(BODY_MM / scan.meta.mm_y) if scan.meta.mm_y else own
    return max(x0 - right, 0), max(y0 - down, 0), x1 + right, y1 + down


def _blurred(picture: Picture, box: Sequence[int]) -> Picture:
    import cv2

    x0, y0, x1, y1 = box
    part = picture[y0:y1, x0:x1]
    if part.size:
        sigma = max(min(part.shape[:2]) / 6.0, 3.0)
        picture[y0:y1, x0:x1] = cv2.GaussianBlur(part, (0, 0), sigma)
    return picture


def _text(picture: Picture, words: str, at: tuple[int, int], colour: tuple[int, int, int], size: float) -> None:
    import cv2

    plain = words.encode("ascii", "replace").decode()
    (wide, tall), below = cv2.getTextSize(plain, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    corner, end = (at[0] - 1, at[1] - tall - 2), (at[0] + wide + 1, at[1] + below)
    cv2.rectangle(picture, corner, end, (255, 255, 255), -1)
    cv2.putText(picture, plain, at, cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
