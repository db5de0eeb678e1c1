"""Options that many verbs share: where, who, why, and in which form to answer."""

import getpass
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from headwater.errors import StoreIoError
from headwater.settings import HOME_ENV

F = TypeVar("F", bound=Callable[..., Any])


class _ToWrite(click.Path):
    """A file or folder that a command is to write. Where there is no folder for it nothing is begun: what is worked out would be lost."""

    def __init__(self, *, dir_okay: bool) -> None:
        super().__init__(path_type=Path, dir_okay=dir_okay)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:  # noqa: ANN401
        """Return the path.

        Raises:
            StoreIoError: there is no folder for it.
        """
        found = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not found.parent.is_dir():
            raise StoreIoError(
                "there is no folder to write it into", where=str(found), fix="make the folder, then ask again"
            )
        return found


TO_WRITE: Final = _ToWrite(dir_okay=False)
TO_MAKE: Final = _ToWrite(dir_okay=True)
"""A folder that a command makes whole, beside which it works."""


def as_json(command: F) -> F:
    """Add ``--json``: one document on standard output and nothing else there."""
    return click.option("--json", "as_json", is_flag=True, help="Answer with one JSON document.")(command)


def home(*, required: bool = True) -> Callable[[F], F]:
    """Add ``--home``: the node's directory."""
    return click.option(
        "--home",
        envvar=HOME_ENV,
        required=required,
        type=click.Path(path_type=Path, file_okay=False),
        help=f"The node's directory (or {HOME_ENV}).",
    )


def acting(purpose: str) -> Callable[[F], F]:
    """Add ``--user`` and ``--purpose``: who acts, and why. Both go into the ledger."""

    def add(command: F) -> F:
        command = click.option(
            "--purpose",
            envvar="HEADWATER_PURPOSE",
            default=purpose,
            show_default=True,
            help="Why; goes into the ledger.",
        )(command)
        return click.option(
            "--user",
            envvar="HEADWATER_USER",
            default=getpass.getuser,
            show_default="your login name",
            help="Who acts; goes into the ledger.",
        )(command)

    return add
