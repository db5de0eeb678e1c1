"""What a reader sees of all findings, kept between two requests for as long as nothing that decides it has changed.

A queue is asked for again and again, and each time every finding would be judged by all that it rests on. What may be seen
depends on the session, the day, and what the store holds; where none of them has changed, the answer is the same. The look
is in the ledger all the same, each time.
"""

import threading
from collections import OrderedDict, defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from headwater.model.decision import Decision
from headwater.node.findings import Shown
from headwater.node.node import Node
from headwater.policy.session import Session
from headwater.ports import Event, Guarded
from headwater.store import Snapshot

MOST_READERS: Final = 16
"""Sessions of which the answer is kept; each names the findings that all share."""

_Key = tuple[Session, date, tuple[int, ...]]


@dataclass(slots=True)
class Memory:
    """The answers of one node."""

    held: "OrderedDict[_Key, list[Shown]]" = field(default_factory=OrderedDict)
    gate: threading.Lock = field(default_factory=threading.Lock)


def all_findings(node: Node, session: Session, snapshot: Snapshot, view: Guarded) -> list[Shown]:
    """Return all findings that a session may see, each with its decisions: one look."""
    key = session, node.clock.now().date(), snapshot.claims_state()
    memory: Memory = node.memory(Memory)
    with memory.gate:
        known = memory.held.get(key)
        if known is not None:
            memory.held.move_to_end(key)
    if known is not None:
        node.store.note(Event("look.findings", session.user, "all", session.purpose))
        return known
    made: dict[str, list[Decision]] = defaultdict(list)
    for decision in snapshot.decisions():
        made[decision.about].append(decision)
    found = [Shown(finding, tuple(made.get(finding.id, ()))) for finding in view.findings()]
    with memory.gate:
        for old in [one for one in memory.held if one[0] == session]:
            del memory.held[old]
        memory.held[key] = found
        while len(memory.held) > MOST_READERS:
            memory.held.popitem(last=False)
    return found
