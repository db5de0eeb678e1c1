"""Made-up editions, panels and tables for the tests of figures. None of their numbers was ever published."""

import math
import random
from datetime import UTC, date, datetime

from headwater.engines.figures import Panel
from headwater.engines.figures.book import Book
from headwater.formats.figures import FigureInput, Read, reader
from headwater.model.canonical import encode
from headwater.model.figures import Definition, Edition, Strand, Unit
from headwater.model.ids import AuthorityId, BlobHash
from headwater.model.period import parse_period
from headwater.model.record import Record
from headwater.node.figures_shelf import record_of
from headwater.testing.memory_view import MemoryView

TODAY = date(2026, 11, 25)
HASH = BlobHash("ab" * 32)
STATEMENT = "2024-07-05..2025-03-22"
BALKANS = "frontex-ibc.western-balkan-route"
UNITS = {
    "uk-returns.enforced": Definition("Enforced return", Unit.ENFORCED, "Removed by the state."),
    "uk-returns.voluntary": Definition("Voluntary return", Unit.VOLUNTARY, "Left by themselves."),
    "uk-returns.refused-at-port": Definition("Refused entry at port", Unit.REFUSED, "Refused and left."),
    BALKANS: Definition("Western Balkan Route", Unit.DETECTION, "Events."),
    "frontex-ibc.western-african-route": Definition("Western African Route", Unit.DETECTION, "Events."),
    "uk-small-boats.people": Definition("People", Unit.PERSON, "Arrived."),
    "uk-small-boats.boats": Definition("Boats", Unit.BOAT, "Arrived."),
    "uk-nrm.referrals": Definition("NRM referrals", Unit.REFERRAL, "Possible victims."),
}


def edition(seen_on: str, values: dict[str, dict[str, int]]) -> Edition:
    """An edition of one source: for each series, period and value."""
    periods = tuple(sorted({parse_period(text) for held in values.values() for text in held}))
    strands = []
    for series, held in sorted(values.items()):
        by_period = {parse_period(text): value for text, value in held.items()}
        strands.append(Strand(series, tuple(by_period.get(period) for period in periods)))
    return Edition(
        source=next(iter(values)).partition(".")[0],
        seen_on=date.fromisoformat(seen_on),
        dated=True,
        file=f"{seen_on}.csv",
        sha256=HASH,
        periods=periods,
        strands=tuple(strands),
        definitions=tuple((series, UNITS[series]) for series in sorted(values)),
    )


def months(year: int, whole: int) -> dict[str, int]:
    """A made-up year of months that adds up to a total."""
    parts = [whole // 12] * 11
    return {f"{year}-{at:02d}": value for at, value in enumerate([*parts, whole - sum(parts)], 1)}


def editions() -> tuple[Edition, ...]:
    """What the claims of the tests are judged by."""
    early = months(2024, 20_000)
    for late in ("2024-11", "2024-12"):
        del early[late]
    quarter = {"uk-returns.enforced": {"2024Q3": 2_000}, "uk-returns.voluntary": {"2024Q3": 6_000}}
    return (
        edition("2024-11-15", {BALKANS: months(2023, 99_002) | early}),
        edition("2025-01-15", {BALKANS: months(2023, 99_002) | months(2024, 21_525)}),
        edition("2024-11-28", {**quarter, "uk-returns.refused-at-port": {"2024Q3": 5_000}}),
        edition("2025-02-27", {**quarter, "uk-returns.voluntary": {"2024Q3": 6_600}}),
        edition("2025-03-24", {"uk-returns.enforced": {STATEMENT: 6_339}, "uk-returns.voluntary": {STATEMENT: 17_764}}),
        edition("2025-01-31", {"uk-small-boats.people": {"2024": 36_816}, "uk-small-boats.boats": {"2024": 695}}),
        edition("2025-02-06", {"uk-nrm.referrals": {"2024": 19_125}}),
    )


def book() -> Book:
    """The editions side by side."""
    return Book(editions())


def records(made: tuple[Edition, ...] | None = None) -> tuple[Record, ...]:
    """The editions as records."""
    read_at = datetime(2025, 4, 1, tzinfo=UTC)
    return tuple(record_of(one, read_at, AuthorityId("UK-HO")) for one in made or editions())


def blobs(made: tuple[Edition, ...] | None = None) -> dict[BlobHash, bytes]:
    """The bytes of the editions."""
    held = made or editions()
    return {record.blobs[0]: encode(one) for record, one in zip(records(held), held, strict=True)}


def view() -> MemoryView:
    """A view over the editions."""
    return MemoryView(records(), blobs=blobs())


def routes(series: int = 3, years: int = 8, seed: int = 1, hold: float = 0.7) -> Panel:
    """Made-up months of a few routes, with a season and noise that lasts."""
    draw = random.Random(f"routes/{seed}")
    counts = []
    for _ in range(series):
        level, peak, drift, values = draw.uniform(6, 9), draw.uniform(0, 12), 0.0, []
        for at in range(years * 12):
            drift = hold * drift + draw.gauss(0, 0.15)
            values.append(round(math.exp(level + 0.5 * math.cos(2 * math.pi * (at - peak) / 12) + drift)))
        counts.append(tuple(values))
    periods = tuple(parse_period(f"{2015 + at // 12}-{at % 12 + 1:02d}") for at in range(years * 12))
    return Panel(periods, tuple(f"route {at}" for at in range(series)), tuple(counts))


def read(form: str, data: bytes | str, name: str = "file.csv", **given: object) -> Read:
    """What a reader makes of some bytes."""
    raw = data.encode() if isinstance(data, str) else data
    return reader(form).read(FigureInput(name, raw, TODAY, **given))  # type: ignore[arg-type]
