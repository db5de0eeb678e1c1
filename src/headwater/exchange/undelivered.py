"""Undelivered: why a message of ours has not been taken, and what would help. Asking changes nothing.

Its recipient may have refused it, for good or for a while; or it cannot go, since a partner, a card or an agreement is not in
force; or nobody took it before it expired. What a recipient said is read from the ledger.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from headwater.errors import ClockError, ExpiredError, HeadwaterError, KeyTrustError
from headwater.exchange.card import RENEW, check_current
from headwater.exchange.outbox import SENT
from headwater.exchange.partners import Partners
from headwater.exchange.receipt import REFUSED
from headwater.exchange.refusal import error_for
from headwater.model.canonical import decode
from headwater.model.ids import MessageId, message_id
from headwater.model.message import HOUSEKEEPING, Message
from headwater.store import Outgoing, Snapshot

_RECEIPTED: Final = "receipted"
_QUEUED: Final = "queued"


@dataclass(frozen=True, slots=True)
class Undelivered:
    """What is in the way of a message.

    Attributes:
        error: what it is, and what would help.
        word: the code or rule that its recipient gave; empty where it said nothing.
        at: when the recipient said so.
        again: the message in which the same goes again, sealed with newer keys.
    """

    error: HeadwaterError
    word: str = ""
    at: datetime | None = None
    again: MessageId | None = None


def undelivered(snapshot: Snapshot, partners: Partners, row: Outgoing, now: datetime) -> Undelivered | None:
    """Return what is in the way of a message that went out; None where it was taken, or nothing is known to be."""
    if row.state == _RECEIPTED:
        return None
    said = _last_word(snapshot, row)
    if row.state == REFUSED:
        return said
    if row.state != _QUEUED:
        error = ClockError("nobody took it before it expired", fix="send it again if it still matters")
        return Undelivered(error, said.word, said.at) if said else Undelivered(error)
    stop = _stop(snapshot, partners, row, now)
    return said if stop is None else Undelivered(stop)


def _last_word(snapshot: Snapshot, row: Outgoing) -> Undelivered | None:
    """Return what the recipient said last of why it does not take a message."""
    found = None
    for leaf in snapshot.leaves_about(row.id):
        event = leaf.event
        if event is None or event.who != row.peer:  # a stranger's envelope may claim any identifier
            continue
        if event.kind == "exchange.resting":
            word = str(event.detail["code"])
            found = Undelivered(error_for(word), word, leaf.at)
        elif (
            event.kind == "exchange.refused" and "result" in event.detail
        ):  # theirs; ours of one of that name says a code
            word, again = str(event.detail["result"]).partition(":")[2], event.detail.get("again")
            found = Undelivered(error_for(word), word, leaf.at, message_id(str(again)) if again else None)
    return found


def _stop(snapshot: Snapshot, partners: Partners, row: Outgoing, now: datetime) -> HeadwaterError | None:
    """Return why this node does not let a queued message go now."""
    try:
        partner = partners.need(snapshot, row.peer)
        if not partner.is_open:
            return KeyTrustError(f"the partner is {partner.state}", fix="see: headwater partner list")
        check_current(partner.card.card, now)
        check_current(partners.own_card(snapshot).card, now, fix=RENEW)
    except KeyTrustError as error:
        return error
    body = None if row.kind in HOUSEKEEPING else snapshot.document(SENT, row.id)
    if body is not None and partners.stops_at_sending(snapshot, decode(body, Message).agreement):
        return ExpiredError("The agreement is not live", fix="it goes by itself once the agreement is live again")
    return None
