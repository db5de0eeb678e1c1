"""What happens when a list changes: decisions hold until then, stored customers are looked at again, removals are told."""

import csv
import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from headwater.cli import main
from headwater.errors import NoBasisError, SettingsError
from headwater.exercise.list_files import list_files
from headwater.model.decision import Verb
from headwater.node import Node, customers, deltas, findings, ofsi, screening
from headwater.node.loose import ListFile
from headwater.node.screening import Asked
from headwater.testing.fakes import FakeClock
from tests.node_world import SUPERVISOR, as_user, designation, events, init, node_at, read, write_list

MARKO, ANA, IVA = "Marko Izmišljotinović", "Ana Nepostojić", "Iva Nigdović"


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return node_at(init(tmp_path / "node"), FakeClock())


def ask(node: Node, name: str, born: str = "1975-04-02") -> screening.Answer:
    query = {"id": "c1", "name": name, "birth_date": born, "schema": "Person"}
    return screening.at_node(node, as_user(node, SUPERVISOR, "sanctions"), Asked([query]))


def decide(node: Node, answer: screening.Answer, verb: Verb) -> None:
    findings.decide(
        node, as_user(node, SUPERVISOR, "sanctions"), answer.result.findings[0].id, verb, "another birth place"
    )


def customer_file(path: Path, *names: str) -> Path:
    rows = "".join(f"c{at},{name},1975-04-02\n" for at, name in enumerate(names))
    path.write_text(f"id,name,birth_date\n{rows}", encoding="utf-8")
    return path


def test_a_pair_told_apart_stays_silent_in_the_next_edition_where_nothing_changed(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "1", [MARKO]))
    decide(node, ask(node, MARKO), Verb.DISMISS)
    read(node, "uk", write_list(tmp_path / "2", [MARKO, ANA]))
    again = ask(node, MARKO)
    assert again.result.hits == ()
    [silent] = again.silenced
    assert (silent.decision.who, silent.hit.entry) == (SUPERVISOR, "uk:TEST000001")
    assert events(node, "match.screened")[-1].detail["silenced"] == 1


def test_a_pair_told_apart_is_open_again_when_the_entry_changes_and_says_what(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "1", [MARKO]))
    decide(node, ask(node, MARKO), Verb.DISMISS)
    read(node, "uk", write_list(tmp_path / "2", [MARKO.replace("Marko", "Mirko Marko")]))
    [hit] = ask(node, MARKO).result.hits
    assert "decision.reopened" in {reason.code for reason in hit.finding.reasons}
    assert "Open again: decided before as different" in hit.finding.text
    assert "Mirko" in hit.finding.text


def test_a_pair_told_apart_is_open_again_when_the_query_changes(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "1", [MARKO]))
    decide(node, ask(node, MARKO), Verb.DISMISS)
    [hit] = ask(node, MARKO, born="1975").result.hits
    assert "the query's birth_date was 1975-04-02" in hit.finding.text


def test_a_pair_told_apart_is_open_again_when_the_query_says_more(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "1", [MARKO]))
    decide(node, ask(node, MARKO), Verb.DISMISS)
    query = {"id": "c1", "name": MARKO, "birth_date": "1975-04-02", "schema": "Person", "nationality": "Serbia"}
    [hit] = screening.at_node(node, as_user(node, SUPERVISOR, "sanctions"), Asked([query])).result.hits
    assert "the query's nationality was not given" in hit.finding.text


@pytest.mark.parametrize("verb", [Verb.CONFIRM, Verb.UNSURE])
def test_a_pair_held_the_same_or_unsure_is_still_shown(node: Node, tmp_path: Path, verb: Verb) -> None:
    read(node, "uk", write_list(tmp_path / "1", [MARKO]))
    decide(node, ask(node, MARKO), verb)
    assert len(ask(node, MARKO).result.hits) == 1


