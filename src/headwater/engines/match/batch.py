"""A batch of queries against one index, by the compiled score: which listed names each could mean, and how well.

What comes out is a place to look and a figure to sort by; the readable code compares once more whatever may be a hit.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeAlias

from headwater.engines.match import sound, weights
from headwater.engines.match.align import EVERYTHING
from headwater.engines.match.build import schema_names
from headwater.engines.match.candidates import (
    BONES_CUTOFF,
    BONES_SHARE,
    KEPT,
    KEYED_SHARE,
    LEAST_SHARE,
    PART_CUTOFF,
    Finder,
)
from headwater.engines.match.coded import codes, ends, gathered, part_arrays, trait_arrays
from headwater.engines.match.features import FEATURES
from headwater.engines.match.index import WEAK
from headwater.engines.match.likeness import ENOUGH_BONES, FAMILY_ENDINGS
from headwater.engines.match.names import Name, Part, parse
from headwater.engines.match.score import Traits

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from headwater.engines.match import kernel

NO_TRAITS: Final = Traits()
FEWEST: Final = 200
"""Queries from which compiled code pays: numba takes half a second and 100 MB to load."""
_LONGEST_ENDING: Final = 6
FACTS: Final = ("plain", "first", "kind", "arabic", "alpha", "reading", "groups")
"""What is known of parts, in the order of the compiled code's columns."""
TRAITS: Final = ("date", "date.at", "country", "country.at", "gender")
Run: TypeAlias = "tuple[NDArray[np.uint32], NDArray[np.int64]]"
"""Texts in one run, and where each begins."""
Rows: TypeAlias = "tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]]"
"""Words near some parts, and how near each is: where those of each part begin, their numbers, their likeness."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One query as the compiled score takes it.

    Attributes:
        floor: log-odds of the name from which an entry is worth a look.
        least: log-odds of the whole from which it is.
    """

    name: Name | None
    schema: str
    person: bool
    floor: float
    traits: Traits = NO_TRAITS
    least: float = -math.inf


class Near(NamedTuple):
    """A listed name that a query could mean.

    Attributes:
        at: its number in the index.
        log_odds: of the names.
        whole: log-odds together with what stands beside the names, identifiers left out.
        worth: what of the two names is worth reading, as `align` takes it.
    """

    at: int
    log_odds: float
    whole: float
    worth: int


def available() -> bool:
    """Return whether compiled code can be had."""
    return find_spec("numba") is not None


