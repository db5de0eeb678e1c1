"""The liaison desk, whole: each list, message, clock, holder and ledger line is compared as it stands, with nothing left out.

Two nodes are live with each other in one process (`tests/wired_world.py`), so that each moment between two acts can be looked
at: what is queued and not yet carried, carried and not yet answered. What is expected is written out by hand; drawn
identifiers are called by the name that the test gives them.
"""

import base64
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from headwater.errors import ConflictError, ForbiddenError, HeadwaterError, SchemaError
from headwater.exchange.amends import Answer, Asked
from headwater.exchange.flags import FLAGGED, Flag
from headwater.exchange.liaison import Holder
from headwater.exchange.partners import State
from headwater.exchange.receipt import parse_receipt
from headwater.model.canonical import encode
from headwater.model.decision import Verb
from headwater.model.ids import AuthorityId, MessageId
from headwater.model.message import Done, Kind, Message
from headwater.node import Node, correspondence, liaison, messages
from headwater.node.messages import Letter
from headwater.policy.agreement import AgreementState
from headwater.testing.fakes import START
from tests.node_world import AUDITOR, GUARDIAN, SUPERVISOR, TERMS, WRITER, as_user, person
from tests.wired_world import Wired, lines, size_of, wired

LORRY = {"key": "lorry", "schema": "Vehicle", "properties": {"registrationNumber": ["ZZ00EXR"], "type": ["lorry"]}}
NOW, LATER, LATEST = "2026-11-25T08:30:00Z", "2026-11-25T09:30:00Z", "2026-11-25T10:30:00Z"
HOUR = timedelta(hours=1)
NEVER = MessageId("01a211d3-7340-7183-808b-2a42a9d583e3")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Wired]:
    with wired(tmp_path) as made:
        for node, name in ((made.london, "ping of London"), (made.belgrade, "ping of Belgrade")):
            made.names[node.exchange.outgoing()[0].id] = name
        yield made


def ping(way: str, of: str) -> dict[str, Any]:
    """The first message of each, as it stands in a list; both were carried and receipted at once."""
    row = {"id": f"ping of {of}", "seq": 1, "kind": "ping", "thread": None}
    peer = "RS-MOI" if (way == "in") == (of == "Belgrade") else "UK-NCA"
    if way == "in":
        return {**row, "from": peer, "state": "stored", "received_at": NOW, "flagged": False}
    return {**row, "to": peer, "state": "receipted", "queued_at": NOW, "receipted_at": NOW, "refused": None, "told": []}


def overview(pair: Wired, node: Node) -> dict[str, Any]:
    found: dict[str, Any] = pair.called(asdict(correspondence.overview(node, as_user(node))))
    return found


def test_each_list_says_of_each_message_where_it_stands_and_of_each_request_its_clock(pair: Wired) -> None:
    london, belgrade = pair.london, pair.belgrade
    asked = pair.send(london, Kind.REQUEST, reason="who keeps the lorry", urgency="urgent", why_urgent="it leaves")
    pair.carry()
    pair.clock.move(HOUR)
    told = pair.send(london, Kind.SPONTANEOUS, records=(pair.report(london, LORRY),))
    held = messages.send(
        london,
        as_user(london),
        messages.address("spontaneous", "RS-MOI", TERMS),
        Letter(classification="OFFICIAL", records=(pair.report(london, person()),)),
    )
    pair.names |= {asked: "the request", told: "the lorry", str(held.id): "the draft"}
    clock = {
        "answer": "open", "alarm_50": "2026-11-25T12:30:00Z", "alarm_80": "2026-11-25T14:54:00Z",
        "due_at": "2026-11-25T16:30:00Z", "alarm": 0, "ended_at": None, "duplicate_of": None,
    }  # fmt: skip
    request = {"id": "the request", "seq": 2, "kind": "request", "thread": None}
    lorry = {"id": "the lorry", "seq": 3, "kind": "spontaneous", "thread": None}
    assert overview(pair, london) == {
        "incoming": [ping("in", "Belgrade")],
        "outgoing": [
            ping("out", "London"),
            {**request, "to": "RS-MOI", "state": "receipted", "queued_at": NOW, "receipted_at": NOW, "refused": None, "told": [], **clock},
            {**lorry, "to": "RS-MOI", "state": "queued", "queued_at": LATER, "receipted_at": None, "refused": None, "told": []},
        ],
        "waiting": [
            {
                "id": "the draft", "to": "RS-MOI", "kind": "spontaneous", "rule": "no-approver", "asked_by": WRITER,
                "asked_at": LATER,
            }
        ],
    }  # fmt: skip
    pair.clock.move(HOUR)
    pair.carry()
    belgrade.store.write(lambda tx: tx.put_document(FLAGGED, told, encode(Flag("a key", START, START))))
    assert overview(pair, belgrade) == {
        "incoming": [
            ping("in", "London"),
            {**request, "from": "UK-NCA", "state": "stored", "received_at": NOW, "flagged": False, **clock},
            {**lorry, "from": "UK-NCA", "state": "stored", "received_at": LATEST, "flagged": True},
        ],
        "outgoing": [ping("out", "Belgrade")],
        "waiting": [],
    }
    [_, _, row] = overview(pair, london)["outgoing"]
    assert row == {
        **lorry,
        "to": "RS-MOI",
        "state": "receipted",
        "queued_at": LATER,
        "receipted_at": LATEST,
        "refused": None,
        "told": [],
    }


