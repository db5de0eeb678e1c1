"""What is told of a number that a partner misses, by what became of its message; and what a fact was in every message of it."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from headwater.errors import FormatError
from headwater.exchange import compose, delivery
from headwater.exchange.again import delivered_again, is_listed
from headwater.exchange.envelope import Lane
from headwater.exchange.holdings import held_from
from headwater.exchange.signed import Algorithm, PairSeed, Paper, sign_paper
from headwater.exchange.translate import records_of
from headwater.exchange.witness import known_of
from headwater.model.ids import MessageId
from headwater.model.message import CHUNK_BYTES, Amend, Kind, Sync
from headwater.testing.fakes import START
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


def test_what_a_held_message_brought_can_be_recalled_before_anybody_accepts_it(liar: Liar) -> None:
    name, other = f"rec-{next(liar.numbers)}/0", f"rec-{next(liar.numbers)}/0"
    facts = {name: fact(handling=("P", "EYES-ONLY")), other: fact(value="Other Body")}
    assert liar.hand(liar.seal(true(facts=facts))) == ["stored"]
    ref = liar.belgrade.exchange.incoming()[-1].id
    told = bare(Kind.AMEND, amend=Amend(action="erase", facts=(name, "rec-never/0")))
    assert liar.hand(liar.seal(told)) == ["stored"]
    sent = liar.belgrade.exchange.sent(liar.belgrade.exchange.outgoing()[-1].id)
    assert sent is not None
    assert sent.done[0].results == {name: "erased", "rec-never/0": "not-held"}
    row, left = liar.belgrade.exchange.show(ref)
    assert left is not None
    assert (row.state, list(left.facts)) == ("held", [other])
    liar.belgrade.exchange.accept(ref, who="m.ilic", reason="read")
    with liar.belgrade.store.snapshot() as snapshot:
        assert [len(record.facts) for each in snapshot.born_of(ref) if (record := snapshot.record(each))] == [1]


def test_what_came_as_evidence_stays_for_evidence_alone_when_it_is_recalled(liar: Liar) -> None:
    name, other = f"rec-{next(liar.numbers)}/0", f"rec-{next(liar.numbers)}/0"
    facts = {name: fact(value="Kept Body", hold="evidence"), other: fact(value="Other Body")}
    assert liar.hand(liar.seal(true(facts=facts))) == ["stored"]
    ref = liar.belgrade.exchange.incoming()[-1].id
    assert liar.hand(liar.seal(bare(Kind.AMEND, amend=Amend(action="erase", facts=(name, other))))) == ["stored"]
    sent = liar.belgrade.exchange.sent(liar.belgrade.exchange.outgoing()[-1].id)
    assert sent is not None
    assert sent.done[0].results == {name: "restricted", other: "erased"}
    for shown, kept in ((False, []), (True, ["Kept Body"])):
        with liar.belgrade.store.snapshot() as snapshot:
            if shown:
                snapshot.show_evidence()
            records = [record for each in snapshot.born_of(ref) if (record := snapshot.record(each))]
            assert [one.value for record in records for one in record.facts] == kept


def test_evidence_is_looked_for_at_any_depth_and_once(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = {f"rec-{number}/0": fact(evidence=(f"rec-{number + 1}/0",)) for number in range(5)}
    chain |= {"rec-5/0": fact(evidence=("rec-1/0", "rec-9/0", "rec-8/0")), "rec-8/0": fact()}
    asked: list[str] = []

    def facts_from(_reader: object, ref: str, _ranks: object, _on: object) -> dict[str, Any]:
        asked.append(ref)
        return {name: each for name, each in chain.items() if name.startswith(f"{ref}/")}

    monkeypatch.setattr(compose, "facts_from", facts_from)
    told = true(facts={"rec-0/0": chain["rec-0/0"], "rec-2/0": chain["rec-2/0"]})
    found = compose.evidence_of(None, told, {}, START.date())  # type: ignore[arg-type]
    assert found == {name: chain[name] for name in chain if name not in told.facts}
    assert sorted(asked) == ["rec-1", "rec-3", "rec-4", "rec-5", "rec-8", "rec-9"]


def test_a_courier_is_woken_by_what_waits_and_told_of_what_was_heard_by_two_bells(
    liar: Liar, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[dict[str, Any]] = []

    class Thread:
        def __init__(self, **given: Any) -> None:
            begun.append(given)

        def start(self) -> None:
            begun[-1]["started"] = True

    monkeypatch.setattr(threading, "Thread", Thread)
    exchange, stop = liar.belgrade.exchange, threading.Event()
    made = delivery.Delivery(liar.belgrade.store, exchange._partners, exchange.courier)
    made._serve((LONDON, Lane.URGENT), stop)
    (served,) = made._served.values()
    (given,) = begun
    assert (given["target"], given["daemon"], given["started"]) == (delivery.work, True, True)
    assert given["args"][1] is served.wake
    assert given["args"][2] is served.heard
    assert given["args"][3] is stop
    assert served.wake is not served.heard
