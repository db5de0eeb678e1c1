"""Places for the vertices of a chart: the same picture for the same vertices and edges, whatever the order they come in.

Forces as in Fruchterman and Reingold (Graph Drawing by Force-directed Placement, 1991), reckoned by rustworkx from a
fixed start. Each connected part is placed by itself and the parts are packed in rows, so that nothing drifts apart and
nothing overlaps. A vertex that has a place already keeps it: what a person moved stays where it was put.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from headwater.errors import MissingExtraError, SchemaError

Point = tuple[float, float]

SEED: Final = 1991
"""Start of the reckoning; any number does, as long as it stays."""
ROUNDS: Final = 80
DIGITS: Final = 3
"""Decimals of a place: finer differences come from the machine's arithmetic and not from the graph."""
GAP: Final = 1.5
"""Space between two parts, in lengths of an edge."""
_GOLDEN: Final = math.pi * (3.0 - math.sqrt(5.0))


def layout(
    vertices: Iterable[str], edges: Iterable[tuple[str, str]], held: Mapping[str, Point] | None = None
) -> dict[str, Point]:
    """Return a place for every vertex; about one unit lies between neighbours.

    Args:
        vertices: their identifiers, each once or more.
        edges: pairs of identifiers; direction, doubles and loops change nothing.
        held: places that stand; of vertices that are not in the chart they are ignored.

    Raises:
        SchemaError: an edge leads to no vertex, or a place is no number.
        MissingExtraError: rustworkx is not installed.
    """
    names = sorted(set(vertices))
    known = set(names)
    pairs = sorted({(min(pair), max(pair)) for pair in edges if pair[0] != pair[1]})
    if any(end not in known for pair in pairs for end in pair):
        raise SchemaError("an edge without its vertex")
    fixed = {name: (float(x), float(y)) for name, (x, y) in (held or {}).items() if name in known}
    if not all(math.isfinite(value) for place in fixed.values() for value in place):
        raise SchemaError("a place that is no number")
    placed = dict(fixed)
    free: list[dict[str, Point]] = []
    for part in _parts(names, pairs):
        inside = set(part)
        within = [pair for pair in pairs if pair[0] in inside]
        if any(name in fixed for name in part):
            placed.update(_around(part, within, fixed))
        else:
            free.append(_alone(part, within))
    placed.update(_packed(free, placed))
    return {name: (_even(placed[name][0]), _even(placed[name][1])) for name in names}


def _even(value: float) -> float:
    return round(value, DIGITS) + 0.0


def _parts(names: Sequence[str], pairs: Sequence[tuple[str, str]]) -> list[list[str]]:
    """Return the connected parts, the largest first, then by the first name in them."""
    above = {name: name for name in names}

    def root(name: str) -> str:
        while above[name] != name:
            above[name] = above[above[name]]
            name = above[name]
        return name

    for one, other in pairs:
        first, second = sorted((root(one), root(other)))
        above[second] = first
    found: dict[str, list[str]] = {}
    for name in names:
        found.setdefault(root(name), []).append(name)
    return sorted(found.values(), key=lambda part: (-len(part), part[0]))


def _alone(part: Sequence[str], pairs: Sequence[tuple[str, str]]) -> dict[str, Point]:
    """Return places about the origin for a part in which nothing is held."""
    if len(part) == 1:
        return {part[0]: (0.0, 0.0)}
    start = {index: _spiral(index) for index in range(len(part))}
    made = _sprung(part, pairs, start, frozenset())
    # The longest way across takes as much room as its vertices need.
    middle = (sum(x for x, _ in made) / len(made), sum(y for _, y in made) / len(made))
    reach = max(math.dist(place, middle) for place in made) or 1.0
    scale = 0.75 * math.sqrt(len(part)) / reach
    return {
        name: ((place[0] - middle[0]) * scale, (place[1] - middle[1]) * scale)
        for name, place in zip(part, made, strict=True)
    }


def _around(part: Sequence[str], pairs: Sequence[tuple[str, str]], held: Mapping[str, Point]) -> dict[str, Point]:
    """Return places for a part in which some are held: the others settle about those that they are tied to."""
    near: dict[str, list[Point]] = {}
    for one, other in pairs:
        for name, neighbour in ((one, other), (other, one)):
            if neighbour in held:
                near.setdefault(name, []).append(held[neighbour])
    mine = [held[name] for name in part if name in held]
    middle = (sum(x for x, _ in mine) / len(mine), sum(y for _, y in mine) / len(mine))
    start: dict[int, Point] = {}
    for index, name in enumerate(part):
        about = near.get(name, [middle])
        turn = _spiral(index)
        length = math.hypot(*turn) or 1.0
        start[index] = held.get(
            name,
            (
                sum(x for x, _ in about) / len(about) + turn[0] / length,
                sum(y for _, y in about) / len(about) + turn[1] / length,
            ),
        )
    fixed = frozenset(index for index, name in enumerate(part) if name in held)
    if len(fixed) == len(part):
        return {name: held[name] for name in part}
    made = _sprung(part, pairs, start, fixed)
    return {name: held.get(name, place) for name, place in zip(part, made, strict=True)}


def _spiral(index: int) -> Point:
    """Return the place of a number on a spiral of even density (Vogel, 1979)."""
    reach = math.sqrt(index + 0.5) * 0.6
    return reach * math.cos(index * _GOLDEN), reach * math.sin(index * _GOLDEN)


def _sprung(
    part: Sequence[str], pairs: Sequence[tuple[str, str]], start: Mapping[int, Point], fixed: frozenset[int]
) -> list[Point]:
    try:
        import rustworkx
    except ModuleNotFoundError as error:
        raise MissingExtraError("trace", error.name or "rustworkx") from error
    number = {name: index for index, name in enumerate(part)}
    graph: Any = rustworkx.PyGraph(multigraph=False)
    graph.add_nodes_from(list(range(len(part))))
    graph.add_edges_from_no_data([(number[one], number[other]) for one, other in pairs])
    made: Any = rustworkx.spring_layout(
        graph,
        pos=dict(start),
        fixed=set(fixed) if fixed else None,
        k=1.0,
        num_iter=ROUNDS,
        seed=SEED,
    )
    return [(float(made[index][0]), float(made[index][1])) for index in range(len(part))]


def _packed(parts: Sequence[Mapping[str, Point]], placed: Mapping[str, Point]) -> dict[str, Point]:
    """Return parts side by side in rows, below what has its place already."""
    boxes = [_box(part.values()) for part in parts]
    room = sum((east - west + GAP) * (north - south + GAP) for west, south, east, north in boxes)
    if placed:
        left, _, right, top = _box(placed.values())
        top += GAP
        width = max(right - left, math.sqrt(room))
    else:
        left, top, width = 0.0, 0.0, 1.3 * math.sqrt(room)
    made: dict[str, Point] = {}
    x, row = left, 0.0
    for part, (west, south, east, north) in zip(parts, boxes, strict=True):
        if x > left and x + east - west > left + width:
            x, top, row = left, top + row + GAP, 0.0
        for name, place in part.items():
            made[name] = (place[0] - west + x, place[1] - south + top)
        x += east - west + GAP
        row = max(row, north - south)
    return made


def _box(places: Iterable[Point]) -> tuple[float, float, float, float]:
    points = list(places)
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)
