"""The benchmark runner calls a missed goal a failure and a broken benchmark by its name."""

import sys
from pathlib import Path

import pytest

from bench import run

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
