"""Release outside an agreement: what may be written into a file that nobody controls afterwards."""

from collections.abc import Iterable
from typing import Final

from headwater.errors import ForbiddenError, Place
from headwater.model.handling import Handling, join_all

CLOSED_CODES: Final = frozenset({"C", "H1", "H2", "H3", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED"})
"""Handling codes under which a thing goes to named recipients only."""


def check_release(handlings: Iterable[Handling]) -> None:
    """Return when what is made of some records may leave without an agreement; refuse otherwise.

    Raises:
        ForbiddenError: the joined handling names recipients, conditions or markings, so only a message under an
            agreement can carry it; the text names the rule.
    """
    joined = join_all(handlings)
    rules = (
        ("onward-never", joined.never_onward),
        ("onward-consent", joined.releasable_to is not None),
        ("handling-code", bool(joined.codes & CLOSED_CODES)),
        ("condition-text", bool(joined.conditions)),
        ("addressee", joined.addressees is not None),
        ("classification", bool(joined.markings)),
    )
    for rule, bites in rules:
        if bites:
            raise ForbiddenError(
                f"rule {rule}: what it rests on may not leave without an agreement",
                where=Place(field="handling"),
                fix="send it to a partner under an agreement: headwater send",
            )
