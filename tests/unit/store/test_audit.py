"""The check finds what was altered behind the store's back in records, findings, decisions and indexes."""

from collections.abc import Callable

import pytest

from headwater.errors import StoreCorruptError
from headwater.ports import Event
from headwater.store import Problem, Store, Transaction, mentions
from headwater.store.audit import _Row, _Walk
from headwater.store.ledger import commitment
from headwater.store.mentions import packed, short
from tests.contract.store_kit import decision, finding, incoming, noting, outgoing, queueing, receiving, record

Behind = Callable[[str], object]
GUARDS = ("record_stays", "record_kept", "mentioned_stays", "mentioned_kept", "finding_stays", "decision_stays")

WORDS = {
    "body || ' '": "CAST(body || ' ' AS BLOB)",
    "PERSON_1": str(short("person-1")),
    "PERSON_2": str(short("person-2")),
    "PACKED_2": f"x'{packed([short('person-2')]).hex()}'",
}


@pytest.fixture
def unguarded(store: Store, behind: Behind, monkeypatch: pytest.MonkeyPatch) -> Behind:
    """A filled store, and a way to change it with the guards away."""

    def fill(tx: Transaction) -> None:
        tx.add_record(record(1))
        tx.add_record(record(3))
        tx.add_finding(finding(1, record(1).id))
        tx.add_decision(decision(1, "thing"))

    def run(sql: str) -> None:
        for guard in GUARDS:
            behind(f"DROP TRIGGER {guard}")
        behind(sql)

    # The first record's mentions stand in the index, the second's still wait.
    with monkeypatch.context() as patch:
        patch.setattr(mentions, "LONG", 1)
        store.write(fill)
    store.write(lambda tx: tx.add_record(record(2)))
    return run


def problems(store: Store) -> list[Problem]:
    """All problems but the missing guards."""
    return [problem for problem in store.check() if problem.kind != "altered-schema"]


@pytest.mark.parametrize(
    ("sql", "at", "kind"),
    [
        ("UPDATE record SET body = body || ' '", record(1).id, "altered-record"),
        ("UPDATE record SET body = CAST(replace(body, 'Name 1', 'Name 2') AS BLOB)", record(1).id, "altered-record"),
        ("UPDATE record SET source = 'other'", record(1).id, "wrong-index"),
        ("DELETE FROM mentioned WHERE entity = PERSON_1", record(1).id, "wrong-index"),
        ("DELETE FROM mention_new", record(2).id, "wrong-index"),
        ("INSERT INTO mentioned VALUES (PERSON_2, 1)", "mentioned", "wrong-index"),
        ("INSERT INTO mention_new VALUES (1, PACKED_2)", "mentioned", "wrong-index"),
        ("UPDATE finding SET body = x'7b7d'", finding(1, record(1).id).id, "altered-finding"),
        ("UPDATE decision SET body = x'7b7d'", decision(1, "thing").id, "altered-decision"),
    ],
)
def test_what_was_altered_is_named(store: Store, unguarded: Behind, sql: str, at: str, kind: str) -> None:
    assert problems(store) == []
    for word, value in WORDS.items():
        sql = sql.replace(word, value)
    unguarded(sql)
    assert Problem(at, kind) in problems(store)


def test_an_altered_record_is_not_handed_out(store: Store, unguarded: Behind) -> None:
    unguarded("UPDATE record SET body = CAST(replace(body, 'Name 1', 'Name 2') AS BLOB)")
    with store.snapshot() as reader:
        with pytest.raises(StoreCorruptError, match="not what was kept"):
            reader.record(record(1).id)
        with pytest.raises(StoreCorruptError, match="not what was kept"):
            list(reader.records())


@pytest.mark.parametrize("event", ["x'7b'", "x'7b7d'", "x'7b226b696e64223a22c328227d'", "x'5b5d'"])
def test_a_leaf_that_cannot_be_read_is_damage_and_the_audit_goes_on(store: Store, behind: Behind, event: str) -> None:
    store.write(noting(1))
    store.write(noting(2))
    behind("DROP TRIGGER ledger_stays")
    behind("UPDATE ledger SET event = EVENT WHERE number = 0".replace("EVENT", event))
    with store.snapshot() as reader, pytest.raises(StoreCorruptError):
        reader.leaf(0)
    assert store.verify_ledger() == [Problem(0, "altered-event")]


def test_a_leaf_that_commits_to_what_is_no_event_is_named() -> None:
    walk = _Walk({})
    salt, event = bytes(16), b'{"kind":"\xc3\x28"}'
    walk.step(_Row(0, salt, event, commitment(salt, event), b""))
    assert walk.problems == [Problem(0, "unreadable-event")]


@pytest.mark.sqlite
def test_a_message_with_an_impossible_state_is_damage(store: Store, behind: Behind) -> None:
    store.write(receiving(incoming(1, 1)))
    store.write(queueing(outgoing(1, 1)))
    behind("PRAGMA ignore_check_constraints = ON")
    behind("UPDATE incoming SET state = 'eaten'")
    behind("UPDATE outgoing SET state = 'eaten'")
    with store.snapshot() as reader:
        for read in (reader.incoming_all, reader.outgoing_all):
            with pytest.raises(StoreCorruptError):
                list(read())


@pytest.mark.sqlite
def test_what_cannot_be_read_is_the_last_problem_of_its_kind(store: Store, behind: Behind) -> None:
    behind("PRAGMA ignore_check_constraints = ON")
    behind("DROP TRIGGER ledger_head_kept")
    behind("DELETE FROM ledger_head")
    assert "unreadable" in {problem.kind for problem in store.check()}
    assert [problem.kind for problem in store.verify_ledger()] == ["unreadable"]


def test_an_event_about_a_number_announces_no_erasure(store: Store, behind: Behind) -> None:
    store.write(noting(1))
    store.write(lambda tx: tx.note(Event("ofsi.reviewed", "o.reed", "0", "sanctions")))
    assert store.check() == []
    behind("DROP TRIGGER ledger_stays")
    behind("UPDATE ledger SET salt = NULL, event = NULL WHERE number = 0")
    assert Problem(0, "erased-unannounced") in store.check()
