"""The error table of the exchange, row by row, at both ends, over real HTTP and with real stores.

Each test bears the name of its row and says for either end what it keeps, what it logs, what it answers, and which declared
error (with its exit code) it is. Deaths by kill -9 and power cuts are played at length in `tests/crash` and `test_two_nodes`;
here stands what each end then knows.
"""

import errno
import struct
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from headwater.errors import (
    EquivocationError,
    HeadwaterError,
    KeyTrustError,
    PeerRefusedError,
    PeerTimeoutError,
    PeerUnreachableError,
    RollbackError,
    SignatureError,
    StoreIoError,
)
from headwater.exchange.alarms import EVIDENCE
from headwater.exchange.card import sign_card
from headwater.exchange.checkpoint import sign_checkpoint
from headwater.exchange.envelope import Header, Lane, read, seal
from headwater.exchange.framing import join, split
from headwater.exchange.keys import read_roots
from headwater.exchange.partners import State
from headwater.exchange.receipt import Giver, Line
from headwater.exchange.refusal import Code, Refusal
from headwater.exchange.suite import XWING, key_id
from headwater.exchange.witness import known_of, receipt_head
from headwater.model.ids import MessageId
from headwater.model.message import Amend, Grown, Kind, Message, Sync
from headwater.policy.agreement import AgreementState
from headwater.store import StoreOptions, Transaction
from headwater.testing.faultydisk import NAME as FAULTY
from headwater.testing.faultydisk import FaultyDisk
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, agreement, fact, message
from tests.http_world import Ends, HttpWorld, Served, http_pair
from tests.three_world import KINDS

pytestmark = pytest.mark.e2e
VALUE = "Marko Markovski"


@pytest.fixture
def ends(tmp_path: Path) -> Iterator[Ends]:
    with http_pair(tmp_path, agreement(kinds=KINDS), (LONDON, BELGRADE)) as made:
        yield made


def sealed_of(ends: Ends, ref: MessageId) -> bytes:
    return ends.row(ref).envelope


def exit_of(error: HeadwaterError) -> tuple[str, int]:
    return error.code, error.exit


def nothing_came(ends: Ends) -> None:
    assert ends.receiver.taken() == []
    assert ends.receiver.values() == []


# Row: replay, duplicate


def test_replay_duplicate_gets_the_original_receipt_and_has_no_second_effect(ends: Ends) -> None:
    ref = ends.send(message())
    assert ends.bring().moved == 1
    before = (ends.receiver.values(), len(ends.receiver.taken()))
    original = ends.sender.node.exchange.receipt(ends.row(ref))
    for _ in range(2):
        status, answer = ends.receiver.ask("POST", "/v1/inbox", join([sealed_of(ends, ref)]))
        assert (status, split(answer, most=1)) == (200, [original])
    assert (ends.receiver.values(), len(ends.receiver.taken())) == before
    assert [event.subject for event in ends.receiver.node.events("duplicate")] == [ref, ref]
    assert (ends.row(ref).state, ends.result(ref)) == ("receipted", "stored")
    assert len(ends.sender.node.events("receipted")) == 2, "the ping, and this message once"


def test_replay_under_a_number_that_was_used_is_refused_and_named_at_both_ends(ends: Ends) -> None:
    ref = ends.send(message())
    ends.bring()
    # The sender's store was set back: it gives the same number to another message.
    sealed = read(sealed_of(ends, ref))
    assert not isinstance(sealed, Refusal)
    other = structs.replace(sealed.header, id=ends.sender.node.exchange._outbox.new_id())
    envelope = reseal(ends.sender, ends.receiver, other, b'{"kind":"ping","from":"UK-NCA","to":"RS-MOI"}')
    (line,) = ends.receiver.hand(envelope)
    assert line.result == "refused:replay"
    assert Refusal(Code.REPLAY).error().exit == 76
    assert ends.receiver.codes()[-1] == "replay"
    assert [alarm.code for alarm in ends.receiver.node.exchange.syncing.alarms()] == ["trust.rollback"]
    assert len(ends.receiver.taken()) == 1


