r"""The envelope: one sealed, signed message as it travels. Normative text: docs/spec/envelope.md.

::

    envelope = u16be n ‖ header[n] ‖ enc ‖ ct          n <= 4096, the whole <= 4 MiB
    plaintext = sig[64] ‖ body
    HPKE info = "headwater/env/1\0" ‖ SHA-256(header)
    sig = Ed25519("headwater/sig/1\0" ‖ SHA-256(header) ‖ SHA-256(body) ‖ SHA-256(recipient's raw HPKE key))

The rules, in the order in which they are applied; the first that fails names the refusal:

1. ``too-large``: the whole or the header is over its limit. Nothing else has been looked at yet.
2. ``bad-header``: the header is cut short, or is not exactly the known keys with values of their types.
3. ``wrong-recipient``: it is for another authority, or for a key that is not (or no longer) ours.
4. ``unknown-key``, ``revoked-key``, ``expired-card``: the sender, or the key it signed with, is not trusted now.
5. ``expired``, then ``clock``: its time is over, or it comes from more than 300 s ahead of us. An old time is fine.
6. ``bad-seal``, ``bad-signature``, ``bad-body``: the content. The signature names the recipient's key, so a recipient
   cannot seal a signed message anew for somebody else.

What is signed is what was sent: no byte is ever brought into another form before it is checked.
"""

import hashlib
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from headwater.errors import InputError, Place, SchemaError, SignatureError
from headwater.exchange.refusal import Code, Refusal
from headwater.exchange.suite import SIGNATURE_BYTES, SUITES, XWING, Open, Seal, Suite, is_signed, key_id, sign
from headwater.formats.safe import WIRE_INTEGER_BITS, parse_wire_json
from headwater.model.canonical import convert, decode, encode
from headwater.model.ids import AuthorityId, MessageId, authority_id, blob_hash, message_id
from headwater.model.times import format_instant, parse_instant

MAX_ENVELOPE: Final = 4 * 1024 * 1024
MAX_HEADER: Final = 4096
MAX_SEQ: Final = 2**WIRE_INTEGER_BITS - 1
MAX_AHEAD: Final = timedelta(seconds=300)
"""How far a sender's clock may be ahead of ours."""
_LENGTH: Final = struct.Struct(">H")
_INFO: Final = b"headwater/env/1\0"
_SIGNED: Final = b"headwater/sig/1\0"


class Lane(StrEnum):
    """Urgent envelopes travel on a connection of their own."""

    NORMAL = "normal"
    URGENT = "urgent"


_LANES: Final = frozenset(Lane)


