"""Lists of messages: the quiet ones are looked for among the last few thousand alone."""

from collections.abc import Iterator

import pytest
from msgspec import structs

from headwater.store import Store, mail
from tests.contract.store_kit import incoming, message_id, outgoing, queueing, receiving

KINDS = ("ping", "request", "ping", "ping", "receipt", "request")


@pytest.fixture
def filled(store: Store) -> Iterator[Store]:
    """Six messages each way, of which the first and the last but one were held back or refused."""
    come = [structs.replace(incoming(n + 1, n + 1), kind=kind) for n, kind in enumerate(KINDS)]
    come[0] = structs.replace(come[0], state="refused")
    come[4] = structs.replace(come[4], state="held")
    sent = [structs.replace(outgoing(n + 11, n + 1), kind=kind) for n, kind in enumerate(KINDS)]
    sent[0] = structs.replace(sent[0], state="refused", settled_at=sent[0].queued_at)
    store.write(receiving(*come))
    store.write(queueing(*sent))
    yield store
    store.close()


@pytest.mark.parametrize(
    ("back", "come", "sent"),
    [(1, [], []), (2, [], [5]), (3, [4], [5, 4]), (4, [4, 3], [5, 4, 3]), (9, [4, 3], [5, 4, 3])],
)
def test_quiet_messages_are_looked_for_so_far_back(
    filled: Store, monkeypatch: pytest.MonkeyPatch, back: int, come: list[int], sent: list[int]
) -> None:
    assert mail._QUIET_FROM == 5000
    monkeypatch.setattr(mail, "_QUIET_FROM", back)
    with filled.snapshot() as snapshot:
        told_in = snapshot.newest_in(9, 0, ("ping", "receipt"), told=False)
        told_out = snapshot.newest_out(9, 0, ("receipt", "ping"), told=False)
    assert [row.seq for row in told_in] == come
    assert [row.seq for row in told_out] == sent


def test_no_message_has_its_content_in_a_list_and_each_has_all_else(filled: Store) -> None:
    with filled.snapshot() as snapshot:
        for row in snapshot.newest_in(9, 0, ()):
            assert row == structs.replace(snapshot.incoming(row.id) or row, body=b"")
        for out in snapshot.newest_out(9, 0, ()):
            assert out == structs.replace(snapshot.outgoing(out.id) or out, envelope=b"")
            assert snapshot.outgoing(out.id) != out
        assert snapshot.out_among([message_id(12)]) == snapshot.newest_out(1, 4, ())
        assert snapshot.in_among([message_id(2)]) == snapshot.newest_in(1, 4, ())


def test_in_an_empty_store_there_is_nothing_to_list(store: Store) -> None:
    with store.snapshot() as snapshot:
        for told in (True, False):
            assert snapshot.newest_in(9, 0, ("ping",), told=told) == []
            assert snapshot.newest_out(9, 0, ("ping",), told=told) == []
        assert (snapshot.out_queued(9), snapshot.out_in_state("queued", 9), snapshot.in_among([])) == ([], [], [])
