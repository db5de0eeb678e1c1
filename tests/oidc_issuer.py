"""An OpenID provider for tests, as a process of its own over real HTTP: codes, PKCE, keys, and every lie that it is told to tell.

    python -m tests.oidc_issuer PORT CLIENT [SECRET]

`POST /_say` sets what it says of the next person, and which lie: it has no users of its own. It is written from the standard
(OpenID Connect Core 1.0), beside the node's own code and with none of it.
"""

import base64
import hashlib
import json
import secrets
import sys
import time
from html import escape
from typing import Any
from urllib.parse import parse_qsl, quote

from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route


class Issuer:
    """The provider's state."""

    def __init__(self, port: int, client: str, secret: str) -> None:
        self.url, self.client, self.secret = f"http://127.0.0.1:{port}/realm", client, secret
        self.keys: list[RSAKey | ECKey] = [RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})]
        self.stranger: RSAKey | ECKey = RSAKey.generate_key(2048, {"kid": "one"})
        self.codes: dict[str, dict[str, str]] = {}
        self.said: dict[str, Any] = {}
        self.asked: dict[str, int] = {}

    def describe(self, _: Request) -> Response:
        return JSONResponse(
            {
                "issuer": self.said.get("issuer", self.url),
                "authorization_endpoint": f"{self.url}/auth",
                "token_endpoint": self.said.get("token_endpoint", f"{self.url}/token"),
                "jwks_uri": f"{self.url}/keys",
                "authorization_response_iss_parameter_supported": True,
                "token_endpoint_auth_methods_supported": self.said.get("methods", ["client_secret_basic"]),
            }
        )

    def jwks(self, _: Request) -> Response:
        self.asked["keys"] = self.asked.get("keys", 0) + 1
        public = [key.as_dict(private=False) for key in self.keys]
        return JSONResponse({"keys": [*public, OctKey.import_key("shared-by-all-of-the-world").as_dict(private=True)]})

    def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        if self.said.get("asks"):
            # As in a browser: a page of its own, on which somebody says who he is.
            hidden = "".join(
                f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in asked.items()
            )
            return HTMLResponse(
                f'<!doctype html><html lang="en"><title>Provider</title><form method="post" action="/realm/auth">{hidden}'
                '<label>Name <input name="who"></label><button>Log in</button></form></html>'
            )
        return self.answer(asked)

    async def log_in(self, request: Request) -> Response:
        return self.answer(await read_form(request))

    def answer(self, asked: dict[str, str]) -> Response:
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        if asked["client_id"] != self.client:
            return JSONResponse({"error": "invalid_client"}, status_code=400)
        code = secrets.token_urlsafe(16)
        self.codes[code] = asked
        told = {"code": code, "state": asked["state"], "iss": self.said.get("response_iss", self.url)}
        if self.said.get("error"):
            told = {"error": self.said["error"], "state": asked["state"], "iss": self.url}
        told |= self.said.get("changed", {})
        address = asked["redirect_uri"] + "?" + "&".join(f"{name}={value}" for name, value in told.items())
        if self.said.get("pauses"):
            return HTMLResponse(
                f'<!doctype html><html lang="en"><title>Provider</title><a href="{escape(address)}">Back</a></html>'
            )
        return RedirectResponse(address, 303 if self.said.get("asks") else 302)

    async def token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await read_form(request)).items()}
        asked = self.codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        fits = asked is not None and asked["code_challenge"] == challenge.decode().rstrip("=")
        if asked is None or not fits or form["redirect_uri"] != asked["redirect_uri"] or not self.knows(request, form):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": self.id_token(asked)})

    def knows(self, request: Request, form: dict[str, str]) -> bool:
        if not self.secret:
            return form.get("client_id") == self.client
        # Both parts are form-encoded first (RFC 6749, section 2.3.1).
        pair = base64.b64encode(f"{quote(self.client, safe='')}:{quote(self.secret, safe='')}".encode()).decode()
        posted = (form.get("client_id"), form.get("client_secret")) == (self.client, self.secret)
        return request.headers.get("authorization") == f"Basic {pair}" or posted

    def id_token(self, asked: dict[str, str]) -> str:
        now = int(self.said.get("now", time.time()))
        claims = {
            "iss": self.url, "aud": self.client, "sub": "sub-1", "nonce": asked["nonce"], "iat": now, "exp": now + 300,
            **({"preferred_username": asked["who"], "sub": f"sub of {asked['who']}"} if "who" in asked else {}),
            **self.said.get("claims", {}),
        }  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        lie = self.said.get("lie", "")
        if lie == "none":
            head = base64.urlsafe_b64encode(b'{"alg":"none"}').decode().rstrip("=")
            return f"{head}.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}."
        if lie == "shared":
            return jwt.encode({"alg": "HS256"}, claims, OctKey.import_key("shared-by-all-of-the-world"))
        key = self.stranger if lie == "stranger" else self.keys[-1]
        algorithm = "ES256" if isinstance(key, ECKey) else "RS256"
        token = jwt.encode({"alg": algorithm, "kid": key.kid}, claims, key, algorithms=[algorithm])
        return token[:-8] + ("A" * 8) if lie == "bent" else token

    async def say(self, request: Request) -> Response:
        self.said = await request.json()
        if self.said.pop("new_key", False):
            self.keys.append(ECKey.generate_key("P-256", {"kid": f"k{len(self.keys)}", "use": "sig"}))
        return JSONResponse(self.asked)


async def read_form(request: Request) -> dict[str, str]:
    return dict(parse_qsl((await request.body()).decode()))


def app(issuer: Issuer) -> Starlette:
    return Starlette(
        routes=[
            Route("/realm/.well-known/openid-configuration", issuer.describe),
            Route("/realm/keys", issuer.jwks),
            Route("/realm/auth", issuer.authorize),
            Route("/realm/auth", issuer.log_in, methods=["POST"]),
            Route("/realm/token", issuer.token, methods=["POST"]),
            Route("/_say", issuer.say, methods=["POST"]),
        ]
    )


if __name__ == "__main__":
    import uvicorn

    given = sys.argv[1:]
    uvicorn.run(
        app(Issuer(int(given[0]), given[1], given[2] if len(given) > 2 else "")),
        host="127.0.0.1", port=int(given[0]), log_level="error",
    )  # fmt: skip
