"""Proofs that an event stands in a node's log, which a stranger checks offline. Normative text: docs/spec/log.md.

The file is a C2SP ``tlog-proof``: index, audit path, and the checkpoint with the partner's cosignatures. Its ``extra``
line holds what the leaf commits to, 16 bytes of salt and then the event: without it nobody could tell what was logged.

Source: c2sp.org/tlog-proof.
"""

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from headwater.errors import FormatError, LimitError
from headwater.exchange.checkpoint import (
    MAX_NOTE,
    Checkpoint,
    claims_of,
    cosigned_at,
    is_signed_by_log,
    read_checkpoint,
    unbase64,
)
from headwater.exchange.signed import PairKey
from headwater.model.ids import AuthorityId
from headwater.model.merkle import HASH_BYTES, leaf_hash, verify_inclusion

FIRST_LINE: Final = "c2sp.org/tlog-proof@v1"
SALT_BYTES: Final = 16
MAX_PATH: Final = 64
MAX_PROOF: Final = MAX_NOTE + 256 * 1024
_INDEX: Final = re.compile(r"index (0|[1-9][0-9]{0,15})")


@dataclass(frozen=True, slots=True)
class Proof:
    """One leaf, the way from it to the root, and the checkpoint that names the root.

    Attributes:
        index: the leaf's number, from 0.
        opening: salt and event, as the leaf commits to them.
        path: hashes from the leaf upward.
        checkpoint: signed by the log and cosigned by partners.
    """

    index: int
    opening: bytes
    path: tuple[bytes, ...]
    checkpoint: Checkpoint

    def to_bytes(self) -> bytes:
        """Return the file."""
        lines = [FIRST_LINE, f"extra {base64.b64encode(self.opening).decode()}", f"index {self.index}"]
        lines += [base64.b64encode(each).decode() for each in self.path]
        return "".join(f"{line}\n" for line in lines).encode() + b"\n" + self.checkpoint.to_bytes()

    @property
    def event(self) -> bytes:
        """The event's bytes: canonical JSON."""
        return self.opening[SALT_BYTES:]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of a proof found.

    Attributes:
        authority: whose log it is, None where it is no log of headwater.
        witnesses: partners whose cosignature holds, and when they gave it.
        problems: what is wrong; empty where the proof holds.
    """

    authority: AuthorityId | None
    witnesses: tuple[tuple[AuthorityId, datetime], ...]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether the log's authority has signed that this event stands at this place."""
        return not self.problems


def read_proof(data: bytes) -> Proof:
    """Return the proof that a file is; nothing has been checked yet.

    Raises:
        InputError: it is none.
    """
    if len(data) > MAX_PROOF:
        raise LimitError("larger than a proof can be")
    head, gap, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        raise FormatError("not a proof of a log") from error
    if not gap or lines[0] != FIRST_LINE:
        raise FormatError("not a proof of a log", fix="make one with: headwater prove ID --out FILE")
    extra = lines[1].removeprefix("extra ") if len(lines) > 1 and lines[1].startswith("extra ") else None
    if extra is None:
        raise FormatError("a proof that does not say what it proves")
    match = _INDEX.fullmatch(lines[2]) if len(lines) > 2 else None  # noqa: PLR2004 - first line, extra, index
    if match is None:
        raise FormatError("a proof without an index")
    path = tuple(unbase64(line) for line in lines[3:])
    if len(path) > MAX_PATH or any(len(each) != HASH_BYTES for each in path):
        raise FormatError("a proof whose path is none")
    opening = unbase64(extra)
    if len(opening) <= SALT_BYTES:
        raise FormatError("a proof of no event")
    return Proof(int(match[1]), opening, path, read_checkpoint(note))


def check_proof(proof: Proof, keys: Mapping[AuthorityId, Sequence[PairKey]]) -> Checked:
    """Return what is wrong with a proof, and which partners have witnessed the log's head.

    Args:
        proof: as it was read.
        keys: the `papers` of cards that the reader trusts, by authority; without those of the log's authority no proof
            holds. A signature of an authority that is not among them is left aside; one that names a key of theirs must
            hold.
    """
    checkpoint, problems = proof.checkpoint, []
    leaf = leaf_hash(sha256(proof.opening).digest())
    if not verify_inclusion(proof.index, checkpoint.size, leaf, proof.path, checkpoint.root):
        problems.append("the event does not stand in the log at that place")
    authority = checkpoint.authority
    own = keys.get(authority) if authority else None
    if own is None:
        problems.append("no card of the log's authority was given")
    elif not is_signed_by_log(checkpoint, own):
        problems.append("the log's authority has not signed the checkpoint")
    witnesses: list[tuple[AuthorityId, datetime]] = []
    for name, pairs in sorted(keys.items()):
        at = None if name == authority else cosigned_at(checkpoint, name, pairs)
        if at is not None:
            witnesses.append((name, at))
        elif name != authority and claims_of(checkpoint, name, pairs):
            problems.append(f"the cosignature of {name} does not hold")
    return Checked(authority, tuple(witnesses), tuple(problems))
