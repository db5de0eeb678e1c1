"""The limits that another nation's node relies on are those that the specification names."""

from pathlib import Path
from typing import Final

import pytest

from headwater.exchange import card, checkpoint, courier, envelope, framing, proof, receipt, signed, suite, syncing
from headwater.exchange.deadlines import ALARMS, NORMAL_DAYS, URGENT_DAYS, URGENT_DIRECT
from headwater.model.merkle import HASH_BYTES
from headwater.model.message import CHUNK_BYTES, MAX_FILE

SPEC: Final = Path(__file__).parents[3] / "docs" / "spec"
KIB: Final = 1024
MIB: Final = 1024 * KIB
STATED: Final = [
    ("envelope.md", "the whole ≤ 4 MiB (4,194,304 bytes)", envelope.MAX_ENVELOPE, 4 * MIB),
    ("envelope.md", "n ≤ 4096", envelope.MAX_HEADER, 4096),
    ("envelope.md", "integer, 1 to 2^53 − 1", envelope.MAX_SEQ, 2**53 - 1),
    ("envelope.md", "more than 300 s after now", envelope.MAX_AHEAD.total_seconds(), 300),
    ("envelope.md", "1 to 64 times", framing.MAX_ENVELOPES, 64),
    ("envelope.md", "ours takes 32 MiB", framing.MAX_BATCH, 32 * MIB),
    ("envelope.md", "a node takes at least 8 MiB or one envelope", courier.MOST_BYTES, 8 * MIB),
    ("envelope.md", "at most\n64 envelopes that are queued together", suite.MAX_TOGETHER, 64),
    ("card.md", "at most 256 KiB and 32 signatures", (signed.MAX_PAPER, signed.MAX_SIGNATURES), (256 * KIB, 32)),
    ("card.md", "exactly three different pairs that sign cards", card.ROOTS, 3),
    ("card.md", "two of the three make the next card", card.THRESHOLD, 2),
    ("card.md", "1 to 8 Ed25519 keys", card.MAX_KEYS, 8),
    ("files.md", "at most 1 GiB", MAX_FILE, 1024 * MIB),
    ("files.md", "each holds 1 MiB of the file", CHUNK_BYTES, MIB),
    ("log.md", "at most 128 KiB and 32 signatures", (checkpoint.MAX_NOTE, checkpoint.MAX_SIGNATURES), (128 * KIB, 32)),
    ("log.md", "below 2^53", checkpoint.MAX_SIZE, 2**53 - 1),
    ("log.md", "base64 of 32 bytes", HASH_BYTES, 32),
    ("log.md", "at most 384 KiB", proof.MAX_PROOF, 384 * KIB),
    ("log.md", "from the leaf's sibling upward, at most 64", proof.MAX_PATH, 64),
    ("log.md", "not void, at most 1,000", syncing.MOST_VOID, 1000),
    ("log.md", "left out above 32 KiB", syncing.MAX_RECEIPT_TOLD, 32 * KIB),
    ("receipt.md", "At most 64 KiB", receipt.MAX_RECEIPT, 64 * KIB),
    ("receipt.md", "1 to 64 of", framing.MAX_ENVELOPES, 64),
    ("requests.md", "8 hours elapsed", URGENT_DIRECT.total_seconds(), 8 * 3600),
    ("requests.md", "3 calendar days; `normal`, 7", (URGENT_DAYS, NORMAL_DAYS), (3, 7)),
    ("requests.md", "at 50, 80 and 100 per cent", ALARMS, (50, 80, 100)),
]


@pytest.mark.parametrize(("page", "words", "ours", "stated"), STATED, ids=[words for _, words, *_ in STATED])
def test_a_limit_is_what_the_specification_says(page: str, words: str, ours: object, stated: object) -> None:
    assert words in (SPEC / page).read_text("utf-8")
    assert ours == stated
