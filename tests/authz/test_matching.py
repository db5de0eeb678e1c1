"""The matching door: every route and method, with a token of every role; a route that is not in the table fails.

A token gives what its user may, for its purpose; after each refusal everything that the node holds is what it held before.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from starlette.routing import Route

from headwater.node import Node, match_desk
from headwater.policy.acts import GRANTS, Act, Role
from headwater.testing.fakes import FakeClock
from headwater.web.matching import matching_app
from tests import authz_world, node_world
from tests.authz_world import NAMES, Stock, changed, inventory, only
from tests.node_world import WRITER, as_user
from tests.unit.web.test_matching import call

TABLE: Final[dict[tuple[str, str], Act | None]] = {
    ("POST", "/match/{dataset}"): Act.LIST_SCREEN,
    ("GET", "/catalog"): Act.LIST_SCREEN,
    ("GET", "/reconcile"): None,
    ("POST", "/reconcile"): Act.LIST_SCREEN,
    ("GET", "/reconcile/properties"): None,
    ("GET", "/healthz"): None,
}
"""What each route asks for; the manifest of the service asks for a token alone, and whether it answers for none."""
QUESTION: Final = json.dumps(
    {"queries": {"q": {"schema": "Person", "properties": {"name": [NAMES[1]], "birthDate": ["1975-04-02"]}}}}
).encode()
FORM: Final = b"queries=" + json.dumps({"q": {"query": NAMES[1]}}).encode()


@pytest.fixture(scope="module")
def stock(tmp_path_factory: pytest.TempPathFactory) -> Stock:
    return authz_world.stocked(tmp_path_factory.mktemp("matching"))


@pytest.fixture(scope="module")
def node(stock: Stock) -> Iterator[Node]:
    with node_world.node_at(stock.home, FakeClock()) as opened:
        yield opened


@pytest.fixture(scope="module")
def tokens(node: Node) -> dict[Role, str]:
    admin = as_user(node, WRITER, "operation")
    made = {role: match_desk.issue(node, admin, only(role), "sanctions") for role in Role}
    for role in GRANTS[Act.LIST_SCREEN]:  # hits of the first question are claimed once
        ask(node, "POST", "/match/{dataset}", made[role])
        ask(node, "POST", "/reconcile", made[role])
    return made


def ask(node: Node, method: str, path: str, token: str) -> tuple[int, Any]:
    body = {"/match/{dataset}": QUESTION, "/reconcile": FORM}.get(path, b"") if method == "POST" else b""
    return call(node, method, path.replace("{dataset}", "default"), body, f"Bearer {token}" if token else "")


def test_every_route_is_in_the_table_and_every_line_of_it_is_a_route(node: Node) -> None:
    found = {
        (method, route.path)
        for route in matching_app(match_desk.Desk(node)).routes
        if isinstance(route, Route)
        for method in route.methods or ()
        if method != "HEAD"
    }
    assert found == set(TABLE)


@pytest.mark.parametrize("role", sorted(Role))
def test_a_token_gives_what_its_user_may_and_a_refusal_changes_nothing(
    node: Node, tokens: dict[Role, str], role: Role
) -> None:
    before, wrong = inventory(node.home), []
    for (method, path), act in TABLE.items():
        status, answer = ask(node, method, path, tokens[role])
        after, may = inventory(node.home), act is None or role in GRANTS[act]
        if status != (200 if may else 403) or after != before or (not may and set(answer) != {"code", "detail"}):
            wrong.append((method, path, status, answer, changed(before, after)))
        before = after
    assert wrong == []


@pytest.mark.parametrize("token", ["", "wrong", "0" * 43])
def test_without_a_token_nothing_is_answered_but_that_it_answers(node: Node, token: str) -> None:
    before = inventory(node.home)
    said = {line: ask(node, *line, token)[0] for line in TABLE}
    assert said == {line: 200 if line == ("GET", "/healthz") else 401 for line in TABLE}
    assert inventory(node.home) == before


def test_a_token_of_a_user_who_is_switched_off_is_none_any_more(stock: Stock, tmp_path: Path) -> None:
    import shutil

    from headwater.node import users

    home = shutil.copytree(stock.home, tmp_path / "uk")
    with node_world.node_at(home, FakeClock()) as opened:
        admin = as_user(opened, WRITER, "operation")
        token = match_desk.issue(opened, admin, only(Role.ANALYST), "sanctions")
        users.disable(opened.store, admin, only(Role.ANALYST))
        before = inventory(home)
        assert {ask(opened, *line, token)[0] for line in TABLE if line[1] != "/healthz"} == {403}
        assert inventory(home) == before


def test_what_is_hidden_from_the_purpose_of_a_token_is_answered_like_what_there_is_not(
    node: Node, tokens: dict[Role, str]
) -> None:
    said = []
    for name in ("Ana Skrivenić", "Nobody Whatsoever"):
        body = json.dumps({"queries": {"q": {"schema": "Person", "properties": {"name": [name]}}}}).encode()
        status, answer = call(node, "POST", "/match/default", body, f"Bearer {tokens[Role.ANALYST]}")
        said.append((status, json.dumps(answer, ensure_ascii=False).replace(name, "NAME")))
    assert said[0] == said[1]
