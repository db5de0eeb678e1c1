"""Edges of screening: what agreement adds and disagreement takes, who is over half owned, how old is old, what has changed."""

from dataclasses import replace
from itertools import permutations
from typing import Any

import pytest

from headwater.engines.match import screening, weights
from headwater.engines.match.delta import changes, compare_editions, content_of
from headwater.engines.match.freshness import list_state
from headwater.engines.match.identifiers import IdClass
from headwater.engines.match.index import ListHead
from headwater.engines.match.owned import with_owned
from headwater.engines.match.ownership import Stake, roll_up
from headwater.engines.match.pairs import compare_pair
from headwater.engines.match.query import read_request
from headwater.engines.match.reverse import Customers, customer_index
from headwater.engines.match.score import Beside, NumberMatch, Traits, compare_traits, log_odds_of, name_floor, traits
from headwater.engines.match.screening import KIND_IDENTIFIER, KIND_NAME, index_name, meets, open_screener
from headwater.errors import ForbiddenError
from headwater.model.fact import Fact, fact_id
from headwater.model.finding import Evidence
from headwater.model.handling import Handling
from headwater.model.ids import RecordId
from headwater.model.record import Record
from headwater.testing.memory_view import MemoryView
from tests.match_world import HASH, ask, entries, entry, side_by_side, world

EQUAL = NumberMatch(IdClass.EQUAL, "A1", "A1")
OPTICAL = NumberMatch(IdClass.OPTICAL, "A0", "AO")


def beside(log_odds: float, number: NumberMatch | None = None) -> Beside:
    return Beside(None, None, None, number, log_odds)


@pytest.mark.parametrize(
    ("name", "others", "number", "total"),
    [
        (3.0, 1.0, None, 4.0), (-3.0, 1.0, None, -5.0), (None, 1.0, None, 1.0 + 2 * weights.NO_NAME),
        (3.0, 1.0, EQUAL, 13.0), (3.0, 1.0, OPTICAL, 12.0), (-30.0, -9.0, EQUAL, weights.NUMBER_FLOOR + 9.0),
        (-30.0, -9.0, OPTICAL, weights.NUMBER_FLOOR + 8.0),
    ],
)  # fmt: skip
def test_the_parts_of_a_score_add_up(
    name: float | None, others: float, number: NumberMatch | None, total: float
) -> None:
    assert beside(others, number).total(name) == pytest.approx(total)


@pytest.mark.parametrize(
    ("query", "listed", "log_odds"),
    [
        ({"countries": ("rs",)}, {"countries": ("xk", "rs")}, weights.COUNTRY_SAME),
        ({"countries": ("rs",)}, {"countries": ("xk",)}, weights.COUNTRY_DIFFERENT), ({"countries": ("rs",)}, {}, 0.0),
        ({"genders": ("male",)}, {"genders": ("female",)}, weights.GENDER_DIFFERENT),
        ({"genders": ("male",)}, {"genders": ("male",)}, weights.GENDER_SAME),
        ({"dates": ("1975-03-14",)}, {"dates": ("1931-12-30",)}, -6.0), ({"dates": ("1975",)}, {"dates": ("1975-03-14",)}, 3.3),
        ({"dates": ("1975",)}, {}, 0.0),
    ],
)  # fmt: skip
def test_what_agrees_adds_what_contradicts_takes_and_what_is_left_out_does_neither(
    query: dict[str, tuple[str, ...]], listed: dict[str, tuple[str, ...]], log_odds: float
) -> None:
    for one, other in ((query, listed), (listed, query)):
        assert compare_traits(Traits(**one), Traits(**other)).log_odds == pytest.approx(log_odds)


@pytest.mark.parametrize("text", ["M", "Male", "man", "MALE"])
def test_a_gender_is_read_in_any_case(text: str) -> None:
    assert traits((), (), (text, "unknown"), ()).genders == ("male",)


@pytest.mark.parametrize("least", [-3.0, 0.0, 0.5, 3.0, 9.0])
@pytest.mark.parametrize("query", [Traits(), Traits(dates=("1975",)), Traits(("1975",), ("rs",), ("male",))])
def test_below_the_floor_of_a_name_nothing_reaches_the_least_score(least: float, query: Traits) -> None:
    best = max(0.0, *weights.DATE.values()) if query.dates else 0.0
    best += (weights.COUNTRY_SAME if query.countries else 0.0) + (weights.GENDER_SAME if query.genders else 0.0)
    floor = name_floor(least, query)
    assert beside(best).total(floor) == pytest.approx(least)
    assert beside(best).total(floor - 0.01) < least


