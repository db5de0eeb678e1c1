"""Columns of bulk tables: texts to typed Arrow arrays, a whole block at a time, and which rows of it are wrong.

What is checked for a block at once costs a few nanoseconds a row. Only where a block holds something wrong is it looked
at value by value, to say which row and why.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from headwater.errors import HeadwaterError, MissingExtraError, Place, SchemaError
from headwater.formats.safe import MAX_FIELD_BYTES
from headwater.model.money import ASSETS, CURRENCIES, MOST_MINOR
from headwater.model.tables import Column, Kind
from headwater.model.times import parse_day, parse_instant
from headwater.ports import Span

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MOST_NAME_BYTES: Final = 256
"""Bytes of an identifier; an IBAN has at most 34, a transaction hash 66."""
MICRO: Final = 1_000_000
NANO: Final = 1_000_000_000
_WHOLE: Final = re.compile(r"[0-9]{1,19}", re.ASCII)
_DECIMAL: Final = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,18})?", re.ASCII)
_COUNTRY: Final = re.compile(r"[A-Z]{2}", re.ASCII)
_FLAGS: Final = {"1": 1, "0": 0, "true": 1, "false": 0, "yes": 1, "no": 0}
_MOST_LATITUDE: Final = 90
_MOST_LONGITUDE: Final = 180
_TEXTS: Final = frozenset({Kind.NAME, Kind.TEXT, Kind.CURRENCY, Kind.COUNTRY})


def need_arrow() -> Any:  # noqa: ANN401 - the library has no types
    """Return pyarrow.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.compute
        import pyarrow.csv
    except ModuleNotFoundError as error:
        raise MissingExtraError("trace", error.name or "pyarrow") from error
    return pa


def arrow_type(column: Column) -> Any:  # noqa: ANN401 - the library has no types
    """Return the Arrow type that a column is kept in."""
    pa = need_arrow()
    return pa.string() if column.kind in _TEXTS else pa.int64()


def parse_value(column: Column, text: str, span: Span) -> int | str | None:
    """Return one value of a column; None where it is blank and need not be there.

    Raises:
        SchemaError: it is missing or impossible.
    """
    text = text.strip()
    if not text:
        if column.required:
            raise SchemaError("a missing value", where=Place(field=column.heading))
        return "" if column.kind in _TEXTS else None
    try:
        return _PARSERS[column.kind](column, text, span)
    except HeadwaterError as error:
        raise SchemaError(error.what, where=Place(field=column.heading), fix=error.fix) from error


def parse_block(column: Column, texts: Any, span: Span) -> Any | None:  # noqa: ANN401 - Arrow arrays
    """Return a block of texts as a typed array; None where any of them is wrong and each must be looked at."""
    pa = need_arrow()
    pc = pa.compute
    texts = pc.utf8_trim_whitespace(texts)
    blank = pc.equal(pc.binary_length(texts), 0)
    any_blank = pc.any(blank).as_py() or False
    if any_blank and column.required:
        return None
    if column.kind in _TEXTS:
        return texts if _texts_are_good(column, texts, pc) else None
    if any_blank:
        texts = pc.if_else(blank, pa.scalar(None, pa.string()), texts)
    try:
        return _numbers(column, texts, span, pa)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None


def _texts_are_good(column: Column, texts: Any, pc: Any) -> bool:  # noqa: ANN401
    if column.kind in (Kind.NAME, Kind.TEXT):
        most = MOST_NAME_BYTES if column.kind is Kind.NAME else MAX_FIELD_BYTES
        if (pc.max(pc.binary_length(texts)).as_py() or 0) > most:
            return False
        return not pc.any(pc.match_substring(texts, "\0")).as_py()
    found = pc.unique(texts).to_pylist()
    if column.kind is Kind.CURRENCY:
        return all(value in CURRENCIES or value in ASSETS or value == "" for value in found)
    return all(value == "" or _COUNTRY.fullmatch(value) for value in found)


def _numbers(column: Column, texts: Any, span: Span, pa: Any) -> Any | None:  # noqa: ANN401
    pc = pa.compute
    match column.kind:
        case Kind.TIME:
            numbers = pc.cast(pc.cast(texts, pa.timestamp("us", tz="UTC")), pa.int64())
            least, most = span.earliest_us, span.latest_us
        case Kind.AMOUNT:
            numbers, least, most = _whole(texts, pa), 1, MOST_MINOR
        case Kind.COUNT:
            numbers, least, most = _whole(texts, pa), 0, MOST_MINOR
        case _:
            return None  # few rows: value by value
    found = pc.min_max(numbers).as_py()
    if found["min"] is not None and not (least <= found["min"] and found["max"] <= most):
        return None
    return numbers


