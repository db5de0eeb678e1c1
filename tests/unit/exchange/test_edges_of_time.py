"""Every time and count of the exchange at its edge: one moment, one day or one step to either side."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from headwater.errors import HeadwaterError
from headwater.exchange.backoff import REST_CAP_S, wait_s
from headwater.exchange.card import Card, check_current
from headwater.exchange.checkpoint import (
    _cosigned,
    _cosigned_seconds,
)
from headwater.exchange.courier import MOST_BYTES, _fitting
from headwater.exchange.crosscheck import MOST_HITS, Check, check
from headwater.exchange.deadlines import Pause, deadline
from headwater.exchange.envelope import (
    MAX_AHEAD,
    Lane,
    SenderKey,
    check_recipient,
    check_sender,
    check_times,
)
from headwater.exchange.refusal import Code
from headwater.exchange.suite import sign
from headwater.exchange.translate import clamped, facts_of, handling_of
from headwater.exchange.witness import Known, ReceiptHead, Said, Word, judge, judge_receipt, own_fault
from headwater.model.fact import Fact
from headwater.model.handling import Handling
from headwater.model.ids import EntityKey, new_message_id
from headwater.model.merkle import HASH_BYTES
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.store import Head
from headwater.testing.fakes import START
from tests.exchange_world import LONDON, fact
from tests.unit.exchange.test_card import OLD, SIGNING, card
from tests.unit.exchange.test_envelope import header

MOMENT = timedelta(microseconds=1)


@pytest.mark.parametrize(
    ("sent", "expires", "code"),
    [
        (timedelta(0), MOMENT, None),
        (timedelta(0), timedelta(0), Code.EXPIRED),
        (timedelta(0), -MOMENT, Code.EXPIRED),
        (MAX_AHEAD, timedelta(days=1), None),
        (MAX_AHEAD + MOMENT, timedelta(days=1), Code.CLOCK),
        (timedelta(days=-99), timedelta(days=1), None),
        (MAX_AHEAD + MOMENT, timedelta(0), Code.EXPIRED),
    ],
)
def test_the_times_of_an_envelope_are_judged_to_the_moment(
    sent: timedelta, expires: timedelta, code: Code | None
) -> None:
    found = check_times(header(sent_at=START + sent, expires_at=START + expires), START)
    assert (found.code if found else None) == code


@pytest.mark.parametrize(
    ("revoked", "expires", "code"),
    [
        (None, MOMENT, None),
        (None, timedelta(0), Code.EXPIRED_CARD),
        (MOMENT, MOMENT, None),
        (timedelta(0), MOMENT, Code.REVOKED_KEY),
        (-MOMENT, MOMENT, Code.REVOKED_KEY),
        (timedelta(0), timedelta(0), Code.REVOKED_KEY),
    ],
)
def test_a_key_and_a_card_end_at_their_moment(revoked: timedelta | None, expires: timedelta, code: Code | None) -> None:
    key = SenderKey(SIGNING, card_expires_at=START + expires, revoked_from=None if revoked is None else START + revoked)
    found = check_sender(key, START)
    assert (found.code if found else None) == code
    nobody = check_sender(None, START)
    assert nobody is not None
    assert nobody.code == Code.UNKNOWN_KEY


def test_an_envelope_is_for_this_authority_and_for_a_key_of_its_own() -> None:
    me, mine = header().recipient, frozenset({header().rkid})
    assert check_recipient(header(), me=me, my_key_ids=mine) is None
    for found in (
        check_recipient(header(), me=LONDON, my_key_ids=mine),
        check_recipient(header(), me=me, my_key_ids=frozenset()),
        check_recipient(header(rkid=header().skid), me=me, my_key_ids=mine),
    ):
        assert found is not None
        assert found.code == Code.WRONG_RECIPIENT


@pytest.mark.parametrize("kind", ["signing", "sealing"])
def test_a_cards_key_counts_from_its_moment_to_its_end(kind: str) -> None:
    given: Card = card()
    (held,) = getattr(given, kind)
    dated = card(**{kind: (replace(held, valid_from="2026-11-20T12:00:00Z", revoked_from="2026-11-21T12:00:00Z"),)})
    key = getattr(dated, kind)[0]
    begins, ends = key.counts_from, key.counts_until
    assert [key.is_valid(at) for at in (begins - MOMENT, begins, ends - MOMENT, ends)] == [False, True, True, False]
    assert [key.is_revoked(at) for at in (ends - MOMENT, ends)] == [False, True]
    if kind == "signing":
        assert dated.sender_key(key.name, begins - MOMENT) is None
        known = dated.sender_key(key.name, begins)
        assert known == SenderKey(key.raw, card_expires_at=dated.expires_at, revoked_from=ends)
        assert dated.sender_key("cd" * 32, begins) is None
    else:
        assert dated.sealing_key(begins) == key.raw
        for at in (begins - MOMENT, ends):
            with pytest.raises(HeadwaterError):
                dated.sealing_key(at)


def test_a_card_is_current_until_the_moment_it_expires() -> None:
    check_current(card(), card().expires_at - MOMENT)
    with pytest.raises(HeadwaterError):
        check_current(card(), card().expires_at)
    with pytest.raises(HeadwaterError):
        card(expires=card().issued)


def test_alarms_go_up_at_their_moment_and_not_before() -> None:
    clock = deadline(START, "Etc/UTC", "urgent")
    assert (clock.alarm_50, clock.alarm_80, clock.due_at) == (
        START + timedelta(hours=4),
        START + timedelta(hours=6, minutes=24),
        START + timedelta(hours=8),
    )
    for at, before, then in ((clock.alarm_50, 0, 50), (clock.alarm_80, 50, 80), (clock.due_at, 80, 100)):
        assert at is not None
        assert (clock.level(at - MOMENT), clock.level(at)) == (before, then)


@pytest.mark.parametrize(
    ("asked", "answered", "moves"),
    [
        (4, 5, (0, 1, 1)),  # asked as the first alarm goes up
        (3.99, 5, (1.01, 1.01, 1.01)),
        (8, 9, (0, 0, 0)),  # asked as it is due
        (-2, 1, (1, 1, 1)),  # asked before it came
        (-2, 0, (0, 0, 0)),
        (1, None, (None, None, None)),
        (4, None, (0, None, None)),
        (8, None, (0, 0, 0)),
    ],
)
def test_a_question_stops_what_has_not_gone_up(
    asked: float, answered: float | None, moves: tuple[float | None, ...]
) -> None:
    def at(hours: float) -> Any:
        return START + timedelta(hours=hours)

    plain = deadline(START, "Etc/UTC", "flash")
    found = deadline(
        START, "Etc/UTC", "flash", "direct", [Pause(at(asked), None if answered is None else at(answered))]
    )
    for before, now, move in zip(
        (plain.alarm_50, plain.alarm_80, plain.due_at),
        (found.alarm_50, found.alarm_80, found.due_at),
        moves,
        strict=True,
    ):
        assert before is not None
        if move is None:
            assert now is None
        else:
            assert now is not None
            assert abs((now - before) - timedelta(hours=move)) <= timedelta(seconds=1)


@pytest.mark.parametrize(
    ("pauses", "stopped"),
    [
        ([(1, 5), (2, 3)], 4),
        ([(2, 3), (1, 5)], 4),
        ([(1, 3), (2, 5)], 4),
        ([(1, 3), (3, 5)], 4),
        ([(1, 2), (3, 5)], 3),
        ([(1, 5), (1, 2), (4, 6)], 5),
        ([(-3, -1), (-1, 1), (1, 2)], 2),
        ([(7, 9), (9.5, 10)], 2.5),
        ([(7, 9), (9.5, 10), (10.6, 11)], 2.5),
        ([(1, 5), (2, None)], None),
        ([(1, None), (2, 3)], None),
    ],
)
def test_questions_that_overlap_stop_the_clock_once(
    pauses: list[tuple[float, float | None]], stopped: float | None
) -> None:
    def at(hours: float) -> datetime:
        return START + timedelta(hours=hours)

    asked = [Pause(at(begun), None if ended is None else at(ended)) for begun, ended in pauses]
    for given in (asked, asked[::-1]):
        found = deadline(START, "Etc/UTC", "urgent", "direct", given).due_at
        assert found == (None if stopped is None else at(8 + stopped))


@pytest.mark.parametrize(
    ("urgency", "access", "lasts"),
    [
        ("normal", "direct", timedelta(days=7)),
        ("normal", "indirect", timedelta(days=7)),
        ("urgent", "direct", timedelta(hours=8)),
        ("flash", "direct", timedelta(hours=8)),
        ("urgent", "indirect", timedelta(days=3)),
        ("flash", "indirect", timedelta(days=3)),
    ],
)
def test_every_urgency_and_access_has_its_time(urgency: str, access: str, lasts: timedelta) -> None:
    assert deadline(START, "Etc/UTC", urgency, access).due_at == START + lasts


@pytest.mark.parametrize(
    ("failures", "lane", "least", "most"),
    [
        (1, Lane.NORMAL, 1, 2),
        (2, Lane.NORMAL, 2, 4),
        (4, Lane.URGENT, 8, 16),
        (5, Lane.URGENT, 15, 30),
        (9, Lane.URGENT, 15, 30),
        (8, Lane.NORMAL, 128, 256),
        (9, Lane.NORMAL, 150, 300),
        (99, Lane.NORMAL, 150, 300),
    ],
)
def test_each_failure_doubles_the_wait_up_to_the_cap(failures: int, lane: Lane, least: float, most: float) -> None:
    assert wait_s(failures, REST_CAP_S[lane], b"\0\0\0\0") == max(1, least)
    assert most * 0.999 < wait_s(failures, REST_CAP_S[lane], b"\xff\xff\xff\xff") < most


@pytest.mark.parametrize(
    ("born", "on", "is_minor"),
    [
        ("2008-11-25", date(2026, 11, 24), True),
        ("2008-11-25", date(2026, 11, 25), False),
        ("2008-11-26", date(2026, 11, 25), True),
        ("2008-11", date(2026, 11, 30), True),
        ("2008-11", date(2026, 12, 1), False),
        ("2008", date(2026, 12, 30), True),
        ("2008", date(2026, 12, 31), False),
        ("2009", date(2026, 12, 31), True),
    ],
)
def test_somebody_is_grown_up_on_the_birthday_that_the_date_can_be_at_the_latest(
    born: str, on: date, is_minor: bool
) -> None:
    key, other = EntityKey("uk/1"), EntityKey("uk/2")
    record = Record(
        origin=Origin(LONDON, "report"),
        handling=Handling(),
        mentions=(Mention(key, "Person", PersonCategory.SUSPECT), Mention(other, "Person", PersonCategory.SUSPECT)),
        facts=(Fact(key, "name", "Some Body"), Fact(key, "birthDate", born), Fact(other, "name", "Another Body")),
    )
    name, birth, other_name = facts_of(record, {}, on).values()
    assert (name.minor, birth.minor, other_name.minor) == (is_minor, is_minor, False)


def test_retention_is_shortened_to_the_earlier_day() -> None:
    record = Record(
        origin=Origin(LONDON, "report"),
        handling=Handling(retain_until=date(2027, 1, 2)),
        mentions=(Mention(EntityKey("uk/1"), "Vehicle"),),
        facts=(Fact(EntityKey("uk/1"), "registrationNumber", "AB12"),),
    )
    for until, left in (
        (date(2027, 1, 1), date(2027, 1, 1)),
        (date(2027, 1, 2), date(2027, 1, 2)),
        (date(2027, 1, 3), date(2027, 1, 2)),
    ):
        assert clamped(record, until).handling.retain_until == left


def head_of(seq: int, seen: int, size: int = 5) -> Said:
    return Said(size, b"r" * HASH_BYTES, seq, seen, {})


@pytest.mark.parametrize(("number", "word"), [(4, Word.LATE), (5, Word.LATE), (6, Word.SHRUNK)])
def test_a_shorter_log_accuses_only_in_a_word_that_was_given_later(number: int, word: Word) -> None:
    root = (b"r" * HASH_BYTES).hex()
    assert judge(Known(size=6, root=root, seq=5), head_of(number, 0)) == word
    assert judge_receipt(ReceiptHead(6, root, START, "", sent=5), head_of(0, number)) == word


@pytest.mark.parametrize(("size", "root", "is_fault"), [(5, b"a", False), (5, b"b", True), (6, b"a", True)])
def test_our_own_log_is_as_long_as_what_we_have_signed(size: int, root: bytes, is_fault: bool) -> None:
    assert bool(own_fault(Head(5, b"a"), size, root, b"a" if size <= 5 else None)) == is_fault


def test_a_cosignature_names_a_time_of_the_calendar() -> None:
    pair = OLD[0].public()
    for seconds in (253_402_300_799, 253_402_300_800):
        data = seconds.to_bytes(8, "big") + sign(OLD[0].ed25519, _cosigned(b"text", seconds))
        assert _cosigned_seconds(b"text", data, pair) == (seconds if seconds < 253_402_300_800 else None)
        assert _cosigned_seconds(b"other", data, pair) is None
        assert _cosigned_seconds(b"text", data + b"\0", pair) is None
        assert _cosigned_seconds(b"text", data, OLD[1].public()) is None


class _Row:
    def __init__(self, size: int) -> None:
        self.envelope = bytes(size)


@pytest.mark.parametrize(
    ("sizes", "fit"),
    [([MOST_BYTES], 1), ([MOST_BYTES - 1, 1], 2), ([MOST_BYTES, 1], 1), ([MOST_BYTES + 1, 1], 1), ([1, MOST_BYTES], 1)],
)
def test_a_batch_holds_as_many_bytes_as_may_be_and_always_one_envelope(sizes: list[int], fit: int) -> None:
    assert len(_fitting([_Row(size) for size in sizes])) == fit  # type: ignore[misc]


class _Held:
    def __init__(self, records: list[Record]) -> None:
        self._records = records

    def records(self) -> list[Record]:
        return self._records


@pytest.mark.parametrize("count", [MOST_HITS - 1, MOST_HITS, MOST_HITS + 1])
def test_a_check_names_a_hundred_hits_and_no_more(count: int) -> None:
    def of(number: int) -> Record:
        key = EntityKey(f"uk/{number}")
        return Record(
            origin=Origin(LONDON, "report", place=str(number)),
            handling=Handling(),
            mentions=(Mention(key, "Vehicle"),),
            facts=(Fact(key, "registrationNumber", "AB 12"),),
        )

    asked = of(-1)
    (found,) = check(_Held([asked, *map(of, range(count))]), [Check(new_message_id(1, bytes(10)), (asked,))])  # type: ignore[arg-type]
    assert len(found.hits) == min(count, MOST_HITS)
    assert asked not in found.hits
    assert found.finding is not None
    assert found.finding.score == 1.0


@pytest.mark.parametrize(
    ("field", "value", "other"),
    [
        ("handling", ("P", "H1"), ("P",)),
        ("conditions", ("no-action",), ()),
        ("purposes", ("oic",), None),
        ("names", ("m.ilic",), ()),
        ("onward", "no", None),
        ("onward", ("ME",), None),
        ("onward", ("ME",), ("RS",)),
        ("marking", "INTERNO", "OFFICIAL"),
        ("retain_until", "2027-01-01", None),
    ],
)
def test_every_word_of_a_facts_handling_counts(field: str, value: object, other: object) -> None:
    one, two = handling_of(fact(**{field: value})), handling_of(fact(**{field: other}))
    assert one != two
