"""Map, chart, timeline and series as SVG: the same bytes at every run, well formed, nothing drawn outside or lost."""

import math
import random
import re
from datetime import UTC, date, datetime
from itertools import accumulate

import pytest

from headwater.formats.link_chart import DrawnEdge, DrawnVertex, LinkChart
from headwater.formats.region_svg import DrawnMark, RegionMap, _steps, unpacked
from headwater.formats.series_svg import SeriesBand, SeriesLine, SeriesPicture, nice_top, ticks
from headwater.formats.time_axis import DrawnMoment, TimeAxis
from tests.picture_world import parsed

SVG = "{http://www.w3.org/2000/svg}"
BASE = {
    "scale": 1000,
    "land": [[[0, 0, 10_000, 0, 0, 10_000, -10_000, 0, 0, -10_000]]],
    "boundaries": [{"pair": "AA-BB", "lines": [[5_000, 0, 0, 10_000]]}],
    "labels": {"AA": [2_500, 5_000, 5_000]},
}


def region(style: str = "solid", **more: object) -> str:
    told = {
        "title": "T",
        "box": (0.0, 0.0, 10.0, 10.0),
        "base": BASE,
        "styles": {"AA-BB": style},
        "names": {"AA": "Aland"},
    }
    return RegionMap(**{**told, **more}).svg()  # type: ignore[arg-type] # by name


def test_a_packed_line_is_its_first_point_and_steps() -> None:
    assert unpacked([1_000, 2_000, 500, -1_000], 1000) == [(1.0, 2.0), (1.5, 1.0)]


@pytest.mark.parametrize(("style", "dashed", "drawn"), [("solid", False, 1), ("dashed", True, 1), ("none", False, 0)])
def test_a_line_is_drawn_as_the_settings_say(style: str, dashed: bool, drawn: int) -> None:
    text = region(style)
    assert text.count('stroke="#5d6b75"') == drawn
    assert ("stroke-dasharray" in text) is dashed


def test_rescue_is_drawn_last_and_so_on_top() -> None:
    marks = [DrawnMark(5.0, 5.0, "rescue", "first"), DrawnMark(5.0, 5.0, "border", "second")]
    text = region(marks=marks)
    assert text.index("second") < text.index("first")


def test_a_line_outside_the_box_is_not_in_the_picture() -> None:
    assert 'stroke="#5d6b75"' not in region(box=(20.0, 20.0, 30.0, 30.0))


@pytest.mark.parametrize("evil", ["<&\"'>", "\x01\x0b", "\ud800", "\u202e"])
def test_what_others_wrote_never_breaks_a_chart(evil: str) -> None:
    chart = LinkChart(
        "T",
        [DrawnVertex(evil, evil, "Person", 0, 0), DrawnVertex("b", "b", "Company", 1, 1)],
        [DrawnEdge(evil, "b", evil)],
    )
    assert parsed(chart.svg()).tag == f"{SVG}svg"
    assert parsed(chart.graphml({"handling": evil}))


def test_an_unsure_edge_is_dashed_and_the_path_is_thick() -> None:
    vertices = [DrawnVertex(name, name, "Person", place, 0) for place, name in enumerate("abc")]
    edges = [DrawnEdge("a", "b", "said", sure=False), DrawnEdge("b", "c", "owns", lit=True)]
    text = LinkChart("T", vertices, edges).svg()
    assert text.count("stroke-dasharray") == 1
    assert text.count('stroke-width="3.5"') == 1


def test_only_a_chart_of_directions_has_arrows_and_they_point_at_the_second_end() -> None:
    vertices = [DrawnVertex(name, name, "", place, 0) for place, name in enumerate("ab")]
    plain = LinkChart("T", vertices, [DrawnEdge("a", "b", "knows")])
    paid = LinkChart("T", vertices, [DrawnEdge("a", "b", "9.00 EUR")], directed=True)
    assert "<polygon" not in plain.svg()
    (arrow,) = parsed(paid.svg()).iter(f"{SVG}polygon")
    circles = [float(one.get("cx", "")) for one in parsed(paid.svg()).iter(f"{SVG}circle")]
    corners = [float(corner.partition(",")[0]) for corner in arrow.get("points", "").split()]
    assert circles[0] < min(corners) < corners[0] < circles[1]
    assert (b'edgedefault="directed"' in paid.graphml({}), b'edgedefault="undirected"' in plain.graphml({})) == (1, 1)


