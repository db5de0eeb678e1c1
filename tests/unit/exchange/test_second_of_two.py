"""What holds for the first of two holds for the second: the later signature, hold, revocation, originator, fault and holder."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from headwater.errors import EquivocationError, KeyTrustError, RollbackError, SignatureError
from headwater.exchange.agreement import read_agreement, sign_agreement
from headwater.exchange.alarms import EVIDENCE, clear_alarms, open_alarms, raise_alarm
from headwater.exchange.card import Card, DatedKey
from headwater.exchange.checkpoint import cosign, cosigned_at, sign_checkpoint
from headwater.exchange.evidence import is_evidence, keep_as_evidence
from headwater.exchange.flags import flag_since
from headwater.exchange.notices import notices
from headwater.exchange.quarantine import MOST_BYTES, quarantine, shelf_of
from headwater.exchange.signed import PairSeed
from headwater.exchange.suite import signing_public
from headwater.model.fact import Fact, fact_id, record_of
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, FactId, MessageId, StateCode
from headwater.model.message import Amend, BreakGlass
from headwater.model.record import Mention, Origin, Record
from headwater.testing.fakes import START
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, agreement, fact, message
from tests.liar_world import Liar, sent_to, true
from tests.unit.exchange.test_card import card

UK, RS, XK = (PairSeed(bytes([number]) * 32, bytes([number + 50]) * 32) for number in (1, 2, 3))
ROOT = b"r" * 32


@pytest.fixture(scope="module")
def liar(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Liar]:
    made = Liar(tmp_path_factory.mktemp("two"))
    yield made
    made.world.close()


def cards(**papers: PairSeed) -> dict[Any, Card]:
    return {
        name: card(authority=name, papers=(XK.public(), papers[short].public()))
        for name, short in ((LONDON, "uk"), (BELGRADE, "rs"))
        if short in papers
    }


def test_an_agreement_bears_the_signature_of_each_party_under_a_key_of_its_own_card() -> None:
    payload, all_cards = agreement().canonical(), cards(uk=UK, rs=RS)
    by_uk, by_rs = sign_agreement(payload, UK), sign_agreement(payload, RS)
    assert read_agreement(by_uk.joined(by_rs).to_bytes(), all_cards).agreement == agreement()
    for paper in (by_uk, by_rs, by_uk.joined(sign_agreement(payload, PairSeed(b"z" * 32, b"y" * 32)))):
        with pytest.raises(SignatureError):
            read_agreement(paper.to_bytes(), all_cards)
    for some in (cards(uk=UK), cards(rs=RS), {}):
        with pytest.raises(KeyTrustError):
            read_agreement(by_uk.joined(by_rs).to_bytes(), some)


def test_each_cosignature_line_in_a_partners_name_must_hold_and_the_newest_tells_when() -> None:
    bare = sign_checkpoint(LONDON, 7, ROOT, UK)
    first, second = (cosign(bare, BELGRADE, START + timedelta(hours=hours), RS) for hours in (0, 1))
    both = first.joined(second)
    assert cosigned_at(both, BELGRADE, (RS.public(),)) == START + timedelta(hours=1)
    assert cosigned_at(second.joined(first), BELGRADE, (RS.public(),)) == START + timedelta(hours=1)
    assert cosigned_at(first, BELGRADE, (XK.public(), RS.public())) == START
    (line,) = [each for each in second.signatures if each.name.endswith(BELGRADE)]
    false = type(line)(line.name, line.key_id, line.data[:-1] + bytes([line.data[-1] ^ 1]))
    for lines in ((*first.signatures, false), (*bare.signatures, false, *first.signatures[-1:])):
        spoilt = type(bare)(bare.origin, bare.size, bare.root, (), lines)
        assert cosigned_at(spoilt, BELGRADE, (RS.public(),)) is None
    assert cosigned_at(first, LONDON, (RS.public(),)) is None
    assert cosigned_at(first, BELGRADE, (UK.public(),)) is None


def own(liar: Liar, count: int) -> list[FactId]:
    """Facts of one record of Belgrade's own."""
    key = EntityKey(f"rs/{next(liar.numbers)}")
    record = Record(
        origin=Origin(BELGRADE, "report"),
        handling=Handling(),
        mentions=(Mention(key, "Vehicle"),),
        facts=tuple(Fact(key, "registrationNumber", f"{key}-{number}") for number in range(count)),
    )
    liar.belgrade.store.write(lambda tx: tx.add_record(record))
    return [fact_id(record.id, place) for place in range(count)]


