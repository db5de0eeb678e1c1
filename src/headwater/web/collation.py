"""The order of names for each language of the page: Serbian in its two scripts, Albanian, English.

The machine need not have ICU: the alphabets are short, and two letters that count as one (lj, nj, dž; dh, gj, ll, nj, rr, sh, th,
xh, zh) are read as one wherever they stand together, as CLDR's rules do. The reader's script comes first, and the other after it.
Sources: Pravopis srpskoga jezika (Matica srpska, 2010); Drejtshkrimi i gjuhës shqipe (1973); CLDR 47, collation of sr and sq.
"""

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

CYRILLIC: Final = [
    "а", "б", "в", "г", "д", "ђ", "е", "ж", "з", "и", "ј", "к", "л", "љ", "м", "н", "њ", "о", "п", "р", "с", "т", "ћ",
    "у", "ф", "х", "ц", "ч", "џ", "ш",
]  # fmt: skip
LATIN: Final = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s", "t", "u", "v", "w",
    "x", "y", "z",
]  # fmt: skip
SERBIAN: Final = [
    "a", "b", "c", "č", "ć", "d", "dž", "đ", "e", "f", "g", "h", "i", "j", "k", "l", "lj", "m", "n", "nj", "o", "p",
    "q", "r", "s", "š", "t", "u", "v", "w", "x", "y", "z", "ž",
]  # fmt: skip
ALBANIAN: Final = [
    "a", "b", "c", "ç", "d", "dh", "e", "ë", "f", "g", "gj", "h", "i", "j", "k", "l", "ll", "m", "n", "nj", "o", "p",
    "q", "r", "rr", "s", "sh", "t", "th", "u", "v", "w", "x", "xh", "y", "z", "zh",
]  # fmt: skip
_SCRIPTS: Final[Mapping[str, tuple[list[str], list[str]]]] = {
    "sr-Cyrl": (CYRILLIC, SERBIAN),
    "sr-Latn": (SERBIAN, CYRILLIC),
    "sq": (ALBANIAN, CYRILLIC),
    "en": (LATIN, CYRILLIC),
}
_DIGITS: Final = 1
_OTHER: Final = 1_000
Key = tuple[tuple[int, ...], tuple[str, ...], tuple[bool, ...], str]


@lru_cache(maxsize=8)
def _weights(tag: str) -> Mapping[str, int]:
    letters = [letter for alphabet in _SCRIPTS.get(tag, _SCRIPTS["en"]) for letter in alphabet]
    return {letter: 20 + place for place, letter in enumerate(letters)}


@lru_cache(maxsize=65_536)
def sort_key(text: str, tag: str) -> Key:
    """Return by what a text is put in order for the readers of a language.

    Letters decide first; where they are the same, marks on them that the alphabet does not know; then small before capital.

    Args:
        text: a name or a word.
        tag: of the language, see `words.LANGUAGES`; another is taken for English.
    """
    weights = _weights(tag)
    folded = unicodedata.normalize("NFC", text)
    primary: list[int] = []
    marks: list[str] = []
    capitals: list[bool] = []
    at = 0
    while at < len(folded):
        pair = folded[at : at + 2].lower()
        step = 2 if len(pair) == 2 and pair in weights else 1  # noqa: PLR2004 - two letters that are one
        letter = folded[at : at + step]
        weight, mark = _letter(letter.lower(), weights)
        primary.append(weight)
        marks.append(mark)
        capitals.append(letter[:1].isupper())
        at += step
    return tuple(primary), tuple(marks), tuple(capitals), folded


def _letter(letter: str, weights: Mapping[str, int]) -> tuple[int, str]:
    """Return the weight of a letter, and the mark that it bears beyond the alphabet."""
    if letter in weights:
        return weights[letter], ""
    if letter.isdigit():
        return _DIGITS + unicodedata.digit(letter, 0), letter
    if letter.isspace():
        return 0, ""
    base = unicodedata.normalize("NFD", letter)[:1]
    if base in weights:
        return weights[base], letter
    return _OTHER + ord(letter[:1] or "\0"), ""
