"""Judgements: the newest word on a pair counts. Names: new data never renames a cluster."""

import pytest

from headwater.engines.match.link.judged import Judgement, Verdict, Word, judgements_in, words_on_pairs
from headwater.engines.match.link.naming import named
from headwater.errors import SchemaError
from tests.link_world import judged


def test_the_newest_word_on_a_pair_counts_and_the_newest_comes_first() -> None:
    words = words_on_pairs(
        [
            Judgement("2026-02", "dec-2", Verdict.DIFFERENT, ("b", "a")),
            Judgement("2026-01", "dec-1", Verdict.SAME, ("a", "b", "c")),
        ]
    )
    assert words[0] == Word(("a", "b"), Verdict.DIFFERENT, "dec-2")
    assert {word.pair: word.verdict for word in words} == {
        ("a", "b"): Verdict.DIFFERENT,
        ("a", "c"): Verdict.SAME,
        ("b", "c"): Verdict.SAME,
    }


def test_a_judgement_comes_back_from_its_own_document() -> None:
    given = judged("unsure", "a", "b")
    assert judgements_in([given])[0].document() == given


@pytest.mark.parametrize(
    "given", ["same", [{"units": []}], [judged("perhaps", "a", "b")], [{**judged("same", "a"), "more": 1}]]
)
def test_what_is_no_judgement_is_refused(given: object) -> None:
    with pytest.raises(SchemaError):
        judgements_in(given)


def test_a_cluster_keeps_its_name_when_others_join_it() -> None:
    (name,) = named([("a", "b")], [])
    assert named([("a", "b", "c")], [(name, frozenset({"a", "b"}))]) == [name]


def test_where_two_clusters_become_one_the_name_of_the_larger_part_stays() -> None:
    earlier = [("clu-one", frozenset({"a", "b", "c"})), ("clu-two", frozenset({"d", "e"}))]
    assert named([("a", "b", "c", "d", "e")], earlier) == ["clu-one"]


def test_where_a_cluster_falls_apart_the_largest_part_keeps_its_name_and_no_name_is_given_twice() -> None:
    earlier = [("clu-one", frozenset({"a", "b", "c", "d", "e"}))]
    names = named([("a", "b", "c"), ("d", "e")], earlier)
    assert names[0] == "clu-one"
    assert names[1] != "clu-one"
    (first,) = named([("d", "e")], [])
    moved = [(first, frozenset({"a", "d", "e"})), ("clu-x", frozenset({"d", "e"}))]
    assert len(set(named([("a", "f", "d"), ("e", "g")], moved))) == 2
