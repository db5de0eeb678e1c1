"""What seldom happens: partners that lie, amends that overtake their facts, couriers that race, days that end, facts of odd forms."""

from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import structs

from headwater.exchange.amends import Unsettled
from headwater.exchange.compose import evidence_of
from headwater.exchange.consents import attached
from headwater.exchange.courier import Courier
from headwater.exchange.envelope import Lane
from headwater.exchange.holdings import held_from, origins_of
from headwater.exchange.office import Exchange
from headwater.exchange.partners import State
from headwater.exchange.translate import facts_of, passed_on, records_of
from headwater.exchange.words import bound
from headwater.model.canonical import decode
from headwater.model.fact import Fact
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.grade import parse_grade
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, BlobHash, EntityKey, FactId, MessageId, StateCode
from headwater.model.message import Amend, CardCopy, Kind, Message, Sync
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.policy.agreement import AgreementState
from headwater.store import Transaction
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, Node, fact, message
from tests.liar_world import Liar, asked_of, bare, consent_of, done_of, sent_to, true
from tests.plays.exchange_desk import Pair
from tests.plays.exchange_third import Stage, report
from tests.plays.play import Play
from tests.three_world import XK_TERMS
from tests.unit.exchange.test_liar_logs import OTHER, Log, note

REF = MessageId("0195566a-0000-7000-8000-0000000000aa")
ODD = ("P", "EYES-ONLY")
"""A code that no agreement explains: a person must read what it means."""


class Told:
    """London, with whatever its keys can sign, before Belgrade: what it hands over is an act each."""

    def __init__(self, folder: Path) -> None:
        self.liar = Liar(folder)
        self.play = Play({"RS": self.liar.belgrade}, [folder])
        self.act = self.play.act

    def hand(self, name: str, *told: Message, **header: Any) -> None:
        envelopes = [self.liar.seal(each, **header) for each in told]
        self.act(name, self.liar.hand, *envelopes)

    def sync(self, name: str, told: Sync | None, **header: Any) -> None:
        self.hand(name, bare(Kind.CHECKPOINT, sync=told), **header)

    def last(self) -> MessageId:
        return self.liar.belgrade.exchange.incoming()[-1].id

    def end(self) -> Play:
        self.liar.world.close()
        return self.play


def lies(folder: Path) -> Play:
    """What a partner says that nobody can believe: of logs, answers, consents and words; each is noted and changes nothing."""
    told = Told(folder)
    liar, hand, sync, act = told.liar, told.hand, told.sync, told.act
    exchange = liar.belgrade.exchange
    log = Log(liar)
    sync("no sync at all", None)
    sync("no checkpoint of its own", log.told(checkpoint="x"))
    sync("a checkpoint of another", log.told(checkpoint=note(liar.london, log.size, log.root, BELGRADE)))
    sync("a checkpoint that another signed", log.told(checkpoint=note(liar.pristina, log.size, log.root, LONDON)))
    sync("no checkpoint of ours", log.told(held="x"))
    sync("ours, signed by it", log.told(held=note(liar.london, 1, OTHER, BELGRADE)))
    sync("its own as ours", log.told(held=note(liar.london, log.size, log.root)))
    sync("no receipt of ours", log.told(receipt="*"))
    sync("a receipt that is none", log.told(receipt="QUJD"))
    sync("the truth", log.told(turn=1))
    log = Log(liar)
    sync("without proof", log.told(grown=()))
    sync("without proof, an hour later", log.told(grown=()))
    sync("with a proof of no hashes", log.told(grown=(structs.replace(log.told().grown[0], path=("zz", "ab")),)))
    sync("a number that we never sent", log.told(seen=7))
    sync("many gaps", log.told(gaps=(0, 1, 2, 3, 999), void=(5, 6, 104, 105)))
    act("standing", exchange.syncing.standing, LONDON)
    act("alarms", exchange.syncing.alarms)
    act("cleared", exchange.syncing.clear, LONDON, who="d.s", reason="a new disk")
    act("cleared again", exchange.syncing.clear, LONDON, who="d.s", reason="a new disk")
    act("standing afterwards", exchange.syncing.standing, LONDON)
    act("our own cleared", exchange.syncing.clear, BELGRADE, who="d.s", reason="a backup")
    mine = sent_to(liar, LONDON)
    theirs = sent_to(liar, PRISTINA)
    hand("done with nothing", bare(Kind.AMEND_DONE, done=(done_of(REF),)))
    hand("done by nobody", bare(Kind.AMEND_DONE))
    hand("done by another", bare(Kind.AMEND_DONE, done=(done_of(REF, PRISTINA),)))
    hand("read", bare(Kind.RECEIPT, thread=mine, result="read"))
    hand("read again", bare(Kind.RECEIPT, thread=mine, result="read"))
    hand("acted on", bare(Kind.RECEIPT, thread=mine, result="acted"))
    hand("a word of no sense", bare(Kind.RECEIPT, thread=mine, result="eaten"))
    hand("no word", bare(Kind.RECEIPT, thread=mine))
    hand("a word on another's", bare(Kind.RECEIPT, thread=theirs, result="read"))
    hand("a word on nothing", bare(Kind.RECEIPT, result="read"))
    act("told", exchange.told)
    hand("facts", true(facts={"rec-a/0": fact(), "rec-b/0": fact(prop="phone", value="+381600000001")}))
    hand("consents of all sorts", bare(Kind.CONSENT, consents=(
        consent_of(("rec-a/0", "rec-never/0")), consent_of(("rec-b/0",), decision="perhaps"),
        consent_of(("rec-b/0",), giver=StateCode("RS")), consent_of(("rec-a/0", "rec-b/0"), decision="no"),
    )))  # fmt: skip
    hand("a yes again", bare(Kind.CONSENT, consents=(consent_of(("rec-a/0",)),), thread=REF))
    hand("consents about nothing", bare(Kind.CONSENT, consents=(consent_of(("rec-never/0",)),)))
    hand(
        "an amend that names nothing that is held",
        bare(Kind.AMEND, amend=Amend(action="erase", facts=("rec-z/0",), reason="x")),
    )
    hand("use never travels", true(kind=Kind.USE))
    hand("of another's purpose", true(purpose="leisure"), true(purpose="oic"), true(purpose="leisure"))
    return told.end()


