"""Values for the property tests: handling, and records of a few entities that refer to each other."""

from datetime import date
from typing import Final

from hypothesis import strategies as st

from headwater.model.fact import Fact
from headwater.model.handling import KNOWN_CODES, Handling
from headwater.model.ids import AuthorityId, BlobHash, EntityKey, StateCode
from headwater.model.record import Mention, Origin, PersonCategory, Record

PURPOSES: Final = ("oic", "sanctions", "victim-protection")
USERS: Final = ("ann", "bo")
STATES: Final = tuple(StateCode(state) for state in ("AA", "BB", "CC"))
DAYS: Final = tuple(date(2026, 3, day) for day in (1, 2, 3))
BLOBS: Final = tuple(BlobHash(letter * 64) for letter in "abc")

handlings: Final = st.builds(
    Handling,
    purposes=st.none() | st.frozensets(st.sampled_from(PURPOSES)),
    releasable_to=st.none() | st.frozensets(st.sampled_from(STATES)),
    never_onward=st.booleans(),
    codes=st.frozensets(st.sampled_from(sorted(KNOWN_CODES)), max_size=2),
    conditions=st.frozensets(st.sampled_from(("no-evidence", "no-action", "ask first"))),
    addressees=st.none() | st.frozensets(st.sampled_from(USERS)),
    markings=st.frozensets(st.sampled_from(("OFFICIAL", "INTERNO"))),
    retain_until=st.none() | st.sampled_from(DAYS),
)

PERSONS: Final = ("p", "q")
FACTS: Final = {
    "p": (("name", "Ivo Test"), ("nationality", "ZZ"), ("phone", "+000"), ("addressEntity", "home")),
    "q": (("name", "Ana Test"), ("birthDate", "1990"), ("addressEntity", "home")),
    "home": (("full", "1 Test Quay"),),
    "card": (("holder", "p"), ("number", "X1")),
    "boat": (("name", "Test Wind"), ("flag", "ZZ")),
}
SCHEMATA: Final = {"home": "Address", "card": "Passport", "boat": "Vessel"}


@st.composite
def records(draw: st.DrawFn, handling: st.SearchStrategy[Handling] = handlings) -> Record:
    """A record about some of a few entities; the persons among them in any category."""
    keys = draw(st.lists(st.sampled_from(sorted(FACTS)), min_size=1, max_size=3, unique=True))
    mentions = tuple(
        Mention(EntityKey(key), "Person", draw(st.sampled_from(PersonCategory)))
        if key in PERSONS
        else Mention(EntityKey(key), SCHEMATA[key])
        for key in keys
    )
    possible = [(key, prop, value) for key in keys for prop, value in FACTS[key]]
    facts = draw(st.lists(st.sampled_from(possible), max_size=4, unique=True))
    return Record(
        origin=Origin(AuthorityId("AA-POL"), draw(st.sampled_from(("one", "two")))),
        handling=draw(handling),
        mentions=mentions,
        facts=tuple(Fact(EntityKey(key), prop, value) for key, prop, value in facts),
        blobs=tuple(draw(st.lists(st.sampled_from(BLOBS), max_size=1))),
        tables=tuple(draw(st.lists(st.sampled_from(BLOBS), max_size=1))),
    )