def test_a_clock_tells_of_question_answer_alarm_and_double_at_both_ends(pair: Wired) -> None:
    london, belgrade = pair.london, pair.belgrade
    first = pair.send(london, Kind.SPONTANEOUS, records=(pair.report(london, LORRY),))
    pair.carry()
    asked, again = (
        pair.send(london, Kind.REQUEST, reason="who", urgency="urgent", why_urgent="x", thread=first) for _ in range(2)
    )
    waits = pair.send(london, Kind.REQUEST, reason="where", urgency="urgent", why_urgent="x")
    pair.names |= {first: "the lorry", asked: "first", again: "second", waits: "third"}
    nothing = {"alarm": 0, "ended_at": None, "duplicate_of": None}
    waiting = {"answer": "waiting", "due_at": None, **nothing}
    assert pair.called(liaison.requests(london)) == {"first": waiting, "second": waiting, "third": waiting}
    assert liaison.requests(belgrade) == {}
    pair.carry()
    threads = [(row["id"], row["thread"]) for row in overview(pair, london)["outgoing"]]
    assert threads[1:] == [("the lorry", None), ("first", "the lorry"), ("second", "the lorry"), ("third", None)]
    assert [(row["id"], row["thread"]) for row in overview(pair, belgrade)["incoming"]] == [
        ("ping of London", None),
        *threads[1:],
    ]
    pair.clock.move(HOUR)
    question = liaison.answer(
        belgrade, as_user(belgrade), MessageId(asked), Letter(result="clarify", text="which of them?")
    )
    assert question.is_queued
    pair.carry()
    pair.clock.move(HOUR)
    times = {"alarm_50": "2026-11-25T12:30:00Z", "alarm_80": "2026-11-25T14:54:00Z", "due_at": "2026-11-25T16:30:00Z"}
    running = {"answer": "open", **times, **nothing}
    stopped = {"answer": "clarify", **dict.fromkeys(times), **nothing}
    assert pair.called(liaison.requests(london)) == {"first": stopped, "second": running, "third": running}
    assert pair.called(liaison.requests(belgrade)) == {
        "first": stopped,
        "second": {**running, "duplicate_of": "first"},
        "third": running,
    }
    # What was asked back is answered in the thread of the request, whichever of its messages is named.
    [came] = [row for row in london.exchange.incoming() if row.kind == Kind.RESPONSE]
    assert came.thread == asked
    lorry = (pair.report(london, LORRY),)
    back = liaison.answer(
        london, as_user(london), came.id, Letter(classification="OFFICIAL", records=lorry, result="full")
    )
    assert back.is_queued
    assert back.message.thread == asked
    pair.clock.move(timedelta(hours=4, minutes=54))
    pair.carry()
    # By the later clock the answer came at 15:24: the pause of 5 h 54 min moves the first one's times, and no other's.
    moved = {"alarm_50": "2026-11-25T18:24:00Z", "alarm_80": "2026-11-25T20:48:00Z", "due_at": "2026-11-25T22:24:00Z"}
    late = {**running, "alarm": 80}
    assert pair.called(liaison.requests(belgrade)) == {
        "first": {"answer": "open", **moved, **nothing},
        "second": {**late, "duplicate_of": "first"},
        "third": late,
    }
    since = size_of(belgrade)
    assert (
        belgrade.exchange.liaison.tend() == 2 + 3
    )  # two alarms, and each request is checked against what is held here
    alarms = [line for line in pair.called(lines(belgrade, since)) if line[0] == "exchange.deadline-alarm"]
    assert alarms == [
        ["exchange.deadline-alarm", "node", name, "", {"level": 80, "way": "in", "peer": "UK-NCA"}]
        for name in ("second", "third")
    ]
    assert liaison.answer(belgrade, as_user(belgrade), MessageId(waits), Letter(result="none")).is_queued
    refusal = Letter(result="refused", reason="not-available: burnt")
    assert liaison.answer(belgrade, as_user(belgrade), MessageId(again), refusal).is_queued
    pair.carry()
    ended = {"ended_at": "2026-11-25T15:24:00Z", "alarm": 80}
    assert pair.called(liaison.requests(london, START + timedelta(seconds=0))) == {
        "first": {"answer": "open", **moved, **nothing},
        "second": {**running, "answer": "refused", **ended},
        "third": {**running, "answer": "answered", **ended},
    }
    assert liaison.requests(london, START + timedelta(seconds=1)) == {}


