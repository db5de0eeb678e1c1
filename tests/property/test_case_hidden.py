"""That somebody is protected shows in no count, order, suggestion or refusal: with and without, the answers are the same."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headwater.case.schedule import Form
from headwater.case.verifier import verify
from headwater.case.views import read_view
from headwater.errors import HeadwaterError
from headwater.node import Node, case_sealing, cases, findings, safeguarding
from headwater.testing.fakes import FakeClock
from tests import node_world
from tests.case_papers import words
from tests.case_world import write_case
from tests.node_world import GUARDIAN, SUPERVISOR, WRITER, as_user, node_at

URN = "00EX0000126"
NAMES = st.lists(
    st.text(st.characters(categories=["Lu", "Ll"]), min_size=6, max_size=12), min_size=1, max_size=3, unique=True
)
CATEGORIES = st.sampled_from(["victim", "smuggled"])


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return node_world.init(tmp_path_factory.mktemp("hidden") / "uk")


def answers(node: Node, folder: Path, out: Path) -> list[Any]:
    """All that users outside the safeguarding team are told of a case."""
    court, analyst = as_user(node, SUPERVISOR, "court"), as_user(node, WRITER, "oic")
    taken = cases.take_in(node, as_user(node, WRITER, "court"), folder)
    made = case_sealing.seal(node, court, URN, out / "bundle")
    view = case_sealing.export(node, court, str(out / "bundle"), out / "defence", read_view("defence"))
    refused = []
    for act in (
        lambda: safeguarding.read(node, as_user(node, GUARDIAN, "victim-protection"), "Person 0000000000", "x"),
        lambda: safeguarding.tasks(node, analyst),
        lambda: safeguarding.report(node, analyst, "Person 0000000000", "strong.violence", "x", "y"),
    ):
        with pytest.raises(HeadwaterError) as caught:
            act()
        refused.append((caught.value.code, str(caught.value)))
    return [
        [exhibit.ref for exhibit in taken.exhibits],
        [each["id"] for each in cases.every(node, analyst)],
        [(problem.code, problem.at) for problem in cases.check(node, court, URN)],
        len(findings.every(node, analyst)),
        [words(case_sealing.schedule(node, court, URN, form)) for form in Form],
        (made.head.count, verify(out / "bundle", None).withheld, view.shown, view.withheld),
        sorted(path.relative_to(out).as_posix() for path in out.rglob("*")),
        (out / "bundle" / "data" / "case.jsonld").read_bytes(),
        safeguarding.late(node),
        refused,
    ]


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(names=NAMES, category=CATEGORIES)
def test_a_protected_person_more_changes_no_answer(
    tmp_path_factory: pytest.TempPathFactory, template: Path, names: list[str], category: str
) -> None:
    top = tmp_path_factory.mktemp("world")
    told = []
    for side, people in (("without", []), ("with", names)):

        def change(case: dict[str, Any], people: list[str] = people) -> None:
            for number, name in enumerate(people):
                row = {
                    "id": f"V{number}",
                    "category": category,
                    "name": f"{name} Xqzwyk",
                    "contact": f"+000 555 99{number}",
                }
                case["persons"].append(row)

        home, out = shutil.copytree(template, top / f"home-{side}"), top / f"out-{side}"
        out.mkdir()
        with node_at(home, FakeClock()) as node:
            told.append(answers(node, write_case(top / f"folder-{side}", change), out))
    assert json.dumps(told[0], default=str) == json.dumps(told[1], default=str)
