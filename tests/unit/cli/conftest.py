"""What the tests of the command share: `run` calls it as a person does and returns what was said and how it ended."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from headwater.cli import main
from tests import node_world


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        """The one document on standard output; anything before or after it is an error."""
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


Run = Callable[..., Ended]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("HEADWATER_HOME", "HEADWATER_USER", "HEADWATER_PURPOSE", "HEADWATER_TRACEBACK"):
        monkeypatch.delenv(name, raising=False)

    def call(*words: str | Path) -> Ended:
        with pytest.raises(SystemExit) as ended:
            main([str(word) for word in words])
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return call


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node that the tests of one file share."""
    return node_world.init(tmp_path_factory.mktemp("cli") / "uk")


def who(user: str = node_world.WRITER) -> tuple[str, str]:
    return ("--user", user)
