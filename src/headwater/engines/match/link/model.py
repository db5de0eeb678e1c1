"""The model of linking: what is compared of each sort of thing, in which levels, and how much each level says.

How weights come of it stands in `levels`. The same object is handed to Splink on DuckDB and on Spark; what the SQL of the
two calls differently stands in `DIALECTS`.

Weights are stated, not learnt from the node's own data: the same two records then weigh the same tomorrow. They are in
`weights`, with where they come from.
"""

from collections.abc import Mapping
from typing import Final

from headwater.engines.match.link.levels import Comparison, Level, Model, Need
from headwater.engines.match.link.units import Sort

DIALECTS: Final[Mapping[str, Mapping[str, str]]] = {
    "duckdb": {"overlap": "list_has_any", "contains": "list_contains"},
    "spark": {"overlap": "arrays_overlap", "contains": "array_contains"},
}
"""Functions by the names that each database gives them."""


def _is(left: str, right: str = "") -> Need:
    return Need("same", left, right or left)


def _shares(left: str, right: str = "") -> Need:
    return Need("share", left, right or left)


def _same(column: str) -> str:
    return f"l.{column} = r.{column}"


def _near(column: str) -> str:
    return f"{{contains}}(l.{column}_near, r.{column})"


_YEAR: Final = "l.year = r.year"
_WHOLE: Final = "l.whole = 1 and r.whole = 1"
_NAME: Final = ("name", "alias")
_NEAR_FAMILY: Final = (_shares("family_near", "family"),)
_NEAR_GIVEN: Final = (_shares("given_near", "given"),)

FAMILY: Final = Comparison(
    "family",
    "family",
    ("lastName", *_NAME),
    (
        Level("same", _same("family"), "family names are the same as they sound", "family", (_is("family"),)),
        Level(
            "turned",
            "l.family = r.given and l.given = r.family",
            "given and family name are the same, in the other order",
            needs=(_is("family", "given"),),
        ),
        Level("near", _near("family"), "family names are near each other as they sound", needs=_NEAR_FAMILY),
        Level(
            "among",
            "{contains}(r.words, l.family) or {contains}(l.words, r.family)",
            "one's family name is among the other's names",
            needs=(_shares("words", "family"), _shares("family", "words")),
        ),
    ),
    "family names differ",
)
GIVEN: Final = Comparison(
    "given",
    "given",
    ("firstName", *_NAME),
    (
        Level("same", _same("given"), "given names are the same as they sound", "given", (_is("given"),)),
        Level(
            "turned",
            "l.family = r.given and l.given = r.family",
            "(given name: see the family name)",
            needs=(_is("family", "given"),),
        ),
        Level("near", _near("given"), "given names are near each other, or forms of one name", needs=_NEAR_GIVEN),
        Level(
            "among",
            "{contains}(r.words, l.given) or {contains}(l.words, r.given)",
            "one's given name is among the other's names",
            needs=(_shares("words", "given"), _shares("given", "words")),
        ),
        Level(
            "initial",
            "(l.lone = 1 or r.lone = 1) and l.initial = r.initial",
            "one given name is an initial that fits the other",
            needs=(_is("initial"),),
        ),
        Level(
            "twin",
            "l.family = r.family and {overlap}(l.births, r.births)",
            "given names differ where family name and date of birth are the same, as of twins",
        ),
        Level("unlike", "l.named = r.named", "given names are two known names that are not forms of one"),
    ),
    "given names differ",
)
BIRTH: Final = Comparison(
    "birth",
    "birth",
    ("birthDate",),
    (
        Level("equal", "{overlap}(l.births, r.births)", "date of birth is the same", needs=(_shares("births"),)),
        Level(
            "turned",
            "{contains}(l.turned, r.birth)",
            "date of birth is the same but for figures that changed places",
            needs=(_shares("turned", "birth"),),
        ),
        Level(
            "digit",
            # One digit is of the year or of the day: where both differ, the letters need not be gone through.
            f"{_WHOLE} and (l.year = r.year or l.day = r.day) and levenshtein(l.date, r.date) = 1",
            "date of birth differs in one digit",
            needs=(Need("digit", "year", "day"),),
        ),
        Level("year", f"{_YEAR} and not ({_WHOLE})", "year of birth is the same", needs=(_is("year"),)),
        Level("near", _YEAR, "year of birth is the same, day or month differs", needs=(_is("year"),)),
        Level(
            "year-one",
            "abs(l.year - r.year) = 1",
            "birth year differs by one",
            needs=(Need("next", "year", "year", 1),),
        ),
    ),
    "date of birth differs",
)
_NUMBER_LEVELS: Final = (
    Level("equal", "{overlap}(l.numbers, r.numbers)", "a number is the same", needs=(_shares("numbers"),)),
    Level(
        "optical",
        "{overlap}(l.optical, r.optical)",
        "a number is the same but for characters that are read for each other",
        needs=(_shares("optical"),),
    ),
    Level(
        "typing",
        "l.state = r.state and levenshtein(l.number, r.number) <= 1",
        "numbers of one register differ in one character",
        needs=(_is("state"),),
    ),
    Level("contradicted", "l.state = r.state", "one register gives them different numbers", needs=(_is("state"),)),
)
NUMBERS: Final = Comparison(
    "numbers",
    "numbers",
    ("idNumber", "passportNumber", "registrationNumber", "taxNumber", "vatCode", "leiCode", "imoNumber"),
    _NUMBER_LEVELS,
    "no number in common",
)
_CONTACT: Final = Level(
    "equal",
    "{overlap}(l.contacts, r.contacts)",
    "a telephone number or an address for messages is the same",
    needs=(_shares("contacts"),),
)
_ADDRESS: Final = (
    Level("same", _same("address"), "address is the same", needs=(_is("address"),)),
    Level(
        "near",
        "l.house = r.house and levenshtein(l.street, r.street) <= 4 and length(l.street) >= 12",
        "address is nearly the same",
        needs=(_is("house"),),
    ),
)
CONTACTS: Final = Comparison(
    "contacts", "contacts", ("phone", "email", "website"), (_CONTACT,), "no telephone number in common"
)
HOME_CONTACTS: Final = Comparison(
    "contacts",
    "contacts",
    CONTACTS.shown,
    (
        Level(
            "household",
            "{overlap}(l.contacts, r.contacts) and l.family = r.family",
            "a telephone number is the same, as in one family",
            needs=(_shares("contacts"),),
        ),
        _CONTACT,
    ),
    CONTACTS.otherwise,
)
ADDRESS: Final = Comparison("address", "address", ("address",), _ADDRESS, "addresses differ")
HOME_ADDRESS: Final = Comparison(
    "address",
    "address",
    ("address",),
    (
        Level(
            "household",
            "l.address = r.address and l.family = r.family",
            "address is the same, as in one family",
            needs=(_is("address"),),
        ),
        *_ADDRESS,
    ),
    ADDRESS.otherwise,
)
PLACE: Final = Comparison(
    "place",
    "place",
    ("birthPlace",),
    (Level("same", _same("place"), "place of birth is the same", needs=(_is("place"),)),),
    "places of birth differ",
)
FATHER: Final = Comparison(
    "father",
    "father",
    ("fatherName",),
    (Level("same", _same("father"), "father's name is the same", needs=(_is("father"),)),),
    "fathers' names differ",
)
GENDER: Final = Comparison(
    "gender",
    "gender",
    ("gender",),
    (Level("same", _same("gender"), "gender is the same", needs=(_is("gender"),)),),
    "gender differs",
)


