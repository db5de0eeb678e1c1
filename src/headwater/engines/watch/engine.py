"""The watch engine: tables of detections in a view to findings, each with its reasons and exact detections."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from headwater.engines.watch.danger import Setting, Weights, read_setting
from headwater.engines.watch.post import Alert, Post
from headwater.engines.watch.tables import SOURCE, detections_of
from headwater.errors import Place, SchemaError
from headwater.model.detections import Detection
from headwater.model.finding import Evidence, EvidenceKind, Finding, Reason, params_text
from headwater.model.ids import BlobHash
from headwater.model.record import Record
from headwater.ports import View

NAME: Final = "watch"
VERSION: Final = "1"
PARAMS: Final = frozenset({"context", "weights", "tables"})


class WatchEngine:
    """Finds craft in danger, persons in the water and crossings in detections."""

    name = NAME
    version = VERSION

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        """Yield a finding for every alert, those of the rescue lane first.

        Args:
            view: what may be seen; records of the source `detections` own the tables.
            params: ``context`` (see `danger.read_setting`), ``weights`` (points of the danger index), and ``tables``, the
                hashes of those to look at; without it, all.

        Raises:
            SchemaError: a parameter is missing, unknown or impossible.
            MissingExtraError: numpy, numba or pyarrow is not installed.
        """
        unknown = sorted(set(params) - PARAMS)
        if unknown:
            raise SchemaError("an unknown parameter", where=Place(field=unknown[0]))
        setting, weights = read_setting(_mapping(params, "context")), _weights(_mapping(params, "weights"))
        wanted = params.get("tables")
        found: list[tuple[tuple[int, float, str], Finding]] = []
        for record in sorted(view.records(source=SOURCE), key=lambda one: one.id):
            for table in record.tables:
                if wanted is None or (isinstance(wanted, list | tuple) and table in wanted):
                    found += _findings(view, record, table, setting, weights)
        found.sort(key=lambda one: one[0])
        return tuple(finding for _, finding in found)


def _findings(
    view: View, record: Record, table: BlobHash, setting: Setting, weights: Weights
) -> Iterator[tuple[tuple[int, float, str], Finding]]:
    post = Post(setting, weights)
    for place, seen in enumerate(detections_of(view.table_path(table))):
        if seen.is_coarse:
            continue
        for alert in post.take(_numbered(seen, place)):
            finding = _finding(record, table, alert)
            yield (0 if alert.lane == "rescue" else 1, alert.t_s, finding.id), finding


def _numbered(seen: Detection, place: int) -> Detection:
    """Return the detection with its place in the table as its row: that is what evidence names."""
    return Detection(
        row=place, time_s=seen.time_s, sensor=seen.sensor, x=seen.x, y=seen.y, sigma_m=seen.sigma_m, kind=seen.kind,
        size_band=seen.size_band, sure=seen.sure, own=seen.own,
    )  # fmt: skip


def _finding(record: Record, table: BlobHash, alert: Alert) -> Finding:
    where = f"{alert.x:.0f} m east, {alert.y:.0f} m north"
    text = {
        "persons-in-water": f"Persons in the water at {where}.",
        "craft-in-danger": f"A craft in danger at {where}.",
        "stopped-mid-river": f"A craft stopped in mid-river at {where}.",
    }.get(alert.kind, f"A craft nears the border at {where}.")
    return Finding(
        kind=f"watch.{alert.lane}",
        subjects=(f"track:{table[:12]}:{alert.track}",),
        score=alert.score,
        text=text,
        reasons=tuple(
            Reason(f"watch.{part.name}", part.points, f"{part.text} adds {part.points:g} to the danger index.")
            for part in sorted(alert.parts, key=lambda one: (-one.points, one.name))
        ),
        evidence=tuple(Evidence(EvidenceKind.TABLE_ROW, f"{table}#{row}") for row in alert.evidence),
        engine=NAME,
        engine_version=VERSION,
        params=params_text({"kind": alert.kind, "t_s": round(alert.t_s, 3)}),
        handling=record.handling,
    )


def _mapping(params: Mapping[str, object], name: str) -> Mapping[str, Any]:
    found = params.get(name)
    if not isinstance(found, Mapping):
        raise SchemaError("missing, or no object", where=Place(field=name))
    return found


def _weights(given: Mapping[str, Any]) -> Weights:
    parts = {str(name): dict(levels) for name, levels in given.items() if isinstance(levels, Mapping)}
    for name in ("threshold", "light", "water", "current", "rise", "visibility", "help", "craft", "stopped", "persons"):
        if not parts.get(name) or not all(isinstance(value, int | float) for value in parts[name].values()):
            raise SchemaError("weights that are missing or no numbers", where=Place(field=name))
    return parts
