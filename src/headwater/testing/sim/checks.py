"""What must hold once a history has come to rest: promises, one effect, order, expiry, ledgers, recalls, clocks of requests."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Final

from headwater.exchange.envelope import MAX_AHEAD, Header, Lane, Sealed, read
from headwater.exchange.outbox import SENT
from headwater.exchange.receipt import parse_receipt
from headwater.exchange.translate import records_of
from headwater.exchange.witness import FAULTS, Word
from headwater.model.canonical import decode
from headwater.model.ids import AuthorityId, MessageId
from headwater.model.message import CORRECTIONS, Message
from headwater.store import Head, Incoming, Outgoing
from headwater.testing.sim.acts import Book
from headwater.testing.sim.node import SimNode
from headwater.testing.sim.setting import MADE_AT

BEYOND_S: Final = 300.0
"""How long after its expiry a message may be taken, by the true time, where one of the two clocks is about right."""
_ABOUT_RIGHT_S: Final = 60.0
HARMLESS_REFUSALS: Final = frozenset({"refused:expired", "refused:agreement-state", "refused:amend-owner"})

_HOLDS_BACK: Final = frozenset({"exchange.resting", "exchange.delivered-again", "exchange.receipt-missing"})
"""Events after which a message may come later than those behind it."""
_UNPROVED: Final = "unproved"
"""Whom the ledger names for what nobody is shown to have sent."""
_SHRUNK: Final = FAULTS[Word.SHRUNK][1]
"""What a log is accused of whose owner's clock has jumped: later words about it bear an earlier time."""


@dataclass(slots=True)
class Books:
    """What one node holds at rest."""

    node: SimNode
    outgoing: dict[MessageId, Outgoing] = field(default_factory=dict)
    headers: dict[MessageId, Header] = field(default_factory=dict)
    sent: dict[MessageId, Message] = field(default_factory=dict)
    incoming: dict[MessageId, Incoming] = field(default_factory=dict)
    born: dict[MessageId, set[str]] = field(default_factory=dict)
    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    results: dict[MessageId, str] = field(default_factory=dict)
    """What the partner's receipt says about a message."""
    heads: list[tuple[AuthorityId, Head]] = field(default_factory=list)
    """Of partners' ledgers, as their receipts tell them."""
    shown: list[str] = field(default_factory=list)
    """Values of facts that anybody sees here."""
    unproved: Counter[str] = field(default_factory=Counter)
    """Envelopes that were refused as altered on their way, by whom their headers named."""


def read_books(node: SimNode) -> Books:
    """Return a node's books."""
    books = Books(node)
    with node.store.snapshot() as snapshot:
        for row in snapshot.outgoing_all():
            books.outgoing[row.id] = row
            sealed = read(row.envelope)
            assert isinstance(sealed, Sealed)
            books.headers[row.id] = sealed.header
            body = snapshot.document(SENT, row.id)
            if body:
                books.sent[row.id] = decode(body, Message)
            receipt = snapshot.document("receipt", row.receipt.hex()) if row.receipt else None
            if receipt:
                said = parse_receipt(receipt)
                books.results[row.id] = next((line.result for line in said.lines if line.is_about(sealed)), "")
                if said.log is not None:
                    books.heads.append((row.peer, Head(said.log.size, bytes.fromhex(said.log.root))))
        for got in snapshot.incoming_all():
            books.incoming[got.id] = got
            books.born[got.id] = set(snapshot.born_of(got.id))
        for event in (leaf.event for leaf in snapshot.leaves() if leaf.event is not None):
            books.events[event.kind, event.subject] += 1
            if event.who == _UNPROVED:
                books.unproved[event.subject] += int(event.detail["count"])
        books.shown = [fact.value for record in snapshot.records() for fact in record.facts]
    return books


