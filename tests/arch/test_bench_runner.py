"""The benchmark runner calls a missed goal a failure and a broken benchmark by its name."""

import json
import sys
from pathlib import Path

import pytest

from bench import performance, run

GOOD = '{"results": [{"name": "n", "ratio": 12.5, "at_least": 10, "what": "a against b"}]}'


def bench(folder: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    """Put up a folder with one benchmark and ask the runner for all."""
    (folder / "bench_one.py").write_text(body, encoding="utf-8")
    monkeypatch.setattr(run, "HERE", folder)
    monkeypatch.setattr(sys, "argv", ["run.py"])


def test_a_ratio_inside_its_goal_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bench(tmp_path, monkeypatch, f"print('noise')\nprint('''{GOOD}''')\n")
    assert run.main() == 0
    assert "12.50" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (f"print('''{GOOD.replace('12.5', '9.9')}''')", "MISS"),
        (f"print('''{GOOD.replace('at_least', 'at_most')}''')", "MISS"),
        ("raise SystemExit('broken')", "FAIL one: exit 1: broken"),
        ("print('no document')", "FAIL one"),
        ("", "FAIL one"),
    ],
)
def test_a_missed_goal_or_a_broken_benchmark_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], body: str, told: str
) -> None:
    bench(tmp_path, monkeypatch, body)
    assert run.main() == 1
    assert told in capsys.readouterr().out


def test_a_benchmark_that_does_not_exist_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bench(tmp_path, monkeypatch, "")
    monkeypatch.setattr(sys, "argv", ["run.py", "two"])
    assert run.main() == 2
    assert "no such benchmark: two" in capsys.readouterr().err


def test_what_was_found_stands_on_the_page_and_in_the_picture_until_it_is_found_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("EVIDENCE", "PAGE", "PICTURE"):
        monkeypatch.setattr(performance, name, tmp_path / name)
    rows = [
        {"name": "a | b", "ratio": 9.0, "at_least": 10, "what": "a against b"},
        {"name": "c", "ratio": 2.0, "at_most": 16.0, "what": "by clock"},
        {"name": "d", "ratio": 3.0, "what": "no goal"},
    ]
    performance.keep("one", rows, 12.0, 0.1)
    performance.keep("two", rows[:1], 3.0, 0.1)
    performance.write()
    page = (tmp_path / "PAGE").read_text(encoding="utf-8")
    assert "Of 3 figures with a goal 1 meet it." in page
    assert "| a / b | 9 | ≥ 10 | **missed** | a against b |" in page
    assert "| d | 3 |  |  | no goal |" in page
    picture = (tmp_path / "PICTURE").read_text(encoding="utf-8")
    assert (picture.count("<circle"), picture.count('height="8"')) == (1, 2)
    performance.keep("two", [{**rows[0], "ratio": 80.0}], 3.0, 0.1)
    performance.write()
    assert "Of 3 figures with a goal 2 meet it." in (tmp_path / "PAGE").read_text(encoding="utf-8")


def test_the_page_of_measurements_is_the_one_that_was_kept() -> None:
    kept = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(performance.EVIDENCE.glob("*.json"))]
    assert performance.PAGE.read_text(encoding="utf-8") == performance.page(kept)
    assert performance.PICTURE.read_text(encoding="utf-8") == performance.picture(kept)


def test_options_behind_two_dashes_reach_the_benchmark_and_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    bench(tmp_path, monkeypatch, f"import sys\nassert sys.argv[1:] == ['--scale', '0.5']\nprint('''{GOOD}''')\n")
    for name in ("EVIDENCE", "PAGE", "PICTURE"):
        monkeypatch.setattr(performance, name, tmp_path / name)
    monkeypatch.setattr(sys, "argv", ["run.py", "one", "--write", "--", "--scale", "0.5"])
    assert run.main() == 0, capsys.readouterr().out
    assert "with `--scale 0.5`." in (tmp_path / "PAGE").read_text(encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["run.py", "--", "--scale", "0.5"])
    with pytest.raises(SystemExit, match="2"):
        run.main()
    assert "need the name of a benchmark" in capsys.readouterr().err
