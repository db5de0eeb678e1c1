"""Whether and when a track will cross a line: a probability, and an interval of time where it does."""

from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from headwater.engines.watch.forecast_kernel import DRAWS, futures, normals
from headwater.errors import SchemaError

Floats = NDArray[np.float64]

DEFAULTS: Final = {
    "RECENT_S": 60.0, "WANDER": 0.03, "OWN_WEIGHT": 10.0, "TURN_KEEP_S": 20.0, "JUMP_RATE": 0.0005, "JUMP_SD": 0.5,
    "STOP_RATE": 0.0, "SPEED_WANDER": 0.035, "STEP_S": 15.0, "OWN_LAG_S": 60.0, "TURN_USE": 0.4, "RESTLESS_SHARE": 0.2,
    "RESTLESS": 3.0,
}  # fmt: skip
"""How futures differ, in the order of the names in `forecast_kernel`; rates per s, angles rad, wander rad per sqrt(s)."""
FUTURES: Final = 200
LEAST_REPORTS: Final = 2


@lru_cache(maxsize=8)
def _draws(count: int, steps: int) -> Floats:
    half = normals((count // 2) * (steps + 1) * DRAWS, 1).reshape(count // 2, steps + 1, DRAWS)
    mirrored = half.copy()
    mirrored[:, :, :4] *= -1.0  # each future beside its mirror image: the mean is then exact
    both = np.empty((2 * len(half), steps + 1, DRAWS))
    both[0::2], both[1::2] = half, mirrored
    return both


def forecast_crossing(
    history: ArrayLike, line: ArrayLike, horizon_s: float, sigma_m: float, judged: dict[str, float] | None = None
) -> tuple[float, float, float, float]:
    """Return the chance that a track crosses a line within a time, and when, in seconds from its last report.

    Args:
        history: time s, x m, y m of each report, in order of time; at least two.
        line: the corners of a polyline, m.
        horizon_s: how far to look ahead.
        sigma_m: standard deviation of a report on each axis.
        judged: values of `DEFAULTS` to be replaced, for measurements.

    Returns:
        the chance, and the 10, 50 and 90 % points of the time of crossing among futures that cross; infinite where none does.

    Raises:
        SchemaError: too few reports, or no line.
    Shape: (n, 3), (k, 2) -> 4 numbers.
    """
    past, border = np.ascontiguousarray(history, np.float64), np.ascontiguousarray(line, np.float64)
    if past.ndim != 2 or len(past) < LEAST_REPORTS or border.ndim != 2 or len(border) < LEAST_REPORTS:  # noqa: PLR2004
        raise SchemaError("a history of fewer than two reports, or a line of fewer than two corners", where="history")
    told = np.array(list({**DEFAULTS, **(judged or {})}.values()))
    steps = max(4, min(120, round(horizon_s / DEFAULTS["STEP_S"])))
    times = futures(past, border, float(horizon_s), float(sigma_m), told, _draws(FUTURES, steps))
    crossed = np.sort(times[np.isfinite(times)])
    if not len(crossed):
        return 0.5 / (FUTURES + 1.0), np.inf, np.inf, np.inf
    t10, t50, t90 = np.quantile(crossed, (0.1, 0.5, 0.9))
    return (len(crossed) + 0.5) / (FUTURES + 1.0), float(t10), float(t50), float(t90)
