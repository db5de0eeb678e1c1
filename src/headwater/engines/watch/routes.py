"""Routes from tracks: where objects stop, the H3 corridors they use, and what has changed against a base period."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.watch.routes_kernel import Floats, Ints, passes, plausible, stops
from headwater.errors import MissingExtraError, SchemaError
from headwater.model.detections import Origin

SNAP_M: Final = 25.0
"""Places are looked up in H3 once for each square of this size: a report lies at most 18 m from where it is counted."""
EVIDENT_P: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteOptions:
    """How routes are mined.

    Attributes:
        resolution: H3 resolution; 8 is about 0.7 km2 a cell.
        fastest_ms: reports that need more speed are left out.
        stop_radius_m, stop_s: a stop stays within a radius for a time.
        least_tracks: a cell is part of a corridor from so many tracks on.
        base_until_s: reports before it are the base period; None compares nothing.
    """

    resolution: int = 8
    fastest_ms: float = 40.0
    stop_radius_m: float = 100.0
    stop_s: float = 300.0
    least_tracks: int = 3
    base_until_s: float | None = None

    def __post_init__(self) -> None:
        """Refuse what makes no sense."""
        if not 0 <= self.resolution <= 15:  # noqa: PLR2004 - H3's own
            raise SchemaError("not between 0 and 15", where="resolution")
        if min(self.fastest_ms, self.stop_radius_m, self.stop_s, self.least_tracks) <= 0:
            raise SchemaError("not above 0", where="routes")


@dataclass(frozen=True, slots=True)
class Routes:
    """What was mined.

    Attributes:
        points, implausible, tracks: how many reports, how many of them left out, how many tracks.
        stops: track, begin s, end s, lon, lat, H3 cell of each.
        corridors: by cell: how many tracks passed it, and how often.
        links: from cell to cell: how many passages.
        changes: cells used more or less than in the base period, most evident first.
    """

    points: int
    implausible: int
    tracks: int
    stops: tuple[Mapping[str, object], ...]
    corridors: tuple[Mapping[str, object], ...]
    links: tuple[Mapping[str, object], ...]
    changes: tuple[Mapping[str, object], ...]


def mine(
    track: NDArray[np.int64], time_s: Floats, x: Floats, y: Floats, origin: Origin, options: RouteOptions | None = None
) -> Routes:
    """Return the routes in reports of tracks, in any order.

    Args:
        track: whose report it is.
        time_s: when.
        x: metres east of the origin.
        y: metres north of it.
        origin: where the metres begin.
        options: how; the defaults where left out.
    Shape: (n,) each.

    Raises:
        MissingExtraError: h3 is not installed.
    """
    told = options or RouteOptions()
    order = np.lexsort((time_s, track))
    track, time_s, x, y = track[order], time_s[order], x[order], y[order]
    keep = plausible(track, time_s, x, y, told.fastest_ms, 2.0 * told.stop_radius_m)
    track, time_s, x, y = track[keep], time_s[keep], x[keep], y[keep]
    names, cells = _cells(x, y, origin, told.resolution)
    found = stops(track, time_s, x, y, told.stop_radius_m, told.stop_s)
    enters = passes(track, cells)
    corridors, links = _corridors(track[enters], cells[enters], names, told)
    changes = () if told.base_until_s is None else _changes(time_s[enters], cells[enters], names, told)
    return Routes(
        len(keep), int((~keep).sum()), len(np.unique(track)), _stops(found, origin, names, cells), corridors, links,
        changes,
    )  # fmt: skip


def _cells(x: Floats, y: Floats, origin: Origin, resolution: int) -> tuple[list[str], Ints]:
    """Return the names of all cells, and the number of each report's."""
    try:
        import h3
    except ModuleNotFoundError as error:
        raise MissingExtraError("watch", error.name or "h3") from error
    column, row = np.floor(x / SNAP_M).astype(np.int64), np.floor(y / SNAP_M).astype(np.int64)
    squares, which = np.unique(column * (1 << 32) + (row + (1 << 31)), return_inverse=True)
    east, north = origin.scale()
    lon = origin.lon + ((squares >> 32) + 0.5) * SNAP_M / east
    lat = origin.lat + (((squares & 0xFFFFFFFF) - (1 << 31)) + 0.5) * SNAP_M / north
    of_square = [h3.latlng_to_cell(a, b, resolution) for a, b in zip(lat.tolist(), lon.tolist(), strict=True)]
    names = sorted(set(of_square))
    number = {name: at for at, name in enumerate(names)}
    return names, np.array([number[name] for name in of_square], np.int64)[which]