def held(folder: Path) -> Play:
    """What is held, of every kind, is accepted or put aside after days; keys are revoked meanwhile, and envelopes come again."""
    told = Told(folder)
    liar, hand, act = told.liar, told.hand, told.act
    exchange, clock = liar.belgrade.exchange, liar.world.clock
    key = EntityKey("rs/1")
    own = Record(
        origin=Origin(BELGRADE, "report"),
        handling=Handling(),
        mentions=(Mention(key, "Person", PersonCategory.SUSPECT),),
        facts=(Fact(key, "phone", "+381600000001"),),
    )
    liar.belgrade.store.write(lambda tx: tx.add_record(own))
    odd = {"rec-a/0": fact(handling=ODD), "rec-a/1": fact(prop="phone", value="+381600000001", handling=ODD)}
    waits = []
    for name, kind in (("a request", Kind.REQUEST), ("a message", Kind.SPONTANEOUS), ("an alert", Kind.ALERT)):
        hand(f"{name}, held", true(kind=kind, facts=odd, reason="who", approver=""))
        waits.append(told.last())
    hand("without facts, held", true(facts={}, approver="", text="Call us."))
    waits.append(told.last())
    act("looked after", exchange.liaison.tend)
    clock.move(timedelta(days=3))
    for number, ref in enumerate(waits):
        act(f"accepted {number}", exchange.accept, ref, who="m.ilic", reason="read")
        act(f"accepted {number} again", exchange.accept, ref, who="m.ilic", reason="read")
        act(f"shown {number}", exchange.show, ref)
    act("looked after then", exchange.liaison.tend)
    hand("an amend of what was held", bare(Kind.AMEND, amend=Amend(action="restrict", facts=("rec-a/0",), reason="x")))
    act("shown in part", lambda: [exchange.show(ref) for ref in waits])
    hand("held once more", true(facts=odd, approver=""))
    last = told.last()
    exchange.set_agreement_state(TERMS, AgreementState.ENDED, who="d.s", reason="over")
    act("accepted after the end of its agreement", exchange.accept, last, who="m.ilic", reason="read")
    exchange.set_agreement_state(TERMS, AgreementState.LIVE, who="d.s", reason="again")
    act("put aside", exchange.refuse, last, who="m.ilic", reason="late")
    act("put aside again", exchange.refuse, last, who="m.ilic", reason="late")
    act("nothing of that name", exchange.accept, REF, who="m.ilic", reason="x")
    act("nothing of that name to show", exchange.show, REF)
    once = liar.seal(true(text="twice"))
    act("twice in one batch", liar.hand, once, once, liar.seal(true(text="once")))
    skid = liar.belgrade.exchange.card().card.signing[0].name
    exchange.new_key("signing")
    clock.move(timedelta(hours=1))
    exchange.make_card("Belgrade", [liar.belgrade.endpoint], liar.belgrade.home / "roots", who="e", revoke=[skid])
    act("again, under a key that counts", liar.hand, once)
    old = liar.london.exchange.card().card.signing[0].name
    before = liar.london.keys.signing_seed()
    liar.london.exchange.new_key("signing")
    card = liar.london.exchange.make_card(
        "London", [liar.london.endpoint], liar.london.home / "roots", who="e", revoke=[old]
    )
    act("a card that revokes", exchange.add_partner, [card.paper.to_bytes()], [], who="engineer")
    act("flags", exchange.flags)
    assert liar.london.keys.signing_seed() != before
    late = [liar.seal(true(text=text), skid=old) for text in ("a", "b")]
    for number, each in enumerate(late):
        act(f"with a revoked key, {number}", liar.hand, each)
    act("with a revoked key again", liar.hand, *late)
    return told.end()


