"""Letters brought to one form, so that a name is found however it is written: case, composition, diacritics, script.

Cyrillic is read as Serbian and Macedonian write it in Latin letters. What is compared is this form of both sides, so a
reading that is not quite right for a third language still finds a name that was written in it.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

_CYRILLIC: Final = {
    "а": "a", "б": "b", "в": "v", "г": "g", "ѓ": "gj", "д": "d", "ђ": "dj", "е": "e", "ж": "z", "з": "z", "ѕ": "dz",
    "и": "i", "ј": "j", "к": "k", "ќ": "kj", "л": "l", "љ": "lj", "м": "m", "н": "n", "њ": "nj", "о": "o", "п": "p",
    "р": "r", "с": "s", "т": "t", "ћ": "c", "у": "u", "ф": "f", "х": "h", "ц": "c", "ч": "c", "џ": "dz", "ш": "s",
    "й": "j", "ы": "y", "э": "e", "ю": "ju", "я": "ja", "щ": "sc", "ъ": "", "ь": "", "ё": "e", "і": "i", "ї": "i",
    "є": "e", "ґ": "g",
}  # fmt: skip
_ALONE: Final = {
    "đ": "dj", "ð": "d", "ł": "l", "ø": "o", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ŧ": "t",
}  # fmt: skip
"""Letters that no decomposition takes apart."""
_TABLE: Final = str.maketrans({**_CYRILLIC, **_ALONE})


_BEYOND_ASCII: Final = re.compile("[^\\x00-\\x7f]+")
_SHORT: Final = 40
"""Letters of a stretch that is remembered: words come again and again, and a file of longer ones must not fill the memory."""


def plain(text: str) -> str:
    """Return a text in the one form that is compared."""
    if text.isascii():
        return text.lower()
    # Most of a file is ASCII, whatever it says: only the stretches between are taken apart. A mark after an ASCII letter
    # falls away as it would have with the letter.
    return _BEYOND_ASCII.sub(_taken_apart, text.lower())


def _taken_apart(found: re.Match[str]) -> str:
    return _remembered(found[0]) if len(found[0]) <= _SHORT else _folded(found[0])


def _folded(stretch: str) -> str:
    folded = unicodedata.normalize("NFKC", stretch).casefold().translate(_TABLE)
    if folded.isascii():
        return folded
    apart = unicodedata.normalize("NFKD", folded)
    return "".join(letter for letter in apart if not unicodedata.combining(letter)).translate(_TABLE)


_remembered: Final = lru_cache(maxsize=1 << 15)(_folded)


def plain_with_places(text: str) -> tuple[str, list[int]]:
    """Return a text in that form, and for each letter of it the place in the text given that it came from."""
    made: list[str] = []
    places: list[int] = []
    start = 0
    while start < len(text):
        end = start + 1
        while end < len(text) and unicodedata.combining(text[end]):
            end += 1
        piece = plain(text[start:end])
        made.append(piece)
        places += [start] * len(piece)
        start = end
    return "".join(made), [*places, len(text)]


def squeeze(text: str) -> str:
    """Return the letters and digits of a text alone."""
    return "".join(filter(str.isalnum, text))
