"""The door: what is declared is one line and an exit code, what is not is a defect told without content."""

import contextlib
import errno
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO

import click
import pytest

from headwater import errors
from headwater.cli import door
from headwater.cli.progress import bar
from headwater.errors import HeadwaterError, Place, SchemaError
from tests.node_world import write_report
from tests.unit.cli.conftest import Ended

CANARY = "Canary 4711"


@pytest.fixture
def through(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    def call(verb: Callable[[], object], *, as_json: bool = False) -> Ended:
        with pytest.raises(SystemExit) as ended:
            door.run(verb, as_json=as_json)
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return call


Through = Callable[..., Ended]


def raising(error: BaseException) -> Callable[[], object]:
    def verb() -> object:
        raise error

    return verb


def declared() -> list[type[HeadwaterError]]:
    return [getattr(errors, name) for name in errors.__all__ if name.endswith("Error") and name != "HeadwaterError"]


@pytest.mark.parametrize("kind", [kind for kind in declared() if kind is not errors.MissingExtraError])
def test_each_declared_error_is_one_line_and_its_exit_code(through: Through, kind: type[HeadwaterError]) -> None:
    ended = through(raising(kind("it was wrong", where=Place(file="a.csv", line=3), fix="mend it")))
    assert ended == Ended(kind.exit, "", f"error {kind.code}: it was wrong; a.csv, line 3; mend it\n")


@pytest.mark.parametrize("kind", [kind for kind in declared() if kind is not errors.MissingExtraError])
def test_each_declared_error_is_a_document_too_when_asked(through: Through, kind: type[HeadwaterError]) -> None:
    ended = through(raising(kind("it was wrong", where=Place(file="a.csv", line=3), fix="mend it")), as_json=True)
    told = {"code": kind.code, "where": "a.csv, line 3", "text": "it was wrong; mend it"}
    assert ended.document == {"ok": False, "error": told}
    assert ended.code == kind.exit
    assert len(ended.err.splitlines()) == 1


def test_a_missing_extra_says_how_to_install_it(through: Through) -> None:
    ended = through(raising(errors.MissingExtraError("match", "numpy")))
    assert ended.code == 69
    assert "headwater[match]" in ended.err


def test_an_error_stays_on_one_line_whatever_it_says(through: Through) -> None:
    ended = through(raising(SchemaError("first\nsecond", where="a\r\nb", fix="c\u2028d")))
    assert len(ended.err.splitlines()) == 1


def test_a_defect_is_told_by_its_kind_and_place_and_never_by_what_it_says(through: Through) -> None:
    ended = through(raising(RuntimeError(CANARY)))
    assert ended.code == 70
    assert CANARY not in ended.err + ended.out
    assert ended.out == ""
    assert ended.err.startswith("error internal: RuntimeError; test_door.py:")
    assert len(ended.err.splitlines()) == 1


def test_a_defect_is_a_document_too_when_asked(through: Through) -> None:
    ended = through(raising(KeyError(CANARY)), as_json=True)
    assert ended.document["error"]["code"] == "internal"
    assert CANARY not in ended.err + ended.out


def test_a_defect_shows_its_traceback_to_whoever_asks_for_it(through: Through, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEADWATER_TRACEBACK", "1")
    assert CANARY in through(raising(RuntimeError(CANARY))).err


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), click.Abort()])
def test_ctrl_c_ends_with_130(through: Through, stop: BaseException) -> None:
    assert through(raising(stop)) == Ended(130, "", "stopped\n")


def test_a_wrong_command_line_ends_with_2_and_with_a_document_when_asked(through: Through) -> None:
    assert through(raising(click.UsageError("give either"))).code == 2
    ended = through(raising(click.UsageError("give either")), as_json=True)
    assert ended.code == 2
    assert ended.document["error"] == {"code": "usage", "where": "the command line", "text": "give either"}


