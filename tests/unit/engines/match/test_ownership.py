"""Ownership and control: summed, followed through chains, safe in circles, and shown with its path."""

from headwater.engines.match.owned import KIND_OWNERSHIP, with_owned
from headwater.engines.match.ownership import Stake, path_text, roll_up
from tests.match_world import ask


def caught(stakes: list[Stake], *listed: str) -> dict[str, float]:
    return {one.party: one.percentage for one in roll_up(stakes, listed)}


def test_over_half_is_caught_and_half_is_not() -> None:
    assert caught([Stake("x", "a", 50.0), Stake("x", "b", 50.1)], "x") == {"b": 50.1}


def test_shares_of_several_listed_parties_are_summed() -> None:
    assert caught([Stake("x", "a", 30.0), Stake("y", "a", 25.0), Stake("z", "a", 45.0)], "x", "y") == {"a": 55.0}


def test_two_statements_of_one_share_count_once() -> None:
    assert caught([Stake("x", "a", 30.0, source="1"), Stake("x", "a", 30.0, source="2")], "x") == {}


def test_a_chain_is_followed_and_its_path_is_told() -> None:
    stakes = [Stake("x", "a", 60.0), Stake("a", "b", 80.0), Stake("b", "c", 51.0)]
    found = {one.party: one for one in roll_up(stakes, ["x"])}
    assert [(step.owner, step.owned) for step in found["c"].path] == [("x", "a"), ("a", "b"), ("b", "c")]
    assert found["c"].listed == ("x",)
    assert path_text(found["b"].path, {"x": "Xenia"}) == "Xenia owns 60 % of a; a owns 80 % of b"


def test_control_without_a_share_is_enough() -> None:
    [one] = roll_up([Stake("x", "a", control=True)], ["x"])
    assert (one.control, one.percentage) == (True, 0.0)


def test_a_circle_of_companies_ends_and_counts_only_what_the_listed_hold() -> None:
    circle = [Stake("a", "b", 60.0), Stake("b", "c", 60.0), Stake("c", "a", 60.0), Stake("a", "a", 100.0)]
    assert caught(circle, "x") == {}
    assert set(caught([*circle, Stake("x", "a", 51.0)], "x")) == {"a", "b", "c"}


def test_the_order_of_stakes_does_not_matter() -> None:
    stakes = [Stake("x", "a", 60.0), Stake("y", "a", 60.0), Stake("a", "b", 60.0), Stake("y", "b", 20.0)]
    assert roll_up(stakes, ["x", "y"]) == roll_up(reversed(stakes), ["y", "x"])


def test_a_company_of_a_listed_man_is_a_hit_of_its_own_kind_with_the_path() -> None:
    queries = [
        {"id": "man", "name": "Živorad Testerović", "birth_date": "1975-03-14"},
        {"id": "firm", "name": "Qwerty Fables", "schema": "Company"},
    ]
    result = with_owned(ask(*queries), [Stake("man", "firm", 75.0)], {"man": "Živorad", "firm": "Qwerty"})
    [own, firm] = [hit for hit in result.hits if hit.query in {"man", "firm"}]
    assert (own.query, firm.query, firm.finding.kind) == ("man", "firm", KIND_OWNERSHIP)
    assert firm.finding.text.startswith("Živorad owns 75 % of Qwerty. On Živorad: ")
    assert firm.finding.reasons[0].code == "ownership.share"
    assert firm.finding.evidence == own.finding.evidence
    assert firm.entry == own.entry
