"""Rows that a change writes together: seen by whoever reads after them, in their order, and whole or not at all."""

from collections.abc import Callable
from concurrent.futures import wait
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import apsw
import pytest
from msgspec.structs import replace

from headwater.errors import SchemaError, StoreCorruptError, StoreError
from headwater.model.record import Record
from headwater.store import Store, StoreOptions, Transaction, migrate
from headwater.testing.fakes import FakeClock, SeededChance
from tests.contract.store_kit import (
    PEER,
    event,
    incoming,
    message_id,
    noting,
    outgoing,
    queueing,
    receiving,
    record,
)

LATER = datetime(2026, 11, 25, 9, tzinfo=UTC)


def states(store: Store) -> list[str]:
    with store.snapshot() as snapshot:
        return [row.state for row in snapshot.outgoing_all()]


def test_what_was_written_before_is_read_within_the_change(store: Store) -> None:
    def change(tx: Transaction) -> tuple[object, ...]:
        tx.add_outgoing(outgoing(1, tx.next_seq(PEER)))
        tx.add_incoming(incoming(1, 7))
        tx.add_carried("out", PEER, ["rec-a/0"], message_id(1))
        tx.add_document("sent", "one", b"body")
        tx.add_born(record(1), message_id(1))
        index = tx.note(event(1))
        return (
            tx.outgoing(message_id(1)) == outgoing(1, 1),
            tx.incoming_at(PEER, 7) == incoming(1, 7),
            tx.passed_to("rec-a"),
            tx.document("sent", "one"),
            tx.born_of(message_id(1)),
            tx.leaf(index).event,
            tx.sent_last(PEER),
        )

    found = store.write(change)
    assert found == (True, True, [(PEER, message_id(1))], b"body", [record(1).id], event(1), 1)


def test_a_message_is_settled_in_the_change_that_queues_it_and_the_next_is_not(store: Store) -> None:
    def change(tx: Transaction) -> None:
        for number in (1, 2, 3):
            tx.add_outgoing(outgoing(number, tx.next_seq(PEER)))
            if number != 2:
                tx.settle_queued(message_id(number), "receipted", b"signed", LATER)

    store.write(change)
    assert states(store) == ["receipted", "queued", "receipted"]


def test_numbers_go_on_over_changes_and_after_a_skip(store: Store) -> None:
    def change(tx: Transaction) -> list[int]:
        first = [tx.next_seq(PEER), tx.next_seq(PEER)]
        tx.skip_seq(PEER, 10)
        return [*first, tx.next_seq(PEER)]

    assert store.write(change) == [1, 2, 11]
    assert store.write(lambda tx: tx.next_seq(PEER)) == 12


def test_what_is_asked_about_a_batch_is_what_was_asked_one_by_one(store: Store) -> None:
    store.write(receiving(incoming(1, 5), incoming(2, 6)))
    store.write(queueing(outgoing(3, 1), outgoing(4, 2)))
    store.write(lambda tx: tx.settle_outgoing(message_id(4), "dead", None, LATER))
    refs = [message_id(number) for number in range(6)]
    with store.snapshot() as snapshot:
        known = {number: replace(incoming(number, number + 4), body=b"") for number in (1, 2)}
        assert snapshot.incoming_among(refs) == {message_id(number): row for number, row in known.items()}
        assert snapshot.incoming_among([]) == {}
        assert snapshot.numbers_among(PEER, [4, 5, 6, 7]) == {5, 6}
        assert snapshot.queued_among(refs) == {message_id(3)}
        assert snapshot.is_due(PEER, "normal")
        assert not snapshot.is_due(PEER, "urgent")
        assert snapshot.keys_among("sent", ["a"]) == set()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda tx: tx.add_incoming(incoming(1, 9)), id="a message that is there"),
        pytest.param(lambda tx: tx.add_incoming(incoming(2, 5)), id="a number that is taken"),
        pytest.param(lambda tx: tx.add_document("sent", "one", b""), id="a document that is there"),
    ],
)
def test_what_does_not_go_in_undoes_its_own_change_and_no_other_of_the_group(
    store: Store, change: Callable[[Transaction], None]
) -> None:
    store.write(receiving(incoming(1, 5)))
    store.write(lambda tx: tx.add_document("sent", "one", b"body"))

    def failing(tx: Transaction) -> None:
        tx.note(event(1))
        tx.add_outgoing(outgoing(1, 1))
        change(tx)

    futures = [store.submit(failing), store.submit(lambda tx: tx.add_outgoing(outgoing(2, 2)))]
    assert not wait(futures, timeout=10).not_done
    assert isinstance(futures[0].exception(), StoreError)
    assert futures[1].exception() is None
    with store.snapshot() as snapshot:
        assert snapshot.head().size == 0
        assert [row.seq for row in snapshot.outgoing_all()] == [2]
    assert store.check() == []


