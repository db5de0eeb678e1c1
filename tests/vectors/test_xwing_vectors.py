"""X-Wing comes to the secrets that its authors published: the vectors name their source."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from headwater.exchange import hpke

VECTORS: Final[list[dict[str, str]]] = json.loads((Path(__file__).parent / "xwing.json").read_text())


def test_there_are_vectors_of_both_drafts() -> None:
    assert {each["source"].partition(",")[0] for each in VECTORS} == {
        "draft-connolly-cfrg-xwing-kem",
        "draft-ietf-hpke-pq",
    }


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["seed"][:8])
def test_a_published_encapsulation_comes_to_the_published_secret(vector: dict[str, str]) -> None:
    key = hpke.private_key(bytes.fromhex(vector["seed"]))
    assert sha256(key.public_raw()).hexdigest() == vector["public_sha256"]
    ours = hpke.decapsulate(bytes.fromhex(vector["encapsulated"]), key)
    published = hpke.Schedule(bytes.fromhex(vector["shared"]))
    assert ours.seal(b"text", b"info") == published.seal(b"text", b"info")
