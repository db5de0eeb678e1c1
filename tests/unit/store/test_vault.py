"""The vault keeps what nobody without its key can read, notices every changed byte, and forgets for good."""

import io
import os
from pathlib import Path

import pytest

from headwater.errors import ForbiddenError, StoreCorruptError, StoreError, StoreIoError
from headwater.store import vault as vaults
from headwater.store.vault import FOLDER, MASTER, Vault
from headwater.testing.fakes import SeededChance

SECRET = b"Zorana of the tests"


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path, SeededChance(3))


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_what_is_kept_comes_back_and_stands_nowhere_in_the_clear(vault: Vault, tmp_path: Path) -> None:
    ref = vault.put(SECRET)
    assert vault.get(ref) == SECRET
    assert SECRET not in everything(tmp_path)


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 3 << 20])
def test_files_of_every_size_are_kept_piece_by_piece(vault: Vault, size: int) -> None:
    data = bytes(size)
    assert vault.get(vault.put_file(io.BytesIO(data))) == data
    assert vault.get(vault.put(data)) == data


def test_each_entry_has_a_key_of_its_own_that_only_its_owner_may_read(vault: Vault, tmp_path: Path) -> None:
    one, two = vault.put(SECRET), vault.put(SECRET)
    folder = tmp_path / "vault"
    assert (folder / "keys" / one).read_bytes() != (folder / "keys" / two).read_bytes()
    assert (folder / "entries" / one).read_bytes() != (folder / "entries" / two).read_bytes()
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in folder.rglob("*") if path.is_dir()} == {0o700}


def test_an_erased_entry_is_gone_in_every_copy(vault: Vault, tmp_path: Path) -> None:
    ref = vault.put(SECRET)
    entry = (tmp_path / "vault" / "entries" / ref).read_bytes()
    vault.erase(ref)
    vault.erase(ref)
    (tmp_path / "vault" / "entries" / ref).write_bytes(entry)  # from a backup
    with pytest.raises(ForbiddenError):
        vault.get(ref)


def test_an_entry_is_replaced_under_a_new_key(vault: Vault, tmp_path: Path) -> None:
    ref = vault.put(SECRET)
    key = (tmp_path / "vault" / "keys" / ref).read_bytes()
    vault.replace(ref, b"other")
    assert vault.get(ref) == b"other"
    assert (tmp_path / "vault" / "keys" / ref).read_bytes() != key


@pytest.mark.parametrize("call", ["fsync", "rename"])
@pytest.mark.parametrize("step", range(6))
def test_replacing_that_is_cut_off_anywhere_leaves_the_old_or_the_new(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, step: int
) -> None:
    ref, left = vault.put(SECRET), [step]
    place = os if call == "fsync" else Path
    plain = getattr(place, call)

    def cut(*values: object) -> object:
        left[0] -= 1
        if left[0] == -1:
            raise OSError(5, "the power went")
        return plain(*values)

    with monkeypatch.context() as patch:
        patch.setattr(place, call, cut)
        try:
            vault.replace(ref, b"other" * 300_000)
        except StoreIoError:
            ended = False
        else:
            ended = True
    again = Vault(tmp_path, SeededChance(4))
    found = again.get(ref)
    assert found == b"other" * 300_000 or (found == SECRET and not ended)
    again.replace(ref, b"third")
    assert Vault(tmp_path, SeededChance(5)).get(ref) == b"third"
    again.erase(ref)
    with pytest.raises(ForbiddenError):
        again.get(ref)


@pytest.mark.parametrize("where", ["entries", "keys"])
def test_every_changed_byte_is_noticed(vault: Vault, tmp_path: Path, where: str) -> None:
    ref = vault.put(SECRET)
    path = tmp_path / "vault" / where / ref
    kept = path.read_bytes()
    for at in range(len(kept)):
        path.write_bytes(kept[:at] + bytes([kept[at] ^ 1]) + kept[at + 1 :])
        with pytest.raises(StoreCorruptError):
            vault.get(ref)
    path.write_bytes(kept)
    assert vault.get(ref) == SECRET


def test_an_entry_cut_short_or_under_another_name_is_noticed(vault: Vault, tmp_path: Path) -> None:
    one = vault.put(bytes(3 << 20))
    path = tmp_path / "vault" / "entries" / one
    path.write_bytes(path.read_bytes()[: (1 << 20) + 32])
    with pytest.raises(StoreCorruptError, match="cut short"):
        vault.get(one)
    two = vault.put(SECRET)
    path.write_bytes((tmp_path / "vault" / "entries" / two).read_bytes())
    with pytest.raises(StoreCorruptError):
        vault.get(one)


