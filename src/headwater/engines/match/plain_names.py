"""Plain names: those in which no word hangs on another, as in most. Each word is read once, and looked up from then on.

`parse` gives what `names.parse` gives, in a fraction of the time; whatever is not plain it hands on. A test holds the two
side by side.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from headwater.engines.match import business_words, korean_names, names, words
from headwater.engines.match.arabic_names import one_spelling
from headwater.engines.match.names import MAX_NAME_LENGTH, Kind, Name, Part
from headwater.engines.match.script import Script, script_of, stripped

_LATIN: Final = Script.LATIN
_FORM: Final = Kind.FORM
_LANGUAGES: Final = (Script.CYRILLIC, Script.RUSSIAN, Script.UKRAINIAN, Script.SERBIAN, Script.MACEDONIAN)
"""Languages of Cyrillic words; the last of those that a name's words show is that of the whole name. Bulgarian is none of
them: a hard sign at the end of a word tells by the letter behind it, which may be the next word's."""
_LAST_LATIN: Final = "\u02af"
_FIRST_CYRILLIC: Final = "\u0400"
_LAST_CYRILLIC: Final = "\u052f"
_LEAST: Final = 3
"""Letters of the shortest word of a person's name that is plain: shorter ones are initials, particles, prefixes of ships."""
_DROPPED: Final = Part("", "", "", "", Kind.SMALL, arabic=False)
"""Stands for a word that only joins others."""


def parse(text: str, *, person: bool) -> Name | None:
    """Return the parts of a name, as `names.parse` does."""
    if len(text) > MAX_NAME_LENGTH:
        return None
    found = text.split(" ") if person else names.words_between(text)
    script = _LATIN if text.isascii() else _language(found)
    parts = [_plain(word, script, person) for word in found]
    if None in parts:
        return names.parse(text, person=person)
    kept = {part.text: part for part in parts if part is not None and part is not _DROPPED}
    if not kept or not (person or _stand_apart(found, parts)):
        return names.parse(text, person=person)
    told = tuple(kept.values())
    return Name(text, told, script, "".join([part.sound for part in told]))


def _stand_apart(found: Sequence[str], parts: Sequence[Part | None]) -> bool:
    """Return whether no two words of an organisation's name make one, and no single letter at its end is a number."""
    letters = [word for word in found if len(word) == 1 and word.isalpha()]
    forms = [part for part in parts if part is not None and part.kind is _FORM]
    if len(letters) + len(forms) > 1 or len(found) == len(forms):
        return False
    return not letters or len(found[-1]) > 1


def _language(found: Sequence[str]) -> Script:
    """Return the language that the letters of a name's words give away; Latin where not all are Cyrillic."""
    most = 0
    for word in found:
        place = _place(word)
        if place < 0:
            return _LATIN
        most = max(most, place)
    return _LANGUAGES[most]


@lru_cache(maxsize=1 << 17)
def _place(word: str) -> int:
    """Return the place among the languages of what the letters of a word give away, -1 where it is not plainly Cyrillic."""
    if word.isascii() and word.isdigit():
        return 0
    if not word or min(word) < _FIRST_CYRILLIC or max(word) > _LAST_CYRILLIC:
        return -1
    script = script_of(word)
    return _LANGUAGES.index(script) if script in _LANGUAGES else -1


@lru_cache(maxsize=1 << 17)
def _plain(word: str, script: Script, person: bool) -> Part | None:  # noqa: FBT001 - a quarter of the time of a lookup
    """Return what a word is in whatever company; None where the words beside it may count, or another script is to be read."""
    if script is _LATIN and (not word or max(word) > _LAST_LATIN):
        return None
    if not unicodedata.is_normalized("NFKC", word) or (word[1:] != word[1:].lower() and word != word.upper()):
        return None
    spelled = word.casefold()
    if not (spelled.isalpha() or (not person and spelled.isascii() and spelled.isalnum())):
        return None
    spelled = names.in_latin(spelled, script)
    return _of_person(spelled) if person else _of_organisation(spelled)


def _of_person(word: str) -> Part | None:
    if len(word) < _LEAST or not word.isalpha() or korean_names.is_family(word):
        return None
    if word in names.COMPANIONS or stripped(word) in words.TITLES:
        return None
    return names.part(one_spelling(word, arabic=False), person=True, arabic=False)


def _of_organisation(word: str) -> Part | None:
    plain = None if words.is_vessel_prefix(word) else business_words.alone(stripped(word))
    if plain is None:
        return None
    return _DROPPED if plain in business_words.JOINING else names.part(plain, person=False, arabic=False)
