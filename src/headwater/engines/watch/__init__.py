"""watch: detections to tracks, tracks to crossings and danger, danger to a rescue alert that goes out first.

The public names are loaded when they are first asked for: numpy and numba take a second, and most verbs need neither.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from headwater.engines.watch.boxes import BoxTracker
    from headwater.engines.watch.danger import read_setting
    from headwater.engines.watch.drift import DriftCase, leeway_drift, read_case
    from headwater.engines.watch.engine import WatchEngine
    from headwater.engines.watch.forecast import forecast_crossing
    from headwater.engines.watch.fusion import FusionTracker
    from headwater.engines.watch.intersection import SharedTrack, intersect
    from headwater.engines.watch.motion import MotionDetector
    from headwater.engines.watch.notice import draft_notice
    from headwater.engines.watch.points import PointTracker
    from headwater.engines.watch.post import Post
    from headwater.engines.watch.routes import mine
    from headwater.engines.watch.stream import StreamTracker

__all__ = [
    "BoxTracker",
    "DriftCase",
    "FusionTracker",
    "MotionDetector",
    "PointTracker",
    "Post",
    "SharedTrack",
    "StreamTracker",
    "WatchEngine",
    "draft_notice",
    "forecast_crossing",
    "intersect",
    "leeway_drift",
    "mine",
    "read_case",
    "read_setting",
]


def __getattr__(name: str) -> object:
    """Load a public name at its first use."""
    match name:
        case "BoxTracker":
            from headwater.engines.watch.boxes import BoxTracker as found
        case "DriftCase":
            from headwater.engines.watch.drift import DriftCase as found
        case "FusionTracker":
            from headwater.engines.watch.fusion import FusionTracker as found
        case "MotionDetector":
            from headwater.engines.watch.motion import MotionDetector as found
        case "PointTracker":
            from headwater.engines.watch.points import PointTracker as found
        case "Post":
            from headwater.engines.watch.post import Post as found
        case "SharedTrack":
            from headwater.engines.watch.intersection import SharedTrack as found
        case "StreamTracker":
            from headwater.engines.watch.stream import StreamTracker as found
        case "WatchEngine":
            from headwater.engines.watch.engine import WatchEngine as found
        case "draft_notice":
            from headwater.engines.watch.notice import draft_notice as found
        case "forecast_crossing":
            from headwater.engines.watch.forecast import forecast_crossing as found
        case "intersect":
            from headwater.engines.watch.intersection import intersect as found
        case "leeway_drift":
            from headwater.engines.watch.drift import leeway_drift as found
        case "mine":
            from headwater.engines.watch.routes import mine as found
        case "read_case":
            from headwater.engines.watch.drift import read_case as found
        case "read_setting":
            from headwater.engines.watch.danger import read_setting as found
        case _:
            raise AttributeError(name)
    return found
