"""A world of 2 to 5 nodes in one process: one heap of events, one seed, and the product's own store and exchange.

::

    python -m headwater.testing.sim --seeds 0:1000 [--nodes 3] [--plant no-dedupe] [--mix FILE] --json

Fake are time, chance, network and disk, and the two primitives of cryptography that draw chance of their own. Officers
tell, ask, answer, consent, recall and suspend at random; meanwhile nodes end in the middle of their work, lines are cut,
clocks jump and disks refuse. Then nothing goes wrong any more: everything must come to rest, and all promises must hold.
Equal seeds give equal histories on the same commit; ``--trace`` prints one.
"""

from headwater.testing.sim.mix import Mix, read_mix
from headwater.testing.sim.plants import PLANTS
from headwater.testing.sim.run import History, play_many

__all__ = ["PLANTS", "History", "Mix", "play_many", "read_mix"]
