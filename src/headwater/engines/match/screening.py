"""Screening: who of the queries stands on a list, with scores, reasons and the evidence in the list's own records.

The index over the lists is asked of the view under a name made of the lists' content hashes, so a query reads no record
but those it reports. `params["snapshots"]` carries these hashes, one for each data source; without them the name is made
from every record's identifier, which reads them all.
"""

import hashlib
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from headwater.engines.match.batch import FEWEST, Asked, Batch, Near, available
from headwater.engines.match.build import build_index
from headwater.engines.match.candidates import Finder
from headwater.engines.match.freshness import ListState, list_state
from headwater.engines.match.index import INDEX_VERSION, KEYS_VERSION, Entry, Index, need_numpy, unpack
from headwater.engines.match.listed import Listed
from headwater.engines.match.names import Name, Weighed
from headwater.engines.match.query import Query, Request, read_request
from headwater.engines.match.reasons import DIFFERENT_NAME, reasons_for, sentence
from headwater.engines.match.score import (
    Comparison,
    NameMatch,
    compare,
    compare_names,
    log_odds_of,
    name_floor,
)
from headwater.errors import ForbiddenError
from headwater.model.canonical import decode, encode
from headwater.model.collecting import collecting_later
from headwater.model.fact import fact_id
from headwater.model.finding import Evidence, EvidenceKind, Finding, Reason, params_text
from headwater.model.handling import Handling
from headwater.model.ids import RecordId
from headwater.model.record import Record
from headwater.model.schema import schema
from headwater.ports import View

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NAME: Final = "match"
VERSION: Final = "1"
KIND_NAME: Final = "match.screening"
KIND_IDENTIFIER: Final = "match.identifier"
"""The same identifier with another name: a hit of its own kind."""
_CHUNK: Final = 2048
"""Queries laid beside the index at once."""
FEW_ENTRIES: Final = 100
FEW_NAMES: Final = 64
"""Names of entries that alone may be hits, up to which every query is laid beside every one: quicker than looking for them."""
_FACT: Final = EvidenceKind.FACT
_SLACK: Final = 1e-6
"""Log-odds by which the compiled and the readable score may differ: sums in another order."""


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
    """A query that was screened although a field of it makes no sense or cannot be read, and how it was taken."""

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


class _Ranked(NamedTuple):
    """An entry that reaches the least score, the comparison, and the number of the name that did."""

    entry: Entry
    comparison: Comparison
    name_at: int | None


def _best_first(one: _Ranked) -> tuple[float, str, str, str]:
    entry = one.entry
    return -one.comparison.log_odds, entry.source, entry.key, entry.record


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
    return open_screener(view, params, queries=len(request.queries)).answer(request)


Sees = Callable[[Handling], bool]
"""Tells whether a record of a handling may be seen."""


def open_screener(view: View, params: Mapping[str, object], *, queries: int, sees: Sees | None = None) -> "Screener":
    """Return what answers queries against the lists that the parameters name, laid out for so many of them.

    Args:
        view: what may be seen.
        params: as those of `screen`.
        queries: about how many there will be.
        sees: the view's rule, where a look at the handling is enough and no record need be read; None asks the view.

    Raises:
        SchemaError: a parameter is missing, unknown or impossible.
        MissingExtraError: numpy or rapidfuzz is not installed.
    """
    request = read_request({**params, "queries": ()})
    need_numpy()
    return Screener(view, open_index(view, request), compiled=queries >= FEWEST and available(), sees=sees)


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


