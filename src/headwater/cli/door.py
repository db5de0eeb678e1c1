"""The door between commands and the world: one document or readable lines out, one line and an exit code on an error."""

import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import click

from headwater.errors import HeadwaterError

EXIT_INTERNAL: Final = 70
"""EX_SOFTWARE of sysexits.h: a defect of headwater itself."""
EXIT_INTERRUPTED: Final = 128 + signal.SIGINT


def run(verb: Callable[[], object]) -> None:
    """Run a verb and leave the process with its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(_exit_code(verb))


def _exit_code(verb: Callable[[], object]) -> int:
    try:
        result = verb()
        sys.stdout.flush()
    except HeadwaterError as error:
        return _declared(error)
    except click.exceptions.Exit as asked:
        return asked.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("stopped", err=True)
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except BrokenPipeError:
        # The reader went away; keep Python from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:  # noqa: BLE001 - a door: an undeclared error is a defect, and says so without content
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(frame.filename)}:{frame.lineno}"  # noqa: PTH119 - a name, not a path
        click.echo(f"error internal: {type(error).__name__}; {where}; this is a defect, please report it", err=True)
        if os.environ.get("HEADWATER_TRACEBACK"):
            traceback.print_exception(error)
        return EXIT_INTERNAL
    return result if isinstance(result, int) else 0


def _declared(error: HeadwaterError) -> int:
    if "--json" in sys.argv:
        document(describe(error))
    click.echo(f"error {error.code}: {error}", err=True)
    return error.exit


def describe(error: HeadwaterError) -> dict[str, object]:
    """Return an error as it stands in a document."""
    return {"ok": False, "error": {"code": error.code, "where": str(error.where), "text": f"{error.what}; {error.fix}"}}


def document(value: Mapping[str, Any]) -> None:
    """Write the one document of a command to standard output."""
    import orjson

    click.echo(orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS, default=str).decode())


def answer(value: Mapping[str, Any], lines: Iterable[str], *, as_json: bool) -> None:
    """Write a command's result: the document, or the lines for a person."""
    if as_json:
        document(value)
        return
    for line in lines:
        click.echo(line)
