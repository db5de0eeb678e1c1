"""Tables that lie in files and in no node, as a view: staged as Parquet in a working folder, each owned by a record."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from headwater.errors import FormatError, InputError, Place, SchemaError
from headwater.formats.table_columns import arrow_type, need_arrow
from headwater.formats.table_csv import TableCsv
from headwater.formats.table_sources import csv_named, names, table_source
from headwater.model.ids import BlobHash, EntityKey, RecordId
from headwater.model.record import Record
from headwater.model.tables import ROW, TABLES, Table, table_of
from headwater.node.loose import NOBODY, LooseReader
from headwater.node.tables import Progress, Staged, stage, staged_from, table_record
from headwater.ports import LeftOut, Rows, Span

AT_ONCE = 65_536


class TableReader(LooseReader):
    """Tables of files as `policy` is handed them."""

    def __init__(self, folder: Path) -> None:
        """Work in a folder that the caller makes and removes."""
        super().__init__((), folder)
        self._held: dict[RecordId, Record] = {}
        self._paths: dict[BlobHash, str] = {}

    def records(self, *, source: str | None = None, mentions: EntityKey | None = None) -> Iterator[Record]:
        """Yield the records of the tables in the order of their identifiers."""
        for _, record in sorted(self._held.items()):
            if (source is None or record.origin.source == source) and mentions is None:
                yield record

    def record(self, ref: RecordId) -> Record | None:
        """Return one record, None where there is none."""
        return self._held.get(ref)

    def table_path(self, ref: BlobHash) -> str | None:
        """Return the path of a staged table, None where there is none."""
        return self._paths.get(ref)

    def add(self, file: str, span: Span, progress: Progress | None = None) -> dict[str, int]:
        """Stage one file: CSV by its headings, Parquet by its columns; return the rows of each kind of table in it.

        Raises:
            InputError: it is no table that headwater knows, or holds a bad row.
        """
        folder = self.cache / f"file-{len(self._paths)}"
        folder.mkdir()
        path = Path(file)
        name, digest, staged = read_as_table(path, folder, span, progress)
        for one in staged:
            with one.path.open("rb") as stream:
                ref = BlobHash(hashlib.file_digest(stream, "sha256").hexdigest())
            record = table_record(NOBODY, name, path.name, digest, one.table, ref)
            self._held[record.id] = record
            self._paths[ref] = str(one.path)
        return {one.table: one.rows for one in staged}

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of table that are held."""
        return frozenset(kind for record in self._held.values() if (kind := table_of(record)))


def opened(files: Sequence[str], folder: Path, span: Span, progress: Progress | None = None) -> TableReader:
    """Return a reader of the tables in some files.

    Raises:
        InputError: a file is no table that headwater knows, or holds a bad row.
    """
    reader = TableReader(folder)
    for file in files:
        reader.add(file, span, progress)
    return reader


def read_as_table(
    path: Path, folder: Path, span: Span, progress: Progress | None = None
) -> tuple[str, BlobHash, list[Staged]]:
    """Return the format of a file that is a table, its SHA-256, and its tables as Parquet in a working folder.

    Raises:
        InputError: it is no table that headwater knows, or holds a bad row.
    """
    try:
        if path.suffix.lower() == ".parquet":
            return _parquet(path, folder, span)
        name = _named(path)
        digest, staged, _ = stage(name, str(path), folder, span, keep_good=False, progress=progress)
    except InputError as error:
        raise error.located(file=path.name) from None
    return name, digest, staged


def _named(path: Path) -> str:
    """Return the format of a file by its first line."""
    try:
        with path.open("rb") as stream:
            start = stream.read(65_536)
    except OSError as error:
        raise FormatError(f"the file cannot be read: {error.strerror}", where=path.name) from error
    for mark, name in ((b"BkToCstmrStmt", "camt053"), (b"FIToFICstmrCdtTrf", "pacs008")):
        if mark in start:
            return name
    first = start.removeprefix(b"\xef\xbb\xbf").partition(b"\n")[0].strip()
    if first.startswith((b"{", b"[")):
        return "bods" if b'"recordType"' in start else "ftm-tables"
    found = csv_named(first.decode("utf-8", "replace").split(","))
    if found is None:
        raise FormatError(
            "no table that headwater knows", where=path.name, fix=f"use the headings of {', '.join(names())}"
        )
    return found


