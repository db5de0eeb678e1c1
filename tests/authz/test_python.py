"""The Python door: every function of the node that takes a session, for every role; and every second identifier.

A function that is in neither table fails. After each refusal everything that the node holds is what it held before.
"""

import importlib
import importlib.util
import inspect
import json
import os
import pkgutil
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final
from unittest import mock

import pytest

import headwater.node
from headwater.errors import HeadwaterError, NoBasisError, PolicyError
from headwater.exercise.river_night import river_night, write_night
from headwater.model.decision import Verb
from headwater.model.ids import AuthorityId, EntityKey, FindingId, MessageId, RecordId
from headwater.node import Node, messages
from headwater.node.ofsi import Informant
from headwater.node.pages import search
from headwater.node.pages.deciding import Ask
from headwater.node.pages.preview import Draft
from headwater.node.pages.triage import Sort, Wish
from headwater.node.taxii_push import Wanted
from headwater.node.watch_share import SCHEMA
from headwater.policy import session as policy_session
from headwater.policy.acts import GRANTS, NEEDS_PURPOSE, Act, Role
from headwater.testing.fakes import FakeClock
from tests import authz_world, node_world
from tests.authz_world import URN, Stock, changed, denied, inventory, only, purpose_of, session

MESSAGE: Final = MessageId("01a2150c-71ae-7357-b248-232d4e0be835")

