"""What headwater must not be able to do is not in it: no faces, no biometrics, no re-identification."""

import io
import re
import tokenize
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FORBIDDEN_PARTS = {"face", "faces", "facial", "biometric", "biometrics", "gait", "iris", "voiceprint", "reid"}
FORBIDDEN_WORDS = ("reidentif", "recognise_person", "recognize_person")
FORBIDDEN_PACKAGES = {
    "arcface",
    "deepface",
    "dlib",
    "face-recognition",
    "facenet-pytorch",
    "insightface",
    "mediapipe",
    "retinaface",
    "speechbrain",
    "torchreid",
}


def forbidden_names(source: str) -> Iterator[str]:
    """Every name in a source text that speaks of a forbidden method; strings and comments may speak of them."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type != tokenize.NAME:
            continue
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", token.string).lower()
        if FORBIDDEN_PARTS & set(words.split("_")) or any(word in words for word in FORBIDDEN_WORDS):
            yield f"line {token.start[0]}: {token.string}"


def test_no_name_in_the_source_speaks_of_faces_or_biometrics() -> None:
    files = list((ROOT / "src").rglob("*.py"))
    assert files
    found = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in files
        for name in forbidden_names(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_no_such_library_is_locked() -> None:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    assert {package["name"] for package in lock["package"]} & FORBIDDEN_PACKAGES == set()


@pytest.mark.parametrize("name", ["detect_faces", "FaceMatcher", "gait_model", "reidentify", "BiometricTemplate"])
def test_a_forbidden_name_is_found(name: str) -> None:
    assert list(forbidden_names(f"def {name}():\n    pass\n"))


@pytest.mark.parametrize("name", ["surface_area", "interface", "Interface", "preface", "fingerprint"])
def test_a_name_that_only_resembles_one_passes(name: str) -> None:
    assert not list(forbidden_names(f"def {name}():\n    pass\n"))
