"""What seldom happens in the exchange: corrections that are refused, holders that wait for others, held messages with files."""

from datetime import timedelta
from pathlib import Path

from msgspec.structs import replace

from headwater.exchange.amends import ANSWER, Answer
from headwater.model.canonical import encode
from headwater.model.ids import FactId, MessageId
from headwater.model.message import Done, Kind
from headwater.policy.agreement import AgreementState
from headwater.store import Transaction
from tests.exchange_world import BELGRADE, LONDON, fact, message
from tests.plays.exchange_desk import Pair
from tests.plays.exchange_third import Stage, report
from tests.plays.play import Play
from tests.three_world import XK_TERMS


def refused(folder: Path) -> Play:
    """A correction and a restriction that a holder refuses; a holder that is done, and one below it that is not."""
    stage = Stage(folder)
    three, act = stage.three, stage.act
    pristina, london = three.pristina.exchange, three.london.exchange
    facts, _ = stage.told("about somebody", report("Wrongly Accused", 1))
    new = report("Rightly Accused", 2)
    three.pristina.store.write(lambda tx: tx.add_record(new))
    london.set_agreement_state(XK_TERMS, AgreementState.SUSPENDED, who="s.hall", reason="unclear")
    stage.amend(
        "corrected while London has suspended the agreement",
        "rectify",
        facts[:1],
        by=tuple(number for number, _ in new.numbered()),
    )
    act("looked after", pristina.liaison.tend)
    act("looked after, carried", three.run)
    act("looked after again", pristina.liaison.tend)
    act("holders", pristina.liaison.holders)
    london.set_agreement_state(XK_TERMS, AgreementState.LIVE, who="s.hall", reason="clear")
    facts, _ = stage.told("about another", report("Second Person", 3))
    three.world.wires.cut.add(three.london.endpoint)
    stage.amend("restricted, not carried", "restrict", facts[:1])
    last = pristina.outgoing()[-1].id
    three.pristina.store.write(lambda tx: tx.settle_outgoing(last, "refused", None, tx.now))
    act("a restriction that was refused is not asked for in another way", pristina.liaison.tend)
    act("holders then", pristina.liaison.holders)
    three.world.wires.cut.clear()
    facts, _ = stage.told("about a third", report("Third Person", 4))
    stage.amend("erased", "erase", facts[:1])
    three.world.clock.move(timedelta(hours=1))
    asked = pristina.liaison.holders()[-1]
    below = [(), (BELGRADE,)]
    for waits in below:
        act(
            f"answered, {len(waits)} waits below",
            three.pristina.store.write,
            lambda tx, waits=waits: _answered(tx, asked.asked.message, waits),
        )
        act(f"holders, {len(waits)} waits below", pristina.liaison.holders)
    return stage.end()


def _answered(tx: Transaction, ref: MessageId, waits: tuple[str, ...]) -> None:
    """Keep an answer in which London is done, and Belgrade below it may wait for others."""
    own = Done(amend=ref, holder=LONDON, at="2026-11-25T08:30:00Z", log_index=1, results={})
    other = replace(own, holder=BELGRADE, waits_for=waits)
    tx.put_document(ANSWER, ref, encode(Answer(ref, tx.now, "ab" * 32, (own, other), 99)))


def held_back(folder: Path) -> Play:
    """A message with a file that a rule holds back: nothing of it is a record, or waits to be fetched, before a person accepts it."""
    pair = Pair(folder)
    act, uk, rs = pair.act, pair.london.exchange, pair.belgrade.exchange
    path = folder / "rows.bin"
    path.write_bytes(b"rows")
    key = FactId("rec-file/0")
    note = fact(entity="file", schema="Note", prop="name", value="rows.bin")
    ref = uk.files.attach(path, key)
    told = message(sender=LONDON, approver="", facts={key: note}, files=(ref,), expires="2026-12-20T08:30:00Z")
    for name in ("accepted", "put aside"):
        came = pair.forge(pair.london, told)
        act(f"{name}: carried", pair.carry)
        act(f"{name}: files that wait", rs.files.waiting)
        does = rs.accept if name == "accepted" else rs.refuse
        act(name, does, came, who="m.ilic", reason="of use")
        act(f"{name}: files that wait then", rs.files.waiting)
    glass = message(
        kind=Kind.ALERT, sender=LONDON, recipient=BELGRADE, approver="", urgency="urgent", why_urgent="a life"
    )
    act("an alert that waits", uk.send, glass, who="o.reed")
    return pair.end()
