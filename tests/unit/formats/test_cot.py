"""Cursor on Target: small, whole, and within its times."""

from datetime import UTC, datetime

import pytest

from headwater.errors import InputError
from headwater.formats.cot import MAX_EVENT_BYTES, CotStream, alert_event, read_cot, read_event

GOOD = (
    b'<event version="2.0" uid="EX-1" type="a-u-S-X" time="2026-01-01T00:00:00Z" start="2026-01-01T00:00:00Z"'
    b' stale="2026-01-01T00:05:00Z" how="m-g"><point lat="44.0" lon="19.0" hae="0" ce="10" le="1"/><detail/></event>'
)


def test_an_event_is_read() -> None:
    event = read_event(GOOD)
    assert (event.uid, event.kind, event.lat, event.ce) == ("EX-1", "boat", 44.0, 10.0)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"<event", b"<!DOCTYPE event><event"),
        (b"<event", b'<!DOCTYPE event [<!ENTITY l "ha">]><event'),
        (b'stale="2026-01-01T00:05', b'stale="2025-12-31T23:59'),
        (b'lat="44.0"', b'lat="91"'),
        (b'lat="44.0"', b'lat="nan"'),
        (b'uid="EX-1"', b""),
        (b'version="2.0"', b'version="1.0"'),
        (b"<detail/>", b"<a>" * 40 + b"</a>" * 40),
        (b"<detail/>", b"<detail>" + b"x" * MAX_EVENT_BYTES + b"</detail>"),
        (b"</event>", b""),
        (b"event", b"evant"),
        (b"<point", b"<paint"),
    ],
)
def test_an_event_that_is_not_one_is_refused(old: bytes, new: bytes) -> None:
    assert old in GOOD
    with pytest.raises(InputError):
        read_event(GOOD.replace(old, new))


def test_an_alert_is_an_event_that_reads_back() -> None:
    event = read_event(alert_event("a<b", datetime(2026, 1, 1, tzinfo=UTC), 44.0, 19.0, 20.0, "water & <dark>"))
    assert (event.uid, event.type) == ("a<b", "b-r-f-h-c")


@pytest.mark.parametrize("step", [1, 7, 100, 5000])
def test_a_stream_gives_whole_events_however_it_is_cut(step: int) -> None:
    stream, data, found = CotStream(), GOOD + b"\n" + GOOD + GOOD[:50], []
    for at in range(0, len(data), step):
        found += stream.feed(data[at : at + step])
    assert found == [GOOD, GOOD]


def test_an_endless_event_is_dropped_and_the_next_one_is_read() -> None:
    stream = CotStream()
    stream.feed(b"<event>" + b"x" * (3 * MAX_EVENT_BYTES))
    found = stream.feed(b"</event>" + GOOD)
    assert found == [b"", GOOD]


def test_a_bad_event_does_not_hide_the_next() -> None:
    kinds = [type(event).__name__ for _, event in read_cot(GOOD.replace(b'lat="44.0"', b'lat="x"') + GOOD)]
    assert kinds == ["SchemaError", "CotEvent"]
