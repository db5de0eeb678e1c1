"""A node is set up once, whole, with keys that nobody else may read; its card can be renewed by who may."""

import os
import shutil
import stat
from pathlib import Path

import pytest

from headwater.errors import ForbiddenError, KeyTrustError, SettingsError, StoreError
from headwater.exchange.keys import Keys
from headwater.exchange.office import Exchange
from headwater.node import Node, setup, users
from headwater.node.doctor import examine
from headwater.node.node import HALF_MADE
from headwater.node.users import User
from headwater.settings import FILE_NAME, Settings
from headwater.store import Store
from tests.node_world import SUPERVISOR, WRITER, as_user, events, init

KILLED = 137
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


@pytest.mark.parametrize("step", range(8))
def test_a_node_whose_making_was_killed_at_any_step_is_made_again(tmp_path: Path, step: int) -> None:
    """Each step is the last one before the process is gone, without any of its clean-up."""
    home = tmp_path / "uk"
    child = os.fork()
    if child == 0:
        _die_at(step)
        init(home)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == KILLED
    assert not (home / FILE_NAME).exists()
    with pytest.raises(SettingsError):
        Node.open(home, {})
    init(home)
    assert not (home / HALF_MADE).exists()
    with Node.open(home, {}) as node:
        assert len(events(node, "node.made")) == 1
        assert node.exchange.card().card.version == 1
        assert all(found.ok for found in examine(node) if found.name in {"ledger", "keys", "card"})


def _die_at(step: int) -> None:
    """Let this process end without a word before one of the things that making a node does."""
    where, name = (
        (Store, "create"),
        (Store, "note"),
        (users, "add_first"),
        (Keys, "create"),
        (Keys, "add"),
        (Exchange, "make_card"),
        (Store, "close"),
        (setup, "write_settings"),
    )[step]
    setattr(where, name, lambda *_args, **_named: os._exit(KILLED))


def test_a_node_killed_right_after_its_settings_were_written_is_a_node(tmp_path: Path) -> None:
    home = init(tmp_path / "uk")
    (home / HALF_MADE).touch()
    before = (home / "keys" / "signing-0001.key").read_bytes()
    with pytest.raises(SettingsError, match="already"):
        init(home)
    (home / HALF_MADE).touch()
    with Node.open(home, {}):
        pass
    assert not (home / HALF_MADE).exists()
    assert (home / "keys" / "signing-0001.key").read_bytes() == before


def test_a_node_that_lost_its_settings_is_left_alone(tmp_path: Path) -> None:
    home = init(tmp_path / "uk")
    (home / FILE_NAME).unlink()
    before = sorted((path.name, path.stat().st_size) for path in home.rglob("*"))
    with pytest.raises(SettingsError, match="backup"):
        init(home)
    assert sorted((path.name, path.stat().st_size) for path in home.rglob("*")) == before


@pytest.mark.parametrize("part", ["keys", "roots", "store.sqlite", "store.sqlite-wal"])
def test_a_single_part_of_a_node_that_is_lost_is_not_made_over(tmp_path: Path, part: str) -> None:
    home = init(tmp_path / "uk") if part != "store.sqlite-wal" else tmp_path / "uk"
    home.mkdir(exist_ok=True)
    for path in home.iterdir():
        if path.name != part:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    if part == "store.sqlite-wal":
        (home / part).write_bytes(b"what was not folded yet")
    before = {path.relative_to(home): path.read_bytes() for path in home.rglob("*") if path.is_file()}
    assert before
    with pytest.raises(SettingsError, match="parts of a node lie here"):
        init(home)
    assert {path.relative_to(home): path.read_bytes() for path in home.rglob("*") if path.is_file()} == before


def test_two_do_not_make_a_node_in_one_directory_at_once(tmp_path: Path) -> None:
    home = tmp_path / "uk"
    with setup._begun(home), pytest.raises(SettingsError, match="just now"):
        init(home)


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
