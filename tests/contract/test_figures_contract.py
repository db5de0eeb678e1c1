"""The figures engine keeps the contract of every engine."""

from collections.abc import Callable

import pytest

from headwater.engines.figures import FiguresEngine
from headwater.testing.engine_contract import RULES, EngineCase
from tests.figures_world import BALKANS, blobs, edition, records, routes

PANEL = routes(1, 7, seed=5, hold=0.2)
MONTHS = {
    str(period): (value or 0) * (3 if at >= 60 else 1)
    for at, (period, value) in enumerate(zip(PANEL.periods, PANEL.counts[0], strict=True))
}
BROKEN = (edition("2022-01-15", {BALKANS: MONTHS}), edition("2022-02-15", {BALKANS: MONTHS}))
CASES = {
    "claim": EngineCase(
        engine=FiguresEngine(),
        records=records(),
        params={"ask": "claim", "text": "24,000 people removed between 5 July 2024 and 22 March 2025"},
        hidden=frozenset({records()[4].id}),
        blobs=blobs(),
    ),
    "breaks": EngineCase(
        engine=FiguresEngine(),
        records=records(BROKEN),
        params={"ask": "breaks", "series": [BALKANS], "season": 12, "online": True},
        hidden=frozenset({records(BROKEN)[1].id}),
        blobs=blobs(BROKEN),
    ),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_figures_keeps(rule: Callable[[EngineCase], None], case: EngineCase) -> None:
    rule(case)
