"""Reasons in words: each term of the score with its weight, both values and one sentence that a person can contest."""

from datetime import date
from functools import lru_cache
from typing import Final

from headwater.engines.match import weights
from headwater.engines.match.dates import TEXTS
from headwater.engines.match.identifiers import IdClass, imo_is_valid, is_imo_shaped
from headwater.engines.match.index import Entry
from headwater.engines.match.likeness import Way
from headwater.engines.match.score import Comparison, NameMatch, TraitMatch
from headwater.engines.match.script import Script
from headwater.model.finding import Reason

LIST_TITLES: Final = {
    "uk-csv": "UK list",
    "uk-xml": "UK list",
    "un-xml": "UN list",
    "ofac-csv": "OFAC list",
    "ofac-xml": "OFAC list",
    "eu-xml": "EU list",
}
_MONTHS: Final = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_COUNTS: Final = ("none", "one part", "two parts", "three parts", "four parts")
_JOINED: Final = Way.JOINED
_SPELLING: Final = Way.SPELLING
_WAYS: Final = (
    (_SPELLING, "one name in two spellings or forms"),
    (Way.BONES, "the consonants agree"),
    (Way.EDIT, "with a slip of the pen"),
    (Way.INITIAL, "an initial standing for a name"),
)
_TOLD_OF_NONE: Final = frozenset({Script.LATIN, Script.OTHER})
_ORDER: Final = {kind: at for at, kind in enumerate(("identifier", "name", "date", "nationality", "gender"))}
"""In which order a sentence tells what speaks for and against, by what a code begins with."""
DIFFERENT_NAME: Final = 0.0
"""Log-odds of the names below which an equal identifier is reported as standing with another name."""


def reasons_for(comparison: Comparison, entry: Entry) -> tuple[Reason, ...]:
    """Return every term of a comparison as a reason, strongest first."""
    found = [_number(comparison, entry), _name(comparison.name), _date(comparison), *_same(comparison)]
    said = [reason for reason in found if reason is not None]
    if len(said) > 1:
        said.sort(key=lambda reason: (-abs(reason.weight), reason.code))
    return tuple(said)


def sentence(entry: Entry, reasons: tuple[Reason, ...]) -> str:
    """Return the whole claim in one sentence and the place of the entry."""
    told = reasons if len(reasons) == 1 else sorted(reasons, key=lambda reason: _ORDER[reason.code.partition(".")[0]])
    claim, place = "; ".join([reason.text for reason in told]), list_title(entry)
    return f"{claim[:1].upper()}{claim[1:]}. {place[:1].upper()}{place[1:]}."


def list_title(entry: Entry) -> str:
    """Return the list, its date and the place of an entry: ``UK list of 13 Feb 2026, row 2``."""
    title = titled(entry.source, entry.version)
    return f"{title}, {entry.place}" if entry.place else title


@lru_cache(maxsize=1 << 8)
def titled(source: str, version: str) -> str:
    """Return a list and its date: ``UK list of 13 Feb 2026``."""
    title = LIST_TITLES.get(source, f"list '{source}'")
    return f"{title} of {day_text(version)}" if version else title


def day_text(version: str) -> str:
    """Return a version that is a date as 13 Feb 2026; any other version as it is."""
    day = version_day(version)
    return version if day is None else f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def version_day(version: str) -> date | None:
    """Return the day that a list's version names, None where it names none."""
    try:
        return date.fromisoformat(version[:10])
    except ValueError:
        return None


