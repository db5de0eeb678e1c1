"""Names, periods and observables: what they are made of, where they end, and what is none."""

from datetime import date

import pytest

from headwater.errors import SchemaError
from headwater.model.figures import series_name
from headwater.model.ids import new_message_id
from headwater.model.period import Period
from headwater.model.schema import schemata
from headwater.model.threat import observable


def test_a_message_id_is_of_a_time_and_ten_bytes_of_chance() -> None:
    assert new_message_id(0x0123_4567_89AB, bytes(10)) == "01234567-89ab-7000-8000-000000000000"
    assert new_message_id(1, b"\xff" * 10) == "00000000-0001-7fff-bfff-ffffffffffff"
    assert new_message_id(1, b"\xff" * 12) == new_message_id(1, b"\xff" * 10)
    assert new_message_id(1 << 48, bytes(10)) == new_message_id(0, bytes(10))


@pytest.mark.parametrize(
    ("start", "end", "inside"),
    [
        (date(2027, 3, 1), date(2027, 3, 31), True),
        (date(2027, 3, 5), date(2027, 3, 5), True),
        (date(2027, 2, 28), date(2027, 3, 31), False),
        (date(2027, 3, 1), date(2027, 4, 1), False),
    ],
)
def test_a_period_holds_what_lies_inside_its_first_and_last_day(start: date, end: date, *, inside: bool) -> None:
    assert Period(date(2027, 3, 1), date(2027, 3, 31)).holds(Period(start, end)) is inside


@pytest.mark.parametrize(("start", "end", "following"), [
    (date(2028, 2, 1), date(2028, 2, 29), Period(date(2028, 3, 1), date(2028, 3, 31))),
    (date(2028, 1, 1), date(2028, 1, 31), Period(date(2028, 2, 1), date(2028, 2, 29))),
    (date(2027, 12, 31), date(2027, 12, 31), Period(date(2028, 1, 1), date(2028, 1, 1))),
    (date(2027, 10, 1), date(2027, 12, 31), Period(date(2028, 1, 1), date(2028, 3, 31))),
    (date(2028, 1, 1), date(2028, 12, 31), Period(date(2029, 1, 1), date(2029, 12, 31))),
])  # fmt: skip
def test_a_period_is_followed_by_one_of_its_kind_in_leap_years_too(start: date, end: date, following: Period) -> None:
    assert Period(start, end).next() == following


def test_a_series_has_a_name_or_is_refused() -> None:
    assert series_name("frontex", "Western Balkan route") == "frontex.western-balkan-route"
    with pytest.raises(SchemaError):
        series_name("frontex", "!!!")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("hxxp://Example.TEST/Path", "http://example.test/Path"),
        ("HTTPS://example.test", "https://example.test"),
        ("example.test/path", None),
        ("http:///path", None),
        ("ht tp://example.test", None),
    ],
)
def test_an_address_of_the_web_has_a_scheme_and_a_host(text: str, meant: str | None) -> None:
    assert observable("url", text) == meant


def test_an_entity_type_has_what_those_above_it_have() -> None:
    found = schemata()
    assert "LegalEntity" in found["Person"].extends
    assert found["LegalEntity"].properties.keys() <= found["Person"].properties.keys()
    assert {one for each in found.values() for one in each.extends} <= found.keys()
