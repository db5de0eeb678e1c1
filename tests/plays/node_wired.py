"""Plays at two nodes that are live with each other: letters as people write them, from their records and findings to what arrives."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from headwater.model.decision import Verb
from headwater.model.ids import FactId, MessageId
from headwater.model.message import Kind
from headwater.node import Node, cases, correspondence, findings, liaison, messages, reporting, screening
from headwater.node.messages import FindingChoice, GlassToBreak, Letter
from tests.node_world import AUDITOR, SUPERVISOR, TERMS, WRITER, as_user, person, read, write_list
from tests.plays.play import Play
from tests.wired_world import Wired, wired

LORRY = {"key": "lorry", "schema": "Vehicle", "properties": {"registrationNumber": ["ZZ00EXR"], "type": ["lorry"]}}


@contextmanager
def two(folder: Path) -> Iterator[tuple[Wired, Play]]:
    """Yield two nodes, live with each other, and the play that they are in."""
    with wired(folder) as pair:
        yield pair, Play({"UK": pair.london, "RS": pair.belgrade}, [folder])


def letters(folder: Path) -> Play:
    """Letters of records, single facts and confirmed findings: tried, sent, held, approved, refused; and what arrives."""
    with two(folder) as (pair, play):
        act, london, officer, other = play.act, pair.london, as_user(pair.london), as_user(pair.london, SUPERVISOR)
        lorry, suspect = pair.report(london, LORRY), pair.report(london, person())
        secret = pair.report(london, person("p2", "Iva Izmišljen", "victim"))
        number = f"{lorry}/0"
        finding = _finding(london, play, folder)

        def sent(
            name: str,
            kind: str = "spontaneous",
            *,
            session: Any = officer,
            to: str = "RS-MOI",
            terms: str = TERMS,
            **letter: Any,
        ) -> Any:
            content = Letter(**{"classification": "OFFICIAL", **letter})
            pair.clock.move(timedelta(minutes=1))
            act(f"{name}: tried", messages.dry_run, london, session, messages.address(kind, to, terms), content)
            made = act(name, messages.send, london, session, messages.address(kind, to, terms), content)
            if made is not None:
                act(f"{name}: as a document", messages.sending_document, made)
            return made

        sent(
            "a record",
            records=(lorry,),
            text="Seen at the gate.",
            case_references=("UK/7",),
            language="en",
            legal_basis="TCA",
        )
        sent("one fact", facts=(number,), urgency="urgent", why_urgent="it leaves", expires="2026-11-30T00:00:00Z")
        sent("a record twice", records=(lorry, lorry), facts=(number,))
        held = sent(
            "on a person", records=(suspect,), osja_flags=("none",), assurance_ref="A/1", strict_necessity="yes"
        )
        sent("on a victim", records=(secret,))
        sent("a confirmed finding", findings=(FindingChoice(id=finding, grade="3x5x2:1/B"),))
        sent("a finding with no grade", findings=(FindingChoice(id=finding),))
        sent("a finding with a grade that is none", findings=(FindingChoice(id=finding, grade="good"),))
        sent("nothing", text="Hello.")
        sent("by an auditor", session=as_user(london, AUDITOR, "audit"), records=(lorry,))
        sent("for another purpose", session=as_user(london, WRITER, "sanctions"), records=(lorry,))
        sent("under no agreement", terms="NONE", records=(lorry,))
        sent("to nobody we know", to="XK-KP", records=(lorry,))
        sent("above the agreement", classification="SECRET", records=(lorry,))
        sent(
            "a request",
            "request",
            reason="who keeps it",
            urgency="urgent",
            why_urgent="it leaves",
            access="indirect",
            addressee="m.ilic",
        )
        sent("a request without a reason", "request")
        sent("a search", "search", records=(suspect,), reason="who is it")
        glass = GlassToBreak(reason="a life", threat="serious")
        sent("glass that need not break", records=(lorry,), break_glass=glass)
        act("no such kind", messages.address, "letter", "RS-MOI", TERMS)
        act("no such authority", messages.address, "alert", "nobody", TERMS)
        own = sent("on a person, by a supervisor", session=other, records=(suspect,))
        act("approved by a supervisor who wrote it", messages.approve, london, other, own.id, "approver")
        ref = held.id
        act("approved by its author", messages.approve, london, officer, ref, "approver")
        act("approved in a role that is not had", messages.approve, london, other, ref, "witness-protection")
        act("approved", messages.approve, london, other, ref, "approver")
        act("approved again", messages.approve, london, other, ref, "approver")
        act("carried", pair.carry)
        act("overview", lambda: [correspondence.overview(node, as_user(node)) for node in (london, pair.belgrade)])
        act("each shown", lambda: [_shown(pair.belgrade, row.id) for row in pair.belgrade.exchange.incoming()])
        act("counted at both", lambda: [
            reporting.report(node, as_user(node, AUDITOR, "audit"), 2026) for node in (london, pair.belgrade)
        ])  # fmt: skip
    return play


def _shown(node: Node, ref: MessageId) -> Any:
    """A message as it is shown; its receipt is told where it is given."""
    return {**correspondence.show(node, as_user(node), ref), "receipt": None}


def _finding(node: Node, play: Play, folder: Path) -> str:
    """Screen a name against a list and confirm what is found."""
    officer = as_user(node, WRITER, "sanctions")
    read(node, "uk", write_list(folder / "list", ["Marko Izmišljotinović"]))
    queries = [{"id": "q1", "name": "Marko Izmišljotinović", "birth_date": "1975-04-02"}]
    [found] = screening.at_node(node, officer, screening.Asked(queries)).result.findings
    play.act("a finding is told before it is confirmed", messages.dry_run, node, as_user(node), messages.address(
        "spontaneous", "RS-MOI", TERMS
    ), Letter(findings=(FindingChoice(id=found.id),)))  # fmt: skip
    findings.decide(node, officer, found.id, Verb.CONFIRM, "the same")
    return str(found.id)


def answers(folder: Path) -> Play:
    """Answers, recalls and consents as the liaison desk gives them, with the decisions that stand behind each."""
    with two(folder) as (pair, play):
        act, london, belgrade = play.act, pair.london, pair.belgrade
        officer, theirs, boss = as_user(london), as_user(belgrade), as_user(london, SUPERVISOR)
        lorry, other = pair.report(london, LORRY), pair.report(london, {**LORRY, "key": "van"})
        asked = MessageId(
            pair.send(london, Kind.REQUEST, reason="who keeps it", urgency="urgent", why_urgent="it leaves")
        )
        told = MessageId(pair.send(london, Kind.SPONTANEOUS, records=(lorry,), text="ZZ00EXR was seen"))
        pair.carry()
        for name, letter in (
            ("asked back", Letter(result="clarify", text="which?")), ("of no result", Letter(result="perhaps")),
            ("refused", Letter(result="refused", reason="third-state: x")),
        ):  # fmt: skip
            pair.clock.move(timedelta(minutes=1))
            act(f"answered: {name}", liaison.answer, belgrade, theirs, asked, letter)
            act(f"answered: {name}, carried", pair.carry)
        act(
            "answered by an auditor",
            liaison.answer,
            belgrade,
            as_user(belgrade, AUDITOR, "audit"),
            asked,
            Letter(result="none"),
        )
        act(
            "answered: no message",
            liaison.answer,
            belgrade,
            theirs,
            MessageId(str(told)[:-4] + "0000"),
            Letter(result="none"),
        )
        for name, session, action, facts in (
            ("by an auditor", as_user(london, AUDITOR, "audit"), "erase", (f"{lorry}/1",)),
            ("one erased", officer, "erase", (f"{lorry}/1",)),
            ("one restricted", officer, "restrict", (f"{lorry}/0",)),
            ("none", officer, "erase", ("rec-" + "0" * 40 + "/0",)),
            ("corrected by its author alone", officer, "rectify", (f"{lorry}/0",)),
        ):
            pair.clock.move(timedelta(minutes=1))
            act(f"amend: {name}", liaison.amend, london, session, action, [FactId(each) for each in facts], "an error")
            act(f"amend: {name}, carried", pair.carry)
        act("texts", lambda: [liaison.texts(node, as_user(node)) for node in (london, belgrade)])
        for word in ("accepted", "refused"):
            ref = MessageId(pair.send(london, Kind.SPONTANEOUS, records=(other,)))
            pair.carry()
            does = correspondence.accept if word == "accepted" else correspondence.refuse
            act(f"{word} without a reason", does, belgrade, theirs, ref, " ")
            act(word, does, belgrade, theirs, ref, "of use")
            act(f"{word} again", does, belgrade, theirs, ref, "of use")
            act(f"{word}, told", correspondence.tell, belgrade, theirs, ref, "acted")
        act("looked after", lambda: [node.exchange.liaison.tend() for node in (london, belgrade)])
        act("at the end", lambda: [correspondence.overview(node, as_user(node)) for node in (london, belgrade)])
        act("cases", cases.every, london, boss)
    return play