ACTS: Final[dict[str, Act]] = {
    "assessing.assessment": Act.REPORT_MAKE,
    "attachments.save": Act.MESSAGE_LOOK,
    "attachments.waiting": Act.MESSAGE_LOOK,
    "attachments.whole": Act.MESSAGE_LOOK,
    "backup.back_up": Act.NODE_BACK_UP,
    "beside.expire": Act.TABLE_TRACE,
    "beside.read_table": Act.RECORD_ADD,
    "case_letters.request": Act.CASE_EXPORT,
    "case_sealing.export": Act.CASE_EXPORT,
    "case_sealing.receipt": Act.CASE_VERIFY,
    "case_sealing.schedule": Act.CASE_SCHEDULE,
    "case_sealing.schedule_read": Act.CASE_SCHEDULE,
    "case_sealing.seal": Act.CASE_SEAL,
    "case_sealing.take_receipt": Act.CASE_VERIFY,
    "cases.add": Act.CASE_ADD,
    "cases.check": Act.CASE_LOOK,
    "cases.check_whole": Act.CASE_LOOK,
    "cases.every": Act.CASE_LOOK,
    "cases.keep_findings": Act.CASE_ADD,
    "cases.record_custody": Act.CASE_ADD,
    "cases.take_in": Act.CASE_OPEN,
    "correspondence.accept": Act.MESSAGE_ACCEPT,
    "correspondence.overview": Act.MESSAGE_LOOK,
    "correspondence.refuse": Act.MESSAGE_REFUSE,
    "correspondence.show": Act.MESSAGE_LOOK,
    "correspondence.tell": Act.MESSAGE_ACCEPT,
    "customers.every": Act.LIST_SCREEN,
    "customers.keep": Act.LIST_SCREEN,
    "customers.rescreen": Act.LIST_SCREEN,
    "engines.run": Act.RECORD_LOOK,
    "figures.AtNode": Act.FIGURES_RUN,
    "figures_tables.published": Act.FIGURES_PUBLISH,
    "findings.decide": Act.FINDING_DECIDE,
    "findings.decided": Act.FINDING_LOOK,
    "findings.every": Act.FINDING_LOOK,
    "findings.find": Act.RECORD_LOOK,
    "findings.one": Act.FINDING_LOOK,
    "findings.release": Act.FINDING_RELEASE,
    "indicators.run": Act.TABLE_TRACE,
    "ledger.events": Act.LEDGER_SHOW,
    "liaison.amend": Act.FACT_AMEND,
    "liaison.amend_status": Act.MESSAGE_LOOK,
    "liaison.answer": Act.MESSAGE_SEND,
    "liaison.answer_consent": Act.CONSENT_GIVE,
    "liaison.ask_consent": Act.MESSAGE_SEND,
    "liaison.close_text": Act.MESSAGE_ACCEPT,
    "liaison.keep_as_evidence": Act.MESSAGE_ACCEPT,
    "liaison.named": Act.RECORD_LOOK,
    "liaison.texts": Act.MESSAGE_LOOK,
    "linking.at_node": Act.RECORD_LINK,
    "linking.explain_at": Act.RECORD_LINK,
    "linking.judge": Act.FINDING_DECIDE,
    "match_desk.issue": Act.USER_CHANGE,
    "messages.approve": Act.MESSAGE_APPROVE,
    "messages.dry_run": Act.MESSAGE_SEND,
    "messages.send": Act.MESSAGE_SEND,
    "node.Node.view": Act.RECORD_LOOK,
    "node.Node.view_at": Act.RECORD_LOOK,
    "node.Node.view_noting": Act.RECORD_LOOK,
    "ofsi.report": Act.FINDING_DECIDE,
    "ofsi.review": Act.FINDING_DECIDE,
    "pages.alerts.page": Act.FINDING_LOOK,
    "pages.auditing.audit_page": Act.LEDGER_SHOW,
    "pages.auditing.check_log": Act.LEDGER_VERIFY,
    "pages.auditing.year_report": Act.REPORT_MAKE,
    "pages.casefile.add_note": Act.CASE_ADD,
    "pages.casefile.add_rows": Act.CASE_ADD,
    "pages.casefile.case_lines": Act.CASE_LOOK,
    "pages.casefile.case_page": Act.CASE_LOOK,
    "pages.casefile.check_bundle": Act.CASE_VERIFY,
    "pages.casefile.keep_finding": Act.CASE_ADD,
    "pages.casefile.open_case": Act.CASE_OPEN,
    "pages.casefile.seal": Act.CASE_SEAL,
    "pages.charts.chart": Act.RECORD_LOOK,
    "pages.charts.every": Act.RECORD_LOOK,
    "pages.charts.expand": Act.RECORD_LOOK,
    "pages.charts.hide": Act.RECORD_LOOK,
    "pages.charts.make": Act.RECORD_LOOK,
    "pages.charts.merge": Act.RECORD_LOOK,
    "pages.charts.move": Act.RECORD_LOOK,
    "pages.charts.put_away": Act.RECORD_LOOK,
    "pages.charts.rename": Act.RECORD_LOOK,
    "pages.deciding.decide": Act.FINDING_DECIDE,
    "pages.deciding.dismiss_many": Act.FINDING_DECIDE,
    "pages.deciding.undo": Act.FINDING_DECIDE,
    "pages.entity.entity_page": Act.RECORD_LOOK,
    "pages.entity_tabs.places": Act.RECORD_LOOK,
    "pages.entity_tabs.times": Act.RECORD_LOOK,
    "pages.exhibits.add_exhibit": Act.CASE_ADD,
    "pages.exhibits.schedule_page": Act.CASE_SCHEDULE,
    "pages.exhibits.schedule_pdf": Act.CASE_SCHEDULE,
    "pages.figures.figures": Act.FIGURES_RUN,
    "pages.figures.series": Act.FIGURES_RUN,
    "pages.filters.keep": Act.FINDING_LOOK,
    "pages.filters.let_go": Act.FINDING_LOOK,
    "pages.finding.compare": Act.FINDING_LOOK,
    "pages.finding.finding_page": Act.FINDING_LOOK,
    "pages.guarding.decide": Act.TASK_DECIDE,
    "pages.guarding.notified": Act.TASK_DECIDE,
    "pages.guarding.open_identity": Act.IDENTITY_LOOK,
    "pages.guarding.task_lines": Act.TASK_LOOK,
    "pages.guarding.task_page": Act.TASK_LOOK,
    "pages.handing.hand_out": Act.CASE_EXPORT,
    "pages.listings.lists": Act.RECORD_LOOK,
    "pages.listings.one": Act.RECORD_LOOK,
    "pages.mail.conversation": Act.MESSAGE_LOOK,
    "pages.mail.every": Act.MESSAGE_LOOK,
    "pages.mail.line": Act.MESSAGE_LOOK,
    "pages.mail.lists": Act.MESSAGE_LOOK,
    "pages.mail.pressing": Act.MESSAGE_LOOK,
    "pages.mail.recalls": Act.MESSAGE_LOOK,
    "pages.map.alerts": Act.FINDING_LOOK,
    "pages.map.map_page": Act.FINDING_LOOK,
    "pages.message.answer_draft": Act.MESSAGE_SEND,
    "pages.message.message_page": Act.MESSAGE_LOOK,
    "pages.office.add_user": Act.USER_CHANGE,
    "pages.office.disable_user": Act.USER_CHANGE,
    "pages.office.members": Act.USER_CHANGE,
    "pages.office.office": Act.PARTNER_LOOK,
    "pages.office.reset_user": Act.USER_CHANGE,
    "pages.payments.payments": Act.FINDING_LOOK,
    "pages.payments.trace": Act.FINDING_LOOK,
    "pages.preview.preview": Act.MESSAGE_SEND,
    "pages.queue.queue": Act.FINDING_LOOK,
    "pages.scan_pixels.drawn": Act.RECORD_LOOK,
    "pages.scan_pixels.materials": Act.RECORD_LOOK,
    "pages.scan_pixels.pixels": Act.RECORD_LOOK,
    "pages.scans.scan": Act.RECORD_LOOK,
    "pages.scans.scans": Act.RECORD_LOOK,
    "pages.search.find": Act.RECORD_LOOK,
    "pages.search.keep": Act.RECORD_LOOK,
    "pages.sending.approve": Act.MESSAGE_APPROVE,
    "pages.sending.ask_consent": Act.MESSAGE_SEND,
    "pages.sending.consent": Act.CONSENT_GIVE,
    "pages.sending.recall": Act.FACT_AMEND,
    "pages.sending.send": Act.MESSAGE_SEND,
    "pages.sharing.as_ftm": Act.FINDING_RELEASE,
    "pages.sharing.list_as_ftm": Act.FINDING_RELEASE,
    "pages.timeline.timeline": Act.CASE_LOOK,
    "pages.triage.sort_many": Act.FINDING_DECIDE,
    "partners.add": Act.PARTNER_ADD,
    "partners.confirm": Act.PARTNER_CONFIRM,
    "partners.every": Act.PARTNER_LOOK,
    "partners.sign_agreement": Act.AGREEMENT_SIGN,
    "partners.step": Act.PARTNER_SUSPEND,
    "reading.read_files": Act.RECORD_ADD,
    "releasing.release": Act.ITEM_RELEASE,
    "releasing.withdraw": Act.ITEM_RELEASE,
    "releasing.withheld": Act.ITEM_RELEASE,
    "reporting.report": Act.REPORT_MAKE,
    "safeguarding.approve_suspect": Act.SUSPECT_APPROVE,
    "safeguarding.ask_suspect": Act.SUSPECT_MAKE,
    "safeguarding.decide": Act.TASK_DECIDE,
    "safeguarding.due_for_erasure": Act.IDENTITY_ERASE,
    "safeguarding.erase": Act.IDENTITY_ERASE,
    "safeguarding.grant": Act.IDENTITY_GRANT,
    "safeguarding.link": Act.IDENTITY_LOOK,
    "safeguarding.notified": Act.TASK_DECIDE,
    "safeguarding.read": Act.IDENTITY_LOOK,
    "safeguarding.report": Act.INDICATOR_REPORT,
    "safeguarding.tasks": Act.TASK_LOOK,
    "scan_keep.keep_files": Act.IMAGE_SCAN,
    "scan_keep.outcomes": Act.RECORD_LOOK,
    "screening.at_node": Act.LIST_SCREEN,
    "screening.prepare": Act.LIST_SCREEN,
    "setup.new_card": Act.KEY_CHANGE,
    "signin.reset": Act.USER_CHANGE,
    "signin.ways": Act.USER_CHANGE,
    "tables.read_tables": Act.RECORD_ADD,
    "taxii_dump.dump": Act.RECORD_LOOK,
    "taxii_dump.load": Act.COLLECTION_CHANGE,
    "taxii_pull.pull": Act.RECORD_ADD,
    "taxii_push.push": Act.FINDING_RELEASE,
    "taxii_users.set_password": Act.USER_CHANGE,
    "ti_release.export": Act.FINDING_RELEASE,
    "ti_release.held": Act.RECORD_LOOK,
    "ti_release.kept_back": Act.MESSAGE_SEND,
    "ti_release.release": Act.MESSAGE_SEND,
    "trace.at_node": Act.TABLE_TRACE,
    "trail.features": Act.TABLE_TRACE,
    "trail.follow": Act.TABLE_TRACE,
    "uploads.begin": Act.CASE_ADD,
    "uploads.held": Act.CASE_ADD,
    "uploads.let_go": Act.CASE_ADD,
    "uploads.piece": Act.CASE_ADD,
    "uploads.take": Act.CASE_ADD,
    "users.add": Act.USER_CHANGE,
    "users.disable": Act.USER_CHANGE,
    "watch_keep.expire": Act.DETECTION_WATCH,
    "watch_keep.keep": Act.DETECTION_WATCH,
    "watch_keep.keep_file": Act.DETECTION_WATCH,
    "watch_share.received": Act.MESSAGE_LOOK,
    "watch_share.send": Act.MESSAGE_SEND,
    "watch_widen.widen": Act.DETECTION_WIDEN,
    "witness.clear": Act.PARTNER_SUSPEND,
    "witness.prove": Act.PROOF_MAKE,
    "witness.sync": Act.PARTNER_LOOK,
}
"""What each asks for. Who may do that is said in `policy.acts` and nowhere else."""

