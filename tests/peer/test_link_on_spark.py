"""Spark links as DuckDB does: the same settings, the same clusters, the same findings to the byte."""

import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from headwater.exercise.linkset import link_files, link_records

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = tmp_path_factory.mktemp("records")
    for name, data in link_files(link_records(200, 8)).items():
        (folder / name).write_bytes(data)
    return sorted(str(path) for path in folder.glob("records-*.csv"))


@pytest.mark.skipif(
    find_spec("pyspark") is None, reason="needs headwater[spark], which comes as a source package of 476 MB"
)
@pytest.mark.skipif(shutil.which("java") is None, reason="needs Java 17, as Spark does")
def test_spark_gives_the_same_clusters_pairs_and_findings(records: list[str], tmp_path: Path) -> None:
    for on in ("duckdb", "spark"):
        words = [sys.executable, "-m", "headwater", "link", "run", *records, "--on", on, "--out", str(tmp_path / on)]
        subprocess.run(words, check=True, capture_output=True, timeout=500)
    for name in ("clusters.csv", "pairs.csv", "findings.jsonl"):
        assert (tmp_path / "spark" / name).read_bytes() == (tmp_path / "duckdb" / name).read_bytes()
        assert (tmp_path / "spark" / name).stat().st_size > 1000
