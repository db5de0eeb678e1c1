"""What a typology is: a named pattern of a published red flag, as an expression over tables, with its innocent reading."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from headwater.errors import Place, SchemaError

HOUR_S: Final = 3600
DAY_S: Final = 24 * HOUR_S


@dataclass(frozen=True, slots=True)
class Parameter:
    """One number or word that a pattern depends on.

    Attributes:
        name: as the command line and the findings name it.
        default: the value where nobody gives another.
        unit: days, cents of a euro, accounts, per cent.
        meaning: what it decides.
    """

    name: str
    default: int | str
    unit: str
    meaning: str


@dataclass(frozen=True, slots=True)
class RedFlag:
    """The published source of a red flag."""

    body: str
    title: str
    year: int

    def __str__(self) -> str:
        """Return the source as a footnote has it."""
        return f"{self.body}, {self.title} ({self.year})"


Params = Mapping[str, Any]
"""Values of a typology's parameters by name."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What an expression finds, as two Ibis tables.

    Attributes:
        groups: one row a claim. ``key`` names it; ``subject`` and, where there is a second, ``subject2`` are who it is
            about; ``amount``, ``unit``, ``first_s``, ``last_s``, ``from_country``, ``to_country``; every further column is
            a fact for the sentence.
        members: one row for each row of a table that a claim rests on: ``key``, ``kind`` (of table), ``tab``, ``row``, and
            ``payer``, the account on the paying side of a passage where there is one.
    """

    groups: Any
    members: Any


@dataclass(frozen=True, slots=True)
class Found:
    """What a kernel finds in arrays: the same two tables as lists of rows."""

    groups: list[dict[str, Any]]
    members: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Typology:
    """One pattern.

    Attributes:
        name: its name, in words with hyphens.
        title: what it shows, in one line.
        needs: kinds of table without which it cannot be asked.
        parameters: what it depends on.
        source: where the red flag was published.
        sentence: the claim in one sentence; facts of a claim in braces.
        innocent: what would make it harmless, and how to tell.
        find: the expression: tables and parameters to claims.
        kernel: works claims out of the rows that ``find`` returns as ``groups``, where SQL does badly; None for most.
        passage: whether those on the paying side may be people who were moved, or their relatives.
        protects: whether it speaks for a victim: such a finding is never a lead.
        shareable: whether a partner is asked to complete it.
    """

    name: str
    title: str
    needs: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    source: RedFlag
    sentence: str
    innocent: str
    find: Callable[[Any, Params], Claims]
    kernel: Callable[[Any, Params], Found] | None = None
    passage: bool = False
    protects: bool = False
    shareable: bool = False

    def params(self, given: Mapping[str, object]) -> dict[str, Any]:
        """Return every parameter's value, the default where none is given.

        Raises:
            SchemaError: a parameter is unknown or of another type.
        """
        known = {parameter.name: parameter.default for parameter in self.parameters}
        for name, value in given.items():
            if name not in known:
                raise SchemaError(
                    f"the typology {self.name} has no such parameter",
                    where=Place(field=name),
                    fix=f"use one of {', '.join(known)}",
                )
            if type(value) is not type(known[name]) or (isinstance(value, int) and value < 0):
                raise SchemaError("a parameter of another kind", where=Place(field=f"{self.name}.{name}"))
            known[name] = value
        return known


MINOR: Final = "cents of a euro"
"""Unit of thresholds: amounts in other currencies count by their coarse worth, see `worth`."""
FATF: Final = RedFlag("FATF", "Money Laundering and Terrorist Financing Risks Arising from Migrant Smuggling", 2022)
UNODC: Final = RedFlag("UNODC", "Global Study on Smuggling of Migrants", 2018)
EUROPOL: Final = RedFlag("Europol", "Criminal Networks in Migrant Smuggling, European Migrant Smuggling Centre", 2023)
FRONTEX: Final = RedFlag("Frontex", "Risk Analysis", 2024)
NCA: Final = RedFlag("NCA and JMLIT", "Amber Alert: Organised Immigration Crime, small boats supply and finance", 2023)
EGMONT: Final = RedFlag("Egmont Group", "Financial Intelligence on Professional Money Laundering and Hawala", 2020)
FATF_HAWALA: Final = RedFlag(
    "FATF", "The Role of Hawala and Other Similar Service Providers in Money Laundering and Terrorist Financing", 2013
)
FATF_CRYPTO: Final = RedFlag("FATF", "Virtual Assets Red Flag Indicators", 2020)
