"""Nothing leaves that the rules do not let pass; what leaves is sealed, numbered and logged in one transaction."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from headwater.errors import ConflictError, KeyTrustError, SchemaError
from headwater.exchange.envelope import Sealed, read
from headwater.exchange.partners import State
from headwater.model.canonical import decode
from headwater.model.ids import MessageId, StateCode
from headwater.model.message import BreakGlass, Kind, Message
from headwater.model.times import parse_instant
from headwater.policy.agreement import AgreementState
from headwater.policy.rules.rule import Outcome
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, Node, World, fact, message


def queued(node: Node) -> list[MessageId]:
    return [row.id for row in node.exchange.outgoing() if row.kind != Kind.PING]


def test_an_allowed_message_is_queued_with_its_number_its_content_kept_and_a_leaf(london: Node) -> None:
    sending = london.exchange.send(message(), who="o.reed")
    row = london.exchange.outgoing()[-1]
    assert sending.is_queued
    assert (row.id, row.state, row.seq, row.lane) == (sending.id, "queued", 2, "normal")
    assert sending.id is not None
    assert london.exchange.sent(sending.id) == sending.message
    assert london.events("sent")[-1].subject == sending.id


def test_many_messages_are_each_judged_and_numbered_in_one_transaction(london: Node, belgrade: Node) -> None:
    many = [message(), message(purpose="leisure"), message(approver=""), message(text="last")]
    sendings = london.exchange.send_many(many, who="o.reed")
    assert [each.judgement.rule for each in sendings] == ["", "purpose", "no-approver", ""]
    assert [each.is_queued for each in sendings] == [True, False, False, True]
    assert queued(london) == [sendings[0].id, sendings[3].id]
    assert [row.seq for row in london.exchange.outgoing()] == [1, 2, 3]
    assert [draft.id for draft in london.exchange.drafts()] == [sendings[2].id]
    london.bring(BELGRADE)
    assert [row.id for row in belgrade.exchange.incoming()][-2:] == queued(london)


def test_messages_of_one_change_share_an_encapsulation_and_no_others_do(london: Node, belgrade: Node) -> None:
    london.exchange.send_many([message(text="one"), message(text="two")], who="o.reed")
    london.exchange.send(message(text="three"), who="o.reed")
    opened = [read(row.envelope) for row in london.exchange.outgoing() if row.kind != Kind.PING]
    together, alike, alone = [each.content[:1120] for each in opened if isinstance(each, Sealed)]
    assert together == alike != alone
    london.bring(BELGRADE)
    assert [decode(row.body, Message).text for row in belgrade.exchange.incoming()][-3:] == ["one", "two", "three"]


def test_of_many_messages_none_is_kept_where_one_cannot_be_answered_for(london: Node) -> None:
    before = len(london.events("sent"))
    with pytest.raises(KeyTrustError):
        london.exchange.send_many([message(), message(recipient=PRISTINA)], who="o.reed")
    assert queued(london) == []
    assert len(london.events("sent")) == before


def test_numbers_have_no_gaps_even_where_messages_are_refused_in_between(london: Node) -> None:
    for each in (message(), message(purpose="leisure"), message(), message(approver=""), message()):
        london.exchange.send(each, who="o.reed")
    assert [row.seq for row in london.exchange.outgoing()] == [1, 2, 3, 4]


def test_a_refused_message_leaves_nothing_but_a_leaf_that_names_the_rule(london: Node) -> None:
    sending = london.exchange.send(message(purpose="leisure"), who="o.reed")
    assert (sending.judgement.outcome, sending.judgement.rule, sending.id) == (Outcome.REFUSE, "purpose", None)
    assert queued(london) == []
    assert london.events("not-sent")[-1].detail["rule"] == "purpose"


def test_facts_that_may_not_go_are_not_in_what_is_sent(london: Node, belgrade: Node) -> None:
    secret = fact(prop="email", value="canary@example.org", marking="SECRET")
    sending = london.exchange.send(message(facts={"f1": fact(), "f2": secret}), who="o.reed")
    london.bring(BELGRADE)
    assert sending.judgement.removed == {"f2": "classification"}
    assert sending.id is not None
    _, arrived = belgrade.exchange.show(sending.id)
    assert arrived is not None
    assert set(arrived.facts) == {"f1"}
    assert london.events("redacted")[-1].detail["facts"] == "f2"


def test_retention_is_shortened_to_what_was_agreed_before_it_leaves(london: Node) -> None:
    sending = london.exchange.send(message(facts={"f1": fact(retain_until=None)}), who="o.reed")
    assert sending.message.facts["f1"].retain_until == "2029-11-24"


def test_where_else_a_fact_went_does_not_leave(london: Node) -> None:
    sending = london.exchange.send(message(facts={"f1": fact(sent_to=("ME",))}), who="o.reed")
    assert sending.message.facts["f1"].sent_to == ()


def test_a_dry_run_shows_the_judgement_and_changes_nothing(london: Node) -> None:
    before = len(london.exchange.outgoing()), london.store.verify_ledger(), head(london)
    secret = fact(marking="SECRET")
    allowed, held = london.exchange.dry_run(message()), london.exchange.dry_run(message(approver=""))
    redacted = london.exchange.dry_run(message(facts={"f1": fact(), "f2": secret}))
    refused = london.exchange.dry_run(message(purpose="leisure"))
    outcomes = [each.judgement.outcome for each in (allowed, held, redacted, refused)]
    assert outcomes == [Outcome.ALLOW, Outcome.HOLD, Outcome.REDACT, Outcome.REFUSE]
    assert set(redacted.message.facts) == {"f1"}
    assert (len(london.exchange.outgoing()), london.store.verify_ledger(), head(london)) == before


def head(node: Node) -> int:
    with node.store.snapshot() as snapshot:
        return snapshot.head().size


def test_a_message_that_is_held_waits_until_another_person_approves_it(london: Node) -> None:
    held = london.exchange.send(message(approver=""), who="o.reed")
    assert (held.judgement.outcome, held.judgement.rule) == (Outcome.HOLD, "no-approver")
    assert held.id is not None
    assert queued(london) == []
    assert [draft.id for draft in london.exchange.drafts()] == [held.id]
    sent = london.exchange.approve(held.id, who="s.hall", role="approver")
    assert sent.is_queued
    assert queued(london) == [held.id]
    assert sent.message.approver == "s.hall"
    assert london.exchange.drafts() == []


def test_the_author_cannot_approve(london: Node) -> None:
    held = london.exchange.send(message(approver=""), who="o.reed")
    assert held.id is not None
    again = london.exchange.approve(held.id, who="o.reed", role="approver")
    assert (again.judgement.outcome, again.judgement.rule) == (Outcome.HOLD, "four-eyes")
    assert queued(london) == []
    assert [draft.id for draft in london.exchange.drafts()] == [held.id]


def test_approvals_add_up(london: Node) -> None:
    held = london.exchange.send(message(approver="", facts={"f1": fact(minor=True)}), who="o.reed")
    assert held.id is not None
    london.exchange.approve(held.id, who="s.hall", role="safeguarding")
    assert london.exchange.drafts()[0].message.approvals == ("safeguarding",)
    assert london.exchange.approve(held.id, who="s.hall", role="approver").is_queued


def test_what_is_no_longer_allowed_is_refused_at_approval_and_waits_no_more(london: Node) -> None:
    held = london.exchange.send(message(approver=""), who="o.reed")
    assert held.id is not None
    london.exchange.set_agreement_state(TERMS, AgreementState.SUSPENDED, who="s.hall", reason="review")
    refused = london.exchange.approve(held.id, who="s.hall", role="approver")
    assert (refused.judgement.outcome, refused.judgement.rule) == (Outcome.REFUSE, "agreement-state")
    assert london.exchange.drafts() == []
    with pytest.raises(ConflictError):
        london.exchange.approve(held.id, who="s.hall", role="approver")


def told(node: Node, *kinds: str) -> list[tuple[str, str, str, str]]:
    """What the ledger says was done with messages: kind, who, subject, purpose."""
    with node.store.snapshot() as snapshot:
        found = [leaf.event for leaf in snapshot.leaves() if leaf.event is not None]
    wanted = {f"exchange.{kind}" for kind in kinds}
    return [(one.kind, one.who, one.subject, one.purpose) for one in found if one.kind in wanted]


def test_who_asked_who_approved_and_who_gave_up_stand_in_the_ledger_each_under_the_own_name(
    world: World, london: Node
) -> None:
    held, other = (london.exchange.send(message(approver=""), who="o.reed") for _ in range(2))
    assert held.id is not None
    assert other.id is not None
    asked = world.clock.now()
    world.clock.move(timedelta(minutes=5))
    london.exchange.approve(held.id, who="o.reed", role="approver")
    assert [(one.asked_by, one.asked_at) for one in london.exchange.drafts()] == [("o.reed", asked)] * 2
    london.exchange.approve(held.id, who="s.hall", role="approver")
    london.exchange.withdraw(other.id, who="s.hall")
    assert told(london, "held", "approved", "withdrawn", "sent")[-7:] == [
        ("exchange.held", "o.reed", held.id, "oic"),
        ("exchange.held", "o.reed", other.id, "oic"),
        ("exchange.approved", "o.reed", held.id, "oic"),
        ("exchange.held", "o.reed", held.id, "oic"),
        ("exchange.approved", "s.hall", held.id, "oic"),
        ("exchange.sent", "o.reed", held.id, "oic"),
        ("exchange.withdrawn", "s.hall", other.id, "oic"),
    ]
    assert [one.detail["role"] for one in london.events("approved")] == ["approver", "approver"]


def test_nothing_is_queued_or_approved_where_what_goes_with_it_cannot_be_kept(london: Node) -> None:
    def fails(*_: object) -> None:
        raise SchemaError("it cannot be kept")

    held = london.exchange.send(message(approver=""), who="o.reed")
    assert held.id is not None
    with pytest.raises(SchemaError):
        london.exchange.send(message(), who="o.reed", also=fails)
    with pytest.raises(SchemaError):
        london.exchange.approve(held.id, who="s.hall", role="approver", also=fails)
    assert queued(london) == []
    assert [draft.id for draft in london.exchange.drafts()] == [held.id]


def test_a_glass_that_nobody_else_has_broken_waits_for_somebody_who_does(london: Node) -> None:
    third = fact(origin=StateCode("XK"), via="A-UK-XK-OIC", category="associate")
    glass = BreakGlass(reason="a boat is sinking", threat="immediate-serious")
    held = london.exchange.send(message(facts={"f1": third}, break_glass=glass), who="o.reed")
    assert held.judgement.outcome is Outcome.HOLD
    assert held.id is not None
    assert queued(london) == []
    sent = london.exchange.approve(held.id, who="s.hall", role=held.judgement.rule)
    assert sent.is_queued
    assert sent.message.break_glass is not None
    assert sent.message.break_glass.approver == "s.hall"


def test_a_held_message_can_be_given_up(london: Node) -> None:
    held = london.exchange.send(message(approver=""), who="o.reed")
    assert held.id is not None
    london.exchange.withdraw(held.id, who="o.reed")
    assert london.exchange.drafts() == []
    with pytest.raises(ConflictError):
        london.exchange.withdraw(held.id, who="o.reed")


@pytest.mark.parametrize(
    "wrong",
    [{"sender": BELGRADE}, {"sender": "UK-NPCC"}, {"recipient": None}, {"kind": Kind.USE}],
    ids=["sender", "another authority of our state", "nobody", "use"],
)
def test_what_is_no_message_of_ours_is_not_judged(london: Node, wrong: dict[str, object]) -> None:
    with pytest.raises(SchemaError):
        london.exchange.send(replace(message(), **wrong), who="o.reed")


def test_nothing_is_sent_to_a_stranger_or_a_partner_that_is_suspended(london: Node) -> None:
    with pytest.raises(KeyTrustError):
        london.exchange.send(message(recipient=PRISTINA), who="o.reed")
    london.exchange.step_partner(BELGRADE, State.SUSPENDED, who="s.hall", reason="forged receipts")
    with pytest.raises(KeyTrustError):
        london.exchange.send(message(), who="o.reed")
    assert queued(london) == []


def test_nothing_is_sent_once_the_partners_card_has_expired(world: World, london: Node) -> None:
    world.clock.move(timedelta(days=366))
    with pytest.raises(KeyTrustError):
        london.exchange.send(message(), who="o.reed")
    with pytest.raises(KeyTrustError):
        london.exchange.dry_run(message())


def test_a_message_without_expiry_gets_one_and_one_with_keeps_it(london: Node) -> None:
    plain = london.exchange.send(message(), who="o.reed")
    dated = london.exchange.send(message(expires="2026-12-01T00:00:00Z"), who="o.reed")
    rows = {row.id: row.expires_at for row in london.exchange.outgoing()}
    assert plain.id is not None
    assert dated.id is not None
    assert rows[plain.id] == parse_instant(plain.message.expires or "")
    assert rows[dated.id] == parse_instant("2026-12-01T00:00:00Z")


def test_an_urgent_message_takes_the_urgent_lane(london: Node) -> None:
    for urgency in ("urgent", "flash", "normal"):
        london.exchange.send(message(urgency=urgency, why_urgent="a lorry is expected tonight"), who="o.reed")
    assert [row.lane for row in london.exchange.outgoing()[-3:]] == ["urgent", "urgent", "normal"]


def test_the_envelope_says_nothing_about_content_in_the_clear(london: Node) -> None:
    london.exchange.send(message(facts={"f1": fact(value="Canary Name")}), who="o.reed")
    envelope = london.exchange.outgoing()[-1].envelope
    assert isinstance(read(envelope), Sealed)
    for word in (b"Canary", b"spontaneous", TERMS.encode(), b"oic", b"o.reed"):
        assert word not in envelope


def test_the_ledger_names_facts_and_rules_but_never_values(london: Node) -> None:
    secret = fact(value="Canary Name", marking="SECRET")
    london.exchange.send(message(facts={"f1": fact(value="Canary Name"), "f2": secret}), who="o.reed")
    london.exchange.send(message(approver="", text="Canary text"), who="o.reed")
    with london.store.snapshot() as snapshot:
        assert "Canary" not in " ".join(str(leaf.event) for leaf in snapshot.leaves())


def test_a_finding_goes_no_further_than_its_evidence(london: Node) -> None:
    derived = fact(prop="notes", value="linked", evidence=("rec-unknown/0",))
    sending = london.exchange.send(message(facts={"f1": fact(), "f2": derived}), who="o.reed")
    assert sending.judgement.removed == {"f2": "derived"}


def test_breaking_the_glass_leaves_a_notice_to_the_originator_in_the_ledger(london: Node) -> None:
    third = fact(origin=StateCode("XK"), via="A-UK-XK-OIC", category="associate")
    glass = BreakGlass(reason="a boat is sinking", approver="s.hall", threat="immediate-serious")
    sending = london.exchange.send(message(facts={"f1": third}, break_glass=glass), who="o.reed")
    assert sending.is_queued
    assert london.events("notice-due")[-1].detail["to"] == "XK"


def test_a_third_states_fact_stays_without_its_consent(london: Node) -> None:
    third = fact(origin=StateCode("XK"), via="A-UK-XK-OIC", category="associate")
    sending = london.exchange.send(message(facts={"f1": fact(), "f2": third}), who="o.reed")
    assert sending.judgement.removed == {"f2": "onward-consent"}
    assert sending.message.sender == LONDON


def test_a_role_is_an_approval_by_name_unless_it_is_the_second_person_or_breaks_a_glass_that_is_there(
    london: Node,
) -> None:
    third = fact(origin=StateCode("XK"), via="A-UK-XK-OIC", category="associate")
    glass = BreakGlass(reason="a boat is sinking", threat="immediate-serious")
    for broken, role, approvals, breaker in (
        (None, "break-glass", ("break-glass",), None),
        (None, "safeguarding", ("safeguarding",), None),
        (glass, "safeguarding", ("safeguarding",), ""),
        (glass, "break-glass", (), "s.hall"),
    ):
        facts = {"f1": fact(minor=True), **({"f2": third} if broken else {})}
        held = london.exchange.send(message(approver="", facts=facts, break_glass=broken), who="o.reed")
        assert held.id is not None
        london.exchange.approve(held.id, who="s.hall", role=role)
        (draft,) = [draft for draft in london.exchange.drafts() if draft.id == held.id]
        told = draft.message
        assert (told.approvals, told.approver) == (approvals, "")
        assert (told.break_glass.approver or "" if told.break_glass else None) == breaker
