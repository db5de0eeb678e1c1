"""The scan engine: images in a view to findings, each with its reasons and the hash of the image it rests on.

Bytes are parsed in `formats` and models are loaded in `node`; both are handed in with the parameters, so the engine stays a function of
what it is given.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from headwater.engines.scan.assess import alarms, is_evidence, judge, monitors
from headwater.engines.scan.detector import Detector
from headwater.engines.scan.explain import Alarm
from headwater.engines.scan.site import Drift, Site, operating_point, shown
from headwater.errors import ForbiddenError, Place, SchemaError
from headwater.model.finding import Evidence, EvidenceKind, Finding, Reason, params_text
from headwater.model.ids import BlobHash
from headwater.model.record import Record
from headwater.model.scan import ScanImage
from headwater.ports import View

NAME: Final = "scan"
VERSION: Final = "1"
SOURCE: Final = "scan"
"""Data source of the records that own an image; their first blob is the file as it came."""
PARAMS: Final = frozenset({"decode", "detector", "model", "site", "fa", "images"})
Decode = Callable[[Record, memoryview], ScanImage]


class ScanEngine:
    """Finds what may be hidden in vehicles, persons first."""

    name = NAME
    version = VERSION

    def run(self, view: View, params: Mapping[str, object]) -> Iterable[Finding]:
        """Yield a finding for every alarm, those of the rescue queue first.

        Args:
            view: what may be seen; records of the source `scan` own the images.
            params: ``decode`` (record and bytes to an image), ``detector``, ``model`` (its SHA-256), ``site`` (a `Site`), ``fa``, and
                ``images``, the hashes of those to look at; without it, all.

        Raises:
            SchemaError: a parameter is missing, unknown or impossible.
            ForbiddenError: an image was simulated or has an item put in; it is no evidence.
        """
        decode, detector, site, model, level, wanted = _given(params)
        point = operating_point(site.clean, level, own=site.own)
        found: list[tuple[tuple[int, float, str], Finding]] = []
        for record in sorted(view.records(source=SOURCE), key=lambda one: one.id):
            if not record.blobs or (wanted is not None and record.blobs[0] not in wanted):
                continue
            scan = decode(record, view.blob(record.blobs[0]))
            if not is_evidence(scan):
                raise ForbiddenError(
                    f"a {scan.image_kind} image is no evidence",
                    where=Place(field="image_kind"),
                    fix="keep it out of the store; look at it with detect",
                )
            judged = judge(scan, detector)
            drifted = Drift(site.monitors).take(monitors(judged))[1]
            for alarm in alarms(judged, site, point):
                made = _finding(record, alarm, model=model, level=level, evaluated=point.evaluated, drift=drifted)
                found.append(((0 if alarm.queue == "rescue" else 1, -alarm.unusual, made.id), made))
        found.sort(key=lambda one: one[0])
        return tuple(finding for _, finding in found)


def _given(params: Mapping[str, object]) -> tuple[Decode, Detector, Site, str, float, frozenset[BlobHash] | None]:
    unknown = sorted(set(params) - PARAMS)
    if unknown:
        raise SchemaError("an unknown parameter", where=Place(field=unknown[0]))
    decode, detector, site = params.get("decode"), params.get("detector"), params.get("site")
    level, wanted = params.get("fa"), params.get("images")
    if not callable(decode) or not isinstance(detector, Detector) or not isinstance(site, Site):
        raise SchemaError("a parameter that is missing", where=Place(field="decode, detector, site"))
    if isinstance(level, bool) or not isinstance(level, int | float):
        raise SchemaError("no share of false alarms", where=Place(field="fa"))
    if wanted is not None and not isinstance(wanted, list | tuple | frozenset):
        raise SchemaError("no list of images", where=Place(field="images"))
    images = None if wanted is None else frozenset(BlobHash(str(one)) for one in wanted)
    return decode, detector, site, str(params.get("model", "")), float(level), images


def _finding(record: Record, alarm: Alarm, *, model: str, level: float, evaluated: bool, drift: float) -> Finding:
    blob = record.blobs[0]
    reasons = [Reason(f"scan.{alarm.kind}", round(alarm.unusual - alarm.threshold, 4), text) for text in alarm.reasons]
    reasons += [Reason("scan.counter", -0.1, text) for text in alarm.counter]
    state = "evaluated at this site" if evaluated else "not evaluated at this site"
    reasons.append(
        Reason(
            "scan.operating-point",
            0.0,
            f"{level:.1%} false alarms declared; {state}; machine drift {drift:.1f} of its own deviations.",
        )
    )
    subject = record.mentions[0].key if record.mentions else f"image:{blob[:12]}"
    return Finding(
        kind=f"scan.{alarm.queue}",
        subjects=(subject,),
        score=round(shown(alarm.unusual), 8),
        text=f"{'A person may be hidden' if alarm.kind == 'person' else 'Something may be hidden'}: {alarm.reasons[0]}.",
        reasons=tuple(reasons),
        evidence=(Evidence(EvidenceKind.BLOB, blob), Evidence.record(record.id)),
        engine=NAME,
        engine_version=VERSION,
        params=params_text({"box_px": list(alarm.box_px), "class": alarm.kind, "fa": f"{level:g}", "model": model}),
        handling=record.handling,
    )
