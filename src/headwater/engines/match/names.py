"""A name as parts: what a listed or asked name says, part by part, whatever its script, order and punctuation."""

import re
import unicodedata
from enum import IntEnum
from functools import lru_cache
from typing import Final, NamedTuple

import msgspec

from headwater.engines.match import arabic_names, business_words, chinese_names, korean_names, words
from headwater.engines.match.given import is_given
from headwater.engines.match.script import Script, latin, script_of, stripped
from headwater.engines.match.sound import bones_of, fold
from headwater.engines.match.syllabics import latin_syllables

MAX_NAME_LENGTH: Final = 400
"""Letters of a name that is screened; a longer text is no name and is reported as not screenable."""


class Kind(IntEnum):
    """How much a part of a name says by its kind."""

    WORD = 0
    GIVEN = 1
    INITIAL = 2
    BUSINESS = 3
    FORM = 4
    SMALL = 5
    KOREAN = 6
    CHINESE = 7


KIND_RARITY: Final = {
    Kind.WORD: 1.0,
    Kind.GIVEN: 0.75,
    Kind.INITIAL: 0.3,
    Kind.BUSINESS: 0.45,
    Kind.FORM: 0.12,
    Kind.SMALL: 0.1,
    Kind.KOREAN: 0.75,
    Kind.CHINESE: 0.75,
}
"""The most that a part of each kind can count for. Set by hand on the fitting half; see `weights`."""


class Part(msgspec.Struct, frozen=True, gc=False):
    """One part of a name.

    Attributes:
        text: lower-case Latin with diacritics; the characters of Chinese names; the original letters where no table spells them.
        plain: the same without diacritics; of Chinese names the characters.
        sound: one letter a sound.
        bones: consonants only.
        kind: what sort of word it is.
        arabic: whether it was written in Arabic script, without short vowels.
    """

    text: str
    plain: str
    sound: str
    bones: str
    kind: Kind
    arabic: bool


class Name(msgspec.Struct, frozen=True, gc=False):
    """A name, with the parts that say something.

    Attributes:
        text: as it was given.
        parts: in the order given; titles and particles left out where anything else remains.
        script: the script it was written in.
        joined: the sounds of all parts, run together.
    """

    text: str
    parts: tuple[Part, ...]
    script: Script
    joined: str

    @property
    def telling(self) -> bool:
        """Whether it says more than what many names share."""
        return any(
            one.kind in _TELLING and (len(one.text) >= _LEAST_TELLING or one.kind is _OF_CHINESE) for one in self.parts
        )


_TELLING: Final = frozenset({Kind.WORD, Kind.GIVEN, Kind.KOREAN, Kind.CHINESE})
# A member of an enumeration is read much quicker by a name of its own than through its class.
_OF_WORD: Final = Kind.WORD
_OF_GIVEN: Final = Kind.GIVEN
_OF_INITIAL: Final = Kind.INITIAL
_OF_BUSINESS: Final = Kind.BUSINESS
_OF_FORM: Final = Kind.FORM
_OF_SMALL: Final = Kind.SMALL
_OF_CHINESE: Final = Kind.CHINESE
_HANGUL: Final = Script.HANGUL
_CHINESE: Final = Script.CHINESE
_LEAST_TELLING: Final = 3


class Weighed(NamedTuple):
    """A name with how much each of its parts says, and whether it is a weak alias."""

    name: Name
    rarity: tuple[float, ...]
    weak: bool = False


