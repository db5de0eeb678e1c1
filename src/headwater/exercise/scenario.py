"""The fiction of the exercise: a lorry, an organiser on a list, three authorities that each know a part.

Everything in it is invented and says so: names, plates, companies, references, agreements.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from headwater.exercise.list_files import list_files
from headwater.exercise.lists import Designation, make_list

UK_SEED: Final = 2026
UN_SEED: Final = 1945
OFAC_SEED: Final = 1950
UK_ENTRIES: Final = 400
UN_ENTRIES: Final = 300
OFAC_ENTRIES: Final = 200
PLATE: Final = "ZZ00EXR"
AGREEMENTS: Final = {"rs": "EX-UK-RS-OIC", "xk": "EX-UK-XK-OIC"}
CYBER_AGREEMENT: Final = "EX-UK-RS-CYBER"
USERS: Final[Mapping[str, tuple[str, ...]]] = {
    "uk": ("o.reed", "s.hall", "p.audit"),
    "rs": ("m.ilic", "d.savic", "r.kontrola"),
    "xk": ("a.krasniqi", "b.gashi", "l.auditimi"),
    "uk-cert": ("c.doyle", "j.lane"),
    "rs-cert": ("n.petrovic", "v.jovic"),
}
"""For each node: who analyses and writes, who supervises, and at the police's who audits."""


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays: the organiser and the company, both on the invented UK list."""

    organiser: Designation
    company: Designation

    @property
    def organiser_latin(self) -> str:
        """The organiser's whole name as the list has it."""
        return " ".join((*self.organiser.given, self.organiser.family))


def cast() -> Cast:
    """Return the invented persons and companies of the exercise."""
    entries = make_list(UK_ENTRIES, UK_SEED)
    organiser = next(one for one in entries if one.kind == "Individual" and one.language == "Serbian" and one.born)
    company = next(one for one in entries if one.kind == "Entity")
    return Cast(organiser, company)


def write_lists(folder: Path) -> dict[str, tuple[Path, int]]:
    """Write three invented lists in the official formats; return the main file and the number of entries of each."""
    made: dict[str, tuple[Path, int]] = {}
    for form, entries, seed in (
        ("uk-csv", UK_ENTRIES, UK_SEED),
        ("un-xml", UN_ENTRIES, UN_SEED),
        ("ofac-csv", OFAC_ENTRIES, OFAC_SEED),
    ):
        designations = [one for one in make_list(entries, seed) if form != "un-xml" or one.kind != "Ship"]
        files = list_files(form, designations, published=_today())
        for name, data in files.items():
            (folder / name).write_bytes(data)
        made[form] = (folder / next(iter(files)), len(designations))
    return made


def write_reports(folder: Path, played: Cast) -> dict[str, Path]:
    """Write one intelligence report for each authority, in its own language and script."""
    reports = {
        "uk": _report(
            "UK-NCA",
            "EX/UK/17",
            "3x5x2:1/B",
            {"codes": ["P"], "markings": ["OFFICIAL"]},
            "Exercise. The lorry ZZ00 EXR is said to carry people behind pallets; its keeper is the company named.",
            [
                _person("organiser", played.organiser_latin, played.organiser.born, None),
                {"key": "lorry", "schema": "Vehicle", "properties": {"registrationNumber": [PLATE], "type": ["lorry"]}},
                {"key": "keeper", "schema": "Company", "properties": {"name": [played.company.family]}},
            ],
            [{"schema": "Ownership", "ends": {"owner": "keeper", "asset": "lorry"}}],
        ),
        "rs": _report(
            "RS-MOI",
            "VEZBA/9",
            "4x4:B/2",
            {"codes": ["H0"], "markings": ["INTERNO"]},
            "Вежба. Теретно возило ZZ00 EXR виђено на прелазу. / Vežba. Teretno vozilo viđeno na prelazu.",
            [
                _person("organizator", played.organiser.native or played.organiser_latin, "", "sr-Cyrl"),
                {"key": "vozilo", "schema": "Vehicle", "properties": {"registrationNumber": [PLATE]}},
            ],
            [],
        ),
        "xk": _report(
            "XK-KP",
            "USHTRIM/4",
            "4x4:A/1",
            {"codes": ["H0"], "markings": ["OFFICIAL"]},
            "Ushtrim. Një llogari e shpikur merr pagesa të vogla nga shumë persona.",
            [
                {
                    "key": "shoqeria",
                    "schema": "Company",
                    "properties": {"name": ["USHTRIM SHPIKUR TEST SHPK"], "registrationNumber": ["00000000"]},
                },
                {"key": "llogaria", "schema": "BankAccount", "properties": {"accountNumber": ["TEST-000-0001"]}},
            ],
            [{"schema": "Ownership", "ends": {"owner": "shoqeria", "asset": "llogaria"}}],
        ),
    }
    paths: dict[str, Path] = {}
    for key, report in reports.items():
        paths[key] = folder / f"report-{key}.json"
        paths[key].write_text(json.dumps(report, ensure_ascii=False, indent=1), encoding="utf-8")
    return paths


