"""What the tests of the node share: one node in a directory of its own, on a clock in the test's hand."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.node import Node
from headwater.testing.fakes import FakeClock
from tests import node_world


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node that was set up and never used: each test gets a copy, so that keys are made once."""
    return node_world.init(tmp_path_factory.mktemp("template") / "uk")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def node(tmp_path: Path, clock: FakeClock, template: Path) -> Iterator[Node]:
    home = shutil.copytree(template, tmp_path / "uk")
    with node_world.node_at(home, clock) as opened:
        yield opened
