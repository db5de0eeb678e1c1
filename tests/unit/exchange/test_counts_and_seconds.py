"""Counts at their last step, and the second of two: receipts in an answer, sizes of batches, files of one fact, folders that are there."""

import threading
from pathlib import Path

import pytest

from headwater.errors import LimitError, PeerRefusedError
from headwater.exchange.beside import Kept, keep_tables
from headwater.exchange.courier import Courier
from headwater.exchange.envelope import Lane
from headwater.exchange.framing import join, split
from headwater.exchange.keys import Keys, make_roots
from headwater.exchange.outbox import Outbox
from headwater.exchange.partners import Partners
from headwater.model.ids import MessageId
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


@pytest.mark.parametrize(
    ("at", "wait_s"), [(0.0, 10.0), (9.0, 1.0), (9.96, 0.05), (10.0, 20.0), (29.0, 1.0), (30.0, None), (31.0, None)]
)
def test_what_rests_is_waited_for_to_its_moment_and_no_more_from_then_on(
    at: float, wait_s: float | None, world: World, london: Node
) -> None:
    here = courier(world, london)
    here._stopwatch = lambda: at
    here._resting = {MessageId("one"): (30.0, 1), MessageId("two"): (10.0, 2)}
    rests = {"one"} | {"two"} if at < 10 else {"one"} if at < 30 else set()
    assert here._at_rest() == rests
    step = here.step()
    assert (step.moved, step.error, step.wait_s) == (0, None, None if wait_s is None else pytest.approx(wait_s))


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


@pytest.mark.parametrize("number", range(3))
def test_each_of_two_files_of_one_fact_stands_in_a_record_of_its_own_that_bears_no_other_file_and_no_table(
    number: int, tmp_path: Path
) -> None:
    # Records of one message are found in the order of their hashes: any of them may be the first.
    two = Two(tmp_path)
    note = fact(entity="file", schema="Note", prop="name", value=f"{number}.bin", category="object", personal=False)
    paths = [tmp_path / f"{each}.bin" for each in "ab"]
    for path in paths:
        path.write_bytes(f"{path.name} {number}".encode())
    refs = sorted((two.london.exchange.files.attach(path, "rec-file/0") for path in paths), key=lambda one: one.sha256)
    told = message(facts={"rec-file/0": note, "rec-file/1": fact()}, files=tuple(refs))
    sending = two.london.exchange.send(told, who="o.reed")
    two.london.bring(BELGRADE)
    here = two.belgrade
    two.fetching.left = 1
    assert here.exchange.files.fetch_all() == 1
    table = here.store.put_table(b"PAR1 an invented table PAR1")
    kept = [Kept("payments", table)]
    assert here.store.write(lambda tx: keep_tables(tx, sending.id or MessageId(""), refs[0], kept, ("oic",)))
    two.fetching.left = 9
    assert here.exchange.files.fetch_all() == 1
    with here.store.snapshot() as snapshot:
        found = [(len(record.facts), record.blobs, record.tables) for record in snapshot.records()]
    assert sorted(found) == sorted([(2, (), ()), *((2, (each.sha256,), ()) for each in refs), (1, (), (table,))])
    erase = message(kind="amend", facts={}, amend=Amend(action="erase", facts=("rec-file/0",)))
    two.london.exchange.send(erase, who="o.reed")
    two.london.bring(BELGRADE)
    with here.store.snapshot() as snapshot:
        assert not any(record.blobs or record.tables for record in snapshot.records())
    two.world.close()


def test_a_file_at_which_fetching_was_stopped_is_not_counted_as_whole_and_is_fetched_later(tmp_path: Path) -> None:
    two, stop = Two(tmp_path), threading.Event()
    two.send()

    def stopped(data: bytes) -> bytes:
        stop.set()
        return data

    two.fetching.change = stopped
    assert two.belgrade.exchange.files.fetch_all(stop) == 0
    assert (len(two.fetching.asked), two.blobs()) == (1, [])
    assert two.belgrade.exchange.files.fetch_all(stop) == 0
    assert len(two.fetching.asked) == 1, "nothing is begun once it is to stop"
    assert two.belgrade.exchange.files.fetch_all() == 1
    assert len(two.blobs()) == 1
    two.world.close()
