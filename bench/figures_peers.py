"""Forecast with the peers, in an environment of their own: reads one JSON document on stdin, writes one on stdout.

    {"season": 12, "horizon": 6, "series": [[…]], "origins": [155, …], "levels": [50, 80, 95], "models": ["theta", …]}

An origin is the number of values a forecast may see. The answer holds, for each model, CPU seconds and, for each series
and origin, the points and, where the model gives them, the lower and upper ends of each level. All work in log(1 + count).
A peer that is not installed is left out.
"""

import contextlib
import json
import logging
import math
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any


def statsforecast_models(season: int) -> Iterator[tuple[str, Any]]:
    """The classic models of statsforecast, by name."""
    from statsforecast.models import AutoETS, DynamicOptimizedTheta, SeasonalNaive

    yield "seasonal naive", SeasonalNaive(season)
    yield "Theta", DynamicOptimizedTheta(season_length=season)
    yield "ETS", AutoETS(season_length=season, model="AAA", damped=True)


def classic(model: Any, logs: list[float], horizon: int, levels: list[float]) -> dict[str, list[float]]:
    """One forecast of a statsforecast model."""
    import numpy as np

    made = model.forecast(y=np.array(logs), h=horizon, level=levels)
    return {"point": list(made["mean"])} | {
        f"{end}{level}": list(made[f"{end}-{level}"]) for level in levels for end in ("lo", "hi")
    }


def prophet(logs: list[float], horizon: int, levels: list[float], first: str, season: int) -> dict[str, list[float]]:
    """One forecast of Prophet."""
    import pandas as pd
    from prophet import Prophet

    freq = "MS" if season == 12 else "QS"
    days = pd.date_range(first, periods=len(logs) + horizon, freq=freq)
    model = Prophet(
        interval_width=levels[1] / 100, yearly_seasonality=True, weekly_seasonality=False, daily_seasonality=False
    )
    model.fit(pd.DataFrame({"ds": days[: len(logs)], "y": logs}))
    made = model.predict(pd.DataFrame({"ds": days[len(logs) :]}))
    return {
        "point": list(made["yhat"]),
        f"lo{levels[1]}": list(made["yhat_lower"]),
        f"hi{levels[1]}": list(made["yhat_upper"]),
    }


def main() -> int:
    """Answer one document."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    asked = json.load(sys.stdin)
    season, horizon, levels = asked["season"], asked["horizon"], asked["levels"]
    models: list[tuple[str, Callable[[list[float]], dict[str, list[float]]]]] = []
    with contextlib.suppress(ImportError):
        models += [
            (name, partial(classic, model, horizon=horizon, levels=levels))
            for name, model in statsforecast_models(season)
        ]
    try:
        import prophet as _  # noqa: F401
    except ImportError:
        pass
    else:
        models.append(
            ("Prophet", partial(prophet, horizon=horizon, levels=levels, first=asked["first"], season=season))
        )
    answer: dict[str, Any] = {}
    for name, run in models:
        origins = asked["origins"] if name != "Prophet" else asked["few"]
        run([math.log1p(value) for value in asked["series"][0][: origins[0]]])  # what is compiled once is not the model
        begun = time.process_time()
        rows = [
            {str(origin): run([math.log1p(value) for value in series[:origin]]) for origin in origins}
            for series in asked["series"]
        ]
        answer[name] = {"cpu_s": time.process_time() - begun, "rows": rows}
    json.dump(answer, sys.stdout, default=float)  # some models answer in single precision
    return 0


if __name__ == "__main__":
    sys.exit(main())
