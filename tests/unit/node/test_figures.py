"""Figures at a node and on a shelf: kept once, read as of a day, claims judged and logged, tables refused to the wrong."""

import csv
import io
import os
from dataclasses import replace
from pathlib import Path

import pytest

from headwater.case.bundle import MadeFile
from headwater.errors import ForbiddenError, SchemaError, SettingsError, StoreCorruptError, StoreIoError
from headwater.exercise.editions import editions, statement_claim
from headwater.formats.safe_sheet import read_workbook
from headwater.model.canonical import encode
from headwater.model.ids import FindingId
from headwater.node import Node, figures, figures_pictures, figures_runs, figures_tables, replaying
from headwater.node.figures import AtNode, AtShelf
from headwater.policy.session import Session
from tests.node_world import LONDON, SUPERVISOR, WRITER, as_user, events, init

pytestmark = pytest.mark.slow

TABLE = "nationality,2024Q1,2024Q2\nExamplia,3,40\nFictionia,20,2\nNowhereland,50,60\n"
VINTAGES = """series,period,value,seen_on
uk-returns.voluntary,2024Q1,5000,2024-05-30
uk-returns.voluntary,2024Q1,5600,2024-08-22
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for one in editions(1):
        (tmp_path / one.name).write_bytes(one.data)
    (tmp_path / "vintages.csv").write_text(VINTAGES, encoding="utf-8")
    (tmp_path / "table.csv").write_text(TABLE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def shelf(folder: Path) -> AtShelf:
    return AtShelf(folder / "shelf", "a.nalyst")


def statement(folder: Path) -> Path:
    return folder / "returns-statement.csv"


def test_a_shelf_answers_as_of_a_day_and_null_before(shelf: AtShelf, folder: Path) -> None:
    figures.read_into(shelf, "csv-long", folder / "vintages.csv")
    answers = {
        day: figures.shown(shelf, "uk-returns.voluntary", "2024Q1", day)["value"]
        for day in ("2024-05-29", "2024-05-30", "2024-08-22")
    }
    assert answers == {"2024-05-29": None, "2024-05-30": 5000, "2024-08-22": 5600}
    shown = figures.shown(shelf, "voluntary", "2024Q1", None)
    assert [one["value"] for one in shown["vintages"]] == [5000, 5600]
    assert shown["definition"]["unit"] == "voluntary returns"
    assert len(shown["sha256"]) == 64


def test_a_file_read_twice_is_kept_once(shelf: AtShelf, folder: Path) -> None:
    assert figures.read_into(shelf, "csv-long", folder / "vintages.csv").added == 2
    assert figures.read_into(shelf, "csv-long", folder / "vintages.csv").added == 0
    assert len(list((folder / "shelf" / "editions").iterdir())) == 2


def test_what_a_shelf_keeps_is_on_the_disk_before_it_has_its_name(
    shelf: AtShelf, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: set[tuple[int, int]] = set()
    sync = os.fsync

    def note(handle: int) -> None:
        synced.add((os.fstat(handle).st_ino, os.fstat(handle).st_size))
        sync(handle)

    monkeypatch.setattr(os, "fsync", note)
    figures.read_into(shelf, "csv-long", folder / "vintages.csv")
    kept = [path for part in ("editions", "files") for path in (folder / "shelf" / part).iterdir()]
    assert len(kept) == 3
    assert {(path.stat().st_ino, path.stat().st_size) for path in kept} <= synced


def test_a_refused_file_leaves_nothing(shelf: AtShelf, folder: Path) -> None:
    (folder / "bad.csv").write_text(VINTAGES + "uk-returns.voluntary,2024Q2,-1,2024-08-22\n", encoding="utf-8")
    with pytest.raises(SchemaError):
        figures.read_into(shelf, "csv-long", folder / "bad.csv")
    assert not (folder / "shelf").exists()


def test_a_jump_against_the_edition_before_is_warned_of(shelf: AtShelf, folder: Path) -> None:
    def wide(june: int) -> Path:
        rows = [f"2024-{at:02d},{june if at == 6 else 1000 + at}" for at in range(1, 13)]
        path = folder / f"{june}.csv"
        path.write_text("\n".join(["month,a", *rows]), encoding="utf-8")
        return path

    assert figures.read_into(shelf, "csv-wide", wide(1006), "x", "2025-01-15").cautions == ()
    [found] = figures.read_into(shelf, "csv-wide", wide(106), "x", "2025-02-15").cautions
    assert found.code == "vintage-jump"


def test_a_jump_is_warned_of_in_whatever_order_the_editions_come(shelf: AtShelf, folder: Path) -> None:
    for name, june, seen in (("late", 1006, "2025-03-15"), ("early", 106, "2025-02-15")):
        rows = [f"2024-{at:02d},{june if at == 6 else 1000 + at}" for at in range(1, 13)]
        (folder / f"{name}.csv").write_text("\n".join(["month,a", *rows]), encoding="utf-8")
        found = figures.read_into(shelf, "csv-wide", folder / f"{name}.csv", "x", seen).cautions
        assert [one.code for one in found] == (["vintage-jump"] if name == "early" else [])


def test_a_changed_edition_on_the_shelf_is_found(shelf: AtShelf, folder: Path) -> None:
    figures.read_into(shelf, "csv-long", statement(folder))
    [kept] = (folder / "shelf" / "editions").iterdir()
    kept.write_bytes(kept.read_bytes().replace(b"6339", b"9339"))
    with pytest.raises(StoreCorruptError):
        figures.claimed(AtShelf(folder / "shelf", "a.nalyst"), {"text": statement_claim()})


def test_an_empty_shelf_says_what_to_do(folder: Path) -> None:
    with pytest.raises(SettingsError, match="figures import"):
        figures.claimed(AtShelf(folder / "nothing", "a.nalyst"), {"text": statement_claim()})


def test_a_folder_that_cannot_be_written_is_a_store_error(folder: Path) -> None:
    (folder / "file").write_text("x", encoding="utf-8")
    with pytest.raises(StoreIoError):
        figures.read_into(AtShelf(folder / "file", "a.nalyst"), "csv-long", statement(folder))


@pytest.fixture
def at_node(folder: Path) -> "tuple[Node, Session]":
    node = Node.open(init(folder / "node", LONDON), {})
    return node, as_user(node, WRITER, "statistics")


def test_a_node_keeps_editions_logs_looks_and_keeps_the_answer(at_node: tuple[Node, Session], folder: Path) -> None:
    node, session = at_node
    with node:
        keeper = AtNode(node, session)
        assert figures.read_into(keeper, "csv-long", statement(folder)).added == 1
        assert figures.read_into(keeper, "csv-long", statement(folder)).added == 0
        answer = figures.claimed(keeper, {"text": statement_claim(), "today": "2025-04-01"})
        assert (answer["verdict"], answer["computed"]) == ("wrong-word", 24_103)
        assert len(events(node, "figures.imported")) == 1
        assert events(node, "look.records")
        from headwater.node.findings import every

        [kept] = every(node, session)
        assert kept.finding.id == answer["finding"]


def test_an_answer_to_a_claim_can_be_run_again_from_what_a_bundle_would_hold(
    at_node: tuple[Node, Session], folder: Path
) -> None:
    node, session = at_node
    keeper = AtNode(node, session)
    figures.read_into(keeper, "csv-long", folder / "vintages.csv")
    asked = {"number": "5000", "words": "returns", "about": ["uk-returns.voluntary"], "period": "2024Q1"}
    ref = FindingId(figures.claimed(keeper, asked)["finding"])
    with node.view(session) as view:
        kept = view.finding(ref)
    sealed = replaying.sealed_inputs(node, session, kept)
    assert f"findings/{ref}.run.json" in [file.path for file in sealed]
    # A later edition changes today's answer, and not what is run again.
    (folder / "later.csv").write_text(VINTAGES + "uk-returns.voluntary,2024Q1,9000,2024-11-21\n", encoding="utf-8")
    figures.read_into(keeper, "csv-long", folder / "later.csv")
    for file in (*sealed, MadeFile(f"findings/{ref}.json", encode(kept))):
        path = folder / "bundle" / "data" / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.data)
    assert replaying.replay_in(folder / "bundle", ref, frozenset()).identical
    assert figures.claimed(keeper, asked)["finding"] != ref


def test_only_who_may_publish_publishes_from_a_node(at_node: tuple[Node, Session], folder: Path) -> None:
    node, session = at_node
    with node:
        table, _ = figures_tables.read_table(folder / "table.csv")
        with pytest.raises(ForbiddenError):
            figures_tables.published(table, "round", 5, at=(node, session))
        figures_tables.published(table, "round", 5, at=(node, as_user(node, SUPERVISOR, "statistics")))
        [noted] = events(node, "figures.published")
        assert noted.who == SUPERVISOR


@pytest.mark.parametrize("method", ["round", "suppress"])
def test_a_published_table_has_totals_and_notes(folder: Path, method: str) -> None:
    table, cautions = figures_tables.read_table(folder / "table.csv")
    assert cautions == []
    out = folder / "out.csv"
    figures_tables.write_published(out, figures_tables.published(table, method, 5))
    rows = list(csv.reader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert rows[0][-1] == rows[-1][0] == "TOTAL"
    assert {len(row) for row in rows} == {4}
    assert any("c" in row for row in rows) == (method == "suppress")
    assert "multiple of 5" in (notes := (folder / "out.csv.notes.txt").read_text(encoding="utf-8")) or "'c'" in notes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a,b\n1\n", "without a count"),
        ("a,b\nx,1.5\n", "fraction"),
        ("a\nx\n", "no table"),
        ("a,b\nx,1\nx,2\n", "named twice"),
        ("x,17,20\ny,1,2\n", "header is missing"),
    ],
)
def test_a_table_with_a_bad_cell_is_refused(folder: Path, text: str, words: str) -> None:
    (folder / "bad.csv").write_text(text, encoding="utf-8")
    with pytest.raises(Exception, match=words):
        figures_tables.read_table(folder / "bad.csv")


def test_totals_in_a_table_are_made_anew(folder: Path) -> None:
    (folder / "t.csv").write_text("x,a,b,Total\np,10,20,30\nTotal,10,20,30\n", encoding="utf-8")
    table, cautions = figures_tables.read_table(folder / "t.csv")
    assert (table.rows, table.columns) == (("p",), ("a", "b"))
    assert {one.code for one in cautions} == {"total-inside-dimension"}


def test_several_columns_of_categories_make_one_row_for_each_combination(folder: Path) -> None:
    lines = ["nationality,sex,2024Q1,2024Q2", "Examplia,Female,3,40", "Examplia,Male,20,2", "Examplia,Total,23,42"]
    (folder / "t.csv").write_text("\n".join([*lines, "Fictionia,Female,50,60", ""]), encoding="utf-8")
    table, cautions = figures_tables.read_table(folder / "t.csv")
    assert (table.corner, table.rows) == (
        "nationality, sex",
        ("Examplia, Female", "Examplia, Male", "Fictionia, Female"),
    )
    assert table.counts == ((3, 40), (20, 2), (50, 60))
    assert [one.code for one in cautions] == ["total-inside-dimension"]


def test_a_forecast_file_and_its_charts_are_written(folder: Path) -> None:
    source = figures_runs.wide(folder / "routes.csv")
    made = figures_runs.forecast(source, None, None, (50, 80, 95))
    figures_runs.write_forecast(folder / "f.csv", made)
    with (folder / "f.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert list(rows[0]) == ["series", "period", "horizon", "point", "lo50", "hi50", "lo80", "hi80", "lo95", "hi95"]
    assert len(rows) == 7 * 6
    assert {row["series"] for row in rows} >= {"ALL", "Western Balkan Route"}
    figures_runs.write_forecast(folder / "f.ods", made)
    assert [sheet.name for sheet in read_workbook((folder / "f.ods").read_bytes())] == ["Figures", "Notes"]
    one = figures_runs.Wide(replace(source.panel, names=source.panel.names[:1], counts=source.panel.counts[:1]), ())
    for name, start in (("fan.svg", b"<?xml"), ("fan.png", b"\x89PNG")):
        figures_runs.fan_chart(folder / name, one, made)
        first = (folder / name).read_bytes()
        assert first.startswith(start)
        figures_runs.fan_chart(folder / name, one, made)
        assert (folder / name).read_bytes() == first
    with pytest.raises(SettingsError, match=r"\.svg or \.png"):
        figures_runs.fan_chart(folder / "fan.pdf", one, made)


def test_breaks_and_a_backtest_are_written_and_drawn(folder: Path) -> None:
    source = figures_runs.wide(folder / "routes.csv")
    found = figures_runs.breaks(source, None, online=True)
    figures_runs.write_breaks(folder / "b.csv", found, online=True)
    with (folder / "b.csv").open(encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    fallen = [row for row in rows if row["series"] == "Western Balkan Route" and row["direction"] == "down"]
    assert any("2024-01" <= row["seen_at"] <= "2024-03" for row in fallen)
    source = figures_runs.Wide(replace(source.panel, names=source.panel.names[:1], counts=source.panel.counts[:1]), ())
    figures_runs.break_chart(folder / "b.svg", source, found)
    own = [one for one in found if one.series == source.panel.names[0]]
    assert len(own) < len(found)
    figures_runs.break_chart(folder / "own.svg", source, own)
    assert (folder / "own.svg").read_bytes() == (folder / "b.svg").read_bytes(), "marks of other series are not drawn"
    made = figures_runs.backtest(source, "2022-01", "2023-06", None, None, (80,))
    figures_runs.write_backtest(folder / "t.csv", made)
    figures_runs.backtest_chart(folder / "t.svg", source, made)
    assert figures_runs.tested_document(made)["forecasts"] == 18 * 6
    assert (folder / "b.svg").stat().st_size > 10_000
    assert (folder / "t.svg").stat().st_size > 10_000


def test_series_go_out_as_a_table_with_definitions_and_as_a_chart_of_vintages(shelf: AtShelf, folder: Path) -> None:
    figures.read_into(shelf, "csv-long", folder / "vintages.csv")
    assert figures_pictures.write_series(shelf, ["uk-returns"], "2024-06-30", folder / "s.csv") == 1
    assert "5000" in (folder / "s.csv").read_text(encoding="utf-8")
    assert "left by themselves" in (folder / "s.csv.notes.txt").read_text(encoding="utf-8")
    assert figures_pictures.write_series(shelf, ["voluntary"], None, folder / "s.ods") == 1
    assert figures_pictures.chart_series(shelf, ["voluntary"], None, folder / "v.svg") == 1
    with pytest.raises(SettingsError):
        figures_pictures.write_series(shelf, ["voluntary"], None, folder / "s.pdf")


def test_two_who_add_at_once_take_two_numbers(folder: Path) -> None:
    first, second = (AtShelf(folder / "shelf", who) for who in ("a", "b"))
    _ = first.shelf._kept, second.shelf._kept
    figures.read_into(first, "csv-long", folder / "vintages.csv")
    figures.read_into(second, "csv-long", statement(folder))
    numbers = sorted(path.name[:6] for path in (folder / "shelf" / "editions").iterdir())
    assert numbers == ["000001", "000002", "000003"]
