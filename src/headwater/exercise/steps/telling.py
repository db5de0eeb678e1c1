"""Telling: what leaves a house, under whose control, with a receipt, through a kill."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from headwater.exercise.scenario import AGREEMENTS, PLATE, USERS
from headwater.exercise.stage import House, Stage, StepFailedError, until

RECEIPT_WAIT_S: Final = 20.0
UNTRUSTED: Final = 76
LETTERS: Final = "letters"


def keep_control(stage: Stage, *, planted: bool) -> str:
    """Try to pass Pristina's fact on to Belgrade; planted: London keeps it as if it were its own."""
    uk, xk = stage.houses["uk"], stage.houses["xk"]
    record = stage.notes["record-xk"]
    told = letter(stage, "xk-to-uk", {"classification": "OFFICIAL", "records": [record], "text": "Ushtrim."})
    send(stage, "xk", "spontaneous", told, to="UK-NCA", agreement=AGREEMENTS["xk"])
    received = until(lambda: _records_from(stage, uk, "XK-KP"), "Pristina's report in London", RECEIPT_WAIT_S)
    stage.notes["xk-in-london"] = received
    if planted:
        received = [_claim(stage)]
    onward = letter(stage, "uk-onward", {"classification": "OFFICIAL", "records": received, "text": "Exercise."})
    asked = stage.command(
        uk,
        *("send", "spontaneous", onward, "--to", "RS-MOI", "--agreement", AGREEMENTS["rs"], "--dry-run"),
        user=USERS["uk"][0],
        exits=0 if planted else 77,
    )
    rules = set(asked["removed"].values())
    if asked["outcome"] != "refuse" or not rules or not all(rule.startswith("onward") for rule in rules):
        raise StepFailedError("Pristina's fact was not held back")
    stage.command(
        xk,
        *("send", "spontaneous", told, "--to", "RS-MOI", "--agreement", "EX-XK-RS"),
        user=USERS["xk"][0],
        exits=UNTRUSTED,
    )
    return (
        f"refused: {len(asked['removed'])} facts of XK-KP held back by rule {', '.join(sorted(rules))}; "
        "and from Pristina itself, as there is no agreement"
    )


def tell_partner(stage: Stage, *, planted: bool) -> str:
    """Tell Belgrade of the organiser and the lorry; planted: Belgrade's node is down."""
    rs, finding = stage.houses["rs"], stage.notes["finding"]
    if planted:
        stage.kill(rs)
    told = letter(
        stage,
        "uk-to-rs",
        {
            "classification": "OFFICIAL",
            "text": "Exercise. The lorry is expected; its consignor stands on our list.",
            "records": [stage.notes["record-uk"]],
            "findings": [{"id": finding["id"], "grade": "3x5x2:1/B"}],
        },
    )
    sent = send(stage, "uk", "spontaneous", told, to="RS-MOI", agreement=AGREEMENTS["rs"])
    shown = receipted(stage, "uk", sent["message"], wait_s=4.0 if planted else RECEIPT_WAIT_S)
    stage.notes["receipt"] = shown["receipt"]
    arrived = stage.command(rs, "inbox", "show", sent["message"], user=USERS["rs"][0])
    facts: dict[str, Any] = arrived["message"]["facts"]
    if not any(fact.get("value") == PLATE and "P" in fact["handling"] for fact in facts.values()):
        raise StepFailedError("what arrived does not bear its handling")
    return f"held until {USERS['uk'][1]} approved; {len(facts)} facts arrived with their handling, receipted by RS-MOI"


def raise_alert(stage: Stage, *, planted: bool) -> str:
    """Send an urgent alert without personal data; planted: London has suspended Pristina."""
    uk = stage.houses["uk"]
    if planted:
        stage.command(uk, "partner", "suspend", "XK-KP", "--reason", "planted", user=USERS["uk"][0])
    told = letter(
        stage,
        "xk-alert",
        {
            "classification": "OFFICIAL",
            "records": [stage.notes["record-xk"]],
            "urgency": "flash",
            "why_urgent": "Ushtrim: automjeti pritet brenda disa orësh",
            "text": f"Ushtrim. {PLATE}",
        },
    )
    sent = send(stage, "xk", "alert", told, to="UK-NCA", agreement=AGREEMENTS["xk"])
    receipted(stage, "xk", sent["message"], wait_s=4.0 if planted else RECEIPT_WAIT_S)
    row = next(row for row in mail(stage, "xk")["outgoing"] if row["id"] == sent["message"])
    return f"queued {row['queued_at'][11:23]}, receipted {row['receipted_at'][11:23]} UTC, on the urgent lane"


