"""Made images for officers and machines: threat image projection into clean scans, and simulated vehicles. None is ever evidence."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from headwater.engines.scan.material import computed, nearest_system
from headwater.engines.scan.normalise import normalise
from headwater.engines.scan.tip import project_into, room_for
from headwater.errors import Place, SchemaError
from headwater.exercise.vehicles.items import ITEMS, extent, make_item, mass_kg
from headwater.exercise.vehicles.parts import pick
from headwater.exercise.vehicles.scenes import Machine, Scan, later_pass, make_scene, render, with_item
from headwater.formats.scan_write import neutral_tiff
from headwater.model.scan import ImageKind
from headwater.node.files import make_folder, write
from headwater.node.scan import open_whole

Progress = Callable[[int, int], None]
TIP_SCHEMA: Final = "headwater.scan.tip/1"
SIMULATE_SCHEMA: Final = "headwater.scan.simulate/1"
TRUTH: Final = "truth.jsonl"
KV_MM: Final = 2.5
"""Pixel of a kilovolt sandwich detector, at the vehicle."""
ROOM_CM: Final = (150.0, 120.0, 150.0)


def tip(clean: Path, item: str, seed: int, out: Path) -> dict[str, Any]:
    """Write a clean scan with an item in it, and return where it is.

    Raises:
        InputError: the scan has no two spectra, is itself made with an item in it, or there is no such item.
    """
    if item not in ITEMS:
        raise SchemaError("an unknown item", where=Place(field="item"), fix=f"use one of {', '.join(ITEMS)}")
    scan = open_whole(clean)
    if not scan.meta.is_dual or scan.meta.mm_x is None or scan.meta.mm_y is None:
        raise SchemaError(
            "one spectrum, or no size of a pixel: nothing can be put in", where=Place(file=scan.file, field="channels")
        )
    if scan.image_kind is ImageKind.TIP:
        raise SchemaError("an image that has an item in it already", where=Place(file=scan.file, field="image_kind"))
    draw = np.random.default_rng([seed, ITEMS.index(item)])
    solids = make_item(item, draw, pick(draw, ("hold", "hold", "floor", "bulkhead")), ROOM_CM)
    low, high = extent(solids)
    seen = normalise(scan)
    size = (high - low)[:2] / (scan.meta.mm_x / 10, scan.meta.mm_y / 10)
    centre = room_for(seen, (float(size[0]), float(size[1])), draw)
    middle = (low + high) / 2 / (scan.meta.mm_x / 10, scan.meta.mm_y / 10, 1.0)
    system = nearest_system(scan.meta)
    made = project_into(
        scan, seen, computed(system), system, solids, (centre[0] - float(middle[0]), centre[1] + float(middle[1])), draw
    )
    make_folder(out)
    name = f"{Path(scan.file).stem}-{item}-{seed}.tif"
    meta = replace(
        scan.meta, image_kind=ImageKind.TIP, air=scan.meta.air or tuple(float(one.max()) for one in scan.pixels)
    )
    write(out / name, neutral_tiff(made.pixels, meta, of=scan.sha256))
    truth = {
        "file": str(out / name), "item": item, "box_px": list(made.box), "mass_kg": round(mass_kg(solids), 3),
        "opaque_share": round(made.opaque_share, 4), "seed": seed,
    }  # fmt: skip
    _append(out, {**truth, "file": name})
    return {"schema": TIP_SCHEMA, "files": [str(out / name)], "truth": [truth]}


def simulate(  # noqa: PLR0913 - all of a made-up fleet, by keyword
    vehicle: str,
    item: str | None,
    count: int,
    seed: int,
    out: Path,
    *,
    system: str = "mv3.5_6",
    load: str | None = None,
    pair: bool = False,
    progress: Progress = lambda _done, _all: None,
) -> dict[str, Any]:
    """Write simulated scans with their truth, and return what was written. The same seed gives the same bytes.

    Args:
        vehicle: ``van`` or ``lorry``.
        item: one of `ITEMS`, or none.
        count: how many.
        seed: of the first; the others follow it.
        out: folder.
        system: kind of scanner.
        load: one of `loads.LOADS`; drawn where left out, empty for pairs.
        pair: whether each vehicle also passes earlier, empty, as a reference.
        progress: hears how far it is.

    Raises:
        SchemaError: an unknown vehicle, item, load or scanner.
    """
    machine = Machine(name=f"sim-{system}", system=system, mm=KV_MM if system.startswith("kv") else 5.0)
    make_folder(out)
    files, truths = [], []
    for number in range(count):
        draw = np.random.default_rng(seed + number)
        scene = make_scene(vehicle, draw, machine, loaded=load or ("empty" if pair else None))
        stem = f"{vehicle}-{item or 'clean'}-{seed + number}"
        now = later_pass(scene, draw) if pair else scene
        made = render(with_item(now, item, draw) if item else now, machine, draw)
        if pair:
            before = render(scene, machine, draw)
            files.append(_save(out, f"{stem}-ref.tif", before, stem))
            truths.append({"file": f"{stem}-ref.tif", "role": "reference", **before.truth, "seed": seed + number})
            made.truth["reference"] = f"{stem}-ref.tif"
        files.append(_save(out, f"{stem}.tif", made, stem))
        truths.append({"file": f"{stem}.tif", "role": "later" if pair else "scan", **made.truth, "seed": seed + number})
        progress(number + 1, count)
    for truth in truths:
        _append(out, truth)
    return {"schema": SIMULATE_SCHEMA, "files": files, "truth": truths}


def _save(out: Path, name: str, made: Scan, vehicle_id: str) -> str:
    write(out / name, neutral_tiff(made.pixels, replace(made.meta, vehicle_id=vehicle_id)))
    return str(out / name)


def _append(out: Path, truth: dict[str, Any]) -> None:
    """Add a line to a folder's truth; a file that is made again takes the place of its earlier line."""
    path = out / TRUTH
    kept = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    kept = [line for line in kept if line.strip() and json.loads(line).get("file") != truth["file"]]
    write(path, ("\n".join([*kept, json.dumps(truth)]) + "\n").encode())
