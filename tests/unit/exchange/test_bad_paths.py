"""Whatever stands where a file or folder ought to be, what reads or makes it there says so with a declared error."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import HeadwaterError, InputError, StoreError
from headwater.exchange.files import pieces
from headwater.exchange.keys import Keys, make_roots, read_roots
from headwater.testing.fakes import SeededChance
from tests.exchange_world import LONDON, Node, World


def nothing(path: Path) -> Path:
    return path


def a_folder(path: Path) -> Path:
    path.mkdir()
    return path


def a_ring(path: Path) -> Path:
    path.symlink_to(path)
    return path


def below_a_file(path: Path) -> Path:
    path.write_bytes(b"secret")
    return path / "below"


def too_long(path: Path) -> Path:
    return path / ("n" * 300)


PATHS: dict[str, Callable[[Path], Path]] = {
    "nothing": nothing,
    "a folder": a_folder,
    "a ring of links": a_ring,
    "below a file": below_a_file,
    "a name that is too long": too_long,
}
"""What stands at a path that no file can be read at."""


@pytest.fixture(scope="module")
def london(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    world = World(tmp_path_factory.mktemp("paths"))
    yield world.node(LONDON)
    world.close()


@pytest.mark.parametrize("name", PATHS)
def test_no_file_is_sealed_from_what_is_none_and_nothing_of_it_is_kept(london: Node, tmp_path: Path, name: str) -> None:
    path = PATHS[name](tmp_path / "scan.bin")
    blobs = sorted(file.name for file in london.home.rglob("*") if file.is_file() and "sqlite" not in file.name)
    for read in (lambda: list(pieces(path)), lambda: london.exchange.files.attach(path, "f")):
        with pytest.raises(InputError) as refused:
            read()
        assert "secret" not in str(refused.value)
        assert str(tmp_path) not in str(refused.value)
    assert blobs == sorted(file.name for file in london.home.rglob("*") if file.is_file() and "sqlite" not in file.name)


KEYS: dict[str, Callable[[Path], Any]] = {
    "roots made": lambda path: make_roots(path, SeededChance(1)),
    "keys made": lambda path: Keys.create(path, SeededChance(1)),
    "roots read": read_roots,
    "keys read": lambda path: Keys(path).signing_seed(),
    "a key added": lambda path: Keys(path).add("signing", SeededChance(1)),
}
"""What reads or makes keys in a folder."""


@pytest.mark.parametrize("name", ["a ring of links", "below a file", "a name that is too long"])
@pytest.mark.parametrize("does", KEYS)
def test_no_keys_are_read_or_made_where_no_folder_can_be(tmp_path: Path, name: str, does: str) -> None:
    path = PATHS[name](tmp_path / "folder")
    with pytest.raises(HeadwaterError) as refused:
        KEYS[does](path)
    if "made" in does or "added" in does:
        assert isinstance(refused.value, StoreError)
