"""The case folder of the exercise: what an officer lays together, in the shape that `headwater case new` reads."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

URN = "00EX0000126"
OFFICER = "P2"
PROTECTED_NAME = "Person Three of the Exercise"

EXHIBITS = {
    "JF/1": (
        "exhibits/JF_1_scan_note.txt",
        "Scan operator's note for the trailer ZZ00 EXR, lane 2",
        "2026-11-20T04:12:00Z",
    ),
    "JF/2": ("exhibits/JF_2_plate_reads.csv", "Two plate reads of ZZ00 EXR before lane 2", "2026-11-20T04:30:00Z"),
    "JF/3": ("exhibits/JF_3_border_record.txt", "Border record: nationality of the passengers", "2026-11-20T05:10:00Z"),
    "JF/4": (
        "exhibits/JF_4_screening.json",
        "Screening of the consignor against the sanctions list",
        "2026-11-20T07:00:00Z",
    ),
    "JF/5": ("exhibits/JF_5_receipt.json", "Belgrade's signed receipt for the report sent", "2026-11-20T08:00:00Z"),
    "JF/6": ("exhibits/JF_6_answer.json", "Belgrade's answer about the lorry at the crossing", "2026-11-20T08:30:00Z"),
    "JF/7": ("exhibits/JF_7_alert.json", "Pristina's alert of the lorry as London holds it", "2026-11-20T08:40:00Z"),
}
"""Exhibits by reference: file, description, time of capture."""

FOREIGN = {"JF/6": "rs", "JF/7": "xk"}
"""What partners told by police channels: intelligence only, until it comes back under a letter of request."""

TEXTS = {
    "exhibits/JF_1_scan_note.txt": "Exercise. Transmission scan of trailer ZZ00 EXR, lane 2. Void behind pallet row 3.\n",
    "exhibits/JF_2_plate_reads.csv": (
        "plate,camera,at\nZZ00EXR,CAM-04,2026-11-20T03:58:10Z\nZZ00EXR,CAM-09,2026-11-20T04:07:41Z\n"
    ),
    "exhibits/JF_3_border_record.txt": "Exercise. Three passengers, none of them a UK national, without leave to enter.\n",
    "statements/S1.txt": "Exercise. Statement of the scan operator: I saw a void behind pallet row 3 and stopped the lorry.\n",
    "statements/S2.txt": "Exercise. Account of a smuggled person: I paid in three parts and was told to stay silent.\n",
}


def write_case_folder(
    folder: Path,
    *,
    suspect: str,
    born: str,
    screening: Mapping[str, Any],
    receipt: bytes,
    partners: Mapping[str, Mapping[str, Any]],
) -> Path:
    """Write a ready case folder and return it.

    Args:
        folder: where; made if it is not there.
        suspect: name of the invented organiser.
        born: the organiser's date of birth.
        screening: the finding that the exercise made, as its document.
        receipt: the partner's receipt, as it came.
        partners: what partners told, as documents, by the reference of the exhibit that it becomes.
    """
    documents = {"JF/4": screening, **partners}
    made = {EXHIBITS[ref][0]: json.dumps(told, ensure_ascii=False, indent=1) + "\n" for ref, told in documents.items()}
    texts = {**TEXTS, **made}
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / "exhibits/JF_5_receipt.json").write_bytes(receipt)
    document = _document(suspect, born)
    (folder / "case.json").write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return folder


def _document(suspect: str, born: str) -> dict[str, Any]:
    return {
        "case": {
            "urn": URN,
            "operation": "OP EXERCISE",
            "purpose": "investigate-oic",
            "lead_node": "uk",
            "opened": "2026-11-20T06:00:00Z",
            "profile": "cps-dg6",
        },
        "offences": [
            {"id": "O1", "code": "ia1971-s25", "defendants": ["P1"], "from": "2026-11-01", "to": "2026-11-20"}
        ],
        "persons": [
            {"id": "P1", "category": "suspect", "name": suspect, "born": born},
            {"id": OFFICER, "category": "witness", "name": "J. Fictionson", "role": "exhibits officer"},
            {
                "id": "P3",
                "category": "smuggled",
                "name": PROTECTED_NAME,
                "protected": True,
                "address": "1 Safe Street, Testville",
                "contact": "+000 555 0103",
            },
        ],
        "exhibits": [
            {
                "ref": ref,
                "file": file,
                "description": description,
                "producer": OFFICER,
                "captured_at": captured_at,
                "handling": "TLP:AMBER",
                "status": "intelligence-only" if ref in FOREIGN else "evidential",
                "origin": {"node": FOREIGN[ref], "returned_under": None} if ref in FOREIGN else None,
            }
            for ref, (file, description, captured_at) in EXHIBITS.items()
        ],
        "statements": [
            {"id": "S1", "maker": OFFICER, "file": "statements/S1.txt", "made_at": "2026-11-20T08:00:00Z"},
            {
                "id": "S2",
                "maker": "P3",
                "file": "statements/S2.txt",
                "made_at": "2026-11-20T11:00:00Z",
                "protected": True,
            },
        ],
        "elements": [
            {"offence": "O1", "element": "act-facilitates", "proved_by": ["JF/1", "JF/2", "S1"]},
            {"offence": "O1", "element": "breach-of-immigration-law", "proved_by": ["JF/3", "S2"]},
            {"offence": "O1", "element": "not-a-uk-national", "proved_by": ["JF/3"]},
            {"offence": "O1", "element": "knowledge", "proved_by": ["JF/4", "JF/5"]},
        ],
        "material": [
            {"id": "M1", "list": "mg6c", "description": "Lane 2 duty rota for 20 November 2026, two pages"},
            {
                "id": "M2",
                "list": "mg6d",
                "description": "Note on the working of camera 04",
                "reason": "real risk of serious prejudice to an important public interest: would show a method",
            },
            *(
                {
                    "id": ref,
                    "list": "mg6d",
                    "description": EXHIBITS[ref][1],
                    "reason": "originator control: told by police channels, release not given",
                }
                for ref in FOREIGN
            ),
        ],
        "custody": [
            {
                "exhibit": ref,
                "event": "seized" if ref == "JF/1" else "received" if ref in FOREIGN else "copied",
                "by": OFFICER,
                "at": captured_at.replace(":00Z", ":30Z"),
                "place": "lane 2" if ref == "JF/1" else "node uk",
            }
            for ref, (_, _, captured_at) in EXHIBITS.items()
        ],
        "searches": [
            {
                "tool": "headwater screen",
                "terms": [suspect],
                "over": "the exercise's UK list",
                "hits": 1,
                "at": "2026-11-20T07:00:00Z",
                "by": OFFICER,
            }
        ],
        "indicators": [],
        "decisions": [],
    }
