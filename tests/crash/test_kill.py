"""kill -9 at any moment: nothing promised is lost, doubled or altered; and the harness sees each planted fault."""

import json
import subprocess
import sys

import pytest

from headwater.testing import crash


def test_a_killed_writer_keeps_every_promise() -> None:
    assert crash.run(40).bad == ()


@pytest.mark.parametrize("plant", crash.PLANTS)
def test_a_planted_fault_is_found(plant: str) -> None:
    assert crash.run(12, plant=plant).bad


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
