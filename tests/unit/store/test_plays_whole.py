"""The store, whole: each question that it answers and each change that it takes, all of which is held (`tests/plays`)."""

from pathlib import Path

import pytest

from tests.plays.made import MADE_BY, STORE, differences, held, played

pytestmark = pytest.mark.sqlite  # what is held names SQLite's own file and words


@pytest.mark.parametrize("name", STORE)
def test_a_play_is_told_as_it_is_held(name: str, tmp_path: Path) -> None:
    found = differences(held(name), played(name, tmp_path))
    assert not found, "\n".join(["written anew, if this is meant, by " + MADE_BY.format(name), *found])
