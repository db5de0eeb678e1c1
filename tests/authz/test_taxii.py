"""The TAXII door: every route and method, for every role, on what may be seen and on what is hidden; and every second identifier.

A route that is not in the table fails. After each refusal everything that the node holds is what it held before.
"""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any, Final

import orjson
import pytest

from headwater.exercise.threats import CERT, cert, indicator, objects
from headwater.node import Node, taxii_users
from headwater.node.taxii import Desk
from headwater.policy.acts import GRANTS, Act, Role
from headwater.web.taxii import taxii_routes
from tests import cyber_world
from tests.authz_world import add_roles, changed, inventory, only
from tests.cyber_world import OWN, PASSWORD, RECEIVED, Answer, Cert
from tests.node_world import WRITER, as_user

_COLLECTION: Final = "/{root}/collections/{collection}"
TABLE: Final[dict[tuple[str, str], Act]] = {
    ("GET", "/taxii2/"): Act.RECORD_LOOK,
    ("GET", "/{root}/"): Act.RECORD_LOOK,
    ("GET", "/{root}/status/{status}/"): Act.RECORD_LOOK,
    ("GET", "/{root}/collections/"): Act.RECORD_LOOK,
    ("GET", f"{_COLLECTION}/"): Act.RECORD_LOOK,
    ("GET", f"{_COLLECTION}/manifest/"): Act.RECORD_LOOK,
    ("GET", f"{_COLLECTION}/objects/"): Act.RECORD_LOOK,
    ("POST", f"{_COLLECTION}/objects/"): Act.RECORD_ADD,
    ("GET", f"{_COLLECTION}/objects/{{object}}/"): Act.RECORD_LOOK,
    ("DELETE", f"{_COLLECTION}/objects/{{object}}/"): Act.RECORD_ADD,
    ("GET", f"{_COLLECTION}/objects/{{object}}/versions/"): Act.RECORD_LOOK,
}
"""What each route asks for. Who may is said in `policy.acts` and nowhere else."""

RED: Final = indicator(Random(8), "Skrivenić: for one", "[domain-name:value = 'x.example']", "RED", created_by_ref=CERT)
NOTHING: Final = "indicator--00000000-0000-4000-8000-000000000000"


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Cert]:
    """A CERT's node: a user of each role alone, four objects for all, and one for the writer's eyes."""
    with cyber_world.cert(tmp_path) as made:
        stocked(made)
        yield made


def stocked(at: Cert, *, red: bool = True) -> None:
    add_roles(at.node)
    admin = as_user(at.node, WRITER, "operation")
    for role in Role:
        taxii_users.set_password(at.node, admin, only(role), PASSWORD)
    assert at.post(objects(3)).status == 202
    if red:
        assert at.post([RED]).json["success_count"] == 1
    at.ids()  # what a look gathers is gathered


def routes(node: Node) -> set[tuple[str, str]]:
    """Every method of every route; HEAD is GET without a body."""
    return {
        (method, route.path)
        for route in taxii_routes(Desk(node))
        for method in (route.methods or ())
        if method != "HEAD"
    }


def ask(
    at: Cert, method: str, path: str, role: Role, *, ref: str = CERT, collection: str = "own", **more: Any
) -> Answer:
    where = (
        path.replace("{root}", "headwater")
        .replace("{collection}", collection)
        .replace("{object}", ref)
        .replace("{status}", "x")
    )
    body = orjson.dumps({"objects": [cert("changed")]}) if method == "POST" else b""
    return at.ask(method, where, body, user=only(role), **more)


def test_every_route_is_in_the_table_and_every_line_of_it_is_a_route(at: Cert) -> None:
    assert routes(at.node) == set(TABLE)


@pytest.mark.parametrize("role", sorted(Role))
def test_no_role_is_let_in_where_the_acts_do_not_say_so_and_nothing_changes(at: Cert, role: Role) -> None:
    before, wrong = inventory(at.node.home), list[tuple[str, str, int | str, list[str]]]()
    for (method, path), act in sorted(TABLE.items(), key=lambda line: (line[0][0] != "GET", line[0])):
        for collection, ref in (("own", CERT), ("own", RED["id"]), ("received", CERT), ("none", CERT)):
            answer = ask(at, method, path, role, ref=ref, collection=collection)
            may, after = role in GRANTS[act], inventory(at.node.home)
            if not may and (answer.status != 403 or after != before):
                wrong.append((method, path, answer.status, changed(before, after)))
            allowed = (method == "POST" and collection == "own") or (
                method == "DELETE" and (collection, ref) == ("own", CERT)
            )
            if may and after != before and not allowed:
                wrong.append((method, path, f"{answer.status} and changed {collection} {ref}", changed(before, after)))
            if (
                may
                and method == "GET"
                and collection == "own"
                and "{status}" not in path
                and ref == CERT
                and answer.status != 200
            ):
                wrong.append((method, path, answer.status, []))
            before = after
    assert wrong == []


