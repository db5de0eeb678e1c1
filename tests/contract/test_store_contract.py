"""What every store must do, whatever it keeps its rows in. A further back end joins `BACK_ENDS` and gets every test."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import ConflictError, FormatError, SchemaError, StoreError
from headwater.model import merkle
from headwater.model.ids import BlobHash, EntityKey, FindingId, RecordId
from headwater.ports import Event, Reader
from headwater.store import Head, Problem, Store, StoreOptions, Transaction
from headwater.testing.fakes import START, FakeClock, SeededChance
from tests.contract.store_kit import (
    OTHER_PEER,
    PEER,
    decision,
    event,
    finding,
    incoming,
    message_id,
    noting,
    noting_with_head,
    outgoing,
    queueing,
    receiving,
    record,
)
from tests.postgres_mark import MARK

QUICK = StoreOptions(synchronous="OFF")


class Sqlite:
    """The embedded store: opened again and again over one directory."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._opened: list[Store] = []
        self.clock = FakeClock()

    def open(self) -> Store:
        make = Store.open if any((self._home / name).exists() for name in ("store.sqlite", MARK)) else Store.create
        store = make(self._home, clock=self.clock, chance=SeededChance(len(self._opened)), options=QUICK)
        self._opened.append(store)
        return store

    def close(self) -> None:
        for store in self._opened:
            store.close()


BACK_ENDS = {"sqlite": Sqlite}


@pytest.fixture(params=BACK_ENDS)
def back_end(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Sqlite]:
    made = BACK_ENDS[request.param](tmp_path / "node")
    yield made
    made.close()


@pytest.fixture
def store(back_end: Sqlite) -> Store:
    return back_end.open()


def erasing(index: int) -> Callable[[Transaction], int]:
    return lambda tx: tx.erase_event(index, who="dpo", purpose="erasure")


