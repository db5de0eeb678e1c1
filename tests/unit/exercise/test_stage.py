"""The stage of the exercise: no process outlives it, however it is stopped."""

import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from headwater.exercise.stage import House, Stage


@pytest.mark.parametrize("asked", [signal.SIGINT, signal.SIGTERM])
def test_a_node_that_is_being_launched_when_the_exercise_is_stopped_is_ended_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: signal.Signals
) -> None:
    started: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def stopped_meanwhile(_: Any, **more: Any) -> subprocess.Popen[bytes]:
        started.append(popen(["sleep", "60"], **more))
        signal.raise_signal(asked)
        return started[0]

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "Popen", stopped_meanwhile)
    house = House("uk", "UK-NCA", "London", "Europe/London", tmp_path / "uk", 1, 2)
    made = Stage(tmp_path, {"uk": house})
    before = {one: signal.signal(one, end) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(KeyboardInterrupt):
            made.launch(house)
        assert {one: signal.getsignal(one) for one in before} == dict.fromkeys(before, end)
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        made.close()
        alive = [each for each in started if each.poll() is None]
        for each in alive:
            each.kill()
    assert alive == []