def _sounding(*, typos: int, letters: int) -> tuple[Level, ...]:
    """Return the levels of names by their sound; typos are let pass only in names of so many letters."""
    near = f"l.letters >= {letters} and abs(l.letters - r.letters) <= {typos} and levenshtein(l.spelled, r.spelled) <= {typos}"
    return (
        Level("same", _same("title"), "names are the same as they sound", "title", (_is("title"),)),
        Level(
            "near", near, "names are nearly the same as they sound", needs=(Need("next", "letters", "letters", typos),)
        ),
    )


TITLE: Final = Comparison(
    "title",
    "title",
    _NAME,
    (
        *_sounding(typos=2, letters=8),
        Level(
            "core",
            "l.core = r.core",
            "the words that tell the names apart from others are the same",
            needs=(_is("core"),),
        ),
        Level(
            "among",
            "{overlap}(l.words, r.words)",
            "the names share a word that few others bear",
            needs=(_shares("words"),),
        ),
        Level(
            "kin",
            "{overlap}(l.kin, r.words)",
            "the names have words that few others bear and that sound nearly the same",
            needs=(_shares("kin", "words"),),
        ),
    ),
    "names differ",
)
VESSEL_TITLE: Final = Comparison(
    "title",
    "title",
    _NAME,
    (*_sounding(typos=1, letters=5),),
    "names differ",
)
PLATES: Final = Comparison(
    "plates",
    "plates",
    ("registrationNumber",),
    (
        Level("equal", "{overlap}(l.plates, r.plates)", "plate is the same", needs=(_shares("plates"),)),
        Level(
            "optical",
            "{overlap}(l.plates_optical, r.plates_optical)",
            "plate is the same but for characters that cameras confuse",
            needs=(_shares("plates_optical"),),
        ),
    ),
    "plates differ",
)
MAKE: Final = Comparison(
    "make",
    "make",
    ("model", "name"),
    (Level("same", _same("make"), "make and model are the same", needs=(_is("make"),)),),
    "make and model differ",
)
BUILT: Final = Comparison(
    "built",
    "built",
    ("buildDate",),
    (Level("same", _same("built"), "year of building is the same", needs=(_is("built"),)),),
    "year of building differs",
)
CALLS: Final = Comparison(
    "calls",
    "calls",
    ("mmsi", "callSign", "registrationNumber"),
    (
        Level(
            "equal",
            "{overlap}(l.calls, r.calls)",
            "call sign, MMSI or registration is the same",
            needs=(_shares("calls"),),
        ),
    ),
    "no call sign, MMSI or registration in common",
)

MODELS: Final[Mapping[Sort, Model]] = {
    Sort.PERSON: Model(
        Sort.PERSON, (FAMILY, GIVEN, BIRTH, NUMBERS, HOME_CONTACTS, HOME_ADDRESS, PLACE, FATHER, GENDER), 1.0, 3.0, -2.0
    ),
    Sort.ORGANISATION: Model(Sort.ORGANISATION, (TITLE, NUMBERS, CONTACTS, ADDRESS), 1.0, 0.0, -2.0),
    Sort.VEHICLE: Model(Sort.VEHICLE, (PLATES, NUMBERS, MAKE, BUILT), 1.0, 2.0, -2.0),
    Sort.VESSEL: Model(Sort.VESSEL, (VESSEL_TITLE, NUMBERS, CALLS, BUILT), 1.0, 2.0, -2.0),
}
"""Nationality, religion and what a person is suspected of are not compared (`docs/explain/rights`)."""
