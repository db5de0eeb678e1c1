"""Opening a scan for a page: who may see it, how, and what else is known of it.

Nobody's outline leaves the node but through the rescue queue: around each place where a person may be, the counts themselves
are averaged before anything is made of them, so that neither picture nor pixels hold what a browser could bring back. Who
comes from an undecided finding of the rescue queue, and may decide it, sees them as they are; the ledger says so.
"""

import json
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, Final

from headwater.errors import ForbiddenError, MissingExtraError
from headwater.model.canonical import content_id
from headwater.model.finding import EvidenceKind, Finding
from headwater.model.ids import BlobHash, FindingId, RecordId
from headwater.model.record import Record
from headwater.model.scan import ScanImage
from headwater.model.seen import Seen
from headwater.node.findings import Shown
from headwater.node.node import Node
from headwater.node.pages.queue import SCANNED
from headwater.node.pages.seen import all_findings
from headwater.policy.acts import Act
from headwater.policy.session import Session, allowed
from headwater.ports import Event, Guarded
from headwater.store import Snapshot

SOURCE: Final = "scan"
RESCUE: Final = "scan.rescue"
WAITING: Final = frozenset({"open", "unsure"})
"""States in which a finding of the rescue queue still has to be looked at."""
EVERYWHERE: Final = (0, 0, 1_000_000, 1_000_000)
"""Where a person may be if nobody can read where."""
MOST_KEPT: Final = 3
"""Images that an open node remembers: a pass, the same without persons, its reference; one of 5 MP has 20 MB."""


@dataclass(slots=True)
class Shelf:
    """Images as they were read, and when each was kept: that never changes.

    Attributes:
        drawn: pictures of them, as the node has drawn them last.
        gate: held while an image is read.
        work: held while something is made of one: a node's memory is small, and one at a time is soon done.
    """

    held: "OrderedDict[str, ScanImage]" = field(default_factory=OrderedDict)
    drawn: "OrderedDict[str, bytes]" = field(default_factory=OrderedDict)
    kept_at: dict[str, str] = field(default_factory=dict)
    gate: Lock = field(default_factory=Lock)
    work: Lock = field(default_factory=Lock)


@dataclass(frozen=True, slots=True)
class Opened:
    """An image as this reader may see it."""

    record: Record
    image: ScanImage
    shown: Sequence[Shown]
    persons: Sequence[Sequence[int]]
    rescue: str

    @property
    def pixels_id(self) -> str:
        """What the pixels come from: the file, and where they were averaged."""
        return content_id("pixels", (self.record.blobs[0], [list(box) for box in self.persons]))


def opened(
    node: Node, session: Session, snapshot: Snapshot, view: Guarded, ref: str, finding: str, what: str
) -> Opened:
    """Return an image as this reader may see it: with persons blurred, unless it is looked at in the rescue queue."""
    record = view.record(RecordId(ref))
    if record.origin.source != SOURCE or not record.blobs or isinstance(record, Seen):
        raise ForbiddenError("no such scan, or it may not be seen")
    shown = by_image(node, session, snapshot, view)[record.blobs[0]]
    rescue = _rescue(session, shown, finding)
    persons = [] if rescue else _persons(shown)
    detail: dict[str, str | int] = {"what": what, "sha256": record.blobs[0], "blurred": len(persons)}
    if rescue:
        detail["finding"] = rescue
    node.store.note(Event("look.scan", session.user, record.id, session.purpose, detail))
    return Opened(record, _image(node, view, record, persons), shown, persons, rescue)


def by_image(node: Node, session: Session, snapshot: Snapshot, view: Guarded) -> "defaultdict[BlobHash, list[Shown]]":
    """Return findings by the image that they rest on; a person first, then by score."""
    about: defaultdict[BlobHash, list[Shown]] = defaultdict(list)
    for one in all_findings(node, session, snapshot, view):
        kind = one.finding.kind
        if kind == RESCUE or (kind.startswith(SCANNED) and box_of(one.finding) is not None):
            for piece in one.finding.evidence:
                if piece.kind is EvidenceKind.BLOB:
                    about[BlobHash(piece.ref)].append(one)
    for found in about.values():
        found.sort(key=lambda one: (one.finding.kind != RESCUE, -one.finding.score, one.finding.id))
    return about


def params_of(finding: Finding) -> Mapping[str, Any]:
    """Return what the engine noted of a finding; nothing where that cannot be read."""
    try:
        given = json.loads(finding.params)
    except ValueError:
        return {}
    return given if isinstance(given, dict) else {}


def box_of(finding: Finding) -> tuple[int, int, int, int] | None:
    """Return left, top, right and bottom of a finding's box in pixels of the file, None where it has none."""
    given = params_of(finding).get("box_px")
    if not isinstance(given, list) or len(given) != 4 or not all(type(value) is int for value in given):  # noqa: PLR2004 - two corners
        return None
    left, top, right, bottom = given
    return (left, top, right, bottom) if 0 <= left < right and 0 <= top < bottom else None


def drawing() -> tuple[Any, Any]:
    """Return numpy and what draws, which a node without the scan extra does not have."""
    try:
        import numpy as np

        from headwater.engines.scan import screen
    except ModuleNotFoundError as error:
        raise MissingExtraError("scan", error.name or "numpy") from error
    return np, screen


def _rescue(session: Session, shown: Sequence[Shown], finding: str) -> str:
    """Return the finding of the rescue queue through which somebody looks who may decide it, empty for none."""
    if not finding or not allowed(session, Act.FINDING_DECIDE):
        return ""
    mine = (one for one in shown if one.finding.id == FindingId(finding))
    return next((str(one.finding.id) for one in mine if one.finding.kind == RESCUE and one.state in WAITING), "")


def _persons(shown: Sequence[Shown]) -> list[tuple[int, int, int, int]]:
    """Return where a person may be; also where somebody has said that there was none, for a box may hold part of one."""
    return [box_of(one.finding) or EVERYWHERE for one in shown if one.finding.kind == RESCUE]


def _image(node: Node, view: Guarded, record: Record, persons: Sequence[Sequence[int]]) -> ScanImage:
    shelf: Shelf = node.memory(Shelf)
    with shelf.gate:
        image = _kept(shelf, record.id, lambda: _decoder(view)(record, view.blob(record.blobs[0])))
        if persons:
            return _kept(shelf, f"{record.id} {persons}", lambda: drawing()[1].without_persons(image, persons))
    return image


def _kept(shelf: Shelf, name: str, make: Callable[[], ScanImage]) -> ScanImage:
    image = shelf.held.get(name)
    if image is None:
        image = shelf.held[name] = make()
    shelf.held.move_to_end(name)
    while len(shelf.held) > MOST_KEPT:
        shelf.held.popitem(last=False)
    return image


def _decoder(view: Guarded) -> Any:  # noqa: ANN401 - a function of a record and its bytes
    drawing()
    from headwater.node.scan_keep import decoder

    return decoder(view)
