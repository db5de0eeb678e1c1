"""Signing in through an OpenID provider: the code flow with PKCE, and a claim that names a user of this node.

Nobody becomes a user by it: the claim must be the name of a user whom an admin has added. The first sign-in ties that user to the
provider's own number of the person (``sub``); another number under the same name is refused until an admin resets the user, since
providers give names away again. What was asked is kept for ten minutes, counts once, and only in the browser that asked.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from headwater.errors import ForbiddenError, HeadwaterError, SettingsError
from headwater.model.canonical import decode, encode
from headwater.node import oidc_provider, users
from headwater.node.node import Node
from headwater.policy.purposes import known_purpose
from headwater.ports import Event
from headwater.settings import Settings
from headwater.store import Snapshot, Transaction

ASKED: Final = "page-oidc-asked"
TIED: Final = "page-oidc"
PATH: Final = "/sign-in/oidc"
ANSWER_FOR: Final = timedelta(minutes=10)
SECRET_BYTES: Final = 32
NOBODY: Final = "nobody"


@dataclass(frozen=True, slots=True)
class _Asked:
    """One sign-in that was begun."""

    nonce: str
    verifier: str
    browser: str
    purpose: str
    language: str
    following: str
    until: datetime
    used: bool = False


@dataclass(frozen=True, slots=True)
class Tied:
    """Which person of which provider a user of this node is."""

    issuer: str
    sub: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Begun:
    """A sign-in that was begun: where the browser goes, and the secret that it keeps meanwhile."""

    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class Known:
    """Who came back from the provider: a user of this node, what for, in which language, and where to go on."""

    user: str
    purpose: str
    language: str
    following: str


def is_set(settings: Settings) -> bool:
    """Return whether this node has a provider."""
    return bool(settings.oidc_issuer)


def begin(node: Node, origin: str, purpose: str, language: str, following: str) -> Begun:
    """Begin a sign-in.

    Args:
        node: the node.
        origin: the page's own, to which the browser comes back.
        purpose: what for.
        language: chosen at the sign-in, empty for none.
        following: path of the page to go on with.

    Raises:
        SettingsError: this node has no provider.
        NoBasisError: the purpose is unknown.
        PeerError: the provider cannot be reached, or is not what the settings name.
    """
    if not is_set(node.settings):
        raise SettingsError("this node has no sign-in provider", where="oidc_issuer", fix="sign in another way")
    known_purpose(purpose)
    provider = oidc_provider.describe(node)
    state, nonce, verifier, browser = (_secret(node) for _ in range(4))
    asked = _Asked(nonce, verifier, _digest(browser), purpose, language, following, node.clock.now() + ANSWER_FOR)
    node.store.write(lambda tx: tx.put_document(ASKED, _digest(state), encode(asked)))
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    told = {"state": state, "nonce": nonce, "code_challenge": challenge}
    return Begun(oidc_provider.address(provider, node.settings, origin.rstrip("/") + PATH, told), browser)


def finish(node: Node, origin: str, answer: Mapping[str, str], browser: str) -> Known:
    """Take the provider's answer, and return which user it lets in.

    Args:
        node: the node.
        origin: the page's own.
        answer: ``state``, ``code``, ``iss``, ``error`` of the address that the browser came back to.
        browser: the secret that the browser kept.

    Raises:
        ForbiddenError: the answer fits no sign-in of this browser, or names no user who is let in.
        TrustError: the provider did not sign it.
        PeerError: the provider cannot be reached, or refuses.
    """
    asked = node.store.write(lambda tx: _use_up(tx, answer.get("state", ""), browser))
    try:
        if answer.get("error"):
            raise ForbiddenError("rule oidc: the provider let nobody in", fix="sign in again, or another way")
        provider = oidc_provider.describe(node)
        if answer.get("iss", "" if provider.says_who else provider.issuer) != provider.issuer:
            raise ForbiddenError("rule oidc: another provider answered than was asked")
        token = oidc_provider.exchange(
            provider, node.settings, origin.rstrip("/") + PATH, answer.get("code", ""), asked.verifier
        )
        claims = oidc_provider.checked(node, provider, token, asked.nonce)
        name = _named(node.settings.oidc_claim, claims)
        node.store.write(lambda tx: _tie(node, tx, name, provider.issuer, str(claims["sub"]), asked.purpose))
    except HeadwaterError as error:
        node.store.note(Event("page.oidc-refused", NOBODY, "sign-in", asked.purpose, {"code": error.code}))
        raise
    return Known(name, asked.purpose, asked.language, asked.following)


def tied(snapshot: Snapshot, user: str) -> Tied | None:
    """Return which person of which provider a user is, None where nobody has said so."""
    body = snapshot.document(TIED, user)
    held = decode(body, Tied) if body else None
    return held if held is not None and held.sub else None


def forget(transaction: Transaction, user: str) -> int:
    """Untie a user from the provider; return how many ties there were."""
    body = transaction.document(TIED, user)
    if body is None or not decode(body, Tied).sub:
        return 0
    transaction.put_document(TIED, user, encode(replace(decode(body, Tied), sub="")))
    return 1


def _named(claim: str, claims: Mapping[str, Any]) -> str:
    value = claims.get(claim)
    if not isinstance(value, str) or not value:
        fix = f"let the provider tell the claim {claim}, or set oidc_claim"
        raise ForbiddenError("rule oidc: the provider did not say who it is", fix=fix)
    if claim == "email" and claims.get("email_verified") is not True:
        raise ForbiddenError("rule oidc: the provider has not verified this address")
    return value


def _tie(node: Node, transaction: Transaction, name: str, issuer: str, sub: str, purpose: str) -> None:
    try:
        users.session(transaction, node.authority, name, purpose)
    except ForbiddenError as error:
        # One answer for a name that there is not, and for one that is switched off.
        fix = "ask an admin to add you: headwater user add NAME"
        raise ForbiddenError("rule oidc: the provider knows you, this node does not", fix=fix) from error
    body = transaction.document(TIED, name)
    held = decode(body, Tied) if body else None
    if held is not None and held.sub:
        if (held.issuer, held.sub) != (issuer, sub):
            fix = "an admin resets the user: headwater user reset NAME"
            raise ForbiddenError("rule oidc: this name belongs to another person of the provider", fix=fix)
        return
    transaction.put_document(TIED, name, encode(Tied(issuer, sub, transaction.now)))
    transaction.note(Event("page.oidc-tied", name, name, purpose, {"issuer": issuer}))


def _use_up(transaction: Transaction, state: str, browser: str) -> _Asked:
    body = transaction.document(ASKED, _digest(state)) if state else None
    asked = decode(body, _Asked) if body else None
    held = asked is not None and not asked.used and transaction.now < asked.until
    if asked is None or not held or not hmac.compare_digest(asked.browser, _digest(browser)):
        raise ForbiddenError("rule oidc: this answer fits no sign-in that was begun here", fix="sign in again")
    transaction.put_document(ASKED, _digest(state), encode(replace(asked, used=True)))
    return asked


def _secret(node: Node) -> str:
    return base64.urlsafe_b64encode(node.chance.draw(SECRET_BYTES)).decode().rstrip("=")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
