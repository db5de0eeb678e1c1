"""Correspondence in lists: pages of it, what needs somebody, and one message, without reading all the others."""

from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import msgspec
import pytest

from headwater.errors import ForbiddenError
from headwater.model.ids import MessageId
from headwater.node import Node, correspondence
from headwater.node.pages import mail, message
from headwater.policy import session as policy_session
from headwater.policy.acts import GRANTS, Act
from headwater.store import Transaction
from headwater.testing.fakes import FakeClock
from tests import node_world
from tests.contract.store_kit import incoming, message_id, outgoing
from tests.node_world import AUDITOR, as_user
from tests.page_world import browser

MANY = 2 * mail.ON_A_PAGE + 7
PINGS = 3


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node with messages both ways, each with a body that a list has no use for."""
    home = node_world.init(tmp_path_factory.mktemp("mail") / "uk")
    with node_world.node_at(home, FakeClock()) as node:

        def change(tx: Transaction) -> None:
            for number in range(1, MANY + 1):
                came, went = incoming(number, number), outgoing(10_000 + number, number)
                tx.add_incoming(msgspec.structs.replace(came, kind="spontaneous"))
                tx.add_outgoing(msgspec.structs.replace(went, kind="spontaneous"))
            for number in range(20_000, 20_000 + PINGS):
                tx.add_incoming(msgspec.structs.replace(incoming(number, number), kind="ping"))

        node.store.write(change)
    return home


@pytest.fixture
def node(template: Path) -> Iterator[Node]:
    with node_world.node_at(template, FakeClock()) as opened:
        yield opened


def test_each_message_stands_on_one_page_the_newest_first_and_what_nodes_say_apart(node: Node) -> None:
    pages = [mail.lists(node, as_user(node), page) for page in (1, 2, 3)]
    assert [one.id for page in pages for one in page.incoming] == [message_id(n) for n in range(MANY, 0, -1)]
    assert [one.id for page in pages for one in page.outgoing] == [message_id(10_000 + n) for n in range(MANY, 0, -1)]
    assert [page.has_more for page in pages] == [True, True, False]
    assert [len(page.quiet) for page in pages] == [PINGS, 0, 0]
    assert {one.kind for one in pages[0].quiet} == {"ping"}


def test_a_file_holds_the_whole_correspondence(node: Node) -> None:
    assert len({one.id for one in mail.every(node, as_user(node))}) == 2 * MANY + PINGS
    reader = browser(node, node_world.WRITER)
    assert len(reader.get("/exchange?export=json").json["rows"]) == 2 * MANY + PINGS


def test_the_page_says_where_the_next_rows_are(node: Node) -> None:
    reader = browser(node, node_world.WRITER)
    first = reader.get("/exchange")
    assert 'rel="next"' in first.text
    assert "?page=2" in first.text
    told = reader.get("/exchange?format=json").json
    assert told["next"] == "/exchange?page=2"
    assert reader.get("/exchange?page=3&format=json").json["next"] is None
    assert reader.get("/exchange?page=0").status == 400


def test_what_no_partner_has_taken_is_told_and_no_more_than_asked_for(node: Node) -> None:
    found = mail.pressing(node, as_user(node), 5)
    assert [one.id for one in found.unreceipted] == [message_id(10_000 + n) for n in range(MANY, MANY - 5, -1)]
    assert found.clocks == ()


def test_one_message_is_found_either_way_and_what_there_is_not_is_not(node: Node) -> None:
    session = as_user(node)
    ways = {ref: mail.line(node, session, ref) for ref in (message_id(3), message_id(10_003), message_id(30_000))}
    assert [one.way if one else None for one in ways.values()] == ["in", "out", None]
    with pytest.raises(ForbiddenError, match="no such message"):
        correspondence.show(node, session, MessageId(message_id(30_000)))


@pytest.mark.parametrize("look", ["lists", "pressing", "every", "line", "conversation", "recalls"])
def test_who_may_not_look_at_messages_sees_none_of_these(node: Node, look: str) -> None:
    session = as_user(node, AUDITOR, "audit")
    asked = {"pressing": (5,), "line": (message_id(1),), "conversation": (message_id(1),)}.get(look, ())
    with pytest.raises(ForbiddenError, match="rule role"):
        list(getattr(mail, look)(node, session, *asked))


def test_accepting_and_refusing_are_offered_each_to_whom_it_is_granted(node: Node) -> None:
    session = as_user(node)
    line = mail.line(node, session, message_id(3))
    assert line is not None
    assert line.state == "stored"
    for act, left in ((Act.MESSAGE_ACCEPT, "refuse"), (Act.MESSAGE_REFUSE, "accept")):
        with mock.patch.object(policy_session, "GRANTS", {**GRANTS, act: frozenset()}):
            assert message._acts(session, line, None, ()) & {"accept", "refuse"} == {left}
