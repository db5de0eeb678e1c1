"""Clocks that are ten years off, stand still or come back: every refusal is declared, nothing passes its expiry, nothing doubles."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from headwater.errors import HeadwaterError
from headwater.model.ids import MessageId
from headwater.testing.fakes import FakeClock
from tests.exchange_world import BELGRADE, LONDON, World, agreement, fact, message

pytestmark = pytest.mark.e2e
TEN_YEARS = timedelta(days=3653)
OFF = pytest.mark.parametrize("off", [TEN_YEARS, -TEN_YEARS], ids=["ahead", "behind"])


class Frozen(FakeClock):
    """A clock that shows one instant for ever, as one does whose battery is dead."""

    def move(self, by: timedelta) -> None:
        raise AssertionError("it stands still")


class Pair:
    """London and Belgrade, each by a clock of its own."""

    def __init__(self, folder: Path, ours: FakeClock | None = None, theirs: FakeClock | None = None) -> None:
        self.world = World(folder)
        self.ours, self.theirs = ours or FakeClock(), theirs or FakeClock()
        self.london = self.world.node(LONDON, self.ours)
        self.belgrade = self.world.node(BELGRADE, self.theirs)
        self.world.befriend(self.london, self.belgrade, agreement())

    def send(self, number: int) -> MessageId | None:
        """Queue a letter; None where it is refused at home, by a declared error or a rule."""
        try:
            facts = {"f1": fact(prop="phone", value=f"+44 {number}")}
            return self.london.exchange.send(message(facts=facts), who="o.reed").id
        except HeadwaterError as error:
            assert error.exit in {65, 76, 77}  # noqa: PT017 - it may also not be raised
            return None

    def bring(self, times: int = 1) -> None:
        for _ in range(times):
            step = self.london.bring(BELGRADE)
            assert step.error is None or step.error.exit in {75, 76}

    def values(self) -> list[str]:
        """What stands in Belgrade's records."""
        with self.belgrade.store.snapshot() as snapshot:
            return sorted(each.value for record in snapshot.records(source="exchange") for each in record.facts)

    def state(self, ref: MessageId) -> str:
        return next(row.state for row in self.london.exchange.outgoing() if row.id == ref)

    def sound(self) -> None:
        assert [node.store.check() for node in self.world.nodes] == [[], []]
        assert [node.exchange.syncing.alarms() for node in self.world.nodes] == [[], []]


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    made = Pair(tmp_path)
    yield made
    made.world.close()


@OFF
def test_a_sender_whose_clock_is_ten_years_off_hands_over_nothing_and_goes_on_once_it_is_right(
    pair: Pair, off: timedelta
) -> None:
    pair.ours.move(off)
    early = pair.send(1)
    pair.bring(2)
    assert pair.values() == []
    assert early is None or pair.state(early) != "receipted"
    pair.ours.move(-off)
    pair.theirs.move(timedelta(minutes=6))
    pair.ours.move(timedelta(minutes=6))  # it may be at rest after what was refused
    late = pair.send(2)
    assert late is not None
    pair.bring(6)
    assert "+44 2" in pair.values()
    assert pair.values().count("+44 2") == 1
    assert pair.values().count("+44 1") <= 1
    pair.sound()


@OFF
def test_a_receiver_whose_clock_is_ten_years_off_keeps_nothing_past_its_expiry_and_the_sender_knows(
    pair: Pair, off: timedelta
) -> None:
    pair.theirs.move(off)
    early = pair.send(1)
    assert early is not None
    pair.bring(2)
    assert pair.values() == []
    assert pair.state(early) in {"queued", "refused"}, "a letter that was not kept is not receipted"
    pair.theirs.move(-off)
    pair.theirs.move(timedelta(minutes=6))
    pair.ours.move(timedelta(minutes=6))
    assert pair.send(2) is not None
    pair.bring(6)
    assert "+44 2" in pair.values()
    assert len(set(pair.values())) == len(pair.values())
    pair.sound()


@pytest.mark.parametrize("who", ["sender", "receiver", "both"])
def test_a_clock_that_stands_still_loses_and_doubles_nothing(tmp_path: Path, who: str) -> None:
    made = Pair(
        tmp_path,
        Frozen() if who in {"sender", "both"} else None,
        Frozen() if who in {"receiver", "both"} else None,
    )
    try:
        refs = [made.send(number) for number in range(20)]
        assert None not in refs
        assert len(set(refs)) == 20, "identifiers differ though the time does not"
        made.bring(3)
        assert made.values() == sorted(f"+44 {number}" for number in range(20))
        taken = [row.id for row in made.belgrade.exchange.incoming() if row.id in refs]
        assert taken == refs, "in the order in which they were sent"
        made.sound()
    finally:
        made.world.close()


def test_a_clock_that_leaps_to_and_fro_keeps_numbers_and_order(pair: Pair) -> None:
    sent = []
    for number, hours in enumerate((5, -9, 3, -1, 2)):
        pair.ours.move(timedelta(hours=hours))
        pair.theirs.move(timedelta(hours=hours))
        sent.append(pair.send(number))
        pair.bring(2)
    assert [row.id for row in pair.belgrade.exchange.incoming() if row.id in sent] == sent
    numbers = [row.seq for row in pair.belgrade.exchange.incoming()]
    assert numbers == sorted(set(numbers))
    pair.sound()


@pytest.mark.parametrize("days", [3653, -3653], ids=["ahead", "behind"])
def test_a_nodes_commands_by_a_clock_ten_years_off_end_well_or_by_a_declared_error(tmp_path: Path, days: int) -> None:
    script = tmp_path / "at.py"
    script.write_text(
        "import sys\nfrom datetime import timedelta\nfrom headwater.node import system\n"
        "right, off = system.SystemClock.now, timedelta(days=float(sys.argv.pop(1)))\n"
        "system.SystemClock.now = lambda self: right(self) + off\n"
        "from headwater.cli import main\nsys.exit(main())\n",
        encoding="utf-8",
    )

    def run(off: int, *words: str) -> tuple[int, str]:
        env = {**os.environ, "HEADWATER_USER": "a.writer", "HEADWATER_PURPOSE": "operation"}
        command = [sys.executable, str(script), str(off), *words, "--home", str(tmp_path / "uk"), "--json"]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout

    assert run(0, "node", "init", "--authority", "UK-NCA", "--user", "a.writer")[0] == 0
    listed = tmp_path / "list.csv"
    words = ["lists", "make", "--entries", "5", "--seed", "3", "--format", "uk-csv", "--out", str(listed)]
    subprocess.run([sys.executable, "-m", "headwater", *words], check=True, capture_output=True)
    for off in (days, 0, days):
        assert run(off, "read", "uk-csv", str(listed))[0] in {0, 65, 76, 77}
        code, said = run(off, "audit", "verify")
        assert (code, json.loads(said)["ok"]) == (0, True)
        assert run(off, "node", "check")[0] != 70
