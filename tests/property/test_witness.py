"""A partner's log may only grow: whatever else it does, no witness takes it for growth; and growth is always taken."""

import random
from collections.abc import Callable

import pytest

from headwater.exchange.witness import Known, ReceiptHead, Said, Word, judge, judge_receipt
from headwater.model.merkle import consistency_proof, leaf_hash, root
from headwater.testing.fakes import START

MOST = 70


class Log:
    """A log in memory, as a partner may keep it."""

    def __init__(self, leaves: list[bytes]) -> None:
        self.leaves = leaves

    @classmethod
    def drawn(cls, chance: random.Random, size: int) -> "Log":
        return cls([leaf_hash(chance.randbytes(8)) for _ in range(size)])

    def root_at(self, size: int) -> bytes:
        return root(self.leaves[:size])

    def path(self, old: int) -> tuple[bytes, ...]:
        return tuple(consistency_proof(old, len(self.leaves), self._subtree()))

    def _subtree(self) -> Callable[[int, int], bytes]:
        return lambda level, place: root(self.leaves[place << level : place + 1 << level])

    def says(self, seq: int, *proved_from: int) -> Said:
        grown = {old: self.path(old) for old in proved_from if old <= len(self.leaves)}
        return Said(len(self.leaves), self.root_at(len(self.leaves)), seq, seq, grown)


def held(log: Log, size: int) -> Known:
    return Known(size=size, root=log.root_at(size).hex(), seq=10)


@pytest.mark.parametrize("seed", range(100))
def test_growth_is_always_taken(seed: int) -> None:
    chance = random.Random(seed)
    log = Log.drawn(chance, chance.randrange(2, MOST))
    for _ in range(10):
        old = chance.randrange(1, len(log.leaves))
        assert judge(held(log, old), log.says(11, old)) is Word.NEW
        head = ReceiptHead(old, log.root_at(old).hex(), START, "", 10)
        assert judge_receipt(head, log.says(11, old)) is Word.NEW
    assert judge(held(log, len(log.leaves)), log.says(11)) is Word.SAME


@pytest.mark.parametrize("seed", range(100))
def test_no_other_history_is_taken_for_growth(seed: int) -> None:
    chance = random.Random(seed)
    log = Log.drawn(chance, MOST)
    for _ in range(10):
        size = chance.randrange(1, MOST)
        parted = chance.randrange(size)
        later = [leaf_hash(chance.randbytes(8)) for _ in range(chance.randrange(1, MOST))]
        forked = Log(log.leaves[:parted] + later)
        said = forked.says(11, size, *range(1, len(forked.leaves)))
        wrong = Word.SHRUNK if len(forked.leaves) < size else Word.FORKED
        assert judge(held(log, size), said) is wrong
        assert judge_receipt(ReceiptHead(size, log.root_at(size).hex(), START, "", 10), said) is wrong


@pytest.mark.parametrize("seed", range(100))
def test_a_log_that_was_cut_is_shrunk_unless_the_word_is_an_older_one(seed: int) -> None:
    chance = random.Random(seed)
    log = Log.drawn(chance, MOST)
    size = chance.randrange(2, MOST)
    cut = Log(log.leaves[: chance.randrange(1, size)])
    assert judge(held(log, size), cut.says(11)) is Word.SHRUNK
    assert judge(held(log, size), cut.says(9)) is Word.LATE
    head = ReceiptHead(size, log.root_at(size).hex(), START, "", 10)
    assert judge_receipt(head, cut.says(11)) is Word.SHRUNK
    assert judge_receipt(head, cut.says(9)) is Word.LATE


def test_growth_without_a_proof_is_not_taken_and_accuses_nobody() -> None:
    log = Log.drawn(random.Random(1), 9)
    assert judge(held(log, 4), log.says(11, 5)) is Word.UNPROVED


@pytest.mark.parametrize("seed", range(50))
def test_a_proof_with_any_bit_changed_is_none(seed: int) -> None:
    chance = random.Random(seed)
    log = Log.drawn(chance, MOST)
    size = chance.randrange(1, MOST)
    path = list(log.path(size))
    place = chance.randrange(len(path))
    path[place] = bytes([path[place][0] ^ 1 << chance.randrange(8), *path[place][1:]])
    said = Said(MOST, log.root_at(MOST), 11, 11, {size: tuple(path)})
    assert judge(held(log, size), said) is Word.FORKED


def test_the_first_word_is_taken_as_it_is() -> None:
    log = Log.drawn(random.Random(1), 9)
    assert judge(Known(), log.says(1)) is Word.NEW
