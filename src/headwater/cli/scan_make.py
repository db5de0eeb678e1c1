"""The part of `headwater scan` that makes images and judges detectors: tip, simulate, evaluate, train."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.progress import bar
from headwater.cli.words import shown

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
ITEM = click.Choice(["pistol", "rifle", "drugs", "person"])


def _levels(_: click.Context, __: click.Parameter, text: str) -> tuple[float, ...]:
    try:
        levels = tuple(float(part) for part in text.split(","))
    except ValueError:
        raise click.BadParameter("write it as 0.01,0.05") from None
    if not levels or not all(0.0 < level < 1.0 for level in levels):
        raise click.BadParameter("shares between 0 and 1")
    return levels


@click.command("tip", epilog="Example: headwater scan tip clean.tif --item pistol --seed 5 --out tests")
@click.argument("clean", type=FILE)
@click.option("--item", required=True, type=ITEM, help="What to put in.")
@click.option("--seed", required=True, type=click.IntRange(0), help="Same seed, same item at the same place.")
@click.option("--out", required=True, type=FOLDER, help="Folder for the image; its truth.jsonl says where the item is.")
@options.as_json
def tip_scans(*, clean: Path, item: str, seed: int, out: Path, as_json: bool) -> None:
    """Put an item into a CLEAN scan, to train and test officers and machines. The image is marked, and is never evidence."""
    from headwater.node import scan_make as use

    document = use.tip(clean, item, seed, out)
    truth = document["truth"][0]
    door.answer(document, [f"{truth['file']}: {item} of {truth['mass_kg']} kg at {truth['box_px']}"], as_json=as_json)


@click.command(
    "simulate", epilog="Example: headwater scan simulate --vehicle van --item drugs --count 20 --seed 1 --out vans"
)
@click.option("--vehicle", required=True, type=click.Choice(["van", "lorry"]), help="Kind of vehicle.")
@click.option(
    "--item",
    default="none",
    show_default=True,
    type=click.Choice(["none", "pistol", "rifle", "drugs", "person"]),
    help="What is hidden in it.",
)
@click.option("--count", default=1, show_default=True, type=click.IntRange(1, 100_000), help="How many.")
@click.option("--seed", required=True, type=click.IntRange(0), help="Same seed, same bytes.")
@click.option(
    "--system",
    default="mv3.5_6",
    show_default=True,
    type=click.Choice(["mv3.5_6", "mv4_6", "mv6_9", "kv160", "kv300"]),
    help="Kind of scanner.",
)
@click.option(
    "--load",
    help="empty, textile, paper, wood, food, drinks, plastic, machines, furniture, parcels, mixed or metal; drawn where left out.",
)
@click.option("--pair", is_flag=True, help="Each vehicle also passes empty before, as a reference.")
@click.option("--out", required=True, type=FOLDER, help="Folder for the images and truth.jsonl.")
@options.as_json
def simulate_scans(
    *,
    vehicle: str,
    item: str,
    count: int,
    seed: int,
    system: str,
    load: str | None,
    pair: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Simulate scans of made-up vehicles, marked as such, with the truth about each."""
    from headwater.node import scan_make as use

    hidden = None if item == "none" else item
    with bar("simulating") as progress:
        document = use.simulate(
            vehicle, hidden, count, seed, out, system=system, load=load, pair=pair, progress=progress
        )
    door.answer(document, [shown("{count} images in {out}", count=len(document["files"]), out=out)], as_json=as_json)


@click.command(
    "evaluate",
    epilog="Example: headwater scan evaluate --clean clean --items items --site site.json --fa 0.01,0.05 --card card.json",
)
@click.option("--clean", required=True, type=FOLDER, help="Folder of clean scans that set no threshold.")
@click.option("--items", required=True, type=FOLDER, help="Folder of scans with one known item each, and truth.jsonl.")
@click.option("--site", type=FILE, help="From `site`.")
@click.option(
    "--fa", "levels", default="0.01,0.05", show_default=True, callback=_levels, help="Declared shares of false alarms."
)
@click.option("--model", help="Path of your own model; without it, the one that ships.")
@click.option("--card", type=options.TO_WRITE, help="File for the performance card, JSON; its curve beside it as PNG.")
@options.as_json
def evaluate_scans(
    *,
    clean: Path,
    items: Path,
    site: Path | None,
    levels: tuple[float, ...],
    model: str | None,
    card: Path | None,
    as_json: bool,
) -> None:
    """Measure a detector on an agency's own scans, and write its performance card with intervals."""
    from headwater.node import scan_evaluate as use

    with bar("evaluating") as progress:
        document = use.evaluate(clean, items, site, levels, card, model, progress)
    lines = [
        shown(
            "false alarms at {level} declared: {rate:.2%} ({low:.2%} to {high:.2%}) of {count}",
            level=level,
            rate=one["rate"],
            low=one["interval95"][0],
            high=one["interval95"][1],
            count=document["n_clean"],
        )
        for level, one in document["fa"].items()
    ]
    for name, one in document["classes"].items():
        lines.append(
            f"{name}, {one['n']}: "
            + "; ".join(
                shown(
                    "{rate:.0%} ({low:.0%} to {high:.0%}) at {level}",
                    rate=one["rate_at"][level],
                    low=low,
                    high=high,
                    level=level,
                )
                for level, (low, high) in one["interval95"].items()
            )
        )
    lines += [
        shown(
            "at 1 guilty vehicle in {vehicles:,}: {share:.1%} of alarms are true",
            vehicles=round(1 / float(one)),
            share=worth["true_per_alarm"],
        )
        for one, worth in document["at_prevalence"].items()
    ]
    lines.append(
        shown("simulated images: these figures say nothing of real vehicles")
        if document["simulated"]
        else shown("operational images")
    )
    door.answer(document, lines, as_json=as_json)


@click.command("train", epilog="Example: headwater scan train --seed 0 --keep lessons --out model.onnx")
@click.option("--seed", required=True, type=click.IntRange(0, 99), help="Fixes all that is drawn by chance.")
@click.option(
    "--out", required=True, type=options.TO_WRITE, help="ONNX file; its manifest and data card beside it as JSON."
)
@click.option("--scenes", type=click.IntRange(4, 10_000), help="Made-up vehicles to learn from, at most.")
@click.option("--steps", type=click.IntRange(1, 1_000_000), help="Steps of learning.")
@click.option(
    "--from",
    "start",
    help="Model to go on from: builtin, or the path of an ONNX file that `train` made; else from nothing.",
)
@click.option("--keep", type=FOLDER, help="Folder for the made-up vehicles: a second run draws none of them again.")
@options.as_json
def train_scans(
    *, seed: int, out: Path, scenes: int | None, steps: int | None, start: str | None, keep: Path | None, as_json: bool
) -> None:
    """Train a detector on simulated vehicles, with fixed seeds (two or three hours of one core and 5 GB; needs PyTorch)."""
    from headwater.node import scan_train, scan_tune

    with bar("learning") as progress:
        scan_train.train(seed, out, scenes=scenes, steps=steps, start=start, kept=keep, progress=progress)
    with bar("tuning") as progress:
        manifest = scan_tune.tune(out, progress=progress)
    door.answer(
        {"schema": "headwater.scan.model/1", "file": str(out), **manifest},
        [f"{out}: {manifest['id']}, sha256 {manifest['sha256']}"],
        as_json=as_json,
    )