def _parquet(path: Path, folder: Path, span: Span) -> tuple[str, BlobHash, list[Staged]]:
    """Stage a Parquet file: one that headwater wrote as it is, any other through the same checks as CSV."""
    pa = need_arrow()
    import pyarrow.parquet as pq

    try:
        with path.open("rb") as stream:
            digest = BlobHash(hashlib.file_digest(stream, "sha256").hexdigest())
        held = pq.ParquetFile(path)
    except OSError as error:
        raise FormatError(f"the file cannot be read: {error.strerror or 'not Parquet'}", where=path.name) from error
    except pa.ArrowInvalid as error:
        raise FormatError("not Parquet", where=path.name) from error
    columns = [name.casefold() for name in held.schema_arrow.names]
    inside = next((table for table in TABLES.values() if _is_inside(table, held.schema_arrow)), None)
    if inside is not None:
        rows: Iterator[Rows | LeftOut] = (
            Rows(inside.name, _checked(pa.Table.from_batches([batch]), inside, span, path.name))
            for batch in held.iter_batches(AT_ONCE)
        )
        return inside.name, digest, staged_from(rows, folder, path.name, keep_good=False)[0]
    name = csv_named(columns)
    if name is None:
        raise SchemaError(
            "no table that headwater knows", where=Place(file=path.name), fix=f"use one of {', '.join(names())}"
        )
    source = table_source(name)
    assert isinstance(source, TableCsv)  # noqa: S101 - only CSV formats have headings
    blocks = (_texts(pa.Table.from_batches([batch]), columns) for batch in held.iter_batches(AT_ONCE))
    found = source.rows_of_blocks(blocks, file=path.name, span=span)
    return name, digest, staged_from(found, folder, path.name, keep_good=False)[0]


def _is_inside(table: Table, schema: Any) -> bool:  # noqa: ANN401 - an Arrow schema
    wanted = {column.name: arrow_type(column) for column in table.columns} | {ROW: need_arrow().int64()}
    return {field.name: field.type for field in schema} == wanted


def _checked(rows: Any, table: Table, span: Span, file: str) -> Any:  # noqa: ANN401 - an Arrow table
    """Return rows that bear our own columns, if what is required is there and above zero and times lie in the span."""
    pc = need_arrow().compute
    for column in table.columns:
        values = rows[column.name]
        where = Place(file=file, field=column.heading)
        if column.required and values.null_count:
            raise SchemaError("a missing value", where=where)
        if column.required and str(values.type) == "string" and (pc.min(pc.binary_length(values)).as_py() or 0) == 0:
            raise SchemaError("a missing value", where=where)
        if column.kind == "amount" and (pc.min(values).as_py() or 1) <= 0:
            raise SchemaError("an amount of nothing", where=where)
        if column.kind == "time" and values.null_count < len(values):
            ends = pc.min_max(values).as_py()
            if not span.earliest_us <= ends["min"] <= ends["max"] <= span.latest_us:
                raise SchemaError("a time outside the table's span, or more than a day ahead of the clock", where=where)
    return rows


def _texts(rows: Any, names: list[str]) -> Any:  # noqa: ANN401 - Arrow tables
    """Return rows as texts, as a CSV file would hold them."""
    pa = need_arrow()
    arrays = {}
    for name, values in zip(names, rows.columns, strict=True):
        if pa.types.is_timestamp(values.type):
            if values.type.tz is None:
                raise SchemaError("a time without a zone", where=Place(field=name))
            values = pa.compute.strftime(values.cast(pa.timestamp("us", tz="UTC")), format="%Y-%m-%dT%H:%M:%SZ")  # noqa: PLW2901
        arrays[name] = pa.compute.fill_null(values.cast(pa.string()), "")
    return pa.table(arrays)
