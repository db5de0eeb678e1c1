"""Closing: a case file that stands without us, and ledgers that hold what happened."""

import base64
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from headwater.exercise.casefile import PROTECTED_NAME, URN, write_case_folder
from headwater.exercise.scenario import USERS, cast
from headwater.exercise.stage import COMMAND_WAIT_S, House, Stage, StepFailedError, at_once, clean_environment

EXPECTED_EVENTS: Final = frozenset(
    {"store.read", "match.screened", "findings.decided", "exchange.sent", "case.opened", "case.sealed", "case.exported"}
)
VIEWS: Final = ("prosecutor", "defence")
DAMAGED: Final = 76
NO_BASIS: Final = 77


def build_case(stage: Stage, *, planted: bool) -> str:
    """Build, check, seal, receipt and hand on a case; planted: one letter of a sealed exhibit is changed."""
    uk, (analyst, supervisor, _) = stage.houses["uk"], USERS["uk"]
    folder = _folder(stage)
    stage.command(uk, "case", "new", "--from", folder, user=analyst, purpose="court")
    checked = stage.command(uk, "case", "check", URN, user=supervisor, purpose="court")
    if checked["problems"]:
        raise StepFailedError("the case is not ready")
    letter = _ask_for_evidence(stage)
    out, authority = stage.folder / "case", stage.folder / "stamp-authority"
    stage.command(None, "node", "stamp-authority", "--out", authority)
    sealed = stage.command(
        uk,
        *("case", "seal", URN, "--out", out, "--finding", stage.notes["finding"]["id"]),
        *("--stamp", f"local:{authority}"),
        user=supervisor,
        purpose="court",
    )
    if planted:
        exhibit = next((out / "data" / "exhibits").iterdir())
        data = bytearray(exhibit.read_bytes())
        data[0] ^= 1
        exhibit.write_bytes(data)
    receipt = _let_sign(stage, out)
    known = ("--trust", stage.folder / "papers" / "uk.card", "--stamp-root", authority / "ca.pem", "--anchor", receipt)
    verified = stage.command(None, "case", "verify", out, *known)
    if not verified["ok"] or verified["root"] != sealed["root"] or verified["receipts"] != ["RS-MOI"]:
        raise StepFailedError("the sealed case does not verify")
    _verify_alone(out, sealed["root"], known)
    given = at_once(lambda view: _hand_on(stage, view, sealed["root"], known), VIEWS)
    again = stage.command(None, "case", "replay", out, stage.notes["finding"]["id"], *known[:2])
    if not again["identical"]:
        raise StepFailedError("the finding does not come out the same")
    _see_damage(stage)
    _see_insider(stage, known)
    stage.notes["case"] = {
        "path": str(out),
        "root": sealed["root"],
        "verified": True,
        "views": dict(zip(VIEWS, given, strict=True)),
    }
    return (
        f"{sealed['count']} rows under root {sealed['root'][:16]}…, stamped, receipted by Belgrade; verify.py agrees on it, on "
        f"the prosecutor's view and on the defence's; the finding came out the same again; {letter}; a changed letter and "
        "a second seal are found"
    )


def _folder(stage: Stage) -> Path:
    """Write the case folder from what the three nodes found."""
    played = cast()
    return write_case_folder(
        stage.folder / "case-folder",
        suspect=played.organiser_latin,
        born=played.organiser.born,
        screening=stage.notes["finding"],
        receipt=base64.b64decode(stage.notes["receipt"]),
        partners={"JF/6": _told_by(stage, "RS-MOI", "response"), "JF/7": _told_by(stage, "XK-KP", "alert")},
    )


def _told_by(stage: Stage, authority: str, kind: str) -> dict[str, Any]:
    """Return what a partner told London, as London's desk shows it."""
    uk, analyst = stage.houses["uk"], USERS["uk"][0]
    rows = stage.command(uk, "inbox", "list", user=analyst)["incoming"]
    ref = next(row["id"] for row in rows if (row["from"], row["kind"]) == (authority, kind))
    return stage.command(uk, "inbox", "show", ref, user=analyst)


def _ask_for_evidence(stage: Stage) -> str:
    """Write a letter of request to Belgrade; none can be written to Pristina, for which no legal basis is known."""
    uk, officer = stage.houses["uk"], USERS["uk"][1]
    out = stage.folder / "letters" / "request-rs.pdf"
    made = stage.command(
        uk, "case", "request", URN, "--to", "rs", "--items", "JF/6", "--out", out, user=officer, purpose="court"
    )
    stage.command(
        uk,
        *("case", "request", URN, "--to", "xk", "--items", "JF/7", "--out", out.with_name("request-xk.pdf")),
        user=officer,
        purpose="court",
        exits=NO_BASIS,
    )
    return f"{made['letter']} asks Belgrade in English and Serbian, none was written to Pristina without a legal basis"


