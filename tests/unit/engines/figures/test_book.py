"""The book of vintages: nothing is overwritten, and each day has its own answer."""

from datetime import date

import pytest

from headwater.engines.figures.book import Book, tiled
from headwater.engines.figures.jumps import jumps
from headwater.errors import SchemaError
from headwater.model.period import parse_period
from tests.figures_world import BALKANS, book, edition

VOLUNTARY = "uk-returns.voluntary"
QUARTER = parse_period("2024Q3")


@pytest.mark.parametrize(
    ("as_of", "value"), [("2024-11-27", None), ("2024-11-28", 6_000), ("2025-02-26", 6_000), ("2025-02-27", 6_600)]
)
def test_what_was_known_on_a_day_is_what_was_seen_by_then(as_of: str, value: int | None) -> None:
    total = book().total(VOLUNTARY, QUARTER, date.fromisoformat(as_of))
    assert (total.value if total else None) == value


def test_an_earlier_vintage_is_kept_beside_the_later_one() -> None:
    assert [one.value for one in book().vintages(VOLUNTARY)[QUARTER]] == [6_000, 6_600]


def test_of_one_day_the_edition_kept_last_counts() -> None:
    held = Book([edition("2025-01-01", {BALKANS: {"2024": value}}) for value in (1, 2)])
    total = held.total(BALKANS, parse_period("2024"))
    assert total is not None
    assert total.value == 2


def test_an_edition_that_was_kept_late_counts_by_the_day_it_was_seen_on() -> None:
    held = Book([edition(day, {BALKANS: {"2024": value}}) for day, value in (("2025-02-01", 2), ("2025-01-01", 1))])
    assert [one.value for one in held.vintages(BALKANS)[parse_period("2024")]] == [1, 2]
    total = held.total(BALKANS, parse_period("2024"))
    assert total is not None
    assert total.value == 2


def test_a_year_is_put_together_of_its_months_only_if_all_are_there() -> None:
    held = Book([edition("2025-01-01", {BALKANS: {f"2024-{at:02d}": 1 for at in range(1, 12)}})])
    assert held.total(BALKANS, parse_period("2024")) is None
    eleven = held.total(BALKANS, parse_period("2024-01..2024-11"))
    assert eleven is not None
    assert (eleven.value, len(eleven.parts)) == (11, 11)


def test_a_period_is_covered_by_the_longest_values_without_overlap() -> None:
    known = Book([edition("2025-01-01", {BALKANS: {"2024Q1": 30, "2024-01": 9, "2024-04": 5, "2024-05": 6}})]).known(
        BALKANS
    )
    total = tiled(known, parse_period("2024-01..2024-05"))
    assert total is not None
    assert [str(period) for period, _ in total.parts] == ["2024Q1", "2024-04", "2024-05"]


def test_a_series_is_found_by_its_name_its_half_and_its_source() -> None:
    held = book()
    assert held.named("western-balkan-route") == (BALKANS,)
    assert held.named(BALKANS) == (BALKANS,)
    assert len(held.named("uk-returns")) == 3
    with pytest.raises(SchemaError, match="no such series"):
        held.named("nowhere")


def twelve(**changed: int) -> dict[str, int]:
    """A year of months, some of them changed."""
    return {f"2024-{at:02d}": 1_000 + at for at in range(1, 13)} | changed


def test_a_cell_that_moves_alone_between_vintages_is_flagged() -> None:
    before = edition("2025-01-15", {BALKANS: twelve()})
    wrong = edition("2025-02-15", {BALKANS: twelve(**{"2024-06": 106})})
    [found] = jumps([before, wrong])
    assert found.code == "vintage-jump"
    assert found.where.endswith("2024-06")


def test_a_revision_of_neighbours_or_by_less_is_none() -> None:
    before = edition("2025-01-15", {BALKANS: twelve()})
    assert jumps([before, edition("2025-02-15", {BALKANS: twelve(**{"2024-06": 1_400})})]) == ()
    together = twelve(**{"2024-05": 500, "2024-06": 500, "2024-07": 500})
    assert jumps([before, edition("2025-02-15", {BALKANS: together})]) == ()
    assert jumps([before, before]) == ()
