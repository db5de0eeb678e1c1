"""Screening spread over processes or over Spark's executors answers what one process does, to the byte."""

import csv
import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from headwater.exercise.list_files import list_files
from headwater.exercise.lists import make_list
from headwater.node import screening
from headwater.node.spread import Spread
from headwater.testing.fakes import FakeClock
from tests.node_world import SUPERVISOR, as_user, events, init, node_at, read, write_list

pytestmark = pytest.mark.peer
COLUMNS = ("id", "schema", "name", "birth_date")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list, and customers of whom some stand on it, some look like it, and some cannot be screened."""
    folder = tmp_path_factory.mktemp("screening")
    (folder / "list.csv").write_bytes(next(iter(list_files("uk-csv", make_list(600, 21)).values())))
    listed = [(one.native or one.name, one.born) for one in make_list(600, 21)[::4]]
    others = [(one.name, one.born) for one in make_list(450, 22)]
    names = [*listed, *others, ("?!", ""), ("x" * 500, ""), (listed[0][0], "1975-13-05")]
    write(folder / "customers.csv", [(f"c{at}", "Person", *one) for at, one in enumerate(names)])
    write(
        folder / "wrong.csv", [*((f"c{at}", "Person", *one) for at, one in enumerate(names)), ("z", "Ghost", "A B", "")]
    )
    return folder


def write(path: Path, rows: list[tuple[str, ...]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        csv.writer(handle).writerows([COLUMNS, *rows])


def run(files: Path, out: Path, *words: str, queries: str = "customers.csv") -> subprocess.CompletedProcess[str]:
    command = [
        sys.executable,
        "-m",
        "headwater",
        "screen",
        str(files / queries),
        "--list",
        f"uk-csv:{files / 'list.csv'}",
    ]
    env = {**os.environ, "XDG_CACHE_HOME": str(files)}
    done = [*command, "--min-score", "0.5", "--out", str(out), "--json", *words]
    return subprocess.run(done, capture_output=True, text=True, timeout=500, env=env, check=False)


def same(files: Path, tmp_path: Path, *words: str) -> None:
    alone, spread = (run(files, tmp_path / name, *how) for name, how in (("alone", ()), ("spread", words)))
    assert (alone.returncode, spread.returncode) == (0, 0), spread.stderr
    assert (tmp_path / "spread").read_bytes() == (tmp_path / "alone").read_bytes()
    one, other = json.loads(alone.stdout), json.loads(spread.stdout)
    assert len(one["hits"]) > 100
    assert len(one["not_screenable"]) == 2
    assert len(one["doubts"]) == 1
    for part in ("hits", "not_screenable", "doubts", "lists", "queries"):
        assert other[part] == one[part], part


def test_several_processes_answer_as_one_does(files: Path, tmp_path: Path) -> None:
    same(files, tmp_path, "--jobs", "2")


def test_a_node_claims_the_same_whoever_does_the_work(tmp_path: Path) -> None:
    queries = [{"id": str(at), "name": one.name} for at, one in enumerate(make_list(300, 5))]
    asked = screening.Asked([*queries, {"id": "last", "name": "Марко Измишљотиновић"}])
    with node_at(init(tmp_path / "node"), FakeClock()) as node:
        read(node, "uk", write_list(tmp_path / "in", ["Marko Izmišljotinović", "Ana Nepostojić"]))
        session = as_user(node, SUPERVISOR, "sanctions")
        alone, spread = (screening.at_node(node, session, asked, spread=Spread(jobs)) for jobs in (1, 2))
        assert spread.result == alone.result
        assert [hit.query for hit in spread.result.hits] == ["last"]
        assert len(events(node, "match.screened")) == 2
        assert len(events(node, "findings.claimed")) == 1


def test_an_impossible_query_of_a_later_turn_is_named_by_its_row_of_the_file(files: Path, tmp_path: Path) -> None:
    alone, spread = (run(files, tmp_path / "out", *how, queries="wrong.csv") for how in ((), ("--jobs", "2")))
    assert spread.returncode == alone.returncode == 65
    assert spread.stdout == alone.stdout
    assert spread.stderr == alone.stderr
    assert not (tmp_path / "out").exists()


spark = pytest.mark.skipif(find_spec("pyspark") is None, reason="needs headwater[spark], a source package of 476 MB")
java = pytest.mark.skipif(shutil.which("java") is None, reason="needs Java 17, as Spark does")


@spark
@java
def test_spark_answers_as_one_process_does(files: Path, tmp_path: Path) -> None:
    same(files, tmp_path, "--on", "spark")
