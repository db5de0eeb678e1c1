"""Scans on a command line: files in, documents and pictures out. What is decided, the engine decides."""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from headwater.errors import FormatError, HeadwaterError, InputError, LimitError, MissingExtraError, Place, SchemaError
from headwater.formats.scan_limits import MAX_SCAN_BYTES
from headwater.formats.scan_read import joined, read_scan
from headwater.model.scan import ScanFormat, ScanImage
from headwater.node.files import bytes_of, json_object, make_folder, write

Progress = Callable[[int, int], None]
ENDINGS: Final = (".tif", ".tiff", ".dcs", ".dcm", ".png", ".jpg", ".jpeg")
READ_SCHEMA: Final = "headwater.scan.read/1"
DETECT_SCHEMA: Final = "headwater.scan.detect/1"
CALIBRATION_SCHEMA: Final = "headwater.scan.calibration/1"
WEDGE: Final = ("material", "areal_g_cm2", "ln_t_low", "ln_t_high")
PREVALENCE: Final = 0.001
DICOS_CATEGORY: Final = {"weapon": "CONTRABAND", "drugs": "CONTRABAND", "person": "OTHER"}
"""DICOS threat categories; a person is no threat, and goes out as OTHER with the words of a rescue."""


def _silent(_done: int, _all: int) -> None:
    """Hear how far it is, and say nothing."""


