"""A receipt is a stranger's word on one seal: the only thing that tells of an insider who seals again."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from headwater.case.bundle import SealOptions, seal
from headwater.case.data.verify import canonical
from headwater.case.receipt import LogHead, make_receipt, put_receipt
from headwater.case.seal import Signer
from headwater.case.verifier import read_outside, verify
from headwater.errors import SchemaError, SignatureError
from tests.case_world import NOON, TRUST, Repeating, Standing, made_case, sealed, signer_of

BELGRADE = signer_of(9, "RS-MOI")
HEAD = LogHead(7, "ab" * 32)


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    sealed(made_case(tmp_path / "case"), tmp_path / "out")
    return tmp_path / "out"


@pytest.fixture
def receipt(bundle: Path, tmp_path: Path) -> Path:
    path = tmp_path / "receipt.json"
    path.write_bytes(make_receipt(bundle, BELGRADE, HEAD, NOON))
    return path


def codes(bundle: Path, anchor: Path | None = None) -> list[str]:
    found = verify(bundle, TRUST, read_outside(None, str(anchor) if anchor else None))
    return [problem.code for problem in found.problems]


def test_a_receipt_names_the_seal_the_receiver_and_the_head_of_its_log(bundle: Path, receipt: Path) -> None:
    body = json.loads(receipt.read_bytes())["body"]
    seal_json = json.loads((bundle / "seal.json").read_bytes())
    assert body["root"] == seal_json["head"]["root"]
    assert (body["received_by"], body["received_at"]) == ("RS-MOI", "2026-11-25T12:00:00Z")
    assert body["log_head"] == {"size": 7, "root": "ab" * 32}
    assert set(body) == {"seal", "root", "received_by", "received_at", "log_head"}


def test_an_insider_who_seals_again_with_the_same_key_is_found_by_the_receipt_alone(
    bundle: Path, receipt: Path, tmp_path: Path
) -> None:
    other = made_case(tmp_path / "other", files={"exhibits/JS_1_scan_note.txt": "Nothing was seen."})
    sealed(other, tmp_path / "again")
    assert codes(tmp_path / "again") == []
    assert codes(tmp_path / "again", receipt) == ["anchor"]
    assert codes(bundle, receipt) == []


def test_a_later_seal_that_names_the_one_receipted_is_told_to_be_the_next(
    bundle: Path, receipt: Path, tmp_path: Path
) -> None:
    first = json.loads(receipt.read_bytes())["body"]["seal"]
    sealed(made_case(tmp_path / "more"), tmp_path / "next", options=SealOptions(previous=first))
    found = verify(tmp_path / "next", TRUST, read_outside(None, str(receipt)))
    assert [problem.text for problem in found.problems] == ["the receipt given is over the seal before this one"]


def test_a_receipt_goes_into_the_bundle_and_is_told(bundle: Path, receipt: Path) -> None:
    assert put_receipt(bundle, receipt) == "receipts/1.json"
    assert put_receipt(bundle, receipt) == "receipts/2.json"
    found = verify(bundle, TRUST)
    assert (found.problems, found.receipts) == ((), ("RS-MOI", "RS-MOI"))


def test_a_receipt_for_another_bundle_is_not_put_in(bundle: Path, receipt: Path, tmp_path: Path) -> None:
    seal(made_case(tmp_path / "two"), tmp_path / "other", signer_of(7), Standing(), Repeating(b"other"))
    with pytest.raises(SchemaError, match="another seal"):
        put_receipt(tmp_path / "other", receipt)
    assert not (tmp_path / "other" / "receipts").exists()


def change(receipt: Path, edit: Any, *, signed: bool = False) -> None:
    made = json.loads(receipt.read_bytes())
    edit(made)
    if signed:
        made["sig"] = BELGRADE.sign(b"headwater-receipt-v1\0" + canonical(made["body"])).hex()
    receipt.write_bytes(canonical(made))


SPOILED: dict[str, tuple[Any, bool]] = {
    "another time": (lambda made: made["body"].update(received_at="2020-01-01T00:00:00Z"), False),
    "another name": (lambda made: made["body"].update(received_by="XK-KP"), False),
    "another key": (lambda made: made.update(key=signer_of(8).public_key.hex()), False),
    "a field more": (lambda made: made["body"].update(more=1), True),
    "a field less": (lambda made: made["body"].pop("root"), True),
    "another root": (lambda made: made["body"].update(root="00" * 32), True),
    "another seal": (lambda made: made["body"].update(seal="00" * 32), True),
    "a name of two lines": (lambda made: made["body"].update(received_by="a\nb"), True),
    "a log head that is none": (lambda made: made["body"].update(log_head={"size": True, "root": "ab" * 32}), True),
}


@pytest.mark.parametrize(("edit", "signed"), SPOILED.values(), ids=SPOILED)
def test_a_receipt_that_says_anything_else_is_found_in_the_bundle_and_as_an_anchor(
    bundle: Path, receipt: Path, edit: Any, signed: bool
) -> None:
    put_receipt(bundle, receipt)
    change(bundle / "receipts" / "1.json", edit, signed=signed)
    change(receipt, edit, signed=signed)
    assert codes(bundle) == ["receipt"]
    (bundle / "receipts" / "1.json").unlink()
    (bundle / "receipts").rmdir()
    assert codes(bundle, receipt) == ["anchor"]


def test_receipts_are_numbered_without_a_gap_and_bear_no_other_name(bundle: Path, receipt: Path) -> None:
    put_receipt(bundle, receipt)
    put_receipt(bundle, receipt)
    (bundle / "receipts" / "1.json").unlink()
    assert codes(bundle) == ["receipt"]
    shutil.copy(receipt, bundle / "receipts" / "1.json")
    shutil.copy(receipt, bundle / "receipts" / "01.json")
    assert codes(bundle) == ["extra"]


def test_a_receipt_that_comes_after_one_is_gone_takes_no_others_place(bundle: Path, receipt: Path) -> None:
    assert [put_receipt(bundle, receipt) for _ in range(2)] == ["receipts/1.json", "receipts/2.json"]
    (bundle / "receipts" / "1.json").unlink()
    assert put_receipt(bundle, receipt) == "receipts/3.json"


def test_white_space_in_a_receipt_is_found(bundle: Path, receipt: Path) -> None:
    put_receipt(bundle, receipt)
    path = bundle / "receipts" / "1.json"
    path.write_bytes(path.read_bytes() + b"\n")
    assert codes(bundle) == ["format"]


def test_a_signer_whose_signature_does_not_fit_gives_no_receipt(bundle: Path) -> None:
    liar = Signer(BELGRADE.authority, BELGRADE.public_key, signer_of(8).sign)
    with pytest.raises(SignatureError):
        make_receipt(bundle, liar, HEAD, NOON)


@pytest.mark.parametrize("text", ["[]", "{}", '{"body":{},"key":1}'])
def test_an_anchor_that_is_no_receipt_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "r.json").write_text(text, encoding="utf-8")
    with pytest.raises(SchemaError, match="receipt"):
        read_outside(None, str(tmp_path / "r.json"))
