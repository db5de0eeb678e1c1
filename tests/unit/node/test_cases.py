"""Case files at a node: taken in whole, with custody in the ledger, sealed by who may, on findings somebody decided."""

import hashlib
import json
from pathlib import Path

import pytest

from headwater.case import verifier
from headwater.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    KeyTrustError,
    NoBasisError,
    SignatureError,
    StoreError,
)
from headwater.model.decision import Verb
from headwater.node import Node, case_sealing, cases, findings, partners, screening
from tests.case_world import CANARIES, CASE, write_case
from tests.node_world import AUDITOR, GUARDIAN, SUPERVISOR, WRITER, as_user, events, read, write_list

URN = "00EX0000126"


def taken(node: Node, folder: Path) -> Path:
    cases.take_in(node, as_user(node, WRITER, "court"), write_case(folder))
    return folder


def seal(node: Node, out: Path, *refs: str, user: str = SUPERVISOR) -> verifier.Verified:
    case_sealing.seal(node, as_user(node, user, "court"), URN, out, refs)
    return verifier.verify(out, None)


def test_a_case_is_taken_in_with_the_custody_of_every_exhibit(node: Node, tmp_path: Path) -> None:
    taken(node, tmp_path / "folder")
    assert cases.every(node, as_user(node)) == [{"id": URN, "root": None}]
    [opened] = events(node, "case.opened")
    assert (opened.who, opened.subject, opened.detail["exhibits"]) == (WRITER, URN, len(CASE["exhibits"]))
    assert [event.subject for event in events(node, "case.custody")] == [each["ref"] for each in CASE["exhibits"]]


def test_the_copy_in_the_node_stands_when_the_folder_goes(node: Node, tmp_path: Path) -> None:
    folder = taken(node, tmp_path / "folder")
    exhibit = folder / CASE["exhibits"][0]["file"]
    kept = hashlib.sha256(exhibit.read_bytes()).hexdigest()
    exhibit.unlink()
    (folder / "case.json").unlink()
    assert cases.get(node, URN).exhibits[0].file.sha256 == kept


def test_a_case_that_is_here_is_only_replaced_when_asked(node: Node, tmp_path: Path) -> None:
    taken(node, tmp_path / "one")
    other = write_case(tmp_path / "two", lambda case: case["case"].update(operation="OP OTHER"))
    session = as_user(node, WRITER, "court")
    with pytest.raises(ConflictError):
        cases.take_in(node, session, other)
    assert cases.get(node, URN).matter.operation == "OP EXAMPLE"
    cases.take_in(node, session, other, replacing=True)
    assert cases.get(node, URN).matter.operation == "OP OTHER"
    assert [event.who for event in events(node, "case.replaced")] == [WRITER]
    assert len(list((node.home / cases.FOLDER).iterdir())) == 1


def test_each_finding_that_a_case_keeps_is_noted_once_and_kept_beside_those_before(node: Node, tmp_path: Path) -> None:
    taken(node, tmp_path / "folder")
    names = ["Marko Izmišljotinović", "Ana Nepostojić", "Petar Izmišljen"]
    read(node, "uk", write_list(tmp_path / "list", names))
    queries = [{"id": name, "name": name, "birth_date": "1975-04-02"} for name in names]
    answer = screening.at_node(node, as_user(node, WRITER, "sanctions"), screening.Asked(queries))
    one, two, three = (each.id for each in answer.result.findings)
    session = as_user(node, WRITER, "court")
    for ref in (one, two, three):
        findings.decide(node, as_user(node), ref, Verb.CONFIRM, "looked at it")
    for refs, kept in (
        ([one, two, one], [one, two]),
        ([two], [one, two]),
        ([], [one, two]),
        ([three, one], [one, two, three]),
    ):
        cases.keep_findings(node, session, URN, refs)
        noted = events(node, "case.finding")
        assert [event.subject for event in noted] == kept
        assert {(event.who, event.purpose, event.detail["case"]) for event in noted} == {(WRITER, "court", URN)}
        assert [each.id for each in cases.hold(node, URN).findings] == kept


