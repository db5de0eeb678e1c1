"""How long to wait before a partner is tried again: doubling, capped, and never at the same moment as others."""

from typing import Final

from headwater.exchange.envelope import Lane

FIRST_S: Final = 1.0
TRY_CAP_S: Final = 30.0
"""Longest wait before a partner is tried again that failed: after the longest outage all that waits is under way within a minute
(reliability.md). One message alone in half a minute is no burden to it."""
REST_CAP_S: Final = {Lane.NORMAL: 300.0, Lane.URGENT: 30.0}
"""Longest wait before a message goes again that the partner could not take just then: these may be thousands."""
_MOST_DOUBLINGS: Final = 16


def wait_s(failures: int, cap_s: float, draw: bytes) -> float:
    """Return how many seconds to wait after some failures in a row.

    Args:
        failures: at least one.
        cap_s: the longest wait.
        draw: random bytes: the wait lies between half of its bound and the bound, and is never under a second.
    """
    bound = min(cap_s, FIRST_S * (1 << min(failures, _MOST_DOUBLINGS)))
    part: float = int.from_bytes(draw, "big") / (1 << 8 * len(draw))
    return max(FIRST_S, bound * (1 + part) / 2)
