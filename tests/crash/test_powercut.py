"""A cut of the power: what was synced survives, so every promise does; with less syncing the harness sees losses."""

import json
import subprocess
import sys

import pytest

from headwater.testing import powercut


def test_nothing_promised_is_lost_when_the_power_is_cut() -> None:
    assert powercut.run(200).bad == ()


def test_losses_are_found_where_sqlite_syncs_less() -> None:
    found = powercut.run(40, synchronous="NORMAL").bad
    assert any("lost" in what for what in found)
    assert any("truncated" in what for what in found)


def test_damage_is_found_where_sqlite_does_not_sync() -> None:
    assert any("store.corrupt" in what for what in powercut.run(150, synchronous="OFF").bad)


@pytest.mark.e2e
def test_the_command_says_what_it_found_and_exits_by_it() -> None:
    command = [sys.executable, "-m", "headwater.testing.powercut", "--cuts", "40", "--json"]
    good = subprocess.run(command, capture_output=True, check=False)
    assert good.returncode == 0
    assert json.loads(good.stdout)["bad"] == []
    bad = subprocess.run([*command, "--synchronous", "NORMAL"], capture_output=True, check=False)
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["runs"] == 40


@pytest.mark.deep
def test_nothing_promised_is_lost_in_a_hundred_thousand_cuts() -> None:
    assert powercut.run(100_000, seed=1).bad == ()
