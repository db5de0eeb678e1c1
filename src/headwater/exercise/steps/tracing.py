"""Tracing: the payments of three countries' banks meet at a hub, and the boats' supplier stands behind it."""

import csv
import json
from pathlib import Path
from typing import Any, Final

from headwater.exercise.scenario import USERS
from headwater.exercise.stage import Stage, StepFailedError, at_once

FOLDER: Final = "money"
YEAR: Final = ("--accounts", "2000", "--payments", "5000", "--networks", "7", "--seed", "3")
"""A year in which a network's hub pays a supplier of boats that a front buys from."""
BANKS: Final = {
    "London": ("GB", "IQ"),
    "Belgrade": ("RS", "BA", "MK", "BG", "RO", "TR"),
    "Pristina": ("XK", "AL", "GR"),
}
TYPOLOGIES: Final = ("corridor-fan-in", "gather-scatter", "supplier-behind-hubs", "boats-out-of-line", "structuring")
OTHERS: Final = ("companies", "shipments", "places", "rates")


def trace_money(stage: Stage, *, planted: bool) -> str:
    """Read the payments of three countries into London's node, trace, follow one; planted: one bank's rows are cut short."""
    folder = stage.folder / FOLDER
    stage.command(None, "trace", "make", "--out", folder, *YEAR)
    files = _by_bank(folder)
    if planted:
        files[0].write_bytes(files[0].read_bytes()[:-40])
    house, user = stage.houses["uk"], USERS["uk"][0]
    tables = {"payments": files, **{name: [folder / f"{name}.csv"] for name in OTHERS}}
    read, *_ = at_once(lambda name: stage.command(house, "read", name, *tables[name], user=user), tables)
    out = folder / "findings.jsonl"
    words = [word for name in TYPOLOGIES for word in ("--typology", name)]
    found = stage.command(house, "trace", "run", *words, "--out", out, user=user)
    lines = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    hub, supplier = _hub_and_supplier(lines, _paid(files))
    first = _first_row(files, hub["subjects"][0])
    picture = folder / "trail.svg"
    trail = stage.command(
        house, "trace", "follow", first, "--hops", "4", "--out", folder / "trail.json", "--svg", picture, user=user
    )
    if not trail["conserved"] or len(trail["hops"]) < 2 or not picture.read_text(encoding="utf-8").startswith("<svg"):
        raise StepFailedError("the trail does not account for every minor unit")
    stage.notes["trace"] = {"hub": hub["id"], "picture": str(picture)}
    rows = sum(file["tables"]["payments"] for file in read["files"])
    return (
        f"{rows} payments of three countries' banks: {found['findings']} findings, the first hub is paid by "
        f"{hub['text'].partition(' ')[0]} payers and pays the boats' supplier {supplier['subjects'][0]}; Sankey in {picture.name}"
    )


def _by_bank(folder: Path) -> list[Path]:
    """Part the payments by the country of the payer's bank, as three authorities would hold them."""
    with (folder / "payments.csv").open(newline="", encoding="utf-8") as stream:
        head, *rows = list(csv.reader(stream))
    country = head.index("from_country")
    files = []
    for name, countries in BANKS.items():
        mine = [row for row in rows if row[country] in countries or (name == "London" and _elsewhere(row[country]))]
        path = folder / f"payments-{name.lower()}.csv"
        with path.open("w", newline="", encoding="utf-8") as stream:
            csv.writer(stream, lineterminator="\n").writerows([head, *mine])
        files.append(path)
    return files


def _elsewhere(country: str) -> bool:
    return not any(country in countries for countries in BANKS.values())


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


def _paid(files: list[Path]) -> set[tuple[str, str]]:
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


def _first_row(files: list[Path], account: str) -> str:
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
