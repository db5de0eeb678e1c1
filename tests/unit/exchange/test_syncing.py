"""Two nodes sync: each cosigns the other's log, what is missing comes again, and a log that was changed is seen."""

import base64
import shutil
from datetime import timedelta

import pytest
from msgspec.structs import replace

from headwater.errors import KeyTrustError, RollbackError
from headwater.exchange.alarms import EVIDENCE, raise_alarm
from headwater.exchange.checkpoint import cosign, cosigned_at, is_signed_by_log, read_checkpoint, sign_checkpoint
from headwater.exchange.envelope import Lane
from headwater.exchange.keys import Keys
from headwater.exchange.office import Exchange
from headwater.exchange.partners import State
from headwater.exchange.proof import check_proof, read_proof
from headwater.exchange.receipt import Giver, Line, LogHead, parse_receipt
from headwater.exchange.signed import PairSeed
from headwater.exchange.witness import CHECKPOINT, Seen, known_of, saw_receipt, two_contents
from headwater.model.fact import Fact
from headwater.model.grade import parse_grade
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, RecordId
from headwater.model.message import Amend, Grown, Kind
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.ports import Event
from headwater.store import Store
from headwater.testing.fakes import START, SeededChance
from tests.exchange_world import BELGRADE, LONDON, TERMS, Node, World, message

pytestmark = pytest.mark.slow


def exchange_all(*nodes: Node) -> None:
    """Let every courier work until none has anything left."""
    moved = True
    while moved:
        moved = False
        for node in nodes:
            for partner in node.exchange.partners():
                for lane in Lane:
                    moved = node.exchange.courier((partner.authority, lane)).step().moved > 0 or moved


def sync(one: Node, other: Node) -> None:
    one.exchange.syncing.ask(other.me, who="engineer")
    exchange_all(one, other)


def note(node: Node, count: int = 1) -> None:
    for number in range(count):
        node.store.note(Event("look.record", "o.reed", f"rec-{number}", "oic"))


def send(node: Node, to: Node) -> None:
    assert node.exchange.send(message(sender=node.me, recipient=to.me), who="o.reed").is_queued


def codes(node: Node) -> set[tuple[str, str]]:
    return {(alarm.about, alarm.code) for alarm in node.exchange.syncing.alarms()}


def put_back(world: World, node: Node, seed: int = 99) -> None:
    """Open a node anew from the copy of its home that `copy` made."""
    node.store.close()
    shutil.rmtree(node.home)
    shutil.copytree(f"{node.home}.copy", node.home)
    chance = SeededChance(seed)
    node.store = Store.open(node.home, clock=world.clock, chance=chance)
    node.keys = Keys(node.home)
    node.exchange = Exchange(node.store, node.keys, world.clock, chance, node.me, transport=world.wires)
    world.wires.nodes[node.endpoint] = node.exchange


def copy(world: World, node: Node) -> None:
    """Copy a node's home as a backup does."""
    node.store.close()
    shutil.copytree(node.home, f"{node.home}.copy")
    put_back(world, node, seed=98)


def test_a_sync_leaves_both_logs_cosigned_at_both_nodes(london: Node, belgrade: Node) -> None:
    note(london, 3)
    sync(london, belgrade)
    for one, other in ((london, belgrade), (belgrade, london)):
        standing = one.exchange.syncing.standing(other.me)
        assert standing.ours > 0
        assert standing.theirs >= other.exchange.syncing.standing(one.me).ours > 0
        assert standing.alarms == ()
        with one.store.snapshot() as snapshot:
            body = snapshot.document(CHECKPOINT, f"{one.me}/{standing.ours}")
            assert body is not None
            kept = read_checkpoint(body)
            assert kept.root == snapshot.root_at(kept.size)
        assert is_signed_by_log(kept, one.exchange.card().card.papers)
        assert cosigned_at(kept, other.me, other.exchange.card().card.papers) is not None


def test_many_syncs_follow_each_other_without_an_alarm(world: World, london: Node, belgrade: Node) -> None:
    sizes = []
    for number in range(6):
        note(london, number)
        send(belgrade, london)
        sync(*((london, belgrade) if number % 2 else (belgrade, london)))
        world.clock.move(timedelta(hours=1))
        sizes.append(belgrade.exchange.syncing.standing(LONDON).theirs)
    assert sizes == sorted(set(sizes))
    assert codes(london) == codes(belgrade) == set()
    assert london.events("sync-doubted") == belgrade.events("sync-doubted") == []


