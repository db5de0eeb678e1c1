"""Plays of what lies on the disk: which files and folders each act makes durable, and what is found where somebody changed them."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any
from unittest import mock

import apsw

from headwater.model.decision import Decision, Verb
from headwater.model.finding import Evidence
from headwater.model.ids import BlobHash
from headwater.store import Store, StoreOptions
from headwater.store.vault import Vault
from headwater.testing.fakes import FakeClock, SeededChance
from tests.plays.play import Play
from tests.plays.store_alone import Alone, _finding, _record, alone

DAMAGE = {
    "nothing": "SELECT 1",
    "a record": "UPDATE record SET body = CAST('{}' AS BLOB) WHERE number = 1",
    "the source of a record": "UPDATE record SET source = 'x' WHERE number = 1",
    "a finding": "UPDATE finding SET body = CAST('{}' AS BLOB) WHERE number = 1",
    "a decision": "UPDATE decision SET body = CAST('{}' AS BLOB) WHERE number = 1",
    "a file is held by one more": "INSERT INTO holding SELECT file, 'rec-x' FROM holding LIMIT 1",
    "a file is held by one less": "DELETE FROM holding WHERE record = (SELECT id FROM record WHERE number = 2)",
    "a record is found by one more": "INSERT INTO mentioned VALUES (7, 1)",
    "a record is found by none": "DELETE FROM mention_new WHERE record = 1",
    "an event": "UPDATE ledger SET event = CAST('{}' AS BLOB) WHERE number = 1",
    "a subtree": "UPDATE ledger SET subtrees = zeroblob(length(subtrees)) WHERE number = 1",
    "a leaf is gone": "DELETE FROM ledger WHERE number = 1",
    "an event is erased without a word": "UPDATE ledger SET salt = NULL, event = NULL WHERE number = 1",
    "the head": "UPDATE ledger_head SET root = zeroblob(32)",
    "what is left of a record": "UPDATE record SET body = CAST('{}' AS BLOB) WHERE number = 3",
    "a tombstone": "UPDATE tombstone SET sha256 = zeroblob(32)",
    "a tombstone's leaf": "UPDATE tombstone SET leaf = 0",
    "a guard": "DROP TRIGGER document_kept",
}


@contextmanager
def _noting(play: Play) -> Iterator[Callable[..., Any]]:
    """Yield what does an act and tells what it has made durable, in order: files by their folder, for their names are drawn."""
    sync = os.fsync
    synced: list[str] = []

    def note(handle: int) -> None:
        path = Path(f"/proc/self/fd/{handle}").readlink()
        synced.append(f"folder {path.name}" if path.is_dir() else f"file in {path.parent.name}")
        sync(handle)

    def act(name: str, does: Callable[..., Any], *given: Any, **more: Any) -> Any:
        synced.clear()
        gave = play.act(name, does, *given, **more)
        play.act(f"{name}: made durable", lambda: list(synced))
        return gave

    with mock.patch.object(os, "fsync", note):
        yield act


def durable(folder: Path) -> Play:
    """Blobs, tables, parts and entries of the vault: what is synced before an act is done, and what is refused."""
    with alone(folder) as at, _noting(at.play) as act:
        store, home = at.store, folder / "uk"
        act("a blob", store.put_blob, b"one")
        act("the same blob", store.put_blob, b"one")
        act("a blob in parts", store.put_parts, [b"tw", b"o"])
        act("a blob in parts that is another", store.put_parts, [b"tw", b"o"], BlobHash("0" * 64))
        act("a table", store.put_table, b"PAR1 an invented table PAR1")
        path = folder / "given" / "table.parquet"
        path.parent.mkdir()
        path.write_bytes(b"PAR1 another table PAR1")
        act("a table from a file", store.put_table, path)
        act("no table", store.put_table, b"an invented table")
        whole = b"three"
        name = store.put_blob(whole)
        (home / "blobs" / name).unlink()
        for said, size, expected in (
            ("of another size", 4, name),
            ("of another name", 5, BlobHash("0" * 64)),
            ("whole", 5, name),
        ):
            act(f"a part, {said}", _part, store, whole, size, expected)
            act(f"a part, {said}: left", store.part_size, "part")
        act("a part that was longer", _longer, store, b"fourth", BlobHash(sha256(b"fourth").hexdigest()))
        vault = Vault(home, SeededChance(3))
        ref = act("an entry", vault.put, b"a secret")
        act("an entry that is replaced", vault.replace, ref, b"another")
        act("an entry, read", vault.get, ref)
        act("an entry, erased", vault.erase, ref)
        act("an entry, erased, read", vault.get, ref)
        act(
            "modes",
            lambda: sorted(
                {
                    f"{entry.parent.name} {entry.stat().st_mode & 0o777:o}"
                    for entry in home.rglob("*")
                    if entry.is_file()
                }
            ),
        )
    return at.play


def _part(store: Store, data: bytes, size: int, expected: BlobHash) -> None:
    with store.part("part") as part:
        part.add(data[:2])
        part.add(data[2:])
        part.keep(expected, size)


def _longer(store: Store, data: bytes, expected: BlobHash) -> int:
    """Keep the beginning of what an earlier attempt has left, and return how many bytes are kept."""
    with store.part("longer") as part:
        part.add(data + b" and more")
    with store.part("longer") as part:
        part.take(part.again(len(data)))
        part.keep(expected, len(data))
    with store.snapshot() as snapshot:
        return len(snapshot.blob_bytes(expected) or b"")


def damaged(folder: Path) -> Play:
    """A store in which somebody changed one thing behind its back: what its check says of each."""
    with alone(folder) as at:
        _filled(at)
    play = Play({}, [folder])
    for number, (name, sql) in enumerate(DAMAGE.items()):
        home = folder / f"copy-{number}"
        shutil.copytree(folder / "uk", home)
        connection = apsw.Connection(str(home / "store.sqlite"))
        for (trigger,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'trigger'").fetchall():
            if name not in ("nothing", "a guard"):
                connection.execute(f"DROP TRIGGER {trigger}")
        connection.execute(sql)
        connection.close()
        play.act(name, _checked, home)
    for kind in ("blobs", "tables"):
        home = folder / f"copy-{kind}"
        shutil.copytree(folder / "uk", home)
        first, *_ = sorted((home / kind).iterdir())
        first.unlink()
        play.act(f"one of the {kind} is gone", _checked, home)
        (home / kind / first.name).write_bytes(b"something else")
        play.act(f"one of the {kind} is another", _checked, home)
    return play


def _filled(at: Alone) -> None:
    store = at.store
    blob, table = store.put_blob(b"one"), store.put_table(b"PAR1 an invented table PAR1")
    kept = [_record(1), _record(2, blobs=(blob,), tables=(table,)), _record(3)]
    claim = _finding(1, Evidence.record(kept[0].id))
    store.write(lambda tx: [tx.add_record(one) for one in kept])
    store.write(lambda tx: tx.add_finding(claim))
    decision = Decision(
        verb=Verb.CONFIRM, about=claim.id, who="o.reed", decided_at=at.clock.now(), basis="oic", reason="x"
    )
    store.write(lambda tx: tx.add_decision(decision))
    store.write(lambda tx: tx.erase_facts(kept[2].id, [0], who="o.reed"))
    for _ in range(3):
        store.write(lambda tx: tx.erase_facts(kept[2].id, [1], who="o.reed"))


def _checked(home: Path) -> Any:
    """What the check of a store says, without the guards that the test took away itself."""
    options = StoreOptions(synchronous="OFF", read_only=True)
    store = Store.open(home, clock=FakeClock(), chance=SeededChance(), options=options)
    try:
        return [one for one in store.check() if one.kind != "altered-schema" or one.at == "document_kept"]
    finally:
        store.close()
