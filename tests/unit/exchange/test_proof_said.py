"""What is said of a proof: each thing that is wrong with it by its name, each witness with its time, and a file that is none by where it ends."""

from base64 import b64encode
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest

from headwater.errors import FormatError, HeadwaterError, LimitError
from headwater.exchange.checkpoint import (
    MAX_SIGNATURES,
    Checkpoint,
    NoteSignature,
    claims_of,
    cosign,
    cosigned_at,
    read_checkpoint,
    sign_checkpoint,
    slim,
)
from headwater.exchange.proof import FIRST_LINE, MAX_PATH, SALT_BYTES, Checked, Proof, check_proof, read_proof
from headwater.exchange.signed import PairSeed
from headwater.model.ids import AuthorityId
from headwater.model.merkle import HASH_BYTES, leaf_hash, node_hash
from headwater.testing.fakes import START
from tests.exchange_world import BELGRADE, LONDON, PRISTINA

SEEDS = {name: PairSeed(bytes([at]) * 32, bytes([at + 9]) * 32) for at, name in enumerate((LONDON, BELGRADE, PRISTINA))}
KEYS = {name: (seed.public(),) for name, seed in SEEDS.items()}
OPENING = b"s" * SALT_BYTES + b'{"kind":"x"}'
LEAF, BESIDE = leaf_hash(sha256(OPENING).digest()), b"b" * HASH_BYTES
NOTE = sign_checkpoint(LONDON, 2, node_hash(LEAF, BESIDE), SEEDS[LONDON])
LATER = START + timedelta(hours=1, microseconds=700_000)
WITNESSED = cosign(cosign(NOTE, PRISTINA, LATER, SEEDS[PRISTINA]), BELGRADE, START, SEEDS[BELGRADE])
TRUE = Proof(0, OPENING, (BESIDE,), WITNESSED)
BOTH = ((BELGRADE, START), (PRISTINA, LATER.replace(microsecond=0)))
PLACE = "the event does not stand in the log at that place"
NOBODY = "no card of the log's authority was given"
UNSIGNED = "the log's authority has not signed the checkpoint"


def broken(note: Checkpoint, place: int) -> Checkpoint:
    """A note with one signature whose last byte is another."""
    lines = list(note.signatures)
    data = lines[place].data
    lines[place] = replace(lines[place], data=data[:-1] + bytes([data[-1] ^ 1]))
    return replace(note, signatures=tuple(lines))