def overtaken(folder: Path) -> Play:
    """Amends that come before the facts that they name, several of one name, and answers that cannot be given at once."""
    told = Told(folder)
    liar, hand, act = told.liar, told.hand, told.act
    exchange = liar.belgrade.exchange
    for number, action in enumerate(("restrict", "restrict", "erase", "erase", "restrict")):
        names = ("rec-a/0", "rec-b/1") if number < 2 else ("rec-b/1",)
        hand(f"amend {number}", bare(Kind.AMEND, amend=Amend(action=action, facts=names, reason=f"reason {number}")))
    facts = {"rec-a/0": fact(), "rec-a/1": fact(prop="phone", value="+381600000001"), "rec-b/1": fact(prop="alias")}
    other = {"rec-c/0": fact(prop="alias", value="Somebody Else")}
    hand("what it names comes, beside another", true(facts=other), true(facts=facts), true(facts=other))
    hand("and once more", true(facts={"rec-a/0": fact(value="Another Name"), "rec-c/0": other["rec-c/0"]}))
    hand("an amend that keeps its text", true(facts=facts, text="Of Marko Markovski."))
    exchange.step_partner(LONDON, State.SUSPENDED, who="d.s", reason="unclear")
    act("looked after while it is suspended", exchange.liaison.tend)
    exchange.step_partner(LONDON, State.CONFIRMED, who="d.s", reason="clear")
    act("looked after", exchange.liaison.tend)
    act("texts", exchange.liaison.texts)
    with liar.belgrade.store.snapshot() as snapshot:
        act("held from London", held_from, snapshot, LONDON, ["rec-c/0", "rec-b/1", "rec-a/1", "rec-a/0", "rec-no/0"])
        born = [each for row in exchange.incoming() for each in snapshot.born_of(row.id)]
        numbers = [number for each in born if (kept := snapshot.kept_record(each)) for number, _ in kept.numbered()]
        act("origins", origins_of, snapshot, [*numbers, FactId("rec-no/0")])
    return told.end()


