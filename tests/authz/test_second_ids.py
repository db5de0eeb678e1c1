"""The page: every second identifier that a path, a query or a form may bring, of what is hidden and of what is somebody else's.

Whatever is named, the answer is that for what there is not, and everything that the node holds is what it held before.
"""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from headwater.node import Node
from headwater.policy.acts import GRANTS, Act, Role
from headwater.testing.fakes import FakeClock
from headwater.web.limits import Limits
from tests import authz_world, node_world
from tests.authz.test_matrix import MESSAGE
from tests.authz_world import URN, Stock, changed, inventory, only, purpose_of
from tests.page_world import Answer, Browser, browser

pytestmark = pytest.mark.usefixtures("unlimited")

WHY: Final = {"reason": "matrix", "key": "k"}
TOLD: Final = {"to": "RS-MOI@EX", "classification": "NONE", "text": "matrix", "key": "k", "shown": "x"}
LINES: Final[dict[str, tuple[str, Act, str, dict[str, str]]]] = {
    "GET /findings/REF": ("finding", Act.FINDING_LOOK, "/findings/REF", {}),
    "GET /findings/REF?format=json": ("finding", Act.FINDING_LOOK, "/findings/REF?format=json", {}),
    "GET /findings/REF?export=csv": ("finding", Act.FINDING_LOOK, "/findings/REF?export=csv", {}),
    "GET /findings/REF/compare": ("finding", Act.FINDING_LOOK, "/findings/REF/compare", {}),
    "POST /findings/REF/decide": ("finding", Act.FINDING_DECIDE, "/findings/REF/decide", {"verb": "confirm", "version": "0", **WHY}),
    "POST /findings/REF/undo": ("finding", Act.FINDING_DECIDE, "/findings/REF/undo", {"version": "0", **WHY}),
    "POST /queue/dismiss": ("finding", Act.FINDING_DECIDE, "/queue/dismiss", {"finding": "REF@0", **WHY}),
    "POST /queue/triage": ("finding", Act.FINDING_DECIDE, "/queue/triage", {"finding": "REF@0", "sort": "take", "key": "k"}),
    "POST /cases/URN/findings": ("finding", Act.CASE_ADD, f"/cases/{URN}/findings", {"finding": "REF", "key": "k"}),
    "GET /payments/REF": ("finding", Act.FINDING_LOOK, "/payments/REF", {}),
    "GET /entities/REF": ("entity", Act.RECORD_LOOK, "/entities/REF", {}),
    "GET /entities/REF?tab=map": ("entity", Act.RECORD_LOOK, "/entities/REF?tab=map", {}),
    "GET /entities/REF?tab=timeline": ("entity", Act.RECORD_LOOK, "/entities/REF?tab=timeline", {}),
    "GET /entities/REF?export=ftm": ("entity", Act.RECORD_LOOK, "/entities/REF?export=ftm", {}),
    "POST /charts": ("entity", Act.FINDING_LOOK, "/charts", {"entity": "REF", "key": "k"}),
    "GET /charts?entity=REF": ("entity", Act.FINDING_LOOK, "/charts?entity=REF", {}),
    "GET /exchange/new?entity=REF": ("entity", Act.MESSAGE_SEND, "/exchange/new?to=RS-MOI%40EX&entity=REF", {}),
    "GET /exchange/new?finding=REF": ("finding", Act.MESSAGE_SEND, "/exchange/new?to=RS-MOI%40EX&finding=REF", {}),
    "POST /exchange/preview of an entity": ("entity", Act.MESSAGE_SEND, "/exchange/preview", {"entity": "REF", **TOLD}),
    "POST /exchange/preview of a finding": ("finding", Act.MESSAGE_SEND, "/exchange/preview", {"finding": "REF", **TOLD}),
    "POST /exchange/preview of a record": ("record", Act.MESSAGE_SEND, "/exchange/preview", {"record": "REF", **TOLD}),
    "POST /exchange/preview of a fact": ("record", Act.MESSAGE_SEND, "/exchange/preview", {"fact": "REF/0", **TOLD}),
    "POST /exchange/send of an entity": ("entity", Act.MESSAGE_SEND, "/exchange/send", {"entity": "REF", **TOLD}),
    "POST /exchange/send of a finding": ("finding", Act.MESSAGE_SEND, "/exchange/send", {"finding": "REF", **TOLD}),
    "POST /exchange/send of a fact": ("record", Act.MESSAGE_SEND, "/exchange/send", {"fact": "REF/0", **TOLD}),
    "POST /exchange/consent": ("record", Act.MESSAGE_SEND, "/exchange/consent", {"fact": "REF/0", "to": "XK", **WHY}),
    "POST /exchange/MESSAGE/recall": ("record", Act.FACT_AMEND, f"/exchange/{MESSAGE}/recall", {"action": "erase", "fact": "REF/0", **WHY}),
    "GET /scans/REF": ("record", Act.RECORD_LOOK, "/scans/REF", {}),
    "GET /scans/REF/picture.png": ("record", Act.RECORD_LOOK, "/scans/REF/picture.png", {}),
    "GET /scans/REF/pixels": ("record", Act.RECORD_LOOK, "/scans/REF/pixels", {}),
    "GET /scans/REF/materials": ("record", Act.RECORD_LOOK, "/scans/REF/materials", {}),
}  # fmt: skip
"""What names something, of which kind it is, who may ask, where, and the form around it."""
MISSING: Final = {"finding": "fnd-" + "0" * 40, "record": "rec-" + "0" * 40, "entity": "nobody-1"}


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    return authz_world.stocked(tmp_path_factory.mktemp("second"))


