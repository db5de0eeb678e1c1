"""Every envelope vector has the one outcome that it names. What the fields mean: docs/spec/envelope.md."""

import json
from pathlib import Path
from typing import Any

import pytest

from headwater.exchange.envelope import SenderKey, open_envelope
from headwater.exchange.refusal import Refusal
from headwater.model.ids import authority_id
from headwater.model.times import parse_instant

FILES = sorted((Path(__file__).parent / "envelope").glob("*.json"))


def outcome(given: dict[str, Any]) -> tuple[str, str | None]:
    answer = open_envelope(
        bytes.fromhex(given["envelope"]) + bytes(given.get("then_zero_bytes", 0)),
        me=authority_id(given["me"]),
        peer=authority_id(given["peer"]),
        recipient_seed=bytes.fromhex(given["keys"]["recipient_seed"]),
        sender=SenderKey(bytes.fromhex(given["keys"]["sender_public"]), parse_instant("9999-01-01T00:00:00Z")),
        now=parse_instant(given["now"]),
    )
    return (answer.code, None) if isinstance(answer, Refusal) else ("ok", answer.hex())


def test_there_are_at_least_150_of_them() -> None:
    assert len(FILES) >= 150


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_each_vector_has_its_outcome(file: Path) -> None:
    given = json.loads(file.read_text(encoding="ascii"))
    assert outcome(given) == (given["result"], given["body"])
