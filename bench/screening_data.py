"""Reads the developers' screening data for benchmarks and for the fitting script: lists to records, sets to queries.

A small reader of its own: the product reads official files through `headwater.formats`, which is measured elsewhere.
"""

import csv
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from headwater.model.fact import Fact
from headwater.model.handling import UNRESTRICTED
from headwater.model.ids import AuthorityId, BlobHash, EntityKey
from headwater.model.record import Mention, Origin, PersonCategory, Record

MONTHS = {
    name: at
    for at, name in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], 1)
}
Properties = dict[str, list[str]]


@dataclass(frozen=True)
class Query:
    """One row of a query file."""

    id: str
    schema: str
    properties: dict[str, str]


@dataclass
class Task:
    """Lists, positives with their truth, negatives: one line of plan.json."""

    name: str
    lists: list[str]
    positives: list[str]
    negatives: list[str]
    name_only: bool
    options: dict[str, Any] = field(default_factory=dict)


def half(key: str) -> str:
    """Return which half an entity or a pair belongs to, by a hash of its name: ``fit`` or ``report``."""
    return "fit" if hashlib.sha256(key.encode()).digest()[0] % 2 else "report"


def record(source: str, key: str, schema: str, properties: Properties, version: str, place: str) -> Record:
    """Return one list entry as a record, as the product's readers make it."""
    category = PersonCategory.SUSPECT if schema == "Person" else None
    facts = [
        Fact(EntityKey(key), prop, value) for prop, values in properties.items() for value in values if value.strip()
    ]
    origin = Origin(AuthorityId("UN-SC"), source, f"{source}.test", BlobHash("0" * 64), version, place)
    return Record(
        origin=origin, handling=UNRESTRICTED, mentions=(Mention(EntityKey(key), schema, category),), facts=tuple(facts)
    )


def _put(properties: Properties, key: str, value: str | None) -> None:
    value = " ".join((value or "").split())
    if value and value != "-0-" and value not in properties.setdefault(key, []):
        properties[key].append(value)


def read_un(path: Path) -> Iterator[Record]:
    """Yield the UN list."""
    quality = {"Low": "weakAlias", "Good": "alias", "a.k.a.": "alias", "f.k.a.": "previousName"}
    for tag, schema in (("INDIVIDUAL", "Person"), ("ENTITY", "LegalEntity")):
        for number, node in enumerate(ET.parse(path).getroot().iter(tag), 1):  # noqa: S314 - our own data
            found: Properties = {}
            parts = [node.findtext(f"{n}_NAME") or "" for n in ("FIRST", "SECOND", "THIRD", "FOURTH")]
            _put(found, "name", " ".join(parts))
            _put(found, "alias", node.findtext("NAME_ORIGINAL_SCRIPT"))
            for alias in node.findall(f"{tag}_ALIAS"):
                kind = quality.get(alias.findtext("QUALITY") or "")
                for name in (alias.findtext("ALIAS_NAME") or "").split("; ") if kind else ():
                    _put(found, str(kind), name)
            if schema == "Person":
                _un_person(node, found)
            yield record("un-xml", node.findtext("DATAID") or "", schema, found, "2026-02-27", f"{tag} {number}")


def _un_person(node: ET.Element, found: Properties) -> None:
    for value in node.findall("NATIONALITY/VALUE"):
        _put(found, "nationality", value.text)
    for born in node.findall("INDIVIDUAL_DATE_OF_BIRTH"):
        _put(found, "birthDate", (born.findtext("DATE") or born.findtext("YEAR") or "")[:10])
    for paper in node.findall("INDIVIDUAL_DOCUMENT"):
        kind = paper.findtext("TYPE_OF_DOCUMENT") or ""
        _put(found, "passportNumber" if "assport" in kind else "idNumber", paper.findtext("NUMBER"))
    _put(found, "gender", (node.findtext("GENDER") or "").lower())


