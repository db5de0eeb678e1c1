"""Letters of request in two languages, from a legal basis that is data: no basis, no letter.

What a partner tells by police channels is intelligence only. It becomes evidence when it comes back under a letter like
this one, or under a joint investigation team's agreement.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from headwater.case.exhibit import Exhibit
from headwater.case.model import CaseFile
from headwater.case.paper import Paper, Part
from headwater.case.reference import LegalBasis, legal_bases, offences
from headwater.case.views import same_node
from headwater.errors import NoBasisError, SchemaError
from headwater.model.ids import AuthorityId

ROUTE: Final = "mutual-legal-assistance"
ENGLISH: Final = "en"
LANGUAGES: Final = MappingProxyType({"AL": "sq", "XK": "sq", "RS": "sr", "ME": "sr", "MK": "mk", "BA": "bs"})
"""The language that a letter to a state has beside English, by the state's code."""
UNCONFIRMED: Final = "UNCONFIRMED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One letter of request.

    Attributes:
        ref: its reference, under which items come back.
        to: the node asked.
        items: references of the items asked for.
        basis: the instrument.
        confirmed: a lawyer has checked that it holds between the two.
    """

    ref: str
    to: str
    items: tuple[str, ...]
    basis: str
    confirmed: bool
    language: str


def basis_for(own: str, other: str) -> LegalBasis:
    """Return what lets one state ask another for evidence.

    Args:
        own: name of our node or authority.
        other: name of the node or authority asked.

    Raises:
        NoBasisError: the table of legal bases names none for this pair.
    """
    asks, asked = _state(own), _state(other)
    named = [
        one
        for one in legal_bases()
        if one.route == ROUTE and one.asks.upper() == asks and one.basis.strip() and one.asked.upper() == asked
    ]
    group = [
        one
        for one in legal_bases()
        if one.route == ROUTE and one.asks.upper() == asks and one.basis.strip() and asked in _members(one.asked)
    ]
    if not named and not group:
        raise NoBasisError(
            "rule legal-basis: none is known for a request between these two",
            where=f"{asks.lower()} to {asked.lower()}",
            fix="have a lawyer add the instrument to the table of legal bases; nothing else is assumed",
        )
    return (named or group)[0]


def write_letter(case: CaseFile, ref: str, own: AuthorityId, other: str, names: Sequence[str]) -> Letter:
    """Return a letter for items of a case.

    Args:
        case: the case.
        ref: reference of the letter.
        own: our authority.
        other: the node asked.
        names: references of the items.

    Raises:
        NoBasisError: there is no legal basis.
        SchemaError: an item is not in the case, or is not of the node asked, or none is named.
    """
    basis = basis_for(own, other)
    known = {_key(exhibit.ref): exhibit for exhibit in case.exhibits}
    if not names:
        raise SchemaError("no item is asked for", where="--items", fix="name one or more, with commas between")
    for name in names:
        exhibit = known.get(_key(name))
        if exhibit is None:
            raise SchemaError("no such item in the case", where="--items", fix="name exhibits of the case")
        if exhibit.origin is None or not same_node(exhibit.origin.node, other):
            raise SchemaError("an item that is not the node's that is asked", where="--items", fix="ask who holds it")
    refs = tuple(known[_key(name)].ref for name in names)
    return Letter(
        ref=ref, to=other, items=refs, basis=basis.basis, confirmed=basis.confirmed, language=language_of(other)
    )


def language_of(node: str) -> str:
    """Return the language that a letter to a node has beside English (BCP 47).

    Raises:
        SchemaError: the table of languages knows none for this state.
    """
    language = LANGUAGES.get(_state(node))
    if language is None:
        raise SchemaError("no language is known for this state", where="--to", fix="add its words to letter_words.csv")
    return language


def letter_paper(case: CaseFile, letter: Letter, own: AuthorityId) -> Paper:
    """Return a letter as a paper: English first, then the same in the other language."""
    items = [exhibit for exhibit in case.exhibits if exhibit.ref in letter.items]
    parts = [*_part(case, letter, own, items, ENGLISH, 2), *_part(case, letter, own, items, letter.language, 1)]
    english = _words()[ENGLISH]
    return Paper(
        title=english["title"],
        short=letter.ref,
        author=own,
        facts=((english["reference"], letter.ref), (english["from"], own), (english["to"], letter.to)),
        parts=tuple(parts),
        marking="OFFICIAL-SENSITIVE",
        footer=f"{case.matter.urn} · {letter.ref}",
        watermark="" if letter.confirmed else UNCONFIRMED,
        signing=(english["signing"], _words()[letter.language]["signing"]),
        places=(english["signature"], english["date"]),
        keywords=("letter of request", letter.ref),
    )


def _part(
    case: CaseFile, letter: Letter, own: AuthorityId, items: Sequence[Exhibit], language: str, level: int
) -> list[Part]:
    words = _words()[language]
    charged = [offences()[offence.code].statute for offence in case.offences]
    begin = (
        words["title"] if language != ENGLISH else "",
        words["opening"].format(own=own, to=letter.to, urn=case.matter.urn, operation=case.matter.operation),
        words["basis"].format(basis=letter.basis),
    )
    text = (*begin[1:], *(() if letter.confirmed else (words["unconfirmed"],)))
    rows = [(exhibit.ref, exhibit.description) for exhibit in items]
    return [
        Part(heading=begin[0], text=text, lang=language, level=level),
        Part(heading=words["offences"], text=tuple(dict.fromkeys(charged)), lang=language),
        Part(
            heading=words["items"],
            columns=((words["exhibit"], "1"), (words["description"], "5")),
            rows=rows,
            lang=language,
        ),
        Part(heading=words["asks"], text=(words["form"], words["use"], words["urgency"]), lang=language),
    ]


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    text = files("headwater.case.data").joinpath("letter_words.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    return {
        language: {row["word"]: row[language] for row in rows}
        for language in (ENGLISH, *sorted(set(LANGUAGES.values())))
    }


@cache
def _members(group: str) -> frozenset[str]:
    text = files("headwater.case.data").joinpath("state_groups.csv").read_text(encoding="utf-8")
    return frozenset(row["state"] for row in csv.DictReader(text.splitlines()) if row["group"] == group)


def _state(name: str) -> str:
    return name.strip().upper().partition("-")[0]


def _key(ref: str) -> str:
    return "".join(ref.split()).upper()
