"""Names in Chinese characters: people's by their readings, foreigners' by sound, firms' by what their words mean."""

from itertools import pairwise

import pytest

from headwater.engines.match import chinese_names, compare_pair
from headwater.engines.match.chinese_names import Word, heard, is_reading, organisation, person, reading, simple
from headwater.engines.match.names import parse
from headwater.engines.match.query import READ_AS_MANDARIN, UNREAD_SCRIPT, read_request
from headwater.engines.match.script import Script
from tests.match_world import ask, entries, entry

SAME = 0.7


def score(left: str, right: str, schema: str = "Person") -> float:
    return compare_pair(schema, {"name": [left]}, {"name": [right]}).score


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("张虚构", ["zhang", "xugou"]),
        ("張虛構", ["zhang", "xugou"]),  # the old form of the same
        ("张构", ["zhang", "gou"]),
        ("欧阳虚构", ["ouyang", "xugou"]),
        ("欧阳构", ["ouyang", "gou"]),
        ("欧阳", ["ou", "yang"]),  # two characters are never a long family's alone
        ("尉迟虚构", ["yuchi", "xugou"]),
        ("单虚构", ["shan", "xugou"]),  # dan where it is no family
        ("曾单", ["zeng", "dan"]),
        ("单 曾", ["shan", "zeng"]),  # which of two words is the family's nobody can tell
        ("虚构 曾", ["xugou", "zeng"]),
        ("张虚构先生", ["zhang", "xugou"]),
        ("张 Wei", ["zhang", "wei"]),
        ("一虚构", ["yi", "xugou"]),  # the first character of all
        ("\u9fff 虚构", ["\u9fff", "xugou"]),
        ("虚构之人也", ["xugouzhirenye"]),  # too long for a name in one word
    ],
)
def test_a_persons_name_is_read_family_and_given(name: str, words: list[str]) -> None:
    assert [word.latin for word in person(name.casefold())] == words


@pytest.mark.parametrize("name", ["ZHANG, Xugou", "Xugou Zhang", "Zhang Xu Gou", "Xu-gou ZHANG", "張虛構", "虚构 张"])
def test_a_name_meets_its_reading_and_its_old_form(name: str) -> None:
    assert score("张虚构", name) > 0.95
    assert score(name, "张虚构") > 0.95


@pytest.mark.parametrize(
    "name", ["Zhang Xugao", "Zhang Xigou", "Zhong Xugou", "Zhang Xuguo", "张虚够", "章虚构", "Zang Gou", "Jang Su Ko"]
)
def test_another_syllable_or_character_is_another_name(name: str) -> None:
    assert score("张虚构", name) < SAME


def test_a_slip_of_the_keys_is_none() -> None:
    assert score("张光明", "Zhang Guangmimg") > SAME
    assert score("张光明", "Zhang Guangning") < SAME


@pytest.mark.parametrize(
    ("characters", "sounds"),
    [
        ("佐兰", "zoLan"),
        ("克里斯蒂娜", "kRisdina"),
        ("布兰卡", "buLanka"),  # a syllable that begins a name is whole
        ("米尔", "miL"),
        ("马克尔", "makeL"),  # and 尔 one behind a consonant
        ("菲克蒂夫斯基", "fekdifski"),
        ("万达", "vanda"),
        ("卢卡", "Luka"),
        ("奥尔加", "oLga"),
        ("马克安", "makean"),  # a syllable before a vowel is whole too
        ("安娜", "ana"),  # a sound that is written twice is one
        ("英亿", "ini"),
        ("\u9fa4", "\u9fa4"),
    ],
)
def test_a_foreign_name_is_told_by_sound(characters: str, sounds: str) -> None:
    assert heard(characters) == sounds


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("佐兰·菲克蒂夫斯基", "Zoran Fiktivski"),
        ("戈兰・泽莱尼奇", "Goran Zelenić"),
        ("阿贝尔 • 瓦拉迪奇", "Abel Varadić"),
        ("米洛万·佩特罗维奇", "Milovan Petrović"),
        ("佐蘭·菲克蒂夫斯基", "Zoran Fiktivski"),
    ],
)
def test_a_foreign_name_meets_its_own(written: str, name: str) -> None:
    assert score(written, name) > SAME
    assert score(written, "Marko Izmišljenović") < 0.1
    assert entries(ask(written, records=(entry("uk:1", name=name), entry("uk:2", name="Marko Izmišljenović")))) == [
        "uk:1"
    ]


