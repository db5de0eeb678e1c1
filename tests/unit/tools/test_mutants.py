"""What becomes of a mutant: tests that stand still or go round and round have found it, and those that are slow have not."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from tools import mutants, mutations, nearest

STILL_S = 0.4


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mutants, "LOOK_S", 0.05)


def test_what_waits_for_what_does_not_come_is_ended_as_a_loop_is() -> None:
    status, _ = mutants._in_fork(lambda: str(threading.Event().wait(30)), 30, STILL_S)
    assert status == -signal.SIGXCPU


def test_what_computes_or_waits_for_a_process_that_does_is_left_alone() -> None:
    def computes() -> str:
        end = time.process_time() + 2 * STILL_S
        while time.process_time() < end:
            pass
        return "done"

    def waits() -> str:
        child = os.fork()
        if not child:
            computes()
            os._exit(0)
        os.waitpid(child, 0)
        return "done"

    assert mutants._in_fork(computes, 30, STILL_S) == (0, "done")
    assert mutants._in_fork(waits, 30, STILL_S) == (0, "done")


def test_what_takes_too_long_is_killed_and_so_undecided() -> None:
    status, _ = mutants._in_fork(lambda: str(threading.Event().wait(30)), STILL_S)
    assert status == -signal.SIGKILL


@pytest.mark.parametrize("room", sorted({*nearest.SUITES, "engines/match", "web"}))
def test_the_tests_that_a_room_is_held_to_are_there(room: str) -> None:
    assert (mutants.SOURCE / room).is_dir()
    missing = [path for path in nearest.tests_of(room) if not (mutants.ROOT / path).exists()]
    assert missing == []


def test_what_stands_outside_of_functions_is_changed_before_any_test_or_conftest_imports_it() -> None:
    # A folder's conftest.py imports half of headwater; a change that came after it was in effect nowhere.
    file = mutants.SOURCE / "model" / "message.py"
    mutant = next(one for one in mutations.mutants(file) if not one.function and one.what == "text + XX")
    env = {**os.environ, mutants.CHANGE: json.dumps([str(file), mutant.index, mutant.variant, 40.0])}
    suite = ["tests/unit/model/test_forms_whole.py", "tests/unit/node/test_messages.py"]
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "tools.mutants", "-p", "no:cacheprovider", *suite]
    done = subprocess.run(command, cwd=mutants.ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout
    assert "REQUESTXX" in done.stdout or "requestXX" in done.stdout


def test_what_is_called_while_modules_are_imported_alone_is_tried_there() -> None:
    file = mutants.SOURCE / "model" / "tables.py"
    broken = next(one for one in mutations.mutants(file) if one.function and one.what == "return x -> return None")
    runner = mutants.Runner("model", [broken], time.monotonic())
    runner._try(broken)
    assert (runner.score.killed, runner.score.untested) == (1, [])


def test_a_change_that_changes_nothing_is_found_by_no_test() -> None:
    # Tests that read settings refused the name of the variable that told them of the change.
    nothing = mutations.Mutant(mutants.SOURCE / "model" / "scan.py", -1, 0, 1, "nothing", 0)
    env = {**os.environ, mutants.CHANGE: json.dumps([str(nothing.file), nothing.index, nothing.variant, 40.0])}
    suite = "tests/hostile/test_scan.py::test_one_bad_file_among_good_ones_leaves_nothing_in_the_store"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tools.mutants", "-p", "no:cacheprovider", suite]
    done = subprocess.run(command, cwd=mutants.ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
