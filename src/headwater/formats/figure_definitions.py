"""What each series of the official files counts, in plain words, and how a series of a plain CSV file is understood."""

from typing import Final

from headwater.model.figures import Definition, Unit

FRONTEX: Final = "frontex-ibc"
RETURNS: Final = "uk-returns"
SMALL_BOATS: Final = "uk-small-boats"
NRM: Final = "uk-nrm"

_DETECTION_NOTE: Final = (
    "Detections of irregular crossings of the external borders between crossing points, as member states report them to"
    " Frontex. Each is an event: one person can be detected several times on one journey, and who is not detected is not"
    " counted. The newest months are provisional and are revised."
)
_RETURN_NOTES: Final = {
    Unit.ENFORCED: (
        "People without the right to stay whose departure the Home Office carried out, deportations included. In UK"
        " statements 'returns' means enforced and voluntary together; only these are removals."
    ),
    Unit.VOLUNTARY: (
        "People without the right to stay who left by themselves, with help, with notice or found to have gone. Revised"
        " for more than a year, as departures are matched later."
    ),
    Unit.REFUSED: "People refused entry at a port who then left. They are counted apart from returns.",
    Unit.RETURN: "Enforced and voluntary returns together, as 'returns' is meant in UK statements.",
}
_NOTES: Final = {
    Unit.DETECTION: _DETECTION_NOTE,
    Unit.PERSON: "People detected arriving across the Channel in small boats. Provisional until the quarterly statistics.",
    Unit.BOAT: "Boats in which people were detected arriving across the Channel. Provisional until the quarterly statistics.",
    Unit.REFERRAL: (
        "Referrals of possible victims of trafficking or modern slavery to the National Referral Mechanism. A referral is"
        " not yet a finding; one person can be referred more than once."
    ),
    Unit.COUNT: "The file gives no definition.",
    **_RETURN_NOTES,
}
_SLUGS: Final = (
    ("enforced-plus-voluntary", Unit.RETURN),
    ("enforced-and-voluntary", Unit.RETURN),
    ("enforced", Unit.ENFORCED),
    ("voluntary", Unit.VOLUNTARY),
    ("refused", Unit.REFUSED),
    ("returns", Unit.RETURN),
)
GROUPS: Final = {
    "enforced": ("enforced", Unit.ENFORCED),
    "voluntary": ("voluntary", Unit.VOLUNTARY),
    "refused": ("refused-at-port", Unit.REFUSED),
}
"""First word of a Home Office return type group, with the name and unit of its series."""


def define(title: str, unit: Unit) -> Definition:
    """Return the definition of a series of a unit under its publisher's title."""
    return Definition(title, unit, _NOTES[unit])


def understood(name: str, title: str) -> Definition:
    """Return what a series of a plain file is taken to count, by the name of its source and its own."""
    source, _, slug = name.partition(".")
    words = slug.split("-")
    if title == name:  # a file that names its series as they are called here has no title of its own
        title = " ".join(words).title() if source.startswith("frontex") else " ".join(words).capitalize()
    if source.startswith("frontex"):
        return define(title, Unit.DETECTION)
    if "returns" in source:
        return define(title, next((unit for part, unit in _SLUGS if part in slug), Unit.COUNT))
    if "small-boats" in source:
        plain = {"people": Unit.PERSON, "migrants": Unit.PERSON, "boats": Unit.BOAT}
        return define(title, plain.get(words[0], Unit.COUNT) if "prevented" not in words else Unit.COUNT)
    if "nrm" in source.split("-") and "referrals" in words:
        return define(title, Unit.REFERRAL)
    return define(title, Unit.COUNT)
