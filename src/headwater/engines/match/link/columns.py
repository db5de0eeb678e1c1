"""Columns: what is compared of a unit, brought to one form with screening's own means, beside the originals.

A name in Serbian Cyrillic, Serbian Latin, Albanian and English spelling gives the same columns: its parts as `names`
reads them, each as its `hull`, the sounds with those merged that a keyboard without diacritics or a clerk of the
neighbouring state does not tell apart. Which parts of names are near each other is asked of screening's `likeness`.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

from headwater.engines.match.dates import read_date, salvage_date
from headwater.engines.match.given import is_given
from headwater.engines.match.identifiers import normal, optical
from headwater.engines.match.likeness import likeness
from headwater.engines.match.link.units import Sort, Unit
from headwater.engines.match.names import Kind, Name, Part, parse

Row = dict[str, Any]

NEAR: Final = 0.72
"""Screening's likeness from which two parts of names count as near. Chosen on the fitting half."""
MOST_NEAR: Final = 48
"""Neighbours kept of one part; a part with more is so short that its neighbours say nothing."""
LEAST_WORD: Final = 12
WORD_SHARE: Final = 400
"""A word of a firm's name tells it apart where at most one firm in so many bears it, or a dozen."""
WHOLE_DATE: Final = 10
VIN_LENGTH: Final = 17
PHONE_FIGURES: Final = 8
"""Last figures of a telephone number that are compared: with and without the country's code they are the same."""
MOST_SHARED: Final = 60
"""Units that one key of a block may hold; a commoner key compares nobody, and the run says how many there were."""
_MERGED: Final = str.maketrans({"S": "s", "Z": "z", "C": "c", "q": "c", "J": "d", "j": "i", "T": "t", "D": "d"})
_RUN: Final = re.compile(r"(.)\1+")
_PERSON_NAMES: Final = ("name", "alias", "previousName")
_WITH_NEIGHBOURS: Final[Mapping[Sort, tuple[str, ...]]] = {
    Sort.PERSON: ("family", "given"),
}
_STATE_NUMBERS: Final = ("idNumber", "socialSecurityNumber", "innCode")
_PAPERS: Final = ("passportNumber", "taxNumber", "licenseNumber")
_COMPANY_NUMBERS: Final = ("registrationNumber", "taxNumber", "vatCode", "leiCode", "innCode", "ogrnCode", "dunsCode")


@lru_cache(maxsize=1 << 16)
def hull(sound: str) -> str:
    """Return a folded word with the sounds merged that states spell alike: š with s, ć with c and q, đ with d, j with i."""
    return _RUN.sub(r"\1", sound.translate(_MERGED))


LISTS: Final = frozenset(
    {
        "words",
        "births",
        "turned",
        "numbers",
        "optical",
        "contacts",
        "plates",
        "plates_optical",
        "calls",
        "keys",
        "kin",
    }
)
"""Columns that hold several values."""
SPELLED: Final = frozenset({"date", "number", "street", "spelled"})
"""Columns that are compared letter by letter."""
NUMBERED: Final = frozenset({"unique_id", "year", "day", "whole", "lone", "letters"})
"""Columns that are numbers themselves."""


class Laid:
    """The rows of units of one sort, each made when it is asked for; and once all were, the neighbours of their names."""

    def __init__(self, units: Sequence[Unit]) -> None:
        """Make none yet."""
        self._units = units
        self._parts: dict[str, dict[str, Part]] = defaultdict(dict)

    def rows(self) -> Iterator[Row]:
        """Yield the rows in the order of the units."""
        if not self._units:
            return
        sort = self._units[0].sort
        if sort is Sort.ORGANISATION:
            made = list(self._built())
            _tell_words(made, neighbours(self._parts["words"]))
            yield from made
        else:
            yield from self._built()

    def near(self) -> dict[str, dict[str, list[str]]]:
        """Return the neighbours of the names in each column that is laid beside its neighbours."""
        sort = self._units[0].sort
        return {column: neighbours(self._parts[column]) for column in _WITH_NEIGHBOURS.get(sort, ())}

    def _built(self) -> Iterator[Row]:
        build = _BUILDERS[self._units[0].sort]
        for at, unit in enumerate(self._units):
            row = build(unit, self._parts)
            row["unique_id"] = at
            yield row


