"""What leaves a node of a case: `headwater case schedule`, `seal`, `verify`, `receipt`, `export`, `request`, `replay`."""

import os
import sys
from pathlib import Path

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.words import ENGLISH, shown, spoken

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)
EXIT_DIFFERENT = 76
OF_A_BUNDLE = ("manifest.json", "seal.json", "bagit.txt", "verify.py")
"""What a folder that holds none of is no bundle, and no altered one either."""


@click.command(epilog="Example: headwater case schedule 00EX0000126 --form mg6c --out mg6c.pdf --home uk")
@click.argument("ref", metavar="ID")
@click.option("--form", required=True, type=click.Choice(["mg6c", "mg6d", "mg6e", "dmd"]), help="Which paper.")
@click.option("--out", required=True, type=options.TO_WRITE, help="PDF file to write.")
@options.home()
@options.acting("court")
@options.as_json
def schedule(*, ref: str, form: str, out: Path, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Write a disclosure schedule as PDF/A: MG6C, MG6D, MG6E, or the disclosure management document."""
    from headwater.case.schedule import Form
    from headwater.node import case_sealing
    from headwater.node.files import write

    with session_at(home, user, purpose) as (node, session):
        data = case_sealing.schedule(node, session, ref, Form(form))
    write(out, data)
    document = {"ok": True, "id": ref, "form": form, "path": str(out), "bytes": len(data)}
    door.answer(document, [shown("{form} of {case} in {out}", form=form, case=ref, out=out)], as_json=as_json)


@click.command(epilog="Example: headwater case seal 00EX0000126 --out bundle --home uk")
@click.argument("ref", metavar="ID")
@click.option("--out", required=True, type=options.TO_MAKE, help="Folder to make.")
@click.option("--finding", "findings", multiple=True, help="A finding that the case keeps; may be given several times.")
@click.option("--withhold-blocked", is_flag=True, help="Leave out items in which a protected person's identity stands.")
@click.option(
    "--stamp", default="none", show_default=True, metavar="none|URL|local:DIR", help="Who stamps the time (RFC 3161)."
)
@options.home()
@options.acting("court")
@options.as_json
def seal(
    *,
    ref: str,
    out: Path,
    findings: tuple[str, ...],
    withhold_blocked: bool,
    stamp: str,
    home: Path,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Seal a case as it is now into a bundle that a stranger can verify years later."""
    from headwater.node import case_sealing

    with session_at(home, user, purpose) as (node, session):
        made = case_sealing.seal(node, session, ref, out, findings, withhold=withhold_blocked, stamp=stamp)
    door.answer(
        {
            "ok": True,
            "id": ref,
            "path": str(out),
            "root": made.head.root,
            "count": made.head.count,
            "previous": made.head.previous,
            "stamped": made.head.stamped,
        },
        [
            shown("{count} files sealed in {out}", count=made.head.count, out=out),
            shown("root {root}", root=made.head.root),
            shown("check: {command}", command=f"headwater case verify {out}"),
        ],
        as_json=as_json,
    )


@click.command(epilog="Example: headwater case verify bundle --trust uk.card --stamp-root ca.pem --anchor rs.receipt")
@click.argument("bundle", type=click.Path(path_type=Path))
@click.option(
    "--trust", metavar="KEY|CARD", help="The signer's key in hex, or a card file, from elsewhere than the bundle."
)
@click.option("--stamp-root", metavar="CA", help="Certificates (PEM) of time-stamp authorities that you trust.")
@click.option("--anchor", metavar="RECEIPT", help="A receipt for this bundle that somebody else kept.")
@options.home(required=False)
@options.as_json
def verify(
    *,
    bundle: Path,
    trust: str | None,
    stamp_root: str | None,
    anchor: str | None,
    home: Path | None,  # noqa: ARG001 - every verb of a case takes it; a stranger's check needs no node
    as_json: bool,
) -> int:
    """Check a sealed bundle. Exit 76, naming the exhibit, when anything is not as it was sealed.

    Without --trust nothing is known about whose key it was sealed with, and the answer says so.
    """
    import json

    from headwater.case import verifier
    from headwater.errors import FormatError, TrustError

    if not bundle.is_dir():
        what = "no folder" if bundle.exists() else "there is no such folder"
        raise FormatError(what, where=str(bundle), fix="name the folder of the bundle; unpack a ZIP file first")
    if not any((bundle / name).exists() for name in OF_A_BUNDLE):
        raise FormatError(
            "no bundle: nothing of one is in this folder", where=str(bundle), fix="name the folder of the bundle"
        )
    key = verifier.read_trust(trust) if trust else None
    outside = verifier.read_outside(stamp_root, anchor)
    found = verifier.verify(bundle, key, outside)
    lines = verifier.as_text(found, spoken(os.environ) if sys.stdout.isatty() else ENGLISH).splitlines()
    door.answer(json.loads(verifier.as_json(found)), lines, as_json=as_json)
    if not found.problems:
        return 0
    try:
        verifier.demand(bundle, key, outside)
    except TrustError as error:
        return door.refuse(error)
    return TrustError.exit


@click.command(epilog="Example: headwater case receipt bundle --out rs.receipt --home rs")
@click.argument("bundle", type=FOLDER)
@click.option("--out", type=options.TO_WRITE, help="Receipt to write, for the sealer.")
@click.option("--add", "came", type=FILE, help="A receipt that came back: put it into the bundle.")
@click.option("--trust", metavar="KEY|CARD", help="The sealer's key or card; a partner's card is known.")
@options.home()
@options.acting("court")
@options.as_json
def receipt(
    *,
    bundle: Path,
    out: Path | None,
    came: Path | None,
    trust: str | None,
    home: Path,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Check a bundle that you were given and sign for it, or put a receipt that came back into your bundle."""
    from headwater.case import verifier
    from headwater.node import case_sealing
    from headwater.node.files import write

    if (out is None) == (came is None):
        raise click.UsageError("name either --out FILE or --add FILE")
    key = verifier.read_trust(trust) if trust else None
    with session_at(home, user, purpose) as (node, session):
        if out is None:
            made = bundle / case_sealing.take_receipt(node, session, bundle, came or Path())
            told, lines = {"ok": True, "path": str(made)}, [shown("receipt in {out}", out=made)]
        else:
            write(out, case_sealing.receipt(node, session, bundle, key))
            compared = key is not None or case_sealing.card_of(node, bundle) is not None
            told, lines = {"ok": True, "path": str(out), "key_compared": compared}, [shown("receipt in {out}", out=out)]
            if not compared:
                lines.append(
                    shown("its key was compared with none: the sealer is no partner here, and no --trust was given")
                )
    door.answer(told, lines, as_json=as_json)


@click.command(epilog="Example: headwater case export 00EX0000126 --view defence --out for-defence --home uk")
@click.argument("ref", metavar="ID|BUNDLE")
@click.option("--view", required=True, metavar="prosecutor|court|defence|partner:NODE", help="For whom.")
@click.option("--out", required=True, type=options.TO_MAKE, help="Folder to make.")
@click.option("--draft", is_flag=True, help="Let a prosecutor have a file that is not ready; its papers say DRAFT.")
@click.option("--withhold-blocked", is_flag=True, help="Leave out what may not leave, instead of stopping.")
@options.home()
@options.acting("court")
@options.as_json
def export(
    *,
    ref: str,
    view: str,
    out: Path,
    draft: bool,
    withhold_blocked: bool,
    home: Path,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Write a view of a case or bundle: what is not for the reader is withheld, provably, under the same seal."""
    from headwater.case.views import read_view
    from headwater.node import case_sealing

    wanted = read_view(view)
    with session_at(home, user, purpose) as (node, session):
        made = case_sealing.export(node, session, ref, out, wanted, draft=draft, withhold=withhold_blocked)
    told = {"shown": made.shown, "withheld": made.withheld, "blocked": list(made.blocked)}
    lines = [
        shown("{shown} files shown, {withheld} withheld, in {out}", shown=made.shown, withheld=made.withheld, out=out),
        shown("check: {command}", command=f"headwater case verify {out}"),
        *(shown("left out: {name}", name=name) for name in made.blocked),
    ]
    door.answer({"ok": True, "view": str(wanted), "path": str(out), **told}, lines, as_json=as_json)


@click.command(epilog="Example: headwater case request 00EX0000126 --to rs --items RS/1 --out letter.pdf --home uk")
@click.argument("ref", metavar="ID")
@click.option("--to", required=True, metavar="NODE", help="The node asked.")
@click.option("--items", required=True, metavar="REF,...", help="Exhibits asked for, with commas between.")
@click.option("--out", required=True, type=options.TO_WRITE, help="PDF file to write.")
@options.home()
@options.acting("court")
@options.as_json
def request(*, ref: str, to: str, items: str, out: Path, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Write a letter of request in English and the other side's language. Without a legal basis: exit 77."""
    from headwater.node import case_letters
    from headwater.node.files import write

    names = [name.strip() for name in items.split(",") if name.strip()]
    with session_at(home, user, purpose) as (node, session):
        made = case_letters.request(node, session, ref, to, names)
    write(out, made.pdf)
    letter = made.letter
    told = {"letter": letter.ref, "basis": letter.basis, "confirmed": letter.confirmed, "language": letter.language}
    lines = [
        shown("{letter} to {to} in {out}", letter=letter.ref, to=letter.to, out=out),
        shown("basis: {basis}", basis=letter.basis),
    ]
    lines += [] if letter.confirmed else [shown("a lawyer must confirm the basis before it is sent")]
    door.answer({"ok": True, "id": ref, "path": str(out), **told}, lines, as_json=as_json)


@click.command(epilog="Example: headwater case replay bundle fnd-12ab --trust uk.card")
@click.argument("bundle", type=FOLDER)
@click.argument("finding")
@click.option("--trust", metavar="KEY|CARD", help="The signer's key in hex, or a card file.")
@options.home(required=False)
@options.acting("court")
@options.as_json
def replay(
    *, bundle: Path, finding: str, trust: str | None, home: Path | None, user: str, purpose: str, as_json: bool
) -> int:
    """Run a finding again: the same bytes, or exit 76 with the difference.

    From the inputs that are sealed with it. Those of tracing and linking are whole tables, and are in no bundle: the node
    that holds them runs it again, with --home.
    """
    from headwater.case import verifier
    from headwater.node import replaying

    key = verifier.read_trust(trust) if trust else None
    if home is None:
        made = replaying.replay(bundle, finding, key)
    else:
        with session_at(home, user, purpose) as (node, session):
            made = replaying.replay_here(node, session, bundle, finding, key)
    document = {
        "ok": made.identical,
        "finding": made.sealed.id,
        "identical": made.identical,
        "engine": f"{made.sealed.engine} {made.sealed.engine_version}",
        "differences": list(made.differences),
    }
    lines = [
        f"{made.sealed.id}: {shown('the same bytes') if made.identical else shown('NOT the same')}",
        *made.differences,
    ]
    door.answer(document, lines, as_json=as_json)
    return 0 if made.identical else EXIT_DIFFERENT


VERBS = (schedule, seal, verify, receipt, export, request, replay)
