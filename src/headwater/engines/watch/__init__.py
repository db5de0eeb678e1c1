"""watch: detections to tracks, tracks to crossings and danger, danger to a rescue alert that goes out first.

The public names are loaded when they are first asked for: numpy and numba take a second, and most verbs need neither.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.engines.watch.boxes import BoxTracker
    from headwater.engines.watch.fusion import FusionTracker
    from headwater.engines.watch.points import PointTracker

__all__ = ["BoxTracker", "FusionTracker", "PointTracker"]


def __getattr__(name: str) -> object:
    """Load a public name at its first use."""
    match name:
        case "BoxTracker":
            from headwater.engines.watch.boxes import BoxTracker as found
        case "FusionTracker":
            from headwater.engines.watch.fusion import FusionTracker as found
        case "PointTracker":
            from headwater.engines.watch.points import PointTracker as found
        case _:
            raise AttributeError(name)
    return found
