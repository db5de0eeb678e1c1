"""Edges of figures: what a number, a period, a neighbour and an interval just bear out and just do not."""

from datetime import date

import numpy as np
import pytest

from headwater.engines.figures import Panel, Table, exposed, jumps, shifts
from headwater.engines.figures.attack import Attack, _rounded_bounds
from headwater.engines.figures.blend import Blended
from headwater.engines.figures.book import Book
from headwater.engines.figures.breaks import Break
from headwater.engines.figures.forecast import Ahead
from headwater.engines.figures.interval import _at, _errors, _miss, _quantiles, check_levels, widths
from headwater.engines.figures.judge import Claim, Verdict, judge, weigh
from headwater.engines.figures.number import Hedge, Said, rounded
from headwater.engines.figures.panel import panel_of
from headwater.engines.figures.publish import _suppressed
from headwater.engines.figures.says import says
from headwater.engines.figures.score import SeriesScore, interval_score, scores
from headwater.errors import SchemaError
from headwater.model.figures import Edition, Strand
from headwater.model.period import parse_period
from tests.figures_world import BALKANS, HASH, UNITS, book, edition, months


@pytest.mark.parametrize(
    ("value", "precision", "hedge", "fits", "fails"),
    [
        (22_000, 1_000, Hedge.NONE, (21_500, 22_499), (21_499, 22_500)),
        (24_103, 1, Hedge.NONE, (24_103,), (24_102, 24_104)),
        (10_000, 10_000, Hedge.NONE, (9_500, 10_500), (9_499, 10_501)),
        (1_000, 1, Hedge.ABOUT, (981, 1_020), (980, 1_021)),
        (22_000, 1_000, Hedge.NEARLY, (21_569, 22_000), (21_499, 22_001)),
        (22_000, 1_000, Hedge.OVER, (22_000, 99_999), (21_999,)),
        (22_000, 1_000, Hedge.UNDER, (22_000, 0), (22_001,)),
    ],
)
def test_a_number_is_borne_out_as_far_as_it_was_meant(
    value: int, precision: int, hedge: Hedge, fits: tuple[int, ...], fails: tuple[int, ...]
) -> None:
    said = Said(value, precision, hedge)
    assert [count for count in fits if not said.fits(count)] == []
    assert [count for count in fails if said.fits(count)] == []


@pytest.mark.parametrize(
    ("count", "step", "near"), [(15, 10, 20), (14, 10, 10), (25, 10, 30), (5, 10, 10), (0, 10, 0), (24_103, 1, 24_103)]
)
def test_halves_are_rounded_upwards(count: int, step: int, near: int) -> None:
    assert rounded(count, step) == near


def claim(words: str, number: int, *readings: str, period: str = "2024", **more: object) -> Claim:
    """A claim taken apart by hand."""
    read = tuple((name,) for name in readings)
    return Claim(Said(number, 1), words, read, parse_period(period), **more)  # type: ignore[arg-type] # spelt out by the caller


def test_what_stands_beside_a_claim_must_hold_in_number_and_in_word() -> None:
    held = book()
    good = claim("detections", 21_525, BALKANS)
    for beside, verdict in (
        (claim("people", 21_525, BALKANS), Verdict.WRONG_WORD),
        (claim("detections", 9, BALKANS), Verdict.CONTRADICTED),
        (claim("detections", 9, BALKANS, period="2031"), Verdict.NOT_YET_KNOWN),
    ):
        about, judged = weigh(held, claim("detections", 21_525, BALKANS, beside=(good, beside)))
        assert (about, judged.verdict) == (beside, verdict)
    wrong = claim("detections", 5, BALKANS, beside=(good,))
    assert weigh(held, wrong) == (wrong, judge(held, wrong))


@pytest.mark.parametrize(
    ("as_of", "verdict"),
    [("2024-11-20", "incomplete-period"), ("2024-12-31", "incomplete-period"), ("2025-01-01", "not-yet-known")],
)
def test_a_period_is_incomplete_up_to_its_own_last_day(as_of: str, verdict: str) -> None:
    early = {name: value for name, value in months(2024, 20_000).items() if name < "2024-11"}
    held = Book([edition("2024-11-15", {BALKANS: early})])
    assert judge(held, claim("detections", 1, BALKANS), date.fromisoformat(as_of)).verdict == verdict
    inside = Book([edition("2024-11-15", {BALKANS: {"2024-05": 10}})])
    assert judge(inside, claim("detections", 1, BALKANS), date(2024, 11, 20)).verdict == "not-yet-known"