SAID: dict[str, tuple[Proof, tuple[AuthorityId, ...], Checked]] = {
    "all is well": (TRUE, (LONDON, BELGRADE, PRISTINA), Checked(LONDON, BOTH, ())),
    "a witness whose card was not given is left aside": (TRUE, (LONDON, PRISTINA), Checked(LONDON, BOTH[1:], ())),
    "nobody has witnessed it": (replace(TRUE, checkpoint=NOTE), (LONDON, BELGRADE), Checked(LONDON, (), ())),
    "another place": (replace(TRUE, index=1), (LONDON,), Checked(LONDON, (), (PLACE,))),
    "another event": (replace(TRUE, opening=OPENING + b" "), (LONDON,), Checked(LONDON, (), (PLACE,))),
    "another way up": (replace(TRUE, path=(LEAF,)), (LONDON, BELGRADE), Checked(LONDON, BOTH[:1], (PLACE,))),
    "no card of the log": (TRUE, (BELGRADE,), Checked(LONDON, BOTH[:1], (NOBODY,))),
    "one of its keys has not signed": (
        replace(TRUE, checkpoint=broken(WITNESSED, 0)),
        (LONDON, BELGRADE),
        Checked(LONDON, BOTH[:1], (UNSIGNED,)),
    ),
    "nor the other": (replace(TRUE, checkpoint=broken(WITNESSED, 1)), (LONDON,), Checked(LONDON, (), (UNSIGNED,))),
    "a witness has not": (
        replace(TRUE, checkpoint=broken(WITNESSED, 2)),
        (LONDON, BELGRADE, PRISTINA),
        Checked(LONDON, BOTH[:1], ("the cosignature of XK-KP does not hold",)),
    ),
    "all is wrong": (
        replace(TRUE, index=1, checkpoint=broken(broken(broken(WITNESSED, 0), 2), 3)),
        (LONDON, BELGRADE, PRISTINA),
        Checked(
            LONDON,
            (),
            (PLACE, UNSIGNED, "the cosignature of RS-MOI does not hold", "the cosignature of XK-KP does not hold"),
        ),
    ),
    "no log of ours": (
        replace(TRUE, checkpoint=replace(WITNESSED, origin="elsewhere/UK-NCA")),
        (LONDON,),
        Checked(None, (), (NOBODY,)),
    ),
    "nor of an authority": (
        replace(TRUE, checkpoint=replace(WITNESSED, origin="headwater/nobody at all")),
        (LONDON,),
        Checked(None, (), (NOBODY,)),
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_said_of_a_proof_is_all_that_is_wrong_and_all_who_have_seen_it(name: str) -> None:
    proof, known, wanted = SAID[name]
    found = check_proof(proof, {each: KEYS[each] for each in known})
    assert found == wanted
    assert found.ok is (wanted.problems == ())


def test_a_proof_is_read_as_it_was_written_and_is_three_lines_its_way_and_the_note() -> None:
    data = TRUE.to_bytes()
    assert read_proof(data) == TRUE
    assert TRUE.event == b'{"kind":"x"}'
    head, _, note = data.partition(b"\n\n")
    assert note == WITNESSED.to_bytes()
    assert head.decode().split("\n") == [
        "c2sp.org/tlog-proof@v1",
        f"extra {b64encode(OPENING).decode()}",
        "index 0",
        b64encode(BESIDE).decode(),
    ]


def written(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + NOTE.to_bytes()


EXTRA, WAY = f"extra {b64encode(OPENING).decode()}", b64encode(BESIDE).decode()
NONE: dict[str, tuple[bytes, str]] = {
    "another first line": (written(FIRST_LINE + "1", EXTRA, "index 0"), "not a proof of a log"),
    "no gap": (b"c2sp.org/tlog-proof@v1\nextra x\nindex 0\n", "not a proof of a log"),
    "no letters": (b"\xff" + TRUE.to_bytes(), "not a proof of a log"),
    "only the first line": (written(FIRST_LINE), "a proof that does not say what it proves"),
    "something else in its place": (written(FIRST_LINE, "index 0", EXTRA), "a proof that does not say what it proves"),
    "no index": (written(FIRST_LINE, EXTRA), "a proof without an index"),
    "another word": (written(FIRST_LINE, EXTRA, "place 0"), "a proof without an index"),
    "a number below none": (written(FIRST_LINE, EXTRA, "index -1"), "a proof without an index"),
    "a number with a nought before it": (written(FIRST_LINE, EXTRA, "index 00"), "a proof without an index"),
    "a number too long": (written(FIRST_LINE, EXTRA, "index 1" + "0" * 16), "a proof without an index"),
    "a way that is too short": (written(FIRST_LINE, EXTRA, "index 0", "AAAA"), "a proof whose path is none"),
    "a way with spare bits": (written(FIRST_LINE, EXTRA, "index 0", WAY[:-2] + "J="), "base64 with spare bits"),
    "a way too far": (written(FIRST_LINE, EXTRA, "index 0", *[WAY] * (MAX_PATH + 1)), "a proof whose path is none"),
    "nothing but salt": (
        written(FIRST_LINE, f"extra {b64encode(OPENING[:SALT_BYTES]).decode()}", "index 0"),
        "a proof of no event",
    ),
    "no base64": (written(FIRST_LINE, "extra ?", "index 0"), "not base64"),
}


@pytest.mark.parametrize("name", NONE)
def test_a_file_that_is_no_proof_is_said_to_be_none_by_what_is_missing(name: str) -> None:
    data, what = NONE[name]
    with pytest.raises(FormatError) as refused:
        read_proof(data)
    assert refused.value.what == what


def test_the_largest_number_and_the_longest_way_are_read() -> None:
    proof = read_proof(written(FIRST_LINE, EXTRA, "index 1" + "0" * 15, *[WAY] * MAX_PATH))
    assert (proof.index, len(proof.path)) == (10**15, MAX_PATH)


# Notes


def test_a_note_with_lines_that_nobody_reads_keeps_them_and_is_signed_over_them() -> None:
    bare = Checkpoint("headwater/UK-NCA", 2, NOTE.root, ("first", "second"))
    assert bare.text == b"headwater/UK-NCA\n2\n" + b64encode(NOTE.root) + b"\nfirst\nsecond\n"
    signed = cosign(bare, BELGRADE, START, SEEDS[BELGRADE])
    assert read_checkpoint(signed.to_bytes()) == signed
    assert cosigned_at(signed, BELGRADE, KEYS[BELGRADE]) == START
    assert cosigned_at(replace(signed, extensions=("first",)), BELGRADE, KEYS[BELGRADE]) is None


ROOT = b64encode(NOTE.root).decode()
SIGNED = "".join(each.line for each in NOTE.signatures[:1])
NOTES: dict[str, tuple[str, str]] = {
    "no gap": (f"headwater/UK-NCA\n2\n{ROOT}\n{SIGNED}", "not a signed note"),
    "a letter that is none": (f"headwater/UK-NCA\t\n2\n{ROOT}\n\n{SIGNED}", "not a signed note"),
    "a line too few": (f"headwater/UK-NCA\n2\n\n{SIGNED}", "a note that is no checkpoint"),
    "an empty line": (f"headwater/UK-NCA\n2\n{ROOT}\n\nx\n\n{SIGNED}", "a note that is no checkpoint"),
    "no number": (f"headwater/UK-NCA\ntwo\n{ROOT}\n\n{SIGNED}", "a note that is no checkpoint"),
    "a nought before it": (f"headwater/UK-NCA\n02\n{ROOT}\n\n{SIGNED}", "a note that is no checkpoint"),
    "a root too short": (f"headwater/UK-NCA\n2\nAAAA\n\n{SIGNED}", "a checkpoint of no log"),
    "a root that is none": (f"headwater/UK-NCA\n2\n{ROOT}x\n\n{SIGNED}", "not base64"),
    "a log too large": (f"headwater/UK-NCA\n{1 << 53}\n{ROOT}\n\n{SIGNED}", "a checkpoint of no log"),
    "cut short": (f"headwater/UK-NCA\n2\n{ROOT}\n\n{SIGNED[:-1]}", "a note that is cut short"),
    "nothing below": (f"headwater/UK-NCA\n2\n{ROOT}\n\n\n", "a note that is no checkpoint"),
    "a line that is none": (f"headwater/UK-NCA\n2\n{ROOT}\n\n{SIGNED}x\n", "a line of a note that is no signature"),
    "a key and nothing more": (
        f"headwater/UK-NCA\n2\n{ROOT}\n\n— headwater/UK-NCA AAAAAA==\n",
        "a line of a note that is no signature",
    ),
    "a name with a plus": (f"headwater/UK-NCA\n2\n{ROOT}\n\n— a+b AAAAAAA=\n", "a line of a note that is no signature"),
}


@pytest.mark.parametrize("name", NOTES)
def test_what_is_no_note_is_said_to_be_none_by_what_is_missing(name: str) -> None:
    text, what = NOTES[name]
    with pytest.raises(HeadwaterError) as refused:
        read_checkpoint(text.encode())
    assert refused.value.what == what


def test_a_note_bears_so_many_signatures_and_no_more() -> None:
    line = NoteSignature("headwater/UK-NCA", b"1234", b"x")
    for count in (MAX_SIGNATURES, MAX_SIGNATURES + 1):
        data = replace(NOTE, signatures=(line,) * count).to_bytes()
        if count == MAX_SIGNATURES:
            assert len(read_checkpoint(data).signatures) == count
        else:
            with pytest.raises(LimitError):
                read_checkpoint(data)


def test_a_line_in_a_witnesses_name_is_its_claim_whether_it_holds_or_not() -> None:
    twice = cosign(WITNESSED, BELGRADE, LATER, SEEDS[BELGRADE])
    for note, claims, at in (
        (NOTE, 0, None),
        (WITNESSED, 1, START),
        (twice, 2, LATER.replace(microsecond=0)),
        (broken(twice, 4), 2, None),
        (replace(WITNESSED, size=3), 1, None),
    ):
        assert (claims_of(note, BELGRADE, KEYS[BELGRADE]), cosigned_at(note, BELGRADE, KEYS[BELGRADE])) == (claims, at)
    both = (*KEYS[PRISTINA], *KEYS[BELGRADE])
    assert (claims_of(twice, BELGRADE, both), cosigned_at(twice, BELGRADE, both)) == (2, LATER.replace(microsecond=0))


def test_the_slim_form_leaves_out_the_owners_long_signature_and_nobody_elses() -> None:
    lean = slim(WITNESSED, LONDON)
    assert lean.signatures == (WITNESSED.signatures[0], *WITNESSED.signatures[2:])
    assert slim(WITNESSED, BELGRADE).signatures == (*WITNESSED.signatures[:3],)
    assert lean.text == WITNESSED.text
