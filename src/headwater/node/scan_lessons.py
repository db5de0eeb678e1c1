"""The lessons that training draws on, in half the memory, and kept in a folder where one is named: a run that was broken off draws none twice."""

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from headwater.exercise.vehicles.lessons import Lesson, lessons


@dataclass(frozen=True, slots=True)
class Shown:
    """A lesson in half as much memory.

    Attributes:
        fine, middle: both grids of `cells.Cells`.
        labels: class of each cell, −1 where nobody should learn.
        centres: class, row, column of each hidden thing, in cells.
    """

    fine: NDArray[np.float16]
    middle: NDArray[np.float16]
    labels: NDArray[np.int8]
    centres: tuple[tuple[int, float, float], ...]


class Pool:
    """Scenes as they are asked for, the newest of them: of each the first lesson is clean, the others have hidden things."""

    def __init__(self, first: int, folder: Path | None = None, most: int | None = None) -> None:
        """Draw from a seed on, keep what was drawn in a folder, and hold so many at most; all where left out."""
        self._first, self._folder, self._most = first, folder, most
        self.scenes: list[list[Shown]] = []
        self.drawn = 0

    def reach(self, count: int) -> int:
        """Draw until so many scenes were drawn, and return how many of the oldest went for them."""
        while self.drawn < count:
            self.scenes.append(self._scene(self._first + self.drawn))
            self.drawn += 1
        gone = 0 if self._most is None else max(len(self.scenes) - self._most, 0)
        del self.scenes[:gone]
        return gone

    def _scene(self, seed: int) -> list[Shown]:
        kept = None if self._folder is None else self._folder / f"scene-{seed}.npz"
        if kept is not None and kept.is_file():
            return _read(kept)
        made = [_short(one) for one in lessons(seed, 1)]
        if kept is not None:
            _write(kept, made)
        return made


def _short(lesson: Lesson) -> Shown:
    return Shown(
        lesson.cells.fine.astype(np.float16), lesson.cells.middle.astype(np.float16), lesson.labels, lesson.centres
    )


def _write(path: Path, views: list[Shown]) -> None:
    parts: dict[str, NDArray[np.generic]] = {}
    for number, one in enumerate(views):
        parts |= {f"fine{number}": one.fine, f"middle{number}": one.middle, f"labels{number}": one.labels}
        parts[f"centres{number}"] = np.array(one.centres, np.float64).reshape(-1, 3)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(f".{os.getpid()}")
    with unfinished.open("wb") as file:
        np.savez(file, allow_pickle=False, **parts)
    unfinished.replace(path)


def _read(path: Path) -> list[Shown]:
    with np.load(path, allow_pickle=False) as parts:
        count = sum(name.startswith("fine") for name in parts.files)
        return [
            Shown(
                parts[f"fine{number}"], parts[f"middle{number}"], parts[f"labels{number}"],
                tuple((int(kind), float(row), float(column)) for kind, row, column in parts[f"centres{number}"]),
            )
            for number in range(count)
        ]  # fmt: skip
