"""Whole answers by TAXII, as the server and as the client: statuses, headers, bodies, what was asked, what the ledger says.

Two desks stand in one process. What the client asks the other server goes there in memory, and each question is told.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from itertools import repeat
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from headwater.errors import HeadwaterError
from headwater.exercise.threats import CERT, cert, indicator, misp_event, objects, warning
from headwater.formats.stix_marking import TLP2
from headwater.model.ids import AuthorityId
from headwater.node import taxii_cursor, taxii_push, taxii_roots, taxii_users, ti_release
from headwater.node.taxii import _envelope
from headwater.node.taxii_pull import Pulled, pull
from headwater.node.taxii_push import Wanted, push
from headwater.node.taxii_remote import Collection, Login, Remote
from headwater.node.taxii_roots import CollectionSpec, Root
from headwater.web.taxii import MEDIA
from tests import cyber_world
from tests.cyber_world import ANALYST, OWN, PASSWORD, RECEIVED, Answer, Cert
from tests.frozen import hold, refusal, told, tried
from tests.node_world import AUDITOR, WRITER, as_user
from tests.unit.node.test_taxii_client import WRONG
from tests.wired_world import lines, size_of

WHOLE = Path(__file__).with_name("taxii_whole.json")
RS = AuthorityId("RS-CERT")
LOGIN = Login(WRITER, PASSWORD)
URL = "http://127.0.0.1:8822/headwater/"
DRAWN = re.compile(r"\b[A-Za-z0-9_-]{32}\b(?!-)")
STORE = ("write-only", "read-only", "both")


def plain(thing: Any) -> Any:
    """A document without cursors, and with statuses under one name."""
    if isinstance(thing, str):
        return DRAWN.sub("~", thing)
    if isinstance(thing, dict):
        return {plain(name): plain(value) for name, value in thing.items()}
    return [plain(one) for one in thing] if isinstance(thing, list) else thing


def whole(answer: Answer) -> dict[str, Any]:
    """All of an answer; of many objects their identifiers and versions."""
    body: Any = answer.json if answer.body else ""
    if isinstance(body, dict) and len(body.get("objects", ())) > 2:
        body["objects"] = [
            [one["id"], one.get("modified", one.get("version")), one.get("revoked"), one.get("object_marking_refs")]
            for one in body["objects"]
        ]
    headers = {name: value for name, value in answer.headers.items() if name not in ("content-length", "allow")}
    return {"status": answer.status, "headers": headers, "body": plain(body)}


class Story:
    """What is asked of one desk, step by step, and what each step left in the ledger."""

    def __init__(self, at: Cert) -> None:
        self.at, self.told = at, dict[str, Any]()
        self.seen = size_of(at.node)

    def step(self, name: str, answer: Answer) -> Answer:
        self.told[name] = {**whole(answer), "ledger": self.new()}
        return answer

    def new(self) -> Any:
        self.at.node.store.write(lambda _: None)
        found = [list(line) for line in lines(self.at.node, self.seen)]
        self.seen = size_of(self.at.node)
        return plain(told(found))


def given_roots(at: Cert) -> None:
    """Add an API root with collections that can be read, written, both; number and size small."""
    kept = tuple(
        CollectionSpec(number=10 + number, id=f"0000000{number}-0000-4000-8000-000000000000", title=alias, alias=alias, can_read=alias != "write-only", can_write=alias != "read-only")
        for number, alias in enumerate(STORE)
    )  # fmt: skip
    root = Root(
        path="more", information={"title": "more", "versions": [MEDIA], "max_content_length": 2_000}, collections=kept
    )
    at.node.store.write(lambda transaction: taxii_roots.put(transaction, root))


def served(at: Cert) -> dict[str, Any]:
    """Everything that can be asked of the desk."""
    given_roots(at)
    story, newer = Story(at), {**objects(3)[2], "modified": "2026-02-01T00:00:00.000Z", "name": "newer"}
    for path in (
        "/taxii2/",
        "/headwater/",
        "/more/",
        "/headwater/collections/",
        "/more/collections/",
        f"{OWN}/",
        "/more/collections/write-only/",
        "/nothing/",
        f"{OWN}/objects/",
        f"{RECEIVED}/manifest/",
    ):
        story.step(path, at.get(path))
    story.step("posted", at.post(objects(6)))
    at.clock.move(timedelta(seconds=1))
    odd: Any = 7
    story.step(
        "posted again, one newer, one odd", at.post([*objects(1), newer, {**objects(1)[1], "confidence": 101}, odd])
    )
    waits = {
        **indicator(Random(9), "waits", "[domain-name:value = 'w.example']"),
        "object_marking_refs": ["marking-definition--00000000-0000-4000-8000-000000000001"],
    }
    red = indicator(Random(8), "for one", "[domain-name:value = 'x.example']", "RED")
    told_of = story.step("posted, held and red", at.post([waits, red])).json
    story.step("status", at.get(f"/headwater/status/{told_of['id']}/"))
    story.step("status of another's", at.get(f"/headwater/status/{told_of['id']}/", user=ANALYST))
    story.step("status under another root", at.get(f"/more/status/{told_of['id']}/"))
    mark = {
        "type": "marking-definition",
        "spec_version": "2.1",
        "id": waits["object_marking_refs"][0],
        "created": "2026-01-01T00:00:00Z",
        "definition_type": "statement",
        "definition": {"statement": "x"},
    }
    story.step("what it waits for has come", at.post([mark]))
    story.step("status then", at.get(f"/headwater/status/{told_of['id']}/"))
    count = len(at.get(f"{OWN}/objects/?limit=1000").json["objects"])
    story.new()
    for limit in (count - 1, count, count + 1):
        story.step(f"a page of {limit - count} more than there are", at.get(f"{OWN}/manifest/?limit={limit}"))
    first = objects(3)[1]["id"]
    questions = (
        "", "?limit=2", "?limit=0", "?limit=x", "?limit=99999999999", "?match[type]=identity", "?match[type]=identity,indicator&limit=3", f"?match[id]={first}", "?match[id]=",
        "?match[version]=all", "?match[version]=first", "?match[version]=2026-02-01T00:00:00Z", "?match[version]=x", "?match[spec_version]=2.0", "?match[spec_version]=2.1,3", "?added_after=2020-01-01T00:00:00Z",
        "?added_after=2027-01-01T00:00:00Z", "?added_after=x", "?next=x", "?more=1",
    )  # fmt: skip
    for question in questions:
        story.step(f"objects{question}", at.get(f"{OWN}/objects/{question}"))
    for question in questions[:2]:
        story.step(f"manifest{question}", at.get(f"{OWN}/manifest/{question}"))
        story.step(f"an analyst's{question}", at.get(f"{OWN}/objects/{question}", user=ANALYST))
    onward = at.get(f"{OWN}/objects/?limit=2").json["next"]
    story.new()
    story.step("the next page", at.get(f"{OWN}/objects/?limit=3&next={onward}"))
    story.step(
        "the next page of another question", at.get(f"{OWN}/objects/?limit=2&next={onward}&match[type]=identity")
    )
    for ref in (newer["id"], "indicator--00000000-0000-4000-8000-000000000009"):
        for path in ("", "?match[version]=all", "versions/"):
            story.step(f"one: {ref[:20]} {path}", at.get(f"{OWN}/objects/{ref}/{path}"))
    posted = {"may not be read": "write-only", "may not be written": "read-only", "both": "both"}
    for name, alias in posted.items():
        story.step(f"posted, {name}", at.post(objects(2), f"/more/collections/{alias}"))
        story.step(f"read, {name}", at.get(f"/more/collections/{alias}/objects/"))
        story.step(f"deleted, {name}", at.ask("DELETE", f"/more/collections/{alias}/objects/{CERT}/"))
    story.step("posted, too large", at.post([cert("x" * 2_000)], "/more/collections/both"))
    story.step(
        "said to be too large",
        at.ask("POST", "/more/collections/both/objects/", b"{}", headers={"content-length": "2001"}),
    )
    at.post([{**newer, "modified": "2026-03-01T00:00:00.000Z"}])
    story.new()
    story.step(
        "one version deleted", at.ask("DELETE", f"{OWN}/objects/{newer['id']}/?match[version]=2026-02-01T00:00:00Z")
    )
    story.step("what is left", at.get(f"{OWN}/objects/{newer['id']}/versions/"))
    story.step("all deleted", at.ask("DELETE", f"{OWN}/objects/{newer['id']}/"))
    story.step("what is left then", at.get(f"{OWN}/objects/{newer['id']}/versions/"))
    story.step("deleted by an analyst", at.ask("DELETE", f"{OWN}/objects/{first}/", user=ANALYST))
    for name, body in {
        "no JSON": b"x",
        "a list": b"[]",
        "more": b'{"objects":[],"x":1}',
        "none": b'{"objects":[]}',
        "no objects": b"{}",
    }.items():
        story.step(f"posted: {name}", at.ask("POST", f"{OWN}/objects/", body))
    for name, headers in {
        "no accept": {"accept": ""},
        "2.0": {"accept": "application/taxii+json;version=2.0"},
        "q": {"accept": f"{MEDIA};q=0.5"},
        "several": {"accept": "text/html, application/taxii+json"},
        "json": {"content-type": "application/json"},
        "no password": {"authorization": "Basic eA=="},
    }.items():
        story.step(
            f"asked with {name}",
            at.ask(
                "POST",
                f"{OWN}/objects/",
                b'{"objects":[]}',
                headers=headers,
                user=None if "password" in name else WRITER,
            ),
        )
    return story.told


def let_in(at: Cert) -> dict[str, Any]:
    """Passwords: how long, whose, forgotten by a new one; cursors of others."""
    admin, story, key = as_user(at.node, WRITER, "operation"), Story(at), b"k" * 32
    found: dict[str, Any] = {}
    for name, session, user, password in (
        ("short", admin, ANALYST, "1234567"),
        ("long enough", admin, ANALYST, "12345678"),
        ("of nobody", admin, "nobody", PASSWORD),
        ("not an admin's", as_user(at.node, ANALYST), ANALYST, PASSWORD),
    ):
        found[name] = tried(taxii_users.set_password, at.node, session, user, password)
    found["asked"] = [
        whole(at.get("/taxii2/", user=ANALYST, password=word))["status"]
        for word in ("12345678", PASSWORD, "12345678", "")
    ]
    taxii_users.set_password(at.node, admin, ANALYST, "another one")
    found["after a new one"] = [
        whole(at.get("/taxii2/", user=ANALYST, password=word))["status"]
        for word in ("12345678", "another one", "another one")
    ]
    found["auditor"] = tried(at.desk.caller, AUDITOR, PASSWORD)
    with at.node.store.snapshot() as snapshot:
        kept = {key: json.loads(body) for key, _, body in snapshot.documents(taxii_users.KIND)}
    found["kept"] = {name: [sorted(one), len(one["salt"]), len(one["hashed"])] for name, one in kept.items()}
    found["salts differ"] = len({one["salt"] for one in kept.values()}) == len(kept)
    found["cursors"] = [
        taxii_cursor.sign(key, 7, "q"),
        taxii_cursor.read(key, taxii_cursor.sign(key, 7, "q"), "q"),
        tried(taxii_cursor.read, key, taxii_cursor.sign(key, 7, "q"), "r"),
        tried(taxii_cursor.read, b"x", taxii_cursor.sign(key, 7, "q"), "q"),
        tried(lambda: taxii_cursor.read(key, taxii_cursor.sign(key, 7, "q")[:-4] + "AAAA", "q")),
        tried(taxii_cursor.read, key, "é", "q"),
    ]
    found["ledger"] = story.new()
    return found


Answering = Callable[[str, str, bytes | None], tuple[int, Mapping[str, str], bytes]]


@contextmanager
def asking(answer: Answering) -> Iterator[list[Any]]:
    """Let clients ask in memory; yield what they asked."""
    asked: list[Any] = []

    def exchange(self: Remote, method: str, path: str, body: bytes | None) -> tuple[Any, bytes]:
        sent = {name: value for name, value in self._headers.items() if name != "User-Agent"}
        asked.append(
            plain([method, path, sent, None if body is None else [one["id"] for one in json.loads(body)["objects"]]])
        )
        status, headers, data = answer(method, path, body)
        named = {"content-type": MEDIA, **{name.lower(): value for name, value in headers.items()}}
        return SimpleNamespace(status=status, headers=SimpleNamespace(get=lambda name: named.get(name.lower()))), data

    with mock.patch.object(Remote, "_exchange", exchange):
        yield asked


def desk_of(other: Cert) -> Answering:
    """Another CERT's desk as a server."""

    def answer(method: str, path: str, body: bytes | None) -> tuple[int, Mapping[str, str], bytes]:
        found = other.ask(method, path, body or b"")
        return found.status, found.headers, found.body

    return answer


