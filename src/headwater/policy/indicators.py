"""Operational indicators of trafficking in adults for labour exploitation: 67, each strong, medium or weak.

Source: International Labour Office and European Commission, Operational indicators of trafficking in human beings,
2009 (Delphi survey), in our own short names. A sign is something seen, where and why; it is no score of a person.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Strength(StrEnum):
    """How much one sign says."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


_DECEIVED: Final = (
    "strong deceived-about-job-place-or-employer",
    "medium deceived-about-working-conditions",
    "medium deceived-about-contract",
    "medium deceived-about-family-reunification",
    "medium deceived-about-housing",
    "medium deceived-about-papers-or-status",
    "medium deceived-about-travel",
    "medium deceived-about-wages",
    "medium deceived-by-promise-of-marriage-or-adoption",
    "weak deceived-about-education",
)
_COERCED: Final = (
    "strong violence-at-recruitment",
    "medium abduction-or-sale",
    "medium papers-taken-at-recruitment",
    "medium debt-to-carrier",
    "medium confined-at-recruitment",
    "medium threat-of-denunciation-at-recruitment",
    "medium threat-of-violence-at-recruitment",
    "medium threat-to-tell-family-at-recruitment",
    "medium violence-on-family-at-recruitment",
    "medium money-withheld-at-recruitment",
)
_VULNERABLE: Final = (
    "medium difficult-family-situation",
    "medium irregular-status-abused",
    "medium lack-of-education-or-language",
    "medium lack-of-information",
    "medium controlled-by-exploiter",
    "medium difficulties-in-the-past",
    "medium travel-hard-to-arrange",
    "medium economic-need",
    "medium false-information-about-law",
    "medium false-information-about-migration",
    "medium family-obligations",
    "medium personal-situation",
    "medium emotional-dependency",
    "medium relation-to-authorities",
    "weak beliefs-abused",
    "weak general-context",
)
_CONDITIONS: Final = (
    "strong excessive-hours",
    "medium bad-living-conditions",
    "medium hazardous-work",
    "medium low-or-no-wages",
    "medium labour-law-disregarded",
    "medium no-social-protection",
    "medium very-bad-working-conditions",
    "medium wages-manipulated",
    "weak no-access-to-education",
)
_HELD: Final = (
    "strong papers-taken",
    "strong debt-bondage",
    "strong confined-or-watched",
    "strong violence",
    "medium forced-into-crime",
    "medium forced-tasks-or-clients",
    "medium forced-against-peers",
    "medium forced-to-lie",
    "medium threat-of-denunciation",
    "medium threat-of-worse-conditions",
    "medium threat-of-violence",
    "medium under-strong-influence",
    "medium violence-on-family",
    "medium wages-withheld",
    "weak threat-to-tell-family",
)
_DEPENDENT: Final = (
    "medium dependent-on-exploiter",
    "medium unknown-surroundings",
    "medium economic-need-at-destination",
    "medium family-situation-at-destination",
    "medium relation-to-authorities-at-destination",
    "weak difficulties-in-the-past-at-destination",
    "weak personal-characteristics",
)
DIMENSIONS: Final = MappingProxyType(
    {
        "deceptive recruitment": _DECEIVED,
        "coercive recruitment": _COERCED,
        "recruitment by abuse of vulnerability": _VULNERABLE,
        "exploitative conditions of work": _CONDITIONS,
        "coercion at destination": _HELD,
        "abuse of vulnerability at destination": _DEPENDENT,
    }
)
INDICATORS: Final = MappingProxyType(
    {
        f"{strength}.{name}": Strength(strength)
        for lines in DIMENSIONS.values()
        for strength, _, name in (line.partition(" ") for line in lines)
    }
)
"""Each indicator's code, ``medium.debt-to-carrier``, and its strength."""
