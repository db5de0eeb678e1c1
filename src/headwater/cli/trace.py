"""`headwater trace`: illicit money, supply chains and routes."""

from functools import partial
from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.progress import bar, bars
from headwater.cli.words import scored, sentence, shown

SHOWN = 20
FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(epilog="Example: headwater trace run payments.csv companies.csv --out findings.jsonl")
def trace() -> None:
    """Find and follow illicit money, supplies and routes in tables."""


@trace.command(epilog="Example: headwater trace run payments.csv companies.csv --out findings.jsonl")
@click.argument("files", nargs=-1, metavar="[FILE.parquet|FILE.csv ...]")
@click.option(
    "--typology", "typologies", multiple=True, metavar="NAME", help="Only this one; may be given several times."
)
@click.option("--set", "given", multiple=True, metavar="TYPOLOGY.PARAMETER=VALUE", help="Another value of a parameter.")
@click.option("--since", help="Only findings that reach this time, RFC 3339.")
@click.option("--span", default="", metavar="FROM/TO", help="The times that the files may hold, RFC 3339.")
@click.option(
    "--on", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="What computes."
)
@click.option(
    "--memory-mb", type=click.IntRange(64), help="Most memory that DuckDB takes before it spills to the disk."
)
@click.option("--ranker", type=FILE, help="Order the leads by a ranker that `trace train` made; off by default.")
@click.option(
    "--least", type=click.FloatRange(0, 1),
    help="Least score of a lead that is listed; without a register of companies 0.5, as likely as not, otherwise 0.",
)  # fmt: skip
@click.option("--out", type=options.TO_WRITE, help="File for the findings, one JSON line each.")
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
    ranker: Path | None,
    least: float | None,
    out: Path | None,
    home: Path | None,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Look for every typology in the node's tables, or in FILEs.

    A finding is a lead, never a verdict: it names its rows, amounts and dates, the published red flag that it follows, and
    what would make it innocent. Those who pay for passages are never its subject. With a node the findings are kept.

    Where payments are read and no register of companies, the list ends where a finding is less likely than not: below,
    a register would have to decide. How many stand below is told.
    """
    from headwater.node import trace as tracing

    asked = tracing.Asked(
        typologies,
        since,
        tracing.settings_of(given),
        on,
        memory_mb,
        span,
        tracing.ranker_in(ranker) if ranker else None,
        least,
    )
    if not files and home is None:
        raise click.UsageError("name files, or a node with --home")
    with bars("reading", "tracing") as (reading, progress):
        if files:
            answer = tracing.in_files(asked, files, user, progress, reading)
        else:
            with session_at(home or Path(), user, purpose) as (node, session):
                answer = tracing.at_node(node, session, asked, progress)
    if out is not None:
        tracing.write_findings(out, answer.result)
    document = tracing.document(answer)
    lines = [
        f"{scored(claim.finding.score, 2)}  {claim.typology.name}: {sentence(claim.finding.text)}"
        for claim in answer.result.claims[:SHOWN]
    ]
    lines += [
        f"{shown('protect')}  {claim.typology.name}: {sentence(claim.finding.text)}"
        for claim in answer.result.protecting[:SHOWN]
    ]
    counts = {"findings": document["findings"], "payments": document["rows"]}
    lines.append(shown("{findings} findings in {payments} payments", **counts))
    if answer.result.below:
        lines.append(
            shown("{count} more score lower and are not listed; --least 0 lists them", count=answer.result.below)
        )
    lines += [shown("not asked: {name} ({why})", name=name, why=why) for name, why in document["skipped"].items()]
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
            lines += [
                f"  {shown('says: {text}', text=one['sentence'])}",
                f"  {shown('innocent: {text}', text=one['innocent'])}",
                f"  {shown('needs: {names}', names=', '.join(one['needs']))}",
            ]
            lines += [
                f"  {each['name']} = {each['default']} {each['unit']}: {each['meaning']}" for each in one["parameters"]
            ]
    door.answer({"ok": True, "typologies": found}, lines, as_json=as_json)


@trace.command(
    epilog="Example: headwater trace make --accounts 10000 --payments 100000 --networks 9 --seed 1 --out year"
)
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
    lines = [f"{name}.csv: {shown('{count} rows', count=count)}" for name, count in made.items()]
    door.answer(
        {"ok": True, "dir": str(out), "rows": made}, [*lines, shown("everything in it is invented")], as_json=as_json
    )


@trace.command(
    epilog="Example: headwater trace follow P000000042 --rule fifo --hops 4 --svg trail.svg --file payments.csv"
)
@click.argument("payment", metavar="PAYMENT_ID")
@click.option(
    "--rule", type=click.Choice(["fifo", "proportional", "earliest"]), default="fifo", show_default=True,
    help="Which later payments carry the money.",
)  # fmt: skip
@click.option("--hops", type=click.IntRange(1, 20), default=4, show_default=True, help="Payments in a row.")
@click.option("--file", "files", multiple=True, metavar="FILE", help="Tables of payments; without, those of the node.")
@click.option("--out", type=options.TO_WRITE, help="File for the trail, JSON.")
@click.option("--svg", type=options.TO_WRITE, help="File for the Sankey picture.")
@options.home(required=False)
@options.acting("oic")
@options.as_json
def follow(
    *,
    payment: str,
    rule: str,
    hops: int,
    files: tuple[str, ...],
    out: Path | None,
    svg: Path | None,
    home: Path | None,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Follow the money of one payment, hop by hop.

    The rule is a convention that courts choose: first in first out, in proportion, or earliest first. What rests and what
    went further make up what was sent, to the minor unit. Who made the payment is called by a pseudonym.
    """
    from headwater.model.money import money_text
    from headwater.node import trail as trails

    if not files and home is None:
        raise click.UsageError("name a table with --file, or a node with --home")
    if files:
        found = trails.follow(payment, rule=rule, hops=hops, files=files, user=user)
    else:
        with session_at(home or Path(), user, purpose) as at:
            found = trails.follow(payment, rule=rule, hops=hops, files=(), user=user, at=at)
    trails.write_trail(found, out, svg)
    document = trails.document(found)
    money = partial(money_text, unit=found.unit)
    lines = [
        f"{shown('hop {number}', number=hop['hop'])}  {hop['time'][:16]}  {hop['from']} -> {hop['to']}  "
        + shown("{part} of {whole}", part=money(hop["part_minor"]), whole=money(hop["amount_minor"]))
        for hop in document["hops"][:SHOWN]
    ]
    lines.append(
        shown(
            "{amount}: {rest} rests, accounts: {count}; {beyond} went further",
            amount=money(document["amount_minor"]),
            rest=money(sum(rest.part for rest in found.rests)),
            count=len({rest.account for rest in found.rests}),
            beyond=money(found.beyond),
        )
    )
    door.answer({"ok": True, **document}, lines, as_json=as_json)


