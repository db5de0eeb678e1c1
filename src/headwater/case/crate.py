"""`ro-crate-metadata.json`: the payload described as a Research Object Crate, RO-Crate 1.2."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final
from urllib.parse import quote

from headwater.case.data.verify import FileSum
from headwater.case.jsonld import document_bytes
from headwater.case.model import Matter
from headwater.model.ids import AuthorityId
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

_WHAT: Final = {
    "case.jsonld": "Exhibits and their chain of custody, as a CASE graph",
    "exhibits": "An exhibit, byte for byte as it was read into the case",
    "findings": "What an engine claimed, with its reasons and evidence",
    "schedules": "A paper of disclosure, PDF/A-3a and PDF/UA-1",
    "log.jsonl": "The lines of the node's ledger about the case",
    "statements": "A statement, byte for byte as it was read into the case",
}


def crate_bytes(
    matter: Matter,
    name: str,
    files: Iterable[FileSum],
    titles: Mapping[str, str],
    authority: AuthorityId,
    at: datetime,
) -> bytes:
    """Return the crate of a payload.

    Args:
        matter: the head of the case.
        name: name of the case, fit to leave.
        files: all that lies in the payload, but the crate itself.
        titles: what a file is called, by path, where that is more than its path.
        authority: who seals.
        at: time of sealing.
    """
    parts = [_file(file, titles) for file in sorted(files, key=lambda file: file.path)]
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
        "publisher": {"@id": f"#{authority}"},
        "hasPart": [{"@id": part["@id"]} for part in parts],
    }
    publisher = {"@id": f"#{authority}", "@type": "Organization", "name": authority}
    itself = {
        "@id": CRATE_FILE,
        "@type": "CreativeWork",
        "about": {"@id": "./"},
        "conformsTo": {"@id": "https://w3id.org/ro/crate/1.2"},
    }
    return document_bytes("https://w3id.org/ro/crate/1.2/context", [itself, root, terms, publisher, *parts])


def _file(file: FileSum, titles: Mapping[str, str]) -> dict[str, str]:
    path = file.path.removeprefix("data/")
    entity = {"@id": quote(path), "@type": "File", "name": titles.get(file.path, path), "contentSize": str(file.size)}
    entity["description"] = _WHAT[path.partition("/")[0]]
    kind = _KINDS.get("." + path.rpartition(".")[2])
    return {**entity, "encodingFormat": kind} if kind else entity
