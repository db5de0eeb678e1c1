"""Passkeys: made in one session for one user, good once per question, refused where anything about them is off."""

import json
from datetime import timedelta

import pytest

from headwater.errors import ConflictError, ForbiddenError, HeadwaterError, LimitError, SchemaError
from headwater.node import Node, authenticators, passkeys, signin, users
from headwater.testing.fakes import FakeClock
from tests.node_world import SUPERVISOR, WRITER, as_user, events
from tests.page_world import ORIGIN
from tests.passkey_world import Authenticator

pytestmark = pytest.mark.slow  # a node of its own for each test
BINDING = "session"


def enrolled(node: Node, user: str = WRITER, label: str = "blue key") -> Authenticator:
    made = Authenticator(ORIGIN)
    answer = made.make(passkeys.options_to_add(node, user, BINDING, ORIGIN))
    passkeys.add(node, user, "oic", BINDING, ORIGIN, answer, label)
    return made


def test_a_passkey_signs_its_user_in_and_stands_in_the_ledger(node: Node) -> None:
    key = enrolled(node)
    token = signin.by_passkey(node, ORIGIN, key.sign(passkeys.options(node, ORIGIN)), "oic")
    signed = signin.signed_in(node, token)
    assert signed is not None
    assert (signed.session.user, signed.session.purpose) == (WRITER, "oic")
    assert events(node, "page.signed-in")[-1].detail == {"how": "passkey"}
    [made] = events(node, "page.passkey-added")
    assert made.subject == authenticators.own(node, WRITER).passkeys[0].id


def test_the_first_passkey_brings_recovery_codes_and_the_second_none(node: Node, clock: FakeClock) -> None:
    made = Authenticator(ORIGIN)
    answer = made.make(passkeys.options_to_add(node, WRITER, BINDING, ORIGIN))
    assert len(passkeys.add(node, WRITER, "oic", BINDING, ORIGIN, answer, "one")) == 10
    clock.move(timedelta(seconds=1))
    other = Authenticator(ORIGIN)
    answer = other.make(passkeys.options_to_add(node, WRITER, BINDING, ORIGIN))
    assert passkeys.add(node, WRITER, "oic", BINDING, ORIGIN, answer, "two") == ()
    assert [one.label for one in authenticators.own(node, WRITER).passkeys] == ["one", "two"]


def test_the_question_for_a_new_passkey_names_those_there_are(node: Node) -> None:
    enrolled(node)
    asked = json.loads(passkeys.options_to_add(node, WRITER, BINDING, ORIGIN))
    assert len(asked["excludeCredentials"]) == 1
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["rp"]["id"] == "localhost"


def test_the_question_at_the_sign_in_names_nobody(node: Node) -> None:
    before = json.loads(passkeys.options(node, ORIGIN))
    enrolled(node)
    after = json.loads(passkeys.options(node, ORIGIN))
    assert {**before, "challenge": ""} == {**after, "challenge": ""}
    assert not after.get("allowCredentials")


@pytest.mark.parametrize("counts", [True, False])
def test_an_answer_counts_once_and_a_replay_blocks_nothing(node: Node, counts: bool) -> None:
    key = Authenticator(ORIGIN, counts=counts)
    made = key.make(passkeys.options_to_add(node, WRITER, BINDING, ORIGIN))
    passkeys.add(node, WRITER, "oic", BINDING, ORIGIN, made, "one")
    answer = key.sign(passkeys.options(node, ORIGIN))
    assert passkeys.verify(node, ORIGIN, answer) == WRITER
    with pytest.raises(ForbiddenError):
        passkeys.verify(node, ORIGIN, answer)
    assert passkeys.verify(node, ORIGIN, key.sign(passkeys.options(node, ORIGIN))) == WRITER


def test_a_question_is_too_old_after_five_minutes(node: Node, clock: FakeClock) -> None:
    key = enrolled(node)
    options = passkeys.options(node, ORIGIN)
    clock.move(timedelta(minutes=5))
    with pytest.raises(ForbiddenError):
        passkeys.verify(node, ORIGIN, key.sign(options))


