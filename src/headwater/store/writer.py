"""The one thread that writes: it takes whatever changes wait, commits them as one group, and then answers for each.

::

    submit ─▶ queue ─▶ BEGIN IMMEDIATE ─▶ SAVEPOINT, change, RELEASE ─┬─▶ … ─▶ ledger head ─▶ COMMIT (sync) ─▶ answers
                                             └─ raised: ROLLBACK TO ──┘            └─ failed: ROLLBACK, all are refused

While one group is being synced the next one gathers, so a sync is shared by as many changes as wait for it. Nothing is
answered, not even a change that raised, before the group's sync has returned. SQLite's log is folded into the database
between groups, so that nobody's answer waits for it and no answer depends on it.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import Empty, SimpleQueue
from typing import Any, Final, Generic, TypeVar, cast

from headwater.errors import StoreCorruptError, StoreError
from headwater.model.merkle import Frontier
from headwater.ports import Chance, Clock
from headwater.store.files import Files
from headwater.store.ledger import load_edge, stored_head
from headwater.store.link import Link
from headwater.store.mentions import TakingOver
from headwater.store.rows import Head
from headwater.store.view import Transaction

T = TypeVar("T")

LARGEST_GROUP: Final = 512
"""Changes committed together at most: the first of them waits for all."""


class _Job(Generic[T]):
    """A change that waits, and what became of it."""

    def __init__(self, change: Callable[[Transaction], T]) -> None:
        self.change = change
        self.future: Future[T] = Future()
        self.error: BaseException | None = None
        self.value: T | None = None

    def answer(self) -> None:
        """Tell the caller."""
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(cast("T", self.value))


class Writer:
    """Takes changes from any thread and commits them in groups.

    Attributes:
        listeners: called after each group, once everybody has been answered.
    """

    _keeps_records: bool
    """Whether a change of the group at hand was given a record to keep."""

    def __init__(self, link: Link, files: Files, *, clock: Clock, chance: Chance, threaded: bool = True) -> None:
        """Take the link, and start the thread; without one, each caller commits its own change, one caller at a time."""
        self._link = link
        self._files = files
        self._clock = clock
        self._chance = chance
        self._queue: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._gate = threading.Lock()
        self._closed: StoreError | None = None
        self._head: Head | None = None
        self._edge = Frontier()
        self._mentions = TakingOver()
        self._busy = False
        self.listeners: list[Callable[[], None]] = []
        self._thread: threading.Thread | None = None
        if threaded:
            self._thread = threading.Thread(target=self._work, name="headwater-store", daemon=True)
            self._thread.start()

    def submit(self, change: Callable[[Transaction], T]) -> Future[T]:
        """Queue a change.

        Raises:
            StoreError: the store is closed, or was found damaged.
        """
        job = _Job(change)
        with self._gate:
            if self._closed is not None:
                raise self._closed
            if self._thread is not None:
                self._queue.put(job)
                return job.future
        self._settle_here(job)
        return job.future

    def write(self, change: Callable[[Transaction], T]) -> T:
        """Queue a change and wait for its group.

        Raises:
            StoreError: the group could not be committed, or the wait would never end.
        """
        if threading.current_thread() is self._thread:
            raise StoreError("a change waits for another change", fix="do both in one change")
        return self.submit(change).result()

    def close(self) -> None:
        """Commit what waits, and stop."""
        with self._gate:
            already = self._thread is None or not self._thread.is_alive()
            self._closed = self._closed or StoreError("the store is closed", fix="open it again")
            if not already:
                self._queue.put(None)
        if self._thread is not None:
            self._thread.join()
        self._link.close()

    def _settle_here(self, job: "_Job[Any]") -> None:
        if self._busy:
            raise StoreError("a change waits for another change", fix="do both in one change")
        self._busy = True
        try:
            self._settle([job])
        finally:
            self._busy = False

    def _work(self) -> None:
        going = True
        while going:
            group, going = self._gather()
            group = [job for job in group if job.future.set_running_or_notify_cancel()]
            if group:
                self._settle(group)

    def _gather(self) -> tuple[list["_Job[Any]"], bool]:
        """Wait for one change, then take all that have come meanwhile."""
        job = self._queue.get()
        group: list[_Job[Any]] = []
        while job is not None:
            group.append(job)
            if len(group) == LARGEST_GROUP:
                return group, True
            try:
                job = self._queue.get_nowait()
            except Empty:
                return group, True
        return group, False

    def _settle(self, group: list["_Job[Any]"]) -> None:
        try:
            self._commit(group)
        except BaseException as error:  # noqa: BLE001 - nobody may be left waiting, whatever it is
            self._undo()
            if isinstance(error, StoreCorruptError):
                with self._gate:
                    self._closed = error
            for job in group:
                job.error = error
        for job in group:
            job.answer()
        for listener in tuple(self.listeners):
            listener()
        self._link.fold()

    def _commit(self, group: list["_Job[Any]"]) -> None:
        self._link.begin()
        head = stored_head(self._link)
        self._keeps_records = False
        # Another process may have added leaves since our last group.
        edge = begun = self._edge if head == self._head else load_edge(self._link)
        for job in group:
            edge = self._carry_out(job, edge)
        if edge.size != begun.size:
            head = Head(edge.size, edge.root)
            self._link.run("UPDATE ledger_head SET size = ?, root = ?", head.size, head.root)
        if self._keeps_records:
            self._mentions.step(self._link)
        self._link.commit()
        self._head, self._edge = head, edge

    def _carry_out(self, job: "_Job[Any]", edge: Frontier) -> Frontier:
        """Do one change and return the ledger's edge after it; one that raises leaves no trace but its error."""
        self._link.run("SAVEPOINT change")
        transaction = Transaction(self._link, self._files, clock=self._clock, chance=self._chance, edge=edge)
        try:
            job.value = job.change(transaction)
            self._link.write_waiting()
        except BaseException as error:  # noqa: BLE001 - whatever it is belongs to the caller, who is in another thread
            job.error = error
            self._link.forget_waiting()
            self._link.run("ROLLBACK TO change")
        else:
            edge = transaction.edge
            self._keeps_records |= transaction.keeps_records
        finally:
            transaction.end()
        self._link.run("RELEASE change")
        return edge

    def _undo(self) -> None:
        self._mentions.forget()
        try:
            self._link.abandon()
        except StoreError:
            # A disk that refuses even this leaves the transaction open; the next group's BEGIN fails, and says so.
            return
