"""The command line in Serbian and Albanian: every command and every error is told, and documents stay as they are."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from headwater import errors
from headwater.cli import VERBS, main
from headwater.cli.words import dressed, said, spoken, told, words

TAGS = ("sr-Cyrl", "sr-Latn", "sq")
CYRILLIC = re.compile("[А-я]")


@pytest.fixture
def serbian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "sr_RS.UTF-8")


def commands(command: click.Command = main, path: str = "headwater") -> Iterator[tuple[str, str]]:
    yield path, " ".join((command.help or "").split("\n\n")[0].split())
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from commands(below, f"{path} {name}")


def kinds() -> list[type[errors.HeadwaterError]]:
    found = [getattr(errors, name) for name in errors.__all__]
    return [one for one in found if isinstance(one, type) and issubclass(one, errors.HeadwaterError)]


@pytest.mark.parametrize(
    ("environ", "tag"),
    [
        ({"LANG": "sr_RS.UTF-8"}, "sr-Cyrl"),
        ({"LANG": "sr_RS@latin"}, "sr-Latn"),
        ({"LANG": "sr_ME.UTF-8"}, "sr-Latn"),
        ({"LC_MESSAGES": "sq_XK", "LANG": "sr_RS"}, "sq"),
        ({"LC_ALL": "en_GB.UTF-8", "LANG": "sq_AL"}, "en"),
        ({"LC_ALL": "", "LANG": "sq"}, "sq"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "sqz"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_that_of_the_locale(environ: dict[str, str], tag: str) -> None:
    assert spoken(environ) == tag


@pytest.mark.parametrize("tag", TAGS)
def test_every_command_and_every_verb_of_the_list_is_told(tag: str) -> None:
    wanted = {text: path for path, text in commands()} | {text: verb for verb, text in VERBS.items()}
    assert {path for text, path in wanted.items() if text not in words(tag)} == set()


@pytest.mark.parametrize("tag", TAGS)
def test_the_meaning_of_every_error_and_what_to_do_is_told(tag: str) -> None:
    missing = set()
    for kind in kinds():
        meaning = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        bare = kind is errors.HeadwaterError
        missing |= {kind.code} if not bare and meaning not in words(tag) else set()
        missing |= {f"{kind.code}: what to do"} if kind.advice not in words(tag) else set()
    assert missing == set()


@pytest.mark.parametrize("tag", TAGS)
def test_no_word_stands_for_what_the_code_no_longer_says(tag: str) -> None:
    said_here = {text for _, text in commands()} | set(VERBS.values()) | {kind.advice for kind in kinds()}
    said_here |= {" ".join((kind.__doc__ or "").split("\n\n")[0].split()) for kind in kinds()}
    said_here |= {" ".join(part.split()) for part in (main.help or "").split("\n\n")}
    frame = {text for text in words(tag) if text not in said_here}
    assert frame == {
        "Usage:",
        "Options",
        "Commands",
        "Verbs",
        "Try: headwater demo",
        "Show this message and exit.",
        "Show the version and exit.",
        "Answer with one JSON document.",
        "The node's directory (or HEADWATER_HOME).",
        "Why; goes into the ledger.",
        "Who acts; goes into the ledger.",
        "stopped",
        "error",
        "line",
        "byte",
        "field",
    }


def test_latin_letters_are_made_from_the_cyrillic_ones() -> None:
    assert not any(CYRILLIC.search(text) for text in words("sr-Latn").values())
    assert words("sr-Cyrl")["Options"] == "Опције"
    assert words("sr-Latn")["Options"] == "Opcije"


@pytest.mark.usefixtures("serbian")
def test_an_error_says_what_it_means_and_keeps_what_is_of_its_own_case() -> None:
    error = errors.SchemaError("an impossible date", where=errors.Place("a.csv", 3, "born"))
    line = told(error)
    assert line.startswith("грешка input.schema: Облик је исправан")
    assert "[an impossible date; a.csv, ред 3, поље born]" in line
    assert line.endswith("исправите унос и прочитајте га поново")
    assert "\n" not in line


@pytest.mark.usefixtures("serbian")
def test_an_error_that_is_declared_elsewhere_has_the_meaning_of_its_family() -> None:
    class OddError(errors.LimitError):
        """A kind that no catalogue knows."""

    assert "Унос је већи" in told(OddError("too much"))


@pytest.mark.usefixtures("serbian")
def test_a_command_keeps_the_paragraphs_that_nobody_put_into_words() -> None:
    command = click.Command(
        "x", help="Show one message with its receipt; the look is logged.\n\nMore of it.\n\n\b\n  one\n  two"
    )
    assert (
        dressed(command).help
        == f"{said('Show one message with its receipt; the look is logged.')}\n\nMore of it.\n\n\b\n  one\n  two"
    )
    assert dressed(command).help == command.help


def test_a_process_speaks_albanian_and_its_document_does_not() -> None:
    command = [sys.executable, "-m", "headwater", "scan", "read", "nowhere.tif", "--json"]
    environ = {**os.environ, "LC_ALL": "sq_XK.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=environ)
    assert done.stderr.startswith("gabim input.format: Bajtët nuk janë")
    assert json.loads(done.stdout)["error"]["text"].endswith("correct the input and read it again")
    assert done.returncode == 65
    shown = subprocess.run(
        [*command[:3], "--help"], capture_output=True, text=True, encoding="utf-8", check=True, env=environ
    )
    assert shown.stdout.startswith("Përdorimi: ")
    assert "seal" in subprocess.run([*command[:3], "case", "--help"], capture_output=True, text=True, check=True).stdout