def test_a_count_that_goes_back_blocks_the_passkey_for_good(node: Node) -> None:
    key = enrolled(node)
    for _ in range(3):
        passkeys.verify(node, ORIGIN, key.sign(passkeys.options(node, ORIGIN)))
    key.count = 1
    with pytest.raises(ForbiddenError):
        passkeys.verify(node, ORIGIN, key.sign(passkeys.options(node, ORIGIN)))
    assert authenticators.own(node, WRITER).passkeys[0].blocked
    [told] = events(node, "page.passkey-cloned")
    assert (told.who, told.detail) == (WRITER, {"count": 2, "was": 4})
    key.count = 100
    with pytest.raises(ForbiddenError):
        passkeys.verify(node, ORIGIN, key.sign(passkeys.options(node, ORIGIN)))
    assert events(node, "page.sign-in-refused")[-1].detail["why"] == "blocked"


def test_a_count_that_stands_still_is_that_of_a_copy_too(node: Node) -> None:
    key = enrolled(node)
    passkeys.verify(node, ORIGIN, key.sign(passkeys.options(node, ORIGIN)))
    key.count -= 1
    with pytest.raises(ForbiddenError):
        passkeys.verify(node, ORIGIN, key.sign(passkeys.options(node, ORIGIN)))
    [told] = events(node, "page.passkey-cloned")
    assert told.detail["count"] == told.detail["was"]


def test_a_passkey_that_counts_nothing_is_no_copy(node: Node) -> None:
    key = Authenticator(ORIGIN, counts=False)
    answer = key.make(passkeys.options_to_add(node, WRITER, BINDING, ORIGIN))
    passkeys.add(node, WRITER, "oic", BINDING, ORIGIN, answer, "synced")
    for _ in range(2):
        assert passkeys.verify(node, ORIGIN, key.sign(passkeys.options(node, ORIGIN))) == WRITER


def test_an_authenticator_that_asked_its_user_for_a_touch_alone_is_refused(node: Node) -> None:
    key = enrolled(node)
    key.verifies = False
    with pytest.raises(ForbiddenError):
        passkeys.verify(node, ORIGIN, key.sign(passkeys.options(node, ORIGIN)))
    other = Authenticator(ORIGIN, verifies=False)
    answer = other.make(passkeys.options_to_add(node, WRITER, BINDING, ORIGIN))
    with pytest.raises(ForbiddenError):
        passkeys.add(node, WRITER, "oic", BINDING, ORIGIN, answer, "touch")


def test_an_answer_given_to_another_page_is_refused(node: Node) -> None:
    key = enrolled(node)
    key.origin = "https://evil.example"
    with pytest.raises(ForbiddenError):
        passkeys.verify(node, ORIGIN, key.sign(passkeys.options(node, ORIGIN)))


def test_a_signature_of_another_key_is_refused_and_the_ledger_says_so(node: Node) -> None:
    key = enrolled(node)
    stranger = Authenticator(ORIGIN)
    stranger.id, stranger.handle = key.id, key.handle
    with pytest.raises(ForbiddenError):
        passkeys.verify(node, ORIGIN, stranger.sign(passkeys.options(node, ORIGIN)))
    assert [(one.who, one.detail["why"]) for one in events(node, "page.sign-in-refused")] == [(WRITER, "no fit")]


def test_a_passkey_that_names_another_user_is_refused(node: Node) -> None:
    key = enrolled(node)
    key.handle = b"somebody else"
    with pytest.raises(ForbiddenError):
        passkeys.verify(node, ORIGIN, key.sign(passkeys.options(node, ORIGIN)))


def test_an_answer_made_for_one_session_counts_in_no_other(node: Node) -> None:
    key = Authenticator(ORIGIN)
    answer = key.make(passkeys.options_to_add(node, WRITER, BINDING, ORIGIN))
    with pytest.raises(ForbiddenError):
        passkeys.add(node, SUPERVISOR, "oic", "another session", ORIGIN, answer, "stolen")
    assert authenticators.own(node, SUPERVISOR).is_empty


def test_a_question_of_the_sign_in_makes_no_passkey(node: Node) -> None:
    key = Authenticator(ORIGIN)
    asked = json.loads(passkeys.options_to_add(node, WRITER, BINDING, ORIGIN))
    asked["challenge"] = json.loads(passkeys.options(node, ORIGIN))["challenge"]
    with pytest.raises(ForbiddenError):
        passkeys.add(node, WRITER, "oic", BINDING, ORIGIN, key.make(json.dumps(asked)), "crossed")


