"""Opening a store beside others that write to it."""

from contextlib import closing
from pathlib import Path

import apsw
import pytest

from headwater.errors import StoreCorruptError, StoreError
from headwater.store import Head, Store, StoreOptions, ledger, migrate
from headwater.store.link import Link
from headwater.store.sqlite import SqliteLink, check_header
from headwater.testing.fakes import FakeClock, SeededChance
from tests.contract.store_kit import PEER, noting, outgoing
from tests.unit.store.conftest import Behind


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


@pytest.mark.sqlite
def test_a_connection_trusts_no_schema_overwrites_what_is_erased_and_looks_at_cells(store: Store, home: Path) -> None:
    with closing(SqliteLink(home / "store.sqlite", StoreOptions())) as link:
        told = {
            name: link.number(f"PRAGMA {name}")
            for name in ("trusted_schema", "recursive_triggers", "cell_size_check", "secure_delete")
        }
    assert told == {
        "trusted_schema": 0, "recursive_triggers": 1, "cell_size_check": 1, "secure_delete": 1,
    }  # fmt: skip


@pytest.mark.sqlite
def test_nothing_is_added_to_a_ledger_that_is_longer_than_its_head_says(
    store: Store, home: Path, behind: Behind
) -> None:
    store.write(noting(1))
    store.close()
    behind(
        "INSERT INTO ledger SELECT number + 1, salt, event, commitment, subtrees FROM ledger ORDER BY number DESC LIMIT 1"
    )
    with pytest.raises(StoreCorruptError, match="shorter or longer"):
        Store.open(home, clock=FakeClock(), chance=SeededChance()).write(noting(2))


@pytest.mark.sqlite
def test_a_copy_is_for_its_owner_alone_and_is_never_put_over_something_else(store: Store, tmp_path: Path) -> None:
    store.copy_to(tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_mode & 0o777 == 0o600
    with pytest.raises(StoreError):
        store.copy_to(tmp_path / "copy")


@pytest.mark.sqlite
@pytest.mark.parametrize("change", ["mark", "length", "program"])
def test_what_is_no_store_is_told_by_its_first_bytes(store: Store, home: Path, tmp_path: Path, change: str) -> None:
    file = tmp_path / "other.sqlite"
    head = (home / "store.sqlite").read_bytes()[:100]
    check_header(home / "store.sqlite")
    other = {"mark": b"SQLite format 2" + head[15:], "length": head[:99], "program": head[:68] + b"abcd" + head[72:]}
    file.write_bytes(other[change])
    with pytest.raises(StoreCorruptError):
        check_header(file)


@pytest.mark.sqlite
def test_no_root_and_no_proof_is_made_of_a_subtree_that_was_cut(store: Store, home: Path, behind: Behind) -> None:
    for number in range(9):
        store.write(noting(number))
    store.close()
    behind("DROP TRIGGER ledger_stays")
    behind("UPDATE ledger SET subtrees = substr(subtrees, 1, 63) WHERE number = 3")  # of two hashes, a byte less
    with closing(Store.open(home, clock=FakeClock(), chance=SeededChance())) as again, again.snapshot() as snapshot:
        assert snapshot.root_at(8) != snapshot.root_at(3)
        for act in (lambda: snapshot.root_at(4), lambda: snapshot.inclusion(5, 8), lambda: snapshot.consistency(5, 9)):
            with pytest.raises(StoreCorruptError, match="lacks a subtree at leaf 3"):
                act()
