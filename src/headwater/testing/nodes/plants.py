"""Known faults, put into a process from outside: product code knows nothing of them. Each must be found.

A fault shows only where a kill hits the moment that it opens. Each plant therefore holds that moment open for a while,
as a slow disk or line would, so that few kills are enough.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final

from msgspec import structs

from headwater.exchange.courier import Courier
from headwater.exchange.envelope import Sealed, read, seal
from headwater.exchange.inbox import Inbox
from headwater.exchange.office import Exchange
from headwater.exchange.outbox import SENT, Outbox
from headwater.ports import Event

_HELD_OPEN_S: Final = 0.3
_LOCKED_S: Final = 0.1
"""Shorter, for other processes wait for the store meanwhile."""
_FORGETS: Final = 10

Change = Callable[[Any], Any]


class _Through:
    """Stands in for something else: what it does not do in its own way goes through."""

    def __init__(self, to: Any) -> None:  # noqa: ANN401 - anything that is stood in for
        self._to = to

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - same
        return getattr(self._to, name)


class _HastyStore(_Through):
    """Answers when the change is made, before it is durable."""

    def write(self, change: Change) -> Any:  # noqa: ANN401 - what the change returns
        """Carry out a change, and answer before its commit."""
        early: Future[Any] = Future()

        def told(tx: Any) -> None:  # noqa: ANN401 - a transaction
            try:
                early.set_result(change(tx))
            except BaseException as error:
                early.set_exception(error)
                raise
            _hold_open(_LOCKED_S)

        self._to.submit(told)
        return early.result()


class _ForgetfulStore(_Through):
    """Forgets every tenth message to a partner, though it says that it is queued."""

    def write(self, change: Change) -> Any:  # noqa: ANN401 - what the change returns
        """Carry out a change that loses rows."""
        return self._to.write(lambda tx: change(_Forgetful(tx)))


class _Forgetful(_Through):
    def add_outgoing(self, row: Any) -> None:  # noqa: ANN401 - a row of the outbox
        """Lose a row, or keep it."""
        if row.seq % _FORGETS:
            self._to.add_outgoing(row)


class _SplitStore(_Through):
    """Keeps a message, and what it became only in a change of its own."""

    def write(self, change: Change) -> Any:  # noqa: ANN401 - what the change returns
        """Carry out a change without its records, then keep those."""
        late: list[Any] = []
        answer = self._to.write(lambda tx: change(_WithoutRecords(tx, late)))
        _hold_open()
        self._to.write(lambda tx: [tx.add_born(*given) for given in late])
        return answer


class _WithoutRecords(_Through):
    def __init__(self, to: Any, late: list[Any]) -> None:  # noqa: ANN401 - a transaction
        super().__init__(to)
        self._late = late

    def add_born(self, *given: Any) -> None:  # noqa: ANN401 - a record and its message
        """Put a record aside."""
        self._late.append(given)


class _SlowStore(_Through):
    """Answers long after the commit, so that an answer may be lost."""

    def write(self, change: Change) -> Any:  # noqa: ANN401 - what the change returns
        """Carry out a change, and wait."""
        answer = self._to.write(change)
        _hold_open()
        return answer


class _TwiceStore(_SlowStore):
    """Acts again on what comes again."""

    def write(self, change: Change) -> Any:  # noqa: ANN401 - what the change returns
        """Carry out a change that acts on duplicates."""
        return super().write(lambda tx: change(_Twice(tx)))


class _Twice(_Through):
    def note(self, event: Event) -> int:
        """Note an event, and another arrival where it is a duplicate."""
        if event.kind == "exchange.duplicate":
            self._to.note(replace(event, kind="exchange.received"))
        return int(self._to.note(event))


class _ResealingStore(_Through):
    """Hands out what is queued in other bytes each time."""

    def __init__(self, to: Any, exchange: Any) -> None:  # noqa: ANN401 - a store, and the exchange over it
        super().__init__(to)
        self._exchange = exchange

    @contextmanager
    def snapshot(self) -> Iterator[Any]:
        """Yield a view of what is queued, sealed anew."""
        with self._to.snapshot() as snapshot:
            yield _Resealing(snapshot, self._exchange)


class _Resealing(_ResealingStore):
    def due_outgoing(self, *asked: Any, **more: Any) -> list[Any]:  # noqa: ANN401 - as the store is asked
        """Return what is queued, sealed anew under the same identifiers."""
        return [structs.replace(row, envelope=self._sealed(row)) for row in self._to.due_outgoing(*asked, **more)]

    def _sealed(self, row: Any) -> bytes:  # noqa: ANN401 - a row of the outbox
        sealed, body = read(row.envelope), self._to.document(SENT, row.id)
        partner = next(each for each in self._exchange.partners() if each.authority == row.peer)
        if not isinstance(sealed, Sealed) or body is None:
            return bytes(row.envelope)
        key = partner.card.card.sealing_key(sealed.header.sent_at)
        return seal(sealed.header, body, signing_seed=self._exchange._keys.signing_seed(), recipient_key=key)  # noqa: SLF001


def _hold_open(seconds: float = _HELD_OPEN_S) -> None:
    threading.Event().wait(seconds)


def _give(kind: Any, stand_in: Callable[[Any], Any]) -> None:  # noqa: ANN401 - a class whose first part is the store
    made = kind.__init__

    def init(self: Any, store: Any, *parts: Any) -> None:  # noqa: ANN401 - as the class takes them
        made(self, stand_in(store), *parts)

    kind.__init__ = init


def _seal_again() -> None:
    _give(Inbox, _SlowStore)
    made = Exchange.courier

    def courier(self: Exchange, route: Any) -> Courier:  # noqa: ANN401 - a route
        one = made(self, route)
        one._store = _ResealingStore(one._store, self)  # type: ignore[assignment] # noqa: SLF001
        return one

    Exchange.courier = courier  # type: ignore[method-assign]


_PLANT: Final[dict[str, Callable[[], None]]] = {
    "acknowledge-before-commit": lambda: _give(Inbox, _HastyStore),
    "promise-before-commit": lambda: _give(Outbox, _HastyStore),
    "lose-outbox-row": lambda: _give(Outbox, _ForgetfulStore),
    "split-transaction": lambda: _give(Inbox, _SplitStore),
    "act-again": lambda: _give(Inbox, _TwiceStore),
    "seal-again": _seal_again,
}
PLANTS: Final = tuple(_PLANT)
"""Faults that can be planted.

A receipt given before the commit; a message promised before the commit; a queued message that is lost; a message kept
apart from what it became; a second effect of a message that comes again; other bytes at every attempt.
"""


def plant(name: str) -> None:
    """Put a fault into this process, before its node is opened."""
    _PLANT[name]()