def test_a_change_that_hides_what_did_not_go_in_is_undone_all_the_same(store: Store) -> None:
    store.write(receiving(incoming(1, 5)))

    def hiding(tx: Transaction) -> None:
        tx.add_incoming(incoming(2, 6))
        tx.add_incoming(incoming(1, 5))
        tx.add_incoming(incoming(3, 7))
        with suppress(StoreError):
            tx.incoming(message_id(1))

    with pytest.raises(StoreError):
        store.write(hiding)
    with store.snapshot() as snapshot:
        assert [row.seq for row in snapshot.incoming_all()] == [5]
    store.write(receiving(incoming(3, 7)))


def test_a_change_that_raises_leaves_no_row_behind_for_the_next(store: Store) -> None:
    def raising(tx: Transaction) -> None:
        tx.add_outgoing(outgoing(1, tx.next_seq(PEER)))
        raise StoreError("no")

    with pytest.raises(StoreError, match="no"):
        store.write(raising)
    assert store.write(lambda tx: tx.next_seq(PEER)) == 1
    assert states(store) == []


def test_a_record_that_came_again_is_not_mentioned_anew_after_it_was_erased(store: Store) -> None:
    def keep(record: Record) -> None:
        store.write(lambda tx: tx.add_born(record, message_id(1)))

    keep(record(1))
    for place in range(len(record(1).facts)):
        store.write(lambda tx, place=place: tx.erase_facts(record(1).id, [place], who="dpo"))  # type: ignore[misc]
    keep(record(1))
    with store.snapshot() as snapshot:
        assert snapshot.record(record(1).id) is None
        assert snapshot.born_of(message_id(1)) == [record(1).id]
    assert store.check() == []


def test_a_store_with_pages_of_another_size_is_written_and_read_as_any(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "PAGE_BYTES", 4096)
    Store.create(home, clock=FakeClock(), chance=SeededChance()).close()
    monkeypatch.undo()
    old = Store.open(home, clock=FakeClock(), chance=SeededChance(1), options=StoreOptions())
    old.write(queueing(outgoing(1, 1)))
    old.write(lambda tx: tx.add_born(record(1), message_id(1)))
    old.write(noting(1))
    assert old.check() == []
    old.close()
    connection = apsw.Connection(str(home / "store.sqlite"))
    assert connection.execute("PRAGMA page_size").fetchall() == [(4096,)]
    connection.close()


@pytest.mark.sqlite
def test_a_new_store_has_pages_that_hold_a_message(store: Store, home: Path) -> None:
    connection = apsw.Connection(str(home / "store.sqlite"))
    assert connection.execute("PRAGMA page_size").fetchall() == [(migrate.PAGE_BYTES,)]
    connection.close()


def test_rows_of_one_table_are_written_in_their_order_whatever_statement_brings_them(store: Store) -> None:
    add, change = "INSERT INTO sequence VALUES (?, ?)", "UPDATE sequence SET last = last * ? WHERE peer = ?"
    more = "UPDATE sequence SET last = last + ? WHERE peer = ?"

    def act(tx: Transaction) -> int:
        tx._link.later(add, ("XX", 1))
        tx._link.later(more, (1, "XX"))
        tx._link.later(change, (10, "XX"))
        tx._link.later(more, (1, "XX"))
        return tx._link.rows(tuple[int], "SELECT last FROM sequence WHERE peer = ?", "XX")[0][0]

    assert store.write(act) == 21


