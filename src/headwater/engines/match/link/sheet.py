"""Sheets: the columns of all units of one sort as Arrow holds them, texts as numbers, ready to be laid side by side.

A database compares two numbers many times faster than two texts, and a list of numbers is a quarter of a list of texts.
What is compared only for being the same or being in a list is therefore a number, given in the order of first appearance;
texts that are told apart by letters stay. Rows are taken in some thousands at a time: those of a million units would
otherwise fill Python's memory beside the units themselves.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from headwater.engines.match.link.columns import LISTS, MOST_SHARED, NUMBERED, SPELLED, Laid, near_in
from headwater.engines.match.link.units import Unit
from headwater.engines.match.link.values import Row

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

Near = Mapping[str, Mapping[str, Sequence[str]]]
"""Neighbours of each value of a column, by column."""
_BATCH: Final = 8192
_HALF: Final = 32
"""Bits of a place; a pair of two is one number of twice as many."""
_NAMES: Final = "family"
_ONE_BOOK: Final[Mapping[str, str]] = {
    **dict.fromkeys(("given", "words", "kin", "core", "title"), _NAMES),
    **dict.fromkeys(("births", "turned"), "birth"),
}
"""Columns whose values are laid beside another column's, and so are numbered with it."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """The columns of all units of one sort.

    Attributes:
        table: a row for each unit in its place; a text as its number, lists as lists of numbers.
        common: keys that so many units share that nobody is compared by them; they are in no row.
        paired: whether any two units share a key.
    """

    table: "pa.Table"
    common: int
    paired: bool

    def __len__(self) -> int:
        """Return how many units there are."""
        return int(self.table.num_rows)

    def pairs(self, most: int) -> "Iterator[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]":
        """Yield the pairs of units that share a key, each once, in their order; about so many at a time."""
        import numpy as np

        keys = self.table["keys"].combine_chunks()
        numbers, ends = keys.values.to_numpy(), keys.offsets.to_numpy()
        bearers = np.repeat(np.arange(len(self), dtype=np.int32), np.diff(ends))[np.argsort(numbers, kind="stable")]
        sizes = np.bincount(numbers)
        starts = np.cumsum(sizes) - sizes
        blocks = [bearers[starts[sizes == size][:, None] + np.arange(size)] for size in np.unique(sizes[sizes > 1])]
        for low, high in _spans(blocks, len(self), most):
            yield _pairs_from(blocks, low, high)

    def values(self, column: str) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
        """Return the units that have values in a column, each as often as it has some, and beside them the values."""
        import numpy as np
        import pyarrow as pa

        whole = self.table[column].combine_chunks()
        if not pa.types.is_list(whole.type):
            numbers = self.numbers(column)
            return np.flatnonzero(numbers >= 0), numbers[numbers >= 0]
        return np.repeat(np.arange(len(self)), np.diff(whole.offsets.to_numpy())), whole.values.to_numpy()

    def numbers(self, column: str) -> "np.ndarray[Any, Any]":
        """Return the number of each unit's value in a column, -1 where there is none."""
        found: np.ndarray[Any, Any] = self.table[column].fill_null(-1).to_numpy()
        return found


def sheet_of(units: Sequence[Unit], most: int = MOST_SHARED) -> Sheet:
    """Return the columns of units of one sort; a key that more than so many share compares nobody."""
    laid = Laid(units)
    return _sheet(laid.rows(), laid.near, most)


def sheet_of_rows(rows: Sequence[Row], most: int = MOST_SHARED) -> Sheet:
    """Return rows that were made and perhaps changed before as a sheet."""
    return _sheet(rows, lambda: near_in(rows), most)


def _sheet(rows: Iterable[Row], near: Callable[[], Near], most: int) -> Sheet:
    import pyarrow as pa

    parts = [_arrow(batch) for batch in _batches(rows)]
    if not parts:
        return Sheet(pa.table({}), 0, paired=False)
    whole = {name: pa.chunked_array([part[name] for part in parts]).combine_chunks() for name in parts[0]}
    del parts
    keys, common, paired = _shared(whole.pop("keys"), most)
    books: dict[str, list[str]] = {}
    for name in whole:
        if name not in SPELLED and name not in NUMBERED:
            books.setdefault(_ONE_BOOK.get(name, name), []).append(name)
    for names in books.values():
        found, values = _numbered({name: whole[name] for name in names})
        whole |= found
        if "family" in names:
            whole |= _neighbours(found, values, near())
    whole["keys"] = keys
    return Sheet(pa.table(whole), common, paired)


