"""Plays at the analyst's page: every form that it shows, filled in by the words beside its fields and sent as the page has it.

What was sent under which names is told with what it changed, so that a form and what carries it out are held together.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from itertools import count
from pathlib import Path
from typing import Any
from unittest import mock

from headwater.node import Node, cases, liaison, protected, safeguarding, screening, users
from headwater.node.pages import charts
from headwater.policy.acts import Role
from headwater.testing.fakes import FakeClock
from tests.case_world import write_case
from tests.forms_world import Given, filled, forms_of, send
from tests.node_world import (
    AUDITOR,
    GUARDIAN,
    SUPERVISOR,
    TERMS,
    WRITER,
    as_user,
    person,
    read,
    write_list,
    write_report,
)
from tests.page_world import ORIGIN, Answer, Browser, browser
from tests.picture_world import payments, ties, watch
from tests.plays.node_alone import URN, alone
from tests.plays.node_wired import LORRY, two
from tests.plays.play import Play
from tests.unit.web.test_exhibits import PDF, multipart
from tests.wired_world import Wired

NEW = "00EX0000326"
CONFIRM = "Confirm: the same, or true It counts from now on, may be told to partners and added to a case."
NAMES = ["Marko Izmišljotinović", "Ana Nepostojić", "Petar Nigdić"]


def known_keys(play: Callable[[Path], Play]) -> Callable[[Path], Play]:
    """Let the forms of a play bear keys that are counted and not drawn: what is kept of them is put into an order by its hash."""

    @wraps(play)
    def played(folder: Path) -> Play:
        numbers = count()
        with mock.patch("secrets.token_urlsafe", side_effect=lambda _: f"key-{next(numbers)}"):
            return play(folder)

    return played


class Desk:
    """One reader at one page, whose forms are acts of a play."""

    def __init__(self, play: Play, node: Node, user: str, purpose: str = "oic") -> None:
        """Sign in."""
        self.play, self.node = play, node
        self.reader = browser(node, user, purpose)

    def send(self, name: str, path: str, button: str, given: dict[str, Given] | None = None, **more: Any) -> Answer:
        """Fill in a form of a page and send it: an act."""
        answers: list[Answer] = []
        page = more.pop("page", None) or self.reader.get(path)
        self.settle()

        def sends() -> Any:
            sent, answer = send(self.reader, path, button, given, page=page, **more)
            self.settle()
            answers.append(answer)
            return [[parted(sent[0]), *sent[1:]], told(answer)]

        self.play.act(name, sends)
        return answers[0]

    def settle(self) -> None:
        """Wait for what a page keeps without being waited for."""
        self.node.store.write(lambda _: None)

    def twice(self, name: str, path: str, button: str, given: dict[str, Given] | None = None) -> Answer:
        """Send one form twice, as a double click does: what counts once changes nothing the second time; nor does it without its key."""
        page = self.reader.get(path)
        without = Answer(page.status, page.headers, page.data.replace(b'name="key"', b'name="no-key"'))
        if without.data != page.data:
            self.send(f"{name}, without its key", path, button, given, page=without)
        made = self.send(name, path, button, given, page=page)
        self.send(f"{name}, the same form again", path, button, given, page=page)
        return made

    def look(self, name: str, path: str) -> None:
        """Look at the twin of a page: an act."""
        self.play.act(name, lambda: _twin(self.reader.get(f"{path}{'&' if '?' in path else '?'}format=json")))

    def shown(self, name: str, path: str, given: dict[str, Given]) -> None:
        """Look at the twin of what a partner would see."""
        _, pairs = filled(self.reader.get(path), "Show again who sees what", given)
        self.play.act(name, lambda: _twin(self.reader.post("/exchange/preview?format=json", dict(pairs))))


def _twin(answer: Answer) -> Any:
    """The rows of a twin; of records that are called by a place in them, each part apart."""
    return json.loads(answer.text.replace("/0", " / 0").replace("/1", " / 1"))


def told(answer: Answer) -> Any:
    """Where an answer leads, or what kind of page it is."""
    return [answer.status, parted(answer.goes_to) or answer.headers.get("content-type", "").partition(";")[0]]


def parted(address: str) -> str:
    """An address whose parts stand apart, so that what was drawn in it is called by its name and the rest is told."""
    return address.replace("/", " / ").strip()


@contextmanager
def at_the_page(folder: Path) -> Iterator[tuple[Node, FakeClock, Play]]:
    """Yield a node with findings of several kinds, and its play."""
    with alone(folder) as (node, clock, _):
        read(node, "uk", write_list(folder / "in", NAMES))
        queries = [{"id": name, "name": name, "birth_date": "1975-04-02"} for name in NAMES]
        screening.at_node(node, as_user(node, WRITER, "sanctions"), screening.Asked(queries))
        read(node, "report", write_report(folder / "seen", person("p-9", NAMES[0])))
        ties(node)
        payments(node)
        yield node, clock, Play({"UK": node}, [folder])


def found(node: Node) -> list[str]:
    """The open findings that a list has, in an order that hangs on no hash."""
    with node.view(as_user(node)) as view:
        rows = [(one.text, one.id) for one in view.findings() if one.kind.startswith("match.")]
    return [ref for _, ref in sorted(rows)]


@known_keys
def triage(folder: Path) -> Play:
    """The queue: several sorted, ranked and dismissed at once, filters kept and let go, one finding decided and taken back."""
    with at_the_page(folder) as (node, clock, play):
        alert = watch(node, ["boat", "person-group"])
        officer, second = Desk(play, node, WRITER), Desk(play, node, SUPERVISOR)
        first, *others = found(node)
        where = "/queue?state=all&order=priority&work=nobody&least=0.1"
        officer.twice("taken on", where, "Take on", {"Tick": True})
        officer.send("given back", "/queue", "Give back", {"Tick": True})
        officer.send("read", "/queue?work=unread", "Mark read", {"Tick": True})
        officer.send("not read", "/queue", "Mark not read", {"Tick": True})
        officer.send(
            "ranked",
            "/queue?kind=match.screening",
            "Set both",
            {"Tick": True, "Priority": "high", "Label": "check again"},
        )
        officer.send("ranked none", "/queue", "Set both", {"Priority": "low"})
        officer.send("a filter kept", where, "Keep", {"Name": "of nobody"})
        officer.send("a filter let go", "/queue?state=all", "Let go", {"Name": "of nobody"})
        officer.twice(
            "confirmed", f"/findings/{first}", "Decide", {CONFIRM: True, "Why, in your own words": "the same"}
        )
        officer.twice("taken back", f"/findings/{first}", "Take back", {"Why, in your own words": "the wrong key"})
        officer.send("not sure", f"/findings/{first}?act=unsure", "Decide", {"Why, in your own words": "who knows"})
        second.send(
            "a rescue alert", f"/findings/{alert}", "Decide", {CONFIRM: True, "Why, in your own words": "called"}
        )
        second.twice(
            "dismissed together",
            "/queue?kind=match.screening",
            "Dismiss",
            {"Tick": True, "Reason, the same for all": "others"},
        )
        tied = next(one for one in [first, *others] if "/p1" in node_subjects(node, one))
        second.send(
            "confirmed, of two persons",
            f"/findings/{tied}/compare",
            "Decide",
            {CONFIRM: True, "Why, in your own words": "one person"},
        )
        second.send("split", "/entities/p1", "Split", {"Why split": "two persons"})
        clock.move(timedelta(minutes=1))
    return play


def node_subjects(node: Node, ref: str) -> str:
    """What a finding is about."""
    with node.view(as_user(node)) as view:
        return " ".join(next(one.subjects for one in view.findings() if one.id == ref))


@known_keys
def sought(folder: Path) -> Play:
    """A search made, kept and let go; a chart begun, grown, moved, renamed, merged, put into a case and taken away."""
    with at_the_page(folder) as (node, _, play):
        cases.take_in(node, as_user(node, WRITER, "court"), write_case(folder / "folder"))
        officer = Desk(play, node, WRITER)
        token = officer.send("sought", "/search", "Search", {"Name or number": "Измишљотиновић"}).goes_to
        officer.send("sought from the start", "/", "Search", {"Name or number": "ZZ00EXR"})
        officer.twice("kept", token, "Save, and tell me what is new")
        officer.send("let go", token, "Saved: let it go")
        other = charts.make(node, as_user(node), "c1")
        made = officer.send("a chart", "/charts?entity=p1", "Draw").goes_to
        officer.send("hidden", made, "Hide", nth=1)
        officer.send("more", made, "Show next 1")
        officer.send("moved", made, "Move", {"right": "12.5", "down": "-3"})
        officer.send("renamed", made, "Rename", {"Title": "Who owns the lorry"})
        officer.send("merged", made, "Merge")
        officer.send("into a case", made, "Add")
        officer.send("taken away", made, "Take the chart away")
        officer.send("another taken away", f"/charts/{other}", "Take the chart away")
    return play


@known_keys
def built(folder: Path) -> Play:
    """A case from its first line to its seal and its views, by the forms of its page alone."""
    with at_the_page(folder) as (node, _, play):
        officer, builder = Desk(play, node, WRITER), Desk(play, node, SUPERVISOR)
        ref = found(node)[0]
        officer.send(
            "a finding is confirmed", f"/findings/{ref}?act=confirm", "Decide", {"Why, in your own words": "the same"}
        )
        builder.twice("opened", "/cases", "Open", {"Unique reference number": NEW, "Operation": "FORMS"})
        case = f"/cases/{NEW}"
        builder.twice(
            "a witness",
            case,
            "Add",
            {"Number in the case": "W1", "Category": "witness", "Name": "Prudence Quillfeather", "Role": "clerk"},
        )
        builder.send(
            "a suspect",
            case,
            "Add",
            {"Number in the case": "P1", "Category": "suspect", "Name": "Ana Nepostojić", "Role": ""},
        )
        builder.twice(
            "an offence",
            case,
            "Add",
            {
                "Number in the case": "O1",
                "Code": "ia1971-s25",
                "Against whom, numbers in the case": "P1",
                "From": "2026-01-01",
                "To": "2026-02-01",
            },
        )
        note: dict[str, Given] = {
            "Reference": "PQ/1",
            "What it is": "a note",
            "Produced by": "W1",
            "When it was made": "2026-11-20T08:00:00Z",
            "Disclosure": "evidential",
            "Text": "Seen at the gate.",
        }
        builder.twice("a note", case, "Add", note)
        builder.twice(
            "what proves an element",
            case,
            "Add",
            {"Offence": "O1", "Element": "act-facilitates", "Items, with spaces between": "PQ/1"},
        )
        builder.send("a finding", case, "Add", {"Identifier of the finding": ref})
        exhibit: dict[str, Given] = {
            "Reference": "PQ/2",
            "What it is": "a delivery note",
            "Produced by": "W1",
            "When it was made": "2026-11-20T08:00:00Z",
            "Handling": "TLP:RED",
            "Disclosure": "unused",
            "On a schedule of unused material": "MG6D",
            "Why it is sensitive, for MG6D": "a method",
        }
        page = builder.reader.get(case)
        for name in ("a file", "the same file form again"):
            play.act(name, uploaded, builder.reader, page, exhibit)
        play.act(
            "a file of which nothing is said that need not be",
            uploaded,
            builder.reader,
            builder.reader.get(case),
            {**exhibit, "Reference": "PQ/3"},
            SAID,
        )
        builder.look("the case with all that was added", case)
        builder.send("a paper", f"{case}/schedules/mg6c", "Make the paper as PDF")
        builder.twice("sealed", case, "Seal it as it is now")
        builder.send("checked", case, "Check")
        draft: dict[str, Given] = {
            "For whom": "the defence",
            "The file is not ready: its papers say that it is a draft": True,
        }
        builder.send("a view", case, "Make and take along", draft)
        builder.send(
            "a view that may not be",
            case,
            "Make and take along",
            {"For whom": "a partner", "Node of the partner, for a partner's view": "RS-MOI"},
        )
    return play


SAID = frozenset({"form_token", "key", "ref", "description", "producer", "captured_at"})
"""What must be said of a file."""


def uploaded(reader: Browser, page: Answer, given: dict[str, Given], of_it: frozenset[str] = frozenset()) -> Any:
    """Send the form of an exhibit with a file, as a browser does; of its fields those named alone, where any are."""
    where, pairs = filled(page, "Add", given)
    pairs = [(name, value) for name, value in pairs if not of_it or name in of_it]
    body, kind = multipart(dict(pairs), [("note.pdf", PDF)])
    answer = reader.ask("POST", where, body, {"origin": ORIGIN, "content-type": kind})
    return [
        [parted(where), *(f"{name}={value}" for name, value in pairs if name not in ("form_token", "key", "no-key"))],
        told(answer),
    ]


@known_keys
def guarded(folder: Path) -> Play:
    """Safeguarding, audit, users and one's own sign-in: the forms of those who look after people, the log and the node."""
    with alone(folder, first_responder=True, notify_h=48.0) as (node, _, play):
        cases.take_in(node, as_user(node, WRITER, "court"), write_case(folder / "folder"))
        users.add(node.store, as_user(node, WRITER, "operation"), users.User("l.lead", frozenset({"safeguarding"})))
        with node.store.snapshot() as snapshot:
            name = protected.of_case(snapshot, URN)["P3"].pseudonym
        play.call([name])
        task = safeguarding.report(node, as_user(node), name, "strong.violence", "gate", "bruises", woman_officer=True)
        other = safeguarding.report(
            node, as_user(node), protected_name(node, "P4"), "strong.violence", "gate", "bruises"
        )
        keeper, auditor, admin = (
            Desk(play, node, GUARDIAN, "victim-protection"),
            Desk(play, node, AUDITOR, "audit"),
            Desk(play, node, WRITER, "operation"),
        )
        keeper.send(
            "opened without a grant",
            f"/protect/{task.id}",
            "Open",
            {"Why you must know; it takes a grant from a colleague": "care"},
        )
        lead = as_user(node, "l.lead", "victim-protection")
        safeguarding.grant(node, lead, name, GUARDIAN, node.clock.now() + timedelta(hours=1), "care")
        keeper.send(
            "opened", f"/protect/{task.id}", "Open", {"Why you must know; it takes a grant from a colleague": "care"}
        )
        keeper.send(
            "decided without consent",
            f"/protect/{task.id}",
            "Decide",
            {"referral, with the person's consent": True, "Why, in your own words": "no word yet"},
        )
        keeper.send(
            "decided with consent",
            f"/protect/{other.id}",
            "Decide",
            {
                "referral, with the person's consent": True,
                "The person consents": True,
                "Why, in your own words": "asked",
            },
        )
        keeper.send(
            "a duty to notify",
            f"/protect/{task.id}",
            "Decide",
            {"duty to notify, without consent": True, "Why, in your own words": "no word yet"},
        )
        keeper.send("notified", f"/protect/{task.id}", "It was done", {"The reference that came back": "MS/1"})
        auditor.send("the log is checked", "/audit", "Check the whole log")
        admin.send("a user", "/admin", "Add a user", {"Name": "n.ew", "analyst": True, "liaison": True})
        for role in sorted(Role):
            admin.send(f"a user who is {role} alone", "/admin", "Add a user", {"Name": f"only.{role}", role: True})
        admin.send("switched off", "/admin", "Switch off")
        admin.send("a language", "/help", "Use", {"Language": "Shqip"})
        admin.send("an app begun", "/authenticators", button(admin.reader, "/authenticators", "begin-codes"))
        admin.send("signed out", "/help", button(admin.reader, "/help", "/sign-out"))
    return play


