"""Bulk tables as CSV: what is kept, and what is refused with its line and field."""

import pytest

from headwater.errors import FormatError, InputError, SchemaError
from headwater.formats.table_sources import csv_named, names, table_source
from headwater.ports import Span
from tests.trace_world import read, refused

HEAD = "id,time,from,to,amount,currency,channel,from_country,to_country,text\n"
GOOD = "P1,2025-03-01T10:00:00+01:00,A,B,1234,EUR,bank,DE,BE,help\n"


def test_a_payment_is_kept_in_whole_minor_units_and_utc() -> None:
    rows, errors = read("payments", (HEAD + GOOD).encode())
    assert errors == []
    assert rows["payments"] == [
        {
            "id": "P1", "time_us": 1_740_819_600_000_000, "sender": "A", "receiver": "B", "amount": 1234,
            "currency": "EUR", "channel": "bank", "from_country": "DE", "to_country": "BE", "text": "help", "row": 1,
        }
    ]  # fmt: skip


def test_columns_that_need_not_be_there_may_be_left_out_and_any_order_will_do() -> None:
    rows, errors = read("payments", b"\xef\xbb\xbfcurrency,amount,to,from,time,id\nJPY,5,B,A,2025-03-01T10:00:00Z,x\n")
    assert not errors
    assert (rows["payments"][0]["amount"], rows["payments"][0]["channel"]) == (5, "")


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [
        ("1234", "-5", "amount"),
        ("1234", "0", "amount"),
        ("1234", "12.5", "amount"),
        ("1234", "", "amount"),
        ("1234", "0x1F", "amount"),
        ("1234", "9999999999999999999", "amount"),
        ("1234", "1e3", "amount"),
        ("EUR", "EUX", "currency"),
        ("EUR", "", "currency"),
        ("2025-03-01T10:00:00+01:00", "2025-03-01T10:00:00", "time"),
        ("2025-03-01T10:00:00+01:00", "2025-13-01T10:00:00Z", "time"),
        ("2025-03-01T10:00:00+01:00", "", "time"),
        ("P1,", ",", "id"),
        (",A,", ",,", "from"),
        (",A,", ", ,", "from"),
        (",B,", ",,", "to"),
        (",A,", f",{'x' * 300},", "from"),
        ("DE", "Germany", "from_country"),
    ],
)
def test_a_bad_value_is_refused_with_line_and_field_and_the_rest_is_read(old: str, new: str, field: str) -> None:
    bad = GOOD.replace(old, new, 1)
    rows, (error,) = read("payments", (HEAD + GOOD.replace("P1", "P0") + bad + GOOD.replace("P1", "P2")).encode())
    assert isinstance(error, SchemaError)
    assert (error.where.file, error.where.line, error.where.field) == ("given", 3, field)
    assert [row["row"] for row in rows["payments"]] == [1, 3]
    assert new not in str(error) or len(new) < 4


def test_a_row_outside_the_span_is_refused() -> None:
    narrow = Span(0, 1_740_819_600_000_000 - 1)
    rows, (error,) = read("payments", (HEAD + GOOD).encode(), narrow)
    assert (error.where.field, rows) == ("time", {})


def test_lines_are_counted_through_values_that_hold_line_ends() -> None:
    folded = GOOD.replace("help", '"two\nlines"')
    _, (error,) = read("payments", (HEAD + folded + GOOD.replace("1234", "x")).encode())
    assert error.where.line == 4


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\n",
        HEAD.encode(),
        b"id,time\n1,2\n",
        b"id,id\n",
        HEAD.encode() + b"a,b\n",
        HEAD.encode() + b'"never closed\n',
        (HEAD + GOOD).encode().replace(b"help", b"\xff\xfe"),
        HEAD.replace("text", "religion").encode() + GOOD.encode(),
        "\ufeff\ufeff".encode() + HEAD.encode(),
    ],
)
def test_what_is_no_such_table_is_refused_as_a_whole(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        refused("payments", data)
    assert caught.value.exit == 65
    assert "\\xff" not in str(caught.value)


def test_an_error_never_repeats_a_row_of_the_wrong_width() -> None:
    with pytest.raises(FormatError) as caught:
        read("payments", (HEAD + "secret-name,x\n").encode())
    assert "secret" not in str(caught.value)
    assert caught.value.where.line == 2


def test_places_and_flags_and_days_of_a_register_are_read() -> None:
    text = "id,name,registered,designated,lat,lon\nC1,Example Ltd,2019-03-01,yes,51.5,-0.127758\n"
    (row,) = read("companies", text.encode())[0]["companies"]
    assert (row["registered_us"], row["designated"], row["lat_e6"], row["lon_e6"]) == (
        1_551_398_400_000_000, 1, 51_500_000, -127_758,
    )  # fmt: skip
    _, (error,) = read("companies", text.replace("51.5", "95").encode())
    assert error.where.field == "lat"


def test_a_format_is_found_by_its_headings() -> None:
    assert csv_named(HEAD.strip().split(",")) == "payments"
    assert csv_named(["from", "to", "count", "first", "last"]) == "contacts"
    assert csv_named(["id", "surname"]) is None


def test_every_format_of_tables_loads_under_its_own_name() -> None:
    for name, title in names().items():
        made = table_source(name)
        assert (made.name, made.title) == (name, title)
        assert made.tables


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("-5", "an amount below zero"),
        ("0", "an amount of nothing, or beyond what is kept"),
        ("99999999999999999999999", "an amount of nothing, or beyond what is kept"),
        ("12.5", "not a whole number"),
    ],
)
def test_an_amount_that_cannot_be_is_told_for_what_it_is(given: str, said: str) -> None:
    _, (error,) = read("payments", (HEAD + GOOD.replace("1234", given, 1)).encode())
    assert (error.what, error.fix) == (said, "give whole minor units above zero: 1234 for 12.34 EUR")


def test_a_table_with_semicolons_is_told_as_that() -> None:
    with pytest.raises(FormatError, match="semicolons"):
        read("payments", (HEAD + GOOD).replace(",", ";").encode())


def test_a_count_is_not_told_to_be_money() -> None:
    _, (error,) = read("contacts", b"from,to,count,first,last\nA,B,-3,2025-03-01T10:00:00Z,2025-03-02T10:00:00Z\n")
    assert (error.where.field, error.what) == ("count", "not a whole number")
    assert "EUR" not in error.fix