@contextmanager
def _libraries() -> Iterator[None]:
    """Turn a library that is not installed into the error that says which extra brings it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise MissingExtraError("scan", error.name or "numpy") from error


def open_scan(path: Path) -> ScanImage:
    """Return the scan in a file, with the side-car that stands beside it.

    Raises:
        InputError: it cannot be read as a scan.
    """
    try:
        size = path.stat().st_size
    except OSError as error:
        raise FormatError(f"the file cannot be read: {error.strerror}", where=str(path)) from error
    if size > MAX_SCAN_BYTES:
        raise LimitError(f"a file over {MAX_SCAN_BYTES} bytes", where=path.name)

    def beside(name: str) -> bytes | None:
        near = path.parent / Path(name).name
        return bytes_of(near) if near.is_file() else None

    with _libraries():
        return read_scan(bytes_of(path), path.name, beside)


def open_whole(path: Path) -> ScanImage:
    """Return the scan in a file; where it is one half of a DICOS pair, with the other half from the same folder."""
    scan = open_scan(path)
    if scan.format is not ScanFormat.DICOS_DX or not scan.series:
        return scan
    for near in sorted(path.parent.glob(f"*{path.suffix}"))[:64]:
        if near != path:
            try:
                other = open_scan(near)
            except HeadwaterError:
                continue  # not what was asked for; only its own reader need complain
            if other.series == scan.series and other.format is scan.format:
                return joined([scan, other])[0]
    return scan


def files_of(paths: Sequence[Path]) -> list[Path]:
    """Return the scan files that some paths name: files, and all scans in folders, in the order of their names.

    Raises:
        FormatError: a folder holds none.
    """
    found: list[Path] = []
    for path in paths:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(one for one in path.iterdir() if one.suffix.lower() in ENDINGS)
        if not inside:
            raise FormatError("a folder without a scan", where=str(path))
        found += inside
    return found


def each_scan(paths: Sequence[Path], progress: Progress = _silent) -> Iterator[ScanImage]:
    """Yield every scan, one at a time; both halves of a DICOS pair as one, after the others."""
    waiting: list[ScanImage] = []
    files = files_of(paths)
    for number, path in enumerate(files):
        scan = open_scan(path)
        if scan.format is ScanFormat.DICOS_DX and scan.series:
            waiting.append(scan)
        else:
            yield scan
        progress(number + 1, len(files))
    yield from joined(waiting)


def read_files(paths: Sequence[Path], progress: Progress = _silent) -> dict[str, Any]:
    """Return what some files are, and what of them may be assessed.

    Raises:
        InputError: one of them cannot be read as a scan.
    """
    found = []
    files = files_of(paths)
    for number, path in enumerate(files):
        found.append(_read(open_scan(path)))
        progress(number + 1, len(files))
    return {"schema": READ_SCHEMA, "scans": found}


def _read(scan: ScanImage) -> dict[str, Any]:
    with _libraries():
        from headwater.engines.scan.assess import cannot
        from headwater.engines.scan.normalise import normalise
    reasons = [*cannot(scan), *scan.notes]
    starved, saturated, dead = 0.0, 0.0, list[int]()
    if scan.is_counts:
        seen = normalise(scan)
        starved, saturated, dead = float(seen.starved.mean()), float(seen.saturated.mean()), list(seen.dead_rows)
    able = scan.is_counts and not cannot(scan)
    sizes = {"x": scan.meta.mm_x, "y": scan.meta.mm_y}
    return {
        "file": scan.file,
        "sha256": scan.sha256,
        "format": str(scan.format),
        "image_kind": str(scan.image_kind),
        "width": scan.width,
        "height": scan.height,
        "channels": list(scan.meta.channels),
        "bits": scan.bits,
        "mm_per_px": sizes,
        "assessed": {"material": able, "detect": able, "reasons": list(dict.fromkeys(reasons))},
        "quality": {"starved": round(starved, 6), "saturated": round(saturated, 6), "dead_rows": dead},
    }


def calibrate_file(wedge: Path, out: Path) -> dict[str, Any]:
    """Write the calibration that a wedge's table gives, and return what it holds.

    Raises:
        InputError: the table lacks a column, or is no wedge.
    """
    with _libraries():
        from headwater.engines.scan.material import WedgeStep, calibrate, document_of
    try:
        rows = list(csv.DictReader(io.StringIO(bytes_of(wedge).decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as error:
        raise FormatError("not a CSV table", where=wedge.name) from error
    if not rows or not set(WEDGE) <= set(rows[0]):
        raise SchemaError(f"a wedge without the columns {', '.join(WEDGE)}", where=wedge.name)
    steps = []
    for line, row in enumerate(rows, 2):
        try:
            areal, low, high = (float(row[name]) for name in WEDGE[1:])
        except (TypeError, ValueError) as error:
            raise SchemaError("a step without a number", where=Place(file=wedge.name, line=line)) from error
        steps.append(WedgeStep(str(row["material"]).strip(), areal, low, high))
    made = calibrate(steps)
    write(out, json.dumps(document_of(made)).encode())
    return {"schema": CALIBRATION_SCHEMA, "file": str(out), "materials": list(made.names), "steps": len(steps)}


def material_file(image: Path, calibration: Path | None, out: Path) -> dict[str, Any]:
    """Write areal density, material index and its sigma of a scan as three pages, and return a summary.

    Raises:
        InputError: the scan has no two spectra, or a file cannot be read.
    """
    with _libraries():
        import numpy as np

        from headwater.engines.scan.assess import cannot
        from headwater.engines.scan.material import calibration_of, computed, materials, nearest_system
        from headwater.engines.scan.normalise import normalise
        from headwater.formats.scan_write import values_tiff
    scan = open_whole(image)
    why = cannot(scan)
    if why or not scan.is_counts:
        raise SchemaError((why or ["no counts"])[0], where=Place(file=scan.file, field="channels"))
    used = computed(nearest_system(scan.meta)) if calibration is None else calibration_of(json_object(calibration))
    found = materials(normalise(scan), used)
    pages = [found.areal, found.index, found.sigma]
    told = {
        "schema": "headwater.scan.material/1",
        "of": scan.sha256,
        "pages": ["areal_g_cm2", "index", "sigma"],
        "calibration": used.source,
    }
    write(out, values_tiff(pages, json.dumps(told)))
    known = np.isfinite(found.index)
    return {
        **told,
        "file": str(out),
        "not_assessed": round(float(1 - np.isfinite(found.areal).mean()), 6),
        "index_known": round(float(known.mean()), 6),
    }


@dataclass(slots=True)
class Watching:
    """What a run of `detect` needs: model, site, threshold; and what of the machine has been seen so far."""

    model: Any
    site: Any
    point: Any
    digest: str | None
    drift: Any
    calibration: Any = None
    card: dict[str, Any] | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)


def watching(
    site_file: Path | None, declared_fa: float, model: str | None, calibration: Path | None = None
) -> Watching:
    """Return what scans are judged with.

    Raises:
        InputError: a file cannot be used.
        SchemaError: the site was made with another model.
    """
    with _libraries():
        from headwater.engines.scan.material import calibration_of
        from headwater.engines.scan.site import Drift, operating_point, site_of
        from headwater.node.scan_model import load
    loaded = load(model)
    site, digest = loaded.base, None
    if site_file is not None:
        site, digest = site_of(json_object(site_file)), sha256(bytes_of(site_file)).hexdigest()
        if site.model != loaded.sha256:
            raise SchemaError(
                "a site file made with another model", where=site_file.name, fix="run headwater scan site again"
            )
    point = operating_point(site.clean, declared_fa, own=site.own)
    wedge = None if calibration is None else calibration_of(json_object(calibration))
    return Watching(loaded, site, point, digest, Drift(site.monitors), wedge)


def detect_one(scan: ScanImage, using: Watching) -> tuple[dict[str, Any], Any, list[Any]]:
    """Return the document of one scan, what was worked out from it, and its alarms."""
    from headwater.engines.scan import assess
    from headwater.engines.scan.explain import not_assessed
    from headwater.engines.scan.site import shown

    judged = assess.judge(scan, using.model.detector, using.calibration)
    alarms = assess.alarms(judged, using.site, using.point)
    value = assess.score(judged, using.site.laws)
    changed, statistic = using.drift.take(assess.monitors(judged)) if judged.seen is not None else (False, 0.0)
    able = judged.grid is not None
    point = using.point
    return (
        {
            "file": scan.file,
            "sha256": scan.sha256,
            "image_kind": str(scan.image_kind),
            "taken_at": scan.meta.taken_at,
            "evidence": assess.is_evidence(scan),
            "score": None if value is None else round(shown(value), 8),
            "assessed": {"material": able, "detect": able, "reasons": [*judged.reasons, *scan.notes]},
            "not_assessed": not_assessed(judged.seen, scan) if judged.seen is not None else [],
            "operating_point": {
                "declared_fa": point.declared_fa,
                "site": using.digest,
                "clean_scans": point.clean_scans if using.site.own else 0,
                "fa_interval95": None if point.interval is None else [round(value, 5) for value in point.interval],
                "evaluated": point.evaluated,
            },
            "drift": {"alarm": changed, "statistic": round(statistic, 3)},
            "model": {"id": using.model.id, "sha256": using.model.sha256},
            "alarms": [alarm.document(number) for number, alarm in enumerate(alarms, 1)],
        },
        judged,
        alarms,
    )


@dataclass(frozen=True, slots=True)
class Outputs:
    """Where `detect` writes: findings as JSON lines, pictures, DICOS reports; none where left out."""

    findings: Path | None = None
    overlays: Path | None = None
    reports: Path | None = None


def detect_files(
    paths: Sequence[Path], using: Watching, out: Outputs = Outputs(), progress: Progress = _silent
) -> dict[str, Any]:
    """Return what may be hidden in some scans; scans with a possible person come first in the findings.

    Raises:
        InputError: a file cannot be used; nothing was written for it.
        StoreIoError: the disk refuses.
    """
    for folder in (out.overlays, out.reports):
        if folder is not None:
            make_folder(folder)
    found, lines, taken = [], list[dict[str, Any]](), set[str]()
    for scan in each_scan(paths, progress):
        document, judged, _ = detect_one(scan, using)
        name = _free_name(scan, taken)
        found.append(document)
        lines += [
            {"file": scan.file, "sha256": scan.sha256, "evidence": document["evidence"], **alarm}
            for alarm in document["alarms"]
        ]
        if out.overlays is not None:
            _draw(out.overlays / f"{name}.png", document, judged)
        if out.reports is not None:
            write(out.reports / f"{name}.tdr.dcs", _report(document))
    if out.findings is not None:
        lines.sort(key=lambda line: (line["queue"] != "rescue", -line["score"]))
        write(out.findings, b"".join(json.dumps(line).encode() + b"\n" for line in lines))
    return {"schema": DETECT_SCHEMA, "scans": found}


def _free_name(scan: ScanImage, taken: set[str]) -> str:
    """Return what the pictures of a scan are called: two lanes may count their scans from one, and neither overwrites the other's."""
    stem = Path(scan.file).stem
    name = stem if stem not in taken else f"{stem}-{scan.sha256[:12]}"
    taken.add(name)
    return name


