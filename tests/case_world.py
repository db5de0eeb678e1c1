"""A made-up case for the tests of the case room: invented people, places and events; ready, unless a test spoils it."""

import copy
import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from headwater.case.bundle import FIRST_SEAL, SealOptions, seal
from headwater.case.folder import new_case
from headwater.case.log import LogLine
from headwater.case.model import CaseFile
from headwater.case.seal import Seal, Signer
from headwater.case.verifier import Trust
from headwater.model.finding import Evidence, EvidenceKind, Finding, Reason
from headwater.model.handling import Handling
from headwater.model.ids import AuthorityId
from headwater.ports import Event

NOON = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
VICTIM_NAME = "Zorana Kestenović"
VICTIM_PHONE = "+000 555 0104"
VICTIM_ADDRESS = "2 Safe Street, Testville"
SMUGGLED_NAME = "Person Three"
CANARIES = (VICTIM_NAME, VICTIM_PHONE, VICTIM_ADDRESS, SMUGGLED_NAME, "+000 555 0103", "I paid in three parts")

FILES = {
    "exhibits/JS_1_scan_note.txt": "Transmission scan of a trailer, lane 2. Void behind pallet row 3.\n",
    "exhibits/MK_1_transfers.csv": "from,to,amount,currency\nACC-1,ACC-2,4800,EUR\n",
    "exhibits/RS_1_report.txt": "Извештај: возило ZZ00HWX виђено на прелазу.\n",
    "statements/S1.txt": "Statement of the scan operator, made up for tests.\n",
    "statements/S2.txt": "Account of a smuggled person, made up for tests. I paid in three parts.\n",
}

CASE: dict[str, Any] = {
    "case": {
        "urn": "00EX0000126",
        "operation": "OP EXAMPLE",
        "purpose": "investigate-oic",
        "lead_node": "uk",
        "opened": "2026-02-11T06:00:00Z",
        "profile": "cps-dg6",
    },
    "offences": [
        {"id": "O1", "code": "ia1971-s25", "defendants": ["P1"], "from": "2026-02-01", "to": "2026-02-11"},
    ],
    "persons": [
        {"id": "P1", "category": "suspect", "name": "Arben Example", "born": "1984-05-02"},
        {"id": "P3", "category": "smuggled", "name": SMUGGLED_NAME, "contact": "+000 555 0103"},
        {
            "id": "P4",
            "category": "victim",
            "name": VICTIM_NAME,
            "protected": True,
            "address": VICTIM_ADDRESS,
            "contact": VICTIM_PHONE,
        },
        {"id": "P5", "category": "witness", "name": "J. Smith", "role": "exhibits officer"},
        {"id": "P6", "category": "witness", "name": "M. Kovač", "role": "financial investigator"},
    ],
    "exhibits": [
        {
            "ref": "JS/1",
            "file": "exhibits/JS_1_scan_note.txt",
            "description": "Scan operator's note for the trailer",
            "producer": "P5",
            "captured_at": "2026-02-11T04:12:00Z",
            "handling": "TLP:AMBER",
            "status": "evidential",
        },
        {
            "ref": "MK/1",
            "file": "exhibits/MK_1_transfers.csv",
            "description": "Transfers into ACC-2",
            "producer": "P6",
            "captured_at": "2026-02-12T09:00:00Z",
            "handling": "TLP:AMBER",
            "status": "evidential",
        },
        {
            "ref": "RS/1",
            "file": "exhibits/RS_1_report.txt",
            "description": "Partner's report of the vehicle",
            "producer": "P5",
            "captured_at": "2026-02-10T12:00:00Z",
            "handling": "TLP:RED",
            "status": "intelligence-only",
            "origin": {"node": "rs", "returned_under": None},
        },
    ],
    "statements": [
        {"id": "S1", "maker": "P5", "file": "statements/S1.txt", "made_at": "2026-02-11T08:00:00Z"},
        {"id": "S2", "maker": "P3", "file": "statements/S2.txt", "made_at": "2026-02-11T11:00:00Z"},
    ],
    "elements": [
        {"offence": "O1", "element": "act-facilitates", "proved_by": ["JS/1", "S1"]},
        {"offence": "O1", "element": "breach-of-immigration-law", "proved_by": ["S2"]},
        {"offence": "O1", "element": "not-a-uk-national", "proved_by": ["S2"]},
        {"offence": "O1", "element": "knowledge", "proved_by": ["MK/1"]},
    ],
    "material": [
        {"id": "M1", "list": "mg6c", "description": "Lane 2 duty rota for 11 February 2026, two pages"},
        {"id": "M2", "list": "mg6c", "description": "Gate camera stills of lane 2", "block": True, "count": 40},
        {"id": "RS/1", "list": "mg6d", "description": "Partner's report", "reason": "originator control"},
    ],
    "custody": [
        {"exhibit": "JS/1", "event": "seized", "by": "P5", "at": "2026-02-11T04:20:00Z", "place": "lane 2"},
        {"exhibit": "JS/1", "event": "copied", "by": "P5", "at": "2026-02-11T05:00:00Z", "place": "node uk"},
        {"exhibit": "MK/1", "event": "copied", "by": "P6", "at": "2026-02-12T09:05:00Z", "place": "node uk"},
        {"exhibit": "RS/1", "event": "received", "by": "P5", "at": "2026-02-11T05:10:00Z", "place": "node uk"},
    ],
    "searches": [
        {
            "tool": "headwater screen 0.1",
            "terms": ["Arben Example"],
            "over": "list uk-sanctions as of 2026-02-11",
            "hits": 0,
            "at": "2026-02-11T07:00:00Z",
            "by": "P5",
        }
    ],
    "indicators": [
        {
            "person": "P4",
            "code": "medium.debt-to-carrier",
            "strength": "medium",
            "seen_at": "2026-02-11T11:30:00Z",
            "seen_by": "P5",
        }
    ],
    "decisions": [{"person": "P4", "kind": "duty-to-notify", "by": "P6", "at": "2026-02-11T15:00:00Z"}],
}