@trace.command(epilog="Example: headwater trace features payments.csv --out features.parquet")
@click.argument("files", nargs=-1, metavar="[FILE ...]")
@click.option("--window-days", type=click.IntRange(1, 3650), default=30, show_default=True, help="Of counts and sums.")
@click.option("--quick-days", type=click.IntRange(1, 3650), default=3, show_default=True, help="Of the short window.")
@click.option("--cycle-days", type=click.IntRange(1, 3650), default=10, show_default=True, help="Of cycles.")
@click.option(
    "--longest", type=click.IntRange(2, 6), default=4, show_default=True, help="Payments in the longest cycle."
)
@click.option("--out", type=options.TO_WRITE, required=True, help="Parquet file for the features.")
@options.home(required=False)
@options.acting("oic")
@options.as_json
def features(
    *,
    files: tuple[str, ...],
    window_days: int,
    quick_days: int,
    cycle_days: int,
    longest: int,
    out: Path,
    home: Path | None,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Count the features of each payment: one row a payment, columns as the answer describes them.

    Columns that begin with ahead_ look ahead: fair for an investigation afterwards, not for stopping a payment.
    """
    from headwater.engines.trace.features import FeatureSettings
    from headwater.node import trail as trails

    if not files and home is None:
        raise click.UsageError("name files, or a node with --home")
    settings = FeatureSettings(window_days, quick_days, cycle_days, longest)
    if files:
        rows = trails.features(settings, files=files, user=user, out=out)
    else:
        with session_at(home or Path(), user, purpose) as at:
            rows = trails.features(settings, files=(), user=user, out=out, at=at)
    columns = trails.feature_columns()
    lines = [
        shown("{payments:,} payments, {columns} columns in {out}", payments=rows, columns=len(columns), out=out),
        *(f"  {name}: {text}" for name, text in columns.items()),
    ]
    door.answer({"ok": True, "rows": rows, "columns": columns, "out": str(out)}, lines, as_json=as_json)


@trace.command(
    epilog="Example: headwater trace picture findings.jsonl --timeline case.svg crossings.csv alerts.jsonl routes.json"
)
@click.argument("findings", type=FILE)
@click.argument("files", nargs=-1, metavar="[FILE ...]")
@click.option("--timeline", "line", type=options.TO_WRITE, help="File for the timeline that joins findings with FILEs.")
@click.option("--hub", "account", metavar="ACCOUNT", help="Draw this hub, or only findings that name it.")
@click.option("--svg", type=options.TO_WRITE, help="File for the picture of the hub with its corridors.")
@options.as_json
def picture(
    *, findings: Path, files: tuple[str, ...], line: Path | None, account: str | None, svg: Path | None, as_json: bool
) -> None:
    """Draw the findings of a run: a hub with its corridors, and a timeline beside what FILEs know of the same weeks.

    FILEs are tables of crossings, shipments and hires, alerts of watch and findings of scan (.jsonl), corridors of watch
    routes (.json).
    """
    from headwater.node import case_view
    from headwater.node import trail as trails

    if line is None and (svg is None or account is None):
        raise click.UsageError("name a picture: --timeline FILE, or --hub ACCOUNT --svg FILE")
    moments = case_view.case_timeline(findings, files, account, line) if line is not None else 0
    if svg is not None and account is not None:
        trails.hub_picture(findings, account, svg)
    made = [str(path) for path in (line, svg) if path is not None]
    door.answer(
        {"ok": True, "moments": moments, "made": made},
        [shown("made {file}", file=path) for path in made],
        as_json=as_json,
    )


@trace.command(epilog="Example: headwater trace train --year year1 --year year2 --year year3 --out ranker.json")
@click.option(
    "--year", "years", multiple=True, required=True, type=click.Path(path_type=Path, file_okay=False),
    help="A folder that `trace make` made; at least three.",
)  # fmt: skip
@click.option("--out", type=options.TO_WRITE, required=True, help="File for the ranker, JSON.")
@options.as_json
def train(*, years: tuple[Path, ...], out: Path, as_json: bool) -> None:
    """Train a ranker on generated years whose truth is known.

    Its card says that it was trained on simulated data. It orders leads only where --ranker names it, and shows for each what
    moved it most.
    """
    from headwater.node import trace as tracing

    with bar("tracing years") as progress:
        card = tracing.train_ranker(years, out, progress)
    lines = [f"{key}: {value}" for key, value in card.items()]
    door.answer({"ok": True, "out": str(out), "card": dict(card)}, lines, as_json=as_json)
