"""A passphrase and the codes of an app (TOTP, RFC 6238), or a recovery code in their place.

A code counts once: the half minute of the last one that was taken is kept, and no code of it or before is taken again
(RFC 6238, 5.2). From the fifth failure on each next try must wait twice as long, up to a quarter of an hour; after a hundred
codes are closed until an admin resets them (NIST SP 800-63B, 5.2.2). Links and passkeys are not touched by that, so nobody
can lock an officer out by guessing.
"""

import base64
import hashlib
import hmac
import unicodedata
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from headwater.errors import ForbiddenError, KeyTrustError, Place, SchemaError
from headwater.exchange.keys import Keys
from headwater.node import recovery
from headwater.node.authenticators import Codes, Held, Pending, held_by, held_or_new, keep
from headwater.node.node import Node
from headwater.ports import Event
from headwater.store import Transaction

STEP_S: Final = 30
DIGITS: Final = 6
SECRET_BYTES: Final = 20
"""As long as what the codes are made with, HMAC-SHA-1, works on (RFC 4226, 4); every app knows this form."""
LATE: Final = 1
"""Half minutes by which a clock may be off, either way (RFC 6238, 5.2)."""
PENDING_FOR: Final = timedelta(minutes=10)
LEAST_LETTERS: Final = 12
LEAST_DIFFERENT: Final = 5
MOST_LETTERS: Final = 200
FREE_TRIES: Final = 5
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(minutes=15)
MOST_FAILURES: Final = 100
UNKNOWN: Final = "unknown"
"""In the ledger, for a name that is no user's: what somebody typed there may be a passphrase."""
_COST: Final = {"n": 1 << 15, "r": 8, "p": 1}
"""scrypt (RFC 7914): 32 MiB and some 80 ms."""
_SALT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
_USE: Final = "authenticator-secret"


class Way(StrEnum):
    """What stood for the second factor."""

    CODE = "code"
    RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class ToScan:
    """What an app is told.

    Attributes:
        secret: in letters, for whoever types it.
        uri: the same for a picture (``otpauth:``).
    """

    secret: str
    uri: str


def begin(node: Node, user: str) -> None:
    """Draw a secret for a user's app; it counts for nothing before a code made with it has come back.

    Raises:
        ForbiddenError: there is no such user.
    """
    secret, key, nonce = node.chance.draw(SECRET_BYTES), _newest(node), node.chance.draw(_NONCE_BYTES)
    sealed = _box(node, key).encrypt(nonce, secret, user.encode())

    def change(transaction: Transaction) -> None:
        held = held_or_new(transaction, user)
        pending = Pending((nonce + sealed).hex(), key, transaction.now + PENDING_FOR)
        keep(transaction, replace(held, pending=pending))

    node.store.write(change)


def pending(node: Node, user: str) -> ToScan | None:
    """Return what a user's app must be told, None where nothing waits for it."""
    with node.store.snapshot() as snapshot:
        held = held_by(snapshot, user)
    if held is None or held.pending is None or node.clock.now() >= held.pending.until:
        return None
    secret = _opened(node, user, held.pending.sealed, held.pending.key)
    uri = _app(secret).get_provisioning_uri(user, node.settings.name or node.authority)
    return ToScan(base64.b32encode(secret).decode(), uri)


def confirm(node: Node, user: str, purpose: str, passphrase: str, code: str) -> tuple[str, ...]:
    """Set up a passphrase and the app that made a first code; return recovery codes where the user had none, to be shown once.

    Raises:
        SchemaError: the passphrase is too short or too plain, or the code is another.
        ForbiddenError: nothing waits to be confirmed, or too long.
    """
    _check_passphrase(user, passphrase)
    salt = node.chance.draw(_SALT_BYTES).hex()
    hashed, codes = _hashed(salt, passphrase), recovery.drawn(node)

    def change(transaction: Transaction) -> bool:
        held = held_or_new(transaction, user)
        waiting = held.pending
        if waiting is None or transaction.now >= waiting.until:
            raise ForbiddenError("nothing waits to be confirmed", where=Place(field="code"), fix="begin anew")
        step = _step(_opened(node, user, waiting.sealed, waiting.key), code, transaction.now.timestamp())
        if step is None:
            raise SchemaError(
                "not the code that the app shows now", where=Place(field="code"),
                fix="type the newest code; check that the telephone's clock is right",
            )  # fmt: skip
        made = Codes(salt, hashed, waiting.sealed, waiting.key, transaction.now, step)
        new = () if held.recovery else recovery.hashes(codes)
        kept = replace(held, codes=made, pending=None, recovery=held.recovery or new, failures=0, failed_at=None)
        keep(transaction, kept)
        transaction.note(Event("page.codes-set", user, user, purpose))
        if new:
            transaction.note(Event("page.recovery-made", user, user, purpose, {"count": len(new)}))
        return bool(new)

    return codes if node.store.write(change) else ()


