"""What the harnesses promise and compare: made-up messages, each of which must have exactly one effect.

A message is kept as a row of the inbox, a document and an event, in one change. A promise is the number of a message
together with the ledger's head after it. After whatever happened, each promised message must be there once and
unaltered, each other one whole or not at all, and the ledger must lead on from every head that was promised.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha256
from typing import Final

from headwater.model.ids import AuthorityId, MessageId, new_message_id
from headwater.ports import Event
from headwater.store import Head, Incoming, Store, Transaction

Change = Callable[[Transaction], Head]

_PEER: Final = AuthorityId("RS-MOI")
_KIND: Final = "exercise.received"
_LARGEST: Final = 6000


def body_of(number: int) -> bytes:
    """Return the content of a message: always the same for its number, of 1 to 6,000 bytes."""
    digest = sha256(b"message %d" % number).digest()
    size = int.from_bytes(digest[:2], "big") % _LARGEST + 1
    return (digest * (size // len(digest) + 1))[:size]


def receive(number: int) -> Change:
    """Return the change that keeps a message, or finds that it was kept."""

    def change(tx: Transaction) -> Head:
        if tx.incoming(_id_of(number)) is None:
            take_in(number)(tx)
            act_on(number)(tx)
        return tx.head()

    return change


def take_in(number: int) -> Change:
    """Return the change that puts a message into the inbox, whether or not it is there."""

    def change(tx: Transaction) -> Head:
        row = Incoming(
            id=_id_of(number),
            peer=_PEER,
            seq=number + 1,
            sha256=sha256(body_of(number)).digest(),
            kind="spontaneous",
            thread=None,
            body=body_of(number),
            received_at=tx.now,
            receipt=b"receipt %d" % number,
        )
        tx.add_incoming(row)
        return tx.head()

    return change


def act_on(number: int) -> Change:
    """Return the change that carries out a message's effect, whether or not it was carried out before."""

    def change(tx: Transaction) -> Head:
        tx.put_document("effect", str(number), body_of(number))
        tx.note(Event(_KIND, "harness", str(number)))
        return tx.head()

    return change


def receive_without_asking(number: int) -> Change:
    """Return a faulty change: it acts on a message again whenever that comes again."""

    def change(tx: Transaction) -> Head:
        if tx.incoming(_id_of(number)) is None:
            take_in(number)(tx)
        return act_on(number)(tx)

    return change


def broken_promises(store: Store, promised: Mapping[int, Head]) -> Iterator[str]:
    """Yield in words what a store has lost, doubled, altered or half kept."""
    for problem in [*store.check(), *store.verify_ledger(promised.values())]:
        yield f"{problem.kind} at {problem.at}"
    with store.snapshot() as reader:
        inbox = {row.seq - 1: row.body for row in reader.incoming_all()}
        effects = {int(key): (version, body) for key, version, body in reader.documents("effect")}
        noted = (leaf.event for leaf in reader.leaves())
        events = Counter(int(event.subject) for event in noted if event is not None and event.kind == _KIND)
    for number in sorted(promised.keys() | inbox.keys() | effects.keys() | events.keys()):
        kept = (number in inbox, number in effects, number in events)
        if not any(kept):
            yield f"message {number} lost"
        elif not all(kept):
            yield f"message {number} half kept"
        elif events[number] != 1 or effects[number][0] != 1:
            yield f"message {number} done {events[number]} times"
        elif not inbox[number] == effects[number][1] == body_of(number):
            yield f"message {number} altered"


def numbers_kept(store: Store) -> frozenset[int]:
    """Return the numbers of the messages that are in the inbox."""
    with store.snapshot() as reader:
        return frozenset(row.seq - 1 for row in reader.incoming_all())


def _id_of(number: int) -> MessageId:
    return new_message_id(number, sha256(str(number).encode()).digest())
