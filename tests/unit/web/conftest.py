"""What the tests of the page share: one node in a directory of its own, with something in its queue."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.model.ids import FindingId
from headwater.node import Node, screening
from headwater.testing.fakes import FakeClock
from tests import node_world
from tests.node_world import SUPERVISOR, WRITER, as_user, read, write_list
from tests.page_world import Browser, browser

URN = "00EX0000126"
NAMES = ["Marko Izmišljotinović", "Ana Nepostojić"]


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node with a list and two findings: each test gets a copy."""
    folder = tmp_path_factory.mktemp("template")
    home = node_world.init(folder / "uk")
    with node_world.node_at(home, FakeClock()) as node:
        read(node, "uk", write_list(folder / "in", NAMES))
        queries = [{"id": name, "name": name, "birth_date": "1975-04-02"} for name in NAMES]
        screening.at_node(node, as_user(node, WRITER, "sanctions"), screening.Asked(queries))
    return home


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def node(tmp_path: Path, clock: FakeClock, template: Path) -> Iterator[Node]:
    home = shutil.copytree(template, tmp_path / "uk")
    with node_world.node_at(home, clock) as opened:
        yield opened


@pytest.fixture
def analyst(node: Node) -> Browser:
    return browser(node, WRITER)


@pytest.fixture
def hits(node: Node) -> list[FindingId]:
    with node.view(as_user(node)) as view:
        return [finding.id for finding in view.findings()]


@pytest.fixture
def builder(node: Node) -> Browser:
    """A disclosure officer with a case that has one producer."""
    reader = browser(node, SUPERVISOR)
    form = {"urn": URN, "operation": "PAPERWORK", "profile": "cps-dg6", "key": "k"}
    assert reader.post("/cases", form).status == 303
    person = {"id": "W1", "category": "witness", "name": "Prudence Quillfeather", "key": "p"}
    assert reader.post(f"/cases/{URN}/persons", person).status == 303
    return reader
