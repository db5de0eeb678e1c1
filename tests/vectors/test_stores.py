"""A store that an earlier version wrote opens, verifies and goes on; one that a later version wrote is refused and left alone."""

import json
from pathlib import Path
from typing import Any

import apsw
import pytest

from headwater.errors import StoreVersionError
from headwater.ports import Event
from headwater.store import Head, Store, migrate
from headwater.testing.fakes import FakeClock, SeededChance

FOLDER = Path(__file__).parent / "stores"
FILES = sorted(FOLDER.glob("form-*.json"))


def thawed(home: Path, given: dict[str, Any]) -> Path:
    """Put a frozen store up in a node's directory."""
    home.mkdir(mode=0o700)
    for name in ("blobs", "tables", "derived"):
        (home / name).mkdir(mode=0o700)
    file = home / "store.sqlite"
    connection = apsw.Connection(str(file))
    connection.pragma("page_size", 8192)
    connection.pragma("application_id", given["application"])
    tables = [sql for sql in given["schema"] if sql.startswith("CREATE TABLE")]
    with connection:
        for sql in tables:
            connection.execute(sql)
        for name, rows in given["rows"].items():
            for row in rows:
                values = [bytes.fromhex(value["hex"]) if isinstance(value, dict) else value for value in row]
                connection.execute(f"INSERT INTO {name} VALUES ({', '.join('?' * len(values))})", values)  # noqa: S608 - a table of our own
        for name, last in given["sequences"]:
            connection.execute("DELETE FROM sqlite_sequence WHERE name = ?", (name,))
            connection.execute("INSERT INTO sqlite_sequence VALUES (?, ?)", (name, last))
        for sql in given["schema"]:
            if sql not in tables:
                connection.execute(sql)
    connection.pragma("user_version", given["form"])
    connection.pragma("journal_mode", "wal")
    connection.close()
    file.chmod(0o600)
    return file


def opened(home: Path) -> Store:
    return Store.open(home, clock=FakeClock(), chance=SeededChance())


def test_the_form_that_this_version_writes_is_frozen() -> None:
    assert f"form-{len(migrate.steps())}.json" in {file.name for file in FILES}, (
        "freeze it: python -m tests.vectors.make_store tests/vectors/stores"
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_frozen_store_opens_verifies_and_goes_on(file: Path, tmp_path: Path) -> None:
    given = json.loads(file.read_text(encoding="utf-8"))
    home = tmp_path / "node"
    thawed(home, given)
    head = Head(given["size"], bytes.fromhex(given["root"]))
    store = opened(home)
    try:
        assert store.check() == []
        with store.snapshot() as reader:
            assert reader.head() == head
            records = list(reader.records())
            assert len(records) == len(given["rows"]["record"]) >= 10
            assert len(list(reader.incoming_all())) == len(given["rows"]["incoming"])
            assert all(leaf.event is not None for leaf in reader.leaves())
        store.note(Event("test.later", "x", "a later version"))
        with store.snapshot() as reader:
            assert reader.head().size == head.size + 1
        assert store.check() == []
    finally:
        store.close()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_earlier_version_refuses_a_later_store_and_leaves_every_byte(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = json.loads(file.read_text(encoding="utf-8"))
    stored = thawed(tmp_path / "node", given)
    before = stored.read_bytes()
    earlier = migrate.steps()[: given["form"] - 1]
    monkeypatch.setattr(migrate, "steps", lambda: earlier)
    with pytest.raises(StoreVersionError, match="form"):
        opened(tmp_path / "node")
    assert stored.read_bytes() == before
