"""A node is saved while it is used, and comes back proved to be that node, or not at all."""

import io
import shutil
import tarfile
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import pytest

from headwater.errors import ForbiddenError, FormatError, HeadwaterError, SettingsError, StoreCorruptError
from headwater.exchange.keys import Keys
from headwater.model.canonical import encode
from headwater.node import Node, backup, strongbox
from headwater.node.strongbox import BoxReader, BoxWriter
from headwater.ports import Event
from headwater.store.vault import Vault
from headwater.testing.fakes import SeededChance
from tests.node_world import AUDITOR, WRITER, as_user, events, init, read, write_report

pytestmark = pytest.mark.slow

WORDS = "six made up words for tests"


@pytest.fixture(autouse=True)
def cheap_guesses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key costs a third of a second and 128 MiB; what is tested here is not what a guess costs."""
    monkeypatch.setattr(strongbox, "_COST", 1 << 10)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A node with a record, blobs, a table and an entry in the vault."""
    folder = init(tmp_path / "uk")
    with Node.open(folder, {}) as node:
        read(node, "report", write_report(tmp_path / "in"))
        node.store.put_blob(b"an image" * 1000)
        node.store.put_blob(b"x" * (3 << 20))
    Vault(folder, SeededChance(5)).put(b"Canary of Nowhere")
    return folder


def saved(home: Path, out: Path) -> backup.Proof:
    with Node.open(home, {}) as node:
        return backup.back_up(node, as_user(node, WRITER, "operation"), out, WORDS)


def everything(home: Path) -> dict[str, bytes]:
    """What lies in a node's directory, but for what a backup leaves out."""
    left_out = ("roots/", "derived/", "vault/master.key", "store.sqlite")
    names = (path.relative_to(home).as_posix() for path in home.rglob("*") if path.is_file())
    return {name: (home / name).read_bytes() for name in names if not name.startswith(left_out)}


def test_a_node_comes_back_with_all_that_it_promised(home: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with Node.open(home, {}) as node:
        proof = backup.back_up(
            node, as_user(node, WRITER, "operation"), tmp_path / "uk.box", WORDS, lambda *each: told.append(each)
        )
        with node.store.snapshot() as snapshot:
            head = snapshot.head()
        assert [event.subject for event in events(node, "node.backed-up")] == ["uk.box"]
    assert told[-1][0] == told[-1][1] > 5
    restored = backup.restore(tmp_path / "uk.box", tmp_path / "back", WORDS)
    assert (restored.proof, restored.vault) == (proof, True)
    assert (proof.size, proof.root) == (head.size, head.root.hex())
    assert everything(tmp_path / "back") == everything(home)
    assert not (tmp_path / "back" / "roots").exists()
    assert not (tmp_path / "back" / "vault" / "master.key").exists()
    with Node.open(tmp_path / "back", {}) as node, node.view(as_user(node)) as view:
        assert list(view.records())
        assert Keys(tmp_path / "back").signing_seed() == Keys(home).signing_seed()
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "back").rglob("*") if path.is_file())


def test_nothing_of_a_node_stands_in_the_clear_in_its_backup(home: Path, tmp_path: Path) -> None:
    saved(home, tmp_path / "uk.box")
    data = (tmp_path / "uk.box").read_bytes()
    assert not any(
        word in data for word in (b"Primerovi", b"an image", b"SQLite", b"UK-NCA", b"headwater.toml", b"x" * 64)
    )


def test_a_node_is_saved_at_one_moment_while_others_write(home: Path, tmp_path: Path) -> None:
    with Node.open(home, {}) as node:
        end = threading.Event()

        def write() -> None:
            number = 0
            while not end.is_set():
                node.store.put_blob(b"blob %d" % number)
                node.store.note(Event("test.noted", WRITER, str(number), "operation"))
                number += 1

        writer = threading.Thread(target=write)
        writer.start()
        try:
            proofs = [
                backup.back_up(node, as_user(node, WRITER, "operation"), tmp_path / f"{n}.box", WORDS) for n in range(3)
            ]
        finally:
            end.set()
            writer.join()
    assert proofs[0].size < proofs[1].size < proofs[2].size
    for number in range(3):
        assert backup.restore(tmp_path / f"{number}.box", tmp_path / f"back{number}", WORDS).proof == proofs[number]


