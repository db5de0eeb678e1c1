"""The frame of the page: who is let in, what a form must bring, what every answer bears."""

import re
import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.responses import Response

from headwater.errors import ForbiddenError, SettingsError
from headwater.node import Node, signin, users
from headwater.node.pages.pulse import numbers
from headwater.policy.acts import GRANTS, Act
from headwater.testing.fakes import FakeClock
from headwater.web import authz, statics
from headwater.web.app import CSP, Address
from headwater.web.errors import told
from headwater.web.limits import Limits
from headwater.web.live import Beat, Pulse
from headwater.web.page import Context, Page
from headwater.web.pages import every_page, news
from tests.node_world import AUDITOR, PATIENCE_S, SUPERVISOR, WRITER, as_user, events
from tests.page_world import ORIGIN, Answer, Browser, app_of, browser

pytestmark = pytest.mark.slow  # a node of its own for each test


def test_whoever_is_not_signed_in_is_led_to_the_sign_in(node: Node) -> None:
    answer = browser(node).get("/queue")
    assert (answer.status, answer.goes_to) == (303, "/sign-in?next=/queue")


def test_a_ticket_opens_one_session_and_then_none(node: Node) -> None:
    ticket = signin.ticket(node, WRITER)
    reader = browser(node)
    page = reader.get(f"/sign-in?ticket={ticket}")
    assert page.field("ticket") == ticket
    assert not reader.cookies, "looking at the link uses nothing up"
    assert reader.post("/sign-in", {"ticket": ticket, "purpose": "oic"}).goes_to == "/"
    assert browser(node).post("/sign-in", {"ticket": ticket, "purpose": "oic"}).status == 403


def test_a_ticket_is_too_old_after_five_minutes(node: Node, clock: FakeClock) -> None:
    ticket = signin.ticket(node, WRITER)
    clock.move(timedelta(minutes=5))
    assert browser(node).post("/sign-in", {"ticket": ticket, "purpose": "oic"}).status == 403


def test_a_ticket_lets_nobody_in_who_was_switched_off_since_it_was_made(node: Node) -> None:
    ticket = signin.ticket(node, SUPERVISOR)
    users.disable(node.store, as_user(node, WRITER, "operation"), SUPERVISOR)
    before = len(events(node, "page.signed-in"))
    assert browser(node).post("/sign-in", {"ticket": ticket, "purpose": "oic"}).status == 403
    assert len(events(node, "page.signed-in")) == before


def test_a_session_ends_after_twelve_hours(node: Node, analyst: Browser, clock: FakeClock) -> None:
    clock.move(timedelta(hours=11, minutes=59))
    assert analyst.get("/queue").status == 200
    clock.move(timedelta(minutes=1))
    assert analyst.get("/queue").status == 303


def test_a_session_ends_when_its_user_is_switched_off(node: Node) -> None:
    reader = browser(node, SUPERVISOR)
    assert reader.get("/queue").status == 200
    users.disable(node.store, as_user(node, WRITER, "operation"), SUPERVISOR)
    assert reader.get("/queue").status == 303


def test_signing_out_ends_the_session_on_the_nodes_side(node: Node, analyst: Browser) -> None:
    kept = dict(analyst.cookies)
    assert analyst.post("/sign-out", {}).goes_to == "/sign-in"
    analyst.cookies = kept
    assert analyst.get("/queue").status == 303
    assert len(events(node, "page.signed-out")) == 1


def test_the_cookie_is_bound_to_this_host_and_hidden_from_scripts(node: Node) -> None:
    reader = browser(node)
    answer = reader.post("/sign-in", {"ticket": signin.ticket(node, WRITER), "purpose": "oic"})
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("__Host-")
    for word in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert word in cookie
    assert "Domain" not in cookie


def test_a_new_sign_in_renews_the_session(node: Node, analyst: Browser) -> None:
    before = dict(analyst.cookies)
    analyst.sign_in(WRITER, "court")
    assert analyst.cookies != before
    analyst.cookies = before
    assert analyst.get("/queue").status == 303


def test_the_store_holds_no_token_and_the_ledger_no_ticket(node: Node) -> None:
    ticket = signin.ticket(node, WRITER)
    token = signin.redeem(node, ticket, "oic")
    with node.store.snapshot() as snapshot:
        kept = [(key, body) for kind in (signin.TICKET, signin.SESSION) for key, _, body in snapshot.documents(kind)]
        told = [leaf.event for leaf in snapshot.leaves()]
    assert kept
    assert ticket not in repr(kept)
    assert token not in repr(kept)
    assert ticket not in repr(told)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:8701", ""])