class TestWriting:
    def test_a_change_returns_what_its_function_returns(self, store: Store) -> None:
        assert store.write(lambda tx: tx.put_document("card", "UK-NCA", b"one")) == 1

    def test_what_was_kept_is_there_after_opening_again(self, store: Store, back_end: Sqlite) -> None:
        store.write(lambda tx: (tx.add_record(record(1)), tx.note(event(1))))
        store.close()
        with back_end.open().snapshot() as reader:
            assert reader.record(record(1).id) == record(1)
            assert reader.head().size == 1

    def test_a_change_that_raises_leaves_nothing_and_its_error_comes_through(self, store: Store) -> None:
        def change(tx: Transaction) -> None:
            tx.add_record(record(1))
            tx.note(event(1))
            tx.next_seq(PEER)
            raise ConflictError("decided meanwhile")

        with pytest.raises(ConflictError):
            store.write(change)
        with store.snapshot() as reader:
            assert list(reader.records()) == []
            assert reader.head() == Head(0, merkle.EMPTY_ROOT)
        assert store.write(lambda tx: tx.next_seq(PEER)) == 1

    def test_a_change_that_raises_undoes_nothing_of_the_others_in_its_group(self, store: Store) -> None:
        def bad(tx: Transaction) -> None:
            tx.note(event(99))
            raise ConflictError("no")

        started, go = threading.Event(), threading.Event()

        def hold(tx: Transaction) -> None:
            started.set()
            assert go.wait(10)

        held = store.submit(hold)
        assert started.wait(10)
        futures: list[Future[Any]] = []
        for number in range(6):
            futures.append(store.submit(noting(number)))
            futures.append(store.submit(bad))
        go.set()
        assert not wait([held, *futures], timeout=10).not_done
        assert [future.result() for future in futures[::2]] == list(range(6))
        assert all(isinstance(future.exception(), ConflictError) for future in futures[1::2])
        with store.snapshot() as reader:
            subjects = [leaf.event.subject for leaf in reader.leaves() if leaf.event]
        assert subjects == [f"subject-{number}" for number in range(6)]
        assert store.verify_ledger() == []

    def test_many_threads_lose_and_double_nothing(self, store: Store) -> None:
        futures: list[Future[int]] = []
        gate = threading.Lock()

        def work(first: int) -> None:
            for number in range(first, first + 25):
                future = store.submit(noting(number))
                with gate:
                    futures.append(future)

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(work, range(0, 200, 25))) == [None] * 8
        assert sorted(future.result() for future in futures) == list(range(200))
        with store.snapshot() as reader:
            subjects = [leaf.event.subject for leaf in reader.leaves() if leaf.event]
        assert sorted(subjects) == sorted(f"subject-{number}" for number in range(200))

    def test_two_stores_over_one_directory_share_one_ledger(self, store: Store, back_end: Sqlite) -> None:
        other = back_end.open()
        indexes = [each.write(lambda tx: tx.note(event(0))) for each in (store, other, store, other, other, store)]
        assert indexes == list(range(6))
        assert store.verify_ledger() == []

    def test_stores_opened_and_written_at_once_do_not_get_in_each_others_way(self, back_end: Sqlite) -> None:
        back_end.open()

        def work(_: int) -> None:
            for _ in range(8):
                mine = back_end.open()
                for number in range(4):
                    mine.write(noting(number))
                mine.close()

        with ThreadPoolExecutor(3) as pool:
            assert list(pool.map(work, range(3))) == [None] * 3
        with back_end.open().snapshot() as reader:
            assert reader.head().size == 3 * 8 * 4

    def test_the_time_of_a_change_is_the_clocks(self, store: Store, back_end: Sqlite) -> None:
        back_end.clock.move(timedelta(hours=1))
        assert store.write(lambda tx: tx.now) == START + timedelta(hours=1)

    def test_a_change_may_not_wait_for_another(self, store: Store) -> None:
        with pytest.raises(StoreError, match="waits for another"):
            store.write(lambda tx: store.write(lambda inner: inner.note(event(1))))

    def test_a_transaction_is_of_no_use_after_its_change(self, store: Store) -> None:
        kept = store.write(lambda tx: tx)
        with pytest.raises(StoreError, match="has ended"):
            kept.note(event(1))

    def test_a_closed_store_refuses_to_write_and_to_read(self, store: Store) -> None:
        store.close()
        store.close()
        with pytest.raises(StoreError, match="closed"):
            store.write(lambda tx: tx.note(event(1)))
        with pytest.raises(StoreError, match="closed"), store.snapshot():
            pass

    def test_closing_commits_what_waits(self, store: Store, back_end: Sqlite) -> None:
        futures = [store.submit(lambda tx: tx.note(event(0))) for _ in range(50)]
        store.close()
        assert [future.result(timeout=0) for future in futures] == list(range(50))
        with back_end.open().snapshot() as reader:
            assert reader.head().size == 50

    def test_a_value_that_no_column_holds_is_a_declared_error(self, store: Store) -> None:
        with pytest.raises(StoreError):
            store.write(lambda tx: tx.put_document("card", "\ud800", b""))
        with store.snapshot() as reader, pytest.raises(StoreError):
            reader.document("card", "UK-NCA", 1 << 70)


