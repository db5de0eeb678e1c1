"""Files of a store at their edges: however they came they are whole, durable and their owner's, and what goes is gone."""

import errno
import os
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from headwater.errors import FormatError, SchemaError, StoreCorruptError, StoreFullError, StoreIoError
from headwater.model.ids import BlobHash
from headwater.store import Store
from headwater.store.files import Files, make_folder, sync_folder
from tests.unit.store.trace import Trace

DATA = b"picture"
NAME = sha256(DATA).hexdigest()


@pytest.mark.parametrize(
    ("data", "fits"),
    [
        (b"", False), (b"PA", False), (b"PAR1", False), (b"PAR1PAR", False), (b"PAR1AR1", False), (b"PAR1PAR1", True), (b"PAR1-PAR1", True),
        (b"PAR1 PAR2", False), (b"PAR2 PAR1", False), (b"PAR1 PAR1 ", False), (b" PAR1 PAR1", False),
    ],
)  # fmt: skip
def test_a_table_begins_and_ends_with_its_mark_and_has_both(
    store: Store, home: Path, tmp_path: Path, data: bytes, fits: bool
) -> None:
    given = tmp_path / "given"
    given.write_bytes(data)
    for table in (data, given):
        if fits:
            assert store.put_table(table) == sha256(data).hexdigest()
        else:
            with pytest.raises(FormatError, match="bytes" if table is data else "given"):
                store.put_table(table)
    assert given.exists() is not fits
    assert [file.name for file in (home / "tables").iterdir()] == [f"{sha256(data).hexdigest()}.parquet"] * fits


DISKS = (Path("/dev/shm"), Path("/var/tmp"), Path(__file__).parent)  # noqa: S108 - a folder of its own is made in one


def test_a_table_from_another_disk_is_copied_made_durable_and_gone_there(
    store: Store, home: Path, trace: Trace
) -> None:
    data = b"PAR1 from another disk PAR1"
    name = f"{sha256(data).hexdigest()}.parquet"
    others = [disk for disk in DISKS if disk.is_dir() and disk.stat().st_dev != home.stat().st_dev]
    if not others:
        pytest.skip("there is no second file system here")
    with TemporaryDirectory(dir=others[0]) as folder:
        given = Path(folder) / "given"
        for fail_at in (1, 2):  # its own sync is the first step
            given.write_bytes(data)
            trace.steps.clear()
            trace.fail_at, trace.number = fail_at, errno.ENOSPC
            with pytest.raises(StoreFullError):
                store.put_table(given)
            assert given.read_bytes() == data
            assert not (home / "tables" / name).exists()
        assert len(list((home / "tables").iterdir())) <= 1
        trace.fail_at = -1
        trace.steps.clear()
        store.put_table(given)
        assert trace.steps == ["sync given", "sync unfinished", f"rename {name}", "sync tables"]
        assert not given.exists()
    assert (home / "tables" / name).read_bytes() == data
    assert (home / "tables" / name).stat().st_mode & 0o777 == 0o600


def test_a_table_that_is_there_takes_its_file_away_and_one_of_another_length_takes_nothing(
    store: Store, home: Path, tmp_path: Path
) -> None:
    data = b"PAR1 one PAR1"
    given, kept = tmp_path / "given", home / "tables" / f"{sha256(data).hexdigest()}.parquet"
    store.put_table(data)
    given.write_bytes(data)
    store.put_table(given)
    assert not given.exists()
    given.write_bytes(data)
    kept.write_bytes(b"cut")
    with pytest.raises(StoreCorruptError):
        store.put_table(given)
    assert (given.read_bytes(), kept.read_bytes()) == (data, b"cut")


@pytest.mark.sqlite
def test_whatever_is_kept_is_for_its_owner_alone_however_it_came(store: Store, home: Path, tmp_path: Path) -> None:
    given = tmp_path / "given"
    given.write_bytes(b"PAR1 given PAR1")
    given.chmod(0o666)
    store.put_blob(b"one")
    store.put_parts([b"two"])
    store.put_table(b"PAR1 bytes PAR1")
    store.put_table(given)
    with store.part("beginning") as part:
        part.add(b"three")
    with store.snapshot() as reader:
        reader.derived("a name", lambda: b"made")
    files = {file.relative_to(home).parts[0] for file in home.rglob("*") if file.is_file()}
    assert files >= {"blobs", "tables", "derived", "store.sqlite"}
    modes = {str(file.relative_to(home)): file.stat().st_mode & 0o777 for file in home.rglob("*") if file.is_file()}
    assert {name: oct(mode) for name, mode in modes.items() if mode != 0o600} == {}
    folders = [home, *(file for file in home.rglob("*") if file.is_dir())]
    assert {oct(folder.stat().st_mode & 0o777) for folder in folders} == {"0o700"}
    assert sorted(folder.name for folder in folders) == ["blobs", "derived", "node", "tables"]


