"""Couriers bring every message once, whatever the network and the partner do."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from datetime import timedelta
from hashlib import sha256

import pytest

from headwater.errors import LimitError, PeerRefusedError, PeerTimeoutError, StoreFullError
from headwater.exchange.again import AGAIN, deliver_again
from headwater.exchange.courier import Courier, Step
from headwater.exchange.envelope import Lane, Sealed, read
from headwater.exchange.framing import join, split
from headwater.exchange.outbox import Outbox
from headwater.exchange.partners import Partners, State
from headwater.exchange.receipt import Giver, Line
from headwater.model.ids import AuthorityId
from headwater.model.message import Kind, Message
from headwater.policy.agreement import AgreementState
from headwater.testing.fakes import START, SeededChance
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, Node, World, agreement, message

pytestmark = pytest.mark.slow


class Stopwatch:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def stopwatch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def courier(world: World, london: Node, stopwatch: Stopwatch) -> Courier:
    return courier_of(world, london, stopwatch, Lane.NORMAL)


def courier_of(world: World, node: Node, stopwatch: Stopwatch, lane: Lane) -> Courier:
    partners, chance = Partners(node.me), SeededChance(7)
    outbox = Outbox(node.store, partners, node.keys, world.clock, chance)
    return Courier(node.store, partners, outbox, world.wires, world.clock, chance, stopwatch, (BELGRADE, lane))


def send(node: Node, count: int = 1, **changes: object) -> None:
    for _ in range(count):
        assert node.exchange.send(message(**changes), who="o.reed").is_queued


def states(node: Node) -> list[str]:
    return [row.state for row in node.exchange.outgoing() if row.kind not in {Kind.PING, Kind.CARD}]


def effects(node: Node) -> int:
    return len([row for row in node.exchange.incoming() if row.kind != Kind.PING])


def test_what_is_due_is_brought_and_settled_with_the_signed_receipt(
    courier: Courier, london: Node, belgrade: Node
) -> None:
    send(london, 3)
    assert courier.step().moved == 3
    assert states(london) == ["receipted"] * 3
    assert london.exchange.receipt(london.exchange.outgoing()[-1]) == belgrade.exchange.receipt(
        belgrade.exchange.incoming()[-1]
    )
    assert courier.step().wait_s is None


def test_no_more_than_64_go_at_once(courier: Courier, london: Node, world: World) -> None:
    send(london, 70)
    world.wires.passed.clear()
    assert [courier.step().moved, courier.step().moved] == [64, 6]
    assert [len(split(body, most=64)) for _, body, _ in world.wires.passed] == [64, 6]


def held(world: World, node: Node, seconds: float = 10.0) -> threading.Event:
    """Let the store write nothing from the next answer on, until the event is set."""
    go = threading.Event()

    def hold(answer: bytes) -> bytes:
        world.wires.on_return = lambda later: later
        node.store.submit(lambda _: go.wait(seconds))
        return answer

    world.wires.on_return = hold
    return go


def test_the_next_batch_goes_while_a_full_one_is_being_settled(courier: Courier, london: Node, world: World) -> None:
    send(london, 70)
    world.wires.passed.clear()
    go = held(world, london)
    assert courier.step().moved == 64
    assert states(london) == ["queued"] * 70

    def let_go(body: bytes) -> bytes:
        go.set()
        return body

    world.wires.on_way = let_go
    assert courier.step().moved == 6
    assert states(london) == ["receipted"] * 70
    sealed = [read(each) for _, body, _ in world.wires.passed for each in split(body, most=64)]
    sent = [each.header.seq for each in sealed if isinstance(each, Sealed)]
    assert sent == list(range(sent[0], sent[0] + 70))
    assert courier.step().wait_s is None


def test_a_settlement_that_is_not_kept_is_told_and_the_same_bytes_go_again(
    courier: Courier, london: Node, belgrade: Node, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(london, 70)
    world.wires.passed.clear()
    before = effects(belgrade)
    failed: Future[int] = Future()
    failed.set_exception(StoreFullError("no room"))
    with monkeypatch.context() as patched:
        patched.setattr(london.store, "submit", lambda _: failed)
        courier.step()
    with pytest.raises(StoreFullError):
        courier.step()
    assert states(london) == ["queued"] * 70
    assert [courier.step().moved, courier.step().moved] == [64, 6]
    assert states(london) == ["receipted"] * 70
    assert world.wires.passed[0][1] == world.wires.passed[1][1]
    assert effects(belgrade) - before == 70


def test_what_rested_is_not_overtaken_without_end(
    world: World, courier: Courier, london: Node, stopwatch: Stopwatch
) -> None:
    world.clock.move(timedelta(minutes=10))
    send(london)
    world.clock.move(timedelta(minutes=-10))
    send(london, 129)
    assert courier.step().moved == 63  # Belgrade says of the first that its clock is ahead
    go = held(world, london, seconds=0.2)  # while the first rests, nothing goes ahead of what is being settled
    assert courier.step().moved == 64
    go.set()
    stopwatch.seconds += 301
    world.clock.move(timedelta(minutes=6))
    world.wires.passed.clear()
    assert courier.step().moved == 3
    first, *_ = split(world.wires.passed[0][1], most=64)
    assert isinstance(sealed := read(first), Sealed)
    assert sealed.header.id == london.exchange.outgoing()[-130].id


def test_a_partner_that_is_down_loses_nothing_and_is_tried_later_and_later(
    courier: Courier, london: Node, world: World
) -> None:
    send(london, 2)
    world.wires.cut.add("http://127.0.0.1:9002")
    waits = [courier.step() for _ in range(12)]
    assert all(step.error is not None and step.error.code == "peer.unreachable" for step in waits)
    slept = [step.wait_s or 0 for step in waits]
    assert slept[:4] == sorted(slept[:4])
    assert all(15 <= each <= 30 for each in slept[4:]), (
        "after the longest outage what waits is under way within a minute"
    )
    assert states(london) == ["queued", "queued"]
    world.wires.cut.clear()
    assert [courier.step().moved for _ in range(2)] == [1, 1]


def test_every_retry_sends_the_same_bytes(courier: Courier, london: Node, world: World) -> None:
    send(london)
    bodies: list[bytes] = []

    def look(body: bytes) -> bytes:
        bodies.append(body)
        return body

    world.wires.on_way = look
    world.wires.on_return = lambda _: b""
    for _ in range(3):
        courier.step()
    assert bodies == [bodies[0]] * 3


def test_an_answer_that_is_lost_leads_to_the_original_receipt_and_one_effect(
    courier: Courier, london: Node, belgrade: Node, world: World
) -> None:
    send(london)
    answers: list[bytes] = []

    def lose_the_first(answer: bytes) -> bytes:
        answers.append(answer)
        return b"" if len(answers) == 1 else answer

    world.wires.on_return = lose_the_first
    assert courier.step().moved == 0
    assert courier.step().moved == 1
    assert answers[0] == answers[1]
    assert effects(belgrade) == 1


def test_bytes_changed_on_the_way_are_refused_and_sent_again(
    courier: Courier, london: Node, belgrade: Node, world: World
) -> None:
    send(london)
    world.wires.on_way = lambda body: body[:-1] + bytes([body[-1] ^ 1])
    step = courier.step()
    assert (step.moved, states(london)) == (0, ["queued"])
    assert belgrade.events("refused")[-1].detail["code"] == "bad-seal"
    world.wires.on_way = lambda body: body
    assert courier.step().moved == 1


def test_no_batch_goes_before_what_is_doubtful_in_the_answer_to_a_full_one_is_kept(
    courier: Courier, london: Node, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(london, 64)
    line = Line(id=london.exchange.outgoing()[-1].id, sha256="0" * 64, result="stored")
    forged = Giver(AuthorityId("RS-MOI"), b"z" * 32).sign(LONDON, (line,), START, None)
    world.wires.on_return = lambda answer: join([*split(answer, most=128), forged])
    failed: Future[int] = Future()
    failed.set_exception(StoreFullError("no room"))
    monkeypatch.setattr(london.store, "submit", lambda _: failed)
    with pytest.raises(StoreFullError):
        courier.step()


def test_an_answer_changed_on_the_way_is_not_believed(courier: Courier, london: Node, world: World) -> None:
    send(london)
    world.wires.on_return = lambda answer: answer[:-1] + bytes([answer[-1] ^ 1])
    step = courier.step()
    assert step.error is not None
    assert step.error.code == "trust.signature"
    assert states(london) == ["queued"]
    assert london.events("receipt-doubted")[-1].detail["code"] == "trust.signature"


def test_a_receipt_that_the_partner_never_signed_settles_nothing(courier: Courier, london: Node, world: World) -> None:
    send(london)
    sealed = read(london.exchange.outgoing()[-1].envelope)
    assert isinstance(sealed, Sealed)
    line = Line(id=sealed.header.id, sha256=sealed.sha256.hex(), result="stored")
    forged = Giver(AuthorityId("RS-MOI"), b"z" * 32).sign(LONDON, (line,), START, None)
    world.wires.on_return = lambda _: join([forged])
    courier.step()
    assert states(london) == ["queued"]
    assert london.events("receipt-missing")[-1].subject == sealed.header.id


def test_a_receipt_about_other_bytes_settles_nothing(
    courier: Courier, london: Node, belgrade: Node, world: World
) -> None:
    send(london)
    ref = london.exchange.outgoing()[-1].id
    line = Line(id=ref, sha256="ab" * 32, result="stored")
    other = Giver(BELGRADE, belgrade.keys.signing_seed()).sign(LONDON, (line,), START, None)
    world.wires.on_return = lambda _: join([other])
    courier.step()
    courier.step()
    assert states(london) == ["queued"]
    assert len(london.events("receipt-missing")) == 1


def test_a_partner_that_withholds_receipts_is_named(courier: Courier, london: Node, world: World) -> None:
    send(london, 2)
    world.wires.on_return = lambda answer: answer
    batch = [row for row in london.exchange.outgoing() if row.kind != Kind.PING]
    world.wires.on_way = lambda _: join([batch[0].envelope])
    assert courier.step().moved == 1
    assert states(london) == ["receipted", "queued"]
    (event,) = london.events("receipt-missing")
    assert (event.who, event.subject) == (BELGRADE, batch[1].id)


def test_what_a_rule_of_the_partner_refuses_is_settled_as_refused(
    courier: Courier, london: Node, belgrade: Node
) -> None:
    send(london)
    belgrade.exchange.set_agreement_state(TERMS, AgreementState.ENDED, who="s.petrovic", reason="over")
    assert courier.step().moved == 1
    assert states(london) == ["refused"]
    assert london.events("refused")[-1].detail["result"] == "refused:agreement-state"


def test_what_may_pass_later_rests_and_is_sent_again(
    courier: Courier, london: Node, belgrade: Node, stopwatch: Stopwatch
) -> None:
    belgrade.exchange.step_partner(LONDON, State.SUSPENDED, who="s.petrovic", reason="test")
    send(london)
    assert courier.step().moved == 0
    resting = courier.step()
    assert (resting.moved, states(london)) == (0, ["queued"])
    assert resting.wait_s is not None
    assert resting.wait_s > 0
    belgrade.exchange.step_partner(LONDON, State.CONFIRMED, who="s.petrovic", reason="test")
    stopwatch.seconds += 301
    assert courier.step().moved == 1


def test_a_partner_that_does_not_take_a_message_for_weeks_fills_no_ledger(
    courier: Courier, london: Node, belgrade: Node, stopwatch: Stopwatch, world: World
) -> None:
    belgrade.exchange.step_partner(LONDON, State.SUSPENDED, who="s.petrovic", reason="test")
    send(london)
    for _ in range(20):
        stopwatch.seconds += 301
        courier.step()
    assert [event.detail["code"] for event in london.events("resting")] == ["unknown-key"]
    belgrade.exchange.step_partner(LONDON, State.CONFIRMED, who="s.petrovic", reason="test")
    world.clock.move(timedelta(minutes=-10))  # another reason is told anew
    stopwatch.seconds += 301
    courier.step()
    assert [event.detail["code"] for event in london.events("resting")] == ["unknown-key", "clock"]


def test_a_large_message_that_goes_alone_has_the_time_that_a_slow_line_needs(
    courier: Courier, london: Node, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[int, float]] = []

    def post(endpoint: str, path: str, body: bytes, *, timeout_s: float) -> bytes:
        given.append((len(body), timeout_s))
        raise PeerTimeoutError("too slow", where=endpoint)

    monkeypatch.setattr(world.wires, "post", post)
    send(london, text="x" * 60_000)
    send(london)
    courier.step()
    courier.step()
    (many, first), (one, second) = given
    assert (many > 60_000, first) == (True, 30.0), "where many went they may be what broke the line"
    assert second == 30.0 + one / 8192


def test_what_rests_does_not_hold_up_what_comes_after(
    world: World, courier: Courier, london: Node, stopwatch: Stopwatch
) -> None:
    world.clock.move(timedelta(minutes=10))
    send(london)
    world.clock.move(timedelta(minutes=-10))
    send(london)
    assert courier.step().moved == 1
    assert states(london) == ["queued", "receipted"]
    stopwatch.seconds += 301
    world.clock.move(timedelta(minutes=6))
    assert courier.step().moved == 1


def test_after_its_expiry_a_message_is_a_dead_letter(world: World, courier: Courier, london: Node) -> None:
    send(london)
    world.clock.move(timedelta(days=14))
    assert courier.step().moved == 1
    assert states(london) == ["dead"]
    assert london.events("dead-letter")[-1].detail["to"] == BELGRADE


def test_a_suspended_agreement_stops_what_is_queued_but_an_amend_still_goes(
    courier: Courier, london: Node, belgrade: Node, stopwatch: Stopwatch
) -> None:
    send(london)
    london.exchange.send(Message(kind=Kind.AMEND, recipient=BELGRADE, agreement=TERMS), who="dpo")
    london.exchange.set_agreement_state(TERMS, AgreementState.SUSPENDED, who="s.hall", reason="review")
    courier.step()
    assert {row.kind: row.state for row in london.exchange.outgoing()} == {
        Kind.PING: "receipted",
        Kind.SPONTANEOUS: "queued",
        Kind.AMEND: "receipted",
    }
    london.exchange.set_agreement_state(TERMS, AgreementState.LIVE, who="s.hall", reason="reviewed")
    stopwatch.seconds += 301
    assert courier.step().moved == 1
    assert effects(belgrade) == 2


def test_a_suspended_partner_gets_nothing_until_it_is_taken_up_again(courier: Courier, london: Node) -> None:
    send(london)
    london.exchange.step_partner(BELGRADE, State.SUSPENDED, who="s.hall", reason="forged log")
    assert courier.step().moved == 0
    london.exchange.step_partner(BELGRADE, State.CONFIRMED, who="s.hall", reason="explained")
    assert courier.step().moved == 1


def test_an_expired_card_of_the_partner_stops_sending(world: World, courier: Courier, london: Node) -> None:
    send(london, expires="2028-06-01T00:00:00Z")
    world.clock.move(timedelta(days=366))
    world.wires.passed.clear()
    assert courier.step().moved == 0
    assert (world.wires.passed, states(london)) == ([], ["queued"])


def test_our_own_card_that_has_expired_stops_what_is_queued_and_buries_nothing(
    world: World, london: Node, belgrade: Node
) -> None:
    ref = london.exchange.send(message(expires="2099-01-01T00:00:00Z"), who="o.reed").id
    short = london.exchange.send(message(), who="o.reed").id
    world.clock.move(timedelta(days=200))
    belgrade.exchange.make_card("Belgrade", [belgrade.endpoint], belgrade.home / "roots", who="engineer")
    london.exchange.add_partner([belgrade.exchange.card_bytes()], [], who="engineer")
    world.clock.move(timedelta(days=170))
    assert london.bring(BELGRADE) == Step(0, None)
    states = {row.id: row.state for row in london.exchange.outgoing()}
    assert [states[one] for one in (ref, short) if one is not None] == ["queued", "queued"]
    assert belgrade.exchange.incoming()[-1].kind == "ping"
    london.exchange.make_card("London", [london.endpoint], london.home / "roots", who="engineer")
    belgrade.exchange.add_partner([london.exchange.card_bytes()], [], who="engineer")
    while london.bring(BELGRADE).moved:
        pass
    assert belgrade.exchange.incoming()[-1].id == ref


def test_after_our_key_was_revoked_unsent_messages_are_sealed_anew_with_one_effect(
    courier: Courier, london: Node, belgrade: Node
) -> None:
    send(london)
    (skid,) = london.keys.signing_seeds
    london.exchange.new_key("signing")
    card = london.exchange.make_card("London", [london.endpoint], london.home / "roots", who="engineer", revoke=[skid])
    belgrade.exchange.add_partner([card.paper.to_bytes()], [], who="engineer")
    assert courier.step().moved == 1
    assert states(london) == ["refused", "queued"]
    assert courier.step().moved == 1
    assert states(london) == ["refused", "receipted"]
    assert effects(belgrade) == 1
    again = london.events("refused")[-1].detail["again"]
    assert again == london.exchange.outgoing()[-1].id


def test_a_key_that_is_refused_although_nothing_changed_is_not_sealed_anew_for_ever(
    courier: Courier, london: Node, belgrade: Node
) -> None:
    send(london)
    (skid,) = london.keys.signing_seeds
    london.exchange.new_key("signing")
    card = london.exchange.make_card("London", [london.endpoint], london.home / "roots", who="engineer", revoke=[skid])
    belgrade.exchange.add_partner([card.paper.to_bytes()], [], who="engineer")
    courier.step()
    belgrade.keys.sealing_seeds.clear()
    assert courier.step().moved == 1
    assert states(london) == ["refused", "refused"]
    assert courier.step().moved == 0


def test_after_a_refusal_of_the_whole_batch_messages_go_one_by_one(
    courier: Courier, london: Node, world: World
) -> None:
    send(london, 4)
    sizes: list[int] = []

    def refuse_many(body: bytes) -> bytes:
        sizes.append(len(split(body, most=64)))
        return body if sizes[-1] <= 2 else join([b""] * 65)

    post = world.wires.post

    def status_413(endpoint: str, path: str, body: bytes, *, timeout_s: float) -> bytes:
        try:
            return post(endpoint, path, body, timeout_s=timeout_s)
        except LimitError as error:
            raise PeerRefusedError("status 413") from error

    world.wires.on_way = refuse_many
    world.wires.post = status_413  # type: ignore[method-assign]
    assert [courier.step().moved for _ in range(3)] == [0, 1, 2]
    assert sizes == [4, 1, 2]


def line(world: World, breaks: Callable[[int, float], bool]) -> list[int]:
    """Let a line break by how many messages go at once and the timeout; return how many went, try by try."""
    sizes: list[int] = []
    post = world.wires.post

    def passed(endpoint: str, path: str, body: bytes, *, timeout_s: float) -> bytes:
        sizes.append(len(split(body, most=64)))
        if breaks(sizes[-1], timeout_s):
            raise PeerTimeoutError("the line is dead")
        return post(endpoint, path, body, timeout_s=timeout_s)

    world.wires.post = passed  # type: ignore[method-assign]
    return sizes


def test_over_a_line_that_breaks_after_some_kilobytes_all_that_waits_gets_through(
    courier: Courier, london: Node, world: World
) -> None:
    send(london, 20)
    sizes = line(world, lambda size, _: size > 4)
    moved = [courier.step().moved for _ in range(11)]
    assert sizes == [20, 1, 2, 4, 8, 1, 2, 4, 6, 1, 2]
    assert moved == [0, 1, 2, 4, 0, 1, 2, 4, 0, 1, 2]
    assert states(london).count("receipted") == 17


def test_over_a_slow_line_a_batch_grows_no_longer_than_a_quarter_of_the_timeout_takes(
    courier: Courier, london: Node, world: World, stopwatch: Stopwatch
) -> None:
    send(london, 60)

    def is_too_slow(size: int, timeout_s: float) -> bool:
        seconds = 0.9375 * size  # 8 messages take 7.5 s
        stopwatch.seconds += seconds
        return seconds > timeout_s

    sizes = line(world, is_too_slow)
    assert [courier.step().moved for _ in range(8)] == [0, 1, 2, 4, 8, 16, 16, 13]
    assert sizes == [60, 1, 2, 4, 8, 16, 16, 13]


def test_each_lane_is_served_by_itself(world: World, london: Node, stopwatch: Stopwatch) -> None:
    send(london)
    send(london, urgency="urgent", why_urgent="tonight")
    assert courier_of(world, london, stopwatch, Lane.URGENT).step().moved == 1
    assert states(london) == ["queued", "receipted"]


def test_the_first_receipt_makes_a_confirmed_partner_live(world: World, london: Node, courier: Courier) -> None:
    london.exchange.step_partner(BELGRADE, State.SUSPENDED, who="s.hall", reason="test")
    london.exchange.step_partner(BELGRADE, State.CONFIRMED, who="s.hall", reason="test")
    send(london)
    courier.step()
    assert [partner.state for partner in london.exchange.partners()] == [State.LIVE]


def test_delivery_runs_until_it_is_stopped_and_a_dead_partner_holds_up_nobody(
    world: World, london: Node, belgrade: Node
) -> None:
    pristina = world.node(PRISTINA)
    world.befriend(london, pristina, agreement(id="A-UK-XK", parties=(LONDON, PRISTINA), safeguards={}, binding=True))
    world.wires.cut.add(pristina.endpoint)
    arrived, stop = threading.Event(), threading.Event()

    def notice(answer: bytes) -> bytes:
        arrived.set()
        return answer

    world.wires.on_return = notice
    delivery = threading.Thread(target=london.exchange.deliver, args=(stop,))
    delivery.start()
    london.exchange.send(message(recipient=PRISTINA, agreement="A-UK-XK"), who="o.reed")
    send(london)
    assert arrived.wait(20)
    stop.set()
    delivery.join(20)
    assert not delivery.is_alive()
    assert effects(belgrade) == 1


def test_a_clock_that_is_years_ahead_costs_nothing_that_waits(world: World, london: Node, courier: Courier) -> None:
    send(london)
    world.clock.move(timedelta(days=3650))
    assert courier.step().moved == 0
    assert states(london) == ["queued"]
    world.clock.move(timedelta(days=-3650))
    assert courier.step().moved == 1
    assert states(london) == ["receipted"]


# What goes once more, since the partner says that it has lost it


def wanted_again(world: World, london: Node, count: int = 1) -> None:
    """Let Belgrade take messages, and want them once more."""
    send(london, count)
    while london.bring(BELGRADE).moved:
        pass
    refs = [row.id for row in london.exchange.outgoing() if row.kind == Kind.SPONTANEOUS]
    london.store.write(lambda tx: deliver_again(tx, BELGRADE, refs))
    world.wires.tries = 0


def test_what_is_wanted_again_and_not_taken_just_then_rests_like_any_other(
    world: World, courier: Courier, london: Node, belgrade: Node, stopwatch: Stopwatch
) -> None:
    wanted_again(world, london)
    row = london.exchange.outgoing()[-1]

    def later(_: bytes) -> bytes:
        line = Line(id=row.id, sha256=sha256(row.envelope).hexdigest(), result="refused:clock")
        giver = Giver(BELGRADE, belgrade.keys.signing_seed())
        return join([giver.sign(LONDON, (line,), world.clock.now(), None)])

    world.wires.on_return = later
    courier.step()
    waits = [courier.step().wait_s for _ in range(3)]
    assert (world.wires.tries, len(london.events("resting"))) == (1, 1)
    assert all(waits)
    world.wires.on_return = lambda answer: answer
    stopwatch.seconds += 301
    assert courier.step().moved == 1


def test_what_is_wanted_again_rests_while_its_agreement_is_suspended_and_does_not_hold_up_the_rest(
    world: World, courier: Courier, london: Node, stopwatch: Stopwatch
) -> None:
    wanted_again(world, london, 65)
    london.exchange.set_agreement_state(TERMS, AgreementState.SUSPENDED, who="s.hall", reason="review")
    steps = [courier.step() for _ in range(4)]
    assert world.wires.tries == 0
    assert all(step.wait_s for step in steps[2:])
    london.exchange.set_agreement_state(TERMS, AgreementState.LIVE, who="s.hall", reason="reviewed")
    stopwatch.seconds += 301
    assert [courier.step().moved for _ in range(2)] == [64, 1]


def test_the_list_of_what_is_wanted_again_is_kept_anew_with_a_batch_and_not_with_each_message(
    world: World, courier: Courier, london: Node
) -> None:
    wanted_again(world, london, 20)
    refs = [row.id for row in london.exchange.outgoing() if row.kind == Kind.SPONTANEOUS]
    london.store.write(lambda tx: deliver_again(tx, BELGRADE, refs))
    assert courier.step().moved == 20
    with london.store.snapshot() as snapshot:
        assert len(list(snapshot.versions(AGAIN, BELGRADE))) == 2
