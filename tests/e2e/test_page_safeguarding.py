"""Whoever looks after people works through Debian's Chromium: a task without a name, one look at who it is, a decision, a duty done."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from headwater.node import Node, cases, protected, safeguarding, users
from tests import node_world
from tests.case_world import write_case
from tests.e2e.page_process import Houses, Reader, houses, needs_chromium, reading, violations
from tests.node_world import GUARDIAN, WRITER, as_user, free_port

pytestmark = [pytest.mark.e2e, needs_chromium]

URN = "00EX0000126"
LEAD = "l.lead"


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Houses]:
    left = tmp_path / "made"
    left.mkdir()
    ports = {"listen": f"127.0.0.1:{free_port()}", "page": f"127.0.0.1:{free_port()}"}
    node_world.init(left / "uk", notify_h=48.0, **ports)
    with Node.open(left / "uk", {}) as node:
        users.add(node.store, as_user(node, WRITER, "operation"), users.User(LEAD, frozenset({"safeguarding"})))
        cases.take_in(node, as_user(node, WRITER, "court"), write_case(tmp_path / "folder"))
        with node.store.snapshot() as snapshot:
            person = protected.of_case(snapshot, URN)["P3"].pseudonym
        safeguarding.report(node, as_user(node), person, "strong.violence", "gate", "bruises", woman_officer=True)
        lead = as_user(node, LEAD, "victim-protection")
        safeguarding.grant(node, lead, person, GUARDIAN, node.clock.now() + timedelta(hours=1), "care")
    with houses(left, tmp_path / "homes", keys=("uk",)) as made:
        yield made


@pytest.fixture
def reader(nodes: Houses, tmp_path: Path) -> Iterator[Reader]:
    with reading(nodes, GUARDIAN, tmp_path, "victim-protection") as made:
        yield made


def test_a_duty_to_notify_is_decided_done_and_off_the_list(reader: Reader) -> None:
    page = reader.page
    base = page.url.rstrip("/")
    page.goto(f"{base}/protect")
    reader.show("protect-list")
    assert violations(page) == []
    assert page.locator("main li").count() == 1
    page.locator("main li a").click()
    task = page.url
    assert page.get_by_role("button", name="It was done").count() == 0
    reader.show("protect")
    assert violations(page) == []

    page.locator("#look-reason").fill("she asked to be called")
    page.get_by_role("button", name="Open").click()
    identity = page.locator("[data-identity]")
    identity.wait_for()
    assert identity.locator("dt").count() > 0
    reader.show("protect-identity")
    assert violations(page) == []
    page.goto(task)
    assert page.locator("[data-identity]").count() == 0, "it is shown once"

    offered = page.locator("input[name=outcome]").evaluate_all("all => all.map(one => one.value)")
    assert offered == ["duty-to-notify", "declined", "handed-over", "dismissed"], "no first responder refers nobody"
    page.locator("#o-duty-to-notify").check()
    page.locator("#f-reason").fill("no consent")
    page.get_by_role("button", name="Decide").click()
    page.wait_for_url(f"{base}/protect")
    page.goto(task)
    reader.show("protect-duty")
    assert violations(page) == []
    page.locator("#f-reference").fill("MS/1")
    page.get_by_role("button", name="It was done").click()
    page.wait_for_url(f"{base}/protect")
    assert page.locator("main li").all_inner_texts() == ["None."]


def test_one_button_leaves_for_a_page_that_says_nothing(reader: Reader) -> None:
    page = reader.page
    page.goto(f"{page.url.rstrip('/')}/protect")
    page.locator("[data-act=exit]").click()
    page.wait_for_url("**/help")
    assert "protect" not in page.locator("main").inner_text().lower()
