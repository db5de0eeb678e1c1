"""Pulling from and pushing to another TAXII server: once each, resumable, and whatever that server does is a declared error."""

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_address
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from headwater.errors import (
    ForbiddenError,
    PeerRefusedError,
    PeerUnreachableError,
    SchemaError,
    SettingsError,
)
from headwater.exercise.threats import CERT, cert, indicator, objects, warning
from headwater.formats.stix_marking import TLP2
from headwater.formats.stix_rules import sortable
from headwater.model.canonical import encode
from headwater.model.fact import place_of, record_of
from headwater.model.ids import AuthorityId
from headwater.node import taxii_pull, taxii_remote, ti_release
from headwater.node.taxii_pull import Pulled, pull
from headwater.node.taxii_push import Pushed, Wanted, push
from headwater.node.taxii_remote import Collection, Login
from headwater.web.taxii import MEDIA
from tests import cyber_world
from tests.cyber_world import ANALYST, OWN, PASSWORD, RECEIVED, Cert
from tests.node_world import AUDITOR, WRITER, as_user, events, free_port

RS = AuthorityId("RS-CERT")
LOGIN = Login(WRITER, PASSWORD)


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Cert]:
    with cyber_world.cert(tmp_path) as made:
        yield made


@pytest.fixture
def there(tmp_path: Path) -> Iterator[tuple[Cert, str]]:
    """Another CERT's node, served over HTTP."""
    with cyber_world.cert(tmp_path / "there") as made, cyber_world.served(made.node) as base:
        yield made, f"{base}/headwater/"


def pulled(at: Cert, url: str, name: str = "own", **more: Any) -> Pulled:
    return pull(at.node, at.session(), Collection(url, name, LOGIN), RS, **more)


def pushed(at: Cert, url: str, wanted: Wanted = Wanted()) -> Pushed:  # noqa: B008 - a value
    return push(at.node, as_user(at.node, WRITER, "cyber-defence"), Collection(url, "own", LOGIN), wanted)


def received(at: Cert) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = at.get(f"{RECEIVED}/objects/?limit=1000").json.get("objects", [])
    return found


def test_a_pull_takes_every_object_once_and_the_next_one_only_what_is_new(at: Cert, there: tuple[Cert, str]) -> None:
    other, url = there
    other.post(objects(30))
    done = pulled(at, url, page=7)
    assert (done.pages, done.added, done.there, done.refused) == (5, 31, 0, 0)
    assert {one["id"] for one in received(at)} == {one["id"] for one in objects(30)}
    assert at.ids() == []
    other.clock.move(timedelta(minutes=1))
    other.post(objects(3, seed=9)[1:])
    # All 31 stand at one instant, at which others might have been added too: they are seen again and kept once.
    done = pulled(at, url, page=7)
    assert (done.added, done.there) == (3, 31)
    assert (pulled(at, url).added, pulled(at, url).there) == (0, 3)
    assert len(received(at)) == 34


def test_what_is_added_in_the_same_instant_as_the_last_object_is_not_lost(at: Cert, there: tuple[Cert, str]) -> None:
    other, url = there
    other.post(objects(3))
    pulled(at, url)
    other.post(objects(3, seed=9)[1:])  # that server's clock stands still
    assert pulled(at, url).added == 3


def test_a_pull_keeps_whose_word_it_is_and_from_where_and_never_sends_it_on_as_ours(
    at: Cert, there: tuple[Cert, str]
) -> None:
    other, url = there
    other.post(warning()["objects"])
    pulled(at, url)
    with at.node.view(at.session()) as view:
        records = list(view.records(source="stix"))
    assert {record.origin.originator for record in records} == {RS}
    assert {record.origin.file for record in records} == {f"taxii:{url.partition('//')[2]}own"}
    with pytest.raises(Exception, match="no such object of our own"):
        ti_release.release(at.node, at.session(), ti_release.Asking((), "RS-MOI", "A"))
    [event] = events(at.node, "taxii.pulled")
    assert event.detail == {"added": len(warning()["objects"]), "by": RS, "failed": 0, "held": 0}


