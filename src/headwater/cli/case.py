"""`headwater case`: build and check case files. What leaves the node of them is in `case_out`."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from headwater.cli import case_out, door, options
from headwater.cli.opening import session_at
from headwater.cli.words import sentence, shown

EXIT_NOT_READY = 65
FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(epilog="Example: headwater case verify bundle --trust uk.card")
def case() -> None:
    """Build, check, seal, export and verify case files."""


@case.command(epilog="Example: headwater case new --from op-example --home uk")
@click.option("--from", "folder", required=True, type=click.Path(path_type=Path, file_okay=False), help="Case folder.")
@click.option("--replace", is_flag=True, help="Take the case in anew.")
@options.home()
@options.acting("court")
@options.as_json
def new(*, folder: Path, replace: bool, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Take a case folder (case.json with exhibits/ and statements/) into the node."""
    from headwater.node import cases

    with session_at(home, user, purpose) as (node, session):
        made = cases.take_in(node, session, folder, replacing=replace)
    door.answer(
        {"ok": True, "id": made.matter.urn, "exhibits": [exhibit.ref for exhibit in made.exhibits]},
        _taken_in(made.matter.urn, len(made.exhibits)),
        as_json=as_json,
    )


@case.command(epilog="Example: headwater case add 00EX0000126 --item supplement.json --home uk")
@click.argument("ref", metavar="ID")
@click.option("--item", "file", type=FILE, help="A supplement in the shape of case.json, or one file.")
@click.option("--ref", "exhibit", help="Reference of the file as an exhibit, JS/3 for example.")
@click.option("--description", help="What it is.")
@click.option("--producer", help="The person of the case who produces it.")
@click.option("--captured-at", help="When it was captured, RFC 3339.")
@click.option("--handling", default="TLP:AMBER", show_default=True, help="Handling code.")
@click.option("--status", default="unused", show_default=True, help="evidential, intelligence-only or unused.")
@click.option("--list", "schedule", type=click.Choice(["mg6c", "mg6d"]), help="List it as unused material.")
@click.option("--reason", help="Why it is sensitive; mg6d only.")
@click.option("--origin", help="The foreign node it comes from.")
@click.option("--returned-under", help="The letter of request or joint investigation team it came back under.")
@click.option("--finding", "findings", multiple=True, help="A finding that the case keeps; may be given several times.")
@options.home()
@options.acting("court")
@options.as_json
def add(
    *, ref: str, file: Path | None, findings: tuple[str, ...], home: Path, user: str, purpose: str, as_json: bool,
    **said: str | None,
) -> None:  # fmt: skip
    """Add a supplement, a file or a finding to a case. A file of which nothing is said is unlisted material."""
    from headwater.node import cases

    if file is None and not findings:
        raise click.UsageError("name --item FILE or --finding ID")
    with session_at(home, user, purpose) as (node, session):
        cases.keep_findings(node, session, ref, findings)
        made = cases.get(node, ref) if file is None else cases.add(node, session, ref, file, _rows(file, said))
    door.answer(
        {"ok": True, "id": ref, "exhibits": [each.ref for each in made.exhibits], "findings": list(findings)},
        _taken_in(ref, len(made.exhibits)),
        as_json=as_json,
    )


def _taken_in(ref: str, count: int) -> list[str]:
    return [
        shown("case {id}: {count} exhibits", id=ref, count=count),
        shown("next: {command}", command=f"headwater case check {ref}"),
    ]


def _rows(file: Path, said: dict[str, str | None]) -> dict[str, list[dict[str, Any]]] | None:
    """Return what the options say of a file as lists of `case.json`; None where they say nothing."""
    if not said["exhibit"]:
        return None
    origin = {"node": said["origin"], "returned_under": said["returned_under"]} if said["origin"] else None
    names = {"ref": "exhibit", "description": "description", "producer": "producer", "captured_at": "captured_at"}
    told = {name: said[option] for name, option in names.items() if said[option]}
    exhibit = {**told, "file": file.name, "handling": said["handling"], "status": said["status"], "origin": origin}
    rows: dict[str, list[dict[str, Any]]] = {"exhibits": [exhibit]}
    if said["schedule"]:
        line = {"id": said["exhibit"], "list": said["schedule"], "description": said["description"]}
        rows["material"] = [{**line, **({"reason": said["reason"]} if said["reason"] else {})}]
    return rows


