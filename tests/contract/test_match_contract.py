"""The match engine keeps the contract of every engine."""

from collections.abc import Callable

import pytest

from headwater.engines.match import MatchEngine
from headwater.testing.engine_contract import RULES, EngineCase
from tests.match_world import world

RECORDS = world()
QUERIES = (
    {"id": "a", "name": "Živorad Testerović", "birth_date": "1975-03-14", "nationality": "RS"},
    {"id": "b", "name": "عبد الرحمن ناصر المثالي"},
    {"id": "c", "name": "Someone Else", "id_number": "ZZ 0123456"},
    {"id": "d", "name": "Goran Fiktivski"},
    {"id": "e", "name": "?!"},
)
BY_KEY = {record.mentions[0].key: record.id for record in RECORDS}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("lists", [["uk-csv"], []], ids=["named list", "every designation"])
@pytest.mark.parametrize("snapshots", [{"uk-csv": "content hash"}, {}], ids=["with snapshots", "without"])
def test_match_keeps(rule: Callable[[EngineCase], None], lists: list[str], snapshots: dict[str, str]) -> None:
    rule(
        EngineCase(
            engine=MatchEngine(),
            records=RECORDS,
            params={"queries": list(QUERIES), "lists": lists, "snapshots": snapshots, "as_of": "2026-06-01T00:00:00Z"},
            hidden=frozenset({BY_KEY["uk:1"], BY_KEY["uk:5"]}),  # type: ignore[index]
        )
    )
