"""`ro-crate-metadata.json`: the payload described as a Research Object Crate, RO-Crate 1.2."""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

from headwater.case.model import Matter
from headwater.model.times import format_instant

CRATE_FILE: Final = "ro-crate-metadata.json"
_KINDS: Final = {
    ".csv": "text/csv",
    ".jpg": "image/jpeg",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".jsonld": "application/ld+json",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".txt": "text/plain",
    ".xml": "application/xml",
}


def crate_bytes(matter: Matter, name: str, sizes: Mapping[str, int], titles: Mapping[str, str], at: datetime) -> bytes:
    """Return the crate of a payload.

    Args:
        name: name of the case, fit to leave.
        sizes: bytes of each file, by its path in the crate.
        titles: what a file is called, where that is more than its path.
        at: time of sealing.
    """
    files = [_file(path, sizes[path], titles.get(path, path)) for path in sorted(sizes)]
    terms = {
        "@id": "#handling",
        "@type": "CreativeWork",
        "name": "Handling",
        "description": "Each item may be used as its handling code in case.jsonld allows, and for this case only.",
    }
    root = {
        "@id": "./",
        "@type": "Dataset",
        "name": name,
        "description": f"Sealed case bundle of {matter.urn}: exhibits, statements, findings and their custody.",
        "datePublished": format_instant(at),
        "license": {"@id": "#handling"},
        "hasPart": [{"@id": file["@id"]} for file in files],
    }
    itself = {
        "@id": CRATE_FILE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.2"},
    }
    document = {"@context": "https://w3id.org/ro/crate/1.2/context", "@graph": [itself, root, terms, *files]}
    return (json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def paths_below(files: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Return paths in the crate and sizes, from paths in the bundle and sizes."""
    return {path.removeprefix("data/"): size for path, size in files}


def _file(path: str, size: int, title: str) -> dict[str, str]:
    kind = _KINDS.get(PurePosixPath(path).suffix)
    described = {"encodingFormat": kind} if kind else {}
    return {"@id": quote(path), "@type": "File", "name": title, "contentSize": str(size), **described}
