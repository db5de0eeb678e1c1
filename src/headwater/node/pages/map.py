"""The map: where something was seen in some days, computed for this reader. People are never tracks.

Four layers, each under the reader's rights: rescue alerts, always on top; other alerts with the way of the craft that
raised them; detections and crossings counted in H3 cells; places of the corridors. Detections of people only ever count in
a cell. A way is drawn only where most detections in it are of craft or vehicles.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from headwater.engines.watch.danger import Setting, read_setting
from headwater.engines.watch.tables import SOURCE, detections_of
from headwater.errors import InputError, MissingExtraError, Place, SchemaError
from headwater.model.canonical import content_id, decode, encode
from headwater.model.detections import GROUPS, Detection
from headwater.model.finding import EvidenceKind, Finding
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash
from headwater.model.tables import table_of
from headwater.node import runs
from headwater.node.findings import Shown
from headwater.node.node import Node
from headwater.node.pages.seen import all_findings
from headwater.node.pages.words import Marks, banner, marks
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Guarded
from headwater.store import Snapshot

LAYERS: Final = ("rescue", "alerts", "cells", "places")
MOST_CELLS: Final = 5_000
MOST_MARKS: Final = 1_000
MOST_DAYS: Final = 3_660
DEFAULT_DAYS: Final = 30
FINEST: Final = 9
"""H3 resolution of the smallest cells: those to which detections of people are coarsened."""
COARSEST: Final = 2
RESCUE_LANE: Final = "rescue"
WHOLE: Final = (-13.0, 27.0, 66.0, 64.0)
"""The box of the base map: west, south, east, north, degrees."""
STEPS: Final = 4
Box = tuple[float, float, float, float]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the map is asked for.

    Attributes:
        day: last day that is shown; None is the last on which anything was seen.
        days: how many days up to it.
        layers: some of `LAYERS`.
        box: west, south, east, north, degrees.
    """

    day: date | None = None
    days: int = DEFAULT_DAYS
    layers: frozenset[str] = frozenset(LAYERS)
    box: Box = WHOLE

    def __post_init__(self) -> None:
        """Refuse what no map can show, naming the field."""
        if not 1 <= self.days <= MOST_DAYS:
            raise SchemaError(f"not 1 to {MOST_DAYS} days", where=Place(field="days"))
        if not self.layers <= set(LAYERS):
            raise SchemaError("no such layer", where=Place(field="layer"), fix=f"use {', '.join(LAYERS)}")
        west, south, east, north = self.box
        if not (-180 <= west < east <= 180 and -85 <= south < north <= 85):  # noqa: PLR2004 - degrees
            raise SchemaError("not WEST,SOUTH,EAST,NORTH in degrees", where=Place(field="box"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """An alert: where, which lane, what and since when.

    Attributes:
        way: the way of the craft or vehicle that raised it; of people there is none.
        reasons: the parts of its score in words, the heaviest first.
        helper, minutes: who can be there first, and when; blank and None where nobody is known.
    """

    id: str
    subjects: tuple[str, ...]
    lane: str
    kind: str
    lon: float
    lat: float
    at: str
    score: float
    text: str
    state: str
    way: tuple[Point, ...]
    handling: str
    marks: Marks
    reasons: tuple[str, ...] = ()
    helper: str = ""
    minutes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One H3 cell: its ring, how much was seen in it, of what, and how dark it is drawn, 1 to 4."""

    id: str
    ring: tuple[Point, ...]
    count: int
    kinds: tuple[tuple[str, int], ...]
    step: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """A place of a corridor."""

    id: str
    kind: str
    country: str
    lon: float
    lat: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Map:
    """What the map shows.

    Attributes:
        first, last: days between which anything was seen; None where nothing was.
        since, until: the days that are shown.
        unplaced: tables of detections of which nobody noted where their metres begin.
        left_out: marks and cells beyond the limits.
    """

    asked: Asked
    first: date | None
    last: date | None
    since: date | None
    until: date | None
    marks: tuple[Mark, ...]
    cells: tuple[Cell, ...]
    spots: tuple[Spot, ...]
    unplaced: int
    left_out: int
    banner: Marks

    @property
    def rescue(self) -> tuple[Mark, ...]:
        """The rescue lane: alerts that nobody has dismissed, the newest first."""
        return tuple(mark for mark in self.marks if mark.lane == RESCUE_LANE)


@dataclass(frozen=True, slots=True)
class _Count:
    """How often something was seen on a day in one of the smallest cells; where its middle lies, degrees."""

    day: date
    cell: str
    lon: float
    lat: float
    kind: str
    count: int


@dataclass(slots=True)
class _Seen:
    """What was gathered before it is cut to the days and the box."""

    counts: list[_Count] = field(default_factory=list)
    marks: list[tuple[datetime, Mark]] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    handlings: list[Handling] = field(default_factory=list)
    unplaced: int = 0


def map_page(node: Node, session: Session, asked: Asked) -> Map:
    """Return what the map shows this reader.

    Raises:
        PolicyError: the user may not look at records.
        MissingExtraError: h3 or pyarrow is not installed.
    """
    may(session, Act.RECORD_LOOK)
    may(session, Act.FINDING_LOOK)
    with node.view_at(session) as (snapshot, view):
        seen = _gather(node, session, snapshot, view, resolution(asked.box))
    days = [one.day for one in seen.counts] + [moment.date() for moment, _ in seen.marks]
    first, last = min(days, default=None), max(days, default=None)
    until = asked.day or last
    since = until - timedelta(days=min(asked.days - 1, (until - date.min).days)) if until else None

    def fits(day: date) -> bool:
        return since is not None and until is not None and since <= day <= until

    found = [
        mark
        for moment, mark in sorted(seen.marks, key=_newest)
        if fits(moment.date()) and _in(mark.lon, mark.lat, asked.box)
    ]
    found = [mark for mark in found if (mark.lane if mark.lane == RESCUE_LANE else "alerts") in asked.layers]
    found.sort(key=lambda mark: mark.lane != RESCUE_LANE)
    counts = [one for one in seen.counts if fits(one.day) and _in(one.lon, one.lat, _wider(asked.box))]
    cells = _cells(counts, asked.box) if "cells" in asked.layers else ()
    spots = [spot for spot in seen.spots if _in(spot.lon, spot.lat, asked.box)] if "places" in asked.layers else []
    return Map(
        asked=asked,
        first=first,
        last=last,
        since=since,
        until=until,
        marks=tuple(found[:MOST_MARKS]),
        cells=cells[:MOST_CELLS],
        spots=tuple(spots[:MOST_MARKS]),
        unplaced=seen.unplaced,
        left_out=max(0, len(found) - MOST_MARKS) + max(0, len(cells) - MOST_CELLS) + max(0, len(spots) - MOST_MARKS),
        banner=banner(seen.handlings),
    )


def alerts(node: Node, session: Session) -> tuple[tuple[Mark, ...], tuple[Shown, ...]]:
    """Return every alert that a session may see, rescue first and the newest first; and those that have no known place.

    Raises:
        PolicyError: the user may not look at findings.
    """
    may(session, Act.FINDING_LOOK)
    with node.view_at(session) as (snapshot, view):
        seen = _gather(node, session, snapshot, view, COARSEST)
        told = [one for one in all_findings(node, session, snapshot, view) if one.finding.kind.startswith("watch.")]
    made = [mark for _, mark in sorted(seen.marks, key=_newest)]
    placed = {mark.id for mark in made}
    made.sort(key=lambda mark: (mark.lane != RESCUE_LANE, mark.state == "dismiss"))
    return tuple(made), tuple(one for one in told if one.finding.id not in placed)


def _newest(pair: tuple[datetime, Mark]) -> tuple[float, str]:
    return -pair[0].timestamp(), pair[1].id


def _wider(box: Box) -> Box:
    """Return a box with half a cell more on each side: a cell belongs to it although its middle lies outside."""
    more = (box[2] - box[0]) / 80
    return box[0] - more, box[1] - more, box[2] + more, box[3] + more


def _in(lon: float, lat: float, box: Box) -> bool:
    return box[0] <= lon <= box[2] and box[1] <= lat <= box[3]


def _gather(node: Node, session: Session, snapshot: Snapshot, view: Guarded, fine: int) -> _Seen:
    seen = _Seen()
    settings = _settings(snapshot)
    tables: dict[BlobHash, tuple[Setting, str]] = {}
    for record in view.records(source=SOURCE):
        for ref in record.tables:
            if ref not in settings:
                seen.unplaced += 1
                continue
            tables[ref] = settings[ref], view.table_path(ref)
            seen.handlings.append(record.handling)
            seen.counts += _counted(view, ref, *tables[ref], fine)
    for shown in all_findings(node, session, snapshot, view):
        if shown.finding.kind.startswith("watch.") and (made := _mark(shown, tables)) is not None:
            seen.marks.append(made)
            seen.handlings.append(shown.finding.handling)
    for kind in ("places", "crossings"):
        for record in view.records(source=kind):
            if table_of(record) == kind:
                seen.handlings.append(record.handling)
                for ref in record.tables:
                    _read_places(kind, view.table_path(ref), seen)
    return seen


def _settings(snapshot: Snapshot) -> dict[BlobHash, Setting]:
    """Return where the metres and seconds of each table of detections begin, as the runs over them noted it."""
    found: dict[BlobHash, Setting] = {}
    for _, _, body in snapshot.documents(runs.RUN):
        noted = decode(body, runs.Noted)
        if noted.engine != "watch":
            continue
        params = decode(noted.params.encode(), dict[str, Any])
        try:
            setting = read_setting(params["context"])
        except (InputError, KeyError):
            continue
        found.update(dict.fromkeys((BlobHash(ref) for ref in params.get("tables", ())), setting))
    return found


def _counted(view: Guarded, ref: BlobHash, setting: Setting, path: str, fine: int) -> list[_Count]:
    """Return what a table of detections holds, counted by day in cells of a resolution; reckoned once for each table."""
    start = (ref, setting.origin.lat, setting.origin.lon, setting.start.isoformat(), fine)

    def build() -> bytes:
        if fine == FINEST:
            return encode(_count(_points(setting, detections_of(path))))
        return encode(_coarser(_counted(view, ref, setting, path, FINEST), fine))

    return decode(bytes(view.derived(content_id("map", start), build)), list[_Count])


def _coarser(found: Iterable[_Count], fine: int) -> list[_Count]:
    h3 = _h3()
    counts: Counter[tuple[date, str, str]] = Counter()
    for one in found:
        counts[one.day, h3.cell_to_parent(one.cell, fine), one.kind] += one.count
    return _placed(counts)


def _points(setting: Setting, detections: Iterable[Detection]) -> Iterator[tuple[date, float, float, str]]:
    for one in detections:
        lon, lat = setting.origin.to_degrees(one.x, one.y)
        yield (setting.start + timedelta(seconds=one.time_s)).date(), lon, lat, one.kind


def _count(points: Iterable[tuple[date, float, float, str]]) -> list[_Count]:
    h3 = _h3()
    counts = Counter((day, h3.latlng_to_cell(lat, lon, FINEST), kind) for day, lon, lat, kind in points)
    return _placed(counts)


def _placed(counts: Mapping[tuple[date, str, str], int]) -> list[_Count]:
    h3 = _h3()
    made = []
    for (day, cell, kind), count in sorted(counts.items()):
        lat, lon = h3.cell_to_latlng(cell)
        made.append(_Count(day, cell, round(lon, 6), round(lat, 6), kind, count))
    return made


def _h3() -> Any:  # noqa: ANN401 - a module
    try:
        import h3
    except ModuleNotFoundError as error:
        raise MissingExtraError("watch", error.name or "h3") from error
    return h3


def _rows(path: str, rows: Sequence[int]) -> list[dict[str, Any]]:
    """Return some rows of a table of detections, by their place in it."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["time_s", "x", "y", "class"])
    return list(table.take([row for row in rows if row < table.num_rows]).to_pylist())


def _mark(shown: Shown, tables: Mapping[BlobHash, tuple[Setting, str]]) -> tuple[datetime, Mark] | None:
    finding = shown.finding
    refs = [piece.ref.partition("#") for piece in finding.evidence if piece.kind is EvidenceKind.TABLE_ROW]
    table = BlobHash(refs[0][0]) if refs else None
    if table is None or table not in tables:
        return None
    setting, path = tables[table]
    rows = sorted(int(row) for ref, _, row in refs if ref == table and row.isdigit())
    seen = sorted(_rows(path, rows), key=lambda one: float(one["time_s"]))
    if not seen:
        return None
    last = seen[-1]
    moment = setting.start + timedelta(seconds=last["time_s"])
    lon, lat = setting.origin.to_degrees(last["x"], last["y"])
    told = decode(finding.params.encode(), dict[str, Any])
    near = setting.nearest_rescue(last["x"], last["y"])
    return moment, Mark(
        id=finding.id,
        subjects=finding.subjects,
        lane=finding.kind.partition(".")[2],
        kind=str(told.get("kind", "")),
        lon=round(lon, 6),
        lat=round(lat, 6),
        at=moment.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        score=finding.score,
        text=finding.text,
        state=shown.state,
        way=_way(setting, seen),
        handling=_short(finding),
        marks=marks(finding.handling),
        reasons=tuple(reason.text for reason in finding.reasons),
        helper=near[0].name if near else "",
        minutes=round(near[1], 1) if near else None,
    )


def _way(setting: Setting, seen: Sequence[Mapping[str, Any]]) -> tuple[Point, ...]:
    """Return the way of a craft or vehicle; of people there is none."""
    kinds = {one["class"] for one in seen}
    if kinds & GROUPS or kinds == {"unknown"}:
        return ()
    places = (setting.origin.to_degrees(one["x"], one["y"]) for one in seen)
    return tuple((round(lon, 6), round(lat, 6)) for lon, lat in places)


def _short(finding: Finding) -> str:
    return " ".join((*sorted(finding.handling.markings), *sorted(finding.handling.codes)))


def _read_places(kind: str, path: str, seen: _Seen) -> None:
    try:
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingExtraError("trace", error.name or "pyarrow") from error
    crossings = []
    for row in pq.read_table(path).to_pylist():
        lon, lat = row["lon_e6"] / 1e6, row["lat_e6"] / 1e6
        if kind == "places":
            seen.spots.append(
                Spot(id=row["id"], kind=row["kind"] or "", country=row.get("country") or "", lon=lon, lat=lat)
            )
        else:
            day = datetime.fromtimestamp(row["time_us"] / 1e6, UTC).date()
            crossings.append((day, lon, lat, row.get("kind") or "crossing"))
    seen.counts += _count(crossings)


def resolution(box: Box) -> int:
    """Return the H3 resolution whose cells are about a fortieth of a box wide."""
    # Edge lengths fall by the square root of 7 from 1,107.71 km at resolution 0 (H3, table of cell statistics).
    width_km = max((box[2] - box[0]) * 78.0, (box[3] - box[1]) * 111.0)
    found = COARSEST
    while found < FINEST and 1107.71 / 7 ** ((found + 1) / 2) >= width_km / 80:
        found += 1
    return found


def _cells(found: Sequence[_Count], box: Box) -> tuple[Cell, ...]:
    """Return what was seen as counts in cells that fit the box, the fullest first."""
    if not found:
        return ()
    h3, fine = _h3(), resolution(box)
    counts: Counter[str] = Counter()
    kinds: dict[str, Counter[str]] = {}
    for one in found:
        name = h3.cell_to_parent(one.cell, fine)
        counts[name] += one.count
        kinds.setdefault(name, Counter())[one.kind] += one.count
    limits = _limits(sorted(counts.values()))
    made = []
    for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
        ring = tuple((round(lon, 5), round(lat, 5)) for lat, lon in h3.cell_to_boundary(name))
        step = 1 + sum(count > limit for limit in limits)
        made.append(Cell(id=name, ring=ring, count=count, kinds=tuple(sorted(kinds[name].items())), step=step))
    return tuple(made)


def _limits(counts: Sequence[int]) -> tuple[int, ...]:
    """Return the counts above which a cell is a step darker: quarters of what there is, each once."""
    return tuple(sorted({counts[len(counts) * part // STEPS - 1] for part in range(1, STEPS) if len(counts) >= STEPS}))
