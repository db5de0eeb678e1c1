"""Every route, for every role, on an object that may be seen and on one that is hidden: who is let in, and what changes.

After each request that must not be let in, everything the node holds is compared with what it held before.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from headwater.model.ids import FindingId
from headwater.node import Node, screening, users
from headwater.policy.acts import GRANTS, NEEDS_PURPOSE, Act, Role
from headwater.testing.fakes import FakeClock
from headwater.web import authz
from headwater.web.authz import Door
from headwater.web.limits import Limits
from tests import authz_world, node_world
from tests.node_world import WRITER, as_user, person, read, write_list, write_report
from tests.page_world import Answer, Browser, browser
from tests.scan_page_world import PERSON, claim, van

NAMES = ["Marko Izmišljotinović", "Ana Nepostojić"]
URN = "00EX0000126"
MESSAGE = "01a2150c-71ae-7357-b248-232d4e0be835"
ROUTES = sorted(authz.TABLE)
FORMS = {
    "/queue/triage": {"finding": "{finding}@0", "sort": "take", "key": "k"},
    "/queue/dismiss": {"finding": "{finding}@0", "reason": "matrix", "key": "k"},
    "/findings/{ref}/decide": {"verb": "dismiss", "reason": "matrix", "version": "0", "key": "k"},
    "/findings/{ref}/undo": {"reason": "matrix", "version": "0", "key": "k"},
    "/search": {"q": "Ana"},
    "/admin/users": {"name": "matrix", "role": "admin", "key": "k"},
    "/admin/users/disable": {"name": node_world.SUPERVISOR},
    "/cases": {"urn": URN, "operation": "MATRIX", "profile": "cps-dg6", "key": "k"},
    "/cases/{urn}/views": {"view": "defence"},
    "/exchange/send": {"to": "RS-MOI@X", "text": "matrix", "key": "k"},
    "/language": {"language": "sq"},
    "/authenticators/passkeys": {"passkey": "{}", "label": "matrix"},
    "/authenticators/codes/confirm": {"passphrase": "matrix of twelve words", "code": "123456"},
    "/authenticators/remove": {"passkey": "0" * 64},
    "/admin/users/reset": {"name": node_world.SUPERVISOR},
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A node with a user of each role alone, two findings, and a report that may not be seen for this purpose."""
    folder = tmp_path_factory.mktemp("matrix")
    home = node_world.init(folder / "uk")
    with node_world.node_at(home, FakeClock()) as node:
        for role in Role:
            users.add(node.store, as_user(node, WRITER, "operation"), users.User(f"only-{role}", frozenset({role})))
        read(node, "uk", write_list(folder / "in", NAMES))
        queries = [{"id": name, "name": name, "birth_date": "1975-04-02"} for name in NAMES]
        screening.at_node(node, as_user(node, WRITER, "sanctions"), screening.Asked(queries))
        read(node, "report", write_report(folder / "seen", person("seen-1", "Ivo Vidljivić")))
        hidden = write_report(
            folder / "hidden", person("hidden-1", "Ana Skrivenić"), reference="EX/UK/18", purposes=["drugs"]
        )
        read(node, "report", hidden)
        claim(node, van(node), "rescue", "person", PERSON)
    return home


@pytest.fixture
def node(world: Path, tmp_path: Path) -> Iterator[Node]:
    home = shutil.copytree(world, tmp_path / "uk")
    with node_world.node_at(home, FakeClock()) as opened:
        yield opened


def held(node: Node) -> str:
    """A hash over everything that the node holds but its ledger of looks and the page's own sessions and keys."""
    return authz_world.held(node.home)


def ask(reader: Browser, method: str, path: str, finding: FindingId, entity: str) -> Answer:
    where = (
        path.replace("{ref}", referred(reader.app.site.node, path, finding))
        .replace("{key:path}", entity)
        .replace("{urn}", URN)
        .replace("{task}", "task-1")
        .replace("{token}", "abc")
        .replace("{tree}", "0")
        .replace("{path:path}", "x.js")
        .replace("{id}", "none")
        .replace("{case}", URN)
    )
    if method == "GET":
        return reader.get(where)
    form = {name: value.replace("{finding}", finding) for name, value in FORMS.get(path, {}).items()}
    return reader.post(where, form)


def referred(node: Node, path: str, finding: FindingId) -> str:
    """What stands for the reference in a path: a finding, a scan or a message."""
    if path.startswith("/scans"):
        with node.view(as_user(node)) as view:
            return next(iter(view.records(source="scan"))).id
    return str(finding) if path.startswith("/findings") else MESSAGE


def purpose_of(needs: object) -> str:
    wanted = NEEDS_PURPOSE.get(needs) if isinstance(needs, Act) else None
    return next(iter(wanted)) if wanted else "oic"


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Limits, "take", lambda *_: True)


@pytest.mark.parametrize("role", sorted(Role))
def test_no_role_is_let_in_where_the_table_does_not_say_so_and_nothing_changes(
    node: Node, role: Role, unlimited: None
) -> None:
    readers: dict[str, Browser] = {}
    with node.view(as_user(node)) as view:
        finding = next(iter(view.findings())).id
    wrong: list[tuple[str, str, int | str]] = []
    for method, path in ROUTES:
        needs = authz.TABLE[method, path]
        if path in {"/events", "/sign-out"}:
            continue
        purpose = purpose_of(needs)
        reader = readers.setdefault(purpose, browser(node, f"only-{role}", purpose))
        may = isinstance(needs, Door) or role in GRANTS[needs]
        before = held(node)
        answer = ask(reader, method, path, finding, "seen-1")
        if may and answer.status == 403 and "rule role" in answer.text:
            # A page may ask for more than its route; then the room has said no.
            may = False
        if not may and (answer.status not in {403, 404} or held(node) != before):
            wrong.append((method, path, answer.status))
        if may and method == "GET" and held(node) != before:
            wrong.append((method, path, "a look changed something"))
    assert wrong == []