def _let_sign(stage: Stage, out: Path) -> Path:
    """Let Belgrade check the bundle and sign for it, and put its receipt into the bundle."""
    receipt = stage.folder / "papers" / "case-receipt-rs.json"
    stage.command(stage.houses["rs"], "case", "receipt", out, "--out", receipt, user=USERS["rs"][0], purpose="court")
    stage.command(stage.houses["uk"], "case", "receipt", out, "--add", receipt, user=USERS["uk"][1], purpose="court")
    return receipt


def _hand_on(stage: Stage, view: str, root: str, known: Sequence[str | Path]) -> str:
    """Write a view of the bundle, and verify it with its own verify.py."""
    out = stage.folder / f"case-{view}"
    stage.command(
        stage.houses["uk"],
        *("case", "export", stage.folder / "case", "--view", view, "--out", out),
        user=USERS["uk"][1],
        purpose="court",
    )
    _verify_alone(out, root, known)
    held = [path.read_bytes() for path in out.rglob("*") if path.is_file()]
    if any(PROTECTED_NAME.encode() in data for data in held):
        raise StepFailedError("a protected person is named in a view")
    if view == "defence" and (out / "data" / "schedules" / "mg6d.pdf").exists():
        raise StepFailedError("the defence was given the sensitive schedule")
    return str(out)


def check_ledgers(stage: Stage, *, planted: bool) -> str:
    """Check all ledgers and what they hold; planted: an event of Belgrade's ledger is rewritten on the disk."""
    if planted:
        _rewrite(stage)
    sizes, outgoing = zip(*at_once(lambda house: _ledger(stage, house), stage.houses.values()), strict=True)
    states = [row["state"] for rows in outgoing for row in rows]
    sent, receipted = len(states), states.count("receipted")
    stage.notes.update(sent=sent, receipted=receipted)
    if sent != receipted:
        raise StepFailedError(f"{sent} messages were sent and {receipted} receipted")
    events = stage.command(
        stage.houses["uk"], "audit", "show", "--last", "10000", user=USERS["uk"][2], purpose="audit"
    )["events"]
    missing = EXPECTED_EVENTS - {event["kind"] for event in events}
    if missing:
        raise StepFailedError(f"the ledger does not know of {', '.join(sorted(missing))}")
    looks = sum(event["kind"].startswith("look.") for event in events)
    return f"events: {', '.join(sizes)}; London's has {looks} looks; {sent} messages, all receipted"


def _ledger(stage: Stage, house: House) -> tuple[str, list[dict[str, Any]]]:
    """Check one ledger, and return its size in words and what its node sent."""
    verified = stage.command(house, "audit", "verify")
    if not verified["ok"]:
        raise StepFailedError("a ledger is not what it was")
    outgoing = stage.command(house, "inbox", "list", user=USERS[house.key][0])["outgoing"]
    return f"{house.authority} {verified['size']}", outgoing


def _verify_alone(bundle: Path, root: str, known: Sequence[str | Path]) -> None:
    """Verify with the file in the bundle: a fresh Python that sees no package of ours."""
    done = subprocess.run(  # noqa: S603 - the verifier that we have just sealed
        [sys.executable, "-I", "-S", str(bundle / "verify.py"), "--json", *map(str, known)],
        env=clean_environment(),
        capture_output=True,
        timeout=COMMAND_WAIT_S,
        check=False,
    )
    if done.returncode != 0 or json.loads(done.stdout)["root"] != root:
        raise StepFailedError("the bundle's own verify.py does not agree", where=bundle.name)


def _see_damage(stage: Stage) -> None:
    """See that a copy with one changed letter is refused, and the exhibit named."""
    copy = stage.folder / "case-damaged"
    shutil.copytree(stage.folder / "case", copy)
    exhibit = next(path for path in (copy / "data" / "exhibits").iterdir() if "JF_1" in path.name)
    exhibit.write_bytes(exhibit.read_bytes().replace(b"lane 2", b"lane 3"))
    answer = stage.command(None, "case", "verify", copy, exits=DAMAGED)
    shutil.rmtree(copy)
    if not any(problem["exhibit"] == "JF/1" for problem in answer["problems"]):
        raise StepFailedError("a changed exhibit is not named")


def _see_insider(stage: Stage, known: Sequence[str | Path]) -> None:
    """Seal the case again with the same key: only Belgrade's receipt tells."""
    again = stage.folder / "case-again"
    stage.command(stage.houses["uk"], "case", "seal", URN, "--out", again, user=USERS["uk"][1], purpose="court")
    stage.command(None, "case", "verify", again, *known[:2])
    answer = stage.command(None, "case", "verify", again, *known, exits=DAMAGED)
    if [problem["code"] for problem in answer["problems"]] != ["anchor"]:
        raise StepFailedError("a second seal in the place of the first is not found")


def _rewrite(stage: Stage) -> None:
    stage.kill(stage.houses["rs"])
    path = stage.houses["rs"].home / "store.sqlite"
    stage.command(stage.houses["rs"], "audit", "verify")  # the last to close the store folds its journal into the file
    data = path.read_bytes()
    if b"exchange.received" not in data:
        raise StepFailedError("there is nothing to rewrite")
    path.write_bytes(data.replace(b"exchange.received", b"exchange.rejected", 1))
