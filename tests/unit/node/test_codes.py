"""A passphrase with an app's codes, and recovery codes: each good once, slowed down when guessed, closed after a hundred."""

import base64
import unicodedata
from dataclasses import replace
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from headwater.errors import ForbiddenError, KeyTrustError, SchemaError
from headwater.exchange.keys import Keys
from headwater.node import Node, authenticators, codes, recovery, signin, users
from headwater.store import Transaction
from headwater.testing.fakes import FakeClock
from tests.node_world import SUPERVISOR, WRITER, as_user, events

pytestmark = pytest.mark.slow  # a node of its own for each test
PASSPHRASE = "osam plavih čamaca na reci"


def app(node: Node, user: str = WRITER) -> TOTP:
    """What a telephone makes of the picture."""
    shown = codes.pending(node, user)
    assert shown is not None
    return TOTP(base64.b32decode(shown.secret), 6, SHA1(), 30)  # noqa: S303 - as RFC 6238 has it


def now(made: TOTP, node: Node, late: int = 0) -> str:
    return made.generate(int(node.clock.now().timestamp()) + late).decode()


def set_up(node: Node, user: str = WRITER) -> tuple[TOTP, tuple[str, ...]]:
    codes.begin(node, user)
    made = app(node, user)
    return made, codes.confirm(node, user, "oic", PASSPHRASE, now(made, node))


def test_a_passphrase_and_a_code_sign_a_user_in(node: Node, clock: FakeClock) -> None:
    made, _ = set_up(node)
    clock.move(timedelta(seconds=30))
    token = signin.by_codes(node, WRITER, PASSPHRASE, now(made, node), "oic")
    signed = signin.signed_in(node, token)
    assert signed is not None
    assert signed.session.user == WRITER
    assert events(node, "page.signed-in")[-1].detail == {"how": "code"}


def test_a_code_counts_once_and_none_from_before_it_either(node: Node, clock: FakeClock) -> None:
    made, _ = set_up(node)
    with pytest.raises(ForbiddenError):
        codes.verify(node, WRITER, PASSPHRASE, now(made, node))
    clock.move(timedelta(seconds=60))
    early, late = now(made, node, -30), now(made, node)
    assert codes.verify(node, WRITER, PASSPHRASE, late) is codes.Way.CODE
    for used in (late, early):
        with pytest.raises(ForbiddenError):
            codes.verify(node, WRITER, PASSPHRASE, used)


@pytest.mark.parametrize(("late", "fits"), [(-60, False), (-30, True), (30, True), (60, False)])
def test_a_clock_may_be_half_a_minute_off(node: Node, clock: FakeClock, late: int, fits: bool) -> None:
    made, _ = set_up(node)
    clock.move(timedelta(minutes=5))
    code = now(made, node, late)
    if fits:
        assert codes.verify(node, WRITER, PASSPHRASE, code) is codes.Way.CODE
    else:
        with pytest.raises(ForbiddenError):
            codes.verify(node, WRITER, PASSPHRASE, code)


def test_codes_are_those_of_rfc_6238() -> None:
    # RFC 6238, appendix B, SHA-1, cut to six digits.
    secret = b"12345678901234567890"
    for at, code in ((59, "287082"), (1_111_111_109, "081804"), (20_000_000_000, "353130")):
        assert codes._step(secret, code, at) == at // 30


def test_a_wrong_passphrase_with_a_right_code_is_refused_and_the_code_is_not_used_up(
    node: Node, clock: FakeClock
) -> None:
    made, _ = set_up(node)
    clock.move(timedelta(seconds=30))
    with pytest.raises(ForbiddenError):
        codes.verify(node, WRITER, "another passphrase", now(made, node))
    assert codes.verify(node, WRITER, PASSPHRASE, now(made, node)) is codes.Way.CODE


def test_a_passphrase_is_the_same_however_a_machine_writes_its_letters(node: Node, clock: FakeClock) -> None:
    made, _ = set_up(node)
    clock.move(timedelta(seconds=30))
    apart = unicodedata.normalize("NFD", PASSPHRASE)
    assert apart != PASSPHRASE
    assert codes.verify(node, WRITER, apart, now(made, node)) is codes.Way.CODE


