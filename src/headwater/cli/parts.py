"""A group whose commands stand in several files, each loaded when one of its commands is called."""

from collections.abc import Mapping
from importlib import import_module

import click

from headwater.cli.helping import dressed


class Parts(click.Group):
    """A group of commands, each in a file of this folder as ``NAME_ENDING``."""

    files: Mapping[str, str] = {}
    """File of each command."""
    ending = ""
    """What follows the name of a command in the name of its function."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return sorted(self.files)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command, None where there is none of the name."""
        if cmd_name not in self.files:
            return None
        command: click.Command = getattr(
            import_module(f"headwater.cli.{self.files[cmd_name]}"), f"{cmd_name}_{self.ending}"
        )
        return dressed(command)