def at_rest(nodes: Mapping[AuthorityId, SimNode], book: Book, *, lossy: bool) -> Iterator[str]:
    """Yield what does not hold.

    Args:
        nodes: all nodes, up and with nothing on its way.
        book: what was promised.
        lossy: whether the network altered or doubled anything, so that doubts of partners are to be expected.
    """
    books = {me: read_books(node) for me, node in nodes.items()}
    heads: dict[AuthorityId, list[Head]] = {me: [] for me in nodes}
    for each in books.values():
        for peer, head in each.heads:
            heads[peer].append(head)
    for me, node in nodes.items():
        for problem in [*node.store.check(), *node.store.verify_ledger(heads[me])]:
            yield f"{me}: {problem.kind} at {problem.at}"
        for alarm in node.exchange.syncing.alarms():
            if not (alarm.what == _SHRUNK and nodes[alarm.about].clock.has_jumped):
                yield f"{me}: alarm about {alarm.about}: {alarm.what}"
    yield from _promises(books, book)
    for me, mine in books.items():
        for peer in nodes[me].peers:
            yield from (f"{me} to {peer}: {what}" for what in _pair(mine, books[peer], lossy=lossy))
            yield from (f"{me} to {peer}: {what}" for what in _order(mine, books[peer], book))
    yield from _requests(nodes)
    yield from _cards(nodes)
    yield from _recalls(books, book)


def _promises(books: Mapping[AuthorityId, Books], book: Book) -> Iterator[str]:
    for promise in book.promises:
        row = books[promise.node].outgoing.get(promise.ref)
        if row is None:
            yield f"{promise.node}: message {promise.ref} was promised and is lost"
        elif (row.seq, sha256(row.envelope).digest()) != (promise.seq, promise.sha256):
            yield f"{promise.node}: message {promise.ref} is another than the one promised"


def _pair(mine: Books, theirs: Books, *, lossy: bool) -> Iterator[str]:
    """Yield what is wrong on the way from one node to another."""
    sent = {ref: row for ref, row in mine.outgoing.items() if row.peer == theirs.node.me}
    came = {ref: row for ref, row in theirs.incoming.items() if row.peer == mine.node.me}
    if sorted(row.seq for row in sent.values()) != list(range(1, len(sent) + 1)):
        yield "the numbers given are not 1, 2, 3 and so on"
    yield from (f"message {ref} came from nowhere" for ref in came if ref not in sent)
    for ref, row in sent.items():
        yield from (f"{row.kind} {ref}: {what}" for what in _message(ref, row, came.get(ref), mine, theirs))
    if not lossy:
        doubted = [kind for kind, _ in mine.events if kind in {"exchange.receipt-doubted", "exchange.receipt-missing"}]
        if doubted:
            yield f"receipts were doubted over an honest line: {doubted[:3]}"


def _message(ref: MessageId, row: Outgoing, got: Incoming | None, mine: Books, theirs: Books) -> Iterator[str]:
    result = mine.results.get(ref, "")
    if row.state == "queued" and not is_from_tomorrow(row.envelope, mine.node.clock.now()):
        yield "still queued"
    elif row.state == "receipted" and got is None:
        yield "receipted and never kept"
    elif row.state == "refused" and result not in HARMLESS_REFUSALS:
        yield f"settled as {result}"
    if got is None:
        return
    if row.state == "receipted" and (got.seq, got.sha256, got.receipt) != (
        row.seq,
        sha256(row.envelope).digest(),
        row.receipt,
    ):
        yield "not the same on both sides"
    if got.state == "refused":
        return
    if (times := theirs.events["exchange.received", ref]) != 1:
        yield f"{times} events exchange.received"
    message = mine.sent.get(ref)
    # What was amended since is no longer what was sent; what became of it is looked at with the recalls.
    if message is not None and message.facts and got.state != "held":
        expected = {record.id for record in records_of(message, ref, theirs.node.me)}
        whole = set(message.facts) == _carried(got)
        if whole and theirs.born[ref] != expected and not theirs.born[ref]:
            yield f"became {len(theirs.born[ref])} of {len(expected)} records"
    yield from _expiry(ref, got, mine, theirs)


def _carried(got: Incoming) -> set[str]:
    return set(decode(got.body, Message).facts) if got.body else set()


def _expiry(ref: MessageId, got: Incoming, mine: Books, theirs: Books) -> Iterator[str]:
    header = mine.headers[ref]
    if got.received_at == MADE_AT:
        return  # from before the history
    if got.received_at >= header.expires_at:
        yield f"taken at {got.received_at}, expired at {header.expires_at}"
    if header.sent_at - got.received_at > MAX_AHEAD:
        yield f"taken at {got.received_at}, sent at {header.sent_at}"
    clock = theirs.node.clock
    true_s = clock.first_read.get(got.received_at)
    if true_s is None:
        yield f"taken at {got.received_at}, which the clock never showed"
        return
    beyond = clock.true_time(true_s) - header.expires_at
    behind_s = min(clock.behind_at(true_s), mine.node.clock.behind_at(true_s))
    if beyond.total_seconds() > BEYOND_S and behind_s <= _ABOUT_RIGHT_S:
        yield f"taken {beyond} after it had expired"


