"""`headwater lists`: sanctions lists."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at

FORMATS = ["uk-csv", "uk-xml", "un-xml", "ofac-csv"]


@click.group()
def lists() -> None:
    """Make, show and keep sanctions lists."""


@lists.command(epilog="Example: headwater lists make --entries 25000 --seed 1 --format uk-csv --out list.csv")
@click.option("--entries", required=True, type=click.IntRange(1, 1_000_000), help="How many designations.")
@click.option("--seed", default=1, show_default=True, help="Same seed, same bytes.")
@click.option("--format", "format_name", required=True, type=click.Choice(FORMATS))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="File to write; for ofac-csv a folder.")
@options.as_json
def make(*, entries: int, seed: int, format_name: str, out: Path, as_json: bool) -> None:
    """Make a fictional list in an official format: nobody on it exists."""
    from headwater.exercise.list_files import list_files
    from headwater.exercise.lists import make_list
    from headwater.node.files import make_folder, write

    made = list_files(format_name, make_list(entries, seed))
    if format_name == "ofac-csv":
        make_folder(out)
    paths = {out / name if format_name == "ofac-csv" else out: data for name, data in made.items()}
    for path, data in paths.items():
        write(path, data)
    names = [str(path) for path in paths]
    door.answer(
        {"ok": True, "entries": entries, "files": names},
        [f"{entries} invented entries in {', '.join(names)}"],
        as_json=as_json,
    )


@lists.command(epilog="Example: headwater lists show --home uk")
@options.home()
@options.acting("sanctions")
@options.as_json
def show(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Show which edition of each list is in force at a node, and when it was read."""
    from headwater.model.times import format_instant
    from headwater.node import lists as use

    with session_at(home, user, purpose) as (node, _):
        found = use.listed(node.store)
    shown = [
        {
            "source": one.source,
            "version": one.version,
            "entries": one.entries,
            "sha256": one.sha256,
            "file": one.file,
            "read_at": format_instant(one.read_at),
        }
        for one in found
    ]
    lines = [
        f"{each['source']:10} {each['version'] or 'undated'}  {each['entries']} entries, read {each['read_at']}"
        for each in shown
    ]
    door.answer({"ok": True, "lists": shown}, lines or ["none"], as_json=as_json)
