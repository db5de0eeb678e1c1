"""`headwater read`: files of an official format into the node."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.progress import bar
from headwater.cli.words import later, shown

if TYPE_CHECKING:
    from headwater.node import reading, tables

SHOWN_IDS = 100
NOTHING_KEPT = later("nothing kept, as no node was named")
OBJECT_FORMATS = frozenset({"stix", "misp"})
"""Formats of which objects stand for themselves: one that is bad does not spoil the others."""
SENSOR_FORMATS = frozenset({"sapient", "cot", "ais", "klv", "asterix"})


@click.command(epilog="Example: headwater read un consolidated.xml --home uk")
@click.argument("format_name", metavar="FORMAT")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@options.home(required=False)
@options.acting("oic")
@click.option(
    "--keep-good", is_flag=True, help="Keep the good rows of a partly bad file and report every row left out."
)
@click.option("--strict", is_flag=True, help="Of stix and misp: refuse a file whole that holds a bad object.")
@click.option("--span", default="", metavar="FROM/TO", help="Of bulk tables: the times that they may hold, RFC 3339.")
@options.as_json
def read(
    *,
    format_name: str,
    files: tuple[str, ...],
    home: Path | None,
    user: str,
    purpose: str,
    keep_good: bool,
    strict: bool,
    span: str,
    as_json: bool,
) -> int:
    """Read files of one FORMAT: un, uk, ofac (sdn.csv with alt.csv and add.csv beside it), report, ftm, stix, misp; or bulk tables.

    Bulk tables are payments, ledger, crypto, camt053, pacs008, ftm-tables, companies, ownership, bods, shipments, listings,
    hires, contacts, identifiers, places, crossings and rates. They are kept as Parquet, whatever their size.

    Sensor messages (sapient, cot, ais, klv, asterix) are checked one by one and never kept here: see `headwater watch`.
    With a node (--home) the records are kept: the whole file in one transaction, or nothing of it. Without one they are
    only checked and counted. A file with a bad row is refused whole unless --keep-good is given. - is standard input.
    """
    if format_name in SENSOR_FORMATS:
        return _sensor_messages(format_name, files, as_json=as_json)
    keep_good = keep_good or (format_name in OBJECT_FORMATS and not strict)
    from headwater.formats import table_sources
    from headwater.model.ids import AuthorityId
    from headwater.node import reading

    if format_name in table_sources.names():
        return _read_tables(
            format_name, files, home=home, user=user, purpose=purpose, keep_good=keep_good, span=span, as_json=as_json
        )
    with bar("reading", format_name) as progress:
        if home is None:
            outcomes = reading.read_files(
                format_name, files, originator=AuthorityId("XX-NOBODY"), keep_good=keep_good, progress=progress
            )
        else:
            with session_at(home, user, purpose) as (node, session):
                outcomes = reading.read_files(
                    format_name,
                    files,
                    originator=node.authority,
                    keep_good=keep_good,
                    into=(node, session),
                    progress=progress,
                )
    refused = [outcome.error for outcome in outcomes if outcome.error is not None]
    door.answer(
        {"ok": not refused, "kept": home is not None, "files": [_document(outcome) for outcome in outcomes]},
        (line for outcome in outcomes for line in _lines(outcome, kept=home is not None)),
        as_json=as_json,
    )
    exits = [door.refuse(error) for error in refused]
    return exits[0] if exits else 0


def _sensor_messages(form: str, files: tuple[str, ...], *, as_json: bool) -> int:
    from headwater.node import watch_read

    messages: list[dict[str, object]] = []
    errors = []
    for file in files:
        found = watch_read.read_messages(form, file)
        messages += [{**one, "index": len(messages) + at} for at, one in enumerate(found.messages)]
        errors += [found.error] if found.error is not None else []
    bad = [one for one in messages if not one["ok"]]
    lines = [shown("{count} messages, {bad} of them not clean", count=len(messages), bad=len(bad))]
    lines += [
        f"  {shown('message {id}', id=one['index'])}: {one['errors'] or shown('does not parse')}"
        for one in bad[:SHOWN_IDS]
    ]
    document = {"ok": not errors, "messages": messages, "errors": [door.describe(error)["error"] for error in errors]}
    door.answer(document, lines, as_json=as_json)
    exits = [door.refuse(error) for error in errors]
    return exits[0] if exits else 0


def _document(outcome: "reading.FileRead") -> dict[str, object]:
    return {
        "file": outcome.file,
        "records": outcome.records,
        "added": outcome.added,
        "ids": list(outcome.ids[:SHOWN_IDS]),
        "entities": outcome.mentions or {},
        "left_out": [door.describe(row.error)["error"] for row in outcome.left_out],
        "warnings": [str(notice) for notice in outcome.warnings],
        "error": door.describe(outcome.error)["error"] if outcome.error else None,
    }


def _lines(outcome: "reading.FileRead", *, kept: bool) -> list[str]:
    if outcome.error is not None:
        return [f"{outcome.file}: {shown('refused')}"]
    counts = ", ".join(f"{count} {name}" for name, count in sorted((outcome.mentions or {}).items()))
    told = shown("{count} new to the node", count=outcome.added) if kept else shown(NOTHING_KEPT)
    return [
        f"{outcome.file}: {shown('{count} records', count=outcome.records)} ({counts}); {told}",
        *(f"  {shown('note: {text}', text=notice)}" for notice in outcome.warnings),
        *(f"  {shown('left out: {name}', name=row.error)}" for row in outcome.left_out),
    ]


def _read_tables(
    name: str,
    files: tuple[str, ...],
    *,
    home: Path | None,
    user: str,
    purpose: str,
    keep_good: bool,
    span: str,
    as_json: bool,
) -> int:
    from headwater.node import tables

    with bar("reading", name) as progress:
        if home is None:
            outcomes = tables.read_tables(name, files, span=span, keep_good=keep_good, progress=progress)
        else:
            with session_at(home, user, purpose) as at:
                outcomes = tables.read_tables(name, files, span=span, keep_good=keep_good, into=at, progress=progress)
    refused = [outcome.error for outcome in outcomes if outcome.error is not None]
    door.answer(
        {"ok": not refused, "kept": home is not None, "files": [table_document(outcome) for outcome in outcomes]},
        (line for outcome in outcomes for line in table_lines(outcome, kept=home is not None)),
        as_json=as_json,
    )
    exits = [door.refuse(error) for error in refused]
    return exits[0] if exits else 0


def table_document(outcome: "tables.TableRead") -> dict[str, object]:
    """Return what came of one file of bulk tables as it stands in a document."""
    return {
        "file": outcome.file,
        "records": len(outcome.tables),
        "added": outcome.added,
        "ids": list(outcome.ids),
        "tables": outcome.tables,
        "doubled": outcome.doubled,
        "to_self": outcome.to_self,
        "left_out": [door.describe(row.error)["error"] for row in outcome.left_out],
        "error": door.describe(outcome.error)["error"] if outcome.error else None,
    }


def table_lines(outcome: "tables.TableRead", *, kept: bool) -> list[str]:
    """Return what came of one file of bulk tables in lines."""
    if outcome.error is not None:
        return [f"{outcome.file}: {shown('refused')}"]
    counts = ", ".join(
        shown("{count:,} rows of {name}", count=rows, name=name) for name, rows in outcome.tables.items()
    )
    told = shown("tables new to the node: {count}", count=outcome.added) if kept else shown(NOTHING_KEPT)
    lines = [f"{outcome.file}: {counts}; {told}"]
    if outcome.doubled:
        lines.append(f"  {shown('{count:,} rows came twice and are kept once', count=outcome.doubled)}")
    if outcome.to_self:
        own = later("{count:,} payments of an account to itself are kept and stand in no pattern")
        lines.append(f"  {shown(own, count=outcome.to_self)}")
    return [*lines, *(f"  {shown('left out: {name}', name=row.error)}" for row in outcome.left_out)]
