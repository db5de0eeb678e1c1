"""Payments, figures, lists and the timeline as pages read them."""

from datetime import date
from pathlib import Path

import pytest

from headwater.errors import ForbiddenError, SchemaError
from headwater.node import Node, screening
from headwater.node.lists import listed, note_fetched
from headwater.node.pages import figures, listings, payments, start, timeline
from tests.node_world import AUDITOR, WRITER, as_user, read, write_list
from tests.picture_world import SERIES, case_folder, series, ties
from tests.picture_world import payments as pay


def test_a_payer_is_never_named_and_a_subject_is(node: Node) -> None:
    shown = payments.trace(node, as_user(node), pay(node))
    assert {row.payee for row in shown.rows} == {"HUB", "SUPPLIER"}
    assert [row.payer for row in shown.rows] == ["account 1", "account 2", "account 2", "HUB"]
    assert "PAYER" not in repr(shown)


def test_flows_and_corridors_add_up(node: Node) -> None:
    shown = payments.trace(node, as_user(node), pay(node))
    assert [(flow.payer, flow.payee, flow.count, flow.amount) for flow in shown.flows] == [
        ("HUB", "SUPPLIER", 1, "300.00 EUR"), ("account 2", "HUB", 2, "250.00 EUR"), ("account 1", "HUB", 1, "100.00 EUR"),
    ]  # fmt: skip
    assert shown.corridors == (("FR – GB", 3, "350.00 EUR"), ("GB – TR", 1, "300.00 EUR"))
    assert shown.months == (("2026-01", 2), ("2026-02", 2))


def test_leads_are_listed_by_pattern(node: Node) -> None:
    pay(node)
    assert payments.payments(node, as_user(node)).total == 1
    assert payments.payments(node, as_user(node), "structuring").total == 0
    with pytest.raises(SchemaError):
        payments.payments(node, as_user(node), "no-such-pattern")
    with pytest.raises(SchemaError):
        payments.payments(node, as_user(node), page=2)


def test_a_finding_of_another_engine_is_no_trace(node: Node) -> None:
    with pytest.raises(ForbiddenError):
        payments.trace(node, as_user(node), ties(node))


def test_a_series_shows_each_edition_and_what_was_revised(node: Node) -> None:
    series(node)
    session = as_user(node, WRITER, "statistics")
    [row] = figures.figures(node, session).rows
    assert (row.id, row.editions, row.newest) == (SERIES, 2, 30)
    shown = figures.series(node, session, SERIES)
    assert shown.seen_on == (date(2025, 7, 1), date(2025, 4, 1))
    assert {one.period: (one.values, one.revised) for one in shown.values} == {
        "2025-03": ((30, None), False), "2025-02": ((25, 20), True), "2025-01": ((10, 10), False),
    }  # fmt: skip


def test_a_series_is_shown_as_it_was_known_on_a_day(node: Node) -> None:
    series(node)
    session = as_user(node, WRITER, "statistics")
    shown = figures.series(node, session, SERIES, date(2025, 5, 1))
    assert shown.seen_on == (date(2025, 4, 1),)
    assert {one.period: one.values for one in shown.values} == {"2025-02": (20,), "2025-01": (10,)}
    with pytest.raises(SchemaError):
        figures.series(node, session, SERIES, date(2024, 1, 1))
    with pytest.raises(SchemaError):
        figures.series(node, session, "made-up.nothing")


def test_a_series_too_short_for_a_forecast_says_so(node: Node) -> None:
    series(node)
    shown = figures.series(node, as_user(node, WRITER, "statistics"), SERIES, ahead=True)
    assert shown.no_forecast
    assert not shown.ahead


def test_a_list_is_as_old_on_the_page_as_in_every_answer_from_it_however_lately_it_was_read(
    node: Node, tmp_path: Path
) -> None:
    read(node, "uk", write_list(tmp_path / "in", ["Ana Nepostojić"], published=date(2026, 11, 20)))
    session = as_user(node, WRITER, "sanctions")
    [answer] = screening.at_node(node, session, screening.Asked([{"id": "q", "name": "Ana"}])).result.lists
    [row] = listings.lists(node, session).rows
    assert (row.age_days, row.stale, answer.stale) == (5, True, True)
    assert listings.one(node, session, row.source).row.stale
    assert [each.stale for each in start.start(node, session).lists] == [True]
    note_fetched(node.store, listed(node.store)[0].sha256)
    [row] = listings.lists(node, session).rows
    assert (row.age_days, row.stale) == (0, False)
    assert [each.stale for each in start.start(node, session).lists] == [False]


def test_a_list_tells_its_edition_its_age_and_its_hits(node: Node, tmp_path: Path) -> None:
    read(node, "uk", write_list(tmp_path / "in", ["Marko Izmišljotinović", "Ana Nepostojić"]))
    session = as_user(node, WRITER, "sanctions")
    screening.at_node(node, session, screening.Asked([{"id": "q", "name": "Marko Izmišljotinović"}]))
    [row] = listings.lists(node, session).rows
    assert (row.entries, row.open_hits, row.stale) == (2, 1, False)
    shown = listings.one(node, session, row.source)
    assert {one.name for one in shown.designations} == {"Marko Izmišljotinović", "Ana Nepostojić"}
    with pytest.raises(ForbiddenError):
        listings.one(node, session, "no-such-list")
    with pytest.raises(SchemaError):
        listings.one(node, session, row.source, page=2)


def test_a_case_stands_on_one_axis_without_naming_who_is_protected(node: Node, tmp_path: Path) -> None:
    urn = case_folder(node, tmp_path / "case")
    shown = timeline.timeline(node, as_user(node, WRITER, "court"), urn)
    assert [moment.at for moment in shown.moments] == sorted(moment.at for moment in shown.moments)
    assert {"offences", "exhibits", "custody"} <= {moment.lane for moment in shown.moments}
    only = timeline.timeline(node, as_user(node, WRITER, "court"), urn, frozenset({"custody"}))
    assert {moment.lane for moment in only.moments} == {"custody"}
    with pytest.raises(ForbiddenError):
        timeline.timeline(node, as_user(node, AUDITOR, "court"), urn)