@case.command(name="list", epilog="Example: headwater case list --home uk")
@options.home()
@options.acting("court")
@options.as_json
def list_(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """List the cases of a node."""
    from headwater.node import cases

    with session_at(home, user, purpose) as (node, session):
        found = cases.every(node, session)
    lines = [
        f"{each['id']}  " + (shown("sealed {root}", root=each["root"][:16]) if each["root"] else shown("not sealed"))
        for each in found
    ]
    door.answer({"ok": True, "cases": found}, lines or [shown("none")], as_json=as_json)


@case.command(epilog="Example: headwater case check 00EX0000126 --home uk; headwater case check data/case.jsonld")
@click.argument("ref", metavar="ID|FILE.jsonld")
@options.home(required=False)
@options.acting("court")
@options.as_json
def check(*, ref: str, home: Path | None, user: str, purpose: str, as_json: bool) -> int:
    """Say what a case lacks before it is ready, or what is wrong with a CASE graph. Exit 0 when nothing is, else 65."""
    from headwater.node import cases, graphs

    elements: list[tuple[str, str, tuple[str, ...]]] = []
    if ref.endswith(".jsonld"):
        problems = graphs.check_file(Path(ref))
    elif home is None:
        raise click.UsageError("name the node with --home, or a CASE graph as FILE.jsonld")
    else:
        with session_at(home, user, purpose) as (node, session):
            checked = cases.check_whole(node, session, ref)
        problems, elements = checked.problems, checked.elements
    found = [{"code": each.code, "at": each.at, "text": each.text} for each in problems]
    table = [{"offence": one, "element": two, "proved_by": list(items)} for one, two, items in elements]
    lines = [f"{each['code']:26} {each['at']}: {sentence(each['text'])}" for each in found] or [shown("ready")]
    lines += [f"{one['offence']:6} {one['element']:30} {', '.join(one['proved_by']) or '-'}" for one in table]
    door.answer({"ok": not found, "id": ref, "problems": found, "elements": table}, lines, as_json=as_json)
    return EXIT_NOT_READY if found else 0


@case.command(
    epilog="Example: headwater case custody 00EX0000126 --exhibit JS/1 --event examined --place lab --home uk"
)
@click.argument("ref", metavar="ID")
@click.option("--exhibit", required=True, help="Reference of the exhibit.")
@click.option("--event", required=True, help="seized, received, moved, copied, examined, returned or sealed.")
@click.option("--place", required=True, help="Where.")
@click.option("--by", default="", help="The person of the case who did it; you, if left out.")
@click.option("--at", "moment", default="", help="When, RFC 3339; now, if left out.")
@options.home()
@options.acting("court")
@options.as_json
def custody(
    *, ref: str, exhibit: str, event: str, place: str, by: str, moment: str, home: Path, user: str, purpose: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Write what happened to an exhibit into the ledger; its hash is compared with the one it came in with."""
    from headwater.model.times import format_instant, parse_instant
    from headwater.node import cases

    at: datetime | None = parse_instant(moment, field="--at") if moment else None
    with session_at(home, user, purpose) as (node, session):
        made = cases.record_custody(node, session, ref, exhibit, event, place, by=by, at=at)
    told = {"exhibit": made.exhibit, "event": made.kind.value, "by": made.by, "sha256": made.sha256}
    line = shown(
        "{exhibit} {event} by {by} at {at}, unchanged since ingest",
        exhibit=made.exhibit,
        event=made.kind,
        by=made.by,
        at=format_instant(made.at),
    )
    door.answer({"ok": True, "id": ref, **told}, [line], as_json=as_json)


for verb in case_out.VERBS:
    case.add_command(verb)
