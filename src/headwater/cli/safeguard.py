"""`headwater safeguard`: people who may be victims. There is no list of them, and nothing here is sent to anybody."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.safeguard_release import release, withheld
from headwater.cli.words import shown

if TYPE_CHECKING:
    from headwater.policy.safeguarding import Task

PURPOSE = "victim-protection"


@click.group(epilog="Example: headwater safeguard tasks --home uk")
def safeguard() -> None:
    """Protect people who may be victims: grants, logged reads, releases, tasks with clocks, erasure."""


safeguard.add_command(withheld)
safeguard.add_command(release)


@safeguard.command(
    epilog='Example: headwater safeguard grant "Person 0A1B2C3D4E" --to g.keeper --until 2026-12-01T00:00:00Z --reason "medical appointment" --home uk'
)
@click.argument("pseudonym")
@click.option("--to", "reader", required=True, help="The one user who may read.")
@click.option("--until", required=True, help="When it ends, RFC 3339.")
@click.option("--reason", required=True, help="Why.")
@options.home()
@options.acting(PURPOSE)
@options.as_json
def grant(
    *, pseudonym: str, reader: str, until: str, reason: str, home: Path, user: str, purpose: str, as_json: bool
) -> None:
    """Let one user read about one person for a time. Nobody grants to oneself."""
    from headwater.model.times import format_instant, parse_instant
    from headwater.node import safeguarding

    end = parse_instant(until, field="--until")
    with session_at(home, user, purpose) as (node, session):
        made = safeguarding.grant(node, session, pseudonym, reader, end, reason)
    told = {"pseudonym": made.pseudonym, "reader": made.reader, "until": format_instant(made.until)}
    line = shown("{reader} may read about {pseudonym} until {until}", **told)
    door.answer({"ok": True, **told}, [line], as_json=as_json)


@safeguard.command(epilog='Example: headwater safeguard read "Person 0A1B2C3D4E" --reason "safe contact" --home uk')
@click.argument("pseudonym")
@click.option("--reason", required=True, help="Why you read; goes into the ledger.")
@options.home()
@options.acting(PURPOSE)
@options.as_json
def read(*, pseudonym: str, reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Read what the vault holds of one person. It takes a grant; the read is in the ledger before you see anything."""
    from headwater.node import safeguarding

    with session_at(home, user, purpose) as (node, session):
        found = safeguarding.read(node, session, pseudonym, reason)
    fields = [{"field": field, "value": value} for field, value in found.fields]
    lines = [f"{one['field']}: {one['value']}" for one in fields] + [
        shown("also: {name}", name=name) for name in found.links
    ]
    document = {"ok": True, "pseudonym": pseudonym, "fields": fields, "links": list(found.links)}
    door.answer(document, lines, as_json=as_json)


