"""An OpenID provider as this node asks it: its description, its keys, and what it gives for a code; and what it signed, checked.

Only the configured issuer is asked, over TLS or on the loopback; no redirect is followed, no proxy of the environment is used, and
answers are small and come in time. Sources: OpenID Connect Core 1.0 (errata set 2), section 3.1.3.7; Discovery 1.0, section 4.3;
RFC 7636 (PKCE); RFC 9207 (who answered); RFC 8725 (signatures that are taken).
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from threading import Lock
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from headwater.errors import (
    ForbiddenError,
    MissingExtraError,
    PeerRefusedError,
    SignatureError,
)
from headwater.exchange.asking import Question, Whom, ask
from headwater.node.node import Node
from headwater.settings import Settings

TIMEOUT_S: Final = 10.0
MOST_BYTES: Final = 512 * 1024
KNOWN_FOR: Final = timedelta(hours=1)
"""How long a provider's description and keys are believed without asking again."""
ASK_AGAIN: Final = timedelta(seconds=30)
"""Least time between two askings: whoever sends made-up key names must not make the node ask without end."""
SKEW_S: Final = 60
ALGORITHMS: Final = ("RS256", "PS256", "ES256", "ES384", "EdDSA")
"""Signatures that are taken: with a key pair, never with a shared secret, never none (RFC 8725, section 3)."""
WHO: Final = "the sign-in provider"
_WHOM: Final = Whom(WHO, MOST_BYTES, TIMEOUT_S, "sign in another way, and see to the network")


@dataclass(frozen=True, slots=True)
class Provider:
    """What a provider says of itself.

    Attributes:
        authorize, token, keys: its addresses.
        says_who: it names itself in its answers (RFC 9207), and must.
        basic: a client's secret goes in a header, else in the form.
    """

    issuer: str
    authorize: str
    token: str
    keys: str
    says_who: bool
    basic: bool


@dataclass(slots=True)
class _Known:
    """What is remembered of the provider of an open node."""

    provider: Provider | None = None
    provider_at: datetime | None = None
    keys: Mapping[str, Any] | None = None
    keys_at: datetime | None = None
    gate: Lock = field(default_factory=Lock)


def describe(node: Node) -> Provider:
    """Return what the configured provider says of itself, asked at most once an hour.

    Raises:
        PeerError: it cannot be reached, or is not what the settings name.
    """
    known: _Known = node.memory(_Known)
    now = node.clock.now()
    with known.gate:
        if known.provider is None or known.provider_at is None or now - known.provider_at > KNOWN_FOR:
            issuer = node.settings.oidc_issuer
            told = _json(_ask("GET", f"{issuer.rstrip('/')}/.well-known/openid-configuration"))
            known.provider, known.provider_at = _provider(issuer, told), now
        return known.provider


def address(provider: Provider, settings: Settings, back: str, asked: Mapping[str, str]) -> str:
    """Return where the browser is sent to sign in.

    Args:
        provider: asked by `describe`.
        settings: name the client.
        back: where the provider sends the browser afterwards.
        asked: ``state``, ``nonce``, ``code_challenge``.
    """
    told = {
        "response_type": "code", "client_id": settings.oidc_client, "redirect_uri": back, "scope": "openid profile email",
        "code_challenge_method": "S256", **asked,
    }  # fmt: skip
    return f"{provider.authorize}{'&' if '?' in provider.authorize else '?'}{urlencode(told)}"


def exchange(provider: Provider, settings: Settings, back: str, code: str, verifier: str) -> str:
    """Return the ID token that the provider gives for a code.

    Raises:
        PeerError: it cannot be reached, or refuses.
    """
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    if settings.oidc_secret and provider.basic:
        pair = f"{quote(settings.oidc_client, safe='')}:{quote(settings.oidc_secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    elif settings.oidc_secret:
        form |= {"client_id": settings.oidc_client, "client_secret": settings.oidc_secret}
    else:
        form["client_id"] = settings.oidc_client
    told = _json(_ask("POST", provider.token, urlencode(form).encode(), headers))
    token = told.get("id_token")
    if not isinstance(token, str):
        raise PeerRefusedError(f"{WHO} gave no ID token", fix="ask for the scope openid at the provider")
    return token


