"""One node: its settings, its store, its clock, and views for its users."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, Self, TypeVar, cast

from headwater.exchange.keys import Keys
from headwater.exchange.office import Exchange
from headwater.model.ids import AuthorityId
from headwater.node import users
from headwater.node.system import SystemChance, SystemClock
from headwater.policy.session import Session
from headwater.policy.view import guard
from headwater.ports import Audit, Chance, Clock, Event, Guarded
from headwater.settings import Loaded, Settings, load
from headwater.store import SearchIndex, Snapshot, Store, StoreOptions

T = TypeVar("T")

HALF_MADE: Final = "node.half-made"
"""Lies in a node's directory while `setup` makes it."""
_MOST_WAITING: Final = 64
"""Looks that may wait for the disk together."""
EVIDENCE_PURPOSE: Final = "court"
"""For this purpose alone, what was restricted and is kept as evidence may be seen."""


class _Looks:
    """Implements `ports.Audit` for one block: events go to the ledger in their order and in one change, at its end."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._noted: list[Event] = []

    def note(self, event: Event) -> None:
        self._noted.append(event)
        if len(self._noted) >= _MOST_WAITING:
            self.settle()

    def settle(self) -> None:
        """Return once all is durable.

        Raises:
            StoreError: it could not be kept.
        """
        noted, self._noted = self._noted, []
        if noted:
            self._store.write(lambda transaction: [transaction.note(event) for event in noted])


class Node:
    """What one node is made of. Open it with `Node.open`, close it when done."""

    def __init__(self, home: Path, loaded: Loaded, store: Store, clock: Clock, chance: Chance) -> None:
        """Join the parts; they are closed with the node."""
        self.home = home
        self.loaded = loaded
        self.store = store
        self.clock = clock
        self.chance = chance
        self._gate = Lock()
        self._memories: dict[type, object] = {}

    @classmethod
    def open(cls, home: Path, env: Mapping[str, str], flags: Mapping[str, object] | None = None) -> Self:
        """Return the node in a directory.

        Raises:
            SettingsError: no node is set up there, or a setting is refused.
            StoreError: its store cannot be opened.
        """
        loaded = load(home, env, flags)
        # Settings come last: a mark beside them was left by a process that ended between the two.
        with suppress(OSError):
            (home / HALF_MADE).unlink(missing_ok=True)
        clock, chance = SystemClock(), SystemChance()
        options = StoreOptions(busy_wait_s=loaded.settings.busy_wait_s, database=loaded.settings.database)
        return cls(home, loaded, Store.open(home, clock=clock, chance=chance, options=options), clock, chance)

    @property
    def settings(self) -> Settings:
        """How the node is set up."""
        return self.loaded.settings

    @property
    def authority(self) -> AuthorityId:
        """The authority that the node belongs to."""
        return self.settings.authority

    @cached_property
    def exchange(self) -> Exchange:
        """The node's exchange with its partners."""
        return Exchange(self.store, Keys(self.home), self.clock, self.chance, self.authority)

    @cached_property
    def search_index(self) -> SearchIndex:
        """The words of names and numbers, for candidates; what is shown is asked of a view."""
        return SearchIndex(self.home)

    def memory(self, kind: type[T]) -> T:
        """Return the one value of a kind that this open node remembers, made when it is first asked for."""
        with self._gate:
            found = self._memories.get(kind)
            if found is None:
                found = self._memories[kind] = kind()
        return cast("T", found)

    def session(self, user: str, purpose: str) -> Session:
        """Return the session of a user of this node.

        Raises:
            ForbiddenError: there is no such user, or the account is switched off.
            NoBasisError: the purpose is unknown.
        """
        with self.store.snapshot() as snapshot:
            return users.session(snapshot, self.authority, user, purpose)

    @contextmanager
    def view(self, session: Session) -> Iterator[Guarded]:
        """Yield what a session may see, at one moment; each look is durable before it tells anything."""
        with self._seen_by(session, self.store) as (_, view):
            yield view

    @contextmanager
    def view_at(self, session: Session) -> Iterator[tuple[Snapshot, Guarded]]:
        """Yield the store at one moment, and what a session may see of it, for a page that is shown after the block.

        Its looks are kept in their order and are durable when the block ends: the disk is waited for once.
        """
        with self.view_noting(session) as (snapshot, view, _):
            yield snapshot, view

    @contextmanager
    def view_noting(self, session: Session) -> Iterator[tuple[Snapshot, Guarded, Audit]]:
        """Yield as `view_at` does, and where a page notes what it shows of things that were opened in one look."""
        looks = _Looks(self.store)
        try:
            with self._seen_by(session, looks) as (snapshot, view):
                yield snapshot, view, looks
        finally:
            looks.settle()

    @contextmanager
    def _seen_by(self, session: Session, audit: Audit) -> Iterator[tuple[Snapshot, Guarded]]:
        with self.store.snapshot() as snapshot:
            if session.purpose == EVIDENCE_PURPOSE:
                snapshot.show_evidence()
            yield snapshot, guard(snapshot, session, audit, self.clock.now().date())

    def close(self) -> None:
        """Close the store; everything acknowledged is on the disk."""
        if "search_index" in self.__dict__:
            self.search_index.close()
        self.store.close()

    def __enter__(self) -> Self:
        """Return the node itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the node."""
        self.close()
