"""Opening a store beside others that write to it."""

from pathlib import Path

import apsw
import pytest

from headwater.store import Head, Store, ledger, migrate
from headwater.store.link import Link
from headwater.testing.fakes import FakeClock, SeededChance
from tests.contract.store_kit import PEER, noting, outgoing


def test_opening_sees_one_moment_of_the_ledger(store: Store, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(noting(1))
    looked = ledger.stored_head
    heads: list[Head] = []

    def and_meanwhile_another_writes(link: Link) -> Head:
        head = looked(link)
        heads.append(head)
        if len(heads) == 1:
            store.write(noting(2))
        return head

    monkeypatch.setattr(ledger, "stored_head", and_meanwhile_another_writes)
    other = Store.open(home, clock=FakeClock(), chance=SeededChance(1))
    assert other.write(noting(3)) == 2
    assert heads[0].size == 1
    other.close()


@pytest.mark.sqlite
def test_an_older_store_keeps_its_envelopes_when_they_move_to_a_table_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, all_steps = tmp_path / "older", migrate.steps()
    with monkeypatch.context() as before:
        before.setattr(migrate, "steps", lambda: all_steps[:2])
        Store.create(home, clock=FakeClock(), chance=SeededChance()).close()
    older = apsw.Connection(str(home / "store.sqlite"))
    for number, seq in ((1, 1), (2, 2)):
        row = outgoing(number, seq)
        older.execute(
            "INSERT INTO outgoing VALUES (?, ?, ?, ?, 'normal', ?, 'request', NULL, 0, 0, 'queued', NULL, NULL)",
            (7 * number, row.id, row.peer, row.seq, row.envelope),
        )
    older.close()
    store = Store.open(home, clock=FakeClock(), chance=SeededChance())
    store.write(lambda tx: tx.add_outgoing(outgoing(3, 3)))
    with store.snapshot() as snapshot:
        assert [row.envelope for row in snapshot.due_outgoing(PEER, "normal", 9)] == [
            b"envelope 1",
            b"envelope 2",
            b"envelope 3",
        ]
    assert store.check() == []
    store.close()
