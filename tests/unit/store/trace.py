"""What a test sees of the disk: which files are synced and renamed, in order."""

import os
from pathlib import Path

import pytest


class Trace:
    """Records what is synced and renamed, in order, and fails one of them if told to."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.steps: list[str] = []
        self.fail_at = -1
        self.number = 0
        self._sync, self._rename = os.fsync, Path.rename
        patch.setattr(os, "fsync", self.sync)

        def rename(file: Path, target: Path) -> Path:
            return self.rename(file, target)

        patch.setattr(Path, "rename", rename)

    def sync(self, handle: int) -> None:
        name = Path(f"/proc/self/fd/{handle}").readlink().name
        self._step(f"sync {'unfinished' if name.startswith('.new-') else name}")
        self._sync(handle)

    def rename(self, file: Path, target: Path) -> Path:
        self._step(f"rename {target.name}")
        return self._rename(file, target)

    def _step(self, what: str) -> None:
        if len(self.steps) == self.fail_at:
            raise OSError(self.number, os.strerror(self.number))
        self.steps.append(what)
