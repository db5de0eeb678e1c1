"""JSON-LD as bytes: one vertex a line, so that a person can read it and a thousand of them are written at once."""

from collections.abc import Iterable, Mapping

from headwater.case.manifest import quick_canonical


def document_bytes(context: object, vertices: Iterable[Mapping[str, object]]) -> bytes:
    """Return a document of a context and a graph."""
    graph = b",\n".join(quick_canonical(vertex) for vertex in vertices)
    return b'{"@context":' + quick_canonical(context) + b',"@graph":[\n' + graph + b"\n]}\n"
