"""How a word sounds, across Slavic, Albanian, Turkish, French, English, German and Arabic spelling.

`fold` turns a Latin word into one letter a sound: S is š, sh, ş; C is č, ć, ch, tch; J is dž, đ, xh, dj, gj; Z is ž, zh.
Letters that languages read differently (j, q, c, x) stay, and `substitution` says how near two sounds are. `skeleton`
keeps the consonants only, which is what Arabic script writes.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from headwater.engines.match.script import stripped

VOWELS: Final = frozenset("aeiou")
_DIGRAPHS: Final = {
    "chtch": "SC", "schtsch": "SC", "shch": "SC", "šč": "SC", "tch": "C", "dzh": "J", "dsch": "J", "tsch": "C", "sch": "S", "dž": "J", "dj": "J",
    "gj": "J", "xh": "J", "đ": "J", "sh": "S", "š": "S", "ş": "S", "ś": "S", "ș": "S", "zh": "Z", "ž": "Z", "ż": "Z",
    "ź": "Z", "ch": "C", "č": "C", "ć": "C", "ç": "C", "cz": "C", "kj": "C", "ts": "c", "tz": "c", "ț": "c", "kh": "h",
    "ph": "f", "th": "t", "dh": "d", "gh": "g", "ck": "k", "qu": "k", "lj": "l", "nj": "n", "ñ": "n",
    "ń": "n", "gn": "n", "ou": "u", "oo": "u", "ee": "i", "ae": "a", "oe": "o", "ue": "u", "iy": "i",
    "yi": "i", "yy": "i", "ı": "i", "ə": "a", "ğ": "g", "w": "v", "yu": "iu", "'": "", "ŧ": "T", "ƶ": "D", "ɨ": "Y",
}  # fmt: skip
_SPELLING: Final = re.compile("|".join(sorted(map(re.escape, _DIGRAPHS), key=len, reverse=True)))
_PALATAL: Final = re.compile(r"(?<=[ln])y(?=[aeiou])")
_RUN: Final = re.compile(r"(\D)\1+")
_INITIAL_YE: Final = re.compile(r"^y(?=e)")
_CLOSED_J: Final = re.compile(r"(?<=[aei])[jy](?![aeiou])")
_BARE_DZ: Final = re.compile(r"dz(?!a[diy]|e?h|h)")
"""dž without its hook (Hadžić, Hadzic), and no d that met a z where names were run together (Ahmadzai, Mahmudzadeh)."""
_FIRST_SHT: Final = re.compile(r"^(?:sht|št)")
"""What Bulgarian makes of щ, which Russian makes shch of."""
_ARTICLE_J: Final = re.compile(r"^al(?=j[aeiou]\w{3})")
"""An article before a j, where l and j are two sounds: Aljaboori."""
_INNER_X: Final = re.compile(r"(?<=[aeiou])x(?!h)")


@lru_cache(maxsize=1 << 16)
def fold(word: str) -> str:
    """Return a lower-case Latin word as sounds, one letter each."""
    # Most words have none of these letters, and looking for one is much quicker than an expression.
    if word.startswith(("sht", "št")):
        word = _FIRST_SHT.sub("šč", word)
    if "y" in word:
        word = _PALATAL.sub("", _INITIAL_YE.sub("", word))
    if "y" in word or "j" in word:
        word = _CLOSED_J.sub("i", word)
    if "dz" in word:
        word = _BARE_DZ.sub("dž", word)
    hard = word.endswith("kh")
    if word.startswith("alj"):
        word = _ARTICLE_J.sub("al'", word)
    if "x" in word:
        word = _INNER_X.sub("ks", word)
    word = _SPELLING.sub(lambda found: _DIGRAPHS[found.group()], word)
    word = stripped(word).replace("y", "i")
    if len(word) > _LEAST_STEM and word.endswith("h") and word[-2] in VOWELS and not hard:
        word = word[:-1]
    return _RUN.sub(_once, word)


def _once(found: re.Match[str]) -> str:
    """Return a letter for the run of it; a template of the expression's own would be read anew for every word."""
    return found[1]


