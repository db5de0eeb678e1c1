"""The ledger: whole, compared with heads that others keep, and read by the auditor alone."""

import json
from pathlib import Path

import pytest

from headwater.errors import ForbiddenError, InputError, RollbackError, StoreIoError
from headwater.model.ids import AuthorityId
from headwater.node import Node, ledger
from headwater.testing.fakes import FakeClock
from tests.node_world import AUDITOR, WRITER, as_user, init, node_at


def altered(home: Path, old: bytes, new: bytes) -> None:
    """Change the ledger where it lies, as somebody with access to the disk would."""
    path = home / "store.sqlite"
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new, 1))


def test_a_ledger_that_nobody_touched_verifies_and_gives_its_head(node: Node) -> None:
    found = ledger.verify(node, [])
    assert found.ok
    assert found.head.size > 4
    assert not found.against_head


def test_a_head_kept_elsewhere_holds_while_the_ledger_grows(node: Node, tmp_path: Path) -> None:
    head = ledger.write_head(node, tmp_path / "head.json")
    document = json.loads((tmp_path / "head.json").read_text(encoding="utf-8"))
    assert document["authority"] == AuthorityId("UK-NCA")
    assert (document["size"], document["root"]) == (head.size, head.root.hex())
    with node.view(as_user(node)) as view:
        list(view.records())
    found = ledger.verify(node, [tmp_path / "head.json"])
    assert found.ok
    assert found.head.size > head.size


def test_a_restored_copy_shows_against_a_head_that_was_kept(tmp_path: Path) -> None:
    home, clock = init(tmp_path / "uk"), FakeClock()
    before = (home / "store.sqlite").read_bytes()
    with node_at(home, clock) as node:
        with node.view(as_user(node)) as view:
            list(view.records())
        ledger.write_head(node, tmp_path / "head.json")
    for journal in home.glob("store.sqlite-*"):
        journal.unlink()
    (home / "store.sqlite").write_bytes(before)
    with node_at(home, clock) as node:
        assert ledger.verify(node, []).ok
        found = ledger.verify(node, [tmp_path / "head.json"])
        assert not found.ok
        assert found.against_head
        error = ledger.as_rollback(found)
    assert isinstance(error, RollbackError)
    assert error.exit == 76


def test_an_event_that_was_rewritten_on_the_disk_is_found_and_is_no_rollback(tmp_path: Path) -> None:
    home = init(tmp_path / "uk")
    with node_at(home, FakeClock()) as node:
        ledger.write_head(node, tmp_path / "head.json")
    altered(home, b"user.added", b"user.acted")
    with node_at(home, FakeClock()) as node:
        found = ledger.verify(node, [tmp_path / "head.json"])
    assert not found.ok
    assert not found.against_head


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"{}", b'{"size": "1", "root": "00"}', b'{"size": 1, "root": "zz"}', b'{"size": 1}']
)
def test_a_file_that_is_no_head_is_refused(node: Node, tmp_path: Path, data: bytes) -> None:
    (tmp_path / "head.json").write_bytes(data)
    with pytest.raises(InputError):
        ledger.verify(node, [tmp_path / "head.json"])


def test_a_head_that_is_not_there_is_refused(node: Node, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        ledger.verify(node, [tmp_path / "none.json"])


def test_a_head_that_cannot_be_written_is_a_declared_error(node: Node, tmp_path: Path) -> None:
    with pytest.raises(StoreIoError):
        ledger.write_head(node, tmp_path / "none" / "head.json")


def test_the_auditor_reads_the_last_events_oldest_first(node: Node) -> None:
    session = as_user(node, AUDITOR, "audit")
    found = ledger.events(node, session, last=2)
    assert [leaf.event.subject for leaf in found if leaf.event] == ["p.audit", "g.keeper"]
    assert [leaf.index for leaf in found] == sorted(leaf.index for leaf in found)


def test_the_auditor_reads_events_of_one_kind(node: Node) -> None:
    found = ledger.events(node, as_user(node, AUDITOR, "audit"), last=100, kind="node.made")
    assert [leaf.event.who for leaf in found if leaf.event] == [WRITER]


def test_whoever_is_no_auditor_does_not_read_the_ledger(node: Node) -> None:
    with pytest.raises(ForbiddenError):
        ledger.events(node, as_user(node), last=1)
