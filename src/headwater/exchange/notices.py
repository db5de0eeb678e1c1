"""Notices: an originator is told at once when its facts were passed on without its consent (DPA 2018 s.78)."""

from headwater.exchange.holdings import Reader, origins_of
from headwater.exchange.parties import recipient_of
from headwater.model.ids import AuthorityId, FactId, MessageId, StateCode, state_of
from headwater.model.message import Consent, Kind, Message

BREAK_GLASS = "break-glass"


def notices(reader: Reader, message: Message, ref: MessageId, origin: StateCode) -> list[Message]:
    """Return the notices to an originator about a message that passes its facts on, one for each partner they came from.

    A notice names the facts as the originator called them, where they went, for what purpose, why, and who approved it.
    """
    glass = message.break_glass
    told: dict[tuple[AuthorityId, str], list[str]] = {}
    names = message.facts.keys() | {name for fact in message.facts.values() for name in fact.evidence}
    for came in origins_of(reader, [FactId(name) for name in sorted(names)]).values():
        if came.given.origin == origin:
            told.setdefault((came.peer, came.agreement), []).append(came.name)
    return [
        Message(
            kind=Kind.NOTICE,
            recipient=peer,
            agreement=agreement,
            purpose=message.purpose,
            urgency="urgent",
            why_urgent="passed on without consent",
            reason=glass.reason if glass else None,
            approver=glass.approver if glass else None,
            case_references=(ref,),
            consents=(
                Consent(
                    type="onward",
                    giver=origin,
                    receiver=state_of(recipient_of(message)),
                    facts=tuple(facts),
                    purposes=(message.purpose,) if message.purpose else (),
                    decision=BREAK_GLASS,
                    ref=ref,
                ),
            ),
        )
        for (peer, agreement), facts in told.items()
    ]
