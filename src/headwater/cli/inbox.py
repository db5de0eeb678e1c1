"""`headwater inbox`: correspondence with partners."""

import json
import threading
from pathlib import Path
from typing import Any

import click

from headwater.cli import door, options, progress
from headwater.cli.opening import session_at
from headwater.cli.read import table_document, table_lines
from headwater.cli.send import tell
from headwater.cli.words import sentence, shown

EXIT_NOT_WHOLE = 75
LOOK_S = 0.5


@click.group(epilog="Example: headwater inbox list --home rs")
def inbox() -> None:
    """Look at what partners sent, and answer for it."""


@inbox.command(name="list", epilog="Example: headwater inbox list --home rs")
@options.home()
@options.acting("oic")
@options.as_json
def list_(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """List what came in, what went out with its receipt, and what waits for a second person.

    A request shows when it is due, its alarm (50, 80 or 100 per cent of the time is over), and how far its answer is.
    """
    from headwater.node import correspondence

    with session_at(home, user, purpose) as (node, session):
        found = correspondence.overview(node, session)
    lines = [
        *(
            f"{shown('in'):4} {row['id']}  {row['from']:10} {row['kind']:12} {shown(row['state'])}{_clock(row)}{'  ' + shown('FLAGGED') if row['flagged'] else ''}"
            for row in found.incoming
        ),
        *(
            f"{shown('out'):4} {row['id']}  {row['to']:10} {row['kind']:12} {', '.join(map(shown, [row['state'], *(each['word'] for each in row['told'])]))}{_refused(row)}{_clock(row)}"
            for row in found.outgoing
        ),
        *(
            f"{shown('wait'):4} {row['id']}  {row['to']:10} {row['kind']:12} {shown('rule {rule}', rule=row['rule'])}"
            for row in found.waiting
        ),
    ]
    document = {"ok": True, "incoming": found.incoming, "outgoing": found.outgoing, "waiting": found.waiting}
    door.answer(document, lines or [shown("nothing")], as_json=as_json)


@inbox.command(epilog="Example: headwater inbox show 019abb6c-… --home rs")
@click.argument("ref", metavar="ID")
@options.home()
@options.acting("oic")
@options.as_json
def show(*, ref: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Show one message with its receipt; the look is logged."""
    from headwater.model.ids import message_id
    from headwater.node import correspondence

    with session_at(home, user, purpose) as (node, session):
        document = correspondence.show(node, session, message_id(ref))
    lines = json.dumps(document, ensure_ascii=False, indent=2).splitlines()
    door.answer({"ok": True, **document}, lines, as_json=as_json)


def _decision_verb(name: str, state: str, help_: str, reason: str) -> None:
    """Add a verb by which a person decides on a message."""

    @inbox.command(
        name=name, help=help_, epilog=f"Example: headwater inbox {name} 019abb6c-… --reason {reason} --home rs"
    )
    @click.argument("ref", metavar="ID")
    @click.option("--reason", required=True, help="Why; goes into the ledger.")
    @options.home()
    @options.acting("oic")
    @options.as_json
    def decide(*, ref: str, reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
        from headwater.model.ids import message_id
        from headwater.node import correspondence

        act = {"accept": correspondence.accept, "refuse": correspondence.refuse}[name]
        with session_at(home, user, purpose) as (node, session):
            act(node, session, message_id(ref), reason)
        door.answer({"ok": True, "id": ref, "state": state}, [shown(state)], as_json=as_json)


_decision_verb("accept", "accepted", "Accept a message; one that was held becomes records now.", '"condition read"')
_decision_verb("refuse", "refused", "Put a message aside for good.", '"not for us"')


@inbox.command(name="tell", epilog="Example: headwater inbox tell 019abb6c-… acted --home rs")
@click.argument("ref", metavar="ID")
@click.argument("word", type=click.Choice(["read", "accepted", "acted"]))
@options.home()
@options.acting("oic")
@options.as_json
def tell_(*, ref: str, word: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Let the sender of message ID know that it was read, accepted or acted on.

    Its receipt said that it is stored here. What people do with it is told by a person, or not at all.
    """
    from headwater.model.ids import message_id
    from headwater.node import correspondence

    with session_at(home, user, purpose) as (node, session):
        correspondence.tell(node, session, message_id(ref), word)
    door.answer({"ok": True, "id": ref, "told": word}, [shown("told: {word}", word=shown(word))], as_json=as_json)


@inbox.command(epilog="Example: headwater inbox answer 019abb6c-… answer.json --result full --home rs")
@click.argument("ref", metavar="ID")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--result", help="full, partial, none, refused or clarify; or in FILE.")
@click.option("--dry-run", is_flag=True, help="Show the decision with every reason; nothing leaves.")
@options.home()
@options.acting("oic")
@options.as_json
def answer(
    *, ref: str, file: Path, result: str | None, dry_run: bool, home: Path, user: str, purpose: str, as_json: bool
) -> int:
    """Answer request ID, or what was asked back about one of ours, with what FILE describes (as for `headwater send`).

    clarify asks something back and stops the clock; a refusal begins its "reason" with one of: not-available,
    no-authorisation, national-security, investigation, interests, minor-offence, no-offence, third-state, not-clarified,
    agreement.
    """
    import msgspec

    from headwater.model.ids import message_id
    from headwater.node import liaison, messages

    letter = messages.read_letter(file)
    if result is not None:
        letter = msgspec.structs.replace(letter, result=result)
    with session_at(home, user, purpose) as (node, session):
        sending = liaison.answer(node, session, message_id(ref), letter, dry_run=dry_run)
    return tell(sending, as_json=as_json, dry_run=dry_run)


@inbox.command(epilog='Example: headwater inbox keep rec-…/0 --reason "exhibit in case 7" --home rs')
@click.argument("facts", metavar="FACT...", nargs=-1, required=True)
@click.option("--reason", required=True, help="Why; goes into the ledger.")
@options.home()
@options.acting("oic")
@options.as_json
def keep(*, facts: tuple[str, ...], reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Keep facts as evidence: an erasure that their originator asks for restricts them instead."""
    from headwater.node import liaison

    with session_at(home, user, purpose) as (node, session):
        kept = liaison.keep_as_evidence(node, session, facts, reason)
    door.answer(
        {"ok": True, "kept": kept}, [shown("kept as evidence: {count} facts", count=len(kept))], as_json=as_json
    )


@inbox.command(epilog="Example: headwater inbox save 019abb6c-… scan.tiff --out scan.tiff --home rs")
@click.argument("ref", metavar="ID")
@click.argument("name")
@click.option("--out", required=True, type=options.TO_WRITE, help="File to write.")
@options.home()
@options.acting("oic")
@options.as_json
def save(*, ref: str, name: str, out: Path, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Write file NAME that came with message ID; the look is logged."""
    from headwater.model.ids import message_id
    from headwater.node import attachments

    with session_at(home, user, purpose) as (node, session):
        saved = attachments.save(node, session, message_id(ref), name, out)
    document = {"ok": True, "file": str(out), "size": saved.size, "sha256": saved.sha256}
    door.answer(
        document, [f"{out}: {shown('{count} bytes', count=saved.size)}, SHA-256 {saved.sha256}"], as_json=as_json
    )


@inbox.command(epilog="Example: headwater inbox table 019abb6c-… payments.csv --home uk")
@click.argument("ref", metavar="ID")
@click.argument("name")
@click.option("--span", default="", metavar="FROM/TO", help="The times that the files may hold, RFC 3339.")
@options.home()
@options.acting("oic")
@options.as_json
def table(*, ref: str, name: str, span: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Keep file NAME that came with message ID as a table, for `headwater trace`: its rows stay the sender's.

    What the sender and the agreement allow holds for the rows and for every finding that rests on them. When the sender
    recalls the file, or its last day has passed, the rows go, and those findings with them.
    """
    from headwater.model.ids import message_id
    from headwater.node import beside

    with session_at(home, user, purpose) as (node, session), progress.bar("reading", name) as advance:
        read = beside.read_table(node, session, message_id(ref), name, span=span, progress=advance)
    door.answer({"ok": True, **table_document(read)}, table_lines(read, kept=True), as_json=as_json)


@inbox.command(epilog="Example: headwater inbox files --wait 600 --home rs")
@click.option("--wait", "wait_s", default=0.0, show_default=True, help="Seconds to wait until every file is whole.")
@options.home()
@options.acting("oic")
@options.as_json
def files(*, wait_s: float, home: Path, user: str, purpose: str, as_json: bool) -> int:
    """List the files beside messages, and how many pieces of each are here; the served node fetches what is missing.

    Exit 75 when some are not whole yet, after the waiting time.
    """
    from headwater.node import attachments

    with session_at(home, user, purpose) as (node, session), progress.bar("fetching") as advance:
        found = attachments.waiting(node, session)
        pause = threading.Event()
        for _ in range(int(wait_s / LOOK_S)):
            advance(sum(each["here"] for each in found), sum(each["chunks"] for each in found))
            if all(each["whole"] for each in found):
                break
            pause.wait(LOOK_S)
            found = attachments.waiting(node, session)
    lines = [
        f"{each['message']}  {each['from']:10} {each['name']}  {shown('{count} bytes', count=each['size'])}  "
        + (shown("here") if each["whole"] else shown("{here} of {all} pieces", here=each["here"], all=each["chunks"]))
        + (f"\n    {sentence(each['waits']['what'])}; {sentence(each['waits']['fix'])}" if each["waits"] else "")
        for each in found
    ]
    ok = all(each["whole"] for each in found)
    door.answer({"ok": ok, "files": found}, lines or [shown("none")], as_json=as_json)
    return 0 if ok else EXIT_NOT_WHOLE


def _refused(row: dict[str, Any]) -> str:
    return f" ({row['refused']})" if row["refused"] else ""


def _clock(row: dict[str, Any]) -> str:
    if "due_at" not in row:
        return ""
    alarm = f", {shown('alarm {share} %', share=row['alarm'])}" if row["alarm"] else ""
    due = shown("due {at}", at=row["due_at"]) if row["due_at"] else shown("due when the clock runs again")
    return f"  {shown(row['answer'])}, {due}{alarm}"
