"""Findings are decided by persons: a decision names who and why, can be taken back, and is never lost."""

import json
import threading
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import ConflictError, ForbiddenError, NoBasisError, SchemaError, SettingsError
from headwater.model.decision import Decision, Verb
from headwater.model.fact import Fact
from headwater.model.finding import Evidence, EvidenceKind
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, FindingId
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.node import Node, engines, findings, screening, second
from headwater.node.findings import Shown
from headwater.node.pages import queue
from headwater.policy.release import CLOSED_CODES
from headwater.store import Transaction
from headwater.testing.fakes import START
from tests.node_world import AUDITOR, LONDON, SUPERVISOR, WRITER, as_user, events, read, write_list
from tests.picture_world import finding

NAMES = ["Marko Izmišljotinović", "Ana Nepostojić"]


@pytest.fixture
def hits(node: Node, tmp_path: Path) -> list[FindingId]:
    read(node, "uk", write_list(tmp_path / "in", NAMES))
    queries = [{"id": name, "name": name, "birth_date": "1975-04-02"} for name in NAMES]
    answer = screening.at_node(node, as_user(node, WRITER, "sanctions"), screening.Asked(queries))
    return [finding.id for finding in answer.result.findings]


def decide(node: Node, ref: FindingId, verb: Verb, user: str = WRITER, reason: str = "looked at it") -> Shown:
    findings.decide(node, as_user(node, user), ref, verb, reason)
    return findings.one(node, as_user(node, user), ref)


def test_a_new_finding_is_open(node: Node, hits: list[FindingId]) -> None:
    shown = findings.every(node, as_user(node))
    assert {each.finding.id for each in shown} == set(hits)
    assert {each.state for each in shown} == {"open"}
    assert not any(each.is_confirmed for each in shown)


def test_the_strongest_finding_comes_first(node: Node, hits: list[FindingId]) -> None:
    scores = [each.finding.score for each in findings.every(node, as_user(node))]
    assert scores == sorted(scores, reverse=True)


def test_a_decision_names_who_when_and_why(node: Node, hits: list[FindingId]) -> None:
    shown = decide(node, hits[0], Verb.CONFIRM, reason="same passport")
    [made] = shown.decisions
    assert (shown.state, shown.is_confirmed) == ("confirm", True)
    assert (made.who, made.reason, made.basis, made.replaces) == (WRITER, "same passport", "oic", None)
    assert made.decided_at == node.clock.now()
    [event] = events(node, "findings.decided")
    assert (event.who, event.subject, event.detail["decision"]) == (WRITER, hits[0], made.id)


def test_the_reason_itself_does_not_stand_in_the_ledger(node: Node, hits: list[FindingId]) -> None:
    decide(node, hits[0], Verb.CONFIRM, reason="Canary 4711")
    assert "4711" not in repr(events(node, "findings.decided"))


def test_a_later_decision_takes_the_place_of_an_earlier_one_and_both_are_kept(
    node: Node, hits: list[FindingId]
) -> None:
    first = decide(node, hits[0], Verb.CONFIRM).decisions[-1]
    shown = decide(node, hits[0], Verb.DISMISS, SUPERVISOR, "another birth place")
    assert (shown.state, shown.is_confirmed) == ("dismiss", False)
    assert [made.who for made in shown.decisions] == [WRITER, SUPERVISOR]
    assert shown.decisions[-1].replaces == first.id


def test_the_same_decision_twice_is_a_conflict(node: Node, hits: list[FindingId]) -> None:
    decide(node, hits[0], Verb.CONFIRM)
    with pytest.raises(ConflictError, match="already"):
        decide(node, hits[0], Verb.CONFIRM, SUPERVISOR)
    assert len(events(node, "findings.decided")) == 1


