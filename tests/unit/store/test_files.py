"""Blobs and tables: synced before they are promised, found out when they are altered, and refused by a failing disk."""

import errno
import os
from hashlib import sha256
from pathlib import Path

import pytest

from headwater.errors import FormatError, SchemaError, StoreCorruptError, StoreFullError, StoreIoError
from headwater.model.handling import UNRESTRICTED
from headwater.model.ids import AuthorityId, BlobHash
from headwater.model.record import Origin, Record
from headwater.store import Problem, Store
from headwater.store.files import make_folder
from tests.unit.store.trace import Trace

DATA = b"picture"
NAME = sha256(DATA).hexdigest()


def test_a_blob_is_synced_then_named_then_its_folder_synced(store: Store, trace: Trace) -> None:
    store.put_blob(DATA)
    assert trace.steps == ["sync unfinished", f"rename {NAME}", "sync blobs"]


def test_a_blob_that_is_there_is_still_made_durable(store: Store, trace: Trace) -> None:
    # Another process may have named it a moment ago, and not yet synced the folder.
    store.put_blob(DATA)
    trace.steps.clear()
    store.put_blob(DATA)
    assert trace.steps == ["sync blobs"]


def test_a_table_is_synced_then_named_then_its_folder_synced(store: Store, trace: Trace, tmp_path: Path) -> None:
    data = b"PAR1 one PAR1"
    name = f"{sha256(data).hexdigest()}.parquet"
    file = tmp_path / "given"
    file.write_bytes(data)
    store.put_table(file)
    assert trace.steps == ["sync given", f"rename {name}", "sync tables"]


@pytest.mark.parametrize("step", range(3))
@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.ENOSPC, StoreFullError), (errno.EDQUOT, StoreFullError), (errno.EIO, StoreIoError)],
)
def test_whichever_step_fails_it_is_a_declared_error_and_can_be_done_again(
    store: Store, trace: Trace, home: Path, step: int, number: int, kind: type[Exception]
) -> None:
    trace.fail_at, trace.number = step, number
    with pytest.raises(kind):
        store.put_blob(DATA)
    trace.fail_at = -1
    assert store.put_blob(DATA) == NAME
    with store.snapshot() as reader:
        found = reader.blob(BlobHash(NAME))
        assert found is not None
        assert found.tobytes() == DATA
    left = [file.name for file in (home / "blobs").rglob("*") if file.is_file()]
    assert NAME in left
    assert store.check() == []


def test_an_altered_file_is_found_by_the_check(store: Store, home: Path) -> None:
    store.put_blob(DATA)
    table = store.put_table(b"PAR1 one PAR1")
    (home / "blobs" / NAME).write_bytes(b"another")
    (home / "tables" / f"{table}.parquet").write_bytes(b"PAR1 two PAR1")
    assert store.check() == [
        Problem(f"blobs/{NAME}", "altered-file"),
        Problem(f"tables/{table}.parquet", "altered-file"),
    ]


def test_a_file_of_another_length_is_left_as_evidence(store: Store, home: Path) -> None:
    store.put_blob(DATA)
    file = home / "blobs" / NAME
    file.write_bytes(b"cut")
    with pytest.raises(StoreCorruptError):
        store.put_blob(DATA)
    assert file.read_bytes() == b"cut"


def test_a_file_that_a_killed_process_left_unfinished_is_no_problem(store: Store, home: Path) -> None:
    store.put_blob(DATA)
    (home / "blobs" / ".new-0011").write_bytes(b"pict")
    assert store.check() == []


def test_damage_is_found_whatever_a_killed_process_left_beside_it(store: Store, home: Path) -> None:
    name = store.put_blob(DATA)
    (home / "blobs" / ".new-0011").write_bytes(b"pict")
    (home / "blobs" / name).chmod(0o600)
    (home / "blobs" / name).write_bytes(b"pictura")
    assert store.check() == [Problem(f"blobs/{name}", "altered-file")]


