"""Writes what each engine answers to a small frozen world, engines/*.json.  python -m tests.vectors.make_engines

These are no proofs that an answer is right: other tests hold that. They hold that no number of an answer changes without
anybody's knowing. Whoever changes a weight, a rule or a generator on purpose writes them anew and reads the difference.
"""

import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).parent / "engines"
MADE_BY: Final = "python -m tests.vectors.make_engines"


def number(value: Any, digits: int = 9) -> float:
    """A number to so many digits: what another processor adds up in another order stays the same."""
    return float(f"{float(value):.{digits}g}")


def pairs() -> list[Any]:
    """Log-odds and classes of pairs of made-up things: every class of date, trait and number, names in several scripts."""
    from headwater.engines.match.pairs import compare_pair

    plain: dict[str, list[str]] = {
        "name": ["Živorad Testerović"], "birthDate": ["1975-03-14"], "nationality": ["rs"], "gender": ["male"],
        "passportNumber": ["ZZ0123456"],
    }  # fmt: skip
    changes: list[dict[str, list[str]]] = [
        *({"name": [name]} for name in (
            "Живорад Тестеровић", "Zivorad Testerovic", "Testerović Živorad", "Ž. Testerović", "Živorad Petar Testerović",
            "Zhivorad Testeroviq", "Živorad", "Milan Izmišljenović", "ﺯﻳﻮﺭﺍﺩ", "Zivoradtesterovic", "Zivarod Tasterovic",
        )),
        {"name": [], "weakAlias": ["Živorad Testerović"]},
        {"name": [], "firstName": ["Živorad"], "lastName": ["Testerović"]},
        *({"birthDate": [day]} for day in (
            "1975-03-14", "1975-03", "1975", "1975-14-03", "1975-03-41", "1957-03-14", "1975-03-15", "1975-08-29",
            "1976-03-14", "1978", "1990-03-14", "1985-03-14", "1931-12-30", "1975-01-01", "1975-04-13",
        )),
        {"nationality": ["xk"]}, {"nationality": []}, {"nationality": ["xk", "rs"]}, {"gender": ["female"]},
        {"gender": ["F"]}, {"gender": []}, {"passportNumber": ["ZZO123456"]}, {"passportNumber": ["ZZ9999999"]},
        {"passportNumber": []}, {"name": ["Milan Izmišljenović"], "passportNumber": ["ZZ0123456"]},
        {"birthDate": [], "nationality": [], "gender": [], "passportNumber": []},
    ]  # fmt: skip
    firms = [
        ("Exemplar Shipping and Trading LLC", "Exemplar Shipping & Trading Ltd"),
        ("Exemplar Shipping and Trading LLC", "Exemplar Trading"),
        ("ИЗМИШЉЕНОВИЋ ШПЕДИЦИЈА ДОО", "Izmišljenović Špedicija d.o.o."),
        ("Nonesuch Haulage Ltd", "Nonesuch Hauliers Ltd"),
    ]
    told = [("Person", plain, {**plain, **change}, change) for change in changes]
    told += [("Company", {"name": [a]}, {"name": [b]}, {"name": [a, b]}) for a, b in firms]
    rows = []
    for kind, left, right, change in told:
        one = compare_pair(kind, left, right)
        rows.append(
            {
                "changed": change,
                "log_odds": number(one.log_odds),
                "score": number(one.score),
                "date": one.date.kind if one.date else None,
                "number": one.number.kind if one.number else None,
                "countries": one.countries.same if one.countries else None,
                "genders": one.genders.same if one.genders else None,
            }
        )
    return rows


