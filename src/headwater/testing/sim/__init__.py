"""Plays histories."""
from headwater.testing.sim.mix import Mix
from headwater.testing.sim.plants import PLANTS
from headwater.testing.sim.run import History, play_many

__all__ = ["PLANTS", "History", "Mix", "play_many"]
