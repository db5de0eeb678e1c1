"""Cards: an authority's keys and endpoints, versioned, signed by its root keys. Normative text: docs/spec/card.md.

The rules are those of TUF root metadata (TUF specification, section 5.3), told here once:

1. A card names three root keys of its authority and a threshold of two. It is signed by at least two of them, each with
   both its keys.
2. Version n+1 is signed by two of the roots of version n *and* by two of its own: whoever takes over must have been let
   in by those who were there.
3. Versions follow each other without a gap. An older one is a rollback; another card of the same version is an
   equivocation.
4. An expired card is trusted for nothing: whoever holds it sends nothing and opens nothing. It may only be a step on the
   way to a newer one, for somebody who was away for long.
5. The first card of a partner proves nothing by itself: two persons compare its fingerprint by voice.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

import msgspec

from headwater.errors import EquivocationError, KeyTrustError, Place, RollbackError, SchemaError, SignatureError
from headwater.exchange.deadlines import time_zone
from headwater.exchange.envelope import SenderKey
from headwater.exchange.signed import PairKey, PairSeed, Paper, hex_bytes, read_paper, sign_paper
from headwater.exchange.suite import ED25519_BYTES, XWING, XWING_PUBLIC_BYTES, key_id
from headwater.formats.safe import parse_wire_json
from headwater.model.canonical import decode, encode
from headwater.model.ids import AuthorityId, authority_id
from headwater.model.times import parse_instant

PURPOSE: Final = "card"
ROOTS: Final = 3
THRESHOLD: Final = 2
MAX_KEYS: Final = 8
ASK_FOR_NEW: Final = "ask the partner for its new card"
RENEW: Final = "make a new version of the card: headwater node card --renew"
"""What is to be done where a partner's card, or this node's own, no longer counts."""
_GROUPS: Final = 8
_GROUP_BYTES: Final = 5
_GROUP_DIGITS: Final = 5


class DatedKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True, dict=True):
    """A raw public key in hex, the instant from which it counts, and the one from which it must not be trusted.

    What each message asks of a card is worked out once for each card (`dict=True` keeps it beside the fields).
    """

    key: str
    valid_from: str
    revoked_from: str | None = None

    @cached_property
    def raw(self) -> bytes:
        """The key's bytes."""
        return bytes.fromhex(self.key)

    @cached_property
    def name(self) -> str:
        """How headers name the key."""
        return key_id(self.raw)

    @cached_property
    def counts_from(self) -> datetime:
        """The instant from which it counts."""
        return parse_instant(self.valid_from)

    @cached_property
    def counts_until(self) -> datetime | None:
        """The instant from which it must not be trusted, None where it is not revoked."""
        return parse_instant(self.revoked_from) if self.revoked_from is not None else None

    def is_valid(self, now: datetime) -> bool:
        """Return whether the key counts at an instant."""
        return self.counts_from <= now and not self.is_revoked(now)

    def is_revoked(self, now: datetime) -> bool:
        """Return whether the key is revoked at an instant."""
        return self.counts_until is not None and now >= self.counts_until


class Card(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, dict=True):
    """What an authority tells its partners about its node.

    Attributes:
        v: version of this format, 1.
        authority: whose card it is; `name` is how it calls itself (each partner may call it otherwise).
        version: 1, 2, 3 …
        issued, expires: instants.
        endpoints: where its node listens, best first.
        suites: cipher suites it opens, best first.
        signing: Ed25519 keys of its envelopes and receipts.
        sealing: HPKE keys that envelopes to it are sealed with.
        papers: key pairs of its agreements.
        roots: the three key pairs that sign its cards; `threshold` of them must.
        zone: IANA name of the time zone in which its deadlines are counted in days.
    """

    v: int
    authority: str
    name: str
    version: int
    issued: str
    expires: str
    endpoints: tuple[str, ...]
    suites: tuple[str, ...]
    signing: tuple[DatedKey, ...]
    sealing: tuple[DatedKey, ...]
    papers: tuple[PairKey, ...]
    roots: tuple[PairKey, ...]
    threshold: int
    zone: str = "Etc/UTC"

    def __post_init__(self) -> None:
        """Refuse a card that could not be used.

        Raises:
            SchemaError: a value is missing or impossible.
        """
        authority_id(self.authority)
        _require(self.v == 1, "v", "another version of the format")
        _require(self.version >= 1, "version", "no version")
        _require(bool(self.name.strip()), "name", "no name")
        _require(self.issued_at < self.expires_at, "expires", "a card that expires before it is issued")
        _require(len(self.roots) == ROOTS and self.threshold == THRESHOLD, "roots", "not three roots and two of them")
        _require(len({root.ed25519 for root in self.roots}) == ROOTS, "roots", "a root key that stands twice")
        _require(len({root.mldsa65 for root in self.roots}) == ROOTS, "roots", "a root key that stands twice")
        _require(XWING.name in self.suites, "suites", "no suite that this node speaks")
        for field, keys, size in (
            ("signing", self.signing, ED25519_BYTES),
            ("sealing", self.sealing, XWING_PUBLIC_BYTES),
        ):
            _require(1 <= len(keys) <= MAX_KEYS, field, f"not 1 to {MAX_KEYS} keys")
            _require(len({key.key for key in keys}) == len(keys), field, "a key that stands twice")
            for key in keys:
                _require(len(hex_bytes(key.key, field)) == size, field, "no key of this kind")
                parse_instant(key.valid_from, field=field)
                if key.revoked_from is not None:
                    parse_instant(key.revoked_from, field=field)
        _require(1 <= len(self.papers) <= MAX_KEYS, "papers", f"not 1 to {MAX_KEYS} keys")
        _require(1 <= len(self.endpoints) <= MAX_KEYS, "endpoints", f"not 1 to {MAX_KEYS} endpoints")
        for endpoint in self.endpoints:
            check_endpoint(endpoint)
        time_zone(self.zone)

    @property
    def owner(self) -> AuthorityId:
        """The authority whose card it is."""
        return AuthorityId(self.authority)

    @property
    def issued_at(self) -> datetime:
        """When it was issued."""
        return parse_instant(self.issued, field="issued")

    @cached_property
    def expires_at(self) -> datetime:
        """When it stops being trusted."""
        return parse_instant(self.expires, field="expires")

    def sender_key(self, skid: str, now: datetime) -> SenderKey | None:
        """Return what is known of a signing key, None where the card does not hold it or it does not count yet."""
        for key in self.signing:
            if key.name == skid and key.counts_from <= now:
                return SenderKey(key.raw, card_expires_at=self.expires_at, revoked_from=key.counts_until)
        return None

    def sealing_key(self, now: datetime) -> bytes:
        """Return the newest key to seal envelopes with.

        Raises:
            KeyTrustError: the card has expired, or no key of it counts now.
        """
        check_current(self, now)
        valid = [key for key in self.sealing if key.is_valid(now)]
        if not valid:
            raise KeyTrustError(f"no key of {self.authority} counts now", fix=ASK_FOR_NEW)
        return max(valid, key=lambda key: key.counts_from).raw


