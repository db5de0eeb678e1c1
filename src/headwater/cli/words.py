"""The languages of the command line: Serbian and Albanian beside English.

English stands in the code; the other words in ``locale/*/*.po``, by hand, Serbian in Cyrillic; in Latin letters it is made. Which
language it is says the reader's locale, as POSIX has it: LC_ALL, else LC_MESSAGES, else LANG. Each part of a catalogue is read
when the first word of it is needed, and none for English.

One rule says what is told in which language. Help, and what is wrong, are for a person and are always told in the reader's
language. A command's answer is, where it goes to a terminal; in a pipe or a file it is English, for what reads it there may be
a program. Documents (``--json``), codes, exit statuses and what an error says about its own case are the same everywhere.
"""

import os
import sys
from collections.abc import Mapping
from enum import StrEnum
from typing import Final, TextIO

from headwater.errors import NOWHERE, HeadwaterError, Place

ENGLISH: Final = "en"
_SERBIAN_IN_LATIN: Final = ("latn", "latin", "_me")


class Part(StrEnum):
    """What a file of a catalogue tells."""

    COMMANDS = "commands"
    """What commands do, and the frame of a help page."""
    OPTIONS = "options"
    """What options mean."""
    USAGE = "usage"
    """What is wrong with a command line."""
    ANSWERS = "answers"
    """What commands answer, and what progress bars say."""
    ERRORS = "errors"
    """What errors mean, and what to do."""
    DEMO = "demo"
    """What the exercise tells."""


def spoken(environ: Mapping[str, str]) -> str:
    """Return the tag of the language that a reader's locale asks for; English for one that there is not."""
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "").lower()
    if locale.startswith(("sr_", "sr@", "sr.")) or locale == "sr":
        return "sr-Latn" if any(part in locale for part in _SERBIAN_IN_LATIN) else "sr-Cyrl"
    return "sq" if locale[:2] == "sq" and not locale[2:3].isalpha() else ENGLISH


def words(tag: str, part: Part) -> Mapping[str, str]:
    """Return the words of a part of a language by the English ones; none for English."""
    if tag == ENGLISH:
        return {}
    from headwater.model.catalogue import read

    return read("headwater.cli", tag, part)


def said(text: str, part: Part) -> str:
    """Return a text in the reader's language, in English where it has none."""
    return words(spoken(os.environ), part).get(text, text)


def shown(text: str, /, **values: object) -> str:
    """Return a line of a command's answer, its ``{names}`` filled in: in the reader's language on a terminal, else in English.

    Args:
        text: the line in English, as the catalogues have it.
        values: what stands in the places of the names.
    """
    return _filled(text, values, sys.stdout)


def warned(text: str, /, **values: object) -> str:
    """Return a line that goes to standard error beside an answer, by the same rule."""
    return _filled(text, values, sys.stderr)


def sentence(text: str) -> str:
    """Return what an engine or a rule says, by the same rule: in the reader's language on a terminal, else as it is kept."""
    tag = spoken(os.environ)
    if tag == ENGLISH or not sys.stdout.isatty():
        return text
    from headwater.node.telling import told as said_by_engine

    return said_by_engine(text, tag)


def recounted(text: str, stream: TextIO) -> str:
    """Return what the exercise tells, by the same rule: as a whole, else sentence by sentence, with what engines say in it."""
    tag = spoken(os.environ)
    if tag == ENGLISH or not stream.isatty():
        return text
    from headwater.cli.narration import narrated

    return narrated(text, tag)


def scored(score: float, digits: int = 3) -> str:
    """Return a score as commands show it: what is not certain never looks so."""
    from headwater.model.finding import told_score

    return f"{told_score(score, digits):.{digits}f}"


def later(text: str) -> str:
    """Return a text as it is: one that is shown later, named here so that the catalogues are held to have it."""
    return text


def told(error: HeadwaterError) -> str:
    """Return an error as one line: code, what it means, what was wrong and where, what to do."""
    if spoken(os.environ) == ENGLISH:
        return f"error {error.code}: {error}"
    meaning = next((known for known in map(_meaning, type(error).__mro__) if known), "")
    what = "; ".join([" ".join(error.what.split()), *_place(error.where)])
    middle = f"{meaning} [{what}]" if meaning else what
    return f"{said('error', Part.ERRORS)} {error.code}: {middle}; {said(' '.join(error.fix.split()), Part.ERRORS)}"


def _filled(text: str, values: Mapping[str, object], stream: TextIO) -> str:
    own = said(text, Part.ANSWERS) if stream.isatty() else text
    return own.format(**values) if values else own


def _meaning(kind: type) -> str:
    plain = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    known = said(plain, Part.ERRORS)
    return "" if known == plain else known


def _place(where: Place) -> list[str]:
    if str(where) == NOWHERE:
        return []
    named = (("line", where.line), ("byte", where.offset), ("field", where.field))
    parts = [
        *([where.file] if where.file else []),
        *(f"{said(name, Part.ERRORS)} {value}" for name, value in named if value is not None),
    ]
    return [", ".join(" ".join(part.split()) for part in parts)]
