"""London and Belgrade at their desks: messages that go, wait and are refused, requests with their clocks, searches, later words."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from headwater.exchange.envelope import Lane
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, MessageId
from headwater.model.message import Kind, Message
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.policy.agreement import AgreementState
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, Node, World, agreement, fact, message
from tests.plays.play import Play
from tests.three_world import KINDS

NEVER = MessageId("01a211d3-7340-7183-808b-2a42a9d583e3")


class Pair:
    """Two nodes and the play that they are in; every kind of message is agreed."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.london, self.belgrade = self.world.node(LONDON), self.world.node(BELGRADE)
        self.world.befriend(self.london, self.belgrade, agreement(kinds=KINDS))
        for node in self.world.nodes:
            node.exchange._stopwatch = lambda: 0.0  # nothing rests by a clock of the machine
        self.sealed: dict[object, bytes] = {}
        self.play = Play({"UK": self.london, "RS": self.belgrade}, [folder])
        self.act = self.play.act

    def carry(self) -> None:
        """Bring all that waits, both ways and on both lanes, until nothing moves any more."""
        moved = True
        while moved:
            moved = False
            for node in self.world.nodes:
                for partner in node.exchange.partners():
                    for lane in (Lane.URGENT, Lane.NORMAL):
                        moved |= node.bring(partner.authority, lane).moved > 0

    def forge(self, node: Node, told: Message) -> MessageId:
        """Queue a message that the node itself would never send."""
        ref = node.exchange._outbox.new_id()
        node.store.write(lambda tx: node.exchange._outbox.queue(tx, told, ref, "mallory"))
        return ref

    def end(self) -> Play:
        self.world.close()
        return self.play


def outgoing(folder: Path) -> Play:
    """Every way that a message can go from the desk: sent, redacted, held, approved, withdrawn, refused, or only asked about."""
    pair = Pair(folder)
    act, london, clock = pair.act, pair.london.exchange, pair.world.clock
    unmarked = {
        "f1": fact(),
        "f2": fact(prop="phone", value="+381600000001", marking="SECRET"),
        "f3": fact(prop="alias", grade=None),
    }
    act("sent", lambda: london.send(message(text="Hello."), who="o.reed"))
    act("sent, urgent, until a day", lambda: london.send(
        message(urgency="urgent", why_urgent="it leaves", expires="2026-11-30T00:00:00Z", kind=Kind.ALERT), who="o.reed"
    ))  # fmt: skip
    act("flash", lambda: london.send(message(urgency="flash", why_urgent="a life"), who="o.reed"))
    act("redacted", lambda: london.send(message(facts=unmarked), who="o.reed"))
    act("only asked about", lambda: london.dry_run(message(facts=unmarked)))
    act("asked about, refused", lambda: london.dry_run(message(purpose="leisure")))
    act("refused", lambda: london.send(message(purpose="leisure"), who="o.reed"))
    held = act("held", lambda: london.send(message(approver="", facts=unmarked), who="o.reed")).id
    other = act("held too", lambda: london.send(message(approver=""), who="o.reed")).id
    clock.move(timedelta(hours=2))
    act("drafts", london.drafts)
    act("approved as something else", lambda: london.approve(held, who="l.law", role="legal"))
    act("approved", lambda: london.approve(held, who="s.hall", role="approver"))
    act("approved again", lambda: london.approve(held, who="s.hall", role="approver"))
    act("withdrawn", lambda: london.withdraw(other, who="o.reed"))
    act("withdrawn again", lambda: london.withdraw(other, who="o.reed"))
    act("no drafts any more", london.drafts)
    act("to nobody we know", lambda: london.send(message(recipient=PRISTINA), who="o.reed"))
    act("asked about to nobody we know", lambda: london.dry_run(message(recipient=PRISTINA)))
    act(
        "without a name of urgency",
        lambda: london.send(message(kind=Kind.REQUEST, urgency="soon", reason="x"), who="o.reed"),
    )
    act("a response of no result", lambda: london.send(message(kind=Kind.RESPONSE, result="perhaps"), who="o.reed"))
    act(
        "a refusal of no reason",
        lambda: london.send(message(kind=Kind.RESPONSE, result="refused", reason="no"), who="o.reed"),
    )
    act(
        "a question without words",
        lambda: london.send(message(kind=Kind.RESPONSE, result="clarify", text=" "), who="o.reed"),
    )
    many = [message(), message(purpose="leisure"), message(approver=""), message(text="last", facts=unmarked)]
    act("many", lambda: london.send_many(many, who="o.reed"))
    act("many, one to nobody", lambda: london.send_many([message(), message(recipient=PRISTINA)], who="o.reed"))
    waits = london.send(message(approver="", purpose="trafficking"), who="o.reed").id
    london.set_agreement_state(TERMS, AgreementState.SUSPENDED, who="s.hall", reason="unclear")
    act("approved while suspended", lambda: london.approve(waits, who="s.hall", role="approver"))  # type: ignore[arg-type]
    act("carried while suspended", pair.carry)
    london.set_agreement_state(TERMS, AgreementState.LIVE, who="s.hall", reason="clear")
    act("carried", pair.carry)
    act("all that went", london.outgoing)
    act("all that came", pair.belgrade.exchange.incoming)
    return pair.end()