def test_a_beginning_has_its_size_and_none_where_there_is_none(store: Store, home: Path) -> None:
    assert store.part_size("scan") == 0
    with store.part("scan") as part:
        assert (part.size, part.again(9)) == (0, b"")
        part.add(b"abcdef")
    assert (store.part_size("scan"), store.part_size("other")) == (6, 0)
    with store.part("scan") as part:
        assert part.again(4) == b"abcd"
        part.take(b"abcd")
        assert part.again(9) == b"ef"
        part.add(b"X")
        assert (part.size, part.again(9)) == (5, b"")
    assert store.part_size("scan") == 5
    with store.part("empty"):
        pass
    assert [file.name for file in (home / "blobs").iterdir()] == [f".part-{sha256(b'scan').hexdigest()}"]


def test_an_empty_blob_may_come_bit_by_bit_and_one_that_was_removed_meanwhile_is_refused(
    store: Store, home: Path, trace: Trace
) -> None:
    nothing = BlobHash(sha256(b"").hexdigest())
    with store.part("empty") as part:
        part.keep(nothing, 0)
    assert trace.steps[-3:] == [f"sync .part-{sha256(b'empty').hexdigest()}", f"rename {nothing}", "sync blobs"]
    assert (home / "blobs" / nothing).stat().st_size == 0
    with store.part("scan") as part:
        part.add(DATA)
        store.write(lambda tx: tx.forget_part("scan"))
        store.sweep()
        with pytest.raises(FormatError, match="removed before it was whole"):
            part.keep(BlobHash(NAME), len(DATA))
    assert [file.name for file in (home / "blobs").iterdir()] == [nothing]


def test_a_file_that_cannot_even_be_begun_is_told_of_as_it_is(
    store: Store, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = os.open

    def full(path: str, flags: int, *more: int) -> int:
        if ".new-" in str(path):
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(path, flags, *more)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", full)
        with pytest.raises(StoreFullError):
            store.put_blob(DATA)
        with pytest.raises(StoreFullError):
            store.put_parts([DATA])
        with pytest.raises(StoreFullError):
            store.put_table(b"PAR1 one PAR1")
        with store.snapshot() as reader:
            assert reader.derived("a name", lambda: b"made").tobytes() == b"made"
    assert [file for file in home.rglob("*") if file.is_file() and file.parent != home] == []


def test_a_name_that_is_drawn_twice_overwrites_nothing(home: Path, tmp_path: Path) -> None:
    class Always:
        def draw(self, count: int) -> bytes:
            return bytes(count)

    files = Files(tmp_path / "other", Always(), read_only=False)
    files.make()
    taken = tmp_path / "other" / "blobs" / f".new-{bytes(8).hex()}"
    taken.write_bytes(b"of another process")
    with pytest.raises(StoreIoError, match="EEXIST"):
        files.put_parts([DATA])
    assert [file.name for file in (tmp_path / "other" / "blobs").iterdir() if file != taken] == []


def test_what_is_removed_is_gone_with_its_table_and_durably_and_what_is_not_there_does_no_harm(
    store: Store, home: Path, trace: Trace
) -> None:
    both = b"PAR1 one PAR1"
    name = store.put_blob(both)
    store.put_table(both)
    other = store.put_blob(DATA)
    trace.steps.clear()
    for _ in range(2):
        store._files.remove_blob(name)
    assert trace.steps == ["sync blobs", "sync tables"] * 2
    assert [file.name for file in (home / "blobs").iterdir()] == [other]
    assert list((home / "tables").iterdir()) == []
    with pytest.raises(SchemaError):
        store._files.remove_blob(BlobHash("../store.sqlite"))


def test_what_is_computed_is_swept_whatever_it_is_and_nothing_that_it_points_to(
    store: Store, home: Path, tmp_path: Path
) -> None:
    aside = tmp_path / "aside"
    aside.mkdir()
    (aside / "kept").write_bytes(b"kept")
    (home / "derived" / "folder").mkdir()
    (home / "derived" / "folder" / "file").write_bytes(b"x")
    (home / "derived" / "file").write_bytes(b"x")
    (home / "derived" / "points").symlink_to(aside, target_is_directory=True)
    store.sweep()
    assert list((home / "derived").iterdir()) == []
    assert (aside / "kept").read_bytes() == b"kept"
    (home / "derived").rmdir()
    store.sweep()


def test_folders_are_made_durably_with_those_above_and_once(trace: Trace, tmp_path: Path) -> None:
    make_folder(tmp_path / "a" / "b" / "c")
    assert trace.steps == [f"sync {tmp_path.name}", "sync a", "sync b"]
    assert {(tmp_path / name).stat().st_mode & 0o777 for name in ("a", "a/b", "a/b/c")} == {0o700}
    (tmp_path / "a").chmod(0o755)
    make_folder(tmp_path / "a")
    assert (trace.steps[3:], (tmp_path / "a").stat().st_mode & 0o777) == ([], 0o755)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreIoError):
        make_folder(tmp_path / "file" / "below")


