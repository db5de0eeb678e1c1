"""Running a finding again from what a bundle holds: the same engine, parameters and inputs give the same bytes.

Beside each finding that can be run again lie its run (`ID.run.json`) and what the engine read: records as JSON lines,
tables and blobs as they are. Several findings of one run share their inputs.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from headwater.case.bundle import MadeFile
from headwater.errors import ForbiddenError, SchemaError
from headwater.model.canonical import decode, encode
from headwater.model.decision import Decision
from headwater.model.entity import Entity, entity_from
from headwater.model.fact import record_of
from headwater.model.finding import Finding
from headwater.model.handling import UNRESTRICTED, Handling
from headwater.model.ids import BlobHash, EntityKey, FactId, FindingId, RecordId
from headwater.model.record import Record
from headwater.model.seen import as_record, places_of, rest_of
from headwater.ports import Engine, View

T = TypeVar("T")
FOLDER: Final = "findings"
_UNSEEN: Final = "not among the sealed inputs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a finding was made.

    Attributes:
        params: parameters of the run as canonical JSON.
        stricter: what the node's own rules added to the handling of what the engine claimed.
        inputs: files with the records that the engine read.
        tables, blobs: files that it read, by their hash.
        held_by: the authority whose node holds what was read, where no bundle can: whole tables of payments, or all that
            several states say of people who have nothing to do with the case. Only it can run the finding again.
        noted: hash of the run as that node keeps it, its parameters and the list of what it read included.
    """

    engine: str
    version: str
    params: str
    stricter: Handling = UNRESTRICTED
    inputs: tuple[str, ...] = ()
    tables: Mapping[str, str] = field(default_factory=dict)
    blobs: Mapping[str, str] = field(default_factory=dict)
    held_by: str = ""
    noted: str = ""


