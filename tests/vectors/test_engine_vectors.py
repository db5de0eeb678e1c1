"""Each engine answers to a small frozen world what it answered before, to the last number: see make_engines.py."""

import json
from typing import Any

import pytest

from tests.vectors.make_engines import FOLDER, MADE_BY, MAKERS

pytestmark = pytest.mark.slow
WITHIN = {"figures": 2e-3, "scan": 1e-3, "watch": 1e-4}
"""How far a number may be off, as a share: trees and sums of many differ a little from processor to processor."""


def differences(held: Any, made: Any, within: float, where: str = "") -> list[str]:
    """Where two documents differ."""
    if isinstance(held, dict) and isinstance(made, dict):
        found = [] if held.keys() == made.keys() else [f"{where}: other names"]
        return [
            *found,
            *(
                line
                for name in held.keys() & made.keys()
                for line in differences(held[name], made[name], within, f"{where}/{name}")
            ),
        ]
    if isinstance(held, list) and isinstance(made, list):
        found = [] if len(held) == len(made) else [f"{where}: {len(made)} where {len(held)} stood"]
        pairs = enumerate(zip(held, made, strict=False))
        return [
            *found,
            *(line for at, (one, other) in pairs for line in differences(one, other, within, f"{where}/{at}")),
        ]
    numbers = all(isinstance(one, int | float) and not isinstance(one, bool) for one in (held, made))
    same = made == pytest.approx(held, rel=within, abs=1e-9) if numbers else made == held
    return [] if same else [f"{where}: {made} where {held} stood"]


@pytest.mark.parametrize("name", MAKERS)
def test_no_number_of_an_answer_has_changed(name: str) -> None:
    held = json.loads((FOLDER / f"{name}.json").read_text("utf-8"))
    made = json.loads(json.dumps(MAKERS[name]()))
    found = differences(held, made, WITHIN.get(name, 1e-6))
    assert not found, [f"{len(found)} differences; read them, and where they are meant: {MADE_BY} {name}", *found[:20]]