def test_a_folder_that_another_process_makes_at_the_same_time_is_as_good(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Path.is_dir

    def not_yet(path: Path) -> bool:
        if path.name == "both" and not plain(path):
            path.mkdir()
            return False
        return plain(path)

    monkeypatch.setattr(Path, "is_dir", not_yet)
    make_folder(tmp_path / "both")
    assert plain(tmp_path / "both")


def test_what_there_is_not_is_none_and_what_is_empty_is_empty(store: Store, home: Path) -> None:
    none, nothing = BlobHash("0" * 64), store.put_blob(b"")
    with store.snapshot() as reader:
        assert (reader.blob(none), reader.blob_bytes(none), reader.table_path(none)) == (None, None, None)
        empty = reader.blob(nothing)
        assert empty is not None
        assert (len(empty), reader.blob_bytes(nothing)) == (0, b"")
        (home / "tables" / f"{none}.parquet").mkdir()
        assert reader.table_path(none) is None


def test_a_file_that_may_not_be_read_is_an_error_and_not_nothing(store: Store, home: Path) -> None:
    name = BlobHash("0" * 64)
    (home / "blobs" / name).mkdir()
    with store.snapshot() as reader:
        for look in (reader.blob, reader.blob_bytes):
            with pytest.raises(StoreIoError):
                look(name)


def test_whatever_is_synced_is_all_there_and_no_file_stays_open(
    store: Store, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Longer than what a stream keeps back, and not a whole number of its pieces."""
    data = b"PAR1" + bytes(100_000) + b"PAR1"
    sizes: list[int] = []
    sync = os.fsync

    def note(handle: int) -> None:
        if Path(f"/proc/self/fd/{handle}").resolve().is_file():
            sizes.append(os.fstat(handle).st_size)
        sync(handle)

    def act(number: int) -> None:
        body = data + b"%09d PAR1" % number
        given = tmp_path / "given"
        given.write_bytes(body)
        name = store.put_blob(body)
        store.put_parts([body, b"x"])
        store.put_table(body)
        store.put_table(given)
        with store.part("scan") as part:
            part.add(body + b"y")
            part.keep(BlobHash(sha256(body + b"y").hexdigest()), len(body) + 1)
        with store.snapshot() as reader:
            reader.derived(f"made {number}", lambda: body)
            assert (reader.blob_bytes(name), bytes(reader.blob(name) or b"")) == (body, body)
        store._files.remove_parts(["scan"])
        store._files.remove_blobs([])
        assert sizes == [len(body), len(body) + 1, len(body), len(body), len(body) + 1, len(body)]
        sizes.clear()

    monkeypatch.setattr(os, "fsync", note)
    act(0)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(1, 9):
        act(number)
    assert len(list(Path("/proc/self/fd").iterdir())) < before + 4


def test_what_another_process_sweeps_at_the_same_time_does_no_harm(
    store: Store, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = Path.iterdir

    def listed(folder: Path) -> Iterable[Path]:
        for found in list(plain(folder)):
            found.unlink()
            yield found

    (home / "derived" / "file").write_bytes(b"x")
    with store.part("scan") as part:
        part.add(DATA)
    store.write(lambda tx: tx.forget_part("scan"))
    store._files.remove_parts(["scan"])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "iterdir", listed)
        store.sweep()
    assert [file for name in ("derived", "blobs") for file in (home / name).iterdir()] == []


def test_only_a_folder_is_synced_as_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for name in ("file", "none"):
        with pytest.raises(StoreIoError, match=name):
            sync_folder(tmp_path / name)
    sync_folder(tmp_path)
