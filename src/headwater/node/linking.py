"""Linking at a node, or over files: what is claimed is kept as findings, and what people judged comes back in."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from headwater.engines.match.link import (
    KINDS,
    Asked,
    Judgement,
    SortResult,
    Unit,
    Verdict,
    claims,
    compare,
    link,
    pair_finding,
    read_params,
    units_of,
)
from headwater.engines.match.link.claims import NAME, LinkEngine
from headwater.engines.match.link.explain import Pair
from headwater.engines.match.link.judged import VERBS, judgement_of
from headwater.engines.match.link.pairing import Database
from headwater.errors import ForbiddenError, SettingsError
from headwater.formats import registry
from headwater.formats.reading import read_all
from headwater.formats.things_csv import ThingsCsv
from headwater.model.decision import Decision, Verb
from headwater.model.finding import Finding, params_text
from headwater.model.ids import AuthorityId, FindingId, RecordId
from headwater.model.record import PersonCategory, Record
from headwater.model.times import format_instant
from headwater.node import findings, runs
from headwater.node.duck import splink_on_duckdb
from headwater.node.files import given_file, load
from headwater.node.loose import NOBODY, LooseAudit, LooseReader, cache_folder
from headwater.node.node import Node
from headwater.node.scratch import scratch
from headwater.node.spark import splink_on_spark
from headwater.node.system import SystemClock, peak_memory_mb
from headwater.policy.acts import Act, Role
from headwater.policy.session import Session, may
from headwater.policy.view import guard
from headwater.ports import Event, View
from headwater.store import Snapshot

Progress = Callable[[int, int], None]
"""Hears how many steps of how many are done."""
DUCKDB: Final = "duckdb"
SPARK: Final = "spark"
MOST_MB: Final = 2048
"""Most memory that DuckDB takes while pairs are laid side by side, before it spills."""
SUFFIXES: Final[Mapping[str, str]] = {".csv": "things-csv", ".json": "ftm", ".jsonl": "ftm", ".ndjson": "ftm"}
"""The format of a file by the end of its name, where none is said before a colon."""
_VERB_OF: Final = {verdict: Verb(verb) for verb, verdict in VERBS.items()}


@dataclass(frozen=True, slots=True)
class Answer:
    """What linking answered.

    Attributes:
        records: how many records were seen.
        results: by sort of things.
        findings: what is claimed.
        added: how many of these claims the node did not have; None without a node.
        cpu_s: CPU seconds of this process.
        peak_rss_mb: the most memory this process ever held.
        on: where Splink worked.
    """

    records: int
    results: Sequence[SortResult]
    findings: Sequence[Finding]
    added: int | None
    cpu_s: float
    peak_rss_mb: float
    on: str


def in_files(
    files: Sequence[str], *, user: str, category: str | None = None, on: str = DUCKDB, progress: Progress | None = None
) -> Answer:
    """Link what files say, without a node; nothing is kept, and no judgement is known.

    Args:
        files: paths, or ``FORMAT:PATH``.
        user: who looks.
        category: what persons are to the matter in CSV rows that do not say; None refuses such rows.
        on: ``duckdb`` or ``spark``.
        progress: hears how far it is.

    Raises:
        InputError: a file cannot be read, or holds a person without a category.
        MissingExtraError: a library is not installed.
    """
    begun = time.process_time()
    records = [record for file in files for record in _records_in(file, category)]
    view = _view_over(records, user)
    with _database(on) as database:
        results = link(view, Asked(), database, progress or _deaf)
    return Answer(
        len(records), results, tuple(claims(results)), None, time.process_time() - begun, peak_memory_mb(), on
    )


def at_node(node: Node, session: Session, *, on: str = DUCKDB, progress: Progress | None = None) -> Answer:
    """Link what a node's records say, keep what is claimed as findings, and log the run.

    Raises:
        PolicyError: the user may not link.
        MissingExtraError: a library is not installed.
    """
    begun = time.process_time()
    with _linking(node, session) as (snapshot, view):
        judgements = _judgements(snapshot, view)
        asked = read_params({"judgements": [one.document() for one in judgements]})
        with _database(on, node.home) as database:
            results = link(view, asked, database, progress or _deaf)
        # All of them, not only those that units came of: a record may only say that a person is not to be linked.
        read = runs.listed(node.store, (record.id for record in view.records() if record.mentions))
    claimed = tuple(claims(results))
    params = params_text({"judgements": [one.document() for one in judgements]})
    noted = runs.Noted(NAME, LinkEngine.version, params, read=read)
    added = findings.keep(node, session, claimed, noted)
    records = len({record for result in results for unit in result.units for record in unit.records})
    detail: dict[str, str | int] = {
        "records": records,
        "clusters": sum(len(result.clusters) for result in results),
        "findings": len(claimed),
        "judgements": len(judgements),
        "on": on,
    }
    node.store.note(Event("match.linked", session.user, "records", session.purpose, detail))
    return Answer(records, results, claimed, added, time.process_time() - begun, peak_memory_mb(), on)


def judge(node: Node, session: Session, left: str, right: str, verdict: str, reason: str) -> tuple[Finding, Decision]:
    """Keep what a person says of two units: that they are the same, or not, or that nobody can say.

    Args:
        node: the node.
        session: who says it.
        left: name of a unit, ``ORIGINATOR/key``.
        right: name of another.
        verdict: ``same``, ``different`` or ``unsure``.
        reason: why, in the person's own words.

    Raises:
        ForbiddenError: there is no such unit for this user, or the user may not decide.
        ConflictError: the same judgement stands already.
    """
    may(session, Act.FINDING_DECIDE)
    finding = pair_finding(pair := explain_at(node, session, left, right), pair.left.sort)
    findings.keep(node, session, [finding])
    return finding, findings.decide(node, session, finding.id, _VERB_OF[Verdict(verdict)], reason)


def explain_at(node: Node, session: Session, left: str, right: str) -> Pair:
    """Return two units of a node side by side.

    Raises:
        ForbiddenError: there is no such unit for this user.
    """
    with _linking(node, session) as (_, view):
        return _explained(units_of(view.records()), left, right)


def explain_in(files: Sequence[str], left: str, right: str, *, user: str, category: str | None = None) -> Pair:
    """Return two units of some files side by side.

    Raises:
        ForbiddenError: there is no such unit.
        InputError: a file cannot be read.
    """
    view = _view_over([record for file in files for record in _records_in(file, category)], user)
    return _explained(units_of(view.records()), left, right)


def _explained(units: Sequence[Unit], left: str, right: str) -> Pair:
    by_name = {unit.name: unit for unit in units}
    if left not in by_name or right not in by_name or left == right:
        raise ForbiddenError(
            "no such two things, or they may not be seen", fix="name both as ORIGINATOR/key, as a cluster lists them"
        )
    one, other = by_name[left], by_name[right]
    return compare(one, other, [unit for unit in units if unit.sort is one.sort])


@contextmanager
def _linking(node: Node, session: Session) -> Iterator[tuple[Snapshot, View]]:
    """Yield what is linked from: never what a guardian of victims may see besides."""
    may(session, Act.RECORD_LINK)
    with node.view_at(replace(session, roles=session.roles - {Role.SAFEGUARDING})) as seen:
        yield seen


def _judgements(snapshot: Snapshot, view: View) -> list[Judgement]:
    """Return what people judged about findings of linking that may be seen, whatever the run that claimed them."""
    decided = dict.fromkeys(made.about for made in snapshot.decisions() if made.about.startswith("fnd-"))
    found: list[Judgement] = []
    for about in decided:
        try:
            finding = view.finding(FindingId(about))
        except ForbiddenError:
            continue
        if finding.kind in KINDS and finding.engine == NAME:
            made = view.decisions(about)
            at = {str(one.id): format_instant(one.decided_at) for one in made}
            judgement = judgement_of(finding, made, at)
            found += [judgement] if judgement else []
    return found


def _records_in(file: str, category: str | None) -> Sequence[Record]:
    form, colon, path = file.partition(":")
    if not colon or form not in registry.sources():
        form, path = SUFFIXES.get(Path(file).suffix.casefold(), ""), file
    if not form:
        raise SettingsError(
            "it is not said what format the file has", where=file, fix="write FORMAT:FILE, as ftm:things.txt"
        )
    if category is not None and registry.sources()[form].name == ThingsCsv.name:
        return read_all(ThingsCsv(PersonCategory(category)), given_file(path, NOBODY)).records
    return load(form, path, NOBODY)[2].records


@dataclass
class _Given(LooseReader):
    """Records that were read from files, as `policy` is handed them."""

    given: Sequence[Record] = ()

    @cached_property
    def _records(self) -> dict[RecordId, Record]:
        return dict(sorted((record.id, record) for record in self.given))


def _view_over(records: Sequence[Record], user: str) -> View:
    session = Session(user=user, authority=AuthorityId(NOBODY), purpose="oic", roles=frozenset({Role.ANALYST}))
    return guard(_Given((), cache_folder(), given=records), session, LooseAudit(), SystemClock().now().date())


@contextmanager
def _database(on: str, home: Path | None = None) -> Iterator[Database]:
    """Yield where Splink works; DuckDB spills into a folder of the node's, or of the system's, which goes afterwards."""
    if on == SPARK:
        with splink_on_spark() as database:
            yield database
        return
    with scratch(home) as folder, splink_on_duckdb(folder, MOST_MB) as database:
        yield database


def _deaf(_done: int, _total: int) -> None:
    """Hear nothing."""


def document(answer: Answer) -> dict[str, Any]:
    """Return an answer as it stands in a document."""
    kinds: dict[str, int] = {}
    for finding in answer.findings:
        kinds[finding.kind] = kinds.get(finding.kind, 0) + 1
    return {
        "records": answer.records,
        "things": {str(result.sort): len(result.units) for result in answer.results},
        "clusters": [
            {
                "cluster": one.name,
                "sort": str(one.sort),
                "score": score_of(one.pairs),
                "members": [unit.name for unit in one.members],
                "names": [unit.label for unit in one.members],
            }
            for result in answer.results
            for one in result.clusters
        ],
        "findings": kinds,
        "new": answer.added,
        "keys_too_common": {str(result.sort): result.common_keys for result in answer.results},
        "on": answer.on,
        "cpu_s": round(answer.cpu_s, 3),
        "peak_rss_mb": round(answer.peak_rss_mb, 1),
    }


def score_of(pairs: Sequence[Pair]) -> float:
    """Return how sure a cluster is: as its weakest pair."""
    return round(min((pair.probability for pair in pairs), default=1.0), 6)