def test_of_two_who_decide_at_once_one_is_told_of_the_other(
    node: Node, hits: list[FindingId], monkeypatch: pytest.MonkeyPatch
) -> None:
    both_have_looked = threading.Barrier(2)
    look = findings.one

    def look_together(*args: object) -> Shown:
        shown = look(*args)  # type: ignore[arg-type]
        both_have_looked.wait(10)
        return shown

    monkeypatch.setattr(findings, "one", look_together)
    refused: list[ConflictError] = []

    def work(verb: Verb) -> None:
        try:
            findings.decide(node, session, hits[0], verb, "at once")
        except ConflictError as error:
            refused.append(error)

    session = as_user(node)
    threads = [threading.Thread(target=work, args=(verb,)) for verb in (Verb.CONFIRM, Verb.DISMISS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [error.what for error in refused] == ["somebody decided meanwhile"]
    assert len(events(node, "findings.decided")) == 1


def test_a_decision_needs_a_reason(node: Node, hits: list[FindingId]) -> None:
    with pytest.raises(SchemaError):
        decide(node, hits[0], Verb.CONFIRM, reason=" ")


def test_an_auditor_neither_sees_nor_decides_findings(node: Node, hits: list[FindingId]) -> None:
    with pytest.raises(ForbiddenError):
        findings.every(node, as_user(node, AUDITOR))
    with pytest.raises(ForbiddenError):
        decide(node, hits[0], Verb.CONFIRM, AUDITOR)
    assert events(node, "findings.decided") == []


def test_only_findings_in_one_state_are_listed_when_asked(node: Node, hits: list[FindingId]) -> None:
    decide(node, hits[0], Verb.DISMISS)
    listed = findings.every(node, as_user(node), state="dismiss")
    assert [each.finding.id for each in listed] == [hits[0]]
    assert [each.finding.id for each in findings.every(node, as_user(node), state="open")] == [hits[1]]


def test_a_finding_is_found_by_the_start_of_its_identifier(node: Node, hits: list[FindingId]) -> None:
    assert findings.find(node, as_user(node), hits[0][:12]) == hits[0]


@pytest.mark.parametrize("start", ["", "fnd-", "fnd-none"])
def test_a_start_that_fits_none_or_several_is_refused_in_the_same_words(
    node: Node, hits: list[FindingId], start: str
) -> None:
    with pytest.raises(ForbiddenError, match="no such finding, or not one alone"):
        findings.find(node, as_user(node), start)


def test_a_confirmed_finding_on_a_published_list_is_released_by_a_liaison(node: Node, hits: list[FindingId]) -> None:
    decide(node, hits[0], Verb.CONFIRM)
    made, data = findings.release(node, as_user(node), hits[0], "ftm", "asked by OFSI")
    assert (made.verb, made.who, made.about) == (Verb.RELEASE, WRITER, hits[0])
    assert any("Izmišljotinović" in json.dumps(json.loads(line), ensure_ascii=False) for line in data.splitlines())
    [event] = events(node, "findings.released")
    assert event.detail["decision"] == made.id
    assert findings.one(node, as_user(node), hits[0]).is_confirmed


def test_an_open_finding_is_not_released(node: Node, hits: list[FindingId]) -> None:
    with pytest.raises(NoBasisError):
        findings.release(node, as_user(node), hits[0], "ftm", "asked")
    assert events(node, "findings.released") == []


def test_a_finding_that_was_confirmed_and_then_dismissed_is_not_released(node: Node, hits: list[FindingId]) -> None:
    decide(node, hits[0], Verb.CONFIRM)
    decide(node, hits[0], Verb.DISMISS)
    with pytest.raises(NoBasisError):
        findings.release(node, as_user(node), hits[0], "ftm", "asked")


def test_a_format_that_there_is_not_releases_nothing(node: Node, hits: list[FindingId]) -> None:
    decide(node, hits[0], Verb.CONFIRM)
    with pytest.raises(SettingsError):
        findings.release(node, as_user(node), hits[0], "xls", "asked")
    assert events(node, "findings.released") == []


def test_an_engine_is_run_by_name_and_its_claims_are_kept(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "in", NAMES))
    params = {"queries": [{"id": "1", "name": NAMES[0], "birth_date": "1975-04-02"}], "lists": ["uk-csv"]}
    claimed, new = engines.run(node, as_user(node, WRITER, "sanctions"), "match", params)
    assert (len(claimed), new) == (1, 1)
    assert [each.finding for each in findings.every(node, as_user(node, WRITER, "sanctions"))] == list(claimed)
    assert [event.detail["findings"] for event in events(node, "engine.run")] == [1]


def test_an_engine_that_there_is_not_is_refused(node: Node) -> None:
    with pytest.raises(SettingsError, match="no such engine"):
        engines.run(node, as_user(node), "guess", {})


def test_an_auditor_runs_no_engine(node: Node) -> None:
    with pytest.raises(ForbiddenError):
        engines.run(node, as_user(node, AUDITOR), "match", {})


def claimed(node: Node, key: str, score: float = 0.5, **handling: Any) -> FindingId:
    """A claim on a record of somebody, which a person has confirmed."""
    record = Record(
        origin=Origin(LONDON, "made-up", place=key), handling=Handling(**handling),
        mentions=(Mention(EntityKey(key), "Person", PersonCategory.SUSPECT),), facts=(Fact(EntityKey(key), "name", "Ivo"),),
    )  # fmt: skip
    made = replace(finding("test.claim", (key,), (Evidence(EvidenceKind.RECORD, record.id),)), score=score)
    node.store.write(lambda tx: tx.add_record(record))
    findings.keep(node, as_user(node), [made])
    findings.decide(node, as_user(node), FindingId(made.id), Verb.CONFIRM, "looked at it")
    return FindingId(made.id)


def test_findings_stand_by_their_score_and_then_by_their_name(node: Node) -> None:
    made = [claimed(node, f"p{number}", score) for number, score in enumerate((0.2, 0.9, 0.5, 0.5))]
    shown = [each.finding.id for each in findings.every(node, as_user(node))]
    assert shown == [made[1], *sorted(made[2:]), made[0]]


def test_what_takes_two_is_not_released_on_the_word_of_one_and_what_may_never_go_on_is_not_on_any(node: Node) -> None:
    ref = claimed(node, "p1", never_onward=True)
    with pytest.raises(NoBasisError, match="it takes two"):
        findings.release(node, as_user(node), ref, "ftm", "asked")
    findings.decide(node, as_user(node, SUPERVISOR), ref, Verb.CONFIRM, "looked too")
    with pytest.raises(ForbiddenError, match="onward-never"):
        findings.release(node, as_user(node), ref, "ftm", "asked")
    assert events(node, "findings.released") == []
    assert [made.verb for made in findings.one(node, as_user(node), ref).decisions] == [Verb.CONFIRM, Verb.CONFIRM]


def _added(tx: Transaction, record: Record) -> bool:
    return tx.add_record(record)


STOPS: dict[str, dict[str, Any]] = {
    "onward-never": {"never_onward": True}, "onward-consent": {"releasable_to": frozenset({"RS-MOI"})},
    "handling-code": {"codes": frozenset({min(CLOSED_CODES)})}, "condition-text": {"conditions": frozenset({"ask first"})},
    "addressee": {"addressees": frozenset({WRITER, SUPERVISOR})}, "classification": {"markings": frozenset({"OFFICIAL"})},
}  # fmt: skip
"""What of a record's handling stops a release, by the rule that it is told by."""


@pytest.mark.parametrize("rule", STOPS)
def test_a_release_rests_on_all_of_its_records_and_one_of_them_stops_it(node: Node, rule: str) -> None:
    refs = []
    for stops in (None, 0, 1, 2):
        records = [
            Record(
                origin=Origin(LONDON, "made-up", place=f"{stops} {at}"),
                handling=Handling(**{"releasable_to": None, **(STOPS[rule] if at == stops else {})}),
                mentions=(Mention(EntityKey(f"p{at}"), "Person", PersonCategory.SUSPECT),), facts=(Fact(EntityKey(f"p{at}"), "name", "Ivo"),),
            )
            for at in range(3)
        ]  # fmt: skip
        claim = finding(
            "test.claim", ("p0", str(stops)), tuple(Evidence(EvidenceKind.RECORD, one.id) for one in records)
        )
        for one in records:
            node.store.write(partial(_added, record=one))
        findings.keep(node, as_user(node), [claim])
        for user in (WRITER, SUPERVISOR)[: 2 if rule == "onward-never" and stops is not None else 1]:
            findings.decide(node, as_user(node, user), claim.id, Verb.CONFIRM, "looked at it")
        refs.append(claim.id)
    for ref in refs[1:]:
        with pytest.raises(ForbiddenError, match=f"rule {rule}:"):
            findings.release(node, as_user(node), ref, "ftm", "asked")
        assert Verb.RELEASE not in {made.verb for made in findings.one(node, as_user(node), ref).decisions}
    assert events(node, "findings.released") == []
    made, _ = findings.release(node, as_user(node), refs[0], "ftm", "asked")
    [event] = events(node, "findings.released")
    assert (event.subject, event.detail) == (refs[0], {"format": "ftm", "records": 3, "decision": made.id})


def test_a_release_that_cannot_be_written_is_no_decision(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = claimed(node, "p1", releasable_to=None)

    class Broken:
        def write(self, _: object) -> bytes:
            raise SchemaError("it cannot be said in this form")

    monkeypatch.setattr("headwater.node.findings.registry.release", lambda *_: Broken())
    with pytest.raises(SchemaError):
        findings.release(node, as_user(node), ref, "ftm", "asked")
    assert [made.verb for made in findings.one(node, as_user(node), ref).decisions] == [Verb.CONFIRM]
    assert events(node, "findings.released") == []


def test_a_confirmation_that_was_taken_back_counts_no_more_and_a_release_takes_nothing_back(node: Node) -> None:
    ref = claimed(node, "p1", releasable_to=None)
    findings.release(node, as_user(node), ref, "ftm", "asked")
    shown = findings.one(node, as_user(node), ref)
    assert (shown.is_confirmed, shown.state) == (True, "release")
    first = shown.decisions[0]
    undo = Decision(
        verb=Verb.UNDO, about=ref, who=WRITER, decided_at=node.clock.now(), basis="oic", reason="an error", replaces=first.id
    )  # fmt: skip
    node.store.write(lambda tx: tx.add_decision(undo))
    assert not findings.one(node, as_user(node), ref).is_confirmed


def test_a_confirmation_counts_again_once_the_word_against_it_was_taken_back(node: Node) -> None:
    ref = claimed(node, "p1")
    dismissed = decide(node, ref, Verb.DISMISS)
    assert not dismissed.is_confirmed
    undo = Decision(
        verb=Verb.UNDO, about=ref, who=WRITER, decided_at=node.clock.now(), basis="oic", reason="an error",
        replaces=dismissed.decisions[-1].id,
    )  # fmt: skip
    node.store.write(lambda tx: tx.add_decision(undo))
    shown = findings.one(node, as_user(node), ref)
    assert (shown.is_confirmed, shown.state) == (True, "confirm")


@pytest.mark.parametrize(
    ("kind", "handling", "category", "two"),
    [
        ("match.screening", Handling(), PersonCategory.SUSPECT, False),
        ("match.screening", Handling(never_onward=True), PersonCategory.SUSPECT, True),
        ("match.screening", Handling(), PersonCategory.VICTIM, True),
        ("watch.rescue", Handling(never_onward=True), PersonCategory.SMUGGLED, False),
    ],
    ids=["free", "never to go on", "a victim", "danger to life"],
)
def test_it_takes_two_where_something_may_never_go_on_or_somebody_is_protected_and_no_life_is_in_danger(
    kind: str, handling: Handling, category: PersonCategory, two: bool
) -> None:
    mention = Mention(EntityKey("p1"), "Person", category)
    record = Record(origin=Origin(LONDON, "report"), handling=handling, mentions=(mention,), facts=())
    made = finding(kind, ("p1",), (Evidence(EvidenceKind.RECORD, record.id),))
    assert second.needs_two(made, [record]) is two


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("ann confirm", True),
        ("ann confirm, bob confirm", False),
        ("ann confirm, bob dismiss, ann confirm", True),
        ("ann confirm, ann confirm, ann confirm", True),
        ("bob dismiss", False),
    ],
)
def test_a_second_person_is_wanted_until_two_stand_behind_it_however_often_one_has_said_so(
    said: str, wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = Record(origin=Origin(LONDON, "report"), handling=Handling(never_onward=True), mentions=(), facts=())
    made = finding("match.screening", ("p1",), (Evidence(EvidenceKind.RECORD, record.id),))
    decisions = tuple(
        Decision(
            verb=Verb(verb),
            about=made.id,
            who=who,
            decided_at=START + timedelta(minutes=at),
            basis="oic",
            reason="seen",
        )
        for at, (who, verb) in enumerate(one.split() for one in said.split(", "))
    )
    monkeypatch.setattr(queue, "claimed_at", lambda *_: None)
    nowhere: Any = None
    row = queue.row_of(nowhere, nowhere, Shown(made, decisions), [record])
    assert (row.two_persons, row.second_wanted) == (True, wanted)
