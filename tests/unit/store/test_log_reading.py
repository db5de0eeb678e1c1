"""What proofs and syncs read of a store: openings, roots of the past, leaves about something, missing numbers."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import apsw
import pytest

from headwater.errors import FormatError, StoreCorruptError, StoreError
from headwater.model.ids import AuthorityId, MessageId
from headwater.ports import Event
from headwater.store import Incoming, Store, StoreOptions, ledger, messages
from headwater.store.ledger import commitment, event_bytes, read_event
from headwater.testing.fakes import START, FakeClock, SeededChance

PEER = AuthorityId("RS-MOI")


@pytest.fixture
def store(home: Path) -> Iterator[Store]:
    options = StoreOptions(synchronous="OFF")
    made = Store.create(home, clock=FakeClock(), chance=SeededChance(), options=options)
    yield made
    made.close()


def note(store: Store, *subjects: str) -> list[int]:
    return store.write(lambda tx: [tx.note(Event("store.read", "x", subject)) for subject in subjects])


def take(store: Store, *numbers: int) -> None:
    for number in numbers:
        row = Incoming(
            id=MessageId(f"0195566a-0000-7000-8000-{number:012}"),
            peer=PEER,
            seq=number,
            sha256=bytes(32),
            kind="ping",
            thread=None,
            body=b"{}",
            received_at=START,
            receipt=b"r",
        )
        store.write(lambda tx, row=row: tx.add_incoming(row))  # type: ignore[misc]


def test_an_opening_is_what_the_leaf_commits_to(store: Store) -> None:
    note(store, "a", "b")
    with store.snapshot() as snapshot:
        assert sha256(snapshot.opening(1)).digest() == snapshot.leaf(1).commitment
        for index in (-1, 2):
            with pytest.raises(StoreError):
                snapshot.opening(index)


def test_an_erased_leaf_has_no_opening(store: Store) -> None:
    note(store, "a")
    store.write(lambda tx: tx.erase_event(0, who="dpo", purpose="erasure"))
    with store.snapshot() as snapshot, pytest.raises(StoreError):
        snapshot.opening(0)


def test_the_root_of_each_size_is_the_one_it_had_then(store: Store) -> None:
    heads = []
    for number in range(20):
        note(store, str(number))
        with store.snapshot() as snapshot:
            heads.append(snapshot.head())
    with store.snapshot() as snapshot:
        assert [snapshot.root_at(head.size) for head in heads] == [head.root for head in heads]
        assert snapshot.root_at(0) == sha256(b"").digest()
        for size in (-1, 21):
            with pytest.raises(StoreError):
                snapshot.root_at(size)


def test_leaves_are_found_by_their_subject_alone(store: Store) -> None:
    note(store, "m-1", "m-10", 'm-"quoted"', "m-1")
    store.note(Event("m-1", "m-1", "other", detail={"to": "m-1"}))
    with store.snapshot() as snapshot:
        assert [leaf.index for leaf in snapshot.leaves_about("m-1")] == [0, 3]
        assert [leaf.index for leaf in snapshot.leaves_about('m-"quoted"')] == [2]
        assert list(snapshot.leaves_about("%")) == []


def test_leaves_that_are_indexed_are_found_without_being_looked_through(store: Store) -> None:
    note(store, "m-1", "m-2", "m-1", "m-3")
    store.write(lambda tx: tx.erase_event(0, who="auditor", purpose="dpo"))
    with store.snapshot() as snapshot:
        subjects = [leaf.event.subject if leaf.event else None for leaf in snapshot.leaves()]
    store.write(lambda tx: tx.index_leaves(0, subjects))
    store.write(lambda tx: tx.index_leaves(0, ["m-9"]))
    note(store, "m-1")
    store.write(lambda tx: tx.erase_event(3, who="auditor", purpose="dpo"))
    with store.snapshot() as snapshot:
        assert snapshot.leaves_indexed() == 5
        assert [leaf.index for leaf in snapshot.leaves_about("m-1")] == [2, 5]
        assert [leaf.index for leaf in snapshot.leaves_about("m-2")] == [1]
        assert [list(snapshot.leaves_about(gone)) for gone in ("m-3", "m-9")] == [[], []]
    assert store.check() == []


def test_missing_numbers_are_told_from_a_number_on(store: Store) -> None:
    take(store, 2, 3, 6)
    with store.snapshot() as snapshot:
        assert snapshot.incoming_last(PEER) == 6
        assert snapshot.incoming_gaps(PEER) == [1, 4, 5]
        assert snapshot.incoming_gaps(PEER, above=1) == [4, 5]
        assert snapshot.incoming_gaps(PEER, above=4) == [5]
        assert snapshot.incoming_gaps(PEER, above=9) == []
        assert snapshot.incoming_last(AuthorityId("XK-KP")) == 0


def test_numbers_that_were_skipped_are_never_given_again(store: Store) -> None:
    store.write(lambda tx: tx.skip_seq(PEER, 7))
    assert store.write(lambda tx: tx.next_seq(PEER)) == 8
    store.write(lambda tx: tx.skip_seq(PEER, 3))
    assert store.write(lambda tx: tx.next_seq(PEER)) == 9
    with store.snapshot() as snapshot:
        assert snapshot.sent_last(PEER) == 9
        assert snapshot.outgoing_at(PEER, 9) is None
        assert not snapshot.is_queued(PEER, "ping")


def test_the_first_leaf_can_be_opened_and_none_before_it(store: Store) -> None:
    assert note(store, "one") == [0]
    with store.snapshot() as snapshot:
        assert snapshot.opening(0)[16:].startswith(b"{")
        with pytest.raises(StoreError, match="no leaf -1"):
            snapshot.opening(-1)


def test_bytes_of_a_leaf_that_are_no_text_are_a_declared_error() -> None:
    good = event_bytes(Event("store.read", "x", "about it"), START)
    assert read_event(good)[1].subject == "about it"
    with pytest.raises(FormatError):
        read_event(good.replace(b"about it", b"\xff"))


def test_pages_of_messages_follow_each_other(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(messages, "_PAGE", 2)
    take(store, *range(1, 6))
    with store.snapshot() as snapshot:
        assert [row.seq for row in snapshot.incoming_all()] == [1, 2, 3, 4, 5]


def test_an_event_is_written_so_that_partners_and_later_versions_read_it() -> None:
    said = Event("store.read", "o.reed", "about it", "screening", {"b": 1, "a": "two"})
    line = (
        b'{"at":"2026-11-25T08:30:00Z","detail":{"a":"two","b":1},"kind":"store.read","purpose":"screening",'
        b'"subject":"about it","who":"o.reed"}'
    )
    assert event_bytes(said, START) == line
    assert read_event(line) == (START, said)
    least = b'{"at":"2026-11-25T08:30:00Z","kind":"k","subject":"s","who":"w"}'
    assert read_event(least) == (START, Event("k", "w", "s"))
    assert commitment(b"salt", b"event") == sha256(b"saltevent").digest()


def test_each_leaf_has_sixteen_bytes_of_salt_of_its_own_in_the_order_drawn(store: Store) -> None:
    note(store, *(str(number) for number in range(70)))
    with store.snapshot() as snapshot:
        salts = [leaf.salt or b"" for leaf in snapshot.leaves()]
    drawn = SeededChance()
    chunks = b"".join(drawn.draw(32 * 16) for _ in range(3))
    assert salts == [chunks[at : at + 16] for at in range(0, 70 * 16, 16)]


def test_what_leaves_are_about_is_kept_short_and_alike_in_every_version(store: Store) -> None:
    note(store, "m-1", "m-2", "m-1")
    store.write(lambda tx: tx.index_leaves(0, ["m-1", None, "m-1"]))
    with store.snapshot() as snapshot:
        rows = snapshot._link.rows(tuple[bytes, int], "SELECT subject, number FROM leaf_about ORDER BY number")
        assert rows == [(sha256(b"m-1").digest()[:8], number) for number in (0, 2)]
        assert snapshot.leaves_indexed() == 3
        assert [snapshot.subjects(start, most) for start, most in ((0, 2), (1, 9), (3, 9), (0, 0))] == [
            ["m-1", "m-2"],
            ["m-2", "m-1"],
            [],
            [],
        ]


def test_subjects_that_share_their_short_form_are_told_apart(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "_short", lambda _: bytes(8))
    note(store, "m-1", "m-2", "m-1")
    store.write(lambda tx: tx.index_leaves(0, ["m-1", "m-2", "m-1"]))
    note(store, "m-2", "m-1")
    with store.snapshot() as snapshot:
        assert [leaf.index for leaf in snapshot.leaves_about("m-1")] == [0, 2, 4]
        assert [leaf.index for leaf in snapshot.leaves_about("m-2")] == [1, 3]


@pytest.mark.sqlite
@pytest.mark.parametrize("event", [b"{", b"{}", b'{"subject":7}', b"\xff"])
def test_a_leaf_that_says_nothing_is_damage_whoever_reads_it(store: Store, home: Path, event: bytes) -> None:
    note(store, "m-1", "m-2")
    run = apsw.Connection(str(home / "store.sqlite"))
    run.execute("DROP TRIGGER ledger_stays")
    run.execute("UPDATE ledger SET event = ? WHERE number = 1", (event,))
    run.close()
    with store.snapshot() as snapshot:
        assert snapshot.subjects(0, 1) == ["m-1"]
        assert snapshot.leaf(0).event is not None
        for read in (lambda: snapshot.subjects(0, 2), lambda: snapshot.leaf(1), lambda: list(snapshot.leaves())):
            with pytest.raises(StoreCorruptError, match="cannot be read"):
                read()


def test_proofs_of_a_ledger_end_at_its_last_leaf(store: Store) -> None:
    note(store, *(str(number) for number in range(5)))
    with store.snapshot() as snapshot:
        assert [len(snapshot.inclusion(index, 5)) for index in range(5)] == [3, 3, 3, 3, 1]
        assert (snapshot.inclusion(0, 1), snapshot.consistency(0, 5), snapshot.consistency(5, 5)) == ([], [], [])
        assert snapshot.consistency(0, 0) == []
        for index, size in ((5, 5), (-1, 5), (0, 0), (0, 6), (4, 4)):
            with pytest.raises(StoreError):
                snapshot.inclusion(index, size)
        for old, new in ((6, 6), (3, 2), (-1, 2), (2, 6), (0, -1)):
            with pytest.raises(StoreError):
                snapshot.consistency(old, new)


@pytest.mark.parametrize("page", [1, 2, 3])
@pytest.mark.parametrize("indexed", [0, 1, 4, 8])
def test_pages_of_leaves_follow_each_other_and_leave_none_out(
    store: Store, monkeypatch: pytest.MonkeyPatch, page: int, indexed: int
) -> None:
    monkeypatch.setattr(ledger, "_PAGE", page)
    subjects = ["m-1", "m-1", "m-1", "m-2", "m-1", "m-2", "m-2", "m-1"]
    note(store, *subjects)
    store.write(lambda tx: tx.index_leaves(0, subjects[:indexed]))
    with store.snapshot() as snapshot:
        for start in range(9):
            assert [leaf.index for leaf in snapshot.leaves(start)] == [*range(start, 8)]
        for subject in ("m-1", "m-2"):
            wanted = [index for index, one in enumerate(subjects) if one == subject]
            assert [leaf.index for leaf in snapshot.leaves_about(subject)] == wanted