def _done(act: Callable[[], Any], asked: list[Any], story: Story) -> dict[str, Any]:
    before = len(asked)
    try:
        done = told(act())
    except HeadwaterError as error:
        done = refusal(error)
    return {"done": plain(done), "asked": asked[before:], "ledger": story.new()}


def pulled_and_pushed(at: Cert, other: Cert) -> dict[str, Any]:
    """What a client asks a good server for, pulling and pushing, again and again."""
    story, found = Story(at), dict[str, Any]()
    heard: list[tuple[int, int]] = []

    def take(**more: Any) -> Pulled:
        return pull(
            at.node, at.session(), Collection(URL, "own", LOGIN), RS, progress=lambda *seen: heard.append(seen), **more
        )

    def give(wanted: Wanted) -> Any:
        return push(
            at.node, at.session(), Collection(URL, "own", LOGIN), wanted, progress=lambda *seen: heard.append(seen)
        )

    with asking(desk_of(other)) as asked:
        other.post([*objects(7), *warning()["objects"]])
        found["pulled"] = _done(lambda: take(page=4), asked, story)
        other.clock.move(timedelta(minutes=1))
        other.post(objects(2, seed=9)[1:])
        found["pulled on"] = _done(take, asked, story)
        found["pulled again"] = _done(lambda: take(again=True, page=100), asked, story)
        found["from the discovery"] = _done(
            lambda: pull(at.node, at.session(), Collection(URL.replace("headwater", "taxii2"), "received"), RS),
            asked,
            story,
        )
        found["by who may not"] = _done(
            lambda: pull(at.node, as_user(at.node, AUDITOR, "cyber-defence"), Collection(URL, "own"), RS), asked, story
        )
        at.post([{**one, "object_marking_refs": [TLP2["CLEAR"]]} for one in objects(5, seed=4)])
        story.new()
        found["pushed"] = _done(lambda: give(Wanted()), asked, story)
        found["pushed again"] = _done(lambda: give(Wanted()), asked, story)
        found["one pushed"] = _done(lambda: give(Wanted(ids=(objects(5, seed=4)[2]["id"],))), asked, story)
        found["pushed to nobody we know"] = _done(lambda: give(Wanted(to="RS-MOI", agreement="A")), asked, story)
    found["heard"] = heard
    found["received"] = whole(at.get(f"{RECEIVED}/objects/?limit=1000"))
    found["held"] = ti_release.held(at.node, at.session())
    return found


