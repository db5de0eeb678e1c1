"""Pristina's facts go through London to Belgrade: consents, notices, evidence, and recalls that run through every holder."""

from datetime import timedelta
from pathlib import Path

from headwater.exchange.partners import State
from headwater.model.fact import Fact
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.grade import parse_grade
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, FactId, MessageId, RecordId, StateCode
from headwater.model.message import Amend, BreakGlass, Consent, Done, Kind, Message
from headwater.model.record import Mention, Origin, PersonCategory, Record
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, message
from tests.plays.play import Play
from tests.three_world import RS, XK_TERMS, Three, make_three

NAME, PHONE = "Wrongly Accused", "+38344000001"
ME = StateCode("ME")


def report(name: str, number: int, **changes: object) -> Record:
    """An invented report of Pristina about one person."""
    person = EntityKey(f"xk/person/{number}")
    values: dict[str, object] = {
        "origin": Origin(PRISTINA, "report", place=str(number)),
        "handling": Handling(codes=frozenset({"P"}), markings=frozenset({"OFFICIAL"})),
        "mentions": (Mention(person, "Person", PersonCategory.SUSPECT),),
        "facts": (Fact(person, "name", name), Fact(person, "phone", PHONE)),
        "grade": parse_grade("4x4:A/1"),
    }
    return Record(**{**values, **changes})  # type: ignore[arg-type]


class Stage:
    """Three nodes and the play that they are in."""

    def __init__(self, folder: Path, never: tuple[StateCode, ...] = (RS,)) -> None:
        self.three: Three = make_three(folder, never)
        nodes = {"UK": self.three.london, "RS": self.three.belgrade, "XK": self.three.pristina}
        self.play = Play(nodes, [folder])
        self.act = self.play.act

    def told(self, text: str, record: Record) -> tuple[list[FactId], MessageId]:
        """Pristina keeps a report of its own and tells London of it, in an act."""
        self.three.pristina.store.write(lambda tx: tx.add_record(record))
        given = self.three.pristina.exchange.facts(record.id, XK_TERMS)
        said = message(sender=PRISTINA, recipient=LONDON, agreement=XK_TERMS, facts=given, text=text)
        sending = self.act(f"told: {text}", lambda: self.three.pristina.exchange.send(said, who="a.krasniqi"))
        self.act(f"carried: {text}", self.three.run)
        return [number for number, _ in record.numbered()], sending.id

    def amend(self, name: str, action: str, facts: list[FactId], by: tuple[FactId, ...] = ()) -> None:
        """Pristina amends facts of its own, in an act of its own; another carries it."""
        liaison = self.three.pristina.exchange.liaison
        asked = Amend(action=action, facts=tuple(facts), reason="it was another person")
        self.act(name, lambda: liaison.amend(asked, who="a.krasniqi", purpose="oic", replacements=by))
        self.act(f"{name}, carried", self.three.run)
        self.act(f"{name}, holders", liaison.holders)

    def end(self) -> Play:
        self.three.world.close()
        return self.play


