"""Clusters: what is taken together and what is kept apart."""

import random

from headwater.engines.match.link.cluster import Clustering, Why, cluster
from headwater.engines.match.link.pairing import Edge


def edge(left: int, right: int, weight: float = 10.0) -> Edge:
    return Edge(left, right, (), (), weight)


NOBODY: dict[int, frozenset[str]] = {}


def test_pairs_that_weigh_enough_are_joined_and_the_tree_is_told() -> None:
    found = cluster([edge(0, 1, 9.0), edge(1, 2, 8.0), edge(0, 2, 7.0), edge(3, 4, 1.0)], 4.0, sure=NOBODY)
    assert found.clusters == ((0, 1, 2),)
    assert found.joints[0] == ((0, 1), (1, 2))


def test_one_heavy_pair_is_no_bridge_between_two_families() -> None:
    families = [
        edge(0, 1, 20.0),
        edge(0, 2, 19.0),
        edge(1, 2, 19.0),
        edge(3, 4, 20.0),
        edge(3, 5, 19.0),
        edge(4, 5, 19.0),
    ]
    found = cluster([*families, edge(2, 3, 12.0)], 4.0, sure=NOBODY)
    assert found.clusters == ((0, 1, 2), (3, 4, 5))
    assert [(one.left, one.right, one.why) for one in found.kept] == [(2, 3, Why.SUPPORT)]


def test_two_different_numbers_of_one_register_are_never_in_one_cluster() -> None:
    sure = {0: frozenset({"RS:111111"}), 2: frozenset({"RS:999999"})}
    found = cluster([edge(0, 1, 20.0), edge(1, 2, 19.0), edge(0, 2, 18.0)], 4.0, sure=sure)
    assert found.clusters == ((0, 1),)
    assert found.kept[0].why is Why.NUMBERS


def test_numbers_of_two_registers_or_one_mistyped_do_not_stand_against_each_other() -> None:
    other = {0: frozenset({"RS:111111"}), 1: frozenset({"XK:999999"})}
    mistyped = {0: frozenset({"RS:111111"}), 1: frozenset({"RS:111171"})}
    for sure in (other, mistyped):
        assert cluster([edge(0, 1)], 4.0, sure=sure).clusters == ((0, 1),)


def test_what_a_person_judged_different_stays_apart_whatever_it_weighs_and_through_whomever() -> None:
    edges = [edge(0, 1, 40.0), edge(1, 2, 39.0), edge(0, 2, 38.0)]
    assert cluster(edges, 4.0, sure=NOBODY, different=[(0, 2)]).clusters == ((0, 1),)


def test_what_a_person_judged_the_same_is_joined_without_any_weight() -> None:
    found = cluster([], 4.0, sure={0: frozenset({"RS:1"}), 1: frozenset({"RS:2"})}, same=[(0, 1)])
    assert found.clusters == ((0, 1),)
    assert found.joints[0] == ((0, 1),)


def test_a_pair_of_which_a_person_is_unsure_joins_nothing_by_itself() -> None:
    assert cluster([edge(0, 1)], 4.0, sure=NOBODY, unsure=[(0, 1)]).clusters == ()


def test_judgements_that_stand_against_each_other_are_told_and_the_newer_one_holds() -> None:
    found = cluster([], 4.0, sure=NOBODY, same=[(0, 1), (1, 2)], different=[(0, 2)])
    assert found.clusters == ((0, 1),)
    assert [(one.left, one.right, one.why) for one in found.kept] == [(1, 2, Why.CONFLICT)]


def test_the_order_in_which_pairs_come_does_not_matter() -> None:
    chance = random.Random(5)
    edges = [
        edge(a, b, chance.choice((3.0, 6.0, 9.0)))
        for a in range(14)
        for b in range(a + 1, 14)
        if chance.random() < 0.35
    ]

    def run(pairs: list[Edge]) -> Clustering:
        return cluster(pairs, 4.0, sure={3: frozenset({"RS:111111"}), 9: frozenset({"RS:222222"})}, different=[(0, 5)])

    expected = run(edges)
    for _ in range(5):
        chance.shuffle(edges)
        assert run(edges) == expected
