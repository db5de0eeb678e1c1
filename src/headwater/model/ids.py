"""Identifiers, each a type of its own, so that one cannot be handed over as another."""

import re
from typing import Final, NewType

from headwater.errors import SchemaError

RecordId = NewType("RecordId", str)
"""``rec-`` and 40 hex letters: a hash of the record's content."""
FactId = NewType("FactId", str)
"""A record's identifier, a slash, the place of the fact in the record."""
FindingId = NewType("FindingId", str)
"""``fnd-`` and 40 hex letters: a hash of the finding's content."""
DecisionId = NewType("DecisionId", str)
"""``dec-`` and 40 hex letters: a hash of the decision's content."""
EntityKey = NewType("EntityKey", str)
"""The name one originator gives to one thing; equal keys of one originator mean the same thing."""
BlobHash = NewType("BlobHash", str)
"""SHA-256 of a blob, 64 lower-case hex letters."""
MessageId = NewType("MessageId", str)
"""A UUID version 7 in lower case (RFC 9562)."""
AuthorityId = NewType("AuthorityId", str)
"""A state or body, a hyphen, an authority: ``UK-NCA``, ``RS-MOI``, ``UN-SC``."""
StateCode = NewType("StateCode", str)
"""The part of an authority's name before the first hyphen."""

_AUTHORITY: Final = re.compile(r"[A-Z]{2,3}-[A-Z0-9]{1,16}(?:-[A-Z0-9]{1,16})?")
_HASH: Final = re.compile(r"[0-9a-f]{64}")
_MESSAGE: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def authority_id(text: str) -> AuthorityId:
    """Return the text as an authority's name.

    Raises:
        SchemaError: it is not a state, a hyphen and an authority in capitals.
    """
    if not _AUTHORITY.fullmatch(text):
        raise SchemaError("not the name of an authority", fix="write it as STATE-AUTHORITY, for example UK-NCA")
    return AuthorityId(text)


def state_of(authority: AuthorityId) -> StateCode:
    """Return the state an authority belongs to."""
    return StateCode(authority.partition("-")[0])


def blob_hash(text: str) -> BlobHash:
    """Return the text as a blob's name.

    Raises:
        SchemaError: it is not 64 lower-case hex letters.
    """
    if not _HASH.fullmatch(text):
        raise SchemaError("not a SHA-256 in lower-case hex")
    return BlobHash(text)


def message_id(text: str) -> MessageId:
    """Return the text as a message's name.

    Raises:
        SchemaError: it is not a UUID version 7 in lower case.
    """
    if not _MESSAGE.fullmatch(text):
        raise SchemaError("not the identifier of a message: a UUID version 7 in lower case")
    return MessageId(text)


def new_message_id(now_ms: int, chance: bytes) -> MessageId:
    """Return a UUID version 7 from a time and ten random bytes (RFC 9562, section 5.7).

    Args:
        now_ms: milliseconds since 1970, UTC.
        chance: ten random bytes.
    """
    number = (now_ms & (1 << 48) - 1) << 80 | int.from_bytes(chance[:10], "big")
    number = number & ~(0xF << 76) | 0x7 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    text = f"{number:032x}"
    return MessageId("-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:])))
