"""The languages of the page: catalogues by hand for Serbian (Cyrillic) and Albanian; Serbian in Latin letters is made.

English stands in the templates. Every ``*.po`` file of a language's folder is read, so that each page may have its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from gzip import decompress
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import BytesIO
from typing import Final
from zoneinfo import ZoneInfo

from headwater.model.serbian import latin

ENGLISH: Final = "en"
LANGUAGES: Final[Mapping[str, str]] = {
    ENGLISH: "English",
    "sr-Cyrl": "Српски",
    "sr-Latn": "Srpski",
    "sq": "Shqip",
}
"""Tag of each language and how it calls itself."""
_FOLDERS: Final = {"sr-Cyrl": "sr_Cyrl", "sr-Latn": "sr_Cyrl", "sq": "sq"}


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its tag, its words, its plurals, its dates."""

    tag: str
    words: Mapping[str, tuple[str, ...]]
    plural: Callable[[int], int]

    def gettext(self, text: str) -> str:
        """Return a text in this language, in English where it has none."""
        return self.words.get(text, (text,))[0]

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return a text with a count in it."""
        forms = self.words.get(one)
        if forms is None or len(forms) == 1:
            return one if count == 1 else many
        return forms[min(self.plural(count), len(forms) - 1)]

    @property
    def locale(self) -> str:
        """The name CLDR has for it."""
        return self.tag.replace("-", "_") if self.tag != ENGLISH else "en_GB"

    def when(self, at: datetime, zone: str) -> str:
        """Return an instant in a zone as this language writes it, with the zone's short name."""
        return _when(at, zone, self.locale)

    def number(self, value: float, digits: int = 0) -> str:
        """Return a number as this language writes it."""
        return _number(value, digits, self.locale)


@lru_cache(maxsize=4096)
def _when(at: datetime, zone: str, locale: str) -> str:
    from babel.dates import format_datetime

    there = at.astimezone(ZoneInfo(zone))
    return f"{format_datetime(there, 'medium', locale=locale)} {there.tzname()}"


@lru_cache(maxsize=4096)
def _number(value: float, digits: int, locale: str) -> str:
    from babel.numbers import format_decimal

    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return str(format_decimal(value, format=pattern, locale=locale))


@cache
def language(tag: str) -> Language:
    """Return a language by its tag; English for one that there is not."""
    if tag not in _FOLDERS:
        return Language(ENGLISH, {}, lambda count: int(count != 1))
    words: dict[str, tuple[str, ...]] = {}
    plural: Callable[[int], int] = _serbian if tag.startswith("sr") else (lambda count: int(count != 1))
    for one, forms in _read(_FOLDERS[tag]):
        words[one] = tuple(latin(form) for form in forms) if tag == "sr-Latn" else forms
    return Language(tag, words, plural)


def chosen(*wishes: str, accepts: str = "") -> str:
    """Return the tag of the first wish that is a language, else the best that a browser's header names, else English."""
    for wish in wishes:
        if wish in LANGUAGES:
            return wish
    for part in accepts.split(","):
        name = part.partition(";")[0].strip().lower()
        if name.startswith("sr"):
            return "sr-Latn" if "latn" in name else "sr-Cyrl"
        if name[:2] in {"sq", "en"}:
            return name[:2]
    return ENGLISH


def _read(folder: str) -> Iterable[tuple[str, tuple[str, ...]]]:
    for file in sorted((files("headwater.web") / "locale" / folder).iterdir(), key=lambda one: one.name):
        if file.name.endswith((".po", ".po.gz")):
            yield from entries(file, folder)


def entries(file: Traversable, folder: str) -> Iterable[tuple[str, tuple[str, ...]]]:
    """Yield what a catalogue says: the English and its forms. A wheel has catalogues pressed (tools/catalogues.py)."""
    from babel.messages.pofile import read_po

    data = file.read_bytes()
    for message in read_po(BytesIO(decompress(data) if file.name.endswith(".gz") else data), locale=folder):
        if not message.id or not message.string:
            continue
        one = message.id if isinstance(message.id, str) else message.id[0]
        forms = (message.string,) if isinstance(message.string, str) else tuple(message.string)
        if all(forms):
            yield str(one), tuple(str(form) for form in forms)


def _serbian(count: int) -> int:
    """Return which of three forms a count takes (CLDR, plural rules of sr: one, few, other)."""
    if count % 10 == 1 and count % 100 != 11:  # noqa: PLR2004 - the rule
        return 0
    if 2 <= count % 10 <= 4 and not 12 <= count % 100 <= 14:  # noqa: PLR2004 - the rule
        return 1
    return 2
