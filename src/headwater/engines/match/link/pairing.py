"""Pairs: Splink lays the units side by side on DuckDB or Spark, and says which level of each comparison holds.

What a pair weighs is added up here from the model's own numbers, not from the database's floating point: so DuckDB and
Spark give the same weights to the last bit, and the picture of a pair adds up to what decided it. A test holds Splink's
sum beside ours.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.util import find_spec
from math import floor, log2
from typing import TYPE_CHECKING, Any, Final, TypeVar

import msgspec

from headwater.engines.match.link import weights
from headwater.engines.match.link.bounds import Bounds
from headwater.engines.match.link.levels import Comparison, Model
from headwater.engines.match.link.model import DIALECTS
from headwater.engines.match.link.sheet import Sheet, sheet_of_rows
from headwater.engines.match.link.values import Row
from headwater.errors import MissingExtraError

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Database = Callable[[], Any]
"""Makes one of Splink's database interfaces; what lies behind it (memory, a cluster) is the caller's affair."""
_Value = TypeVar("_Value")
_SIDE: Final = re.compile(r"\b([lr])\.(\w+)")
_SLACK: Final = 0.01
"""Bits below the limit from which Splink hands pairs over; the exact limit is applied here."""
_MARK: Final = 1e-8
"""Bits that the weight of each level is above the one below it in what Splink is told: so no two levels weigh the same.

Splink hands over the numbers of the levels only with every value that was compared, of both sides, which took most of the
memory. What each comparison weighs it hands over without them, and of that the level is read.
"""
SLICE: Final = 4_000_000
"""Pairs that DuckDB is given at a time."""


class Edge(msgspec.Struct, frozen=True, gc=False):
    """Two units laid side by side.

    Attributes:
        left, right: places of the units, the smaller first.
        levels: Splink's number of the level of each comparison, in the model's order; -1 where a value is missing.
        parts: what each comparison says, in bits.
        weight: the sum with the prior: log2 of the odds that the two are one.
    """

    left: int
    right: int
    levels: tuple[int, ...]
    parts: tuple[float, ...]
    weight: float


def need_splink() -> None:
    """Refuse to go on without the libraries of linking.

    Raises:
        MissingExtraError: one is not installed.
    """
    for library in ("splink", "duckdb", "pyarrow", "numpy", "rapidfuzz"):
        if find_spec(library) is None:
            raise MissingExtraError("match", library)


def in_memory() -> Any:  # noqa: ANN401 - Splink's interface is generic over databases
    """Return DuckDB in this process's memory, which writes nothing to the disk."""
    return on_duckdb({"temp_directory": ""})


