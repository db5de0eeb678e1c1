"""A map of a watch as SVG: water, border, tracks, alerts, drift, in metres about the origin; text that a screen reader finds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from xml.sax.saxutils import escape

WIDTH: Final = 900
MARGIN_M: Final = 30.0
COLOURS: Final = {"rescue": "#c1121f", "border": "#f77f00", "info": "#577590"}
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
    """

    title: str
    tracks: Mapping[int, Sequence[tuple[float, float]]]
    banks: tuple[float, float] | None = None
    border_y: float | None = None
    marks: Sequence[MapMark] = ()
    drift: Sequence[tuple[float, float, float]] = field(default_factory=tuple)

    def svg(self) -> bytes:
        """Return the map as one SVG document."""
        left, bottom, right, top = self._frame()
        scale = WIDTH / (right - left)
        height = max(120.0, (top - bottom) * scale)

        def at(x: float, y: float) -> str:
            return f"{(x - left) * scale:.1f},{height - (y - bottom) * scale:.1f}"

        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height + 60:.0f}" font-family="sans-serif" font-size="14">',
            f"<title>{escape(self.title)}</title>",
            f'<rect width="{WIDTH}" height="{height:.0f}" fill="#f4f1de"/>',
        ]
        if self.banks is not None:
            low, high = sorted(self.banks)
            y0, y1 = at(left, high).split(",")[1], at(left, low).split(",")[1]
            parts.append(f'<rect x="0" y="{y0}" width="{WIDTH}" height="{float(y1) - float(y0):.1f}" fill="#a8dadc"/>')
        if self.border_y is not None:
            y = at(left, self.border_y).split(",")[1]
            parts.append(f'<line x1="0" y1="{y}" x2="{WIDTH}" y2="{y}" stroke="#555" stroke-dasharray="12 8"/>')
        for x, y_m, radius in self.drift:
            cx, cy = at(x, y_m).split(",")
            parts.append(
                f'<circle cx="{cx}" cy="{cy}" r="{radius * scale:.1f}" fill="none" stroke="#c1121f" stroke-dasharray="4 4"/>'
            )
        for number, places in sorted(self.tracks.items()):
            points = " ".join(at(x, y_m) for x, y_m in places)
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="#264653" stroke-width="2"><title>track {number}</title></polyline>'
            )
        lines: list[tuple[float, float]] = []
        for mark in self.marks:
            x_text, y_text = at(mark.x, mark.y).split(",")
            colour = COLOURS.get(mark.lane, COLOURS["info"])
            parts.append(f'<circle cx="{x_text}" cy="{y_text}" r="7" fill="{colour}"/>')
            x, y_line = _free_line(float(x_text) + 10, float(y_text), lines)
            parts.append(f'<text x="{x:.1f}" y="{y_line:.1f}" fill="{colour}">{escape(mark.text)}</text>')
        bar = max((step for step in GRID if step * scale <= WIDTH / 4), default=GRID[0])
        parts.append(
            f'<line x1="20" y1="{height + 20:.0f}" x2="{20 + bar * scale:.0f}" y2="{height + 20:.0f}" stroke="#000" stroke-width="3"/>'
        )
        parts.append(f'<text x="20" y="{height + 42:.0f}">{bar} m · {escape(self.title)}</text>')
        parts.append("</svg>")
        return "\n".join(parts).encode()

    def _frame(self) -> tuple[float, float, float, float]:
        xs = [x for places in self.tracks.values() for x, _ in places] + [mark.x for mark in self.marks]
        ys = [y for places in self.tracks.values() for _, y in places] + [mark.y for mark in self.marks]
        xs += [x + side * r for x, _, r in self.drift for side in (-1, 1)]
        ys += list(self.banks or ())
        if not xs or not ys:
            return -100.0, -100.0, 100.0, 100.0
        return min(xs) - MARGIN_M, min(ys) - MARGIN_M, max(xs) + MARGIN_M, max(ys) + MARGIN_M


def _free_line(x: float, y: float, taken: list[tuple[float, float]]) -> tuple[float, float]:
    """Return where a text can be read, and take the place: a line further down where another text stands."""
    while any(abs(x - other_x) < WIDE and abs(y - other_y) < LINE for other_x, other_y in taken):
        y += LINE
    taken.append((x, y))
    return x, y