def test_a_name_that_either_side_calls_weak_counts_for_less() -> None:
    strong = compare_pair("Person", {"name": ["Ivo Izmišljeni"]}, {"name": ["Ivo Izmišljeni"]}).log_odds
    plain, weak = {"name": ["Ivo Izmišljeni"]}, {"weakAlias": ["Ivo Izmišljeni"]}
    found = {compare_pair("Person", *sides).log_odds for sides in ((plain, weak), (weak, plain), (weak, weak))}
    assert len(found) == 1
    assert found.pop() < strong - 1.0
    parts = {"name": ["Ivo Izmišljeni"], "firstName": ["Petar"], "lastName": ["Drugačiji"]}
    assert compare_pair("Person", parts, {"name": ["Petar Drugačiji"]}).log_odds < 0  # parts stand in for a name alone


def test_father_and_son_changed_about_is_said_of_people_alone() -> None:
    person = side_by_side("Ahmad bin Mithal", "Mithal bin Ahmad")
    assert person.turned
    assert not side_by_side("Ahmad bin Mithal", "Mithal bin Ahmad", person=False).turned


def shares(stakes: list[Stake], *listed: str) -> dict[str, tuple[float, bool, tuple[str, ...], tuple[str, ...]]]:
    return {
        one.party: (one.percentage, one.control, one.listed, tuple(step.owner for step in one.path))
        for one in roll_up(stakes, listed)
    }


@pytest.mark.parametrize(
    ("stakes", "caught"),
    [
        ([Stake("x", "a", 50.0)], {}),
        ([Stake("x", "a", 20.0, source="1"), Stake("x", "a", 40.0, source="2")], {}),
        ([Stake("x", "a", 20.0, source="1"), Stake("x", "a", 51.0, source="2")], {"a": (51.0, False, ("x",), ("x",))}),
        ([Stake("x", "a", 80.0), Stake("y", "a", 70.0)], {"a": (100.0, False, ("x", "y"), ("x",))}),
        ([Stake("x", "a", 20.0), Stake("y", "a", 5.0, control=True)], {"a": (25.0, True, ("x", "y"), ("y",))}),
        ([Stake("x", "a", 60.0), Stake("y", "a", 5.0, control=True)], {"a": (65.0, True, ("x", "y"), ("x",))}),
        ([Stake("x", "a", 60.0), Stake("a", "b", 30.0), Stake("y", "b", 21.0)],
         {"a": (60.0, False, ("x",), ("x",)), "b": (51.0, False, ("x", "y"), ("x", "a"))}),
    ],
)  # fmt: skip
def test_who_is_caught_by_what_share_through_whom(stakes: list[Stake], caught: dict[str, Any]) -> None:
    for given in permutations(stakes):
        assert shares(list(given), "x", "y") == caught


def test_a_firm_bears_the_reasons_of_its_owners_best_hit() -> None:
    queries = [
        {"id": "man", "name": "Živorad Testerović", "birth_date": "1975-03-14"},
        {"id": "firm", "name": "Qwerty Fables", "schema": "Company"},
    ]
    found = ask(*queries, min_score=0.01)
    best = max((hit for hit in found.hits if hit.query == "man"), key=lambda hit: hit.finding.score)
    worse = replace(best, finding=replace(best.finding, score=0.02, reasons=best.finding.reasons[:1]))
    for hits in ((best, worse), (worse, best)):
        firm = with_owned(replace(found, hits=hits), [Stake("man", "firm", 75.0)], {}).hits[-1]
        assert firm.query == "firm"
        assert firm.finding.score == best.finding.score
        assert firm.finding.reasons[1:] == best.finding.reasons


