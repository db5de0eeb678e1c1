"""Kills whole nodes with -9, again and again, while real messages are on their way, and compares all ledgers afterwards.

::

    python -m headwater.testing.nodes --kills 50 [--plant ack-before-commit] [--seed 7] --json

`run` sets up the three nodes of the exercise through the real commands and keeps killing their processes, and those of
the `officer` who sends. Every promise is written down as it is made; `rest` compares them with what the nodes hold once
everything has come to rest. `plants` are known faults, each of which must be found.
"""

from headwater.testing.nodes.plants import PLANTS
from headwater.testing.nodes.run import prepare, run, staged

__all__ = ["PLANTS", "prepare", "run", "staged"]
