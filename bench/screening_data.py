"""Reads the developers' screening data for benchmarks and for the fitting script: lists to records, sets to queries."""

import csv
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from headwater.formats.reading import read_all
from headwater.formats.registry import source
from headwater.model.fact import Fact
from headwater.model.handling import UNRESTRICTED
from headwater.model.ids import AuthorityId, BlobHash, EntityKey
from headwater.model.record import Mention, Origin, PersonCategory, Record
from headwater.ports import SourceInput

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


def record(kind: str, key: str, schema: str, properties: Properties, version: str, place: str) -> Record:
    """Return one list entry as a record, as the product's readers make it."""
    category = PersonCategory.SUSPECT if schema == "Person" else None
    facts = [
        Fact(EntityKey(key), prop, value) for prop, values in properties.items() for value in values if value.strip()
    ]
    origin = Origin(AuthorityId("UN-SC"), kind, f"{kind}.test", BlobHash("0" * 64), version, place)
    return Record(
        origin=origin, handling=UNRESTRICTED, mentions=(Mention(EntityKey(key), schema, category),), facts=tuple(facts)
    )


SHORT = {"un-xml": "un", "ofac-csv": "ofac", "ftm-list": "ftm"}
LISTS = {"ftm": "ftm-list"}


def own(source_name: str, key: str) -> tuple[str, str]:
    """Return an entry as `read_truth` has it: its list and the list's own identifier, which stands behind a colon in the key."""
    return SHORT[source_name], key.partition(":")[2] or key


def read_lists(data: Path, specs: list[str]) -> list[Record]:
    """Return the records of several lists, ``FORMAT:FILE``."""
    return [record for spec in specs for record in _read(spec, data)]


def _read(spec: str, data: Path) -> Sequence[Record]:
    kind, _, name = spec.partition(":")
    path = data / name

    def beside(other: str) -> bytes | None:
        found = path.parent / other
        return found.read_bytes() if found.is_file() else None

    given = SourceInput(path.name, path.read_bytes(), beside, AuthorityId("XX-BENCH"))
    return read_all(source(LISTS.get(kind, kind)), given).records


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
