"""What comes in is checked, judged, kept once, and answered by a signed receipt: every row of the design's table of faults."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from headwater.errors import ConflictError, FormatError, LimitError, StoreFullError
from headwater.exchange.alarms import EVIDENCE
from headwater.exchange.envelope import Header, Lane, seal
from headwater.exchange.framing import join, split
from headwater.exchange.partners import State
from headwater.exchange.quarantine import quarantine
from headwater.exchange.receipt import Receipt, parse_receipt, read_receipt
from headwater.exchange.suite import key_id
from headwater.model.canonical import encode
from headwater.model.ids import MessageId, StateCode, new_message_id
from headwater.model.message import Kind, Message
from headwater.policy.agreement import AgreementState
from headwater.store import Transaction
from headwater.testing.fakes import START
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, Node, World, agreement, confirm, fact, message

pytestmark = pytest.mark.slow


def last(node: Node) -> bytes:
    return node.exchange.outgoing()[-1].envelope


def hand_over(to: Node, *envelopes: bytes) -> list[Receipt]:
    return [parse_receipt(part) for part in split(to.exchange.receive(join(envelopes)), most=128)]


def results(to: Node, *envelopes: bytes) -> list[str]:
    return [line.result for receipt in hand_over(to, *envelopes) for line in receipt.lines]


def forged(
    sender: Node, recipient: Node, body: bytes | None = None, *, number: int = 1, seq: int = 50, **header: object
) -> bytes:
    """Seal what no honest node would send, with the sender's real keys."""
    given = message(sender=LONDON, expires="2026-12-09T00:00:00Z")
    key = recipient.exchange.card().card.sealing[0].raw
    seed = sender.keys.signing_seed()
    values: dict[str, object] = {
        "id": new_message_id(number, bytes(10)),
        "sender": sender.me,
        "recipient": recipient.me,
        "seq": seq,
        "lane": Lane.NORMAL,
        "skid": next(iter(sender.keys.signing_seeds)),
        "rkid": key_id(key),
        "sent_at": START,
        "expires_at": START + timedelta(days=14),
        **header,
    }
    made = Header(**values)  # type: ignore[arg-type]
    return seal(made, encode(given) if body is None else body, signing_seed=seed, recipient_key=key)


def content(node: Node) -> int:
    with node.store.snapshot() as snapshot:
        return len(list(snapshot.records(source="exchange")))


def test_a_message_becomes_a_row_records_a_leaf_and_a_receipt_about_the_log_after_it(
    london: Node, belgrade: Node
) -> None:
    sending = london.exchange.send(message(), who="o.reed")
    answer = belgrade.exchange.receive(join([last(london)]))
    receipt = read_receipt(split(answer, most=1)[0], belgrade.exchange.card().card, LONDON, START)
    row = belgrade.exchange.incoming()[-1]
    with belgrade.store.snapshot() as snapshot:
        head = snapshot.head()
        (record,) = list(snapshot.records(source="exchange"))
    assert [(line.id, line.result) for line in receipt.lines] == [(sending.id, "stored")]
    assert receipt.log is not None
    assert (receipt.log.size, receipt.log.root) == (head.size, head.root.hex())
    assert (row.id, row.state, belgrade.exchange.receipt(row)) == (sending.id, "stored", split(answer, most=1)[0])
    assert (record.origin.originator, record.origin.place) == (LONDON, sending.id)
    assert belgrade.events("received")[-1].subject == sending.id


def test_a_duplicate_gets_the_original_receipt_and_has_no_second_effect(
    world: World, london: Node, belgrade: Node
) -> None:
    london.exchange.send(message(), who="o.reed")
    first = belgrade.exchange.receive(join([last(london)]))
    rows, records = belgrade.exchange.incoming(), content(belgrade)
    world.clock.move(timedelta(hours=1))
    assert belgrade.exchange.receive(join([last(london)])) == first
    assert belgrade.exchange.receive(join([last(london)] * 64)) == first
    assert (belgrade.exchange.incoming(), content(belgrade)) == (rows, records)
    assert len(belgrade.events("duplicate")) == 2, "a batch full of one envelope fills no ledger"


