"""What is wrong with a command line, in the reader's language.

Click puts its sentences together before it hands them over, and a document of ``--json`` has them so. For the reader they are taken
apart again by click's own templates, which the catalogue has, and each part is told in turn. What no template knows stays.
"""

import os
from functools import cache
from typing import Final

import click

from headwater.cli.words import ENGLISH, Part, said, spoken, words
from headwater.model.catalogue import Templates

_TOLD: Final = frozenset({"message", "name", "number_type", "param_hint"})
"""Places of a template in which words stand, not what the user typed."""


def show(error: click.ClickException) -> None:
    """Write the error of a command line to standard error."""
    if spoken(os.environ) == ENGLISH or isinstance(error, click.exceptions.NoArgsIsHelpError):
        error.show()
        return
    message = said("Error: {message}", Part.USAGE).format(message=sentence(error.format_message()))
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        option = max(context.help_option_names, key=len)
        hint = said("Try '{command} {option}' for help.", Part.USAGE)
        message = f"{context.get_usage()}\n{hint.format(command=context.command_path, option=option)}\n\n{message}"
    click.echo(message, err=True)


def sentence(text: str) -> str:
    """Return what click says in the reader's language, as far as its templates are known."""
    tag = spoken(os.environ)
    known = words(tag, Part.USAGE).get(text)
    if known is not None:
        return known
    found = _templates(tag).told(text, lambda name, part: sentence(part) if name in _TOLD else part)
    return text if found is None else found


@cache
def _templates(tag: str) -> Templates:
    return Templates(words(tag, Part.USAGE))
