"""What is restricted is shown nowhere, however far its message has come; what a court may need is hidden and never erased, whatever lets go of it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from headwater.errors import KeyTrustError
from headwater.exchange import beside
from headwater.exchange.keys import Keys
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, FactId, MessageId
from headwater.model.message import Amend, Kind
from headwater.model.record import Record
from headwater.policy.agreement import AgreementState
from headwater.testing.fakes import SeededChance
from tests.exchange_world import TERMS, agreement, fact
from tests.liar_world import Liar, bare, true

NAME, TEXT = "Kept Or Not", "A finding that says Kept Or Not."


@pytest.fixture
def liar(tmp_path: Path) -> Iterator[Liar]:
    made = Liar(tmp_path)
    yield made
    made.world.close()


def came(liar: Liar, **changes: object) -> tuple[MessageId, Record]:
    """Let London tell Belgrade two facts; return the message and the record that Belgrade made of it."""
    facts = {"rec-u/0": fact(value=NAME, **changes), "rec-u/1": fact(prop="phone", value="+381600000009", **changes)}
    assert liar.hand(liar.seal(true(facts=facts))) == ["stored"]
    ref = liar.belgrade.exchange.incoming()[-1].id
    with liar.belgrade.store.snapshot() as snapshot:
        (record,) = [snapshot.record(each) for each in snapshot.born_of(ref)]
    assert record is not None
    return ref, record


def amend(liar: Liar, action: str) -> None:
    told = bare(Kind.AMEND, amend=Amend(action=action, facts=("rec-u/0",), reason="mistaken"))
    assert liar.hand(liar.seal(told)) == ["stored"]


@pytest.mark.parametrize("state", ["stored", "accepted", "refused"])
def test_a_restricted_fact_is_shown_in_no_state_of_its_message_and_the_other_in_each(liar: Liar, state: str) -> None:
    ref, record = came(liar)
    if state == "accepted":
        liar.belgrade.exchange.accept(ref, who="m.ilic", reason="of use")
    if state == "refused":
        liar.belgrade.exchange.refuse(ref, who="m.ilic", reason="not ours")
    row, shown = liar.belgrade.exchange.show(ref)
    assert (row.state, shown and list(shown.facts)) == (state, ["rec-u/0", "rec-u/1"])
    amend(liar, "restrict")
    row, shown = liar.belgrade.exchange.show(ref)
    assert (row.state, shown and list(shown.facts)) == (state, ["rec-u/1"])
    with liar.belgrade.store.snapshot() as snapshot:
        seen = snapshot.record(record.id)
    assert seen is not None
    assert [each.value for each in seen.facts] == ["+381600000009"]
    assert list(liar.belgrade.exchange.facts(record.id, TERMS)) == [f"{record.id}/1"]


def bytes_of(liar: Liar, ref: str) -> bytes:
    with liar.belgrade.store._reading() as link:
        return b"".join(body for (body,) in link.rows(tuple[bytes], "SELECT body FROM finding WHERE id = ?", ref))


@pytest.mark.sqlite
@pytest.mark.parametrize("evidence", [True, False])
def test_a_table_that_has_ended_is_hidden_with_its_findings_where_it_is_evidence_and_else_erased_with_them(
    liar: Liar, evidence: bool
) -> None:
    ref, record = came(liar, retain_until="2026-12-24")
    facts = [FactId(number) for number, _ in record.numbered()]
    claim = Finding(
        kind="trace.hub",
        subjects=("x",),
        score=0.9,
        text=TEXT,
        reasons=(Reason("rows", 1.0, "They agree."),),
        evidence=(Evidence.fact(facts[0]),),
        engine="trace",
        engine_version="1",
        params="{}",
        handling=Handling(),
    )
    exchange, store, today = liar.belgrade.exchange, liar.belgrade.store, liar.world.clock.now().date()
    store.write(lambda tx: tx.add_born(replace(record, tables=(BlobHash("ab" * 32),)), ref))
    store.write(lambda tx: tx.add_finding(claim))
    if evidence:
        exchange.liaison.keep_as_evidence(facts, who="m.ilic", reason="court")
    for days, ended in ((29, 0), (30, 1)):
        day = today + timedelta(days=days)
        assert store.write(lambda tx, day=day: beside.expire(tx, day, "m.ilic")) == ended  # type: ignore[misc]
    with store.snapshot() as snapshot:
        assert snapshot.finding(claim.id) is None
        kept = [snapshot.kept_record(each) for each in snapshot.born_of(ref)]
        assert not [seen for each in snapshot.born_of(ref) if (seen := snapshot.record(each)) and seen.facts]
    values = {each.value for one in kept if one is not None for each in one.facts}
    assert (NAME in values) is evidence
    assert (TEXT.encode() in bytes_of(liar, claim.id)) is evidence
    assert [event.detail["findings"] for event in liar.belgrade.events("table-expired")] == [1]
    with store.snapshot() as snapshot:
        events = [leaf.event for leaf in snapshot.leaves() if leaf.event is not None]
    noted = [(each.who, each.subject, dict(each.detail)) for each in events if each.kind == "findings.withdrawn"]
    assert noted == [("m.ilic", claim.id, {"expired": replace(record, tables=(BlobHash("ab" * 32),)).id})]


OTHER = "A-UK-RS-OTHER"


def with_another_agreement(liar: Liar) -> None:
    """Let London and Belgrade have a second agreement, which allows trafficking alone."""
    terms = agreement(id=OTHER, purposes=frozenset({"trafficking"}), kinds=frozenset({Kind.SPONTANEOUS}))
    paper = liar.belgrade.exchange.sign_agreement(liar.london.exchange.sign_agreement(terms))
    for node, partner in ((liar.london, liar.belgrade), (liar.belgrade, liar.london)):
        node.exchange.add_partner([partner.exchange.card_bytes()], [paper], who="engineer")


def test_each_message_of_a_batch_is_judged_by_the_agreement_that_it_names(liar: Liar) -> None:
    with_another_agreement(liar)
    told = [
        true(agreement=name, purpose=purpose) for name in (TERMS, OTHER, TERMS) for purpose in ("oic", "trafficking")
    ]
    results = liar.hand(*map(liar.seal, told))
    assert results == ["stored", "stored", "refused:purpose", "stored", "stored", "stored"]
    liar.belgrade.exchange.set_agreement_state(OTHER, AgreementState.SUSPENDED, who="d.s", reason="unclear")
    results = liar.hand(*map(liar.seal, told))
    assert results == ["stored", "stored", *["refused:agreement-state"] * 2, "stored", "stored"]


@pytest.mark.parametrize("amended_under", [TERMS, OTHER])
@pytest.mark.parametrize("brought_under", [TERMS, OTHER])
@pytest.mark.parametrize("is_ahead", [True, False])
def test_an_amend_is_carried_out_under_its_own_agreement_whichever_the_facts_came_under(
    liar: Liar, amended_under: str, brought_under: str, is_ahead: bool
) -> None:
    with_another_agreement(liar)
    told = true(
        agreement=brought_under,
        purpose="trafficking",
        facts={"rec-u/0": fact(value=NAME), "rec-u/1": fact(prop="phone", value="+381600000009")},
    )
    asks = Amend(action="erase", facts=("rec-u/0",), reason="mistaken")
    values = {name: getattr(bare(Kind.AMEND, amend=asks), name) for name in told.__struct_fields__}
    amends = type(told)(**{**values, "agreement": amended_under})
    for each in (amends, told) if is_ahead else (told, amends):
        assert liar.hand(liar.seal(each)) == ["stored"]
    with liar.belgrade.store.snapshot() as snapshot:
        held = [each.value for record in snapshot.records() for each in record.facts]
    assert held == ["+381600000009"]


def test_a_secret_is_made_from_the_key_that_is_named_and_from_no_other(tmp_path: Path) -> None:
    chance = SeededChance(1)
    keys = Keys.create(tmp_path, chance)
    (first,) = keys.signing_seeds
    with_first = keys.secret("trace")
    keys.add("signing", chance)
    assert keys.secret("trace", first) == with_first != keys.secret("trace")
    for name in ("ab" * 32, first[:-1], first.upper(), *keys.sealing_seeds):
        with pytest.raises(KeyTrustError):
            keys.secret("trace", name)