def badly_answered(at: Cert) -> dict[str, Any]:
    """What is made of servers that answer wrongly, forget, refuse or wait."""
    story, found = Story(at), dict[str, Any]()
    at.post([{**one, "object_marking_refs": [TLP2["CLEAR"]]} for one in objects(3)])
    story.new()

    def take(name: str = "own") -> Pulled:
        return pull(at.node, at.session(), Collection(URL, name, LOGIN), RS, page=5)

    for name, wrong in WRONG.items():
        if name not in ("less than announced", "too much"):
            with asking(_in_turn(repeat(wrong))) as asked:
                found[name] = _done(partial(take, name), asked, story)
    for status in (303, 307, 308, 400, 410, 415, 418, 422, 507):
        with asking(_in_turn(repeat((status, {}, b'{"title":"no\\u0007pe"}')))) as asked:
            found[f"answered {status}"] = _done(partial(take, f"{status}"), asked, story)["done"]
    answers: list[tuple[int, Mapping[str, str], bytes]] = [
        (200, {"X-TAXII-Date-Added-Last": "2026-01-02T00:00:00Z"}, json.dumps({"objects": [cert()], "more": True, "next": "n1"}).encode()), (404, {}, b"{}"),
        (200, {"X-TAXII-Date-Added-Last": "2026-01-01T00:00:00Z"}, json.dumps({"objects": objects(1), "more": False}).encode()), (200, {}, b""), (200, {"X-TAXII-Date-Added-Last": "x"}, json.dumps({"objects": [7, cert()]}).encode()),
    ]  # fmt: skip
    with asking(_in_turn(answers)) as asked:
        for name in ("forgotten in the middle", "nothing new", "odd object"):
            found[name] = _done(take, asked, story)
    said = {
        "id": "s",
        "status": "pending",
        "failures": [{"id": CERT, "message": "not\nthat"}, {"id": 7}],
        "pending_count": 1,
    }
    given: dict[str, list[tuple[int, dict[str, Any]]]] = {
        "partly refused": [(202, {**said, "status": "complete"})], "waited for": [(202, said), (200, said), (200, {**said, "status": "complete", "pending_count": 0})],
        "never done": [(202, said)] + [(200, said)] * 5, "too large": [(413, {}), (202, {"status": "complete"}), (202, {"status": "complete", "pending_count": 1})], "refused": [(403, {"description": "no"})], "odd": [(202, {"pending_count": -1})],
        "too many": [(202, {"pending_count": 99})], "more refused than sent": [(202, {"failures": [{"id": CERT}] * 99})],
    }  # fmt: skip
    for name, answered in given.items():
        root = (200, {"max_content_length": 50_000})
        with (
            asking(_in_turn(map(_coded, [root, *answered]))) as asked,
            mock.patch("time.sleep") as slept,
        ):
            found[f"pushed, {name}"] = {
                **_done(
                    partial(push, at.node, at.session(), Collection(URL, f"c-{name}", LOGIN), Wanted()),
                    asked,
                    story,
                ),
                "waited": [call.args[0] for call in slept.call_args_list],
            }
    found["in parts"] = [
        [len(part) for part in taxii_push._parts([{"id": "x" * 100}] * 9, most)] for most in (1_000, 1_400, 10**6)
    ]
    found["most"] = [len(part) for part in taxii_push._parts([{}] * 2_001, 10**7)]
    return found


