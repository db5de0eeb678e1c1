"""`headwater scan`: X-ray images of vehicles: read, measured, searched, compared; and the means to know how well."""

from importlib import import_module
from typing import Final

import click

COMMANDS: Final = {
    "read": "scan_look", "calibrate": "scan_look", "material": "scan_look", "site": "scan_look", "detect": "scan_look",
    "compare": "scan_look", "tip": "scan_make", "simulate": "scan_make", "evaluate": "scan_make", "train": "scan_make",
}  # fmt: skip


class Parts(click.Group):
    """A group whose commands stand in two files, loaded when one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Return a command, None where there is none of the name."""
        if cmd_name not in COMMANDS:
            return None
        part = import_module(f"headwater.cli.{COMMANDS[cmd_name]}")
        command: click.Command = getattr(part, f"{cmd_name}_scans")
        return command


@click.group(cls=Parts)
def scan() -> None:
    """Find what is hidden in vehicles on their X-ray images, with error rates that hold at your own machine.

    A possible person comes first. No drug is ever named from an image, and what is too dark to be assessed is said to be so. An alarm
    is advice: a person decides. Figures of the model that ships are from simulated vehicles until you run `evaluate` on your own.
    """
