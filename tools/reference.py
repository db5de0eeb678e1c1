"""Write the reference pages from the code: commands, errors, formats, HTTP, rules and settings.

    python tools/reference.py [--check] [PAGE ...]

Nobody edits these pages by hand: the help of a command, the docstring of an error and the `doc` of a setting are the text.
With `--check` nothing is written, and the exit status says whether the pages are what the code says.
"""

import argparse
import dataclasses
import os
import sys
from collections.abc import Callable, Iterator
from enum import Enum
from inspect import cleandoc
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.reference_outside import formats_page, http_page  # noqa: E402 - found from wherever it is started

REFERENCE = ROOT / "docs" / "reference"
HELP_WIDTH = 100
NOTE = "<!-- Written by tools/reference.py from the code; change the code, then run `make docs`. -->"

ERRORS_INTRODUCTION = (
    "An error is one line on stderr, `error CODE: what; where; what to do`. The code is stable, and the exit status tells "
    "its family. Content of a record never stands in it."
)
SETTINGS_INTRODUCTION = (
    "A setting comes from the node's TOML file, is overruled by its environment variable, and that by an option on the "
    "command line. A name that is not listed here is refused. `headwater node settings --show` prints each value, where "
    "it came from, and its meaning."
)


def commands() -> Iterator[tuple[str, str]]:
    """Every command that a user can type, with its help, in the order in which `--help` lists them."""
    import click

    from headwater.cli import main
    from headwater.cli.helping import dressed

    os.environ["LC_ALL"] = "C.UTF-8"  # the reference is English, whoever writes it

    def walk(command: click.Command, name: str, parent: click.Context | None) -> Iterator[tuple[str, str]]:
        # The settings of the command itself come along, as they do when it is run.
        settings: dict[str, Any] = {**command.context_settings, "terminal_width": HELP_WIDTH, "color": False}
        context = command.context_class(command, info_name=name, parent=parent, **settings)
        yield context.command_path, command.get_help(context)
        if isinstance(command, click.Group):
            for child_name in command.list_commands(context):
                child = command.get_command(context, child_name)
                if child is not None and not child.hidden:
                    yield from walk(child, child_name, context)

    return walk(dressed(main), "headwater", None)


def commands_page() -> str:
    """The page of all commands."""
    parts = [
        f"# Commands\n\n{NOTE}\n\nEvery command takes `--help`. Exit statuses are listed with the [errors](errors.md)."
    ]
    parts += [f"## `{path}`\n\n```text\n{help_text.strip()}\n```" for path, help_text in commands()]
    return "\n\n".join(parts) + "\n"


def errors() -> list[type[Any]]:
    """Every declared error, families before their members."""
    from headwater.errors import HeadwaterError

    def walk(error: type[Any]) -> Iterator[type[Any]]:
        for child in error.__subclasses__():
            if child.__module__ == "headwater.errors":
                yield child
                yield from walk(child)

    return list(walk(HeadwaterError))


def errors_page() -> str:
    """The page of all errors."""
    parts = [f"# Errors\n\n{NOTE}\n\n{ERRORS_INTRODUCTION}"]
    for error in errors():
        advice = getattr(error, "advice", "")
        told = f"\n\nWhat to do: {advice}." if advice else ""
        parts.append(f"## `{error.code}`\n\nExit status {error.exit}. {cleandoc(error.__doc__ or '')}{told}")
    return "\n\n".join(parts) + "\n"


def settings_page() -> str:
    """The page of all settings."""
    from headwater.settings import Settings

    parts = [f"# Settings\n\n{NOTE}\n\n{SETTINGS_INTRODUCTION}"]
    for field in dataclasses.fields(Settings):
        kind = field.type if isinstance(field.type, str) else getattr(field.type, "__name__", str(field.type))
        variable = f" Environment variable `{field.metadata['env']}`." if field.metadata.get("env") else ""
        parts.append(f"## `{field.name}`\n\n{field.metadata['doc']}\n\nType `{kind}`; {default(field)}.{variable}")
    return "\n\n".join(parts) + "\n"


def default(field: dataclasses.Field[Any]) -> str:
    """What a setting is when nobody sets it."""
    value = field.default
    if field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
    if value is dataclasses.MISSING:
        return "it must be set"
    if value is None or value in ("", (), [], {}):
        return "not set by default"
    return f"by default `{value.value if isinstance(value, Enum) else value}`"


def rules_page() -> str:
    """Every rule of an agreement: the policy room writes this page itself."""
    from headwater.policy.rules.describe import describe

    return describe()


PAGES: dict[str, Callable[[], str]] = {
    "commands": commands_page,
    "errors": errors_page,
    "formats": lambda: formats_page(NOTE),
    "http": lambda: http_page(NOTE),
    "rules": rules_page,
    "settings": settings_page,
}


def main() -> int:
    """Write or check the pages that were named, or all."""
    parser = argparse.ArgumentParser(description="Write the reference pages from the code.")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when a page is not what the code says"
    )
    parser.add_argument("pages", nargs="*", metavar="PAGE", help=f"one of {', '.join(PAGES)} (default: all)")
    asked = parser.parse_args()
    stale = []
    for name in asked.pages or PAGES:
        page = REFERENCE / f"{name}.md"
        text = PAGES[name]()
        if page.is_file() and page.read_text(encoding="utf-8") == text:
            continue
        if asked.check:
            stale.append(page.name)
        else:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8")
            print(f"reference: wrote {page.name}", file=sys.stderr)
    if stale:
        print(f"reference: not what the code says: {', '.join(stale)}; run make docs", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    raise SystemExit(main())
