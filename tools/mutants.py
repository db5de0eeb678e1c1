"""Mutation testing: make small changes in the code, one at a time, and see that a test fails on each.

    python -m tools.mutants policy --sample 200 --seed 1       two hundred mutants of one room
    python -m tools.mutants model policy exchange store        all of four rooms: a night's work
    python -m tools.mutants case --most 8                      no more than 8 s of tests for one mutant
    python -m tools.mutants --changed main --seconds 60        the lines changed since a commit, as long as there is time

The suite is collected once. For each mutant a fork puts the changed code into the functions that are there already and runs
the tests that enter them, quick ones first, until one fails; so a mutant costs what its tests cost, not what starting Python
costs. What stands outside of functions is changed before the suite is imported, in a process of its own. mutmut 3 was tried
in its stead and copies the tree; it knows neither fork servers of ours nor tests that read the repository.

Exit 1 where fewer die than --least says.
"""

import argparse
import ctypes
import gc
import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import threading
import time
import types
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper, cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from typing import Any, Final

import pytest

from tools.mutations import Mutant, mutants, mutated
from tools.nearest import HELD, tests_of
from tools.parts import add_part, dealt

ROOT: Final = Path(__file__).resolve().parent.parent
SOURCE: Final = ROOT / "src" / "headwater"
ON_A_SERVER: Final = frozenset({"postgres.py", "moving.py"})
"""Files that only a PostgreSQL server runs: `make test-postgres` holds them, and no suite here enters them."""
MOST_S: Final = 40.0
"""CPU seconds of tests for one mutant, the quickest first, unless --most says less; one that outlives them is counted as alive."""
PATIENCE_S: Final = 600.0
"""Seconds by the clock for the same on a busy machine; what takes longer is neither killed nor alive."""
HANGS_S: Final = 45.0
"""Seconds by the clock for which neither the tests nor a process they began uses any CPU or wants to: they wait for what does not
come, and that is a test that fails. The longest that a test waits for anything is 30 s."""
LOOPS: Final = 3.0
"""How often the CPU time that tests take without the change, traced, they may take with it; beyond that and `LOOPS_S` they are
in a loop, which is a test that fails."""
LOOPS_S: Final = 20.0
LOOK_S: Final = 1.0
NOT_PUT_IN: Final = 3
CHANGE: Final = "MUTANT_OF_HEADWATER"
"""The variable that names the change to a process of its own; one that began with HEADWATER_ would be refused as a setting."""
MOST_OWN: Final = 6
"""Files of tests that bear the changed file's name, of those that are run on what stands outside of functions."""


@dataclass(slots=True)
class Score:
    """What became of the mutants."""

    killed: int = 0
    alive: list[str] = field(default_factory=list)
    untested: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    left: int = 0

    @property
    def tried(self) -> int:
        """How many were tried."""
        return self.killed + len(self.alive) + len(self.untested)