@safeguard.command(
    epilog='Example: headwater safeguard link "Person 0A1B2C3D4E" "Person 5F6A7B8C9D" --reason "same account" --home uk'
)
@click.argument("one")
@click.argument("other")
@click.option("--reason", required=True, help="Why they are one person; goes into the ledger.")
@options.home()
@options.acting(PURPOSE)
@options.as_json
def link(*, one: str, other: str, reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Note in the vault that two pseudonyms are of one person. It takes a grant for each."""
    from headwater.node import safeguarding

    with session_at(home, user, purpose) as (node, session):
        safeguarding.link(node, session, one, other, reason)
    door.answer({"ok": True, "linked": [one, other]}, [shown("linked, in the vault alone")], as_json=as_json)


@safeguard.command(
    epilog='Example: headwater safeguard erase "Person 0A1B2C3D4E" --reason "end of retention" --home uk'
)
@click.argument("pseudonym")
@click.option("--reason", required=True, help="On what ground.")
@options.home()
@options.acting(PURPOSE)
@options.as_json
def erase(*, pseudonym: str, reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Destroy the key of a person's entry: nobody can read it any more, in no copy. The ledger keeps the fact."""
    from headwater.node import safeguarding

    with session_at(home, user, purpose) as (node, session):
        safeguarding.erase(node, session, pseudonym, reason)
    door.answer({"ok": True, "pseudonym": pseudonym, "erased": True}, [shown("its key is destroyed")], as_json=as_json)


@safeguard.command(epilog="Example: headwater safeguard due --home uk")
@options.home()
@options.acting(PURPOSE)
@options.as_json
def due(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Name the pseudonyms whose last day has passed. A person erases."""
    from headwater.node import safeguarding

    with session_at(home, user, purpose) as (node, session):
        found = safeguarding.due_for_erasure(node, session, node.clock.now().date())
    door.answer({"ok": True, "due": found}, found or [shown("none")], as_json=as_json)


@safeguard.command(epilog="Example: headwater safeguard indicators")
@options.as_json
def indicators(*, as_json: bool) -> None:
    """List the indicators of trafficking in adults (ILO and European Commission, 2009) by their codes."""
    from headwater.policy.indicators import DIMENSIONS

    found = {name: [line.replace(" ", ".", 1) for line in lines] for name, lines in DIMENSIONS.items()}
    lines = [line for name, codes in found.items() for line in (name, *(f"  {code}" for code in codes))]
    door.answer({"ok": True, "dimensions": found}, lines, as_json=as_json)


@safeguard.command(
    epilog='Example: headwater safeguard report "Person 0A1B2C3D4E" --code medium.debt-to-carrier --where "first account" --why "owes the driver" --home uk'
)
@click.argument("pseudonym")
@click.option("--code", required=True, help="The indicator.")
@click.option("--where", required=True, help="Where it was seen.")
@click.option("--why", required=True, help="What was seen, in words that name nobody.")
@click.option("--woman-officer", is_flag=True, help="The person asked for a woman officer.")
@options.home()
@options.acting(PURPOSE)
@options.as_json
def report(
    *,
    pseudonym: str,
    code: str,
    where: str,
    why: str,
    woman_officer: bool,
    home: Path,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Report a sign that somebody may be a victim. One is enough: it opens a task for a trained person."""
    from headwater.node import safeguarding

    with session_at(home, user, purpose) as (node, session):
        made = safeguarding.report(node, session, pseudonym, code, where, why, woman_officer=woman_officer)
    door.answer(
        {"ok": True, **_told(made)},
        [f"{made.id}: {shown('a trained person looks by {due}', due=_told(made)['due'])}"],
        as_json=as_json,
    )


@safeguard.command(epilog="Example: headwater safeguard tasks --home uk")
@options.home()
@options.acting(PURPOSE)
@options.as_json
def tasks(*, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Show the tasks that wait for somebody, those that are late first."""
    from headwater.node import safeguarding

    with session_at(home, user, purpose) as (node, session):
        found = safeguarding.tasks(node, session)
        now = node.clock.now()
    rows = [{**_told(task), "late": list(task.overdue(now))} for task in found]
    lines = [
        (f"{shown('LATE')} " if row["late"] else "")
        + f"{row['task']} {row['pseudonym']} {shown('by {due}', due=row['due'])}"
        + (f", {shown('woman officer')}" if row["woman_officer"] else "")
        for row in rows
    ]
    door.answer({"ok": True, "tasks": rows}, lines or [shown("none")], as_json=as_json)


@safeguard.command(
    epilog='Example: headwater safeguard decide task-1 --outcome referral --consent --reason "agreed in interview" --home uk'
)
@click.argument("task")
@click.option(
    "--outcome",
    required=True,
    type=click.Choice(["referral", "duty-to-notify", "child", "declined", "handed-over", "dismissed"]),
    help="What you decide.",
)
@click.option("--reason", required=True, help="Why. You do not need to be certain; to dismiss takes a reason.")
@click.option("--consent", is_flag=True, help="The person has consented.")
@options.home()
@options.acting(PURPOSE)
@options.as_json
def decide(
    *, task: str, outcome: str, reason: str, consent: bool, home: Path, user: str, purpose: str, as_json: bool
) -> None:
    """Keep what you decide on a task. Nothing is sent: a referral is yours to make."""
    from headwater.node import safeguarding
    from headwater.policy.safeguarding import Outcome

    with session_at(home, user, purpose) as (node, session):
        made = safeguarding.decide(node, session, task, Outcome(outcome), reason, consent=consent)
    line = f"{made.id}: {outcome}" + (f"; {shown('notify by {due}', due=made.notify_by)}" if made.notify_by else "")
    door.answer({"ok": True, **_told(made)}, [line], as_json=as_json)


@safeguard.command(epilog="Example: headwater safeguard notified task-1 --reference MS/1 --home uk")
@click.argument("task")
@click.option("--reference", required=True, help="The reference that came back.")
@options.home()
@options.acting(PURPOSE)
@options.as_json
def notified(*, task: str, reference: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Keep that a duty to notify was done."""
    from headwater.node import safeguarding

    with session_at(home, user, purpose) as (node, session):
        made = safeguarding.notified(node, session, task, reference)
    door.answer(
        {"ok": True, **_told(made)},
        [f"{made.id}: {shown('notified under {reference}', reference=reference)}"],
        as_json=as_json,
    )


@safeguard.command(
    epilog='Example: headwater safeguard suspect 00EX0000126 P3 --offence ia1971-s25 --reason "drove the lorry" --home uk'
)
@click.argument("case")
@click.argument("person")
@click.option("--offence", default="", help="Code of the offence; having been smuggled is none.")
@click.option("--reason", default="", help="Why.")
@click.option("--approve", is_flag=True, help="Approve, as the second officer, what another has asked.")
@options.home()
@options.acting("court")
@options.as_json
def suspect(
    *, case: str, person: str, offence: str, reason: str, approve: bool, home: Path, user: str, purpose: str,
    as_json: bool,
) -> None:  # fmt: skip
    """Ask, or approve, that a protected person of a case becomes a suspect: an offence, a reason, two officers."""
    from headwater.node import safeguarding

    with session_at(home, user, purpose) as (node, session):
        if approve:
            made = safeguarding.approve_suspect(node, session, case, person)
        else:
            made = safeguarding.ask_suspect(node, session, case, person, offence, reason)
    told = {"case": made.case, "person": made.person, "offence": made.offence, "approved_by": made.approved_by}
    line = (
        shown("approved by {who}", who=made.approved_by)
        if made.approved_by
        else shown("a second officer must approve: --approve")
    )
    door.answer({"ok": True, **told}, [line], as_json=as_json)


@safeguard.command(epilog="Example: headwater safeguard assessment --out assessment.pdf --home uk")
@click.option("--out", required=True, type=options.TO_WRITE, help="PDF file to write.")
@options.home()
@options.acting("audit")
@options.as_json
def assessment(*, out: Path, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Write the data protection assessment of this node from its settings, rules and partners."""
    from headwater.node import assessing
    from headwater.node.files import write

    with session_at(home, user, purpose) as (node, session):
        data = assessing.assessment(node, session)
    write(out, data)
    door.answer(
        {"ok": True, "path": str(out), "bytes": len(data)}, [shown("assessment in {out}", out=out)], as_json=as_json
    )


def _told(task: "Task") -> dict[str, Any]:
    from headwater.model.times import format_instant

    return {
        "task": task.id,
        "pseudonym": task.pseudonym,
        "case": task.case,
        "due": format_instant(task.due),
        "open": task.is_open,
        "indicators": [one.code for one in task.seen],
        "outcome": task.rulings[-1].outcome.value if task.rulings else None,
        "woman_officer": task.woman_officer,
        "notify_by": format_instant(task.notify_by) if task.notify_by else None,
    }
