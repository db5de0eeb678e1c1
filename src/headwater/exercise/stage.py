"""The stage of the exercise: folders, node processes, and commands as an officer would type them."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, Final, TypeVar

from headwater.errors import HeadwaterError

START_WAIT_S: Final = 30.0
COMMAND_WAIT_S: Final = 120.0
STOP_WAIT_S: Final = 10.0
HANDS: Final = 2
"""How many commands run at the same time: more would gain nothing on two cores and would take a small machine's memory."""

A = TypeVar("A")
T = TypeVar("T")


class StepFailedError(HeadwaterError):
    """A step of the exercise did not show what it must show."""

    code = "exercise.step"
    exit = 1
    advice = "run the demo again with --dir DIR and look into the node's home there"


@dataclass(slots=True)
class House:
    """One authority on the stage: its node's home, its address, its process."""

    key: str
    authority: str
    name: str
    zone: str
    home: Path
    port: int
    page_port: int = 0
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def endpoint(self) -> str:
        """The URL of the partner's HTTP API."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def page(self) -> str:
        """The address of the page of its officers."""
        return f"http://localhost:{self.page_port}"


@dataclass(slots=True)
class Stage:
    """Everything one run of the exercise works on."""

    folder: Path
    houses: dict[str, House]
    lists: tuple[str, ...] = ()
    notes: dict[str, Any] = field(default_factory=dict)
    program: tuple[str, ...] = ("headwater",)
    """The module that a node is served with, and what stands before `node serve`; tests put a faulty one here."""

    def command(
        self, house: House | None, *args: str | Path, user: str = "", purpose: str = "oic", exits: int = 0
    ) -> dict[str, Any]:
        """Run one command of headwater and return its JSON document.

        Raises:
            StepFailedError: it ended with another exit code than expected, or answered no document.
        """
        env = clean_environment()
        env["HEADWATER_PURPOSE"] = purpose
        env["XDG_CACHE_HOME"] = str(self.folder / "cache")  # what the exercise leaves behind lies in its folder
        if house is not None:
            env["HEADWATER_HOME"] = str(house.home)
        if user:
            env["HEADWATER_USER"] = user
        words = [sys.executable, "-m", "headwater", *(str(arg) for arg in args), "--json"]
        said = " ".join(str(arg) for arg in args[:2])
        try:
            done = subprocess.run(  # noqa: S603 - our own command
                words, env=env, capture_output=True, timeout=COMMAND_WAIT_S, check=False, stdin=subprocess.DEVNULL
            )
        except subprocess.TimeoutExpired as error:
            raise StepFailedError(f"headwater {said} did not end within {COMMAND_WAIT_S:.0f} s") from error
        if done.returncode != exits:
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no word"]
            raise StepFailedError(f"headwater {said} ended with {done.returncode}, not {exits}: {last[0]}")
        try:
            answer = json.loads(done.stdout)
        except ValueError as error:
            raise StepFailedError(f"headwater {said} answered no JSON document") from error
        if not isinstance(answer, dict):
            raise StepFailedError(f"headwater {said} answered no JSON object")
        return answer

    def start(self, house: House) -> None:
        """Start a node's process and wait until it answers.

        Raises:
            StepFailedError: it ended or stayed silent.
        """
        self.launch(house)
        self.await_answer(house)

    def await_answer(self, house: House) -> None:
        """Wait until a node that was launched answers.

        Raises:
            StepFailedError: it ended or stayed silent.
        """
        until(lambda: self.answers(house), f"the node of {house.authority} to answer", START_WAIT_S, house)

    def launch(self, house: House) -> None:
        """Start a node's process."""
        with (house.home.parent / f"{house.key}.log").open("ab") as log, _undisturbed():
            house.process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", *self.program, "node", "serve", "--home", str(house.home)],
                env=clean_environment(),
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def answers(self, house: House) -> bool:
        """Return whether a node's HTTP API answers."""
        line = HTTPConnection("127.0.0.1", house.port, timeout=2)
        try:
            line.request("GET", "/v1/health")
            return line.getresponse().status == 200
        except OSError:
            return False
        finally:
            line.close()

    def kill(self, house: House) -> None:
        """End a node's process with SIGKILL, as a power cut would."""
        if house.process is not None:
            house.process.kill()
            house.process.wait()
            house.process = None

    def close(self) -> None:
        """End every node's process, kindly first."""
        running = [house.process for house in self.houses.values() if house.process is not None]
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            try:
                process.wait(STOP_WAIT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def clean_environment() -> dict[str, str]:
    """Return the environment without settings of another node."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("HEADWATER_")}
    env["PYTHONUTF8"] = "1"
    return env


def until(ready: Any, what: str, wait_s: float, house: House | None = None) -> Any:  # noqa: ANN401 - what `ready` returns
    """Return the first true answer of `ready`, asked again and again.

    Raises:
        StepFailedError: none came in time, or the node's process ended.
    """
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        answer = ready()
        if answer:
            return answer
        if house is not None and house.process is not None and house.process.poll() is not None:
            raise StepFailedError(f"the process ended while waiting for {what}", where=f"{house.key}.log")
        time.sleep(0.05)
    raise StepFailedError(f"waited {wait_s:.0f} s in vain for {what}")


def at_once(act: Callable[[A], T], each: Iterable[A]) -> list[T]:
    """Act for several authorities, or on several files, at the same time, as their officers would.

    Returns:
        What came of each, in the order given.
    """
    with ThreadPoolExecutor(HANDS) as pool:
        return list(pool.map(act, each))


_PORTS: Final = range(20_000, 32_768)


def free_ports(count: int) -> list[int]:
    """Return some ports of the loopback that nobody listens on.

    They lie below those that Linux gives to connections that go out (`ip_local_port_range`): else somebody's connection may
    take one while its node is down, and the node cannot come back.
    """
    sockets: list[socket.socket] = []
    try:
        while len(sockets) < count:
            one = socket.socket()
            sockets.append(one)
            try:
                one.bind(("127.0.0.1", secrets.choice(_PORTS)))
            except OSError:
                sockets.pop().close()
        return [int(one.getsockname()[1]) for one in sockets]
    finally:
        for one in sockets:
            one.close()


AUTHORITIES: Final[Mapping[str, tuple[str, str, str]]] = {
    "uk": ("UK-NCA", "London (exercise)", "Europe/London"),
    "rs": ("RS-MOI", "Belgrade (exercise)", "Europe/Belgrade"),
    "xk": ("XK-KP", "Pristina (exercise)", "Europe/Belgrade"),
}
"""Three authorities as the exercise calls them: key, authority, name shown, time zone."""
CERTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "uk-cert": ("UK-CERT", "London, CERT (exercise)", "Europe/London"),
    "rs-cert": ("RS-CERT", "Belgrade, CERT of the ministry (exercise)", "Europe/Belgrade"),
}
"""Their cyber counterparts: authorities of their own, with keys and an agreement of their own."""


@contextmanager
def stage(
    folder: Path,
    lists: tuple[str, ...] = (),
    authorities: Mapping[str, tuple[str, str, str]] = AUTHORITIES,
) -> Iterator[Stage]:
    """Yield a stage with houses that are not set up yet, and end their processes afterwards."""
    count = len(authorities)
    ports = free_ports(2 * count)
    houses = {
        key: House(key, authority, name, zone, folder / key, port, page_port)
        for (key, (authority, name, zone)), port, page_port in zip(
            authorities.items(), ports[:count], ports[count:], strict=True
        )
    }
    made = Stage(folder, houses, lists)
    with _ended_by(signal.SIGTERM):
        try:
            yield made
        finally:
            made.close()


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let Ctrl-C and SIGTERM wait for the end of a `with` block: a process that nobody has noted yet would outlive the exercise.

    In a thread beside the main one nothing is disturbed anyhow: Python handles signals in that one alone.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {one: signal.signal(one, lambda number, _: came.append(number)) for one in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)
        if came:
            signal.raise_signal(came[0])


@contextmanager
def _ended_by(asked: signal.Signals) -> Iterator[None]:
    """Let a signal end the exercise as Ctrl-C does, so that no node outlives it."""

    def end(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(asked, end)
    try:
        yield
    finally:
        signal.signal(asked, before)
