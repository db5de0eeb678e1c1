"""`headwater node doctor` names each fault that is planted in a node, and says what to do about it."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from headwater.model.times import format_instant
from headwater.node import doctor
from headwater.ports import Event
from headwater.testing.fakes import START, FakeClock
from tests import node_world
from tests.node_world import node_at
from tests.unit.cli.conftest import Run


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node that wants nothing."""
    home = node_world.init(tmp_path_factory.mktemp("sound") / "uk")
    shutil.rmtree(home / "roots")
    return home


@pytest.fixture
def home(sound: Path, tmp_path: Path) -> Path:
    """A copy of it, in which a fault is planted."""
    return Path(shutil.copytree(sound, tmp_path / "uk"))


def settings(home: Path, text: str) -> None:
    file = home / "headwater.toml"
    file.write_text(file.read_text(encoding="utf-8") + text, encoding="utf-8")


def root_keys_here(home: Path) -> None:
    (home / "roots").mkdir()
    (home / "roots" / "root-1.key").touch()


def key_open_to_others(home: Path) -> None:
    (home / "keys" / "signing-0001.key").chmod(0o644)


def folder_open_to_others(home: Path) -> None:
    home.chmod(0o755)


def key_lost(home: Path) -> None:
    (home / "keys" / "sealing-0001.key").unlink()


def papers_lost(home: Path) -> None:
    (home / "keys" / "papers-0001.key").unlink()


def vault_key_lost(home: Path) -> None:
    (home / "vault" / "keys").mkdir(parents=True)
    (home / "vault" / "keys" / "00").touch()


def ledger_rewritten(home: Path) -> None:
    path = home / "store.sqlite"
    path.write_bytes(path.read_bytes().replace(b"user.added", b"user.acted", 1))


def store_lost(home: Path) -> None:
    (home / "store.sqlite").unlink()


def store_cut_short(home: Path) -> None:
    (home / "store.sqlite").write_bytes(b"cut")


def setting_misspelt(home: Path) -> None:
    settings(home, 'listne = "127.0.0.1:1"\n')


def address_is_none(home: Path) -> None:
    file = home / "headwater.toml"
    kept = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("listen")]
    file.write_text("\n".join([*kept, 'listen = "no-such-host.invalid:80"', ""]), encoding="utf-8")


def database_is_away(home: Path) -> None:
    settings(home, f'database = "postgresql:///uk?host={home}"\n')


PLANTED: dict[str, tuple[Callable[[Path], None], str, str]] = {
    "roots": (root_keys_here, "the root keys still lie on this machine", "three separate offline places"),
    "keys": (key_open_to_others, "others may read signing-0001.key", "chmod 600"),
    "folder": (folder_open_to_others, "others may open", "chmod 700"),
    "a sealing key": (key_lost, "no private key here: sealing", "put keys/ back from a backup"),
    "a papers key": (papers_lost, "no private key here: papers", "put keys/ back from a backup"),
    "vault": (vault_key_lost, "vault/master.key is not here", "put it back"),
    "ledger": (ledger_rewritten, "leaf", "restore the last backup"),
    "store": (store_lost, "there is no node's store here", "restore the last backup"),
    "store cut short": (store_cut_short, "not a database, or cut short", "restore the last backup"),
    "settings": (setting_misspelt, "an unknown setting", "did you mean 'listen'?"),
    "address": (address_is_none, "no-such-host.invalid", "correct the setting `listen`"),
    "database": (database_is_away, "the database cannot be reached", "see that its server runs"),
}


def test_a_sound_node_wants_nothing(run: Run, home: Path) -> None:
    ended = run("node", "doctor", "--home", home)
    assert ended.code == 0, ended.out


@pytest.mark.parametrize("name", PLANTED)
def test_the_doctor_names_a_planted_fault(run: Run, home: Path, name: str) -> None:
    plant, cause, fix = PLANTED[name]
    plant(home)
    ended = run("node", "doctor", "--home", home)
    told = [line for line in (ended.out + ended.err).splitlines() if not line.startswith("ok")]
    assert ended.code != 0
    assert len(told) == 1
    assert cause in told[0]
    assert fix in told[0]


def test_a_clock_that_was_set_back_is_named(home: Path) -> None:
    clock = FakeClock()
    with node_at(home, clock) as node:
        node.store.write(lambda tx: tx.note(Event("test.noted", "o.reed", "nothing")))
    with node_at(home, FakeClock(START.replace(year=START.year - 1))) as node:
        [clock_fault] = [each for each in doctor.examine(node) if each.name == "clock"]
    assert not clock_fault.ok
    assert format_instant(START)[:4] in clock_fault.cause
    assert "set the clock" in clock_fault.fix
