"""What each act leaves in the ledger, word for word: who did what to which, for which purpose, with which detail.

Three stories are told at one node, act by act. An act that forgets its line, writes it twice, under another's name or with less
than it said before differs from the story below; so does a refused look that leaves no trace. Drawn numbers are not told.
"""

import json
import re
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from headwater.case.schedule import Form
from headwater.case.views import read_view
from headwater.errors import HeadwaterError
from headwater.model.decision import Verb
from headwater.node import (
    Node,
    backup,
    case_letters,
    case_sealing,
    cases,
    findings,
    messages,
    protected,
    reading,
    releasing,
    safeguarding,
    screening,
    setup,
    signin,
    taxii_users,
    users,
    witness,
)
from headwater.node.releasing import Wish
from headwater.policy.safeguarding import Outcome
from headwater.testing.fakes import FakeClock
from tests.case_world import write_case
from tests.node_world import AUDITOR, GUARDIAN, SUPERVISOR, WRITER, as_user, node_at, person, write_list, write_report

URN = "00EX0000126"
LEAD = "l.keeper"
ACTS = Path(__file__).with_name("acts.json")
DRAWN = re.compile(r"(?<=[a-z]-)[0-9a-f]{16,40}\b|[0-9a-f-]{36,}|[0-9a-fA-F]{10,}")


