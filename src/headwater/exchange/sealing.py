"""Sealing what is to go: the last step of queuing, of one message or of many in one change."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from headwater.exchange.envelope import Header, seal_checked
from headwater.exchange.partners import Partner
from headwater.exchange.suite import XWING, Seal, key_id
from headwater.model.message import Message
from headwater.store import Outgoing, Transaction


class Way:
    """The way to one partner, as it is within one change."""

    def __init__(self, partner: Partner, signing: Callable[[], tuple[str, bytes]], now: datetime) -> None:
        """Go to a partner whose card is current; `signing` returns this node's signing key by its name and seed."""
        self.partner = partner
        self._signing = signing
        self._now = now

    @cached_property
    def keys(self) -> tuple[Seal, str, str, bytes]:
        """What seals for the partner's key, its name, and this node's with its seed: asked for once something is to go."""
        sealing = self.partner.card.card.sealing_key(self._now)
        return (XWING.sealer(sealing), key_id(sealing), *self._signing())


@dataclass(frozen=True, slots=True)
class Unsealed:
    """A message that is numbered and noted: its header and body, and the way that it goes."""

    header: Header
    body: bytes
    message: Message
    way: Way


def seal(tx: Transaction, given: Unsealed) -> None:
    """Seal a message that was numbered and put it into the queue."""
    header, message = given.header, given.message
    sealer, _, _, signing_seed = given.way.keys
    tx.add_outgoing(
        Outgoing(
            id=header.id,
            peer=header.recipient,
            seq=header.seq,
            lane=header.lane,
            envelope=seal_checked(header, given.body, signing_seed=signing_seed, sealer=sealer),
            kind=message.kind,
            thread=message.thread,
            queued_at=tx.now,
            expires_at=header.expires_at,
        )
    )