def reseal(sender: Served, receiver: Served, header: Header, body: bytes) -> bytes:
    card = receiver.node.exchange.card().card
    key = card.sealing_key(receiver.clock.now())
    seed = sender.node.keys.signing_seeds[header.skid]
    return seal(structs.replace(header, rkid=key_id(key)), body, signing_seed=seed, recipient_key=key)


# Row: any bit changed, truncated, extended, swapped header


@pytest.mark.parametrize("damage", ["changed", "truncated", "extended", "swapped header"])
def test_any_bit_changed_truncated_extended_or_swapped_header_is_refused_and_logged(ends: Ends, damage: str) -> None:
    first, second = ends.send(message()), ends.send(message(facts={"f9": fact(prop="phone", value="+44 1")}))
    one, other = sealed_of(ends, first), sealed_of(ends, second)
    (length,) = struct.unpack(">H", one[:2])
    end = 2 + length
    broken = {
        "changed": one[:-9] + bytes([one[-9] ^ 1]) + one[-8:],
        "truncated": one[:-1],
        "extended": one + b"\0",
        "swapped header": one[:end] + other[2 + struct.unpack(">H", other[:2])[0] :],
    }[damage]
    ends.world.wires.on_way = lambda body: join(broken if part == one else part for part in split(body, most=64))
    ends.bring()
    # The receiver: the untouched one is kept, of the other nothing but a leaf that names the code.
    assert [row.id for row in ends.receiver.taken()] == [second]
    assert VALUE not in ends.receiver.values()
    assert ends.receiver.codes() == ["bad-seal"]
    assert exit_of(Refusal(Code.BAD_SEAL).error()) == ("trust.signature", 76)
    # The sender: a word about other bytes is none about what it sent, so it stays and goes again, unharmed.
    assert ends.row(first).state == "queued"
    assert [event.subject for event in ends.sender.node.events("receipt-missing")] == [first]
    ends.world.wires.on_way = lambda body: body
    ends.bring()
    assert ends.row(first).state == "receipted"
    assert VALUE in ends.receiver.values()


# Row: forwarded by a recipient to a third state


def test_forwarded_by_a_recipient_to_a_third_state_is_refused_there(ends: Ends) -> None:
    world, london, belgrade = ends.world, ends.sender, ends.receiver
    assert isinstance(world, HttpWorld)
    pristina = world.serve(world.node(PRISTINA), world.clock)
    world.befriend(
        london.node, pristina.node, agreement(id="A-UK-XK", parties=(LONDON, PRISTINA), safeguards={}, binding=True)
    )
    envelope = sealed_of(ends, ends.send(message()))
    ends.bring()
    sealed = read(envelope)
    assert not isinstance(sealed, Refusal)
    # As it came; with another address on it; opened and sealed anew for Pristina under London's signature.
    seed = belgrade.node.keys.sealing_seeds[sealed.header.rkid]
    plain = XWING.opener(seed)(sealed.content, _info(sealed.header_bytes))
    key = pristina.node.exchange.card().card.sealing_key(pristina.clock.now())
    header = structs.replace(sealed.header, recipient=PRISTINA, rkid=key_id(key)).to_bytes()
    addressed = struct.pack(">H", len(header)) + header + sealed.content
    anew = struct.pack(">H", len(header)) + header + XWING.sealer(key)(plain, _info(header))
    answers = [pristina.hand(each)[0].result for each in (envelope, addressed, anew)]
    assert answers == ["refused:wrong-recipient", "refused:bad-seal", "refused:bad-signature"]
    assert {exit_of(Refusal(code).error())[1] for code in (Code.WRONG_RECIPIENT, Code.BAD_SIGNATURE)} == {76}
    # The third state keeps nothing and accuses nobody; the sender's own message stands as it was.
    assert (pristina.taken(), pristina.values(), pristina.node.exchange.syncing.alarms()) == ([], [], [])
    assert pristina.codes() == ["wrong-recipient", "bad-seal", "bad-signature"]
    assert [event.who for event in pristina.node.events("refused")] == ["unproved"] * 3
    assert len(belgrade.taken()) == 1


def _info(header: bytes) -> bytes:
    return b"headwater/env/1\0" + sha256(header).digest()


# Row: revoked key


