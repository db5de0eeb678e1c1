"""Unfetched: why a file beside a partner's message is not here whole, and what would help. Asking changes nothing."""

from typing import Final

from headwater.errors import (
    FormatError,
    HeadwaterError,
    KeyTrustError,
    PeerError,
    PeerRefusedError,
    PeerTimeoutError,
    PeerUnreachableError,
    SignatureError,
)
from headwater.exchange.partners import Partner

AGAIN: Final = "nothing is lost: it is tried again by itself while this node is served"
ASK: Final = "speak to the partner, and let it send the file again"
SERVE: Final = "it comes by itself while this node is served: headwater node serve"
ON_ITS_WAY: Final = "it is on its way, or was not asked for yet"
KINDS: Final[tuple[tuple[type[HeadwaterError], str, str], ...]] = (
    (PeerUnreachableError, "the partner's node could not be reached when it was last asked for the file", AGAIN),
    (PeerTimeoutError, "the partner's node did not answer in time when it was last asked for the file", AGAIN),
    (PeerRefusedError, "the partner's node did not give out the file, or gave out another", ASK),
    (SignatureError, "what came does not open with the key in the message", ASK),
    (FormatError, "what came is not the file that the message names", ASK),
)
"""What the last try may have ended with, in words, and what would help."""


def unfetched(partner: Partner | None, code: str) -> HeadwaterError:
    """Return what is in the way of a file that waits.

    Args:
        partner: whose message it came with; None for one that this node does not know any more.
        code: what the last try ended with; empty where there was none.
    """
    if partner is None or not partner.is_open:
        what = f"the partner is {partner.state}" if partner else "its sender is no partner of this node"
        return KeyTrustError(what, fix="see: headwater partner list")
    for kind, what, fix in KINDS:
        if kind.code == code:
            return kind(what, fix=fix)
    return PeerError(ON_ITS_WAY, fix=SERVE)