Change = Callable[[dict[str, Any]], object]


class Standing:
    """A clock that stands at noon."""

    def now(self) -> datetime:
        return NOON


class Repeating:
    """Chance that draws the same bytes in every run, and never the same bytes twice in one."""

    def __init__(self, seed: bytes = b"") -> None:
        self.seed = seed
        self.draws = 0

    def draw(self, count: int) -> bytes:
        self.draws += 1
        return hashlib.shake_256(self.seed + b"%d" % self.draws).digest(count)


def signer_of(seed: int, authority: str = "UK-NCA") -> Signer:
    """A signer with a key of its own."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return Signer(AuthorityId(authority), key.public_key().public_bytes_raw(), key.sign)


SIGNER = signer_of(7)
TRUST = Trust(SIGNER.public_key, "UK-NCA")


def write_case(folder: Path, change: Change = lambda case: None, files: dict[str, str] | None = None) -> Path:
    """Write the case folder, after a change to what `case.json` says and with further files."""
    case = copy.deepcopy(CASE)
    change(case)
    for name, text in {**FILES, **(files or {})}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "case.json").write_text(json.dumps(case, ensure_ascii=False), encoding="utf-8")
    return folder


def made_case(folder: Path, change: Change = lambda case: None, files: dict[str, str] | None = None) -> CaseFile:
    """The case, written and read."""
    return new_case(write_case(folder, change, files))


FINDING = Finding(
    kind="match.screening",
    subjects=("ACC-2",),
    score=0.5,
    text="An account of the case stands on a list",
    reasons=(Reason("number", 2.0, "the numbers are the same"),),
    evidence=(Evidence(EvidenceKind.RECORD, "rec-" + "0" * 40),),
    engine="match",
    engine_version="1",
    params="{}",
    handling=Handling(codes=frozenset({"TLP:AMBER"})),
)
LINES = (
    LogLine(3, NOON, Event("case.new", "smith", "00EX0000126", "investigate-oic")),
    LogLine(
        4,
        NOON,
        Event(
            "case.custody",
            "smith",
            "JS/1",
            "investigate-oic",
            {"event": "examined", "by": "P5", "at": "2026-02-12T08:00:00Z", "place": "laboratory"},
        ),
    ),
)


def sealed(case: CaseFile, out: Path, signer: Signer = SIGNER, options: SealOptions = FIRST_SEAL) -> Seal:
    """The seal of a case, with one finding and two lines of the ledger."""
    return seal(case, out, signer, Standing(), Repeating(), LINES, (FINDING,), options)
