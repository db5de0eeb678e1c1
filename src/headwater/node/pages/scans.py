"""Scans of vehicles on pages: which there are, one with its alarms and its reference, and its pixels for a screen.

Nobody's outline leaves the node but through the rescue queue: around each place where a person may be, the counts themselves
are blurred before anything is made of them, so that neither picture nor pixels hold what a browser could bring back. Who
comes from an undecided finding of the rescue queue, and may decide it, sees them as they are; the ledger says so.
"""

import json
from collections import OrderedDict, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from headwater.errors import ForbiddenError, MissingExtraError, Place, SchemaError
from headwater.model.finding import EvidenceKind, Finding
from headwater.model.ids import BlobHash, FindingId, RecordId
from headwater.model.record import Record
from headwater.model.scan import ImageKind, ScanImage
from headwater.model.seen import Seen
from headwater.model.times import format_instant
from headwater.node.findings import Shown
from headwater.node.node import Node
from headwater.node.pages.queue import SCANNED
from headwater.node.pages.seen import all_findings
from headwater.node.pages.words import Marks, banner, marks
from headwater.policy.acts import Act
from headwater.policy.session import Session, allowed, may
from headwater.ports import Event, Guarded
from headwater.store import Snapshot

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SOURCE: Final = "scan"
RESCUE: Final = "scan.rescue"
WAITING: Final = frozenset({"open", "unsure"})
"""States in which a finding of the rescue queue still has to be looked at."""
PAGE_ROWS: Final = 25
MOST_PIXELS: Final = 16_000_000
"""Of what a browser is sent; a larger image is averaged down by a whole number, and the page says so."""
MOST_KEPT: Final = 2
"""Images that an open node remembers as they were read; one of 5 MP has 20 MB."""
INDEX_TOP: Final = 1.6
"""Material index that is 255 in what a browser is sent."""
NOT_ASSESSED: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm on an image: a finding with its box.

    Attributes:
        box: left, top, right, bottom in pixels of the file; right and bottom lie outside.
    """

    id: str
    number: int
    kind: str
    queue: str
    text: str
    why: tuple[str, ...]
    counter: tuple[str, ...]
    score: float
    state: str
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanRow:
    """One scan in one line."""

    id: str
    file: str
    sha256: str
    kept_at: str
    vehicle: str
    alarms: int
    rescue: bool
    marks: Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Scans:
    """A page of scans, the newest first."""

    rows: tuple[ScanRow, ...]
    page: int
    total: int
    has_more: bool
    banner: Marks


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """What a browser needs to draw an image.

    Attributes:
        width, height: of what is sent.
        step: how many pixels of the file, each way, are one of what is sent.
        counts: whether pixels are counts of a detector; else they are a picture's brightness.
        dark, air: per channel; what is black and white where there are no counts.
        material: whether materials are assessed.
    """

    id: str
    width: int
    height: int
    step: int
    counts: bool
    channels: tuple[str, ...]
    dark: tuple[float, ...]
    air: tuple[float, ...]
    material: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What the page of a scan shows.

    Attributes:
        made: what kind of made image it is, empty for one of a real vehicle; a made one is never evidence.
        blurred: whether a person may be in it and is blurred here.
        rescue: the finding of the rescue queue through which it is seen unblurred, empty for none.
        reference: an earlier pass of the same vehicle on which nothing stands, where there is one.
    """

    row: ScanRow
    picture: Picture
    alarms: tuple[Alarm, ...]
    made: str
    blurred: bool
    rescue: str
    facts: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    blocked: tuple[Mapping[str, Any], ...]
    reference: ScanRow | None
    reference_picture: Picture | None
    banner: Marks


@dataclass(slots=True)
class _Shelf:
    """Images as they were read, and when each was kept: that never changes."""

    held: "OrderedDict[str, ScanImage]" = field(default_factory=OrderedDict)
    kept_at: dict[str, str] = field(default_factory=dict)
    gate: Lock = field(default_factory=Lock)


@dataclass(frozen=True, slots=True)
class _Opened:
    """An image as this reader may see it."""

    record: Record
    image: ScanImage
    shown: Sequence[Shown]
    persons: Sequence[Sequence[int]]
    rescue: str


