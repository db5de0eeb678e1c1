"""Breaks: a lasting change is seen soon and from what there was, an outlier is none, and nothing is called a cause."""

import math
import random

import pytest

from headwater.engines.figures import Panel, online_breaks, past_breaks, shifts
from headwater.errors import SchemaError
from tests.figures_world import routes

PANEL = routes(1, 8, seed=5, hold=0.2)


def shifted(factor: float, at: int = 60, panel: Panel = PANEL) -> Panel:
    """The panel with a change of level from a place on."""
    return Panel(
        panel.periods,
        panel.names,
        tuple(
            tuple(round(v * factor) if i >= at else v for i, v in enumerate(one) if v is not None)
            for one in panel.counts
        ),
    )


@pytest.mark.parametrize(("factor", "direction"), [(3.0, "up"), (0.25, "down")])
def test_a_lasting_change_is_seen_within_three_periods(factor: float, direction: str) -> None:
    found = [one for one in online_breaks(shifted(factor), 12) if one.direction == direction]
    near = [one for one in found if 60 <= PANEL.periods.index(one.seen_at) <= 62]
    assert near
    assert abs(PANEL.periods.index(near[0].period) - 60) <= 2
    assert (near[0].after > near[0].before) == (direction == "up")


def test_without_a_change_there_is_no_alarm() -> None:
    assert online_breaks(PANEL, 12) == ()


def test_one_odd_month_is_no_lasting_change_looking_back() -> None:
    odd = tuple(4 * v if at == 60 else v for at, v in enumerate(PANEL.counts[0]) if v is not None)
    assert past_breaks(Panel(PANEL.periods, ("odd",), (odd,)), 12) == ()
    assert past_breaks(shifted(3.0), 12)[0].up


def test_what_comes_later_changes_no_alarm() -> None:
    whole = shifted(3.0)
    cut = whole.until(whole.periods[70])
    seen = {one.seen_at: one for one in online_breaks(whole, 12) if one.seen_at <= whole.periods[70]}
    assert {one.seen_at: one for one in online_breaks(cut, 12)} == seen


def test_small_counts_scatter_by_chance_and_raise_no_alarm() -> None:
    draw = random.Random("small")
    values = tuple(sum(draw.random() < 0.2 for _ in range(10)) for _ in range(96))
    assert online_breaks(Panel(PANEL.periods, ("small",), (values,)), 12) == ()


def test_a_fall_beside_a_rise_is_an_association_and_no_cause() -> None:
    down, up = shifted(0.25).counts[0], shifted(4.0).counts[0]
    panel = Panel(PANEL.periods, ("north", "south"), (down, up))
    found = shifts(panel, online_breaks(panel, 12))
    assert found
    assert (found[0].fell.series, found[0].rose.series) == ("north", "south")
    assert "that one caused the other is not shown" in found[0].text
    assert 0 < found[0].by_chance < 1


def test_too_short_a_series_is_refused() -> None:
    with pytest.raises(SchemaError, match="too few"):
        online_breaks(PANEL.until(PANEL.periods[20]), 12)


def test_a_series_with_gaps_and_without_values_is_passed_over() -> None:
    panel = Panel(PANEL.periods, ("none", "gap"), ((None,) * 96, (*PANEL.counts[0][:50], None, *PANEL.counts[0][51:])))
    assert online_breaks(panel, 12) == ()
    assert all(math.isfinite(one.strength) for one in past_breaks(panel, 12))
