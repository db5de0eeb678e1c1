"""Asking and calling back: an answer within its clock, consent before a fact goes further, a recall that every holder proves."""

from typing import Any, Final

from headwater.exercise.scenario import AGREEMENTS, PLATE, USERS
from headwater.exercise.stage import Stage, StepFailedError, until
from headwater.exercise.steps.telling import RECEIPT_WAIT_S, approved, letter, mail, send

PLANT_WAIT_S: Final = 4.0


def answer_in_time(stage: Stage, *, planted: bool) -> str:
    """Ask Belgrade urgently and get an answer; planted: Belgrade answers in another conversation."""
    uk, rs = stage.houses["uk"], stage.houses["rs"]
    question = letter(
        stage,
        "uk-request",
        {
            "classification": "OFFICIAL",
            "reason": "Exercise: the lorry may carry people",
            "text": f"Exercise. Was {PLATE} seen at a crossing?",
            "urgency": "urgent",
            "why_urgent": "Exercise: people may be in the lorry",
        },
    )
    asked = stage.command(
        uk, "request", question, "--to", "RS-MOI", "--agreement", AGREEMENTS["rs"], user=USERS["uk"][0]
    )
    arrived = until(lambda: _row(stage, "rs", "incoming", asked["message"]), "the request in Belgrade", RECEIPT_WAIT_S)
    told = letter(
        stage,
        "rs-answer",
        {"classification": "INTERNO", "records": [stage.notes["record-rs"]], "result": "full", "text": "Vežba."},
    )
    writer, supervisor, _ = USERS["rs"]
    if planted:
        send(stage, "rs", "response", told, to="UK-NCA", agreement=AGREEMENTS["rs"])
    else:
        answered = stage.command(rs, "inbox", "answer", asked["message"], told, user=writer)
        approved(stage, rs, answered, supervisor)
    mine = until(
        lambda: _answered(stage, asked["message"]), "the answer in London", PLANT_WAIT_S if planted else RECEIPT_WAIT_S
    )
    if mine["due_at"] != arrived["due_at"] or not mine["ended_at"] <= mine["due_at"]:
        raise StepFailedError("the two nodes do not count alike, or the answer came too late")
    return f"both nodes count to {mine['due_at'][:16]}Z from Belgrade's receipt; answered {mine['ended_at'][:16]}Z"


def ask_consent(stage: Stage, *, planted: bool) -> str:
    """Ask Pristina before its fact goes to Belgrade; planted: Pristina refuses."""
    uk, xk = stage.houses["uk"], stage.houses["xk"]
    facts: list[str] = stage.notes["xk-in-london"]
    asked = stage.command(
        uk, "consent", "ask", *facts, "--to", "RS", "--reason", "Exercise: joint operation", user=USERS["uk"][0]
    )["asked"][0]["message"]
    until(lambda: _row(stage, "xk", "incoming", asked), "the question in Pristina", RECEIPT_WAIT_S)
    given = stage.command(xk, "consent", "refuse" if planted else "give", asked, user=USERS["xk"][1])
    until(lambda: _row(stage, "uk", "incoming", given["message"]), "Pristina's word in London", RECEIPT_WAIT_S)
    onward = letter(stage, "uk-consented", {"classification": "OFFICIAL", "records": facts, "text": "Exercise."})
    sent = send(stage, "uk", "spontaneous", onward, to="RS-MOI", agreement=AGREEMENTS["rs"])
    until(lambda: _row(stage, "rs", "incoming", sent["message"]), "the fact in Belgrade", RECEIPT_WAIT_S)
    arrived = stage.command(stage.houses["rs"], "inbox", "show", sent["message"], user=USERS["rs"][0])
    told = arrived["message"]
    if {fact["origin"] for fact in told["facts"].values()} != {"XK"} or told["consents"][0]["from"] != "XK":
        raise StepFailedError("the fact has lost its originator or the consent")
    stage.notes["xk-in-belgrade"] = sent["message"]
    return f"{USERS['xk'][1]} consented; {len(told['facts'])} facts of XK-KP are in Belgrade, with that consent"


def recall(stage: Stage, *, planted: bool) -> str:
    """Recall Pristina's fact from London and Belgrade; planted: Belgrade's node is down."""
    xk, rs = stage.houses["xk"], stage.houses["rs"]
    if planted:
        stage.kill(rs)
    stage.command(
        xk, "amend", "erase", stage.notes["record-xk"], "--reason", "Ushtrim: llogari e gabuar", user=USERS["xk"][0]
    )
    found = until(lambda: _proved(stage), "the proofs of both holders", PLANT_WAIT_S if planted else RECEIPT_WAIT_S)
    proofs = {each["holder"]: each for holder in found for each in holder["done"]}
    if set(proofs) != {"UK-NCA", "RS-MOI"} or any(
        set(each["results"].values()) != {"erased"} for each in proofs.values()
    ):
        raise StepFailedError("not every holder has erased every fact")
    shown = stage.command(rs, "inbox", "show", stage.notes["xk-in-belgrade"], user=USERS["rs"][0])
    if shown["records"] or shown["message"].get("facts"):
        raise StepFailedError("Belgrade still shows what it has erased")
    leaves = ", ".join(f"{name} leaf {each['log_index']}" for name, each in sorted(proofs.items()))
    return f"erased at both holders within {max(each['age_s'] for each in found)} s, each with its proof: {leaves}"


def _row(stage: Stage, key: str, way: str, ref: str) -> dict[str, Any] | None:
    return next((row for row in mail(stage, key)[way] if row["id"] == ref), None)


def _answered(stage: Stage, ref: str) -> dict[str, Any] | None:
    row = _row(stage, "uk", "outgoing", ref)
    return row if row is not None and row["answer"] == "answered" else None


def _proved(stage: Stage) -> list[dict[str, Any]] | None:
    found = stage.command(stage.houses["xk"], "amend", "status", user=USERS["xk"][0])
    holders: list[dict[str, Any]] = found["holders"]
    return None if found["open"] or not holders else holders
