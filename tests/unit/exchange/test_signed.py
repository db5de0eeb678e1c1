"""Papers carry the bytes that were signed, and signatures that name their key."""

import base64
import json

import pytest
from msgspec.structs import replace

from headwater.errors import FormatError, InputError, KeyTrustError, LimitError, SchemaError
from headwater.exchange.signed import MAX_PAPER, Algorithm, PairKey, PairSeed, Paper, read_paper, sign_paper

ONE = PairSeed(b"\1" * 32, b"\2" * 32)
OTHER = PairSeed(b"\3" * 32, b"\4" * 32)


def test_a_paper_is_signed_by_whoever_signed_it_for_that_purpose() -> None:
    paper = read_paper(sign_paper(b"payload", "test", (ONE,)).to_bytes())
    assert paper.body == b"payload"
    assert paper.is_signed_by(ONE.public(), "test")
    assert not paper.is_signed_by(OTHER.public(), "test")
    assert not paper.is_signed_by(ONE.public(), "other")


def test_two_copies_join_their_signatures() -> None:
    one, other = sign_paper(b"payload", "test", (ONE,)), sign_paper(b"payload", "test", (OTHER,))
    both = one.joined(other).joined(one)
    assert both.is_signed_by(ONE.public(), "test")
    assert both.is_signed_by(OTHER.public(), "test")
    assert len(both.signatures) == 4


def test_copies_of_different_bytes_do_not_join() -> None:
    with pytest.raises(KeyTrustError):
        sign_paper(b"one", "test", (ONE,)).joined(sign_paper(b"other", "test", (OTHER,)))


def test_a_signature_moved_to_another_payload_is_none() -> None:
    one, other = sign_paper(b"one", "test", (ONE,)), sign_paper(b"other", "test", (ONE,))
    swapped = read_paper(
        json.dumps({"payload": one.payload, "signatures": json.loads(other.to_bytes())["signatures"]}).encode()
    )
    assert not swapped.is_signed_by(ONE.public(), "test")


def test_the_two_kinds_of_signature_do_not_stand_in_for_each_other() -> None:
    paper = sign_paper(b"payload", "test", (ONE,))
    halves = [paper.signatures[0], paper.signatures[0]]
    twice = read_paper(
        json.dumps({"payload": paper.payload, "signatures": [vars_of(half) for half in halves]}).encode()
    )
    assert not twice.is_signed_by(ONE.public(), "test")


def vars_of(signature: object) -> dict[str, str]:
    return {name: str(getattr(signature, name)) for name in ("key", "alg", "sig")}


@pytest.mark.parametrize(
    "changed",
    [
        {"payload": "cGF5bG9hZA"},
        {"payload": "cGF5bG9hZB=="},
        {"payload": "cGF5\nbG9hZA=="},
        {"payload": "č"},
        {"signatures": [{"key": "0", "alg": "ed25519", "sig": "?"}]},
        {"signatures": [{"key": "0", "alg": "rsa", "sig": ""}]},
        {"signatures": [{"key": "0", "alg": "ed25519", "sig": "", "note": ""}]},
        {"signatures": [{"key": "0", "alg": "ed25519", "sig": ""}] * 33},
        {"note": 1},
    ],
)
def test_what_is_no_paper_is_refused(changed: dict[str, object]) -> None:
    given = {"payload": base64.b64encode(b"payload").decode(), "signatures": [], **changed}
    with pytest.raises(InputError):
        read_paper(json.dumps(given, ensure_ascii=False).encode())


def test_a_paper_larger_than_papers_are_is_refused_before_it_is_read() -> None:
    with pytest.raises(LimitError):
        read_paper(b" " * (MAX_PAPER + 1))


def test_a_key_twice_in_a_paper_is_refused() -> None:
    with pytest.raises(FormatError):
        read_paper(b'{"payload":"","payload":"","signatures":[]}')


@pytest.mark.parametrize(("ed25519", "mldsa65"), [("00" * 31, "00" * 1952), ("00" * 32, "00" * 1951), ("zz", "00")])
def test_keys_have_the_length_of_their_kind(ed25519: str, mldsa65: str) -> None:
    with pytest.raises(SchemaError):
        PairKey(ed25519=ed25519, mldsa65=mldsa65)


def test_a_signature_counts_under_the_name_of_its_own_key_and_kind_alone() -> None:
    one, other = ONE, OTHER
    good = sign_paper(b"{}", "card", (one,))
    assert good.is_signed_by(one.public(), "card")
    names = {each.alg: each.key for each in sign_paper(b"{}", "card", (other,)).signatures}
    for place, each in enumerate(good.signatures):
        alg = next(alg for alg in Algorithm if alg is not each.alg)
        for changed in (replace(each, key=names[each.alg]), replace(each, alg=alg)):
            lines = list(good.signatures)
            lines[place] = changed
            assert not Paper(payload=good.payload, signatures=tuple(lines)).is_signed_by(one.public(), "card")
