"""The short refusal codes of the wire, and what each means inside: the one table.

On the wire only the code travels, so that a stranger learns nothing. Inside, a code is a declared error with a text.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from headwater.errors import (
    ClockError,
    EquivocationError,
    ExpiredError,
    ForbiddenError,
    FormatError,
    HeadwaterError,
    KeyTrustError,
    LimitError,
    PeerRefusedError,
    ReplayError,
    SignatureError,
)
from headwater.policy.rules import RULES


class Code(StrEnum):
    """Why an envelope is refused, in the order in which the checks are made."""

    TOO_LARGE = "too-large"
    BAD_HEADER = "bad-header"
    WRONG_RECIPIENT = "wrong-recipient"
    UNKNOWN_KEY = "unknown-key"
    REVOKED_KEY = "revoked-key"
    EXPIRED_CARD = "expired-card"
    EXPIRED = "expired"
    CLOCK = "clock"
    BAD_SEAL = "bad-seal"
    BAD_SIGNATURE = "bad-signature"
    BAD_BODY = "bad-body"
    EQUIVOCATION = "equivocation"
    REPLAY = "replay"


_MEANING: Final[dict[Code, tuple[type[HeadwaterError], str]]] = {
    Code.TOO_LARGE: (LimitError, "an envelope larger than 4 MiB, or its header than 4096 bytes"),
    Code.BAD_HEADER: (FormatError, "an envelope whose header is not as the specification says"),
    Code.WRONG_RECIPIENT: (KeyTrustError, "an envelope for another authority, or for a key that is not this node's"),
    Code.UNKNOWN_KEY: (KeyTrustError, "an envelope from an unknown authority or signed with an unknown key"),
    Code.REVOKED_KEY: (KeyTrustError, "an envelope signed with a key that its owner has revoked"),
    Code.EXPIRED_CARD: (KeyTrustError, "an envelope from an authority whose card has expired"),
    Code.EXPIRED: (ClockError, "an envelope past its expiry"),
    Code.CLOCK: (ClockError, "an envelope from more than 300 seconds ahead of this node's clock"),
    Code.BAD_SEAL: (SignatureError, "an envelope that does not open"),
    Code.BAD_SIGNATURE: (SignatureError, "an envelope whose signature is not the sender's"),
    Code.BAD_BODY: (FormatError, "a message that is not as the specification says"),
    Code.EQUIVOCATION: (EquivocationError, "two envelopes with one identifier and different bytes"),
    Code.REPLAY: (ReplayError, "a sequence number that another message has used"),
}

_ASK: Final = "ask the partner what its node found wrong, and tell it the identifier of the message"
_REMEDY: Final[dict[Code, str]] = {
    Code.TOO_LARGE: "send less at once: fewer records or facts in one message",
    Code.BAD_HEADER: _ASK,
    Code.WRONG_RECIPIENT: "take in the partner's newest card, and send it again",
    Code.UNKNOWN_KEY: "ask the partner whether it holds this node's newest card and has not suspended it; it is tried again by itself",
    Code.REVOKED_KEY: "send it again: it is signed with a key that counts",
    Code.EXPIRED_CARD: "renew this node's card and give it to the partner; it is tried again by itself",
    Code.EXPIRED: "send it again with a later expiry",
    Code.CLOCK: "compare the clocks of both nodes; it is tried again by itself",
    Code.BAD_SEAL: _ASK,
    Code.BAD_SIGNATURE: _ASK,
    Code.BAD_BODY: _ASK,
    Code.EQUIVOCATION: _ASK,
    Code.REPLAY: "this node's store was set back: restore the newest backup before anything is sent",
}
"""What the sender of a refused envelope can do."""
_ENDED: Final = frozenset({"agreement-dates", "retention"})
"""Rules that bite because something has ended."""

TEMPORARY: Final = frozenset({Code.UNKNOWN_KEY, Code.EXPIRED_CARD, Code.CLOCK})
"""Refusals that may pass by themselves (a card arrives, a clock is set): the same bytes are sent again until they expire."""

QUARANTINED: Final = frozenset({Code.REVOKED_KEY, Code.EXPIRED_CARD})
"""Refusals after which the envelope is kept, unopened, for a person to look at."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """An envelope was refused.

    Attributes:
        code: what the wire says.
        detail: what only this node's own log says; never content.
    """

    code: Code
    detail: str = ""

    def error(self) -> HeadwaterError:
        """Return the declared error that this refusal is inside the node."""
        kind, text = _MEANING[self.code]
        return kind(text, where=self.detail or None)


def error_for(word: str) -> HeadwaterError:
    """Return the declared error for the code or rule with which a partner's receipt refuses: its meaning, and what would help.

    ``where`` is that word itself.
    """
    if word in set(Code):
        return PeerRefusedError(_MEANING[Code(word)][1], where=word, fix=_REMEDY[Code(word)])
    kind = ExpiredError if word in _ENDED else ForbiddenError
    known = next((rule for rule in RULES if rule.name == word), None)
    if known is None:
        return kind("a rule that this node does not know", where=word, fix=_ASK)
    return kind(known.text.removesuffix("."), where=word, fix=known.remedy)
