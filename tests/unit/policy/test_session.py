"""Who may do what: the table of acts, sessions, four eyes."""

import re
from itertools import combinations

import pytest

from headwater.errors import ForbiddenError, NoBasisError, SchemaError
from headwater.model.ids import AuthorityId
from headwater.policy.acts import EVERYBODY, GRANTS, NEEDS_PURPOSE, Act, Role
from headwater.policy.purposes import PURPOSES, known_purpose
from headwater.policy.session import Session, allowed, may


def somebody(*roles: str, purpose: str = "oic", user: str = "ann") -> Session:
    return Session(user, AuthorityId("AA-POL"), purpose, frozenset(roles))


def test_every_act_is_in_the_table_and_nothing_else() -> None:
    assert set(GRANTS) == set(Act)
    assert set(NEEDS_PURPOSE) <= set(Act)


def test_every_act_is_granted_to_some_role_and_every_role_is_granted_some_act() -> None:
    assert [act for act in Act if not GRANTS[act]] == []
    assert frozenset[Role]().union(*GRANTS.values()) == frozenset(Role)
    own = {role: {act for act in Act if role in GRANTS[act] and GRANTS[act] != EVERYBODY} for role in Role}
    assert [role for role in Role if not own[role]] == []


@pytest.mark.parametrize("act", Act)
def test_an_act_is_named_room_resource_verb(act: Act) -> None:
    assert re.fullmatch(r"[a-z]+:[a-z]+:[a-z]+", act)


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("role", Role)
def test_a_session_may_do_exactly_what_the_table_grants_its_role(role: Role, act: Act) -> None:
    purpose = min(NEEDS_PURPOSE.get(act, {"oic"}))
    assert allowed(somebody(role, purpose=purpose), act) is (role in GRANTS[act])


def test_roles_add_up() -> None:
    both = somebody("auditor", "analyst")
    assert allowed(both, Act.LEDGER_SHOW)
    assert allowed(both, Act.RECORD_LOOK)


@pytest.mark.parametrize("act", Act)
def test_a_session_with_several_roles_may_do_what_one_of_them_may_and_never_approves_its_own_work(act: Act) -> None:
    needed = NEEDS_PURPOSE.get(act)
    for several in (*combinations(Role, 2), tuple(Role)):
        granted = bool(GRANTS[act] & set(several))
        for purpose in PURPOSES:
            session = somebody(*several, purpose=purpose)
            is_good = granted and (needed is None or purpose in needed)
            assert allowed(session, act) is is_good
            for author, is_other in (("ann", False), ("bob", True), ("Ann", True), ("", True), (None, True)):
                if is_good and is_other:
                    may(session, act, author=author)
                else:
                    with pytest.raises((ForbiddenError, NoBasisError)):
                        may(session, act, author=author)


def test_no_single_role_may_send_and_approve_for_itself_or_run_the_node_and_read() -> None:
    assert not (GRANTS[Act.USER_CHANGE] & GRANTS[Act.RECORD_LOOK])
    assert not (GRANTS[Act.LEDGER_SHOW] & GRANTS[Act.RECORD_LOOK])
    assert GRANTS[Act.MESSAGE_APPROVE] == {Role.SUPERVISOR}
    with pytest.raises(ForbiddenError, match="rule four-eyes"):
        may(somebody("supervisor"), Act.MESSAGE_APPROVE, author="ann")
    may(somebody("supervisor", user="sue"), Act.MESSAGE_APPROVE, author="ann")


def test_a_refusal_names_the_rule_the_act_and_who_may() -> None:
    with pytest.raises(ForbiddenError) as refused:
        may(somebody("analyst"), "exchange:message:approve")
    assert str(refused.value) == (
        "rule role: exchange:message:approve is not for analyst; ask somebody who is supervisor"
    )


@pytest.mark.parametrize("act", NEEDS_PURPOSE)
def test_a_protected_identity_is_touched_for_protection_only(act: Act) -> None:
    may(somebody("safeguarding", purpose="victim-protection"), act)
    with pytest.raises(NoBasisError, match="rule purpose"):
        may(somebody("safeguarding", purpose="oic"), act)
    assert not allowed(somebody("safeguarding", purpose="oic"), act)


def test_an_unknown_act_is_refused() -> None:
    with pytest.raises(SchemaError, match="no such act"):
        may(somebody("admin"), "store:record:burn")


@pytest.mark.parametrize("roles", [(), ("king",), ("analyst", "king")])
def test_a_session_has_known_roles(roles: tuple[str, ...]) -> None:
    with pytest.raises(SchemaError, match="role"):
        somebody(*roles)


def test_a_session_has_a_user_and_an_authority() -> None:
    with pytest.raises(SchemaError, match="without a user"):
        somebody("analyst", user=" ")
    with pytest.raises(SchemaError, match="not the name of an authority"):
        Session("ann", AuthorityId("police"), "oic", frozenset({"analyst"}))


@pytest.mark.parametrize("purpose", ["", "curiosity", "OIC"])
def test_a_purpose_that_is_not_known_is_no_basis(purpose: str) -> None:
    with pytest.raises(NoBasisError, match="rule purpose"):
        somebody("analyst", purpose=purpose)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_every_purpose_says_what_it_is_for(purpose: str) -> None:
    assert known_purpose(purpose) == purpose
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", purpose)
    assert len(PURPOSES[purpose].split()) >= 4
