"""Bring the scripts, fonts and map lines that the analyst's page ships: pinned, pressed, listed, the same at every run.

    cd assets && npm ci --ignore-scripts && cd .. && python tools/vendor.py [--check]

npm only fetches what ``assets/package-lock.json`` pins by its hash; nothing of it runs. What is used is copied to
``src/headwater/web/static/vendor/``; fonts are cut to the letters of the page's languages, the map to its region. Then
every file under ``static/`` that presses well gets its twins ``.gz`` and ``.br``, and ``SHA256SUMS`` names them all.
``--check`` writes nothing and fails where a run would change a file; ``--twins`` leaves the vendored files as they are.
"""

import argparse
import gzip
import hashlib
import io
import json
import sys
from pathlib import Path
from typing import Final

import brotli
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.basemap import base_map

ROOT: Final = Path(__file__).resolve().parent.parent
ASSETS: Final = ROOT / "assets"
STATIC: Final = ROOT / "src" / "headwater" / "web" / "static"
COPIES: Final = {
    "maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "cytoscape.mjs": "cytoscape/dist/cytoscape.esm.min.mjs",
}
"""Name under ``vendor/`` and the file in its package, byte for byte."""
FONTS: Final = {
    "noto-sans-latin.woff2": ("latin", None),
    "noto-sans-cyrillic.woff2": ("cyrillic", None),
    "noto-sans-latin-ext.woff2": ("latin-ext", range(0x0100, 0x0180)),
}
"""Name under ``vendor/``, subset of the package, and the letters that are kept where not all are."""
LICENCES: Final = {
    "@fontsource-variable/noto-sans": "LICENSE",
    "cytoscape": "LICENSE",
    "maplibre-gl": "LICENSE.txt",
    "world-atlas": "LICENSE",
}
PRESSED: Final = frozenset({".css", ".js", ".json", ".mjs", ".svg", ".txt"})
TWINS: Final = (".br", ".gz")
SUMS: Final = "SHA256SUMS"


def main(arguments: list[str]) -> int:
    """Write the files, or tell what a run would change; return the exit code."""
    parser = argparse.ArgumentParser(description="Bring what the analyst's page ships.")
    parser.add_argument("--check", action="store_true", help="write nothing; fail where a run would change a file")
    parser.add_argument("--twins", action="store_true", help="leave the vendored files; renew twins and sums only")
    chosen = parser.parse_args(arguments)
    wanted = {} if chosen.twins else _vendored(ASSETS / "node_modules")
    if chosen.twins:
        wanted = {f"vendor/{path.name}": path.read_bytes() for path in _plain(STATIC / "vendor")}
    own = {
        path.relative_to(STATIC).as_posix(): path.read_bytes()
        for path in _plain(STATIC)
        if path.parent.name != "vendor"
    }
    wanted = _with_twins({**own, **wanted})
    changed = sorted(_changed(wanted))
    if chosen.check:
        print("\n".join(f"vendor: {name} would change" for name in changed) or "vendor: nothing would change")
        return 1 if changed else 0
    for name in changed:
        path = STATIC / name
        if name in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(wanted[name])
        else:
            path.unlink()
    print(f"vendor: {len(changed)} of {len(wanted)} files changed")
    return 0


def _plain(folder: Path) -> list[Path]:
    """Return the files of a folder that are no twins, in order."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if path.suffix not in TWINS and path.name != SUMS)


def _vendored(packages: Path) -> dict[str, bytes]:
    if not packages.is_dir():
        raise SystemExit("vendor: run `npm ci --ignore-scripts` in assets/ first")
    files = {f"vendor/{name}": (packages / path).read_bytes() for name, path in COPIES.items()}
    fonts = packages / "@fontsource-variable" / "noto-sans"
    for name, (part, letters) in FONTS.items():
        data = (fonts / "files" / f"noto-sans-{part}-wght-normal.woff2").read_bytes()
        files[f"vendor/{name}"] = data if letters is None else _cut(data, letters)
    atlas = json.loads((packages / "world-atlas" / "countries-10m.json").read_bytes())
    files["vendor/region.json"] = json.dumps(base_map(atlas), separators=(",", ":")).encode()
    files["vendor/LICENCES.txt"] = _licences(packages)
    return files


def _cut(data: bytes, letters: range) -> bytes:
    """Return a font with some letters only, in the same format, with no time of its making in it."""
    options = Options(flavor="woff2", layout_features=["*"], notdef_outline=True, recalc_timestamp=False)
    font = TTFont(io.BytesIO(data), recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font.flavor = "woff2"
    out = io.BytesIO()
    font.save(out)
    return out.getvalue()


def _licences(packages: Path) -> bytes:
    parts = ["Software, fonts and map lines of others in this folder, with their licences.\n"]
    for name, text in LICENCES.items():
        about = json.loads((packages / name / "package.json").read_bytes())
        parts.append(f"{'=' * 78}\n{name} {about['version']} ({about['license']})\n{'=' * 78}\n")
        parts.append((packages / name / text).read_text(encoding="utf-8").replace("\r\n", "\n").strip() + "\n")
    parts.append(f"{'=' * 78}\nregion.json\n{'=' * 78}\n")
    parts.append("Cut from Natural Earth 1:10m, public domain, as packed by world-atlas.\n")
    return "\n".join(parts).encode()


def _with_twins(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the files with their pressed twins and the list of their hashes."""
    all_files = dict(files)
    for name, data in files.items():
        if Path(name).suffix in PRESSED:
            all_files[name + ".gz"] = gzip.compress(data, 9, mtime=0)
            all_files[name + ".br"] = brotli.compress(data, quality=11)
    lines = [f"{hashlib.sha256(all_files[name]).hexdigest()}  {name}\n" for name in sorted(all_files)]
    all_files[SUMS] = "".join(lines).encode()
    return all_files


def _changed(wanted: dict[str, bytes]) -> set[str]:
    """Return the files that a run would write or take away."""
    present = {path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file()}
    written = {name for name, data in wanted.items() if name not in present or (STATIC / name).read_bytes() != data}
    return written | (present - wanted.keys())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
