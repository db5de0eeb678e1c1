"""One byte changed in any file of a sealed case: the command exits 76, names the exhibit, and verify.py agrees."""

import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import Played

pytestmark = pytest.mark.e2e

SEED = 20261125
EXHIBITS = {
    "JF_1": "JF/1",
    "JF_2": "JF/2",
    "JF_3": "JF/3",
    "JF_4": "JF/4",
    "JF_5": "JF/5",
    "JF_6": "JF/6",
    "JF_7": "JF/7",
}


def files(bundle: Path) -> list[str]:
    return sorted(str(path.relative_to(bundle)) for path in bundle.rglob("*") if path.is_file())


def ask(*words: str) -> tuple[int, dict[str, object], str]:
    """Ask a verifier, and return exit code, document and standard error."""
    done = subprocess.run([sys.executable, *words], capture_output=True, text=True, check=False)
    return done.returncode, json.loads(done.stdout), done.stderr


def problems(found: dict[str, object]) -> list[tuple[object, object, object]]:
    listed = found["problems"]
    assert isinstance(listed, list)
    return [(each["code"], each["path"], each["exhibit"]) for each in listed]


@pytest.fixture(scope="module")
def bundle(played: Played) -> Path:
    return Path(played.document["case"]["path"])


@pytest.fixture(scope="module")
def card(played: Played) -> Path:
    return played.folder / "papers" / "uk.card"


def test_the_bundle_as_it_was_sealed_verifies_by_both(bundle: Path, card: Path) -> None:
    ours = ask("-m", "headwater", "case", "verify", str(bundle), "--trust", str(card), "--json")
    theirs = ask("-I", "-S", str(bundle / "verify.py"), str(bundle), "--key", str(card), "--json")
    assert (ours[0], theirs[0]) == (0, 0)
    assert ours[1] == theirs[1]
    assert problems(ours[1]) == []


def test_one_changed_byte_in_any_file_is_found_and_its_exhibit_named(bundle: Path, card: Path, tmp_path: Path) -> None:
    chance = random.Random(SEED)
    names = files(bundle)
    assert sum(name.startswith("data/exhibits/") for name in names) == len(EXHIBITS)
    missed = []
    for name in names:
        copy = tmp_path / "copy"
        shutil.copytree(bundle, copy)
        data = bytearray((copy / name).read_bytes())
        at = chance.randrange(len(data))
        data[at] ^= 1 << chance.randrange(8)
        (copy / name).write_bytes(data)
        code, found, told = ask("-m", "headwater", "case", "verify", str(copy), "--trust", str(card), "--json")
        # the intact verifier, as a stranger has it from elsewhere
        theirs = ask("-I", "-S", str(bundle / "verify.py"), str(copy), "--key", str(card), "--json")
        ref = next((ref for start, ref in EXHIBITS.items() if Path(name).name.startswith(start)), None)
        named = ref is None or (ref in {each[2] for each in problems(found)} and f"exhibit {ref}" in told)
        if (code, theirs[0]) != (76, 76) or theirs[1] != found or not named:
            missed.append((name, at, code, theirs[0], problems(found), told))
        shutil.rmtree(copy)
    assert missed == []
