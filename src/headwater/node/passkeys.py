"""Passkeys (WebAuthn Level 3): enrolled in a session, used to begin one; checked by `webauthn`, kept by us.

A challenge is not kept when it is drawn, or whoever loads the page of the sign-in could fill the store: it bears its own end
and a code that only this node can make (RFC 2104), and only a used one is remembered, so that none counts twice. The
authenticator must have asked its user for more than a touch ("user verification"): a passkey stands for two factors.
"""

import base64
import hashlib
import hmac
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar
from urllib.parse import urlsplit

from headwater.errors import ConflictError, ForbiddenError, LimitError, MissingExtraError, Place, SchemaError
from headwater.exchange.keys import Keys
from headwater.model.canonical import decode, encode
from headwater.node import recovery
from headwater.node.authenticators import MOST_PASSKEYS, PASSKEY, Passkey, held_or_new, keep, passkeys_of
from headwater.node.node import Node
from headwater.ports import Event
from headwater.store import Transaction

if TYPE_CHECKING:
    from types import ModuleType

T = TypeVar("T")
USED: Final = "page-challenge"
SIGN_IN: Final = "sign-in"
CHALLENGE_FOR: Final = timedelta(minutes=5)
MOST_LETTERS: Final = 16_000
"""Of what a browser answers; one with the longest signature in use (RSA 4096) has some 3,000."""
MOST_DEPTH: Final = 32
MOST_LABEL: Final = 60
_NONCE: Final = 16
_MAC: Final = 32
_HEAD: Final = struct.Struct(">16sQ")


def options(node: Node, origin: str) -> str:
    """Return what a browser needs to sign in with a passkey, as JSON; no user is named, so nothing is told of any.

    Written here: a node on which nobody has a passkey must not load the library for everybody who opens the sign-in.
    """
    return json.dumps(
        {
            "challenge": base64.urlsafe_b64encode(_challenge(node, SIGN_IN)).decode().rstrip("="),
            "rpId": _host(origin),
            "timeout": _milliseconds(),
            "allowCredentials": [],
            "userVerification": "required",
        }
    )


def options_to_add(node: Node, user: str, binding: str, origin: str) -> str:
    """Return what a browser needs to make a passkey for a user who is signed in, as JSON.

    Args:
        node: the node.
        user: for whom.
        binding: what stands for the session; the answer counts in no other.
        origin: the page's own.
    """
    structs = _structs()
    with node.store.snapshot() as snapshot:
        mine = [one for _, one in passkeys_of(snapshot, user)]
    found = _library().generate_registration_options(
        rp_id=_host(origin), rp_name=node.settings.name or node.authority, user_name=user, user_id=_handle(node, user, mine),
        challenge=_challenge(node, f"add {binding}"), timeout=_milliseconds(),
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED, user_verification=_needed()
        ),
        exclude_credentials=[structs.PublicKeyCredentialDescriptor(id=_bytes(one.id)) for one in mine],
    )  # fmt: skip
    return str(_library().options_to_json(found))


def add(node: Node, user: str, purpose: str, binding: str, origin: str, answer: str, label: str) -> tuple[str, ...]:
    """Keep a new passkey of a user; return recovery codes where the user had none, to be shown once.

    Raises:
        SchemaError: the answer is none, or the passkey has no name.
        ForbiddenError: the answer does not fit the question, is too old, or was given before.
        ConflictError: the passkey is known.
        LimitError: the user has as many as one may have.
    """
    if not label.strip() or len(label) > MOST_LABEL:
        raise SchemaError(f"a name of 1 to {MOST_LABEL} letters", where=Place(field="label"))
    _check_shape(answer)
    asked = _checked(lambda: _library().helpers.parse_registration_credential_json(answer).response.client_data_json)
    challenge = _fresh(node, f"add {binding}", asked)
    made = _checked(
        lambda: _library().verify_registration_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=_host(origin), expected_origin=origin.rstrip("/"),
            require_user_verification=True,
        )
    )  # fmt: skip
    ref = hashlib.sha256(made.credential_id).hexdigest()
    codes = recovery.drawn(node)

    def change(transaction: Transaction) -> bool:
        _use_up(transaction, challenge)
        if transaction.document(PASSKEY, ref) is not None:
            raise ConflictError("this passkey is known", where=Place(field="passkey"), fix="make another")
        mine = [one for _, one in passkeys_of(transaction, user)]
        if len(mine) >= MOST_PASSKEYS:
            raise LimitError(f"more than {MOST_PASSKEYS} passkeys", fix="remove one first")
        kept = Passkey(
            user, base64.urlsafe_b64encode(made.credential_id).decode().rstrip("="), made.credential_public_key.hex(),
            _handle(node, user, mine).hex(), made.sign_count, label.strip(), transaction.now,
        )  # fmt: skip
        transaction.put_document(PASSKEY, ref, encode(kept))
        transaction.note(Event("page.passkey-added", user, ref, purpose))
        held = held_or_new(transaction, user)
        if held.recovery:
            return False
        keep(transaction, replace(held, recovery=recovery.hashes(codes)))
        transaction.note(Event("page.recovery-made", user, user, purpose, {"count": len(codes)}))
        return True

    return codes if node.store.write(change) else ()