class Story:
    """Acts at a node, and what each of them left in the ledger."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.told: dict[str, list[str]] = {}
        self.names: dict[str, str] = {}

    def act(self, name: str, does: Callable[[], Any]) -> Any:
        """Do something; what it left is told under its name, a refusal first."""
        size, said, made = self.size(), [], None
        try:
            made = does()
        except HeadwaterError as error:
            said.append(f"refused: {error.code}")
        with self.node.store.snapshot() as snapshot:
            new = [leaf.event for leaf in snapshot.leaves() if leaf.index >= size and leaf.event is not None]
        self.told[name] = said + [self.line(event) for event in new]
        return made

    def line(self, event: Any) -> str:
        detail = dict(sorted(event.detail.items()))
        text = (
            f"{event.kind} | {event.who} | {event.subject} | {event.purpose} | {json.dumps(detail, ensure_ascii=False)}"
        )
        for drawn, called in self.names.items():
            text = text.replace(drawn, called)
        return DRAWN.sub("~", text)

    def size(self) -> int:
        with self.node.store.snapshot() as snapshot:
            return sum(1 for _ in snapshot.leaves())


def test_the_story_of_a_case(node: Node, clock: FakeClock, tmp_path: Path) -> None:
    story, court, other = Story(node), as_user(node, WRITER, "court"), as_user(node, SUPERVISOR, "court")
    folder = write_case(tmp_path / "folder")
    story.act("taken in", lambda: cases.take_in(node, court, folder))
    name_people(story)
    story.act("taken in again", lambda: cases.take_in(node, court, folder))
    story.act("replaced", lambda: cases.take_in(node, court, folder, replacing=True))
    (tmp_path / "more.txt").write_text("The barrier was open.\n", encoding="utf-8")
    row = {
        "ref": "JS/9", "file": "more.txt", "description": "Note on the barrier", "producer": "P5",
        "captured_at": "2026-02-12T04:12:00Z", "handling": "TLP:AMBER", "status": "evidential",
    }  # fmt: skip
    story.act("added to", lambda: cases.add(node, court, URN, tmp_path / "more.txt", {"exhibits": [row]}))
    story.act("checked", lambda: cases.check(node, other, URN))
    story.act("custody", lambda: cases.record_custody(node, court, URN, "js/9", "examined", "laboratory", by="P5"))
    late = clock.now() + timedelta(seconds=1)
    story.act("custody to come", lambda: cases.record_custody(node, court, URN, "JS/9", "moved", "x", at=late))
    story.act("custody of none", lambda: cases.record_custody(node, court, URN, "JS/8", "moved", "x"))
    story.act("custody by nobody", lambda: cases.record_custody(node, court, URN, "JS/9", "moved", "x", by="P99"))
    story.act("listed", lambda: cases.every(node, other))
    story.act("schedule read", lambda: case_sealing.schedule_read(node, other, URN, Form.MG6C))
    story.act("schedule made", lambda: case_sealing.schedule(node, other, URN, Form.MG6E))
    story.act("letter", lambda: case_letters.request(node, other, URN, "rs", ["RS/1"]))
    bundle, receipt = tmp_path / "bundle", tmp_path / "receipt.json"
    story.act("sealed", lambda: case_sealing.seal(node, other, URN, bundle))
    view = read_view("court")
    story.act("not ready", lambda: case_sealing.export(node, other, URN, tmp_path / "p", read_view("prosecutor")))
    story.act("exported", lambda: case_sealing.export(node, other, str(bundle), tmp_path / "view", view))
    receipt.write_bytes(story.act("receipted", lambda: case_sealing.receipt(node, other, bundle)))
    story.act("receipt kept", lambda: case_sealing.take_receipt(node, other, bundle, receipt))
    assert story.told == held("a case", story, tmp_path)


def test_the_story_of_a_protected_person(clock: FakeClock, template: Path, tmp_path: Path) -> None:
    with node_at(shutil.copytree(template, tmp_path / "uk"), clock, notify_h=1.0) as node:
        protect(node, clock, tmp_path)


def protect(node: Node, clock: FakeClock, tmp_path: Path) -> None:
    users.add(node.store, as_user(node, WRITER, "operation"), users.User(LEAD, frozenset({"safeguarding"})))
    cases.take_in(node, as_user(node, WRITER, "court"), write_case(tmp_path / "folder"))
    story, until = Story(node), clock.now() + timedelta(hours=1)
    two, four = name_people(story)
    keeper, lead = (as_user(node, user, "victim-protection") for user in (GUARDIAN, LEAD))
    officer, second = as_user(node, WRITER), as_user(node, SUPERVISOR)
    story.act("read without a grant", lambda: safeguarding.read(node, keeper, four, "care"))
    story.act("read of nobody", lambda: safeguarding.read(node, keeper, "Person 0000000000", "care"))
    story.act("granted P3", lambda: safeguarding.grant(node, lead, two, GUARDIAN, until, "care"))
    story.act("granted P4", lambda: safeguarding.grant(node, lead, four, GUARDIAN, until, "care"))
    story.act("read without a reason", lambda: safeguarding.read(node, keeper, four, " "))
    story.act("read", lambda: safeguarding.read(node, keeper, four, "care"))
    story.act("linked", lambda: safeguarding.link(node, keeper, two, four, "same account"))
    story.act("linked by one without a grant", lambda: safeguarding.link(node, lead, two, four, "same account"))
    task = story.act(
        "reported",
        lambda: safeguarding.report(node, officer, two, "medium.debt-to-carrier", "gate", "spoke of a debt"),
    )
    story.act("tasks", lambda: safeguarding.tasks(node, keeper))
    story.act("decided badly", lambda: safeguarding.decide(node, keeper, task.id, Outcome.REFERRAL, "as told"))
    story.act("decided", lambda: safeguarding.decide(node, keeper, task.id, Outcome.DUTY_TO_NOTIFY, "as told"))
    clock.move(timedelta(days=90))
    story.act("late", lambda: safeguarding.tasks(node, keeper))
    story.act("still late", lambda: safeguarding.tasks(node, keeper))
    story.act("notified", lambda: safeguarding.notified(node, keeper, task.id, "REF/1"))
    story.act(
        "asked for a suspect", lambda: safeguarding.ask_suspect(node, officer, URN, "P3", "ia1971-s25", "steered")
    )
    story.act("approved by oneself", lambda: safeguarding.approve_suspect(node, officer, URN, "P3"))
    story.act("approved", lambda: safeguarding.approve_suspect(node, second, URN, "P3"))
    story.act("asked again", lambda: safeguarding.ask_suspect(node, officer, URN, "P3", "ia1971-s25", "steered"))
    story.act("withheld", lambda: releasing.withheld(node, keeper, URN))
    wish = Wish(ref="s2", view=read_view("defence"), until=clock.now() + timedelta(days=1), reason="relied on")
    story.act("released", lambda: releasing.release(node, keeper, URN, wish))
    story.act(
        "shown",
        lambda: case_sealing.export(
            node, as_user(node, SUPERVISOR, "court"), URN, tmp_path / "out", read_view("defence"), draft=True
        ),
    )
    story.act("taken back", lambda: releasing.withdraw(node, keeper, URN, "S2", read_view("defence"), "error"))
    story.act("taken back twice", lambda: releasing.withdraw(node, keeper, URN, "S2", read_view("defence"), "error"))
    story.act("due", lambda: safeguarding.due_for_erasure(node, keeper, date(2099, 1, 1)))
    story.act("erased", lambda: safeguarding.erase(node, lead, two, "asked for"))
    assert story.told == held("a protected person", story, tmp_path)


def test_the_story_of_findings_and_users(node: Node, clock: FakeClock, tmp_path: Path) -> None:
    story, admin = Story(node), as_user(node, WRITER, "operation")
    officer = as_user(node, WRITER, "sanctions")
    edition = write_list(tmp_path / "list", ["Marko Izmišljotinović"])
    story.act("read a list", lambda: reading.read_files("uk", [str(edition)], originator=node.authority, keep_good=False, into=(node, officer)))  # fmt: skip
    report = write_report(tmp_path / "report", person("seen-1", "Ivo Vidljivić"))
    story.act("read a report", lambda: reading.read_files("report", [str(report)], originator=node.authority, keep_good=False, into=(node, as_user(node))))  # fmt: skip
    query = {"id": "q1", "name": "Marko Izmišljotinović", "birth_date": "1975-04-02"}
    story.act("screened", lambda: screening.at_node(node, officer, screening.Asked([query])))
    [shown] = story.act("looked", lambda: findings.every(node, officer))
    ref = shown.finding.id
    story.act("released undecided", lambda: findings.release(node, officer, ref, "ftm", "asked"))
    story.act("confirmed", lambda: findings.decide(node, officer, ref, Verb.CONFIRM, "the same"))
    story.act("one", lambda: findings.one(node, officer, ref))
    story.act("released", lambda: findings.release(node, officer, ref, "ftm", "asked"))
    story.act("proved", lambda: witness.prove(node, officer, ref, "findings.decided", tmp_path / "proof"))
    story.act(
        "user added", lambda: users.add(node.store, admin, users.User("n.new", frozenset({"analyst", "auditor"})))
    )
    story.act("user added twice", lambda: users.add(node.store, admin, users.User("n.new", frozenset({"analyst"}))))
    story.act("password", lambda: taxii_users.set_password(node, admin, "n.new", "a long invented password"))
    token = signin.redeem(node, signin.ticket(node, "n.new"), "oic")
    story.told["signed in"] = last(story, 2)
    story.act("signed out", lambda: signin.sign_out(node, token))
    story.act("signed out twice", lambda: signin.sign_out(node, token))
    story.act("reset", lambda: signin.reset(node, admin, "n.new"))
    story.act("reset of oneself", lambda: signin.reset(node, admin, WRITER))
    story.act("disabled", lambda: users.disable(node.store, admin, "n.new"))
    story.act("the last admin", lambda: users.disable(node.store, admin, WRITER))
    story.act("card", lambda: setup.new_card(node, admin))
    envelope = messages.address("spontaneous", "RS-MOI", "EX")
    story.act("tried", lambda: messages.dry_run(node, officer, envelope, messages.Letter(text="x")))
    story.act("backed up", lambda: backup.back_up(node, admin, tmp_path / "copy", "an invented passphrase"))
    story.act("by an auditor", lambda: findings.every(node, as_user(node, AUDITOR)))
    assert story.told == held("findings and users", story, tmp_path)


def name_people(story: Story) -> tuple[str, str]:
    """Call the protected persons by their identifiers in the case, for their pseudonyms are drawn."""
    with story.node.store.snapshot() as snapshot:
        held = protected.of_case(snapshot, URN)
    story.names |= {held[name].pseudonym: name for name in ("P3", "P4")}
    return held["P3"].pseudonym, held["P4"].pseudonym


def last(story: Story, count: int) -> list[str]:
    """The last lines of the ledger."""
    with story.node.store.snapshot() as snapshot:
        return [story.line(leaf.event) for leaf in snapshot.leaves() if leaf.event is not None][-count:]


def held(name: str, story: Story, folder: Path) -> dict[str, list[str]]:
    """The story as it stands in `acts.json`; what was told just now is written down beside the test, to be read and taken over."""
    stories: dict[str, dict[str, list[str]]] = json.loads(ACTS.read_text("utf-8"))
    told = json.dumps({**stories, name: story.told}, ensure_ascii=False, indent=1)
    (folder / ACTS.name).write_text(told + "\n", "utf-8")
    return stories.get(name, {})
