"""Screening: queries against the lists that a node holds, or against list files; hits are kept as findings."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from headwater.engines.match.owned import with_owned
from headwater.engines.match.ownership import Stake
from headwater.engines.match.query import read_request
from headwater.engines.match.screening import Hit, MatchEngine, Screener, ScreenResult, open_index, open_screener
from headwater.errors import ForbiddenError, FormatError, Place, SchemaError, SettingsError, StoreCorruptError
from headwater.exchange.keys import Keys
from headwater.formats.queries_csv import lines_of, read_queries
from headwater.formats.safe_csv import csv_bytes
from headwater.formats.stakes_csv import read_stakes
from headwater.model.canonical import encode
from headwater.model.fact import record_of
from headwater.model.finding import Finding, params_text
from headwater.model.handling import Handling
from headwater.model.ids import FactId
from headwater.model.record import Record
from headwater.model.times import format_instant
from headwater.node import deltas, findings, runs
from headwater.node.files import bytes_of, write
from headwater.node.judged import Silenced, judge
from headwater.node.list_filters import ListFilter
from headwater.node.lists import CurrentLists, ListEdition, editions, seen_current, sees_whole
from headwater.node.loose import NOBODY, ListFile, LooseAudit, LooseReader, cache_folder, own_number, short_name
from headwater.node.node import Node
from headwater.node.spread import ALONE, Progress, Spread, answers
from headwater.node.system import SystemClock, cpu_seconds, peak_memory_mb
from headwater.policy.acts import Act, Role
from headwater.policy.session import Session, may
from headwater.policy.view import guard, permits
from headwater.ports import Event, View
from headwater.settings import Settings

UNSET: Final = Settings()
"""Without a node the settings are the defaults."""
EVERY_ENTRY: Final = ListFilter()
OF_A_QUERY: Final = Handling(releasable_to=frozenset(), codes=frozenset({"P"}))
"""A hit says whom somebody asked about, so it may do less than the published list: nobody else gets it unasked."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked, and how strictly.

    Attributes:
        queries: fields as `formats.queries_csv.COLUMNS`.
        min_score: score from which a name is a hit; None is as the node is set, or the default of that setting.
        lists: names of data sources; empty is every list there is.
        since: an older edition, of whose list only entries added or changed after it are looked at.
        stakes: who owns or controls whom among the queries.
        about: which entries of the lists are asked about.
        file: the file of the queries, None where they come from none.
    """

    queries: Sequence[Mapping[str, str]]
    min_score: float | None = None
    top: int = 10
    lists: Sequence[str] = ()
    since: ListFile | None = None
    stakes: Sequence[Stake] = ()
    about: ListFilter = EVERY_ENTRY
    file: Path | None = None

    @contextmanager
    def rows_told(self) -> Iterator[None]:
        """Name the file and the line of a query that is refused."""
        try:
            yield
        except SchemaError as error:
            at, file = error.where.line, self.file
            if file is None or at is None or error.where.file is not None:
                raise
            lines = lines_of(bytes_of(file))
            error.where = replace(error.where, file=file.name, line=lines[at - 1] if at <= len(lines) else at)
            raise


@dataclass(slots=True)
class Cost:
    """What a run cost: CPU seconds by stage, those of ended child processes with it, and the most memory of this one, in MB."""

    cpu_s: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def of(self, stage: str) -> Iterator[None]:
        """Count the CPU seconds of a stage."""
        begun = cpu_seconds()
        yield
        self.cpu_s[stage] = self.cpu_s.get(stage, 0.0) + cpu_seconds() - begun

    @property
    def peak_rss_mb(self) -> float:
        """The most memory the process ever held, in MB."""
        return peak_memory_mb()


@dataclass(frozen=True, slots=True)
class Answer:
    """What screening answered.

    Attributes:
        since: with an older edition to compare with, what changed since, as a document.
        silenced: pairs that somebody has told apart before and that have not changed.
        about: which entries were asked about, and how many they are; None where all were.
        warnings: what was unusual about list files that were parsed for it.
    """

    result: ScreenResult
    cost: Cost
    since: Mapping[str, Any] | None = None
    silenced: tuple[Silenced, ...] = ()
    about: Mapping[str, Any] | None = None
    warnings: tuple[str, ...] = ()


def stakes_in(path: Path, queries: Sequence[Mapping[str, str]]) -> list[Stake]:
    """Return the stakes of a CSV file, whose parties are queries.

    Raises:
        InputError: it cannot be read as one, or names a party that is no query.
    """
    known = {query["id"] for query in queries}
    found = [Stake(*row) for row in read_stakes(bytes_of(path), file=path.name)]
    for stake in found:
        for column, party in (("owner", stake.owner), ("owned", stake.owned)):
            if party not in known:
                where = Place(file=path.name, field=column)
                fix = "give the id of a row of the file of queries"
                raise SchemaError("a stake of a party that is no query", where=where, fix=fix)
    return found


def queries_in(path: Path) -> list[dict[str, str]]:
    """Return the queries of a CSV file.

    Raises:
        InputError: it cannot be read as one.
    """
    return read_queries(bytes_of(path), file=path.name)


def at_node(
    node: Node,
    session: Session,
    asked: Asked,
    progress: Progress | None = None,
    *,
    only: Sequence[str] | None = None,
    spread: Spread = ALONE,
) -> Answer:
    """Screen against the lists that a node holds; keep the hits as findings and log the run.

    Args:
        node: the node.
        session: who asks, and why.
        asked: what is asked.
        progress: hears how far it is.
        only: keys of the entries that may be hits; None is every entry.
        spread: over which processes or machines.

    Raises:
        PolicyError: the user may not screen.
        SettingsError: the node holds no list, or not the one named.
        MissingExtraError: Spark is asked for and not installed.
    """
    may(session, Act.LIST_SCREEN)
    spread.ready()
    today = node.clock.now().date()
    cost = Cost()
    with node.view_at(session) as (snapshot, view):
        with cost.of("load"):
            held = [one for one in editions(snapshot) if not asked.lists or one.source in asked.lists]
            if not held:
                fix = "read one first: headwater read un FILE --home DIR"
                raise SettingsError("the node holds no such list", fix=fix)
            whole = sees_whole(held, session, today)
            current = CurrentLists(snapshot, view, held, whole=whole)
            chosen = _chosen(asked, current.records, only)
            seen = seen_current(snapshot, held)
        params = _params(node, asked, held, seen)
        told = params_text({name: value for name, value in params.items() if name != "queries"} | _about(asked, chosen))
        params |= {} if chosen is None else {"only": chosen}
        with cost.of("build"), asked.rows_told():
            screener = open_screener(current, params, queries=len(asked.queries))
        with cost.of("screen"), asked.rows_told():
            answer = answers(screener, params, spread, lambda each: permits(each, session, today), progress)
            if spread != ALONE and not whole:
                answer = _looked_at(view, answer)
            found = _stricter(_owned(answer, asked))
            judged = judge(view, found.hits)
            result = replace(found, hits=judged.hits)
    noted = runs.Noted(MatchEngine.name, MatchEngine.version, told, OF_A_QUERY, per_query=True)
    findings.keep(node, session, result.findings, noted)
    _log(node, session, asked, held, result, len(judged.silenced))
    return Answer(result, cost, silenced=judged.silenced, about=_about(asked, chosen).get("about"))


def prepare(node: Node, session: Session) -> None:
    """Build the index over the lists in force, so that the first question need not wait for it.

    Raises:
        PolicyError: the user may not screen.
    """
    may(session, Act.LIST_SCREEN)
    with node.view_at(session) as (snapshot, view):
        held = editions(snapshot)
        if held:
            whole = sees_whole(held, session, node.clock.now().date())
            request = read_request(_params(node, Asked(()), held, {}))
            open_index(CurrentLists(snapshot, view, held, whole=whole), request)


def in_files(
    asked: Asked, files: Sequence[ListFile], user: str, progress: Progress | None = None, *, spread: Spread = ALONE
) -> Answer:
    """Screen against list files, without a node; nothing is kept but the index in the user's cache.

    Raises:
        InputError: a file is no list.
        MissingExtraError: Spark is asked for and not installed.
    """
    spread.ready()
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
    today = clock.now().date()

    def sees(handling: Handling) -> bool:
        return permits(handling, session, today)

    def opened() -> Screener:
        return open_screener(view, params, queries=len(asked.queries), sees=sees)

    with cost.of("build"):
        try:
            screener = opened()
        except StoreCorruptError:
            # What is cached can be made again; nothing else is kept here that could be damaged.
            reader.forget()
            screener = opened()
    changed: Mapping[str, Any] | None = None
    touched: list[str] | None = None
    if asked.since is not None:
        with cost.of("delta"):
            name, delta = deltas.since(asked.since, reader.records())
            changed = deltas.document(delta, name)
            touched = sorted(delta.touched)
    with cost.of("load"):
        chosen = _chosen(asked, reader.records, touched)
        params |= {} if chosen is None else {"only": chosen}
    with cost.of("screen"), asked.rows_told():
        result = _owned(answers(screener, params, spread, sees, progress), asked)
    return Answer(result, cost, changed, about=_about(asked, chosen).get("about"), warnings=tuple(reader.warnings))


def _chosen(asked: Asked, records: Callable[[], Iterable[Record]], only: Sequence[str] | None) -> list[str] | None:
    """Return the keys of the entries that may be hits, None where all may."""
    if not asked.about:
        return None if only is None else list(only)
    wanted = asked.about.chosen(records())
    return wanted if only is None else sorted({*wanted} & {*only})


def _about(asked: Asked, chosen: Sequence[str] | None) -> dict[str, Any]:
    """Return what a filter leaves, as it stands in documents; nothing without one."""
    return {"about": {**asked.about.document(), "entries": len(chosen or ())}} if asked.about else {}


def _owned(result: ScreenResult, asked: Asked) -> ScreenResult:
    if not asked.stakes:
        return result
    return with_owned(result, asked.stakes, {query["id"]: query.get("name", "") for query in asked.queries})


def document(answer: Answer, asked: Asked) -> dict[str, Any]:
    """Return an answer as it stands in a document."""
    result = answer.result
    return {
        "queries": len(asked.queries),
        "hits": [hit_document(hit) for hit in result.hits],
        "silenced": [one.document() for one in answer.silenced],
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
        **({"since": answer.since} if answer.since is not None else {}),
        **({"about": answer.about} if answer.about is not None else {}),
        **({"warnings": list(answer.warnings)} if answer.warnings else {}),
        "cpu_s": {stage: round(seconds, 3) for stage, seconds in answer.cost.cpu_s.items()},
        "peak_rss_mb": round(answer.cost.peak_rss_mb, 1),
    }


def hit_document(hit: Hit) -> dict[str, Any]:
    """Return a hit as one line of a file of hits."""
    return {
        "query": hit.query,
        "list": short_name(hit.list),
        "entry": own_number(hit.list, hit.entry),
        "score": hit.finding.score,
        "finding": hit.finding.id,
        "text": hit.finding.text,
        "reasons": [
            {"code": one.code, "weight": one.weight, "text": one.text, "left": one.left, "right": one.right}
            for one in hit.finding.reasons
        ],
        "source": {"sha256": hit.sha256, "version": hit.version, "row": hit.row},
    }


def _params(node: Node, asked: Asked, held: Sequence[ListEdition], seen: Mapping[str, datetime]) -> dict[str, object]:
    return {
        "queries": list(asked.queries),
        "lists": [one.source for one in held],
        "snapshots": {one.source: one.digest for one in held},
        "fetched": {source: format_instant(at) for source, at in seen.items()},
        "min_score": asked.min_score or node.settings.min_score,
        "top": asked.top,
        "as_of": format_instant(node.clock.now()),
        "stale_after_days": node.settings.list_stale_days,
    }


def _looked_at(view: View, result: ScreenResult) -> ScreenResult:
    """Return an answer of other processes without the hits whose records may not be seen, each look being noted."""
    return replace(result, hits=tuple(hit for hit in result.hits if _shown(view, hit.finding)))


def _shown(view: View, finding: Finding) -> bool:
    try:
        view.record(record_of(FactId(finding.evidence[0].ref)))
    except ForbiddenError:
        return False
    return True


def _stricter(result: ScreenResult) -> ScreenResult:
    hits = tuple(
        replace(hit, finding=replace(hit.finding, handling=hit.finding.handling.join(OF_A_QUERY)))
        for hit in result.hits
    )
    return replace(result, hits=hits)


def _log(
    node: Node, session: Session, asked: Asked, held: Sequence[ListEdition], result: ScreenResult, silenced: int
) -> None:
    """Log the run: queries only as a keyed hash, since names are personal data."""
    key = Keys(node.home).secret("query")
    text = "\n".join(sorted(query.get("name", "") for query in asked.queries))
    detail: dict[str, str | int] = {
        "queries": len(asked.queries),
        "query_hash": hmac.new(key, text.encode(), hashlib.sha256).hexdigest(),
        "hits": len(result.hits),
        "silenced": silenced,
        "not_screenable": len(result.not_screenable),
        "lists": " ".join(f"{one.source}@{one.version or one.sha256[:12]}" for one in held),
        "min_score": str(asked.min_score or node.settings.min_score),
        **({"about": str(asked.about.document())} if asked.about else {}),
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


HIT_COLUMNS: Final = ("query", "list", "entry", "score", "finding", "text", "version", "row", "sha256")


def write_hits(out: Path, hits: Sequence[Mapping[str, Any]]) -> None:
    """Write hits to a file, one JSON line each, or as CSV where the file is called so; it appears whole or not at all.

    Raises:
        StoreIoError: the disk refuses.
    """
    if out.suffix.lower() == ".csv":
        rows = [[str({**hit, **hit["source"]}[name]) for name in HIT_COLUMNS] for hit in hits]
        write(out, csv_bytes([HIT_COLUMNS, *rows]))
    else:
        write(out, b"".join(encode(hit) + b"\n" for hit in hits))
