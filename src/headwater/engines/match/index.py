"""The index: one immutable run of bytes that holds all that a query needs of its lists, read in place without parsing.

::

    "HWMATCH1"  8 bytes
    length of the head, 8 bytes little-endian
    head: JSON {"arrays": {name: [type, count, offset]}, "lists": [...], "names": n, "entries": n}
    arrays, each at a multiple of 64 from the start

Texts are held as one UTF-8 array with line feeds between them, or with an array of offsets where they are read singly.
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headwater.errors import InputError, MissingExtraError, StoreCorruptError
from headwater.model.canonical import decode, meet

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INDEX_VERSION: Final = 7
"""Goes into the index's name: another layout or other keys make another index."""
KEYS_VERSION: Final = 6
"""Goes into findings: other keys may find other candidates, another layout finds the same."""
_MAGIC: Final = b"HWMATCH1"
_ALIGN: Final = 64


NAME_FACTS: Final = ("name", "alias", "previousName", "weakAlias")
"""Properties that hold a name; the place in this tuple is the number that the index keeps."""
WEAK: Final = NAME_FACTS.index("weakAlias")


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """One list entry, as an answer needs it.

    Attributes:
        record, key: where it stands: the record's identifier, the entity's key.
        schema: entity type.
        source, version, file, sha256, place: the list, its version, the file and the row or element.
        dates, countries, genders, numbers: facts to compare, each with the place of its fact in the record.
        handling: number of the record's handling in the index.
    """

    record: str
    key: str
    schema: str
    source: str
    version: str
    file: str
    sha256: str
    place: str
    dates: tuple[tuple[str, int], ...] = ()
    countries: tuple[tuple[str, int], ...] = ()
    genders: tuple[tuple[str, int], ...] = ()
    numbers: tuple[tuple[str, int], ...] = ()
    handling: int = 0


class ListHead(msgspec.Struct, frozen=True):
    """One list in the index: its source, its version and how many entries it has."""

    source: str
    version: str
    entries: int
    sha256: str = ""


class Head(msgspec.Struct, frozen=True):
    """What stands before the arrays."""

    arrays: dict[str, tuple[str, int, int]]
    lists: tuple[ListHead, ...]
    names: int
    entries: int


@dataclass(frozen=True, slots=True)
class Index:
    """An index opened for reading: views into its bytes, nothing copied.

    Attributes:
        data: the bytes themselves, for whoever hands the index to another process.
        head: what stands before the arrays.
        arrays: by name.
    """

    data: memoryview
    head: Head
    arrays: Mapping[str, "NDArray[Any]"]
    _texts: dict[str, list[str]] = field(default_factory=dict, repr=False, compare=False)

    def texts(self, name: str) -> list[str]:
        """Return all texts of an array that holds one a line, laid out once."""
        if name not in self._texts:
            self._texts[name] = self.arrays[name].tobytes().decode().split("\n")[:-1]
        return self._texts[name]

    def text(self, name: str, at: int) -> str:
        """Return one text of an array with offsets."""
        offsets = self.arrays[f"{name}.at"]
        return self.arrays[name][offsets[at] : offsets[at + 1]].tobytes().decode()

    def entry(self, at: int) -> Entry:
        """Return one list entry."""
        offsets = self.arrays["entry.at"]
        return msgspec.msgpack.decode(self.arrays["entry"][offsets[at] : offsets[at + 1]].tobytes(), type=Entry)


def need_numpy() -> None:
    """Refuse to go on without the libraries of this engine.

    Raises:
        MissingExtraError: numpy or rapidfuzz is not installed.
    """
    for library in ("numpy", "rapidfuzz"):
        if find_spec(library) is None:
            raise MissingExtraError("match", library)


def pack(arrays: Mapping[str, "NDArray[Any]"], lists: Sequence[ListHead], *, names: int, entries: int) -> bytes:
    """Return the bytes of an index."""
    places: dict[str, tuple[str, int, int]] = {}
    offset = 0
    for name, array in arrays.items():
        places[name] = (array.dtype.str, array.size, offset)
        offset += -(-array.nbytes // _ALIGN) * _ALIGN
    head = msgspec.json.encode(Head(places, tuple(lists), names, entries))
    start = -(-(len(_MAGIC) + 8 + len(head)) // _ALIGN) * _ALIGN
    out = bytearray(start + offset)
    out[: len(_MAGIC) + 8] = _MAGIC + struct.pack("<Q", len(head))
    out[len(_MAGIC) + 8 : len(_MAGIC) + 8 + len(head)] = head
    for name, array in arrays.items():
        at = start + places[name][2]
        out[at : at + array.nbytes] = array.tobytes()
    return bytes(out)


def unpack(data: memoryview | bytes) -> Index:
    """Return an index over its bytes, which must stay in place while it is used.

    Raises:
        StoreCorruptError: the bytes are no index of this version.
    """
    import numpy as np

    view = memoryview(data)
    begin = len(_MAGIC) + 8
    if len(view) < begin or bytes(view[: len(_MAGIC)]) != _MAGIC:
        raise StoreCorruptError("a screening index with another beginning")
    (length,) = struct.unpack("<Q", view[len(_MAGIC) : begin])
    if length > len(view):
        raise StoreCorruptError("a screening index cut short")
    meet(Entry)
    try:
        head = decode(bytes(view[begin : begin + length]), Head)
        start = -(-(begin + length) // _ALIGN) * _ALIGN
        arrays = {
            name: np.frombuffer(view, dtype=kind, count=count, offset=start + offset) if count else np.zeros(0, kind)
            for name, (kind, count, offset) in head.arrays.items()
        }
    except (InputError, ValueError, TypeError) as error:
        raise StoreCorruptError("a screening index whose head does not fit its body") from error
    return Index(view, head, arrays)


def lines(texts: Sequence[str]) -> "NDArray[np.uint8]":
    """Return texts as one array, one a line."""
    import numpy as np

    return np.frombuffer("".join(f"{text}\n" for text in texts).encode(), dtype=np.uint8)


def with_offsets(name: str, items: Sequence[bytes]) -> dict[str, "NDArray[Any]"]:
    """Return items as one array and the array of their offsets."""
    import numpy as np

    offsets = np.zeros(len(items) + 1, dtype=np.int64)
    np.cumsum([len(item) for item in items], out=offsets[1:])
    return {name: np.frombuffer(b"".join(items), dtype=np.uint8), f"{name}.at": offsets}


def postings(name: str, keys: "NDArray[np.int32]", values: "NDArray[np.int32]", size: int) -> dict[str, "NDArray[Any]"]:
    """Return, for every key, its values without repeats, as one array and the array of offsets."""
    import numpy as np

    both = np.unique(keys.astype(np.int64) << 32 | values.astype(np.int64))
    counts = np.bincount((both >> 32).astype(np.int64), minlength=size) if both.size else np.zeros(size, np.int64)
    offsets = np.zeros(size + 1, dtype=np.int64)
    np.cumsum(counts, out=offsets[1:])
    return {name: (both & 0xFFFFFFFF).astype(np.int32), f"{name}.at": offsets}
