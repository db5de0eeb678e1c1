"""Scans kept at a node: the raw file by its hash, a record of how it was taken, findings by the engine, and what searches found.

An image that was simulated or has an item put in is refused before a byte of it is stored.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson

from headwater.engines.scan.assess import is_evidence
from headwater.engines.scan.engine import NAME, SOURCE
from headwater.errors import ForbiddenError, Place
from headwater.formats.scan_read import joined, read_scan
from headwater.formats.scan_sidecar import sidecar_of
from headwater.model.decision import Decision, Verb
from headwater.model.fact import Fact
from headwater.model.finding import params_text
from headwater.model.handling import Handling
from headwater.model.ids import BlobHash, EntityKey
from headwater.model.record import Mention, Origin, Record
from headwater.model.scan import ScanFormat, ScanImage
from headwater.node import findings, runs
from headwater.node.files import bytes_of
from headwater.node.node import Node
from headwater.node.scan import Watching, files_of, open_scan
from headwater.node.scan_evaluate import interval
from headwater.policy.acts import Act
from headwater.policy.session import Session, may
from headwater.ports import Event, View
from headwater.store import Transaction

CODES: Final = frozenset({"P"})
MOST_SIDECARS: Final = 4


def keep_files(node: Node, session: Session, paths: Sequence[Path], using: Watching) -> dict[str, Any]:
    """Keep scans, run the engine on them, and return how many records and findings came of it, and the site's outcomes.

    Raises:
        ForbiddenError: an image was made, in whole or in part; nothing of any of them is kept.
        PolicyError: the user may not add records or run the engine.
        InputError: a file cannot be used; nothing is kept.
    """
    from headwater.engines.scan.engine import ScanEngine

    may(session, Act.RECORD_ADD)
    may(session, Act.RECORD_LOOK)
    may(session, Act.IMAGE_SCAN)
    opened = [(path, open_scan(path)) for path in files_of(paths)]
    for path, scan in opened:
        if not is_evidence(scan):
            raise ForbiddenError(
                f"a {scan.image_kind} image is no evidence and is not kept", where=Place(file=path.name, field="image_kind"),
                fix="leave out --home to look at it",
            )  # fmt: skip
    records = [_keep(node, session, group) for group in _groups(opened)]
    params: dict[str, object] = {
        "detector": using.model.detector, "model": using.model.sha256, "site": using.site,
        "fa": using.point.declared_fa, "images": [record.blobs[0] for record in records],
    }  # fmt: skip
    with node.view(session) as view:
        claimed = tuple(ScanEngine().run(view, {**params, "decode": decoder(view)}))
    node.store.note(
        Event(
            "engine.run", session.user, NAME, session.purpose, {"version": ScanEngine.version, "findings": len(claimed)}
        )
    )
    noted = params_text({"fa": f"{using.point.declared_fa:g}", "model": using.model.sha256, "site": using.digest or ""})
    new = findings.keep(node, session, claimed, runs.Noted(NAME, ScanEngine.version, noted))
    return {
        "records": len(records),
        "findings": new,
        "kept": [finding.id for finding in claimed],
        "outcomes": outcomes(node, session),
    }


def outcomes(node: Node, session: Session) -> list[str]:
    """Return in words what searches found so far: how many alarms were confirmed and dismissed."""
    with node.view(session) as view:
        mine = [finding for finding in view.findings() if finding.engine == NAME]
        decided: list[Decision] = []
        for finding in mine:
            decided += view.decisions(finding.id)[-1:]
    verdicts = [one.verb for one in decided if one.verb in {Verb.CONFIRM, Verb.DISMISS}]
    if not verdicts:
        return ["no search outcome is recorded yet: headwater findings decide"]
    hits = verdicts.count(Verb.CONFIRM)
    low, high = interval(hits, len(verdicts))
    return [f"searches so far: {hits} of {len(verdicts)} alarms confirmed ({low:.0%} to {high:.0%})"]


def _groups(opened: Sequence[tuple[Path, ScanImage]]) -> list[list[tuple[Path, ScanImage]]]:
    """Return files by scan: both halves of a DICOS pair together."""
    found: dict[str, list[tuple[Path, ScanImage]]] = {}
    for number, one in enumerate(opened):
        key = one[1].series if one[1].format is ScanFormat.DICOS_DX and one[1].series else f"#{number}"
        found.setdefault(key, []).append(one)
    return list(found.values())


def _keep(node: Node, session: Session, group: Sequence[tuple[Path, ScanImage]]) -> Record:
    """Keep one scan as a record: raw files first, then the side-car that the first was read with."""
    path, scan = group[0]
    blobs = [node.store.put_blob(bytes_of(one)) for one, _ in group]
    # What stands beside the file belongs to it: without its side-car an image cannot be read again.
    blobs.append(node.store.put_blob(orjson.dumps(sidecar_of(scan.meta), option=orjson.OPT_SORT_KEYS)))
    near = path.with_suffix(".json")
    if near.is_file() and near != path:
        blobs.append(node.store.put_blob(bytes_of(near)))
    vehicle = scan.meta.plate or scan.meta.vehicle_id
    key = EntityKey(f"vehicle:{vehicle}")
    mentions = (Mention(key, "Vehicle"),) if vehicle else ()
    facts = (Fact(key, "registrationNumber", scan.meta.plate),) if scan.meta.plate else ()
    record = Record(
        origin=Origin(node.authority, SOURCE, file=path.name, sha256=BlobHash(blobs[0])),
        handling=Handling(codes=CODES),
        mentions=mentions,
        facts=facts,
        blobs=tuple(dict.fromkeys(BlobHash(one) for one in blobs)),
    )

    def change(transaction: Transaction) -> None:
        transaction.add_record(record)
        dose = "" if scan.meta.dose_usv is None else f"{scan.meta.dose_usv:g}"
        detail: dict[str, str | int] = {
            "source": SOURCE, "file": path.name, "scanner": scan.meta.scanner, "dose_usv": dose,
            "persons_possible": int(scan.meta.persons_possible),
        }  # fmt: skip
        transaction.note(Event("store.read", session.user, blobs[0], session.purpose, detail))

    node.store.write(change)
    return record


def decoder(view: View) -> Any:  # noqa: ANN401 - a function of a record and its bytes
    """Return what reads the image of a record again, from its own blobs alone."""

    def decode(record: Record, data: memoryview) -> ScanImage:
        name = record.origin.file or "scan"
        kept = [bytes(view.blob(ref)) for ref in record.blobs[1 : 1 + MOST_SIDECARS]]
        sidecars = [one for one in kept if one[:1] == b"{"]

        def beside(wanted: str) -> bytes | None:
            return sidecars[-1] if wanted.endswith(".json") and sidecars else None

        scan = read_scan(data, name, beside)
        halves = (
            [read_scan(one, name, beside) for one in kept if one[:1] != b"{"]
            if scan.format is ScanFormat.DICOS_DX
            else []
        )
        return joined([scan, *halves])[0]

    return decode