def test_revoked_key_received_after_is_refused_since_then_flagged_and_unsent_resealed(ends: Ends) -> None:
    early, middle = ends.send(message()), None
    ends.bring()
    for served in (ends.sender, ends.receiver):
        served.clock.move(timedelta(hours=2))
    middle = ends.send(message(facts={"f3": fact(prop="phone", value="+44 3")}))
    ends.bring()
    unsent = ends.send(message(facts={"f4": fact(prop="phone", value="+44 4")}))
    node, since = ends.sender.node, ends.sender.clock.now() - timedelta(hours=1)
    old = next(iter(node.keys.signing_seeds))
    node.exchange.new_key("signing")
    card = node.exchange.make_card(
        "London", [node.endpoint], node.home / "roots", who="e", revoke=[old], revoked_from=since
    )
    ends.receiver.node.exchange.add_partner([card.paper.to_bytes()], [], who="engineer")
    # The receiver: what came since then is flagged for a person, what came before is not.
    flagged = ends.receiver.node.exchange.flags()
    assert list(flagged) == [middle]
    assert flagged[middle].revoked_from == since
    assert early not in flagged
    assert ends.receiver.node.events("flagged")[-1].detail["messages"] == 1
    # What comes now is refused and kept unopened; the sender seals it anew, and it has one effect.
    while ends.bring().moved:
        pass
    assert ends.receiver.codes()[-1] == "revoked-key"
    assert exit_of(Refusal(Code.REVOKED_KEY).error()) == ("trust.key", 76)
    assert (ends.row(unsent).state, ends.result(unsent)) == ("refused", "refused:revoked-key")
    assert ends.receiver.values().count("+44 4") == 1
    assert [row.state for row in node.exchange.outgoing() if row.kind == "spontaneous"][-1] == "receipted"


# Row: card rollback, 1-of-3 roots, expired card


def test_card_rollback_and_one_of_three_roots_are_refused_and_the_card_held_stays(ends: Ends, tmp_path: Path) -> None:
    node, partner = ends.sender.node, ends.receiver.node.exchange
    first = node.exchange.card_bytes()
    second = node.exchange.make_card("London", [node.endpoint], node.home / "roots", who="e")
    partner.add_partner([second.paper.to_bytes()], [], who="e")
    with pytest.raises(RollbackError) as rolled:
        partner.add_partner([first], [], who="e")
    one = tmp_path / "one"
    one.mkdir()
    (one / "root-1.key").write_bytes((node.home / "roots" / "root-1.key").read_bytes())
    with pytest.raises(SignatureError) as few:
        sign_card(structs.replace(second.card, version=3), read_roots(one))
    paper = second.paper
    thin = structs.replace(paper, signatures=paper.signatures[:2])
    with pytest.raises(SignatureError) as thin_error:
        partner.add_partner([thin.to_bytes()], [], who="e")
    assert {each.value.exit for each in (rolled, few, thin_error)} == {76}
    held = next(each for each in partner.partners() if each.authority == LONDON)
    assert held.card.card == second.card
    assert ends.send(message())
    assert ends.bring().moved == 1


def test_expired_card_sends_nothing_and_what_comes_from_it_goes_to_quarantine(ends: Ends) -> None:
    ref = ends.send(message(expires="2029-01-01T00:00:00Z"))
    # The receiver's clock says that the sender's card is over; the sender's own does not.
    ends.receiver.clock.move(timedelta(days=366))
    ends.bring()
    assert ends.receiver.codes() == ["expired-card"]
    assert exit_of(Refusal(Code.EXPIRED_CARD).error()) == ("trust.key", 76)
    nothing_came(ends)
    with ends.receiver.node.store.snapshot() as snapshot:
        kept = [body for _, _, body in snapshot.documents("quarantine")]
    assert kept == [sealed_of(ends, ref)], "as it came, unopened"
    assert ends.row(ref).state == "queued"
    # Once both know that it is over, the sender sends nothing at all and gives nothing up; nor does it queue more.
    ends.sender.clock.move(timedelta(days=366))
    tries = ends.world.wires.tries
    assert ends.bring().moved == 0
    assert ends.world.wires.tries == tries
    assert ends.row(ref).state == "queued"
    with pytest.raises(KeyTrustError) as refused:
        ends.sender.node.exchange.send(message(), who="o.reed")
    assert refused.value.exit == 76
    for one, other in ((ends.sender, ends.receiver), (ends.receiver, ends.sender)):
        one.node.exchange.make_card("new", [one.node.endpoint], one.node.home / "roots", who="e")
        other.node.exchange.add_partner([one.node.exchange.card_bytes()], [], who="e")
    while ends.bring().moved:
        pass
    assert ends.row(ref).state == "receipted"


