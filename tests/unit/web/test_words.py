"""Every word of the page stands in every language, with its placeholders; Serbian in Latin letters is made by rule."""

import gzip
import re
from importlib.resources import files
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir

from headwater.model.ids import FindingId
from headwater.policy.purposes import PURPOSES
from headwater.web import templating
from headwater.web.pages import entities, queue
from headwater.web.templating import say
from headwater.web.words import LANGUAGES, chosen, entries, language
from tests.page_world import Browser

OTHERS = [tag for tag in LANGUAGES if tag != "en"]
PLACEHOLDER = re.compile(r"%\([a-z]+\)s")


def said() -> set[str]:
    """Every text that a template, a handler or a table of words asks to be translated."""
    root = str(files("headwater.web"))
    found = extract_from_dir(
        root,
        method_map=[("**/templates/**.html", "jinja2.ext:babel_extract"), ("**.py", "python")],
        keywords={"_": None, "ngettext": (1, 2)},
    )
    texts = {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}
    tables = (
        templating.STATES,
        templating.KINDS,
        templating.OUTCOMES,
        templating.RULINGS,
        templating.STRENGTHS,
        templating.AUDIENCES,
        templating.RESULTS,
        templating.WAYS,
        templating.TIES,
        templating.PROPERTIES,
        queue.PRIORITY_WORDS,
        queue.LABEL_WORDS,
        queue.WORK_WORDS,
        entities.LANE_WORDS,
    )
    texts |= {words for table in tables for words in table.values()}
    texts |= {words for _, _, words, _ in templating.PLACES}
    return texts | set(PURPOSES.values())


@pytest.mark.parametrize("tag", OTHERS)
def test_every_text_of_the_page_is_translated(tag: str) -> None:
    missing = sorted(text for text in said() if text not in language(tag).words)
    assert missing == []


@pytest.mark.parametrize("tag", OTHERS)
def test_every_translation_keeps_its_placeholders(tag: str) -> None:
    for text, forms in language(tag).words.items():
        for form in forms:
            assert sorted(PLACEHOLDER.findall(form)) == sorted(PLACEHOLDER.findall(text)), text


def test_serbian_in_latin_letters_holds_no_cyrillic() -> None:
    for forms in language("sr-Latn").words.values():
        for form in forms:
            assert not re.search("[Ѐ-ӿ]", form), form


@pytest.mark.parametrize(
    ("count", "form"),
    [
        (1, "налаз чека"),
        (2, "налаза чекају"),
        (5, "налаза чека"),
        (11, "налаза чека"),
        (21, "налаз чека"),
        (22, "налаза чекају"),
    ],
)
def test_serbian_has_three_plurals(count: int, form: str) -> None:
    text = language("sr-Cyrl").ngettext("%(count)s finding waits", "%(count)s findings wait", count)
    assert text.endswith(form)


def test_the_browsers_wish_is_the_last_that_is_asked() -> None:
    assert chosen("sq", "en", accepts="sr") == "sq"
    assert chosen("", "", accepts="de, sr-Latn;q=0.8") == "sr-Latn"
    assert chosen("xx", accepts="de") == "en"


@pytest.mark.slow  # a node of its own
@pytest.mark.parametrize(
    ("tag", "words"),
    [("sr-Cyrl", "Име се слаже"), ("sr-Latn", "Ime se slaže"), ("sq", "Emri përputhet"), ("en", "Name agrees")],
)
def test_a_finding_is_told_in_the_readers_language_and_says_which_it_is(
    tag: str, words: str, analyst: Browser, hits: list[FindingId]
) -> None:
    analyst.language = tag
    for path in ("/queue", f"/findings/{hits[0]}"):
        text = analyst.get(path).text
        assert f'<bdi dir="auto" lang="{tag}">{words}' in text, path
        assert (tag == "en") == ('lang="en">Name agrees' in text)


def test_a_sentence_that_no_catalogue_has_is_shown_as_english() -> None:
    text = str(say("Nobody has put this into other words", language("sq")))
    assert text == '<bdi dir="auto" lang="en">Nobody has put this into other words</bdi>'


def test_a_pressed_catalogue_as_a_wheel_has_it_reads_as_the_plain_one(tmp_path: Path) -> None:
    plain = Path(str(files("headwater.web") / "locale" / "sq" / "frame.po"))
    pressed = tmp_path / "frame.po.gz"
    pressed.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(entries(pressed, "sq")) == list(entries(plain, "sq")) != []