def test_a_removed_passkey_opens_nothing(node: Node) -> None:
    key = enrolled(node)
    authenticators.remove_passkey(node, WRITER, authenticators.own(node, WRITER).passkeys[0].id, "oic")
    with pytest.raises(ForbiddenError):
        passkeys.verify(node, ORIGIN, key.sign(passkeys.options(node, ORIGIN)))
    assert authenticators.own(node, WRITER).recovery_left == 0, "nothing is left that could be lost"


def test_nobody_removes_the_passkey_of_another(node: Node) -> None:
    enrolled(node)
    ref = authenticators.own(node, WRITER).passkeys[0].id
    with pytest.raises(ForbiddenError, match="no such passkey"):
        authenticators.remove_passkey(node, SUPERVISOR, ref, "oic")
    assert len(authenticators.own(node, WRITER).passkeys) == 1


def test_the_same_passkey_is_kept_once_and_ten_are_enough(node: Node) -> None:
    key = enrolled(node)
    again = key.make(passkeys.options_to_add(node, WRITER, BINDING, ORIGIN))
    with pytest.raises(ConflictError):
        passkeys.add(node, WRITER, "oic", BINDING, ORIGIN, again, "again")
    for number in range(9):
        enrolled(node, label=f"key {number}")
    with pytest.raises(LimitError):
        enrolled(node, label="one more")


def test_a_user_who_is_switched_off_is_not_let_in_by_a_passkey(node: Node) -> None:
    key = enrolled(node, SUPERVISOR)
    users.disable(node.store, as_user(node, WRITER, "operation"), SUPERVISOR)
    with pytest.raises(ForbiddenError, match="switched off"):
        signin.by_passkey(node, ORIGIN, key.sign(passkeys.options(node, ORIGIN)), "oic")


@pytest.mark.parametrize("cut", [0, 1, 20, 31, 40, 49])
def test_an_answer_that_is_cut_off_or_garbled_is_refused_and_nothing_more(node: Node, cut: int) -> None:
    key = enrolled(node)
    good = json.loads(key.sign(passkeys.options(node, ORIGIN)))
    for field in ("authenticatorData", "signature", "clientDataJSON"):
        answer = json.loads(json.dumps(good))
        answer["response"][field] = answer["response"][field][:cut]
        with pytest.raises(HeadwaterError):
            passkeys.verify(node, ORIGIN, json.dumps(answer))
    asked = passkeys.options_to_add(node, WRITER, BINDING, ORIGIN)
    made = json.loads(Authenticator(ORIGIN).make(asked))
    made["response"]["attestationObject"] = made["response"]["attestationObject"][:cut]
    with pytest.raises(HeadwaterError):
        passkeys.add(node, WRITER, "oic", BINDING, ORIGIN, json.dumps(made), "cut")


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", "nothing", "[" * 5000, '{"id": 1}', "é" * 20_000])
def test_what_is_no_answer_at_all_is_refused(node: Node, answer: str) -> None:
    with pytest.raises((SchemaError, ForbiddenError)):
        passkeys.verify(node, ORIGIN, answer)
    with pytest.raises((SchemaError, ForbiddenError)):
        passkeys.add(node, WRITER, "oic", BINDING, ORIGIN, answer, "nothing")


@pytest.mark.parametrize("label", ["", "  ", "x" * 61])
def test_a_passkey_has_a_name_of_its_own(node: Node, label: str) -> None:
    key = Authenticator(ORIGIN)
    answer = key.make(passkeys.options_to_add(node, WRITER, BINDING, ORIGIN))
    with pytest.raises(SchemaError):
        passkeys.add(node, WRITER, "oic", BINDING, ORIGIN, answer, label)


@pytest.mark.parametrize(
    ("origin", "knows"),
    [
        ("http://localhost:8700", True),
        ("https://uk.example", True),
        ("https://10.0.0.7", False),
        ("https://[::1]", False),
    ],
)
def test_browsers_know_passkeys_at_names_alone(origin: str, knows: bool) -> None:
    assert passkeys.can(origin) is knows
