"""Victims at a node: vault, pseudonyms, grants, logged reads, tasks; smuggled persons are no suspects."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import ExpiredError, ForbiddenError, HeadwaterError, NoBasisError, SchemaError, StoreCorruptError
from headwater.model.times import format_instant
from headwater.node import Node, assessing, cases, protected, safeguarding
from headwater.policy.safeguarding import Outcome
from headwater.testing.fakes import FakeClock
from tests.case_papers import words
from tests.case_world import SMUGGLED_NAME, VICTIM_ADDRESS, VICTIM_NAME, VICTIM_PHONE, write_case
from tests.node_world import AUDITOR, GUARDIAN, SUPERVISOR, WRITER, as_user, events, node_at
from tests.page_world import browser

URN = "00EX0000126"
LEAD = "l.lead"


def guardian(node: Node, user: str = GUARDIAN, purpose: str = "victim-protection") -> Any:
    return as_user(node, user, purpose)


@pytest.fixture
def home(node: Node, tmp_path: Path) -> Node:
    """A node with a second guardian and the made-up case."""
    from headwater.node.users import User, add

    add(node.store, as_user(node, WRITER, "operation"), User(LEAD, frozenset({"safeguarding"})))
    cases.take_in(node, as_user(node, WRITER, "court"), write_case(tmp_path / "folder"))
    return node


def pseudonym(node: Node, person: str = "P4") -> str:
    with node.store.snapshot() as snapshot:
        return protected.of_case(snapshot, URN)[person].pseudonym


def give(node: Node, clock: FakeClock, name: str, hours: int = 1) -> None:
    until = clock.now() + timedelta(hours=hours)
    safeguarding.grant(node, guardian(node, LEAD), name, GUARDIAN, until, "medical appointment")


def test_identifiers_lie_in_the_vault_and_a_pseudonym_stands_everywhere_else(home: Node) -> None:
    kept = [path.read_bytes() for path in home.home.rglob("*") if path.is_file()]
    for value in (VICTIM_NAME, VICTIM_PHONE, VICTIM_ADDRESS, SMUGGLED_NAME, "I paid in three parts"):
        assert not any(value.encode() in data or json.dumps(value).encode() in data for data in kept)
    case = cases.get(home, URN)
    assert case.person("P4") is not None
    assert {person.name for person in case.protected_persons} == {pseudonym(home, "P3"), pseudonym(home, "P4")}


def test_another_case_has_another_pseudonym_and_a_replaced_one_keeps_its_own(home: Node, tmp_path: Path) -> None:
    before = pseudonym(home)
    session = as_user(home, WRITER, "court")
    cases.take_in(home, session, write_case(tmp_path / "again"), replacing=True)
    assert pseudonym(home) == before
    with home.store.snapshot() as snapshot:
        assert len([one for one in protected.every(snapshot) if one.case == URN]) == 2, "nobody has two in one case"
    other = write_case(tmp_path / "other", lambda case: case["case"].update(urn="00EX0000127"))
    cases.take_in(home, session, other)
    with home.store.snapshot() as snapshot:
        assert protected.of_case(snapshot, "00EX0000127")["P4"].pseudonym != before


def test_a_read_takes_a_grant_and_a_reason_and_is_in_the_ledger(home: Node, clock: FakeClock) -> None:
    name = pseudonym(home)
    with pytest.raises(ForbiddenError):
        safeguarding.read(home, guardian(home), name, "care")
    give(home, clock, name)
    with pytest.raises(SchemaError, match="reason"):
        safeguarding.read(home, guardian(home), name, " ")
    found = safeguarding.read(home, guardian(home), name, "safe contact")
    assert dict(found.fields)["name"] == VICTIM_NAME
    assert dict(found.fields)["contact"] == VICTIM_PHONE
    [event] = events(home, "vault.read")
    assert (event.who, event.subject, event.detail) == (GUARDIAN, name, {"reason": "safe contact"})
    assert len(events(home, "vault.refused")) == 1
    assert len(events(home, "vault.granted")) == 1


def test_a_read_is_in_the_ledger_also_where_the_vault_could_not_be_opened(home: Node, clock: FakeClock) -> None:
    name = pseudonym(home)
    give(home, clock, name)
    for entry in (home.home / "vault" / "entries").iterdir():
        entry.write_bytes(b"not what was kept")
    with pytest.raises(StoreCorruptError):
        safeguarding.read(home, guardian(home), name, "care")
    assert [event.subject for event in events(home, "vault.read")] == [name]


def test_a_grant_that_has_ended_is_77_expired(home: Node, clock: FakeClock) -> None:
    name = pseudonym(home)
    give(home, clock, name)
    clock.move(timedelta(hours=2))
    with pytest.raises(ExpiredError) as caught:
        safeguarding.read(home, guardian(home), name, "care")
    assert caught.value.exit == 77
    (noted,) = events(home, "vault.refused")
    assert (noted.who, noted.subject, noted.detail["code"]) == (GUARDIAN, name, "policy.expired")


@pytest.mark.parametrize("user", [WRITER, SUPERVISOR, AUDITOR])
def test_nobody_outside_the_safeguarding_team_reads_grants_or_sees_tasks(
    home: Node, clock: FakeClock, user: str
) -> None:
    session, name = as_user(home, user, "victim-protection"), pseudonym(home)
    acts = (
        lambda: safeguarding.read(home, session, name, "care"),
        lambda: safeguarding.grant(home, session, name, GUARDIAN, clock.now() + timedelta(hours=1), "x"),
        lambda: safeguarding.tasks(home, session),
        lambda: safeguarding.erase(home, session, name, "x"),
    )
    for act in acts:
        with pytest.raises(ForbiddenError):
            act()


def test_another_purpose_is_refused(home: Node, clock: FakeClock) -> None:
    give(home, clock, pseudonym(home))
    with pytest.raises(NoBasisError):
        safeguarding.read(home, guardian(home, purpose="oic"), pseudonym(home), "care")


def test_who_asks_about_nobody_learns_no_more_than_who_has_no_grant(home: Node) -> None:
    answers = []
    for name in (pseudonym(home), "Person FFFFFFFFFF"):
        with pytest.raises(HeadwaterError) as caught:
            safeguarding.read(home, guardian(home), name, "care")
        answers.append((caught.value.code, str(caught.value)))
    assert answers[0] == answers[1]


def test_two_pseudonyms_are_linked_in_the_vault_alone_and_the_link_is_in_the_ledger(
    home: Node, clock: FakeClock
) -> None:
    one, two = pseudonym(home, "P3"), pseudonym(home, "P4")
    give(home, clock, one)
    with pytest.raises(ForbiddenError):
        safeguarding.link(home, guardian(home), one, two, "same account")
    give(home, clock, two)
    safeguarding.link(home, guardian(home), one, two, "same account")
    assert safeguarding.read(home, guardian(home), one, "care").links == (two,)
    assert [event.detail["with"] for event in events(home, "vault.linked")] == [two]


@pytest.mark.parametrize(
    ("hours", "name", "reader", "error"),
    [
        (0, "", GUARDIAN, SchemaError),
        (-1, "", GUARDIAN, SchemaError),
        (1, "Person FFFFFFFFFF", GUARDIAN, ForbiddenError),
        (1, "", "nobody.here", ForbiddenError),
        (1, "", LEAD, ForbiddenError),
        (1, "", WRITER, ForbiddenError),
    ],
    ids=["ends now", "has ended", "of nobody", "to nobody", "to oneself", "to one who could not read"],
)
def test_a_grant_that_has_ended_or_is_of_or_to_nobody_is_none(
    home: Node, clock: FakeClock, hours: int, name: str, reader: str, error: type[Exception]
) -> None:
    until = clock.now() + timedelta(hours=hours)
    with pytest.raises(error):
        safeguarding.grant(home, guardian(home, LEAD), name or pseudonym(home), reader, until, "appointment")
    assert events(home, "vault.granted") == []


def test_a_link_is_of_two_with_a_reason_and_is_seen_from_either(home: Node, clock: FakeClock) -> None:
    one, two = pseudonym(home, "P3"), pseudonym(home, "P4")
    give(home, clock, one)
    give(home, clock, two)
    for other, reason in ((two, " "), (one, "same account")):
        with pytest.raises(SchemaError):
            safeguarding.link(home, guardian(home), one, other, reason)
    assert events(home, "vault.linked") == []
    for _ in range(2):
        safeguarding.link(home, guardian(home), one, two, "same account")
    assert safeguarding.read(home, guardian(home), two, "care").links == (one,)
    assert dict(safeguarding.read(home, guardian(home), two, "care").fields)["name"] == VICTIM_NAME


def test_nothing_is_done_without_the_words_that_it_takes(home: Node) -> None:
    session, name, code = guardian(home), pseudonym(home), "medium.debt-to-carrier"
    acts = (
        lambda: safeguarding.erase(home, session, name, " "),
        lambda: safeguarding.report(home, session, name, code, " ", "spoke of a debt"),
        lambda: safeguarding.report(home, session, name, code, "the gate", " "),
        lambda: safeguarding.report(home, session, name, "medium.no-such-sign", "the gate", "x"),
        lambda: safeguarding.notified(home, session, "task-1", " "),
    )
    for act in acts:
        with pytest.raises(SchemaError):
            act()
    assert events(home, "vault.erased") == []
    assert [event.subject for event in events(home, "safeguarding.indicator") if event.subject == name] == []


def test_where_and_why_a_sign_was_seen_name_nobody(home: Node) -> None:
    made = safeguarding.report(
        home, guardian(home), pseudonym(home), "medium.debt-to-carrier", f"home of {VICTIM_NAME}", f"{VICTIM_NAME} spoke"
    )  # fmt: skip
    assert (made.seen[-1].where, made.seen[-1].why) == (f"home of {pseudonym(home)}", f"{pseudonym(home)} spoke")


def test_what_is_late_stands_first_though_it_is_not_due_first(tmp_path: Path, template: Path, clock: FakeClock) -> None:
    copy = shutil.copytree(template, tmp_path / "uk3")
    with node_at(copy, clock, notify_h=1.0) as node:
        cases.take_in(node, as_user(node, WRITER, "court"), write_case(tmp_path / "folder"))
        other = safeguarding.report(node, guardian(node), pseudonym(node), "medium.debt-to-carrier", "gate", "a debt")
        clock.move(timedelta(minutes=1))
        late = safeguarding.report(node, guardian(node), pseudonym(node, "P3"), "strong.violence", "yard", "bruises")
        safeguarding.decide(node, guardian(node), late.id, Outcome.DUTY_TO_NOTIFY, "no consent to a referral")
        clock.move(timedelta(hours=2))
        waiting = safeguarding.tasks(node, guardian(node))
    assert [bool(task.overdue(clock.now())) for task in waiting] == [True, False]
    assert [task.id for task in waiting] == [late.id, other.id]


def test_an_erased_person_cannot_be_read_by_anybody_and_the_ledger_keeps_the_fact(home: Node, clock: FakeClock) -> None:
    name = pseudonym(home)
    give(home, clock, name)
    safeguarding.erase(home, guardian(home), name, "end of retention")
    with pytest.raises(ForbiddenError):
        safeguarding.read(home, guardian(home), name, "care")
    assert [event.subject for event in events(home, "vault.erased")] == [name]
    assert cases.get(home, URN).person("P4") is not None


def test_entries_fall_due_for_erasure_by_the_setting(home: Node, clock: FakeClock) -> None:
    day = clock.now().date()
    assert safeguarding.due_for_erasure(home, guardian(home), day) == []
    late = day + timedelta(days=home.settings.vault_days + 1)
    both = sorted([pseudonym(home, "P3"), pseudonym(home, "P4")])
    assert safeguarding.due_for_erasure(home, guardian(home), late - timedelta(days=1)) == []
    assert safeguarding.due_for_erasure(home, guardian(home), late) == both
    safeguarding.erase(home, guardian(home), both[0], "the last day has passed")
    assert safeguarding.due_for_erasure(home, guardian(home), late) == both[1:]


def test_an_indicator_opens_a_task_and_the_case_waits_for_a_decision(home: Node, clock: FakeClock) -> None:
    name = pseudonym(home, "P3")
    made = safeguarding.report(
        home,
        as_user(home, WRITER, "oic"),
        name,
        "strong.debt-bondage",
        "interview",
        f"{SMUGGLED_NAME} owes",
        woman_officer=True,
    )
    assert made.seen[0].why == f"{name} owes"
    [waiting] = safeguarding.tasks(home, guardian(home))
    assert (waiting.pseudonym, waiting.woman_officer) == (name, True)
    codes = {(problem.code, problem.at) for problem in cases.check(home, as_user(home, SUPERVISOR, "court"), URN)}
    assert ("indicator-without-decision", "P3") in codes
    safeguarding.decide(home, guardian(home), made.id, Outcome.DECLINED, "declined after advice")
    assert safeguarding.tasks(home, guardian(home)) == []
    assert cases.check(home, as_user(home, SUPERVISOR, "court"), URN) == []
    assert [event.detail["outcome"] for event in events(home, "safeguarding.decided")] == ["declined"]


def test_a_case_folder_with_an_undecided_indicator_opens_a_task(node: Node, tmp_path: Path) -> None:
    folder = write_case(tmp_path / "folder", lambda case: case.update(decisions=[]))
    cases.take_in(node, as_user(node, WRITER, "court"), folder)
    [waiting] = safeguarding.tasks(node, guardian(node))
    assert (waiting.case, waiting.seen[0].code) == (URN, "medium.debt-to-carrier")


def test_an_overdue_duty_is_counted_and_noted_in_the_ledger_once(
    tmp_path: Path, template: Path, clock: FakeClock
) -> None:
    copy = shutil.copytree(template, tmp_path / "uk2")
    with node_at(copy, clock, notify_h=1.0) as node:
        cases.take_in(node, as_user(node, WRITER, "court"), write_case(tmp_path / "folder"))
        made = safeguarding.report(node, guardian(node), pseudonym(node), "strong.violence", "yard", "bruises")
        safeguarding.decide(node, guardian(node), made.id, Outcome.DUTY_TO_NOTIFY, "no consent to a referral")
        assert safeguarding.late(node) == 0
        clock.move(timedelta(hours=2))
        assert safeguarding.late(node) == 1
        [duty] = safeguarding.tasks(node, guardian(node))
        page = browser(node, GUARDIAN, "victim-protection").get(f"/protect/{made.id}").text
        assert f'notify by <time datetime="{format_instant(duty.notify_by or node.clock.now())}">' in page
        twin = browser(node, GUARDIAN, "victim-protection").get(f"/protect/{made.id}?format=json").text
        assert '"code":"strong.violence","sign":"violence","strength":"strong"' in twin.replace(" ", "")
        safeguarding.tasks(node, guardian(node))
        assert len(events(node, "safeguarding.late-notify")) == 1
        safeguarding.notified(node, guardian(node), made.id, "MS/1")
        assert (safeguarding.late(node), safeguarding.tasks(node, guardian(node))) == (0, [])


def test_a_smuggled_person_becomes_a_suspect_only_by_two_officers_and_for_an_offence(
    home: Node, tmp_path: Path
) -> None:
    def accused(case: dict[str, Any]) -> None:
        case["persons"][1].update(category="suspect")
        case["offences"][0]["defendants"].append("P3")

    folder = write_case(tmp_path / "accused", accused)
    session = as_user(home, WRITER, "court")
    with pytest.raises(ForbiddenError, match="second officer"):
        cases.take_in(home, session, folder, replacing=True)
    safeguarding.ask_suspect(home, session, URN, "P3", "ia1971-s25", "drove the lorry")
    with pytest.raises(ForbiddenError):
        cases.take_in(home, session, folder, replacing=True)
    with pytest.raises(ForbiddenError):
        safeguarding.approve_suspect(home, session, URN, "P3")
    safeguarding.approve_suspect(home, as_user(home, SUPERVISOR, "court"), URN, "P3")
    cases.take_in(home, session, folder, replacing=True)
    assert len(events(home, "safeguarding.suspect-approved")) == 1


@pytest.mark.parametrize("by", ["category", "offence"])
def test_a_category_or_an_offence_alone_accuses(home: Node, tmp_path: Path, by: str) -> None:
    def accused(case: dict[str, Any]) -> None:
        if by == "category":
            case["persons"][1].update(category="suspect")
        else:
            case["offences"][0]["defendants"].append("P3")

    with pytest.raises(ForbiddenError, match="second officer"):
        cases.take_in(home, as_user(home, WRITER, "court"), write_case(tmp_path / "accused", accused), replacing=True)


def test_an_approval_for_one_offence_is_none_for_another(home: Node, tmp_path: Path) -> None:
    def accused(case: dict[str, Any]) -> None:
        case["persons"][1].update(category="suspect")
        case["offences"][0]["defendants"].append("P3")

    session = as_user(home, WRITER, "court")
    safeguarding.ask_suspect(home, session, URN, "P3", "msa2015-s2", "x")
    safeguarding.approve_suspect(home, as_user(home, SUPERVISOR, "court"), URN, "P3")
    with pytest.raises(ForbiddenError):
        cases.take_in(home, session, write_case(tmp_path / "accused", accused), replacing=True)


def test_the_assessment_is_made_from_what_is_in_force_and_names_nobody(home: Node) -> None:
    text = words(assessing.assessment(home, as_user(home, AUDITOR, "audit")))
    assert "store:identity:look safeguarding victim-protection" in text
    assert f"{home.settings.vault_days} days" in text
    assert [value for value in (VICTIM_NAME, pseudonym(home)) if value in text] == []


def test_a_failed_intake_leaves_nothing_in_the_vault(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ForbiddenError("no")

    monkeypatch.setattr(cases, "_put", refuse)
    with pytest.raises(ForbiddenError):
        cases.take_in(node, as_user(node, WRITER, "court"), write_case(tmp_path / "folder"))
    assert [path for path in (node.home / "vault").rglob("*") if path.is_file()] == [node.home / "vault" / "master.key"]
    assert list((node.home / cases.FOLDER).iterdir()) == []
