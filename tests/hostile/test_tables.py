"""Hostile bulk tables, each with a harmless twin: the one refused within the limits, the other read."""

import time

import pytest

from headwater.errors import InputError
from tests.trace_world import read
from tests.unit.formats.test_iso20022 import STATEMENT
from tests.unit.formats.test_statements import BODS, lines

HEAD = b"id,time,from,to,amount,currency\n"
ROW = b"P1,2025-03-01T10:00:00Z,A,B,5,EUR\n"
DEEP = b'{"recordType":"entity","x":' + b"[" * 70 + b"]" * 70 + b"}"
PAIRS: dict[str, tuple[str, bytes, bytes]] = {
    "a NUL in a name": ("payments", HEAD + ROW.replace(b"A,", b"\x00" * 300 + b","), HEAD + ROW),
    "a quote never closed": ("payments", HEAD + ROW.replace(b"A", b'"A') * 1, HEAD + ROW.replace(b"A", b'"A"')),
    "a row of nine megabytes": ("payments", HEAD + b"x" * 9_000_000 + b"\n", HEAD + ROW),
    "a heading of two megabytes": ("payments", b"x" * 2_000_000 + b"\n" + ROW, HEAD + ROW),
    "two thousand columns": ("payments", b",".join(b"c%d" % n for n in range(2_000)) + b"\n", HEAD + ROW),
    "UTF-16": ("payments", (HEAD + ROW).decode().encode("utf-16"), b"\xef\xbb\xbf" + HEAD + ROW),
    "bytes that are no text": ("payments", HEAD + ROW.replace(b"A", b"\xff\xfe"), HEAD + ROW.replace(b"A", "Ж".encode())),
    "a hexadecimal amount": ("payments", HEAD + ROW.replace(b",5,", b",0x5,"), HEAD + ROW.replace(b",5,", b",05,")),
    "a negative zero": ("payments", HEAD + ROW.replace(b",5,", b",-0,"), HEAD + ROW),
    "an amount of 64 bits": ("payments", HEAD + ROW.replace(b",5,", b",18446744073709551615,"), HEAD + ROW),
    "Arabic digits": ("payments", HEAD + ROW.replace(b",5,", ",٥,".encode()), HEAD + ROW),
    "a time of the year 9999": ("payments", HEAD + ROW.replace(b"2025", b"9999"), HEAD + ROW),
    "a leap second": ("payments", HEAD + ROW.replace(b"10:00:00Z", b"23:59:60Z"), HEAD + ROW),
    "a document type": ("camt053", STATEMENT.replace("<Document", "<!DOCTYPE x [<!ENTITY a 'b'>]><Document", 1).encode(), STATEMENT.encode()),
    "a deep document": ("camt053", b"<Document><BkToCstmrStmt>" + b"<a>" * 200 + b"</a>" * 200, STATEMENT.encode()),
    "a document cut short": ("camt053", STATEMENT[:700].encode(), STATEMENT.encode()),
    "a hundred thousand digits": ("camt053", STATEMENT.replace("1250.50", "9" * 60_000).encode(), STATEMENT.encode()),
    "deep JSON": ("bods", DEEP, lines(BODS)),
    "a key twice": ("bods", b'{"recordType":"entity","recordType":"person","recordId":"x"}', lines(BODS)),
    "a line of two megabytes": ("ftm-tables", b'{"id":"' + b"x" * 2_000_000 + b'"}', b'{"id":"c","schema":"Company","properties":{"name":["X"]}}'),
}  # fmt: skip


@pytest.mark.parametrize("name", PAIRS)
def test_a_hostile_table_is_refused_in_time_and_its_twin_is_read(name: str) -> None:
    form, hostile, benign = PAIRS[name]
    begun = time.process_time()
    try:
        rows, errors = read(form, hostile)
    except InputError as error:
        rows, errors = {}, [error]
    assert time.process_time() - begun < 2.0
    assert errors, f"was read: {rows}"
    assert all(error.exit == 65 and len(str(error)) < 500 for error in errors)
    kept, none = read(form, benign)
    assert none == []
    assert kept
