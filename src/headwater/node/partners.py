"""Partners at a node: cards in files, agreements signed, digits compared, states changed by a person."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from headwater.errors import ConflictError, Place, SchemaError
from headwater.exchange.alarms import Alarm
from headwater.exchange.card import SignedCard
from headwater.exchange.partners import Partner, State
from headwater.exchange.syncing import Standing
from headwater.formats.safe import parse_json
from headwater.model.canonical import convert, encode
from headwater.model.ids import AuthorityId, authority_id
from headwater.model.times import format_instant
from headwater.node.files import bytes_of
from headwater.node.node import Node
from headwater.policy.acts import Act
from headwater.policy.agreement import Agreement
from headwater.policy.session import Session, may


def card_file(node: Node) -> bytes:
    """Return this node's card as a file: its authority, the signing key in use, and the signed card itself.

    The first two are what a verifier of case files needs; a partner reads the card.
    """
    signed = node.exchange.card()
    newest = max(signed.card.signing, key=lambda key: key.valid_from)
    return encode({"id": node.authority, "signing_key": newest.key, "card": signed.paper}) + b"\n"


def sign_agreement(node: Node, session: Session, path: Path) -> bytes:
    """Return an agreement with this side's signatures: a draft in JSON, or a file that the partner has signed.

    Raises:
        PolicyError: the user may not sign, or the agreement is between others.
        InputError: the file is no agreement.
    """
    may(session, Act.AGREEMENT_SIGN)
    data = bytes_of(path)
    given = parse_json(data, where=str(path), allow_bom=True)
    if isinstance(given, dict) and "signatures" in given:
        return node.exchange.sign_agreement(data)
    try:
        draft = convert(given, Agreement)
    except SchemaError as error:
        error.where = Place(file=str(path), field=error.where.field)
        raise
    return node.exchange.sign_agreement(draft)


def add(node: Node, session: Session, cards: Sequence[Path], agreements: Sequence[Path]) -> Partner:
    """Take a partner's cards, oldest first, and agreements that both have signed.

    Raises:
        PolicyError: the user may not add partners.
        InputError: a file is no card or no agreement.
        TrustError: something is not signed as it must be.
    """
    may(session, Act.PARTNER_ADD)
    given = [card_bytes(path) for path in cards]
    return node.exchange.add_partner(given, [bytes_of(path) for path in agreements], who=session.user)


def confirm(node: Node, session: Session, partner: str, digits: str) -> None:
    """Confirm a partner whose digits were compared by voice.

    Raises:
        PolicyError: the user may not confirm.
        TrustError: the digits are not those of the card, or there is no such partner.
    """
    may(session, Act.PARTNER_CONFIRM)
    node.exchange.confirm_partner(authority_id(partner), digits, who=session.user)


def step(node: Node, session: Session, partner: str, to: State, reason: str) -> None:
    """Suspend a partner, take it up again, or revoke it for good.

    Raises:
        PolicyError: the user may not, or the partner's state does not lead there.
    """
    may(session, Act.PARTNER_REVOKE if to is State.REVOKED else Act.PARTNER_SUSPEND)
    name = authority_id(partner)
    if to is State.CONFIRMED and all(each.state is not State.SUSPENDED for each in _named(node, name)):
        # The way to a first confirmation is by comparing digits, and no other.
        raise ConflictError("no partner of that name is suspended", where=name, fix="see: headwater partner list")
    node.exchange.step_partner(name, to, who=session.user, reason=reason)


def every(node: Node, session: Session) -> list[dict[str, Any]]:
    """Return all partners as they stand in a document, each with when it was last heard: a message of its came, or it synced."""
    may(session, Act.PARTNER_LOOK)
    agreements = node.exchange.agreements()
    found = []
    for partner in node.exchange.partners():
        standing = node.exchange.syncing.standing(partner.authority)
        heard = max((at for at in (standing.synced_at, _wrote_at(node, partner.authority)) if at), default=None)
        found.append(
            {
                **document(partner, agreements),
                "heard_at": format_instant(heard) if heard else None,
                **standing_document(standing),
            }
        )
    return found


def _wrote_at(node: Node, peer: AuthorityId) -> datetime | None:
    """Return when the newest message of a partner was kept."""
    with node.store.snapshot() as snapshot:
        row = snapshot.incoming_at(peer, snapshot.incoming_last(peer))
    return row.received_at if row else None


def document(partner: Partner, agreements: dict[str, Agreement]) -> dict[str, Any]:
    """Return a partner as it stands in a document."""
    return {
        "authority": partner.authority,
        "name": partner.card.card.name,
        "state": partner.state.value,
        "digits": partner.card.fingerprint,
        "card_version": partner.card.card.version,
        "card_expires": partner.card.card.expires,
        "agreements": {
            name: terms.state.value for name, terms in sorted(agreements.items()) if partner.authority in terms.parties
        },
    }


def standing_document(standing: Standing) -> dict[str, Any]:
    """Return how far a partner and this node have witnessed each other's logs, as it stands in a document."""
    return {
        "witness": {
            "theirs": standing.theirs,
            "ours": standing.ours,
            "synced_at": format_instant(standing.synced_at) if standing.synced_at else None,
        },
        "alarms": [alarm_document(alarm) for alarm in standing.alarms],
    }


def own_alarms(node: Node) -> list[dict[str, Any]]:
    """Return the alarms about this node itself as they stand in a document: a partner knows more of it than it does."""
    return [alarm_document(alarm) for alarm in node.exchange.syncing.alarms() if alarm.about == node.authority]


def alarm_document(alarm: Alarm) -> dict[str, Any]:
    """Return an alarm as it stands in a document."""
    return {
        "code": alarm.code,
        "about": alarm.about,
        "at": format_instant(alarm.at),
        "what": alarm.what,
        "evidence": list(alarm.evidence),
    }


def own_document(authority: AuthorityId, card: SignedCard) -> dict[str, Any]:
    """Return a node's own card as it stands in a document."""
    return {
        "authority": authority,
        "digits": card.fingerprint,
        "version": card.card.version,
        "expires": card.card.expires,
        "signing_keys": [
            {"key": key.name, "valid_from": key.valid_from, "revoked_from": key.revoked_from}
            for key in card.card.signing
        ],
    }


def _named(node: Node, name: AuthorityId) -> list[Partner]:
    return [partner for partner in node.exchange.partners() if partner.authority == name]


def card_bytes(path: Path) -> bytes:
    """Return the signed card that a card file holds.

    Raises:
        InputError: it is no card file.
    """
    given = parse_json(bytes_of(path), where=str(path), allow_bom=True)
    card = given.get("card") if isinstance(given, dict) else None
    if not isinstance(card, dict):
        raise SchemaError(
            "not a card file",
            where=Place(file=str(path), field="card"),
            fix="the partner makes one: headwater node card",
        )
    return encode(card)