def test_what_edges_are_is_drawn_above_every_line() -> None:
    vertices = [DrawnVertex(name, name, "", place, place) for place, name in enumerate("abc")]
    text = LinkChart("T", vertices, [DrawnEdge("a", "b", "first"), DrawnEdge("b", "c", "second")]).svg()
    assert text.rindex("<line") < text.index(">first</text>")


def test_an_empty_chart_timeline_and_series_can_be_drawn() -> None:
    axis = TimeAxis(title="T", lanes=[("a", "A")], moments=[], gaps=[], zone="Europe/London", conflict="c")
    for text in (LinkChart("T", [], []).svg(), axis.svg(), SeriesPicture(title="T", unit="u", lines=[]).svg()):
        assert parsed(text).tag == f"{SVG}svg"


def test_what_cannot_have_happened_is_marked_with_a_word_and_not_by_colour_alone() -> None:
    at = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
    moments = [DrawnMoment("a", at, at, "seized", conflict=True), DrawnMoment("a", at, at, "moved")]
    text = TimeAxis(
        title="T", lanes=[("a", "A")], moments=moments, gaps=[], zone="Europe/Belgrade", conflict="CONFLICT"
    ).svg()
    assert text.count(">CONFLICT<") == 1


def test_a_century_of_events_has_few_dates_on_its_axis() -> None:
    start, end = datetime(1926, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
    axis = TimeAxis(
        title="T",
        lanes=[("a", "A")],
        moments=[DrawnMoment("a", start, end, "x")],
        gaps=[],
        zone="Etc/UTC",
        conflict="c",
    )
    assert 2 <= axis.svg().count("<line") - 1 <= 13


@pytest.mark.parametrize(("value", "top"), [(0, 1), (1, 1), (3, 5), (99, 100), (101, 200), (20_001, 25_000)])
def test_an_axis_ends_at_a_round_number(value: float, top: float) -> None:
    assert nice_top(value) == top
    assert ticks(top)[0] == 0
    assert ticks(top)[-1] == top


def test_lines_differ_in_their_dashes_and_intervals_are_told() -> None:
    days = [(date(2026, month, 1), float(month)) for month in (1, 2, 3)]
    lines = [SeriesLine(f"seen {number}", tuple(days)) for number in range(3)]
    band = SeriesBand("95 %", ((date(2026, 4, 1), 1.0, 9.0), (date(2026, 5, 1), 0.0, 12.0)))
    root = parsed(SeriesPicture(title="T", unit="u", lines=lines, bands=[band]).svg())
    assert len({line.get("stroke-dasharray") for line in root.iter(f"{SVG}polyline")}) == 3
    assert "95 %" in {title.text for title in root.iter(f"{SVG}title")}


def test_a_line_told_in_steps_lies_where_it_was_and_no_error_adds_up() -> None:
    draw = random.Random(5)
    for _ in range(300):
        places = [(draw.uniform(-50, 999), draw.uniform(-50, 999)) for _ in range(draw.randrange(1, 40))]
        data = _steps(places)
        start, _, rest = data.removeprefix("M").partition("l")
        numbers = [float(one) for one in re.findall(r"-?(?:\d+\.\d|\.\d|\d+)", f"{start} {rest}")]
        assert len(numbers) == 2 * len(places), data
        xs, ys = accumulate(numbers[::2]), accumulate(numbers[1::2])
        for x, y, place in zip(xs, ys, places, strict=True):
            assert math.dist((x, y), place) < 0.08


def test_a_chart_of_figures_begins_at_nothing_and_bears_what_must_be_said_of_it() -> None:
    from headwater.formats import figure_chart as chart

    points = tuple((date(2025, month, 1), 900.0 + month) for month in range(1, 7))
    pane = chart.Pane(title="Made-up crossings", unit="detections", lines=(chart.Line("seen", points),))
    drawn = chart.chart_bytes([pane], "Counts are of events, not of people.", "svg").decode()
    # Letters are drawn as shapes; what they say stands beside them.
    for said in ("Counts are of events, not of people.", "0", "Made-up crossings", "detections"):
        assert f"<!-- {said} -->" in drawn, said
