"""Options that many verbs share: where, who, why, and in which form to answer."""

import getpass
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from headwater.settings import HOME_ENV

F = TypeVar("F", bound=Callable[..., Any])


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
