"""What is withdrawn is hidden or really gone, and the store still verifies; what is altered instead is found."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import apsw
import pytest
from msgspec import structs

from headwater.model.fact import Fact, fact_id
from headwater.model.finding import Evidence, EvidenceKind
from headwater.model.ids import BlobHash, EntityKey, FactId, RecordId
from headwater.model.record import Record
from headwater.store import Store
from tests.contract.store_kit import PEER, decision, finding, incoming, message_id, record

Behind = Callable[[str], object]
PERSON = EntityKey("person-1")


def kept(store: Store, *records: Record) -> RecordId:
    for each in records or (record(1),):
        store.write(lambda tx, each=each: tx.add_record(each))  # type: ignore[misc]
    return (records or (record(1),))[0].id


def seen(store: Store, ref: RecordId) -> list[tuple[FactId, Fact]]:
    with store.snapshot() as snapshot:
        found = snapshot.record(ref)
        return list(found.numbered()) if found else []


def erase(store: Store, ref: RecordId, *places: int) -> None:
    store.write(lambda tx: tx.erase_facts(ref, places, who="dpo"))


def test_an_erased_fact_is_gone_and_the_others_keep_their_names(store: Store) -> None:
    ref = kept(store)
    erase(store, ref, 0)
    assert seen(store, ref) == [(fact_id(ref, 1), record(1).facts[1])]
    erase(store, ref, 0)
    assert seen(store, ref) == [(fact_id(ref, 1), record(1).facts[1])]
    assert store.check() == []


def test_a_record_of_which_nothing_is_left_is_not_there(store: Store) -> None:
    ref = kept(store)
    erase(store, ref, 0)
    erase(store, ref, 1)
    with store.snapshot() as snapshot:
        assert snapshot.record(ref) is None
        assert list(snapshot.records()) == []
        assert list(snapshot.records(mentions=PERSON)) == []
    assert store.check() == []


@pytest.mark.sqlite
def test_erased_bytes_are_no_longer_in_the_file(store: Store, home: Path) -> None:
    ref = kept(store)
    erase(store, ref, 0)
    store.close()
    assert b"Invented Name 1" not in (home / "store.sqlite").read_bytes()


def test_the_blob_of_an_erased_record_goes_unless_another_record_holds_it(store: Store, home: Path) -> None:
    alone, shared = store.put_blob(b"an image"), store.put_blob(b"another image")
    first, second = replace(record(1), blobs=(alone, shared)), replace(record(2), blobs=(shared,))
    kept(store, first, second)
    erase(store, first.id, 0)
    store.sweep()
    assert (home / "blobs" / alone).exists()
    erase(store, first.id, 1)
    store.sweep()
    assert not (home / "blobs" / alone).exists()
    assert (home / "blobs" / shared).exists()
    assert store.check() == []


def test_a_restricted_fact_is_hidden_but_from_evidence_where_it_is_held_for_that(store: Store) -> None:
    held, other = kept(store, record(1)), kept(store, record(2))
    store.write(lambda tx: tx.restrict_facts(held, [0], "evidence"))
    store.write(lambda tx: tx.restrict_facts(other, [0], None))
    assert [name for name, _ in seen(store, held)] == [fact_id(held, 1)]
    with store.snapshot() as snapshot:
        snapshot.show_evidence()
        assert snapshot.record(held) == record(1)
        shown = snapshot.record(other)
        assert shown is not None
        assert len(shown.facts) == 1
    assert store.check() == []


def test_a_restricted_fact_can_still_be_erased_but_an_erased_one_not_be_restricted(store: Store) -> None:
    ref = kept(store)
    store.write(lambda tx: tx.restrict_facts(ref, [0], None))
    erase(store, ref, 0)
    store.write(lambda tx: tx.restrict_facts(ref, [0], "evidence"))
    with store.snapshot() as snapshot:
        assert snapshot.fact_states(ref) == {fact_id(ref, 0): ("erased", None)}


@pytest.mark.sqlite
def test_a_withdrawn_finding_is_hidden_and_its_words_are_gone(store: Store, home: Path) -> None:
    ref = kept(store)
    claim = finding(1, ref)
    store.write(lambda tx: tx.add_finding(claim))
    store.write(lambda tx: tx.add_decision(decision(1, claim.id)))
    with store.snapshot() as snapshot:
        assert snapshot.findings_on([fact_id(ref, 0)]) == [claim.id]
        assert snapshot.findings_on([fact_id(record(2).id, 0)]) == []
    store.write(lambda tx: tx.withdraw_finding(claim.id, erase=True, who="dpo"))
    with store.snapshot() as snapshot:
        assert snapshot.finding(claim.id) is None
        assert list(snapshot.findings()) == []
        assert snapshot.findings_on([fact_id(ref, 0)]) == []
    assert store.check() == []
    store.close()
    assert b"One looks like the other" not in (home / "store.sqlite").read_bytes()


def test_findings_rest_on_the_files_and_tables_of_a_record_unless_another_that_stands_holds_them(store: Store) -> None:
    blob, alone, shared = store.put_blob(b"a file"), BlobHash("a" * 64), BlobHash("b" * 64)
    one, other = replace(record(1), blobs=(blob,), tables=(alone, shared)), replace(record(2), tables=(shared,))
    kept(store, one, other)
    rows = [Evidence(EvidenceKind.TABLE_ROW, f"{table}#7") for table in (alone, shared)]
    claims = [
        replace(finding(number, one.id), evidence=(piece,)) for number, piece in enumerate([Evidence.blob(blob), *rows])
    ]
    store.write(lambda tx: [tx.add_finding(claim) for claim in claims])
    with store.snapshot() as snapshot:
        assert set(snapshot.findings_on([fact_id(one.id, 0)])) == {claims[0].id, claims[1].id}
        assert snapshot.findings_on([fact_id(other.id, 0)]) == []
        both = [fact_id(one.id, 0), fact_id(other.id, 0)]
        assert set(snapshot.findings_on(both)) == {claim.id for claim in claims}
    store.write(lambda tx: tx.restrict_facts(other.id, range(len(other.facts)), None))
    with store.snapshot() as snapshot:
        assert claims[2].id in snapshot.findings_on([fact_id(one.id, 0)])


def test_a_finding_that_was_withdrawn_stays_so_when_it_is_claimed_again(store: Store) -> None:
    claim = finding(1, kept(store))
    store.write(lambda tx: tx.add_finding(claim))
    store.write(lambda tx: tx.withdraw_finding(claim.id, erase=True, who="dpo"))
    store.write(lambda tx: tx.add_finding(claim))
    with store.snapshot() as snapshot:
        assert list(snapshot.findings()) == []


def test_contents_of_messages_and_documents_are_replaced_by_what_is_left(store: Store) -> None:
    store.write(lambda tx: tx.add_incoming(structs.replace(incoming(1, 1), body=b"{...}")))
    store.write(lambda tx: tx.put_document("sent", "one", b"first"))
    store.write(lambda tx: tx.replace_incoming(message_id(1), b"{}", who="dpo"))
    store.write(lambda tx: tx.replace_document("sent", "one", 1, b"", who="dpo"))
    with store.snapshot() as snapshot:
        row = snapshot.incoming(message_id(1))
        assert row is not None
        assert (row.body, snapshot.document("sent", "one")) == (b"{}", b"")
        assert snapshot.versions("sent", "one") == [(1, b"")]
    assert store.check() == []


def test_who_holds_what_is_remembered(store: Store) -> None:
    store.write(lambda tx: tx.add_carried("out", PEER, ["rec-a/0", "rec-a/1", "fnd-b"], message_id(1)))
    store.write(lambda tx: tx.add_carried("in", PEER, ["rec-c/0"], message_id(2)))
    with store.snapshot() as snapshot:
        assert snapshot.passed_to("rec-a") == [(PEER, message_id(1))]
        assert snapshot.passed_to("fnd-b") == [(PEER, message_id(1))]
        assert snapshot.passed_to("rec-c") == []
        assert snapshot.came_in(PEER, "rec-c") == [message_id(2)]


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("DROP TRIGGER record_stays; UPDATE record SET body = x'7b7d'", "altered-record"),
        ("DROP TRIGGER tombstone_stays; UPDATE tombstone SET leaf = 0", "erased-unannounced"),
        ("DROP TRIGGER tombstone_stays; UPDATE tombstone SET sha256 = zeroblob(32)", "altered-rest"),
    ],
)
def test_an_alteration_does_not_pass_for_an_erasure(store: Store, behind: Behind, sql: str, kind: str) -> None:
    store.write(lambda tx: tx.put_document("x", "y", b""))
    kept(store)
    erase(store, record(1).id, 0)
    erase(store, record(1).id, 1)
    behind(sql)
    assert kind in {problem.kind for problem in store.check()}


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM tombstone",
        "DELETE FROM fact_state",
        "UPDATE fact_state SET state = 'restricted'",
        "DELETE FROM carried",
        "UPDATE tombstone SET size = 1000",
    ],
)
def test_what_was_withdrawn_stays_so_for_every_program(store: Store, behind: Behind, sql: str) -> None:
    ref = kept(store)
    store.write(lambda tx: tx.add_carried("out", PEER, [ref], message_id(1)))
    erase(store, ref, 0)
    with pytest.raises(apsw.ConstraintError):
        behind(sql)