OF_THE_READER: Final = "a bundle at hand holds its own inputs; what this node holds is read by a view"
INNER: Final[dict[str, str]] = {
    "attachments.attach": "messages.send asks",
    "findings.check_repeated": "findings.decide asks; it changes nothing",
    "findings.keep": "whoever runs an engine asks",
    "lists.sees_whole": "it reads what it is handed",
    "messages.decision_keeper": "it keeps nothing before messages.send or correspondence.tell",
    "pages.entity.findings_about": "it reads a view, and shows nothing to whoever may not look at findings",
    "pages.exports.note": "it notes in the ledger what a page has made",
    "pages.filters.kept": "what a user keeps is the user's own",
    "pages.filters.stopped_at": "pages.filters.kept asks",
    "pages.once.made_before": "what a user's own key has made",
    "pages.once.once": "what it carries out asks",
    "pages.preview.letter_of": "pages.preview.preview and pages.sending.send ask",
    "pages.preview.choices": "it is empty for whoever may not send",
    "pages.pulse.numbers": "it counts what each role may count, and no more",
    "pages.scan_open.by_image": "it reads a view",
    "pages.scan_open.opened": "it reads a view",
    "pages.search.kept": "a search is the user's own; what it finds asks",
    "pages.search.save": "a search is the user's own; what it finds asks",
    "pages.search.saved_searches": "a search is the user's own; what it finds asks",
    "pages.seen.all_findings": "it reads a view",
    "pages.seen.seen": "it reads a view",
    "pages.sharing.partners": "it is empty for whoever may not send",
    "pages.start.start": "the front page of every role: each part asks",
    "releasing.released": "case_sealing.export asks",
    "replaying.replay_here": OF_THE_READER,
    "replaying.sealed_inputs": "case_sealing.seal asks, and it reads a view",
    "safeguarding.open_for_case": "cases.take_in asks",
    "ti_keeping.keep": "taxii.Desk.post, taxii_pull.pull and reading ask",
    "trail.opened_tables": "trail.follow and trail.features ask",
}
"""What takes a session and does not ask by itself, and who does."""

