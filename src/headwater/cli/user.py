"""`headwater user`: who may use a node, in which roles."""

import getpass
from pathlib import Path
from typing import Any

import click

from headwater.cli import door, options
from headwater.cli.opening import node_at, session_at
from headwater.cli.words import later, shown


@click.group(epilog="Example: headwater user add s.hall --role supervisor --home uk")
def user() -> None:
    """Add, list and disable the users of a node."""


@user.command(epilog="Example: headwater user add s.hall --role supervisor --home uk")
@click.argument("name")
@click.option("--role", "roles", multiple=True, required=True, help="A role; may be given several times.")
@options.home()
@click.option("--user", "by", envvar="HEADWATER_USER", default=getpass.getuser, help="The admin who adds.")
@options.as_json
def add(*, name: str, roles: tuple[str, ...], home: Path, by: str, as_json: bool) -> None:
    """Add a user with one or more roles."""
    from headwater.node import users

    with session_at(home, by, "operation") as (node, session):
        made = users.User(name, frozenset(roles))
        users.add(node.store, session, made)
    door.answer(
        {"ok": True, **users.document(made)},
        [shown("{name} may now act as {roles}", name=name, roles=", ".join(roles))],
        as_json=as_json,
    )


@user.command(name="list", epilog="Example: headwater user list --home uk")
@options.home()
@options.acting("operation")
@options.as_json
def show(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """List the users of a node."""
    from headwater.node import users

    with session_at(home, user, purpose) as (node, _):
        found = users.listed(node.store)
    off = f" ({shown('off')})"
    lines = [f"{each['name']}: {', '.join(each['roles'])}{off if each['disabled'] else ''}" for each in found]
    door.answer({"ok": True, "users": found}, lines, as_json=as_json)


@user.command(epilog="Example: headwater user disable o.reed --home uk")
@click.argument("name")
@options.home()
@click.option("--user", "by", envvar="HEADWATER_USER", default=getpass.getuser, help="The admin who disables.")
@options.as_json
def disable(*, name: str, home: Path, by: str, as_json: bool) -> None:
    """Switch a user off; the name stays taken, and what the user did stays in the ledger."""
    from headwater.node import users

    with session_at(home, by, "operation") as (node, session):
        users.disable(node.store, session, name)
    door.answer(
        {"ok": True, "name": name, "disabled": True}, [shown("{name} is switched off", name=name)], as_json=as_json
    )


@user.command(name="show", epilog="Example: headwater user show o.reed --home uk --user s.hall")
@click.argument("name")
@options.home()
@options.acting("operation")
@options.as_json
def ways(*, name: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Show a user's roles and what the user signs in with: passkeys, passphrase and app, recovery codes that are left."""
    from headwater.node import signin

    with session_at(home, user, purpose) as (node, session):
        found = signin.ways(node, session, name)
    door.answer({"ok": True, **found}, _ways(found), as_json=as_json)


@user.command(epilog="Example: headwater user reset o.reed --home uk --user s.hall")
@click.argument("name")
@options.home()
@click.option("--user", "by", envvar="HEADWATER_USER", default=getpass.getuser, help="The admin who resets.")
@options.as_json
def reset(*, name: str, home: Path, by: str, as_json: bool) -> None:
    """Remove all that a user signs in with, after a loss, and end the user's sessions.

    It takes a second person: nobody resets the own. Afterwards `headwater user login NAME` makes the link to begin anew with.
    """
    from headwater.node import signin

    with session_at(home, by, "operation") as (node, session):
        count = signin.reset(node, session, name)
    lines = [
        shown("{count} way(s) in of {name} removed, all sessions ended", count=count, name=name),
        shown("next: {command}", command=f"headwater user login {name}"),
    ]
    door.answer({"ok": True, "name": name, "removed": count}, lines, as_json=as_json)


@user.command(epilog="Example: headwater user login o.reed --home uk")
@click.argument("name")
@options.home()
@options.as_json
def login(*, name: str, home: Path, as_json: bool) -> None:
    """Make a link with which a user signs in to the page, once, within five minutes.

    Whoever may read the node's directory may make one. The link does nothing before its button is pressed.
    """
    from headwater.node import signin

    with node_at(home) as node:
        token = signin.ticket(node, name)
        url = signin.address(node, token)
    door.answer({"ok": True, "name": name, "url": url}, [url], as_json=as_json)


def _ways(found: dict[str, Any]) -> list[str]:
    """Return the lines that tell what a user signs in with."""
    off = f" ({shown('off')})" if found["disabled"] else ""
    lines = [f"{found['name']}: {', '.join(found['roles'])}{off}"]
    for one in found["passkeys"]:
        used = shown("last used {at}", at=one["used_at"]) if one["used_at"] else shown("last used never")
        state = shown("BLOCKED: its count went back") if one["blocked"] else used
        lines.append(f"    {shown('passkey {label}, since {at}', label=one['label'], at=one['made_at'])}, {state}")
    if found["codes_at"]:
        lines.append(f"    {shown('passphrase and app, since {at}', at=found['codes_at'])}")
    if found["oidc_at"]:
        lines.append(f"    {shown('{issuer}, since {at}', issuer=found['oidc_issuer'], at=found['oidc_at'])}")
    left = shown("recovery codes left: {count}", count=found["recovery_left"])
    lines.append(f"    {left if len(lines) > 1 else shown('links alone')}")
    if found["failures"]:
        tries = later("tries with codes that failed since the last that did not: {count}")
        lines.append(f"    {shown(tries, count=found['failures'])}")
    return lines
