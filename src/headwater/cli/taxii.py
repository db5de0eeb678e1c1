"""`headwater taxii`: the collections of threat intelligence that a CERT's tools read and write by TAXII 2.1."""

import getpass
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.progress import bar
from headwater.cli.words import scored, sentence, shown

if TYPE_CHECKING:
    from headwater.node.taxii_remote import Collection

F = TypeVar("F", bound=Callable[..., Any])
FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(epilog="Example: headwater taxii load server.json --home uk")
def taxii() -> None:
    """Load, dump, release and match threat intelligence; say who may ask by TAXII."""


@taxii.group(name="user", epilog="Example: headwater taxii user add c.ert --password-stdin --home uk < password.txt")
def user_() -> None:
    """Say which users of the node may ask by TAXII."""


@user_.command(epilog="Example: headwater taxii user add c.ert --password-stdin --home uk < password.txt")
@click.argument("name")
@click.option("--password-stdin", is_flag=True, required=True, help="Read the password from standard input.")
@options.home()
@click.option("--user", "by", envvar="HEADWATER_USER", default=getpass.getuser, help="The admin who adds.")
@options.as_json
def add(*, name: str, password_stdin: bool, home: Path, by: str, as_json: bool) -> None:  # noqa: ARG001 - always
    """Let a user of the node ask by TAXII with a password; it is kept as a slow hash."""
    from headwater.node import taxii_users

    password = sys.stdin.readline().rstrip("\r\n")
    with session_at(home, by, "operation") as (node, session):
        taxii_users.set_password(node, session, name, password)
    door.answer({"ok": True, "name": name}, [shown("{name} may ask by TAXII", name=name)], as_json=as_json)


