"""A seal says what was sealed, by whom and after which other seal, and is never made with a signature that does not fit."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from headwater.case.bundle import SealOptions
from headwater.case.data.verify import SEAL_CONTEXT, canonical, ed25519_verify, strict_json
from headwater.case.seal import Signer, make_seal
from headwater.errors import SchemaError, SignatureError
from tests.case_world import NOON, SIGNER, made_case, sealed, signer_of


def test_the_signature_is_over_the_context_and_the_canonical_head(tmp_path: Path) -> None:
    sealed(made_case(tmp_path / "case"), tmp_path / "out")
    seal = strict_json((tmp_path / "out" / "seal.json").read_bytes())
    said = b"headwater-seal-v1\0" + canonical(seal["head"])
    assert said.startswith(SEAL_CONTEXT)
    assert ed25519_verify(SIGNER.public_key, said, bytes.fromhex(seal["sig"]))


def test_the_head_has_its_ten_fields(tmp_path: Path) -> None:
    made = sealed(made_case(tmp_path / "case"), tmp_path / "out")
    head = strict_json((tmp_path / "out" / "seal.json").read_bytes())["head"]
    tags = {name: hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() for name in head["tags"]}
    assert head == {
        "version": 1,
        "case": "00EX0000126",
        "count": len(made.rows),
        "root": made.root,
        "sealed_by": "UK-NCA",
        "key": SIGNER.public_key.hex(),
        "sealed_at": "2026-11-25T12:00:00Z",
        "previous": None,
        "stamped": False,
        "tags": tags,
    }
    assert set(tags) == {"README.txt", "verify.py"}


def test_a_later_seal_names_the_earlier_one_and_keeps_its_pseudonyms(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    first = sealed(case, tmp_path / "first")
    second = sealed(case, tmp_path / "second", options=SealOptions(first.digest, first.pseudonyms))
    written = (tmp_path / "first" / "seal.json").read_bytes()
    assert second.head.previous == hashlib.sha256(written).hexdigest()
    assert second.pseudonyms == first.pseudonyms


def test_an_earlier_seal_that_is_no_hash_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    with pytest.raises(SchemaError):
        sealed(case, tmp_path / "out", options=SealOptions("first"))
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_a_signature_by_another_key_is_refused_and_nothing_is_left(tmp_path: Path) -> None:
    case = made_case(tmp_path / "case")
    with pytest.raises(SignatureError):
        sealed(case, tmp_path / "out", replace(SIGNER, sign=signer_of(8).sign))
    assert [path.name for path in tmp_path.iterdir()] == ["case"]


def test_a_head_of_other_rows_is_not_signed(tmp_path: Path) -> None:
    made = sealed(made_case(tmp_path / "case"), tmp_path / "out")
    with pytest.raises(SignatureError):
        make_seal(made.head, made.rows[1:], SIGNER, {})
    later = replace(made.head, sealed_at=NOON + timedelta(seconds=1))
    assert make_seal(later, made.rows, SIGNER, {}).sig != made.sig


def test_a_public_key_of_another_length_is_refused() -> None:
    with pytest.raises(SchemaError):
        Signer(SIGNER.authority, b"short", SIGNER.sign)
