"""Victims and smuggled people: their identity never comes through a view, except to protect them."""

from dataclasses import replace
from typing import Any

import pytest

from headwater.errors import ForbiddenError
from headwater.model.canonical import encode
from headwater.model.fact import fact_id
from headwater.model.finding import Evidence
from headwater.model.grade import parse_grade
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, EntityKey, RecordId
from headwater.model.record import PROTECTED, PersonCategory, Record
from headwater.model.seen import Seen
from headwater.model.times import parse_instant
from tests.unit.policy.view_kit import PROTECTION, MemoryReader, finding, person, record, session, thing, view

CANARY = "Canary Person"
FACTS = (
    ("v", "nationality", "ZZ"),
    ("v", "name", CANARY),
    ("boat", "model", "RIB 7 m"),
    ("v", "phone", "+000"),
)
VICTIM = person("v", PersonCategory.VICTIM)
BLOB = BlobHash("a" * 64)


def protected_record(category: PersonCategory = PersonCategory.VICTIM, **more: Any) -> Record:
    return record(person("v", category), thing("boat"), facts=FACTS, **more)


def only(reader: MemoryReader) -> Record:
    (seen,) = view(reader).records()
    return seen


@pytest.mark.parametrize("category", sorted(PROTECTED))
def test_what_names_a_protected_person_is_withheld(category: PersonCategory) -> None:
    kept = protected_record(category)
    seen = only(MemoryReader([kept]))
    assert [(fact.prop, fact.value) for fact in seen.facts] == [("nationality", "ZZ"), ("model", "RIB 7 m")]
    assert CANARY.encode() not in encode(seen)


@pytest.mark.parametrize("category", sorted(set(PersonCategory) - PROTECTED))
def test_other_persons_are_named(category: PersonCategory) -> None:
    kept = protected_record(category)
    assert only(MemoryReader([kept])) == kept


def test_what_is_seen_keeps_the_numbers_and_the_name_of_the_whole_record() -> None:
    kept = protected_record()
    seen = only(MemoryReader([kept]))
    assert seen.id == kept.id
    assert [number for number, _ in seen.numbered()] == [fact_id(kept.id, 0), fact_id(kept.id, 2)]


def test_what_is_seen_does_not_pretend_to_be_the_record() -> None:
    kept = protected_record()
    seen = only(MemoryReader([kept]))
    assert isinstance(seen, Seen)
    assert seen != kept
    assert kept != seen


def test_what_is_seen_keeps_all_else_that_is_said_of_the_record() -> None:
    kept = replace(
        protected_record(), recorded_at=parse_instant("2026-03-01T10:00:00Z"), amends=RecordId("rec-" + "1" * 40),
        grade=parse_grade("3x5x2:1/B"),
    )  # fmt: skip
    seen = only(MemoryReader([kept]))
    assert isinstance(seen, Seen)
    for name in ("origin", "handling", "mentions", "recorded_at", "grade", "amends"):
        assert getattr(seen, name) == getattr(kept, name), name
    assert len({seen.recorded_at, seen.grade, seen.amends, None}) == 4


@pytest.mark.parametrize("kept", ["blobs", "tables"])
def test_a_picture_or_table_beside_a_protected_person_is_withheld_though_no_fact_names_anybody(kept: str) -> None:
    whole = record(VICTIM, thing("boat"), facts=(("boat", "model", "RIB 7 m"),), **{kept: (BLOB,)})  # type: ignore[arg-type]
    reader = MemoryReader([whole])
    seen = view(reader)
    shown = seen.record(whole.id)
    assert (shown.blobs, shown.tables, [fact.value for fact in shown.facts]) == ((), (), ["RIB 7 m"])
    for look in (seen.blob, seen.table_path):
        with pytest.raises(ForbiddenError):
            look(BLOB)