@dataclass(frozen=True, slots=True)
class SignedCard:
    """A card whose signatures by its own roots have been checked, with the bytes that were signed.

    Attributes:
        card: what it says.
        paper: the bytes and the signatures, as they came.
    """

    card: Card
    paper: Paper

    @property
    def fingerprint(self) -> str:
        """Eight groups of five digits, to be read out to the partner's person on another channel."""
        return fingerprint(self.paper.body)


def read_card(data: bytes) -> SignedCard:
    """Return a card that its own roots have signed (rule 1).

    Raises:
        InputError: the bytes are no card.
        SignatureError: fewer than two of its roots have signed it.
    """
    paper = read_paper(data)
    parse_wire_json(paper.body)
    card = decode(paper.body, Card)
    _check_threshold(paper, card)
    return SignedCard(card, paper)


def check_successor(held: SignedCard, given: SignedCard) -> bool:
    """Return whether a card takes the place of the one held; False where they are the same (rule 2).

    Raises:
        KeyTrustError: it is another authority's, or a version between the two is missing.
        RollbackError: it is older than the one held.
        EquivocationError: it is another card of the same version.
        SignatureError: too few roots of the one held have signed it.
    """
    old, new = held.card, given.card
    if new.authority != old.authority:
        raise KeyTrustError("the card is another authority's")
    if new.version < old.version:
        raise RollbackError(f"version {new.version} of a card after version {old.version}")
    if new.version == old.version:
        if given.paper.body != held.paper.body:
            raise EquivocationError(f"two cards of version {new.version}")
        return False
    if new.version > old.version + 1:
        raise KeyTrustError(
            f"version {new.version} of a card, but version {old.version + 1} is missing",
            fix="ask the partner for every card since then, and add them in order",
        )
    _check_threshold(given.paper, old)
    return True


def check_current(card: Card, now: datetime, fix: str = ASK_FOR_NEW) -> None:
    """Refuse a card that has expired (rule 3), and say what to do about it.

    Raises:
        KeyTrustError: it has.
    """
    if now >= card.expires_at:
        raise KeyTrustError(f"the card of {card.authority} has expired", fix=fix)


def sign_card(card: Card, roots: tuple[PairSeed, ...]) -> SignedCard:
    """Return a card signed by root keys; for a new version, those of the old card must be among them.

    Raises:
        SignatureError: fewer than two of its own roots are among them.
    """
    paper = sign_paper(encode(card), PURPOSE, roots)
    _check_threshold(paper, card)
    return SignedCard(card, paper)


def fingerprint(payload: bytes) -> str:
    """Return eight groups of five digits for the bytes of a card.

    Each group is five bytes of SHA-512, read as a number, modulo 100,000: together a little over 132 bits.
    """
    digest = hashlib.sha512(b"headwater/fingerprint/1\0" + payload).digest()
    groups = [
        int.from_bytes(digest[place : place + _GROUP_BYTES], "big") % 10**_GROUP_DIGITS
        for place in range(0, _GROUPS * _GROUP_BYTES, _GROUP_BYTES)
    ]
    return " ".join(f"{group:0{_GROUP_DIGITS}d}" for group in groups)


def check_endpoint(text: str) -> None:
    """Refuse an endpoint that is more than scheme, host and port.

    Raises:
        SchemaError: it is.
    """
    try:
        parts = urlsplit(text)
        plain = parts.scheme in {"http", "https"} and parts.hostname and parts.port is not None
    except ValueError as error:
        raise SchemaError("no endpoint", where=Place(field="endpoints")) from error
    if not plain or "@" in parts.netloc or parts.path or parts.query or parts.fragment or text != parts.geturl():
        raise SchemaError("no endpoint", where=Place(field="endpoints"), fix="write it as https://host:port")


def _check_threshold(paper: Paper, card: Card) -> None:
    signed = sum(paper.is_signed_by(root, PURPOSE) for root in card.roots)
    if signed < card.threshold:
        raise SignatureError(f"a card signed by {signed} of the {card.threshold} root keys it needs")


def _require(fact: bool, field: str, what: str) -> None:  # noqa: FBT001 - a check reads as a sentence
    if not fact:
        raise SchemaError(what, where=Place(field=field))