def on_duckdb(config: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Return DuckDB in memory with these settings of its own."""
    import duckdb
    from splink import DuckDBAPI

    return DuckDBAPI(connection=duckdb.connect(":memory:", config=dict(config)))


def edges_between(rows: Sequence[Row], model: Model, database: Database, least: float) -> list[Edge]:
    """Return the pairs of rows that weigh at least so much, in the order of their places."""
    return edges_in(sheet_of_rows(rows), model, database, least)


def edges_in(sheet: Sheet, model: Model, database: Database, least: float) -> list[Edge]:
    """Return the pairs of units of a sheet that weigh at least so much, in the order of their places."""
    if not sheet.paired:
        return []
    weigh = _Scale(model, sheet)
    opened = database()
    try:
        edges = [
            edge
            for table in levels_in(sheet, model, opened, least - _SLACK)
            for edge in weigh.edges(table)
            if edge.weight >= least
        ]
    finally:
        opened.duckdb_con.close()  # of Spark, what Splink keeps beside it
    edges.sort(key=lambda edge: (edge.left, edge.right))
    return edges


def frequencies_of(counts: Mapping[_Value, int], model: Model, column: str) -> dict[_Value, float]:
    """Return how common each value of a column is, rounded down to a power of two: new data then seldom move a weight.

    A few records tell little of how common a name is: they are taken together with `weights.KNOWN` records in which the
    value is as common as values of that column are on the whole. As many as speak of one thing do not count: the two that
    are compared and what else there is of it are no namesakes.
    """
    own = 1 + round(2**model.others)
    total = sum(counts.values()) + weights.KNOWN
    usual = weights.KNOWN * model.usual(column)
    return {value: 2.0 ** floor(log2((max(0, count - own) + usual) / total)) for value, count in counts.items()}


def frequencies_in(sheet: Sheet, model: Model) -> dict[str, dict[int, float]]:
    """Return how common each value of the columns is of which that counts, by the value's number."""
    found = {}
    for column in model.rare_columns:
        numbers = sheet.numbers(column)
        counts = Counter(numbers[numbers >= 0].tolist())
        found[column] = frequencies_of(counts, model, column)
    return found


class _Scale:
    """Weighs pairs by the model's numbers; what several pairs have in common is weighed once and held once."""

    def __init__(self, model: Model, sheet: Sheet) -> None:
        import numpy as np

        self._model = model
        self._prior = model.prior(len(sheet))
        self._rare: list[tuple[int, int, Any]] = []
        for column, frequency in frequencies_in(sheet, model).items():
            numbers = sheet.numbers(column)
            of = np.ones(max(frequency, default=0) + 2)  # the last for those without a value
            of[list(frequency)] = list(frequency.values())
            self._rare += [(*place, of[numbers]) for place in _places(model, column)]
        self._known: dict[tuple[Any, ...], tuple[tuple[int, ...], tuple[float, ...], float]] = {}

    def edges(self, table: "pa.Table") -> Iterator[Edge]:
        """Yield the pairs of a table of places and levels with their weights."""
        import numpy as np

        lefts, rights, *levels = (column.to_numpy() for column in table.columns)
        rare = [np.where(levels[at] == gamma, common[lefts], 0.0).tolist() for at, gamma, common in self._rare]
        columns = [lefts.tolist(), rights.tolist(), *(column.tolist() for column in levels), *rare]
        for left, right, *key in zip(*columns, strict=True):
            known = self._known.get(place := tuple(key))
            if known is None:
                known = self._known[place] = self._weighed(place)
            yield Edge(left, right, *known)

    def _weighed(self, key: tuple[Any, ...]) -> tuple[tuple[int, ...], tuple[float, ...], float]:
        comparisons = self._model.comparisons
        levels = key[: len(comparisons)]
        common = {
            at: value
            for (at, gamma, _), value in zip(self._rare, key[len(levels) :], strict=True)
            if levels[at] == gamma
        }
        parts = tuple(
            self._model.weight(comparison, gamma, common.get(at))
            for at, (comparison, gamma) in enumerate(zip(comparisons, levels, strict=True))
        )
        return levels, parts, round(self._prior + sum(parts), 9)


def _places(model: Model, column: str) -> Iterator[tuple[int, int]]:
    """Yield the comparisons and the numbers of their levels at which a column's own frequency counts."""
    for at, comparison in enumerate(model.comparisons):
        for back, level in enumerate(reversed(comparison.levels)):
            if level.rarity == column:
                yield at, back + 1


def settings_of(model: Model, dialect: str, count: int) -> dict[str, Any]:
    """Return the model as Splink's settings: the same for every database but for the names of functions."""
    words = DIALECTS[dialect]
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "probability_two_random_records_match": 1 / (1 + 2.0 ** -model.prior(count)),
        "comparisons": [_comparison(model, comparison, words) for comparison in model.comparisons],
        "blocking_rules_to_generate_predictions": [{"blocking_rule": "l.keys = r.keys", "arrays_to_explode": ["keys"]}],
        "retain_matching_columns": False,
        "retain_intermediate_calculation_columns": True,  # among them what each comparison weighs
    }


def _comparison(model: Model, comparison: Comparison, words: Mapping[str, str]) -> dict[str, Any]:
    chances = dict(zip(comparison.codes, _chances(model, comparison), strict=True))
    column = comparison.column
    levels: list[dict[str, Any]] = [
        {
            "sql_condition": f"{column}_l is null or {column}_r is null",
            "label_for_charts": "not given",
            "is_null_level": True,
        }
    ]
    for level in comparison.levels:
        m, u = chances[level.code]
        made = {
            "sql_condition": _SIDE.sub(r"\2_\1", level.sql.format_map(words)),
            "label_for_charts": level.text,
            "m_probability": m,
            "u_probability": u,
        }
        if level.rarity:
            made |= {
                "tf_adjustment_column": level.rarity,
                "tf_adjustment_weight": 1.0,
                "tf_minimum_u_value": weights.LEAST_FREQUENCY.get(level.rarity, weights.RARE),
                "disable_tf_exact_match_detection": True,  # the level says itself which value it is about
            }
        levels.append(made)
    m, u = chances["other"]
    levels.append(
        {"sql_condition": "ELSE", "label_for_charts": comparison.otherwise, "m_probability": m, "u_probability": u}
    )
    return {"output_column_name": comparison.name, "comparison_levels": levels}