def shown(pair: Wired, node: Node, ref: str) -> dict[str, Any]:
    """One message, whole; of its receipt is told who gave it, when, and what it says."""
    found = correspondence.show(node, as_user(node), MessageId(ref))
    if found["receipt"] is not None:
        receipt = parse_receipt(base64.b64decode(found["receipt"]))
        found["receipt"] = [receipt.sender, receipt.at, *(line.result for line in receipt.lines)]
    return {key: pair.called(value) for key, value in found.items()}


def test_one_message_is_shown_with_all_its_content_its_receipt_and_its_own_records(pair: Wired) -> None:
    london, belgrade = pair.london, pair.belgrade
    lorry, other = pair.report(london, LORRY), pair.report(london, {**LORRY, "properties": {"type": ["lorry"]}})
    ref = pair.send(london, Kind.SPONTANEOUS, records=(lorry,), text="Seen at the gate.", case_references=("UK/7",))
    beside = pair.send(london, Kind.SPONTANEOUS, records=(other,))
    pair.names |= {ref: "the message", lorry: "the lorry", other: "the other"}
    fact = {
        "category": "object", "entity": "lorry", "grade": "3x5x2:1/B", "handling": ["P"], "marking": "OFFICIAL", "origin": "UK",
        "purposes": ["court", "oic", "trafficking"], "retain_until": "2029-11-24", "schema": "Vehicle",
    }  # fmt: skip
    message = {
        "kind": "spontaneous", "from": "UK-NCA", "to": "RS-MOI", "agreement": TERMS, "purpose": "oic", "author": WRITER,
        "classification": "OFFICIAL", "expires": "2026-12-02T08:30:00Z", "text": "Seen at the gate.", "case_references": ["UK/7"],
        "facts": {
            "the lorry/0": {**fact, "id": "the lorry/0", "prop": "registrationNumber", "value": "ZZ00EXR"},
            "the lorry/1": {**fact, "id": "the lorry/1", "prop": "type", "value": "lorry"},
        },
    }  # fmt: skip
    about: dict[str, Any] = {"id": "the message", "message": message, "undelivered": None, "told": []}
    since = size_of(london)
    assert shown(pair, london, ref) == {**about, "way": "out", "state": "queued", "receipt": None, "records": []}
    assert lines(london, since) == [("look.message", WRITER, ref, "oic", {})]
    pair.clock.move(HOUR)
    pair.carry()
    receipt = ["RS-MOI", LATER, "stored", "stored"]
    assert shown(pair, london, ref) == {**about, "way": "out", "state": "receipted", "receipt": receipt, "records": []}
    with belgrade.store.snapshot() as snapshot:
        born = {name: list(snapshot.born_of(MessageId(name))) for name in (ref, beside)}
    assert [len(found) for found in born.values()] == [1, 1]
    expected = {**about, "way": "in", "state": "stored", "receipt": receipt, "records": born[ref]}
    assert shown(pair, belgrade, ref) == expected
    # Whoever may not see a record is not told that there is one: under another purpose there is none.
    other_purpose = correspondence.show(belgrade, as_user(belgrade, WRITER, "sanctions"), MessageId(ref))
    assert other_purpose["records"] == []
    since = size_of(belgrade)
    with pytest.raises(ForbiddenError, match="no such message") as caught:
        correspondence.show(belgrade, as_user(belgrade), NEVER)
    assert (caught.value.where.file, caught.value.exit) == (NEVER, 77)
    assert lines(belgrade, since) == [("look.message", WRITER, NEVER, "oic", {})]


