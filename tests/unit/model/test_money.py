"""Amounts in minor units, and how a person reads them."""

import pytest

from headwater.errors import Place, SchemaError
from headwater.model.money import decimals, minor_units, money_text

HERE = Place(field="amount")


@pytest.mark.parametrize(
    ("text", "unit", "minor"),
    [("12.34", "EUR", 1234), ("500", "JPY", 500), ("1.5", "KWD", 1500), ("0.00000001", "BTC", 1), ("10", "GBP", 1000)],
)
def test_an_amount_becomes_minor_units(text: str, unit: str, minor: int) -> None:
    assert minor_units(text, unit, where=HERE) == minor


@pytest.mark.parametrize(
    ("text", "unit"),
    [("12.345", "EUR"), ("0.5", "JPY"), ("0", "EUR"), ("-1", "EUR"), ("1e3", "EUR"), ("٣", "EUR"), ("", "EUR"), ("1", "EUX"),
     ("9999999999999999999", "EUR"), ("12345678901234567.000000000000000001", "EUR")],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str, unit: str) -> None:
    with pytest.raises(SchemaError):
        minor_units(text, unit, where=HERE)


def test_an_amount_reads_as_people_write_it() -> None:
    assert [money_text(123_456, "EUR"), money_text(500, "JPY"), money_text(5, "BTC")] == [
        "1,234.56 EUR", "500 JPY", "0.00000005 BTC",
    ]  # fmt: skip
    assert decimals("BHD") == 3