def test_a_document_begins_with_version_1_and_goes_on_by_one(store: Store) -> None:
    store.write(lambda tx: tx.add_document("sent", "one", b"body"))
    assert store.write(lambda tx: tx.put_document("sent", "one", b"other")) == 2
    assert store.write(lambda tx: tx.put_document("sent", "two", b"body")) == 1
    with store.snapshot() as snapshot:
        assert list(snapshot.documents("sent")) == [("one", 2, b"other"), ("two", 1, b"body")]
        assert snapshot.document("sent", "one", 1) == b"body"


def test_a_row_that_holds_what_it_never_was_given_is_damage(store: Store) -> None:
    with store.snapshot() as snapshot, pytest.raises(StoreCorruptError, match="never was given"):
        snapshot._link.rows(tuple[int], "SELECT 'text'")


def test_a_view_remembers_the_last_few_documents_it_was_asked_for(store: Store) -> None:
    store.write(lambda tx: [tx.put_document("kind", str(number), b"%d" % number) for number in range(100)])
    with store.snapshot() as snapshot:
        for number in range(100):
            assert snapshot.document("kind", str(number)) == b"%d" % number
            assert snapshot.document("kind", f"none {number}") is None
            assert 1 <= len(snapshot._documents) <= 32
        assert ("kind", "99") in snapshot._documents


@pytest.mark.parametrize("state", ["queued", "eaten", "", "held"])
@pytest.mark.parametrize("act", ["settle_queued", "settle_outgoing"])
def test_a_message_is_settled_as_something_that_there_is(store: Store, act: str, state: str) -> None:
    store.write(queueing(outgoing(1, 1)))
    with pytest.raises(SchemaError, match="use dead, receipted, refused"):
        store.write(lambda tx: getattr(tx, act)(message_id(1), state, b"signed", LATER))
    assert states(store) == ["queued"]
    for good in ("dead", "receipted", "refused"):
        store.write(lambda tx, good=good: getattr(tx, act)(message_id(1), good, b"signed", LATER))  # type: ignore[misc]
    with store.snapshot() as snapshot:
        told = snapshot.outgoing(message_id(1))
    assert told is not None
    assert (told.state, told.receipt, told.settled_at) == ("dead", b"signed", LATER)


@pytest.mark.parametrize("state", ["queued", "eaten", "", "dead"])
def test_a_message_that_came_becomes_something_that_there_is(store: Store, state: str) -> None:
    store.write(receiving(incoming(1, 1), incoming(2, 2)))
    with pytest.raises(SchemaError, match="use accepted, held, refused, stored"):
        store.write(lambda tx: tx.set_incoming_state(message_id(1), state))
    with pytest.raises(StoreError, match="no such message"):
        store.write(lambda tx: tx.set_incoming_state(message_id(9), "held"))
    for good in ("accepted", "held", "refused", "stored", "held"):
        store.write(lambda tx, good=good: tx.set_incoming_state(message_id(1), good))  # type: ignore[misc]
    with store.snapshot() as snapshot:
        assert [row.state for row in snapshot.incoming_all()] == ["held", "stored"]


def test_a_document_that_was_not_there_is_there_once_it_was_added(store: Store) -> None:
    def change(tx: Transaction) -> tuple[bytes | None, bytes | None]:
        before = tx.document("sent", "one")
        tx.add_document("sent", "one", b"body")
        return before, tx.document("sent", "one")

    assert store.write(change) == (None, b"body")


def test_documents_come_in_the_order_of_their_keys_whatever_letters_they_begin_with(store: Store) -> None:
    keys = ["!", "A", "UK-NCA", "a", "z", "ž"]
    store.write(lambda tx: [tx.put_document("card", key, key.encode()) for key in reversed(keys)])
    with store.snapshot() as snapshot:
        assert list(snapshot.documents("card")) == [(key, 1, key.encode()) for key in keys]
        assert snapshot.keys_among("card", ["A", "B", "z"]) == {"A", "z"}
