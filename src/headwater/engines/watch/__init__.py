"""watch: detections to tracks, tracks to crossings and danger, danger to a rescue alert that goes out first.

The public names are loaded when one is first asked for: numpy and numba take a second, and most verbs need neither.
"""

from typing import TYPE_CHECKING, Any

from headwater.errors import MissingExtraError

if TYPE_CHECKING:
    from headwater.engines.watch.public import (
        BoxTracker,
        DriftCase,
        FusionTracker,
        MotionDetector,
        PointTracker,
        Post,
        SharedTrack,
        Sightings,
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
    "Sightings",
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
    try:
        from headwater.engines.watch import public
    except ModuleNotFoundError as error:
        raise MissingExtraError("watch", error.name or "numpy") from error
    return getattr(public, name)