def consents(folder: Path) -> Play:
    """Consent is asked for, refused, given until a day and passed on; what London says in Pristina's name counts for nothing."""
    stage = Stage(folder)
    three, act = stage.three, stage.act
    london, belgrade, pristina = three.london.exchange, three.belgrade.exchange, three.pristina.exchange
    _, told = stage.told("two facts", report(NAME, 1))
    here = three.facts_of(three.london, told)
    own = Record(
        origin=Origin(LONDON, "report"),
        handling=Handling(),
        mentions=report("x", 3).mentions,
        facts=report("x", 3).facts,
    )
    three.london.store.write(lambda tx: tx.add_record(own))

    def ask(*wanted: FactId, to: StateCode = RS) -> object:
        return london.liaison.ask_consent(wanted, to, who="o.reed", purpose="oic", reason="a joint case")

    act("nothing is consented to", lambda: three.onward(here))
    act("asked about our own", lambda: ask(*here, next(own.numbered())[0]))
    act("asked about nothing", lambda: ask(FactId("rec-nothing/0")))
    first = act("asked", lambda: ask(*here))[0].id
    act("asked, carried", three.run)
    act("answered perhaps", lambda: pristina.liaison.answer_consent(first, "perhaps", None, who="b.gashi"))
    act(
        "answered about nothing",
        lambda: pristina.liaison.answer_consent(MessageId(here[0][:36]), "yes", None, who="b.gashi"),
    )
    act("refused", lambda: pristina.liaison.answer_consent(first, "no", None, who="b.gashi"))
    act("refused, carried", three.run)
    act("it was refused", lambda: three.onward(here))
    second = act("asked again, of one", lambda: ask(here[0]))[0].id
    three.run()
    act("given", lambda: pristina.liaison.answer_consent(second, "yes", "2027-01-01", who="b.gashi"))
    act("given, carried", three.run)
    act("that one passes", lambda: three.onward(here))
    act("that one passes, carried", three.run)
    passed = belgrade.incoming()[-1].id
    there = three.facts_of(three.belgrade, passed)
    wanted = act("Belgrade asks London for a fourth state", lambda: belgrade.liaison.ask_consent(
        there, ME, who="m.ilic", purpose="oic", reason="seen there"
    ))[0].id  # fmt: skip
    three.run()
    act("London has none to give", lambda: london.liaison.answer_consent(wanted, "yes", None, who="s.hall"))
    third = ask(here[0], to=ME)[0].id  # type: ignore[index]
    three.run()
    pristina.liaison.answer_consent(third, "yes", "2027-02-01", who="b.gashi")
    three.run()
    act("London passes Pristina's on", lambda: london.liaison.answer_consent(wanted, "yes", "2030-01-01", who="s.hall"))
    act("London passes Pristina's on, carried", three.run)
    claimed = Consent(
        type="onward", giver=StateCode("XK"), receiver=ME, facts=(here[1],), purposes=("oic",), decision="yes"
    )
    lie = Message(
        kind=Kind.CONSENT,
        sender=LONDON,
        recipient=BELGRADE,
        agreement=TERMS,
        purpose="oic",
        classification="NONE",
        consents=(claimed,),
    )
    act("London gives what is not its own", lambda: london.send(lie, who="o.reed"))
    act("London gives what is not its own, carried", three.run)
    three.world.clock.move(timedelta(days=38))
    act("the consent has ended", lambda: three.onward(here[:1]))
    return stage.end()


def broken_glass(folder: Path) -> Play:
    """Facts go on without consent under a threat: another person answers for it, and their originator is told at once."""
    stage = Stage(folder, never=())
    three, act, london = stage.three, stage.act, stage.three.london.exchange
    _, told = stage.told("two facts", report(NAME, 1))
    here = three.facts_of(three.london, told)
    small, glass = (
        BreakGlass(reason="a life is in danger", threat=threat) for threat in ("serious", "immediate-serious")
    )
    act("a threat that is too small", lambda: three.onward(here, break_glass=small))
    act("without glass", lambda: three.onward(here))
    broken = act("glass to break", lambda: three.onward(here, break_glass=glass, approver="b.chief")).id
    act("answered for by its author", lambda: london.approve(broken, who="o.reed", role="break-glass"))
    broken = three.onward(here[:1], break_glass=glass).id or MessageId("")
    act("answered for by another", lambda: london.approve(broken, who="s.hall", role="break-glass"))
    act("carried", three.run)
    act(
        "shown to Pristina",
        lambda: [three.pristina.exchange.show(row.id) for row in three.pristina.exchange.incoming()],
    )
    three.london.exchange.step_partner(PRISTINA, State.SUSPENDED, who="s.hall", reason="unclear")
    last = three.onward(here[1:], break_glass=glass).id or MessageId("")
    act("answered for while Pristina cannot be told", lambda: london.approve(last, who="s.hall", role="break-glass"))
    return stage.end()