def _batches(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while batch := list(islice(waiting, _BATCH)):
        yield batch


def _arrow(rows: Sequence[Row]) -> "dict[str, pa.Array]":
    import pyarrow as pa

    def kind(name: str) -> "pa.DataType":
        if name in NUMBERED:
            return pa.int32()
        return pa.list_(pa.string()) if name in LISTS else pa.string()

    return {name: pa.array([row[name] for row in rows], kind(name)) for name in rows[0] if not name.endswith("_near")}


def _numbered(columns: "Mapping[str, pa.Array]") -> "tuple[dict[str, pa.Array], pa.Array]":
    """Return columns of texts with the texts as numbers, one book of them for all, and the texts by number."""
    import pyarrow as pa

    flat = [column.values if pa.types.is_list(column.type) else column for column in columns.values()]
    coded = pa.concat_arrays(flat).dictionary_encode()
    found, at = {}, 0
    for (name, column), values in zip(columns.items(), flat, strict=True):
        numbers = coded.indices.slice(at, len(values))
        at += len(values)
        if pa.types.is_list(column.type):
            numbers = pa.ListArray.from_arrays(column.offsets, numbers, mask=column.is_null())
        found[name] = numbers
    return found, coded.dictionary


def _neighbours(names: "Mapping[str, pa.Array]", values: "pa.Array", near: Near) -> "dict[str, pa.Array]":
    """Return for each column of names with neighbours the numbers of each row's neighbours."""
    import pyarrow as pa

    texts = values.to_pylist()
    number = {text: at for at, text in enumerate(texts)}
    found = {}
    for column, others in near.items():
        lists = [[number[one] for one in others.get(text) or () if one in number] or None for text in texts]
        found[f"{column}_near"] = pa.array(lists, pa.list_(pa.int32())).take(names[column])
    return found


def _shared(keys: "pa.Array", most: int) -> "tuple[pa.Array, int, bool]":
    """Return the keys that bring units together as numbers, how many are too common to, and whether there are any.

    A key of one unit alone compares nobody: leaving it out halves what the database has to explode.
    """
    import numpy as np
    import pyarrow as pa

    numbers = keys.values.dictionary_encode().indices.to_numpy()
    counts = np.bincount(numbers, minlength=1)
    kept = (counts > 1) & (counts <= most)
    here = kept[numbers]
    ends = np.concatenate(([0], np.cumsum(here)))[keys.offsets.to_numpy()]
    lists = pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(numbers[here], pa.int32()))
    return lists, int((counts > most).sum()), bool(kept.any())


def _spans(blocks: "Sequence[np.ndarray[Any, Any]]", count: int, most: int) -> Iterator[tuple[int, int]]:
    """Yield ranges of units whose pairs with later units are about so many, as blocks of equally many units have them."""
    import numpy as np

    later = np.zeros(count, np.int64)
    for members in blocks:
        size = members.shape[1]
        later += np.bincount(members.ravel(), np.tile(np.arange(size - 1, -1, -1), len(members)), count).astype(
            np.int64
        )
    total = np.cumsum(later)
    low = 0
    while low < count:
        before = total[low - 1] if low else 0
        high = max(low + 1, int(np.searchsorted(total, before + most, "right")))
        yield low, high
        low = high


def _pairs_from(
    blocks: "Sequence[np.ndarray[Any, Any]]", low: int, high: int
) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
    """Return the pairs, each once, whose first unit is in a range; in each block the units stand in their order."""
    import numpy as np

    found = [np.zeros(0, np.int64)]
    for members in blocks:
        for at in range(members.shape[1] - 1):
            first, others = members[:, at], members[:, at + 1 :]
            here = (first >= low) & (first < high)
            found.append(((first[here].astype(np.int64) << _HALF)[:, None] | others[here]).ravel())
    both = np.concatenate(found)
    both.sort()
    both = both[np.concatenate(([True], both[1:] != both[:-1]))] if len(both) else both
    return (both >> _HALF).astype(np.int32), (both & ((1 << _HALF) - 1)).astype(np.int32)