def rests(folder: Path) -> Play:  # noqa: PLR0915 - a play is told in one piece
    """Recalls through London: an answer that is owed, findings that rest on evidence in part, tables that end, copies that come back."""
    stage = Stage(folder, never=())
    three, act = stage.three, stage.act
    pristina, london = three.pristina.exchange, three.london.exchange
    facts, ref = stage.told("Wrongly  accused of it", report("Wrongly Accused", 1))
    there = three.facts_of(three.london, ref)
    three.answer(three.ask(there), "yes")
    act("passed on", three.onward, there, text="Wrongly Accused was seen.")
    act("passed on, carried", three.run)
    findings = {
        name: _finding(*rest) for name, rest in {"both": there, "first": there[:1], "second": there[1:]}.items()
    }
    three.london.store.write(lambda tx: [tx.add_finding(each) for each in findings.values()])
    london.liaison.keep_as_evidence(there[1:], who="s.hall", reason="court")
    london.step_partner(PRISTINA, State.SUSPENDED, who="s.hall", reason="unclear")
    three.world.wires.cut.add(three.belgrade.endpoint)
    stage.amend("amended while London does not answer", "erase", facts)
    act("London looks after it", london.liaison.tend)
    london.step_partner(PRISTINA, State.CONFIRMED, who="s.hall", reason="clear")
    act("Pristina asks again", three.run)
    london.step_partner(PRISTINA, State.SUSPENDED, who="s.hall", reason="unclear")
    three.world.wires.cut.clear()
    act("Belgrade's answer comes while Pristina is suspended", three.run)
    act("looked after while it is", london.liaison.tend)
    london.step_partner(PRISTINA, State.CONFIRMED, who="s.hall", reason="clear")
    act("looked after", london.liaison.tend)
    act("looked after again", london.liaison.tend)
    act("carried at last", three.run)
    act("holders", pristina.liaison.holders)
    act("texts in London", london.liaison.texts)
    for task, strip in zip(london.liaison.texts(), (True, False), strict=False):
        act(f"text decided on, {strip}", london.liaison.close_text, task.message, strip=strip, who="s.hall", reason="x")
    act("texts then", london.liaison.texts)
    facts, ref = stage.told("another", report("Second Person", 2))
    here = three.facts_of(three.london, ref)
    back = london.facts(here[0].partition("/")[0], XK_TERMS)  # type: ignore[arg-type]
    returned = message(sender=LONDON, recipient=PRISTINA, agreement=XK_TERMS, facts=back)
    act("told back to Pristina", london.send, returned, who="o.reed")
    act("told back to Pristina, carried", three.run)
    came_back = pristina.incoming()[-1].id
    copies = three.facts_of(three.pristina, came_back)
    liaison = london.liaison
    for action in ("rectify", "restrict"):
        asked = Amend(action=action, facts=tuple(back), reason="not ours")
        told = Message(
            kind=Kind.AMEND, sender=LONDON, recipient=PRISTINA, agreement=XK_TERMS, purpose="oic", amend=asked
        )
        act(
            f"London would {action} Pristina's own",
            three.london.store.write,
            lambda tx, told=told: _forged(tx, london, told),
        )
        act(f"London would {action} Pristina's own, carried", three.run)
    act("Pristina's own are there still", pristina.facts, facts[0].partition("/")[0], XK_TERMS)
    assert copies
    new = report("Rightly Named", 3)
    three.pristina.store.write(lambda tx: tx.add_record(new))
    stage.amend("corrected", "rectify", facts[:1], by=tuple(number for number, _ in new.numbered()))
    stage.amend("what took its place is erased too", "erase", [number for number, _ in new.numbered()])
    stage.amend("what is not here", "erase", facts[:1])
    act(
        "a fact of another",
        liaison.amend,
        Amend(action="erase", facts=(here[0],), reason="x"),
        who="o.reed",
        purpose="oic",
    )
    act("kept as evidence, and nothing", liaison.keep_as_evidence, [FactId("rec-no/0")], who="s.hall", reason="x")
    act("tables", lambda: three.london.store.write(lambda tx: _tables(tx, three.london)))
    return stage.end()


def _forged(tx: Transaction, exchange: Exchange, told: Message) -> None:
    """Queue what no rule would let pass."""
    exchange._outbox.queue(tx, told, exchange._outbox.new_id(), "mallory")


def _finding(*facts: FactId) -> Finding:
    return Finding(
        kind="trace.hub",
        subjects=("x",),
        score=0.9,
        text="They agree.",
        reasons=(Reason("rows", 1.0, "They agree."),),
        evidence=tuple(map(Evidence.fact, facts)),
        engine="trace",
        engine_version="1",
        params="{}",
        handling=Handling(),
    )


def _tables(tx: Transaction, node: Node) -> list[object]:
    from headwater.exchange import beside

    born = [each for row in node.exchange.incoming() for each in tx.born_of(row.id)]
    for number, each in enumerate(born):
        record = tx.kept_record(each)
        row = next(row for row in node.exchange.incoming() if each in tx.born_of(row.id))
        if record is not None and record.facts:
            changed = {name: getattr(record, name) for name in Record.__dataclass_fields__}
            changed |= {"tables": (BlobHash(f"{number:02}" * 32),)}
            tx.add_born(Record(**changed), row.id)
    return [beside.expire(tx, date(2026 + years, 12, 1), "s.hall") for years in (0, 1, 2, 3)]


