"""A fact on its way out and in, field by field: what a record says of it, what a message says, and what becomes of it here."""

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from headwater.errors import SchemaError
from headwater.exchange.translate import (
    SOURCE,
    clamped,
    facts_of,
    handling_of,
    marked,
    names_in,
    passed_on,
    records_of,
)
from headwater.model.fact import Fact
from headwater.model.grade import parse_grade
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey, FactId, MessageId, StateCode
from headwater.model.message import Kind, MessageFact
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.model.schema import is_person, schemata
from tests.exchange_world import BELGRADE, LONDON, fact, message

REF = MessageId("0195566a-0000-7000-8000-000000000001")
RANKS = {"NONE": 0, "OFFICIAL": 1, "INTERNO": 2, "GIZLI": 2}
TODAY = date(2026, 11, 25)


@pytest.mark.parametrize(
    ("markings", "one"),
    [
        ((), "NONE"),
        (("OFFICIAL",), "OFFICIAL"),
        (("OFFICIAL", "INTERNO"), "INTERNO"),
        (("INTERNO", "GIZLI"), "GIZLI"),
        (("INTERNO", "TOP", "SECRET"), "SECRET"),
    ],
)
def test_of_several_markings_the_first_unknown_one_stands_for_all_or_else_the_highest(
    markings: tuple[str, ...], one: str
) -> None:
    assert marked(Handling(markings=frozenset(markings)), RANKS) == one


def record(*facts: Fact, mentions: tuple[Mention, ...] = (), **changes: Any) -> Record:
    values: dict[str, Any] = {
        "origin": Origin(LONDON, "report"),
        "handling": Handling(markings=frozenset({"OFFICIAL"})),
        "mentions": mentions or (Mention(EntityKey("uk/1"), "Person", PersonCategory.SUSPECT),),
        "facts": facts or (Fact(EntityKey("uk/1"), "name", "Marko"),),
        **changes,
    }
    return Record(**values)


ONE = EntityKey("uk/1")
HANDLED: dict[str, tuple[Handling, dict[str, Any]]] = {
    "nothing said": (
        Handling(),
        {"marking": "NONE", "handling": (), "conditions": (), "purposes": None, "names": (), "onward": None, "retain_until": None},
    ),
    "all said": (
        Handling(
            purposes=frozenset({"trafficking", "oic"}),
            releasable_to=frozenset({StateCode("RS"), StateCode("ME")}),
            codes=frozenset({"P", "H1"}),
            conditions=frozenset({"ask first", "and tell"}),
            markings=frozenset({"INTERNO"}),
            retain_until=date(2027, 1, 2),
        ),
        {
            "marking": "INTERNO", "handling": ("H1", "P"), "conditions": ("and tell", "ask first"), "purposes": ("oic", "trafficking"),
            "names": (), "onward": ("ME", "RS"), "retain_until": "2027-01-02",
        },
    ),
    "for some persons alone": (
        Handling(addressees=frozenset({"m.ilic", "d.s"}), codes=frozenset({"P"})),
        {"handling": ("P", "TLP:RED"), "names": ("d.s", "m.ilic")},
    ),
    "for nobody named": (Handling(addressees=frozenset()), {"handling": ("TLP:RED",), "names": ()}),
    "never onward": (Handling(never_onward=True), {"onward": "no"}),
    "for no purpose": (Handling(purposes=frozenset()), {"purposes": ()}),
}  # fmt: skip


@pytest.mark.parametrize("name", HANDLED)
def test_what_may_be_done_with_a_fact_is_said_in_full_and_read_back_the_same(name: str) -> None:
    handling, said = HANDLED[name]
    (given,) = facts_of(record(handling=handling), RANKS, TODAY).values()
    assert {field: getattr(given, field) for field in said} == said
    back = handling_of(given)
    assert back.codes == handling.codes | ({"TLP:RED"} if handling.addressees is not None else frozenset())
    for field in ("purposes", "releasable_to", "never_onward", "conditions", "addressees", "markings", "retain_until"):
        assert getattr(back, field) == getattr(handling, field), field


@pytest.mark.parametrize("field", ["onward", "retain_until"])
def test_terms_that_nobody_can_read_are_refused_by_their_name(field: str) -> None:
    with pytest.raises(SchemaError) as refused:
        handling_of(replace(fact(), **{field: "perhaps"}))
    assert str(refused.value.where) == f"field '{field}'"
    assert handling_of(fact(marking=None)).markings == handling_of(fact(marking="NONE")).markings == frozenset()


