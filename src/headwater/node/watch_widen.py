"""Widening: a supervisor lets named colleagues see people of one rescue case longer, or finer, than the rule allows.

Nothing is widened by itself. Each widening is for one finding of the rescue lane, has an end and a reason, makes a record of its own
that only those named may see, and stands in the ledger as ``watch.widened``. What is seen finer comes from the sensors' own file:
the node has kept no more than the rule allows.
"""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from headwater.engines.watch import Post, read_setting
from headwater.engines.watch.danger import Setting
from headwater.engines.watch.engine import NAME
from headwater.engines.watch.tables import SOURCE, detections_of
from headwater.errors import FormatError, NoBasisError, Place, SchemaError
from headwater.model.detections import GROUPS, Detection
from headwater.model.finding import Finding
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, FindingId
from headwater.model.record import Origin, Record
from headwater.node import engines, users
from headwater.node.files import json_object
from headwater.node.node import Node
from headwater.node.watch_keep import as_table, coarsened
from headwater.node.watch_read import danger_weights, read_detections
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event
from headwater.store import Transaction

RESCUE: Final = "watch.rescue"
MOST_DAYS: Final = 30
"""Days for which a rescue case may hold people; a longer need is asked for again, by then with a new reason."""
CASE_M: Final = 2_000.0
CASE_S: Final = 6 * 3_600.0
"""How far about its alert, in place and time, a case reaches: what lies further off is coarsened as ever."""
MOST_WHY: Final = 500


def widen(
    node: Node, session: Session, finding: str, context: Path, *, until: date, why: str, readers: Sequence[str] = (),
    exact: tuple[Path, str] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Keep the people of a rescue case until a day, for named readers; with `exact`, as fine as the sensors saw them.

    Args:
        node: the node.
        session: who widens: a supervisor.
        finding: the finding of the rescue lane.
        context: what the post knows, as when the detections were kept.
        until: the last day, at most 30 days ahead.
        why: the reason, in words that name nobody.
        readers: who may see it beside the one who widens.
        exact: the sensors' own file and its format.

    Raises:
        PolicyError: the user may not, or it is no finding of the rescue lane that the user may see, or the file is of another case.
        InputError: no reason, a day that makes no sense, no such reader, or a file that cannot be used.
    """
    may(session, Act.DETECTION_WIDEN)
    today = node.clock.now().date()
    if not why.strip() or len(why) > MOST_WHY:
        raise SchemaError("no reason, or too long a one", where="--why", fix="say in a sentence what it is needed for")
    if not today <= until <= today + timedelta(days=MOST_DAYS):
        raise SchemaError(f"not between today and {MOST_DAYS} days from now", where="--until")
    given = json_object(context)
    setting = read_setting(given)
    with node.view(session) as view:
        found = view.finding(FindingId(finding))
        if found.kind != RESCUE:
            raise NoBasisError("only a rescue case holds people longer or finer", where=finding)
        table = _table(found)
        record = next((one for one in view.records(source=SOURCE) if table in one.tables), None)
        if record is None:
            raise NoBasisError("the detections that it rests on have ended", where=finding)
        kept = list(detections_of(view.table_path(table)))
    centre = kept[max(int(one.ref.partition("#")[2]) for one in found.evidence)]
    if exact is not None:
        file, form = exact
        read = read_detections(form, file, origin=setting.origin, start=setting.start, sensors=setting.sensors)
        kept = _finer(read.detections, centre, setting, file.name)
    made = node.store.put_table(as_table(kept))
    wide = _record(node, record, made, until, frozenset({session.user, *readers}))
    fine = sum(one.kind in GROUPS and not one.is_coarse for one in kept)

    def change(transaction: Transaction) -> None:
        for reader in readers:
            users.find(transaction, reader)
        transaction.add_record(wide)
        detail: dict[str, str | int] = {
            "finding": finding, "until": until.isoformat(), "why": why, "readers": ", ".join(sorted({session.user, *readers})),
            "exact": fine,
        }  # fmt: skip
        transaction.note(Event("watch.widened", session.user, wide.id, session.purpose, detail))

    node.store.write(change)
    params = {"context": given, "weights": danger_weights(), "tables": [made]}
    new = engines.run(node, session, NAME, params)[1]
    return {"record": wide.id, "until": until.isoformat(), "detections": len(kept), "exact": fine, "findings": new}


def _table(finding: Finding) -> BlobHash:
    return BlobHash(finding.evidence[0].ref.partition("#")[0])


def _record(node: Node, narrow: Record, table: BlobHash, until: date, readers: frozenset[str]) -> Record:
    old = narrow.handling
    handling = Handling(
        purposes=old.purposes, releasable_to=old.releasable_to, never_onward=True, codes=old.codes, conditions=old.conditions,
        addressees=readers, markings=old.markings, retain_until=until,
    )  # fmt: skip
    return Record(
        origin=Origin(node.authority, SOURCE, file=narrow.origin.file),
        handling=handling,
        mentions=(),
        facts=(),
        recorded_at=narrow.recorded_at,
        tables=(table,),
    )


def _finer(seen: list[Detection], centre: Detection, setting: Setting, file: str) -> list[Detection]:
    """Return detections with the people of the case as they were seen, all others coarsened; the file must be of the case.

    Raises:
        NoBasisError: it raises no rescue alert where and when the finding has one.
    """
    calls = [alert for alert in Post(setting, danger_weights()).run(seen) if alert.lane == "rescue"]
    if not any(_is_near(call.t_s, call.x, call.y, centre, CASE_M / 10.0, 60.0) for call in calls):
        raise NoBasisError("the file is not of this case: it raises no rescue alert there and then", where=file)
    return [
        one
        if one.kind not in GROUPS or _is_near(one.time_s, one.x, one.y, centre, CASE_M, CASE_S)
        else coarsened(one, setting)
        for one in seen
    ]


def _is_near(time_s: float, x: float, y: float, centre: Detection, most_m: float, most_s: float) -> bool:
    return abs(time_s - centre.time_s) <= most_s and math.hypot(x - centre.x, y - centre.y) <= most_m


def day_of(text: str) -> date:
    """Return the day that a person typed.

    Raises:
        FormatError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise FormatError("no day", where=Place(field="--until"), fix="write YYYY-MM-DD") from error