def test_stored_customers_are_screened_whole_once_and_then_only_against_what_changed(
    node: Node, tmp_path: Path
) -> None:
    session = as_user(node, SUPERVISOR, "sanctions")
    read(node, "uk", write_list(tmp_path / "1", [MARKO, ANA]))
    customers.keep(node, session, "drivers", customer_file(tmp_path / "c.csv", MARKO, IVA, "Prudence Quillfeather"))
    first, _ = customers.rescreen(node, session, "drivers")
    assert first.answer is not None
    assert [hit.query for hit in first.answer.result.hits] == ["c0"]
    nothing, _ = customers.rescreen(node, session, "drivers")
    assert (nothing.answer, nothing.removed) == (None, ())
    read(node, "uk", write_list(tmp_path / "2", [MARKO, ANA, IVA]))
    then, _ = customers.rescreen(node, session, "drivers")
    assert then.answer is not None
    assert [(hit.query, hit.entry) for hit in then.answer.result.hits] == [("c1", "uk:TEST000003")]


def test_stored_customers_are_screened_against_a_list_that_is_new_at_the_node(node: Node, tmp_path: Path) -> None:
    session = as_user(node, SUPERVISOR, "sanctions")
    read(node, "uk", write_list(tmp_path / "1", [MARKO]))
    customers.keep(node, session, "drivers", customer_file(tmp_path / "c.csv", MARKO, IVA))
    customers.rescreen(node, session, "drivers")
    [(name, data)] = list_files("un-xml", [designation(1, IVA)], published=date(2026, 11, 24)).items()
    (tmp_path / name).write_bytes(data)
    read(node, "un-xml", tmp_path / name)
    then, _ = customers.rescreen(node, session, "drivers")
    assert then.answer is not None
    assert "c1" in {hit.query for hit in then.answer.result.hits}


def test_who_holds_a_hit_on_an_entry_that_was_removed_is_told(node: Node, tmp_path: Path) -> None:
    session = as_user(node, SUPERVISOR, "sanctions")
    read(node, "uk", write_list(tmp_path / "1", [MARKO, ANA]))
    customers.keep(node, session, "drivers", customer_file(tmp_path / "c.csv", MARKO))
    customers.rescreen(node, session, "drivers")
    read(node, "uk", write_list(tmp_path / "2", [ANA], start=2))
    then, asked = customers.rescreen(node, session, "drivers")
    [gone] = then.document(asked)["removed_findings"]
    assert gone["subjects"] == ["query:c0", "uk:TEST000001"]
    assert events(node, "customers.rescreened")[-1].detail["removed"] == 1


