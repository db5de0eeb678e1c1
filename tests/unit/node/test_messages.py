"""Messages: made of what the writer may see and a person has confirmed, judged, approved by another, and receipted."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    KeyTrustError,
    NoBasisError,
    SchemaError,
)
from headwater.exchange.outbox import Sending
from headwater.model.decision import Verb
from headwater.model.fact import Fact
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, message_id
from headwater.model.message import Kind
from headwater.model.record import Mention, Origin, Record
from headwater.model.times import parse_instant
from headwater.node import Node, correspondence, findings, messages, screening
from headwater.node.messages import FindingChoice, Letter
from headwater.node.system import SystemClock
from headwater.node.users import User, add
from tests.node_world import (
    AUDITOR,
    GUARDIAN,
    SUPERVISOR,
    TERMS,
    WRITER,
    as_user,
    events,
    live_pair,
    person,
    read,
    until,
    write_list,
    write_report,
)

LORRY = {"key": "lorry", "schema": "Vehicle", "properties": {"registrationNumber": ["ZZ00EXR"]}}
ADDRESS = messages.address("spontaneous", "RS-MOI", TERMS)
Pair = tuple[Node, Node]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """London and Belgrade, live with each other over HTTP; the tests of this file share them."""
    with live_pair(tmp_path_factory.mktemp("pair")) as nodes:
        yield nodes


def report(node: Node, folder: Path, *entities: dict[str, Any], **changes: Any) -> str:
    outcome = read(node, "report", write_report(folder, *entities, **changes))
    assert outcome.error is None
    return outcome.ids[0]


def dry(node: Node, user: str = WRITER, **letter: Any) -> Sending:
    return messages.dry_run(node, as_user(node, user), ADDRESS, Letter(classification="OFFICIAL", **letter))


def send(node: Node, user: str = WRITER, **letter: Any) -> Sending:
    return messages.send(node, as_user(node, user), ADDRESS, Letter(classification="OFFICIAL", **letter))


def values(sending: Sending) -> set[str]:
    return {fact.value or "" for fact in sending.message.facts.values()}


def letter_file(folder: Path, text: str) -> Path:
    (folder / "letter.json").write_text(text, encoding="utf-8")
    return folder / "letter.json"


def confirmed(node: Node, folder: Path, name: str) -> str:
    read(node, "uk", write_list(folder / "list", [name]))
    asked = screening.Asked([{"id": name, "name": name, "birth_date": "1975-04-02"}])
    [finding] = screening.at_node(node, as_user(node, WRITER, "sanctions"), asked).result.findings
    findings.decide(node, as_user(node), finding.id, Verb.CONFIRM, "same birth date")
    return finding.id


def test_facts_about_objects_go_without_a_second_person(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    sending = send(london, records=(report(london, tmp_path, LORRY, reference="EX/1"),), text="Exercise.")
    assert sending.is_queued
    assert values(sending) == {"ZZ00EXR"}
    document = messages.sending_document(sending)
    assert (document["outcome"], document["queued"]) == ("allow", True)


def test_what_was_sent_arrives_with_its_handling_and_comes_back_receipted(pair: Pair, tmp_path: Path) -> None:
    london, belgrade = pair
    sending = send(london, records=(report(london, tmp_path, LORRY, reference="EX/2"),), text="Arrives.")
    assert sending.id is not None
    until(lambda: correspondence.show(london, as_user(london), sending.id or message_id(""))["state"] == "receipted")
    shown = correspondence.show(belgrade, as_user(belgrade), sending.id)
    [fact] = shown["message"]["facts"].values()
    assert (fact["value"], fact["handling"], fact["grade"]) == ("ZZ00EXR", ("P",), "3x5x2:1/B")
    assert (shown["way"], shown["state"], len(shown["records"])) == ("in", "stored", 1)
    assert shown["receipt"] == correspondence.show(london, as_user(london), sending.id)["receipt"]
    [row] = [row for row in correspondence.overview(london, as_user(london)).outgoing if row["id"] == sending.id]
    assert row["receipted_at"] >= row["queued_at"]


def test_the_decision_of_whoever_sent_it_is_kept(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    sending = send(london, records=(report(london, tmp_path, LORRY, reference="EX/3"),), reason="they asked")
    with london.store.snapshot() as snapshot:
        [made] = snapshot.decisions(sending.id)
    assert (made.verb, made.who, made.basis, made.reason) == (Verb.RELEASE, WRITER, TERMS, "they asked")


def numbers(node: Node) -> list[list[str]]:
    """Every message that there is; whether it is delivered already is another matter."""
    found = correspondence.overview(node, as_user(node))
    return [[row["id"] for row in rows] for rows in (found.incoming, found.outgoing, found.waiting)]


def test_a_dry_run_changes_nothing(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    record = report(london, tmp_path, LORRY, reference="EX/4")
    before = numbers(london)
    sending = dry(london, records=(record,))
    assert (sending.judgement.outcome, sending.id) == ("allow", None)
    assert numbers(london) == before


def test_facts_about_a_person_wait_for_a_second_person(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    held = send(london, records=(report(london, tmp_path, person(name="Held Primerović"), reference="EX/5"),))
    assert (held.judgement.outcome, held.judgement.rule, held.is_queued) == ("hold", "no-approver", False)
    assert held.id is not None
    [waiting] = [row for row in correspondence.overview(london, as_user(london)).waiting if row["id"] == held.id]
    assert (waiting["asked_by"], waiting["rule"]) == (WRITER, "no-approver")
    with london.store.snapshot() as snapshot:
        assert list(snapshot.decisions(held.id)) == []
    approved = messages.approve(london, as_user(london, SUPERVISOR), held.id, "approver")
    assert approved.is_queued
    assert approved.message.approver == SUPERVISOR
    with london.store.snapshot() as snapshot:
        assert [made.who for made in snapshot.decisions(held.id)] == [SUPERVISOR]


def test_nobody_approves_what_they_wrote(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    held = send(london, SUPERVISOR, records=(report(london, tmp_path, person(name="Own Work"), reference="EX/6"),))
    assert held.id is not None
    again = messages.approve(london, as_user(london, SUPERVISOR), held.id, "approver")
    assert (again.judgement.outcome, again.judgement.rule) == ("hold", "four-eyes")
    assert not again.is_queued


def test_only_a_supervisor_approves_and_only_in_a_role_that_they_have(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    held = send(london, records=(report(london, tmp_path, person(name="Role Primer"), reference="EX/7"),))
    assert held.id is not None
    with pytest.raises(ForbiddenError):
        messages.approve(london, as_user(london), held.id, "approver")
    with pytest.raises(NoBasisError):
        messages.approve(london, as_user(london, SUPERVISOR), held.id, "auditor")
    assert messages.approve(london, as_user(london, SUPERVISOR), held.id, "approver").is_queued


def test_what_does_not_wait_cannot_be_approved(pair: Pair) -> None:
    london, _ = pair
    with pytest.raises(ConflictError):
        messages.approve(
            london, as_user(london, SUPERVISOR), message_id("019abb6c-0000-7000-8000-000000000000"), "approver"
        )


@pytest.mark.parametrize("user", [AUDITOR, GUARDIAN])
def test_whoever_is_no_liaison_sends_nothing(pair: Pair, user: str) -> None:
    london, _ = pair
    with pytest.raises(ForbiddenError):
        send(london, user, text="Exercise.")
    with pytest.raises(ForbiddenError):
        dry(london, user, text="Exercise.")


def test_a_single_fact_is_told_without_the_rest_of_its_record(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    lorry = LORRY | {"properties": {"registrationNumber": ["ZZ00EXR"], "type": ["lorry"]}}
    record = report(london, tmp_path, lorry, reference="EX/8")
    with london.store.snapshot() as snapshot:
        found = snapshot.record(record)  # type: ignore[arg-type]
        assert found is not None
        [number] = [number for number, fact in found.numbered() if fact.value == "lorry"]
    assert values(dry(london, records=(record,))) == {"ZZ00EXR", "lorry"}
    assert values(dry(london, facts=(number,))) == {"lorry"}


@pytest.mark.parametrize("part", [{"records": ("rec-none",)}, {"facts": ("rec-none/0",)}])
def test_what_is_not_there_cannot_be_told(pair: Pair, part: dict[str, Any]) -> None:
    london, _ = pair
    with pytest.raises(ForbiddenError):
        dry(london, **part)


def test_what_the_purpose_does_not_show_cannot_be_told(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    record = report(london, tmp_path, LORRY, reference="EX/9", purposes=["trafficking"])
    with pytest.raises(ForbiddenError):
        dry(london, records=(record,))


def test_the_identity_of_a_protected_person_is_not_told_by_whoever_may_not_see_it(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    victim = person("v1", "Zorana Kestenović", "victim") | {
        "properties": {"name": ["Zorana Kestenović"], "nationality": ["rs"], "notes": ["seen at the lorry park"]}
    }
    record = report(london, tmp_path, LORRY, victim, reference="EX/10")
    told = messages._compose(london, as_user(london), ADDRESS, Letter(classification="OFFICIAL", records=(record,)))
    assert "ZZ00EXR" in {fact.value for fact in told.facts.values()}
    assert "Zorana Kestenović" not in {fact.value for fact in told.facts.values()}


def test_a_confirmed_finding_is_told_with_a_persons_grade_and_what_it_rests_on(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    ref = confirmed(london, tmp_path, "Marko Izmišljotinović")
    sending = dry(london, findings=(FindingChoice(id=ref, grade="3x5x2:1/B"),))
    fact = messages._compose(
        london,
        as_user(london),
        ADDRESS,
        Letter(classification="OFFICIAL", findings=(FindingChoice(id=ref, grade="3x5x2:1/B"),)),
    ).facts[ref]
    assert (fact.grade, fact.schema, fact.personal, fact.category) == ("3x5x2:1/B", "Note", True, "suspect")
    assert len(fact.evidence) > 1
    assert fact.handling == ("P", "TLP:CLEAR")
    assert sending.judgement.outcome == "hold"


def test_an_open_finding_is_not_told(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    read(london, "uk", write_list(tmp_path / "list", ["Ana Nepostojić"]))
    asked = screening.Asked([{"id": "open", "name": "Ana Nepostojić", "birth_date": "1975-04-02"}])
    [finding] = screening.at_node(london, as_user(london, WRITER, "sanctions"), asked).result.findings
    with pytest.raises(NoBasisError, match="no person has confirmed"):
        dry(london, findings=(FindingChoice(id=finding.id),))


def test_a_finding_that_was_dismissed_after_all_is_not_told(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    ref = confirmed(london, tmp_path, "Petar Nigdević")
    findings.decide(london, as_user(london), ref, Verb.DISMISS, "another man")  # type: ignore[arg-type]
    with pytest.raises(NoBasisError):
        dry(london, findings=(FindingChoice(id=ref),))


def test_a_grade_that_is_none_is_refused(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    ref = confirmed(london, tmp_path, "Jovan Nikogović")
    with pytest.raises(InputError):
        dry(london, findings=(FindingChoice(id=ref, grade="quite sure"),))


def claimed(node: Node, subject: str, evidence: Evidence) -> str:
    """A claim of some engine that a person has confirmed."""
    finding = Finding(
        kind="test.claim",
        subjects=(subject,),
        score=0.9,
        text="A claim about somebody",
        reasons=(Reason("why", 1.0, "because"),),
        evidence=(evidence,),
        engine="test",
        engine_version="1",
        params="{}",
        handling=Handling(),
    )
    findings.keep(node, as_user(node), [finding])
    findings.decide(node, as_user(node), finding.id, Verb.CONFIRM, "sure")
    return finding.id


def test_a_finding_that_takes_two_is_not_told_on_the_word_of_one(pair: Pair) -> None:
    london, _ = pair
    own = Record(
        origin=Origin(london.authority, "made-up"), handling=Handling(never_onward=True),
        mentions=(Mention(EntityKey("lorry"), "Vehicle"),), facts=(Fact(EntityKey("lorry"), "registrationNumber", "ZZ1"),),
    )  # fmt: skip
    london.store.write(lambda tx: tx.add_record(own))
    ref = claimed(london, "lorry", Evidence.record(own.id))
    with pytest.raises(NoBasisError, match="it takes two"):
        dry(london, findings=(FindingChoice(id=ref),))


def test_a_finding_about_whom_nobody_can_look_up_is_taken_for_personal(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    record = report(london, tmp_path, LORRY, reference="EX/31")
    with london.store.snapshot() as snapshot:
        found = snapshot.record(record)  # type: ignore[arg-type]
        assert found is not None
    for subject, personal in ((found.mentions[0].key, False), ("somebody", True)):
        ref = claimed(london, subject, Evidence.record(found.id))
        letter = Letter(classification="OFFICIAL", findings=(FindingChoice(id=ref),))
        assert messages._compose(london, as_user(london), ADDRESS, letter).facts[ref].personal is personal


def test_a_finding_that_rests_on_a_whole_record_is_as_personal_as_that_and_rests_on_all_its_facts(
    pair: Pair, tmp_path: Path
) -> None:
    london, _ = pair
    record = report(london, tmp_path, person("p9", "Whole Record"), reference="EX/11")
    with london.store.snapshot() as snapshot:
        found = snapshot.record(record)  # type: ignore[arg-type]
        assert found is not None
        numbers = tuple(number for number, _ in found.numbered())
    ref = claimed(london, found.mentions[0].key, Evidence.record(found.id))
    letter = Letter(classification="OFFICIAL", findings=(FindingChoice(id=ref),))
    fact = messages._compose(london, as_user(london), ADDRESS, letter).facts[ref]
    assert (fact.personal, fact.category, fact.evidence) == (True, "suspect", numbers)


def test_a_message_without_an_expiry_expires_when_the_setting_says(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    sending = dry(london, records=(report(london, tmp_path, LORRY, reference="EX/12"),))
    expires = parse_instant(sending.message.expires or "")
    assert timedelta(days=6.9) < expires - SystemClock().now() <= timedelta(days=7)
    asked = dry(london, records=(report(london, tmp_path, LORRY, reference="EX/12"),), expires="2099-01-01T00:00:00Z")
    assert asked.message.expires == "2099-01-01T00:00:00Z"


def test_nothing_is_sent_to_whom_there_is_no_agreement_with(pair: Pair) -> None:
    london, _ = pair
    nowhere = messages.address("spontaneous", "XK-KP", "EX-UK-XK")
    with pytest.raises(KeyTrustError):
        messages.send(london, as_user(london), nowhere, Letter(text="Exercise."))


def test_a_message_under_an_agreement_that_there_is_not_is_refused_by_rule(pair: Pair) -> None:
    london, _ = pair
    other = messages.address("spontaneous", "RS-MOI", "A-NONE")
    sending = messages.send(london, as_user(london), other, Letter(classification="OFFICIAL", text="Exercise."))
    document = messages.sending_document(sending)
    assert (document["outcome"], document["queued"], document["message"]) == ("refuse", False, None)
    assert document["reasons"]


def test_what_a_partner_told_is_not_passed_back_on_without_its_word(pair: Pair, tmp_path: Path) -> None:
    london, belgrade = pair
    record = report(belgrade, tmp_path, LORRY, reference="VEZBA/1", originator="RS-MOI")
    address = messages.address("spontaneous", "UK-NCA", TERMS)
    sending = messages.send(
        belgrade, as_user(belgrade), address, Letter(classification="OFFICIAL", records=(record,), text="Vežba.")
    )
    assert sending.id is not None
    until(lambda: any(row["id"] == sending.id for row in correspondence.overview(london, as_user(london)).incoming))
    [received] = correspondence.show(london, as_user(london), sending.id)["records"]
    facts = messages._compose(
        london, as_user(london), ADDRESS, Letter(classification="OFFICIAL", records=(received,))
    ).facts.values()
    assert [(fact.origin, fact.via) for fact in facts] == [("RS", TERMS)]


def test_a_message_is_accepted_or_put_aside_once_with_a_reason(pair: Pair, tmp_path: Path) -> None:
    london, belgrade = pair
    sent = [
        send(london, records=(report(london, tmp_path, LORRY, reference=f"EX/2{number}"),), text="Decide.").id
        for number in range(2)
    ]
    until(lambda: {row.id for row in belgrade.exchange.incoming()} >= set(sent))
    first, second = (message_id(ref or "") for ref in sent)
    session = as_user(belgrade)
    correspondence.accept(belgrade, session, first, "read")
    correspondence.refuse(belgrade, session, second, "not for us")
    assert correspondence.show(belgrade, session, first)["state"] == "accepted"
    assert correspondence.show(belgrade, session, second)["state"] == "refused"
    for act in (correspondence.accept, correspondence.refuse):
        with pytest.raises(ConflictError):
            act(belgrade, session, first, "again")
    with pytest.raises(ForbiddenError):
        correspondence.accept(belgrade, as_user(belgrade, GUARDIAN), second, "I may not")
    assert [event.subject for event in events(belgrade, "exchange.accepted")][-1] == first


def test_a_look_at_a_message_is_logged_even_when_there_is_none(pair: Pair) -> None:
    london, _ = pair
    nothing = message_id("019abb6c-0000-7000-8000-000000000001")
    with pytest.raises(ForbiddenError, match="no such message"):
        correspondence.show(london, as_user(london), nothing)
    assert nothing in [event.subject for event in events(london, "look.message")]


def test_correspondence_is_not_for_auditors(pair: Pair) -> None:
    london, _ = pair
    session = as_user(london, AUDITOR)
    with pytest.raises(ForbiddenError):
        correspondence.overview(london, session)
    with pytest.raises(ForbiddenError):
        correspondence.show(london, session, message_id("019abb6c-0000-7000-8000-000000000001"))


def test_a_user_added_while_the_node_serves_can_act_at_once(pair: Pair, tmp_path: Path) -> None:
    london, _ = pair
    record = report(london, tmp_path, LORRY, reference="EX/30")
    add(london.store, as_user(london), User("n.new", frozenset({"liaison"})))
    assert dry(london, "n.new", records=(record,)).judgement.outcome == "allow"


def test_a_letter_is_read_from_a_file(tmp_path: Path) -> None:
    text = json.dumps({"classification": "OFFICIAL", "records": ["rec-1"], "findings": [{"id": "fnd-1"}]})
    letter = messages.read_letter(letter_file(tmp_path, text))
    assert (letter.classification, letter.records, letter.findings) == (
        "OFFICIAL",
        ("rec-1",),
        (FindingChoice(id="fnd-1"),),
    )


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ('{"colour": 1}', None),
        ('{"records": "rec-1"}', "records"),
        ('{"findings": [{"grade": "A1"}]}', "findings[0]"),
        ('{"findings": [{"id": "x", "note": 1}]}', "findings[0]"),
        ('{"text": 5}', "text"),
        ("[]", None),
    ],
)
def test_a_letter_with_a_mistake_names_file_and_field_and_not_what_stood_there(
    tmp_path: Path, text: str, field: str | None
) -> None:
    with pytest.raises(SchemaError) as caught:
        messages.read_letter(letter_file(tmp_path, text))
    assert caught.value.where.file == str(tmp_path / "letter.json")
    assert caught.value.where.field == field


@pytest.mark.parametrize("text", ["", "{", '{"text": "a", "text": "b"}', '{"text": NaN}'])
def test_a_letter_that_is_no_json_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError):
        messages.read_letter(letter_file(tmp_path, text))


def test_a_letter_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        messages.read_letter(tmp_path / "none.json")


def test_a_kind_and_an_authority_are_such_as_there_are() -> None:
    assert messages.address("alert", "RS-MOI", "A").kind is Kind.ALERT
    with pytest.raises(SchemaError, match="no kind"):
        messages.address("gossip", "RS-MOI", "A")
    with pytest.raises(SchemaError):
        messages.address("alert", "Belgrade", "A")