class Runner:
    """A plugin of pytest that, instead of running the tests, runs them against each mutant."""

    def __init__(self, room: str, chosen: Sequence[Mutant], until: float, most_s: float = MOST_S) -> None:
        self.room = room
        self.chosen = chosen
        self.until = until
        self.most_s = most_s
        self.score = Score()
        self._items: list[pytest.Item] = []
        self._enters: dict[tuple[str, int], list[int]] = {}
        self._took: list[float] = []
        self._files: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Learn which test enters what, then try mutant by mutant."""
        if session.testsfailed:
            raise pytest.UsageError("the tests cannot be collected")
        self._items = session.items
        learned = json.loads(_in_fork(self._learn, 3600)[1])
        if learned["failed"]:
            raise pytest.UsageError(f"a test fails without any change: {learned['failed'][:3]}")
        self._took = learned["took"]
        spent = dict[str, float]()
        for item, took in zip(self._items, self._took, strict=True):
            file = item.nodeid.partition("::")[0]
            spent[file] = spent.get(file, 0.0) + took
        self._files = sorted(spent, key=lambda file: spent[file])
        print(f"{self.room}: {len(self._items)} tests, {sum(self._took):.0f} s", file=sys.stderr)
        for number, entered in enumerate(learned["entered"]):
            for file, line in entered:
                self._enters.setdefault((file, line), []).append(number)
        for done, mutant in enumerate(self.chosen, 1):
            if time.monotonic() > self.until:
                self.score.left = len(self.chosen) - done + 1
                break
            begun = time.monotonic()
            killed = self.score.killed
            self._try(mutant)
            if self.score.killed == killed:
                took_s = time.monotonic() - begun
                print(f"{self.room}: {done}, {took_s:.0f} s: lives: {_said(mutant)}", file=sys.stderr, flush=True)
            if done % 50 == 0:
                print(f"{self.room}: {done} of {len(self.chosen)}, {len(self.score.alive)} alive", file=sys.stderr)
        return True

    def _try(self, mutant: Mutant) -> None:
        said = _said(mutant)
        killed: bool | None
        if not mutant.function:
            killed = _killed_at_import(mutant, self.room, self.most_s, self._files)
        else:
            numbers = self._order(mutant)
            if not numbers:
                # What is called while modules are imported alone has done its work before any test begins.
                if _killed_at_import(mutant, self.room, self.most_s, self._files):
                    self.score.killed += 1
                else:
                    self.score.untested.append(said)
                return
            status, _ = _in_fork(lambda: self._judge(mutant, numbers), PATIENCE_S, HANGS_S)
            if status == NOT_PUT_IN:
                self.score.untested.append(f"{said} (it could not be put in)")
                return
            killed = None if status == -signal.SIGKILL else status != 0
        if killed is None:
            self.score.undecided.append(said)
        elif killed:
            self.score.killed += 1
        else:
            self.score.alive.append(said)

    def _order(self, mutant: Mutant) -> list[int]:
        """The tests that enter the function: of the file's own name first, then those of whole answers, then the quick ones."""
        own = mutant.file.stem
        numbers = self._enters.get((str(mutant.file), mutant.function), [])
        files = [self._items[number].nodeid.partition("::")[0] for number in numbers]
        ranks = [0 if own in file else 1 if file.endswith("_whole.py") else 2 for file in files]
        ordered = sorted(zip(numbers, ranks, strict=True), key=lambda one: (one[1], self._took[one[0]]))
        kept: list[int] = []
        spent = 0.0
        for number, _ in ordered:
            spent += self._took[number]
            if spent > self.most_s and kept:
                break
            kept.append(number)
        return kept

    def _learn(self) -> str:
        """Run everything once; return which functions of ours each test enters, and how long it takes."""
        entered: list[list[tuple[str, int]]] = []
        took: list[float] = []
        failed: list[str] = []
        seen: set[types.CodeType] = set()

        def called(frame: types.FrameType, _event: str, _arg: object) -> None:
            seen.add(frame.f_code)

        # What was worked out once while tests were collected is worked out again, so that it is seen to be entered.
        for thing in gc.get_objects():
            if isinstance(thing, _lru_cache_wrapper):
                thing.cache_clear()
        room = f"headwater.{self.room.replace('/', '.')}"
        own = [
            thing
            for thing in gc.get_objects()
            if isinstance(thing, _lru_cache_wrapper) and (thing.__module__ or "").startswith(room)
        ]
        threading.settrace(called)
        for number, item in enumerate(self._items):
            seen.clear()
            for cached in own:  # else only the first test that needs a thing would be seen to enter what makes it
                cached.cache_clear()
            begun = _cpu_s()
            sys.settrace(called)
            good = _passes(item, self._items[number + 1] if number + 1 < len(self._items) else None)
            sys.settrace(None)
            took.append(_cpu_s() - begun)
            entered.append(
                sorted({(code.co_filename, code.co_firstlineno) for code in seen if "/headwater/" in code.co_filename})
            )
            if not good:
                failed.append(item.nodeid)
        return json.dumps({"entered": entered, "took": took, "failed": failed})

    def _judge(self, mutant: Mutant, numbers: Sequence[int]) -> str:
        """Put the change in and run tests until one fails; a failure ends this process with 1."""
        longest = LOOPS_S + LOOPS * sum(self._took[number] for number in numbers)
        resource.setrlimit(resource.RLIMIT_CPU, (round(longest), resource.RLIM_INFINITY))
        if not _put_in(mutant):
            os._exit(NOT_PUT_IN)
        for place, number in enumerate(numbers):
            following = self._items[numbers[place + 1]] if place + 1 < len(numbers) else None
            if not _passes(self._items[number], following):
                os._exit(1)
        return ""


