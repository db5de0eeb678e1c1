"""London between Belgrade and Pristina: for tests of what reaches a third state, and of what is called back from it."""

from dataclasses import dataclass
from pathlib import Path

from headwater.exchange.outbox import Sending
from headwater.model.ids import FactId, MessageId, StateCode
from headwater.model.message import Kind
from headwater.policy.agreement import Agreement, Onward
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, Node, World, agreement, fact, message

KINDS = frozenset(
    {Kind.REQUEST, Kind.RESPONSE, Kind.SPONTANEOUS, Kind.ALERT, Kind.CONSENT, Kind.CONSENT_REQUEST, Kind.SEARCH}
)
XK_TERMS = "A-UK-XK-OIC"
RS = StateCode("RS")


def terms(**changes: object) -> Agreement:
    return agreement(kinds=KINDS, **changes)


def make_three(folder: Path, never: tuple[StateCode, ...] = (RS,)) -> "Three":
    """Return London live with Belgrade and with Pristina; Pristina's facts never go to the states named."""
    world = World(folder)
    london, belgrade, pristina = (world.node(me) for me in (LONDON, BELGRADE, PRISTINA))
    world.befriend(london, belgrade, terms())
    with_pristina = terms(
        id=XK_TERMS, parties=(LONDON, PRISTINA), binding=True, safeguards={}, onward=Onward(never=frozenset(never))
    )
    world.befriend(london, pristina, with_pristina)
    return Three(world, london, belgrade, pristina)


@dataclass
class Three:
    """London between Belgrade and Pristina, which know nothing of each other."""

    world: World
    london: Node
    belgrade: Node
    pristina: Node

    def run(self) -> None:
        """Carry everything that waits, until nothing does."""
        moved = True
        while moved:
            moved = False
            for node in self.world.nodes:
                for peer in (LONDON, BELGRADE, PRISTINA):
                    if peer != node.me:
                        for lane in ("urgent", "normal"):
                            moved |= node.exchange.courier((peer, lane)).step().moved > 0  # type: ignore[arg-type]

    def supply(self, name: str = "rec-x/0", **changes: object) -> list[FactId]:
        """Send facts from Pristina to London; return what they are called in London."""
        given = fact(origin="XK", **changes)
        told = message(sender=PRISTINA, recipient=LONDON, agreement=XK_TERMS, facts={name: given})
        sending = self.pristina.exchange.send(told, who="a.krasniqi")
        assert sending.id is not None
        self.run()
        return self.facts_of(self.london, sending.id)

    def facts_of(self, node: Node, ref: MessageId) -> list[FactId]:
        with node.store.snapshot() as snapshot:
            records = [snapshot.kept_record(each) for each in snapshot.born_of(ref)]
            return [number for record in records if record for number, _ in record.numbered()]

    def onward(self, facts: list[FactId], **changes: object) -> Sending:
        """Pass facts on from London to Belgrade."""
        found = {}
        for each in facts:
            found.update(self.london.exchange.facts(each.partition("/")[0], TERMS))  # type: ignore[arg-type]
        told = message(sender=LONDON, facts={name: found[name] for name in facts if name in found}, **changes)
        return self.london.exchange.send(told, who="o.reed")

    def ask(self, facts: list[FactId]) -> MessageId:
        (sending,) = self.london.exchange.liaison.ask_consent(facts, RS, who="o.reed", purpose="oic", reason="joint")
        assert sending.id is not None, sending.judgement
        self.run()
        return sending.id

    def answer(self, asked: MessageId, decision: str, until: str | None = None) -> None:
        self.pristina.exchange.liaison.answer_consent(asked, decision, until, who="b.gashi")
        self.run()