def test_both_may_begin_at_once(london: Node, belgrade: Node) -> None:
    for _ in range(3):
        note(london)
        london.exchange.syncing.ask(BELGRADE, who="a")
        belgrade.exchange.syncing.ask(LONDON, who="b")
        exchange_all(london, belgrade)
    assert codes(london) == codes(belgrade) == set()
    assert london.exchange.syncing.standing(BELGRADE).unproved_since is None


@pytest.mark.sqlite
def test_a_restored_backup_is_seen_by_the_partner_and_by_itself(world: World, london: Node, belgrade: Node) -> None:
    sync(london, belgrade)
    copy(world, belgrade)
    note(belgrade, 5)
    send(belgrade, london)
    sync(london, belgrade)
    put_back(world, belgrade)
    sync(london, belgrade)
    assert (BELGRADE, "trust.rollback") in codes(london)
    assert (BELGRADE, "trust.rollback") in codes(belgrade)


@pytest.mark.sqlite
def test_a_restored_backup_that_asks_first_is_seen_too(world: World, london: Node, belgrade: Node) -> None:
    sync(london, belgrade)
    copy(world, belgrade)
    note(belgrade, 5)
    sync(london, belgrade)
    put_back(world, belgrade)
    sync(belgrade, london)
    assert (BELGRADE, "trust.rollback") in codes(london)
    assert (BELGRADE, "trust.rollback") in codes(belgrade)


@pytest.mark.sqlite
def test_a_backup_whose_messages_nobody_missed_is_seen_by_its_shorter_log(
    world: World, london: Node, belgrade: Node
) -> None:
    sync(london, belgrade)
    copy(world, belgrade)
    note(belgrade, 50)
    send(london, belgrade)
    world.clock.move(timedelta(minutes=10))
    exchange_all(london, belgrade)
    put_back(world, belgrade)
    world.clock.move(timedelta(minutes=10))
    send(london, belgrade)
    exchange_all(london, belgrade)
    assert codes(london) == {(BELGRADE, "trust.rollback")}


@pytest.mark.sqlite
def test_a_fork_that_has_grown_is_an_equivocation_with_both_pieces_kept(
    world: World, london: Node, belgrade: Node
) -> None:
    sync(london, belgrade)
    copy(world, belgrade)
    note(belgrade, 5)
    sync(london, belgrade)
    held = london.exchange.syncing.standing(BELGRADE).theirs
    put_back(world, belgrade)
    belgrade.store.write(lambda tx: tx.skip_seq(LONDON, 1000))
    note(belgrade, 200)
    sync(belgrade, london)
    (alarm,) = london.exchange.syncing.standing(BELGRADE).alarms
    assert alarm.code == "trust.equivocation"
    with london.store.snapshot() as snapshot:
        pieces = [read_checkpoint(snapshot.document(EVIDENCE, name) or b"") for name in alarm.evidence]
    assert [each.authority for each in pieces] == [BELGRADE, BELGRADE]
    assert pieces[0].size == held < pieces[1].size
    assert all(is_signed_by_log(each, belgrade.exchange.card().card.papers) for each in pieces)
    assert london.exchange.syncing.standing(BELGRADE).theirs == held


@pytest.mark.sqlite
def test_an_alarm_suspends_nobody_and_a_person_can_clear_it(world: World, london: Node, belgrade: Node) -> None:
    sync(london, belgrade)
    copy(world, belgrade)
    note(belgrade, 5)
    sync(london, belgrade)
    put_back(world, belgrade)
    sync(london, belgrade)
    assert london.exchange.partners()[0].is_open
    held = london.exchange.syncing.standing(BELGRADE).theirs
    sync(london, belgrade)
    assert london.exchange.syncing.standing(BELGRADE).theirs == held
    london.exchange.syncing.clear(BELGRADE, who="s.hall", reason="they restored a backup")
    belgrade.exchange.syncing.clear(BELGRADE, who="s.petrovic", reason="disk broke")
    sync(london, belgrade)
    note(belgrade, 1)
    sync(belgrade, london)
    assert codes(london) == set()
    assert london.exchange.syncing.standing(BELGRADE).theirs > 0
    sync(london, belgrade)
    assert 0 < belgrade.exchange.syncing.standing(LONDON).ours <= london.exchange.syncing.standing(BELGRADE).theirs


