"""The map: what was seen, for this reader, in these days, without a track of people."""

from dataclasses import replace
from datetime import date

import pytest

from headwater.errors import SchemaError
from headwater.model.decision import Verb
from headwater.model.handling import Handling
from headwater.node import Node, findings
from headwater.node.pages import alerts
from headwater.node.pages import map as map_module
from headwater.node.pages.map import Asked, map_page, resolution
from headwater.node.pages.map import alerts as alerts_of
from headwater.node.pages.words import Marks
from tests import picture_world
from tests.node_world import as_user
from tests.picture_world import SECRET, watch


def test_rescue_stands_before_all_other_alerts(node: Node) -> None:
    watch(node, ["boat", "boat"], lane="border")
    rescue = watch(node, ["boat", "unknown"], lane="rescue")
    shown = map_page(node, as_user(node), Asked())
    assert [mark.lane for mark in shown.marks] == ["rescue", "border"]
    assert [mark.id for mark in shown.rescue] == [rescue]


def test_an_older_rescue_alert_stands_before_a_newer_one_of_another_lane(node: Node) -> None:
    watch(node, ["boat"] * 3, lane="border")
    watch(node, ["boat"], lane="rescue")
    assert [mark.lane for mark in map_page(node, as_user(node), Asked()).marks] == ["rescue", "border"]
    assert [mark.lane for mark in alerts_of(node, as_user(node))[0]] == ["rescue", "border"]


def test_a_boat_has_a_way_and_people_have_none(node: Node) -> None:
    watch(node, ["boat", "boat"], lane="border")
    watch(node, ["boat", "person-group"], lane="border")
    watch(node, ["person-in-water", "person-in-water"], lane="rescue")
    ways = {mark.lane + str(len(mark.way)) for mark in map_page(node, as_user(node), Asked()).marks}
    assert ways == {"border2", "border0", "rescue0"}


def test_a_mark_stands_where_the_last_detection_was(node: Node) -> None:
    watch(node, ["boat", "boat"], place=(0.0, 0.0))
    [mark] = map_page(node, as_user(node), Asked()).marks
    # Ten metres east of 44 N, 19 E: 0.000125 degrees of longitude.
    assert mark.lat == pytest.approx(44.0, abs=1e-5)
    assert mark.lon == pytest.approx(19.000125, abs=1e-5)
    assert mark.at == "2026-03-01T22:01:00Z"
    assert mark.helper == "invented station"


def test_people_count_in_cells(node: Node) -> None:
    watch(node, ["person-group"] * 3 + ["boat"])
    [cell] = map_page(node, as_user(node), Asked()).cells
    assert (cell.count, dict(cell.kinds)) == (4, {"boat": 1, "person-group": 3})


def test_what_is_beyond_the_bounds_is_left_out_and_counted(node: Node, monkeypatch: pytest.MonkeyPatch) -> None:
    for at in range(3):
        watch(node, ["boat", "person-group"], place=((at - 1) * 199_000.0, 0.0))
    whole = map_page(node, as_user(node), Asked())
    assert (len(whole.marks), len(whole.cells), whole.left_out) == (3, 2, 0)
    monkeypatch.setattr(map_module, "MOST_CELLS", 1)
    monkeypatch.setattr(map_module, "MOST_MARKS", 1)
    cut = map_page(node, as_user(node), Asked())
    assert (cut.marks, cut.cells, cut.left_out) == (whole.marks[:1], whole.cells[:1], 3)


def test_days_and_box_cut_what_is_shown(node: Node) -> None:
    watch(node, ["boat"])
    session = as_user(node)
    assert map_page(node, session, Asked(day=date(2026, 3, 1), days=1)).marks
    assert not map_page(node, session, Asked(day=date(2026, 2, 28))).marks
    assert not map_page(node, session, Asked(box=(0.0, 40.0, 10.0, 50.0))).cells
    assert not map_page(node, session, Asked(layers=frozenset({"places"}))).marks


def test_what_is_hidden_changes_nothing_on_the_map(node: Node) -> None:
    watch(node, ["boat"])
    before = map_page(node, as_user(node), Asked())
    hidden = replace(as_user(node), user="o.reed")
    watch(node, ["boat", "vehicle"], handling=SECRET, place=(5_000.0, 0.0), session=hidden)
    assert map_page(node, as_user(node), Asked()) == before


def test_smaller_parts_of_the_map_have_smaller_cells() -> None:
    sizes = [resolution((0.0, 0.0, width, width)) for width in (80.0, 20.0, 5.0, 1.0, 0.1)]
    assert sizes == sorted(sizes)
    assert sizes[-1] == 9


@pytest.mark.parametrize("wrong", [{"days": 0}, {"layers": frozenset({"people"})}, {"box": (10.0, 0.0, 5.0, 1.0)}])
def test_what_no_map_can_show_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SchemaError):
        Asked(**wrong)  # type: ignore[arg-type] # wrong on purpose


def test_alerts_stand_in_lanes_and_a_dismissed_one_is_no_longer_open(node: Node) -> None:
    rescue = watch(node, ["boat"])
    watch(node, ["vehicle"], lane="border")
    session = as_user(node)
    assert alerts.page(node, session).open_rescue == 1
    findings.decide(node, session, rescue, Verb.DISMISS, "An exercise.")
    shown = alerts.page(node, session)
    assert (shown.open_rescue, len(shown.rescue), len(shown.others)) == (0, 1, 1)
    assert not alerts.page(node, session, "open").rescue
    assert shown.banner.codes == ("P",)
    with pytest.raises(SchemaError):
        alerts.page(node, session, "lost")


def test_the_line_over_all_alerts_is_also_that_of_one_without_a_place(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    placed = watch(node, ["boat"])
    monkeypatch.setattr(picture_world, "CONTEXT", {})  # nobody noted where its metres begin
    strict = Handling(
        codes=frozenset({"H1"}),
        conditions=frozenset({"tell nobody"}),
        never_onward=True,
        retain_until=date(2027, 1, 31),
    )
    lost = watch(node, ["boat"] * 2, handling=strict)
    shown = alerts.page(node, as_user(node))
    assert ([one.id for one in shown.rescue], [one.id for one in shown.unplaced]) == ([placed], [lost])
    assert shown.banner == Marks(
        codes=("P", "H1"), conditions=("tell nobody",), releasable=(), never_onward=True, retain_until="2027-01-31"
    )
