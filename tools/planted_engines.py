"""Planted faults in engines and readers, made up blind and let through by the tests nearest to them: see `planted`."""

from typing import Final

ENGINES: Final = (
)  # fmt: skip