def screening() -> list[Any]:
    """Hits of queries made of a generated list: the readable score for few, compiled code for many; both say the same."""
    from headwater.engines.match import screen
    from headwater.exercise.list_files import list_files
    from headwater.exercise.lists import make_list
    from headwater.formats.registry import source
    from headwater.model.ids import AuthorityId
    from headwater.model.record import Record
    from headwater.ports import SourceInput
    from headwater.testing.memory_view import MemoryView

    listed = make_list(60, 5)
    ((name, data),) = list_files("uk-csv", listed).items()
    found = source("uk").read(SourceInput(name, data, lambda _: None, AuthorityId("UK-FCDO")))
    view = MemoryView([one for one in found if isinstance(one, Record)])
    queries = []
    for one in listed:
        words = one.name.split()
        queries += [
            {"id": f"{one.number}a", "name": one.name, "birth_date": one.born},
            {"id": f"{one.number}b", "name": " ".join(reversed(words)), "nationality": one.nationality},
            {"id": f"{one.number}c", "name": one.native or one.name.upper(), "gender": one.gender},
            {
                "id": f"{one.number}d",
                "name": " ".join([words[0][:-1] or words[0], *words[1:]]),
                "id_number": one.passport,
            },
        ]
    queries = [{name: value for name, value in query.items() if value} for query in queries]
    answer = screen(view, {"queries": queries, "lists": ["uk-csv"], "min_score": 0.5, "as_of": "2026-03-02T00:00:00Z"})
    return [
        {
            "query": hit.query,
            "entry": hit.entry,
            "kind": hit.finding.kind,
            "score": number(hit.finding.score, 7),
            "reasons": [[reason.code, number(reason.weight, 7)] for reason in hit.finding.reasons],
            "evidence": len(hit.finding.evidence),
            "row": hit.row,
        }
        for hit in answer.hits
    ]


def linking() -> list[Any]:
    """What the records of three made-up states are linked by."""
    from headwater.engines.match.link import LinkEngine
    from headwater.testing.memory_view import MemoryView
    from tests.link_world import organiser, things

    found = LinkEngine().run(MemoryView((*organiser(), *things())), {})
    return [
        {
            "kind": one.kind,
            "subjects": list(one.subjects),
            "score": number(one.score, 7),
            "reasons": [[reason.code, number(reason.weight, 7)] for reason in one.reasons],
        }
        for one in found
    ]


def trace() -> list[Any]:
    """Every claim of a generated year with its networks and honest look-alikes."""
    from headwater.exercise.money.make import make
    from headwater.node.trace import Asked, in_files

    with tempfile.TemporaryDirectory() as name:
        make(2_000, 12_000, 17, 11, Path(name))
        files = [str(path) for path in sorted(Path(name).glob("*.csv")) if path.stem != "truth"]
        result = in_files(Asked(), files, "test").result
    return [
        [
            claim.typology.name,
            list(claim.finding.subjects)[:3],
            claim.finding.score,
            claim.amount,
            claim.unit,
            claim.from_country,
            claim.to_country,
            claim.first,
            claim.last,
            len(claim.rows),
            claim.patterns,
            sorted(claim.signs),
            list(asdict(claim.profile).values()) if claim.profile else None,
        ]
        for claim in (*result.claims, *result.protecting)
    ]


