"""Publishing: what goes out adds up, loses little, and narrows no small cell; what cannot is refused."""

import random
from importlib import import_module
from types import SimpleNamespace

import pytest

from headwater.engines.figures import Method, Table, exposed, publish
from headwater.engines.figures.publish import refuse_if_exposed
from headwater.engines.figures.table import OTHER, Published, merge_small_rows
from headwater.errors import ForbiddenError, SchemaError

# The module; its name in the package is that of its function.
publishing = import_module("headwater.engines.figures.publish")


def table(seed: int, height: int = 12, width: int = 6, mean: float = 30.0) -> Table:
    """A made-up table with small cells and zeros."""
    draw = random.Random(f"table/{seed}")
    counts = tuple(
        tuple(0 if draw.random() < 0.25 else int(draw.expovariate(1 / mean)) for _ in range(width))
        for _ in range(height)
    )
    names = tuple(f"Country {at}" for at in range(height))
    return Table("nationality", names, tuple(f"2024Q{at}" for at in range(width)), counts)


TABLES = [table(seed, height, width) for seed, (height, width) in enumerate([(12, 6), (4, 3), (9, 1), (1, 5), (20, 4)])]


@pytest.mark.parametrize("made", [publish(one, Method.ROUND) for one in TABLES])
def test_a_rounded_table_adds_up_and_stays_beside_its_counts(made: Published) -> None:
    for line in [*made.cells, *zip(*made.cells, strict=True)]:
        values = [cell for cell in line if cell is not None]
        assert sum(values[:-1]) == values[-1]
    for true, shown in zip(made.table.with_margins(), made.cells, strict=True):
        assert all(
            cell is not None and cell % 5 == 0 and abs(cell - one) < 5 for one, cell in zip(true, shown, strict=True)
        )


@pytest.mark.parametrize("method", list(Method))
@pytest.mark.parametrize("one", TABLES, ids=lambda one: f"{len(one.rows)}x{len(one.columns)}")
def test_no_small_cell_is_narrowed(one: Table, method: Method) -> None:
    made = publish(one, method)
    assert exposed(made.table.with_margins(), made.cells, made.base, 5) == []


def test_suppression_hides_every_small_cell_and_keeps_the_grand_total() -> None:
    made = publish(TABLES[0], Method.SUPPRESS)
    for true, shown in zip(made.table.with_margins(), made.cells, strict=True):
        assert all(cell is None or cell == one for one, cell in zip(true, shown, strict=True))
        assert all(cell is None for one, cell in zip(true, shown, strict=True) if 0 < one < 5)
    assert made.cells[-1][-1] == TABLES[0].whole


def test_hiding_small_cells_alone_is_seen_through() -> None:
    true = Table("x", ("a", "b"), ("p", "q"), ((3, 20), (30, 40)))
    shown = ((None, 20, 23), (30, 40, 70), (33, 60, 93))
    [found] = exposed(true.with_margins(), shown, None, 5)
    assert (found.row, found.column, found.low, found.high) == (0, 0, 3, 3)
    with pytest.raises(ForbiddenError, match="1 small cell") as caught:
        refuse_if_exposed(Published(true, shown, (), None), 5)
    assert caught.value.exit == 77
    assert " 3" not in str(caught.value).replace("1 to 4", "")


def test_a_small_cell_in_the_open_is_narrowed_to_itself() -> None:
    true = Table("x", ("a", "b"), ("p", "q"), ((3, 20), (30, 40)))
    assert [(one.low, one.high) for one in exposed(true.with_margins(), true.with_margins(), None, 5)] == [(3, 3)]


@pytest.mark.parametrize("small", [1, 4])
def test_the_least_and_the_largest_of_the_small_counts_are_attacked_too(small: int) -> None:
    true = Table("x", ("a", "b"), ("p", "q"), ((small, 20), (30, 40))).with_margins()
    assert [(one.low, one.high) for one in exposed(true, true, None, 5)] == [(small, small)]


def test_where_all_is_small_all_is_hidden() -> None:
    made = publish(Table("x", ("a",), ("p",), ((3,),)), Method.SUPPRESS)
    assert made.cells == ((None, None), (None, None))


@pytest.mark.parametrize("method", list(Method))
def test_where_over_a_tenth_would_be_lost_more_small_rows_are_merged(method: Method) -> None:
    made = publish(mostly_small(), method)
    assert made.loss <= 0.10
    assert made.merged
    assert len(made.table.rows) >= 3
    assert exposed(made.table.with_margins(), made.cells, made.base, 5) == []


def test_rounding_merges_nothing_where_little_is_lost() -> None:
    assert publish(TABLES[0], Method.ROUND).merged == ()


def mostly_small() -> Table:
    """Two large rows and many of a handful."""
    draw = random.Random("small")
    counts = tuple(
        tuple(draw.randrange(60, 90) if row < 2 else draw.randrange(0, 6) for _ in range(6)) for row in range(24)
    )
    return Table("x", tuple(f"r{row}" for row in range(24)), tuple("abcdef"), counts)


def test_rows_of_few_counts_are_merged_with_their_names() -> None:
    merged, names = merge_small_rows(Table("x", ("a", "b", "c", OTHER), ("p",), ((3,), (9,), (50,), (2,))), 15)
    assert names in (("a", "b", "c"), ("a", "b"))
    assert merged.rows[-1] == OTHER
    assert merged.whole == 64


@pytest.mark.parametrize("method", list(Method))
def test_a_table_that_every_attack_sees_through_does_not_go_out(
    method: Method, monkeypatch: pytest.MonkeyPatch
) -> None:
    attacked: list[int] = []

    def seen_through(*given: object) -> list[object]:
        attacked.append(len(given))
        return [SimpleNamespace(row=0, column=0)]

    monkeypatch.setattr(publishing, "exposed", seen_through)
    monkeypatch.setattr(publishing._Partners, "protect", lambda *_: None)
    with pytest.raises(ForbiddenError, match="rule disclosure"):
        publish(TABLES[0], method)
    assert attacked


def test_loss_counts_what_is_off_or_hidden() -> None:
    true = Table("x", ("a", "b"), ("p", "q"), ((3, 20), (30, 47)))
    assert Published(true, ((None, 20, 23), (30, 47, 77), (33, 67, 100)), (), None).loss == pytest.approx(0.03)
    assert Published(true, ((5, 20, 25), (30, 45, 75), (35, 65, 100)), (), 5).loss == pytest.approx(0.04)


@pytest.mark.parametrize("threshold", [2, 101])
def test_a_threshold_that_protects_nothing_is_refused(threshold: int) -> None:
    with pytest.raises(SchemaError):
        publish(TABLES[0], Method.ROUND, threshold)
