"""Korean names: a family's syllable and two given ones, each of which three official spellings write in their own way.

What the South writes Jeong-su (Revised Romanization, 2000) is Chŏng-su to libraries (McCune and Reischauer, 1939) and Jong-su
in the North; Lee, Ri and Yi are one family. All are brought to one spelling, and a syllable of it that differs is another
name, not a slip of the pen. The syllables are those that names are made of; no list of persons was used.
"""

import re
from functools import cache, lru_cache
from typing import Final

from headwater.engines.match.given import is_given
from headwater.engines.match.script import Script, latin
from headwater.engines.match.sound import fold

SYLLABLES: Final = 3
"""Syllables of a name that is read so; shorter ones are too like those of other languages."""
_FAMILIES: Final = (
    "김이박최정강조윤장임한오서신권황안송류유홍전고문양손배백허남심노하곽성차주우구민나지엄채원천방공현함변염여추도소석선설마길"
    "연표명기반금옥육인맹제모국태탁은편용예봉경부황보"
)
"""The commonest first."""
_GIVEN: Final = (
    "가강건겸경계고곤관광구국권규균근금기길나남녀노다단담대덕도동두라란래량려련렬령례로룡류률리린림만명모무문미민배백범별병보복봉"
    "부분비빈산삼상새서석선설섭성세소송수숙순술슬승시식신실심아안애양언여연열엽영예오옥온완용우욱운웅원월위유윤율은을의이익인일"
    "임자장재전점정제조종주준중지진찬창채천철청초총추춘충치칠탁태택평표풍필하학한해향허헌혁현형혜호홍화환황회효후훈휘희흥"
)
_ALL: Final = _FAMILIES + _GIVEN
BETWEEN: Final = "'"
"""What stands between the syllables of a given name; it has no sound."""
_FIRST_FAMILY: Final = 30_000
"""Numbers of Korean families begin here, behind those of other known names."""
FIRST_GIVEN: Final = 31_000
"""Numbers of Korean given names begin here; they end before those of families named after a forefather."""
_SYLLABLE: Final = re.compile(
    r"(?P<first>kk|tt|pp|ss|jj|tch|ch|sh|rh|[kgtdpbsjrlnmh]|)"
    r"(?P<vowel>yeo|yae|wae|eui|woo|oo|ou|ee|eo|eu|ae|ai|ya|yo|you|yu|yi|ye|wa|wo|we|wi|wu|oe|oi|ui|a|e|i|o|u)"
    r"(?P<last>ng|rk|[kgntdlrmpbh]|)"
)
_FIRST: Final = {"kk": "k", "g": "k", "tt": "t", "d": "t", "pp": "p", "b": "p", "ss": "s", "sh": "s", "jj": "ch", "tch": "ch",
                 "j": "ch", "l": "r", "rh": "r"}  # fmt: skip
_VOWEL: Final = {"yeo": "yo", "eui": "ui", "woo": "u", "oo": "u", "ou": "u", "wu": "u", "ee": "i", "yi": "i", "eo": "o", "eu": "u",
                 "ae": "ai", "yae": "yai", "wae": "wai", "you": "yu", "oi": "we", "oe": "we"}  # fmt: skip
"""Vowels in one spelling, none of which `sound` reads as another: Paek is not Pak, nor Choe Cho."""
_LAST: Final = {"g": "k", "rk": "k", "d": "t", "r": "l", "b": "p", "h": ""}


@lru_cache(maxsize=1 << 14)
def one_spelling(word: str) -> str:
    """Return a syllable in the spelling that stands for all of its romanisations; empty where it cannot be Korean."""
    found = _SYLLABLE.fullmatch(word)
    if found is None:
        return ""
    first, vowel, last = (found.group(part) for part in ("first", "vowel", "last"))
    first, last = _FIRST.get(first, first), _LAST.get(last, last)
    vowel = "o" if vowel == "u" and found.group("last") == "h" else _VOWEL.get(vowel, vowel)
    if last == "ng" or (vowel == "yu" and last == "n"):
        vowel = {"u": "o", "yu": "yo"}.get(
            vowel, vowel
        )  # Sung, Kyung and Hyun are 성, 경 and 현 more often than 숭 and 흉
    if vowel == "ui" and first:
        vowel = "i"  # 희 is Hui, Hŭi and Hee
    if first == "r":
        first = "" if vowel[0] in "iy" else "n"  # the South drops what the North keeps at the head of a word
    return first + vowel + last if first + vowel + last != "i" else "ri"


@cache
def _known(hangul: str) -> frozenset[str]:
    return frozenset(one_spelling(latin(letter, Script.HANGUL)) for letter in hangul)


@lru_cache(maxsize=1 << 14)
def _syllables(word: str) -> tuple[str, ...]:
    """Return a word as one or two known syllables, as they are written, the family's among them; empty where it is none."""
    if one_spelling(word) in _known(_ALL):
        return (word,)
    if is_given(fold(word)):
        return ()  # Anna
    given = _known(_GIVEN)
    cuts = ((word[:at], word[at:]) for at in range(len(word) - 1, 1, -1))
    return next(
        ((one, other) for one, other in cuts if one_spelling(one) in given and one_spelling(other) in given), ()
    )


def number(word: str) -> int:
    """Return the number that stands for a family's syllable or a given name in all their spellings, -1 where it is none."""
    places = [_places().get(one_spelling(syllable), 0) for syllable in word.split(BETWEEN)]
    if not all(places):
        return -1
    if len(places) == 1:
        return _FIRST_FAMILY + places[0]
    count, value = len(_places()), 0
    for place in reversed(places):
        value = value * count + place
    return FIRST_GIVEN + value


@cache
def _ranks() -> dict[str, int]:
    """Return the families, and which are the commoner ones: where both ends of a name could be one, the commoner is."""
    ranks: dict[str, int] = {}
    for at, letter in enumerate(_FAMILIES):
        ranks.setdefault(one_spelling(latin(letter, Script.HANGUL)), at)
    return ranks


@cache
def _places() -> dict[str, int]:
    return {syllable: at for at, syllable in enumerate(("", *sorted(_known(_ALL))))}


def is_family(word: str) -> bool:
    """Return whether a word in Latin letters may be a Korean family."""
    return one_spelling(word) in _ranks()


def family_and_given(words: list[str]) -> list[str]:
    """Return a Korean name's family and its given name, the two syllables of which are one word; empty where it is none.

    Args:
        words: the words of a name in lower-case Latin letters, titles left out.
    """
    # The family stands at one end, in a word of its own: most names of the world are told apart by this alone.
    if not 1 < len(words) <= SYLLABLES or not any(is_family(words[end]) for end in (0, -1)):
        return []
    found = []
    for word in words:
        found.append(_syllables(word))
        if not found[-1]:
            return []
    flat = [syllable for some in found for syllable in some]
    if len(flat) != SYLLABLES:
        return []
    ends = [at for at in (0, -1) if len(found[at]) == 1 and one_spelling(flat[at]) in _ranks()]
    if not ends:
        return []
    at = min(ends, key=lambda end: _ranks()[one_spelling(flat[end])])
    given = flat[1:] if at == 0 else flat[:-1]
    return [flat[at], BETWEEN.join(given)]
