"""Grades: how far a person trusts a data source and a piece of information, kept in the scheme it was given in.

Three schemes are in use between partners: the UK 3x5x2 (College of Policing, Authorised Professional Practice on
intelligence management, 2023 edition), Europol's 4x4 (Europol handling codes), and the Admiralty 6x6 (NATO STANAG
2511). A grade is never converted silently: `translate` names the mapping and what it loses.
"""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from headwater.errors import Place, SchemaError


class Scheme(NamedTuple):
    """One scheme: the letters or digits for the source, those for the information, and their meaning."""

    source: dict[str, str]
    information: dict[str, str]


SCHEMES: Final[dict[str, Scheme]] = {
    "3x5x2": Scheme(
        source={"1": "reliable", "2": "untested", "3": "not reliable"},
        information={
            "A": "known directly to the source",
            "B": "known indirectly but corroborated",
            "C": "known indirectly",
            "D": "not known",
            "E": "suspected to be false",
        },
    ),
    "5x5x5": Scheme(
        source={
            "A": "always reliable",
            "B": "mostly reliable",
            "C": "sometimes reliable",
            "D": "unreliable",
            "E": "untested",
        },
        information={
            "1": "known to be true without reservation",
            "2": "known personally to the source",
            "3": "not known personally but corroborated",
            "4": "cannot be judged",
            "5": "suspected to be false",
        },
    ),
    "4x4": Scheme(
        source={
            "A": "no doubt of authenticity, trustworthiness and competence",
            "B": "reliable in most instances",
            "C": "unreliable in most instances",
            "X": "cannot be assessed",
        },
        information={
            "1": "accuracy not in doubt",
            "2": "known personally to the source, not corroborated",
            "3": "not known personally, corroborated",
            "4": "not known personally, not corroborated",
        },
    ),
    "6x6": Scheme(
        source={
            "A": "completely reliable",
            "B": "usually reliable",
            "C": "fairly reliable",
            "D": "not usually reliable",
            "E": "unreliable",
            "F": "cannot be judged",
        },
        information={
            "1": "confirmed by other sources",
            "2": "probably true",
            "3": "possibly true",
            "4": "doubtful",
            "5": "improbable",
            "6": "cannot be judged",
        },
    ),
}

_TEXT: Final = re.compile(r"([0-9]x[0-9](?:x[0-9])?):([A-Z0-9])/([A-Z0-9])")

# Each mapping goes to the nearest value that claims no more than the given one. Not published by any body: it is ours.
_SOURCE_MAPS: Final[dict[tuple[str, str], dict[str, str]]] = {
    ("3x5x2", "4x4"): {"1": "B", "2": "X", "3": "C"},
    ("4x4", "3x5x2"): {"A": "1", "B": "1", "C": "3", "X": "2"},
    ("3x5x2", "6x6"): {"1": "B", "2": "F", "3": "E"},
    ("6x6", "3x5x2"): {"A": "1", "B": "1", "C": "2", "D": "3", "E": "3", "F": "2"},
    ("4x4", "6x6"): {"A": "A", "B": "B", "C": "D", "X": "F"},
    ("6x6", "4x4"): {"A": "A", "B": "B", "C": "X", "D": "C", "E": "C", "F": "X"},
}
_INFORMATION_MAPS: Final[dict[tuple[str, str], dict[str, str]]] = {
    ("3x5x2", "4x4"): {"A": "2", "B": "3", "C": "4", "D": "4", "E": "4"},
    ("4x4", "3x5x2"): {"1": "A", "2": "A", "3": "B", "4": "C"},
    ("3x5x2", "6x6"): {"A": "3", "B": "2", "C": "3", "D": "6", "E": "5"},
    ("6x6", "3x5x2"): {"1": "B", "2": "C", "3": "C", "4": "D", "5": "E", "6": "D"},
    ("4x4", "6x6"): {"1": "1", "2": "3", "3": "2", "4": "6"},
    ("6x6", "4x4"): {"1": "3", "2": "4", "3": "4", "4": "4", "5": "4", "6": "4"},
}


@dataclass(frozen=True, slots=True)
class Grade:
    """One evaluation: of the source and of the information, in a named scheme."""

    scheme: str
    source: str
    information: str

    def __post_init__(self) -> None:
        """Refuse a value that the scheme does not have."""
        scheme = SCHEMES.get(self.scheme)
        if scheme is None:
            raise SchemaError("an unknown grading scheme", where=Place(field="grade"), fix=f"use {', '.join(SCHEMES)}")
        for field, value, known in (
            ("source", self.source, scheme.source),
            ("information", self.information, scheme.information),
        ):
            if value not in known:
                raise SchemaError(
                    f"no such value in {self.scheme}",
                    where=Place(field=f"grade.{field}"),
                    fix=f"use one of {', '.join(known)}",
                )

    def __str__(self) -> str:
        """Return the short form, for example ``3x5x2:1/B``."""
        return f"{self.scheme}:{self.source}/{self.information}"

    @property
    def meaning(self) -> str:
        """The grade in words."""
        scheme = SCHEMES[self.scheme]
        return f"source {scheme.source[self.source]}; information {scheme.information[self.information]}"


@dataclass(frozen=True, slots=True)
class Translation:
    """A grade in another scheme, beside the one that was given."""

    given: Grade
    nearest: Grade

    @property
    def note(self) -> str:
        """What a reader must be told."""
        return f"given as {self.given}; {self.nearest} is the nearest that claims no more, by headwater's own table"


def parse_grade(text: str) -> Grade:
    """Return the grade that a short form names.

    Raises:
        SchemaError: it is not a known scheme with values of that scheme.
    """
    match = _TEXT.fullmatch(text)
    if not match:
        raise SchemaError("not a grade", where=Place(field="grade"), fix="write it as 3x5x2:1/B or 4x4:B/2")
    return Grade(*match.groups())


def translate(grade: Grade, scheme: str) -> Translation:
    """Return a grade beside its nearest in another scheme; the given one is kept.

    Raises:
        SchemaError: there is no mapping between the two schemes.
    """
    if scheme == grade.scheme:
        return Translation(grade, grade)
    pair = (grade.scheme, scheme)
    if pair not in _SOURCE_MAPS:
        raise SchemaError(f"no mapping from {grade.scheme} to {scheme}", where=Place(field="grade"))
    nearest = Grade(scheme, _SOURCE_MAPS[pair][grade.source], _INFORMATION_MAPS[pair][grade.information])
    return Translation(grade, nearest)
