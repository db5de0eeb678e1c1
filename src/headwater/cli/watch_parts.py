"""What the verbs of `headwater watch` share: options, and the lines that tell what was read."""

from pathlib import Path
from typing import Any

import click

from headwater.cli.words import shown

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
    counts = {name: document[name] for name in ("read", "rejected", "tracks", "alerts")}
    rejects = [
        shown("rejected: row {row}, {field}, {reason}", row=one["row"], field=one["field"], reason=one["reason"])
        for one in document.get("rejects", [])
    ]
    warnings = [shown("warning: {text}", text=text) for text in document.get("warnings", [])]
    made = shown("{read} read, {rejected} rejected, {tracks} tracks, {alerts} alerts", **counts)
    return [made, *(f"  {line}" for line in [*rejects, *warnings])]
