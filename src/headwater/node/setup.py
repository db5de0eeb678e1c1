"""Setting up a node: its directory, settings, store, keys, first card and first users.

While a node is being made, a mark lies in its directory. A directory with settings is a node; one with a mark and no settings
was left half made, and making it again first removes what the mark stands for, which nobody has ever used. A directory with
parts of a node but neither is somebody's node that lost its settings: it is left alone.
"""

import fcntl
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from headwater.errors import KeyTrustError, SettingsError, StoreIoError
from headwater.exchange.card import SignedCard
from headwater.exchange.keys import FOLDER, ROOT_FOLDER, Keys
from headwater.exchange.office import Exchange
from headwater.node import users
from headwater.node.node import HALF_MADE, Node
from headwater.node.system import SystemChance, SystemClock
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.settings import FILE_NAME, Settings, to_toml
from headwater.store import Store, StoreOptions, sync_folder

_PARTS: Final = (FOLDER, ROOT_FOLDER, "blobs", "tables", "derived")
_FILES: Final = "store.sqlite*"


@dataclass(frozen=True, slots=True)
class Made:
    """A node that was set up.

    Attributes:
        card: its first card.
        roots: the folder with the root keys, to be moved offline.
    """

    home: Path
    card: SignedCard
    roots: Path


@dataclass(frozen=True, slots=True)
class KeyChange:
    """What changes of a node's keys with the next version of its card.

    Attributes:
        new: kinds of which one more key is made first: ``signing``, ``sealing``.
        revoke: names of signing keys that nobody is to trust any more.
        revoked_from: since when; from now on if nothing is given.
    """

    new: tuple[str, ...] = ()
    revoke: tuple[str, ...] = ()
    revoked_from: datetime | None = None


NO_CHANGE: Final = KeyChange()


def init(home: Path, settings: Settings, first: Sequence[users.User]) -> Made:
    """Set up a node in a directory that holds none; where an earlier attempt was cut off, begin anew.

    Raises:
        SettingsError: a node is set up there already, or there are parts of one that is not ours to replace.
        StoreError: the disk refuses.
    """
    with _begun(home):
        return _make(home, settings, first)


def _remove_parts(home: Path) -> None:
    try:
        for name in _PARTS:
            if (home / name).exists():
                shutil.rmtree(home / name)
        for file in home.glob(_FILES):
            file.unlink()
    except OSError as error:
        raise StoreIoError(f"what was left half made cannot be removed: {error.strerror}", where=str(home)) from error


def _make(home: Path, settings: Settings, first: Sequence[users.User]) -> Made:
    clock, chance = SystemClock(), SystemChance()
    options = StoreOptions(database=settings.database)
    store = Store.create(home, clock=clock, chance=chance, options=options)
    try:
        by = first[0].name
        keys = Keys.create(home, chance)
        exchange = Exchange(store, keys, clock, chance, settings.authority)
        store.note(Event("node.made", by, settings.authority))
        for user in first:
            users.add_first(store, by, user)
        roots = home / ROOT_FOLDER
        card = exchange.make_card(
            settings.name or settings.authority, [settings.public_endpoint], roots, who=by, zone=settings.zone
        )
    finally:
        store.close()
    # Last: a directory with settings is a node.
    write_settings(home, settings)
    return Made(home, card, roots)


@contextmanager
def _begun(home: Path) -> Iterator[None]:
    """Mark a directory as one in which a node is being made, after removing what an attempt that was cut off has left."""
    mark = home / HALF_MADE
    if (home / FILE_NAME).exists():
        mark.unlink(missing_ok=True)
        raise SettingsError("a node is set up here already", where=str(home), fix="name another directory with --home")
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        was_begun = mark.exists()
        if not was_begun and (any((home / name).exists() for name in (FOLDER, ROOT_FOLDER)) or any(home.glob(_FILES))):
            raise SettingsError(
                f"parts of a node lie here, but not its {FILE_NAME}",
                where=str(home),
                fix="put the settings back from a backup; or name another directory with --home",
            )
        handle = os.open(mark, os.O_CREAT | os.O_RDWR, 0o600)
    except OSError as error:
        raise StoreIoError(f"the directory cannot be made: {error.strerror}", where=str(home)) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if was_begun:
            _remove_parts(home)
        sync_folder(home)
        yield
    except BlockingIOError as error:
        raise SettingsError("a node is being made here just now", where=str(home), fix="wait for it to end") from error
    finally:
        os.close(handle)


def new_card(
    node: Node, session: Session, roots: Path | None = None, new_roots: Path | None = None, keys: KeyChange = NO_CHANGE
) -> SignedCard:
    """Make the next version of a node's card, with the name and endpoint of its settings.

    Args:
        node: the node.
        session: who makes it.
        roots: the folder with the root keys that were brought back; the one they were made in if nothing is given.
        new_roots: the folder with, or for, the root keys that take their place from this version on.
        keys: what else of the keys changes with it.

    Raises:
        ForbiddenError: the user may not change keys.
        TrustError: the root keys are not there, or not those of the card in use.
    """
    may(session, Act.KEY_CHANGE)
    settings, folder = node.settings, roots or node.home / ROOT_FOLDER
    known = {key.name for key in node.exchange.card().card.signing}
    for name in keys.revoke:
        if name not in known:
            raise KeyTrustError("no such signing key on this node's card", where=name, fix="see: headwater node card")
    for kind in keys.new:
        node.exchange.new_key(kind)
    name = settings.name or settings.authority
    return node.exchange.make_card(
        name,
        [settings.public_endpoint],
        folder,
        who=session.user,
        revoke=keys.revoke,
        revoked_from=keys.revoked_from,
        zone=settings.zone,
        new_roots=new_roots,
    )


def write_settings(home: Path, settings: Settings) -> None:
    """Write a node's settings: the file is the old one or the new one, whatever happens.

    Raises:
        StoreIoError: the disk refuses.
    """
    beside = home / f"{FILE_NAME}.new"
    try:
        with beside.open("w", encoding="utf-8") as handle:
            os.fchmod(handle.fileno(), 0o600)  # secrets may stand in it
            handle.write(to_toml(settings))
            handle.flush()
            os.fsync(handle.fileno())
        beside.rename(home / FILE_NAME)
        sync_folder(home)
        (home / HALF_MADE).unlink(missing_ok=True)
    except OSError as error:
        raise StoreIoError(f"the settings cannot be written: {error.strerror}", where=str(home)) from error