_ALSO: Final = r"(?:[afn]\.?k\.?a\b\.?|[afn]/k/a\b|also known as\b|alias\b|formerly\b)"
_IN_BRACKETS: Final = re.compile(rf"[(\[]\s*{_ALSO}[\s:]*([^()\[\]]+)[)\]]", re.IGNORECASE)
"""A second name that a list gives behind the first: X (a.k.a. 'Y')."""
_SEVERAL: Final = re.compile(
    r"\s*;\s*|(?<=\w\w\w)\s*/\s*(?=\w\w\w\w)|[\s,]+(?:[afn]\.k\.a\.?|[afn]/k/a|also known as)[\s:]+", re.IGNORECASE
)
"""What stands between several names in one text."""
_SMALL: Final = words.PARTICLES | words.TITLES
_MAY_TELL_SEVERAL: Final = re.compile(r"[;/(\[]|known as|k\.a", re.IGNORECASE)
_QUOTES: Final = " ,.\"'`’‘“”«»"
_SILENT: Final = re.compile("['`’‘ʼʻʿʾ´\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeffـ]")
_CAMEL: Final = re.compile(r"(?<=[a-zà-öø-ÿ])(?=[A-ZÀ-ÖØ-Þ][a-zA-Z])")
_WORD: Final = re.compile(r"[^\W_]+|&")
_AND: Final = frozenset("&")
"""The one word of no letter or figure."""
_DOTTED: Final = re.compile(r"\b[^\W\d_]\.")
"""An initial, by its full stop."""
_MIXED: Final = re.compile(r"[0-9][^\W\d_]|[^\W\d_][0-9]")
_FIGURES: Final = str.maketrans("013459", "oieasg")
"""Figures that stand for letters in a person's name, by optical reading or on purpose."""
_SERVANT: Final = frozenset(
    {"abd", "abdul", "abdel", "abdal", "abdol", "abdoul", "abdur", "abdus", "abdu", "bd", "abed"}
)
_ARTICLE: Final = frozenset(
    [
        "al",
        "el",
        "ul",
        "ur",
        "er",
        "ar",
        "as",
        "es",
        "us",
        "ad",
        "ed",
        "ud",
        "an",
        "en",
        "un",
        "az",
        "ez",
        "uz",
        "at",
        "et",
        "ut",
        "ash",
        "esh",
        "ush",
    ]
)
_BARE_ENDINGS: Final = dict.fromkeys(("din", "deen", "dine", "eddine", "dyn"), "uddin") | {
    "lah": "ullah",
    "llah": "ullah",
}
_ABU: Final = frozenset({"abu", "abou", "aboo", "ابو", "أبو", "ابي", "أبي"})
_BAKR: Final = dict.fromkeys(("bakr", "bakar", "baker", "bekr", "bakir"), "abubakr") | dict.fromkeys(
    ("بكر", "بکر"), "ابوبكر"
)
_ENDINGS: Final = {
    **dict.fromkeys(
        ("aldin", "eldin", "uddin", "eddin", "eddine", "aldeen", "eldeen", "uddeen", "addin", "dyn"), "uddin"
    ),
    **dict.fromkeys(("allah", "ullah", "allh", "ollah", "llah"), "ullah"),
}
"""Words that make one name with the word before them; dyn and allh are how Arabic script spells them."""
_MAY_BE_JOINED: Final = _SERVANT | _ENDINGS.keys() | _ARTICLE
COMPANIONS: Final = _MAY_BE_JOINED | _SMALL | _BAKR.keys()
"""Words of a person's name that are left out, or read together with the word beside them."""
_GOD_ENDING: Final = {"allh": "lah", "allah": "lah", "ullah": "lah", "lah": "lah"}


def clean(text: str) -> str:
    """Return a name in one Unicode form, silent signs gone."""
    if text.isascii():
        return text.replace("'", "").replace("`", "")
    text = _SILENT.sub("", unicodedata.normalize("NFKC", text))
    if script_of(text).arabic:
        return "".join(letter for letter in text if not unicodedata.combining(letter))
    return text


def parse_all(text: str, *, person: bool) -> list[tuple[Name, bool]]:
    """Return the names in one text of a list entry, and of each whether it is weak: a person's by one word alone.

    The first is the whole text; others stand where it tells several, as "X (a.k.a. 'Y')" and "X/Y" do. What is left of a
    cut must say something on its own: "Import/Export" is one.
    """
    whole = parse(text, person=person)
    if whole is None:
        return []
    if not _MAY_TELL_SEVERAL.search(text):
        return [(whole, False)]
    inner = [found.strip(_QUOTES) for found in _IN_BRACKETS.findall(text)]
    outer = _SEVERAL.split(_IN_BRACKETS.sub(" ", text))
    some = [name for one in (*outer, *inner) if (name := parse(one.strip(_QUOTES), person=person)) and name.telling]
    if len(some) < max(2, len(outer) + len(inner)):
        return [(whole, False)]
    return [(whole, False), *((name, person and len(name.parts) == 1) for name in some)]