def protected_name(node: Node, person_of: str) -> str:
    """The pseudonym of a protected person of the case."""
    with node.store.snapshot() as snapshot:
        return protected.of_case(snapshot, URN)[person_of].pseudonym


def button(reader: Browser, path: str, mark: str) -> str:
    """The words of a button in whatever language: by its mark, or by where its form goes."""
    return next(
        one.words for form in forms_of(reader.get(path)) for one in form.buttons
        if mark in (one.here.get("data-act"), form.here.get("action"))
    )  # fmt: skip


@known_keys
def written(folder: Path) -> Play:
    """Messages between two nodes by the forms of their pages: shown, sent, held, approved, answered, consented to, recalled."""
    with two(folder) as (pair, play):
        lorry, suspect = pair.report(pair.london, LORRY), pair.report(pair.london, person())
        london, second, theirs = (
            Desk(play, pair.london, WRITER),
            Desk(play, pair.london, SUPERVISOR),
            Desk(play, pair.belgrade, WRITER),
        )
        new = f"/exchange/new?to=RS-MOI@{TERMS}"
        text: dict[str, Given] = {"Text": "ZZ00EXR was seen.", "Marking": "OFFICIAL", "Records to tell whole": lorry}
        london.send("shown", new, "Show again who sees what", text)
        sent = through(london, "told", new, text)
        held = through(london, "on a person", new, {**text, "Records to tell whole": suspect})
        second.twice("approved", held, "Approve and send")
        asked = through(
            london,
            "asked",
            f"{new}&kind=request",
            {"Text": "Who keeps it?", "Marking": "OFFICIAL", "Reason": "an inquiry", "Urgency": "normal"},
        )
        secret = pair.report(pair.london, person("p2", "Iva Izmišljen", "victim"))
        witness = pair.report(pair.london, person("w1", "Petar Nigdić", "witness"))
        own = pair.report(pair.london, {**LORRY, "key": "van"}, handling={"codes": ["P"], "markings": ["SECRET"]})
        every = f"{lorry} {suspect} {secret} {witness} {own}"
        london.shown("what is held back", new, {**text, "Records to tell whole": every})
        london.shown("what is refused", new, {"Text": "", "Records to tell whole": secret})
        pair.clock.move(timedelta(minutes=5))
        asked_soon = through(
            london,
            "asked, urgently",
            f"{new}&kind=request",
            {
                "Text": "Where is it?",
                "Marking": "OFFICIAL",
                "Reason": "an inquiry",
                "Urgency": "urgent",
                "Why urgent": "it leaves",
            },
        )
        play.act("carried", pair.carry)
        for desk, name in ((london, "London"), (theirs, "Belgrade")):
            for path in ("/", "/exchange", sent, held, asked, asked_soon):
                desk.look(f"{name} looks at {parted(path)}", path)
        theirs.send("put aside", sent, "Put aside for good", {"Why, in your own words": "not ours"})
        theirs.send("accepted", held, "Accept", {"Why, in your own words": "it is known"})
        through(
            theirs,
            "answered",
            f"{asked}/answer",
            {"Text": "Nobody.", "Marking": "INTERNO", "Result": "we know nothing of it"},
        )
        play.act("carried back", pair.carry)
        wrong: dict[str, Given] = {"What every holder must do": "restrict", "Why; every holder reads it": "misread"}
        london.twice("recalled", sent, "Recall from every holder", {**wrong, first_fact(london, sent): True})
        play.act("carried again", pair.carry)
        consented(pair, play, second)
    return play