def test_a_duplicate_in_one_batch_has_one_effect_and_one_line(london: Node, belgrade: Node) -> None:
    london.exchange.send(message(), who="o.reed")
    assert results(belgrade, last(london), last(london)) == ["stored"]
    assert content(belgrade) == 1


@pytest.mark.parametrize(("by", "code"), [(timedelta(hours=-1), "clock"), (timedelta(days=30), "expired")])
def test_a_clock_that_is_set_between_the_look_and_the_writing_is_the_one_that_counts(
    world: World, london: Node, belgrade: Node, monkeypatch: pytest.MonkeyPatch, by: timedelta, code: str
) -> None:
    london.exchange.send(message(), who="o.reed")
    write = belgrade.store.write

    def later(change: Callable[[Transaction], object]) -> object:
        world.clock.move(by)
        return write(change)

    with monkeypatch.context() as patch:
        patch.setattr(belgrade.store, "write", later)
        assert results(belgrade, last(london)) == [f"refused:{code}"]
    assert content(belgrade) == 0
    world.clock.move(-by)
    assert results(belgrade, last(london)) == ["stored"], "nothing was kept of it, so that it can come again"


def test_a_duplicate_after_its_expiry_still_gets_its_receipt(world: World, london: Node, belgrade: Node) -> None:
    london.exchange.send(message(), who="o.reed")
    first = belgrade.exchange.receive(join([last(london)]))
    world.clock.move(timedelta(days=60))
    assert belgrade.exchange.receive(join([last(london)])) == first


def test_the_same_identifier_with_other_bytes_is_an_equivocation_and_both_are_kept(
    london: Node, belgrade: Node
) -> None:
    one, other = forged(london, belgrade), forged(london, belgrade)
    assert results(belgrade, one) == ["stored"]
    assert results(belgrade, other) == ["refused:equivocation"]
    with belgrade.store.snapshot() as snapshot:
        assert [envelope for _, _, envelope in snapshot.equivocations()] == [other]
    assert belgrade.events("equivocation")[-1].who == LONDON
    assert content(belgrade) == 1


def test_one_number_for_two_messages_is_an_alarm_with_our_receipt_of_the_first_and_the_second(
    london: Node, belgrade: Node
) -> None:
    one, other = forged(london, belgrade), forged(london, belgrade, number=2)
    first = belgrade.exchange.receive(join([one]))
    assert results(belgrade, other) == ["refused:replay"]
    [alarm] = belgrade.exchange.syncing.alarms()
    assert (alarm.code, alarm.about) == ("trust.rollback", LONDON)
    with belgrade.store.snapshot() as snapshot:
        assert [snapshot.document(EVIDENCE, name) for name in alarm.evidence] == [*split(first, most=1), other]


def test_a_partner_that_takes_the_identifier_of_anothers_message_accuses_nobody(
    world: World, london: Node, belgrade: Node
) -> None:
    pristina = world.node(PRISTINA)
    world.befriend(pristina, belgrade, agreement(id="A-XK-RS", parties=(PRISTINA, BELGRADE), safeguards={}))
    said = encode(message(sender=PRISTINA, expires="2026-12-09T00:00:00Z"))
    one, other = forged(london, belgrade), forged(pristina, belgrade, said)
    assert results(belgrade, one) == ["stored"]
    assert results(belgrade, other) == ["refused:equivocation"]
    assert belgrade.exchange.syncing.alarms() == []
    assert belgrade.events("equivocation")[-1].who == PRISTINA
    with belgrade.store.snapshot() as snapshot:
        assert list(snapshot.equivocations()) == []
    assert [(row.peer, row.state) for row in belgrade.exchange.incoming() if row.kind != "ping"] == [(LONDON, "stored")]


def test_an_equivocation_inside_one_batch_is_seen(london: Node, belgrade: Node) -> None:
    assert results(belgrade, forged(london, belgrade), forged(london, belgrade)) == ["stored", "refused:equivocation"]


