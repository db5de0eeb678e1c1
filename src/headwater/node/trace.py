"""Tracing at a node or over files: tables in, findings out, kept and logged; nothing is blocked by a finding."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from headwater.engines.trace.engine import TraceEngine
from headwater.engines.trace.engine import trace as run_trace
from headwater.engines.trace.leads import Claim, TraceResult, down_to, least_score, ranked
from headwater.engines.trace.ranker import Ranker, read_ranker, row, train
from headwater.engines.trace.typologies import TYPOLOGIES, typology
from headwater.errors import FormatError, SchemaError, SettingsError
from headwater.exchange.keys import Keys
from headwater.model.canonical import encode
from headwater.model.finding import params_text
from headwater.model.ids import RecordId
from headwater.model.tables import TABLES, table_of
from headwater.node import beside, findings, runs
from headwater.node.duck import ibis_on_duckdb
from headwater.node.files import json_object, write
from headwater.node.loose import NOBODY, LooseAudit
from headwater.node.node import Node
from headwater.node.scratch import scratch
from headwater.node.screening import Cost
from headwater.node.spark import ibis_on_spark
from headwater.node.system import SystemClock
from headwater.node.tables import Progress, span_of
from headwater.node.trace_tables import opened
from headwater.policy.acts import Act, Role
from headwater.policy.session import Session, may
from headwater.policy.view import guard
from headwater.ports import Event, View

BACKENDS: Final = ("duckdb", "spark")
LEAST_YEARS: Final = 3
PSEUDONYMS: Final = "trace"
"""Name of the node's secret that payers' pseudonyms are made with."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is asked.

    Attributes:
        typologies: names; none is all.
        since: RFC 3339; only findings that reach it.
        settings: typology to parameter to value.
        on: ``duckdb`` or ``spark``.
        memory_mb: most memory that DuckDB takes before it spills to the disk; None is as DuckDB sees fit.
        span: ``FROM/TO``, the times that tables in files may hold.
        ranker: a trained ranker that orders the leads; None is by the signs alone.
        least: leads with a lower score are counted and not listed. None lists all where a register of companies was read, and
            only those more likely than not where it was not: below, only a register could tell.
    """

    typologies: Sequence[str] = ()
    since: str | None = None
    settings: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    on: str = "duckdb"
    memory_mb: int | None = None
    span: str = ""
    ranker: Ranker | None = None
    least: float | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a run answered: findings, how many payments it read, what it cost."""

    result: TraceResult
    rows: int
    cost: Cost
    new: int | None = None


def settings_of(texts: Sequence[str]) -> dict[str, dict[str, object]]:
    """Return parameters that are given as ``TYPOLOGY.PARAMETER=VALUE``.

    Raises:
        SettingsError: one is not of that form, or there is no such typology or parameter.
    """
    found: dict[str, dict[str, object]] = {}
    for text in texts:
        left, equals, value = text.partition("=")
        name, dot, parameter = left.partition(".")
        known = {one.name: one.default for one in typology(name).parameters} if dot else {}
        if not equals or parameter not in known:
            fix = "write it as corridor-fan-in.least_payers=20; see: headwater trace typologies"
            raise SettingsError("no such parameter", where=left, fix=fix)
        if isinstance(known[parameter], int):
            if not value.isdecimal():
                raise SettingsError("not a whole number", where=left)
            found.setdefault(name, {})[parameter] = int(value)
        else:
            found.setdefault(name, {})[parameter] = value
    return found


def in_files(
    asked: Asked, files: Sequence[str], user: str, progress: Progress | None = None, reading: Progress | None = None
) -> Answer:
    """Trace in files, without a node; nothing is kept.

    Args:
        asked: what is asked.
        files: CSV and Parquet files of tables.
        user: who asks.
        progress: hears how many typologies of how many are done.
        reading: hears how many bytes of how many are read, of one file after the other.

    Raises:
        InputError: a file is no table, or holds a bad row.
        MissingExtraError: a library, or Java for Spark, is not installed.
    """
    cost, clock = Cost(), SystemClock()
    with scratch(None) as folder, _backend(asked, folder) as backend:
        with cost.of("load"):
            reader = opened(files, folder, span_of(asked.span, clock.now()), reading)
        session = Session(user=user, authority=NOBODY, purpose="oic", roles=frozenset({Role.ANALYST}))
        view = guard(reader, session, LooseAudit(), clock.now().date())
        with cost.of("trace"):
            result = _ranked(asked, run_trace(view, _params(asked, ""), backend=backend, progress=progress))
        return Answer(result, _payments(view, backend), cost)


