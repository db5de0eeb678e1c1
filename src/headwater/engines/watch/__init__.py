"""watch: detections to tracks, tracks to crossings and danger, danger to a rescue alert that goes out first.

The public names are loaded when one is first asked for: numpy and numba take a second, and most verbs need neither.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from headwater.engines.watch.public import (
        BoxTracker,
        DriftCase,
        FusionTracker,
        MotionDetector,
        PointTracker,
        Post,
        SharedTrack,
        StreamTracker,
        WatchEngine,
        draft_notice,
        forecast_crossing,
        intersect,
        leeway_drift,
        mine,
        read_case,
        read_setting,
    )

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


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever bears the name
    """Load a public name at its first use."""
    if name not in __all__:
        raise AttributeError(name)
    from headwater.engines.watch import public

    return getattr(public, name)
