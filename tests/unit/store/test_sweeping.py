"""A sweep removes what was erased before it began, and nothing that anything else still names."""

import pytest

from headwater.model.ids import BlobHash, MessageId
from headwater.store import Store, Transaction
from headwater.store.files import Files
from headwater.store.recall import COMPUTED

REF = MessageId("0195566a-0000-7000-8000-000000000001")


def kept(store: Store, ref: BlobHash) -> bool:
    with store.snapshot() as snapshot:
        return snapshot.blob_bytes(ref) is not None


def needs_sweep(store: Store) -> bool:
    with store.snapshot() as snapshot:
        return snapshot.needs_sweep()


def test_what_is_erased_while_a_sweep_is_under_way_is_removed_by_the_next(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = store.put_blob(b"first"), store.put_blob(b"second")
    store.write(lambda tx: tx.forget_blob(first))
    clear = Files.clear_derived

    def meanwhile(files: Files) -> None:
        store.write(lambda tx: tx.forget_blob(second))
        clear(files)

    monkeypatch.setattr(Files, "clear_derived", meanwhile)
    store.sweep()
    monkeypatch.undo()
    assert (kept(store, first), kept(store, second)) == (False, True)
    assert needs_sweep(store)
    store.sweep()
    assert not kept(store, second)
    assert not needs_sweep(store)


@pytest.mark.parametrize("erased_meanwhile", [False, True])
def test_what_is_computed_is_cleared_again_where_something_was_erased_meanwhile(
    store: Store, erased_meanwhile: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(lambda tx: tx.forget_blob(BlobHash(COMPUTED)))
    version = store.write(lambda tx: tx.put_document("sent", REF, b"one"))
    clear = Files.clear_derived

    def meanwhile(files: Files) -> None:
        clear(files)
        if erased_meanwhile:
            store.write(lambda tx: tx.replace_document("sent", REF, version, b"", who="s.hall"))

    monkeypatch.setattr(Files, "clear_derived", meanwhile)
    store.sweep()
    assert needs_sweep(store) == erased_meanwhile


@pytest.mark.parametrize(("kind", "field"), [("list", "digest"), ("customers", "digest"), ("run", "read")])
def test_a_blob_that_a_document_names_stays_whatever_a_partner_takes_back(store: Store, kind: str, field: str) -> None:
    ref = store.put_blob(b"rec-1\nrec-2")

    def change(tx: Transaction) -> None:
        tx.put_document(kind, "x", f'{{"{field}":"{ref}"}}'.encode())
        tx.put_document(kind, "x", b"{}")  # an earlier version counts as well
        tx.forget_blob(ref)

    store.write(change)
    store.sweep()
    assert kept(store, ref)
    assert not needs_sweep(store)


def test_what_a_run_has_read_goes_with_its_record_although_the_run_names_it(store: Store) -> None:
    ref = store.put_blob(b"positions of boats")

    def change(tx: Transaction) -> None:
        tx.put_document("run", "x", f'{{"parts":{{"{ref}":"blob"}},"read":""}}'.encode())
        tx.forget_blob(ref)

    store.write(change)
    store.sweep()
    assert not kept(store, ref)


def test_a_chunk_for_a_partner_stays(store: Store) -> None:
    ref = store.put_blob(b"sealed")
    store.write(lambda tx: tx.put_document("file-chunk", ref, b""))
    store.write(lambda tx: tx.forget_blob(ref))
    store.sweep()
    assert kept(store, ref)