class Header(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What an envelope says in the clear: who to whom, and when; nothing about its content.

    Attributes:
        id: the message.
        sender, recipient: ``from`` and ``to`` on the wire.
        seq: number of the message in this direction between the two, from 1 without gaps.
        skid, rkid: names of the keys that signed it and that can open it (`suite.key_id`).
        sent_at, expires_at: ``ts`` and ``exp`` on the wire.
    """

    id: MessageId
    sender: AuthorityId
    recipient: AuthorityId
    seq: int
    lane: Lane
    skid: str
    rkid: str
    sent_at: datetime
    expires_at: datetime
    suite: str = XWING.name

    def to_bytes(self) -> bytes:
        """Return the header as this node writes it."""
        return encode(
            _Wire(
                v=1,
                id=self.id,
                sender=self.sender,
                recipient=self.recipient,
                seq=self.seq,
                lane=self.lane,
                suite=self.suite,
                skid=self.skid,
                rkid=self.rkid,
                ts=format_instant(self.sent_at),
                exp=format_instant(self.expires_at),
            )
        )


class _Wire(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    gc=False,
    rename={"sender": "from", "recipient": "to"},
):
    """A header's keys in the order in which this node writes them."""

    exp: str
    sender: str
    id: str
    lane: str
    rkid: str
    seq: int
    skid: str
    suite: str
    recipient: str
    ts: str
    v: int


_KINDS: Final[Mapping[str, type]] = {field.encode_name: field.type for field in msgspec.structs.fields(_Wire)}


@dataclass(frozen=True, slots=True)
class Sealed:
    """An envelope whose header has been read; its content is still closed."""

    header: Header
    header_bytes: bytes
    content: bytes
    sha256: bytes


@dataclass(frozen=True, slots=True)
class SenderKey:
    """What the receiver knows of the key that an envelope names.

    Attributes:
        public_key: raw Ed25519 key.
        revoked_from: the instant from which its owner says it must not be trusted.
        card_expires_at: when the card that holds it expires.
    """

    public_key: bytes
    card_expires_at: datetime
    revoked_from: datetime | None = None


def seal(header: Header, body: bytes, *, signing_seed: bytes, recipient_key: bytes, suite: Suite = XWING) -> bytes:
    """Return the envelope that holds a body.

    Raises:
        SchemaError: the header names other keys than those given, or header or envelope would be over their limits.
        InputError: the body is no JSON object as the wire takes it.
    """
    parse_wire_json(body)
    if header.rkid != key_id(recipient_key) or header.suite != suite.name:
        raise SchemaError("the header names another key or suite than the one given", where=Place(field="rkid"))
    return seal_checked(header, body, signing_seed=signing_seed, sealer=suite.sealer(recipient_key))


def seal_checked(header: Header, body: bytes, *, signing_seed: bytes, sealer: Seal) -> bytes:
    """Do what `seal` does for a body that `body.write_body` has made, with what seals for the key that the header names.

    Raises:
        SchemaError: header or envelope would be over their limits.
    """
    header_bytes = header.to_bytes()
    signature = sign(signing_seed, _signed_bytes(header_bytes, body, header.rkid))
    content = sealer(signature + body, _info(header_bytes))
    envelope = _LENGTH.pack(len(header_bytes)) + header_bytes + content
    if len(envelope) > MAX_ENVELOPE:
        raise SchemaError("the message is larger than an envelope holds", fix="send large files by their hash")
    return envelope


def read(envelope: bytes, suites: Mapping[str, Suite] = SUITES) -> Sealed | Refusal:
    """Return the envelope with its header read (rules 1 and 2)."""
    if len(envelope) > MAX_ENVELOPE:
        return Refusal(Code.TOO_LARGE, "whole")
    if len(envelope) < _LENGTH.size:
        return Refusal(Code.BAD_HEADER, "length")
    (length,) = _LENGTH.unpack_from(envelope)
    if length > MAX_HEADER:
        return Refusal(Code.TOO_LARGE, "header")
    end = _LENGTH.size + length
    if end > len(envelope):
        return Refusal(Code.BAD_HEADER, "cut short")
    header_bytes = envelope[_LENGTH.size : end]
    try:
        header = _header(_wire(header_bytes), suites)
    except InputError as error:
        return Refusal(Code.BAD_HEADER, error.where.field or error.what)
    return Sealed(header, header_bytes, envelope[end:], hashlib.sha256(envelope).digest())


def check_recipient(header: Header, *, me: AuthorityId, my_key_ids: frozenset[str]) -> Refusal | None:
    """Return why the envelope is not for this node (rule 3)."""
    if header.recipient != me:
        return Refusal(Code.WRONG_RECIPIENT, "to")
    if header.rkid not in my_key_ids:
        return Refusal(Code.WRONG_RECIPIENT, "rkid")
    return None


def check_sender(sender: SenderKey | None, now: datetime) -> Refusal | None:
    """Return why the key that signed is not trusted (rule 4); None for the sender is: nobody we know."""
    if sender is None:
        return Refusal(Code.UNKNOWN_KEY)
    if sender.revoked_from is not None and now >= sender.revoked_from:
        return Refusal(Code.REVOKED_KEY)
    if now >= sender.card_expires_at:
        return Refusal(Code.EXPIRED_CARD)
    return None


def check_times(header: Header, now: datetime) -> Refusal | None:
    """Return why the envelope does not belong into this moment (rule 5)."""
    if now >= header.expires_at:
        return Refusal(Code.EXPIRED)
    if header.sent_at - now > MAX_AHEAD:
        return Refusal(Code.CLOCK)
    return None


def unseal(
    sealed: Sealed, *, recipient_seed: bytes, sender_key: bytes, suites: Mapping[str, Suite] = SUITES
) -> bytes | Refusal:
    """Return the body as it was sent (rule 6)."""
    opener = suites[sealed.header.suite].opener(recipient_seed)
    body = unseal_unread(sealed, opener=opener, sender_key=sender_key)
    if isinstance(body, Refusal):
        return body
    try:
        parse_wire_json(body)
    except InputError as error:
        return Refusal(Code.BAD_BODY, error.what)
    return body


def unseal_unread(sealed: Sealed, *, opener: Open, sender_key: bytes) -> bytes | Refusal:
    """Return the body as it was sent, for `body.read_body` to look at (rule 6 up to ``bad-signature``)."""
    try:
        plaintext = opener(sealed.content, _info(sealed.header_bytes))
    except SignatureError:
        return Refusal(Code.BAD_SEAL)
    signature, body = plaintext[:SIGNATURE_BYTES], plaintext[SIGNATURE_BYTES:]
    # The header's rkid is the hash of our own raw key: rule 3 has compared them.
    if not is_signed(sender_key, signature, _signed_bytes(sealed.header_bytes, body, sealed.header.rkid)):
        return Refusal(Code.BAD_SIGNATURE)
    return body


def open_envelope(
    envelope: bytes, *, me: AuthorityId, peer: AuthorityId, recipient_seed: bytes, sender: SenderKey, now: datetime
) -> bytes | Refusal:
    """Return the body of an envelope from one known partner: all rules, in their order."""
    sealed = read(envelope)
    if isinstance(sealed, Refusal):
        return sealed
    header = sealed.header
    my_key = key_id(SUITES[header.suite].public_key(recipient_seed))
    known = sender if header.sender == peer and header.skid == key_id(sender.public_key) else None
    refusal = (
        check_recipient(header, me=me, my_key_ids=frozenset({my_key}))
        or check_sender(known, now)
        or check_times(header, now)
    )
    return refusal or unseal(sealed, recipient_seed=recipient_seed, sender_key=sender.public_key)


def _info(header_bytes: bytes) -> bytes:
    return _INFO + hashlib.sha256(header_bytes).digest()


def _signed_bytes(header_bytes: bytes, body: bytes, rkid: str) -> bytes:
    return _SIGNED + hashlib.sha256(header_bytes).digest() + hashlib.sha256(body).digest() + bytes.fromhex(rkid)


def _wire(header_bytes: bytes) -> _Wire:
    """Return what the bytes of a header say.

    Nothing that the wire forbids can stand in bytes that are exactly what this node would write (`body` does the same with
    messages). Any others are looked at one check after the other.
    """
    try:
        plain = decode(header_bytes, _Wire)
        if encode(plain) == header_bytes:
            return plain
    except InputError:
        pass
    given = parse_wire_json(header_bytes)
    if given.keys() != _KINDS.keys():
        raise SchemaError("not exactly the known keys", where=Place(field="header"))
    for key, value in given.items():
        if type(value) is not _KINDS[key]:
            raise SchemaError("a value of another type", where=Place(field=key))
    return convert(given, _Wire)


def _header(wire: _Wire, suites: Mapping[str, Suite]) -> Header:
    if wire.v != 1:
        raise SchemaError("another version", where=Place(field="v"))
    if not 1 <= wire.seq <= MAX_SEQ:
        raise SchemaError("no sequence number", where=Place(field="seq"))
    if wire.suite not in suites:
        raise SchemaError("an unknown suite", where=Place(field="suite"))
    if wire.lane not in _LANES:
        raise SchemaError("an unknown lane", where=Place(field="lane"))
    return Header(
        id=message_id(wire.id),
        sender=authority_id(wire.sender),
        recipient=authority_id(wire.recipient),
        seq=wire.seq,
        lane=Lane(wire.lane),
        suite=wire.suite,
        skid=blob_hash(wire.skid),
        rkid=blob_hash(wire.rkid),
        sent_at=_utc(wire.ts, "ts"),
        expires_at=_utc(wire.exp, "exp"),
    )


def _utc(text: str, field: str) -> datetime:
    if not text.endswith("Z"):
        raise SchemaError("a time that is not in UTC", where=Place(field=field))
    return parse_instant(text, field=field)
