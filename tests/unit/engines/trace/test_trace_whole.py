"""Everything that tracing claims in a made-up year, whole: every typology, its rows, amounts, dates, signs, reasons and places in line."""

import hashlib
from collections import defaultdict
from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from headwater.engines.trace import TraceResult, trace
from headwater.engines.trace.engine import _notes, _read_params
from headwater.engines.trace.leads import Claim, down_to, least_score
from headwater.engines.trace.profile import Profile
from headwater.engines.trace.resting import MOST_ROWS, named_rows
from headwater.engines.trace.score import SIGNS, harmless, score, signs_of
from headwater.engines.trace.sheets import checked, need_ibis
from headwater.engines.trace.typologies import TYPOLOGIES, typology
from headwater.engines.trace.wording import counted
from headwater.exercise.money.make import make
from headwater.testing.memory_view import MemoryView
from tests.frozen import hold, tried
from tests.trace_world import Tables, read

WHOLE = Path(__file__).with_name("trace_whole.json")
FULL = 2
"""Claims of each typology that are held word for word; of the others their subjects, sums and scores."""


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> TraceResult:
    """What every typology finds in a small made-up year, payments of which lie in two tables that overlap."""
    folder = tmp_path_factory.mktemp("year")
    make(2_000, 5_000, 5, 11, folder / "made")
    tables = Tables(folder)
    for path in sorted((folder / "made").glob("*.csv")):
        if path.stem != "truth":
            for kind, rows in read(path.stem, path.read_bytes())[0].items():
                tables.add(kind, rows)
                if kind == "payments":
                    tables.add(kind, rows[::40])
    view = MemoryView(tables.records, table_paths=tables.paths)
    return trace(view, {"salt": "s"}, backend=need_ibis().duckdb.connect(threads=1))


def _rows(claim: Claim) -> str:
    return f"{len(claim.rows)} {hashlib.sha256(' '.join(row.partition('#')[2] for row in claim.rows).encode()).hexdigest()[:12]}"


def _full(claim: Claim) -> dict[str, Any]:
    one = claim.finding
    return {
        "text": one.text, "kind": one.kind, "params": one.params, "reasons": [(reason.code, reason.weight, reason.text) for reason in one.reasons], "signs": claim.signs,
        "facts": {name: value for name, value in claim.facts.items() if name not in ("key", "subject", "subject2")}, "profile": claim.profile, "patterns": claim.patterns,
        "between": [claim.from_country, claim.to_country, claim.first, claim.last], "engine": [one.engine, one.engine_version], "evidence": len(one.evidence),
    }  # fmt: skip


def claimed(result: TraceResult) -> dict[str, Any]:
    """All claims by typology, best first."""
    found: defaultdict[str, list[Any]] = defaultdict(list)
    for place, claim in enumerate((*result.claims, *result.protecting)):
        held = found[claim.typology.name]
        brief = [place, claim.finding.score, claim.finding.subjects, claim.amount, claim.unit, _rows(claim)]
        held.append([*brief, _full(claim)] if len(held) < FULL else brief)
    listed = down_to(result, least_score(result))
    return {
        "claims": found, "counts": result.counts, "skipped": result.skipped, "tables": result.tables, "protecting": len(result.protecting), "listed": [len(listed.claims), listed.below],
        "half": down_to(down_to(result, 0.3), 0.7).below,
    }  # fmt: skip


def scored() -> dict[str, Any]:
    """What each sign and typology weighs, with a register of companies and without."""
    every = frozenset(sign.name for sign in SIGNS)
    return {
        "bases": {name: [score(name, frozenset(), register=register)[0] for register in (True, False)] for name in TYPOLOGIES},
        "signs": {sign.name: [score("corridor-fan-in", frozenset({sign.name}), register=register) for register in (True, False)] for sign in SIGNS},
        "all": score("structuring", every), "harmless": [harmless(signs, register=register) for signs, register in product((every, frozenset[str]()), (True, False))],
        "of": signs_of({"near_m": 5, "in_line": 1, "payments": 20}, Profile(payers=9, few=9, got=100, sent=100), 3, linked=True),
    }  # fmt: skip


def told() -> dict[str, Any]:
    """What is said of each typology, how parameters are read, and what stands beside a claim."""
    group = {"key": "k", "truncated": 7}
    ransom = next(one for one in TYPOLOGIES.values() if one.protects)
    given: list[dict[str, Any]] = [
        {"typologies": ["nothing"]}, {"typologies": "x"}, {"settings": {"structuring": {"more": 1}}}, {"settings": {"structuring": {"window_days": "x"}}}, {"settings": 3}, {"since": 3},
        {"since": "soon"}, {"salt": 3}, {"more": 1}, {"since": "2025-03-01T00:00:00Z", "salt": "s", "typologies": ["structuring", "structuring"]},
    ]  # fmt: skip
    members = [("payments", tab, row) for tab in (1, 0) for row in range(700)] + [("companies", 0, 3)]
    return {
        "typologies": {name: [one.title, one.needs, one.parameters, str(one.source), one.sentence, one.innocent, one.passage, one.protects, one.shareable] for name, one in TYPOLOGIES.items()},
        "no such": tried(typology, "x"), "tables": tried(checked, {"x": ("a",)}), "in order": checked({"rates": ["b"], "payments": ["a", "c"], "places": []}),
        "read": [tried(lambda params: [[one.name for one in _read_params(params)[0]], *_read_params(params)[1:]], params) for params in given],
        "notes": [list(_notes(one, rows, payers, "s", told_of)) for one, rows, payers, told_of in ((TYPOLOGIES["corridor-fan-in"], MOST_ROWS + 1, 3, group), (ransom, MOST_ROWS, 0, {"key": "k"}))],
        "named": [len(named_rows(members, [(1, 5), (2, 9)])), named_rows(members, [(1, 5), (2, 9)])[:3], named_rows(members, [(1, 5), (2, 9)])[-3:]],
        "counted": [counted(text) for text in ("1 payments of 1 payers", "2 payments", "11 payers, 1 sellers")],
    }  # fmt: skip


WORLDS: dict[str, Callable[[], Any]] = {"scored": scored, "told": told}


@pytest.mark.slow
def test_what_tracing_claims_is_what_it_claimed(year: TraceResult) -> None:
    hold(WHOLE, "claimed", claimed(year))


@pytest.mark.parametrize("name", WORLDS)
def test_what_is_said_of_a_claim_is_what_was_said(name: str) -> None:
    hold(WHOLE, name, WORLDS[name]())


def test_each_typology_has_something_to_claim_in_the_made_up_year(year: TraceResult) -> None:
    assert [name for name, count in year.counts.items() if not count] == []
