"""Sorting several findings at once decides nothing; what touches a protected person takes two to confirm."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from headwater.errors import ConflictError, NoBasisError
from headwater.model.decision import Verb
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.ids import EntityKey, FindingId
from headwater.node import Node, findings
from tests.node_world import SUPERVISOR, WRITER, as_user, events, person, read, write_report
from tests.page_world import Answer, Browser, browser

pytestmark = pytest.mark.slow  # a node of its own for each test


LORRY = {"key": "lorry", "schema": "Vehicle", "properties": {"registrationNumber": ["ZZ00EXR"]}}


def claim(node: Node, folder: Path, kind: str = "match.link", category: str = "suspect") -> FindingId:
    """A finding of a kind about a lorry that somebody of a category stood beside."""
    read(node, "report", write_report(folder, person("p-1", "Ivo Izmišljenić", category), LORRY))
    with node.view(as_user(node)) as view:
        record = next(iter(view.records(mentions=EntityKey("lorry"))))
    number = next(number for number, fact in record.numbered() if fact.entity == "lorry")
    made = Finding(
        kind=kind, subjects=("UK-NCA/lorry",), score=0.9, text="About a lorry.", reasons=(Reason("r", 1.0, "so"),),
        evidence=(Evidence.fact(number),), engine="link", engine_version="1", params="{}", handling=record.handling,
    )  # fmt: skip
    findings.keep(node, as_user(node), [made])
    return made.id


def sort(reader: Browser, refs: Sequence[str], act: str, **more: str) -> Answer:
    key = reader.get("/queue?state=all").field("key")
    return reader.post("/queue/triage", {"finding": [f"{ref}@0" for ref in refs], "sort": act, "key": key, **more})


def rows(reader: Browser, query: str = "") -> list[str]:
    return [row["id"] for row in reader.get(f"/queue?format=json&{query}").json["rows"]]


def test_what_is_taken_on_is_ones_own_until_it_is_given_back(
    node: Node, analyst: Browser, hits: list[FindingId]
) -> None:
    assert sort(analyst, hits[:1], "take").status == 303
    other = browser(node, SUPERVISOR)
    assert (rows(analyst, "work=mine"), rows(other, "work=mine")) == ([hits[0]], [])
    assert rows(other, "work=nobody") == [hits[1]]
    refused = sort(other, hits, "take")
    assert refused.status == 409
    assert hits[0] in refused.text
    assert rows(other, "work=mine") == [hits[1]]
    sort(analyst, hits[:1], "give-back")
    assert rows(analyst, "work=nobody") == [hits[0]]


def test_each_reader_marks_read_alone(node: Node, analyst: Browser, hits: list[FindingId]) -> None:
    sort(analyst, hits[:1], "read")
    assert rows(analyst, "work=unread") == [hits[1]]
    assert set(rows(browser(node, SUPERVISOR), "work=unread")) == set(hits)
    sort(analyst, hits[:1], "unread")
    assert set(rows(analyst, "work=unread")) == set(hits)


def test_priority_orders_the_queue_and_a_label_is_one_of_fixed_words(analyst: Browser, hits: list[FindingId]) -> None:
    last = rows(analyst)[-1]
    answer = sort(analyst, [last], "rank", priority="high", label="for-briefing", from_order="priority")
    assert answer.goes_to == "/queue?order=priority&sorted=1"
    assert rows(analyst, "order=priority")[0] == last
    assert 'data-label="for-briefing"' in analyst.get("/queue").text
    assert sort(analyst, hits, "rank", label="Ana Primerović").status == 400
    assert sort(analyst, hits, "rank", priority="now").status == 400
    assert sort(analyst, hits, "release").status == 400


def test_sorting_is_in_the_ledger_once_for_each_form_and_decides_nothing(
    node: Node, analyst: Browser, hits: list[FindingId]
) -> None:
    key = analyst.get("/queue").field("key")
    for _ in range(2):
        analyst.post("/queue/triage", {"finding": [f"{ref}@0" for ref in hits], "sort": "take", "key": key})
    noted = events(node, "findings.triaged")
    assert sorted(event.subject for event in noted) == sorted(hits)
    assert {(event.who, event.purpose, event.detail["sort"]) for event in noted} == {(WRITER, "oic", "take")}
    assert [findings.one(node, as_user(node), ref).decisions for ref in hits] == [(), ()]


def test_a_rescue_alert_is_not_sorted_with_others_and_no_filter_hides_it(
    node: Node, analyst: Browser, hits: list[FindingId], tmp_path: Path
) -> None:
    rescue = claim(node, tmp_path / "in", "watch.rescue")
    assert f'value="{rescue}@' not in analyst.get("/queue").text
    answer = sort(analyst, [rescue, hits[0]], "take")
    assert answer.status == 409
    assert rescue in answer.text
    assert rows(analyst, "work=mine") == [rescue, hits[0]]
    assert [event.subject for event in events(node, "findings.triaged")] == [hits[0]]


def test_a_hidden_finding_is_answered_as_one_that_there_is_not(analyst: Browser) -> None:
    answer = sort(analyst, ["fnd-" + "0" * 40], "take")
    assert answer.status == 409
    assert "taken by" not in analyst.get("/queue").text


def confirm(reader: Browser, ref: FindingId) -> Answer:
    page = reader.get(f"/findings/{ref}")
    form = {"verb": "confirm", "reason": "seen", "version": page.field("version"), "key": page.field("key")}
    return reader.post(f"/findings/{ref}/decide", form)


def test_what_touches_a_protected_person_counts_once_two_have_confirmed_it(
    node: Node, analyst: Browser, tmp_path: Path
) -> None:
    ref = claim(node, tmp_path / "in", category="smuggled")
    assert confirm(analyst, ref).status == 303
    assert 'data-second="wanted"' in analyst.get("/queue?state=confirm").text
    assert confirm(analyst, ref).status == 409  # nobody is their own second person
    with pytest.raises(NoBasisError, match="takes two"):
        findings.release(node, as_user(node, SUPERVISOR), ref, "ftm", "told")
    with pytest.raises(ConflictError, match="own second"):
        findings.decide(node, as_user(node), ref, Verb.CONFIRM, "again")
    assert confirm(browser(node, SUPERVISOR), ref).status == 303
    assert 'data-second="wanted"' not in analyst.get("/queue?state=confirm").text
    assert len(findings.one(node, as_user(node), ref).decisions) == 2
    assert confirm(browser(node, SUPERVISOR), ref).status == 409


def test_a_word_between_begins_the_count_anew(node: Node, analyst: Browser, tmp_path: Path) -> None:
    ref = claim(node, tmp_path / "in", category="victim")
    confirm(analyst, ref)
    findings.decide(node, as_user(node, SUPERVISOR), ref, Verb.UNSURE, "another birth date")
    confirm(browser(node, SUPERVISOR), ref)
    assert 'data-second="wanted"' in analyst.get("/queue?state=confirm").text


def test_danger_to_life_waits_for_no_second_person(node: Node, analyst: Browser, tmp_path: Path) -> None:
    ref = claim(node, tmp_path / "in", "watch.rescue", "smuggled")
    confirm(analyst, ref)
    assert 'data-second="wanted"' not in analyst.get("/queue?state=confirm").text
