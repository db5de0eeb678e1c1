"""Pairs: Splink lays the units side by side on DuckDB or Spark, and says which level of each comparison holds.

What a pair weighs is added up here from the model's own numbers, not from the database's floating point: so DuckDB and
Spark give the same weights to the last bit, and the picture of a pair adds up to what decided it. A test holds Splink's
sum beside ours.
"""

import logging
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from math import floor, log2
from typing import TYPE_CHECKING, Any, Final

from headwater.engines.match.link import weights
from headwater.engines.match.link.columns import Row
from headwater.engines.match.link.model import DIALECTS, Comparison, Model
from headwater.errors import MissingExtraError

if TYPE_CHECKING:
    import pyarrow as pa

Database = Callable[[], Any]
"""Makes one of Splink's database interfaces; what lies behind it (memory, a cluster) is the caller's affair."""
_LISTS: Final = frozenset(
    {
        "words",
        "births",
        "turned",
        "numbers",
        "optical",
        "contacts",
        "plates",
        "plates_optical",
        "calls",
        "keys",
        "kin",
        "family_near",
        "given_near",
    }
)
_SIDE: Final = re.compile(r"\b([lr])\.(\w+)")
_SLACK: Final = 0.01
"""Bits below the limit from which Splink hands pairs over; the exact limit is applied here."""


@dataclass(frozen=True, slots=True)
class Edge:
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
    """Return DuckDB in this process's memory."""
    import duckdb
    from splink import DuckDBAPI

    return DuckDBAPI(connection=duckdb.connect(":memory:"))


def edges_between(rows: Sequence[Row], model: Model, database: Database, least: float) -> list[Edge]:
    """Return the pairs of rows that weigh at least so much, in the order of their places."""
    if len(rows) < 2 or not any(row["keys"] for row in rows):  # noqa: PLR2004
        return []
    frequencies = {column: frequencies_of(rows, model, column) for column in model.rare_columns}
    found = predicted(rows, model, database(), frequencies, least - _SLACK)
    columns = [f"gamma_{comparison.name}" for comparison in model.comparisons]
    wanted = ", ".join(("unique_id_l", "unique_id_r", *columns))
    table = found.query_sql(f"select {wanted} from {{this}}").as_pyarrow_table()  # noqa: S608 - names from the model
    weigh = _Scale(model, rows, frequencies)
    edges = []
    for left, right, *levels in zip(*table.to_pydict().values(), strict=True):
        edge = weigh.edge(min(left, right), max(left, right), tuple(levels))
        if edge.weight >= least:
            edges.append(edge)
    edges.sort(key=lambda edge: (edge.left, edge.right))
    return edges


def frequencies_of(rows: Sequence[Row], model: Model, column: str) -> dict[str, float]:
    """Return how common each value of a column is, rounded down to a power of two: new data then seldom move a weight.

    A few records tell little of how common a name is: they are taken together with `weights.KNOWN` records in which the
    value is as common as values of that column are on the whole. As many as speak of one thing do not count: the two that
    are compared and what else there is of it are no namesakes.
    """
    own = 1 + round(2**model.others)
    counts = Counter(row[column] for row in rows if row[column] is not None)
    total = sum(counts.values()) + weights.KNOWN
    usual = weights.KNOWN * model.usual(column)
    return {value: 2.0 ** floor(log2((max(0, count - own) + usual) / total)) for value, count in counts.items()}


class _Scale:
    """Weighs pairs by the model's numbers."""

    def __init__(self, model: Model, rows: Sequence[Row], frequencies: Mapping[str, Mapping[str, float]]) -> None:
        self._model = model
        self._prior = model.prior(len(rows))
        self._rows = rows
        self._frequencies = frequencies
        self._known: dict[tuple[str, int, float | None], float] = {}

    def edge(self, left: int, right: int, levels: tuple[int, ...]) -> Edge:
        """Return a pair with its weights."""
        pairs = zip(self._model.comparisons, levels, strict=True)
        parts = tuple(self._part(comparison, gamma, left) for comparison, gamma in pairs)
        return Edge(left, right, levels, parts, round(self._prior + sum(parts), 9))

    def _part(self, comparison: Comparison, gamma: int, left: int) -> float:
        level = comparison.level(gamma) if gamma > 0 else None
        frequency = None
        if level is not None and level.rarity:
            frequency = self._frequencies[level.rarity][self._rows[left][level.rarity]]
        key = (comparison.name, gamma, frequency)
        if key not in self._known:
            self._known[key] = self._model.weight(comparison, gamma, frequency)
        return self._known[key]


def settings_of(model: Model, dialect: str, count: int) -> dict[str, Any]:
    """Return the model as Splink's settings: the same for every database but for the names of functions."""
    words = {**DIALECTS[dialect], "first": "1" if dialect == "duckdb" else "0"}
    return {
        "link_type": "dedupe_only",
        "unique_id_column_name": "unique_id",
        "probability_two_random_records_match": 1 / (1 + 2.0 ** -model.prior(count)),
        "comparisons": [_comparison(model, comparison, words) for comparison in model.comparisons],
        "blocking_rules_to_generate_predictions": [{"blocking_rule": "l.keys = r.keys", "arrays_to_explode": ["keys"]}],
        "retain_matching_columns": True,  # among them the numbers of the levels
        "retain_intermediate_calculation_columns": True,
    }


def _comparison(model: Model, comparison: Comparison, words: Mapping[str, str]) -> dict[str, Any]:
    chances = model.chances(comparison)
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


def predicted(
    rows: Sequence[Row],
    model: Model,
    database: Any,  # noqa: ANN401 - Splink's interface is generic over databases
    frequencies: Mapping[str, Mapping[str, float]],
    least: float,
) -> Any:  # noqa: ANN401 - and so is its answer
    """Return the pairs that weigh at least so much, as Splink's own table in that database."""
    import pyarrow as pa
    from splink import Linker

    logging.getLogger("splink").setLevel(logging.ERROR)  # its notes are for whoever trains a model
    linker = Linker(
        database.register(table_of(rows)),
        settings_of(model, database.sql_dialect.sql_dialect_str, len(rows)),
        log_level=None,
        validate_settings=False,
    )
    for column, frequency in frequencies.items():
        table = pa.table({column: list(frequency), f"tf_{column}": list(frequency.values())})
        linker.table_management.register_term_frequency_lookup(database.register(table), column)
    return linker.inference.predict(threshold_match_weight=least, warning_mode="never")


def table_of(rows: Sequence[Row]) -> "pa.Table":
    """Return rows as an Arrow table, lists as lists of text."""
    import pyarrow as pa

    def column(name: str) -> "pa.Array":
        kind = pa.int64() if name == "unique_id" else pa.list_(pa.string()) if name in _LISTS else pa.string()
        return pa.array([row[name] for row in rows], kind)

    return pa.table({name: column(name) for name in rows[0]})
