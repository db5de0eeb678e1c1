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
ANYTHING: Final = {"": ".+?"}
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
        package: where ``locale/FOLDER/PART.po`` lies; a wheel has it pressed (tools/catalogues.py).
        tag: the language.
        part: name of the file.
    """
    if tag not in FOLDERS:
        return {}
    from gzip import decompress
    from importlib.resources import files

    from headwater.model.serbian import latin

    folder = files(package) / "locale" / FOLDERS[tag]
    plain = folder / f"{part}.po"
    data = plain.read_bytes() if plain.is_file() else decompress((folder / f"{part}.po.gz").read_bytes())
    found = dict(entries(data.decode("utf-8")))
    return {one: latin(other) for one, other in found.items()} if tag == "sr-Latn" else found


class Templates:
    """The entries of a catalogue that have places, in the order in which they are tried."""

    def __init__(self, catalogue: Mapping[str, str], values: Mapping[str, str] = ANYTHING, counted: str = "") -> None:
        """Take a catalogue's entries.

        Args:
            catalogue: other texts by the English ones.
            values: pattern of what may stand in a place, by the beginning of the place's name, the longest first.
            counted: pattern of the plurals that stand in the singular where there is one.
        """
        with_places = sorted((one for one in catalogue if _PLACE.search(one)), key=_own, reverse=True)
        self._rows = [(_longest(one), _pattern(one, values, counted), catalogue[one]) for one in with_places]

    def told(self, text: str, tell: Callable[[str, str], str]) -> str | None:
        """Return a text by the first template that it fits, None where none does.

        Args:
            text: in English.
            tell: returns what is to stand in a place, by the place's name and the English.
        """
        for literal, pattern, own in self._rows:
            found = pattern.fullmatch(text) if literal in text else None
            if found:
                return own.format(**{name: tell(name, part) for name, part in found.groupdict().items()})
        return None


def _string(quoted: str) -> str:
    return literal_eval(quoted) if "\\" in quoted else quoted.strip()[1:-1]


def _own(template: str) -> tuple[int, int]:
    """Return how much a template says itself: before its first place, since that is the outer sentence, and in all."""
    parts = _PLACE.split(template)[::2]
    return len(parts[0]), sum(map(len, parts))


def _longest(template: str) -> str:
    """Return a piece of a template's own text that is in every sentence of it: its longest word."""
    return max(re.split(r"\W+", " ".join(_PLACE.split(template)[::2])), key=len).removesuffix("s")


def _pattern(template: str, values: Mapping[str, str], counted: str) -> re.Pattern[str]:
    pattern = ""
    for at, part in enumerate(_PLACE.split(template)):
        if at % 2 == 0:
            own = re.escape(part)
            pattern += re.sub(counted, r"\g<0>?", own) if counted else own
        else:
            value = next(value for start, value in values.items() if part.startswith(start))
            pattern += f"(?P<{part}>{value})"
    return re.compile(pattern, re.DOTALL)