def test_a_form_from_elsewhere_is_refused(node: Node, analyst: Browser, origin: str) -> None:
    assert analyst.post("/sign-out", {}, origin=origin).status == 403
    assert analyst.get("/queue").status == 200


def test_a_form_that_does_not_say_where_it_comes_from_is_refused(analyst: Browser) -> None:
    told = {"content-type": "application/x-www-form-urlencoded"}
    form = f"form_token={analyst.token()}".encode()
    assert analyst.ask("POST", "/sign-out", form, told).status == 403
    assert analyst.get("/queue").status == 200
    assert analyst.ask("POST", "/sign-out", form, {**told, "origin": ORIGIN}).status == 303


def test_a_form_without_the_sessions_token_is_refused(analyst: Browser, node: Node) -> None:
    other = browser(node, WRITER)
    for token in ("", "x", other.token()):
        assert analyst.post("/sign-out", {}, token=token).status == 403
    assert analyst.get("/queue").status == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8700", "localhost", "localhost:8701", ""])
def test_a_host_that_is_none_of_ours_is_refused(analyst: Browser, host: str) -> None:
    assert analyst.get("/queue", host=host).status == 403


def test_every_answer_bears_the_policy_of_content_exactly(analyst: Browser) -> None:
    for path in ("/queue", "/sign-in", "/nothing", "/pulse"):
        assert analyst.get(path).headers["content-security-policy"] == CSP
    assert analyst.get("/queue", host="evil.example").headers["content-security-policy"] == CSP


def test_no_page_holds_script_or_style_in_its_text(analyst: Browser) -> None:
    for path in ("/queue", "/sign-in", "/nothing"):
        text = analyst.get(path).text
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", text)
        assert all('src="/static/' in tag for tag in re.findall(r"<script[^>]*>", text))


def test_what_there_is_not_and_what_is_hidden_are_answered_in_equal_bytes(node: Node, analyst: Browser) -> None:
    answers = {analyst.get(path).data for path in ("/nothing", "/queue/nothing", "/static/0/x.js")}
    assert len(answers) == 1


def test_a_message_that_holds_nothing_to_answer_is_answered_like_one_that_there_is_not() -> None:
    assert told(ForbiddenError("no message that can be answered")) == told(ForbiddenError("no such message"))


def test_a_form_that_is_too_large_or_no_form_is_refused_and_nothing_is_done(analyst: Browser) -> None:
    large = b"form_token=" + b"a" * 300_000
    told = {"origin": "http://localhost:8700", "content-type": "application/x-www-form-urlencoded"}
    assert analyst.ask("POST", "/sign-out", large, told).status == 413
    assert analyst.ask("POST", "/sign-out", b"{}", {**told, "content-type": "application/json"}).status == 415
    assert analyst.get("/queue").status == 200


def test_a_page_asked_for_in_another_way_is_refused(analyst: Browser) -> None:
    assert analyst.post("/queue", {}).status == 405


@pytest.mark.parametrize("user", ["", "u.{number}"], ids=["nobody", "ever new names"])
def test_who_tries_tickets_is_slowed_down(node: Node, monkeypatch: pytest.MonkeyPatch, user: str) -> None:
    reader = browser(node)
    # Of a clock that stands still: on a busy machine eleven tries take as long as one try takes to come back.
    monkeypatch.setattr(reader.app, "_limits", Limits(lambda: 0.0))
    answers = [
        reader.post("/sign-in", {"ticket": f"guess{number}", "purpose": "oic", "user": user.format(number=number)})
        for number in range(11)
    ]
    assert {answer.status for answer in answers[:10]} == {403}
    assert answers[10].status == 429
    assert answers[10].headers["retry-after"]


def test_an_auditor_may_not_open_the_queue_and_is_told_the_rule_and_the_remedy(node: Node) -> None:
    answer = browser(node, AUDITOR, "audit").get("/queue")
    assert answer.status == 403
    assert "rule role" in answer.text
    assert "ask somebody who is" in answer.text


