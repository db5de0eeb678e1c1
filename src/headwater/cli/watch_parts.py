"""What the verbs of `headwater watch` share: options, and the lines that tell what was read."""

from pathlib import Path
from typing import Any

import click

FILE = click.Path(path_type=Path, dir_okay=False)
PLACED = click.option(
    "--context",
    type=FILE,
    help="Where metres and seconds begin, and where sensors stand, JSON; of FILE itself without it.",
)
FORM = click.option(
    "--as",
    "form",
    default="points",
    show_default=True,
    type=click.Choice(["points", "sapient", "ais", "cot", "asterix"]),
    help="What FILE is.",
)


def told(document: dict[str, Any]) -> list[str]:
    """Return the lines that tell what was read, rejected and made."""
    counts = ", ".join(f"{document[name]} {name}" for name in ("read", "rejected", "tracks", "alerts"))
    rejects = [f"  rejected: row {one['row']}, {one['field']}, {one['reason']}" for one in document.get("rejects", [])]
    return [counts, *rejects, *(f"  warning: {text}" for text in document.get("warnings", []))]
