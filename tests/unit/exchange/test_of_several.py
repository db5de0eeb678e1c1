"""Where there are several, the right one is taken: the best witnessed checkpoint; and what runs on asks no partner more often than it should."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from headwater.exchange.checkpoint import cosign, sign_checkpoint
from headwater.exchange.envelope import Lane
from headwater.exchange.witness import CHECKPOINT, keep_known, known_of
from headwater.model.ids import AuthorityId
from headwater.model.message import Kind
from headwater.store import Transaction
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, Node, World, agreement, pair


@pytest.fixture
def three(tmp_path: Path) -> Iterator[tuple[World, Node, Node, Node]]:
    world, london, belgrade = pair(tmp_path)
    pristina = world.node(PRISTINA)
    world.befriend(london, pristina, agreement(id="A-UK-XK", parties=(LONDON, PRISTINA), safeguards={}))
    yield world, london, belgrade, pristina
    world.close()


Sizes = dict[int, tuple[AuthorityId, ...]]


def witnessed(world: World, known: dict[AuthorityId, int], sizes: Sizes) -> None:
    """Let London hold checkpoints of its own, cosigned by partners, and know up to which size each has."""
    keys = {node.me: node.keys for node in world.nodes}

    def change(tx: Transaction) -> None:
        for size, signers in sizes.items():
            note = sign_checkpoint(LONDON, size, tx.root_at(size) or b"", keys[LONDON].papers())
            for each in signers:
                note = note.joined(cosign(note, each, tx.now, keys[each].papers()))
            tx.put_document(CHECKPOINT, f"{LONDON}/{size}", note.to_bytes())
        for each, size in known.items():
            keep_known(tx, each, replace(known_of(tx, each), ours=size))

    world.nodes[0].store.write(change)


def test_a_proof_is_under_the_checkpoint_that_most_have_cosigned_and_of_two_such_the_newer(
    three: tuple[World, Node, Node, Node],
) -> None:
    world, london, *_ = three
    prove = london.exchange.syncing.prove
    with london.store.snapshot() as snapshot:
        end = snapshot.head().size
    assert prove(1).checkpoint.size == end
    early, late = end - 3, end - 1
    cases: list[tuple[dict[AuthorityId, int], Sizes, int]] = [
        ({BELGRADE: early, PRISTINA: late}, {early: (BELGRADE, PRISTINA), late: (PRISTINA,)}, early),
        ({BELGRADE: early, PRISTINA: late}, {early: (BELGRADE,), late: (PRISTINA, BELGRADE)}, late),
        ({BELGRADE: early, PRISTINA: late}, {early: (BELGRADE,), late: (PRISTINA,)}, late),
        ({BELGRADE: late, PRISTINA: early}, {late: (BELGRADE,), early: (PRISTINA,)}, late),
    ]
    for known, sizes, chosen in cases:
        witnessed(world, known, sizes)
        checkpoint = prove(1).checkpoint
        assert checkpoint.size == chosen
        assert {each.name.rpartition("/")[2] for each in checkpoint.signatures} == {LONDON, *sizes[chosen]}
        # What none of them is large enough for stands under one of now, which nobody else has signed yet.
        assert prove(late).checkpoint.size > late


class Stop:
    """Stands for the event that ends a loop: lets the clock go on by what is waited, and ends after so many looks."""

    def __init__(self, world: World, looks: int) -> None:
        self.world, self.looks = world, looks
        self.waits: list[float] = []

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.world.clock.move(timedelta(seconds=seconds))
        return len(self.waits) > self.looks

    def is_set(self) -> bool:
        return len(self.waits) > self.looks


class Carrying(Stop):
    """Carries what London asks for at each look, and never what it is answered."""

    def __init__(self, world: World, looks: int, london: Node) -> None:
        super().__init__(world, looks)
        self.london = london

    def wait(self, seconds: float) -> bool:
        for peer in (BELGRADE, PRISTINA):
            self.london.exchange.courier((peer, Lane.NORMAL)).step()
        return super().wait(seconds)


def test_a_partner_that_takes_what_it_is_asked_and_never_answers_is_asked_once_in_each_while(
    three: tuple[World, Node, Node, Node],
) -> None:
    world, london, *_ = three
    stop = Carrying(world, 48, london)
    begun = world.clock.now()
    london.exchange.syncing.run(stop, 60.0)  # type: ignore[arg-type]
    assert set(stop.waits) == {5.0}
    asked = [row for row in london.exchange.outgoing() if row.kind == Kind.CHECKPOINT]
    for peer in (BELGRADE, PRISTINA):
        times = [(row.queued_at - begun).total_seconds() for row in asked if row.peer == peer]
        assert times == [60.0, 120.0, 180.0, 240.0], peer
    noted = [event for event in london.events("sent") if event.subject in {row.id for row in asked}]
    assert {event.who for event in noted} == {LONDON}
    assert len(noted) == len(asked) == 8


def test_nobody_looks_less_often_than_it_is_to_ask(three: tuple[World, Node, Node, Node]) -> None:
    world, london, *_ = three
    stop = Stop(world, 3)
    london.exchange.syncing.run(stop, 2.0)  # type: ignore[arg-type]
    assert set(stop.waits) == {2.0}
    assert {row.peer for row in london.exchange.outgoing() if row.kind == Kind.CHECKPOINT} == {BELGRADE, PRISTINA}
