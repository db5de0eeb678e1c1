"""Before something is told: to whom it could go, and in what form it leaves as a file."""

from collections.abc import Iterable
from dataclasses import dataclass

from headwater.errors import ForbiddenError
from headwater.formats import registry
from headwater.model.ids import AuthorityId, EntityKey
from headwater.model.record import Record
from headwater.node.node import Node
from headwater.node.pages import exports
from headwater.policy.acts import Act
from headwater.policy.release import check_release
from headwater.policy.session import Session, allowed, may


@dataclass(frozen=True, slots=True)
class Choice:
    """A partner that something can be told to, and the agreement under which."""

    authority: AuthorityId
    name: str
    agreement: str


def partners(node: Node, session: Session) -> tuple[Choice, ...]:
    """Return the live partners, once for each agreement; none where the user may not send."""
    if not allowed(session, Act.MESSAGE_SEND):
        return ()
    agreements = node.exchange.agreements()
    return tuple(
        Choice(partner.authority, partner.card.card.name, name)
        for partner in node.exchange.partners()
        if partner.is_open
        for name, terms in sorted(agreements.items())
        if partner.authority in terms.parties
    )


def as_ftm(node: Node, session: Session, key: EntityKey) -> bytes:
    """Return what is said of a thing as FollowTheMoney, where its handling lets it leave freely.

    Raises:
        PolicyError: the user may not see it, or its handling asks for an agreement.
    """
    may(session, Act.RECORD_LOOK)
    may(session, Act.FINDING_RELEASE)
    writer = registry.release("ftm", node.settings.plugin_names)
    with node.view(session) as view:
        records = list(view.records(mentions=key))
    if not records:
        raise ForbiddenError("no such entity, or it may not be seen")
    check_release(record.handling for record in records)
    data = writer.write(records)
    exports.note(node, session, key, "ftm", len(records))
    return data


def list_as_ftm(node: Node, session: Session, page: str, keys: Iterable[str]) -> bytes:
    """Return what is said of the things of a list as FollowTheMoney, as far as each record's handling lets it leave freely.

    A record whose handling asks for an agreement stays, and so does one that mentions a protected person: those go item by
    item, if at all. The ledger says how many stayed.

    Args:
        node: the node.
        session: who takes it along.
        page: the list, for the ledger.
        keys: the things on it.

    Raises:
        PolicyError: the user may not release, or nothing of it may leave without an agreement.
    """
    may(session, Act.RECORD_LOOK)
    may(session, Act.FINDING_RELEASE)
    writer = registry.release("ftm", node.settings.plugin_names)
    with node.view(session) as view:
        found = {record.id: record for key in keys for record in view.records(mentions=EntityKey(key))}
    free = [record for record in found.values() if _is_free(record)]
    if found and not free:
        fix = "send it to a partner under an agreement: headwater send"
        raise ForbiddenError("rule release: nothing of this list may leave without an agreement", fix=fix)
    data = writer.write(free)
    exports.note(node, session, page, "ftm", len(free), held=len(found) - len(free))
    return data


def _is_free(record: Record) -> bool:
    if any(mention.protected for mention in record.mentions):
        return False
    try:
        check_release([record.handling])
    except ForbiddenError:
        return False
    return True