def by_nationality(seen_on: str, *months_of: str) -> Edition:
    """A route by nationality: one of them ends a month before the other."""
    periods = tuple(map(parse_period, months_of))
    whole, early = tuple(range(1, len(periods) + 1)), (*range(1, len(periods)), None)
    strands = (
        Strand(BALKANS, whole, (("nationality", "Nowhereland"),)), Strand(BALKANS, early, (("nationality", "Elsewhere"),)),
    )  # fmt: skip
    return Edition(
        source="frontex-ibc", seen_on=date.fromisoformat(seen_on), dated=True, file="made-up.csv", sha256=HASH,
        periods=periods, strands=strands, definitions=((BALKANS, UNITS[BALKANS]),),
    )  # fmt: skip


def test_an_open_period_ends_where_what_is_asked_for_ends() -> None:
    held = Book([by_nationality("2024-06-01", "2024-01", "2024-02", "2024-03")])
    for name, ends, count in (("Nowhereland", "2024-03-31", 6), ("Elsewhere", "2024-02-29", 3)):
        asked = claim("detections", count, BALKANS, since=True, where=(("nationality", name),))
        judged = judge(held, asked)
        assert judged.period is not None
        assert (judged.period.end.isoformat(), judged.computed, judged.verdict) == (ends, count, "supported")


def test_boats_are_no_people_and_people_no_boats() -> None:
    held = book()
    for words, series, number, said in (
        ("people", "uk-small-boats.boats", 695, "boats and not people"),
        ("boats", "uk-small-boats.people", 36_816, "people and not boats"),
    ):
        asked = claim(words, number, series)
        judged = judge(held, asked)
        assert judged.verdict is Verdict.WRONG_WORD
        assert said in says(held, asked, judged)


@pytest.mark.parametrize(("days", "provisional"), [(0, True), (99, True), (100, False)])
def test_what_was_published_within_a_hundred_days_can_still_move(days: int, provisional: bool) -> None:
    seen_on = date.fromordinal(date(2024, 12, 31).toordinal() + days)
    held = Book([edition(seen_on.isoformat(), {BALKANS: months(2024, 21_525)})])
    asked = claim("detections", 21_525, BALKANS)
    assert ("rovisional" in says(held, asked, judge(held, asked))) is provisional


def moved(*values: tuple[int | None, int | None]) -> list[str]:
    """Where a cell is said to have moved, between two editions of one series."""
    names = [f"2024-{at:02d}" for at in range(1, len(values) + 1)]
    made = []
    for place, day in enumerate(("2025-01-01", "2025-02-01")):
        held = {name: one[place] for name, one in zip(names, values, strict=True)}
        made.append(edition(day, {BALKANS: {name: value for name, value in held.items() if value is not None}}))
    return [caution.where.rpartition(", ")[2] for caution in jumps(made)]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (((100, 100), (100, 150), (100, 100)), ["2024-02"]),
        (((100, 100), (100, 149), (100, 100)), []),
        (((100, 109), (100, 150), (100, 100)), ["2024-02"]),
        (((100, 110), (100, 150), (100, 100)), []),
        (((100, 100), (100, 150), (100, 110)), []),
        (((100, 100), (4, 10), (100, 100)), ["2024-02"]),
        (((100, 100), (4, 9), (100, 100)), []),
        (((100, 100), (10, 4), (100, 100)), ["2024-02"]),
        (((100, 200),), []),
    ],
)  # fmt: skip
def test_a_cell_that_moved_alone_is_told_from_one_that_did_not(
    values: tuple[tuple[int, int], ...], found: list[str]
) -> None:
    assert moved(*values) == found


def test_a_moved_cell_is_told_with_both_its_values_and_the_day_of_each() -> None:
    made = [
        edition(day, {BALKANS: {"2024-01": 100, "2024-02": value, "2024-03": 100}})
        for day, value in (("2025-01-01", 70), ("2025-02-01", 140))
    ]
    [caution] = jumps(made)
    assert "70 in the edition seen on 2025-01-01 and 140 in that of 2025-02-01" in caution.text


PERIODS = tuple(parse_period(f"{2020 + at // 12}-{at % 12 + 1:02d}") for at in range(24))


def a_break(series: str, at: int, *, up: bool) -> Break:
    return Break(series, PERIODS[at], up, PERIODS[-1], 1.0, 2.0, 1.0)