def parse(text: str, *, person: bool) -> Name | None:
    """Return the parts of a name; None where no letter or figure remains or the text is too long to be a name."""
    if len(text) > MAX_NAME_LENGTH:
        return None
    tidy = clean(text)
    script = script_of(tidy)
    if script is _CHINESE:
        return _chinese(text, tidy.casefold(), person=person)
    return _by_words(text, tidy, script, person=person)


def _by_words(text: str, tidy: str, script: Script, *, person: bool) -> Name | None:
    if script.syllabic:
        tidy = latin_syllables(tidy)
    if person and script is _HANGUL and len(tidy) == korean_names.SYLLABLES:
        tidy = f"{tidy[0]} {tidy[1:]}"  # written in one word, the family first
    if person and tidy.count(",") == 1:
        tidy = " ".join(reversed(tidy.split(",")))
    found = _WORD.findall(words.without_vessel_prefix(_CAMEL.sub(" ", tidy).casefold()))
    if _AND.issuperset(found):
        return None
    if person and not _BAKR.keys().isdisjoint(found):
        found = _one_word(found)
    arabic = script.arabic
    if person and arabic:
        found = [words.ARABIC_TITLES.get(word, word) for word in found]
    spelled = found if tidy.isascii() else _spelled(found, script)
    if person:
        spelled = [word if word.isalpha() or not _MIXED.search(word) else word.translate(_FIGURES) for word in spelled]
    korean = korean_names.family_and_given([word for word in spelled if word not in words.TITLES]) if person else []
    if korean:
        parts = tuple([part_of(word, Kind.KOREAN, arabic=False) for word in korean])
        return Name(text, parts, script, "".join([one.sound for one in parts]))
    listed = _person(spelled, arabic=arabic, dotted=_is_dotted(tidy)) if person else _organisation(spelled)
    parts = tuple([part(word, person=person, arabic=arabic) for word in listed])
    return Name(text, parts, script, "".join([one.sound for one in parts])) if parts else None


def _chinese(text: str, tidy: str, *, person: bool) -> Name | None:
    """Return the parts of a name in Chinese characters, each of which keeps them beside what is read from them."""
    words_read = (chinese_names.person if person else chinese_names.organisation)(tidy)
    found = {word.latin if word.characters else in_latin(word.latin, _CHINESE): word for word in words_read}
    if _AND.issuperset(found):
        return None
    parts = []
    for spelled in found if person else _organisation(list(found)):
        word = found.get(spelled)
        if word is None or not word.characters:
            parts.append(part(spelled, person=person, arabic=False))
            continue
        sound, kind = (word.heard, _OF_WORD) if word.heard else (fold(word.latin), _OF_CHINESE)
        parts.append(Part(word.characters, word.characters, sound, bones_of(sound), kind, arabic=False))
    return Name(text, tuple(parts), _CHINESE, "".join([one.sound for one in parts]))


def words_between(text: str) -> list[str]:
    """Return the words of a text between signs, as they are written; none where a silent sign is among them."""
    if text.isascii():
        silent = "'" in text or "`" in text
    else:
        silent = _SILENT.search(text) is not None or not unicodedata.is_normalized("NFKC", text)
    return [] if silent else _WORD.findall(text)


def _is_dotted(text: str) -> bool:
    return "." in text and _DOTTED.search(text) is not None


def _one_word(found: list[str]) -> list[str]:
    """Return the words with Abu Bakr as one: a given name, where Abu is elsewhere what others call a father."""
    out: list[str] = []
    for word in found:
        if out and word in _BAKR and out[-1] in _ABU:
            out[-1] = _BAKR[word]
        else:
            out.append(word)
    return out


def _spelled(found: list[str], script: Script) -> list[str]:
    """Return the words in Latin letters, without those of which nothing is left."""
    spelled = [word if word.isascii() else in_latin(word, script) for word in found]
    return [word for word in spelled if word]


@lru_cache(maxsize=1 << 16)
def in_latin(word: str, whole: Script) -> str:
    """Return a lower-case word in Latin letters, read in the language that the whole name gives away."""
    return unicodedata.normalize("NFC", latin(word, _script_of_word(word, whole)))


