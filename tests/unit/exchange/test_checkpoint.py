"""Checkpoints are notes in C2SP's form, and only what the right keys have signed counts."""

import base64
import hashlib
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from headwater.errors import FormatError, InputError
from headwater.exchange.checkpoint import (
    ED25519,
    MAX_NOTE,
    Checkpoint,
    NoteSignature,
    _key_id,
    cosign,
    cosigned_at,
    is_log_ed25519,
    is_signed_by_log,
    read_checkpoint,
    sign_checkpoint,
    slim,
)
from headwater.exchange.signed import PairSeed
from tests.exchange_world import BELGRADE, LONDON

ROOT = hashlib.sha256(b"root").digest()
UK = PairSeed(b"u" * 32, b"U" * 32)
RS = PairSeed(b"r" * 32, b"R" * 32)
AT = datetime(2026, 11, 25, 8, 30, 12, 900_000, tzinfo=UTC)


@pytest.fixture(scope="module")
def signed() -> Checkpoint:
    return sign_checkpoint(LONDON, 82, ROOT, UK)


@pytest.mark.parametrize(
    "published",
    [
        # the keys that Go's own note package and checksum database publish, in Go's form NAME+ID+KEY
        "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8",
    ],
)
def test_a_key_is_named_as_go_names_its_own(published: str) -> None:
    name, named, encoded = published.split("+", 2)
    raw = base64.b64decode(encoded)
    assert raw[:1] == ED25519
    assert _key_id(name, ED25519, raw[1:].hex()).hex() == named


def test_a_note_is_read_as_it_was_written(signed: Checkpoint) -> None:
    whole = cosign(signed, BELGRADE, AT, RS)
    assert read_checkpoint(whole.to_bytes()) == whole
    assert whole.to_bytes().startswith(b"headwater/UK-NCA\n82\n")


def test_both_keys_of_the_log_must_have_signed(signed: Checkpoint) -> None:
    assert is_signed_by_log(signed, [UK.public()])
    assert is_signed_by_log(signed, [RS.public(), UK.public()])
    assert not is_signed_by_log(signed, [RS.public()])
    for left in signed.signatures:
        assert not is_signed_by_log(replace(signed, signatures=(left,)), [UK.public()])


@pytest.mark.parametrize("place", [0, 1])
def test_the_signature_of_either_key_must_hold_and_not_only_be_there(signed: Checkpoint, place: int) -> None:
    made = list(signed.signatures)
    data = bytearray(made[place].data)
    data[100 % len(data)] ^= 1
    made[place] = replace(made[place], data=bytes(data))
    assert not is_signed_by_log(replace(signed, signatures=tuple(made)), [UK.public()])


@pytest.mark.parametrize(
    "change", [{"size": 83}, {"root": bytes(32)}, {"origin": "headwater/RS-MOI"}, {"extensions": ("x",)}]
)
def test_a_signature_is_over_all_of_the_text(signed: Checkpoint, change: dict[str, object]) -> None:
    changed = replace(cosign(signed, BELGRADE, AT, RS), **change)  # type: ignore[arg-type]
    assert not is_signed_by_log(changed, [UK.public()])
    assert cosigned_at(changed, BELGRADE, [RS.public()]) is None


def test_a_cosignature_says_when_in_whole_seconds(signed: Checkpoint) -> None:
    whole = cosign(signed, BELGRADE, AT, RS)
    assert cosigned_at(whole, BELGRADE, [RS.public()]) == AT.replace(microsecond=0)
    assert cosigned_at(whole, BELGRADE, [UK.public()]) is None
    assert cosigned_at(whole, LONDON, [RS.public()]) is None


def test_of_two_cosignatures_of_one_witness_the_newer_says_when(signed: Checkpoint) -> None:
    first, later = AT.replace(microsecond=0), AT.replace(microsecond=0, hour=9)
    for times in ((first, later), (later, first)):
        whole = cosign(cosign(signed, BELGRADE, times[0], RS), BELGRADE, times[1], RS)
        assert cosigned_at(whole, BELGRADE, [RS.public()]) == later


def test_a_cosignature_is_no_signature_of_a_log_and_none_is_a_cosignature(signed: Checkpoint) -> None:
    own = cosign(signed, LONDON, AT, UK)
    assert is_signed_by_log(own, [UK.public()])
    assert not is_signed_by_log(replace(own, signatures=own.signatures[2:]), [UK.public()])
    assert cosigned_at(signed, LONDON, [UK.public()]) is None


def test_the_slim_form_can_be_told_by_its_owner_and_is_no_proof_to_others(signed: Checkpoint) -> None:
    short = slim(cosign(signed, BELGRADE, AT, RS), LONDON)
    assert len(short.to_bytes()) < 500
    assert is_log_ed25519(short, [UK.public()])
    assert not is_signed_by_log(short, [UK.public()])
    assert cosigned_at(short, BELGRADE, [RS.public()]) is not None


def test_signatures_of_two_copies_are_joined_and_of_two_checkpoints_are_not(signed: Checkpoint) -> None:
    one, other = cosign(signed, BELGRADE, AT, RS), slim(signed, LONDON)
    assert set(other.joined(one).signatures) == set(one.signatures)
    with pytest.raises(FormatError):
        signed.joined(sign_checkpoint(LONDON, 83, ROOT, UK))


def test_only_a_log_of_headwater_has_an_authority(signed: Checkpoint) -> None:
    assert signed.authority == LONDON
    assert replace(signed, origin="example.com/log").authority is None
    assert replace(signed, origin="headwater/nobody").authority is None


@pytest.mark.parametrize("data", [b"x" * (MAX_NOTE + 1), b"", b"\n\n", b"a\n1\n", b"\xff\n\n"])
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(InputError):
        read_checkpoint(data)


def test_a_line_of_a_note_holds_name_and_key_before_the_signature() -> None:
    line = NoteSignature("headwater/UK-NCA", b"\1\2\3\4", b"sig").line
    assert line == "— headwater/UK-NCA AQIDBHNpZw==\n"