def _order(mine: Books, theirs: Books, book: Book) -> Iterator[str]:
    """Yield messages of one lane that overtook others without a reason."""
    if book.stopped:
        return  # what a suspended agreement holds back is overtaken by what belongs to none
    rested = {ref for kind, ref in mine.events if kind in _HOLDS_BACK}
    # One of a batch that was altered on its way is sent again, and nobody notes which it was where the answer is lost too.
    others = {peer for peer in theirs.node.peers if peer != mine.node.me}
    altered = sum(count for claimed, count in theirs.unproved.items() if claimed not in others)
    for lane in ("normal", "urgent"):
        last = 0
        for got in theirs.incoming.values():
            row = mine.outgoing.get(got.id) if got.peer == mine.node.me else None
            if row is None or row.lane != lane or got.id in rested:
                continue
            if got.seq < last and (altered := altered - 1) < 0:
                yield f"message number {got.seq} was kept after number {last} of the same lane"
            last = max(last, got.seq)


def _cards(nodes: Mapping[AuthorityId, SimNode]) -> Iterator[str]:
    """Yield partners that hold another card than the newest."""
    if is_late(nodes):
        return
    for me, node in nodes.items():
        for partner in node.exchange.partners():
            newest = nodes[partner.authority].exchange.card().card.version
            if partner.card.card.version != newest:
                yield f"{me} holds card {partner.card.card.version} of {partner.authority}, whose newest is {newest}"


def _requests(nodes: Mapping[AuthorityId, SimNode]) -> Iterator[str]:
    """Yield requests whose clock the two ends read differently."""
    clocks: dict[MessageId, list[tuple[object, object]]] = {}
    for node in nodes.values():
        for request in node.exchange.liaison.requests():
            if request.deadline is not None and request.received_at is not None:
                clocks.setdefault(request.id, []).append((request.received_at, request.deadline.due_at))
    for ref, found in clocks.items():
        if len(set(found)) > 1:
            yield f"request {ref}: the two ends read its clock differently: {found}"


def _recalls(books: Mapping[AuthorityId, Books], book: Book) -> Iterator[str]:
    """Yield facts that somebody still shows although their originator has withdrawn them."""
    if any(row.state == "queued" for each in books.values() for row in each.outgoing.values()):
        return  # sent by a clock that was ahead: it has not gone yet, and is not lost
    for me, mine in books.items():
        for holder in mine.node.exchange.liaison.holders():
            # Where a holder wants no correction, an erasure takes its place.
            wanted = holder.asked.content.amend
            if holder.state != "done" and not (holder.state == "refused" and wanted and wanted.action in CORRECTIONS):
                yield f"{me}: the amend {holder.asked.message} at {holder.asked.holder} is {holder.state}"
        for value in mine.shown:
            told = book.facts.get(value)
            if told is not None and told.amended:
                yield f"{me} still shows a fact of {told.owner} that it wanted to {told.amended}: {told.fact}"


def is_from_tomorrow(envelope: bytes, now: datetime) -> bool:
    """Return whether a message was sent by a clock that was ahead: it waits until its time has come, and that may be long."""
    sealed = read(envelope)
    return isinstance(sealed, Sealed) and sealed.header.sent_at - now > MAX_AHEAD


def is_late(nodes: Mapping[AuthorityId, SimNode]) -> bool:
    """Return whether something still waits that was sent by a clock that was ahead: recalls may not be through."""
    for node in nodes.values():
        with node.store.snapshot() as snapshot:
            if any(snapshot.is_due(peer, lane) for peer in node.peers for lane in Lane):
                return True
    return False


def count_messages(nodes: Mapping[AuthorityId, SimNode]) -> int:
    """Return how many messages were on their way."""
    count = 0
    for node in nodes.values():
        with node.store.snapshot() as snapshot:
            count += sum(snapshot.sent_last(peer) for peer in node.peers)
    return count


def left_in_file(data: bytes, book: Book) -> Iterator[str]:
    """Yield facts whose bytes are in a store although their originator had them erased."""
    for value, told in book.facts.items():
        if told.amended in {"erase", "rectify"} and value.encode() in data:
            yield f"the bytes of {told.fact}, which {told.owner} wanted to {told.amended}, are still there"
