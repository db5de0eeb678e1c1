"""The calibrated weights, all as log-odds (natural logarithm).

Names: logistic regression with signs that reason demands (more agreement never lowers a score), by
`bench/fit_screening.py` on one half of the developers' data, taken by a hash of the list entry or of the pair;
`bench/bench_screening.py` reports on the other half. A missed designation counts one and a half times a false lead.
Dates and nationality: the same script prints the logarithm of how often each class comes among true pairs against chance
pairs; the values here are drawn from that towards zero by hand, because the true pairs are cleaner than life (an equal date
came out as 10.2, a contradicted one as -6.9, another nationality as -7.0) and some classes were too few to count. Gender,
identifiers, `NAME_BELOW`, `NAME_TURNED`, the cap and "other_number" are set by hand: the labelled pairs call funds of one row both
the same and different, and a number is what tells them apart.
"""

from typing import Final

from headwater.engines.match.dates import DateClass

NAME: Final = {
    "base": -0.73,
    "agreed": 1.83,
    "spelled": -1.69,
    "spelled_share": -4.62,
    "conflict": -3.07,
    "conflict_share": 0.00,
    "left_omitted": -5.73,
    "right_omitted": -3.59,
    "lone": -0.47,
    "none": 0.00,
    "exact": 1.60,
    "complete": 1.98,
    "weak": -2.85,
    "organisation": 0.48,
    "organisation_conflict": 0.00,
    "slips": -0.55,
    "one_slip": 1.51,
    "other_form": -2.41,
    "other_initial": -0.83,
    "other_number": -3.00,
    "first_omitted": -3.39,
}

DATE: Final = {
    DateClass.EQUAL: 6.0,
    DateClass.MONTH: 3.8,
    DateClass.YEAR: 3.3,
    DateClass.SWAPPED: 3.7,
    DateClass.TRANSPOSED: 3.2,
    DateClass.DIGIT: 3.0,
    DateClass.NEAR: -0.3,
    DateClass.YEAR_ONE: 0.6,
    DateClass.APPROXIMATE: -1.2,
    DateClass.SAME_DAY: -0.3,
    DateClass.DECADE: -2.5,
    DateClass.CONTRADICTED: -6.0,
}
COUNTRY_SAME: Final = 2.0
COUNTRY_DIFFERENT: Final = -1.2
GENDER_SAME: Final = 0.2
GENDER_DIFFERENT: Final = -2.0

NUMBER_EQUAL: Final = 9.0
"""A passport, national or ship's number is drawn from millions: one in 8,000 remains for slips and re-use."""
NUMBER_OPTICAL: Final = 8.0
"""Equal but for letters that cameras confuse: one in 3,000."""
NUMBER_FLOOR: Final = -6.5
"""What any disagreement may take away from an identifier that agrees: with another name it stays a hit of its own kind."""

NAME_BELOW: Final = 2.0
"""Names that rather differ count double: the fit sees only near misses, and a list holds thousands of farther ones."""
NO_NAME: Final = -3.0
"""Names that could not be compared, or share nothing."""
NAME_TURNED: Final = -5.0
"""Father and son in the other order ("bin"): by hand. No slip does that, but a form with two boxes might."""
NAME_CAP: Final = 7.0
"""No name alone says more: namesakes exist."""
TOP: Final = 10.0
"""Log-odds from where the score flattens; it stays strictly rising and below 1."""
HEADROOM: Final = 6.0
"""What the flattened part can add: the highest score is one minus one in nine million."""