def read_ofac(path: Path) -> Iterator[Record]:
    """Yield the OFAC list with its aliases."""

    def rows(name: str) -> list[list[str]]:
        with (path.parent / name).open(encoding="latin-1", newline="") as handle:
            return [[cell.strip() for cell in row] for row in csv.reader(handle)]

    aliases: dict[str, list[tuple[str, str]]] = {}
    for row in rows("alt.csv"):
        if len(row) > 3:
            aliases.setdefault(row[0], []).append((row[2], row[3]))
    schemas = {"individual": "Person", "vessel": "Vessel", "aircraft": "Airplane"}
    for at, row in enumerate(rows(path.name), 1):
        if len(row) < 12:
            continue
        schema, found, remark = schemas.get(row[2], "Organization"), Properties(), row[11]
        named = [("name", row[1])]
        named += [("previousName" if kind == "fka" else "alias", name) for kind, name in aliases.get(row[0], ())]
        for key, name in named:
            turned = " ".join(reversed([part.strip() for part in name.split(",", 1)]))
            _put(found, key, turned if schema == "Person" and "," in name else name)
        if schema == "Person":
            _ofac_person(remark, found)
        for value in re.findall(r"IMO (\d{7})", remark) if schema == "Vessel" else ():
            _put(found, "imoNumber", value)
        yield record("ofac-csv", row[0], schema, found, "2026-02-27", f"row {at}")


def _ofac_person(remark: str, found: Properties) -> None:
    for day, month, year in re.findall(r"DOB (?:circa )?(?:(\d{1,2}) )?(?:([A-Z][a-z]{2}) )?(\d{4})", remark):
        text = year
        if month in MONTHS:
            text += f"-{MONTHS[month]:02d}" + (f"-{int(day):02d}" if day else "")
        _put(found, "birthDate", text)
    for key, pattern in (
        ("nationality", r"nationality ([A-Z][A-Za-z ]+?)[;.]"),
        ("passportNumber", r"Passport ([A-Z0-9]+)"),
    ):
        for value in re.findall(pattern, remark):
            _put(found, key, value)
    gender = re.search(r"Gender (Male|Female)", remark)
    _put(found, "gender", gender.group(1).lower() if gender else "")


def read_ftm(path: Path) -> Iterator[Record]:
    """Yield a list in FtM JSON lines."""
    with path.open(encoding="utf-8") as handle:
        for at, line in enumerate(handle, 1):
            entity = json.loads(line)
            yield record("ftm", entity["id"], entity["schema"], entity["properties"], "2026-02-27", f"line {at}")


READERS = {"un-xml": read_un, "ofac-csv": read_ofac, "ftm": read_ftm}
SHORT = {"un-xml": "un", "ofac-csv": "ofac", "ftm": "ftm"}


def read_lists(data: Path, specs: list[str]) -> list[Record]:
    """Return the records of several lists, ``FORMAT:FILE``."""
    out: list[Record] = []
    for spec in specs:
        kind, path = spec.split(":", 1)
        out.extend(READERS[kind](data / path))
    return out


def read_queries(data: Path, name: str, *, name_only: bool = False) -> list[Query]:
    """Return the queries of a set."""
    with (data / "sets" / name / "queries.csv").open(encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    return [
        Query(
            row["id"],
            row.get("schema") or "Person",
            {k: v for k, v in row.items() if v and k not in {"id", "schema"} and (k == "name" or not name_only)},
        )
        for row in rows
    ]


def read_truth(data: Path, name: str) -> dict[str, set[tuple[str, str]]]:
    """Return the true entries of every query of a set, as list and entry."""
    truth: dict[str, set[tuple[str, str]]] = {}
    path = data / "sets" / name / "truth.csv"
    if path.exists():
        with path.open(encoding="utf-8", newline="") as handle:
            for row in csv.DictReader(handle):
                truth.setdefault(row["query"], set()).add((row["list"], row["entry"]))
    return truth


def read_pairs(path: Path) -> list[dict[str, Any]]:
    """Return labelled pairs: id, schema, match, group and the properties of both sides."""
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    with path.open(encoding="utf-8", newline="") as handle:
        return [
            {
                "id": row["id"],
                "schema": row["schema"],
                "match": row["match"] == "true",
                "group": row.get("group", ""),
                "query": {"name": [row["name1"]]},
                "candidate": {"name": [row["name2"]]},
            }
            for row in csv.DictReader(handle)
        ]


def read_tasks(data: Path) -> list[Task]:
    """Return the tasks of plan.json."""
    plan = json.loads((data / "sets" / "plan.json").read_text(encoding="utf-8"))
    return [Task(t["name"], t["lists"], t["positives"], t["negatives"], t["name_only"]) for t in plan["tasks"]]
