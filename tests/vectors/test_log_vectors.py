"""Every vector of the log has the one outcome that it names. What the fields mean: docs/spec/log.md."""

import base64
import json
from pathlib import Path

import msgspec
import pytest

from headwater.errors import InputError
from headwater.exchange.proof import check_proof, read_proof
from headwater.exchange.signed import PairKey
from headwater.model.ids import AuthorityId

FOLDER = Path(__file__).parent / "log"
FILES = sorted(FOLDER.glob("[0-9]*.json"))
KEYS = msgspec.json.decode((FOLDER / "keys.json").read_bytes(), type=dict[str, tuple[PairKey, ...]])


def outcome(data: bytes) -> tuple[str, list[str]]:
    try:
        proof = read_proof(data)
    except InputError:
        return "unreadable", []
    found = check_proof(proof, {AuthorityId(name): pairs for name, pairs in KEYS.items()})
    assert proof.to_bytes() == data
    return "ok" if found.ok else "bad", [name for name, _ in found.witnesses]


def test_there_are_vectors_of_every_outcome() -> None:
    results = [json.loads(file.read_text(encoding="ascii"))["result"] for file in FILES]
    assert all(results.count(result) >= 20 for result in ("ok", "bad", "unreadable"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_vector_has_its_outcome(file: Path) -> None:
    given = json.loads(file.read_text(encoding="ascii"))
    assert outcome(base64.b64decode(given["proof"])) == (given["result"], given["witnesses"])
