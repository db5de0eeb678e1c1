"""Signing in at the page by passkey, by codes, by ticket; setting these up, and an admin's reset."""

import base64
import re
from datetime import timedelta
from html import unescape

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from headwater.node import Node, authenticators, codes
from headwater.testing.fakes import FakeClock
from tests.node_world import GUARDIAN, SUPERVISOR, WRITER, events
from tests.page_world import ORIGIN, Answer, Browser, browser
from tests.passkey_world import Authenticator

pytestmark = pytest.mark.slow  # a node of its own for each test
PASSPHRASE = "osam plavih čamaca na reci"


def options(answer: Answer) -> str:
    found = re.search(r'data-options="([^"]*)"', answer.text)
    assert found is not None
    return unescape(found.group(1))


def papers(answer: Answer) -> list[str]:
    return re.findall(r"<code data-recovery>([A-Z2-7-]+)</code>", answer.text)


def with_passkey(reader: Browser) -> tuple[Authenticator, list[str]]:
    key = Authenticator(ORIGIN)
    answer = key.make(options(reader.get("/authenticators")))
    made = reader.post("/authenticators/passkeys", {"passkey": answer, "label": "my own key"})
    assert made.status == 200
    return key, papers(made)


def enter(reader: Browser, **form: str) -> Answer:
    return reader.post("/sign-in", {"purpose": "oic", **form})


def test_a_newcomer_goes_from_link_to_passkey_to_signing_in_with_it(node: Node, analyst: Browser) -> None:
    assert "data-first-run" in analyst.get("/").text
    key, recovery = with_passkey(analyst)
    assert len(recovery) == 10
    assert "data-first-run" not in analyst.get("/").text
    page = analyst.get("/authenticators")
    assert "my own key" in page.text
    assert recovery[0] not in page.text, "shown once"
    stranger = browser(node)
    assert enter(stranger, passkey=key.sign(options(stranger.get("/sign-in")))).goes_to == "/"
    assert stranger.get("/queue").status == 200


def test_a_newcomer_sets_up_an_app_and_signs_in_without_a_script(
    node: Node, analyst: Browser, clock: FakeClock
) -> None:
    assert analyst.post("/authenticators/codes", {}).goes_to == "/authenticators#codes"
    page = analyst.get("/authenticators")
    assert 'src="data:image/svg+xml' in page.text
    secret = re.search(r"<code data-secret>([A-Z2-7]+)</code>", page.text)
    assert secret is not None
    app = TOTP(base64.b32decode(secret.group(1)), 6, SHA1(), 30)  # noqa: S303 - as RFC 6238 has it
    code = app.generate(int(clock.now().timestamp())).decode()
    made = analyst.post("/authenticators/codes/confirm", {"passphrase": PASSPHRASE, "code": code})
    assert len(papers(made)) == 10
    assert secret.group(1) not in analyst.get("/authenticators").text
    clock.move(timedelta(seconds=30))
    code = app.generate(int(clock.now().timestamp())).decode()
    stranger = browser(node)
    assert enter(stranger, user=WRITER, passphrase=PASSPHRASE, code=code).goes_to == "/"
    assert enter(browser(node), user=WRITER, passphrase=PASSPHRASE, code=code).status == 403
    assert enter(browser(node), user=WRITER, passphrase=PASSPHRASE, code=papers(made)[3]).status == 303


def test_a_lost_passkey_is_made_good_by_one_recovery_code(node: Node, analyst: Browser) -> None:
    _, recovery = with_passkey(analyst)
    assert enter(browser(node), user=WRITER, code=recovery[0]).status == 303
    assert enter(browser(node), user=WRITER, code=recovery[0]).status == 403


def test_how_to_sign_in_is_changed_in_a_fresh_session_alone(node: Node, analyst: Browser, clock: FakeClock) -> None:
    key = Authenticator(ORIGIN)
    asked = options(analyst.get("/authenticators"))
    clock.move(timedelta(minutes=15))
    assert "data-options" not in analyst.get("/authenticators").text
    forms = {
        "/authenticators/passkeys": {"passkey": key.make(asked), "label": "late"},
        "/authenticators/codes": {},
        "/authenticators/codes/confirm": {"passphrase": PASSPHRASE, "code": "123456"},
        "/authenticators/recovery": {},
        "/authenticators/remove": {"passkey": "x"},
    }
    for path, form in forms.items():
        answer = analyst.post(path, form)
        assert (answer.status, "rule fresh" in answer.text) == (403, True), path
    assert authenticators.own(node, WRITER).is_empty


def test_the_page_of_one_user_shows_nothing_of_another(node: Node, analyst: Browser) -> None:
    with_passkey(analyst)
    codes.begin(node, WRITER)
    other = browser(node, SUPERVISOR)
    page = other.get("/authenticators")
    assert "my own key" not in page.text
    assert "data-secret" not in page.text
    ref = authenticators.own(node, WRITER).passkeys[0].id
    assert other.post("/authenticators/remove", {"passkey": ref}).status == 404
    assert len(authenticators.own(node, WRITER).passkeys) == 1


def test_an_admin_resets_another_but_not_the_own(node: Node, analyst: Browser) -> None:
    guardian = browser(node, GUARDIAN)
    with_passkey(guardian)
    with_passkey(analyst)
    page = analyst.get("/admin").text
    assert page.count('action="/admin/users/reset"') == 1
    assert analyst.post("/admin/users/reset", {"name": WRITER}).status == 403
    assert analyst.post("/admin/users/reset", {"name": GUARDIAN}).goes_to == "/admin?done=reset"
    assert guardian.get("/authenticators").status == 303, "the sessions of that user have ended"
    assert authenticators.own(node, GUARDIAN).is_empty
    assert not authenticators.own(node, WRITER).is_empty
    assert len(events(node, "user.authenticators-reset")) == 1


def test_a_sign_in_with_nothing_says_what_is_missing(node: Node) -> None:
    assert enter(browser(node)).status == 400
    assert enter(browser(node), user=WRITER).status == 400


def test_no_page_repeats_what_lets_somebody_in(node: Node, analyst: Browser) -> None:
    given = {"passphrase": PASSPHRASE, "code": "AAAA-BBBB-CCCC", "passkey": "", "ticket": ""}
    refused = [
        browser(node).post("/sign-in", {"user": WRITER, "purpose": "", **given}),
        enter(browser(node), passkey="[not an answer]", ticket="TTTT-TTTT"),
        analyst.post("/authenticators/codes/confirm", {**given, "passphrase": "short", "code": "123456"}),
    ]
    assert all(one.status in {400, 403} for one in refused)
    for answer in refused:
        for telling in (PASSPHRASE, "AAAA-BBBB", "not an answer", "TTTT-TTTT", "short", "123456"):
            assert telling not in answer.text.replace("too short", "")


def test_the_sign_in_offers_no_passkey_beside_a_ticket(node: Node) -> None:
    page = browser(node).get("/sign-in?ticket=abc").text
    assert "data-passkey" not in page
    assert 'name="user"' not in page


def test_looking_at_the_sign_in_fills_no_store(node: Node) -> None:
    reader = browser(node)
    with node.store.snapshot() as snapshot:
        before = len(list(snapshot.leaves()))
    asked = {options(reader.get("/sign-in")) for _ in range(3)}
    assert len(asked) == 3
    with node.store.snapshot() as snapshot:
        assert len(list(snapshot.leaves())) == before
        assert not list(snapshot.documents("page-challenge"))
