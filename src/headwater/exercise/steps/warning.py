"""Warning: Belgrade's CERT warns London's of a gang's shop and wallet, and London's meets the wallet in a payment.

The CERTs are authorities of their own beside the police: their nodes have keys of their own and an agreement of their own,
under which threat intelligence passes and nothing else. The police's agreement lets none pass.
"""

import csv
import json
from pathlib import Path
from typing import Any, Final

from headwater.exercise.scenario import CYBER_AGREEMENT, USERS, cyber_agreement
from headwater.exercise.stage import CERTS, Stage, StepFailedError, at_once
from headwater.exercise.stage import stage as certs
from headwater.exercise.steps.opening import acquaint, await_live, cards, settle, start
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
    """Let Belgrade's CERT release a bundle to London's as `ti`, and match there; planted: the bundle is cut short."""
    folder = stage.folder / FOLDER
    folder.mkdir(exist_ok=True)
    text = json.dumps(warning(), indent=1)
    bundle = folder / "warning.json"
    bundle.write_text(text[: len(text) // 2] if planted else text, encoding="utf-8")
    with certs(folder, authorities=CERTS) as made:
        at_once(lambda key: settle(made, key), made.houses)
        (writer, supervisor), reader = USERS["rs-cert"], USERS["uk-cert"][0]
        rs, uk = made.houses["rs-cert"], made.houses["uk-cert"]
        files = ((rs, "stix", bundle, writer), (uk, "payments", _payments(folder / "payments.csv"), reader))
        at_once(lambda one: made.command(one[0], "read", *one[1:3], user=one[3], purpose=PURPOSE), files)
        acquaint(made, ("uk-cert", "rs-cert"), cyber_agreement(), cards(made))
        start(made)
        await_live(made, "uk-cert", "rs-cert")
        terms = ("--to", uk.authority, "--agreement", CYBER_AGREEMENT, "--classification", "OFFICIAL")
        [sent] = made.command(rs, "taxii", "release", *terms, user=writer, purpose=PURPOSE)["messages"]
        if "tlp-red" not in sent["removed"].values():
            raise StepFailedError("what is TLP:RED was not held back")
        sent = approved(made, rs, sent, supervisor)
        receipted(made, "rs-cert", sent["message"], wait_s=RECEIPT_WAIT_S)
        found = made.command(uk, "taxii", "match", user=reader, purpose=PURPOSE)
    met = _about(found["findings"], WALLET)
    stage.notes["cyber"] = {"finding": met["id"]}
    return (
        f"{len(sent['facts'])} facts released by RS-CERT to UK-CERT as ti, what is TLP:RED held back; "
        f"{found['indicators']} indicators, {len(found['findings'])} findings, one because {met['reasons'][0]}"
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
