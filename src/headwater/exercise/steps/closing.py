"""Closing: a case file that stands without us, and ledgers that hold what happened."""

import base64
import json
import shutil
import subprocess
import sys
from typing import Final

from headwater.exercise.casefile import URN, write_case_folder
from headwater.exercise.scenario import USERS, cast
from headwater.exercise.stage import COMMAND_WAIT_S, Stage, StepFailedError, clean_environment

EXPECTED_EVENTS: Final = frozenset(
    {"store.read", "match.screened", "findings.decided", "exchange.sent", "case.opened", "case.sealed"}
)
DAMAGED: Final = 76


def build_case(stage: Stage, *, planted: bool) -> str:
    """Build, check, seal and verify a case; planted: one letter of a sealed exhibit is changed."""
    uk, (analyst, supervisor, _) = stage.houses["uk"], USERS["uk"]
    played = cast()
    folder = write_case_folder(
        stage.folder / "case-folder",
        suspect=played.organiser_latin,
        born=played.organiser.born,
        screening=stage.notes["finding"],
        receipt=base64.b64decode(stage.notes["receipt"]),
    )
    stage.command(uk, "case", "new", "--from", folder, user=analyst, purpose="court")
    checked = stage.command(uk, "case", "check", URN, user=supervisor, purpose="court")
    if checked["problems"]:
        raise StepFailedError("the case is not ready")
    out = stage.folder / "case"
    sealed = stage.command(
        uk,
        *("case", "seal", URN, "--out", out, "--finding", stage.notes["finding"]["id"]),
        user=supervisor,
        purpose="court",
    )
    if planted:
        exhibit = next((out / "data" / "exhibits").iterdir())
        data = bytearray(exhibit.read_bytes())
        data[0] ^= 1
        exhibit.write_bytes(data)
    card = stage.folder / "papers" / "uk.card"
    verified = stage.command(None, "case", "verify", out, "--trust", card)
    if not verified["ok"] or verified["root"] != sealed["root"]:
        raise StepFailedError("the sealed case does not verify")
    _verify_alone(stage, sealed["root"])
    _see_damage(stage)
    stage.notes["case"] = {"path": str(out), "root": sealed["root"], "verified": True}
    return f"{sealed['count']} files under root {sealed['root'][:16]}…; verify.py agrees; a changed letter is named"


def check_ledgers(stage: Stage, *, planted: bool) -> str:
    """Check all ledgers and what they hold; planted: an event of Belgrade's ledger is rewritten on the disk."""
    if planted:
        _rewrite(stage)
    sizes, sent, receipted = [], 0, 0
    for key, house in stage.houses.items():
        verified = stage.command(house, "audit", "verify")
        if not verified["ok"]:
            raise StepFailedError("a ledger is not what it was")
        sizes.append(f"{house.authority} {verified['size']}")
        outgoing = stage.command(house, "inbox", "list", user=USERS[key][0])["outgoing"]
        sent += len(outgoing)
        receipted += sum(row["state"] == "receipted" for row in outgoing)
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


def _verify_alone(stage: Stage, root: str) -> None:
    """Verify with the file in the bundle: a fresh Python that sees no package of ours."""
    done = subprocess.run(  # noqa: S603 - the verifier that we have just sealed
        [sys.executable, "-I", "-S", str(stage.folder / "case" / "verify.py"), "--json"],
        env=clean_environment(),
        capture_output=True,
        timeout=COMMAND_WAIT_S,
        check=False,
    )
    if done.returncode != 0 or json.loads(done.stdout)["root"] != root:
        raise StepFailedError("the bundle's own verify.py does not agree")


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


def _rewrite(stage: Stage) -> None:
    stage.kill(stage.houses["rs"])
    path = stage.houses["rs"].home / "store.sqlite"
    stage.command(stage.houses["rs"], "audit", "verify")  # the last to close the store folds its journal into the file
    data = path.read_bytes()
    if b"exchange.received" not in data:
        raise StepFailedError("there is nothing to rewrite")
    path.write_bytes(data.replace(b"exchange.received", b"exchange.rejected", 1))