def test_a_folder_that_is_no_case_leaves_nothing_behind(node: Node, tmp_path: Path) -> None:
    folder = write_case(tmp_path / "folder", lambda case: case.pop("offences"))
    (folder / "case.json").write_text("{", encoding="utf-8")
    with pytest.raises(InputError):
        cases.take_in(node, as_user(node, WRITER, "court"), folder)
    assert cases.every(node, as_user(node)) == []
    assert not list((node.home / cases.FOLDER).glob("*"))


def test_a_case_that_is_replaced_by_none_stays(node: Node, tmp_path: Path) -> None:
    taken(node, tmp_path / "one")
    (tmp_path / "two").mkdir()
    with pytest.raises(InputError):
        cases.take_in(node, as_user(node, WRITER, "court"), tmp_path / "two", replacing=True)
    assert cases.get(node, URN).matter.operation == "OP EXAMPLE"


def test_a_copy_that_was_never_finished_is_no_case(node: Node, tmp_path: Path) -> None:
    taken(node, tmp_path / "one")
    (node.home / cases.FOLDER / "00EX0000999-0000000000000000").mkdir()
    assert [each["id"] for each in cases.every(node, as_user(node))] == [URN]


@pytest.mark.parametrize("urn", ["00EX0000999", "", "..", "../keys", "."])
def test_a_case_that_is_not_here_is_refused(node: Node, urn: str) -> None:
    with pytest.raises(ForbiddenError, match="no such case"):
        cases.get(node, urn)


def test_an_exhibit_that_came_back_with_other_bytes_is_told_as_changed_since_ingest(node: Node, tmp_path: Path) -> None:
    session = as_user(node, WRITER, "court")
    cases.take_in(node, session, write_case(tmp_path / "one"))
    other = write_case(tmp_path / "two", files={"exhibits/JS_1_scan_note.txt": "Nothing was seen."})
    cases.take_in(node, session, other, replacing=True)
    told = {(one.code, one.at) for one in cases.check(node, session, URN) if "changed since ingest" in one.text}
    assert told == {("custody-gap", "JS/1")}
    with pytest.raises(SignatureError, match="JS/1"):
        cases.record_custody(node, session, URN, "JS/1", "moved", "store")


def test_a_statement_of_a_protected_person_that_is_added_later_lies_in_the_vault_without_saying_so(
    node: Node, tmp_path: Path
) -> None:
    session = as_user(node, WRITER, "court")
    cases.take_in(node, session, write_case(tmp_path / "case"))
    (tmp_path / "S9.txt").write_text("They took my papers, made up for tests.\n", encoding="utf-8")
    row = {"id": "S9", "maker": "P3", "file": "S9.txt", "made_at": "2026-02-12T11:00:00Z"}
    cases.add(node, session, URN, tmp_path / "S9.txt", {"statements": [row]})
    assert [one.protected for one in cases.get(node, URN).statements] == [False, True, True]
    lies = [path for path in node.home.rglob("*") if path.is_file() and b"took my papers" in path.read_bytes()]
    assert lies == []


def test_a_finding_is_kept_in_a_case_once_and_only_after_somebody_has_decided_it(node: Node, tmp_path: Path) -> None:
    session = as_user(node, WRITER, "court")
    cases.take_in(node, session, write_case(tmp_path / "case"))
    read(node, "uk", write_list(tmp_path / "in", ["Ana Nepostojić"]))
    asked = screening.Asked([{"id": "1", "name": "Ana Nepostojić", "birth_date": "1975-04-02"}])
    [found] = screening.at_node(node, as_user(node, WRITER, "sanctions"), asked).result.findings
    with pytest.raises(NoBasisError, match="no person has decided"):
        cases.keep_findings(node, session, URN, [found.id])
    findings.decide(node, session, found.id, Verb.CONFIRM, "the same")
    for refs in ([found.id, found.id], [found.id[:12]], []):
        cases.keep_findings(node, session, URN, refs)
    assert [one.id for one in cases.hold(node, URN).findings] == [found.id]
    told = [(one.who, one.subject, one.purpose, dict(one.detail)) for one in events(node, "case.finding")]
    assert told == [(WRITER, found.id, "court", {"case": URN})]


def test_the_check_names_what_is_missing_and_is_logged(node: Node, tmp_path: Path) -> None:
    folder = write_case(tmp_path / "folder", lambda case: case.update(elements=[]))
    cases.take_in(node, as_user(node, WRITER, "court"), folder)
    problems = cases.check(node, as_user(node, SUPERVISOR, "court"), URN)
    assert "element-unproved" in {problem.code for problem in problems}
    [event] = events(node, "case.checked")
    assert event.detail["problems"] == len(problems)


