"""Running a finding again: its inputs gathered for a bundle, and a sealed finding replayed from them."""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from headwater.case.bundle import MadeFile
from headwater.case.replay import (
    PastView,
    Recording,
    Replayed,
    Run,
    files_of,
    find_sealed,
    read_run,
    run_again,
    run_file,
    run_over,
    with_query,
)
from headwater.case.verifier import Trust, demand
from headwater.errors import HeadwaterError, SchemaError
from headwater.exchange.keys import Keys
from headwater.model.canonical import decode, encode
from headwater.model.finding import Finding, params_text
from headwater.model.ids import BlobHash
from headwater.model.record import Record
from headwater.node import runs
from headwater.node.engines import load
from headwater.node.lists import entries_of
from headwater.node.node import Node
from headwater.node.scratch import scratch
from headwater.policy.acts import Role
from headwater.policy.session import Session
from headwater.ports import Event, View
from headwater.store import Snapshot


def sealed_inputs(node: Node, session: Session, finding: Finding) -> tuple[MadeFile, ...]:
    """Return what goes into a bundle so that a finding can be run again; nothing where that gives other bytes.

    The finding is run again from exactly these files before they are handed out: only what was seen to work is sealed.
    """
    with node.view_at(session) as (snapshot, view):
        told = runs.noted(snapshot, finding)
        if told is None:
            return ()
        if told.read:
            # Whole tables of other people's payments or records: the bundle names the run, and no more.
            held = Run(engine=told.engine, version=told.version, params="{}", held_by=node.authority, noted=told.name)
            return (run_file(finding, held),)
        try:
            made = _inputs(node, snapshot, view, finding, told)
        except HeadwaterError:
            # What it was made from is gone, recalled or not to be seen: there is nothing to seal.
            return ()
    with scratch(node.home) as folder:
        for file in (*made, MadeFile(f"findings/{finding.id}.json", encode(finding))):
            path = folder / "data" / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
        return made if replay_in(folder, finding.id, node.settings.plugin_names).identical else ()


def replay(bundle: Path, start: str, trust: Trust | None, plugins: frozenset[str] = frozenset()) -> Replayed:
    """Run a finding of a sealed bundle again, after the bundle was checked.

    Raises:
        TrustError: the bundle is not as it was sealed.
        InputError: there is no such finding in it, or nothing to run it again from.
        MissingExtraError: a library that the engine needs is not installed.
    """
    demand(bundle, trust)
    return replay_in(bundle, start, plugins)


def replay_here(node: Node, session: Session, bundle: Path, start: str, trust: Trust | None) -> Replayed:
    """Run a finding of a sealed bundle again: from the bundle, or where it holds no inputs from what this node holds.

    Raises:
        TrustError: the bundle is not as it was sealed.
        InputError: there is no such finding in it, or nothing to run it again from.
        ForbiddenError: the user may not see all that was read, or it is gone.
        MissingExtraError: a library that the engine needs is not installed.
    """
    demand(bundle, trust)
    sealed = find_sealed(bundle, start)
    run = read_run(bundle, sealed.id)
    if run.held_by != node.authority:
        return run_again(bundle, sealed, run, load(run.engine, node.settings.plugin_names))
    made = _run_here(node, session, sealed, run)
    detail: dict[str, str | int] = {"identical": str(made.identical).lower()}
    node.store.note(Event("findings.replayed", session.user, sealed.id, session.purpose, detail))
    return made


def _run_here(node: Node, session: Session, sealed: Finding, run: Run) -> Replayed:
    # As at first: what a guardian of victims may see besides was read by no engine.
    with node.view_at(replace(session, roles=session.roles - {Role.SAFEGUARDING})) as (snapshot, view):
        noted = runs.noted(snapshot, sealed)
        if noted is None or noted.name != run.noted:
            raise SchemaError("the node does not hold the run that the bundle names", where=sealed.id)
        params: dict[str, object] = decode(noted.params.encode(), dict)
        if noted.secret:
            params["salt"] = Keys(node.home).secret(noted.secret).hex()
        past = PastView(view, runs.read_by(snapshot, noted))
        return run_over(past, params, sealed, run, load(run.engine, node.settings.plugin_names))


def replay_in(bundle: Path, start: str, plugins: frozenset[str]) -> Replayed:
    """Run a finding again from the files of a folder, sealed or not yet."""
    sealed = find_sealed(bundle, start)
    run = read_run(bundle, sealed.id)
    return run_again(bundle, sealed, run, load(run.engine, plugins))


def _inputs(node: Node, snapshot: Snapshot, view: View, finding: Finding, noted: runs.Noted) -> tuple[MadeFile, ...]:
    params: dict[str, Any] = decode(noted.params.encode(), dict)
    if noted.per_query:
        query = decode(finding.params.encode(), dict)["query"]
        records = list(_of_editions(snapshot, view, params.get("snapshots", {})))
        run = Run(
            engine=noted.engine,
            version=noted.version,
            params=params_text(with_query(params, query)),
            stricter=noted.stricter,
        )
        return files_of(finding, run, records, {})
    recording = Recording(view)
    for _ in load(noted.engine, node.settings.plugin_names).run(recording, params):
        pass
    parts = {ref: _part(view, ref, kind) for ref, kind in recording.parts.items()}
    run = Run(
        engine=noted.engine,
        version=noted.version,
        params=noted.params,
        stricter=noted.stricter,
        tables={ref: "" for ref, kind in recording.parts.items() if kind == "table"},
        blobs={ref: "" for ref, kind in recording.parts.items() if kind == "blob"},
    )
    return files_of(finding, run, recording.seen.values(), parts)


def _of_editions(snapshot: Snapshot, view: View, editions: dict[str, str]) -> Iterable[Record]:
    """Yield the records of the editions of lists that a run read, whatever edition is in force by now."""
    for source, digest in editions.items():
        ids = frozenset(entries_of(snapshot, digest))
        yield from (record for record in view.records(source=source) if record.id in ids)


def _part(view: View, ref: str, kind: str) -> bytes:
    if kind == "blob":
        return bytes(view.blob(BlobHash(ref)))
    return Path(view.table_path(BlobHash(ref))).read_bytes()
