"""Values: what a unit says, brought to the form in which it is compared: numbers, dates, contacts, and words as their hulls."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final

from headwater.engines.match.dates import read_date, salvage_date
from headwater.engines.match.identifiers import normal, optical
from headwater.engines.match.link.units import Sort, Unit
from headwater.engines.match.plain_names import parse

Row = dict[str, Any]

WHOLE_DATE: Final = 10
VIN_LENGTH: Final = 17
PHONE_FIGURES: Final = 8
"""Last figures of a telephone number that are compared: with and without the country's code they are the same."""
_MERGED: Final = str.maketrans({"S": "s", "Z": "z", "C": "c", "q": "c", "J": "d", "j": "i", "T": "t", "D": "d"})
_NO_FIGURE: Final = re.compile("[^0-9]+")
_RUN: Final = re.compile(r"(.)\1+")


@lru_cache(maxsize=1 << 16)
def hull(sound: str) -> str:
    """Return a folded word with the sounds merged that states spell alike: š with s, ć with c and q, đ with d, j with i."""
    return _RUN.sub(r"\1", sound.translate(_MERGED))


def texts_of(unit: Unit, *props: str) -> list[str]:
    """Return the values of some properties."""
    values = unit.values
    return [one.value for prop in props if prop in values for one in values[prop]]


def born(texts: Sequence[str]) -> Row:
    """Return the columns of the dates of birth that a unit gives."""
    if len(texts) == 1:
        return _born_on(texts[0])
    births = [date for text in texts if (date := _date_in(text))]
    first = _born_on(births[0] if births else "")
    return {**first, "births": [date for date in births if len(date) == WHOLE_DATE] or None}


@lru_cache(maxsize=1 << 16)
def _born_on(text: str) -> Row:
    """Return the columns of one date of birth: of the days of a century there are fewer than forty thousand."""
    birth = _date_in(text)
    whole = birth is not None and len(birth) == WHOLE_DATE
    return {
        "birth": birth,
        "date": birth,
        "year": int(birth[:4]) if birth else None,
        "day": int(birth[5:7] + birth[8:]) if birth and whole else None,
        "whole": int(whole) if birth else None,
        "births": [birth] if whole else None,
        "turned": _turned(birth) or None,
    }


def _date_in(text: str) -> str | None:
    return read_date(text) or salvage_date(text)


def numbers_of(unit: Unit, sure: Sequence[str], others: Sequence[str]) -> Row:
    """Return the numbers of a unit, and the state where one alone stands for the thing there."""
    numbers = {number for text in texts_of(unit, *sure, *others) if (number := normal(text))}
    if not numbers:
        return _NO_NUMBERS
    state = state_of(unit) if sure_numbers(unit) else None
    if len(numbers) == 1:
        (number,) = numbers
        return {"numbers": [number], "number": number, "optical": [optical(number)], "state": state}
    ordered = sorted(numbers)
    alike = sorted({optical(number) for number in numbers})
    return {"numbers": ordered, "number": ordered[0], "optical": alike, "state": state}


_NO_NUMBERS: Final[Row] = dict.fromkeys(("numbers", "number", "optical", "state"))


def contacts_of(unit: Unit) -> Row:
    """Return the columns of where a unit can be reached."""
    said = unit.values
    found = {number for one in said["phone"] if (number := phone_of(one.value))} if "phone" in said else set()
    if "email" in said or "website" in said:
        found |= {text.strip().casefold() for text in texts_of(unit, "email", "website")}
    address, house = _lived_at(said["address"][0].value) if "address" in said else (None, None)
    return {"contacts": sorted(found) or None, "address": address, "street": address, "house": house}


@lru_cache(maxsize=1 << 17)
def _lived_at(text: str) -> tuple[str | None, str | None]:
    """Return the words of an address, each as its hull, and the number of the house."""
    words = words_in(text)
    return " ".join(words) or None, " ".join([word for word in words if word[:1].isdigit()]) or None


def words_in(text: str) -> list[str]:
    """Return the words of a text, each as its hull."""
    name = parse(text, person=False)
    return [hull(part.sound) for part in name.parts] if name else []


@lru_cache(maxsize=1 << 17)
def _line(text: str) -> str | None:
    """Return the words of a text, each as its hull, in one; places, makes and fathers' names come again and again."""
    return " ".join(words_in(text)) or None


def text_of(unit: Unit, prop: str) -> str | None:
    """Return the words of the first value of a property."""
    return _line(unit.values[prop][0].value) if prop in unit.values else None


def _turned(birth: str | None) -> Sequence[str]:
    """Return the dates that a slip makes of a whole date: day and month swapped, or two neighbouring figures."""
    if birth is None or len(birth) != WHOLE_DATE:
        return ()
    figures = birth.replace("-", "")
    turned = {f"{birth[:4]}-{birth[8:]}-{birth[5:7]}"}
    for at in range(len(figures) - 1):
        swapped = figures[:at] + figures[at + 1] + figures[at] + figures[at + 2 :]
        turned.add(f"{swapped[:4]}-{swapped[4:6]}-{swapped[6:]}")
    return tuple(sorted(turned - {birth}))


def phone_of(text: str) -> str:
    """Return the last figures of a telephone number, empty where there are too few to say anything."""
    figures = _NO_FIGURE.sub("", text)
    return figures[-PHONE_FIGURES:] if len(figures) >= PHONE_FIGURES - 1 else ""


def plate(text: str) -> str:
    """Return a plate in capitals and figures only, empty where it is too short to say anything."""
    plain = "".join(letter for letter in text.upper() if letter.isalnum() and letter.isascii())
    return plain if len(plain) >= 4 and any(letter.isdigit() for letter in plain) else ""  # noqa: PLR2004


def vins_of(unit: Unit) -> list[str]:
    """Return the frame numbers of a vehicle, in order."""
    found = (normal(one.value) for one in unit.said("registrationNumber", "serialNumber"))
    return sorted({number for number in found if len(number) == VIN_LENGTH})


def state_of(unit: Unit) -> str:
    """Return the state whose authority speaks of a unit."""
    return unit.originator.partition("-")[0]


def sure_numbers(unit: Unit) -> frozenset[str]:
    """Return the numbers of which a thing has one alone, each with who gives it out: two that differ are two things."""
    if unit.sort is Sort.VEHICLE:
        return frozenset([f"vin:{optical(vin)}" for vin in vins_of(unit)])
    prop, register = _SURE[unit.sort]
    if prop not in unit.values:
        return _NONE
    numbers = [number for one in unit.values[prop] if (number := normal(one.value))]
    return frozenset([f"{register or state_of(unit)}:{optical(number)}" for number in numbers])


_SURE: Final = {
    Sort.PERSON: ("idNumber", ""),
    Sort.ORGANISATION: ("registrationNumber", ""),
    Sort.VESSEL: ("imoNumber", "imo"),
}
"""What gives the one number that a thing has, and the register; without one it is the state's that speaks of it."""
_NONE: Final[frozenset[str]] = frozenset()
