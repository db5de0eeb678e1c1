"""Users: added and switched off by an admin, in roles that exist, and never so that no admin is left."""

import pytest

from headwater.errors import ConflictError, ForbiddenError, NoBasisError, SchemaError
from headwater.node import Node, users
from headwater.node.users import User
from tests.node_world import SUPERVISOR, WRITER, as_user, events

OTHER = User("b.other", frozenset({"analyst"}))


def test_an_admin_adds_a_user_who_can_then_act_in_the_role_and_no_other(node: Node) -> None:
    users.add(node.store, as_user(node), OTHER)
    session = as_user(node, "b.other")
    assert session.roles == {"analyst"}
    assert session.authority == node.authority
    assert [(event.who, event.subject) for event in events(node, "user.added")][-1] == (WRITER, "b.other")


def test_whoever_is_no_admin_adds_nobody(node: Node) -> None:
    with pytest.raises(ForbiddenError):
        users.add(node.store, as_user(node, SUPERVISOR), OTHER)
    assert OTHER.name not in [each["name"] for each in users.listed(node.store)]


def test_a_name_is_taken_once(node: Node) -> None:
    users.add(node.store, as_user(node), OTHER)
    with pytest.raises(ConflictError):
        users.add(node.store, as_user(node), User("b.other", frozenset({"admin"})))
    assert as_user(node, "b.other").roles == {"analyst"}


def test_a_user_who_is_switched_off_gets_no_session_and_keeps_the_name(node: Node) -> None:
    users.add(node.store, as_user(node), OTHER)
    users.disable(node.store, as_user(node), "b.other")
    with pytest.raises(ForbiddenError, match="switched off"):
        as_user(node, "b.other")
    with pytest.raises(ConflictError):
        users.add(node.store, as_user(node), OTHER)
    assert [each["disabled"] for each in users.listed(node.store) if each["name"] == "b.other"] == [True]


def test_whoever_is_no_admin_switches_nobody_off(node: Node) -> None:
    with pytest.raises(ForbiddenError):
        users.disable(node.store, as_user(node, SUPERVISOR), WRITER)
    assert as_user(node).user == WRITER


def test_the_last_admin_cannot_be_switched_off(node: Node) -> None:
    with pytest.raises(ConflictError, match="last admin"):
        users.disable(node.store, as_user(node), WRITER)
    users.add(node.store, as_user(node), User("b.other", frozenset({"admin"})))
    users.disable(node.store, as_user(node), WRITER)
    with pytest.raises(ConflictError, match="last admin"):
        users.disable(node.store, as_user(node, "b.other"), "b.other")


def test_nobody_can_be_switched_off_who_is_not_there(node: Node) -> None:
    with pytest.raises(ForbiddenError):
        users.disable(node.store, as_user(node), "nobody")


@pytest.mark.parametrize("roles", [frozenset(), frozenset({"king"}), frozenset({"analyst", "king"})])
def test_a_user_has_roles_that_there_are(roles: frozenset[str]) -> None:
    with pytest.raises(SchemaError):
        User("b.other", roles)


@pytest.mark.parametrize("name", ["", "  "])
def test_a_user_has_a_name(name: str) -> None:
    with pytest.raises(SchemaError):
        User(name, frozenset({"analyst"}))


def test_a_stranger_gets_no_session(node: Node) -> None:
    with pytest.raises(ForbiddenError, match="no such user"):
        as_user(node, "stranger")


def test_a_session_is_for_a_purpose_that_there_is(node: Node) -> None:
    with pytest.raises(NoBasisError):
        as_user(node, WRITER, "curiosity")
