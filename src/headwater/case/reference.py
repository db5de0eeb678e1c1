"""The law as data: the elements of offences, and the bases for asking another state for evidence.

Nothing here is code that knows a statute or a treaty: it is read from the two tables in `data`. Their wording and the
rows that are not marked confirmed must be checked by a lawyer before they are relied on.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class OffenceLaw:
    """An offence in law: its code, its statute, and the points to prove."""

    code: str
    statute: str
    elements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """What lets one party ask another for something, by one route.

    Attributes:
        basis: the instrument; empty where none is known.
        confirmed: somebody has checked it.
    """

    asks: str
    asked: str
    route: str
    basis: str
    confirmed: bool
    note: str


@cache
def offences() -> Mapping[str, OffenceLaw]:
    """Return every offence that is known, by code."""
    table: dict[str, OffenceLaw] = {}
    for row in _rows("offence_elements.csv"):
        code = row["code"]
        before = table[code].elements if code in table else ()
        table[code] = OffenceLaw(code, row["statute"], (*before, row["element"]))
    return MappingProxyType(table)


@cache
def legal_bases() -> tuple[LegalBasis, ...]:
    """Return every basis in the table, the unconfirmed and the missing too: they say what must not be assumed."""
    return tuple(
        LegalBasis(row["from"], row["to"], row["route"], row["basis"], row["known"] == "yes", row["note"])
        for row in _rows("legal_bases.csv")
    )


def _rows(name: str) -> list[dict[str, str]]:
    text = files("headwater.case.data").joinpath(name).read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
