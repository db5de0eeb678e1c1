"""Signing in through an OpenID provider that is a process of its own: whoever it names is let in, and no lie of it is."""

import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from headwater.errors import PeerRefusedError
from headwater.model.canonical import encode
from headwater.node import Node, oidc, oidc_provider, signin, users
from headwater.testing.fakes import FakeClock
from tests import node_world
from tests.node_world import SUPERVISOR, WRITER, as_user, events, free_port
from tests.oidc_world import CLIENT, SECRET, Provider, provider_process
from tests.page_world import Answer, Browser, browser

pytestmark = pytest.mark.slow  # a process of its own


def say(process: Provider, clock: FakeClock, name: str | None = WRITER, **more: Any) -> dict[str, int]:
    """Set whom it names next, by the clock of the node; return how often it was asked for what."""
    claims = {"preferred_username": name, **more.pop("claims", {})}
    return process.tell(now=clock.now().timestamp(), claims=claims, **more)


@pytest.fixture(scope="module")
def process() -> Iterator[Provider]:
    with provider_process() as made:
        yield made


@pytest.fixture
def provider(process: Provider, clock: FakeClock) -> Provider:
    say(process, clock)
    return process


@pytest.fixture
def node(tmp_path: Path, clock: FakeClock, template: Path, process: Provider) -> Iterator[Node]:
    home = shutil.copytree(template, tmp_path / "uk")
    changes = {"oidc_issuer": process.issuer, "oidc_client": CLIENT, "oidc_secret": SECRET}
    with node_world.node_at(home, clock, **changes) as opened:
        yield opened


def go(reader: Browser, provider: Provider, **form: str) -> str:
    """Begin a sign-in, walk through the provider, and return the address that it sends the browser back to."""
    begun = reader.post("/sign-in/oidc", {"purpose": "oic", **form}, token="")
    assert begun.status == 200, begun.text
    found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', begun.text)
    assert found is not None
    there = urlsplit(unescape(found[1]))
    status, back, _ = provider.ask("GET", f"{there.path}?{there.query}")
    assert status == 302
    assert back.startswith(f"{reader.app.site.url}/sign-in/oidc?")
    return f"/sign-in/oidc?{urlsplit(back).query}"


def come_back(reader: Browser, provider: Provider, **form: str) -> Answer:
    return reader.get(go(reader, provider, **form))


def is_in(reader: Browser) -> bool:
    return reader.get("/queue").status == 200


def test_a_user_is_signed_in_by_the_provider_and_goes_on_where_she_wanted(
    node: Node, provider: Provider, clock: FakeClock
) -> None:
    reader = browser(node)
    assert provider.issuer.partition("://")[2].partition("/")[0] in reader.get("/sign-in").text
    answer = come_back(reader, provider, next="/queue?state=all")
    assert answer.status == 200, answer.text
    assert 'content="0; url=/queue?state=all"' in answer.text
    assert is_in(reader)
    event = events(node, "page.signed-in")[-1]
    assert (event.who, event.purpose, event.detail) == (WRITER, "oic", {"how": "oidc"})
    assert len(events(node, "page.oidc-tied")) == 1
    come_back(browser(node), provider)
    assert len(events(node, "page.oidc-tied")) == 1


def test_no_form_of_the_page_leads_to_another_site(node: Node, provider: Provider) -> None:
    begun = browser(node).post("/sign-in/oidc", {"purpose": "oic"}, token="")
    assert "location" not in begun.headers
    assert "form-action 'self'" in begun.headers["content-security-policy"]
    cookie = begun.headers["set-cookie"].lower()
    for word in ("__host-", "secure", "httponly", "samesite=lax"):
        assert word in cookie


