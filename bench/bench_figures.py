"""Measure figures on the developers' data: forecasts beside their peers, breaks, disclosure, as-of answers, speed.

    python bench/bench_figures.py [--data ../shared/data/figures] [--without-peers]

The members, weights and intervals of the forecast were chosen on months that are not reported here (docs/adr/0016, 0037):
routes to 2021-12, small boats to 2022-12, returns to 2016, and NRM referrals, which are not reported at all. Peers run in an
environment of their own, `.peers/figures`, made when it is not there; one that cannot be had is named. Where the data is
absent it measures made-up routes alone. The last line is the document that bench/run.py reads.
"""

import argparse
import csv
import json
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from headwater.engines.figures import (
    Backtest,
    Panel,
    Table,
    backtest,
    exposed,
    forecast,
    online_breaks,
    panel_of,
    publish,
)
from headwater.engines.figures.book import Book
from headwater.engines.figures.publish import Method
from headwater.engines.figures.score import interval_score
from headwater.exercise.editions import editions
from headwater.formats.figures import FigureInput, reader
from headwater.model.period import parse_period
from tools.peers import PeerError, environment

ROOT = Path(__file__).resolve().parents[1]
TODAY = date(2025, 12, 31)
LEVELS = [50, 80, 95]
PEER_PINS = ("statsforecast==2.1.1", "prophet==1.3.0", "lightgbm==4.6.0", "pandas<3")
ON_COUNTS = "seasonal naive on counts"
"""The peer against whose interval score the design sets others: with it, Theta scores .512 and ETS .500 on the routes."""
THE_FOUR = "mean of the four"
NAMED = (
    ("western-balkan", "2015-07", True),
    ("western-balkan", "2016-03", False),
    ("western-balkan", "2023-11", False),
    ("eastern-borders", "2021-06", True),
    ("eastern-mediterranean", "2016-04", False),
    ("eastern-mediterranean", "2020-03", False),
)
RESULTS: list[dict[str, Any]] = []


def result(name: str, value: float, what: str, **goal: float) -> None:
    """Print one figure and keep it for the table."""
    print(f"{name}: {value:.4g}  {goal or ''}  {what}", flush=True)
    RESULTS.append({"name": name, "ratio": round(value, 4), **goal, "what": what})


def wide(path: Path, drop: Sequence[str] = ()) -> Panel:
    """A wide file as a panel, without some series."""
    made = panel_of(reader("csv-wide").read(FigureInput(path.name, path.read_bytes(), TODAY)).editions[0])
    kept = [at for at, name in enumerate(made.names) if not any(part in name for part in drop)]
    return Panel(made.periods, tuple(made.names[at] for at in kept), tuple(made.counts[at] for at in kept))


def returns_panel(path: Path) -> Panel:
    """The three groups of returns and their total."""
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    groups = ("enforced", "voluntary", "refused_at_port")
    counts = [tuple(int(row[name]) for row in rows) for name in groups]
    periods = tuple(parse_period(f"{row['year']}Q{row['quarter']}") for row in rows)
    return Panel(periods, (*groups, "total"), (*counts, tuple(map(sum, zip(*counts, strict=True)))))


def peer_python() -> Path | None:
    """The Python of the peers' own environment, None where it cannot be made."""
    try:
        return environment("figures", PEER_PINS)
    except PeerError as error:
        print(f"the peers are left out: {error}", file=sys.stderr)
        return None


def peers(panel: Panel, first: int, last: int, horizon: int, season: int, python: Path | None) -> dict[str, Any]:
    """The forecasts of every peer from a range of origins, in counts."""
    if python is None:
        print("peers: their environment cannot be made here", flush=True)
        return {}
    asked = {
        "season": season,
        "horizon": horizon,
        "series": panel.counts,
        "origins": list(range(first + 1, last + 2)),
        "few": list(range(max(first, last - 11) + 1, last + 2)),
        "levels": LEVELS,
        "first": panel.periods[0].start.isoformat(),
    }
    done = subprocess.run(
        [str(python), str(ROOT / "bench" / "figures_peers.py")],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"peers: {done.stderr.strip().splitlines()[-1:]}", flush=True)
        return {}
    found: dict[str, Any] = json.loads(done.stdout)
    print(f"peers: {', '.join(found) or 'none is installed'}", flush=True)
    return found


