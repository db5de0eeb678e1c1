"""Bulk tables that engines read: their columns, what each means, and which of them a row cannot do without.

A table is kept as Parquet and owned by one record, whose `Origin.place` says ``table NAME``; of a table that came beside a
message the place is that message, and `Origin.version` says ``table NAME``. Times are whole
microseconds since 1970, UTC; amounts whole minor units; places whole millionths of a degree (WGS 84). Every table has
``row``, the number of the row in the file that it was read from, counted from 1.
"""

from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from headwater.errors import SchemaError
from headwater.model.record import Record

ROW: Final = "row"
PLACE_PREFIX: Final = "table "


class Kind(StrEnum):
    """What a column holds."""

    NAME = "name"
    """A text that must not be blank: an identifier, an account, a party."""
    TEXT = "text"
    TIME = "time"
    DAY = "day"
    """A day, which begins at 00:00 UTC, or a time."""
    AMOUNT = "amount"
    """Whole minor units, above zero."""
    CURRENCY = "currency"
    COUNTRY = "country"
    """ISO 3166-1, two letters; blank where unknown."""
    COUNT = "count"
    """A whole number from 0."""
    DEGREES = "degrees"
    """Millionths of a degree."""
    FLAG = "flag"
    """1 or 0."""
    RATE = "rate"
    """Billionths of the base currency's unit for one unit."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name inside, what it holds, whether every row needs it, its meaning, its name in CSV files."""

    name: str
    kind: Kind
    required: bool
    meaning: str
    outside: str = ""

    @property
    def heading(self) -> str:
        """The column's name in a CSV file."""
        return self.outside or self.name


@dataclass(frozen=True, slots=True)
class Table:
    """One kind of table.

    Attributes:
        name: the word for it.
        title: what a row is.
        columns: in order, without ``row``.
        key: the column whose values must differ; none where rows bear no name of their own.
    """

    name: str
    title: str
    columns: tuple[Column, ...]
    key: str = ""

    def column(self, name: str) -> Column:
        """Return a column by its name inside."""
        return next(column for column in self.columns if column.name == name)


def _table(name: str, title: str, key: str, lines: str) -> Table:
    columns = []
    for line in lines.strip().splitlines():
        words, _, meaning = line.partition("|")
        mark, kind, *outside = words.split()
        columns.append(
            Column(mark.rstrip("!"), Kind(kind), mark.endswith("!"), meaning.strip(), outside[0] if outside else "")
        )
    return Table(name, title, tuple(columns), key)


_ALL: Final = (
    _table(
        "payments",
        "one transfer of money, whoever carried it",
        "id",
        """
id! name | identifier of the payment
time_us! time time | when it was made
sender! name from | account that pays
receiver! name to | account that is paid
amount! amount | minor units
currency! currency | ISO 4217 code or crypto asset
channel text | bank, card, cash, value-transfer, crypto
from_country country | where the payer's account is held
to_country country | where the payee's account is held
text text | what the payment says it is for
""",
    ),
    _table(
        "companies",
        "one company or person of a register",
        "id",
        """
id! name | identifier in the register
name! name | name
kind text | company or person
country country | where it is registered
activity text | line of business, in the register's words
account text | account that it uses in the payments
registered_us day registered | when it was registered
designated flag | 1 where a sanctions list names it
money_service flag | 1 where it is registered for money transmission
lat_e6 degrees lat | latitude of its premises
lon_e6 degrees lon | longitude of its premises
""",
    ),
    _table(
        "ownership",
        "one holding of one party in another",
        "",
        """
owner! name | identifier of the owner in the register
owned! name | identifier of what is owned
share_bp count | share in hundredths of a per cent
role text | shareholding, control, directorship
""",
    ),
    _table(
        "shipments",
        "one consignment or sale of goods",
        "id",
        """
id! name | identifier of the declaration or sale
time_us! time time | when it was declared or sold
seller! name | consignor's account or identifier
buyer! name | consignee's account or identifier
hs_code! name | Harmonised System code as declared
quantity! count | pieces
amount amount | value in minor units
currency currency | of the value
from_country country | where it comes from
to_country country | where it goes
lat_e6 degrees lat | latitude of the delivery
lon_e6 degrees lon | longitude of the delivery
address text | delivery address as given; blank where none was
method text | how it was paid: cash, bank, card
declared text | description of the goods
transport text | plate or container
""",
    ),
    _table(
        "listings",
        "one offer on a marketplace",
        "id",
        """
id! name | identifier of the offer
time_us! time time | when it was posted
seller! name | seller's account or identifier
hs_code! name | Harmonised System code of what is offered
quantity count | pieces
amount amount | price in minor units
currency currency | of the price
country country | where it is offered
contact text | telephone or handle
text text | words of the offer
""",
    ),
    _table(
        "hires",
        "one hire of a vehicle",
        "id",
        """
id! name | identifier of the hire
start_us! time start | when it begins
end_us time end | when it ends
hirer! name | account or identifier of the hirer
vehicle! name | the vehicle's own number
plate! name | registration plate
from_lat_e6 degrees from_lat | where it is taken
from_lon_e6 degrees from_lon | where it is taken
to_lat_e6 degrees to_lat | where it is given back
to_lon_e6 degrees to_lon | where it is given back
""",
    ),
    _table(
        "contacts",
        "how often two numbers were in contact; no content",
        "",
        """
caller! name from | number that calls
receiver! name to | number that is called
count! count | calls and messages together
first_us! time first | first of them
last_us! time last | last of them
""",
    ),
    _table(
        "identifiers",
        "what a customer gave when opening an account",
        "",
        """
customer! name | account or customer
kind! name | phone, address, device, email, document
value! name | as given
""",
    ),
    _table(
        "places",
        "one place that matters to a corridor",
        "id",
        """
id! name | name of the place
kind! name | beach, river, border, inland
country country | where it is
lat_e6! degrees lat | latitude
lon_e6! degrees lon | longitude
""",
    ),
    _table(
        "crossings",
        "one crossing or rescue that was seen",
        "id",
        """
id! name | identifier of the finding or report
time_us! time time | when it was seen
lat_e6! degrees lat | latitude
lon_e6! degrees lon | longitude
kind text | crossing, rescue, landing
""",
    ),
    _table(
        "rates",
        "the worth of one currency from a day on",
        "",
        """
time_us! day date | from when it holds
currency! currency | ISO 4217 code or crypto asset
rate_e9! rate rate | of the base currency, for one unit
base! currency | the base currency
""",
    ),
)
TABLES: Final = MappingProxyType({table.name: table for table in _ALL})
"""Every kind of table by name."""


def table(name: str) -> Table:
    """Return a kind of table.

    Raises:
        SchemaError: there is none of that name.
    """
    found = TABLES.get(name)
    if found is None:
        raise SchemaError("no such table", where=name, fix=f"use one of {', '.join(TABLES)}")
    return found


def place_of_table(name: str) -> str:
    """Return the place in which the record of a table says what kind it is."""
    return f"{PLACE_PREFIX}{name}"


def table_of(record: Record) -> str | None:
    """Return the kind of table that a record owns, None where it owns none."""
    for said in (record.origin.place or "", record.origin.version or ""):
        name = said.removeprefix(PLACE_PREFIX)
        if record.tables and said.startswith(PLACE_PREFIX) and name in TABLES:
            return name
    return None
