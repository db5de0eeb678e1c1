"""What seldom happens, or never: a card of one's own that has expired, a message that names nobody, a batch that is settled already."""

import base64
import os
import threading
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from msgspec import structs

from headwater.errors import (
    FormatError,
    InputError,
    KeyTrustError,
    PeerUnreachableError,
    RollbackError,
    SchemaError,
    StoreBusyError,
)
from headwater.exchange import delivery, office
from headwater.exchange.again import again_due, deliver_again
from headwater.exchange.agreement import terms_of
from headwater.exchange.ahead import came_before
from headwater.exchange.alarms import open_alarms, raise_alarm
from headwater.exchange.card import read_card
from headwater.exchange.courier import Step
from headwater.exchange.deadlines import Pause, deadline
from headwater.exchange.desk import _highest
from headwater.exchange.envelope import seal
from headwater.exchange.framing import join
from headwater.exchange.keys import Keys, make_roots
from headwater.exchange.parties import agreement_of, purpose_of, recipient_of, sender_of
from headwater.exchange.partners import Partners
from headwater.exchange.receipt import Giver, Line, parse_receipt
from headwater.exchange.signed import Paper, read_paper, sign_paper
from headwater.exchange.suite import key_id
from headwater.exchange.translate import _earlier, message_of
from headwater.exchange.transport import HttpTransport
from headwater.model.handling import Handling
from headwater.model.ids import MessageId
from headwater.model.message import Amend, Kind
from headwater.model.record import Origin, Record
from headwater.testing.fakes import START, SeededChance
from tests.exchange_world import BELGRADE, LONDON, PRISTINA, TERMS, Node, World, agreement, fact, message
from tests.liar_world import Liar, bare, true
from tests.unit.exchange.test_counts_and_seconds import courier, send
from tests.unit.exchange.test_envelope import header

REF = MessageId("0195566a-0000-7000-8000-0000000000aa")


@pytest.fixture
def liar(tmp_path: Path) -> Iterator[Liar]:
    made = Liar(tmp_path)
    yield made
    made.world.close()


def test_nothing_is_sent_under_a_card_of_ones_own_that_has_expired(
    world: World, london: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "CARD_GOOD_FOR", timedelta(days=2))
    london.exchange.make_card("London", [london.endpoint], london.home / "roots", who="engineer")
    world.clock.move(timedelta(days=2))
    before = len(london.exchange.outgoing())
    with pytest.raises(KeyTrustError, match="the card of UK-NCA has expired") as error:
        london.exchange.send(message(), who="o.reed")
    assert error.value.fix == "make a new version of the card: headwater node card --renew"
    assert len(london.exchange.outgoing()) == before


def test_whoever_is_asked_for_is_named_by_a_message_or_refused() -> None:
    told = message(sender=LONDON)
    assert (sender_of(told), recipient_of(told), purpose_of(told), agreement_of(told)) == (
        LONDON,
        BELGRADE,
        "oic",
        TERMS,
    )
    silent = message(sender=None, recipient=None, purpose=None, agreement=None)
    assert (purpose_of(silent), agreement_of(silent)) == ("", "")
    for ask, field in ((sender_of, "from"), (recipient_of, "to")):
        with pytest.raises(SchemaError) as error:
            ask(silent)
        assert error.value.where.field == field


def test_a_record_that_names_no_message_came_in_none() -> None:
    bare = Record(origin=Origin(LONDON, "exchange"), handling=Handling(), mentions=(), facts=())
    assert message_of(bare) == ""


@pytest.mark.parametrize(
    ("marks", "highest"),
    [
        ((), "NONE"),
        ((None,), "NONE"),
        (("OFFICIAL", "INTERNO"), "INTERNO"),
        (("INTERNO", "OFFICIAL"), "INTERNO"),
        (("UNHEARD-OF", "NONE"), "NONE"),
        (("UNHEARD-OF", "OFFICIAL"), "OFFICIAL"),
        (("UNHEARD-OF",), "UNHEARD-OF"),
    ],
)
def test_a_marking_that_an_agreement_does_not_know_ranks_below_all_that_it_knows(
    marks: tuple[str | None, ...], highest: str
) -> None:
    facts = {f"f{number}": fact(marking=mark) for number, mark in enumerate(marks)}
    assert _highest(message(facts=facts), agreement()) == highest


def test_once_a_full_batch_is_on_the_disk_the_next_look_is_at_what_is_there_then(world: World, london: Node) -> None:
    send(london, 64)
    here = courier(world, london)
    assert (here.step().moved, here._settling is None, here._sent_to > 0) == (64, False, True)
    assert here._settling is not None
    assert here._settling.result() == 64
    step = here.step()
    assert (step.moved, step.wait_s, here._sent_to) == (0, None, 0)
    assert here._settling is None