def _whole(texts: Any, pa: Any) -> Any:  # noqa: ANN401
    # The cast takes hexadecimal too.
    if pa.compute.any(pa.compute.match_substring(texts, "x", ignore_case=True)).as_py():
        raise pa.ArrowInvalid("x")
    return pa.compute.cast(texts, pa.int64())


def _name(column: Column, text: str, span: Span) -> str:  # noqa: ARG001 - one shape for all parsers
    if len(text.encode("utf-8", "surrogatepass")) > MOST_NAME_BYTES:
        raise SchemaError(f"an identifier over {MOST_NAME_BYTES} bytes")
    return _without_nul(text)


def _text(column: Column, text: str, span: Span) -> str:  # noqa: ARG001
    if len(text.encode("utf-8", "surrogatepass")) > MAX_FIELD_BYTES:
        raise SchemaError(f"a text over {MAX_FIELD_BYTES} bytes")
    return _without_nul(text)


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise SchemaError("a NUL in a text")
    return text


def _time(column: Column, text: str, span: Span) -> int:  # noqa: ARG001
    moment = parse_instant(text.replace(" ", "T", 1))
    found = (moment - EPOCH) // timedelta(microseconds=1)
    if not span.earliest_us <= found <= span.latest_us:
        raise SchemaError(
            "a time outside the table's span, or more than a day ahead of the clock",
            fix="correct it, or name the span with --span FROM/TO",
        )
    return found


def _day(column: Column, text: str, span: Span) -> int:  # noqa: ARG001
    moment = (
        datetime.combine(parse_day(text), datetime.min.time(), tzinfo=UTC)
        if len(text) == len("2026-11-25")
        else parse_instant(text)
    )
    return (moment - EPOCH) // timedelta(microseconds=1)


def _amount(column: Column, text: str, span: Span) -> int:  # noqa: ARG001
    fix = "give whole minor units above zero: 1234 for 12.34 EUR"
    below, digits = text.startswith("-"), text.removeprefix("-")
    if not (digits.isascii() and digits.isdecimal()):
        raise SchemaError("not a whole number", fix=fix)
    if below and digits.strip("0"):
        raise SchemaError("an amount below zero", fix=fix)
    if not _WHOLE.fullmatch(digits) or not 0 < int(digits) <= MOST_MINOR:
        raise SchemaError("an amount of nothing, or beyond what is kept", fix=fix)
    return int(digits)


def _count(column: Column, text: str, span: Span) -> int:  # noqa: ARG001
    if not _WHOLE.fullmatch(text):
        raise SchemaError("not a whole number", fix="write it in digits, from 0")
    return int(text)


def _currency(column: Column, text: str, span: Span) -> str:  # noqa: ARG001
    if text not in CURRENCIES and text not in ASSETS:
        raise SchemaError("no such currency", fix="use an ISO 4217 code, as in EUR")
    return text


def _country(column: Column, text: str, span: Span) -> str:  # noqa: ARG001
    if not _COUNTRY.fullmatch(text):
        raise SchemaError("no country code", fix="use two capital letters, as in RS")
    return text


def _scaled(text: str, scale: int) -> int:
    if not _DECIMAL.fullmatch(text):
        raise SchemaError("not a decimal number", fix="write it as 51.0906")
    try:
        return int((Decimal(text) * scale).to_integral_value())
    except InvalidOperation as error:
        raise SchemaError("not a decimal number") from error


def _degrees(column: Column, text: str, span: Span) -> int:  # noqa: ARG001
    found = _scaled(text, MICRO)
    most = _MOST_LATITUDE if "lat" in column.name else _MOST_LONGITUDE
    if abs(found) > most * MICRO:
        raise SchemaError("no such place", fix="give degrees in WGS 84, latitude before longitude")
    return found


def _flag(column: Column, text: str, span: Span) -> int:  # noqa: ARG001
    if text.lower() not in _FLAGS:
        raise SchemaError("neither 1 nor 0")
    return _FLAGS[text.lower()]


def _rate(column: Column, text: str, span: Span) -> int:  # noqa: ARG001
    found = _scaled(text, NANO)
    if found <= 0:
        raise SchemaError("a rate that is not above zero")
    return found


_PARSERS: Final[dict[Kind, Callable[[Column, str, Span], int | str]]] = {
    Kind.NAME: _name,
    Kind.TEXT: _text,
    Kind.TIME: _time,
    Kind.DAY: _day,
    Kind.AMOUNT: _amount,
    Kind.CURRENCY: _currency,
    Kind.COUNTRY: _country,
    Kind.COUNT: _count,
    Kind.DEGREES: _degrees,
    Kind.FLAG: _flag,
    Kind.RATE: _rate,
}
