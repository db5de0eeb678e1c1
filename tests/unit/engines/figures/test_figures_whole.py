"""Everything that figures answers about small made-up worlds, whole: findings, sentences, forecasts, breaks, published tables."""

import math
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from headwater.engines.figures import (
    FiguresEngine,
    Method,
    Panel,
    Table,
    answer,
    backtest,
    exposed,
    forecast,
    jumps,
    online_breaks,
    panel_of,
    past_breaks,
    publish,
    shifts,
)
from headwater.engines.figures.book import Book
from headwater.engines.figures.engine import panel_from
from headwater.engines.figures.number import said
from headwater.engines.figures.publish import refuse_if_exposed
from headwater.engines.figures.sentence import find_period, take_apart
from headwater.engines.figures.table import Published, merge_small_rows
from headwater.model.handling import Handling
from headwater.model.period import parse_period
from headwater.testing.memory_view import MemoryView
from tests.contract.test_figures_contract import BROKEN
from tests.figures_world import BALKANS, STATEMENT, blobs, book, edition, editions, months, records, routes
from tests.frozen import hold, tried
from tests.unit.engines.figures import test_claims
from tests.unit.engines.figures.test_breaks import shifted
from tests.unit.engines.figures.test_publish import TABLES, table

WHOLE = Path(__file__).with_name("figures_whole.json")
TODAY = date(2025, 4, 1)


def _given(test: Any) -> list[str]:
    """The texts that a test of claims is given."""
    [mark] = [mark for mark in test.pytestmark if mark.name == "parametrize"]
    return list(dict.fromkeys(row[0] for row in mark.args[1]))


NUMBERS, PERIODS, SENTENCES = map(_given, (
    test_claims.test_a_number_is_read_as_it_was_said, test_claims.test_a_period_is_found_in_a_sentence, test_claims.test_a_sentence_gets_its_verdict,
))  # fmt: skip


def _view(made: Any = None) -> MemoryView:
    """Editions, each with a handling of its own: of what is made of several, none is lost."""
    held = made or editions()
    own = [replace(one, handling=Handling(codes=frozenset({f"C{at}"}))) for at, one in enumerate(records(held))]
    return MemoryView(own, blobs=blobs(held))


def judged() -> dict[str, Any]:
    """The answer to each sentence, by all that is known and by what was known earlier."""
    view, found = _view(), {}
    for day in (None, "2025-01-20", "2024-12-01"):
        for text in SENTENCES if day is None else SENTENCES[::4]:
            params = {"ask": "claim", "text": text, "today": TODAY.isoformat(), **({"as_of": day} if day else {})}
            found[f"{day}: {text}"] = tried(lambda params: _brief(answer(view, params)), params)
    return found


def _brief(made: Any) -> dict[str, Any]:
    """An answer without what a finding says in each of them alike."""
    finding, judged = made.finding, made.judged
    return {
        "says": made.says, "verdict": judged.verdict, "reading": judged.reading, "period": judged.period and str(judged.period), "word": judged.word,
        "question": judged.question, "subjects": finding.subjects, "score": finding.score, "reasons": [(one.code, one.weight, one.text, one.left, one.right) for one in finding.reasons],
        "codes": finding.handling.codes, "evidence": len(finding.evidence), "params": finding.params,
    }  # fmt: skip


def in_parts() -> dict[str, Any]:
    """Claims whose parts are given one by one, and why others are refused."""
    both, view, found = ["uk-returns.enforced", "uk-returns.voluntary"], _view(), {}
    given: list[dict[str, Any]] = [
        {"number": "24000", "words": "removed", "about": both, "period": STATEMENT}, {"number": "24000", "words": "returns", "about": ["uk-returns"], "period": STATEMENT},
        {"number": "24000", "words": "deported", "about": ["uk-returns"], "period": STATEMENT}, {"number": "about 24,500", "words": "returns", "about": both},
        {"number": "1", "about": [BALKANS], "period": "2025"}, {"number": "99,002", "about": [BALKANS], "period": "2023", "as_of": "2024-11-20"},
        {"number": "x"}, {"number": "1", "about": ["nothing"]}, {"number": "1", "about": 3}, {"number": "1", "about": [BALKANS], "as_of": "2024"},
        {"text": "24,103 removed since 5 July 2024", "about": both, "period": "2024Q3"}, {"number": "1", "more": 1},
    ]  # fmt: skip
    for params in given:
        found[str(params)] = tried(lambda params: list(FiguresEngine().run(view, {"ask": "claim", **params})), params)
    found["nothing asked"] = tried(lambda: FiguresEngine().run(view, {}))
    found["nothing there"] = tried(lambda: answer(MemoryView(()), {"ask": "claim", "text": "5 returns in 2024"}))
    return found