@pytest.mark.sqlite
def test_what_a_restored_backup_has_lost_comes_again(world: World, london: Node, belgrade: Node) -> None:
    send(london, belgrade)
    sync(london, belgrade)
    copy(world, belgrade)
    for _ in range(3):
        send(london, belgrade)
    exchange_all(london, belgrade)
    put_back(world, belgrade)
    assert len([row for row in belgrade.exchange.incoming() if row.kind == Kind.SPONTANEOUS]) == 1
    sync(london, belgrade)
    sync(belgrade, london)
    rows = [row for row in belgrade.exchange.incoming() if row.kind == Kind.SPONTANEOUS]
    assert {row.id for row in rows} == {row.id for row in london.exchange.outgoing() if row.kind == Kind.SPONTANEOUS}
    with belgrade.store.snapshot() as snapshot:
        assert snapshot.incoming_gaps(LONDON) == []
    assert len(london.events("delivered-again")) >= 3


def test_numbers_that_will_never_come_are_told_and_not_asked_for_again(
    world: World, london: Node, belgrade: Node
) -> None:
    world.wires.cut.add(belgrade.endpoint)
    london.exchange.send(message(expires="2026-11-25T09:00:00Z"), who="o.reed")
    world.clock.move(timedelta(hours=1))
    exchange_all(london)
    assert [row.state for row in london.exchange.outgoing()][-1] == "dead"
    world.wires.cut.clear()
    send(london, belgrade)
    exchange_all(london, belgrade)
    with belgrade.store.snapshot() as snapshot:
        assert len(snapshot.incoming_gaps(LONDON)) == 1
    for _ in range(2):
        sync(belgrade, london)
    assert london.events("missed") == []
    last = [row for row in belgrade.exchange.outgoing() if row.kind == Kind.CHECKPOINT][-1]
    told = belgrade.exchange.sent(last.id)
    assert told is not None
    assert told.sync is not None
    assert told.sync.gaps == ()
    with belgrade.store.snapshot() as snapshot:
        known = known_of(snapshot, LONDON)
        assert (known.whole_to > 2, known.void) == (True, ())


def test_a_sync_is_due_once_the_time_has_passed_and_not_while_one_waits(
    world: World, london: Node, belgrade: Node
) -> None:
    syncing, hour, begun = london.exchange.syncing, timedelta(hours=1), world.clock.now()
    assert syncing.due(begun, hour, begun) == []
    assert syncing.due(begun + hour, hour, begun) == [BELGRADE]
    sync(london, belgrade)
    world.clock.move(timedelta(minutes=59))
    assert syncing.due(world.clock.now(), hour, begun) == []
    world.clock.move(timedelta(minutes=1))
    assert syncing.due(world.clock.now(), hour, begun) == [BELGRADE]
    syncing.ask(BELGRADE, who="engineer")
    assert syncing.due(world.clock.now(), hour, begun) == []


@pytest.mark.parametrize("witnessed", [True, False])
def test_a_proof_of_a_message_is_checked_by_a_stranger(london: Node, belgrade: Node, witnessed: bool) -> None:
    send(london, belgrade)
    exchange_all(london, belgrade)
    if witnessed:
        sync(london, belgrade)
    ref = london.exchange.outgoing()[-3 if witnessed else -1].id
    with london.store.snapshot() as snapshot:
        leaf = next(iter(snapshot.leaves_about(ref)))
    data = london.exchange.syncing.prove(leaf.index).to_bytes()
    cards = {node.me: node.exchange.card().card.papers for node in (london, belgrade)}
    found = check_proof(read_proof(data), cards)
    assert found.problems == ()
    assert [name for name, _ in found.witnesses] == ([BELGRADE] if witnessed else [])
    assert not check_proof(read_proof(data), {BELGRADE: cards[BELGRADE]}).ok