def first_fact(desk: Desk, path: str) -> str:
    """The words of the first fact that can be recalled."""
    return next(one.label for form in forms_of(desk.reader.get(path)) for one in form.fields if one.name == "fact")


def through(desk: Desk, name: str, path: str, given: dict[str, Given]) -> str:
    """Write a message as its page wants it: shown first, then sent exactly so; return its address."""
    shown = send(desk.reader, path, "Show again who sees what", given)[1]
    words = next(one for one in ("Send exactly this", "Hand to a second person") if one in shown.text)
    return desk.send(name, path, words, page=shown).goes_to.partition("?")[0]


def consented(pair: Wired, play: Play, london: Desk) -> None:
    """Belgrade asks whether a fact of London may pass on; London says no, then yes until a day."""
    with pair.belgrade.store.snapshot() as snapshot:
        record = next(one for one in snapshot.records() if one.origin.originator == pair.london.authority)
    for name, words, until in (("no", "No", ""), ("yes", "Yes, we consent", "2026-12-31")):
        [asked] = liaison.ask_consent(pair.belgrade, as_user(pair.belgrade), [f"{record.id}/0"], "XK", f"joint, {name}")
        pair.carry()
        given: dict[str, Given] = {words: True, "Last day, if it ends": until}
        london.twice(f"consent: {name}", f"/exchange/{asked.id}", "Answer", given)
        play.act(f"consent: {name}, carried", pair.carry)
