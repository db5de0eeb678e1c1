"""What the tests of the node share: one node in a directory of its own, on a clock in the test's hand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.node import Node
from headwater.testing.fakes import FakeClock
from tests import node_world


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def node(tmp_path: Path, clock: FakeClock) -> Iterator[Node]:
    with node_world.node_at(node_world.init(tmp_path / "uk"), clock) as opened:
        yield opened