def read() -> dict[str, Any]:
    """What is made of words: numbers, periods, sentences taken apart."""
    held = book()
    return {
        "numbers": {text: tried(said, text) for text in [*NUMBERS, "many", "12.5", "1,2", "over two dozen", "some 300"]},
        "periods": {text: tried(lambda text: find_period(f"There were 24,000 returns {text}.", TODAY), text) for text in PERIODS},
        "sentences": {text: tried(lambda text: take_apart(text, held, TODAY), text) for text in SENTENCES[::3]},
    }  # fmt: skip


def broken() -> dict[str, Any]:
    """Breaks in series that rise, fall, do both, scatter or have gaps, online and looking back."""
    panel = routes(1, 8, seed=5, hold=0.2)
    found: dict[str, Any] = {}
    draw = random.Random("broken")
    small = tuple(sum(draw.random() < 0.2 for _ in range(10)) * (1 if at < 60 else 9) for at in range(96))
    worlds = {
        "rises": shifted(3.0), "falls": shifted(0.25), "a little": shifted(1.45), "rises, then falls": shifted(0.2, 80, shifted(5.0, 50)),
        "falls twice": shifted(0.3, 75, shifted(0.3, 70)), "rises twice": shifted(3.0, 61, shifted(3.0, 60)), "three routes": shifted(4.0, 70, routes(3, 9, seed=2, hold=0.5)), "small": Panel(panel.periods, ("small",), (small,)),
        "late and with gaps": Panel(panel.periods, ("gaps",), (tuple(None if at < 20 or at % 9 == 4 else value for at, value in enumerate(shifted(3.0).counts[0])),)),
        "short": panel.until(panel.periods[24]), "too short": panel.until(panel.periods[23]),
        "once": Panel(panel.periods, ("once",), (tuple((value or 0) * (5 if at == 70 else 1) for at, value in enumerate(panel.counts[0])),)),
    }  # fmt: skip
    for name, world in worlds.items():
        online = tried(lambda world: online_breaks(world, 12), world)
        found[name] = {"online": online, "past": tried(lambda world: past_breaks(world, 12), world)}
    both = Panel(panel.periods, ("north", "south"), (shifted(0.25).counts[0], shifted(4.0, 62).counts[0]))
    found["together"] = shifts(both, online_breaks(both, 12))
    quarters = tuple(parse_period(f"{2000 + at // 4}Q{at % 4 + 1}") for at in range(80))
    wave = Panel(
        quarters,
        ("q",),
        (tuple(round(500 * (3 if at > 55 else 1) * (1.2 + math.sin(at)) + draw.gauss(0, 9)) for at in range(80)),),
    )
    found["quarters"] = {"online": online_breaks(wave, 4), "past": past_breaks(wave, 4)}
    return found


def by_the_engine() -> dict[str, Any]:
    """Findings of breaks, and series as panels."""
    view = _view(BROKEN)
    gap = Book([edition("2025-01-15", {BALKANS: {**months(2022, 1_200), **dict.fromkeys(("2024-02", "2024"), 5)}})])
    given: dict[str, dict[str, Any]] = {
        "as it comes": {"series": [BALKANS]}, "online": {"series": [BALKANS], "online": True, "season": 12}, "past": {"series": ["frontex-ibc"], "online": False},
        "earlier": {"series": [BALKANS], "as_of": "2022-01-20"}, "too early": {"series": [BALKANS], "as_of": "2021-01-01"}, "odd season": {"series": [BALKANS], "season": "12"},
        "no season": {"series": [BALKANS], "season": 0}, "no series": {"series": ["nothing"]}, "odd series": {"series": BALKANS}, "more": {"series": [], "text": "x"},
        "nothing": {"series": []},
    }  # fmt: skip
    return {
        **{name: tried(lambda params: list(FiguresEngine().run(view, {"ask": "breaks", **params})), params) for name, params in given.items()},
        "with a gap": tried(lambda: _panel(panel_from(gap, BALKANS))),
        "then": tried(lambda: _panel(panel_from(book(), BALKANS, date(2024, 12, 1)))),
        "of an edition": tried(lambda: _panel(panel_of(editions()[2]))),
    }  # fmt: skip


def _panel(panel: Panel) -> dict[str, Any]:
    return {"periods": [str(one) for one in panel.periods], "names": panel.names, "counts": panel.counts}


