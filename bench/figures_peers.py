"""Forecast with the peers, in an environment of their own: reads one JSON document on stdin, writes one on stdout.

    {"season": 12, "horizon": 6, "series": [[…]], "origins": [155, …], "levels": [50, 80, 95], "models": ["theta", …]}

An origin is the number of values a forecast may see. The answer holds, for each model, CPU seconds and, for each series
and origin, the points and, where the model gives them, the lower and upper ends of each level, in log(1 + count). All work
in logs but one: the seasonal naive on counts, against whose interval score others are set. A peer that is not installed is
left out. The mean of the four is the plain form of the ensemble that the design measured (design/figures.md).
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

NAIVE = "seasonal naive"
ON_COUNTS = "seasonal naive on counts"
LAGS = {12: (1, 2, 3, 6, 11, 12, 13), 4: (1, 2, 3, 4, 5, 8)}
WINDOWS = {12: (3, 6, 12), 4: (2, 4, 8)}


def statsforecast_models(season: int) -> Iterator[tuple[str, Any]]:
    """The classic models of statsforecast, by name."""
    from statsforecast.models import AutoETS, DynamicOptimizedTheta, SeasonalNaive

    yield NAIVE, SeasonalNaive(season)
    yield ON_COUNTS, SeasonalNaive(season)
    yield "Theta", DynamicOptimizedTheta(season_length=season)
    yield "ETS", AutoETS(season_length=season, model="AAA", damped=True)


def classic(model: Any, logs: list[float], horizon: int, levels: list[float]) -> dict[str, list[float]]:
    """One forecast of a statsforecast model."""
    import numpy as np

    made = model.forecast(y=np.array(logs), h=horizon, level=levels)
    return {"point": list(made["mean"])} | {
        f"{end}{level}": list(made[f"{end}-{level}"]) for level in levels for end in ("lo", "hi")
    }


def on_counts(model: Any, logs: list[float], horizon: int, levels: list[float]) -> dict[str, list[float]]:
    """One forecast of a statsforecast model that works on counts; an end below nought is nought."""
    made = classic(model, [math.expm1(value) for value in logs], horizon, levels)
    return {name: [math.log1p(max(0.0, value)) for value in values] for name, values in made.items()}


def _features(logs: Any, place: int, season: int) -> list[list[float]]:
    """What the boosted trees see of each series before a place: lagged changes, rolling means, the season."""
    rows = []
    for column in logs[:place].T:
        steps = column[1:] - column[:-1]
        row = [steps[-lag] if len(steps) >= lag else math.nan for lag in LAGS[season]]
        for window in WINDOWS[season]:
            row += [steps[-window:].mean(), column[-1] - column[-window:].mean()]
        rows.append([*row, place % season])
    return rows


def boosted(series: list[list[float]], horizon: int, season: int) -> Any:
    """One forecast of all series by one LightGBM on changes of logs, each step fed with the one before."""
    import lightgbm
    import numpy as np

    logs = np.array(series).T
    places = range(season + 2, len(logs))
    rows = np.array([row for place in places for row in _features(logs, place, season)])
    right = np.concatenate([logs[place] - logs[place - 1] for place in places])
    settings = {
        "num_leaves": 15,
        "learning_rate": 0.05,
        "min_data_in_leaf": 10,
        "verbose": -1,
        "num_threads": 1,
        "seed": 1,
    }
    settings |= {"feature_fraction": 0.8, "bagging_fraction": 0.8, "bagging_freq": 1}
    trees = lightgbm.train(settings, lightgbm.Dataset(rows, right), 150)
    for _ in range(horizon):
        step = trees.predict(np.array(_features(logs, len(logs), season)))
        logs = np.vstack([logs, logs[-1] + step])
    return logs[-horizon:].T


def mean_of(answer: dict[str, Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    """The mean of the points of some models."""
    whole = [answer[name]["rows"] for name in names]
    return [
        {
            origin: {
                "point": [
                    sum(some) / len(names) for some in zip(*(rows[at][origin]["point"] for rows in whole), strict=True)
                ]
            }
            for origin in whole[0][at]
        }
        for at in range(len(whole[0]))
    ]


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
            (name, partial(on_counts if name == ON_COUNTS else classic, model, horizon=horizon, levels=levels))
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
    four = (NAIVE, "Theta", "ETS", "LightGBM")
    with contextlib.suppress(ImportError):
        begun = time.process_time()
        made = {
            n: boosted([[math.log1p(v) for v in one[:n]] for one in asked["series"]], horizon, season)
            for n in asked["origins"]
        }
        rows = [{str(n): {"point": list(one[at])} for n, one in made.items()} for at in range(len(asked["series"]))]
        answer["LightGBM"] = {"cpu_s": time.process_time() - begun, "rows": rows}
    if all(name in answer for name in four):
        spent = sum(answer[name]["cpu_s"] for name in four)
        answer["mean of the four"] = {"cpu_s": spent, "rows": mean_of(answer, four)}
    json.dump(answer, sys.stdout, default=float)  # some models answer in single precision
    return 0


if __name__ == "__main__":
    sys.exit(main())
