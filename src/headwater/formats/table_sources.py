"""Every format of bulk tables by name; a reader's code is loaded when it is first used."""

from collections.abc import Callable
from importlib import import_module
from typing import Final

from headwater.errors import SettingsError
from headwater.model.tables import table
from headwater.ports import TableSource

_CSV: Final = {
    "payments": ("payments", "payments, CSV", {}),
    "ledger": ("payments", "a cash or value-transfer ledger, CSV", {}),
    "crypto": ("payments", "transfers of crypto assets, CSV", {"channel": "crypto"}),
    "companies": ("companies", "a company register, CSV", {}),
    "ownership": ("ownership", "who owns whom, CSV", {}),
    "shipments": ("shipments", "customs declarations, shipments and sales, CSV", {}),
    "listings": ("listings", "marketplace listings, CSV", {}),
    "hires": ("hires", "vehicle hires, CSV", {}),
    "contacts": ("contacts", "contact counts between numbers, CSV", {}),
    "identifiers": ("identifiers", "identifiers that customers gave, CSV", {}),
    "places": ("places", "beaches, rivers and borders, CSV", {}),
    "crossings": ("crossings", "crossings and rescues seen, CSV", {}),
    "rates": ("rates", "dated currency rates, CSV", {}),
}
_OTHERS: Final = {
    "camt053": ("a bank statement, ISO 20022 camt.053", "iso20022", "Camt053"),
    "pacs008": ("customer credit transfers, ISO 20022 pacs.008", "iso20022", "Pacs008"),
    "ftm-tables": ("FollowTheMoney payments, companies and ownership, JSON lines", "statements", "FtmTables"),
    "bods": ("beneficial ownership statements, BODS 0.4, JSON", "statements", "BodsStatements"),
}


def names() -> dict[str, str]:
    """Return every format with its title."""
    found = {name: title for name, (_, title, _) in _CSV.items()}
    return found | {name: title for name, (title, _, _) in _OTHERS.items()}


def table_source(name: str) -> TableSource:
    """Return the reader of one format.

    Raises:
        SettingsError: there is no such format of tables.
    """
    if name in _CSV:
        kind, title, fixed = _CSV[name]
        make: Callable[..., TableSource] = import_module("headwater.formats.table_csv").TableCsv
        return make(name, title, table(kind), fixed)
    if name not in _OTHERS:
        raise SettingsError("no such format of tables", fix=f"use one of {', '.join(names())}")
    _, module, cls = _OTHERS[name]
    found: TableSource = getattr(import_module(f"headwater.formats.{module}"), cls)()
    return found


def csv_named(headings: list[str]) -> str | None:
    """Return the name of the CSV format whose headings these are, None where no table has them."""
    given = {heading.strip().strip('"').casefold() for heading in headings}
    for name, (kind, _, fixed) in _CSV.items():
        columns = [column for column in table(kind).columns if column.name not in fixed]
        needed = {column.heading for column in columns if column.required}
        if needed <= given <= {column.heading for column in columns}:
            return name
    return None
