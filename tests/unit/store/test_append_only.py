"""What is only ever added to stays so for every program that opens the file."""

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from headwater.ports import Event
from headwater.store import Store, Transaction, mentions
from tests.contract.store_kit import PEER, decision, event, finding, incoming, keeping, message_id, outgoing, record

Behind = Callable[[str], object]


@pytest.fixture(autouse=True)
def taken_over_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what records mention stand in its index as soon as the next record has come."""
    monkeypatch.setattr(mentions, "LONG", 1)


def fill(tx: Transaction) -> None:
    tx.add_record(record(1))
    tx.add_record(record(2))
    tx.add_finding(finding(1, record(1).id))
    tx.add_decision(decision(1, "thing"))
    tx.put_document("card", "UK-NCA", b"one")
    tx.note(event(1))
    tx.note(event(2))
    tx.add_outgoing(outgoing(1, 1))
    tx.add_incoming(incoming(1, 1))
    tx.keep_equivocation(message_id(1), PEER, b"other")


KEPT = ("record", "mentioned", "finding", "decision", "document", "equivocation", "ledger", "ledger_head")
CHANGES = [
    *(f"DELETE FROM {table}" for table in (*KEPT, "outgoing", "sealed", "incoming")),  # noqa: S608 - names stand above
    "UPDATE record SET body = x'00'",
    "UPDATE record SET marked = 1, body = x'00'",
    "UPDATE finding SET withdrawn = 1, body = x'00'",
    "UPDATE mentioned SET entity = 1",
    "UPDATE mention_new SET entities = x'00'",
    "UPDATE finding SET body = x'00'",
    "UPDATE decision SET about = 'x'",
    "UPDATE document SET body = x'00'",
    "UPDATE equivocation SET envelope = x'00'",
    "UPDATE ledger SET event = x'00'",
    "UPDATE ledger SET salt = NULL",
    "UPDATE ledger SET salt = NULL, event = NULL, commitment = zeroblob(32)",
    "UPDATE ledger SET salt = NULL, event = NULL, subtrees = x'00'",
    "UPDATE ledger SET number = number + 10",
    "UPDATE ledger_head SET size = size - 1",
    "UPDATE sealed SET envelope = x'00'",
    "UPDATE outgoing SET state = 'dead', seq = 9",
    "UPDATE incoming SET body = x'00'",
    "UPDATE incoming SET receipt = x'00'",
    "INSERT OR REPLACE INTO record SELECT number, id, source, x'00', 0 FROM record",
    "INSERT OR REPLACE INTO ledger SELECT number, salt, x'00', commitment, subtrees FROM ledger",
]


@pytest.mark.parametrize("sql", CHANGES)
def test_no_program_can_change_or_delete_it(store: Store, behind: Behind, sql: str) -> None:
    store.write(fill)
    store.write(keeping(record(3)))  # whose mentions still wait
    with pytest.raises(apsw.ConstraintError):
        behind(f"PRAGMA recursive_triggers = ON; {sql}")
    assert store.check() == []


def test_a_settled_message_stays_settled(store: Store, behind: Behind) -> None:
    store.write(fill)
    behind("UPDATE outgoing SET state = 'receipted'")
    with pytest.raises(apsw.ConstraintError, match="settled once"):
        behind("UPDATE outgoing SET state = 'queued'")


def test_an_erased_leaf_cannot_be_filled_again(store: Store, behind: Behind) -> None:
    store.write(fill)
    store.write(lambda tx: tx.erase_event(0, who="dpo", purpose="erasure"))
    with pytest.raises(apsw.ConstraintError, match="never changes"):
        behind("UPDATE ledger SET salt = zeroblob(16), event = x'00' WHERE number = 0")


@pytest.mark.sqlite
def test_what_was_erased_is_no_longer_in_the_file(store: Store, home: Path) -> None:
    store.write(lambda tx: tx.note(Event("store.read", "analyst", "subject " * 100)))
    store.write(lambda tx: tx.erase_event(0, who="dpo", purpose="erasure"))
    store.close()  # folds the log into the database
    assert b"subject subject" not in (home / "store.sqlite").read_bytes()
