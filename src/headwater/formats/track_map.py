"""A map of a watch as SVG: water, border, tracks, alerts, drift, in metres about the origin; text that a screen reader finds."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 900
MARGIN_M: Final = 30.0
TALLEST: Final = 900.0
COLOURS: Final = {"rescue": "#c1121f", "border": "#f77f00", "info": "#577590"}
TEXTS: Final = {"rescue": "#8d0d17", "border": "#8a4600", "info": "#2f4858"}
"""Darker, so that they can be read on water and on land."""
LINE: Final = 17.0
"""Height of a line of text; a text is taken to be WIDE."""
WIDE: Final = 240.0
GRID: Final = (10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)


@dataclass(frozen=True, slots=True)
class MapMark:
    """An alert on the map: where, which lane, what to read."""

    x: float
    y: float
    lane: str
    text: str


@dataclass(slots=True)
class TrackMap:
    """What is drawn.

    Attributes:
        title: read first.
        tracks: by number, places in m, in order of time.
        banks: near and far bank, m north; None where there is no river.
        border_y: the border, m north.
        marks: alerts.
        drift: search circles: x, y, radius, m.
        drift_text: what stands beside each circle.
        dots: single detections, m.
        notes: lines below the map.
    """

    title: str
    tracks: Mapping[int, Sequence[tuple[float, float]]]
    banks: tuple[float, float] | None = None
    border_y: float | None = None
    marks: Sequence[MapMark] = ()
    drift: Sequence[tuple[float, float, float]] = ()
    drift_text: Sequence[str] = ()
    dots: Sequence[tuple[float, float]] = ()
    notes: Sequence[str] = ()

    def svg(self) -> bytes:
        """Return the map as one SVG document."""
        page = _Page(*self._frame())
        full = page.height + 62 + 20 * len(self.notes)
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {full:.0f}" font-family="sans-serif" font-size="14">',
            f"<title>{escape(self.title)}</title>",
            f'<rect width="{WIDTH}" height="{full:.0f}" fill="#ffffff"/>',
            f'<rect width="{WIDTH}" height="{page.height:.0f}" fill="#f4f1de"/>',
            *self._ground(page),
            *(f'<circle cx="{page.x(x):.1f}" cy="{page.y(y):.1f}" r="1.6" fill="#8d99ae"/>' for x, y in self.dots),
            *self._ways(page),
            *self._alerts(page),
            *self._below(page),
            "</svg>",
        ]
        return "\n".join(parts).encode()

    def _ground(self, page: "_Page") -> Iterator[str]:
        if self.banks is not None:
            low, high = sorted(self.banks)
            top, bottom = page.y(high), page.y(low)
            yield f'<rect x="0" y="{top:.1f}" width="{WIDTH}" height="{bottom - top:.1f}" fill="#a8dadc"/>'
        if self.border_y is not None:
            y = page.y(self.border_y)
            yield f'<line x1="0" y1="{y:.1f}" x2="{WIDTH}" y2="{y:.1f}" stroke="#555" stroke-dasharray="12 8"/>'
            yield f'<text x="{WIDTH - 8}" y="{y - 5:.1f}" text-anchor="end" fill="#555" font-size="12">border line</text>'

    def _ways(self, page: "_Page") -> Iterator[str]:
        for number, places in sorted(self.tracks.items()):
            points = " ".join(f"{page.x(x):.1f},{page.y(y):.1f}" for x, y in places)
            yield (
                f'<polyline points="{points}" fill="none" stroke="#264653" stroke-width="2"><title>track {number}</title></polyline>'
            )

    def _alerts(self, page: "_Page") -> Iterator[str]:
        taken: list[tuple[float, float]] = []
        for at, (x, y, radius) in enumerate(self.drift):
            cx, cy = page.x(x), page.y(y)
            yield (
                f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="{radius * page.scale:.1f}" fill="#c1121f" fill-opacity="0.06" '
                f'stroke="#c1121f" stroke-dasharray="4 4"/>'
            )
            if at < len(self.drift_text):
                text_x, text_y = _free_line(cx, cy, taken)
                yield (
                    f'<text x="{text_x:.1f}" y="{text_y:.1f}" text-anchor="middle" fill="#8d0d17" font-size="12">'
                    f"{escape(self.drift_text[at])}</text>"
                )
        for mark in self.marks:
            cx, cy = page.x(mark.x), page.y(mark.y)
            colour = COLOURS.get(mark.lane, COLOURS["info"])
            yield f'<circle cx="{cx:.1f}" cy="{cy:.1f}" r="7" fill="{colour}" stroke="#fff" stroke-width="1.5"/>'
            right = cx > WIDTH - WIDE
            text_x, text_y = _free_line(cx - 12 if right else cx + 12, cy + 5, taken)
            yield (
                f'<text x="{text_x:.1f}" y="{text_y:.1f}" text-anchor="{"end" if right else "start"}" fill="{TEXTS.get(mark.lane, "#333")}" '
                f'paint-order="stroke" stroke="#fff" stroke-width="3">{escape(mark.text)}</text>'
            )

    def _below(self, page: "_Page") -> Iterator[str]:
        bar = max((step for step in GRID if step * page.scale <= WIDTH / 4), default=GRID[0])
        y = page.height + 20
        yield f'<line x1="20" y1="{y:.0f}" x2="{20 + bar * page.scale:.0f}" y2="{y:.0f}" stroke="#000" stroke-width="3"/>'
        yield f'<text x="20" y="{y + 22:.0f}">{bar} m · north is up · {escape(self.title)}</text>'
        for at, note in enumerate(self.notes, 1):
            yield f'<text x="20" y="{y + 22 + 20 * at:.0f}">{escape(note)}</text>'

    def _frame(self) -> tuple[float, float, float, float]:
        xs = [x for places in self.tracks.values() for x, _ in places] + [mark.x for mark in self.marks]
        ys = [y for places in self.tracks.values() for _, y in places] + [mark.y for mark in self.marks]
        xs += [x + side * r for x, _, r in self.drift for side in (-1, 1)]
        ys += [y + side * r for _, y, r in self.drift for side in (-1, 1)]
        ys += list(self.banks or ())
        if not xs or not ys:
            return -100.0, -100.0, 100.0, 100.0
        return min(xs) - MARGIN_M, min(ys) - MARGIN_M, max(xs) + MARGIN_M, max(ys) + MARGIN_M


class _Page:
    """Turns metres about the origin into places on the page."""

    def __init__(self, left: float, bottom: float, right: float, top: float) -> None:
        self.scale = WIDTH / (right - left)
        self.height = min(max(120.0, (top - bottom) * self.scale), TALLEST)
        if (top - bottom) * self.scale > TALLEST:  # a high map is drawn smaller, in the middle
            self.scale = TALLEST / (top - bottom)
            left -= (WIDTH / self.scale - (right - left)) / 2.0
        self._left = left
        self._bottom = bottom

    def x(self, x: float) -> float:
        return (x - self._left) * self.scale

    def y(self, y: float) -> float:
        return self.height - (y - self._bottom) * self.scale


def _free_line(x: float, y: float, taken: list[tuple[float, float]]) -> tuple[float, float]:
    """Return where a text can be read, and take the place: a line further down where another text stands."""
    while any(abs(x - other_x) < WIDE and abs(y - other_y) < LINE for other_x, other_y in taken):
        y += LINE
    taken.append((x, y))
    return x, y