_LEAST_STEM: Final = 3
"""Sounds before which a final h or an article is taken off: Abdullah and AlTikriti, not Shah and Alia."""
LEAST_AFTER_ARTICLE: Final = 4

_NEAR: Final = {
    0.0: "ji jJ qk qC ck Tt Ts Dd Dz Ya Yi Ll Lr Rl Rr LR",
    0.05: "cC sS zZ",
    0.1: "dJ cJ cj jZ ZJ cs cz qg xh xk xJ gJ Ck",
    0.25: "CS CJ SZ Jz kx xS ie ou vf vu gh fp",
    0.35: "dz sz pb td gk kh ae hC vb ei jh gj",
    0.5: "ao mn eo ai au eu iu io",
}


def _costs() -> dict[str, dict[str, float]]:
    costs: dict[str, dict[str, float]] = {}
    for cost, pairs in _NEAR.items():
        for pair in pairs.split():
            one, other = pair[0], pair[1]
            costs.setdefault(one, {one: 0.0})[other] = costs.setdefault(other, {other: 0.0})[one] = cost
    return costs


_COSTS: Final = _costs()


def substitution(left: str, right: str) -> float:
    """Return how far apart two sounds are, from 0 (one sound, two spellings) to 1."""
    return 0.0 if left == right else substitutions(left).get(right, 1.0)


def substitutions(sound: str) -> Mapping[str, float]:
    """Return how far each sound near one is from it, itself among them; any other is 1 apart."""
    return _COSTS.get(sound) or {sound: 0.0}


LOOSE: Final = {"h": 0.25, "i": 0.4, "e": 0.4, "a": 0.5, "o": 0.5, "u": 0.5, "j": 0.4}


@lru_cache(maxsize=1 << 16)
def omissions(word: str) -> tuple[float, ...]:
    """Return what it costs that each sound of a word has no counterpart."""
    costs = [LOOSE.get(letter, 1.0) for letter in word]
    last = len(word) - 1
    if word and word[last] in "aeo":
        costs[last] = 0.9  # an ending that marks another person: Jovan, Jovana
    for at in range(1, last):
        if word[at] in "ij" and word[at + 1] in VOWELS:
            costs[at] = 0.25  # a soft consonant: Gjorgjievski, Gjorgjevski
    return tuple(costs)


_HARD: Final = str.maketrans(
    {"C": "S", "Z": "z", "J": "j", "c": "k", "q": "k", "x": "k", "p": "b", "T": "t", "D": "d", "L": "l", "R": "r"}
)
_BARE: Final = _HARD | str.maketrans("", "", "aeiouyvwY'")
_SUN: Final = re.compile(r"^bdl(?=..)")


@lru_cache(maxsize=1 << 16)
def skeleton(word: str) -> str:
    """Return the consonants of a Latin word as Arabic script would keep them: the article off, nothing doubled.

    Letters that Latin spellings of Arabic mix (th and t, dh and d, q and k, p and b, ch and sh) are one; v and w go with
    the vowels, because one letter writes them all.
    """
    return bones_of(fold(word))


def bones_of(plain: str) -> str:
    """Return the consonants of a folded word, as `skeleton` does."""
    if len(plain) - len("al") >= LEAST_AFTER_ARTICLE and plain.startswith("al") and plain[2] not in VOWELS:
        plain = plain[2:]
    bones = consonants(plain)
    if len(bones) > _LEAST_STEM and bones.endswith("h"):
        bones = bones[:-1]
    return _SUN.sub("bd", _RUN.sub(_once, bones))


_ROUGH: Final = str.maketrans("SZCJjTDqxLR", "szcddtdkhlr")


def rough(sound: str) -> str:
    """Return folded sounds with those as one that a keyboard without diacritics mixes: š and s, ž and z, č and c, đ, j and d.

    Only for looking: a list that writes Ђорђе is found under Dorde, and the score tells them apart.
    """
    return sound.translate(_ROUGH)


