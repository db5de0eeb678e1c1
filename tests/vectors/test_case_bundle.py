"""A bundle that version 1 wrote verifies for ever: the bytes stand in a file that no later version may change."""

import json
from pathlib import Path
from typing import Any

import pytest

from headwater.case.verifier import Trust, verify

VECTOR: dict[str, Any] = json.loads((Path(__file__).parent / "case_bundle_v1.json").read_text(encoding="utf-8"))


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    for name, text in VECTOR["files"].items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return tmp_path


def test_the_first_bundle_still_verifies(bundle: Path) -> None:
    found = verify(bundle, Trust(bytes.fromhex(VECTOR["key"]), "UK-NCA"))
    assert (found.problems, found.root) == ((), VECTOR["root"])
    assert (found.exhibits, found.withheld) == (("JS/1", "MK/1", "RS/1"), 1)


def test_the_first_bundle_with_another_letter_does_not(bundle: Path) -> None:
    path = bundle / "data" / "exhibits" / "JS_1.txt"
    path.write_bytes(path.read_bytes().replace(b"lane 2", b"lane 3"))
    assert [problem.exhibit for problem in verify(bundle, None).problems] == ["JS/1"]
