"""OGC Moving Features JSON (19-045r3): tracks as moving points, one feature each."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

import orjson

from headwater.model.detections import Origin
from headwater.model.times import format_instant

CRS: Final = {"type": "Name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
TRS: Final = {
    "type": "Link",
    "properties": {"type": "OGCDEF", "href": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian"},
}


def write_moving_features(
    tracks: Mapping[int, Sequence[tuple[float, float, float]]],
    kinds: Mapping[int, str],
    origin: Origin,
    start: datetime,
) -> bytes:
    """Return tracks as a collection of moving points.

    Args:
        tracks: by number, time s, x m, y m of each place, in order of time.
        kinds: the class of each.
        origin: where the metres begin.
        start: the moment of second 0.
    """
    features = []
    for number, places in sorted(tracks.items()):
        moments = [format_instant(start + timedelta(seconds=round(time_s, 3))) for time_s, _, _ in places]
        points = [[round(value, 7) for value in origin.to_degrees(x, y)] for _, x, y in places]
        features.append(
            {
                "type": "Feature",
                "id": f"track-{number}",
                "temporalGeometry": {
                    "type": "MovingPoint",
                    "datetimes": moments,
                    "coordinates": points,
                    "interpolation": "Linear",
                },
                "properties": {"class": kinds.get(number, "unknown")},
            }
        )
    return orjson.dumps(
        {"type": "FeatureCollection", "crs": CRS, "trs": TRS, "features": features}, option=orjson.OPT_INDENT_2
    )