def test_markings_hold_for_what_was_pulled(at: Cert, there: tuple[Cert, str]) -> None:
    other, url = there
    red = indicator(Random(8), "for one", "[domain-name:value = 'x.example']", "RED")
    other.post([cert(), red])
    pulled(at, url)
    assert red["id"] in {one["id"] for one in received(at)}
    assert at.ids(f"{RECEIVED}/objects/", user=ANALYST) == [CERT]


def test_another_servers_word_does_not_undo_a_recall(at: Cert, there: tuple[Cert, str]) -> None:
    other, url = there
    given = objects(1)
    other.post(given)
    pulled(at, url)
    with at.node.view(at.session()) as view:
        facts = [
            n for one in view.records(source="stix") if one.origin.place == given[1]["id"] for n, _ in one.numbered()
        ]
    at.node.store.write(lambda tx: tx.erase_facts(record_of(facts[0]), [place_of(one) for one in facts], who=WRITER))
    asked = Collection(url, "own", LOGIN)
    assert pull(at.node, at.session(), asked, AuthorityId("XK-CERT"), again=True).added == 1
    assert [one.get("revoked", False) for one in received(at) if one["id"] == given[1]["id"]] == [True]
    other.post([{**given[1], "modified": "2025-06-01T00:00:00.000Z"}])
    assert pulled(at, url).added == 1
    assert [one["modified"] for one in received(at) if one["id"] == given[1]["id"]] == ["2025-06-01T00:00:00.000Z"]


