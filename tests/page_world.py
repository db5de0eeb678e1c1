"""The analyst's page for tests: a browser without a screen that talks to the application itself, over no socket."""

import asyncio
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import urlencode

from headwater.node import Node, signin
from headwater.web.app import Address, PageApp, page_app
from headwater.web.page import Page

PORT = 8700
ORIGIN = f"http://localhost:{PORT}"


@dataclass(frozen=True)
class Answer:
    """What the page answered."""

    status: int
    headers: Mapping[str, str]
    data: bytes

    @property
    def text(self) -> str:
        return self.data.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.data)

    @property
    def goes_to(self) -> str:
        return self.headers.get("location", "")

    def field(self, name: str) -> str:
        """The value of a form's field."""
        found = re.search(rf'name="{name}"[^>]*\bvalue="([^"]*)"', self.text)
        assert found is not None, f"no field {name}"
        return unescape(found.group(1))


@dataclass
class Browser:
    """One reader: keeps the cookie, brings tokens back, says where a form comes from."""

    app: PageApp
    cookies: dict[str, str] = field(default_factory=dict)
    language: str = "en"

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, b"", headers)

    def post(
        self, path: str, form: Mapping[str, str | Iterable[str]], token: str | None = None, **headers: str
    ) -> Answer:
        given = {"form_token": self.token() if token is None else token, **form}
        told = {"origin": ORIGIN, "content-type": "application/x-www-form-urlencoded", **headers}
        return self.ask("POST", path, urlencode(given, doseq=True).encode(), told)

    def token(self) -> str:
        """What every form of this session must bring back."""
        held = self.cookies.get(self.app.site.cookie)
        signed = signin.signed_in(self.app.site.node, held) if held else None
        return signed.form_token if signed else ""

    def sign_in(self, user: str, purpose: str = "oic") -> "Browser":
        ticket = signin.ticket(self.app.site.node, user)
        answer = self.post("/sign-in", {"ticket": ticket, "purpose": purpose})
        assert answer.status == 303, answer.text
        return self

    def ask(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        told = {"host": f"localhost:{PORT}", "accept-language": self.language}
        told |= {name.replace("_", "-"): value for name, value in headers.items()}
        if self.cookies:
            told["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        answer = asyncio.run(_ask(self.app, method, path, body, told))
        for set_cookie in filter(None, answer.headers.get("set-cookie", "").split("\n")):
            name, _, rest = set_cookie.partition("=")
            value = rest.partition(";")[0].strip('"')
            if value:
                self.cookies[name] = value
            else:
                self.cookies.pop(name, None)
        return answer


def app_of(node: Node, pages: Iterable[Page] | None = None) -> PageApp:
    """The page of a node."""
    return page_app(node, Address(host="127.0.0.1", port=PORT), pages)


def browser(node: Node, user: str = "", purpose: str = "oic") -> Browser:
    """A reader, signed in where a user is named."""
    made = Browser(app_of(node))
    return made.sign_in(user, purpose) if user else made


async def _ask(app: PageApp, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    where, _, query = path.partition("?")
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "scheme": "http",
        "path": where, "raw_path": where.encode(), "query_string": query.encode(), "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 50_000), "server": ("127.0.0.1", PORT),
    }  # fmt: skip
    parts = [body[start : start + 65_536] for start in range(0, len(body), 65_536)] or [b""]
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if not parts:
            await asyncio.Event().wait()  # the reader stays until the answer has come
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    start = next(one for one in sent if one["type"] == "http.response.start")
    told: dict[str, str] = {}
    for name, value in start["headers"]:
        before = f"{told[name.decode()]}\n" if name.decode() in told else ""
        told[name.decode()] = before + value.decode()
    return Answer(start["status"], told, b"".join(one.get("body", b"") for one in sent))