def told(node: Node, to: Node, **changes: object) -> None:
    """Let a node tell a partner something else in a sync than it should."""
    syncing = node.exchange.syncing
    with pytest.MonkeyPatch.context() as patch:
        compose = syncing._compose
        patch.setattr(syncing, "_compose", lambda tx, peer, turn: replace(compose(tx, peer, turn), **changes))
        syncing.ask(to.me, who="liar")
        exchange_all(node)
    exchange_all(node, to)


def test_a_checkpoint_that_the_partner_has_not_signed_is_not_cosigned(london: Node, belgrade: Node) -> None:
    forged = sign_checkpoint(BELGRADE, 5, bytes(32), PairSeed(b"x" * 32, b"y" * 32)).to_bytes().decode()
    other = sign_checkpoint(LONDON, 5, bytes(32), belgrade.keys.papers()).to_bytes().decode()
    for number, note_text in enumerate((forged, other, "no note"), 1):
        told(belgrade, london, checkpoint=note_text, turn=3)
        assert len(london.events("sync-doubted")) == number
    assert london.exchange.syncing.standing(BELGRADE).theirs == 0
    assert codes(london) == set()


def test_what_the_partner_shows_as_ours_counts_only_if_we_have_signed_it(london: Node, belgrade: Node) -> None:
    sync(london, belgrade)
    forged = sign_checkpoint(LONDON, 10**6, bytes(32), belgrade.keys.papers()).to_bytes().decode()
    line = Line(id=None, sha256="ab" * 32, result="stored")
    log = LogHead(size=10**6, root="00" * 32)
    receipt = Giver(LONDON, b"z" * 32).sign(BELGRADE, (line,), START, log)
    told(belgrade, london, held=forged, turn=3)
    told(belgrade, london, receipt=base64.b64encode(receipt).decode(), turn=3)
    told(belgrade, london, held="no note", receipt="no base64", turn=3)
    assert codes(london) == set()
    assert [event.detail["why"] for event in london.events("sync-doubted")] == [
        "not our checkpoint",
        "not our receipt",
        "no checkpoint",
        "not our receipt",
    ]


def test_a_partner_that_has_seen_more_than_was_sent_is_no_reason_to_skip_without_end(
    london: Node, belgrade: Node
) -> None:
    told(belgrade, london, seen=(1 << 53) - 1, turn=3)
    assert codes(london) == {(LONDON, "trust.rollback")}
    with london.store.snapshot() as snapshot:
        assert snapshot.sent_last(BELGRADE) < 2_000_000
    send(london, belgrade)
    exchange_all(london, belgrade)
    assert london.exchange.outgoing()[-1].state == "receipted"


def test_a_proof_that_does_not_hold_is_an_equivocation(london: Node, belgrade: Node) -> None:
    sync(london, belgrade)
    held = london.exchange.syncing.standing(BELGRADE).theirs
    told(belgrade, london, grown=(Grown(size=held, path=("00" * 32,) * 3),), turn=3)
    assert codes(london) == {(BELGRADE, "trust.equivocation")}
    assert london.exchange.syncing.standing(BELGRADE).theirs == held


def test_a_checkpoint_without_its_proof_is_not_cosigned_and_waits_for_it(
    world: World, london: Node, belgrade: Node
) -> None:
    sync(london, belgrade)
    held = london.exchange.syncing.standing(BELGRADE).theirs
    told(belgrade, london, grown=(), turn=3)
    standing = london.exchange.syncing.standing(BELGRADE)
    assert (standing.theirs, standing.alarms, standing.unproved_since) == (held, (), world.clock.now())
    sync(belgrade, london)
    assert london.exchange.syncing.standing(BELGRADE).theirs > held
    assert london.exchange.syncing.standing(BELGRADE).unproved_since is None


def test_gaps_that_are_no_numbers_of_ours_are_told_to_be_void(london: Node, belgrade: Node) -> None:
    told(belgrade, london, gaps=(0, -1, 10**9), turn=3)
    with london.store.snapshot() as snapshot:
        assert known_of(snapshot, BELGRADE).owed == (0, -1, 10**9)
    assert london.events("missed") == []


def settle(node: Node, data: bytes, newest: int = 1) -> None:
    """Let a node see a receipt of Belgrade about its messages up to a number."""
    seen = Seen(parse_receipt(data), data, "00" * 32, newest)
    node.store.write(lambda tx: saw_receipt(tx, BELGRADE, seen, node.me))


