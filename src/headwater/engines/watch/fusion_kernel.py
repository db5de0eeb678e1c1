"""Several sensors with constant errors of their own, compiled: tracks and sensor biases estimated together.

Given the biases, the tracks do not depend on each other. So the filter keeps one distribution of the biases b, and for
each track the mean as a linear function of them (m + C b) with the covariance P that is left when b is known. A report
then corrects its track and, through it, the biases, exactly as one large Kalman filter over everything would, at the cost
of one track. (Factored posterior: Murphy and Russell 2001, Rao-Blackwellised filtering, in its linear-Gaussian case.)
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.watch.assignment import assign
from headwater.engines.watch.kernels import EMPTY, kernel

Floats = NDArray[np.float64]

PLACE_KIND, POLAR_KIND, BEARING_KIND = 0.0, 1.0, 2.0
(S_X, S_Y, S_A, S_B, S_DETECT, S_CLUTTER, S_REACH, S_BIAS) = range(8)
"""One sensor: its place, m; standard deviations of its two numbers; chance of detection; false reports per unit of its
measurement space and scan; reach, m; where its biases begin, or -1."""
(R_TIME, R_SENSOR, R_KIND, R_A, R_B, R_NUMBER) = range(6)
"""One report: time, s; sensor; kind; its two numbers; its number in order of arrival."""
(T_ID, T_EXISTS, T_HITS, T_CONFIRMED, T_TURN) = range(5)
GATE: Final = (16.0, 16.0, 12.0)
LIFE_S: Final = 900.0
BIRTH: Final = 0.1
CONFIRM: Final = 0.99
FORGET: Final = 0.02
ACCEL: Final = 0.25
"""Spectral density of the acceleration of an object that keeps its course, m^2/s^3."""
TURNING: Final = 40.0
TURN_BEGINS: Final = 0.03
TURN_ENDS: Final = 0.1
SPEED_SD: Final = 10.0
DRIFT: Final = 1e-4
"""Share of its first variance by which a bias may wander in a second."""


@kernel
def move(means: Floats, slopes: Floats, spreads: Floats, meta: Floats, count: int, dt: float) -> None:
    """Move every track on by a time, in place."""
    step = np.eye(4)
    step[0, 1] = step[2, 3] = dt
    noise = np.zeros((4, 4))
    for axis in (0, 2):
        noise[axis, axis], noise[axis + 1, axis + 1] = dt**3 / 3.0, dt
        noise[axis, axis + 1] = noise[axis + 1, axis] = dt * dt / 2.0
    for k in range(count):
        turn = meta[k, T_TURN]
        keep = np.exp(-(TURN_BEGINS + TURN_ENDS) * dt)
        rest = TURN_BEGINS / (TURN_BEGINS + TURN_ENDS)
        meta[k, T_TURN] = turn = rest + (turn - rest) * keep
        means[k] = step @ means[k]
        slopes[k] = step @ slopes[k]
        spreads[k] = step @ spreads[k] @ step.T + ACCEL * (1.0 + TURNING * turn) * noise
        meta[k, T_EXISTS] *= np.exp(-dt / LIFE_S)


@kernel
def angle(value: float) -> float:
    """Return an angle between -pi and pi."""
    return (value + np.pi) % (2.0 * np.pi) - np.pi


@kernel
def expect(state: Floats, sensor: Floats, kind: float) -> tuple[Floats, Floats]:
    """Return what a sensor would report of a state, and the derivatives of that: (2,), (2, 4).

    A bearing alone stands in the first number; the second is then 0 with no derivative.
    """
    value, slope = np.zeros(2), np.zeros((2, 4))
    if kind == PLACE_KIND:
        value[0], value[1] = state[0], state[2]
        slope[0, 0] = slope[1, 2] = 1.0
        return value, slope
    dx, dy = state[0] - sensor[S_X], state[2] - sensor[S_Y]
    far2 = max(dx * dx + dy * dy, 1.0)
    far = np.sqrt(far2)
    at = 0
    if kind == POLAR_KIND:
        value[0] = far
        slope[0, 0], slope[0, 2] = dx / far, dy / far
        at = 1
    value[at] = np.arctan2(dx, dy)
    slope[at, 0], slope[at, 2] = dy / far2, -dx / far2
    return value, slope


@kernel
def innovation(
    mean: Floats, slopes: Floats, spread: Floats, bias: Floats, bias_spread: Floats, sensor: Floats, report: Floats
) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Return of a report and a track: difference, derivatives by state and by bias, covariance without and with bias."""
    kind = report[R_KIND]
    value, slope = expect(mean + slopes @ bias, sensor, kind)
    by_bias = slope @ slopes
    begin = int(sensor[S_BIAS])
    size = 1 if kind == BEARING_KIND else 2
    difference = np.zeros(2)
    difference[0] = report[R_A] - value[0]
    if size == 2:
        difference[1] = report[R_B] - value[1]
    if begin >= 0:
        for at in range(size):
            by_bias[at, begin + at] += 1.0
            difference[at] -= bias[begin + at]
    if kind != PLACE_KIND:
        difference[size - 1] = angle(difference[size - 1])
    known = slope @ spread @ slope.T
    known[0, 0] += sensor[S_A] ** 2
    known[1, 1] += sensor[S_B] ** 2 if size == 2 else 1.0
    whole = known + by_bias @ bias_spread @ by_bias.T
    return difference, slope, by_bias, known, whole


