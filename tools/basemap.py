"""Cut the offline base map out of Natural Earth: land, and each land boundary as lines that bear their pair of codes.

The map says nothing about states by itself: land is one area without boundaries in it, a boundary is a line that a node
draws as its own settings say, and no name of the data is kept. Places of labels are computed from the shapes.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

Point = tuple[float, float]
Line = list[Point]

BOX: Final = (-13.0, 27.0, 66.0, 64.0)
"""West, south, east and north edge of the map: from the Atlantic to the Afghan border, from Libya to Norway."""
TOLERANCE: Final = 0.008
"""How far a simplified line may be from the data's, in degrees: less than a kilometre."""
TOLERANCE_FAR: Final = 0.5
"""The same for lines outside the map, which only close its shapes."""
SMALLEST: Final = 0.0015
"""Area in square degrees below which an island is left out."""
SCALE: Final = 1000
"""Coordinates are kept as whole thousandths of a degree."""
UNNUMBERED: Final = {"Kosovo": "XK", "N. Cyprus": "CY.north", "Cyprus U.N. Buffer Zone": "CY.buffer"}
"""Codes of shapes for which the data has no ISO number; what is in no list here is drawn as part of its neighbour."""
PART_OF: Final = {"Dhekelia": "CY", "Akrotiri": "CY", "Baikonur": "KZ"}
"""Leased areas, whose lines are not boundaries between states."""
SPLIT: Final = {("RU", "UA"): ("RU.crimea-UA", (32.0, 44.0, 36.8, 46.35))}
"""A stretch of a boundary that is disputed by itself: the pair it is called by, and the box that it lies in."""
# ISO 3166-1, numeric to alpha-2, of every state and territory that reaches into the box.
NUMBERS: Final = {
    "004": "AF", "008": "AL", "012": "DZ", "020": "AD", "031": "AZ", "040": "AT", "048": "BH", "051": "AM",
    "056": "BE", "070": "BA", "100": "BG", "112": "BY", "191": "HR", "196": "CY", "203": "CZ", "208": "DK",
    "233": "EE", "234": "FO", "246": "FI", "248": "AX", "250": "FR", "268": "GE", "275": "PS", "276": "DE",
    "292": "GI", "300": "GR", "336": "VA", "348": "HU", "352": "IS", "364": "IR", "368": "IQ", "372": "IE",
    "376": "IL", "380": "IT", "398": "KZ", "400": "JO", "414": "KW", "422": "LB", "428": "LV", "434": "LY",
    "438": "LI", "440": "LT", "442": "LU", "470": "MT", "492": "MC", "498": "MD", "499": "ME", "504": "MA",
    "528": "NL", "578": "NO", "586": "PK", "616": "PL", "620": "PT", "634": "QA", "642": "RO", "643": "RU",
    "674": "SM", "682": "SA", "688": "RS", "703": "SK", "705": "SI", "724": "ES", "732": "EH", "752": "SE",
    "756": "CH", "760": "SY", "784": "AE", "788": "TN", "792": "TR", "795": "TM", "804": "UA", "807": "MK",
    "818": "EG", "826": "GB", "831": "GG", "832": "JE", "833": "IM", "860": "UZ",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape of the data: its code, and its rings as numbers of arcs, negative where an arc runs backwards."""

    code: str
    rings: tuple[tuple[int, ...], ...]


def base_map(atlas: dict[str, Any]) -> dict[str, Any]:
    """Return land, boundaries and places of labels, cut to the box.

    Args:
        atlas: ``countries-10m.json`` of world-atlas, a TopoJSON topology.
    """
    arcs = [_simplified(line) for line in _decoded(atlas)]
    shapes = [shape for shape in map(_shape, atlas["objects"]["countries"]["geometries"]) if shape is not None]
    users: dict[int, set[str]] = {}
    for shape in shapes:
        for arc in _arcs(shape.rings):
            users.setdefault(_number(arc), set()).add(shape.code)
    coast = [arc for shape in shapes for arc in _arcs(shape.rings) if _alone(arc, users, shape, shapes)]
    land = [[_packed(ring) for ring in polygon] for polygon in _nested(_land(coast, arcs))]
    return {
        "box": list(BOX),
        "scale": SCALE,
        "land": land,
        "boundaries": _boundaries(users, arcs),
        "labels": _labels(shapes, arcs),
        "source": "Natural Earth 1:10m (public domain) by world-atlas 2.0.2",
    }


def _decoded(atlas: dict[str, Any]) -> Iterator[Line]:
    scale, move = atlas["transform"]["scale"], atlas["transform"]["translate"]
    for arc in atlas["arcs"]:
        x = y = 0
        line = []
        for step in arc:
            x, y = x + step[0], y + step[1]
            line.append((x * scale[0] + move[0], y * scale[1] + move[1]))
        yield line


def _shape(geometry: dict[str, Any]) -> Shape | None:
    name, number = geometry["properties"]["name"], geometry.get("id")
    code = UNNUMBERED.get(name) or PART_OF.get(name) or NUMBERS.get(number or "") or f"n{number or name}"
    polygons = geometry.get("arcs", [])
    if geometry["type"] == "Polygon":
        polygons = [polygons]
    rings = tuple(tuple(ring) for polygon in polygons for ring in polygon)
    return Shape(code, rings) if rings else None


def _arcs(rings: Iterable[Sequence[int]]) -> Iterator[int]:
    for ring in rings:
        yield from ring


def _number(arc: int) -> int:
    return arc if arc >= 0 else ~arc


def _alone(arc: int, users: dict[int, set[str]], shape: Shape, shapes: list[Shape]) -> bool:
    """Tell whether only one ring of all uses an arc: then land ends there."""
    if len(users[_number(arc)]) > 1:
        return False
    same = (other for each in shapes if each.code == shape.code for other in _arcs(each.rings))
    return sum(_number(other) == _number(arc) for other in same) == 1


def _run(arc: int, arcs: list[Line]) -> Line:
    return arcs[arc] if arc >= 0 else arcs[~arc][::-1]


def _land(coast: list[int], arcs: list[Line]) -> list[Line]:
    """Return the rings at which land ends, the largest first: outer ones and lakes alike, to be filled even-odd."""
    starts: dict[Point, list[int]] = {}
    for arc in coast:
        starts.setdefault(_run(arc, arcs)[0], []).append(arc)
    rings = []
    for first in coast:
        if first not in starts.get(_run(first, arcs)[0], []):
            continue
        ring: Line = []
        arc = first
        while True:
            line = _run(arc, arcs)
            starts[line[0]].remove(arc)
            ring += line if not ring else line[1:]
            follow = starts.get(line[-1], [])
            if not follow or ring[0] == ring[-1]:
                break
            arc = follow[0]
        cut = _clipped(ring)
        if len(cut) > 3 and abs(_area(cut)) >= SMALLEST:
            rings.append(cut)
    return sorted(rings, key=lambda ring: (-abs(_area(ring)), ring[0]))


def _nested(rings: list[Line]) -> list[list[Line]]:
    """Return rings as polygons: each outer ring with the lakes in it; an island in a lake is a polygon of its own."""
    polygons: list[list[Line]] = []
    for ring in rings:
        around = [polygon for polygon in polygons if _in(ring[0], polygon[0])]
        lakes = sum(_in(ring[0], lake) for polygon in around for lake in polygon[1:])
        if around and lakes == 0:
            around[-1].append(ring)
        else:
            polygons.append([ring])
    return polygons


def _boundaries(users: dict[int, set[str]], arcs: list[Line]) -> list[dict[str, Any]]:
    found: dict[str, list[Line]] = {}
    for arc, codes in users.items():
        if len(codes) != 2:
            continue
        pair = tuple(sorted(codes))
        for line in _inside(arcs[arc]):
            for name, part in _split((pair[0], pair[1]), line):
                found.setdefault(name, []).append(part)
    return [{"pair": name, "lines": [_packed(line) for line in sorted(found[name])]} for name in sorted(found)]


def _split(pair: tuple[str, str], line: Line) -> Iterator[tuple[str, Line]]:
    plain = "-".join(pair)
    if pair not in SPLIT:
        yield plain, line
        return
    name, (west, south, east, north) = SPLIT[pair]
    part: Line = [line[0]]
    last = ""
    for here, after in pairwise(line):
        middle = ((here[0] + after[0]) / 2, (here[1] + after[1]) / 2)
        now = name if west <= middle[0] <= east and south <= middle[1] <= north else plain
        if last and now != last:
            yield last, part
            part = [here]
        part.append(after)
        last = now
    yield last, part


def _inside(line: Line) -> Iterator[Line]:
    """Yield the stretches of a line that lie in the box."""
    part: Line = []
    for point in line:
        if BOX[0] <= point[0] <= BOX[2] and BOX[1] <= point[1] <= BOX[3]:
            part.append(point)
        else:
            if len(part) > 1:
                yield part
            part = []
    if len(part) > 1:
        yield part


def _labels(shapes: list[Shape], arcs: list[Line]) -> dict[str, list[int]]:
    """Return where the name of each state or territory goes: the point of its largest part farthest from any line."""
    places = {}
    for shape in shapes:
        if not (shape.code.isalpha() and shape.code.isupper() and len(shape.code) == 2):
            continue
        rings = [_clipped([point for arc in ring for point in _run(arc, arcs)]) for ring in shape.rings]
        rings = [ring for ring in rings if len(ring) > 3]
        if not rings:
            continue
        largest = max(rings, key=lambda ring: abs(_area(ring)))
        place = _middle(largest)
        places[shape.code] = [round(place[0] * SCALE), round(place[1] * SCALE), round(abs(_area(largest)) * 100)]
    return dict(sorted(places.items()))


def _middle(ring: Line) -> Point:
    """Return the point of a grid in a ring that is farthest from it; a finer grid around the best follows."""
    west, east = min(x for x, _ in ring), max(x for x, _ in ring)
    south, north = min(y for _, y in ring), max(y for _, y in ring)
    best, reach = ((west + east) / 2, (south + north) / 2), -1.0
    for _ in range(3):
        step = ((east - west) / 12, (north - south) / 12)
        for column in range(13):
            for row in range(13):
                point = (west + column * step[0], south + row * step[1])
                if not _in(point, ring):
                    continue
                distance = min(_distance(point, a, b) for a, b in pairwise(ring))
                if distance > reach:
                    best, reach = point, distance
        west, east, south, north = best[0] - step[0], best[0] + step[0], best[1] - step[1], best[1] + step[1]
    return best


def _in(point: Point, ring: Line) -> bool:
    x, y = point
    inside = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside


def _area(ring: Line) -> float:
    return sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairwise([*ring, ring[0]])) / 2


def _clipped(ring: Line) -> Line:
    """Return a ring cut to the box, edge by edge (Sutherland and Hodgman, 1974)."""
    for axis, limit, keep_above in ((0, BOX[0], True), (0, BOX[2], False), (1, BOX[1], True), (1, BOX[3], False)):
        cut: Line = []
        for here, after in pairwise([*ring, *ring[:1]]):
            here_in = (here[axis] >= limit) is keep_above or here[axis] == limit
            after_in = (after[axis] >= limit) is keep_above or after[axis] == limit
            if here_in:
                cut.append(here)
            if here_in != after_in:
                part = (limit - here[axis]) / (after[axis] - here[axis])
                cut.append((here[0] + part * (after[0] - here[0]), here[1] + part * (after[1] - here[1])))
        ring = cut
    return [*ring, ring[0]] if ring and ring[0] != ring[-1] else ring


def _simplified(line: Line) -> Line:
    """Return a line with the points that matter (Douglas and Peucker, 1973); both ends stay, so that lines still join."""
    inside = any(BOX[0] - 1 <= x <= BOX[2] + 1 and BOX[1] - 1 <= y <= BOX[3] + 1 for x, y in line)
    tolerance = TOLERANCE if inside else TOLERANCE_FAR
    keep = {0, len(line) - 1}
    todo = [(0, len(line) - 1)]
    while todo:
        first, last = todo.pop()
        if last - first < 2:
            continue
        far = max(range(first + 1, last), key=lambda index: _distance(line[index], line[first], line[last]))
        if _distance(line[far], line[first], line[last]) > tolerance:
            keep.add(far)
            todo += [(first, far), (far, last)]
    return [line[index] for index in sorted(keep)]


def _distance(point: Point, a: Point, b: Point) -> float:
    dx, dy = b[0] - a[0], b[1] - a[1]
    length = dx * dx + dy * dy
    along = 0.0 if length == 0 else max(0.0, min(1.0, ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / length))
    return math.hypot(point[0] - a[0] - along * dx, point[1] - a[1] - along * dy)


def _packed(line: Line) -> list[int]:
    """Return a line as whole numbers: its first point, then steps; points that fall together are one."""
    packed: list[int] = []
    x = y = 0
    for point in line:
        step = (round(point[0] * SCALE) - x, round(point[1] * SCALE) - y)
        if packed and step == (0, 0):
            continue
        packed += step
        x, y = x + step[0], y + step[1]
    return packed
