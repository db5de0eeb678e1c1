"""Values that the store takes are valid by construction."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from headwater.errors import SchemaError, SettingsError, StoreCorruptError
from headwater.store import Incoming, Outgoing, StoreOptions
from headwater.store.rows import from_micros, to_micros
from headwater.testing.fakes import START
from tests.contract.store_kit import PEER, incoming, message_id, outgoing


@pytest.mark.parametrize("change", [{"seq": 0}, {"seq": -1}, {"seq": 1 << 63}, {"state": "eaten"}, {"state": ""}])
def test_a_message_with_an_impossible_number_or_state_does_not_exist(change: dict[str, Any]) -> None:
    for row in (outgoing(1, 1), incoming(1, 1)):
        with pytest.raises(SchemaError):
            structs.replace(row, **change)


def test_a_message_without_a_whole_hash_does_not_exist() -> None:
    with pytest.raises(SchemaError):
        structs.replace(incoming(1, 1), sha256=b"short")


def test_an_unknown_way_to_sync_is_refused() -> None:
    # SQLite itself would take it for NORMAL, and lose promises.
    with pytest.raises(SettingsError):
        StoreOptions(synchronous="FUL")


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_time_comes_back_to_the_microsecond(moment: datetime) -> None:
    assert from_micros(to_micros(moment)) == moment


def test_a_time_in_another_zone_is_the_same_instant() -> None:
    moment = datetime.fromisoformat("2026-11-25T09:30:00.000001+01:00")
    assert from_micros(to_micros(moment)) == moment
    assert from_micros(to_micros(moment)).utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(SchemaError):
        to_micros(datetime(2026, 11, 25))  # noqa: DTZ001 - that is the point


def test_a_number_beyond_the_calendar_is_damage() -> None:
    with pytest.raises(StoreCorruptError):
        from_micros(1 << 62)


def test_times_are_counted_from_1970_so_that_other_programs_read_the_same() -> None:
    assert to_micros(datetime(1970, 1, 1, tzinfo=UTC)) == 0
    assert to_micros(datetime(2026, 11, 25, 9, 30, 0, 7, tzinfo=UTC)) == 1_795_599_000_000_007
    assert from_micros(-1) == datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)


@pytest.mark.parametrize("seq", [1, (1 << 63) - 1])
def test_the_first_and_the_last_number_are_numbers(seq: int) -> None:
    assert (outgoing(1, seq).seq, incoming(1, seq).seq) == (seq, seq)


def test_a_message_begins_as_one_that_waits_or_was_stored() -> None:
    sent = Outgoing(
        id=message_id(1), peer=PEER, seq=1, lane="normal", envelope=b"", kind="request", thread=None, queued_at=START, expires_at=START
    )  # fmt: skip
    come = Incoming(
        id=message_id(1), peer=PEER, seq=1, sha256=bytes(32), kind="request", thread=None, body=b"", received_at=START, receipt=b""
    )  # fmt: skip
    assert (sent.state, sent.receipt, sent.settled_at, come.state) == ("queued", None, None, "stored")


def test_every_state_that_there_is_can_be_had_and_the_refusal_names_them() -> None:
    for state in ("queued", "receipted", "refused", "dead"):
        assert structs.replace(outgoing(1, 1), state=state).state == state
    for state in ("stored", "accepted", "refused", "held"):
        assert structs.replace(incoming(1, 1), state=state).state == state
    with pytest.raises(SchemaError, match="accepted, held, refused, stored"):
        structs.replace(incoming(1, 1), state="dead")
    with pytest.raises(SchemaError, match="dead, queued, receipted, refused"):
        structs.replace(outgoing(1, 1), state="held")


def test_a_store_is_opened_durable_patient_and_for_writing_unless_something_else_is_said() -> None:
    said = StoreOptions(
        synchronous="FULL", vfs=None, busy_wait_s=5.0, checkpoint_pages=2000, read_only=False, database="", threaded=True
    )  # fmt: skip
    assert StoreOptions() == said
    for word in ("OFF", "NORMAL", "FULL", "EXTRA"):
        assert StoreOptions(synchronous=word).synchronous == word


@pytest.mark.parametrize("row", [outgoing(1, 1), incoming(1, 1)])
def test_a_message_is_said_by_its_fields_names_and_never_changes(row: Outgoing | Incoming) -> None:
    fields = structs.asdict(row)
    for name, value in fields.items():
        with pytest.raises(AttributeError):
            setattr(row, name, value)
    with pytest.raises(TypeError):
        type(row)(*fields.values())  # type: ignore[call-arg]
