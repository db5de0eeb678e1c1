"""A batch of many: each message, receipt and line of it counts by itself, the last and the false ones as much as the first."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from headwater.exchange.envelope import Lane, Sealed, read
from headwater.exchange.framing import join, split
from headwater.exchange.receipt import Giver, Line
from headwater.exchange.refusal import TEMPORARY, Code
from headwater.exchange.suite import key_id, signing_public
from headwater.model.ids import MessageId
from headwater.model.message import Kind
from headwater.testing.fakes import START
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, fact
from tests.liar_world import Liar, bare, sent_to, true

RESULTS = ("stored", *(f"refused:{code}" for code in Code), "refused:purpose")


@pytest.fixture
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    made = Liar(tmp_path_factory.mktemp("batch"))
    yield made
    made.world.close()


def lines_since(liar: Liar, size: int) -> list[tuple[str, str, dict[str, Any]]]:
    """What Belgrade has noted of the exchange since its ledger had a size: kind, subject and detail."""
    with liar.belgrade.store.snapshot() as snapshot:
        events = [leaf.event for leaf in snapshot.leaves(size) if leaf.event is not None]
    return [(each.kind.removeprefix("exchange."), each.subject, dict(each.detail)) for each in events]


def size_of(liar: Liar) -> int:
    with liar.belgrade.store.snapshot() as snapshot:
        return snapshot.head().size


def test_each_message_of_a_batch_is_settled_and_noted_by_its_own_word_and_each_false_receipt_as_doubted(
    liar: Liar,
) -> None:
    words: dict[MessageId, str] = {sent_to(liar, LONDON): result for result in RESULTS * 2}
    silent, doubted = [{sent_to(liar, LONDON) for _ in range(2)} for _ in range(2)]

    def told(answer: bytes) -> bytes:
        sealed = [each for each in map(read, split(sent[0], most=64)) if isinstance(each, Sealed)]
        names = {each.header.id: each.sha256.hex() for each in sealed}
        seed = liar.london.keys.signing_seed()
        true_lines = [Line(id=ref, sha256=names[ref], result=result) for ref, result in words.items()]
        false_lines = tuple(Line(id=ref, sha256=names[ref], result="stored") for ref in doubted)
        givers = [(LONDON, b"z" * 32, BELGRADE), (PRISTINA, seed, BELGRADE), (LONDON, seed, PRISTINA)]
        false = [Giver(me, key).sign(to, false_lines, START, None) for me, key, to in givers]
        true_ones = [Giver(LONDON, seed).sign(BELGRADE, (line,), START, None) for line in true_lines]
        return join([false[0], *true_ones, *false[1:]])

    def keep(body: bytes) -> bytes:
        sent.append(body)
        return body

    sent: list[bytes] = []
    wires = liar.world.wires
    wires.on_way = keep
    wires.on_return = told
    before = size_of(liar)
    liar.belgrade.exchange.courier((LONDON, Lane.NORMAL)).step()
    wires.on_way = wires.on_return = lambda data: data
    noted = lines_since(liar, before)
    rests = {code.value for code in TEMPORARY}
    kinds = {
        result: "receipted" if result == "stored" else "resting" if result[8:] in rests else "refused"
        for result in RESULTS
    }
    assert {(kind, ref) for kind, ref, _ in noted if ref in words} >= {
        (kinds[result], ref) for ref, result in words.items()
    }
    counted = Counter(kind for kind, ref, _ in noted if ref in words)
    assert counted == Counter(kinds[result] for result in words.values())
    assert {ref for kind, ref, _ in noted if kind == "receipt-missing"} == silent | doubted
    assert Counter(detail["code"] for kind, _, detail in noted if kind == "receipt-doubted").total() == 3
    states = {row.id: row.state for row in liar.belgrade.exchange.outgoing()}
    ends = {"receipted": "receipted", "resting": "queued", "refused": "refused"}
    assert {ref: states[ref] for ref in words} == {ref: ends[kinds[result]] for ref, result in words.items()}
    assert {states[ref] for ref in silent | doubted} == {"queued"}


def test_each_message_that_nobody_took_in_time_is_a_dead_letter_with_a_line_of_its_own(liar: Liar) -> None:
    refs = [sent_to(liar, LONDON, expires="2026-11-26T00:00:00Z") for _ in range(3)]
    stays = sent_to(liar, LONDON)
    others = [sent_to(liar, PRISTINA, expires="2026-11-26T00:00:00Z") for _ in range(2)]
    liar.world.clock.move(timedelta(days=2))
    before = size_of(liar)
    for peer in (LONDON, PRISTINA):
        assert liar.belgrade.exchange.courier((peer, Lane.NORMAL)).step().moved == (3 if peer == LONDON else 2)
    assert lines_since(liar, before) == [
        *(("dead-letter", ref, {"to": LONDON}) for ref in refs),
        *(("dead-letter", ref, {"to": PRISTINA}) for ref in others),
    ]
    states = {row.id: row.state for row in liar.belgrade.exchange.outgoing()}
    assert [states[ref] for ref in (*refs, *others, stays)] == ["dead"] * 5 + ["queued"]


def test_each_message_of_a_batch_that_comes_has_a_line_in_the_receipt_and_in_the_ledger(liar: Liar) -> None:
    odd = {"handling": ("P", "EYES-ONLY")}
    made: dict[str, Callable[[str], bytes]] = {
        "stored": lambda n: liar.seal(true(facts={"f1": fact(value=f"Stored {n}")})),
        "held": lambda n: liar.seal(true(facts={"f1": fact(value=f"Held {n}", **odd)})),
        "refused:purpose": lambda n: liar.seal(true(purpose="statistics", text=n)),
        "refused:bad-body": lambda n: liar.seal(b"{" + n.encode()),
        "refused:clock": lambda n: liar.seal(true(text=n), sent_at=START + timedelta(hours=1)),
        "ping": lambda _: liar.seal(bare(Kind.PING)),
        "refused:unknown-key": lambda n: liar.seal(true(text=n), skid=key_id(signing_public(n.encode() * 32))),
    }
    order = [(name, make(n)) for n in "12" for name, make in made.items()]
    wanted = {"held": "stored", "ping": "stored"}
    before, rows = size_of(liar), len(liar.belgrade.exchange.incoming())
    results = liar.hand(*(envelope for _, envelope in order))
    assert Counter(results) == Counter(wanted.get(name, name) for name, _ in order)
    names = {str(sealed.header.id): name for name, each in order if isinstance(sealed := read(each), Sealed)}
    noted = lines_since(liar, before)
    told = Counter((kind, names[ref]) for kind, ref, _ in noted if ref in names)
    assert told == {
        ("received", "stored"): 2,
        ("received", "held"): 2,
        ("received", "ping"): 2,
        ("refused", "refused:purpose"): 2,
    }
    unproved = {detail["code"]: detail["count"] for kind, ref, detail in noted if kind == "refused" and ref == LONDON}
    assert unproved == {"bad-body": 2, "clock": 2, "unknown-key": 2}
    kept = [(names[row.id], row.state, bool(row.body)) for row in liar.belgrade.exchange.incoming()[rows:]]
    assert sorted(kept) == sorted(
        [
            ("stored", "stored", True),
            ("held", "held", True),
            ("refused:purpose", "refused", False),
            ("ping", "stored", True),
        ]
        * 2
    )
    with liar.belgrade.store.snapshot() as snapshot:
        records = map(
            snapshot.record,
            (ref for row in liar.belgrade.exchange.incoming()[rows:] for ref in snapshot.born_of(row.id)),
        )
        values = Counter(each.value for record in records if record is not None for each in record.facts)
    assert values == {"Stored 1": 1, "Stored 2": 1}
