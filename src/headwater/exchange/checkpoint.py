r"""Checkpoints of a node's log and partners' cosignatures, in C2SP's text forms. Normative text: docs/spec/log.md.

::

    note       = text ‖ "\n" ‖ signature lines
    text       = "headwater/UK-NCA\n" ‖ size ‖ "\n" ‖ base64(root) ‖ "\n"
    line       = "— " ‖ name ‖ " " ‖ base64(key id[4] ‖ signature) ‖ "\n"
    key id     = SHA-256(name ‖ "\n" ‖ type ‖ public key)[:4]

Types: 0x01 Ed25519 over the text, by the log; 0xff ``headwater/ml-dsa-65`` over the text, by the log, for the years when
Ed25519 no longer counts; 0x04 a cosignature: a time, and Ed25519 over ``cosignature/v1\ntime N\n`` ‖ text, by a partner
that saw the log lead from the last checkpoint to this one. All are made with the pair that a card names in `papers`.

Source: c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature.
"""

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA65PrivateKey, MLDSA65PublicKey

from headwater.errors import FormatError, InputError, LimitError
from headwater.exchange.signed import PairKey, PairSeed
from headwater.exchange.suite import SIGNATURE_BYTES, is_signed, sign
from headwater.model.ids import AuthorityId, authority_id
from headwater.model.merkle import HASH_BYTES

ORIGIN: Final = "headwater/"
"""What the origin of a log begins with; the authority's name follows."""
ED25519: Final = b"\x01"
COSIGNATURE: Final = b"\x04"
MLDSA65: Final = b"\xffheadwater/ml-dsa-65"
"""C2SP gives no byte to ML-DSA-65 over a note: 0xff and a name of our own, as its specification asks."""
MAX_NOTE: Final = 128 * 1024
MAX_SIGNATURES: Final = 32
MAX_SIZE: Final = (1 << 53) - 1
"""Largest log: what a double holds exactly in any language."""
_TIME_BYTES: Final = 8
_KEY_ID_BYTES: Final = 4
_DECIMAL: Final = re.compile(r"0|[1-9][0-9]{0,15}")
_CONTROL: Final = re.compile("[\x00-\x09\x0b-\x1f]")
_LINE: Final = re.compile(r"— ([^\s+]+) ([A-Za-z0-9+/]+={0,2})")


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One signature line: the key's name and four-byte identifier, and what the key made."""

    name: str
    key_id: bytes
    data: bytes

    @property
    def line(self) -> str:
        """The line as it stands in a note."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.data).decode()}\n"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of one log, with the signatures that stand below it; whose they are is asked of keys.

    Attributes:
        origin: names the log.
        size: leaves.
        root: over them.
        extensions: further lines, which nobody reads.
        signatures: in the order of the note.
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    signatures: tuple[NoteSignature, ...] = ()

    @property
    def text(self) -> bytes:
        """What is signed."""
        lines = (self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines).encode()

    def to_bytes(self) -> bytes:
        """Return the signed note."""
        return self.text + b"\n" + "".join(each.line for each in self.signatures).encode()

    @property
    def authority(self) -> AuthorityId | None:
        """The authority whose log it is; None where it is no log of headwater."""
        try:
            return authority_id(self.origin.removeprefix(ORIGIN)) if self.origin.startswith(ORIGIN) else None
        except InputError:
            return None

    def joined(self, other: "Checkpoint") -> "Checkpoint":
        """Return the checkpoint with the signatures of another copy as well.

        Raises:
            FormatError: it is another checkpoint.
        """
        if self.text != other.text:
            raise FormatError("signatures of another checkpoint")
        return replace(self, signatures=tuple(dict.fromkeys((*self.signatures, *other.signatures))))


def origin_of(authority: AuthorityId) -> str:
    """Return the name of an authority's log, under which its keys sign too."""
    return f"{ORIGIN}{authority}"


def read_checkpoint(data: bytes) -> Checkpoint:
    """Return the checkpoint that a signed note is; no signature has been checked yet.

    Raises:
        InputError: the bytes are no such note, or too large to be one.
    """
    if len(data) > MAX_NOTE:
        raise LimitError("larger than a checkpoint can be")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise FormatError("a note that is not UTF-8") from error
    body, gap, below = text.rpartition("\n\n")
    if not gap or _CONTROL.search(text):
        raise FormatError("not a signed note")
    lines = body.split("\n")
    if len(lines) < 3 or not all(lines) or not _DECIMAL.fullmatch(lines[1]):  # noqa: PLR2004 - origin, size, root
        raise FormatError("a note that is no checkpoint")
    size, root = int(lines[1]), unbase64(lines[2])
    if size > MAX_SIZE or len(root) != HASH_BYTES:
        raise FormatError("a checkpoint of no log")
    return Checkpoint(lines[0], size, root, tuple(lines[3:]), _signatures(below))


def sign_checkpoint(authority: AuthorityId, size: int, root: bytes, signer: PairSeed) -> Checkpoint:
    """Return the checkpoint of an authority's log, signed by both keys of its pair."""
    bare, pair, name = Checkpoint(origin_of(authority), size, root), signer.public(), origin_of(authority)
    mldsa = MLDSA65PrivateKey.from_seed_bytes(signer.mldsa65)
    signatures = (
        NoteSignature(name, _key_id(name, ED25519, pair.ed25519), sign(signer.ed25519, bare.text)),
        NoteSignature(name, _key_id(name, MLDSA65, pair.mldsa65), mldsa.sign(bare.text)),
    )
    return replace(bare, signatures=signatures)