def checked(node: Node, provider: Provider, token: str, nonce: str) -> Mapping[str, Any]:
    """Return the claims of an ID token that the provider signed for this node and this sign-in.

    Raises:
        SignatureError: none of its keys signed it.
        ForbiddenError: it is for somebody else, too old, or answers another question.
        MissingExtraError: the library is not installed.
    """
    try:
        from joserfc import jwt
        from joserfc.errors import JoseError
    except ModuleNotFoundError as error:
        raise MissingExtraError("web", error.name or "joserfc") from error
    claims = _signed(node, provider, token)
    rules = jwt.JWTClaimsRegistry(
        now=int(node.clock.now().timestamp()), leeway=SKEW_S,
        iss={"essential": True, "value": provider.issuer}, aud={"essential": True, "value": node.settings.oidc_client},
        exp={"essential": True}, iat={"essential": True}, sub={"essential": True},
        nonce={"essential": True, "value": nonce},
    )  # fmt: skip
    try:
        rules.validate(claims)
    except JoseError as error:
        raise ForbiddenError(f"rule oidc: the provider's answer does not fit ({error.error})") from error
    if claims.get("azp", node.settings.oidc_client) != node.settings.oidc_client:
        raise ForbiddenError("rule oidc: the provider's answer is for another client")
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and "azp" not in claims:
        raise ForbiddenError("rule oidc: the provider's answer is for several clients and names none")
    return claims


def _signed(node: Node, provider: Provider, token: str) -> dict[str, Any]:
    """Return the claims of a token signed by one of the provider's keys, asked for anew once where none fits."""
    from joserfc import jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import KeySet

    def claims(*, anew: bool) -> dict[str, Any]:
        keys: Any = _keys(node, provider, anew=anew)
        try:
            return dict(jwt.decode(token, KeySet.import_key_set(keys), algorithms=list(ALGORITHMS)).claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            fix = "see whether oidc_issuer names the right provider"
            raise SignatureError("none of the provider's keys signed this answer", fix=fix) from error

    try:
        return claims(anew=False)
    except SignatureError:
        return claims(anew=True)


def _keys(node: Node, provider: Provider, *, anew: bool) -> Mapping[str, Any]:
    known: _Known = node.memory(_Known)
    now = node.clock.now()
    with known.gate:
        age = now - known.keys_at if known.keys_at is not None else None
        if known.keys is None or age is None or age > (ASK_AGAIN if anew else KNOWN_FOR):
            told = _json(_ask("GET", provider.keys))
            if not isinstance(told.get("keys"), list):
                raise PeerRefusedError(f"{WHO} gave no keys", where=provider.keys)
            # A shared secret among public keys would let anybody sign.
            public = [key for key in told["keys"] if isinstance(key, dict) and key.get("kty") in {"RSA", "EC", "OKP"}]
            known.keys, known.keys_at = {"keys": public}, now
        return known.keys


def _provider(issuer: str, told: Mapping[str, Any]) -> Provider:
    if told.get("issuer") != issuer:
        raise PeerRefusedError(f"{WHO} calls itself otherwise than oidc_issuer", fix="set oidc_issuer as it does")
    authorize, token, keys = (_address(told, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"))
    methods = told.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Provider(
        issuer, authorize, token, keys,
        says_who=told.get("authorization_response_iss_parameter_supported") is True,
        basic="client_secret_basic" in methods,
    )  # fmt: skip


def _address(told: Mapping[str, Any], name: str) -> str:
    found = told.get(name)
    if not isinstance(found, str) or not is_safe(found):
        raise PeerRefusedError(f"{WHO} names an address without TLS, or none", where=name)
    return found


def is_safe(url: str) -> bool:
    """Return whether an address may be asked: over TLS, or on this machine."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    here = parts.scheme == "http" and host in {"127.0.0.1", "::1", "localhost"}
    return bool(host) and "@" not in parts.netloc and not parts.fragment and (parts.scheme == "https" or here)


def _ask(method: str, url: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> bytes:
    parts = urlsplit(url)
    reply = ask(_WHOM, parts, Question(method, body, {"Accept": "application/json", **(headers or {})}))
    if reply.status != HTTPStatus.OK:
        raise PeerRefusedError(f"{WHO} answered {reply.status}", where=parts.hostname, fix="sign in again")
    return reply.data


def _json(data: bytes) -> dict[str, Any]:
    try:
        told = json.loads(data)
    except ValueError as error:
        raise PeerRefusedError(f"{WHO} gave no JSON") from error
    if not isinstance(told, dict):
        raise PeerRefusedError(f"{WHO} gave no JSON object")
    return told
