"""When a track will cross a line, compiled: many possible futures of one track, and the share that crosses.

A future begins at a place and velocity drawn from what the recent history allows. Its course wanders as much as this very
object's has wandered (and as much as others' where its history is short), it may turn or stop now and then, and a turn that
it is in dies away. The draws follow from their number alone: the same history gives the same forecast.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from headwater.engines.watch.kernels import kernel

Floats = NDArray[np.float64]

(RECENT_S, WANDER, OWN_WEIGHT, TURN_KEEP_S, JUMP_RATE, JUMP_SD, STOP_RATE, SPEED_WANDER, STEP_S, OWN_LAG_S, TURN_USE,
 RESTLESS_SHARE, RESTLESS) = range(13)  # fmt: skip
DRAWS: Final = 5
"""Random numbers that one step of one future may use."""


@kernel
def uniform(state: int) -> float:
    """Return a number between 0 and 1 that follows from another number.  Source: Steele et al. 2014, SplitMix64."""
    mixed = np.uint64(state) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed = mixed ^ (mixed >> np.uint64(31))
    return (float(mixed >> np.uint64(11)) + 0.5) / 9007199254740992.0


@kernel
def normals(count: int, seed: int) -> Floats:
    """Return standard normal numbers that follow from a seed.  Source: Box and Muller 1958."""
    out = np.empty(count + 1)
    for at in range(0, count, 2):
        far = np.sqrt(-2.0 * np.log(uniform(seed * 1000003 + at)))
        turn = 2.0 * np.pi * uniform(seed * 1000003 + at + 1)
        out[at], out[at + 1] = far * np.cos(turn), far * np.sin(turn)
    return out[:count]


@kernel
def line_fit(history: Floats, begin: int, end: int) -> tuple[float, float, float, float, float]:
    """Return place and velocity at the last time of a stretch of history, and the spread of its times in s^2."""
    n = end - begin
    last = history[end - 1, 0]
    st = stt = sx = sy = stx = sty = 0.0
    for at in range(begin, end):
        t = history[at, 0] - last
        st += t
        stt += t * t
        sx += history[at, 1]
        sy += history[at, 2]
        stx += t * history[at, 1]
        sty += t * history[at, 2]
    spread = stt - st * st / n
    if spread < 1e-9:
        return sx / n, sy / n, 0.0, 0.0, 0.0
    vx, vy = (stx - st * sx / n) / spread, (sty - st * sy / n) / spread
    return (sx - vx * st) / n, (sy - vy * st) / n, vx, vy, spread


@kernel
def own_wander(history: Floats, lag_s: float, sigma: float) -> tuple[float, int]:
    """Return the mean squared change of course over a lag, noise taken off, and how many changes it rests on."""
    n = len(history)
    total, count = 0.0, 0
    first = history[0, 0]
    last_course, last_at = 0.0, -1.0
    previous = 0
    next_t = first + lag_s
    for at in range(1, n):
        if history[at, 0] < next_t:
            continue
        dx, dy = history[at, 1] - history[previous, 1], history[at, 2] - history[previous, 2]
        far = np.sqrt(dx * dx + dy * dy)
        span = history[at, 0] - history[previous, 0]
        if far > 6.0 * sigma and span < 3.0 * lag_s:
            course = np.arctan2(dy, dx)
            if last_at >= 0.0:
                change = (course - last_course + np.pi) % (2.0 * np.pi) - np.pi
                total += max(change * change - 4.0 * (sigma / far) ** 2, 0.0) * lag_s / span
                count += 1
            last_course, last_at = course, history[at, 0]
        else:
            last_at = -1.0
        previous = at
        next_t = history[at, 0] + lag_s
    return (total / count if count else 0.0), count


@kernel
def meets(ax: float, ay: float, bx: float, by: float, line: Floats) -> float:
    """Return the share of the way from a to b at which it first meets a polyline; 2 where it does not."""
    best = 2.0
    rx, ry = bx - ax, by - ay
    for k in range(len(line) - 1):
        px, py = line[k, 0] - ax, line[k, 1] - ay
        sx, sy = line[k + 1, 0] - line[k, 0], line[k + 1, 1] - line[k, 1]
        across = rx * sy - ry * sx
        if across == 0.0:
            continue
        u = (px * sy - py * sx) / across
        v = (px * ry - py * rx) / across
        if 0.0 <= u <= 1.0 and 0.0 <= v <= 1.0 and u < best:
            best = u
    return best


@kernel
def futures(history: Floats, line: Floats, horizon_s: float, sigma: float, told: Floats, draws: Floats) -> Floats:
    """Return the time at which each future first crosses the line, s from the last report; inf where it does not.

    Shape: (n, 3), (k, 2), draws (futures, steps, 5) -> (futures,).
    """
    n = len(history)
    begin = n - 1
    while begin > 0 and history[n - 1, 0] - history[begin - 1, 0] <= told[RECENT_S]:
        begin -= 1
    begin = max(min(begin, n - 3), 0)
    x0, y0, vx, vy, spread = line_fit(history, begin, n)
    speed_sd = np.sqrt(sigma * sigma / spread) if spread > 0.0 else 5.0
    half = (begin + n) // 2
    turn = 0.0
    if half - begin >= 2 and n - half >= 2:
        _, _, ux, uy, su = line_fit(history, begin, half)
        _, _, wx, wy, sw = line_fit(history, half, n)
        speed2 = vx * vx + vy * vy
        noise = sigma * sigma * (1.0 / max(su, 1e-9) + 1.0 / max(sw, 1e-9))
        if speed2 > 0.25:
            change = (np.arctan2(wy, wx) - np.arctan2(uy, ux) + np.pi) % (2.0 * np.pi) - np.pi
            span = (history[n - 1, 0] - history[begin, 0]) / 2.0
            sure = change * change / (change * change + noise / speed2)
            turn = told[TURN_USE] * change * sure / max(span, 1.0)
            turn = min(max(turn, -0.05), 0.05)
            # The line through a bend points to its middle; the latest half tells where it goes now.
            vx, vy = vx + sure * (wx - vx), vy + sure * (wy - vy)
            x0, y0, _, _, _ = line_fit(history, half if sure > 0.5 else begin, n)
    own, count = own_wander(history, told[OWN_LAG_S], sigma)
    weight = told[OWN_WEIGHT]
    wander2 = (weight * told[WANDER] ** 2 + count * own / told[OWN_LAG_S]) / (weight + count)
    out = np.full(len(draws), np.inf)
    steps = draws.shape[1] - 1
    dt = horizon_s / steps
    root = np.sqrt(dt)
    keep = np.exp(-dt / told[TURN_KEEP_S])
    step_wander = np.sqrt(wander2) * root
    for k in range(len(draws)):
        d = draws[k, 0]
        x, y = x0 + 0.5 * sigma * d[0], y0 + 0.5 * sigma * d[1]
        fx, fy = vx + speed_sd * d[2], vy + speed_sd * d[3]
        speed, course, bend = np.sqrt(fx * fx + fy * fy), np.arctan2(fy, fx), turn
        loose = step_wander * (told[RESTLESS] if k % 100 < 100.0 * told[RESTLESS_SHARE] else 1.0)
        for s in range(steps):
            d = draws[k, s + 1]
            course += bend * dt + loose * d[0]
            bend *= keep
            speed *= np.exp(told[SPEED_WANDER] * root * d[1])
            if abs(d[2]) < told[JUMP_RATE] * dt * 1.2533:  # the density of a normal number at 0 is 1 / sqrt(2 pi)
                course += told[JUMP_SD] * d[3]
            if abs(d[4]) < told[STOP_RATE] * dt * 1.2533:
                speed *= 0.1
            nx, ny = x + speed * np.cos(course) * dt, y + speed * np.sin(course) * dt
            share = meets(x, y, nx, ny, line)
            if share <= 1.0:
                out[k] = (s + share) * dt
                break
            x, y = nx, ny
    return out