def test_a_route_that_is_not_in_the_table_stops_the_start(node: Node) -> None:
    def anything(_: Context) -> Response:
        return Response()

    with pytest.raises(SettingsError, match="authorisation table"):
        app_of(node, [*every_page(), Page("/forgotten", "forgotten", anything)])


def test_a_line_of_the_table_without_a_route_stops_the_start(node: Node) -> None:
    with pytest.raises(SettingsError, match="without a route"):
        app_of(node, [page for page in every_page() if page.path != "/queue"])


def test_every_form_route_asks_for_an_act_or_a_session_or_signs_in() -> None:
    open_forms = {
        path for (method, path), needs in authz.TABLE.items() if method == "POST" and needs is authz.Door.OPEN
    }
    assert open_forms == {"/sign-in", "/sign-in/oidc"}


def test_static_files_are_sent_compressed_and_kept_for_good(analyst: Browser) -> None:
    tree = statics.tree()
    answer = analyst.get(tree.url("page.css"), accept_encoding="gzip")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/css")
    assert answer.headers["content-encoding"] in {"gzip", "br"}
    assert "immutable" in answer.headers["cache-control"]
    plain = analyst.get(tree.url("page.css"))
    assert "content-encoding" not in plain.headers
    assert len(plain.data) > len(answer.data)


def test_a_return_address_never_leads_away(node: Node) -> None:
    for path in ("https://evil.example", "//evil.example", "/\\evil.example", "\\evil"):
        reader = browser(node)
        form = {"ticket": signin.ticket(node, WRITER), "purpose": "oic", "next": path}
        assert reader.post("/sign-in", form).goes_to == "/"


def test_the_language_of_a_session_is_kept(analyst: Browser) -> None:
    assert '<html lang="en">' in analyst.get("/queue").text
    assert analyst.post("/language", {"language": "sq", "next": "/queue"}).goes_to == "/queue"
    assert '<html lang="sq">' in analyst.get("/queue").text
    assert '<html lang="sr-Latn">' in analyst.get("/queue?lang=sr-Latn").text


def test_the_cookies_of_two_nodes_on_one_machine_differ(node: Node) -> None:
    one, other = (Address(host="127.0.0.1", port=port) for port in (8700, 8701))
    from headwater.web.app import page_app

    assert page_app(node, one).site.cookie != page_app(node, other).site.cookie


def test_the_pulse_changes_with_the_queue_and_is_silent_otherwise(node: Node, analyst: Browser) -> None:
    first = analyst.get("/pulse")
    assert set(first.json) == {"queue", "rescue", "exchange"}
    assert analyst.get("/pulse", if_none_match=first.headers["etag"]).status == 304


def test_the_stream_of_news_ends_with_its_session(
    node: Node, analyst: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "EVERY_S", 0.01)
    heard: list[Answer] = []
    began, look = threading.Event(), news._beat

    def looked(ctx: Context) -> Beat | None:
        found = look(ctx)
        began.set()
        return found

    monkeypatch.setattr(news, "_beat", looked)
    stream = threading.Thread(target=lambda: heard.append(analyst.get("/events")))
    stream.start()
    assert began.wait(PATIENCE_S)
    signin.sign_out(node, analyst.cookies[analyst.app.site.cookie])
    stream.join(PATIENCE_S)
    still_open = stream.is_alive()
    analyst.app.site.pulse.stopping.set()
    stream.join()
    assert not still_open
    assert heard[0].status == 200


def test_the_pulse_of_one_purpose_is_not_that_of_another(node: Node) -> None:
    one = as_user(node, WRITER)
    other = replace(one, roles=frozenset({"auditor"}))
    pulse = Pulse(node)
    assert dict(pulse.beat(one).numbers) == numbers(node, one)
    assert dict(pulse.beat(other).numbers) == numbers(node, other) != numbers(node, one)


def test_the_api_is_described_route_by_route_with_who_may_use_it(analyst: Browser) -> None:
    told = analyst.get("/openapi.json").json
    assert told["openapi"].startswith("3.1")
    described = {(method.upper(), path) for path, methods in told["paths"].items() for method in methods}
    wanted = {(method, re.sub(r":path", "", path)) for method, path in authz.TABLE if not path.startswith("/static/")}
    assert described == wanted
    assert told["paths"]["/queue"]["get"]["x-roles"] == sorted(GRANTS[Act.FINDING_LOOK])