def _draw(out: Path, document: dict[str, Any], judged: Any) -> None:  # noqa: ANN401 - what the engine worked out
    """Write the picture of a scan; where a person may be inside, another one for the rescue queue."""
    from headwater.engines.scan.overlay import coloured, overlay
    from headwater.formats.scan_write import png

    if judged.seen is None:
        return
    picture = coloured(judged.seen, judged.found)
    write(out, png(overlay(judged.scan, picture, document["alarms"], document["not_assessed"])))
    if any(alarm["queue"] == "rescue" for alarm in document["alarms"]):
        make_folder(out.parent / "rescue")
        write(
            out.parent / "rescue" / out.name,
            png(overlay(judged.scan, picture, document["alarms"], document["not_assessed"], rescue=True)),
        )


def _report(document: dict[str, Any]) -> bytes:
    from headwater.formats.scan_dicos import Threat, write_tdr

    threats = tuple(
        Threat(tuple(alarm["box_px"]), DICOS_CATEGORY.get(alarm["class"], "OTHER"), f"{alarm['queue']}: {alarm['reasons'][0]}"[:1000], alarm["score"])
        for alarm in document["alarms"]
    )  # fmt: skip
    return write_tdr(threats, of=document["sha256"], moment=datetime.now(UTC).strftime("%Y%m%d%H%M%S"))


