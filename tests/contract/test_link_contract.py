"""The linking engine keeps the contract of every engine."""

from collections.abc import Callable

import pytest

from headwater.engines.match.link import LinkEngine
from headwater.testing.engine_contract import RULES, EngineCase
from tests.link_world import judged, organiser

RECORDS = organiser()
BY_KEY = {str(record.mentions[0].key): record.id for record in RECORDS}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_link_keeps(rule: Callable[[EngineCase], None]) -> None:
    rule(
        EngineCase(
            engine=LinkEngine(),
            records=RECORDS,
            params={"sorts": ["person"], "judgements": [judged("same", "RS-MOI/rs-1", "UK-NCA/uk-1")]},
            hidden=frozenset({BY_KEY["xk-1"]}),
        )
    )