GIVEN: Final[dict[str, dict[str, Any]]] = {
    "pages.exhibits.schedule_page": {"form": "mg6c"},
    "pages.exhibits.schedule_pdf": {"form": "mg6c"},
    "safeguarding.link": {"other": "y"},
    "taxii_push.push": {"wanted": Wanted("RS-MOI")},
}
"""What an operation looks at before it asks: it has to make sense."""

DESKS: Final = ("taxii.Desk.", "match_desk.Desk.")
"""Held to their own matrices: tests/authz/test_taxii.py, tests/authz/test_matching.py."""


def operations() -> dict[str, Callable[..., Any]]:
    """Every public function and method of the node that takes a session, by its name below `headwater.node`."""
    found: dict[str, Callable[..., Any]] = {}
    for module in pkgutil.walk_packages(headwater.node.__path__, "headwater.node."):
        try:
            loaded = importlib.import_module(module.name)
        except ModuleNotFoundError:
            # A module behind an extra that is not installed here; it may not be a door.
            assert "Session" not in source_of(module.name), module.name
            continue
        for name, thing in vars(loaded).items():
            if name.startswith("_") or getattr(thing, "__module__", None) != module.name:
                continue
            short = f"{module.name.removeprefix('headwater.node.')}.{name}"
            if inspect.isfunction(thing) and takes_session(thing):
                found[short] = thing
            elif inspect.isclass(thing):
                if "__init__" in vars(thing) and takes_session(thing.__init__) and not hasattr(thing, "__slots__"):
                    found[short] = thing
                methods = inspect.getmembers(thing, inspect.isfunction)
                found |= {
                    f"{short}.{word}": act for word, act in methods if not word.startswith("_") and takes_session(act)
                }
    return found


