"""What watch writes for others: Moving Features, a map, a EUROSUR draft."""

import json
from datetime import UTC, datetime
from xml.etree import ElementTree as ET

from headwater.formats.eurosur import EurosurEvent, write_event_draft
from headwater.formats.moving_features import write_moving_features
from headwater.formats.track_map import MapMark, TrackMap
from headwater.model.detections import Origin

START = datetime(2026, 1, 1, tzinfo=UTC)


def parsed(svg: bytes) -> ET.Element:
    return ET.fromstring(svg.replace(b' xmlns="http://www.w3.org/2000/svg"', b""))  # noqa: S314 - our own


def test_moving_features_tell_places_and_times_of_each_track() -> None:
    found = json.loads(
        write_moving_features({7: [(0.0, 0.0, 0.0), (60.0, 0.0, 111.0)]}, {7: "boat"}, Origin(44, 19), START)
    )
    [feature] = found["features"]
    geometry = feature["temporalGeometry"]
    assert geometry["type"] == "MovingPoint"
    assert geometry["datetimes"] == ["2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z"]
    assert len(geometry["coordinates"]) == 2
    assert feature["properties"] == {"class": "boat"}


def test_a_map_is_well_formed_and_escapes_what_it_is_told() -> None:
    svg = TrackMap(
        "A <map> & more", {1: [(0, 0), (10, 50)]}, (0, 100), 50, [MapMark(5, 5, "rescue", "<x>")], [(5, 5, 20)]
    ).svg()
    tags = [found.tag for found in parsed(svg).iter()]
    assert tags[0] == "svg"
    assert set(tags) >= {"polyline", "circle", "line", "text", "rect"}
    assert b"<x>" not in svg


def test_an_empty_map_is_still_a_map() -> None:
    assert parsed(TrackMap("none", {}).svg()).tag == "svg"


def test_a_eurosur_draft_says_that_it_is_one_and_leaves_open_what_people_know() -> None:
    event = EurosurEvent(
        identifier="alr-1", rescue=True, moment=START, lat=44.0, lon=19.0, score=0.7, persons="15-30", sensors=("radar",),
        description="Craft in danger. In the dark.",
    )  # fmt: skip
    draft = json.loads(write_event_draft(event))
    assert draft["draft"] is True
    assert draft["type"] == "search and rescue"
    assert draft["firstReportDue"] == "2026-01-02T00:00:00Z"
    assert draft["confidenceLevel"]["information"] == "probable"
    assert draft["impactLevel"] is None
    assert draft["attributes"]["nationalities"] is None
