"""The command line in Serbian and Albanian: every command and every error is told, and documents stay as they are."""

import ast
import csv
import json
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from headwater import errors
from headwater.cli import VERBS, door, main, usage
from headwater.cli.helping import dressed
from headwater.cli.progress import bar
from headwater.cli.words import Part, said, shown, spoken, told, words
from headwater.exchange.partners import State as PartnerState
from headwater.model.decision import Verb
from headwater.policy.agreement import AgreementState
from headwater.policy.rules.rule import Outcome

TAGS = ("sr-Cyrl", "sr-Latn", "sq")
CYRILLIC = re.compile("[А-я]")
FIELD = re.compile(r"\{(\w+)[^}]*\}")
CLI = Path(door.__file__).parent
FRAME = {"Usage:", "Options", "Commands", "Verbs", "Example:", "Try: headwater demo"}
"""What a help page says of itself."""
BEHIND = {"required", "default:", "Show this message and exit."}
"""What click puts behind the help of an option, and beside the options."""
DOOR = {"stopped", "error", "line", "byte", "field", "this is a defect, please report it"}
"""What the door says around an error."""

SQL = CLI.parent / "store" / "sql"
START, RECALL = ((SQL / name).read_text(encoding="utf-8") for name in ("0001_start.sql", "0002_recall.sql"))
ALLOWED = re.compile(r"state IN \(([^)]*)\)")
STATES = (
    {state for tables in ALLOWED.findall(START) + ALLOWED.findall(RECALL) for state in re.findall(r"'(\w+)'", tables)}
    | {*PartnerState, *AgreementState, *Verb, *Outcome, "read", "accepted", "acted"}
    | {"done", "same", "different", "up", "down"}
    | {"waiting", "not-taken", "open", "partial", "clarify", "answered"}
    | {"persons-in-water", "craft-in-danger", "stopped-mid-river", "border-crossing"}
)
"""Codes that tables show: of messages, partners, agreements, requests, recalls, findings, rules and alerts."""