# Row: partition, slow or dead peer


def test_partition_slow_or_dead_peer_costs_nothing_but_time_and_order_is_kept(ends: Ends) -> None:
    asked = ends.send(message(kind=Kind.REQUEST, reason="who", urgency="urgent", why_urgent="life", facts={}))
    ends.receiver.end()  # the port is closed: whoever calls is told so by the system
    step = ends.bring(Lane.URGENT)
    assert isinstance(step.error, PeerUnreachableError)
    assert step.error.exit == 75
    refs = [ends.send(message(facts={f"f{n}": fact(prop="phone", value=f"+44 {n}")})) for n in range(5)]
    courier = ends.sender.node.exchange.courier((BELGRADE, Lane.NORMAL))
    assert isinstance(courier.step().error, PeerUnreachableError)
    waits = [courier.step().wait_s or 0 for _ in range(12)]
    assert max(waits) <= 300
    assert waits[0] < waits[-1]
    assert {ends.row(ref).state for ref in refs} == {"queued"}
    # Deadlines run on: there is no receipt yet, and the request's own time goes by.
    (clock,) = ends.sender.node.exchange.liaison.requests()
    assert (clock.state, clock.deadline) == ("waiting", None)
    for served in (ends.sender, ends.receiver):
        served.clock.move(timedelta(hours=3))
    ends.receiver.start()
    ends.world.wires.on_return = late
    assert isinstance(ends.bring(Lane.URGENT).error, PeerTimeoutError)
    ends.world.wires.on_return = lambda answer: answer
    ends.bring(Lane.URGENT)
    ends.bring()
    assert {ends.row(ref).state for ref in (asked, *refs)} == {"receipted"}
    assert [row.id for row in ends.receiver.taken()] == [asked, *refs]
    both = [served.node.exchange.liaison.requests()[0].deadline for served in (ends.sender, ends.receiver)]
    assert both[0] is not None
    assert both[0] == both[1]


def late(_answer: bytes) -> bytes:
    raise PeerTimeoutError("the partner's node did not answer in time")


# Row: kill -9, power cut


def test_kill_nine_leaves_no_row_or_row_and_receipt_and_never_an_answer_before_the_sync(
    ends: Ends, monkeypatch: pytest.MonkeyPatch
) -> None:
    ref = ends.send(message())
    store = ends.receiver.node.store
    answered: list[int] = []
    real = store.write

    def write(change: Callable[[Transaction], Any]) -> Any:
        value = real(change)
        answered.append(len(ends.receiver.node.exchange.incoming()))
        return value

    monkeypatch.setattr(store, "write", write)
    ends.world.wires.on_return = late  # it dies after the commit and before the answer
    ends.bring()
    assert answered == [2], "kept before there was an answer: the ping and this"
    assert ends.row(ref).state == "queued"
    ends.world.wires.on_return = lambda answer: answer
    ends.bring()
    assert ends.row(ref).state == "receipted"
    (row,) = ends.receiver.taken()
    assert ends.receiver.node.exchange.receipt(row) == ends.sender.node.exchange.receipt(ends.row(ref))
    assert (ends.sender.node.store.check(), ends.receiver.node.store.check()) == ([], [])


# Row: disk full, EIO