def ahead() -> dict[str, Any]:
    """Forecasts and what they would have said before: months, quarters, weeks, a series that is new, one of nothing."""
    panel, draw = routes(), random.Random("ahead")
    late = Panel(panel.periods, ("gap", "late", "nothing"), (tuple(None if at in (20, 60) else value for at, value in enumerate(panel.counts[0])), (*(None,) * 40, *panel.counts[1][40:]), (0,) * 96))  # fmt: skip
    quarters = tuple(parse_period(f"{2008 + at // 4}Q{at % 4 + 1}") for at in range(56))
    quarterly = Panel(
        quarters,
        ("a", "b"),
        tuple(tuple(round(1_000 * math.exp(draw.gauss(0, 0.2))) for _ in range(56)) for _ in range(2)),
    )
    worlds = {"months": (panel, 6, 12), "two": (Panel(panel.periods, panel.names[:2], panel.counts[:2]), 14, 12), "late": (late, 3, 12), "quarters": (quarterly, 5, 4)}  # fmt: skip
    found: dict[str, Any] = {}
    for name, (world, horizon, season) in worlds.items():
        made = forecast(world, horizon, season, (50.0, 80.0, 95.0) if name != "two" else (90.0, 10.0))
        found[name] = {
            "rows": [(row.series, str(row.period), row.horizon, row.point, row.bounds) for row in made.rows], "levels": made.levels,
            "tested": len(made.tested.rows), "scores": made.tested.scores,
        }  # fmt: skip
    then = backtest(panel, parse_period("2021-06"), parse_period("2021-09"), 2, 12)
    found["then"] = [
        (str(origin), row.series, str(row.period), row.point, row.bounds, came) for origin, row, came in then.rows
    ]
    found["too short"] = tried(lambda: forecast(panel.until(panel.periods[40]), 6, 12))
    found["too early"] = tried(lambda: backtest(panel, parse_period("2015-06"), parse_period("2021-09"), 2, 12))
    found["turned"] = tried(lambda: backtest(panel, parse_period("2021-06"), parse_period("2021-05"), 2, 12))
    for wrong in ((0, 12, (80.0,)), (105, 12, (80.0,)), (6, 0, (80.0,)), (6, 12, (100.0,))):
        found[f"refused {wrong}"] = tried(lambda wrong: forecast(panel, *wrong), wrong)
    return found


def published() -> dict[str, Any]:
    """Tables as they may go out by either method, with what was merged and lost."""
    few = Table("x", ("a", "b", "c", "d"), ("p", "q", "r"), ((3, 20, 0), (30, 40, 2), (1, 0, 90), (60, 50, 70)))
    tables = {
        "few": few,
        "0": TABLES[0],
        "1": TABLES[1],
        "3": TABLES[3],
        "small": table(7, 9, 5, 4.0),
        "smaller": table(8, 6, 4, 3.0),
    }
    found: dict[str, Any] = {}
    for name, one in tables.items():
        for method in Method:
            found[f"{name}, {method}"] = tried(lambda one, method: _shown(publish(one, method)), one, method)
    found["threshold 10"] = [tried(lambda method: _shown(publish(few, method, 10)), method) for method in Method]
    found["refused"] = [tried(lambda wrong: publish(few, Method.ROUND, wrong), wrong) for wrong in (0, 1, 2, 1_000_001)]
    shown = (*((None if 0 < one < 5 else one for one in line) for line in few.with_margins()),)
    cells = tuple(tuple(line) for line in shown)
    found["seen through"] = exposed(few.with_margins(), cells, None, 5)
    found["not let out"] = tried(lambda: refuse_if_exposed(Published(few, cells, (), None), 5))
    found["merged"] = [merge_small_rows(few, least) for least in (0, 24, 80, 400)]
    return found


def _shown(made: Published) -> dict[str, Any]:
    return {"rows": made.table.rows, "cells": made.cells, "merged": made.merged, "base": made.base, "loss": made.loss}


def moved() -> Any:
    """What is said of cells that moved between editions."""
    base = months(2024, 1_200)
    return jumps(
        [
            edition(f"2025-0{at}-01", {BALKANS: {**base, "2024-02": value, "2024-07": 9 * at}})
            for at, value in enumerate((100, 170, 90), 1)
        ]
    )


WORLDS: dict[str, Callable[[], Any]] = {
    "judged": judged, "in parts": in_parts, "read": read, "broken": broken, "by the engine": by_the_engine, "ahead": ahead,
    "published": published, "moved": moved,
}  # fmt: skip


@pytest.mark.parametrize("name", WORLDS)
def test_what_figures_answer_is_what_they_answered(name: str) -> None:
    hold(WHOLE, name, WORLDS[name]())