def source_of(module: str) -> str:
    found = importlib.util.find_spec(module)
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).read_text(encoding="utf-8")


def takes_session(act: Callable[..., Any]) -> bool:
    return any("Session" in str(one.annotation) for one in inspect.signature(act).parameters.values())


OPERATIONS: Final = operations()


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    return authz_world.stocked(tmp_path_factory.mktemp("python"))


@pytest.fixture(scope="module")
def shut(stock: Stock) -> Iterator[Node]:
    """The node that nothing may change: refusals leave it as it was."""
    with node_world.node_at(stock.home, FakeClock()) as opened:
        yield opened


@pytest.fixture
def node(stock: Stock, tmp_path: Path) -> Iterator[Node]:
    """A copy of the node for whoever may change it."""
    home = shutil.copytree(stock.home, tmp_path / "uk")
    with node_world.node_at(home, FakeClock()) as opened:
        yield opened


def call(act: Callable[..., Any], node: Node, who: Any, folder: Path, given: dict[str, Any] | None = None) -> Any:
    """Call an operation with something for each parameter that has to be given."""
    words: list[Any] = []
    named: dict[str, Any] = {}
    for name, one in inspect.signature(act).parameters.items():
        found = {**joined(name, str(one.annotation), node, who), **(given or {})}
        if name not in found and one.default is not inspect.Parameter.empty:
            continue
        value = found[name] if name in found else something(name, str(one.annotation), folder)
        if named or one.kind is inspect.Parameter.KEYWORD_ONLY or one.default is not inspect.Parameter.empty:
            named[name] = value
        else:
            words.append(value)
    done = act(*words, **named)
    if isinstance(done, AbstractContextManager):
        with done as found_inside:
            return found_inside
    return done


def joined(name: str, kind: str, node: Node, who: Any) -> dict[str, Any]:
    """What an operation needs of the node and of who asks."""
    if "Session" in kind:
        return {name: (node, who) if "tuple[" in kind else who}
    return {"self": node, "node": node, "store": node.store}


def given_to(name: str, folder: Path) -> dict[str, Any]:
    """What an operation is given, with files that can be read where it reads before it asks."""
    if name.startswith("watch_"):
        night = write_night(folder, river_night())
        shared = {"schema": SCHEMA, "origin": {"lat": 45.0, "lon": 20.0}, "at": "2026-11-25T03:00:00Z", "tracks": []}
        (folder / "tracks.json").write_text(json.dumps(shared), encoding="utf-8")
        return {
            "watch_keep.keep_file": {"form": "sapient", "path": night["sapient"], "context": night["context"]},
            "watch_share.send": {"tracks": folder / "tracks.json", "to": "RS-MOI"},
        }.get(name, {})
    if name == "reading.read_files":
        return {"name": "report", "files": [str(node_world.write_report(folder, reference="EX/UK/19"))]}
    return GIVEN.get(name, {})


