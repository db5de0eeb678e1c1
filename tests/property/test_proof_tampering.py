"""Whatever is done to a proof file, it never shows a stranger another event, another place or another witness."""

import json
import random
from base64 import b64decode
from pathlib import Path

import msgspec
import pytest

from headwater.errors import InputError
from headwater.exchange.proof import check_proof, read_proof
from headwater.exchange.signed import PairKey
from headwater.model.ids import AuthorityId

FOLDER = Path(__file__).parents[1] / "vectors" / "log"
KEYS = {
    AuthorityId(name): pairs
    for name, pairs in msgspec.json.decode(
        (FOLDER / "keys.json").read_bytes(), type=dict[str, tuple[PairKey, ...]]
    ).items()
}
GOOD = b64decode(json.loads(next(FOLDER.glob("*good-leaf-6-of-13.json")).read_text(encoding="ascii"))["proof"])
TRUE = read_proof(GOOD)


def tampered(chance: random.Random) -> bytes:
    data = bytearray(GOOD)
    match chance.randrange(4):
        case 0:
            place = chance.randrange(len(data))
            data[place] ^= 1 << chance.randrange(8)
        case 1:
            del data[chance.randrange(len(data)) :]
        case 2:
            place = chance.randrange(len(data))
            data[place:place] = chance.randbytes(chance.randrange(1, 5))
        case _:
            lines = bytes(data).splitlines(keepends=True)
            one, other = chance.sample(range(len(lines)), 2)
            lines[one], lines[other] = lines[other], lines[one]
            return b"".join(lines)
    return bytes(data)


def test_the_untouched_proof_holds() -> None:
    assert check_proof(TRUE, KEYS).ok


@pytest.mark.parametrize("part", range(10))
def test_no_tampered_proof_says_anything_else(part: int) -> None:
    held = 0
    for seed in range(100 * part, 100 * (part + 1)):
        data = tampered(random.Random(seed))
        try:
            proof = read_proof(data)
        except InputError:
            continue
        found = check_proof(proof, KEYS)
        if not found.ok:
            continue
        # only signature lines can be moved, or made those of a stranger, and then they witness nothing
        held += 1
        assert (proof.index, proof.opening, proof.path) == (TRUE.index, TRUE.opening, TRUE.path)
        assert proof.checkpoint.text == TRUE.checkpoint.text
        assert set(found.witnesses) <= set(check_proof(TRUE, KEYS).witnesses)
    assert held < 30