def outlook(using: Watching) -> str:
    """Return in plain words what a day of looking with this threshold brings."""
    from headwater.engines.scan.site import expected

    return expected(using.point, 1000, None, PREVALENCE)


def _path_of(scan: ScanImage, files: Sequence[Path]) -> Path:
    """Return the file of a scan: by its name, and by its bytes where two folders hold one of that name."""
    named = [path for path in files if path.name == scan.file]
    return named[0] if len(named) == 1 else next(path for path in named if open_scan(path).sha256 == scan.sha256)


def site_files(clean: Sequence[Path], out: Path, model: str | None, progress: Progress = _silent) -> dict[str, Any]:
    """Write what a site's clean scans say of it, and return a summary that says when they are too few.

    Passes of one vehicle among them (by plate or identifier) also set the threshold of `compare`. A file that is there twice
    counts once: copies are no scans more.

    Raises:
        InputError: a scan cannot be used.
    """
    with _libraries():
        from headwater.engines.scan import assess
        from headwater.engines.scan.site import document_of, fit, needed
        from headwater.node.scan_compare import pair_scores
        from headwater.node.scan_model import load
    loaded = load(model)
    scores, watched, passes, skipped = [], [], list[tuple[str, Path]](), 0
    files, seen, copies = files_of(clean), set[str](), 0
    for scan in each_scan(clean, progress):
        if scan.sha256 in seen:
            copies += 1
            continue
        seen.add(scan.sha256)
        judged = assess.judge(scan, loaded.detector)
        if judged.grid is None:
            skipped += 1
            continue
        scores.append(judged.scores)
        watched.append(assess.monitors(judged))
        key = scan.meta.plate or scan.meta.vehicle_id
        if key:
            passes.append((key, _path_of(scan, files)))
    if not scores:
        raise SchemaError("no scan that can be assessed", where=str(clean[0]))
    pairs = pair_scores(passes)
    made = fit(scores, watched, pairs, loaded.base)
    write(out, json.dumps(document_of(made)).encode())
    short = [f"{level:.0%}" for level in (0.01, 0.05) if len(scores) < needed(level)]
    warnings = (
        [
            f"{len(scores)} clean scans are too few to promise {' or '.join(short)} false alarms; {needed(0.01)} are needed for 1%"
        ]
        if short
        else []
    )
    if skipped:
        warnings.append(f"{skipped} scan(s) left out: one energy, or no counts")
    if copies:
        warnings.append(f"{copies} scan(s) left out: the same file again, and copies are no scans more")
    return {
        "schema": "headwater.scan.site/1",
        "file": str(out),
        "clean_scans": len(scores),
        "pairs": len(pairs),
        "drift_band": bool(made.monitors),
        "warnings": warnings,
    }


__all__ = [
    "InputError",
    "Outputs",
    "Watching",
    "calibrate_file",
    "detect_files",
    "detect_one",
    "each_scan",
    "material_file",
    "open_scan",
    "open_whole",
    "outlook",
    "read_files",
    "site_files",
    "watching",
]
