"""What a history is made of: how much of what, and how often something goes wrong. A file may say otherwise."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from headwater.errors import SettingsError

ACTS: Final = {
    "tell": 10,
    "request": 4,
    "respond": 4,
    "ask_consent": 3,
    "answer_consent": 4,
    "onward": 4,
    "amend": 3,
    "suspend": 1,
    "suspend_agreement": 1,
    "sync": 1,
    "accept": 1,
    "rotate": 1,
}
"""Weights of what officers do."""
CLOCKS: Final = {"jump": 3, "back": 3, "freeze": 2, "summer": 2, "far": 1}
"""Weights of what a clock does: jumps of up to ten minutes, standing still, an hour of summer time, ten years."""


@dataclass(frozen=True, slots=True)
class Mix:
    """How a history is mixed.

    Attributes:
        acts: how many things officers do; `faults_s` is how long that goes on while things go wrong.
        drain_s: how long everything may take to come to rest once nothing goes wrong any more: what a clock has
            sent that summer time put an hour ahead twice is taken 115 minutes later, after a back-off of up to 5 minutes, and
            whether all is calm is seen 2 later.
        act_weights: how often they do what.
        drop, reset, duplicate, corrupt, black_hole: share of the posts that it happens to.
        delay_s: a post is on its way for up to so long; one in twenty for ten times as long.
        partitions, crashes, clocks, disks: how often at most it happens in a history.
        clock_weights: how often a clock does what.
        skew_s: how far a clock may be off from beginning to end.
    """

    acts: int = 18
    faults_s: float = 900.0
    drain_s: float = 7500.0
    act_weights: dict[str, int] = field(default_factory=lambda: dict(ACTS))
    drop: float = 0.08
    reset: float = 0.08
    duplicate: float = 0.08
    corrupt: float = 0.05
    black_hole: float = 0.02
    delay_s: float = 1.0
    partitions: int = 3
    crashes: int = 4
    clocks: int = 2
    disks: int = 2
    clock_weights: dict[str, int] = field(default_factory=lambda: dict(CLOCKS))
    skew_s: float = 25.0


def read_mix(file: Path) -> Mix:
    """Return the mix that a JSON file describes: what it does not name stays as it is.

    Raises:
        SettingsError: it is no JSON object, or names something else.
    """
    try:
        given = json.loads(file.read_text(encoding="utf-8"))
        return replace(Mix(), **given)
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(
            "no mix", where=str(file), fix="write a JSON object with names of headwater.testing.sim.mix"
        ) from error
