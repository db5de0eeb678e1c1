"""How a node draws lines and names on its map."""

import tomllib

import pytest

from headwater.errors import SettingsError
from headwater.model.map_view import MapView, Style, read_map_view


def test_a_line_on_which_states_differ_is_dashed_with_a_footnote_unless_the_settings_say_otherwise() -> None:
    view = MapView()
    assert view.boundary("RS-XK").style is Style.DASHED
    assert view.footnote("RS-XK", "sq").startswith("*")
    assert view.boundary("FR-IT").style is Style.SOLID


def test_the_settings_of_a_node_decide_how_its_lines_are_drawn() -> None:
    text = '[map.boundaries."RS-XK"]\nstyle = "solid"\nlabel.sq = "Kufiri"\nfootnote.en = "Own view."\n[map.names.XK]\nsq = "Kosova"\n'
    view = read_map_view(tomllib.loads(text)["map"])
    assert view.boundary("RS-XK").style is Style.SOLID
    assert view.label("RS-XK", "sq") == "Kufiri"
    assert view.footnote("RS-XK", "sr-Cyrl") == "Own view."
    assert view.name("XK", "sq", "x") == "Kosova"


def test_a_name_bears_a_star_while_a_footnote_speaks_of_it() -> None:
    assert MapView().name("XK", "en", "Kosovo") == "Kosovo*"
    assert read_map_view({"boundaries": {"RS-XK": {"style": "none"}}}).name("XK", "en", "Kosovo") == "Kosovo"


@pytest.mark.parametrize(
    "given",
    [
        {"colours": {}},
        {"boundaries": {"RS-XK": {"style": "wavy"}}},
        {"boundaries": {"RS-XK": {"footnote": {"fr": "x"}}}},
        {"names": {"XK": {"en": "two\nlines"}}},
        {"names": "x"},
        [],
    ],
)
def test_what_no_map_can_draw_is_refused_by_name(given: object) -> None:
    with pytest.raises(SettingsError) as refused:
        read_map_view(given)
    assert (refused.value.where.field or "").startswith("map")
