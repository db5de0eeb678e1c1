"""Counts at their last step, and the second of two: receipts in an answer, sizes of batches, files of one fact, folders that are there."""

from pathlib import Path

import pytest

from headwater.errors import LimitError, PeerRefusedError
from headwater.exchange.courier import Courier
from headwater.exchange.envelope import Lane
from headwater.exchange.framing import join, split
from headwater.exchange.keys import Keys, make_roots
from headwater.exchange.outbox import Outbox
from headwater.exchange.partners import Partners
from headwater.model.message import Amend
from headwater.testing.fakes import SeededChance
from tests.exchange_world import BELGRADE, LONDON, Node, World, fact, message
from tests.unit.exchange.test_files import Two


def send(node: Node, count: int) -> None:
    node.exchange.send_many([message()] * count, who="o.reed")


def courier(world: World, london: Node) -> Courier:
    partners, chance = Partners(LONDON), SeededChance(7)
    outbox = Outbox(london.store, partners, london.keys, world.clock, chance)
    route = (BELGRADE, Lane.NORMAL)
    return Courier(london.store, partners, outbox, world.wires, world.clock, chance, lambda: 0.0, route)


@pytest.mark.parametrize(("count", "error"), [(128, None), (129, LimitError)])
def test_an_answer_holds_two_receipts_for_each_envelope_of_a_full_batch_at_most(
    count: int, error: type[Exception] | None, world: World, london: Node
) -> None:
    send(london, 1)
    world.wires.on_return = lambda answer: join(split(answer, most=1) * count)
    step = courier(world, london).step()
    assert step.moved == (0 if error else 1)
    assert (type(step.error) if step.error else None) is error


def test_after_a_refusal_one_message_goes_alone_and_each_batch_that_is_taken_doubles_the_next(
    world: World, london: Node
) -> None:
    send(london, 40)
    here = courier(world, london)

    def refuse(_: bytes) -> bytes:
        raise PeerRefusedError("503")

    world.wires.on_way = refuse
    assert here.step().moved == 0
    world.wires.on_way = lambda body: body
    assert [here.step().moved for _ in range(7)] == [1, 2, 4, 8, 16, 9, 0]


@pytest.mark.parametrize("depth", ["new", "there", "deep/er"])
def test_keys_are_made_in_a_folder_that_is_there_or_not_yet(depth: str, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    Keys.create(tmp_path / depth, SeededChance(1))
    assert len(make_roots(tmp_path / depth / "new roots", SeededChance(2))) == 3
    (tmp_path / "empty").mkdir()
    assert len(make_roots(tmp_path / "empty", SeededChance(2))) == 3
    for folder in (tmp_path / depth / "keys", tmp_path / depth / "roots", tmp_path / depth / "new roots"):
        assert folder.stat().st_mode & 0o777 == 0o700
        assert {each.stat().st_mode & 0o777 for each in folder.iterdir()} == {0o600}


def test_each_of_two_files_of_one_fact_stands_in_a_record_of_its_own_and_both_go_with_the_fact(tmp_path: Path) -> None:
    two = Two(tmp_path)
    note = fact(entity="file", schema="Note", prop="name", value="scan.bin", category="object", personal=False)
    made = two.london.exchange.files
    other = tmp_path / "other.bin"
    other.write_bytes(b"other")
    two.path.write_bytes(b"first")
    refs = tuple(made.attach(path, "rec-file/0") for path in (two.path, other))
    told = message(facts={"rec-file/0": note, "rec-file/1": fact()}, files=refs)
    two.london.exchange.send(told, who="o.reed")
    two.london.bring(BELGRADE)
    assert two.belgrade.exchange.files.fetch_all() == 2
    with two.belgrade.store.snapshot() as snapshot:
        found = [(len(record.facts), record.blobs) for record in snapshot.records()]
    assert sorted(found) == sorted([(2, ()), *((2, (each.sha256,)) for each in refs)])
    erase = message(kind="amend", facts={}, amend=Amend(action="erase", facts=("rec-file/0",)))
    two.london.exchange.send(erase, who="o.reed")
    two.london.bring(BELGRADE)
    assert two.blobs() == []
    two.world.close()