def test_once_what_has_rested_is_taken_it_is_not_counted_as_resting_or_silent_any_more(
    world: World, london: Node, belgrade: Node
) -> None:
    send(london, 1)
    here = courier(world, london)
    clock = [0.0]
    here._stopwatch = lambda: clock[0]
    (ref,) = [row.id for row in london.exchange.outgoing() if row.state == "queued"]
    world.wires.on_return = lambda _: join([by_nobody(belgrade, ref)])
    world.clock.move(timedelta(hours=-2))  # what was sealed before comes from two hours ahead now
    here.step()
    assert (here._unanswered, here._resting) == ({ref}, {})
    world.wires.on_return = lambda answer: answer
    assert here.step().moved == 0
    assert (here._unanswered, [*here._resting], here._resting[ref][1]) == (set(), [ref], 1)
    clock[0] = 9999.0
    here.step()
    assert here._resting[ref][1] == 2
    world.clock.move(timedelta(hours=2))
    clock[0] = 99999.0
    assert here.step().moved == 1
    assert here._resting == {}


def by_nobody(node: Node, ref: str) -> bytes:
    """A receipt of a node about other bytes than were sent."""
    line = Line(id=ref, sha256="ab" * 32, result="stored")
    return Giver(node.me, node.keys.signing_seed()).sign(LONDON, (line,), START, None)


def test_each_key_is_on_the_disk_and_its_folder_after_it_before_anybody_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[tuple[bool, int]] = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(_seen(handle)))
    keys = Keys.create(tmp_path / "node", SeededChance(1))
    pair, one, folder = (False, 130), (False, 65), (True, 0)
    assert synced == [pair, pair, pair, folder, one, folder, one, folder, pair, folder, folder]
    synced.clear()
    keys.add("signing", SeededChance(2))
    make_roots(tmp_path / "roots", SeededChance(3))
    assert synced == [one, folder, pair, pair, pair, folder]


def _seen(handle: int) -> tuple[bool, int]:
    """Whether it is a folder, and how many bytes of a file have reached it."""
    stat = os.fstat(handle)
    is_folder = bool(stat.st_mode & 0o040000)
    return is_folder, 0 if is_folder else stat.st_size


NAIVE = datetime(2026, 11, 25, 8)  # noqa: DTZ001 - that is the point


@pytest.mark.parametrize(
    "make",
    [
        lambda: Pause(NAIVE, None),
        lambda: Pause(START, NAIVE),
        lambda: deadline(NAIVE, "Etc/UTC", "normal"),
        lambda: deadline(START.astimezone().replace(tzinfo=None), "Etc/UTC", "urgent"),
    ],
)
def test_a_time_without_a_zone_begins_no_clock(make: Callable[[], object]) -> None:
    with pytest.raises(SchemaError, match="a time without a zone"):
        make()


TWICE = b'{"a":1,"a":1}'


def test_what_names_a_key_twice_is_read_by_nobody(london: Node) -> None:
    card = london.exchange.card()
    key = card.card.sealing[0].raw
    head = structs.replace(header(), rkid=key_id(key))
    terms = agreement().canonical()
    acts: list[Callable[[], object]] = [
        lambda: seal(head, TWICE, signing_seed=bytes(32), recipient_key=key),
        lambda: terms_of(sign_paper(b'{"id":"X",' + terms[1:], "agreement", ())),
        lambda: read_card(
            Paper(payload=_64(b'{"v":1,' + card.paper.body[1:]), signatures=card.paper.signatures).to_bytes()
        ),
        lambda: parse_receipt(_receipt(b'{"v":1,' + encode_receipt(london))),
    ]
    for act in acts:
        with pytest.raises(InputError, match=r"twice|duplicate|same key"):
            act()


def _64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def encode_receipt(node: Node) -> bytes:
    """The payload of a receipt without its first brace."""
    whole = by_nobody(node, "0195566a-0000-7000-8000-0000000000aa")
    return whole[4:-64][1:]


def _receipt(payload: bytes) -> bytes:
    return len(payload).to_bytes(4, "big") + payload + bytes(64)


def test_a_paper_whose_payload_or_signature_is_not_base64_in_its_one_spelling_is_none(london: Node) -> None:
    paper = london.exchange.card().paper
    first, *rest = paper.signatures
    odd = structs.replace(first, sig=first.sig[:-3] + "*==")
    for wrong in (
        structs.replace(paper, signatures=(odd, *rest)),
        structs.replace(paper, payload=paper.payload + "\n"),
    ):
        with pytest.raises(FormatError, match="base64"):
            read_paper(wrong.to_bytes())


def test_what_is_no_endpoint_is_asked_nothing() -> None:
    transport = HttpTransport()
    for ask in (
        lambda: transport.post("http://127.0.0.1:1/path", "/x", b"", timeout_s=1),
        lambda: transport.get("http://u@127.0.0.1:1", "/x", bytearray(1), timeout_s=1),
    ):
        with pytest.raises(SchemaError, match="no endpoint"):
            ask()
    assert transport._open == {}


