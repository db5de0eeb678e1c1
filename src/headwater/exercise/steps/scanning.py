"""Scanning: a van of the exercise is X-rayed, rescue is called, the finding keeps the hash of its image, and a made image is refused."""

import hashlib
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from headwater.exercise.scenario import PLATE, USERS
from headwater.exercise.stage import Stage, StepFailedError
from headwater.formats.scan_write import neutral_tiff
from headwater.model.scan import ImageKind

SEED: Final = 20_261
INPUT: Final = "input"
SCANNER: Final = "exercise-portal"


def scan_van(stage: Stage, *, planted: bool) -> str:
    """X-ray an invented van with a person in it at Belgrade's border; planted: the image is cut short on its way."""
    folder = stage.folder / INPUT
    folder.mkdir(exist_ok=True)
    path, truth = _in_a_process_of_its_own(folder)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if planted:
        path.write_bytes(path.read_bytes()[:100_000])
    rs, user = stage.houses["rs"], USERS["rs"][0]
    pictures = stage.folder / "scan-pictures"
    answer = stage.command(
        rs, "scan", "detect", path, "--fa", "0.05", "--overlay", pictures, "--home", rs.home, user=user
    )
    (scan,) = answer["scans"]
    person = next((alarm for alarm in scan["alarms"] if alarm["class"] == "person"), None)
    if person is None or scan["alarms"][0] is not person or person["queue"] != "rescue":
        raise StepFailedError("the person was not found, or not put first")
    middle = (person["box_px"][0] + person["box_px"][2]) / 2
    if not truth["box_px"][0] - 20 <= middle <= truth["box_px"][2] + 20:
        raise StepFailedError("the person was found where none is")
    shown = stage.command(rs, "findings", "show", answer["kept"][0], user=user)
    if scan["sha256"] != digest or digest not in json.dumps(shown):
        raise StepFailedError("the finding does not name the hash of its image")
    made = stage.command(
        None, "scan", "tip", path, "--item", "pistol", "--seed", "1", "--out", stage.folder / "scan-tip"
    )
    stage.command(rs, "scan", "detect", made["files"][0], "--home", rs.home, user=user, exits=77)
    if not (pictures / "rescue" / f"{path.stem}.png").is_file():
        raise StepFailedError("no picture was drawn for the rescue queue")
    return (
        f"a person found in a van with {truth['cargo']}, first in line; {answer['findings']} finding(s) rest on image {digest[:12]}; "
        f"not evaluated at this site, and said so; an image with a pistol put in was refused as evidence; pictures in {pictures.name}"
    )


def _in_a_process_of_its_own(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Write the van where the projector's 200 MB go away with the process: the exercise lives on small machines."""
    words = [sys.executable, "-m", "headwater.exercise.steps.scanning", str(folder)]
    done = subprocess.run(words, capture_output=True, check=False)  # noqa: S603 - our own module
    if done.returncode:
        raise StepFailedError(f"the van was not X-rayed: {done.stderr.decode(errors='replace')[-300:]}")
    told = json.loads(done.stdout)
    return Path(told["path"]), told["truth"]


def write_van(folder: Path) -> tuple[Path, dict[str, Any]]:
    """Write the scan of the invented van as the exercise's portal gives it, and return it with the truth.

    Within the exercise the portal is real, so the image says operational; everything about it is invented, and its scanner says so.
    """
    import numpy as np

    from headwater.exercise.vehicles.scenes import PORTAL, make_scene, render

    draw = np.random.default_rng(SEED)
    made = render(make_scene("van", draw, PORTAL, loaded="furniture", item="person"), PORTAL, draw)
    meta = replace(
        made.meta, image_kind=ImageKind.OPERATIONAL, scanner=SCANNER, plate=PLATE, persons_possible=True, dose_usv=0.1
    )
    path = folder / "van.tif"
    path.write_bytes(neutral_tiff(made.pixels, meta, fiction="Exercise. Vehicle, load and person are invented."))
    return path, made.truth


if __name__ == "__main__":
    written, what = write_van(Path(sys.argv[1]))
    sys.stdout.write(json.dumps({"path": str(written), "truth": what}))
