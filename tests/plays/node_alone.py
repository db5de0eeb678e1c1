"""Plays at one node: findings and who decides them, users and how they sign in, the vault and its tasks, counted ledgers."""

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from headwater.case.views import read_view
from headwater.model.decision import Verb
from headwater.model.fact import Fact
from headwater.model.finding import Evidence, Finding, Reason
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, FindingId
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.node import (
    Node,
    cases,
    findings,
    protected,
    releasing,
    reporting,
    safeguarding,
    screening,
    second,
    setup,
    signin,
    users,
)
from headwater.node.releasing import Wish
from headwater.policy.safeguarding import Outcome
from headwater.ports import Event
from headwater.store.rows import Leaf
from headwater.testing.fakes import START, FakeClock
from tests.case_world import write_case
from tests.node_world import AUDITOR, GUARDIAN, LONDON, SUPERVISOR, WRITER, as_user, init, node_at, read, write_list
from tests.plays.play import Play

URN = "00EX0000126"
LEAD = "l.lead"


@cache
def _made() -> Path:
    """A node that was set up and never used: each play gets a copy, so that keys are made once."""
    folder = Path(tempfile.mkdtemp(prefix="headwater-play-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return init(folder / "uk")


@contextmanager
def alone(folder: Path, **changes: Any) -> Iterator[tuple[Node, FakeClock, Play]]:
    """Yield a node by a clock in the play's hand."""
    clock = FakeClock()
    with node_at(Path(shutil.copytree(_made(), folder / "uk")), clock, **changes) as node:
        yield node, clock, Play({"UK": node}, [folder])


def claims(folder: Path) -> Play:
    """Findings are kept, shown, decided by one or by two, taken back, released, and found by the start of their name."""
    with alone(folder) as (node, clock, play):
        act, officer, other = play.act, as_user(node, WRITER, "sanctions"), as_user(node, SUPERVISOR, "sanctions")
        names = ["Marko Izmišljotinović", "Ana Nepostojić", "Petar Izmišljen"]
        read(node, "uk", write_list(folder / "list", names))
        queries = [{"id": f"q{at}", "name": name, "birth_date": "1975-04-02"} for at, name in enumerate(names)]
        act("screened", lambda: screening.at_node(node, officer, screening.Asked(queries)).result.findings)
        first, then, last = (each.finding.id for each in act("every", findings.every, node, officer))

        def decide(name: str, ref: str, verb: Verb, reason: str = "looked at it", session: Any = officer) -> None:
            clock.move(timedelta(minutes=1))
            act(name, findings.decide, node, session, FindingId(ref), verb, reason)

        act("decided by its start", findings.decided, node, officer, first)
        decide("confirmed", first, Verb.CONFIRM)
        decide("confirmed again", first, Verb.CONFIRM, session=other)
        decide("without a reason", then, Verb.CONFIRM, reason=" ")
        decide("dismissed", then, Verb.DISMISS)
        decide("dismissed again", then, Verb.DISMISS, session=other)
        decide("confirmed after all", then, Verb.CONFIRM, session=other)
        decide("by an auditor", last, Verb.CONFIRM, session=as_user(node, AUDITOR, "audit"))
        decide("of none", "fnd-" + "0" * 40, Verb.CONFIRM)
        for verb in Verb:
            act(f"those in state {verb}", findings.every, node, other, state=verb.value)
        act("open ones", findings.every, node, other, state="open")
        act("one", findings.one, node, other, FindingId(then))
        act("one of none", findings.one, node, other, FindingId("fnd-" + "0" * 40))
        act("for another purpose", findings.every, node, as_user(node, WRITER, "oic"))
        act("found by its start", findings.find, node, officer, first[:12])
        act("found by too little", findings.find, node, officer, "fnd-")
        act("decided, by its start", findings.decided, node, officer, then[:14])
        act("undecided, by its start", findings.decided, node, officer, last[:14])
        for name, ref, form in (
            ("undecided", last, "ftm"),
            ("in no format", first, "smoke"),
            ("confirmed", first, "ftm"),
        ):
            act(f"released, {name}", findings.release, node, officer, FindingId(ref), form, "asked for")
        _of_two(node, play, clock)
    return play


def _of_two(node: Node, play: Play, clock: FakeClock) -> None:
    """A finding on somebody protected counts once two have confirmed it; one on a life in danger with the first word."""
    key = EntityKey("person")
    record = Record(
        origin=Origin(LONDON, "report", place="1"),
        handling=Handling(releasable_to=None, never_onward=True),
        mentions=(Mention(key, "Person", PersonCategory.SUSPECT),),
        facts=(Fact(key, "name", "Ana Primerović"),),
    )
    made = [
        Finding(
            kind=kind, subjects=(key,), score=0.5, text="An invented claim.", reasons=(Reason("name", 1.0, "As told."),),
            evidence=(Evidence.record(record.id),), engine="test", engine_version="1", params="{}", handling=record.handling,
        )
        for kind in ("trace.hub", "watch.rescue")
    ]  # fmt: skip
    node.store.write(lambda tx: tx.add_record(record))
    officer, other = as_user(node), as_user(node, SUPERVISOR)
    play.act("kept", findings.keep, node, officer, made)
    play.act("kept again", findings.keep, node, officer, made)
    play.act("kept on a table that is gone", findings.keep, node, officer, made, tables=[record.id])
    for claim in made:
        for name, session in (("one", officer), ("the same", officer), ("another", other), ("a third time", other)):
            clock.move(timedelta(minutes=1))
            play.act(f"{claim.kind}, {name}", findings.decide, node, session, claim.id, Verb.CONFIRM, "seen")
            shown = findings.one(node, officer, claim.id)
            play.act(f"{claim.kind}, {name}: settled", second.check_settled, claim, shown.decisions, [record])
        play.act(f"{claim.kind}, released", findings.release, node, other, claim.id, "ftm", "asked for")
        play.act(f"{claim.kind}, confirmers", second.confirmers, findings.one(node, officer, claim.id).decisions)


def doors(folder: Path) -> Play:  # noqa: PLR0915 - a play is told in one piece
    """Users are added and switched off, sign in by tickets, are reset; cards are made and keys revoked."""
    with alone(folder, page="127.0.0.1:8821", zone="Europe/London", name="The Agency") as (node, clock, play):
        act, admin = play.act, as_user(node, WRITER, "operation")
        new = users.User("n.new", frozenset({"analyst", "auditor"}))
        act("added", users.add, node.store, admin, new)
        act("added again", users.add, node.store, admin, new)
        act(
            "added by an officer",
            users.add,
            node.store,
            as_user(node, SUPERVISOR),
            users.User("x", frozenset({"analyst"})),
        )
        act("listed", users.listed, node.store)
        act("a ticket of nobody", signin.ticket, node, "nobody")
        token = signin.ticket(node, "n.new")
        act("its address", signin.address, node, "TOKEN")
        act("redeemed for nothing", signin.redeem, node, token, "leisure")
        held = act("redeemed", signin.redeem, node, token, "oic", "sr-Latn")
        act("redeemed again", signin.redeem, node, token, "oic")
        late = signin.ticket(node, "n.new")
        clock.move(signin.TICKET_FOR)
        act("redeemed too late", signin.redeem, node, late, "oic")
        act("signed in", signin.signed_in, node, held)
        act("signed in with nothing", signin.signed_in, node, "x")
        signed = signin.signed_in(node, held)
        assert signed is not None
        act("fresh", signin.is_fresh, node, signed)
        act("fresh, checked", signin.check_fresh, node, signed)
        act("another language", signin.speak, node, held, "sq")
        act("another language, signed in", signin.signed_in, node, held)
        clock.move(signin.FRESH_FOR)
        act("no longer fresh", signin.check_fresh, node, signed)
        act("ways", signin.ways, node, admin, "n.new")
        act("ways of nobody", signin.ways, node, admin, "nobody")
        act("ways for an officer", signin.ways, node, as_user(node, SUPERVISOR), "n.new")
        act("signed out", signin.sign_out, node, held)
        act("signed out again", signin.sign_out, node, held)
        act("signed out, signed in", signin.signed_in, node, held)
        again = signin.redeem(node, signin.ticket(node, "n.new"), "audit")
        others = signin.redeem(node, signin.ticket(node, SUPERVISOR), "oic")
        act("reset", signin.reset, node, admin, "n.new")
        act("reset, signed in", lambda: [signin.signed_in(node, again), signin.signed_in(node, others)])
        act("reset of oneself", signin.reset, node, admin, WRITER)
        act("reset of nobody", signin.reset, node, admin, "nobody")
        clock.move(signin.SESSION_FOR)
        act("it is over", signin.signed_in, node, others)
        token = signin.ticket(node, "n.new")
        act("switched off", users.disable, node.store, admin, "n.new")
        act("switched off, redeemed", signin.redeem, node, token, "oic")
        act("switched off, a ticket", signin.ticket, node, "n.new")
        act("the last admin", users.disable, node.store, admin, WRITER)
        act("nobody switched off", users.disable, node.store, admin, "nobody")
        act("listed then", users.listed, node.store)
        key = node.exchange.card().card.signing[0].name
        for name, change in (
            ("unknown key", setup.KeyChange(revoke=("ab" * 32,))),
            ("new keys", setup.KeyChange(new=("signing", "sealing"))),
            ("revoked", setup.KeyChange(revoke=(key,), revoked_from=START)),
        ):
            clock.move(timedelta(hours=1))
            act(f"card: {name}", setup.new_card, node, admin, keys=change)
        act("card by an officer", setup.new_card, node, as_user(node, SUPERVISOR))
    return play


def vault(folder: Path) -> Play:  # noqa: PLR0915 - a play is told in one piece
    """Grants, reads, links, indicators, tasks and their clocks, suspects, releases and erasures in the vault."""
    with alone(folder, notify_h=2.0, task_h=4.0) as (node, clock, play):
        act, officer, superior = play.act, as_user(node, WRITER), as_user(node, SUPERVISOR)
        users.add(node.store, as_user(node, WRITER, "operation"), users.User(LEAD, frozenset({"safeguarding"})))
        act("taken in", cases.take_in, node, as_user(node, WRITER, "court"), write_case(folder / "folder"))
        with node.store.snapshot() as snapshot:
            held = protected.of_case(snapshot, URN)
        three, four = held["P3"].pseudonym, held["P4"].pseudonym
        play.call([three, four])
        keeper, lead = (as_user(node, user, "victim-protection") for user in (GUARDIAN, LEAD))
        hour = timedelta(hours=1)
        for name, session, whom, reader, until in (
            ("to oneself", lead, three, LEAD, hour), ("of nobody", lead, "Person 0", GUARDIAN, hour), ("to nobody", lead, three, "x", hour),
            ("ended", lead, three, GUARDIAN, timedelta()), ("by an officer", officer, three, GUARDIAN, hour),
            ("of three", lead, three, GUARDIAN, hour), ("of four", lead, four, GUARDIAN, 2 * hour),
        ):  # fmt: skip
            act(f"granted {name}", safeguarding.grant, node, session, whom, reader, clock.now() + until, "care")
        for name, session, whom, reason in (
            ("read", keeper, four, "care"), ("without a reason", keeper, four, " "), ("without a grant", lead, four, "care"),
            ("of nobody", keeper, "Person 0", "care"), ("by an officer", officer, four, "care"),
        ):  # fmt: skip
            act(f"read: {name}", safeguarding.read, node, session, whom, reason)
        act("linked", safeguarding.link, node, keeper, three, four, "one account")
        act("linked with itself", safeguarding.link, node, keeper, three, three, "x")
        act("linked, read", lambda: [safeguarding.read(node, keeper, one, "care") for one in (three, four)])
        clock.move(hour)
        act("the grant has ended", safeguarding.read, node, keeper, three, "care")
        sign, name = "medium.debt-to-carrier", protected.entry_of(node, held["P3"]).fields[0][1]
        for said, whom, code, where, why in (
            ("no such sign", three, "weak.x", "gate", "x"), ("nowhere", three, sign, " ", "x"), ("of nobody", "Person 0", sign, "gate", "x"),
        ):  # fmt: skip
            act(f"reported: {said}", safeguarding.report, node, officer, whom, code, where, why)
        task = act(
            "reported",
            safeguarding.report,
            node,
            officer,
            three,
            sign,
            f"room of {name}",
            f"{name} owes",
            woman_officer=True,
        )
        clock.move(hour)
        act("reported again", safeguarding.report, node, officer, three, "strong.violence", "gate", "bruises")
        other = safeguarding.report(node, superior, four, sign, "gate", "spoke of a debt")
        act("tasks", safeguarding.tasks, node, keeper)
        act("tasks for an officer", safeguarding.tasks, node, officer)
        clock.move(4 * hour)
        act(
            "late", lambda: [safeguarding.tasks(node, keeper), safeguarding.late(node), safeguarding.of_case(node, URN)]
        )
        for outcome in (Outcome.REFERRAL, Outcome.DISMISSED, Outcome.DISMISSED, Outcome.DUTY_TO_NOTIFY):
            clock.move(timedelta(minutes=1))
            act(f"decided {outcome} {clock.now():%M}", safeguarding.decide, node, keeper, task.id, outcome, "as told")
        act("decided with consent", safeguarding.decide, node, keeper, other.id, Outcome.CHILD, "a child", consent=True)
        act("decided without a reason", safeguarding.decide, node, keeper, other.id, Outcome.DECLINED, " ")
        act("decided of none", safeguarding.decide, node, keeper, "task-0", Outcome.DECLINED, "x")
        clock.move(3 * hour)
        act("late to notify", safeguarding.tasks, node, keeper)
        act("late to notify, again", safeguarding.tasks, node, keeper)
        act("notified without a reference", safeguarding.notified, node, keeper, task.id, " ")
        act("notified without a duty", safeguarding.notified, node, keeper, other.id, "REF/1")
        act("notified", safeguarding.notified, node, keeper, task.id, "REF/1")
        act("notified, tasks", safeguarding.tasks, node, keeper)
        act("reported once more", safeguarding.report, node, officer, three, sign, "gate", "again")
        for said, session in (
            ("asked", officer),
            ("approved by oneself", officer),
            ("approved", superior),
            ("approved again", superior),
        ):
            wish = (node, session, URN, "P3")
            if said == "asked":
                act(f"suspect: {said}", safeguarding.ask_suspect, *wish, "ia1971-s25", "steered the boat")
            else:
                act(f"suspect: {said}", safeguarding.approve_suspect, *wish)
        act("suspect: none was asked for", safeguarding.approve_suspect, node, superior, URN, "P4")
        act("suspect: without an offence", safeguarding.ask_suspect, node, officer, URN, "P4", " ", "x")
        _released(node, play, clock, keeper)
        days = [date(2026, 1, 1), date(2099, 1, 1)]
        act("due", lambda: [safeguarding.due_for_erasure(node, keeper, day) for day in days])
        act("erased without a reason", safeguarding.erase, node, lead, three, " ")
        act("erased", safeguarding.erase, node, lead, three, "asked for")
        act("erased, due", lambda: [safeguarding.due_for_erasure(node, keeper, day) for day in days])
        act("erased, read", safeguarding.read, node, keeper, three, "care")
    return play


def _released(node: Node, play: Play, clock: FakeClock, keeper: Any) -> None:
    play.act("withheld", releasing.withheld, node, keeper, URN)
    until = clock.now() + timedelta(days=1)
    for name, ref, view, end, reason in (
        ("ended", "S2", "defence", clock.now(), "x"), ("of none", "S99", "defence", until, "x"), ("without a reason", "S2", "defence", until, " "),
        ("to a partner", "S2", "partner:RS-MOI", until, "asked for"), ("to the defence", "s2", "defence", until, "relied on"),
    ):  # fmt: skip
        wish = Wish(ref=ref, view=read_view(view), until=end, reason=reason)
        play.act(f"released {name}", releasing.release, node, keeper, URN, wish)
    play.act("released, withheld", releasing.withheld, node, keeper, URN)
    for name in ("taken back", "taken back again"):
        play.act(name, releasing.withdraw, node, keeper, URN, "S2", read_view("defence"), "an error")
    play.act("taken back without a reason", releasing.withdraw, node, keeper, URN, "S2", read_view("defence"), " ")


def _leaves() -> list[Leaf]:
    """Two years of a ledger with every event that a report counts, and some that it does not."""
    peer, me, ref = "RS-MOI", "UK-NCA", "01a211d3-7340-7183-808b-2a42a9d583e3"
    told: list[tuple[str, str, str, dict[str, str | int]]] = [
        ("exchange.sent", "o.reed", ref, {"to": peer, "kind": "request", "facts": 3, "categories": "object=2 suspect=1"}),
        ("exchange.sent", "o.reed", "m2", {"to": "XK-KP", "kind": "amend", "facts": 0, "categories": ""}),
        ("exchange.received", peer, "m3", {"kind": "request", "facts": 2, "categories": "suspect=2"}),
        ("exchange.received", peer, "m4", {"kind": "amend", "facts": 1, "categories": "object=1 strange"}),
        ("exchange.refused", peer, "m5", {"code": "purpose", "seq": 3}),
        ("exchange.refused", "unproved", peer, {"code": "bad-seal", "count": 4, "detail": ""}),
        ("exchange.refused", peer, ref, {"result": "refused:kind", "again": ""}),
        ("exchange.not-sent", "o.reed", "m6", {"to": peer, "rule": "purpose"}),
        ("exchange.held", "o.reed", "m7", {"to": peer, "rule": "no-approver"}),
        ("exchange.redacted", "o.reed", "m7", {"to": peer, "rule": "category", "facts": "f1"}),
        ("exchange.receipted", peer, ref, {"result": "stored", "sha256": "x"}),
        ("exchange.dead-letter", me, "m8", {"to": peer}),
        ("exchange.delivered-again", peer, ref, {"result": "stored"}),
        ("exchange.alarm", me, peer, {"code": "trust.rollback", "evidence": "", "what": "x"}),
        ("exchange.alarm", me, me, {"code": "trust.rollback", "evidence": "", "what": "x"}),
        ("exchange.deadline-alarm", "node", ref, {"level": 50, "way": "out", "peer": peer}),
        ("exchange.deadline-alarm", "node", "m3", {"level": 100, "way": "in", "peer": peer}),
        ("exchange.amended", peer, "m4", {"action": "erase", "erased": 1}),
        ("exchange.amend-done", "XK-KP", "m9", {"amend": "m2", "log_index": 3, "facts": 1}),
        ("exchange.witnessed", peer, me, {"size": 3, "root": "x"}),
        ("exchange.cosigned", me, peer, {"size": 3, "root": "x"}),
        ("exchange.approved", "s.hall", "m7", {"role": "approver"}),
        ("look.record", "o.reed", "rec-1", {}),
        ("findings.decided", "o.reed", "fnd-1", {"verb": "confirm"}),
    ]  # fmt: skip
    leaves: list[Leaf] = []
    for at in (datetime(2025, 12, 31, 23, 59, 59, 999999, UTC), datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 12, 31, 23, 59, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)):  # fmt: skip
        for kind, who, subject, detail in told:
            purpose = "oic" if kind.startswith("look") else ""
            leaves.append(Leaf(len(leaves), at, Event(kind, who, subject, purpose, detail), b"", b""))
        leaves.append(Leaf(len(leaves), None, None, None, b""))
    return leaves


def counted(folder: Path) -> Play:
    """What a ledger of made-up lines is counted as, year by year, and the report of a node that has done little."""
    with alone(folder) as (node, _, play):
        for year in (2024, 2025, 2026, 2027, 2028):
            play.act(f"counted {year}", reporting.count, _leaves(), year, LONDON)
        made = play.act("reported", reporting.report, node, as_user(node, AUDITOR, "audit"), 2026)
        play.act("for people to read", reporting.markdown, made)
        whole = {**reporting.count(_leaves(), 2026, LONDON), "ledger": {"size": 7, "root": "ab"}}
        play.act("all of it for people to read", lambda: reporting.markdown(whole).splitlines())
        play.act("reported by an officer", reporting.report, node, as_user(node), 2026)
    return play
