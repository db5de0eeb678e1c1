"""`headwater node`: set up, serve, check and explain a node."""

import getpass
import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from headwater.cli import door, options
from headwater.cli.opening import node_at, session_at
from headwater.cli.progress import bar
from headwater.cli.words import sentence, shown, warned

if TYPE_CHECKING:
    from headwater.node.doctor import Finding
    from headwater.node.doors import Serving

FIRST_ROLES = ("admin", "analyst", "liaison")
FILE = click.Path(path_type=Path, dir_okay=False)


@click.group(epilog="Example: headwater node doctor --home uk")
def node() -> None:
    """Set up, serve, check and explain a node."""


@node.command(epilog="Example: headwater node init --home uk --authority UK-NCA --listen 127.0.0.1:8800")
@options.home()
@click.option("--authority", required=True, help="The authority it belongs to, as STATE-AUTHORITY.")
@click.option("--name", default="", help="The name shown to people at this node.")
@click.option("--listen", default="127.0.0.1:8800", show_default=True, help="HOST:PORT of the partner's HTTP API.")
@click.option("--endpoint", default="", help="URL at which partners reach it; goes onto the card.")
@click.option("--page", default="127.0.0.1:8700", show_default=True, help="HOST:PORT of the analyst's page, or none.")
@click.option("--database", default="", help="PostgreSQL for the store, postgresql://HOST/NAME; SQLite if not given.")
@click.option("--zone", default="Etc/UTC", show_default=True, help="Time zone (IANA name).")
@click.option("--user", default=getpass.getuser, show_default="your login name", help="The first user.")
@click.option("--role", "roles", multiple=True, default=FIRST_ROLES, show_default=True, help="Roles of the first user.")
@options.as_json
def init(
    *,
    home: Path,
    authority: str,
    name: str,
    listen: str,
    endpoint: str,
    page: str,
    database: str,
    zone: str,
    user: str,
    roles: tuple[str, ...],
    as_json: bool,
) -> None:
    """Set up a node in a new directory: settings, store, keys, first card, first user."""
    from headwater.model.ids import authority_id
    from headwater.node import setup, users
    from headwater.settings import Settings

    settings = Settings(
        authority=authority_id(authority),
        name=name,
        listen=listen,
        endpoint=endpoint,
        page=page,
        database=database,
        zone=zone,
    )
    made = setup.init(home, settings, [users.User(user, frozenset(roles))])
    document = {
        "ok": True,
        "home": str(made.home),
        "authority": authority,
        "digits": made.card.fingerprint,
        "roots": str(made.roots),
        "user": user,
        "roles": list(roles),
    }
    lines = [
        shown("{authority} has a node in {home}; {user} is {roles}", **{**document, "roles": ", ".join(roles)}),
        shown("digits of its card, to be read out to partners: {digits}", digits=made.card.fingerprint),
        shown("Move the three root keys in {folder} to three separate offline places, now.", folder=made.roots),
        shown("next: {command}", command=f"headwater node serve --home {made.home}"),
    ]
    door.answer(document, lines, as_json=as_json)


