"""At rest: what was promised is compared with what the nodes hold, and what each holds with what the other holds."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from headwater.exercise.stage import Stage, StepFailedError
from headwater.model.ids import AuthorityId, MessageId
from headwater.node import Node
from headwater.testing.nodes.books import Books, Out, read_books
from headwater.testing.nodes.promises import Promises

ALARMS: Final = frozenset(
    f"exchange.{word}"
    for word in ("equivocation", "refused", "receipt-doubted", "receipt-missing", "resting", "dead-letter", "not-sent")
)
"""Events that kills alone must not bring about."""
CALM: Final = "calm"
"""Note on the stage: how many events each node's ledger held before the first kill. Set-up may have its own alarms."""


def at_rest(
    made: Stage, promises: Mapping[str, Promises], counts: Counter[str], *, alarms: frozenset[str] = ALARMS
) -> list[str]:
    """Return what is wrong, and count what there was.

    Args:
        made: the stage; its processes have ended.
        promises: what each node has promised, by the exercise's keys.
        counts: takes the counts.
        alarms: events that nothing that was done to the nodes can bring about.
    """
    bad = [f"{made.houses[key].authority}: {what}" for key in made.houses for what in _own_checks(made, key)]
    books: dict[AuthorityId, Books] = {}
    told: dict[AuthorityId, Promises] = {}
    for key, house in made.houses.items():
        with Node.open(house.home, {}) as node:
            books[node.authority] = read_books(node, calm=made.notes[CALM][key])
            told[node.authority] = promises[key]
    for name, each in books.items():
        bad += [f"{name}: {what}" for what in _one(each, books, alarms)]
        bad += [f"{name}: {what}" for what in _broken(each, told[name])]
        for peer in {out.peer for out in each.outgoing.values()}:
            bad += [f"{name} to {peer}: {what}" for what in _pair(each, books[peer])]
    marks = Counter(out.mark for each in books.values() for out in each.outgoing.values() if out.mark)
    bad += [f"letter {mark} was sent {times} times" for mark, times in marks.items() if times > 1]
    _count(books, told, counts)
    if min(counts["messages"], counts["promised"], counts["receipts_seen"]) == 0:
        bad.append("nothing was sent, so nothing was shown")
    return bad


def _own_checks(made: Stage, key: str) -> Iterator[str]:
    """Yield what a node's own commands find wrong with its ledger and its store."""
    for words in (("audit", "verify"), ("node", "check")):
        try:
            made.command(made.houses[key], *words)
        except StepFailedError as error:
            yield error.what


def _one(books: Books, all_books: Mapping[AuthorityId, Books], alarms: frozenset[str]) -> Iterator[str]:
    """Yield what is wrong in one node's books, and with what its receipts say about its partners' ledgers."""
    yield from books.wrong
    if books.gaps:
        yield f"the numbers {books.gaps[:5]} have not come"
    if books.equivocations:
        yield f"{books.equivocations} envelopes under identifiers that were taken"
    yield from (f"{count} events {kind}" for kind, count in books.lately.items() if count and kind in alarms)
    for peer, size, root in books.heads:
        if all_books[peer].roots.get(size) != root:
            yield f"a receipt tells a history of {peer} that its ledger does not hold, at {size} events"
    yield from (f"records of message {ref}, which is not there" for ref in books.effects if ref not in books.incoming)


def _broken(books: Books, promises: Promises) -> Iterator[str]:
    """Yield the promises that a node has not kept towards its officers."""
    for ref, mark in {**promises.held, **promises.queued}.items():
        out = books.outgoing.get(MessageId(ref))
        if out is None:
            yield f"message {ref} was promised and is lost"
        elif out.mark != mark:
            yield f"message {ref} is another than the one promised"
    for ref, receipt in promises.receipts.items():
        out = books.outgoing.get(MessageId(ref))
        if out is None or out.receipt is None or out.receipt.hex() != receipt:
            yield f"the receipt of message {ref} was seen and is gone"


def _pair(mine: Books, theirs: Books) -> Iterator[str]:
    """Yield what is wrong on the way from one node to another."""
    sent = {ref: out for ref, out in mine.outgoing.items() if out.peer == theirs.authority}
    came = {ref: got for ref, got in theirs.incoming.items() if got.peer == mine.authority}
    if sorted(out.seq for out in sent.values()) != list(range(1, len(sent) + 1)):
        yield "the numbers given are not 1, 2, 3 and so on"
    yield from (f"message {ref} came from nowhere" for ref in came if ref not in sent)
    for ref, out in sent.items():
        got = came.get(ref)
        if got is None:
            yield f"message {ref} is {out.state} and was never kept"
        elif (got.seq, got.sha256, got.body, got.receipt) != (out.seq, out.sha256, out.body, out.receipt):
            yield f"message {ref} is {out.state} and is not the same on both sides"
        elif got.state != "stored" or theirs.effects[ref] != got.effects:
            yield f"message {ref} is {got.state} and became {theirs.effects[ref].total()} of {got.effects.total()} records"
        yield from (f"message {ref}: {what}" for what in _events(ref, out, mine, theirs))


def _events(ref: MessageId, out: Out, mine: Books, theirs: Books) -> Iterator[str]:
    """Yield what the two ledgers do not say exactly once."""
    for books, kind in ((mine, "sent"), (mine, "receipted"), (theirs, "received")):
        if (times := books.events[f"exchange.{kind}", ref]) != 1:
            yield f"{times} events exchange.{kind} at {books.authority}"
    if out.mark and mine.decisions[ref] != 1:
        yield f"it left on {mine.decisions[ref]} decisions"


def _count(all_books: Mapping[AuthorityId, Books], told: Mapping[AuthorityId, Promises], counts: Counter[str]) -> None:
    for name, books in all_books.items():
        promised = told[name].queued.keys() | told[name].held.keys()
        messages = {ref for ref, out in books.outgoing.items() if out.mark}
        counts["messages"] += len(messages)
        counts["promised"] += len(promised)
        counts["unpromised"] += len(messages - promised)
        counts["receipts_seen"] += len(told[name].receipts)
        counts["records"] += sum(effects.total() for effects in books.effects.values())
        counts["duplicates"] += sum(times for (kind, _), times in books.events.items() if kind == "exchange.duplicate")
