"""A catalogue is read as gettext writes it, and a finished sentence is taken apart by its templates."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from headwater.model.catalogue import Templates, entries, read

FILE: Final = r"""
"lost": no text has begun
# a comment
msgid ""
msgstr "Language: sq\n"

msgid "Good day"
msgstr "Mirëdita"

#: somewhere.py
msgid ""
"One "
"two\n"
msgstr "Një "
"\"dy\"\n"
msgid "follows at once"
msgstr "menjëherë"

msgid "not told yet"
msgstr ""

msgstr "of nothing"
msgidx "no word of ours"

msgid
"no gap"

"lost too"
msgid "last"
msgstr "e fundit"
"""


def test_a_catalogue_is_read_as_gettext_writes_it() -> None:
    assert list(entries(FILE.rstrip("\n"))) == [
        ("Good day", "Mirëdita"),
        ("follows at once", "menjëherë"),
        ("last", "e fundit"),
    ]
    assert list(entries(FILE.replace('"\\"dy\\"\\n"\n', '"\\"dy\\"\\n"\n\n'))) == [
        ("Good day", "Mirëdita"),
        ("One two\n", 'Një "dy"\n'),
        ("follows at once", "menjëherë"),
        ("last", "e fundit"),
    ]
    assert list(entries("")) == []
    assert list(entries('"lost"\nmsgid "a"\nmsgstr "b"')) == [("a", "b")]
    assert list(entries('msgid "a"\nmsgstr "b"')) == [("a", "b")]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package with a catalogue as it lies in a checkout, and one as a wheel has it."""
    for folder, word in (("sq", "Po"), ("sr_Cyrl", "Љуља")):
        place = tmp_path / "some_rooms" / "locale" / folder
        place.mkdir(parents=True)
        text = f'msgid "Yes"\nmsgstr "{word}"\n'
        (place / "plain.po").write_text(text, "utf-8")
        (place / "pressed.po.gz").write_bytes(gzip.compress(text.replace("Yes", "Pressed").encode()))
    (tmp_path / "some_rooms" / "__init__.py").touch()
    monkeypatch.syspath_prepend(str(tmp_path))
    read.cache_clear()
    return "some_rooms"


def test_a_part_is_read_in_each_language_from_a_checkout_and_from_a_wheel(package: str) -> None:
    assert read(package, "sq", "plain") == {"Yes": "Po"}
    assert read(package, "sq", "pressed") == {"Pressed": "Po"}
    assert read(package, "sr-Cyrl", "plain") == {"Yes": "Љуља"}
    assert read(package, "sr-Latn", "plain") == {"Yes": "Ljulja"}
    assert read(package, "sr-Latn", "pressed") == {"Pressed": "Ljulja"}


@pytest.mark.parametrize("tag", ["en", "", "sr", "de"])
def test_a_language_without_a_catalogue_has_no_entries(tag: str, package: str) -> None:
    assert read(package, tag, "no such part") == {}


VALUES: Final = {"count": r"\d+", "c": "[abc]+", "": ".+"}
SENTENCES: Final = {
    "{count} boats left {place}.": "{place}: {count}",
    "{count} boats left {place} at {hour}.": "{hour}, {place}: {count}",
    "No boat": "without a place",
    "From {place}": "F {place}",
    "From {place} to {other}": "FT {other} {place}",
    "From {place} to {other} at once, all of them": "FTA {other} {place}",
    "{cat}!": "cat {cat}",
    "{whole!r} was said": "said {whole}",
    "A (b) {place}? [c]": "odd {place}",
    "Two {first} {second}": "{second} {first}",
}


def same(_name: str, part: str) -> str:
    return part


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("12 boats left Ulcinj.", "Ulcinj: 12"),
        ("1 boat left Ulcinj.", "Ulcinj: 1"),
        ("1 boat left Ulcinj at noon.", "noon, Ulcinj: 1"),
        ("twelve boats left Ulcinj.", None),
        ("12 boats left .", None),
        ("12 boats left Ulcinj. And more.", "Ulcinj. And more: 12"),
        ("12 boats left Ulcinj.!", None),
        ("x 12 boats left Ulcinj.", None),
        ("12 boats left\nUlcinj\nBar.", None),
        ("12 boats left Ulcinj\nBar.", "Ulcinj\nBar: 12"),
        ("No boat", None),
        ("From Bar", "F Bar"),
        ("From Bar to Kotor", "FT Kotor Bar"),
        ("From Bar to Kotor at once, all of them", "FTA Kotor Bar"),
        ("From Bar to ", "F Bar to "),
        ("From  to Kotor", "F  to Kotor"),
        ("From to Kotor", "F to Kotor"),
        ("From ", None),
        ("abc!", "cat abc"),
        ("abcd!", None),
        ("!", None),
        ("'x' was said", "said 'x'"),
        ("A (b) c? [c]", "odd c"),
        ("A b c? [c]", None),
        ("Two a b", "b a"),
        ("Two  b", None),
        ("", None),
    ],
)
def test_a_sentence_is_told_by_the_template_that_says_most_of_it(text: str, other: str | None) -> None:
    assert Templates(SENTENCES, VALUES, r"\bboats").told(text, same) == other


def test_a_plural_is_itself_where_none_is_counted_and_a_place_holds_anything_where_nothing_is_said() -> None:
    plain = Templates(SENTENCES)
    assert plain.told("1 boat left Ulcinj.", same) is None
    assert plain.told("Some boats left Ulcinj.", same) == "Ulcinj: Some"
    assert plain.told("a\nb!", same) == "cat a\nb"


def test_whoever_tells_is_asked_for_each_place_by_its_name() -> None:
    asked: list[tuple[str, str]] = []

    def tell(name: str, part: str) -> str:
        asked.append((name, part))
        return part.upper()

    assert Templates(SENTENCES, VALUES).told("From Bar to Kotor", tell) == "FT KOTOR BAR"
    assert asked == [("place", "Bar"), ("other", "Kotor")]


ORDERS: Final[tuple[Callable[[dict[str, str]], dict[str, str]], ...]] = (
    lambda one: one,
    lambda one: dict(reversed(one.items())),
)


@pytest.mark.parametrize("order", ORDERS)
def test_the_order_of_a_catalogue_decides_nothing(order: Callable[[dict[str, str]], dict[str, str]]) -> None:
    rows = {
        "Seen {a} by {b}": "outer short",
        "Seen here {a}": "longer before its place",
        "Seen {a} by one {b} more": "as long before, longer in all",
    }
    templates = Templates(order(rows))
    assert templates.told("Seen here x by one y more", same) == "longer before its place"
    assert templates.told("Seen x by one y more", same) == "as long before, longer in all"
    assert templates.told("Seen x by y", same) == "outer short"