def test_a_file_that_is_erased_meanwhile_is_no_part_of_the_backup(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = backup._files
    tries: list[int] = []

    def first_with_one_that_is_gone(folder: Path) -> Iterator[str]:
        tries.append(1)
        yield from listed(folder)
        if len(tries) == 1:
            yield "blobs/" + "0" * 64

    monkeypatch.setattr(backup, "_files", first_with_one_that_is_gone)
    saved(home, tmp_path / "uk.box")
    assert len(tries) == 2
    backup.restore(tmp_path / "uk.box", tmp_path / "back", WORDS)


def pieces(data: bytes) -> tuple[bytes, list[bytes]]:
    head, size = len(strongbox.MARK) + strongbox.SALT_BYTES, (1 << 20) + 16
    return data[:head], [data[at : at + size] for at in range(head, len(data), size)]


def swapped(data: bytes) -> bytes:
    head, parts = pieces(data)
    return head + b"".join([parts[1], parts[0], *parts[2:]])


def left_out(data: bytes) -> bytes:
    head, parts = pieces(data)
    return head + b"".join([parts[0], *parts[2:]])


def cut_between_pieces(data: bytes) -> bytes:
    head, parts = pieces(data)
    return head + b"".join(parts[:-1])


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1],
        lambda data: data + b"\0",
        lambda data: data[:5000] + bytes([data[5000] ^ 1]) + data[5001:],
        lambda data: data[:20] + bytes([data[20] ^ 1]) + data[21:],
        lambda data: data[:40],
        lambda data: b"",
        lambda data: b"PK" + data[2:],
        swapped,
        left_out,
        cut_between_pieces,
    ],
    ids=["cut", "longer", "bit", "salt", "head", "empty", "mark", "swapped", "left out", "without its end"],
)
def test_a_changed_backup_is_refused_and_nothing_of_it_is_left(
    home: Path, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    saved(home, tmp_path / "uk.box")
    data = (tmp_path / "uk.box").read_bytes()
    assert len(pieces(data)[1]) >= 3
    (tmp_path / "uk.box").write_bytes(change(data))
    before = set(tmp_path.iterdir())
    with pytest.raises(FormatError):
        backup.restore(tmp_path / "uk.box", tmp_path / "back", WORDS)
    assert set(tmp_path.iterdir()) == before


def test_a_backup_that_is_not_there_is_no_fault_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(FormatError, match="no such file"):
        backup.restore(tmp_path / "uk.box", tmp_path / "again", WORDS)
    assert not list(tmp_path.iterdir())


def test_another_passphrase_opens_nothing_and_a_short_one_is_no_passphrase(home: Path, tmp_path: Path) -> None:
    saved(home, tmp_path / "uk.box")
    with pytest.raises(FormatError, match="passphrase"):
        backup.restore(tmp_path / "uk.box", tmp_path / "back", WORDS + "s")
    (tmp_path / "pass").write_text("too short\n")
    with pytest.raises(SettingsError, match="too short"):
        strongbox.passphrase_in(tmp_path / "pass")
    with pytest.raises(SettingsError):
        strongbox.passphrase_in(tmp_path / "no-such-file")


def test_a_node_is_never_put_over_something_else(home: Path, tmp_path: Path) -> None:
    saved(home, tmp_path / "uk.box")
    with pytest.raises(SettingsError, match="in that place"):
        backup.restore(tmp_path / "uk.box", home, WORDS)


def test_only_an_administrator_saves_a_node(home: Path, tmp_path: Path) -> None:
    with Node.open(home, {}) as node, pytest.raises(ForbiddenError):
        backup.back_up(node, as_user(node, AUDITOR, "operation"), tmp_path / "uk.box", WORDS)
    assert not (tmp_path / "uk.box").exists()


def boxed(out: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    """A backup that somebody made who knows the passphrase."""
    with out.open("wb") as file:
        box = BoxWriter(file, WORDS, bytes(16))
        with tarfile.open(fileobj=box, mode="w|") as archive:
            for member, data in members:
                member.size = len(data)
                archive.addfile(member, io.BytesIO(data))
        box.finish()


def link(name: str) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"
    return member


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../out"),
        tarfile.TarInfo("{root}/out"),
        tarfile.TarInfo("a/../../out"),
        link("keys"),
        tarfile.TarInfo("x"),
    ],
    ids=["climbs", "from the root", "climbs later", "link", "unproved"],
)
def test_a_backup_by_somebody_else_writes_nothing_outside_and_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, member: tarfile.TarInfo
) -> None:
    member.name = member.name.format(root=tmp_path)
    boxed(tmp_path / "evil.box", [(member, b"")])
    written: list[Path] = []
    extract = backup._extract

    def note(body: IO[bytes], path: Path) -> str:
        written.append(path)
        return extract(body, path)

    monkeypatch.setattr(backup, "_extract", note)
    before = set(tmp_path.iterdir())
    with pytest.raises(FormatError):
        backup.restore(tmp_path / "evil.box", tmp_path / "back", WORDS)
    assert set(tmp_path.iterdir()) == before
    assert [path.name for path in written] in ([], ["x"])