def peer_scores(panel: Panel, rows: Sequence[dict[str, Any]], season: int) -> tuple[float, float | None, list[float]]:
    """The rMAE, the share of 80 % intervals that held, and the interval score of each series of one peer."""
    ratios, held, scores = [], [], []
    for counts, made in zip(panel.counts, rows, strict=True):
        errors, naive, score = [], [], []
        for origin, row in made.items():
            for ahead, point in enumerate(row["point"]):
                place = int(origin) + ahead
                if place >= len(counts):
                    continue
                came = counts[place]
                assert came is not None
                plain = max(0.0, math.expm1(point))
                errors.append(abs(came - plain))
                naive.append(abs(came - (counts[place - season * (ahead // season + 1)] or 0)))
                ends = [
                    [max(0.0, math.expm1(row[f"{end}{level}"][ahead])) for end in ("lo", "hi")]
                    for level in LEVELS
                    if f"lo{level}" in row
                ]
                if len(ends) == len(LEVELS):
                    score.append(interval_score(came, plain, [(low, high) for low, high in ends], LEVELS))
                if "lo80" in row:
                    low, high = (max(0.0, math.expm1(row[f"{end}80"][ahead])) for end in ("lo", "hi"))
                    held.append(low <= came <= high)
        ratios.append(sum(errors) / sum(naive))
        scores.append(sum(score) / len(score) if score else 0.0)
    return math.exp(sum(map(math.log, ratios)) / len(ratios)), sum(held) / len(held) if held else None, scores


def geometric(values: Sequence[float]) -> float:
    """The geometric mean."""
    return math.exp(sum(map(math.log, values)) / len(values))


def beaten(panel: Panel, begin: int, end: int, horizon: int, made: Backtest) -> int:
    """How many series have smaller errors than last year's value and than the last value, on the same origins."""
    found = 0
    for counts, one in zip(panel.counts, made.scores.series, strict=True):
        errors = [
            abs((counts[origin + ahead] or 0) - (counts[origin] or 0))
            for origin in range(begin, end + 1)
            for ahead in range(1, horizon + 1)
            if origin + ahead < len(counts)
        ]
        found += one.rmae < 1 and one.mae < sum(errors) / len(errors)
    return found


def forecasts(
    name: str, panel: Panel, first: str, last: str, goals: dict[str, dict[str, float]], python: Path | None
) -> None:
    """Measure the forecasts of one panel, with its peers beside it."""
    season, horizon = (4, 4) if "Q" in first else (12, 6)
    begin, end = (panel.periods.index(parse_period(text)) for text in (first, last))
    begun = time.process_time()
    made = backtest(panel, parse_period(first), parse_period(last), horizon, season)
    spent = time.process_time() - begun
    assert made.scores.rmae is not None
    span = f"origins {first} to {last}, {horizon} ahead"
    result(f"{name} rMAE", made.scores.rmae, f"error / seasonal naive; {span}", **goals.get("rmae", {}))
    beats = beaten(panel, begin, end, horizon, made)
    if "beats" in goals:
        result(f"{name} better than both naive rules", beats, "series, last year's and last value", **goals["beats"])
    print(
        f"  {beats} of {len(made.scores.series)} series better than seasonal naive and than the last value; "
        + ", ".join(f"{one.series} {one.rmae:.3f}" for one in made.scores.series)
    )
    covered = dict(zip(LEVELS, made.scores.covered, strict=True))
    print("  cover " + ", ".join(f"{level} %: {share:.3f}" for level, share in covered.items()))
    low, high = goals.get("cover", {}).get("at_least"), goals.get("cover", {}).get("at_most")
    result(f"{name} cover 80", covered[80], "share of 80 % intervals that held", **({"at_least": low} if low else {}))
    if high:
        result(f"{name} cover 80, not too wide", covered[80], "the same from above", at_most=high)
    found = peers(panel, begin, end, horizon, season, python)
    scored = {peer: peer_scores(panel, told["rows"], season) for peer, told in found.items()}
    for peer, (ratio, share, _) in scored.items():
        few = " on the last 12 origins" if peer == "Prophet" else ""
        print(
            f"  {peer}: rMAE {ratio:.3f}, cover 80 {share if share is None else round(share, 3)}, {found[peer]['cpu_s']:.1f} CPU s{few}; ours {spent:.2f} CPU s"
        )
        if "seasonal naive" not in peer:
            mine = made.scores.rmae
            if peer == "Prophet":
                at = max(begin, end - 11)
                mine = backtest(panel, panel.periods[at], panel.periods[end], horizon, season).scores.rmae or 0.0
            goal = {} if peer == "LightGBM" else {"at_most": 1.03 if peer == THE_FOUR else 1.0}
            result(f"{name} rMAE / {peer}", mine / ratio, f"same origins{few}", **goal)
    if "seasonal naive" in scored:
        told = {peer: scored[peer][2] for peer in ("Theta", "ETS")} | {"ours": [one.wis for one in made.scores.series]}
        for peer, scores in told.items():
            by_counts, by_logs = (
                geometric([mine / base for mine, base in zip(scores, scored[base_name][2], strict=True)])
                for base_name in (ON_COUNTS, "seasonal naive")
            )
            print(
                f"  {peer}: WIS / seasonal naive {by_counts:.3f}; beside one with intervals made in logs {by_logs:.3f}"
            )
            if peer == "ours":
                what = "geometric mean over series; the naive's own intervals, on counts"
                result(f"{name} WIS / seasonal naive", by_counts, what, **goals.get("wis", {}))


def breaks(panel: Panel) -> None:
    """Measure the online search for breaks on the routes."""
    found = online_breaks(panel, 12)
    met = 0
    for route, text, up in NAMED:
        begin = panel.periods.index(parse_period(text))
        seen = [
            one
            for one in found
            if route in one.series and one.up == up and 0 <= panel.periods.index(one.seen_at) - begin <= 2
        ]
        met += bool(seen)
        print(f"  {route} {text}: {'seen at ' + str(seen[0].seen_at) if seen else 'not seen within 3 observations'}")
    result("named breaks online", met, "of 6, seen within 3 observations", at_least=5)
    months = len(panel.names) * (len(panel.periods) - 24)
    result("months a route between alarms", months / max(1, len(found)), "routes, online", at_least=18)


def made_up_shifts(count: int = 120) -> None:
    """Measure recall and false alarms on made-up series with one shift by 1.8 to 4 each."""
    draw = random.Random("shifts/1")
    met = false = months = 0
    months_all, first = 120, 2014
    periods = tuple(parse_period(f"{first + at // 12}-{at % 12 + 1:02d}") for at in range(months_all))
    for _ in range(count):
        level, swing, peak = draw.uniform(5, 9), draw.uniform(0.1, 0.8), draw.uniform(0, 12)
        noise, hold, drift = draw.uniform(0.12, 0.35), draw.uniform(0, 0.6), 0.0
        shift, at, sign = math.log(draw.uniform(1.8, 4)), draw.randrange(48, 108), draw.choice((-1, 1))
        values = []
        for month in range(months_all):
            drift = hold * drift + draw.gauss(0, noise) * math.sqrt(1 - hold**2)
            log = level + swing * math.cos(2 * math.pi * (month - peak) / 12) + drift + sign * shift * (month >= at)
            values.append(max(0, round(draw.gauss(math.exp(log), math.exp(log / 2)))))
        found = [
            (periods.index(one.seen_at), one.up)
            for one in online_breaks(Panel(periods, ("made-up",), (tuple(values),)), 12)
        ]
        met += any(at <= seen <= at + 3 and up == (sign > 0) for seen, up in found)
        false += sum(not at <= seen <= at + 6 for seen, _ in found)
        months += months_all - 24
    result("made-up shifts recall", met / count, "x 1.8 to 4, seen within 4 observations", at_least=0.70)
    result("made-up shifts, months a false alarm", months / max(1, false), "same series", at_least=60)


def disclosure(path: Path) -> None:
    """Attack both forms of the small-cell table, and others of the same kind made up."""
    rows = list(csv.reader(path.open(encoding="utf-8")))
    table = Table(
        rows[0][0],
        tuple(row[0] for row in rows[1:]),
        tuple(rows[0][1:]),
        tuple(tuple(map(int, row[1:])) for row in rows[1:]),
    )
    draw = random.Random("tables/1")
    named = [("NRM small-boat table", table), *((f"made-up table {at}", made_up_table(draw)) for at in range(1, 6))]
    narrowed = 0
    for method in Method:
        losses = []
        for name, one in named:
            begun = time.process_time()
            made = publish(one, method)
            spent = time.process_time() - begun
            narrowed += len(exposed(made.table.with_margins(), made.cells, made.base, 5))
            losses.append(made.loss)
            print(
                f"  {method}, {name}: loss {made.loss:.3f}, {made.hidden} hidden, {len(made.merged)} merged, {spent:.2f} CPU s"
            )
        result(f"loss, {method}", losses[0], "share of counts, NRM small-boat table", at_most=0.10)
        result(f"loss, {method}, made-up", max(losses[1:]), "the worst of five tables of its kind", at_most=0.10)
    result("small cells narrowed", narrowed, "all published forms attacked", at_most=0)


def made_up_table(draw: random.Random) -> Table:
    """A made-up table of nationalities and quarters: a few large rows, and many of a handful."""
    quarters = [math.exp(draw.gauss(0, 0.6)) for _ in range(10)]
    counts = []
    for at in range(47):
        whole = 2_000 * math.exp(draw.gauss(0, 0.3)) / (at + 1) ** 1.5
        shares = [quarter * draw.gammavariate(1, 1) for quarter in quarters]
        counts.append(tuple(round(draw.gammavariate(whole * one / sum(shares) + 0.05, 1)) for one in shares))
    return Table("nationality", tuple(f"{at}" for at in range(47)), tuple(f"Q{at}" for at in range(10)), tuple(counts))


def as_of(folder: Path) -> None:
    """Ask what was known on 200 days, and compare with the vintages themselves."""
    rows = list(
        csv.DictReader((folder / "uk-returns" / "uk_returns_vintages_2023-03_2024-02.csv").open(encoding="utf-8"))
    )
    slugs = {"Enforced return": "enforced", "Voluntary return": "voluntary"}
    lines = ["series,period,value,seen_on"]
    kept = [
        (
            f"uk-returns.{slugs.get(row['group'], 'refused-at-port')}",
            f"{row['year']}Q{row['quarter']}",
            int(row["returns"]),
            row["seen_on"],
        )
        for row in rows
    ]
    lines += [",".join(map(str, row)) for row in kept]
    read = reader("csv-long").read(FigureInput("vintages.csv", "\n".join(lines).encode(), TODAY))
    book, draw, right = Book(read.editions), random.Random("as-of/1"), 0
    for _ in range(200):
        series, period, _, _ = draw.choice(kept)
        day = date.fromordinal(draw.randrange(date(2023, 1, 1).toordinal(), date(2024, 6, 1).toordinal()))
        seen = [
            (seen_on, value)
            for name, quarter, value, seen_on in kept
            if (name, quarter) == (series, period) and seen_on <= day.isoformat()
        ]
        total = book.total(series, parse_period(period), day)
        right += (total.value if total else None) == (max(seen)[1] if seen else None)
    result("as-of answers right", right / 200, "of 200, returns vintages", at_least=1.0)


def speed(panel: Panel) -> None:
    """CPU seconds of one forecast of eight series, six ahead, with intervals and back-test."""
    best = min(_timed(panel) for _ in range(3))
    result("forecast of 8 series, CPU s", best, "6 ahead with intervals and back-test, after import", at_most=3.0)


def _timed(panel: Panel) -> float:
    begun = time.process_time()
    forecast(panel, 6, 12)
    return time.process_time() - begun


def made_up_routes() -> Panel:
    """The routes of the exercise."""
    made = next(one for one in editions(1) if one.format == "csv-wide")
    return panel_of(reader("csv-wide").read(FigureInput(made.name, made.data, TODAY)).editions[0])


def main() -> int:
    """Measure, and print each figure and at the end all of them."""
    parser = argparse.ArgumentParser(description="Measure figures on the developers' data.")
    beside = os.environ.get("HEADWATER_SHARED", str(ROOT.parent / "shared"))
    parser.add_argument("--data", type=Path, default=Path(beside) / "data" / "figures")
    parser.add_argument("--without-peers", action="store_true")
    given = parser.parse_args()
    if not given.data.is_dir():
        print(f"no data at {given.data}: only made-up series are measured", flush=True)
        speed(made_up_routes())
        made_up_shifts()
    else:
        measure(given.data, None if given.without_peers else peer_python())
    print(json.dumps({"results": RESULTS}))
    return 0


def measure(data: Path, python: Path | None) -> None:
    """Measure everything on the developers' data."""
    private = data / "frontex-private" / "frontex_ibc_monthly_by_route_2009-01_2025-06.csv"
    if private.exists():
        routes = wide(private, ("black-sea", "other"))
        goals = {"rmae": {"at_most": 0.70}, "cover": {"at_least": 0.75, "at_most": 0.88}, "wis": {"at_most": 0.40}}
        goals["beats"] = {"at_least": 7}
        forecasts("routes", routes, "2022-01", "2024-12", goals, python)
        breaks(routes)
        speed(routes)
    else:
        print("routes: the private file is not here, so their rows are not measured", flush=True)
        speed(made_up_routes())
    boats = wide(data / "uk-small-boats" / "uk_small_boats_monthly_2018-01_2025-06.csv")
    forecasts("small boats", boats, "2023-01", "2024-12", {"rmae": {"at_most": 0.75}}, python)
    groups = returns_panel(data / "uk-returns" / "uk_returns_quarterly_by_group_2004Q1_2023Q4.csv")
    forecasts("returns", groups, "2017Q1", "2022Q4", {"rmae": {"at_most": 0.73}, "cover": {"at_least": 0.65}}, python)
    made_up_shifts()
    disclosure(data / "uk-nrm" / "uk_nrm_small_boat_referrals_nationality_by_quarter_2021Q1_on.csv")
    as_of(data)


if __name__ == "__main__":
    sys.exit(main())
