"""What nobody sees for weeks: what is lent is let go whatever becomes of the block, the log stays short, no file of several is missed."""

import inspect
from dataclasses import replace
from pathlib import Path

import pytest

from headwater.ports import Event
from headwater.store import Problem, Store, StoreOptions, Transaction
from headwater.testing.fakes import FakeClock, SeededChance
from tests.contract.store_kit import record

LENT = sorted(
    name for name, one in vars(Store).items() if not name.startswith("_") and "@contextmanager" in inspect.getsource(one).split("def ")[0]
)  # fmt: skip
"""Every method of a store that hands something out for the length of a `with` block."""
PAGES = 8
PAGE_BYTES = 8192


def test_a_store_lends_these_and_no_more() -> None:
    assert LENT == ["part", "snapshot", "watch"]


@pytest.mark.sqlite
@pytest.mark.parametrize("name", LENT)
@pytest.mark.parametrize("fails", [False, True])
def test_what_is_lent_is_let_go_whatever_becomes_of_the_block(store: Store, name: str, fails: bool) -> None:
    here = Path("/proc/self/fd")
    given = ("a beginning",) if name == "part" else ()

    def borrow() -> None:
        with getattr(store, name)(*given) as lent:
            assert lent is not None
            if fails:
                raise RuntimeError("whoever borrowed it fails")

    def tried() -> None:
        if not fails:
            return borrow()
        with pytest.raises(RuntimeError, match="whoever borrowed it fails"):
            borrow()
        return None

    tried()
    before = len(list(here.iterdir()))
    for _ in range(20):
        tried()
    assert len(list(here.iterdir())) < before + 10, "files stay open"
    assert store._writer is not None
    assert store._writer.listeners == []
    store.note(Event("store.test", "o.reed", "something"))
    assert not list((store._file.parent).rglob("*.lock"))


@pytest.mark.sqlite
@pytest.mark.parametrize("threaded", [False, True])
def test_the_log_of_the_database_stays_short_however_much_is_written(tmp_path: Path, threaded: bool) -> None:
    options = StoreOptions(synchronous="OFF", checkpoint_pages=PAGES, threaded=threaded)
    store = Store.create(tmp_path / "node", clock=FakeClock(), chance=SeededChance(), options=options)
    longest = 0

    def change(tx: Transaction) -> object:
        return tx.put_document("kind", str(number), bytes(PAGE_BYTES))

    for number in range(60):  # noqa: B007 - a change takes it from here
        store.write(change)
        longest = max(longest, (tmp_path / "node" / "store.sqlite-wal").stat().st_size)
    store.close()
    # The change that goes over the mark is folded after it, so the log is longer by one change at most.
    assert longest < 5 * PAGES * PAGE_BYTES


@pytest.mark.parametrize("kind", ["blob", "table"])
@pytest.mark.parametrize("gone", [(0,), (1,), (2,), (0, 1, 2)])
def test_each_of_several_files_of_a_record_is_missed(
    store: Store, home: Path, kind: str, gone: tuple[int, ...]
) -> None:
    put = store.put_blob if kind == "blob" else store.put_table
    files = tuple(put(b"PAR1 %d PAR1" % number) for number in range(3))
    names = files, (put(b"PAR1 of another PAR1"),)
    whole, other = (
        replace(record(at), blobs=of) if kind == "blob" else replace(record(at), tables=of)
        for at, of in enumerate(names)
    )
    store.write(lambda tx: [tx.add_record(one) for one in (whole, other)])
    assert store.check() == []
    for place in gone:
        next((home / f"{kind}s").glob(f"{files[place]}*")).unlink()
    assert store.check() == [Problem(whole.id, f"missing-{kind}")]