def _said(mutant: Mutant) -> str:
    return f"{mutant.file.relative_to(ROOT)}:{mutant.line}: {mutant.what}"


def _cpu_s() -> float:
    """CPU seconds of this process and of those that it has waited for."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def _passes(item: pytest.Item, following: pytest.Item | None) -> bool:
    from _pytest.runner import runtestprotocol

    reports = runtestprotocol(item, nextitem=following, log=False)
    return all(not report.failed for report in reports)


def _in_fork(act: Callable[[], str], most_s: float, hangs_s: float | None = None) -> tuple[int, str]:
    """Run something in a fork; return its exit status, 0 where it came to its end, and what it returned.

    It is killed after `most_s`, and ended with `SIGXCPU`, as a loop is, where it has stood still for `hangs_s`.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        os.setpgid(0, 0)
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # it does not outlive us
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        try:
            said = act().encode()
        except BaseException:  # noqa: BLE001 - whatever a mutant brings about ends it
            os._exit(2)
        with os.fdopen(writing, "wb") as stream_out:
            stream_out.write(said)
        os._exit(0)
    os.close(writing)
    over = threading.Event()
    watch = threading.Thread(target=_watch, args=(child, over, most_s, hangs_s))
    watch.start()
    with os.fdopen(reading, "rb") as stream_in:
        said_back = stream_in.read().decode()
    _, status = os.waitpid(child, 0)
    over.set()
    watch.join()
    _end(child)
    return os.waitstatus_to_exitcode(status), said_back


def _watch(child: int, over: threading.Event, most_s: float, hangs_s: float | None) -> None:
    """End a fork that takes too long, or that stands still with all that it has begun."""
    begun = moved = time.monotonic()
    before = 0
    while not over.wait(LOOK_S):
        now = time.monotonic()
        ticks, wants = _moves(child)
        if wants or ticks != before:
            before, moved = ticks, now
        if now - begun > most_s:
            _end(child)
            return
        if hangs_s is not None and now - moved > hangs_s:
            os.kill(child, signal.SIGXCPU)
            return


def _moves(first: int) -> tuple[int, bool]:
    """Return the CPU that a process and all below it have used, in ticks, and whether a thread of them runs or wants to (proc(5))."""
    found: dict[int, tuple[int, int, bool]] = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        with suppress(OSError):
            parts = (folder / "stat").read_text().rpartition(")")[2].split()
            states = {(task / "stat").read_text().rpartition(")")[2].split()[0] for task in (folder / "task").iterdir()}
            found[int(folder.name)] = int(parts[1]), sum(map(int, parts[11:15])), bool(states & {"R", "D"})
    ticks, wants, pending = 0, False, [first]
    while pending:
        here = pending.pop()
        pending += [number for number, (parent, _, _) in found.items() if parent == here]
        ticks += found[here][1] if here in found else 0
        wants = wants or (here in found and found[here][2])
    return ticks, wants


def _end(child: int) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)


def _put_in(mutant: Mutant) -> bool:
    """Give the functions in memory the changed code, under whatever decorator they lie; False where there is none."""
    whole = compile(mutated(mutant), str(mutant.file), "exec")
    changed = next((code for code in _codes(whole) if code.co_firstlineno == mutant.function), None)
    if changed is None:
        return False
    found = False
    for thing in gc.get_objects():
        if isinstance(thing, types.FunctionType):
            code = thing.__code__
            if (code.co_filename, code.co_firstlineno, code.co_name) == (
                str(mutant.file),
                mutant.function,
                changed.co_name,
            ) and len(code.co_freevars) == len(changed.co_freevars):
                thing.__code__ = changed
                found = True
        elif isinstance(thing, _lru_cache_wrapper):
            thing.cache_clear()
    return found