@kernel
def invert(matrix: Floats) -> tuple[Floats, float]:
    """Return the inverse and determinant of a 2 x 2 matrix."""
    determinant = matrix[0, 0] * matrix[1, 1] - matrix[0, 1] * matrix[1, 0]
    out = np.empty((2, 2))
    out[0, 0], out[1, 1] = matrix[1, 1] / determinant, matrix[0, 0] / determinant
    out[0, 1], out[1, 0] = -matrix[0, 1] / determinant, -matrix[1, 0] / determinant
    return out, determinant


@kernel
def correct(
    k: int, means: Floats, slopes: Floats, spreads: Floats, meta: Floats, bias: Floats, bias_spread: Floats,
    sensor: Floats, report: Floats,
) -> None:  # fmt: skip
    """Let a report correct its track and the biases, in place."""
    difference, slope, by_bias, known, whole = innovation(
        means[k], slopes[k], spreads[k], bias, bias_spread, sensor, report
    )
    inverse, _ = invert(known)
    whole_inverse, _ = invert(whole)
    far = difference @ whole_inverse @ difference
    calm = np.exp(-0.5 * far)
    wild = np.exp(-0.5 * far / 2.5) / 2.5
    turn = meta[k, T_TURN]
    meta[k, T_TURN] = min(turn * wild / max(turn * wild + (1.0 - turn) * calm, 1e-300), 0.98)
    gain = spreads[k] @ slope.T @ inverse
    state = means[k] + slopes[k] @ bias + gain @ difference
    slopes[k] -= gain @ by_bias
    means[k] = state - slopes[k] @ bias
    spread = spreads[k] - gain @ slope @ spreads[k]
    spreads[k] = 0.5 * (spread + spread.T)
    if meta[k, T_CONFIRMED] > 0.0 and meta[k, T_HITS] > 3.0:
        lever = bias_spread @ by_bias.T @ whole_inverse
        bias += lever @ difference
        left = bias_spread - lever @ by_bias @ bias_spread
        bias_spread[:] = 0.5 * (left + left.T)


