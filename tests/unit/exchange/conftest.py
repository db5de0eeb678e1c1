"""London and Belgrade, live with each other, for every test that asks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exchange_world import Node, World, pair


@pytest.fixture
def trio(tmp_path: Path) -> Iterator[tuple[World, Node, Node]]:
    world, london, belgrade = pair(tmp_path)
    yield world, london, belgrade
    world.close()


@pytest.fixture
def world(trio: tuple[World, Node, Node]) -> World:
    return trio[0]


@pytest.fixture
def london(trio: tuple[World, Node, Node]) -> Node:
    return trio[1]


@pytest.fixture
def belgrade(trio: tuple[World, Node, Node]) -> Node:
    return trio[2]
