"""Values that the store takes are valid by construction."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from headwater.errors import SchemaError, SettingsError, StoreCorruptError
from headwater.store import StoreOptions
from headwater.store.rows import from_micros, to_micros
from tests.contract.store_kit import incoming, outgoing


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
