"""A chart of links as SVG and as GraphML: vertices with shape and name, edges with what they are, unsure ones dashed.

Drawn with presentation attributes alone, so that the same drawing stands in a page that allows no style of its own.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape, quoteattr

UNIT: Final = 120.0
"""Pixels to a length of an edge."""
MARGIN: Final = 90.0
NARROWEST: Final = 720.0
"""Pixels; a page draws a chart as wide as itself, and of two vertices alone the letters would be as large as headings."""
LONGEST: Final = 28
ARROW_FROM: Final = 19.0
"""Pixels from the middle of a vertex to the tip of an arrow."""
INK: Final = "#14212b"
SHAPES: Final[Mapping[str, str]] = {
    "Person": "circle", "Company": "square", "Organization": "square", "LegalEntity": "square", "PublicBody": "square",
    "Vehicle": "diamond", "Vessel": "diamond", "Airplane": "diamond", "BankAccount": "hexagon", "CryptoWallet": "hexagon",
    "Address": "triangle", "UserAccount": "hexagon",
}  # fmt: skip
_SIDES: Final = {"square": (4, math.pi / 4), "diamond": (4, 0.0), "hexagon": (6, 0.0), "triangle": (3, -math.pi / 2)}


@dataclass(frozen=True, slots=True)
class DrawnVertex:
    """A vertex: where, of which type, what to read; whether a person put it there, and whether it lies on the path."""

    id: str
    label: str
    schema: str
    x: float
    y: float
    pinned: bool = False
    lit: bool = False


@dataclass(frozen=True, slots=True)
class DrawnEdge:
    """An edge: its ends, what it is, whether a record says so in so many words, whether it lies on the path."""

    a: str
    b: str
    label: str
    sure: bool = True
    lit: bool = False


@dataclass(frozen=True, slots=True)
class LinkChart:
    """What is drawn."""

    title: str
    vertices: Sequence[DrawnVertex]
    edges: Sequence[DrawnEdge]
    banner: str = ""
    directed: bool = False
    """Whether an edge leads from its first end to its second, which an arrow shows."""

    def svg(self) -> str:
        """Return the chart as one SVG element."""
        xs = [vertex.x * UNIT for vertex in self.vertices] or [0.0]
        ys = [vertex.y * UNIT for vertex in self.vertices] or [0.0]
        width, height = max(max(xs) - min(xs) + 2 * MARGIN, NARROWEST), max(ys) - min(ys) + 2 * MARGIN
        left, top = (min(xs) + max(xs) - width) / 2, min(ys) - MARGIN
        foot = 30 if self.banner else 0
        place = {vertex.id: (vertex.x * UNIT - left, vertex.y * UNIT - top) for vertex in self.vertices}
        parts = [
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height + foot:.0f}" role="img" '
                f'aria-label={quoteattr(self.title)} font-family="Noto Sans Headwater, Noto Sans, sans-serif" font-size="13">'
            ),
            f"<title>{escape(self.title)}</title>",
            f'<rect width="{width:.0f}" height="{height + foot:.0f}" fill="#fff"/>',
            *(_line(edge, place, directed=self.directed) for edge in self.edges),
            *(_said(edge, place) for edge in self.edges),
            *(_vertex(vertex, place[vertex.id]) for vertex in self.vertices),
        ]
        if self.banner:
            y = height + 18
            parts.append(f'<text x="8" y="{y:.0f}" font-weight="700" fill="{INK}">{escape(self.banner)}</text>')
        return "".join((*parts, "</svg>"))

    def graphml(self, about: Mapping[str, str]) -> bytes:
        """Return the chart as GraphML (Brandes and others, 2001), with what it says of itself as data of the graph."""
        keys = {
            "label": "node", "schema": "node", "x": "node", "y": "node", "kind": "edge", "sure": "edge",
            **dict.fromkeys(about, "graph"),
        }  # fmt: skip
        parts = ['<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n']
        for name, of in keys.items():
            kind = {"x": "double", "y": "double", "sure": "boolean"}.get(name, "string")
            parts.append(f'<key id="{name}" for="{of}" attr.name="{name}" attr.type="{kind}"/>\n')
        parts.append(f'<graph edgedefault="{"directed" if self.directed else "undirected"}">\n')
        parts += [_data(name, value) + "\n" for name, value in about.items()]
        for one in self.vertices:
            told = {"label": one.label, "schema": one.schema, "x": f"{one.x:g}", "y": f"{one.y:g}"}
            parts.append(
                f"<node id={quoteattr(_clean(one.id))}>{''.join(_data(*pair) for pair in told.items())}</node>\n"
            )
        for edge in self.edges:
            ends = f"source={quoteattr(_clean(edge.a))} target={quoteattr(_clean(edge.b))}"
            said = {"kind": edge.label, "sure": str(edge.sure).lower()}
            parts.append(f"<edge {ends}>{''.join(_data(*pair) for pair in said.items())}</edge>\n")
        return "".join((*parts, "</graph>\n</graphml>\n")).encode()


def _data(name: str, value: str) -> str:
    return f'<data key="{name}">{escape(_clean(value))}</data>'


def _clean(text: str) -> str:
    """Return a text without letters that XML 1.0 cannot hold."""
    return "".join(
        letter
        for letter in text
        if letter in "\t\n\r" or (letter >= " " and not "\ud800" <= letter <= "\udfff" and letter not in "\ufffe\uffff")
    )


def _line(edge: DrawnEdge, place: Mapping[str, tuple[float, float]], *, directed: bool) -> str:
    (x1, y1), (x2, y2) = place[edge.a], place[edge.b]
    dashes = "" if edge.sure else ' stroke-dasharray="5 4"'
    colour, wide = ("#a3201d", 3.5) if edge.lit else ("#5d6b75", 1.5)
    return (
        f'<g><title>{escape(_clean(edge.label))}</title><line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{wide}"{dashes}/>{_arrow((x1, y1), (x2, y2), colour) if directed else ""}</g>'
    )


def _arrow(start: tuple[float, float], end: tuple[float, float], colour: str) -> str:
    """Return the head of an arrow whose tip touches the vertex at its end; none between two that lie on each other."""
    (x1, y1), (x2, y2) = start, end
    length = math.hypot(x2 - x1, y2 - y1)
    if length <= ARROW_FROM:
        return ""
    along, across = ((x2 - x1) / length, (y2 - y1) / length), ((y1 - y2) / length, (x2 - x1) / length)
    corners = ((ARROW_FROM, 0.0), (ARROW_FROM + 10, 4.5), (ARROW_FROM + 10, -4.5))
    points = " ".join(
        f"{x2 - back * along[0] + aside * across[0]:.1f},{y2 - back * along[1] + aside * across[1]:.1f}"
        for back, aside in corners
    )
    return f'<polygon points="{points}" fill="{colour}"/>'


def _said(edge: DrawnEdge, place: Mapping[str, tuple[float, float]]) -> str:
    """Return what an edge is, to be drawn above every line."""
    (x1, y1), (x2, y2) = place[edge.a], place[edge.b]
    text = edge.label if len(edge.label) <= LONGEST else edge.label[: LONGEST - 1] + "…"
    return (
        f'<text x="{(x1 + x2) / 2:.1f}" y="{(y1 + y2) / 2 + 3:.1f}" text-anchor="middle" font-size="10" fill="#46545f" '
        f'paint-order="stroke" stroke="#fff" stroke-width="6">{escape(_clean(text))}</text>'
    )


def _vertex(vertex: DrawnVertex, at: tuple[float, float]) -> str:
    x, y = at
    colour = "#a3201d" if vertex.lit else "#0b4f8a"
    wide = 4 if vertex.pinned or vertex.lit else 2
    shape = SHAPES.get(vertex.schema, "circle")
    look = f'fill="#e3eef7" stroke="{colour}" stroke-width="{wide}"'
    if shape == "circle":
        drawn = f'<circle cx="{x:.1f}" cy="{y:.1f}" r="14" {look}/>'
    else:
        sides, turn = _SIDES[shape]
        corners = (
            f"{x + 17 * math.cos(turn + 2 * math.pi * side / sides):.1f},{y + 17 * math.sin(turn + 2 * math.pi * side / sides):.1f}"
            for side in range(sides)
        )
        drawn = f'<polygon points="{" ".join(corners)}" {look}/>'
    text = vertex.label if len(vertex.label) <= LONGEST else vertex.label[: LONGEST - 1] + "…"
    return (
        f"<g><title>{escape(_clean(f'{vertex.label} ({vertex.schema})'))}</title>{drawn}"
        f'<text x="{x:.1f}" y="{y + 31:.1f}" text-anchor="middle" fill="{INK}" paint-order="stroke" stroke="#fff" '
        f'stroke-width="3">{escape(_clean(text))}</text></g>'
    )
