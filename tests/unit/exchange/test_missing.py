"""What is told of a number that a partner misses, by what became of its message; and what a fact was in every message of it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from headwater.errors import FormatError
from headwater.exchange.again import delivered_again, is_listed
from headwater.exchange.files import CHUNK_BYTES
from headwater.exchange.holdings import held_from
from headwater.exchange.signed import Algorithm, PairSeed, Paper, sign_paper
from headwater.exchange.translate import records_of
from headwater.exchange.witness import known_of
from headwater.model.ids import MessageId
from headwater.model.message import Kind, Sync
from tests.exchange_world import BELGRADE, LONDON, fact
from tests.liar_world import Liar, bare, sent_to, true
from tests.unit.exchange.test_liar_logs import Log


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    made = Liar(tmp_path_factory.mktemp("missing"))
    yield made
    made.world.close()


def test_what_a_partner_misses_is_brought_again_or_told_never_to_come(tmp_path: Path) -> None:
    liar = Liar(tmp_path)
    states = ("queued", "receipted", "refused", "dead")
    refs = {state: sent_to(liar, LONDON) for state in states}
    numbers = {row.id: row.seq for row in liar.belgrade.exchange.outgoing()}
    seqs = {state: numbers[ref] for state, ref in refs.items()}
    for state, ref in list(refs.items())[1:]:
        liar.belgrade.store.write(lambda tx, ref=ref, state=state: tx.settle_outgoing(ref, state, None, tx.now))  # type: ignore[misc]
    never = max(seqs.values()) + 7
    for moves, owed, brought in (
        (timedelta(0), ("refused", "dead"), True),
        (timedelta(days=14) - timedelta(microseconds=1), ("refused", "dead"), True),
        (timedelta(microseconds=1), ("receipted", "refused", "dead"), False),
        (timedelta(days=1), ("receipted", "refused", "dead"), False),
    ):
        liar.world.clock.move(moves)
        told: Sync = Log(liar).told(gaps=(*seqs.values(), never, 0))
        assert liar.hand(liar.seal(structs.replace(bare(Kind.CHECKPOINT), sync=told))) == ["stored"]
        with liar.belgrade.store.snapshot() as snapshot:
            assert known_of(snapshot, LONDON).owed == (*(seqs[state] for state in owed), never, 0)
            assert is_listed(snapshot, LONDON) == brought
        liar.belgrade.store.write(lambda tx: delivered_again(tx, LONDON, {refs["receipted"]}))
    liar.world.close()


def test_a_fact_is_held_as_it_stood_in_each_message_that_brought_it(liar: Liar) -> None:
    name = f"rec-{next(liar.numbers)}/0"
    for value in ("First Body", "Second Body"):
        assert liar.hand(liar.seal(true(facts={name: fact(value=value)}))) == ["stored"]
    with liar.belgrade.store.snapshot() as snapshot:
        held = held_from(snapshot, LONDON, [name, "rec-never/0"])
        assert {key: [each.given.value for each in found] for key, found in held.items()} == {
            name: ["First Body", "Second Body"]
        }
        assert all(len(each.facts) == 1 for each in held[name])
        assert len({each.message for each in held[name]}) == len({each.facts for each in held[name]}) == 2
        assert held_from(snapshot, BELGRADE, [name]) == {}


@pytest.mark.parametrize(("kind", "count"), [(Kind.TI, 2), (Kind.SPONTANEOUS, 1), (Kind.ALERT, 1)])
def test_objects_of_threat_intelligence_stay_apart_as_their_sender_names_them(kind: Kind, count: int) -> None:
    given = {"o1/0": fact(entity="a"), "o1/1": fact(entity="a", prop="phone", value="1"), "o2/0": fact(entity="b")}
    made = records_of(structs.replace(true(facts=given), kind=kind), MessageId("m"), BELGRADE)
    assert [len(record.facts) for record in made] == ([2, 1] if count > 1 else [3])


@pytest.mark.parametrize("size", [1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1])
def test_a_file_has_as_many_chunks_as_it_fills(liar: Liar, tmp_path: Path, size: int) -> None:
    (tmp_path / "scan.bin").write_bytes(bytes(size))
    done: list[Any] = []
    ref = liar.belgrade.exchange.files.attach(tmp_path / "scan.bin", "rec-f/0", lambda *each: done.append(each))
    count = 1 if size <= CHUNK_BYTES else 2
    assert (ref.size, len(ref.chunks), done) == (size, count, [(number + 1, count) for number in range(count)])


def test_a_signature_of_another_length_or_kind_is_none() -> None:
    pair = PairSeed(b"a" * 32, b"b" * 32)
    good = sign_paper(b"{}", "card", (pair,))
    assert good.is_signed_by(pair.public(), "card")
    for algorithm in Algorithm:
        (mine,) = [each for each in good.signatures if each.alg is algorithm]
        (other,) = [each for each in good.signatures if each.alg is not algorithm]
        for sig in ("", "AAAA", mine.sig[:-8] + "AAAAAAAA", other.sig, mine.sig[4:], "AAAA" + mine.sig):
            if sig == mine.sig:
                continue
            spoilt = Paper(payload=good.payload, signatures=(structs.replace(mine, sig=sig), other))
            assert not _holds(spoilt, pair), (algorithm, len(sig))
        assert not Paper(payload=good.payload, signatures=(other,)).is_signed_by(pair.public(), "card")


def _holds(paper: Paper, pair: PairSeed) -> bool:
    try:
        return paper.is_signed_by(pair.public(), "card")
    except FormatError:  # cut so that it is no base64
        return False
