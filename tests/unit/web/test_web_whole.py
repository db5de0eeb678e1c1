"""Whole answers of the doors: status, every header, every cookie and the twin of each page, with what the ledger says of it.

A cookie that loses a word, a header that is gone, an error that tells more than before, a check that comes later than it did
differs from the file beside this one. Drawn tokens, sums of files and times of day are not told.
"""

import asyncio
import json
import re
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Self
from unittest import mock

import pytest

from headwater import errors as declared
from headwater.exchange.framing import MAX_BATCH
from headwater.model.canonical import encode
from headwater.node import Node, incoming, oidc, signin, users
from headwater.node.doors import PageDoor
from headwater.node.uploads import MOST_PIECE
from headwater.testing.fakes import FakeClock
from headwater.web import authz, errors, fields, limits, matching, page, partner, serving, statics, uploading
from headwater.web.app import Address, page_app
from headwater.web.fields import Fields, read_fields
from headwater.web.words import chosen, language
from tests import node_world
from tests.frozen import hold, refusal, told, tried
from tests.node_world import AUDITOR, GUARDIAN, SUPERVISOR, WRITER, as_user
from tests.page_world import ORIGIN, PORT, Answer, Browser, app_of, browser
from tests.unit.web.conftest import URN
from tests.unit.web.test_exhibits import PDF, multipart
from tests.unit.web.test_partner import CHUNK, FakeExchange

pytestmark = pytest.mark.slow
WHOLE = Path(__file__).with_name("web_whole.json")
FORM = "application/x-www-form-urlencoded"
DRAWN = re.compile(
    r"\b[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])|\b[0-9a-f]{16,65}\b|\b[0-9a-f]{8}-[0-9a-f-]{27}\b|(?:\b\d{5} ){7}\d{5}|/tmp[^ \"]*/uk|[0-9T:-]+\.\d{6}Z|expires=[^;]*GMT"
)
ENOUGH = 400


def plain(thing: Any) -> Any:
    """A document without what is drawn."""
    if isinstance(thing, str):
        return DRAWN.sub("~", thing.replace(statics.tree().name, "TREE"))
    if isinstance(thing, dict):
        return {plain(name): plain(value) for name, value in thing.items()}
    return (
        [plain(one) for one in thing]
        if isinstance(thing, list)
        else thing
        if isinstance(thing, int | float | None)
        else plain(told(thing))
    )


def whole(answer: Answer, *, body: bool = True) -> dict[str, Any]:
    """All of an answer; of a page that is for people, whose words are looked at elsewhere, its heading alone."""
    headers = {name: value for name, value in answer.headers.items() if name not in ("content-length", "allow")}
    found: dict[str, Any] = {"status": answer.status, "headers": headers}
    if body and answer.headers.get("content-type", "").startswith("application/json"):
        found["body"] = plain(
            [json.loads(line) for line in answer.text.splitlines() if line.strip()]
            if "\n{" in answer.text
            else answer.json
        )
    elif body and (heading := re.search(r"<h1[^>]*>(.*?)</h1>", answer.text, re.DOTALL)):
        found["heading"] = heading[1]
    made = dict(plain(found))
    if made["headers"] == USUAL:
        made["headers"] = "as usual"
    return made


USUAL: dict[str, str] = {}
"""The headers of a twin, which are told once."""


def lines(node: Node, since: int) -> list[str]:
    """What was added to the ledger."""
    node.store.write(lambda _: None)
    with node.store.snapshot() as snapshot:
        new = [leaf.event for leaf in snapshot.leaves() if leaf.index >= since and leaf.event is not None]
    return [
        str(
            plain(
                f"{one.kind} | {one.who} | {one.subject} | {one.purpose} | {json.dumps(dict(one.detail), sort_keys=True)}"
            )
        )
        for one in new
    ]


def size(node: Node) -> int:
    with node.store.snapshot() as snapshot:
        return int(snapshot.head().size)


