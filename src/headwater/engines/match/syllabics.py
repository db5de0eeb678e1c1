"""Scripts whose signs are syllables: those of India and its neighbours, and Ethiopic, in Latin letters by rule.

The scripts of India share one order of letters since ISCII (IS 13194:1991), which Unicode keeps from block to block (The
Unicode Standard, chapter 12), so one table reads nine of them. Ethiopic stands in rows of eight, a consonant with each of
its vowels (chapter 19.1). The spelling is the plain one of passports: no dots, no long marks.
"""

from typing import Final

_FIRST_INDIC, _LAST_INDIC, _BLOCK = 0x0900, 0x0D7F, 0x80
_CONSONANTS: Final = (
    "k kh g gh n ch chh j jh n t th d dh n t th d dh n n p ph b bh m y r r l l l v sh sh s h"  # ka to ha
)
_AT_KA: Final = 0x15
_INDIC: Final = {_AT_KA + at: letter for at, letter in enumerate(_CONSONANTS.split())}
_VOWELS: Final = {
    0x05: "a", 0x06: "a", 0x07: "i", 0x08: "i", 0x09: "u", 0x0A: "u", 0x0B: "ri", 0x0D: "e", 0x0E: "e", 0x0F: "e", 0x10: "ai",
    0x11: "o", 0x12: "o", 0x13: "o", 0x14: "au",
}  # fmt: skip
_SIGNS: Final = {
    0x3E: "a", 0x3F: "i", 0x40: "i", 0x41: "u", 0x42: "u", 0x43: "ri", 0x45: "e", 0x46: "e", 0x47: "e", 0x48: "ai", 0x49: "o",
    0x4A: "o", 0x4B: "o", 0x4C: "au", 0x4D: "",
}  # fmt: skip
_NO_VOWEL: Final = 0x4D
"""What stands for the vowel that a consonant has by itself; the last one is the sign that it has none."""
_FIRST_SOUTHERN: Final = 0x0B80
"""From Tamil on a word's last vowel is spoken; in the north only behind two consonants (Narendra, Barak)."""
_NASALS: Final = {0x01: "n", 0x02: "n", 0x70: "n"}
_DOTTED: Final = {"j": "z", "ph": "f", "k": "q"}
_DOT: Final = 0x3C
_ENDS: Final = {0x0D7A: "n", 0x0D7B: "n", 0x0D7C: "r", 0x0D7D: "l", 0x0D7E: "l", 0x0D7F: "k", 0x09CE: "t"}
"""Letters that never have a vowel: Malayalam chillu, Bengali khanda ta."""

_FIRST_ETHIOPIC, _LAST_ETHIOPIC, _ROW = 0x1200, 0x135A, 8
_CONSONANT_OF_ROW: Final = (
    "h l h m s r s sh k kw k kw b v t ch h hw n ny - k kw k kw w - z zh y d d j g gw g t ch p ts ts f p"
)
"""A line for a breath."""
_ROWS: Final = tuple(_CONSONANT_OF_ROW.split())
_ORDERS: Final = ("e", "u", "i", "a", "e", "", "o", "wa")
_ROWS_IN_A: Final = frozenset({0, 2, 16, 20, 26})
"""Rows whose first order is an a, by the throat's doing."""


def is_indic(letter: str) -> bool:
    """Return whether a letter is of one of the nine scripts of India."""
    return _FIRST_INDIC <= ord(letter) <= _LAST_INDIC


def is_ethiopic(letter: str) -> bool:
    """Return whether a letter is Ethiopic."""
    return _FIRST_ETHIOPIC <= ord(letter) <= _LAST_ETHIOPIC


def latin_syllables(text: str) -> str:
    """Return a text with what is written in these scripts in Latin letters; the rest stays."""
    out: list[str] = []
    open_ = False  # whether the last letter is a consonant whose own vowel is not yet said
    spoken = False  # whether that vowel is spoken at the end of a word too
    joined = False  # whether the next consonant has none before it
    for letter in f"{text} ":
        code = ord(letter)
        place = code % _BLOCK if is_indic(letter) and code not in _ENDS else -1
        if open_ and place == _DOT:
            out[-1] = _DOTTED.get(out[-1], out[-1])
            continue
        if open_ and place in _SIGNS:
            out.append(_SIGNS[place])
            open_, joined = False, place == _NO_VOWEL
            continue
        if open_ and (spoken or place >= 0 or code in _ENDS):
            out.append("a")
        open_ = place in _INDIC
        spoken, joined = open_ and (joined or code >= _FIRST_SOUTHERN), False
        out.append(_one(letter, place))
    return "".join(out)[:-1]


def _one(letter: str, place: int) -> str:
    """Return one letter by itself; place is that in a block of India, -1 for any other."""
    if place >= 0:
        return _INDIC.get(place) or _VOWELS.get(place) or _NASALS.get(place, "")
    return _ethiopic(ord(letter)) if is_ethiopic(letter) else _ENDS.get(ord(letter), letter)


def _ethiopic(code: int) -> str:
    row, order = divmod(code - _FIRST_ETHIOPIC, _ROW)
    vowel = "a" if order == 0 and row in _ROWS_IN_A else _ORDERS[order]
    return (vowel or "e") if _ROWS[row] == "-" else _ROWS[row] + vowel