def scans(node: Node, session: Session, page: int = 1) -> Scans:
    """Return a page of scans.

    Raises:
        PolicyError: the user may not look at records.
        SchemaError: there is no such page.
    """
    may(session, Act.RECORD_LOOK)
    with node.view_at(session) as (snapshot, view):
        about = _findings(node, session, snapshot, view)
        found = [one for one in view.records(source=SOURCE) if one.blobs and not isinstance(one, Seen)]
        found.sort(key=lambda one: (_kept_at(node, snapshot, one), one.id), reverse=True)
        rows = [_row(node, snapshot, one, about[one.blobs[0]]) for one in _page(found, page)]
    return Scans(
        rows=tuple(rows), page=page, total=len(found), has_more=page * PAGE_ROWS < len(found),
        banner=banner(one.handling for one in _page(found, page)),
    )  # fmt: skip


def scan(node: Node, session: Session, ref: str, finding: str = "") -> Scan:
    """Return one scan.

    Args:
        node: the node.
        session: who looks.
        ref: the record that owns the image.
        finding: the finding from which it was opened, empty for none.

    Raises:
        ForbiddenError: there is none, or it may not be seen.
        InputError: the file cannot be read any more.
    """
    may(session, Act.RECORD_LOOK)
    with node.view_at(session) as (snapshot, view):
        opened = _open(node, session, snapshot, view, ref, finding, "page")
        about = _findings(node, session, snapshot, view)
        reference = _reference(node, snapshot, view, opened.record, about)
        before = None if reference is None else _seen(node, session, snapshot, view, reference)
        row = _row(node, snapshot, opened.record, opened.shown)
        beside = None if reference is None else _row(node, snapshot, reference, about[reference.blobs[0]])
    image = opened.image
    return Scan(
        row=row,
        picture=_picture(opened.record.id, image),
        alarms=tuple(_alarm(number, one) for number, one in enumerate(opened.shown, 1)),
        made="" if image.image_kind is ImageKind.OPERATIONAL else str(image.image_kind),
        blurred=bool(opened.persons),
        rescue=opened.rescue,
        facts=tuple(_facts(image)),
        notes=(*_cannot(image), *image.notes),
        blocked=tuple(_blocked(image)),
        reference=beside,
        reference_picture=None if reference is None or before is None else _picture(reference.id, before),
        banner=banner([opened.record.handling]),
    )


def pixels(node: Node, session: Session, ref: str, finding: str, channel: str) -> bytes:
    """Return one channel's pixels: 16 bits each, the low byte first, row by row.

    Raises:
        ForbiddenError: there is no such scan, or it may not be seen.
        SchemaError: the scan has no such channel.
    """
    image = _at(node, session, ref, finding, "pixels")
    if channel not in image.meta.channels:
        raise SchemaError("no such channel", where=Place(field="channel"), fix=f"use {', '.join(image.meta.channels)}")
    step = _step(image)
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
    why = _cannot(image)
    if why:
        raise SchemaError(why[0], where=Place(field="channels"))
    np, engine = _engine()
    found = engine.materials(image)
    step = _step(image)
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
        opened = _open(node, session, snapshot, view, ref, finding, "picture")
    np, engine = _engine()
    from headwater.formats.scan_write import png

    boxes = [
        {"id": f"a{one.number}", "class": one.kind, "box_px": one.box}
        for one in (_alarm(number, shown) for number, shown in enumerate(opened.shown, 1))
    ]
    picture = engine.drawn(opened.image, boxes, _blocked(opened.image))
    return png(np.ascontiguousarray(picture))


def _at(node: Node, session: Session, ref: str, finding: str, what: str) -> ScanImage:
    may(session, Act.RECORD_LOOK)
    with node.view_at(session) as (snapshot, view):
        return _open(node, session, snapshot, view, ref, finding, what).image


def _open(
    node: Node, session: Session, snapshot: Snapshot, view: Guarded, ref: str, finding: str, what: str
) -> _Opened:
    """Return an image as this reader may see it: with persons blurred, unless it is looked at in the rescue queue."""
    record = view.record(RecordId(ref))
    if record.origin.source != SOURCE or not record.blobs or isinstance(record, Seen):
        raise ForbiddenError("no such scan, or it may not be seen")
    shown = _findings(node, session, snapshot, view)[record.blobs[0]]
    rescue = _rescue(session, shown, finding)
    persons = [] if rescue else _persons(shown)
    detail: dict[str, str | int] = {"what": what, "sha256": record.blobs[0], "blurred": len(persons)}
    if rescue:
        detail["finding"] = rescue
    node.store.note(Event("look.scan", session.user, record.id, session.purpose, detail))
    return _Opened(record, _image(node, view, record, persons), shown, persons, rescue)


