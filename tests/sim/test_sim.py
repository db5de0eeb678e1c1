"""Whole nodes in one process: whatever goes wrong, promises hold; planted faults are found; equal seeds, equal histories."""

import json
import subprocess
import sys
from functools import partial
from typing import Any

import pytest

from headwater.testing.sim import PLANTS, Mix, play_many

SEEDS = 250
"""Of many: a merge plays a thousand others besides (`make merge`), a night a hundred thousand."""
FOUND_BY = {
    "ack-before-commit": (8, ("other-history", "does not lead on", "never kept", "is lost")),
    "no-dedupe": (2, ("events exchange.received",)),
    "split-transaction": (24, ("of 1 records",)),
    "accept-expired": (8, ("expired at", "sent at")),
    "forget-card": (12, ("holds card", "still queued")),
    "forget-forward": (24, ("still shows", "are still there")),
}
"""For each known fault: how many seeds are enough, and what must be said about it."""
QUIET = Mix(crashes=0, partitions=0, disks=0, drop=0, reset=0, duplicate=0, corrupt=0, black_hole=0)


def sim(*words: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, "-m", "headwater.testing.sim", *words, "--json"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.stdout, done.stderr.decode()[-2000:]
    return done.returncode, json.loads(done.stdout)


@pytest.mark.e2e
def test_every_promise_holds_in_every_history() -> None:
    status, said = sim("--seeds", f"0:{SEEDS}")
    assert said["bad"] == []
    assert (status, said["runs"]) == (0, SEEDS)
    # It was worth looking, and quicker than waiting: by CPU, for on a busy machine the wall says nothing.
    assert said["messages"] > 20 * SEEDS
    assert said["simulated_s"] > 1000 * said["cpu_s"]


@pytest.mark.e2e
def test_a_seed_is_the_same_history_in_whatever_company_it_is_played() -> None:
    _, all_of_them = sim("--seeds", "0:12", "--processes", "2", "--traces")
    _, some = sim("--seeds", "7:12", "--processes", "1", "--traces")
    assert len(set(all_of_them["traces"].values())) == 12
    assert some["traces"] == {seed: all_of_them["traces"][seed] for seed in some["traces"]}


@pytest.mark.e2e
@pytest.mark.parametrize(
    "seed", [739_948_153, 73_995_700_929, 73_995_701_011, 73_995_709_774, 73_995_722_687, 73_995_723_872]
)
def test_a_history_that_was_once_found_bad_is_good(seed: int) -> None:
    assert sim("--seeds", str(seed))[1]["bad"] == []


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_fault_is_found_at_the_first_seeds(plant: str) -> None:
    seeds, said_of_it = FOUND_BY[plant]
    status, said = sim("--seeds", f"0:{seeds}", "--plant", plant)
    assert status == 1
    assert any(word in each["what"] for each in said["bad"] for word in said_of_it), said["bad"][:5]


@pytest.mark.parametrize("what", ["jump", "back", "freeze", "summer", "far"])
def test_whatever_clocks_do_nothing_is_lost_and_nothing_taken_after_its_time(what: str) -> None:
    mix = partial(Mix, crashes=1, partitions=1, disks=0, clocks=6, clock_weights={what: 1})
    histories, _ = play_many(range(1000, 1012), mix=mix())
    assert [each for each in histories if each.bad] == []


def test_with_nothing_going_wrong_everything_comes_to_rest_within_a_minute() -> None:
    still = {"tell": 4, "request": 2, "respond": 2, "sync": 1}
    mix = Mix(**{**as_dict(QUIET), "clocks": 0, "act_weights": still})
    histories, _ = play_many(range(8), mix=mix)
    assert [each for each in histories if each.bad] == []
    assert max(each.drained_s for each in histories) <= 180  # looks for more than what is queued are two minutes apart


def test_each_number_of_nodes_can_be_asked_for() -> None:
    for nodes in (2, 5):
        (history,), _ = play_many(range(3, 4), nodes=nodes)
        assert history.bad == ()


@pytest.mark.e2e
def test_a_mix_that_is_none_is_refused(tmp_path: Any) -> None:
    file = tmp_path / "mix.json"
    file.write_text('{"rain": 1}')
    command = [sys.executable, "-m", "headwater.testing.sim", "--seeds", "1", "--mix", str(file)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 78 or done.returncode > 1
    assert b"no mix" in done.stderr
    file.write_text('{"acts": 3, "crashes": 0}')
    status, said = sim("--seeds", "1", "--mix", str(file))
    assert (status, said["runs"]) == (0, 1)


@pytest.mark.deep
def test_every_promise_holds_in_a_hundred_thousand_histories() -> None:
    status, said = sim("--seeds", "1000000:1100000")
    assert (status, said["bad"]) == (0, [])


def as_dict(mix: Mix) -> dict[str, Any]:
    return {name: getattr(mix, name) for name in Mix.__dataclass_fields__}