def verify(node: Node, user: str, passphrase: str, code: str) -> Way:
    """Use up a code, and return what it was.

    Raises:
        ForbiddenError: there is no such user, something does not fit, the code was used before, or it is too soon after
            tries that failed: one answer for all.
    """
    with node.store.snapshot() as snapshot:
        held = held_by(snapshot, user)
    # Who is no user costs as much time as who is one.
    salt = held.codes.salt if held is not None and held.codes is not None else "00" * _SALT_BYTES
    guess = _hashed(salt, passphrase)

    def change(transaction: Transaction) -> Way | None:
        now = held_by(transaction, user)
        if now is None or not (now.codes or now.recovery):
            transaction.note(Event("page.sign-in-refused", UNKNOWN, UNKNOWN, "", {"how": "codes", "why": "unknown"}))
            return None
        why = "too soon" if _must_wait(now, transaction.now.timestamp()) else ""
        fits = now.codes is None or hmac.compare_digest(guess, now.codes.passphrase)
        taken = None if why or not fits else _taken(node, now, code, transaction.now.timestamp())
        if taken is None:
            failed = now if why else replace(now, failures=now.failures + 1, failed_at=transaction.now)
            detail: dict[str, str | int] = {"how": "codes", "why": why or "no fit", "failures": failed.failures}
            transaction.note(Event("page.sign-in-refused", user, user, "", detail))
            if not why:
                keep(transaction, failed)
            return None
        after, way = taken
        keep(transaction, replace(after, failures=0, failed_at=None))
        if way is Way.RECOVERY:
            transaction.note(Event("page.recovery-used", user, user, "", {"left": len(after.recovery)}))
        return way

    way = node.store.write(change)
    if way is None:
        raise ForbiddenError(
            "these do not fit together, the code was used before, or there were too many tries",
            where=Place(field="code"), fix="wait for the next code and try again; else ask an admin for a link",
        )  # fmt: skip
    return way


def wait_after(failures: int) -> timedelta:
    """Return how long the next try must wait after so many that failed."""
    if failures < FREE_TRIES:
        return timedelta(0)
    doubled: int = 2 ** min(failures - FREE_TRIES, 20)
    return min(FIRST_WAIT * doubled, LONGEST_WAIT)


def _taken(node: Node, held: Held, code: str, now_s: float) -> tuple[Held, Way] | None:
    """Return what is held after a code was taken, and what it was; None where it is none, or was used before."""
    if held.codes is not None:
        step = _step(_opened(node, held.user, held.codes.sealed, held.codes.key), code, now_s)
        if step is not None:
            if step <= held.codes.last_step:
                return None
            return replace(held, codes=replace(held.codes, last_step=step)), Way.CODE
    given = recovery.hashed(code)
    if given in held.recovery:
        return replace(held, recovery=tuple(one for one in held.recovery if one != given)), Way.RECOVERY
    return None


def _must_wait(held: Held, now_s: float) -> bool:
    if held.failures >= MOST_FAILURES:
        return True
    since = 0.0 if held.failed_at is None else now_s - held.failed_at.timestamp()
    return held.failed_at is not None and since < wait_after(held.failures).total_seconds()


def _step(secret: bytes, code: str, now_s: float) -> int | None:
    """Return the half minute of which a code is, None where it is of none that counts now."""
    given = "".join(code.split()).encode("utf-8", "replace")
    now, found = int(now_s) // STEP_S, None
    for step in range(now - LATE, now + LATE + 1):
        if hmac.compare_digest(_app(secret).generate(step * STEP_S), given):
            found = step
    return found


def _app(secret: bytes) -> TOTP:
    return TOTP(secret, DIGITS, SHA1(), STEP_S)  # noqa: S303 - what RFC 6238 and every app use; HMAC needs no collisions


def _check_passphrase(user: str, passphrase: str) -> None:
    plain = passphrase.casefold()
    if not LEAST_LETTERS <= len(passphrase) <= MOST_LETTERS:
        what = f"a passphrase of {LEAST_LETTERS} to {MOST_LETTERS} letters is needed"
    elif len(set(plain)) < LEAST_DIFFERENT or user.casefold() in plain:
        what = "this passphrase is easily guessed"
    else:
        return
    raise SchemaError(what, where=Place(field="passphrase"), fix="take four or more words drawn by lot")


def _hashed(salt: str, passphrase: str) -> str:
    # One machine writes "č" as a letter, another as a letter and its hook: to their user it is one (Unicode, UAX #15).
    secret = unicodedata.normalize("NFKC", passphrase)[:MOST_LETTERS].encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=bytes.fromhex(salt), dklen=32, maxmem=64 << 20, **_COST).hex()


def _newest(node: Node) -> str:
    return list(Keys(node.home).signing_seeds)[-1]


def _box(node: Node, key: str) -> ChaCha20Poly1305:
    return ChaCha20Poly1305(Keys(node.home).secret(_USE, key))


def _opened(node: Node, user: str, sealed: str, key: str) -> bytes:
    data = bytes.fromhex(sealed)
    try:
        return _box(node, key).decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], user.encode())
    except InvalidTag as error:
        raise KeyTrustError(
            "the secret of an authenticator app cannot be opened with this node's key", where=key,
            fix="an admin resets it: headwater user reset NAME",
        ) from error  # fmt: skip