def at_node(node: Node, session: Session, asked: Asked, progress: Progress | None = None) -> Answer:
    """Trace in the tables that a node holds; keep the findings and log the run.

    Raises:
        PolicyError: the user may not trace.
        SettingsError: the node holds no table.
        ConflictError: a table was withdrawn while it was traced; nothing is kept.
        MissingExtraError: a library, or Java for Spark, is not installed.
    """
    may(session, Act.TABLE_TRACE)
    beside.expire(node, session)
    cost = Cost()
    with scratch(node.home) as folder, ExitStack() as stack:
        backend = stack.enter_context(_backend(asked, folder))
        view = stack.enter_context(node.view(session))
        rows = _payments(view, backend)
        with cost.of("trace"):
            salt = Keys(node.home).secret(PSEUDONYMS).hex()
            result = _ranked(asked, run_trace(view, _params(asked, salt), backend=backend, progress=progress))
        read = [record.id for record in view.records() if record.tables]
    if not result.tables:
        raise SettingsError("the node holds no table", fix="read one first: headwater read payments FILE --home DIR")
    kept = [claim.finding for claim in (*result.claims, *result.protecting)]
    new = findings.keep(node, session, kept, None if asked.ranker is not None else _noted(node, asked, read), read)
    detail: dict[str, str | int] = {"findings": len(kept), "new": new, "on": asked.on, "payments": rows}
    node.store.note(Event("trace.run", session.user, "tables", session.purpose, detail))
    return Answer(result, rows, cost, new)


def _noted(node: Node, asked: Asked, read: Sequence[RecordId]) -> runs.Noted:
    told = {name: value for name, value in _params(asked, "").items() if name != "salt"}
    return runs.Noted(
        TraceEngine.name,
        TraceEngine.version,
        params_text(told),
        read=runs.listed(node.store, read),
        secret=PSEUDONYMS,
    )


def ranker_in(path: Path) -> Ranker:
    """Return the ranker that a file holds.

    Raises:
        InputError: it holds none.
    """
    return read_ranker(json_object(path))


def train_ranker(years: Sequence[Path], out: Path, progress: Progress | None = None) -> Mapping[str, Any]:
    """Train a ranker on years made by ``trace make``, write it, and return its card.

    Every third year is kept back for the calibration, so that no network is on both sides.

    Args:
        years: folders, each with the tables of a year and its ``truth.csv``.
        out: file for the ranker.
        progress: hears how many years of how many are done.

    Raises:
        InputError: a folder is no such year, or there are fewer than three.
        MissingExtraError: LightGBM is not installed.
    """
    if len(years) < LEAST_YEARS:
        raise SchemaError("too few years to train and to calibrate", where="--year", fix=f"give {LEAST_YEARS} or more")
    rows, right, held = [], [], []
    names = tuple(TYPOLOGIES)
    for number, year in enumerate(years):
        guilty = _guilty(year)
        files = [str(path) for path in sorted(year.glob("*.csv")) if path.stem in TABLES]
        for claim in in_files(Asked(least=0.0), files, "trainer").result.claims:
            rows.append(row(claim.typology.name, claim.facts, claim.profile, claim.patterns, names))
            right.append(any(subject in guilty for subject in claim.finding.subjects))
            held.append(number % 3 == 2)  # noqa: PLR2004 - every third
        if progress is not None:
            progress(number + 1, len(years))
    card = {"years": len(years), "claims": len(rows), "right": sum(right), "kept_back": sum(held)}
    made = train(rows, right, held, names, card)
    write(out, made.text().encode())
    return made.card