def survive_kill(stage: Stage, *, planted: bool) -> str:
    """Kill Belgrade's node, send, start it again; planted: its store is put back to before the kill afterwards."""
    rs = stage.houses["rs"]
    stage.kill(rs)
    before = (rs.home / "store.sqlite").read_bytes()
    told = letter(
        stage,
        "uk-more",
        {"classification": "OFFICIAL", "records": [stage.notes["record-uk"]], "text": "Exercise, more."},
    )
    sent = send(stage, "uk", "spontaneous", told, to="RS-MOI", agreement=AGREEMENTS["rs"])
    if next(row for row in mail(stage, "uk")["outgoing"] if row["id"] == sent["message"])["state"] != "queued":
        raise StepFailedError("a message to a dead node is not queued")
    stage.start(rs)
    receipted(stage, "uk", sent["message"], wait_s=RECEIPT_WAIT_S * 2)
    stage.kill(rs)
    if planted:
        for path in rs.home.glob("store.sqlite-*"):
            path.unlink()
        (rs.home / "store.sqlite").write_bytes(before)
    stage.start(rs)
    kept = [row["id"] for row in mail(stage, "rs")["incoming"]]
    if kept.count(sent["message"]) != 1:
        raise StepFailedError(f"the message is there {kept.count(sent['message'])} times after two kills, not once")
    return "queued while it was down, delivered after its start, there exactly once after a second kill"


def letter(stage: Stage, name: str, content: dict[str, Any]) -> Path:
    """Write a message as an officer would write it to a file."""
    folder = stage.folder / LETTERS
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


def send(
    stage: Stage, key: str, kind: str, file: Path, *, to: str, agreement: str, attached: Sequence[Path] = ()
) -> dict[str, Any]:
    """Send as the writer, and approve as the supervisor where the rules ask for a second person."""
    house, (writer, supervisor, _) = stage.houses[key], USERS[key]
    beside = [word for path in attached for word in ("--attach", path)]
    sent = stage.command(house, "send", kind, file, "--to", to, "--agreement", agreement, *beside, user=writer)
    return approved(stage, house, sent, supervisor)


def approved(stage: Stage, house: House, sent: dict[str, Any], supervisor: str) -> dict[str, Any]:
    """Let the supervisor approve a message where the rules ask for a second person; fail where it does not go."""
    if sent["outcome"] == "hold":
        stage.notes["held"] = stage.notes.get("held", 0) + 1
        sent = stage.command(house, "approve", sent["message"], "--as", "approver", user=supervisor)
    if not sent["queued"]:
        raise StepFailedError(f"the message was not queued: {sent['outcome']} by rule {sent['rule']}")
    return sent


def mail(stage: Stage, key: str) -> dict[str, Any]:
    """Return all correspondence of a node in short."""
    return stage.command(stage.houses[key], "inbox", "list", user=USERS[key][0])


def receipted(stage: Stage, key: str, message: str, *, wait_s: float) -> dict[str, Any]:
    """Wait for a message's receipt, and return the message with it."""

    def look() -> dict[str, Any] | None:
        shown = stage.command(stage.houses[key], "inbox", "show", message, user=USERS[key][0])
        if shown["state"] in {"refused", "dead"}:
            raise StepFailedError(f"the message is {shown['state']}")
        return shown if shown["state"] == "receipted" and shown["receipt"] else None

    answer: dict[str, Any] = until(look, "the receipt", wait_s)
    return answer


def _claim(stage: Stage) -> str:
    """Read Pristina's report into London's node under London's name, and return its record."""
    path = stage.folder / "claimed.json"
    text = (stage.folder / "input" / "report-xk.json").read_text(encoding="utf-8")
    path.write_text(text.replace("XK-KP", "UK-NCA"), encoding="utf-8")
    answer = stage.command(stage.houses["uk"], "read", "report", path, user=USERS["uk"][0])
    return str(answer["files"][0]["ids"][0])


def _records_from(stage: Stage, house: House, authority: str) -> list[str]:
    """Return the records that came from a partner, as the ledger names them."""
    key = next(key for key, each in stage.houses.items() if each is house)
    found: list[str] = []
    for row in mail(stage, key)["incoming"]:
        if row["from"] == authority and row["kind"] == "spontaneous":
            found += stage.command(house, "inbox", "show", row["id"], user=USERS[key][0])["records"]
    return found
