"""What is wrong with a command line, in the reader's language.

Click puts its sentences together before it hands them over, and a document of ``--json`` has them so. For the reader they are taken
apart again by click's own templates, which the catalogue has, and each part is told in turn. What no template knows stays.
"""

import os
import re
from functools import cache
from typing import Final

import click

from headwater.cli.words import ENGLISH, Part, said, spoken, words

_PLACE: Final = re.compile(r"\{(\w+)(?:!r)?\}")
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
    for template, own in _templates(tag):
        found = template.fullmatch(text)
        if found:
            return own.format(
                **{name: sentence(part) if name in _TOLD else part for name, part in found.groupdict().items()}
            )
    return text


@cache
def _templates(tag: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the sentences with places in them, in the order in which they are tried."""
    catalogue = {one: other for one, other in words(tag, Part.USAGE).items() if _PLACE.search(one)}
    return tuple((_pattern(one), catalogue[one]) for one in sorted(catalogue, key=_own, reverse=True))


def _own(template: str) -> tuple[int, int]:
    """Return how much a template says itself: before its first place, since that is the outer sentence, and in all."""
    parts = _PLACE.split(template)[::2]
    return len(parts[0]), sum(map(len, parts))


def _pattern(template: str) -> re.Pattern[str]:
    literal = iter(_PLACE.split(template))
    pattern = re.escape(next(literal))
    for name in literal:
        pattern += f"(?P<{name}>.+?){re.escape(next(literal))}"
    return re.compile(pattern, re.DOTALL)
