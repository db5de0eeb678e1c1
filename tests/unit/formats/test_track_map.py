"""The map of a watch: what is written on it can be read."""

from xml.etree import ElementTree as ET

from headwater.formats.track_map import LINE, MapMark, TrackMap

SVG = "{http://www.w3.org/2000/svg}"


def test_texts_of_alerts_at_one_place_stand_below_each_other() -> None:
    marks = [MapMark(0.0, 1.0, "rescue", "craft-in-danger 99%"), MapMark(2.0, 0.0, "border", "border-crossing 62%")]
    marks.append(MapMark(1.0, 0.5, "info", "third"))
    root = ET.fromstring(TrackMap("Alerts", {1: [(0.0, 0.0), (500.0, 50.0)]}, marks=marks).svg())  # noqa: S314 - our own
    heights = [float(one.attrib["y"]) for one in root.iter(f"{SVG}text") if one.text in {mark.text for mark in marks}]
    assert len(heights) == 3
    assert all(abs(one - other) >= LINE for at, one in enumerate(heights) for other in heights[:at])


def test_a_text_that_stands_alone_stays_at_its_mark() -> None:
    marks = [MapMark(0.0, 0.0, "rescue", "a"), MapMark(900.0, 0.0, "rescue", "b")]
    root = ET.fromstring(TrackMap("Alerts", {}, marks=marks).svg())  # noqa: S314 - our own
    found = {one.text: one.attrib["y"] for one in root.iter(f"{SVG}text")}
    assert found["a"] == found["b"]
