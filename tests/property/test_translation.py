"""Nothing widens on the way from a record to a message, and from a message to records."""

from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from headwater.exchange.translate import TLP_RED, clamped, facts_of, handling_of, marked, passed_on, records_of
from headwater.model.fact import Fact
from headwater.model.grade import parse_grade
from headwater.model.handling import KNOWN_CODES, UNRESTRICTED, Handling
from headwater.model.ids import AuthorityId, EntityKey, MessageId, StateCode, state_of
from headwater.model.message import Message, MessageFact
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.model.schema import SENSITIVE_PROPERTIES
from tests.exchange_world import BELGRADE, LONDON, TERMS, fact, message

RANKS = {"NONE": 0, "OFFICIAL": 1, "INTERNO": 2}
REF = MessageId("0195566a-0000-7000-8000-000000000001")
ON = date(2026, 11, 25)
STATES = st.sampled_from([StateCode(each) for each in ("UK", "RS", "XK", "ME")])
DAYS = st.dates(date(2026, 1, 1), date(2040, 1, 1))

handlings = st.builds(
    Handling,
    purposes=st.none() | st.frozensets(st.sampled_from(["oic", "trafficking"])),
    releasable_to=st.none() | st.frozensets(STATES),
    never_onward=st.booleans(),
    codes=st.frozensets(st.sampled_from(sorted(KNOWN_CODES))),
    conditions=st.frozensets(st.sampled_from(["no-evidence", "no-action", "ask first"])),
    addressees=st.none() | st.frozensets(st.sampled_from(["o.reed", "m.ilic"])),
    markings=st.frozensets(st.sampled_from(["OFFICIAL", "INTERNO", "SECRET"])),
    retain_until=st.none() | DAYS,
)
message_facts = st.builds(
    MessageFact,
    prop=st.sampled_from(["name", "phone", "email"]),
    origin=STATES,
    category=st.sampled_from(["suspect", "victim"]),
    entity=st.sampled_from(["e1", "e2"]),
    schema=st.just("Person"),
    value=st.sampled_from(["a", "b", "c"]),
    marking=st.none() | st.sampled_from(["NONE", "OFFICIAL", "SECRET"]),
    handling=st.lists(st.sampled_from(sorted(KNOWN_CODES)), max_size=3).map(tuple),
    conditions=st.lists(st.sampled_from(["no-evidence", "ask first"]), max_size=2).map(tuple),
    purposes=st.none() | st.lists(st.sampled_from(["oic", "trafficking"]), max_size=2).map(tuple),
    names=st.lists(st.sampled_from(["o.reed", "m.ilic"]), max_size=2).map(tuple),
    onward=st.none() | st.just("no") | st.lists(STATES, max_size=3).map(tuple),
    grade=st.none() | st.sampled_from(["3x5x2:1/B", "4x4:B/2"]),
    retain_until=st.none() | DAYS.map(date.isoformat),
    minor=st.booleans(),
)


def record(handling: Handling = UNRESTRICTED, **changes: object) -> Record:
    values: dict[str, object] = {
        "origin": Origin(LONDON, "intelligence-report"),
        "handling": handling,
        "mentions": (Mention(EntityKey("e1"), "Person", PersonCategory.SUSPECT),),
        "facts": (Fact(EntityKey("e1"), "name", "a"),),
    }
    return Record(**{**values, **changes})  # type: ignore[arg-type]


@given(handlings)
def test_a_records_handling_is_at_least_as_strict_in_a_message(handling: Handling) -> None:
    (given_fact,) = facts_of(record(handling), RANKS, ON).values()
    arrived = handling_of(given_fact)
    without_markings = Handling(
        purposes=handling.purposes,
        releasable_to=handling.releasable_to,
        never_onward=handling.never_onward,
        codes=handling.codes,
        conditions=handling.conditions,
        addressees=handling.addressees,
        retain_until=handling.retain_until,
    )
    assert arrived.covers(without_markings)


@given(handlings)
def test_the_marking_in_a_message_is_the_highest_or_one_that_the_agreement_does_not_know(handling: Handling) -> None:
    marking = marked(handling, RANKS)
    if handling.markings <= RANKS.keys():
        assert RANKS[marking] == max((RANKS[each] for each in handling.markings), default=0)
    else:
        assert marking not in RANKS


@given(handlings)
def test_whoever_a_record_is_for_by_name_is_named_under_tlp_red(handling: Handling) -> None:
    (given_fact,) = facts_of(record(handling), RANKS, ON).values()
    if handling.addressees is not None:
        assert TLP_RED in given_fact.handling
        assert set(given_fact.names) == handling.addressees


@given(st.lists(message_facts, min_size=1, max_size=6))
def test_every_received_fact_stands_in_a_record_as_strict_as_it_came(facts: list[MessageFact]) -> None:
    came = Message(
        kind=message().kind, sender=LONDON, agreement=TERMS, facts={f"f{n}": each for n, each in enumerate(facts)}
    )
    records = records_of_or_none(came)
    if records is None:
        return
    for each in facts:
        homes = [
            home
            for home in records
            if any(
                (said.entity, said.prop, said.value) == (f"UK-NCA:{each.entity}", each.prop, each.value)
                for said in home.facts
            )
            and home.handling == handling_of(each)
            and state_of(home.origin.originator) == each.origin
            and (str(home.grade) if home.grade else None) == each.grade
        ]
        assert homes


