"""Engines at a node: found by name without loading, run on a guarded view, their findings kept.

Ours and those of other packages stand in one entry-point group, ``headwater.engines``. Another package's engine is
loaded only where the setting `plugins` names it.
"""

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Final

from headwater.errors import MissingExtraError, SettingsError
from headwater.model.finding import Finding, params_text
from headwater.node import findings, runs
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Engine, Event

GROUP: Final = "headwater.engines"
OWN: Final = "headwater"


def names() -> dict[str, str]:
    """Return every engine that is installed, with the package it comes from; nothing is loaded."""
    return {entry.name: _package(entry) for entry in sorted(entry_points(group=GROUP), key=lambda entry: entry.name)}


def load(name: str, plugins: frozenset[str]) -> Engine:
    """Return an engine.

    Raises:
        SettingsError: there is none of that name, or it is another package's and no setting names it.
        MissingExtraError: a library that it needs is not installed.
    """
    found = next(iter(entry_points(group=GROUP, name=name)), None)
    if found is None:
        raise SettingsError("no such engine", where=name, fix=f"use one of {', '.join(names())}")
    if _package(found) != OWN and name not in plugins:
        raise SettingsError(
            f"the engine comes from {_package(found)}, which no setting names", where=name, fix="add it to `plugins`"
        )
    try:
        engine: Engine = found.load()()
    except ModuleNotFoundError as error:
        raise MissingExtraError(name, error.name or name) from error
    return engine


def run(node: Node, session: Session, name: str, params: Mapping[str, object]) -> tuple[tuple[Finding, ...], int]:
    """Run an engine on what a session may see, keep what it claims, and return it with the number of new claims.

    Raises:
        PolicyError: the user may not look at records.
        SettingsError: there is no such engine here.
        InputError: a parameter is missing, unknown or impossible.
    """
    may(session, Act.RECORD_LOOK)
    engine = load(name, node.settings.plugin_names)
    with node.view(session) as view:
        claimed = tuple(engine.run(view, params))
    node.store.note(
        Event("engine.run", session.user, name, session.purpose, {"version": engine.version, "findings": len(claimed)})
    )
    noted = runs.Noted(engine.name, engine.version, params_text(params))
    return claimed, findings.keep(node, session, claimed, noted)


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else "another package"
