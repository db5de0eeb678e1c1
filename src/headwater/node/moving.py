"""Moving a node's store between SQLite in its directory and a PostgreSQL database, proved to be the same store.

Blobs, tables, keys and the vault stay in the directory. What is computed anew (the search index) is thrown away.
"""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from headwater.errors import SettingsError
from headwater.node.node import Node
from headwater.node.setup import write_settings
from headwater.policy.acts import Act
from headwater.policy.session import may
from headwater.ports import Event
from headwater.settings import FILE_NAME, Settings, load
from headwater.store import StoreOptions, move
from headwater.store.faults import translated
from headwater.store.moving import Progress

SQLITE: Final = "sqlite"
DATABASE: Final = "store.sqlite"
_KEPT: Final = "store.sqlite.moved"
_DERIVED: Final = "derived"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a move.

    Attributes:
        database: where the store is now, as settings name it; empty for SQLite.
        size: leaves of the ledger that both stores had.
        root: their Merkle root, in hex.
        rows: how many rows of each table are in both.
        left: the file of the old store, which nothing can be written to any more; None where it is in a database.
    """

    database: str
    size: int
    root: str
    rows: Mapping[str, int]
    left: Path | None


def move_store(
    home: Path,
    env: Mapping[str, str],
    *,
    user: str,
    purpose: str,
    to: str,
    progress: Progress = lambda *_: None,
) -> Outcome:
    """Move a node's store; stop serving the node first, and serve it again afterwards.

    Args:
        home: the node's directory.
        env: environment variables; none of them may name the database.
        user: who asks: an administrator.
        purpose: what for.
        to: ``postgresql://HOST/NAME``, or ``sqlite``.
        progress: hears how many of how many rows are copied.

    Raises:
        PolicyError: the user may not.
        SettingsError: the store is there already, or something else than the settings file names the database.
        StoreError: it cannot be moved; it stays where it is.
    """
    loaded = load(home, env)
    origin = next(one.origin for one in loaded.origins if one.name == "database")
    if origin not in {FILE_NAME, "default"}:
        raise SettingsError(
            "the environment names the database", where="HEADWATER_DATABASE", fix="unset it; the file is what changes"
        )
    database = "" if to == SQLITE else to
    settings: Settings = replace(load(home, {}).settings, database=database)
    old = loaded.settings.database
    if old == database:
        raise SettingsError("the store is there already", where=to)
    with Node.open(home, env) as node:
        may(node.session(user, purpose), Act.NODE_BACK_UP)
        node.store.note(Event("node.move-begun", user, SQLITE if not database else "postgresql", purpose))
    moved = move(home / DATABASE, StoreOptions(database=old), StoreOptions(database=database), progress)
    write_settings(home, settings)
    left = _put_aside(home) if database else None
    shutil.rmtree(home / _DERIVED, ignore_errors=True)
    with Node.open(home, env) as node:
        detail: dict[str, str | int] = {"size": moved.head.size, "root": moved.head.root.hex()}
        node.store.note(Event("node.moved", user, SQLITE if not database else "postgresql", purpose, detail))
    return Outcome(database, moved.head.size, moved.head.root.hex(), moved.rows, left)


def _put_aside(home: Path) -> Path:
    """Give the old file another name: nobody takes it for the store, and a later move back has its place."""
    left = home / _KEPT
    number = 1
    while left.exists():
        number += 1
        left = home / f"{_KEPT}-{number}"
    with translated(home):
        (home / DATABASE).rename(left)
        for end in ("-wal", "-shm"):  # there where a process still has it open
            beside = home / f"{DATABASE}{end}"
            if beside.exists():
                beside.rename(left.with_name(f"{left.name}{end}"))
    return left
