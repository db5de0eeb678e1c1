"""Signing in to the page: one-time tickets, and sessions that the node keeps on its own side.

A token is a secret of its holder; the store holds its SHA-256. A session names user, purpose and language; whether the user
is still let in is asked again at every request, so switching a user off ends all sessions at once.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from headwater.errors import ForbiddenError, Place, SettingsError
from headwater.model.canonical import decode, encode
from headwater.node import users
from headwater.node.node import Node
from headwater.policy.purposes import known_purpose
from headwater.policy.session import Session
from headwater.ports import Event
from headwater.store import Transaction

TICKET: Final = "page-ticket"
SESSION: Final = "page-session"
TOKEN_BYTES: Final = 32
TICKET_FOR: Final = timedelta(minutes=5)
SESSION_FOR: Final = timedelta(hours=12)


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
        users.session(transaction, node.authority, held.user, purpose)
        transaction.put_document(TICKET, _digest(token), encode(replace(held, used=True)))
        kept = _Kept(held.user, purpose, language, transaction.now + SESSION_FOR)
        transaction.put_document(SESSION, _digest(made), encode(kept))
        transaction.note(Event("page.signed-in", held.user, held.user, purpose))

    node.store.write(change)
    return made


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
