"""Candidates: the few names of an index that a query could mean, found by identifiers, parts and the whole name.

Every part of the query is laid beside every distinct part of the index at once (rapidfuzz `cdist`); what is near enough
adds its rarity to the names that hold it. The skeleton keys of the whole name find names that were cut or run together
differently.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from headwater.engines.match.build import number_hash
from headwater.engines.match.coded import ends
from headwater.engines.match.identifiers import optical
from headwater.engines.match.index import Index
from headwater.engines.match.keys import key_hashes
from headwater.engines.match.likeness import ENOUGH_BONES
from headwater.engines.match.names import KIND_RARITY, Name, Part
from headwater.engines.match.sound import rough

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PART_CUTOFF: Final = 65
"""Likeness of two parts, in per cent: one edit in a word of three letters still meets."""
BONES_CUTOFF: Final = 74
KEYED_SHARE: Final = 0.8
"""What a skeleton key in common counts for, as against parts that meet."""
MOST_OF_A_KEY: Final = 50
"""Names looked at that have one skeleton key."""
KEPT: Final = 25
"""Names looked at closely for one query: on the fitting half, more found one in two hundred more at twice the time."""
LEAST_SHARE: Final = 0.5
"""Share of the rarity of both names that must meet before a pair is looked at closely."""
BONES_SHARE: Final = 86
"""Likeness of two parts whose consonants are the same, in per cent; as in `align`."""

_NOBODY: Final[frozenset[int]] = frozenset()


class Finder:
    """Finds candidates in one index. Holds what is derived from the index for reading, nothing else."""

    def __init__(self, index: Index) -> None:
        """Lay out the texts that rapidfuzz reads."""
        self.index = index
        self.sounds = index.texts("sound")
        self.bones = index.texts("bones")
        self.rough = [rough(sound) for sound in self.sounds]
        self.joined = index.texts("joined")
        self._sound_at = {text: at for at, text in enumerate(self.sounds)}
        self._bones_at = {text: at for at, text in enumerate(self.bones)}
        # Single numbers are read much quicker out of a memoryview than out of a numpy array.
        self._rarity = {name: index.arrays[name].data for name in ("sound.rarity", "bones.rarity")}
        self._caps = tuple(KIND_RARITY[kind] for kind in sorted(KIND_RARITY))
        self._near: dict[tuple[str, str, bool], tuple[Any, Any]] = {}

    def rarity(self, part: Part) -> float:
        """Return how much a part of a query says, by how common it is in the lists."""
        cap = self._caps[part.kind]
        if part.arabic:
            at, rarity = self._bones_at.get(part.bones), self._rarity["bones.rarity"]
        else:
            at, rarity = self._sound_at.get(part.sound), self._rarity["sound.rarity"]
        return cap if at is None else min(cap, rarity[at])

    def bones_at(self, bones: str) -> int | None:
        """Return the number of some consonants in the index, None where nobody listed has them."""
        return self._bones_at.get(bones)

    def find(self, queries: Sequence[Name | None], *, kept: int = KEPT) -> list[tuple[int, ...]]:
        """Return, for each query, the numbers of the names that it could mean, the likeliest first, at most so many."""
        self._prepare([part for query in queries if query for part in query.parts])
        keyed, at = self.keyed(queries)
        return [
            self._names(query, keyed[low:high], kept) if query else ()
            for query, low, high in zip(queries, at[:-1].tolist(), at[1:].tolist(), strict=True)
        ]

    def keyed(self, queries: Sequence[Name | None]) -> "tuple[NDArray[np.int32], NDArray[np.int64]]":
        """Return the names that have a skeleton key in common with each query, and where those of each begin.

        Shape: (names,), (queries + 1,).
        """
        import numpy as np

        hashes, owner = key_hashes([query.joined if query else "" for query in queries])
        known, names = self.index.arrays["key.hash"], self.index.arrays["key.name"]
        if not len(known):
            return np.zeros(0, np.int32), np.zeros(len(queries) + 1, np.int64)
        order = np.argsort(
            hashes
        )  # neighbours are looked for one after the other: what is read for one is there for the next
        hashes, owner = hashes[order], owner[order]
        low = np.searchsorted(known, hashes, "left")
        some = np.flatnonzero(known[np.minimum(low, len(known) - 1)] == hashes)
        low, owner = low[some], owner[some]
        counts = np.minimum(np.searchsorted(known, hashes[some], "right") - low, MOST_OF_A_KEY)
        places = np.repeat(low - np.cumsum(counts) + counts, counts) + np.arange(counts.sum())
        both = np.unique(np.repeat(owner.astype(np.int64), counts) << 32 | names[places])
        found = np.bincount(both >> 32, minlength=len(queries))
        return (both & 0xFFFFFFFF).astype(np.int32), ends(found)

    def _names(self, query: Name, keyed: "NDArray[np.int32]", kept: int) -> tuple[int, ...]:
        import numpy as np

        rarity = [self.rarity(part) for part in query.parts]
        weight = self.index.arrays["name.weight"]
        met = np.zeros(len(weight), dtype=np.float32)
        for part, worth in zip(query.parts, rarity, strict=True):
            names, near = self._near[part.sound, part.bones, part.arabic]
            mine = np.zeros(len(weight), dtype=np.float32)
            mine[names] = near  # ascending, so that the nearest part of a name stands last and wins
            met += worth * mine
        mass = sum(rarity)
        np.minimum(met, weight, out=met)
        share = met / np.minimum(mass, weight) * 0.4 + met / (mass + weight) * 1.2
        share[keyed] = np.maximum(share[keyed], KEYED_SHARE)
        some = np.flatnonzero(share >= LEAST_SHARE)
        if len(some) > kept:
            some = some[np.argpartition(-share[some], kept)[:kept]]
        return tuple(some[np.lexsort((some, -share[some]))].tolist())

    def numbered(self, numbers: Sequence[str]) -> frozenset[int]:
        """Return the entries that bear any of some normal identifiers, letters that look alike being one."""
        import numpy as np

        hashes = self.index.arrays["number.hash"]
        found: set[int] = set()
        if not numbers:
            return _NOBODY
        for form in (form for number in numbers for form in (number, "~" + optical(number))):
            key = np.uint64(number_hash(form))
            low, high = np.searchsorted(hashes, key, "left"), np.searchsorted(hashes, key, "right")
            found.update(self.index.arrays["number.entry"][low:high].tolist())
        return frozenset(found)

    def _prepare(self, parts: list[Part]) -> None:
        """Work out, for every part not yet seen, the names that hold something near and how near."""
        import numpy as np
        from rapidfuzz import fuzz, process

        wanted = {(part.sound, part.bones, part.arabic): part for part in parts}
        new = [key for key in wanted if key not in self._near]
        if not new:
            return
        sounds = process.cdist(
            [rough(key[0]) for key in new], self.rough, scorer=fuzz.ratio, dtype=np.uint8, score_cutoff=PART_CUTOFF
        )
        arabic = [at for at, key in enumerate(new) if key[2]]
        bones = process.cdist(
            [new[at][1] for at in arabic], self.bones, scorer=fuzz.ratio, dtype=np.uint8, score_cutoff=BONES_CUTOFF
        )
        row = {at: bones[i] for i, at in enumerate(arabic)}
        for at, key in enumerate(new):
            by_sound = self._gather("sound", sounds[at])
            found = self._gather("bones", row[at]) if at in row else self._same_bones(key[1])
            names = np.concatenate((by_sound[0], found[0]))
            near = np.concatenate((by_sound[1], found[1]))
            order = np.argsort(near, kind="stable")
            self._near[key] = names[order], near[order]

    def _same_bones(self, bones: str) -> tuple[Any, Any]:
        import numpy as np

        at = self._bones_at.get(bones) if len(bones) >= ENOUGH_BONES else None
        if at is None:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        offsets = self.index.arrays["bones.names.at"]
        names = self.index.arrays["bones.names"][offsets[at] : offsets[at + 1]]
        return names, np.full(len(names), BONES_SHARE / 100, np.float32)

    def _gather(self, key: str, near: "NDArray[np.uint8]") -> tuple[Any, Any]:
        """Return the names that hold any of some parts, with the likeness of the part they hold."""
        import numpy as np

        some = np.flatnonzero(near)
        offsets = self.index.arrays[f"{key}.names.at"]
        starts, counts = offsets[some], offsets[some + 1] - offsets[some]
        total = int(counts.sum())
        within = np.arange(total) - np.repeat(np.cumsum(counts) - counts, counts)
        names = self.index.arrays[f"{key}.names"][np.repeat(starts, counts) + within]
        return names, np.repeat(near[some].astype(np.float32) / 100, counts)