@pytest.mark.parametrize(("operation", "number"), [("write", errno.ENOSPC), ("write", errno.EIO), ("sync", errno.EIO)])
def test_disk_full_or_eio_is_507_acknowledges_nothing_and_reads_work(
    tmp_path: Path, operation: str, number: int
) -> None:
    disk = FaultyDisk()
    try:
        with http_pair(tmp_path, agreement(), (LONDON, BELGRADE), options=StoreOptions(vfs=FAULTY)) as ends:
            ref = ends.send(message())
            disk.arm(operation, 1, number, lasting=True)
            status, body = ends.receiver.ask("POST", "/v1/inbox", join([sealed_of(ends, ref)]))
            assert status == 507
            assert body in {b'{"code":"store.full"}', b'{"code":"store.io"}'}
            step = ends.bring()
            assert isinstance(step.error, PeerRefusedError)
            assert step.error.exit == 75
            assert ends.row(ref).state == "queued"
            nothing_came(ends)
            for path in ("/v1/health", "/v1/card"):
                assert ends.receiver.ask("GET", path)[0] == 200, "reads work"
            with pytest.raises(HeadwaterError) as here:
                ends.receiver.node.exchange.send(message(sender=BELGRADE, recipient=LONDON), who="m.ilic")
            assert here.value.exit == 74
            disk.mend()
            for _ in range(3):
                ends.bring()
            assert ends.row(ref).state == "receipted"
            assert VALUE in ends.receiver.values()
            assert ends.receiver.node.store.check() == []
    finally:
        disk.unregister()


# Row: clock +-10 min, backwards, DST


def test_clock_ten_minutes_ahead_is_refused_with_our_time_and_the_same_bytes_pass_later(ends: Ends) -> None:
    ends.sender.clock.move(timedelta(minutes=10))
    ref = ends.send(message())
    sent = sealed_of(ends, ref)
    (line,) = ends.receiver.hand(sent)
    assert line.result == "refused:clock"
    assert exit_of(Refusal(Code.CLOCK).error()) == ("trust.clock", 76)
    ends.bring()
    assert ends.row(ref).state == "queued"
    assert [event.detail["code"] for event in ends.sender.node.events("resting")] == ["clock"]
    assert ends.receiver.codes() == ["clock", "clock"]
    nothing_came(ends)
    ends.receiver.clock.move(timedelta(minutes=5))  # within 300 seconds now
    (line,) = ends.receiver.hand(sent)
    assert line.result == "stored"


def test_clock_ten_minutes_behind_loses_nothing_but_what_has_expired(ends: Ends) -> None:
    ends.sender.clock.move(timedelta(minutes=-10))
    fine = ends.send(message())
    over = ends.send(message(expires="2026-11-25T08:30:00Z", facts={"f5": fact(prop="phone", value="+44 5")}))
    ends.bring()
    assert (ends.result(fine), ends.result(over)) == ("stored", "refused:expired")
    assert ends.receiver.codes() == ["expired"]
    assert "+44 5" not in ends.receiver.values()
    assert exit_of(Refusal(Code.EXPIRED).error()) == ("trust.clock", 76)


def test_clock_that_runs_backwards_keeps_numbers_order_and_witness(ends: Ends) -> None:
    refs = [ends.send(message())]
    ends.bring()
    for served in (ends.sender, ends.receiver):
        served.clock.move(timedelta(hours=-5))
    refs.append(ends.send(message(facts={"f6": fact(prop="phone", value="+44 6")})))
    ends.sender.node.exchange.syncing.ask(BELGRADE, who="engineer")
    ends.drain()
    assert [row.id for row in ends.receiver.taken()] == refs
    assert [row.seq for row in ends.receiver.taken()] == [2, 3]
    for served in (ends.sender, ends.receiver):
        assert served.node.exchange.syncing.alarms() == [], "a clock is no evidence"


def test_clock_change_in_spring_leaves_both_ends_with_one_due_time(ends: Ends) -> None:
    node = ends.receiver.node
    node.exchange.make_card("B", [node.endpoint], node.home / "roots", who="e", zone="Europe/Belgrade")
    ends.sender.node.exchange.add_partner([node.exchange.card_bytes()], [], who="e")
    for served in (ends.sender, ends.receiver):
        served.clock.move(timedelta(days=121, hours=-6))  # 26 March 2027, 03:30 in Belgrade; the 28th has no 02:30
    ref = ends.send(message(kind=Kind.REQUEST, reason="who", facts={}))
    ends.bring()
    there, here = (served.node.exchange.liaison.requests()[0].deadline for served in (ends.receiver, ends.sender))
    assert there == here
    assert here is not None
    assert here.due_at is not None
    assert here.due_at - ends.receiver.taken()[0].received_at == timedelta(days=7, hours=-1), "same wall clock"
    assert ends.result(ref) == "stored"


