"""Frozen funds and economic resources as CSV: ``holder,nature,description,currency,amount,valued_on,frozen_on``."""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Final

from headwater.errors import Place, SchemaError
from headwater.formats.safe_csv import named_rows

COLUMNS: Final = ("holder", "nature", "description", "currency", "amount", "valued_on", "frozen_on")
REQUIRED: Final = COLUMNS[:-1]
NATURES: Final = ("funds", "economic resources")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_MOST: Final = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class Asset:
    """One asset held for a designated person.

    Attributes:
        holder: whose it is, as the entry or the customer is called.
        nature: ``funds`` or ``economic resources``.
        amount_minor: value in hundredths of the currency.
        valued_on: the day of the value.
        frozen_on: since when it is frozen, where that is said.
    """

    holder: str
    nature: str
    description: str
    currency: str
    amount_minor: int
    valued_on: date
    frozen_on: date | None


def read_assets(data: bytes, *, file: str | None = None) -> list[Asset]:
    """Return the assets of a file.

    Raises:
        InputError: it is no such CSV, or a row lacks something or has an impossible value; names row and field.
    """
    return [_asset(given, file, line) for line, given in named_rows(data, COLUMNS, REQUIRED, file=file)]


def _asset(given: dict[str, str], file: str | None, line: int) -> Asset:
    def place(field: str) -> Place:
        return Place(file=file, line=line, field=field)

    for field in REQUIRED:
        if not given[field]:
            raise SchemaError("an asset without it", where=place(field))
    if given["nature"] not in NATURES:
        raise SchemaError("no such nature", where=place("nature"), fix=f"write {' or '.join(NATURES)}")
    if not _CURRENCY.fullmatch(given["currency"]):
        raise SchemaError("no currency code", where=place("currency"), fix="write three capitals, such as GBP")
    frozen = given.get("frozen_on", "")
    return Asset(
        given["holder"],
        given["nature"],
        given["description"],
        given["currency"],
        _minor(given["amount"], place("amount")),
        _day(given["valued_on"], place("valued_on")),
        _day(frozen, place("frozen_on")) if frozen else None,
    )


def _minor(text: str, where: Place) -> int:
    try:
        amount = Decimal(text)
    except InvalidOperation as error:
        raise SchemaError("not an amount", where=where, fix="write it as 1234.50") from error
    if not amount.is_finite() or not 0 <= amount < _MOST or amount != amount.quantize(Decimal("0.01")):
        raise SchemaError("not an amount with at most two decimals", where=where, fix="write it as 1234.50")
    return int(amount * 100)


def _day(text: str, where: Place) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise SchemaError("no such day", where=where, fix="write YYYY-MM-DD") from error
