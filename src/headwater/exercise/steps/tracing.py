"""Tracing: the payments that three nodes hold meet at a hub, the boats' supplier stands behind it, and one table is recalled."""

import csv
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final
from zlib import crc32

from headwater.exercise.scenario import AGREEMENTS, USERS
from headwater.exercise.stage import Stage, StepFailedError, at_once, until
from headwater.exercise.steps.telling import RECEIPT_WAIT_S, letter, send

FOLDER: Final = "money"
YEAR: Final = ("--accounts", "2000", "--payments", "5000", "--networks", "7", "--seed", "3")
"""A year in which a network's hub pays a supplier of boats that a front buys from."""
HELD_BY: Final = ("uk", "rs", "xk")
"""Who holds which payers' payments: a remittance firm has branches in three countries, and each authority has its own's books."""
TYPOLOGIES: Final = ("corridor-fan-in", "gather-scatter", "supplier-behind-hubs", "boats-out-of-line", "structuring")
PARTNERS: Final = {"rs": "RS-MOI", "xk": "XK-KP"}
PLANT_WAIT_S: Final = 4.0
OTHERS: Final = ("companies", "shipments", "places", "rates")


def trace_money(stage: Stage, *, planted: bool) -> str:
    """Trace the payments of three nodes in London; planted: Belgrade's table is cut short."""
    folder = stage.folder / FOLDER
    stage.command(None, "trace", "make", "--out", folder, *YEAR)
    files = _by_branch(folder)
    if planted:
        files["rs"].write_bytes(files["rs"].read_bytes()[:-40])
    house, user = stage.houses["uk"], USERS["uk"][0]
    own = {"payments": files["uk"], **{name: folder / f"{name}.csv" for name in OTHERS}}
    at_once(lambda name: stage.command(house, "read", name, own[name], user=user), own)
    sent = dict(zip(AGREEMENTS, at_once(lambda key: _sent(stage, key, files[key]), AGREEMENTS), strict=True))
    stage.command(house, "inbox", "files", "--wait", "30", user=user)
    for key, each in sent.items():
        stage.command(house, "inbox", "table", each["message"], files[key].name, user=user)
    found, lines = _traced(stage, folder / "findings.jsonl")
    hub, supplier = _hub_and_supplier(lines, _paid(files.values()))
    if len({row.partition("#")[0] for row in hub["rows"]}) < len(files):
        raise StepFailedError("the hub does not rest on the rows of all three")
    first = _first_row(files.values(), hub["subjects"][0])
    picture = folder / "trail.svg"
    trail = stage.command(
        house, "trace", "follow", first, "--hops", "4", "--out", folder / "trail.json", "--svg", picture, user=user
    )
    if not trail["conserved"] or len(trail["hops"]) < 2 or not picture.read_text(encoding="utf-8").startswith("<svg"):
        raise StepFailedError("the trail does not account for every minor unit")
    stage.notes["trace"] = {"hub": hub["id"], "subject": hub["subjects"][0], "sent": sent}
    return (
        f"{found['rows']} payments, of London and as Belgrade and Pristina sent theirs: {found['findings']} findings, the first "
        f"hub is paid by {hub['text'].partition(' ')[0]} payers and pays the boats' supplier {supplier['subjects'][0]}; "
        f"Sankey in {picture.name}"
    )


