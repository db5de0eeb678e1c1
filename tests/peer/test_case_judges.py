"""Sealed bundles of made-up cases, judged by others: bagit, roc-validator, case_validate, openssl. 2 here, 50 in the night."""

import json
import os
import random
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from headwater.case.bundle import MadeFile, SealOptions
from headwater.case.folder import new_case
from headwater.case.numbering import Numbering
from headwater.case.paper import pdf_of
from headwater.case.schedule import Form, paper
from tests.case_papers import authority, disclosure, openssl, stamp
from tests.case_world import NOON, sealed, write_case
from tools import peers

pytestmark = pytest.mark.peer
ROOT = Path(__file__).resolve().parents[2]
WORDS = (
    "Снимак приколице",
    "Shënim i skanimit",
    "Bilješka o vozilu",
    "Note on the lorry",
    "100% of the rota",
    "a & b <c>",
)


@pytest.fixture(scope="module")
def judges() -> Path:
    try:
        return peers.bring(peers.JUDGES)
    except peers.PeerError as error:
        pytest.skip(str(error))


@dataclass
class Case:
    """A made-up case drawn from a seed."""

    seed: int

    def change(self, case: dict[str, Any]) -> None:
        draw = random.Random(self.seed)
        case["case"]["operation"] = f"OP {draw.choice(WORDS)}"
        for number in range(draw.randrange(12)):
            ref = f"{draw.choice(['ŠĆ', 'AB', 'Q-7', 'Љ'])}/{number + 1}"
            row = {**case["exhibits"][0], "ref": ref, "description": f"{draw.choice(WORDS)} {number}"}
            row["status"] = draw.choice(["evidential", "unused"])
            case["exhibits"].append(row)
            case["custody"].append({**case["custody"][0], "exhibit": ref, "place": draw.choice(WORDS)})
        if draw.random() < 0.3:
            case["statements"].pop()
            case["elements"] = []


def bundle(folder: Path, seed: int) -> Path:
    """A stamped bundle with its schedules."""
    folder.mkdir(parents=True)
    case = new_case(write_case(folder / "case", Case(seed).change))
    one = authority(folder / "authority")
    given = disclosure(case, Numbering())
    made = tuple(MadeFile(f"schedules/{form.value}.pdf", pdf_of(paper(form, given), NOON)) for form in Form)
    sealed(case, folder / "bundle", options=SealOptions(made=made, stamper=lambda digest: stamp(one, digest)))
    return folder / "bundle"


def judge(folder: Path, judges: Path, seeds: range) -> list[str]:
    """What any judge says against any of the bundles."""
    import bagit

    made = [bundle(folder / str(seed), seed) for seed in seeds]
    against = []
    for path in made:
        try:
            bagit.Bag(str(path)).validate()
        except bagit.BagValidationError as error:
            against.append(f"{path}: bagit: {error}")
        done = openssl(
            "ts", "-verify", "-data", path / "seal.json", "-in", path / "seal.tsr",
            "-CAfile", path.parent / "authority" / "ca.pem",
        )  # fmt: skip
        if b"Verification: OK" not in done.stdout:
            against.append(f"{path}: openssl: {done.stderr!r}")
    words = [sys.executable, str(ROOT / "tools" / "case_judges.py"), *map(str, made)]
    done_ = subprocess.run(
        words, env={**os.environ, "PYTHONPATH": str(judges)}, capture_output=True, text=True, check=True
    )
    rows = [json.loads(line) for line in done_.stdout.splitlines()]
    assert len(rows) == len(made)
    return against + [f"{row['path']}: {row['crate']} {row['graph']}" for row in rows if row["crate"] or row["graph"]]


def test_two_bundles_pass_every_judge(tmp_path: Path, judges: Path) -> None:
    assert judge(tmp_path, judges, range(2)) == []


@pytest.mark.deep
def test_fifty_bundles_pass_every_judge(tmp_path: Path, judges: Path) -> None:
    assert judge(tmp_path, judges, range(50)) == []


def test_the_judges_do_judge(tmp_path: Path, judges: Path) -> None:
    made = bundle(tmp_path / "one", 1)
    for name, before, after in (
        ("ro-crate-metadata.json", b'"datePublished"', b'"datePublishedd"'),
        ("case.jsonld", b'"core:description"', b'"core:descriptionn"'),
    ):
        path = made / "data" / name
        path.write_bytes(path.read_bytes().replace(before, after))
    words = [sys.executable, str(ROOT / "tools" / "case_judges.py"), str(made)]
    done = subprocess.run(
        words, env={**os.environ, "PYTHONPATH": str(judges)}, capture_output=True, text=True, check=True
    )
    row = json.loads(done.stdout)
    assert row["crate"]
    assert "NonExistentCDOConceptWarning" in row["graph"][0]
