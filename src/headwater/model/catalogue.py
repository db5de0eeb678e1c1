"""Sentences in other languages: a catalogue's text is read, and a finished sentence is taken apart by what the catalogue has.

A catalogue is a gettext file. Its ``msgid`` may have places, ``{name}``, where values stand. Whoever makes a sentence fills the places
before the sentence is kept, sent and hashed, in English; a reader's language is found later, by matching the sentence with
the catalogue. What no entry fits stays as it is.
"""

import re
from ast import literal_eval
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final

FOLDERS: Final = {"sr-Cyrl": "sr_Cyrl", "sr-Latn": "sr_Cyrl", "sq": "sq"}
"""Folder of each language that has a catalogue; Serbian in Latin letters is made of the Cyrillic."""
ANYTHING: Final = {"": ".+"}
"""Values of places that may be any text."""
_PLACE: Final = re.compile(r"\{(\w+)(?:!r)?\}")


def entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a catalogue holds: ``msgid`` and ``msgstr`` with the lines that follow each."""
    parts: dict[str, str] = {}
    name = ""
    for line in [*text.splitlines(), ""]:
        word, gap, rest = line.partition(" ")
        if gap and word in ("msgid", "msgstr"):
            name, parts[word] = word, _string(rest)
        elif name and line.startswith('"'):
            parts[name] += _string(line)
        elif not line.strip():
            if parts.get("msgid") and parts.get("msgstr"):
                yield parts["msgid"], parts["msgstr"]
            parts, name = {}, ""


@cache
def read(package: str, tag: str, part: str) -> Mapping[str, str]:
    """Return a part of a language's catalogue by its English texts; none for English.

    Args:
        package: where ``locale/FOLDER/PART.po`` lies.
        tag: the language.
        part: name of the file.
    """
    if tag not in FOLDERS:
        return {}
    from headwater.model.packaged import packaged
    from headwater.model.serbian import latin

    found = dict(entries(packaged(package, "locale", FOLDERS[tag], f"{part}.po").decode("utf-8")))
    return {one: latin(other) for one, other in found.items()} if tag == "sr-Latn" else found


class Templates:
    """The entries of a catalogue that have places, in the order in which they are tried.

    A template is laid along a text from left to right, each piece of its own at the first place where it stands, and never
    taken back: values come from strangers, and a pattern that tries again could be kept busy for years by a long one.
    """

    def __init__(self, catalogue: Mapping[str, str], values: Mapping[str, str] = ANYTHING, counted: str = "") -> None:
        """Take a catalogue's entries.

        Args:
            catalogue: other texts by the English ones.
            values: pattern of what may stand in a place, by the beginning of the place's name, the longest first.
            counted: pattern of the plurals that stand in the singular where there is one.
        """
        with_places = sorted((one for one in catalogue if _PLACE.search(one)), key=_own, reverse=True)
        self._rows = [(_Template(one, values, counted), catalogue[one]) for one in with_places]

    def told(self, text: str, tell: Callable[[str, str], str]) -> str | None:
        """Return a text by the first template that it fits, None where none does.

        Args:
            text: in English.
            tell: returns what is to stand in a place, by the place's name and the English.
        """
        for template, own in self._rows:
            found = template.values(text)
            if found is not None:
                return own.format(**{name: tell(name, part) for name, part in found.items()})
        return None


class _Template:
    """One English text with places."""

    def __init__(self, text: str, values: Mapping[str, str], counted: str) -> None:
        parts = _PLACE.split(text)
        self._certain = _longest(parts[::2])
        pieces = [re.sub(counted, r"\g<0>?", re.escape(part)) if counted else re.escape(part) for part in parts[::2]]
        self._first = re.compile(pieces[0])
        self._rest = [re.compile(piece) for piece in [*pieces[1:-1], rf"{pieces[-1]}\Z"]]
        kinds = (next(value for start, value in values.items() if name.startswith(start)) for name in parts[1::2])
        self._places = [(name, re.compile(kind, re.DOTALL)) for name, kind in zip(parts[1::2], kinds, strict=True)]

    def values(self, text: str) -> dict[str, str] | None:
        """Return what stands in the places of a text; None where it is another text."""
        begun = self._first.match(text) if self._certain in text else None
        if begun is None:
            return None
        found, at = dict[str, str](), begun.end()
        for (name, kind), piece in zip(self._places, self._rest, strict=True):
            next_piece = piece.search(text, at + 1)
            if next_piece is None or not kind.fullmatch(text, at, next_piece.start()):
                return None
            found[name] = text[at : next_piece.start()]
            at = next_piece.end()
        return found


def _string(quoted: str) -> str:
    return literal_eval(quoted) if "\\" in quoted else quoted.strip()[1:-1]


def _own(template: str) -> tuple[int, int]:
    """Return how much a template says itself: before its first place, since that is the outer sentence, and in all."""
    parts = _PLACE.split(template)[::2]
    return len(parts[0]), sum(map(len, parts))


def _longest(pieces: list[str]) -> str:
    """Return what is in every text of a template: its longest word, in the singular."""
    return max(re.split(r"\W+", " ".join(pieces)), key=len).removesuffix("s")
