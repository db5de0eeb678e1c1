"""Facts on their way: a record's facts to a message's, and a message's to records. Nothing widens on either way.

A message carries handling fact by fact; a record carries one handling for all its facts. So a message becomes one
record for each group of facts that share origin, grade and handling. What handling has no place for (a minor, a hold, a
person's own state) stays in the message, which is kept: a fact that came in a message and is to be passed on is taken
from there, not from the record (`passed_on`).

A key means a thing only to whoever gave it: a partner's keys get its name in front, so that nobody's facts can slip under
an entity of ours.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from functools import lru_cache
from operator import attrgetter
from typing import Final

import msgspec

from headwater.errors import Place, SchemaError
from headwater.model.fact import Fact
from headwater.model.grade import Grade, parse_grade
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey, FactId, MessageId, StateCode, authority_id, state_of
from headwater.model.message import Kind, Message, MessageFact
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.model.schema import SENSITIVE_PROPERTIES, Schema, is_person, schema, schemata
from headwater.model.times import is_partial_date

SOURCE: Final = "exchange"
"""Name of the data source of every record that came in a message."""
TLP_RED: Final = "TLP:RED"
NOBODY_KNOWN: Final = "UNNAMED"
"""Authority of a third originator of which a message names the state only."""
_ADULT_YEARS: Final = 18
_KEPT: Final = 16
"""Terms that are remembered as they were read: messages name the same few again and again. Not more, for they may be long."""
_NO_PERSONAL_DATA: Final = frozenset({"Vehicle", "Vessel", "Airplane", "Company", "Organization", "PublicBody"})


def handling_of(fact: MessageFact) -> Handling:
    """Return what may be done with a fact that came in a message.

    Raises:
        SchemaError: a value of it is none that handling knows.
    """
    return _read_terms(*_terms(fact))[0]


def marked(handling: Handling, ranks: Mapping[str, int]) -> str:
    """Return the one marking that stands for all of a record's in a message.

    Args:
        handling: the record's.
        ranks: the markings that the agreement knows, with their rank.

    Returns:
        one that the agreement does not know where there is such a one, so that the rules see it; else the highest.
    """
    unknown = sorted(handling.markings - ranks.keys())
    if unknown:
        return unknown[0]
    return max(sorted(handling.markings), key=lambda marking: ranks[marking], default="NONE")


def told(handling: Handling, ranks: Mapping[str, int], fact: MessageFact) -> MessageFact:
    """Return a fact of our own with what may be done with it, as a message says it: the one place for that.

    Args:
        handling: of the record that the fact stands in, or of the finding that it is.
        ranks: the markings of the agreement that the message goes under.
        fact: all else about it.
    """
    codes = handling.codes | ({TLP_RED} if handling.addressees is not None else frozenset())
    return msgspec.structs.replace(
        fact,
        marking=marked(handling, ranks),
        handling=tuple(sorted(codes)),
        conditions=tuple(sorted(handling.conditions)),
        purposes=None if handling.purposes is None else tuple(sorted(handling.purposes)),
        names=tuple(sorted(handling.addressees or ())),
        onward=_onward(handling),
        retain_until=None if handling.retain_until is None else handling.retain_until.isoformat(),
    )


def facts_of(record: Record, ranks: Mapping[str, int], on: date) -> dict[str, MessageFact]:
    """Return the facts of one of our own records as a message carries them, by their place in the record.

    Args:
        record: not one that came in a message; for those, see `passed_on`.
        ranks: the markings of the agreement that the message goes under.
        on: the day, to tell whether somebody may be a minor.
    """
    minors = _minors(record, on)
    found: dict[str, MessageFact] = {}
    for number, fact in record.numbered():
        mention = record.mention(fact.entity)
        if mention is None:  # a record that exists names the entity of every fact
            continue
        fact_alone = MessageFact(
            id=number,
            prop=fact.prop,
            entity=fact.entity,
            schema=mention.schema,
            value=fact.value,
            lang=fact.lang,
            original=fact.original,
            category=_category(record, mention, fact),
            personal=mention.schema not in _NO_PERSONAL_DATA,
            origin=state_of(record.origin.originator),
            grade=None if record.grade is None else str(record.grade),
            minor=fact.entity in minors,
            sensitive=fact.prop if fact.prop in SENSITIVE_PROPERTIES else None,
        )
        found[number] = told(record.handling, ranks, fact_alone)
    return found


def passed_on(record: Record, message: Message) -> dict[str, MessageFact]:
    """Return the facts of a record that came in a message, as that message carried them, to be passed on.

    Args:
        record: one that `records_of` made of the message.
        message: the message as it was received.

    Returns:
        only facts that the record still holds, each with the agreement it came under.
    """
    found: dict[str, MessageFact] = {}
    for name, number in names_in(record, message).items():
        given = message.facts[name]
        kept_until = _earlier(given.retain_until, record.handling.retain_until)
        found[number] = msgspec.structs.replace(given, id=number, via=message.agreement, retain_until=kept_until)
    return found


def names_in(record: Record, message: Message) -> dict[str, FactId]:
    """Return what each fact of a message is called here, as far as it stands in one of the records made of it."""
    return Names(message).names_in(record)


_Triple = tuple[EntityKey, str, str]
_Given = tuple[int, str, Handling]
"""A fact's place in its message, its name there and its handling."""


