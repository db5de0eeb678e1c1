"""The languages of the command line: what a command does, and what an error means, in Serbian and Albanian too.

English stands in the code; the other words in ``locale/*.po``, by hand, Serbian in Cyrillic; in Latin letters it is made. Which
language it is says the reader's locale, as POSIX has it: LC_ALL, else LC_MESSAGES, else LANG. Documents (``--json``), codes
and exit statuses are the same in every language, and so is what an error says about its own case.
"""

import os
from ast import literal_eval
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

import click

from headwater.errors import NOWHERE, HeadwaterError, Place

_ENGLISH: Final = "en"
_FILES: Final = {"sr-Cyrl": "sr_Cyrl", "sr-Latn": "sr_Cyrl", "sq": "sq"}
_SERBIAN_IN_LATIN: Final = ("latn", "latin", "_me")


def spoken(environ: Mapping[str, str]) -> str:
    """Return the tag of the language that a reader's locale asks for; English for one that there is not."""
    locale = next((environ[name] for name in ("LC_ALL", "LC_MESSAGES", "LANG") if environ.get(name)), "").lower()
    if locale.startswith(("sr_", "sr@", "sr.")) or locale == "sr":
        return "sr-Latn" if any(part in locale for part in _SERBIAN_IN_LATIN) else "sr-Cyrl"
    return "sq" if locale[:2] == "sq" and not locale[2:3].isalpha() else _ENGLISH


@cache
def words(tag: str) -> Mapping[str, str]:
    """Return the words of a language by the English ones; none for English."""
    if tag not in _FILES:
        return {}
    from importlib.resources import files

    from headwater.model.serbian import latin

    text = (files("headwater.cli") / "locale" / f"{_FILES[tag]}.po").read_text(encoding="utf-8")
    found = dict(_entries(text))
    return {one: latin(other) for one, other in found.items()} if tag == "sr-Latn" else found


def said(text: str) -> str:
    """Return a text in the reader's language, in English where it has none."""
    return words(spoken(os.environ)).get(text, text)


def told(error: HeadwaterError) -> str:
    """Return an error as one line: code, what it means, what was wrong and where, what to do."""
    if spoken(os.environ) == _ENGLISH:
        return f"error {error.code}: {error}"
    meaning = next((known for known in map(_meaning, type(error).__mro__) if known), "")
    what = "; ".join([" ".join(error.what.split()), *_place(error.where)])
    middle = f"{meaning} [{what}]" if meaning else what
    return f"{said('error')} {error.code}: {middle}; {said(' '.join(error.fix.split()))}"


def dressed(command: click.Command) -> click.Command:
    """Let a command, and all that stand below it, say in the reader's language what they do."""
    if spoken(os.environ) != _ENGLISH:
        command.context_class = _Context
        command.help = "\n\n".join(_paragraph(part) for part in (command.help or "").split("\n\n"))
        for each in getattr(command, "commands", {}).values():
            dressed(each)
    return command


class _Formatter(click.HelpFormatter):
    """Writes the frame of a help page in the reader's language."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line of usage."""
        super().write_usage(prog, args, prefix or f"{said('Usage:')} ")

    def write_heading(self, heading: str) -> None:
        """Write a heading."""
        super().write_heading(said(heading))

    def write_dl(self, rows: Iterable[tuple[str, str | None]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write options or commands; what a default is stands behind the words."""
        parts = [(name, *(text or "").partition("  [")) for name, text in rows]
        super().write_dl([(name, f"{said(text)}{gap}{rest}") for name, text, gap, rest in parts], col_max, col_spacing)


class _Context(click.Context):
    formatter_class = _Formatter


def _entries(text: str) -> Iterator[tuple[str, str]]:
    """Yield what a catalogue holds: ``msgid`` and ``msgstr`` with the lines that follow each."""
    parts: dict[str, str] = {}
    name = ""
    for line in [*text.splitlines(), ""]:
        word, gap, rest = line.partition(" ")
        if gap and word in ("msgid", "msgstr"):
            name, parts[word] = word, literal_eval(rest)
        elif name and line.startswith('"'):
            parts[name] += literal_eval(line)
        elif not line.strip():
            if parts.get("msgid") and parts.get("msgstr"):
                yield parts["msgid"], parts["msgstr"]
            parts, name = {}, ""


def _paragraph(text: str) -> str:
    plain = " ".join(text.split())
    known = said(plain)
    return text if known == plain else known


def _meaning(kind: type) -> str:
    plain = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
    known = said(plain)
    return "" if known == plain else known


def _place(where: Place) -> list[str]:
    if str(where) == NOWHERE:
        return []
    named = (("line", where.line), ("byte", where.offset), ("field", where.field))
    parts = [
        *([where.file] if where.file else []),
        *(f"{said(name)} {value}" for name, value in named if value is not None),
    ]
    return [", ".join(" ".join(part.split()) for part in parts)]