def test_receipts_that_name_two_logs_of_one_size_are_an_equivocation(london: Node, belgrade: Node) -> None:
    giver = Giver(BELGRADE, belgrade.keys.signing_seed())
    line = Line(id=None, sha256="ab" * 32, result="stored")
    for root in ("11" * 32, "22" * 32):
        data = giver.sign(LONDON, (line,), START, LogHead(size=500, root=root))
        settle(london, data)
    assert codes(london) == {(BELGRADE, "trust.equivocation")}


@pytest.mark.parametrize("hours", [-300, 0, 300])
def test_a_receipt_with_a_smaller_log_accuses_by_what_it_answers_and_never_by_a_clock(
    london: Node, belgrade: Node, hours: int
) -> None:
    giver = Giver(BELGRADE, belgrade.keys.signing_seed())
    line = Line(id=None, sha256="ab" * 32, result="stored")
    with london.store.snapshot() as snapshot:
        sent = snapshot.sent_last(BELGRADE)
    settle(london, giver.sign(LONDON, (line,), START, LogHead(size=500, root="11" * 32)), sent)
    for size, newest, accused in ((400, sent - 1, False), (450, sent, False), (460, sent + 1, True)):
        at = START + timedelta(hours=hours)
        settle(london, giver.sign(LONDON, (line,), at, LogHead(size=size, root="11" * 32)), newest)
        assert codes(london) == ({(BELGRADE, "trust.rollback")} if accused else set())


def test_one_identifier_for_two_contents_raises_the_alarm_with_both_kept(london: Node, belgrade: Node) -> None:
    send(london, belgrade)
    exchange_all(london, belgrade)
    row = [row for row in belgrade.exchange.incoming() if row.kind == Kind.SPONTANEOUS][-1]
    belgrade.store.write(lambda tx: two_contents(tx, row, b"another envelope", BELGRADE))
    (alarm,) = belgrade.exchange.syncing.standing(LONDON).alarms
    assert alarm.code == "trust.equivocation"
    with belgrade.store.snapshot() as snapshot:
        assert snapshot.document(EVIDENCE, alarm.evidence[1]) == b"another envelope"
        assert snapshot.document(EVIDENCE, alarm.evidence[0]) == belgrade.exchange.receipt(row)


def test_a_partner_that_is_suspended_gets_no_answer_and_nothing_is_undone(london: Node, belgrade: Node) -> None:
    london.exchange.syncing.ask(BELGRADE, who="engineer")
    belgrade.exchange.step_partner(LONDON, State.SUSPENDED, who="s.petrovic", reason="test")
    exchange_all(london, belgrade)
    assert [row for row in belgrade.exchange.outgoing() if row.kind == Kind.CHECKPOINT] == []
    with pytest.raises(KeyTrustError):
        belgrade.exchange.syncing.ask(LONDON, who="engineer")


def test_while_an_alarm_is_open_nothing_of_that_partner_is_cosigned(london: Node, belgrade: Node) -> None:
    sync(london, belgrade)
    held = london.exchange.syncing.standing(BELGRADE).theirs
    london.store.write(lambda tx: raise_alarm(tx, RollbackError, BELGRADE, "test", [b"a", b"b"], seen_by=LONDON))
    sync(london, belgrade)
    assert london.exchange.syncing.standing(BELGRADE).theirs == held
    assert belgrade.exchange.syncing.standing(LONDON).theirs > 0


def test_our_checkpoint_comes_back_as_witnessed_only_with_a_cosignature_that_holds(
    london: Node, belgrade: Node
) -> None:
    with london.store.snapshot() as snapshot:
        head = snapshot.head()
    bare = sign_checkpoint(LONDON, head.size, head.root, london.keys.papers())
    wrong = cosign(bare, BELGRADE, START, PairSeed(b"x" * 32, b"y" * 32))
    for held in (bare, wrong):
        told(belgrade, london, held=held.to_bytes().decode(), turn=3)
    assert london.exchange.syncing.standing(BELGRADE).ours == 0
    right = cosign(bare, BELGRADE, START, belgrade.keys.papers())
    told(belgrade, london, held=right.to_bytes().decode(), turn=3)
    assert london.exchange.syncing.standing(BELGRADE).ours == head.size