def test_a_message_that_the_partner_refused_says_by_which_rule_and_what_would_help(pair: Wired) -> None:
    london, belgrade = pair.london, pair.belgrade
    belgrade.exchange.set_agreement_state(TERMS, AgreementState.ENDED, who="s.petrovic", reason="over")
    refused = pair.send(london, Kind.SPONTANEOUS, records=(pair.report(london, LORRY),))
    pair.clock.move(HOUR)
    pair.carry()
    waits = pair.send(london, Kind.SPONTANEOUS, records=(pair.report(london, LORRY),))
    london.exchange.set_agreement_state(TERMS, AgreementState.SUSPENDED, who="s.hall", reason="theirs has ended")
    rows = overview(pair, london)["outgoing"]
    assert [(row["state"], row["refused"]) for row in rows] == [
        ("receipted", None), ("refused", "agreement-state"), ("queued", None),
    ]  # fmt: skip
    assert shown(pair, london, refused)["undelivered"] == {
        "word": "agreement-state",
        "code": "policy.forbidden",
        "what": "The agreement is not live",
        "fix": "the agreement must be live: both sides sign it and its tests pass, or its suspension is lifted",
        "at": LATER,
        "again": None,
    }
    assert shown(pair, london, waits)["undelivered"] == {
        "word": "", "code": "policy.expired", "what": "The agreement is not live",
        "fix": "it goes by itself once the agreement is live again", "at": None, "again": None,
    }  # fmt: skip


def test_a_message_that_waits_for_a_person_becomes_records_when_it_is_accepted_and_none_when_it_is_put_aside(
    pair: Wired,
) -> None:
    london, belgrade = pair.london, pair.belgrade
    held = {"handling": {"codes": ["H3"], "markings": ["OFFICIAL"]}}
    one, two = (pair.send(london, Kind.SPONTANEOUS, records=(pair.report(london, LORRY, **held),)) for _ in range(2))
    three = pair.send(london, Kind.SPONTANEOUS, records=(pair.report(london, LORRY),))
    pair.carry()
    states = [
        (shown(pair, belgrade, ref)["state"], len(shown(pair, belgrade, ref)["records"])) for ref in (one, two, three)
    ]
    assert states == [("held", 0), ("held", 0), ("stored", 1)]
    since = size_of(belgrade)
    correspondence.accept(belgrade, as_user(belgrade), MessageId(one), "the condition was read")
    correspondence.refuse(belgrade, as_user(belgrade), MessageId(two), "the condition cannot be kept")
    correspondence.refuse(belgrade, as_user(belgrade), MessageId(three), "not ours")
    assert lines(belgrade, since) == [
        ("exchange.accepted", WRITER, one, "oic", {"reason": "the condition was read"}),
        ("exchange.put-aside", WRITER, two, "oic", {"reason": "the condition cannot be kept"}),
        ("exchange.put-aside", WRITER, three, "oic", {"reason": "not ours"}),
    ]
    states = [
        (shown(pair, belgrade, ref)["state"], len(shown(pair, belgrade, ref)["records"])) for ref in (one, two, three)
    ]
    assert states == [("accepted", 1), ("refused", 0), ("refused", 1)]  # records stay, as records do
    since = size_of(belgrade)
    for ref in (one, two, three, NEVER):
        with pytest.raises(ConflictError, match="no such message that waits"):
            correspondence.accept(belgrade, as_user(belgrade), MessageId(ref), "again")
        with pytest.raises(ConflictError, match="no such message that waits"):
            correspondence.refuse(belgrade, as_user(belgrade), MessageId(ref), "again")
    assert lines(belgrade, since) == []


def test_what_a_person_lets_the_sender_know_is_a_decision_here_and_stands_beside_the_message_there(pair: Wired) -> None:
    london, belgrade = pair.london, pair.belgrade
    ref = MessageId(pair.send(london, Kind.SPONTANEOUS, records=(pair.report(london, LORRY),)))
    aside = MessageId(pair.send(london, Kind.SPONTANEOUS, records=(pair.report(london, LORRY),)))
    pair.carry()
    correspondence.refuse(belgrade, as_user(belgrade), aside, "not ours")
    for moved, word in ((HOUR, "read"), (HOUR, "acted"), (HOUR, "read")):
        pair.clock.move(moved)
        correspondence.tell(
            belgrade, as_user(belgrade, SUPERVISOR) if word == "acted" else as_user(belgrade), ref, word
        )
        pair.carry()
    words = [{"word": "read", "at": LATER}, {"word": "acted", "at": LATEST}]
    assert shown(pair, london, ref)["told"] == words
    assert [row["told"] for row in overview(pair, london)["outgoing"]] == [[], words, []]
    assert shown(pair, belgrade, ref)["told"] == []
    told = [row for row in belgrade.exchange.outgoing() if row.kind == Kind.RECEIPT]
    assert [(row.peer, row.thread, row.state) for row in told] == [("UK-NCA", ref, "receipted")] * 3
    with belgrade.store.snapshot() as snapshot:
        made = [one for row in told for one in snapshot.decisions(row.id)]
    assert [(one.verb, one.who, one.basis, one.reason, one.decided_at - START) for one in made] == [
        (Verb.RELEASE, WRITER, TERMS, "read", HOUR),
        (Verb.RELEASE, SUPERVISOR, TERMS, "acted", 2 * HOUR),
        (Verb.RELEASE, WRITER, TERMS, "read", 3 * HOUR),
    ]
    heard = [line for line in lines(london) if line[0] == "exchange.told"]
    assert heard == [("exchange.told", "RS-MOI", ref, "oic", {"word": word}) for word in ("read", "acted")]
    since = size_of(belgrade)
    for about, word, error, what in (
        (ref, "forgotten", SchemaError, "no word on a message"),
        (aside, "read", ConflictError, "nothing is told about a message that was refused"),
        (NEVER, "read", ConflictError, "no such message that waits"),
    ):
        with pytest.raises(error, match=what):
            correspondence.tell(belgrade, as_user(belgrade), about, word)
    assert lines(belgrade, since) == []
    belgrade.exchange.step_partner(london.authority, State.SUSPENDED, who=SUPERVISOR, reason="test")
    with pytest.raises(HeadwaterError) as caught:
        correspondence.tell(belgrade, as_user(belgrade), ref, "accepted")
    assert caught.value.exit == 76
    assert len([row for row in belgrade.exchange.outgoing() if row.kind == Kind.RECEIPT]) == 3