class TestSnapshot:
    def test_it_is_a_reader(self, store: Store) -> None:
        with store.snapshot() as snapshot:
            reader: Reader = snapshot
            assert list(reader.findings()) == []

    def test_it_does_not_see_what_comes_later(self, store: Store) -> None:
        store.write(lambda tx: tx.add_record(record(1)))
        with store.snapshot() as reader:
            store.write(lambda tx: (tx.add_record(record(2)), tx.note(event(1))))
            assert [found.id for found in reader.records()] == [record(1).id]
            assert reader.head().size == 0

    def test_it_is_of_no_use_after_its_block(self, store: Store) -> None:
        store.write(lambda tx: tx.add_record(record(1)))
        with store.snapshot() as reader:
            half_read = reader.records()
        with pytest.raises(StoreError, match="has ended"):
            next(half_read)

    def test_a_half_read_one_does_not_hold_up_writing(self, store: Store) -> None:
        store.write(lambda tx: [tx.add_record(record(number)) for number in range(600)])
        with store.snapshot() as reader:
            next(reader.records())
        store.write(lambda tx: tx.add_record(record(601)))
        with store.snapshot() as reader:
            assert len(list(reader.records())) == 601

    def test_several_can_be_open_at_once(self, store: Store) -> None:
        with store.snapshot() as first:
            store.write(lambda tx: tx.note(event(1)))
            with store.snapshot() as second:
                assert (first.head().size, second.head().size) == (0, 1)


class TestRecords:
    def test_the_same_record_is_kept_once(self, store: Store) -> None:
        assert store.write(lambda tx: (tx.add_record(record(1)), tx.add_record(record(1)))) == (True, False)
        assert store.write(lambda tx: tx.add_record(record(1))) is False
        with store.snapshot() as reader:
            assert list(reader.records()) == [record(1)]

    def test_all_come_in_the_order_of_their_identifiers(self, store: Store) -> None:
        store.write(lambda tx: [tx.add_record(record(number)) for number in range(700)])
        with store.snapshot() as reader:
            found = [each.id for each in reader.records()]
        assert found == sorted(record(number).id for number in range(700))

    def test_they_are_found_by_source_and_by_what_they_mention(self, store: Store) -> None:
        kept = [record(n, source="un-xml" if n % 2 else "report", entity=f"person-{n % 3}") for n in range(60)]
        store.write(lambda tx: [tx.add_record(each) for each in kept])
        of, about = "un-xml", EntityKey("person-1")
        ordered = sorted(kept, key=lambda each: each.id)
        with store.snapshot() as reader:
            assert list(reader.records(source=of)) == [each for each in ordered if each.origin.source == of]
            assert list(reader.records(mentions=about)) == [each for each in ordered if each.mention(about)]
            both = [each for each in ordered if each.mention(about) and each.origin.source == of]
            assert list(reader.records(source=of, mentions=about)) == both
            assert list(reader.records(mentions=EntityKey("nobody"))) == []

    def test_several_are_given_by_their_names_and_those_about_some_entities_named_up_to_a_number(
        self, store: Store
    ) -> None:
        kept = [record(n, entity="shared" if n < 3 else None) for n in range(5)]
        store.write(lambda tx: [tx.add_record(each) for each in kept])
        refs = [each.id for each in kept]
        with store.snapshot() as reader:
            assert reader.several([refs[4], RecordId("rec-none"), refs[0]]) == {refs[4]: kept[4], refs[0]: kept[0]}
            assert reader.several([]) == {}
            wanted = [EntityKey("shared"), EntityKey("person-3"), EntityKey("nobody")]
            found = reader.refs_about(wanted, 4)
            assert found is not None
            assert sorted(found) == sorted([*(("shared", ref) for ref in refs[:3]), ("person-3", refs[3])])
            assert reader.refs_about(wanted, 3) is None
            assert reader.refs_about([], 3) == []

    def test_those_that_came_in_messages_are_found_by_their_source_too(self, store: Store) -> None:
        kept = [record(n, source="exchange" if n % 3 else "un-xml") for n in range(900)]
        store.write(lambda tx: [tx.add_record(each) for each in kept])
        with store.snapshot() as reader:
            for source in ("exchange", "un-xml"):
                of = [each.id for each in kept if each.origin.source == source]
                assert [each.id for each in reader.records(source=source)] == sorted(of)

    def test_an_unknown_record_finding_or_document_is_none(self, store: Store) -> None:
        with store.snapshot() as reader:
            assert reader.record(RecordId("rec-0")) is None
            assert reader.finding(FindingId("fnd-0")) is None
            assert reader.document("card", "nobody") is None

    def test_a_transaction_reads_what_it_wrote(self, store: Store) -> None:
        assert store.write(lambda tx: (tx.add_record(record(1)), tx.record(record(1).id))) == (True, record(1))

    def test_findings_are_kept_once_and_come_in_order(self, store: Store) -> None:
        kept = [finding(number, record(number).id) for number in range(5)]
        assert store.write(lambda tx: [tx.add_finding(each) for each in [*kept, kept[0]]]) == [True] * 5 + [False]
        with store.snapshot() as reader:
            assert [each.id for each in reader.findings()] == sorted(each.id for each in kept)
            assert reader.finding(kept[0].id) == kept[0]

    def test_decisions_come_in_the_order_they_were_kept(self, store: Store) -> None:
        kept = [decision(number, f"thing-{number % 2}") for number in (3, 1, 2, 0)]
        assert store.write(lambda tx: [tx.add_decision(each) for each in [*kept, kept[0]]]) == [True] * 4 + [False]
        with store.snapshot() as reader:
            assert list(reader.decisions()) == kept
            assert list(reader.decisions("thing-1")) == kept[:2]

    def test_a_document_has_versions_and_the_newest_is_shown(self, store: Store) -> None:
        def change(tx: Transaction) -> list[int]:
            return [tx.put_document("card", key, body) for key, body in (("b", b"1"), ("a", b"2"), ("b", b"3"))]

        assert store.write(change) == [1, 1, 2]
        assert store.write(lambda tx: tx.put_document("list", "b", b"other")) == 1
        with store.snapshot() as reader:
            assert reader.document("card", "b") == b"3"
            assert reader.document("card", "b", 1) == b"1"
            assert reader.document("card", "b", 3) is None
            assert list(reader.documents("card")) == [("a", 1, b"2"), ("b", 2, b"3")]

    def test_a_change_reads_the_document_that_it_has_just_written(self, store: Store) -> None:
        def change(tx: Transaction) -> list[bytes | None]:
            seen = [tx.document("card", "b")]
            for body in (b"1", b"2"):
                tx.put_document("card", "b", body)
                seen.append(tx.document("card", "b"))
            tx.replace_document("card", "b", 2, b"", who="dpo")
            return [*seen, tx.document("card", "b")]

        assert store.write(change) == [None, b"1", b"2", b""]

    def test_a_view_remembers_few_documents_and_shows_all(self, store: Store) -> None:
        keys = [f"{number}" for number in range(100)]
        store.write(lambda tx: [tx.put_document("card", key, key.encode()) for key in keys])
        with store.snapshot() as reader:
            assert [reader.document("card", key) for key in keys * 2] == [key.encode() for key in keys * 2]