def test_a_record_whose_files_are_not_there_is_found_by_the_check(store: Store) -> None:
    def record(*, blobs: tuple[BlobHash, ...] = (), tables: tuple[BlobHash, ...] = ()) -> Record:
        origin = Origin(AuthorityId("UK-NCA"), "report")
        return Record(origin=origin, handling=UNRESTRICTED, mentions=(), facts=(), blobs=blobs, tables=tables)

    whole = record(blobs=(store.put_blob(DATA),), tables=(store.put_table(b"PAR1 one PAR1"),))
    without_blob, without_table = record(blobs=(BlobHash("0" * 64),)), record(tables=(BlobHash("1" * 64),))
    store.write(lambda tx: [tx.add_record(each) for each in (whole, without_blob, without_table)])
    expected = [Problem(without_blob.id, "missing-blob"), Problem(without_table.id, "missing-table")]
    assert sorted(store.check(), key=lambda problem: problem.kind) == expected


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "AB" * 32, "0" * 63])
def test_a_name_that_is_no_hash_opens_no_file(store: Store, name: str) -> None:
    with store.snapshot() as reader:
        for look in (reader.blob, reader.table_path):
            with pytest.raises(SchemaError):
                look(BlobHash(name))


def test_a_folder_that_could_not_be_made_durable_is_not_taken_for_one(trace: Trace, tmp_path: Path) -> None:
    trace.fail_at, trace.number = 0, errno.EIO
    with pytest.raises(StoreIoError):
        make_folder(tmp_path / "folder")
    assert not (tmp_path / "folder").exists()
    trace.fail_at = -1
    make_folder(tmp_path / "folder")
    assert trace.steps == [f"sync {tmp_path.name}"]


def test_what_is_derived_may_be_deleted(store: Store, home: Path) -> None:
    with store.snapshot() as reader:
        assert reader.derived("a/../b", lambda: b"one").tobytes() == b"one"
        for file in (home / "derived").iterdir():
            file.unlink()
        (home / "derived").rmdir()
        assert reader.derived("a/../b", lambda: b"two").tobytes() == b"two"


def test_a_folder_that_a_killed_process_left_among_what_is_derived_goes_with_it(store: Store, home: Path) -> None:
    left = home / "derived" / "view-1" / "view"
    left.mkdir(parents=True)
    (left / "data.txt").write_bytes(b"of a case")
    store.sweep()
    assert list((home / "derived").iterdir()) == []


def test_what_is_derived_is_handed_out_even_where_it_cannot_be_kept(store: Store, trace: Trace) -> None:
    trace.fail_at, trace.number = 0, errno.ENOSPC
    with store.snapshot() as reader:
        assert reader.derived("index", lambda: b"one").tobytes() == b"one"
        trace.fail_at = -1
        assert reader.derived("index", lambda: b"two").tobytes() == b"two"


def test_a_blob_in_parts_is_all_there_when_it_is_synced_and_only_what_was_expected_is_kept(
    store: Store, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    sync = os.fsync

    def note(handle: int) -> None:
        sizes.append(os.fstat(handle).st_size if Path(f"/proc/self/fd/{handle}").resolve().is_file() else -1)
        sync(handle)

    monkeypatch.setattr(os, "fsync", note)
    assert store.put_parts([DATA, DATA]) == sha256(DATA * 2).hexdigest()
    assert sizes == [2 * len(DATA), -1]
    with pytest.raises(FormatError):
        store.put_parts([DATA], BlobHash(sha256(DATA * 2).hexdigest()))
    assert [path.name for path in (home / "blobs").iterdir()] == [sha256(DATA * 2).hexdigest()]


def test_a_beginning_that_is_removed_is_gone_from_the_disk_as_well(store: Store, home: Path, trace: Trace) -> None:
    with store.part("scan") as part:
        part.add(memoryview(bytearray(DATA)))
    trace.steps.clear()
    store._files.remove_parts(["scan"])
    assert trace.steps == ["sync blobs"]
    assert list((home / "blobs").iterdir()) == []
