"""The map as SVG: sea, land without states, lines as a node's settings draw them, what was seen, rescue on top.

Drawn with presentation attributes alone, so that the same drawing stands in a page that allows no style of its own and in
a file. The same values give the same bytes.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

WIDTH: Final = 960
TALLEST: Final = 1_200
FLATTEST: Final = 240
INK: Final = "#14212b"
SHADES: Final = (0.18, 0.36, 0.56, 0.8)
LANES: Final = {"rescue": ("#a3201d", "R"), "border": ("#7a4b00", "B"), "info": ("#0b4f8a", "i")}
LEAST_LABEL: Final = 26.0
"""Width in pixels that a state or territory has on the picture before its name is written."""
LETTER_WIDTH, LINE = 6.6, 14.0
"""Pixels of a letter of a name, and of its line, at its size on the map."""
Box = tuple[float, float, float, float]
Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """A cell: its ring in degrees, how dark, what to read."""

    ring: Sequence[Point]
    step: int
    text: str


@dataclass(frozen=True, slots=True)
class DrawnMark:
    """An alert: where, which lane, what to read, the way that led there."""

    lon: float
    lat: float
    lane: str
    text: str
    way: Sequence[Point] = ()


@dataclass(frozen=True, slots=True)
class DrawnSpot:
    """A place with its name."""

    lon: float
    lat: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionMap:
    """What is drawn.

    Attributes:
        title: read first by a screen reader.
        box: west, south, east, north, degrees.
        base: the base map, as ``region.json`` holds it.
        styles: how each boundary is drawn: solid, dashed or none, by its pair of codes.
        names: what is written at each code.
        footnotes: lines below the picture.
        banner: the handling line; it stands on the picture itself.
    """

    title: str
    box: Box
    base: Mapping[str, Any]
    styles: Mapping[str, str]
    names: Mapping[str, str]
    cells: Sequence[DrawnCell] = ()
    spots: Sequence[DrawnSpot] = ()
    marks: Sequence[DrawnMark] = ()
    footnotes: Sequence[str] = ()
    banner: str = ""

    def svg(self) -> str:
        """Return the map as one SVG element."""
        frame = _Frame(self.box)
        foot = 22 * (len(self.footnotes) + bool(self.banner))
        whole = frame.height + foot + (8 if foot else 0)
        parts = [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {whole:.0f}" role="img" '
                f'aria-label={quoteattr(self.title)} font-family="Noto Sans Headwater, Noto Sans, sans-serif" font-size="13">'
            ),
            f"<title>{escape(self.title)}</title>",
            f'<rect width="{WIDTH}" height="{whole:.0f}" fill="#fff"/>',
            f'<svg width="{WIDTH}" height="{frame.height:.0f}" viewBox="0 0 {WIDTH} {frame.height:.0f}" overflow="hidden">',
            f'<rect width="{WIDTH}" height="{frame.height:.0f}" fill="#cfdfe9"/>',
            self._ground(frame),
            *self._cells(frame),
            *self._spots(frame),
            *self._marks(frame),
            "</svg>",
        ]
        y = frame.height + 20
        if self.banner:
            parts.append(f'<text x="8" y="{y:.0f}" font-weight="700" fill="{INK}">{escape(self.banner)}</text>')
            y += 22
        for note in self.footnotes:
            parts.append(f'<text x="8" y="{y:.0f}" font-size="11" fill="{INK}">{escape(note)}</text>')
            y += 22
        return "".join((*parts, "</svg>"))

    def _ground(self, frame: "_Frame") -> str:
        """Return what lies below all: the same for every reader who looks at a box in one language, and drawn once."""
        asked = self.box, frozenset(self.styles.items()), frozenset(self.names.items())
        base, drawn = _GROUND.get(asked, (None, ""))
        if base is not self.base:
            drawn = "".join(self._base(frame))
            if len(_GROUND) >= _MOST_GROUND:
                _GROUND.clear()
            _GROUND[asked] = self.base, drawn
        return drawn

    def _base(self, frame: "_Frame") -> Iterable[str]:
        scale = self.base["scale"]
        rings = [frame.path(unpacked(ring, scale), close=True) for polygon in self.base["land"] for ring in polygon]
        yield f'<path d="{"".join(rings)}" fill="#f4f3ee" fill-rule="evenodd" stroke="#97a3ab" stroke-width="0.7"/>'
        for boundary in self.base["boundaries"]:
            style = self.styles.get(boundary["pair"], "solid")
            path = "".join(frame.path(unpacked(line, scale)) for line in boundary["lines"]) if style != "none" else ""
            if path:
                dashes = ' stroke-dasharray="5 3"' if style == "dashed" else ""
                yield f'<path d="{path}" fill="none" stroke="#5d6b75"{dashes}/>'
        for x, y, name in self._names(frame):
            yield (
                f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="middle" font-size="12" fill="#46545f" '
                f'paint-order="stroke" stroke="#f4f3ee" stroke-width="3">{escape(name)}</text>'
            )

    def _names(self, frame: "_Frame") -> Iterable[tuple[float, float, str]]:
        """Yield where names stand: the largest first, none over another, none cut off at the edge."""
        scale, taken = self.base["scale"], list[tuple[float, float, float]]()
        for code, (x, y, area) in sorted(self.base["labels"].items(), key=lambda one: -one[1][2]):
            place = frame.at((x / scale, y / scale))
            small = math.sqrt(area / 100) * frame.scale_x < LEAST_LABEL
            if code not in self.names or small or not frame.holds(place):
                continue
            half = len(self.names[code]) * LETTER_WIDTH / 2
            middle, base = min(max(place[0], half), WIDTH - half), place[1]
            if all(abs(middle - at) >= half + wide or abs(base - line) >= LINE for at, line, wide in taken):
                taken.append((middle, base, half))
                yield middle, base, self.names[code]

    def _cells(self, frame: "_Frame") -> Iterable[str]:
        for cell in self.cells:
            shade = SHADES[max(1, min(cell.step, len(SHADES))) - 1]
            yield (
                f'<path d="{frame.path(cell.ring, close=True)}" fill="#0b4f8a" fill-opacity="{shade}" stroke="#0b4f8a" '
                f'stroke-width="0.8"><title>{escape(cell.text)}</title></path>'
            )

    def _spots(self, frame: "_Frame") -> Iterable[str]:
        for spot in self.spots:
            x, y = frame.at((spot.lon, spot.lat))
            yield (
                f'<rect x="{x - 4:.1f}" y="{y - 4:.1f}" width="8" height="8" fill="#1d6b3c" stroke="#fff">'
                f"<title>{escape(spot.text)}</title></rect>"
            )

    def _marks(self, frame: "_Frame") -> Iterable[str]:
        for mark in sorted(self.marks, key=lambda one: one.lane == "rescue"):
            colour, letter = LANES.get(mark.lane, LANES["info"])
            x, y = frame.at((mark.lon, mark.lat))
            if len(mark.way) > 1:
                yield f'<path d="{frame.path(mark.way)}" fill="none" stroke="#7a3e9d" stroke-width="2"/>'
            yield (
                f'<g><title>{escape(mark.text)}</title><circle cx="{x:.1f}" cy="{y:.1f}" r="10" fill="{colour}" stroke="#fff" '
                f'stroke-width="2"/><text x="{x:.1f}" y="{y + 4.5:.1f}" text-anchor="middle" font-weight="700" fill="#fff">'
                f"{letter}</text></g>"
            )


_MOST_GROUND: Final = 16
_GROUND: Final[dict[object, tuple[Mapping[str, Any], str]]] = {}
"""Grounds that were drawn, each with the base map that it was drawn from."""


class _Frame:
    """From degrees to pixels: the Mercator projection of a sphere, cut to a box."""

    def __init__(self, box: Box) -> None:
        west, south, east, north = box
        self.scale_x = WIDTH / (east - west)
        self._west, self._top = west, _mercator(north)
        height = (_mercator(north) - _mercator(south)) * self.scale_x
        self.height = max(float(FLATTEST), min(float(TALLEST), height))
        self._scale_y = self.scale_x * self.height / height if height else self.scale_x

    def at(self, point: Point) -> Point:
        """Return where a point in degrees lies, in pixels."""
        return (point[0] - self._west) * self.scale_x, (self._top - _mercator(point[1])) * self._scale_y

    def holds(self, place: Point) -> bool:
        """Return whether a place in pixels lies inside."""
        return 0 <= place[0] <= WIDTH and 0 <= place[1] <= self.height

    def path(self, line: Sequence[Point], *, close: bool = False) -> str:
        """Return a line as path data; nothing for one that lies outside or falls into one pixel."""
        places = [self.at(point) for point in line]
        xs, ys = [x for x, _ in places], [y for _, y in places]
        if max(xs) < 0 or min(xs) > WIDTH or max(ys) < 0 or min(ys) > self.height:
            return ""
        kept = places[:1] + [here for before, here in pairwise(places) if math.dist(before, here) > 0.3]  # noqa: PLR2004 - pixels
        return f"{_steps(kept)}{'Z' if close else ''}"


def _steps(places: Sequence[Point]) -> str:
    """Return path data to a tenth of a pixel, each place told by its step from the one before: half as long as told in full.

    Steps are taken between rounded places, so no error adds up along a line.
    """
    rounded = [(round(10 * x), round(10 * y)) for x, y in places]
    (x, y), rest = rounded[0], rounded[1:]
    steps = []
    for (before_x, before_y), (here_x, here_y) in pairwise(rounded):
        across, down = _tenths(here_x - before_x), _tenths(here_y - before_y)
        # A minus sign parts two numbers as well as a space does (SVG 1.1, 8.3.9).
        steps.append(f"{across}{down}" if down.startswith("-") else f"{across} {down}")
    joined = "".join(step if not at or step.startswith("-") else f" {step}" for at, step in enumerate(steps))
    return f"M{_tenths(x)} {_tenths(y)}{'l' if rest else ''}{joined}"


def _tenths(value: int) -> str:
    sign, value = ("-", -value) if value < 0 else ("", value)
    whole, tenth = divmod(value, 10)
    if not tenth:
        return f"{sign}{whole}" if whole else "0"
    return f"{sign}{whole or ''}.{tenth}"


def _mercator(lat: float) -> float:
    """Return how far north a latitude lies, in degrees of longitude at the equator."""
    return math.degrees(math.log(math.tan(math.pi / 4 + math.radians(lat) / 2)))


def unpacked(line: Sequence[int], scale: int) -> list[Point]:
    """Return a line of the base map in degrees."""
    x = y = 0
    points = []
    for index in range(0, len(line) - 1, 2):
        x, y = x + line[index], y + line[index + 1]
        points.append((x / scale, y / scale))
    return points