class Names:
    """The facts of a message by what they became: worked out once, however many records were made of it."""

    def __init__(self, message: Message) -> None:
        """Look at a message as it was received."""
        self._alike: dict[_Triple, dict[Handling, list[_Given]]] = {}
        handlings: dict[tuple[object, ...], Handling] = {}
        known = schemata()
        for place, (name, given) in enumerate(message.facts.items()):
            kind = _kind(given, known)
            if kind is None:
                continue
            terms = _terms(given)
            if terms not in handlings:
                handlings[terms] = handling_of(given)
            handling = handlings[terms]
            fact = _fact(given, kind, _mention(given, message), message)
            alike = self._alike.setdefault((fact.entity, fact.prop, fact.value), {})
            alike.setdefault(_for_ever(handling), []).append((place, name, handling))

    def names_in(self, record: Record) -> dict[str, FactId]:
        """Return what each fact of the message is called in a record, as far as it stands there, in the message's order."""
        own, found = _for_ever(record.handling), dict[int, tuple[str, FactId]]()
        for number, fact in record.numbered():
            alike = self._alike.get((fact.entity, fact.prop, fact.value), {})
            # A record has the handling of its facts, but for its last day; one that was made stricter has another.
            near = alike[own] if own in alike else [given for each in alike.values() for given in each]
            for place, name, handling in near:
                if record.handling.covers(handling):
                    found[place] = name, number
        return dict(found[place] for place in sorted(found))


def _for_ever(handling: Handling) -> Handling:
    return replace(handling, retain_until=None)


def records_of(message: Message, ref: MessageId, me: AuthorityId) -> tuple[Record, ...]:
    """Return the records that a received message is made into, in the order of its facts.

    Facts without entity, type or value, hashed ones, and ones whose names headwater does not know stay in the message.

    Raises:
        SchemaError: a fact's handling, grade or date is none, or two facts say that one entity is two things.
    """
    groups: dict[tuple[AuthorityId, Grade | None, Handling, str], _Members] = {}
    # Most facts of a message share their terms and entities: both are read once, not once for each fact.
    by_terms: dict[tuple[object, ...], _Members] = {}
    known = schemata()
    for name, given in message.facts.items():
        # Objects of threat intelligence stay apart, as they were at the sender's: each is served and withdrawn by itself.
        apart = (name.rpartition("/")[0] or given.entity or "") if message.kind is Kind.TI else ""
        said = _terms(given)
        terms = (*said, apart)
        members = by_terms.get(terms)
        if members is None:
            handling, grade = _read_terms(*said)
            members = groups.setdefault((_originator(given.origin, message, me), grade, handling, apart), _Members())
            by_terms[terms] = members
        kind = _kind(given, known)
        if kind is not None:
            about = given.entity, given.schema, given.category
            mention = members.mentions.get(about)
            if mention is None:
                mention = members.mentions[about] = _mention(given, message)
            members.facts[_fact(given, kind, mention, message)] = None
    return tuple(
        Record(
            origin=Origin(originator=originator, source=SOURCE, place=ref),
            handling=handling,
            grade=grade,
            mentions=tuple(dict.fromkeys(members.mentions.values())),
            facts=tuple(members.facts),
        )
        for (originator, grade, handling, _), members in groups.items()
        if members.facts
    )


class _Members:
    """The facts of a message that go into one record, and the entities that they speak of, each once and in order."""

    __slots__ = ("facts", "mentions")

    def __init__(self) -> None:
        self.mentions: dict[tuple[str | None, str | None, str], Mention] = {}
        self.facts: dict[Fact, None] = {}


