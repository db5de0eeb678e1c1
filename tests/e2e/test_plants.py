"""Each step of the exercise sees that its room is broken: a plant for each, and nothing but that step says no."""

from pathlib import Path

import pytest

from headwater.exercise.demo import needed_for
from headwater.exercise.steps import STEPS
from tests.e2e.exercise_run import Exercise, document

pytestmark = pytest.mark.e2e

SAYS = {
    "nodes": "ended",
    "trust": "the digits are not those of the card",
    "read": "input.",
    "screen": "store.corrupt",
    "watch": "no rescue alert went out first",
    "decide": "switched off",
    "link": "were not brought together",
    "control": "not held back",
    "tell": "in vain for the receipt",
    "alert": "in vain for the receipt",
    "request": "in vain for the answer",
    "consent": "send spontaneous ended with 77",
    "recall": "in vain for the proofs of both holders",
    "kill": "0 times after two kills",
    "case": "trust.signature",
    "witness": "does not lead on from one it has signed",
    "trace": "cells where 10 are named",
    "untrace": "in vain for London's proof",
    "cyber": "read stix ended with 65",
    "scan": "scan detect ended with 65",
    "figures": "came back contradicted, not wrong-word",
    "audit": "store.corrupt",
}
"""What the broken room is known by, in the step's own words."""


LONG = {"alert", "audit", "case", "consent", "kill", "recall", "request", "tell", "trace", "untrace", "witness"}
"""Each plays much of the exercise first: the night's work. The rooms' own tests see such faults in a merge too."""


@pytest.mark.parametrize(
    "name", [pytest.param(step.name, marks=pytest.mark.deep if step.name in LONG else ()) for step in STEPS]
)
def test_a_broken_room_is_seen_by_its_step(tmp_path: Path, name: str) -> None:
    with Exercise(("--json", "--dir", str(tmp_path / "demo"), "--plant", name)) as run:
        code, out, _ = run.end()
        left = run.living()
    shown = document(out)
    assert (code, shown["ok"]) == (1, False)
    assert [step["name"] for step in shown["steps"]] == [step.name for step in needed_for(name)]
    assert [step["name"] for step in shown["steps"] if not step["ok"]] == [name]
    assert SAYS[name] in shown["steps"][-1]["what"]
    assert left == []