def test_a_large_file_is_searched_for_the_entries_and_the_answer_is_that_of_a_full_run(
    node: Node, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(customers, "REVERSED", 3)
    session = as_user(node, SUPERVISOR, "sanctions")
    read(node, "uk", write_list(tmp_path / "1", [MARKO]))
    customers.keep(
        node,
        session,
        "all",
        customer_file(tmp_path / "c.csv", "Ива Нигдовић", MARKO, "A B", "Iva Nigdovic", "Tom Dunn"),
    )
    customers.rescreen(node, session, "all")
    read(node, "uk", write_list(tmp_path / "2", [MARKO, IVA]))
    then, _ = customers.rescreen(node, session, "all")
    assert then.looked_at == 2
    assert then.answer is not None
    assert sorted(hit.query for hit in then.answer.result.hits) == ["c0", "c3"]


def test_customers_that_are_not_stored_are_refused(node: Node) -> None:
    with pytest.raises(SettingsError, match="no customers are stored"):
        customers.rescreen(node, as_user(node, SUPERVISOR, "sanctions"), "nobody")


def test_two_editions_differ_by_entries_added_removed_and_changed(tmp_path: Path) -> None:
    old = write_list(tmp_path / "1", [MARKO, ANA, IVA])
    new = write_list(tmp_path / "2", [MARKO, "Ana Marija Nepostojić"])
    found = deltas.difference(ListFile("uk", str(old)), ListFile("uk", str(new)))
    assert (found["added"], found["removed"], found["changed"]) == ([], ["TEST000003"], ["TEST000002"])
    assert {one["property"] for one in found["changes"]["TEST000002"]} >= {"name"}


def test_since_an_older_edition_yields_the_hits_on_what_was_added_or_changed(tmp_path: Path) -> None:
    old, new = write_list(tmp_path / "1", [MARKO]), write_list(tmp_path / "2", [MARKO, ANA])
    asked = customer_file(tmp_path / "q.csv", MARKO, ANA)
    words = ["screen", str(asked), "--list", f"uk:{new}", "--since", f"uk:{old}", "--json"]
    answer = json.loads(CliRunner().invoke(main, words, env={"XDG_CACHE_HOME": str(tmp_path)}).stdout)
    assert [hit["entry"] for hit in answer["hits"]] == ["TEST000002"]
    assert (answer["since"]["added"], answer["since"]["removed"]) == (["TEST000002"], [])


def test_a_report_to_ofsi_is_drafted_from_a_confirmed_hit_alone(node: Node, tmp_path: Path) -> None:
    session = as_user(node, SUPERVISOR, "sanctions")
    read(node, "uk", write_list(tmp_path / "1", [MARKO]))
    answer = ask(node, MARKO)
    ref, informant = answer.result.findings[0].id, ofsi.Informant("Example Bank", SUPERVISOR)
    with pytest.raises(NoBasisError, match="no person has confirmed"):
        ofsi.report(node, session, ref, informant, [], None)
    decide(node, answer, Verb.CONFIRM)
    held = tmp_path / "held.csv"
    held.write_text("holder,nature,description,currency,amount,valued_on\nMarko,funds,account,GBP,1200.50,2026-09-30\n")
    draft = ofsi.report(node, session, ref, informant, ofsi.assets_in(held), None)
    assert draft["designated_person"]["entry"] == "uk:TEST000001"
    assert draft["designated_person"]["identity"]["name"] == [MARKO]
    assert draft["totals"] == {"GBP": "1200.50"}
    text = ofsi.text(draft)
    assert "not sent" in text
    assert "1200.50" in text
    assert [event.subject for event in events(node, "ofsi.drafted")] == [ref]


def test_the_annual_review_asks_for_values_of_30_september_by_30_november(node: Node, tmp_path: Path) -> None:
    held = tmp_path / "held.csv"
    held.write_text(
        "holder,nature,description,currency,amount,valued_on\nMarko,funds,a,GBP,1,2026-09-30\nMarko,funds,b,EUR,2,2026-08-01\n"
        "Marko,funds,c,GBP,3.50,2026-09-30\nMarko,funds,d,USD,4,2026-10-01\n"
    )
    session = as_user(node, SUPERVISOR, "sanctions")
    draft = ofsi.review(node, session, ofsi.assets_in(held), 2026, ofsi.Informant("Example Bank", SUPERVISOR))
    assert (draft["valued_on"], draft["due_by"]) == ("2026-09-30", "2026-11-30")
    assert [one["asset"] for one in draft["to_value_again"]] == ["b", "d"]
    assert draft["totals"] == {"EUR": "2.00", "GBP": "4.50", "USD": "4.00"}
    assert draft["days_left"] == 5


def test_given_pairs_are_scored_into_a_file(tmp_path: Path) -> None:
    pairs, out = tmp_path / "pairs.csv", tmp_path / "scores.csv"
    pairs.write_text(
        "id,schema,name1,name2\na,Person,Ana Nepostojić,Ана Непостојић\nb,Person,Ana,Zed\nc,Person,...,Zed\n"
    )
    done = CliRunner().invoke(main, ["screen", "--pairs", str(pairs), "--out", str(out), "--json"])
    answer = json.loads(done.stdout)
    with out.open(encoding="utf-8-sig", newline="") as handle:
        lines = {row["id"]: row["score"] for row in csv.DictReader(handle)}
    assert float(lines["a"]) > 0.9
    assert float(lines["b"]) < 0.1
    assert float(lines["c"]) == 0.0
    assert [one["id"] for one in answer["not_screenable"]] == ["c"]
