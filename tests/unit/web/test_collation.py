"""Names stand in the order in which the readers of each language look for them."""

import random

import pytest

from headwater.model.serbian import latin
from headwater.web.collation import ALBANIAN, CYRILLIC, SERBIAN, sort_key
from headwater.web.words import LANGUAGES

ORDERED = {
    "sr-Cyrl": ["Ана", "Вук", "Дамир", "Ђорђе", "Ева", "Лука", "Љуба", "Марко", "Нада", "Њега", "Тома", "Ћира", "Џон", "Шаћир"],
    "sr-Latn": [
        *("Ana", "Cvijo", "Čeda", "Ćira", "Dunja", "Džemal", "Đorđe", "Eva", "Luka", "Lyle", "Ljuba", "Nada", "Nzuba"),
        *("Njegoš", "Sara", "Šaban", "Vuk", "Will", "Zora", "Žana"),
    ],
    "sq": [
        *("Besa", "Cak", "Çelik", "Drita", "Dhurata", "Erion", "Ëndrra", "Gzim", "Gjergj", "Luan", "Llesh", "Nora"),
        *("Njomza", "Qemal", "Rina", "Rrok", "Sara", "Shpresa", "Teuta", "Thanas", "Xeni", "Xhevat", "Zana", "Zhani"),
    ],
    "en": ["Adams", "Çelik", "Dana", "Émile", "Evans", "O Neil", "Oak", "Žana"],
}  # fmt: skip


@pytest.mark.parametrize("tag", ORDERED)
def test_names_stand_in_the_order_of_the_alphabet(tag: str) -> None:
    mixed = random.Random(3).sample(ORDERED[tag], len(ORDERED[tag]))
    assert sorted(mixed, key=lambda name: sort_key(name, tag)) == ORDERED[tag]


@pytest.mark.parametrize(("tag", "alphabet"), [("sr-Cyrl", CYRILLIC), ("sr-Latn", SERBIAN), ("sq", ALBANIAN)])
def test_letters_stand_as_in_the_alphabet_whole_and_in_capitals(tag: str, alphabet: list[str]) -> None:
    for letters in (alphabet, [letter.upper() for letter in alphabet], [letter.capitalize() for letter in alphabet]):
        assert sorted(random.Random(5).sample(letters, len(letters)), key=lambda one: sort_key(one, tag)) == letters


def test_serbian_is_one_order_in_both_scripts_but_for_where_their_alphabets_differ() -> None:
    assert [len(CYRILLIC), len(set(map(latin, CYRILLIC)) - set(SERBIAN))] == [30, 0]


def test_the_script_of_the_reader_comes_first() -> None:
    names = ["Zora", "Ана", "Ana", "Зора"]
    assert sorted(names, key=lambda one: sort_key(one, "sr-Cyrl")) == ["Ана", "Зора", "Ana", "Zora"]
    assert sorted(names, key=lambda one: sort_key(one, "sr-Latn")) == ["Ana", "Zora", "Ана", "Зора"]


@pytest.mark.parametrize("tag", sorted(LANGUAGES))
def test_any_text_has_a_place_and_only_equal_texts_share_one(tag: str) -> None:
    texts = ["", " ", "7", "10", "a", "A", "á", "漢", "\u0301", "ß", "Ǉ", "\udc80", "👩\u200d🚒", "a b", "ab"]
    keys = [sort_key(text, tag) for text in texts]
    assert sorted(keys)
    assert len(set(keys)) == len(texts)
    assert sort_key("a", tag) < sort_key("A", tag) < sort_key("b", tag)
    assert sort_key("7", tag) < sort_key("a", tag) < sort_key("漢", tag)