def something(name: str, kind: str, folder: Path) -> Any:
    """Something of the kind that a parameter wants, so plain that the first question is whether one may."""
    if name in {"files", "paths", "cards", "agreements"}:
        return [folder / "none"]
    if "Path" in kind:
        return folder / "none"
    for word, value in (
        ("MessageId", MESSAGE), ("FindingId", FindingId("fnd-" + "0" * 40)), ("Sequence", ("x",)), ("Iterable", ("x",)),
        ("Mapping", {}), ("list[", []), ("dict[", {}), ("bool", False), ("int", 2026), ("float", 0.1), ("datetime", datetime(2027, 1, 1, tzinfo=UTC)),
        ("date", date(2027, 1, 1)), ("str", "x"),
    ):  # fmt: skip
        if word in kind:
            return value
    return None


def test_every_operation_that_takes_a_session_is_in_a_table_and_every_line_is_one() -> None:
    told = {name for name in OPERATIONS if not name.startswith(DESKS)}
    assert told - ACTS.keys() - INNER.keys() == set(), "say what it asks for"
    assert ACTS.keys() - told == set()
    assert INNER.keys() - told == set()
    assert not ACTS.keys() & INNER.keys()


def test_no_command_and_no_page_calls_what_does_not_ask_by_itself() -> None:
    root = Path(headwater.node.__path__[0]).parent
    doors = "\n".join(
        path.read_text(encoding="utf-8") for room in ("cli", "web") for path in (root / room).rglob("*.py")
    )
    for name in sorted(name for name in INNER if not name.startswith("pages.") and INNER[name] is not OF_THE_READER):
        module, _, function = name.rpartition(".")
        word = module.rpartition(".")[2]
        assert not re.search(rf"\b{word}(?:ing)?\.{function}\(", doors), name


@pytest.mark.parametrize("name", sorted(ACTS))
def test_no_role_is_let_in_where_the_acts_do_not_say_so_and_nothing_changes(
    name: str, shut: Node, stock: Stock, tmp_path: Path
) -> None:
    act = ACTS[name]
    before, wrong = inventory(stock.home), []
    for role in denied(act):
        try:
            call(OPERATIONS[name], shut, session(shut, role, purpose_of(act)), tmp_path, given_to(name, tmp_path))
            said = "let in"
        except PolicyError as error:
            said = "" if error.what.startswith("rule role") else str(error)
        except (HeadwaterError, TypeError, AttributeError) as error:
            said = f"{type(error).__name__}: {error}"
        after = inventory(stock.home)
        if said or after != before:
            wrong.append((role.value, said, changed(before, after)))
        before = after
    assert wrong == []


@pytest.mark.parametrize("name", sorted(ACTS))
def test_each_asks_for_its_own_act_and_not_for_another_that_the_same_roles_may_do(
    name: str, shut: Node, tmp_path: Path
) -> None:
    act = ACTS[name]
    grants = {each: frozenset[Role]() if each is act else frozenset(Role) for each in Act}
    who = session(shut, Role.SUPERVISOR, purpose_of(act))
    with mock.patch.object(policy_session, "GRANTS", grants), pytest.raises(PolicyError, match=f"rule role: {act} "):
        call(OPERATIONS[name], shut, who, tmp_path, given_to(name, tmp_path))


@pytest.mark.parametrize("name", sorted(name for name, act in ACTS.items() if act in NEEDS_PURPOSE))
def test_what_may_be_done_for_some_purposes_only_is_refused_for_others_and_nothing_changes(
    name: str, shut: Node, stock: Stock, tmp_path: Path
) -> None:
    before = inventory(stock.home)
    for role in GRANTS[ACTS[name]]:
        with pytest.raises(NoBasisError, match="rule purpose"):
            call(OPERATIONS[name], shut, session(shut, role, "oic"), tmp_path, given_to(name, tmp_path))
    assert inventory(stock.home) == before


MISSING_FINDING: Final = FindingId("fnd-" + "0" * 40)
MISSING_RECORD: Final = RecordId("rec-" + "0" * 40)


