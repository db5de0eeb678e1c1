"""Requests and their clocks: both ends compute the same due time, from the receiver's signed receipt.

A request is answered by a response whose `thread` is the request. ``clarify`` asks something back and stops the clock until
the one who asked first has answered in the same thread; ``partial`` leaves it running; ``full``, ``none`` and ``refused``
end it. A question or answer counts from the moment of the receipt for it, which both ends know.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

import msgspec

from headwater.errors import Place, SchemaError
from headwater.exchange.deadlines import Access, Deadline, Pause, Urgency, deadline
from headwater.exchange.receipt import RECEIPT, parse_receipt
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId, MessageId
from headwater.model.message import Kind, Message
from headwater.ports import Event
from headwater.store import Incoming, Outgoing, Snapshot, Transaction

RESULTS: Final = ("full", "partial", "none", "refused", "clarify", "hit", "no-hit")
ENDS: Final = frozenset({"full", "none", "refused"})
CLARIFY: Final = "clarify"
REFUSALS: Final = (
    "not-available",  # the information is not available, or no longer
    "no-authorisation",  # a court or authority whose leave is needed has not given it
    "national-security",  # it would harm essential interests of national security
    "investigation",  # it would endanger an investigation or the safety of a person
    "interests",  # it would unduly harm important interests of a legal person
    "minor-offence",  # the offence is punishable by no more than a year
    "no-offence",  # what it is about is no offence here
    "third-state",  # it came from a state that has not consented
    "not-clarified",  # what was asked back has not been answered
    "agreement",  # the agreement does not cover it
)
"""Reasons for refusing a request, after article 6 of Directive (EU) 2023/977, and the agreement's own limits."""
ALARM: Final = "deadline-alarm"
"""Kind of the documents that keep the highest alarm noted for each request."""
_URGENCIES: Final = dict.fromkeys(Urgency)
_ACCESS: Final = dict.fromkeys(Access)
LOOK_BACK: Final = timedelta(days=90)
"""Alarms are raised for requests no older than this."""