def test_recovery_codes_are_good_once_each_and_take_the_passphrase_too(node: Node) -> None:
    _, papers = set_up(node)
    with pytest.raises(ForbiddenError):
        codes.verify(node, WRITER, "", papers[0])
    assert codes.verify(node, WRITER, PASSPHRASE, papers[0].lower().replace("-", " ")) is codes.Way.RECOVERY
    with pytest.raises(ForbiddenError):
        codes.verify(node, WRITER, PASSPHRASE, papers[0])
    assert authenticators.own(node, WRITER).recovery_left == 9
    assert events(node, "page.recovery-used")[-1].detail == {"left": 9}


def test_new_recovery_codes_end_those_from_before(node: Node) -> None:
    _, before = set_up(node)
    after = recovery.renew(node, WRITER, "oic")
    assert not set(before) & set(after)
    with pytest.raises(ForbiddenError):
        codes.verify(node, WRITER, PASSPHRASE, before[1])
    assert codes.verify(node, WRITER, PASSPHRASE, after[1]) is codes.Way.RECOVERY


def test_who_has_nothing_to_lose_gets_no_recovery_codes(node: Node) -> None:
    with pytest.raises(ForbiddenError):
        recovery.renew(node, WRITER, "oic")
    assert authenticators.own(node, WRITER).recovery_left == 0


def test_guessing_is_slowed_down_and_a_right_code_during_the_wait_is_refused_too(node: Node, clock: FakeClock) -> None:
    made, _ = set_up(node)
    clock.move(timedelta(minutes=1))
    for _ in range(5):
        with pytest.raises(ForbiddenError):
            codes.verify(node, WRITER, PASSPHRASE, "000000")
    with pytest.raises(ForbiddenError):
        codes.verify(node, WRITER, PASSPHRASE, now(made, node))
    assert events(node, "page.sign-in-refused")[-1].detail["why"] == "too soon"
    clock.move(timedelta(seconds=30))
    assert codes.verify(node, WRITER, PASSPHRASE, now(made, node)) is codes.Way.CODE
    assert authenticators.own(node, WRITER).failures == 0


def test_the_wait_doubles_up_to_a_quarter_of_an_hour() -> None:
    waits = [codes.wait_after(number).total_seconds() for number in (0, 4, 5, 6, 7, 9, 10, 50)]
    assert waits == [0, 0, 30, 60, 120, 480, 900, 900]


def test_after_a_hundred_failures_codes_are_closed_until_an_admin_resets_them(node: Node, clock: FakeClock) -> None:
    made, papers = set_up(node, SUPERVISOR)

    def change(tx: Transaction) -> None:
        held = authenticators.held_by(tx, SUPERVISOR)
        assert held is not None
        authenticators.keep(tx, replace(held, failures=codes.MOST_FAILURES, failed_at=clock.now()))

    node.store.write(change)
    clock.move(timedelta(days=30))
    for code in (now(made, node), papers[0]):
        with pytest.raises(ForbiddenError):
            codes.verify(node, SUPERVISOR, PASSPHRASE, code)
    signin.reset(node, as_user(node, WRITER, "operation"), SUPERVISOR)
    assert authenticators.own(node, SUPERVISOR).is_empty


def test_who_is_no_user_is_answered_like_who_is_one_and_the_ledger_keeps_no_word_that_was_typed(node: Node) -> None:
    set_up(node)
    answers = set()
    for user in (WRITER, "nobody at all"):
        with pytest.raises(ForbiddenError) as caught:
            codes.verify(node, user, "typed in the wrong field", "123456")
        answers.add(str(caught.value))
    assert len(answers) == 1
    assert "nobody at all" not in repr(events(node, "page.sign-in-refused"))