PEOPLE = (
    Mention(ONE, "Person", PersonCategory.SUSPECT),
    Mention(EntityKey("uk/2"), "Person", PersonCategory.VICTIM),
    Mention(EntityKey("uk/3"), "Company"),
    Mention(EntityKey("uk/4"), "Vehicle"),
    Mention(EntityKey("uk/5"), "Ownership"),
    Mention(EntityKey("uk/6"), "Note"),
)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (Fact(ONE, "name", "Marko", "sr", "Марко"), ("Person", "suspect", True, False, None)),
        (Fact(ONE, "birthDate", "1980-01-01"), ("Person", "suspect", True, False, None)),
        (Fact(ONE, "ethnicity", "x"), ("Person", "suspect", True, False, "ethnicity")),
        (Fact(EntityKey("uk/2"), "name", "Ana"), ("Person", "victim", True, False, None)),
        (Fact(EntityKey("uk/3"), "name", "Firma"), ("Company", "organisation", False, False, None)),
        (Fact(EntityKey("uk/4"), "registrationNumber", "BG1"), ("Vehicle", "object", False, False, None)),
        (Fact(EntityKey("uk/4"), "owner", "uk/2"), ("Vehicle", "victim", False, False, None)),
        (Fact(EntityKey("uk/4"), "owner", "uk/1"), ("Vehicle", "object", False, False, None)),
        (Fact(EntityKey("uk/4"), "owner", "uk/9"), ("Vehicle", "object", False, False, None)),
        (Fact(EntityKey("uk/4"), "notes", "uk/2"), ("Vehicle", "object", False, False, None)),
        (Fact(EntityKey("uk/5"), "owner", "uk/2"), ("Ownership", "victim", True, False, None)),
        (Fact(EntityKey("uk/6"), "name", "x"), ("Note", "object", True, False, None)),
    ],
)
def test_a_fact_of_ours_goes_with_what_the_record_says_of_its_entity(given: Fact, said: tuple[object, ...]) -> None:
    made = record(given, mentions=PEOPLE, grade=parse_grade("3x5x2:1/B"))
    ((name, found),) = facts_of(made, RANKS, TODAY).items()
    assert name == f"{made.id}/0"
    assert found.id == name
    assert (found.schema, found.category, found.personal, found.minor, found.sensitive) == said
    assert (found.prop, found.entity, found.value) == (given.prop, given.entity, given.value)
    assert (found.lang, found.original, found.origin, found.grade) == (given.lang, given.original, "UK", "3x5x2:1/B")


@pytest.mark.parametrize(
    ("born", "minor"),
    [("2008-11-25", False), ("2008-11-26", True), ("2008-11", True), ("2008-10", False), ("2008", True), ("2007", False), ("?", False)],
)  # fmt: skip
def test_every_fact_about_who_may_be_a_minor_says_so_and_of_nobody_else(born: str, minor: bool) -> None:
    other = EntityKey("uk/2")
    made = record(
        Fact(ONE, "birthDate", born), Fact(ONE, "name", "Marko"), Fact(other, "name", "Ana"), Fact(other, "notes", "2020"), mentions=PEOPLE
    )  # fmt: skip
    found = facts_of(made, RANKS, TODAY)
    assert [each.minor for each in found.values()] == [minor, minor, False, False]
    assert facts_of(record(), RANKS, TODAY)[f"{record().id}/0"].grade is None


THINGS = {"Vehicle", "Vessel", "Airplane", "Company", "Organization", "PublicBody"}


@pytest.mark.parametrize("kind", sorted(name for name, each in schemata().items() if "name" in each.properties))
def test_what_is_told_of_anything_but_an_organisation_or_what_carries_people_is_personal(kind: str) -> None:
    category = PersonCategory.SUSPECT if is_person(kind) else None
    made = record(Fact(ONE, "name", "x"), mentions=(Mention(ONE, kind, category),))
    assert [each.personal for each in facts_of(made, RANKS, TODAY).values()] == [kind not in THINGS]


def taken(**facts: MessageFact) -> tuple[Record, ...]:
    return records_of(message(sender=LONDON, facts=facts), REF, BELGRADE)


@pytest.mark.parametrize(
    "change",
    [
        {"hashed": True},
        {"entity": None},
        {"entity": ""},
        {"schema": None},
        {"schema": ""},
        {"value": None},
        {"value": ""},
        {"value": " \t"},
        {"schema": "Nothing"},
        {"prop": "nothing"},
        {"prop": "vin"},
    ],
)
def test_what_has_no_place_in_a_record_stays_in_the_message(change: dict[str, Any]) -> None:
    assert taken(f1=fact(**change)) == ()
    (made,) = taken(f1=fact(**change), f2=fact())
    assert [each.value for each in made.facts] == ["Marko Markovski"]