class TestMessages:
    def test_numbers_for_a_partner_run_from_one_without_gaps(self, store: Store) -> None:
        def failing(tx: Transaction) -> None:
            tx.next_seq(PEER)
            raise ConflictError("no")

        assert store.write(lambda tx: [tx.next_seq(PEER), tx.next_seq(OTHER_PEER), tx.next_seq(PEER)]) == [1, 1, 2]
        with pytest.raises(ConflictError):
            store.write(failing)
        assert store.write(lambda tx: tx.next_seq(PEER)) == 3

    def test_due_messages_come_by_number_of_one_partner_and_lane(self, store: Store) -> None:
        rows = [outgoing(n, seq, lane="urgent" if seq % 4 == 0 else "normal") for n, seq in enumerate((3, 1, 2, 4, 5))]
        others = [outgoing(9, 1, peer=OTHER_PEER)]
        store.write(queueing(*rows, *others))
        with store.snapshot() as reader:
            assert [row.seq for row in reader.due_outgoing(PEER, "normal", 10)] == [1, 2, 3, 5]
            assert [row.seq for row in reader.due_outgoing(PEER, "urgent", 10)] == [4]
            assert [row.seq for row in reader.due_outgoing(PEER, "normal", 2)] == [1, 2]
            busy = frozenset({message_id(1), message_id(0)})
            assert [row.seq for row in reader.due_outgoing(PEER, "normal", 2, skip=busy)] == [2, 5]
            elsewhere = frozenset({message_id(3), message_id(9)})
            assert [row.seq for row in reader.due_outgoing(PEER, "normal", 2, skip=elsewhere)] == [1, 2]
            assert list(reader.outgoing_all()) == [*rows, *others]
            assert reader.outgoing(message_id(0)) == rows[0]
            assert reader.outgoing(message_id(77)) is None

    def test_a_message_is_settled_once(self, store: Store) -> None:
        store.write(queueing(outgoing(1, 1)))
        later = START + timedelta(minutes=1)
        assert store.write(lambda tx: tx.settle_outgoing(message_id(1), "receipted", b"signed", later)) is True
        assert store.write(lambda tx: tx.settle_outgoing(message_id(1), "dead", None, later)) is False
        assert store.write(lambda tx: tx.settle_outgoing(message_id(2), "dead", None, later)) is False
        with store.snapshot() as reader:
            found = reader.outgoing(message_id(1))
            assert found is not None
            assert (found.state, found.receipt, found.settled_at) == ("receipted", b"signed", later)
            assert reader.due_outgoing(PEER, "normal", 10) == []

    def test_a_taken_identifier_or_number_is_refused(self, store: Store) -> None:
        store.write(queueing(outgoing(1, 1)))
        store.write(receiving(incoming(1, 1)))
        for change in (
            queueing(outgoing(1, 2)),
            queueing(outgoing(2, 1)),
            receiving(incoming(1, 2)),
            receiving(incoming(2, 1)),
        ):
            with pytest.raises(StoreError):
                store.write(change)

    def test_an_incoming_message_keeps_its_receipt_and_changes_only_its_state(self, store: Store) -> None:
        store.write(receiving(incoming(1, 1)))
        store.write(lambda tx: tx.set_incoming_state(message_id(1), "accepted"))
        with store.snapshot() as reader:
            found = reader.incoming(message_id(1))
            assert found is not None
            assert (found.state, found.receipt) == ("accepted", b"receipt 1")
            assert reader.incoming_at(PEER, 1) == found
            assert reader.incoming_at(OTHER_PEER, 1) is None
            assert list(reader.incoming_all()) == [found]
        with pytest.raises(StoreError):
            store.write(lambda tx: tx.set_incoming_state(message_id(2), "accepted"))
        with pytest.raises(SchemaError):
            store.write(lambda tx: tx.set_incoming_state(message_id(1), "eaten"))

    def test_gaps_name_what_has_not_come(self, store: Store) -> None:
        store.write(receiving(*(incoming(seq, seq) for seq in (2, 3, 7))))
        store.write(receiving(incoming(90, 1, peer=OTHER_PEER)))
        with store.snapshot() as reader:
            assert reader.incoming_gaps(PEER) == [1, 4, 5, 6]
            assert reader.incoming_gaps(OTHER_PEER) == []

    def test_a_gap_after_many_messages_is_found(self, store: Store) -> None:
        store.write(receiving(*(incoming(seq, seq) for seq in [*range(1, 1102), 1103])))
        with store.snapshot() as reader:
            assert reader.incoming_gaps(PEER) == [1102]

    def test_a_number_beyond_all_reason_does_not_fill_our_memory(self, store: Store) -> None:
        store.write(receiving(incoming(1, (1 << 63) - 1)))
        with store.snapshot() as reader:
            assert reader.incoming_gaps(PEER) == list(range(1, 1001))

    def test_an_equivocation_is_kept_once(self, store: Store) -> None:
        def change(tx: Transaction) -> None:
            for envelope in (b"one", b"two", b"one"):
                tx.keep_equivocation(message_id(1), PEER, envelope)

        store.write(change)
        with store.snapshot() as reader:
            assert list(reader.equivocations()) == [(message_id(1), PEER, b"one"), (message_id(1), PEER, b"two")]


