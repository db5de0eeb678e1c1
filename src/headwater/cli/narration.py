"""What the exercise tells, in a reader's language: found anew from the finished English sentence by a catalogue with places."""

import re
from functools import cache
from typing import Final

from headwater.cli.words import Part, words
from headwater.model.catalogue import Templates
from headwater.node.telling import told

_VALUES: Final = {"count": r"\S+", "word_": r"\S+", "": ".+"}
"""What may stand in a place, by the beginning of its name."""
_SENTENCES: Final = re.compile(r"(?<=[.?!])( )(?=[A-Z'\d])")


def narrated(text: str, tag: str) -> str:
    """Return a text of the exercise in a language.

    Args:
        text: in English.
        tag: ``sr-Cyrl``, ``sr-Latn`` or ``sq``.
    """
    own = _whole(text, tag)
    if own is not None:
        return own
    pieces = _SENTENCES.split(text)
    pieces[::2] = [_whole(piece, tag) or told(piece, tag) for piece in pieces[::2]]
    return "".join(pieces)


def _whole(text: str, tag: str) -> str | None:
    def place(name: str, part: str) -> str:
        if name.startswith("own"):
            return narrated(part, tag)
        return told(part, tag) if name.startswith("words") else part

    return words(tag, Part.DEMO).get(text) or _templates(tag).told(text, place)


@cache
def _templates(tag: str) -> Templates:
    return Templates(words(tag, Part.DEMO), _VALUES)
