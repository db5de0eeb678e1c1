"""Tracks from several sensors at once: their biases estimated, late reports put in their place, doubles dropped."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.watch.fusion_kernel import (
    BEARING_KIND,
    PLACE_KIND,
    POLAR_KIND,
    R_TIME,
    T_CONFIRMED,
    T_EXISTS,
    T_ID,
    move,
    take,
)
from headwater.errors import SchemaError

Floats = NDArray[np.float64]

KINDS: Final = {"xy": PLACE_KIND, "rb": POLAR_KIND, "b": BEARING_KIND}
LATE_S: Final = 10.0
"""How late a report may come and still be put in its place."""
RANGE_BIAS_SD_M: Final = 100.0
BEARING_BIAS_SD: Final = 0.02
CAMERA_BIAS_SD: Final = 0.002
SHOWN: Final = 0.5
SETTLE_FROM: Final = 64
"""Reports that may lie unsettled before it is looked whether some are old enough."""
NEVER: Final = -1e18
SMALLEST_AREA_M2: Final = 1e6


@dataclass(slots=True)
class _State:
    """Tracks and biases at one time; `copied` lets late reports be tried without being settled."""

    means: Floats
    slopes: Floats
    spreads: Floats
    meta: Floats
    bias: Floats
    bias_spread: Floats
    count: int = 0
    now: float = NEVER

    def copied(self) -> "_State":
        """Return a copy that shares nothing."""
        return _State(
            self.means.copy(), self.slopes.copy(), self.spreads.copy(), self.meta.copy(), self.bias.copy(),
            self.bias_spread.copy(), self.count, self.now,
        )  # fmt: skip


@dataclass(slots=True)
class _Buffer:
    """Reports that are not settled yet, and what was seen of late, for doubles."""

    rows: list[tuple[float, float, float, float, float, float]] = field(default_factory=list)
    known: dict[tuple[float, str, str, float, float], None] = field(default_factory=dict)


class FusionTracker:
    """Follows objects by radar, camera and position reports together, in whatever order the reports arrive.

    Args:
        sensors: by name: ``x``, ``y`` (place, m), ``sigma`` (standard deviations: range m and bearing rad; bearing rad; or
            x m and y m), ``detect`` (chance), ``clutter`` (false reports per scan), ``reach`` (m).

    Attributes:
        doubled, too_late: how many reports were dropped for being equal to another, or later than 10 s.
    """

    def __init__(self, sensors: Mapping[str, Mapping[str, object]]) -> None:
        """Begin without tracks; every sensor but one that reports places may be biased."""
        if not sensors:
            raise SchemaError("no sensor", where="sensors")
        self._names = {name: at for at, name in enumerate(sensors)}
        self._told = [_checked(name, told) for name, told in sensors.items()]
        self._sensors = np.zeros((len(sensors), 8))
        self._spans = [np.array([np.inf, np.inf, -np.inf, -np.inf]) for _ in sensors]
        self._kinds: dict[int, float] = {}
        self._first: list[float] = []
        for at, told in enumerate(self._told):
            self._sensors[at] = [*told[:2], told[2][0], told[2][-1], told[3], 1.0, told[5], -1.0]
        self._buffer = _Buffer()
        self._state = _empty(0)
        self._latest = NEVER
        self._number = 0
        self.doubled = 0
        self.too_late = 0

    def add(self, arrived_s: float, time_s: float, sensor: str, kind: str, a: float, b: float | str = "") -> None:
        """Take one report.

        Args:
            arrived_s: when it came; not before the one added last.
            time_s: when it was measured.
            sensor: a name among the sensors.
            kind: ``xy`` (a, b in m), ``rb`` (range m, bearing rad east of north) or ``b`` (a bearing alone).
            a: the first number.
            b: the second, of a bearing alone nothing.

        Raises:
            SchemaError: an unknown sensor or kind, or a number that is none.
        """
        if sensor not in self._names or kind not in KINDS:
            raise SchemaError("an unknown sensor or kind of report", where="sensor")
        second = 0.0 if kind == "b" else float(b)
        if not np.isfinite([arrived_s, time_s, a, second]).all():
            raise SchemaError("no number", where="a")
        key = (float(time_s), sensor, kind, float(a), second)
        if key in self._buffer.known:
            self.doubled += 1
            return
        if time_s <= self._state.now:
            self.too_late += 1
            return
        self._buffer.known[key] = None
        at = self._names[sensor]
        if at not in self._kinds:
            self._meet(at, KINDS[kind])
        if kind == "xy":
            span = self._spans[at]
            span[:] = min(span[0], a), min(span[1], second), max(span[2], a), max(span[3], second)
        self._number += 1
        self._buffer.rows.append((float(time_s), float(at), KINDS[kind], float(a), second, float(self._number)))
        self._latest = max(self._latest, float(arrived_s))
        if (
            len(self._buffer.rows) > SETTLE_FROM
            and self._latest - min(row[0] for row in self._buffer.rows[:8]) > 2 * LATE_S
        ):
            self._settle(self._latest - LATE_S)

    def tracks(self, time_s: float) -> Floats:
        """Return the confirmed tracks as they are believed to be at a time, from all that has arrived.

        Shape: -> (m, 5) id, x, vx, y, vy.  Units: m, m/s.
        """
        self._settle(self._latest - LATE_S)
        state = self._state.copied()
        self._take(state, self._buffer.rows)
        if state.count and time_s > state.now > NEVER / 10:
            move(state.means, state.slopes, state.spreads, state.meta, state.count, time_s - state.now)
        meta = state.meta[: state.count]
        chosen = (meta[:, T_CONFIRMED] > 0.0) & (meta[:, T_EXISTS] > SHOWN)
        places = state.means[: state.count] + state.slopes[: state.count] @ state.bias
        return np.c_[meta[chosen, T_ID], places[chosen]]

    def biases(self) -> dict[str, tuple[float, ...]]:
        """Return the bias found of each sensor: range m and bearing rad, or the bearing alone."""
        state = self._state.copied()
        self._take(state, self._buffer.rows)
        found: dict[str, tuple[float, ...]] = {}
        for name, at in self._names.items():
            begin = int(self._sensors[at, 7])
            if begin >= 0:
                size = 2 if self._kinds[at] == POLAR_KIND else 1
                found[name] = tuple(float(value) for value in state.bias[begin : begin + size])
        return found

    def _meet(self, at: int, kind: float) -> None:
        """Make room for the biases of a sensor at its first report, and reckon its false reports per measured unit."""
        self._kinds[at] = kind
        clutter, reach = max(self._told[at][4], 0.01), self._told[at][5]
        if kind == PLACE_KIND:
            return
        self._sensors[at, 5] = clutter / np.pi / (reach if kind == POLAR_KIND else 1.0)
        more = [RANGE_BIAS_SD_M**2, BEARING_BIAS_SD**2] if kind == POLAR_KIND else [CAMERA_BIAS_SD**2]
        self._sensors[at, 7] = len(self._first)
        self._first += more
        old, state = self._state, _empty(len(self._first))
        size = len(old.bias)
        state.means, state.spreads, state.meta = old.means, old.spreads, old.meta
        state.count, state.now = old.count, old.now
        state.slopes = np.zeros((len(old.means), 4, len(self._first)))
        state.slopes[:, :, :size] = old.slopes
        state.bias[:size] = old.bias
        state.bias_spread = np.diag(np.array(self._first))
        state.bias_spread[:size, :size] = old.bias_spread
        self._state = state

    def _settle(self, until: float) -> None:
        """Take for good what is so old that nothing older will come."""
        ready = [row for row in self._buffer.rows if row[R_TIME] <= until]
        if not ready:
            return
        self._take(self._state, ready)
        self._state.now = max(self._state.now, *(row[R_TIME] for row in ready))
        self._buffer.rows = [row for row in self._buffer.rows if row[R_TIME] > until]
        self._buffer.known = {key: None for key in self._buffer.known if key[0] > until - LATE_S}

    def _take(self, state: _State, rows: list[tuple[float, float, float, float, float, float]]) -> None:
        if not rows:
            return
        for at, kind in self._kinds.items():
            if kind == PLACE_KIND:
                low_x, low_y, high_x, high_y = self._spans[at]
                area = max((high_x - low_x) * (high_y - low_y), SMALLEST_AREA_M2)
                self._sensors[at, 5] = max(self._told[at][4], 0.01) / area
        reports = np.array(sorted(rows))
        state.count, state.now, state.means, state.slopes, state.spreads, state.meta = take(
            reports, state.count, state.now, state.means, state.slopes, state.spreads, state.meta, state.bias,
            state.bias_spread, np.array(self._first), self._sensors,
        )  # fmt: skip


def _empty(biases: int) -> _State:
    room = 64
    return _State(
        np.zeros((room, 4)), np.zeros((room, 4, biases)), np.zeros((room, 4, 4)), np.zeros((room, 5)),
        np.zeros(biases), np.zeros((biases, biases)),
    )  # fmt: skip


def _checked(name: str, told: Mapping[str, object]) -> tuple[float, float, tuple[float, ...], float, float, float]:
    """Return what is told of a sensor as numbers that make sense.

    Raises:
        SchemaError: something is missing or impossible.
    """
    try:
        sigma = tuple(float(value) for value in told["sigma"])  # type: ignore[attr-defined] # checked right here
        x, y, detect, clutter, reach = (float(told[key]) for key in ("x", "y", "detect", "clutter", "reach"))  # type: ignore[arg-type]
    except (KeyError, TypeError, ValueError) as error:
        raise SchemaError("a sensor that lacks a number", where=name) from error
    if not sigma or min(sigma) <= 0.0 or not 0.0 < detect < 1.0 or clutter < 0.0 or reach <= 0.0:
        raise SchemaError("a sensor with an impossible number", where=name)
    return x, y, sigma, detect, clutter, reach