def recall_table(stage: Stage, *, planted: bool) -> str:
    """Let the hub go to neither partner, and Pristina recall its table; planted: London's node is down."""
    uk, xk, user = stage.houses["uk"], stage.houses["xk"], USERS["uk"][0]
    hub, sent = stage.notes["trace"]["hub"], stage.notes["trace"]["sent"]["xk"]
    stage.command(uk, "findings", "decide", hub, "confirm", "--reason", "Exercise: seen", user=user)
    told = letter(stage, "uk-hub", {"classification": "OFFICIAL", "findings": [{"id": hub}], "text": "Exercise."})
    for key, partner in PARTNERS.items():
        to = ("--to", partner, "--agreement", AGREEMENTS[key])
        asked = stage.command(uk, "send", "spontaneous", told, *to, "--dry-run", user=user, exits=77)
        if asked["removed"].get(hub) != "derived":
            raise StepFailedError(f"what rests on another's rows was not held back from {partner}")
    if planted:
        stage.kill(uk)
    file = sent["facts"][0].partition("/")[0]
    reason = ("--reason", "Ushtrim: tabelë e gabuar")
    asked = stage.command(xk, "amend", "erase", file, *reason, user=USERS["xk"][0])["asked"]
    wait_s = PLANT_WAIT_S if planted else RECEIPT_WAIT_S
    proof = until(lambda: _proof(stage, asked[0]["message"]), "London's proof", wait_s)
    if set(proof["results"].values()) != {"erased"}:
        raise StepFailedError("London has not erased the file")
    left = stage.command(uk, "findings", "list", user=user)["findings"]
    if any(each["id"] == hub for each in left):
        raise StepFailedError("a finding stands that rests on rows which were recalled")
    found, lines = _traced(stage, stage.folder / FOLDER / "findings-left.jsonl")
    subject = stage.notes["trace"]["subject"]
    left = next((line["text"].partition(" ")[0] for line in lines if line["subjects"][0] == subject), "no")
    return (
        "the hub may go neither to RS-MOI nor to XK-KP, as it rests on the other's rows; Pristina recalls its table: London "
        f"erased the rows and withdrew what rests on them, by leaf {proof['log_index']} of its log; traced again in the "
        f"{found['rows']} payments left, {left} payers pay the hub"
    )


def _traced(stage: Stage, out: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Trace in all that London holds; return the answer and the findings."""
    words = [word for name in TYPOLOGIES for word in ("--typology", name)]
    found = stage.command(stage.houses["uk"], "trace", "run", *words, "--out", out, user=USERS["uk"][0])
    return found, [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def _sent(stage: Stage, key: str, file: Path) -> dict[str, Any]:
    """Send a bank's payments to London, for one purpose, under the sender's own agreement."""
    attached = {"codes": ["P"], "purposes": ["oic"]}
    told = letter(stage, f"{key}-payments", {"classification": "OFFICIAL", "text": "Exercise.", "attached": attached})
    return send(stage, key, "spontaneous", told, to="UK-NCA", agreement=AGREEMENTS[key], attached=(file,))


def _proof(stage: Stage, amend: str) -> dict[str, Any] | None:
    holders = stage.command(stage.houses["xk"], "amend", "status", user=USERS["xk"][0])["holders"]
    return next((done for each in holders if each["message"] == amend for done in each["done"]), None)


def _by_branch(folder: Path) -> dict[str, Path]:
    """Part the payments by the branch that their payer goes to, as three authorities hold them."""
    with (folder / "payments.csv").open(newline="", encoding="utf-8") as stream:
        head, *rows = list(csv.reader(stream))
    payer = head.index("from")
    files = {}
    for number, key in enumerate(HELD_BY):
        mine = [row for row in rows if crc32(row[payer].encode()) % len(HELD_BY) == number]
        files[key] = folder / f"payments-{key}.csv"
        with files[key].open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, lineterminator="\n").writerows([head, *mine])
    return files


def _hub_and_supplier(lines: list[dict[str, Any]], paid: set[tuple[str, str]]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the best hub from which the money goes on to a supplier of several hubs, and that supplier."""
    onward = {line["subjects"][0] for line in lines if line["typology"] == "gather-scatter"}
    suppliers = [line for line in lines if line["typology"] == "supplier-behind-hubs"]
    hubs = [line for line in lines if line["typology"] == "corridor-fan-in" and line["subjects"][0] in onward]
    for hub in hubs:
        for supplier in suppliers:
            if (hub["subjects"][0], supplier["subjects"][0]) in paid:
                return _whole(hub), _whole(supplier)
    raise StepFailedError("no hub that pays a supplier of several hubs")


def _paid(files: Iterable[Path]) -> set[tuple[str, str]]:
    """Return who pays whom in the tables."""
    found = set()
    for path in files:
        with path.open(newline="", encoding="utf-8") as stream:
            found |= {(row["from"], row["to"]) for row in csv.DictReader(stream)}
    return found


def _whole(found: dict[str, Any]) -> dict[str, Any]:
    if not found["rows"] or not found["innocent"] or not found["source"]:
        raise StepFailedError("a finding without rows, source or innocent reading")
    return found


def _first_row(files: Iterable[Path], account: str) -> str:
    """Return the first payment into an account, by its identifier."""
    best: tuple[str, str] | None = None
    for path in files:
        with path.open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream):
                if row["to"] == account and (best is None or row["time"] < best[0]):
                    best = (row["time"], row["id"])
    if best is None:
        raise StepFailedError("the hub is paid by nobody")
    return best[1]