def _rescue(session: Session, shown: Sequence[Shown], finding: str) -> str:
    """Return the finding of the rescue queue through which somebody looks who may decide it, empty for none."""
    if not finding or not allowed(session, Act.FINDING_DECIDE):
        return ""
    mine = (one for one in shown if one.finding.id == FindingId(finding))
    return next((str(one.finding.id) for one in mine if one.finding.kind == RESCUE and one.state in WAITING), "")


def _findings(node: Node, session: Session, snapshot: Snapshot, view: Guarded) -> "defaultdict[BlobHash, list[Shown]]":
    """Return findings by the image that they rest on; a person first, then by score."""
    about: defaultdict[BlobHash, list[Shown]] = defaultdict(list)
    for one in all_findings(node, session, snapshot, view):
        if one.finding.kind.startswith(SCANNED) and _box(one.finding) is not None:
            for piece in one.finding.evidence:
                if piece.kind is EvidenceKind.BLOB:
                    about[BlobHash(piece.ref)].append(one)
    for found in about.values():
        found.sort(key=lambda one: (one.finding.kind != RESCUE, -one.finding.score, one.finding.id))
    return about


def _image(node: Node, view: Guarded, record: Record, persons: Sequence[Sequence[int]]) -> ScanImage:
    shelf: _Shelf = node.memory(_Shelf)
    with shelf.gate:
        image = shelf.held.get(record.id)
        if image is None:
            image = _decoder(view)(record, view.blob(record.blobs[0]))
            shelf.held[record.id] = image
        shelf.held.move_to_end(record.id)
        while len(shelf.held) > MOST_KEPT:
            shelf.held.popitem(last=False)
    return _engine()[1].without_persons(image, persons) if persons else image


def _seen(node: Node, session: Session, snapshot: Snapshot, view: Guarded, record: Record) -> ScanImage:
    return _open(node, session, snapshot, view, record.id, "", "reference").image


def _reference(
    node: Node, snapshot: Snapshot, view: Guarded, record: Record, about: Mapping[BlobHash, Sequence[Shown]]
) -> Record | None:
    """Return the newest earlier pass of the same vehicle on which nothing stands: none was claimed, or all was dismissed."""
    if not record.mentions:
        return None
    mine = _kept_at(node, snapshot, record)
    earlier = [
        one
        for one in view.records(source=SOURCE, mentions=record.mentions[0].key)
        if one.blobs and one.blobs[0] != record.blobs[0] and not isinstance(one, Seen)
        and _kept_at(node, snapshot, one) < mine
        and all(shown.state == "dismiss" for shown in about.get(one.blobs[0], ()))
    ]  # fmt: skip
    return max(earlier, key=lambda one: (_kept_at(node, snapshot, one), one.id), default=None)


def _page(found: Sequence[Record], page: int) -> Sequence[Record]:
    start = (page - 1) * PAGE_ROWS
    if page > 1 and start >= len(found):
        raise SchemaError("no such page", where=Place(field="page"), fix="begin with page 1")
    return found[start : start + PAGE_ROWS]


def _kept_at(node: Node, snapshot: Snapshot, record: Record) -> str:
    """Return when this node kept an image, RFC 3339; empty where the ledger does not say."""
    known = node.memory(_Shelf).kept_at
    if record.id not in known:
        leaves = snapshot.leaves_about(record.blobs[0])
        at = next((leaf.at for leaf in leaves if leaf.event is not None and leaf.event.kind == "store.read"), None)
        known[record.id] = format_instant(at) if at else ""
    return known[record.id]


def _persons(shown: Sequence[Shown]) -> list[tuple[int, int, int, int]]:
    """Return where a person may be; also where somebody has said that there was none, for a box may hold part of one."""
    return [box for one in shown if one.finding.kind == RESCUE and (box := _box(one.finding)) is not None]