def message_of(record: Record) -> MessageId:
    """Return the message that a record came in."""
    return MessageId(record.origin.place or "")


def clamped(record: Record, until: date) -> Record:
    """Return the record with its retention shortened to a day."""
    handling = record.handling
    day = min(until, handling.retain_until or until)
    if day == handling.retain_until:
        return record
    return replace(record, handling=replace(handling, retain_until=day))


def _earlier(given: str | None, other: date | None) -> str | None:
    day = _day(given)
    return min(each for each in (day, other) if each).isoformat() if day or other else None


def _states(onward: tuple[str, ...] | str | None) -> frozenset[StateCode]:
    if isinstance(onward, str) and onward != "no":
        raise SchemaError("an onward rule that is neither 'no' nor a list of states", where=Place(field="onward"))
    return frozenset() if onward is None or isinstance(onward, str) else frozenset(StateCode(state) for state in onward)


def _onward(handling: Handling) -> tuple[str, ...] | str | None:
    if handling.never_onward:
        return "no"
    return tuple(sorted(handling.releasable_to)) if handling.releasable_to else None


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def _kind(given: MessageFact, known: Mapping[str, Schema]) -> str | None:
    """Return of what kind a fact's property is; None for a fact that stays in the message."""
    value, name = given.value, given.schema
    if given.hashed or not (value and name and given.entity) or value.isspace():
        return None
    of = known.get(name)
    return of.properties.get(given.prop) if of is not None else None


_terms: Final = attrgetter(
    *("origin", "grade", "marking", "handling", "conditions", "purposes", "names", "onward", "retain_until")
)
"""All that decides which record a fact goes into."""


@lru_cache(maxsize=_KEPT)
def _read_terms(
    _origin: StateCode,
    grade: str | None,
    marking: str | None,
    handling: tuple[str, ...],
    conditions: tuple[str, ...],
    purposes: tuple[str, ...] | None,
    names: tuple[str, ...],
    onward: tuple[str, ...] | str | None,
    retain_until: str | None,
) -> tuple[Handling, Grade | None]:
    return (
        Handling(
            purposes=None if purposes is None else frozenset(purposes),
            releasable_to=_states(onward),
            never_onward=onward == "no",
            codes=frozenset(handling),
            conditions=frozenset(conditions),
            addressees=frozenset(names) if names or TLP_RED in handling else None,
            markings=frozenset() if marking is None or marking == "NONE" else frozenset({marking}),
            retain_until=_day(retain_until),
        ),
        parse_grade(grade) if grade else None,
    )


def _mention(given: MessageFact, message: Message) -> Mention:
    category = _person_category(given.category) if is_person(given.schema or "") else None
    return Mention(_partners_key(given.entity or "", message), given.schema or "", category)


def _fact(given: MessageFact, kind: str, mention: Mention, message: Message) -> Fact:
    value = given.value or ""
    if kind == "entity":
        value = _partners_key(value, message)
    return Fact(mention.key, given.prop, value, given.lang, given.original)


def _partners_key(key: str, message: Message) -> EntityKey:
    return EntityKey(f"{message.sender}:{key}")


def _person_category(text: str) -> PersonCategory:
    try:
        return PersonCategory(text)
    except ValueError as error:
        raise SchemaError("no category of a person", where=Place(field="category")) from error


def _originator(state: StateCode, message: Message, me: AuthorityId) -> AuthorityId:
    for authority in (message.sender, me):
        if authority is not None and state_of(authority) == state:
            return authority
    return authority_id(f"{state}-{NOBODY_KNOWN}")


def _category(record: Record, mention: Mention, fact: Fact) -> str:
    if mention.category is not None:
        return mention.category
    kind = schema(mention.schema).properties.get(fact.prop)
    linked = record.mention(EntityKey(fact.value)) if kind == "entity" else None
    if linked is not None and linked.protected and linked.category is not None:
        return linked.category
    return "organisation" if "LegalEntity" in schema(mention.schema).extends | {mention.schema} else "object"


def _minors(record: Record, on: date) -> frozenset[EntityKey]:
    """Return whom a birth date does not show to be grown up; a partial date is taken as late as it can be."""
    found: set[EntityKey] = set()
    for fact in record.facts:
        if fact.prop == "birthDate" and is_partial_date(fact.value):
            year, month, day = (int(part) for part in (fact.value + "-12-31"[len(fact.value) - 4 :]).split("-")[:3])
            if (year + _ADULT_YEARS, month, day) > (on.year, on.month, on.day):
                found.add(fact.entity)
    return frozenset(found)