@kernel
def begin(k: int, means: Floats, slopes: Floats, spreads: Floats, meta: Floats, sensor: Floats, report: Floats) -> None:
    """Begin a track at a report of a place, or of range and bearing."""
    means[k], slopes[k], spreads[k], meta[k] = 0.0, 0.0, 0.0, 0.0
    turned = np.zeros((2, 2))
    if report[R_KIND] == PLACE_KIND:
        means[k, 0], means[k, 2] = report[R_A], report[R_B]
        turned[0, 0] = turned[1, 1] = 1.0
    else:
        far, course = report[R_A], report[R_B]
        s, c = np.sin(course), np.cos(course)
        means[k, 0], means[k, 2] = sensor[S_X] + far * s, sensor[S_Y] + far * c
        turned[0, 0], turned[0, 1], turned[1, 0], turned[1, 1] = s, far * c, c, -far * s
    noise = np.zeros((2, 2))
    noise[0, 0], noise[1, 1] = sensor[S_A] ** 2, sensor[S_B] ** 2
    place = turned @ noise @ turned.T
    first = int(sensor[S_BIAS])
    for i in range(2):
        for j in range(2):
            spreads[k, 2 * i, 2 * j] = place[i, j]
            if first >= 0:
                slopes[k, 2 * i, first + j] = -turned[i, j]
    spreads[k, 1, 1] = spreads[k, 3, 3] = SPEED_SD**2
    meta[k, T_ID], meta[k, T_EXISTS], meta[k, T_HITS] = report[R_NUMBER], BIRTH, 1.0
    meta[k, T_TURN] = 0.1


