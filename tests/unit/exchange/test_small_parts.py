"""Framing, refusals, waiting and keys."""

import stat
from pathlib import Path

import pytest

from headwater.errors import (
    FormatError,
    InputError,
    KeyTrustError,
    LimitError,
    SettingsError,
    TrustError,
)
from headwater.exchange.backoff import REST_CAP_S, TRY_CAP_S, wait_s
from headwater.exchange.envelope import Lane
from headwater.exchange.framing import join, split
from headwater.exchange.keys import Keys, read_roots
from headwater.exchange.refusal import Code, Refusal, error_for
from headwater.exchange.witness import Known, ReceiptHead, Said, Word, judge, judge_receipt, own_fault
from headwater.policy.rules import RULES
from headwater.store import Head
from headwater.testing.fakes import START, SeededChance


def test_what_is_joined_is_split_again() -> None:
    parts = [b"", b"a", b"b" * 70_000]
    assert split(join(parts), most=3) == parts


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\0\0\1", b"\0\0\0\2a", b"\xff\xff\xff\xff" + b"a" * 100])
def test_a_batch_that_ends_too_early_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError):
        split(data, most=64)


def test_a_batch_with_more_parts_than_may_be_is_refused() -> None:
    with pytest.raises(LimitError):
        split(join([b""] * 65), most=64)


def test_every_code_of_the_wire_is_one_declared_error_inside() -> None:
    families = {
        Code.TOO_LARGE: "input.limit",
        Code.BAD_HEADER: "input.format",
        Code.WRONG_RECIPIENT: "trust.key",
        Code.UNKNOWN_KEY: "trust.key",
        Code.REVOKED_KEY: "trust.key",
        Code.EXPIRED_CARD: "trust.key",
        Code.EXPIRED: "trust.clock",
        Code.CLOCK: "trust.clock",
        Code.BAD_SEAL: "trust.signature",
        Code.BAD_SIGNATURE: "trust.signature",
        Code.BAD_BODY: "input.format",
        Code.EQUIVOCATION: "trust.equivocation",
        Code.REPLAY: "trust.replay",
    }
    assert {code: Refusal(code).error().code for code in Code} == families
    assert all(isinstance(Refusal(code).error(), InputError | TrustError) for code in Code)


@pytest.mark.parametrize(
    ("word", "code", "fix"),
    [
        ("bad-seal", "peer.refused", "ask the partner what its node found wrong"),
        ("expired", "peer.refused", "send it again with a later expiry"),
        ("purpose", "policy.forbidden", "name one of the agreement's purposes"),
        ("retention", "policy.expired", "ask the originator for the fact again"),
        ("agreement-dates", "policy.expired", "renew the agreement"),
        ("of-another-node", "policy.forbidden", "ask the partner what its node found wrong"),
    ],
)
def test_a_partners_refusal_is_a_declared_error_here(word: str, code: str, fix: str) -> None:
    error = error_for(word)
    assert (error.code, str(error.where)) == (code, word)
    assert error.fix.startswith(fix)
    assert "refused" not in error.what, "it says what is wrong, not that something is"


def test_every_code_and_rule_has_a_meaning_and_a_remedy_of_its_own() -> None:
    for word in [*Code, *(rule.name for rule in RULES)]:
        error = error_for(word)
        assert error.what != error_for("of-another-node").what
        assert error.fix not in {"", error.advice}


@pytest.mark.parametrize("cap_s", [TRY_CAP_S, *REST_CAP_S.values()])
def test_waiting_grows_to_its_cap_and_never_ends_at_once(cap_s: float) -> None:
    longest = [wait_s(failures, cap_s, b"\xff\xff") for failures in range(1, 40)]
    shortest = [wait_s(failures, cap_s, b"\0\0") for failures in range(1, 40)]
    assert longest == sorted(longest)
    assert cap_s * 0.99 < longest[-1] <= cap_s
    assert all(1.0 <= low < high for low, high in zip(shortest, longest, strict=True))


