"""A node is set up once, whole, with keys that nobody else may read; its card can be renewed by who may."""

import stat
from pathlib import Path

import pytest

from headwater.errors import ForbiddenError, KeyTrustError, SettingsError, StoreError
from headwater.node import Node, setup
from headwater.node.users import User
from headwater.settings import FILE_NAME, Settings
from tests.node_world import SUPERVISOR, WRITER, as_user, events, init

ADMIN = User("root", frozenset({"admin"}))


def test_a_new_node_opens_with_the_settings_it_was_given(tmp_path: Path) -> None:
    given = Settings(authority=Settings().authority, name='The "Exercise"', zone="Europe/London")
    made = setup.init(tmp_path / "new", given, [ADMIN])
    with Node.open(made.home, {}) as node:
        assert node.settings == given
        assert node.authority == given.authority
        assert [event.who for event in events(node, "node.made")] == ["root"]
        assert node.exchange.card().fingerprint == made.card.fingerprint


def test_a_node_is_not_set_up_twice(tmp_path: Path) -> None:
    home = init(tmp_path / "uk")
    before = (home / FILE_NAME).read_bytes()
    with pytest.raises(SettingsError, match="already"):
        setup.init(home, Settings(), [ADMIN])
    assert (home / FILE_NAME).read_bytes() == before


def test_a_directory_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(StoreError):
        setup.init(tmp_path / "file" / "uk", Settings(), [ADMIN])


def test_nobody_else_may_read_the_keys_and_the_directory(tmp_path: Path) -> None:
    home = init(tmp_path / "uk")
    keys = [*(home / "keys").iterdir(), *(home / "roots").iterdir()]
    assert len(keys) == 6
    assert {stat.S_IMODE(path.stat().st_mode) for path in keys} == {0o600}
    assert stat.S_IMODE((home / "keys").stat().st_mode) == stat.S_IMODE((home / "roots").stat().st_mode) == 0o700


def test_the_admin_renews_the_card_with_the_root_keys(node: Node) -> None:
    first = node.exchange.card()
    renewed = setup.new_card(node, as_user(node))
    assert renewed.card.version == first.card.version + 1
    assert node.exchange.card().card.version == renewed.card.version
    assert [event.who for event in events(node, "exchange.card-made")][-1] == WRITER


def test_whoever_is_no_admin_cannot_renew_the_card(node: Node) -> None:
    with pytest.raises(ForbiddenError):
        setup.new_card(node, as_user(node, SUPERVISOR))
    assert node.exchange.card().card.version == 1


def test_a_card_is_not_renewed_without_root_keys(node: Node, tmp_path: Path) -> None:
    with pytest.raises(KeyTrustError):
        setup.new_card(node, as_user(node), tmp_path)
