"""What one node holds once it has come to rest, read from its store: messages, receipts, records, decisions, events."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from headwater.errors import HeadwaterError
from headwater.exchange.card import Card
from headwater.exchange.envelope import Sealed, read
from headwater.exchange.outbox import SENT
from headwater.exchange.receipt import RECEIPT, STORED, Receipt, read_receipt
from headwater.exchange.translate import SOURCE, records_of
from headwater.model.canonical import decode
from headwater.model.ids import AuthorityId, MessageId
from headwater.model.merkle import Frontier, leaf_hash
from headwater.model.message import HOUSEKEEPING, Message
from headwater.model.record import Record
from headwater.node import Node

Effects = Counter[tuple[object, ...]]
"""Records without what the receiver adds to them: who stated which facts."""


@dataclass(frozen=True, slots=True)
class Out:
    """A message that left: `mark` is the first word of its text, empty for housekeeping."""

    peer: AuthorityId
    seq: int
    state: str
    sha256: bytes
    body: bytes
    receipt: bytes | None
    mark: str


@dataclass(frozen=True, slots=True)
class In:
    """A message that came, and the records that it must have become."""

    peer: AuthorityId
    seq: int
    state: str
    sha256: bytes
    body: bytes
    receipt: bytes
    effects: Effects


@dataclass(slots=True)
class Books:
    """One node's books.

    Attributes:
        outgoing, incoming: by identifier.
        effects: records that came in messages, by message.
        decisions: decisions to release, counted by message.
        events: counted by kind and subject.
        lately: those since the first kill, counted by kind.
        heads: of partners' ledgers, as their receipts tell them: partner, size, root.
        roots: of this ledger, by size.
        gaps: numbers of partners that have not come.
        equivocations: how many were kept.
        wrong: what does not hold within these books alone.
    """

    authority: AuthorityId
    outgoing: dict[MessageId, Out] = field(default_factory=dict)
    incoming: dict[MessageId, In] = field(default_factory=dict)
    effects: dict[str, Effects] = field(default_factory=lambda: defaultdict(Counter))
    decisions: Counter[str] = field(default_factory=Counter)
    events: Counter[tuple[str, str]] = field(default_factory=Counter)
    lately: Counter[str] = field(default_factory=Counter)
    heads: set[tuple[AuthorityId, int, bytes]] = field(default_factory=set)
    roots: dict[int, bytes] = field(default_factory=dict)
    gaps: list[int] = field(default_factory=list)
    equivocations: int = 0
    wrong: list[str] = field(default_factory=list)


def read_books(node: Node, *, calm: int) -> Books:
    """Return a node's books.

    Args:
        node: the node.
        calm: events that its ledger held before the first kill.
    """
    books = Books(node.authority)
    cards = {partner.authority: partner.card.card for partner in node.exchange.partners()}
    with node.store.snapshot() as snapshot:
        for row in snapshot.outgoing_all():
            body = snapshot.document(SENT, row.id) or b""
            mark = "" if row.kind in HOUSEKEEPING else (decode(body, Message).text or "").partition(" ")[0]
            digest = sha256(row.envelope).digest()
            books.outgoing[row.id] = Out(row.peer, row.seq, row.state, digest, sha256(body).digest(), row.receipt, mark)
            receipt = snapshot.document(RECEIPT, row.receipt.hex()) if row.receipt else None
            books.wrong += _receipt_problems(books, row.id, read(row.envelope), receipt, cards[row.peer], node)
        for got in snapshot.incoming_all():
            message = decode(got.body, Message)
            effects = Counter(map(_effect, records_of(message, got.id, node.authority)))
            books.incoming[got.id] = In(
                got.peer, got.seq, got.state, got.sha256, sha256(got.body).digest(), got.receipt, effects
            )
        for record in snapshot.records(source=SOURCE):
            books.effects[record.origin.place or ""][_effect(record)] += 1
        books.decisions.update(decision.about for decision in snapshot.decisions() if decision.verb == "release")
        edge = Frontier()
        for leaf in snapshot.leaves():
            edge, _ = edge.add(leaf_hash(leaf.commitment))
            books.roots[edge.size] = edge.root
            if leaf.event is not None:
                books.events[leaf.event.kind, leaf.event.subject] += 1
                books.lately[leaf.event.kind] += leaf.index >= calm
        books.gaps = [gap for peer in cards for gap in snapshot.incoming_gaps(peer)]
        books.equivocations = sum(1 for _ in snapshot.equivocations())
    return books


def _effect(record: Record) -> tuple[object, ...]:
    return (record.origin.originator, record.grade, record.facts, record.mentions)


def _receipt_problems(
    books: Books, ref: MessageId, sealed: object, data: bytes | None, card: Card, node: Node
) -> Iterator[str]:
    """Yield what is wrong with a receipt, and keep the head that it tells."""
    if data is None or not isinstance(sealed, Sealed):
        return  # that it is not receipted is said elsewhere
    try:
        receipt: Receipt = read_receipt(data, card, books.authority, node.clock.now())
    except HeadwaterError as error:
        yield f"the receipt of {ref} does not verify: {error.code}"
        return
    if [line.result for line in receipt.lines if line.is_about(sealed)] != [STORED]:
        yield f"the receipt of {ref} does not say once that these bytes are stored"
    if receipt.log is not None:
        books.heads.add((card.owner, receipt.log.size, bytes.fromhex(receipt.log.root)))