def _name(match: NameMatch | None) -> Reason | None:
    if match is None:
        return None
    log_odds, left, right, alignment, turned = match
    ways = {meeting.way for meeting in alignment.meetings}
    parts = max(len(left.name.parts), len(right.name.parts))
    met = len(alignment.meetings)
    if _JOINED in ways:
        said = ["name agrees when its parts are written together"]
    elif not met:
        said = ["name agrees in no part"]
    else:
        said = [f"name agrees in {met} of {parts} part{'s' if parts > 1 else ''}"]
    script = _script(match)
    if script:
        said.append(script)
    if turned:
        said.append("father and son in the other order")
    said += _spelling(ways, said=alignment.exact or bool(script))
    if _JOINED not in ways:
        said += _left_over(match)
    code = "name.exact" if alignment.exact and not alignment.spelled else "name.similar"
    if log_odds <= DIFFERENT_NAME:
        code = "name.different"
    return Reason(code, round(log_odds, 2), ", ".join(said), left.name.text, right.name.text)


def _script(match: NameMatch) -> str:
    """Return from which script a name was read, where the two names stand in different ones."""
    scripts = [match.left.name.script, match.right.name.script]
    if scripts[0] is scripts[1]:
        return ""
    foreign = [script for script in scripts if script not in _TOLD_OF_NONE]
    return f"transliterated from {foreign[0]}" if foreign else ""


def _spelling(ways: set[Way], *, said: bool) -> list[str]:
    return [words for way, words in _WAYS if way in ways and not (said and way is _SPELLING)]


def _left_over(match: NameMatch) -> list[str]:
    alignment = match.alignment
    said = []
    if alignment.left_over or alignment.right_over:
        met_left = {word for meeting in alignment.meetings for word in meeting.left.split()}
        met_right = {word for meeting in alignment.meetings for word in meeting.right.split()}
        left = sum([part.text not in met_left for part in match.left.name.parts])
        right = sum([part.text not in met_right for part in match.right.name.parts])
        both = min(left, right)
        if both:
            said.append(f"{_count(both)} differ{'s' if both == 1 else ''}")
        if left > both:
            said.append(f"{_count(left - both)} of the query not in the list")
        if right > both:
            said.append(f"{_count(right - both)} of the list not in the query")
    if match.right.weak:
        said.append("a weak alias")
    return said


def _count(number: int) -> str:
    return _COUNTS[number] if number < len(_COUNTS) else f"{number} parts"


def _date(comparison: Comparison) -> Reason | None:
    match = comparison.date
    if match is None:
        return None
    return Reason(f"date.{match.kind}", weights.DATE[match.kind], TEXTS[match.kind], match.left, match.right)


def _same(comparison: Comparison) -> list[Reason]:
    found: list[Reason] = []
    if comparison.countries is None and comparison.genders is None:
        return found
    for code, match, gain, loss in (
        ("nationality", comparison.countries, weights.COUNTRY_SAME, weights.COUNTRY_DIFFERENT),
        ("gender", comparison.genders, weights.GENDER_SAME, weights.GENDER_DIFFERENT),
    ):
        if match is not None:
            found.append(_of_trait(code, match, gain if match.same else loss))
    return found


@lru_cache(maxsize=1 << 12)
def _of_trait(kind: str, match: TraitMatch, weight: float) -> Reason:
    """Return the reason that a trait is; there are few, said again and again."""
    word, said = ("same", "the same") if match.same else ("different", "another")
    return Reason(f"{kind}.{word}", weight, f"{kind} is {said}", match.left, match.right)


def _number(comparison: Comparison, entry: Entry) -> Reason | None:
    match = comparison.number
    if match is None:
        return None
    equal = match.kind is IdClass.EQUAL
    text = "identifier is the same" if equal else "identifier is the same but for letters that look alike"
    if entry.schema == "Vessel" and is_imo_shaped(match.right):
        text += ", a valid IMO number" if imo_is_valid(match.right) else ", an IMO number whose check digit is wrong"
    if comparison.name is None or comparison.name.log_odds <= DIFFERENT_NAME:
        text += ", with another name"
    weight = weights.NUMBER_EQUAL if equal else weights.NUMBER_OPTICAL
    return Reason(f"identifier.{match.kind}", weight, text, match.left, match.right)
