"""The signed agreement: both sides sign the same bytes, and both cards vouch for the keys.

What the agreement says is policy's (`headwater.policy.agreement`); that both have agreed to it is shown here. A paper
may travel with one signature until the other side has added its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from headwater.errors import KeyTrustError, SignatureError
from headwater.exchange.card import Card
from headwater.exchange.signed import PairSeed, Paper, read_paper, sign_paper
from headwater.formats.safe import parse_wire_json
from headwater.model.canonical import decode
from headwater.model.ids import AuthorityId
from headwater.policy.agreement import Agreement

PURPOSE: Final = "agreement"


@dataclass(frozen=True, slots=True)
class SignedAgreement:
    """An agreement that both parties have signed, with the bytes that they signed."""

    agreement: Agreement
    paper: Paper


def sign_agreement(payload: bytes, signer: PairSeed) -> Paper:
    """Return an agreement's bytes with one side's signatures.

    Args:
        payload: `Agreement.canonical`, or the very bytes that the other side has signed.
        signer: the pair that the side's own card names among its `papers`.
    """
    return sign_paper(payload, PURPOSE, (signer,))


def countersign(data: bytes, signer: PairSeed) -> Paper:
    """Return a paper that the other side has signed, with this side's signatures added.

    Raises:
        InputError: the bytes are no paper.
    """
    paper = read_paper(data)
    return paper.joined(sign_agreement(paper.body, signer))


def read_agreement(data: bytes, cards: Mapping[AuthorityId, Card]) -> SignedAgreement:
    """Return an agreement after its signatures have been checked against the cards of both parties.

    Raises:
        InputError: the bytes are no agreement.
        KeyTrustError: there is no card of one of the parties.
        SignatureError: one of the parties has not signed it.
    """
    paper = read_paper(data)
    agreement = terms_of(paper)
    for party in agreement.parties:
        card = cards.get(party)
        if card is None:
            raise KeyTrustError(f"no card of {party}, a party of the agreement", fix="add the partner's card with it")
        if not any(paper.is_signed_by(pair, PURPOSE) for pair in card.papers):
            raise SignatureError(f"{party} has not signed the agreement {agreement.id}")
    return SignedAgreement(agreement, paper)


def terms_of(paper: Paper) -> Agreement:
    """Return what a paper says, whoever has signed it.

    Raises:
        InputError: it is no agreement.
    """
    parse_wire_json(paper.body)
    return decode(paper.body, Agreement)