def test_a_word_that_the_rules_do_not_let_go_is_refused_and_not_passed_over(
    pair: Wired, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No rule stops a word to a partner today; what would be if one did.
    nowhere = messages.address("spontaneous", "UK-NCA", "A-NONE")
    refused = messages.dry_run(pair.belgrade, as_user(pair.belgrade), nowhere, Letter(text="x"))
    monkeypatch.setattr(pair.belgrade.exchange, "tell", lambda *_, **__: refused)
    with pytest.raises(HeadwaterError) as caught:
        correspondence.tell(pair.belgrade, as_user(pair.belgrade), NEVER, "read")
    assert caught.value.exit == 77


def test_consent_is_asked_of_the_originator_and_its_answer_is_kept_word_for_word(pair: Wired) -> None:
    london, belgrade = pair.london, pair.belgrade
    lorry = pair.report(london, LORRY)
    ref = pair.send(london, Kind.SPONTANEOUS, records=(lorry,))
    pair.carry()
    [record] = correspondence.show(belgrade, as_user(belgrade), MessageId(ref))["records"]
    officer = as_user(belgrade, WRITER, "trafficking")
    [asked] = liaison.ask_consent(belgrade, officer, [record], "XK-KP", "joint operation")
    assert asked.id is not None
    pair.carry()
    pair.names |= {lorry: "the lorry", asked.id: "the question"}
    consent = {
        "type": "onward", "from": "UK", "to": "XK", "facts": ["the lorry/0", "the lorry/1"], "purposes": ["trafficking"],
        "decision": "asked",
    }  # fmt: skip
    assert shown(pair, london, asked.id) == {
        "records": [], "id": "the question", "way": "in", "state": "stored", "undelivered": None, "told": [],
        "receipt": ["UK-NCA", NOW, "stored"],
        "message": {
            "kind": "consent-request", "from": "RS-MOI", "to": "UK-NCA", "agreement": TERMS, "purpose": "trafficking",
            "reason": "joint operation", "classification": "NONE", "expires": "2026-12-09T08:30:00Z", "consents": [consent],
        },
    }  # fmt: skip
    for user in (AUDITOR, GUARDIAN, WRITER):
        with pytest.raises(ForbiddenError):
            liaison.answer_consent(london, as_user(london, user), asked.id, "yes", None)
    since = size_of(belgrade)
    for over in ("2026-11-24", "2024-02-29"):
        with pytest.raises(SchemaError, match="has ended already"):
            liaison.answer_consent(london, as_user(london, SUPERVISOR), asked.id, "yes", over)
    answer = liaison.answer_consent(london, as_user(london, SUPERVISOR), asked.id, "yes", "2027-01-31")
    pair.carry()
    assert answer.id is not None
    [given] = shown(pair, belgrade, answer.id)["message"]["consents"]
    assert len(given.pop("words")) == 1
    assert given == {**consent, "decision": "yes", "until": "2027-01-31", "ref": "the question"}
    recorded = [line for line in lines(belgrade, since) if line[0].startswith("exchange.consent")]
    assert recorded == [
        ("exchange.consent-recorded", "UK-NCA", answer.id, "trafficking", {"facts": 2, "thread": asked.id})
    ]
    refused = liaison.answer_consent(london, as_user(london, SUPERVISOR), asked.id, "no", None)
    assert [one.decision for one in refused.message.consents] == ["no"]


def holders(pair: Wired, node: Node) -> list[dict[str, Any]]:
    """Every holder that was asked, whole; the hash of its answer's envelope is told as whether there is one."""
    found = pair.called(liaison.amend_status(node, as_user(node)))
    return [{**each, "envelope": each["envelope"] and len(each["envelope"])} for each in found]


def test_each_holder_of_what_was_recalled_is_told_with_its_proof_or_how_long_it_has_been_silent(pair: Wired) -> None:
    london, belgrade = pair.london, pair.belgrade
    lorry, other = pair.report(london, LORRY), pair.report(london, {**LORRY, "key": "other"})
    pair.send(london, Kind.SPONTANEOUS, records=(lorry, other))
    pair.carry()
    pair.names |= {lorry: "the lorry", other: "the other"}
    since = size_of(london)
    [asked] = liaison.amend(
        london, as_user(london, WRITER, "trafficking"), "erase", [f"{lorry}/0", other], "another lorry"
    )
    assert asked == {"message": asked["message"], "holder": "RS-MOI"}
    detail = {"action": "erase", "facts": 3, "holders": 1}
    noted = [line for line in lines(london, since) if line[0] == "exchange.amend-asked"]
    assert noted == [("exchange.amend-asked", WRITER, asked["message"], "trafficking", detail)]
    pair.names[asked["message"]] = "the recall"
    pair.clock.move(timedelta(seconds=7200))
    wanted = {
        "message": "the recall", "holder": "RS-MOI", "action": "erase", "facts": ["the lorry/0", "the other/0", "the other/1"],
        "asked_at": NOW, "state": "open", "age_s": 7200, "proof": None, "envelope": None, "done": [], "waits_for": ["RS-MOI"],
    }  # fmt: skip
    assert holders(pair, london) == [wanted]
    assert holders(pair, belgrade) == []
    pair.carry()
    pair.clock.move(HOUR)
    [proof] = [row for row in london.exchange.incoming() if row.kind == Kind.AMEND_DONE]
    pair.names[proof.id] = "the proof"
    [done] = holders(pair, london)[0]["done"]
    assert isinstance(done.pop("log_index"), int)
    assert done == {
        "amend": "the recall", "holder": "RS-MOI", "at": LATEST,
        "results": dict.fromkeys(["the lorry/0", "the other/0", "the other/1"], "erased"),
    }  # fmt: skip
    [told] = holders(pair, london)
    assert {**told, "done": []} == {**wanted, "state": "done", "proof": "the proof", "envelope": 64, "waits_for": []}
    with pytest.raises(ForbiddenError):
        liaison.amend(london, as_user(london), "erase", [f"{lorry}/0"], "again")
    assert liaison.named(london, as_user(london), [lorry]) == [f"{lorry}/1"]


@pytest.mark.parametrize("action", ["rectify", "regrade"])
def test_a_correction_takes_an_approver_and_the_fact_that_is_right(pair: Wired, action: str) -> None:
    london, belgrade = pair.london, pair.belgrade
    lorry = pair.report(london, LORRY)
    ref = pair.send(london, Kind.SPONTANEOUS, records=(lorry,))
    pair.carry()
    right = pair.report(london, {**LORRY, "properties": {"registrationNumber": ["ZZ00EXT"]}})
    since = size_of(london)
    for user, by in ((WRITER, [right]), (WRITER, []), (AUDITOR, [right])):
        with pytest.raises(ForbiddenError, match="role"):
            liaison.amend(london, as_user(london, user), action, [f"{lorry}/0"], "misread", by)
    with pytest.raises(ForbiddenError, match="role"):
        liaison.amend(london, as_user(london), "erase", [f"{lorry}/0"], "misread", [right])
    with pytest.raises(SchemaError, match="a correction without the fact that is right") as caught:
        liaison.amend(london, as_user(london, SUPERVISOR), action, [f"{lorry}/0"], "misread")
    assert (caught.value.where.file, caught.value.fix) == ("with", "name it with --with")
    assert [line for line in lines(london, since) if not line[0].startswith("look.")] == []
    liaison.amend(london, as_user(london, SUPERVISOR), action, [f"{lorry}/0"], "misread", [right])
    pair.carry()
    [told] = holders(pair, london)
    assert (told["action"], told["state"], told["facts"]) == (action, "done", [f"{lorry}/0"])
    assert set(told["done"][0]["results"].values()) == {{"rectify": "rectified", "regrade": "regraded"}[action]}
    with belgrade.view(as_user(belgrade)) as view:
        plates = {fact.value for record in view.records() for fact in record.facts if fact.prop == "registrationNumber"}
    assert plates == {"ZZ00EXT"}
    assert list(correspondence.show(belgrade, as_user(belgrade), MessageId(ref))["message"]["facts"]) == [f"{lorry}/1"]


@pytest.mark.parametrize("strip", [True, False])
def test_a_text_that_names_what_was_recalled_waits_until_a_person_has_decided(pair: Wired, strip: bool) -> None:
    london, belgrade = pair.london, pair.belgrade
    record = pair.report(london, person(name="Ema Primerović"))
    both = (record, pair.report(london, LORRY))  # the text would go with the last fact that it went with
    ref = MessageId(pair.send(london, Kind.SPONTANEOUS, records=both, text="Ema Primerović was seen"))
    pair.carry()
    asked = MessageId(pair.send(belgrade, Kind.REQUEST, reason="what else is known of EMA  PRIMEROVIĆ", thread=ref))
    pair.clock.move(HOUR)
    [amend] = liaison.amend(london, as_user(london), "erase", [record], "another person")
    pair.carry()
    pair.names |= {record: "the person", ref: "the first", asked: "the request", amend["message"]: "the recall"}
    at = {"thread": "the first", "facts": ["the person/0"], "at": LATER}
    assert pair.called(liaison.texts(london, as_user(london))) == [
        {"message": "the first", "way": "out", "amend": "the person/0", **at}
    ]
    assert pair.called(liaison.texts(belgrade, as_user(belgrade))) == [
        {"message": "the first", "way": "in", "amend": "the recall", **at},
        {"message": "the request", "way": "out", "amend": "the recall", **at},
    ]
    since = size_of(belgrade)
    liaison.close_text(belgrade, as_user(belgrade), ref, "names her", strip=strip)
    decided = {"stripped": int(strip), "reason": "names her", "amend": amend["message"]}
    assert ("exchange.text-decided", WRITER, ref, "", decided) in lines(belgrade, since)
    assert [one["message"] for one in liaison.texts(belgrade, as_user(belgrade))] == [asked]
    left = correspondence.show(belgrade, as_user(belgrade), ref)["message"].get("text")
    assert left == (None if strip else "Ema Primerović was seen")
    with pytest.raises(ConflictError, match="no such task is open"):
        liaison.close_text(belgrade, as_user(belgrade), ref, "names her", strip=strip)


def test_what_is_kept_as_evidence_is_restricted_where_its_originator_has_it_erased(pair: Wired) -> None:
    london, belgrade = pair.london, pair.belgrade
    lorry = pair.report(london, LORRY)
    ref = MessageId(pair.send(london, Kind.SPONTANEOUS, records=(lorry,)))
    pair.carry()
    [record] = correspondence.show(belgrade, as_user(belgrade), ref)["records"]
    since = size_of(belgrade)
    kept = liaison.keep_as_evidence(belgrade, as_user(belgrade), [f"{record}/1", record, f"{record}/1"], "case 7")
    assert kept == [f"{record}/1", f"{record}/0"]
    noted = [line for line in lines(belgrade, since) if line[0] == "exchange.kept-as-evidence"]
    assert noted == [("exchange.kept-as-evidence", WRITER, fact, "", {"reason": "case 7"}) for fact in kept]
    liaison.amend(london, as_user(london), "erase", [lorry], "another lorry")
    pair.carry()
    [told] = holders(pair, london)
    assert set(told["done"][0]["results"].values()) == {"restricted"}
    with belgrade.view(as_user(belgrade)) as view:
        assert [one.id for one in view.records() if one.id == record] == []
    with belgrade.view(as_user(belgrade, WRITER, "court")) as view:
        assert len(view.record(record).facts) == 2


def test_a_message_is_answered_where_it_can_be_and_by_a_result_alone(pair: Wired) -> None:
    london, belgrade = pair.london, pair.belgrade
    officer = as_user(belgrade)
    lorry = pair.report(london, LORRY)
    told = MessageId(pair.send(london, Kind.SPONTANEOUS, records=(lorry,)))
    search = MessageId(pair.send(london, Kind.SEARCH, records=(lorry,), reason="is it known"))
    asked = MessageId(pair.send(london, Kind.REQUEST, reason="who"))
    pair.carry()
    for ref in (told, *(row.id for row in belgrade.exchange.incoming() if row.kind == Kind.PING)):
        with pytest.raises(ForbiddenError, match="no message that can be answered") as caught:
            liaison.answer(belgrade, officer, ref, Letter(result="none"))
        assert (caught.value.where.file, caught.value.fix) == (ref, "see: headwater inbox list")
    for ref in (search, asked):
        with pytest.raises(SchemaError, match="an answer without a result") as wrong:
            liaison.answer(belgrade, officer, ref, Letter())
        assert wrong.value.fix == "use full, partial, none, refused or clarify"
        sent = [row.id for row in belgrade.exchange.outgoing()]
        tried = liaison.answer(belgrade, officer, ref, Letter(result="none", text=None), dry_run=True)
        assert (tried.id, tried.judgement.outcome, tried.message.thread) == (None, "allow", ref)
        assert [row.id for row in belgrade.exchange.outgoing()] == sent
        made = liaison.answer(belgrade, officer, ref, Letter(result="none", thread="of another"))
        assert (made.message.kind, made.message.recipient, made.message.agreement, made.message.thread) == (
            Kind.RESPONSE, "UK-NCA", TERMS, ref,
        )  # fmt: skip
        assert (made.message.author, made.message.purpose, made.message.result) == (WRITER, "oic", "none")


Act = Callable[[Node, Any], object]
REF = NEVER
BOTH, LOOKERS = frozenset({WRITER, SUPERVISOR}), frozenset({WRITER, SUPERVISOR, GUARDIAN})
ACTS: dict[str, tuple[Act, frozenset[str]]] = {
    "answer": (lambda node, who: liaison.answer(node, who, REF, Letter(result="none")), BOTH),
    "ask consent": (lambda node, who: liaison.ask_consent(node, who, [], "XK", "x"), BOTH),
    "answer consent": (lambda node, who: liaison.answer_consent(node, who, REF, "yes", None), frozenset({SUPERVISOR})),
    "recall": (lambda node, who: liaison.amend(node, who, "erase", ["rec-none/0"], "x"), BOTH),
    "holders": (liaison.amend_status, LOOKERS),
    "texts": (liaison.texts, LOOKERS),
    "close a text": (lambda node, who: liaison.close_text(node, who, REF, "x", strip=True), BOTH),
    "keep": (lambda node, who: liaison.keep_as_evidence(node, who, [], "x"), BOTH),
    "lists": (correspondence.overview, LOOKERS),
    "show": (lambda node, who: correspondence.show(node, who, REF), LOOKERS),
    "accept": (lambda node, who: correspondence.accept(node, who, REF, "x"), BOTH),
    "put aside": (lambda node, who: correspondence.refuse(node, who, REF, "x"), BOTH),
    "tell": (lambda node, who: correspondence.tell(node, who, REF, "read"), BOTH),
}


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Wired]:
    with wired(tmp_path_factory.mktemp("alone")) as made:
        yield made


