"""The heap of events, and activities: code of the product that runs, waits and dies as the heap says.

An activity has a thread of its own only so that product code may wait in the middle of a call. Exactly one thread runs
at any moment, and which one is next is what stands first in the heap: equal seeds give equal histories.
"""

import heapq
import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

Act = Callable[[], object]
_LIMIT_EVENTS: Final = 200_000
"""More than any history has: a loop that never waits would otherwise go on for ever."""


class KilledError(BaseException):
    """The process in which an activity ran is no more. Nothing may catch it, so it is no `Exception`."""


class EndlessError(BaseException):
    """The history does not come to an end."""


class _Worker:
    """A thread that runs one activity after another, and stands still whenever it is not its turn."""

    def __init__(self) -> None:
        # Bare locks, each taken by one thread and let go by the other: nothing hands over more quickly.
        self.go = threading.Lock()
        self.back = threading.Lock()
        self.go.acquire()
        self.back.acquire()
        self.act: Act | None = None
        threading.Thread(target=self._work, name="sim", daemon=True).start()

    def _work(self) -> None:
        while True:
            self.go.acquire()
            if self.act is None:
                return
            self.act()
            self.back.release()


class Crew:
    """Threads that are at hand for activities, over many histories."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self._idle: list[_Worker] = []

    def take(self) -> _Worker:
        """Return a thread that stands still."""
        return self._idle.pop() if self._idle else _Worker()

    def give(self, worker: _Worker) -> None:
        """Take a thread back."""
        self._idle.append(worker)

    def close(self) -> None:
        """Let every thread end."""
        for worker in self._idle:
            worker.act = None
            worker.go.release()
        self._idle.clear()


@dataclass(slots=True, eq=False)
class Life:
    """One life of a process: from its start to its end, whichever way that comes."""

    name: str
    dead: bool = False
    activities: "dict[Activity, None]" = field(default_factory=dict)


class Activity:
    """Product code on its way."""

    def __init__(self, world: "World", life: Life, act: Act) -> None:
        """Get ready; `World.spawn` starts it."""
        self.life = life
        self._world = world
        self._act = act
        self._worker = world.crew.take()
        self._worker.act = self._run
        self.done = False
        life.activities[self] = None

    def resume(self) -> None:
        """Let it run until it waits or ends; called by the heap alone."""
        if self.done:
            return
        before, self._world.current = self._world.current, self
        self._worker.go.release()
        self._worker.back.acquire()
        self._world.current = before
        if self.is_over():
            self._world.crew.give(self._worker)

    def is_over(self) -> bool:
        """Return whether it has ended."""
        return self.done

    def suspend(self) -> None:
        """Stand still until it is resumed; called by the activity alone.

        Raises:
            KilledError: its process has ended meanwhile.
        """
        if self.life.dead:
            raise KilledError
        self._worker.back.release()
        self._worker.go.acquire()
        if self.life.dead:
            raise KilledError

    def _run(self) -> None:
        try:
            self._act()
        except KilledError:
            pass
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is what the simulator looks for
            self._world.fault(f"{self.life.name}: {type(error).__name__}: {error}")
        finally:
            self.done = True
            self.life.activities.pop(self, None)


class World:
    """Time, chance and what happens next."""

    listener: "Callable[[float, str], None] | None" = None
    """Hears all that happens, for whoever replays a history."""

    def __init__(self, seed: int, crew: Crew) -> None:
        """Begin at second 0."""
        self.seed = seed
        self.crew = crew
        self.now = 0.0
        self.chance = random.Random(seed)
        self.current: Activity | None = None
        self.bad: list[str] = []
        self._heap: list[tuple[float, int, Act]] = []
        self._count = 0
        self._trace = sha256()

    @property
    def trace(self) -> str:
        """SHA-256 over everything that has happened."""
        return self._trace.hexdigest()

    def tell(self, what: str) -> None:
        """Write down what happens; equal histories have equal traces."""
        self._trace.update(f"{self.now:.6f} {what}\n".encode())
        if World.listener is not None:
            World.listener(self.now, what)

    def fault(self, what: str) -> None:
        """Write down what must not be."""
        self.tell(f"bad {what}")
        self.bad.append(what)

    def at(self, moment: float, act: Act) -> None:
        """Let something happen at a moment."""
        self._count += 1
        heapq.heappush(self._heap, (max(moment, self.now), self._count, act))

    def after(self, seconds: float, act: Act) -> None:
        """Let something happen after a while."""
        self.at(self.now + seconds, act)

    def spawn(self, life: Life, act: Act) -> None:
        """Run something as an activity of a process, beginning now."""
        self.after(0.0, lambda: None if life.dead else Activity(self, life, act).resume())

    def run(self, until: float, enough: Callable[[], bool] | None = None) -> None:
        """Let happen what stands in the heap, up to a moment, or until there is enough.

        Raises:
            EndlessError: more happens than any history holds.
        """
        while self._heap and self._heap[0][0] <= until:
            self.now, _, act = heapq.heappop(self._heap)
            act()
            if self._count > _LIMIT_EVENTS:
                raise EndlessError
            if enough is not None and enough():
                return
        self.now = max(self.now, until)

    def sleep(self, seconds: float) -> None:
        """Let the running activity wait."""
        me = self._me()
        self.after(seconds, me.resume)
        me.suspend()

    def end(self, life: Life) -> None:
        """End a process: whatever ran in it unwinds and finds that it is dead."""
        life.dead = True
        for activity in list(life.activities):
            if activity is not self.current:
                activity.resume()

    def _me(self) -> Activity:
        if self.current is None:
            raise RuntimeError("only an activity can wait")
        return self.current


class Gate:
    """What activities wait at until it is opened; in the shape of `threading.Event`."""

    def __init__(self, world: World) -> None:
        """Begin shut."""
        self._world = world
        self._open = False
        self._waiting: list[tuple[Activity, list[bool]]] = []

    def is_set(self) -> bool:
        """Return whether it is open."""
        return self._open

    def clear(self) -> None:
        """Shut it."""
        self._open = False

    def set(self) -> None:
        """Open it and wake all that wait."""
        self._open = True
        for activity, woken in self._waiting:
            self._wake(activity, woken)
        self._waiting.clear()

    def wait(self, timeout: float | None = None) -> bool:
        """Let the running activity wait until it is open, or for so long; return whether it is."""
        if self._open:
            return True
        me, woken = self._world._me(), [False]  # noqa: SLF001 - the gate belongs to the world
        self._waiting.append((me, woken))
        if timeout is not None:
            self._world.after(timeout, lambda: self._wake(me, woken, timed=True))
        me.suspend()
        return self._open

    def _wake(self, activity: Activity, woken: list[bool], *, timed: bool = False) -> None:
        if woken[0]:
            return
        woken[0] = True
        if timed:
            self._waiting = [each for each in self._waiting if each[1] is not woken]
            activity.resume()
        else:
            self._world.after(0.0, activity.resume)


class Lock:
    """What one activity holds at a time."""

    def __init__(self, world: World) -> None:
        """Begin free."""
        self._world = world
        self._held = False
        self._free = Gate(world)

    def __enter__(self) -> None:
        """Wait until it is free, and hold it."""
        while self._held:
            self._free.clear()
            self._free.wait()
        self._held = True

    def __exit__(self, *_: object) -> None:
        """Let it go."""
        self._held = False
        self._free.set()
