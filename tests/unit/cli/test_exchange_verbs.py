"""Verbs for keys, for free text that names what was recalled, and for files beside messages."""

from pathlib import Path

import pytest

from headwater.errors import RollbackError
from headwater.exchange.alarms import raise_alarm
from headwater.node import Node
from tests.node_world import AUDITOR, LONDON, SUPERVISOR, events, init
from tests.unit.cli.conftest import Run, who


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return init(tmp_path / "uk")


def test_root_keys_are_changed_by_a_command_that_says_to_move_the_new_ones_away(run: Run, home: Path) -> None:
    new = home.parent / "new-roots"
    ended = run("node", "card", "--new-roots", new, "--home", home, *who())
    assert ended.code == 0
    assert "version 2" in ended.out
    assert f"Move the new root keys in {new}" in ended.out
    assert len(list(new.glob("root-*.key"))) == 3
    assert run("node", "card", "--renew", "--home", home, *who()).code == 76, "the old ones count no more"
    again = run("node", "card", "--renew", "--roots", new, "--home", home, *who(), "--json").document
    assert again["version"] == 3


def test_signing_keys_are_made_and_revoked_by_a_command(run: Run, home: Path) -> None:
    (first,) = run("node", "card", "--home", home, *who(), "--json").document["signing_keys"]
    words = ("--new-key", "signing", "--revoke", first["key"], "--revoked-from", "2026-01-01T00:00:00Z")
    keys = run("node", "card", *words, "--home", home, *who(), "--json").document["signing_keys"]
    assert {key["key"]: key["revoked_from"] for key in keys} == {
        first["key"]: "2026-01-01T00:00:00Z",
        next(key["key"] for key in keys if key != first and key["key"] != first["key"]): None,
    }
    unknown = run("node", "card", "--revoke", "00" * 32, "--home", home, *who())
    assert (unknown.code, "no such signing key" in unknown.err) == (76, True)
    assert run("node", "card", "--new-key", "signing", "--home", home, *who(SUPERVISOR)).code == 77


def test_there_are_no_texts_to_decide_on_and_no_files_where_nothing_came(run: Run, home: Path) -> None:
    assert run("amend", "texts", "--home", home, *who()).out == "none\n"
    ref = "019abb6c-0000-7000-8000-000000000000"
    unknown = run("amend", "text", ref, "--strip", "--reason", "x", "--home", home, *who())
    assert (unknown.code, "headwater amend texts" in unknown.err) == (77, True)
    assert run("amend", "text", ref, "--keep", "--reason", "x", "--home", home, *who(AUDITOR)).code == 77
    assert run("inbox", "files", "--home", home, *who(), "--json").document == {"ok": True, "files": []}


def test_the_reason_for_which_an_alarm_is_cleared_stands_in_the_ledger(run: Run, home: Path) -> None:
    with Node.open(home, {}) as node:
        node.store.write(lambda tx: raise_alarm(tx, RollbackError, LONDON, "shorter", [b"a", b"b"], seen_by=LONDON))
    cleared = run("partner", "clear", LONDON, "--reason", "restored by hand", "--home", home, *who(SUPERVISOR))
    assert (cleared.code, cleared.out) == (0, "1 cleared\n")
    with Node.open(home, {}) as node:
        [event] = events(node, "exchange.alarm-cleared")
    assert "restored by hand" in repr(event.detail)
