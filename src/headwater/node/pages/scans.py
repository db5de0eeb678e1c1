"""Scans of vehicles on pages: which there are, and one with its alarms, its reference and what was not assessed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from headwater.errors import Place, SchemaError
from headwater.model.ids import BlobHash
from headwater.model.record import Record
from headwater.model.scan import ImageKind, ScanImage
from headwater.model.seen import Seen
from headwater.model.times import format_instant
from headwater.node.findings import Shown
from headwater.node.node import Node
from headwater.node.pages.queue import SCANNED
from headwater.node.pages.scan_open import RESCUE, SOURCE, WAITING, Shelf, box_of, by_image, drawing, opened, params_of
from headwater.node.pages.scan_pixels import INDEX_TOP, NOT_ASSESSED, blocked, cannot_say, step_of
from headwater.node.pages.words import Marks, banner, marks
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Guarded
from headwater.store import Snapshot

PAGE_ROWS: Final = 25


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
        colours: material index and its red, green and blue.
        boxes: red, green and blue of each class of alarm.
        index_top, not_assessed: how the index of a material is told (`scan_pixels.materials`).
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
    colours: tuple[tuple[float, tuple[int, int, int]], ...]
    boxes: Mapping[str, tuple[int, int, int]]
    index_top: float = INDEX_TOP
    not_assessed: int = NOT_ASSESSED


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


def scans(node: Node, session: Session, page: int = 1) -> Scans:
    """Return a page of scans.

    Raises:
        PolicyError: the user may not look at records.
        SchemaError: there is no such page.
    """
    may(session, Act.RECORD_LOOK)
    with node.view_at(session) as (snapshot, view):
        about = by_image(node, session, snapshot, view)
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
        found = opened(node, session, snapshot, view, ref, finding, "page")
        about = by_image(node, session, snapshot, view)
        reference = _reference(node, snapshot, view, found.record, about)
        before = None if reference is None else _before(node, session, snapshot, view, reference)
        row = _row(node, snapshot, found.record, found.shown)
        beside = None if reference is None else _row(node, snapshot, reference, about[reference.blobs[0]])
    image = found.image
    return Scan(
        row=row,
        picture=_picture(found.record.id, image),
        alarms=tuple(_alarm(number, one) for number, one in enumerate(found.shown, 1)),
        made="" if image.image_kind is ImageKind.OPERATIONAL else str(image.image_kind),
        blurred=bool(found.persons),
        rescue=found.rescue,
        facts=tuple(_facts(image)),
        notes=(*cannot_say(image), *image.notes),
        blocked=tuple(blocked(node, found)),
        reference=beside,
        reference_picture=None if reference is None or before is None else _picture(reference.id, before),
        banner=banner([found.record.handling]),
    )


def _before(node: Node, session: Session, snapshot: Snapshot, view: Guarded, record: Record) -> ScanImage:
    return opened(node, session, snapshot, view, record.id, "", "reference").image


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
    known = node.memory(Shelf).kept_at
    if record.id not in known:
        leaves = snapshot.leaves_about(record.blobs[0])
        at = next((leaf.at for leaf in leaves if leaf.event is not None and leaf.event.kind == "store.read"), None)
        known[record.id] = format_instant(at) if at else ""
    return known[record.id]


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
        kind=str(params_of(finding).get("class", "")),
        queue=finding.kind.removeprefix(SCANNED),
        text=finding.text,
        why=tuple(one.text for one in finding.reasons if one.code != "scan.counter"),
        counter=tuple(one.text for one in finding.reasons if one.code == "scan.counter"),
        score=finding.score,
        state=shown.state,
        box=box_of(finding) or (0, 0, 0, 0),
    )


def _picture(ref: str, image: ScanImage) -> Picture:
    step, count = step_of(image), len(image.meta.channels)
    top = float((1 << image.bits) - 1)
    air = image.meta.air or tuple(float(channel.max()) or top for channel in image.pixels)
    return Picture(
        id=ref, width=image.width // step, height=image.height // step, step=step, counts=image.is_counts,
        channels=image.meta.channels, dark=image.meta.dark if image.is_counts else (0.0,) * count,
        air=tuple(air) if image.is_counts else (top,) * count, material=not cannot_say(image), colours=drawing()[1].COLOURS,
        boxes=drawing()[1].BOX,
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
