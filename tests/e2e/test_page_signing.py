"""Signing in in Debian's Chromium: a passkey of a virtual authenticator, an app's codes, recovery; on a node that runs."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from headwater.web.words import LANGUAGES
from tests import node_world
from tests.e2e.page_process import Houses, Reader, houses, needs_chromium, screens, violations, watched
from tests.node_world import AUDITOR, SUPERVISOR, WRITER

pytestmark = [pytest.mark.e2e, needs_chromium]
PASSPHRASE = "osam plavih čamaca na reci"
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Houses]:
    left = tmp_path_factory.mktemp("made")
    ports = {"listen": f"127.0.0.1:{node_world.free_port()}", "page": f"127.0.0.1:{node_world.free_port()}"}
    node_world.init(left / "uk", **ports)
    with houses(left, tmp_path_factory.mktemp("signing") / "homes", keys=("uk",)) as made:
        yield made


@pytest.fixture
def reader(chromium: Any, tmp_path: Path) -> Iterator[Reader]:
    with watched(chromium, tmp_path, "status of 403") as made:
        yield made


def virtual_key(page: Any) -> tuple[Any, str]:
    """Plug a key into the browser that answers by itself."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    made = devtools.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return devtools, made["authenticatorId"]


def leave(page: Any) -> None:
    page.locator("form[action='/sign-out'] button").click()
    page.locator("main[data-page=sign-in]").wait_for()


def test_a_newcomer_makes_a_passkey_and_signs_in_with_it_and_a_copy_is_refused(nodes: Houses, reader: Reader) -> None:
    began = time.monotonic()
    page = reader.sign_in(nodes.link("uk", WRITER)).page
    devtools, key = virtual_key(page)
    page.locator("[data-first-run] a").click()
    reader.at("authenticators")
    reader.show("authenticators")
    page.locator("#f-label").fill("desk in room 4")
    page.locator("form[data-passkey=create] [data-act=passkey]").click()
    page.locator("[data-recovery]").first.wait_for()
    reader.show("recovery")
    assert page.locator("[data-recovery]").count() == 10
    assert time.monotonic() - began < 120, "first run in two minutes"
    page.goto(page.url.rsplit("/authenticators", 1)[0] + "/authenticators")
    assert "desk in room 4" in page.locator("#passkeys table").inner_text()
    leave(page)
    reader.show("sign-in")
    copy = devtools.send("WebAuthn.getCredentials", {"authenticatorId": key})["credentials"][0]
    page.locator("#p-oic").check()
    page.locator("[data-passkey=get] [data-act=passkey]").click()
    reader.at("start")
    assert page.locator("[data-first-run]").count() == 0
    leave(page)
    # The key as it was before it was used: what a copy of it would be.
    devtools.send("WebAuthn.removeCredential", {"authenticatorId": key, "credentialId": copy["credentialId"]})
    devtools.send("WebAuthn.addCredential", {"authenticatorId": key, "credential": {**copy, "signCount": 0}})
    page.locator("[data-passkey=get] [data-act=passkey]").click()
    reader.at("error")
    assert "blocked" in page.locator("main").inner_text()


def test_a_browser_without_a_passkey_says_so_and_leaves_the_other_ways(nodes: Houses, reader: Reader) -> None:
    page = reader.page
    page.goto(nodes.link("uk", WRITER).partition("?")[0])
    virtual_key(page)
    page.locator("[data-passkey=get] [data-act=passkey]").click()
    page.locator("[data-told]", has_text="gave no passkey").wait_for()
    assert page.locator("#f-user").is_visible()


def test_an_app_is_set_up_and_signs_in_without_scripts(nodes: Houses, chromium: Any, tmp_path: Path) -> None:
    context = chromium.new_context(locale="en-GB", java_script_enabled=False)
    reader = Reader(context.new_page(), screens(tmp_path), []).sign_in(nodes.link("uk", SUPERVISOR))
    page = reader.page
    page.locator("[data-first-run] a").click()
    assert page.locator("form[data-passkey=create]").is_hidden()
    page.locator("[data-act=begin-codes]").click()
    secret = page.locator("[data-secret]").inner_text()
    reader.show("app")
    app = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # noqa: S303 - as RFC 6238 has it
    page.locator("#f-passphrase").fill(PASSPHRASE)
    page.locator("#f-code").fill(app.generate(int(time.time())).decode())
    page.locator("[data-act=confirm-codes]").click()
    recovery = page.locator("[data-recovery]").first.inner_text()
    leave(page)
    page.locator("#f-user").fill(SUPERVISOR)
    page.locator("#f-passphrase").fill(PASSPHRASE)
    # The next half minute's code: the node's clock may be that far off, and this one was used above.
    page.locator("#f-code").fill(app.generate(int(time.time()) + 30).decode())
    page.locator("[data-act=codes]").click()
    reader.at("start")
    leave(page)
    page.locator("#f-user").fill(SUPERVISOR)
    page.locator("#f-passphrase").fill(PASSPHRASE)
    page.locator("#f-code").fill(recovery)
    page.keyboard.press("Enter")
    reader.at("start")
    context.close()


@pytest.mark.parametrize(
    "tag", [tag if tag == "sr-Cyrl" else pytest.param(tag, marks=pytest.mark.deep) for tag in sorted(LANGUAGES)]
)
def test_axe_finds_nothing_on_the_pages_of_signing_in(nodes: Houses, reader: Reader, tag: str) -> None:
    page = reader.sign_in(nodes.link("uk", AUDITOR)).page
    base = page.url.rstrip("/")
    page.goto(f"{base}/authenticators?lang={tag}")
    if page.locator("[data-act=begin-codes]").count():
        page.locator("[data-act=begin-codes]").click()
    found = {}
    for path in ("/authenticators", "/sign-in"):
        page.goto(f"{base}{path}?lang={tag}")
        found[path] = violations(page)
    assert found == {"/authenticators": [], "/sign-in": []}