@pytest.mark.parametrize(
    ("version", "fetched", "as_of", "stale"),
    [
        ("2026-02-13", None, "2026-02-16T00:00:00Z", False), ("2026-02-13", None, "2026-02-16T00:00:01Z", True),
        ("2020-01-01", "2026-02-13T12:00:00Z", "2026-02-16T12:00:00Z", False),
        ("2026-02-16", "2026-02-13T12:00:00Z", "2026-02-16T12:00:01Z", True), (None, None, "2026-02-16T00:00:00Z", True),
        ("2026-02-13", None, None, None),
    ],
)  # fmt: skip
def test_a_list_is_stale_after_its_days_by_when_it_was_last_seen_to_be_current(
    version: str | None, fetched: str | None, as_of: str | None, stale: bool | None
) -> None:
    given = {"queries": (), "lists": ["uk-csv"], "stale_after_days": 3}
    given |= {"fetched": {"uk-csv": fetched}} if fetched else {}
    given |= {"as_of": as_of} if as_of else {}
    state = list_state(ListHead("uk-csv", version or "", 8, HASH), read_request(given))
    assert state.stale is stale
    assert bool(state.note) is bool(stale)


def test_editions_differ_by_what_entries_say_and_not_by_where_they_stand() -> None:
    old = (
        entry("uk:1", name="A Person"),
        entry("uk:2", name="B Person"),
        entry("uk:33", name="C Person", birthDate="1975"),
    )
    new = (
        entry("uk:2", schema="Organization", name="B Person"), entry("uk:33", name="C Person", birthDate="1976"),
        entry("uk:4", name="D Person"),
    )  # fmt: skip
    found = compare_editions(old, new)
    assert (found.added, found.removed, sorted(found.changed)) == (("uk:4",), ("uk:1",), ["uk:2", "uk:33"])
    assert [str(one) for one in found.changed["uk:33"]] == ["birthDate: no longer 1975; now 1976"]
    assert [one.prop for one in found.changed["uk:2"]] == ["schema"]
    assert found.touched == {"uk:4", "uk:2", "uk:33"}
    moved = tuple(replace(one, origin=replace(one.origin, place="row 99")) for one in reversed(old))
    assert compare_editions(old, moved) == compare_editions(old, old)
    assert not compare_editions(old, moved).touched


def test_another_original_spelling_is_a_change() -> None:
    plain = entry("uk:1", name="A Person")
    key = plain.mentions[0].key
    spelled = replace(plain, facts=(Fact(key, "name", "A Person", original="А Персон"), *plain.facts[1:]))
    assert [one.prop for one in changes(content_of(plain), content_of(spelled))] == ["name"]


@pytest.mark.parametrize(
    ("asked", "listed", "fits"),
    [
        ("Person", "Person", True), ("LegalEntity", "Person", True), ("Person", "LegalEntity", True), ("Company", "Organization", True),
        ("Organization", "Company", True), ("PublicBody", "Company", True), ("Person", "Company", False), ("Vessel", "Vehicle", True),
        ("Vehicle", "Vessel", True), ("Vessel", "Person", False),
    ],
)  # fmt: skip
def test_a_type_meets_its_own_kinds_whichever_is_asked_for(asked: str, listed: str, fits: bool) -> None:
    assert meets(asked, listed) is fits


class Hiding(MemoryView):
    """A view whose index knows of a record that it does not show."""

    def record(self, ref: RecordId) -> Record:
        found = super().record(ref)
        if found.handling.purposes is not None:
            raise ForbiddenError("no such record")
        return found


def test_a_hidden_hit_takes_no_ones_place_among_the_best() -> None:
    records = (
        entry("uk:hidden", name="Živorad Testerović", handling=Handling(purposes=frozenset({"drugs"}))),
        entry("uk:seen", name="Živorad Testerović"),
    )
    params = {"queries": [{"id": "0", "name": "Živorad Testerović"}], "lists": ["uk-csv"], "top": 1}
    for order in (records, records[::-1]):
        view = Hiding(order)
        request = read_request(params)
        answers = [open_screener(view, params, queries=1).answer(request)]
        sees = open_screener(view, params, queries=1, sees=lambda handling: handling.purposes is None)
        answers += [sees.answer(request), sees.answer(request)]
        assert [entries(answer) for answer in answers] == [["uk:seen"]] * 3


def test_an_answer_is_narrowed_to_some_entries_by_name_and_by_number_alike() -> None:
    view = MemoryView(world())
    params: dict[str, Any] = {
        "queries": [{"id": "0", "name": "Nobody Whatever", "id_number": "ZZ0123456"}],
        "lists": ["uk-csv"],
    }
    screener = open_screener(view, params, queries=1)
    request = read_request(params)
    assert entries(screener.answer(request)) == ["uk:1"]
    assert entries(screener.answer(replace(request, only=frozenset({"uk:2"})))) == []


