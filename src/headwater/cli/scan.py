"""`headwater scan`: X-ray images of vehicles: read, measured, searched, compared; and the means to know how well."""

from typing import Final

import click

from headwater.cli.parts import Parts

COMMANDS: Final = {
    "read": "scan_look", "calibrate": "scan_look", "material": "scan_look", "site": "scan_look", "detect": "scan_look",
    "compare": "scan_look", "tip": "scan_make", "simulate": "scan_make", "evaluate": "scan_make", "train": "scan_make",
}  # fmt: skip


class _Parts(Parts):
    files = COMMANDS
    ending = "scans"


@click.group(cls=_Parts, epilog="Example: headwater scan detect van.tif --site site.json --fa 0.01 --overlay pictures")
def scan() -> None:
    """Find what is hidden in vehicles on their X-ray images, with error rates that hold at your own machine.

    A possible person comes first. No drug is ever named from an image, and what is too dark to be assessed is said to be so. An alarm
    is advice: a person decides. Figures of the model that ships are from simulated vehicles until you run `evaluate` on your own.
    """