class TestLedger:
    def test_a_leaf_holds_the_event_its_time_and_a_commitment_to_both(self, store: Store) -> None:
        store.note(event(3))
        with store.snapshot() as reader:
            leaf = reader.leaf(0)
        assert (leaf.index, leaf.at, leaf.event) == (0, START, event(3))
        assert leaf.salt is not None
        line = (
            b'{"at":"2026-11-25T08:30:00Z","detail":{"count":3},"kind":"store.read","purpose":"screening",'
            b'"subject":"subject-3","who":"analyst"}'
        )
        assert leaf.commitment == sha256(leaf.salt + line).digest()

    def test_equal_events_have_different_commitments(self, store: Store) -> None:
        store.write(lambda tx: [tx.note(event(1)), tx.note(event(1))])
        with store.snapshot() as reader:
            assert reader.leaf(0).commitment != reader.leaf(1).commitment

    def test_the_head_is_the_root_over_the_commitments_and_every_proof_verifies(self, store: Store) -> None:
        heads = [Head(0, merkle.EMPTY_ROOT)]
        for _ in range(5):  # groups of several leaves, and heads inside a transaction
            heads += store.write(lambda tx: [noting_with_head(number)(tx) for number in range(7)])
        with store.snapshot() as reader:
            hashes = [merkle.leaf_hash(leaf.commitment) for leaf in reader.leaves()]
            assert reader.head() == heads[-1]
            for head in heads:
                assert head.root == merkle.root(hashes[: head.size])
                for index in range(head.size):
                    proof = reader.inclusion(index, head.size)
                    assert merkle.verify_inclusion(index, head.size, hashes[index], proof, head.root)
                for old in heads[: head.size + 1]:
                    proof = reader.consistency(old.size, head.size)
                    assert merkle.verify_consistency(old.size, head.size, old.root, head.root, proof)
        assert store.verify_ledger(heads) == []

    def test_leaves_can_be_read_from_an_index_on(self, store: Store) -> None:
        store.write(lambda tx: [tx.note(event(number)) for number in range(1100)])
        with store.snapshot() as reader:
            assert [leaf.index for leaf in reader.leaves(3)] == list(range(3, 1100))
            assert list(reader.leaves(1100)) == []

    @pytest.mark.parametrize(("index", "size"), [(3, 3), (-1, 3), (0, 4), (0, 0), (0, -1)])
    def test_a_leaf_outside_the_ledger_is_not_proved(self, store: Store, index: int, size: int) -> None:
        store.write(lambda tx: [tx.note(event(number)) for number in range(3)])
        with store.snapshot() as reader, pytest.raises(StoreError):
            reader.inclusion(index, size)

    @pytest.mark.parametrize(("old", "new"), [(2, 1), (0, 4), (-1, 3)])
    def test_a_size_it_never_had_is_not_proved(self, store: Store, old: int, new: int) -> None:
        store.write(lambda tx: [tx.note(event(number)) for number in range(3)])
        with store.snapshot() as reader, pytest.raises(StoreError):
            reader.consistency(old, new)

    @pytest.mark.parametrize("index", [-1, 1])
    def test_a_leaf_that_is_not_there_is_a_declared_error(self, store: Store, index: int) -> None:
        store.note(event(1))
        with store.snapshot() as reader, pytest.raises(StoreError):
            reader.leaf(index)

    def test_an_erased_event_is_gone_and_the_tree_still_verifies(self, store: Store) -> None:
        heads = [store.write(noting_with_head(number)) for number in range(5)]
        assert store.write(erasing(2)) == 5
        with store.snapshot() as reader:
            leaf = reader.leaf(2)
            assert (leaf.event, leaf.salt, leaf.at) == (None, None, None)
            assert reader.leaf(5).event == Event("store.erased", "dpo", "2", "erasure")
            proof = reader.inclusion(2, 5)
            assert merkle.verify_inclusion(2, 5, merkle.leaf_hash(leaf.commitment), proof, heads[-1].root)
        assert store.verify_ledger(heads) == []

    def test_an_erasure_itself_cannot_be_erased_nor_done_twice(self, store: Store) -> None:
        store.note(event(1))
        announced = store.write(erasing(0))
        for index in (0, announced):
            with pytest.raises(StoreError):
                store.write(erasing(index))

    def test_a_head_of_another_ledger_and_one_beyond_the_end_are_seen(self, store: Store) -> None:
        store.write(lambda tx: [tx.note(event(number)) for number in range(3)])
        wrong = [Head(2, merkle.leaf_hash(b"")), Head(0, merkle.leaf_hash(b"")), Head(4, merkle.leaf_hash(b""))]
        found = store.verify_ledger(wrong)
        assert found == [Problem(0, "other-history"), Problem(2, "other-history"), Problem(4, "truncated")]


