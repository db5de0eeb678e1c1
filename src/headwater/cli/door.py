"""The door between commands and the world: one document or readable lines out, one line and an exit code on an error."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import click

from headwater.cli.words import Part, said, told
from headwater.errors import HeadwaterError, StoreIoError

EXIT_INTERNAL: Final = 70
"""EX_SOFTWARE of sysexits.h: a defect of headwater itself."""
EXIT_INTERRUPTED: Final = 128 + signal.SIGINT


def run(verb: Callable[[], object], *, as_json: bool) -> None:
    """Run a verb and leave the process with its exit code; with `as_json` an error is a document too."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(_exit_code(verb, as_json=as_json))


def _exit_code(verb: Callable[[], object], *, as_json: bool) -> int:
    try:
        result = verb()
    except HeadwaterError as error:
        return refuse(error, as_json=as_json)
    except (click.Abort, KeyboardInterrupt):
        say(said("stopped", Part.ERRORS), err=True)
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        if as_json:
            document(_failure("usage", "the command line", error.format_message()))
        from headwater.cli import usage

        usage.show(error)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - a door: an undeclared error is a defect, and says so without content
        return _defect(error, as_json=as_json)
    return result if isinstance(result, int) else 0


def refuse(error: HeadwaterError, *, as_json: bool = False) -> int:
    """Tell a declared error in one line, with `as_json` in a document too, and return its exit code."""
    if as_json:
        document(describe(error))
    say(told(error), err=True)
    return error.exit


def describe(error: HeadwaterError) -> dict[str, object]:
    """Return an error as it stands in a document."""
    return _failure(error.code, str(error.where), f"{error.what}; {error.fix}")


def document(value: Mapping[str, Any]) -> None:
    """Write the one document of a command to standard output."""
    import orjson

    say(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode())


def answer(value: Mapping[str, Any], lines: Iterable[str], *, as_json: bool) -> None:
    """Write a command's result: the document, or the lines for a person."""
    if as_json:
        document(value)
        return
    for line in lines:
        say(line)


def say(text: str, *, err: bool = False) -> None:
    """Write one line. A reader that went away is no error: what the command does, and its exit code, stay the same.

    Raises:
        StoreIoError: it cannot be written for another reason, such as a full disk.
    """
    try:
        click.echo(text, err=err)
    except BrokenPipeError:
        _turn_away(sys.stderr if err else sys.stdout)
    except OSError as error:
        _turn_away(sys.stderr if err else sys.stdout)
        raise StoreIoError(f"the answer cannot be written: {error.strerror}", where="standard output") from error


def _turn_away(stream: Any) -> None:  # noqa: ANN401 - standard output or standard error
    """Let a stream lead nowhere from now on, so that Python does not stumble over it again when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def _defect(error: Exception, *, as_json: bool) -> int:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119 - a name, not a path
    advice = "this is a defect, please report it"
    if as_json:
        document(_failure("internal", where, f"{type(error).__name__}; {advice}"))
    what = f"{type(error).__name__}; {where}; {said(advice, Part.ERRORS)}"
    say(f"{said('error', Part.ERRORS)} internal: {what}", err=True)
    if os.environ.get("HEADWATER_TRACEBACK"):
        traceback.print_exception(error)
    return EXIT_INTERNAL


def _failure(code: str, where: str, text: str) -> dict[str, object]:
    return {"ok": False, "error": {"code": code, "where": where, "text": text}}