@pytest.mark.parametrize("lie", ["none", "shared", "stranger", "bent"])
def test_what_the_provider_did_not_sign_lets_nobody_in(
    node: Node, provider: Provider, clock: FakeClock, lie: str
) -> None:
    say(provider, clock, lie=lie)
    reader = browser(node)
    answer = come_back(reader, provider)
    assert (answer.status, "trust.signature" in answer.text) == (409, True)
    assert not is_in(reader)
    assert events(node, "page.oidc-refused")[-1].detail == {"code": "trust.signature"}


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"}, {"nonce": None}, {"aud": "another"}, {"aud": [CLIENT, "another"]}, {"azp": "another"},
        {"iss": "http://127.0.0.1:1/realm"}, {"exp": 1}, {"exp": None}, {"sub": None}, {"iat": 4102444800},
        {"preferred_username": "nobody"}, {"preferred_username": ["o.reed"]}, {"preferred_username": ""},
    ],
)  # fmt: skip
def test_an_answer_for_somebody_else_lets_nobody_in(
    node: Node, provider: Provider, clock: FakeClock, claims: dict[str, Any]
) -> None:
    say(provider, clock, claims=claims)
    reader = browser(node)
    answer = come_back(reader, provider)
    assert answer.status == 403, answer.text
    assert not is_in(reader)
    assert events(node, "page.signed-in") == []