@pytest.mark.parametrize(("method", "path"), sorted(TABLE))
@pytest.mark.parametrize("given", [{"password": "wrong"}, {"password": ""}])
def test_whoever_gives_no_right_password_gets_nothing_and_changes_nothing(
    at: Cert, method: str, path: str, given: dict[str, str]
) -> None:
    before = inventory(at.node.home)
    answer = ask(at, method, path, Role.ANALYST, **given)
    assert answer.status == 401
    assert inventory(at.node.home) == before


def told(answer: Answer, *refs: str) -> str:
    """An answer without the identifiers that were asked for, and what is drawn anew for each."""
    body = answer.json if answer.body else {}
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name not in {"id", "request_timestamp", "next"}}
    text = orjson.dumps(body).decode()
    for ref in refs:
        text = text.replace(ref, "REF")
    return f"{answer.status} {text}"


@pytest.mark.parametrize("role", sorted(GRANTS[Act.RECORD_ADD]))
@pytest.mark.parametrize(
    ("method", "where"),
    [
        ("GET", f"{OWN}/objects/REF/"),
        ("GET", f"{OWN}/objects/REF/?match[version]=all"),
        ("GET", f"{OWN}/objects/REF/versions/"),
        ("DELETE", f"{OWN}/objects/REF/"),
        ("DELETE", f"{OWN}/objects/REF/?match[version]=all"),
        ("GET", f"{OWN}/objects/?match[id]=REF"),
        ("GET", f"{OWN}/objects/?match[id]=REF,{CERT}"),
        ("GET", f"{OWN}/manifest/?match[id]=REF"),
        ("GET", f"{RECEIVED}/objects/REF/"),
        ("DELETE", f"{RECEIVED}/objects/REF/"),
    ],
)
def test_a_second_identifier_of_what_is_hidden_is_answered_like_one_of_what_there_is_not(
    at: Cert, method: str, where: str, role: Role
) -> None:
    before = inventory(at.node.home)
    hidden, missing = (
        told(at.ask(method, where.replace("REF", ref), user=only(role)), ref) for ref in (RED["id"], NOTHING)
    )
    assert hidden == missing
    assert "Skriven" not in hidden
    assert inventory(at.node.home) == before
    assert RED["id"] in at.ids()


def reference(ref: str, seed: int) -> dict[str, Any]:
    made = indicator(Random(seed), "points elsewhere", "[domain-name:value = 'y.example']", created_by_ref=CERT)
    tie = {
        **made,
        "type": "relationship",
        "id": made["id"].replace("indicator", "relationship"),
        "relationship_type": "related-to",
    }
    tie |= {"source_ref": ref, "target_ref": CERT}
    return {name: value for name, value in tie.items() if name not in {"pattern", "pattern_type", "valid_from", "name"}}


@pytest.mark.parametrize("role", sorted(GRANTS[Act.RECORD_ADD]))
def test_what_is_posted_is_answered_alike_whether_it_names_what_is_hidden_or_what_there_is_not(
    at: Cert, role: Role
) -> None:
    said = []
    for number, ref in enumerate((RED["id"], NOTHING)):
        made = reference(ref, 40 + number)
        said.append(told(at.post([made], user=only(role)), ref, made["id"]))
    assert said[0] == said[1]


@pytest.mark.parametrize("role", sorted(GRANTS[Act.RECORD_ADD]))
def test_an_object_that_somebody_else_holds_hidden_can_be_posted_as_if_it_were_new(tmp_path: Path, role: Role) -> None:
    said = []
    same = {**RED, "object_marking_refs": cert()["object_marking_refs"], "name": "for all"}
    for name, red in (("without", False), ("with", True)):
        with cyber_world.cert(tmp_path / name) as at:
            stocked(at, red=red)
            answer = at.post([same], user=only(role))
            shown = at.get(f"{OWN}/objects/{RED['id']}/", user=only(role))
            count = len(at.ids(user=only(role)))
            said.append((told(answer), told(shown), count))
            if red:
                assert "Skriven" in orjson.dumps(at.get(f"{OWN}/objects/{RED['id']}/?match[version]=all").json).decode()
    assert said[0] == said[1]


def test_a_cursor_of_somebody_else_shows_no_more_than_ones_own_eyes(at: Cert) -> None:
    page = at.get(f"{OWN}/objects/?limit=1").json
    mine = at.get(f"{OWN}/objects/?limit=100&next={page['next']}", user=only(Role.ANALYST))
    assert mine.status == 200
    assert RED["id"] not in {one["id"] for one in mine.json["objects"]}


def test_what_became_of_a_post_is_told_to_whoever_posted_it_and_to_nobody_else(at: Cert) -> None:
    ref = at.post([cert("again")]).json["id"]
    assert at.get(f"/headwater/status/{ref}/").status == 200
    for role in Role:
        other = at.get(f"/headwater/status/{ref}/", user=only(role))
        none = at.get("/headwater/status/none/", user=only(role))
        assert (other.status, other.body) == (none.status, none.body)
