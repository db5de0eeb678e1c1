"""What engines and rules say, in a reader's language.

An engine writes its sentences in English, and they are kept, sent, sealed and hashed so: a finding has one text everywhere. Whoever
reads it in Serbian or Albanian is shown the same sentence by the catalogues in ``locale``, found anew from the English. Names,
numbers, codes and titles of publications in it stay, and so does every sentence that no catalogue has.
"""

import re
from functools import cache, lru_cache
from typing import Final

from headwater.model.catalogue import FOLDERS, Templates, read

PARTS: Final = ("rules", "findings", "typologies", "checks", "deliveries")
"""Files of the catalogue."""
_WITHIN: Final = r"(?:(?!\. [A-Z]).)+"
_VALUES: Final = {
    "whole": ".+",
    "any": ".+",
    "codes": r"[^()]+",
    "year": r"\d{4}",
    "day": r"\d\d?",
    "n_": r"-?[\d.,]+",
    "word_": r"\S+",
    "": _WITHIN,
}
"""What may stand in a place, by its name: nothing that reaches into another sentence, but for what is whole sentences."""
_TOLD: Final = ("whole", "words")
"""Names of places in which words of an engine stand, which are told in turn."""
_COUNTED: Final = r"\b(?:account|boat|contact|crossing|customer|day|engine|hire|hirer|hub|number|payer|payment|piece|record|seller|vehicle)s\b"
DEEPEST: Final = 6
"""How often a sentence is told within a place of another: engines go three deep, and a stranger's name could go on for ever."""
_JOINS: Final = (re.compile(r"(?<=[.?!])( )(?=[A-Z])"), re.compile(r"(; )"), re.compile(r"(, )"))
"""Where a text is taken apart that no entry fits as a whole: at sentences, then clauses, then details."""


@lru_cache(maxsize=4096)
def told(text: str, tag: str) -> str:
    """Return what an engine or a rule says in a language.

    Args:
        text: as it is kept, in English.
        tag: ``sr-Cyrl``, ``sr-Latn``, ``sq``; any other leaves it as it is.
    """
    return _told(text, tag, DEEPEST) if tag in FOLDERS else text


def _told(text: str, tag: str, deeper: int) -> str:
    """Return a text as a whole, else by its parts; what stands too deep within others stays in English."""
    own = _whole(text, tag, deeper)
    if own is not None:
        return own
    for join in _JOINS:
        pieces = join.split(text)
        own_pieces = [_told(piece, tag, deeper) for piece in pieces[::2]] if len(pieces) > 1 else pieces
        if own_pieces != pieces[::2]:
            pieces[::2] = own_pieces
            return "".join(pieces)
    return text


def _whole(text: str, tag: str, deeper: int) -> str | None:
    """Return a text for which there is one entry, with or without its full stop, beginning large or small."""
    ends = (".", "") if text.endswith(".") else ("",)
    forms = [(form.removesuffix(end), end) for form in (text, text[:1].lower() + text[1:]) for end in ends]

    def place(name: str, part: str) -> str:
        return _told(part, tag, deeper - 1) if deeper and name.startswith(_TOLD) else part

    for look in (_words(tag).get, lambda form: _templates(tag).told(form, place)):
        for form, end in forms:
            own = look(form)
            if own is not None:
                return (own if text.startswith(form[:1]) else own[:1].upper() + own[1:]) + end
    return None


@cache
def _words(tag: str) -> dict[str, str]:
    return {one: own for part in PARTS for one, own in read("headwater.node", tag, part).items()}


@cache
def _templates(tag: str) -> Templates:
    return Templates(_words(tag), _VALUES, _COUNTED)
