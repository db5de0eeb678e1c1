"""`headwater screen`: names against sanctions lists."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.progress import bar
from headwater.cli.words import scored, sentence, shown


@click.command(epilog='Example: headwater screen --name "Фиктив Шпикури" --born 1975 --home uk')
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--name", help="One name, in any script.")
@click.option("--born", default="", help="Birth date: a year, a month or a day.")
@click.option("--country", default="", help="Nationality or country.")
@click.option("--id", "number", default="", help="Passport, national ID, company, IMO or plate number.")
@click.option("--schema", default="Person", show_default=True, help="Person, Company, Vessel, Vehicle …")
@click.option(
    "--list", "lists", multiple=True, metavar="FORMAT:FILE", help="A list file; without it, the node's lists."
)
@click.option(
    "--pairs",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Score given pairs (CSV id,schema,name1,name2, or JSON lines) instead; --out takes id,score.",
)
@click.option("--since", metavar="FORMAT:OLD", help="An older edition: look only at entries added or changed after it.")
@click.option("--regime", "regimes", multiple=True, help="Only entries of a regime in whose name this stands.")
@click.option(
    "--measure", "measures", multiple=True, help="Only entries under such a measure: travel ban, asset freeze."
)
@click.option(
    "--type", "types", multiple=True, help="Only individual, entity or ship, or an entity type such as Company."
)
@click.option("--listed-since", default="", metavar="DATE", help="Only entries listed from this day, month or year on.")
@click.option(
    "--owners",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Who owns or controls whom: CSV owner,owned,percentage,control,source by the ids of FILE.",
)
@click.option("--without-aliases", is_flag=True, help="Read sdn.csv alone; every hit says so.")
@click.option("--out", type=options.TO_WRITE, help="File for the hits, one JSON line each.")
@click.option(
    "--min-score",
    type=click.FloatRange(0, 1, min_open=True, max_open=True),
    show_default="the node's setting, else 0.7",
    help="Score from which a name is a hit.",
)
@click.option("--top", default=10, show_default=True, type=click.IntRange(1, 1000), help="Most hits of one query.")
@click.option(
    "--jobs",
    default=1,
    show_default=True,
    type=click.IntRange(1, 256),
    help="Processes of this machine that share the work.",
)
@click.option(
    "--on", type=click.Choice(["here", "spark"]), default="here", show_default=True, help="Where names are compared."
)
@options.home(required=False)
@options.acting("sanctions")
@options.as_json
def screen(
    *,
    file: Path | None,
    name: str | None,
    born: str,
    country: str,
    number: str,
    schema: str,
    lists: tuple[str, ...],
    pairs: Path | None,
    since: str | None,
    regimes: tuple[str, ...],
    measures: tuple[str, ...],
    types: tuple[str, ...],
    listed_since: str,
    owners: Path | None,
    without_aliases: bool,
    out: Path | None,
    min_score: float | None,
    top: int,
    jobs: int,
    on: str,
    home: Path | None,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Screen the queries of FILE, or one --name, against sanctions lists.

    FILE is CSV with the columns id,schema,name,birth_date,birth_place,nationality,gender,id_number. A hit is a lead,
    never a verdict: it says what agrees and what does not, and a person decides. With a node the hits are kept as findings.
    """
    from headwater.node import loose, screening
    from headwater.node.list_filters import ListFilter
    from headwater.node.spread import Spread

    if jobs > 1 and on != "here":
        raise click.UsageError("--jobs shares the work of this machine; on Spark, Spark says how many work")
    if (file is not None) + (name is not None) + (pairs is not None) != 1:
        raise click.UsageError("give one of FILE, --name and --pairs")
    if pairs is not None:
        _score_pairs(pairs, out, as_json=as_json)
        return
    queries = screening.queries_in(file) if file else [screening.one_query(name or "", born, country, number, schema)]
    stakes = screening.stakes_in(owners, queries) if owners else []
    older = loose.list_file(since, without_aliases=without_aliases) if since else None
    about = ListFilter(regimes, measures, types, listed_since)
    asked = screening.Asked(queries, min_score, top, since=older, stakes=stakes, about=about, file=file)
    if since and not lists:
        raise click.UsageError("--since compares with a --list FORMAT:FILE")
    if not lists and home is None:
        raise click.UsageError("name a list with --list FORMAT:FILE, or a node with --home")
    spread = Spread(jobs, on)
    with bar("screening") as progress:
        if lists or home is None:
            files = [loose.list_file(text, without_aliases=without_aliases) for text in lists]
            answer = screening.in_files(asked, files, user, progress, spread=spread)
        else:
            with session_at(home, user, purpose) as (node, session):
                answer = screening.at_node(node, session, asked, progress, spread=spread)
    document = screening.document(answer, asked)
    if out is not None:
        screening.write_hits(out, document["hits"])
    door.answer({"ok": True, **document}, _lines(document), as_json=as_json)


def _score_pairs(pairs: Path, out: Path | None, *, as_json: bool) -> None:
    from headwater.node import pairs as use

    with bar("scoring") as progress:
        document = use.score_file(pairs, out, progress)
    lines = [f"{scored(one['score'], 4)}  {one['id']}" for one in document["scores"]]
    lines += [
        shown("pair {id} was not scored: {reason}", id=one["id"], reason=one["reason"])
        for one in document["not_screenable"]
    ]
    door.answer({"ok": True, **document}, lines, as_json=as_json)


def _lines(document: dict[str, object]) -> list[str]:
    lines: list[str] = []
    for hit in document["hits"]:  # type: ignore[attr-defined] # a document of our own
        lines += [f"{scored(hit['score'], 4)}  {hit['list']} {hit['entry']}: {sentence(hit['text'])}"]
        lines += [f"    {reason['weight']:+.2f}  {sentence(reason['text'])}" for reason in hit["reasons"]]
    for one in document["silenced"]:  # type: ignore[attr-defined]
        lines.append(
            shown(
                "query {query} and {entry}: told apart by {who}, and unchanged since",
                query=one["query"],
                entry=one["entry"],
                who=one["who"],
            )
        )
    for one in document["not_screenable"]:  # type: ignore[attr-defined]
        lines.append(shown("query {query} was not screened: {reason}", query=one["query"], reason=one["reason"]))
    for one in document["doubts"]:  # type: ignore[attr-defined]
        lines.append(shown("query {query}, {field}: {text}", query=one["query"], field=one["field"], text=one["text"]))
    since = document.get("since")
    if isinstance(since, dict):
        counts = {kind: len(since[kind]) for kind in ("added", "changed", "removed")}
        lines.append(
            shown(
                "since the older edition of the {list} list: {added} added, {changed} changed, {removed} removed",
                list=since["list"],
                **counts,
            )
        )
        lines += [
            shown("removed: {list} {entry}; tell whoever holds a hit on it", list=since["list"], entry=number)
            for number in since["removed"]
        ]
    for warning in document.get("warnings", ()):  # type: ignore[attr-defined]
        lines.append(shown("note: {text}", text=warning))
    about = document.get("about")
    if isinstance(about, dict):
        lines.append(shown("only {count} entries were looked at: those that the filter leaves", count=about["entries"]))
    if not document["hits"] and document["queries"] != len(document["not_screenable"]):  # type: ignore[arg-type]
        lines.append(shown("no hit"))
    for one in document["lists"]:  # type: ignore[attr-defined]
        lines.append(
            shown(
                "{list} list of {version}, {count} entries. {note}",
                list=one["list"],
                version=one["version"] or shown("unknown date"),
                count=one["entries"],
                note=one["note"],
            ).rstrip()
        )
    return lines