@pytest.fixture
def serbian(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LC_ALL", "sr_RS.UTF-8")


def walk(command: click.Command = main, path: str = "headwater") -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from walk(below, f"{path} {name}")


def commands() -> Iterator[tuple[str, str]]:
    for path, command in walk():
        for paragraph in (command.help or "").split("\n\n"):
            if "\b" not in paragraph:  # a table stays as it is
                yield path, " ".join(paragraph.split())


def options() -> Iterator[tuple[str, str]]:
    """Every sentence that the help of an option says, and what is said of a default in words."""
    for path, command in walk():
        for option in (each for each in command.params if isinstance(each, click.Option)):
            if option.help:
                yield f"{path} {option.opts[0]}", option.help
            if isinstance(option.show_default, str):
                yield f"{path} {option.opts[0]}: default", option.show_default


def answers() -> Iterator[tuple[str, str]]:
    return spoken_by("shown", "warned", "later", "bar", "bars")


def strings(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def spoken_by(*names: str) -> Iterator[tuple[str, str]]:
    """Every text in the command line's own files that is the first thing handed to one of these functions."""
    for path in sorted(CLI.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in names and node.args:
                for each in node.args:
                    if isinstance(each, ast.Constant) and isinstance(each.value, str):
                        yield f"{path.name}:{node.lineno}", each.value


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
def test_every_paragraph_of_a_command_and_every_verb_of_the_list_is_told(tag: str) -> None:
    wanted = {text: path for path, text in commands()} | {text: verb for verb, text in VERBS.items()}
    assert {path for text, path in wanted.items() if text not in words(tag, Part.COMMANDS)} == set()


@pytest.mark.parametrize("tag", TAGS)
def test_every_option_is_told(tag: str) -> None:
    assert {where for where, text in options() if text not in words(tag, Part.OPTIONS)} == set()


@pytest.mark.parametrize("tag", TAGS)
def test_every_complaint_of_our_own_about_a_command_line_is_told(tag: str) -> None:
    ours = dict(spoken_by("UsageError", "BadParameter"))
    assert ours
    assert {where for where, text in ours.items() if text not in words(tag, Part.USAGE)} == set()


@pytest.mark.parametrize("tag", TAGS)
def test_every_answer_and_every_title_of_a_progress_bar_is_told(tag: str) -> None:
    assert {where for where, text in answers() if text not in words(tag, Part.ANSWERS)} == set()


@pytest.mark.parametrize("tag", TAGS)
def test_every_state_that_a_table_shows_is_told(tag: str) -> None:
    assert STATES - set(words(tag, Part.ANSWERS)) == set()


@pytest.mark.parametrize("tag", TAGS)
def test_the_meaning_of_every_error_and_what_to_do_is_told(tag: str) -> None:
    missing = set()
    for kind in kinds():
        meaning = " ".join((kind.__doc__ or "").split("\n\n")[0].split())
        bare = kind is errors.HeadwaterError
        missing |= {kind.code} if not bare and meaning not in words(tag, Part.ERRORS) else set()
        missing |= {f"{kind.code}: what to do"} if kind.advice not in words(tag, Part.ERRORS) else set()
    assert missing == set()


@pytest.mark.parametrize("tag", TAGS)
def test_no_word_stands_for_what_the_code_no_longer_says(tag: str) -> None:
    of_commands = {text for _, text in commands()} | set(VERBS.values())
    of_errors = {" ".join((kind.__doc__ or "").split("\n\n")[0].split()) for kind in kinds()}
    of_errors |= {kind.advice for kind in kinds()}
    assert set(words(tag, Part.COMMANDS)) - of_commands == FRAME
    assert set(words(tag, Part.OPTIONS)) - {text for _, text in options()} == BEHIND
    assert set(words(tag, Part.ERRORS)) - of_errors == DOOR
    assert set(words(tag, Part.ANSWERS)) - {text for _, text in answers()} == STATES - {text for _, text in answers()}


@pytest.mark.parametrize("tag", TAGS)
def test_every_complaint_about_a_command_line_is_one_that_click_or_we_make(tag: str) -> None:
    known = "\n".join([*strings(Path(click.__file__).parent), *strings(CLI)])
    names = {each.name for each in (click.INT, click.FLOAT, click.IntRange(), click.FloatRange())}
    names |= {"File", "Directory", "Path"}  # click writes them small, and large at the head of a sentence
    stale = set()
    for template in set(words(tag, Part.USAGE)) - names:
        pieces = [piece.strip(" .,:'()") for piece in FIELD.split(template)[::2]]
        stale |= {template} if any(piece not in known for piece in pieces) else set()
    assert stale == set()


@pytest.mark.parametrize("part", Part)
@pytest.mark.parametrize("tag", TAGS)
def test_a_word_has_the_places_that_the_english_has(tag: str, part: Part) -> None:
    for text, own in words(tag, part).items():
        assert sorted(FIELD.findall(own)) == sorted(FIELD.findall(text)), text


def test_latin_letters_are_made_from_the_cyrillic_ones() -> None:
    assert not any(CYRILLIC.search(text) for part in Part for text in words("sr-Latn", part).values())
    assert words("sr-Cyrl", Part.COMMANDS)["Options"] == "Опције"
    assert words("sr-Latn", Part.COMMANDS)["Options"] == "Opcije"


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
    text = "Show one message with its receipt; the look is logged."
    command = dressed(click.Command("x", help=f"{text}\n\nMore of it.\n\n\b\n  one\n  two"))
    page = command.get_help(command.make_context("x", []))
    assert f"  {said(text, Part.COMMANDS)}\n\n  More of it.\n\n    one\n    two\n" in page
    assert command.help is not None
    assert command.help.startswith(text)


@pytest.mark.usefixtures("serbian")
def test_a_list_of_commands_says_the_whole_of_what_each_does() -> None:
    whole = click.Context(main, **main.context_settings)
    group = main.get_command(whole, "watch")
    assert isinstance(group, click.Group)
    page = group.get_help(group.make_context("watch", ["alert"], parent=whole, terminal_width=78))
    listed = page.partition("Команде:\n")[2].partition("\n\n")[0]
    assert max(map(len, listed.splitlines())) <= 78
    for name, command in group.commands.items():
        own = words("sr-Cyrl", Part.COMMANDS)[" ".join((command.help or "").split("\n\n")[0].split())]
        assert f"{name} {own}" in " ".join(listed.split())


@pytest.mark.usefixtures("serbian")
@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("send", "Недостаје аргумент 'KIND'."),
        ("send a b --agreement X", "Недостаје опција '--to'."),
        ("send a b --too", "Нема опције '--too'. Да ли сте мислили '--to'?"),
        ("inbox lst", "Нема команде 'lst'. Да ли сте мислили 'list'?"),
        ("screen --name x --top 0", "Неисправна вредност за '--top': 0 није у опсегу 1<=x<=1000."),
        ("screen --name x --top many", "Неисправна вредност за '--top': 'many' није цео број."),
        ("screen --name x --on mars", "Неисправна вредност за '--on': 'mars' није ништа од: 'here', 'spark'."),
        ("screen a.csv float", "Сувишан аргумент (float)"),
        ("screen --name x", "наведите списак са --list FORMAT:FILE, или чвор са --home"),
        ("lists make --entries 3 --out x", "Недостаје опција '--format'. Може бити:\n\tuk-csv,"),
    ],
)
def test_what_is_wrong_with_a_command_line_is_told(
    line: str, complaint: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HEADWATER_HOME", raising=False)
    with pytest.raises(SystemExit) as ended:
        main([*line.split(), "--json"])
    written = capsys.readouterr()
    assert ended.value.code == 2
    assert f"\n\nГрешка: {complaint}" in written.err
    assert "За помоћ: „" in written.err
    assert not CYRILLIC.search(written.out)


@pytest.mark.usefixtures("serbian")
def test_a_complaint_that_no_template_knows_stays_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    usage.show(click.UsageError("the moon is full"))
    assert capsys.readouterr().err == "Грешка: the moon is full\n"


@pytest.mark.usefixtures("serbian")
def test_an_option_says_what_it_is_what_its_default_is_and_whether_it_must_be_given() -> None:
    @click.command(epilog="Example: x")
    @click.option("--to", required=True, help="The partner.")
    @click.option(
        "--min-score", type=float, show_default="the node's setting, else 0.7", help="Score from which a name is a hit."
    )
    @click.option("--top", default=10, type=click.IntRange(1, 90), show_default=True, help="Most hits of one query.")
    def command() -> None: ...

    page = dressed(command).get_help(command.make_context("x", ["--to", "y"]))
    assert "Партнер.  [обавезно]" in page
    assert "[подразумевано: (подешавање чвора, иначе 0.7)]" in " ".join(page.split())
    assert "[подразумевано: 10; 1<=x<=90]" in " ".join(page.split())
    assert page.endswith("Пример: x")


def test_a_process_speaks_albanian_and_its_document_does_not() -> None:
    command = [sys.executable, "-m", "headwater", "scan", "read", "nowhere.tif", "--json"]
    environ = {**os.environ, "LC_ALL": "sq_XK.UTF-8"}
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False, env=environ)
    assert done.stderr.startswith("gabim input.format: Bajtët nuk janë")
    assert json.loads(done.stdout)["error"]["text"].endswith("correct the input and read it again")
    assert done.returncode == 65
    page = subprocess.run(
        [*command[:3], "--help"], capture_output=True, text=True, encoding="utf-8", check=True, env=environ
    )
    assert page.stdout.startswith("Përdorimi: ")
    assert "seal" in subprocess.run([*command[:3], "case", "--help"], capture_output=True, text=True, check=True).stdout


@pytest.mark.usefixtures("serbian")
def test_an_answer_is_in_the_readers_language_on_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown("message {id}", id="7") == "message 7"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert shown("message {id}", id="7") == "порука 7"
    assert shown("threshold {threshold:.4f}", threshold=0.5) == "праг 0.5000"
    assert shown("no catalogue has {this}", this="one") == "no catalogue has one"


@pytest.mark.usefixtures("serbian")
def test_a_progress_bar_has_its_title_in_the_readers_language(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    with bar("reading", "uk") as tell:
        tell(1, 2)
    assert "читање uk " in capsys.readouterr().err


def test_a_process_answers_a_terminal_in_serbian_and_a_pipe_in_english(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "headwater", "lists", "make", "--entries", "3", "--format", "uk-csv"]
    environ = {**os.environ, "LC_ALL": "sr_RS@latin"}
    ours, theirs = pty.openpty()
    path = tmp_path / "list.csv"
    subprocess.run([*command, "--out", str(path)], stdout=theirs, check=True, env=environ)
    os.close(theirs)
    written = b"".join(iter(lambda: _read(ours), b"")).decode()
    assert written == f"izmišljenih stavki: 3, u {path}\r\n"
    piped = subprocess.run([*command, "--out", str(path)], capture_output=True, text=True, check=True, env=environ)
    assert piped.stdout == f"3 invented entries in {path}\n"


def test_what_an_engine_says_is_told_on_a_terminal_and_kept_english_in_a_pipe_and_a_document(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    words = [sys.executable, "-m", "headwater"]
    make = [*words, "lists", "make", "--entries", "3", "--format", "uk-csv", "--out", str(path)]
    subprocess.run(make, capture_output=True, check=True)
    with path.open(newline="", encoding="utf-8") as stream:
        next(stream)  # the day of the list
        first = next(csv.DictReader(stream))
    name = " ".join(filter(None, (first[f"Name {number}"] for number in (1, 2, 3, 4, 5, 6))))
    screen = [*words, "screen", "--name", name, "--list", f"uk-csv:{path}"]
    environ = {**os.environ, "LC_ALL": "sr_RS.UTF-8"}
    ours, theirs = pty.openpty()
    subprocess.run(screen, stdout=theirs, check=True, env=environ)
    os.close(theirs)
    written = b"".join(iter(lambda: _read(ours), b"")).decode()
    assert "Име се слаже у " in written
    for more in ([], ["--json"]):
        piped = subprocess.run([*screen, *more], capture_output=True, text=True, check=True, env=environ).stdout
        assert "Name agrees in " in piped
        assert not CYRILLIC.search(piped)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""
