"""The words of the pages with pictures: each in every language, with its placeholders and plural forms."""

import re
from importlib.resources import files

import pytest

from headwater.web import pictured
from headwater.web.pages import map as map_page
from headwater.web.pages import timeline
from headwater.web.words import language

TEMPLATES = ("alerts", "chart", "charts", "figures", "list", "lists", "map", "payments", "series", "timeline", "trace")
MODULES = ("charts", "figures", "map", "payments", "timeline")
_ONE = re.compile(r"""(?<![a-z])_\((["'])(.*?)\1\)""")
_MANY = re.compile(r'ngettext\("([^"]+)",\s*"([^"]+)"')
_CODE = re.compile(r"""(?:words|gettext)\((["'])(.*?)\1\)""")


def texts() -> set[str]:
    root = files("headwater.web")
    found = set(map_page.LAYER_WORDS.values()) | set(timeline.WORDS.values())
    found |= {words for words, _ in map_page.VIEWS.values()} | {words for _, _, words, _ in pictured.PLACES}
    for name in TEMPLATES:
        text = (root / "templates" / f"{name}.html").read_text(encoding="utf-8")
        found |= {match[1] for match in _ONE.findall(text)} | {match[0] for match in _MANY.findall(text)}
    for path in (*(f"pages/{name}.py" for name in MODULES), "pictures.py"):
        found |= {match[1] for match in _CODE.findall((root / path).read_text(encoding="utf-8"))}
    return found


@pytest.mark.parametrize("tag", ["sr-Cyrl", "sr-Latn", "sq"])
def test_every_text_of_these_pages_is_in_every_language(tag: str) -> None:
    missing = sorted(text for text in texts() if text not in language(tag).words)
    assert missing == []


@pytest.mark.parametrize("tag", ["sr-Cyrl", "sr-Latn", "sq"])
def test_every_form_keeps_the_placeholders_of_its_text(tag: str) -> None:
    for text in texts():
        for form in language(tag).words[text]:
            assert sorted(re.findall(r"%\([a-z]+\)s", form)) == sorted(re.findall(r"%\([a-z]+\)s", text)), text


def test_serbian_counts_in_three_forms() -> None:
    counted = [language("sr-Cyrl").ngettext("%(count)s day", "%(count)s days", count) for count in (1, 3, 5, 11, 21)]
    assert [text.split()[-1] for text in counted] == ["дан", "дана", "дана", "дана", "дан"]