def test_what_has_expired_since_it_was_receipted_is_not_delivered_again(
    world: World, london: Node, belgrade: Node
) -> None:
    send(london, belgrade)
    exchange_all(london, belgrade)
    row = london.exchange.outgoing()[-1]
    world.clock.move(row.expires_at - world.clock.now())
    told(belgrade, london, gaps=(row.seq,), turn=3)
    assert london.events("missed") == []
    with london.store.snapshot() as snapshot:
        assert known_of(snapshot, BELGRADE).owed == (row.seq,)


@pytest.mark.parametrize(("before", "is_taken"), [(999, True), (1000, False)])
def test_of_the_numbers_that_a_partner_says_will_never_come_a_thousand_count(
    london: Node, belgrade: Node, before: int, is_taken: bool
) -> None:
    with london.store.snapshot() as snapshot:
        missing = snapshot.sent_last(BELGRADE) + 1
    london.store.write(lambda tx: tx.skip_seq(BELGRADE, missing))
    send(london, belgrade)
    exchange_all(london)
    with belgrade.store.snapshot() as snapshot:
        assert snapshot.incoming_gaps(LONDON) == [missing]
    syncing, void = london.exchange.syncing, (*range(10_000, 10_000 + before), missing)
    with pytest.MonkeyPatch.context() as patch:
        compose = syncing._compose
        patch.setattr(syncing, "_compose", lambda tx, peer, turn: replace(compose(tx, peer, turn), void=void))
        syncing.ask(belgrade.me, who="liar")
    exchange_all(london)
    with belgrade.store.snapshot() as snapshot:
        assert (known_of(snapshot, LONDON).whole_to >= missing) is is_taken


LOST = (Kind.SPONTANEOUS, Kind.ALERT, Kind.REQUEST, Kind.RESPONSE, Kind.NOTICE, Kind.PING)
"""Kinds, beside the recall, that a partner may lose with what it had since its backup."""
LETTERS: dict[Kind, dict[str, object]] = {
    Kind.REQUEST: {"reason": "A boat was seen.", "facts": {}},
    **{kind: {"facts": {}} for kind in (Kind.RESPONSE, Kind.NOTICE, Kind.PING)},
}


@pytest.mark.sqlite
def test_every_kind_that_a_restored_backup_has_lost_comes_again_and_a_recall_does_its_work(
    world: World, london: Node, belgrade: Node
) -> None:
    report = Record(
        origin=Origin(LONDON, "report", place="1"),
        handling=Handling(codes=frozenset({"P"}), markings=frozenset({"OFFICIAL"})),
        mentions=(Mention(EntityKey("uk/person/1"), "Person", PersonCategory.SUSPECT),),
        facts=(Fact(EntityKey("uk/person/1"), "name", "Wrongly Accused"),),
        grade=parse_grade("3x5x2:1/B"),
    )
    london.store.write(lambda tx: tx.add_record(report))
    told = message(facts=london.exchange.facts(RecordId(report.id), TERMS))
    assert london.exchange.send(told, who="o.reed").is_queued
    sync(london, belgrade)

    def names() -> list[str]:
        with belgrade.store.snapshot() as snapshot:
            return [fact.value for record in snapshot.records() for fact in record.facts]

    assert "Wrongly Accused" in names()
    copy(world, belgrade)
    for kind in LOST:
        assert london.exchange.send(message(kind=kind, **LETTERS.get(kind, {})), who="o.reed").is_queued, kind
    asked = Amend(action="erase", facts=tuple(number for number, _ in report.numbered()), reason="another person")
    london.exchange.liaison.amend(asked, who="o.reed", purpose="oic", replacements=[])
    exchange_all(london, belgrade)
    sent = {row.id: row.kind for row in london.exchange.outgoing() if row.state == "receipted"}
    assert "Wrongly Accused" not in names()
    put_back(world, belgrade)
    assert "Wrongly Accused" in names()
    assert Kind.AMEND not in {row.kind for row in belgrade.exchange.incoming()}
    sync(london, belgrade)
    sync(belgrade, london)
    assert {*LOST, Kind.AMEND} <= set(sent.values())
    assert sent.items() <= {row.id: row.kind for row in belgrade.exchange.incoming()}.items()
    assert "Wrongly Accused" not in names()