def _codes(code: types.CodeType) -> list[types.CodeType]:
    """All code objects in one, outer ones first."""
    inner = [each for each in code.co_consts if isinstance(each, types.CodeType)]
    return [*inner, *(deeper for each in inner for deeper in _codes(each))]


def _killed_at_import(mutant: Mutant, room: str, most_s: float, files: Sequence[str]) -> bool | None:
    """Run the room's own tests in a new process that imports the changed file; None where they do not end.

    Args:
        mutant: what stands outside of functions.
        room: whose tests are run.
        most_s: CPU seconds of tests at most.
        files: all files of the room's tests, the quickest first.
    """
    env = {**os.environ, CHANGE: json.dumps([str(mutant.file), mutant.index, mutant.variant, most_s])}
    own = sorted(
        (ROOT / "tests").rglob(f"test_{mutant.file.stem}*.py"), key=lambda file: f"unit/{room}" not in str(file)
    )
    first = [str(file) for file in own[:MOST_OWN] if not {"e2e", "authz"} & set(file.parts)]
    first += [file for file in files if file.endswith("_whole.py")]
    # Collecting all tests of a room takes longer than most mutants live.
    for suite in filter(None, (dict.fromkeys(first), files)):
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "tools.mutants", "-p", "no:cacheprovider", *suite]
        try:
            done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, timeout=PATIENCE_S, check=False)
        except subprocess.TimeoutExpired:
            return None
        if done.returncode not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
            return True
    return False


class _Changed(MetaPathFinder):
    """Finds the one changed module before the import system finds the file."""

    def __init__(self, mutant: Mutant) -> None:
        self.mutant = mutant
        inside = mutant.file.relative_to(ROOT / "src").with_suffix("")
        parts = inside.parts[:-1] if inside.name == "__init__" else inside.parts
        self.name = ".".join(parts)

    def find_spec(self, fullname: str, _path: Any = None, _target: Any = None) -> ModuleSpec | None:  # noqa: ANN401
        """Return the changed module's spec for its name."""
        if fullname != self.name:
            return None
        tree = mutated(self.mutant)

        class Loader(SourceFileLoader):
            def get_code(self, _: str) -> types.CodeType:
                return compile(tree, self.path, "exec")

        file = str(self.mutant.file)
        return spec_from_file_location(fullname, file, loader=Loader(fullname, file))


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """As a plugin in a process of its own: change what it is told to, before any conftest imports it."""
    if CHANGE in os.environ:
        file, index, variant, _ = json.loads(os.environ[CHANGE])
        sys.meta_path.insert(0, _Changed(Mutant(Path(file), index, variant, 0, "", 0)))


def pytest_configure() -> None:
    """As a plugin: let every run be the same."""
    _calm()


def pytest_runtest_logfinish() -> None:
    """As a plugin in a process of its own: end, with nothing found, once the tests have had their CPU."""
    if CHANGE in os.environ and _cpu_s() > json.loads(os.environ[CHANGE])[3]:
        pytest.exit("no test has failed in time", returncode=0)


