"""Play the exercise: the steps in order, each timed, each able to fail; then say where to look."""

import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from headwater.errors import HeadwaterError, SettingsError, StoreIoError
from headwater.exercise.scenario import USERS
from headwater.exercise.stage import Stage, stage
from headwater.exercise.steps import STEPS, Step
from headwater.exercise.steps.opening import PAPERS

MARK: Final = ".headwater-exercise"
"""A file that says: this folder was made by the exercise and may be made anew."""


@dataclass(frozen=True, slots=True)
class Narrator:
    """Who tells the exercise.

    Attributes:
        tell: hears one line when a step begins and one when it ends.
        own: returns a sentence of the exercise as the reader is to be told it.
    """

    tell: Callable[[str], None] = lambda _: None
    own: Callable[[str], str] = str


@dataclass(slots=True)
class Played:
    """One step as it was played."""

    name: str
    ok: bool
    seconds: float
    what: str


@dataclass(slots=True)
class Outcome:
    """The whole exercise as it was played."""

    folder: Path
    steps: list[Played] = field(default_factory=list)
    nodes: list[dict[str, Any]] = field(default_factory=list)
    messages: dict[str, int] = field(default_factory=lambda: {"sent": 0, "receipted": 0})
    case: dict[str, Any] = field(default_factory=lambda: {"path": None, "root": None, "verified": False})

    @property
    def ok(self) -> bool:
        """Whether every step showed what it must show."""
        return len(self.steps) == len(STEPS) and all(step.ok for step in self.steps)

    def document(self) -> dict[str, Any]:
        """Return the outcome as one document."""
        return {
            "ok": self.ok,
            "fiction": "Every person, company and event in this exercise is invented.",
            "dir": str(self.folder),
            "nodes": self.nodes,
            "steps": [
                {"name": step.name, "ok": step.ok, "seconds": round(step.seconds, 2), "what": step.what}
                for step in self.steps
            ],
            "messages": self.messages,
            "case": self.case,
        }


@contextmanager
def prepared(folder: Path | None, *, keep: bool) -> Iterator[Path]:
    """Yield an empty folder for the exercise; one that an earlier exercise made is made anew.

    Args:
        folder: where; a new temporary folder if nothing is given, removed again if the exercise is stopped.
        keep: whether a folder stays when the exercise is over.

    Raises:
        SettingsError: the folder holds something that no exercise made.
        StoreIoError: it cannot be made.
    """
    try:
        made = Path(tempfile.mkdtemp(prefix="headwater-demo-")) if folder is None else _emptied(folder.absolute())
        (made / MARK).write_text("Made by headwater demo; may be deleted.\n", encoding="utf-8")
    except OSError as error:
        raise StoreIoError(f"the folder cannot be made: {error.strerror}", where=str(folder or "")) from error
    try:
        yield made
    except BaseException:
        if folder is None:
            shutil.rmtree(made, ignore_errors=True)
        raise
    if not keep:
        shutil.rmtree(made, ignore_errors=True)


def _emptied(folder: Path) -> Path:
    if folder.exists() and any(folder.iterdir()):
        if not (folder / MARK).exists():
            raise SettingsError(
                "the folder is not empty and no exercise made it", where=str(folder), fix="name another with --dir"
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def play(
    folder: Path,
    *,
    lists: tuple[str, ...] = (),
    plant: str | None = None,
    narrator: Narrator = Narrator(),
    finish: Callable[[Outcome], None] = lambda _: None,
) -> Outcome:
    """Play every step and return what happened.

    Args:
        folder: an empty folder, see `prepared`.
        lists: real list files to use as well, each ``FORMAT:FILE``.
        plant: name of the step whose room is broken on purpose before it is played, for tests of the exercise itself;
            only this step and those it needs are played.
        narrator: tells what happens while it happens.
        finish: called with the outcome while the nodes are still up.

    Raises:
        SettingsError: there is no such step.
    """
    steps = STEPS if plant is None else needed_for(plant)
    outcome = Outcome(folder)
    with stage(folder, lists) as made:
        for step in steps:
            outcome.steps.append(_play_one(step, made, outcome, plant, narrator))
        outcome.nodes = [
            {"authority": house.authority, "name": house.name, "home": str(house.home), "endpoint": house.endpoint}
            for house in made.houses.values()
        ]
        outcome.messages.update({"sent": made.notes.get("sent", 0), "receipted": made.notes.get("receipted", 0)})
        outcome.case.update(made.notes.get("case", {}))
        finish(outcome)
    return outcome


def needed_for(name: str) -> list[Step]:
    """Return a step and all that it needs, in order.

    Raises:
        SettingsError: there is no such step.
    """
    needed = {name}
    if name not in {step.name for step in STEPS}:
        raise SettingsError("no such step", where=name, fix=f"use one of {', '.join(step.name for step in STEPS)}")
    for step in reversed(STEPS):
        if step.name in needed:
            needed.update(step.needs)
    return [step for step in STEPS if step.name in needed]


def _play_one(step: Step, made: Stage, outcome: Outcome, plant: str | None, narrator: Narrator) -> Played:
    tell, own = narrator.tell, narrator.own
    done = {played.name for played in outcome.steps if played.ok}
    missing = [name for name in step.needs if name not in done]
    if missing:
        played = Played(step.name, ok=False, seconds=0.0, what=f"not played: it needs {', '.join(missing)}")
        tell(f"  --    {step.name}: {own(played.what)}")
        return played
    tell(f"        {own(step.title)} …")
    begun = time.monotonic()
    try:
        what = step.play(made, planted=step.name == plant)
        played = Played(step.name, ok=True, seconds=time.monotonic() - begun, what=what)
    except (HeadwaterError, OSError, LookupError, TypeError, ValueError) as error:
        what = str(error) if isinstance(error, HeadwaterError) else f"what was answered is not as it must be: {error!r}"
        played = Played(step.name, ok=False, seconds=time.monotonic() - begun, what=what)
    told = own("ok" if played.ok else "NOT OK")
    tell(f"  {told}    {step.name} ({played.seconds:.1f} s): {own(played.what)}")
    return played


def where_to_look(outcome: Outcome, own: Callable[[str], str] = str) -> list[str]:
    """Return the lines that end the exercise: how it went, and what to try next; its sentences as `own` tells them."""
    good = sum(step.ok for step in outcome.steps)
    seconds = sum(step.seconds for step in outcome.steps)
    lines = [
        "",
        own(
            f"{good} of {len(STEPS)} steps as they must be, in {seconds:.0f} s; "
            f"{outcome.messages['sent']} messages sent, {outcome.messages['receipted']} receipted."
        ),
    ]
    if not outcome.ok:
        return [*lines, own(f"Look into {outcome.folder} for the nodes' logs.")]
    analyst, _, auditor = USERS["uk"]
    liaison, _, _ = USERS["rs"]
    uk, rs, case = outcome.folder / "uk", outcome.folder / "rs", outcome.case["path"]
    called = _command()
    return [
        *lines,
        own("Look at:"),
        f"  {called} findings list --home {uk} --user {analyst}",
        f"  {called} inbox list --home {rs} --user {liaison}",
        f"  {called} audit show --home {uk} --user {auditor}",
        f"  {called} case verify {case} --trust {outcome.folder / PAPERS / 'uk.card'}",
        f"  python3 {case}/verify.py",
    ]


def _command() -> str:
    """Return how a person calls this headwater from where they are."""
    if shutil.which("headwater"):
        return "headwater"
    beside = Path(sys.executable).parent / "headwater"
    return os.path.relpath(beside) if beside.exists() else f"{sys.executable} -m headwater"
