"""How far a node has come, for pages that are open: a number for each topic, made of what the reader may see alone.

A record, finding or message that is hidden from a reader changes none of that reader's numbers.
"""

import zlib
from collections.abc import Iterable

from headwater.node.node import Node
from headwater.node.pages.mail import BETWEEN_NODES, ON_A_PAGE
from headwater.node.pages.seen import all_findings
from headwater.node.second import RESCUES
from headwater.policy.acts import Act
from headwater.policy.session import Session, allowed


def end(node: Node) -> tuple[int, ...]:
    """Return how much the node holds: it changes with every finding, decision and message. Never shown to anybody."""
    with node.store.snapshot() as snapshot:
        return (*snapshot.claims_state(), snapshot.incoming_end())


def numbers(node: Node, session: Session) -> dict[str, int]:
    """Return a number for each topic that a session may listen to."""
    found: dict[str, int] = {}
    if allowed(session, Act.FINDING_LOOK):
        with node.view_at(session) as (snapshot, view):
            shown = all_findings(node, session, snapshot, view)
        found["queue"] = _number(f"{one.finding.id}{one.state}" for one in shown)
        found["rescue"] = _number(
            one.finding.id for one in shown if one.finding.kind in RESCUES and one.state == "open"
        )
    if allowed(session, Act.MESSAGE_LOOK):
        with node.store.snapshot() as snapshot:
            rows = snapshot.newest_in(ON_A_PAGE, 0, BETWEEN_NODES)
        found["exchange"] = _number(f"{row.id}{row.state}" for row in rows)
    return found


def _number(words: Iterable[str]) -> int:
    return zlib.crc32("\n".join(sorted(words)).encode())