def test_falls_and_rises_fall_together_within_three_periods_and_on_two_routes() -> None:
    panel = Panel(PERIODS, ("a", "b"), (tuple(range(24)), tuple(range(24))))
    for rise, apart in ((10, 0), (13, 3), (7, -3)):
        [one] = shifts(panel, [a_break("a", 10, up=False), a_break("b", rise, up=True)])
        assert (one.fell.series, one.rose.series, one.apart) == ("a", "b", apart)
        assert one.by_chance == pytest.approx(1.0 - (1.0 - 1 / 24) ** 7)
    assert shifts(panel, [a_break("a", 10, up=False), a_break("b", 14, up=True)]) == ()
    assert shifts(panel, [a_break("a", 10, up=False), a_break("a", 10, up=True)]) == ()


def test_a_panel_sums_dimensions_and_leaves_open_what_nobody_gave() -> None:
    panel = panel_of(by_nationality("2024-06-01", "2024-01", "2024-02", "2024-03"))
    assert panel.counts == ((2, 4, 3),)
    blank = Strand(BALKANS, (None, None, 1))
    held = by_nationality("2024-06-01", "2024-01", "2024-02", "2024-03")
    alone = Edition(
        source=held.source, seen_on=held.seen_on, dated=True, file="x", sha256=HASH, periods=held.periods, strands=(blank,),
        definitions=held.definitions,
    )  # fmt: skip
    assert panel_of(alone).counts == ((None, None, 1),)


def test_a_forecast_further_than_a_season_is_held_against_the_last_season_that_was_known() -> None:
    counts = tuple(range(100, 124))
    panel = Panel(PERIODS, ("a",), (counts,))
    ahead = [Ahead("a", PERIODS[at], at - 9, 110.0, ((100.0, 115.0),)) for at in (10, 15, 23)]
    found = scores(panel, [(PERIODS[9], one, counts[PERIODS.index(one.period)]) for one in ahead], 4, [80.0])
    # season of four: the last value known of the same season lies 4, 8 and 16 periods back.
    assert found.series[0].naive_mae == pytest.approx((4 + 8 + 16) / 3)
    assert found.series[0].mae == pytest.approx((0 + 5 + 13) / 3)
    assert found.series[0].covered[0] == pytest.approx(2 / 3)  # 110, 115 and 123: the ends are within


def test_an_interval_that_missed_costs_all_that_it_missed_by() -> None:
    # Bracher and others: (|y - m| / 2 + alpha / 2 * width + outside) / (K + 1 / 2)
    assert interval_score(13.0, 5.0, [(2.0, 10.0)], [80.0]) == pytest.approx((4.0 + 0.1 * 8.0 + 3.0) / 1.5)
    assert interval_score(10.0, 5.0, [(2.0, 10.0)], [80.0]) == pytest.approx((2.5 + 0.1 * 8.0) / 1.5)


def blended(values: list[list[float]], first: int) -> Blended:
    """A blend of one series: from each origin the points ahead."""
    made: Blended = Blended.__new__(Blended)
    object.__setattr__(made, "first", first)
    object.__setattr__(made, "logs", np.array(values)[:, None, :])
    return made


def test_an_error_is_known_when_its_value_is() -> None:
    logs = np.arange(6.0)[:, None]
    found = _errors(logs, blended([[2.5, 2.5], [3.5, 3.5], [4.5, 4.5], [5.5, 5.5]], 2))
    assert found[:, 0, 0].tolist() == pytest.approx([0.5, 0.5, 0.5, float("nan")], nan_ok=True)
    assert found[:, 0, 1].tolist() == pytest.approx([1.5, 1.5, float("nan"), float("nan")], nan_ok=True)


def test_no_width_knows_an_error_of_what_had_not_come_yet() -> None:
    errors = np.full((12, 1, 2), 0.1)
    calm = _at(errors, 20, 10, 12, np.array([0.5, 0.9]))
    later = errors.copy()
    later[10:, :, 0], later[9:, :, 1] = 9.0, 9.0  # of origins 20 and on at one step ahead, of 19 and on at two
    assert _at(later, 20, 10, 12, np.array([0.5, 0.9])) == pytest.approx(calm)
    seen = errors.copy()
    seen[9, :, 0] = 9.0
    assert (_at(seen, 20, 10, 12, np.array([0.5, 0.9])) > calm)[1].any()


def test_quantiles_are_weighed_and_widths_follow_what_was_missed() -> None:
    values, weights = np.array([3.0, 1.0, 2.0]), np.array([1.0, 1.0, 2.0])
    assert _quantiles(values, weights, np.array([0.25, 0.5, 0.75, 0.99])).tolist() == [1.0, 2.0, 2.0, 3.0]
    made = [np.full((1, 1, 1), 1.0)]
    assert _miss(np.array([[[2.0]]]), made, 11, 10, 10, np.array([0.8])).tolist() == pytest.approx([0.8])
    assert _miss(np.array([[[0.5]]]), made, 11, 10, 10, np.array([0.8])).tolist() == pytest.approx([-0.2])