def incoming(folder: Path) -> Play:
    """Every way that a message can come: kept, held, refused by a rule or for what it is; and what the desk makes of it."""
    pair = Pair(folder)
    act, london, belgrade, clock = pair.act, pair.london, pair.belgrade.exchange, pair.world.clock

    def came(name: str, **changes: Any) -> MessageId:
        told = message(**{"sender": LONDON, "expires": "2026-12-20T08:30:00Z", **changes})
        ref = pair.forge(london, told)
        act(name, pair.carry)
        return ref

    kept = came("kept", text="Kept.")
    held = came("held by a rule", approver="", facts={"f1": fact(value="Held Person")})
    wrong = came("refused by a rule", purpose="leisure")
    came("a fact above the agreement", facts={"f1": fact(marking="SECRET")})
    came("too long a retention", facts={"f1": fact(retain_until="2039-01-01"), "f2": fact(retain_until=None)})
    came("handling that is none", facts={"f1": fact(handling=("XYZ",))})
    came("to somebody else", recipient=BELGRADE, sender=PRISTINA)
    came("from nobody's agreement", agreement="A-NONE")
    came("expired", urgency="normal", facts={"f1": fact(retain_until="2026-01-01")})
    clock.move(timedelta(hours=1))
    act("accepted", lambda: belgrade.accept(kept, who="m.ilic", reason="of use"))
    act("accepted again", lambda: belgrade.accept(kept, who="m.ilic", reason="of use"))
    act("held one accepted", lambda: belgrade.accept(held, who="m.ilic", reason="we may"))
    other = came("held by a rule again", approver="")
    act("held one put aside", lambda: belgrade.refuse(other, who="m.ilic", reason="not ours"))
    act("a refused one accepted", lambda: belgrade.accept(wrong, who="m.ilic", reason="x"))
    act("none accepted", lambda: belgrade.accept(NEVER, who="m.ilic", reason="x"))
    act("none put aside", lambda: belgrade.refuse(NEVER, who="m.ilic", reason="x"))
    act("shown", lambda: belgrade.show(kept))
    act("refused one shown", lambda: belgrade.show(wrong))
    act("none shown", lambda: belgrade.show(NEVER))
    for word in ("read", "acted", "read", "liked"):
        act(f"told: {word} {clock.now():%H}", belgrade.tell, kept, word, who="m.ilic", purpose="oic")
        act(f"told: {word} {clock.now():%H}, carried", pair.carry)
        clock.move(timedelta(hours=1))
    act("told of a refused one", lambda: belgrade.tell(wrong, "read", who="m.ilic", purpose="oic"))
    act("what was told", lambda: [london.exchange.told(), london.exchange.told_of(kept), belgrade.told()])
    lie = Message(
        kind=Kind.RECEIPT,
        sender=LONDON,
        recipient=BELGRADE,
        agreement=TERMS,
        purpose="oic",
        thread=kept,
        result="acted",
    )
    pair.forge(london, lie)
    act("a word on what was never sent", pair.carry)
    return pair.end()


def _ask(**changes: Any) -> Message:
    values: dict[str, Any] = {
        "kind": Kind.REQUEST,
        "facts": {},
        "reason": "who keeps the lorry",
        "urgency": "urgent",
        "why_urgent": "it leaves",
    }
    return message(**{**values, **changes})