def test_the_store_holds_neither_secret_nor_passphrase_nor_recovery_code(node: Node) -> None:
    codes.begin(node, WRITER)
    shown = codes.pending(node, WRITER)
    assert shown is not None
    made = app(node)
    papers = codes.confirm(node, WRITER, "oic", PASSPHRASE, now(made, node))
    node.store.write(lambda tx: None)
    held = b"".join(path.read_bytes() for path in node.home.glob("store.sqlite*"))
    secret = base64.b32decode(shown.secret)
    for telling in (secret, secret.hex().encode(), shown.secret.encode(), PASSPHRASE.encode(), papers[0].encode()):
        assert telling not in held


def test_a_secret_outlives_a_new_signing_key_and_is_lost_with_its_own(node: Node, clock: FakeClock) -> None:
    made, _ = set_up(node)
    Keys(node.home).add("signing", node.chance)
    clock.move(timedelta(minutes=1))
    assert codes.verify(node, WRITER, PASSPHRASE, now(made, node)) is codes.Way.CODE
    min((node.home / "keys").glob("signing-*.key")).unlink()
    clock.move(timedelta(minutes=1))
    with pytest.raises(KeyTrustError):
        codes.verify(node, WRITER, PASSPHRASE, now(made, node))


@pytest.mark.parametrize("passphrase", ["", "short", "aaaaaaaaaaaaaaa", f"{WRITER} {WRITER}", "x" * 201])
def test_a_passphrase_that_is_easily_guessed_is_refused(node: Node, passphrase: str) -> None:
    codes.begin(node, WRITER)
    made = app(node)
    with pytest.raises(SchemaError):
        codes.confirm(node, WRITER, "oic", passphrase, now(made, node))
    assert authenticators.own(node, WRITER).is_empty


def test_a_secret_that_was_shown_counts_for_nothing_before_its_first_code(node: Node, clock: FakeClock) -> None:
    codes.begin(node, WRITER)
    made = app(node)
    with pytest.raises(ForbiddenError):
        codes.verify(node, WRITER, PASSPHRASE, now(made, node))
    with pytest.raises(SchemaError, match="not the code"):
        codes.confirm(node, WRITER, "oic", PASSPHRASE, "000000")
    clock.move(timedelta(minutes=10))
    assert codes.pending(node, WRITER) is None
    with pytest.raises(ForbiddenError):
        codes.confirm(node, WRITER, "oic", PASSPHRASE, now(made, node))


def test_a_reset_takes_a_second_person_ends_sessions_and_stands_in_the_ledger(node: Node) -> None:
    set_up(node, SUPERVISOR)
    token = signin.redeem(node, signin.ticket(node, SUPERVISOR), "oic")
    with pytest.raises(ForbiddenError):
        signin.reset(node, as_user(node, SUPERVISOR, "operation"), WRITER)
    with pytest.raises(ForbiddenError, match="four-eyes"):
        signin.reset(node, as_user(node, WRITER, "operation"), WRITER)
    assert signin.signed_in(node, token) is not None
    assert signin.reset(node, as_user(node, WRITER, "operation"), SUPERVISOR) == 2
    assert signin.signed_in(node, token) is None
    assert authenticators.own(node, SUPERVISOR).is_empty
    [told] = events(node, "user.authenticators-reset")
    assert (told.who, told.subject) == (WRITER, SUPERVISOR)


def test_recovery_codes_from_before_a_reset_open_nothing_after_it(node: Node, clock: FakeClock) -> None:
    _, before = set_up(node, SUPERVISOR)
    signin.reset(node, as_user(node, WRITER, "operation"), SUPERVISOR)
    assert authenticators.own(node, SUPERVISOR).recovery_left == 0
    clock.move(timedelta(minutes=1))
    _, after = set_up(node, SUPERVISOR)
    with pytest.raises(ForbiddenError):
        codes.verify(node, SUPERVISOR, PASSPHRASE, before[0])
    assert set(after).isdisjoint(before)


def test_a_user_who_is_switched_off_is_not_let_in_by_codes(node: Node, clock: FakeClock) -> None:
    made, _ = set_up(node, SUPERVISOR)
    users.disable(node.store, as_user(node, WRITER, "operation"), SUPERVISOR)
    clock.move(timedelta(minutes=1))
    with pytest.raises(ForbiddenError, match="switched off"):
        signin.by_codes(node, SUPERVISOR, PASSPHRASE, now(made, node), "oic")