def watch() -> dict[str, Any]:
    """Alerts and notices of the invented night at the river, and what each tracker makes of invented objects."""
    import numpy as np

    from headwater.engines.watch import (
        BoxTracker,
        FusionTracker,
        PointTracker,
        draft_notice,
        leeway_drift,
        mine,
        read_setting,
    )
    from headwater.engines.watch.drift import PERSON_IN_WATER, DriftCase
    from headwater.engines.watch.routes import RouteOptions
    from headwater.model.detections import Origin
    from tests.watch_world import alerts_of, night

    setting = read_setting(night().context)
    alerts = [
        {
            "at": number(one.t_s), "lane": one.lane, "kind": one.kind, "place": [number(one.x, 6), number(one.y, 6)],
            "motion": [number(one.vx, 5), number(one.vy, 5)], "score": number(one.score, 6),
            "parts": [[part.name, part.points] for part in one.parts], "rests_on": len(one.evidence),
            "crossing": [number(value, 5) for value in one.crossing] if one.crossing else None,
            "notice": draft_notice(one, setting).text.splitlines(),
        }
        for one in alerts_of(night().detections)
    ]  # fmt: skip
    draw = np.random.default_rng(3)
    place, speed = draw.uniform(0, 6_000, (6, 2)), draw.uniform(-12, 12, (6, 2))
    points, boxes = PointTracker(), BoxTracker(frame_rate=10.0)
    sensors = {
        "radar": {"x": 0.0, "y": -2000.0, "sigma": (25.0, 0.012), "detect": 0.9, "clutter": 4, "reach": 14000.0},
        "camera": {"x": 500.0, "y": -2000.0, "sigma": (0.004,), "detect": 0.9, "clutter": 2, "reach": 14000.0},
        "grid": {"x": 0.0, "y": 0.0, "sigma": (30.0, 30.0), "detect": 0.8, "clutter": 3, "reach": 1e9},
    }
    fused, seen, framed = FusionTracker(sensors), np.zeros((0, 6)), np.zeros((0, 5))
    for step in range(30):
        at = place + 5.0 * step * speed
        noisy = at + draw.normal(0, 20, at.shape)
        seen = points.step(5.0 * step, noisy[draw.random(6) < 0.9])
        corner = at / 10.0 + 300.0
        framed = boxes.update(np.hstack([corner, corner + np.array([40.0, 90.0]), np.full((6, 1), 0.9)]))
        for x, y in noisy:
            far, course = float(np.hypot(x, y + 2000.0)), float(np.arctan2(y + 2000.0, x))
            fused.add(5.0 * step, 5.0 * step, "radar", "rb", far + 40.0, course)
            if step % 3 == 0:
                fused.add(5.0 * step, 5.0 * step, "grid", "xy", float(x), float(y))
                fused.add(5.0 * step, 5.0 * step, "camera", "b", float(np.arctan2(y + 2000.0, x - 500.0)))
    drifted = leeway_drift(
        DriftCase(
            coefficients=PERSON_IN_WATER, lon=14.0, lat=43.0, wind_e_ms=(4.0, 6.0, -2.0), wind_n_ms=(3.0, 0.0, 5.0),
            current_e_ms=(0.1,), current_n_ms=(0.05, -0.1), hours=6.0, particles=200, seed=4,
        )
    )  # fmt: skip
    rows = np.array(
        [(track, 10.0 * k, 40.0 * k, 3.0 * track) for track in range(6) for k in range(100)]
        + [(track, 1000.0 + 10.0 * k, 4000.0, 3.0 * track) for track in range(6) for k in range(60)]
        + [(track + 10, 90_000.0 + 20.0 * k, 30.0 * k, 3.0 * track) for track in range(40) for k in range(40)]
    )
    routes = mine(
        rows[:, 0].astype(np.int64), rows[:, 1].copy(), rows[:, 2].copy(), rows[:, 3].copy(), Origin(44.0, 19.0),
        RouteOptions(base_until_s=80_000.0),
    )  # fmt: skip
    return {
        "alerts": alerts,
        "points": [[number(value, 6) for value in row] for row in seen.tolist()],
        "shared": {
            str(name): [[number(value, 5) for value in line] for line in track.covariance]
            for name, track in points.shared().items()
        },
        "boxes": [[number(value, 6) for value in row] for row in framed.tolist()],
        "fused": [[number(value, 6) for value in row] for row in fused.tracks(150.0).tolist()],
        "biases": {name: [number(value, 4) for value in told] for name, told in fused.biases().items()},
        "drift": [[number(value, 8) for value in row] for row in drifted[:20].tolist()],
        "routes": [list(routes.stops), list(routes.corridors), list(routes.links), list(routes.changes)],
    }


def scan() -> dict[str, Any]:
    """What a wedge of known steps is taken for, and what known layers let through."""
    import numpy as np

    from headwater.engines.scan.attenuation import ln_transmission, mass_attenuation
    from headwater.engines.scan.cells import cells
    from headwater.engines.scan.material import computed, materials
    from headwater.engines.scan.normalise import normalise
    from headwater.engines.scan.spectra import SYSTEMS, system
    from tests.scan_world import wedge

    image, truth = wedge()
    seen = normalise(image)
    found = materials(seen, computed("mv3.5_6"))
    grid = cells(seen, computed("mv3.5_6"), 5.0, 5.0)
    steps = []
    for material, areal, column in truth:
        part = np.s_[70:90, column - 10 : column + 10]
        steps.append(
            [material, areal, *(number(np.nanmedian(one[part]), 4) for one in (found.areal, found.index, found.sigma))]
        )
    return {
        "attenuation": [
            [formula, [number(one, 7) for one in mass_attenuation(formula, [0.01, 0.08, 0.0881, 0.5, 1.5, 6.0])]]
            for formula in ("C6H10O5", "C17H21NO4", "Fe", "Pb", "H2O")
        ],
        "through": [
            [name, [number(ln_transmission(one.energy_mev, one.weight, [("Fe", 30.0), ("C6H10O5", 20.0)]), 7) for one in (system(name).low, system(name).high)]]
            for name in sorted(SYSTEMS)
        ],
        "steps": steps,
        "noise": [number(one, 3) for one in seen.noise],
        "cells": [number(np.nanmean(grid.areal), 4), int(grid.blocked.sum())],
    }  # fmt: skip