def asked(ref: str) -> Ask:
    return Ask(ref=FindingId(ref), verb=Verb.CONFIRM, reason="matrix", version="0", key=f"key {ref}")


def told(**parts: Any) -> dict[str, Any]:
    """A message to a partner that is made of something."""
    return {"envelope": messages.address("spontaneous", "RS-MOI", "EX"), "letter": messages.Letter(**parts)}


def drawn(**parts: Any) -> dict[str, Any]:
    """The same as a form holds it."""
    return {"draft": Draft(to=AuthorityId("RS-MOI"), agreement="EX", **parts), "key": "k"}


SECOND: Final[dict[str, tuple[str, Callable[[str], dict[str, Any]]]]] = {
    "cases.keep_findings": ("finding", lambda ref: {"urn": URN, "refs": [ref]}),
    "case_sealing.seal": ("finding", lambda ref: {"urn": URN, "refs": [ref], "withhold": True, "stamp": "none"}),
    "findings.decide": ("finding", lambda ref: {"ref": ref, "verb": Verb.CONFIRM, "reason": "matrix"}),
    "findings.decided": ("finding", lambda ref: {"start": ref}),
    "findings.find": ("finding", lambda ref: {"start": ref}),
    "findings.one": ("finding", lambda ref: {"ref": ref}),
    "findings.release": ("finding", lambda ref: {"ref": ref, "form": "ftm"}),
    "liaison.amend": ("record", lambda ref: {"action": "erase", "facts": [ref]}),
    "liaison.ask_consent": ("record", lambda ref: {"facts": [ref], "to": "XK"}),
    "liaison.keep_as_evidence": ("record", lambda ref: {"facts": [ref]}),
    "liaison.named": ("record", lambda ref: {"names": [ref]}),
    "linking.explain_at": ("entity", lambda ref: {"left": "UK-NCA/seen-1", "right": f"UK-NCA/{ref}"}),
    "linking.judge": ("entity", lambda ref: {"left": "UK-NCA/seen-1", "right": f"UK-NCA/{ref}", "verdict": "same"}),
    "messages.dry_run": ("record", lambda ref: told(records=(ref,))),
    "messages.dry_run of a fact": ("record", lambda ref: told(facts=(f"{ref}/0",))),
    "messages.dry_run of a finding": ("finding", lambda ref: told(findings=(messages.FindingChoice(id=ref),))),
    "messages.send": ("record", lambda ref: told(records=(ref,))),
    "messages.send of a finding": ("finding", lambda ref: told(findings=(messages.FindingChoice(id=ref),))),
    "ofsi.report": ("finding", lambda ref: {"ref": ref, "informant": Informant("X", "", ""), "assets": []}),
    "pages.casefile.keep_finding": ("finding", lambda ref: {"urn": URN, "ref": ref}),
    "pages.charts.make": ("entity", lambda ref: {"key": ref}),
    "pages.deciding.decide": ("finding", lambda ref: {"ask": asked(ref)}),
    "pages.deciding.dismiss_many": ("finding", lambda ref: {"asks": [asked(ref)]}),
    "pages.deciding.undo": ("finding", lambda ref: {"ask": asked(ref)}),
    "pages.entity.entity_page": ("entity", lambda ref: {"key": ref}),
    "pages.entity_tabs.places": ("entity", lambda ref: {"key": ref}),
    "pages.entity_tabs.times": ("entity", lambda ref: {"key": ref}),
    "pages.finding.compare": ("finding", lambda ref: {"ref": ref}),
    "pages.finding.finding_page": ("finding", lambda ref: {"ref": ref}),
    "pages.payments.trace": ("finding", lambda ref: {"ref": ref}),
    "pages.preview.preview": ("entity", lambda ref: drawn(entity=ref)),
    "pages.preview.preview of a finding": ("finding", lambda ref: drawn(findings=(ref,))),
    "pages.preview.preview of a record": ("record", lambda ref: drawn(records=(ref,))),
    "pages.scan_pixels.drawn": ("record", lambda ref: {"ref": ref}),
    "pages.scan_pixels.materials": ("record", lambda ref: {"ref": ref}),
    "pages.scan_pixels.pixels": ("record", lambda ref: {"ref": ref}),
    "pages.scans.scan": ("record", lambda ref: {"ref": ref}),
    "pages.sending.ask_consent": ("record", lambda ref: {"facts": [ref], "to": "XK", "key": "k"}),
    "pages.sending.recall": ("record", lambda ref: {"action": "erase", "facts": [ref], "key": "k"}),
    "pages.sending.send": ("entity", lambda ref: drawn(entity=ref)),
    "pages.sharing.as_ftm": ("entity", lambda ref: {"key": ref}),
    "pages.sharing.list_as_ftm": ("entity", lambda ref: {"keys": [ref]}),
    "pages.triage.sort_many": ("finding", lambda ref: {"refs": [ref], "wish": Wish(sort=Sort.TAKE)}),
    "witness.prove": ("finding", lambda ref: {"subject": ref, "kind": None}),
    "witness.prove of a look": ("entity", lambda ref: {"subject": ref, "kind": "look.entity"}),
    "witness.prove of a record": ("record", lambda ref: {"subject": ref, "kind": None}),
}
"""Where an identifier of something else may be given: the operation, what it names, and the parameters around it."""


