"""Every public name of `watch`; the package loads this file when one of them is first asked for."""

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
from headwater.engines.watch.sightings import Sightings
from headwater.engines.watch.stream import StreamTracker

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
