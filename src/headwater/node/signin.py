"""Signing in to the page by one-time ticket, passkey or codes, and sessions that the node keeps on its own side.

A token is a secret of its holder; the store holds its SHA-256. A session names user, purpose and language; whether the user
is still let in is asked again at every request, so switching a user off ends all sessions at once.
"""

import base64
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from headwater.errors import ForbiddenError, Place, SettingsError
from headwater.model.canonical import decode, encode
from headwater.model.times import format_instant
from headwater.node import authenticators, codes, oidc, passkeys, users
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.purposes import known_purpose
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Transaction

TICKET: Final = "page-ticket"
SESSION: Final = "page-session"
TOKEN_BYTES: Final = 32
TICKET_FOR: Final = timedelta(minutes=5)
SESSION_FOR: Final = timedelta(hours=12)
FRESH_FOR: Final = timedelta(minutes=15)
"""How long after signing in somebody may change how to sign in: a page left open must not let another settle in."""


@dataclass(frozen=True, slots=True)
class _Ticket:
    """A ticket as it is kept."""

    user: str
    until: datetime
    used: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    """A session as it is kept."""

    user: str
    purpose: str
    language: str
    until: datetime
    ended: bool = False


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session of the page that holds.

    Attributes:
        session: what `policy` decides by.
        language: the language chosen, empty for none.
        until: when it ends.
        form_token: what every form of this session must bring back.
    """

    session: Session
    language: str
    until: datetime
    form_token: str

    @property
    def began(self) -> datetime:
        """When it began."""
        return self.until - SESSION_FOR


def ticket(node: Node, name: str) -> str:
    """Return a ticket that lets a user sign in once, within five minutes.

    Whoever may open the node's directory may make one: that is the operating system's matter, and the ledger says so.

    Raises:
        ForbiddenError: there is no such user, or the account is switched off.
    """
    with node.store.snapshot() as snapshot:
        users.session(snapshot, node.authority, name, "operation")
    token = _token(node)
    until = node.clock.now() + TICKET_FOR

    def change(transaction: Transaction) -> None:
        transaction.put_document(TICKET, _digest(token), encode(_Ticket(name, until)))
        transaction.note(Event("page.ticket-made", name, name, "operation"))

    node.store.write(change)
    return token


def address(node: Node, token: str) -> str:
    """Return the address at which a ticket is used.

    Raises:
        SettingsError: the node's page is switched off.
    """
    where = node.settings.page_address
    if where is None:
        raise SettingsError("this node serves no page", where=Place(field="page"), fix="set page to HOST:PORT")
    # WebAuthn knows `localhost` and no numbers.
    base = node.settings.page_url or f"http://localhost:{where[1]}"
    return f"{base}/sign-in?ticket={token}"


def redeem(node: Node, token: str, purpose: str, language: str = "") -> str:
    """Use up a ticket and return the token of a new session.

    Raises:
        ForbiddenError: there is no such ticket, it was used or is too old, or its user is switched off.
        NoBasisError: the purpose is unknown.
    """
    known_purpose(purpose)
    made = _token(node)

    def change(transaction: Transaction) -> None:
        body = transaction.document(TICKET, _digest(token))
        held = decode(body, _Ticket) if body else None
        if held is None or held.used or transaction.now >= held.until:
            # One answer for all three: whoever tries tickets learns nothing.
            raise ForbiddenError(
                "this ticket is used up, too old or none", fix="make another with: headwater user login NAME"
            )
        _begin(node, transaction, made, _Kept(held.user, purpose, language, transaction.now + SESSION_FOR), "ticket")
        transaction.put_document(TICKET, _digest(token), encode(replace(held, used=True)))

    node.store.write(change)
    return made


def by_passkey(node: Node, origin: str, answer: str, purpose: str, language: str = "") -> str:
    """Take the answer of a passkey and return the token of a new session.

    Args:
        node: the node.
        origin: the page's own.
        answer: as the browser gave it, JSON.
        purpose: what for.
        language: chosen at the sign-in, empty for none.

    Raises:
        ForbiddenError: no passkey of this node gave this answer to a fresh question, or its user is switched off.
        NoBasisError: the purpose is unknown.
        SchemaError: it is no answer.
    """
    known_purpose(purpose)
    return _enter(node, passkeys.verify(node, origin, answer), purpose, language, "passkey")


def by_codes(node: Node, user: str, passphrase: str, code: str, purpose: str, language: str = "") -> str:
    """Take a passphrase with an app's code or a recovery code, and return the token of a new session.

    Raises:
        ForbiddenError: they do not fit, or the user is switched off.
        NoBasisError: the purpose is unknown.
    """
    known_purpose(purpose)
    return _enter(node, user, purpose, language, str(codes.verify(node, user, passphrase, code)))


def by_provider(node: Node, origin: str, answer: Mapping[str, str], browser: str) -> tuple[str, str]:
    """Take the answer of an OpenID provider; return the token of a new session, and the path to go on with.

    Args:
        node: the node.
        origin: the page's own.
        answer: the fields that the provider sent the browser back with.
        browser: the secret that this browser was given when the sign-in began.

    Raises:
        ForbiddenError: the answer fits no sign-in of this browser, or names no user who is let in.
        TrustError: the provider did not sign it.
        PeerError: the provider cannot be reached, or refuses.
    """
    known = oidc.finish(node, origin, answer, browser)
    return _enter(node, known.user, known.purpose, known.language, "oidc"), known.following


def reset(node: Node, session: Session, name: str) -> int:
    """Remove all that a user signs in with and end all sessions of that user; return how many things were removed.

    It takes a second person: nobody resets the own authenticators, not even an admin.

    Raises:
        ForbiddenError: the session may not change users, is the user's own, or there is no such user.
    """
    may(session, Act.USER_CHANGE, author=name)

    def change(transaction: Transaction) -> int:
        users.find(transaction, name)
        count = authenticators.forget(transaction, name) + oidc.forget(transaction, name)
        for key, _, body in list(transaction.documents(SESSION)):
            held = decode(body, _Kept)
            if held.user == name and not held.ended:
                transaction.put_document(SESSION, key, encode(replace(held, ended=True)))
        transaction.note(Event("user.authenticators-reset", session.user, name, session.purpose, {"count": count}))
        return count

    return node.store.write(change)


def ways(node: Node, session: Session, name: str) -> dict[str, Any]:
    """Return a user, and what the user signs in with, as they stand in a document.

    Raises:
        ForbiddenError: the session may not change users, or there is no such user.
    """
    may(session, Act.USER_CHANGE)
    with node.store.snapshot() as snapshot:
        found = users.document(users.find(snapshot, name))
        held = authenticators.shown(snapshot, name)
        tied = oidc.tied(snapshot, name)
    return {
        **found,
        "passkeys": [{"label": one.label, "made_at": one.made_at, "used_at": one.used_at, "blocked": one.blocked} for one in held.passkeys],
        "codes_at": held.codes_at,
        "recovery_left": held.recovery_left,
        "failures": held.failures,
        "oidc_issuer": tied.issuer if tied else None,
        "oidc_at": format_instant(tied.at) if tied else None,
    }  # fmt: skip


def check_fresh(node: Node, signed: SignedIn) -> None:
    """Refuse a session that is too old for changing how to sign in.

    Raises:
        ForbiddenError: it began more than a quarter of an hour ago.
    """
    if not is_fresh(node, signed):
        minutes = int(FRESH_FOR.total_seconds() // 60)
        raise ForbiddenError(
            f"rule fresh: how to sign in is changed within {minutes} minutes of signing in", fix="sign out and in again"
        )


def is_fresh(node: Node, signed: SignedIn) -> bool:
    """Return whether a session is new enough for changing how to sign in."""
    return node.clock.now() < signed.began + FRESH_FOR


def binding(token: str) -> str:
    """Return what stands for a session where its token must not be told."""
    return _digest(f"binding {token}")


def _enter(node: Node, user: str, purpose: str, language: str, how: str) -> str:
    made = _token(node)
    node.store.write(
        lambda tx: _begin(node, tx, made, _Kept(user, purpose, language, tx.now + SESSION_FOR), how)
    )  # fmt: skip
    return made


def _begin(node: Node, transaction: Transaction, made: str, kept: _Kept, how: str) -> None:
    users.session(transaction, node.authority, kept.user, kept.purpose)
    transaction.put_document(SESSION, _digest(made), encode(kept))
    transaction.note(Event("page.signed-in", kept.user, kept.user, kept.purpose, {"how": how}))


def signed_in(node: Node, token: str) -> SignedIn | None:
    """Return the session that a token stands for, None where it stands for none that holds."""
    with node.store.snapshot() as snapshot:
        body = snapshot.document(SESSION, _digest(token))
        held = decode(body, _Kept) if body else None
        if held is None or held.ended or node.clock.now() >= held.until:
            return None
        try:
            session = users.session(snapshot, node.authority, held.user, held.purpose)
        except ForbiddenError:
            return None
    return SignedIn(session, held.language, held.until, _digest(f"form {token}"))


def speak(node: Node, token: str, language: str) -> None:
    """Keep the language that a session was switched to."""
    _change(node, token, lambda held: replace(held, language=language))


def sign_out(node: Node, token: str) -> None:
    """End a session; ending one that is over does no harm."""
    held = _change(node, token, lambda held: replace(held, ended=True))
    if held is not None and not held.ended:
        node.store.note(Event("page.signed-out", held.user, held.user, held.purpose))


def _change(node: Node, token: str, to: Callable[[_Kept], _Kept]) -> _Kept | None:
    def change(transaction: Transaction) -> _Kept | None:
        body = transaction.document(SESSION, _digest(token))
        if body is None:
            return None
        held = decode(body, _Kept)
        transaction.put_document(SESSION, _digest(token), encode(to(held)))
        return held

    return node.store.write(change)


def _token(node: Node) -> str:
    return base64.urlsafe_b64encode(node.chance.draw(TOKEN_BYTES)).decode().rstrip("=")


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
