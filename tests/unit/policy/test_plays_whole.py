"""Policy, whole: tables, words and answers at every edge, all of which is held (`tests/plays`)."""

from pathlib import Path

import pytest

from tests.plays.made import MADE_BY, POLICY, differences, held, played


@pytest.mark.parametrize("name", POLICY)
def test_a_play_is_told_as_it_is_held(name: str, tmp_path: Path) -> None:
    found = differences(held(name), played(name, tmp_path))
    assert not found, "\n".join(["written anew, if this is meant, by " + MADE_BY.format(name), *found])
