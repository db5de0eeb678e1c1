r"""Receipts: the receiver's signed word on what became of envelopes. Normative text: docs/spec/receipt.md.

::

    receipt = u32be n ‖ payload[n] ‖ sig[64]
    sig = Ed25519("headwater/receipt/1\0" ‖ SHA-256(payload))

One receipt speaks of all envelopes that one sender handed over together. It is signed after everything it says has been
written and before it is acknowledged, in the same transaction; the log's size and root are those after its own leaf.
The sender believes a line only where identifier *and* hash are those of the envelope it sent: a line about bytes that
were changed on the way is no word on the bytes that were sent.
"""

import hashlib
import re
import struct
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from headwater.errors import FormatError, KeyTrustError, Place, SchemaError, SignatureError
from headwater.exchange.card import Card
from headwater.exchange.envelope import Sealed
from headwater.exchange.framing import MAX_ENVELOPES
from headwater.exchange.suite import SIGNATURE_BYTES, is_signed, key_id, sign, signing_public
from headwater.formats.safe import parse_wire_json
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId, authority_id, blob_hash, message_id
from headwater.model.times import format_instant, parse_instant

RECEIPT: Final = "receipt"
"""Kind of the documents that hold receipts in bytes, by their SHA-256 in hex; rows of messages hold the hash."""
STORED: Final = "stored"
REFUSED: Final = "refused"
MAX_RECEIPT: Final = 64 * 1024
_RESULT: Final = re.compile(r"stored|refused:[a-z0-9-]{1,64}")
_LENGTH: Final = struct.Struct(">I")
_SIGNED: Final = b"headwater/receipt/1\0"


class Line(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, gc=False):
    """What became of one envelope.

    Attributes:
        id: the message, None where the header could not be read.
        sha256: SHA-256 of the envelope as it arrived.
        result: ``stored``, or ``refused:`` and the code or rule.
    """

    id: str | None
    sha256: str
    result: str

    def __post_init__(self) -> None:
        """Refuse a line that says something else.

        Raises:
            SchemaError: it does.
        """
        if self.id is not None:
            message_id(self.id)
        blob_hash(self.sha256)
        if not _RESULT.fullmatch(self.result):
            raise SchemaError("no result of a receipt", where=Place(field="result"))

    def is_about(self, sealed: Sealed) -> bool:
        """Return whether the line speaks of exactly these bytes."""
        return self.id == sealed.header.id and self.sha256 == sealed.sha256.hex()


class LogHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Size of the receiver's log, not below 0, and its root: 32 bytes in lower-case hex."""

    size: int
    root: str

    def __post_init__(self) -> None:
        """Refuse what is no head of a log: its root is compared with others once the partner syncs.

        Raises:
            SchemaError: it is none.
        """
        blob_hash(self.root)
        if self.size < 0:
            raise SchemaError("no size of a log", where=Place(field="log"))


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"sender": "from"}):
    """One signed receipt.

    Attributes:
        v: version of this format, 1.
        sender: the authority that received the envelopes and gives this receipt; ``from`` on the wire.
        to: the authority that sent them; None where that could not be read.
        skid: name of the key that signs it.
        at: the receiver's time; it is also what a refusal with ``clock`` is to be compared with.
        log: the receiver's log; None where no sender in the batch had proved who it is.
        lines: one for each envelope.
    """

    v: int
    sender: str
    to: str | None
    skid: str
    at: str
    log: LogHead | None
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        """Refuse a receipt that says something else.

        Raises:
            SchemaError: it does.
        """
        if self.v != 1:
            raise SchemaError("another version", where=Place(field="v"))
        authority_id(self.sender)
        if self.to is not None:
            authority_id(self.to)
        parse_instant(self.at, field="at")
        if not 1 <= len(self.lines) <= MAX_ENVELOPES:
            raise SchemaError("not 1 to 64 lines", where=Place(field="lines"))

    @property
    def given_at(self) -> datetime:
        """The receiver's time."""
        return parse_instant(self.at, field="at")


@dataclass(frozen=True, slots=True)
class Giver:
    """Who gives receipts: an authority and the key it signs with."""

    authority: AuthorityId
    signing_seed: bytes

    def sign(self, to: str | None, lines: tuple[Line, ...], at: datetime, log: LogHead | None) -> bytes:
        """Return a receipt in bytes."""
        receipt = Receipt(
            v=1,
            sender=self.authority,
            to=to,
            skid=key_id(signing_public(self.signing_seed)),
            at=format_instant(at),
            log=log,
            lines=lines,
        )
        payload = encode(receipt)
        return _LENGTH.pack(len(payload)) + payload + sign(self.signing_seed, _message(payload))


def read_receipt(data: bytes, giver: Card, me: AuthorityId, now: datetime) -> Receipt:
    """Return a receipt after every check.

    Args:
        data: the bytes as they came.
        giver: the card of the partner that was asked for it.
        me: the authority that sent the envelopes.
        now: this node's time.

    Raises:
        InputError: the bytes are no receipt.
        KeyTrustError: it is somebody else's or for somebody else, or its key is not trusted.
        SignatureError: the signature does not fit.
    """
    payload, signature = data[_LENGTH.size : -SIGNATURE_BYTES], data[-SIGNATURE_BYTES:]
    receipt = parse_receipt(data)
    if receipt.sender != giver.authority or receipt.to not in {me, None}:
        raise KeyTrustError("a receipt of another authority, or for another one")
    key = giver.sender_key(receipt.skid, now)
    if key is None or (key.revoked_from is not None and now >= key.revoked_from):
        raise KeyTrustError(f"a receipt signed with a key that the card of {giver.authority} does not vouch for")
    if not is_signed(key.public_key, signature, _message(payload)):
        raise SignatureError(f"a receipt that {giver.authority} has not signed")
    return receipt


def parse_receipt(data: bytes) -> Receipt:
    """Return what a receipt says, without asking who signed it: for our own, and before the checks of `read_receipt`.

    Raises:
        InputError: the bytes are no receipt.
    """
    if not _LENGTH.size + SIGNATURE_BYTES < len(data) <= MAX_RECEIPT:
        raise FormatError("a receipt of an impossible length")
    (length,) = _LENGTH.unpack_from(data)
    if _LENGTH.size + length + SIGNATURE_BYTES != len(data):
        raise FormatError("a receipt cut short or extended")
    payload = data[_LENGTH.size : -SIGNATURE_BYTES]
    parse_wire_json(payload)
    return decode(payload, Receipt)


def _message(payload: bytes) -> bytes:
    return _SIGNED + hashlib.sha256(payload).digest()
