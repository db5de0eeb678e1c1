"""Write the bill of materials of what ships: every locked distribution with its version, hashes and licence (CycloneDX 1.6).

    python tools/sbom.py [--out FILE]

It is made from requirements/all.txt alone, in an order of its own and without a time, so that the same lock gives the same
bytes. Licences are what the installed packages say of themselves.
"""

import argparse
import json
import re
import sys
from collections.abc import Iterator, Sequence
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

ROOT: Final = Path(__file__).resolve().parent.parent
LOCKED: Final = ROOT / "requirements" / "all.txt"
_PINNED: Final = re.compile(r"^([a-z0-9][a-z0-9._-]*)==([^ ;\\]+)", re.MULTILINE)
_HASH: Final = re.compile(r"--hash=sha256:([0-9a-f]{64})")


def pinned(text: str) -> Iterator[tuple[str, str, list[str]]]:
    """Yield name, version and hashes of each distribution in a requirements file."""
    starts = list(_PINNED.finditer(text))
    for found, following in zip(starts, [*starts[1:], None], strict=True):
        block = text[found.start() : following.start() if following else len(text)]
        yield found[1], found[2], sorted(_HASH.findall(block))


def licence_of(name: str) -> str:
    """Return what an installed package says of its licence; empty where it is not installed here or says nothing."""
    try:
        said = metadata(name).json
    except PackageNotFoundError:
        return ""
    if said.get("license_expression"):
        return str(said["license_expression"])
    classed = [each.rpartition(" :: ")[2] for each in said.get("classifier", []) if each.startswith("License ::")]
    return "; ".join(classed) or str(said.get("license") or "").partition("\n")[0]


def bill(text: str, version: str) -> dict[str, Any]:
    """Return the bill of materials as a CycloneDX document."""
    components = []
    for name, number, hashes in sorted(pinned(text)):
        purl = f"pkg:pypi/{name}@{number}"
        component: dict[str, Any] = {"type": "library", "bom-ref": purl, "name": name, "version": number, "purl": purl}
        # One for each file that the index offers: whichever is installed, its hash is among them.
        component["externalReferences"] = [
            {
                "type": "distribution",
                "url": f"https://pypi.org/project/{name}/{number}/",
                "hashes": [{"alg": "SHA-256", "content": each} for each in hashes],
            }
        ]
        licence = licence_of(name)
        if licence:
            component["licenses"] = [{"license": {"name": licence}}]
        components.append(component)
    whole = {"type": "application", "bom-ref": "headwater", "name": "headwater", "version": version}
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, f'headwater {version} {text}')}",
        "version": 1,
        "metadata": {"component": {**whole, "licenses": [{"license": {"id": "Apache-2.0"}}]}},
        "components": components,
        "dependencies": [{"ref": "headwater", "dependsOn": [one["bom-ref"] for one in components]}],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the bill of materials."""
    from headwater import __version__

    parser = argparse.ArgumentParser(description="Write the bill of materials of what ships.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "headwater.cdx.json")
    given = parser.parse_args(arguments)
    made = bill(LOCKED.read_text("utf-8"), __version__)
    given.out.parent.mkdir(parents=True, exist_ok=True)
    given.out.write_text(json.dumps(made, indent=1) + "\n", encoding="utf-8")
    unknown = [one["name"] for one in made["components"] if "licenses" not in one]
    said = f"; licence not known here: {', '.join(unknown)}" if unknown else ""
    print(f"sbom: {len(made['components'])} distributions{said}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
