"""Fictional editions of figures in the shapes of the official files: repeatable, and none of their numbers published.

Two totals are what ministers said, and are public: 24,103 returns of which 6,339 enforced, and 21,525 detections on the
Western Balkan route in 2024. How they fall on months, quarters and nationalities here is invented.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Final

from headwater.formats.safe_csv import csv_bytes
from headwater.formats.safe_sheet import Cell
from headwater.formats.sheet_out import ods_bytes, xlsx_bytes
from headwater.model.period import MONTH_NAMES

FICTION: Final = "Exercise: invented figures"
ENFORCED: Final = 6_339
RETURNS: Final = 24_103
STATEMENT: Final = "2024-07-05..2025-03-22"
WESTERN_BALKANS: Final = {2023: 99_002, 2024: 21_525}
WESTERN_BALKAN_ROUTE: Final = "Western Balkan Route"
NATIONALITIES: Final = ("Examplia", "Fictionia", "Nowhereland")
_ROUTES: Final = {
    "Central Mediterranean Route": 6_000,
    "Eastern Mediterranean Route": 3_500,
    WESTERN_BALKAN_ROUTE: 4_000,
    "Western Mediterranean Route": 1_300,
    "Western African Route": 1_500,
    "Eastern Borders Route": 500,
}
"""Routes as Frontex names them, with an invented typical month."""
_GROUPS: Final = {
    "Enforced return": (1_800, ("Enforced removals", "Other returns from detention")),
    "Voluntary return": (4_500, ("Assisted returns", "Other verified returns")),
    "Refused entry at port and subsequently departed": (5_500, ("Refused entry at port",)),
}
_FIRST_YEAR: Final = 2015
_LAST_YEAR: Final = 2024
_SHARES: Final = (0.5, 0.3, 0.2)


@dataclass(frozen=True, slots=True)
class Made:
    """One made-up file: the format that reads it, its name, its bytes, and the day it claims to be from."""

    format: str
    name: str
    data: bytes
    seen_on: str


def editions(seed: int) -> tuple[Made, ...]:
    """Return made-up editions of every format; the same seed gives the same bytes."""
    routes = _route_months(Random(f"{seed}/routes"))
    early = {name: values[:-2] for name, values in routes.items()}
    early[WESTERN_BALKAN_ROUTE][-1] = round(early[WESTERN_BALKAN_ROUTE][-1] * 0.97)
    return (
        Made("frontex-ibc", "Monthly_detections_of_IBC_2024_11_15.xlsx", _frontex(early, title=False), "2024-11-15"),
        Made("frontex-ibc", "Monthly_detections_of_IBC_2025_01_15.xlsx", _frontex(routes, title=True), "2025-01-15"),
        Made("uk-returns", "returns-datasets_2025-02-27.ods", _returns(Random(f"{seed}/returns")), "2025-02-27"),
        Made("uk-small-boats", "small-boats_2025-01-07.ods", _boats(Random(f"{seed}/boats")), "2025-01-07"),
        Made("uk-nrm", "nrm-referrals_2025-02-06.csv", _nrm(Random(f"{seed}/nrm")), "2025-02-06"),
        Made("csv-long", "returns-statement.csv", _statement(), "2025-03-24"),
        Made("csv-wide", "routes.csv", _wide(routes), "2025-01-15"),
    )


def statement_claim() -> str:
    """Return the first sentence of the exercise: its number is right and its word is not."""
    return "24,000 people removed between 5 July 2024 and 22 March 2025"


def route_claim() -> str:
    """Return the second sentence of the exercise: it can be borne out."""
    return "nearly 22,000 on the Western Balkans route in 2024"


def _route_months(draw: Random) -> dict[str, list[int]]:
    """Return made-up months of every route, with a season, noise that lasts, and a lasting change of level on one."""
    found = {}
    months = 12 * (_LAST_YEAR - _FIRST_YEAR + 1)
    for name, typical in _ROUTES.items():
        peak, swing, drift = draw.uniform(6, 10), draw.uniform(0.2, 0.5), 0.0
        values = []
        for at in range(months):
            drift = 0.8 * drift + draw.gauss(0, 0.13)
            season = swing * math.cos(2 * math.pi * (at % 12 + 1 - peak) / 12)
            values.append(max(1, round(typical * math.exp(season + drift))))
        found[name] = values
    balkan = found[WESTERN_BALKAN_ROUTE]
    for year, whole in WESTERN_BALKANS.items():
        at = 12 * (year - _FIRST_YEAR)
        balkan[at : at + 12] = _spread(whole, balkan[at : at + 12])
    return found


def _spread(whole: int, weights: Sequence[int]) -> list[int]:
    """Return whole numbers that add up to a total, in the proportion of some weights."""
    parts = [whole * weight // sum(weights) for weight in weights]
    parts[-1] += whole - sum(parts)
    return parts


def _month_names(count: int) -> list[Cell]:
    return [f"{MONTH_NAMES[at % 12][:3].upper()}{_FIRST_YEAR + at // 12}" for at in range(count)]


def _frontex(routes: dict[str, list[int]], *, title: bool) -> bytes:
    months = len(next(iter(routes.values())))
    header: list[Cell] = ["Route", "BorderType", "Nationality", *_month_names(months)]
    rows: list[list[Cell]] = [[f"Monthly detections of irregular border-crossing. {FICTION}."]] if title else []
    rows.append([*header, None, "Source: invented for an exercise"] if not title else header)
    for name, values in routes.items():
        split = [_spread(value, [round(share * 10) for share in _SHARES]) for value in values]
        rows += [
            [
                name,
                "Land" if "Balkan" in name or "Eastern Borders" in name else "Sea",
                nation,
                *(one[at] for one in split),
            ]
            for at, nation in enumerate(NATIONALITIES)
        ]
    return xlsx_bytes([("Detections_of_IBC", rows), ("Read me", [[FICTION]])])


def _quarters() -> Iterator[tuple[int, int]]:
    return ((year, quarter) for year in range(_FIRST_YEAR, _LAST_YEAR + 1) for quarter in (1, 2, 3, 4))


def _returns(draw: Random) -> bytes:
    header: list[Cell] = ["Year", "Quarter", "Nationality", "Return type group", "Return type", "Number of returns"]
    rows: list[list[Cell]] = [[f"Ret_D01: returns by nationality and type. {FICTION}."], header]
    for year, quarter in _quarters():
        for group, (typical, kinds) in _GROUPS.items():
            for nation, share in zip(NATIONALITIES, _SHARES, strict=True):
                rows += [
                    [
                        year,
                        f"{year} Q{quarter}",
                        nation,
                        group,
                        kind,
                        round(typical * share * draw.uniform(0.8, 1.2) / len(kinds)),
                    ]
                    for kind in kinds
                ]
    return ods_bytes([("Notes", [[FICTION]]), ("Data_Ret_D01", rows)])


def _boats(draw: Random) -> bytes:
    header: list[Cell] = ["Date", "Migrants arrived", "Boats arrived"]
    rows: list[list[Cell]] = [[f"Small boat arrivals. {FICTION}."], header]
    day = date(2023, 1, 1)
    while day <= date(2025, 1, 5):
        mean = 60 + 60 * math.sin(math.pi * (day.timetuple().tm_yday / 365))
        boats = int(draw.expovariate(1 / (mean / 50))) if draw.random() < 0.6 else 0
        rows.append([day, sum(draw.randint(35, 65) for _ in range(boats)), boats])
        day += timedelta(days=1)
    return ods_bytes([("SB_01", rows)])


def _nrm(draw: Random) -> bytes:
    ages = ("Adult (18 or over)", "Child (17 or under)")
    places = ("Overseas", "UK", "UK and Overseas")
    rows: list[list[str | float]] = [
        [year, f"Q{quarter}", age, place, round(draw.uniform(200, 900))]
        for year, quarter in _quarters()
        for age in ages
        for place in places
    ]
    header: list[str | float] = ["Year", "Quarter", "Age at exploitation", "Location of exploitation", "NRM referrals"]
    return csv_bytes([header, *rows])


def _statement() -> bytes:
    rows: list[list[str | float]] = [
        ["series", "period", "value", "seen_on"],
        ["uk-returns.enforced", STATEMENT, ENFORCED, "2025-03-24"],
        ["uk-returns.voluntary", STATEMENT, RETURNS - ENFORCED, "2025-03-24"],
    ]
    return csv_bytes(rows)


def _wide(routes: dict[str, list[int]]) -> bytes:
    months = len(next(iter(routes.values())))
    rows: list[list[str | float]] = [["month", *routes, "ALL"]]
    for at in range(months):
        values = [routes[name][at] for name in routes]
        rows.append([f"{_FIRST_YEAR + at // 12}-{at % 12 + 1:02d}", *values, sum(values)])
    return csv_bytes(rows)
