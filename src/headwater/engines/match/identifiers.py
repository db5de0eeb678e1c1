"""Identifiers decide before names: passports, national and company numbers, ships' numbers, plates and frames."""

import re
from enum import StrEnum
from typing import Final

MIN_LENGTH: Final = 5
"""Letters and figures of the shortest identifier that says anything."""
_JUNK: Final = re.compile(r"[^0-9A-Z]+")
_OPTICAL: Final = str.maketrans({"O": "0", "Q": "0", "D": "0", "I": "1", "L": "1", "B": "8", "S": "5", "Z": "2"})
_IMO_DIGITS: Final = 7


class IdClass(StrEnum):
    """How two identifiers agree."""

    EQUAL = "equal"
    OPTICAL = "optical"
    DIFFERENT = "different"


def normal(number: str) -> str:
    """Return an identifier in capitals and figures only, an IMO prefix off; empty where it is too short to say anything."""
    plain = _JUNK.sub("", number.upper())
    if plain.startswith("IMO") and plain[3:].isdigit():
        plain = plain[3:]
    return plain if len(plain) >= MIN_LENGTH and len(set(plain)) > 1 and not plain.isalpha() else ""


def optical(number: str) -> str:
    """Return a normal identifier as a camera might read it: O and 0, I and 1, B and 8, S and 5 are one."""
    return number.translate(_OPTICAL)


def compare_numbers(left: str, right: str) -> IdClass:
    """Return how two normal identifiers agree."""
    if left == right:
        return IdClass.EQUAL
    return IdClass.OPTICAL if optical(left) == optical(right) else IdClass.DIFFERENT


def is_imo_shaped(number: str) -> bool:
    """Return whether a normal identifier has the seven figures of a ship's number."""
    return len(number) == _IMO_DIGITS and number.isdecimal()


def imo_is_valid(number: str) -> bool:
    """Return whether a ship's number has seven figures of which the last is the check digit.

    Source: IMO resolution A.1117(30): the first six figures times 7 down to 2; the last figure of the sum.
    """
    plain = normal(number)
    if not is_imo_shaped(plain):
        return False
    total = sum(int(figure) * weight for figure, weight in zip(plain[:6], range(7, 1, -1), strict=True))
    return total % 10 == int(plain[6])
