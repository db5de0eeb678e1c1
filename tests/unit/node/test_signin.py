"""Tickets and sessions of the page: each lets in one user, once or until it ends, and nothing that is stored lets anybody in."""

from datetime import timedelta
from pathlib import Path

import pytest

from headwater.errors import ForbiddenError, NoBasisError
from headwater.model.canonical import encode
from headwater.node import Node, oidc, signin, users
from headwater.testing.fakes import FakeClock
from tests.node_world import SUPERVISOR, WRITER, as_user, events

USER = "n.new"


@pytest.fixture
def kept(node: Node) -> Node:
    """The node with one user more."""
    users.add(node.store, as_user(node, WRITER, "operation"), users.User(USER, frozenset({"analyst", "liaison"})))
    return node


def off(node: Node) -> None:
    users.disable(node.store, as_user(node, WRITER, "operation"), USER)


def test_a_ticket_lets_in_once(kept: Node) -> None:
    ticket = signin.ticket(kept, USER)
    held = signin.signed_in(kept, signin.redeem(kept, ticket, "oic", "sq"))
    assert held is not None
    assert (held.session.user, held.session.purpose, held.language) == (USER, "oic", "sq")
    assert held.session.roles == {"analyst", "liaison"}
    with pytest.raises(ForbiddenError, match="used up, too old or none"):
        signin.redeem(kept, ticket, "oic")
    assert len(events(kept, "page.signed-in")) == 1


@pytest.mark.parametrize(
    ("later", "lets_in"), [(timedelta(minutes=4, seconds=59), True), (timedelta(minutes=5), False)]
)
def test_a_ticket_is_good_for_less_than_five_minutes(
    kept: Node, clock: FakeClock, later: timedelta, lets_in: bool
) -> None:
    ticket = signin.ticket(kept, USER)
    clock.move(later)
    if lets_in:
        assert signin.signed_in(kept, signin.redeem(kept, ticket, "oic"))
    else:
        with pytest.raises(ForbiddenError, match="used up, too old or none"):
            signin.redeem(kept, ticket, "oic")


def test_whoever_is_switched_off_gets_no_ticket_uses_none_and_is_out_at_once(kept: Node) -> None:
    ticket, token = signin.ticket(kept, USER), signin.redeem(kept, signin.ticket(kept, USER), "oic")
    assert signin.signed_in(kept, token)
    off(kept)
    assert signin.signed_in(kept, token) is None
    with pytest.raises(ForbiddenError):
        signin.redeem(kept, ticket, "oic")
    for name in (USER, "nobody"):
        with pytest.raises(ForbiddenError):
            signin.ticket(kept, name)
    assert len(events(kept, "page.ticket-made")) == 2


def test_a_purpose_that_there_is_not_uses_no_ticket_up(kept: Node) -> None:
    ticket = signin.ticket(kept, USER)
    with pytest.raises(NoBasisError):
        signin.redeem(kept, ticket, "curiosity")
    assert signin.signed_in(kept, signin.redeem(kept, ticket, "oic"))


@pytest.mark.parametrize(("later", "holds"), [(timedelta(hours=12, seconds=-1), True), (timedelta(hours=12), False)])
def test_a_session_ends_after_twelve_hours(kept: Node, clock: FakeClock, later: timedelta, holds: bool) -> None:
    token = signin.redeem(kept, signin.ticket(kept, USER), "oic")
    clock.move(later)
    assert (signin.signed_in(kept, token) is not None) is holds


@pytest.mark.parametrize(
    ("later", "fresh"),
    [(timedelta(0), True), (timedelta(minutes=15, seconds=-1), True), (timedelta(minutes=15), False)],
)
def test_how_to_sign_in_is_changed_within_a_quarter_of_an_hour(
    kept: Node, clock: FakeClock, later: timedelta, fresh: bool
) -> None:
    held = signin.signed_in(kept, signin.redeem(kept, signin.ticket(kept, USER), "oic"))
    assert held is not None
    assert held.began == clock.now()
    clock.move(later)
    assert signin.is_fresh(kept, held) is fresh
    if not fresh:
        with pytest.raises(ForbiddenError, match="rule fresh"):
            signin.check_fresh(kept, held)


def test_what_was_signed_out_stays_out_whatever_is_asked_of_it(kept: Node) -> None:
    token, other = (signin.redeem(kept, signin.ticket(kept, USER), "oic") for _ in range(2))
    signin.sign_out(kept, token)
    signin.speak(kept, token, "sr")
    assert signin.signed_in(kept, token) is None
    assert signin.signed_in(kept, other)
    signin.sign_out(kept, token)
    signin.sign_out(kept, "no-such-token")
    assert len(events(kept, "page.signed-out")) == 1


def test_a_session_speaks_the_language_it_was_switched_to(kept: Node) -> None:
    token, other = (signin.redeem(kept, signin.ticket(kept, USER), "oic") for _ in range(2))
    signin.speak(kept, token, "sr")
    said = [held.language for each in (token, other) if (held := signin.signed_in(kept, each))]
    assert said == ["sr", ""]


def test_nothing_that_is_stored_or_shown_in_a_form_lets_anybody_in(kept: Node) -> None:
    ticket = signin.ticket(kept, USER)
    unused, token = signin.ticket(kept, USER), signin.redeem(kept, ticket, "oic")
    held = signin.signed_in(kept, token)
    assert held is not None
    stored = b"".join(path.read_bytes() for path in Path(kept.home).rglob("*") if path.is_file())
    for secret in (ticket, unused, token):
        assert secret.encode() not in stored
    shown = {held.form_token, signin.binding(token)}
    assert len(shown) == 2
    for each in shown:
        assert each.encode() not in stored, "who reads the store must not be able to make a form"
        assert signin.signed_in(kept, each) is None
    with kept.store.snapshot() as snapshot:
        for kind in (signin.TICKET, signin.SESSION):
            for key, _, _ in snapshot.documents(kind):
                assert signin.signed_in(kept, key) is None
                with pytest.raises(ForbiddenError):
                    signin.redeem(kept, key, "oic")


def test_a_reset_ends_the_sessions_of_that_user_and_of_no_other(kept: Node) -> None:
    mine = signin.redeem(kept, signin.ticket(kept, WRITER), "operation")
    theirs = [signin.redeem(kept, signin.ticket(kept, USER), "oic") for _ in range(2)]
    signin.reset(kept, as_user(kept, WRITER, "operation"), USER)
    assert signin.signed_in(kept, mine)
    assert [signin.signed_in(kept, each) for each in theirs] == [None, None]
    for who, name in ((WRITER, WRITER), (SUPERVISOR, USER), (WRITER, "nobody")):
        with pytest.raises(ForbiddenError):
            signin.reset(kept, as_user(kept, who, "operation"), name)


def test_a_reset_unties_a_user_from_the_provider(kept: Node) -> None:
    tie = oidc.Tied("https://provider.example", "12345", kept.clock.now())
    kept.store.write(lambda tx: tx.put_document(oidc.TIED, USER, encode(tie)))
    admin = as_user(kept, WRITER, "operation")
    assert signin.ways(kept, admin, USER)["oidc_issuer"] == "https://provider.example"
    assert signin.reset(kept, admin, USER) == 1
    assert signin.ways(kept, admin, USER)["oidc_issuer"] is None
    assert signin.reset(kept, admin, USER) == 0
