"""The exchange, whole: plays at two and three nodes, of which each answer, ledger line and row of a store is held (`tests/plays`)."""

from pathlib import Path

import pytest

from tests.plays.made import EXCHANGE, MADE_BY, differences, held, played

pytestmark = pytest.mark.sqlite  # what is held names SQLite's own file and words


@pytest.mark.parametrize("name", EXCHANGE)
def test_a_play_is_told_as_it_is_held(name: str, tmp_path: Path) -> None:
    found = differences(held(name), played(name, tmp_path))
    assert not found, "\n".join(["written anew, if this is meant, by " + MADE_BY.format(name), *found])