# Row: malicious partner: forged, reordered, missing receipts, forked log, flood


def test_malicious_partner_forged_messages_and_receipts_are_believed_by_nobody(ends: Ends) -> None:
    ref = ends.send(message())
    sealed = read(sealed_of(ends, ref))
    assert not isinstance(sealed, Refusal)
    # A message in the sender's name, signed by somebody else.
    thief = bytes(range(32))
    key = ends.receiver.node.exchange.card().card.sealing_key(ends.receiver.clock.now())
    forged = seal(sealed.header, b"{}", signing_seed=thief, recipient_key=key)
    assert [line.result for line in ends.receiver.hand(forged)] == ["refused:bad-signature"]
    assert ends.receiver.codes() == ["bad-signature"]
    nothing_came(ends)
    # A receipt in the partner's name, signed by somebody else: nothing is settled by it, and it is named.
    line = Line(id=ref, sha256=sealed.sha256.hex(), result="stored")
    lie = Giver(BELGRADE, thief).sign(LONDON, (line,), ends.sender.clock.now(), None)
    ends.world.wires.on_return = lambda _: join([lie])
    step = ends.bring()
    assert step.error is not None
    assert exit_of(step.error) == ("trust.key", 76)
    assert ends.row(ref).state == "queued"
    assert ends.sender.codes("receipt-doubted") == ["trust.key"]


def test_malicious_partner_reordered_messages_are_kept_and_the_gap_is_known(ends: Ends) -> None:
    refs = [ends.send(message(facts={f"f{n}": fact(prop="phone", value=f"+44 {n}")})) for n in range(3)]
    third, second = sealed_of(ends, refs[2]), sealed_of(ends, refs[1])
    assert [line.result for line in ends.receiver.hand(third, second)] == ["stored", "stored"]
    with ends.receiver.node.store.snapshot() as snapshot:
        assert snapshot.incoming_gaps(LONDON) == [2]
    ends.receiver.node.exchange.syncing.ask(LONDON, who="engineer")
    ends.drain()
    with ends.receiver.node.store.snapshot() as snapshot:
        assert snapshot.incoming_gaps(LONDON) == []
    assert sorted(ends.receiver.values()) == ["+44 0", "+44 1", "+44 2"]
    assert {ends.row(ref).state for ref in refs} == {"receipted"}


def test_malicious_partner_missing_receipts_are_named(ends: Ends) -> None:
    refs = [ends.send(message(facts={f"f{n}": fact(prop="phone", value=f"+44 {n}")})) for n in range(2)]
    ends.world.wires.on_return = lambda _: join(
        [
            Giver(BELGRADE, ends.receiver.node.keys.signing_seed()).sign(
                LONDON, (Line(id=None, sha256="00" * 32, result="refused:bad-header"),), ends.sender.clock.now(), None
            )
        ]
    )
    step = ends.bring()
    assert isinstance(step.error, PeerRefusedError)
    assert [event.subject for event in ends.sender.node.events("receipt-missing")] == refs
    assert {ends.row(ref).state for ref in refs} == {"queued"}
    assert len(ends.receiver.taken()) == 2, "it took them and says nothing"
    ends.world.wires.on_return = lambda answer: answer
    ends.bring()
    assert {ends.row(ref).state for ref in refs} == {"receipted"}


