"""What is new for a reader, as numbers only: a page that is open hears that something came, never what."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from headwater.node import Node
from headwater.node.pages import pulse
from headwater.policy.session import Session

LOOK_EVERY_S: Final = 0.5
"""How often the store is asked, whatever the number of pages that are open."""


@dataclass(frozen=True, slots=True)
class Beat:
    """The state for one reader at one moment: each topic with a number that changes when something in it does."""

    numbers: Mapping[str, int]

    @property
    def tag(self) -> str:
        """A name for the state, for ``ETag``."""
        return "-".join(f"{name}.{number:x}" for name, number in sorted(self.numbers.items())) or "nothing"


class Pulse:
    """The newest beat of each reader; the store is asked twice a second, and read only after it has changed."""

    def __init__(self, node: Node, stopwatch: Callable[[], float] = time.monotonic) -> None:
        """Listen to a node; nothing is read before somebody asks."""
        self.stopping = threading.Event()
        self._node = node
        self._stopwatch = stopwatch
        self._gate = threading.Lock()
        self._looked: tuple[float, tuple[int, ...]] | None = None
        self._beats: dict[Session, tuple[tuple[int, ...], Beat]] = {}

    @property
    def is_stale(self) -> bool:
        """Whether it is time to look again; asked by each stream, where one look serves all of them."""
        looked = self._looked
        return looked is None or self._stopwatch() - looked[0] >= LOOK_EVERY_S

    def look(self) -> tuple[int, ...]:
        """Return how far the node has come: as it was half a second ago at most."""
        with self._gate:
            return self._look()

    @property
    def end(self) -> tuple[int, ...] | None:
        """How far the node had come at the last look, None before the first."""
        return self._looked[1] if self._looked else None

    def _look(self) -> tuple[int, ...]:
        now = self._stopwatch()
        if self._looked is None or now - self._looked[0] >= LOOK_EVERY_S:
            self._looked = now, pulse.end(self._node)
        return self._looked[1]

    def beat(self, session: Session) -> Beat:
        """Return the newest beat for a session."""
        with self._gate:
            end = self._look()
            held = self._beats.get(session)
            if held is None or held[0] != end:
                if len(self._beats) > 1000:  # noqa: PLR2004 - sessions of days ago
                    self._beats.clear()
                held = end, Beat(pulse.numbers(self._node, session))
                self._beats[session] = held
            return held[1]
