"""The real clock and the real chance, handed to every room that asks for them."""

import secrets
from datetime import UTC, datetime


class SystemClock:
    """Tells this machine's time."""

    def now(self) -> datetime:
        """Return the present instant, aware, in UTC."""
        return datetime.now(UTC)


class SystemChance:
    """Draws from the operating system's generator."""

    def draw(self, count: int) -> bytes:
        """Return some random bytes, fit for keys and salts."""
        return secrets.token_bytes(count)
