"""Three real nodes over bad lines: every message arrives once and unaltered, and a node that acts twice is found."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from headwater.testing import network, nodes
from headwater.testing.nodes import promises
from headwater.testing.nodes.officer import PARTNERS
from headwater.testing.proxy import FAULTS

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("network")
    nodes.prepare(folder)
    return folder


@pytest.mark.parametrize("seed", [1, 2])
def test_four_hundred_messages_arrive_once_over_bad_lines(prepared: Path, seed: int) -> None:
    found = network.run(400, seed=seed, prepared=prepared)
    assert found.bad == ()
    # Letters that waited for a second person when the officers went home are promised too, and no run of this one.
    assert found.counts["messages"] == found.counts["promised"] >= found.runs >= 400
    # It was worth looking: lines failed in many ways, partners sent again what was kept already, and most got through while
    # lines were bad.
    assert found.counts["receipts_seen"] >= 200
    assert sum(found.counts[fault] > 0 for fault in FAULTS) >= 6
    assert found.counts["duplicates"] >= 1


def test_a_run_that_gets_no_further_ends_says_who_waits_and_is_worth_nothing(
    prepared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(promises, "STALLED_S", 0.0)
    found = network.run(5000, prepared=prepared)
    assert found.runs < 5000
    assert f"seed 0: only {found.runs} of 5000 messages were promised" in found.bad
    assert sum("nothing came for 0 s" in each for each in found.bad) == len(PARTNERS)


def test_a_node_that_acts_on_what_comes_twice_is_found(prepared: Path) -> None:
    found = network.run(60, fault="cut_down", plant="act-again", prepared=prepared)
    assert any("events exchange.received" in each for each in found.bad), found.bad[:10]


@pytest.mark.deep
@pytest.mark.parametrize("fault", FAULTS)
def test_ten_thousand_messages_arrive_once_whatever_the_lines_suffer_from(prepared: Path, fault: str) -> None:
    assert network.run(10_000, fault=fault, prepared=prepared).bad == ()


@pytest.mark.deep
def test_the_command_sets_everything_up_itself_and_exits_by_what_it_found() -> None:
    command = [sys.executable, "-m", "headwater.testing.network", "--messages", "20", "--fault", "delay", "--json"]
    done = subprocess.run(command, capture_output=True, check=False)
    said = json.loads(done.stdout)
    assert (done.returncode, said["bad"]) == (0, [])
    assert said["runs"] >= 20
