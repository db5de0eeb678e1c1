"""Screening as a whole."""

import sys
from collections.abc import Iterator

import pytest

from headwater.engines.match import MatchEngine, screen
from headwater.engines.match.screening import meets
from headwater.errors import ForbiddenError, MissingExtraError
from headwater.model.finding import Evidence
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, RecordId
from headwater.model.record import PersonCategory, Record
from headwater.testing.memory_view import MemoryView
from tests.match_world import ask, entries, entry, world


@pytest.mark.parametrize(
    "name",
    [
        "Živorad Testerović",
        "TESTEROVIĆ, Živorad",
        "Zivorad Testerovic",
        "Живорад Тестеровић",
        "Zhivorad Testerovich",
        "Живорад Тестерович",
        "Živorad Testreović",
        "ŽivoradTesterović",
    ],
)
def test_a_person_is_found_in_every_customary_spelling(name: str) -> None:
    assert entries(ask(name)) == ["uk:1"]


@pytest.mark.parametrize(
    "name",
    [
        "عبد الرحمن ناصر المثالي",
        "عبدالرحمن ناصر المثالي",
        "Abdulrahman Nasir al-Mithali",
        "Abd el-Rahman Nasser Mithali",
    ],
)
def test_a_person_is_found_across_arabic_and_latin_script(name: str) -> None:
    assert entries(ask(name)) == ["uk:3"]


def test_arabic_script_meets_a_list_that_has_latin_names_only() -> None:
    listed = (entry("uk:1", name="Nasir al-Mithali"), entry("uk:2", name="Karim Khayali"))
    assert entries(ask("ناصر المثالي", records=listed)) == ["uk:1"]


@pytest.mark.parametrize(
    "name", ["Zoran Fiktivski", "Nobody Whatsoever", "Željko Testerović", "Shpend Qorrhaxhaj", "桂荣 兰"]
)
def test_another_person_is_no_hit(name: str) -> None:
    assert entries(ask(name)) == []


def test_a_contradicting_date_of_birth_takes_the_hit_away_and_a_missing_one_does_not() -> None:
    assert entries(ask({"name": "Anton Nowhereman", "birth_date": "1991-01-02", "nationality": "fr"})) == []
    assert entries(ask("Anton Nowhereman")) == ["uk:8"]


@pytest.mark.parametrize(("schema", "name", "found"), [
    ("Company", "Exemplar Shipping & Trading Limited Liability Company", "uk:4"),
    ("Vessel", "FICTIONAL STAR", "uk:5"),
])  # fmt: skip
def test_companies_and_ships_are_found(schema: str, name: str, found: str) -> None:
    assert entries(ask({"name": name, "schema": schema})) == [found]


def test_an_identifier_finds_its_bearer_whatever_the_name() -> None:
    assert entries(ask({"name": "Someone Else", "id_number": "ZZ 0123456"})) == ["uk:1"]


def test_a_plate_read_by_a_camera_finds_the_vehicle() -> None:
    assert entries(ask({"name": "unknown lorry", "schema": "Vehicle", "id_number": "BO 5I8 XZ"})) == ["uk:6"]


def test_an_identifier_is_looked_up_even_where_the_name_cannot_be_screened() -> None:
    answer = ask({"name": "???", "id_number": "ZZ 0123456"})
    assert entries(answer) == ["uk:1"]
    assert [one.query for one in answer.not_screenable] == ["0"]


def test_a_name_that_cannot_be_screened_is_reported_and_the_run_goes_on() -> None:
    answer = ask("???", "Goran Fiktivski", "x" * 401)
    assert [one.query for one in answer.not_screenable] == ["0", "2"]
    assert entries(answer) == ["uk:7"]


def test_a_doubtful_date_is_reported_and_the_run_goes_on() -> None:
    answer = ask({"name": "Goran Fiktivski", "birth_date": "1990-01-32"})
    assert [(one.query, one.field) for one in answer.doubts] == [("0", "birth_date")]
    assert entries(answer) == ["uk:7"]


def test_a_person_is_never_a_ship() -> None:
    assert entries(ask({"name": "Fictional Star", "schema": "Person"}, min_score=0.01)) == []


@pytest.mark.parametrize(
    ("asked", "listed", "can"),
    [
        ("Person", "Person", True),
        ("Person", "LegalEntity", True),
        ("Company", "Organization", True),
        ("Company", "PublicBody", True),
        ("Vessel", "Vehicle", True),
        ("Person", "Company", False),
        ("Vessel", "Company", False),
    ],
)
def test_entity_types_meet_where_one_is_the_others_kind(asked: str, listed: str, can: bool) -> None:
    assert meets(asked, listed) is can
    assert meets(listed, asked) is can


def test_hits_come_by_query_and_best_first_and_no_more_than_asked_for() -> None:
    twins = tuple(
        entry(f"uk:{at}", name="Goran Fiktivski", birthDate=born)
        for at, born in enumerate(("1990-01-30", "1990", "1991"))
    )
    answer = ask({"name": "Goran Fiktivski", "birth_date": "1990-01-30"}, records=twins)
    assert entries(answer) == ["uk:0", "uk:1", "uk:2"]
    scores = [hit.finding.score for hit in answer.hits]
    assert scores == sorted(set(scores), reverse=True)
    assert scores[0] < 1.0
    assert len(ask("Goran Fiktivski", records=twins, top=2).hits) == 2