@node.command(epilog="Example: headwater node card --out uk.card --home uk")
@click.option("--out", type=options.TO_WRITE, help="File to write, for partners and for verifiers of case files.")
@click.option("--renew", is_flag=True, help="Make the next version first; needs two root keys.")
@click.option(
    "--roots", type=click.Path(path_type=Path, file_okay=False), help="Folder with the root keys brought back."
)
@click.option(
    "--new-roots",
    type=click.Path(path_type=Path, file_okay=False),
    help="Change the root keys: make three new ones in this folder, and the next version with them. Needs two old ones.",
)
@click.option(
    "--new-key",
    "new_keys",
    multiple=True,
    type=click.Choice(["signing", "sealing"]),
    help="Make one more key of this kind; the next version names it. Signing keys quarterly, sealing keys monthly.",
)
@click.option(
    "--revoke", multiple=True, metavar="KEY", help="A signing key, by its name, that nobody is to trust any more."
)
@click.option("--revoked-from", metavar="INSTANT", help="Since when, as RFC 3339; now if nothing is given.")
@options.home()
@options.acting("operation")
@options.as_json
def card(
    *,
    out: Path | None,
    renew: bool,
    roots: Path | None,
    new_roots: Path | None,
    new_keys: tuple[str, ...],
    revoke: tuple[str, ...],
    revoked_from: str | None,
    home: Path,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Show this node's card, write it to a file, or make its next version.

    Partners take a version whose root keys changed like any other, without comparing digits again: it is signed by two root
    keys of the version before and by two of its own.
    """
    from headwater.model.times import parse_instant
    from headwater.node import partners, setup
    from headwater.node.files import write

    with session_at(home, user, purpose) as (opened, session):
        if renew or new_roots is not None or new_keys or revoke:
            since = parse_instant(revoked_from, field="revoked-from") if revoked_from else None
            setup.new_card(opened, session, roots, new_roots, setup.KeyChange(new_keys, revoke, since))
        if out is not None:
            write(out, partners.card_file(opened))
        document = partners.own_document(opened.authority, opened.exchange.card())
    lines = [
        f"{document['authority']}, "
        + shown("card version {version}, until {day}", version=document["version"], day=document["expires"][:10]),
        shown("digits: {digits}", digits=document["digits"]),
        *(
            shown("signing key {key} from {day}", key=key["key"], day=key["valid_from"][:10])
            + (f", {shown('REVOKED from {at}', at=key['revoked_from'])}" if key["revoked_from"] else "")
            for key in document["signing_keys"]
        ),
        *([shown("written to {out}", out=out)] if out else []),
        *(
            [shown("Move the new root keys in {folder} to three separate offline places, now.", folder=new_roots)]
            if new_roots
            else []
        ),
    ]
    paths = {"out": str(out) if out else None, "new_roots": str(new_roots) if new_roots else None}
    door.answer({"ok": True, **document, **paths}, lines, as_json=as_json)


@node.command(epilog="Example: headwater node serve --home uk")
@click.option("--listen", help="HOST:PORT, instead of the setting.")
@click.option("--page", help="HOST:PORT of the analyst's page, or none; instead of the setting.")
@click.option("--tls", metavar="CERT,KEY", help="Two PEM files, to serve the page with TLS.")
@click.option("--behind-proxy", is_flag=True, help="A proxy with TLS stands before the page.")
@click.option("--taxii-only", is_flag=True, help="Serve TAXII 2.1 alone: no page, no partner answered or written to.")
@options.home()
@options.as_json
def serve(
    *,
    listen: str | None,
    page: str | None,
    tls: str | None,
    behind_proxy: bool,
    taxii_only: bool,
    home: Path,
    as_json: bool,
) -> None:
    """Serve the partner's HTTP API and the analyst's page, and deliver what is queued, until Ctrl-C.

    TAXII 2.1 is served where a user may ask by it.

    With --json, one document says once it listens: what starts the node can wait for that line.
    """
    from headwater.node.doors import PageDoor

    # By name: doors do not import each other.
    serving = import_module("headwater.web.serving")

    def tell(served: "Serving") -> None:
        listens = {"authority": served.authority, "listen": served.listen}
        lines = [warned("{authority} listens on {listen}; stop it with Ctrl-C", **listens)]
        if served.page:
            command = f"headwater user login NAME --home {home}"
            lines.append(warned("its page is at {page}; sign in with: {command}", page=served.page, command=command))
        if served.trouble:
            lines.append(warned("no page: {why}; choose its address with --page HOST:PORT", why=served.trouble))
        if as_json:
            document = {"authority": served.authority, "listen": served.listen, "page": served.page or None}
            door.answer({"ok": True, **document}, [], as_json=True)
        for line in lines if not as_json else lines[1:] * bool(served.trouble):
            door.say(line, err=True)

    if taxii_only:
        serving.serve_taxii(home, os.environ, {"listen": listen}, tell)
        return
    cert, comma, key = (tls or "").partition(",")
    if tls and not (comma and cert and key):
        raise click.BadParameter("give the certificate, a comma, the key", param_hint="--tls")
    page_door = PageDoor((Path(cert), Path(key)) if tls else None, behind_proxy)
    serving.serve_node(home, os.environ, {"listen": listen, "page": page}, tell, page_door)


@node.command(epilog="Example: headwater node settings --home uk")
@click.option("--show", is_flag=True, default=True, help="Print each value, its origin and its meaning.")
@options.home()
@options.as_json
def settings(*, show: bool, home: Path, as_json: bool) -> None:  # noqa: ARG001 - showing is all there is
    """Print each setting, where its value comes from, and what it means."""
    from headwater.settings import load

    found = load(home, os.environ).origins
    rows = [{"name": one.name, "value": one.value, "origin": one.origin, "doc": one.doc} for one in found]
    lines = [f"{one.name} = {one.value}   ({one.origin}) {one.doc}" for one in found]
    door.answer({"ok": True, "settings": rows}, lines, as_json=as_json)


@node.command(epilog="Example: headwater node check --home uk")
@options.home()
@options.as_json
def check(*, home: Path, as_json: bool) -> int:
    """Read everything that the store holds and compare it with its hashes."""
    from headwater.errors import StoreCorruptError
    from headwater.node import doctor

    with node_at(home) as opened:
        found = doctor.full_check(opened)
    return _tell(found, StoreCorruptError.exit, as_json=as_json)


@node.command(name="doctor", epilog="Example: headwater node doctor --home uk")
@options.home()
@options.as_json
def doctor_(*, home: Path, as_json: bool) -> int:
    """Look for what is wrong with a node; say why, and what to do."""
    from headwater.node import doctor

    with node_at(home) as opened:
        found = doctor.examine(opened)
    return _tell(found, 1, as_json=as_json)


def _tell(found: "list[Finding]", exit_code: int, *, as_json: bool) -> int:
    ok = all(each.ok for each in found)
    checks = [{"name": each.name, "ok": each.ok, "cause": each.cause, "fix": each.fix} for each in found]
    lines = [
        f"{shown('ok') if each.ok else shown('NOT OK'):7} {each.name}"
        + (f": {sentence(each.cause)}; {sentence(each.fix)}" if not each.ok else "")
        for each in found
    ]
    door.answer({"ok": ok, "checks": checks}, lines, as_json=as_json)
    return 0 if ok else exit_code


PASSPHRASE = click.option(
    "--passphrase-file",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="File whose first line is the passphrase; keep it apart from the backups.",
)


@node.command(epilog="Example: headwater node backup --out /mnt/backups/uk.box --passphrase-file pass --home uk")
@click.option(
    "--out", required=True, type=options.TO_WRITE, help="File to write; an older one of that name is replaced."
)
@PASSPHRASE
@options.home()
@options.acting("operation")
@options.as_json
def backup(*, out: Path, passphrase_file: Path, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Save a whole node, which may be served meanwhile, in one encrypted file.

    Left out are the root keys and the vault's master key: copy each of them by itself, to another place.
    """
    from headwater.node import backup as use
    from headwater.node.strongbox import passphrase_in

    words = passphrase_in(passphrase_file)
    with session_at(home, user, purpose) as (opened, session), bar("saving", str(home)) as progress:
        proof = use.back_up(opened, session, out, words, progress)
    lines = [
        f"{proof.authority}: {shown('{count} files in {out}', count=len(proof.files), out=out)}",
        shown("ledger: {size} leaves, root {root}", size=proof.size, root=proof.root),
        shown("not in it: the root keys, and vault/master.key"),
    ]
    kept = {"file": str(out), "files": len(proof.files), "size": proof.size, "root": proof.root}
    door.answer({"ok": True, "authority": proof.authority, **kept}, lines, as_json=as_json)


@node.command(epilog="Example: headwater node restore /mnt/backups/uk.box --passphrase-file pass --home uk")
@click.argument("file", type=FILE)
@PASSPHRASE
@options.home()
@options.as_json
def restore(*, file: Path, passphrase_file: Path, home: Path, as_json: bool) -> None:
    """Put up a node from a backup in a new directory: proved to be what was saved, or not at all."""
    from headwater.node import backup as use
    from headwater.node.strongbox import passphrase_in

    words = passphrase_in(passphrase_file)
    with bar("restoring", file.name) as progress:
        made = use.restore(file, home, words, progress)
    proof = made.proof
    lines = [
        shown(
            "{authority} is back in {home}: {count} files, each as it was saved",
            authority=proof.authority,
            home=home,
            count=len(proof.files),
        ),
        shown(
            "ledger: {size} leaves, root {root}; everything in the store was compared with its hashes",
            size=proof.size,
            root=proof.root,
        ),
        *(
            [
                shown(
                    "Put vault/master.key back into {home}/vault: protected persons cannot be read without it.",
                    home=home,
                )
            ]
            if made.vault
            else []
        ),
        shown(
            "next: {command}; tell your partners first, then, for each: headwater partner sync AUTHORITY",
            command=f"headwater node serve --home {home}",
        ),
    ]
    back = {"home": str(home), "files": len(proof.files), "size": proof.size, "root": proof.root, "vault": made.vault}
    door.answer({"ok": True, "authority": proof.authority, **back}, lines, as_json=as_json)


@node.command(epilog="Example: headwater node move --to postgresql://db.example.org/headwater_uk --home uk")
@click.option("--to", required=True, metavar="DATABASE", help="postgresql://HOST/NAME, or sqlite for the directory.")
@options.home()
@options.acting("operation")
@options.as_json
def move(*, to: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Move the store between SQLite and PostgreSQL: all of it, compared row by row, or nothing.

    Stop serving the node first. What still has the old store open is refused from then on.
    """
    from headwater.node import moving

    with bar("moving rows") as advance:
        made = moving.move_store(home, os.environ, user=user, purpose=purpose, to=to, progress=advance)
    count = sum(made.rows.values())
    document = {
        "ok": True,
        "database": made.database or moving.SQLITE,
        "size": made.size,
        "root": made.root,
        "rows": dict(made.rows),
        "left": str(made.left) if made.left else None,
    }
    lines = [
        shown(
            "moved to {database}: {count} rows in {tables} tables, each compared",
            database="PostgreSQL" if made.database else "SQLite",
            count=count,
            tables=len(made.rows),
        ),
        shown("the ledger is the same: {size} leaves, root {root}", size=made.size, root=made.root),
        *(
            [
                shown(
                    "the old file is {file}; nothing can be written to it: delete it once you have saved the new store",
                    file=made.left,
                )
            ]
            if made.left
            else []
        ),
        shown("next: {command}", command=f"headwater node serve --home {home}"),
    ]
    door.answer(document, lines, as_json=as_json)


@node.command(name="stamp-authority", epilog="Example: headwater node stamp-authority --out test-authority")
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="Folder to make it in.")
@options.as_json
def stamp_authority(*, out: Path, as_json: bool) -> None:
    """Make a time-stamp authority for tests and exercises. It proves nothing to a court, and its certificates say so."""
    from headwater.case.stamp import ROOT_FILE, make_authority
    from headwater.node.system import SystemClock

    make_authority(out, SystemClock().now().replace(microsecond=0))
    root = out / ROOT_FILE
    lines = [
        shown("test authority in {out}", out=out),
        shown("seal with: {options}", options=f"--stamp local:{out}"),
        shown("verify with: {options}", options=f"--stamp-root {root}"),
    ]
    door.answer({"ok": True, "path": str(out), "root": str(root)}, lines, as_json=as_json)