Reader = Snapshot | Transaction
ZoneOf = Callable[[AuthorityId], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request as it stands.

    Attributes:
        way: ``in`` or ``out``.
        state: ``waiting`` (no receipt yet), ``open``, ``clarify`` (the clock stands), ``partial``, ``answered``,
            ``refused`` (by a person), or ``not-taken`` (the partner's node refused it, or it never got there).
        received_at: the time of the receiver's receipt.
        deadline: None before there is a receipt, and where its time lies at the end of the calendar.
        ended_at: when the answer that ends it was received.
        alarm: the highest alarm that has gone up: 0, 50, 80 or 100 per cent.
        duplicate_of: an earlier request of the same conversation that asks the same.
    """

    id: MessageId
    peer: AuthorityId
    way: str
    state: str
    received_at: datetime | None = None
    deadline: Deadline | None = None
    ended_at: datetime | None = None
    alarm: int = 0
    duplicate_of: MessageId | None = None


@dataclass(frozen=True, slots=True)
class _Word:
    """A response in a conversation: when it was received, which way it went, and what it says."""

    at: datetime
    way: str
    result: str | None


class _Result(msgspec.Struct):
    """All that is asked of a response: the rest of its body, which may be megabytes, is passed over."""

    result: str | None = None


def check_response(message: Message) -> None:
    """Refuse a response that no request could be settled by.

    Raises:
        SchemaError: the result is none, a refusal gives none of the reasons, or a question asks nothing.
    """
    if message.kind is not Kind.RESPONSE or message.result is None:
        return
    if message.result not in RESULTS:
        raise SchemaError("no result of a response", where=Place(field="result"), fix=f"use {', '.join(RESULTS)}")
    reason = message.reason.partition(":")[0].strip() if message.reason else None
    if message.result == "refused" and reason not in REFUSALS:
        raise SchemaError(
            "a refusal without one of the reasons for it",
            where=Place(field="reason"),
            fix=f"begin the reason with {', '.join(REFUSALS)}; more words may follow a colon",
        )
    if message.result == CLARIFY and not (message.text or "").strip():
        raise SchemaError("a question without words", where=Place(field="text"))


def check_request(message: Message) -> None:
    """Refuse a request whose clock nobody could read.

    Raises:
        SchemaError: the urgency or access is none.
    """
    for field, value, known in (
        ("urgency", message.urgency, _URGENCIES),
        ("access", message.access or "direct", _ACCESS),
    ):
        if value not in known:
            raise SchemaError(f"no such {field}", where=Place(field=field), fix=f"use {', '.join(known)}")


def requests(reader: Reader, me: AuthorityId, zone_of: ZoneOf, now: datetime, since: datetime) -> list[Request]:
    """Return the requests in both directions from a time on, each with its clock.

    Args:
        reader: the store.
        me: the authority of this node.
        zone_of: the time zone of an authority, as its card says.
        now: the instant for which alarms are told.
        since: no request from before it.
    """
    found: list[Request] = []
    seen: dict[bytes, MessageId] = {}
    for row in reader.incoming_requests(since):
        message = decode(row.body, Message) if row.body else None
        if message is None:
            continue
        same = seen.setdefault(_question(row, message), row.id)
        made = _clock(reader, row, message, row.received_at, zone_of(me), now)
        found.append(_with_duplicate(made, same) if same != row.id else made)
    for sent in reader.outgoing_requests(since):
        body = reader.document("sent", sent.id)
        received_at = _receipted_at(reader, sent)
        if body is None or received_at is None or sent.state != "receipted":
            state = "waiting" if sent.state == "queued" else "not-taken"
            found.append(Request(id=sent.id, peer=sent.peer, way="out", state=state))
        else:
            found.append(_clock(reader, sent, decode(body, Message), received_at, zone_of(sent.peer), now))
    return found


def due_alarms(reader: Reader, found: Sequence[Request]) -> list[Request]:
    """Return the requests whose alarm has gone up since it was noted last."""
    live = [one for one in found if one.alarm and one.state in {"open", "partial", "clarify"}]
    return [one for one in live if int(reader.document(ALARM, one.id) or 0) < one.alarm]


def raise_alarms(tx: Transaction, found: Sequence[Request]) -> int:
    """Note each alarm that has gone up since the last look, once; return how many."""
    due = due_alarms(tx, found)
    for request in due:
        tx.put_document(ALARM, request.id, str(request.alarm).encode())
        detail: dict[str, str | int] = {"level": request.alarm, "way": request.way, "peer": request.peer}
        tx.note(Event("exchange.deadline-alarm", "node", request.id, detail=detail))
    return len(due)


def _clock(
    reader: Reader, row: Incoming | Outgoing, message: Message, received_at: datetime, zone: str, now: datetime
) -> Request:
    way = "in" if isinstance(row, Incoming) else "out"
    back = "out" if way == "in" else "in"
    words = sorted(_words(reader, row), key=lambda word: word.at)
    end = next((word for word in words if word.way == back and word.result in ENDS), None)
    pauses = list(_pauses([word for word in words if end is None or word.at <= end.at], back))
    clock = _deadline(received_at, zone, message, pauses)
    if end is not None:
        state = "refused" if end.result == "refused" else "answered"
    elif pauses and pauses[-1].answered_at is None and clock is not None and clock.due_at is None:
        state = "clarify"
    else:
        state = "partial" if any(word.way == back and word.result == "partial" for word in words) else "open"
    return Request(
        id=row.id,
        peer=row.peer,
        way=way,
        state=state,
        received_at=received_at,
        deadline=clock,
        ended_at=end.at if end else None,
        alarm=clock.level(end.at if end else now) if clock is not None else 0,
    )


def _deadline(received_at: datetime, zone: str, message: Message, pauses: Sequence[Pause]) -> Deadline | None:
    """Return the clock of a request; None where a receipt names a time from which nobody can count on."""
    try:
        return deadline(received_at, zone, message.urgency, message.access or Access.DIRECT, pauses)
    except SchemaError:  # a partner's word that the profile does not know: the longest time
        pass
    try:
        return deadline(received_at, zone, Urgency.NORMAL, Access.INDIRECT, pauses)
    except SchemaError:
        return None


def _pauses(words: Sequence[_Word], back: str) -> Iterator[Pause]:
    """Yield the clarifications: from a question back to the next word of the one who asked first."""
    asked: datetime | None = None
    for word in words:
        if word.way == back:
            asked = word.at if word.result == CLARIFY and asked is None else asked
        elif asked is not None:
            yield Pause(asked, word.at)
            asked = None
    if asked is not None:
        yield Pause(asked, None)


def _words(reader: Reader, asked: Incoming | Outgoing) -> Iterator[_Word]:
    """Yield what the two have said about a request; what somebody else says in its thread is no answer to it."""
    for row in reader.incoming_in(asked.id):
        if row.peer == asked.peer and row.kind == Kind.RESPONSE and row.body and row.state != "refused":
            yield _Word(row.received_at, "in", decode(row.body, _Result).result)
    for sent in reader.outgoing_in(asked.id):
        is_answer = sent.peer == asked.peer and sent.kind == Kind.RESPONSE
        body = reader.document("sent", sent.id) if is_answer else None
        at = _receipted_at(reader, sent)
        if body and at is not None and sent.state == "receipted":
            yield _Word(at, "out", decode(body, _Result).result)


def _receipted_at(reader: Reader, row: Outgoing) -> datetime | None:
    receipt = reader.document(RECEIPT, row.receipt.hex()) if row.receipt else None
    return parse_receipt(receipt).given_at if receipt else None


def _question(row: Incoming, message: Message) -> bytes:
    """Return what tells one question from another within a conversation."""
    facts = sorted((fact.prop, fact.value or "") for fact in message.facts.values())
    text = encode((row.peer, message.thread, message.reason, message.text, message.purpose, facts))
    # Outside a conversation each request stands for itself.
    return sha256(text if message.thread else row.id.encode()).digest()


def _with_duplicate(made: Request, same: MessageId) -> Request:
    values = {name: getattr(made, name) for name in Request.__dataclass_fields__}
    return Request(**{**values, "duplicate_of": same})
