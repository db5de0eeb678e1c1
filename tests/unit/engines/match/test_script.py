"""Which script a name is written in, and how it is spelled in Latin letters."""

import pytest

from headwater.engines.match.script import Script, latin, script_of, stripped


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Živorad", Script.LATIN),
        ("Живорад Тестеровић", Script.SERBIAN),
        ("Ќиро Ѓорѓиев", Script.MACEDONIAN),
        ("Андрій Вигаданий", Script.UKRAINIAN),
        ("Сергей Вымышленный", Script.RUSSIAN),
        ("Ангел Пъстър", Script.BULGARIAN),
        ("Иван Петров", Script.CYRILLIC),
        ("ناصر المثالي", Script.ARABIC),
        ("گلناز چراغی", Script.PERSIAN),
        ("Νίκος", Script.GREEK),
        ("გიორგი", Script.GEORGIAN),
        ("Արամ", Script.ARMENIAN),
        ("兰", Script.CHINESE),
        ("สมชาย", Script.OTHER),
        ("12345", Script.LATIN),
    ],
)
def test_a_script_is_told_by_its_letters(text: str, script: Script) -> None:
    assert script_of(text) is script


@pytest.mark.parametrize(
    ("word", "spelled"),
    [
        ("џемал", "džemal"),
        ("ћорај", "ćoraj"),
        ("љиљана", "ljiljana"),
        ("ђорђе", "đorđe"),
        ("жика", "žika"),
    ],
)
def test_serbian_cyrillic_becomes_the_serbian_latin_alphabet(word: str, spelled: str) -> None:
    assert latin(word, Script.SERBIAN) == spelled


@pytest.mark.parametrize(
    ("script", "word", "spelled"),
    [
        (Script.UKRAINIAN, "григорій", "hryhoriy"),
        (Script.RUSSIAN, "григорий", "grigoriy"),
        (Script.BULGARIAN, "щерев", "shterev"),
        (Script.RUSSIAN, "щербин", "shcherbin"),
        (Script.MACEDONIAN, "ѓорѓи", "gjorgji"),
    ],
)
def test_one_letter_is_spelled_as_its_language_reads_it(script: Script, word: str, spelled: str) -> None:
    assert latin(word, script) == spelled


def test_the_article_is_taken_off_a_word_of_arabic_script_but_not_off_the_name_of_god() -> None:
    assert latin("المثالي", Script.ARABIC) == latin("مثالي", Script.ARABIC)
    assert latin("الله", Script.ARABIC) == "allh"


def test_a_word_in_a_script_without_a_table_stays_as_it_is() -> None:
    assert latin("兰", Script.OTHER) == "兰"


@pytest.mark.parametrize(
    ("word", "plain"), [("đorđe", "djordje"), ("şükrü", "sukru"), ("łukasz", "lukasz"), ("weiß", "weiss")]
)
def test_diacritics_are_stripped_as_passports_do(word: str, plain: str) -> None:
    assert stripped(word) == plain