@pytest.mark.parametrize(("method", "path"), [route for route in ROUTES if authz.TABLE[route] is not Door.OPEN])
def test_whoever_is_not_signed_in_gets_nothing_and_changes_nothing(
    node: Node, method: str, path: str, unlimited: None
) -> None:
    before = held(node)
    answer = ask(browser(node), method, path, FindingId("fnd-" + "0" * 40), "seen-1")
    assert answer.status in {303, 401}
    assert "Ivo" not in answer.text
    assert held(node) == before


FORM_ROUTES = sorted(
    path for (method, path), needs in authz.TABLE.items() if method == "POST" and needs is not Door.OPEN
)


@pytest.mark.parametrize("path", FORM_ROUTES)
def test_a_form_without_its_token_changes_nothing(node: Node, path: str, unlimited: None) -> None:
    reader = browser(node, WRITER)
    with node.view(as_user(node)) as view:
        finding = next(iter(view.findings())).id
    before = held(node)
    form = {name: value.replace("{finding}", finding) for name, value in FORMS.get(path, {}).items()}
    where = re.sub(r"\{[^}]*\}", str(finding), path)
    # A form that must bring a file is refused for bringing none before its token is looked at.
    assert reader.post(where, form, token="").status == (415 if path == "/cases/{urn}/exhibits" else 403)
    assert held(node) == before


def test_what_is_hidden_is_answered_exactly_like_what_there_is_not(node: Node, unlimited: None) -> None:
    reader = browser(node, WRITER)
    hidden = reader.get("/entities/hidden-1")
    missing = reader.get("/entities/nothing-1")
    assert (hidden.status, missing.status) == (404, 404)
    assert hidden.data == missing.data
    assert hidden.headers == missing.headers
    twin = (reader.get("/entities/hidden-1?format=json"), reader.get("/entities/nothing-1?format=json"))
    assert twin[0].data == twin[1].data


def test_a_hidden_record_leaves_no_trace_on_any_page_twin_export_or_pulse(tmp_path: Path, unlimited: None) -> None:
    seen = {}
    for name, hide in (("without", False), ("with", True)):
        home = node_world.init(tmp_path / name / "uk")
        with node_world.node_at(home, FakeClock()) as node:
            read(node, "report", write_report(tmp_path / name / "seen", person("seen-1", "Ana Vidljivić")))
            if hide:
                secret = person("hidden-1", "Ana Skrivenić")
                read(
                    node,
                    "report",
                    write_report(tmp_path / name / "hidden", secret, reference="EX/9", purposes=["drugs"]),
                )
            reader = browser(node, WRITER)
            token = reader.post("/search", {"q": "Ana"}).goes_to
            told = []
            for path in (
                *("/", "/queue", "/queue?format=json", "/queue?export=json", token, f"{token}?format=json"),
                *(f"{token}?export=csv", "/entities/seen-1", "/entities/seen-1?format=json", "/pulse", "/exchange"),
            ):
                answer = reader.get(path)
                assert "Skriven" not in answer.text
                told.append((answer.status, answer.headers.get("etag"), _plain(answer.text)))
            seen[name] = told
    assert seen["with"] == seen["without"]


def test_a_search_belongs_to_whoever_made_it(node: Node, unlimited: None) -> None:
    token = browser(node, WRITER).post("/search", {"q": "Ivo"}).goes_to
    assert browser(node, "only-analyst").get(token).status == 404


def _plain(text: str) -> str:
    """A page without what is drawn anew for every session: tokens, keys, addresses of searches."""
    text = re.sub(r'name="(form_token|key)" value="[^"]*"', "", text)
    return re.sub(r"/search/[\w-]+", "/search/TOKEN", text)


OWN_NOTES = {
    "/queue/filters": "a filter is the reader's own",
    "/search": "a search is the reader's own",
    "/search/{token}/save": "a search is the reader's own",
    "/charts": "a chart is the reader's own",
    "/charts/{ref}": "a chart is the reader's own",
    "/protect/{task}/identity": "opening is what the act is about",
}
"""Forms that ask for no more than a look, and why."""


@pytest.mark.parametrize("path", FORM_ROUTES)
def test_a_form_asks_for_an_act_that_changes_something_and_not_for_a_look(path: str) -> None:
    needs = authz.TABLE["POST", path]
    if isinstance(needs, Act):
        assert needs.endswith((":look", ":show")) == (path in OWN_NOTES), f"{path} asks for {needs}"
    else:
        assert path == "/language" or path.startswith(("/authenticators", "/sign-out")), path


def test_a_case_is_opened_and_added_to_by_case_builders_alone() -> None:
    assert authz.TABLE["POST", "/cases"] is Act.CASE_OPEN
    assert {authz.TABLE["POST", path] for path in FORM_ROUTES if path.startswith("/cases/")} == {
        Act.CASE_ADD,
        Act.CASE_EXPORT,
        Act.CASE_SCHEDULE,
        Act.CASE_SEAL,
        Act.CASE_VERIFY,
    }
