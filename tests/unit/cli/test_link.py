"""`headwater link` on the command line: files, a node, judgements, pictures."""

import json
from pathlib import Path

import pytest

from tests.node_world import WRITER
from tests.unit.cli.conftest import Run


@pytest.fixture
def files(run: Run, tmp_path: Path) -> list[str]:
    made = run("link", "make", "--records", "90", "--seed", "6", "--out", str(tmp_path / "in"), "--json")
    assert made.code == 0
    return [name for name in json.loads(made.out)["files"] if "records-" in name]


def test_files_are_linked_without_the_word_run(run: Run, files: list[str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = run("link", *files, "--out", str(out), "--json")
    assert told.code == 0, told.err
    document = json.loads(told.out)
    assert document["records"] == 90
    assert document["on"] == "duckdb"
    assert len(document["clusters"]) == document["findings"]["match.cluster"] > 5
    lines = (out / "findings.jsonl").read_text(encoding="utf-8").splitlines()
    assert len(lines) == sum(document["findings"].values())
    assert run("link", "run", *files).out.splitlines()[-1].startswith("90 records")


def test_a_nodes_records_are_linked_judged_and_explained(run: Run, home: Path, tmp_path: Path) -> None:
    table = tmp_path / "things.csv"
    table.write_text(
        "id,originator,category,name,birth_date,phone\n"
        "rs-1,RS-MOI,suspect,Ђорђе Измишљеновић,1975-03-04,060 1234567\n"
        "xk-1,XK-KP,suspect,Gjorgje Izmishljenoviq,1975-03-04,\n"
        "uk-1,UK-NCA,suspect,Djordje Izmisljenovic,1975-04-03,+381 60 1234567\n",
        encoding="utf-8",
    )
    at = ("--home", str(home), "--user", WRITER, "--json")
    assert run("read", "things", str(table), *at).code == 0
    (cluster,) = json.loads(run("link", "run", *at).out)["clusters"]
    assert cluster["members"] == ["RS-MOI/rs-1", "UK-NCA/uk-1", "XK-KP/xk-1"]
    picture = tmp_path / "pair.svg"
    pair = json.loads(run("link", "explain", "RS-MOI/rs-1", "UK-NCA/uk-1", "--svg", str(picture), *at).out)
    assert pair["prior_bits"] + sum(one["bits"] for one in pair["comparisons"]) == pytest.approx(
        pair["weight_bits"], abs=0.2
    )
    assert picture.read_text(encoding="utf-8").startswith("<svg")
    for other in ("UK-NCA/uk-1", "XK-KP/xk-1"):
        assert run("link", "judge", "RS-MOI/rs-1", other, "different", "--reason", "seen at once", *at).code == 0
    after = json.loads(run("link", "run", *at).out)
    assert all("RS-MOI/rs-1" not in one["members"] for one in after["clusters"])


def test_files_and_a_node_together_are_refused(run: Run, files: list[str], home: Path) -> None:
    assert run("link", *files, "--home", str(home)).code == 2
    assert run("link", "run").code == 2


def test_a_row_that_cannot_be_read_is_65_and_leaves_no_folder(run: Run, tmp_path: Path) -> None:
    table = tmp_path / "things.csv"
    table.write_text("id,name\n1,Somebody\n", encoding="utf-8")
    assert run("link", str(table), "--out", str(tmp_path / "out")).code == 65
    assert not (tmp_path / "out").exists()
