"""Deciding on a page: once for each form, never over somebody else's decision, taken back by a later one."""

from dataclasses import replace
from pathlib import Path

import pytest

from headwater.model.fact import fact_id
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.ids import EntityKey, FindingId
from headwater.node import Node, findings, liaison, runs
from tests import picture_world
from tests.node_world import SUPERVISOR, WRITER, as_user, events, person, read, write_report
from tests.page_world import Answer, Browser, browser

pytestmark = pytest.mark.slow  # a node of its own for each test


def decide(reader: Browser, ref: FindingId, verb: str, page: Answer | None = None, **changes: str) -> Answer:
    page = page or reader.get(f"/findings/{ref}")
    form = {
        "verb": verb,
        "reason": "looked at it",
        "version": page.field("version"),
        "key": page.field("key"),
        **changes,
    }
    return reader.post(f"/findings/{ref}/decide", form)


def undo(reader: Browser, ref: FindingId) -> Answer:
    page = reader.get(f"/findings/{ref}")
    form = {"reason": "wrong key", "version": page.field("version"), "key": f"{page.field('key')}u"}
    return reader.post(f"/findings/{ref}/undo", form)


def state(node: Node, ref: FindingId) -> str:
    return findings.one(node, as_user(node), ref).state


def test_a_double_click_is_one_decision(node: Node, analyst: Browser, hits: list[FindingId]) -> None:
    page = analyst.get(f"/findings/{hits[0]}")
    answers = [decide(analyst, hits[0], "confirm", page) for _ in range(2)]
    assert {answer.status for answer in answers} == {303}
    assert len(findings.one(node, as_user(node), hits[0]).decisions) == 1
    assert len(events(node, "findings.decided")) == 1


def test_who_decides_on_what_has_changed_is_told_and_keeps_the_text(
    node: Node, analyst: Browser, hits: list[FindingId]
) -> None:
    page = analyst.get(f"/findings/{hits[0]}")
    assert decide(browser(node, SUPERVISOR), hits[0], "dismiss").status == 303
    answer = decide(analyst, hits[0], "confirm", page, reason="same passport, looked up")
    assert answer.status == 409
    assert "same passport, looked up" in answer.text
    assert state(node, hits[0]) == "dismiss"


def test_a_decision_is_taken_back_by_a_later_one_and_nothing_is_deleted(
    node: Node, analyst: Browser, hits: list[FindingId]
) -> None:
    decide(analyst, hits[0], "confirm")
    decide(analyst, hits[0], "dismiss")
    assert undo(analyst, hits[0]).status == 303
    assert state(node, hits[0]) == "confirm"
    assert undo(analyst, hits[0]).status == 303
    shown = findings.one(node, as_user(node), hits[0])
    assert (shown.state, shown.is_confirmed) == ("open", False)
    assert [made.verb for made in shown.decisions] == ["confirm", "dismiss", "undo", "undo"]
    assert undo(analyst, hits[0]).status == 403


@pytest.mark.parametrize(
    "changes",
    [{"reason": ""}, {"reason": "x" * 4001}, {"verb": "release"}, {"version": ""}, {"key": ""}, {"reason": "a\0b"}],
)
def test_a_form_that_lacks_something_is_refused_by_name(
    node: Node, analyst: Browser, hits: list[FindingId], changes: dict[str, str]
) -> None:
    page = analyst.get(f"/findings/{hits[0]}")
    form = {"verb": "confirm", "reason": "r", "version": page.field("version"), "key": page.field("key"), **changes}
    answer = analyst.post(f"/findings/{hits[0]}/decide", form)
    assert answer.status == 400
    assert f'<code><bdi dir="auto">{next(iter(changes))}</bdi></code>' in answer.text
    assert state(node, hits[0]) == "open"


def test_several_are_dismissed_for_one_reason_and_what_cannot_be_is_told(
    node: Node, analyst: Browser, hits: list[FindingId]
) -> None:
    decide(analyst, hits[0], "confirm")
    page = analyst.get("/queue?state=all")
    rows = [f"{hits[0]}@0", f"{hits[1]}@0"]
    answer = analyst.post("/queue/dismiss", {"finding": rows, "reason": "no such person", "key": page.field("key")})
    assert answer.status == 409
    assert hits[0] in answer.text
    assert (state(node, hits[0]), state(node, hits[1])) == ("confirm", "dismiss")


@pytest.mark.parametrize("query", ["page=0", "page=x", "state=gone", "least=2", "least=nan", "order=random"])
def test_a_filter_that_no_queue_has_is_refused_by_its_field(analyst: Browser, query: str) -> None:
    answer = analyst.get(f"/queue?{query}")
    assert answer.status == 400
    assert query.partition("=")[0] in answer.text


