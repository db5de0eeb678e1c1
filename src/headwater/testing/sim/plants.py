"""Known faults, put into the product from outside. Each must be found at its first seeds."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final
from unittest import mock

from msgspec.structs import replace as with_changes

from headwater.errors import HeadwaterError
from headwater.exchange.amends import Amends
from headwater.exchange.cards import Cards
from headwater.exchange.desk import Desk
from headwater.exchange.inbox import Inbox
from headwater.model.ids import MessageId
from headwater.ports import Event
from headwater.testing.sim.node import SimStore
from headwater.testing.sim.world import Gate

Change = Callable[[Any], Any]
_HELD_OPEN_S: Final = 60.0
"""How long a plant holds the moment open in which it shows, as a slow disk would."""


class _Through:
    """Stands in for something else: what it does not do in its own way goes through."""

    def __init__(self, to: Any) -> None:  # noqa: ANN401 - anything that is stood in for
        self._to = to

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - same
        return getattr(self._to, name)


class _Hasty(_Through):
    """Answers when a change is made, before it is durable."""

    def write(self, change: Change) -> Any:  # noqa: ANN401 - what the change returns
        """Carry out a change and answer before its commit."""
        host = _host(self._to)
        if host is None:
            return self._to.write(change)
        told, failed, made = list[Any](), list[HeadwaterError](), Gate(host.world)

        def commit() -> None:
            try:
                self._to.write(keep)
            except HeadwaterError as error:
                failed.append(error)
            finally:
                made.set()

        def keep(tx: Any) -> Any:  # noqa: ANN401 - a transaction
            told.append(change(tx))
            made.set()
            host.world.sleep(_HELD_OPEN_S)
            return told[0]

        host.world.spawn(host.life, commit)
        made.wait()
        if not told and failed:
            raise failed[0]
        return told[0]


class _Split(_Through):
    """Keeps a message, and what it became only in a change of its own."""

    def write(self, change: Change) -> Any:  # noqa: ANN401 - what the change returns
        """Carry out a change without its records, then keep those."""
        late: list[Callable[[Any], Any]] = []
        answer = self._to.write(lambda tx: change(_WithoutRecords(tx, late)))
        if late and (host := _host(self._to)) is not None:
            host.world.sleep(_HELD_OPEN_S)
        self._to.write(lambda tx: [act(tx) for act in late])
        return answer


class _WithoutRecords(_Through):
    def __init__(self, to: Any, late: list[Callable[[Any], Any]]) -> None:  # noqa: ANN401 - a transaction
        super().__init__(to)
        self._late = late

    def add_born(self, record: Any, born_of: Any) -> None:  # noqa: ANN401 - a record and its message
        """Put a record aside."""
        self._late.append(lambda tx: tx.add_born(record, born_of))


class _Twice(_Through):
    """Acts again on what comes again."""

    def write(self, change: Change) -> Any:  # noqa: ANN401 - what the change returns
        """Carry out a change that acts on duplicates."""
        return self._to.write(lambda tx: change(_ActsTwice(tx)))


class _ActsTwice(_Through):
    def note(self, event: Event) -> int:
        """Note an event, and another arrival where it is a duplicate."""
        if event.kind == "exchange.duplicate":
            self._to.note(replace(event, kind="exchange.received"))
        return int(self._to.note(event))


def _host(store: Any) -> Any:  # noqa: ANN401 - the node, while it is at work
    return store.host if isinstance(store, SimStore) and store.host and store.host.world.current else None


@contextmanager
def _inbox_over(stand_in: Callable[[Any], Any]) -> Iterator[None]:
    made = Inbox.__init__

    def init(self: Any, store: Any, *parts: Any) -> None:  # noqa: ANN401 - as the inbox takes them
        made(self, stand_in(store), *parts)

    with mock.patch.object(Inbox, "__init__", init):
        yield


@contextmanager
def _accept_expired() -> Iterator[None]:
    judge = Desk.judge

    def lenient(self: Any, tx: Any, message: Any, terms: Any, sent_at: Any) -> Any:  # noqa: ANN401 - as the desk takes them
        return judge(self, tx, with_changes(message, expires=None), terms, sent_at)

    look, keep = (
        mock.patch(f"headwater.exchange.{room}.check_times", return_value=None) for room in ("inbox", "taking")
    )
    with look, keep, mock.patch.object(Desk, "judge", lenient):
        yield


@contextmanager
def _forget_forward() -> Iterator[None]:
    ask = Amends._ask_holders  # noqa: SLF001 - a plant reaches inside

    def forgetful(self: Any, tx: Any, amend: Any, facts: Any, who: str, parent: MessageId | None, more: Any) -> Any:  # noqa: ANN401
        return ask(self, tx, amend, facts, who, parent, more) if parent is None else []

    with mock.patch.object(Amends, "_ask_holders", forgetful):
        yield


@contextmanager
def _forget_card() -> Iterator[None]:
    def hold_on(self: Any, tx: Any, message: Any, sent_at: Any) -> None:  # noqa: ANN401 - as cards are taken
        """Take a card and keep the one before."""

    with mock.patch.object(Cards, "take", hold_on):
        yield


_PLANT: Final[dict[str, Callable[[], Any]]] = {
    "ack-before-commit": lambda: _inbox_over(_Hasty),
    "no-dedupe": lambda: _inbox_over(_Twice),
    "split-transaction": lambda: _inbox_over(_Split),
    "accept-expired": _accept_expired,
    "forget-forward": _forget_forward,
    "forget-card": _forget_card,
}
PLANTS: Final = tuple(_PLANT)
"""Faults that can be planted.

A receipt before the commit; a second effect of what comes twice; a message kept apart from what it became; messages taken
after their time; a recall that is not passed on; a partner's new card that is stored and not used.
"""


@contextmanager
def planted(name: str | None) -> Iterator[None]:
    """Put a fault into the product for the length of a `with` block; None puts none."""
    if name is None:
        yield
        return
    with _PLANT[name]():
        yield
