"""kill -9 at any moment: nothing promised is lost, doubled or altered; and the harness sees each planted fault."""

import json
import subprocess
import sys
import time

import pytest

from headwater.testing import crash


def test_a_killed_writer_keeps_every_promise() -> None:
    assert crash.run(40).bad == ()


@pytest.mark.parametrize("plant", crash.PLANTS)
def test_a_planted_fault_is_found(plant: str) -> None:
    assert crash.run(12, plant=plant).bad


def test_a_writer_that_promises_nothing_is_found_and_not_waited_for_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crash, "_write", lambda *_: time.sleep(60))
    monkeypatch.setattr(crash, "_LONGEST_WAIT_S", 0.2)
    monkeypatch.setattr(crash, "_EARLY", 0.0)
    found = crash.run(2)
    assert found.bad == tuple(f"cycle {at}, seed 0: the writer did not promise 2 messages in 0 s" for at in range(2))


@pytest.mark.e2e
def test_the_command_says_what_it_found_and_exits_by_it() -> None:
    command = [sys.executable, "-m", "headwater.testing.crash", "--cycles", "12", "--json"]
    good = subprocess.run(command, capture_output=True, check=False)
    assert good.returncode == 0
    assert json.loads(good.stdout)["bad"] == []
    assert json.loads(good.stdout)["runs"] == 12
    bad = subprocess.run([*command, "--plant", "no-dedupe"], capture_output=True, check=False)
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["bad"]


@pytest.mark.deep
def test_ten_thousand_killed_writers_keep_every_promise() -> None:
    assert crash.run(10_000, seed=1).bad == ()
