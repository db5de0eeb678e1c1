"""What all tests share: the data beside the clone, and a closing list of whatever was skipped and why."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from unittest import mock

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from headwater.node.system import SystemClock
from headwater.testing.fakes import START

SHARED = "HEADWATER_SHARED"
REQUIRE_SHARED = "HEADWATER_REQUIRE_SHARED"
REAL_TIME = ("tests/e2e/", "tests/crash/")
"""Tests that start processes, which go by the machine's clock."""
WITHOUT_NODES = (
    *(f"tests/crash/test_{name}.py" for name in ("full_disk", "kill", "powercut")),
    *(f"tests/e2e/test_{name}.py" for name in ("canaries", "clocks", "figures", "trace_commands", "trace_planted")),
)
"""Those of them that start single commands: no node that listens, no exercise, no browser."""

# Tests read what commands say in English, whatever the language of who runs them.
os.environ["LC_ALL"] = "C.UTF-8"

# How long an example takes says how busy the machine is; bench/ measures speed.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def shared_folder() -> Path:
    """Where the shared data lies on a machine that has it: where the environment says, or beside the clone."""
    return Path(os.environ.get(SHARED) or Path(__file__).parents[2] / "shared").resolve()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real lists and reference data, which lies outside the repository and is never copied into it.

    A test that uses it skips, with its reason, on a machine that has none. Where HEADWATER_REQUIRE_SHARED=1 says that
    the data must be there, as in CI, the test fails instead.
    """
    folder = shared_folder()
    if folder.is_dir():
        return folder
    reason = f"{folder} is no folder; set {SHARED} to the folder that holds data/"
    if os.environ.get(REQUIRE_SHARED) == "1":
        pytest.fail(f"{reason} ({REQUIRE_SHARED}=1 forbids to skip)", pytrace=False)
    pytest.skip(reason)


def pytest_report_header() -> str:
    """Tell the order of sets, so that a run can be had again."""
    return f"PYTHONHASHSEED={os.environ.get('PYTHONHASHSEED', 'random')}"


class _ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Gives each worker whole files; whatever starts nodes stays with one worker, and so does whatever kills them.

    The exercise is played once for all of the former, and they listen on ports that a page of the documentation names.
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        if not file.startswith(REAL_TIME) or file in WITHOUT_NODES:
            return file
        return "killed" if file.startswith("tests/crash/") else "nodes"


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> _ByFile | None:
    """Say which worker runs what, where tests are given out by the file."""
    return _ByFile(config, log) if config.getvalue("dist") == "loadfile" else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--postgres``."""
    parser.addoption("--postgres", action="store_true", help="keep the stores of all tests in a PostgreSQL server")


@pytest.fixture(scope="module", autouse=True)
def _on_the_day_of_the_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let the real clock of this process go on from the day of the tests, so that no test fails on a later one.

    What tests are given, such as cards, keys, lists and agreements, is of that day and good for a year or two. Tests that
    start processes are left alone: those go by the machine's clock, and make what they need by it.
    """
    if request.node.nodeid.startswith(REAL_TIME):
        yield
        return
    ahead = START - datetime.now(UTC)

    def now(_: SystemClock) -> datetime:
        return datetime.now(UTC) + ahead

    with mock.patch.object(SystemClock, "now", now):
        yield


@pytest.fixture(scope="session", autouse=True)
def _postgres(pytestconfig: pytest.Config) -> Iterator[None]:
    """Let all stores be in PostgreSQL where ``--postgres`` asks for it."""
    if not pytestconfig.getoption("--postgres"):
        yield
        return
    from tests.postgres_world import in_place_of_sqlite

    with in_place_of_sqlite():
        yield


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what uses the shared data, so that `-m shared` finds it; leave out what is about SQLite's own file, or needs PyTorch where it is not.

    What is marked `deep` takes as long as it takes.
    """
    left_out = set[str]()
    if config.getoption("--postgres"):
        left_out.add("sqlite")
    if find_spec("torch") is None:
        left_out.add("train")
    for item in items:
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.shared)
        if item.get_closest_marker("deep"):
            item.add_marker(pytest.mark.timeout(0))
    gone = [item for item in items if left_out & {mark.name for mark in item.iter_markers()}]
    if gone:
        config.hook.pytest_deselected(items=gone)
        items[:] = [item for item in items if item not in gone]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let no skip pass where HEADWATER_REQUIRE_SHARED=1 says that everything is there, as in CI."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    skipped = reporter.stats.get("skipped") if reporter else None
    if skipped and os.environ.get(REQUIRE_SHARED) == "1" and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every skip with its reason, so that none goes unseen."""
    skipped: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        skipped.setdefault(reason.removeprefix("Skipped: "), []).append(report.nodeid)
    if not skipped:
        return
    terminalreporter.section("not run on this machine")
    for reason, names in sorted(skipped.items()):
        terminalreporter.line(f"{len(names)} for want of: {reason}")
        for name in names:
            terminalreporter.line(f"    {name}")
