"""Features counted anew only where new payments reach are those of a full run."""

from random import Random

import numpy as np
import pytest

from headwater.engines.trace.features import COLUMNS, DAY_S, FeatureSettings, count_features, update_features

SETTINGS = FeatureSettings(window_days=5, cycle_days=3, longest=5, budget=10**9)


@pytest.mark.parametrize("batch", range(4))
def test_new_rows_touch_only_what_their_window_reaches_and_equal_a_full_run(batch: int) -> None:
    for seed in range(batch * 25, batch * 25 + 25):
        draw = Random(seed)
        count, accounts = draw.randint(2, 60), draw.randint(3, 9)
        t = np.sort(np.array([draw.randint(0, 40 * DAY_S) for _ in range(count)]))
        src = np.array([draw.randrange(accounts) for _ in range(count)])
        dst = (src + np.array([draw.randint(1, accounts - 1) for _ in range(count)])) % accounts
        value = np.array([draw.randint(1, 900) for _ in range(count)])
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