def test_a_changed_bit_under_a_known_identifier_accuses_nobody(london: Node, belgrade: Node) -> None:
    london.exchange.send(message(), who="o.reed")
    good = last(london)
    hand_over(belgrade, good)
    assert results(belgrade, good[:-1] + bytes([good[-1] ^ 1])) == ["refused:bad-seal"]
    assert belgrade.events("equivocation") == []


def test_a_number_used_before_is_a_replay(london: Node, belgrade: Node) -> None:
    one, other = forged(london, belgrade, number=1), forged(london, belgrade, number=2)
    assert results(belgrade, one) == ["stored"]
    assert results(belgrade, other) == ["refused:replay"]
    assert results(
        belgrade, forged(london, belgrade, number=3, seq=60), forged(london, belgrade, number=4, seq=60)
    ) == [
        "stored",
        "refused:replay",
    ]


def test_messages_out_of_order_are_kept_and_the_gap_is_known(london: Node, belgrade: Node) -> None:
    for _ in range(3):
        london.exchange.send(message(), who="o.reed")
    envelopes = [row.envelope for row in london.exchange.outgoing()[1:]]
    assert results(belgrade, envelopes[2], envelopes[0]) == ["stored", "stored"]
    with belgrade.store.snapshot() as snapshot:
        assert snapshot.incoming_gaps(LONDON) == [3]


def test_a_message_forwarded_to_a_third_state_is_refused_there(world: World, london: Node, belgrade: Node) -> None:
    pristina = world.node(PRISTINA)
    world.befriend(london, pristina, agreement(id="A-UK-XK", parties=(LONDON, PRISTINA), safeguards={}, binding=True))
    london.exchange.send(message(), who="o.reed")
    assert results(pristina, last(london)) == ["refused:wrong-recipient"]
    assert pristina.exchange.show(pristina.exchange.incoming()[0].id)[0].kind == Kind.PING


def test_a_stranger_is_refused_and_learns_nothing_about_the_log(world: World, belgrade: Node) -> None:
    stranger = world.node(PRISTINA)
    (receipt,) = hand_over(belgrade, forged(stranger, belgrade))
    assert (receipt.to, receipt.log, [line.result for line in receipt.lines]) == (
        PRISTINA,
        None,
        ["refused:unknown-key"],
    )


def test_a_partner_that_nobody_has_confirmed_is_a_stranger(world: World, belgrade: Node) -> None:
    pristina = world.node(PRISTINA)
    terms = agreement(id="A-RS-XK", parties=(BELGRADE, PRISTINA), safeguards={})
    world.acquaint(belgrade, pristina, terms)
    confirm(pristina, belgrade)
    assert results(belgrade, last(pristina)) == ["refused:unknown-key"]


def test_a_suspended_partner_is_not_listened_to(london: Node, belgrade: Node) -> None:
    london.exchange.send(message(), who="o.reed")
    belgrade.exchange.step_partner(LONDON, State.SUSPENDED, who="s.petrovic", reason="forged receipts")
    assert results(belgrade, last(london)) == ["refused:unknown-key"]


def test_bytes_that_are_no_envelope_are_answered_line_by_line(belgrade: Node) -> None:
    (receipt,) = hand_over(belgrade, b"", b"\xff\xff", b"\0\1x")
    assert [line.result for line in receipt.lines] == ["refused:bad-header", "refused:too-large", "refused:bad-header"]
    assert [line.id for line in receipt.lines] == [None] * 3
    assert receipt.log is None


def test_refusals_of_nobody_in_particular_are_counted_in_one_leaf(belgrade: Node) -> None:
    hand_over(belgrade, *[bytes([number]) for number in range(64)])
    (event,) = belgrade.events("refused")
    assert (event.detail["code"], event.detail["count"]) == ("bad-header", 64)


@pytest.mark.parametrize("batch", [b"", b"\0\0\0\5abc"])
def test_what_is_no_batch_is_refused_whole(belgrade: Node, batch: bytes) -> None:
    with pytest.raises(FormatError):
        belgrade.exchange.receive(batch)