def test_facts_with_the_same_terms_make_one_record_and_those_with_others_another_in_their_order() -> None:
    made = taken(
        a=fact(lang="sr", original="Марко"),
        b=fact(prop="phone", value="+381"),
        c=fact(grade="3x5x2:2/B"),
        d=fact(grade=None, handling=("P", "H1")),
        e=fact(origin="RS"),
        f=fact(origin="XK"),
        g=fact(prop="alias", value="Mare"),
        h=fact(prop="name", value="Vehicle of his", entity="uk/v", schema="Vehicle", category="object"),
    )
    assert [[each.value for each in one.facts] for one in made] == [
        ["Marko Markovski", "+381", "Mare", "Vehicle of his"],
        ["Marko Markovski"],
        ["Marko Markovski"],
        ["Marko Markovski"],
        ["Marko Markovski"],
    ]
    assert {(one.origin.source, one.origin.place) for one in made} == {(SOURCE, REF)}
    originators = [LONDON, LONDON, LONDON, BELGRADE, AuthorityId("XK-UNNAMED")]
    assert [one.origin.originator for one in made] == originators
    assert [str(one.grade) if one.grade else None for one in made] == [
        "3x5x2:1/B",
        "3x5x2:2/B",
        None,
        "3x5x2:1/B",
        "3x5x2:1/B",
    ]
    first = made[0]
    assert first.mentions == (
        Mention(EntityKey("UK-NCA:uk/person/1"), "Person", PersonCategory.SUSPECT),
        Mention(EntityKey("UK-NCA:uk/v"), "Vehicle"),
    )
    assert first.facts[0] == Fact(EntityKey("UK-NCA:uk/person/1"), "name", "Marko Markovski", "sr", "Марко")


def test_an_entity_that_a_fact_names_is_the_partners_and_a_word_that_looks_like_one_is_not() -> None:
    vehicle = {"entity": "uk/v", "schema": "Vehicle", "category": "object"}
    (made,) = taken(
        a=fact(prop="owner", value="uk/person/1", **vehicle), b=fact(prop="notes", value="uk/person/1", **vehicle)
    )
    assert [each.value for each in made.facts] == ["UK-NCA:uk/person/1", "uk/person/1"]


def test_a_person_has_a_category_and_of_a_thing_it_is_not_asked() -> None:
    with pytest.raises(SchemaError, match="no category of a person") as refused:
        taken(a=fact(category="somebody"))
    assert str(refused.value.where) == "field 'category'"
    (made,) = taken(a=fact(entity="uk/v", schema="Vehicle", prop="name", category="something"))
    assert made.mentions == (Mention(EntityKey("UK-NCA:uk/v"), "Vehicle"),)


def test_objects_of_threat_intelligence_stay_apart_by_the_object_that_they_stand_in() -> None:
    facts = {
        "o1/0": fact(),
        "o1/1": fact(prop="alias", value="x"),
        "o2/0": fact(prop="phone", value="1"),
        "bare": fact(prop="phone", value="2"),
    }
    apart = records_of(message(sender=LONDON, kind=Kind.TI, facts=facts), REF, BELGRADE)
    assert [[each.value for each in one.facts] for one in apart] == [["Marko Markovski", "x"], ["1"], ["2"]]
    (together,) = records_of(message(sender=LONDON, facts=facts), REF, BELGRADE)
    assert len(together.facts) == 4


def test_what_came_is_passed_on_as_it_came_under_the_agreement_it_came_under_and_no_longer_than_either_says() -> None:
    told = message(
        sender=LONDON,
        facts={
            "a": fact(minor=True, retain_until="2028-01-31"),
            "b": fact(prop="phone", value="+381", retain_until=None),
        },
    )
    first, second = records_of(told, REF, BELGRADE)
    assert names_in(first, told) == {"a": FactId(f"{first.id}/0")}
    assert passed_on(first, told) == {f"{first.id}/0": replace(told.facts["a"], id=f"{first.id}/0", via=told.agreement)}
    for until, kept in (
        (date(2027, 1, 1), "2027-01-01"),
        (date(2028, 1, 31), "2028-01-31"),
        (date(2029, 1, 1), "2028-01-31"),
    ):
        short = clamped(first, until)
        (given,) = passed_on(short, told).values()
        assert given.retain_until == kept
    (none,) = passed_on(second, told).values()
    assert none.retain_until is None
    (given,) = passed_on(clamped(second, date(2027, 1, 1)), told).values()
    assert given.retain_until == "2027-01-01"
    assert clamped(first, date(2028, 1, 31)) is first
    assert clamped(first, date(2029, 1, 1)) is first


def test_a_fact_is_not_found_in_a_record_of_wider_handling_or_of_other_values() -> None:
    told = message(sender=LONDON, facts={"a": fact(), "b": fact(hashed=True), "c": fact(value="Other")})
    (made,) = records_of(told, REF, BELGRADE)
    assert set(names_in(made, told)) == {"a", "c"}
    wider = message(sender=LONDON, facts={"a": fact(handling=())})
    (open_,) = records_of(wider, REF, BELGRADE)
    assert names_in(open_, told) == {}
    assert set(names_in(made, wider)) == {"a"}
