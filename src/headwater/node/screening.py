"""Screening: queries against the lists that a node holds, or against list files; hits are kept as findings."""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from headwater.engines.match.query import read_request
from headwater.engines.match.screening import Hit, MatchEngine, ScreenResult, open_index
from headwater.engines.match.screening import screen as run_match
from headwater.errors import FormatError, SettingsError, StoreCorruptError
from headwater.exchange.keys import Keys
from headwater.formats.queries_csv import read_queries
from headwater.model.canonical import encode
from headwater.model.finding import params_text
from headwater.model.handling import Handling
from headwater.model.times import format_instant
from headwater.node import findings, runs
from headwater.node.files import bytes_of, write
from headwater.node.lists import CurrentLists, ListEdition, editions, sees_whole
from headwater.node.loose import NOBODY, ListFile, LooseAudit, LooseReader, cache_folder
from headwater.node.node import Node
from headwater.node.system import SystemClock, peak_memory_mb
from headwater.policy.acts import Act, Role
from headwater.policy.session import Session, may
from headwater.policy.view import guard
from headwater.ports import Event, View
from headwater.settings import Settings

UNSET: Final = Settings()
"""Without a node the settings are the defaults."""
TURN: Final = 2048
"""Queries between two signs of progress."""
Progress = Callable[[int, int], None]
"""Hears how many queries of how many are done."""
OF_A_QUERY: Final = Handling(releasable_to=frozenset(), codes=frozenset({"P"}))
"""A hit says whom somebody asked about, so it may do less than the published list: nobody else gets it unasked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, and how strictly.

    Attributes:
        queries: fields as `formats.queries_csv.COLUMNS`.
        min_score: score from which a name is a hit; None is as the node is set, or the default of that setting.
        lists: names of data sources; empty is every list there is.
    """

    queries: Sequence[Mapping[str, str]]
    min_score: float | None = None
    top: int = 10
    lists: Sequence[str] = ()


@dataclass(slots=True)
class Cost:
    """What a run cost: CPU seconds by stage, and the most memory the process ever held, in MB."""

    cpu_s: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Count the CPU seconds of a stage."""
        begun = time.process_time()
        yield
        self.cpu_s[stage] = self.cpu_s.get(stage, 0.0) + time.process_time() - begun

    @property
    def peak_rss_mb(self) -> float:
        """The most memory the process ever held, in MB."""
        return peak_memory_mb()


@dataclass(frozen=True, slots=True)
class Answer:
    """What screening answered."""

    result: ScreenResult
    cost: Cost


def queries_in(path: Path) -> list[dict[str, str]]:
    """Return the queries of a CSV file.

    Raises:
        InputError: it cannot be read as one.
    """
    return read_queries(bytes_of(path), file=path.name)


def at_node(node: Node, session: Session, asked: Asked, progress: Progress | None = None) -> Answer:
    """Screen against the lists that a node holds; keep the hits as findings and log the run.

    Raises:
        PolicyError: the user may not screen.
        SettingsError: the node holds no list, or not the one named.
    """
    may(session, Act.LIST_SCREEN)
    cost = Cost()
    with node.view_at(session) as (snapshot, view):
        with cost.of("load"):
            held = [one for one in editions(snapshot) if not asked.lists or one.source in asked.lists]
            if not held:
                fix = "read one first: headwater read un FILE --home DIR"
                raise SettingsError("the node holds no such list", fix=fix)
            whole = sees_whole(held, session, node.clock.now().date())
            current = CurrentLists(snapshot, view, held, whole=whole)
        with cost.of("screen"):
            params = _params(asked, held, node.settings, node.clock.now())
            result = _stricter(_in_turns(current, params, progress))
    told = params_text({name: value for name, value in params.items() if name != "queries"})
    noted = runs.Noted(MatchEngine.name, MatchEngine.version, told, OF_A_QUERY, per_query=True)
    findings.keep(node, session, result.findings, noted)
    _log(node, session, asked, held, result)
    return Answer(result, cost)


def prepare(node: Node, session: Session) -> None:
    """Build the index over the lists in force, so that the first question need not wait for it."""
    with node.view_at(session) as (snapshot, view):
        held = editions(snapshot)
        if held:
            whole = sees_whole(held, session, node.clock.now().date())
            request = read_request(_params(Asked(()), held, node.settings, node.clock.now()))
            open_index(CurrentLists(snapshot, view, held, whole=whole), request)


def in_files(asked: Asked, files: Sequence[ListFile], user: str, progress: Progress | None = None) -> Answer:
    """Screen against list files, without a node; nothing is kept but the index in the user's cache.

    Raises:
        InputError: a file is no list.
    """
    cost = Cost()
    clock = SystemClock()
    with cost.of("load"):
        reader = LooseReader(files, cache_folder())
        sums = sorted(f"{one.format}={_sum(Path(one.file))}" for one in files)
    session = Session(user=user, authority=NOBODY, purpose="sanctions", roles=frozenset({Role.ANALYST}))
    view = guard(reader, session, LooseAudit(), clock.now().date())
    params: dict[str, object] = {
        "queries": list(asked.queries),
        "snapshots": {"files": hashlib.sha256("\n".join(sums).encode()).hexdigest()},
        "min_score": asked.min_score or UNSET.min_score,
        "top": asked.top,
        "as_of": format_instant(clock.now()),
        "stale_after_days": UNSET.list_stale_days,
    }
    with cost.of("screen"):
        try:
            result = _in_turns(view, params, progress)
        except StoreCorruptError:
            # What is cached can be made again; nothing else is kept here that could be damaged.
            reader.forget()
            result = _in_turns(view, params, progress)
    return Answer(result, cost)


def document(answer: Answer, asked: Asked) -> dict[str, Any]:
    """Return an answer as it stands in a document."""
    result = answer.result
    return {
        "queries": len(asked.queries),
        "hits": [hit_document(hit) for hit in result.hits],
        "not_screenable": [{"query": one.query, "reason": one.reason} for one in result.not_screenable],
        "doubts": [{"query": one.query, "field": one.field, "text": one.text} for one in result.doubts],
        "lists": [
            {
                "list": short_name(one.source),
                "source": one.source,
                "version": one.version,
                "sha256": one.sha256,
                "entries": one.entries,
                "stale": one.stale,
                "note": one.note,
            }
            for one in result.lists
        ],
        "cpu_s": {stage: round(seconds, 3) for stage, seconds in answer.cost.cpu_s.items()},
        "peak_rss_mb": round(answer.cost.peak_rss_mb, 1),
    }


def short_name(source: str) -> str:
    """Return a list's name as people say it: that of its format without what follows it, ``uk`` of ``uk-csv``."""
    return source.partition("-")[0]


