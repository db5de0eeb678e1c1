"""Static files: read once, kept under an address that holds a hash over all of them, sent compressed where that is taken."""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

FOREVER: Final = "public, max-age=31536000, immutable"
_STORED: Final = {"br": ".br", "gzip": ".gz"}
_TEXT: Final = frozenset({".css", ".js", ".mjs", ".json", ".svg", ".txt"})
_TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".woff2": "font/woff2",
    ".webmanifest": "application/json",
}


@dataclass(frozen=True, slots=True)
class Static:
    """One file: its type, and its bytes by coding; the empty coding is the file as it is."""

    kind: str
    coded: Mapping[str, bytes]

    def best(self, accepts: str) -> tuple[str, bytes]:
        """Return the coding to send to a browser that takes some, and the bytes."""
        taken = {part.partition(";")[0].strip() for part in accepts.lower().split(",")}
        for coding in ("br", "gzip"):
            if coding in taken and coding in self.coded:
                return coding, self.coded[coding]
        return "", self.coded[""]


@dataclass(frozen=True, slots=True)
class Tree:
    """All static files.

    Attributes:
        name: hash over them; part of every address.
    """

    name: str
    found: Mapping[str, Static] = field(repr=False)

    def url(self, path: str) -> str:
        """Return the address of a file.

        Raises:
            KeyError: there is none; a template names it wrongly.
        """
        self.found[path]
        return f"/static/{self.name}/{path}"

    def has(self, path: str) -> bool:
        """Return whether there is such a file."""
        return path in self.found


@cache
def tree() -> Tree:
    """Return all static files of the wheel."""
    raw = dict(_walk(files("headwater.web") / "static", ""))
    digest = hashlib.sha256()
    found: dict[str, Static] = {}
    # The wheel leaves out the plain bytes of what is large and pressed: every browser takes gzip.
    names = {path.removesuffix(".gz") for path in raw if not path.endswith((".br", ".py"))}
    for path in sorted(names):
        data = raw[path] if path in raw else gzip.decompress(raw[path + ".gz"])
        digest.update(path.encode() + b"\0" + hashlib.sha256(data).digest())
        suffix = "." + path.rpartition(".")[2]
        coded = {"": data, **{name: raw[path + end] for name, end in _STORED.items() if path + end in raw}}
        if suffix in _TEXT and "gzip" not in coded:
            coded["gzip"] = gzip.compress(data, 9, mtime=0)
        kind = _TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
        found[path] = Static(kind + ("; charset=utf-8" if suffix in _TEXT else ""), coded)
    return Tree(digest.hexdigest()[:16], found)


def _walk(folder: Traversable, before: str) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    for each in folder.iterdir():
        if each.is_dir():
            found += _walk(each, f"{before}{each.name}/")
        else:
            found.append((before + each.name, each.read_bytes()))
    return found
