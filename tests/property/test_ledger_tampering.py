"""Whatever is done to a ledger behind the store's back is seen: by itself, or against a head that somebody kept."""

import random
from collections.abc import Callable, Iterator

import pytest

from headwater.model.merkle import Frontier, leaf_hash
from headwater.store import Head, Store, StoreOptions
from headwater.store.audit import ledger_problems
from headwater.store.ledger import commitment
from headwater.store.link import Link
from headwater.store.sqlite import SqliteLink
from headwater.testing.fakes import FakeClock, SeededChance
from tests.contract.store_kit import noting_with_head

SIZE = 40
ERASED = 7
COLUMNS = ("salt", "event", "commitment", "subtrees")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Link, list[Head]]]:
    home = tmp_path_factory.mktemp("ledger") / "node"
    options = StoreOptions(synchronous="OFF")
    store = Store.create(home, clock=FakeClock(), chance=SeededChance(), options=options)
    heads = [store.write(noting_with_head(number)) for number in range(SIZE - 2)]
    store.write(lambda tx: tx.erase_event(ERASED, who="dpo", purpose="erasure"))
    heads.append(store.write(noting_with_head(SIZE)))
    store.close()
    link = SqliteLink(home / "store.sqlite", options)
    link.run("DROP TRIGGER ledger_stays")
    link.run("DROP TRIGGER ledger_kept")
    link.run("DROP TRIGGER ledger_head_grows")
    yield link, heads
    link.close()