def races(folder: Path) -> Play:
    """Couriers of one route that are both under way, full batches, refusals that are sealed anew, and what both ends stop."""
    pair = Pair(folder)
    act, uk, rs, wires = pair.act, pair.london.exchange, pair.belgrade.exchange, pair.world.wires
    route = (BELGRADE, Lane.NORMAL)

    def sent(count: int, **changes: object) -> None:
        uk.send_many([message(**changes)] * count, who="o.reed")

    def told(courier: Courier) -> list[object]:
        step = courier.step()
        if courier._settling is not None:
            courier._settling.result()
        return [
            step.moved,
            step.wait_s,
            step.error and step.error.code,
            courier._most,
            courier._failures,
            courier._sent_to,
        ]

    first, second = uk.courier(route), uk.courier(route)
    sent(1)
    answers: list[bytes] = []

    def while_away(answer: bytes) -> bytes:
        wires.on_return = lambda given: given
        answers.append(answer)
        act("another courier is quicker", told, second)
        return answer

    wires.on_return = while_away
    act("and this one comes late", told, first)
    sent(66)
    for number in range(3):
        act(f"66 go, {number}", told, first)
    rs.new_key("signing")
    pair.world.clock.move(timedelta(hours=1))
    sent(1)
    sealing = pair.belgrade.keys.sealing_seeds
    rs.new_key("sealing")
    pair.world.clock.move(timedelta(days=1))
    rs.make_card("Belgrade", [pair.belgrade.endpoint], pair.belgrade.home / "roots", who="e")
    pair.world.clock.move(timedelta(days=40))
    rs.make_card("Belgrade", [pair.belgrade.endpoint], pair.belgrade.home / "roots", who="e")
    assert len(pair.belgrade.keys.sealing_seeds) <= len(sealing) + 1
    sent(2, expires="2027-03-01T00:00:00Z")
    act("the other's new card comes", rs.courier((LONDON, Lane.URGENT)).step)
    pair.world.clock.move(timedelta(days=1))
    act("sealed for a key that is no more", told, first)
    act("and goes again", told, first)
    rs.step_partner(LONDON, State.SUSPENDED, who="d.s", reason="unclear")
    sent(2, expires="2027-03-01T00:00:00Z")
    act("rests", told, first)
    act("rests still", told, first)
    uk.step_partner(BELGRADE, State.SUSPENDED, who="d.s", reason="unclear")
    act("stopped here", told, uk.courier(route))
    act("to a partner that is suspended", uk.send, message(), who="o.reed")
    return pair.end()