def test_a_sync_that_cannot_begin_is_said_once_a_look_and_ends_none(
    london: Node, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    stop, looks = threading.Event(), list[object]()

    def due(*given: object) -> list[str]:
        looks.append(given)
        if len(looks) == 2:
            stop.set()
        raise StoreBusyError("busy")

    monkeypatch.setattr(london.exchange.syncing, "due", due)
    london.exchange.syncing.run(stop, 0.001)
    assert [(each.levelname, each.getMessage()) for each in caplog.records] == [
        ("WARNING", "sync waits: store.busy")
    ] * 2


class Cut:
    """A courier that has nothing to do, or whose partner cannot be reached for a long time."""

    def __init__(self, step: Step) -> None:
        self.begun = threading.Event()
        self.steps = 0
        self._step = step

    def step(self) -> Step:
        self.steps += 1
        self.begun.set()
        return self._step

    def heard(self) -> None:
        """Hear nothing."""


@pytest.mark.parametrize("step", [Step(0, None), Step(0, 60.0, PeerUnreachableError("cut"))])
def test_a_courier_that_rests_for_long_ends_at_once_when_delivery_does(
    step: Step, london: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "FIRST_S", 0.01)
    monkeypatch.setattr(delivery, "IDLE_S", 60.0)
    cut, stop = Cut(step), threading.Event()
    run = delivery.Delivery(london.store, Partners(LONDON), lambda _: cut)  # type: ignore[arg-type,return-value]
    thread = threading.Thread(target=run.run, args=(stop,), daemon=True)
    thread.start()
    assert cut.begun.wait(20)
    stop.wait(0.2)  # by then it rests
    served = [each.thread for each in run._served.values()]
    stop.set()
    thread.join(20)
    assert not thread.is_alive()
    assert not any(each.is_alive() for each in served)
    assert (len(served), run._served) == (2, {})


@pytest.mark.parametrize("step", [Step(0, None), Step(0, 60.0, PeerUnreachableError("cut"))])
def test_what_was_heard_before_a_courier_looked_does_not_make_it_look_again(
    step: Step, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(delivery, "FIRST_S", 0.01)
    monkeypatch.setattr(delivery, "IDLE_S", 60.0)
    cut, stop, wake, heard = Cut(step), threading.Event(), threading.Event(), threading.Event()
    wake.set()
    heard.set()
    thread = threading.Thread(target=delivery.work, args=(cut, wake, heard, stop), daemon=True)
    thread.start()
    assert cut.begun.wait(20)
    stop.wait(0.1)
    assert cut.steps == 1
    stop.set()
    wake.set()
    heard.set()
    thread.join(20)
    assert not thread.is_alive()


def test_what_is_to_be_delivered_again_and_is_not_here_is_left_aside(world: World, london: Node) -> None:
    send(london, 2)
    london.bring(BELGRADE)
    refs = [row.id for row in london.exchange.outgoing()][-2:]
    london.store.write(lambda tx: deliver_again(tx, BELGRADE, [REF, *refs]))
    with london.store.snapshot() as snapshot:
        assert [row.id for row in again_due(snapshot, BELGRADE, "normal", 9)] == refs
        assert [row.id for row in again_due(snapshot, BELGRADE, "normal", 1)] == refs[:1]
        assert again_due(snapshot, BELGRADE, "urgent", 9) == []


def test_an_alarm_about_a_log_that_two_partners_have_is_about_each_alone(world: World, london: Node) -> None:
    names = [BELGRADE, PRISTINA]
    for name in names:
        london.store.write(lambda tx, name=name: raise_alarm(tx, RollbackError, name, "x", [], seen_by=LONDON))  # type: ignore[misc]
    with london.store.snapshot() as snapshot:
        assert [[each.about for each in open_alarms(snapshot, name)] for name in (*names, None)] == [
            [BELGRADE],
            [PRISTINA],
            names,
        ]
    assert london.exchange.syncing.clear(BELGRADE, who="d.s", reason="x") == 1
    assert [each.about for each in london.exchange.syncing.alarms()] == [PRISTINA]


def test_only_what_is_an_amend_of_a_fact_that_came_is_carried_out_when_it_comes(liar: Liar) -> None:
    told = bare(Kind.AMEND, amend=Amend(action="erase", facts=("rec-a/0",), reason="x"))
    assert liar.hand(liar.seal(told)) == ["stored"]
    amend = liar.belgrade.exchange.incoming()[-1].id
    assert liar.belgrade.store.write(lambda tx: came_before(tx, true(facts={"rec-a/0": fact()})))[0][0] == amend
    assert liar.belgrade.store.write(lambda tx: came_before(tx, true(facts={"rec-a/1": fact()}))) == []
    assert liar.belgrade.store.write(lambda tx: came_before(tx, true(facts={"rec-b/0": fact()}))) == []


def test_a_retention_is_the_earlier_of_those_that_there_are() -> None:
    day, later = "2027-01-01", date(2027, 1, 2)
    assert [_earlier(given, other) for given, other in ((None, None), (day, None), (None, later), (day, later))] == [
        None,
        day,
        later.isoformat(),
        day,
    ]
    assert _earlier("2027-01-03", later) == later.isoformat()