def test_more_than_64_envelopes_are_refused_whole(belgrade: Node) -> None:
    with pytest.raises(LimitError):
        belgrade.exchange.receive(join([b""] * 65))


def test_a_clock_ahead_is_refused_with_our_time_and_the_same_bytes_pass_later(
    world: World, london: Node, belgrade: Node
) -> None:
    world.clock.move(timedelta(minutes=10))
    london.exchange.send(message(), who="o.reed")
    world.clock.move(timedelta(minutes=-10))
    (receipt,) = hand_over(belgrade, last(london))
    assert ([line.result for line in receipt.lines], receipt.given_at) == (["refused:clock"], START)
    world.clock.move(timedelta(minutes=5))
    assert results(belgrade, last(london)) == ["stored"]


def test_a_clock_behind_loses_nothing(world: World, london: Node, belgrade: Node) -> None:
    world.clock.move(timedelta(minutes=-10))
    london.exchange.send(message(), who="o.reed")
    world.clock.move(timedelta(minutes=10))
    assert results(belgrade, last(london)) == ["stored"]


def test_nothing_is_taken_at_or_after_its_expiry(world: World, london: Node, belgrade: Node) -> None:
    london.exchange.send(message(expires="2026-11-26T00:00:00Z"), who="o.reed")
    world.clock.move(timedelta(hours=15, minutes=30))
    assert results(belgrade, last(london)) == ["refused:expired"]


def test_a_key_revoked_by_its_owner_is_refused_and_the_envelope_kept_unopened(london: Node, belgrade: Node) -> None:
    london.exchange.send(message(), who="o.reed")
    (skid,) = london.keys.signing_seeds
    london.exchange.new_key("signing")
    card = london.exchange.make_card("London", [london.endpoint], london.home / "roots", who="engineer", revoke=[skid])
    belgrade.exchange.add_partner([card.paper.to_bytes()], [], who="engineer")
    assert results(belgrade, last(london)) == ["refused:revoked-key"]
    with belgrade.store.snapshot() as snapshot:
        assert [body for _, _, body in snapshot.documents("quarantine")] == [last(london)]
    assert content(belgrade) == 0


def test_a_card_that_has_expired_sends_to_quarantine(world: World, london: Node, belgrade: Node) -> None:
    long = forged(london, belgrade, expires_at=START + timedelta(days=800))
    world.clock.move(timedelta(days=366))
    assert results(belgrade, long) == ["refused:expired-card"]
    with belgrade.store.snapshot() as snapshot:
        assert [body for _, _, body in snapshot.documents("quarantine")] == [long]


def test_the_quarantine_has_an_end(world: World, london: Node, belgrade: Node) -> None:
    many = [forged(london, belgrade, number=number, expires_at=START + timedelta(days=800)) for number in range(66)]
    world.clock.move(timedelta(days=366))
    for each in (many[:33], many[33:], many[:1]):
        hand_over(belgrade, *each)
    with belgrade.store.snapshot() as snapshot:
        assert len(list(snapshot.documents("quarantine"))) == 64


def test_the_quarantine_of_a_partner_has_an_end_in_bytes_too(london: Node, belgrade: Node) -> None:
    four_mib = [bytes([number]) * (4 << 20) for number in range(5)]
    kept = [belgrade.store.write(lambda tx, each=each: quarantine(tx, london.me, each)) for each in four_mib]  # type: ignore[misc]
    assert kept == [True, True, True, True, False]
    with belgrade.store.snapshot() as snapshot:
        assert len(list(snapshot.documents("quarantine"))) == 4


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"{}", "no kind"),
        (b'{"kind":"ping","extra":1}', "an unknown field may be a restriction"),
        (encode(message(sender=PRISTINA)), "another sender inside"),
        (encode(message(sender=LONDON, recipient=PRISTINA)), "another recipient inside"),
        (encode(message(sender=LONDON, kind=Kind.USE)), "a question that never travels"),
        (encode(message(sender=LONDON, facts={"f1": fact(grade="9x9:9/9")})), "no grade"),
        (encode(message(sender=LONDON, facts={"f1": fact(category="boss")})), "no category"),
        (encode(message(sender=LONDON, facts={"f1": fact(onward="maybe")})), "no onward rule"),
        (
            encode(message(sender=LONDON, facts={"f1": fact(), "f2": fact(schema="Company", prop="email")})),
            "one key, two things",
        ),
    ],
)
def test_a_body_that_is_no_message_is_refused(london: Node, belgrade: Node, body: bytes, why: str) -> None:
    assert results(belgrade, forged(london, belgrade, body)) == ["refused:bad-body"], why
    assert [row.kind for row in belgrade.exchange.incoming()] == [Kind.PING]