def _guilty(year: Path) -> frozenset[str]:
    """Return the accounts, companies, vehicles, plates and telephones of the networks of a generated year."""
    import csv

    try:
        with (year / "truth.csv").open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
        with (year / "hires.csv").open(newline="", encoding="utf-8") as stream:
            hires = {each["id"]: (each["vehicle"], each["plate"]) for each in csv.DictReader(stream)}
    except OSError as error:
        fix = "make one with: headwater trace make"
        raise FormatError("no year with its truth", where=str(year), fix=fix) from error
    found = {each["id"] for each in rows if each["label"] == "smuggling" and each["role"] != "payer"}
    return frozenset(found.union(*(hires[ref] for ref in found if ref in hires)))


def _ranked(asked: Asked, result: TraceResult) -> TraceResult:
    """Return a result in the order that was asked for, as far down as was asked for."""
    result = ranked(result, asked.ranker) if asked.ranker is not None else result
    return down_to(result, least_score(result) if asked.least is None else asked.least)


def document(answer: Answer) -> dict[str, Any]:
    """Return an answer as it stands in a document."""
    result = answer.result
    return {
        "rows": answer.rows,
        "findings": len(result.claims) + len(result.protecting),
        "protecting": len(result.protecting),
        "below": result.below,
        "typologies": dict(result.counts),
        "skipped": dict(result.skipped),
        "tables": dict(result.tables),
        "new": answer.new,
        "cpu_s": round(sum(answer.cost.cpu_s.values()), 3),
        "cpu_by_stage_s": {stage: round(seconds, 3) for stage, seconds in answer.cost.cpu_s.items()},
        "peak_rss_mb": round(answer.cost.peak_rss_mb, 1),
    }


def line(claim: Claim) -> dict[str, Any]:
    """Return a finding as one line of a file of findings."""
    finding = claim.finding
    return {
        "id": finding.id,
        "typology": claim.typology.name,
        "score": finding.score,
        "subjects": list(finding.subjects),
        "rows": list(claim.rows),
        "amount_minor": claim.amount,
        "currency": claim.unit,
        "from": claim.from_country,
        "to": claim.to_country,
        "first": claim.first,
        "last": claim.last,
        "text": finding.text,
        "innocent": claim.typology.innocent,
        "source": str(claim.typology.source),
        "reasons": [{"code": one.code, "weight": one.weight, "text": one.text} for one in finding.reasons],
        "protecting": claim.typology.protects,
        "shareable": claim.typology.shareable,
    }


def write_findings(out: Path, result: TraceResult) -> None:
    """Write findings to a file, one JSON line each: leads best first, then those that protect.

    Raises:
        StoreIoError: the disk refuses.
    """
    write(out, b"".join(encode(line(claim)) + b"\n" for claim in (*result.claims, *result.protecting)))


def described(name: str | None) -> list[dict[str, Any]]:
    """Return what each typology is: parameters, source, sentence, innocent explanation.

    Raises:
        SettingsError: there is no such typology.
    """
    return [
        {
            "name": one.name,
            "title": one.title,
            "needs": list(one.needs),
            "parameters": [
                {"name": each.name, "default": each.default, "unit": each.unit, "meaning": each.meaning}
                for each in one.parameters
            ],
            "source": str(one.source),
            "sentence": one.sentence,
            "innocent": one.innocent,
            "protects": one.protects,
            "shareable": one.shareable,
        }
        for one in ([typology(name)] if name else TYPOLOGIES.values())
    ]


@contextmanager
def _backend(asked: Asked, folder: Path) -> Iterator[Any]:
    if asked.on not in BACKENDS:
        raise SettingsError("nothing computes under that name", where=asked.on, fix=f"use {' or '.join(BACKENDS)}")
    if asked.on == "spark":
        with ibis_on_spark() as made:
            yield made
        return
    with ibis_on_duckdb(folder, asked.memory_mb) as made:
        yield made


def _params(asked: Asked, salt: str) -> dict[str, object]:
    return {"typologies": list(asked.typologies), "settings": asked.settings, "since": asked.since, "salt": salt}


def _payments(view: View, backend: Any) -> int:  # noqa: ANN401 - an Ibis backend
    total = 0
    for record in view.records():
        if table_of(record) == "payments":
            for ref in record.tables:
                total += int(backend.to_pyarrow(backend.read_parquet(view.table_path(ref)).count()).as_py())
    return total