def test_what_is_kept_as_evidence_stays_so_when_more_is(liar: Liar) -> None:
    one, other, third = own(liar, 3)
    for each in (one, other, one):
        liar.belgrade.store.write(lambda tx, each=each: keep_as_evidence(tx, [each], who="m.ilic", reason="court"))  # type: ignore[misc]
    with liar.belgrade.store.snapshot() as snapshot:
        assert [is_evidence(snapshot, each) for each in (one, other, third)] == [True, True, False]


def test_each_fault_of_a_partner_is_an_alarm_of_its_own_until_it_is_cleared(liar: Liar) -> None:
    faults = (RollbackError, EquivocationError, SignatureError)

    def raise_all(*pieces: bytes) -> int:
        def change(tx: Any) -> None:
            for fault in faults:
                raise_alarm(tx, fault, LONDON, "seen", pieces, seen_by=BELGRADE)

        liar.belgrade.store.write(change)
        return liar.events("alarm")

    seen = raise_all(b"one")
    assert raise_all(b"one", b"two") == seen
    with liar.belgrade.store.snapshot() as snapshot:
        found = open_alarms(snapshot, LONDON)
        assert {alarm.code for alarm in found} == {fault.code for fault in faults}
        assert open_alarms(snapshot, PRISTINA) == []
        assert len(open_alarms(snapshot)) == len(faults)
        kept = {body for _, _, body in snapshot.documents(EVIDENCE)}
    assert kept >= {b"one", b"two"}
    assert liar.belgrade.store.write(lambda tx: clear_alarms(tx, LONDON, "m.ilic", "asked")) == len(faults)
    assert raise_all(b"three") == seen + len(faults)
    liar.belgrade.store.write(lambda tx: clear_alarms(tx, LONDON, "m.ilic", "asked"))


def dated(number: int, revoked: timedelta | None = None) -> DatedKey:
    until = None if revoked is None else (START + revoked).isoformat().replace("+00:00", "Z")
    return DatedKey(
        key=signing_public(bytes([number]) * 32).hex(), valid_from="2026-11-01T00:00:00Z", revoked_from=until
    )


def test_what_came_since_the_earliest_of_several_revocations_is_flagged_and_each_revocation_flags_once(
    tmp_path: Any,
) -> None:
    liar = Liar(tmp_path)
    clock, store = liar.world.clock, liar.belgrade.store
    for _ in range(3):
        clock.move(timedelta(hours=1))
        assert liar.hand(liar.seal(true())) == ["stored"]
    since = [row.received_at for row in liar.belgrade.exchange.incoming()][-3:]
    refused = true(purpose="statistics")
    assert liar.hand(liar.seal(refused)) == ["refused:purpose"]
    held = card(signing=(dated(1), dated(2), dated(3, timedelta(hours=-9))))
    for keys, count in (
        ((dated(1), dated(2), dated(3, timedelta(hours=-9))), 0),
        ((dated(1, timedelta(hours=3)), dated(2), dated(3, timedelta(hours=-9))), 1),
        ((dated(1, timedelta(hours=3)), dated(2, timedelta(hours=2)), dated(3, timedelta(hours=-9))), 2),
        ((dated(1, timedelta(hours=1)), dated(2, timedelta(hours=3)), dated(4)), 3),
    ):
        given = card(signing=keys)
        assert store.write(lambda tx, given=given: flag_since(tx, LONDON, held, given)) == count  # type: ignore[misc]
    flags = liar.belgrade.exchange.flags()
    assert len(flags) == len(since) == 3
    assert {flag.revoked_from for flag in flags.values()} == {START + timedelta(hours=1)}
    assert {flag.key for flag in flags.values()} == {dated(1).name}
    for after, count in ((timedelta(microseconds=1), 0), (timedelta(0), 1)):  # its ping came at that moment
        given = card(signing=(dated(1, after),))
        assert store.write(lambda tx, given=given: flag_since(tx, PRISTINA, held, given)) == count  # type: ignore[misc]
    liar.world.close()


