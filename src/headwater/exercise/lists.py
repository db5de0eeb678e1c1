"""Fictional sanctions lists in the official formats: nobody on them exists, and the same seed gives the same bytes."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Final

from headwater.errors import SchemaError
from headwater.exercise.names import COUNTRIES, TOWNS, company_name, person_name, plain, ship_name

PUBLISHED: Final = date(2026, 2, 13)
"""Day that a list is published on when nothing else is said."""
REGIME: Final = "The Global Irregular Migration and Trafficking in Persons Sanctions Regulations 2025"
MEASURES: Final = ("Asset freeze", "Travel Ban", "Director Disqualification Sanction")
FICTION: Final = "Invented entry: nobody and nothing in it exists."
_ENTITY_SHARE: Final = 0.25
_SHIP_SHARE: Final = 0.05
_POSITIONS: Final = ("Invented boat supplier", "Invented money changer", "Invented recruiter", "Invented driver")
_SHIP_TYPES: Final = ("General Cargo", "Fishing Vessel", "Tug")


@dataclass(frozen=True, slots=True, kw_only=True)
class Designation:
    """One fictional designation; what is empty is not said.

    Attributes:
        number: place in the list, from 1; the identifiers of every format come from it.
        kind: ``Individual``, ``Entity`` or ``Ship``.
        given, family: parts of the name; a company or ship has its whole name in `family`.
        aliases: other names of good quality.
        weak_aliases: other names of low quality.
        native, language, script: the name in its own script.
        born: year, month or day of birth.
        imo: IMO number of a ship, with its check digit.
    """

    number: int
    kind: str
    family: str
    given: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    weak_aliases: tuple[str, ...] = ()
    native: str = ""
    language: str = ""
    script: str = ""
    gender: str = ""
    born: str = ""
    birth_town: str = ""
    birth_country: str = ""
    nationality: str = ""
    passport: str = ""
    national_id: str = ""
    position: str = ""
    street: str = ""
    town: str = ""
    postcode: str = ""
    country: str = ""
    legal_form: str = ""
    registration: str = ""
    website: str = ""
    imo: str = ""
    flag: str = ""
    ship_type: str = ""
    tonnage: str = ""
    year_built: str = ""
    measures: tuple[str, ...] = MEASURES
    reason: str = ""
    listed: date = field(default=PUBLISHED)
    updated: date = field(default=PUBLISHED)

    @property
    def name(self) -> str:
        """The whole name, given names first."""
        return " ".join((*self.given, self.family))


def make_list(entries: int, seed: int, *, published: date = PUBLISHED) -> list[Designation]:
    """Return fictional designations: the first entries of a longer list with the same seed are the same.

    Args:
        entries: how many, at least one.
        seed: what they are drawn from.
        published: the day of the list; every date in it lies before.

    Raises:
        SchemaError: fewer than one entry.
    """
    if entries < 1:
        raise SchemaError("a list without entries", fix="ask for at least one")
    return [_designation(number, Random(f"{seed}/{number}"), published) for number in range(1, entries + 1)]


def _designation(number: int, draw: Random, published: date) -> Designation:
    share = draw.random()
    if share < _SHIP_SHARE:
        return _ship(number, draw, published)
    return _entity(number, draw, published) if share < _SHIP_SHARE + _ENTITY_SHARE else _person(number, draw, published)


def _person(number: int, draw: Random, published: date) -> Designation:
    female = draw.randrange(6) == 0
    name = person_name(draw, female=female)
    whole = " ".join((*name.given, name.family))
    country, town = COUNTRIES[name.language], draw.choice(TOWNS[name.language])
    listed = published - timedelta(days=draw.randrange(1, 180))
    spelled = plain(whole)
    aliases = [spelled] if spelled != whole else []
    if draw.randrange(3) == 0:
        aliases.append(f"{name.given[0]} {plain(person_name(draw, female=female).family)}")
    return Designation(
        number=number,
        kind="Individual",
        given=name.given,
        family=name.family,
        aliases=tuple(aliases),
        weak_aliases=(f"Test-{name.given[-1][:3]}",) if draw.randrange(5) == 0 else (),
        native=name.native or "",
        language=name.language if name.native else "",
        script=name.script if name.native else "",
        gender="Female" if female else "Male",
        born=_born(draw),
        birth_town=draw.choice(TOWNS[name.language]),
        birth_country=country,
        nationality=country,
        passport=f"X{draw.randrange(10**6):06d}T" if draw.randrange(3) > 0 else "",
        national_id=f"TEST-{draw.randrange(10**8):08d}" if draw.randrange(3) == 0 else "",
        position=draw.choice(_POSITIONS) if draw.randrange(3) == 0 else "",
        street=f"{draw.randrange(1, 200)} Example Street",
        town=town,
        postcode=f"0{draw.randrange(10**4):04d}",
        country=country,
        reason=f"Invented entry. It is said to have supplied boats & engines <no. {number}> at {town}.",
        listed=listed,
        updated=listed + timedelta(days=draw.randrange((published - listed).days)),
    )


def _entity(number: int, draw: Random, published: date) -> Designation:
    name, country = company_name(draw)
    listed = published - timedelta(days=draw.randrange(1, 180))
    return Designation(
        number=number,
        kind="Entity",
        family=name,
        aliases=(f"{name.rsplit(' ', 1)[0]}, TRADING",) if draw.randrange(2) == 0 else (),
        street=f'Unit {draw.randrange(1, 60)}, "Example" Park',
        town="Exampleville",
        country=country,
        legal_form="Company",
        registration=f"TEST{draw.randrange(10**6):06d}",
        website=f"https://entry-{number}.example.org",
        measures=MEASURES[:1],
        reason=f"Invented entry. It is said to have sold boats & engines <no. {number}>.",
        listed=listed,
        updated=listed + timedelta(days=draw.randrange((published - listed).days)),
    )


def _ship(number: int, draw: Random, published: date) -> Designation:
    listed = published - timedelta(days=draw.randrange(1, 180))
    return Designation(
        number=number,
        kind="Ship",
        family=ship_name(draw),
        imo=_imo(draw.randrange(100_000, 1_000_000)),
        flag=draw.choice(list(COUNTRIES.values())),
        ship_type=draw.choice(_SHIP_TYPES),
        tonnage=str(draw.randrange(100, 9_000)),
        year_built=str(draw.randrange(1970, 2020)),
        measures=MEASURES[:1],
        reason=f"Invented entry. It is said to have towed boats & rafts <no. {number}>.",
        listed=listed,
        updated=listed + timedelta(days=draw.randrange((published - listed).days)),
    )


def _born(draw: Random) -> str:
    born = date(1945, 1, 1) + timedelta(days=draw.randrange(365 * 58))
    return born.isoformat()[: draw.choice((4, 10, 10, 10))]


def _imo(number: int) -> str:
    """Return an IMO number: the last digit is the sum of the six before, weighted 7 to 2 (IMO resolution A.1117)."""
    digits = f"{number:06d}"
    return digits + str(sum(int(digit) * weight for digit, weight in zip(digits, range(7, 1, -1), strict=True)) % 10)
