"""The members that are no plain rules: smoothing on a grid of gains, and the rule that is learned from all series."""

import numpy as np
import pytest

from headwater.engines.figures.blend import first_origin
from headwater.engines.figures.learned import learned
from headwater.engines.figures.members import Workshop
from headwater.engines.figures.smoothing import smoothed

SEASON = np.array([0.4, 0.2, 0.0, -0.2, -0.4, -0.6, -0.4, -0.2, 0.0, 0.2, 0.4, 0.6])
FIRST = first_origin(12)


def monthly(slope: float = 0.0, months: int = 120) -> np.ndarray:
    """A series without noise, as a column: a season on a level that moves by a slope a month."""
    made: np.ndarray = 6.0 + slope * np.arange(months) + SEASON[np.arange(months) % 12]
    return made[:, None]


def test_smoothing_goes_on_with_a_season_and_a_level_that_do_not_change() -> None:
    made = smoothed(monthly(), 12, 6, FIRST)
    assert made.shape == (120 - FIRST, 2, 1, 6)
    came = 6.0 + SEASON[(np.arange(120, 126)) % 12]
    assert np.abs(made[-1, :, 0] - came).max() < 0.02


def test_smoothing_with_a_trend_follows_one_and_without_it_lags_behind() -> None:
    came = 6.0 + 0.03 * np.arange(120, 126) + SEASON[np.arange(120, 126) % 12]
    trended, plain = (np.abs(made - came).mean() for made in smoothed(monthly(0.03), 12, 6, FIRST)[-1, :, 0])
    assert trended < 0.6 * plain


def test_smoothing_starts_a_series_where_it_begins_and_bridges_a_gap() -> None:
    logs = np.concatenate([monthly(), monthly()], axis=1)
    logs[:50, 0] = np.nan
    logs[80, 1] = np.nan
    made = smoothed(logs, 12, 6, FIRST)
    assert np.isnan(made[0, :, 0]).all()
    assert np.isfinite(made[-1]).all()
    assert np.isfinite(made[80 - FIRST, :, 1]).all()


def quarterly(series: int = 3, quarters: int = 60) -> np.ndarray:
    """Noise around a level: what stands high falls back."""
    draw = np.random.default_rng(7)
    return 6.0 + draw.normal(0, 0.3, (quarters, series))


def test_what_is_learned_is_that_a_high_value_falls_back() -> None:
    logs = quarterly()
    logs[-1] = 7.0
    made = learned(logs, 4, 4, first_origin(4))[-1]
    assert (made < 6.9).all()
    assert (made > 5.9).all()


def test_what_was_never_seen_is_not_taken_further_than_what_was() -> None:
    logs = quarterly()
    logs[-1] = 8.0
    far = logs.copy()
    far[-1] = 16.0
    near_change, far_change = (learned(one, 4, 4, first_origin(4))[-1] - one[-1, :, None] for one in (logs, far))
    assert np.abs(far_change - near_change).max() < 0.2


def test_until_something_is_learned_the_rule_says_the_last_value_and_two_seasons_on_nothing() -> None:
    logs = quarterly()
    made = learned(logs, 4, 9, first_origin(4))
    assert made[0, :, 0] == pytest.approx(logs[first_origin(4)])
    assert np.isnan(made[..., 8]).all()
    assert np.isfinite(made[..., :8]).all()


def test_a_gap_is_carried_over_by_the_learned_rule() -> None:
    logs = quarterly()
    logs[40, 0] = np.nan
    logs[:20, 1] = np.nan
    made = learned(logs, 4, 4, first_origin(4))
    assert np.isfinite(made[40 - first_origin(4), 0]).all()
    assert np.isnan(made[0, 1]).all()
    assert np.isfinite(made[-1]).all()


@pytest.mark.parametrize(("season", "first"), [(12, FIRST), (4, first_origin(4))])
def test_no_member_sees_what_comes_later(season: int, first: int) -> None:
    logs = np.concatenate([monthly(0.01), monthly(0.0)], axis=1) + np.random.default_rng(1).normal(0, 0.2, (120, 2))
    cut = first + 30
    then = Workshop(logs[: cut + 1], season).all(first, 4)[-1]
    now = Workshop(logs, season).all(first, 4)[cut - first]
    assert now == pytest.approx(then, nan_ok=True)
