"""Kills, bad lines and full disks at once: every message arrives once and unaltered, and a node that acts twice is found."""

from pathlib import Path

import pytest

from headwater.testing import nodes, storm

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("storm")
    nodes.prepare(folder)
    return folder


def test_six_hundred_messages_arrive_once_whatever_happens(prepared: Path) -> None:
    told: list[str] = []
    found = storm.run(600, every_s=0.8, least_strikes=5, seed=5, prepared=prepared, tell=told.append)
    assert found.bad == ()
    assert found.counts["promised"] >= 600
    # It was worth looking: there were strikes of each sort.
    assert found.counts["nodes_killed"] >= 2
    assert found.counts["disks_filled"] + found.counts["officers_killed"] >= 1
    assert any("clear" in each for each in told)


@pytest.mark.deep
def test_a_node_that_acts_on_what_comes_twice_is_found_in_the_storm(prepared: Path) -> None:
    found = storm.run(1500, every_s=1.0, plant="act-again", prepared=prepared)
    assert any("events exchange.received" in each for each in found.bad), found.bad[:10]


@pytest.mark.deep
def test_a_hundred_thousand_messages_arrive_once_with_a_kill_every_five_seconds(prepared: Path) -> None:
    found = storm.run(100_000, every_s=storm.EVERY_S, seed=1, prepared=prepared)
    assert found.bad == ()
    assert found.counts["promised"] >= 100_000
