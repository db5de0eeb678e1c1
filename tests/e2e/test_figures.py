"""`headwater figures` as it is typed: the two sentences, refusals with their exit codes, files that come out."""

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.e2e


def run(*words: str | Path, exits: int = 0) -> dict[str, Any]:
    """The document that one command answers."""
    command = [sys.executable, "-m", "headwater", "figures", *map(str, words), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == exits, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("figures")
    for one in run("make", "--seed", "1", "--out", made / "in")["files"]:
        if one["format"] != "csv-wide":
            assert run("import", one["format"], one["file"], "--store", made / "store")["warnings"] == []
    return made


def test_the_two_sentences_come_back_with_the_right_ones(folder: Path) -> None:
    store = folder / "store"
    both = ("uk-returns.enforced", "uk-returns.voluntary")
    period = "2024-07-05..2025-03-22"
    removed = run(
        "claim", "--number", "24000", "--word", "removed", "--about", *both, "--period", period, "--store", store
    )
    assert (removed["verdict"], removed["computed"]) == ("wrong-word", 24_103)
    assert "6,339" in removed["says"]
    route = run("claim", "--text", "nearly 22,000 on the Western Balkans route in 2024", "--store", store)
    assert (route["verdict"], route["computed"]) == ("supported", 21_525)
    early = run("claim", "--text", "24,000 removed since 5 July 2024", "--as-of", "2025-03-23", "--store", store)
    assert (early["verdict"], early["computed"]) == ("not-yet-known", None)


def test_what_was_known_on_a_day_is_shown_else_null(folder: Path) -> None:
    asked = ("show", "frontex-ibc.western-balkan-route", "--period", "2024-11", "--store", folder / "store")
    assert run(*asked, "--as-of", "2025-01-14")["value"] is None
    assert run(*asked)["value"] > 0


def test_a_day_before_the_first_edition_says_that_nothing_was_known(folder: Path) -> None:
    asked = ("show", "frontex-ibc.western-balkan-route", "--store", folder / "store", "--as-of")
    assert run(*asked, "2020-02-29")["values"] == []
    words = [sys.executable, "-m", "headwater", "figures", *map(str, asked), "2020-02-29"]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout.splitlines()
    assert said[1] == "not known on 2020-02-29"


def test_a_day_that_is_none_is_told_by_the_option_that_names_it(folder: Path) -> None:
    series, store = "uk-returns.enforced", ("--store", folder / "store")
    for command in (
        ("show", series),
        ("table", series, "--out", folder / "t.csv"),
        ("chart", series, "--out", folder / "c.svg"),
    ):
        for day in ("2023-02-29", "2024"):
            error = run(*command, *store, "--as-of", day, exits=65)["error"]
            assert (error["where"], "2025-03-31" in error["text"]) == ("--as-of", True)


def test_a_point_between_thousands_is_asked_about_and_not_read_as_twenty_two(folder: Path) -> None:
    store = ("--store", folder / "store")
    text = "nearly 22.000 on the Western Balkans route in 2024"
    assert "point between thousands" in run("claim", "--text", text, *store, exits=65)["error"]["text"]
    given = ("--word", "returns", "--about", "uk-returns.enforced", "--period", "2024")
    assert "24,000" in run("claim", "--number", "22.000", *given, *store, exits=65)["error"]["text"]
    assert run("claim", "--text", text.replace("22.000", "0.022 million"), *store)["verdict"] == "supported"


def test_refusals_have_their_exit_codes(folder: Path) -> None:
    bad = folder / "bad.csv"
    bad.write_text("month,a\n2024-01,-1\n", encoding="utf-8")
    refused = run("import", "csv-wide", bad, "--store", folder / "other", exits=65)
    assert "bad.csv, line 2, field 'a'" in refused["error"]["where"]
    assert not (folder / "other").exists()
    run("claim", "--text", "24,000 removed", "--store", folder / "nothing", exits=78)
    run("publish", bad, "--out", folder / "x.csv", exits=65)


def test_a_forecast_names_series_as_the_file_does(folder: Path) -> None:
    out = folder / "f.csv"
    answer = run(
        "forecast",
        folder / "in" / "routes.csv",
        "--horizon",
        "6",
        "--season",
        "12",
        "--level",
        "50,80,95",
        "--out",
        out,
    )
    with out.open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == len(answer["forecasts"]) == 7 * 6
    assert all(float(row["lo95"]) <= float(row["lo50"]) <= float(row["point"]) <= float(row["hi95"]) for row in rows)
    assert answer["backtest"]["rmae"] < 1


def test_a_published_table_goes_out_with_what_it_lost(folder: Path) -> None:
    table, out = folder / "t.csv", folder / "p.csv"
    table.write_text("nationality,2024Q1,2024Q2\nExamplia,3,40\nFictionia,20,2\nNowhereland,50,60\n", encoding="utf-8")
    answer = run("publish", table, "--method", "suppress", "--threshold", "5", "--out", out)
    assert answer["narrowed"] == 0
    assert answer["base"] is None
    assert ',"c"' in out.read_text(encoding="utf-8")
    assert run("publish", table, "--method", "round", "--out", out)["base"] == 5
