"""What is measured on two names laid side by side, for the calibrated score."""

from typing import Final

from headwater.engines.match.align import Alignment

FEATURES: Final = (
    "base",
    "agreed",
    "spelled",
    "spelled_share",
    "conflict",
    "conflict_share",
    "left_omitted",
    "right_omitted",
    "lone",
    "none",
    "exact",
    "complete",
    "weak",
    "organisation",
    "organisation_conflict",
    "slips",
    "one_slip",
    "other_form",
    "other_initial",
    "other_number",
    "first_omitted",
)
"""Names of the features, in the order of their weights."""
ENOUGH: Final = 1.6
"""Rarity beyond which more agreement says nothing new."""
MOST_SLIPS: Final = 3.0
"""Slips beyond which more say nothing new."""
ONE_SLIP: Final = 1.05
"""One whole edit, and what two spellings of a sound may add."""
SPELLED_ALIKE: Final = 0.1
"""Difference in spelling that any two ways of writing one sound can make."""


def features(alignment: Alignment, *, person: bool, weak: bool) -> tuple[float, ...]:
    """Return the features of two names; omission is what one side alone leaves over, conflict what both do."""
    _, agreed, spelled, left_over, right_over, telling, exact, form, initial, number, first_over = alignment
    conflict = min(left_over, right_over)
    left, right = left_over - conflict, right_over - conflict
    slips, ground = alignment.slips, agreed + spelled + conflict + 1e-9
    return (
        1.0,
        min(agreed, ENOUGH),
        spelled,
        spelled / ground,
        min(conflict, 1.5),
        conflict / ground,
        left / (ground + left),
        right / (ground + right),
        1.0 if telling == 1 else 0.0,
        1.0 if telling == 0 else 0.0,
        1.0 if exact else 0.0,
        1.0 if spelled < SPELLED_ALIKE and not left_over and not right_over else 0.0,
        1.0 if weak else 0.0,
        0.0 if person else 1.0,
        0.0 if person else conflict / ground,
        min(slips, MOST_SLIPS),
        1.0 if slips <= ONE_SLIP and not conflict else 0.0,
        1.0 if form else 0.0,
        1.0 if initial and person else 0.0,
        1.0 if number and not person else 0.0,
        first_over / (ground + left + right) if person else 0.0,
    )