def _stops(found: Floats, origin: Origin, names: Sequence[str], cells: Ints) -> tuple[Mapping[str, object], ...]:
    out = []
    for track, begin, end, x, y, at, reports in found.tolist():
        lon, lat = origin.to_degrees(x, y)
        out.append(
            {"track": int(track), "begin_s": begin, "end_s": end, "lon": round(lon, 6), "lat": round(lat, 6),
             "h3": names[int(cells[int(at)])], "reports": int(reports)}
        )  # fmt: skip
    return tuple(out)


def _corridors(
    track: Ints, cells: Ints, names: Sequence[str], told: RouteOptions
) -> tuple[tuple[Mapping[str, object], ...], tuple[Mapping[str, object], ...]]:
    if not len(track):
        return (), ()
    times = np.bincount(cells, minlength=len(names))
    pairs = np.unique(cells * (track.max() + 1) + track)
    users = np.bincount(pairs // (track.max() + 1), minlength=len(names))
    chosen = np.flatnonzero(users >= told.least_tracks)
    corridors = [{"h3": names[at], "tracks": int(users[at]), "passages": int(times[at])} for at in chosen.tolist()]
    same = track[1:] == track[:-1]
    steps, counts = np.unique(cells[:-1][same] * len(names) + cells[1:][same], return_counts=True)
    links = [
        {"from": names[step // len(names)], "to": names[step % len(names)], "passages": int(count)}
        for step, count in zip(steps.tolist(), counts.tolist(), strict=True)
        if count >= told.least_tracks
    ]
    corridors.sort(key=lambda one: (-int(str(one["tracks"])), str(one["h3"])))
    links.sort(key=lambda one: (-int(str(one["passages"])), str(one["from"]), str(one["to"])))
    return tuple(corridors), tuple(links)


def _changes(time_s: Floats, cells: Ints, names: Sequence[str], told: RouteOptions) -> tuple[Mapping[str, object], ...]:
    """Return the cells whose passages differ from the base period's, by an exact test of two Poisson counts."""
    until = told.base_until_s or 0.0
    base = time_s < until
    spans = (max(until - time_s.min(), 1.0), max(time_s.max() - until, 1.0)) if len(time_s) else (1.0, 1.0)
    before = np.bincount(cells[base], minlength=len(names))
    after = np.bincount(cells[~base], minlength=len(names))
    share = spans[1] / (spans[0] + spans[1])
    out = []
    for at in np.flatnonzero(before + after).tolist():
        chance = two_sided(int(after[at]), int(before[at] + after[at]), share)
        if chance <= EVIDENT_P:
            rates = (before[at] / spans[0] * 86400.0, after[at] / spans[1] * 86400.0)
            out.append(
                {"h3": names[at], "before_per_day": round(rates[0], 3), "after_per_day": round(rates[1], 3),
                 "p_value": float(f"{chance:.3g}")}
            )  # fmt: skip
    out.sort(key=lambda one: (float(str(one["p_value"])), str(one["h3"])))
    return tuple(out)


def two_sided(count: int, total: int, share: float) -> float:
    """Return how likely a count at least so far from its share of a total is by chance (exact binomial, doubled tail)."""

    def tail(low: int, high: int) -> float:
        logs = [
            math.lgamma(total + 1) - math.lgamma(k + 1) - math.lgamma(total - k + 1)
            + k * math.log(share) + (total - k) * math.log1p(-share)
            for k in range(low, high + 1)
        ]  # fmt: skip
        return math.fsum(math.exp(log) for log in logs)

    return min(1.0, 2.0 * min(tail(0, count), tail(count, total)))