@pytest.fixture
def node(stock: Stock, tmp_path: Path) -> Iterator[Node]:
    with node_world.node_at(shutil.copytree(stock.home, tmp_path / "uk"), FakeClock()) as opened:
        yield opened


@pytest.fixture
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Limits, "take", lambda *_: True)


def ask(reader: Browser, line: str, where: str, form: dict[str, str], ref: str) -> Answer:
    if line.startswith("GET"):
        return reader.get(where.replace("REF", ref))
    return reader.post(where.replace("REF", ref), {name: value.replace("REF", ref) for name, value in form.items()})


def plain(answer: Answer, ref: str) -> str:
    """An answer without the identifier that was asked for, and without what is drawn anew for every page."""
    text = answer.data.decode("utf-8", "replace").replace(ref, "REF")
    text = re.sub(r'name="(form_token|key)" value="[^"]*"|value="[^"]*" name="(form_token|key)"', "", text)
    goes_to = re.sub(r"/search/[\w-]+", "/search/TOKEN", answer.goes_to.replace(ref, "REF"))
    return f"{answer.status} {goes_to} {text}"


@pytest.mark.parametrize("line", LINES)
def test_what_is_hidden_is_answered_like_what_there_is_not_and_nothing_changes(
    line: str, node: Node, stock: Stock
) -> None:
    kind, act, where, form = LINES[line]
    hidden = {"finding": str(stock.hidden_finding), "record": str(stock.hidden_record), "entity": "hidden-1"}[kind]
    before, wrong = inventory(node.home), []
    for role in sorted(GRANTS[act]):
        reader = browser(node, only(role), purpose_of(act))
        said = [plain(ask(reader, line, where, form, ref), ref) for ref in (MISSING[kind], hidden)]
        after = inventory(node.home)
        if said[0] != said[1] or "Skriven" in said[1] or after != before:
            wrong.append((role.value, said[0][:300], said[1][:300], changed(before, after)))
        before = after
    assert wrong == []


PLAIN: Final = [
    line for line, (_, _, where, form) in LINES.items()
    if not re.search("payments|scans|to=RS|entity=|consent|tab=", where) and "RS-MOI@EX" not in form.values()
]  # fmt: skip
"""Lines where an identifier of what may be seen is enough for another answer; the others take a partner, a scan or a trace."""


@pytest.mark.parametrize("line", PLAIN)
def test_each_line_leads_somewhere_for_what_may_be_seen(line: str, node: Node, stock: Stock) -> None:
    """Or the lines above would show nothing: what may be seen is answered otherwise than what there is not."""
    kind, _, where, form = LINES[line]
    seen = {"finding": str(stock.finding), "record": str(stock.record), "entity": "seen-1"}[kind]
    reader = browser(node, node_world.WRITER)
    said = [plain(ask(reader, line, where, form, ref), ref) for ref in (MISSING[kind], seen)]
    assert said[0] != said[1]


# What is somebody else's own


def test_a_search_of_somebody_else_is_none(node: Node) -> None:
    token = browser(node, node_world.WRITER).post("/search", {"q": "Ivo"}).goes_to
    other = browser(node, only(Role.ANALYST))
    before = inventory(node.home)
    for where in ("", "?format=json", "?export=csv"):
        found = plain(other.get(f"{token}{where}"), token)
        assert found == plain(other.get(f"/search/none{where}"), "/search/none")
    assert (
        other.post(f"{token}/save", {"saved": "yes"}).status == other.post("/search/none/save", {"saved": "yes"}).status
    )
    assert inventory(node.home) == before


@pytest.mark.parametrize("act", ["expand", "hide", "move", "rename", "merge", "end", "case"])
def test_a_chart_of_somebody_else_is_none_in_path_and_in_form(node: Node, act: str) -> None:
    owner, other = browser(node, node_world.WRITER), browser(node, only(Role.ANALYST))
    theirs = (
        owner.post("/charts", {"entity": "seen-1", "title": "matrix", "key": "k"})
        .goes_to.rpartition("/")[2]
        .partition("?")[0]
    )
    mine = (
        other.post("/charts", {"entity": "seen-1", "title": "mine", "key": "k"})
        .goes_to.rpartition("/")[2]
        .partition("?")[0]
    )
    assert theirs
    assert mine
    before = inventory(node.home)
    form = {
        "act": act,
        "version": "1",
        "vertex": "seen-1",
        "title": "taken",
        "other": "REF",
        "x": "1",
        "y": "1",
        "case": URN,
    }

    def posted(path: str, ref: str) -> str:
        return plain(other.post(f"/charts/{path}", {**form, "other": ref}), ref)

    assert posted(theirs, theirs) == posted("none", "none")
    if act == "merge":
        assert posted(mine, theirs) == posted(mine, "none")
    assert plain(other.get(f"/charts/{theirs}"), theirs) == plain(other.get("/charts/none"), "none")
    assert inventory(node.home) == before
