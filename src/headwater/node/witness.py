"""Witnesses at a node: a sync on demand, alarms cleared by a person, proofs for outsiders made and checked."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from headwater.errors import (
    EquivocationError,
    FormatError,
    PolicyError,
    RollbackError,
    SignatureError,
    StoreError,
    TrustError,
)
from headwater.exchange.alarms import Alarm
from headwater.exchange.card import read_card
from headwater.exchange.partners import OPEN
from headwater.exchange.proof import MAX_PROOF, Checked, Proof, check_proof, read_proof
from headwater.exchange.signed import PairKey
from headwater.exchange.syncing import Standing
from headwater.formats.safe import parse_json
from headwater.model.fact import record_of
from headwater.model.ids import AuthorityId, FactId, FindingId, authority_id
from headwater.model.message import Kind
from headwater.model.times import format_instant
from headwater.node import partners
from headwater.node.files import write
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.session import Session, allowed, may
from headwater.store import Leaf

TrustedKeys = dict[AuthorityId, tuple[PairKey, ...]]
"""The `papers` of cards by authority."""
LOOK_S: Final = 0.05
TELLING: Final = ("exchange.sent", "exchange.received")
"""The events that say most about a message: that it left, or that it came."""
OPEN_KINDS: Final = ("exchange.", "case.", "findings.")
"""Beginnings of the kinds of events that whoever works on cases may prove."""
GUARDED: Final = ("fnd-", "rec-")
"""Beginnings of the identifiers of what may be hidden."""


@dataclass(frozen=True, slots=True)
class Synced:
    """A sync that was begun.

    Attributes:
        done: whether the partner has answered and everything is settled here.
        standing: how the two stand as each other's witnesses now.
        alarms: those about the partner, and those about this node itself.
    """

    partner: AuthorityId
    done: bool
    standing: Standing
    alarms: tuple[Alarm, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A proof as it was checked: the proof itself, and what was found."""

    proof: Proof
    checked: Checked


def sync(node: Node, session: Session, partner: str, wait_s: float) -> Synced:
    """Begin a sync with a partner, and wait for its answer; the node must be served for one to come.

    Raises:
        PolicyError: the user may not, or there is no agreement with the partner.
        TrustError: the partner's card is not confirmed and current.
    """
    may(session, Act.PARTNER_LOOK)
    peer = authority_id(partner)
    before = node.exchange.syncing.standing(peer).synced_at
    node.exchange.syncing.ask(peer, who=session.user)
    pause = threading.Event()
    done = False
    for _ in range(max(1, int(wait_s / LOOK_S))):
        with node.store.snapshot() as snapshot:
            waits = snapshot.is_queued(peer, Kind.CHECKPOINT)
        done = not waits and node.exchange.syncing.standing(peer).synced_at != before
        if done:
            break
        pause.wait(LOOK_S)
    alarms = tuple(alarm for alarm in node.exchange.syncing.alarms() if alarm.about in {peer, node.authority})
    return Synced(peer, done, node.exchange.syncing.standing(peer), alarms)


def clear(node: Node, session: Session, about: str, reason: str) -> int:
    """Clear the alarms about a partner, or about this node itself, and begin anew with its log.

    Raises:
        PolicyError: the user may not, or no alarm is open.
    """
    may(session, Act.PARTNER_SUSPEND)
    return node.exchange.syncing.clear(authority_id(about), who=session.user, reason=reason)


def as_error(alarm: Alarm) -> TrustError:
    """Return the error that an alarm is."""
    kinds = {kind.code: kind for kind in (RollbackError, EquivocationError, SignatureError)}
    return kinds[alarm.code](f"{alarm.about}: {alarm.what}", fix="look at the evidence, and speak to the partner")


def prove(node: Node, session: Session, subject: str, kind: str | None, out: Path) -> Shown:
    """Write the proof that an event about something stands in this node's log.

    Who looked at what, and all else that the ledger holds, is shown to auditors alone. Others prove what became of a message, a
    case, or a finding or record that they may see; for the rest the answer is that of an event that there is not.

    Args:
        node: whose log it is.
        session: who asks.
        subject: a message, or whatever else events are about.
        kind: of the event; by default that a message left or came, otherwise the first event about it.
        out: the file to write.

    Raises:
        PolicyError: the user may not.
        StoreError: there is no such event, or it was erased.
    """
    may(session, Act.PROOF_MAKE)
    with node.store.snapshot() as snapshot:
        leaf = _chosen([leaf for leaf in snapshot.leaves_about(subject) if _is_shown(leaf, session)], kind)
    if leaf is None or not _is_seen(node, session, subject):
        raise StoreError("the ledger has no such event", where=subject, fix="see: headwater audit show")
    proof = node.exchange.syncing.prove(leaf.index)
    write(out, proof.to_bytes())
    return Shown(proof, check_proof(proof, own_keys(node)))


def check(path: Path, trust: Sequence[Path], known: TrustedKeys) -> Shown:
    """Check a proof offline.

    Args:
        path: the proof.
        trust: card files that the reader trusts.
        known: further keys, of a node at hand.

    Raises:
        InputError: a file is no proof or no card.
        SignatureError: a card is not signed by its own roots.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(MAX_PROOF + 1)  # one byte more than there may be is enough to refuse it
    except OSError as error:
        raise FormatError(f"the file cannot be read: {error.strerror}", where=str(path)) from error
    given = [read_card(partners.card_bytes(each)).card for each in trust]
    keys = {**known, **{card.owner: card.papers for card in given}}
    proof = read_proof(data)
    return Shown(proof, check_proof(proof, keys))


def own_keys(node: Node) -> TrustedKeys:
    """Return the keys that a node trusts: those of its own card, and of cards that a person has confirmed."""
    trusted = (partner.card.card for partner in node.exchange.partners() if partner.state in OPEN)
    return {card.owner: card.papers for card in (node.exchange.card().card, *trusted)}


def document(shown: Shown) -> dict[str, Any]:
    """Return a checked proof as it stands in a document."""
    proof, checked = shown.proof, shown.checked
    return {
        "ok": checked.ok,
        "authority": checked.authority,
        "index": proof.index,
        "size": proof.checkpoint.size,
        "root": proof.checkpoint.root.hex(),
        "event": parse_json(proof.event),
        "witnesses": [{"authority": name, "at": format_instant(at)} for name, at in checked.witnesses],
        "problems": list(checked.problems),
    }


def _is_shown(leaf: Leaf, session: Session) -> bool:
    """Whether an event may be told to somebody who may prove: to whoever reads the ledger, every one."""
    return allowed(session, Act.LEDGER_SHOW) or (leaf.event is not None and leaf.event.kind.startswith(OPEN_KINDS))


def _is_seen(node: Node, session: Session, subject: str) -> bool:
    """Whether what an event is about may be seen, where it is a finding or a record."""
    if allowed(session, Act.LEDGER_SHOW) or not subject.startswith(GUARDED):
        return True
    try:
        with node.view(session) as view:
            if subject.startswith("fnd-"):
                view.finding(FindingId(subject))
            else:
                view.record(record_of(FactId(subject)))
    except PolicyError:
        return False
    return True


def _chosen(leaves: list[Leaf], kind: str | None) -> Leaf | None:
    if kind is not None:
        return next((leaf for leaf in leaves if leaf.event and leaf.event.kind == kind), None)
    telling = (leaf for leaf in leaves if leaf.event and leaf.event.kind in TELLING)
    return next(telling, leaves[0] if leaves else None)
