"""The part of `headwater figures` that works on what is kept: import, show, claim, table, chart, and made-up editions."""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.words import shown

if TYPE_CHECKING:
    from headwater.node.figures import Keeper

FORMATS: Final = ("frontex-ibc", "uk-returns", "uk-small-boats", "uk-nrm", "csv-wide", "csv-long")
STORE_ENV: Final = "HEADWATER_FIGURES"
EXAMPLE: Final = "--store figures"


def kept(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say where editions lie and who asks; the command is given what keeps them, as ``held``."""

    @functools.wraps(command)
    def opened(*, store: Path | None, home: Path | None, user: str, purpose: str, **given: Any) -> Any:  # noqa: ANN401
        with _keeper(store, home, user, purpose) as held:
            return command(held=held, **given)

    return click.option(
        "--store",
        envvar=STORE_ENV,
        type=click.Path(path_type=Path, file_okay=False),
        help=f"Folder of the editions (or {STORE_ENV}); without it, the node's.",
    )(options.home(required=False)(options.acting("statistics")(opened)))


@contextmanager
def _keeper(store: Path | None, home: Path | None, user: str, purpose: str) -> "Iterator[Keeper]":
    from headwater.node import figures as use

    if store is not None:
        yield use.AtShelf(store, user)
    elif home is not None:
        with session_at(home, user, purpose) as (node, session):
            yield use.AtNode(node, session)
    else:
        raise click.UsageError("name a folder with --store, or a node with --home")


@click.command("import", epilog=f"Example: headwater figures import csv-long editions.csv {EXAMPLE}")
@click.argument("form", metavar="FORMAT", type=click.Choice(FORMATS))
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--source", help="Name of the source, for a plain CSV file; series are called SOURCE.name.")
@click.option(
    "--seen-on", metavar="DAY", help="Day on which these were the published values, where the file does not say."
)
@kept
@options.as_json
def import_figures(
    *,
    form: str,
    file: Path,
    source: str | None,
    seen_on: str | None,
    held: "Keeper",
    as_json: bool,
) -> None:
    """Keep the editions in FILE beside the earlier ones. A file with a bad cell is refused whole."""
    from headwater.node import figures as use

    imported = use.read_into(held, form, file, source, seen_on)
    found = use.document(imported)
    lines = [
        f"{one['source']}, {shown('seen on {day}', day=one['seen_on'])}: "
        + shown("{count} series, {first} to {last}", count=len(one["series"]), first=one["first"], last=one["last"])
        for one in found["editions"]
    ]
    lines += [
        f"{shown('warning {code}', code=one['code'])}: {one['where']}; {one['text']}" for one in found["warnings"]
    ]
    door.answer({"ok": True, **found}, [*lines, shown("{count} new", count=imported.added)], as_json=as_json)


@click.command("show", epilog=f"Example: headwater figures show uk-returns.enforced --period 2024Q4 {EXAMPLE}")
@click.argument("series")
@click.option("--period", help="2024, 2024Q1, 2024-01, or A..B; without it, every period there is.")
@click.option("--as-of", metavar="DAY", help="Show what was known on that day.")
@click.option("--where", multiple=True, metavar="DIMENSION=CATEGORY", help="Only one category of a dimension.")
@kept
@options.as_json
def show_figures(
    *,
    series: str,
    period: str | None,
    as_of: str | None,
    where: tuple[str, ...],
    held: "Keeper",
    as_json: bool,
) -> None:
    """Show a value as it was known on a day, with its definition and every earlier vintage."""
    from headwater.node import figures as use

    found = use.shown(held, series, period, as_of, where)
    lines = [f"{found['series']}: {found['definition']['title']} ({found['definition']['unit']})"]
    unknown = shown("not known on {day}", day=as_of) if as_of else shown("not known")
    if period is None:
        lines += [
            f"{one['period']:>22}  {one['value']:>12,}  {shown('seen on {day}', day=one['seen_on'])}"
            for one in found["values"]
        ] or [unknown]
    elif found["value"] is None:
        lines.append(f"{found['period']}: {unknown}")
    else:
        lines.append(f"{found['period']}: {found['value']:,}, {shown('seen on {day}', day=found['seen_on'])}")
        lines += [
            f"    {shown('{value:,} in the edition seen on {day}', value=one['value'], day=one['seen_on'])}"
            for one in found["vintages"]
        ]
    door.answer({"ok": True, **found}, [*lines, found["definition"]["note"]], as_json=as_json)


@click.command("claim", epilog=f'Example: headwater figures claim --text "24,000 removed since 5 July 2024" {EXAMPLE}')
@click.option("--text", help="The sentence.")
@click.option("--number", help="Or its number, as it was said: 24,000 or 'about 24,000'.")
@click.option("--word", help="And the word for what was counted: removed, returns, people, detections …")
@click.option("--about", multiple=True, help="Series that the number is the sum of; repeat it, or add them behind.")
@click.option("--period", help="2024, 2024Q1, 2024-01, or A..B.")
@click.option("--as-of", metavar="DAY", help="Judge by what was known on that day.")
@click.argument("also", nargs=-1, metavar="[SERIES]...")
@kept
@options.as_json
def claim_figures(
    *,
    text: str | None,
    number: str | None,
    word: str | None,
    about: tuple[str, ...],
    also: tuple[str, ...],
    period: str | None,
    as_of: str | None,
    held: "Keeper",
    as_json: bool,
) -> None:
    """Say whether a claim may be made, and the sentence that may be said instead.

    Answers supported, wrong-word, contradicted, not-yet-known, incomplete-period or ambiguous. A person decides what is said.
    """
    from headwater.node import figures as use

    if (text is None) == (number is None):
        raise click.UsageError("give either --text or --number")
    series = [name for given in (*about, *also) for name in given.replace(",", " ").split()]
    params = {
        "text": text,
        "number": number,
        "words": word,
        "about": series,
        "period": period,
        "as_of": as_of,
    }
    found = use.claimed(held, {key: value for key, value in params.items() if value})
    door.answer({"ok": True, **found}, [f"{found['verdict']}: {found['says']}"], as_json=as_json)


@click.command("table", epilog=f"Example: headwater figures table uk-returns.enforced --out returns.ods {EXAMPLE}")
@click.argument("series", nargs=-1, required=True)
@click.option("--as-of", metavar="DAY", help="As it was known on that day.")
@click.option("--out", required=True, type=options.TO_WRITE, help="File, .csv or .ods.")
@kept
@options.as_json
def table_figures(
    *,
    series: tuple[str, ...],
    as_of: str | None,
    out: Path,
    held: "Keeper",
    as_json: bool,
) -> None:
    """Write series as a table with notes on their definitions. Totals only: what speaks of people goes through publish."""
    from headwater.node import figures_pictures as use

    rows = use.write_series(held, series, as_of, out)
    door.answer(
        {"ok": True, "file": str(out), "rows": rows},
        [shown("{count} rows in {out}", count=rows, out=out)],
        as_json=as_json,
    )


@click.command("chart", epilog=f"Example: headwater figures chart uk-returns.voluntary --out vintages.svg {EXAMPLE}")
@click.argument("series", nargs=-1, required=True)
@click.option("--as-of", metavar="DAY", help="As it was known on that day.")
@click.option("--out", required=True, type=options.TO_WRITE, help="File, .svg or .png.")
@kept
@options.as_json
def chart_figures(
    *,
    series: tuple[str, ...],
    as_of: str | None,
    out: Path,
    held: "Keeper",
    as_json: bool,
) -> None:
    """Draw series with a line for each vintage, and their definitions below."""
    from headwater.node import figures_pictures as use

    panes = use.chart_series(held, series, as_of, out)
    door.answer(
        {"ok": True, "file": str(out), "charts": panes},
        [shown("{count} chart(s) in {out}", count=panes, out=out)],
        as_json=as_json,
    )


@click.command("make", epilog="Example: headwater figures make --seed 1 --out editions")
@click.option("--seed", default=1, show_default=True, help="Same seed, same bytes.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to write.")
@options.as_json
def make_figures(*, seed: int, out: Path, as_json: bool) -> None:
    """Make fictional editions in the shapes of the official files: none of their numbers was ever published."""
    from headwater.exercise.editions import editions
    from headwater.node.files import make_folder, write

    make_folder(out)
    made = editions(seed)
    for one in made:
        write(out / one.name, one.data)
    files = [{"format": one.format, "file": str(out / one.name), "seen_on": one.seen_on} for one in made]
    lines = [f"headwater figures import {one['format']} {one['file']}" for one in files]
    door.answer({"ok": True, "files": files}, lines, as_json=as_json)
