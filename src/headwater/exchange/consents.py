"""Consents: what originators said about the further use of their facts, recorded here and attached to what goes out.

A consent names facts as its giver called them; here it is kept under the names that they have here, record by record. It is
believed only from the partner that the facts came from, and only for facts whose originator it speaks for; where that partner
is not the originator, a yes counts only with the originator's own signed word (`words`), while a no needs none. What a
message carries as consents is always what is recorded, never what its writer says.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from headwater.errors import ForbiddenError, NoBasisError, Place, SchemaError
from headwater.exchange.holdings import Held, Reader, held_from, origins_of
from headwater.exchange.numbered import bodies, first_free, numbered
from headwater.exchange.parties import purpose_of, recipient_of, sender_of
from headwater.exchange.words import Spoken
from headwater.model.canonical import decode, encode
from headwater.model.fact import record_of
from headwater.model.ids import AuthorityId, FactId, MessageId, StateCode, state_of
from headwater.model.message import Consent, Kind, Message, Word
from headwater.model.times import parse_instant
from headwater.ports import Event
from headwater.store import Transaction

CONSENT: Final = "consent"
"""Kind of the documents that hold consents, by the record whose facts they are about; from the second on with a number."""
ONWARD: Final = "onward"
ASKED: Final = "asked"
DECISIONS: Final = ("yes", "no")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One consent as it was received: when, in which message, and what it says, with facts by their names here."""

    at: datetime
    message: MessageId
    consent: Consent


def ask(reader: Reader, facts: Sequence[FactId], receiver: StateCode, purpose: str, reason: str) -> list[Message]:
    """Return the messages that ask for consent to pass facts on: one for each partner that they came from.

    Raises:
        ForbiddenError: a fact is not here, or is our own.
    """
    asked: dict[tuple[AuthorityId, str, StateCode], list[str]] = {}
    origins = origins_of(reader, facts)
    for fact in facts:
        came = origins.get(fact)
        if came is None:
            raise ForbiddenError("no such fact of a partner", where=fact, fix="name facts that came in a message")
        asked.setdefault((came.peer, came.agreement, came.given.origin), []).append(came.name)
    return [
        Message(
            kind=Kind.CONSENT_REQUEST,
            recipient=peer,
            agreement=agreement,
            purpose=purpose,
            reason=reason,
            classification="NONE",
            consents=(
                Consent(
                    type=ONWARD,
                    giver=origin,
                    receiver=receiver,
                    facts=tuple(names),
                    purposes=(purpose,),
                    decision=ASKED,
                ),
            ),
        )
        for (peer, agreement, origin), names in asked.items()
    ]


Speak = Callable[[Consent], Word]
"""Signs our own word about a consent."""


def answer(
    reader: Reader,
    request: Message,
    ref: MessageId,
    decision: str,
    until: str | None,
    me: AuthorityId,
    speak: Speak,
) -> Message:
    """Return the message that gives or refuses what a consent-request asks for.

    Args:
        reader: the store.
        request: what is asked.
        ref: its message.
        decision: ``yes`` or ``no``.
        until: the last day of a yes to our own facts; to those of others it is their originator's.
        me: this node's own authority.
        speak: signs our own word.

    Raises:
        SchemaError: the decision is none, or the message asks for no consent.
        NoBasisError: a fact is another originator's, which has not consented itself.
    """
    if decision not in DECISIONS:
        raise SchemaError("no decision", where=Place(field="decision"), fix="use yes or no")
    if request.kind is not Kind.CONSENT_REQUEST or not request.consents:
        raise SchemaError("the message asks for no consent", where=ref)
    given: list[Consent] = []
    for consent in request.consents:
        told = replace(consent, decision=decision, until=until, ref=ref, words=())
        if consent.giver == state_of(me):
            given.append(replace(told, words=(speak(told),)))
        elif decision == "yes":
            given += _passed_on(reader, request, told)
        else:
            given.append(told)
    return Message(
        kind=Kind.CONSENT,
        recipient=request.sender,
        agreement=request.agreement,
        purpose=request.purpose,
        classification="NONE",
        thread=ref,
        consents=tuple(given),
    )