def is_signed_by_log(checkpoint: Checkpoint, pairs: Sequence[PairKey]) -> bool:
    """Return whether both keys of one of a log's pairs have signed a checkpoint under the log's own name."""
    name, text = checkpoint.origin, checkpoint.text
    return any(
        _has(checkpoint, name, _key_id(name, ED25519, pair.ed25519), _Ed25519(pair.ed25519, text))
        and _has(checkpoint, name, _key_id(name, MLDSA65, pair.mldsa65), _MlDsa65(pair.mldsa65, text))
        for pair in pairs
    )


def is_log_ed25519(checkpoint: Checkpoint, pairs: Sequence[PairKey]) -> bool:
    """Return whether one of a log's Ed25519 keys has signed a checkpoint: all that `slim` leaves of its signatures."""
    name, text = checkpoint.origin, checkpoint.text
    return any(
        _has(checkpoint, name, _key_id(name, ED25519, pair.ed25519), _Ed25519(pair.ed25519, text)) for pair in pairs
    )


def slim(checkpoint: Checkpoint, owner: AuthorityId) -> Checkpoint:
    """Return a checkpoint without the owner's long signature, which the owner can make again: 700 bytes, not 5,000."""
    kept = (
        each for each in checkpoint.signatures if each.name != origin_of(owner) or len(each.data) == SIGNATURE_BYTES
    )
    return replace(checkpoint, signatures=tuple(kept))


def cosign(checkpoint: Checkpoint, witness: AuthorityId, at: datetime, signer: PairSeed) -> Checkpoint:
    """Return a checkpoint with the cosignature of a partner that has seen it to follow from the last one."""
    seconds, name = int(at.timestamp()), origin_of(witness)
    made = sign(signer.ed25519, _cosigned(checkpoint.text, seconds))
    key_id = _key_id(name, COSIGNATURE, signer.public().ed25519)
    line = NoteSignature(name, key_id, seconds.to_bytes(_TIME_BYTES, "big") + made)
    return replace(checkpoint, signatures=(*checkpoint.signatures, line))


def cosigned_at(checkpoint: Checkpoint, witness: AuthorityId, pairs: Sequence[PairKey]) -> datetime | None:
    """Return when a partner cosigned a checkpoint, by its newest cosignature; None where there is none, or one does not hold."""
    name = origin_of(witness)
    times = [
        _cosigned_seconds(checkpoint.text, each.data, pair)
        for pair in pairs
        for each in _lines(checkpoint, name, _key_id(name, COSIGNATURE, pair.ed25519))
    ]
    held = [seconds for seconds in times if seconds is not None]
    return datetime.fromtimestamp(max(held), UTC) if held and len(held) == len(times) else None


def claims_of(checkpoint: Checkpoint, witness: AuthorityId, pairs: Sequence[PairKey]) -> int:
    """Return how many cosignature lines name a key of a partner, whether they hold or not."""
    name = origin_of(witness)
    return sum(len(_lines(checkpoint, name, _key_id(name, COSIGNATURE, pair.ed25519))) for pair in pairs)


def unbase64(text: str) -> bytes:
    """Return the bytes that base64 names, in its one spelling.

    Raises:
        FormatError: it is no base64, or has spare bits.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise FormatError("not base64") from error
    if base64.b64encode(data).decode() != text:
        raise FormatError("base64 with spare bits")
    return data


class _Ed25519:
    """Asks one Ed25519 key about one text."""

    def __init__(self, public_hex: str, text: bytes) -> None:
        self._key, self._text = bytes.fromhex(public_hex), text

    def holds(self, signature: bytes) -> bool:
        return is_signed(self._key, signature, self._text)


class _MlDsa65:
    """Asks one ML-DSA-65 key about one text."""

    def __init__(self, public_hex: str, text: bytes) -> None:
        self._key, self._text = bytes.fromhex(public_hex), text

    def holds(self, signature: bytes) -> bool:
        try:
            MLDSA65PublicKey.from_public_bytes(self._key).verify(signature, self._text)
        except (InvalidSignature, ValueError):
            return False
        return True


def _has(checkpoint: Checkpoint, name: str, key_id: bytes, key: _Ed25519 | _MlDsa65) -> bool:
    lines = _lines(checkpoint, name, key_id)
    return bool(lines) and all(key.holds(each.data) for each in lines)


def _lines(checkpoint: Checkpoint, name: str, key_id: bytes) -> list[NoteSignature]:
    return [each for each in checkpoint.signatures if (each.name, each.key_id) == (name, key_id)]


def _cosigned_seconds(text: bytes, data: bytes, pair: PairKey) -> int | None:
    if len(data) != _TIME_BYTES + SIGNATURE_BYTES:
        return None
    seconds = int.from_bytes(data[:_TIME_BYTES], "big")
    # A time beyond the calendar is none: the year 9999 is far enough.
    if seconds >= 253_402_300_800:  # noqa: PLR2004
        return None
    message = _cosigned(text, seconds)
    return seconds if is_signed(bytes.fromhex(pair.ed25519), data[_TIME_BYTES:], message) else None


def _cosigned(text: bytes, seconds: int) -> bytes:
    return b"cosignature/v1\ntime %d\n" % seconds + text


def _key_id(name: str, kind: bytes, public_hex: str) -> bytes:
    return sha256(name.encode() + b"\n" + kind + bytes.fromhex(public_hex)).digest()[:_KEY_ID_BYTES]


def _signatures(below: str) -> tuple[NoteSignature, ...]:
    if not below.endswith("\n"):
        raise FormatError("a note that is cut short")
    lines = below[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise LimitError("more signatures than a checkpoint can have")
    found: list[NoteSignature] = []
    for line in lines:
        match = _LINE.fullmatch(line)
        data = unbase64(match[2]) if match else b""
        if match is None or len(data) <= _KEY_ID_BYTES:
            raise FormatError("a line of a note that is no signature")
        found.append(NoteSignature(match[1], data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:]))
    return tuple(found)
