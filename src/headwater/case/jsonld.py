"""JSON-LD as bytes: one vertex a line, so that a person can read it and a thousand of them are written at once."""

from collections.abc import Iterable, Mapping

from headwater.case.manifest import quick_canonical


def document_bytes(context: object, vertices: Iterable[Mapping[str, object]]) -> bytes:
    """Return a document of a context and a graph."""
    return document_of(context, map(quick_canonical, vertices))


def document_of(context: object, lines: Iterable[bytes]) -> bytes:
    """Return a document of a context and a graph whose vertices are canonical bytes already."""
    return b'{"@context":' + quick_canonical(context) + b',"@graph":[\n' + b",\n".join(lines) + b"\n]}\n"