def test_a_partner_is_tried_within_half_a_minute_and_what_it_could_not_take_goes_again_within_five() -> None:
    assert (TRY_CAP_S, REST_CAP_S) == (30.0, {Lane.NORMAL: 300.0, Lane.URGENT: 30.0})


def test_keys_are_made_once_private_to_their_owner_with_the_roots_apart(tmp_path: Path) -> None:
    keys = Keys.create(tmp_path, SeededChance(1))
    files = [*(tmp_path / "keys").iterdir(), *(tmp_path / "roots").iterdir()]
    assert len(files) == 6
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert {stat.S_IMODE(file.parent.stat().st_mode) for file in files} == {0o700}
    assert len(read_roots(tmp_path / "roots")) == 3
    with pytest.raises(SettingsError):
        Keys.create(tmp_path, SeededChance(2))
    assert Keys(tmp_path).signing_seed() == keys.signing_seed()


def test_a_key_that_is_added_is_the_one_in_use_and_the_older_stays(tmp_path: Path) -> None:
    chance = SeededChance(1)
    keys = Keys.create(tmp_path, chance)
    before = keys.signing_seed()
    keys.add("signing", chance)
    assert keys.signing_seed() != before
    assert before in keys.signing_seeds.values()


@pytest.mark.parametrize("text", ["", "00\n", "zz" * 32 + "\n", "00" * 32 + "\n" + "00" * 32 + "\n"])
def test_a_damaged_key_file_is_no_key(tmp_path: Path, text: str) -> None:
    keys = Keys.create(tmp_path, SeededChance(1))
    next((tmp_path / "keys").glob("signing-*")).write_text(text)
    with pytest.raises(KeyTrustError):
        keys.signing_seed()


def test_a_node_without_keys_says_where_they_may_be(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="put keys/ back from a backup"):
        Keys(tmp_path).signing_seed()
    with pytest.raises(KeyTrustError):
        read_roots(tmp_path)


def test_a_secret_for_a_use_is_the_nodes_own_and_holds_no_part_of_the_key(tmp_path: Path) -> None:
    london, belgrade = (Keys.create(tmp_path / name, SeededChance(number)) for number, name in enumerate(("uk", "rs")))
    secrets = {london.secret("trace"), london.secret("query"), belgrade.secret("trace")}
    assert len(secrets) == 3
    assert london.secret("trace") == Keys(tmp_path / "uk").secret("trace")
    seed = london.signing_seed()
    assert not any(seed[at : at + 4] in london.secret("trace") for at in range(len(seed) - 3))


@pytest.mark.parametrize(("seq", "word"), [(11, Word.SHRUNK), (10, Word.LATE), (9, Word.LATE)])
def test_a_shorter_log_in_a_later_word_is_shrunk_and_in_an_earlier_one_late(seq: int, word: Word) -> None:
    said = Said(size=3, root=bytes(32), seq=seq, seen=seq, grown={})
    assert judge(Known(size=5, root="ab" * 32, seq=10), said) is word
    assert judge_receipt(ReceiptHead(5, "ab" * 32, START, "", 10), said) is word


@pytest.mark.parametrize(("root", "word"), [(b"\xab" * 32, Word.SAME), (bytes(32), Word.FORKED)])
def test_a_log_of_the_size_held_is_the_same_or_another(root: bytes, word: Word) -> None:
    said = Said(size=5, root=root, seq=11, seen=11, grown={})
    assert judge(Known(size=5, root="ab" * 32, seq=10), said) is word
    assert judge_receipt(ReceiptHead(5, "ab" * 32, START, "", 10), said) is word


def test_our_own_log_is_told_to_be_shorter_or_another_than_the_one_we_have_signed() -> None:
    root, other = b"r" * 32, b"o" * 32
    assert own_fault(Head(7, root), 7, root, root) == ""
    assert own_fault(Head(7, root), 5, other, other) == ""
    assert "7 leaves; it has signed one of 8" in own_fault(Head(7, root), 8, root, None)
    assert "another one than it has signed at 5" in own_fault(Head(7, root), 5, other, root)