def test_only_the_named_lists_are_screened() -> None:
    both = (entry("uk:1", name="Goran Fiktivski"), entry("un:1", source="un-xml", name="Goran Fiktivski"))
    assert entries(ask("Goran Fiktivski", records=both, lists=["un-xml"])) == ["un:1"]
    assert sorted(entries(ask("Goran Fiktivski", records=both, lists=[]))) == ["uk:1", "un:1"]


def test_without_named_lists_only_designations_are_screened() -> None:
    designation = entry("uk:1", name="Goran Fiktivski")
    plain = Record(
        origin=designation.origin,
        handling=designation.handling,
        mentions=designation.mentions[:1],
        facts=designation.facts[:1],
    )
    assert entries(ask("Goran Fiktivski", records=(plain,), lists=[])) == []


def test_a_hit_carries_the_lists_hash_version_and_row_and_rests_on_the_facts_compared() -> None:
    hit = ask({"name": "Živorad Testerović", "birth_date": "1975-03-14"}).hits[0]
    assert (hit.query, hit.list, hit.sha256, hit.version, hit.row) == ("0", "uk-csv", "ab" * 32, "2026-02-13", "row 4")
    view = MemoryView(world())
    behind = [view.fact(ref.ref)[0].facts[view.fact(ref.ref)[1]].value for ref in hit.finding.evidence]  # type: ignore[arg-type]
    assert behind == ["Živorad Testerović", "1975-03-14"]


def test_a_hit_is_handled_as_its_record_is() -> None:
    strict = Handling(releasable_to=frozenset(), codes=frozenset({"C"}))
    hit = ask("Goran Fiktivski", records=(entry("uk:1", name="Goran Fiktivski", handling=strict),)).hits[0]
    assert hit.finding.handling.covers(strict)


def test_the_same_question_gives_the_same_finding_whatever_else_is_asked() -> None:
    alone = ask("Živorad Testerović").hits[0].finding.id
    view = MemoryView(world())
    rows = [{"id": "7", "name": "Goran Fiktivski"}, {"id": "0", "name": "Živorad Testerović"}]
    together = screen(view, {"queries": rows, "lists": ["uk-csv"], "top": 3, "as_of": "2026-02-14T00:00:00Z"})
    assert alone in [hit.finding.id for hit in together.hits]


def test_the_index_is_built_once_for_the_same_content_and_anew_for_other_content() -> None:
    view = MemoryView(world())
    params = {"queries": [{"id": "1", "name": "Goran Fiktivski"}], "lists": ["uk-csv"]}
    for snapshot in ("a", "a", "b"):
        screen(view, {**params, "snapshots": {"uk-csv": snapshot}})
    assert len(view.built) == 2


def test_a_query_reads_only_the_records_that_it_reports() -> None:
    class Counting(MemoryView):
        asked: list[RecordId]

        def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
            raise AssertionError("all records were read")

        def record(self, ref: RecordId) -> Record:
            self.asked.append(ref)
            return super().record(ref)

    params = {"queries": [{"id": "1", "name": "Goran Fiktivski"}], "lists": ["uk-csv"], "snapshots": {"uk-csv": "a"}}
    warm = MemoryView(world())
    screen(warm, params)
    view = Counting(world())
    view.asked = []
    view._derived = warm._derived
    found = screen(view, params)
    assert view.asked == [record.id for record in world() if record.mentions[0].key == "uk:7"]
    assert len(found.hits) == 1


def test_a_hit_whose_record_may_not_be_seen_is_left_out() -> None:
    class Closed(MemoryView):
        def record(self, ref: RecordId) -> Record:
            raise ForbiddenError("there is none, or it may not be seen")

    params = {"queries": [{"id": "1", "name": "Goran Fiktivski"}], "lists": ["uk-csv"]}
    assert screen(Closed(world()), params).hits == ()


def test_nothing_is_found_in_nothing() -> None:
    answer = ask("Goran Fiktivski", records=())
    assert answer.hits == ()
    assert answer.lists == ()


def test_victims_and_smuggled_people_are_never_found() -> None:
    people = tuple(
        entry(f"x:{category}", name="Goran Fiktivski", category=category)
        for category in (PersonCategory.VICTIM, PersonCategory.SMUGGLED)
    )
    assert entries(ask("Goran Fiktivski", records=people, min_score=0.0)) == []


def test_the_engine_yields_the_findings_of_the_answer() -> None:
    params = {"queries": [{"id": "1", "name": "Goran Fiktivski"}], "lists": ["uk-csv"]}
    found = tuple(MatchEngine().run(MemoryView(world()), params))
    assert found == screen(MemoryView(world()), params).findings
    assert all(isinstance(one, Evidence) for one in found[0].evidence)


@pytest.mark.parametrize("library", ["numpy", "rapidfuzz"])
def test_a_missing_library_is_said_with_its_extra(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError) as caught:
        ask("Goran Fiktivski")
    assert "headwater[match]" in str(caught.value)
    assert library in str(caught.value)


def test_a_name_in_a_script_that_is_not_read_is_said_to_be_looked_for_in_its_own_letters_alone() -> None:
    answer = ask("สมมติ นามแฝง", "Goran Fiktivski")
    [doubt] = answer.doubts
    assert (doubt.query, doubt.field) == ("0", "name")
    assert "not spelled in Latin" in doubt.text