def test_what_should_not_have_come_is_refused_by_rule_and_its_content_not_kept(london: Node, belgrade: Node) -> None:
    victim = fact(category="victim", value="Canary Name")
    body = encode(message(sender=LONDON, expires="2026-12-09T00:00:00Z", facts={"f1": victim}))
    envelope = forged(london, belgrade, body)
    first = belgrade.exchange.receive(join([envelope]))
    assert [line.result for line in parse_receipt(split(first, most=1)[0]).lines] == ["refused:protected-identity"]
    row = belgrade.exchange.incoming()[-1]
    assert (row.state, row.body) == ("refused", b"")
    assert content(belgrade) == 0
    assert belgrade.exchange.receive(join([envelope])) == first
    assert belgrade.events("refused")[-1].detail["code"] == "protected-identity"


def test_a_suspended_agreement_takes_no_more_but_amends_still_pass(london: Node, belgrade: Node) -> None:
    belgrade.exchange.set_agreement_state(TERMS, AgreementState.SUSPENDED, who="s.petrovic", reason="review")
    amend = Message(kind=Kind.AMEND, sender=LONDON, recipient=BELGRADE, agreement=TERMS)
    one, two = forged(london, belgrade), forged(london, belgrade, encode(amend), number=2, seq=51)
    assert results(belgrade, one, two) == ["refused:agreement-state", "stored"]


def test_a_message_that_needs_a_person_is_held_and_becomes_records_when_accepted(london: Node, belgrade: Node) -> None:
    odd = fact(handling=("P", "EYES-ONLY"))
    body = encode(message(sender=LONDON, expires="2026-12-09T00:00:00Z", facts={"f1": odd}))
    assert results(belgrade, forged(london, belgrade, body)) == ["stored"]
    row = belgrade.exchange.incoming()[-1]
    assert (row.state, content(belgrade)) == ("held", 0)
    belgrade.exchange.accept(row.id, who="s.petrovic", reason="asked London")
    assert (belgrade.exchange.incoming()[-1].state, content(belgrade)) == ("accepted", 1)
    with pytest.raises(ConflictError):
        belgrade.exchange.accept(row.id, who="s.petrovic", reason="again")


def test_a_message_can_be_put_aside_once(london: Node, belgrade: Node) -> None:
    london.exchange.send(message(), who="o.reed")
    london.bring(BELGRADE)
    row = belgrade.exchange.incoming()[-1]
    belgrade.exchange.refuse(row.id, who="s.petrovic", reason="not ours")
    assert belgrade.exchange.incoming()[-1].state == "refused"
    assert belgrade.events("put-aside")[-1].detail["reason"] == "not ours"
    with pytest.raises(ConflictError):
        belgrade.exchange.refuse(row.id, who="s.petrovic", reason="again")
    with pytest.raises(ConflictError):
        belgrade.exchange.show(MessageId("nothing"))


def test_retention_is_shortened_in_the_records(london: Node, belgrade: Node) -> None:
    body = encode(message(sender=LONDON, expires="2026-12-09T00:00:00Z", facts={"f1": fact(retain_until=None)}))
    hand_over(belgrade, forged(london, belgrade, body))
    with belgrade.store.snapshot() as snapshot:
        (record,) = list(snapshot.records(source="exchange"))
    assert record.handling.retain_until is not None
    assert record.handling.retain_until.isoformat() == "2029-11-24"