def _in_turn(answers: Iterable[tuple[int, Mapping[str, str], bytes]]) -> Answering:
    left = iter(answers)
    return lambda *_: next(left)


def _coded(given: tuple[int, dict[str, Any]]) -> tuple[int, dict[str, str], bytes]:
    return given[0], {}, json.dumps(given[1]).encode()


def addressed() -> dict[str, Any]:
    """Addresses that may be asked and those that may not; envelopes; what is shown of a login."""
    urls = ("https://cert.example/r/", "http://127.0.0.1/r/", "http://[::1]:8/r", "http://localhost/", "http://cert.example/r/", "ftp://cert.example/", "https:///r/", "https://u:p@cert.example/r/", "https://u@cert.example/r/", "https://cert.example/r/?a=b", "https://cert.example/r/#a", "https://cert.example:x/r/", "https://cert.example:0/", "//x/")  # fmt: skip
    return {
        "urls": {url: tried(lambda url: [Collection(url, "c").url, Collection(url, "c").target], url) for url in urls}, "nameless": tried(lambda: Collection("https://cert.example/r/", " ")),
        "login": repr(Login("u", "p")), "envelopes": [tried(_envelope, body) for body in (b"{}", b"[]", b'{"objects":[],"more":true,"next":"x"}', b'{"objects":[],"id":1}', b'{"objects":{}}', b'{"objects":[' + b",".join([b"1"] * 3) + b"]}")],
        "headers": Remote(Collection("https://cert.example/r/", "c", LOGIN))._headers, "nobody's": Remote(Collection("https://cert.example/r/", "c"))._headers,
    }  # fmt: skip


