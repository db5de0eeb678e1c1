"""Searches: a partner asks whether we hold an identifier, without writing it down, and learns hit or no hit.

A value travels as HMAC-SHA256 of its exact normal form under a key that belongs to this pair, agreement and conversation.
What that protects: whoever sees a stored message, a log or a table of such values learns nothing from equal ones, and
values of two conversations cannot be compared. What it does not protect: the key is made of what both ends know, so the
partner can test guesses, as it must to answer; phone numbers and plates can be guessed through. A search is therefore
judged, counted and logged like any message, and answered only about our own facts: never about a third state's, a
protected person or a witness, what may not be used for the purpose, is marked higher than the agreement lets pass, or has
passed its last day.
"""

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import Final

from msgspec.structs import replace

from headwater.exchange.crosscheck import normal
from headwater.exchange.holdings import Reader
from headwater.exchange.signed import PairKey
from headwater.model.canonical import encode
from headwater.model.ids import AuthorityId, MessageId, state_of
from headwater.model.message import Kind, Message, MessageFact
from headwater.model.record import PersonCategory, Record
from headwater.policy.agreement import Agreement

SEARCHED: Final = "searched"
"""Kind of the documents that say which searches were answered, by the search."""
Roots = tuple[PairKey, ...]
"""The root keys that a card names."""
HIT: Final = "hit"
NO_HIT: Final = "no-hit"
_LABEL: Final = b"headwater/search/1\0"


def search_key(one: Roots, other: Roots, agreement: str, thread: str) -> bytes:
    """Return the key of one conversation: from the root keys of both cards, which outlive most of a card's versions."""
    roots = sorted(sha256(encode(each)).hexdigest() for each in (one, other))
    return sha256(_LABEL + encode((roots, agreement, thread))).digest()


def hashed(facts: Mapping[str, MessageFact], key: bytes) -> dict[str, MessageFact]:
    """Return those facts that can be searched for, each with its keyed hash in place of its value."""
    found: dict[str, MessageFact] = {}
    for name, fact in facts.items():
        form = normal(fact.prop, fact.value or "")
        if form is not None:
            value = _keyed(key, form)
            found[name] = replace(fact, value=value, hashed=True, entity=None, lang=None, original=None)
    return found


@dataclass(frozen=True, slots=True)
class Answering:
    """Who answers a search, and within what.

    Attributes:
        me: the authority of this node.
        terms: the agreement that the search came under; None where this node holds it no more: nothing is told then.
        keys: those that it may have been hashed with.
        on: the day in UTC.
    """

    me: AuthorityId
    terms: Agreement | None
    keys: Sequence[bytes]
    on: date


@dataclass(frozen=True, slots=True)
class Searched:
    """One search, its message, and who answers it within what."""

    search: Message
    ref: MessageId
    by: Answering


def answer(reader: Reader, search: Message, ref: MessageId, by: Answering) -> Message:
    """Return the answer to a search: ``hit`` with the names of the facts that were found, or ``no-hit``.

    Args:
        reader: the store.
        search: what is asked.
        ref: its message.
        by: who answers, and within what.
    """
    (given,) = answer_all(reader, [Searched(search, ref, by)])
    return given


def answer_all(reader: Reader, searches: Sequence[Searched]) -> list[Message]:
    """Return the answers to searches, as `answer` gives each; all that is held is read once for all of them."""
    wanted = [
        {fact.value: name for name, fact in one.search.facts.items() if fact.hashed and fact.value} for one in searches
    ]
    hits = [set[str]() for _ in searches]
    for record in reader.records() if any(wanted) else ():
        forms = [form for fact in record.facts if (form := normal(fact.prop, fact.value)) is not None]
        for one, names, found in zip(searches, wanted, hits, strict=True):
            is_ours = state_of(record.origin.originator) == state_of(one.by.me)
            if names and forms and is_ours and _may_tell(record, one.search.purpose, one.by):
                values = {_keyed(key, form) for key in one.by.keys for form in forms}
                found.update(names[value] for value in values if value in names)
    return [_answered(one, found) for one, found in zip(searches, hits, strict=True)]


def _answered(searched: Searched, hits: set[str]) -> Message:
    search = searched.search
    return Message(
        kind=Kind.RESPONSE,
        sender=searched.by.me,
        recipient=search.sender,
        agreement=search.agreement,
        purpose=search.purpose,
        classification="NONE",
        thread=searched.ref,
        result=HIT if hits else NO_HIT,
        text=" ".join(sorted(hits)) or None,
    )


def _may_tell(record: Record, purpose: str | None, by: Answering) -> bool:
    handling, terms = record.handling, by.terms
    return (
        terms is not None
        and handling.markings <= terms.markings.keys()
        and (handling.retain_until is None or by.on <= handling.retain_until)
        and not handling.never_onward
        and handling.addressees is None
        and (handling.purposes is None or purpose in handling.purposes)
        and not any(mention.protected or mention.category is PersonCategory.WITNESS for mention in record.mentions)
    )


def _keyed(key: bytes, form: bytes) -> str:
    return hmac.digest(key, form, "sha256").hex()
