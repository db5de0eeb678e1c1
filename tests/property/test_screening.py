"""What holds of every name: symmetry, order, transliteration there and back, more agreement never scores less."""

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from headwater.engines.match.dates import DateClass, classify, read_date
from headwater.engines.match.features import FEATURES, features
from headwater.engines.match.likeness import edit_cost, likeness
from headwater.engines.match.names import parse, part
from headwater.engines.match.score import compare_names, probability
from headwater.engines.match.script import Script, latin
from headwater.engines.match.sound import fold
from tests.match_world import ask, entries, entry, parts

LATIN_TO_SERBIAN = dict(zip("abvgdđežzijklmnoprstćufhcčš", "абвгдђежзијклмнопрстћуфхцчш", strict=True))
TWO_LETTERS = {"lj": "љ", "nj": "њ", "dž": "џ"}
BEGINNINGS = "bdfgklmnprstvzčćšžđ"
SYLLABLES = st.builds("{}{}".format, st.sampled_from([*BEGINNINGS, "lj", "nj", "dž"]), st.sampled_from("aeiou"))
WORDS = st.lists(SYLLABLES, min_size=2, max_size=4).map("".join)
NAMES = st.lists(WORDS, min_size=2, max_size=3, unique=True).map(" ".join)
DATES = st.dates().map(lambda day: day.isoformat())
TEXTS = st.text(max_size=60)


def cyrillic(word: str) -> str:
    for pair, letter in TWO_LETTERS.items():
        word = word.replace(pair, letter)
    return "".join(LATIN_TO_SERBIAN.get(letter, letter) for letter in word)


def sounds(text: str) -> list[str]:
    found = parse(text, person=True)
    assert found is not None
    return sorted(one.sound for one in found.parts)


@given(WORDS)
def test_serbian_there_and_back_is_the_same_word(word: str) -> None:
    assert latin(cyrillic(word), Script.SERBIAN) == word


@given(NAMES)
def test_a_serbian_name_scores_the_same_in_both_alphabets(name: str) -> None:
    marked = f"{name} ђ"  # one letter that only Serbian has, so that the language is sure
    assert sounds(" ".join(map(cyrillic, marked.split()))) == sounds(f"{name} đ")


@given(WORDS, WORDS)
def test_likeness_is_symmetric(left: str, right: str) -> None:
    one, other = (part(word, person=True, arabic=False) for word in (left, right))
    assert likeness(one, other) == likeness(other, one)
    assert edit_cost(fold(left), fold(right)) == edit_cost(fold(right), fold(left))


@given(WORDS)
def test_every_word_is_the_same_as_itself(word: str) -> None:
    assert likeness(part(word, person=True, arabic=False), part(word, person=True, arabic=False))[0] == 1.0


@given(NAMES, NAMES)
def test_no_name_is_nearer_than_the_name_itself(name: str, other: str) -> None:
    same = compare_names(parts(name), parts(name), person=True).log_odds
    assert compare_names(parts(other), parts(name), person=True).log_odds <= same + 1e-9


@given(NAMES, st.randoms(use_true_random=False))
def test_the_order_of_the_parts_changes_nothing_but_exactness(name: str, chance: object) -> None:
    words = name.split()
    turned = " ".join(reversed(words))
    one = compare_names(parts(turned), parts(name), person=True).alignment
    assert one.left_over == one.right_over == 0.0


@given(NAMES, WORDS)
def test_a_part_more_on_either_side_never_raises_the_score(name: str, word: str) -> None:
    assume(word not in name.split())
    same = compare_names(parts(name), parts(name), person=True).log_odds
    assert compare_names(parts(f"{name} {word}"), parts(name), person=True).log_odds <= same
    assert compare_names(parts(name), parts(f"{name} {word}"), person=True).log_odds <= same


@given(NAMES)
def test_features_are_as_many_as_they_have_names(name: str) -> None:
    alignment = compare_names(parts(name), parts(name), person=True).alignment
    assert len(features(alignment, person=True, weak=False)) == len(FEATURES)


@given(st.floats(-50, 200), st.floats(0.001, 50))
def test_more_log_odds_is_a_higher_probability(low: float, more: float) -> None:
    assert 0.0 <= probability(low) < 1.0
    assert probability(low) <= probability(low + more)


@given(DATES, DATES)
def test_dates_are_classified_alike_from_both_sides(left: str, right: str) -> None:
    assert classify(left, right) is classify(right, left)
    assert classify(left, left) is DateClass.EQUAL
    assert read_date(left) == left


@given(TEXTS, st.booleans())
def test_any_text_is_a_name_in_parts_or_none(text: str, person: bool) -> None:
    found = parse(text, person=person)
    if found is not None:
        assert found.parts
        assert all(one.text for one in found.parts)


@settings(max_examples=40, deadline=None)
@given(st.lists(NAMES, min_size=1, max_size=6, unique_by=lambda name: tuple(sorted(map(fold, name.split())))))
def test_every_listed_person_is_found_by_the_listed_name_first(names: list[str]) -> None:
    records = tuple(entry(f"uk:{at}", name=name) for at, name in enumerate(names))
    answer = ask(*names, records=records, min_score=0.01)
    first: dict[str, str] = {}
    for hit in answer.hits:
        first.setdefault(hit.query, hit.entry)
    assert first == {str(at): f"uk:{at}" for at in range(len(names))}
    assert set(entries(answer)) == set(first.values())