def hit_document(hit: Hit) -> dict[str, Any]:
    """Return a hit as one line of a file of hits."""
    return {
        "query": hit.query,
        "list": short_name(hit.list),
        "entry": hit.entry.partition(":")[2] or hit.entry,
        "score": hit.finding.score,
        "finding": hit.finding.id,
        "text": hit.finding.text,
        "reasons": [
            {"code": one.code, "weight": one.weight, "text": one.text, "left": one.left, "right": one.right}
            for one in hit.finding.reasons
        ],
        "source": {"sha256": hit.sha256, "version": hit.version, "row": hit.row},
    }


def _params(asked: Asked, held: Sequence[ListEdition], settings: Settings, now: datetime) -> dict[str, object]:
    return {
        "queries": list(asked.queries),
        "lists": [one.source for one in held],
        "snapshots": {one.source: one.digest for one in held},
        "fetched": {one.source: format_instant(one.read_at) for one in held},
        "min_score": asked.min_score or settings.min_score,
        "top": asked.top,
        "as_of": format_instant(now),
        "stale_after_days": settings.list_stale_days,
    }


def _in_turns(view: View, params: Mapping[str, Any], progress: Progress | None) -> ScreenResult:
    """Screen some queries at a time, so that a person sees how far it is; the answer is that of one run."""
    queries = params["queries"]
    turns: list[ScreenResult] = []
    for at in range(0, max(1, len(queries)), TURN):
        turns.append(run_match(view, {**params, "queries": queries[at : at + TURN]}))
        if progress is not None:
            progress(min(at + TURN, len(queries)), len(queries))
    return ScreenResult(
        tuple(hit for turn in turns for hit in turn.hits),
        tuple(one for turn in turns for one in turn.not_screenable),
        turns[0].lists,
        tuple(one for turn in turns for one in turn.doubts),
    )


def _stricter(result: ScreenResult) -> ScreenResult:
    hits = tuple(
        replace(hit, finding=replace(hit.finding, handling=hit.finding.handling.join(OF_A_QUERY)))
        for hit in result.hits
    )
    return replace(result, hits=hits)


def _log(node: Node, session: Session, asked: Asked, held: Sequence[ListEdition], result: ScreenResult) -> None:
    """Log the run: queries only as a keyed hash, since names are personal data."""
    key = hmac.digest(Keys(node.home).signing_seed(), b"headwater/query/1", "sha256")
    text = "\n".join(sorted(query.get("name", "") for query in asked.queries))
    detail: dict[str, str | int] = {
        "queries": len(asked.queries),
        "query_hash": hmac.new(key, text.encode(), hashlib.sha256).hexdigest(),
        "hits": len(result.hits),
        "not_screenable": len(result.not_screenable),
        "lists": " ".join(f"{one.source}@{one.version or one.sha256[:12]}" for one in held),
        "min_score": str(asked.min_score or node.settings.min_score),
    }
    node.store.note(Event("match.screened", session.user, "lists", session.purpose, detail))


def _sum(path: Path) -> str:
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise FormatError(f"the file cannot be read: {error.strerror}", where=str(path)) from error


def one_query(name: str, born: str, country: str, number: str, schema: str) -> dict[str, str]:
    """Return one question as a row of a file of queries, blanks left out."""
    given = {"name": name, "birth_date": born, "nationality": country, "id_number": number, "schema": schema}
    return {"id": "1", "name": name, **{key: value for key, value in given.items() if value}}


def write_hits(out: Path, hits: Sequence[Mapping[str, Any]]) -> None:
    """Write hits to a file, one JSON line each; the file appears whole or not at all.

    Raises:
        StoreIoError: the disk refuses.
    """
    write(out, b"".join(encode(hit) + b"\n" for hit in hits))
