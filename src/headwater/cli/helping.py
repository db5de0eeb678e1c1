"""Help pages in the reader's language."""

import os
import re
from collections.abc import Iterable
from typing import Final

import click

from headwater.cli.words import ENGLISH, Part, said, spoken

_EXTRA: Final = re.compile(
    r"(?P<default>(?:^|(?<=; ))default: )(?:\((?P<phrase>[^()]+)\))?|(?P<required>required)(?=\]$)"
)
_EXAMPLE: Final = "Example:"


def dressed(command: click.Command) -> click.Command:
    """Let a command, and all that stand below it, say in the reader's language what they do."""
    command.context_class = _Context
    for each in getattr(command, "commands", {}).values():
        dressed(each)
    return command


class _Formatter(click.HelpFormatter):
    """Writes a help page in the reader's language; the commands themselves stay as they are."""

    of: click.Context | None = None
    """Whose page it is."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """Write the line of usage."""
        super().write_usage(prog, args, prefix or f"{said('Usage:', Part.COMMANDS)} ")

    def write_heading(self, heading: str) -> None:
        """Write a heading."""
        super().write_heading(said(heading, Part.COMMANDS))

    def write_text(self, text: str) -> None:
        """Write what a command does, or its example."""
        super().write_text("\n\n".join(_paragraph(part) for part in text.split("\n\n")))

    def write_dl(self, rows: Iterable[tuple[str, str | None]], col_max: int = 30, col_spacing: int = 2) -> None:
        """Write options with what each means, or commands with what each does."""
        given = [(name, text or "") for name, text in rows]
        told = [(name, _option(text) if name.startswith("-") else self._does(name, text)) for name, text in given]
        super().write_dl(told, col_max, col_spacing)

    def _does(self, name: str, text: str) -> str:
        """Return what a command does, whole: click has cut its words to one line."""
        known = said(text, Part.COMMANDS)
        if known != text or self.of is None or not isinstance(self.of.command, click.Group):
            return known
        if spoken(os.environ) == ENGLISH and not text.endswith("..."):
            return text
        command = self.of.command.get_command(self.of, name)
        if command is None:
            return text
        whole = (command.help or "").split("\n\n")[0]
        known = _paragraph(whole)
        return command.get_short_help_str(len(whole)) if known == whole else known


class _Context(click.Context):
    formatter_class = _Formatter

    def make_formatter(self) -> click.HelpFormatter:
        formatter = super().make_formatter()
        if isinstance(formatter, _Formatter):
            formatter.of = self
        return formatter


def _paragraph(text: str) -> str:
    plain = " ".join(text.split())
    if plain.startswith(_EXAMPLE):
        return said(_EXAMPLE, Part.COMMANDS) + text.lstrip().removeprefix(_EXAMPLE)
    known = said(plain, Part.COMMANDS)
    return text if known == plain else known


def _option(text: str) -> str:
    """Return what an option means; what its default is, and whether it must be given, stands behind it."""
    words, gap, extra = text.partition("  [")
    return f"{said(words, Part.OPTIONS)}{gap}{_EXTRA.sub(_extra, extra)}"


def _extra(found: re.Match[str]) -> str:
    if found["required"]:
        return said("required", Part.OPTIONS)
    phrase = f"({said(found['phrase'], Part.OPTIONS)})" if found["phrase"] else ""
    return f"{said('default:', Part.OPTIONS)} {phrase}"
