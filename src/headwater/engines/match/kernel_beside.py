"""What stands beside the names, compiled: dates of birth, countries, genders, and with them the whole score.

It says again, for machines, what `dates` and `score` say for people, so that only what reaches the least score is compared
by the readable code. Dates are figures, 19750314, zeros where a part is left out; countries are hashes; genders are bits.
"""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from headwater.engines.match import weights as _weights
from headwater.engines.match.compiled import bare as njit
from headwater.engines.match.dates import ABOUT as _DATE_ABOUT
from headwater.engines.match.dates import DECADE as _DATE_DECADE
from headwater.engines.match.dates import DateClass

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLASSES: Final = tuple(DateClass)
"""Classes of dates; the place in this tuple is the number of the class here."""
_EQUAL: Final = CLASSES.index(DateClass.EQUAL)
_MONTH: Final = CLASSES.index(DateClass.MONTH)
_YEAR: Final = CLASSES.index(DateClass.YEAR)
_SWAPPED: Final = CLASSES.index(DateClass.SWAPPED)
_TRANSPOSED: Final = CLASSES.index(DateClass.TRANSPOSED)
_DIGIT: Final = CLASSES.index(DateClass.DIGIT)
_NEAR: Final = CLASSES.index(DateClass.NEAR)
_YEAR_ONE: Final = CLASSES.index(DateClass.YEAR_ONE)
_APPROXIMATE: Final = CLASSES.index(DateClass.APPROXIMATE)
_SAME_DAY: Final = CLASSES.index(DateClass.SAME_DAY)
_DECADE: Final = CLASSES.index(DateClass.DECADE)
_CONTRADICTED: Final = CLASSES.index(DateClass.CONTRADICTED)
_SAME_COUNTRY, _OTHER_COUNTRY, _SAME_GENDER, _OTHER_GENDER, _BELOW, _CAP = range(len(CLASSES), len(CLASSES) + 6)
"""Places of the other weights in `Beside.weights`."""
_NEW_YEAR = 101
"""Month and day of `dates.NEW_YEAR`."""
_YEAR_FIGURES, _MONTH_FIGURES, _FIGURES = 4, 6, 8


class Beside(NamedTuple):
    """Traits of some entries or queries. Shape: (values,) and (entries + 1,) for dates and countries, (entries,), (18,)."""

    dates: "NDArray[np.int32]"
    dates_at: "NDArray[np.int64]"
    countries: "NDArray[np.int64]"
    countries_at: "NDArray[np.int64]"
    genders: "NDArray[np.uint8]"
    weights: "NDArray[np.float64]"


def beside(arrays: "dict[str, NDArray[Any]]") -> Beside:
    """Return the traits of some entries or queries from the arrays of `coded.trait_arrays`."""
    names = ("date", "date.at", "country", "country.at", "gender")
    single = [
        _weights.COUNTRY_SAME,
        _weights.COUNTRY_DIFFERENT,
        _weights.GENDER_SAME,
        _weights.GENDER_DIFFERENT,
        _weights.NAME_BELOW,
        _weights.NAME_CAP,
    ]
    said = np.array([*(_weights.DATE[kind] for kind in CLASSES), *single])
    dates, dates_at, countries, countries_at, genders = (arrays[name].copy() for name in names)
    return Beside(dates, dates_at, countries, countries_at, genders, said)


@njit
def date_class(left: int, right: int) -> int:
    """Return `dates.classify`."""
    year, other_year = left // 10000, right // 10000
    month, other_month = left // 100 % 100, right // 100 % 100
    day, other_day = left % 100, right % 100
    years = abs(year - other_year)
    if years == 0 and (month == 0 or other_month == 0):
        return _YEAR
    if years == 0 and month == other_month and (day == 0 or other_day == 0):
        return _MONTH
    if left == right:
        return _EQUAL
    whole = day > 0 and other_day > 0
    if whole and years == 0 and month == other_day and day == other_month:
        return _SWAPPED
    same_day = month == other_month and day == other_day
    if whole:
        unlike, first = _unlike(left, right)
        if unlike == 1 and years <= _DATE_DECADE:
            return _YEAR_ONE if years == 1 else _DIGIT
        if unlike == 2 and (years == 0 or same_day) and _turned(left, right, first):
            return _TRANSPOSED
    if years == 0:
        return _NEAR
    about = not whole or left % 10000 == _NEW_YEAR or right % 10000 == _NEW_YEAR
    if years == 1 and (same_day or about):
        return _YEAR_ONE
    if whole and same_day:
        return _SAME_DAY
    if years <= _DATE_ABOUT and about:
        return _APPROXIMATE
    return _DECADE if years == _DATE_DECADE else _CONTRADICTED


@njit
def _unlike(left: int, right: int) -> tuple[int, int]:
    """Return how many figures of two whole dates differ, and which from the left is the first."""
    unlike, first = 0, _FIGURES
    for at in range(_FIGURES):
        power = 10 ** (_FIGURES - 1 - at)
        if left // power % 10 != right // power % 10:
            unlike += 1
            first = min(first, at)
    return unlike, first


@njit
def _turned(left: int, right: int, first: int) -> bool:
    """Return whether a figure and the next one of the same part of the date, from one that differs, changed places."""
    if first + 1 in (_YEAR_FIGURES, _MONTH_FIGURES, _FIGURES):
        return False
    power = 10 ** (_FIGURES - 2 - first)
    one, other = left // power % 100, right // power % 100
    return bool(one % 10 == other // 10 and one // 10 == other % 10)


@njit
def _date(mine: Beside, q: int, theirs: Beside, entry: int) -> int:
    """Return the best class of two sets of dates, -1 where either is empty."""
    best = -1
    for i in range(mine.dates_at[q], mine.dates_at[q + 1]):
        for j in range(theirs.dates_at[entry], theirs.dates_at[entry + 1]):
            kind = date_class(mine.dates[i], theirs.dates[j])
            best = kind if best < 0 else min(best, kind)
    return best


@njit
def _country(mine: Beside, q: int, theirs: Beside, entry: int) -> int:
    """Return 1 where two sets of countries have one in common, 0 where not, -1 where either is empty."""
    found = -1
    for i in range(mine.countries_at[q], mine.countries_at[q + 1]):
        for j in range(theirs.countries_at[entry], theirs.countries_at[entry + 1]):
            if mine.countries[i] == theirs.countries[j]:
                return 1
            found = 0
    return found


@njit
def total(name: float, mine: Beside, q: int, theirs: Beside, entry: int) -> float:
    """Return `Beside.total` of `score` for names of these log-odds, no identifier being the same."""
    said = mine.weights
    date = _date(mine, q, theirs, entry)
    value = 0.0 if date < 0 else said[date]
    country = _country(mine, q, theirs, entry)
    if country >= 0:
        value += said[_SAME_COUNTRY] if country == 1 else said[_OTHER_COUNTRY]
    if mine.genders[q] and theirs.genders[entry]:
        value += said[_SAME_GENDER] if mine.genders[q] & theirs.genders[entry] else said[_OTHER_GENDER]
    name = min(name, said[_CAP])
    return float(name * (1.0 if name > 0 else said[_BELOW]) + value)
