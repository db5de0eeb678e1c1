"""DuckDB and Spark give the same findings row by row. Needs the extra `spark` and Java 17."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.engines.trace.typologies import TYPOLOGIES
from headwater.errors import MissingExtraError
from headwater.exercise.money.make import make
from headwater.node import spark as spark_at_node
from headwater.node import trace as tracing
from headwater.node.spark import ibis_on_spark

pytestmark = pytest.mark.peer
TABLES = (
    "payments", "companies", "ownership", "shipments", "listings", "hires", "contacts", "identifiers", "crossings", "places",
    "rates",
)  # fmt: skip
QUICK = ("corridor-fan-in", "gather-scatter", "temporal-cycle", "boats-out-of-line")
SEED = 3
"""A year in which each of the quick typologies finds something."""


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("year")
    make(2_000, 5_000, 7, SEED, folder)
    return folder


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Spark and Java, where both are installed."""
    try:
        with ibis_on_spark():
            yield
    except MissingExtraError as error:
        pytest.skip(str(error))


def lines(year: Path, on: str, names: tuple[str, ...]) -> list[dict[str, Any]]:
    files = [str(year / f"{name}.csv") for name in TABLES]
    result = tracing.in_files(tracing.Asked(names, on=on), files, "test").result
    return [tracing.line(claim) for claim in (*result.claims, *result.protecting)]


@pytest.mark.filterwarnings("ignore")  # pyspark's own
def test_both_give_the_same_findings_row_by_row(year: Path, spark: None) -> None:
    found = lines(year, "duckdb", QUICK)
    assert {line["typology"] for line in found} == set(QUICK)
    assert lines(year, "spark", QUICK) == found


@pytest.mark.deep
@pytest.mark.filterwarnings("ignore")
def test_both_give_the_same_findings_of_every_typology(year: Path, spark: None) -> None:
    found = lines(year, "duckdb", ())
    assert len({line["typology"] for line in found}) >= len(TYPOLOGIES) - 3
    assert lines(year, "spark", ()) == found


def test_without_pyspark_it_says_which_extra_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spark_at_node, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError) as caught, ibis_on_spark():
        pass
    assert caught.value.exit == 69
    assert "headwater[spark]" in str(caught.value)


def test_without_java_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(shutil, "which", lambda *_, **__: None)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(MissingExtraError) as caught, ibis_on_spark():
        pass
    assert caught.value.exit == 69
    assert "Java 17" in str(caught.value)
