"""The base map: cut so that lines still meet, each boundary once, land without seams."""

from typing import Any

from tools import basemap


def atlas() -> dict[str, Any]:
    """Two squares side by side in the box, one of them with a lake, as a topology."""
    scale = 0.01

    def packed(points: list[tuple[int, int]]) -> list[list[int]]:
        steps, x, y = [], 0, 0
        for px, py in points:
            steps.append([round(px / scale) - x, round(py / scale) - y])
            x, y = round(px / scale), round(py / scale)
        return steps

    arcs = [
        [(10, 40), (10, 50)],  # between the two, northward
        [(10, 50), (0, 50), (0, 40), (10, 40)],  # west
        [(10, 50), (20, 50), (20, 40), (10, 40)],  # east
        [(3, 43), (3, 46), (6, 46), (6, 43), (3, 43)],  # a lake in the west
    ]
    shapes = [
        {"type": "Polygon", "id": "688", "properties": {"name": "West"}, "arcs": [[0, 1], [3]]},
        {"type": "Polygon", "properties": {"name": "Kosovo"}, "arcs": [[~0, ~2]]},
    ]
    return {
        "transform": {"scale": [scale, scale], "translate": [0, 0]},
        "arcs": [packed(arc) for arc in arcs],
        "objects": {"countries": {"geometries": shapes}},
    }  # fmt: skip


def test_a_boundary_is_kept_once_with_its_pair_of_codes() -> None:
    made = basemap.base_map(atlas())
    assert [one["pair"] for one in made["boundaries"]] == ["RS-XK"]
    assert made["boundaries"][0]["lines"] == [[10_000, 40_000, 0, 10_000]]


def test_land_is_one_area_without_a_seam_and_with_its_lake() -> None:
    [polygon] = basemap.base_map(atlas())["land"]
    assert len(polygon) == 2


def test_labels_stand_inside_the_shape_and_not_in_its_lake() -> None:
    labels = basemap.base_map(atlas())["labels"]
    assert set(labels) == {"RS", "XK"}
    assert 0 < labels["RS"][0] < 10_000 < labels["XK"][0] < 20_000


def test_the_same_data_gives_the_same_map() -> None:
    assert basemap.base_map(atlas()) == basemap.base_map(atlas())