@taxii.command(epilog="Example: headwater taxii load server.json --home uk")
@click.argument("dump", type=FILE)
@click.option(
    "--url", default="", help="Address of this node, to stand in the discovery instead of the other server's."
)
@options.home()
@options.acting("operation")
@options.as_json
def load(*, dump: Path, url: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Take in another TAXII server's API roots, collections, objects (with when they were added) and users."""
    from headwater.node import taxii_dump

    with session_at(home, user, purpose) as (node, session), bar("loading") as progress:
        done = taxii_dump.load(node, session, dump, url=url, progress=progress)
    document = {
        "ok": True,
        "roots": done.roots,
        "collections": done.collections,
        "objects": done.objects,
        "users": done.users,
        "left_out": done.left_out,
    }
    lines = [
        shown(
            "{objects} objects in {collections} collections of {roots} API roots, {users} users",
            objects=done.objects,
            collections=done.collections,
            roots=done.roots,
            users=done.users,
        ),
        *(f"  {shown('left out: {name}', name=one)}" for one in done.left_out),
    ]
    door.answer(document, lines, as_json=as_json)


@taxii.command(name="dump", epilog="Example: headwater taxii dump --out server.json --home uk")
@click.option("--out", required=True, type=options.TO_WRITE, help="File to write.")
@options.home()
@options.acting("cyber-defence")
@options.as_json
def dump_(*, out: Path, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Write all collections, as far as this user may see them, to a file that `load` takes; without passwords."""
    import orjson

    from headwater.node import taxii_dump
    from headwater.node.files import write

    with session_at(home, user, purpose) as (node, session):
        found = taxii_dump.dump(node, session)
    write(out, orjson.dumps(found, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    count = sum(len(one["objects"]) for root in found["api_roots"] for one in root["collections"])
    door.answer(
        {"ok": True, "out": str(out), "objects": count},
        [shown("{count} objects in {out}", count=count, out=out)],
        as_json=as_json,
    )


def _remote(command: F) -> F:
    """Add what says how another server's collection is asked."""
    for option in (
        click.option("--ca", type=FILE, help="PEM file of the authority that signed the server's certificate."),
        click.option("--password-file", type=FILE, help="Read the password from the first line of this file."),
        click.option("--password-stdin", is_flag=True, help="Read the password from standard input."),
        click.option("--login", help="Name at that server (HTTP Basic); without one, no password is sent."),
        click.option("--collection", required=True, help="Identifier or alias of the collection."),
        click.argument("url"),
    ):
        command = option(command)
    return command


def _chosen(command: F) -> F:
    """Add what says which objects go, and to whom."""
    for option in (
        click.option("--id", "ids", multiple=True, help="Only this object; may be given several times."),
        click.option("--agreement", help="The agreement with that partner."),
        click.option("--to", "to_", help="The partner that it is for; without one, only what anybody may have goes."),
    ):
        command = option(command)
    return command


def _asked(
    url: str, collection: str, login: str | None, password_file: Path | None, ca: Path | None, *, stdin: bool
) -> "Collection":
    from headwater.errors import Place, SchemaError
    from headwater.node.files import bytes_of
    from headwater.node.taxii_remote import Collection, Login

    if login is None:
        return Collection(url, collection, None, ca)
    if stdin == (password_file is not None):
        fix = "give --password-stdin or --password-file"
        raise SchemaError("a login without a password, or with two", where=Place(field="login"), fix=fix)
    try:
        text = sys.stdin.readline() if password_file is None else bytes_of(password_file).decode()
    except UnicodeDecodeError as error:
        raise SchemaError("a password that is no text", where=Place(field="password")) from error
    return Collection(url, collection, Login(login, text.partition("\n")[0].rstrip("\r")), ca)


@taxii.command(
    epilog="Example: headwater taxii pull https://taxii.example/cert/ --collection shared --originator RS-CERT --home uk"
)
@_remote
@click.option("--originator", required=True, help="The authority whose word the objects are, for example RS-CERT.")
@click.option(
    "--limit", default=1_000, show_default=True, type=click.IntRange(1, 10_000), help="Objects of one answer."
)
@click.option("--again", is_flag=True, help="Begin from the beginning; what is there is not kept twice.")
@options.home()
@options.acting("cyber-defence")
@options.as_json
def pull(
    *,
    url: str,
    collection: str,
    login: str | None,
    password_stdin: bool,
    password_file: Path | None,
    ca: Path | None,
    originator: str,
    limit: int,
    again: bool,
    home: Path,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Take in what was added to a collection of another TAXII 2.1 server since the last pull.

    URL is the server's API root, or its discovery (.../taxii2/). A pull that broke goes on where it ended.
    """
    from headwater.model.ids import authority_id
    from headwater.node import taxii_pull

    asked = _asked(url, collection, login, password_file, ca, stdin=password_stdin)
    whose = authority_id(originator)
    with session_at(home, user, purpose) as (node, session), bar("pulling") as progress:
        done = taxii_pull.pull(node, session, asked, whose, page=limit, again=again, progress=progress)
    counts = {"pages": done.pages, "added": done.added, "there": done.there, "held": done.held, "refused": done.refused}
    lines = [
        shown("{added} objects added, {there} there already, {held} held, {refused} refused", **counts),
        *(f"  {shown('left out: {name}', name=one)}" for one in done.left_out),
    ]
    document = {"ok": True, **counts, "since": done.since, "left_out": done.left_out}
    door.answer(document, lines, as_json=as_json)


@taxii.command(epilog="Example: headwater taxii push https://taxii.example/cert/ --collection shared --home uk")
@_remote
@_chosen
@options.home()
@options.acting("cyber-defence")
@options.as_json
def push(
    *,
    url: str,
    collection: str,
    login: str | None,
    password_stdin: bool,
    password_file: Path | None,
    ca: Path | None,
    to_: str | None,
    agreement: str | None,
    ids: tuple[str, ...],
    home: Path,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Send what may go to a collection of another TAXII 2.1 server: policy first, each object once."""
    from headwater.node import taxii_push

    asked = _asked(url, collection, login, password_file, ca, stdin=password_stdin)
    wanted = taxii_push.Wanted(to_, agreement, ids)
    with session_at(home, user, purpose) as (node, session), bar("pushing") as progress:
        done = taxii_push.push(node, session, asked, wanted, progress=progress)
    counts = {"taken": done.taken, "before": done.before, "pending": done.pending, "refused": len(done.refused)}
    told = [list(one) for one in (*done.refused, *done.left_out)]
    lines = [
        shown("{taken} objects taken, {before} were taken before, {pending} wait there", **counts),
        *(f"  {shown('refused there: {ref}: {why}', ref=ref, why=why)}" for ref, why in done.refused),
        *_left_out(done.left_out),
    ]
    door.answer({"ok": not done.refused, **counts, "left_out": told}, lines, as_json=as_json)


@taxii.command(epilog="Example: headwater taxii held --home uk")
@options.home()
@options.acting("cyber-defence")
@options.as_json
def held(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """List the objects that are held, and what each waits for."""
    from headwater.node import ti_release

    with session_at(home, user, purpose) as (node, session):
        found = ti_release.held(node, session)
    lines = [
        f"{one['id']} ({one['version']}) {shown('waits for {names}', names=', '.join(one['waits']))}" for one in found
    ] or [shown("nothing is held")]
    door.answer({"ok": True, "held": found}, lines, as_json=as_json)


@taxii.command(epilog="Example: headwater taxii export stix --out released.json --home uk")
@click.argument("form", type=click.Choice(["misp", "stix"]))
@click.option("--out", required=True, type=options.TO_WRITE, help="File to write.")
@_chosen
@options.home()
@options.acting("cyber-defence")
@options.as_json
def export(
    *,
    form: str,
    out: Path,
    to_: str | None,
    agreement: str | None,
    ids: tuple[str, ...],
    home: Path,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Write what a recipient may have as a STIX bundle or MISP event: policy first; what is left out is said."""
    from headwater.node import ti_release
    from headwater.node.files import write

    with session_at(home, user, purpose) as (node, session):
        made = ti_release.export(node, session, form, to=to_, agreement=agreement, ids=ids)
    write(out, made.data)
    document = {"ok": True, "out": str(out), "objects": made.objects, "left_out": [list(one) for one in made.left_out]}
    lines = [shown("{count} objects in {out}", count=made.objects, out=out), *_left_out(made.left_out)]
    door.answer(document, lines, as_json=as_json)


@taxii.command(epilog="Example: headwater taxii release --to RS-CERT --agreement EX-UK-RS-TI --home uk")
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--to", "to_", required=True, help="The partner.")
@click.option("--agreement", required=True, help="The agreement under which it goes.")
@click.option("--classification", default="NONE", show_default=True, help="Marking of the message.")
@click.option("--addressee", help="The person that TLP:RED is for.")
@click.option("--dry-run", is_flag=True, help="Say what the rules answer, and change nothing.")
@options.home()
@options.acting("cyber-defence")
@options.as_json
def release(
    *,
    ids: tuple[str, ...],
    to_: str,
    agreement: str,
    classification: str,
    addressee: str | None,
    dry_run: bool,
    home: Path,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Send objects of our own to a partner as a message of kind `ti`: those named with all they refer to, or all.

    What is TLP:AMBER+STRICT goes only where it is named itself.
    """
    from headwater.node import messages, ti_release

    with session_at(home, user, purpose) as (node, session):
        asked = ti_release.Asking(tuple(ids), to_, agreement, classification, addressee)
        sent = ti_release.release(node, session, asked, dry_run=dry_run)
        left = ti_release.kept_back(node, session, asked)
    told = [messages.sending_document(one) for one in sent]
    lines = [
        f"{shown(one['outcome'])} {one['rule']}: "
        + shown("{count} facts, message {id}", count=len(one["facts"]), id=one["message"])
        for one in told
    ]
    lines += _left_out(left)
    document = {"ok": True, "messages": told, "left_out": [list(one) for one in left]}
    door.answer(document, lines, as_json=as_json)


@taxii.command(epilog="Example: headwater taxii match --home uk")
@options.home()
@options.acting("cyber-defence")
@options.as_json
def match(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Hold the indicators against payments, listings, messages and records; what is met becomes a finding with reasons."""
    from headwater.node import indicators

    with session_at(home, user, purpose) as (node, session):
        done = indicators.run(node, session)
    found = [
        {"id": one.id, "score": one.score, "text": one.text, "reasons": [reason.text for reason in one.reasons]}
        for one in done.findings
    ]
    counts = {"indicators": done.indicators, "findings": len(found), "new": done.added}
    lines = [shown("{indicators} indicators: {findings} findings, {new} of them new", **counts)]
    lines += [f"  {one.id} {scored(one.score, 2)} {sentence(one.text)}" for one in done.findings]
    document = {"ok": True, "indicators": done.indicators, "added": done.added, "findings": found}
    door.answer(document, lines, as_json=as_json)


def _left_out(found: Iterable[tuple[str, str]]) -> list[str]:
    return [f"  {shown('left out: {name}', name=f'{ref}: {why}')}" for ref, why in found]