def test_no_interval_is_narrower_than_two_per_cent_nor_a_higher_level_than_a_lower() -> None:
    logs = np.full((60, 1), 5.0)
    exact = blended([[5.0, 5.0]] * 50, 10)
    for season in (4, 12):
        found = widths(logs, exact, season, (50.0, 80.0, 95.0), 40).halves
        assert (np.diff(found, axis=1) >= 0).all()
    shaky = blended([[5.0 + 0.3 * (-1) ** at, 5.0] for at in range(50)], 10)
    found = widths(logs, shaky, 12, (50.0, 80.0, 95.0), 40).halves
    assert (np.diff(found, axis=1) >= 0).all()


@pytest.mark.parametrize(("cell", "base", "low", "high"), [(0, 5, 0, 4), (5, 5, 1, 9), (10, 5, 6, 14)])
def test_a_rounded_cell_lies_within_less_than_its_base(cell: int, base: int, low: int, high: int) -> None:
    assert _rounded_bounds(cell, base) == (low, high)


def test_what_nothing_bounds_can_be_anything() -> None:
    attack = Attack([[None, None], [None, None]], None)
    assert attack.reach(0, 0) == (0, 2**53)
    whole = Attack([[None, None, 9], [None, None, 7], [8, 8, 16]], None)
    assert whole.reach(0, 0) == (1, 8)


@pytest.mark.parametrize(
    ("cells", "low", "high"),
    [
        ([[None, None, 60], [None, None, 37], [40, 57, 97]], 3, 40),
        ([[None, None, 5], [None, None, 50], [3, 52, 55]], 0, 3),
        ([[3, 57, 60], [37, 0, 37], [40, 57, 97]], 3, 3),
    ],
)
def test_a_small_cell_is_narrowed_from_either_side_alone(cells: list[list[int | None]], low: int, high: int) -> None:
    true = [[3, 57, 60], [37, 0, 37], [40, 57, 97]] if cells[0][2] == 60 else [[3, 2, 5], [0, 50, 50], [3, 52, 55]]
    found = [(one.row, one.column, one.low, one.high) for one in exposed(true, cells, None, 5)]
    assert (0, 0, low, high) in found


@pytest.mark.parametrize("small", [1, 2, 3, 4])
def test_every_small_count_is_hidden_and_the_first_that_is_not_small_may_stand(small: int) -> None:
    counts = tuple(
        tuple(small if (row, column) == (2, 1) else 40 + row + column for column in range(4)) for row in range(5)
    )
    made = _suppressed(Table("made up", tuple("abcde"), tuple("wxyz"), counts), (), 5)
    shown = {cell for line in made.cells for cell in line if cell is not None}
    assert not shown & {1, 2, 3, 4}
    assert made.cells[2][1] is None
    assert all(line[-1] is not None for line in made.cells), "no total had to be hidden"
    assert all(cell is not None for cell in made.cells[-1])


def test_a_panel_of_years_or_quarters_lets_widths_go_further_than_one_of_months() -> None:
    draw = np.random.default_rng(2)
    logs = np.cumsum(draw.normal(0, 0.05, (80, 1)), axis=0) + 5
    wild = logs.copy()
    wild[60:] += np.array([[0.8 * (-1) ** at] for at in range(20)])
    points = blended([[float(wild[at, 0])] for at in range(10, 80)], 10)
    quarters = widths(wild, points, 4, (80.0,), 70).halves
    months_of = widths(wild, points, 12, (80.0,), 70).halves
    assert not np.allclose(quarters, months_of)
    scale = _at(_errors(wild, points), 79, 10, 12, np.array([0.8]))
    assert (months_of[-1] <= scale * np.exp(0.1) * (1 + 1e-9)).all()


@pytest.mark.parametrize(
    ("mae", "naive", "share"), [(0.0, 0.0, 1.0), (1.0, 0.0, float("inf")), (1.0, 2.0, 0.5), (0.0, 2.0, 0.0)]
)
def test_an_error_beside_one_of_nothing(mae: float, naive: float, share: float) -> None:
    assert SeriesScore("a", 1, mae, naive, (), 0.0).rmae == share


def test_levels_are_put_in_order_and_stand_once() -> None:
    assert check_levels((95.0, 50.0, 80.0, 50.0)) == (50.0, 80.0, 95.0)
    for wrong in ((), (0.0,), (100.0,)):
        with pytest.raises(SchemaError):
            check_levels(wrong)
