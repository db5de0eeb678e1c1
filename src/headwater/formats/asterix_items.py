"""How long each item of an ASTERIX record is: the user application profiles of categories 010, 021, 034, 048 and 062.

Source: EUROCONTROL Specification for Surveillance Data Exchange, part 7 (CAT010, edition 1.1), part 12 (CAT021, edition 2), part 2b
(CAT034), part 4 (CAT048, edition 1.32) and part 9 (CAT062, edition 1.20). Edition 0 of CAT021 has another profile and is not read.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Fixed:
    """An item of so many octets."""

    octets: int


@dataclass(frozen=True, slots=True)
class Extended:
    """Parts of so many octets; the last bit of each part says whether another follows."""

    octets: int = 1


@dataclass(frozen=True, slots=True)
class Repeated:
    """An octet that counts, and so many times the octets."""

    octets: int


@dataclass(frozen=True, slots=True)
class Explicit:
    """An octet that tells the length of the whole item, itself included."""


@dataclass(frozen=True, slots=True)
class Compound:
    """Octets of bits that say which of the parts follow."""

    parts: tuple["Layout | None", ...]


Layout = Fixed | Extended | Repeated | Explicit | Compound
Profile = tuple[tuple[str, Layout] | None, ...]
"""The items of a category in the order of their bits; None where a bit is spare."""

X, LEN = Extended(), Explicit()
F1, F2, F3, F4, F5, F6, F7, F8 = (Fixed(octets) for octets in range(1, 9))
PER_BDS: Final = Repeated(8)

CAT010: Final[Profile] = (
    ("010", F2), ("000", F1), ("020", X), ("140", F3), ("041", F8), ("040", F4), ("042", F4),
    ("200", F4), ("202", F4), ("161", F2), ("170", X), ("060", F2), ("220", F3), ("245", F7),
    ("250", PER_BDS), ("300", F1), ("090", F2), ("091", F2), ("270", X), ("550", F1), ("310", F1),
    ("500", F4), ("280", Repeated(2)), ("131", F1), ("210", F2), None, ("SP", LEN), ("RE", LEN),
)  # fmt: skip

CAT021: Final[Profile] = (
    ("010", F2), ("040", X), ("161", F2), ("015", F1), ("071", F3), ("130", F6), ("131", F8),
    ("072", F3), ("150", F2), ("151", F2), ("080", F3), ("073", F3), ("074", F4), ("075", F3),
    ("076", F4), ("140", F2), ("090", X), ("210", F1), ("070", F2), ("230", F2), ("145", F2),
    ("152", F2), ("200", F1), ("155", F2), ("157", F2), ("160", F4), ("165", F2), ("077", F3),
    ("170", F6), ("020", F1), ("220", Compound((F2, F2, F2, F1))), ("146", F2), ("148", F2), ("110", Compound((X, Repeated(15)))), ("016", F1),
    ("008", F1), ("271", X), ("132", F1), ("250", PER_BDS), ("260", F7), ("400", F1), ("295", Compound((F1,) * 23)),
    None, None, None, None, None, ("RE", LEN), ("SP", LEN),
)  # fmt: skip

CAT034: Final[Profile] = (
    ("010", F2), ("000", F1), ("030", F3), ("020", F1), ("041", F2), ("050", Compound((F1, None, None, F1, F1, F2))),
    ("060", Compound((F1, None, None, F1, F1, F1))),
    ("070", Repeated(2)), ("100", F8), ("110", F1), ("120", F8), ("090", F2), ("RE", LEN), ("SP", LEN),
)  # fmt: skip

CAT048: Final[Profile] = (
    ("010", F2), ("140", F3), ("020", X), ("040", F4), ("070", F2), ("090", F2), ("130", Compound((F1,) * 7)),
    ("220", F3), ("240", F6), ("250", PER_BDS), ("161", F2), ("042", F4), ("200", F4), ("170", X),
    ("210", F4), ("030", X), ("080", F2), ("100", F4), ("110", F2), ("120", Compound((F2, Repeated(6)))), ("230", F2),
    ("260", F7), ("055", F1), ("050", F2), ("065", F1), ("060", F2), ("SP", LEN), ("RE", LEN),
)  # fmt: skip

_AIRCRAFT: Final = Compound(
    (F3, F6, F2, F2, F2, F2, F2, X, Repeated(15), F2, F2, F7, F2, F2, F2, F2, F2, F2, F1, F8, F1, F6, F2, F1, PER_BDS, F2, F2, F2)
)  # fmt: skip
_FLIGHT_PLAN: Final = Compound((F2, F7, F4, F1, F4, F1, F4, F4, F3, F2, F2, Repeated(4), F6, F1, F7, F7, F2, F7))

CAT062: Final[Profile] = (
    ("010", F2), None, ("015", F1), ("070", F3), ("105", F8), ("100", F6), ("185", F4),
    ("210", F2), ("060", F2), ("245", F7), ("380", _AIRCRAFT), ("040", F2), ("080", X),
    ("290", Compound((F1, F1, F1, F1, F2, F1, F1, F1, F1, F1))),
    ("200", F1), ("295", Compound((F1,) * 31)), ("136", F2), ("130", F2), ("135", F2), ("220", F2), ("390", _FLIGHT_PLAN),
    ("270", X), ("300", F1), ("110", Compound((F1, F4, F6, F2, F2, F1, F1))), ("120", F2), ("510", Extended(3)),
    ("500", Compound((F4, F2, F4, F1, F1, F2, F2, F1))), ("340", Compound((F2, F4, F2, F2, F2, F1))),
    None, None, None, None, None, ("RE", LEN), ("SP", LEN),
)  # fmt: skip

PROFILES: Final[dict[int, Profile]] = {10: CAT010, 21: CAT021, 34: CAT034, 48: CAT048, 62: CAT062}
