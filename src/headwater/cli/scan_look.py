"""The part of `headwater scan` that looks at images: read, calibrate, material, site, detect, compare."""

from pathlib import Path

import click

from headwater.cli import door, options, scan_lines
from headwater.cli.opening import session_at
from headwater.cli.progress import bar
from headwater.cli.words import sentence, shown

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)
IMAGES = click.Path(path_type=Path)
SHARE = click.FloatRange(0.0, 1.0, min_open=True, max_open=True)


@click.command("read", epilog="Example: headwater scan read van.tif low.dcs high.dcs --json")
@click.argument("images", nargs=-1, required=True, type=IMAGES)
@options.as_json
def read_scans(*, images: tuple[Path, ...], as_json: bool) -> None:
    """Say what each IMAGE is, and what of it can be assessed. A folder means every scan in it."""
    from headwater.node import scan as use

    with bar("reading") as progress:
        document = use.read_files(images, progress)
    lines = []
    for one in document["scans"]:
        able = (
            shown("material and alarms can be assessed")
            if one["assessed"]["detect"]
            else "; ".join(map(sentence, one["assessed"]["reasons"]))
        )
        lines.append(
            f"{one['file']}: {one['format']}, {one['width']} x {one['height']}, {', '.join(one['channels'])}, {one['image_kind']}: {able}"
        )
    door.answer(document, lines, as_json=as_json)


@click.command("calibrate", epilog="Example: headwater scan calibrate wedge.csv --out calibration.json")
@click.argument("wedge", metavar="WEDGE.csv", type=FILE)
@click.option("--out", required=True, type=options.TO_WRITE, help="File for the calibration, JSON.")
@options.as_json
def calibrate_scans(*, wedge: Path, out: Path, as_json: bool) -> None:
    """Make a calibration from a wedge: columns material, areal_g_cm2, ln_t_low, ln_t_high; cellulose and steel at least."""
    from headwater.node import scan as use

    document = use.calibrate_file(wedge, out)
    door.answer(
        document,
        [
            shown(
                "{count} steps of {materials} in {out}",
                count=document["steps"],
                materials=", ".join(document["materials"]),
                out=out,
            )
        ],
        as_json=as_json,
    )


@click.command(
    "material", epilog="Example: headwater scan material van.tif --calibration calibration.json --out material.tif"
)
@click.argument("image", type=FILE)
@click.option(
    "--calibration", type=FILE, help="From `calibrate`; without it, computed from the spectra that the image names."
)
@click.option(
    "--out",
    required=True,
    type=options.TO_WRITE,
    help="TIFF of three float32 pages: g/cm², index, sigma; NaN is not assessed.",
)
@options.as_json
def material_scans(*, image: Path, calibration: Path | None, out: Path, as_json: bool) -> None:
    """Measure areal density and material of each pixel: index 0 is cellulose, 0.5 aluminium, 1 steel."""
    from headwater.node import scan as use

    document = use.material_file(image, calibration, out)
    door.answer(
        document,
        [f"{out}: {shown('{share:.1%} of the image is not assessed', share=document['not_assessed'])}"],
        as_json=as_json,
    )


@click.command("site", epilog="Example: headwater scan site clean/ --out site.json")
@click.argument("clean", nargs=-1, required=True, type=IMAGES)
@click.option("--out", required=True, type=options.TO_WRITE, help="File for thresholds and drift band, JSON.")
@click.option("--model", help="Path of your own model; without it, the one that ships.")
@options.as_json
def site_scans(*, clean: tuple[Path, ...], out: Path, model: str | None, as_json: bool) -> None:
    """Set thresholds from a site's own CLEAN scans, so that a declared share of false alarms holds there.

    Several passes of one vehicle (by plate or identifier) also set the threshold of `compare`.
    """
    from headwater.node import scan as use

    with bar("learning the site") as progress:
        document = use.site_files(clean, out, model, progress)
    made = shown(
        "{count} clean scans, {pairs} pairs of passes, in {out}",
        count=document["clean_scans"],
        pairs=document["pairs"],
        out=out,
    )
    warnings = [shown("warning: {text}", text=text) for text in document["warnings"]]
    door.answer(document, [made, *warnings], as_json=as_json)


@click.command("detect", epilog="Example: headwater scan detect van.tif --site site.json --fa 0.01 --overlay pictures")
@click.argument("images", nargs=-1, required=True, type=IMAGES)
@click.option("--site", type=FILE, help="From `site`; without it a finding reads: not evaluated at this site.")
@click.option("--fa", default=0.01, show_default=True, type=SHARE, help="Share of clean vehicles that may alarm.")
@click.option("--model", help="Path of your own model; without it, the one that ships.")
@click.option("--calibration", type=FILE, help="From `calibrate`.")
@click.option("--out", type=options.TO_WRITE, help="File for the findings, one JSON line each, rescue first.")
@click.option("--overlay", type=FOLDER, help="Folder for pictures; those of the rescue queue in rescue/.")
@click.option("--tdr", type=FOLDER, help="Folder for DICOS Threat Detection Reports.")
@options.home(required=False)
@options.acting("border-safety")
@options.as_json
def detect_scans(
    *,
    images: tuple[Path, ...],
    site: Path | None,
    fa: float,
    model: str | None,
    calibration: Path | None,
    out: Path | None,
    overlay: Path | None,
    tdr: Path | None,
    home: Path | None,
    user: str,
    purpose: str,
    as_json: bool,
) -> None:
    """Mark what may be hidden in each IMAGE: persons first, then drugs and weapons, with mass, material and reasons.

    With --home each image is kept by its hash and each alarm becomes a finding; a simulated or projected image is refused there (77).
    """
    from headwater.node import scan as use

    using = use.watching(site, fa, model, calibration)
    kept = None
    if home is not None:
        from headwater.node import scan_keep

        with session_at(home, user, purpose) as (node, session):
            kept = scan_keep.keep_files(node, session, images, using)
    with bar("looking") as progress:
        document = use.detect_files(images, using, use.Outputs(out, overlay, tdr), progress)
    lines = scan_lines.detected(document, using)
    if kept is not None:
        document = {**document, **kept}
        counts = {"images": kept["records"], "findings": kept["findings"]}
        lines += [shown("{images} image(s) kept, {findings} new finding(s)", **counts), *kept["outcomes"]]
    door.answer(document, lines, as_json=as_json)


@click.command(
    "compare", epilog="Example: headwater scan compare today.tif --reference last-empty.tif --site site.json"
)
@click.argument("new", type=FILE)
@click.option("--reference", required=True, type=FILE, help="The last empty pass of the same vehicle.")
@click.option("--site", type=FILE, help="From `site`, with clean pairs of passes in it.")
@click.option("--fa", default=0.05, show_default=True, type=SHARE, help="Share of clean pairs that may alarm.")
@click.option("--overlay", type=FOLDER, help="Folder for a picture of both passes.")
@options.as_json
def compare_scans(
    *, new: Path, reference: Path, site: Path | None, fa: float, overlay: Path | None, as_json: bool
) -> None:
    """Lay the last empty pass of the same vehicle under NEW, and say what was not there, or is gone, with its mass."""
    from headwater.node import scan_compare as use

    document = use.compare_files(new, reference, site, fa, overlay)
    door.answer(document, scan_lines.compared(document), as_json=as_json)
