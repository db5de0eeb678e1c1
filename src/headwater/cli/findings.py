"""`headwater findings`: what the engines claim, and what a person decides."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from headwater.cli import door, options
from headwater.cli.opening import session_at
from headwater.cli.words import scored, sentence, shown

if TYPE_CHECKING:
    from headwater.node.findings import Shown

VERBS = ["confirm", "dismiss", "unsure", "task", "refer", "same", "different"]
STATES = ["open", "confirm", "dismiss", "unsure", "release", "task", "refer"]
SAID = {"same": "confirm", "different": "dismiss"}
"""What people say of a pair of a query and a list entry, and the verb that is kept."""


@click.group(epilog="Example: headwater findings list --state open --home uk")
def findings() -> None:
    """List, show and decide what the engines claim. A finding is a lead, never a verdict."""


@findings.command(name="list", epilog="Example: headwater findings list --state open --home uk")
@click.option(
    "--state", type=click.Choice(STATES), help="Only findings in this state: open, or the verb of the last decision."
)
@options.home()
@options.acting("oic")
@options.as_json
def list_(*, state: str | None, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """List findings, the strongest first."""
    from headwater.node import findings as use

    with session_at(home, user, purpose) as (node, session):
        found = use.every(node, session, state=state)
    wide = max([8, *(len(shown(each.state)) for each in found)])
    lines = [
        f"{each.finding.id[:16]}  {scored(each.finding.score)}  {shown(each.state):{wide}}  {sentence(each.finding.text)}"
        for each in found
    ]
    door.answer({"ok": True, "findings": [document(each) for each in found]}, lines or [shown("none")], as_json=as_json)


@findings.command(epilog="Example: headwater findings show fnd-1a2b3c --home uk")
@click.argument("ref", metavar="FINDING")
@options.home()
@options.acting("oic")
@options.as_json
def show(*, ref: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Show one finding: every reason for and against, what it rests on, and what was decided."""
    from headwater.node import findings as use

    with session_at(home, user, purpose) as (node, session):
        one = use.one(node, session, use.find(node, session, ref))
    door.answer({"ok": True, **document(one)}, _lines(one), as_json=as_json)


@findings.command(epilog='Example: headwater findings decide fnd-1a2b3c confirm --reason "same passport" --home uk')
@click.argument("ref", metavar="FINDING")
@click.argument("verb", type=click.Choice(VERBS))
@click.option("--reason", required=True, help="Why, in your own words.")
@options.home()
@options.acting("oic")
@options.as_json
def decide(*, ref: str, verb: str, reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Decide a finding. The decision, the reason and the person are kept; a later decision takes its place."""
    from headwater.model.decision import Verb
    from headwater.node import findings as use

    with session_at(home, user, purpose) as (node, session):
        made = use.decide(node, session, use.find(node, session, ref), Verb(SAID.get(verb, verb)), reason)
    door.answer(
        {"ok": True, "decision": made.id, "finding": made.about, "verb": made.verb, "replaces": made.replaces},
        [f"{made.about}: {shown(made.verb)}"],
        as_json=as_json,
    )


@findings.command(
    epilog='Example: headwater findings release fnd-1a2b3c --out hit.ftm.json --reason "asked by OFSI" --home uk'
)
@click.argument("ref", metavar="FINDING")
@click.option("--format", "form", default="ftm", show_default=True, help="Outside format.")
@click.option("--out", required=True, type=options.TO_WRITE, help="File to write.")
@click.option("--reason", required=True, help="Why, in your own words.")
@options.home()
@options.acting("oic")
@options.as_json
def release(*, ref: str, form: str, out: Path, reason: str, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Write the records that a confirmed finding rests on into a file, where their handling lets them leave freely."""
    from headwater.node import findings as use
    from headwater.node.files import write

    with session_at(home, user, purpose) as (node, session):
        made, data = use.release(node, session, use.find(node, session, ref), form, reason)
        write(out, data)
    document = {"ok": True, "decision": made.id, "finding": made.about, "out": str(out)}
    door.answer(document, [shown("released to {out}", out=out)], as_json=as_json)


@findings.command(epilog="Example: headwater findings run match params.json --home uk")
@click.argument("engine")
@click.argument("params", type=click.Path(path_type=Path, dir_okay=False))
@options.home()
@options.acting("oic")
@options.as_json
def run(*, engine: str, params: Path, home: Path, user: str, purpose: str, as_json: bool) -> None:
    """Run an ENGINE with the parameters in a JSON file on what you may see, and keep what it claims."""
    from headwater.node import engines
    from headwater.node.files import json_object

    with session_at(home, user, purpose) as (node, session):
        claimed, new = engines.run(node, session, engine, json_object(params))
    document = {"ok": True, "engine": engine, "findings": [finding.id for finding in claimed], "new": new}
    door.answer(
        document,
        [f"{scored(finding.score)}  {sentence(finding.text)}" for finding in claimed] or [shown("none")],
        as_json=as_json,
    )


def document(one: "Shown") -> dict[str, object]:
    """Return a finding as it stands in a document."""
    finding = one.finding
    return {
        "id": finding.id,
        "kind": finding.kind,
        "state": one.state,
        "score": finding.score,
        "text": finding.text,
        "subjects": list(finding.subjects),
        "reasons": [
            {
                "code": reason.code,
                "weight": reason.weight,
                "text": reason.text,
                "left": reason.left,
                "right": reason.right,
            }
            for reason in finding.reasons
        ],
        "evidence": [{"kind": each.kind, "ref": each.ref} for each in finding.evidence],
        "engine": finding.engine,
        "engine_version": finding.engine_version,
        "decisions": [
            {
                "id": made.id,
                "verb": made.verb,
                "who": made.who,
                "at": made.decided_at.isoformat(),
                "reason": made.reason,
            }
            for made in one.decisions
        ],
    }


def _lines(one: "Shown") -> list[str]:
    finding = one.finding
    engine = f"{finding.engine} {finding.engine_version}"
    return [
        f"{finding.id}  ({shown(one.state)})",
        sentence(finding.text),
        shown("score {score} by {engine}", score=scored(finding.score, 4), engine=engine),
        *(f"  {reason.weight:+.2f}  {sentence(reason.text)}" for reason in finding.reasons),
        shown("rests on:"),
        *(f"  {each.kind} {each.ref}" for each in finding.evidence),
        *(f"{made.decided_at:%Y-%m-%d %H:%M}Z {made.who}: {shown(made.verb)}: {made.reason}" for made in one.decisions),
    ]
