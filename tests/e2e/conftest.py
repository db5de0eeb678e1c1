"""One exercise for all tests that look at what it leaves behind."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import shared_folder
from tests.e2e.exercise_run import Exercise, document
from tests.e2e.page_process import CHROMIUM
from tests.postgres_world import Homes, server
from tools.postgresql import Server

REAL_LIST = Path("data") / "screening" / "lists" / "un" / "un_consolidated.xml"


@dataclass(frozen=True)
class Played:
    """An exercise that was played to its end.

    Attributes:
        left: processes of it that still live.
    """

    folder: Path
    code: int
    out: str
    err: str
    peak_bytes: int
    left: list[int]

    @property
    def document(self) -> dict[str, Any]:
        return document(self.out)


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The exercise, played once into a folder of its own; with the real UN list on a machine that has it."""
    folder = tmp_path_factory.mktemp("exercise") / "demo"
    real = shared_folder() / REAL_LIST
    lists = ("--list", f"un:{real}") if real.exists() else ()
    with Exercise(("--json", "--dir", str(folder), *lists)) as run:
        code, out, err = run.end()
        return Played(folder, code, out, err, run.peak_bytes, run.living())


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser without a screen."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running() -> Iterator[Server]:
    """A PostgreSQL server."""
    with server() as made:
        yield made


@pytest.fixture(scope="module")
def homes(running: Server) -> Homes:
    """Schemas of that server, one for each node."""
    return Homes(running)


@pytest.fixture
def database(running: Server, homes: Homes) -> str:
    """The address of an empty database."""
    return running.database(homes.fresh())
