"""Columns: what is compared of a unit, brought to one form with screening's own means, beside the originals.

A name in Serbian Cyrillic, Serbian Latin, Albanian and English spelling gives the same columns: its parts as `names`
reads them, each as its `hull`, the sounds with those merged that a keyboard without diacritics or a clerk of the
neighbouring state does not tell apart. Which parts of names are near each other is asked of screening's `likeness`.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Final

from headwater.engines.match.given import is_given
from headwater.engines.match.identifiers import normal, optical
from headwater.engines.match.link.near import neighbours
from headwater.engines.match.link.units import Sort, Unit
from headwater.engines.match.link.values import (
    WHOLE_DATE,
    Row,
    born,
    contacts_of,
    hull,
    numbers_of,
    plate,
    state_of,
    text_of,
    texts_of,
    vins_of,
    words_in,
)
from headwater.engines.match.names import Kind, Name, Part
from headwater.engines.match.plain_names import parse

LEAST_WORD: Final = 12
WORD_SHARE: Final = 400
"""A word of a firm's name tells it apart where at most one firm in so many bears it, or a dozen."""
MOST_SHARED: Final = 60
"""Units that one key of a block may hold; a commoner key compares nobody, and the run says how many there were."""
_STATE_NUMBERS: Final = ("idNumber", "socialSecurityNumber", "innCode")
_PAPERS: Final = ("passportNumber", "taxNumber", "licenseNumber")
_COMPANY_NUMBERS: Final = ("registrationNumber", "taxNumber", "vatCode", "leiCode", "innCode", "ogrnCode", "dunsCode")
_PERSON_NAMES: Final = ("name", "alias", "previousName")
_WITH_NEIGHBOURS: Final[Mapping[Sort, tuple[str, ...]]] = {
    Sort.PERSON: ("family", "given"),
}
_GIVEN: Final = Kind.GIVEN
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


def _person(unit: Unit, parts: dict[str, dict[str, Part]]) -> Row:
    names = [name for text in texts_of(unit, *_PERSON_NAMES) if (name := parse(text, person=True))]
    given, family = _split(unit, names)
    row = _NOBODY.copy()  # most columns of most records are empty, and to fill a dictionary anew takes longer
    if given is not None:
        row["given"] = called = hull(given.sound)
        parts["given"].setdefault(called, given)
        if called:
            row["initial"], row["lone"] = called[:1], int(len(called) == 1)
        if is_given(given.sound):
            row["named"] = "yes"
    if family is not None:
        row["family"] = kin = hull(family.sound)
        parts["family"].setdefault(kin, family)
    words = {hull(part.sound) for name in names for part in name.parts if len(part.plain) > 1}
    row["words"] = sorted(words) or None
    said = unit.values
    if "birthDate" in said:
        row.update(born(texts_of(unit, "birthDate")))
    if "gender" in said:
        row["gender"] = said["gender"][0].value.strip().casefold()[:1]
    row["place"], row["father"] = text_of(unit, "birthPlace"), text_of(unit, "fatherName")
    row.update(numbers_of(unit, _STATE_NUMBERS, _PAPERS))
    row.update(contacts_of(unit))
    row["keys"] = _person_keys(row, family, given)
    return row


_NOBODY: Final[Row] = dict.fromkeys(
    (
        *("family", "given", "initial", "lone", "named", "words"),
        *("birth", "date", "year", "day", "whole", "births", "turned", "place", "gender", "father"),
        *("numbers", "number", "optical", "state", "contacts", "address", "street", "house", "keys"),
    )
)
"""The columns of a person of whom nothing is said."""


def _split(unit: Unit, names: Sequence[Name]) -> tuple[Part | None, Part | None]:
    """Return given and family name: as the record tells them apart, else by place, a known given name first."""
    first = _first_part(unit, "firstName") if "firstName" in unit.values else None
    last = _first_part(unit, "lastName") if "lastName" in unit.values else None
    parts = names[0].parts if names else ()
    if not parts:
        return first, last
    given, family = parts[0], parts[-1]
    if len(parts) > 1 and family.kind is _GIVEN and given.kind is not _GIVEN:
        given, family = family, given
    if len(parts) == 1:
        return first, last or family
    return first or given, last or family


def _first_part(unit: Unit, prop: str) -> Part | None:
    place = 0 if prop == "firstName" else -1
    told = (_part_in(one.value, place) for one in unit.values[prop])
    return next((part for part in told if part is not None), None)


@lru_cache(maxsize=1 << 16)
def _part_in(text: str, place: int) -> Part | None:
    """Return the first or the last part of a text; given names come again and again."""
    name = parse(text, person=True)
    return name.parts[place] if name else None


def _person_keys(row: Row, family: Part | None, given: Part | None) -> list[str]:
    """Return the keys under which a person is looked for: numbers, contacts, and parts of the name with the birth date."""
    keys = [f"n{number}" for number in row["optical"]] if row["optical"] else []
    if row["contacts"]:
        keys += [f"c{contact}" for contact in row["contacts"]]
    date, called, kin = row["birth"] or "", row["given"], row["family"]
    year = date[:4]
    bones = sorted({part.bones or part.sound for part in (family, given) if part})
    if bones:
        both = f"w{' '.join(bones)}"
        keys += (f"{both}|{year}", both)
    if family and given:
        keys += (f"g{called}|{family.bones[:3]}", f"f{kin}|{called[:1]}")
    if len(date) == WHOLE_DATE:
        # Day and month in either order are one key, so that swapped dates meet.
        one, other = date[5:7], date[8:]
        day = f"{year}{one}{other}" if one < other else f"{year}{other}{one}"
        keys += [f"d{day}|{bone[:2]}" for bone in bones]
        keys += [f"m{date[5:]}|{bone}" for bone in bones]
    if date:
        keys += [f"y{year}|{word}" for word in (kin, called) if word]
    if called and row["address"]:
        keys.append(f"a{row['address']}|{called}")
    return list(dict.fromkeys(keys))


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
        **numbers_of(unit, _COMPANY_NUMBERS, ()),
        **contacts_of(unit),
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
    vins = vins_of(unit)
    plates = [number for one in unit.said("registrationNumber") if (number := plate(one.value)) and number not in vins]
    row: Row = {
        "plates": plates or None,
        "plates_optical": sorted({optical(number) for number in plates}) or None,
        "numbers": vins or None,
        "number": vins[0] if vins else None,
        "optical": sorted({optical(number) for number in vins}) or None,
        "state": state_of(unit) if vins else None,
        "make": " ".join(sorted(words_in(next(iter(texts_of(unit, "name", "model")), "")))) or None,
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
    title = " ".join(sorted(words_in(next(iter(texts_of(unit, "name")), "")))) or None
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