def test_malicious_partner_forked_log_is_an_equivocation_with_both_pieces_and_a_person_suspends_it(ends: Ends) -> None:
    ends.send(message())
    ends.sender.node.exchange.syncing.ask(BELGRADE, who="engineer")
    ends.drain()
    node = ends.receiver.node
    with node.store.snapshot() as snapshot:
        size = snapshot.head().size
    # It signs another root for a log that it has shown already, and sends it as its next sync.
    note = sign_checkpoint(BELGRADE, size + 5, b"\x11" * 32, node.keys.papers())
    with ends.sender.node.store.snapshot() as snapshot:
        seen = snapshot.sent_last(BELGRADE)
    lie = Sync(turn=3, seen=seen, checkpoint=note.to_bytes().decode(), grown=_wrong_proofs(ends))
    told = Message(kind=Kind.CHECKPOINT, sender=BELGRADE, recipient=LONDON, agreement=TERMS, sync=lie)
    outbox = node.exchange._outbox
    node.store.write(lambda tx: outbox.queue(tx, told, outbox.new_id(), "mallory"))
    ends.drain()
    (alarm, *_) = ends.sender.node.exchange.syncing.alarms()
    assert (alarm.code, alarm.about) == (EquivocationError.code, BELGRADE)
    assert EquivocationError.exit == 76
    with ends.sender.node.store.snapshot() as snapshot:
        pieces = [snapshot.document(EVIDENCE, name) for name in alarm.evidence]
    assert pieces[1] == note.to_bytes()
    assert pieces[0]
    # An alarm suspends nobody; a person does, and from then on nothing passes.
    assert ends.sender.node.exchange.partners()[0].state is State.LIVE
    ends.sender.node.exchange.step_partner(BELGRADE, State.SUSPENDED, who="s.hall", reason="forked log")
    back = node.exchange.send(message(sender=BELGRADE, recipient=LONDON, facts={"r": fact(origin="RS")}), who="m.ilic")
    node.bring(LONDON)
    assert back.id is not None
    assert ends.sender.codes()[-1] == "unknown-key"
    with pytest.raises(KeyTrustError):
        ends.sender.node.exchange.send(message(), who="o.reed")


def _wrong_proofs(ends: Ends) -> tuple[Grown, ...]:
    with ends.sender.node.store.snapshot() as snapshot:
        head = receipt_head(snapshot, BELGRADE)
        sizes = {known_of(snapshot, BELGRADE).size, head.size if head else 0}
    return tuple(Grown(size=size, path=("22" * 32,)) for size in sizes)


def test_malicious_partner_flood_fills_no_store_and_holds_up_nobody(ends: Ends) -> None:
    envelope = sealed_of(ends, ends.send(message()))
    with ends.receiver.node.store.snapshot() as snapshot:
        before = snapshot.head().size
    spoilt = [envelope[:-4] + struct.pack(">I", number) for number in range(64)]
    for _ in range(20):
        lines = ends.receiver.hand(*spoilt)
        assert {line.result for line in lines} == {"refused:bad-seal"}
    status, _ = ends.receiver.ask("POST", "/v1/inbox", join([*spoilt, envelope]))
    assert status == 413, "more than 64 at once are not looked at"
    assert ends.receiver.ask("POST", "/v1/inbox", b"\xff" * 1000)[0] == 400
    with ends.receiver.node.store.snapshot() as snapshot:
        assert snapshot.head().size - before == 20, "one leaf for each batch, however much is in it"
    assert sum(int(event.detail["count"]) for event in ends.receiver.node.events("refused")) == 20 * 64
    assert ends.bring().moved == 1
    assert VALUE in ends.receiver.values()


# Row: agreement suspended mid-flight


@pytest.mark.parametrize("by", ["sender", "receiver"])
def test_agreement_suspended_mid_flight_stops_what_is_queued_and_amends_still_pass(ends: Ends, by: str) -> None:
    told = ends.send(message(facts={"rec-a/0": fact(prop="phone", value="+44 7")}))
    ends.bring()
    ref = ends.send(message())
    who = getattr(ends, by).node.exchange
    who.set_agreement_state(TERMS, AgreementState.SUSPENDED, who="s.hall", reason="court")
    erase = Message(
        kind=Kind.AMEND, recipient=BELGRADE, agreement=TERMS, amend=Amend(action="erase", facts=("rec-a/0",))
    )
    amend = ends.send(erase)
    while ends.bring().moved:
        pass
    assert ends.result(told) == ends.result(amend) == "stored"
    assert ends.receiver.values() == [], "recalled, and nothing new came"
    if by == "sender":
        assert ends.row(ref).state == "queued"
        who.set_agreement_state(TERMS, AgreementState.LIVE, who="s.hall", reason="court")
        ends.sender.node.exchange.courier((BELGRADE, Lane.NORMAL)).step()
        assert ends.result(ref) == "stored"
    else:
        assert (ends.row(ref).state, ends.result(ref)) == ("refused", "refused:agreement-state")
        found = ends.sender.node.exchange.undelivered(ends.row(ref))
        assert found is not None
        assert (found.word, found.error.exit) == ("agreement-state", 77)
        assert ends.receiver.codes() == ["agreement-state"]


