"""Tables for tests of trace: rows in memory, as files, and as the records and paths that an engine is shown."""

import hashlib
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from headwater.errors import HeadwaterError
from headwater.formats.table_sources import table_source
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId, BlobHash
from headwater.model.record import Record
from headwater.model.tables import ROW, TABLES
from headwater.node.tables import table_record
from headwater.ports import LeftOut, Rows, Span

DAY_S = 86_400
START_S = 1_750_000_000
ANY_TIME = Span(0, 2_000_000_000_000_000)
PAYMENT = {"currency": "EUR", "channel": "bank", "from_country": "DE", "to_country": "BE", "text": ""}


def read(name: str, data: bytes, span: Span = ANY_TIME) -> tuple[dict[str, list[dict[str, Any]]], list[HeadwaterError]]:
    """The good rows of each table in some bytes, and the errors of the bad ones."""
    rows: dict[str, list[dict[str, Any]]] = {}
    errors = []
    for found in table_source(name).rows(io.BytesIO(data), file="given", span=span):
        if isinstance(found, LeftOut):
            errors.append(found.error)
        else:
            assert isinstance(found, Rows)
            rows.setdefault(found.table, []).extend(found.data.to_pylist())
    return rows, errors


def refused(name: str, data: bytes) -> None:
    """Raise what is wrong with some bytes, whether the whole is refused or a row of it."""
    _, errors = read(name, data)
    raise errors[0]


def pay(number: int, at_s: int, src: str, dst: str, amount: int, **more: Any) -> dict[str, Any]:
    """One payment, some seconds after the start."""
    return {
        "id": f"P{number}", "time_us": (START_S + at_s) * 1_000_000, "sender": src, "receiver": dst, "amount": amount,
    } | PAYMENT | more  # fmt: skip


def numbered(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows with identifiers of their own, so that no two are the same payment."""
    return [{**row, "id": f"P{number:05d}"} for number, row in enumerate(rows)]


class Tables:
    """Parquet tables in a folder with the records that own them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records: list[Record] = []
        self.paths: dict[BlobHash, str] = {}

    def add(self, kind: str, rows: Sequence[Mapping[str, Any]], handling: Handling | None = None) -> Record:
        """Write a table and make its record."""
        columns = {}
        for column in TABLES[kind].columns:
            texts = column.kind in ("name", "text", "currency", "country")
            blank: Any = "" if texts else None
            columns[column.name] = pa.array(
                [row.get(column.name, blank) for row in rows], pa.string() if texts else pa.int64()
            )
        columns[ROW] = pa.array(range(1, len(rows) + 1), pa.int64())
        path = self.folder / f"{kind}-{len(self.paths)}.parquet"
        pq.write_table(pa.table(columns), path)
        ref = BlobHash(hashlib.sha256(path.read_bytes()).hexdigest())
        self.paths[ref] = str(path)
        made = table_record(AuthorityId("UK-NCA"), kind, path.name, ref, kind, ref)
        if handling is not None:
            made = Record(origin=made.origin, handling=handling, mentions=(), facts=(), tables=made.tables)
        self.records.append(made)
        return made


def passage(
    hub: str, payers: int, *, first: int = 0, origin: str = "IQ", base: str = "BE", channel: str = "bank"
) -> list[dict[str, Any]]:
    """Payments of many into a hub, which sends them on to three helpers the next day."""
    rows = []
    for number in range(payers):
        at_s = number * 6 * 3600
        more = {"from_country": origin, "to_country": base, "channel": channel}
        rows.append(pay(first, at_s, f"{hub}-family-{number}", hub, 150_000, **more))
        rows.append(
            pay(
                first,
                at_s + DAY_S,
                hub,
                f"{hub}-helper-{number % 3}",
                140_000,
                from_country=base,
                to_country=base,
                channel=channel,
            )
        )
    return rows