def requests(folder: Path) -> Play:
    """Requests with their clocks at both ends: alarms, questions back, doubles, answers in part, in full and refused."""
    pair = Pair(folder)
    act, london, belgrade, clock = pair.act, pair.london.exchange, pair.belgrade.exchange, pair.world.clock

    def both(name: str) -> None:
        act(f"clocks: {name}", lambda: [london.liaison.requests(), belgrade.liaison.requests()])

    def answered(
        name: str, thread: MessageId | None, result: str, sender: Node = pair.belgrade, **changes: Any
    ) -> None:
        values = {"kind": Kind.RESPONSE, "facts": {}, "recipient": LONDON if sender is pair.belgrade else BELGRADE}
        told = message(thread=thread, result=result, **{**values, **changes})
        act(name, lambda: sender.exchange.send(told, who="m.ilic"))
        pair.carry()

    first = act("urgent", lambda: london.send(_ask(), who="o.reed")).id
    slow = london.send(_ask(urgency="normal", why_urgent=None, access="indirect"), who="o.reed").id
    pair.carry()
    started = message(text="The lorry.")
    thread = london.send(started, who="o.reed").id
    pair.carry()
    same = [london.send(_ask(thread=thread, text="which?"), who="o.reed").id for _ in range(2)]
    other = london.send(_ask(thread=thread, text="which?", purpose="trafficking"), who="o.reed").id
    both("not carried yet")
    pair.carry()
    both("all asked")
    clock.move(timedelta(hours=1))
    answered("asked back", first, "clarify", text="Which lorry?")
    both("asked back")
    act("looked after at once", lambda: [london.liaison.tend(), belgrade.liaison.tend()])
    clock.move(timedelta(hours=4))
    act("looked after at half the time", lambda: [london.liaison.tend(), belgrade.liaison.tend()])
    answered("told which", first, "clarify", pair.london, text="The blue one.")
    clock.move(timedelta(hours=2))
    act("looked after at four fifths", lambda: [london.liaison.tend(), belgrade.liaison.tend()])
    both("later")
    answered(
        "in part", first, "partial", facts={"r1": fact(origin="RS", entity="rs/1")}, author="m.ilic", approver="d.s"
    )
    answered(
        "in full", same[0], "full", facts={"r1": fact(origin="RS", entity="rs/1")}, author="m.ilic", approver="d.s"
    )
    answered("nothing is known", same[1], "none")
    answered("refused", other, "refused", reason="third-state: it came from elsewhere")
    both("most answered")
    clock.move(timedelta(hours=20))
    act("looked after when all is late", lambda: [london.liaison.tend(), belgrade.liaison.tend()])
    act("looked after again", lambda: [london.liaison.tend(), belgrade.liaison.tend()])
    both("late")
    clock.move(timedelta(days=7))
    answered("the slow one, late", slow, "none")
    both("the slow one, late")
    act("since yesterday", lambda: london.liaison.requests(clock.now() - timedelta(days=1)))
    pair.forge(pair.london, replace(_ask(purpose="leisure"), sender=LONDON))
    act("one that a rule refuses", pair.carry)
    both("one that a rule refused")
    return pair.end()


def _held(
    node: Node,
    place: str,
    *,
    category: PersonCategory = PersonCategory.SUSPECT,
    originator: Any = BELGRADE,
    **handling: Any,
) -> None:
    key = EntityKey(f"rs/{place}")
    record = Record(
        origin=Origin(originator, "report", place=place),
        handling=Handling(**handling),
        mentions=(Mention(key, "Person", category),),
        facts=(Fact(key, "phone", f"+381 60 000-000{place}"), Fact(key, "name", "Markovski  MARKO")),
    )
    node.store.write(lambda tx: tx.add_record(record))


def lookups(folder: Path) -> Play:
    """What a request and a search are looked up in: our own holdings, those that may be told of, and what is withdrawn meanwhile."""
    pair = Pair(folder)
    act, london, belgrade = pair.act, pair.london.exchange, pair.belgrade.exchange
    _held(pair.belgrade, "1")
    _held(pair.belgrade, "2", purposes=frozenset({"oic"}), codes=frozenset({"P"}))
    _held(pair.belgrade, "3", purposes=frozenset({"trafficking"}))
    _held(pair.belgrade, "4", category=PersonCategory.VICTIM)
    _held(pair.belgrade, "5", never_onward=True)
    _held(pair.belgrade, "6", originator=PRISTINA)
    asked = {"f1": fact(), "f2": fact(prop="phone", value="+381600000002"), "f3": fact(prop="gender", value="male")}
    london.send(_ask(facts=asked), who="o.reed")
    london.send(_ask(facts={"f1": fact(value="Nobody Known")}), who="o.reed")
    london.send(_ask(), who="o.reed")
    pair.carry()
    act("requests are looked up", belgrade.liaison.tend)
    act("requests are looked up once", belgrade.liaison.tend)
    phones = {f"f{number}": fact(prop="phone", value=f"+38160000000{number}") for number in range(1, 8)}
    told = message(kind=Kind.SEARCH, reason="who uses it", facts={**phones, "f8": fact(prop="gender", value="male")})
    hashed = act("what is hashed of a search", lambda: london.liaison.hashed(replace(told, thread=NEVER)))
    for name, content in (
        ("several", hashed),
        ("nothing known", london.liaison.hashed(replace(told, facts={"f7": phones["f7"]}))),
        ("for another purpose", london.liaison.hashed(replace(told, purpose="trafficking", thread=NEVER))),
        ("not hashed", told),
    ):
        act(f"search: {name}", london.send, content, who="o.reed")
        pair.carry()
        act(f"search: {name}, answered", belgrade.liaison.tend)
        act(f"search: {name}, carried", pair.carry)
    act("searches are answered once", belgrade.liaison.tend)
    london.send(london.liaison.hashed(told), who="o.reed")
    pair.carry()
    belgrade.set_agreement_state(TERMS, AgreementState.SUSPENDED, who="d.s", reason="unclear")
    act("search while suspended", belgrade.liaison.tend)
    act("hashed for nobody we know", lambda: london.liaison.hashed(replace(told, recipient=PRISTINA)))
    return pair.end()
