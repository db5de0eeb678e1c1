"""Serbian in its two scripts: Latin letters are made from Cyrillic ones, never the other way."""

import re
from typing import Final

_LETTERS: Final = {
    **dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True)),
    "љ": "lj",
    "њ": "nj",
    "џ": "dž",
}
_PLACEHOLDER: Final = re.compile(r"(%\([^)]*\)[a-z]|%[a-z%]|\{[^}]*\}|<[^>]*>)")


def latin(text: str) -> str:
    """Return Serbian text in Latin letters; placeholders, marks and what is Latin already stay as they are.

    A letter that becomes two, such as Љ, is Lj at the head of a word and LJ in a word of capitals.
    Source: Pravopis srpskoga jezika (Matica srpska, 2010), on the two scripts.
    """
    return "".join(
        part if _PLACEHOLDER.fullmatch(part) else "".join(_word(word) for word in re.split(r"(\W+)", part))
        for part in _PLACEHOLDER.split(text)
    )


def _word(word: str) -> str:
    capitals = len(word) > 1 and word.isupper()
    out: list[str] = []
    for letter in word:
        made = _LETTERS.get(letter.lower())
        if made is None:
            out.append(letter)
        elif letter.islower():
            out.append(made)
        else:
            out.append(made.upper() if capitals else made.capitalize())
    return "".join(out)
