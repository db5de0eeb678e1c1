"""Keeping detections at a node: a table under the rules of minimising, and what the engine finds in it.

Detections of people are kept as exact as a rescue needs, and no more: those about an alert of the rescue lane stay as they
are; all others are moved to the middle of their H3 cell. The record ends 72 hours after people were last seen, at the latest,
and what is older is not taken in; `watch_widen` is the one way to have more. `expire` removes what has ended from the disk.
"""

import io
import math
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

from headwater.engines.watch import Post, WatchEngine, read_setting
from headwater.engines.watch.danger import Setting
from headwater.engines.watch.engine import NAME
from headwater.engines.watch.tables import COLUMNS, SOURCE
from headwater.errors import MissingExtraError
from headwater.model.detections import CELL_SIGMA_M, GROUPS, Detection
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, RecordId
from headwater.model.record import Origin, Record
from headwater.node import engines
from headwater.node.files import json_object
from headwater.node.node import Node
from headwater.node.watch_read import danger_weights, read_detections
from headwater.policy import retention
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Transaction

KEEP_H: Final = 72
HELD_M: Final = 150.0
HELD_S: Final = 600.0
"""A rescue case holds what was seen so near to its alert: otherwise nobody could follow why it was called."""
COARSE_RESOLUTION: Final = 9


def keep_file(node: Node, session: Session, form: str, path: Path, context: Path) -> int:
    """Keep the detections of a file, run the engine on them, and return how many findings are new.

    Raises:
        PolicyError: the user may not add records or run the engine.
        InputError: a file cannot be used.
    """
    given = json_object(context)
    setting = read_setting(given)
    read = read_detections(form, path, origin=setting.origin, start=setting.start, sensors=setting.sensors)
    return keep(node, session, read.detections, given, file=path.name)[1]


def keep(
    node: Node, session: Session, detections: list[Detection], context: dict[str, object], *, file: str
) -> tuple[RecordId, int]:
    """Keep detections as one table, run the engine on it, and return the record and how many findings are new.

    Raises:
        PolicyError: the user may not add records or run the engine.
    """
    may(session, Act.RECORD_ADD)
    may(session, Act.DETECTION_WATCH)
    setting = read_setting(context)
    expire(node, session)
    fresh = [one for one in detections if one.kind not in GROUPS or _last_day(setting, one) >= node.clock.now().date()]
    table = node.store.put_table(as_table(minimised(fresh, setting)))
    record = _record(node, fresh, setting, table, file)

    def change(transaction: Transaction) -> bool:
        added = transaction.add_record(record)
        detail: dict[str, str | int] = {"source": SOURCE, "file": file, "detections": len(fresh)}
        if len(fresh) < len(detections):
            detail["left_out"] = len(detections) - len(fresh)
        transaction.note(Event("store.read", session.user, table, session.purpose, detail))
        return added

    node.store.write(change)
    params = {"context": context, "weights": danger_weights(), "tables": [table]}
    return record.id, engines.run(node, session, NAME, params)[1]


def expire(node: Node, session: Session) -> int:
    """Erase the detections whose last day has passed, with what was found in them, and return how many tables ended.

    Raises:
        PolicyError: the user may not watch.
    """
    may(session, Act.DETECTION_WATCH)
    today = node.clock.now().date()

    def change(transaction: Transaction) -> int:
        records = list(transaction.records(source=SOURCE))
        ended = {one.record for one in retention.due(records, today)}
        left = {table for one in records if one.id not in ended for table in one.tables}
        gone = {table for ref in ended for table in _tables(transaction, ref)} - left
        for found in list(transaction.findings()) if gone else ():
            if any(one.ref.partition("#")[0] in gone for one in found.evidence):
                transaction.withdraw_finding(found.id, erase=True, who=session.user)
        for ref in sorted(ended):
            if _tables(transaction, ref):
                transaction.erase_facts(ref, (), who=session.user)
                transaction.note(Event("watch.expired", session.user, ref, session.purpose))
        return len(gone)

    count = node.store.write(change)
    if count:  # the files go when nothing refers to them any more
        node.store.sweep()
    return count


def _tables(transaction: Transaction, ref: RecordId) -> tuple[BlobHash, ...]:
    record = transaction.kept_record(ref)
    return () if record is None else record.tables


def _record(node: Node, detections: list[Detection], setting: Setting, table: BlobHash, file: str) -> Record:
    last = setting.start + timedelta(seconds=max((one.time_s for one in detections), default=0.0))
    days = [_last_day(setting, one) for one in detections if one.kind in GROUPS]
    return Record(
        origin=Origin(node.authority, SOURCE, file=file),
        handling=Handling(codes=frozenset({"P"}), retain_until=max(days, default=None)),
        mentions=(),
        facts=(),
        recorded_at=last.replace(microsecond=0),
        tables=(table,),
    )


def _last_day(setting: Setting, one: Detection) -> date:
    return last_day(setting.start + timedelta(seconds=one.time_s))


def last_day(seen: datetime) -> date:
    """Return the last whole day on which people who were seen at a moment may be kept: it ends within 72 hours of it."""
    return (seen.astimezone(UTC) + timedelta(hours=KEEP_H)).date() - timedelta(days=1)


def minimised(detections: list[Detection], setting: Setting) -> list[Detection]:
    """Return detections with people coarsened to H3 cells, but for those that a rescue alert rests on."""
    calls = [alert for alert in Post(setting, danger_weights()).run(detections) if alert.lane == "rescue"]

    def is_held(one: Detection) -> bool:
        return any(
            math.hypot(one.x - call.x, one.y - call.y) < HELD_M and abs(one.time_s - call.t_s) < HELD_S
            for call in calls
        )

    rows = {row for call in calls for row in call.evidence}
    return [
        one if one.kind not in GROUPS or one.row in rows or is_held(one) else coarsened(one, setting)
        for one in detections
    ]


def coarsened(seen: Detection, setting: Setting) -> Detection:
    """Return a detection of people moved to the middle of its H3 cell, and said to be so unsure."""
    import h3

    lon, lat = setting.origin.to_degrees(seen.x, seen.y)
    mid_lat, mid_lon = h3.cell_to_latlng(h3.latlng_to_cell(lat, lon, COARSE_RESOLUTION))
    x, y = setting.origin.to_metres(mid_lon, mid_lat)
    return Detection(
        row=seen.row, time_s=seen.time_s, sensor=seen.sensor, x=x, y=y, sigma_m=CELL_SIGMA_M, kind=seen.kind,
        size_band=seen.size_band, sure=seen.sure, own=seen.own,
    )  # fmt: skip


def as_table(detections: list[Detection]) -> bytes:
    """Return detections as a Parquet table with the columns of `COLUMNS` and no other.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise MissingExtraError("watch", error.name or "pyarrow") from error
    fields = ("row", "time_s", "sensor", "x", "y", "sigma_m", "kind", "size_band", "sure", "own")
    columns = {name: [getattr(one, field) for one in detections] for name, field in zip(COLUMNS, fields, strict=True)}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()


__all__ = ["KEEP_H", "WatchEngine", "as_table", "coarsened", "expire", "keep", "keep_file", "last_day", "minimised"]
