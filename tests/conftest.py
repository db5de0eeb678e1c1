"""What all tests share: the data beside the clone, and a closing list of whatever was skipped and why."""

import os
from pathlib import Path

import pytest

SHARED = "HEADWATER_SHARED"
REQUIRE_SHARED = "HEADWATER_REQUIRE_SHARED"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real lists and reference data, which lies outside the repository and is never copied into it.

    A test that uses it skips, with its reason, on a machine that has none. Where HEADWATER_REQUIRE_SHARED=1 says that
    the data must be there, as in CI, the test fails instead.
    """
    folder = Path(os.environ.get(SHARED) or Path(__file__).parents[2] / "shared")
    if folder.is_dir():
        return folder.resolve()
    reason = f"{folder} is no folder; set {SHARED} to the folder that holds data/"
    if os.environ.get(REQUIRE_SHARED) == "1":
        pytest.fail(f"{reason} ({REQUIRE_SHARED}=1 forbids to skip)", pytrace=False)
    pytest.skip(reason)


def pytest_report_header() -> str:
    """Tell the order of sets, so that a run can be had again."""
    return f"PYTHONHASHSEED={os.environ.get('PYTHONHASHSEED', 'random')}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the shared data, so that `-m shared` finds it; say what one of two workers runs in one go.

    Whatever starts processes stays with one worker: the exercise is played once for all, and is the machine's own load. The
    other worker takes the remaining files, one after the other.
    """
    for item in items:
        together = item.get_closest_marker("e2e") or {"crash", "e2e"} & set(item.path.parts)
        item.add_marker(pytest.mark.xdist_group("processes" if together else str(item.path)))
        if "shared" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.shared)


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