def test_facts_of_different_handling_become_different_records(london: Node, belgrade: Node) -> None:
    facts = {
        "f1": fact(),
        "f2": fact(prop="phone", value="+381600000001"),
        "f3": fact(prop="email", value="a@example.org", handling=("H1",)),
        "f4": fact(prop="alias", value="Maki", grade="3x5x2:2/C"),
    }
    london.exchange.send(message(facts=facts), who="o.reed")
    london.bring(BELGRADE)
    with belgrade.store.snapshot() as snapshot:
        records = list(snapshot.records(source="exchange"))
    assert sorted(tuple(each.prop for each in record.facts) for record in records) == [
        ("alias",),
        ("email",),
        ("name", "phone"),
    ]


def test_a_partners_key_never_slips_under_an_entity_of_ours(london: Node, belgrade: Node) -> None:
    facts = {
        "f1": fact(entity="uk/1"),
        "f2": fact(schema="Vehicle", prop="owner", entity="uk/2", value="uk/1", category="object"),
    }
    london.exchange.send(message(facts=facts), who="o.reed")
    london.bring(BELGRADE)
    with belgrade.store.snapshot() as snapshot:
        records = list(snapshot.records(source="exchange"))
    facts_there = {(each.entity, each.value) for record in records for each in record.facts}
    assert facts_there == {("UK-NCA:uk/1", "Marko Markovski"), ("UK-NCA:uk/2", "UK-NCA:uk/1")}


def test_hashed_facts_and_unknown_names_stay_in_the_message(london: Node, belgrade: Node) -> None:
    facts = {"f1": fact(hashed=True), "f2": fact(prop="plate", schema="Vehicle"), "f3": fact(value=None), "f4": fact()}
    london.exchange.send(message(facts=facts), who="o.reed")
    london.bring(BELGRADE)
    with belgrade.store.snapshot() as snapshot:
        records = list(snapshot.records(source="exchange"))
    assert [each.prop for record in records for each in record.facts] == ["name"]
    _, arrived = belgrade.exchange.show(belgrade.exchange.incoming()[-1].id)
    assert arrived is not None
    assert set(arrived.facts) == set(facts)


def test_a_disk_that_is_full_acknowledges_nothing(
    london: Node, belgrade: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    london.exchange.send(message(), who="o.reed")

    def full(change: object) -> object:
        raise StoreFullError("full")

    monkeypatch.setattr(belgrade.store, "write", full)
    with pytest.raises(StoreFullError):
        belgrade.exchange.receive(join([last(london)]))
    assert [row.kind for row in belgrade.exchange.incoming()] == [Kind.PING]


def test_a_receipt_whose_key_was_revoked_is_said_again_under_the_new_one(london: Node, belgrade: Node) -> None:
    london.exchange.send(message(), who="o.reed")
    hand_over(belgrade, last(london))
    (skid,) = belgrade.keys.signing_seeds
    belgrade.exchange.new_key("signing")
    belgrade.exchange.make_card("Belgrade", [belgrade.endpoint], belgrade.home / "roots", who="engineer", revoke=[skid])
    receipts = hand_over(belgrade, last(london))
    assert [[line.result for line in receipt.lines] for receipt in receipts] == [["stored"], ["stored"]]
    assert {receipt.skid for receipt in receipts} == {skid, list(belgrade.keys.signing_seeds)[-1]}


def test_a_third_originator_of_whom_only_the_state_is_known_keeps_its_state(london: Node, belgrade: Node) -> None:
    third = fact(origin=StateCode("XK"), via="A-UK-XK-OIC", category="associate")
    body = encode(message(sender=LONDON, expires="2026-12-09T00:00:00Z", facts={"f1": third}))
    hand_over(belgrade, forged(london, belgrade, body))
    with belgrade.store.snapshot() as snapshot:
        (record,) = list(snapshot.records(source="exchange"))
    assert record.origin.originator == "XK-UNNAMED"
