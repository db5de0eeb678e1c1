"""What watch writes for others: Moving Features, a map, a EUROSUR draft."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from headwater.errors import SchemaError
from headwater.formats.eurosur import EurosurEvent, write_closure_draft, write_event_draft
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


def event(**more: Any) -> EurosurEvent:
    values: dict[str, Any] = {
        "identifier": "alr-1", "rescue": True, "moment": START, "aware": START + timedelta(minutes=5), "lat": 44.0, "lon": 19.0,
        "score": 0.7, "craft": "boat", "persons": "15-30", "sensors": ("radar",), "description": "Craft in danger. In the dark.",
    }  # fmt: skip
    return EurosurEvent(**{**values, **more})


def test_a_eurosur_draft_says_that_it_is_one_and_leaves_open_what_people_know() -> None:
    draft = json.loads(write_event_draft(event()))
    assert (draft["draft"], draft["annex2Point"], draft["report"]["kind"]) == (True, "8", "first")
    assert draft["firstReportDue"] == "2026-01-02T00:05:00Z", "24 hours after the authority became aware of it"
    assert draft["metadata"]["confidenceLevel"] == {
        "credibilityOfInformation": 0.7, "reliabilityOfSource": None, "validationStatus": "not validated",
    }  # fmt: skip
    assert {"metadata.impactLevel", "responseOfAuthorities.taken", "searchAndRescue.placeOfSafety"} <= set(
        draft["toBeCompletedByAPerson"]
    )
    assert set(draft["unverified"]) == {f"searchAndRescue.{name}" for name in draft["searchAndRescue"]}


def test_a_draft_of_a_crossing_has_the_fields_of_the_first_point_of_the_annex() -> None:
    draft = json.loads(write_event_draft(event(rescue=False)))
    assert (draft["annex2Point"], draft["typeOfEvent"]["illegalBorderCrossing"]) == ("1", "attempted")
    assert set(draft["circumstancesOfEvent"]) >= {
        "time", "place", "destinationPlace", "lastCountryOfEmbarkation", "destinationCountry", "purposeOfIllegalCrossing",
        "circumstancesOfDetection", "attemptsToEvadeBorderControl", "meansOfTransport",
    }  # fmt: skip
    assert "searchAndRescue" not in draft


def test_a_closure_is_due_a_day_after_the_end_and_names_its_event() -> None:
    first = json.loads(write_event_draft(event()))
    draft = json.loads(write_closure_draft(first, START + timedelta(hours=2), "rescued"))
    assert draft["report"] == {"kind": "closure", "eventIdentifier": "alr-1", "linkedReports": ["alr-1/first"]}
    assert draft["closureReportDue"] == "2026-01-02T02:00:00Z"
    assert draft["searchAndRescue"]["status"] == "closed"
    crossing = json.loads(write_event_draft(event(rescue=False)))
    before, unknown = START - timedelta(hours=1), "forgotten"
    for given, ended, outcome in (
        (first, before, "rescued"), (first, START, unknown), (crossing, START, "rescued"), (draft, START, "rescued"),
    ):  # fmt: skip
        with pytest.raises(SchemaError):
            write_closure_draft(given, ended, outcome)
