"""The words of a claim and what they mean: which of them fit which kind of count."""

import re
from enum import StrEnum
from typing import Final

from headwater.model.figures import Unit

RETURNS: Final = frozenset({Unit.ENFORCED, Unit.VOLUNTARY, Unit.RETURN})
"""What "returns" means in UK statements, together or alone; refusals at port are counted apart."""


class Sense(StrEnum):
    """What a word claims about what was counted."""

    FORCED = "forced"
    VOLUNTARY = "voluntary"
    REFUSED = "refused"
    RETURN = "returns"
    DETECTION = "detections"
    BOAT = "boats"
    VICTIM = "victims"
    REFERRAL = "referrals"
    PEOPLE = "people"


# Order matters: the first that is found decides, and the most special words come first.
_PATTERNS: Final = tuple(
    (sense, re.compile(rf"\b(?:{words})\b", re.IGNORECASE))
    for sense, words in (
        (Sense.REFUSED, r"refus\w* (?:entry|at (?:the )?(?:port|border))|refusals?|turned (?:away|back)"),
        (
            Sense.FORCED,
            (
                r"remov(?:ed?|es|ing|als?)|deport\w*|forcibl[ey]|forced|expel(?:led|s|ling)?|expulsions?|enforced"
                r"|(?:kicked|thrown|booted) out|sen(?:t|d|ding) (?:back|home|away|packing)"
            ),
        ),
        (Sense.VOLUNTARY, r"voluntar(?:y|ily)|of their own accord"),
        (Sense.RETURN, r"return(?:s|ed|ing|ees?)?|go(?:ne)? home|went home|left the country"),
        (Sense.DETECTION, r"detect(?:ions?|ed)|crossings?|border-crossings?|attempts"),
        (Sense.REFERRAL, r"referr(?:als?|ed)|nrm"),
        (Sense.VICTIM, r"(?<!potential )(?<!possible )(?<!suspected )victims?"),
        (
            Sense.PEOPLE,
            (
                r"people|persons?|migrants?|individuals|men|women|children|asylum[ -]seekers?|refugees|humans?|souls|arrivals"
                r"|arrived|nationals|foreigners|entrants|potential victims?|possible victims?|suspected victims?"
            ),
        ),
        (Sense.BOAT, r"(?<!small )(?<!in )(?<!by )(?<!on )(?:boats?|vessels?|dingh(?:y|ies))"),
    )
)


def senses(text: str) -> dict[Sense, str]:
    """Return what the words of a text claim, each sense with the first word that says so."""
    return {sense: found.group() for sense, pattern in _PATTERNS if (found := pattern.search(text))}


def misfit(text: str, units: frozenset[Unit]) -> tuple[Sense, str] | None:
    """Return the word that says something else than what was counted, None where all fit.

    Args:
        text: the word or sentence.
        units: what the counts are of that the claim is about.
    """
    said = senses(text)
    if units <= RETURNS | {Unit.REFUSED}:
        if Sense.FORCED in said and units != {Unit.ENFORCED} and not {Sense.VOLUNTARY, Sense.REFUSED} & said.keys():
            return Sense.FORCED, said[Sense.FORCED]
        if Sense.VOLUNTARY in said and Unit.VOLUNTARY not in units and Unit.RETURN not in units:
            return Sense.VOLUNTARY, said[Sense.VOLUNTARY]
        alone = said.keys() <= {Sense.VOLUNTARY, Sense.RETURN, Sense.PEOPLE}
        if Sense.VOLUNTARY in said and alone and units != {Unit.VOLUNTARY}:
            return Sense.VOLUNTARY, said[Sense.VOLUNTARY]
        return None
    if units == {Unit.DETECTION} and Sense.PEOPLE in said:
        return Sense.PEOPLE, said[Sense.PEOPLE]
    people = said.get(Sense.PEOPLE, "")
    if units == {Unit.BOAT} and people and not people.lower().startswith("arriv") and Sense.BOAT not in said:
        return Sense.PEOPLE, people
    if units == {Unit.PERSON} and Sense.BOAT in said and Sense.PEOPLE not in said:
        return Sense.BOAT, said[Sense.BOAT]
    if units == {Unit.REFERRAL} and Sense.VICTIM in said:
        return Sense.VICTIM, said[Sense.VICTIM]
    return None