def test_an_answer_counts_once_in_the_browser_that_asked_and_for_ten_minutes(
    node: Node, provider: Provider, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, thief = browser(node), browser(node)
    back = go(reader, provider)
    assert thief.get(back).status == 403
    secrets = dict(reader.cookies)
    assert reader.get(back).status == 200
    reader.cookies = secrets  # a browser that keeps what it was told to forget
    asked: list[Node] = []
    monkeypatch.setattr(oidc_provider, "describe", asked.append)
    assert reader.get(back).status == 403
    assert asked == []  # it is refused here, whatever a provider makes of a code that comes twice
    monkeypatch.undo()
    late = go(reader, provider)
    clock.move(timedelta(minutes=10))
    assert reader.get(late).status == 403
    assert reader.get("/sign-in/oidc?state=x&code=y").status == 403


def test_another_provider_cannot_answer_and_one_that_refuses_lets_nobody_in(
    node: Node, provider: Provider, clock: FakeClock
) -> None:
    say(provider, clock, response_iss="http://127.0.0.1:1/realm")
    assert come_back(browser(node), provider).status == 403
    say(provider, clock, error="access_denied")
    assert come_back(browser(node), provider).status == 403


def test_a_provider_that_says_who_it_is_must_say_so_in_every_answer(node: Node, provider: Provider) -> None:
    reader = browser(node)
    path, _, query = go(reader, provider).partition("?")
    said = [part for part in query.split("&") if not part.startswith("iss=")]
    assert len(said) == 2
    assert reader.get(f"{path}?{'&'.join(said)}").status == 403
    assert not is_in(reader)


def test_the_same_number_at_another_provider_is_another_person(
    node: Node, provider: Provider, clock: FakeClock
) -> None:
    before = oidc.Tied("http://127.0.0.1:1/realm", "sub-1", clock.now())
    node.store.write(lambda tx: tx.put_document(oidc.TIED, WRITER, encode(before)))
    answer = come_back(browser(node), provider)
    assert (answer.status, "another person of the provider" in answer.text) == (403, True)


def test_a_name_given_away_again_is_another_person_until_the_user_is_reset(
    node: Node, provider: Provider, clock: FakeClock
) -> None:
    say(provider, clock, SUPERVISOR)
    assert come_back(browser(node), provider).status == 200
    say(provider, clock, SUPERVISOR, claims={"sub": "sub-2"})
    answer = come_back(browser(node), provider)
    assert (answer.status, "another person of the provider" in answer.text) == (403, True)
    assert signin.ways(node, as_user(node), SUPERVISOR)["oidc_issuer"] == provider.issuer
    assert signin.reset(node, as_user(node), SUPERVISOR) == 1
    assert signin.ways(node, as_user(node), SUPERVISOR)["oidc_issuer"] is None
    assert come_back(browser(node), provider).status == 200


def test_a_user_who_is_switched_off_and_one_who_never_was_are_told_the_same(
    node: Node, provider: Provider, clock: FakeClock
) -> None:
    users.disable(node.store, as_user(node), SUPERVISOR)
    say(provider, clock, SUPERVISOR)
    off = come_back(browser(node), provider)
    say(provider, clock, "x.nobody")
    none = come_back(browser(node), provider)
    assert (off.status, none.status) == (403, 403)
    assert off.data == none.data


def test_a_new_key_of_the_provider_is_found_and_made_up_ones_do_not_make_the_node_ask_without_end(
    node: Node, provider: Provider, clock: FakeClock
) -> None:
    assert come_back(browser(node), provider).status == 200
    say(provider, clock, new_key=True)
    clock.move(timedelta(minutes=1))
    say(provider, clock)
    assert come_back(browser(node), provider).status == 200
    before = say(provider, clock, lie="stranger")["keys"]
    for _ in range(5):
        assert come_back(browser(node), provider).status == 409
    assert say(provider, clock)["keys"] <= before + 1


def test_an_address_of_mail_counts_where_the_provider_has_verified_it(
    tmp_path: Path, clock: FakeClock, template: Path, process: Provider
) -> None:
    home = shutil.copytree(template, tmp_path / "uk")
    changes = {"oidc_issuer": process.issuer, "oidc_client": CLIENT, "oidc_secret": SECRET}
    with node_world.node_at(home, clock, **changes, oidc_claim="email") as opened:
        for verified, status in ((False, 403), ("true", 403), (True, 200)):
            say(process, clock, claims={"email": WRITER, "email_verified": verified})
            assert come_back(browser(opened), process).status == status


def test_a_provider_that_cannot_be_reached_is_told_and_other_ways_in_stay(
    tmp_path: Path, clock: FakeClock, template: Path
) -> None:
    home = shutil.copytree(template, tmp_path / "uk")
    gone = f"http://127.0.0.1:{free_port()}"
    with node_world.node_at(home, clock, oidc_issuer=gone, oidc_client=CLIENT) as opened:
        reader = browser(opened)
        answer = reader.post("/sign-in/oidc", {"purpose": "oic"}, token="")
        assert (answer.status, "peer.unreachable" in answer.text) == (503, True)
        assert is_in(reader.sign_in(WRITER))


@pytest.mark.parametrize(
    "told", [{"issuer": "http://127.0.0.1:1/x"}, {"token_endpoint": "http://elsewhere.invalid/token"}]
)
def test_a_provider_that_is_not_what_the_settings_name_is_refused(
    node: Node, provider: Provider, clock: FakeClock, told: dict[str, str]
) -> None:
    say(provider, clock, **told)
    answer = browser(node).post("/sign-in/oidc", {"purpose": "oic"}, token="")
    assert (answer.status, "peer.refused" in answer.text) == (503, True)


def test_a_node_without_a_provider_offers_none(tmp_path: Path, clock: FakeClock, template: Path) -> None:
    home = shutil.copytree(template, tmp_path / "uk")
    with node_world.node_at(home, clock) as opened:
        reader = browser(opened)
        assert 'data-act="oidc"' not in reader.get("/sign-in").text
        assert reader.post("/sign-in/oidc", {"purpose": "oic"}, token="").status == 500


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("https://id.example/x", True), ("http://localhost:8080/x", True), ("http://id.example/x", False),
        ("ftp://localhost/x", False), ("https://user@id.example/", False), ("https://id.example/#x", False),
        ("https://", False), ("https://id.example:x/", False),
    ],
)  # fmt: skip
def test_a_provider_is_asked_over_tls_or_on_this_machine(url: str, safe: bool) -> None:
    assert oidc_provider.is_safe(url) is safe


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'"text"', b"1", b"null", b"true", b"\xff", b'[{"keys": []}]'])
def test_whatever_a_provider_answers_that_is_no_object_is_told_as_its_fault(data: bytes) -> None:
    with pytest.raises(PeerRefusedError, match="gave no JSON"):
        oidc_provider._json(data)