def forms(folder: Path) -> Play:
    """Facts of odd forms on their way out and in: links, half dates, protected persons, every word of handling."""
    pair = Pair(folder)
    ranks = {"NONE": 0, "OFFICIAL": 1, "INTERNO": 2}
    day = date(2026, 11, 25)
    person, child, ship, firm, odd, old = (EntityKey(f"uk/{name}") for name in ("p", "c", "ship", "firm", "odd", "old"))
    mentions = (
        Mention(person, "Person", PersonCategory.SUSPECT),
        Mention(child, "Person", PersonCategory.VICTIM),
        Mention(ship, "Vessel"),
        Mention(firm, "Company"),
        Mention(odd, "Ownership"),
        Mention(old, "Person", PersonCategory.WITNESS),
    )
    facts = (
        Fact(person, "birthDate", "2008-11-26"),
        Fact(person, "name", "Grown Up", "en", "Grown  Up"),
        Fact(child, "birthDate", "2008"),
        Fact(child, "birthDate", "2009-01"),
        Fact(ship, "imoNumber", "9074729"),
        Fact(firm, "name", "An Invented Firm"),
        Fact(odd, "owner", person),
        Fact(odd, "owner", child),
        Fact(odd, "asset", firm),
        Fact(person, "religion", "none of ours"),
        Fact(old, "birthDate", "1980-01"),
        Fact(old, "birthDate", "2008-11-25"),
    )
    terms: dict[str, Handling] = {
        "bare": Handling(),
        "never onward": Handling(never_onward=True, markings=frozenset({"OFFICIAL", "INTERNO"})),
        "to two": Handling(
            releasable_to=frozenset({StateCode("RS"), StateCode("ME")}), conditions=frozenset({"C2", "C1"})
        ),
        "addressed": Handling(addressees=frozenset({"b", "a"}), retain_until=date(2027, 1, 1), codes=frozenset({"P"})),
        "odd": Handling(markings=frozenset({"ODD", "OFFICIAL"}), purposes=frozenset({"oic", "asylum"})),
    }
    act = pair.act
    for name, handling in terms.items():
        record = Record(
            origin=Origin(LONDON, "report", place=name),
            handling=handling,
            mentions=mentions,
            facts=facts,
            grade=parse_grade("4x4:A/1") if name == "bare" else None,
        )
        given = facts_of(record, ranks, day)
        act(f"{name}: out", dict, given)
        told = message(sender=LONDON, facts=given)
        made = act(f"{name}: in", records_of, told, REF, BELGRADE)
        act(f"{name}: on", lambda made=made, told=told: [passed_on(each, told) for each in made])
    back = {"f1": fact(origin="RS"), "f2": fact(origin="ME"), "f3": fact(entity=None), "f4": fact(value=" "),
            "f5": fact(schema="Nothing"), "f6": fact(prop="nothing"), "f7": fact(hashed=True), "f8": fact(value=None),
            "f9": fact(marking="NONE"), "f10": fact(marking=None), "f11": fact(handling=("TLP:RED",)),
            "f12": fact(grade=None), "f13": fact(onward="no"), "f14": fact(onward=("ME",))}  # fmt: skip
    act("of all origins", records_of, message(sender=LONDON, facts=back), REF, BELGRADE)
    act("threats stand apart", records_of, message(sender=LONDON, kind=Kind.TI, facts={
        "a/0": fact(), "a/1": fact(prop="alias"), "b/0": fact(prop="phone", value="1"), "c": fact(prop="alias", value="c"),
        "d": fact(entity=None),
    }), REF, BELGRADE)  # fmt: skip
    for name, wrong in {
        "an onward rule": {"onward": "perhaps"},
        "a category": {"category": "x"},
    }.items():
        act(f"{name} that is none", records_of, message(sender=LONDON, facts={"f": fact(**wrong)}), REF, BELGRADE)
    with pair.london.store.snapshot() as snapshot:
        foreign = message(sender=LONDON, facts={"rec-x/0": fact(origin="ME", origin_key="ab" * 32, origin_name="x")})
        partners = pair.london.exchange._partners
        act("bound to nobody", bound, snapshot, partners, foreign, pair.world.clock.now())
        act("nothing attached", attached, snapshot, structs.replace(foreign, consents=(consent_of(("rec-x/0",)),)))
    return pair.end()