def test_the_twin_holds_what_the_page_holds(analyst: Browser, hits: list[FindingId]) -> None:
    page, twin = analyst.get("/queue"), analyst.get("/queue?format=json").json
    assert {row["id"] for row in twin["rows"]} == set(hits)
    assert (twin["page"], twin["next"]) == ("queue", None)
    for row in twin["rows"]:
        assert f'data-finding="{row["id"]}"' in page.text


def test_an_export_bears_banner_who_when_and_purpose_and_is_in_the_ledger(node: Node, analyst: Browser) -> None:
    answer = analyst.get("/queue?export=csv")
    head = answer.text.splitlines()[0]
    for word in ("handling: ", f"who: {WRITER}", "purpose: oic", "at: 2026-"):
        assert word in head
    assert answer.headers["content-disposition"].startswith('attachment; filename="queue-')
    [event] = events(node, "page.exported")
    assert (event.who, event.subject, event.detail["rows"]) == (WRITER, "queue", 2)


@pytest.mark.parametrize("stricter", [0, 20, 27])
def test_an_export_of_several_pages_bears_the_marks_of_each(node: Node, analyst: Browser, stricter: int) -> None:
    first = findings.one(node, as_user(node), picture_world.watch(node, ["boat"])).finding
    more = [
        replace(
            first,
            subjects=(f"track:made-up:{place}",),
            score=0.8 - place / 100,
            handling=replace(first.handling, codes=frozenset({"P", "TLP:AMBER"} if place == stricter else {"P"})),
        )
        for place in range(30)
    ]
    findings.keep(node, as_user(node), more, runs.Noted("watch", "1", first.params))
    assert analyst.get("/queue?page=2&format=json").json["rows"]
    assert "TLP:AMBER" in analyst.get("/queue?export=csv").text.splitlines()[0]


def test_a_compared_pair_stands_line_by_line(analyst: Browser, hits: list[FindingId]) -> None:
    answer = analyst.get(f"/findings/{hits[0]}/compare")
    assert answer.status == 200
    assert answer.text.count('class="weight') >= 2
    assert 'data-page="compare"' in answer.text


def test_a_finding_that_cannot_be_is_no_page(analyst: Browser) -> None:
    answers = {analyst.get(f"/findings/{ref}").data for ref in ("fnd-" + "0" * 40, "fnd-1", "..%2f..%2fetc")}
    assert len(answers) == 1


@pytest.mark.parametrize("action", ["restrict", "erase"])
def test_what_was_withdrawn_leaves_a_queue_that_was_shown_before(
    node: Node, analyst: Browser, tmp_path: Path, action: str
) -> None:
    read(node, "report", write_report(tmp_path / "own", person("p-1", "Ivo Opozvanić")))
    with node.view(as_user(node)) as view:
        [record] = view.records(mentions=EntityKey("p-1"))
    claim = Finding(
        kind="match.link", subjects=("UK-NCA/p-1",), score=0.9, text="About p-1.", reasons=(Reason("r", 1.0, "so"),),
        evidence=(Evidence.fact(fact_id(record.id, 0)),), engine="link", engine_version="1", params="{}",
        handling=record.handling,
    )  # fmt: skip
    findings.keep(node, as_user(node), [claim])
    assert claim.id in analyst.get("/queue").text
    assert claim.id in analyst.get("/queue").text
    liaison.amend(node, as_user(node), action, [fact_id(record.id, 0)], "another person")
    assert claim.id not in analyst.get("/queue").text
    assert analyst.get(f"/findings/{claim.id}").status == 404


def test_a_finding_that_came_since_stands_in_the_queue(node: Node, analyst: Browser, hits: list[FindingId]) -> None:
    assert analyst.get("/queue?format=json").json["rows"]
    decide(browser(node, SUPERVISOR), hits[0], "dismiss")
    assert [row["id"] for row in analyst.get("/queue?format=json").json["rows"]] == [hits[1]]


def test_a_filter_is_kept_under_a_name_and_the_queue_goes_on_where_its_reader_stopped(
    node: Node, analyst: Browser, hits: list[FindingId]
) -> None:
    form = {"name": "strong ones", "state": "open", "least": "0.9", "order": "kind"}
    assert analyst.post("/queue/filters", form).goes_to == "/queue?least=0.9&order=kind"
    analyst.get("/queue?least=0.5")
    page = analyst.get("/queue").text
    assert 'href="/queue?least=0.9&amp;order=kind"' in page
    assert 'href="/queue?least=0.5"' in page
    assert "strong ones" not in browser(node, SUPERVISOR).get("/queue").text
    analyst.post("/queue/filters", {**form, "gone": "1"})
    assert "strong ones" not in analyst.get("/queue").text