def levels_in(sheet: Sheet, model: Model, database: Any, least: float) -> "Iterator[pa.Table]":  # noqa: ANN401
    """Yield the pairs that weigh at least so much, slice by slice: places of both, and the level of each comparison.

    Args:
        sheet: the columns.
        model: what is compared.
        database: Splink's interface to one, which is generic over databases.
        least: the least weight, in bits.
    """
    import pyarrow as pa

    columns = ["unique_id_l", "unique_id_r", *(f"mw_{comparison.name}" for comparison in model.comparisons)]
    for found in predicted(sheet, model, database, least):
        asked = f"select {', '.join(columns)} from {{this}}"  # noqa: S608 - names from the model
        table = found.query_sql(asked).as_pyarrow_table()
        levels = [
            _levels(comparison, model, weighed.to_numpy())
            for comparison, weighed in zip(model.comparisons, table.columns[2:], strict=True)
        ]
        names = ["left", "right", *(comparison.name for comparison in model.comparisons)]
        yield pa.table([*table.columns[:2], *levels], names)


def _levels(comparison: Comparison, model: Model, weighed: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Return the number of the level of each weight that Splink gives a comparison; -1 where a value is missing."""
    import numpy as np

    marked = _chances(model, comparison)
    told = np.array([0.0, *(log2(m / u) for m, u in marked)])
    order = np.argsort(told)
    between = (told[order][1:] + told[order][:-1]) / 2
    return (order[np.searchsorted(between, weighed)] - 1).astype(np.int8)


def _chances(model: Model, comparison: Comparison) -> list[tuple[float, float]]:
    """Return m and u of each level as Splink is told them, by its number, each marked with it."""
    chances = model.chances(comparison)
    found = (chances[code] for code in comparison.codes)
    return [(m, u * 2.0 ** (-_MARK * (at + 1))) for at, (m, u) in enumerate(found)]


def predicted(sheet: Sheet, model: Model, database: Any, least: float) -> Iterator[Any]:  # noqa: ANN401
    """Yield the pairs that weigh at least so much, as Splink's own tables in that database, each dropped after it."""
    import pyarrow as pa
    from splink import Linker

    logging.getLogger("splink").setLevel(logging.ERROR)  # its notes are for whoever trains a model
    dialect = database.sql_dialect.sql_dialect_str
    linker = Linker(
        database.register(sheet.table if dialect == "spark" else sheet.table.drop_columns(["keys"])),
        settings_of(model, dialect, len(sheet)),
        log_level=None,
        validate_settings=False,
    )
    frequencies = frequencies_in(sheet, model)
    for column, frequency in frequencies.items():
        table = pa.table(
            {column: pa.array(list(frequency), pa.int32()), f"tf_{column}": pa.array(frequency.values(), pa.float64())}
        )
        linker.table_management.register_term_frequency_lookup(database.register(table), column)
    bounds = None if dialect == "spark" else Bounds(sheet, model, frequencies)
    for _ in _laid(linker, database, sheet, bounds, least):
        found = linker.inference.predict(threshold_match_weight=least, warning_mode="never")
        yield found
        found.drop_table_from_database_and_remove_from_cache()


def _laid(
    linker: Any,  # noqa: ANN401
    database: Any,  # noqa: ANN401
    sheet: Sheet,
    bounds: Bounds | None,
    least: float,
) -> Iterator[None]:
    """Lay ready, slice by slice, the pairs that are to be weighed.

    Spark finds all of them itself, by the rule of the settings, and spreads them over a cluster; DuckDB is given them, by
    the same rule, so many at a time that they never all stand in memory, and without those that cannot weigh enough.
    """
    import numpy as np
    import pyarrow as pa

    if bounds is None:
        yield
        return
    for lefts, rights in sheet.pairs(SLICE):
        ours, theirs = bounds.enough(lefts, rights, least)
        if not len(ours):
            continue
        columns = {"match_key": np.zeros(len(ours), np.int8), "join_key_l": ours, "join_key_r": theirs}
        given = database.register(pa.table(columns))
        linker.table_management.register_blocked_pairs_for_predict(given)
        yield
        database.duckdb_con.unregister(given.physical_name)