def without_article(sound: str) -> str:
    """Return a folded Latin word without an Arabic article that was run together with it: Aljaboori, Elsayed."""
    has = sound[:1] in {"a", "e"} and sound[1:2] == "l" and sound[2:3] not in VOWELS
    return sound[2:] if has and len(sound) - len("al") >= LEAST_AFTER_ARTICLE else sound


def consonants(plain: str) -> str:
    """Return the consonants of folded sounds, those one that Latin spellings of Arabic mix, nothing doubled."""
    return _RUN.sub(_once, plain.translate(_BARE))


_LONG: Final = {
    "a": {"a": 0.0, "e": 0.1, "o": 0.25, "i": 0.45, "u": 0.45},
    "i": {"i": 0.0, "e": 0.05, "j": 0.0, "a": 0.4},
    "Y": {"a": 0.0, "i": 0.05, "e": 0.05, "j": 0.05},
    "v": {"v": 0.0, "u": 0.0, "o": 0.05, "a": 0.5, "f": 0.4, "b": 0.6},
}
"""How far a long vowel that Arabic script writes (alif, ya, waw as they fold) is from a Latin sound."""
_BONES: Final = {
    ("S", "s"): 0.6, ("s", "S"): 0.6, ("C", "S"): 0.0, ("S", "C"): 0.0, ("j", "C"): 0.3, ("C", "j"): 0.1, ("g", "j"): 0.2,
    ("j", "g"): 0.2, ("b", "p"): 0.0, ("p", "b"): 0.1, ("t", "d"): 0.4, ("d", "t"): 0.4, ("z", "s"): 0.4, ("s", "z"): 0.4,
    ("D", "s"): 0.6, ("Z", "z"): 0.2, ("Z", "j"): 0.1, ("z", "Z"): 0.6, ("f", "v"): 0.3, ("h", "k"): 0.25, ("k", "C"): 1.0,
    ("k", "J"): 1.0, ("T", "T"): 0.0, ("S", "Z"): 0.6, ("h", "x"): 0.0, ("k", "x"): 0.3,
}  # fmt: skip
"""Consonants of Arabic script (first) against Latin sounds, where that differs from `substitution`."""


@lru_cache(maxsize=1 << 16)
def unvowelled_cost(written: str, latin: str) -> float:
    """Return the cost of reading a word of Arabic script as a Latin word: short vowels come free, long ones must fit.

    Args:
        written: the folded spelling of the Arabic word: consonants, and a, i, v for alif, ya and waw.
        latin: the folded Latin word.
    """
    above = [0.0]
    for at in range(len(latin)):
        above.append(above[-1] + spoken(latin, at))
    for letter in written:
        unread = UNREAD.get(letter, 1.0)
        row = [above[0] + unread]
        for at, sound in enumerate(latin):
            near = read(letter, sound)
            row.append(min(above[at] + near, above[at + 1] + unread, row[-1] + spoken(latin, at)))
        above = row
    return above[-1]


UNREAD: Final = {"a": 0.4, "i": 0.6, "Y": 0.5, "v": 0.6, "h": 0.5}
"""What it costs that a letter of Arabic script is not read in the Latin word; any other costs 1."""


def read(letter: str, sound: str) -> float:
    """Return what it costs to read a letter of Arabic script as a Latin sound."""
    if letter == sound:
        return 0.0
    if letter in _LONG:
        return _LONG[letter].get(sound, 1.2)
    known = _BONES.get((letter, sound))
    return substitution(letter, sound) if known is None else known


def spoken(latin: str, at: int) -> float:
    """Return what it costs that a Latin sound is not written."""
    sound = latin[at]
    if sound in VOWELS:
        return 0.06 if at and latin[at - 1] in VOWELS else 0.12
    return {"h": 0.5, "v": 0.7, "j": 0.5}.get(sound, 1.0)