@dataclass(frozen=True, slots=True)
class _Line:
    """One record of the inputs; `places` differ from its own numbers where part of it was withheld from the engine."""

    id: str
    places: tuple[int, ...]
    record: Record


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of running a finding again.

    Attributes:
        sealed: the finding as it was sealed.
        again: what the engine claims now; None where it claims nothing of the kind.
        differences: field by field, empty where the bytes are the same.
    """

    sealed: Finding
    again: Finding | None
    differences: tuple[str, ...]

    @property
    def identical(self) -> bool:
        """Whether the same bytes came out."""
        return not self.differences


def files_of(finding: Finding, run: Run, records: Iterable[Record], parts: Mapping[str, bytes]) -> tuple[MadeFile, ...]:
    """Return what goes into a bundle so that a finding can be run again.

    Args:
        finding: the finding.
        run: how it was made; where its inputs lie is filled in.
        records: what the engine read.
        parts: tables and blobs that it read, by their hash.
    """
    lines = sorted(records, key=lambda record: record.id)
    data = b"".join(encode(_Line(one.id, places_of(one), as_record(one))) + b"\n" for one in lines)
    name = f"{FOLDER}/inputs-{hashlib.sha256(data).hexdigest()[:16]}.jsonl"
    held = {ref: f"{FOLDER}/part-{ref}" for ref in parts}
    told = replace(
        run,
        inputs=(name,),
        tables={ref: held[ref] for ref in run.tables if ref in held},
        blobs={ref: held[ref] for ref in run.blobs if ref in held},
    )
    return (run_file(finding, told), MadeFile(name, data), *(MadeFile(held[ref], parts[ref]) for ref in sorted(parts)))


def run_file(finding: Finding, run: Run) -> MadeFile:
    """Return the file of a bundle that says how a finding was made."""
    return MadeFile(f"{FOLDER}/{finding.id}.run.json", encode(run))


def find_sealed(bundle: Path, start: str) -> Finding:
    """Return the one finding of a bundle whose identifier starts so.

    Raises:
        SchemaError: there is none, or there are several.
    """
    folder = bundle / "data" / FOLDER
    found = [path for path in folder.glob("fnd-*.json") if path.stem.startswith(start) and "." not in path.stem]
    if len(found) != 1 or not start:
        raise SchemaError("no such finding in the bundle, or not one alone", fix="give more of its identifier")
    return decode(found[0].read_bytes(), Finding)


def read_run(bundle: Path, ref: FindingId) -> Run:
    """Return how a finding of a bundle was made.

    Raises:
        SchemaError: the bundle holds nothing to run it again from.
    """
    path = bundle / "data" / FOLDER / f"{ref}.run.json"
    if not path.is_file():
        raise SchemaError("the bundle holds no inputs of this finding", where=ref, fix="ask the sealer for them")
    return decode(path.read_bytes(), Run)


def run_again(bundle: Path, sealed: Finding, run: Run, engine: Engine) -> Replayed:
    """Run a finding again, and compare what comes out.

    Raises:
        InputError: the sealed inputs or parameters cannot be read.
    """
    if run.held_by:
        raise SchemaError(
            "the bundle holds no inputs of this finding",
            where=sealed.id,
            fix=f"ask {run.held_by} to run it again at its node: headwater case replay BUNDLE FINDING --home DIR",
        )
    return run_over(SealedView(bundle, run), decode(run.params.encode(), dict), sealed, run, engine)


def run_over(view: View, params: Mapping[str, object], sealed: Finding, run: Run, engine: Engine) -> Replayed:
    """Run a finding again over what a view shows, and compare what comes out.

    Raises:
        InputError: what it shows, or the parameters, cannot be read.
    """
    claimed = [replace(one, handling=one.handling.join(run.stricter)) for one in engine.run(view, params)]
    same = [one for one in claimed if one.id == sealed.id]
    near = [one for one in claimed if (one.kind, one.subjects) == (sealed.kind, sealed.subjects)]
    again = next(iter([*same, *near]), None)
    differences = list(_differences(sealed, again))
    if engine.version != run.version and differences:
        differences.insert(0, f"engine version: sealed {run.version}, now {engine.version}")
    return Replayed(sealed, again, tuple(differences))


def _differences(sealed: Finding, again: Finding | None) -> Iterator[str]:
    if again is None:
        yield "the engine does not claim it any more"
        return
    for each in fields(Finding):
        before, now = encode(getattr(sealed, each.name)), encode(getattr(again, each.name))
        if before != now:
            yield f"{each.name}: sealed {before.decode()}, now {now.decode()}"


class Recording:
    """A view that remembers what was read through it; implements `ports.View`."""

    def __init__(self, view: View) -> None:
        """Look through another view."""
        self._view = view
        self.seen: dict[RecordId, Record] = {}
        self.parts: dict[str, str] = {}

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        """Yield records, and remember them."""
        return map(self._keep, self._view.records(source=source, mentions=mentions))

    def record(self, ref: RecordId) -> Record:
        """Return one record, and remember it."""
        return self._keep(self._view.record(ref))

    def fact(self, ref: FactId) -> tuple[Record, int]:
        """Return a fact's record and place, and remember the record."""
        record, place = self._view.fact(ref)
        return self._keep(record), place

    def entity(self, key: EntityKey) -> Entity:
        """Return an entity, and remember every record about it."""
        for record in self._view.records(mentions=key):
            self._keep(record)
        return self._view.entity(key)

    def findings(self) -> Iterator[Finding]:
        """Yield findings; they are not kept as inputs."""
        return self._view.findings()

    def finding(self, ref: FindingId) -> Finding:
        """Return one finding."""
        return self._view.finding(ref)

    def decisions(self, about: str) -> tuple[Decision, ...]:
        """Return decisions."""
        return self._view.decisions(about)

    def blob(self, ref: BlobHash) -> memoryview:
        """Return a blob, and remember it."""
        found = self._view.blob(ref)
        self.parts[ref] = "blob"
        return found

    def table_path(self, ref: BlobHash) -> str:
        """Return the path of a table, and remember it."""
        found = self._view.table_path(ref)
        self.parts[ref] = "table"
        return found

    def derived(self, name: str, build: Callable[[], bytes]) -> memoryview:  # noqa: ARG002 - named for others' caches
        """Return bytes built anew, so that whatever they are made of is remembered."""
        return memoryview(build())

    def _keep(self, record: Record) -> Record:
        self.seen[record.id] = record
        return record