def outcome(act: Callable[..., Any], node: Node, who: Any, folder: Path, given: dict[str, Any], ref: str) -> str:
    """What comes of it, in words that do not hold the identifier."""
    try:
        found = repr(call(act, node, who, folder, given))
    except HeadwaterError as error:
        found = f"{error.code}: {error}"
    return re.sub(r"0x[0-9a-f]+", "", found.replace(ref, "REF"))


@pytest.mark.parametrize("line", sorted(SECOND))
def test_a_second_identifier_of_what_is_hidden_is_answered_like_one_of_what_there_is_not(
    line: str, node: Node, stock: Stock, tmp_path: Path
) -> None:
    kind, given = SECOND[line]
    name = line.partition(" of ")[0]
    hidden, missing = {
        "finding": (stock.hidden_finding, MISSING_FINDING),
        "record": (stock.hidden_record, MISSING_RECORD),
        "entity": ("hidden-1", "nobody-1"),
    }[kind]
    browse(node)
    before, wrong = inventory(node.home), []
    for role in sorted(GRANTS[ACTS[name]] - {Role.AUDITOR}):
        who = session(node, role, purpose_of(ACTS[name]))
        said = [outcome(OPERATIONS[name], node, who, tmp_path, given(ref), ref) for ref in (hidden, missing)]
        after = inventory(node.home)
        if said[0] != said[1] or after != before:
            wrong.append((role.value, *said, changed(before, after)))
        before = after
    assert wrong == []


def test_nothing_that_the_node_keeps_may_be_read_by_anybody_else_on_its_machine(node: Node, tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        found = search.find(node, session(node, Role.ANALYST), search.Search(only(Role.ANALYST), "Ivo Vidljivić"))
        table = tmp_path / "table.parquet"
        table.write_bytes(b"PAR1 an invented table PAR1")
        node.store.put_table(table)
        node.store.put_blob(b"an invented picture")
    finally:
        os.umask(before)
    assert found.hits
    modes = {str(path.relative_to(node.home)): stat.S_IMODE(path.lstat().st_mode) for path in node.home.rglob("*")}
    assert {"derived", "roots", "keys", "blobs", "tables"} <= {*modes}
    assert [name for name in modes if "search" in name], modes
    # A case's own files are as they were given, below a folder for the node alone.
    open_ones = {name: f"{mode:o}" for name, mode in modes.items() if mode & 0o077 and not name.startswith("cases/")}
    assert open_ones == {}
    assert "headwater.toml" in modes
    assert "derived/search-2.sqlite-wal" in modes


def browse(node: Node) -> None:
    """Somebody who may see them looks at the hidden things, so that the ledger speaks of them."""
    with node.view(node.session("only-analyst", "drugs")) as view:
        view.entity(EntityKey("hidden-1"))
        assert [record.id for record in view.records(mentions=EntityKey("hidden-1"))]
