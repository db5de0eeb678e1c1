"""Warning: Belgrade's CERT warns of a gang's shop and wallet, and London meets the wallet in a payment."""

import csv
import json
from pathlib import Path
from typing import Any, Final

from headwater.exercise.scenario import AGREEMENTS, USERS
from headwater.exercise.stage import Stage, StepFailedError
from headwater.exercise.steps.telling import RECEIPT_WAIT_S, approved, receipted
from headwater.exercise.threats import PHONE, SHOP, WALLET, warning

FOLDER: Final = "cyber"
PURPOSE: Final = "cyber-defence"
_PAYMENTS: Final = (
    ("EX-C1", "2026-02-03T10:00:00Z", "ACC-1", WALLET, "120000", "EUR", f"2 engines, {SHOP}/order?n=7"),
    ("EX-C2", "2026-02-03T11:00:00Z", "ACC-2", "ACC-3", "1500", "EUR", "rent"),
    ("EX-C3", "2026-02-04T12:00:00Z", "ACC-4", "ACC-5", "9900", "EUR", f"ring {PHONE}"),
)
_HEADINGS: Final = ("id", "time", "from", "to", "amount", "currency", "text")


def share_threats(stage: Stage, *, planted: bool) -> str:
    """Read a bundle at Belgrade, release it to London as `ti`, match there; planted: the bundle is cut short."""
    folder = stage.folder / FOLDER
    folder.mkdir(exist_ok=True)
    text = json.dumps(warning(), indent=1)
    bundle = folder / "warning.json"
    bundle.write_text(text[: len(text) // 2] if planted else text, encoding="utf-8")
    (writer, supervisor, _), reader = USERS["rs"], USERS["uk"][0]
    rs, uk = stage.houses["rs"], stage.houses["uk"]
    stage.command(rs, "read", "stix", bundle, user=writer, purpose=PURPOSE)
    terms = ("--to", uk.authority, "--agreement", AGREEMENTS["rs"], "--classification", "OFFICIAL")
    [sent] = stage.command(rs, "taxii", "release", *terms, user=writer, purpose=PURPOSE)["messages"]
    if "tlp-red" not in sent["removed"].values():
        raise StepFailedError("what is TLP:RED was not held back")
    sent = approved(stage, rs, sent, supervisor)
    receipted(stage, "rs", sent["message"], wait_s=RECEIPT_WAIT_S)
    stage.command(uk, "read", "payments", _payments(folder / "payments.csv"), user=reader)
    found = stage.command(uk, "taxii", "match", user=reader, purpose=PURPOSE)
    met = _about(found["findings"], WALLET)
    stage.notes["cyber"] = {"finding": met["id"]}
    return (
        f"{len(sent['facts'])} facts released by RS-MOI as ti, what is TLP:RED held back; {found['indicators']} indicators, "
        f"{len(found['findings'])} findings, one because {met['reasons'][0]}"
    )


def _payments(path: Path) -> Path:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream, lineterminator="\n").writerows([_HEADINGS, *_PAYMENTS])
    return path


def _about(findings: list[dict[str, Any]], value: str) -> dict[str, Any]:
    found = next((one for one in findings if value in one["text"] and one["reasons"]), None)
    if found is None:
        raise StepFailedError("no finding says that the wallet was met")
    return found
