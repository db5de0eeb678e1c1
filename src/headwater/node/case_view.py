"""The timeline of a case: what trace found, beside goods, hires, crossings, watch's corridors and alerts, and scans."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from headwater.engines.trace.engine import tables_of
from headwater.engines.trace.pictures import Moment, timeline
from headwater.engines.trace.sheets import Sheets, checked
from headwater.errors import FormatError, HeadwaterError, Place
from headwater.formats.safe import parse_json_lines
from headwater.formats.table_columns import EPOCH
from headwater.model.times import parse_instant
from headwater.node.files import bytes_of, json_object, write
from headwater.node.trail import finding_lines, opened_tables

MICRO: Final = 1_000_000
AROUND_US: Final = 30 * 86_400 * MICRO
"""How far around the payments a timeline looks."""
MOST_MOMENTS: Final = 50_000
RESCUE: Final = "rescue"


def case_timeline(findings: Path, files: Sequence[str], subject: str | None, svg: Path) -> int:
    """Write the timeline that joins findings of a run with what else is known of its time; return how many moments it has.

    Args:
        findings: JSON lines of ``trace run --out``.
        files: tables of crossings, shipments and hires (CSV, Parquet); alerts of ``watch alert`` and findings of ``scan detect``
            (JSON lines); corridors of ``watch routes`` (JSON). What speaks of people who may need help is not drawn.
        subject: only findings that name this account; None is all.
        svg: the picture.

    Raises:
        InputError: a file cannot be read as what it must be.
    """
    moments: list[Moment] = []
    named: set[str] = set()
    for claim in finding_lines(findings):
        if claim.get("protecting") or (subject is not None and subject not in claim.get("subjects", ())):
            continue
        named.update(claim["subjects"])
        for side in ("first", "last"):
            if claim.get(side):
                words = f"{claim['typology']}, {side}: {claim['text']}"
                moments.append(Moment(_micros(claim[side]), "payment", words))
    times = [one.time_us for one in moments]
    low, high = min(times, default=0) - AROUND_US, max(times, default=2**62) + AROUND_US
    documents = [file for file in files if Path(file).suffix.lower() in (".json", ".jsonl")]
    tables = [file for file in files if file not in documents]
    for file in documents:
        moments += [one for one in _told(Path(file)) if low <= one.time_us <= high]
    if tables:
        with opened_tables(tables, "timeline", None, "", "") as (view, backend, _):
            moments += _table_moments(Sheets(backend, checked(tables_of(view).paths)), named, (low, high))
    write(svg, timeline(f"Timeline{f' of {subject}' if subject else ''}", moments).encode())
    return len(moments)


def _told(path: Path) -> Iterator[Moment]:
    """Yield the moments of a file that watch or scan wrote.

    Raises:
        FormatError: neither of them wrote it, or its times count from a moment that it does not name.
    """
    if path.suffix.lower() == ".json":
        yield from _corridors(json_object(path), path)
        return
    for number, line in parse_json_lines(bytes_of(path), file=path.name):
        if isinstance(line, HeadwaterError):
            raise line
        if isinstance(line, dict) and {"lane", "at", "lat", "lon"} <= set(line):
            yield from _alert(line)
        elif isinstance(line, dict) and {"alarms", "taken_at"} <= set(line):
            yield from _scan(line)
        else:
            where = Place(file=path.name, line=number)
            raise FormatError("neither an alert of watch nor a finding of scan", where=where)


def _alert(line: Mapping[str, Any]) -> Iterator[Moment]:
    if line["lane"] != RESCUE and line["at"]:
        place = f"{float(line['lat']):.3f} N {float(line['lon']):.3f} E"
        yield Moment(
            _micros(str(line["at"])), "crossing", f"watch: {line['kind']} at {place}, score {float(line['score']):.2f}"
        )


def _scan(line: Mapping[str, Any]) -> Iterator[Moment]:
    """Yield a scan with its alarms; a person in a load is looked for at once and is no mark on a line of time."""
    alarms = [one for one in line["alarms"] if isinstance(one, dict) and one.get("queue") != RESCUE]
    if line["taken_at"]:
        words = ", ".join(sorted({str(one.get("kind", "alarm")) for one in alarms})) or "no alarm"
        yield Moment(_micros(str(line["taken_at"])), "scan", f"scan of {line.get('file', '')}: {words}")


def _corridors(document: Mapping[str, Any], path: Path) -> Iterator[Moment]:
    if not {"corridors", "stops", "changes", "options"} <= set(document):
        raise FormatError("no corridors that watch routes wrote", where=path.name)
    start = document.get("start")
    if not isinstance(start, str):
        raise FormatError(
            "its times count from a moment that it does not name", where=path.name, fix="give watch times, not seconds"
        )
    begun = parse_instant(start, field="start")

    def at(seconds: object) -> int:
        return (begun + timedelta(seconds=float(str(seconds))) - EPOCH) // timedelta(microseconds=1)

    for stop in document["stops"]:
        place = f"{float(stop['lat']):.3f} N {float(stop['lon']):.3f} E"
        yield Moment(at(stop["begin_s"]), "corridor", f"watch: a vehicle stops at {place}, until {_hours(stop)} later")
    since = document["options"].get("base_until_s")
    for change in document["changes"] if since is not None else ():
        words = f"watch: corridor cell {change['h3']} from {change['before_per_day']} to {change['after_per_day']} passages a day"
        yield Moment(at(since), "corridor", words)


def _hours(stop: Mapping[str, Any]) -> str:
    return f"{(float(stop['end_s']) - float(stop['begin_s'])) / 3600:.1f} h"


def _table_moments(sheets: Sheets, named: set[str], span: tuple[int, int]) -> Iterator[Moment]:
    """Yield shipments and hires of those whom the findings name, and crossings seen near the time of the payments."""
    for table, kind, when, words, parties in (
        ("crossings", "crossing", "time_us", "kind", ()),
        ("shipments", "shipment", "time_us", "hs_code", ("buyer", "seller")),
        ("hires", "hire", "start_us", "plate", ("hirer", "vehicle", "plate")),
    ):
        if not sheets.has(table):
            continue
        raw = sheets.raw(table)
        near = raw.filter((raw[when] >= span[0]) & (raw[when] <= span[1]))
        near = near.select(*dict.fromkeys(("id", when, words, *parties))).order_by([when, "id"])
        for row in sheets.backend.to_pyarrow(near.limit(MOST_MOMENTS)).to_pylist():
            if not parties or any(row[party] in named for party in parties):
                yield Moment(int(row[when]), kind, f"{row['id']}: {row[words]}")


def _micros(text: str) -> int:
    return (parse_instant(text) - EPOCH) // timedelta(microseconds=1)
