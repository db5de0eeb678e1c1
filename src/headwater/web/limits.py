"""How often somebody may ask: a bucket of tries for each name, that fills again with time."""

import threading
import time
from collections.abc import Callable
from typing import Final

SIGN_INS: Final = (10, 60.0)
"""Tries to sign in from one address: 10 a minute."""
CHANGES: Final = (240, 60.0)
"""Forms of one session: 240 a minute; a person at the keyboard makes 30."""
LOOKS: Final = (1200, 60.0)
"""Pages of one session or address: 1,200 a minute."""
_MOST_NAMES: Final = 10_000


class Limits:
    """Buckets by name, in this process."""

    def __init__(self, stopwatch: Callable[[], float] = time.monotonic) -> None:
        """Begin with full buckets."""
        self._stopwatch = stopwatch
        self._gate = threading.Lock()
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, name: str, limit: tuple[int, float]) -> bool:
        """Take one try out of a bucket, and return whether there was one."""
        most, seconds = limit
        with self._gate:
            now = self._stopwatch()
            level, at = self._levels.get(name, (float(most), now))
            level = min(float(most), level + (now - at) * most / seconds)
            if len(self._levels) >= _MOST_NAMES and name not in self._levels:
                self._levels.clear()
            self._levels[name] = (level - 1 if level >= 1 else level, now)
            return level >= 1
