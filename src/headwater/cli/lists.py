"""`headwater lists`: sanctions lists."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.words import shown

FORMATS = ["uk-csv", "uk-xml", "un-xml", "ofac-csv", "ofac-xml", "eu-xml"]
PUBLISHED = ["uk", "un", "ofac", "eu"]


@click.group(epilog="Example: headwater lists fetch uk un --dir lists --home uk")
def lists() -> None:
    """Make, show and keep sanctions lists."""


@lists.command(epilog="Example: headwater lists make --entries 25000 --seed 1 --format uk-csv --out list.csv")
@click.option("--entries", required=True, type=click.IntRange(1, 1_000_000), help="How many designations.")
@click.option("--seed", default=1, show_default=True, help="Same seed, same bytes.")
@click.option("--format", "format_name", required=True, type=click.Choice(FORMATS), help="Official format of the file.")
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
        [shown("{count} invented entries in {files}", count=entries, files=", ".join(names))],
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
    rows = [
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
        f"{each['source']:10} {each['version'] or shown('undated')}  "
        + shown("{count} entries, read {at}", count=each["entries"], at=each["read_at"])
        for each in rows
    ]
    door.answer({"ok": True, "lists": rows}, lines or [shown("none")], as_json=as_json)


@lists.command(epilog="Example: headwater lists diff uk:old.csv uk:new.csv --json")
@click.argument("old", metavar="FORMAT:OLD")
@click.argument("new", metavar="FORMAT:NEW")
@options.as_json
def diff(*, old: str, new: str, as_json: bool) -> None:
    """Show what changed between two editions of a list: entries added, removed, and changed with what of each."""
    from headwater.node import deltas
    from headwater.node.loose import list_file

    document = deltas.difference(list_file(old), list_file(new))
    lines = [f"{shown('added')}: {number}" for number in document["added"]]
    lines += [f"{shown('removed')}: {number}" for number in document["removed"]]
    for number, changes in document["changes"].items():
        nothing = shown("nothing")
        told = "; ".join(
            f"{one['property']} {', '.join(one['was']) or nothing} -> {', '.join(one['now']) or nothing}"
            for one in changes
        )
        lines.append(f"{shown('changed')}: {number}: {told}")
    door.answer({"ok": True, **document}, lines or [shown("nothing changed")], as_json=as_json)


@lists.command(epilog="Example: headwater lists fetch uk un --dir lists --home uk")
@click.argument("names", nargs=-1, required=True, type=click.Choice(PUBLISHED))
@click.option(
    "--dir", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder that keeps them."
)
@options.home(required=False)
@options.acting("sanctions")
@options.as_json
def fetch(*, names: tuple[str, ...], folder: Path, home: Path | None, user: str, purpose: str, as_json: bool) -> None:
    """Fetch official lists from their publishers, and with --home put them in force at the node.

    A list that cannot be had, comes from another host, is no such list or has shrunk by more than a fifth is refused, and
    the old version stays.
    """
    from headwater.cli.progress import bar
    from headwater.model.ids import BlobHash
    from headwater.node import list_fetch
    from headwater.node.lists import note_fetched
    from headwater.node.loose import NOBODY
    from headwater.node.reading import read_files
    from headwater.node.system import SystemClock

    fetched = []
    with bar("fetching") as progress:
        for at, name in enumerate(names, 1):
            fetched.append(list_fetch.fetch(name, folder, SystemClock().now()))
            progress(at, len(names))
    if home is not None:
        with session_at(home, user, purpose) as (node, session):
            for one in fetched:
                for read in read_files(one.format, [str(one.file)], originator=NOBODY, into=(node, session)):
                    if read.error is not None:
                        raise read.error
                note_fetched(node.store, BlobHash(one.sha256))
    lines = [
        f"{one.name}: "
        + shown("{count} entries of {version}", count=one.entries, version=one.version or shown("unknown date"))
        + ("" if one.changed else f", {shown('unchanged')}")
        + f", {shown('in {file}', file=one.file)}"
        for one in fetched
    ]
    door.answer({"ok": True, "lists": [one.document() for one in fetched]}, lines, as_json=as_json)


@lists.command(epilog="Example: headwater lists token m.analyst --home uk")
@click.argument("who", metavar="USER")
@click.option(
    "--for", "reason", default="sanctions", show_default=True, help="Purpose that questions with it are asked for."
)
@options.home()
@options.acting("operation")
@options.as_json
def token(*, who: str, reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Issue a token with which USER's tools ask `headwater lists serve`. It is shown this once."""
    from headwater.node import match_desk

    with session_at(home, user, purpose) as (node, session):
        made = match_desk.issue(node, session, who, reason)
    door.answer({"ok": True, "user": who, "purpose": reason, "token": made}, [made], as_json=as_json)


@lists.command(epilog="Example: headwater lists serve --listen 127.0.0.1:8811 --home uk")
@click.option("--listen", default="127.0.0.1:8811", show_default=True, help="HOST:PORT to listen on.")
@options.home()
@options.as_json
def serve(*, listen: str, home: Path, as_json: bool) -> None:
    """Serve screening to tools that speak yente's matching API or OpenRefine's reconciliation, until Ctrl-C.

    With --json, one document says once it listens.
    """
    import os
    from importlib import import_module

    # By name: doors do not import each other.
    serving = import_module("headwater.web.serving")

    def tell(line: str) -> None:
        if as_json:
            door.answer({"ok": True, "listen": listen}, [], as_json=True)
        else:
            door.say(line, err=True)

    serving.serve_matching(home, os.environ, listen, tell)