def test_a_claim_on_the_whole_of_a_record_is_hidden_where_part_of_it_is() -> None:
    kept, free = protected_record(), record(thing("boat"), facts=(("boat", "model", "RIB 7 m"),))
    claims = [finding(Evidence.record(kept.id)), finding(Evidence.fact(fact_id(kept.id, 1)))]
    claims += [finding(Evidence.fact(fact_id(kept.id, 2))), finding(Evidence.record(free.id))]
    seen = view(MemoryReader([kept, free], claims))
    assert {one.id for one in seen.findings()} == {one.id for one in claims[2:]}
    assert {one.id for one in view(MemoryReader([kept, free], claims), session(*PROTECTION)).findings()} == {
        one.id for one in claims
    }


def test_a_withheld_fact_answers_as_one_that_is_not_there() -> None:
    kept = protected_record()
    seen = view(MemoryReader([kept]))
    errors = []
    for place in (1, 99):
        with pytest.raises(ForbiddenError) as caught:
            seen.fact(fact_id(kept.id, place))
        errors.append(str(caught.value))
    assert errors[0] == errors[1]
    shown, place = seen.fact(fact_id(kept.id, 2))
    assert shown.facts[place].value == "RIB 7 m"


def test_an_entity_shows_a_protected_person_without_identity() -> None:
    entity = view(MemoryReader([protected_record()])).entity(EntityKey("v"))
    assert entity.protected
    assert entity.values("name", "phone") == ()
    assert entity.values("nationality") == ("ZZ",)


def test_an_entity_of_which_everything_is_withheld_keeps_its_handling() -> None:
    strict = Handling(purposes=frozenset({"oic"}))
    kept = record(VICTIM, facts=(("v", "name", CANARY),), handling=strict)
    assert view(MemoryReader([kept])).entity(EntityKey("v")).handling == strict


def test_a_person_protected_by_one_visible_record_is_protected_in_all() -> None:
    earlier = protected_record(PersonCategory.SUSPECT)
    later = record(VICTIM)
    reader = MemoryReader([earlier, later])
    seen = view(reader)
    for shown in (
        seen.record(earlier.id),
        *seen.records(mentions=EntityKey("v")),
        *seen.records(source="report"),
        *seen.records(),
    ):
        assert CANARY.encode() not in encode(shown)
    assert seen.entity(EntityKey("v")).values("name") == ()


def test_a_hidden_record_protects_nobody_for_that_would_betray_it() -> None:
    earlier = protected_record(PersonCategory.SUSPECT)
    hidden = record(VICTIM, handling=Handling(purposes=frozenset({"sanctions"})))
    seen = view(MemoryReader([earlier, hidden]))
    assert seen.record(earlier.id) == earlier
    assert list(seen.records()) == [earlier]
    assert list(view(MemoryReader([earlier, hidden])).records(source="report")) == [earlier]


BELONGINGS: list[tuple[str, tuple[tuple[str, str, str], ...]]] = [
    ("Passport", (("t", "holder", "v"), ("t", "number", CANARY))),
    ("Identification", (("t", "holder", "v"), ("t", "number", CANARY))),
    ("Address", (("v", "addressEntity", "t"), ("t", "full", CANARY))),
    ("BankAccount", (("own", "owner", "v"), ("own", "asset", "t"), ("t", "bankName", CANARY))),
    ("CryptoWallet", (("t", "holder", "v"), ("t", "publicKey", CANARY))),
    ("UserAccount", (("t", "owner", "v"), ("t", "service", CANARY))),
    ("Call", (("t", "caller", "v"), ("t", "callerNumber", CANARY))),
    ("Note", (("t", "entity", "v"), ("t", "description", CANARY))),
]
NAMES = [schema for schema, _ in BELONGINGS]


@pytest.mark.parametrize(("schema", "facts"), BELONGINGS, ids=NAMES)
def test_what_belongs_to_a_protected_person_is_withheld(schema: str, facts: tuple[tuple[str, str, str], ...]) -> None:
    link = thing("own", "Ownership")
    together = record(VICTIM, thing("t", schema), link, facts=facts)
    assert CANARY.encode() not in encode(only(MemoryReader([together])))
    unprotected = record(person("v"), thing("t", schema), link, facts=facts)
    assert only(MemoryReader([unprotected])) == unprotected


APART = [(schema, facts) for schema, facts in BELONGINGS if facts[0][0] != "v"]


