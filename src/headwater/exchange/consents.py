"""Consents: what originators said about the further use of their facts, recorded here and attached to what goes out.

A consent names facts as its giver called them; here it is kept under the names that they have here, record by record. It is
believed only from the partner that the facts came from, and only for facts whose originator it speaks for. What a message
carries as consents is always what is recorded, never what its writer says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from headwater.errors import ForbiddenError, NoBasisError, Place, SchemaError
from headwater.exchange.holdings import Held, Reader, held_from, origins_of
from headwater.model.canonical import decode, encode
from headwater.model.fact import record_of
from headwater.model.ids import AuthorityId, FactId, MessageId, StateCode, state_of
from headwater.model.message import Consent, Kind, Message
from headwater.ports import Event
from headwater.store import Transaction

CONSENT: Final = "consent"
"""Kind of the documents that hold consents, by the record whose facts they are about."""
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


def answer(
    reader: Reader, request: Message, ref: MessageId, decision: str, until: str | None, me: AuthorityId
) -> Message:
    """Return the message that gives or refuses what a consent-request asks for.

    Raises:
        SchemaError: the decision is none, or the message asks for no consent.
        NoBasisError: a fact is another originator's, which has not consented itself.
    """
    if decision not in DECISIONS:
        raise SchemaError("no decision", where=Place(field="decision"), fix="use yes or no")
    if request.kind is not Kind.CONSENT_REQUEST or not request.consents:
        raise SchemaError("the message asks for no consent", where=ref)
    for consent in request.consents:
        if decision == "yes" and consent.giver != state_of(me):
            _require_own_consent(reader, request, consent)
    given = tuple(replace(consent, decision=decision, until=until, ref=ref) for consent in request.consents)
    return Message(
        kind=Kind.CONSENT,
        recipient=request.sender,
        agreement=request.agreement,
        purpose=request.purpose,
        classification="NONE",
        thread=ref,
        consents=given,
    )


def record(tx: Transaction, message: Message, ref: MessageId) -> int:
    """Keep the consents of a message that came in, as far as they are their originator's; return how many facts."""
    count = 0
    sender = message.sender or AuthorityId("")
    for consent in message.consents:
        held = held_from(tx, sender, consent.facts)
        ours: dict[str, list[FactId]] = {}
        for name in consent.facts:
            for each in held.get(name, ()):
                if each.given.origin == consent.giver:
                    _sort(ours, each)
        for key, facts in ours.items():
            here = replace(consent, facts=tuple(facts), ref=ref)
            kept = (*_kept(tx, key), Recorded(tx.now, ref, here))
            tx.put_document(CONSENT, key, encode(kept))
            count += len(facts)
    kind = "exchange.consent-recorded" if count else "exchange.consent-doubted"
    tx.note(Event(kind, sender, ref, message.purpose or "", {"facts": count, "thread": message.thread or ""}))
    return count


def attached(reader: Reader, message: Message) -> Message:
    """Return a message with the recorded consents of all facts of others that it carries, and no other consents."""
    if message.kind in {Kind.CONSENT, Kind.CONSENT_REQUEST, Kind.NOTICE}:
        return message
    near = {state_of(who) for who in (message.sender, message.recipient) if who}
    if not [fact for fact in message.facts.values() if fact.evidence or fact.origin not in near]:
        return replace(message, consents=()) if message.consents else message
    names = message.facts.keys() | {name for fact in message.facts.values() for name in fact.evidence}
    records = dict.fromkeys(record_of(FactId(name)) for name in sorted(names))
    found = [each for key in records for each in _kept(reader, key)]
    receiver = state_of(message.recipient or AuthorityId(""))
    consents = tuple(each.consent for each in found if each.consent.receiver == receiver)
    return message if consents == message.consents else replace(message, consents=consents)


def _sort(ours: dict[str, list[FactId]], held: Held) -> None:
    for fact in held.facts:
        ours.setdefault(record_of(fact), []).append(fact)


def _kept(reader: Reader, key: str) -> tuple[Recorded, ...]:
    body = reader.document(CONSENT, key)
    return decode(body, tuple[Recorded, ...]) if body else ()


def _require_own_consent(reader: Reader, request: Message, consent: Consent) -> None:
    """See that the originator of facts that are not ours has said yes itself to this very transfer."""
    for name in consent.facts:
        last = [
            each.consent
            for each in _kept(reader, record_of(FactId(name)))
            if name in each.consent.facts
            and (each.consent.receiver, each.consent.giver) == (consent.receiver, consent.giver)
            and request.purpose in each.consent.purposes
        ]
        if not last or last[-1].decision != "yes":
            raise NoBasisError(
                f"{consent.giver} has not consented to this itself", where=name, fix="ask it: headwater consent ask"
            )
