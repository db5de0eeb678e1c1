"""Setting up a node: its directory, settings, store, keys, first card and first users."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from headwater.errors import SettingsError, StoreIoError
from headwater.exchange.card import SignedCard
from headwater.exchange.keys import ROOT_FOLDER, Keys
from headwater.exchange.office import Exchange
from headwater.node import users
from headwater.node.node import Node
from headwater.node.system import SystemChance, SystemClock
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.settings import FILE_NAME, Settings, to_toml
from headwater.store import Store


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


def init(home: Path, settings: Settings, first: Sequence[users.User]) -> Made:
    """Set up a node in a directory that holds none.

    Raises:
        SettingsError: a node is set up there already.
        StoreError: the disk refuses.
    """
    if (home / FILE_NAME).exists():
        raise SettingsError("a node is set up here already", where=str(home), fix="name another directory with --home")
    clock, chance = SystemClock(), SystemChance()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreIoError(f"the directory cannot be made: {error.strerror}", where=str(home)) from error
    store = Store.create(home, clock=clock, chance=chance)
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
        # Last: a directory with settings is a node.
        _write_settings(home, settings)
        return Made(home, card, roots)
    finally:
        store.close()


def new_card(node: Node, session: Session, roots: Path | None = None) -> SignedCard:
    """Make the next version of a node's card, with the name and endpoint of its settings.

    Args:
        node: the node.
        session: who makes it.
        roots: the folder with the root keys that were brought back; the one they were made in if nothing is given.

    Raises:
        ForbiddenError: the user may not change keys.
        TrustError: the root keys are not there, or not those of the card in use.
    """
    may(session, Act.KEY_CHANGE)
    settings, folder = node.settings, roots or node.home / ROOT_FOLDER
    name = settings.name or settings.authority
    return node.exchange.make_card(name, [settings.public_endpoint], folder, who=session.user, zone=settings.zone)


def _write_settings(home: Path, settings: Settings) -> None:
    beside = home / f"{FILE_NAME}.new"
    try:
        with beside.open("w", encoding="utf-8") as handle:
            handle.write(to_toml(settings))
            handle.flush()
            os.fsync(handle.fileno())
        beside.rename(home / FILE_NAME)
    except OSError as error:
        raise StoreIoError(f"the settings cannot be written: {error.strerror}", where=str(home)) from error
