"""Lists in force and screening: one edition of each list counts, hits are kept as findings, a stale list says so."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from headwater.errors import ForbiddenError, InputError, SettingsError, StoreCorruptError
from headwater.node import Node, findings, lists, screening
from headwater.node.loose import ListFile, list_file
from headwater.testing.fakes import FakeClock
from tests.node_world import AUDITOR, SUPERVISOR, as_user, events, init, node_at, read, write_list

MARKO, ANA = "Marko Izmišljotinović", "Ana Nepostojić"


def asked(*names: str, min_score: float | None = None) -> screening.Asked:
    queries = [
        {"id": str(number), "name": name, "birth_date": "1975-04-02", "schema": "Person"}
        for number, name in enumerate(names, 1)
    ]
    return screening.Asked(queries, min_score)


def screen(node: Node, *names: str, user: str = SUPERVISOR, min_score: float | None = None) -> screening.Answer:
    return screening.at_node(node, as_user(node, user, "sanctions"), asked(*names, min_score=min_score))


def entries(answer: screening.Answer) -> list[tuple[str, str]]:
    return [(hit.query, hit.entry) for hit in answer.result.hits]


def test_a_name_on_the_list_is_found_and_a_bystander_is_not(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "in", [MARKO, ANA]))
    answer = screen(node, "Марко Измишљотиновић", "Prudence Quillfeather")
    assert entries(answer) == [("1", "uk:TEST000001")]
    assert answer.result.hits[0].finding.score > 0.9


def test_a_list_whose_entries_are_gone_is_told_and_not_taken_for_an_empty_one(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "in", [MARKO]))
    with node.store.snapshot() as snapshot:
        [edition] = lists.editions(snapshot)
    (node.home / "blobs" / edition.digest).unlink()
    node.store.write(lambda tx: tx.forget_blob(edition.sha256))
    node.store.sweep()  # what was computed of it is computed anew
    with pytest.raises(StoreCorruptError):
        screen(node, MARKO)


def test_hits_are_kept_as_findings_and_the_run_is_logged_without_the_name(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "in", [MARKO]))
    [finding] = screen(node, MARKO).result.findings
    [shown] = findings.every(node, as_user(node, SUPERVISOR, "sanctions"))
    assert (shown.finding, shown.state) == (finding, "open")
    [event] = events(node, "match.screened")
    assert (event.who, event.detail["hits"], event.detail["queries"]) == (SUPERVISOR, 1, 1)
    assert "Marko" not in repr(event)
    assert [each.subject for each in events(node, "findings.claimed")] == [finding.id]


def test_the_same_names_in_another_order_are_the_same_question_in_the_ledger(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "in", [MARKO]))
    for names in ((MARKO, ANA), (ANA, MARKO), (MARKO,)):
        screen(node, *names)
    first, second, other = (event.detail["query_hash"] for event in events(node, "match.screened"))
    assert first == second != other


def test_the_same_question_again_claims_nothing_new(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "in", [MARKO]))
    first, second = screen(node, MARKO), screen(node, MARKO)
    assert first.result.findings == second.result.findings
    assert len(events(node, "findings.claimed")) == 1
    assert len(events(node, "match.screened")) == 2


def test_a_hit_may_go_less_far_than_the_list_since_it_says_whom_somebody_asked_about(
    node: Node, tmp_path: Path
) -> None:
    read(node, "uk", write_list(tmp_path / "in", [MARKO]))
    [hit] = screen(node, MARKO).result.hits
    [edition] = lists.listed(node.store)
    assert hit.finding.handling.covers(edition.handling)
    assert not edition.handling.covers(hit.finding.handling)


def test_a_newer_edition_takes_the_place_of_the_older_one(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "old", [MARKO], published=date(2026, 11, 1)))
    assert entries(screen(node, MARKO)) == [("1", "uk:TEST000001")]
    read(node, "uk", write_list(tmp_path / "new", [ANA], published=date(2026, 11, 20), start=2))
    assert entries(screen(node, MARKO, ANA)) == [("2", "uk:TEST000002")]
    [edition] = lists.listed(node.store)
    assert (edition.version, edition.entries) == ("2026-11-20", 1)


def test_an_older_edition_read_later_stays_out_of_force_and_a_note_says_so(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "new", [ANA], published=date(2026, 11, 20), start=2))
    outcome = read(node, "uk", write_list(tmp_path / "old", [MARKO], published=date(2026, 11, 1)))
    assert outcome.added == 1
    assert any("2026-11-20" in str(notice) for notice in outcome.warnings)
    assert entries(screen(node, MARKO, ANA)) == [("2", "uk:TEST000002")]


def test_a_correction_of_the_same_day_is_in_force(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "first", [MARKO]))
    read(node, "uk", write_list(tmp_path / "second", [ANA], start=2))
    assert entries(screen(node, MARKO, ANA)) == [("2", "uk:TEST000002")]


def test_a_list_that_was_fetched_long_ago_is_stale_and_the_answer_says_so(
    node: Node, clock: FakeClock, tmp_path: Path
) -> None:
    path = write_list(tmp_path / "in", [MARKO])
    read(node, "uk", path)
    [edition] = lists.listed(node.store)
    lists.note_fetched(node.store, edition.sha256)
    clock.move(timedelta(days=3))
    [fresh] = screen(node, MARKO).result.lists
    assert (fresh.stale, fresh.note) == (False, "")
    clock.move(timedelta(minutes=1))
    answer = screen(node, MARKO)
    [state] = answer.result.lists
    assert state.stale is True
    assert "older than 3 days" in state.note
    assert "older than 3 days" in answer.result.hits[0].finding.text
    lists.note_fetched(node.store, edition.sha256)
    assert [each.stale for each in screen(node, MARKO).result.lists] == [False]


def test_that_an_edition_was_fetched_says_nothing_of_another_that_somebody_had(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "fetched", [MARKO], published=date(2026, 11, 20)))
    [edition] = lists.listed(node.store)
    lists.note_fetched(node.store, edition.sha256)
    assert [each.stale for each in screen(node, MARKO).result.lists] == [False]
    read(node, "uk", write_list(tmp_path / "had", [MARKO, ANA], published=date(2026, 11, 21)))
    assert [each.stale for each in screen(node, MARKO).result.lists] == [True]


def test_a_list_that_somebody_had_in_a_file_is_as_old_as_it_says_however_lately_it_was_read(
    node: Node, tmp_path: Path
) -> None:
    read(node, "uk", write_list(tmp_path / "in", [MARKO], published=date(2026, 11, 20)))
    answer = screen(node, MARKO)
    assert [each.stale for each in answer.result.lists] == [True]
    assert "older than 3 days" in answer.result.hits[0].finding.text


def test_the_setting_says_how_old_a_list_may_be(tmp_path: Path) -> None:
    clock = FakeClock()
    home = init(tmp_path / "uk", list_stale_days=30)
    with node_at(home, clock) as node:
        read(node, "uk", write_list(tmp_path / "in", [MARKO]))
        clock.move(timedelta(days=28))
        assert [each.stale for each in screen(node, MARKO).result.lists] == [False]


def test_the_setting_says_from_which_score_a_name_is_a_hit_unless_the_question_does(tmp_path: Path) -> None:
    home = init(tmp_path / "uk", min_score=0.9999999)
    with node_at(home, FakeClock()) as node:
        read(node, "uk", write_list(tmp_path / "in", [MARKO]))
        assert entries(screen(node, "Mark Izmislotinovic")) == []
        assert entries(screen(node, "Mark Izmislotinovic", min_score=0.05)) == [("1", "uk:TEST000001")]


def test_a_node_without_a_list_refuses_to_screen_rather_than_to_find_nothing(node: Node) -> None:
    with pytest.raises(SettingsError, match="no such list"):
        screen(node, MARKO)


def test_an_auditor_screens_nobody(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "in", [MARKO]))
    with pytest.raises(ForbiddenError):
        screen(node, MARKO, user=AUDITOR)
    assert events(node, "match.screened") == []


def test_a_query_without_a_name_is_told_and_not_passed_over(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "in", [MARKO]))
    answer = screen(node, "...", MARKO)
    assert [one.query for one in answer.result.not_screenable] == ["1"]
    assert entries(answer) == [("2", "uk:TEST000001")]


def test_a_birth_date_that_makes_no_sense_is_told(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "in", [MARKO]))
    question = screening.Asked([{"id": "1", "name": MARKO, "birth_date": "1975-02-30", "schema": "Person"}])
    answer = screening.at_node(node, as_user(node, SUPERVISOR, "sanctions"), question)
    [doubt] = screening.document(answer, question)["doubts"]
    assert (doubt["query"], doubt["field"]) == ("1", "birth_date")


def test_progress_reaches_the_number_of_queries(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "in", [MARKO]))
    told: list[tuple[int, int]] = []
    screening.at_node(
        node,
        as_user(node, SUPERVISOR, "sanctions"),
        asked(MARKO, ANA),
        lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (2, 2)


def test_list_files_are_screened_without_a_node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    files = [ListFile("uk", str(write_list(tmp_path / "in", [MARKO, ANA])))]
    first = screening.in_files(asked(MARKO), files, "somebody")
    assert [(hit.query, hit.entry, hit.row) for hit in first.result.hits] == [("1", "uk:TEST000001", "row 3")]
    kept = list((tmp_path / "cache" / "headwater").iterdir())
    assert len(kept) == 1
    again = screening.in_files(asked(MARKO), files, "somebody")
    assert again.result.hits == first.result.hits
    assert list((tmp_path / "cache" / "headwater").iterdir()) == kept


def test_a_damaged_cache_is_no_reason_to_give_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    files = [ListFile("uk", str(write_list(tmp_path / "in", [MARKO])))]
    first = screening.in_files(asked(MARKO), files, "somebody")
    [kept] = (tmp_path / "cache" / "headwater").iterdir()
    kept.write_bytes(kept.read_bytes()[:100])
    assert screening.in_files(asked(MARKO), files, "somebody").result.hits == first.result.hits


def test_a_cache_that_cannot_be_written_is_no_reason_to_give_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cache").write_text("a file", encoding="utf-8")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    files = [ListFile("uk", str(write_list(tmp_path / "in", [MARKO])))]
    assert entries(screening.in_files(asked(MARKO), files, "somebody")) == [("1", "uk:TEST000001")]


@pytest.mark.parametrize("text", ["", "uk", ":file", "uk:"])
def test_a_list_is_named_by_format_and_file(text: str) -> None:
    with pytest.raises(InputError, match="FORMAT:FILE"):
        list_file(text)


def test_a_list_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        screening.in_files(asked(MARKO), [ListFile("uk", str(tmp_path / "none"))], "somebody")


def test_queries_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "q.csv"
    path.write_text("id,schema,name,birth_date\n7,Person,Ana Nepostojić,1975\n", encoding="utf-8")
    [query] = screening.queries_in(path)
    assert (query["id"], query["name"], query["birth_date"]) == ("7", "Ana Nepostojić", "1975")
    with pytest.raises(InputError, match="cannot be read"):
        screening.queries_in(tmp_path / "none.csv")


def test_hits_are_written_one_a_line(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "in", [MARKO]))
    question = asked(MARKO)
    answer = screening.at_node(node, as_user(node, SUPERVISOR, "sanctions"), question)
    document = screening.document(answer, question)
    screening.write_hits(tmp_path / "hits.jsonl", document["hits"])
    [line] = (tmp_path / "hits.jsonl").read_text(encoding="utf-8").splitlines()
    assert '"entry":"TEST000001"' in line
    assert '"list":"uk"' in line
    assert document["hits"][0]["source"]["row"] == "row 3"