@contextmanager
def opened(template: Path, folder: Path) -> Any:
    clock = FakeClock()
    with node_world.node_at(shutil.copytree(template, folder / "uk"), clock) as node:
        yield node, clock


class Story:
    """What a reader does at one node, step by step: the answers, and what each left in the ledger."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.told: dict[str, Any] = {}
        self.at = size(node)

    def step(self, name: str, answer: Answer, *, body: bool = True) -> Answer:
        self.told[name] = {**whole(answer, body=body), "ledger": lines(self.node, self.at)}
        self.at = size(self.node)
        return answer


def signing(node: Node, clock: FakeClock) -> dict[str, Any]:
    """Signing in by ticket, in all ways that fail, over a session, by a provider, and out; what an old session may not."""
    story, reader = Story(node), browser(node)
    story.step("the page to sign in", reader.get("/sign-in?next=/queue"))
    story.step("with a ticket", reader.get("/sign-in?ticket=abc&next=//evil.example"))
    ticket = signin.ticket(node, WRITER)
    for name, form in {
        "nothing": {}, "no purpose": {"ticket": ticket}, "odd purpose": {"ticket": ticket, "purpose": "x"}, "wrong ticket": {"ticket": "x", "purpose": "oic"},
        "no code": {"user": WRITER, "purpose": "oic"}, "wrong code": {"user": WRITER, "purpose": "oic", "code": "123456", "passphrase": "x"},
        "nobody": {"user": "nobody", "purpose": "oic", "code": "123456"}, "odd passkey": {"passkey": "{}", "purpose": "oic"},
    }.items():  # fmt: skip
        story.step(f"refused: {name}", reader.post("/sign-in?format=json", form))
    reader.app._limits = limits.Limits(lambda: 0.0)
    story.step(
        "in",
        reader.post("/sign-in", {"ticket": ticket, "purpose": "oic", "next": "/queue?state=all", "language": "sq"}),
    )
    first = dict(reader.cookies)
    story.step(
        "the same ticket again", browser(node).post("/sign-in?format=json", {"ticket": ticket, "purpose": "oic"})
    )
    story.step(
        "in again, over a session", reader.post("/sign-in", {"ticket": signin.ticket(node, WRITER), "purpose": "court"})
    )
    second, reader.cookies = dict(reader.cookies), first
    story.step("with the cookie from before", reader.get("/queue"))
    reader.cookies = second
    story.step("a language", reader.post("/language", {"language": "sr-Latn", "next": "/help"}))
    story.step("an odd language", reader.post("/language?format=json", {"language": "xx"}))
    story.step("the authenticators, fresh", reader.get("/authenticators?format=json"))
    clock.move(signin.FRESH_FOR)
    story.step("the authenticators, no more", reader.get("/authenticators?format=json"))
    for path in ("passkeys", "codes", "codes/confirm", "recovery", "remove"):
        form = {"passkey": "x", "label": "l", "passphrase": "a b c", "code": "123456"}
        story.step(f"too late for {path}", reader.post(f"/authenticators/{path}?format=json", form))
    begun = SimpleNamespace(address="https://provider.example/in?x=1", browser="b" * 43)
    with mock.patch.object(oidc, "begin", return_value=begun) as begin:
        story.step(
            "to the provider", reader.post("/sign-in/oidc", {"purpose": "oic", "language": "sq", "next": "/\\evil"})
        )
        story.told["asked of the provider"] = plain(begin.call_args.args[1:])
    with mock.patch.object(signin, "by_provider", return_value=("t" * 43, "/cases")) as finish:
        story.step("back from the provider", reader.get("/sign-in/oidc?state=s&code=c&iss=i&more=m"))
        story.told["told by the provider"] = plain(finish.call_args.args[1:])
    reader.cookies = second
    story.step("out", reader.post("/sign-out", {}))
    reader.cookies = second
    story.step("after", reader.get("/queue"))
    story.step("after, as a twin", reader.get("/queue?format=json"))
    story.step("after, as a part", reader.get("/queue", hx_request="true"))
    story.step("after, a form", reader.post("/language", {"language": "en"}))
    return story.told


def ended(node: Node, clock: FakeClock) -> dict[str, Any]:
    """How long a ticket and a session hold, to the second, and what a reset leaves."""
    admin, story = as_user(node, WRITER, "operation"), Story(node)
    found: dict[str, Any] = {}
    for name, of in (("ticket", signin.TICKET_FOR), ("session", signin.SESSION_FOR), ("fresh", signin.FRESH_FOR)):
        token = signin.ticket(node, SUPERVISOR)
        held = signin.signed_in(node, signin.redeem(node, signin.ticket(node, SUPERVISOR), "oic", "sq"))
        session = signin.redeem(node, signin.ticket(node, SUPERVISOR), "oic", "sq")
        assert held is not None
        clock.move(of - timedelta(seconds=1))
        fits = signin.signed_in(node, session)
        before = [fits is not None, tried(signin.check_fresh, node, held), signin.is_fresh(node, held)]
        clock.move(timedelta(seconds=1))
        fits = signin.signed_in(node, session)
        after = [
            fits is not None,
            tried(signin.check_fresh, node, held),
            signin.is_fresh(node, held),
            tried(lambda token: bool(signin.redeem(node, token, "oic")), token),
        ]
        found[name] = {"before": before, "after": after, "lasts": str(of)}
    session = signin.redeem(node, signin.ticket(node, GUARDIAN), "oic", "sq")
    signed = signin.signed_in(node, session)
    assert signed is not None
    found["session of"] = [signed.session, signed.language, signed.until - signed.began]
    tie = encode(oidc.Tied("https://provider.example", "sub", clock.now()))
    node.store.write(lambda transaction: transaction.put_document(oidc.TIED, GUARDIAN, tie))
    found["ways"] = plain(signin.ways(node, admin, GUARDIAN))
    found["reset"] = [
        signin.reset(node, admin, GUARDIAN),
        signin.signed_in(node, session),
        plain(signin.ways(node, admin, GUARDIAN)),
    ]
    found["refused"] = [
        tried(signin.reset, node, admin, WRITER), tried(signin.reset, node, admin, "nobody"), tried(signin.reset, node, as_user(node, SUPERVISOR), GUARDIAN),
        tried(signin.ways, node, as_user(node, SUPERVISOR), GUARDIAN), tried(signin.ticket, node, "nobody"), tried(lambda: signin.address(node, "TOKEN")),
    ]  # fmt: skip
    users.disable(node.store, admin, SUPERVISOR)
    found["switched off"] = [
        tried(signin.ticket, node, SUPERVISOR),
        tried(signin.by_codes, node, SUPERVISOR, "x", "123456", "oic"),
    ]
    found["ledger"] = lines(node, story.at)
    return found


def turned_away(node: Node, _: FakeClock) -> dict[str, Any]:
    """Forms and files of those who may not, by host, origin, token, kind, size and act; how much of each was read."""
    reader, auditor = browser(node, SUPERVISOR), browser(node, AUDITOR, "audit")
    body, kind = multipart({"form_token": reader.token(), "ref": "PQ/1"}, [("a.pdf", PDF)])
    exhibits, pieces = f"/cases/{URN}/exhibits", f"/cases/{URN}/uploads/{'0' * 40}?at=0"
    token = {"x-form-token": reader.token()}
    asked: dict[str, tuple[Browser, str, bytes, dict[str, str]]] = {
        "file: nobody": (browser(node), exhibits, body, {"content-type": kind}), "file: elsewhere": (reader, exhibits, body, {"content-type": kind, "origin": "https://evil.example"}),
        "file: no origin": (reader, exhibits, body, {"content-type": kind, "origin": ""}), "file: may not": (auditor, exhibits, body, {"content-type": kind}),
        "file: too large": (reader, exhibits, body, {"content-type": kind, "content-length": str(incoming.MOST_BYTES + fields.MOST_BYTES + 1)}),
        "file: largest": (reader, exhibits, body, {"content-type": kind, "content-length": str(incoming.MOST_BYTES + fields.MOST_BYTES)}),
        "file: no form": (reader, exhibits, body, {"content-type": FORM}), "piece: nobody": (browser(node), pieces, b"x" * 200_000, token), "piece: no token": (reader, pieces, b"x" * 200_000, {}),
        "piece: another's token": (reader, pieces, b"x" * 200_000, {"x-form-token": auditor.token()}), "piece: may not": (auditor, pieces, b"x" * 200_000, {"x-form-token": auditor.token()}),
        "piece: elsewhere": (reader, pieces, b"x" * 200_000, {**token, "origin": "null"}), "form: no token": (reader, "/language", b"language=sq", {"content-type": FORM}),
        "form: json": (reader, "/language", b"{}", {"content-type": "application/json"}), "form: empty": (reader, "/language", b"", {"content-type": "text/plain"}),
        "form: too large": (reader, "/language", b"a" * (fields.MOST_BYTES + 1), {"content-type": FORM}), "form: largest": (reader, "/language", b"a" * fields.MOST_BYTES, {"content-type": FORM}),
        "form: many fields": (reader, "/language", b"a=1&" * (fields.MOST_FIELDS + 1), {"content-type": FORM}), "form: odd letters": (reader, "/language", b"a=%ff", {"content-type": FORM}),
        "form: open, elsewhere": (browser(node), "/sign-in", b"", {"content-type": FORM, "origin": "https://evil.example"}),
        "host": (reader, "/language", b"", {"content-type": FORM, "host": "evil.example"}), "method": (reader, "/queue", b"", {"content-type": FORM}),
        "no such page": (reader, "/nothing", b"", {"content-type": FORM}), "may not": (auditor, "/queue/triage", f"form_token={auditor.token()}".encode(), {"content-type": FORM}),
    }  # fmt: skip
    found: dict[str, Any] = {}
    for name, (who, path, data, headers) in asked.items():
        read = [0]

        def counted(parts: bytes, read: list[int] = read) -> Any:
            return _Counted(parts, read)

        given = {"origin": ORIGIN, **headers}
        answer = who.ask(
            "POST",
            f"{path}{'&' if '?' in path else '?'}format=json",
            counted(data),
            {key: value for key, value in given.items() if value},
        )
        found[name] = {**whole(answer), "read": read[0]}
    for name, path in {
        "a page elsewhere": "/queue",
        "a file of ours": statics.tree().url("page.css"),
        "the news": "/pulse",
        "a hidden thing": "/findings/none?format=json",
        "nowhere": "/x?format=json",
    }.items():
        found[name] = whole(
            auditor.get(path) if name == "a page elsewhere" else reader.get(path, accept_encoding="gzip"),
            body="file" not in name,
        )
    return found


class _Counted(bytes):
    """A body that tells how many of its pieces were asked for."""

    def __new__(cls, data: bytes, _read: list[int]) -> Self:
        return super().__new__(cls, data)

    def __init__(self, _data: bytes, read: list[int]) -> None:
        self.read = read

    def __getitem__(self, at: Any) -> Any:
        made = super().__getitem__(at)
        return _Piece(made, self.read) if isinstance(at, slice) else made


class _Piece(bytes):
    def __new__(cls, data: bytes, _read: list[int]) -> Self:
        return super().__new__(cls, data)

    def __init__(self, _data: bytes, read: list[int]) -> None:
        self._read = read

    def __len__(self) -> int:
        self._read[0] = 1
        return super().__len__()


def looked_at(node: Node, _: FakeClock) -> dict[str, Any]:
    """Every page as a twin, for an officer, an auditor and a guardian of victims."""
    with node.view(as_user(node)) as view:
        ref = str(min(finding.id for finding in view.findings()))
        key = str(min(mention.key for record in view.records() for mention in record.mentions))
    story = Story(node)
    readers = {
        WRITER: browser(node, WRITER),
        AUDITOR: browser(node, AUDITOR, "audit"),
        GUARDIAN: browser(node, GUARDIAN, "victim-protection"),
    }
    story.at = size(node)
    for method, path in sorted(authz.TABLE):
        if (
            method == "POST"
            or path.startswith(("/static", "/events", "/openapi", "/sign-in", "/map", "/scans"))
            or "export" in path
        ):
            continue
        where = (
            path.replace("{ref}", ref if "findings" in path else "none")
            .replace("{key:path}", key)
            .replace("{urn}", URN)
            .replace("{task}", "t")
            .replace("{token}", "abc")
            .replace("{form}", "mg6c")
            .replace("{id}", "none")
            .replace("{case}", URN)
        )
        for who, reader in readers.items():
            mine = who == WRITER or path.startswith(("/protect", "/audit") if who == GUARDIAN else "/audit")
            story.step(f"{who}: {path}", reader.get(f"{where}?format=json"), body=mine and path != "/admin")
    for form in ("csv", "json", "x", "ftm"):
        story.step(f"handed out as {form}", readers[WRITER].get(f"/queue?export={form}&format=json"))
    return story.told


def over_tls(node: Node, _: FakeClock) -> Any:
    """The same page behind TLS."""
    return whole(
        Browser(page_app(node, Address(host="127.0.0.1", port=PORT, url=f"https://localhost:{PORT}"))).get("/sign-in")
    )


def slowed_down(node: Node, _: FakeClock) -> Any:
    """What is counted for whom and how often each may."""
    app, taken = app_of(node), []

    def take(name: str, limit: tuple[int, float]) -> bool:
        taken.append((plain(name), limit))
        return True

    app._limits.take = take  # type: ignore[method-assign] # to hear it
    reader = Browser(app).sign_in(WRITER)
    reader.get("/help")
    reader.post("/language", {"language": "en"})
    Browser(app).get("/sign-in")
    Browser(app).get("/queue")
    Browser(app).post("/sign-in/oidc", {})
    return taken


def small_parts() -> dict[str, Any]:
    """Cells of a sheet, fields of a form, languages, codings, origins, tokens, the form of every error."""
    cells = [
        "=1+1",
        "+x",
        "-1",
        "-x",
        "@a",
        "\tx",
        "\rx",
        " =x",
        "1e5",
        "",
        None,
        5,
        1.5,
        True,
        [1],
        {"a": 1},
        "a,b",
        'say "x"',
        "+44 20",
        "-1.5e3",
        "nan",
        "-inf",
    ]
    given = {"a": ["x ", " y"], "n": ["7"], "f": ["1,5"]}
    kinds = [
        kind for kind in vars(declared).values() if isinstance(kind, type) and issubclass(kind, declared.HeadwaterError)
    ]
    kinds += [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, declared.HeadwaterError) and kind not in kinds
    ]
    made = [
        kind("web", "x") if kind is declared.MissingExtraError else kind("what", where="where", fix="do")
        for kind in sorted(kinds, key=lambda one: one.__name__)
    ]
    addresses = [
        Address(host="127.0.0.1", port=8700),
        Address(host="10.0.0.1", port=443, url="https://page.example/"),
        Address(host="::1", port=1, url="http://x"),
    ]
    return {
        "cells": [page._cell(one) for one in cells], "sheet": page._csv({"who": "a", "at": "b"}, [{"a": 1, "b": "=x"}, {"b": None, "c": "é"}]).decode("utf-8-sig"),
        "plain": page.plain({"a": {3, 1, 2}, 1: (timedelta(0).__class__ is timedelta, FakeClock().now(), FakeClock().now().date())}),
        "fields": [read_fields(b"a=1&a=+2+&b=&c").kept(), {name: Fields([(name, value) for value in values]).texts(name) for name, values in given.items()}],
        "too many": [tried(read_fields, b"a=1&" * 1_001), tried(read_fields, b"a=%ff"), tried(read_fields, "a=é".encode()), tried(lambda: Fields([("a", "x")] * 201).texts("a")), tried(lambda: Fields([("a", "x" * 4_001)]).text("a"))],
        "never": sorted(fields.NEVER_SHOWN), "errors": {type(one).__name__: [errors.told(one), _status(partner.STATUS, one), _status(matching.STATUS, one)] for one in made},
        "hidden": [errors.told(declared.ForbiddenError(what, where="secret", fix="x")) for what in ("no such finding", "no message x", "rule role: no", "nosuch")],
        "origins": [[sorted(one.origins), sorted(one.hosts)] for one in addresses],
        "languages": [chosen(*wishes, accepts=accepts) for wishes, accepts in ((("sq",), "en"), (("xx", "sr-Cyrl"), ""), ((), "de, sr-Latn;q=0.9"), ((), "sr"), ((), "sq-AL,en"), ((), "de"), ((), ""))],
        "said": [language(tag).ngettext("one", "many", count) for tag in ("en", "xx", "sr-Cyrl") for count in (0, 1, 2, 5)] + [language(tag).number(1234.5, 1) for tag in ("en", "sr-Latn", "sq")] + [language(tag).when(FakeClock().now(), "Europe/Belgrade") for tag in ("en", "sr-Cyrl", "sq")],
        "codings": [statics.Static("x", {"": b"p", "gzip": b"g", "br": b"b"}).best(accepts)[0] for accepts in ("", "gzip", "br;q=1, gzip", "GZIP", "deflate", "gzip, x")],
        "tokens": [matching.token_of(header) for header in ("Bearer  a ", "bearer b", "Basic YTpiOmM=", "Basic !", "Digest x", "", "Basic 4pyT")],
        "objects": [tried(matching._object, data) for data in (b"{}", b"[]", b"x")], "pairs": [tried(matching._pairs, data) for data in (b"a=1&b=", b"&".join(b"a%d=1" % at for at in range(17)), b"\xff")],
        "pages": [(one.method, one.path, one.takes_file, one.into is not None) for one in _pages() if one.takes_file or one.into],
        "table": {f"{method} {path}": str(needs) for (method, path), needs in sorted(authz.TABLE.items())},
    }  # fmt: skip


def _pages() -> Iterable[page.Page]:
    from headwater.web.pages import every_page

    return every_page()


def _status(table: Any, error: Exception) -> int:
    return int(next(number for kind, number in table if isinstance(error, kind)))


def asked(
    app: Any, method: str, path: str, parts: Iterable[bytes] = (), headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """All of what an application without a page answers, and how many pieces of a body it asked for."""
    sent: list[dict[str, Any]] = []
    pending, read = list(parts), [0]
    path, _, query = path.partition("?")

    async def receive() -> dict[str, Any]:
        read[0] += 1
        return {"type": "http.request", "body": pending.pop(0) if pending else b"", "more_body": bool(pending)}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(), "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 8822),
             "headers": [(name.encode(), value.encode()) for name, value in (headers or {}).items()]}  # fmt: skip
    asyncio.run(app(scope, receive, send))
    head = {name.decode(): value.decode() for name, value in sent[0].get("headers", []) if name != b"content-length"}
    if "allow" in head:
        head["allow"] = ", ".join(sorted(head["allow"].split(", ")))  # a set, in any order
    body = b"".join(one.get("body", b"") for one in sent[1:])
    return {"status": sent[0]["status"], "headers": head, "body": body.decode()[:ENOUGH], "read": read[0]}


def partners() -> dict[str, Any]:
    """What partners' nodes are answered, and with what the server is set up."""
    half = bytes(MAX_BATCH // 2 + 1)
    good, odd = FakeExchange(), [declared.FormatError("secret"), declared.LimitError("secret"), declared.StoreFullError("secret"), declared.StoreBusyError("secret"), declared.ForbiddenError("secret")]  # fmt: skip
    found: dict[str, Any] = {
        f"{method} {path}": asked(partner.partner_app(good), method, path, [b"a", b"b"])
        for method, path in (("POST", "/v1/inbox"), ("GET", "/v1/inbox"), ("GET", "/v1/card"), ("POST", "/v1/card"), ("GET", "/v1/health"), ("GET", f"/v1/files/{CHUNK}"), ("GET", f"/v1/files/{'c' * 64}"), ("GET", "/v1/files/x"), ("GET", "/"), ("GET", "/v1/inbox/"))
    }  # fmt: skip
    for error in odd:
        for path in ("inbox", "card", f"files/{CHUNK}"):
            method = "POST" if path == "inbox" else "GET"
            found[f"{error.code}: {path[:5]}"] = asked(
                partner.partner_app(FakeExchange(error)), method, f"/v1/{path}", [b"x"]
            )
    found["largest"] = asked(partner.partner_app(good), "POST", "/v1/inbox", [half[1:], half[1:]])
    found["too large"] = asked(partner.partner_app(good), "POST", "/v1/inbox", [half, half, half])
    found["said to be too large"] = asked(
        partner.partner_app(good), "POST", "/v1/inbox", [b"x"], {"content-length": str(MAX_BATCH + 1)}
    )
    found["batches"] = [len(batch) for batch in good.batches]
    app: Any = None
    with mock.patch("uvicorn.Server"), mock.patch("uvicorn.Config") as config:
        partner.serve(app, "127.0.0.1", 1, tls=(Path("cert"), Path("key")))
    found["served with"] = {name: str(value) for name, value in config.call_args.kwargs.items()}
    screens: dict[str, Any] = {
        "health": ("GET", "/healthz"), "catalog": ("GET", "/catalog"), "no token": ("GET", "/reconcile", (), {"authorization": "Bearer none"}), "odd": ("GET", "/reconcile", (), {"authorization": "Bearer odd"}),
        "manifest": ("GET", "/reconcile"), "extend": ("POST", "/reconcile", [b"extend=%7B%7D"]), "queries": ("GET", "/reconcile?queries=%7B%7D"), "no queries": ("POST", "/match/x", [b"{}"]),
        "match": ("POST", "/match/x?limit=3", [b'{"queries":{}}']), "too large": ("POST", "/match/x", [bytes(matching.MAX_BODY), b"x"]), "properties": ("GET", "/reconcile/properties?type=Person"),
    }  # fmt: skip
    desk: Any = _Screens()
    found["matching"] = {name: asked(matching.matching_app(desk), *given) for name, given in screens.items()}
    return found


class _Screens:
    """Stands for the desk behind the door for other tools."""

    def caller(self, token: str) -> Any:
        if token == "none":
            raise declared.ForbiddenError("no token of this node")
        if token == "odd":
            raise declared.ForbiddenError("rule role: no", where="secret")
        return f"caller {token}"

    def __getattr__(self, name: str) -> Callable[..., dict[str, Any]]:
        return lambda *given: {"asked": name, "given": [str(one) for one in given]}


def sent(folder: Path) -> dict[str, Any]:
    """Forms with a file as they come: what is kept of them, and why others are not."""
    (folder / "home").mkdir()

    async def taken(body: bytes, kind: str) -> Any:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        from starlette.requests import Request

        scope = {
            "type": "http",
            "method": "POST",
            "path": "/",
            "query_string": b"",
            "headers": [(b"content-type", kind.encode())],
        }
        form, upload = await uploading.read_upload(Request(scope, receive), folder / "home")
        try:
            kept = {name: value[:60] + str(len(value)) for name, value in form.kept().items()}
            return [kept if len(kept) < 9 else len(kept), None if upload is None else [upload.name, upload.file.size]]
        finally:
            if upload is not None:
                upload.file.discard()

    good, kind = multipart({"ref": "PQ/1", "note": "é"}, [("a.pdf", PDF)])
    long = b"x" * (fields.MOST_BYTES // 2)
    given = {
        "good": (good, kind), "two files": multipart({}, [("a", b"x"), ("b", b"y")]), "no file": multipart({"a": "b"}, []), "empty": multipart({}, [("a", b"")]), "an upload": multipart({"upload": "x"}, []),
        "cut": (good[:-9], kind), "no form": (good, "text/plain"), "no boundary": (good, "multipart/form-data"), "odd field": multipart({}, [("a", b"x")], "other"),
        "odd letters": (good.replace("é".encode(), b"\xff"), kind), "nameless": (good.replace(b' name="ref"', b""), kind), "no data": (good.replace(b'form-data; name="ref"', b'attachment; name="ref"'), kind),
        "long": multipart({"a": long.decode(), "b": long.decode(), "c": "x"}, [("a", b"x")]), "longest": multipart({"a": long.decode(), "b": long.decode()}, [("a", b"x")]),
        "long head": (good.replace(b'name="ref"', b'name="ref"; x="' + b"y" * 4_096 + b'"'), kind), "head": (good.replace(b'name="ref"', b'name="ref"; x="' + b"y" * 4_000 + b'"'), kind),
        "many": _many(fields.MOST_FIELDS + 1, "x"), "many, empty": _many(fields.MOST_FIELDS + 1, ""), "most": _many(fields.MOST_FIELDS, ""), "many heads": (good.replace(b'name="ref"\r\n', b'name="ref"\r\n' + b"".join(b"x-%d: %s\r\n" % (at, b"y" * 4_000) for at in range(70))), kind), "odd name": multipart({}, [("../../x", b"x")]),
    }  # fmt: skip
    found = {name: tried(lambda body, kind: asyncio.run(taken(body, kind)), *one) for name, one in given.items()}
    found["left"] = sorted(path.name for path in (folder / "home").rglob("*") if path.is_file())
    found["sizes"] = [MOST_PIECE, incoming.MOST_BYTES]
    return found


def _many(count: int, value: str) -> tuple[bytes, str]:
    return multipart({f"f{at}": value for at in range(count)}, [("a", b"x")])


def addressed() -> dict[str, Any]:
    """Where a page may be served, from where it is reached, and what stands in its way."""
    found: dict[str, Any] = {}
    for host in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "10.0.0.1"):  # noqa: S104 - to be refused
        for url in ("", "https://page.example"):
            for name, door in (
                ("plain", PageDoor()),
                ("tls", PageDoor(tls=(Path("c"), Path("k")))),
                ("proxy", PageDoor(behind_proxy=True)),
            ):
                node: Any = SimpleNamespace(settings=SimpleNamespace(page_address=(host, PORT), page_url=url))
                app: Any = SimpleNamespace(site=SimpleNamespace(url="shown"))
                with (
                    mock.patch.object(serving, "_bound"),
                    mock.patch("headwater.web.app.page_app", return_value=app) as made,
                ):
                    try:
                        shown = serving._page_of(node, door)
                        found[f"{host} {url} {name}"] = [shown.shown, str(shown.tls), told(made.call_args.args[1])]
                    except declared.SettingsError as error:
                        found[f"{host} {url} {name}"] = refusal(error)
    return found


ALONE: dict[str, Callable[[], Any]] = {"small parts": small_parts, "partners": partners, "addressed": addressed}
AT_A_NODE: dict[str, Callable[[Node, FakeClock], Any]] = {
    "turned away": turned_away, "slowed down": slowed_down, "looked at": looked_at, "signing": signing, "ended": ended, "over TLS": over_tls,
}  # fmt: skip


@pytest.mark.parametrize("name", ALONE)
def test_what_the_small_parts_of_doors_answer_is_what_they_answered(name: str) -> None:
    hold(WHOLE, name, plain(ALONE[name]()))


def test_what_is_made_of_a_form_with_a_file_is_what_was(tmp_path: Path) -> None:
    hold(WHOLE, "sent", sent(tmp_path))


@pytest.mark.parametrize("name", AT_A_NODE)
def test_what_the_page_answers_is_what_it_answered(template: Path, tmp_path: Path, name: str) -> None:
    with opened(template, tmp_path) as (node, clock):
        usual = whole(browser(node, WRITER).get("/help?format=json"))["headers"]
        USUAL.update({} if usual == "as usual" else usual)
        hold(WHOLE, name, [USUAL, plain(AT_A_NODE[name](node, clock))])
