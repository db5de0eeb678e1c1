"""The engine: claims judged and breaks found in the editions that a view shows, each with its reasons and its editions.

An edition is a record of the data source `SOURCE` whose first blob holds the edition in canonical bytes; the file that it
was read from is its second.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Final

from headwater.engines.figures.book import Book
from headwater.engines.figures.breaks import Break, online_breaks, past_breaks
from headwater.engines.figures.judge import Claim, Judgement, Verdict, units_of, weigh
from headwater.engines.figures.number import said
from headwater.engines.figures.panel import Panel
from headwater.engines.figures.says import says
from headwater.engines.figures.sentence import take_apart
from headwater.engines.figures.words import RETURNS, Sense, senses
from headwater.errors import Place, SchemaError
from headwater.model.canonical import decode
from headwater.model.figures import Edition, Unit
from headwater.model.finding import Evidence, Finding, Reason, params_text
from headwater.model.handling import join_all
from headwater.model.period import Period, parse_period
from headwater.model.record import Record
from headwater.ports import View

NAME: Final = "figures"
VERSION: Final = "1"
SOURCE: Final = "figures"
"""Name of the data source that editions are kept under."""
KIND_CLAIM: Final = "figures.claim"
KIND_BREAK: Final = "figures.break"
_FIELDS: Final = {
    "claim": frozenset({"ask", "text", "number", "words", "about", "period", "as_of", "today"}),
    "breaks": frozenset({"ask", "series", "season", "online", "as_of"}),
}
_TRUE_ALARMS: Final = ((1.0, 0.65), (1.3, 0.8), (1.8, 0.9), (2.5, 0.97))
"""Share of alarms of at least a strength that were true, on made-up series with one shift in ten years."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to a claim.

    Attributes:
        finding: the claim as a finding.
        judged: the verdict and what it rests on.
        says: the sentence that may be said, or the question that must be answered first.
    """

    finding: Finding
    judged: Judgement
    says: str


@dataclass(frozen=True, slots=True)
class _Readings:
    """What a claim can be about."""

    sets: tuple[tuple[str, ...], ...]
    loose: bool = False
    bare: bool = False


class Shelf:
    """The editions that a view shows, in the order in which they were kept, and the records that hold them."""

    def __init__(self, view: View) -> None:
        """Read them."""
        held = [(record, _edition(view, record)) for record in view.records(source=SOURCE) if record.blobs]
        held.sort(key=lambda one: (one[1].seen_on, str(one[0].recorded_at or ""), one[0].id))
        self.records: tuple[Record, ...] = tuple(record for record, _ in held)
        self.editions: tuple[Edition, ...] = tuple(edition for _, edition in held)

    @cached_property
    def book(self) -> Book:
        """The editions side by side; an edition has the place in it that its record has here."""
        return Book(self.editions)


class FiguresEngine:
    """The engine for published figures."""

    name = NAME
    version = VERSION

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        """Yield a finding for the claim asked about, or for each break.

        Raises:
            SchemaError: a parameter is missing, unknown or impossible.
            MissingExtraError: numpy is not installed, and breaks are asked for.
        """
        asked = params.get("ask")
        if asked not in _FIELDS:
            raise SchemaError("what is asked for is missing", where=Place(field="ask"), fix="use claim or breaks")
        unknown = params.keys() - _FIELDS[str(asked)]
        if unknown:
            raise SchemaError("an unknown parameter", where=Place(field=min(unknown)[:40]))
        if asked == "claim":
            return (answer(view, params).finding,)
        return find_breaks(view, params)


def answer(view: View, params: Mapping[str, object]) -> Answer:
    """Return the answer to a claim.

    Args:
        view: what may be seen.
        params: ``text``, or ``number``, ``words``, ``about`` (series) and ``period``; ``as_of`` (day by whose knowledge
            it is judged), ``today`` (day from which "last year" counts).

    Raises:
        SchemaError: there are no editions, no number, or no such series.
    """
    shelf = Shelf(view)
    if not shelf.editions:
        raise SchemaError("there are no figures to judge by", fix="read some first: headwater figures import")
    as_of = _day(params, "as_of")
    claim = _claim(shelf.book, params, as_of)
    claim, judged = weigh(shelf.book, claim, as_of)
    sentence = says(shelf.book, claim, judged, as_of)
    return Answer(_claim_finding(shelf, params, claim, judged, sentence), judged, sentence)


def find_breaks(view: View, params: Mapping[str, object]) -> tuple[Finding, ...]:
    """Return the breaks in some series, by what was known on a day.

    Args:
        view: what may be seen.
        params: ``series`` (names), ``season`` (periods), ``online`` (from trailing data only), ``as_of``.

    Raises:
        SchemaError: no such series, or too short a one.
        MissingExtraError: numpy is not installed.
    """
    shelf = Shelf(view)
    as_of = _day(params, "as_of")
    found = []
    for text in _texts(params, "series"):
        for name in shelf.book.named(text):
            panel = panel_from(shelf.book, name, as_of)
            season = params.get("season", 12)
            if type(season) is not int:
                raise SchemaError("a season is a number of periods", where=Place(field="season"))
            search = online_breaks if params.get("online", True) else past_breaks
            found += [_break_finding(shelf, params, name, one, as_of) for one in search(panel, season)]
    return tuple(found)


def panel_from(book: Book, name: str, as_of: date | None = None) -> Panel:
    """Return one series as it was known on a day: its values of the commonest kind of period.

    Raises:
        SchemaError: nothing was known.
    """
    known = book.known(name, as_of)
    if not known:
        raise SchemaError("nothing of this series was known", where=name[:80])
    kinds = [period.kind for period in known]
    kind = max(set(kinds), key=lambda one: (kinds.count(one), one))
    periods = sorted(period for period in known if period.kind is kind)
    regular = [periods[0]]
    while regular[-1] < periods[-1]:
        regular.append(regular[-1].next())
    values = tuple(known[period].value if period in known else None for period in regular)
    return Panel(tuple(regular), (name,), (values,))


def _edition(view: View, record: Record) -> Edition:
    return decode(bytes(view.blob(record.blobs[0])), Edition)


def _claim(book: Book, params: Mapping[str, object], as_of: date | None) -> Claim:
    text = params.get("text")
    today = _day(params, "today") or as_of or max(edition.seen_on for edition in book.editions)
    period = parse_period(str(params["period"])) if params.get("period") else None
    if text is None:
        words = str(params.get("words", ""))
        about = _readings(book, params, words)
        number = said(str(params.get("number", "")))
        return Claim(number, words, about.sets, period, loose=about.loose, bare=about.bare)
    read = take_apart(str(text), book, as_of or today)
    about = _readings(book, params, str(text))
    if about.sets:
        read = replace(read, readings=about.sets, loose=about.loose, bare=about.bare)
    return replace(read, period=period, since=False) if period else read


def _readings(book: Book, params: Mapping[str, object], words: str) -> _Readings:
    """Return what a claim is about, as its asker names it; all returns of a source at once leave open which are meant."""
    named = [book.named(text) for text in _texts(params, "about")]
    series = tuple(dict.fromkeys(name for names in named for name in names))
    kinds = {book.definition(name).unit: name for name in series}
    whole = any(len(names) > 1 for names in named)
    if not (whole and kinds.keys() <= RETURNS | {Unit.REFUSED}):
        return _Readings((series,) if series else ())
    both = tuple(kinds[unit] for unit in (Unit.ENFORCED, Unit.VOLUNTARY) if unit in kinds)
    readings = [both, *((name,) for name in series), series]
    literal = Sense.FORCED in senses(words) and Unit.ENFORCED in kinds
    if literal:
        readings.insert(0, (kinds[Unit.ENFORCED],))
    return _Readings(tuple(dict.fromkeys(readings)), loose=True, bare=not literal)


def _claim_finding(
    shelf: Shelf, params: Mapping[str, object], claim: Claim, judged: Judgement, sentence: str
) -> Finding:
    places = {place for total in judged.totals for place in total.editions} or set(range(len(shelf.records)))
    records = [shelf.records[place] for place in sorted(places)]
    computed = judged.computed
    first = Reason(
        f"claim.{judged.verdict}",
        0.0,
        _VERDICTS[judged.verdict],
        left=str(claim.number.value),
        right=None if computed is None else str(computed),
    )
    parts = [
        Reason("claim.count", 0.0, f"{name} {judged.period}: {total.value}, seen on {total.seen_on}.")
        for name, total in zip(judged.reading, judged.totals, strict=False)
    ]
    return Finding(
        kind=KIND_CLAIM,
        subjects=judged.reading or ("figures",),
        score=1.0,
        text=sentence,
        reasons=(first, *parts),
        evidence=tuple(Evidence.record(record.id) for record in records),
        engine=NAME,
        engine_version=VERSION,
        params=params_text(params),
        handling=join_all(record.handling for record in records),
    )


_VERDICTS: Final = {
    Verdict.SUPPORTED: "The count bears the claim out at the precision shown.",
    Verdict.WRONG_WORD: "A word says something else than what was counted.",
    Verdict.CONTRADICTED: "The count is another.",
    Verdict.NOT_YET_KNOWN: "No edition seen by then gives the count.",
    Verdict.INCOMPLETE_PERIOD: "The period was not over when the newest edition was published.",
    Verdict.AMBIGUOUS: "The claim leaves open what it is about.",
}


def _break_finding(shelf: Shelf, params: Mapping[str, object], name: str, one: Break, as_of: date | None) -> Finding:
    places = sorted({known.edition for known in shelf.book.known(name, as_of).values()})
    records = [shelf.records[place] for place in places]
    unit = next(iter(units_of(shelf.book, (name,), as_of)))
    verb = "rose" if one.up else "fell"
    text = (
        f"The level of {name} {verb} {one.period.words}, from about {one.before:,.0f} to about {one.after:,.0f} "
        f"{unit} a {one.period.kind}, seen {one.seen_at.words}. A count on a route says nothing of any person."
    )
    return Finding(
        kind=KIND_BREAK,
        subjects=(name,),
        score=next(share for least, share in reversed(_TRUE_ALARMS) if one.strength >= least),
        text=text,
        reasons=(
            Reason("break.strength", 0.0, f"The values lie {one.strength:.2f} times as far off as the bar asks."),
        ),
        evidence=tuple(Evidence.record(record.id) for record in records),
        engine=NAME,
        engine_version=VERSION,
        params=params_text(params),
        handling=join_all(record.handling for record in records),
    )


def _day(params: Mapping[str, object], field: str) -> date | None:
    text = params.get(field)
    if text is None:
        return None
    period: Period = parse_period(str(text))
    if period.start != period.end:
        raise SchemaError("not a day", where=Place(field=field), fix="write it as 2025-03-31")
    return period.end


def _texts(params: Mapping[str, object], field: str) -> Sequence[str]:
    given = params.get(field, ())
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        raise SchemaError("a list of names is needed", where=Place(field=field))
    return given
