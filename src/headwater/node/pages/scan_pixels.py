"""A scan's pixels for a screen: 16 bits of each, what each is made of, or one picture with everything on it."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from headwater.errors import Place, SchemaError
from headwater.model.canonical import decode, encode
from headwater.model.scan import ScanImage
from headwater.node.node import Node
from headwater.node.pages.scan_open import Opened, Shelf, box_of, drawing, opened, params_of
from headwater.policy.acts import Act
from headwater.policy.session import Session, may

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_PIXELS: Final = 16_000_000
"""Of what a browser is sent; a larger image is averaged down by a whole number, and the page says so."""
MOST_DRAWN: Final = 1_500_000
"""Pixels of a picture that the node draws itself: nobody's screen shows more, and the memory of a node is small."""
MOST_KEPT_DRAWN: Final = 8
"""Pictures that an open node remembers; one has a megabyte at most."""
BLOCKED_FORM: Final = 1
"""Raised whenever the engine works out otherwise about which regions nothing is said."""
INDEX_TOP: Final = 1.6
"""Material index that is 255 in what a browser is sent."""
NOT_ASSESSED: Final = 255


def pixels(node: Node, session: Session, ref: str, finding: str, channel: str) -> bytes:
    """Return one channel's pixels: 16 bits each, the low byte first, row by row.

    Raises:
        ForbiddenError: there is no such scan, or it may not be seen.
        SchemaError: the scan has no such channel.
    """
    image = _at(node, session, ref, finding, "pixels")
    if channel not in image.meta.channels:
        raise SchemaError("no such channel", where=Place(field="channel"), fix=f"use {', '.join(image.meta.channels)}")
    step = step_of(image)
    counts = _smaller(image.pixels[image.meta.channels.index(channel)], step)
    return counts.astype("<u2").tobytes()


def materials(node: Node, session: Session, ref: str, finding: str) -> bytes:
    """Return what each pixel is made of: two bytes each, index (`INDEX_TOP` is 255) and how far it can be trusted.

    Where nothing is assessed the index is 255 and the trust 0.

    Raises:
        ForbiddenError: there is no such scan, or it may not be seen.
        SchemaError: its materials are not assessed.
    """
    image = _at(node, session, ref, finding, "materials")
    why = cannot_say(image)
    if why:
        raise SchemaError(why[0], where=Place(field="channels"))
    np, engine = drawing()
    with node.memory(Shelf).work:
        found = engine.materials(image)
    step = step_of(image)
    trust = np.nan_to_num(1.0 / (1.0 + (found.sigma / 0.35) ** 2), nan=0.0) * 255
    index = np.nan_to_num(np.clip(found.index / INDEX_TOP, 0.0, 1.0), nan=0.0) * (NOT_ASSESSED - 1)
    bad = np.isnan(found.areal)
    index[bad], trust[bad] = NOT_ASSESSED, 0
    # Not averaged: halfway between organic and metal lies aluminium, which is not there.
    both = np.stack([index[::step, ::step], trust[::step, ::step]], axis=-1)
    height, width = image.height // step, image.width // step
    return bytes(both[:height, :width].astype(np.uint8).tobytes())


def drawn(node: Node, session: Session, ref: str, finding: str = "") -> bytes:
    """Return a scan as a picture with its boxes, as PNG: what the page shows where no script runs.

    Raises:
        ForbiddenError: there is no such scan, or it may not be seen.
        MissingExtraError: what draws is not installed.
    """
    with node.view_at(session) as (snapshot, view):
        found = opened(node, session, snapshot, view, ref, finding, "picture")
    np, engine = drawing()
    from headwater.formats.scan_write import png

    step = step_of(found.image, MOST_DRAWN)
    boxes = [
        {
            "id": f"a{number}",
            "class": str(params_of(one.finding).get("class", "")),
            "box_px": [at // step for at in box],
        }
        for number, one in enumerate(found.shown, 1)
        if (box := box_of(one.finding)) is not None
    ]
    shelf: Shelf = node.memory(Shelf)
    name = f"{found.pixels_id} {boxes}"
    with shelf.work:
        if name not in shelf.drawn:
            shelf.drawn[name] = png(np.ascontiguousarray(_drawn(engine, _reduced(found.image, step), boxes)))
        shelf.drawn.move_to_end(name)
        while len(shelf.drawn) > MOST_KEPT_DRAWN:
            shelf.drawn.popitem(last=False)
        return shelf.drawn[name]


def _drawn(engine: Any, image: ScanImage, boxes: list[dict[str, Any]]) -> Any:  # noqa: ANN401 - a module, an array
    return engine.drawn(image, boxes, _blocked_in(image))


def cannot_say(image: ScanImage) -> list[str]:
    """Return why materials are not assessed; nothing where they are."""
    drawing()
    from headwater.engines.scan.assess import cannot

    return cannot(image) if image.is_counts else cannot(image) or ["no counts: material not assessed"]


def blocked(node: Node, found: Opened) -> list[dict[str, Any]]:
    """Return the regions about which nothing is said, each with its reason: worked out once for each image, and kept."""
    if not found.image.is_counts:
        return []
    with node.store.snapshot() as snapshot:
        kept = snapshot.derived(
            f"scan-blocked-{BLOCKED_FORM}-{found.pixels_id}", lambda: encode(_blocked(node, found.image))
        )
        return decode(bytes(kept), list[dict[str, Any]])


def _blocked(node: Node, image: ScanImage) -> list[dict[str, Any]]:
    with node.memory(Shelf).work:
        return _blocked_in(image)


def _blocked_in(image: ScanImage) -> list[dict[str, Any]]:
    if not image.is_counts:
        return []
    from headwater.engines.scan.explain import not_assessed
    from headwater.engines.scan.normalise import normalise

    return not_assessed(normalise(image), image)


def step_of(image: ScanImage, most: int = MOST_PIXELS) -> int:
    """Return how many pixels of a file, each way, are one of what a browser is sent."""
    step = 1
    while (image.width // step) * (image.height // step) > most:
        step += 1
    return step


def _at(node: Node, session: Session, ref: str, finding: str, what: str) -> ScanImage:
    may(session, Act.RECORD_LOOK)
    with node.view_at(session) as (snapshot, view):
        return opened(node, session, snapshot, view, ref, finding, what).image


def _reduced(image: ScanImage, step: int) -> ScanImage:
    """Return an image averaged down by a whole number, with the size of its pixels."""
    if step == 1:
        return image
    np, _ = drawing()
    meta = image.meta
    wide, tall = (None if size is None else min(size * step, 1000.0) for size in (meta.mm_x, meta.mm_y))
    channels = [_smaller(channel, step) for channel in image.pixels]
    return replace(image, pixels=np.stack(channels), meta=replace(meta, mm_x=wide, mm_y=tall))


def _smaller(channel: "NDArray[np.uint16]", step: int) -> "NDArray[np.uint16]":
    """Return a channel averaged down by a whole number. Shape: (height, width) -> (height // step, width // step)."""
    if step == 1:
        return channel
    height, width = (size // step * step for size in channel.shape)
    parts = channel[:height, :width].reshape(height // step, step, width // step, step)
    smaller: NDArray[np.uint16] = parts.mean(axis=(1, 3)).round().astype(channel.dtype)
    return smaller