# Others' troubles


def test_as4_a_duplicate_is_answered_with_its_receipt_and_not_refused_without_one(ends: Ends) -> None:
    ref = ends.send(message())
    ends.world.wires.on_return = late
    ends.bring()
    ends.world.wires.on_return = lambda answer: answer
    assert ends.bring().moved == 1
    assert (ends.row(ref).state, ends.result(ref)) == ("receipted", "stored")
    assert len(ends.receiver.taken()) == 1


def test_as4_a_retry_is_the_same_message_and_the_same_content_anew_doubles_no_record(ends: Ends) -> None:
    ref = ends.send(message())
    ends.world.wires.cut.add(ends.receiver.node.endpoint)
    for _ in range(5):
        ends.bring()
    ends.world.wires.cut.clear()
    ends.bring()
    assert [row.id for row in ends.receiver.taken()] == [ref], "no retry took a new identifier"
    anew = ends.send(message())
    ends.bring()
    assert [row.id for row in ends.receiver.taken()] == [ref, anew]
    asked = [ends.send(message(kind=Kind.REQUEST, reason="who", facts={}, thread=ref)) for _ in range(2)]
    ends.bring()
    found = {each.id: each.duplicate_of for each in ends.receiver.node.exchange.liaison.requests()}
    assert [found[each] for each in asked] == [None, asked[0]], "the desk is shown that it was asked before"


def test_as4_there_is_no_receipt_where_the_message_was_not_kept(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_tx: Transaction, _row: object) -> None:
        raise StoreIoError("no")

    ref = ends.send(message())
    with monkeypatch.context() as patch:
        patch.setattr(Transaction, "add_incoming", refuse)
        ends.bring()
    assert ends.row(ref).state == "queued"
    assert ends.sender.node.exchange.receipt(ends.row(ref)) is None
    nothing_came(ends)


def test_misp_a_deletion_and_a_change_of_who_may_have_it_reach_the_holder(ends: Ends) -> None:
    ends.send(message(facts={"rec-a/0": fact(value="Old Name"), "rec-b/0": fact(prop="phone", value="+44 8")}))
    ends.bring()
    erase = Amend(action="erase", facts=("rec-a/0",), reason="mistaken")
    ends.send(Message(kind=Kind.AMEND, recipient=BELGRADE, agreement=TERMS, amend=erase))
    closer = fact(prop="phone", value="+44 8", handling=("H2", "P"), onward="no")
    regrade = Amend(action="regrade", facts=("rec-b/0",), reason="narrower")
    outbox = ends.sender.node.exchange._outbox
    told = Message(
        kind=Kind.AMEND,
        sender=LONDON,
        recipient=BELGRADE,
        agreement=TERMS,
        amend=regrade,
        purpose="oic",
        facts={"rec-c/0": closer},
    )
    ends.sender.node.store.write(lambda tx: outbox.queue(tx, told, outbox.new_id(), "o.reed"))
    ends.drain()
    with ends.receiver.node.store.snapshot() as snapshot:
        records = list(snapshot.records())
    assert [fact_.value for record in records for fact_ in record.facts] == ["+44 8"]
    assert [record.handling.never_onward for record in records] == [True]
    done = [row for row in ends.sender.taken() if row.kind == "amend-done"]
    assert len(done) == 2, "the holder has proved both"


def test_xroad_no_log_holds_content_in_plain_text(
    ends: Ends, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(0)
    ends.send(message(text="Marko Markovski drives at night"))
    ends.bring()
    ends.receiver.hand(b"\0\2{}Marko Markovski")
    for served in (ends.sender, ends.receiver):
        with served.node.store.snapshot() as snapshot:
            log = b"".join(snapshot.opening(index) for index in range(snapshot.head().size))
        assert b"Markovski" not in log
        assert b"+381600000001" not in log
    passed = b"".join(body + answer for _, body, answer in ends.world.wires.passed)
    assert b"Markovski" not in passed
    said = capfd.readouterr()
    assert "Markovski" not in caplog.text + said.out + said.err