def recalls(folder: Path) -> Play:
    """Facts are restricted, erased and corrected down to the last holder; evidence stays, findings and drafts go."""
    stage = Stage(folder)
    three, act = stage.three, stage.act
    london, belgrade = three.london.exchange, three.belgrade.exchange
    facts, told = stage.told(f"about {NAME}", report(NAME, 1))
    here = three.facts_of(three.london, told)
    three.answer(three.ask(here), "yes")
    passed = three.onward(here, text=f"{NAME} was seen", reason="a joint case").id or MessageId("")
    three.run()
    there = three.facts_of(three.belgrade, passed)
    held = three.onward(here, approver="")
    assert not held.is_queued
    claim = Finding(
        kind="match.screening", subjects=("x",), score=0.9, text="Looks like a listed person.",
        reasons=(Reason("name", 1.0, "The names agree."),), evidence=(Evidence.fact(here[1]),), engine="match",
        engine_version="1", params="{}", handling=Handling(releasable_to=None),
    )  # fmt: skip
    three.london.store.write(lambda tx: tx.add_finding(claim))
    act("London amends Pristina's", lambda: london.liaison.amend(
        Amend(action="restrict", facts=(here[0],), reason="x"), who="o.reed", purpose="oic"
    ))  # fmt: skip
    act("kept as evidence", lambda: belgrade.liaison.keep_as_evidence(there[:1], who="m.ilic", reason="case 7"))
    act(
        "kept of what is not here",
        lambda: belgrade.liaison.keep_as_evidence([FactId("rec-x/0")], who="m.ilic", reason="x"),
    )
    three.world.clock.move(timedelta(hours=1))
    stage.amend("restricted", "restrict", facts[:1])
    act("shown at London", lambda: london.show(told))
    three.world.clock.move(timedelta(hours=1))
    stage.amend("erased", "erase", facts)
    act("texts at London", london.liaison.texts)
    act("texts at Belgrade", belgrade.liaison.texts)
    act("text kept", lambda: london.liaison.close_text(told, strip=False, who="s.hall", reason="names a street"))
    act("text kept again", lambda: london.liaison.close_text(told, strip=False, who="s.hall", reason="names a street"))
    act("text stripped", lambda: belgrade.liaison.close_text(passed, strip=True, who="m.ilic", reason="names him"))
    act("drafts at London", london.drafts)
    act("looked after", lambda: [node.exchange.liaison.tend() for node in three.world.nodes])
    new = report("Rightly Accused", 2)
    facts2, _ = stage.told("another", report("Second Person", 4))
    three.pristina.store.write(lambda tx: tx.add_record(new))
    stage.amend("rectified", "rectify", facts2[:1], by=tuple(number for number, _ in new.numbered()))
    top = report("Top", 5, handling=Handling(codes=frozenset({"P"}), markings=frozenset({"TOP"})))
    three.pristina.store.write(lambda tx: tx.add_record(top))
    stage.amend("corrected by what may not go", "regrade", facts2[1:], by=tuple(number for number, _ in top.numbered()))
    stage.amend("erased again", "erase", facts)
    lie = Done(amend=told, holder=LONDON, at="2026-11-25T08:30:00Z", log_index=1, results={facts2[0]: "erased"})
    said = Message(kind=Kind.AMEND_DONE, recipient=PRISTINA, agreement=XK_TERMS, done=(lie,))
    act("an answer to nothing", lambda: london.send(said, who="mallory"))
    act("an answer to nothing, carried", three.run)
    other = Message(
        kind=Kind.AMEND, recipient=LONDON, agreement=TERMS, amend=Amend(action="erase", facts=(facts2[1], here[0]))
    )
    act("Belgrade amends what it never sent", lambda: belgrade.send(other, who="mallory"))
    act("Belgrade amends what it never sent, carried", three.run)
    return stage.end()


def recalls_that_wait(folder: Path) -> Play:
    """A holder is cut off, suspended, or gets the amend before the facts; what could not be asked at once is asked later."""
    stage = Stage(folder)
    three, act = stage.three, stage.act
    facts, told = stage.told("about somebody", report(NAME, 1))
    here = three.facts_of(three.london, told)
    three.answer(three.ask(here), "yes")
    three.onward(here)
    three.run()
    three.world.wires.cut.add(three.belgrade.endpoint)
    stage.amend("Belgrade is cut off", "erase", facts[:1])
    three.world.clock.move(timedelta(hours=3))
    act("holders grow older", three.pristina.exchange.liaison.holders)
    three.world.wires.cut.clear()
    three.run()
    three.london.exchange.step_partner(BELGRADE, State.SUSPENDED, who="s.hall", reason="unclear")
    stage.amend("Belgrade is suspended", "erase", facts[1:])
    three.london.exchange.step_partner(BELGRADE, State.CONFIRMED, who="s.hall", reason="clear")
    act("looked after", three.london.exchange.liaison.tend)
    act("looked after, carried", three.run)
    act("holders", three.pristina.exchange.liaison.holders)
    record = report("Late Comer", 6)
    three.pristina.store.write(lambda tx: tx.add_record(record))
    given = three.pristina.exchange.facts(RecordId(record.id), XK_TERMS)
    three.world.wires.cut.add(three.london.endpoint)
    said = message(sender=PRISTINA, recipient=LONDON, agreement=XK_TERMS, facts=given)
    three.pristina.exchange.send(said, who="a.krasniqi")
    urgent = Amend(action="erase", facts=tuple(given), reason="wrong")
    three.pristina.exchange.liaison.amend(urgent, who="a.krasniqi", purpose="oic")
    three.world.wires.cut.clear()
    act("the amend in one batch with its facts", three.run)
    return stage.end()
