"""The command lines of headwater that the pages show, in blocks and in sentences, and what is wrong with one."""

import re
import shlex
from pathlib import Path

import click

from headwater.cli import main

BLOCK = re.compile(r"^```(sh|text|)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`]+)`")
DOCUMENT = re.compile(r"<<'?(\w+)'?\n.*?^\1$", re.MULTILINE | re.DOTALL)
CALL = re.compile(
    r"(?:^ *|[;(|&] *|\b(?:until|do|then) )(?:\S*/)?headwater ((?:[^|;&<>)#$\n]|\$(?!\())+)", re.MULTILINE
)


def shown(page: Path) -> list[list[str]]:
    """Return the words after `headwater` of every call that a page shows."""
    text = page.read_text(encoding="utf-8")
    blocks = "\n".join(DOCUMENT.sub("", found[2]).replace("\\\n", " ") for found in BLOCK.finditer(text))
    spans = [span for span in SPAN.findall(BLOCK.sub("", text)) if span.startswith("headwater ")]
    return [call for part in (blocks, *spans) for call in calls_in(part)]


def calls_in(text: str) -> list[list[str]]:
    """Return the words after `headwater` of every call in a text."""
    return [_words(found[1]) for found in CALL.finditer(text)]


def wrong(words: list[str]) -> str:
    """Return what is wrong with a call: a verb or an option that there is not; nothing where all are there."""
    command: click.Command = main
    context = click.Context(main, info_name="headwater")
    rest = list(words)
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(context, rest[0])
        if found is not None:
            rest.pop(0)
        elif (
            found := command.get_command(context, "run")
        ) is None:  # `headwater link FILE` is short for `link run FILE`
            return f"no command {rest[0]!r}"
        command, context = found, click.Context(found, info_name=found.name, parent=context)
    known = {name for each in command.get_params(context) for name in (*each.opts, *each.secondary_opts)}
    given = [word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)]
    return ", ".join(f"no option {name}" for name in given if name not in known | {"--help"})


def _words(call: str) -> list[str]:
    try:
        return shlex.split(call)
    except ValueError:
        return call.split()
