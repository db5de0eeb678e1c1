"""The calibrated weights, all as log-odds (natural logarithm).

Set by `bench/fit_screening.py` on one half of the developers' data, taken by a hash of the list entry or of the pair, and
checked on the other half; `docs` of the bench say how far they hold. Names: logistic regression with signs that reason
demands (more agreement never lowers a score). Dates, nationality, gender: logarithm of how often a class comes among
true pairs against chance pairs. Identifiers and the cap are set by hand, on the grounds given beside them.
"""

from typing import Final

from headwater.engines.match.dates import DateClass

NAME: Final = {
    "base": 3.22,
    "agreed": 0.00,
    "spelled": -3.54,
    "spelled_share": -7.57,
    "conflict": -3.27,
    "conflict_share": 0.00,
    "left_omitted": -5.16,
    "right_omitted": -4.06,
    "lone": -2.43,
    "none": 0.00,
    "exact": 1.19,
    "complete": 2.02,
    "weak": -1.59,
    "organisation": 0.32,
    "organisation_conflict": 2.71,
}

DATE: Final = {
    DateClass.EQUAL: 5.0,
    DateClass.MONTH: 3.5,
    DateClass.YEAR: 2.5,
    DateClass.SWAPPED: 3.5,
    DateClass.TRANSPOSED: 2.5,
    DateClass.DIGIT: 1.5,
    DateClass.NEAR: 1.0,
    DateClass.YEAR_ONE: 0.5,
    DateClass.APPROXIMATE: -0.5,
    DateClass.SAME_DAY: -0.5,
    DateClass.DECADE: -2.0,
    DateClass.CONTRADICTED: -4.5,
}
COUNTRY_SAME: Final = 1.5
COUNTRY_DIFFERENT: Final = -1.0
GENDER_SAME: Final = 0.3
GENDER_DIFFERENT: Final = -2.5

NUMBER_EQUAL: Final = 9.0
"""A passport, national or ship's number is drawn from millions: one in 8,000 remains for slips and re-use."""
NUMBER_OPTICAL: Final = 6.0
"""Equal but for letters that cameras confuse: one in 400."""
NUMBER_FLOOR: Final = -6.5
"""What any disagreement may take away from an equal identifier: the name may be another, the hit stays above 0.9."""

NAME_CAP: Final = 7.0
"""No name alone says more: namesakes exist."""
TOP: Final = 10.0
"""Log-odds from where the score flattens; it stays strictly rising and below 1."""
HEADROOM: Final = 6.0
"""What the flattened part can add: the highest score is one minus one in nine million."""
