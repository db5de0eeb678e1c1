"""What officers do in a history: they tell, ask, answer, consent, pass on, recall, suspend; and what they were promised."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Final

from headwater.errors import HeadwaterError
from headwater.exchange.outbox import Sending
from headwater.exchange.partners import State
from headwater.model.fact import Fact
from headwater.model.grade import parse_grade
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, EntityKey, FactId, MessageId, state_of
from headwater.model.message import Amend, Kind, Message
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.model.times import format_instant
from headwater.policy.agreement import AgreementState
from headwater.testing.sim.node import SimNode
from headwater.testing.sim.setting import terms_name
from headwater.testing.sim.world import World

RESULTS: Final = ("full", "partial", "none", "refused", "clarify")
_SHORT_S: Final = (20, 600)
"""How soon a message expires that does not keep for long."""
_WHO: Final = "officer"
_CALLS_FOR: Final[dict[str, tuple[str, ...]]] = {
    Kind.SPONTANEOUS: ("onward", "ask_consent", "accept"),
    Kind.REQUEST: ("respond",),
    Kind.CONSENT_REQUEST: ("answer_consent",),
}
"""What whoever gets a message of a kind has a reason to do."""


@dataclass(frozen=True, slots=True)
class Promise:
    """A message that a node said is on its way."""

    node: AuthorityId
    ref: MessageId
    seq: int
    sha256: bytes


@dataclass(slots=True)
class Told:
    """A fact of a node's own: the one string that stands nowhere else, and what its owner has wanted since."""

    owner: AuthorityId
    fact: FactId
    value: str
    passed: bool = False
    amended: str = ""


