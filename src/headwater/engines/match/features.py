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
    conflict = min(alignment.left_over, alignment.right_over)
    left = alignment.left_over - conflict
    right = alignment.right_over - conflict
    agreed, spelled, slips = alignment.agreed, alignment.spelled, alignment.slips
    ground = agreed + spelled + conflict + 1e-9
    return (
        1.0,
        min(agreed, ENOUGH),
        spelled,
        spelled / ground,
        min(conflict, 1.5),
        conflict / ground,
        left / (ground + left),
        right / (ground + right),
        float(alignment.telling == 1),
        float(alignment.telling == 0),
        float(alignment.exact),
        float(alignment.spelled < SPELLED_ALIKE and not alignment.left_over and not alignment.right_over),
        float(weak),
        float(not person),
        0.0 if person else conflict / ground,
        min(slips, MOST_SLIPS),
        float(slips <= ONE_SLIP and not conflict),
        float(alignment.other_form),
        float(alignment.other_initial and person),
        float(alignment.other_number and not person),
        alignment.first_over / (ground + left + right) if person else 0.0,
    )
