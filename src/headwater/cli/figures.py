"""`headwater figures`: published figures: kept by vintage, claims judged, forecasts, breaks, tables that may go out."""

from typing import Final

import click

from headwater.cli.parts import Parts

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


class _Parts(Parts):
    files = COMMANDS
    ending = "figures"


@click.group(
    cls=_Parts, epilog='Example: headwater figures claim --text "24,000 removed since 5 July 2024" --store figures'
)
def figures() -> None:
    """Keep published figures by the day they were seen, and say only what they bear out.

    Editions lie in a folder of their own (--store) or in a node (--home), where each look is logged and each answer to a
    claim is a finding.
    """