def _row(node: Node, snapshot: Snapshot, record: Record, shown: Sequence[Shown]) -> ScanRow:
    return ScanRow(
        id=record.id,
        file=record.origin.file or "",
        sha256=record.blobs[0],
        kept_at=_kept_at(node, snapshot, record),
        vehicle=record.mentions[0].key if record.mentions else "",
        alarms=len(shown),
        rescue=any(one.finding.kind == RESCUE and one.state in WAITING for one in shown),
        marks=marks(record.handling),
    )


def _alarm(number: int, shown: Shown) -> Alarm:
    finding = shown.finding
    return Alarm(
        id=finding.id,
        number=number,
        kind=str(_params(finding).get("class", "")),
        queue=finding.kind.removeprefix(SCANNED),
        text=finding.text,
        why=tuple(one.text for one in finding.reasons if one.code != "scan.counter"),
        counter=tuple(one.text for one in finding.reasons if one.code == "scan.counter"),
        score=finding.score,
        state=shown.state,
        box=_box(finding) or (0, 0, 0, 0),
    )


def _params(finding: Finding) -> Mapping[str, Any]:
    try:
        given = json.loads(finding.params)
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def _box(finding: Finding) -> tuple[int, int, int, int] | None:
    given = _params(finding).get("box_px")
    if not isinstance(given, list) or len(given) != 4 or not all(type(value) is int for value in given):  # noqa: PLR2004 - two corners
        return None
    left, top, right, bottom = given
    return (left, top, right, bottom) if 0 <= left < right and 0 <= top < bottom else None


def _picture(ref: str, image: ScanImage) -> Picture:
    step, count = _step(image), len(image.meta.channels)
    top = float((1 << image.bits) - 1)
    air = image.meta.air or tuple(float(channel.max()) or top for channel in image.pixels)
    return Picture(
        id=ref, width=image.width // step, height=image.height // step, step=step, counts=image.is_counts,
        channels=image.meta.channels, dark=image.meta.dark if image.is_counts else (0.0,) * count,
        air=tuple(air) if image.is_counts else (top,) * count, material=not _cannot(image),
    )  # fmt: skip


def _facts(image: ScanImage) -> Iterator[tuple[str, str]]:
    meta = image.meta
    yield "Scanner", meta.scanner
    yield "Beam", f"{meta.beam} {' / '.join(f'{one:g} MV' for one in meta.energies_mv)}".strip()
    yield "Taken at", meta.taken_at
    yield "Vehicle", meta.vehicle_kind
    yield "Direction", meta.direction
    yield "Size", f"{image.width} × {image.height} × {len(meta.channels)}, {image.bits} bit"
    yield "Pixel", f"{meta.mm_x:g} × {meta.mm_y:g} mm" if meta.mm_x and meta.mm_y else ""
    yield "Dose", "" if meta.dose_usv is None else f"{meta.dose_usv:g} µSv"


def _cannot(image: ScanImage) -> list[str]:
    _engine()
    from headwater.engines.scan.assess import cannot

    return cannot(image) if image.is_counts else cannot(image) or ["no counts: material not assessed"]


def _blocked(image: ScanImage) -> list[dict[str, Any]]:
    if not image.is_counts:
        return []
    from headwater.engines.scan.explain import not_assessed
    from headwater.engines.scan.normalise import normalise

    return not_assessed(normalise(image), image)


def _step(image: ScanImage) -> int:
    step = 1
    while (image.width // step) * (image.height // step) > MOST_PIXELS:
        step += 1
    return step


def _smaller(channel: "NDArray[np.uint16]", step: int) -> "NDArray[np.uint16]":
    """Return a channel averaged down by a whole number. Shape: (height, width) -> (height // step, width // step)."""
    if step == 1:
        return channel
    height, width = (size // step * step for size in channel.shape)
    parts = channel[:height, :width].reshape(height // step, step, width // step, step)
    smaller: NDArray[np.uint16] = parts.mean(axis=(1, 3)).round().astype(channel.dtype)
    return smaller


def _decoder(view: Guarded) -> Any:  # noqa: ANN401 - a function of a record and its bytes
    _engine()
    from headwater.node.scan_keep import decoder

    return decoder(view)


def _engine() -> tuple[Any, Any]:
    """Return numpy and what draws, which a node without the scan extra does not have."""
    try:
        import numpy as np

        from headwater.engines.scan import screen
    except ModuleNotFoundError as error:
        raise MissingExtraError("scan", error.name or "numpy") from error
    return np, screen