def test_words_in_other_letters_beside_characters_are_spelled_too() -> None:
    for name, spelled in (("张虚构 タロウ", "tarou"), ("张虚构 Зоран", "zoran"), ("虚构 김", "gim")):
        found = parse(name, person=True)
        assert found is not None
        assert found.parts[-1].plain == spelled


@pytest.mark.parametrize("name", ["“张虚构”", " 张虚构 ", "张虚构。"])
def test_signs_about_a_name_are_no_part_of_it(name: str) -> None:
    assert [word.characters for word in person(name)] == ["张", "虚构"]


def test_only_a_dot_makes_a_name_foreign() -> None:
    assert [word.heard for word in person("佐兰·菲克")] == ["zoLan", "fek"]
    assert [word.heard for word in person("佐兰 菲克")] == ["", ""]


@pytest.mark.parametrize(
    ("firm", "words"),
    [
        ("威海虚构船务有限公司", ["wei'hai'xu'gou", "shipping", "limited"]),
        ("虛構國際貿易股份有限公司", ["xu'gou", "international", "trading", "jsc"]),
        ("中国虚构银行", ["china", "xu'gou", "bank"]),
        ("abc进出口公司", ["abc", "import", "export", "company"]),
    ],
)
def test_a_firm_is_read_by_what_its_words_mean(firm: str, words: list[str]) -> None:
    assert [word.latin for word in organisation(firm)] == words


def test_a_firm_meets_its_english_name_and_not_its_brothers() -> None:
    firm = "威海虚构船务有限公司"
    assert score(firm, "Weihai Xugou Shipping Co., Ltd.", "Company") > SAME
    assert score(firm, "Weihai Xugou Shipping Limited", "Company") > SAME
    assert score(firm, "Weihai Bujian Shipping Limited", "Company") < SAME
    assert score(firm, "威海不见船务有限公司", "Company") < SAME


def test_words_keep_how_they_are_written() -> None:
    assert person("張構") == [Word("zhang", "张"), Word("gou", "构")]
    name = parse("張虛構", person=True)
    assert name is not None
    assert (name.script, [part.plain for part in name.parts]) == (Script.CHINESE, ["张", "虚构"])


@pytest.mark.parametrize(
    ("word", "is_one"),
    [("xugou", True), ("zhuang", True), ("ali", True), ("marko", False), ("myint", False), ("", False)],
)
def test_what_syllables_of_mandarin_make_is_a_reading(word: str, is_one: bool) -> None:
    assert is_reading(word) is is_one


def test_every_reading_of_the_table_is_one_of_mandarin_but_for_interjections() -> None:
    told = {reading(chr(code)) for code in range(0x4E00, 0x9FA6)} - {chr(code) for code in range(0x4E00, 0x9FA6)}
    assert len(told) == 398
    assert {one for one in told if not is_reading(one)} == {"m", "n", "ng"} & told
    assert reading("虚构") == simple("xugou")


def test_a_character_without_a_reading_stays_as_it_is() -> None:
    assert reading("张\u9fa4") == "zhang\u9fa4"
    assert entries(ask("\u9fa4\u9fa4 张", records=(entry("uk:1", name="Zhang"),))) == []


@pytest.mark.parametrize(
    ("name", "doubt"), [("张虚构", READ_AS_MANDARIN), ("สมชาย", UNREAD_SCRIPT), ("Zhang Xugou", None)]
)
def test_the_answer_says_how_characters_were_read(name: str, doubt: str | None) -> None:
    found = read_request({"queries": [{"id": "1", "name": name}]}).queries[0].doubts
    assert found == ((("name", doubt),) if doubt else ())


def test_a_list_that_has_characters_alone_is_found_by_the_reading() -> None:
    listed = (entry("uk:1", name="张虚构"), entry("uk:2", name="李虚构"))
    assert entries(ask("Zhang Xugou", records=listed)) == ["uk:1"]
    assert entries(ask("張虛構", records=listed)) == ["uk:1"]


def test_no_word_of_trade_begins_with_another() -> None:
    words = sorted(chinese_names._meanings()[1])
    assert not [one for one, other in pairwise(words) if other.startswith(one)]