def record(tx: Transaction, message: Message, ref: MessageId) -> None:
    """Keep the consents of a message that came in, as far as they are their originator's."""
    count = 0
    sender = sender_of(message)
    # Neither word: it must not take an earlier one's place.
    decided = [consent for consent in message.consents if consent.decision in DECISIONS]
    held = held_from(tx, sender, [name for consent in decided for name in consent.facts])
    known: dict[str, list[Recorded]] = {}
    new: dict[str, list[Recorded]] = {}
    for consent in decided:
        spoken = Spoken(consent.words)
        ours: dict[str, list[FactId]] = {}
        for name in consent.facts:
            for each in held.get(name, ()):
                is_its = each.given.origin == consent.giver
                if is_its and (
                    consent.giver == state_of(sender)
                    or consent.decision != "yes"
                    or spoken.is_consented(each.given, consent)
                ):
                    for fact in each.facts:
                        key = record_of(fact)
                        if key not in known:
                            known[key] = list(_kept(tx, key))
                        if not _is_older(known[key], fact, each, consent, spoken):
                            ours.setdefault(key, []).append(fact)
        for about, facts in ours.items():
            here = Recorded(tx.now, ref, replace(consent, facts=tuple(facts), ref=ref))
            known[about].append(here)
            new.setdefault(about, []).append(here)
            count += len(facts)
    for about, added in new.items():
        # Beside those of before, not with them: a partner may consent as often as it likes, and a list that grew would be kept anew.
        tx.put_document(CONSENT, numbered(about, first_free(tx, CONSENT, about)), encode(tuple(added)))
    kind = "exchange.consent-recorded" if count else "exchange.consent-doubted"
    tx.note(Event(kind, sender, ref, purpose_of(message), {"facts": count, "thread": message.thread or ""}))


def attached(reader: Reader, message: Message) -> Message:
    """Return a message with the recorded consents of all facts of others that it carries, and no other consents."""
    if message.kind in {Kind.CONSENT, Kind.CONSENT_REQUEST, Kind.NOTICE}:
        return message
    near = {state_of(sender_of(message)), state_of(recipient_of(message))}
    if not [fact for fact in message.facts.values() if fact.evidence or fact.origin not in near]:
        return replace(message, consents=()) if message.consents else message
    names = message.facts.keys() | {name for fact in message.facts.values() for name in fact.evidence}
    records = dict.fromkeys(record_of(FactId(name)) for name in sorted(names))
    found = [each for key in records for each in _kept(reader, key)]
    receiver = state_of(recipient_of(message))
    consents = tuple(each.consent for each in found if each.consent.receiver == receiver)
    return message if consents == message.consents else replace(message, consents=consents)


def _is_older(known: Sequence[Recorded], fact: FactId, held: Held, consent: Consent, spoken: Spoken) -> bool:
    """Return whether a yes that was passed on is older than what stands: whoever passes words on can show one again."""
    said = spoken.consented_at(held.given, consent) if consent.decision == "yes" else None
    return said is not None and any(
        said < _said_at(each)
        for each in known
        if fact in each.consent.facts
        and (each.consent.giver, each.consent.receiver) == (consent.giver, consent.receiver)
        and not set(consent.purposes).isdisjoint(each.consent.purposes)
    )


def _said_at(recorded: Recorded) -> datetime:
    """Return when a consent was given: of a yes with a word when that was signed, of any other when it came."""
    words = recorded.consent.words if recorded.consent.decision == "yes" else ()
    return max((parse_instant(word.at) for word in words), default=recorded.at)


def _kept(reader: Reader, key: str) -> tuple[Recorded, ...]:
    """Return the consents about a record's facts in the order in which they came."""
    return tuple(each for body in bodies(reader, CONSENT, key) for each in decode(body, tuple[Recorded, ...]))


def _passed_on(reader: Reader, request: Message, asked: Consent) -> list[Consent]:
    """Return what the originator of facts that are not ours has itself said yes to, with its word, to be passed on.

    Raises:
        NoBasisError: it has not, to this very transfer of one of the facts.
    """
    given: dict[tuple[tuple[str, ...], str | None, tuple[Word, ...]], list[str]] = {}
    for name in asked.facts:
        last = [
            each.consent
            for each in _kept(reader, record_of(FactId(name)))
            if name in each.consent.facts
            and (each.consent.receiver, each.consent.giver) == (asked.receiver, asked.giver)
            and request.purpose in each.consent.purposes
        ]
        if not last or last[-1].decision != "yes":
            raise NoBasisError(
                f"{asked.giver} has not consented to this itself", where=name, fix="ask it: headwater consent ask"
            )
        given.setdefault((last[-1].purposes, last[-1].until, last[-1].words), []).append(name)
    return [
        replace(asked, facts=tuple(names), purposes=purposes, until=until, words=words)
        for (purposes, until, words), names in given.items()
    ]