class TestFiles:
    def test_a_blob_is_found_by_its_hash(self, store: Store) -> None:
        data = bytes(range(256)) * 40
        ref = store.put_blob(data)
        assert ref == sha256(data).hexdigest()
        assert store.put_blob(data) == ref
        with store.snapshot() as reader:
            found = reader.blob(ref)
            assert found is not None
            assert found.readonly
            assert found.tobytes() == data
            assert reader.blob(BlobHash("0" * 64)) is None

    def test_an_empty_blob_is_a_blob(self, store: Store) -> None:
        ref = store.put_blob(b"")
        with store.snapshot() as reader:
            found = reader.blob(ref)
            assert found is not None
            assert found.tobytes() == b""

    def test_a_table_is_kept_from_bytes_and_moved_in_from_a_path(self, store: Store, tmp_path: Path) -> None:
        first, second = b"PAR1 one PAR1", b"PAR1 two PAR1"
        file = tmp_path / "edition.parquet"
        file.write_bytes(second)
        refs = [store.put_table(first), store.put_table(file)]
        assert not file.exists()
        with store.snapshot() as reader:
            paths = [reader.table_path(ref) for ref in refs]
            assert [Path(path).read_bytes() for path in paths if path] == [first, second]
            assert reader.table_path(BlobHash("0" * 64)) is None
        file.write_bytes(first)
        assert store.put_table(file) == refs[0]
        assert not file.exists()

    @pytest.mark.parametrize("data", [b"", b"PAR1", b"a,b\n1,2\n", b"PAR1 cut short"])
    def test_what_is_no_parquet_is_refused_and_left_where_it_is(
        self, store: Store, tmp_path: Path, data: bytes
    ) -> None:
        file = tmp_path / "edition.parquet"
        file.write_bytes(data)
        for given in (data, file):
            with pytest.raises(FormatError):
                store.put_table(given)
        assert file.read_bytes() == data

    def test_what_is_derived_is_built_once(self, store: Store, back_end: Sqlite) -> None:
        built: list[int] = []

        def build() -> bytes:
            built.append(1)
            return b"index"

        with store.snapshot() as reader:
            assert reader.derived("match/1:abc", build).tobytes() == b"index"
        with back_end.open().snapshot() as reader:
            assert reader.derived("match/1:abc", build).tobytes() == b"index"
        assert built == [1]

    def test_a_sound_store_has_no_problems(self, store: Store) -> None:
        ref = store.put_blob(b"picture")

        def change(tx: Transaction) -> None:
            for number in range(20):
                tx.add_record(record(number))
                tx.add_finding(finding(number, record(number).id))
                tx.add_decision(decision(number, "thing"))
                tx.note(event(number))

        store.write(change)
        assert ref
        assert store.check() == []
