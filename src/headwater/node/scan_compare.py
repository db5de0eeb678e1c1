"""Comparing two passes of one vehicle on a command line."""

from collections.abc import Sequence
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from headwater.engines.scan.compare import Compared, compare
from headwater.engines.scan.material import computed, nearest_system
from headwater.engines.scan.normalise import normalise
from headwater.engines.scan.overlay import beside, coloured, overlay
from headwater.engines.scan.site import Site, operating_point, site_of
from headwater.errors import Place, SchemaError
from headwater.formats.scan_write import png
from headwater.model.scan import ScanImage
from headwater.node.files import bytes_of, json_object, make_folder, write
from headwater.node.scan_model import load

SCHEMA: Final = "headwater.scan.compare/1"
MOST_PAIRS: Final = 2_000


def compare_scans(new: ScanImage, old: ScanImage) -> Compared:
    """Return how a new pass differs from its reference.

    Raises:
        SchemaError: one has no two spectra, both name different vehicles, or both are one image.
    """
    if new.sha256 == old.sha256:
        raise SchemaError(
            "the reference is the very image that is looked at, in which nothing can be new",
            where=old.file,
            fix="take an earlier pass of the same vehicle",
        )
    for scan in (new, old):
        if not scan.is_counts or not scan.meta.is_dual:
            raise SchemaError(
                "one spectrum, or no counts: passes are compared in two", where=Place(file=scan.file, field="channels")
            )
    for name in ("plate", "vehicle_id"):
        mine, other = getattr(new.meta, name), getattr(old.meta, name)
        if mine and other and mine != other:
            raise SchemaError(
                "a reference of another vehicle",
                where=Place(file=old.file, field=name),
                fix="take an earlier pass of the same vehicle",
            )
    return compare(new, old, normalise(new), normalise(old), computed(nearest_system(new.meta)))


def compare_files(
    new: Path, old: Path, site_file: Path | None, declared_fa: float, overlay_folder: Path | None = None
) -> dict[str, Any]:
    """Return the document of a comparison; none that could not be registered has alarms.

    Raises:
        InputError: a file cannot be used, or the reference is of another vehicle.
    """
    from headwater.node.scan import open_whole

    site: Site = load(None).base if site_file is None else site_of(json_object(site_file))
    digest = None if site_file is None else sha256(bytes_of(site_file)).hexdigest()
    point = operating_point(site.pairs, declared_fa, own=site.own)
    if site.own and not point.evaluated:
        # A site without enough pairs of its own keeps what ships with the model, and says that it is not its own.
        point = operating_point(load(None).base.pairs, declared_fa, own=False)
    fresh, before = open_whole(new), open_whole(old)
    found = compare_scans(fresh, before)
    alarms = [
        one.document(number)
        for number, one in enumerate((one for one in found.changes if one.score > point.threshold), 1)
    ]
    if overlay_folder is not None:
        make_folder(overlay_folder)
        _draw(overlay_folder, fresh, before, alarms)
    return {
        "schema": SCHEMA,
        "file": fresh.file,
        "sha256": fresh.sha256,
        "reference": before.file,
        "reference_sha256": before.sha256,
        "registered": found.registration.ok,
        "registration": {
            "matrix": list(found.registration.matrix),
            "residual_px": found.registration.residual,
            "fit": found.registration.fit,
            "why": found.registration.why,
        },
        "score": round(found.score, 4),
        "threshold": round(point.threshold, 4),
        "declared_fa": declared_fa,
        "site": digest,
        "evaluated": point.evaluated,
        "alarms": alarms,
    }


def pair_scores(passes: Sequence[tuple[str, Path]]) -> list[float]:
    """Return the score of each two neighbouring clean passes of one vehicle that can be registered."""
    from headwater.node.scan import open_whole

    by_vehicle: dict[str, list[Path]] = {}
    for key, path in passes:
        by_vehicle.setdefault(key, []).append(path)
    found: list[float] = []
    for paths in by_vehicle.values():
        for before, after in pairwise(paths):
            if len(found) == MOST_PAIRS:
                return found
            result = compare_scans(open_whole(after), open_whole(before))
            if result.registration.ok:
                found.append(result.score)
    return found


def _draw(folder: Path, fresh: ScanImage, before: ScanImage, alarms: list[dict[str, Any]]) -> None:
    from headwater.engines.scan.material import materials

    pictures = []
    for scan, boxes in ((fresh, alarms), (before, [])):
        seen = normalise(scan)
        pictures.append(overlay(scan, coloured(seen, materials(seen, computed(nearest_system(scan.meta)))), boxes, []))
    write(folder / f"{Path(fresh.file).stem}-compared.png", png(beside(pictures)))