def _person(spelled: list[str], *, arabic: bool, dotted: bool) -> list[str]:
    if not arabic and _MAY_BE_JOINED.isdisjoint(spelled) and _are_plain(spelled):
        return list(dict.fromkeys([arabic_names.one_spelling(word, arabic=False) for word in spelled]))
    small = [_is_small(spelled, at, arabic=arabic, dotted=dotted) for at in range(len(spelled))]
    joined: list[str] = []
    at = 0
    while at < len(spelled):
        word = spelled[at]
        after = at + 1
        if word in _SERVANT:
            while after < len(spelled) - 1 and spelled[after] in _ARTICLE:
                after += 1
            if after < len(spelled) and not small[after]:
                word = "abdul" + _GOD_ENDING.get(spelled[after], spelled[after])
                after += 1
        ending = _ending(spelled, after)
        if ending and len(word) > 1 and not small[at]:
            word += ending[0]
            after = ending[1]
        if after > at + 1 or not small[at]:
            joined.append(arabic_names.one_spelling(word, arabic=arabic))
        at = after
    kept = joined if any(len(word) > 1 for word in joined) else spelled
    return list(dict.fromkeys(kept))


def _are_plain(spelled: list[str]) -> bool:
    """Return whether nothing but words of two letters and more is there, none of them small."""
    return "".join(spelled).isascii() and min(map(len, spelled), default=0) > 1 and _SMALL.isdisjoint(spelled)


def _is_small(spelled: list[str], at: int, *, arabic: bool, dotted: bool) -> bool:
    """Return whether a word is a title or a particle, and no name or initial that is written alike.

    In Arabic script short vowels are missing, so that names look like Latin particles (Omar is "mr"). A single letter joins
    names only where it stands between two of them.
    """
    word = spelled[at]
    if arabic:
        return word in words.ARABIC_SMALL
    if len(word) == 1:
        between = 0 < at < len(spelled) - 1 and len(spelled[at - 1]) > 1 and len(spelled[at + 1]) > 1
        return word in words.PARTICLES and between and not dotted
    return word in _SMALL or (not word.isascii() and stripped(word) in words.TITLES)


def _script_of_word(word: str, whole: Script) -> Script:
    """Return the script of one word; a Cyrillic or Arabic word is read in the language that the whole name gives away."""
    own = script_of(word)
    return whole if (own.cyrillic and whole.cyrillic) or (own.arabic and whole.arabic) else own


def _ending(spelled: list[str], at: int) -> tuple[str, int] | None:
    """Return the ending that makes one name with the word before it (-ullah, -uddin), and where it ends."""
    if at < len(spelled) and spelled[at] in _ENDINGS:
        return _ENDINGS[spelled[at]], at + 1
    if at + 1 < len(spelled) and spelled[at] in _ARTICLE and spelled[at + 1] in _BARE_ENDINGS:
        return _BARE_ENDINGS[spelled[at + 1]], at + 2
    return None


def _organisation(spelled: list[str]) -> list[str]:
    together: list[str] = []
    run = False
    for word in spelled:
        single = len(word) == 1 and word.isalpha()
        if single and run:
            together[-1] += word
        else:
            together.append(word)
        run = single
    plain = business_words.legal_forms([stripped(word) for word in together])
    kept = business_words.in_english(business_words.plain_numbers(plain))
    telling = [word for word in kept if word not in business_words.JOINING]
    return list(dict.fromkeys(telling or kept))


@lru_cache(maxsize=1 << 16)
def part(word: str, *, person: bool, arabic: bool) -> Part:
    """Return one part of a name, with everything that is compared."""
    return part_of(word, _kind(stripped(word), fold(word), person=person, arabic=arabic), arabic=arabic)


def part_of(word: str, kind: Kind, *, arabic: bool) -> Part:
    """Return one part of a name whose kind is known."""
    if kind is _OF_FORM:
        return Part(word, word, word, word, kind, arabic)
    sound = fold("'".join(word) if arabic else word)  # letters of Arabic script never make one sound of two
    return Part(word, stripped(word), sound, bones_of(sound), kind, arabic)


def _kind(plain: str, sound: str, *, person: bool, arabic: bool) -> Kind:
    if person:
        if len(plain) == 1 and plain.isascii():
            return _OF_INITIAL
        if plain in words.ARABIC_SMALL if arabic else plain in words.PARTICLES or plain in words.TITLES:
            return _OF_SMALL
        return _OF_GIVEN if is_given(sound) else _OF_WORD
    if plain in business_words.FORMS:
        return _OF_FORM
    return _OF_BUSINESS if plain in business_words.COMMON_BUSINESS_WORDS else _OF_WORD