def rows_of(units: Sequence[Unit]) -> list[Row]:
    """Return the columns of units of one sort, in their order, with the neighbours of their names."""
    laid = Laid(units)
    rows = list(laid.rows())
    for column, near in laid.near().items() if rows else ():
        for row in rows:
            row[f"{column}_near"] = near.get(row[column]) or None
    return rows


def near_in(rows: Sequence[Row]) -> dict[str, dict[str, list[str]]]:
    """Return the neighbours of names that stand in rows."""
    columns = [name.removesuffix("_near") for name in rows[0] if name.endswith("_near")]
    return {column: {row[column]: row[f"{column}_near"] or [] for row in rows} for column in columns}


def _tell_words(rows: Sequence[Row], near: Mapping[str, list[str]]) -> None:
    """Keep the words of firms' names that few firms bear; beside them their neighbours, and keys of both."""
    counts = Counter(word for row in rows for word in row["words"] or ())
    most = max(LEAST_WORD, len(rows) // WORD_SHARE)
    for row in rows:
        telling = [word for word in row["words"] or () if counts[word] <= most]
        kin = sorted({*telling, *(other for word in telling for other in near.get(word, ()) if counts[other] <= most)})
        row["words"], row["kin"] = telling or None, kin or None
        row["core"] = " ".join(telling) or None
        row["keys"] = sorted({*row["keys"], *(f"k{word}" for word in kin)})


def neighbours(known: Mapping[str, Part]) -> dict[str, list[str]]:
    """Return, for every hull, the hulls that screening finds near it, without itself.

    Words are laid side by side where their consonants agree, or where one letter taken out of either leaves the same.
    """
    blocks: dict[str, list[str]] = defaultdict(list)
    for word, part in sorted(known.items()):
        for key in {f"b{part.bones}", *(f"d{word[:at]}{word[at + 1 :]}" for at in range(len(word))), f"d{word}"}:
            blocks[key].append(word)
    near: dict[str, set[str]] = defaultdict(set)
    for words in blocks.values():
        for at, left in enumerate(words[:MOST_NEAR]):
            for right in words[at + 1 : MOST_NEAR]:
                if right not in near[left] and likeness(known[left], known[right])[0] >= NEAR:
                    near[left].add(right)
                    near[right].add(left)
    return {word: sorted(found)[:MOST_NEAR] for word, found in near.items() if found}


def phone_of(text: str) -> str:
    """Return the last figures of a telephone number, empty where there are too few to say anything."""
    figures = "".join(letter for letter in text if letter.isdecimal() and letter.isascii())
    return figures[-PHONE_FIGURES:] if len(figures) >= PHONE_FIGURES - 1 else ""


def sure_numbers(unit: Unit) -> frozenset[str]:
    """Return the numbers of which a thing has one alone, each with who gives it out: two that differ are two things."""
    state = unit.originator.partition("-")[0]
    if unit.sort is Sort.PERSON:
        return frozenset(f"{state}:{optical(normal(one.value))}" for one in unit.said("idNumber") if normal(one.value))
    if unit.sort is Sort.ORGANISATION:
        return frozenset(
            f"{state}:{optical(normal(one.value))}" for one in unit.said("registrationNumber") if normal(one.value)
        )
    if unit.sort is Sort.VESSEL:
        return frozenset(f"imo:{optical(normal(one.value))}" for one in unit.said("imoNumber") if normal(one.value))
    return frozenset(f"vin:{optical(vin)}" for vin in _vins(unit))


def _person(unit: Unit, parts: dict[str, dict[str, Part]]) -> Row:
    names = [name for one in unit.said(*_PERSON_NAMES) if (name := parse(one.value, person=True))]
    given, family = _split(unit, names)
    for column, part in (("given", given), ("family", family)):
        if part is not None:
            parts[column].setdefault(hull(part.sound), part)
    words = {hull(part.sound) for name in names for part in name.parts if len(part.plain) > 1}
    births = [date for one in unit.said("birthDate") if (date := _date_in(one.value))]
    birth = births[0] if births else None
    called = hull(given.sound) if given else None
    row: Row = {
        "family": hull(family.sound) if family else None,
        "given": called,
        "initial": called[:1] if called else None,
        "lone": int(len(called) == 1) if called else None,
        "named": "yes" if given and is_given(given.sound) else None,
        "words": sorted(words) or None,
        "birth": birth,
        "date": birth,
        "year": int(birth[:4]) if birth else None,
        "day": int(birth[5:7] + birth[8:]) if birth and len(birth) == WHOLE_DATE else None,
        "whole": int(len(birth) == WHOLE_DATE) if birth else None,
        "births": [date for date in births if len(date) == WHOLE_DATE] or None,
        "turned": _turned(birth) or None,
        "place": _text(unit, "birthPlace"),
        "gender": next((one.value.strip().casefold()[:1] for one in unit.said("gender")), None),
        "father": _text(unit, "fatherName"),
        **_numbers(unit, _STATE_NUMBERS, _PAPERS),
        **_contacts(unit),
    }
    row["keys"] = sorted(set(_person_keys(row, family, given)))
    return row


@lru_cache(maxsize=1 << 16)
def _date_in(text: str) -> str | None:
    return read_date(text) or salvage_date(text)


def _split(unit: Unit, names: Sequence[Name]) -> tuple[Part | None, Part | None]:
    """Return given and family name: as the record tells them apart, else by place, a known given name first."""
    told = [_first_part(unit, prop) for prop in ("firstName", "lastName")]
    parts = names[0].parts if names else ()
    if not parts:
        return told[0], told[1]
    given, family = parts[0], parts[-1]
    if len(parts) > 1 and family.kind is Kind.GIVEN and given.kind is not Kind.GIVEN:
        given, family = family, given
    if len(parts) == 1:
        return told[0], told[1] or family
    return told[0] or given, told[1] or family


def _first_part(unit: Unit, prop: str) -> Part | None:
    found = next((name for one in unit.said(prop) if (name := _name_in(one.value))), None)
    return found.parts[0 if prop == "firstName" else -1] if found else None


@lru_cache(maxsize=1 << 15)
def _name_in(text: str) -> Name | None:
    return parse(text, person=True)


def _person_keys(row: Row, family: Part | None, given: Part | None) -> Iterator[str]:
    """Yield the keys under which a person is looked for: numbers, contacts, and parts of the name with the birth date."""
    yield from (f"n{number}" for number in row["optical"] or ())
    yield from (f"c{contact}" for contact in row["contacts"] or ())
    date = row["birth"] or ""
    bones = sorted({part.bones or part.sound for part in (family, given) if part})
    if bones:
        yield f"w{' '.join(bones)}|{date[:4]}"
        yield f"w{' '.join(bones)}"
    if family and given:
        yield f"g{row['given']}|{family.bones[:3]}"
        yield f"f{row['family']}|{row['given'][:1]}"
    if len(date) == WHOLE_DATE:
        # Day and month in either order are one key, so that swapped dates meet.
        day = f"{date[:4]}{''.join(sorted((date[5:7], date[8:])))}"
        yield from (f"d{day}|{bone[:2]}" for bone in bones)
        yield from (f"m{date[5:]}|{bone}" for bone in bones)
    yield from (f"y{date[:4]}|{word}" for word in {row["family"], row["given"]} if date and word)
    if row["address"]:
        yield from (f"a{row['address']}|{word}" for word in {row["given"]} if word)


def _organisation(unit: Unit, parts: dict[str, dict[str, Part]]) -> Row:
    names = [name for one in unit.said("name", "alias", "previousName") if (name := parse(one.value, person=False))]
    words = [part for part in names[0].parts if part.kind is not Kind.FORM] if names else []
    hulls = [hull(part.sound) for part in words]
    telling = [hull(part.sound) for part in words if part.kind is Kind.WORD]
    alike = {hull(part.sound): part for name in names for part in name.parts if part.kind is Kind.WORD}
    parts["words"] |= {word: part for word, part in alike.items() if word not in parts["words"]}
    title = " ".join(sorted(hulls)) or None
    row: Row = {
        "title": title,
        "spelled": title,
        "letters": len(title) if title else None,
        "words": sorted(alike) or None,
        **_numbers(unit, _COMPANY_NUMBERS, ()),
        **_contacts(unit),
    }
    keys = [f"n{number}" for number in row["optical"] or ()] + [f"c{contact}" for contact in row["contacts"] or ()]
    keys += [f"t{row['title']}"] if row["title"] else []
    bones = [part.bones or part.sound for part in words if part.kind is Kind.WORD]
    keys += [f"b{' '.join(sorted(bones))}"] if bones else []
    keys += [f"p{one} {other}" for at, one in enumerate(telling) for other in telling[at + 1 :]][:12]
    row["keys"] = sorted(set(keys))
    return row


def _vehicle(unit: Unit, parts: dict[str, dict[str, Part]]) -> Row:
    del parts
    vins = _vins(unit)
    plates = [number for one in unit.said("registrationNumber") if (number := plate(one.value)) and number not in vins]
    row: Row = {
        "plates": plates or None,
        "plates_optical": sorted({optical(number) for number in plates}) or None,
        "numbers": vins or None,
        "number": vins[0] if vins else None,
        "optical": sorted({optical(number) for number in vins}) or None,
        "state": _state(unit) if vins else None,
        "make": " ".join(sorted(_hulls(unit, "name", "model"))) or None,
        "built": next((one.value[:4] for one in unit.said("buildDate")), None),
    }
    row["keys"] = sorted(
        {*(f"p{one}" for one in row["plates_optical"] or ()), *(f"n{one}" for one in row["optical"] or ())}
    )
    return row


def _vessel(unit: Unit, parts: dict[str, dict[str, Part]]) -> Row:
    del parts
    imo = [number for one in unit.said("imoNumber") if (number := normal(one.value))]
    calls = [number for one in unit.said("mmsi", "callSign", "registrationNumber") if (number := normal(one.value))]
    title = " ".join(sorted(_hulls(unit, "name"))) or None
    row: Row = {
        "title": title,
        "spelled": title,
        "letters": len(title) if title else None,
        "numbers": imo or None,
        "number": imo[0] if imo else None,
        "optical": sorted({optical(number) for number in imo}) or None,
        "state": "imo" if imo else None,
        "calls": sorted(set(calls)) or None,
        "built": next((one.value[:4] for one in unit.said("buildDate")), None),
    }
    keys = {*(f"n{one}" for one in row["optical"] or ()), *(f"c{one}" for one in row["calls"] or ())}
    row["keys"] = sorted(keys | ({f"t{title}"} if title else set()))
    return row


_BUILDERS: Final[Mapping[Sort, Callable[[Unit, dict[str, dict[str, Part]]], Row]]] = {
    Sort.PERSON: _person,
    Sort.ORGANISATION: _organisation,
    Sort.VEHICLE: _vehicle,
    Sort.VESSEL: _vessel,
}


def plate(text: str) -> str:
    """Return a plate in capitals and figures only, empty where it is too short to say anything."""
    plain = "".join(letter for letter in text.upper() if letter.isalnum() and letter.isascii())
    return plain if len(plain) >= 4 and any(letter.isdigit() for letter in plain) else ""  # noqa: PLR2004


def _vins(unit: Unit) -> list[str]:
    found = (normal(one.value) for one in unit.said("registrationNumber", "serialNumber"))
    return sorted({number for number in found if len(number) == VIN_LENGTH})


def _state(unit: Unit) -> str:
    return unit.originator.partition("-")[0]


def _numbers(unit: Unit, sure: Sequence[str], others: Sequence[str]) -> Row:
    """Return the numbers of a unit, and the state where one alone stands for the thing there."""
    numbers = sorted({number for one in unit.said(*sure, *others) if (number := normal(one.value))})
    return {
        "numbers": numbers or None,
        "number": numbers[0] if numbers else None,
        "optical": sorted({optical(number) for number in numbers}) or None,
        "state": _state(unit) if sure_numbers(unit) else None,
    }


def _contacts(unit: Unit) -> Row:
    phones = {number for one in unit.said("phone") if (number := phone_of(one.value))}
    mails = {one.value.strip().casefold() for one in unit.said("email", "website")}
    words = _hulls(unit, "address")
    address = " ".join(words) or None
    return {
        "contacts": sorted(phones | mails) or None,
        "address": address,
        "street": address,
        "house": " ".join(word for word in words if word[:1].isdigit()) or None,
    }


def _hulls(unit: Unit, *props: str) -> tuple[str, ...]:
    """Return the words of the first value of some properties, each as its hull, in order."""
    return _words_in(next((one.value for one in unit.said(*props)), ""))


@lru_cache(maxsize=1 << 18)
def _words_in(text: str) -> tuple[str, ...]:
    """Return the words of a text, each as its hull; places, streets and fathers' names come again and again."""
    name = parse(text, person=False)
    return tuple(hull(part.sound) for part in name.parts) if name else ()


def _text(unit: Unit, prop: str) -> str | None:
    return " ".join(_hulls(unit, prop)) or None


@lru_cache(maxsize=1 << 16)
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
