"""What a person sends and the decision to send it are one: neither is ever kept without the other."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import NoReturn

import pytest

from headwater.errors import StoreFullError
from headwater.exchange.outbox import APPROVER
from headwater.model.decision import Verb
from headwater.model.fact import Fact
from headwater.model.grade import parse_grade
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, MessageId, RecordId, StateCode
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.node import Node, messages, setup
from headwater.node.messages import Letter
from headwater.node.users import User
from headwater.policy.agreement import Osja, OsjaLevel, Safeguard
from headwater.settings import Settings
from headwater.store import Transaction
from tests.exchange_world import BELGRADE, LONDON, TERMS, agreement

FAR = date(2999, 12, 31)  # the node has the machine's clock
LASTING = agreement(
    valid_until=FAR,
    safeguards={StateCode("UK"): Safeguard(ref="DPT-INVENTED", until=FAR)},
    osja=Osja(ref="OSJA-INVENTED", level=OsjaLevel.LOW, review_by=FAR),
)
ASK = messages.address("request", BELGRADE, TERMS)
TELL = messages.address("spontaneous", BELGRADE, TERMS)


@pytest.fixture
def london(tmp_path: Path) -> Iterator[Node]:
    """London's node, which has confirmed Belgrade."""
    for me in (LONDON, BELGRADE):
        users = [User("o.reed", frozenset({"analyst", "liaison"})), User("s.hall", frozenset({"supervisor"}))]
        setup.init(tmp_path / me, Settings(authority=me), users)
    with Node.open(tmp_path / LONDON, {}) as node, Node.open(tmp_path / BELGRADE, {}) as other:
        paper = other.exchange.sign_agreement(node.exchange.sign_agreement(LASTING))
        node.exchange.add_partner([other.exchange.card_bytes()], [paper], who="o.reed")
        node.exchange.confirm_partner(BELGRADE, other.exchange.card().fingerprint, who="o.reed")
        yield node


def record_of_a_person(node: Node) -> RecordId:
    key = EntityKey("uk/person/1")
    record = Record(
        origin=Origin(originator=LONDON, source="report"),
        handling=Handling(purposes=frozenset({"oic"})),
        grade=parse_grade("3x5x2:1/B"),
        mentions=(Mention(key, "Person", PersonCategory.SUSPECT),),
        facts=(Fact(key, "name", "Exercise Person"), Fact(key, "birthDate", "1980-01-01")),
    )
    node.store.write(lambda tx: tx.add_record(record))
    return record.id


def sent(node: Node) -> list[MessageId]:
    return [row.id for row in node.exchange.outgoing() if row.kind != "ping"]


def released(node: Node) -> list[tuple[Verb, str, str]]:
    with node.store.snapshot() as snapshot:
        return [(made.verb, made.about, made.who) for made in snapshot.decisions()]


def no_room(_tx: Transaction, _decision: object) -> NoReturn:
    raise StoreFullError("no room")


def test_what_is_sent_stands_beside_the_decision_of_whoever_sent_it(london: Node) -> None:
    sending = messages.send(london, london.session("o.reed", "oic"), ASK, Letter(reason="to find it"))
    assert sent(london) == [sending.id]
    assert released(london) == [(Verb.RELEASE, sending.id, "o.reed")]


def test_nothing_is_queued_where_the_decision_cannot_be_kept(london: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Transaction, "add_decision", no_room)
    with pytest.raises(StoreFullError):
        messages.send(london, london.session("o.reed", "oic"), ASK, Letter(reason="to find it"))
    assert sent(london) == []


def test_a_draft_goes_on_waiting_where_the_decision_to_approve_it_cannot_be_kept(
    london: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = Letter(classification="OFFICIAL", records=(record_of_a_person(london),))
    held = messages.send(london, london.session("o.reed", "oic"), TELL, letter)
    assert held.id is not None
    assert released(london) == []
    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "add_decision", no_room)
        with pytest.raises(StoreFullError):
            messages.approve(london, london.session("s.hall", "oic"), held.id, APPROVER)
    assert sent(london) == []
    messages.approve(london, london.session("s.hall", "oic"), held.id, APPROVER)
    assert sent(london) == [held.id]
    assert released(london) == [(Verb.RELEASE, held.id, "s.hall")]