def figures() -> dict[str, Any]:
    """Forecast, breaks, shifts and published tables of made-up routes, and the verdicts on sentences about them."""
    from random import Random

    from headwater.engines.figures import (
        Method,
        Panel,
        Table,
        backtest,
        forecast,
        online_breaks,
        past_breaks,
        publish,
        shifts,
    )
    from headwater.engines.figures.judge import weigh
    from headwater.engines.figures.says import says
    from headwater.engines.figures.sentence import take_apart
    from tests.figures_world import book, routes

    panel = routes(3, 8, seed=3)
    halves = [tuple(round((value or 0) * (0.3 if at >= 60 else 1.0)) for at, value in enumerate(panel.counts[0]))]
    halves.append(tuple(round((value or 0) * (3.0 if at >= 61 else 1.0)) for at, value in enumerate(panel.counts[1])))
    moved = Panel(panel.periods, panel.names, (*halves, panel.counts[2]))
    draw = Random("published")
    counts = tuple(
        tuple(0 if draw.random() < 0.25 else int(draw.expovariate(1 / 30)) for _ in range(6)) for _ in range(12)
    )
    table = Table(
        "nationality", tuple(f"Country {at}" for at in range(12)), tuple(f"2024Q{at}" for at in range(6)), counts
    )
    ahead = forecast(panel, 6, 12)
    tested = backtest(panel, panel.periods[80], panel.periods[84], 6, 12)
    held, today = book(), date(2025, 4, 1)
    judged = []
    for text in (
        "24,000 people removed between 5 July 2024 and 22 March 2025", "We returned 24,100 people since 5 July 2024",
        "nearly 22,000 people on the Western Balkans route in 2024", "6,300 people were removed since 5 July 2024",
        "13,600 returns in the third quarter of 2024", "36,816 people crossed the Channel in small boats in 2024",
    ):  # fmt: skip
        claim, one = weigh(held, take_apart(text, held, today), None)
        judged.append([text, one.verdict, one.computed, says(held, claim, one, None)])
    found = past_breaks(moved, 12)
    return {
        "forecast": [
            [row.series, str(row.period), number(row.point, 4), [[number(low, 4), number(high, 4)] for low, high in row.bounds]]
            for row in ahead.rows
        ],
        "backtest": [
            [one.series, one.forecasts, *(number(value, 4) for value in (one.mae, one.naive_mae, one.wis, *one.covered))]
            for one in tested.scores.series
        ],
        "online": [[one.series, str(one.period), one.direction, str(one.seen_at)] for one in online_breaks(moved, 12)],
        "past": [
            [one.series, str(one.period), one.direction, number(one.before, 4), number(one.after, 4)] for one in found
        ],
        "shifts": [[one.fell.series, one.rose.series, one.apart, number(one.by_chance, 4)] for one in shifts(moved, found)],
        "rounded": [list(row) for row in publish(table, Method.ROUND).cells],
        "suppressed": [list(row) for row in publish(table, Method.SUPPRESS).cells],
        "judged": judged,
    }  # fmt: skip


MAKERS: Final[dict[str, Callable[[], Any]]] = {
    "match-pairs": pairs,
    "match-screening": screening,
    "match-linking": linking,
    "trace": trace,
    "watch": watch,
    "scan": scan,
    "figures": figures,
}


def written(value: Any) -> str:
    """A document as it lies in the file: a row a line."""
    if isinstance(value, dict):
        parts = [f"{json.dumps(name)}: {written(one)}" for name, one in value.items()]
        return "{\n" + ",\n".join(parts) + "\n}"
    if isinstance(value, list):
        return "[\n" + ",\n".join(json.dumps(one, ensure_ascii=False) for one in value) + "\n]"
    return json.dumps(value, ensure_ascii=False)


def main(names: Iterable[str] = MAKERS) -> None:
    """Write the files."""
    FOLDER.mkdir(exist_ok=True)
    for name in names:
        (FOLDER / f"{name}.json").write_text(written(MAKERS[name]()) + "\n", "utf-8")


if __name__ == "__main__":
    import sys

    main(sys.argv[1:] or MAKERS)