@pytest.mark.parametrize("ref", ["", "x", "../../etc/passwd", "00" * 12, "0" * 23 + "G"])
def test_what_there_is_not_is_answered_alike(vault: Vault, ref: str) -> None:
    with pytest.raises(ForbiddenError) as caught:
        vault.get(ref)
    assert str(caught.value) == str(ForbiddenError("there is no such entry, or it may not be read"))


def test_without_the_master_key_nothing_is_read(vault: Vault, tmp_path: Path) -> None:
    ref = vault.put(SECRET)
    (tmp_path / "vault" / "master.key").write_bytes(bytes(32))
    with pytest.raises(StoreCorruptError):
        vault.get(ref)


@pytest.mark.parametrize("key", [b"", b"k" * 31, b"k" * 33])
def test_a_master_key_of_another_length_is_no_key(vault: Vault, tmp_path: Path, key: bytes) -> None:
    ref = vault.put(SECRET)
    (tmp_path / "vault" / "master.key").write_bytes(key)
    with pytest.raises(StoreCorruptError, match="no key"):
        vault.get(ref)


def test_what_is_synced_is_all_there(vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: dict[str, int] = {}
    sync = os.fsync

    def note(handle: int) -> None:
        name = Path(f"/proc/self/fd/{handle}").readlink()
        if name.is_file():
            synced[name.name.removesuffix(".new")] = name.stat().st_size
        sync(handle)

    monkeypatch.setattr(os, "fsync", note)
    ref = vault.put(SECRET)
    sizes = {path: (tmp_path / "vault" / path).stat().st_size for path in ("master.key", f"keys/{ref}")}
    assert synced["master.key"] == sizes["master.key"] > 0
    # The entry was written after its key, under the same name.
    assert synced[ref] == (tmp_path / "vault" / "entries" / ref).stat().st_size
    vault._write_keys(ref, bytes(32))
    assert synced[ref] == sizes[f"keys/{ref}"] > 0


def test_an_entry_that_was_emptied_is_noticed(vault: Vault, tmp_path: Path) -> None:
    ref = vault.put_file(io.BytesIO(SECRET))
    (tmp_path / "vault" / "entries" / ref).write_bytes(b"")
    with pytest.raises(StoreCorruptError):
        vault.get(ref)


def test_an_entry_is_written_out_before_it_has_its_name(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []
    plain = Path.rename

    def rename(file: Path, target: Path) -> Path:
        sizes.append(file.stat().st_size)
        return plain(file, target)

    monkeypatch.setattr(Path, "rename", rename)
    vault.put_file(io.BytesIO(SECRET))
    assert sizes
    assert max(sizes) > len(SECRET)


def test_a_key_that_is_erased_is_overwritten_on_the_disk_before_its_file_goes(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = vault.put(SECRET)
    key = tmp_path / "vault" / "keys" / ref
    size, steps = key.stat().st_size, list[str]()
    sync, unlink = os.fsync, Path.unlink

    def synced(handle: int) -> None:
        file = Path(f"/proc/self/fd/{handle}")
        if file.readlink() == key and file.read_bytes() == bytes(size):
            steps.append("zeros on the disk")
        sync(handle)

    def unlinked(file: Path, *, missing_ok: bool = False) -> None:
        if file == key:
            steps.append("gone")
        unlink(file, missing_ok=missing_ok)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(Path, "unlink", unlinked)
    vault.erase(ref)
    assert steps == ["zeros on the disk", "gone"]


def test_a_vault_without_its_master_key_makes_no_other_one(vault: Vault, tmp_path: Path) -> None:
    ref = vault.put(SECRET)
    master = tmp_path / FOLDER / MASTER
    kept = master.read_bytes()
    master.unlink()
    assert vault.is_locked_out
    with pytest.raises(StoreError, match="master key is not here"):
        vault.get(ref)
    with pytest.raises(StoreError, match="master key is not here"):
        vault.put(b"somebody else")
    master.write_bytes(kept)
    assert vault.get(ref) == SECRET


class Counting:
    """Chance that draws 1, 2, 3 and so on, each byte of a draw alike."""

    def __init__(self) -> None:
        self._drawn = 0

    def draw(self, count: int) -> bytes:
        self._drawn += 1
        return bytes([self._drawn]) * count


KEPT = {
    "vault/master.key": "04" * 32,
    "vault/keys/010101010101010101010101": (
        "030303030303030303030303c0688f673f7ab8ef7d3b78770565118d7b652925afe36ceeb14dd4c22c03a8537d4284f5bfeadd7937a1dee60a16fa4d"
    ),
    "vault/entries/010101010101010101010101": (
        "05050505050505050505050500000030723f1c6cce1c16244c9b043cfee28ae849f878e21295eed7"
        "06060606060606060606060600000030a8d0b0705c3b3a58eedc5ce13a339ebe9f65b179452c53a2"
        "07070707070707070707070700000027f227aeda02de6917af7e74a6e43ad6d3f1fe72"
    ),
}


def test_what_an_earlier_version_kept_is_read_and_written_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three pieces of an entry, its key and the key of keys, byte by byte: whoever changes this leaves nodes without their vault."""
    monkeypatch.setattr(vaults, "_PIECE", 8)
    made = Vault(tmp_path / "new", Counting())
    ref = made.put(SECRET)
    files = [path for path in (tmp_path / "new").rglob("*") if path.is_file()]
    assert {path.relative_to(tmp_path / "new").as_posix(): path.read_bytes().hex() for path in files} == KEPT
    for name, data in KEPT.items():
        path = tmp_path / "old" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes.fromhex(data))
    assert list(Vault(tmp_path / "old", SeededChance(1)).pieces(ref)) == [b"Zorana o", b"f the te", b"sts"]


@pytest.mark.parametrize("size", [7, 8, 9, 16, 17])
def test_pieces_end_where_they_are_full(vault: Vault, monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(vaults, "_PIECE", 8)
    data = bytes(range(size))
    for ref in (vault.put(data), vault.put_file(io.BytesIO(data))):
        assert [len(piece) for piece in vault.pieces(ref)] == [8] * (size // 8) + [size % 8] * (size % 8 > 0)


@pytest.mark.parametrize("cut", range(1, 17))
def test_an_entry_that_ends_anywhere_but_at_its_end_is_noticed(vault: Vault, tmp_path: Path, cut: int) -> None:
    ref = vault.put(SECRET)
    path = tmp_path / FOLDER / "entries" / ref
    kept = path.read_bytes()
    for data in (kept[:-cut], kept + bytes(cut), kept + kept[:cut]):
        path.write_bytes(data)
        with pytest.raises(StoreCorruptError):
            vault.get(ref)


def test_pieces_in_another_order_or_of_another_entry_are_noticed(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vaults, "_PIECE", 8)
    ref = vault.put(bytes(24))
    path = tmp_path / FOLDER / "entries" / ref
    kept = path.read_bytes()
    size = 12 + 4 + 8 + 16
    first, second, last = kept[:size], kept[size : 2 * size], kept[2 * size :]
    assert len(last) == size
    for data in (
        second + first + last,
        first + last,
        second + last,
        first + second,
        last,
        first + first + second + last,
    ):
        path.write_bytes(data)
        with pytest.raises(StoreCorruptError):
            vault.get(ref)
    path.write_bytes(first + second + last)
    assert vault.get(ref) == bytes(24)


@pytest.mark.parametrize("more", range(1, 40))
def test_an_entry_that_ends_within_a_later_piece_is_noticed(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int
) -> None:
    monkeypatch.setattr(vaults, "_PIECE", 8)
    ref = vault.put(bytes(24))
    path = tmp_path / FOLDER / "entries" / ref
    path.write_bytes(path.read_bytes()[: 12 + 4 + 8 + 16 + more])
    with pytest.raises(StoreCorruptError):
        vault.get(ref)


def test_nothing_of_an_entry_that_was_replaced_is_left(vault: Vault, tmp_path: Path) -> None:
    ref = vault.put(SECRET)
    key, entry = (tmp_path / FOLDER / kind / ref for kind in ("keys", "entries"))
    before, size = entry.read_bytes(), key.stat().st_size
    vault.replace(ref, b"other")
    assert key.stat().st_size == size, "one key"
    entry.write_bytes(before)
    with pytest.raises(StoreCorruptError):
        vault.get(ref)
    assert sorted(path.name for path in (tmp_path / FOLDER).rglob("*") if path.is_file()) == sorted([MASTER, ref, ref])


def test_a_vault_is_locked_out_where_it_has_entries_and_no_key(vault: Vault, tmp_path: Path) -> None:
    told = [vault.is_locked_out]
    ref = vault.put(SECRET)
    told.append(vault.is_locked_out)
    (tmp_path / FOLDER / MASTER).rename(tmp_path / "aside")
    told.append(vault.is_locked_out)
    vault.erase(ref)
    assert [*told, vault.is_locked_out] == [False, False, True, False]


@pytest.mark.parametrize("act", ["get", "erase", "replace", "pieces"])
@pytest.mark.parametrize("ref", ["", "0" * 23, "0" * 25, "0" * 23 + "g", "0" * 23 + "A", "../" + "0" * 21])
def test_a_name_that_none_has_reaches_no_file(vault: Vault, tmp_path: Path, act: str, ref: str) -> None:
    (tmp_path / FOLDER).mkdir()
    with pytest.raises(ForbiddenError, match="no such entry"):
        list(getattr(vault, act)(ref, *([b"x"] if act == "replace" else [])))
    assert list((tmp_path / FOLDER).iterdir()) == []