@given(st.lists(message_facts, min_size=1, max_size=6))
def test_what_is_passed_on_is_what_came_with_the_agreement_it_came_under(facts: list[MessageFact]) -> None:
    came = Message(
        kind=message().kind, sender=LONDON, agreement=TERMS, facts={f"f{n}": each for n, each in enumerate(facts)}
    )
    for home in records_of_or_none(came) or ():
        for number, given_fact in passed_on(home, came).items():
            assert replace(given_fact, id=None, via=None, retain_until=None) in [
                replace(each, id=None, via=None, retain_until=None) for each in facts
            ]
            assert (given_fact.id, given_fact.via) == (number, TERMS)
            assert home.handling.covers(handling_of(given_fact))


@given(message_facts, DAYS)
def test_what_is_passed_on_is_kept_no_longer_than_here(given_fact: MessageFact, until: date) -> None:
    came = Message(kind=message().kind, sender=LONDON, agreement=TERMS, facts={"f1": given_fact})
    for home in records_of(came, REF, BELGRADE):
        for onward in passed_on(clamped(home, until), came).values():
            assert onward.retain_until is not None
            assert onward.retain_until <= until.isoformat()


def records_of_or_none(came: Message) -> tuple[Record, ...] | None:
    """None where the message names one person in two categories within one record, which is refused."""
    categories: dict[object, set[str]] = {}
    for each in came.facts.values():
        categories.setdefault((each.entity, each.origin, each.grade, handling_of(each)), set()).add(each.category)
    return records_of(came, REF, BELGRADE) if all(len(found) == 1 for found in categories.values()) else None


def test_clamping_never_lengthens_retention() -> None:
    early = record(Handling(retain_until=date(2027, 1, 1)))
    assert clamped(early, date(2030, 1, 1)).handling.retain_until == date(2027, 1, 1)
    assert clamped(record(), date(2030, 1, 1)).handling.retain_until == date(2030, 1, 1)


def test_an_owner_who_is_a_victim_makes_the_fact_about_a_car_a_victims_fact() -> None:
    mentions = (
        Mention(EntityKey("car"), "Vehicle"),
        Mention(EntityKey("e1"), "Person", PersonCategory.VICTIM),
    )
    given_record = record(
        mentions=mentions,
        facts=(Fact(EntityKey("car"), "owner", "e1"), Fact(EntityKey("car"), "model", "Sprinter")),
    )
    assert [each.category for each in facts_of(given_record, RANKS, ON).values()] == ["victim", "object"]


def test_whoever_may_be_a_minor_is_marked_as_one_in_every_fact() -> None:
    for born, minor in (
        ("2010", True),
        ("2008", True),
        ("2007", False),
        ("2008-11", True),
        ("2008-11-25", False),
        ("2008-11-26", True),
        ("unknown", False),
    ):
        facts = (Fact(EntityKey("e1"), "birthDate", born), Fact(EntityKey("e1"), "name", "a"))
        assert {each.minor for each in facts_of(record(facts=facts), RANKS, ON).values()} == {minor}, born


def test_special_categories_are_marked() -> None:
    prop = min(SENSITIVE_PROPERTIES)
    (given_fact,) = facts_of(record(facts=(Fact(EntityKey("e1"), prop, "x"),)), RANKS, ON).values()
    assert given_fact.sensitive == prop


def test_a_fact_of_ours_that_comes_back_stays_ours() -> None:
    came = message(sender=LONDON, facts={"f1": fact(origin=StateCode("RS"))})
    (home,) = records_of(came, REF, BELGRADE)
    assert home.origin.originator == BELGRADE
    assert records_of(message(sender=LONDON, facts={}), REF, AuthorityId("RS-MOI")) == ()


@pytest.mark.parametrize("grade", [None, "3x5x2:1/B", "4x4:B/2"])
@pytest.mark.parametrize(("lang", "original"), [*product([None, "sr"], [None, "Марко"])])
@pytest.mark.parametrize("category", PersonCategory)
@pytest.mark.parametrize("birth", [None, "2010", "1980-01-01"])
def test_each_field_of_a_fact_hangs_on_its_own_source_whatever_the_others_say(
    grade: str | None, lang: str | None, original: str | None, category: PersonCategory, birth: str | None
) -> None:
    """A saboteur's favourite is a field that is lost, or slips in, only where another is there."""
    one, car = EntityKey("e1"), EntityKey("e2")
    values = [("name", "Marko"), ("religion", "none"), ("phone", "+381600000001")]
    facts = [Fact(one, prop, value, lang, original) for prop, value in values]
    facts += [Fact(car, "registrationNumber", "BG-1", lang, original)]
    facts += [Fact(one, "birthDate", birth)] if birth else []
    made = record(
        grade=None if grade is None else parse_grade(grade),
        mentions=(Mention(one, "Person", category), Mention(car, "Vehicle")),
        facts=tuple(facts),
    )
    told = facts_of(made, RANKS, ON)
    assert list(told) == [number for number, _ in made.numbered()]
    for number, each in made.numbered():
        on_person = each.entity == one
        assert told[number] == MessageFact(
            id=number,
            prop=each.prop,
            entity=each.entity,
            schema="Person" if on_person else "Vehicle",
            value=each.value,
            lang=each.lang,
            original=each.original,
            category=category if on_person else "object",
            personal=on_person,
            origin=StateCode("UK"),
            grade=grade,
            minor=on_person and birth == "2010",
            sensitive="religion" if each.prop == "religion" else None,
            marking="NONE",
        ), each.prop
