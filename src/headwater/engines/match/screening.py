"""Screening: who of the queries stands on a list, with scores, reasons and the evidence in the list's own records.

The index over the lists is asked of the view under a name made of the lists' content hashes, so a query reads no record
but those it reports. `params["snapshots"]` carries these hashes, one for each data source; without them the name is made
from every record's identifier, which reads them all.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from headwater.engines.match.build import build_index
from headwater.engines.match.candidates import Candidates, Finder
from headwater.engines.match.freshness import ListState, list_state
from headwater.engines.match.index import INDEX_VERSION, Entry, Index, need_numpy, unpack
from headwater.engines.match.listed import Listed
from headwater.engines.match.names import Weighed
from headwater.engines.match.query import Query, Request, read_request
from headwater.engines.match.reasons import DIFFERENT_NAME, reasons_for, sentence
from headwater.engines.match.score import (
    Comparison,
    NameMatch,
    compare,
    compare_names,
    log_odds_of,
)
from headwater.errors import ForbiddenError
from headwater.model.canonical import encode
from headwater.model.fact import fact_id
from headwater.model.finding import Evidence, Finding, Reason, params_text
from headwater.model.handling import Handling
from headwater.model.ids import RecordId
from headwater.model.record import Record
from headwater.model.schema import schema
from headwater.ports import View

NAME: Final = "match"
VERSION: Final = "1"
KIND_NAME: Final = "match.screening"
KIND_IDENTIFIER: Final = "match.identifier"
"""The same identifier with another name: a hit of its own kind."""
_CHUNK: Final = 256
"""Queries laid beside the index at once."""
_MOST_BESIDE_NAME: Final = 8.0
"""The most that date, nationality and gender together can add to a name."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A query and a list entry above the threshold.

    Attributes:
        finding: the claim, with reasons and evidence.
        query: the query's id.
        list, entry: the data source's name, and the entity's key, in which the list's own identifier stands.
        sha256, version, row: hash of the list's file, its version, the row or element of the entry.
    """

    finding: Finding
    query: str
    list: str
    entry: str
    sha256: str
    version: str
    row: str


@dataclass(frozen=True, slots=True)
class NotScreenable:
    """A query whose name could not be screened, and why."""

    query: str
    reason: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A query that was screened although a field of it makes no sense, and how that was read."""

    query: str
    field: str
    text: str


