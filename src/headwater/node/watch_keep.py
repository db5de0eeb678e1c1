"""Keeping detections at a node: a table under the rules of minimising, and what the engine finds in it.

Detections of people are kept as exact as a rescue needs, and no more: those about an alert of the rescue lane stay as they
are; all others are moved to the middle of their H3 cell. The record ends after 72 hours unless a person decides to hold
it for a rescue case; that decision is in the ledger.
"""

import io
import math
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

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
    table = node.store.put_table(as_table(minimised(detections, setting)))
    record = _record(node, detections, setting, table, file)

    def change(transaction: Transaction) -> bool:
        added = transaction.add_record(record)
        detail: dict[str, str | int] = {"source": SOURCE, "file": file, "detections": len(detections)}
        transaction.note(Event("store.read", session.user, table, session.purpose, detail))
        return added

    node.store.write(change)
    params = {"context": context, "weights": danger_weights(), "tables": [table]}
    return record.id, engines.run(node, session, NAME, params)[1]


def _record(node: Node, detections: list[Detection], setting: Setting, table: BlobHash, file: str) -> Record:
    last = setting.start + timedelta(seconds=max((one.time_s for one in detections), default=0.0))
    people = any(one.kind in GROUPS for one in detections)
    return Record(
        origin=Origin(node.authority, SOURCE, file=file),
        handling=Handling(codes=frozenset({"P"}), retain_until=retain_until(last) if people else None),
        mentions=(),
        facts=(),
        recorded_at=last.replace(microsecond=0),
        tables=(table,),
    )


def retain_until(last: datetime) -> Any:  # noqa: ANN401 - a day
    """Return the last day on which a track of people may be kept: that of 72 hours after it was last seen."""
    return (last + timedelta(hours=KEEP_H)).date()


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


__all__ = ["KEEP_H", "WatchEngine", "as_table", "coarsened", "keep", "keep_file", "minimised", "retain_until"]
