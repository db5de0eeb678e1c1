"""The trace verbs as an officer types them."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e


def headwater(*words: str | Path | int, exits: int = 0, **env: str) -> dict[str, Any]:
    """The JSON document that a command answers."""
    done = subprocess.run(
        [sys.executable, "-m", "headwater", *(str(word) for word in words), "--json"],
        capture_output=True, text=True, check=False, env={**os.environ, **env},
    )  # fmt: skip
    assert done.returncode == exits, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("year")
    made = headwater(
        "trace", "make", "--accounts", 2000, "--payments", 5000, "--networks", 6, "--seed", 3, "--out", folder
    )
    assert made["rows"]["payments"] >= 5_000
    return folder


def test_a_year_is_traced_followed_counted_and_drawn(year: Path, tmp_path: Path) -> None:
    tables = [year / f"{name}.csv" for name in ("payments", "companies", "shipments", "places", "rates")]
    out = tmp_path / "findings.jsonl"
    names = ("corridor-fan-in", "gather-scatter", "boats-out-of-line", "temporal-cycle")
    asked = [word for name in names for word in ("--typology", name)]
    answer = headwater("trace", "run", *tables, *asked, "--out", out)
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert answer["findings"] == len(lines) > 0
    assert answer["typologies"] == {name: sum(line["typology"] == name for line in lines) for name in names}
    wanted = {"id", "typology", "score", "subjects", "rows", "amount_minor", "currency", "from", "to", "first", "last", "text",
              "innocent", "source"}  # fmt: skip
    assert all(wanted <= set(line) for line in lines)
    assert {"rows", "findings", "typologies", "cpu_s", "peak_rss_mb"} <= set(answer)
    hub = next(line for line in lines if line["typology"] == "corridor-fan-in")
    with (year / "payments.csv").open(encoding="utf-8") as stream:
        first = next(row.split(",")[0].strip('"') for row in stream if f'"{hub["subjects"][0]}"' in row.split(",")[3:4])
    trail = headwater(
        "trace",
        "follow",
        first,
        "--file",
        tables[0],
        "--file",
        tables[-1],
        "--rule",
        "earliest",
        "--svg",
        tmp_path / "t.svg",
    )
    assert trail["conserved"]
    assert trail["hops"][0]["from"].startswith("payer-")
    assert (tmp_path / "t.svg").read_text(encoding="utf-8").startswith("<svg")
    headwater(
        "trace",
        "picture",
        out,
        tables[2],
        "--timeline",
        tmp_path / "case.svg",
        "--hub",
        hub["subjects"][0],
        "--svg",
        tmp_path / "hub.svg",
    )
    features = headwater("trace", "features", tables[0], "--out", tmp_path / "f.parquet")
    assert features["rows"] > 0
    assert (tmp_path / "f.parquet").stat().st_size > 0


def test_spark_without_java_is_a_missing_extra(year: Path, tmp_path: Path) -> None:
    answer = headwater(
        "trace", "run", year / "payments.csv", "--on", "spark", exits=69, PATH=str(tmp_path), JAVA_HOME=""
    )
    assert answer["error"]["code"] == "extra.missing"
    assert "Java 17" in answer["error"]["text"]


def test_what_cannot_be_asked_is_refused_with_its_exit(year: Path, tmp_path: Path) -> None:
    assert headwater("trace", "typologies", "no-such", exits=78)["error"]["code"] == "settings"
    assert (
        headwater("trace", "follow", "no-such", "--file", year / "payments.csv", exits=65)["error"]["code"]
        == "input.schema"
    )
    nowhere = headwater("trace", "features", year / "payments.csv", "--out", tmp_path / "none" / "f.parquet", exits=74)
    assert nowhere["error"]["code"] == "store.io"
    bad = tmp_path / "bad.csv"
    bad.write_text("id,time,from,to,amount,currency\nP1,2025-03-01T10:00:00Z,A,B,-5,EUR\n", encoding="utf-8")
    refused = headwater("read", "payments", bad, exits=65)
    assert "line 2" in refused["files"][0]["error"]["where"]
    assert len(headwater("trace", "typologies")["typologies"]) >= 25


def test_a_trail_is_told_in_money_as_people_read_it(tmp_path: Path) -> None:
    rows = ("P1,2025-03-01T10:00:00Z,A,B,195000,EUR", "P2,2025-03-02T10:00:00Z,B,C,93550,EUR")
    table = tmp_path / "payments.csv"
    table.write_text("\n".join(("id,time,from,to,amount,currency", *rows)) + "\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "headwater", "trace", "follow", "P1", "--file", str(table)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    lines = done.stdout.splitlines()
    assert lines[1].endswith("B -> C  935.50 EUR of 935.50 EUR")
    assert lines[-1] == "1,950.00 EUR: 1,950.00 EUR rests, accounts: 2; 0.00 EUR went further"
