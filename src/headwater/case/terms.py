"""The words of CASE 1.5 and its UCO: which classes and properties there are, and what a property may hold.

Names only, from the ontologies' own files (Apache-2.0), in `data/case_terms.csv`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from headwater.model.packaged import packaged

UCO: Final = "https://ontology.unifiedcyberontology.org/uco/"
CO: Final = "https://ontology.unifiedcyberontology.org/co/"
CASE: Final = "https://ontology.caseontology.org/case/"
OURS: Final = (UCO, CASE, CO)


@dataclass(frozen=True, slots=True)
class Terms:
    """The vocabulary, each term as its module and name: ``core:name``.

    Attributes:
        above: for each class, itself and every class that it is a kind of.
        data: datatype of each property that holds a value; empty where any will do.
        objects: classes that each property may point at; none where any will do.
    """

    above: Mapping[str, frozenset[str]]
    data: Mapping[str, str]
    objects: Mapping[str, frozenset[str]]


@cache
def terms() -> Terms:
    """Return the vocabulary."""
    text = packaged("headwater.case.data", "case_terms.csv").decode("utf-8")
    parents: dict[str, list[str]] = {}
    data: dict[str, str] = {}
    objects: dict[str, frozenset[str]] = {}
    for line in text.splitlines()[1:]:
        kind, term, of = line.split(",")
        if kind == "class":
            parents[term] = of.split()
        elif kind == "data":
            data[term] = of
        else:
            objects[term] = frozenset(of.split())
    above: dict[str, frozenset[str]] = {}
    for name in parents:
        found, waiting = set[str](), [name]
        while waiting:
            at = waiting.pop()
            if at not in found:
                found.add(at)
                waiting.extend(parents.get(at, ()))
        above[name] = frozenset(found)
    return Terms(above, data, objects)


def short(iri: str) -> str:
    """Return a term of CASE or UCO as its module and name; empty where it is of another vocabulary."""
    for base in OURS:
        if iri.startswith(base):
            return ":".join(iri.rsplit("/", 2)[-2:]) if base != CO else "co:" + iri.rpartition("/")[2]
    return ""