def test_a_backup_of_a_damaged_store_is_not_put_up(home: Path, tmp_path: Path) -> None:
    blob = max((home / "blobs").iterdir(), key=lambda path: path.stat().st_size)
    blob.write_bytes(b"y" * blob.stat().st_size)
    saved(home, tmp_path / "uk.box")
    with pytest.raises(StoreCorruptError):
        backup.restore(tmp_path / "uk.box", tmp_path / "back", WORDS)
    assert not (tmp_path / "back").exists()


def unboxed(path: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    with path.open("rb") as raw:
        box = io.BufferedReader(BoxReader(raw, WORDS, name=path.name))
        with tarfile.open(fileobj=box, mode="r|") as archive:
            return [(member, body.read()) for member in archive if (body := archive.extractfile(member))]


@pytest.mark.parametrize("change", ["altered", "left out", "added"])
def test_a_backup_of_other_files_than_its_proof_names_is_not_put_up(home: Path, tmp_path: Path, change: str) -> None:
    saved(home, tmp_path / "uk.box")
    members = unboxed(tmp_path / "uk.box")
    (at,) = (at for at, (member, _) in enumerate(members) if member.name == "keys/signing-0001.key")
    member, data = members[at]
    if change == "altered":
        members[at] = member, bytes(len(data))
    elif change == "left out":
        del members[at]
    else:
        members.insert(at, (tarfile.TarInfo("keys/signing-0002.key"), data))
    boxed(tmp_path / "other.box", members)
    with pytest.raises(FormatError, match="does not hold what it says"):
        backup.restore(tmp_path / "other.box", tmp_path / "back", WORDS)
    assert not (tmp_path / "back").exists()


@pytest.mark.parametrize("change", [{"root": "00" * 32}, {"size": 1}])
def test_a_backup_that_claims_another_ledger_is_not_put_up(home: Path, tmp_path: Path, change: dict[str, Any]) -> None:
    proof = saved(home, tmp_path / "uk.box")
    members = unboxed(tmp_path / "uk.box")
    assert members[-1] == (members[-1][0], encode(proof))
    boxed(tmp_path / "other.box", [*members[:-1], (members[-1][0], encode(replace(proof, **change)))])
    with pytest.raises(StoreCorruptError, match="another ledger"):
        backup.restore(tmp_path / "other.box", tmp_path / "back", WORDS)
    assert not (tmp_path / "back").exists()


def test_a_disk_that_refuses_leaves_the_older_backup(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved(home, tmp_path / "uk.box")
    older = (tmp_path / "uk.box").read_bytes()

    def refuse(self: BoxWriter) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(BoxWriter, "finish", refuse)
    with pytest.raises(HeadwaterError, match="full"):
        saved(home, tmp_path / "uk.box")
    assert (tmp_path / "uk.box").read_bytes() == older
    assert not (tmp_path / "uk.box.new").exists()


def test_a_restored_node_goes_on_where_it_was_saved(home: Path, tmp_path: Path) -> None:
    saved(home, tmp_path / "uk.box")
    shutil.rmtree(home)
    backup.restore(tmp_path / "uk.box", home, WORDS)
    with Node.open(home, {}) as node:
        node.store.note(Event("test.noted", WRITER, "after", "operation"))
        assert not node.store.verify_ledger()
