"""Handling is a bounded join-semilattice, and joining never allows what one of the two forbids."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from headwater.model.canonical import decode, encode
from headwater.model.handling import UNRESTRICTED, Handling, join_all
from headwater.node.pages.words import marks, together
from headwater.policy.view import permits
from tests.property.strategies import DAYS, PURPOSES, STATES, USERS, handlings
from tests.unit.policy.view_kit import session


@given(handlings, handlings, handlings)
def test_join_is_associative(a: Handling, b: Handling, c: Handling) -> None:
    assert a.join(b).join(c) == a.join(b.join(c))


@given(handlings, handlings)
def test_join_is_commutative(a: Handling, b: Handling) -> None:
    assert a.join(b) == b.join(a)


@given(handlings)
def test_join_is_idempotent(a: Handling) -> None:
    assert a.join(a) == a


@given(handlings)
def test_unrestricted_is_its_identity(a: Handling) -> None:
    assert a.join(UNRESTRICTED) == a == UNRESTRICTED.join(a)


@given(st.lists(handlings, max_size=5))
def test_the_order_of_joining_does_not_matter(some: list[Handling]) -> None:
    assert join_all(reversed(some)) == join_all(some) == join_all(sorted(some, key=encode))


@given(handlings, handlings)
def test_a_join_covers_both(a: Handling, b: Handling) -> None:
    joined = a.join(b)
    assert joined.covers(a)
    assert joined.covers(b)


@given(handlings, handlings, handlings)
def test_a_join_is_the_widest_that_covers_both(a: Handling, b: Handling, c: Handling) -> None:
    both = c.join(a).join(b)
    assert both.covers(a)
    assert both.covers(b)
    assert both.covers(a.join(b))


@given(handlings, handlings, handlings)
def test_joining_keeps_the_order(a: Handling, b: Handling, c: Handling) -> None:
    assert a.join(b).join(c).covers(a.join(c))


@given(handlings, handlings)
def test_covering_each_other_is_being_equal(a: Handling, b: Handling) -> None:
    assert (a.covers(b) and b.covers(a)) == (a == b)


def allows(handling: Handling) -> set[tuple[str, object]]:
    """All that a handling allows, over the small world of these tests."""
    purposes = {("purpose", one) for one in PURPOSES if handling.purposes is None or one in handling.purposes}
    states = {
        ("state", one)
        for one in STATES
        if not handling.never_onward and (handling.releasable_to is None or one in handling.releasable_to)
    }
    users = {("user", one) for one in USERS if handling.addressees is None or one in handling.addressees}
    days = {("day", one) for one in DAYS if handling.retain_until is None or one <= handling.retain_until}
    return purposes | states | users | days


@given(handlings, handlings)
def test_a_join_allows_exactly_what_both_allow(a: Handling, b: Handling) -> None:
    assert allows(a.join(b)) == allows(a) & allows(b)


@given(handlings, handlings)
def test_a_join_keeps_every_code_condition_and_marking(a: Handling, b: Handling) -> None:
    joined = a.join(b)
    assert joined.codes == a.codes | b.codes
    assert joined.conditions == a.conditions | b.conditions
    assert joined.markings == a.markings | b.markings


@given(handlings, handlings, st.sampled_from(PURPOSES), st.sampled_from(USERS), st.sampled_from(DAYS))
def test_what_is_made_of_two_records_is_seen_by_nobody_who_may_not_see_both(
    a: Handling, b: Handling, purpose: str, user: str, day: date
) -> None:
    who = session(purpose, user=user)
    if permits(a.join(b), who, day):
        assert permits(a, who, day)
        assert permits(b, who, day)


@given(handlings)
def test_handling_survives_being_written_down(a: Handling) -> None:
    assert decode(encode(a), Handling) == a


@given(st.lists(handlings, max_size=5))
def test_lines_of_handling_together_say_what_the_join_says(some: list[Handling]) -> None:
    whole, line = marks(join_all(some)), together(map(marks, some))
    assert sorted(line.codes) == sorted(whole.codes)
    assert (line.conditions, line.releasable) == (whole.conditions, whole.releasable)
    assert (line.never_onward, line.retain_until) == (whole.never_onward, whole.retain_until)
