"""A case at a node from its first item to what leaves: supplements, custody, schedules, seals, views, receipts, replay."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headwater.case.letter import Letter
from headwater.case.replay import Replayed
from headwater.case.schedule import Form
from headwater.case.verifier import Trust, read_outside, verify
from headwater.case.views import read_view
from headwater.errors import (
    ForbiddenError,
    HeadwaterError,
    NoBasisError,
    SchemaError,
    SignatureError,
)
from headwater.model.decision import Verb
from headwater.model.handling import Handling
from headwater.node import Node, case_letters, case_sealing, cases, findings, partners, replaying, runs, screening
from tests.case_papers import words
from tests.case_world import VICTIM_NAME, VICTIM_PHONE, made_case, sealed, signer_of, write_case
from tests.node_world import GUARDIAN, SUPERVISOR, WRITER, as_user, events, init, node_at, read, write_list

URN = "00EX0000126"


def court(node: Node, user: str = SUPERVISOR) -> Any:
    return as_user(node, user, "court")


@pytest.fixture
def held(node: Node, tmp_path: Path) -> Node:
    cases.take_in(node, court(node, WRITER), write_case(tmp_path / "folder"))
    return node


def supplement(folder: Path, **lists: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "more.txt").write_text("The barrier was open.\n", encoding="utf-8")
    path = folder / "supplement.json"
    path.write_text(json.dumps(lists, ensure_ascii=False), encoding="utf-8")
    return path


EXHIBIT = {
    "ref": "JS/9",
    "file": "more.txt",
    "description": "Note on the barrier",
    "producer": "P5",
    "captured_at": "2026-02-12T04:12:00Z",
    "handling": "TLP:AMBER",
    "status": "unused",
}
LINE = {"id": "JS/9", "list": "mg6c", "description": "Note on the barrier"}
CUSTODY = {"exhibit": "JS/9", "event": "seized", "by": "P5", "at": "2026-02-12T05:00:00Z", "place": "gate"}


def test_a_supplement_is_added_with_its_files_custody_and_numbers(held: Node, tmp_path: Path) -> None:
    first = words(case_sealing.schedule(held, court(held), URN, Form.MG6C))
    cases.add(
        held,
        court(held, WRITER),
        URN,
        supplement(tmp_path / "s", exhibits=[EXHIBIT], material=[LINE], custody=[CUSTODY]),
    )
    assert cases.check(held, court(held), URN) == []
    assert "JS/9" in [event.subject for event in events(held, "case.custody")]
    text = words(case_sealing.schedule(held, court(held), URN, Form.MG6C))
    assert "3 Note on the barrier node UK-NCA supplement 1" in text
    assert "supplement 1" not in first
    assert len(list((held.home / cases.FOLDER).iterdir())) == 1


def test_a_file_of_which_nothing_is_said_is_unlisted_material(held: Node, tmp_path: Path) -> None:
    supplement(tmp_path / "s")
    cases.add(held, court(held, WRITER), URN, tmp_path / "s" / "more.txt")
    assert {problem.code for problem in cases.check(held, court(held), URN)} == {"unlisted-material"}


def test_a_supplement_that_does_not_fit_leaves_the_case_as_it_was(held: Node, tmp_path: Path) -> None:
    before = sorted(path.name for path in (held.home / cases.FOLDER).iterdir())
    for lists in ({"exhibits": [{**EXHIBIT, "ref": "js / 1"}]}, {"exhibits": [{**EXHIBIT, "producer": "P99"}]}):
        with pytest.raises(SchemaError):
            cases.add(held, court(held, WRITER), URN, supplement(tmp_path / "s", **lists))
    assert sorted(path.name for path in (held.home / cases.FOLDER).iterdir()) == before
    assert len(cases.get(held, URN).exhibits) == 3


def test_a_protected_person_of_a_supplement_goes_to_the_vault_too(held: Node, tmp_path: Path) -> None:
    person = {"id": "P8", "category": "victim", "name": "Nomena Testović", "contact": "+000 555 0188"}
    cases.add(held, court(held, WRITER), URN, supplement(tmp_path / "s", persons=[person]))
    kept = [path.read_bytes() for path in held.home.rglob("*") if path.is_file()]
    assert not any("Testovi" in data.decode("utf-8", "replace") or b"555 0188" in data for data in kept)
    supplement(tmp_path / "t", exhibits=[EXHIBIT], material=[LINE], custody=[CUSTODY])
    (tmp_path / "t" / "more.txt").write_text("TESTOVIC, Nomena", encoding="utf-8")
    cases.add(held, court(held, WRITER), URN, tmp_path / "t" / "supplement.json")
    with pytest.raises(ForbiddenError, match="JS/9"):
        case_sealing.seal(held, court(held), URN, tmp_path / "out")
    made = case_sealing.seal(held, court(held), URN, tmp_path / "out", withhold=True)
    assert "data/exhibits/JS_9.txt" in {row.path for row in made.kept}


def test_custody_is_written_to_the_ledger_with_the_hash_of_the_item_and_a_changed_item_is_found(held: Node) -> None:
    made = cases.record_custody(held, court(held, WRITER), URN, "js/1", "examined", "laboratory", by="P5")
    assert made.sha256 == cases.get(held, URN).exhibits[0].file.sha256
    assert events(held, "case.custody")[-1].detail["event"] == "examined"
    [folder] = (held.home / cases.FOLDER).iterdir()
    (folder / "exhibits" / "JS_1.txt").write_text("something else", encoding="utf-8")
    with pytest.raises(SignatureError, match="not the file that was taken in"):
        cases.record_custody(held, court(held, WRITER), URN, "JS/1", "moved", "store", by="P5")
    problems = [(one.code, one.at) for one in cases.check(held, court(held), URN)]
    assert ("custody-gap", "JS/1") in problems


def test_custody_of_a_time_that_has_not_come_is_refused(held: Node) -> None:
    now = held.clock.now()
    with pytest.raises(SchemaError, match="has not come"):
        cases.record_custody(
            held, court(held, WRITER), URN, "JS/1", "moved", "store", by="P5", at=now + timedelta(seconds=1)
        )
    assert cases.record_custody(held, court(held, WRITER), URN, "JS/1", "moved", "store", by="P5", at=now).at == now


@pytest.mark.parametrize(
    ("ref", "kind", "by"), [("ZZ/9", "moved", "P5"), ("JS/1", "eaten", "P5"), ("JS/1", "moved", "P99")]
)
def test_custody_of_nothing_by_nobody_or_of_no_kind_is_refused(held: Node, ref: str, kind: str, by: str) -> None:
    with pytest.raises(SchemaError):
        cases.record_custody(held, court(held, WRITER), URN, ref, kind, "x", by=by)


def test_a_sealed_bundle_holds_its_schedules_and_its_next_seal_names_it(held: Node, tmp_path: Path) -> None:
    first = case_sealing.seal(held, court(held), URN, tmp_path / "one")
    schedules = tmp_path / "one" / "data" / "schedules"
    assert sorted(path.name for path in schedules.iterdir()) == ["dmd.pdf", "mg6c.pdf", "mg6d.pdf", "mg6e.pdf"]
    assert "DRAFT" not in words((schedules / "mg6c.pdf").read_bytes())
    second = case_sealing.seal(held, court(held), URN, tmp_path / "two")
    assert second.head.previous == first.digest
    assert verify(tmp_path / "two", None).problems == ()


def test_a_prosecutor_is_given_a_ready_file_or_a_draft_that_says_so(node: Node, tmp_path: Path) -> None:
    folder = write_case(tmp_path / "folder", lambda case: case["elements"].pop())
    cases.take_in(node, court(node, WRITER), folder)
    view = read_view("prosecutor")
    with pytest.raises(SchemaError, match="not ready: element-unproved"):
        case_sealing.export(node, court(node), URN, tmp_path / "out", view)
    case_sealing.export(node, court(node), URN, tmp_path / "out", view, draft=True)
    assert "DRAFT" in words((tmp_path / "out" / "data" / "schedules" / "mg6c.pdf").read_bytes())
    assert [event.detail["code"] for event in events(node, "case.export-refused")] == ["input.schema"]
    assert [event.detail["view"] for event in events(node, "case.exported")] == ["prosecutor"]


def test_a_view_is_written_from_a_bundle_that_this_node_sealed_and_from_no_other(held: Node, tmp_path: Path) -> None:
    made = case_sealing.seal(held, court(held), URN, tmp_path / "bundle")
    shown = case_sealing.export(held, court(held), str(tmp_path / "bundle"), tmp_path / "defence", read_view("defence"))
    assert shown.blocked == ()
    assert verify(tmp_path / "defence", None).root == made.root
    sealed(made_case(tmp_path / "strange"), tmp_path / "stranger")
    with pytest.raises(HeadwaterError) as caught:
        case_sealing.export(held, court(held), str(tmp_path / "stranger"), tmp_path / "x", read_view("defence"))
    assert caught.value.exit == 76


def test_who_may_not_export_exports_nothing(held: Node, tmp_path: Path) -> None:
    for user in (WRITER, GUARDIAN):
        with pytest.raises(ForbiddenError):
            case_sealing.export(held, court(held, user), URN, tmp_path / "out", read_view("defence"))
    assert not (tmp_path / "out").exists()


def test_another_node_receipts_a_bundle_and_the_receipt_goes_into_it(
    held: Node, tmp_path: Path, template: Path
) -> None:
    case_sealing.seal(held, court(held), URN, tmp_path / "bundle")
    card = json.loads(partners.card_file(held))
    trust = Trust(bytes.fromhex(card["signing_key"]), "UK-NCA")
    with node_at(shutil.copytree(template, tmp_path / "other"), held.clock, authority="RS-MOI") as other:  # type: ignore[arg-type]
        data = case_sealing.receipt(other, court(other), tmp_path / "bundle", trust)
        assert [event.subject for event in events(other, "case.receipted")] == [URN]
    (tmp_path / "r.json").write_bytes(data)
    assert case_sealing.take_receipt(held, court(held), tmp_path / "bundle", tmp_path / "r.json") == "receipts/1.json"
    found = verify(tmp_path / "bundle", trust, read_outside(None, str(tmp_path / "r.json")))
    assert (found.problems, found.receipts, found.anchored) == ((), ("RS-MOI",), True)


def test_a_bundle_in_a_partners_name_is_receipted_under_the_key_of_its_card_alone(held: Node, tmp_path: Path) -> None:
    case_sealing.seal(held, court(held), URN, tmp_path / "bundle")
    sealed(made_case(tmp_path / "strange"), tmp_path / "stranger", signer_of(7, held.authority))
    with node_at(init(tmp_path / "other", "RS-MOI"), held.clock) as other:  # type: ignore[arg-type]
        other.exchange.add_partner([held.exchange.card_bytes()], [], who=WRITER)
        assert case_sealing.receipt(other, court(other), tmp_path / "bundle")
        with pytest.raises(HeadwaterError) as caught:
            case_sealing.receipt(other, court(other), tmp_path / "stranger")
        assert caught.value.exit == 76
        assert len(events(other, "case.receipted")) == 1


def test_no_receipt_is_given_for_a_bundle_that_was_changed(held: Node, tmp_path: Path) -> None:
    case_sealing.seal(held, court(held), URN, tmp_path / "bundle")
    (tmp_path / "bundle" / "data" / "exhibits" / "JS_1.txt").write_text("x", encoding="utf-8")
    with pytest.raises(SignatureError):
        case_sealing.receipt(held, court(held), tmp_path / "bundle")


def test_a_letter_is_numbered_kept_and_refused_without_a_basis(held: Node) -> None:
    first = case_letters.request(held, court(held), URN, "rs", ["RS/1"])
    second = case_letters.request(held, court(held), URN, "RS-MOI", ["RS/1"])
    assert [first.letter.ref, second.letter.ref] == [f"LOR-{URN}-1", f"LOR-{URN}-2"]
    assert f"LOR-{URN}-2" in words(second.pdf)
    with pytest.raises(NoBasisError) as caught:
        case_letters.request(held, court(held), URN, "xk", ["RS/1"])
    assert caught.value.exit == 77
    assert [event.detail["to"] for event in events(held, "case.request-refused")] == ["xk"]


def test_material_said_to_be_back_under_a_letter_of_ours_that_was_never_written_is_no_evidence(
    node: Node, tmp_path: Path
) -> None:
    def returned(case: dict[str, Any]) -> None:
        case["exhibits"][2].update(status="evidential", origin={"node": "rs", "returned_under": f"LOR-{URN}-1"})
        case["elements"][0]["proved_by"].append("RS/1")
        case["material"].pop(2)

    cases.take_in(node, court(node, WRITER), write_case(tmp_path / "folder", returned))
    assert [(one.code, one.at) for one in cases.check(node, court(node), URN)] == [("not-evidence", "RS/1")]
    case_letters.request(node, court(node), URN, "rs", ["RS/1"])
    assert cases.check(node, court(node), URN) == []


@pytest.mark.parametrize(
    ("under", "node_of_item", "is_back"),
    [
        ("1", "RS-MOI", True),
        ("1", "rs", True),
        ("1", "xk", False),
        ("2", "rs", False),
        ("9", "rs", False),
        ("2", "me", True),
    ],
)
def test_material_is_back_only_under_the_letter_that_was_written_to_its_own_node(
    under: str, node_of_item: str, is_back: bool
) -> None:
    letters = [
        Letter(ref=f"LOR-{URN}-{number}", to=to, items=("RS/1",), basis="a treaty", confirmed=True, language="sr")
        for number, to in (("1", "rs"), ("2", "me"))
    ]
    assert case_letters.written_to(letters, f"lor-{URN}-{under}", node_of_item, URN) is is_back
    assert case_letters.written_to(letters, "JIT Sava", node_of_item, URN), "a team's name is the officer's word"


@pytest.fixture
def screened(held: Node, tmp_path: Path) -> tuple[Node, str]:
    read(held, "uk-csv", write_list(tmp_path / "lists", ["Arben Example", "Somebody Else"]), user=WRITER)
    asked = screening.Asked([{"id": "q1", "name": "Arben Example"}])
    answer = screening.at_node(held, as_user(held, WRITER, "sanctions"), asked)
    finding = answer.result.hits[0].finding
    [kept] = findings.every(held, as_user(held, WRITER, "sanctions"))
    findings.decide(held, as_user(held, WRITER, "sanctions"), kept.finding.id, Verb.CONFIRM, "same name")
    assert finding.id == kept.finding.id
    return held, kept.finding.id


def test_a_finding_is_sealed_with_its_inputs_and_comes_out_the_same_again(
    screened: tuple[Node, str], tmp_path: Path
) -> None:
    node, ref = screened
    case_sealing.seal(node, court(node), URN, tmp_path / "bundle", [ref])
    folder = tmp_path / "bundle" / "data" / "findings"
    assert (folder / f"{ref}.run.json").is_file()
    again = replaying.replay(tmp_path / "bundle", ref[:12], None)
    assert (again.identical, again.differences) == (True, ())
    assert cases.hold(node, URN).findings[0].id == ref
    assert cases.check(node, court(node), URN) == []


def test_inputs_from_which_a_finding_does_not_come_out_the_same_are_not_sealed(
    screened: tuple[Node, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, _ = screened
    [kept] = findings.every(node, as_user(node, WRITER, "sanctions"))
    assert replaying.sealed_inputs(node, as_user(node, WRITER, "sanctions"), kept.finding)
    monkeypatch.setattr(replaying, "replay_in", lambda *_: Replayed(kept.finding, None, ("gone",)))
    assert replaying.sealed_inputs(node, as_user(node, WRITER, "sanctions"), kept.finding) == ()


def test_another_version_of_a_list_by_now_does_not_change_what_is_sealed(
    screened: tuple[Node, str], tmp_path: Path
) -> None:
    from datetime import date

    node, ref = screened
    read(node, "uk-csv", write_list(tmp_path / "newer", ["Nobody Known"], published=date(2026, 11, 24)), user=WRITER)
    case_sealing.seal(node, court(node), URN, tmp_path / "bundle", [ref])
    assert replaying.replay(tmp_path / "bundle", ref, None).identical


def test_a_finding_that_comes_out_otherwise_is_shown_with_the_difference(
    screened: tuple[Node, str], tmp_path: Path
) -> None:
    node, ref = screened
    case_sealing.seal(node, court(node), URN, tmp_path / "bundle", [ref])
    folder = tmp_path / "bundle" / "data" / "findings"
    run = json.loads((folder / f"{ref}.run.json").read_bytes())
    run["params"] = run["params"].replace("Arben Example", "Arben Exemple")
    (folder / f"{ref}.run.json").write_text(json.dumps(run), encoding="utf-8")
    again = replaying.replay_in(tmp_path / "bundle", ref, frozenset())
    assert not again.identical
    assert any(line.startswith(("reasons:", "score:", "text:", "params:")) for line in again.differences)
    with pytest.raises(SignatureError):
        replaying.replay(tmp_path / "bundle", ref, None)


def test_what_the_bundle_does_not_hold_cannot_be_replayed(screened: tuple[Node, str], tmp_path: Path) -> None:
    node, ref = screened
    case_sealing.seal(node, court(node), URN, tmp_path / "bundle", [ref])
    with pytest.raises(SchemaError, match="no such finding"):
        replaying.replay(tmp_path / "bundle", "fnd-0000", None)
    (tmp_path / "bundle" / "data" / "findings" / f"{ref}.run.json").unlink()
    with pytest.raises(SchemaError, match="no inputs"):
        replaying.replay_in(tmp_path / "bundle", ref, frozenset())


def test_the_nodes_own_stricter_handling_is_part_of_the_replay(screened: tuple[Node, str]) -> None:
    node, ref = screened
    with node.store.snapshot() as snapshot:
        finding = snapshot.finding(ref)  # type: ignore[arg-type]
        assert finding is not None
        told = runs.noted(snapshot, finding)
    assert told is not None
    assert told.stricter == screening.OF_A_QUERY
    assert finding.handling == finding.handling.join(Handling(releasable_to=frozenset(), codes=frozenset({"P"})))


def test_no_text_that_leaves_or_stays_names_the_victim(held: Node, tmp_path: Path) -> None:
    case_sealing.seal(held, court(held), URN, tmp_path / "bundle")
    for form in Form:
        text = words(case_sealing.schedule(held, court(held), URN, form))
        assert VICTIM_NAME not in text
        assert VICTIM_PHONE not in text