@pytest.mark.parametrize(("schema", "facts"), APART, ids=[schema for schema, _ in APART])
def test_what_belongs_to_a_protected_person_of_another_record_is_withheld(
    schema: str, facts: tuple[tuple[str, str, str], ...]
) -> None:
    apart = record(thing("t", schema), thing("own", "Ownership"), facts=facts)
    reader = MemoryReader([record(VICTIM), apart])
    assert CANARY.encode() not in encode(view(reader).record(apart.id))
    assert CANARY.encode() not in b"".join(encode(seen) for seen in view(reader).records())
    assert view(MemoryReader([record(person("v")), apart])).record(apart.id) == apart


def test_an_address_stays_where_somebody_unprotected_lives_too() -> None:
    house = record(
        VICTIM,
        person("s"),
        thing("t", "Address"),
        facts=(("v", "addressEntity", "t"), ("s", "addressEntity", "t"), ("t", "full", "1 Test Quay")),
    )
    assert "1 Test Quay" in [fact.value for fact in only(MemoryReader([house])).facts]


@pytest.mark.parametrize("schema", ["Company", "Organization", "PublicBody"])
def test_an_address_of_a_protected_person_does_not_stay_for_a_firm_that_sits_there(schema: str) -> None:
    facts = (("v", "addressEntity", "t"), ("f", "addressEntity", "t"), ("t", "full", CANARY))
    house = record(VICTIM, thing("f", schema), thing("t", "Address"), facts=facts)
    assert CANARY.encode() not in encode(only(MemoryReader([house])))


def test_an_account_is_withheld_although_somebody_unprotected_has_a_part_in_it() -> None:
    shared = record(
        VICTIM,
        person("s"),
        thing("t", "Call"),
        facts=(("t", "caller", "s"), ("t", "receiver", "v"), ("t", "receiverNumber", CANARY)),
    )
    assert CANARY.encode() not in encode(only(MemoryReader([shared])))


def test_blobs_and_tables_of_a_record_about_a_protected_person_are_withheld() -> None:
    kept = record(VICTIM, blobs=(BLOB,), tables=("b" * 64,))
    seen = view(MemoryReader([kept]))
    assert seen.record(kept.id).blobs == seen.record(kept.id).tables == ()
    with pytest.raises(ForbiddenError):
        seen.blob(BLOB)
    with pytest.raises(ForbiddenError):
        seen.table_path(BlobHash("b" * 64))


def test_a_record_with_nothing_to_withhold_is_shown_whole() -> None:
    kept = record(VICTIM, facts=(("v", "nationality", "ZZ"),))
    assert only(MemoryReader([kept])) == kept


@pytest.mark.parametrize(("place", "shown"), [(0, True), (1, False)])
def test_a_finding_that_rests_on_a_withheld_fact_is_hidden(place: int, shown: bool) -> None:
    kept = protected_record()
    claim = finding(Evidence.fact(fact_id(kept.id, place)))
    assert list(view(MemoryReader([kept], [claim])).findings()) == ([claim] if shown else [])


def test_a_finding_that_rests_on_a_whole_record_is_hidden_when_part_of_it_is_withheld() -> None:
    kept = protected_record()
    claim = finding(Evidence.record(kept.id))
    assert list(view(MemoryReader([kept], [claim])).findings()) == []


def test_who_protects_them_sees_them() -> None:
    kept = protected_record(blobs=(BLOB,))
    reader = MemoryReader([kept], [finding(Evidence.record(kept.id))])
    seen = view(reader, session(*PROTECTION))
    assert seen.record(kept.id) == kept
    assert list(seen.records()) == [kept]
    assert len(list(seen.findings())) == 1
    assert seen.blob(BLOB)


@pytest.mark.parametrize(
    ("purpose", "roles"), [("victim-protection", {"analyst", "supervisor"}), ("oic", PROTECTION[1])]
)
def test_neither_purpose_nor_role_alone_shows_them(purpose: str, roles: frozenset[str]) -> None:
    kept = protected_record()
    seen = view(MemoryReader([kept]), session(purpose, frozenset(roles)))
    assert seen.record(kept.id) != kept
