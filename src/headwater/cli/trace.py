"""`headwater trace`: illicit money, supply chains and routes."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.progress import bar

SHOWN = 20
FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def trace() -> None:
    """Find and follow illicit money, supplies and routes in tables."""


@trace.command(epilog="Example: headwater trace run payments.csv companies.csv --out findings.jsonl")
@click.argument("files", nargs=-1, metavar="[FILE.parquet|FILE.csv ...]")
@click.option("--typology", "typologies", multiple=True, metavar="NAME", help="Only this one; may be given several times.")
@click.option("--set", "given", multiple=True, metavar="TYPOLOGY.PARAMETER=VALUE", help="Another value of a parameter.")
@click.option("--since", help="Only findings that reach this time, RFC 3339.")
@click.option("--span", default="", metavar="FROM/TO", help="The times that the files may hold, RFC 3339.")
@click.option("--on", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="What computes.")
@click.option("--memory-mb", type=click.IntRange(64), help="Most memory that DuckDB takes before it spills to the disk.")
@click.option("--out", type=FILE, help="File for the findings, one JSON line each.")
@options.home(required=False)
@options.acting("oic")
@options.as_json
def run(
    *,
    files: tuple[str, ...],
    typologies: tuple[str, ...],
    given: tuple[str, ...],
    since: str | None,
    span: str,
    on: str,
    memory_mb: int | None,
    out: Path | None,
    home: Path | None,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Look for every typology in the node's tables, or in FILEs.

    A finding is a lead, never a verdict: it names its rows, amounts and dates, the published red flag that it follows, and
    what would make it innocent. Those who pay for passages are never its subject. With a node the findings are kept.
    """
    from headwater.node import trace as tracing

    asked = tracing.Asked(typologies, since, tracing.settings_of(given), on, memory_mb, span)
    if not files and home is None:
        raise click.UsageError("name files, or a node with --home")
    with bar("tracing") as progress:
        if files:
            answer = tracing.in_files(asked, files, user, progress)
        else:
            with session_at(home or Path(), user, purpose) as (node, session):
                answer = tracing.at_node(node, session, asked, progress)
    if out is not None:
        tracing.write_findings(out, answer.result)
    document = tracing.document(answer)
    lines = [
        f"{claim.finding.score:.2f}  {claim.typology.name}: {claim.finding.text}" for claim in answer.result.claims[:SHOWN]
    ]
    lines += [f"protect  {claim.typology.name}: {claim.finding.text}" for claim in answer.result.protecting[:SHOWN]]
    lines.append(f"{document['findings']} findings in {document['rows']} payments")
    lines += [f"not asked: {name} ({why})" for name, why in document["skipped"].items()]
    door.answer({"ok": True, **document}, lines, as_json=as_json)


@trace.command(epilog="Example: headwater trace typologies corridor-fan-in")
@click.argument("name", required=False)
@options.as_json
def typologies(*, name: str | None, as_json: bool) -> None:
    """Say what each typology looks for, after which source, and what would make it innocent."""
    from headwater.node import trace as tracing

    found = tracing.described(name)
    lines: list[str] = []
    for one in found:
        lines += [f"{one['name']}: {one['title']} ({one['source']})"]
        if name:
            lines += [f"  says: {one['sentence']}", f"  innocent: {one['innocent']}", f"  needs: {', '.join(one['needs'])}"]
            lines += [
                f"  {each['name']} = {each['default']} {each['unit']}: {each['meaning']}" for each in one["parameters"]
            ]
    door.answer({"ok": True, "typologies": found}, lines, as_json=as_json)


@trace.command(epilog="Example: headwater trace make --accounts 10000 --payments 100000 --networks 9 --seed 1 --out year")
@click.option("--accounts", type=click.IntRange(1), default=10_000, show_default=True, help="About how many accounts.")
@click.option("--payments", type=click.IntRange(1), default=100_000, show_default=True, help="About how many payments.")
@click.option("--networks", type=click.IntRange(0), default=9, show_default=True, help="How many smuggling networks.")
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed makes the same year.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True, help="Folder for the tables.")
@options.as_json
def make(*, accounts: int, payments: int, networks: int, seed: int, out: Path, as_json: bool) -> None:
    """Make a fictional year of payments, companies, goods and journeys, with the truth about it in truth.csv."""
    from headwater.exercise.money.make import make as make_year

    made = make_year(accounts, payments, networks, seed, out)
    lines = [f"{name}.csv: {count} rows" for name, count in made.items()]
    door.answer({"ok": True, "dir": str(out), "rows": made}, [*lines, "everything in it is invented"], as_json=as_json)
