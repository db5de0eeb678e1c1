"""The indicator engine keeps the contract of every engine, over records and a table."""

from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.engines.match.indicators import IndicatorEngine
from headwater.exercise.threats import PHONE, SHOP
from headwater.testing.engine_contract import RULES, EngineCase
from tests.unit.engines.match.test_indicators import payment, said, table, warned

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_indicators_keep(rule: Callable[[EngineCase], None], tmp_path: Path) -> None:
    owner, paths = table(tmp_path, "payments", [payment(text=SHOP), payment(id="P2", text=PHONE)])
    shop, phone = warned(f"[domain-name:value = '{SHOP}']", f"[phone-number:value = '{PHONE}']")
    seen = said("website", f"https://{SHOP}/a")
    rule(
        EngineCase(
            engine=IndicatorEngine(),
            records=(shop, phone, owner, seen),
            params={},
            hidden=frozenset({phone.id}),
            table_paths=paths,
        )
    )
