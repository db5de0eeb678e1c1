"""The fictional year: repeatable, readable, with honest look-alikes and a truth about every planted thing."""

import csv
from pathlib import Path

import pytest

from headwater.errors import SchemaError
from headwater.exercise.money.make import make
from headwater.node.tables import read_tables

FORMATS = (
    "payments", "companies", "ownership", "shipments", "listings", "hires", "contacts", "identifiers", "crossings",
    "places", "rates",
)  # fmt: skip


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("year")
    make(2_000, 5_000, 6, 3, folder)
    return folder


def truth(year: Path) -> list[dict[str, str]]:
    with (year / "truth.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_the_same_seed_makes_the_same_year(year: Path, tmp_path: Path) -> None:
    make(2_000, 5_000, 6, 3, tmp_path)
    assert [path.name for path in sorted(tmp_path.iterdir())] == [path.name for path in sorted(year.iterdir())]
    assert all((tmp_path / path.name).read_bytes() == path.read_bytes() for path in year.iterdir())
    make(2_000, 5_000, 6, 4, tmp_path)
    assert (tmp_path / "payments.csv").read_bytes() != (year / "payments.csv").read_bytes()


def test_every_table_is_read_without_a_bad_row(year: Path) -> None:
    for name in FORMATS:
        (done,) = read_tables(name, [str(year / f"{name}.csv")])
        assert done.error is None, f"{name}: {done.error}"
        assert sum(done.tables.values()) > 0


def test_the_truth_tells_networks_from_honest_look_alikes(year: Path) -> None:
    rows = truth(year)
    kinds = {row["kind"] for row in rows if row["label"] == "innocent"}
    assert {
        "remittance-office",
        "payroll",
        "lawful-hawala",
        "fishing-shop",
        "savings-circle",
        "seasonal-business",
    } <= kinds
    roles = {row["role"] for row in rows if row["label"] == "smuggling"}
    assert {"hub", "mule", "payer", "organiser"} <= roles
    assert {row["group"] for row in rows if row["label"] == "smuggling"} == {f"network-{number}" for number in range(6)}


def test_every_name_in_it_is_visibly_invented(year: Path) -> None:
    with (year / "companies.csv").open(newline="", encoding="utf-8") as stream:
        assert all("(fictional)" in row["name"] for row in csv.DictReader(stream))
    with (year / "payments.csv").open(newline="", encoding="utf-8") as stream:
        for row in csv.DictReader(stream):
            assert row["from"][2:8] == row["to"][2:8] == "00EXMP"


def test_too_small_a_world_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SchemaError):
        make(10, 10, 1, 1, tmp_path)
