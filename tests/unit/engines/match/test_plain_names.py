"""Plain names are read as all names are, only quicker."""

import random

import pytest

from headwater.engines.match import names, plain_names, words

WORDS = (
    *(
        "Đorđe",
        "Ђорђе",
        "Џевдет",
        "Ѓорѓи",
        "Ильич",
        "Въедливый",
        "Съ",
        "ездовой",
        "Їжакевич",
        "Шпикури",
        "Измишљеновић",
    ),
    *(
        "Quillfeather",
        "Nobody",
        "nobody",
        "MOSTRORENI",
        "McNowhere",
        "O'Nobody",
        "Nopeʼs",
        "Straße",
        "ﬁne",
        "e\u0301mile",
    ),
    *(
        "abu",
        "Bakr",
        "Abdul",
        "Rahman",
        "al",
        "din",
        "Ullah",
        "van",
        "der",
        "Dr",
        "Sheikh",
        "haji",
        "Kim",
        "Kwak",
        "Jong",
        "Chongpyol",
        "Park",
        "Chol",
        "Su",
    ),
    *(
        "MV",
        "D.",
        "B",
        "e",
        "i",
        "x",
        "V",
        "on",
        "&",
        "and",
        "of",
        "the",
        "y",
        "Nopeić-Nikolić",
        "N0body",
        "188",
        "5",
        "II",
        "1st",
    ),
    *(
        "No",
        "Ltd",
        "LLC",
        "DOO",
        "D.O.O.",
        "Limited",
        "Company",
        "Liability",
        "Partnership",
        "twenty",
        "one",
        "Zavod",
        "Banka",
    ),
    *(
        "Marine",
        "Logistics",
        "Intl",
        "Rruga",
        "Street,",
        "Plant",
        "Tulskii",
        "محمد",
        "علی",
        "김철수",
        "李",
        "Ωμέγα",
        "٥",
        "",
        " ",
    ),
)

TOGETHER = (
    "Kwak Chongpyol",
    "Chongpyol Kwak",
    "Kwak Jong Pyol",
    "Измишлъ ездовой",
    "Измишлъ Градов",
    "Nowhere Public Limited Company",
)


@pytest.mark.parametrize("person", [True, False])
def test_a_name_is_read_the_same_whatever_words_stand_together(person: bool) -> None:
    draw = random.Random(5)
    texts = [*WORDS, *TOGETHER, *(" ".join(draw.choices(WORDS, k=draw.randint(2, 4))) for _ in range(1500)), "x" * 401]
    told = {text: plain_names.parse(text, person=person) for text in texts}
    assert told == {text: names.parse(text, person=person) for text in texts}


@pytest.mark.parametrize(
    ("text", "person"),
    [("Đorđe Izmišljenović", True), ("Џевдет Шпикури", True), ("188 Rruga e Shembullit, Nonesuch-on-Sea", False)],
)
def test_a_plain_name_is_put_together_from_its_words(text: str, person: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = names.parse(text, person=person)
    monkeypatch.delattr(names, "parse")
    assert plain_names.parse(text, person=person) == expected


def test_a_name_of_joining_words_alone_keeps_them() -> None:
    made = names.parse("The And", person=False)
    assert made is not None
    assert made.parts


@pytest.mark.parametrize("title", sorted(word for word in words.TITLES if word.isascii() and len(word) > 2))
def test_a_title_is_one_with_an_accent_too(title: str) -> None:
    for spelled in (title, f"{title[:-1]}{title[-1]}\u0301"):
        text = f"{spelled} Nopeson Quillfeather"
        made = plain_names.parse(text, person=True)
        assert made is not None
        assert [one.plain for one in made.parts] == ["nopeson", "quillfeather"], spelled