def kept_from_misp(at: Cert, folder: Path) -> dict[str, Any]:
    """An event of MISP as TAXII shows it."""
    from headwater.node.reading import read_files

    story, path = Story(at), folder / "misp.json"
    path.write_text(json.dumps(misp_event()), encoding="utf-8")
    [done] = read_files("misp", [str(path)], originator=at.node.authority, keep_good=True, into=(at.node, at.session()))
    return {
        "read": len(done.ids),
        "ledger": len(story.new()),
        "shown": whole(at.get(f"{OWN}/objects/")),
        "exported": tried(lambda: json.loads(ti_release.export(at.node, at.session(), "stix").data)),
    }


WORLDS: dict[str, Callable[[Cert], Any]] = {"served": served, "let in": let_in, "badly answered": badly_answered}


@pytest.mark.parametrize("name", WORLDS)
def test_what_is_answered_by_taxii_is_what_was(tmp_path: Path, name: str) -> None:
    with cyber_world.cert(tmp_path) as at:
        hold(WHOLE, name, WORLDS[name](at))


def test_what_a_client_asks_and_keeps_is_what_it_did(tmp_path: Path) -> None:
    with cyber_world.cert(tmp_path / "here") as at, cyber_world.cert(tmp_path / "there") as other:
        hold(WHOLE, "pulled and pushed", pulled_and_pushed(at, other))


def test_what_may_be_asked_and_what_is_shown_of_misp_is_what_was(tmp_path: Path) -> None:
    hold(WHOLE, "addressed", addressed())
    with cyber_world.cert(tmp_path) as at:
        hold(WHOLE, "misp", kept_from_misp(at, tmp_path))
