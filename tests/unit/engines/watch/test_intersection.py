"""Two states' tracks of one object become one that is never surer than it may be."""

import numpy as np
import pytest

from headwater.engines.watch import SharedTrack, intersect
from headwater.engines.watch.intersection import same_object
from headwater.errors import SchemaError


def track(time_s: float, x: float, sd: float, *, narrow: int = 0) -> SharedTrack:
    spread = np.diag([sd * sd, 1.0, sd * sd, 1.0])
    if narrow:
        spread[narrow - 1, narrow - 1] /= 100.0
    return SharedTrack(time_s, (x, 1.0, 0.0, 0.0), tuple(tuple(line) for line in spread.tolist()))


def test_the_same_track_twice_is_no_surer_than_once() -> None:
    one = track(0.0, 10.0, 20.0)
    fused = intersect(one, one)
    assert np.allclose(fused.covariance, one.covariance)
    assert fused.mean == pytest.approx(one.mean)


def test_what_each_knows_better_is_taken_from_it() -> None:
    fused = np.array(intersect(track(0.0, 0.0, 20.0, narrow=1), track(0.0, 0.0, 20.0, narrow=3)).covariance)
    assert fused[0, 0] < 400.0
    assert fused[2, 2] < 400.0


def test_the_older_track_is_moved_to_the_later_time() -> None:
    fused = intersect(track(0.0, 0.0, 5.0), track(10.0, 10.0, 5.0))
    assert fused.time_s == 10.0
    assert fused.mean[0] == pytest.approx(10.0, abs=0.5)


def test_tracks_of_two_objects_are_not_fused() -> None:
    assert not same_object(track(0.0, 0.0, 5.0), track(0.0, 500.0, 5.0))
    with pytest.raises(SchemaError, match="not of one object"):
        intersect(track(0.0, 0.0, 5.0), track(0.0, 500.0, 5.0))


@pytest.mark.parametrize("spread", [np.zeros((4, 4)), -np.eye(4), np.eye(3), np.full((4, 4), np.nan)])
def test_a_covariance_that_is_none_is_refused(spread: "np.ndarray[tuple[int, int], np.dtype[np.float64]]") -> None:
    with pytest.raises(SchemaError):
        SharedTrack(0.0, (0.0, 0.0, 0.0, 0.0), tuple(tuple(line) for line in spread.tolist()))