@pytest.mark.parametrize("name", ACTS)
@pytest.mark.parametrize("user", [WRITER, SUPERVISOR, AUDITOR, GUARDIAN])
def test_each_act_of_the_desk_is_for_its_own_roles_and_whoever_may_not_leaves_no_line(
    alone: Wired, name: str, user: str
) -> None:
    act, users = ACTS[name]
    node, since = alone.london, size_of(alone.london)
    refused = ""
    try:
        act(node, as_user(node, user))
    except HeadwaterError as error:
        refused = error.what
    assert refused.startswith("rule role") is (user not in users), refused
    if user not in users:
        assert lines(node, since) == []


def test_facts_are_named_once_each_and_only_those_that_may_be_seen(pair: Wired) -> None:
    london = pair.london
    lorry, other = pair.report(london, LORRY), pair.report(london, {**LORRY, "key": "other"}, purposes=["trafficking"])
    officer = as_user(london)
    assert liaison.named(london, officer, [f"{lorry}/1", lorry]) == [f"{lorry}/1", f"{lorry}/0"]
    assert liaison.named(london, officer, []) == []
    for name in (other, f"{other}/0", "rec-none", f"{lorry}/9"):
        with pytest.raises(ForbiddenError):
            liaison.named(london, officer, [lorry, name])
    assert liaison.named(london, as_user(london, WRITER, "trafficking"), [other]) == [f"{other}/0", f"{other}/1"]


def test_a_holder_that_passed_facts_on_is_told_with_all_whom_it_waits_for() -> None:
    asked = Asked(NEVER, AuthorityId("RS-MOI"), Message(kind=Kind.AMEND), START, WRITER)
    done = [
        Done(amend=NEVER, holder=AuthorityId("RS-MOI"), at=NOW, log_index=3, results={"a": "erased"}, waits_for=waits)
        for waits in ((), (AuthorityId("XK-KP"), AuthorityId("ME-UP")), (AuthorityId("AL-PSH"), AuthorityId("XK-KP")))
    ]
    answer = Answer(NEVER, START, "ee" * 32, tuple(done))
    told = liaison._holder(Holder(asked, answer, "open", timedelta(seconds=61.9)))
    assert told == {
        "message": NEVER, "holder": "RS-MOI", "action": "", "facts": [], "asked_at": NOW, "state": "open", "age_s": 61,
        "proof": NEVER, "envelope": "ee" * 32, "done": [msgspec.to_builtins(one) for one in done],
        "waits_for": ["AL-PSH", "ME-UP", "XK-KP"],
    }  # fmt: skip
