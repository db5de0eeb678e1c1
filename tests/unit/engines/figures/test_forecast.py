"""Forecasts: they see only what was there, their intervals hold as often as they say, and bad input is named."""

import math
import random

import pytest

from headwater.engines.figures import Panel, backtest, forecast
from headwater.engines.figures.score import interval_score
from headwater.errors import SchemaError
from headwater.model.period import parse_period
from tests.figures_world import routes

PANEL = routes()


def test_every_series_and_period_gets_a_point_inside_its_intervals() -> None:
    made = forecast(PANEL, 6, 12)
    assert len(made.rows) == 3 * 6
    for row in made.rows:
        (low50, high50), (low80, high80), (low95, high95) = row.bounds
        assert low95 <= low80 <= low50 <= row.point <= high50 <= high80 <= high95
    assert [str(row.period) for row in made.rows[:6]] == [f"2023-{at:02d}" for at in range(1, 7)]


def test_a_backtest_says_what_a_forecast_of_its_day_said() -> None:
    origin = parse_period("2021-06")
    then = forecast(PANEL.until(origin), 6, 12)
    [first, *_] = [row for at, row, _ in backtest(PANEL, origin, parse_period("2021-12"), 6, 12).rows if at == origin]
    assert first == then.rows[0]


def test_what_comes_later_changes_no_forecast() -> None:
    origin = parse_period("2021-06")
    changed = Panel(
        PANEL.periods,
        PANEL.names,
        tuple((*one[:78], *(9 * (value or 0) for value in one[78:])) for one in PANEL.counts),
    )
    before, after = (backtest(panel, origin, origin, 6, 12).rows for panel in (PANEL, changed))
    assert [row for _, row, _ in before] == [row for _, row, _ in after]


def test_intervals_hold_about_as_often_as_they_say() -> None:
    panel = routes(6, 12, seed=3)
    made = backtest(panel, parse_period("2020-01"), parse_period("2026-06"), 6, 12)
    half, most, nearly = made.scores.covered
    assert 0.40 < half < 0.62
    assert 0.72 < most < 0.88
    assert nearly > 0.88


def test_a_season_is_seen_and_beats_last_year_where_the_level_moved() -> None:
    scores = backtest(PANEL, parse_period("2020-01"), parse_period("2022-06"), 6, 12).scores
    assert scores.rmae is not None
    assert scores.rmae < 0.95


def test_quarters_and_years_are_forecast_too() -> None:
    draw = random.Random("quarters")
    counts = tuple(round(1_000 * math.exp(draw.gauss(0, 0.1))) for _ in range(48))
    quarters = tuple(parse_period(f"{2010 + at // 4}Q{at % 4 + 1}") for at in range(48))
    assert len(forecast(Panel(quarters, ("a",), (counts,)), 4, 4).rows) == 4
    years = tuple(parse_period(str(1975 + at)) for at in range(48))
    made = forecast(Panel(years, ("a",), (counts,)), 2, 1)
    assert 600 < made.rows[0].point < 1_600


def test_gaps_are_bridged_and_zeros_are_counts() -> None:
    gap = tuple(None if at in (20, 21, 60) else value for at, value in enumerate(PANEL.counts[0]))
    late = (*(None,) * 30, *PANEL.counts[1][30:])
    made = forecast(Panel(PANEL.periods, ("gap", "late", "nothing"), (gap, late, (0,) * 96)), 6, 12)
    points = {row.series: row.point for row in made.rows}
    assert points["gap"] > 0
    assert points["late"] > 0
    assert points["nothing"] < 0.01


def test_too_little_history_says_how_much_is_needed() -> None:
    with pytest.raises(SchemaError, match="41 periods are too few: 42 are needed"):
        forecast(PANEL.until(PANEL.periods[40]), 6, 12)
    assert forecast(PANEL.until(PANEL.periods[41]), 6, 12).tested.rows == ()


@pytest.mark.parametrize(("horizon", "season", "levels"), [(0, 12, (80,)), (6, 0, (80,)), (6, 12, ()), (6, 12, (100,))])
def test_impossible_wishes_are_refused(horizon: int, season: int, levels: tuple[float, ...]) -> None:
    with pytest.raises(SchemaError):
        forecast(PANEL, horizon, season, levels)


def test_periods_that_are_not_regular_are_refused() -> None:
    with pytest.raises(SchemaError, match="not regular"):
        Panel((parse_period("2024-01"), parse_period("2024-03")), ("a",), ((1, 2),))


def test_the_interval_score_is_that_of_the_paper() -> None:
    # One level of 50 %: |y - m|/2 + alpha/2 (u - l) + distance outside, over K + 1/2.
    assert interval_score(10, 12, [(11, 14)], [50]) == pytest.approx((1.0 + 0.25 * 3 + 1.0) / 1.5)
    assert interval_score(12, 12, [(11, 14)], [50]) == pytest.approx(0.25 * 3 / 1.5)


def test_intervals_of_a_calm_time_are_drawn_in_and_higher_levels_stay_wider() -> None:
    draw = random.Random("calm")
    wild = tuple(round(1_000 * math.exp(draw.gauss(0, 0.5 if at < 96 else 0.05))) for at in range(168))
    periods = tuple(parse_period(f"{2010 + at // 12}-{at % 12 + 1:02d}") for at in range(168))
    panel = Panel(periods, ("a",), (wild,))
    made = backtest(panel, parse_period("2018-01"), parse_period("2023-06"), 3, 12)
    widths = [math.log(row.bounds[1][1] / row.bounds[1][0]) for _, row, _ in made.rows if row.horizon == 1]
    assert sum(widths[-12:]) < 0.5 * sum(widths[:12])
    for _, row, _ in made.rows:
        assert row.bounds[0][1] <= row.bounds[1][1] <= row.bounds[2][1]


def test_a_missing_value_does_not_count_as_one_that_an_interval_missed() -> None:
    sparse = tuple(
        tuple(None if at % 3 == 1 and at > 40 else value for at, value in enumerate(one)) for one in PANEL.counts
    )
    whole, gappy = (forecast(Panel(PANEL.periods, PANEL.names, one), 3, 12) for one in (PANEL.counts, sparse))
    spread = [
        sum(math.log((row.bounds[1][1] + 1) / (row.bounds[1][0] + 1)) for row in made.rows) for made in (whole, gappy)
    ]
    assert spread[1] < 1.6 * spread[0]