class _Inputs:
    """What one run read and nothing else; with `blob` and `table_path` it implements `ports.View`."""

    def __init__(self, records: Iterable[Record]) -> None:
        """Show some records."""
        self._records = {record.id: record for record in records}

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        """Yield the records in the order of their identifiers."""
        for _, record in sorted(self._records.items()):
            if source is not None and record.origin.source != source:
                continue
            if mentions is None or record.mention(mentions) is not None:
                yield record

    def record(self, ref: RecordId) -> Record:
        """Return one record."""
        return _seen(self._records.get(ref))

    def fact(self, ref: FactId) -> tuple[Record, int]:
        """Return the record that holds a fact, and the fact's place in it."""
        record = self.record(record_of(ref))
        return record, _seen(next((at for at, (name, _) in enumerate(record.numbered()) if name == ref), None))

    def entity(self, key: EntityKey) -> Entity:
        """Return the view over one entity."""
        return _seen(entity_from(key, self.records(mentions=key)))

    def findings(self) -> Iterator[Finding]:
        """Yield nothing: what another engine found is no input here."""
        return iter(())

    def finding(self, ref: FindingId) -> Finding:  # noqa: ARG002 - there is none
        """Return nothing: what another engine found is no input here."""
        raise ForbiddenError(_UNSEEN)

    def decisions(self, about: str) -> tuple[Decision, ...]:  # noqa: ARG002 - there are none
        """Return nothing."""
        return ()

    def derived(self, name: str, build: Callable[[], bytes]) -> memoryview:  # noqa: ARG002 - nothing is kept
        """Return bytes built anew: nothing computed elsewhere goes into a replay."""
        return memoryview(build())


class SealedView(_Inputs):
    """Shows the sealed inputs of one run and nothing else; implements `ports.View`."""

    def __init__(self, bundle: Path, run: Run) -> None:
        """Read the records.

        Raises:
            InputError: a file of the inputs is missing or cannot be read.
        """
        super().__init__(_sealed_records(bundle, run))
        self._bundle = bundle
        self._run = run

    def blob(self, ref: BlobHash) -> memoryview:
        """Return the bytes of a blob."""
        return memoryview(_bytes(self._bundle, _seen(self._run.blobs.get(ref))))

    def table_path(self, ref: BlobHash) -> str:
        """Return the path of a table in the bundle."""
        return str(self._bundle / "data" / _seen(self._run.tables.get(ref)))


class PastView(_Inputs):
    """Shows of a node's records those that a run read, whatever came in since; implements `ports.View`."""

    def __init__(self, view: View, read: frozenset[str]) -> None:
        """Look through another view.

        Raises:
            ForbiddenError: some of them are not there any more, or may not be seen.
        """
        super().__init__(record for record in view.records() if record.id in read)
        self._view = view
        missing = len(read) - len(self._records)
        if missing:
            raise ForbiddenError(f"{missing} of the {len(read)} records that the run read are gone, or may not be seen")

    def blob(self, ref: BlobHash) -> memoryview:
        """Return the bytes of a blob."""
        return self._view.blob(ref)

    def table_path(self, ref: BlobHash) -> str:
        """Return the path of a table at the node."""
        return self._view.table_path(ref)


def _sealed_records(bundle: Path, run: Run) -> Iterator[Record]:
    for name in run.inputs:
        for line in _bytes(bundle, name).splitlines():
            told = decode(line, _Line)
            yield told.record if told.record.id == told.id else rest_of(told.record, RecordId(told.id), told.places)


def with_query(params: Mapping[str, Any], query: Mapping[str, str]) -> Mapping[str, object]:
    """Return the parameters of a screening run for one query alone: each query is answered for itself."""
    return {**params, "queries": [dict(query)]}


def _bytes(bundle: Path, name: str) -> bytes:
    parts: Sequence[str] = name.split("/")
    path = bundle / "data" / name
    if len(parts) != 2 or parts[0] != FOLDER or ".." in parts or not path.is_file():  # noqa: PLR2004 - folder and name
        raise SchemaError("a sealed input that is not there", where=name, fix="verify the bundle first")
    return path.read_bytes()


def _seen(found: T | None) -> T:
    if found is None:
        raise ForbiddenError(_UNSEEN)
    return found