def flip_a_bit(link: Link, chance: random.Random) -> None:
    column = chance.choice(COLUMNS)
    size_of = f"SELECT number, {column} FROM ledger WHERE length({column}) > 0"  # noqa: S608 - names stand above
    number, data = chance.choice(link.rows(tuple[int, bytes], size_of))
    bit = chance.randrange(len(data) * 8)
    altered = bytearray(data)
    altered[bit // 8] ^= 1 << bit % 8
    link.run(f"UPDATE ledger SET {column} = ? WHERE number = ?", bytes(altered), number)  # noqa: S608 - names stand above


def delete_leaves(link: Link, chance: random.Random) -> None:
    first = chance.randrange(SIZE)
    link.run("DELETE FROM ledger WHERE number BETWEEN ? AND ?", first, first + chance.choice((0, 0, 3)))


def truncate_with_a_fitting_head(link: Link, chance: random.Random) -> None:
    rewrite(link, leaves(link)[: chance.randrange(SIZE)])


def erase_in_silence(link: Link, chance: random.Random) -> None:
    number = chance.choice([number for number in range(SIZE) if number != ERASED])
    link.run("UPDATE ledger SET salt = NULL, event = NULL WHERE number = ?", number)


def swap_two_events(link: Link, chance: random.Random) -> None:
    kept = leaves(link)
    one, two = chance.sample([number for number in range(SIZE) if number != ERASED], 2)
    for number, (salt, event, _) in ((one, kept[two]), (two, kept[one])):
        link.run("UPDATE ledger SET salt = ?, event = ? WHERE number = ?", salt, event, number)


def commit_to_another_event(link: Link, chance: random.Random) -> None:
    number = chance.randrange(SIZE)
    salt, event = chance.randbytes(16), another(chance)
    sql = "UPDATE ledger SET salt = ?, event = ?, commitment = ? WHERE number = ?"
    link.run(sql, salt, event, commitment(salt, event), number)


def rewrite_history_in_full(link: Link, chance: random.Random) -> None:
    kept = leaves(link)
    salt, event = chance.randbytes(16), another(chance)
    leaf = (salt, event, commitment(salt, event))
    number = chance.randrange(SIZE)
    kept[number : number + chance.choice((0, 1))] = [leaf]
    rewrite(link, kept)


def append_without_the_head(link: Link, chance: random.Random) -> None:
    salt, event = chance.randbytes(16), another(chance)
    link.run("INSERT INTO ledger VALUES (?, ?, ?, ?, x'')", SIZE, salt, event, commitment(salt, event))


def put_another_head(link: Link, chance: random.Random) -> None:
    size, root = chance.choice(((SIZE, chance.randbytes(32)), (SIZE - 1, chance.randbytes(32)), (SIZE + 1, bytes(32))))
    link.run("UPDATE ledger_head SET size = ?, root = ?", size, root)


def lengthen_the_subtrees(link: Link, chance: random.Random) -> None:
    sql = "UPDATE ledger SET subtrees = CAST(subtrees || ? AS BLOB) WHERE number = ?"
    link.run(sql, chance.randbytes(chance.choice((1, 32))), chance.randrange(SIZE))


TAMPERS: tuple[Callable[[Link, random.Random], None], ...] = (
    flip_a_bit,
    delete_leaves,
    truncate_with_a_fitting_head,
    erase_in_silence,
    swap_two_events,
    commit_to_another_event,
    rewrite_history_in_full,
    append_without_the_head,
    put_another_head,
    lengthen_the_subtrees,
)


def another(chance: random.Random) -> bytes:
    return b'{"at":"2026-11-25T08:30:00Z","kind":"store.read","subject":"%d","who":"x"}' % chance.randrange(1000)


def leaves(link: Link) -> list[tuple[bytes | None, bytes | None, bytes]]:
    sql = "SELECT salt, event, commitment FROM ledger ORDER BY number"
    return link.rows(tuple[bytes | None, bytes | None, bytes], sql)


def rewrite(link: Link, kept: list[tuple[bytes | None, bytes | None, bytes]]) -> None:
    """Write a ledger that fits in itself."""
    link.run("DELETE FROM ledger")
    edge = Frontier()
    for number, (salt, event, data) in enumerate(kept):
        edge, done = edge.add(leaf_hash(data))
        link.run("INSERT INTO ledger VALUES (?, ?, ?, ?, ?)", number, salt, event, data, b"".join(done))
    link.run("UPDATE ledger_head SET size = ?, root = ?", edge.size, edge.root)


def unseen(ledger: tuple[Link, list[Head]], count: int) -> list[str]:
    """Tamper so many times and return what was not seen."""
    link, heads = ledger
    missed: list[str] = []
    for seed in range(count):
        chance = random.Random(seed)
        tamper = TAMPERS[seed % len(TAMPERS)]
        link.begin()
        tamper(link, chance)
        if not ledger_problems(link, heads):
            missed.append(f"{tamper.__name__}, seed {seed}")
        link.abandon()
    return missed


def test_an_untouched_ledger_has_no_problems(ledger: tuple[Link, list[Head]]) -> None:
    link, heads = ledger
    assert ledger_problems(link, heads) == []


def test_no_tampering_goes_unseen(ledger: tuple[Link, list[Head]]) -> None:
    assert unseen(ledger, 600) == []


@pytest.mark.deep
def test_no_tampering_goes_unseen_in_a_hundred_thousand(ledger: tuple[Link, list[Head]]) -> None:
    assert unseen(ledger, 100_000) == []


def test_without_the_heads_that_others_keep_truncation_goes_unseen(ledger: tuple[Link, list[Head]]) -> None:
    # This is why partners witness heads: a ledger alone cannot show that it was cut.
    link, heads = ledger
    link.begin()
    rewrite(link, leaves(link)[: SIZE - 1])
    assert ledger_problems(link) == []
    assert {problem.kind for problem in ledger_problems(link, heads)} == {"truncated"}
    link.abandon()


@pytest.mark.parametrize("index", [0, 1, 2, 20, SIZE - 1])
def test_one_altered_leaf_is_one_problem_at_its_place(ledger: tuple[Link, list[Head]], index: int) -> None:
    link, _ = ledger
    link.begin()
    link.run("UPDATE ledger SET event = ? WHERE number = ?", another(random.Random(1)), index)
    assert [(problem.at, problem.kind) for problem in ledger_problems(link)] == [(index, "altered-event")]
    link.abandon()