def late(folder: Path) -> Play:
    """Partners without an agreement, cards that cannot be read or come late, messages that cross, what another look did already."""
    told = Told(folder)
    liar, hand, act = told.liar, told.hand, told.act
    exchange, clock, store = liar.belgrade.exchange, liar.world.clock, liar.belgrade.store
    stranger = liar.world.node(AuthorityId("ME-UP"))
    exchange.add_partner([stranger.exchange.card_bytes()], [], who="engineer")
    exchange.confirm_partner(stranger.me, stranger.exchange.card().fingerprint, who="liaison")
    clock.move(timedelta(hours=1))
    roots = liar.belgrade.home / "roots"
    act("a new card", exchange.make_card, "Belgrade", [liar.belgrade.endpoint], roots, who="engineer")
    act("and no new card", exchange.step_partner, LONDON, State.SUSPENDED, who="d.s", reason="unclear")
    exchange.step_partner(LONDON, State.CONFIRMED, who="d.s", reason="clear")
    hand("no card at all", bare(Kind.CARD))
    hand("a card that is none", bare(Kind.CARD, cards=(CardCopy(payload="e30=", signatures=()),)))
    first = decode(liar.london.exchange.card_bytes(), CardCopy)
    hand("the card that is held", bare(Kind.CARD, cards=(first,)))
    clock.move(timedelta(hours=1))
    at = liar.london.home / "roots"
    liar.london.exchange.make_card("London", [liar.london.endpoint], at, who="engineer")
    second = decode(liar.london.exchange.card_bytes(), CardCopy)
    hand("the next card", bare(Kind.CARD, cards=(first, second)))
    hand("an older card, sent before", bare(Kind.CARD, cards=(first,)), sent_at=clock.now() - timedelta(minutes=90))
    hand("an older card, sent since", bare(Kind.CARD, cards=(first,)))
    hand("another's card", bare(Kind.CARD, cards=(decode(liar.pristina.exchange.card_bytes(), CardCopy),)))
    act("alarms", exchange.syncing.alarms)
    ship = fact(schema="Vessel", entity="ship", prop="imoNumber", value="9074729", category="object", personal=False)
    waits = []
    for name, facts in {"a ship": {"rec-s/0": ship}, "somebody": {"rec-s/1": fact()}}.items():
        odd = {key: structs.replace(each, handling=ODD, retain_until=None) for key, each in facts.items()}
        hand(f"{name}, held", true(facts=odd))
        waits.append(told.last())
    clock.move(timedelta(days=2))
    for number, ref in enumerate(waits):
        act(f"accepted {number}", exchange.accept, ref, who="m.ilic", reason="read")
    _requests(told)
    mine = [asked_of(liar, node) for node in (LONDON, PRISTINA)]
    for ref in mine:
        store.write(partial(_settled, ref=ref))
    amends = exchange.liaison._amends
    with store.snapshot() as snapshot:
        unsettled = act("unsettled", amends.unsettled, snapshot)
    for name in ("retried", "retried once more with what was seen before"):
        act(name, store.write, lambda tx: amends.retry(tx, unsettled))
    act("retried with an answer that is not owed", store.write, lambda tx: amends.retry(tx, Unsettled((), (REF,))))
    hand(
        "a text about what is withdrawn",
        true(facts={"rec-t/0": fact(value="Petar Petrov")}, text="Petar Petrov, again"),
    )
    hand("withdrawn", bare(Kind.AMEND, amend=Amend(action="erase", facts=("rec-t/0",), reason="x")))
    with store.snapshot() as snapshot:
        act(
            "evidence",
            evidence_of,
            snapshot,
            _derived(told),
            {"NONE": 0, "OFFICIAL": 1, "INTERNO": 2},
            date(2026, 11, 25),
        )
    return told.end()


def _settled(tx: Transaction, *, ref: MessageId) -> None:
    tx.settle_outgoing(ref, "refused", None, tx.now)


def _requests(told: Told) -> None:
    """Requests of urgencies that nobody knows, answers that are none, questions back."""
    liar, hand, act = told.liar, told.hand, told.act
    exchange, clock = liar.belgrade.exchange, liar.world.clock
    asked = []
    for name, changes in {
        "soon": {"urgency": "soon", "why_urgent": "x"},
        "urgent": {"urgency": "urgent", "why_urgent": "x"},
        "normal": {},
    }.items():
        hand(f"asked: {name}", true(kind=Kind.REQUEST, reason="who", facts={f"rec-{name}/0": fact()}, **changes))
        asked.append(told.last())
    act("requests", exchange.liaison.requests)
    for number, (ref, result) in enumerate(zip(asked, ("clarify", "partial", "refused"), strict=True)):
        answer = message(
            kind=Kind.RESPONSE, sender=BELGRADE, recipient=LONDON, thread=ref, result=result, classification="INTERNO",
            reason="interests: ours", text="Which one?", facts={"rec-b/0": fact(origin="RS", entity="rs/1", marking="INTERNO")},
        )  # fmt: skip
        act(f"answered {number}", exchange.send, answer, who="m.ilic")
        exchange.courier((LONDON, Lane.NORMAL)).step()
        clock.move(timedelta(hours=5))
    hand("one answers itself", true(kind=Kind.RESPONSE, thread=asked[0], result="full", text="That one."))
    act("requests then", exchange.liaison.requests)
    act("looked after", exchange.liaison.tend)
    clock.move(timedelta(days=9))
    act("requests at last", exchange.liaison.requests)
    act("looked after at last", exchange.liaison.tend)


def _derived(told: Told) -> Message:
    """A message whose fact rests on what is here, on what it carries, and on nothing."""
    with told.liar.belgrade.store.snapshot() as snapshot:
        numbers = [number for record in snapshot.records() for number, _ in record.numbered()][:3]
    rests = (*numbers, "f2", "rec-no/0", numbers[0])
    return message(sender=BELGRADE, facts={"f1": fact(evidence=rests), "f2": fact(evidence=("rec-no/1",))})