class Batch:
    """The compiled score over one index; remembers what is near each part that was asked."""

    def __init__(self, index_finder: Finder, meets: Callable[[str, str], bool]) -> None:
        """Lay out the index; compiles on the first use on a machine, which takes some seconds."""
        import numpy as np

        from headwater.engines.match import kernel, kernel_among, kernel_beside, kernel_near

        self._kernel_among = kernel_among
        self._kernel, self._near_kernel, self._beside_kernel = kernel, kernel_near, kernel_beside
        self.finder = index_finder
        arrays = index_finder.index.arrays
        sounds, bones = codes(index_finder.sounds), codes(index_finder.bones)
        self._sounds = kernel_near.vocabulary(*codes(index_finder.rough))
        self._bones = kernel_near.vocabulary(*bones)
        self._words = _together(
            gathered(*sounds, arrays["part.of_sound"]), gathered(*bones, arrays["part.of_bones"]),
            {name: arrays[f"part.{name}"] for name in FACTS},
        )  # fmt: skip
        parts = _own(arrays["name.part"])
        self._names = kernel.Names(
            parts,
            _own(arrays["name.part.at"]),
            arrays["part.rarity"][parts].astype(np.float64),
            (arrays["name.kind"] == WEAK).astype(np.uint8),
        )
        keys = (
            "sound.names",
            "sound.names.at",
            "bones.names",
            "bones.names.at",
            "name.weight",
            "name.owner",
            "entry.schema",
        )
        self._held = kernel.Held(*(_own(arrays[key]) for key in keys))
        self._beside = kernel_beside.beside({key: arrays[f"entry.{key}"] for key in TRAITS})
        self._meets = _meeting(meets)
        self._scratch = kernel.scratch()
        self._near: dict[tuple[str, str, bool], int] = {}
        self._found = _nothing(), _nothing()
        # Compiled code is loaded at its first call; it belongs to the laying out, not to the first question.
        self.find([Asked(parse("warm up", person=True), "Person", person=True, floor=0.0)])

    def find(self, asked: Sequence[Asked], among: "NDArray[np.int32] | None" = None) -> list[list[Near]]:
        """Return, for each query, the listed names that reach its floor and its least.

        Args:
            asked: the queries.
            among: numbers of the names that are asked about; None is every name, of which the likeliest are looked at.
        """
        return _apart(len(asked), *self._pairs(asked, among))

    def best(self, asked: Sequence[Asked], slack: float) -> list[list[Near]]:
        """Return what `find` does, of the names of one entry those alone that no other is above by more than a slack.

        A name too long for compiled code has no figure that could stand above that of another name.
        """
        import numpy as np

        found = self._pairs(asked, None)
        queries, names, value, _, worth = found
        _, of = np.unique(queries.astype(np.int64) << 32 | self._held.owner[names], return_inverse=True)
        known = worth != EVERYTHING
        most = np.full(of.max(initial=-1) + 1, -np.inf)
        np.maximum.at(most, of[known], value[known])
        kept = ~known | (value >= most[of] - slack)
        return _apart(len(asked), *(column[kept] for column in found))

    def _pairs(self, asked: Sequence[Asked], among: "NDArray[np.int32] | None") -> "list[NDArray[Any]]":
        """Return the pairs that count as columns: query, name, log-odds of the names and of the whole, what is worth reading."""
        import numpy as np

        parts = list(dict.fromkeys(part for one in asked if one.name for part in one.name.parts))
        place = {part: at for at, part in enumerate(parts)}
        lengths = [len(one.name.parts) if one.name else 0 for one in asked]
        flat = np.array([place[part] for one in asked if one.name for part in one.name.parts], dtype=np.int32)
        rarity = np.array([self.finder.rarity(part) for part in parts], dtype=np.float64)
        names = self._kernel.Names(
            flat, ends(lengths), rarity[flat] if len(flat) else rarity, np.zeros(len(asked), np.uint8)
        )
        keyed, keyed_at = self.finder.keyed([one.name for one in asked] if among is None else [])
        order = _schema_numbers()
        wanted = self._kernel.Wanted(
            np.array([one.floor for one in asked]),
            np.array([one.least for one in asked]),
            np.array([one.person for one in asked], dtype=np.uint8),
            np.array([order[one.schema] for one in asked]),
            keyed,
            keyed_at,
        )
        beside = self._beside_kernel.beside(trait_arrays([one.traits for one in asked]))
        coded, words = _coded(parts), self._words
        beside_ = (self._meets, beside, self._beside)
        if among is None:
            found = self._kernel.find(
                _tables(), self._scratch, coded, names, wanted, self._near_of(parts), words, self._names, self._held,
                *beside_, KEPT, LEAST_SHARE, KEYED_SHARE,
            )  # fmt: skip
        else:
            found = self._kernel_among.find_among(
                _tables(), self._scratch, coded, names, wanted, among, words, self._names, self._held, *beside_
            )
        queries_, at, value, whole, worth = found
        return [queries_, at, np.minimum(value, weights.NAME_CAP), whole, worth]

    def _near_of(self, parts: Sequence[Part]) -> "kernel.Near":
        """Return what is near each part, worked out for those not yet seen."""
        import numpy as np

        keys = [(part.sound, part.bones, part.arabic) for part in parts]
        new = [key for key in dict.fromkeys(keys) if key not in self._near]
        if new:
            self._near.update(zip(new, range(len(self._near), len(self._near) + len(new)), strict=True))
            by_sound = self._near_kernel.near(
                *codes([sound.rough(key[0]) for key in new]), self._sounds, PART_CUTOFF / 100
            )
            self._found = _behind(self._found[0], by_sound), _behind(self._found[1], self._by_bones(new))
        rows = np.array([self._near[key] for key in keys], dtype=np.int64)
        return self._kernel.Near(rows, *self._found[0], *self._found[1])

    def _by_bones(self, keys: "Sequence[tuple[str, str, bool]]") -> "Rows":
        """Return the consonants near those of each part: of Arabic script what is like them, else what is the same."""
        import numpy as np

        arabic = [bones for _, bones, written in keys if written]
        at, found, how = self._near_kernel.near(*codes(arabic), self._bones, BONES_CUTOFF / 100)
        same = [-1 if written else self._same_bones(bones) for _, bones, written in keys]
        counts = np.array([known >= 0 for known in same], dtype=np.int64)
        written = np.array([key[2] for key in keys], dtype=bool)
        counts[written] = np.diff(at)
        alike = np.full(counts.sum(), -1, np.int32)
        of_arabic = np.repeat(written, counts)
        alike[of_arabic] = found
        alike[~of_arabic] = [known for known in same if known >= 0]
        how_much = np.full(len(alike), BONES_SHARE / 100, np.float32)
        how_much[of_arabic] = how
        return ends(counts), alike, how_much

    def _same_bones(self, bones: str) -> int:
        """Return the number of some consonants in the index, -1 where they say little or nobody listed has them."""
        at = self.finder.bones_at(bones) if len(bones) >= ENOUGH_BONES else None
        return -1 if at is None else at


