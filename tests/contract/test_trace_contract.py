"""The trace engine keeps the contract of every engine."""

from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.engines.trace import TraceEngine
from headwater.testing.engine_contract import RULES, EngineCase
from tests.trace_world import Tables, numbered, passage

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_trace_keeps(rule: Callable[[EngineCase], None], tmp_path: Path) -> None:
    tables = Tables(tmp_path)
    first = tables.add("payments", numbered(passage("HUB", 14)))
    tables.add("payments", numbered(passage("OTHER", 16, origin="TR")))
    tables.add(
        "companies",
        [{"id": "C1", "name": "Example (fictional)", "account": "HUB", "activity": "kiosk", "money_service": 0}],
    )
    rule(
        EngineCase(
            engine=TraceEngine(),
            records=tuple(tables.records),
            params={"typologies": ["corridor-fan-in", "gather-scatter"]},
            hidden=frozenset({first.id}),
            table_paths=tables.paths,
        )
    )
