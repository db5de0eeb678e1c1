"""Conformance: the law's cases, Merkle proofs and envelope vectors get the answers that stand beside them."""

import base64
import csv
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from headwater.errors import InputError, SchemaError
from headwater.node.conformance import answer
from tests.unit.policy.kit import merge

ENVELOPES = sorted((Path(__file__).parents[2] / "vectors" / "envelope").glob("*.json"))
GOOD = json.loads(ENVELOPES[0].read_text(encoding="ascii"))
PROOF: dict[str, Any] = {
    "id": 1,
    "kind": "inclusion",
    "index": 0,
    "size": 1,
    "leaf_hash": "00" * 32,
    "proof": [],
    "root": "00" * 32,
}


def test_every_case_of_the_law_is_answered_as_the_law_says(shared: Path) -> None:
    folder = shared / "data" / "exchange" / "law"
    law = {
        name: json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
        for name in ("agreements", "messages", "held")
    }
    with (folder / "cases.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) > 40
    wrong = []
    for row in rows:
        message = merge(law["messages"][row["message"]], json.loads(row["message_patch"] or "{}"))
        patch = json.loads(row["agreement_patch"] or "{}")
        terms = {
            name: merge(each, patch) if name == message.get("agreement") else each
            for name, each in law["agreements"].items()
        }
        held = law["held"][row["held"] or "none"]
        question = {"id": row["case"], "op": row["op"], "now": row["now"], "agreements": terms, "message": message}
        found = answer("policy", {**question, "held": held})
        told = {
            "outcome": found["outcome"],
            "rule": found["rule"],
            "removed": " ".join(f"{name}:{rule}" for name, rule in found["removed"].items()),
            "obligations": " ".join(found["obligations"]),
        }
        if found["id"] != row["case"] or any(told[key] != row[key] for key in told):
            wrong.append((row["case"], told))
    assert wrong == []


def test_every_merkle_proof_is_answered_as_its_vector_says(shared: Path) -> None:
    vectors = json.loads((shared / "data" / "exchange" / "merkle" / "vectors.json").read_text(encoding="utf-8"))
    asked = 0
    for kind in ("inclusion", "consistency"):
        for number, vector in enumerate(vectors[kind]):
            valid = vector["valid"]
            question = {"id": number, "kind": kind, **{key: value for key, value in vector.items() if key != "valid"}}
            assert answer("merkle", question) == {"id": number, "valid": valid}, vector
            asked += 1
    assert asked > 50


def test_every_envelope_vector_is_answered_as_it_says() -> None:
    asked = 0
    for file in ENVELOPES:
        vector = json.loads(file.read_text(encoding="ascii"))
        if vector.get("then_zero_bytes"):
            continue
        question = {key: vector[key] for key in ("envelope", "keys", "me", "peer", "now")}
        expected = {"id": file.stem, "result": vector["result"], "body": vector["body"]}
        assert answer("envelope", {"id": file.stem, **question}) == expected
        asked += 1
    assert asked >= 150


def test_an_answer_bears_the_id_of_its_question_whatever_that_is() -> None:
    for name in ("x", 7, None, [1], {"a": 1}):
        assert answer("merkle", PROOF | {"id": name})["id"] == name


def test_a_leaf_alone_is_its_own_root() -> None:
    leaf = hashlib.sha256(b"\0leaf").hexdigest()
    assert answer("merkle", PROOF | {"leaf_hash": leaf, "root": leaf}) == {"id": 1, "valid": True}
    assert answer("merkle", PROOF | {"leaf_hash": leaf}) == {"id": 1, "valid": False}


@pytest.mark.parametrize(
    ("topic", "question"),
    [
        ("merkle", None),
        ("merkle", []),
        ("merkle", {}),
        ("merkle", {"id": 1}),
        ("merkle", PROOF | {"kind": "hearsay"}),
        ("merkle", PROOF | {"kind": []}),
        ("merkle", PROOF | {"proof": ["zz"]}),
        ("merkle", PROOF | {"proof": 5}),
        ("merkle", PROOF | {"proof": [5]}),
        ("merkle", PROOF | {"index": "0"}),
        ("merkle", PROOF | {"index": 0.0}),
        ("merkle", PROOF | {"size": True}),
        ("merkle", PROOF | {"root": None}),
        ("envelope", {"id": 1}),
        ("envelope", GOOD | {"id": 1, "keys": []}),
        ("envelope", GOOD | {"id": 1, "keys": {}}),
        ("envelope", GOOD | {"id": 1, "keys": {"recipient_seed": "zz", "sender_public": "00"}}),
        ("envelope", GOOD | {"id": 1, "me": "nobody"}),
        ("envelope", GOOD | {"id": 1, "me": 5}),
        ("envelope", GOOD | {"id": 1, "now": "yesterday"}),
        ("envelope", GOOD | {"id": 1, "now": 5}),
        ("envelope", GOOD | {"id": 1, "envelope": base64.b64encode(b"x").decode()}),
        ("policy", {"id": 1, "op": "guess", "now": "2026-03-02T09:00:00Z", "agreements": {}, "message": {}}),
        ("policy", {"id": 1, "op": "send", "now": "2026-03-02T09:00:00Z", "agreements": [], "message": {}}),
        ("policy", {"id": 1, "op": "send", "now": "2026-03-02T09:00:00Z", "agreements": {}, "message": {"kind": "x"}}),
        ("policy", {"id": 1, "op": "send", "now": 5, "agreements": {}, "message": {"kind": "ping"}}),
    ],
)
def test_a_question_that_is_none_is_a_declared_error(topic: str, question: object) -> None:
    with pytest.raises(InputError):
        answer(topic, question)


def test_what_stood_in_a_question_does_not_stand_in_the_error() -> None:
    with pytest.raises(SchemaError) as caught:
        answer("policy", {"id": 1, "op": "Canary4711", "now": "x", "agreements": {}, "message": {}})
    assert "Canary4711" not in str(caught.value)