def _calm() -> None:
    """Let Hypothesis draw the same examples each time, remember nothing and shrink nothing."""
    from hypothesis import HealthCheck, Phase, settings

    settings.register_profile(
        "mutants",
        database=None,
        derandomize=True,
        deadline=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutants")


@cache
def _changed_lines(base: str) -> dict[Path, set[int]]:
    """The lines that differ from a commit, by file."""
    command = ["git", "diff", "--unified=0", base, "--", "src/headwater"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    found: dict[Path, set[int]] = {}
    file = None
    for line in said.splitlines():
        if line.startswith("+++ "):
            file = ROOT / line[6:] if line.startswith("+++ b/") else None
        elif file and (hunk := re.match(r"@@ -\S+ \+(\d+)(?:,(\d+))? @@", line)):
            first, count = int(hunk[1]), int(hunk[2] or 1)
            found.setdefault(file, set()).update(range(first, first + count))
    return found


def chosen_of(room: str, given: argparse.Namespace) -> list[Mutant]:
    """Return the mutants of a room that were asked for."""
    files = sorted(file for file in (SOURCE / room).rglob("*.py") if file.name not in ON_A_SERVER)
    if given.file:
        files = [file for file in files if given.file in str(file)]
    for name in given.without:
        files = [file for file in files if name not in str(file)]
    found = [one for file in files for one in mutants(file)]
    if given.changed:
        lines = _changed_lines(given.changed)
        found = [one for one in found if one.line in lines.get(one.file, ())]
    if given.functions_only:
        found = [one for one in found if one.function]
    if given.sample and given.sample < len(found):
        found = random.Random(given.seed).sample(found, given.sample)  # noqa: S311 - repeatable, not secret
    elif given.changed:
        random.Random(given.seed).shuffle(found)  # noqa: S311 - repeatable, not secret
    return dealt(found, given.part)


def run(room: str, given: argparse.Namespace) -> Score:
    """Try the mutants of one room."""
    chosen = chosen_of(room, given)
    if not chosen:
        return Score()
    runner = Runner(room, chosen, time.monotonic() + given.seconds, given.most)
    words = ["-q", "-p", "no:cacheprovider", "-m", "not deep and not e2e and not shared"]
    status = pytest.main([*words, *tests_of(room)], plugins=[runner, sys.modules[__name__]])
    if status not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        raise SystemExit(f"{room}: pytest ended with {status}")
    return runner.score


def main(arguments: Sequence[str] | None = None) -> int:
    """Try mutants; 1 where too few die."""
    parser = argparse.ArgumentParser(description="Change the code and see that a test fails.")
    parser.add_argument("rooms", nargs="*", default=list(HELD), help=f"{', '.join(HELD)} where none is named")
    parser.add_argument("--sample", type=int, help="so many of each room, drawn by the seed; all without it")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=86_400, help="for each room")
    parser.add_argument("--most", type=float, default=MOST_S, help="CPU seconds of tests for one mutant")
    parser.add_argument("--file", help="only files whose path holds this")
    parser.add_argument("--without", action="append", default=[], help="no files whose path holds this")
    parser.add_argument("--changed", metavar="COMMIT", help="only lines that differ from a commit")
    parser.add_argument("--functions-only", action="store_true", help="leave out what stands outside of functions")
    parser.add_argument("--least", type=float, default=0.0, metavar="PERCENT", help="of the mutants tried must die")
    add_part(parser)
    parser.add_argument("--json", type=Path, help="write what was found to a file")
    given = parser.parse_args(arguments)
    os.chdir(ROOT)
    told: dict[str, Any] = {}
    failed = False
    for room in given.rooms:
        # Each room in a process of its own: pytest imports a suite once.
        status, said = _in_fork_loud(room, given)
        if status:
            print(f"Q1 {room}: broke off", file=sys.stderr)
            return 2
        score = told[room] = json.loads(said)
        tried = score["tried"]
        share = 100 * score["killed"] / tried if tried else 100.0
        failed = failed or share < given.least
        print(
            f"Q1 {room}: {tried} mutants tried, {score['killed']} killed ({share:.1f} %), {score['left']} left for want of time"
        )
        for line in [*score["alive"], *(f"{one} (no test was run on it)" for one in score["untested"])]:
            print(f"    alive: {line}")
        for line in score["undecided"]:
            print(f"    undecided after {PATIENCE_S:.0f} s: {line}")
    if given.json:
        given.json.write_text(json.dumps({"seed": given.seed, "rooms": told}, indent=1) + "\n", "utf-8")
    return int(failed)


def _in_fork_loud(room: str, given: argparse.Namespace) -> tuple[int, str]:
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.close(reading)
        score = run(room, given)
        said = {
            "tried": score.tried,
            "killed": score.killed,
            "alive": score.alive,
            "untested": score.untested,
            "undecided": score.undecided,
            "left": score.left,
        }
        with os.fdopen(writing, "w") as stream:
            stream.write(json.dumps(said))
        sys.stdout.flush()
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as stream:
        said_back = stream.read()
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), said_back


if __name__ == "__main__":
    # One module under its own name, which pytest knows it by too.
    from tools import mutants as whole

    sys.exit(whole.main())