class Screener:
    """Answers queries against one index; holds what is read from the index and the view."""

    def __init__(self, view: View | None, index: Index, *, compiled: bool, sees: Sees | None = None) -> None:
        """Lay out the index.

        Args:
            view: what may be seen; None where `sees` alone decides.
            index: over the lists.
            compiled: whether names are compared by compiled code first.
            sees: the view's rule by handling; None asks the view for every record of a hit.
        """
        self.view = view
        self._sees = sees
        self.index = index
        self.finder = Finder(index)
        self.listed = Listed(index)
        self._batch = Batch(self.finder, meets) if compiled else None
        self._states: dict[tuple[str, str], ListState] = {}
        self._handlings: dict[str | int, Handling | None] = {}
        self._few: tuple[frozenset[str], NDArray[np.int32]] | None = None

    def answer(self, request: Request) -> ScreenResult:
        """Return the answer to all queries of a request."""
        self._states = {(head.source, head.version): list_state(head, request) for head in self.index.head.lists}
        hits: list[Hit] = []
        with collecting_later():
            for at in range(0, len(request.queries), _CHUNK):
                some = request.queries[at : at + _CHUNK]
                for query, ranked in zip(some, self._ranked(some, request), strict=True):
                    hits.extend(self._hits(query, ranked, request.top))
        hindered = [NotScreenable(query.id, query.hindrance) for query in request.queries if query.hindrance]
        doubts = tuple(Doubt(query.id, *doubt) for query in request.queries for doubt in query.doubts)
        return ScreenResult(tuple(hits), tuple(hindered), tuple(self._states.values()), doubts)

    def _ranked(self, queries: tuple[Query, ...], request: Request) -> Iterator[list[_Ranked]]:
        """Yield, for each query, what reaches the least score, best first."""
        least = log_odds_of(request.min_score)
        numbers = [self.finder.numbered(query.traits.numbers) for query in queries]
        floors = [
            -math.inf if numbered else name_floor(least, query.traits) - _SLACK
            for query, numbered in zip(queries, numbers, strict=True)
        ]
        if self._batch is None:
            found = self.finder.find([query.name for query in queries])
            for query, numbered, floor, names in zip(queries, numbers, floors, found, strict=True):
                yield self._best(query, numbered, self._compared(query, names, floor), least, request.only)
            return
        asked = [
            Asked(q.name, q.schema, q.person, floor, q.traits, -math.inf if numbered else least - _SLACK)
            for q, numbered, floor in zip(queries, numbers, floors, strict=True)
        ]
        for query, numbered, near in zip(
            queries, numbers, self._batch.best(self._hopeful(asked, request.only), _SLACK), strict=True
        ):
            yield self._best(query, numbered, self._explained(query, near, least, numbered), least, request.only)

    def _hopeful(self, asked: list[Asked], only: frozenset[str] | None) -> list[Asked]:
        """Return the queries, without the names of those that no name of the few entries that may be hits is near."""
        if self._batch is None or only is None or len(only) > FEW_ENTRIES:
            return asked
        if self._few is None or self._few[0] != only:
            self._few = only, self.listed.names_of(only)
        among = self._few[1]
        if len(among) > FEW_NAMES:
            return asked
        near = self._batch.find(asked, among)
        return [one if some else replace(one, name=None) for one, some in zip(asked, near, strict=True)]

    def _explained(
        self, query: Query, near: list[Near], least: float, numbered: frozenset[int]
    ) -> Iterator[tuple[int, NameMatch]]:
        """Yield, compared again by the readable code, the names of a compiled answer that may be hits."""
        if not near or query.name is None:
            return
        owner_of = self.listed.owner
        # Without an identifier all that compiled code gives may be hits.
        some = numbered and numbered.union([owner_of(one.at) for one in near if one.whole >= least - _SLACK])
        asked, person = self._weighed(query.name), query.person
        for at, _, _, worth in near:
            if not numbered or owner_of(at) in some:
                yield at, compare_names(asked, self.listed.name(at), person=person, worth=worth)

    def _compared(self, query: Query, names: tuple[int, ...], floor: float) -> Iterator[tuple[int, NameMatch]]:
        """Yield the candidates whose names agree well enough."""
        if query.name is None:
            return
        asked = self._weighed(query.name)
        for at in names:
            if meets(query.schema, self.listed.entry(self.listed.owner(at))[0].schema):
                match = compare_names(asked, self.listed.name(at), person=query.person)
                if match.log_odds >= floor:
                    yield at, match

    def _weighed(self, name: Name) -> Weighed:
        return Weighed(name, tuple([self.finder.rarity(part) for part in name.parts]))

    def _best(
        self,
        query: Query,
        numbered: frozenset[int],
        matches: Iterable[tuple[int, NameMatch]],
        least: float,
        only: frozenset[str] | None,
    ) -> list[_Ranked]:
        """Return every entry that reaches the least score by its best name, best first."""
        best: dict[int, tuple[NameMatch, int] | None] = {}
        for at, match in matches:
            owner = self.listed.owner(at)
            known = best.get(owner)
            if known is None or (match.log_odds, -at) > (known[0].log_odds, -known[1]):
                best[owner] = match, at
        for owner in sorted(numbered):
            best.setdefault(owner, None)
        ranked = []
        for owner, named in best.items():
            entry, listed = self.listed.entry(owner)
            if only is not None and entry.key not in only:
                continue
            comparison = compare(named[0] if named else None, query.traits, listed)
            if comparison.log_odds >= least:
                ranked.append(_Ranked(entry, comparison, named[1] if named else None))
        if len(ranked) > 1:
            ranked.sort(key=_best_first)
        return ranked

    def _hits(self, query: Query, ranked: list[_Ranked], top: int) -> Iterator[Hit]:
        """Yield the best hits of a query, of those that may be seen."""
        kept = 0
        told = params_text({"query": dict(query.given), "index": KEYS_VERSION}) if ranked else ""
        for one in ranked:
            if kept == top:
                return
            entry = one.entry
            finding = self._finding(query, one, told)
            if finding is not None:
                kept += 1
                yield Hit(finding, query.id, entry.source, entry.key, entry.sha256, entry.version, entry.place)

    def _finding(self, query: Query, ranked: _Ranked, told: str) -> Finding | None:
        """Return the hit as a finding, `told` being its parameters; None where its record may not be seen."""
        entry, comparison, name_at = ranked
        handling = self._handling(entry)
        if handling is None:
            return None
        reasons = reasons_for(comparison, entry)
        text = sentence(entry, reasons)
        state = self._states[entry.source, entry.version]
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
            params=told,
            handling=handling,
        )

    def _handling(self, entry: Entry) -> Handling | None:
        """Return the handling of an entry's record, None where it may not be seen."""
        if self._sees is not None:
            if entry.handling not in self._handlings:
                handling = decode(self.index.text("handling", entry.handling).encode(), Handling)
                self._handlings[entry.handling] = handling if self._sees(handling) else None
            return self._handlings[entry.handling]
        if entry.record not in self._handlings:
            self._handlings[entry.record] = self._read(entry)
        return self._handlings[entry.record]

    def _read(self, entry: Entry) -> Handling | None:
        if self.view is None:
            return None
        try:
            return self.view.record(RecordId(entry.record)).handling
        except ForbiddenError:
            return None

    def _evidence(self, entry: Entry, comparison: Comparison, name_at: int | None) -> tuple[Evidence, ...]:
        places = [self.listed.fact(name_at)] if name_at is not None else []
        if comparison.date is not None:
            right = comparison.date.right
            places += [place for value, place in entry.dates if value == right][:1]
        if comparison.countries is not None:
            places += [place for _, place in entry.countries]
        if comparison.genders is not None:
            places += [place for _, place in entry.genders]
        if comparison.number is not None:
            places += [place for value, place in entry.numbers if value == comparison.number.right][:1]
        record = RecordId(entry.record)
        facts = tuple([Evidence(_FACT, fact_id(record, place)) for place in dict.fromkeys(places)])
        return facts or (Evidence.record(record),)
