"""Later words on a message: read, accepted, acted."""

import pytest

from headwater.errors import ConflictError, SchemaError
from headwater.exchange.told import WORDS
from headwater.model.ids import MessageId
from headwater.model.message import Kind, Message
from tests.exchange_world import BELGRADE, LONDON, TERMS, Node, message


def sent(london: Node) -> MessageId:
    ref = london.exchange.send(message(), who="o.reed").id
    assert ref is not None
    london.bring(BELGRADE)
    return ref


def words(node: Node, ref: MessageId) -> list[str]:
    return [each.word for each in node.exchange.told().get(ref, ())]


def test_each_word_of_the_recipient_reaches_the_sender_in_its_order(london: Node, belgrade: Node) -> None:
    ref = sent(london)
    assert words(london, ref) == [], "the receipt says that it is stored, and no more"
    for word in WORDS:
        belgrade.exchange.tell(ref, word, who="m.ilic", purpose="oic")
        belgrade.bring(LONDON)
    assert words(london, ref) == ["read", "accepted", "acted"]
    assert [event.detail["word"] for event in london.events("told")] == ["read", "accepted", "acted"]
    assert words(belgrade, ref) == []


def test_a_word_that_is_said_twice_is_kept_once(london: Node, belgrade: Node) -> None:
    ref = sent(london)
    for _ in range(2):
        belgrade.exchange.tell(ref, "acted", who="m.ilic", purpose="oic")
        belgrade.bring(LONDON)
    assert words(london, ref) == ["acted"]


def test_there_is_no_other_word_and_none_on_a_message_that_is_not_here(london: Node, belgrade: Node) -> None:
    ref = sent(london)
    with pytest.raises(SchemaError, match="no word on a message"):
        belgrade.exchange.tell(ref, "ignored", who="m.ilic", purpose="oic")
    with pytest.raises(ConflictError):
        belgrade.exchange.tell(MessageId("019abb6c-0000-7000-8000-000000000000"), "read", who="m.ilic", purpose="oic")


def test_nothing_is_told_about_a_message_that_was_put_aside(london: Node, belgrade: Node) -> None:
    ref = sent(london)
    belgrade.exchange.refuse(ref, who="m.ilic", reason="not for us")
    with pytest.raises(ConflictError, match="refused"):
        belgrade.exchange.tell(ref, "accepted", who="m.ilic", purpose="oic")


@pytest.mark.parametrize(
    ("thread", "word"), [("019abb6c-0000-7000-8000-000000000000", "read"), ("", "read"), ("theirs", "destroyed")]
)
def test_a_partners_word_on_what_it_was_not_sent_is_noted_and_changes_nothing(
    london: Node, belgrade: Node, thread: str, word: str
) -> None:
    ref = sent(london)
    told = Message(
        kind=Kind.RECEIPT, recipient=LONDON, agreement=TERMS, thread=ref if thread == "theirs" else thread, result=word
    )
    assert belgrade.exchange.send(told, who="m.ilic").is_queued
    belgrade.bring(LONDON)
    assert london.exchange.told() == {}
    assert len(london.events("word-doubted")) == 1


def test_a_word_is_told_for_the_purpose_that_it_is_told_for_and_under_the_agreement_of_the_message(
    london: Node, belgrade: Node
) -> None:
    ref = sent(london)
    sending = belgrade.exchange.tell(ref, "acted", who="m.ilic", purpose="trafficking")
    assert sending.id is not None
    told = belgrade.exchange.sent(sending.id)
    assert told is not None
    assert (told.purpose, told.agreement, told.recipient, told.thread) == ("trafficking", TERMS, LONDON, ref)
    assert belgrade.events("sent")[-1].purpose == "trafficking"
