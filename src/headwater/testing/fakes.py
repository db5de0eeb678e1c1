"""Time and chance that a test holds in its hand."""

import random
from datetime import UTC, datetime, timedelta
from typing import Final

START: Final = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
"""Where a fake clock begins when nothing else is said."""


class FakeClock:
    """A clock that moves only when it is told to."""

    def __init__(self, at: datetime = START) -> None:
        """Begin at a time."""
        self._at = at

    def now(self) -> datetime:
        """Return the time it was last set to."""
        return self._at

    def move(self, by: timedelta) -> None:
        """Move on, or back."""
        self._at += by


class SeededChance:
    """Chance that repeats itself: equal seeds draw equal bytes."""

    def __init__(self, seed: int = 0) -> None:
        """Begin with a seed."""
        self._random = random.Random(seed)

    def draw(self, count: int) -> bytes:
        """Return the next bytes."""
        return self._random.randbytes(count)
