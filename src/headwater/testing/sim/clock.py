"""Clocks of nodes: each is off by something of its own, and may jump, stand still or follow the summer time."""

from collections.abc import Callable
from datetime import datetime, timedelta


class NodeClock:
    """A node's clock over the true time of the world."""

    def __init__(self, true_s: Callable[[], float], start: datetime, offset_s: float = 0.0) -> None:
        """Begin with an offset.

        Args:
            true_s: true seconds since the start.
            start: the instant at which the world begins.
            offset_s: seconds that the clock is ahead; less than zero where it is behind.
        """
        self._true_s = true_s
        self._start = start
        self._skew_s = self._offset_s = offset_s
        self.has_jumped = False
        self._frozen_at: float | None = None
        self._set: list[tuple[float, float | None, float]] = [(0.0, None, offset_s)]
        self.first_read: dict[datetime, float] = {}
        """For each time that it has shown, the true second at which it first did."""

    def now(self) -> datetime:
        """Return what the clock shows."""
        shown = self._start + timedelta(microseconds=round(self._shown_s() * 1e6))
        self.first_read.setdefault(shown, self._true_s())
        return shown

    def true_time(self, true_s: float) -> datetime:
        """Return the true time at a second."""
        return self._start + timedelta(seconds=true_s)

    def behind_at(self, true_s: float) -> float:
        """Return how many seconds it was behind at some true second; less than zero where it was ahead."""
        frozen_at, offset_s = next(each[1:] for each in reversed(self._set) if each[0] <= true_s)
        return -offset_s if frozen_at is None else true_s - frozen_at

    def jump(self, seconds: float) -> None:
        """Jump ahead, or back."""
        if self._frozen_at is not None:
            self._frozen_at += seconds
        self._offset_s += seconds
        self.has_jumped = True
        self._note()

    def freeze(self) -> None:
        """Stand still."""
        self._frozen_at = self._shown_s()
        self.has_jumped = True
        self._note()

    def set_right(self) -> None:
        """Run, and be off by no more than in the beginning."""
        self._frozen_at, self._offset_s = None, self._skew_s
        self._note()

    def _note(self) -> None:
        self._set.append((self._true_s(), self._frozen_at, self._offset_s))

    def _shown_s(self) -> float:
        return self._true_s() + self._offset_s if self._frozen_at is None else self._frozen_at
