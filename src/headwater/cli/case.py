"""`headwater case`: case files."""

from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at

EXIT_NOT_READY = 65


@click.group()
def case() -> None:
    """Build, check, seal and verify case files."""


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
        [f"case {made.matter.urn}: {len(made.exhibits)} exhibits", f"next: headwater case check {made.matter.urn}"],
        as_json=as_json,
    )


@case.command(name="list", epilog="Example: headwater case list --home uk")
@options.home()
@options.acting("court")
@options.as_json
def list_(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """List the cases of a node."""
    from headwater.node import cases

    with session_at(home, user, purpose) as (node, session):
        found = cases.every(node, session)
    lines = [f"{each['id']}  {'sealed ' + each['root'][:16] if each['root'] else 'not sealed'}" for each in found]
    door.answer({"ok": True, "cases": found}, lines or ["none"], as_json=as_json)


@case.command(epilog="Example: headwater case check 00EX0000126 --home uk")
@click.argument("ref", metavar="ID")
@options.home()
@options.acting("court")
@options.as_json
def check(*, ref: str, home: Path, user: str, purpose: str, as_json: bool) -> int:
    """Say what a case lacks before it is ready. Exit 0 when it is ready, 65 when it is not."""
    from headwater.node import cases

    with session_at(home, user, purpose) as (node, session):
        problems = cases.check(node, session, ref)
    found = [{"code": each.code, "at": each.at, "text": each.text} for each in problems]
    lines = [f"{each['code']:26} {each['at']}: {each['text']}" for each in found] or ["ready"]
    door.answer({"ok": not found, "id": ref, "problems": found}, lines, as_json=as_json)
    return EXIT_NOT_READY if found else 0


@case.command(epilog="Example: headwater case seal 00EX0000126 --out bundle --home uk")
@click.argument("ref", metavar="ID")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="Folder to make.")
@click.option("--finding", "findings", multiple=True, help="A finding that the case keeps; may be given several times.")
@click.option("--withhold-blocked", is_flag=True, help="Leave out items in which a protected person's identity stands.")
@options.home()
@options.acting("court")
@options.as_json
def seal(
    *,
    ref: str,
    out: Path,
    findings: tuple[str, ...],
    withhold_blocked: bool,
    home: Path,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Seal a case as it is now into a bundle that a stranger can verify years later."""
    from headwater.node import cases

    with session_at(home, user, purpose) as (node, session):
        made = cases.seal(node, session, ref, out, findings, withhold=withhold_blocked)
    door.answer(
        {"ok": True, "id": ref, "path": str(out), "root": made.head.root, "count": made.head.count},
        [f"{made.head.count} files sealed in {out}", f"root {made.head.root}", f"check: headwater case verify {out}"],
        as_json=as_json,
    )


@case.command(epilog="Example: headwater case verify bundle --trust uk.card")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--trust", metavar="KEY|CARD", help="The signer's key in hex, or a card file, from elsewhere than the bundle."
)
@options.as_json
def verify(*, bundle: Path, trust: str | None, as_json: bool) -> int:
    """Check a sealed bundle. Exit 76, naming the exhibit, when anything is not as it was sealed.

    Without --trust nothing is known about whose key it was sealed with, and the answer says so.
    """
    import json

    from headwater.case import verifier
    from headwater.errors import TrustError

    key = verifier.read_trust(trust) if trust else None
    found = verifier.verify(bundle, key)
    door.answer(json.loads(verifier.as_json(found)), verifier.as_text(found).splitlines(), as_json=as_json)
    if not found.problems:
        return 0
    try:
        verifier.demand(bundle, key)
    except TrustError as error:
        return door.refuse(error)
    return TrustError.exit
