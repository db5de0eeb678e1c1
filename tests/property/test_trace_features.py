"""Features counted anew only where new payments reach are those of a full run."""

from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
import pytest

from headwater.engines.trace.features import COLUMNS, DAY_S, FeatureSettings, count_features, update_features

SETTINGS = FeatureSettings(window_days=5, quick_days=1, cycle_days=3, longest=5, budget=10**9)


def payments(draw: Random) -> tuple[Any, ...]:
    """Times, payers, payees and amounts of a small table, in the order of time."""
    count, accounts = draw.randint(2, 60), draw.randint(3, 9)
    t = np.sort(np.array([draw.randint(0, 40 * DAY_S) for _ in range(count)]))
    src = np.array([draw.randrange(accounts) for _ in range(count)])
    dst = (src + np.array([draw.randint(1, accounts - 1) for _ in range(count)])) % accounts
    return t, src, dst, np.array([draw.choice((100, 95, 81, 50, draw.randint(1, 900))) for _ in range(count)])


def counted(columns: Sequence[Any]) -> dict[str, Any]:
    """The features of payments that are given as columns."""
    t, src, dst, value = columns
    return count_features(t, src, dst, value, SETTINGS)


@pytest.mark.parametrize("batch", range(4))
def test_new_rows_touch_only_what_their_window_reaches_and_equal_a_full_run(batch: int) -> None:
    for seed in range(batch * 25, batch * 25 + 25):
        draw = Random(seed)
        t, src, dst, value = payments(draw)
        count = len(t)
        whole = count_features(t, src, dst, value, SETTINGS)
        cut = draw.randint(0, count)
        made = count_features(t[:cut], src[:cut], dst[:cut], value[:cut], SETTINGS)
        for step in (draw.randint(cut, count), count):
            made = update_features(made, (t[:step], src[:step], dst[:step], value[:step]), cut, SETTINGS)
            cut = step
        assert {name for name in whole if (made[name] != whole[name]).any()} == set(), seed


def test_every_feature_is_a_documented_column() -> None:
    one = count_features([0, 5], [1, 2], [2, 1], [7, 7], SETTINGS)
    assert {*one, "tab", "row"} == set(COLUMNS)
    assert all(len(text.split()) > 2 for text in COLUMNS.values())


def test_what_does_not_look_ahead_knows_nothing_of_later_payments() -> None:
    for seed in range(100):
        draw = Random(seed)
        columns = payments(draw)
        cut = draw.randint(1, len(columns[0]))
        whole = counted(columns)
        early = counted([column[:cut] for column in columns])
        causal = [name for name in early if not name.startswith("ahead_") and name != "truncated"]
        assert {name for name in causal if (early[name] != whole[name][:cut]).any()} == set(), seed


def test_marks_are_summed_over_what_lies_in_the_window() -> None:
    for seed in range(100):
        t, src, dst, value = payments(Random(seed))
        found = count_features(t, src, dst, value, SETTINGS)
        window_s = SETTINGS.window_days * DAY_S
        for at in range(len(t)):
            before = [place for place in range(at + 1) if t[at] - t[place] <= window_s]
            after = [place for place in range(at, len(t)) if t[place] - t[at] <= window_s]
            new = [(src[place], dst[place]) not in set(zip(src[:place], dst[:place], strict=True)) for place in before]
            came = [fresh for place, fresh in zip(before, new, strict=True) if dst[place] == dst[at]]
            assert found["dst_in_first"][at] == sum(came), seed
            left = [place for place in after if src[place] == dst[at]]
            goes_on = [found["ahead_echoes"][place] > 0 for place in left]
            assert found["ahead_dst_out_passed"][at] == sum(goes_on), seed
            assert found["src_in_mean"][at] == found["src_in_sum"][at] // max(found["src_in_degree"][at], 1)


def test_what_begins_a_scatter_gather_is_told_of_it_afterwards() -> None:
    hours = [0, 1, 2, 30, 31, 32]
    found = count_features([hour * 3600 for hour in hours], [1, 1, 1, 2, 3, 4], [2, 3, 4, 9, 9, 9], [500] * 6, SETTINGS)
    assert list(found["ahead_scatter_gather"]) == [3, 2, 1, 0, 0, 0]
    assert list(found["scatter_gather"]) == [0, 0, 0, 1, 2, 3]


def test_two_payers_who_pay_the_same_two_make_a_square_that_the_last_completes_and_the_first_begins() -> None:
    found = count_features([hour * 3600 for hour in range(4)], [1, 2, 1, 2], [8, 8, 9, 9], [500] * 4, SETTINGS)
    assert list(found["squares"]) == [0, 0, 0, 1]
    assert list(found["ahead_squares"]) == [1, 0, 0, 0]
    assert list(found["dst_in_squared"]) == [0, 0, 0, 1]
    late = count_features([0, 1, 2, 40 * DAY_S], [1, 2, 1, 2], [8, 8, 9, 9], [500] * 4, SETTINGS)
    assert not late["squares"].any()


def test_an_account_is_as_old_as_its_first_payment_whichever_side_it_stood_on() -> None:
    found = count_features([0, 10, 25], [1, 2, 3], [2, 3, 1], [500] * 3, SETTINGS)
    assert list(found["src_since_first"]) == [0, 10, 15]
    assert list(found["dst_since_first"]) == [0, 0, 25]


def test_what_was_cut_off_ahead_of_a_payment_is_told_of_that_payment() -> None:
    rows = [(0, 1, 2), (10, 1, 3), (20, 2, 4), (30, 3, 4), (9 * DAY_S, 7, 8)]
    t, src, dst = (np.array(column) for column in zip(*rows, strict=True))
    value = np.full(len(rows), 100)
    back_t, back_src, back_dst, back_value = (one[::-1].copy() for one in (-t, dst, src, value))
    for budget in range(1, 12):
        settings = FeatureSettings(window_days=5, quick_days=1, cycle_days=3, longest=5, budget=budget)
        made, back = (
            count_features(t, src, dst, value, settings),
            count_features(back_t, back_src, back_dst, back_value, settings),
        )
        assert made["truncated"].tolist() == back["truncated"][::-1].tolist(), budget