def agreement(partner: str) -> dict[str, Any]:
    """Return the invented agreement between London and a partner, as both are to sign it."""
    day = _today()
    until = (day + timedelta(days=1095)).isoformat()
    rs = partner == "rs"
    return {
        "id": AGREEMENTS[partner],
        "parties": ["UK-NCA", "RS-MOI" if rs else "XK-KP"],
        "state": "live",
        "valid_from": (day - timedelta(days=30)).isoformat(),
        "valid_until": until,
        "binding": not rs,
        "safeguards": {"UK": {"ref": "DPT-EXERCISE-1", "until": until}, "RS": {"ref": "C108-EXERCISE", "until": until}}
        if rs
        else {},
        "purposes": ["oic", "trafficking", "victim-protection"],
        "kinds": [
            *("request", "response", "spontaneous", "alert", "search", "evidence-bundle"),
            *("consent-request", "consent"),
        ],
        "markings": {"NONE": 0, "OFFICIAL": 1, "OFFICIAL-SENSITIVE": 2, **({"INTERNO": 2} if rs else {})},
        "categories": ["suspect", "associate", "victim", "smuggled", "organisation", "object"],
        "sensitive": False,
        "retain_max_days": 1095 if rs else 730,
        "onward": {"never": [] if rs else ["RS"]},
        "osja": {"ref": "OSJA-EXERCISE-1", "level": "low", "review_by": until},
        "deadlines": "eu-2023-977",
    }


def cyber_agreement() -> dict[str, Any]:
    """Return the invented agreement between the CERTs of London and Belgrade: threat intelligence, and nothing else."""
    police = agreement("rs")
    return police | {
        "id": CYBER_AGREEMENT,
        "parties": ["UK-CERT", "RS-CERT"],
        "purposes": ["cyber-defence"],
        "kinds": ["ti"],
        "categories": ["organisation", "object"],
    }


def queries(played: Cast) -> str:
    """Return the CSV that the border post screens: the organiser as Belgrade spells him, the company, a bystander."""
    rows = [
        "id,schema,name,birth_date,nationality",
        f"consignor,Person,{played.organiser.native or played.organiser_latin},{played.organiser.born},{played.organiser.nationality}",
        f'keeper,Company,"{played.company.family}",,',
        "driver,Person,Vežbomir Vozačevski,1988-05-06,Serbia",
        "bystander,Person,Prudence Quillfeather,1991-04-04,United Kingdom",
    ]
    return "\n".join(rows) + "\n"


def _person(key: str, name: str, born: str, lang: str | None) -> dict[str, Any]:
    properties: dict[str, Any] = {"name": [{"value": name, "lang": lang} if lang else name]}
    if born:
        properties["birthDate"] = [born]
    return {"key": key, "schema": "Person", "category": "suspect", "properties": properties}


def _report(
    originator: str,
    reference: str,
    grade: str,
    handling: dict[str, Any],
    text: str,
    entities: list[dict[str, Any]],
    links: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "schema": "headwater/intelligence-report/1",
        "reference": reference,
        "originator": originator,
        "recorded_at": f"{_today().isoformat()}T04:30:00Z",
        "purposes": ["oic", "trafficking", "court"],
        "grade": grade,
        "handling": handling,
        "text": text,
        "entities": entities,
        "links": links,
    }


def _today() -> date:
    return datetime.now(UTC).date()