def test_a_sealed_case_verifies_with_the_nodes_own_card_and_with_no_other_key(node: Node, tmp_path: Path) -> None:
    taken(node, tmp_path / "folder")
    out = tmp_path / "bundle"
    assert seal(node, out).problems == ()
    (tmp_path / "uk.card").write_bytes(partners.card_file(node))
    trust = verifier.read_trust(str(tmp_path / "uk.card"))
    assert verifier.verify(out, trust).problems == ()
    with pytest.raises(KeyTrustError):
        verifier.demand(out, verifier.read_trust("00" * 32))


def test_the_seal_is_kept_and_the_next_one_follows_it(node: Node, tmp_path: Path) -> None:
    taken(node, tmp_path / "folder")
    session = as_user(node, SUPERVISOR, "court")
    first = case_sealing.seal(node, session, URN, tmp_path / "one", ())
    second = case_sealing.seal(node, session, URN, tmp_path / "two", ())
    assert second.head.previous == first.digest
    assert cases.every(node, session) == [{"id": URN, "root": second.head.root}]
    assert [event.detail["root"] for event in events(node, "case.sealed")] == [first.head.root, second.head.root]


def test_the_bundle_holds_the_ledgers_lines_about_this_case_and_no_other(node: Node, tmp_path: Path) -> None:
    taken(node, tmp_path / "folder")
    seal(node, tmp_path / "bundle")
    lines = (tmp_path / "bundle" / "data" / "log.jsonl").read_text(encoding="utf-8").splitlines()
    kinds = [json.loads(line)["event"]["kind"] for line in lines]
    assert kinds[0] == "case.opened"
    assert set(kinds) == {"case.opened", "case.custody"}


def test_a_finding_that_somebody_decided_goes_into_the_bundle(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "list", ["Arben Example"]))
    asked = screening.Asked([{"id": "1", "name": "Arben Example", "birth_date": "1975-04-02"}])
    [finding] = screening.at_node(node, as_user(node, WRITER, "sanctions"), asked).result.findings
    taken(node, tmp_path / "folder")
    with pytest.raises(NoBasisError):
        seal(node, tmp_path / "bundle", finding.id)
    findings.decide(node, as_user(node, WRITER), finding.id, Verb.DISMISS, "another birth place")
    assert seal(node, tmp_path / "bundle", finding.id[:16]).problems == ()
    assert (tmp_path / "bundle" / "data" / "findings" / f"{finding.id}.json").exists()


def test_no_protected_person_stands_in_the_bundle(node: Node, tmp_path: Path) -> None:
    taken(node, tmp_path / "folder")
    seal(node, tmp_path / "bundle")
    data = b"".join(path.read_bytes() for path in (tmp_path / "bundle").rglob("*") if path.is_file())
    assert [canary for canary in CANARIES if canary.encode() in data] == []


def test_each_act_on_a_case_is_for_its_own_roles(node: Node, tmp_path: Path) -> None:
    with pytest.raises(ForbiddenError):
        cases.take_in(node, as_user(node, GUARDIAN, "court"), write_case(tmp_path / "other"))
    taken(node, tmp_path / "folder")
    with pytest.raises(ForbiddenError):
        cases.check(node, as_user(node, AUDITOR), URN)
    with pytest.raises(ForbiddenError):
        cases.every(node, as_user(node, AUDITOR))
    with pytest.raises(ForbiddenError):
        seal(node, tmp_path / "bundle", user=WRITER)
    assert not (tmp_path / "bundle").exists()


def test_a_bundle_does_not_take_the_place_of_anything(node: Node, tmp_path: Path) -> None:
    taken(node, tmp_path / "folder")
    (tmp_path / "bundle").mkdir()
    with pytest.raises(InputError):
        seal(node, tmp_path / "bundle")
    assert events(node, "case.sealed") == []


def test_a_case_that_cannot_be_copied_is_a_declared_error(node: Node, tmp_path: Path) -> None:
    (node.home / cases.FOLDER).write_text("in the way", encoding="utf-8")
    with pytest.raises(StoreError):
        taken(node, tmp_path / "folder")
    assert cases.every(node, as_user(node)) == []