@pytest.mark.parametrize(("result", "code"), [(None, 0), (0, 0), (76, 76), ("text", 0)])
def test_a_number_that_a_verb_returns_is_the_exit_code(through: Through, result: object, code: int) -> None:
    assert through(lambda: result).code == code


def test_names_in_any_script_are_written_as_they_are(through: Through) -> None:
    ended = through(lambda: door.answer({"name": "Ђорђе محمد"}, ["Ђорђе محمد"], as_json=True))
    assert ended.document == {"name": "Ђорђе محمد"}
    assert "Ђорђе محمد" in ended.out


def test_a_person_gets_lines_and_a_program_a_document(through: Through) -> None:
    for as_json, out in ((False, "one\ntwo\n"), (True, '{\n  "ok": true\n}\n')):
        assert through(lambda j=as_json: door.answer({"ok": True}, ["one", "two"], as_json=j)).out == out


def piped(code: str, *, out: int | IO[bytes] = subprocess.PIPE) -> "subprocess.CompletedProcess[bytes]":
    """Run a verb in a process of its own, whose standard output leads where the test says."""
    return subprocess.run([sys.executable, "-c", code], stdout=out, stderr=subprocess.PIPE, check=False)


def closed_pipe() -> int:
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@pytest.mark.parametrize("code", [0, 76])
def test_a_reader_that_goes_away_is_passed_over_in_silence_and_changes_no_exit_code(code: int) -> None:
    pipe = closed_pipe()
    program = (
        "from headwater.cli import door\n"
        "def verb():\n"
        "    door.answer({}, ['x' * 1000] * 1000, as_json=False)\n"
        f"    return {code}\n"
        "door.run(verb, as_json=False)\n"
    )
    done = piped(program, out=pipe)
    os.close(pipe)
    assert (done.returncode, done.stderr) == (code, b"")


def test_a_full_disk_under_standard_output_is_a_declared_error() -> None:
    program = "from headwater.cli import door\ndoor.run(lambda: door.document({'a': 1}), as_json=True)\n"
    with Path("/dev/full").open("wb") as full:
        done = piped(program, out=full)
    assert done.returncode == 74
    assert done.stderr.decode().splitlines() == [
        "error store.io: the answer cannot be written: "
        + os.strerror(errno.ENOSPC)
        + "; standard output; "
        + errors.StoreIoError.advice
    ]


def test_ctrl_c_ends_a_running_command_with_130(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    process = subprocess.Popen(
        [sys.executable, "-m", "headwater", "conformance", "merkle", str(tmp_path / "fifo")],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # Whoever runs the tests in the background has told the system to ignore Ctrl-C in all that it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - one call, no lock
    )
    with process, (tmp_path / "fifo").open("wb"):  # opens once the command reads, and never says anything
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err.decode().split()) == (130, b"", ["stopped"])


def colours_of_the_bar(tmp_path: Path, **setting: str) -> list[bytes]:
    """The colours that a terminal is told while a file is read."""
    terminal, end = pty.openpty()
    words = [sys.executable, "-m", "headwater", "read", "report", str(write_report(tmp_path))]
    env = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"TERM": "xterm-256color"} | setting
    done = subprocess.run(words, env=env, stderr=end, stdout=subprocess.DEVNULL, check=False)
    os.close(end)
    told = b""
    with contextlib.suppress(OSError):  # how a terminal says that nobody writes to it any more
        while data := os.read(terminal, 65536):
            told += data
    os.close(terminal)
    assert done.returncode == 0
    assert b"reading report" in told
    return re.findall(rb"\x1b\[[0-9;]*(?:3[0-7]|38;5|9[0-7])[0-9;]*m", told)


def test_the_bar_bears_colours_unless_no_color_is_set(tmp_path: Path) -> None:
    assert colours_of_the_bar(tmp_path)
    assert colours_of_the_bar(tmp_path, NO_COLOR="1") == []


def test_no_bar_is_drawn_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    with bar("reading") as progress:
        progress(1, 2)
    assert capsys.readouterr() == ("", "")