def test_a_pull_that_broke_goes_on_where_it_ended(
    at: Cert, there: tuple[Cert, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other, url = there
    other.post(objects(30))
    asked: list[dict[str, str]] = []
    whole = taxii_remote.Remote.objects

    def counted(self: taxii_remote.Remote, query: dict[str, str]) -> Any:
        asked.append(query)
        if len(asked) == 3:
            raise PeerUnreachableError("the line broke")
        return whole(self, query)

    monkeypatch.setattr(taxii_remote.Remote, "objects", counted)
    with pytest.raises(PeerUnreachableError):
        pulled(at, url, page=10)
    assert len(received(at)) == 20
    done = pulled(at, url, page=10)
    assert (done.pages, done.added, done.there) == (2, 11, 0)
    assert "next" in asked[3]


def test_a_cursor_that_the_server_forgot_begins_the_walk_anew(at: Cert, there: tuple[Cert, str]) -> None:
    other, url = there
    other.post(objects(9))
    place = taxii_pull.Place(next="forgotten")
    key = Collection(url, "own").target
    at.node.store.write(lambda tx: tx.put_document(taxii_pull.KIND, key, encode(place)))
    assert pulled(at, url).added == 10


def test_the_discovery_leads_to_the_api_root(at: Cert, there: tuple[Cert, str]) -> None:
    other, url = there
    other.post(objects(2))
    assert pulled(at, url.replace("/headwater/", "/taxii2/")).added == 3


def test_a_push_sends_what_anybody_may_have_once(at: Cert, there: tuple[Cert, str]) -> None:
    other, url = there
    at.post(objects(8))
    done = pushed(at, url)
    assert (done.taken, done.before) == (4, 0)  # an identity, two indicators, and the definition of CLEAR
    assert done.left_out
    marks = {ref for one in other.get(f"{OWN}/objects/").json["objects"] for ref in one.get("object_marking_refs", ())}
    assert marks == {TLP2["CLEAR"]}
    again = pushed(at, url)
    assert (again.taken, again.before) == (0, 4)
    assert [event.detail["objects"] for event in events(at.node, "taxii.pushed")] == [4]


def test_a_push_that_is_too_large_goes_in_halves(
    at: Cert, there: tuple[Cert, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    other, url = there
    at.post([{**one, "object_marking_refs": [TLP2["CLEAR"]]} for one in objects(9)])
    sizes: list[int] = []
    whole = taxii_remote.Remote.post

    def picky(self: taxii_remote.Remote, envelope: bytes) -> Any:
        sizes.append(len(json.loads(envelope)["objects"]))
        if sizes[-1] > 4:
            raise taxii_remote.RefusedError(413, "too large", "there")
        return whole(self, envelope)

    monkeypatch.setattr(taxii_remote.Remote, "post", picky)
    done = pushed(at, url)
    assert done.taken + done.pending == 11  # what refers to an object of another half waits for it
    assert (sizes[0], max(sizes[1:])) == (11, 6)
    assert len(other.get(f"{OWN}/objects/").json["objects"]) == 11


def test_who_may_not_add_or_release_is_refused_before_anything_is_asked(at: Cert) -> None:
    nowhere = Collection(f"http://127.0.0.1:{free_port()}/r/", "c")
    with pytest.raises(ForbiddenError):
        pull(at.node, as_user(at.node, AUDITOR, "cyber-defence"), nowhere, RS)
    with pytest.raises(ForbiddenError):
        push(at.node, as_user(at.node, ANALYST, "cyber-defence"), nowhere, Wanted())


@pytest.mark.parametrize(
    "url",
    ["http://cert.example/r/", "ftp://cert.example/", "https:///r/", "https://u:p@cert.example/r/",
     "https://cert.example/r/?a=b", "https://cert.example:x/r/", "//cert.example/r/", ""],
)  # fmt: skip
def test_an_address_that_cannot_be_asked_safely_is_refused(url: str) -> None:
    with pytest.raises(SchemaError):
        Collection(url, "c")


def test_a_password_is_in_no_text_of_its_own(at: Cert) -> None:
    assert PASSWORD not in repr(Collection("https://cert.example/r/", "c", LOGIN))


def test_an_authority_that_is_no_certificate_is_a_setting(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("nothing", encoding="utf-8")
    with pytest.raises(SettingsError):
        taxii_remote.Remote(Collection("https://cert.example/r/", "c", None, tmp_path / "ca.pem"))


def test_a_certificate_is_checked_and_that_of_an_own_authority_can_be_named(at: Cert, tmp_path: Path) -> None:
    pem = self_signed(tmp_path / "server.pem")
    with server(lambda _: (200, {}, envelope([cert()])), pem) as url:
        with pytest.raises(PeerRefusedError, match="certificate does not hold"):
            pulled(at, url)
        assert received(at) == []
        assert pull(at.node, at.session(), Collection(url, "own", LOGIN, pem), RS).added == 1


def self_signed(path: Path) -> Path:
    """A key and a certificate for 127.0.0.1 that nobody but itself has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "an invented server")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


Answering = Callable[[str], tuple[int, dict[str, str], bytes]]


@contextmanager
def server(answer: Answering, pem: Path | None = None) -> Iterator[str]:
    """A server that answers whatever a test wants."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Type": MEDIA, "Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, *_: object) -> None:
            pass

    made = HTTPServer(("127.0.0.1", 0), Handler)
    made.handle_error = lambda *_: None  # type: ignore[method-assign]  # a client that does not trust us goes away
    if pem is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        made.socket = context.wrap_socket(made.socket, server_side=True)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"{'https' if pem else 'http'}://127.0.0.1:{made.server_port}/r/"
    finally:
        made.shutdown()
        thread.join()
        made.server_close()


def envelope(found: list[Any], **more: Any) -> bytes:
    return json.dumps({"objects": found, **more}).encode()


WRONG: dict[str, tuple[int, dict[str, str], bytes]] = {
    "no such user": (401, {}, b'{"title": "who are you"}'),
    "may not": (403, {}, b"{}"),
    "not there": (404, {}, b"<html>"),
    "another media type asked for": (406, {}, b""),
    "asked too often": (429, {"Retry-After": "60"}, b""),
    "failed": (500, {}, b"\xff"),
    "away": (503, {}, b""),
    "another host": (302, {"Location": "http://127.0.0.2/r/"}, b""),
    "the same host elsewhere": (301, {"Location": "/other/"}, b""),
    "a page of the web": (200, {"Content-Type": "text/html"}, b"<html>"),
    "no JSON": (200, {}, b"{"),
    "a list": (200, {}, b"[]"),
    "a key twice": (200, {}, b'{"objects":[],"objects":[]}'),
    "too deep": (200, {}, b'{"objects":' + b"[" * 90 + b"]" * 90 + b"}"),
    "objects that are none": (200, {}, b'{"objects":{}}'),
    "more without a cursor": (200, {}, envelope([cert()], more=True)),
    "pages without end": (200, {}, envelope([cert()], more=True, next="again")),
    "pages without objects": (200, {}, envelope([], more=True, next="x")),
    "too much": (200, {}, b'{"objects":[' + b" " * (16 * 1024 * 1024) + b"]}"),
    "less than announced": (200, {"Content-Length": "4000"}, b"{}"),
}


@pytest.mark.parametrize("name", WRONG)
def test_whatever_a_server_does_wrong_is_the_partners_fault_and_keeps_what_was_good(at: Cert, name: str) -> None:
    with server(lambda _: WRONG[name]) as url, pytest.raises((PeerRefusedError, PeerUnreachableError)) as caught:
        pulled(at, url)
    assert caught.value.exit == 75
    assert PASSWORD not in str(caught.value)
    assert {one["id"] for one in received(at)} <= {CERT}


def test_a_server_that_is_not_there_cannot_be_reached(at: Cert) -> None:
    with pytest.raises(PeerUnreachableError):
        pulled(at, f"http://127.0.0.1:{free_port()}/r/")


def test_a_discovery_that_leads_to_another_host_is_not_followed(at: Cert) -> None:
    body = json.dumps({"default": "http://127.0.0.2:1/r/"}).encode()
    with server(lambda _: (200, {}, body)) as url, pytest.raises(PeerRefusedError, match="another host"):
        pulled(at, url.replace("/r/", "/taxii2/"))


@pytest.mark.parametrize("default", ["http://[", "//[::1", "/nowhere/"])
def test_a_discovery_that_leads_nowhere_is_the_servers_fault(at: Cert, default: str) -> None:
    discovery = json.dumps({"default": default}).encode()
    with (
        server(lambda path: (200, {}, discovery) if path.endswith("/taxii2/") else (404, {}, b"{}")) as url,
        pytest.raises(PeerRefusedError),
    ):
        pulled(at, url.replace("/r/", "/taxii2/"))


def test_a_root_that_is_written_in_letters_of_any_kind_is_asked(at: Cert) -> None:
    discovery = json.dumps({"default": "/коріnь/%C3%A9/"}).encode()
    asked: list[str] = []

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        asked.append(path)
        return 200, {}, discovery if path.endswith("/taxii2/") else envelope([cert()])

    with server(answer) as url:
        assert pulled(at, url.replace("/r/", "/taxii2/")).added == 1
    assert asked[-1].startswith("/%D0%BA%D0%BE%D1%80%D1%96n%D1%8C/%C3%A9/collections/")


@pytest.mark.parametrize("last", ["0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000001Z", "0321-05-01T00:00:00Z"])
def test_a_time_from_the_beginning_of_the_calendar_is_where_the_next_pull_begins(at: Cert, last: str) -> None:
    with server(lambda _: (200, {"X-TAXII-Date-Added-Last": last}, envelope([cert()]))) as url:
        assert pulled(at, url).added == 1
        since = pulled(at, url).since
    assert since is not None
    assert sortable(since) <= sortable(last)


def test_a_bad_object_on_a_page_is_told_and_the_others_are_kept(at: Cert) -> None:
    page = envelope([cert(), {**objects(1)[1], "confidence": 101}, 7])
    with server(lambda _: (200, {}, page)) as url:
        done = pulled(at, url)
    assert (done.added, done.refused) == (1, 2)
    assert "objects[1].confidence" in done.left_out[0]


BOTH = json.dumps({"failures": [{"id": CERT}], "pending_count": 2}).encode()
"""Of two objects both wait, and one is refused as well."""


@pytest.mark.parametrize(
    "body", [b'{"status":"complete","failure_count":1,"pending_count":-1}', b'{"pending_count":99}', BOTH]
)
def test_a_status_that_does_not_fit_is_the_partners_fault(at: Cert, body: bytes) -> None:
    at.post([cert()])
    with server(lambda _: (202, {}, body)) as url, pytest.raises(PeerRefusedError):
        pushed(at, url)
    assert events(at.node, "taxii.pushed") == []


def test_what_the_other_server_refuses_of_a_push_is_told_and_tried_again_another_time(at: Cert) -> None:
    at.post([cert()])
    said = {
        "status": "complete",
        "failures": [{"id": CERT, "version": "x", "message": "not\nthat"}],
        "pending_count": 0,
    }
    with server(lambda _: (202, {}, json.dumps(said).encode())) as url:
        first, second = pushed(at, url), pushed(at, url)
    assert first.refused == [(CERT, "notthat")]
    assert second.refused == [(CERT, "notthat")]
