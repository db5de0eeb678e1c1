"""Witnessing: two nodes cosign each other's logs; a proof from the one is checked by somebody who has neither."""

import shutil
from typing import Any, Final

from headwater.exercise.scenario import USERS
from headwater.exercise.stage import Stage, StepFailedError, until

SETTLED_WAIT_S: Final = 10.0
PROOF: Final = "told.tlog-proof"


def witness_logs(stage: Stage, *, planted: bool) -> str:
    """Let London and Belgrade sync, and prove a message; planted: Belgrade's store is put back before the sync."""
    if planted:
        _set_back(stage)
    uk, rs = stage.houses["uk"], stage.houses["rs"]
    first = _sync(stage)
    if first["alarms"] or not first["witness"]["ours"] or not first["witness"]["theirs"]:
        raise StepFailedError("London and Belgrade have not cosigned each other's logs")
    until(lambda: not _waiting(stage), "both sides of the sync to be settled", SETTLED_WAIT_S)
    theirs = stage.command(rs, "partner", "list", user=USERS["rs"][0])["partners"]
    seen = next(each["witness"] for each in theirs if each["authority"] == uk.authority)
    if seen["theirs"] < first["witness"]["ours"] or not seen["ours"]:
        raise StepFailedError("Belgrade does not hold what it has cosigned")
    told = next(
        row["id"] for row in _mail(stage, "uk")["outgoing"] if row["to"] == rs.authority and row["kind"] != "ping"
    )
    proof = stage.folder / PROOF
    stage.command(uk, "prove", told, "--out", proof, user=USERS["uk"][2], purpose="audit")
    papers = stage.folder / "papers"
    checked = stage.command(
        None, "audit", "verify", "--proof", proof, "--trust", papers / "uk.card", "--trust", papers / "rs.card"
    )
    if checked["event"]["subject"] != told or [each["authority"] for each in checked["witnesses"]] != [rs.authority]:
        raise StepFailedError("the proof does not say what it must")
    return (
        f"Belgrade cosigned London's log of {first['witness']['ours']} events, London Belgrade's of "
        f"{first['witness']['theirs']}; a process with two cards and no node checked {proof.name}"
    )


def _sync(stage: Stage) -> dict[str, Any]:
    return stage.command(stage.houses["uk"], "partner", "sync", stage.houses["rs"].authority, user=USERS["uk"][0])


def _mail(stage: Stage, key: str) -> dict[str, Any]:
    return stage.command(stage.houses[key], "inbox", "list", user=USERS[key][0])


def _waiting(stage: Stage) -> bool:
    return any(row["state"] == "queued" for key in ("uk", "rs") for row in _mail(stage, key)["outgoing"])


def _set_back(stage: Stage) -> None:
    """Let the two sync once, then put Belgrade's home back to what it was before: as somebody restores a backup."""
    rs = stage.houses["rs"]
    copy = rs.home.with_name("rs-backup")
    stage.kill(rs)
    stage.command(rs, "audit", "verify")  # the last to close the store folds its journal into the file
    shutil.copytree(rs.home, copy)
    stage.start(rs)
    _sync(stage)
    stage.kill(rs)
    shutil.rmtree(rs.home)
    copy.rename(rs.home)
    stage.start(rs)
