"""The exercise sees a store that was put back; and a proof is judged by commands alone."""

import json
import subprocess
import sys
from base64 import b64decode
from pathlib import Path

import pytest

from headwater.exercise.demo import play, prepared
from headwater.exercise.stage import clean_environment

pytestmark = pytest.mark.e2e
ROOT = Path(__file__).resolve().parents[2]
VECTORS = ROOT / "tests" / "vectors" / "log"


def run(*words: str | Path) -> tuple[int, dict[str, object], str]:
    environment = {**clean_environment(), "PYTHONPATH": str(ROOT / "src")}
    done = subprocess.run(
        [sys.executable, "-m", "headwater", *map(str, words), "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, json.loads(done.stdout), done.stderr


def test_a_store_that_was_put_back_before_the_sync_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "src"))
    with prepared(tmp_path / "stage", keep=True) as folder:
        outcome = play(folder, plant="witness")
    *before, last = outcome.steps
    assert all(step.ok for step in before)
    assert (last.name, last.ok) == ("witness", False)
    assert "trust." in last.what
    assert "RS-MOI" in last.what
    code, listed, _ = run("partner", "list", "--home", tmp_path / "stage" / "rs", "--user", "m.ilic")
    assert code == 0
    assert [(alarm["about"], alarm["code"]) for alarm in listed["alarms"]] == [("RS-MOI", "trust.rollback")]  # type: ignore[attr-defined]


def test_a_proof_whose_authority_nobody_vouches_for_ends_with_76(tmp_path: Path) -> None:
    good = json.loads(next(VECTORS.glob("*good-leaf-6-of-13.json")).read_text(encoding="ascii"))
    proof = tmp_path / "good.tlog-proof"
    proof.write_bytes(b64decode(good["proof"]))
    code, document, said = run("audit", "verify", "--proof", proof)
    assert (code, document["ok"]) == (76, False)
    assert said.startswith("error trust.signature: no card of the log's authority was given")


def test_a_file_that_is_no_proof_ends_with_65(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("hello", encoding="ascii")
    code, document, said = run("audit", "verify", "--proof", tmp_path / "file")
    assert (code, document["ok"]) == (65, False)
    assert said.startswith("error input.format")
