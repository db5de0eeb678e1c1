"""Signing in through an OpenID provider in Debian's Chromium: the node and the provider are processes, and talk over real HTTP.

The page stands at localhost and the provider at 127.0.0.1: to the browser they are two sites, as in an authority's network.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import node_world
from tests.e2e.page_process import Houses, Reader, houses, needs_chromium, screens, violations, watched
from tests.node_world import AUDITOR, SUPERVISOR, WRITER, free_port
from tests.oidc_world import CLIENT, SECRET, Provider, provider_process

pytestmark = [pytest.mark.e2e, needs_chromium]


def say(provider: Provider, **told: Any) -> None:
    """Show a page that asks who somebody is, and set what is told beside it."""
    provider.tell(**{"asks": True, "claims": {}, **told})


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with provider_process() as made:
        yield made


@pytest.fixture(scope="module")
def left(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("made")
    ports = {"listen": f"127.0.0.1:{free_port()}", "page": f"127.0.0.1:{free_port()}"}
    told = {"oidc_issuer": provider.issuer, "oidc_client": CLIENT, "oidc_secret": SECRET}
    node_world.init(made / "uk", **ports, **told)
    return made


@pytest.fixture
def nodes(left: Path, tmp_path: Path) -> Iterator[Houses]:
    """A node that nobody has tried to sign in at yet: it takes ten tries a minute, and a quick machine makes more."""
    with houses(left, tmp_path / "homes", keys=("uk",)) as made:
        yield made


@pytest.fixture
def reader(chromium: Any, provider: Provider, tmp_path: Path) -> Iterator[Reader]:
    say(provider)
    # The browser notes each refusal by its number, and the provider's page for having no icon.
    with watched(chromium, tmp_path, r"status of (403|404|409)") as made:
        yield made


def address(nodes: Houses) -> str:
    return nodes.link("uk", WRITER).partition("/sign-in")[0]


def go(reader: Reader, base: str, who: str, purpose: str = "oic") -> None:
    """Choose the provider on our page, and say on its page who one is."""
    page = reader.page
    page.goto(f"{base}/sign-in?next=/queue")
    page.locator(f"#p-{purpose}").check()
    page.locator("[data-act=oidc]").click()
    page.locator("input[name=who]").fill(who)
    page.get_by_role("button", name="Log in").click()


def is_out(reader: Reader, base: str) -> bool:
    reader.page.goto(f"{base}/queue")
    return bool(reader.page.locator("main[data-page=sign-in]").count() == 1)


def test_an_officer_signs_in_by_the_provider_and_lands_where_she_wanted(
    nodes: Houses, reader: Reader, provider: Provider
) -> None:
    base, page = address(nodes), reader.page
    page.goto(f"{base}/sign-in?next=/queue")
    assert page.locator("[data-act=oidc]").inner_text().endswith(f"127.0.0.1:{provider.port}")
    assert violations(page) == []
    reader.show("oidc-sign-in")
    go(reader, base, WRITER)
    reader.at("queue")
    assert WRITER in page.locator(".session").inner_text()
    kept = {one["name"]: one for one in page.context.cookies() if "headwater" in one["name"]}
    assert [(one["httpOnly"], one["secure"], one["sameSite"]) for one in kept.values()] == [(True, True, "Strict")]
    page.locator("form[action='/sign-out'] button").click()
    reader.at("sign-in")
    assert is_out(reader, base)


def test_it_works_without_scripts(nodes: Houses, chromium: Any, provider: Provider, tmp_path: Path) -> None:
    say(provider)
    context = chromium.new_context(locale="en-GB", java_script_enabled=False)
    reader = Reader(context.new_page(), screens(tmp_path), [])
    go(reader, address(nodes), WRITER)
    reader.at("queue")
    context.close()


def test_roles_are_this_nodes_own_whatever_the_provider_claims(
    nodes: Houses, reader: Reader, provider: Provider
) -> None:
    base, page = address(nodes), reader.page
    say(provider, claims={"roles": ["admin", "auditor"], "groups": ["admin"], "role": "auditor"})
    go(reader, base, SUPERVISOR)
    reader.at("queue")
    assert page.goto(f"{base}/audit").status == 403
    page.locator("form[action='/sign-out'] button").first.click()
    reader.at("sign-in")
    go(reader, base, AUDITOR, "audit")
    page.locator("main:not([data-page=sign-in])").wait_for()
    assert page.goto(f"{base}/audit").status == 200
    assert page.locator("nav a[href='/search']").count() == 0


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"claims": {"nonce": "of another sign-in"}}, "policy.forbidden"),
        ({"changed": {"state": "of-another-sign-in"}}, "policy.forbidden"),
        ({"changed": {"iss": "http://127.0.0.1:1/realm"}}, "policy.forbidden"),
        ({"lie": "stranger"}, "trust.signature"),
        ({"error": "access_denied"}, "policy.forbidden"),
    ],
    ids=["nonce", "state", "issuer", "key", "refused"],
)
def test_an_answer_that_does_not_fit_lets_nobody_in_and_says_so(
    nodes: Houses, reader: Reader, provider: Provider, told: dict[str, Any], code: str
) -> None:
    base = address(nodes)
    say(provider, **told)
    go(reader, base, WRITER)
    reader.at("error")
    assert code in reader.page.locator("main").inner_text()
    assert is_out(reader, base)


def test_a_name_that_is_no_user_here_and_one_taken_by_another_person_are_refused(
    nodes: Houses, reader: Reader, provider: Provider
) -> None:
    base, page = address(nodes), reader.page
    go(reader, base, "x.stranger")
    reader.at("error")
    assert "this node does not" in page.locator("main").inner_text()
    go(reader, base, WRITER)
    reader.at("queue")
    page.locator("form[action='/sign-out'] button").click()
    reader.at("sign-in")
    say(provider, claims={"sub": "given away again"})
    go(reader, base, WRITER)
    reader.at("error")
    assert "another person" in page.locator("main").inner_text()


def test_an_answer_begun_in_one_browser_lets_nobody_in_at_another(
    nodes: Houses, reader: Reader, provider: Provider, chromium: Any
) -> None:
    base, page = address(nodes), reader.page
    say(provider, pauses=True)
    go(reader, base, WRITER)
    back = str(page.locator("a").get_attribute("href"))
    context = chromium.new_context(locale="en-GB")
    assert context.new_page().goto(back).status == 403
    context.close()
    page.locator("a").click()
    reader.at("queue")
    assert page.goto(back).status == 403, "it counts once"
