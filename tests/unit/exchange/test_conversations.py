"""What each order of words in a conversation makes of a request's clock: state, end, due time and alarm."""

from datetime import timedelta

import pytest

from headwater.exchange import requests
from headwater.exchange.requests import Request, _clock, _Word
from headwater.model.ids import MessageId
from headwater.model.message import Message
from headwater.store import Incoming, Outgoing
from headwater.testing.fakes import START
from tests.exchange_world import LONDON, message

HOUR = timedelta(hours=1)
REF = MessageId("0195566a-0000-7000-8000-000000000001")


def row(way: str) -> Incoming | Outgoing:
    if way == "in":
        return Incoming(
            id=REF,
            peer=LONDON,
            seq=1,
            sha256=bytes(32),
            kind="request",
            thread=None,
            body=b"",
            received_at=START,
            receipt=b"",
        )
    return Outgoing(
        id=REF,
        peer=LONDON,
        seq=1,
        lane="normal",
        envelope=b"",
        kind="request",
        thread=None,
        queued_at=START,
        expires_at=START + 99 * HOUR,
        state="receipted",
    )


def clock(
    monkeypatch: pytest.MonkeyPatch, way: str, said: list[tuple[float, str, str | None]], now: float, **changes: object
) -> Request:
    """A request of START with what was said after so many hours: by whoever was asked (``b``) or had asked (``a``)."""
    ways = {"b": {"in": "out", "out": "in"}[way], "a": way}
    words = [_Word(START + hours * HOUR, ways[who], result) for hours, who, result in said]
    monkeypatch.setattr(requests, "_words", lambda *_: iter(words[::-1]))
    asked: Message = message(**{"urgency": "urgent", **changes})
    return _clock(None, row(way), asked, START, "Etc/UTC", START + now * HOUR)  # type: ignore[arg-type]


TALKS: dict[str, tuple[list[tuple[float, str, str | None]], float, tuple[str, float | None, float | None, int]]] = {
    "nothing": ([], 3.9, ("open", None, 8, 0)),
    "nothing, at half time": ([], 4, ("open", None, 8, 50)),
    "nothing, late": ([], 9, ("open", None, 8, 100)),
    "answered": ([(2, "b", "full")], 9, ("answered", 2, 8, 0)),
    "answered with nothing": ([(5, "b", "none")], 9, ("answered", 5, 8, 50)),
    "answered late": ([(9, "b", "full")], 99, ("answered", 9, 8, 100)),
    "refused": ([(7, "b", "refused")], 9, ("refused", 7, 8, 80)),
    "a part": ([(2, "b", "partial")], 7, ("partial", None, 8, 80)),
    "a part, then all": ([(2, "b", "partial"), (3, "b", "full")], 9, ("answered", 3, 8, 0)),
    "a word without a result": ([(2, "b", None)], 9, ("open", None, 8, 100)),
    "a hit ends nothing": ([(2, "b", "hit")], 9, ("open", None, 8, 100)),
    "its own word ends nothing": ([(2, "a", "full")], 9, ("open", None, 8, 100)),
    "a question": ([(2, "b", "clarify")], 99, ("clarify", None, None, 0)),
    "a question after half time": ([(5, "b", "clarify")], 99, ("clarify", None, None, 50)),
    "a question, answered": ([(2, "b", "clarify"), (3, "a", None)], 9, ("open", None, 9, 100)),
    "asked twice, answered once": (
        [(1, "b", "clarify"), (2, "b", "clarify"), (3, "a", None)],
        9,
        ("open", None, 10, 80),
    ),
    "asked, answered, asked": (
        [(1, "b", "clarify"), (2, "a", None), (3, "b", "clarify"), (5, "a", None)],
        9,
        ("open", None, 11, 50),
    ),
    "answered while a question stands": ([(1, "b", "clarify"), (3, "b", "full")], 9, ("answered", 3, None, 0)),
    "a question once it is late": ([(8, "b", "clarify")], 9, ("open", None, 8, 100)),
    "a question after the end": ([(2, "b", "full"), (3, "b", "clarify")], 99, ("answered", 2, 8, 0)),
    "a question after the end, answered": (
        [(2, "b", "full"), (3, "b", "clarify"), (4, "a", None)],
        99,
        ("answered", 2, 8, 0),
    ),
    "a second end": ([(2, "b", "none"), (6, "b", "refused")], 99, ("answered", 2, 8, 0)),
    "a part after the end": ([(2, "b", "refused"), (6, "b", "partial")], 99, ("refused", 2, 8, 0)),
    "a part while a question stands": ([(1, "b", "clarify"), (2, "b", "partial")], 9, ("clarify", None, None, 0)),
    "a part, then a question that was answered": (
        [(1, "b", "partial"), (2, "b", "clarify"), (3, "a", None)],
        4,
        ("partial", None, 9, 0),
    ),
}


@pytest.mark.parametrize("way", ["in", "out"])
@pytest.mark.parametrize("name", TALKS)
def test_both_ends_read_a_conversation_alike(monkeypatch: pytest.MonkeyPatch, way: str, name: str) -> None:
    said, now, (state, ended, due, alarm) = TALKS[name]
    found = clock(monkeypatch, way, said, now)
    assert found.deadline is not None
    assert (found.id, found.peer, found.way, found.state, found.received_at) == (REF, LONDON, way, state, START)
    assert found.ended_at == (None if ended is None else START + ended * HOUR)
    assert found.deadline.due_at == (None if due is None else START + due * HOUR)
    assert found.alarm == alarm


@pytest.mark.parametrize(
    ("changes", "days"),
    [
        ({"urgency": "normal"}, 7),
        ({"urgency": "flash", "access": "indirect"}, 3),
        ({"urgency": "someday"}, 7),
        ({"urgency": "urgent", "access": "by post"}, 7),
    ],
)
def test_a_word_that_nobody_knows_gives_the_longest_time(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, object], days: int
) -> None:
    found = clock(monkeypatch, "in", [], 1, **changes)
    assert found.deadline is not None
    assert found.deadline.due_at == START + timedelta(days=days)
