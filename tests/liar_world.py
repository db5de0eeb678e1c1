"""A partner that signs properly and says whatever it likes: London, whose keys a liar has, before Belgrade and Pristina."""

from collections.abc import Iterable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from msgspec import structs

from headwater.exchange.envelope import Header, Lane, seal_checked
from headwater.exchange.framing import join, split
from headwater.exchange.receipt import parse_receipt
from headwater.exchange.suite import XWING, key_id, signing_public
from headwater.model.canonical import encode
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey, MessageId, StateCode, new_message_id
from headwater.model.message import Amend, Consent, Done, Kind, Message
from headwater.model.record import Mention, Origin, Record
from headwater.model.times import format_instant
from headwater.testing.fakes import START
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, World, agreement, fact, message
from tests.three_world import KINDS


class Liar:
    """London, live with Belgrade, with whatever London's own keys can sign; Pristina is Belgrade's partner too."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.london, self.belgrade = self.world.node(LONDON), self.world.node(BELGRADE)
        self.pristina = self.world.node(PRISTINA)
        self.world.befriend(self.london, self.belgrade, agreement(kinds=KINDS))
        with_pristina = agreement(id="A-XK-RS", parties=(PRISTINA, BELGRADE), safeguards={}, binding=True, kinds=KINDS)
        self.world.befriend(self.pristina, self.belgrade, with_pristina)
        self.numbers = count(100)

    def seal(self, told: Message | bytes, **words: Any) -> bytes:
        """Seal anything for Belgrade; words of the header are as they are given."""
        number = next(self.numbers)
        key, seed = self.belgrade.exchange.card().card.sealing[0].raw, self.london.keys.signing_seed()
        values: dict[str, Any] = {
            "id": new_message_id(number, number.to_bytes(10, "big")),
            "sender": LONDON,
            "recipient": BELGRADE,
            "seq": number,
            "lane": Lane.NORMAL,
            "skid": key_id(signing_public(seed)),
            "rkid": key_id(key),
            "sent_at": self.world.clock.now(),
            "expires_at": self.world.clock.now() + timedelta(days=1),
            **words,
        }
        body = told if isinstance(told, bytes) else encode(told)
        return seal_checked(Header(**values), body, signing_seed=seed, sealer=XWING.sealer(key))

    def hand(self, *envelopes: bytes) -> list[str]:
        parts = split(self.belgrade.exchange.receive(join(envelopes)), most=128)
        return [line.result for part in parts for line in parse_receipt(part).lines]

    def kept(self) -> tuple[object, ...]:
        """All that Belgrade holds of what messages say: records, contents, alarms."""
        with self.belgrade.store.snapshot() as snapshot:
            records = [record.id for record in snapshot.records()]
            documents = [
                (kind, key, body)
                for kind in ("consent", "amend-answer", "told", "partner", "card", "agreement-state")
                for key, _, body in snapshot.documents(kind)
            ]
        bodies = [row.body for row in self.belgrade.exchange.incoming() if row.body]
        return records, documents, bodies, self.belgrade.exchange.syncing.alarms()

    def events(self, kind: str) -> int:
        return len(self.belgrade.events(kind))


def true(**changes: Any) -> Message:
    return message(sender=LONDON, expires="2026-12-30T00:00:00Z", **changes)


def bare(kind: Kind, **changes: Any) -> Message:
    """A message of a housekeeping kind, or about consents."""
    return Message(
        kind=kind, sender=LONDON, recipient=BELGRADE, agreement=TERMS, purpose="oic", classification="NONE", **changes
    )


def done_of(amend: str, holder: AuthorityId = LONDON, facts: Iterable[str] = ("a/0",)) -> Done:
    results = dict.fromkeys(facts, "erased")
    return Done(amend=amend, holder=holder, at=format_instant(START), log_index=1, results=results)


def named_in(liar: Liar, amend: MessageId) -> tuple[str, ...]:
    """The facts that an amend of Belgrade's names."""
    told = liar.belgrade.exchange.sent(amend)
    assert told is not None
    assert told.amend is not None
    return told.amend.facts


def consent_of(facts: tuple[str, ...], **changes: Any) -> Consent:
    values: dict[str, Any] = {
        "type": "onward",
        "giver": StateCode("UK"),
        "receiver": StateCode("ME"),
        "facts": facts,
        "purposes": ("oic",),
        "decision": "yes",
        **changes,
    }
    return Consent(**values)


def sent_to(liar: Liar, node: AuthorityId, **changes: Any) -> MessageId:
    """Let Belgrade send something to a partner; it is not carried."""
    terms = TERMS if node == LONDON else "A-XK-RS"
    own = fact(origin="RS", entity="rs/1", marking="INTERNO")
    told = message(sender=BELGRADE, recipient=node, agreement=terms, classification="INTERNO", facts={"rec-b/0": own})
    sending = liar.belgrade.exchange.send(structs.replace(told, **changes), who="m.ilic")
    assert sending.id is not None, sending.judgement
    return sending.id


def asked_of(liar: Liar, node: AuthorityId) -> MessageId:
    """Let Belgrade send a fact of its own to a partner and take it back; return the amend."""
    key = f"rs/{next(liar.numbers)}"
    record = Record(
        origin=Origin(BELGRADE, "report"),
        handling=Handling(markings=frozenset({"INTERNO"})),
        mentions=(Mention(EntityKey(key), "Vehicle"),),
        facts=(Fact(EntityKey(key), "registrationNumber", key),),
    )
    liar.belgrade.store.write(lambda tx: tx.add_record(record))
    terms = TERMS if node == LONDON else "A-XK-RS"
    facts = liar.belgrade.exchange.facts(record.id, terms)
    sent_to(liar, node, facts=facts)
    (asked,) = liar.belgrade.exchange.liaison.amend(
        Amend(action="erase", facts=tuple(facts), reason="x"), who="m.ilic", purpose="oic"
    )
    return asked.message


def doubted(liar: Liar, told: Message, kind: str) -> None:
    """Hand something over that is taken, noted as doubted once, and changes nothing."""
    before, seen = liar.kept(), liar.events(kind)
    assert liar.hand(liar.seal(told)) == ["stored"]
    records, documents, bodies, alarms = liar.kept()
    assert (records, documents, bodies, alarms) == (before[0], before[1], [*before[2], encode(told)], before[3])  # type: ignore[misc]
    assert liar.events(kind) == seen + 1
