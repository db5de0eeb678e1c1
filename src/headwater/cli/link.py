"""`headwater link`: which records, of several states and in several scripts, speak of one thing."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.progress import bar
from headwater.cli.words import scored, sentence, shown

if TYPE_CHECKING:
    from headwater.engines.match.link.explain import Pair

CATEGORIES = ["suspect", "convicted", "associate", "victim", "witness", "smuggled"]
SHOWN_CLUSTERS = 20
category = click.option(
    "--category", type=click.Choice(CATEGORIES), help="What persons are to the matter in CSV rows that do not say."
)


class _Link(click.Group):
    """A group whose first word may be a file: then it is run."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `run` before what is no verb of this group."""
        if args and args[0] not in {*self.commands, *ctx.help_option_names}:
            args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Link, epilog="Example: headwater link belgrade.csv pristina.csv london.csv --out linked")
def link() -> None:
    """Find which records of several states speak of one person, firm, vehicle or vessel.

    `headwater link FILE...` is short for `headwater link run FILE...`. Names meet across Serbian Cyrillic and Latin,
    Albanian, Arabic and English spelling; dates, numbers, telephones and addresses speak for or against. Victims and
    smuggled people are linked to nobody. What people judge the same or different holds when new records come.
    """


@link.command(epilog="Example: headwater link run belgrade.csv ftm:pristina.jsonl --out linked --on spark")
@click.argument("files", nargs=-1, metavar="[FILE...]")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Folder for clusters, pairs, findings and pictures; or clusters alone, as FILE.csv.",
)
@click.option(
    "--on", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True, help="Where Splink works."
)
@click.option(
    "--pictures", default=200, show_default=True, type=click.IntRange(0, 100_000), help="Most pairs that are drawn."
)
@category
@options.home(required=False)
@options.acting("oic")
@options.as_json
def run(
    *,
    files: tuple[str, ...],
    out: Path | None,
    on: str,
    pictures: int,
    category: str | None,
    home: Path | None,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Link the records in FILEs (CSV or FollowTheMoney), or those of a node; at a node what is found is kept.

    FILE is a path, or FORMAT:PATH. CSV has a column id and any of originator, schema, category, name, given_name,
    family_name, alias, birth_date, birth_place, gender, father_name, id_number, passport_number, phone, email, address,
    registration_number, vin, imo_number, model and a few more.
    """
    from headwater.node import link_files, linking

    if bool(files) == (home is not None):
        raise click.UsageError(
            "give either FILEs or --home; to link new files with a node's records, read them in first"
        )
    with bar("linking") as progress:
        if home is None:
            answer = linking.in_files(files, user=user, category=category, on=on, progress=progress)
        else:
            with session_at(home, user, purpose) as (node, session):
                answer = linking.at_node(node, session, on=on, progress=progress)
    written = link_files.write_all(out, answer, pictures=pictures) if out is not None else []
    document = linking.document(answer)
    door.answer({"ok": True, **document, "files": written}, _lines(document, written), as_json=as_json)


@link.command(
    epilog='Example: headwater link judge RS-MOI/rs-17 XK-KP/xk-4 same --reason "same passport seen" --home uk'
)
@click.argument("left")
@click.argument("right")
@click.argument("verdict", type=click.Choice(["same", "different", "unsure"]))
@click.option("--reason", required=True, help="Why, in your own words.")
@options.home()
@options.acting("oic")
@options.as_json
def judge(
    *, left: str, right: str, verdict: str, reason: str, home: Path, user: str, purpose: str, as_json: bool
) -> None:
    """Say that two things are the same, or different, or that you are unsure. It holds until somebody says otherwise."""
    from headwater.node import linking

    with session_at(home, user, purpose) as (node, session):
        finding, made = linking.judge(node, session, left, right, verdict, reason)
    door.answer(
        {"ok": True, "finding": finding.id, "decision": made.id, "verdict": verdict},
        [
            shown(
                "{left} and {right}: {verdict}. The next run goes by it.",
                left=left,
                right=right,
                verdict=shown(verdict),
            )
        ],
        as_json=as_json,
    )


@link.command(epilog="Example: headwater link explain RS-MOI/rs-17 XK-KP/xk-4 --svg pair.svg --home uk")
@click.argument("left")
@click.argument("right")
@click.argument("files", nargs=-1, metavar="[FILE...]")
@click.option("--svg", type=options.TO_WRITE, help="File for the picture.")
@category
@options.home(required=False)
@options.acting("oic")
@options.as_json
def explain(
    *,
    left: str,
    right: str,
    files: tuple[str, ...],
    svg: Path | None,
    category: str | None,
    home: Path | None,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Lay two things side by side, whatever they weigh: what speaks for one, what against, and the total."""
    from headwater.engines.match.link import waterfall
    from headwater.node import linking
    from headwater.node.files import write

    if bool(files) == (home is not None):
        raise click.UsageError("give either FILEs or --home")
    if home is None:
        pair = linking.explain_in(files, left, right, user=user, category=category)
    else:
        with session_at(home, user, purpose) as (node, session):
            pair = linking.explain_at(node, session, left, right)
    if svg is not None:
        write(svg, waterfall(pair).encode())
    door.answer({"ok": True, **_pair(pair)}, _told(pair), as_json=as_json)


@link.command(epilog="Example: headwater link make --records 3000 --seed 1 --out records")
@click.option("--records", required=True, type=click.IntRange(10, 3_000_000), help="How many records.")
@click.option("--seed", default=1, show_default=True, help="Same seed, same bytes.")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder for the files.")
@options.as_json
def make(*, records: int, seed: int, out: Path, as_json: bool) -> None:
    """Make fictional records of three states with the truth beside them: nobody in them exists."""
    from headwater.exercise.linkset import link_files, link_records
    from headwater.node.files import make_folder, write

    made = link_files(link_records(records, seed))
    make_folder(out)
    for name, data in made.items():
        write(out / name, data)
    names = [str(out / name) for name in made]
    door.answer(
        {"ok": True, "records": records, "files": names},
        [shown("{count} invented records in {files}", count=records, files=", ".join(names))],
        as_json=as_json,
    )


def _lines(document: dict[str, Any], written: list[str]) -> list[str]:
    clusters = sorted(document["clusters"], key=lambda one: (-len(one["members"]), one["cluster"]))
    lines = [
        f"{one['cluster']}  {one['sort']:12}  {scored(one['score'])}  "
        + "; ".join(f"{name} ({member})" for name, member in zip(one["names"], one["members"], strict=True))
        for one in clusters[:SHOWN_CLUSTERS]
    ]
    if len(clusters) > SHOWN_CLUSTERS:
        lines.append(shown("and {count} more", count=len(clusters) - SHOWN_CLUSTERS))
    counts = ", ".join(f"{count} {kind}" for kind, count in sorted(document["findings"].items()))
    lines.append(
        shown(
            "{records} records, {clusters} clusters; findings: {findings}",
            records=document["records"],
            clusters=len(clusters),
            findings=counts or shown("no finding"),
        )
    )
    common = sum(document["keys_too_common"].values())
    if common:
        lines.append(shown("{count} values are so common that nobody was compared by them alone", count=common))
    return lines + ([shown("written: {files}", files=", ".join(written[:3]))] if written else [])


def _pair(pair: "Pair") -> dict[str, Any]:
    return {
        "left": pair.left.name,
        "right": pair.right.name,
        "prior_bits": pair.prior,
        "weight_bits": pair.weight,
        "probability": pair.probability,
        "comparisons": [
            {
                "name": one.name,
                "level": one.code,
                "bits": one.bits,
                "text": one.text,
                "left": one.left.value,
                "right": one.right.value,
            }
            for one in pair.bars
        ],
    }


def _told(pair: "Pair") -> list[str]:
    return [
        f"{pair.prior:+7.2f}  {shown('before anything is compared')}",
        *(f"{one.bits:+7.2f}  {sentence(one.text)} ({one.left.value}; {one.right.value})" for one in pair.bars),
        f"{pair.weight:+7.2f}  {shown('total, in bits: probability {share:.4f}', share=pair.probability)}",
    ]