@kernel
def pair_up(
    count: int, rank: float, reports: Floats, free: NDArray[np.bool_], means: Floats, slopes: Floats, spreads: Floats,
    meta: Floats, bias: Floats, bias_spread: Floats, sensor: Floats, chances: Floats, ratios: Floats,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:  # fmt: skip
    """Return the partner of each track of one rank; `ratios` takes how much better than clutter each pair fits."""
    seen = len(reports)
    track_of, seen_of = np.empty(count * seen, np.int64), np.empty(count * seen, np.int64)
    gains, pairs = np.empty(count * seen), 0
    for k in range(count):
        if meta[k, T_CONFIRMED] != rank or chances[k] == 0.0:
            continue
        for j in range(seen):
            if not free[j]:
                continue
            difference, _, _, _, whole = innovation(
                means[k], slopes[k], spreads[k], bias, bias_spread, sensor, reports[j]
            )
            kind = int(reports[j, R_KIND])
            if difference[0] * difference[0] > GATE[kind] * whole[0, 0]:
                continue
            inverse, determinant = invert(whole)
            far = difference @ inverse @ difference
            if far > GATE[kind]:
                continue
            scale = np.sqrt(2.0 * np.pi * whole[0, 0]) if kind == 2 else 2.0 * np.pi * np.sqrt(determinant)
            ratio = np.exp(-0.5 * far) / scale / sensor[S_CLUTTER]
            gain = np.log(max(meta[k, T_EXISTS] * chances[k] * ratio / (1.0 - chances[k]), 1e-300))
            if gain <= 0.0:
                continue
            ratios[k, j] = ratio
            track_of[pairs], seen_of[pairs], gains[pairs] = k, j, gain
            pairs += 1
    return assign(track_of, seen_of, gains, pairs, count, seen)


@kernel
def take_scan(
    reports: Floats, count: int, means: Floats, slopes: Floats, spreads: Floats, meta: Floats, bias: Floats,
    bias_spread: Floats, sensor: Floats,
) -> int:  # fmt: skip
    """Take the reports of one sensor at one time; return the number of tracks. There must be room for a track each."""
    seen = len(reports)
    free = np.ones(seen, np.bool_)
    chances = np.zeros(count)
    for k in range(count):
        state = means[k] + slopes[k] @ bias
        near = (state[0] - sensor[S_X]) ** 2 + (state[2] - sensor[S_Y]) ** 2 < sensor[S_REACH] ** 2
        chances[k] = sensor[S_DETECT] if near else 0.0
    ratios = np.zeros((count, seen))
    for rank in (1.0, 0.0):
        partner, owner = pair_up(
            count, rank, reports, free, means, slopes, spreads, meta, bias, bias_spread, sensor, chances, ratios
        )
        for k in range(count):
            if meta[k, T_CONFIRMED] != rank:
                continue
            exists, chance = meta[k, T_EXISTS], chances[k]
            if partner[k] == EMPTY:
                meta[k, T_EXISTS] = exists * (1.0 - chance) / (1.0 - exists * chance)
                continue
            lift = exists * chance * ratios[k, partner[k]]
            meta[k, T_EXISTS] = min(lift / (lift + 1.0 - exists), 0.9999)
            correct(k, means, slopes, spreads, meta, bias, bias_spread, sensor, reports[partner[k]])
            meta[k, T_HITS] += 1.0
        for k in range(count):  # only after all have been looked at, so that none is looked at twice
            if meta[k, T_CONFIRMED] == rank == 0.0 and meta[k, T_EXISTS] > CONFIRM and meta[k, T_HITS] >= 4.0:
                meta[k, T_CONFIRMED] = 1.0
        for j in range(seen):
            free[j] = free[j] and owner[j] == EMPTY
    for j in range(seen):
        if free[j] and reports[j, R_KIND] != BEARING_KIND:
            begin(count, means, slopes, spreads, meta, sensor, reports[j])
            count += 1
    return count


@kernel
def thin_out(count: int, means: Floats, slopes: Floats, spreads: Floats, meta: Floats, bias: Floats) -> int:
    """End what hardly exists and what follows an object that an older track follows already; return how many stay."""
    kept = 0
    for k in range(count):
        ends = meta[k, T_EXISTS] < FORGET
        if not ends and meta[k, T_HITS] > 2.0:
            mine = means[k] + slopes[k] @ bias
            for other in range(kept):
                if meta[other, T_HITS] < meta[k, T_HITS] or meta[other, T_CONFIRMED] < meta[k, T_CONFIRMED]:
                    continue
                apart = mine - means[other] - slopes[other] @ bias
                spread = spreads[k] + spreads[other]
                if (
                    apart[0] ** 2 + apart[2] ** 2 < min(spread[0, 0] + spread[2, 2], 6000.0)
                    and apart[1] ** 2 + apart[3] ** 2 < spread[1, 1] + spread[3, 3]
                ):
                    ends = True
                    break
        if ends:
            continue
        if kept != k:
            means[kept], slopes[kept], spreads[kept], meta[kept] = means[k], slopes[k], spreads[k], meta[k]
        kept += 1
    return kept


@kernel
def take(
    reports: Floats, count: int, now: float, means: Floats, slopes: Floats, spreads: Floats, meta: Floats,
    bias: Floats, bias_spread: Floats, first_spread: Floats, sensors: Floats,
) -> tuple[int, float, Floats, Floats, Floats, Floats]:  # fmt: skip
    """Take reports in order of time and sensor; return the number of tracks, the time, and the tracks' arrays."""
    at = 0
    while at < len(reports):
        end = at
        while (
            end < len(reports)
            and reports[end, R_TIME] == reports[at, R_TIME]
            and reports[end, R_SENSOR] == reports[at, R_SENSOR]
        ):
            end += 1
        if count + end - at > len(means):
            room = 2 * (count + end - at)
            more_means, more_slopes = np.zeros((room, 4)), np.zeros((room, 4, len(bias)))
            more_spreads, more_meta = np.zeros((room, 4, 4)), np.zeros((room, meta.shape[1]))
            more_means[:count], more_slopes[:count] = means[:count], slopes[:count]
            more_spreads[:count], more_meta[:count] = spreads[:count], meta[:count]
            means, slopes, spreads, meta = more_means, more_slopes, more_spreads, more_meta
        dt = max(reports[at, R_TIME] - now, 0.0)
        if dt > 0.0:
            move(means, slopes, spreads, meta, count, dt)
            for i in range(len(bias)):
                bias_spread[i, i] = min(bias_spread[i, i] + DRIFT * dt * first_spread[i], first_spread[i])
            now = reports[at, R_TIME]
        sensor = sensors[int(reports[at, R_SENSOR])]
        count = take_scan(reports[at:end], count, means, slopes, spreads, meta, bias, bias_spread, sensor)
        count = thin_out(count, means, slopes, spreads, meta, bias)
        at = end
    return count, now, means, slopes, spreads, meta