def verify(node: Node, origin: str, answer: str) -> str:
    """Return whose passkey answered; the answer is used up.

    Raises:
        ForbiddenError: no passkey of this node, or its answer does not fit, is too old, was given before; or its count
            went back, as with a copy: then it is blocked.
    """
    _check_shape(answer)
    given = _checked(lambda: _library().helpers.parse_authentication_credential_json(answer))
    challenge = _fresh(node, SIGN_IN, given.response.client_data_json)
    ref = hashlib.sha256(given.raw_id).hexdigest()
    with node.store.snapshot() as snapshot:
        body = snapshot.document(PASSKEY, ref)
        known = decode(body, Passkey) if body else None
    if known is None:
        raise _refused()
    if known.removed or known.blocked or given.response.user_handle not in {None, bytes.fromhex(known.handle)}:
        _note_refusal(node, known, ref, "removed" if known.removed else "blocked" if known.blocked else "another user")
        raise _refused()
    found = _checked(
        lambda: _library().verify_authentication_response(
            credential=answer, expected_challenge=challenge, expected_rp_id=_host(origin), expected_origin=origin.rstrip("/"),
            credential_public_key=bytes.fromhex(known.public_key),
            credential_current_sign_count=0,  # compared below, where a copy is also told and blocked
            require_user_verification=True,
        ),
        lambda: _note_refusal(node, known, ref, "no fit"),
    )  # fmt: skip
    count = int(found.new_sign_count)

    def change(transaction: Transaction) -> Passkey | None:
        _use_up(transaction, challenge)
        now = transaction.document(PASSKEY, ref)
        kept = decode(now, Passkey) if now else None
        if kept is None or kept.removed or kept.blocked:
            return None
        # WebAuthn Level 3, 7.2 step 22: a count that does not grow, unless neither side ever counted.
        cloned = (count or kept.sign_count) and count <= kept.sign_count
        if cloned:
            kept = replace(kept, blocked=True)
            transaction.note(Event("page.passkey-cloned", kept.user, ref, "", {"count": count, "was": kept.sign_count}))
        else:
            kept = replace(kept, sign_count=count, used_at=transaction.now)
        transaction.put_document(PASSKEY, ref, encode(kept))
        return kept

    kept = node.store.write(change)
    if kept is None or kept.blocked:
        raise _refused()
    return kept.user


def can(origin: str) -> bool:
    """Return whether browsers know passkeys at an address: they want a name, no number."""
    host = _host(origin)
    return not (":" in host or host.replace(".", "").isdigit())


def _handle(node: Node, user: str, mine: Sequence[Passkey]) -> bytes:
    """Return what all passkeys of a user call the user: made of the node's oldest key, so that it lasts."""
    if mine:
        return bytes.fromhex(mine[0].handle)
    keys = Keys(node.home)
    return keys.secret(f"passkey-user {user}", next(iter(keys.signing_seeds)))


def _challenge(node: Node, use: str) -> bytes:
    until = int((node.clock.now() + CHALLENGE_FOR).timestamp())
    head = _HEAD.pack(node.chance.draw(_NONCE), until)
    return head + _code(node, use, head)


def _fresh(node: Node, use: str, client_data: bytes) -> bytes:
    """Return the challenge that an answer names, if this node drew it for this use not long ago."""
    given = _checked(lambda: _library().helpers.parse_client_data_json(client_data).challenge)
    if len(given) != _HEAD.size + _MAC:
        raise _refused()
    head, code = given[: _HEAD.size], given[_HEAD.size :]
    _, until = _HEAD.unpack(head)
    if not hmac.compare_digest(code, _code(node, use, head)) or node.clock.now().timestamp() >= until:
        raise _refused()
    return bytes(given)


def _code(node: Node, use: str, head: bytes) -> bytes:
    return hmac.digest(Keys(node.home).secret("page-challenge"), use.encode() + b"\0" + head, "sha256")


def _use_up(transaction: Transaction, challenge: bytes) -> None:
    name = hashlib.sha256(challenge).hexdigest()
    if transaction.document(USED, name) is not None:
        raise _refused()
    transaction.put_document(USED, name, b"{}")


def _check_shape(answer: str) -> None:
    if not answer or len(answer) > MOST_LETTERS or answer.count("{") + answer.count("[") > MOST_DEPTH:
        raise SchemaError("not what a passkey answers", where=Place(field="passkey"), fix="load the page again")


def _checked(step: Callable[[], T], refused: Callable[[], None] = lambda: None) -> T:
    """Return what a step of the library gives; what it finds wrong, or falls over, is one refusal."""
    wrong = _library().helpers.exceptions.WebAuthnException
    try:
        return step()
    except (wrong, ValueError, TypeError, LookupError, OverflowError, RecursionError, struct.error) as error:
        refused()
        raise _refused() from error


def _note_refusal(node: Node, known: Passkey, ref: str, why: str) -> None:
    node.store.note(Event("page.sign-in-refused", known.user, ref, "", {"how": "passkey", "why": why}))


def _refused() -> ForbiddenError:
    """One answer for all: whoever tries learns nothing."""
    return ForbiddenError(
        "this passkey does not open this node, its answer is too old, or it is blocked",
        where=Place(field="passkey"), fix="load the page and try again; else use a recovery code, or ask an admin for a link",
    )  # fmt: skip


def _library() -> "ModuleType":
    try:
        import webauthn
        import webauthn.helpers.exceptions
    except ModuleNotFoundError as error:
        raise MissingExtraError("web", error.name or "webauthn") from error
    return webauthn


def _structs() -> "ModuleType":
    _library()
    from webauthn.helpers import structs

    return structs


def _needed() -> object:
    return _structs().UserVerificationRequirement.REQUIRED


def _host(origin: str) -> str:
    return urlsplit(origin).hostname or ""


def _milliseconds() -> int:
    return int(CHALLENGE_FOR.total_seconds() * 1000)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
