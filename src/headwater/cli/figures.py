"""`headwater figures`: published figures: kept by vintage, claims judged, forecasts, breaks, tables that may go out."""

from importlib import import_module
from typing import Final

import click

COMMANDS: Final = {
    "backtest": "figures_ahead",
    "breaks": "figures_ahead",
    "forecast": "figures_ahead",
    "claim": "figures_kept",
    "import": "figures_kept",
    "show": "figures_kept",
    "table": "figures_kept",
    "chart": "figures_kept",
    "make": "figures_kept",
    "publish": "figures_ahead",
}


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
        command: click.Command = getattr(part, f"{cmd_name}_figures")
        return command


@click.group(cls=Parts)
def figures() -> None:
    """Keep published figures by the day they were seen, and say only what they bear out.

    Editions lie in a folder of their own (--store) or in a node (--home), where each look is logged and each answer to a
    claim is a finding.
    """