@dataclass(slots=True)
class Book:
    """What has been promised to officers.

    Attributes:
        promises: messages that are on their way.
        facts: facts of the nodes' own, by value.
        suspended: partners and agreements that must be taken up again, and how.
        done: how often officers did what.
    """

    promises: list[Promise] = field(default_factory=list)
    facts: dict[str, Told] = field(default_factory=dict)
    suspended: list[tuple[SimNode, Callable[[], None]]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    stopped: bool = False


class Officers:
    """The officers of all nodes."""

    def __init__(self, world: World, nodes: dict[AuthorityId, SimNode]) -> None:
        """Begin with nothing promised."""
        self.book = Book()
        self._world = world
        self._nodes = nodes
        self._chance = world.chance
        self._count = 0
        self._likely: dict[str, list[SimNode]] = {}

    def act(self, what: str) -> None:
        """Let an officer of some node that is up do something."""
        up = [node for node in self._nodes.values() if node.is_up]
        if not up:
            return
        likely = [node for node in self._likely.get(what, []) if node.is_up]
        node = self._chance.choice(likely if likely and self._chance.random() < 0.9 else up)
        self._world.spawn(node.life, lambda: self._try(node, what))

    def resume_all(self) -> None:
        """Lift every suspension."""
        waiting, self.book.suspended = self.book.suspended, []
        for node, lift in waiting:
            self._world.spawn(node.life, lambda node=node, lift=lift: self._lift(node, lift))  # type: ignore[misc]

    def put_right(self) -> None:
        """Lift every suspension at every node, also those that nobody was promised."""
        self.book.suspended.clear()
        for node in self._nodes.values():
            if node.is_up:
                self._world.spawn(node.life, lambda node=node: self._put_right(node))  # type: ignore[misc]

    def _put_right(self, node: SimNode) -> None:
        try:
            for partner in node.exchange.partners():
                if partner.state is State.SUSPENDED:
                    node.exchange.step_partner(partner.authority, State.CONFIRMED, who=_WHO, reason="over")
            for name, terms in node.exchange.agreements().items():
                if terms.state is not AgreementState.LIVE:
                    node.exchange.set_agreement_state(name, AgreementState.LIVE, who=_WHO, reason="over")
        except HeadwaterError as error:
            self._world.fault(f"{node.me} cannot lift a suspension: {error.code}")

    def sync_all(self) -> None:
        """Let one of each two nodes ask the other for a sync."""
        for node in self._nodes.values():
            for peer in node.peers:
                if node.me < peer:
                    self._world.spawn(node.life, lambda n=node, p=peer: self._ask_sync(n, p))  # type: ignore[misc]

    def _ask_sync(self, node: SimNode, peer: AuthorityId) -> None:
        node.exchange.syncing.ask(peer, who=_WHO)

    def _lift(self, node: SimNode, lift: Callable[[], None]) -> None:
        try:
            lift()
        except HeadwaterError as error:
            self._world.tell(f"not lifted {node.me} {error.code}")
            self.book.suspended.append((node, lift))

    def _try(self, node: SimNode, what: str) -> None:
        acts: dict[str, Callable[[SimNode, AuthorityId], str]] = {
            "tell": self._tell,
            "request": self._request,
            "respond": self._respond,
            "ask_consent": self._ask_consent,
            "answer_consent": self._answer_consent,
            "onward": self._onward,
            "amend": self._amend,
            "suspend": self._suspend,
            "suspend_agreement": self._suspend_agreement,
            "sync": self._sync,
            "accept": self._accept,
            "rotate": self._rotate,
        }
        try:
            came_to = acts[what](node, self._chance.choice(node.peers))
        except HeadwaterError as error:
            came_to = error.code
        self._world.tell(f"{what} {node.me} {came_to}")
        key = what if not came_to or "-" in came_to else f"{what}: {came_to}"
        self.book.done[key] = self.book.done.get(key, 0) + 1

    def _promised(self, node: SimNode, sending: Sending) -> str:
        if sending.id is None or not sending.is_queued:
            return f"stopped {sending.judgement.rule}"
        with node.store.snapshot() as snapshot:
            row = snapshot.outgoing(sending.id)
        if row is None:
            self._world.fault(f"{node.me} promised message {sending.id} and does not hold it")
            return "lost"
        self.book.promises.append(Promise(node.me, row.id, row.seq, sha256(row.envelope).digest()))
        for what in _CALLS_FOR.get(row.kind, ()):
            self._likely.setdefault(what, []).append(self._nodes[row.peer])
        return sending.id

    def _send(self, node: SimNode, kind: Kind, peer: AuthorityId, **more: object) -> str:
        urgent = self._chance.random() < 0.3
        expires = None
        if self._chance.random() < 0.2:
            seconds = self._chance.randint(*_SHORT_S)
            expires = format_instant(node.clock.now() + timedelta(seconds=seconds))
        message = Message(
            kind=kind,
            recipient=peer,
            agreement=terms_name(node.me, peer),
            purpose="oic",
            reason="an exercise",
            urgency="urgent" if urgent else "normal",
            why_urgent="a life is at stake" if urgent else None,
            classification="OFFICIAL",
            author="a",
            approver="b",
            expires=expires,
            **more,  # type: ignore[arg-type]
        )
        return self._promised(node, node.exchange.send(message, who=_WHO))

    def _own_record(self, node: SimNode) -> Record:
        self._count += 1
        state, number = state_of(node.me), self._count
        person = EntityKey(f"{state.lower()}/person/{number}")
        others = frozenset(state_of(each) for each in self._nodes)
        free = others if self._chance.random() < 0.5 else None
        record = Record(
            origin=Origin(node.me, "report", place=str(number)),
            handling=Handling(codes=frozenset({"P"}), markings=frozenset({"OFFICIAL"}), releasable_to=free),
            mentions=(Mention(person, "Person", PersonCategory.SUSPECT),),
            facts=(Fact(person, "name", f"Canary {number}A{number}"), Fact(person, "phone", f"+00{number:06}55")),
            grade=parse_grade("4x4:A/1"),
        )
        node.store.write(lambda tx: tx.add_record(record))
        for ref, fact in record.numbered():
            self.book.facts[fact.value] = Told(node.me, ref, fact.value)
        return record

    def _tell(self, node: SimNode, peer: AuthorityId) -> str:
        record = self._own_record(node)
        given = node.exchange.facts(record.id, terms_name(node.me, peer))
        if self._chance.random() < 0.3:
            given = dict(list(given.items())[:1])
        return self._send(node, Kind.SPONTANEOUS, peer, facts=given)

    def _request(self, node: SimNode, peer: AuthorityId) -> str:
        return self._send(node, Kind.REQUEST, peer, text=f"Who is number {self._chance.randrange(99)}?")

    def _respond(self, node: SimNode, _: AuthorityId) -> str:
        asked = [row for row in node.exchange.incoming() if row.kind == Kind.REQUEST and row.body]
        if not asked:
            return "nothing"
        row = self._chance.choice(asked)
        result = self._chance.choice(RESULTS)
        message = Message(
            kind=Kind.RESPONSE,
            recipient=row.peer,
            agreement=terms_name(node.me, row.peer),
            purpose="oic",
            classification="OFFICIAL",
            author="a",
            approver="b",
            thread=row.id,
            result=result,
            reason="investigation: later" if result == "refused" else None,
            text="Which one?",
        )
        return self._promised(node, node.exchange.send(message, who=_WHO))

    def _foreign(self, node: SimNode) -> Record | None:
        with node.store.snapshot() as snapshot:
            found = list(snapshot.records(source="exchange"))
        return self._chance.choice(found) if found else None

    def _ask_consent(self, node: SimNode, peer: AuthorityId) -> str:
        record = self._foreign(node)
        if record is None:
            return "nothing"
        facts = [number for number, _ in record.numbered()]
        sent = node.exchange.liaison.ask_consent(facts, state_of(peer), who=_WHO, purpose="oic", reason="joint work")
        return " ".join(self._promised(node, each) for each in sent)

    def _answer_consent(self, node: SimNode, _: AuthorityId) -> str:
        asked = [row for row in node.exchange.incoming() if row.kind == Kind.CONSENT_REQUEST and row.body]
        if not asked:
            return "nothing"
        row = self._chance.choice(asked)
        decision = "yes" if self._chance.random() < 0.8 else "no"
        return self._promised(node, node.exchange.liaison.answer_consent(row.id, decision, None, who=_WHO))

    def _onward(self, node: SimNode, peer: AuthorityId) -> str:
        record = self._foreign(node)
        if record is None:
            return "nothing"
        given = node.exchange.facts(record.id, terms_name(node.me, peer))
        came_to = self._send(node, Kind.SPONTANEOUS, peer, facts=given)
        for _, fact in record.numbered():
            told = self.book.facts.get(fact.value)
            if told is not None and "stopped" not in came_to:
                told.passed = True
                self._likely.setdefault("amend", []).append(self._nodes[told.owner])
        return came_to

    def _amend(self, node: SimNode, _: AuthorityId) -> str:
        own = [told for told in self.book.facts.values() if told.owner == node.me and not told.amended]
        if not own:
            return "nothing"
        passed = [each for each in own if each.passed]
        told = self._chance.choice(passed if passed and self._chance.random() < 0.8 else own)
        action = self._chance.choice(("erase", "erase", "restrict", "rectify"))
        replacements: list[FactId] = []
        if action == "rectify":
            replacements = [ref for ref, _ in self._own_record(node).numbered()][:1]
        asked = node.exchange.liaison.amend(
            Amend(action=action, facts=(told.fact,), reason="an error"),
            who=_WHO,
            purpose="oic",
            replacements=replacements,
        )
        told.amended = action
        return f"{action}-{len(asked)}"

    def _suspend(self, node: SimNode, peer: AuthorityId) -> str:
        node.exchange.step_partner(peer, State.SUSPENDED, who=_WHO, reason="an exercise")
        lift = lambda: node.exchange.step_partner(peer, State.CONFIRMED, who=_WHO, reason="over")  # noqa: E731
        self._lift_later(node, lift)
        return ""

    def _suspend_agreement(self, node: SimNode, peer: AuthorityId) -> str:
        name = terms_name(node.me, peer)
        node.exchange.set_agreement_state(name, AgreementState.SUSPENDED, who=_WHO, reason="an exercise")
        lift = lambda: node.exchange.set_agreement_state(name, AgreementState.LIVE, who=_WHO, reason="over")  # noqa: E731
        self._lift_later(node, lift)
        self.book.stopped = True
        return ""

    def _lift_later(self, node: SimNode, lift: Callable[[], None]) -> None:
        self.book.suspended.append((node, lift))
        self._world.after(self._chance.uniform(5, 300), self.resume_all)

    def _sync(self, node: SimNode, peer: AuthorityId) -> str:
        return node.exchange.syncing.ask(peer, who=_WHO)

    def _accept(self, node: SimNode, _: AuthorityId) -> str:
        waiting = [row for row in node.exchange.incoming() if row.state in {"stored", "held"} and row.body]
        if not waiting:
            return "nothing"
        row = self._chance.choice(waiting)
        node.exchange.accept(row.id, who=_WHO, reason="of use")
        return row.id

    def _rotate(self, node: SimNode, _: AuthorityId) -> str:
        if node.clock.has_jumped:
            return "not by that clock"  # a card of ten years from now would not count today
        node.exchange.new_key(self._chance.choice(("signing", "sealing")))
        made = node.make_card(_WHO)
        return f"card-{made.card.version}"