@dataclass(frozen=True, slots=True)
class ScreenResult:
    """The answer to all queries of a run."""

    hits: tuple[Hit, ...]
    not_screenable: tuple[NotScreenable, ...]
    lists: tuple[ListState, ...]
    doubts: tuple[Doubt, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The hits as findings."""
        return tuple(hit.finding for hit in self.hits)


class MatchEngine:
    """The screening engine."""

    name = NAME
    version = VERSION

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        """Yield a finding for every hit.

        Raises:
            SchemaError: a parameter is missing, unknown or impossible.
            MissingExtraError: numpy or rapidfuzz is not installed.
        """
        return screen(view, params).findings


def screen(view: View, params: Mapping[str, object]) -> ScreenResult:
    """Return hits, queries that could not be screened and the state of every list.

    Args:
        view: what may be seen.
        params: ``queries`` (fields of `query.QUERY_FIELDS`), ``lists`` (data source names), ``snapshots`` (content hash
            of each), ``fetched`` (instant each was last seen to be current), ``min_score``, ``top``, ``as_of``,
            ``stale_after_days``.

    Raises:
        SchemaError: a parameter is missing, unknown or impossible.
        MissingExtraError: numpy or rapidfuzz is not installed.
    """
    request = read_request(params)
    need_numpy()
    index = open_index(view, request)
    screener = _Screener(view, request, index)
    hits: list[Hit] = []
    for at in range(0, len(request.queries), _CHUNK):
        hits.extend(screener.screen(request.queries[at : at + _CHUNK]))
    hindered = [NotScreenable(query.id, query.hindrance) for query in request.queries if query.hindrance]
    doubts = tuple(Doubt(query.id, "birth_date", query.doubt) for query in request.queries if query.doubt)
    return ScreenResult(tuple(hits), tuple(hindered), tuple(screener.states.values()), doubts)


def open_index(view: View, request: Request) -> Index:
    """Return the index over the lists of a request, built where the view does not keep it yet."""
    return unpack(view.derived(index_name(view, request), lambda: build_index(list_records(view, request.lists))))


def index_name(view: View, request: Request) -> str:
    """Return the name of the index: a hash of the lists' content hashes, else of every record's identifier."""
    sources = request.lists or tuple(sorted(request.snapshots))
    if sources and all(source in request.snapshots for source in sources):
        content: list[str] = [f"{source}={request.snapshots[source]}" for source in sources]
    else:
        content = sorted(record.id for record in list_records(view, request.lists))
    chosen = sorted(request.lists)
    return f"match-index-{INDEX_VERSION}-{hashlib.sha256(encode([chosen, content])).hexdigest()[:40]}"


def list_records(view: View, sources: tuple[str, ...]) -> Iterator[Record]:
    """Yield the records of some data sources; of none, every record of a designation."""
    if sources:
        for source in sources:
            yield from view.records(source=source)
    else:
        for record in view.records():
            if any(mention.schema == "Sanction" for mention in record.mentions):
                yield record


def meets(asked: str, listed: str) -> bool:
    """Return whether a query of one entity type can mean an entry of another: one must be the other's kind."""
    if asked == listed:
        return True
    above, below = schema(asked).extends, schema(listed).extends
    return asked in below or listed in above or bool({"Organization"} & ({asked} | above) & ({listed} | below))


class _Screener:
    """Works through queries against one index; holds what is read from the index and the view, for one run."""

    def __init__(self, view: View, request: Request, index: Index) -> None:
        self.view = view
        self.request = request
        self.index = index
        self.finder = Finder(index)
        self.states = {(head.source, head.version): list_state(head, request) for head in index.head.lists}
        self.listed = Listed(index)
        self._handlings: dict[str, Handling | None] = {}

    def screen(self, queries: tuple[Query, ...]) -> Iterator[Hit]:
        """Yield the hits of some queries, in the order of the queries, best first."""
        numbers = [query.traits.numbers[0] if query.traits.numbers else "" for query in queries]
        found = self.finder.find([query.name for query in queries], numbers)
        for query, candidates in zip(queries, found, strict=True):
            yield from self._hits(query, candidates)

    def _hits(self, query: Query, candidates: Candidates) -> Iterator[Hit]:
        least = log_odds_of(self.request.min_score)
        ranked = []
        for at, match in self._best_names(query, candidates, least).items():
            entry, listed = self.listed.entry(at)
            comparison = compare(match[0] if match else None, query.traits, listed)
            if comparison.score >= self.request.min_score:
                ranked.append((comparison.log_odds, entry, comparison, match[1] if match else None))
        ranked.sort(key=lambda one: (-one[0], one[1].source, one[1].key, one[1].record))
        kept = 0
        for _, entry, comparison, name_at in ranked:
            if kept == self.request.top:
                return
            finding = self._finding(query, entry, comparison, name_at)
            if finding is not None:
                kept += 1
                yield Hit(finding, query.id, entry.source, entry.key, entry.sha256, entry.version, entry.place)

    def _best_names(
        self, query: Query, candidates: Candidates, least: float
    ) -> dict[int, tuple[NameMatch, int] | None]:
        """Return, for every entry worth a full comparison, its best name and that name's number."""
        best: dict[int, tuple[NameMatch, int] | None] = {}
        numbered = set(candidates.entries)
        if query.name is not None:
            asked = Weighed(query.name, tuple(self.finder.rarity(part) for part in query.name.parts))
            for at in candidates.names:
                owner = self.listed.owner(at)
                if not meets(query.schema, self.listed.entry(owner)[0].schema):
                    continue
                match = compare_names(asked, self.listed.name(at), person=query.person)
                known = best.get(owner)
                if owner not in numbered and match.log_odds + _MOST_BESIDE_NAME < least:
                    continue
                if known is None or (match.log_odds, -at) > (known[0].log_odds, -known[1]):
                    best[owner] = match, at
        for owner in sorted(numbered):
            best.setdefault(owner, None)
        return best

    def _finding(self, query: Query, entry: Entry, comparison: Comparison, name_at: int | None) -> Finding | None:
        """Return the hit as a finding; None where its record may not be seen."""
        handling = self._handling(entry.record)
        if handling is None:
            return None
        reasons = reasons_for(comparison, entry)
        text = sentence(entry, reasons)
        state = self.states[entry.source, entry.version]
        if state.stale:
            reasons = (*reasons, Reason("list.stale", 0.0, state.note))
            text = f"{text} {state.note}"
        other_name = comparison.name is None or comparison.name.log_odds <= DIFFERENT_NAME
        return Finding(
            kind=KIND_IDENTIFIER if comparison.number is not None and other_name else KIND_NAME,
            subjects=(f"query:{query.id}", entry.key),
            score=comparison.score,
            text=text,
            reasons=reasons,
            evidence=self._evidence(entry, comparison, name_at),
            engine=NAME,
            engine_version=VERSION,
            params=params_text({"query": dict(query.given), "index": INDEX_VERSION}),
            handling=handling,
        )

    def _handling(self, record: str) -> Handling | None:
        if record not in self._handlings:
            try:
                self._handlings[record] = self.view.record(RecordId(record)).handling
            except ForbiddenError:
                self._handlings[record] = None
        return self._handlings[record]

    def _evidence(self, entry: Entry, comparison: Comparison, name_at: int | None) -> tuple[Evidence, ...]:
        places = [self.listed.fact(name_at)] if name_at is not None else []
        if comparison.date is not None:
            places += [place for value, place in entry.dates if value == comparison.date.right][:1]
        if comparison.countries is not None:
            places += [place for _, place in entry.countries]
        if comparison.genders is not None:
            places += [place for _, place in entry.genders]
        if comparison.number is not None:
            places += [place for value, place in entry.numbers if value == comparison.number.right][:1]
        record = RecordId(entry.record)
        facts = tuple(Evidence.fact(fact_id(record, place)) for place in dict.fromkeys(places))
        return facts or (Evidence.record(record),)