def test_an_originator_is_told_of_its_own_facts_alone_and_each_partner_that_brought_some(liar: Liar) -> None:
    mixed = {
        "rec-u/0": fact(value="Of London", entity="uk/7"),
        "rec-u/1": fact(value="Of Montenegro", origin="ME", entity="me/7"),
    }
    assert liar.hand(liar.seal(true(facts=mixed))) == ["stored"]
    ref = liar.belgrade.exchange.incoming()[-1].id
    reply = message(
        sender=PRISTINA,
        recipient=BELGRADE,
        agreement="A-XK-RS",
        facts={"rec-p/0": fact(origin="XK", value="Of Pristina", entity="xk/7")},
    )
    assert liar.pristina.exchange.send(reply, who="b.gashi").is_queued
    liar.pristina.bring(BELGRADE)
    other = liar.belgrade.exchange.incoming()[-1].id
    with liar.belgrade.store.snapshot() as snapshot:
        found = [record for each in (ref, other) for record in snapshot.born_of(each)]
        facts = {number: each for record in map(snapshot.record, found) if record for number, each in record.numbered()}
        carried = {number: fact(value=each.value) for number, each in facts.items()}
        told = replace(true(), facts=carried, break_glass=BreakGlass(reason="life", approver="s.hall", threat="x"))
        given = {
            state: [
                (each.recipient, each.agreement, each.consents[0].facts)
                for each in notices(snapshot, told, MessageId("m"), StateCode(state))
            ]
            for state in ("UK", "ME", "XK", "RS")
        }
    assert given == {
        "UK": [(LONDON, "A-UK-RS-OIC", ("rec-u/0",))],
        "ME": [(LONDON, "A-UK-RS-OIC", ("rec-u/1",))],
        "XK": [(PRISTINA, "A-XK-RS", ("rec-p/0",))],
        "RS": [],
    }


def test_the_quarantine_keeps_an_envelope_once_and_counts_each_partner_by_itself(liar: Liar) -> None:
    def keep(peer: Any, envelope: bytes) -> bool:
        return liar.belgrade.store.write(lambda tx: quarantine(tx, peer, envelope))

    half = bytes(MOST_BYTES // 2)
    assert [keep(LONDON, half), keep(LONDON, half), keep(PRISTINA, half)] == [True, False, True]
    assert [keep(LONDON, half[1:] + b"ab"), keep(LONDON, half[1:] + b"a")] == [False, True]
    assert [keep(LONDON, b"c"), keep(PRISTINA, b"c")] == [False, True]
    shelves = liar.belgrade.store.write(lambda tx: (shelf_of(tx, LONDON), shelf_of(tx, PRISTINA)))
    assert [(len(shelf.envelopes), shelf.size) for shelf in shelves] == [(2, MOST_BYTES), (2, MOST_BYTES // 2 + 1)]


@pytest.mark.parametrize(("action", "asked_for"), [("erase", "erase"), ("restrict", "restrict"), ("rectify", "erase")])
def test_a_finding_that_went_out_is_withdrawn_as_what_it_rests_on_is(liar: Liar, action: str, asked_for: str) -> None:
    base, *_ = own(liar, 1)
    claim = Finding(
        kind="match.screening",
        subjects=("x",),
        score=0.9,
        text="Looks like a listed van.",
        reasons=(Reason("plate", 1.0, "It agrees."),),
        evidence=(Evidence.fact(base),),
        engine="match",
        engine_version="1",
        params="{}",
        handling=Handling(),
    )
    liar.belgrade.store.write(lambda tx: tx.add_finding(claim))
    carried = fact(origin="RS", entity="rs/1", marking="INTERNO", personal=False, category="object", evidence=(base,))
    sent_to(liar, LONDON, facts={claim.id: carried})
    amend = Amend(action=action, facts=(base,), reason="mistaken")
    (asked,) = liar.belgrade.exchange.liaison.amend(amend, who="m.ilic", purpose="oic")
    assert (asked.holder, asked.parent) == (LONDON, None)
    told = asked.content.amend
    assert told is not None
    assert (told.action, told.facts, told.reason) == (asked_for, (claim.id,), "mistaken")
    assert [(word.about, word.terms, word.facts) for word in told.words] == [("amend", (asked_for,), (claim.id,))]
    with liar.belgrade.store.snapshot() as snapshot:
        assert snapshot.finding(claim.id) is None
        assert snapshot.record(record_of(base)) is None
    assert liar.belgrade.events("amend-asked")[-1].detail["holders"] == 1