def test_a_score_that_is_just_the_least_is_a_hit_and_rests_on_the_very_facts() -> None:
    records = (
        entry(
            "uk:1",
            name="Živorad Testerović",
            alias="Žika Nikakav",
            birthDate=["1975-03-14", "1980-01-01"],
            nationality="rs",
        ),
    )
    [hit] = ask({"name": "Žika Nikakav", "birth_date": "1980-01-01"}, records=records).hits
    at = {fact.value: fact_id(RecordId(records[0].id), place) for place, fact in enumerate(records[0].facts)}
    assert hit.finding.evidence == (Evidence.fact(at["Žika Nikakav"]), Evidence.fact(at["1980-01-01"]))
    score = hit.finding.score
    assert log_odds_of(score) > 0
    exact = ask({"name": "Milan Sasvimdrugi"}, records=(entry("uk:9", name="Milan Sasvimdrugi"),))
    score = exact.hits[0].finding.score
    again = ask(
        {"name": "Milan Sasvimdrugi"}, records=(entry("uk:9", name="Milan Sasvimdrugi"),), min_score=score * (1 - 1e-12)
    )
    assert entries(again) == ["uk:9"]


def test_a_number_under_a_far_name_is_a_hit_of_its_own_kind_and_under_the_same_name_is_not() -> None:
    kinds = [
        hit.finding.kind
        for name in ("Živorad Testerović", "Prudence Quillfeather")
        for hit in ask({"name": name, "id_number": "ZZ0123456"}).hits
    ]
    assert kinds == [KIND_NAME, KIND_IDENTIFIER]


def test_the_index_is_named_by_the_lists_that_were_chosen() -> None:
    view = MemoryView(world())
    snapshots = {"uk-csv": "a" * 64, "un-xml": "b" * 64}
    names = {
        index_name(view, read_request({"queries": (), "lists": lists, "snapshots": snapshots}))
        for lists in (["uk-csv"], ["un-xml"], ["uk-csv", "un-xml"], [])
    }
    assert len(names) == 4


def test_an_entry_means_customers_by_each_name_and_by_each_number() -> None:
    customers = [
        {"id": "a", "name": "Živorad Testerović"}, {"id": "b", "name": "", "id_number": "ZZ0123456"}, {"id": "c", "name": "Жика Тестеровић"},
        {"id": "d", "name": "Somebody Else"}, {"id": "e", "name": "Prudence Quillfeather", "id_number": "ZZO123456"},
    ]  # fmt: skip
    held = Customers(customer_index(customers, HASH))
    assert set(held.worth_a_look(world()[0])) == {"a", "b", "c", "e"}
    assert held.worth_a_look(world()[0])["b"] == customers[1]


def test_of_several_numbers_an_equal_one_counts_before_one_that_was_read_wrong() -> None:
    for numbers in (("ZZO123456", "ZZ0123456"), ("ZZ0123456", "ZZO123456")):
        found = compare_traits(Traits(numbers=numbers), Traits(numbers=("ZZ0123456",))).number
        assert found is not None
        assert (found.kind, found.left) == (IdClass.EQUAL, "ZZ0123456")


def test_what_a_firm_holds_in_itself_counts_for_nothing() -> None:
    assert shares([Stake("x", "a", 40.0), Stake("a", "a", 60.0)], "x") == {}
    [one] = roll_up([Stake("x", "a", 60.0), Stake("a", "a", 40.0)], ["x"])
    assert [stake.owner for stake in one.stakes] == ["x"]


def test_two_listed_owners_are_told_as_several_and_one_as_one() -> None:
    queries = [
        {"id": "m1", "name": "Živorad Testerović"},
        {"id": "m2", "name": "Goran Fiktivski"},
        {"id": "firm", "name": "Qwerty Fables", "schema": "Company"},
    ]
    found = ask(*queries)
    for stakes, whose in (
        ([Stake("m1", "firm", 60.0)], "by a listed party:"), ([Stake("m1", "firm", 30.0), Stake("m2", "firm", 30.0)], "by several listed parties:"),
    ):  # fmt: skip
        assert whose in with_owned(found, stakes, {}).hits[-1].finding.reasons[0].text


def test_every_query_of_a_long_file_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screening, "_CHUNK", 3)
    answer = ask(*(["Živorad Testerović"] * 8))
    assert [hit.query for hit in answer.hits] == [str(at) for at in range(8)]