def likenesses(parts: Sequence[Part], lefts: "NDArray[Any]", rights: "NDArray[Any]") -> "NDArray[np.float64]":
    """Return how alike parts are that are laid side by side by their places; under `likeness.MEETING` any figure under it."""
    from headwater.engines.match import kernel, kernel_pairs

    found: NDArray[np.float64] = kernel_pairs.likenesses(_tables(), kernel.scratch(), _coded(parts), lefts, rights)
    return found


def _coded(parts: Sequence[Part]) -> "kernel.Words":
    sounds, bones = codes([part.sound for part in parts]), codes([part.bones for part in parts])
    return _together(sounds, bones, part_arrays(parts))


def _together(sounds: "Run", bones: "Run", facts: "Mapping[str, NDArray[Any]]") -> "kernel.Words":
    import numpy as np

    from headwater.engines.match import kernel

    (letters, at), (more, more_at) = sounds, bones
    beside = len(letters) + more_at
    columns = (at[:-1], at[1:], beside[:-1], beside[1:], *(facts[name] for name in FACTS))
    count = len(at) - 1
    wide = np.concatenate([_columns(column, count) for column in columns], axis=1)
    run = np.concatenate((letters, more))
    return kernel.Words(run, wide, kernel.omissions(_tables().costs, run, wide))


def _apart(queries: int, query: "NDArray[Any]", *columns: "NDArray[Any]") -> list[list[Near]]:
    """Return the pairs of each query."""
    out: list[list[Near]] = [[] for _ in range(queries)]
    for at, one in zip(query.tolist(), map(Near, *(column.tolist() for column in columns)), strict=True):
        out[at].append(one)
    return out


def _nothing() -> "Rows":
    import numpy as np

    return np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.float32)


def _behind(known: "Rows", more: "Rows") -> "Rows":
    """Return some rows with others behind them."""
    import numpy as np

    at = np.concatenate((known[0], known[0][-1] + more[0][1:]))
    return at, np.concatenate((known[1], more[1])), np.concatenate((known[2], more[2]))


def _columns(array: "NDArray[Any]", rows: int) -> "NDArray[np.int64]":
    """Return what there is of each of some rows, a number or several, side by side."""
    import numpy as np

    return array.astype(np.int64).reshape(rows, len(array) // rows if rows else 1)


def _own(array: "NDArray[Any]") -> "NDArray[Any]":
    """Return a copy that may be written, since compiled code tells read-only arrays apart and would compile twice."""
    return array.copy()


@cache
def _schema_numbers() -> dict[str, int]:
    return {name: at for at, name in enumerate(schema_names())}


def _meeting(meets: Callable[[str, str], bool]) -> "NDArray[np.bool_]":
    import numpy as np

    order = schema_names()
    return np.array([[meets(asked, listed) for listed in order] for asked in order])


@cache
def _tables() -> "kernel.Tables":
    import numpy as np

    from headwater.engines.match import kernel

    letters = [chr(code) for code in range(kernel.CODES)]
    endings = np.zeros((len(FAMILY_ENDINGS), 2, _LONGEST_ENDING), dtype=np.uint32)
    for at, pair in enumerate(FAMILY_ENDINGS):
        for side, ending in enumerate(pair):
            endings[at, side, : len(ending)] = [ord(letter) for letter in ending]
    swap = np.array([[sound.substitution(a, b) for b in letters] for a in letters])
    read = np.array([[sound.read(a, b) for b in letters] for a in letters])
    single = [
        [sound.LOOSE.get(a, 1.0), sound.spoken(a, 0), sound.UNREAD.get(a, 1.0), float(a in sound.VOWELS)]
        for a in letters
    ]
    return kernel.Tables(
        np.concatenate((swap, read, np.array(single)), axis=1),
        endings,
        np.array([weights.NAME[name] for name in FEATURES]),
    )
