"""Clusters keep their rules, whatever the pairs, numbers and judgements are."""

from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from headwater.engines.match.link.cluster import Why, cluster
from headwater.engines.match.link.judged import Judgement, Verdict, words_on_pairs
from headwater.engines.match.link.naming import named
from headwater.engines.match.link.pairing import Edge

UNITS = 9
places = st.integers(0, UNITS - 1)
pairs = st.tuples(places, places).filter(lambda pair: pair[0] < pair[1])
edges = st.dictionaries(pairs, st.sampled_from([1.0, 5.0, 9.0]), max_size=30).map(
    lambda found: [Edge(left, right, (), (), weight) for (left, right), weight in found.items()]
)
numbers = st.dictionaries(
    places, st.sampled_from(["RS:111111", "RS:222222", "XK:333333"]).map(lambda one: frozenset({one}))
)
LINK = 4.0


@given(edges, numbers, st.lists(pairs, max_size=4, unique=True), st.lists(pairs, max_size=4, unique=True))
@settings(deadline=None)
def test_no_cluster_breaks_a_rule(
    found: list[Edge], sure: dict[int, frozenset[str]], same: list[tuple[int, int]], apart: list[tuple[int, int]]
) -> None:
    different = [pair for pair in apart if pair not in same]
    result = cluster(found, LINK, sure=sure, same=same, different=different)
    members = [unit for one in result.clusters for unit in one]
    assert len(members) == len(set(members))
    of = {unit: at for at, one in enumerate(result.clusters) for unit in one}
    for left, right in different:
        assert of.get(left, -1) != of.get(right, -2), "judged different, and together"
    conflicts = {(kept.left, kept.right) for kept in result.kept if kept.why is Why.CONFLICT}
    for left, right in same:
        assert (left, right) in conflicts or of.get(left, -1) == of.get(right, -2), (
            "judged the same, and apart without a word"
        )
    strong = {(edge.left, edge.right) for edge in found if edge.weight >= LINK}
    for one in result.clusters:
        joints = result.joints[one[0]]
        assert len(joints) == len(one) - 1
        assert all(tuple(sorted(joint)) in strong or joint in same for joint in joints)
        if not any(joint in same for joint in joints):
            registers = [sure[unit] for unit in one if unit in sure]
            assert not {frozenset({"RS:111111"}), frozenset({"RS:222222"})} <= set(registers)


@given(edges, st.randoms(use_true_random=False))
@settings(deadline=None)
def test_the_order_of_pairs_does_not_matter(found: list[Edge], chance: st.DataObject) -> None:
    expected = cluster(found, LINK, sure={})
    chance.shuffle(found)  # type: ignore[attr-defined] # hypothesis hands over a random.Random
    assert cluster(found, LINK, sure={}) == expected


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.sampled_from(list(Verdict)), st.sets(st.sampled_from("abcde"), min_size=2)),
        max_size=6,
    )
)
@settings(deadline=None)
def test_the_newest_word_counts_in_whatever_order_judgements_are_told(
    told: list[tuple[int, Verdict, set[str]]],
) -> None:
    given_ = [
        Judgement(f"{at:02}", f"dec-{number}", verdict, tuple(units))
        for number, (at, verdict, units) in enumerate(told)
    ]
    words = {word.pair: word.verdict for word in words_on_pairs(given_)}
    assert words == {word.pair: word.verdict for word in words_on_pairs(reversed(given_))}
    for pair, verdict in words.items():
        about = [one for one in given_ if set(pair) <= set(one.units)]
        assert verdict is max(about).verdict


@given(
    st.lists(st.sets(st.sampled_from("abcdefgh"), min_size=2), max_size=4),
    st.permutations("abcdefgh"),
    st.integers(2, 4),
)
@settings(deadline=None)
def test_no_two_clusters_bear_one_name_and_the_same_clusters_keep_theirs(
    before: list[set[str]], order: list[str], size: int
) -> None:
    clusters = [tuple(sorted(order[at : at + size])) for at in range(0, len(order) - 1, size)]
    earlier = [(f"clu-{at % 2}", frozenset(one)) for at, one in enumerate(before)]
    names = named(clusters, earlier)
    assert len(set(names)) == len(clusters)
    again = named(clusters, [*earlier, *((name, frozenset(one)) for name, one in zip(names, clusters, strict=True))])
    assert len(set(again)) == len(clusters)
    assert named(clusters, [(name, frozenset(one)) for name, one in zip(names, clusters, strict=True)]) == names


def test_every_pair_of_a_judgement_is_a_word() -> None:
    words = words_on_pairs([Judgement("1", "dec-1", Verdict.SAME, ("c", "a", "b"))])
    assert sorted(word.pair for word in words) == sorted(combinations("abc", 2))
